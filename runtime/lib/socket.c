/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See socket.h. sun_path holds 107 bytes and engines use longer names. Such a socket is opened with O_PATH
 * first, or it is named by a fd of its directory; in both cases /proc/self/fd is the way to it.
 */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd.h"
#include "interrupt.h"

static int new_socket(void)
{
	static const struct timeval timeout = { .tv_sec = SOCKET_TIMEOUT };
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return -1;
	return take_fd(&fd);
}

static int connect_to(const struct sockaddr_un *sa)
{
	CLEANUP_FD int fd = new_socket();
	int r;

	if (fd < 0)
		return -1;
	do /* with a time limit, a stop and its end interrupt too */
		r = connect(fd, (const struct sockaddr *)sa, sizeof(*sa));
	while (r < 0 && errno == EINTR && !interrupted());
	if (r < 0 && errno == EAGAIN)
		errno = ETIMEDOUT;
	return r < 0 ? -1 : take_fd(&fd);
}

int socket_connect(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	CLEANUP_FD int fd = -1;

	if (strlen(path) < sizeof(sa.sun_path)) {
		memcpy(sa.sun_path, path, strlen(path) + 1);
		return connect_to(&sa);
	}
	fd = openat(AT_FDCWD, path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -1;
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d", fd);
	return connect_to(&sa);
}

static int address_at(struct sockaddr_un *sa, int dirfd, const char *name)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int n = snprintf(sa->sun_path, sizeof(sa->sun_path), "/proc/self/fd/%d/%s", dirfd, name);
	if (n > 0 && (size_t)n < sizeof(sa->sun_path))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int socket_listen_at(int dirfd, const char *name, struct err *e)
{
	enum { BACKLOG = 8 };
	struct sockaddr_un sa;
	CLEANUP_FD int fd = new_socket();
	/* bind(2) makes the file with mode 0777 & ~umask: the directory is what keeps others out */
	if (fd < 0 || address_at(&sa, dirfd, name) < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return err_set(e, errno, "listen on socket \"%s\"", name);
	return take_fd(&fd);
}

int socket_connect_at(int dirfd, const char *name, struct err *e)
{
	struct sockaddr_un sa;
	int fd = address_at(&sa, dirfd, name) < 0 ? -1 : connect_to(&sa);
	return fd < 0 ? err_set(e, errno, "connect to socket \"%s\"", name) : fd;
}

int socket_has_listener(int dirfd, const char *name, int *ret_conn)
{
	struct sockaddr_un sa;
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ret_conn)
		*ret_conn = -1;
	if (fd < 0 || address_at(&sa, dirfd, name) < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return errno != ECONNREFUSED;
	if (ret_conn && fcntl(fd, F_SETFL, 0) == 0)
		*ret_conn = take_fd(&fd);
	return 1;
}

int socket_send(int sock, const void *data, size_t len, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(SOCKET_MAX_FDS * sizeof(int))];
	} control;
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n > SOCKET_MAX_FDS || (n && !len)) {
		errno = EINVAL;
		return -1;
	}
	if (n) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		memset(control.buf, 0, msg.msg_controllen);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	while (iov.iov_len > 0) {
		ssize_t sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR && !interrupted())
			continue;
		if (sent < 0) {
			if (errno == EAGAIN)
				errno = ETIMEDOUT;
			return -1;
		}
		iov.iov_base = (char *)iov.iov_base + sent;
		iov.iov_len -= (size_t)sent;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
	return 0;
}

int socket_send_fd(const char *path, int fd, const char *text, struct err *e)
{
	CLEANUP_FD int sock = socket_connect(path);
	if (sock < 0)
		return err_set(e, errno, "connect to socket \"%s\"", path);
	if (socket_send(sock, text, strlen(text), &fd, 1) < 0)
		return err_set(e, errno, "send a descriptor to socket \"%s\"", path);
	return 0;
}
