/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The terminal. No step of this goes by a name that the container could have changed:
 *
 *   the devpts that we mounted, or (exec) the directory /dev/pts proved to be a devpts
 *   -> its ptmx, which cannot be anything else: nothing can be made or renamed in a devpts, and
 *      RESOLVE_NO_XDEV refuses a mount on top of it, so the open cannot block on a FIFO either
 *   -> the slave from the master with TIOCGPTPEER, not from /dev/pts/N
 *   -> owner, size, master to berth, slave as 0, 1, 2 and controlling terminal
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "init.h"
#include "sys.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441 /* [4.13] */
#endif

static bool is_ptmx(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(5, 2) && is_fs(fd, DEVPTS_MAGIC);
}

static int open_master(struct init *in)
{
	int dir = in->pts;
	if (dir < 0)
		dir = path_open(path_root(in), "/dev/pts", O_PATH | O_DIRECTORY, 0);
	if (dir < 0)
		return fail(in, DETAIL_PTMX, errno, "/dev/pts");
	int fd = -1, err;
	errno = ENODEV; /* where a look does not fail and says no */
	if (is_fs(dir, DEVPTS_MAGIC)) {
		fd = sys_openat2(dir, "ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC,
				 RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
					 RESOLVE_NO_MAGICLINKS);
		if (fd >= 0)
			errno = ENODEV;
		if (fd >= 0 && !is_ptmx(fd))
			leave_fd(&fd);
	}
	err = errno;
	if (dir != in->pts)
		leave_fd(&dir);
	return fd < 0 ? fail(in, DETAIL_PTMX, err, "/dev/pts/ptmx") : fd;
}

static int open_slave(struct init *in, int master)
{
	int zero = 0;
	if (ioctl(master, TIOCSPTLCK, &zero) < 0)
		return fail(in, DETAIL_UNLOCK, errno, NULL);
	int fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? fail(in, DETAIL_OPEN, errno, NULL) : fd;
}

/* A pty of the host belongs to a mount of the host's namespace and cannot be cloned from here; our copy of that mount
 * can, while "/" is still the runtime's. Its name is only a hint: what it leads to must be the slave. */
static int clone_host_slave(struct init *in, int slave)
{
	char path[32] = "/dev/pts/";
	struct stat a, b;
	unsigned n = 0;
	if (in->inside || ioctl(slave, TIOCGPTN, &n) < 0)
		n = fstat(slave, &a) == 0 ? minor(a.st_rdev) : 0;
	to_decimal(path + sizeof("/dev/pts/") - 1, n);
	int mnt = -1, fd = in->inside ? -1 : openat(AT_FDCWD, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(slave, &a) == 0 && fstat(fd, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino && a.st_rdev == b.st_rdev)
		mnt = sys_clone_mount(fd, 0);
	leave_fd(&fd);
	if (mnt < 0)
		errno = EINVAL;
	return mnt;
}

static int open_console_file(struct init *in)
{
	struct stat st;
	int dir = in->dev;
	if (dir < 0)
		dir = path_open(path_root(in), "/dev", O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (dir < 0)
		return fail(in, DETAIL_TARGET, errno, "/dev/console");
	int fd = openat(dir, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		fd = openat(dir, "console", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (dir != in->dev)
		leave_fd(&dir);
	if (fd < 0)
		return fail(in, DETAIL_TARGET, errno, "/dev/console");
	int err = fstat(fd, &st) < 0 ? errno : EEXIST;
	if (err == EEXIST && (S_ISREG(st.st_mode) || S_ISCHR(st.st_mode)))
		return fd;
	leave_fd(&fd);
	return fail(in, DETAIL_EXISTS_OTHER, err, "/dev/console");
}

static int bind_console(struct init *in, int slave)
{
	int r = -1, target = open_console_file(in);
	if (target < 0)
		return -1;
	int mnt = sys_clone_mount(slave, 0);
	if (mnt < 0 && errno == EINVAL)
		mnt = clone_host_slave(in, slave);
	if (mnt < 0)
		fail(in, DETAIL_OPEN, errno, NULL);
	else if (in->propagation && sys_mount_setattr(mnt, 0, 0, 0, in->propagation & ~(uint64_t)MS_REC) < 0)
		fail(in, DETAIL_PROPAGATION, errno, NULL);
	else if (sys_attach(mnt, target) < 0)
		fail(in, DETAIL_ATTACH, errno, "/dev/console");
	else
		r = 0;
	leave_fd(&mnt);
	drop_fd(&target);
	return r;
}

static int settle_slave(struct init *in, const struct plan_step *s, int slave)
{
	struct winsize w = { .ws_row = (unsigned short)s->val[0], .ws_col = (unsigned short)(s->val[0] >> 32) };
	struct stat st;
	if ((s->val[0] && ioctl(slave, TIOCSWINSZ, &w) < 0) || fstat(slave, &st) < 0)
		return fail(in, DETAIL_OPEN, errno, NULL);
	if (st.st_uid != (uid_t)s->val[1] && fchown(slave, (uid_t)s->val[1], (gid_t)-1) < 0)
		return fail(in, DETAIL_CHOWN, errno, NULL);
	return 0;
}

static int become_terminal(struct init *in, int slave)
{
	if (ioctl(slave, TIOCSCTTY, 0) < 0 || dup2(slave, 0) < 0 || dup2(slave, 1) < 0 || dup2(slave, 2) < 0)
		return fail(in, DETAIL_OPEN, errno, NULL);
	return 0;
}

int step_console(struct init *in, const struct plan_step *s)
{
	int r = -1, master = -1, slave;
	if (s->fd >= 0) {
		slave = plan_take_fd(in, s);
		if (slave < 0)
			return fail(in, DETAIL_OPEN, errno, NULL);
	} else {
		master = open_master(in);
		slave = master < 0 ? -1 : open_slave(in, master);
		if (slave < 0)
			return -1;
	}
	if (settle_slave(in, s, slave) == 0 && (!(s->flags & STEP_F_BIND) || bind_console(in, slave) == 0) &&
	    become_terminal(in, slave) == 0) {
		if (master >= 0)
			report(in, MSG_CONSOLE, 0, master);
		r = 0;
	}
	drop_fd(&master);
	drop_fd(&slave);
	return r;
}
