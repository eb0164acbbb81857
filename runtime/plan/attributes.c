/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the process is scheduled and where its memory comes from: names of the config to what the system
 * calls take.
 */
#include "build.h"

#include <linux/sched/types.h>
#include <string.h>

/* Values that the headers of some C libraries lack or hide. */
struct name_value {
	const char *name;
	uint64_t value;
};

static const struct name_value policies[] = {
	{ "SCHED_OTHER", 0 }, { "SCHED_FIFO", 1 }, { "SCHED_RR", 2 },
	{ "SCHED_BATCH", 3 }, { "SCHED_IDLE", 5 }, { "SCHED_DEADLINE", 6 },
};
enum { UTIL_CLAMP_FLAGS = 0x60 };
static const struct name_value sched_flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 0x01 },  { "SCHED_FLAG_RECLAIM", 0x02 },
	{ "SCHED_FLAG_DL_OVERRUN", 0x04 },     { "SCHED_FLAG_KEEP_POLICY", 0x08 },
	{ "SCHED_FLAG_KEEP_PARAMS", 0x10 },    { "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 },
};
static const struct name_value io_classes[] = {
	{ "IOPRIO_CLASS_RT", 1 },
	{ "IOPRIO_CLASS_BE", 2 },
	{ "IOPRIO_CLASS_IDLE", 3 },
};
static const struct name_value memory_modes[] = {
	{ "MPOL_DEFAULT", 0 },
	{ "MPOL_PREFERRED", 1 },
	{ "MPOL_BIND", 2 },
	{ "MPOL_INTERLEAVE", 3 },
	{ "MPOL_LOCAL", 4 },
	{ "MPOL_PREFERRED_MANY", 5 },
	{ "MPOL_WEIGHTED_INTERLEAVE", 6 },
};
static const struct name_value memory_flags[] = {
	{ "MPOL_F_NUMA_BALANCING", 1 << 13 },
	{ "MPOL_F_RELATIVE_NODES", 1 << 14 },
	{ "MPOL_F_STATIC_NODES", 1 << 15 },
};
static const struct name_value domains[] = { { "LINUX", 0 }, { "LINUX32", 0x0008 } };

static int find(const struct name_value *t, size_t n, const char *name, uint64_t *ret)
{
	for (size_t i = 0; name && i < n; i++) {
		if (strcmp(t[i].name, name) == 0) {
			*ret = t[i].value;
			return 0;
		}
	}
	return -1;
}
#define FIND(table, name, ret) find(table, ARRAY_SIZE(table), name, ret)

static int find_flags(const struct name_value *t, size_t n, const struct strv *names, const char *at,
		      uint64_t *ret, struct err *e)
{
	*ret = 0;
	for (size_t i = 0; i < names->n; i++) {
		uint64_t v;
		if (find(t, n, names->v[i], &v) < 0)
			return err_config(e, at, "unknown flag \"%s\"", names->v[i]);
		*ret |= v;
	}
	return 0;
}

static int plan_scheduler(struct build *b, const struct spec_scheduler *s, struct err *e)
{
	enum { SIZE_VER0 = 48 }; /* without the utilization hints, which need a kernel that knows them */
	uint64_t policy, flags;
	if (FIND(policies, s->policy, &policy) < 0)
		return err_config(e, "process.scheduler.policy", "Linux has no policy \"%s\"",
				  s->policy ? s->policy : "");
	if (find_flags(sched_flags, ARRAY_SIZE(sched_flags), &s->flags, "process.scheduler.flags", &flags,
		       e) < 0)
		return -1;
	struct sched_attr attr = {
		.size = flags & UTIL_CLAMP_FLAGS ? (uint32_t)sizeof(attr) : SIZE_VER0,
		.sched_policy = (uint32_t)policy,
		.sched_flags = flags,
		.sched_nice = (int32_t)s->nice,
		.sched_priority = (uint32_t)s->priority,
		.sched_runtime = s->runtime,
		.sched_deadline = s->deadline,
		.sched_period = s->period,
	};
	uint32_t blob = plan_blob(b->p, &attr, attr.size);
	struct inside_step *step = plan_inside(b->p, STEP_SCHED, "process.scheduler");
	step->note = s->policy;
	step->s.str[0] = blob;
	step->s.num = attr.size;
	return 0;
}

int plan_scheduling(struct build *b, struct err *e)
{
	const struct spec_process *proc = b->proc;
	if (proc->scheduler && plan_scheduler(b, proc->scheduler, e) < 0)
		return -1;
	if (!proc->io_priority)
		return 0;
	uint64_t class_;
	if (FIND(io_classes, proc->io_priority->class_, &class_) < 0)
		return err_config(e, "process.ioPriority.class", "unknown class");
	struct inside_step *s = plan_inside(b->p, STEP_IOPRIO, "process.ioPriority");
	s->s.val[0] = class_ << 13 | ((uint64_t)proc->io_priority->priority & 7);
	return 0;
}

int plan_personality(struct build *b, struct err *e)
{
	const struct spec_personality *pers = b->c->linux_->personality;
	uint64_t domain;
	if (!pers)
		return 0;
	if (FIND(domains, pers->domain, &domain) < 0)
		return err_config(e, "linux.personality.domain", "unknown domain");
	if (pers->flags.n)
		return err_config(e, "linux.personality.flags", "no flag is supported");
	plan_inside(b->p, STEP_PERSONALITY, "linux.personality")->s.val[0] = domain;
	return 0;
}

/* A CPU or node list as a blob of whole 8-byte words, one zero word behind them; *ret_len, without that
 * word, is 0 when the list is empty. */
static int mask_blob(struct build *b, const char *list, const char *at, uint32_t *ret, size_t *ret_len,
		     struct err *e)
{
	enum { MASK_BYTES = 1024 }; /* 8192 CPUs or nodes, as many as any kernel can be built for */
	unsigned char mask[MASK_BYTES + 8] = { 0 };
	size_t used = 0, len = 0;
	*ret = 0;
	*ret_len = 0;
	if (parse_cpulist(list, mask, MASK_BYTES, &used) < 0)
		return err_config(e, at, "\"%.80s\" is not a list such as 0-3,7", list);
	for (size_t i = 0; i < MASK_BYTES; i++)
		if (mask[i])
			len = i + 1;
	if (!len)
		return 0;
	*ret_len = (len + 7) & ~(size_t)7;
	*ret = plan_blob(b->p, mask, *ret_len + 8);
	return 0;
}

int plan_memory_policy(struct build *b, struct err *e)
{
	const struct spec_memory_policy *m = b->c->linux_->memory_policy;
	uint64_t mode, flags;
	uint32_t blob = 0;
	size_t len = 0;
	if (!m)
		return 0;
	if (FIND(memory_modes, m->mode, &mode) < 0)
		return err_config(e, "linux.memoryPolicy.mode", "unknown mode");
	if (find_flags(memory_flags, ARRAY_SIZE(memory_flags), &m->flags, "linux.memoryPolicy.flags", &flags,
		       e) < 0)
		return -1;
	if (m->nodes && mask_blob(b, m->nodes, "linux.memoryPolicy.nodes", &blob, &len, e) < 0)
		return -1;
	struct inside_step *s = plan_inside(b->p, STEP_MEMPOLICY, "linux.memoryPolicy");
	s->note = m->mode;
	s->s.num = (uint32_t)(mode | flags);
	s->s.str[0] = blob;
	/* set_mempolicy(2) reads one bit less than it is told */
	s->s.val[0] = len ? len * 8 + 1 : 0;
	return 0;
}

int plan_affinity(struct build *b, const char *list, const char *origin, struct err *e)
{
	uint32_t blob;
	size_t len;
	if (!list || !*list)
		return 0;
	if (mask_blob(b, list, origin, &blob, &len, e) < 0)
		return -1;
	if (!len)
		return 0;
	struct inside_step *s = plan_inside(b->p, STEP_AFFINITY, origin);
	s->note = list;
	s->s.str[0] = blob;
	s->s.num = (uint32_t)len;
	return 0;
}
