/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the state folder share: a root of their own below /tmp, and a record of everything. */
#ifndef BERTH_TESTS_UNIT_STATE_FIXTURE_H
#define BERTH_TESTS_UNIT_STATE_FIXTURE_H

#include <stdlib.h>

#include "../../runtime/state/state.h"
#include "t.h"

static char base[64], root[96] __attribute__((unused));
static struct err e;

static inline void setup(void)
{
	strcpy(base, "/tmp/berth-test-state-XXXXXX");
	T_OK(mkdtemp(base) != NULL);
	snprintf(root, sizeof(root), "%s/a/root", base);
	err_clear(&e);
}

static inline void teardown(void)
{
	char cmd[128];
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", base);
	T_INT(system(cmd), 0);
}

static inline struct record sample(void)
{
	static struct kv annotations[] = { { "com.example.a", "1\n\"2\"" }, { "empty", "" },
					  { "pid", "\"pid\":0" } };
	return (struct record){
		.id = "c1", .oci_version = "1.2.1", .bundle = "/b/gr\xc3\xbc\xc3\x9f", .rootfs = "/b/rootfs",
		.created = "2026-01-02T03:04:05.678901234Z", .owner = "root", .pid = 4242,
		.start_time = UINT64_MAX, .pid_inode = 9223372036854775809u, .ns_flags = 0x7c020000, .no_new_keyring = true,
		.created_done = true, .pid_file = "/run/c1 pid",
		.cgroup = { .driver = CGROUP_SYSTEMD, .path = "/x.slice/y.scope", .inode = 1ULL << 63,
			    .made = 2, .scope = "y.scope" },
		.rdt = { "c1", RDT_GROUP | RDT_MONITOR },
		.annotations = { annotations, 3 },
	};
}

#endif
