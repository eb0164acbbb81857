/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth exec`: one more process in a container. It is planned like the first one, joins the namespaces
 * through a pidfd of the container's init and is born in its cgroup.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../act/create.h"
#include "../act/relay.h"
#include "../lib/fd.h"
#include "../lib/rootless.h"
#include "../lib/trace.h"
#include "../security/security.h"
#include "cmd.h"
#include "container.h"
#include "exec_process.h"

/* What a failure of ours, not of the program, makes foreground callers see (what engines expect: 126 and
 * 127 are taken by "cannot execute" and "not found"). */
enum { EXIT_EXEC_FAILED = 255 };

static int open_container(struct container *c, const struct globals *g, const struct exec_opts *o, const char *id,
			  struct err *e)
{
	if (container_open(c, g, id, CONTAINER_ENTER | (o->ignore_paused ? 0 : CONTAINER_FREEZER), e) < 0)
		return -1;
	unsigned allowed = STATUS_BIT(STATUS_CREATED) | STATUS_BIT(STATUS_RUNNING);
	if (o->ignore_paused)
		allowed |= STATUS_BIT(STATUS_PAUSED);
	return container_require(c, allowed, "exec in", e);
}

static int make_plan(struct plan *p, struct container *c, struct spec_config *cfg, const struct spec_process *proc,
		     const struct exec_opts *o, unsigned *preserve, struct err *e)
{
	struct plan_facts f = { 0 };
	unsigned listen_fds;
	*preserve = o->preserve_fds;
	if (preserve_fds_check(preserve, &listen_fds, e) < 0 || facts_gather(&f, &c->arena, e) < 0)
		return -1;
	f.bundle = c->rec.bundle;
	f.id = c->rec.id;
	f.apparmor_enabled = proc->apparmor_profile && proc->apparmor_profile[0] && apparmor_enabled();
	f.selinux_enabled = proc->selinux_label && proc->selinux_label[0] && selinux_enabled();
	if (f.selinux_enabled && lsm_check_process(proc, NULL, "", e) < 0)
		return -1;
	struct plan_request q = { .no_new_keyring = c->rec.no_new_keyring,
				  .created = c->rec.created,
				  .preserve_fds = *preserve,
				  .listen_fds = listen_fds,
				  .console_to_caller = !o->detach && !o->console_socket };
	if (plan_exec(p, &c->arena, cfg, proc, c->rec.ns_flags, &q, &f, e) < 0)
		return -1;
	return plan_compile_seccomp(p, cfg->linux_->seccomp, c->dir.root_fd, e);
}

/* Between #3 and CMD_START: the process exists, nothing of the program has run. */
static int hand_over(struct init_proc *ip, const struct spec_process *proc, uint64_t ns_flags,
		     const struct exec_opts *o, struct err *e)
{
	if (ns_flags & CLONE_NEWUSER)
		rlimits_raise(ip->pid, &proc->rlimits);
	if (proc->oom_score_adj.set && oom_score_write(ip, proc->oom_score_adj.v, e) < 0)
		return -1;
	if (o->console_socket) {
		if (ip->console < 0)
			return err_set(e, 0, "--console-socket was given but no terminal is asked for");
		if (socket_send_fd(o->console_socket, ip->console, "/dev/ptmx", e) < 0)
			return -1;
		fd_close(&ip->console);
	} else if (!o->detach) {
		relay_first_size(ip->console);
	}
	if (o->pidfd_socket && socket_send_fd(o->pidfd_socket, ip->pidfd, "pidfd", e) < 0)
		return -1;
	return 0;
}

static int go(struct plan *p, struct container *c, const struct spec_config *cfg, struct init_proc *ip, struct err *e)
{
	if (launch_tell(p, ip, CMD_START, e) < 0)
		return -1;
	ip->listener_due = seccomp_has_notify(cfg->linux_->seccomp);
	for (;;) {
		int m = launch_wait(p, ip, ip->sync, 1U | 1U << MSG_SECCOMP, e);
		if (m <= 0)
			return m;
		const char *state = state_json(&c->arena, &c->rec, STATUS_RUNNING, c->rec.pid, false, NULL);
		if (listener_hand_over(ip, ip->sync, cfg, ip->pid, state, e) < 0)
			return launch_why(p, ip, e);
	}
}

static int clone_into(struct plan *p, struct container *c, struct init_proc *ip, int cgfd, unsigned preserve,
		      struct err *e)
{
	if (cgfd >= 0 && cgroup_clone_begin(&c->rec.cgroup, cgfd, e) < 0)
		return -1;
	return launch_start(p, ip, cgfd, preserve, e);
}

static int spawn(struct plan *p, struct container *c, struct init_proc *ip, const struct exec_opts *o, unsigned preserve,
		 struct err *e)
{
	struct launch_fds lf = { .pidfd = c->pidfd, .pid = c->rec.pid, .listen = -1, .cgroup = -1 };
	CLEANUP_FD int cgfd = exec_cgroup(c, o->cgroup, e);
	if ((cgfd < 0 && e->set) || launch_open_fds(p, &lf, ip, e) < 0)
		return -1;
	if (clone_into(p, c, ip, cgfd, preserve, e) == 0)
		return 0;
	if (e->eno != EBUSY || o->cgroup || cgfd < 0)
		return -1;
	err_clear(e);
	fd_close(&cgfd);
	fd_close(&ip->sync);
	cgfd = exec_cgroup_of_init(c, e);
	return cgfd < 0 ? -1 : clone_into(p, c, ip, cgfd, preserve, e);
}

static int exec_in(struct container *c, const struct exec_opts *o, int argc, char **argv, struct err *e)
{
	struct spec_config *cfg = container_config(c, e);
	struct spec_process *proc = cfg ? exec_process(&c->arena, cfg, o, argc, argv, e) : NULL;
	if (!proc)
		return -1;
	if (proc->terminal && o->detach && !o->console_socket)
		return err_set(e, 0, "a detached process with a terminal requires --console-socket");
	struct plan plan = { 0 };
	unsigned preserve;
	uint64_t planning = trace_now();
	if (make_plan(&plan, c, cfg, proc, o, &preserve, e) < 0)
		return -1;
	TRACE("plan", planning);
	if (!o->detach && foreground_prepare(e) < 0)
		return -1;
	CLEANUP_INIT_PROC struct init_proc ip = INIT_PROC_INIT;
	if (is_rootless())
		ip.own_oom = proc->oom_score_adj;
	const struct spec_intel_rdt *rdt = cfg->linux_->intel_rdt;
	uint64_t from = trace_now();
	if (spawn(&plan, c, &ip, o, preserve, e) < 0)
		return -1;
	TRACE("clone", from);
	if (launch_wait(&plan, &ip, ip.sync, 1U << MSG_READY, e) < 0 ||
	    (rdt && rdt_join(rdt, c->dir.id, ip.pid, e) < 0) || hand_over(&ip, proc, c->rec.ns_flags, o, e) < 0)
		return -1;
	/* before the program does anything; taken back when it does not come to that, since some engines take a
	 * pid file for success and look at nothing else */
	if (o->pid_file && pid_file_write(o->pid_file, ip.pid, e) < 0)
		return -1;
	if (go(&plan, c, cfg, &ip, e) < 0) {
		if (o->pid_file)
			unlink(o->pid_file);
		return -1;
	}
	if (o->detach) {
		ip.pid = 0;
		return 0;
	}
	int status = foreground_wait(&ip, proc->terminal && !o->console_socket, e);
	if (status < 0 && o->pid_file) /* its process ends with us */
		unlink(o->pid_file);
	return status;
}

static int exec_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct exec_opts *o = opts;
	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	int r = open_container(&c, g, o, argv[0], e);
	if (r == 0)
		r = exec_in(&c, o, argc - 1, argv + 1, e);
	if (r < 0 && !e->exit_code)
		e->exit_code = EXIT_EXEC_FAILED;
	return r;
}

#define ROW(name, letter, type, member, arg, help) { name, letter, type, offsetof(struct exec_opts, member), arg, help }
static const struct option_row exec_options[] = {
	ROW("process", 'p', OPT_STRING, process, "FILE", "process.json; the command line then has no command"),
	ROW("cwd", 0, OPT_STRING, cwd, "DIR", "working directory"),
	ROW("env", 'e', OPT_LIST, env, "NAME=VALUE", "one more environment variable"),
	ROW("user", 'u', OPT_STRING, user, "UID[:GID]", "user and group ids"),
	ROW("additional-gids", 'g', OPT_LIST, gids, "GID", "one more group"),
	ROW("tty", 't', OPT_FLAG, tty, NULL, "with a terminal"),
	ROW("console-socket", 0, OPT_STRING, console_socket, "PATH", "unix socket that gets the terminal's master"),
	ROW("pid-file", 0, OPT_STRING, pid_file, "PATH", "file for the process id"),
	ROW("pidfd-socket", 0, OPT_STRING, pidfd_socket, "PATH", "unix socket that gets a pidfd of the process"),
	ROW("detach", 'd', OPT_FLAG, detach, NULL, "return when the program was executed"),
	ROW("cap", 'c', OPT_LIST, caps, "CAP_NAME", "one more capability"),
	ROW("no-new-privs", 0, OPT_FLAG, no_new_privs, NULL, "set no_new_privs"),
	ROW("apparmor", 0, OPT_STRING, apparmor, "PROFILE", "AppArmor profile"),
	ROW("process-label", 0, OPT_STRING, label, "LABEL", "SELinux label"),
	ROW("cgroup", 0, OPT_STRING, cgroup, "PATH", "cgroup below the container's"),
	ROW("preserve-fds", 0, OPT_UINT, preserve_fds, "N", "pass N more descriptors, from 3 on"),
	ROW("ignore-paused", 0, OPT_FLAG, ignore_paused, NULL, "also when the container is paused"),
	{ 0 },
};

const struct command cmd_exec = {
	.name = "exec",
	.args = "ID [COMMAND [ARG...]]",
	.summary = "run one more process in a container",
	.example = "berth exec --user 1000:1000 --cwd /tmp web /bin/id -u",
	.options = exec_options,
	.opts_size = sizeof(struct exec_opts),
	.min_args = 1,
	.max_args = -1,
	.stop_at_positional = true,
	.run = exec_run,
};
