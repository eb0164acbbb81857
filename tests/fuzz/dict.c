/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes libFuzzer's dictionary: every property of the decode tables and every name that berth knows. With an argument, a
 * state.json of today's format, to begin with.
 */
#include <stdio.h>

#include "../../runtime/state/state.h"
#include "../../spec/decode.h"
#include "../../spec/spec.h"

static void word(const char *s)
{
	if (*s)
		printf("\"%s\"\n", s);
}

static void keys(const struct table *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		printf("\"\\\"%s\\\":\"\n", t->rows[i].key);
		if (t->rows[i].sub)
			keys(t->rows[i].sub);
	}
}

static int write_record(void)
{
	static struct kv annotations[] = { { "a.b", "c" }, { "d", "" } };
	static const struct record r = {
		.id = "c1", .oci_version = "1.3.0", .bundle = "/b", .pid_file = "/p", .rootfs = "/b/rootfs", .created = "2026-01-02T03:04:05.000000006Z",
		.owner = "root", .pid = 77, .start_time = 1234, .pid_inode = 5678, .ns_flags = 0x6c020000, .has_process = true, .created_done = true,
		.cgroup = { .driver = CGROUP_SYSTEMD, .path = "/x.slice/y.scope", .inode = 99, .made = 1, .scope = "y.scope" },
		.rdt = { "c1", RDT_GROUP }, .annotations = { annotations, 2 },
	};
	struct arena a = { 0 };
	size_t len;
	const char *text = record_encode(&a, &r, &len);
	bool good = fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0;
	arena_free(&a);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return write_record();
	static const char *const more[] = {
		"-1", "18446744073709551615", "9223372036854775807", "4294967295", "-9223372036854775808", "0777", "1e3", "/..", "..",
		"/proc", "/dev", "/dev/pts", "/sys/fs/cgroup", "bind", "tmpfs", "proc", "devpts", "sysfs", "mqueue", "overlay", "cgroup",
		"cgroup2", "size=64k", "mode=1777", "lowerdir=/a:/b", "uint64 ", "int32 ", "@as []", "@a(ss) ", "objectpath ", "signature ",
		"org.systemd.property.", "TimeoutStopUSec", "CollectMode", "RuntimeMaxSec", "0::/", " - cgroup2 cgroup2 rw", "system.slice:docker:id",
		"\\\\040", "\\\\u0000", "\\\\ud800", "SIGRTMIN+3", "kernel.shmmax", "net.ipv4.ip_forward", ":x:1000:1000::/home/u:/bin/sh",
	};
	static const char *const *const lists[] = {
		spec_seccomp_actions, spec_seccomp_operators, spec_seccomp_archs,
		spec_seccomp_flags,   spec_memory_policy_modes, spec_memory_policy_flags,
	};
	size_t n;
	const struct mount_opt *opts = spec_mount_opts(&n);
	keys(&table_config);
	for (size_t i = 0; i < n; i++)
		word(opts[i].name);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (size_t k = 0; lists[i][k]; k++)
			word(lists[i][k]);
	for (int k = 0; k < NS_KINDS; k++)
		word(spec_namespace_name((enum ns_kind)k));
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		word(more[i]);
	return 0;
}
