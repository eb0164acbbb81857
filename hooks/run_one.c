/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One hook, from its pipes to its exit status:
 *
 *	1. three pipes: the state JSON on stdin, stdout and stderr together, and a close-on-exec one on
 *	   which the child says what failed before or in execve(2)
 *	2. clone3(2) with a pidfd and with all signal handlers reset by the kernel, so that none of ours
 *	   can run in the child
 *	3. the child becomes leader of a session, so that a timeout reaches all that it starts
 *	4. poll(2) on everything until the process has ended
 *
 * The end is the end of the hook's process, never the end of file of its output: a daemon that a hook
 * starts may keep the pipe open for ever. For the same reason the output that is still in the pipe is read
 * once, as far as it goes, and no further.
 *
 * The child makes system calls only: it is a copy of a process whose locks nobody will release.
 */
#include "run_one.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../runtime/lib/clock.h"
#include "../runtime/lib/fd.h"
#include "../runtime/lib/interrupt.h"
#include "../runtime/lib/sys.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL /* [5.5] */
#endif

#define FEEDING "write the state to its stdin"

enum { TAIL = 1024, READ_SIZE = 4096, DRAIN_READS = 64 };

/* What is kept of the output: the last bytes. */
struct tail {
	char text[TAIL];
	size_t n;
	bool cut; /* there was more */
};

struct run {
	const struct spec_hook *h;
	const char *bundle;
	pid_t berth, pid;
	int pidfd;
	int in, out, fail;	/* our ends; -1: done */
	const char *state;	/* what of the state JSON is not written yet */
	size_t state_len;
	const char *doing;	/* what wait_end() is at */
	struct tail tail;
	int64_t deadline;	/* of monotonic_ms(), or INT64_MAX */
};

struct pipes {
	int in[2], out[2], fail[2]; /* [0] is read, [1] is written */
};

static void pipes_close(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		fd_close(&p->in[i]);
		fd_close(&p->out[i]);
		fd_close(&p->fail[i]);
	}
}

static int64_t deadline_of(const struct spec_hook *h)
{
	if (!h->timeout.set || h->timeout.v > INT_MAX) /* that is 68 years */
		return INT64_MAX;
	return monotonic_ms() + h->timeout.v * 1000;
}

/* --- the child ---------------------------------------------------------------------------------- */

static _Noreturn void child_fail(int fd)
{
	int eno = errno;
	ssize_t n = write(fd, &eno, sizeof(eno));
	(void)n;
	_exit(127);
}

/* A hook does not outlive a berth that is killed, for nobody would stop it after its time limit: it gets SIGKILL. A
 * berth that was gone before we asked for that is not our parent any more. */
static _Noreturn void child(const struct run *r, const struct pipes *p)
{
	const struct spec_hook *h = r->h;
	static const char *const empty[] = { NULL };
	const char *const path_only[] = { h->path, NULL };
	/* an empty list would give argc 0, which programs do not expect */
	const char *const *argv = h->args_set && h->args.n ? h->args.v : path_only;
	const char *const *env = h->env_set && h->env.n ? h->env.v : empty;
	sigset_t none;

	setsid();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		child_fail(p->fail[1]);
	if (getppid() != r->berth)
		_exit(127);
	umask(022);
	/* CLONE_CLEAR_SIGHAND leaves ignored signals ignored, and so would execve(2). Not through libc, which
	 * refuses its own 32 and 33: a posix_spawn(3) that made our caller may have ignored them. */
	static const unsigned long dfl[8]; /* the kernel's struct sigaction: all zero is SIG_DFL */
	for (int sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, dfl, NULL, (size_t)8);
	/* The bundle may be gone, or on a mount that this caller does not see, when a container is deleted;
	 * the hook gets its path in the state. */
	if (chdir(r->bundle) < 0 && chdir("/") < 0)
		child_fail(p->fail[1]);
	/* 3 becomes the pipe for failures and nothing of ours or of our caller's stays above it */
	if (dup2(p->in[0], 0) < 0 || dup2(p->out[1], 1) < 0 || dup2(p->out[1], 2) < 0)
		child_fail(p->fail[1]);
	if (p->fail[1] != 3 && dup3(p->fail[1], 3, O_CLOEXEC) < 0)
		child_fail(p->fail[1]);
	if (sys_close_range(4, ~0U, 0) < 0)
		child_fail(3);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(h->path, (char *const *)argv, (char *const *)env);
	child_fail(3);
}

/* --- our side ----------------------------------------------------------------------------------- */

static int open_pipes(struct pipes *p, struct err *e)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(p->in, O_CLOEXEC) < 0 || pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->fail, O_CLOEXEC) < 0 ||
	    fcntl(p->in[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(p->out[0], F_SETFL, O_NONBLOCK) < 0)
		return err_set(e, errno, "pipe");
	return 0;
}

/* Write as much of the state as the pipe takes. A hook need not read it (EPIPE); any other error is -1, as a hook
 * must not go by half of it. The signal that comes with EPIPE is held back and thrown away: what SIGPIPE does in this
 * process is not ours to change. */
static int feed(struct run *r)
{
	int err = 0;
	sigset_t set, old;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, &old);
	while (r->state_len > 0) {
		ssize_t n = write(r->in, r->state, r->state_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EPIPE) {
			err = errno == EAGAIN ? 0 : errno;
			break;
		}
		if (n < 0) {
			static const struct timespec at_once;
			sigtimedwait(&set, NULL, &at_once);
			n = (ssize_t)r->state_len;
		}
		r->state += n;
		r->state_len -= (size_t)n;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (r->state_len == 0)
		fd_close(&r->in); /* end of file for the hook */
	errno = err;
	return err ? -1 : 0;
}

/* What fits into an empty pipe is written before the child exists: no signal, no waiting. */
static int feed_first(struct run *r, struct err *e)
{
	ssize_t n = write(r->in, r->state, r->state_len);
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return err_set(e, errno, "%s", FEEDING);
	if (n > 0) {
		r->state += n;
		r->state_len -= (size_t)n;
	}
	if (r->state_len == 0)
		fd_close(&r->in);
	return 0;
}

static void tail_add(struct tail *t, const char *data, size_t n)
{
	if (n >= TAIL) {
		t->cut |= n > TAIL || t->n > 0;
		memcpy(t->text, data + n - TAIL, TAIL);
		t->n = TAIL;
		return;
	}
	if (t->n + n > TAIL) {
		size_t drop = t->n + n - TAIL;
		memmove(t->text, t->text + drop, t->n - drop);
		t->n -= drop;
		t->cut = true;
	}
	memcpy(t->text + t->n, data, n);
	t->n += n;
}

/* Read at most `reads` times; a hook that writes without end does not keep us from its deadline. */
static int collect(struct run *r, int reads)
{
	char buf[READ_SIZE];
	while (r->out >= 0 && reads-- > 0) {
		ssize_t n = read(r->out, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		if (n == 0)
			fd_close(&r->out);
		tail_add(&r->tail, buf, (size_t)n);
	}
	return 0;
}

/* The child has said what failed, or (end of file) it has become the hook. */
static int exec_result(struct run *r)
{
	int eno = 0;
	ssize_t n = fd_read_full(r->fail, &eno, sizeof(eno));
	if (n != (ssize_t)sizeof(eno))
		eno = n < 0 ? errno : 0;
	fd_close(&r->fail);
	return eno;
}

enum { INTERRUPTED = 2 };

/* Wait for the end of the process. 0: it ended; 1: the deadline passed; -1: r->doing failed; INTERRUPTED: berth got a
 * signal that ends its work. */
static int wait_end(struct run *r, int *ret_exec_errno)
{
	for (;;) {
		struct pollfd p[4] = {
			{ .fd = r->pidfd, .events = POLLIN },
			{ .fd = r->out, .events = POLLIN },
			{ .fd = r->fail, .events = POLLIN },
			{ .fd = r->in, .events = POLLOUT },
		};
		int64_t left = r->deadline == INT64_MAX ? -1 : r->deadline - monotonic_ms();
		if (left < 0 && r->deadline != INT64_MAX)
			return 1;
		int n = poll(p, 4, left > INT_MAX ? INT_MAX : (int)left);
		r->doing = "poll";
		if (n < 0 && errno != EINTR)
			return -1;
		if (n < 0 && interrupted())
			return INTERRUPTED;
		if (n <= 0)
			continue;
		if (p[2].revents)
			*ret_exec_errno = exec_result(r);
		r->doing = "read its output";
		if (p[1].revents && collect(r, DRAIN_READS) < 0)
			return -1;
		r->doing = FEEDING;
		if (p[3].revents && feed(r) < 0)
			return -1;
		if (p[0].revents)
			break;
	}
	/* what was written before the end is in the pipes by now */
	if (r->fail >= 0)
		*ret_exec_errno = exec_result(r);
	collect(r, DRAIN_READS);
	return 0;
}

/* The session's process group and, should the child not have come to setsid(), the process. The pid is
 * not reaped yet, so nobody else can have its number. */
static void kill_group(const struct run *r)
{
	kill(-r->pid, SIGKILL);
	sys_pidfd_send_signal(r->pidfd, SIGKILL);
}

/* ": last; lines" of the output, on one line, or nothing. */
static void add_output(const struct tail *t, struct err *e)
{
	char text[2 * TAIL + 1];
	const char *p = t->text, *end = t->text + t->n;
	size_t n = 0;

	if (t->cut) { /* begin with a whole line, or at least with a whole character */
		const char *nl = memchr(p, '\n', t->n);
		if (nl && nl + 1 < end)
			p = nl + 1;
		while (p < end && ((unsigned char)*p & 0xc0) == 0x80)
			p++;
	}
	while (end > p && (unsigned char)end[-1] <= ' ')
		end--;
	while (p < end && (unsigned char)*p <= ' ')
		p++;
	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;
		if (c == '\n')
			text[n++] = ';';
		text[n++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	text[n] = '\0';
	size_t len = strlen(e->text);
	if (n)
		snprintf(e->text + len, sizeof(e->text) - len, ": %s", text);
}

static int report(const struct run *r, const siginfo_t *info, struct err *e)
{
	if (info->si_code == CLD_EXITED && info->si_status == 0)
		return 0;
	if (info->si_code == CLD_EXITED)
		err_set(e, 0, "exit status %d", info->si_status);
	else
		err_set(e, 0, "killed by signal %d", info->si_status);
	add_output(&r->tail, e);
	return -1;
}

static int wait_and_report(struct run *r, struct err *e)
{
	int exec_errno = 0;
	int end = wait_end(r, &exec_errno), eno = errno;
	siginfo_t info = { 0 };

	if (end != 0)
		kill_group(r);
	while (waitid(P_PIDFD, (id_t)r->pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return err_set(e, errno, "wait");
	if (end < 0)
		return err_set(e, eno, "%s", r->doing);
	if (end == INTERRUPTED)
		return interrupt_check(e);
	if (end > 0) {
		collect(r, DRAIN_READS);
		err_set(e, 0, "timed out after %lld s", (long long)r->h->timeout.v);
		add_output(&r->tail, e);
		return -1;
	}
	if (exec_errno) {
		err_set(e, 0, "%s", err_text(exec_errno));
		e->eno = exec_errno;
		return -1;
	}
	return report(r, &info, e);
}

static int spawn(struct run *r, const struct pipes *p, struct err *e)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&r->pidfd,
		.exit_signal = SIGCHLD,
	};
	r->berth = getpid();
	r->pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (r->pid < 0)
		return err_set(e, errno, "clone");
	if (r->pid == 0)
		child(r, p);
	return 0;
}

int hook_run_one(const struct spec_hook *h, const char *state_json, const char *bundle, struct err *e)
{
	struct run r = { .h = h, .bundle = bundle, .pidfd = -1, .in = -1, .out = -1, .fail = -1 };
	struct pipes p;

	if (h->path[0] != '/') /* never searched for in PATH or in the working directory */
		return err_set(e, 0, "the path is not absolute");
	if (open_pipes(&p, e) < 0) {
		pipes_close(&p);
		return -1;
	}
	r.state = state_json;
	r.state_len = strlen(state_json);
	r.in = take_fd(&p.in[1]);
	r.out = take_fd(&p.out[0]);
	r.fail = take_fd(&p.fail[0]);
	r.deadline = deadline_of(h);

	int result = feed_first(&r, e);
	if (result == 0)
		result = spawn(&r, &p, e);
	pipes_close(&p); /* the child's ends: end of file must mean the child */
	if (result == 0)
		result = wait_and_report(&r, e);
	fd_close(&r.in);
	fd_close(&r.out);
	fd_close(&r.fail);
	fd_close(&r.pidfd);
	return result;
}
