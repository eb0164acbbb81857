/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers of cgroup v1, which the config is written in, to those of cgroup v2. Pure.
 */
#include "internal.h"

#include <stdio.h>

enum { SHARES_MIN = 2, SHARES_MAX = 262144, WEIGHT_MAX = 10000 };
enum { BLKIO_MIN = 10, BLKIO_MAX = 1000 };

/* log2(10) with 48 binary places */
static const uint64_t log2_10 = 935039633142894ULL;

/* log2 of v >= 1 with 48 binary places (a little low: truncated). Squaring the mantissa doubles its
 * logarithm, so the bit that leaves the mantissa is the next binary place. */
static uint64_t log2_q48(uint64_t v)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(v);
	uint64_t m = whole <= 62 ? v << (62 - whole) : v >> 1; /* 1 <= m < 2 with 62 binary places */
	uint64_t r = whole;
	for (int i = 0; i < 48; i++) {
		m = (uint64_t)(((unsigned __int128)m * m) >> 62);
		r <<= 1;
		if (m >> 63) {
			m >>= 1;
			r |= 1;
		}
	}
	return r;
}

/*
 * The curve that engines and runtimes agreed on (it takes 2, 1024 and 262144 shares to weight 1, 100
 * and 10000): ceil(10^((l*l + 125*l)/612 - 7/34)) with l = log2(shares). That is the smallest weight w
 * with 612*log2(w) >= (l*l + 125*l - 126) * log2(10), found here by bisection in integers. No libm:
 * it would be loaded for this alone, and may round either way where the result is a whole number.
 */
uint64_t cg_weight_from_shares(uint64_t shares)
{
	if (shares <= SHARES_MIN)
		return 1;
	if (shares >= SHARES_MAX)
		return WEIGHT_MAX;
	unsigned __int128 l = log2_q48(shares);
	unsigned __int128 right =
		(((l * l) >> 48) + 125 * l - ((unsigned __int128)126 << 48)) * log2_10 >> 48;
	const uint64_t slack = 1 << 18; /* far above the truncation errors, far below a step of w */
	uint64_t low = 1, high = WEIGHT_MAX;
	while (low < high) {
		uint64_t w = (low + high) / 2;
		if (612 * log2_q48(w) + slack >= right)
			high = w;
		else
			low = w + 1;
	}
	return low;
}

uint64_t cg_io_weight_from_blkio(uint64_t weight)
{
	if (weight <= BLKIO_MIN)
		return 1;
	if (weight >= BLKIO_MAX)
		return WEIGHT_MAX;
	return 1 + (weight - BLKIO_MIN) * (WEIGHT_MAX - 1) / (BLKIO_MAX - BLKIO_MIN);
}

const char *cg_limit_text(int64_t v, char *buf)
{
	if (v < 0)
		return "max";
	snprintf(buf, 24, "%lld", (long long)v);
	return buf;
}

const char *cg_swap_from_v1(struct opt_i64 limit, int64_t swap, int64_t *ret)
{
	if (swap == -1) {
		*ret = -1;
		return NULL;
	}
	if (!limit.set || limit.v == 0)
		return "cannot be converted to cgroup v2 without memory.limit";
	if (limit.v < 0)
		return "limits memory and swap together, but memory.limit is -1 (unlimited)";
	if (swap < limit.v)
		return "limits memory and swap together and must not be lower than memory.limit";
	*ret = swap - limit.v;
	return NULL;
}
