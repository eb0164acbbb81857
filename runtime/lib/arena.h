/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that is given back all at once. A command is one short process: what it decodes and plans
 * lives until it ends, so nothing is freed piece by piece. Running out of memory ends the process
 * with exit code 1 and a message, because nothing sensible can be undone without memory.
 */
#ifndef BERTH_LIB_ARENA_H
#define BERTH_LIB_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;
struct arena {
	struct arena_chunk *chunk;
};

/* Zeroed memory aligned for any type; n == 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t n);
/* arena_alloc() of n elements of `size` bytes; refuses an overflowing product as out of memory. */
void *arena_array(struct arena *a, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Grow an array of `used` elements so that one more fits; *cap is the capacity. Returns the array. */
void *arena_grow(struct arena *a, void *array, size_t used, size_t *cap, size_t size);
/* Give everything back; the arena can be used again. Accepts a zeroed arena. */
void arena_free(struct arena *a);

#endif
