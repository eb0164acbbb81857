/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that stands in for the container's while its scope is made: systemd starts no scope without
 * a process and ends it with the last one, but the container's first process is to be born in the finished
 * cgroup. It does nothing, holds nothing open, and dies with berth whatever happens.
 */
#include "systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/sys.h"

__attribute__((noreturn)) static void hold(pid_t parent)
{
	/* first, then look whether the parent was there to see it */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	/* an engine waits for the end of our output, another command for our lock */
	sys_close_range(0, ~0U, 0);
	prctl(PR_SET_NAME, "berth-hold");
	for (;;)
		pause();
}

pid_t cg_hold_start(struct err *e)
{
	pid_t self = getpid(), pid = fork();
	if (pid < 0)
		return err_set(e, errno, "start a process that holds the scope");
	if (pid == 0)
		hold(self);
	return pid;
}

int cg_hold_end(pid_t pid)
{
	if (pid <= 0)
		return 0;
	/* a child of ours that was not reaped: the number is its own. One that lives on would be waited for in vain. */
	if (kill(pid, SIGKILL) < 0)
		return -1;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

const char *cg_hold_path(struct arena *a, pid_t pid, struct err *e)
{
	char file[48];
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	return cg_path_of(a, file, e);
}
