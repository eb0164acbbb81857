/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines and columns of many JSON paths at once: one pass over the document for each level of nesting that one of
 * them has to be shortened by. The path of each value is kept as text and looked up among those asked for. The document
 * has been decoded before, or failed to be: an error of the parser just ends the pass.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "path.h"
#include "spec.h"
#include "../runtime/lib/yajl_mem.h"

struct level {
	size_t text; /* length of the path of the object or array */
	size_t index;
	bool array;
};

struct walk {
	yajl_handle yajl;
	const char *json;
	size_t len;
	struct spec_place **want; /* sorted by path; those found are passed over */
	size_t n;
	char text[PATH_TEXT]; /* path of the current value */
	bool lost;	      /* it did not fit */
	struct level level[SPEC_MAX_DEPTH + 2];
	size_t depth, last;
	size_t at, line, column; /* where counting has come to */
};

static void append(struct walk *w, const struct path *part)
{
	char text[PATH_TEXT];
	size_t used = w->level[w->depth].text;
	path_text(part, text, sizeof(text));
	size_t n = strlen(text), dot = used && *text != '[';
	w->lost = used + dot + n >= sizeof(w->text);
	if (w->lost)
		return;
	if (dot)
		w->text[used] = '.';
	memcpy(w->text + used + dot, text, n + 1);
}

static void count_to(struct walk *w, size_t offset)
{
	for (; w->at < offset; w->at++) {
		unsigned char c = (unsigned char)w->json[w->at];
		if (c == '\n') {
			w->line++;
			w->column = 1;
		} else if ((c & 0xc0) != 0x80) {
			w->column++;
		}
	}
}

/* The path asked for, cut to what is looked for in this pass, against the current one. */
static int compare(const struct spec_place *p, const char *text)
{
	int r = strncmp(p->path, text, p->found);
	return r ? r : text[p->found] ? -1 : 0;
}

static size_t first_match(const struct walk *w, const char *text)
{
	size_t low = 0, high = w->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(w->want[middle], text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A value begins: its path is complete now. */
static void value_begins(struct walk *w)
{
	struct level *l = &w->level[w->depth];
	if (w->depth && l->array) {
		struct path part = { .n = 0 };
		path_push_index(&part, l->index++);
		append(w, &part);
	}
	if (w->lost)
		return;
	for (size_t i = first_match(w, w->text); i < w->n && compare(w->want[i], w->text) == 0; i++) {
		if (w->want[i]->line)
			continue;
		count_to(w, text_token_start(w->json, w->len, w->last));
		w->want[i]->line = w->line;
		w->want[i]->column = w->column;
	}
}

static int token(struct walk *w)
{
	w->last = yajl_get_bytes_consumed(w->yajl);
	return 1;
}

static int enter(struct walk *w, bool array)
{
	value_begins(w);
	if (w->depth == SPEC_MAX_DEPTH + 1)
		return 0;
	w->level[++w->depth] = (struct level){ .text = w->lost ? PATH_TEXT : strlen(w->text), .array = array };
	return token(w);
}

static int on_map(void *ctx)
{
	return enter(ctx, false);
}

static int on_array(void *ctx)
{
	return enter(ctx, true);
}

static int on_end(void *ctx)
{
	struct walk *w = ctx;
	w->depth--;
	return token(w);
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct walk *w = ctx;
	struct path part = { .n = 0 };
	path_push_key(&part, (const char *)s, len);
	append(w, &part);
	return token(w);
}

static int on_value(void *ctx)
{
	value_begins(ctx);
	return token(ctx);
}

static int on_bool(void *ctx, int v)
{
	(void)v;
	return on_value(ctx);
}

static int on_number(void *ctx, const char *s, size_t len)
{
	(void)s;
	(void)len;
	return on_value(ctx);
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	(void)s;
	(void)len;
	return on_value(ctx);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_value,
	.yajl_boolean = on_bool,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_end,
};

static void pass(struct walk *w)
{
	w->depth = w->last = w->at = 0;
	w->text[0] = '\0';
	w->lost = false;
	w->line = w->column = 1;
	w->level[0] = (struct level){ 0 };
	struct arena scratch = { 0 };
	yajl_alloc_funcs funcs = yajl_mem(&scratch);
	w->yajl = yajl_alloc(&callbacks, &funcs, w);
	yajl_parse(w->yajl, (const unsigned char *)w->json, w->len);
	yajl_complete_parse(w->yajl);
	arena_free(&scratch);
}

/* Length of a path without its last part. */
static size_t shortened(const char *path, size_t len)
{
	char key[PATH_TEXT];
	const char *p = path, *before = path;
	struct path_part part;
	while (*p && (size_t)(p - path) < len) {
		before = p;
		if (path_parse_part(&p, &part, key, sizeof(key)) < 0)
			return 0;
	}
	size_t n = (size_t)(before - path);
	return n && path[n - 1] == '.' ? n - 1 : n;
}

static int by_path(const void *a, const void *b)
{
	const struct spec_place *p = *(struct spec_place *const *)a, *q = *(struct spec_place *const *)b;
	size_t n = p->found < q->found ? p->found : q->found;
	int r = strncmp(p->path, q->path, n);
	return r ? r : (p->found > q->found) - (p->found < q->found);
}

void spec_locate_all(struct arena *a, const char *json, size_t len, struct spec_place *v, size_t n)
{
	struct walk *w = arena_alloc(a, sizeof(*w));
	*w = (struct walk){ .json = json, .len = len };
	w->want = arena_array(a, n, sizeof(*w->want)); /* NOLINT(bugprone-sizeof-expression): pointers */
	for (size_t i = 0; i < n; i++) {
		v[i].line = v[i].column = 0;
		v[i].found = strlen(v[i].path);
	}
	for (int level = 0; level < PATH_PARTS; level++) {
		w->n = 0;
		for (size_t i = 0; i < n; i++) {
			if (v[i].line)
				continue;
			if (level)
				v[i].found = shortened(v[i].path, v[i].found);
			w->want[w->n++] = &v[i];
		}
		if (!w->n)
			return;
		qsort(w->want, w->n, sizeof(*w->want), by_path); /* NOLINT(bugprone-sizeof-expression): pointers */
		pass(w);
	}
}

void spec_err_locate(struct err *e, const char *json, size_t len)
{
	if (!e->set || !e->path[0] || strstr(e->text, " (line "))
		return;
	struct arena scratch = { 0 };
	struct spec_place place = { .path = e->path };
	spec_locate_all(&scratch, json, len, &place, 1);
	arena_free(&scratch);
	size_t used = strlen(e->text);
	if (place.found)
		snprintf(e->text + used, sizeof(e->text) - used, " (line %zu, column %zu)", place.line, place.column);
}
