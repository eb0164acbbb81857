/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For `make valgrind`: what valgrind has no idea of is done with what it knows. clone3(2) by clone(2); what that cannot do is done around
 * it: we are in the child's cgroup while it is made, and the child gives its handlers up itself. syscall(3) is ours for libraries as well.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long (*real_syscall)(long nr, ...);

/* cgroup.procs of the cgroup that we are in, below the cgroup2 mount of the tests */
static int open_own(void)
{
	char line[4096], path[4200];
	int fd = -1;
	FILE *f = fopen("/proc/self/cgroup", "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "0::", 3) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cgroup.procs", line + 3);
		fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	if (f)
		fclose(f);
	return fd;
}

static int enter(int procs)
{
	return write(procs, "0", 1) == 1 ? 0 : -1;
}

static void clear_handlers(void)
{
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction sa;
		if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler != SIG_IGN && sa.sa_handler != SIG_DFL)
			signal(sig, SIG_DFL);
	}
}

static long clone3(const struct clone_args *a)
{
	uint64_t flags = a->flags & ~(uint64_t)(CLONE_INTO_CGROUP | CLONE_CLEAR_SIGHAND);
	int back = -1, there = -1, pidfd = -1;
	if (a->flags & CLONE_INTO_CGROUP) {
		back = open_own();
		there = openat((int)a->cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		if (back < 0 || there < 0 || enter(there) < 0)
			return -1;
	}
	long pid = real_syscall(SYS_clone, (unsigned long)(flags | a->exit_signal), NULL, &pidfd, NULL, NULL);
	int eno = errno;
	if (pid == 0 && (a->flags & CLONE_CLEAR_SIGHAND))
		clear_handlers();
	if (pid != 0 && back >= 0)
		(void)enter(back);
	close(back);
	close(there);
	if (pid > 0 && (a->flags & CLONE_PIDFD))
		*(int *)(uintptr_t)a->pidfd = pidfd;
	errno = eno;
	return pid;
}

/*
 * The child that shares our memory until its exec is a copy here, which tells what it would have written: the head of
 * `struct child` of runtime/act/launch.c.
 */
enum { CHILD_TOLD = 60 };
static int told = -1;
static void *told_what;

static void tell(void)
{
	if (told >= 0 && write(told, told_what, CHILD_TOLD) < 0)
		_exit(126);
}

static void hear(int from, void *what)
{
	char text[CHILD_TOLD];
	while (read(from, text, sizeof(text)) == sizeof(text))
		memcpy(what, text, sizeof(text));
	close(from);
}

long __wrap_clone3_call(struct clone_args *args, size_t size, void (*fn)(void *), void *arg);
long __wrap_clone3_call(struct clone_args *args, size_t size, void (*fn)(void *), void *arg)
{
	struct clone_args a = *args;
	int ends[2] = { -1, -1 };
	(void)size;
	if ((a.flags & CLONE_VFORK) && pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	a.flags &= ~(uint64_t)(CLONE_VM | CLONE_VFORK);
	long pid = clone3(&a);
	if (pid == 0) {
		close(ends[0]);
		told = ends[1];
		told_what = arg;
		fn(arg);
		_exit(126);
	}
	int eno = errno;
	close(ends[1]);
	if (pid > 0 && ends[0] >= 0)
		hear(ends[0], arg);
	return pid < 0 ? -eno : pid;
}

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap__exit(int status)
{
	tell();
	__real__exit(status);
}

/* The process is a child of the test's or of ours that nobody collects meanwhile. */
static long send_signal(int pidfd, int sig)
{
	char line[256];
	int pid = -1;
	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", pidfd);
	FILE *f = fopen(line, "re");
	while (f && fgets(line, sizeof(line), f))
		(void)sscanf(line, "Pid: %d", &pid);
	if (f)
		fclose(f);
	if (pid <= 0) {
		errno = f ? ESRCH : EBADF;
		return -1;
	}
	return kill(pid, sig);
}

/* What libseccomp asks to find out what the kernel has. Filters are loaded by berth-init, which is not run by valgrind. */
static long seccomp(unsigned op, void *arg)
{
	if (op == SECCOMP_GET_ACTION_AVAIL)
		return 0;
	if (op == SECCOMP_GET_NOTIF_SIZES) {
		*(struct seccomp_notif_sizes *)arg = (struct seccomp_notif_sizes){
			sizeof(struct seccomp_notif), sizeof(struct seccomp_notif_resp), sizeof(struct seccomp_data)
		};
		return 0;
	}
	errno = op == SECCOMP_SET_MODE_STRICT ? EINVAL : op == SECCOMP_SET_MODE_FILTER && !arg ? EFAULT : ENOSYS;
	return -1;
}

long syscall(long nr, ...)
{
	char path[32];
	long a[6];
	va_list ap;
	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (!real_syscall)
		real_syscall = (__typeof__(real_syscall))dlsym(RTLD_NEXT, "syscall");
	if (nr == SYS_seccomp)
		return seccomp((unsigned)a[0], (void *)a[2]);
	if (nr == SYS_clone3 && a[1] == 0) { /* `berth check` asks whether there is such a call */
		errno = EINVAL;
		return -1;
	}
	if (nr == SYS_clone3)
		return clone3((const struct clone_args *)a[0]);
	if (nr == SYS_pidfd_send_signal)
		return send_signal((int)a[0], (int)a[1]);
	if (nr == SYS_execveat) {
		tell();
		snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)a[0]);
		return execve(path, (char **)a[2], (char **)a[3]);
	}
	return real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
