/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as the process document of `exec`: decoded, checked, planned for a container with a user namespace and
 * for one without.
 *
 * Holds: as for a config and its plan.
 */
#include <string.h>

#include "fuzz.h"

static const char *const containers[] = {
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":0,\"gid\":0}},"
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"}],"
	"\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"}]}}",
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{\"uid\":0,\"gid\":0}},"
	"\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":100}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":100}],"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}}}",
};

static void plan_in(const char *container, const struct spec_process *proc)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct plan p;
	struct plan_facts f = { .kernel_major = 6, .kernel_minor = 6, .last_cap = 40, .bundle = "/b", .id = "c1" };
	struct plan_request r = { .console_to_caller = true };
	struct spec_config *c = spec_config_decode(&a, container, strlen(container), &e);
	FUZZ_ASSERT(c);
	f.apparmor_enabled = f.selinux_enabled = c->linux_->seccomp;
	int rc = plan_exec(&p, &a, c, proc, 0x6c020000, &r, &f, &e);
	FUZZ_RESULT(rc < 0, &e);
	if (rc == 0)
		fuzz_check_plan(&p);
	arena_free(&a);
}

void fuzz_process(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct spec_process *p = spec_process_decode(&a, (const char *)data, size, &e);
	FUZZ_RESULT(!p, &e);
	if (p) {
		int r = spec_process_check(p, "", NULL, NULL, &e);
		FUZZ_RESULT(r < 0, &e);
		if (r < 0)
			FUZZ_PATH(&table_process, e.path);
		for (size_t i = 0; r == 0 && i < sizeof(containers) / sizeof(*containers); i++)
			plan_in(containers[i], p);
	}
	spec_err_locate(&e, (const char *)data, size);
	arena_free(&a);
}
