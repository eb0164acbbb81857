/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth plan`: what `create` or `run` would do with a bundle, step by step, and why. Reads config.json and
 * looks at the kernel's version and security modules; changes nothing, needs no privileges, and opens
 * nothing that the config names. The answer is the one for root, unless --rootless=true asks for the
 * caller's own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../act/create.h"
#include "../lib/fd.h"
#include "../plan/plan.h"
#include "cmd.h"

struct plan_opts {
	const char *bundle, *format, *id;
	bool no_pivot, no_new_keyring;
};

/* What the call would be, not what the caller is: an auditor need not be root to see what root would do. */
static int plan_facts(const struct globals *g, struct plan_facts *f, struct arena *a, struct err *e)
{
	if (facts_gather(f, a, e) < 0)
		return -1;
	f->rootless = g->rootless && (strcmp(g->rootless, "true") == 0 || strcmp(g->rootless, "1") == 0);
	if (!f->rootless)
		f->unprivileged = f->trees_inside = f->setgroups_denied = false;
	/* nor need the config be for this host */
	f->apparmor_enabled = f->selinux_enabled = f->resctrl_mounted = true;
	if (g->driver == CGROUP_DISABLED) {
		struct err none = { 0 };
		/* absent: the planner says so when it matters */
		f->cgroup_mount = cgroup_mount_path(a, &none);
	}
	return 0;
}

static int run_plan(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct plan_opts *o = opts;
	bool json = o->format && strcmp(o->format, "json") == 0;
	struct arena a = { 0 };
	struct plan_facts f = { 0 };
	struct plan p;
	const char *text;
	size_t len;

	if (o->format && !json && strcmp(o->format, "text") != 0)
		return err_set(e, 0, "option --format: unknown format \"%s\"", o->format);
	const char *bundle = argc ? argv[0] : o->bundle ? o->bundle : ".";
	const struct spec_config *c = bundle_load(&a, bundle, &f.bundle, &text, &len, e);
	if (!c || plan_facts(g, &f, &a, e) < 0)
		return -1;
	f.id = o->id ? o->id : "ID";
	struct plan_request r = {
		.no_pivot = o->no_pivot,
		.no_new_keyring = o->no_new_keyring,
		.wait_for_start = true,
		.cgroup_disabled = g->driver == CGROUP_DISABLED,
	};
	if (cgroup_resolve_path(&a, c, f.id, g->driver, f.rootless, &r.cgroup_path, e) < 0 ||
	    plan_create(&p, &a, c, &r, &f, e) < 0) {
		spec_err_locate(e, text, len);
		return -1;
	}
	const char *out = json ? plan_print_json(&p, &len) : plan_print_text(&p, &len);
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
