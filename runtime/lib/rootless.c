/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rootless or not: looked at once in a process. */
#include "rootless.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "number.h"

#define FIRST_USERNS_INO 0xEFFFFFFDU /* USER_NS_INIT_INO of <linux/nsfs.h>, since 3.8 */

/* A line of uid_map, "INSIDE OUTSIDE COUNT" with blanks to align them. */
int uid_map_line(const char *line, uint64_t ret[3])
{
	for (int i = 0; i < 3; i++) {
		line += strspn(line, " ");
		if (number_take(&line, UINT32_MAX, &ret[i]) < 0)
			return -1;
	}
	line += strspn(line, " ");
	return *line ? -1 : 0;
}

/* The first user namespace has a number of its own. Another one that maps every id to itself, "0 0 4294967295", is as
 * good. */
static bool in_first_userns(void)
{
	struct stat st;
	char map[128];
	uint64_t v[3];
	if (stat("/proc/self/ns/user", &st) == 0 && st.st_ino == FIRST_USERNS_INO)
		return true;
	if (fd_read_small(-1, "/proc/self/uid_map", map, sizeof(map)) < 0)
		return true; /* a kernel without user namespaces has no such file */
	return uid_map_line(map, v) == 0 && v[0] == 0 && v[1] == 0 && v[2] == UINT32_MAX;
}

static uid_t euid = (uid_t)-1;

uid_t own_euid(void)
{
	return euid != (uid_t)-1 ? euid : (euid = geteuid());
}

bool is_rootless(void)
{
	static int answer = -1;
	if (answer < 0)
		answer = (euid = geteuid()) != 0 || !in_first_userns();
	return answer;
}
