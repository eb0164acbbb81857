/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Talking to berth: fixed records both ways (../plan/format.h). End of file is failure: whoever started us is gone or
 * has its own reason, and nothing is left to do but to end. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init.h"

int send_fd(int sock, const void *data, size_t len, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;
	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	/* a record fits into the socket's buffer, so it goes out in one piece or not at all */
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? 0 : -1;
}

void report_as(struct init *in, enum plan_msg msg, int step, int value, int fd)
{
	struct plan_report r = { .magic = PLAN_MAGIC, .msg = msg, .step = step, .value = value };
	if (send_fd(in->sync, &r, sizeof(r), fd) < 0)
		lost(in, errno);
}

static void report_failure(struct init *in, enum plan_msg msg)
{
	in->why.magic = PLAN_MAGIC;
	in->why.msg = msg;
	/* we end anyway, or it was only a warning. write(2) first: a filter that is in force lets it pass more often
	 * than sendmsg(2), and SIGPIPE would be as good an end as any */
	if (write(in->sync, &in->why, sizeof(in->why)) != (ssize_t)sizeof(in->why))
		send_fd(in->sync, &in->why, sizeof(in->why), -1);
}

void give_up(struct init *in)
{
	report_failure(in, MSG_FAILED);
	die();
}

void lost(struct init *in, int err)
{
	fail(in, DETAIL_SYNC, err, NULL);
	in->why.step = (int32_t)in->step;
	if (err)
		give_up(in);
	die();
}

void warn(struct init *in, enum plan_detail detail, int err, const char *text)
{
	fail(in, detail, err, text);
	in->why.step = (int32_t)in->step;
	report_failure(in, MSG_WARN);
}

bool take_cmd(int sock, enum plan_cmd_type type)
{
	struct plan_cmd cmd;
	ssize_t n;
	do
		n = recv(sock, &cmd, sizeof(cmd), MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	errno = n < 0 ? errno : 0;
	return n == sizeof(cmd) && cmd.magic == PLAN_MAGIC && cmd.type == type;
}

void wait_cmd(struct init *in, enum plan_cmd_type type)
{
	if (!take_cmd(in->sync, type))
		lost(in, errno);
}
