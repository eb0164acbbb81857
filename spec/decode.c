/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The decoder: yajl's events, in order, into the structs that the tables describe.
 *
 * 1. The document is copied once into the arena. Every string ends up in that copy, at the place where
 *    it stood, with a NUL over its closing quote: no allocation per string.
 * 2. scan_document() finds what yajl would let pass; the events stop when they reach it, so that the
 *    error carries a path.
 * 3. A stack of frames, one for each open object, list or map that we know. Unknown values are only
 *    counted in and out (`skip`).
 *
 * Numbers: only integers are known to the spec. 1.5, 1.0 and 1e3 are refused where an integer is due,
 * as is a value beyond the member's range. "-0" is 0 for signed members and refused as negative for
 * unsigned ones. A name that occurs twice in an object is refused, whether we know it or not: another
 * reader of the same file could take the other value.
 */
#include <stdlib.h>
#include <string.h>

#include "decoder.h"
#include "scan.h"
#include "../runtime/lib/yajl_mem.h"

/* struct strv, id_mappings, ...: a pointer and a count */
struct any_list {
	void *v;
	size_t n;
};

static struct frame *push(struct decoder *d, enum row_type kind, const struct table *t, const struct row *r,
			  char *base)
{
	/* the tables are shallower than this; see tests/unit/test_spec_decode.c */
	if (d->n == FRAMES)
		abort();
	struct frame *f = &d->frame[d->n++];
	*f = (struct frame){.kind = kind, .table = t, .row = r, .base = base, .keys = d->nkeys };
	f->start = token_end(d) - 1;
	return f;
}

/* Room for one more element of a list or map of objects. */
static char *new_element(struct decoder *d, struct frame *f)
{
	f->items = arena_grow(d->arena, f->items, f->n, &f->cap, f->table->size);
	char *p = f->items + f->n * f->table->size;
	if (f->kind == ROW_OBJECT_MAP)
		memcpy(p + f->table->key_offset, &f->key, sizeof(f->key));
	return p;
}

/* An object as the value of a property: by the row's type a map, a struct within ours, or one of its own. */
static int open_object(struct decoder *d, struct frame *f)
{
	const struct row *r = f->row;
	char *p = f->base + r->offset;
	if (r->type == ROW_STRING_MAP || r->type == ROW_OBJECT_MAP) {
		push(d, r->type, r->sub, r, p);
	} else if (r->type == ROW_OBJECT) {
		push(d, ROW_OBJECT, r->sub, NULL, p);
	} else if (r->type == ROW_OBJECT_PTR) {
		void *o;
		memcpy(&o, p, sizeof(o));
		if (!o) { /* config->linux_ is there from the start */
			o = arena_alloc(d->arena, r->sub->size);
			memcpy(p, &o, sizeof(o));
		}
		push(d, ROW_OBJECT, r->sub, NULL, o);
	} else {
		return decode_wrong_type(d, "an object");
	}
	return 1;
}

/* '{': the document itself, a property's value, or an element. */
static int start_map(struct decoder *d)
{
	struct frame *f = top(d);
	if (!f) {
		push(d, ROW_OBJECT, d->root, NULL, d->object);
		return 1;
	}
	if (f->kind == ROW_OBJECT)
		return open_object(d, f);
	if (f->kind != ROW_LIST && f->kind != ROW_OBJECT_MAP)
		return decode_wrong_type(d, "an object");
	if (!decode_check_full(d, f->n))
		return 0;
	push(d, ROW_OBJECT, f->table, NULL, new_element(d, f));
	return 1;
}

/* '[': arrays are values of properties only; the spec has no array in an array. */
static int start_array(struct decoder *d)
{
	struct frame *f = top(d);
	if (!f || f->kind != ROW_OBJECT)
		return decode_wrong_type(d, "an array");
	const struct row *r = f->row;
	if (r->type != ROW_LIST && r->type != ROW_STRINGS && r->type != ROW_U32S)
		return decode_wrong_type(d, "an array");
	push(d, r->type, r->sub, r, f->base + r->offset);
	return 1;
}

/* The depth counts skipped values too: yajl keeps a stack on the heap, but nothing is gained by letting it
 * grow. */
static int on_start(struct decoder *d, int (*start)(struct decoder *))
{
	if (!decode_check_bad(d))
		return 0;
	if (++d->depth > SPEC_MAX_DEPTH)
		return decode_fail(d, decode_token_start(d), "nested deeper than %d levels", SPEC_MAX_DEPTH);
	if (skipping(d))
		d->skip++;
	else if (!start(d))
		return 0;
	return done(d);
}

static int on_start_map(void *ctx)
{
	return on_start(ctx, start_map);
}

static int on_start_array(void *ctx)
{
	return on_start(ctx, start_array);
}

/* Length first, then bytes. Starting where the last search ended makes it one comparison for documents
 * that were written from structs. */
static const struct row *find_row(struct frame *f, const char *key, size_t len)
{
	const struct table *t = f->table;
	for (unsigned i = 0, at = f->next; i < t->n; i++) {
		const struct row *r = &t->rows[at];
		at = at + 1 < t->n ? at + 1 : 0;
		if (r->key_len == len && memcmp(r->key, key, len) == 0) {
			f->next = at;
			return r;
		}
	}
	return NULL;
}

/* A second occurrence is known at once, as each row has a bit. */
static int known_key(struct decoder *d, struct frame *f, const struct row *r)
{
	uint64_t bit = UINT64_C(1) << (r - f->table->rows);
	f->key = r->key;
	f->key_len = r->key_len;
	f->row = r;
	if (f->have & bit)
		return decode_fail(d, decode_token_start(d), "the property occurs twice");
	f->have |= bit;
	if (r->set_offset)
		*(bool *)(void *)(f->base + r->set_offset) = true;
	return 1;
}

/* An unknown property, or an entry of a map; remembered until the object ends. */
static int other_key(struct decoder *d, struct frame *f, const unsigned char *s, size_t len)
{
	f->key = decode_keep(d, s, len);
	f->key_len = len;
	if (len > SPEC_MAX_STRING)
		return decode_fail(d, decode_token_start(d), "the name is longer than %d bytes",
				   SPEC_MAX_STRING);
	if (f->kind == ROW_OBJECT) {
		f->row = NULL;
		if (f->table->closed)
			return decode_fail(d, decode_token_start(d), "unknown %s", f->table->closed);
	}
	if (!decode_check_full(d, d->nkeys - f->keys))
		return 0;
	d->keys = arena_grow(d->arena, d->keys, d->nkeys, &d->cap_keys, sizeof(*d->keys));
	d->keys[d->nkeys++] = (struct seen_key){.key = f->key, .len = len, .offset = decode_token_start(d) };
	return 1;
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct decoder *d = ctx;
	if (!decode_check_bad(d))
		return 0;
	if (!d->skip) {
		struct frame *f = top(d);
		const struct row *r = f->kind == ROW_OBJECT ? find_row(f, (const char *)s, len) : NULL;
		if (!(r ? known_key(d, f, r) : other_key(d, f, s, len)))
			return 0;
	}
	return done(d);
}

static int compare_keys(const void *x, const void *y)
{
	const struct seen_key *a = x, *b = y;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	int c = memcmp(a->key, b->key, a->len);
	return c ? c : a->offset < b->offset ? -1 : 1;
}

/* Sorting keeps this n log n whatever the keys are; nothing to flood as a hash table has. */
static int check_duplicates(struct decoder *d, struct frame *f)
{
	struct seen_key *k = d->keys ? d->keys + f->keys : NULL;
	size_t n = d->nkeys - f->keys;
	d->nkeys = f->keys;
	if (n < 2 || !k)
		return 1;
	qsort(k, n, sizeof(*k), compare_keys);
	for (size_t i = 1; i < n; i++) {
		if (k[i].len != k[i - 1].len || memcmp(k[i].key, k[i - 1].key, k[i].len) != 0)
			continue;
		f->key = k[i].key;
		f->key_len = k[i].len;
		return decode_fail(d, k[i].offset, "the property occurs twice");
	}
	return 1;
}

/* Reported at the opening bracket: that is the object that lacks something. */
static int check_required(struct decoder *d, struct frame *f)
{
	for (unsigned i = 0; f->kind == ROW_OBJECT && i < f->table->n; i++) {
		const struct row *r = &f->table->rows[i];
		if (!(r->flags & ROW_REQUIRED) || (f->have >> i & 1))
			continue;
		f->key = r->key;
		f->key_len = r->key_len;
		return decode_fail(d, f->start, "a required property is missing");
	}
	return 1;
}

/* Write { v, n } of a finished list or map to its place. */
static void finish_list(struct decoder *d, struct frame *f)
{
	struct any_list l = { .v = f->items, .n = f->n };
	if (f->kind == ROW_STRINGS) {
		const char **v = arena_array(d->arena, f->n + 1, sizeof(*v)); /* v[n] is NULL */
		if (f->n)
			memcpy(v, d->strings, f->n * sizeof(*v));
		l.v = v;
	}
	memcpy(f->base, &l, sizeof(l));
}

/* '}' or ']'. The element that ends here is counted in the list around it only now, so that errors within it
 * carried its index. */
static int on_end(void *ctx)
{
	struct decoder *d = ctx;
	if (!decode_check_bad(d))
		return 0;
	d->depth--;
	if (d->skip) {
		d->skip--;
		return done(d);
	}
	struct frame *f = top(d);
	if (!check_duplicates(d, f) || !check_required(d, f))
		return 0;
	if (f->kind != ROW_OBJECT)
		finish_list(d, f);
	d->n--;
	f = top(d);
	if (f && (f->kind == ROW_LIST || f->kind == ROW_OBJECT_MAP))
		f->n++;
	return done(d);
}

static const yajl_callbacks callbacks = {
	.yajl_null = decode_null,
	.yajl_boolean = decode_bool,
	.yajl_number = decode_number,
	.yajl_string = decode_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

/* yajl's words: "parse error: premature EOF\n" */
static void syntax_error(struct decoder *d, size_t offset)
{
	unsigned char *text = yajl_get_error(d->yajl, 0, (const unsigned char *)d->json, d->len);
	const char *s = (const char *)text, *colon = strstr(s, ": ");
	if (colon)
		s = colon + 2;
	decode_fail(d, offset, "invalid JSON: %.*s", (int)strcspn(s, ".\n"), s);
	yajl_free_error(d->yajl, text);
}

/* yajl_complete_parse() is what finds a document that ends too early, and the last number of one that is
 * no object. */
static int run(struct decoder *d)
{
	yajl_status st = yajl_parse(d->yajl, (const unsigned char *)d->json, d->len);
	size_t offset = token_end(d);
	if (st == yajl_status_ok) {
		st = yajl_complete_parse(d->yajl);
		offset = d->len;
	}
	if (st == yajl_status_error)
		syntax_error(d, offset);
	else if (st == yajl_status_ok && d->bad < d->len)
		decode_fail(d, d->bad, "%s", d->why);
	return d->e->set ? -1 : 0;
}

static void *decode(struct arena *a, const char *json, size_t len, const struct table *root, void *object,
		    struct err *e)
{
	if (len > SPEC_MAX_BYTES) {
		err_set(e, 0, "the document is larger than %d bytes", SPEC_MAX_BYTES);
		return NULL;
	}
	struct decoder d = { .arena = a, .e = e, .json = json, .len = len, .root = root, .object = object };
	d.bad = scan_document(json, len, &d.why);
	d.doc = arena_strndup(a, json, len);
	yajl_alloc_funcs funcs = yajl_mem(a);
	d.yajl = yajl_alloc(&callbacks, &funcs, &d);
	if (!d.yajl) {
		err_set(e, 0, "out of memory");
		return NULL;
	}
	yajl_config(d.yajl, yajl_dont_validate_strings, 1); /* scan_document() did, more strictly */
	int r = run(&d);
	yajl_free(d.yajl);
	return r < 0 ? NULL : object;
}

struct spec_config *spec_config_decode(struct arena *a, const char *json, size_t len, struct err *e)
{
	struct spec_config *c = arena_alloc(a, sizeof(*c));
	c->linux_ = arena_alloc(a, sizeof(*c->linux_));
	return decode(a, json, len, &table_config, c, e);
}

struct spec_process *spec_process_decode(struct arena *a, const char *json, size_t len, struct err *e)
{
	return decode(a, json, len, &table_process, arena_alloc(a, sizeof(struct spec_process)), e);
}

struct spec_resources *spec_resources_decode(struct arena *a, const char *json, size_t len, struct err *e)
{
	return decode(a, json, len, &table_resources, arena_alloc(a, sizeof(struct spec_resources)), e);
}
