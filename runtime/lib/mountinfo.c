/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See mountinfo.h. */
#include "mountinfo.h"

#include <string.h>

/* mountinfo writes space, tab, newline and backslash as \ooo. */
static char *unescape(char *s)
{
	char *to = s;
	for (const char *p = s; *p; to++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
		    p[3] <= '7') {
			*to = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
	return s;
}

char *mountinfo_point(char *line, const char *type)
{
	size_t n = strlen(type);
	char *sep = strstr(line, " - ");
	if (!sep || strncmp(sep + 3, type, n) != 0 || sep[3 + n] != ' ')
		return NULL;
	*sep = '\0';
	char *save, *field[5];
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return NULL;
	}
	return strcmp(field[3], "/") == 0 ? unescape(field[4]) : NULL;
}
