/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of linux.seccomp. Names of system calls are not checked: profiles list those of other kernels and
 * architectures, and libseccomp tells which it knows when the filter is made.
 */
#include "check.h"

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* SCMP_ACT_ERRNO returns the value to the program (the kernel cuts at 4095), SCMP_ACT_TRACE hands 16 bits to
 * the tracer; no other action carries one. */
static int check_errno(struct check *c, const char *key, struct opt_u64 ret, const char *action)
{
	uint64_t max = is(action, "SCMP_ACT_ERRNO") ? 4095 : is(action, "SCMP_ACT_TRACE") ? UINT16_MAX : 0;
	if (!ret.set)
		return 0;
	if (!max)
		return bad_key(c, key, "%s takes no errno", action);
	if (ret.v > max)
		return bad_key(c, key, "%llu is out of range (0 to %llu)", (unsigned long long)ret.v,
			       (unsigned long long)max);
	return 0;
}

/* A system call has six arguments. */
static int check_args(struct check *c, const struct spec_seccomp_args *args)
{
	into(c, "args");
	for (size_t i = 0; i < args->n; i++) {
		into_index(c, i);
		if (args->v[i].index > 5)
			return bad_key(c, "index", "%u is out of range (0 to 5)", args->v[i].index);
		if (check_known(c, "op", args->v[i].op, spec_seccomp_operators) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}

static int check_names(struct check *c, const struct spec_seccomp_rule *r)
{
	into(c, "names");
	if (!r->names.n)
		return bad(c, "at least one entry is required");
	for (size_t i = 0; i < r->names.n; i++) {
		if (!r->names.v[i][0])
			return bad_index(c, i, "must not be empty");
	}
	out(c);
	return 0;
}

/* *notify: does any rule need a listener? */
static int check_rules(struct check *c, const struct spec_seccomp *s, bool *notify)
{
	into(c, "syscalls");
	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct spec_seccomp_rule *r = &s->syscalls.v[i];
		into_index(c, i);
		if (check_known(c, "action", r->action, spec_seccomp_actions) < 0)
			return -1;
		*notify |= is(r->action, "SCMP_ACT_NOTIFY");
		if (check_names(c, r) < 0 || check_errno(c, "errnoRet", r->errno_ret, r->action) < 0 ||
		    check_args(c, &r->args) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}

/* A path that no rule uses is ignored, as the spec says. */
static int check_listener(struct check *c, const struct spec_seccomp *s, bool notify)
{
	bool path = s->listener_path && s->listener_path[0];
	if (notify && !path)
		return bad_key(c, "listenerPath", "required by SCMP_ACT_NOTIFY");
	if (s->listener_metadata && s->listener_metadata[0] && !path)
		return bad_key(c, "listenerMetadata", "needs listenerPath");
	if (path && check_path_length(c, "listenerPath", s->listener_path) < 0)
		return -1;
	return 0;
}

int check_seccomp(struct check *c, const struct spec_seccomp *s)
{
	if (!s)
		return 0;
	bool notify = is(s->default_action, "SCMP_ACT_NOTIFY");
	into(c, "seccomp");
	if (check_known(c, "defaultAction", s->default_action, spec_seccomp_actions) < 0)
		return -1;
	if (check_errno(c, "defaultErrnoRet", s->default_errno_ret, s->default_action) < 0 ||
	    check_known_list(c, "architectures", &s->architectures, spec_seccomp_archs) < 0 ||
	    check_known_list(c, "flags", &s->flags, spec_seccomp_flags) < 0 ||
	    check_rules(c, s, &notify) < 0 || check_listener(c, s, notify) < 0)
		return -1;
	/* the kernel takes this flag for filters with a listener only */
	for (size_t i = 0; i < s->flags.n && !notify; i++)
		if (is(s->flags.v[i], "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")) {
			into(c, "flags");
			return bad_index(c, i, "needs a rule with SCMP_ACT_NOTIFY");
		}
	out(c);
	return 0;
}
