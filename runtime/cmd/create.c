/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `berth create`: everything up to the point where the container's process waits for `berth start`. */
#include "../act/create.h"
#include "cmd.h"
#include "launch_opts.h"

static int create_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	struct launch_opts *o = opts;
	(void)argc;
	struct creation_args args = launch_args(g, o, argv[0]);
	CLEANUP_CREATION struct creation x = CREATION_INIT;
	if (creation_load(&x, &args, e) < 0 || creation_perform(&x, e) < 0)
		return -1;
	creation_keep(&x);
	return 0;
}

static const struct option_row create_options[] = {
	LAUNCH_OPTION_ROWS,
	{ "detach", 'd', OPT_IGNORE_FLAG, 0, NULL, "accepted: create never waits for the container" },
	{ 0 },
};

const struct command cmd_create = {
	.name = "create",
	.args = "ID",
	.summary = "create a container whose process waits for `start`",
	.example = "berth create --bundle /srv/web --pid-file /run/web.pid web",
	.options = create_options,
	.opts_size = sizeof(struct launch_opts),
	.min_args = 1,
	.max_args = 1,
	.run = create_run,
};
