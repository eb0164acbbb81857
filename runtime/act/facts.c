/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the planner wants to know about the host. Nothing here costs more than a few system calls, and
 * what only some containers need (is an LSM on?) is asked by the command when its config names one.
 */
#include "act.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../security/security.h"

enum { KERNEL_MAJOR_MIN = 5, KERNEL_MINOR_MIN = 14 };

/* The first user namespace maps every id to itself: "0 0 4294967295". */
static bool in_first_userns(void)
{
	char map[128];
	if (fd_read_small(-1, "/proc/self/uid_map", map, sizeof(map)) < 0)
		return true; /* a kernel without user namespaces has no such file */
	unsigned long inside, outside, count;
	return sscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3 && inside == 0 && outside == 0 &&
	       count == 4294967295UL && !strchr(map, '\n');
}

bool facts_rootless(void)
{
	static int answer = -1;
	if (answer < 0)
		answer = geteuid() != 0 || !in_first_userns();
	return answer;
}

int facts_gather(struct plan_facts *f, struct arena *a, struct err *e)
{
	(void)a;
	struct utsname u;
	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &f->kernel_major, &f->kernel_minor) != 2)
		return err_set(e, errno, "find out the kernel's version");
	if (f->kernel_major < KERNEL_MAJOR_MIN ||
	    (f->kernel_major == KERNEL_MAJOR_MIN && f->kernel_minor < KERNEL_MINOR_MIN))
		return err_set(e, 0, "Linux %d.%d or newer is needed, this is %s", KERNEL_MAJOR_MIN,
			       KERNEL_MINOR_MIN, u.release);
	f->rootless = facts_rootless();
	f->unprivileged = geteuid() != 0;
	if (f->rootless) {
		char setgroups[16];
		f->setgroups_denied = fd_read_small(-1, "/proc/self/setgroups", setgroups, sizeof(setgroups)) > 0 &&
				      !strcmp(setgroups, "deny");
	}
	f->last_cap = capability_last();
	return 0;
}
