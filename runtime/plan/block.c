/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flat block for berth-init: head, steps, data (format.h). Made last, because compiling a seccomp
 * filter and opening fds still change steps.
 */
#include "../lib/trace.h"
#include "build.h"

#include <string.h>

void plan_set_seccomp(struct plan *p, const void *prog, uint32_t count, uint64_t flags, bool listener)
{
	enum { FILTER_SIZE = 8 }; /* sizeof(struct sock_filter) */
	if (p->seccomp_step == SIZE_MAX)
		return;
	uint32_t at = plan_blob(p, prog, (size_t)count * FILTER_SIZE);
	struct plan_step *s = &p->inside[p->seccomp_step].s;
	s->str[0] = at;
	s->num = count;
	s->val[0] = flags;
	s->flags = listener ? STEP_F_LISTENER : 0;
}

void plan_set_trees(struct plan *p, const char *const *slots)
{
	if (p->trees_step == SIZE_MAX)
		return;
	uint32_t at = plan_list(p, slots, p->nfds);
	p->inside[p->trees_step].s.str[0] = at;
}

void *plan_block(struct plan *p, size_t *ret_size)
{
	/* what the data starts and ends with, and its alignment, is promised in format.h */
	size_t data_len = (p->data_len ? p->data_len : 8) + 8;
	data_len &= ~(size_t)7;
	size_t data_off = sizeof(struct plan_head) + p->ninside * sizeof(struct plan_step);
	size_t size = data_off + data_len;
	char *block = arena_alloc(p->arena, size);
	struct plan_head head = {
		.magic = PLAN_MAGIC,
		.version = PLAN_VERSION,
		.size = (uint32_t)size,
		.nsteps = (uint32_t)p->ninside,
		.data_off = (uint32_t)data_off,
		.data_len = (uint32_t)data_len,
		.nfds = (uint32_t)p->nfds,
		.flags = trace_on ? PLAN_TRACED : 0,
	};
	memcpy(block, &head, sizeof(head));
	struct plan_step *steps = (struct plan_step *)(block + sizeof(head));
	for (size_t i = 0; i < p->ninside; i++)
		steps[i] = p->inside[i].s;
	if (p->data_len)
		memcpy(block + data_off, p->data, p->data_len);
	*ret_size = size;
	return block;
}
