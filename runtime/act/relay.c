/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See relay.h. Each direction has one buffer: it is filled when it is empty and drained when it is not, so
 * a side that does not read stops only the direction that leads to it.
 *
 * What keeps a write from blocking: the master is ours alone and non-blocking. Stdin and stdout may be
 * shared with others, whose flags they are, so a pipe or terminal is opened once more, through /proc, with
 * a description of our own; where that is not possible a write of at most PIPE_BUF after POLLOUT has to
 * do, which blocks no pipe that we alone write to, and no socket.
 */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../lib/fd.h"

/* More than a pty holds: who else writes to it does not keep us after the end of the process. */
enum { LAST_MAX = 128 * 1024 };

/* Of the container's terminal: whether it gathers lines. */
enum mode { UNKNOWN, RAW, LINES };
enum { TYPED_MAX = 100 };

struct half {
	int from, to;
	size_t len, off;
	bool eof; /* nothing more is read */
	char buf[PIPE_BUF];
};

struct relay {
	int *master;
	struct half in, out; /* stdin -> master, master -> stdout */
	bool line_start;     /* the input so far ends with a newline, or is none */
	unsigned typed;	     /* how often its end was, the last time in this mode: */
	enum mode typed_in;
	bool last;
	size_t left; /* once `last`: how much is read still */
};

/* ---- our own terminal ---- */

static struct termios saved;
static volatile sig_atomic_t is_raw;

void relay_stop(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	is_raw = 0;
}

/* The disposition was reset when we were called, and the signal is not held back: raise(3) ends us. */
static void on_fatal(int sig)
{
	relay_stop();
	raise(sig);
}

static void catch_fatal(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
	struct sigaction sa = { .sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND | SA_NODEFER }, old;
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(fatal[i], &sa, NULL);
}

/* The line discipline that counts is the container's, for output as well. `also`: local flags that stay. */
static void make_raw(tcflag_t also)
{
	struct termios raw = saved;
	cfmakeraw(&raw);
	raw.c_lflag |= saved.c_lflag & also;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0)
		is_raw = 1;
}

void relay_first_size(int master)
{
	struct winsize ws;
	if (master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0 && (ws.ws_row || ws.ws_col))
		ioctl(master, TIOCSWINSZ, &ws);
}

void relay_resized(const struct relay *r)
{
	relay_first_size(*r->master);
}

/* The shell that stopped us put the terminal back into its own modes. As long as we are in the background it
 * is the shell's, and setting it would stop us again. */
void relay_continued(const struct relay *r)
{
	if (is_raw && tcgetpgrp(STDIN_FILENO) == getpgrp())
		make_raw(0);
	relay_resized(r);
}

/* ---- moving bytes ---- */

/* The same pipe or terminal with file status flags of our own; anything else, and failure: fd itself. */
static int open_again(int fd, int mode)
{
	struct stat st;
	char path[32];
	if (fstat(fd, &st) < 0 || (!S_ISFIFO(st.st_mode) && !isatty(fd)))
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own < 0 ? fd : own;
}

static void drop(struct half *h)
{
	h->eof = true;
	h->len = h->off = 0;
}

/* The process loses its terminal, as when a user's terminal goes away. */
static void hang_up(struct relay *r)
{
	drop(&r->in);
	drop(&r->out);
	fd_close(r->master);
}

/* False: nothing more comes. On a master the hang-up of the last slave reads as EIO. */
static bool fill(struct half *h)
{
	ssize_t n = read(h->from, h->buf, sizeof(h->buf));
	if (n > 0) {
		h->len = (size_t)n;
		h->off = 0;
	}
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* False: the other side is gone. */
static bool drain(struct half *h)
{
	ssize_t n = write(h->to, h->buf + h->off, h->len - h->off);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	h->off += (size_t)n;
	if (h->off == h->len)
		h->len = h->off = 0;
	return true;
}

/* A master has no modes of its own, these are the slave's. */
static enum mode mode_of(int master, unsigned char *ret_eof)
{
	struct termios t;
	if (master < 0 || tcgetattr(master, &t) < 0)
		return UNKNOWN;
	*ret_eof = t.c_cc[VEOF];
	return t.c_lflag & ICANON ? LINES : RAW;
}

/* In which mode was it typed? Not to be told when that changed at the same time, as who changes it says something then. */
static enum mode typed_in(const struct relay *r, enum mode before)
{
	unsigned char eof;
	struct pollfd p = { .fd = *r->master, .events = POLLIN };
	return !r->in.len && mode_of(*r->master, &eof) == before && poll(&p, 1, 0) == 0 ? before : UNKNOWN;
}

/* Has somebody read all that was typed? Only the slave knows. It is not kept open, or nothing would tell its hang-up. */
static bool all_read(int master)
{
	CLEANUP_FD int slave = ioctl(master, TIOCGPTPEER, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct pollfd p = { .fd = slave, .events = POLLIN };
	return slave >= 0 && poll(&p, 1, 0) == 0;
}

/* The end of our input, as a user would type it: in the middle of a line the first one only hands over what
 * there is of the line, and the second one is the end.
 *
 * What is typed in one mode and read in the other is not the end: a zero byte, or the character as it is. A shell that
 * edits its line changes the mode for each command. So the end is typed again when something is written after such a
 * change, or after it was read: a file would not end once either. A program that edits gets it once, though. */
static void type_eof(struct relay *r)
{
	unsigned char eof;
	struct half *h = &r->in;
	enum mode mode = mode_of(*r->master, &eof);
	if (mode == UNKNOWN || eof == _POSIX_VDISABLE || r->typed == TYPED_MAX ||
	    (mode == r->typed_in && (mode == RAW || !all_read(*r->master))))
		return;
	h->off = 0;
	h->len = mode == LINES && !r->line_start ? 2 : 1;
	memset(h->buf, eof, h->len);
	if (!drain(h))
		drop(h);
	r->typed++;
	r->typed_in = typed_in(r, mode);
}

static void in_ready(struct relay *r, short revents)
{
	struct half *h = &r->in;
	if (h->len) {
		/* a full pty without a slave would wake us again and again */
		size_t before = h->len - h->off;
		if (!drain(h) || ((revents & POLLHUP) && h->len - h->off == before))
			drop(h);
		return;
	}
	if (!fill(h)) {
		h->eof = true;
		type_eof(r);
	} else if (h->len) {
		r->line_start = h->buf[h->len - 1] == '\n';
	}
}

/* Nothing is waited for here: what the process wrote is in the pty by now. */
static void fill_last(struct relay *r)
{
	struct half *h = &r->out;
	if (h->eof || h->len)
		return;
	if (!r->left || !fill(h) || !h->len)
		h->eof = true;
	r->left -= h->len < r->left ? h->len : r->left;
}

static void out_ready(struct relay *r)
{
	struct half *h = &r->out;
	if (h->len) {
		if (!drain(h))
			hang_up(r);
		else if (r->last)
			fill_last(r);
	} else if (!fill(h)) {
		h->eof = true;
	} else if (r->typed && !r->in.len) {
		type_eof(r);
	}
}

/* ---- the interface ---- */

struct relay *relay_start(int *master)
{
	static struct relay r;
	r = (struct relay){ .master = master, .line_start = true };
	int flags = fcntl(*master, F_GETFL);
	if (flags >= 0)
		fcntl(*master, F_SETFL, flags | O_NONBLOCK);
	r.in.from = open_again(STDIN_FILENO, O_RDONLY);
	r.in.to = r.out.from = *master;
	r.out.to = open_again(STDOUT_FILENO, O_WRONLY);
	if (tcgetattr(STDIN_FILENO, &saved) == 0) {
		atexit(relay_stop);
		catch_fatal();
		make_raw(0);
		relay_resized(&r);
	}
	return &r;
}

static void half_poll(const struct half *h, struct pollfd *p)
{
	*p = (struct pollfd){ .fd = h->len ? h->to : h->eof ? -1 : h->from, .events = h->len ? POLLOUT : POLLIN };
}

void relay_poll(const struct relay *r, struct pollfd p[RELAY_POLL])
{
	half_poll(&r->in, &p[0]);
	half_poll(&r->out, &p[1]);
}

void relay_ready(struct relay *r, const struct pollfd p[RELAY_POLL])
{
	if (p[0].revents)
		in_ready(r, p[0].revents);
	if (p[1].revents)
		out_ready(r);
}

void relay_last(struct relay *r)
{
	drop(&r->in);
	r->last = true;
	r->left = LAST_MAX;
	/* nobody gets the keys any more: from here on ^C is for us, who may wait for the reader of our stdout */
	if (is_raw)
		make_raw(ISIG);
	fill_last(r);
}

bool relay_done(const struct relay *r)
{
	return r->out.eof && !r->out.len;
}
