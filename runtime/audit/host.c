/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the config does on the host or with something of the host's: hooks, kernel parameters, network devices,
 * properties of systemd units, and options of create that take a wall away.
 */
#include "internal.h"

#include <string.h>

#include "../../spec/spec.h"

/* startContainer is the only kind that runs inside (config.md, "POSIX-platform Hooks"). */
static bool runs_outside(enum hook_kind k)
{
	return k != HOOK_START_CONTAINER;
}

static bool writable_by_others(struct audit *a, const char *path)
{
	static const char *const folders[] = { "/tmp", "/var/tmp", "/dev/shm", "/run/user", "/home", "/run/lock", NULL };
	const char *p = path_clean(a, path), *root = a->c->root ? a->c->root->path : NULL;
	for (const char *const *f = folders; *f; f++)
		if (path_is_below(p, *f))
			return true;
	if (!root)
		return false;
	if (*root != '/')
		root = arena_printf(a->arena, "%s/%s", a->in->bundle, root);
	root = path_clean(a, root);
	return root[1] && path_is_below(p, root);
}

static void find_hooks(struct audit *a, const struct audit_rule *r, bool writable)
{
	for (int k = 0; k < HOOK_KINDS; k++) {
		const struct spec_hook_list *l = &a->c->hooks.kind[k];
		for (size_t i = 0; i < l->n && i < MAX_PLACES && runs_outside((enum hook_kind)k); i++) {
			if (writable_by_others(a, l->v[i].path) != writable)
				continue;
			struct finding *f = audit_find(a, r);
			audit_item(a, f, arena_printf(a->arena, "%s: %.200s", spec_hook_name((enum hook_kind)k), l->v[i].path));
			audit_place(a, f, "hooks.%s[%zu].path", spec_hook_name((enum hook_kind)k), i);
			audit_remove(a, f, "hooks.%s[%zu]", spec_hook_name((enum hook_kind)k), i);
		}
	}
	if (a->nfindings && a->findings[a->nfindings - 1]->rule == r)
		audit_reverse_edits(audit_find(a, r), 0);
}

static void find_host_hooks(struct audit *a, const struct audit_rule *r)
{
	find_hooks(a, r, false);
}

static void find_writable_hooks(struct audit *a, const struct audit_rule *r)
{
	find_hooks(a, r, true);
}

/* --- kernel parameters -------------------------------------------------------------------------- */

/* Those that Kubernetes calls safe, and what engines set by themselves. */
static bool safe_sysctl(const char *path)
{
	static const char *const safe[] = {
		"kernel/shm_rmid_forced", "net/ipv4/ip_local_port_range", "net/ipv4/tcp_syncookies",
		"net/ipv4/ping_group_range", "net/ipv4/ip_unprivileged_port_start", "net/ipv4/ip_local_reserved_ports",
		"net/ipv4/tcp_keepalive_time", "net/ipv4/tcp_fin_timeout", "net/ipv4/tcp_keepalive_intvl",
		"net/ipv4/tcp_keepalive_probes", "net/ipv4/tcp_rmem", "net/ipv4/tcp_wmem", "net/core/somaxconn", NULL,
	};
	for (const char *const *s = safe; *s; s++)
		if (strcmp(path, *s) == 0)
			return true;
	return false;
}

static void find_sysctls(struct audit *a, const struct audit_rule *r, bool joined)
{
	const struct kvv *v = &a->c->linux_->sysctl;
	for (size_t i = 0; i < v->n && i < MAX_PLACES; i++) {
		char path[256];
		if (spec_sysctl_path(v->v[i].key, path, sizeof(path)) < 0)
			continue;
		int k = spec_sysctl_namespace(path);
		const struct spec_namespace *n = k < 0 ? NULL : spec_find_namespace(a->c->linux_, (enum ns_kind)k);
		if ((n && n->path) != joined || safe_sysctl(path))
			continue;
		struct finding *f = audit_find(a, r);
		audit_item(a, f, v->v[i].key);
		audit_member(a, f, "linux.sysctl", v->v[i].key);
	}
}

static void find_unsafe_sysctls(struct audit *a, const struct audit_rule *r)
{
	find_sysctls(a, r, false);
}

/* In a pod, who made the namespace is meant to set them. */
static void find_shared_sysctls(struct audit *a, const struct audit_rule *r)
{
	find_sysctls(a, r, true);
}

/* --- the rest ----------------------------------------------------------------------------------- */

static void find_net_devices(struct audit *a, const struct audit_rule *r)
{
	const struct spec_net_devices *v = &a->c->linux_->net_devices;
	for (size_t i = 0; i < v->n && i < MAX_PLACES; i++) {
		struct finding *f = audit_find(a, r);
		audit_item(a, f, v->v[i].host_name);
		audit_member(a, f, "linux.netDevices", v->v[i].host_name);
	}
}

static void find_agent(struct audit *a, const struct audit_rule *r)
{
	const struct spec_seccomp *s = a->c->linux_->seccomp;
	if (!s || !s->listener_path)
		return;
	struct finding *f = audit_find(a, r);
	audit_detail(a, f, "%.200s", s->listener_path);
	audit_place(a, f, "linux.seccomp.listenerPath");
	audit_remove(a, f, "linux.seccomp.listenerPath");
	for (size_t i = s->syscalls.n; i-- > 0;)
		if (strcmp(s->syscalls.v[i].action, "SCMP_ACT_NOTIFY") == 0)
			audit_set(a, f, "\"SCMP_ACT_ERRNO\"", "linux.seccomp.syscalls[%zu].action", i);
}

/* Properties that say how a unit ends or what it is called; all others change what the host's manager does. */
static bool harmless_property(const char *name)
{
	static const char *const harmless[] = { "KillSignal", "TimeoutStopUSec", "TimeoutStopSec", "CollectMode", "Description",
						"After", "Before", "DefaultDependencies", "SendSIGHUP", NULL };
	for (const char *const *h = harmless; *h; h++)
		if (strcmp(*h, name) == 0)
			return true;
	return false;
}

static void find_properties(struct audit *a, const struct audit_rule *r)
{
	static const char prefix[] = "org.systemd.property.";
	const struct kvv *v = &a->c->annotations;
	for (size_t i = 0; i < v->n; i++) {
		if (strncmp(v->v[i].key, prefix, sizeof(prefix) - 1) != 0 ||
		    harmless_property(v->v[i].key + sizeof(prefix) - 1))
			continue;
		struct finding *f = audit_find(a, r);
		audit_item(a, f, v->v[i].key + sizeof(prefix) - 1);
		audit_member(a, f, "annotations", v->v[i].key);
	}
}

static void find_kept_groups(struct audit *a, const struct audit_rule *r)
{
	if (spec_keeps_groups(a->c))
		audit_member(a, audit_find(a, r), "annotations", KEEP_GROUPS_ANNOTATION);
}

static void find_keyring(struct audit *a, const struct audit_rule *r)
{
	if (a->in->no_new_keyring)
		audit_place(a, audit_find(a, r), "%s", "");
}

static void find_no_pivot(struct audit *a, const struct audit_rule *r)
{
	if (a->in->no_pivot)
		audit_place(a, audit_find(a, r), "%s", "");
}

static const struct audit_rule rows[] = {
	{ "hook-on-host", "Hooks run on the host", SEV_MEDIUM, SEV_MEDIUM, find_host_hooks,
	  "These programs run outside the container with the runtime's rights, for every container that has them. Engines use "
	  "them for networks and GPUs.",
	  "Check that each is what you installed; remove what is not needed." },
	{ "hook-writable", "A hook lies where others can write", SEV_CRITICAL, SEV_CRITICAL, find_writable_hooks,
	  "Who can replace the file, the container itself or a user of the host, runs a program with the runtime's rights.",
	  "Install it in a folder that only root can write, such as /usr/libexec." },
	{ "sysctl-unsafe", "Kernel parameters beyond the safe ones are set", SEV_LOW, SEV_LOW, find_unsafe_sysctls,
	  "They belong to a namespace of the container, but memory that they make the kernel use, and ways of its network code "
	  "that they open, are the host's.",
	  "Remove what is not needed." },
	{ "sysctl-shared", "Kernel parameters of a shared namespace are set", SEV_LOW, SEV_LOW, find_shared_sysctls,
	  "The namespace is given by path: the values change under everybody who is in there.",
	  "Set them where the namespace is made." },
	{ "net-device", "Network devices of the host are moved into the container", SEV_MEDIUM, SEV_LOW, find_net_devices,
	  "The container is on that network without the host's firewall, and the host is not.",
	  "Use a bridge or a macvlan device of its own." },
	{ "seccomp-agent", "An agent decides on system calls", SEV_LOW, SEV_LOW, find_agent,
	  "It acts for the container with its own rights, on memory that the container can change meanwhile; its mistakes are "
	  "holes (seccomp_unotify(2)).",
	  "Check that the agent never lets a call continue for what it has read." },
	{ "systemd-property", "Properties of the container's systemd unit are set", SEV_LOW, SEV_LOW, find_properties,
	  "With the systemd driver they reach the manager of the host; whoever can set annotations sets limits, slices and "
	  "devices with them.",
	  "Remove them, or let the engine filter annotations." },
	{ "groups-kept", "The supplementary groups of the caller are kept", SEV_LOW, SEV_LOW, find_kept_groups,
	  "They open files of the host, on volumes and in the root, although they have no number inside.",
	  "Remove the annotation, unless a volume is shared by group." },
	{ "keyring-shared", "The session keyring is the caller's", SEV_MEDIUM, SEV_MEDIUM, find_keyring,
	  "Keys of whoever calls the runtime can be used and read inside, and those of the container outside.",
	  "Do not use --no-new-keyring." },
	{ "no-pivot", "The root is changed by chroot", SEV_HIGH, SEV_MEDIUM, find_no_pivot,
	  "A process with CAP_SYS_CHROOT leaves a chroot, and the mounts of the host stay below it.",
	  "Do not use --no-pivot, unless the root file system is a ramdisk." },
};
AUDIT_TABLE(rules_host, rows);
