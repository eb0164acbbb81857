/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unix sockets: paths that fit into no address, descriptors beside bytes, time limits, errors. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../runtime/lib/fd.h"
#include "../../runtime/lib/socket.h"
#include "t.h"

static char base[64], deep[400];
static int dirfd_ = -1;
static struct err e;

static void setup(void)
{
	strcpy(base, "/tmp/berth-test-socket-XXXXXX");
	T_OK(mkdtemp(base) != NULL);
	snprintf(deep, sizeof(deep), "%s/%0200d", base, 0);
	T_INT(mkdir(deep, 0700), 0);
	dirfd_ = open(deep, O_PATH | O_DIRECTORY | O_CLOEXEC);
	T_OK(dirfd_ >= 0);
	err_clear(&e);
}

static void teardown(void)
{
	char cmd[128];
	fd_close(&dirfd_);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", base);
	T_INT(system(cmd), 0);
}

static bool has_limit(int fd)
{
	struct timeval tv = { 0 };
	socklen_t len = sizeof(tv);
	return getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, &len) == 0 && tv.tv_sec == SOCKET_TIMEOUT &&
	       (fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* Receive one message. Returns its length; *ret_n descriptors are in fds. */
static ssize_t receive(int fd, char *text, size_t size, int *fds, size_t *ret_n)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(300 * sizeof(int))];
	} control;
	struct iovec iov = { text, size - 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL;
	*ret_n = c ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
	if (c)
		memcpy(fds, CMSG_DATA(c), *ret_n * sizeof(int));
	text[n > 0 ? n : 0] = '\0';
	return n;
}

T_TEST(long_paths)
{
	char path[500], text[64];
	int fds[300];
	size_t n;

	setup();
	int l = socket_listen_at(dirfd_, "sock", &e);
	T_OK(l >= 0);
	int c = socket_connect_at(dirfd_, "sock", &e);
	T_OK(c >= 0 && has_limit(c));
	close(c);
	close(accept4(l, NULL, NULL, SOCK_CLOEXEC));
	snprintf(path, sizeof(path), "%s/sock", deep);
	c = socket_connect(path);
	T_OK(c >= 0 && has_limit(c));
	close(c);
	close(accept4(l, NULL, NULL, SOCK_CLOEXEC));
	T_INT(socket_send_fd(path, 0, "text", &e), 0);
	int s = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	T_INT(receive(s, text, sizeof(text), fds, &n), 4);
	T_STR(text, "text");
	T_INT(n, 1);
	close(fds[0]);
	close(s);
	close(l);
	snprintf(path, sizeof(path), "%s/sock", base); /* one that fits */
	int basefd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	l = socket_listen_at(basefd, "sock", &e);
	c = socket_connect(path);
	T_OK(l >= 0 && c >= 0 && has_limit(c));
	close(c);
	close(l);
	close(basefd);
	T_OK(!e.set);
	teardown();
}

T_TEST(errors)
{
	char path[500], name[120];

	setup();
	T_INT(socket_connect_at(dirfd_, "none", &e), -1);
	T_STR(e.text, "connect to socket \"none\": no such file or directory");
	err_clear(&e);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	T_INT(socket_listen_at(dirfd_, name, &e), -1);
	T_INT(e.eno, ENAMETOOLONG);
	err_clear(&e);
	T_INT(socket_connect_at(dirfd_, name, &e), -1);
	T_INT(e.eno, ENAMETOOLONG);
	snprintf(path, sizeof(path), "%s/none", deep);
	T_INT(socket_connect(path), -1);
	T_INT(errno, ENOENT);
	close(openat(dirfd_, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	snprintf(path, sizeof(path), "%s/file", deep);
	T_INT(socket_connect(path), -1);
	T_INT(errno, ECONNREFUSED);
	err_clear(&e);
	T_INT(socket_send_fd(path, 0, "x", &e), -1);
	T_HAS(e.text, path);
	/* the file stays, the listener does not */
	err_clear(&e);
	int conn, l = socket_listen_at(dirfd_, "gone", &e);
	T_OK(l >= 0 && socket_has_listener(dirfd_, "gone", NULL) == 1);
	/* also when its queue is full, and without waiting for that */
	for (size_t i = 0; i < 20; i++)
		T_INT(socket_has_listener(dirfd_, "gone", &conn), 1);
	T_INT(conn, -1);
	close(l);
	T_INT(socket_has_listener(dirfd_, "gone", &conn), 0);
	T_INT(conn, -1);
	T_INT(socket_connect_at(dirfd_, "gone", &e), -1);
	T_INT(e.eno, ECONNREFUSED);
	teardown();
}

T_TEST(descriptors_go_with_the_first_bytes)
{
	int pair[2], fds[300], many[SOCKET_MAX_FDS + 1];
	char text[8192];
	size_t n;

	T_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	for (size_t i = 0; i <= SOCKET_MAX_FDS; i++)
		many[i] = 1;
	T_INT(socket_send(pair[0], "a", 1, many, SOCKET_MAX_FDS), 0);
	T_INT(receive(pair[1], text, sizeof(text), fds, &n), 1);
	T_INT(n, SOCKET_MAX_FDS);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	T_INT(socket_send(pair[0], "a", 1, many, SOCKET_MAX_FDS + 1), -1);
	T_INT(errno, EINVAL);
	T_INT(socket_send(pair[0], "", 0, many, 1), -1);
	T_INT(errno, EINVAL);
	T_INT(socket_send(pair[0], "plain", 5, NULL, 0), 0);
	T_INT(receive(pair[1], text, sizeof(text), fds, &n), 5);
	T_INT(n, 0);

	/* more than the socket takes at once */
	size_t len = 4000000, got = 0, with_fds = 0;
	char *big = malloc(len);
	memset(big, 'b', len);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(socket_send(pair[0], big, len, many, 2) < 0);
	close(pair[0]);
	for (ssize_t r; (r = receive(pair[1], text, sizeof(text), fds, &n)) > 0; got += (size_t)r) {
		with_fds += n;
		for (size_t i = 0; i < n; i++)
			close(fds[i]);
		T_OK(n == 0 || got == 0);
	}
	T_INT(got, len);
	T_INT(with_fds, 2);
	free(big);
	close(pair[1]);
}

T_TEST(no_reader_no_signal)
{
	int pair[2];
	char full[65536] = { 0 };

	signal(SIGPIPE, SIG_DFL);
	T_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	/* one that does not read, with a shorter limit than ours */
	struct timeval tv = { .tv_usec = 50000 };
	T_INT(setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
	int r = 0;
	for (int i = 0; i < 1000 && r == 0; i++)
		r = socket_send(pair[0], full, sizeof(full), NULL, 0);
	T_INT(r, -1);
	T_INT(errno, ETIMEDOUT);
	close(pair[1]);
	T_INT(socket_send(pair[0], "x", 1, NULL, 0), -1);
	T_INT(errno, EPIPE);
	close(pair[0]);
}

T_MAIN()
