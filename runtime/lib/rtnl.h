/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rtnetlink(7), as much of it as moving a network device takes: one request at a time on a socket, its answers,
 * and the kernel's own words for a refusal.
 */
#ifndef BERTH_LIB_RTNL_H
#define BERTH_LIB_RTNL_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* A socket in the network namespace that the caller is in now; it stays there. -1 with errno. */
int rtnl_open(void);

enum { RTNL_WHY = 128 };

/* A request being built. Attributes that do not fit make rtnl_talk() fail with EMSGSIZE. */
struct rtnl {
	union {
		struct nlmsghdr head;
		char buf[1024];
	} u;
	int too_long;
	char why[RTNL_WHY]; /* after a failure: ": " and what the kernel says about it, or "" */
};
/* `body`: struct ifinfomsg or ifaddrmsg. flags: NLM_F_* beyond NLM_F_REQUEST. */
void rtnl_begin(struct rtnl *r, unsigned type, unsigned flags, const void *body, size_t len);
void rtnl_attr(struct rtnl *r, unsigned type, const void *data, size_t len);
void rtnl_attr_u32(struct rtnl *r, unsigned type, uint32_t value);
void rtnl_attr_str(struct rtnl *r, unsigned type, const char *value);

/* Send it, give each answer to fn (which may be NULL), wait for the end or the acknowledgement. 0, or -1 with errno:
 * the kernel's refusal. What comes in is bounded by the kernel. */
typedef void rtnl_fn(const struct nlmsghdr *h, void *ctx);
int rtnl_talk(int fd, struct rtnl *r, rtnl_fn *fn, void *ctx);

/* The attribute of a type among those behind a body of `len` bytes, or NULL. */
const struct rtattr *rtnl_find(const struct nlmsghdr *h, size_t len, unsigned type);

#endif
