/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process: its user, privileges, labels, environment, scheduling, limits; and the root file system. */
#include "internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct spec_process *process(const struct audit *a)
{
	static const struct spec_process none;
	return a->c->process ? a->c->process : &none;
}

static void find_root_user(struct audit *a, const struct audit_rule *r)
{
	if (!a->c->process || process(a)->user.uid != 0)
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "process.user.uid");
	audit_set(a, f, "1000", "process.user.uid");
	if (process(a)->user.gid == 0)
		audit_set(a, f, "1000", "process.user.gid");
}

static void find_root_group(struct audit *a, const struct audit_rule *r)
{
	const struct spec_user *u = &process(a)->user;
	if (!a->c->process || u->uid == 0)
		return;
	if (u->gid == 0) {
		struct finding *f = audit_find(a, r);
		audit_place(a, f, "process.user.gid");
		audit_set(a, f, arena_printf(a->arena, "%u", u->uid), "process.user.gid");
	}
	for (size_t i = u->additional_gids.n; i-- > 0;) {
		if (u->additional_gids.v[i] != 0)
			continue;
		struct finding *f = audit_find(a, r);
		audit_place(a, f, "process.user.additionalGids[%zu]", i);
		audit_remove(a, f, "process.user.additionalGids[%zu]", i);
	}
}

static void find_new_privileges(struct audit *a, const struct audit_rule *r)
{
	if (!a->c->process || process(a)->no_new_privileges)
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "process.noNewPrivileges");
	audit_set(a, f, "true", "process.noNewPrivileges");
}

/* --- labels ------------------------------------------------------------------------------------- */

static void find_no_lsm(struct audit *a, const struct audit_rule *r)
{
	const char *profile = process(a)->apparmor_profile, *label = process(a)->selinux_label;
	if (!a->c->process || (profile && *profile) || (label && *label))
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "process.apparmorProfile");
}

/* The type of a label user:role:type[:level]. */
static bool label_type(const char *label, const char *type)
{
	const char *p = strchr(label, ':');
	p = p ? strchr(p + 1, ':') : NULL;
	size_t n = strlen(type);
	return p && strncmp(p + 1, type, n) == 0 && (p[1 + n] == ':' || !p[1 + n]);
}

static void find_unconfined(struct audit *a, const struct audit_rule *r)
{
	static const char *const types[] = { "spc_t", "unconfined_t", "unconfined_service_t", "container_runtime_t",
					     "kernel_t", "init_t", NULL };
	const char *profile = process(a)->apparmor_profile, *label = process(a)->selinux_label;
	if (profile && strcmp(profile, "unconfined") == 0) {
		struct finding *f = audit_find(a, r);
		audit_item(a, f, "AppArmor: unconfined");
		audit_place(a, f, "process.apparmorProfile");
	}
	for (const char *const *t = types; label && *t; t++)
		if (label_type(label, *t)) {
			struct finding *f = audit_find(a, r);
			audit_item(a, f, arena_printf(a->arena, "SELinux: %s", *t));
			audit_place(a, f, "process.selinuxLabel");
			audit_set(a, f, "\"system_u:system_r:container_t:s0\"", "process.selinuxLabel");
		}
}

/* --- environment, terminal ---------------------------------------------------------------------- */

/* A word of the name, between underscores: MONKEY is no KEY. */
static bool has_word(const char *name, size_t len, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(name + i, word, n) == 0 && (i == 0 || name[i - 1] == '_') &&
		    (i + n == len || name[i + n] == '_'))
			return true;
	return false;
}

static void find_secrets(struct audit *a, const struct audit_rule *r)
{
	static const char *const words[] = { "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY",
					     "CREDENTIALS", "PRIVATE_KEY", "API_KEY", "ACCESS_KEY", NULL };
	const struct strv *env = &process(a)->env;
	for (size_t i = 0; i < env->n; i++) {
		size_t len = strcspn(env->v[i], "=");
		const char *const *w = words;
		/* NAME_FILE=/run/secrets/... is the way around it; an empty value says nothing */
		if (env->v[i][len] != '=' || !env->v[i][len + 1] || has_word(env->v[i], len, "FILE"))
			continue;
		while (*w && !has_word(env->v[i], len, *w))
			w++;
		if (!*w)
			continue;
		struct finding *f = audit_find(a, r);
		audit_item(a, f, arena_strndup(a->arena, env->v[i], len)); /* never the value */
		audit_place(a, f, "process.env[%zu]", i);
		audit_remove(a, f, "process.env[%zu]", i);
	}
	if (a->nfindings && a->findings[a->nfindings - 1]->rule == r)
		audit_reverse_edits(audit_find(a, r), 0);
}

static void find_terminal(struct audit *a, const struct audit_rule *r)
{
	if (!process(a)->terminal)
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "process.terminal");
	audit_set(a, f, "false", "process.terminal");
}

/* --- scheduling and limits ---------------------------------------------------------------------- */

static void find_oom(struct audit *a, const struct audit_rule *r)
{
	if (!process(a)->oom_score_adj.set || process(a)->oom_score_adj.v >= 0)
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "process.oomScoreAdj");
	audit_set(a, f, "0", "process.oomScoreAdj");
}

static void find_realtime(struct audit *a, const struct audit_rule *r)
{
	static const char *const policies[] = { "SCHED_FIFO", "SCHED_RR", "SCHED_DEADLINE", NULL };
	const struct spec_process *p = process(a);
	for (const char *const *s = policies; p->scheduler && p->scheduler->policy && *s; s++)
		if (strcmp(p->scheduler->policy, *s) == 0) {
			struct finding *f = audit_find(a, r);
			audit_item(a, f, *s);
			audit_place(a, f, "process.scheduler.policy");
			audit_remove(a, f, "process.scheduler");
		}
	if (p->io_priority && p->io_priority->class_ && strcmp(p->io_priority->class_, "IOPRIO_CLASS_RT") == 0) {
		struct finding *f = audit_find(a, r);
		audit_item(a, f, "IOPRIO_CLASS_RT");
		audit_place(a, f, "process.ioPriority.class");
		audit_remove(a, f, "process.ioPriority");
	}
}

static const struct {
	const char *type;
	uint64_t fine; /* up to this hard limit there is nothing to say */
} rlimits[] = {
	{ "RLIMIT_CORE", 0 },		   /* the host's core_pattern is run for a core */
	{ "RLIMIT_MEMLOCK", 64 << 20 },
	{ "RLIMIT_MSGQUEUE", 64 << 20 },
	{ "RLIMIT_RTPRIO", 0 },
	{ "RLIMIT_NICE", 20 },
	{ "RLIMIT_SIGPENDING", 1 << 20 },
};

static void find_rlimits(struct audit *a, const struct audit_rule *r)
{
	const struct spec_rlimits *v = &process(a)->rlimits;
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < LENGTH(rlimits); k++) {
			if (strcmp(v->v[i].type, rlimits[k].type) != 0 || v->v[i].hard <= rlimits[k].fine)
				continue;
			const char *fine = arena_printf(a->arena, "%llu", (unsigned long long)rlimits[k].fine);
			struct finding *f = audit_find(a, r);
			audit_item(a, f, rlimits[k].type);
			audit_place(a, f, "process.rlimits[%zu].hard", i);
			audit_set(a, f, fine, "process.rlimits[%zu].hard", i);
			if (v->v[i].soft > rlimits[k].fine)
				audit_set(a, f, fine, "process.rlimits[%zu].soft", i);
		}
}

static void find_writable_root(struct audit *a, const struct audit_rule *r)
{
	if (!a->c->root || a->c->root->readonly)
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "root.readonly");
	audit_set(a, f, "true", "root.readonly");
}

static const struct audit_rule rows[] = {
	{ "root-user", "The process is root of the host", SEV_MEDIUM, SEV_NONE, find_root_user,
	  "Without a user namespace user 0 inside is user 0 outside: files of root on volumes are its own, and a way out of "
	  "the container leads straight to root.",
	  "Run as a user that owns nothing on the host, or in a user namespace." },
	{ "root-group", "The process is in the group root of the host", SEV_LOW, SEV_NONE, find_root_group,
	  "Group 0 can read, and sometimes write, files of root on volumes.", "Use a group that owns nothing on the host." },
	{ "new-privileges", "Programs can gain privileges", SEV_MEDIUM, SEV_LOW, find_new_privileges,
	  "A program of the image with a set-user-ID bit or file capabilities gives its rights to whoever executes it, up to "
	  "the bounding set.",
	  "Set process.noNewPrivileges." },
	{ "no-lsm", "Neither AppArmor nor SELinux confines the process", SEV_LOW, SEV_LOW, find_no_lsm,
	  "A label or a profile still stands when another wall has a hole: it would have stopped several of the known ways "
	  "out of containers.",
	  "Name the profile of your engine in process.apparmorProfile, or a label in process.selinuxLabel, whichever the "
	  "host has." },
	{ "lsm-unconfined", "The security module is told not to confine the process", SEV_MEDIUM, SEV_MEDIUM, find_unconfined,
	  "The profile or the label is one that allows everything.", "Name the profile or the label that your engine uses by "
	  "default." },
	{ "secret-in-environment", "Credentials are in the environment", SEV_LOW, SEV_LOW, find_secrets,
	  "The environment is inherited by every program, printed by many when they fail, shown by engines' inspect commands and "
	  "kept in config.json.",
	  "Give a file on a tmpfs instead, and its name (NAME_FILE)." },
	{ "terminal", "The process has a terminal", SEV_LOW, SEV_LOW, find_terminal,
	  "What it writes is carried out by the terminal of whoever is attached (escape sequences); services need none.",
	  "Set process.terminal to false for what is not used by hand." },
	{ "oom-protected", "The process is protected from the out-of-memory killer", SEV_MEDIUM, SEV_LOW, find_oom,
	  "When memory is short, programs of the host are killed before it.", "Leave process.oomScoreAdj at 0 or above." },
	{ "realtime", "The process has real-time priority", SEV_MEDIUM, SEV_LOW, find_realtime,
	  "A loop in it takes a processor, or the disk, from everybody else for good.",
	  "Use SCHED_OTHER and cpu.shares, IOPRIO_CLASS_BE and blockIO.weight." },
	{ "rlimit-high", "Resource limits of the process are wide", SEV_LOW, SEV_LOW, find_rlimits,
	  "Locked memory and queues are memory that cannot be reclaimed; a core dump is handed to a program of the host "
	  "(core_pattern); real-time and nice limits let it pass before others.",
	  "Lower the hard limit." },
	{ "rootfs-writable", "The root file system is writable", SEV_LOW, SEV_LOW, find_writable_root,
	  "Who breaks into the program can replace it, and what it starts later, for good.",
	  "Set root.readonly, and mount a tmpfs where the program must write." },
};
AUDIT_TABLE(rules_process, rows);
