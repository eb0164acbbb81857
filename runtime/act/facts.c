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
#include "../lib/rootless.h"
#include "../security/security.h"

enum { KERNEL_MAJOR_MIN = 5, KERNEL_MINOR_MIN = 14 };

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
	f->rootless = is_rootless();
	f->unprivileged = geteuid() != 0;
	if (f->rootless) {
		char setgroups[16];
		f->setgroups_denied = fd_read_small(-1, "/proc/self/setgroups", setgroups, sizeof(setgroups)) > 0 &&
				      !strcmp(setgroups, "deny");
	}
	f->last_cap = capability_last();
	return 0;
}
