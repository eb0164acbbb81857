/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities of this kernel. Setting them is berth-init's work (plan/format.h, STEP_CAPS). */
#include "security.h"

#include <linux/capability.h>
#include <sys/prctl.h>

/* PR_CAPBSET_READ fails with EINVAL for a number that the kernel does not have, for everybody and in
 * every user namespace. So the highest number is found next to the one that our headers know, with two
 * system calls on a kernel of the same age and without /proc. */
int capability_last(void)
{
	int cap = CAP_LAST_CAP;
	while (cap > 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) < 0)
		cap--;
	while (cap < 63 && prctl(PR_CAPBSET_READ, cap + 1, 0, 0, 0) >= 0)
		cap++;
	return cap;
}
