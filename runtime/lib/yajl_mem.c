/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See yajl_mem.h. In front of each piece stands its size, for realloc. */
#include "yajl_mem.h"

#include <string.h>

enum { HEAD = 16 };

static void *mem_alloc(void *a, size_t n)
{
	char *p = arena_alloc(a, n + HEAD);
	memcpy(p, &n, sizeof(n));
	return p + HEAD;
}

static void *mem_realloc(void *a, void *old, size_t n)
{
	size_t had = 0;
	if (old)
		memcpy(&had, (char *)old - HEAD, sizeof(had));
	if (n <= had)
		return old;
	void *p = mem_alloc(a, n);
	if (had)
		memcpy(p, old, had);
	return p;
}

static void mem_free(void *a, void *p)
{
	(void)a;
	(void)p;
}

yajl_alloc_funcs yajl_mem(struct arena *a)
{
	return (yajl_alloc_funcs){ mem_alloc, mem_realloc, mem_free, a };
}
