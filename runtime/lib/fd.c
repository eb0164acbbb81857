/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See fd.h. */
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void fd_close(int *fd)
{
	if (*fd < 0)
		return;
	int saved = errno;
	close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_sanitize_stdio(void)
{
	struct pollfd std[] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };
	if (poll(std, 3, 0) == 0) /* the usual case: all are open, and nothing is to be told of them */
		return 0;
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest free number is fd itself, since those below it are open by now. Not close-on-exec:
		 * it is there for whom we execute, too. */
		if (open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) /* lint: allow open */
			return -1;
	}
	return 0;
}

int fd_dup(int fd)
{
	return (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_read_full(int fd, void *data, size_t len)
{
	size_t got = 0;
	while (got < len) {
		ssize_t n = read(fd, (char *)data + got, len - got);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* Of a file: less than was asked for is all there is. */
static ssize_t read_once(int fd, void *data, size_t len)
{
	ssize_t n;
	do
		n = read(fd, data, len);
	while (n < 0 && errno == EINTR);
	return n;
}

char *fd_read_file(struct arena *a, int dirfd, const char *path, size_t max, size_t *ret_len,
		   struct err *e)
{
	CLEANUP_FD int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		err_set(e, errno, "open \"%s\"", path);
		return NULL;
	}
	struct stat st;
	if (fstat(fd, &st) < 0) {
		err_set(e, errno, "stat \"%s\"", path);
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, 0, "\"%s\" is not a regular file", path);
		return NULL;
	}
	if ((size_t)st.st_size > max) {
		err_set(e, 0, "\"%s\" is larger than %zu bytes", path, max);
		return NULL;
	}
	size_t size = (size_t)st.st_size + 1; /* one more byte shows whether it grew meanwhile */
	char *buf = arena_alloc(a, size + 1);
	ssize_t n = read_once(fd, buf, size);
	if (n < 0) {
		err_set(e, errno, "read \"%s\"", path);
		return NULL;
	}
	if ((size_t)n == size) {
		err_set(e, 0, "\"%s\" changed while it was read", path);
		return NULL;
	}
	buf[n] = '\0';
	if (ret_len)
		*ret_len = (size_t)n;
	return buf;
}

ssize_t fd_read_small(int dirfd, const char *path, char *buf, size_t size)
{
	CLEANUP_FD int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -1;
	ssize_t n = read_once(fd, buf, size - 1);
	if (n < 0)
		return -1;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

int fd_write_small(int dirfd, const char *path, const char *text, size_t len)
{
	CLEANUP_FD int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -1;
	ssize_t n;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	if ((size_t)n != len) {
		errno = EIO;
		return -1;
	}
	return 0;
}

int fd_write_new(int dirfd, const char *path, const void *data, size_t len, struct err *e)
{
	CLEANUP_FD int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fd_write_all(fd, data, len) < 0)
		return err_set(e, errno, "write \"%s\"", path);
	return 0;
}

int fd_write_unnamed(int dirfd, const char *path, const void *data, size_t len, mode_t mode)
{
	char dir[4096], proc[32];
	const char *slash = strrchr(path, '/');
	int n = slash ? (int)(slash - path) + 1 : 1;
	if ((size_t)snprintf(dir, sizeof(dir), "%.*s", n, slash ? path : ".") >= sizeof(dir))
		return -1;
	CLEANUP_FD int fd = openat(dirfd, dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
	if (fd < 0 || fd_write_all(fd, data, len) < 0)
		return -1;
	/* AT_EMPTY_PATH would need CAP_DAC_READ_SEARCH before Linux 6.10 */
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, proc, dirfd, path, AT_SYMLINK_FOLLOW);
}

enum { TEMPORARY_MAX = 4096 };

static int temporary_name(char *tmp, const char *path, struct err *e)
{
	static pid_t pid;
	if (!pid)
		pid = getpid(); /* no child of ours writes files */
	if ((size_t)snprintf(tmp, TEMPORARY_MAX, "%s.%d.tmp", path, (int)pid) >= TEMPORARY_MAX)
		return err_set(e, ENAMETOOLONG, "write \"%s\"", path);
	return 0;
}

int fd_prepare(int dirfd, const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	char tmp[TEMPORARY_MAX];
	if (temporary_name(tmp, path, e) < 0)
		return -1;
	/* O_EXCL, so that a link in its place is never followed; what is there already is the leftover of a
	 * killed process with our pid, and ours to replace */
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW };
	CLEANUP_FD int fd = openat(dirfd, tmp, FLAGS, mode);
	if (fd < 0 && errno == EEXIST && unlinkat(dirfd, tmp, 0) == 0)
		fd = openat(dirfd, tmp, FLAGS, mode);
	if (fd < 0)
		return err_set(e, errno, "create \"%s\"", tmp);
	/* our umask is 022 */
	if ((mode & 022 && fchmod(fd, mode) < 0) || fd_write_all(fd, data, len) < 0) {
		int eno = errno;
		unlinkat(dirfd, tmp, 0);
		return err_set(e, eno, "write \"%s\"", path);
	}
	return 0;
}

int fd_commit(int dirfd, const char *path, struct err *e)
{
	char tmp[TEMPORARY_MAX];
	if (temporary_name(tmp, path, e) < 0)
		return -1;
	if (renameat(dirfd, tmp, dirfd, path) < 0) {
		int eno = errno;
		unlinkat(dirfd, tmp, 0);
		return err_set(e, eno, "write \"%s\"", path);
	}
	return 0;
}

int fd_write_atomic(int dirfd, const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	return fd_prepare(dirfd, path, data, len, mode, e) < 0 ? -1 : fd_commit(dirfd, path, e);
}

struct dirent *dir_next(DIR *d, int *ret_eno)
{
	errno = 0;
	struct dirent *de = readdir(d);
	*ret_eno = de ? 0 : errno;
	return de;
}
