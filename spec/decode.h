/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside spec/: how the decode tables describe a document. A table is an object, a row one of its
 * properties; decode.c is the engine and knows no property by name.
 *
 * To add a property: a member in config.h, a row here in tables_*.c, a check in check_*.c, a case in
 * tests/unit/test_spec_*.c. tests/spec-schema/run compares all rows with the JSON schema.
 */
#ifndef BERTH_SPEC_DECODE_H
#define BERTH_SPEC_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "spec.h"

/* JSON value -> type of the member. */
enum row_type {
	ROW_STRING,	/* const char * */
	ROW_BOOL,	/* bool */
	ROW_OPT_BOOL,	/* struct opt_bool */
	ROW_U32,	/* uint32_t */
	ROW_U64,	/* uint64_t */
	ROW_I64,	/* int64_t */
	ROW_OPT_U64,	/* struct opt_u64 */
	ROW_OPT_I64,	/* struct opt_i64 */
	ROW_NAMESPACE,	/* string -> enum ns_kind */
	ROW_STRINGS,	/* array of strings -> struct strv */
	ROW_U32S,	/* array of integers -> struct u32v */
	ROW_OBJECT,	/* object -> embedded struct */
	ROW_OBJECT_PTR, /* object -> pointer to a new struct */
	ROW_LIST,	/* array of objects -> { T *v; size_t n; } */
	ROW_STRING_MAP, /* object with string values -> struct kvv */
	ROW_OBJECT_MAP, /* object with object values -> { T *v; size_t n; }, key in sub->key_offset */
	ROW_TYPES
};

enum { ROW_REQUIRED = 1 };

struct row {
	const char *key;
	uint8_t key_len, type, flags;
	uint16_t offset;
	uint16_t set_offset; /* of a bool that becomes true when the property is present; 0: none */
	int64_t min;	     /* integers (elements of ROW_U32S too) */
	uint64_t max;
	const struct table *sub; /* objects, lists and maps of objects */
};

struct table {
	const struct row *rows;
	uint16_t n;
	uint16_t size;	     /* of the struct */
	uint16_t key_offset; /* ROW_OBJECT_MAP: of the member for the key */
	const char *closed;  /* not NULL: another key is an error, and this is what it is called */
};

extern const struct table table_config, table_process, table_resources;
extern const struct table table_linux, table_id_mapping; /* used across files */

#define ROW(k, t, s, member, ...)                                                                            \
	{ .key = (k), .key_len = sizeof(k) - 1, .type = (t), .offset = offsetof(s, member), __VA_ARGS__ }
#define ROW_SET(s, member) .set_offset = offsetof(s, member)
#define REQUIRED .flags = ROW_REQUIRED
#define RANGE_U16 .max = UINT16_MAX
#define RANGE_U32 .max = UINT32_MAX
#define RANGE_U64 .max = UINT64_MAX
#define RANGE_I32 .min = INT32_MIN, .max = INT32_MAX
#define RANGE_I64 .min = INT64_MIN, .max = INT64_MAX
#define TABLE(name, s, ...)                                                                                  \
	const struct table name = { .rows = rows_##name, .n = sizeof(rows_##name) / sizeof(rows_##name[0]), \
				    .size = sizeof(s), __VA_ARGS__ }

#endif
