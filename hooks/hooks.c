/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See hooks.h: the hooks of one kind, in order; who fails, and what that means for the others. */
#include "hooks.h"

#include <signal.h>

#include "../runtime/lib/log.h"
#include "../spec/spec.h"
#include "run_one.h"

/* A caller may have left SIGCHLD ignored: children then vanish without a status to wait for. */
static bool sigchld_set(struct sigaction *old)
{
	if (sigaction(SIGCHLD, NULL, old) < 0 ||
	    (old->sa_handler != SIG_IGN && !(old->sa_flags & SA_NOCLDWAIT)))
		return false;
	return sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL) == 0;
}

static int run_named(const struct spec_hook *h, const char *kind, size_t i, const char *state_json,
		     const char *bundle, struct err *e)
{
	log_debug("hooks.%s[%zu] \"%s\" starts", kind, i, h->path);
	if (hook_run_one(h, state_json, bundle, e) < 0)
		return err_add(e, "hooks.%s[%zu] \"%.512s\"", kind, i, h->path);
	log_debug("hooks.%s[%zu] \"%s\" succeeded", kind, i, h->path);
	return 0;
}

int hooks_run(const struct spec_hooks *hooks, enum hook_kind kind, const char *state_json, const char *bundle,
	      bool keep_going, struct err *e)
{
	const struct spec_hook_list *list = &hooks->kind[kind];
	struct sigaction old;
	int r = 0;

	if (list->n == 0)
		return 0;
	bool changed = sigchld_set(&old);
	for (size_t i = 0; i < list->n && r == 0; i++) {
		struct err own;

		err_clear(&own);
		if (run_named(&list->v[i], spec_hook_name(kind), i, state_json, bundle, &own) == 0)
			continue;
		if (keep_going) {
			log_warn("%s", own.text);
		} else {
			*e = own;
			r = -1;
		}
	}
	if (changed)
		sigaction(SIGCHLD, &old, NULL);
	return r;
}
