/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that linux.seccomp uses, as tables. */
#include "seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* [5.19] */
#endif

/* `max`: highest value of the 16 bits that come with the action, 0 for an action that takes none. The
 * kernel caps an errno at 4095; what it would cap or libseccomp would cut is refused here. */
static const struct {
	const char *name;
	uint32_t action, max;
} actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, 0 },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), 4095 },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, 0 }, /* the old name */
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, 0 },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, 0 },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG, 0 },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, 0 },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), 65535 },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP, 0 },
};

static const struct {
	const char *name;
	int op;
} operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static const struct {
	const char *name;
	uint64_t flag;
} flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int seccomp_action(const char *action, const struct opt_u64 *errno_ret, const char *at,
		   const char *action_member, const char *errno_member, uint32_t *ret, struct err *e)
{
	char path[128];
	for (size_t i = 0; i < COUNT(actions); i++) {
		if (strcmp(action, actions[i].name) != 0)
			continue;
		snprintf(path, sizeof(path), "%s.%s", at, errno_member);
		if (errno_ret->set && !actions[i].max)
			return err_config(e, path, "%s takes no errno", action);
		if (errno_ret->set && errno_ret->v > actions[i].max)
			return err_config(e, path, "%llu is more than %u, the highest value for %s",
					  (unsigned long long)errno_ret->v, actions[i].max, action);
		*ret = actions[i].action;
		if (actions[i].max)
			*ret |= errno_ret->set ? (uint32_t)errno_ret->v : EPERM;
		return 0;
	}
	snprintf(path, sizeof(path), "%s.%s", at, action_member);
	return err_config(e, path, "unknown seccomp action \"%.64s\"", action);
}

int seccomp_operator(const char *op)
{
	for (size_t i = 0; i < COUNT(operators); i++)
		if (strcmp(op, operators[i].name) == 0)
			return operators[i].op;
	return -1;
}

uint64_t seccomp_flag(const char *name)
{
	for (size_t i = 0; i < COUNT(flags); i++)
		if (strcmp(name, flags[i].name) == 0)
			return flags[i].flag;
	return 0;
}
