/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as the resources document of `update` (linux.resources of a config is the same object): decoded, checked,
 * turned into writes to cgroup files, unit properties and a device filter.
 *
 * Holds: a failure sets the error and names a property; what is written to a cgroup is one plain file name and text
 * without NUL; each request gets the same answer from the device filter as from reading the rules.
 */
#include <string.h>

#include "../../runtime/cgroup/systemd.h"
#include "../unit/device_program.h"
#include "fuzz.h"

static void check_writes(struct arena *a, const struct spec_resources *r)
{
	struct cg_writes w = { 0 };
	struct cg_properties p = { 0 };
	struct err e = { 0 };
	int rc = cg_writes_build(a, r, "", &w, &e);
	FUZZ_RESULT(rc < 0, &e);
	if (rc < 0) {
		FUZZ_PATH(&table_resources, e.path);
		return;
	}
	for (size_t i = 0; i < w.n; i++) {
		const struct cg_write *one = &w.v[i];
		FUZZ_ASSERT(*one->file && !strchr(one->file, '/') && one->file[0] != '.' && one->value);
		FUZZ_PATH(&table_resources, one->prop);
	}
	cg_properties_limits(a, &p, &w, "max 100000");
	for (size_t i = 0; i < p.n; i++)
		FUZZ_ASSERT(*p.v[i].name && *p.v[i].value.type);
}

/* A few requests beside each rule's own numbers. */
static void check_filter(struct arena *a, struct spec_resources *r)
{
	enum { RULES_MAX = 40 }; /* comparing is quadratic */
	struct spec_linux l = { .resources = r };
	struct spec_config c = { .linux_ = &l };
	struct cg_dev_rules rules = { 0 };
	struct cg_dev_prog prog = { 0 };
	struct err e = { 0 };
	int rc = r->devices.n <= RULES_MAX ? cg_device_rules(a, &c, &rules, &e) : 1;
	FUZZ_RESULT(rc < 0, &e);
	if (rc != 0 || rules.allow_all)
		return;
	FUZZ_ASSERT(cg_device_program(a, &rules, &prog, &e) == 0);
	FUZZ_ASSERT(prog.n && device_program_reachable(&prog));
	for (size_t i = 0; i < rules.n; i++) {
		const struct cg_dev_rule *d = &rules.v[i];
		for (unsigned k = 0; k < 12; k++) {
			unsigned type = k & 1 ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK, access = 1U + (i + k) % 7;
			uint32_t major = (uint32_t)(d->major < 0 ? 77 : d->major) + (k & 2 ? 1 : 0);
			uint32_t minor = (uint32_t)(d->minor < 0 ? 99 : d->minor) + (k & 4 ? 1 : 0);
			FUZZ_ASSERT(device_program_ask(&prog, type, major, minor, access) ==
				    device_rules_expect(&rules, type, major, minor, access));
		}
	}
}

void fuzz_resources(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct spec_resources *r = spec_resources_decode(&a, (const char *)data, size, &e);
	FUZZ_RESULT(!r, &e);
	if (r) {
		int rc = spec_resources_check(r, "", &e);
		FUZZ_RESULT(rc < 0, &e);
		if (rc < 0)
			FUZZ_PATH(&table_resources, e.path);
		if (rc == 0) {
			check_writes(&a, r);
			check_filter(&a, r);
		}
	}
	spec_err_locate(&e, (const char *)data, size);
	arena_free(&a);
}
