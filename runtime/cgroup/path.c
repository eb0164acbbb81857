/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where cgroup2 is mounted, and which path below it a container gets.
 *
 * A path is checked as text first (no "..", no empty or control characters) and then walked by
 * directory fds with openat2(2), so that neither the config nor anything on the way can lead outside
 * the hierarchy or to its root.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "../lib/fd.h"
#include "../lib/mountinfo.h"
#include "../lib/sys.h"

/* Where it nearly always is: pure v2, and the hybrid layout. Saves reading mountinfo, which can have
 * thousands of lines. */
static const char *const usual_mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

static const char *mount_from_mountinfo(struct arena *a, struct err *e)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	if (!f) {
		err_set(e, errno, "open /proc/self/mountinfo");
		return NULL;
	}
	char *line = NULL;
	size_t size = 0;
	const char *found = NULL;
	bool v1 = false;
	while (!found && getline(&line, &size, f) > 0) {
		v1 = v1 || strstr(line, " - cgroup ");
		const char *mp = mountinfo_point(line, "cgroup2");
		if (mp)
			found = arena_strdup(a, mp);
	}
	free(line);
	fclose(f);
	if (!found && v1)
		err_set(e, 0,
			"only cgroup v1 is mounted on this host: berth needs cgroup v2 (boot with "
			"systemd.unified_cgroup_hierarchy=1, or mount cgroup2 on /sys/fs/cgroup/unified)");
	else if (!found)
		err_set(e, 0, "no cgroup2 file system is mounted on this host: berth needs cgroup v2");
	return found;
}

const char *cgroup_mount_path(struct arena *a, struct err *e)
{
	for (size_t i = 0; i < sizeof(usual_mounts) / sizeof(*usual_mounts); i++) {
		struct statfs sf;
		if (statfs(usual_mounts[i], &sf) == 0 && sf.f_type == CGROUP2_SUPER_MAGIC)
			return usual_mounts[i];
	}
	return mount_from_mountinfo(a, e);
}

int cg_root(struct arena *a, struct err *e)
{
	static int fd = -1;
	if (fd >= 0)
		return fd;
	const char *mount = cgroup_mount_path(a, e);
	if (!mount)
		return -1;
	fd = openat(AT_FDCWD, mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_set(e, errno, "open \"%s\"", mount) : fd;
}

int cg_open_below(int dirfd, const char *rel, int flags)
{
	return sys_openat2(dirfd, rel, (uint64_t)(flags | O_DIRECTORY | O_CLOEXEC),
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

/* One part of a path. Returns what is wrong with it, or NULL. */
static const char *part_problem(const char *s, size_t n)
{
	if (n == 0)
		return "has an empty part";
	if (n > NAME_MAX)
		return "has a part of more than 255 bytes";
	if ((n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
		return "has a \".\" or \"..\" part";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return "has a control character";
	return NULL;
}

static const char *path_problem(const char *path)
{
	if (path[0] != '/')
		return "does not start with \"/\"";
	if (path[1] == '\0')
		return "is the root of the hierarchy";
	if (strlen(path) >= PATH_MAX - 256) /* room for the mount point in what others build from it */
		return "is too long";
	for (const char *p = path; *p;) {
		size_t n = strcspn(p + 1, "/");
		const char *problem = part_problem(p + 1, n);
		if (problem)
			return problem;
		p += 1 + n;
	}
	return NULL;
}

int cg_path_check(const char *path, struct err *e)
{
	const char *problem = path_problem(path);
	return problem ? err_set(e, 0, "cgroup path %s", problem) : 0;
}

/* "a//b/" -> "/a/b": what is equal for the kernel gets one form, because the path is stored. */
static char *normalise(struct arena *a, const char *s)
{
	char *out = arena_alloc(a, strlen(s) + 2), *p = out;
	while (*s) {
		while (*s == '/')
			s++;
		if (!*s)
			break;
		*p++ = '/';
		while (*s && *s != '/')
			*p++ = *s++;
	}
	if (p == out)
		*p++ = '/';
	*p = '\0';
	return out;
}

const char *cg_path_of(struct arena *a, const char *file, struct err *e)
{
	char buf[64 * 1024];
	if (fd_read_small(AT_FDCWD, file, buf, sizeof(buf)) < 0) {
		err_set(e, errno, "read %s", file);
		return NULL;
	}
	char *save;
	for (char *line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		if (!line[4])
			return "";
		/* "/../x": we are outside of what our cgroup namespace shows */
		return cg_path_check(line + 3, e) < 0 ? (err_add(e, "%s", file), NULL) : arena_strdup(a, line + 3);
	}
	err_set(e, 0, "%s names no cgroup v2", file);
	return NULL;
}

/* An absolute path counts from the mount. A relative one and the default count from the mount too, so
 * that they lead to the same place whoever calls; an unprivileged user has no rights there and gets
 * them below the own cgroup, which is the part that may be delegated to him. */
int cg_path_resolve(struct arena *a, const struct spec_config *c, const char *id, bool rootless,
		    const char **ret_path, struct err *e)
{
	const char *asked = c->linux_->cgroups_path;
	bool absent = !asked || !*asked;
	const char *base = "";
	if (rootless && (absent || asked[0] != '/')) {
		base = cg_path_of(a, "/proc/self/cgroup", e);
		if (!base)
			return -1;
	}
	if (absent)
		asked = arena_printf(a, "berth-%s", id);
	char *path = normalise(a, asked);
	const char *problem = path_problem(path);
	if (problem && absent)
		return err_set(e, 0, "cgroup path of container \"%s\" %s", id, problem);
	if (problem)
		return err_config(e, "linux.cgroupsPath", "%s", problem);
	*ret_path = *base ? arena_printf(a, "%s%s", base, path) : path;
	if (*base && cg_path_check(*ret_path, e) < 0)
		return -1;
	return 0;
}
