/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A line as the name of a unit property, the rest as its value in the text format of GVariant, as annotations have them.
 *
 * Holds: a value that is accepted has one complete type, its parts have the parts of it, numbers are in the type's
 * range, strings are UTF-8 without control characters: systemd writes them into unit files.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/cgroup/systemd.h"
#include "../../runtime/lib/utf8.h"
#include "fuzz.h"

static void check_string(const char *s)
{
	FUZZ_ASSERT(s && utf8_valid(s, strlen(s)));
	for (; *s; s++)
		FUZZ_ASSERT((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static bool in_range(const struct cg_variant *v)
{
	switch (*v->type) {
	case 'y':
		return v->u <= UINT8_MAX;
	case 'q':
		return v->u <= UINT16_MAX;
	case 'u':
		return v->u <= UINT32_MAX;
	case 'n':
		return v->i >= INT16_MIN && v->i <= INT16_MAX;
	case 'i':
		return v->i >= INT32_MIN && v->i <= INT32_MAX;
	case 'd':
		return isfinite(v->d);
	default:
		return true;
	}
}

/* Compares with the type at `type` and returns what follows it. */
static const char *check_value(const struct cg_variant *v, const char *type, unsigned depth)
{
	FUZZ_ASSERT(depth < 8 && *type && strchr("bynqiuxtdsoga(", *type));
	FUZZ_ASSERT(strncmp(v->type, type, strlen(v->type)) == 0);
	if (*type == 'a') {
		for (size_t i = 0; i < v->list.n; i++)
			FUZZ_ASSERT(check_value(&v->list.v[i], type + 1, depth + 1) == type + strlen(v->type));
		return type + strlen(v->type);
	}
	if (*type == '(') {
		const char *next = type + 1;
		FUZZ_ASSERT(v->list.n);
		for (size_t i = 0; i < v->list.n; i++)
			next = check_value(&v->list.v[i], next, depth + 1);
		FUZZ_ASSERT(*next == ')');
		return next + 1;
	}
	if (strchr("sog", *type))
		check_string(v->s);
	FUZZ_ASSERT(in_range(v));
	return type + 1;
}

static void check_annotation(struct arena *a, const char *name, const char *text)
{
	struct kv kv = { arena_printf(a, "org.systemd.property.%s", name), text };
	struct kvv all = { &kv, 1 };
	struct cg_properties p = { 0 };
	struct err e = { 0 };
	int rc = cg_properties_annotations(a, &p, &all, &e);
	FUZZ_RESULT(rc < 0, &e);
	if (rc < 0)
		FUZZ_PATH(&table_config, e.path);
	for (size_t i = 0; i < p.n; i++) {
		check_string(p.v[i].name);
		FUZZ_ASSERT(!*check_value(&p.v[i].value, p.v[i].value.type, 0));
	}
}

void fuzz_variant(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct cg_variant v;
	char *text = fuzz_text(data, size);
	char *nl = strchr(text, '\n');
	if (nl && utf8_valid(text, strlen(text))) { /* as all strings of a config are */
		*nl = '\0';
		if (!cg_variant_parse(&a, nl + 1, &v))
			FUZZ_ASSERT(!*check_value(&v, v.type, 0));
		check_annotation(&a, text, nl + 1);
	}
	arena_free(&a);
	free(text);
}
