/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth plan` for people: one line for each step in the order of execution, those of the host marked
 * "host", each with the property that asked for it:
 *
 *	   7 mount            type=proc on=/proc set=nosuid,nodev,noexec  <- mounts[0]
 */
#include "print.h"

#include <string.h>

struct text {
	struct arena *a;
	char *s;
	size_t len, cap;
};

static void add_n(struct text *t, const char *s, size_t n)
{
	if (t->len + n + 1 > t->cap) {
		size_t cap = t->cap ? t->cap : 4096;
		while (cap < t->len + n + 1)
			cap *= 2;
		char *p = arena_alloc(t->a, cap);
		if (t->len)
			memcpy(p, t->s, t->len);
		t->s = p;
		t->cap = cap;
	}
	memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = '\0';
}

static void add(struct text *t, const char *s)
{
	add_n(t, s, strlen(s));
}

/* Strings of a config must not move the reader's cursor or look like another line. */
static void add_safe(struct text *t, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c >= 0x20 && c != 0x7f) {
			add_n(t, s, 1);
			continue;
		}
		char esc[4] = { '\\', 'x', hex[c >> 4], hex[c & 15] };
		add_n(t, esc, sizeof(esc));
	}
}

/* Words with blanks are put in quotes. */
static void add_word(struct text *t, const char *s)
{
	bool quote = !*s || strchr(s, ' ');
	if (quote)
		add(t, "\"");
	add_safe(t, s);
	if (quote)
		add(t, "\"");
}

static void add_value(struct text *t, const struct value *v)
{
	switch (v->kind) {
	case VALUE_STR:
		add_word(t, v->str);
		break;
	case VALUE_UINT:
		add(t, arena_printf(t->a, "%llu", (unsigned long long)v->u));
		break;
	case VALUE_LIST:
		for (size_t i = 0; i < v->list.n; i++) {
			if (i)
				add(t, ",");
			add_word(t, v->list.v[i]);
		}
		break;
	case VALUE_NONE:
		break;
	}
}

static void add_origin(struct text *t, const char *origin)
{
	add(t, "  <- ");
	add_safe(t, origin);
	add(t, "\n");
}

static void add_host(struct text *t, const struct plan *p, const struct host_step *h)
{
	if (h->kind == HOST_INSIDE)
		return; /* its steps are printed one by one */
	const char *text = plan_host_text(p, h);
	add(t, arena_printf(p->arena, "host %-16s", plan_host_step_name(h->kind)));
	if (text) {
		add(t, " ");
		add_safe(t, text);
	}
	add_origin(t, h->origin);
}

static void add_inside(struct text *t, const struct plan *p, size_t index)
{
	const struct inside_step *s = &p->inside[index];
	const struct step_info *info = plan_step_info(s->s.kind);
	add(t, arena_printf(p->arena, "%4zu %-16s", index, info->name));
	for (const struct step_field *f = info->fields; f->type != F_END; f++) {
		struct value v = plan_field_value(p, s, f);
		if (v.kind == VALUE_NONE)
			continue;
		add(t, " ");
		add(t, f->key);
		add(t, "=");
		add_value(t, &v);
	}
	if (s->note) {
		add(t, " (");
		add_safe(t, s->note);
		add(t, ")");
	}
	add_origin(t, s->origin);
}

char *plan_print_text(const struct plan *p, size_t *len)
{
	struct text t = { .a = p->arena };
	size_t h = 0;
	for (; h < p->nhost && plan_host_anchor(&p->host[h]) == STEP_NONE; h++)
		add_host(&t, p, &p->host[h]);
	for (size_t i = 0; i < p->ninside; i++) {
		add_inside(&t, p, i);
		for (; h < p->nhost && plan_host_anchor(&p->host[h]) == p->inside[i].s.kind; h++)
			add_host(&t, p, &p->host[h]);
	}
	for (; h < p->nhost; h++)
		add_host(&t, p, &p->host[h]);
	add(&t, "");
	*len = t.len;
	return t.s;
}
