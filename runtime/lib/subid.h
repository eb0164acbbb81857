/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /etc/subuid and /etc/subgid give a user: subuid(5). For telling what is missing, never for deciding:
 * newuidmap(1) may get its answers from elsewhere.
 */
#ifndef BERTH_LIB_SUBID_H
#define BERTH_LIB_SUBID_H

#include <stddef.h>
#include <stdint.h>

struct subid_range {
	uint64_t first, count;
};
enum { SUBID_RANGES_MAX = 256 };

/* Our name as /etc/passwd has it, without asking the name service; else our number. */
void subid_name(char *name, size_t max);
/* The ranges of a user, by name or by number. Returns how many; a file that is missing has none. */
size_t subid_ranges(const char *file, const char *name, struct subid_range *to, size_t max);

#endif
