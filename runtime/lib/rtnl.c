/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See rtnl.h. */
#include "rtnl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"

enum { ANSWER_MAX = 64 * 1024 }; /* the kernel makes dumps of at most 32 KiB a piece */

int rtnl_open(void)
{
	CLEANUP_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int on = 1;
	if (fd < 0 || setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) < 0)
		return -1;
	return take_fd(&fd);
}

void rtnl_begin(struct rtnl *r, unsigned type, unsigned flags, const void *body, size_t len)
{
	memset(r, 0, sizeof(*r));
	r->u.head.nlmsg_len = (uint32_t)NLMSG_LENGTH(len);
	r->u.head.nlmsg_type = (uint16_t)type;
	r->u.head.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	memcpy(NLMSG_DATA(&r->u.head), body, len);
}

void rtnl_attr(struct rtnl *r, unsigned type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(r->u.head.nlmsg_len);
	if (len > sizeof(r->u.buf) || at + RTA_SPACE(len) > sizeof(r->u.buf)) {
		r->too_long = 1;
		return;
	}
	struct rtattr a = { .rta_type = (uint16_t)type, .rta_len = (uint16_t)RTA_LENGTH(len) };
	memcpy(r->u.buf + at, &a, sizeof(a));
	memcpy(r->u.buf + at + RTA_LENGTH(0), data, len);
	r->u.head.nlmsg_len = (uint32_t)(at + RTA_LENGTH(len));
}

void rtnl_attr_u32(struct rtnl *r, unsigned type, uint32_t value)
{
	rtnl_attr(r, type, &value, sizeof(value));
}

void rtnl_attr_str(struct rtnl *r, unsigned type, const char *value)
{
	rtnl_attr(r, type, value, strlen(value) + 1);
}

static const struct rtattr *find(const char *from, size_t len, unsigned type)
{
	const struct rtattr *a = (const struct rtattr *)from;
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

const struct rtattr *rtnl_find(const struct nlmsghdr *h, size_t len, unsigned type)
{
	if (h->nlmsg_len < NLMSG_SPACE(len))
		return NULL;
	return find((const char *)h + NLMSG_SPACE(len), h->nlmsg_len - NLMSG_SPACE(len), type);
}

/* The text that NETLINK_EXT_ACK puts behind the header of the request, or behind the whole request. */
static void keep_words(struct rtnl *r, const struct nlmsghdr *h)
{
	const struct nlmsgerr *err = NLMSG_DATA(h);
	size_t at = NLMSG_SPACE(sizeof(*err));
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (at >= h->nlmsg_len)
		return;
	const struct rtattr *a = find((const char *)h + at, h->nlmsg_len - at, NLMSGERR_ATTR_MSG);
	if (a)
		snprintf(r->why, sizeof(r->why), ": %.*s", (int)RTA_PAYLOAD(a), (const char *)RTA_DATA(a));
}

/* 1: there is more to come; 0: done; -1: refused, with errno */
static int take_answer(struct rtnl *r, const struct nlmsghdr *h, rtnl_fn *fn, void *ctx)
{
	int error = 0;
	if (h->nlmsg_type == NLMSG_ERROR) {
		if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) {
			errno = EBADMSG;
			return -1;
		}
		error = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
		keep_words(r, h);
	} else if (h->nlmsg_type == NLMSG_DONE) {
		if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(int)))
			memcpy(&error, NLMSG_DATA(h), sizeof(error));
	} else {
		if (fn)
			fn(h, ctx);
		return 1;
	}
	errno = -error;
	return error ? -1 : 0;
}

int rtnl_talk(int fd, struct rtnl *r, rtnl_fn *fn, void *ctx)
{
	static _Alignas(struct nlmsghdr) char buf[ANSWER_MAX];
	static uint32_t sequence;
	errno = EMSGSIZE;
	if (r->too_long)
		return -1;
	r->u.head.nlmsg_seq = ++sequence;
	/* a dump ends by itself, everything else by its acknowledgement */
	if ((r->u.head.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		r->u.head.nlmsg_flags |= NLM_F_ACK;
	if (send(fd, r->u.buf, r->u.head.nlmsg_len, 0) < 0)
		return -1;
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		errno = EMSGSIZE;
		if ((size_t)n > sizeof(buf))
			return -1;
		size_t left = (size_t)n;
		for (const struct nlmsghdr *h = (const void *)buf; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_seq != sequence)
				continue;
			int more = take_answer(r, h, fn, ctx);
			if (more <= 0)
				return more;
		}
	}
}
