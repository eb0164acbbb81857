/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seccomp-agent SOCKET [COUNT]: the other side of linux.seccomp.listenerPath. Listens on SOCKET, prints "listening",
 * takes one connection, prints the container process state that comes with it as "state=JSON" and "fds=N", then
 * answers COUNT (default 1) notifications: getpid(2) and getppid(2) with the result 4242, anything else with ENOSYS.
 * COUNT "all": until nobody is left to ask; what is not answered with 4242 goes on in the kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/seccomp.h>

static int fail(const char *what)
{
	printf("seccomp-agent: %s: %s\n", what, strerror(errno));
	return 1;
}

static int take_connection(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(fd, 1) != 0)
		return -1;
	puts("listening");
	return accept4(fd, NULL, NULL, SOCK_CLOEXEC);
}

static int answer(int listener, int go_on)
{
	struct seccomp_notif req;
	struct seccomp_notif_resp resp = { 0 };

	memset(&req, 0, sizeof(req));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req) != 0)
		return -1;
	printf("notification=%d\n", req.data.nr);
	resp.id = req.id;
	if (req.data.nr == SYS_getpid || req.data.nr == SYS_getppid)
		resp.val = 4242;
	else if (go_on)
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else
		resp.error = -ENOSYS;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

int main(int argc, char **argv)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control;
	static char text[65536];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int all = argc > 2 && strcmp(argv[2], "all") == 0;
	int conn, listener = -1, count = 0, left = all ? 1000000 : argc > 2 ? atoi(argv[2]) : 1;
	ssize_t n;

	if (argc < 2)
		return 2;
	setvbuf(stdout, NULL, _IONBF, 0);
	conn = take_connection(argv[1]);
	if (conn < 0)
		return fail("listen");
	n = recvmsg(conn, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return fail("recvmsg");
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(&listener, CMSG_DATA(c), sizeof(int));
		count += (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	}
	/* the text may come in several pieces; the sender closes when it is complete */
	for (ssize_t more; (size_t)n < sizeof(text) - 1; n += more) {
		more = read(conn, text + n, sizeof(text) - 1 - (size_t)n);
		if (more <= 0)
			break;
	}
	text[n] = 0;
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	printf("state=%s\nfds=%d\n", text, count);
	while (listener >= 0 && left-- > 0)
		if (answer(listener, all) != 0) /* ENOENT: whoever asked is gone */
			return all ? 0 : fail("notification");
	return 0;
}
