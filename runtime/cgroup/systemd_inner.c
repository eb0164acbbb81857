/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container in a scope is in a cgroup of its own below the scope's: SLICE/UNIT.scope/container.
 *
 * systemd removes a scope with its last process, and with it memory.events, from which an engine learns that the
 * kernel killed that process. A level more gives the engine more time to read it (docs/cgroups.md has the numbers).
 *
 * Cgroup v2 lets a cgroup with processes give no controllers on, so the order is: make it, move the process there
 * that holds the scope, enable below the scope what the scope has. That process is in the scope all the time: it
 * counts as empty only when the cgroups below it are.
 */
#include "systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/fd.h"

static const char suffix[] = ".scope/" CG_INNER;

size_t cg_outer_len(const char *path)
{
	size_t n = strlen(path), end = sizeof(suffix) - 1;
	return n > end && strcmp(path + n - end, suffix) == 0 ? n - strlen("/" CG_INNER) : n;
}

/* ".." is safe: the kernel knows no rename and no links in cgroup2, and a directory that is open stays where it was. */
int cg_outer(const struct cgroup_ref *ref, int cgfd, int *ret, struct err *e)
{
	*ret = -1;
	if (!ref || ref->driver != CGROUP_SYSTEMD || cgfd < 0 || !ref->path[cg_outer_len(ref->path)])
		return 0;
	*ret = openat(cgfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? err_set(e, errno, "open the cgroup of unit \"%s\"", ref->scope) : 0;
}

static int move(int cgfd, pid_t pid)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);
	return fd_write_small(cgfd, "cgroup.procs", text, (size_t)n);
}

const char *cg_inner_make(struct arena *a, const char *scope, pid_t holder, struct err *e)
{
	const char *path = arena_printf(a, "%s/" CG_INNER, scope);
	int root = cg_path_check(path, e) < 0 ? -1 : cg_root(a, e);
	if (root < 0)
		return NULL;
	CLEANUP_FD int outer = cg_open_below(root, scope + 1, O_PATH);
	if (outer < 0 || mkdirat(outer, CG_INNER, 0755) < 0) {
		err_set(e, errno, "create cgroup \"%s\"", path);
		return NULL;
	}
	CLEANUP_FD int inner = cg_open_below(outer, CG_INNER, O_PATH);
	if (inner < 0 || move(inner, holder) < 0) {
		err_set(e, errno, "move a process into cgroup \"%s\"", path);
		return NULL;
	}
	cg_controllers_pass_on(outer);
	return path;
}
