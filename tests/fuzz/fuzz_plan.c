/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as config.json, all the way to the block for berth-init, as if on different hosts and with different options.
 *
 * Holds: a failure sets the error; two plans of the same config are the same; and what fuzz_check_plan() says of every
 * plan: each origin is a property of a config, berth-init's reader takes the block, printing gives JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/security/seccomp.h"
#include "fuzz.h"

/* One bit each, so that an input is looked at from a few sides. */
struct side {
	struct plan_facts facts;
	struct plan_request request;
};

static struct side make_side(unsigned n)
{
	struct side s = {
		.facts = { .kernel_major = 6, .kernel_minor = 6, .last_cap = 40, .cgroup_mount = "/sys/fs/cgroup",
			   .bundle = "/bundle", .id = "c1" },
		.request = { .wait_for_start = !(n & 1), .cgroup_path = "/berth-c1", .created = "2026-01-01T00:00:00Z" },
	};
	if (n == 1) {
		s.facts.rootless = s.facts.unprivileged = s.facts.trees_inside = s.facts.setgroups_denied = true;
		s.facts.euid = s.facts.egid = 1000;
		s.facts.apparmor_enabled = true;
		s.request.no_new_keyring = true;
	} else if (n == 2) {
		s.facts.selinux_enabled = s.facts.resctrl_mounted = true;
		s.facts.cgroup_mount = NULL;
		s.facts.last_cap = 63;
		s.facts.kernel_major = 5;
		s.facts.kernel_minor = 14;
		s.request.no_pivot = s.request.cgroup_disabled = s.request.console_to_caller = true;
		s.request.preserve_fds = 3;
		s.request.listen_fds = 2;
	}
	for (int k = 0; k < HOOK_KINDS && n != 2; k++) {
		s.request.hook_state_before[k] = "{\"pid\":";
		s.request.hook_state_after[k] = "}";
	}
	return s;
}

static void same_block(struct plan *p, struct plan *q)
{
	size_t size, again;
	const void *x = plan_block(p, &size), *y = plan_block(q, &again);
	FUZZ_ASSERT(size == again && memcmp(x, y, size) == 0);
}

/* The first blocks of a run as seeds for the target "block": FUZZ_BLOCKS=DIR. */
static void keep_block(struct plan *p)
{
	static unsigned kept;
	const char *dir = getenv("FUZZ_BLOCKS");
	char path[512];
	size_t size;
	if (!dir || kept > 300)
		return;
	const void *block = plan_block(p, &size);
	snprintf(path, sizeof(path), "%s/%u", dir, kept++);
	FILE *f = fopen(path, "we");
	if (f) {
		fwrite(block, 1, size, f);
		fclose(f);
	}
}

static void plan_from(unsigned n, const struct spec_config *c)
{
	struct side s = make_side(n);
	struct arena a = { 0 };
	struct plan p, q;
	struct err e = { 0 }, f = { 0 };
	int r = plan_create(&p, &a, c, &s.request, &s.facts, &e);
	FUZZ_RESULT(r < 0, &e);
	FUZZ_ASSERT(plan_create(&q, &a, c, &s.request, &s.facts, &f) == r && strcmp(e.text, f.text) == 0);
	if (r == 0) {
		keep_block(&p);
		same_block(&p, &q);
		fuzz_check_plan(&p);
	} else {
		FUZZ_ASSERT(*e.path);
		FUZZ_PATH(&table_config, e.path);
	}
	err_clear(&e);
	r = c->process ? plan_exec(&p, &a, c, c->process, 0x6c020000, &s.request, &s.facts, &e) : 1;
	FUZZ_RESULT(r < 0, &e);
	if (r == 0)
		fuzz_check_plan(&p);
	arena_free(&a);
}

/* The cache's key is a pure function of the profile. */
static void check_key(struct arena *a, const struct spec_seccomp *s)
{
	struct seccomp_key x, y;
	seccomp_key_make(a, s, &x);
	seccomp_key_make(a, s, &y);
	FUZZ_ASSERT(x.len == y.len && memcmp(x.data, y.data, x.len) == 0 && strcmp(x.name, y.name) == 0);
}

void fuzz_plan(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct spec_config *c = spec_config_decode(&a, (const char *)data, size, &e);
	if (c && spec_config_check(c, NULL, NULL, &e) == 0) {
		for (unsigned n = 0; n < 3; n++)
			plan_from(n, c);
		if (c->linux_->seccomp)
			check_key(&a, c->linux_->seccomp);
	}
	arena_free(&a);
}
