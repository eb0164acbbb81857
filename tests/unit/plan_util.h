/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans from JSON, and a look at them, for the tests of runtime/plan. */
#ifndef BERTH_TESTS_UNIT_PLAN_UTIL_H
#define BERTH_TESTS_UNIT_PLAN_UTIL_H

#include <stdlib.h>

#include "../../runtime/plan/plan.h"
#include "../../spec/spec.h"
#include "t.h"

#define BASE_NS                                                                                              \
	"\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":\"uts\"},{\"type\":\"network\"}," \
	"{\"type\":\"ipc\"}]"
#define USER_MAPS                                                                                            \
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"                            \
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]"
#define PROC "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}"
#define DEV                                                                                                  \
	"{\"destination\":\"/"                                                                               \
	"dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"mode=755\"]}"
#define PTS                                                                                                  \
	"{\"destination\":\"/dev/"                                                                           \
	"pts\",\"type\":\"devpts\",\"source\":\"devpts\",\"options\":[\"newinstance\"]}"

/* Parts of a config; NULL: the usual. `top`, `process`, `linux_` are members with a comma in front. */
struct cfg {
	const char *mounts;  /* the list's inside */
	const char *linux_;  /* the object's inside */
	const char *process; /* members after the usual ones */
	const char *top;
	bool no_process;
};

static struct arena u_arena;

static inline struct plan_facts u_facts(void)
{
	return (struct plan_facts){ .kernel_major = 6,
				    .kernel_minor = 6,
				    .last_cap = 40,
				    .bundle = "/bundle",
				    .id = "c1",
				    .cgroup_mount = "/sys/fs/cgroup" };
}

static inline struct spec_config *u_config(const struct cfg *c)
{
	struct err e = { 0 };
	const char *process = c->no_process
				      ? ""
				      : arena_printf(&u_arena,
						     ",\"process\":{\"cwd\":\"/"
						     "\",\"args\":[\"sh\"],\"user\":{\"uid\":0,\"gid\":0}%s}",
						     c->process ? c->process : "");
	char *json = arena_printf(&u_arena,
				  "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"},\"mounts\":[%s],"
				  "\"linux\":{%s}%s%s}",
				  c->mounts ? c->mounts : PROC "," DEV "," PTS,
				  c->linux_ ? c->linux_ : BASE_NS, process, c->top ? c->top : "");
	struct spec_config *r = spec_config_decode(&u_arena, json, strlen(json), &e);
	if (!r) {
		printf("%s\n%s\n", json, e.text);
		exit(1);
	}
	return r;
}

static inline int u_plan(struct plan *p, const struct cfg *c, const struct plan_request *r,
			 const struct plan_facts *f, struct err *e)
{
	static const struct plan_request none;
	struct plan_facts usual = u_facts();
	return plan_create(p, &u_arena, u_config(c), r ? r : &none, f ? f : &usual, e);
}

/* A plan that must succeed. */
static inline struct plan u_ok(const struct cfg *c)
{
	struct plan p;
	struct err e = { 0 };
	if (u_plan(&p, c, NULL, NULL, &e) < 0)
		T_FAIL("planning failed: %s", e.text);
	return p;
}

/* One that must fail with this JSON path. */
static inline void u_refused(const struct cfg *c, const struct plan_facts *f, const char *path)
{
	struct plan p;
	struct err e = { 0 };
	T_INT(u_plan(&p, c, NULL, f, &e), -1);
	T_OK(e.set);
	T_STR(e.path, path);
	T_HAS(e.text, path);
}

/* Index of the n-th step of a kind, or -1. */
static inline int u_find(const struct plan *p, enum plan_kind kind, int n)
{
	for (size_t i = 0; i < p->ninside; i++)
		if (p->inside[i].s.kind == kind && n-- == 0)
			return (int)i;
	return -1;
}

static inline int u_count(const struct plan *p, enum plan_kind kind)
{
	int n = 0;
	while (u_find(p, kind, n) >= 0)
		n++;
	return n;
}

static inline struct plan_step *u_step(const struct plan *p, enum plan_kind kind, int n)
{
	static struct plan_step none;
	int i = u_find(p, kind, n);
	if (i < 0)
		T_FAIL("no step %s number %d", plan_step_name(kind), n);
	return i < 0 ? &none : &p->inside[i].s;
}

static inline const char *u_str(const struct plan *p, uint32_t off)
{
	return p->data + off;
}

/* Names of all inside steps, joined by blanks; runs of the same one are told once. */
static inline const char *u_names(const struct plan *p)
{
	const char *s = "", *last = "";
	for (size_t i = 0; i < p->ninside; i++) {
		const char *name = plan_step_name(p->inside[i].s.kind);
		if (strcmp(name, last) != 0)
			s = arena_printf(&u_arena, "%s%s%s", s, *s ? " " : "", name);
		last = name;
	}
	return s;
}

/* The members of a list, joined by '|'. */
static inline const char *u_list(const struct plan *p, uint32_t off)
{
	uint64_t n, at;
	const char *s = "";
	if (!off)
		return s;
	memcpy(&n, p->data + off, 8);
	for (uint64_t i = 0; i < n; i++) {
		memcpy(&at, p->data + off + 8 * (i + 1), 8);
		s = arena_printf(&u_arena, "%s%s%s", s, i ? "|" : "", p->data + at);
	}
	return s;
}

#endif
