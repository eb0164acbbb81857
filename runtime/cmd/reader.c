/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See reader.h. The answer is the one for root, unless --rootless=true asks for the caller's own. */
#include "reader.h"

#include <string.h>

#include "../../spec/spec.h"
#include "../act/create.h"

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
		/* for a mount of it; not known: printed without */
		f->cgroup_mount = cgroup_mount_path(a, &none);
	}
	return 0;
}

int reader_load(struct reader *r, const struct globals *g, const struct reader_args *args, struct err *e)
{
	struct arena *a = &r->arena;
	r->config = bundle_load(a, args->bundle, &r->facts.bundle, &r->json, &r->len, e);
	if (!r->config || plan_facts(g, &r->facts, a, e) < 0)
		return -1;
	r->facts.id = args->id ? args->id : "ID";
	struct plan_request q = {
		.no_pivot = args->no_pivot,
		.no_new_keyring = args->no_new_keyring,
		.wait_for_start = true,
		.cgroup_disabled = g->driver == CGROUP_DISABLED,
	};
	if (cgroup_resolve_path(a, r->config, r->facts.id, g->driver, r->facts.rootless, &q.cgroup_path, e) < 0 ||
	    plan_create(&r->plan, a, r->config, &q, &r->facts, e) < 0) {
		spec_err_locate(e, r->json, r->len);
		return -1;
	}
	return 0;
}
