/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's side of a plan, in the order in which it is carried out. Some of these steps answer a sync
 * point of berth-init (#1, #2, #3); plan_host_anchor() says which.
 */
#include "build.h"

#include <string.h>

#include "print.h"

static struct host_step *add(struct build *b, enum host_step_kind kind, const char *origin, int64_t num,
			     const char *text)
{
	struct host_step *s = plan_host(b->p, kind, origin);
	s->num = num;
	s->text = text;
	return s;
}

/* Names of the groups of limits that are set, for the reader. */
static const char *resources_summary(struct build *b)
{
	const struct spec_resources *r = b->c->linux_->resources;
	if (!r)
		return NULL;
	const struct {
		const char *name;
		bool set;
	} parts[] = {
		{ "memory", r->memory },
		{ "cpu", r->cpu },
		{ "pids", r->pids },
		{ "blockIO", r->block_io },
		{ "hugepageLimits", r->hugepage_limits.n },
		{ "network", r->network },
		{ "rdma", r->rdma.n },
		{ "unified", r->unified.n },
	};
	const char *text = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].set)
			text = text ? arena_printf(b->p->arena, "%s, %s", text, parts[i].name)
				    : parts[i].name;
	return text;
}

enum { DEVICE_RULES_SHOWN = 64 };

static const char *device_number(struct build *b, const struct opt_i64 *n)
{
	return n->set && n->v >= 0 ? arena_printf(b->p->arena, "%lld", (long long)n->v) : "*";
}

/* "deny a *:* rwm; allow c 1:3 rw": in the order of the config, in which the last one that fits decides. */
static const char *device_rules(struct build *b)
{
	const struct spec_resources *r = b->c->linux_->resources;
	const char *text = "";
	for (size_t i = 0; r && i < r->devices.n && i < DEVICE_RULES_SHOWN; i++) {
		const struct spec_device_rule *d = &r->devices.v[i];
		text = arena_printf(b->p->arena, "%s%s%s %s %s:%s %s", text, *text ? "; " : "", d->allow ? "allow" : "deny",
				    d->type ? d->type : "a", device_number(b, &d->major), device_number(b, &d->minor),
				    d->access ? d->access : "rwm");
	}
	if (r && r->devices.n > DEVICE_RULES_SHOWN)
		return arena_printf(b->p->arena, "%s; and %zu more", text, r->devices.n - DEVICE_RULES_SHOWN);
	return *text ? text : "deny a *:* rwm";
}

static void add_cgroup(struct build *b)
{
	const char *path = b->c->linux_->cgroups_path;
	bool named = path && *path;
	if (b->r->cgroup_disabled)
		return;
	add(b, HOST_CGROUP, named ? "linux.cgroupsPath" : RUNTIME "no linux.cgroupsPath: the default place", 0,
	    b->r->cgroup_path);
	const char *limits = resources_summary(b);
	if (limits)
		add(b, HOST_RESOURCES, "linux.resources", 0, limits);
	uint32_t owner;
	size_t mount;
	if (plan_cgroup_owner(b->c, &owner, &mount))
		add(b, HOST_CGROUP_OWNER, arena_printf(b->p->arena, "mounts[%zu]", mount), owner, NULL);
}

const char *plan_filter_origin(const struct build *b)
{
	const struct spec_resources *r = b->c->linux_->resources;
	return r && r->devices.n ? "linux.resources.devices" : RUNTIME "devices are denied by default";
}

static void add_hooks(struct build *b, enum hook_kind kind)
{
	size_t n = b->c->hooks.kind[kind].n;
	if (n)
		add(b, HOST_HOOKS, arena_printf(b->p->arena, "hooks.%s", spec_hook_name(kind)), kind,
		    arena_printf(b->p->arena, "%zu", n));
}

/* The steps inside, and what waits for their end: until then berth-init may fork, and the container's process be
 * another one (STEP_FORK). */
static void add_inside(struct build *b, const char *origin)
{
	add(b, HOST_INSIDE, origin, (int64_t)b->p->ninside, NULL);
	if (b->proc && b->proc->oom_score_adj.set)
		add(b, HOST_OOM_SCORE, "process.oomScoreAdj", b->proc->oom_score_adj.v, NULL);
}

static void add_process(struct build *b)
{
	if (b->p->nfds)
		add(b, HOST_OPEN_FDS, RUNTIME "what the steps inside refer to", (int64_t)b->p->nfds, NULL);
	add(b, HOST_CLONE, b->p->clone_flags ? "linux.namespaces" : RUNTIME "the process of berth-init",
	    (int64_t)b->p->clone_flags, NULL);
}

static void add_console(struct build *b)
{
	if (b->proc && b->proc->terminal)
		add(b, HOST_CONSOLE, "process.terminal", 0,
		    b->r->console_to_caller ? "relayed to the caller's" : "sent over the console socket");
}

static void add_maps(struct build *b)
{
	const struct spec_linux *l = b->c->linux_;
	bool alone = plan_maps_only(&l->uid_mappings, b->f->euid) && plan_maps_only(&l->gid_mappings, b->f->egid);
	add(b, HOST_MAPS, "linux.uidMappings", !b->setgroups,
	    b->f->unprivileged && !alone ? "newuidmap" : NULL);
}

/* "eth1 as ctr0, eth2" */
static const char *net_devices(struct build *b)
{
	enum { SHOWN = 64 };
	const struct spec_net_devices *d = &b->c->linux_->net_devices;
	const char *text = "";
	for (size_t i = 0; i < d->n && i < SHOWN; i++)
		text = arena_printf(b->p->arena, "%s%s%s%s%s", text, *text ? ", " : "", d->v[i].host_name,
				    d->v[i].name ? " as " : "", d->v[i].name ? d->v[i].name : "");
	return d->n > SHOWN ? arena_printf(b->p->arena, "%s and %zu more", text, d->n - SHOWN) : text;
}

/* "group c1: L3:0=f, MB:0=50; monitored" */
static const char *rdt_groups(struct build *b, const struct spec_intel_rdt *r)
{
	enum { SHOWN = 16 };
	const char *text = arena_printf(b->p->arena, "group %s", r->clos_id ? r->clos_id : b->f->id ? b->f->id : "");
	const char *lines[2 + SHOWN], *sep = ": ";
	size_t n = 0;
	if (r->l3_cache_schema)
		lines[n++] = r->l3_cache_schema;
	if (r->mem_bw_schema)
		lines[n++] = r->mem_bw_schema;
	for (size_t i = 0; i < r->schemata.n && i < SHOWN; i++)
		lines[n++] = r->schemata.v[i];
	for (size_t i = 0; i < n; i++, sep = ", ")
		text = arena_printf(b->p->arena, "%s%s%s", text, sep, lines[i]);
	return r->enable_monitoring ? arena_printf(b->p->arena, "%s; monitored", text) : text;
}

void plan_host_create(struct build *b)
{
	const struct spec_intel_rdt *rdt = b->c->linux_->intel_rdt;
	add(b, HOST_STATE_DIR, RUNTIME "reserves the id", 0, b->f->id);
	add_cgroup(b);
	if (rdt)
		add(b, HOST_RDT, "linux.intelRdt", 0, rdt_groups(b, rdt));
	add_process(b);
	if (spec_new_namespace(b->c->linux_, NS_USER))
		add_maps(b);
	if (b->c->linux_->net_devices.n)
		add(b, HOST_NET_DEVICES, "linux.netDevices", 0, net_devices(b));
	/* beside the first steps inside */
	if (b->p->device_filter)
		add(b, HOST_DEVICE_FILTER, plan_filter_origin(b), 0, device_rules(b));
	add_hooks(b, HOOK_PRESTART);
	add_hooks(b, HOOK_CREATE_RUNTIME);
	add_inside(b, RUNTIME "the steps inside, up to ready");
	if (rdt)
		add(b, HOST_RDT_JOIN, "linux.intelRdt", 0, NULL);
	add_console(b);
	add(b, HOST_PID_FILE, RUNTIME "when --pid-file is given", 0, NULL);
	add(b, HOST_STATE, RUNTIME "state \"created\"", 0, NULL);
	if (!b->proc)
		return;
	add(b, HOST_START, RUNTIME "start: the process may go on", 0, NULL);
	add_hooks(b, HOOK_POSTSTART);
}

void plan_host_exec(struct build *b)
{
	add_process(b);
	add_inside(b, RUNTIME "the steps inside");
	add_console(b);
	add(b, HOST_PID_FILE, RUNTIME "when --pid-file is given", 0, NULL);
	add(b, HOST_START, RUNTIME "the process may go on", 0, NULL);
}

/* After which inside step a host step comes; STEP_NONE: before all of them, STEP_KINDS: after all. */
enum plan_kind plan_host_anchor(const struct host_step *h)
{
	switch (h->kind) {
	case HOST_MAPS:
		return STEP_MAP_WAIT;
	case HOST_NET_DEVICES:
		return STEP_SYNC_DEVICES;
	case HOST_DEVICE_FILTER:
		return STEP_SYNC_FILTER;
	case HOST_HOOKS:
		return h->num == HOOK_POSTSTART ? STEP_KINDS : STEP_SYNC_NS;
	case HOST_INSIDE:
	case HOST_OOM_SCORE:
	case HOST_RDT_JOIN:
	case HOST_CONSOLE:
	case HOST_PID_FILE:
	case HOST_STATE:
	case HOST_START:
		return STEP_READY;
	default:
		return STEP_NONE;
	}
}
