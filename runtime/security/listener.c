/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seccomp agent gets the listener: one connection, one container process state (config-linux.md "The
 * Container Process State") with the fd beside its first bytes, and the connection is closed.
 */
#include "security.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/json.h"

/* An agent that neither accepts nor reads must not hold a `create` for ever; for connect(2) and send(2). */
enum { AGENT_TIMEOUT = 10 };

/* sun_path holds 107 bytes. A longer path is opened first and reached through /proc. */
static int connect_agent(int sock, const char *path, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	CLEANUP_FD int fd = -1;

	if (strlen(path) < sizeof(sa.sun_path)) {
		memcpy(sa.sun_path, path, strlen(path) + 1);
	} else {
		fd = open(path, O_PATH | O_CLOEXEC);
		if (fd < 0)
			return err_set(e, errno, "open the seccomp agent's socket \"%.512s\"", path);
		snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d", fd);
	}
	if (connect(sock, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return err_set(e, errno == EAGAIN ? ETIMEDOUT : errno,
			       "connect to the seccomp agent at \"%.512s\"", path);
	return 0;
}

/* The fd goes with the first bytes and only there; what the socket does not take at once follows. */
static int send_state(int sock, int listener_fd, const char *data, size_t len)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &listener_fd, sizeof(int));

	while (len > 0) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno == EAGAIN)
				errno = ETIMEDOUT;
			return -1;
		}
		data += n;
		len -= (size_t)n;
		iov = (struct iovec){ (void *)data, len };
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
	return 0;
}

/* json.h writes values, not text that is JSON already: `state` is put in before the last brace. */
static char *process_state(struct arena *a, const struct spec_seccomp *s, pid_t pid, const char *state_json,
			   size_t *ret_len)
{
	struct json *j = json_new(false);
	size_t len;
	json_map(j);
	json_kstr(j, "ociVersion", SPEC_VERSION);
	json_key(j, "fds");
	json_array(j);
	json_str(j, "seccompFd");
	json_end_array(j);
	json_kint(j, "pid", pid);
	if (s->listener_metadata)
		json_kstr(j, "metadata", s->listener_metadata);
	json_end_map(j);
	const char *text = json_text(j, &len);
	while (len > 0 && text[len - 1] != '}')
		len--;

	size_t front = len - 1, state_len = strlen(state_json);
	static const char key[] = ",\"state\":";
	*ret_len = front + sizeof(key) - 1 + state_len + 1;
	char *p = arena_alloc(a, *ret_len + 1), *q = p;
	q = mempcpy(q, text, front);
	q = mempcpy(q, key, sizeof(key) - 1);
	q = mempcpy(q, state_json, state_len);
	*q = '}';
	json_free(j);
	return p;
}

int seccomp_send_listener(const struct spec_seccomp *s, int listener_fd, pid_t pid, const char *state_json,
			  struct err *e)
{
	if (!s) /* berth-init is not believed either */
		return err_set(e, EPROTO, "a seccomp listener came that nobody asked for");
	if (!s->listener_path)
		return err_config(e, "linux.seccomp.listenerPath", "SCMP_ACT_NOTIFY needs it");

	CLEANUP_FD int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return err_set(e, errno, "socket for the seccomp agent");
	struct timeval timeout = { .tv_sec = AGENT_TIMEOUT };
	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return err_set(e, errno, "socket for the seccomp agent");
	if (connect_agent(sock, s->listener_path, e) < 0)
		return err_add(e, "linux.seccomp.listenerPath");

	struct arena a = { 0 };
	size_t len;
	const char *text = process_state(&a, s, pid, state_json, &len);
	int r = send_state(sock, listener_fd, text, len);
	if (r < 0) {
		err_set(e, errno, "send the container process state to the seccomp agent at \"%.512s\"",
			s->listener_path);
		err_add(e, "linux.seccomp.listenerPath");
	}
	arena_free(&a);
	return r;
}
