/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of CPUs and memory nodes: see spec.h. */
#include <string.h>

#include "spec.h"

/* Digits at *s, below `limit`. */
static int cpu_number(const char **s, uint64_t limit, uint64_t *ret)
{
	const char *p = *s;
	uint64_t v = 0;
	while (*p >= '0' && *p <= '9') {
		v = v * 10 + (uint64_t)(*p++ - '0');
		if (v >= limit)
			return -1;
	}
	if (p == *s)
		return -1;
	*s = p;
	*ret = v;
	return 0;
}

/* The schema's pattern for such lists has a blank in it. */
static void skip_blanks(const char **s)
{
	while (**s == ' ')
		(*s)++;
}

/* Strict in all else: no empty parts, no ranges that run backwards, nothing beyond the mask. */
int parse_cpulist(const char *s, unsigned char *mask, size_t nbytes, size_t *ret_used)
{
	size_t used = 0;
	memset(mask, 0, nbytes);
	skip_blanks(&s);
	while (*s) {
		uint64_t first, last;
		if (cpu_number(&s, nbytes * 8, &first) < 0)
			return -1;
		last = first;
		if (*s == '-') {
			s++;
			if (cpu_number(&s, nbytes * 8, &last) < 0 || last < first)
				return -1;
		}
		for (uint64_t i = first; i <= last; i++)
			mask[i / 8] |= (unsigned char)(1u << i % 8);
		if (last / 8 + 1 > used)
			used = last / 8 + 1;
		skip_blanks(&s);
		if (*s == '\0')
			break;
		if (*s++ != ',')
			return -1;
		skip_blanks(&s);
		if (*s == '\0')
			return -1; /* a comma needs something after it */
	}
	*ret_used = used;
	return 0;
}
