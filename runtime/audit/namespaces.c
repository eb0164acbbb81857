/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces that are the host's or shared, and the maps of the user namespace. */
#include "internal.h"

#include <string.h>

#include "../../spec/spec.h"

struct ns {
	enum ns_kind kind;
};
static const struct ns ns_user = { NS_USER }, ns_pid = { NS_PID }, ns_net = { NS_NETWORK }, ns_ipc = { NS_IPC },
		       ns_uts = { NS_UTS }, ns_cgroup = { NS_CGROUP }, ns_mount = { NS_MOUNT };

static size_t index_of(const struct audit *a, enum ns_kind k)
{
	const struct spec_namespaces *v = &a->c->linux_->namespaces;
	size_t i = 0;
	while (i < v->n && v->v[i].type != k)
		i++;
	return i;
}

static void find_host(struct audit *a, const struct audit_rule *r)
{
	enum ns_kind k = ((const struct ns *)r->arg)->kind;
	if (!audit_shares_host(a, k))
		return;
	struct finding *f = audit_find(a, r);
	size_t i = index_of(a, k);
	if (i < a->c->linux_->namespaces.n) {
		audit_place(a, f, "linux.namespaces[%zu].path", i);
		audit_detail(a, f, "joined by path: %.200s", a->c->linux_->namespaces.v[i].path);
		audit_remove(a, f, "linux.namespaces[%zu].path", i);
	} else {
		audit_place(a, f, "linux.namespaces");
		audit_append(a, f, arena_printf(a->arena, "{\"type\": \"%s\"}", spec_namespace_name(k)),
			     "linux.namespaces");
	}
	if (k == NS_USER && !a->c->linux_->uid_mappings.n) {
		static const char map[] = "[{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}]";
		audit_set(a, f, map, "linux.uidMappings");
		audit_set(a, f, map, "linux.gidMappings");
	}
}

/* A pod joins namespaces of its first container: the neighbours are then meant to be there, and are still
 * neighbours. */
static void find_joined(struct audit *a, const struct audit_rule *r)
{
	const struct spec_namespaces *v = &a->c->linux_->namespaces;
	for (size_t i = 0; i < v->n; i++) {
		if (!v->v[i].path || audit_shares_host(a, v->v[i].type))
			continue;
		struct finding *f = audit_find(a, r);
		audit_item(a, f, spec_namespace_name(v->v[i].type));
		audit_place(a, f, "linux.namespaces[%zu].path", i);
		audit_remove(a, f, "linux.namespaces[%zu].path", i);
	}
}

static void map_places(struct audit *a, const struct audit_rule *r, const struct id_mappings *m, const char *name)
{
	for (size_t i = 0; i < m->n && i < MAX_PLACES; i++) {
		if (m->v[i].host_id != 0 || m->v[i].size == 0)
			continue;
		struct finding *f = audit_find(a, r);
		audit_item(a, f, name);
		audit_place(a, f, "linux.%s[%zu].hostID", name, i);
		audit_set(a, f, "100000", "linux.%s[%zu].hostID", name, i);
	}
}

static void find_host_root(struct audit *a, const struct audit_rule *r)
{
	if (!spec_find_namespace(a->c->linux_, NS_USER))
		return;
	map_places(a, r, &a->c->linux_->uid_mappings, "uidMappings");
	map_places(a, r, &a->c->linux_->gid_mappings, "gidMappings");
}

#define ADD "Give the container a namespace of its own: an entry in linux.namespaces without a path."
static const struct audit_rule rows[] = {
	{ "pid-namespace-host", "The pid namespace is the host's", SEV_HIGH, SEV_MEDIUM, find_host,
	  "Every process of the host is seen, with its command line, and can be signalled by who has the same user; /proc "
	  "leads through /proc/PID/root and environ into what is not the container's.",
	  ADD, &ns_pid },
	{ "network-namespace-host", "The network namespace is the host's", SEV_HIGH, SEV_MEDIUM, find_host,
	  "Services that listen on the loopback address, abstract sockets (containerd's shim, X11, D-Bus) and the traffic "
	  "of the host are reached; no firewall is in between.",
	  ADD, &ns_net },
	{ "user-namespace-host", "There is no user namespace of its own", SEV_MEDIUM, SEV_MEDIUM, find_host,
	  "User 0 of the container is root of the host: whatever gets out of it, by a bug of the kernel, a volume or a "
	  "descriptor, has root's rights there.",
	  "Add a user namespace and map the container's ids to ids that nobody has, the files of the root with them.",
	  &ns_user },
	{ "user-namespace-maps-root", "The user namespace maps root of the host", SEV_HIGH, SEV_HIGH, find_host_root,
	  "An id of the container is user or group 0 of the host: the namespace is there, but what gets out of it is root.",
	  "Map ids that nobody on the host has." },
	{ "mount-namespace-host", "The mount namespace is the host's", SEV_HIGH, SEV_HIGH, find_host,
	  "The root of the container is another one, but CAP_SYS_ADMIN with CAP_SYS_CHROOT goes back into the namespace that "
	  "it is in, to the root of the host.",
	  ADD, &ns_mount },
	{ "ipc-namespace-host", "The IPC namespace is the host's", SEV_MEDIUM, SEV_MEDIUM, find_host,
	  "Shared memory and message queues of the host's processes are opened by who has the same user.", ADD, &ns_ipc },
	{ "cgroup-namespace-host", "The cgroup namespace is the host's", SEV_LOW, SEV_LOW, find_host,
	  "The cgroups of the host and their names (other containers', units') are visible in /proc/self/cgroup and in cgroup "
	  "mounts.",
	  ADD, &ns_cgroup },
	{ "uts-namespace-host", "The UTS namespace is the host's", SEV_LOW, SEV_LOW, find_host,
	  "With CAP_SYS_ADMIN the container changes the host's name; without, it only learns it.", ADD, &ns_uts },
	{ "namespace-joined", "Namespaces are shared with other processes", SEV_LOW, SEV_LOW, find_joined,
	  "Whoever is in there is a neighbour without a wall in that respect: seen, reached, and as trusted as the least "
	  "trusted of them. That is what a pod is; make sure it is one.",
	  "Remove the path, so that the namespace is a new one, unless the sharing is meant." },
};
AUDIT_TABLE(rules_namespaces, rows);
