/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See exec_process.h. */
#include "exec_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/log.h"
#include "../lib/sys.h"

/* 2^32-1 means "do not change" to setresuid(2) and must never get there. */
enum { ID_MAX = 4294967294U };

static int parse_id(const char *s, size_t len, const char *what, uint32_t *ret, struct err *e)
{
	char buf[16];
	uint64_t v;
	if (len == 0 || len >= sizeof(buf))
		return err_set(e, 0, "%s \"%s\" is not a number from 0 to %u", what, s, ID_MAX);
	memcpy(buf, s, len);
	buf[len] = '\0';
	if (parse_u64(buf, ID_MAX, &v) < 0)
		return err_set(e, 0, "%s \"%s\" is not a number from 0 to %u", what, s, ID_MAX);
	*ret = (uint32_t)v;
	return 0;
}

static int set_user(struct spec_process *p, const char *user, struct err *e)
{
	const char *colon = strchr(user, ':');
	if (parse_id(user, colon ? (size_t)(colon - user) : strlen(user), "--user", &p->user.uid, e) < 0)
		return -1;
	if (!colon)
		return 0;
	return parse_id(colon + 1, strlen(colon + 1), "--user", &p->user.gid, e);
}

static int set_gids(struct arena *a, struct spec_process *p, const struct strv *gids, struct err *e)
{
	if (!gids->n)
		return 0;
	size_t n = p->user.additional_gids.n;
	uint32_t *v = arena_array(a, n + gids->n, sizeof(*v));
	if (n)
		memcpy(v, p->user.additional_gids.v, n * sizeof(*v));
	for (size_t i = 0; i < gids->n; i++)
		if (parse_id(gids->v[i], strlen(gids->v[i]), "--additional-gids", &v[n++], e) < 0)
			return -1;
	p->user.additional_gids = (struct u32v){ v, n };
	return 0;
}

static struct strv strv_join(struct arena *a, const struct strv *x, const struct strv *y)
{
	struct strv r = { arena_array(a, x->n + y->n + 1, sizeof(char *)), x->n + y->n };
	for (size_t i = 0; i < x->n; i++)
		r.v[i] = x->v[i];
	for (size_t i = 0; i < y->n; i++)
		r.v[x->n + i] = y->v[i];
	return r;
}

/* --cap adds to what the process may use; never to the inheritable or ambient set, which would hand it on to
 * every program it executes. */
static int add_caps(struct arena *a, struct spec_process *p, const struct strv *caps, struct err *e)
{
	static const enum cap_set sets[] = { CAPSET_BOUNDING, CAPSET_EFFECTIVE, CAPSET_PERMITTED };
	if (!caps->n)
		return 0;
	for (size_t i = 0; i < caps->n; i++)
		if (spec_capability_number(caps->v[i]) < 0)
			return err_set(e, 0, "--cap: unknown capability \"%s\"", caps->v[i]);
	struct spec_capabilities *c = arena_alloc(a, sizeof(*c));
	if (p->capabilities)
		*c = *p->capabilities;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		c->set[sets[i]] = strv_join(a, &c->set[sets[i]], caps);
	p->capabilities = c;
	return 0;
}

static int apply_options(struct arena *a, struct spec_process *p, const struct exec_opts *o, struct err *e)
{
	if (o->cwd)
		p->cwd = o->cwd;
	if (o->env.n)
		p->env = strv_join(a, &p->env, &o->env);
	if (o->tty)
		p->terminal = true;
	if (o->no_new_privs)
		p->no_new_privileges = true;
	if (o->apparmor)
		p->apparmor_profile = o->apparmor;
	if (o->label)
		p->selinux_label = o->label;
	if (o->user && set_user(p, o->user, e) < 0)
		return -1;
	if (set_gids(a, p, &o->gids, e) < 0)
		return -1;
	return add_caps(a, p, &o->caps, e);
}

static void inherit(struct spec_process *p, const struct spec_process *from)
{
	if (!p->capabilities)
		p->capabilities = from->capabilities;
	if (!p->apparmor_profile)
		p->apparmor_profile = from->apparmor_profile;
	if (!p->selinux_label)
		p->selinux_label = from->selinux_label;
	if (!p->rlimits.n)
		p->rlimits = from->rlimits;
	if (!p->oom_score_adj.set)
		p->oom_score_adj = from->oom_score_adj;
	if (!p->exec_cpu_affinity)
		p->exec_cpu_affinity = from->exec_cpu_affinity;
	p->no_new_privileges |= from->no_new_privileges;
}

static void warn(void *ctx, const char *text)
{
	(void)ctx;
	log_warn("%s", text);
}

static struct spec_process *from_file(struct arena *a, const char *path, struct err *e)
{
	size_t len;
	const char *json = fd_read_file(a, AT_FDCWD, path, SPEC_MAX_BYTES, &len, e);
	struct spec_process *p = json ? spec_process_decode(a, json, len, e) : NULL;
	if (!p || spec_process_check(p, "", warn, NULL, e) < 0) {
		if (json)
			spec_err_locate(e, json, len);
		err_add(e, "process file");
		return NULL;
	}
	return p;
}

static struct spec_process *from_config(struct arena *a, const struct spec_config *cfg, int argc, char **argv)
{
	struct spec_process *p = arena_alloc(a, sizeof(*p));
	if (cfg->process)
		*p = *cfg->process;
	p->terminal = false;
	p->console_size = NULL;
	p->args = (struct strv){ arena_array(a, (size_t)argc + 1, sizeof(char *)), (size_t)argc };
	for (int i = 0; i < argc; i++)
		p->args.v[i] = argv[i];
	if (!p->cwd)
		p->cwd = "/";
	return p;
}

struct spec_process *exec_process(struct arena *a, const struct spec_config *cfg, const struct exec_opts *o, int argc,
				  char **argv, struct err *e)
{
	struct spec_process *p;
	if (!o->process && argc < 1) {
		err_set(e, 0, "exec needs a command or --process");
		return NULL;
	}
	if (o->process && argc > 0) {
		err_set(e, 0, "exec takes a command or --process, not both");
		return NULL;
	}
	p = o->process ? from_file(a, o->process, e) : from_config(a, cfg, argc, argv);
	if (!p)
		return NULL;
	if (cfg->process)
		inherit(p, cfg->process);
	if (apply_options(a, p, o, e) < 0 || spec_process_check(p, "", warn, NULL, e) < 0)
		return NULL;
	return p;
}

int exec_cgroup(struct container *c, const char *sub, struct err *e)
{
	if (c->rec.cgroup.driver == CGROUP_DISABLED || !c->rec.cgroup.path[0])
		return -1;
	CLEANUP_FD int fd = container_cgroup(c, "exec in", e);
	if (fd < 0 || !sub || !strcmp(sub, "/"))
		return take_fd(&fd);
	while (*sub == '/')
		sub++;
	int child = sys_openat2(fd, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC,
				RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	return child < 0 ? err_set(e, errno, "open cgroup \"%s\" of the container", sub) : child;
}

int exec_cgroup_of_init(struct container *c, struct err *e)
{
	char file[64], text[4096 + 64];
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)c->rec.pid);
	ssize_t n = fd_read_small(AT_FDCWD, file, text, sizeof(text));
	/* the process still lives, so what was read is about it and not about another one with its number */
	if (n < 0 || sys_pidfd_send_signal(c->pidfd, 0) < 0)
		return err_set(e, errno, "find the cgroup of the container's first process");
	char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	line = line ? strstr(line, "0::") + 3 : text + n;
	line[strcspn(line, "\n")] = '\0';
	size_t len = strlen(c->rec.cgroup.path);
	if (strncmp(line, c->rec.cgroup.path, len) != 0 || line[len] != '/')
		return err_set(e, 0, "cgroup \"%s\" takes no process: controllers are enabled for cgroups below it",
			       c->rec.cgroup.path);
	return exec_cgroup(c, line + len, e);
}
