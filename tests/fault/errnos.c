/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a system call can fail with: the closest pattern that the name matches. A name ending in * is a prefix.
 * The errors are those that a machine in trouble gives (no memory, no descriptors, a full or broken disk, a limit, a
 * signal, a policy), not those of a wrong argument, which would be a mistake of ours. brk(2) fails in its own way: it
 * answers with the end that there is.
 */
#include "errnos.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

enum { ROW_MAX = ERRNOS_MAX / 2 };

static const struct errnos {
	const char *name;
	int list[ROW_MAX]; /* ends with 0; none: it cannot fail */
} errno_table[] = {
	{ "exit", { 0 } },
	{ "exit_group", { 0 } },
	{ "rt_sigreturn", { 0 } },
	{ "restart_syscall", { 0 } },
	{ "clock_gettime", { 0 } }, /* a call only where the vDSO has no clock */
	{ "gettimeofday", { 0 } },
	{ "getpid", { 0 } },
	{ "getppid", { 0 } },
	{ "gettid", { 0 } },
	{ "get?id", { 0 } },
	{ "gete?id", { 0 } },
	{ "getgroups", { 0 } },
	{ "arch_prctl", { 0 } },
	{ "futex", { 0 } }, /* it cannot, by one that the C library gives it, and the library would end the process */
	{ "umask", { 0 } },
	{ "rt_sigaction", { 0 } },
	{ "rt_sigprocmask", { 0 } },
	{ "set_tid_address", { 0 } },
	{ "brk", { ENOMEM } },
	{ "mmap", { ENOMEM } },
	{ "mprotect", { ENOMEM } },
	{ "munmap", { ENOMEM } },
	{ "mremap", { ENOMEM } },
	{ "madvise", { ENOMEM } },
	{ "clone*", { EAGAIN, ENOMEM, ENOSPC, EPERM } },
	{ "fork", { EAGAIN, ENOMEM } },
	{ "vfork", { EAGAIN, ENOMEM } },
	{ "exec*", { ENOMEM, EIO, EACCES } },
	{ "unshare", { ENOSPC, ENOMEM, EPERM } },
	{ "setns", { ENOMEM, EPERM } },
	{ "open*", { EMFILE, ENFILE, ENOMEM, EIO, EINTR } },
	{ "openat2", { EMFILE, ENOMEM, EIO, EAGAIN } },
	{ "open_tree*", { EMFILE, ENOMEM, EPERM } },
	{ "fsopen", { EMFILE, ENOMEM, EPERM } },
	{ "fsconfig", { ENOMEM, EPERM } },
	{ "fsmount", { EMFILE, ENOMEM, ENOSPC } },
	{ "move_mount", { ENOMEM, ENOSPC } },
	{ "mount*", { ENOMEM, EPERM } },
	{ "umount2", { ENOMEM, EBUSY } },
	{ "pivot_root", { ENOMEM, EBUSY } },
	{ "read*", { EIO, EINTR, ENOMEM } },
	{ "pread64", { EIO, EINTR } },
	{ "write*", { EIO, ENOSPC, EINTR, EAGAIN, EDQUOT } },
	{ "pwrite64", { EIO, ENOSPC } },
	{ "recv*", { ENOMEM, EINTR, ECONNRESET } },
	{ "sendfile", { EIO, ENOMEM } },
	{ "send*", { EPIPE, ENOBUFS, EINTR } },
	{ "accept*", { EMFILE, ENOMEM, EINTR, ECONNABORTED } },
	{ "connect", { EAGAIN, EINTR, ECONNREFUSED, ENOMEM } },
	{ "socket*", { EMFILE, ENOBUFS } },
	{ "poll", { EINTR, ENOMEM } },
	{ "ppoll", { EINTR, ENOMEM } },
	{ "epoll*", { ENOMEM, EINTR } },
	{ "wait*", { EINTR, ECHILD } },
	{ "flock", { EINTR, ENOLCK } },
	{ "*mkdir*", { ENOSPC, EIO, EDQUOT } },
	{ "mkdir*", { ENOSPC, EIO, EDQUOT } },
	{ "symlink*", { ENOSPC, EIO } },
	{ "link*", { ENOSPC, EIO } },
	{ "rename*", { ENOSPC, EIO } },
	/* not EBUSY: that a cgroup belongs to others by now is an answer */
	{ "unlink*", { EIO, ENOMEM } },
	{ "rmdir", { EIO, ENOMEM } },
	/* not EPERM: then devices of the host are bound, as in a user namespace */
	{ "mknod*", { ENOSPC, ENOMEM } },
	{ "ftruncate", { ENOSPC, EIO } },
	{ "memfd_create", { EMFILE, ENOMEM } },
	{ "pidfd_open", { EMFILE, ENOMEM } },
	{ "pidfd_send_signal", { EPERM, ENOMEM } },
	{ "kill", { EPERM } },
	{ "bpf", { ENOMEM, EPERM, EAGAIN, ENOENT } },
	{ "seccomp", { ENOMEM, EPERM } },
	{ "keyctl", { ENOMEM, EDQUOT } },
	{ "prctl", { EPERM } }, /* EINVAL is how the last capability is found */
	{ "cap*", { EPERM } },
	{ "*setxattr", { EIO, ENOSPC, ENOMEM } },
	{ "set*", { EPERM, EAGAIN } },
	{ "prlimit64", { EPERM } },
	{ "dup*", { EMFILE, EINTR } },
	{ "fcntl", { EMFILE, ENOMEM } },
	{ "pipe*", { EMFILE, ENFILE } },
	{ "eventfd2", { EMFILE } },
	{ "signalfd4", { EMFILE, ENOMEM } },
	{ "timerfd*", { EMFILE } },
	{ "close", { EIO, EINTR } },
	{ "close_range", { ENOMEM } },
	{ "ioctl", { EIO, EPERM } },
	{ "*chown*", { EIO, ENOMEM, EPERM } },
	{ "*stat*", { EIO, ENOMEM } },
	{ "*", { EIO, ENOMEM } },
};

/* After those of its name: an open that may make a file. */
static const struct errnos errnos_creat = { "O_CREAT", { ENOSPC, EDQUOT, EACCES } };

static const struct errnos *row_of(const char *name)
{
	/* the longest pattern is the closest one */
	const struct errnos *best = NULL;
	for (size_t i = 0; i < sizeof(errno_table) / sizeof(errno_table[0]); i++)
		if (fnmatch(errno_table[i].name, name, 0) == 0 &&
		    (!best || strlen(errno_table[i].name) > strlen(best->name)))
			best = &errno_table[i];
	return best;
}

static int count_of(const struct errnos *e)
{
	int n = 0;
	while (n < ROW_MAX && e->list[n])
		n++;
	return n;
}

/* May the call make a file? */
static bool creates(pid_t pid, const struct __ptrace_syscall_info *info)
{
	long long flags = 0;
	switch ((long)info->entry.nr) {
#ifdef SYS_open
	case SYS_open:
		flags = (long long)info->entry.args[1];
		break;
#endif
	case SYS_openat:
		flags = (long long)info->entry.args[2];
		break;
	case SYS_openat2: /* in memory, the first word of struct open_how */
		flags = ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)info->entry.args[2], 0);
		break;
	}
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

int errnos_of(pid_t pid, const struct __ptrace_syscall_info *info, const char *name, int list[ERRNOS_MAX])
{
	const struct errnos *e = row_of(name);
	int n = count_of(e), more = creates(pid, info) ? count_of(&errnos_creat) : 0;
	memcpy(list, e->list, (size_t)n * sizeof(int));
	memcpy(list + n, errnos_creat.list, (size_t)more * sizeof(int));
	return n + more;
}
