/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See number.h. strtol(3) and friends accept too much (blanks, signs, prefixes) and tell overflow late. */
#include "number.h"

#include <string.h>

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

int number_take(const char **p, uint64_t max, uint64_t *ret)
{
	bool negative;
	uint64_t v;
	size_t n = strspn(*p, "0123456789");
	if (number_parse(*p, n, &negative, &v) != NUMBER_OK || v > max)
		return -1;
	*p += n;
	*ret = v;
	return 0;
}

int number_field(const char **p, char end, uint64_t max, uint64_t *ret)
{
	const char *s = *p;
	uint64_t v;
	if (number_take(&s, max, &v) < 0 || *s != end)
		return -1;
	*p = s + (end != '\0');
	*ret = v;
	return 0;
}

int number_version(const char *s, unsigned *ret_major, unsigned *ret_minor)
{
	uint64_t major, minor;
	if (number_field(&s, '.', UINT16_MAX, &major) < 0 || number_take(&s, UINT16_MAX, &minor) < 0)
		return -1;
	*ret_major = (unsigned)major;
	*ret_minor = (unsigned)minor;
	return 0;
}
