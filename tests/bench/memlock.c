/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into a peer that insists on raising RLIMIT_MEMLOCK, on machines where even root may not (no
 * CAP_SYS_RESOURCE): lets it go on. BPF memory is charged to the cgroup since Linux 5.11, so the limit means
 * nothing to it.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	long r = syscall(SYS_prlimit64, 0, resource, limit, (void *)0);
	return resource == RLIMIT_MEMLOCK ? 0 : (int)r;
}
