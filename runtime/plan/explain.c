/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a fixed record of berth-init to words:
 *
 *	mounts[3] "/data": open destination: no such file or directory
 *
 * origin, object, what failed, the text of the report, errno. What engines look for in the messages about
 * the executable and the working directory has a form of its own. The text of a report comes out of the
 * container: it is bounded by the record, and log.h escapes it.
 */
#include "print.h"

#include <errno.h>
#include <string.h>

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static const char *const details[DETAIL_KINDS] = {
	[DETAIL_PLAN] = "the plan is malformed",
	[DETAIL_SYNC] = "speak with berth",
	[DETAIL_FSOPEN] = "open the file system",
	[DETAIL_FSCONFIG] = "configure the file system",
	[DETAIL_FSMOUNT] = "create the mount",
	[DETAIL_ATTR] = "set mount attributes",
	[DETAIL_PROPAGATION] = "set mount propagation",
	[DETAIL_ATTACH] = "attach the mount",
	[DETAIL_TARGET] = "open destination",
	[DETAIL_COPYUP] = "copy what is mounted over",
	[DETAIL_OPEN] = "open",
	[DETAIL_WRITE] = "write",
	[DETAIL_VERIFY] = "the result is not what was asked for",
	[DETAIL_EXISTS_OTHER] = "something else is there",
	[DETAIL_PTMX] = "open a pseudo terminal",
	[DETAIL_UNLOCK] = "unlock the pseudo terminal",
	[DETAIL_CHOWN] = "set owner and mode",
	[DETAIL_FORK] = "fork",
	[DETAIL_EXEC] = "execute",
	[DETAIL_IS_DIR] = "is a directory",
	[DETAIL_NOT_EXECUTABLE] = "is not executable",
	[DETAIL_UMOUNT] = "unmount the old root",
	[DETAIL_CHDIR] = "change directory",
	[DETAIL_OUTSIDE] = "is outside of the container's root",
	[DETAIL_GROUPS] = "set supplementary groups",
	[DETAIL_GID] = "set the group id",
	[DETAIL_UID] = "set the user id",
	[DETAIL_CAPSET] = "set capabilities",
	[DETAIL_AMBIENT] = "set ambient capabilities",
	[DETAIL_NOT_PROC] = "no genuine procfs",
	[DETAIL_IDMAP] = "map the ids",
};

static const char *detail_words(uint32_t detail)
{
	return detail < DETAIL_KINDS ? details[detail] : NULL;
}

/* Put what failed behind `front`; empty parts are left out. */
static int compose(struct err *e, const char *front, const char *what, const struct plan_report *r)
{
	char text[PLAN_REPORT_TEXT];
	memcpy(text, r->text, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	size_t n = strlen(text);
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	return err_set(e, r->err, "%s: %s%s%s", front, what, *text ? ": " : "", text);
}

typedef int explain_fn(const struct plan *p, const struct inside_step *s, const struct plan_report *r,
		       struct err *e);

/* exec: "x": executable file not found in $PATH */
static int explain_exec(const struct plan *p, const struct inside_step *s, const struct plan_report *r,
			struct err *e)
{
	(void)s;
	const char *file =
		p->config->process && p->config->process->args.n ? p->config->process->args.v[0] : "";
	/* exec has another process than the config: the name is in its lookup step */
	for (size_t i = 0; i < p->ninside; i++)
		if (p->inside[i].s.kind == STEP_LOOKUP)
			file = p->data + p->inside[i].s.str[0];
	int eno = r->err;
	switch (r->detail) {
	case DETAIL_NOT_FOUND:
		return err_exit(e, EXIT_NOT_FOUND, 0, "exec: \"%s\": executable file not found in $PATH",
				file);
	case DETAIL_IS_DIR:
		eno = EISDIR;
		break;
	case DETAIL_NOT_EXECUTABLE:
		eno = EACCES;
		break;
	}
	bool missing = eno == ENOENT || eno == ENOTDIR;
	return err_exit(e, missing ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, eno ? eno : EACCES, "exec: \"%s\"",
			file);
}

/* chdir to cwd "/x": permission denied */
static int explain_cwd(const struct plan *p, const struct inside_step *s, const struct plan_report *r,
		       struct err *e)
{
	const char *path = p->data + s->s.str[0];
	bool missing = r->err == ENOENT || r->err == ENOTDIR;
	if (r->detail == DETAIL_OUTSIDE)
		return err_exit(e, EXIT_NOT_EXECUTABLE, 0, "chdir to cwd \"%s\": %s", path,
				details[r->detail]);
	return err_exit(e, missing ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, r->err, "chdir to cwd \"%s\"",
			path);
}

/* hooks.createContainer[1] "/path": exit status 3 */
static int explain_hook(const struct plan *p, const struct inside_step *s, const struct plan_report *r,
			struct err *e)
{
	const char *path = p->data + s->s.str[0], *what = detail_words(r->detail);
	char *front = arena_printf(p->arena, "%s \"%s\"", s->origin, path);
	if (r->detail == DETAIL_STATUS)
		what = arena_printf(p->arena, "exit status %d", (int)r->value);
	else if (r->detail == DETAIL_SIGNAL)
		what = arena_printf(p->arena, "killed by signal %d", (int)r->value);
	else if (r->detail == DETAIL_TIMEOUT)
		what = arena_printf(p->arena, "not finished after %llu s", (unsigned long long)s->s.val[0]);
	return compose(e, front, what ? what : "run", r);
}

/* The name of the file in back-quotes is what engines look for. */
static int explain_label(const struct plan *p, const struct inside_step *s, const struct plan_report *r,
			 struct err *e)
{
	const struct step_info *info = plan_step_info(s->s.kind);
	const char *front = arena_printf(p->arena, "%s \"%s\"", s->origin, p->data + s->s.str[0]);
	return compose(e, front, info->what, r);
}

static int explain_other(const struct plan *p, const struct inside_step *s, const struct plan_report *r,
			 struct err *e)
{
	const struct step_info *info = plan_step_info(s->s.kind);
	const char *what = detail_words(r->detail), *front = s->origin;
	if (r->detail == DETAIL_IDMAP && r->err == EINVAL)
		what = "map the ids, which this file system does not support";
	if (strncmp(front, "runtime: ", 9) == 0)
		front = info->name;
	if (info->subject)
		front = arena_printf(p->arena, "%s \"%s\"", front, p->data + s->s.str[info->subject - 1]);
	return compose(e, front, what ? what : info->what, r);
}

/* In the words of act/open_fds.c, which opens them when it may. */
static int explain_trees(const struct plan *p, const struct inside_step *s, const struct plan_report *r,
			 struct err *e)
{
	if (r->value < 0 || (size_t)r->value >= p->nfds)
		return explain_other(p, s, r, e);
	const struct plan_fd *f = &p->fds[r->value];
	const char *path = f->path ? f->path : "";
	if (r->detail == DETAIL_VERIFY)
		return err_set(e, 0, "%s: \"%s\" is another file in the container's mount namespace", f->origin, path);
	if (r->err == EINVAL && f->kind == PFD_TREE && !f->num)
		return err_set(e, EINVAL, "%s: open source \"%s\" without the mounts below it (in a user namespace "
			       "they cannot be left out: rbind takes them along)", f->origin, path);
	return err_set(e, r->err, "%s: open \"%s\"", f->origin, path);
}

static const struct {
	enum plan_kind kind;
	explain_fn *fn;
} explainers[] = {
	{ STEP_LOOKUP, explain_exec }, { STEP_EXEC, explain_exec },      { STEP_CWD, explain_cwd },
	{ STEP_HOOK, explain_hook },   { STEP_APPARMOR, explain_label }, { STEP_SELINUX, explain_label },
	{ STEP_TREES, explain_trees },
};

int plan_explain(const struct plan *p, const struct plan_report *r, struct err *e)
{
	const struct inside_step *s = NULL;
	if (r->step >= 0 && (size_t)r->step < p->ninside)
		s = &p->inside[r->step];
	/* a step that broke the protocol has not failed in its own way */
	if (!s || r->detail == DETAIL_PLAN || r->detail == DETAIL_SYNC || !plan_step_info(s->s.kind)) {
		const char *what = detail_words(r->detail);
		return compose(e, "berth-init", what ? what : "failed", r);
	}
	for (size_t i = 0; i < ARRAY_SIZE(explainers); i++)
		if (explainers[i].kind == s->s.kind)
			return explainers[i].fn(p, s, r, e);
	return explain_other(p, s, r, e);
}
