/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth resume`: let the processes of a paused container go on.
 *
 * A container that is not paused is left as it is and that is success, like pausing twice: an engine
 * that kills a paused container resumes it afterwards and must not trip over who was faster. A
 * stopped one is refused.
 */
#include "cmd.h"
#include "container.h"

#include "../lib/fd.h"

static int resume_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)opts;
	(void)argc;
	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	const unsigned allowed =
		STATUS_BIT(STATUS_CREATED) | STATUS_BIT(STATUS_RUNNING) | STATUS_BIT(STATUS_PAUSED);
	if (container_open(&c, g, argv[0], CONTAINER_LOCK | CONTAINER_FREEZER, e) < 0 ||
	    container_require(&c, allowed, "resume", e) < 0)
		return -1;
	if (c.status != STATUS_PAUSED)
		return 0;

	CLEANUP_FD int cgroup = container_cgroup(&c, "resume", e);
	if (cgroup < 0)
		return -1;
	return cgroup_freeze(cgroup, false, e);
}

static const struct option_row resume_options[] = { { 0 } };

const struct command cmd_resume = {
	.name = "resume",
	.args = "ID",
	.summary = "let the processes of a paused container go on",
	.example = "berth resume web",
	.options = resume_options,
	.min_args = 1,
	.max_args = 1,
	.run = resume_run,
};
