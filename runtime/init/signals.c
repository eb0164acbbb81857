/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signal dispositions. exec(2) resets handlers but keeps "ignored", and the caller of berth may ignore some (nohup).
 * The container's program starts with none ignored. Instead of setting all 62, the set of ignored ones is read once,
 * at our start, where /proc is still the runtime's. */
#include <signal.h>
#include <string.h>

#include "init.h"
#include "sys.h"

#define KEY "SigIgn:\t"

static void parse_hex(const char *p, uint64_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t v = 0;
	for (const char *end = p + 16, *d; p < end; p++) {
		if (!*p || !(d = strchr(digits, *p)))
			return;
		v = v << 4 | (uint64_t)(d - digits);
	}
	*ret = v;
}

void signals_note(struct init *in)
{
	char buf[4096];
	int fd = openat(AT_FDCWD, "/proc/self/status", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	leave_fd(&fd);
	in->ignored = ~0ULL; /* not known: set each one */
	if (n <= 0)
		return;
	buf[n] = '\0';
	for (const char *p = buf; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, KEY, sizeof(KEY) - 1) == 0)
			parse_hex(p + sizeof(KEY) - 1, &in->ignored);
	}
}

/* Not through libc, which keeps 32 to 34 for itself and refuses them: who starts us with glibc's
 * posix_spawn(3) has some of these ignored. SIGKILL and SIGSTOP are refused by the kernel: nothing to do. */
void signals_default(struct init *in)
{
	static const unsigned long
		dfl[4 + 16 / sizeof(long)]; /* struct sigaction of the kernel: all zero is SIG_DFL */
	for (int sig = 1; sig <= 64; sig++) {
		if (in->ignored >> (sig - 1) & 1)
			syscall(SYS_rt_sigaction, sig, dfl, NULL, (size_t)8);
	}
}

/* An empty mask; berth blocks signals around the start so that it loses none. */
void signals_fresh(struct init *in)
{
	sigset_t none;
	if (in->unblocked)
		return;
	in->unblocked = true;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void end(int sig)
{
	(void)sig;
	die();
}

/* While we wait for `berth start`: as the first process of a pid namespace we would not be touched by a signal whose
 * disposition is the default one, and `berth kill ID TERM` of a created container would do nothing. Orphans of `berth
 * exec` become our children; nobody here asks for their status. */
void signals_wait(bool on)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], on ? end : SIG_DFL);
	signal(SIGCHLD, on ? SIG_IGN : SIG_DFL);
}
