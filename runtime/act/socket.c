/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unix sockets by path. sun_path holds 107 bytes and engines use longer names, so a long one is reached
 * through a fd of its directory: /proc/self/fd/N/NAME.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../lib/fd.h"

static int address_at(struct sockaddr_un *sa, int dirfd, const char *name)
{
	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	int n = snprintf(sa->sun_path, sizeof(sa->sun_path), "/proc/self/fd/%d/%s", dirfd, name);
	if (n < 0 || (size_t)n >= sizeof(sa->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int socket_listen_at(int dirfd, const char *name, struct err *e)
{
	struct sockaddr_un sa;
	if (address_at(&sa, dirfd, name) < 0)
		return err_set(e, errno, "socket \"%s\"", name);
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* bind(2) makes the file with mode 0777 & ~umask; the folder around it is 0700 */
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 8) < 0)
		return err_set(e, errno, "listen on socket \"%s\"", name);
	return take_fd(&fd);
}

int socket_connect_at(int dirfd, const char *name, struct err *e)
{
	struct sockaddr_un sa;
	if (address_at(&sa, dirfd, name) < 0)
		return err_set(e, errno, "socket \"%s\"", name);
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_set(e, errno, "connect to socket \"%s\"", name);
	return take_fd(&fd);
}

static int connect_path(const char *path, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	if (strlen(path) < sizeof(sa.sun_path)) {
		memcpy(sa.sun_path, path, strlen(path) + 1);
		CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
			return err_set(e, errno, "connect to socket \"%s\"", path);
		return take_fd(&fd);
	}
	const char *slash = strrchr(path, '/');
	char dir[4096];
	if (!slash || (size_t)(slash - path) >= sizeof(dir))
		return err_set(e, ENAMETOOLONG, "socket \"%s\"", path);
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	CLEANUP_FD int dirfd = open(dir[0] ? dir : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_set(e, errno, "open \"%s\"", dir);
	return socket_connect_at(dirfd, slash + 1, e);
}

int socket_send_fd(const char *path, int fd, const char *text, struct err *e)
{
	CLEANUP_FD int s = connect_path(path, e);
	if (s < 0)
		return -1;
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (char *)text, .iov_len = strlen(text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (sendmsg(s, &msg, MSG_NOSIGNAL) != (ssize_t)iov.iov_len)
		return err_set(e, errno, "send a descriptor to socket \"%s\"", path);
	return 0;
}
