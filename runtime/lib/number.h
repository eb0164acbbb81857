/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Integers out of text: the one way to read them, whether they come from a command line, the environment, a document, a state
 * file or the kernel. Decimal digits and nothing else: no blanks, no plus, no prefix, no value beyond the range. A
 * function that fails leaves *ret (and *p) as it was. Plain strtol(3) and sscanf(3) are banned (`make lint`).
 */
#ifndef BERTH_LIB_NUMBER_H
#define BERTH_LIB_NUMBER_H

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

/* The whole string (one leading '-' for i64). 0 or -1. */
int parse_u64(const char *s, uint64_t max, uint64_t *ret);
int parse_i64(const char *s, int64_t *ret);

/* The digits that *p begins with; *p moves behind them. 0 or -1. */
int number_take(const char **p, uint64_t max, uint64_t *ret);
/* The same, and the character `end` has to follow, which is skipped as well ('\0': the text ends there). */
int number_field(const char **p, char end, uint64_t max, uint64_t *ret);

/* The two numbers that a version such as "6.18.0-rc1" begins with. 0 or -1. */
int number_version(const char *s, unsigned *ret_major, unsigned *ret_minor);

#endif
