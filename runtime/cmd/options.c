/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See cmd.h. One pass over the arguments: an option fills the member its row names, anything else is
 * moved to the front. Engines write options in every style there is: "--root=/x", "--root /x",
 * "-no-subreaper", "-f", "--rootless=true", and the same one twice.
 */
#include "cmd.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../spec/spec.h"

struct parser {
	const struct option_row *rows;
	char *opts;
	int argc, next; /* next: index of the argument after the current one */
	char **argv;
	struct err *e;
};

/* Lists of OPT_LIST live as long as the process does. */
static struct arena lists;

static const struct option_row *find_name(const struct parser *p, const char *name, size_t len)
{
	for (const struct option_row *r = p->rows; r && r->name; r++)
		if (strlen(r->name) == len && memcmp(r->name, name, len) == 0)
			return r;
	return NULL;
}

static const struct option_row *find_letter(const struct parser *p, char letter)
{
	for (const struct option_row *r = p->rows; r && r->name; r++)
		if (r->letter && r->letter == letter)
			return r;
	return NULL;
}

static bool takes_value(const struct option_row *r)
{
	return r->type != OPT_FLAG && r->type != OPT_IGNORE_FLAG;
}

static int parse_bool(const char *s, bool *ret)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {
		{ "true", true },   { "false", false }, { "1", true }, { "0", false }, { "True", true },
		{ "False", false }, { "TRUE", true },	{ "FALSE", false }, { "t", true }, { "f", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i].text, s) == 0) {
			*ret = words[i].value;
			return 0;
		}
	return -1;
}

static void list_append(struct strv *list, const char *value)
{
	/* the slot after the last one stays NULL */
	const char **v = arena_array(&lists, list->n + 2, sizeof(*v));

	if (list->n)
		memcpy(v, list->v, list->n * sizeof(*v));
	v[list->n++] = value;
	list->v = v;
}

/* Put a value (NULL for a flag that stands alone) where the row wants it. */
static int store(struct parser *p, const struct option_row *r, const char *value)
{
	void *to = p->opts + r->offset;
	uint64_t number;

	switch (r->type) {
	case OPT_FLAG:
		*(bool *)to = true;
		if (value && parse_bool(value, to) < 0)
			return err_set(p->e, 0, "option --%s: \"%s\" is neither true nor false", r->name,
				       value);
		return 0;
	case OPT_STRING:
		*(const char **)to = value;
		return 0;
	case OPT_UINT:
		if (parse_u64(value, UINT32_MAX, &number) < 0)
			return err_set(p->e, 0, "option --%s: \"%s\" is not a number", r->name, value);
		*(unsigned *)to = (unsigned)number;
		return 0;
	case OPT_LIST:
		list_append(to, value);
		return 0;
	case OPT_IGNORE_FLAG:
	case OPT_IGNORE_VALUE:
		return 0;
	}
	return 0;
}

static int store_next(struct parser *p, const struct option_row *r)
{
	if (p->next >= p->argc)
		return err_set(p->e, 0, "option --%s requires an argument", r->name);
	return store(p, r, p->argv[p->next++]);
}

/* "-f", "-fb DIR", "-bDIR", "-b=DIR": letters in one argument; one with a value ends it */
static int parse_letters(struct parser *p, const char *arg)
{
	for (const char *s = arg + 1; *s; s++) {
		const struct option_row *r = find_letter(p, *s);
		if (!r)
			return err_set(p->e, 0, "unknown option \"%s\"", arg);
		if (takes_value(r)) {
			if (!s[1])
				return store_next(p, r);
			return store(p, r, s + (s[1] == '=' ? 2 : 1));
		}
		if (s[1] == '=')
			return store(p, r, s + 2);
		if (store(p, r, NULL) < 0)
			return -1;
	}
	return 0;
}

static int parse_option(struct parser *p, const char *arg)
{
	const char *name = arg + (arg[1] == '-' ? 2 : 1);
	const char *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_row *r = find_name(p, name, len);

	if (!r && arg[1] == '-')
		return err_set(p->e, 0, "unknown option \"%s\"", arg);
	if (!r)
		return parse_letters(p, arg);
	if (equals)
		return store(p, r, equals + 1);
	return takes_value(r) ? store_next(p, r) : store(p, r, NULL);
}

int options_parse(const struct option_row *rows, void *opts, int argc, char **argv, bool stop_at_positional,
		  struct err *e)
{
	struct parser p = { .rows = rows, .opts = opts, .argc = argc, .argv = argv, .e = e };
	bool only_positionals = false;
	int n = 0;

	while (p.next < argc) {
		char *arg = argv[p.next++];
		if (only_positionals || arg[0] != '-' || arg[1] == '\0') {
			argv[n++] = arg;
			only_positionals |= stop_at_positional;
		} else if (strcmp(arg, "--") == 0) {
			only_positionals = true;
		} else if (parse_option(&p, arg) < 0) {
			return -1;
		}
	}
	return n;
}
