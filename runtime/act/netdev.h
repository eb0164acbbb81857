/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.netDevices: network devices of berth's network namespace go into the container's.
 *
 * Nothing is moved before all of them were looked at. A device takes its attributes along by itself; its addresses the
 * kernel drops, so the permanent ones of global scope are put back, and then it is set up. Routes are not: they are
 * configuration of the namespace that it left. Afterwards berth has nothing more to do with it: when the namespace
 * ends, the kernel brings physical devices back and destroys virtual ones.
 */
#ifndef BERTH_ACT_NETDEV_H
#define BERTH_ACT_NETDEV_H

#include "../../spec/config.h"
#include "../lib/arena.h"
#include "../lib/err.h"

struct net_device;
struct net_devices {
	int home, away;	   /* our network namespace and the container's */
	int here, there;   /* sockets in them */
	struct net_device *v;
	size_t n;
};
#define NET_DEVICES_INIT { .home = -1, .away = -1, .here = -1, .there = -1 }

/* pidfd: a process in the namespace they go to. After a failure some may have been moved: netdev_undo(). */
int netdev_move(struct net_devices *d, struct arena *a, const struct spec_net_devices *list, int pidfd, struct err *e);
/* Bring back what was moved, under its old name and number, with its permanent addresses, up if it was up. What
 * cannot be brought back is a warning. */
void netdev_undo(struct net_devices *d);
void netdev_close(struct net_devices *d);

#endif
