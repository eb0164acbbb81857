/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See netdev.h. */
#include "netdev.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../spec/path.h"
#include "../lib/fd.h"
#include "../lib/log.h"
#include "../lib/rtnl.h"

enum { INDEX_TRIES = 1024 };

/* The flags of an address that are its owner's choice; the others the kernel knows itself. */
#define ADDRESS_FLAGS                                                                                        \
	((uint32_t)IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN)

/* A permanent address, as the kernel told it. */
struct net_address {
	struct net_address *next;
	const struct nlmsghdr *message;
};

struct net_device {
	const struct spec_net_device *spec;
	char at[PATH_TEXT];	/* JSON path */
	char name[IFNAMSIZ];	/* its real one: the config may have an alternative name */
	int index, new_index;
	unsigned flags;		/* IFF_* */
	bool moved;
	struct net_address *addresses, **tail;
};

static const char *new_name(const struct net_device *dev)
{
	return dev->spec->name ? dev->spec->name : dev->spec->host_name;
}

static int refuse(const struct net_device *dev, const char *what, const struct rtnl *r, struct err *e)
{
	int eno = errno;
	return err_config(e, dev->at, "%s: %s%s", what, err_text(eno), r->why);
}

/* ---- sockets ---- */

static int open_here(int *ret_netns, int *ret_socket)
{
	*ret_netns = openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (*ret_netns >= 0)
		*ret_socket = rtnl_open();
	return *ret_netns < 0 || *ret_socket < 0 ? -1 : 0;
}

/* Our own namespace is left for the moment in which these are opened. */
static int open_there(struct net_devices *d, int pidfd, struct err *e)
{
	if (setns(pidfd, CLONE_NEWNET) < 0)
		return err_set(e, errno, "linux.netDevices: enter the container's network namespace");
	int r = open_here(&d->away, &d->there), eno = errno;
	if (setns(d->home, CLONE_NEWNET) < 0)
		return err_set(e, errno, "linux.netDevices: return to our network namespace");
	return r < 0 ? err_set(e, eno, "linux.netDevices: open a netlink socket in the container") : 0;
}

static int open_all(struct net_devices *d, int pidfd, struct err *e)
{
	if (open_here(&d->home, &d->here) < 0)
		return err_set(e, errno, "linux.netDevices: open a netlink socket");
	return open_there(d, pidfd, e);
}

/* ---- looking ---- */

static void take_link(const struct nlmsghdr *h, void *ctx)
{
	struct net_device *dev = ctx;
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const struct rtattr *name;
	if (h->nlmsg_type != RTM_NEWLINK || !(name = rtnl_find(h, sizeof(*m), IFLA_IFNAME)))
		return;
	dev->index = m->ifi_index;
	dev->flags = m->ifi_flags;
	snprintf(dev->name, sizeof(dev->name), "%.*s", (int)RTA_PAYLOAD(name), (const char *)RTA_DATA(name));
}

/* Is there a device of this number, or with 0, of this name? 1, 0, or -1 with errno. */
static int exists(int fd, int index, const char *name, struct rtnl *r)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	rtnl_begin(r, RTM_GETLINK, 0, &m, sizeof(m));
	if (!index)
		rtnl_attr_str(r, IFLA_IFNAME, name);
	if (rtnl_talk(fd, r, NULL, NULL) == 0)
		return 1;
	return errno == ENODEV ? 0 : -1;
}

struct collect {
	struct net_device *dev;
	struct arena *arena;
};

static void take_address(const struct nlmsghdr *h, void *ctx)
{
	struct collect *c = ctx;
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_SPACE(sizeof(*m)) ||
	    m->ifa_index != (unsigned)c->dev->index || !(m->ifa_flags & IFA_F_PERMANENT))
		return;
	struct net_address *a = arena_alloc(c->arena, sizeof(*a));
	struct nlmsghdr *copy = arena_alloc(c->arena, h->nlmsg_len);
	memcpy(copy, h, h->nlmsg_len);
	*a = (struct net_address){ .message = copy };
	*c->dev->tail = a;
	c->dev->tail = &a->next;
}

static int look(const struct net_devices *d, struct net_device *dev, struct arena *a, struct err *e)
{
	struct rtnl r;
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	rtnl_begin(&r, RTM_GETLINK, 0, &link, sizeof(link));
	rtnl_attr_str(&r, IFLA_IFNAME, dev->spec->host_name);
	if (rtnl_talk(d->here, &r, take_link, dev) < 0)
		return refuse(dev, "find the network device", &r, e);
	if (!dev->index)
		return err_config(e, dev->at, "the kernel does not describe the network device");
	if (dev->flags & IFF_LOOPBACK)
		return err_config(e, dev->at, "a loopback device cannot be moved");

	struct ifaddrmsg addr = { .ifa_family = AF_UNSPEC, .ifa_index = (unsigned)dev->index };
	struct collect c = { dev, a };
	dev->tail = &dev->addresses;
	rtnl_begin(&r, RTM_GETADDR, NLM_F_DUMP, &addr, sizeof(addr));
	if (rtnl_talk(d->here, &r, take_address, &c) < 0)
		return refuse(dev, "read the addresses", &r, e);

	if (strchr(new_name(dev), '%'))
		return 0; /* the kernel finds a free one */
	int taken = exists(d->there, 0, new_name(dev), &r);
	if (taken < 0)
		return refuse(dev, "look for the name in the container", &r, e);
	return taken ? err_config(e, dev->at, "the network namespace has a device \"%s\" already", new_name(dev)) : 0;
}

/* ---- moving ---- */

/* The number it had, or the next free one. We choose it, so that the device is found again whatever its name is. */
static int free_index(int fd, int first, struct rtnl *r)
{
	for (int i = first; i < first + INDEX_TRIES; i++) {
		int taken = exists(fd, i, NULL, r);
		if (taken <= 0)
			return taken < 0 ? -1 : i;
	}
	errno = EBUSY;
	return -1;
}

static int set_link(int fd, int index, int netns, int new_index, const char *name, struct rtnl *r)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	rtnl_begin(r, RTM_SETLINK, 0, &m, sizeof(m));
	rtnl_attr_u32(r, IFLA_NET_NS_FD, (uint32_t)netns);
	rtnl_attr_u32(r, IFLA_NEW_IFINDEX, (uint32_t)new_index);
	rtnl_attr_str(r, IFLA_IFNAME, name);
	return rtnl_talk(fd, r, NULL, NULL);
}

static int set_up(int fd, int index, struct rtnl *r)
{
	struct ifinfomsg m = { .ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	rtnl_begin(r, RTM_SETLINK, 0, &m, sizeof(m));
	return rtnl_talk(fd, r, NULL, NULL);
}

static uint32_t address_flags(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *a = rtnl_find(h, sizeof(*m), IFA_FLAGS);
	uint32_t flags = m->ifa_flags;
	if (a && RTA_PAYLOAD(a) >= sizeof(flags))
		memcpy(&flags, RTA_DATA(a), sizeof(flags));
	/* The link is the same one, on which the address was found to be free: it can be used at once. */
	if (m->ifa_family == AF_INET6 && !(flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
		flags |= IFA_F_NODAD;
	return flags & ADDRESS_FLAGS;
}

/* Put an address on a device that has lost it. Its label, which begins with the device's name, is left behind when the
 * name has changed. */
static int add_address(int fd, int index, const struct nlmsghdr *h, bool renamed, struct rtnl *r)
{
	static const unsigned kept[] = { IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_RT_PRIORITY, IFA_LABEL };
	struct ifaddrmsg m;
	memcpy(&m, NLMSG_DATA(h), sizeof(m));
	uint32_t flags = address_flags(h);
	m.ifa_index = (unsigned)index;
	m.ifa_flags = (uint8_t)flags;
	rtnl_begin(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		const struct rtattr *a = rtnl_find(h, sizeof(m), kept[i]);
		if (a && !(kept[i] == IFA_LABEL && renamed))
			rtnl_attr(r, kept[i], RTA_DATA(a), RTA_PAYLOAD(a));
	}
	rtnl_attr_u32(r, IFA_FLAGS, flags);
	/* the kernel gives link-local addresses by itself */
	return rtnl_talk(fd, r, NULL, NULL) == 0 || errno == EEXIST ? 0 : -1;
}

static bool is_global(const struct net_address *a)
{
	const struct ifaddrmsg *m = NLMSG_DATA(a->message);
	return m->ifa_scope == RT_SCOPE_UNIVERSE;
}

static int move(const struct net_devices *d, struct net_device *dev, struct err *e)
{
	struct rtnl r;
	bool renamed = strcmp(new_name(dev), dev->name) != 0;
	dev->new_index = free_index(d->there, dev->index, &r);
	if (dev->new_index < 0)
		return refuse(dev, "find a free number in the container", &r, e);
	if (set_link(d->here, dev->index, d->away, dev->new_index, new_name(dev), &r) < 0) {
		int failed = refuse(dev, "move the network device", &r, e);
		/* some kernels move it first and then find that it cannot be renamed */
		dev->moved = exists(d->there, dev->new_index, NULL, &r) == 1;
		return failed;
	}
	dev->moved = true;
	for (const struct net_address *a = dev->addresses; a; a = a->next)
		if (is_global(a) && add_address(d->there, dev->new_index, a->message, renamed, &r) < 0)
			return refuse(dev, "keep an address", &r, e);
	if (set_up(d->there, dev->new_index, &r) < 0)
		return refuse(dev, "set the network device up", &r, e);
	return 0;
}

int netdev_move(struct net_devices *d, struct arena *a, const struct spec_net_devices *list, int pidfd, struct err *e)
{
	if (open_all(d, pidfd, e) < 0)
		return -1;
	d->v = arena_array(a, list->n, sizeof(*d->v));
	for (; d->n < list->n; d->n++) {
		struct net_device *dev = &d->v[d->n];
		struct path p = { 0 };
		const char *keys[] = { "linux", "netDevices", list->v[d->n].host_name };
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			path_push_key(&p, keys[i], strlen(keys[i]));
		*dev = (struct net_device){ .spec = &list->v[d->n] };
		path_text(&p, dev->at, sizeof(dev->at));
		if (look(d, dev, a, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < d->n; i++)
		if (move(d, &d->v[i], e) < 0)
			return -1;
	return 0;
}

/* ---- undoing ---- */

static int bring_back(const struct net_devices *d, const struct net_device *dev, struct rtnl *r)
{
	int index = free_index(d->here, dev->index, r);
	if (index < 0 || set_link(d->there, dev->new_index, d->home, index, dev->name, r) < 0)
		return -1;
	for (const struct net_address *a = dev->addresses; a; a = a->next)
		if (add_address(d->here, index, a->message, false, r) < 0)
			return -1;
	return dev->flags & IFF_UP ? set_up(d->here, index, r) : 0;
}

void netdev_undo(struct net_devices *d)
{
	struct rtnl r;
	for (size_t i = d->n; i-- > 0;) {
		if (d->v[i].moved && bring_back(d, &d->v[i], &r) < 0)
			log_warn("%s: bring the network device back: %s%s", d->v[i].at, err_text(errno), r.why);
		d->v[i].moved = false;
	}
}

void netdev_close(struct net_devices *d)
{
	fd_close(&d->home);
	fd_close(&d->away);
	fd_close(&d->here);
	fd_close(&d->there);
}
