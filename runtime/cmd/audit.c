/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth audit`: what the config of a bundle grants beyond what a container needs, how bad that is, and the line to
 * change. As `plan`, it reads config.json and changes nothing; a config that `create` would refuse is the same error.
 * The exit code says how bad the worst finding is, for scripts.
 */
#include <string.h>

#include "../../spec/spec.h"
#include "../audit/audit.h"
#include "reader.h"

struct audit_opts {
	const char *bundle, *format, *threshold;
	bool no_pivot, no_new_keyring, rules;
};

/* 1 is an error. */
static const int exit_codes[SEVERITIES] = { [SEV_LOW] = 2, [SEV_MEDIUM] = 3, [SEV_HIGH] = 4, [SEV_CRITICAL] = 5 };

enum format { TEXT, JSON, SARIF, FORMATS };
static const char *const formats[FORMATS] = { [TEXT] = "text", [JSON] = "json", [SARIF] = "sarif" };

static int parse_format(const char *name, enum format *ret, struct err *e)
{
	*ret = TEXT;
	for (int i = 0; name && i < FORMATS; i++)
		if (strcmp(formats[i], name) == 0) {
			*ret = (enum format)i;
			return 0;
		}
	return name ? err_set(e, 0, "option --format: unknown format \"%s\"", name) : 0;
}

static int print_rules(struct err *e)
{
	struct arena a = { 0 };
	size_t len;
	const char *text = audit_print_rules(&a, &len);
	int r = cmd_print(text, len, e);
	arena_free(&a);
	return r;
}

static int run_audit(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct audit_opts *o = opts;
	enum severity threshold = SEV_HIGH;
	enum format format;
	struct reader r = { 0 };
	struct audit a;
	size_t len;

	if (parse_format(o->format, &format, e) < 0)
		return -1;
	if (o->threshold && severity_parse(o->threshold, &threshold) < 0)
		return err_set(e, 0, "option --threshold: unknown severity \"%s\"", o->threshold);
	if (o->rules)
		return print_rules(e);
	struct reader_args args = { .bundle = argc ? argv[0] : o->bundle,
				    .no_pivot = o->no_pivot,
				    .no_new_keyring = o->no_new_keyring };
	if (reader_load(&r, g, &args, e) < 0)
		return -1;
	struct audit_input in = { .config = r.config,
				  .json = r.json,
				  .len = r.len,
				  .bundle = r.facts.bundle,
				  .no_pivot = o->no_pivot,
				  .no_new_keyring = o->no_new_keyring };
	if (audit_run(&a, &r.arena, &in, e) < 0) {
		spec_err_locate(e, r.json, r.len);
		return -1;
	}
	const char *text = format == JSON    ? audit_print_json(&a, threshold, &len)
			   : format == SARIF ? audit_print_sarif(&a, &len)
					     : audit_print_text(&a, &len);
	if (cmd_print(text, len, e) < 0)
		return -1;
	return threshold != SEV_NONE && a.worst >= threshold ? exit_codes[a.worst] : 0;
}

static const struct option_row audit_options[] = {
	{ "bundle", 'b', OPT_STRING, offsetof(struct audit_opts, bundle), "DIR", "the bundle (default: .)" },
	{ "format", 'f', OPT_STRING, offsetof(struct audit_opts, format), "FORMAT", "text (default), json or sarif" },
	{ "threshold", 't', OPT_STRING, offsetof(struct audit_opts, threshold), "SEVERITY",
	  "fail from there on: low, medium, high (default), critical or none" },
	{ "no-pivot", 0, OPT_FLAG, offsetof(struct audit_opts, no_pivot), NULL, "as for create" },
	{ "no-new-keyring", 0, OPT_FLAG, offsetof(struct audit_opts, no_new_keyring), NULL, "as for create" },
	{ "rules", 0, OPT_FLAG, offsetof(struct audit_opts, rules), NULL, "list what is looked for" },
	{ 0 },
};

const struct command cmd_audit = {
	.name = "audit",
	.args = "[BUNDLE]",
	.summary = "say what a config grants, how bad that is, and the line to change",
	.example = "berth audit --threshold medium /srv/web",
	.options = audit_options,
	.opts_size = sizeof(struct audit_opts),
	.min_args = 0,
	.max_args = 1,
	.run = run_audit,
};
