/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The instant between the decision to make a cgroup and the note of its inode: a create that is killed there
 * leaves an empty cgroup behind, of which only the intended path is known.
 */
#include "internal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fd.h"

/* Fd of the parent; *ret_leaf is the last part of the path. -1: not reachable. */
static int open_parent(const char *path, const char **ret_leaf)
{
	__attribute__((cleanup(arena_free))) struct arena scratch = { 0 };
	struct err ignored = { 0 };
	const char *slash = strrchr(path, '/');
	if (path[0] != '/' || !slash[1])
		return -1;
	*ret_leaf = slash + 1;
	CLEANUP_FD int root = cg_root_open(&scratch, &ignored);
	if (root < 0 || slash == path)
		return take_fd(&root);
	return cg_open_below(root, arena_strndup(&scratch, path + 1, (size_t)(slash - path) - 1), O_PATH);
}

bool cgroup_exists(enum cgroup_driver d, const char *path)
{
	const char *leaf;
	if (d != CGROUP_CGROUPFS)
		return true;
	CLEANUP_FD int dir = open_parent(path, &leaf);
	return dir >= 0 && faccessat(dir, leaf, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void cg_remove_leftover(const struct cgroup_ref *ref)
{
	const char *leaf;
	if (!ref->intended)
		return;
	CLEANUP_FD int dir = open_parent(ref->path, &leaf);
	if (dir >= 0)
		unlinkat(dir, leaf, AT_REMOVEDIR);
}
