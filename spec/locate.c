/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Line and column of a JSON path: a second pass over the document, made only when there is an error to
 * report. Follows the path with one counter for how many of its parts the open brackets match.
 */
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "path.h"
#include "spec.h"
#include "../runtime/lib/yajl_mem.h"

struct locator {
	yajl_handle yajl;
	const char *json;
	size_t len;
	struct path_part part[PATH_PARTS]; /* what is looked for */
	char keys[PATH_PARTS][PATH_TEXT];
	unsigned parts;
	unsigned depth;   /* open brackets */
	unsigned matched; /* the outermost so many of them lie on the path */
	size_t index;     /* next index in the innermost matched array */
	bool is_array, key_matches;
	size_t last, found;
};

static size_t token_start(const struct locator *l)
{
	return text_token_start(l->json, l->len, l->last);
}

/* A value begins. True when it is the next part of the path. */
static bool on_path(struct locator *l)
{
	if (l->depth != l->matched || l->depth > l->parts)
		return false;
	if (l->depth == 0)
		return true;
	const struct path_part *p = &l->part[l->depth - 1];
	return l->is_array ? !p->key && l->index++ == p->index : l->key_matches;
}

static int value(void *ctx)
{
	struct locator *l = ctx;
	if (on_path(l) && l->depth == l->parts) {
		l->found = token_start(l);
		return 0;
	}
	l->last = yajl_get_bytes_consumed(l->yajl);
	return 1;
}

/* Only a bracket that is on the path and not yet its end leads deeper; others are counted through. */
static int open_bracket(struct locator *l, bool array)
{
	if (on_path(l)) {
		if (l->depth == l->parts) {
			l->found = token_start(l);
			return 0;
		}
		l->matched++;
		l->is_array = array;
		l->index = 0;
		l->key_matches = false;
	}
	l->depth++;
	l->last = yajl_get_bytes_consumed(l->yajl);
	return 1;
}

static int on_map(void *ctx)
{
	return open_bracket(ctx, false);
}

static int on_array(void *ctx)
{
	return open_bracket(ctx, true);
}

static int on_end(void *ctx)
{
	struct locator *l = ctx;
	if (l->depth == l->matched)
		return 0; /* what was looked for would have been in here */
	l->depth--;
	l->last = yajl_get_bytes_consumed(l->yajl);
	return 1;
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct locator *l = ctx;
	if (l->depth == l->matched) {
		const struct path_part *p = &l->part[l->depth - 1];
		l->key_matches = p->key && p->len == len && memcmp(p->key, s, len) == 0;
	}
	l->last = yajl_get_bytes_consumed(l->yajl);
	return 1;
}

static int on_bool(void *ctx, int v)
{
	(void)v;
	return value(ctx);
}

static int on_number(void *ctx, const char *s, size_t len)
{
	(void)s;
	(void)len;
	return value(ctx);
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	(void)s;
	(void)len;
	return value(ctx);
}

static const yajl_callbacks callbacks = {
	.yajl_null = value,
	.yajl_boolean = on_bool,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_end,
};

/* Look for the first `parts` parts of the path. */
static int find(struct locator *l, unsigned parts)
{
	l->parts = parts;
	l->depth = l->matched = 0;
	l->last = 0;
	l->found = SIZE_MAX;
	struct arena scratch = { 0 };
	yajl_alloc_funcs funcs = yajl_mem(&scratch);
	l->yajl = yajl_alloc(&callbacks, &funcs, l);
	yajl_parse(l->yajl, (const unsigned char *)l->json, l->len);
	arena_free(&scratch);
	return l->found == SIZE_MAX ? -1 : 0;
}

/* Fill in the parts of the path. Returns how many there are; -1: it is none, or too long. */
static int parse_path(struct locator *l, const char *path)
{
	unsigned n = 0;
	while (*path) {
		if (n == PATH_PARTS ||
		    path_parse_part(&path, &l->part[n], l->keys[n], sizeof(l->keys[n])) < 0)
			return -1;
		n++;
	}
	return (int)n;
}

/* The document has been decoded before, or failed to be: an error of the parser just ends the search. */
int spec_locate(const char *json, size_t len, const char *path, size_t *line, size_t *column)
{
	struct locator l = {.json = json, .len = len};
	int n = parse_path(&l, path);
	if (n < 0 || find(&l, (unsigned)n) < 0)
		return -1;
	text_position(json, len, l.found, line, column);
	return 0;
}

/* A check may name a property that is missing: then its object is the place to look at. */
void spec_err_locate(struct err *e, const char *json, size_t len)
{
	struct locator l = {.json = json, .len = len};
	if (!e->set || !e->path[0] || strstr(e->text, " (line "))
		return;
	int n = parse_path(&l, e->path);
	while (n > 0 && find(&l, (unsigned)n) < 0)
		n--;
	if (n <= 0)
		return;
	size_t line, column, used = strlen(e->text);
	text_position(json, len, l.found, &line, &column);
	snprintf(e->text + used, sizeof(e->text) - used, " (line %zu, column %zu)", line, column);
}
