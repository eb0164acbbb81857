/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recvtty SOCKET [INPUT]: what an engine does with a console socket. Listens on SOCKET, prints "listening", takes one
 * connection, one message and its one descriptor, and prints
 *
 *	message=TEXT
 *	fds=N
 *	winsize=ROWSxCOLS
 *
 * then (after writing INPUT to the terminal) everything that comes out of the terminal until it is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what)
{
	printf("recvtty: %s: %s\n", what, strerror(errno));
	return 1;
}

static int listen_on(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(fd, 1) != 0)
		return -1;
	return fd;
}

/* Returns how many descriptors came; the first is in *ret_fd. */
static int receive(int conn, char *text, size_t size, int *ret_fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = text, .iov_len = size - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(conn, &msg, MSG_CMSG_CLOEXEC);
	int count = 0;

	if (n < 0)
		return -1;
	text[n] = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		if (count == 0)
			memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
		count += (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	}
	return count;
}

int main(int argc, char **argv)
{
	struct winsize ws = { 0 };
	char text[4096], buf[4096];
	int sock, conn, count, tty = -1;
	ssize_t n;

	if (argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IONBF, 0);
	sock = listen_on(argv[1]);
	if (sock < 0)
		return fail("listen");
	puts("listening");
	conn = accept4(sock, NULL, NULL, SOCK_CLOEXEC);
	if (conn < 0)
		return fail("accept");
	count = receive(conn, text, sizeof(text), &tty);
	if (count < 0)
		return fail("recvmsg");
	printf("message=%s\nfds=%d\n", text, count);
	if (count < 1)
		return 0;
	if (ioctl(tty, TIOCGWINSZ, &ws) == 0)
		printf("winsize=%ux%u\n", ws.ws_row, ws.ws_col);
	else
		printf("no terminal\n");
	if (argc > 2 && write(tty, argv[2], strlen(argv[2])) < 0)
		return fail("write");
	/* EIO is how the end of a terminal looks like from the master */
	while ((n = read(tty, buf, sizeof(buf))) > 0)
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			return 1;
	return 0;
}
