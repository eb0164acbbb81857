/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits that have to be raised from outside. berth-init sets process.rlimits itself, as the last thing before the
 * program; but a hard limit is raised by CAP_SYS_RESOURCE of the first user namespace only (setrlimit(2)), and in
 * a user namespace of its own berth-init has not got that any more.
 */
#include "act.h"

#include <sys/resource.h>

#include "../../spec/spec.h"

void rlimits_raise(pid_t pid, const struct spec_rlimits *limits)
{
	for (size_t i = 0; i < limits->n; i++) {
		int resource = spec_rlimit_number(limits->v[i].type);
		struct rlimit r;
		if (resource < 0 || prlimit(pid, resource, NULL, &r) < 0 ||
		    limits->v[i].hard <= r.rlim_max)
			continue;
		r.rlim_max = limits->v[i].hard;
		/* refused: berth-init will be refused too, and says where */
		prlimit(pid, resource, &r, NULL);
	}
}
