/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the planner wants to know about the host. Nothing here costs more than a few system calls, and
 * what only some containers need (is an LSM on?) is asked by the command when its config names one.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/number.h"
#include "../lib/rootless.h"
#include "../lib/sys.h"
#include "../security/security.h"

enum { KERNEL_MAJOR_MIN = 5, KERNEL_MINOR_MIN = 14 };

static bool is_admin(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	return syscall(SYS_capget, &h, d) == 0 && (d[0].effective & 1U << CAP_SYS_ADMIN);
}

/* Privileges count in our user namespace. The mount namespace may belong to another one, and only trying tells. */
static void gather_rootless(struct plan_facts *f)
{
	char setgroups[16];
	f->setgroups_denied = fd_read_small(-1, "/proc/self/setgroups", setgroups, sizeof(setgroups)) > 0 &&
			      !strcmp(setgroups, "deny");
	f->euid = geteuid();
	f->egid = getegid();
	f->unprivileged = !is_admin();
	CLEANUP_FD int tree = sys_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	f->trees_inside = tree < 0 && errno == EPERM;
}

int facts_gather(struct plan_facts *f, struct arena *a, struct err *e)
{
	(void)a;
	struct utsname u;
	if (uname(&u) < 0)
		return err_set(e, errno, "find out the kernel's version");
	if (number_version(u.release, &f->kernel_major, &f->kernel_minor) < 0)
		return err_set(e, 0, "the kernel's version \"%s\" has no two numbers", u.release);
	if (f->kernel_major < KERNEL_MAJOR_MIN ||
	    (f->kernel_major == KERNEL_MAJOR_MIN && f->kernel_minor < KERNEL_MINOR_MIN))
		return err_set(e, 0, "Linux %d.%d or newer is needed, this is %s", KERNEL_MAJOR_MIN,
			       KERNEL_MINOR_MIN, u.release);
	f->rootless = is_rootless();
	if (f->rootless)
		gather_rootless(f);
	f->last_cap = capability_last();
	return 0;
}
