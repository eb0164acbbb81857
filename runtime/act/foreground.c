/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The foreground of `run` and `exec`: until the container's process ends, signals that berth gets are
 * sent on to it, its terminal is relayed to ours, and what is re-parented to us is reaped.
 *
 * Everything arrives through one poll: a signalfd, the pidfd, and with a terminal the pty master and our
 * stdin. The signals are blocked before the process exists, so that none falls between.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/sys.h"

/* Not forwarded: what the kernel sends to us because of ourselves. */
static const int keep_for_us[] = { SIGCHLD, SIGPIPE, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT,
				   SIGTTIN, SIGTTOU, SIGSYS, SIGURG };

static bool is_forwarded(int sig)
{
	for (size_t i = 0; i < sizeof(keep_for_us) / sizeof(keep_for_us[0]); i++)
		if (keep_for_us[i] == sig)
			return false;
	return true;
}

int foreground_prepare(struct err *e)
{
	sigset_t set;
	sigfillset(&set);
	for (size_t i = 0; i < sizeof(keep_for_us) / sizeof(keep_for_us[0]); i++)
		if (keep_for_us[i] != SIGCHLD)
			sigdelset(&set, keep_for_us[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_set(e, errno, "block signals");
	return 0;
}

/* ---- relaying a terminal ---- */

struct pipe_half {
	int from, to;
	size_t len, off;
	bool eof;
	char buf[8192];
};

struct tty {
	int master;
	struct pipe_half in, out; /* stdin -> master, master -> stdout */
};

static struct termios saved_termios;
static bool termios_saved;

static void restore_terminal(void)
{
	if (termios_saved)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
	termios_saved = false;
}

/* Our own terminal gets raw: the line discipline that counts is the container's. */
static void make_raw(void)
{
	if (tcgetattr(STDIN_FILENO, &saved_termios) < 0)
		return;
	struct termios raw = saved_termios;
	cfmakeraw(&raw);
	/* output processing stays off as well: the container's side does it */
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return;
	termios_saved = true;
	atexit(restore_terminal);
}

static void copy_window_size(int master)
{
	struct winsize ws;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0 && (ws.ws_row || ws.ws_col))
		ioctl(master, TIOCSWINSZ, &ws);
}

/* One read when the buffer is empty. On a pty master the hang-up of the last slave reads as EIO. */
static void half_fill(struct pipe_half *h)
{
	ssize_t n = read(h->from, h->buf, sizeof(h->buf));
	if (n > 0) {
		h->len = (size_t)n;
		h->off = 0;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		h->eof = true;
	}
}

static void half_drain(struct pipe_half *h)
{
	ssize_t n = write(h->to, h->buf + h->off, h->len - h->off);
	if (n >= 0) {
		h->off += (size_t)n;
		if (h->off == h->len)
			h->len = h->off = 0;
	} else if (errno != EINTR && errno != EAGAIN) {
		h->eof = true; /* the reader went away: drop what is left */
		h->len = h->off = 0;
	}
}

static void half_poll(const struct pipe_half *h, struct pollfd *pfd)
{
	bool write_next = h->len > h->off;
	pfd->fd = h->eof && !write_next ? -1 : write_next ? h->to : h->from;
	pfd->events = write_next ? POLLOUT : POLLIN;
	pfd->revents = 0;
}

static void half_ready(struct pipe_half *h, const struct pollfd *pfd)
{
	if (pfd->fd < 0 || !pfd->revents)
		return;
	if (h->len > h->off)
		half_drain(h);
	else
		half_fill(h);
}

/* The process is gone; what it printed last is still in the pty. */
static void drain_rest(struct pipe_half *h)
{
	int flags = fcntl(h->from, F_GETFL);
	if (flags >= 0)
		fcntl(h->from, F_SETFL, flags | O_NONBLOCK);
	for (;;) {
		if (h->len > h->off)
			fd_write_all(h->to, h->buf + h->off, h->len - h->off);
		ssize_t n = read(h->from, h->buf, sizeof(h->buf));
		if (n <= 0)
			return;
		h->len = (size_t)n;
		h->off = 0;
	}
}

/* ---- waiting ---- */

/* Reap everything that ended; 1 when it was the container's process. */
static int reap_children(pid_t pid, int *ret_status)
{
	int done = 0, status;
	pid_t p;
	while ((p = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (p != pid)
			continue;
		*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		done = 1;
	}
	return done;
}

static void take_signal(int sfd, const struct init_proc *ip, int master)
{
	struct signalfd_siginfo si;
	if (read(sfd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	int sig = (int)si.ssi_signo;
	if (sig == SIGWINCH && master >= 0)
		copy_window_size(master);
	else if (is_forwarded(sig))
		sys_pidfd_send_signal(ip->pidfd, sig);
}

static int open_signals(struct err *e)
{
	sigset_t set;
	sigfillset(&set);
	for (size_t i = 0; i < sizeof(keep_for_us) / sizeof(keep_for_us[0]); i++)
		if (keep_for_us[i] != SIGCHLD)
			sigdelset(&set, keep_for_us[i]);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set(e, errno, "make a signalfd") : fd;
}

static struct tty *tty_start(int master)
{
	static struct tty t;
	t.master = master;
	t.in.from = STDIN_FILENO;
	t.in.to = master;
	t.out.from = master;
	t.out.to = STDOUT_FILENO;
	if (isatty(STDIN_FILENO)) {
		make_raw();
		copy_window_size(master);
	}
	return &t;
}

int foreground_wait(struct init_proc *ip, bool terminal, struct err *e)
{
	CLEANUP_FD int sfd = open_signals(e);
	if (sfd < 0)
		return -1;
	struct tty *t = terminal && ip->console >= 0 ? tty_start(ip->console) : NULL;
	int status = 0;
	while (!reap_children(ip->pid, &status)) {
		struct pollfd p[4] = { { .fd = sfd, .events = POLLIN },
				       { .fd = ip->pidfd, .events = POLLIN },
				       { .fd = -1 },
				       { .fd = -1 } };
		if (t) {
			half_poll(&t->in, &p[2]);
			half_poll(&t->out, &p[3]);
		}
		if (poll(p, 4, -1) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (p[0].revents)
			take_signal(sfd, ip, t ? t->master : -1);
		if (t) {
			half_ready(&t->in, &p[2]);
			half_ready(&t->out, &p[3]);
		}
	}
	ip->pid = 0; /* reaped */
	if (t)
		drain_rest(&t->out);
	restore_terminal();
	return status;
}
