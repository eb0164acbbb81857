/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where findings are in the document, and edits as JSON Patch: a path becomes a pointer, and a member whose object is
 * missing too is put into a new one, because "add" makes only one level.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "../../spec/path.h"
#include "../../spec/spec.h"

static const char *pointer_part(struct audit *a, const struct path_part *part)
{
	if (!part->key)
		return arena_printf(a->arena, "/%zu", part->index);
	char *out = arena_alloc(a->arena, 2 * part->len + 2), *p = out;
	*p++ = '/';
	for (size_t i = 0; i < part->len; i++) {
		char c = part->key[i];
		if (c == '~' || c == '/') {
			*p++ = '~';
			*p++ = c == '~' ? '0' : '1';
		} else {
			*p++ = c;
		}
	}
	*p = '\0';
	return out;
}

/* The part of the path that is there, and one more, is the pointer; what comes behind it goes into the value. A list
 * that is missing is made with its first element. */
static void finish_edit(struct audit *a, struct audit_edit *edit, size_t found)
{
	char key[PATH_TEXT];
	const char *path = edit->path, *p = path, *pointer = "", *open = "", *close = "";
	struct path_part part;
	size_t shown = strlen(path);
	bool whole = found == shown, beyond = false;
	while (*p) {
		size_t start = (size_t)(p - path);
		if (path_parse_part(&p, &part, key, sizeof(key)) < 0)
			break;
		if (beyond && !*open)
			shown = start;
		if (!beyond) {
			pointer = arena_printf(a->arena, "%s%s", pointer, pointer_part(a, &part));
			beyond = start >= found;
		} else if (part.key) {
			open = arena_printf(a->arena, "%s{%s:", open,
					    audit_quote(a, arena_strndup(a->arena, part.key, part.len)));
			close = arena_printf(a->arena, "}%s", close);
		} else {
			open = arena_printf(a->arena, "%s[", open);
			close = arena_printf(a->arena, "]%s", close);
		}
	}
	edit->path = arena_strndup(a->arena, path, shown);
	edit->pointer = pointer;
	if (edit->append && whole) {
		edit->pointer = arena_printf(a->arena, "%s/-", pointer);
	} else if (edit->append) {
		edit->value = arena_printf(a->arena, "%s[%s]%s", open, edit->value, close);
	} else if (edit->value) {
		edit->op = whole ? "replace" : "add";
		edit->value = arena_printf(a->arena, "%s%s%s", open, edit->value, close);
	}
}

static int by_place(const void *x, const void *y)
{
	const struct audit_place *a = x, *b = y;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

void audit_locate(struct audit *a)
{
	size_t n = 0, k = 0;
	for (size_t i = 0; i < a->nfindings; i++)
		n += a->findings[i]->nplaces + a->findings[i]->nedits;
	struct spec_place *v = arena_array(a->arena, n, sizeof(*v));
	for (size_t i = 0; i < a->nfindings; i++) {
		const struct finding *f = a->findings[i];
		for (size_t j = 0; j < f->nplaces; j++)
			v[k++].path = f->place[j].path;
		for (size_t j = 0; j < f->nedits; j++)
			v[k++].path = f->edit[j].path;
	}
	spec_locate_all(a->arena, a->in->json, a->in->len, v, n);
	k = 0;
	for (size_t i = 0; i < a->nfindings; i++) {
		struct finding *f = a->findings[i];
		for (size_t j = 0; j < f->nplaces; j++, k++) {
			f->place[j].line = v[k].line;
			f->place[j].column = v[k].column;
		}
		bool good = true;
		for (size_t j = 0; j < f->nedits; j++, k++) {
			good &= f->edit[j].value || v[k].found == strlen(v[k].path);
			finish_edit(a, &f->edit[j], v[k].found);
		}
		if (!good) /* a path that is too long to be written: no change is better than a wrong one */
			f->nedits = 0;
		qsort(f->place, f->nplaces, sizeof(*f->place), by_place);
	}
}
