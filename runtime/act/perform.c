/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host steps of a plan, one function each, in the order of the plan. The numbers in the comments are
 * the sync points of plan/format.h.
 */
#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../hooks/hooks.h"
#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/full.h"
#include "../lib/interrupt.h"
#include "../lib/trace.h"
#include "../security/security.h"

typedef int host_fn(struct creation *x, const struct host_step *s, struct err *e);

static int do_state_dir(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	/* later commands must not depend on the bundle being visible, so the config is kept with the state */
	if (state_dir_create(&x->dir, x->args->root, x->args->id, x->json, x->json_len, e) < 0)
		return -1;
	x->dir_made = true;
	full_too_late();
	/* from here on `delete --force` finds what there is to clean up, whatever happens to us */
	x->rec.cgroup.made = cgroup_missing(x->args->driver, x->rec.cgroup.path);
	x->rec.cgroup.intended = x->rec.cgroup.made > 0;
	rdt_intend(&x->rec.rdt, &x->arena, x->config->linux_->intel_rdt, x->args->id);
	if (state_write(&x->dir, &x->rec, e) < 0)
		return -1;
	return x->filter_found ? 0 : plan_compile_seccomp(&x->plan, x->config->linux_->seccomp, x->dir.root_fd, e);
}

static int do_cgroup(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	if (cgroup_create(&x->arena, x->args->driver, x->rec.cgroup.path, x->config, &x->rec.cgroup,
			  &x->cgfd, e) < 0)
		return -1;
	x->rec.cgroup.intended = false;
	return x->rec.cgroup.inode ? state_note_cgroup(&x->dir, &x->rec.cgroup, e) : 0;
}

static int do_resources(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	return cgroup_apply(&x->rec.cgroup, x->cgfd, x->config->linux_->resources, "linux.resources", e);
}

/* While berth-init goes on. When it has failed meanwhile, its words count: to speak to it fails then, and with systemd its
 * cgroup is gone. */
static int do_device_filter(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	if (x->cgfd >= 0 && cgroup_device_filter(x->cgfd, &x->rec.cgroup, x->device_rules, e) < 0)
		return launch_why(&x->plan, &x->init, e);
	return launch_tell(&x->plan, &x->init, CMD_GO, e);
}

static int do_rdt(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	if (rdt_create(&x->rec.rdt, &x->rdt_shared, x->config->linux_->intel_rdt, x->args->id, e) == 0)
		return 0;
	spec_err_locate(e, x->json, x->json_len);
	return -1;
}

/* When all there is is the process: what it forks is in the groups by itself. */
static int do_rdt_join(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	return rdt_join(x->config->linux_->intel_rdt, x->args->id, x->init.pid, e);
}

static int do_cgroup_owner(struct creation *x, const struct host_step *s, struct err *e)
{
	return x->cgfd < 0 ? 0 : cgroup_give(x->cgfd, (uid_t)s->num, e);
}

static int do_open_fds(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	if (x->request.wait_for_start) {
		x->listen = socket_listen_at(x->dir.fd, "start.sock", e);
		if (x->listen < 0)
			return -1;
	}
	struct launch_fds lf = { .pidfd = -1, .listen = x->listen, .cgroup = x->cgfd };
	if (launch_open_fds(&x->plan, &lf, &x->init, e) == 0)
		return 0;
	spec_err_locate(e, x->json, x->json_len); /* a namespace that is berth's own, for one */
	return -1;
}

static int do_clone(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	struct cgroup_ref *cg = &x->rec.cgroup;
	if (x->facts.rootless && x->config->process)
		x->init.own_oom = x->config->process->oom_score_adj;
	if (cgroup_room_make(cg, x->cgfd, x->config->linux_->resources, &x->room, e) < 0 ||
	    cgroup_clone_begin(cg, x->cgfd, e) < 0)
		return -1;
	if (launch_start(&x->plan, &x->init, x->cgfd, x->request.preserve_fds, e) < 0)
		return cgroup_clone_failed(cg, x->cgfd, e);
	return cgroup_clone_end(cg, x->cgfd, e);
}

static int do_maps(struct creation *x, const struct host_step *s, struct err *e) /* #1 */
{
	if (launch_wait(&x->plan, &x->init, x->init.sync, 1U << MSG_MAP_ME, e) < 0 ||
	    maps_write(x->init.pid, x->config->linux_, s->num == 1, s->text != NULL, e) < 0)
		return -1;
	return launch_tell(&x->plan, &x->init, CMD_GO, e);
}

static int ns_ready(struct creation *x, struct err *e) /* #2, the first half */
{
	if (x->ns_waiting)
		return 0;
	x->ns_waiting = true;
	return launch_wait(&x->plan, &x->init, x->init.sync, 1U << MSG_NS_READY, e) < 0 ? -1 : 0;
}

static int do_net_devices(struct creation *x, const struct host_step *s, struct err *e) /* #2 */
{
	(void)s;
	if (launch_wait(&x->plan, &x->init, x->init.sync, 1U << MSG_NS_READY, e) < 0)
		return -1;
	if (netdev_move(&x->net, &x->arena, &x->config->linux_->net_devices, x->init.pidfd, e) < 0) {
		spec_err_locate(e, x->json, x->json_len);
		return -1;
	}
	return launch_tell(&x->plan, &x->init, CMD_GO, e);
}

static int do_hooks(struct creation *x, const struct host_step *s, struct err *e)
{
	if (ns_ready(x, e) < 0)
		return -1;
	x->hooks_ran = true;
	const char *state = state_json(&x->arena, &x->rec, STATUS_CREATING, x->init.pid, false, NULL);
	return hooks_run(&x->config->hooks, (enum hook_kind)s->num, state, x->rec.bundle, false, e);
}

int oom_score_write(const struct init_proc *ip, int64_t value, struct err *e)
{
	char path[64], text[24];
	if (ip->own_oom.set)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)ip->pid);
	int n = snprintf(text, sizeof(text), "%lld", (long long)value);
	if (fd_write_small(AT_FDCWD, path, text, (size_t)n) < 0) {
		int eno = errno;
		return err_config(e, "process.oomScoreAdj", "write %s: %s", text, err_text(eno));
	}
	return 0;
}

/* What is on record once it waits for its start; on disk, but not yet in its place. */
static int prepare_record(struct creation *x, struct err *e)
{
	x->rec.created_done = true;
	x->rec.pid = x->init.pid;
	if (proc_start_time(x->rec.pid, &x->rec.start_time) < 0)
		return err_set(e, errno, "read the start time of process %d", (int)x->rec.pid);
	if (x->init.pidfd >= 0 && pidfd_inode(x->init.pidfd, &x->rec.pid_inode) < 0)
		return err_set(e, errno, "look at the pidfd of process %d", (int)x->rec.pid);
	x->prepared = state_prepare(&x->dir, &x->rec, e) == 0;
	return x->prepared ? 0 : -1;
}

/* The same beside berth-init's own work, unless it ends as another process. When it is gone already, why is still to be
 * heard. */
static int prepare_early(struct creation *x, struct err *e)
{
	if (plan_forks(&x->plan) || prepare_record(x, e) == 0)
		return 0;
	if (e->eno != ENOENT && e->eno != ESRCH)
		return -1;
	err_clear(e);
	return 0;
}

static int do_inside(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	if (x->ns_waiting && launch_tell(&x->plan, &x->init, CMD_GO, e) < 0) /* #2, the second half */
		return -1;
	if (x->config->hooks.kind[HOOK_CREATE_CONTAINER].n)
		x->hooks_ran = true;
	if (prepare_early(x, e) < 0)
		return -1;
	if (launch_wait(&x->plan, &x->init, x->init.sync, 1U << MSG_READY, e) < 0) /* #3 */
		return -1;
	if (cgroup_room_end(&x->rec.cgroup, x->cgfd, &x->room, e) < 0)
		return -1;
	launch_restore_nofile(&x->init);
	if (x->config->process && (x->rec.ns_flags & CLONE_NEWUSER))
		rlimits_raise(x->init.pid, &x->config->process->rlimits);
	return x->prepared ? 0 : prepare_record(x, e);
}

static int do_oom_score(struct creation *x, const struct host_step *s, struct err *e)
{
	return oom_score_write(&x->init, s->num, e);
}

static int do_console(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	if (!x->args->console_socket)
		return 0;
	if (x->init.console < 0)
		return err_set(e, 0, "berth-init made no terminal");
	int r = socket_send_fd(x->args->console_socket, x->init.console, "/dev/ptmx", e);
	fd_close(&x->init.console);
	return r;
}

static int do_pid_file(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	if (x->args->pidfd_socket && socket_send_fd(x->args->pidfd_socket, x->init.pidfd, "pidfd", e) < 0)
		return -1;
	if (!x->args->pid_file)
		return 0;
	int r = pid_file_write(x->args->pid_file, x->rec.pid, e);
	x->pid_file_made = r == 0;
	return r;
}

static int do_state(struct creation *x, const struct host_step *s, struct err *e)
{
	(void)s;
	if (state_commit(&x->dir, e) < 0)
		return -1;
	/* #3, the second half: it may wait for `berth start` without us. Were we killed before this, it would
	 * have seen the end of SYNC and ended, so no process waits that no record knows of. */
	return x->request.wait_for_start ? launch_tell(&x->plan, &x->init, CMD_GO, e) : 0;
}

static host_fn *const host_fns[HOST_STEP_KINDS] = {
	[HOST_STATE_DIR] = do_state_dir, [HOST_CGROUP] = do_cgroup,
	[HOST_RESOURCES] = do_resources, [HOST_DEVICE_FILTER] = do_device_filter,
	[HOST_OPEN_FDS] = do_open_fds,	 [HOST_CLONE] = do_clone,
	[HOST_MAPS] = do_maps,		 [HOST_OOM_SCORE] = do_oom_score,
	[HOST_HOOKS] = do_hooks,	 [HOST_INSIDE] = do_inside,
	[HOST_CONSOLE] = do_console,	 [HOST_PID_FILE] = do_pid_file,
	[HOST_RDT] = do_rdt,		 [HOST_RDT_JOIN] = do_rdt_join,
	[HOST_STATE] = do_state,	 [HOST_NET_DEVICES] = do_net_devices,
	[HOST_CGROUP_OWNER] = do_cgroup_owner,
};

int creation_perform(struct creation *x, struct err *e)
{
	interrupt_catch();
	for (size_t i = 0; i < x->plan.nhost; i++) {
		const struct host_step *s = &x->plan.host[i];
		if (s->kind == HOST_START)
			break; /* creation_start(), or another command */
		if (!host_fns[s->kind])
			return err_config(e, s->origin, "berth cannot do this yet");
		uint64_t from = trace_now();
		if (interrupt_check(e) < 0 || host_fns[s->kind](x, s, e) < 0)
			return -1;
		TRACE(plan_host_step_name(s->kind), from);
	}
	return 0;
}

/* The agent has the listener before the program runs: berth-init waits for our word. */
int listener_hand_over(struct init_proc *ip, int fd, const struct spec_config *c, pid_t pid, const char *state,
		       struct err *e)
{
	if (!c || !c->linux_->seccomp)
		return err_set(e, 0, "berth-init sent a seccomp listener that nobody asked for");
	int r = seccomp_send_listener(c->linux_->seccomp, ip->listener, pid, state, e);
	fd_close(&ip->listener);
	return r < 0 ? -1 : launch_send(fd, CMD_GO, e);
}

static int poststart(struct creation *x, struct err *e)
{
	if (!x->config->hooks.kind[HOOK_POSTSTART].n)
		return 0;
	/* a hook may call berth on its own container */
	state_dir_unlock(&x->dir);
	const char *state = state_json(&x->arena, &x->rec, STATUS_RUNNING, x->rec.pid, false, NULL);
	return hooks_run(&x->config->hooks, HOOK_POSTSTART, state, x->rec.bundle, false, e);
}

int creation_start(struct creation *x, struct err *e)
{
	if (!x->config->process)
		return err_config(e, "process", "is required to start the container");
	if (launch_tell(&x->plan, &x->init, CMD_START, e) < 0)
		return -1;
	x->hooks_ran = true;
	x->init.listener_due = seccomp_has_notify(x->config->linux_->seccomp);
	for (;;) {
		int m = launch_wait(&x->plan, &x->init, x->init.sync, 1U | 1U << MSG_SECCOMP, e);
		if (m < 0)
			return -1;
		if (m == 0)
			return poststart(x, e);
		const char *state = state_json(&x->arena, &x->rec, STATUS_CREATED, x->rec.pid, false, NULL);
		if (listener_hand_over(&x->init, x->init.sync, x->config, x->rec.pid, state, e) < 0)
			return launch_why(&x->plan, &x->init, e);
	}
}
