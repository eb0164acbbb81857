/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities of this kernel. Setting them is berth-init's work (plan/format.h, STEP_CAPS). */
#include "security.h"

#include <linux/capability.h>
#include <sys/prctl.h>

/* PR_CAPBSET_READ fails with EINVAL for a number that the kernel does not have, for everybody and in
 * every user namespace. The oldest kernel that we run on has this one; one call tells that there is none after it. */
int capability_last(void)
{
	int cap = CAP_CHECKPOINT_RESTORE; /* [5.9] */
	while (cap < 63 && prctl(PR_CAPBSET_READ, cap + 1, 0, 0, 0) >= 0)
		cap++;
	return cap;
}
