/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth pause`: stop all processes of a container with the freezer of its cgroup.
 *
 * A container that is paused already is left as it is and that is success: engines pause again before
 * a checkpoint, and what they ask for is the state, not the change.
 */
#include "cmd.h"
#include "container.h"

#include "../lib/fd.h"

static int pause_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)opts;
	(void)argc;
	/* locked: a delete or start at the same time would meet a container that is half frozen */
	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	const unsigned allowed =
		STATUS_BIT(STATUS_CREATED) | STATUS_BIT(STATUS_RUNNING) | STATUS_BIT(STATUS_PAUSED);
	if (container_open(&c, g, argv[0], CONTAINER_LOCK | CONTAINER_FREEZER, e) < 0 ||
	    container_require(&c, allowed, "pause", e) < 0)
		return -1;
	if (c.status == STATUS_PAUSED)
		return 0;

	CLEANUP_FD int cgroup = container_cgroup(&c, "pause", e);
	if (cgroup < 0)
		return -1;
	/* when a process does not stop in time all of them go on: nobody asked for a half frozen container */
	return cgroup_freeze(cgroup, true, e);
}

static const struct option_row pause_options[] = { { 0 } };

const struct command cmd_pause = {
	.name = "pause",
	.args = "ID",
	.summary = "stop all processes of a container",
	.example = "berth pause web",
	.options = pause_options,
	.min_args = 1,
	.max_args = 1,
	.run = pause_run,
};
