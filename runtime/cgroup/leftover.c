/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The instant between the decision to make a cgroup and the note of its inode: a create that is killed there
 * leaves empty cgroups behind, of which only the intended path is known, and how many levels of it there were not yet.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fd.h"

unsigned cgroup_missing(enum cgroup_driver d, const char *path)
{
	__attribute__((cleanup(arena_free))) struct arena scratch = { 0 };
	struct err ignored = { 0 };
	if (d != CGROUP_CGROUPFS || path[0] != '/')
		return 0;
	int root = cg_root(&scratch, &ignored);
	unsigned levels = 0;
	for (size_t len = strlen(path + 1); root >= 0 && len > 0; len = cg_parent_len(path + 1, len)) {
		CLEANUP_FD int dir = cg_open_dir(root, path + 1, len);
		/* what cannot be looked at may be there */
		if (dir >= 0 || errno != ENOENT)
			break;
		levels++;
	}
	return levels;
}

int cg_remove_leftover(const struct cgroup_ref *ref, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena scratch = { 0 };
	if (!ref->intended || ref->path[0] != '/' || cg_path_check(ref->path, e) < 0)
		return e->set ? -1 : 0;
	int root = cg_root(&scratch, e);
	if (root < 0)
		return -1;
	const char *rel = ref->path + 1;
	if (cg_remove_levels(root, rel, strlen(rel), ref->made ? ref->made : 1) < 0)
		return err_set(e, errno, "remove cgroup \"%s\"", ref->path);
	return 0;
}
