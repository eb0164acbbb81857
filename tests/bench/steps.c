/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * steps [-r ROOT] PROGRAM [ARG...]: run it once and print on fd 3 how many instructions it and the processes that it
 * starts executed in user space, up to its own end. Each is single-stepped, so the number is exact and the same
 * each time, on machines without counters too. An instruction with a `rep` prefix counts once for each round.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPTIONS = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL };

int main(int argc, char **argv)
{
	const char *root = NULL, *cwd = getcwd((char[4096]){ 0 }, 4096);
	if (argc > 3 && strcmp(argv[1], "-r") == 0) {
		root = argv[2];
		argv += 2;
	}
	pid_t first = fork();
	if (first == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		close(3);
		if (root && (chroot(root) < 0 || chdir(cwd) < 0))
			_exit(126);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	long long steps = 0;
	int status, code = 0;
	waitpid(first, &status, 0);
	ptrace(PTRACE_SETOPTIONS, first, NULL, OPTIONS & ~PTRACE_O_EXITKILL);
	ptrace(PTRACE_SINGLESTEP, first, NULL, NULL);
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0)
			break;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid != first)
				continue;
			code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			break; /* those that go on are let go with us */
		}
		int sig = WSTOPSIG(status), event = status >> 16;
		if (sig == SIGTRAP && !event) {
			steps++;
			sig = 0;
		} else if (event || sig == SIGSTOP) {
			sig = 0;
		}
		ptrace(PTRACE_SINGLESTEP, pid, NULL, (void *)(long)sig);
	}
	dprintf(3, "%d %lld\n", code, steps);
	return 0;
}
