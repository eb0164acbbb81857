/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON output, over yajl's generator. A thin layer so that a writer reads like what it writes:
 *
 *	struct json *j = json_new(true);
 *	json_map(j); json_key(j, "id"); json_str(j, id); json_end_map(j);
 *	json_text(j, &len);
 *
 * Strings that are not valid UTF-8 are written with U+FFFD for the bad bytes. Running out of memory
 * ends the process (arena.h).
 */
#ifndef BERTH_LIB_JSON_H
#define BERTH_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;
struct json *json_new(bool beautify);
void json_free(struct json *j);
void json_map(struct json *j);
void json_end_map(struct json *j);
void json_array(struct json *j);
void json_end_array(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, const char *s); /* NULL: writes null */
void json_int(struct json *j, int64_t v);
void json_uint(struct json *j, uint64_t v);
void json_bool(struct json *j, bool v);
/* A number as the caller has it: digits with perhaps a point, which is checked; else 0 is written. */
void json_number(struct json *j, const char *text, size_t len);
/* key and value at once */
void json_kstr(struct json *j, const char *key, const char *s);
void json_kint(struct json *j, const char *key, int64_t v);
void json_kuint(struct json *j, const char *key, uint64_t v);
void json_kbool(struct json *j, const char *key, bool v);
/* The text so far, NUL-terminated, valid until the next call on j. */
const char *json_text(struct json *j, size_t *ret_len);

#endif
