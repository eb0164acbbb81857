/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of process.scheduler: what sched_setattr(2) would refuse, and what it would take without doing
 * anything. A value that has no effect under the policy is refused, as it cannot be honoured.
 */
#include "check.h"

enum { USES_NICE = 1, USES_PRIORITY = 2, USES_DEADLINE = 4 };

static const struct policy {
	const char *name;
	unsigned uses;
} policies[] = {
	{ "SCHED_OTHER", USES_NICE },    { "SCHED_BATCH", USES_NICE },  { "SCHED_IDLE", 0 },
	{ "SCHED_FIFO", USES_PRIORITY }, { "SCHED_RR", USES_PRIORITY }, { "SCHED_DEADLINE", USES_DEADLINE },
};

static const char *const flags[] = {
	"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",     "SCHED_FLAG_DL_OVERRUN",
	"SCHED_FLAG_KEEP_POLICY",   "SCHED_FLAG_KEEP_PARAMS", NULL,
};

static const struct policy *find_policy(const char *name)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(policies[i].name, name) == 0)
			return &policies[i];
	return NULL;
}

/* The kernel's rule: 1024 ns <= runtime <= deadline <= period, and 63 bits; period 0 means the deadline. */
static int check_deadline(struct check *c, const struct spec_scheduler *s)
{
	const uint64_t shortest = 1024, longest = (UINT64_C(1) << 63) - 1;
	if (s->runtime < shortest)
		return bad_key(c, "runtime", "SCHED_DEADLINE needs at least %llu ns",
			       (unsigned long long)shortest);
	if (s->deadline < s->runtime || s->deadline > longest)
		return bad_key(c, "deadline", "must not be less than runtime, nor above 2^63-1");
	if (s->period && (s->period < s->deadline || s->period > longest))
		return bad_key(c, "period", "must not be less than deadline, nor above 2^63-1");
	return 0;
}

static int check_parameters(struct check *c, const struct spec_scheduler *s, unsigned uses)
{
	if (s->nice < -20 || s->nice > 19)
		return bad_key(c, "nice", "%lld is out of range (-20 to 19)", (long long)s->nice);
	if (s->nice && !(uses & USES_NICE))
		return bad_key(c, "nice", "has no effect with %s", s->policy);
	if ((uses & USES_PRIORITY) && (s->priority < 1 || s->priority > 99))
		return bad_key(c, "priority", "%s needs a priority from 1 to 99", s->policy);
	if (s->priority && !(uses & USES_PRIORITY))
		return bad_key(c, "priority", "must be 0 with %s", s->policy);
	if (uses & USES_DEADLINE)
		return check_deadline(c, s);
	if (s->runtime || s->deadline || s->period)
		return bad_key(c,
			       s->runtime    ? "runtime"
			       : s->deadline ? "deadline"
					     : "period",
			       "is for SCHED_DEADLINE only");
	return 0;
}

int check_scheduler(struct check *c, const struct spec_scheduler *s)
{
	if (!s)
		return 0;
	into(c, "scheduler");
	/* Linux numbers SCHED_ISO but never had it */
	const struct policy *p = find_policy(s->policy);
	if (!p)
		return bad_key(c, "policy", "\"%.100s\" is not a scheduling policy of Linux", s->policy);
	for (size_t i = 0; i < s->flags.n; i++)
		if (strncmp(s->flags.v[i], "SCHED_FLAG_UTIL_CLAMP_", 22) == 0) {
			into(c, "flags");
			return bad_index(c, i,
					 "not supported: the config has no property for the clamp values");
		}
	if (check_known_list(c, "flags", &s->flags, flags) < 0 || check_parameters(c, s, p->uses) < 0)
		return -1;
	out(c);
	return 0;
}
