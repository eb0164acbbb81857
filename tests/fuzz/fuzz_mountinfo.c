/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as a line of /proc/self/mountinfo.
 *
 * Holds: a mount point that is found lies in the line and is no longer than it; the same line without the separator or with
 * another type gives none.
 */
#include <stdlib.h>
#include <string.h>

#include "../../runtime/lib/mountinfo.h"
#include "fuzz.h"

static bool look(const char *text, const char *type)
{
	size_t n = strlen(text);
	char *line = fuzz_copy(text, n + 1);
	const char *point = mountinfo_point(line, type);
	FUZZ_ASSERT(!point || (point >= line && point + strlen(point) <= line + n));
	bool found = point;
	free(line);
	return found;
}

void fuzz_mountinfo(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	bool v2 = look(text, "cgroup2"), v1 = look(text, "cgroup"), rdt = look(text, "resctrl");
	FUZZ_ASSERT(v1 + v2 + rdt <= 1);
	FUZZ_ASSERT(strstr(text, " - ") || !(v1 || v2 || rdt));
	free(text);
}
