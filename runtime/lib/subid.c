/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See subid.h. */
#include "subid.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "number.h"

/* "NAME:FIRST:COUNT", the name may be the uid as well. */
static bool parse_line(char *line, const char *name, const char *uid, struct subid_range *ret)
{
	size_t n = strcspn(line, ":");
	const char *p = line + n + 1;
	if (line[n] != ':' || ((strlen(name) != n || memcmp(line, name, n) != 0) &&
			       (strlen(uid) != n || memcmp(line, uid, n) != 0)))
		return false;
	line[n + 1 + strcspn(p, "\n")] = '\0';
	return number_field(&p, ':', UINT64_MAX, &ret->first) == 0 && number_field(&p, '\0', UINT64_MAX, &ret->count) == 0;
}

size_t subid_ranges(const char *file, const char *name, struct subid_range *to, size_t max)
{
	char *line = NULL, uid[24];
	size_t size = 0, n = 0;
	FILE *f = fopen(file, "re");
	snprintf(uid, sizeof(uid), "%u", (unsigned)getuid());
	ssize_t len;
	while (f && n < max && (len = getline(&line, &size, f)) > 0)
		n += !memchr(line, '\0', (size_t)len) && parse_line(line, name, uid, &to[n]);
	free(line);
	if (f)
		fclose(f);
	return n;
}

void subid_name(char *name, size_t max)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f = fopen("/etc/passwd", "re");
	snprintf(name, max, "%u", (unsigned)getuid());
	while (f && getline(&line, &size, f) > 0) {
		size_t n = strcspn(line, ":"), pass = line[n] ? n + 1 + strcspn(line + n + 1, ":") : n;
		const char *p = line + pass + 1;
		uint64_t uid;
		if (!line[n] || !line[pass] || n == 0 || n >= max || number_field(&p, ':', UINT32_MAX, &uid) < 0 ||
		    uid != getuid())
			continue;
		memcpy(name, line, n);
		name[n] = '\0';
		break;
	}
	free(line);
	if (f)
		fclose(f);
}
