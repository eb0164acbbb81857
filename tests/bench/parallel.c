/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parallel [-r ROOT] JOBS EACH PROGRAM [ARG...]: JOBS processes run it EACH times, one after the other, with ROOT as their root
 * directory; prints on fd 3 "EXIT WALL_NS", EXIT not 0 when a run failed. "%j" in an argument is the number of the job, "%n" that
 * of the run in it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ARGS = 30, MAX_ARG = 512 };

/* The argument with its numbers filled in, in memory of the caller's. */
static char *filled(char *out, const char *arg, int job, int run)
{
	size_t n = 0;
	for (; *arg && n < MAX_ARG - 12; arg++) {
		if (arg[0] == '%' && (arg[1] == 'j' || arg[1] == 'n'))
			n += (size_t)sprintf(out + n, "%d", *++arg == 'j' ? job : run);
		else
			out[n++] = *arg;
	}
	out[n] = 0;
	return out;
}

static bool once(char **argv, int job, int run)
{
	static char text[MAX_ARGS][MAX_ARG];
	char *args[MAX_ARGS + 1] = { NULL };
	for (int i = 0; argv[i] && i < MAX_ARGS; i++)
		args[i] = filled(text[i], argv[i], job, run);
	int status;
	pid_t pid = vfork();
	if (pid == 0) {
		execv(args[0], args);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static int worker(char **argv, int job, int each)
{
	for (int run = 0; run < each; run++)
		if (!once(argv, job, run))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	const char *cwd = getcwd((char[4096]){ 0 }, 4096);
	if (argc > 5 && strcmp(argv[1], "-r") == 0) {
		if (chroot(argv[2]) < 0 || chdir(cwd) < 0)
			return 1;
		argv += 2;
		argc -= 2;
	}
	if (argc < 4)
		return 2;
	int jobs = atoi(argv[1]), each = atoi(argv[2]), failed = 0, status;
	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int job = 0; job < jobs; job++) {
		if (fork() == 0) {
			close(3);
			_exit(worker(argv + 3, job, each));
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	clock_gettime(CLOCK_MONOTONIC, &b);
	dprintf(3, "%d %lld\n", failed != 0, (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec);
	return 0;
}
