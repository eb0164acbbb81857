/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BERTH_LIB_CLOCK_H
#define BERTH_LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

/* For deadlines: milliseconds of CLOCK_MONOTONIC, which nobody sets. */
static inline int64_t monotonic_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
