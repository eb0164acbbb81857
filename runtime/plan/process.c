/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process, for create and exec alike: there is one way to drop privileges.
 *
 * Before "ready": HOME, the working directory, the executable; what is wrong with them fails `create`,
 * where engines expect it. After "start": limits, labels, credentials, execve(2). The order matters:
 *
 *   limits, scheduling, owner of stdio   while we may still raise and change them
 *   labels for the next exec             needs procfs, and no capability is certain to be left later
 *   bounding set                         needs CAP_SETPCAP
 *   no_new_privs                         before the switch: nothing later gains anything
 *   uid, gid, groups                     capabilities are kept
 *   working directory again              one that only the user may enter
 *   seccomp, without no_new_privs        needs CAP_SYS_ADMIN, so before the capabilities go
 *   capabilities
 *   seccomp, with no_new_privs           as late as can be: the profile need not allow what we do
 */
#include "build.h"

#include <string.h>

/* ---- environment ---- */

static const char *value_of(const char *entry, const char *name)
{
	size_t n = strlen(name);
	return strncmp(entry, name, n) == 0 && entry[n] == '=' ? entry + n + 1 : NULL;
}

/* The config's entries, the last of each name, and what berth adds. */
static void make_environment(struct build *b)
{
	struct environment *env = &b->env;
	enum { ADDED_MAX = 3 };
	struct arena *a = b->p->arena;
	const struct strv *given = &b->proc->env;
	const char **all = arena_array(a, given->n + ADDED_MAX, sizeof(*all));
	size_t n = given->n;
	if (n)
		memcpy(all, given->v, n * sizeof(*all));
	if (b->r->listen_fds && !b->exec) { /* only the container's first process can be number 1 */
		all[n++] = arena_printf(a, "LISTEN_FDS=%u", b->r->listen_fds);
		all[n++] = "LISTEN_PID=1";
	}
	const bool *again = list_shadowed(a, all, n, '=');
	for (size_t i = 0; i < n; i++)
		if (!again[i])
			all[env->n++] = all[i];
	env->v = all;
	for (size_t i = 0; i < env->n; i++) {
		const char *path = value_of(all[i], "PATH");
		env->path = path ? path : env->path;
		env->home |= value_of(all[i], "HOME") != NULL;
	}
	if (!env->home)
		all[env->n++] = "HOME="; /* STEP_HOME fills it in */
}

/* ---- before "ready" ---- */

int plan_process_find(struct build *b, struct err *e)
{
	const struct spec_process *proc = b->proc;
	if (!proc->args.n || !proc->args.v[0][0])
		return err_config(e, "process.args", "is empty");
	make_environment(b);
	if (!b->env.home)
		plan_inside(b->p, STEP_HOME, RUNTIME "process.env has no HOME")->s.val[0] = proc->user.uid;
	/* of a container that runs, exec makes nothing: a name that is wrong shall not go unnoticed */
	add_step(b, STEP_CWD, "process.cwd", proc->cwd)->s.flags = b->exec ? 0 : STEP_F_MAKE;
	/* without a PATH in the environment a name without slash is not found */
	uint32_t path = plan_str(b->p, b->env.path);
	add_step(b, STEP_LOOKUP, "process.args[0]", proc->args.v[0])->s.str[1] = path;
	return 0;
}

/* ---- after "start" ---- */

static int plan_rlimits(struct build *b, struct err *e)
{
	const struct spec_rlimits *r = &b->proc->rlimits;
	for (size_t i = 0; i < r->n; i++) {
		int number = spec_rlimit_number(r->v[i].type);
		if (number < 0)
			return err_config(e, at_member(b, "process.rlimits", i, "type"),
					  "unknown limit \"%s\"", r->v[i].type);
		struct inside_step *s = plan_inside(b->p, STEP_RLIMIT, at_index(b, "process.rlimits", i));
		s->note = r->v[i].type;
		s->s.num = (uint32_t)number;
		s->s.val[0] = r->v[i].soft;
		s->s.val[1] = r->v[i].hard;
	}
	return 0;
}

static bool is_set(const char *s)
{
	return s && *s;
}

static int plan_labels(struct build *b, struct err *e)
{
	const char *profile = b->proc->apparmor_profile, *label = b->proc->selinux_label;
	if (is_set(profile)) {
		if (b->f->apparmor_enabled)
			add_step(b, STEP_APPARMOR, "process.apparmorProfile", profile);
		else if (strcmp(profile, "unconfined") != 0)
			return err_config(e, "process.apparmorProfile",
					  "AppArmor is not enabled on this host");
	}
	if (is_set(label)) {
		if (!b->f->selinux_enabled)
			return err_config(e, "process.selinuxLabel", "SELinux is not enabled on this host");
		add_step(b, STEP_SELINUX, "process.selinuxLabel", label);
	}
	return 0;
}

static void add_user(struct build *b)
{
	const struct spec_user *u = &b->proc->user;
	size_t n = b->keep_groups ? 0 : u->additional_gids.n;
	uint32_t groups = plan_blob(b->p, u->additional_gids.v, n * sizeof(uint32_t));
	struct inside_step *s = plan_inside(b->p, STEP_USER, "process.user");
	if (b->keep_groups)
		s->note = "the groups of the caller stay: annotation " KEEP_GROUPS_ANNOTATION;
	s->s.val[0] = u->uid;
	s->s.val[1] = u->gid;
	s->s.str[0] = groups;
	s->s.num = (uint32_t)n;
	s->s.flags = plan_groups_flag(b);
}

/* Names this kernel has no number for are dropped; the check of the config has warned of them. */
static uint64_t capability_set(struct build *b, enum cap_set which)
{
	const struct spec_capabilities *caps = b->proc->capabilities;
	uint64_t mask = 0;
	for (size_t i = 0; caps && i < caps->set[which].n; i++) {
		int n = spec_capability_number(caps->set[which].v[i]);
		if (n >= 0 && n < 64 && n <= b->f->last_cap)
			mask |= UINT64_C(1) << n;
	}
	return mask;
}

static const char *capability_origin(const struct build *b)
{
	return b->proc->capabilities ? "process.capabilities"
				     : RUNTIME "no process.capabilities: none are kept";
}

static void add_capabilities(struct build *b)
{
	static const enum cap_set order[] = { CAPSET_EFFECTIVE, CAPSET_PERMITTED, CAPSET_INHERITABLE,
					      CAPSET_AMBIENT };
	struct inside_step *s = plan_inside(b->p, STEP_CAPS, capability_origin(b));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		s->s.val[i] = capability_set(b, order[i]);
}

static void add_seccomp(struct build *b)
{
	const struct spec_seccomp *sc = b->c->linux_->seccomp;
	if (!sc)
		return;
	b->p->seccomp_step = b->p->ninside;
	struct inside_step *s = plan_inside(b->p, STEP_SECCOMP, "linux.seccomp");
	s->note = arena_printf(b->p->arena, "%zu rules, otherwise %s", sc->syscalls.n,
			       sc->default_action ? sc->default_action : "?");
}

/* The credentials, in the order explained above. */
static void plan_credentials(struct build *b)
{
	bool nnp = b->proc->no_new_privileges;
	struct plan_step *bounding = &plan_inside(b->p, STEP_CAP_BOUNDING, capability_origin(b))->s;
	bounding->val[0] = capability_set(b, CAPSET_BOUNDING);
	bounding->val[1] = (uint64_t)b->f->last_cap + 1;
	if (nnp)
		plan_inside(b->p, STEP_NO_NEW_PRIVS, "process.noNewPrivileges");
	add_user(b);
	add_step(b, STEP_CWD, "process.cwd", b->proc->cwd)->s.flags = STEP_F_RETRY;
	if (!nnp)
		add_seccomp(b);
	add_capabilities(b);
	if (nnp)
		add_seccomp(b);
}

static void add_exec(struct build *b)
{
	unsigned keep = b->r->preserve_fds;
	uint32_t argv = plan_list(b->p, b->proc->args.v, b->proc->args.n);
	uint32_t envp = plan_list(b->p, b->env.v, b->env.n);
	struct inside_step *s = plan_inside(b->p, STEP_EXEC, "process.args");
	s->s.str[1] = argv;
	s->s.str[2] = envp;
	/* engines that pass LISTEN_FDS on count its fds in --preserve-fds too */
	s->s.num = keep > b->r->listen_fds ? keep : b->r->listen_fds;
}

int plan_process_run(struct build *b, struct err *e)
{
	enum { DEFAULT_UMASK = 022 };
	const struct spec_process *proc = b->proc;
	if (plan_rlimits(b, e) < 0 || plan_scheduling(b, e) < 0 || plan_personality(b, e) < 0 ||
	    plan_memory_policy(b, e) < 0)
		return -1;
	bool umask_set = proc->user.umask.set;
	plan_inside(b->p, STEP_UMASK,
		    umask_set ? "process.user.umask" : RUNTIME "the umask of the caller stays out")
		->s.num = umask_set ? (uint32_t)proc->user.umask.v : DEFAULT_UMASK;
	if (!proc->terminal)
		plan_inside(b->p, STEP_STDIO_OWNER, "process.user.uid")->s.val[0] = proc->user.uid;
	if (b->exec && proc->exec_cpu_affinity &&
	    plan_affinity(b, proc->exec_cpu_affinity->final, "process.execCPUAffinity.final", e) < 0)
		return -1;
	if (plan_labels(b, e) < 0)
		return -1;
	if (!b->setgroups && !b->keep_groups && proc->user.additional_gids.n)
		return err_config(e, "process.user.additionalGids",
				  "setgroups(2) is denied in this user namespace");
	plan_credentials(b);
	add_exec(b);
	return 0;
}
