/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth kill`: send a signal to the container's process, or with --all to every process of its cgroup.
 *
 * No lock is taken, so that a container can be killed while another command waits inside it (a hook
 * that hangs). None is needed: the pidfd is the recorded process and nothing else, and the cgroup is
 * compared by inode number.
 *
 * With --all a stopped container is no error, and what is left in its cgroup gets the signal: processes
 * outlive the first one when they share the pid namespace of the host or of a pod. Without a cgroup
 * only the first process is known; in a pid namespace of its own, SIGKILL takes the others with it.
 */
#include "cmd.h"
#include "container.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/sys.h"

struct kill_options {
	bool all;
};

static int kill_init(const struct container *c, int sig, struct err *e)
{
	if (c->pidfd < 0)
		return err_set(e, 0, "container \"%s\": its process cannot be opened", c->dir.id);
	if (sys_pidfd_send_signal(c->pidfd, sig) == 0)
		return 0;
	if (errno == ESRCH) /* it ended since we looked */
		return err_set(e, ESRCH, "container not running");
	return err_set(e, errno, "send signal %d to container \"%s\"", sig, c->dir.id);
}

static int kill_all(const struct container *c, int sig, struct err *e)
{
	const struct cgroup_ref *ref = &c->rec.cgroup;

	if (ref->driver != CGROUP_DISABLED && ref->inode) {
		CLEANUP_FD int cgroup = cgroup_open(ref, e);
		if (cgroup >= 0)
			return cgroup_kill(cgroup, sig, e);
		if (e->set)
			return -1;
		err_clear(e);
	}
	if (c->status == STATUS_STOPPED)
		return 0;
	if (kill_init(c, sig, e) == 0)
		return 0;
	if (e->eno != ESRCH)
		return -1;
	err_clear(e);
	return 0;
}

/* The image may name the signal that ends its program (config.md, org.opencontainers.image annotations); a name that
 * nobody knows is as good as none. */
static int default_signal(const struct record *rec)
{
	for (size_t i = 0; i < rec->annotations.n; i++) {
		if (strcmp(rec->annotations.v[i].key, STOP_SIGNAL_ANNOTATION) != 0)
			continue;
		int sig = spec_signal_number(rec->annotations.v[i].value);
		return sig > 0 ? sig : SIGTERM;
	}
	return SIGTERM;
}

static int kill_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct kill_options *o = opts;
	const unsigned alive =
		STATUS_BIT(STATUS_CREATED) | STATUS_BIT(STATUS_RUNNING) | STATUS_BIT(STATUS_PAUSED);
	int sig = 0;

	if (argc > 1) {
		sig = spec_signal_number(argv[1]);
		if (sig < 0)
			return err_set(e, 0, "unknown signal \"%s\"", argv[1]);
	}
	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	if (container_open(&c, g, argv[0], 0, e) < 0 ||
	    container_require(&c, alive | (o->all ? STATUS_BIT(STATUS_STOPPED) : 0), "kill", e) < 0)
		return -1;
	if (sig == 0 && argc == 1)
		sig = default_signal(&c.rec);
	return o->all ? kill_all(&c, sig, e) : kill_init(&c, sig, e);
}

static const struct option_row kill_options[] = {
	{ "all", 'a', OPT_FLAG, offsetof(struct kill_options, all), NULL,
	  "signal all processes of the container" },
	{ 0 },
};

const struct command cmd_kill = {
	.name = "kill",
	.args = "ID [SIGNAL]",
	.summary = "send a signal (TERM, a name or a number) to a container",
	.example = "berth kill --all web KILL",
	.options = kill_options,
	.opts_size = sizeof(struct kill_options),
	.min_args = 1,
	.max_args = 2,
	.run = kill_run,
};
