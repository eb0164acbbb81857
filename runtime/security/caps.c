/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capability names to bit masks. Setting them is berth-init's work (plan/format.h, STEP_CAPS). */
#include "security.h"

#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "../../spec/spec.h"

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

uint64_t capability_mask(const struct strv *names, cap_warn_fn *warn, void *ctx)
{
	uint64_t mask = 0;
	for (size_t i = 0; i < names->n; i++) {
		int cap = spec_capability_number(names->v[i]);
		if (cap >= 0 && cap < 64) {
			mask |= UINT64_C(1) << cap;
			continue;
		}
		if (warn) {
			char text[160];
			snprintf(text, sizeof(text), "unknown capability \"%.64s\" is ignored", names->v[i]);
			warn(ctx, text);
		}
	}
	return mask;
}
