/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines as one mount of a config: type, destination, source, then an option each. Planned with and without a user
 * namespace; a line "=" in the place of the type is a mount without one.
 *
 * Holds: an error names the mount; an accepted option does something that can be seen in the step, and each key and
 * value for the file system is what fsconfig(2) can take or the whole is one that mount(2) can; what fuzz_check_plan()
 * says of every plan.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "fuzz.h"

enum { OPTIONS = 64 };

static char *next_line(char **p)
{
	char *line = *p;
	if (!line)
		return NULL;
	char *nl = strchr(line, '\n');
	if (nl)
		*nl = '\0';
	*p = nl ? nl + 1 : NULL;
	return line;
}

static void check_list(const struct plan *p, const struct plan_step *s)
{
	uint64_t n, key, value;
	if (!s->str[2])
		return;
	memcpy(&n, p->data + s->str[2], sizeof(n));
	if (s->kind == STEP_MOUNT_FS && s->val[4]) { /* behind the pairs the options of a mount(2), and the last pair is its source */
		FUZZ_ASSERT(n-- > 2);
		memcpy(&key, p->data + s->str[2] + 8 * (n - 1), 8);
		memcpy(&value, p->data + s->str[2] + 8 * (n + 1), 8);
		FUZZ_ASSERT(strcmp(p->data + key, "source") == 0 && strlen(p->data + value) < 1024);
	}
	FUZZ_ASSERT(n % 2 == 0);
	for (uint64_t i = 0; i < n; i += 2) {
		memcpy(&key, p->data + s->str[2] + 8 * (i + 1), 8);
		memcpy(&value, p->data + s->str[2] + 8 * (i + 2), 8);
		size_t max = s->val[3] ? 4096 : 256; /* with mount(2): its page; else fsconfig(2) */
		FUZZ_ASSERT(p->data[key] && strlen(p->data + key) < 256);
		FUZZ_ASSERT(strlen(p->data + value) < max || strcmp(p->data + key, "source") == 0);
	}
}

static void check_steps(const struct plan *p)
{
	for (size_t i = 0; i < p->ninside; i++) {
		const struct plan_step *s = &p->inside[i].s;
		if (s->kind == STEP_MOUNT_FS || s->kind == STEP_REMOUNT)
			check_list(p, s);
		/* a bit is set or cleared, not both; the access times are one field, cleared whole before it is set */
		if (s->kind == STEP_MOUNT_FS || s->kind == STEP_MOUNT_BIND || s->kind == STEP_REMOUNT)
			FUZZ_ASSERT(!((uint32_t)s->val[0] & (uint32_t)(s->val[0] >> 32) & ~0x70U));
	}
}

static void plan_mount(const struct spec_mount *m, bool userns)
{
	static struct id_mapping map = { 0, 100000, 65536 };
	static struct spec_namespace ns[] = { { NS_MOUNT, NULL }, { NS_PID, NULL }, { NS_CGROUP, NULL }, { NS_USER, NULL } };
	struct spec_mount mounts[] = { { .destination = "/proc", .type = "proc", .source = "proc" }, *m };
	struct spec_root root = { .path = "rootfs" };
	struct spec_linux l = { .namespaces = { ns, userns ? 4 : 3 } };
	struct spec_config c = { .oci_version = "1.3.0", .root = &root, .linux_ = &l, .mounts = { mounts, 2 } };
	struct plan_facts f = { .kernel_major = 6, .kernel_minor = 6, .last_cap = 40, .bundle = "/b", .id = "c1",
				.cgroup_mount = "/sys/fs/cgroup" };
	struct plan_request r = { .wait_for_start = true, .cgroup_path = "/c1" };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct plan p;
	if (userns)
		l.uid_mappings = l.gid_mappings = (struct id_mappings){ &map, 1 };
	if (spec_config_check(&c, NULL, NULL, &e) == 0) {
		int rc = plan_create(&p, &a, &c, &r, &f, &e);
		FUZZ_RESULT(rc < 0, &e);
		if (rc == 0) {
			check_steps(&p);
			fuzz_check_plan(&p);
		}
	}
	if (e.set)
		FUZZ_PATH(&table_config, e.path);
	arena_free(&a);
}

void fuzz_mount(const uint8_t *data, size_t size)
{
	const char *options[OPTIONS + 1] = { 0 };
	char *text = fuzz_text(data, size), *p = text, *line;
	struct spec_mount m = { .type = next_line(&p) };
	m.destination = next_line(&p);
	m.source = next_line(&p);
	while (m.options.n < OPTIONS && (line = next_line(&p)))
		options[m.options.n++] = line;
	m.options.v = options;
	if (strcmp(m.type, "=") == 0)
		m.type = NULL;
	if (m.destination) {
		plan_mount(&m, false);
		plan_mount(&m, true);
	}
	free(text);
}
