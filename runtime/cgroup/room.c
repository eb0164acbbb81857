/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Room below a low pids.max while a container is made. A limit of 0 lets no process be cloned into the
 * cgroup, and one of 1 no second one beside the container's: the process that holds a systemd scope, the
 * one that berth-init forks into a pid namespace that it joins, a hook. So a limit as low as that is in force
 * from the moment on when the container is created, before anything of it runs.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/fd.h"
#include "../lib/number.h"

enum { ROOM = 16 };

/* Nothing is read for those whose config asks for no low limit. */
static bool may_be_low(const struct spec_resources *r)
{
	if (r && r->pids && r->pids->limit.set && r->pids->limit.v >= 0 && r->pids->limit.v < ROOM)
		return true;
	for (size_t i = 0; r && i < r->unified.n; i++)
		if (strcmp(r->unified.v[i].key, "pids.max") == 0)
			return true;
	return false;
}

static int write_limit(int cgfd, long limit, struct err *e)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld", limit);
	return fd_write_small(cgfd, "pids.max", text, (size_t)n) < 0 ? err_set(e, errno, "write pids.max") : 0;
}

static int make_room(int cgfd, bool *made, long *was, struct err *e)
{
	char text[24];
	uint64_t limit;
	if (fd_read_small(cgfd, "pids.max", text, sizeof(text)) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "read pids.max");
	if (parse_u64(text, ROOM - 1, &limit) < 0)
		return 0; /* "max", or high enough */
	*made = true;
	*was = (long)limit;
	return write_limit(cgfd, ROOM, e);
}

int cgroup_room_make(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res,
		     struct cgroup_room *ret, struct err *e)
{
	CLEANUP_FD int outer = -1;
	*ret = (struct cgroup_room){ 0 };
	/* a manager has limits of its own */
	if (cgfd < 0 || (ref->driver != CGROUP_SYSTEMD && !may_be_low(res)))
		return 0;
	if (cg_outer(ref, cgfd, &outer, e) < 0)
		return -1;
	if (outer >= 0 && make_room(outer, &ret->outer_made, &ret->outer, e) < 0)
		return -1;
	return make_room(cgfd, &ret->made, &ret->limit, e);
}

int cgroup_room_end(const struct cgroup_ref *ref, int cgfd, struct cgroup_room *room, struct err *e)
{
	struct cgroup_room r = *room;
	CLEANUP_FD int outer = -1;
	*room = (struct cgroup_room){ 0 };
	if (r.made && write_limit(cgfd, r.limit, e) < 0)
		return -1;
	if (!r.outer_made)
		return 0;
	return cg_outer(ref, cgfd, &outer, e) < 0 ? -1 : write_limit(outer, r.outer, e);
}
