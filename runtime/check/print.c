/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth check`: a line for each question, by section, and at the end what it comes to. JSON:
 *
 *	{ "rootless": bool, "works": bool, "counts": { "ok", "limited", "missing" },
 *	  "items": [ { "section", "name", "status", "found", "without" } ] }
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "../lib/json.h"
#include "../lib/log.h"
#include "../lib/term.h"

static const struct {
	const char *name, *colour;
} states[CHECK_STATES] = {
	[CHECK_OK] = { "ok", TERM_GREEN },
	[CHECK_LIMITED] = { "limited", TERM_YELLOW },
	[CHECK_MISSING] = { "missing", TERM_RED },
};

/* Values come from files and from the environment. */
static const char *clean(struct arena *a, const char *s)
{
	size_t size = 4 * strlen(s) + 32;
	char *out = arena_alloc(a, size);
	text_escape(out, size, s);
	return out;
}

static const char *coloured(struct arena *a, bool colours, enum check_state s)
{
	const char *padded = arena_printf(a, "%-8s", states[s].name);
	return colours ? arena_printf(a, "%s%s%s", states[s].colour, padded, TERM_RESET) : padded;
}

static char *item_text(struct arena *a, const struct check_item *i, bool colours)
{
	char *line = arena_printf(a, "  %s %s%s%s%s\n", coloured(a, colours, i->state), clean(a, i->name), i->found ? " (" : "",
				  i->found ? clean(a, i->found) : "", i->found ? ")" : "");
	return i->without ? arena_printf(a, "%s           %s\n", line, clean(a, i->without)) : line;
}

char *check_print_text(const struct check *c, bool colours, size_t *len)
{
	struct arena *a = c->arena;
	char *text = arena_strdup(a, "");
	for (size_t i = 0; i < c->n; i++) {
		if (i == 0 || strcmp(c->item[i - 1].section, c->item[i].section) != 0)
			text = arena_printf(a, "%s%s%s%s%s\n", text, i ? "\n" : "", colours ? TERM_BOLD : "", c->item[i].section,
					    colours ? TERM_RESET : "");
		text = arena_printf(a, "%s%s", text, item_text(a, &c->item[i], colours));
	}
	const char *who = c->rootless ? "as this user" : "as root";
	if (c->count[CHECK_MISSING])
		text = arena_printf(a, "%s\nNo container can be made here %s: %zu missing.\n", text, who, c->count[CHECK_MISSING]);
	else
		text = arena_printf(a, "%s\nContainers can be made here %s; %zu limited.\n", text, who, c->count[CHECK_LIMITED]);
	*len = strlen(text);
	return text;
}

char *check_print_json(const struct check *c, size_t *len)
{
	struct json *j = json_new(true);
	json_map(j);
	json_kbool(j, "rootless", c->rootless);
	json_kbool(j, "works", c->count[CHECK_MISSING] == 0);
	json_key(j, "counts");
	json_map(j);
	for (int i = 0; i < CHECK_STATES; i++)
		json_kuint(j, states[i].name, c->count[i]);
	json_end_map(j);
	json_key(j, "items");
	json_array(j);
	for (size_t i = 0; i < c->n; i++) {
		json_map(j);
		json_kstr(j, "section", c->item[i].section);
		json_kstr(j, "name", c->item[i].name);
		json_kstr(j, "status", states[c->item[i].state].name);
		if (c->item[i].found)
			json_kstr(j, "found", c->item[i].found);
		if (c->item[i].without)
			json_kstr(j, "without", c->item[i].without);
		json_end_map(j);
	}
	json_end_array(j);
	json_end_map(j);
	const char *text = json_text(j, len);
	char *copy = arena_strndup(c->arena, text, *len);
	json_free(j);
	return copy;
}
