/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rootless or not: looked at once in a process. */
#include "rootless.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"

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

bool is_rootless(void)
{
	static int answer = -1;
	if (answer < 0)
		answer = geteuid() != 0 || !in_first_userns();
	return answer;
}
