/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See number.h and spec.h. strtol(3) and friends accept too much (blanks, signs, prefixes). */
#include "number.h"

#include <string.h>

#include "spec.h"

enum number_result number_parse(const char *s, size_t len, bool *negative, uint64_t *magnitude)
{
	uint64_t v = 0;
	bool overflow = false;
	*negative = len && s[0] == '-';
	size_t i = *negative;
	if (i == len)
		return NUMBER_NOT_INTEGER;
	for (; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return NUMBER_NOT_INTEGER;
		overflow |= __builtin_mul_overflow(v, 10, &v) ||
			    __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v);
	}
	*magnitude = v;
	return overflow ? NUMBER_OVERFLOW : NUMBER_OK;
}

/* "-0" is not digits only. */
int parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	bool negative;
	uint64_t v;
	if (number_parse(s, strlen(s), &negative, &v) != NUMBER_OK || negative || s[0] == '-' || v > max)
		return -1;
	*ret = v;
	return 0;
}

int parse_i64(const char *s, int64_t *ret)
{
	bool negative;
	uint64_t v;
	if (number_parse(s, strlen(s), &negative, &v) != NUMBER_OK)
		return -1;
	if (v > (uint64_t)INT64_MAX + negative)
		return -1;
	*ret = (int64_t)(negative ? (uint64_t)0 - v : v);
	return 0;
}

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
