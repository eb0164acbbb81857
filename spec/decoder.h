/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the decoder: its state, shared by decode.c (objects, lists, keys) and decode_value.c (scalars
 * and errors). An event returns 1 to go on, 0 when the error is set, as yajl wants it.
 */
#ifndef BERTH_SPEC_DECODER_H
#define BERTH_SPEC_DECODER_H

#include <yajl/yajl_parse.h>

#include "decode.h"
#include "path.h"

/* Depth of known objects; PATH_PARTS is the same bound on what a path can show. */
enum { FRAMES = PATH_PARTS };

struct frame {
	enum row_type kind;        /* ROW_OBJECT, ROW_LIST, ROW_STRINGS, ROW_U32S or a map */
	const struct table *table; /* of the object, or of the elements */
	const struct row *row; /* the property being read (objects) or of this list; NULL: unknown, skip it */
	char *base;            /* the object, or where the finished list goes */
	char *items;           /* elements so far */
	size_t n, cap;
	const char *key; /* current key (objects, maps), NULL before the first */
	size_t key_len;
	size_t keys;   /* its first entry in decoder.keys */
	size_t start;  /* offset of the opening bracket */
	uint64_t have; /* rows seen */
	unsigned next; /* row to try first: documents mostly follow one order */
};

/* Keys that no bit stands for: unknown ones and those of maps. */
struct seen_key {
	const char *key;
	size_t len, offset;
};

struct decoder {
	struct arena *arena;
	struct err *e;
	yajl_handle yajl;
	const char *json;
	size_t len;
	char *doc;  /* the copy in the arena */
	size_t bad; /* offset of what scan_document() found */
	const char *why;
	size_t last;          /* end of the token before this one */
	unsigned depth, skip; /* open brackets; how many of them belong to an unknown value */
	const struct table *root;
	char *object;
	unsigned n;
	struct frame frame[FRAMES];
	struct seen_key *keys;
	size_t nkeys, cap_keys;
	const char **strings; /* list of strings being read (they do not nest) */
	size_t cap_strings;
};

static inline struct frame *top(struct decoder *d)
{
	return d->n ? &d->frame[d->n - 1] : NULL;
}

static inline size_t token_end(const struct decoder *d)
{
	return yajl_get_bytes_consumed(d->yajl);
}

static inline int done(struct decoder *d)
{
	d->last = token_end(d);
	return 1;
}

/* True for a value nobody asked for. */
static inline bool skipping(struct decoder *d)
{
	const struct frame *f = top(d);
	return d->skip || (f && f->kind == ROW_OBJECT && !f->row);
}

/* decode_value.c */

/* Set the error with the path of the current place and the position of `offset`. Returns 0. */
int decode_fail(struct decoder *d, size_t offset, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The value is not of the type that is due. Returns 0. */
int decode_wrong_type(struct decoder *d, const char *found);
/* Offset of the token being read. */
size_t decode_token_start(const struct decoder *d);
/* Has the scan found something up to the end of this token? */
int decode_check_bad(struct decoder *d);
/* Is there room for one more entry? */
int decode_check_full(struct decoder *d, size_t n);
/* The string's place in the copy, NUL-terminated. */
const char *decode_keep(struct decoder *d, const unsigned char *s, size_t len);

int decode_null(void *ctx);
int decode_bool(void *ctx, int v);
int decode_number(void *ctx, const char *s, size_t len);
int decode_string(void *ctx, const unsigned char *s, size_t len);

#endif
