/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces, in one of two ways:
 *
 *   usual   clone3(2) makes all new ones at once, a new user namespace included; inside, #1 waits for the
 *           id maps, and namespaces given by path are joined.
 *   late    clone3(2) makes none. Inside: join what is given by path, unshare the rest, #1, fork. Taken
 *           when a user namespace is joined (what is new has to belong to it), and when a new user
 *           namespace comes together with joined ones: setns(2) needs privileges over the owner of the
 *           namespace, and in a new user namespace we have none over those made before.
 *
 * A user namespace is joined after the others while we have the privileges of the old one; an
 * unprivileged caller joins it first, because only there it has any. The mount namespace is the last of
 * the others. A pid namespace holds only children, so joining or unsharing one needs a fork at the end.
 *
 * A container without a mount namespace is put together in one all the same, so that nothing of it is mounted on the
 * host, and leaves it when the root is done: plan_root_keep().
 */
#include "build.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const char *ns_origin(struct build *b, enum ns_kind k)
{
	const struct spec_namespaces *ns = &b->c->linux_->namespaces;
	for (size_t i = 0; i < ns->n; i++)
		if (ns->v[i].type == k)
			return at_index(b, "linux.namespaces", i);
	return "linux.namespaces";
}

/*
 * Which property changes namespace `i`, if any. Joining the runtime's own, by whatever path, is sharing it
 * with the host; names and parameters would then be set on the host, and pivot_root(2) would change
 * the root of every process in its mount namespace.
 */
static const char *changed_by(struct build *b, size_t i)
{
	const struct kvv *sysctl = &b->c->linux_->sysctl;
	enum ns_kind k = b->c->linux_->namespaces.v[i].type;
	char path[512];
	if (k == NS_MOUNT)
		return at_member(b, "linux.namespaces", i, "path");
	if (k == NS_UTS && b->c->hostname && *b->c->hostname)
		return "hostname";
	if (k == NS_UTS && b->c->domainname && *b->c->domainname)
		return "domainname";
	if (k == NS_NETWORK && b->c->linux_->net_devices.n)
		return "linux.netDevices";
	for (size_t s = 0; s < sysctl->n; s++)
		if (spec_sysctl_path(sysctl->v[s].key, path, sizeof(path)) == 0 &&
		    spec_sysctl_namespace(path) == (int)k)
			return sysctl_origin(b, s);
	return NULL;
}

static void join(struct build *b, enum ns_kind k)
{
	const struct spec_namespaces *ns = &b->c->linux_->namespaces;
	for (size_t i = 0; i < ns->n; i++) {
		const struct spec_namespace *n = &ns->v[i];
		if (n->type != k || !n->path)
			continue;
		const char *origin = at_index(b, "linux.namespaces", i);
		size_t at = b->p->ninside;
		int32_t fd = plan_add_fd(b->p, PFD_NS, n->path, k, at, origin);
		b->p->fds[fd].changed = changed_by(b, i);
		struct inside_step *s = plan_inside(b->p, STEP_NS_JOIN, origin);
		s->s.fd = fd;
		s->s.val[0] = spec_namespace_flag(k);
		if (k == NS_USER && !b->f->setgroups_denied && !b->keep_groups)
			s->s.flags = STEP_F_SETGROUPS;
	}
}

static void join_all(struct build *b)
{
	static const enum ns_kind order[] = {
		NS_PID, NS_NETWORK, NS_UTS, NS_IPC, NS_CGROUP, NS_TIME, NS_MOUNT
	};
	if (b->f->unprivileged)
		join(b, NS_USER);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		join(b, order[i]);
	if (!b->f->unprivileged)
		join(b, NS_USER);
}

static void flags_of(const struct build *b, uint64_t *fresh, uint64_t *joined)
{
	const struct spec_namespaces *ns = &b->c->linux_->namespaces;
	*fresh = *joined = 0;
	for (size_t i = 0; i < ns->n; i++)
		*(ns->v[i].path ? joined : fresh) |= spec_namespace_flag(ns->v[i].type);
}

static void map_wait(struct build *b)
{
	struct inside_step *s = plan_inside(b->p, STEP_MAP_WAIT, ns_origin(b, NS_USER));
	s->note = "the id maps are written from outside";
	s->s.flags = plan_groups_flag(b) | (b->f->rootless ? STEP_F_DUMPABLE : 0);
	s->s.val[0] = b->setup_uid;
	s->s.val[1] = b->setup_gid;
}

int plan_namespaces(struct build *b, struct err *e)
{
	uint64_t fresh, joined;
	flags_of(b, &fresh, &joined);
	if (b->f->unprivileged && !((fresh | joined) & CLONE_NEWUSER))
		return err_config(e, "linux.namespaces", "user %u has no privileges: a user namespace is required",
				  b->f->euid);
	if (!((fresh | joined) & CLONE_NEWNS)) {
		/* nobody comes back into a mount namespace that belongs to another user namespace */
		if (((fresh | joined) & CLONE_NEWUSER) || b->f->trees_inside)
			return err_config(e, "linux.namespaces",
					  "a mount namespace is required, as the caller's belongs to another user namespace");
		b->shares_mounts = true;
		fresh |= CLONE_NEWNS;
	}
	if (b->c->linux_->time_offsets && !(fresh & CLONE_NEWTIME))
		return err_config(e, "linux.timeOffsets", "offsets need a new time namespace");
	/* its offsets can be set only while nobody is in it: STEP_TIME_OFFSETS makes and enters it */
	fresh &= ~(uint64_t)CLONE_NEWTIME;

	bool late = (joined & CLONE_NEWUSER) || ((fresh & CLONE_NEWUSER) && joined);
	b->p->clone_flags = late ? 0 : fresh;
	join_all(b);
	if (late && fresh)
		plan_inside(b->p, STEP_UNSHARE, "linux.namespaces")->s.val[0] = fresh;
	if (b->f->trees_inside) {
		b->p->trees_step = b->p->ninside;
		plan_inside(b->p, STEP_TREES, RUNTIME "the mounts that berth sees are not its own to clone");
	}
	if (fresh & CLONE_NEWUSER)
		map_wait(b);
	if ((joined & CLONE_NEWPID) || (late && (fresh & CLONE_NEWPID))) {
		struct inside_step *s = plan_inside(b->p, STEP_FORK, ns_origin(b, NS_PID));
		if (joined & CLONE_NEWPID)
			s->note = "its processes see berth-init from here on";
	}
	if (b->c->linux_->net_devices.n)
		plan_inside(b->p, STEP_SYNC_DEVICES, "linux.netDevices");
	return 0;
}

/* "monotonic SECS NANOSECS\n..." for /proc/self/timens_offsets */
static void plan_time(struct build *b)
{
	const struct spec_time_offsets *t = b->c->linux_->time_offsets;
	const struct spec_time_offset *mono = t ? t->monotonic : NULL, *boot = t ? t->boottime : NULL;
	const char *text = "";
	if (mono)
		text = arena_printf(b->p->arena, "monotonic %lld %u\n", (long long)mono->secs,
				    mono->nanosecs);
	if (boot)
		text = arena_printf(b->p->arena, "%sboottime %lld %u\n", text, (long long)boot->secs,
				    boot->nanosecs);
	add_step(b, STEP_TIME_OFFSETS, t ? "linux.timeOffsets" : ns_origin(b, NS_TIME), text);
}

static int plan_names(struct build *b, struct err *e)
{
	const struct {
		const char *value, *at;
		enum plan_kind kind;
	} names[] = {
		{ b->c->hostname, "hostname", STEP_HOSTNAME },
		{ b->c->domainname, "domainname", STEP_DOMAINNAME },
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i].value || !*names[i].value)
			continue;
		/* it would rename the host */
		if (!spec_find_namespace(b->c->linux_, NS_UTS))
			return err_config(e, names[i].at, "a uts namespace is required");
		add_step(b, names[i].kind, names[i].at, names[i].value);
	}
	return 0;
}

int plan_identity(struct build *b, struct err *e)
{
	plan_inside(b->p, STEP_SETSID, RUNTIME "a session of its own, away from the caller's terminal");
	if (!b->r->no_new_keyring) {
		/* the ring of a container that had the id before, or has it under another state root, has
		 * another name */
		const char *name = arena_printf(b->p->arena, "_ses.%s%s%s", b->f->id ? b->f->id : "",
						b->r->created ? "." : "", b->r->created ? b->r->created : "");
		/* the key gets the label of the process, so that the process may use it */
		uint32_t label =
			plan_str(b->p, b->proc && b->f->selinux_enabled ? b->proc->selinux_label : NULL);
		struct inside_step *s = add_step(
			b, STEP_KEYRING, RUNTIME "a keyring of its own instead of the caller's", name);
		s->s.str[1] = label;
	}
	if (b->exec)
		return 0;
	if (spec_new_namespace(b->c->linux_, NS_TIME))
		plan_time(b);
	if (spec_new_namespace(b->c->linux_, NS_NETWORK))
		plan_inside(b->p, STEP_LOOPBACK, ns_origin(b, NS_NETWORK));
	return plan_names(b, e);
}

/* ---- the root ---- */

static const struct propagation {
	const char *name;
	uint64_t tree; /* for the whole rootfs before it is attached */
	uint64_t end;  /* for "/" when everything is mounted, or 0 */
} propagations[] = {
	/*
	 * The rootfs is cloned from the host's mounts and is their peer until this is set. "shared" means a
	 * peer group of its own. Private is the default: what the host mounts later stays out. The recursive
	 * forms, which engines send, mean the same: mounts of the config have propagation options of their
	 * own. "unbindable" comes last, because masked and read-only paths are binds of the rootfs.
	 */
	{ "private", MS_PRIVATE | MS_REC, 0 },
	{ "rprivate", MS_PRIVATE | MS_REC, 0 },
	{ "slave", MS_SLAVE | MS_REC, 0 },
	{ "rslave", MS_SLAVE | MS_REC, 0 },
	{ "shared", MS_PRIVATE | MS_REC, MS_SHARED },
	{ "rshared", MS_PRIVATE | MS_REC, MS_SHARED },
	{ "unbindable", MS_PRIVATE | MS_REC, MS_UNBINDABLE },
	{ "runbindable", MS_PRIVATE | MS_REC, MS_UNBINDABLE },
};

static const struct propagation *root_propagation(const struct build *b)
{
	const char *name = b->c->linux_->rootfs_propagation;
	if (!name || !*name)
		return &propagations[0];
	for (size_t i = 0; i < ARRAY_SIZE(propagations); i++)
		if (strcmp(name, propagations[i].name) == 0)
			return &propagations[i];
	return NULL;
}

bool plan_root_is_shared(const struct build *b)
{
	const struct propagation *p = root_propagation(b);
	return p && p->end == MS_SHARED;
}

static bool hooks_before_pivot(const struct spec_hooks *h)
{
	return h->kind[HOOK_PRESTART].n || h->kind[HOOK_CREATE_RUNTIME].n || h->kind[HOOK_CREATE_CONTAINER].n;
}

int plan_rootfs(struct build *b, struct err *e)
{
	const struct propagation *prop = root_propagation(b);
	const struct spec_root *root = b->c->root;
	if (!prop)
		return err_config(e, "linux.rootfsPropagation", "unknown value \"%s\"",
				  b->c->linux_->rootfs_propagation);
	if (!root || !root->path || !*root->path)
		return err_config(e, "root.path", "is required");

	if (b->shares_mounts && (prop->end || prop->tree != (MS_PRIVATE | MS_REC)))
		return err_config(e, "linux.rootfsPropagation", PROPAGATION_WANTS_NAMESPACE);

	/* before anything is attached: an event in a shared mount would reach the host */
	plan_inside(b->p, STEP_ROOT_PROPAGATION, RUNTIME "no mount made here reaches the host")->s.val[0] =
		prop->tree & ~(uint64_t)MS_REC;

	const char *path = root->path[0] == '/'
				   ? root->path
				   : arena_printf(b->p->arena, "%s/%s", b->f->bundle, root->path);
	int32_t fd = plan_add_fd(b->p, PFD_TREE, path, 1, b->p->ninside, "root.path");
	/* only "/" is out of reach after a mere chroot: whoever leaves it must end on our root again */
	bool seen = hooks_before_pivot(&b->c->hooks) && !b->r->no_pivot;
	struct inside_step *s = add_step(b, STEP_ROOT, "root.path", seen ? path : NULL);
	s->s.fd = fd;
	s->s.val[0] = prop->tree;
	return 0;
}

void plan_pivot(struct build *b)
{
	if (b->c->root->readonly)
		plan_inside(b->p, STEP_ROOT_READONLY, "root.readonly");
	struct inside_step *s = plan_inside(b->p, STEP_PIVOT, "root.path");
	if (b->r->no_pivot) {
		s->s.flags = STEP_F_NO_PIVOT;
		s->note = "chroot: --no-pivot";
	}
	uint64_t end = root_propagation(b)->end;
	if (end)
		plan_inside(b->p, STEP_ROOT_PROPAGATION_END, "linux.rootfsPropagation")->s.val[0] = end;
	if (b->shares_mounts)
		plan_root_keep(b);
}

void plan_root_keep(struct build *b)
{
	static const char origin[] = RUNTIME "the container has no mount namespace of its own";
	size_t at = b->p->ninside;
	int32_t fd = b->exec ? plan_add_fd(b->p, PFD_ROOT, NULL, 0, at, origin)
			     : plan_add_fd(b->p, PFD_NS, "/proc/self/ns/mnt", NS_MOUNT, at, origin);
	struct inside_step *s = plan_inside(b->p, STEP_ROOT_KEEP, origin);
	s->s.fd = fd;
	s->s.val[0] = b->exec ? 0 : CLONE_NEWNS;
	if (!b->exec)
		s->note = "CAP_SYS_ADMIN and CAP_SYS_CHROOT lead from there to the root of the host";
}
