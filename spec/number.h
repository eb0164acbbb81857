/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict integers. See also parse_u64(), parse_i64() and parse_cpulist() in spec.h. */
#ifndef BERTH_SPEC_NUMBER_H
#define BERTH_SPEC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum number_result {
	NUMBER_OK,
	NUMBER_NOT_INTEGER, /* anything but an optional '-' and digits */
	NUMBER_OVERFLOW,    /* more than 64 bits */
};

/* Sign and magnitude of s[0..len). */
enum number_result number_parse(const char *s, size_t len, bool *negative, uint64_t *magnitude);

#endif
