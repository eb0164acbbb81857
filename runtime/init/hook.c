/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hooks of the container's namespace: createContainer before the pivot, startContainer after it.
 *
 * The child gets exactly args and env, the state JSON on stdin, a pipe of ours as stdout and stderr (never
 * the container's streams), a process group of its own, no other fd, default signals, umask 022. We feed,
 * drain and watch all of it from one poll loop, with the time limit, and with an eye on our own caller: a
 * hook must not outlive a berth that is gone. What it wrote first goes into the failure report.
 *
 * A startContainer hook is a program of the image. It gets what the process gets: the child does the steps
 * between here and the exec of the process (limits, label, bounding set, user, filter, capabilities) in their
 * order, and executes the hook instead.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "init.h"
#include "sys.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* [5.19] */
#endif

struct hook {
	pid_t pid;
	int pidfd;
	int feed;             /* its stdin */
	int output;           /* its stdout and stderr */
	int failed;           /* report of an exec that did not happen; closed by one that did */
	const char *parts[3]; /* state JSON around our pid */
	int part;
	char text[PLAN_REPORT_TEXT];
	size_t have;
};

void to_decimal(char *p, unsigned n)
{
	char digits[12];
	int i = 0;
	do
		digits[i++] = (char)('0' + n % 10);
	while (n /= 10);
	while (i > 0)
		*p++ = digits[--i];
	*p = '\0';
}

/* In the child: what the process will get, from the same steps. Left out is what is done once for both (the
 * owner of our streams) and what would speak to berth. */
static int become_process(struct init *in)
{
	drop_fd(&in->sync); /* warnings: the process has the same ones */
	in->exec_told = true;
	for (in->step++; in->step < in->head->nsteps; in->step++) {
		struct plan_step *s = &in->steps[in->step];
		if (s->kind == STEP_EXEC)
			return 0;
		if (s->kind == STEP_HOOK || s->kind == STEP_STDIO_OWNER)
			continue;
		if (s->flags & STEP_F_LISTENER) { /* nobody listens yet: ENOSYS for what an agent would decide */
			s->flags &= (uint16_t)~STEP_F_LISTENER;
			s->val[0] &= ~(uint64_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
		}
		if (step_row(s->kind)->run(in, s) < 0 && !(s->flags & STEP_F_OPTIONAL))
			return -1;
		if (s->kind == STEP_USER) /* the kernel forgets it with the ids */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
	}
	return fail(in, DETAIL_PLAN, EINVAL, NULL);
}

/* In the child. No return: the exec, or a report on the pipe. */
static _Noreturn void run(struct init *in, const struct plan_step *s, int input, int output, int failed)
{
	char *alone[] = { (char *)plan_text(in, s->str[0]), NULL };
	char **args = s->str[1] ? plan_argv(in, s->str[1], NULL) : alone;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	signals_default(in);
	signal(SIGPIPE, SIG_DFL);
	signals_fresh(in);
	umask(022);
	/* the pipe for the errno must survive: it goes where nothing else is kept, close-on-exec */
	uint32_t hook = in->step;
	bool ready = dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
		     sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
	if (!ready || !(s->flags & STEP_F_AS_PROCESS) || become_process(in) == 0) {
		in->step = hook;
		if (ready)
			execve(plan_text(in, s->str[0]), *args ? args : alone, plan_argv(in, s->str[2], NULL));
		fail(in, DETAIL_EXEC, errno, NULL);
	}
	in->why.step = (int32_t)in->step;
	if (write(failed, &in->why, sizeof(in->why)) < 0)
		die();
	die();
}

static int start(struct init *in, const struct plan_step *s, struct hook *h)
{
	int in_pipe[2], out_pipe[2], err_pipe[2];
	if (pipe2(in_pipe, O_CLOEXEC) < 0 || pipe2(out_pipe, O_CLOEXEC) < 0 || pipe2(err_pipe, O_CLOEXEC) < 0)
		return fail(in, DETAIL_FORK, errno, NULL);
	h->pid = sys_fork(CLONE_PIDFD | SIGCHLD, &h->pidfd);
	if (h->pid < 0)
		return fail(in, DETAIL_FORK, errno, NULL);
	if (h->pid == 0)
		run(in, s, in_pipe[0], out_pipe[1], err_pipe[1]);
	drop_fd(&in_pipe[0]);
	drop_fd(&out_pipe[1]);
	drop_fd(&err_pipe[1]);
	h->feed = in_pipe[1];
	h->output = out_pipe[0];
	h->failed = err_pipe[0];
	/* a hook that does not read must not stop us; one that does not write neither */
	fcntl(h->feed, F_SETFL, O_NONBLOCK);
	fcntl(h->output, F_SETFL, O_NONBLOCK);
	return 0;
}

/* feed() and drain(): 0, or -errno. */
static int feed(struct hook *h)
{
	while (h->part < 3) {
		size_t len = strlen(h->parts[h->part]);
		ssize_t n = len ? write(h->feed, h->parts[h->part], len) : 0;
		if (n < 0 && errno == EPIPE) /* it does not want the state, which is its right */
			break;
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		h->parts[h->part] += n;
		if ((size_t)n == len)
			h->part++;
	}
	drop_fd(&h->feed);
	return 0;
}

static int drain(struct hook *h)
{
	char buf[1024];
	ssize_t n = read(h->output, buf, sizeof(buf));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		drop_fd(&h->output);
	size_t room = sizeof(h->text) - 1 - h->have;
	if ((size_t)n < room)
		room = (size_t)n;
	memcpy(h->text + h->have, buf, room);
	h->have += room;
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void end_group(struct hook *h)
{
	siginfo_t si;
	kill(-h->pid, SIGKILL);
	kill(h->pid, SIGKILL); /* it may not have made its group yet */
	waitid(P_PID, (id_t)h->pid, &si, WEXITED);
}

/* Until it ends. The time limit covers the exec as well. 0, or -errno: -ETIMEDOUT is none of poll(2), write(2), read(2). */
static int watch(struct init *in, struct hook *h, uint64_t seconds)
{
	/* ~11 days: poll(2) counts milliseconds in an int */
	int64_t end = seconds ? now_ms() + (int64_t)(seconds < 1000000 ? seconds : 1000000) * 1000 : 0;
	for (;;) {
		struct pollfd p[] = { { h->pidfd, POLLIN, 0 },
				      { in->sync, 0, 0 }, /* asks for POLLHUP */
				      { h->feed, POLLOUT, 0 },
				      { h->output, POLLIN, 0 } };
		int64_t left = end ? end - now_ms() : -1;
		if (end && left <= 0)
			return -ETIMEDOUT;
		if (poll(p, 4, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents & (POLLHUP | POLLERR)) {
			end_group(h);
			die();
		}
		int err = p[2].revents ? feed(h) : 0;
		if (err == 0 && p[3].revents)
			err = drain(h);
		if (err || p[0].revents)
			return err;
	}
}

static int result(struct init *in, struct hook *h)
{
	siginfo_t si = { 0 };
	struct plan_report why;
	while (h->output >= 0 && h->have < sizeof(h->text) - 1) {
		size_t before = h->have; /* what it wrote last; its own children may go on writing */
		drain(h);
		if (h->have == before)
			break;
	}
	while (h->have > 0 && h->text[h->have - 1] == '\n')
		h->text[--h->have] = '\0';
	if (waitid(P_PID, (id_t)h->pid, &si, WEXITED) < 0)
		return fail(in, DETAIL_FORK, errno, NULL);
	ssize_t n = read(h->failed, &why, sizeof(why));
	if (n < 0)
		return fail(in, DETAIL_EXEC, errno, NULL);
	if (n == sizeof(why)) {
		in->step = (uint32_t)why.step; /* of a limit that the process could not have either */
		return fail(in, why.detail, why.err, why.text);
	}
	in->why.value = si.si_status;
	if (si.si_code != CLD_EXITED)
		return fail(in, DETAIL_SIGNAL, 0, h->text);
	return si.si_status ? fail(in, DETAIL_STATUS, 0, h->text) : 0;
}

int step_hook(struct init *in, const struct plan_step *s)
{
	char pid[12];
	struct hook h = { .pidfd = -1, .feed = -1, .output = -1, .failed = -1 };
	to_decimal(pid, (unsigned)getpid());
	h.parts[0] = plan_text(in, s->val[1]);
	h.parts[1] = pid;
	h.parts[2] = plan_text(in, s->val[2]);

	signal(SIGPIPE, SIG_IGN);
	int r = start(in, s, &h), err = r == 0 ? watch(in, &h, s->val[0]) : 0;
	if (err) {
		end_group(&h);
		r = fail(in, err == -ETIMEDOUT ? DETAIL_TIMEOUT : DETAIL_NONE, -err, NULL);
	} else if (r == 0) {
		r = result(in, &h);
	}
	signal(SIGPIPE, SIG_DFL);
	drop_fd(&h.pidfd);
	drop_fd(&h.feed);
	drop_fd(&h.output);
	drop_fd(&h.failed);
	return r;
}
