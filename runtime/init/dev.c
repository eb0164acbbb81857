/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices and links of /dev. They are made in a directory that is held open: the fresh mount of STEP_MOUNT_FS, or
 * what STEP_DEV_OPEN found, which may be the image's and is then not trusted to stay as it is between two calls. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "init.h"
#include "sys.h"

int step_dev_open(struct init *in, const struct plan_step *s)
{
	(void)s;
	int fd = path_make(path_root(in), "/dev", PATH_DIR | PATH_NO_LINKS, NULL);
	/* a file called "dev" is refused here and not with the first device */
	int dir = fd < 0 ? -1 : openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), err = errno;
	leave_fd(&fd);
	if (dir < 0)
		return fail(in, DETAIL_TARGET, err, NULL);
	leave_fd(&in->dev);
	in->dev = dir;
	in->dev_is_ours = false;
	return 0;
}

/* 0: fd is the device. Else an errno, `other` where it is something else. */
static int look(int fd, const struct plan_step *s, int other, struct stat *st)
{
	if (fstat(fd, st) < 0)
		return errno;
	return (st->st_mode & S_IFMT) == (s->val[0] & S_IFMT) && (S_ISFIFO(st->st_mode) || st->st_rdev == (dev_t)s->val[1]) ? 0 : other;
}

/* Exact mode and owner, whatever a default ACL or a set-gid bit of the directory made of them. What was there already
 * is perhaps a node of the host's /dev, bound here: left alone when it is the right one. */
static int settle(struct init *in, int fd, const struct plan_step *s, bool made)
{
	struct stat st;
	unsigned uid = (unsigned)s->val[2], gid = (unsigned)(s->val[2] >> 32);
	int err = look(fd, s, EEXIST, &st);
	if (err)
		return fail(in, DETAIL_EXISTS_OTHER, err, NULL);
	if (!made)
		return 0;
	if ((st.st_uid != uid || st.st_gid != gid) && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		return fail(in, DETAIL_CHOWN, errno, NULL);
	if ((st.st_mode & 07777) != (s->val[0] & 07777) &&
	    syscall(SYS_fchmodat2, fd, "", (unsigned)(s->val[0] & 07777), AT_EMPTY_PATH) < 0)
		return fail(in, DETAIL_VERIFY, errno, NULL);
	return 0;
}

/* In a user namespace nodes cannot be made: the host's is mounted on an empty file. */
static int bind_node(struct init *in, const struct plan_step *s, int dir, const char *name, int node)
{
	struct stat st;
	int r = -1, err = node < 0 ? ENODEV : look(node, s, ENODEV, &st);
	if (err) {
		leave_fd(&node);
		return fail(in, DETAIL_VERIFY, err, NULL);
	}
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fail(in, DETAIL_TARGET, errno, NULL);
	else if ((err = look(fd, s, EEXIST, &st)) != 0 && (err != EEXIST || !S_ISREG(st.st_mode)))
		fail(in, DETAIL_EXISTS_OTHER, err, NULL);
	else if (in->propagation && sys_mount_setattr(node, 0, 0, 0, in->propagation & ~(uint64_t)MS_REC) < 0)
		fail(in, DETAIL_PROPAGATION, errno, NULL);
	else if (sys_attach(node, fd) < 0)
		fail(in, DETAIL_ATTACH, errno, NULL);
	else
		r = 0;
	drop_fd(&fd);
	leave_fd(&node);
	return r;
}

static int make_node(struct init *in, const struct plan_step *s, int dir, const char *name, bool ours)
{
	int made = mknodat(dir, name, (mode_t)s->val[0], (dev_t)s->val[1]), err = errno;
	/* a berth without CAP_MKNOD; "/" is the host's as yet, unless a mount namespace was joined */
	if (made < 0 && err == EPERM && !in->inside) {
		int at = openat(AT_FDCWD, s->flags & STEP_F_IN_DEV ? "/dev" : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		int node = sys_clone_at(at, plan_text(in, s->str[0]), 0);
		leave_fd(&at);
		if (node >= 0)
			return bind_node(in, s, dir, name, node);
	}
	if (made < 0 && err != EEXIST)
		return fail(in, DETAIL_OPEN, err, NULL);
	if (made == 0 && ours && s->val[2] == 0)
		return 0; /* nobody else was there: it is what we made it */
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail(in, DETAIL_OPEN, errno, NULL);
	int r = settle(in, fd, s, made == 0);
	leave_fd(&fd);
	return r;
}

int step_device(struct init *in, const struct plan_step *s)
{
	bool in_dev = s->flags & STEP_F_IN_DEV;
	const char *name, *path = plan_text(in, s->str[0]);
	int base = in_dev ? in->dev : path_root(in);
	bool direct = in_dev && !strchr(path, '/');
	int dir = base < 0 ? (errno = EBADF, -1) : path_parent(base, path, &name);
	if (dir < 0)
		return fail(in, DETAIL_TARGET, errno, NULL);
	int r = s->fd >= 0 ? bind_node(in, s, dir, name, plan_take_fd(in, s))
			   : make_node(in, s, dir, name, direct && in->dev_is_ours);
	if (dir != base)
		leave_fd(&dir);
	return r;
}

int step_symlink(struct init *in, const struct plan_step *s)
{
	const char *name;
	int dir = in->dev < 0 ? (errno = EBADF, -1) : path_parent(in->dev, plan_text(in, s->str[1]), &name);
	if (dir < 0)
		return fail(in, DETAIL_TARGET, errno, NULL);
	int r = symlinkat(plan_text(in, s->str[0]), dir, name), err = errno;
	if (dir != in->dev)
		leave_fd(&dir);
	return r < 0 && err != EEXIST ? fail(in, DETAIL_OPEN, err, NULL) : 0;
}
