/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON text that we made ourselves, into the output: read, and written again in its style. */
#include "print.h"

#include <string.h>
#include <yajl/yajl_parse.h>

#include "../lib/arena.h"
#include "../lib/yajl_mem.h"

struct copy {
	struct json *j;
	struct arena arena;
};

static int on_bool(void *ctx, int v)
{
	json_bool(((struct copy *)ctx)->j, v);
	return 1;
}

static int on_number(void *ctx, const char *s, size_t len)
{
	json_number(((struct copy *)ctx)->j, s, len);
	return 1;
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	struct copy *c = ctx;
	json_str(c->j, arena_strndup(&c->arena, (const char *)s, len));
	return 1;
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct copy *c = ctx;
	json_key(c->j, arena_strndup(&c->arena, (const char *)s, len));
	return 1;
}

static int on_map(void *ctx)
{
	json_map(((struct copy *)ctx)->j);
	return 1;
}

static int on_map_end(void *ctx)
{
	json_end_map(((struct copy *)ctx)->j);
	return 1;
}

static int on_array(void *ctx)
{
	json_array(((struct copy *)ctx)->j);
	return 1;
}

static int on_array_end(void *ctx)
{
	json_end_array(((struct copy *)ctx)->j);
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_boolean = on_bool,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_map_key = on_key,
	.yajl_start_map = on_map,
	.yajl_end_map = on_map_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_array_end,
};

void json_value(struct json *j, const char *text)
{
	struct copy c = { .j = j };
	yajl_alloc_funcs funcs = yajl_mem(&c.arena);
	yajl_handle h = yajl_alloc(&callbacks, &funcs, &c);
	yajl_parse(h, (const unsigned char *)text, strlen(text));
	yajl_complete_parse(h);
	arena_free(&c.arena);
}
