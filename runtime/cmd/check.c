/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth check`: what this host offers to the caller, and what would not work. Exit code 0 when containers can be made,
 * 2 when not; 1 is an error.
 */
#include <string.h>

#include "../check/check.h"
#include "../lib/term.h"
#include "cmd.h"

struct check_opts {
	const char *format;
};

static int run_check(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	enum { CANNOT = 2 };
	const struct check_opts *o = opts;
	bool json = o->format && strcmp(o->format, "json") == 0;
	struct arena a = { 0 };
	struct check c;
	size_t len;

	(void)g;
	(void)argc;
	(void)argv;
	if (o->format && !json && strcmp(o->format, "text") != 0)
		return err_set(e, 0, "option --format: unknown format \"%s\"", o->format);
	check_host(&c, &a);
	const char *text = json ? check_print_json(&c, &len) : check_print_text(&c, term_colours(), &len);
	int r = cmd_print(text, len, e);
	if (r == 0 && c.count[CHECK_MISSING])
		r = CANNOT;
	arena_free(&a);
	return r;
}

static const struct option_row check_options[] = {
	{ "format", 'f', OPT_STRING, offsetof(struct check_opts, format), "FORMAT", "text (default) or json" },
	{ 0 },
};

const struct command cmd_check = {
	.name = "check",
	.args = "",
	.summary = "say what this host offers, and what would not work",
	.example = "berth check",
	.options = check_options,
	.opts_size = sizeof(struct check_opts),
	.min_args = 0,
	.max_args = 0,
	.run = run_check,
};
