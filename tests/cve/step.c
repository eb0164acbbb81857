/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * step K N A B NAME COUNT COMMAND...: runs COMMAND and exchanges the names A and B at an exact moment: before the Kth system
 * call with a path that a descendant of it makes, and back N of these later (0: not back). Calls count from the first that
 * has NAME in a path, which is number 1. K 0 only counts. The number of such calls is written to the file COUNT. A race
 * that is won or lost the same way each time.
 *
 * The process of COMMAND itself is not counted: what it does with paths is done before a container exists. What it
 * leaves running is let go when it ends.
 * Exit status: that of COMMAND.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const long with_path[] = {
	SYS_openat, SYS_openat2, SYS_mkdirat, SYS_mknodat, SYS_mount, SYS_move_mount, SYS_open_tree, SYS_symlinkat,
	SYS_unlinkat, SYS_readlinkat, SYS_newfstatat, SYS_statx, SYS_fchownat, SYS_fchmodat, SYS_chdir, SYS_faccessat,
	SYS_umount2, SYS_linkat, SYS_renameat2, SYS_mount_setattr, SYS_fsmount,
#ifdef SYS_open
	SYS_open, SYS_mkdir, SYS_mknod, SYS_symlink, SYS_readlink, SYS_stat, SYS_lstat, SYS_chown, SYS_lchown, SYS_chmod,
	SYS_access,
#endif
};

static bool has_path(long nr)
{
	for (size_t i = 0; i < sizeof(with_path) / sizeof(with_path[0]); i++)
		if (with_path[i] == nr)
			return true;
	return false;
}

enum { MAX_TASKS = 4096 };
static pid_t tasks[MAX_TASKS];
static int ntasks;

static bool is_new(pid_t pid)
{
	for (int i = 0; i < ntasks; i++)
		if (tasks[i] == pid)
			return false;
	if (ntasks < MAX_TASKS)
		tasks[ntasks++] = pid;
	return true;
}

static pid_t group_of(pid_t task)
{
	char path[64], line[256];
	int tgid = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)task);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	if (f)
		fclose(f);
	return tgid;
}

struct plan {
	long at, back;
	const char *a, *b, *name;
	bool begun;
	long count;
	pid_t first;
};

static void exchange(const struct plan *p)
{
	if (renameat2(AT_FDCWD, p->a, AT_FDCWD, p->b, RENAME_EXCHANGE) < 0)
		perror("step: renameat2");
}

/* Is the name in what an argument of the call points to? */
static bool mentions(pid_t task, uint64_t address, const char *name)
{
	char text[4096];
	size_t room = 4096 - address % 4096; /* not into a page that may not be there */
	struct iovec here = { text, room < sizeof(text) ? room : sizeof(text) - 1 }, there = { (void *)(uintptr_t)address, here.iov_len };
	ssize_t n = process_vm_readv(task, &here, 1, &there, 1, 0);
	if (n <= 0)
		return false;
	text[n < (ssize_t)sizeof(text) ? n : (ssize_t)sizeof(text) - 1] = '\0';
	return strstr(text, name);
}

static void entered(struct plan *p, pid_t task)
{
	struct __ptrace_syscall_info info;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof(info), &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY ||
	    !has_path((long)info.entry.nr) || group_of(task) == p->first)
		return;
	for (int i = 0; i < 4 && !p->begun; i++)
		p->begun = mentions(task, info.entry.args[i], p->name);
	if (!p->begun)
		return;
	p->count++;
	if (p->count == p->at || (p->back && p->count == p->at + p->back))
		exchange(p);
}

/* Until the first process ends; the kernel lets go of the others when we end. */
static int follow(struct plan *p)
{
	int status;
	pid_t task;
	while ((task = waitpid(-1, &status, __WALL)) > 0) {
		int sig = 0;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (task != p->first)
				continue;
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
		bool fresh = is_new(task);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			entered(p, task);
		else if (!(status >> 16) && !(fresh && WSTOPSIG(status) == SIGSTOP))
			sig = WSTOPSIG(status);
		ptrace(PTRACE_SYSCALL, task, 0, sig);
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc < 8)
		return 2;
	struct plan p = { .at = atol(argv[1]), .back = atol(argv[2]), .a = argv[3], .b = argv[4], .name = argv[5] };
	p.first = fork();
	if (p.first == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[7], argv + 7);
		_exit(127);
	}
	int status;
	if (p.first < 0 || waitpid(p.first, &status, 0) != p.first || !WIFSTOPPED(status))
		return 2;
	is_new(p.first);
	if (ptrace(PTRACE_SETOPTIONS, p.first, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			   PTRACE_O_TRACEEXEC) < 0)
		return 2;
	ptrace(PTRACE_SYSCALL, p.first, 0, 0);
	int end = follow(&p);
	FILE *f = fopen(argv[6], "we");
	if (!f)
		return 2;
	fprintf(f, "%ld\n", p.count);
	fclose(f);
	return end;
}
