/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STEP_F_COPYUP: copy what a tmpfs is going to hide into it, before anybody can see it. The source is the image's and
 * may change meanwhile: each name is opened without following links, and what it is comes from the open file.
 * Directories are nested on the stack up to DEPTH; two fds for each level. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "init.h"
#include "sys.h"

enum { DEPTH = 128, CHUNK = 1 << 24 };

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

static int copy_dir(int from, int to, int depth);

/* The owner first: it takes the set-id bits and capabilities away. Then capabilities of files, ACLs and user attributes.
 * What the tmpfs does not take is left out: security labels belong to the mount, and user attributes need 6.6. */
static int copy_attrs(int from, int to, const struct stat *st)
{
	char names[1024], value[1024];
	if (fchown(to, st->st_uid, st->st_gid) < 0 && errno != EINVAL)
		return -1;
	ssize_t n = flistxattr(from, names, sizeof(names));
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1) {
		ssize_t len = fgetxattr(from, names + i, value, sizeof(value));
		if (len >= 0 && strcmp(names + i, "security.selinux") != 0)
			fsetxattr(to, names + i, value, (size_t)len, 0);
	}
	return fchmod(to, st->st_mode & 07777);
}

static int copy_data(int from, int to)
{
	for (;;) {
		ssize_t n = sendfile(to, from, NULL, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
	}
}

static int copy_file(int dir, int to, const char *name, const struct stat *st)
{
	struct stat now;
	int r = -1, out = -1, in = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (in < 0 || fstat(in, &now) < 0 || now.st_ino != st->st_ino || now.st_dev != st->st_dev) {
		drop_fd(&in);
		return -1;
	}
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out >= 0 && copy_data(in, out) == 0)
		r = copy_attrs(in, out, st);
	drop_fd(&in);
	drop_fd(&out);
	return r;
}

static int copy_link(int link, int to, const char *name)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(link, "", text, sizeof(text) - 1);
	if (n < 0)
		return -1;
	text[n] = '\0';
	return symlinkat(text, to, name);
}

static int copy_subdir(int dir, int to, const char *name, const struct stat *st, int depth)
{
	int r = -1, out = -1, in = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in >= 0 && mkdirat(to, name, 0700) == 0)
		out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out >= 0 && copy_dir(in, out, depth + 1) == 0)
		r = copy_attrs(in, out, st);
	drop_fd(&in);
	drop_fd(&out);
	return r;
}

static int copy_entry(int dir, int to, const char *name, int depth)
{
	struct stat st;
	int r = -1, fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0; /* gone meanwhile */
	if (fd < 0 || fstat(fd, &st) < 0) {
		drop_fd(&fd);
		return -1;
	}
	if (S_ISREG(st.st_mode))
		r = copy_file(dir, to, name, &st);
	else if (S_ISDIR(st.st_mode))
		r = copy_subdir(dir, to, name, &st, depth);
	else if (S_ISLNK(st.st_mode))
		r = copy_link(fd, to, name);
	else
		r = mknodat(to, name, st.st_mode, st.st_rdev);
	if (r == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) &&
	    fchownat(to, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EINVAL)
		r = -1;
	if (r == 0) {
		struct timespec t[2] = { st.st_atim, st.st_mtim };
		r = utimensat(to, name, t, AT_SYMLINK_NOFOLLOW);
	}
	drop_fd(&fd);
	return r;
}

static int copy_dir(int from, int to, int depth)
{
	_Alignas(8) char buf[2048];
	if (depth > DEPTH) {
		errno = ELOOP;
		return -1;
	}
	for (;;) {
		long n = syscall(SYS_getdents64, from, buf, sizeof(buf));
		if (n <= 0)
			return (int)n;
		for (long at = 0; at < n;) {
			struct entry *d = (struct entry *)(buf + at);
			at += d->len;
			if (strcmp(d->name, ".") == 0 || strcmp(d->name, "..") == 0)
				continue;
			if (copy_entry(from, to, d->name, depth) < 0)
				return -1;
		}
	}
}

int copy_up(int from, int to)
{
	int dir = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = dir < 0 ? -1 : copy_dir(from, dir, 0), err = errno;
	drop_fd(&dir);
	return r < 0 ? err : 0;
}
