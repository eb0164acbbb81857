/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of `create` and `run`: everything in its order.
 *
 *   namespaces, id maps (#1), fork      namespaces.c
 *   session, keyring, clocks, names     namespaces.c
 *   the root, mounts, devices, terminal mounts.c, devices.c
 *   #2: prestart and createRuntime hooks of the host, which may count on the mounts
 *   createContainer hooks
 *   read-only and masked paths          paths.c; after the hooks, which cannot undo them by accident
 *   pivot
 *   HOME, cwd, the executable           process.c
 *   #3: ready; wait for start
 *   startContainer hooks
 *   limits ... exec                     process.c
 *
 * Without a process the plan ends with "ready": such a container can be created and not be started.
 */
#include "build.h"

#include <string.h>

/* A label is written through procfs; which property wants it, if any. */
static const char *label_origin(const struct build *b)
{
	if (!b->proc)
		return NULL;
	const struct {
		const char *value, *origin;
		bool enabled;
	} labels[] = {
		{ b->proc->apparmor_profile, "process.apparmorProfile", b->f->apparmor_enabled },
		{ b->proc->selinux_label, "process.selinuxLabel", b->f->selinux_enabled },
	};
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (labels[i].enabled && labels[i].value && *labels[i].value)
			return labels[i].origin;
	return NULL;
}

bool plan_maps_only(const struct id_mappings *m, uint32_t own)
{
	return m->n == 1 && m->v[0].size == 1 && m->v[0].host_id == own;
}

static bool is_mapped(const struct id_mappings *m, uint32_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (id >= m->v[i].container_id && id - m->v[i].container_id < m->v[i].size)
			return true;
	return false;
}

static uint32_t setup_id(const struct id_mappings *m, uint32_t of_process)
{
	if (is_mapped(m, 0))
		return 0;
	return is_mapped(m, of_process) ? of_process : m->v[0].container_id;
}

/* What the maps of a new user namespace mean; those of one that is joined are not known. */
static int read_maps(struct build *b, struct err *e)
{
	static const char what[] = "%u has no place in %s";
	const struct spec_linux *l = b->c->linux_;
	const struct id_mappings *uids = &l->uid_mappings, *gids = &l->gid_mappings;
	const struct spec_user none = { 0 }, *u = b->proc ? &b->proc->user : &none;
	if (!spec_new_namespace(l, NS_USER) || !uids->n || !gids->n)
		return 0;
	if (b->proc && !is_mapped(uids, u->uid))
		return err_config(e, "process.user.uid", what, u->uid, "linux.uidMappings");
	if (b->proc && !is_mapped(gids, u->gid))
		return err_config(e, "process.user.gid", what, u->gid, "linux.gidMappings");
	for (size_t i = 0; i < u->additional_gids.n; i++)
		if (!is_mapped(gids, u->additional_gids.v[i]))
			return err_config(e, arena_printf(b->p->arena, "process.user.additionalGids[%zu]", i), what,
					  u->additional_gids.v[i], "linux.gidMappings");
	b->setup_uid = setup_id(uids, u->uid);
	b->setup_gid = setup_id(gids, u->gid);
	/* a gid map that was written without privileges is only accepted once setgroups(2) is denied */
	if (b->f->unprivileged && plan_maps_only(gids, b->f->egid))
		b->setgroups = false;
	return 0;
}

uint16_t plan_groups_flag(const struct build *b)
{
	return b->setgroups && !b->keep_groups ? STEP_F_SETGROUPS : 0;
}

int build_init(struct build *b, struct err *e)
{
	const struct spec_linux *l = b->c->linux_;
	b->userns = spec_find_namespace(l, NS_USER);
	b->setgroups = !b->f->setgroups_denied;
	b->keep_groups = spec_keeps_groups(b->c);
	b->bind_devices = b->userns || b->f->rootless;
	b->label = label_origin(b);
	b->dev = b->proc_mount = b->pts = NO_INDEX;
	b->p->config = b->c;
	b->p->id = b->f->id;
	b->p->seccomp_step = b->p->trees_step = SIZE_MAX;
	if (read_maps(b, e) < 0)
		return -1;
	if (b->exec)
		return 0;
	if (l->net_devices.n && b->f->unprivileged)
		return err_config(e, "linux.netDevices", "moving network devices of the host takes privileges there, "
							 "which this user does not have");
	if (l->intel_rdt && !b->f->resctrl_mounted)
		return err_config(e, "linux.intelRdt", "no resctrl file system is mounted on this host");
	return 0;
}

/* The limits of the format; a config within the limits of the decoder may still be too large. */
int build_finish(struct build *b, struct err *e)
{
	const struct plan *p = b->p;
	size_t size = sizeof(struct plan_head) + p->ninside * sizeof(struct plan_step) + p->data_len;
	if (p->ninside > PLAN_MAX_STEPS || size + 64 > PLAN_MAX_SIZE)
		return err_set(e, 0, "the config is too large: %zu steps, %zu bytes", p->ninside, size);
	if (p->nfds > PLAN_MAX_FDS)
		return err_set(e, 0, "the config is too large: %zu files have to be open at once", p->nfds);
	return 0;
}

static void add_ready(struct build *b)
{
	const char *origin = RUNTIME "created; waits for start";
	int32_t fd =
		b->r->wait_for_start ? plan_add_fd(b->p, PFD_LISTEN, NULL, 0, b->p->ninside, origin) : -1;
	plan_inside(b->p, STEP_READY, origin)->s.fd = fd;
}

static int plan_tree(struct build *b, struct err *e)
{
	const struct spec_hooks *h = &b->c->hooks;
	if (plan_mounts_prepare(b, e) < 0 || plan_rootfs(b, e) < 0)
		return -1;
	if (b->p->device_filter) /* mounts and nodes may be those of devices */
		plan_inside(b->p, STEP_SYNC_FILTER, plan_filter_origin(b));
	if (plan_mounts(b, e) < 0)
		return -1;
	if (h->kind[HOOK_PRESTART].n || h->kind[HOOK_CREATE_RUNTIME].n)
		plan_inside(b->p, STEP_SYNC_NS,
			    h->kind[HOOK_PRESTART].n ? "hooks.prestart" : "hooks.createRuntime");
	plan_container_hooks(b, HOOK_CREATE_CONTAINER);
	plan_paths(b);
	plan_pivot(b);
	return 0;
}

static int plan_inside_steps(struct build *b, struct err *e)
{
	if (plan_namespaces(b, e) < 0 || plan_identity(b, e) < 0 || plan_tree(b, e) < 0)
		return -1;
	if (b->proc && plan_process_find(b, e) < 0)
		return -1;
	add_ready(b);
	if (!b->proc)
		return 0;
	plan_container_hooks(b, HOOK_START_CONTAINER);
	return plan_process_run(b, e);
}

int plan_create(struct plan *p, struct arena *a, const struct spec_config *c, const struct plan_request *r,
		const struct plan_facts *f, struct err *e)
{
	/* the filter takes privileges over the first user namespace */
	*p = (struct plan){ .arena = a, .device_filter = !r->cgroup_disabled && !f->rootless };
	struct build b = { .p = p, .c = c, .proc = c->process, .r = r, .f = f };
	if (build_init(&b, e) < 0 || plan_inside_steps(&b, e) < 0 || build_finish(&b, e) < 0)
		return -1;
	plan_host_create(&b);
	return 0;
}

/* ---- exec ---- */

static void join_container(struct build *b, uint64_t ns_flags)
{
	const char *origin = RUNTIME "the namespaces of the container";
	int32_t fd = plan_add_fd(b->p, PFD_PIDFD, NULL, 0, b->p->ninside, origin);
	struct inside_step *s = plan_inside(b->p, STEP_NS_JOIN, origin);
	s->s.fd = fd;
	s->s.val[0] = ns_flags;
	s->s.val[1] = b->setup_uid;
	s->s.val[2] = b->setup_gid;
	uint64_t pid = spec_namespace_flag(NS_PID), user = spec_namespace_flag(NS_USER);
	if (ns_flags & user)
		s->s.flags = plan_groups_flag(b);
	if (ns_flags & pid)
		plan_inside(b->p, STEP_FORK, RUNTIME "a pid namespace holds children only");
}

static int plan_exec_steps(struct build *b, uint64_t ns_flags, struct err *e)
{
	const struct spec_cpu_affinity *cpus = b->proc->exec_cpu_affinity;
	/* the process is born in the container's cgroup; this is as early as anything of it can run */
	if (cpus && plan_affinity(b, cpus->initial, "process.execCPUAffinity.initial", e) < 0)
		return -1;
	/* without a mount namespace of its own it is in that of whoever created it, and we may be in another */
	uint64_t mnt = spec_namespace_flag(NS_MOUNT);
	join_container(b, ns_flags | mnt);
	if (!(ns_flags & mnt))
		plan_root_keep(b);
	/* only a terminal asks what is mounted in the container */
	if ((b->proc->terminal && plan_mounts_prepare(b, e) < 0) || plan_identity(b, e) < 0)
		return -1;
	/* never the container's own procfs, which may be anything by now */
	if (b->label)
		plan_proc_private(b, b->label);
	if (plan_console(b, e) < 0 || plan_process_find(b, e) < 0)
		return -1;
	plan_inside(b->p, STEP_READY, RUNTIME "pid file and terminal first");
	return plan_process_run(b, e);
}

int plan_exec(struct plan *p, struct arena *a, const struct spec_config *c, const struct spec_process *proc,
	      uint64_t ns_flags, const struct plan_request *r, const struct plan_facts *f, struct err *e)
{
	*p = (struct plan){ .arena = a };
	struct build b = { .p = p, .c = c, .proc = proc, .r = r, .f = f, .exec = true };
	if (build_init(&b, e) < 0)
		return -1;
	b.userns = ns_flags & spec_namespace_flag(NS_USER);
	if (plan_exec_steps(&b, ns_flags, e) < 0 || build_finish(&b, e) < 0)
		return -1;
	plan_host_exec(&b);
	return 0;
}
