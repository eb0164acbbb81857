/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth plan`: what `create` or `run` would do with a bundle, step by step, and why. Reads config.json and
 * looks at the kernel's version and security modules; changes nothing, needs no privileges, and opens
 * nothing that the config names. The answer is the one for root, unless --rootless=true asks for the
 * caller's own.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "reader.h"

struct plan_opts {
	const char *bundle, *format, *id;
	bool no_pivot, no_new_keyring;
};

static int run_plan(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct plan_opts *o = opts;
	bool json = o->format && strcmp(o->format, "json") == 0;
	struct reader r = { 0 };
	size_t len;

	if (o->format && !json && strcmp(o->format, "text") != 0)
		return err_set(e, 0, "option --format: unknown format \"%s\"", o->format);
	struct reader_args args = { .bundle = argc ? argv[0] : o->bundle,
				    .id = o->id,
				    .no_pivot = o->no_pivot,
				    .no_new_keyring = o->no_new_keyring };
	if (reader_load(&r, g, &args, e) < 0)
		return -1;
	const char *out = json ? plan_print_json(&r.plan, &len) : plan_print_text(&r.plan, &len);
	if (fd_write_all(STDOUT_FILENO, out, len) < 0)
		return err_set(e, errno, "write the plan");
	return 0;
}

static const struct option_row plan_options[] = {
	{ "bundle", 'b', OPT_STRING, offsetof(struct plan_opts, bundle), "DIR", "the bundle (default: .)" },
	{ "id", 0, OPT_STRING, offsetof(struct plan_opts, id), "ID", "plan for this id (default: ID)" },
	{ "format", 'f', OPT_STRING, offsetof(struct plan_opts, format), "FORMAT", "text (default) or json" },
	{ "no-pivot", 0, OPT_FLAG, offsetof(struct plan_opts, no_pivot), NULL, "as for create" },
	{ "no-new-keyring", 0, OPT_FLAG, offsetof(struct plan_opts, no_new_keyring), NULL, "as for create" },
	{ 0 },
};

const struct command cmd_plan = {
	.name = "plan",
	.args = "[BUNDLE]",
	.summary = "show what create would do, and which property asks for it",
	.example = "berth plan /srv/web",
	.options = plan_options,
	.opts_size = sizeof(struct plan_opts),
	.min_args = 0,
	.max_args = 1,
	.run = run_plan,
};
