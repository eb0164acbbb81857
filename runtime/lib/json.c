/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See json.h. yajl keeps the state (commas, indentation, escapes); this file adds the repair of bytes that are
 * not UTF-8. Calls in an order
 * that JSON does not allow (a value where a key belongs) are bugs of ours and end the process.
 */
#include "json.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_gen.h>

#include "utf8.h"
#include "yajl_mem.h"

struct json {
	struct arena arena;
	yajl_gen gen;
};

static _Noreturn void die(const char *what, size_t len)
{
	ssize_t r = write(STDERR_FILENO, what, len);
	(void)r;
	_exit(1);
}
#define DIE(text) die("berth: " text "\n", sizeof("berth: " text "\n") - 1)

static void check(yajl_gen_status s)
{
	if (s != yajl_gen_status_ok)
		DIE("internal error: malformed JSON output");
}

struct json *json_new(bool beautify)
{
	struct arena a = { 0 };
	struct json *j = arena_alloc(&a, sizeof(*j));
	j->arena = a;
	yajl_alloc_funcs funcs = yajl_mem(&j->arena);
	j->gen = yajl_gen_alloc(&funcs);
	if (beautify) {
		yajl_gen_config(j->gen, yajl_gen_beautify, 1);
		yajl_gen_config(j->gen, yajl_gen_indent_string, "  ");
	}
	return j;
}

void json_free(struct json *j)
{
	if (!j)
		return;
	struct arena a = j->arena; /* which j itself is in */
	arena_free(&a);
}

void json_map(struct json *j)
{
	check(yajl_gen_map_open(j->gen));
}

void json_end_map(struct json *j)
{
	check(yajl_gen_map_close(j->gen));
}

void json_array(struct json *j)
{
	check(yajl_gen_array_open(j->gen));
}

void json_end_array(struct json *j)
{
	check(yajl_gen_array_close(j->gen));
}

/* The string with U+FFFD for each byte that is part of no valid sequence. */
static char *repair(struct arena *a, const char *s, size_t len, size_t *ret_len)
{
	static const char mark[] = "\xef\xbf\xbd";
	char *out = arena_alloc(a, len * 3 + 1); /* each byte becomes three at most */
	size_t o = 0;

	for (size_t i = 0; i < len;) {
		size_t n = utf8_sequence(s + i, len - i);
		if (n) {
			memcpy(out + o, s + i, n);
			o += n;
			i += n;
		} else {
			memcpy(out + o, mark, 3);
			o += 3;
			i++;
		}
	}
	*ret_len = o;
	return out;
}

static void put_string(struct json *j, const char *s)
{
	size_t len = strlen(s);

	if (utf8_valid(s, len)) {
		check(yajl_gen_string(j->gen, (const unsigned char *)s, len));
		return;
	}
	char *fixed = repair(&j->arena, s, len, &len);
	check(yajl_gen_string(j->gen, (const unsigned char *)fixed, len));
}

void json_key(struct json *j, const char *key)
{
	put_string(j, key);
}

void json_str(struct json *j, const char *s)
{
	if (s)
		put_string(j, s);
	else
		check(yajl_gen_null(j->gen));
}

void json_int(struct json *j, int64_t v)
{
	check(yajl_gen_integer(j->gen, v));
}

/* yajl's integers are signed, so the upper half of the range goes out as text of a number */
void json_uint(struct json *j, uint64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)v);

	check(yajl_gen_number(j->gen, text, (size_t)n));
}

void json_number(struct json *j, const char *text, size_t len)
{
	size_t digits = strspn(text, "0123456789");
	size_t more = text[digits] == '.' ? strspn(text + digits + 1, "0123456789") + 1 : 0;
	bool plain = digits && digits + more == len && more != 1 && (text[0] != '0' || digits == 1);

	check(yajl_gen_number(j->gen, plain ? text : "0", plain ? len : 1));
}

void json_bool(struct json *j, bool v)
{
	check(yajl_gen_bool(j->gen, v));
}

void json_kstr(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_str(j, s);
}

void json_kint(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_int(j, v);
}

void json_kuint(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_uint(j, v);
}

void json_kbool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

const char *json_text(struct json *j, size_t *ret_len)
{
	const unsigned char *buf;
	size_t len;

	check(yajl_gen_get_buf(j->gen, &buf, &len));
	if (ret_len)
		*ret_len = len;
	return (const char *)buf;
}
