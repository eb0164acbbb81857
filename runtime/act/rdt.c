/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See rdt.h. */
#include "rdt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/mountinfo.h"

#ifndef RDTGROUP_SUPER_MAGIC
#define RDTGROUP_SUPER_MAGIC 0x7655821
#endif

static const char usual_mount[] = "/sys/fs/resctrl";

/* ---- finding ---- */

static bool is_resctrl(int fd)
{
	struct statfs sf;
	return fstatfs(fd, &sf) == 0 && sf.f_type == RDTGROUP_SUPER_MAGIC;
}

static const char *search_mounts(struct arena *a)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	const char *found = NULL;
	while (f && !found && getline(&line, &size, f) > 0) {
		const char *point = mountinfo_point(line, "resctrl");
		if (point)
			found = arena_strdup(a, point);
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

const char *rdt_mount_path(struct arena *a)
{
	CLEANUP_FD int fd = open(usual_mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && is_resctrl(fd) ? usual_mount : search_mounts(a);
}

static int open_root(struct err *e)
{
	struct arena a = { 0 };
	const char *path = rdt_mount_path(&a);
	CLEANUP_FD int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool good = fd >= 0 && is_resctrl(fd);
	arena_free(&a);
	return good ? take_fd(&fd) : err_config(e, "linux.intelRdt", "no resctrl file system is mounted on this host");
}

static bool is_default(const char *group)
{
	return strcmp(group, "/") == 0;
}

static int open_group(int root, const char *group)
{
	return openat(root, is_default(group) ? "." : group, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static const char *group_of(const struct spec_intel_rdt *r, const char *id)
{
	return r->clos_id ? r->clos_id : id;
}

static bool has_schema(const struct spec_intel_rdt *r)
{
	return r->l3_cache_schema || r->mem_bw_schema || r->schemata.n;
}

static const char *monitor_path(char buf[512], const char *id)
{
	snprintf(buf, 512, "mon_groups/%s", id);
	return buf;
}

/* The kernel keeps the words for its last refusal in a file; "ok" when there was none. */
static int refuse(int root, const char *at, const char *what, struct err *e)
{
	char words[256];
	int eno = errno;
	bool known = fd_read_small(root, "info/last_cmd_status", words, sizeof(words)) > 0 && strcmp(words, "ok") != 0;
	return err_config(e, at, "%s: %s%s%s", what, err_text(eno), known ? ": " : "", known ? words : "");
}

/* ---- schemata ---- */

/* As digits: the kernel pads masks with zeros and numbers with blanks, and a config may have capitals. */
static bool same_value(const char *a, size_t an, const char *b, size_t bn)
{
	for (; an > 1 && (*a == '0' || *a == ' '); an--)
		a++;
	for (; bn > 1 && (*b == '0' || *b == ' '); bn--)
		b++;
	return an == bn && strncasecmp(a, b, an) == 0;
}

/* Does "ID=VALUE;ID=VALUE" of a resource say this about this id? */
static bool says(const char *list, size_t len, const char *id, size_t id_len, const char *value, size_t value_len)
{
	for (const char *end = list + len; list < end;) {
		list += strspn(list, " ;");
		size_t n = strcspn(list, ";\n"), eq = strcspn(list, "=;\n");
		if (eq < n && same_value(list, eq, id, id_len))
			return same_value(list + eq + 1, n - eq - 1, value, value_len);
		list += n + 1;
	}
	return false;
}

/* What schemata says about a resource, up to the end of its line; NULL: nothing. */
static const char *find_resource(const char *text, const char *name, size_t name_len)
{
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		line += strspn(line, " ");
		if (strncmp(line, name, name_len) == 0 && line[name_len] == ':')
			return line + name_len + 1;
	}
	return NULL;
}

/* Is each value of a configured line, "L3:0=f;1=f", the one in force? */
static bool in_force(const char *text, const char *schema)
{
	size_t name_len = strcspn(schema, ":");
	const char *now = find_resource(text, schema, name_len);
	if (!now || schema[name_len] != ':')
		return false;
	for (const char *p = schema + name_len + 1; *p;) {
		p += strspn(p, " ;");
		size_t n = strcspn(p, ";"), eq = strcspn(p, "=;");
		if (n && (eq == n || !says(now, strcspn(now, "\n"), p, eq, p + eq + 1, n - eq - 1)))
			return false;
		p += n;
	}
	return true;
}

static int compare(int group, const char *at, const char *schema, struct err *e)
{
	enum { SCHEMATA_MAX = 64 * 1024 };
	static char text[SCHEMATA_MAX];
	if (!schema)
		return 0;
	if (fd_read_small(group, "schemata", text, sizeof(text)) < 0)
		return err_set(e, errno, "%s: read the schemata of the group", at);
	return in_force(text, schema) ? 0 :
		err_config(e, at, "the group exists with another value than \"%.200s\"", schema);
}

/* One line a write, as the kernel wants them. */
static int write_schema(int root, int group, const char *at, const char *schema, struct err *e)
{
	size_t n = schema ? strlen(schema) : 0;
	if (!schema)
		return 0;
	char *line = malloc(n + 1);
	if (!line)
		return err_set(e, ENOMEM, "%s", at);
	memcpy(line, schema, n);
	line[n] = '\n';
	int r = fd_write_small(group, "schemata", line, n + 1), eno = errno;
	free(line);
	errno = eno;
	return r < 0 ? refuse(root, at, "write the schema", e) : 0;
}

static int write_all(int root, int group, const struct spec_intel_rdt *r, struct err *e)
{
	char at[64];
	if (write_schema(root, group, "linux.intelRdt.l3CacheSchema", r->l3_cache_schema, e) < 0 ||
	    write_schema(root, group, "linux.intelRdt.memBwSchema", r->mem_bw_schema, e) < 0)
		return -1;
	for (size_t i = 0; i < r->schemata.n; i++) {
		snprintf(at, sizeof(at), "linux.intelRdt.schemata[%zu]", i);
		if (write_schema(root, group, at, r->schemata.v[i], e) < 0)
			return -1;
	}
	return 0;
}

/* ---- groups ---- */

/* The class of service. *ret_made: it did not exist. */
static int make_group(int root, const struct spec_intel_rdt *r, const char *group, bool *ret_made, struct err *e)
{
	const char *at = r->clos_id ? "linux.intelRdt.closID" : "linux.intelRdt";
	*ret_made = false;
	if (!is_default(group) && (!r->clos_id || has_schema(r))) {
		*ret_made = mkdirat(root, group, 0755) == 0;
		if (!*ret_made && errno != EEXIST)
			return refuse(root, at, "make the group", e);
	}
	int fd = open_group(root, group);
	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return err_config(e, at, "there is no group \"%s\", and no schema to make one with", group);
	return refuse(root, at, "open the group", e);
}

void rdt_intend(struct rdt_ref *ref, struct arena *a, const struct spec_intel_rdt *r, const char *id)
{
	char buf[512];
	const char *mount = r ? rdt_mount_path(a) : NULL;
	CLEANUP_FD int root = mount ? open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (root < 0)
		return;
	ref->group = group_of(r, id);
	CLEANUP_FD int group = open_group(root, ref->group);
	if (group < 0 && !r->clos_id)
		ref->made |= RDT_GROUP;
	if (r->enable_monitoring && (group < 0 || faccessat(group, monitor_path(buf, id), F_OK, 0) < 0))
		ref->made |= RDT_MONITOR;
}

int rdt_create(struct rdt_ref *ref, bool *ret_shared, const struct spec_intel_rdt *r, const char *id, struct err *e)
{
	char buf[512];
	bool made = false;
	*ret_shared = false;
	ref->group = group_of(r, id);
	ref->made = 0;
	CLEANUP_FD int root = open_root(e);
	CLEANUP_FD int group = root < 0 ? -1 : make_group(root, r, ref->group, &made, e);
	if (made && !r->clos_id)
		ref->made |= RDT_GROUP;
	*ret_shared = made && r->clos_id;
	if (group < 0)
		return -1;
	if (r->clos_id && !made &&
	    (compare(group, "linux.intelRdt.l3CacheSchema", r->l3_cache_schema, e) < 0 ||
	     compare(group, "linux.intelRdt.memBwSchema", r->mem_bw_schema, e) < 0))
		return -1;
	if (write_all(root, group, r, e) < 0)
		return -1;
	if (!r->enable_monitoring)
		return 0;
	if (mkdirat(group, monitor_path(buf, id), 0755) < 0)
		return refuse(root, "linux.intelRdt.enableMonitoring", "make the monitoring group", e);
	ref->made |= RDT_MONITOR;
	return 0;
}

int rdt_join(const struct spec_intel_rdt *r, const char *id, pid_t pid, struct err *e)
{
	char buf[512], path[528], number[16];
	CLEANUP_FD int root = open_root(e);
	if (root < 0)
		return -1;
	CLEANUP_FD int group = open_group(root, group_of(r, id));
	size_t n = (size_t)snprintf(number, sizeof(number), "%d", (int)pid);
	if (group < 0 || fd_write_small(group, "tasks", number, n) < 0)
		return refuse(root, "linux.intelRdt", "put the process into the group", e);
	snprintf(path, sizeof(path), "%s/tasks", monitor_path(buf, id));
	if (r->enable_monitoring && fd_write_small(group, path, number, n) < 0)
		return refuse(root, "linux.intelRdt.enableMonitoring", "put the process into the monitoring group", e);
	return 0;
}

int rdt_update(const struct rdt_ref *ref, const char *l3, const char *mb, struct err *e)
{
	CLEANUP_FD int root = open_root(e);
	if (root < 0)
		return -1;
	CLEANUP_FD int group = open_group(root, ref->group);
	if (group < 0)
		return err_set(e, errno, "open the resctrl group \"%s\"", ref->group);
	if (write_schema(root, group, "l3CacheSchema", l3, e) < 0)
		return -1;
	return write_schema(root, group, "memBwSchema", mb, e);
}

static int remove_group(int dir, const char *name, struct err *e)
{
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return err_set(e, errno, "remove the resctrl group \"%s\"", name);
}

int rdt_remove(const struct rdt_ref *ref, const char *id, bool shared, struct err *e)
{
	char buf[512];
	if (!ref->made && !shared)
		return 0;
	struct err gone = { 0 };
	CLEANUP_FD int root = open_root(&gone); /* unmounted: nothing is left of it */
	CLEANUP_FD int group = root < 0 ? -1 : open_group(root, ref->group);
	if (group < 0)
		return 0;
	if ((ref->made & RDT_MONITOR) && remove_group(group, monitor_path(buf, id), e) < 0)
		return -1;
	return (ref->made & RDT_GROUP) || shared ? remove_group(root, ref->group, e) : 0;
}
