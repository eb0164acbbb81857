/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths that the container shall not see (masks) or not change (read-only).
 *
 * A file is hidden by the null device of the runtime's /dev, opened before the pivot and proved to be it;
 * the container's own could be anything. Its mount is read-only, for nobody inside shall change the mode of
 * the host's node (reading and writing a device is not affected by that). A directory is hidden by an
 * empty read-only tmpfs. The first mask of a kind is made; the others are clones of that mount.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "init.h"
#include "sys.h"

static int not_null_device(int fd)
{
	struct stat st;
	int err = fstat(fd, &st) < 0 ? errno : 0;
	return err || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) ? err : ENODEV;
}

static int make_file_mask(struct init *in)
{
	int null = openat(AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC), mnt = -1;
	int err = null < 0 ? errno : in->inside ? ENODEV : not_null_device(null);
	uint64_t attr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	if (err)
		fail(in, err == ENODEV ? DETAIL_VERIFY : DETAIL_OPEN, err, "/dev/null");
	else if ((mnt = sys_clone_with(null, 0, attr, MS_PRIVATE)) < 0)
		fail(in, DETAIL_ATTR, errno, "/dev/null");
	leave_fd(&null);
	return mnt;
}

/* Two inodes and one page at most: nobody can use it to hold memory. */
static int make_dir_mask(struct init *in)
{
	int mnt = -1, fs = sys_fsopen("tmpfs");
	if (fs < 0)
		return fail(in, DETAIL_FSOPEN, errno, NULL);
	if (sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "2") < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", "4096") < 0 ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0555") < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
		fail(in, DETAIL_FSCONFIG, errno, NULL);
	else if ((mnt = sys_fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
						MOUNT_ATTR_NOEXEC)) < 0)
		fail(in, DETAIL_FSMOUNT, errno, NULL);
	leave_fd(&fs);
	return mnt;
}

int mask_over(struct init *in, int target, bool dir)
{
	int *first = dir ? &in->mask_dir : &in->mask_file;
	bool fresh = *first < 0;
	int mnt = !fresh ? sys_clone_mount(*first, 0) : dir ? make_dir_mask(in) : make_file_mask(in);
	if (mnt < 0)
		return fresh ? -1 : fail(in, DETAIL_OPEN, errno, NULL);
	int r = sys_attach(mnt, target), err = errno;
	/* kept only now: before 6.15 a mount can be cloned only when it is attached */
	if (fresh && r == 0)
		*first = mnt;
	else
		leave_fd(&mnt);
	return r < 0 ? fail(in, DETAIL_ATTACH, err, NULL) : 0;
}

/* The named place where "not there" is fine, because then there is nothing to hide or to protect. Which of the two it
 * is shows in how it can be opened; one that changes meanwhile takes no mask of the other kind. */
static int open_existing(struct init *in, const struct plan_step *s, bool *ret_dir, bool *ret_absent)
{
	int fd = path_open(path_root(in), plan_text(in, s->str[0]), O_PATH | O_DIRECTORY, 0);
	*ret_dir = fd >= 0;
	if (fd < 0 && errno == ENOTDIR)
		fd = path_open(path_root(in), plan_text(in, s->str[0]), O_PATH, 0);
	*ret_absent = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
	if (fd < 0 && !*ret_absent)
		fail(in, DETAIL_TARGET, errno, NULL);
	return fd;
}

int step_mask(struct init *in, const struct plan_step *s)
{
	bool dir, absent;
	int fd = open_existing(in, s, &dir, &absent);
	if (fd < 0)
		return absent ? 0 : -1;
	int r = mask_over(in, fd, dir);
	leave_fd(&fd);
	return r;
}

/* A read-only copy of what is there, laid over it through the same fd. Other flags are kept, as only the
 * given ones are set. */
int step_readonly(struct init *in, const struct plan_step *s)
{
	bool dir, absent;
	int fd = open_existing(in, s, &dir, &absent), r = -1;
	if (fd < 0)
		return absent ? 0 : -1;
	int mnt = sys_clone_with(fd, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0);
	if (mnt < 0)
		fail(in, DETAIL_ATTR, errno, NULL);
	else if (sys_attach(mnt, fd) < 0)
		fail(in, DETAIL_ATTACH, errno, NULL);
	else
		r = 0;
	leave_fd(&mnt);
	leave_fd(&fd);
	return r;
}
