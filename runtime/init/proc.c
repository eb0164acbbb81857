/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of procfs: sysctls, labels, our own settings. The /proc that the container sees may have anything mounted on
 * it, so it is never used by name. We hold the root of a procfs that was made by us (the one of STEP_MOUNT_FS before
 * anybody could mount on it, or one that is attached nowhere) and open below it with RESOLVE_NO_XDEV, which refuses
 * each mount that was put on top since. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "init.h"
#include "sys.h"

enum { PROC_ROOT_INO = 1 };

bool is_fs(int fd, long magic)
{
	struct statfs f;
	return fstatfs(fd, &f) == 0 && (long)f.f_type == magic;
}

static int proc_make(void)
{
	int fs = sys_fsopen("proc"), mnt = -1;
	if (fs >= 0 && sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
		mnt = sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	leave_fd(&fs);
	return mnt;
}

/* A user namespace without a pid namespace cannot make a procfs. Where "/" is still the runtime's, its
 * /proc is as good. */
static int proc_of_host(void)
{
	struct stat st;
	int fd = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (is_fs(fd, PROC_MAGIC) && fstat(fd, &st) == 0 && st.st_ino == PROC_ROOT_INO)
		return fd;
	leave_fd(&fd);
	errno = EINVAL;
	return -1;
}

int proc_root(struct init *in)
{
	if (in->proc >= 0)
		return in->proc;
	in->proc = proc_make();
	if (in->proc < 0 && errno == EPERM && !in->inside)
		in->proc = proc_of_host();
	return in->proc;
}

static int open_beneath(int root, const char *path, int flags)
{
	int fd = -1;
	for (int i = 0; i < 128; i++) {
		fd = sys_openat2(root, path, (uint64_t)flags | O_CLOEXEC,
				 RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
					 RESOLVE_NO_MAGICLINKS);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

int proc_open(struct init *in, const char *path, int flags)
{
	int root = proc_root(in), fresh;
	int fd = root < 0 ? -1 : open_beneath(root, path, flags);
	if (fd >= 0 || errno != EXDEV)
		return fd;
	/* the container mounts something on the way: one that is attached nowhere has nothing on it */
	fresh = proc_make();
	if (fresh < 0) {
		errno = EXDEV;
		return -1;
	}
	leave_fd(&in->proc);
	in->proc = fresh;
	return open_beneath(fresh, path, flags);
}

/* Our own directory by number: "self" is a link. Its text is our pid as this procfs counts. */
int proc_open_self(struct init *in, const char *name, int flags)
{
	char path[64];
	int root = proc_root(in);
	ssize_t n = root < 0 ? -1 : readlinkat(root, "self", path, 16);
	size_t len = strlen(name) + 1;
	if (n < 0)
		return -1;
	if (n == 0 || n >= 16 || (size_t)n + 1 + len > sizeof(path)) {
		errno = EINVAL;
		return -1;
	}
	path[n] = '/';
	memcpy(path + n + 1, name, len);
	return proc_open(in, path, flags);
}

int proc_write(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n = write(fd, text, len);
	int err = n < 0 ? errno : EIO;
	drop_fd(&fd);
	errno = err;
	return n == (ssize_t)len ? 0 : -1;
}

int step_proc_private(struct init *in, const struct plan_step *s)
{
	int mnt = proc_make(); /* also when the container's is there: it may show only a part */
	(void)s;
	if (mnt >= 0) {
		leave_fd(&in->proc);
		in->proc = mnt;
	}
	return proc_root(in) < 0 ? fail(in, DETAIL_FSMOUNT, errno, NULL) : 0;
}

int step_sysctl(struct init *in, const struct plan_step *s)
{
	char path[512] = "sys/";
	const char *name = plan_text(in, s->str[0]);
	size_t len = strlen(name);
	if (len + sizeof("sys/") > sizeof(path))
		return fail(in, DETAIL_OPEN, ENAMETOOLONG, name);
	memcpy(path + sizeof("sys/") - 1, name, len + 1);
	int fd = proc_open(in, path, O_WRONLY);
	if (fd < 0)
		return fail(in, DETAIL_OPEN, errno, name);
	if (proc_write(fd, plan_text(in, s->str[1])) < 0)
		return fail(in, DETAIL_WRITE, errno, name);
	return 0;
}

/* AppArmor has its own directory since 5.8; the older file may belong to another LSM. */
int step_apparmor(struct init *in, const struct plan_step *s)
{
	char text[PATH_MAX] = "exec ";
	const char *profile = plan_text(in, s->str[0]);
	size_t len = strlen(profile);
	if (len + sizeof("exec ") > sizeof(text))
		return fail(in, DETAIL_WRITE, ENAMETOOLONG, profile);
	memcpy(text + sizeof("exec ") - 1, profile, len + 1);
	int fd = proc_open_self(in, "attr/apparmor/exec", O_WRONLY);
	if (fd < 0 && errno == ENOENT)
		fd = proc_open_self(in, "attr/exec", O_WRONLY);
	if (fd < 0)
		return fail(in, DETAIL_OPEN, errno, profile);
	return proc_write(fd, text) < 0 ? fail(in, DETAIL_WRITE, errno, profile) : 0;
}

int step_selinux(struct init *in, const struct plan_step *s)
{
	const char *label = plan_text(in, s->str[0]);
	int fd = proc_open_self(in, "attr/exec", O_WRONLY);
	if (fd < 0)
		return fail(in, DETAIL_OPEN, errno, label);
	return proc_write(fd, label) < 0 ? fail(in, DETAIL_WRITE, errno, label) : 0;
}
