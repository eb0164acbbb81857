/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON paths for error messages: a stack of keys and indexes that costs a few stores to keep and is
 * turned into text only when something is wrong.
 *
 * Text form: linux.resources.memory.limit, mounts[3].destination, linux.sysctl["net.ipv4.ip_forward"]
 * (a key that is no identifier is quoted, so the text can be read back by path_parse_part()).
 */
#ifndef BERTH_SPEC_PATH_H
#define BERTH_SPEC_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "../runtime/lib/arena.h"

enum {
	PATH_PARTS = 16,
	PATH_TEXT = 256,   /* as in struct err */
	PATH_KEY_MAX = 80, /* longer keys are cut in the text */
};

struct path_part {
	const char *key; /* not NUL-terminated; NULL: an index */
	size_t len;	 /* of key */
	size_t index;
};
struct path {
	struct path_part part[PATH_PARTS];
	unsigned n;
};

/* Beyond PATH_PARTS nothing is stored; pops must still match the pushes. */
void path_push_key(struct path *p, const char *key, size_t len);
void path_push_index(struct path *p, size_t index);
void path_pop(struct path *p);
/* Push the parts of "linux.resources"; "": none. */
void path_push_text(struct path *p, const char *text);
/* Write the text into buf, always NUL-terminated, cut on a character boundary. */
void path_text(const struct path *p, char *buf, size_t size);
/* Read one part of a text: advances *text. Keys are unescaped into buf. 0, or -1 at the end or when the
 * text is no path. */
int path_parse_part(const char **text, struct path_part *part, char *buf, size_t size);

/* The text for a member of a map, "linux.sysctl" and its key, in the arena. */
const char *path_of_key(struct arena *a, const char *map, const char *key);

/* Offset of the token that follows the one that ended at `end`: a parser only tells where tokens end. */
size_t text_token_start(const char *text, size_t len, size_t end);
/* Where an offset of a document lies: 1-based, columns in characters. */
void text_position(const char *text, size_t len, size_t offset, size_t *line, size_t *column);

#endif
