/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth start`: tell the waiting berth-init to go on, and stay until the program was executed or the reason
 * why not is known.
 *
 *	connect to start.sock, CMD_START
 *	-> startContainer hooks, credentials, filter (inside)
 *	<- MSG_SECCOMP: the listener goes to the agent
 *	<- MSG_EXEC and end of file: the program runs
 *	remove start.sock, poststart hooks
 *
 * A hook that fails ends the container (runtime.md, Lifecycle): it is killed and removed, and the poststop
 * hooks run. A program that cannot be executed leaves a stopped container for its engine to delete.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../hooks/hooks.h"
#include "../act/create.h"
#include "../lib/fd.h"
#include "../lib/sys.h"
#include "../lib/trace.h"
#include "../security/security.h"
#include "cmd.h"
#include "container.h"
#include "destroy.h"

/* The plan is deterministic, so planning the stored config again gives the step that failed its name.
 * Returns the kind of that step. */
static unsigned explain(struct container *c, struct spec_config *cfg, const struct plan_report *r, struct err *e)
{
	if (!cfg && !(cfg = container_config(c, e)))
		return STEP_NONE;
	struct plan p = { 0 };
	struct err ignored = { 0 };
	struct plan_facts f = { 0 };
	facts_gather(&f, &c->arena, &ignored);
	f.apparmor_enabled = f.selinux_enabled = f.resctrl_mounted = true; /* create checked it */
	f.bundle = c->rec.bundle;
	f.id = c->rec.id;
	struct plan_request q = { .no_new_keyring = c->rec.no_new_keyring,
				  .wait_for_start = true,
				  .cgroup_disabled = c->rec.cgroup.driver == CGROUP_DISABLED };
	if (plan_create(&p, &c->arena, cfg, &q, &f, &ignored) == 0 && r->step >= 0 && (size_t)r->step < p.ninside) {
		plan_explain(&p, r, e);
		return p.inside[r->step].s.kind;
	}
	err_set(e, r->err, "berth-init: step %d: %s", (int)r->step, r->text);
	return STEP_NONE;
}

/* Serve the connection until the program was executed. *ret_hook: it was a hook that failed. */
static int serve(struct container *c, struct spec_config *cfg, int conn, bool *ret_hook, struct err *e)
{
	CLEANUP_INIT_PROC struct init_proc ip = INIT_PROC_INIT; /* no pid: the process is not our child */
	ip.listener_due = cfg && seccomp_has_notify(cfg->linux_->seccomp);
	ip.traced = c->rec.pid;
	ip.step_began = trace_now();
	for (;;) {
		int m = launch_wait(NULL, &ip, conn, 1U | 1U << MSG_SECCOMP, e);
		if (m == 0)
			return 0;
		if (m < 0)
			break;
		const char *state = state_json(&c->arena, &c->rec, STATUS_CREATED, c->rec.pid, false, NULL);
		if (listener_hand_over(&ip, conn, cfg, c->rec.pid, state, e) == 0)
			continue;
		/* it may have ended before, and said why; should it live, it ends where it waits for us */
		shutdown(conn, SHUT_WR);
		launch_wait(NULL, &ip, conn, 0, &(struct err){ 0 });
		break;
	}
	if (ip.failed.msg)
		*ret_hook = explain(c, cfg, &ip.failed, e) == STEP_HOOK;
	return -1;
}

static int poststart(struct container *c, const struct spec_config *cfg, struct err *e)
{
	const char *state = state_json(&c->arena, &c->rec, STATUS_RUNNING, c->rec.pid, false, NULL);
	return hooks_run(&cfg->hooks, HOOK_POSTSTART, state, c->rec.bundle, false, e);
}

/* berth-init has said why it ends, or it was we who failed and it is on its way to the program: whoever asks next shall
 * find a stopped container, and no program runs after a start that failed. */
static void end_init(const struct container *c)
{
	enum { WAIT_MS = 2000 };
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };
	sys_pidfd_send_signal(c->pidfd, SIGKILL);
	poll(&p, 1, WAIT_MS);
}

/* It ended since we looked. */
static int nobody_waits(struct container *c, struct err *e)
{
	CLEANUP_FD int pidfd = -1;
	unlinkat(c->dir.fd, "start.sock", 0);
	err_clear(e);
	int s = state_status_quick(&c->dir, &c->rec, &pidfd, NULL, e);
	if (s < 0)
		return -1;
	c->status = (enum status)s;
	return container_require(c, 0, "start", e);
}

static bool is_closed(int eno)
{
	return eno == EPIPE || eno == ECONNRESET;
}

/* By the connection that told of it, unless there was a queue. When that is closed it waits for another one, or it has
 * ended: a socket that somebody listens on must stay. */
static int tell_start(struct container *c, struct err *e)
{
	enum { WAIT_MS = 1000 };
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };
	if (c->conn >= 0) {
		if (launch_send(c->conn, CMD_START, e) == 0)
			return 0;
		if (!is_closed(e->eno))
			return -1;
		err_clear(e);
		fd_close(&c->conn);
	}
	c->conn = socket_connect_at(c->dir.fd, "start.sock", e);
	if (c->conn < 0)
		return e->eno == ECONNREFUSED ? nobody_waits(c, e) : -1;
	if (launch_send(c->conn, CMD_START, e) == 0)
		return 0;
	return is_closed(e->eno) && poll(&p, 1, WAIT_MS) > 0 ? nobody_waits(c, e) : -1;
}

static int start_container(struct container *c, struct err *e)
{
	struct spec_config *cfg = NULL; /* most containers start without a look at it */
	bool hook = false;
	if ((c->rec.has_listener || c->rec.has_poststart) && !(cfg = container_config(c, e)))
		return -1;
	if (tell_start(c, e) < 0)
		return -1;
	int r = serve(c, cfg, c->conn, &hook, e);
	if (r < 0)
		end_init(c);
	/* one way or the other nobody waits behind it any more; without it the container is not "created" */
	unlinkat(c->dir.fd, "start.sock", 0);
	if (r == 0 && c->rec.has_poststart) {
		state_dir_unlock(&c->dir); /* a hook may call berth on its own container */
		r = poststart(c, cfg, e);
		hook = r < 0 && state_dir_lock(&c->dir, &(struct err){ 0 }) == 0;
	}
	if (hook) {
		struct err ignored = { 0 };
		if (c->rec.has_poststop && !cfg)
			cfg = container_config(c, &ignored);
		container_destroy(c, cfg);
	}
	return r;
}

static int start_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)opts;
	(void)argc;
	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	/* the freezer: a frozen berth-init would never answer. A hook that fails takes the container with it. */
	enum { FLAGS = CONTAINER_LOCK | CONTAINER_FREEZER | CONTAINER_HOOKED | CONTAINER_CONNECT };
	if (container_open(&c, g, argv[0], FLAGS, e) < 0 ||
	    container_require(&c, STATUS_BIT(STATUS_CREATED), "start", e) < 0)
		return -1;
	if (!c.rec.has_process)
		return err_config(e, "process", "is required to start the container");
	return start_container(&c, e);
}

static const struct option_row start_options[] = { { 0 } };

const struct command cmd_start = {
	.name = "start",
	.args = "ID",
	.summary = "start the process of a created container",
	.example = "berth start web",
	.options = start_options,
	.opts_size = 0,
	.min_args = 1,
	.max_args = 1,
	.run = start_run,
};
