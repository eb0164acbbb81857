/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `berth state`: the state that the specification defines, with rootfs, created and owner. No lock is
 * taken: engines ask often, and also while another command works on the container. */
#include "cmd.h"
#include "container.h"

static int state_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)opts;
	(void)argc;
	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	if (container_open(&c, g, argv[0], CONTAINER_FREEZER, e) < 0)
		return -1;

	size_t len;
	/* the number of a process that is gone may belong to another one by now */
	pid_t pid = c.pidfd >= 0 ? c.rec.pid : 0;
	const char *text = state_json(&c.arena, &c.rec, c.status, pid, true, &len);
	return cmd_print(text, len, e);
}

static const struct option_row state_options[] = { { 0 } };

const struct command cmd_state = {
	.name = "state",
	.args = "ID",
	.summary = "print the state of a container as JSON",
	.example = "berth state web | jq -r .status",
	.options = state_options,
	.min_args = 1,
	.max_args = 1,
	.run = state_run,
};
