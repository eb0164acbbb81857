/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The foreground of `run` and `exec`: until the container's process ends, signals that berth gets are
 * sent on to it, its terminal is relayed to ours (relay.h), and what is re-parented to us is reaped.
 *
 * Everything arrives through one poll: a signalfd, the pidfd, and with a terminal the relay's descriptors.
 * The signals are blocked before the process exists, so that none falls between.
 *
 * The end of the process is not the end of its output: what is in the terminal still goes out. If nobody
 * reads that, there is no process any more that a signal could be for, and one that asks to end ends us.
 */
#include "act.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/sys.h"
#include "relay.h"

/* Not blocked: what the kernel sends because of our own code, and what stops us in the background. */
static const int not_blocked[] = { SIGSEGV, SIGBUS, SIGFPE,  SIGILL, SIGTRAP,
				   SIGABRT, SIGSYS, SIGTTIN, SIGTTOU };
/* Not forwarded: what is about us. */
static const int keep_for_us[] = { SIGCHLD, SIGPIPE, SIGURG };
/* A wish that we end. */
static const int ends_us[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

static bool is_in(const int *set, size_t n, int sig)
{
	for (size_t i = 0; i < n; i++)
		if (set[i] == sig)
			return true;
	return false;
}
#define IS_IN(set, sig) is_in(set, sizeof(set) / sizeof((set)[0]), sig)

static void blocked_signals(sigset_t *set)
{
	sigfillset(set);
	for (size_t i = 0; i < sizeof(not_blocked) / sizeof(not_blocked[0]); i++)
		sigdelset(set, not_blocked[i]);
}

int foreground_prepare(struct err *e)
{
	sigset_t set;
	blocked_signals(&set);
	return sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? err_set(e, errno, "block signals") : 0;
}

static int open_signals(struct err *e)
{
	sigset_t set;
	blocked_signals(&set);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set(e, errno, "make a signalfd") : fd;
}

/* Reap what ended; 1 when it was the container's process, after which we need not wait for others. */
static int reap_children(pid_t pid, int *ret_status)
{
	int status;
	pid_t p;
	while ((p = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (p != pid)
			continue;
		*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		return 1;
	}
	return 0;
}

static void serve_signal(int sig, const struct init_proc *ip, const struct relay *r)
{
	if (r && sig == SIGCONT)
		relay_continued(r);
	if (r && sig == SIGWINCH)
		relay_resized(r);
	else if (!IS_IN(keep_for_us, sig))
		sys_pidfd_send_signal(ip->pidfd, sig);
}

/* One round of waiting, while the process lives (ip->pid) and after that. 1: give up what is left to do. */
static int wait_once(int sfd, const struct init_proc *ip, struct relay *r, struct err *e)
{
	struct pollfd p[2 + RELAY_POLL] = { { .fd = sfd, .events = POLLIN },
					    { .fd = ip->pid ? ip->pidfd : -1, .events = POLLIN },
					    { .fd = -1 },
					    { .fd = -1 } };
	struct signalfd_siginfo si;

	if (r)
		relay_poll(r, p + 2);
	if (poll(p, sizeof(p) / sizeof(p[0]), -1) < 0)
		return errno == EINTR ? 0 : err_set(e, errno, "poll");
	if (p[0].revents && read(sfd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (ip->pid)
			serve_signal((int)si.ssi_signo, ip, r);
		else if (IS_IN(ends_us, (int)si.ssi_signo))
			return 1;
	}
	if (r)
		relay_ready(r, p + 2);
	return 0;
}

int foreground_wait(struct init_proc *ip, bool terminal, struct err *e)
{
	int sfd = open_signals(e); /* goes with the process */
	if (sfd < 0)
		return -1;
	struct relay *r = terminal && ip->console >= 0 ? relay_start(&ip->console) : NULL;
	int status = 0, end = 0;
	do
		end = wait_once(sfd, ip, r, e);
	while (end == 0 && !reap_children(ip->pid, &status));
	if (end == 0) {
		ip->pid = 0; /* reaped */
		if (r)
			relay_last(r);
	}
	while (end == 0 && r && !relay_done(r))
		end = wait_once(sfd, ip, r, e);
	relay_stop();
	return end < 0 ? -1 : status;
}
