/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of process, for config.json and for the document of exec. */
#include "check.h"

/* What execve(2) would refuse with E2BIG at the very end: one string, and all together (the kernel stops at
 * three quarters of 8 MiB whatever the stack limit is). */
enum { ARG_STRING_MAX = 131072, ARG_TOTAL_MAX = 6 * 1024 * 1024 };

/* NGROUPS_MAX of the kernel, since 2.6.4; that of <limits.h> is the C library's, and musl's is 32 */
enum { GROUPS_MAX = 65536 };

static int check_sizes(struct check *c, const char *key, const struct strv *l, size_t *total)
{
	into(c, key);
	for (size_t i = 0; i < l->n; i++) {
		size_t n = strlen(l->v[i]) + 1;
		*total += n + sizeof(char *);
		if (n > ARG_STRING_MAX)
			return bad_index(c, i, "longer than the kernel takes (%d bytes)", ARG_STRING_MAX - 1);
	}
	if (*total > ARG_TOTAL_MAX)
		return bad(c, "arguments and environment are larger than the kernel takes (%d bytes)",
			   ARG_TOTAL_MAX);
	out(c);
	return 0;
}

/* args[0] is what is executed, so it cannot be empty; later ones can. */
static int check_args(struct check *c, const struct spec_process *p)
{
	size_t total = 0;
	if (!p->args.n)
		return bad_key(c, "args", "at least one entry is required");
	if (!p->args.v[0][0]) {
		into(c, "args");
		return bad_index(c, 0, "must not be empty");
	}
	if (check_env(c, "env", &p->env) < 0)
		return -1;
	if (check_sizes(c, "args", &p->args, &total) < 0 || check_sizes(c, "env", &p->env, &total) < 0)
		return -1;
	return 0;
}

static int check_user(struct check *c, const struct spec_user *u)
{
	into(c, "user");
	if (check_id(c, "uid", u->uid) < 0 || check_id(c, "gid", u->gid) < 0)
		return -1;
	if (u->umask.set && u->umask.v > 0777)
		return bad_key(c, "umask", "%llu is not a umask (0 to 511)", (unsigned long long)u->umask.v);
	into(c, "additionalGids");
	if (u->additional_gids.n > GROUPS_MAX)
		return bad(c, "more groups than the kernel takes (%d)", GROUPS_MAX);
	for (size_t i = 0; i < u->additional_gids.n; i++)
		if (u->additional_gids.v[i] == UINT32_MAX)
			return bad_index(c, i, "4294967295 is not an id (0 to 4294967294)");
	out(c);
	out(c);
	return 0;
}

/* The spec wants an unknown name to be no more than a warning: what is not granted cannot do harm. */
static void check_capabilities(struct check *c, const struct spec_capabilities *caps)
{
	static const char *const names[CAPSET_KINDS] = {
	    [CAPSET_BOUNDING] = "bounding",       [CAPSET_EFFECTIVE] = "effective",
	    [CAPSET_INHERITABLE] = "inheritable", [CAPSET_PERMITTED] = "permitted",
	    [CAPSET_AMBIENT] = "ambient",
	};
	if (!caps || !c->warn)
		return;
	into(c, "capabilities");
	for (int k = 0; k < CAPSET_KINDS; k++) {
		into(c, names[k]);
		for (size_t i = 0; i < caps->set[k].n; i++) {
			if (spec_capability_number(caps->set[k].v[i]) >= 0)
				continue;
			into_index(c, i);
			warn_at(c, "unknown capability \"%.100s\" is ignored", caps->set[k].v[i]);
			out(c);
		}
		out(c);
	}
	out(c);
}

/* Of two entries for one limit a runtime could take either; the spec says to refuse. */
static int check_rlimits(struct check *c, const struct spec_rlimits *l)
{
	uint64_t seen = 0;
	into(c, "rlimits");
	for (size_t i = 0; i < l->n; i++) {
		const struct spec_rlimit *r = &l->v[i];
		int number = r->type ? spec_rlimit_number(r->type) : -1;
		into_index(c, i);
		if (number < 0)
			return bad_key(c, "type", "unknown value \"%.100s\"", r->type ? r->type : "");
		if (seen >> number & 1)
			return bad_key(c, "type", "%s occurs twice", r->type);
		seen |= UINT64_C(1) << number;
		if (r->soft > r->hard)
			return bad_key(c, "soft", "%llu is above the hard limit, %llu",
				       (unsigned long long)r->soft, (unsigned long long)r->hard);
		out(c);
	}
	out(c);
	return 0;
}

/* ioprio_set(2) has 8 levels in each class; for the idle class the level is without effect but valid. */
static int check_io_priority(struct check *c, const struct spec_io_priority *p)
{
	static const char *const classes[] = { "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE",
					      NULL };
	if (!p)
		return 0;
	into(c, "ioPriority");
	if (check_known(c, "class", p->class_, classes) < 0)
		return -1;
	if (p->priority < 0 || p->priority > 7)
		return bad_key(c, "priority", "%lld is out of range (0 to 7)", (long long)p->priority);
	out(c);
	return 0;
}

/* Only exec uses these, but a config with a wrong list is refused when it is created. */
static int check_affinity(struct check *c, const struct spec_cpu_affinity *a)
{
	if (!a)
		return 0;
	into(c, "execCPUAffinity");
	if (check_cpulist(c, "initial", a->initial) < 0 || check_cpulist(c, "final", a->final) < 0)
		return -1;
	out(c);
	return 0;
}

/* consoleSize must be ignored without a terminal; with one it goes into unsigned shorts. */
static int check_console(struct check *c, const struct spec_process *p)
{
	if (!p->terminal || !p->console_size)
		return 0;
	into(c, "consoleSize");
	if (p->console_size->height > UINT16_MAX)
		return bad_key(c, "height", "must not be greater than %d", UINT16_MAX);
	if (p->console_size->width > UINT16_MAX)
		return bad_key(c, "width", "must not be greater than %d", UINT16_MAX);
	out(c);
	return 0;
}

/* In the order in which a reader would expect the first complaint: the command, then who runs it, then
 * how. */
int check_process(struct check *c, const struct spec_process *p)
{
	if (check_args(c, p) < 0)
		return -1;
	if (!p->cwd)
		return bad_key(c, "cwd", "a required property is missing");
	if (check_absolute(c, "cwd", p->cwd) < 0 || check_console(c, p) < 0 || check_user(c, &p->user) < 0)
		return -1;
	check_capabilities(c, p->capabilities);
	if (check_rlimits(c, &p->rlimits) < 0 || check_scheduler(c, p->scheduler) < 0 ||
	    check_io_priority(c, p->io_priority) < 0 || check_affinity(c, p->exec_cpu_affinity) < 0)
		return -1;
	/* labels are written to /proc/self/attr */
	if (check_no_control(c, "apparmorProfile", p->apparmor_profile) < 0 ||
	    check_no_control(c, "selinuxLabel", p->selinux_label) < 0)
		return -1;
	if (p->oom_score_adj.set && (p->oom_score_adj.v < -1000 || p->oom_score_adj.v > 1000))
		return bad_key(c, "oomScoreAdj", "%lld is out of range (-1000 to 1000)",
			       (long long)p->oom_score_adj.v);
	return 0;
}
