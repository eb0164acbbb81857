/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that musl has no wrapper for, or whose wrapper does more than the call (musl's set*id walk all
 * threads). Each returns what the kernel returns in the usual -1/errno form. Kernel versions are in brackets; berth
 * requires 5.14. <sys/mount.h> must not be included with this: <linux/mount.h> has the MS_*. */
#ifndef BERTH_INIT_SYS_H
#define BERTH_INIT_SYS_H

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2) /* [5.11] */
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* [6.6] */
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467 /* [6.15] */
#endif
#define SYS_MNT_DETACH 2

/* musl's open(2) wrapper follows with fcntl(2) for old kernels; openat(2) is the same in one call. */

/* Magic numbers of the filesystems whose identity matters (linux/magic.h). */
#define PROC_MAGIC 0x9fa0
#define DEVPTS_MAGIC 0x1cd1
#define SYSFS_MAGIC 0x62656572
#define MQUEUE_MAGIC 0x19800202

static inline int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };
	return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how)); /* [5.6] */
}

static inline int sys_clone_at(int dir, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC); /* [5.2] */
}

/* A detached copy of the mount (or of the part below it) that fd refers to. */
static inline int sys_clone_mount(int fd, unsigned flags)
{
	return sys_clone_at(fd, "", flags | AT_EMPTY_PATH);
}

/* Attach the detached mount `mnt` on `target`. */
static inline int sys_attach(int mnt, int target)
{
	return (int)syscall(SYS_move_mount, mnt, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH); /* [5.2] */
}

/* The same on what a name of the runtime's leads to. */
static inline int sys_attach_at(int mnt, const char *path)
{
	return (int)syscall(SYS_move_mount, mnt, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
}

static inline int sys_mount_setattr(int fd, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation)
{
	struct mount_attr a = { .attr_set = set, .attr_clr = clear, .propagation = propagation };
	return (int)syscall(SYS_mount_setattr, fd, "", flags | AT_EMPTY_PATH, &a, sizeof(a)); /* [5.12] */
}

/* Both in one call, where the kernel has it; for whatever it refuses, the two say why. */
static inline int sys_clone_with(int fd, unsigned flags, uint64_t set, uint64_t propagation)
{
	struct mount_attr a = { .attr_set = set, .propagation = propagation };
	unsigned how = flags | AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int mnt = (int)syscall(SYS_open_tree_attr, fd, "", how, &a, sizeof(a));
	if (mnt < 0 && (mnt = sys_clone_mount(fd, flags)) >= 0 && sys_mount_setattr(mnt, flags, set, 0, propagation) < 0)
		return -1; /* an error ends the process, and what it holds with it */
	return mnt;
}

static inline int sys_mount_setattr_at(const char *path, unsigned flags, uint64_t propagation)
{
	struct mount_attr a = { .propagation = propagation };
	return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &a, sizeof(a));
}

static inline int sys_mount_idmap(int fd, int userns)
{
	struct mount_attr a = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns };
	return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &a, sizeof(a)); /* [5.12] */
}

static inline int sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); /* [5.2] */
}

static inline int sys_fsconfig(int fs, unsigned cmd, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fs, cmd, key, value, 0); /* [5.2] */
}

static inline int sys_fsmount(int fs, uint64_t attr)
{
	return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attr); /* [5.2] */
}

static inline int sys_fspick(int fd)
{
	return (int)syscall(SYS_fspick, fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH); /* [5.2] */
}

static inline int sys_umount_detach(const char *path)
{
	return (int)syscall(SYS_umount2, path, SYS_MNT_DETACH);
}

static inline int sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags); /* [5.9] */
}

struct limit;
static inline int sys_prlimit(int resource, const struct limit *now, struct limit *before)
{
	return (int)syscall(SYS_prlimit64, 0, resource, now, before);
}

/* fork(2) without a library's handlers. On s390x the stack comes first. */
static inline pid_t sys_fork(unsigned long flags, int *pidfd)
{
#ifdef __s390x__
	return (pid_t)syscall(SYS_clone, 0, flags, pidfd, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, 0, pidfd, 0, 0);
#endif
}

#endif
