/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting berth-init and talking to it (plan/format.h has the protocol).
 *
 *   clone3 with the container's namespaces, born in its cgroup, our memory shared until the exec
 *   -> execveat of the sealed image, with nothing but 0, 1, 2, the preserved fds and SYNC
 *   -> the plan and its fds over SYNC, which berth-init takes once it is non-dumpable
 *   -> reports back
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/image.h"
#include "../lib/interrupt.h"
#include "../lib/log.h"
#include "../lib/socket.h"
#include "../lib/sys.h"
#include "../lib/trace.h"
#include "clone.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

IMAGE_EMBEDDED(berth_init_image);
static const struct image init_image = { "berth-init", berth_init_image, berth_init_image_end };

static void reap(struct init_proc *ip, siginfo_t *si)
{
	memset(si, 0, sizeof(*si));
	while (waitid(P_PID, (id_t)ip->pid, si, WEXITED | __WALL) < 0 && errno == EINTR)
		;
}

/* Without a pidfd (there was none to be had) by its number, which is its own: it is our child and not reaped. */
static void kill_child(const struct init_proc *ip)
{
	if (ip->pidfd >= 0)
		sys_pidfd_send_signal(ip->pidfd, SIGKILL);
	else
		kill(ip->pid, SIGKILL);
}

void init_proc_clear(struct init_proc *ip)
{
	if (ip->pid > 0) {
		siginfo_t si;
		kill_child(ip);
		reap(ip, &si);
		ip->pid = 0;
	}
	fd_close(&ip->pidfd);
	fd_close(&ip->sync);
	fd_close(&ip->console);
	fd_close(&ip->listener);
}

/* ---- the child, in our memory: no library call that could take a lock or touch our state ---- */

struct child {
	int image, sync, target; /* SYNC has to become `target` */
	int procs;		 /* cgroup.procs to enter, or -1: it is born in its cgroup */
	bool new_userns, new_cgroupns; /* the second one only with `procs` */
	char number[12];
	char oom[24];	 /* for oom_score_adj, or "" */
	bool oom_failed; /* these three are written by the child and read by us after the vfork */
	volatile bool ran;
	int err;
};

/* In a user namespace without maps we are nobody, and an exec by nobody keeps ambient capabilities only.
 * berth-init makes an end of them once it is root there. */
static int keep_capabilities(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	if (syscall(SYS_capget, &h, d) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		d[i].inheritable = d[i].permitted;
	if (syscall(SYS_capset, &h, d) < 0)
		return -1;
	for (int cap = 0; cap < 64; cap++)
		if ((d[cap / 32].permitted >> cap % 32 & 1) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -1;
	return 0;
}

static void child_main(void *arg)
{
	struct child *c = arg;
	char *argv[] = { "berth-init", c->number, NULL }, *envp[] = { NULL };
	c->ran = true;
	int r = c->procs < 0 ? 0 : (int)write(c->procs, "0", 1);
	/* its root is the cgroup that we are in now */
	if (r >= 0 && c->new_cgroupns)
		r = unshare(CLONE_NEWCGROUP);
	if (r >= 0)
		r = c->sync == c->target ? fcntl(c->sync, F_SETFD, 0) : dup2(c->sync, c->target);
	/* what the caller left open above SYNC is no business of the container; berth-init does it again */
	if (r >= 0)
		r = sys_close_range((unsigned)c->target + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	if (r >= 0 && c->oom[0] && fd_write_small(AT_FDCWD, "/proc/self/oom_score_adj", c->oom, strlen(c->oom)) < 0) {
		c->oom_failed = true;
		r = -1;
	}
	if (r >= 0 && c->new_userns)
		r = keep_capabilities();
	if (r >= 0)
		syscall(SYS_execveat, c->image, "", argv, envp, AT_EMPTY_PATH);
	c->err = errno;
	_exit(127);
}

/* What makes the kernel refuse a user namespace to everybody has settings that an administrator looks for. */
static int clone_failed(uint64_t ns_flags, int eno, struct err *e)
{
	static const char what[] = "create the container's process and namespaces";
	if ((ns_flags & CLONE_NEWUSER) && geteuid() != 0 && (eno == EPERM || eno == ENOSPC))
		return err_set(e, eno, "%s (may users make user namespaces here? see user.max_user_namespaces, "
			       "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)", what);
	return err_set(e, eno, "%s", what);
}

static long clone_child(struct child *c, uint64_t ns_flags, int cgfd, struct init_proc *ip)
{
	static _Alignas(64) char stack[16 * 1024];
	struct clone_args args = {
		.flags = ns_flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
		.pidfd = (uintptr_t)&ip->pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	if (cgfd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgfd;
	}
	c->new_userns = ns_flags & CLONE_NEWUSER;
	/* the child shares our memory, and with it whether its own files in /proc are its own */
	int dumpable = c->oom[0] ? prctl(PR_GET_DUMPABLE) : 1;
	if (dumpable != 1)
		prctl(PR_SET_DUMPABLE, 1);
	long pid = clone3_call(&args, sizeof(args), child_main, c);
	if (dumpable != 1)
		prctl(PR_SET_DUMPABLE, dumpable);
	return pid;
}

/* Not an instruction of the child ran. Newer kernels (seen: 6.18) take a process that is born in another cgroup than
 * its parent's for one that a write to cgroup.kill has just missed, when either cgroup was ever killed: an
 * empty cgroup that is used again, or a caller in such a one. A process that enters the cgroup by itself is
 * spared. */
static long clone_again(struct child *c, uint64_t ns_flags, int cgfd, struct init_proc *ip)
{
	siginfo_t si;
	reap(ip, &si);
	ip->pid = 0;
	fd_close(&ip->pidfd);
	CLEANUP_FD int procs = openat(cgfd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (procs < 0)
		return -errno;
	c->procs = procs;
	c->new_cgroupns = ns_flags & CLONE_NEWCGROUP;
	return clone_child(c, ns_flags & ~(uint64_t)CLONE_NEWCGROUP, -1, ip);
}

static int spawn(struct child *c, uint64_t ns_flags, int cgfd, struct init_proc *ip, struct err *e)
{
	long pid = clone_child(c, ns_flags, cgfd, ip);
	if (pid > 0 && !c->ran && cgfd >= 0) {
		ip->pid = (pid_t)pid;
		pid = clone_again(c, ns_flags, cgfd, ip);
	}
	if (pid < 0)
		return clone_failed(ns_flags, (int)-pid, e);
	ip->pid = (pid_t)pid;
	ip->step_began = trace_now();
	if (c->oom_failed)
		return err_config(e, "process.oomScoreAdj", "write %s: %s", c->oom, err_text(c->err));
	if (c->err)
		return err_set(e, c->err, "execute berth-init");
	return 0;
}

/* ---- sending the plan ---- */

static int send_plan(int sock, struct plan *p)
{
	size_t size;
	const char *block = plan_block(p, &size);
	int *fds = arena_array(p->arena, p->nfds, sizeof(int));
	for (size_t i = 0; i < p->nfds; i++)
		fds[i] = p->fds[i].fd;
	size_t done = p->nfds < PLAN_FDS_PER_MSG ? p->nfds : PLAN_FDS_PER_MSG;
	/* the fds travel with the head; what follows it can go along when there are no more of them */
	if (done == p->nfds)
		return socket_send(sock, block, size, fds, done);
	if (socket_send(sock, block, sizeof(struct plan_head), fds, done) < 0)
		return -1;
	while (done < p->nfds) {
		size_t n = p->nfds - done < PLAN_FDS_PER_MSG ? p->nfds - done : PLAN_FDS_PER_MSG;
		if (socket_send(sock, "F", 1, fds + done, n) < 0)
			return -1;
		done += n;
	}
	return socket_send(sock, block + sizeof(struct plan_head), size - sizeof(struct plan_head), NULL, 0);
}

int launch_start(struct plan *p, struct init_proc *ip, int cgfd, unsigned preserve, struct err *e)
{
	struct child c = { .target = (int)(PLAN_SYNC_FD + preserve), .procs = -1 };
	snprintf(c.number, sizeof(c.number), "%d", c.target);
	if (ip->own_oom.set)
		snprintf(c.oom, sizeof(c.oom), "%lld", (long long)ip->own_oom.v);
	CLEANUP_FD int image = image_open(&init_image, e);
	if (image < 0)
		return -1;
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, errno, "make the socket pair to berth-init");
	ip->sync = pair[0];
	CLEANUP_FD int theirs = pair[1];
	if (image == c.target) { /* SYNC takes this number in the child */
		int moved = fcntl(image, F_DUPFD_CLOEXEC, c.target + 1);
		if (moved < 0)
			return err_set(e, errno, "duplicate the image of berth-init");
		close(image);
		image = moved;
	}
	c.image = image;
	c.sync = theirs;
	if (spawn(&c, p->clone_flags, cgfd, ip, e) < 0)
		return -1;
	fd_close(&theirs);
	/* one that has ended already has said why, or is asked how it ended; if it has not, it does not wait for the rest */
	if (send_plan(ip->sync, p) < 0) {
		if (errno != EPIPE && errno != ECONNRESET)
			return err_set(e, errno, "send the plan to berth-init");
		shutdown(ip->sync, SHUT_WR);
	}
	plan_close_fds(p);
	return 0;
}

/* ---- reports ---- */

/* 1: a report, 0: end of file, -1: error. *ret_fd owns a fd that came along. */
static int receive(int sock, struct plan_report *r, int *ret_fd, struct err *e)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = r, .iov_len = sizeof(*r) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	ssize_t n;
	do {
		if (interrupt_check(e) < 0)
			return -1;
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	} while (n < 0 && errno == EINTR);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n < 0)
		return err_set(e, errno, "read from berth-init");
	if ((size_t)n != sizeof(*r) || r->magic != PLAN_MAGIC)
		return err_set(e, 0, "malformed report from berth-init");
	r->text[PLAN_REPORT_TEXT - 1] = '\0';
	return 1;
}

size_t plan_forks(const struct plan *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->ninside; i++)
		n += p->inside[i].s.kind == STEP_FORK;
	return n;
}

/* berth-init may be in the hands of somebody who can trace it, and we kill what it names: so only while a
 * STEP_FORK of the plan is due, and only a child of ours. */
static bool may_become(struct plan *p, const struct init_proc *ip, const struct plan_report *r)
{
	siginfo_t si;
	return p && ip->forks < plan_forks(p) && r->value > 1 && r->value != ip->pid &&
	       waitid(P_PID, (id_t)r->value, &si, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static int became(struct plan *p, struct init_proc *ip, const struct plan_report *r, struct err *e)
{
	siginfo_t si;
	if (!may_become(p, ip, r))
		return err_set(e, 0, "berth-init named a process that is not its own");
	ip->forks++;
	reap(ip, &si);
	fd_close(&ip->pidfd);
	/* the new process is our child too (CLONE_PARENT) and not reaped, so the number is its own */
	ip->pid = r->value;
	ip->pidfd = sys_pidfd_open(ip->pid, 0);
	return ip->pidfd < 0 ? err_set(e, errno, "open a pidfd of berth-init") : 0;
}

static int ended(struct init_proc *ip, struct err *e)
{
	siginfo_t si = { 0 };
	if (ip->pid > 0) {
		kill_child(ip);
		reap(ip, &si);
		ip->pid = 0;
	}
	if (si.si_code == CLD_KILLED || si.si_code == CLD_DUMPED)
		return err_set(e, 0, "berth-init was killed by signal %d", si.si_status);
	return err_set(e, 0, "berth-init ended before its work was done");
}

static int keep_fd(int *slot, int *fd, const char *what, struct err *e)
{
	if (*fd < 0)
		return err_set(e, 0, "berth-init sent no %s", what);
	fd_close(slot);
	*slot = take_fd(fd);
	return 0;
}

/* value has the low 31 bits of the time, and it was a moment ago. */
static void trace_step(struct init_proc *ip, const struct plan_report *r)
{
	uint64_t now = trace_clock(), at = (now & ~(uint64_t)INT32_MAX) | ((uint64_t)r->value & INT32_MAX);
	const char *name = plan_step_name((unsigned)r->step);
	if (at > now)
		at -= (uint64_t)INT32_MAX + 1;
	trace_span_of(ip->traced ? ip->traced : ip->pid, "berth-init", name ? name : "unknown", ip->step_began, at);
	ip->step_began = at;
}

static int handle(struct plan *p, struct init_proc *ip, const struct plan_report *r, int *fd, struct err *e)
{
	switch (r->msg) {
	case MSG_FAILED:
		ip->failed = *r;
		return p ? plan_explain(p, r, e) : -1;
	case MSG_CHILD:
		return became(p, ip, r, e);
	case MSG_CONSOLE:
		return keep_fd(&ip->console, fd, "terminal", e);
	case MSG_SECCOMP:
		ip->listener_due = false;
		return keep_fd(&ip->listener, fd, "seccomp listener", e);
	case MSG_EXEC:
		ip->exec_seen = true;
		return 0;
	case MSG_STEP:
		if (trace_on)
			trace_step(ip, r);
		return 0;
	case MSG_WARN:
		log_warn("%s: %s", r->text, err_text(r->err));
		return 0;
	default:
		return 0;
	}
}

int launch_wait(struct plan *p, struct init_proc *ip, int fd, unsigned until, struct err *e)
{
	for (;;) {
		struct plan_report r;
		CLEANUP_FD int got = -1;
		int n = receive(fd, &r, &got, e);
		if (n < 0)
			return -1;
		if (n == 0)
			return ip->exec_seen && !ip->listener_due && (until & 1) ? 0 : ended(ip, e);
		if (handle(p, ip, &r, &got, e) < 0)
			return -1;
		if (r.msg < 32 && (until & (1U << r.msg)))
			return (int)r.msg;
	}
}

int launch_send(int fd, enum plan_cmd_type type, struct err *e)
{
	struct plan_cmd cmd = { .magic = PLAN_MAGIC, .type = type };
	if (socket_send(fd, &cmd, sizeof(cmd), NULL, 0) < 0)
		return err_set(e, errno, "write to berth-init");
	return 0;
}

/* The first of several processes ends by itself when it has forked. */
static bool was_killed(const struct init_proc *ip)
{
	siginfo_t si = { 0 };
	return ip->pid > 0 && waitid(P_PID, (id_t)ip->pid, &si, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
	       (si.si_code == CLD_KILLED || si.si_code == CLD_DUMPED);
}

int launch_why(struct plan *p, struct init_proc *ip, struct err *e)
{
	struct err why = { 0 };
	/* then how it ended says more as well: systemd ends its scope, and the cgroup is the first that is missed */
	bool gone = e->eno == EPIPE || e->eno == ECONNRESET || was_killed(ip);
	shutdown(ip->sync, SHUT_WR); /* should it live, it ends where it would wait for us */
	if (launch_wait(p, ip, ip->sync, 0, &why) < 0 && (ip->failed.msg || gone))
		*e = why;
	return -1;
}

int launch_tell(struct plan *p, struct init_proc *ip, enum plan_cmd_type type, struct err *e)
{
	return launch_send(ip->sync, type, e) < 0 ? launch_why(p, ip, e) : 0;
}
