/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GVariant text ("uint64 10000000", "['crio.service']") -> a typed value, for the annotations that carry
 * properties of systemd units. The subset that such properties are made of: booleans, numbers, strings,
 * object paths, arrays and tuples of these; types as keyword ("uint32 1") or annotation ("@as []"). A number
 * without one is an int32, with a decimal point a double; in an array the first element's type counts for
 * all.
 *
 * The text comes from whoever wrote the config, and the manager turns strings into lines of a unit file.
 * So this is strict: no control character in a string (a newline would begin a setting of its own),
 * valid UTF-8, numbers in range, bounded depth and length.
 */
#include "systemd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/utf8.h"

enum { TEXT_MAX = 4096, DEPTH_MAX = 4, TYPE_MAX = 32 };

struct parser {
	struct arena *a;
	const char *p;
	const char *problem;
};

static int problem(struct parser *x, const char *text)
{
	x->problem = text;
	return -1;
}

static void skip_space(struct parser *x)
{
	while (*x->p == ' ' || *x->p == '\t')
		x->p++;
}

static const struct {
	const char *word, *type;
} keywords[] = {
	{ "boolean", "b" }, { "byte", "y" },   { "int16", "n" },  { "uint16", "q" }, { "int32", "i" },
	{ "uint32", "u" },  { "int64", "x" },  { "uint64", "t" }, { "double", "d" }, { "string", "s" },
	{ "objectpath", "o" }, { "signature", "g" },
};

/* Length of the complete type at s, 0 when there is none. */
static size_t type_length(const char *s, unsigned depth)
{
	if (depth > DEPTH_MAX || !*s)
		return 0;
	if (strchr("bynqiuxtdsog", *s))
		return 1;
	if (*s == 'a') {
		size_t n = type_length(s + 1, depth + 1);
		return n ? n + 1 : 0;
	}
	if (*s != '(')
		return 0;
	size_t len = 1;
	while (s[len] != ')') {
		size_t n = type_length(s + len, depth + 1);
		if (!n)
			return 0;
		len += n;
	}
	return len == 1 ? 0 : len + 1; /* D-Bus has no empty tuple */
}

/* ---- numbers ---- */

static const struct {
	char type;
	int64_t min;
	uint64_t max;
} ranges[] = {
	{ 'y', 0, UINT8_MAX },	       { 'n', INT16_MIN, INT16_MAX }, { 'q', 0, UINT16_MAX },
	{ 'i', INT32_MIN, INT32_MAX }, { 'u', 0, UINT32_MAX },	      { 'x', INT64_MIN, INT64_MAX },
	{ 't', 0, UINT64_MAX },
};

/* Decimal, 0x hexadecimal, 0 octal, as GVariant has it. NULL, or what is wrong with it. */
static const char *magnitude(const char *word, uint64_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	bool prefix = word[0] == '0' && word[1], hex = prefix && (word[1] | 0x20) == 'x';
	uint64_t base = hex ? 16 : prefix ? 8 : 10, v = 0;
	word += hex ? 2 : 0;
	if (!*word)
		return "malformed number";
	for (; *word; word++) {
		const char *d = strchr(digits, *word >= 'A' && *word <= 'F' ? *word | 0x20 : *word);
		if (!d || (uint64_t)(d - digits) >= base)
			return "malformed number";
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, (uint64_t)(d - digits), &v))
			return "number out of range";
	}
	*ret = v;
	return NULL;
}

static int integer_value(struct parser *x, const char *word, struct cg_variant *ret)
{
	bool negative = *word == '-';
	uint64_t v = 0;
	const char *why = magnitude(word + negative, &v);
	if (why)
		return problem(x, why);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		if (ranges[i].type != *ret->type)
			continue;
		if (negative ? v > 0 - (uint64_t)ranges[i].min : v > ranges[i].max)
			return problem(x, "number out of range");
		if (ranges[i].min)
			ret->i = (int64_t)(negative ? 0 - v : v);
		else
			ret->u = v;
		return 0;
	}
	return problem(x, "number where the type says otherwise");
}

static int number_value(struct parser *x, const char *expected, struct cg_variant *ret)
{
	char word[64], *end;
	size_t n = strspn(x->p, "+-0123456789abcdefABCDEFxX.");
	if (n >= sizeof(word))
		return problem(x, "number too long");
	memcpy(word, x->p, n);
	word[n] = '\0';
	/* strtod(3) would take a sign, blanks or nothing at all */
	if (word[0] == '+' || !strchr("0123456789.", word[word[0] == '-']) || !word[word[0] == '-'])
		return problem(x, "malformed number");
	x->p += n;
	bool hex = strpbrk(word, "xX"), real = !hex && strpbrk(word, ".eE");
	ret->type = expected ? expected : real ? "d" : "i";
	if (*ret->type != 'd')
		return integer_value(x, word, ret);
	ret->d = hex ? 0 : strtod(word, &end); /* lint: allow strtod */
	if (hex || *end)
		return problem(x, "malformed number");
	return isfinite(ret->d) ? 0 : problem(x, "number out of range");
}

/* ---- strings ---- */

/* \n and the like are control characters, which are refused anyway; what remains stands for itself. */
static int escape(struct parser *x, char **to)
{
	unsigned v = 0;
	size_t digits = *x->p == 'u' ? 4 : *x->p == 'U' ? 8 : 0;
	if (!digits) {
		if (!*x->p || !strchr("\\'\"", *x->p))
			return problem(x, "unknown escape sequence in a string");
		*(*to)++ = *x->p++;
		return 0;
	}
	x->p++;
	for (size_t i = 0; i < digits; i++) {
		static const char hex[] = "0123456789abcdef";
		const char *d = *x->p ? strchr(hex, *x->p | 0x20) : NULL;
		if (!d || v > 0x10ffff)
			return problem(x, "malformed \\u in a string");
		v = v << 4 | (unsigned)(d - hex);
		x->p++;
	}
	if (v < 0x20 || v == 0x7f || v > 0x10ffff)
		return problem(x, "control character in a string");
	if (v < 0x80) {
		*(*to)++ = (char)v;
		return 0;
	}
	if (v >= 0x10000)
		*(*to)++ = (char)(0xf0 | v >> 18);
	if (v >= 0x800)
		*(*to)++ = (char)(v >= 0x10000 ? 0x80 | (v >> 12 & 0x3f) : 0xe0 | v >> 12);
	*(*to)++ = (char)(v >= 0x800 ? 0x80 | (v >> 6 & 0x3f) : 0xc0 | v >> 6);
	*(*to)++ = (char)(0x80 | (v & 0x3f));
	return 0;
}

static int string_value(struct parser *x, const char *expected, struct cg_variant *ret)
{
	ret->type = expected ? expected : "s";
	if (!strchr("sog", *ret->type))
		return problem(x, "string where the type says otherwise");
	char quote = *x->p++;
	char *text = arena_alloc(x->a, strlen(x->p) + 1), *to = text; /* no escape is shorter than its result */
	while (*x->p != quote) {
		unsigned char c = (unsigned char)*x->p;
		if (!c)
			return problem(x, "string without an end");
		if (c < 0x20 || c == 0x7f)
			return problem(x, "control character in a string");
		x->p++;
		if (c != '\\')
			*to++ = (char)c;
		else if (escape(x, &to) < 0)
			return -1;
	}
	x->p++;
	*to = '\0';
	if (!utf8_valid(text, (size_t)(to - text)))
		return problem(x, "string that is not UTF-8");
	ret->s = text;
	return 0;
}

/* ---- containers ---- */

static int value(struct parser *x, const char *expected, unsigned depth, struct cg_variant *ret);

static struct cg_variant *list_add(struct parser *x, struct cg_variant *list)
{
	list->list.v = arena_grow(x->a, list->list.v, list->list.n, &list->list.cap, sizeof(*list));
	struct cg_variant *item = &list->list.v[list->list.n++];
	memset(item, 0, sizeof(*item));
	return item;
}

/* After an element: is there another one? */
static bool comma(struct parser *x)
{
	skip_space(x);
	bool more = *x->p == ',';
	x->p += more;
	skip_space(x);
	return more;
}

static int array_value(struct parser *x, const char *expected, unsigned depth, struct cg_variant *ret)
{
	const char *element = expected ? expected + 1 : NULL;
	if (expected && *expected != 'a')
		return problem(x, "array where the type says otherwise");
	x->p++;
	skip_space(x);
	while (*x->p != ']') {
		struct cg_variant *item = list_add(x, ret);
		if (value(x, element, depth + 1, item) < 0)
			return -1;
		element = item->type;
		if (!comma(x) && *x->p != ']')
			return problem(x, "array without an end");
	}
	x->p++;
	if (!element)
		return problem(x, "empty array without a type (as in \"@as []\")");
	ret->type = expected ? expected : arena_printf(x->a, "a%s", element);
	return 0;
}

static int tuple_value(struct parser *x, const char *expected, unsigned depth, struct cg_variant *ret)
{
	const char *next = expected ? expected + 1 : NULL, *type = "(";
	if (expected && *expected != '(')
		return problem(x, "tuple where the type says otherwise");
	x->p++;
	skip_space(x);
	while (*x->p != ')') {
		size_t n = next ? type_length(next, 0) : 0;
		if (next && !n)
			return problem(x, "tuple with too many members");
		const char *member = next ? arena_strndup(x->a, next, n) : NULL;
		struct cg_variant *item = list_add(x, ret);
		if (value(x, member, depth + 1, item) < 0)
			return -1;
		next = next ? next + n : NULL;
		type = arena_printf(x->a, "%s%s", type, item->type);
		if (strlen(type) > TYPE_MAX)
			return problem(x, "tuple with too many members");
		if (!comma(x) && *x->p != ')')
			return problem(x, "tuple without an end");
	}
	x->p++;
	if (!ret->list.n || (next && *next != ')'))
		return problem(x, "tuple with too few members");
	ret->type = arena_printf(x->a, "%s)", type);
	return 0;
}

/* ---- a value ---- */

/* "uint64" or "@t" before a value; *ret stays when there is none. */
static int leading_type(struct parser *x, const char **ret)
{
	if (*x->p == '@') {
		size_t n = type_length(x->p + 1, 0);
		if (!n || n > TYPE_MAX || (x->p[n + 1] != ' ' && x->p[n + 1] != '\t'))
			return problem(x, "malformed type after \"@\"");
		*ret = arena_strndup(x->a, x->p + 1, n);
		x->p += n + 1;
		skip_space(x);
		return 0;
	}
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		size_t n = strlen(keywords[i].word);
		if (strncmp(x->p, keywords[i].word, n) != 0 || (x->p[n] != ' ' && x->p[n] != '\t'))
			continue;
		*ret = keywords[i].type;
		x->p += n;
		skip_space(x);
		return 0;
	}
	return 0;
}

static int bool_value(struct parser *x, const char *expected, struct cg_variant *ret)
{
	size_t n = strspn(x->p, "abcdefghijklmnopqrstuvwxyz0123456789_");
	ret->b = n == 4 && memcmp(x->p, "true", 4) == 0;
	if (!ret->b && (n != 5 || memcmp(x->p, "false", 5) != 0))
		return problem(x, "is not a value in GVariant text format (a string needs quotes)");
	if (expected && *expected != 'b')
		return problem(x, "boolean where the type says otherwise");
	x->p += n;
	ret->type = "b";
	return 0;
}

static int value(struct parser *x, const char *expected, unsigned depth, struct cg_variant *ret)
{
	const char *type = expected;
	if (depth > DEPTH_MAX)
		return problem(x, "nested too deeply");
	skip_space(x);
	if (leading_type(x, &type) < 0)
		return -1;
	if (expected && strcmp(type, expected) != 0)
		return problem(x, "elements of different types");
	if (*x->p == '[')
		return array_value(x, type, depth, ret);
	if (*x->p == '(')
		return tuple_value(x, type, depth, ret);
	if (*x->p == '\'' || *x->p == '"')
		return string_value(x, type, ret);
	if (*x->p && strchr("+-.0123456789", *x->p))
		return number_value(x, type, ret);
	return bool_value(x, type, ret);
}

const char *cg_variant_parse(struct arena *a, const char *text, struct cg_variant *ret)
{
	struct parser x = { .a = a, .p = text };
	if (strlen(text) > TEXT_MAX)
		return "longer than 4096 bytes";
	memset(ret, 0, sizeof(*ret));
	if (value(&x, NULL, 0, ret) < 0)
		return x.problem;
	skip_space(&x);
	return *x.p ? "text after the value" : NULL;
}
