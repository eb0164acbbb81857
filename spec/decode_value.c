/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoder's errors, then its scalars: null, booleans, numbers, strings. See decoder.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "decoder.h"
#include "../runtime/lib/number.h"

/* What is due, in the words of the error. */
static const char *const type_words[ROW_TYPES] = {
	[ROW_STRING] = "a string",        [ROW_NAMESPACE] = "a string",   [ROW_BOOL] = "true or false",
	[ROW_OPT_BOOL] = "true or false", [ROW_U32] = "an integer",       [ROW_U64] = "an integer",
	[ROW_I64] = "an integer",         [ROW_OPT_U64] = "an integer",   [ROW_OPT_I64] = "an integer",
	[ROW_STRINGS] = "an array",       [ROW_U32S] = "an array",        [ROW_LIST] = "an array",
	[ROW_OBJECT] = "an object",       [ROW_OBJECT_PTR] = "an object", [ROW_STRING_MAP] = "an object",
	[ROW_OBJECT_MAP] = "an object",
};

/* The path is that of the open frames: in an object the key that is being read, in a list the number of
 * elements that are complete. */
int decode_fail(struct decoder *d, size_t offset, const char *fmt, ...)
{
	char text[256], where[PATH_TEXT];
	struct path p = { .n = 0 };
	size_t line, column;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (unsigned i = 0; i < d->n; i++) {
		const struct frame *f = &d->frame[i];
		if (f->kind == ROW_LIST || f->kind == ROW_STRINGS || f->kind == ROW_U32S)
			path_push_index(&p, f->n);
		else if (f->key)
			path_push_key(&p, f->key, f->key_len);
	}
	path_text(&p, where, sizeof(where));
	text_position(d->json, d->len, offset, &line, &column);
	if (where[0])
		err_config(d->e, where, "%s (line %zu, column %zu)", text, line, column);
	else
		err_set(d->e, 0, "%s (line %zu, column %zu)", text, line, column);
	return 0;
}

size_t decode_token_start(const struct decoder *d)
{
	return text_token_start(d->json, d->len, d->last);
}

/* Asked at every token, also of values that are skipped: what we ignore must be valid JSON all the same. */
int decode_check_bad(struct decoder *d)
{
	return token_end(d) <= d->bad || decode_fail(d, d->bad, "%s", d->why);
}

int decode_wrong_type(struct decoder *d, const char *found)
{
	const struct frame *f = top(d);
	if (!f)
		return decode_fail(d, decode_token_start(d), "expected an object as the document, found %s",
				   found);
	const char *due = f->kind == ROW_OBJECT                                 ? type_words[f->row->type]
			  : f->kind == ROW_U32S                                 ? "an integer"
			  : f->kind == ROW_STRINGS || f->kind == ROW_STRING_MAP ? "a string"
										: "an object";
	return decode_fail(d, decode_token_start(d), "expected %s, found %s", due, found);
}

/* The string's place in the copy. yajl hands out a pointer into the document, or into its own buffer
 * when there were escapes; decoded text is never longer than its source, so it fits before the quote. */
const char *decode_keep(struct decoder *d, const unsigned char *s, size_t len)
{
	size_t end = token_end(d) - 1;
	char *p = d->doc + end - len;
	if ((const char *)s != d->json + end - len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

/* Bounds what one list or map can cost, whatever is done with it later. */
int decode_check_full(struct decoder *d, size_t n)
{
	return n < SPEC_MAX_LIST ||
	       decode_fail(d, decode_token_start(d), "more than %d entries", SPEC_MAX_LIST);
}

/* null is never the value of a property that we know; some encoders write it for an absent one, but then the
 * reader would have to guess whether a default or nothing was meant. */
int decode_null(void *ctx)
{
	struct decoder *d = ctx;
	return decode_check_bad(d) && (skipping(d) || decode_wrong_type(d, "null")) && done(d);
}

static int store_bool(struct decoder *d, bool v)
{
	struct frame *f = top(d);
	if (f && f->kind == ROW_OBJECT && f->row->type == ROW_BOOL)
		*(bool *)(void *)(f->base + f->row->offset) = v;
	else if (f && f->kind == ROW_OBJECT && f->row->type == ROW_OPT_BOOL)
		*(struct opt_bool *)(void *)(f->base + f->row->offset) = (struct opt_bool){v, true };
	else
		return decode_wrong_type(d, v ? "true" : "false");
	return 1;
}

int decode_bool(void *ctx, int v)
{
	struct decoder *d = ctx;
	return decode_check_bad(d) && (skipping(d) || store_bool(d, v)) && done(d);
}

/* Is an integer due here? */
static bool is_integer(const struct frame *f)
{
	if (!f || (f->kind != ROW_OBJECT && f->kind != ROW_U32S))
		return false;
	return f->kind == ROW_U32S || (f->row->type >= ROW_U32 && f->row->type <= ROW_OPT_I64);
}

static int out_of_range(struct decoder *d, const struct row *r, const char *s, int len)
{
	return decode_fail(d, decode_token_start(d), "%.*s is out of range (%lld to %llu)", len, s,
			   (long long)r->min, (unsigned long long)r->max);
}

/* An integer within the row's range, as two's complement. */
static int integer(struct decoder *d, const struct row *r, const char *s, size_t len, uint64_t *ret)
{
	bool negative;
	uint64_t v;
	int shown = len > 40 ? 40 : (int)len;
	switch (number_parse(s, len, &negative, &v)) {
	case NUMBER_NOT_INTEGER:
		return decode_fail(d, decode_token_start(d), "expected an integer, found %.*s", shown, s);
	case NUMBER_OVERFLOW:
		return out_of_range(d, r, s, shown);
	case NUMBER_OK:
		break;
	}
	if (negative && r->min >= 0)
		return decode_fail(d, decode_token_start(d), "%.*s: must not be negative", shown, s);
	bool inside = negative ? v <= (uint64_t)0 - (uint64_t)r->min : v <= r->max;
	if (!inside)
		return out_of_range(d, r, s, shown);
	*ret = negative ? (uint64_t)0 - v : v;
	return 1;
}

static int store_number(struct decoder *d, const char *s, size_t len)
{
	struct frame *f = top(d);
	uint64_t v = 0;
	if (!is_integer(f))
		return decode_wrong_type(d, "a number");
	if (!integer(d, f->row, s, len, &v))
		return 0;
	if (f->kind == ROW_U32S) {
		if (!decode_check_full(d, f->n))
			return 0;
		uint32_t *items = arena_grow(d->arena, f->items, f->n, &f->cap, sizeof(*items));
		items[f->n++] = (uint32_t)v;
		f->items = (char *)items;
		return 1;
	}
	void *p = f->base + f->row->offset;
	if (f->row->type == ROW_U32)
		*(uint32_t *)p = (uint32_t)v;
	else if (f->row->type == ROW_U64)
		*(uint64_t *)p = v;
	else if (f->row->type == ROW_I64)
		*(int64_t *)p = (int64_t)v;
	else if (f->row->type == ROW_OPT_U64)
		*(struct opt_u64 *)p = (struct opt_u64){v, true };
	else
		*(struct opt_i64 *)p = (struct opt_i64){(int64_t)v, true };
	return 1;
}

int decode_number(void *ctx, const char *s, size_t len)
{
	struct decoder *d = ctx;
	return decode_check_bad(d) && (skipping(d) || store_number(d, s, len)) && done(d);
}

/* The member is written through memcpy(3): what lies there is a const char *, which the table only knows by
 * its offset. */
static int store_in_object(struct decoder *d, struct frame *f, const unsigned char *s, size_t len)
{
	void *p = f->base + f->row->offset;
	if (f->row->type == ROW_STRING) {
		const char *text = decode_keep(d, s, len);
		memcpy(p, &text, sizeof(text));
		return 1;
	}
	if (f->row->type != ROW_NAMESPACE)
		return decode_wrong_type(d, "a string");
	int kind = spec_namespace_kind(decode_keep(d, s, len));
	if (kind < 0)
		return decode_fail(d, decode_token_start(d), "unknown namespace type \"%.40s\"",
				   decode_keep(d, s, len));
	*(enum ns_kind *)p = (enum ns_kind)kind;
	return 1;
}

static int store_string(struct decoder *d, const unsigned char *s, size_t len)
{
	struct frame *f = top(d);
	if (len > SPEC_MAX_STRING)
		return decode_fail(d, decode_token_start(d), "longer than %d bytes", SPEC_MAX_STRING);
	if (f && f->kind == ROW_OBJECT)
		return store_in_object(d, f, s, len);
	if (!f || (f->kind != ROW_STRINGS && f->kind != ROW_STRING_MAP))
		return decode_wrong_type(d, "a string");
	if (!decode_check_full(d, f->n))
		return 0;
	if (f->kind == ROW_STRINGS) {
		d->strings = arena_grow(d->arena, d->strings, f->n, &d->cap_strings, sizeof(*d->strings));
		d->strings[f->n++] = decode_keep(d, s, len);
		return 1;
	}
	struct kv *items = arena_grow(d->arena, f->items, f->n, &f->cap, sizeof(*items));
	items[f->n++] = (struct kv){.key = f->key, .value = decode_keep(d, s, len) };
	f->items = (char *)items;
	return 1;
}

int decode_string(void *ctx, const unsigned char *s, size_t len)
{
	struct decoder *d = ctx;
	return decode_check_bad(d) && (skipping(d) || store_string(d, s, len)) && done(d);
}
