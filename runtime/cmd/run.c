/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth run`: create and start at once. In the foreground it stays until the process ended, returns its exit
 * status, and removes the container unless --keep was given.
 */
#include <errno.h>
#include <linux/sched.h>
#include <sys/prctl.h>

#include "../act/create.h"
#include "../act/relay.h"
#include "cmd.h"
#include "launch_opts.h"

/* What foreground processes of the container leave behind is re-parented to us, so that it can be reaped; in a new pid
 * namespace to its first process. */
static int become_subreaper(const struct plan *p, struct err *e)
{
	if (p->clone_flags & CLONE_NEWPID)
		return 0;
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? err_set(e, errno, "become a child subreaper") : 0;
}

static int run_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	struct launch_opts *o = opts;
	(void)argc;
	struct creation_args args = launch_args(g, o, argv[0]);
	args.run = true;
	args.foreground = !o->detach;
	CLEANUP_CREATION struct creation x = CREATION_INIT;
	if (creation_load(&x, &args, e) < 0)
		return -1;
	if (!o->detach && !o->no_subreaper && become_subreaper(&x.plan, e) < 0)
		return -1;
	/* signals are forwarded from the moment on at which there is a program to get them; before that they
	 * end us as they would end `create` */
	if (creation_perform(&x, e) < 0 || (!o->detach && foreground_prepare(e) < 0))
		return -1;
	if (!o->detach && !o->console_socket)
		relay_first_size(x.init.console);
	if (creation_start(&x, e) < 0)
		return -1;
	if (o->detach) {
		creation_keep(&x);
		return 0;
	}
	/* it may run for days: other commands need the lock */
	state_dir_unlock(&x.dir);
	bool terminal = x.config->process->terminal && !o->console_socket;
	int status = foreground_wait(&x.init, terminal, e);
	if (status >= 0 && o->keep)
		creation_keep(&x);
	if (status < 0)
		return -1;
	x.pid_file_made = false; /* it belongs to the caller, who may still read it */
	if (o->keep)
		return status;
	x.undo_failed = e;
	creation_clear(&x);
	return e->set ? err_add(e, "the program ended with status %d, but its container is left", status) : status;
}

static const struct option_row run_options[] = {
	LAUNCH_OPTION_ROWS,
	{ "detach", 'd', OPT_FLAG, offsetof(struct launch_opts, detach), NULL, "return when the container runs" },
	{ "keep", 0, OPT_FLAG, offsetof(struct launch_opts, keep), NULL, "do not delete the container when it ends" },
	{ "no-subreaper", 0, OPT_FLAG, offsetof(struct launch_opts, no_subreaper), NULL,
	  "do not reap what the container's processes leave behind" },
	{ 0 },
};

const struct command cmd_run = {
	.name = "run",
	.args = "ID",
	.summary = "create and start a container",
	.example = "berth run --bundle /srv/hello hello",
	.options = run_options,
	.opts_size = sizeof(struct launch_opts),
	.min_args = 1,
	.max_args = 1,
	.run = run_run,
};
