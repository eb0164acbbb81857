/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth audit` for people: a line with the counts, then each finding, the worst first:
 *
 *	critical  cap-sys-admin: CAP_SYS_ADMIN is granted
 *	  where   config.json:27:9 process.capabilities.bounding[21], and 3 more
 *	  what    bounding, effective, permitted
 *	  why     ...
 *	  change  ...
 *	          remove process.capabilities.bounding[21]
 *
 * Text of the config is escaped: it may hold anything.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#include "../lib/log.h"

struct text {
	struct arena *arena;
	char *buf;
	size_t len, cap;
};

enum { WIDTH = 100, INDENT = 10 };

static void put(struct text *t, const char *s, size_t n)
{
	if (t->len + n + 1 > t->cap) {
		size_t cap = 2 * t->cap + n + 256;
		char *buf = arena_alloc(t->arena, cap);
		memcpy(buf, t->buf ? t->buf : "", t->len);
		t->buf = buf;
		t->cap = cap;
	}
	memcpy(t->buf + t->len, s, n);
	t->len += n;
	t->buf[t->len] = '\0';
}

static void puts_(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

/* Escaped, and broken at blanks. */
static void put_wrapped(struct text *t, const char *label, const char *s)
{
	char head[INDENT + 1];
	size_t size = 4 * strlen(s) + 32, column = INDENT;
	char *clean = arena_alloc(t->arena, size);
	text_escape(clean, size, s);
	snprintf(head, sizeof(head), "  %-*s", INDENT - 2, label);
	puts_(t, head);
	for (const char *p = clean; *p;) {
		size_t n = strcspn(p, " ");
		if (column > INDENT && column + 1 + n > WIDTH) {
			puts_(t, "\n          ");
			column = INDENT;
		} else if (column > INDENT) {
			puts_(t, " ");
			column++;
		}
		put(t, p, n);
		column += n;
		p += n + strspn(p + n, " ");
	}
	puts_(t, "\n");
}

static void put_where(struct text *t, const struct finding *f)
{
	const struct audit_place *p = &f->place[0];
	size_t more = f->total_places - 1;
	char *s = arena_printf(t->arena, "config.json:%zu:%zu %s", p->line, p->column, p->path);
	if (more)
		s = arena_printf(t->arena, "%s, and %zu more", s, more);
	put_wrapped(t, "where", s);
}

static void put_edits(struct text *t, const struct finding *f)
{
	enum { SOME = 8 };
	for (size_t i = 0; i < f->nedits && i < SOME; i++) {
		const struct audit_edit *e = &f->edit[i];
		const char *s = !e->value ? arena_printf(t->arena, "remove %s", e->path)
				: e->append ? arena_printf(t->arena, "append %s to %s", e->value, e->path)
					    : arena_printf(t->arena, "set %s to %s", e->path, e->value);
		put_wrapped(t, "", s);
	}
	if (f->nedits > SOME)
		put_wrapped(t, "", arena_printf(t->arena, "and %zu more (see --format json)", f->nedits - SOME));
}

static void put_counts(struct text *t, const struct audit *a)
{
	char *s = arena_printf(t->arena, "%zu finding%s", a->nfindings, a->nfindings == 1 ? "" : "s");
	const char *before = ": ";
	for (int i = SEVERITIES - 1; i > SEV_NONE; i--) {
		if (!a->count[i])
			continue;
		s = arena_printf(t->arena, "%s%s%zu %s", s, before, a->count[i], severity_name((enum severity)i));
		before = ", ";
	}
	puts_(t, s);
	puts_(t, "\n");
}

char *audit_print_text(const struct audit *a, size_t *len)
{
	struct text t = { .arena = a->arena };
	put_counts(&t, a);
	for (size_t i = 0; i < a->nfindings; i++) {
		const struct finding *f = a->findings[i];
		puts_(&t, arena_printf(t.arena, "\n%-9s %s: %s\n", severity_name(f->severity), f->rule->id, f->rule->title));
		put_where(&t, f);
		if (f->detail)
			put_wrapped(&t, "what", f->detail);
		put_wrapped(&t, "why", f->rule->why);
		put_wrapped(&t, "change", f->rule->change);
		put_edits(&t, f);
	}
	*len = t.len;
	return t.buf;
}
