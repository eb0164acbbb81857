/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is put over the finished tree, and the hooks that run inside.
 *
 * Read-only paths come before masked ones: a read-only path is a bind of itself and would uncover a mask
 * that lies below it.
 */
#include "build.h"

static void add_paths(struct build *b, const struct strv *paths, const char *list, enum plan_kind kind)
{
	const bool *again = list_shadowed(b->p->arena, paths->v, paths->n, '\0');
	for (size_t i = 0; i < paths->n; i++)
		if (!again[i])
			add_step(b, kind, at_index(b, list, i), paths->v[i]);
}

void plan_paths(struct build *b)
{
	add_paths(b, &b->c->linux_->readonly_paths, "linux.readonlyPaths", STEP_READONLY);
	add_paths(b, &b->c->linux_->masked_paths, "linux.maskedPaths", STEP_MASK);
}

/* Arguments and environment are exactly the config's (hooks.h): absent arguments mean the path alone, an
 * absent environment an empty one. */
static void add_hook(struct build *b, const struct spec_hook *h, enum hook_kind kind, const char *origin)
{
	struct plan *p = b->p;
	uint32_t argv = h->args_set ? plan_list(p, h->args.v, h->args.n) : plan_list(p, &h->path, 1);
	uint32_t env = plan_list(p, h->env.v, h->env.n);
	uint32_t before = plan_str(p, b->r->hook_state_before[kind]);
	uint32_t after = plan_str(p, b->r->hook_state_after[kind]);
	struct inside_step *s = add_step(b, STEP_HOOK, origin, h->path);
	s->s.str[1] = argv;
	s->s.str[2] = env;
	s->s.num = kind;
	/* a createContainer hook is a file of the host, this one a file of the image */
	if (kind == HOOK_START_CONTAINER) {
		s->s.flags = STEP_F_AS_PROCESS;
		s->note = "with the limits and credentials of the process";
	}
	s->s.val[0] = h->timeout.set ? (uint64_t)h->timeout.v : 0;
	s->s.val[1] = before;
	s->s.val[2] = after;
}

void plan_container_hooks(struct build *b, enum hook_kind kind)
{
	const struct spec_hook_list *list = &b->c->hooks.kind[kind];
	const char *name = arena_printf(b->p->arena, "hooks.%s", spec_hook_name(kind));
	for (size_t i = 0; i < list->n; i++)
		add_hook(b, &list->v[i], kind, at_index(b, name, i));
}
