/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See arena.h. Chunks form a list, newest first; a large request gets a chunk of its own. */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 32 * 1024, ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(ALIGN) char data[];
};

/*
 * The first chunks come from here: most commands need no more, and a chunk that malloc maps and unmaps for the
 * sake of a few strings costs more than what is done with them. What was not touched takes no memory. Taken and
 * given back like a stack; out of order, a chunk is lost until the end. The sanitizers shall see each chunk.
 */
#if defined(__SANITIZE_ADDRESS__)
enum { POOL = 0 };
#else
enum { POOL = 16 * CHUNK };
#endif
static _Alignas(64) char pool[POOL + 1];
static size_t pool_used;

static _Noreturn void out_of_memory(void)
{
	static const char msg[] = "berth: out of memory\n";
	ssize_t r = write(STDERR_FILENO, msg, sizeof(msg) - 1);
	(void)r;
	_exit(1);
}

static struct arena_chunk *chunk_new(size_t size)
{
	size_t whole = (sizeof(struct arena_chunk) + size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct arena_chunk *c;
	if (whole <= POOL - pool_used) {
		c = (struct arena_chunk *)(pool + pool_used);
		pool_used += whole;
	} else {
		c = calloc(1, whole);
		if (!c)
			out_of_memory();
	}
	c->size = size;
	return c;
}

static void chunk_free(struct arena_chunk *c)
{
	char *p = (char *)c;
	size_t whole = (sizeof(*c) + c->size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (p < pool || p >= pool + sizeof(pool)) {
		free(c);
		return;
	}
	if (p + whole == pool + pool_used)
		pool_used -= whole;
	memset(c, 0, sizeof(*c) + c->used);
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (n > SIZE_MAX / 2)
		out_of_memory();
	n = (n + ALIGN) & ~(size_t)(ALIGN - 1); /* always at least one byte */
	struct arena_chunk *c = a->chunk;
	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK ? n : CHUNK;
		c = chunk_new(size);
		/* a chunk made for one large object must not hide the room left in the current one */
		if (n > CHUNK / 2 && a->chunk) {
			c->next = a->chunk->next;
			a->chunk->next = c;
		} else {
			c->next = a->chunk;
			a->chunk = c;
		}
	}
	void *p = c->data + c->used;
	c->used += n;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	return arena_alloc(a, total);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);
	memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char few[256]; /* nearly all texts are short, and printed once is half of measured and then printed */
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(few, sizeof(few), fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory();
	if ((size_t)n < sizeof(few))
		return arena_strndup(a, few, (size_t)n);
	char *p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void *arena_grow(struct arena *a, void *array, size_t used, size_t *cap, size_t size)
{
	if (used < *cap)
		return array;
	size_t n = *cap ? *cap * 2 : 8;
	void *p = arena_array(a, n, size);
	if (used)
		memcpy(p, array, used * size);
	*cap = n;
	return p;
}

void arena_free(struct arena *a)
{
	for (struct arena_chunk *c = a->chunk, *next; c; c = next) {
		next = c->next;
		chunk_free(c);
	}
	a->chunk = NULL;
}
