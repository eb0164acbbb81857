/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts. Each is complete, with its attributes and propagation, before it gets a place in the tree:
 *
 *   open (or make) the destination in the root -> a detached mount: fsopen/fsconfig/fsmount here, or
 *   open_tree(2) by berth -> mount_setattr on it -> move_mount(2) onto the destination's fd
 *
 * so no name is resolved twice, and nobody sees a mount that is not yet read-only.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "init.h"
#include "sys.h"

/* berth without privileges cannot clone the host's mounts. Our mount namespace is a copy of the host's that belongs
 * to our user namespace, so here we can, by name: nothing is mounted yet, and before #1 we still are berth's user to
 * the host. What is cloned must be the file that berth has looked at. */
int step_trees(struct init *in, const struct plan_step *s)
{
	uint64_t n;
	char **paths = plan_argv(in, s->str[0], &n);
	for (uint32_t i = 0; i < n && i < in->head->nfds; i++) {
		struct stat a, b;
		if (!*paths[i])
			continue;
		in->why.value = (int32_t)i;
		int fd = sys_clone_at(AT_FDCWD, paths[i] + 1, *paths[i] == 'r' ? AT_RECURSIVE : 0);
		if (fd < 0)
			return fail(in, DETAIL_OPEN, errno, NULL);
		if (fstat(fd, &a) < 0 || fstat(in->fds[i], &b) < 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
			return fail(in, DETAIL_VERIFY, ESTALE, NULL);
		leave_fd(&in->fds[i]);
		in->fds[i] = fd;
	}
	return 0;
}

/* attr set | clear << 32, as in the plan */
struct attrs {
	uint64_t set, clear;
};

static struct attrs attrs_of(uint64_t val)
{
	return (struct attrs){ .set = val & 0xffffffff, .clear = val >> 32 };
}

static int set_attrs(struct init *in, int mnt, uint64_t val, unsigned flags)
{
	struct attrs a = attrs_of(val);
	return val && sys_mount_setattr(mnt, flags, a.set, a.clear, 0) < 0 ? fail(in, DETAIL_ATTR, errno, NULL) : 0;
}

static int set_propagation(struct init *in, int mnt, uint64_t val)
{
	unsigned flags = val & MS_REC ? AT_RECURSIVE : 0;
	bool done = !val || sys_mount_setattr(mnt, flags, 0, 0, val & ~(uint64_t)MS_REC) == 0;
	return done ? 0 : fail(in, DETAIL_PROPAGATION, errno, NULL);
}

/* An error with the kernel's own words for it: records "e text" wait in the filesystem context. */
static int fail_fs(struct init *in, enum plan_detail detail, int fs)
{
	char buf[PLAN_REPORT_TEXT], text[PLAN_REPORT_TEXT] = "";
	int err = errno;
	ssize_t n;
	while ((n = read(fs, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = '\0';
		if (n > 2 && buf[0] == 'e' && buf[1] == ' ')
			memcpy(text, buf + 2, (size_t)n - 1);
	}
	return fail(in, detail, err, text);
}

/* key, value, key, value: "" as value makes a flag. */
static int configure(struct init *in, int fs, uint32_t list)
{
	uint64_t n;
	char **kv = plan_argv(in, list, &n);
	for (uint64_t i = 0; i + 1 < n; i += 2) {
		bool flag = !*kv[i + 1];
		if (sys_fsconfig(fs, flag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, kv[i],
				 flag ? NULL : kv[i + 1]) < 0)
			return fail_fs(in, DETAIL_FSCONFIG, fs);
	}
	return 0;
}

/* The kernel gives a new sysfs, mqueue and proc only to who owns the network, ipc and pid namespace that they show.
 * In a user namespace that does not, the runtime's own is bound as a whole, with the attributes on all of it. */
static int mount_of_host(struct init *in, const char *type, uint64_t attr)
{
	static const struct {
		const char *type, *path;
		long magic;
	} rows[] = { { "sysfs", "/sys", SYSFS_MAGIC }, { "mqueue", "/dev/mqueue", MQUEUE_MAGIC },
		     { "proc", "/proc", PROC_MAGIC } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int mnt = strcmp(type, rows[i].type) ? -1 : sys_clone_at(AT_FDCWD, rows[i].path, AT_RECURSIVE);
		if (mnt >= 0 && is_fs(mnt, rows[i].magic) && set_propagation(in, mnt, in->propagation) == 0 &&
		    set_attrs(in, mnt, attr, AT_RECURSIVE) == 0)
			return mnt;
		leave_fd(&mnt);
	}
	return -1;
}

/* The attributes of a new mount go with fsmount(2): one call less. Its defaults are relatime and nothing
 * else, so there is nothing to clear. */
static int mount_make(struct init *in, const struct plan_step *s, uint64_t attr)
{
	int mnt = -1, fs = sys_fsopen(plan_text(in, s->str[0]));
	if (fs < 0) {
		fail(in, DETAIL_FSOPEN, errno, NULL);
	} else if (configure(in, fs, s->str[2]) == 0) {
		if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
			fail_fs(in, DETAIL_FSCONFIG, fs);
		else if ((mnt = sys_fsmount(fs, attr)) < 0)
			fail_fs(in, DETAIL_FSMOUNT, fs);
	}
	leave_fd(&fs);
	if (mnt < 0 && in->why.err == EPERM && (s->flags & STEP_F_ELSE_BIND))
		mnt = mount_of_host(in, plan_text(in, s->str[0]), attr);
	return mnt;
}

/* Where the root itself is mounted over, the new mount is the root from now on. */
static void note_root(struct init *in, const char *path, int mnt)
{
	if (path[strspn(path, "/")] == '\0' && mnt >= 0) {
		leave_fd(&in->root);
		in->root = fcntl(mnt, F_DUPFD_CLOEXEC, 0);
	}
}

/* move_mount(2) says EINVAL for a directory on a file and the other way round; mount(2) had a word for it,
 * which engines look for. */
static int attach_errno(int mnt, int target, int err)
{
	struct stat a, b;
	if (err == EINVAL && fstat(mnt, &a) == 0 && fstat(target, &b) == 0 &&
	    S_ISDIR(a.st_mode) != S_ISDIR(b.st_mode))
		return ENOTDIR;
	return err;
}

static int attach(struct init *in, int mnt, int target, const char *path)
{
	if (sys_attach(mnt, target) < 0)
		return fail(in, DETAIL_ATTACH, attach_errno(mnt, target, errno), NULL);
	note_root(in, path, mnt);
	return 0;
}

/* What the new directory takes over from the one it hides. Owners without a place in our user namespace
 * cannot be set, and would not be seen. */
static int take_over(struct init *in, const struct plan_step *s, int target, int mnt)
{
	struct stat st;
	int err;
	if (s->flags & STEP_F_COPYUP) {
		int from = openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = from < 0 ? errno : copy_up(from, mnt);
		leave_fd(&from);
		if (err)
			return fail(in, DETAIL_COPYUP, err, NULL);
	}
	if (s->flags & STEP_F_COPY_MODE) {
		if (fstat(target, &st) < 0 ||
		    ((st.st_uid || st.st_gid) && fchownat(mnt, ".", st.st_uid, st.st_gid, 0) < 0 &&
		     errno != EINVAL))
			return fail(in, DETAIL_CHOWN, errno, NULL);
		if (fchmodat(mnt, ".", st.st_mode & 07777, 0) < 0)
			return fail(in, DETAIL_CHOWN, errno, NULL);
	}
	return 0;
}

/* Later steps work in these mounts through the fd that made them: no name leads to another file. The first
 * of each kind counts, except for /dev, where the last one is what is seen. */
static bool keep(struct init *in, const struct plan_step *s, int mnt, uint64_t attr)
{
	switch (s->num) {
	case MOUNT_PROC: /* one that cannot be written is of no use to STEP_SYSCTL */
		if (in->proc >= 0 || (attr & MOUNT_ATTR_RDONLY) || strcmp(plan_text(in, s->str[0]), "proc") != 0)
			return false;
		in->proc = mnt;
		return true;
	case MOUNT_DEV:
		leave_fd(&in->dev);
		in->dev = mnt;
		in->dev_is_ours = in->dev_on_top = true;
		return true;
	case MOUNT_PTS:
		if (in->pts >= 0)
			return false;
		in->pts = mnt;
		return true;
	default:
		return false;
	}
}

static int map_ids(struct init *in, const struct plan_step *s, int mnt)
{
	if (s->fd < 0)
		return 0;
	int userns = plan_take_fd(in, s), r = userns < 0 ? -1 : sys_mount_idmap(mnt, userns), err = errno;
	leave_fd(&userns);
	return r < 0 ? fail(in, DETAIL_IDMAP, err, NULL) : 0;
}

/* The step's own fd member, whose fd is taken by now, holds the mount until STEP_REMOUNT. */
static int keep_for_remount(struct init *in, const struct plan_step *s, int mnt)
{
	if (!(s->flags & STEP_F_KEEP))
		return 0;
	int fd = in->steps[in->step].fd = fcntl(mnt, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? fail(in, DETAIL_OPEN, errno, NULL) : 0;
}

/* A link at /proc or /sys of the image would put these mounts where masks and read-only paths, which go by
 * the usual names, do not reach them. */
static int open_target(struct init *in, const struct plan_step *s, bool *ret_made)
{
	const char *type = plan_text(in, s->str[0]);
	bool exact = (s->flags & STEP_F_NO_LINKS) || s->num == MOUNT_PROC || strcmp(type, "sysfs") == 0;
	int fd = path_make(path_root(in), plan_text(in, s->str[1]), PATH_DIR | (exact ? PATH_NO_LINKS : 0), ret_made);
	in->dev_on_top = false;
	if (fd < 0)
		fail(in, DETAIL_TARGET, errno, NULL);
	return fd;
}

/* mount(2) takes longer options than fsconfig(2), and "." as a name that leads nowhere else. The propagation goes to what
 * the name leads to then: if that was changed meanwhile, to another mount of this container. Takes `target`. */
static int mount_on(struct init *in, const struct plan_step *s, int target)
{
	uint64_t n;
	char **data = plan_argv(in, s->str[2], &n);
	int ret = -1, mnt = -1, cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (n != 4 || cwd < 0 || fchdir(target) < 0 ||
	    syscall(SYS_mount, data[1], ".", plan_text(in, s->str[0]), s->val[3], data[3]) < 0 || fchdir(cwd) < 0)
		fail(in, DETAIL_FSMOUNT, n == 4 ? errno : EINVAL, NULL);
	else if (s->val[2] && (mnt = path_open(path_root(in), plan_text(in, s->str[1]), O_PATH, 0)) < 0)
		fail(in, DETAIL_TARGET, errno, NULL);
	else
		ret = set_propagation(in, mnt, s->val[2]);
	leave_fd(&mnt);
	leave_fd(&cwd);
	leave_fd(&target);
	return ret;
}

/* What is plain in all respects needs no fd of it. What this is refused for the long way finds again, with the kernel's
 * words. */
static bool mount_at_once(struct init *in, const struct plan_step *s, int target, const char *name)
{
	uint64_t n;
	char **kv = plan_argv(in, s->str[2], &n);
	return s->val[4] && n > 2 && fchdir(target) == 0 && (*name == '.' || mkdirat(target, name, 0755) == 0) &&
	       syscall(SYS_mount, kv[n - 2], name, plan_text(in, s->str[0]), s->val[4], kv[n - 1]) == 0;
}

/* In a /dev that we have just made, and that nobody else has seen, a name that was not there leads nowhere else. */
static bool mount_in_dev(struct init *in, const struct plan_step *s)
{
	const char *path = plan_text(in, s->str[1]), *name = path + sizeof("/dev/") - 1;
	return in->dev_on_top && strncmp(path, "/dev/", sizeof("/dev/") - 1) == 0 && *name != '.' && *name &&
	       !strchr(name, '/') && mount_at_once(in, s, in->dev, name);
}

int step_mount_fs(struct init *in, const struct plan_step *s)
{
	struct attrs one = attrs_of(s->val[0]), tree = attrs_of(s->val[1]);
	uint64_t attr = (one.set & ~tree.clear) | tree.set, later = 0;
	bool made;
	int ret = -1, mnt = -1;

	if (mount_in_dev(in, s))
		return 0;
	int target = open_target(in, s, &made);
	if (target < 0)
		return -1;
	if (s->val[3])
		return mount_on(in, s, target);
	if (mount_at_once(in, s, target, ".")) {
		leave_fd(&target);
		return 0;
	}
	if (!made && (s->flags & (STEP_F_COPYUP | STEP_F_COPY_MODE))) {
		later = attr & MOUNT_ATTR_RDONLY; /* it has to be filled first */
		attr &= ~later;
	}
	mnt = mount_make(in, s, attr);
	/* the ids last: what is copied into it and who owns it are told in those of the file system */
	if (mnt >= 0 && (made || take_over(in, s, target, mnt) == 0) && map_ids(in, s, mnt) == 0 &&
	    set_attrs(in, mnt, later, 0) == 0 && set_propagation(in, mnt, s->val[2]) == 0 &&
	    attach(in, mnt, target, plan_text(in, s->str[1])) == 0 && keep_for_remount(in, s, mnt) == 0) {
		ret = 0;
		if (keep(in, s, mnt, attr))
			mnt = -1;
	}
	leave_fd(&mnt);
	leave_fd(&target);
	return ret;
}

/* A tree that berth cloned is still a peer of the host's mount. Without a word about propagation it gets what the
 * rest of our namespace has, or what the container mounts below it would show up on the host. */
static int bind_attrs(struct init *in, const struct plan_step *s, int mnt)
{
	if (set_attrs(in, mnt, s->val[0], 0) < 0 || set_attrs(in, mnt, s->val[1], AT_RECURSIVE) < 0 ||
	    set_propagation(in, mnt, s->val[2] ? s->val[2] : in->propagation) < 0)
		return -1;
	return set_propagation(in, mnt, s->val[3]);
}

int step_mount_bind(struct init *in, const struct plan_step *s)
{
	const char *path = plan_text(in, s->str[1]);
	int ret = -1, target = -1, mnt = plan_take_fd(in, s);
	if (mnt < 0)
		return fail(in, DETAIL_OPEN, errno, NULL);
	in->dev_on_top = false;
	target = path_make(path_root(in), path, s->flags & STEP_F_DIR ? PATH_DIR : 0, NULL);
	if (target < 0)
		fail(in, DETAIL_TARGET, errno, NULL);
	else if (bind_attrs(in, s, mnt) == 0 && attach(in, mnt, target, path) == 0)
		ret = 0;
	drop_fd(&target); /* a file that was made is open for writing, which keeps its mount from becoming read-only */
	leave_fd(&mnt);
	return ret;
}

static int reconfigure(struct init *in, uint32_t list, int mnt)
{
	int ret = -1, fs = sys_fspick(mnt);
	if (fs < 0)
		return fail(in, DETAIL_FSOPEN, errno, NULL);
	if (configure(in, fs, list) == 0) {
		ret = sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL);
		if (ret < 0)
			fail_fs(in, DETAIL_FSCONFIG, fs);
	}
	leave_fd(&fs);
	return ret;
}

/* Of a mount that we made the name may lead elsewhere by now: another mount lies over it, or whoever shares the
 * directory has moved things. */
static int remount_target(struct init *in, const struct plan_step *s)
{
	if (!s->num)
		return path_open(path_root(in), plan_text(in, s->str[1]), O_PATH, 0);
	struct plan_step *made = &in->steps[s->num - 1];
	errno = EINVAL;
	if (s->num > in->step || made->kind != STEP_MOUNT_FS || !(made->flags & STEP_F_KEEP))
		return -1;
	int fd = made->fd;
	made->fd = -1;
	return fd;
}

int step_remount(struct init *in, const struct plan_step *s)
{
	int ret = -1, fd = remount_target(in, s);
	if (fd < 0)
		return fail(in, DETAIL_TARGET, errno, NULL);
	if ((!s->str[2] || reconfigure(in, s->str[2], fd) == 0) && set_attrs(in, fd, s->val[0], 0) == 0 &&
	    set_attrs(in, fd, s->val[1], AT_RECURSIVE) == 0)
		ret = set_propagation(in, fd, s->val[2]);
	leave_fd(&fd);
	return ret;
}
