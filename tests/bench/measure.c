/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * measure [-r ROOT] PROGRAM [ARG...]: run it once, with ROOT as its root directory, and print "EXIT WALL_NS USER_US SYS_US MAXRSS_KB" on fd 3.
 *
 * A program of its own because ru_maxrss of a child starts with what its parent had in memory: this one is
 * static and small.
 */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	struct timespec a, b;
	struct rusage ru;
	int status;
	const char *root = NULL, *cwd = getcwd((char[4096]){ 0 }, 4096);
	if (argc > 3 && strcmp(argv[1], "-r") == 0) {
		root = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 2)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &a);
	pid_t pid = vfork();
	if (pid == 0) {
		close(3);
		if (root && (chroot(root) < 0 || chdir(cwd) < 0))
			_exit(126);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &ru) < 0)
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &b);
	dprintf(3, "%d %lld %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		(b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec,
		ru.ru_utime.tv_sec * 1000000LL + ru.ru_utime.tv_usec,
		ru.ru_stime.tv_sec * 1000000LL + ru.ru_stime.tv_usec, ru.ru_maxrss);
	return 0;
}
