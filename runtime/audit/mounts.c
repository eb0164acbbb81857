/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted. A bind is judged by its source, an overlay by its layers: the first row of `rows` that knows the source is its finding, so
 * that one mount has one. A mount that is read-only counts one step less where writing is what is feared.
 */
#include "internal.h"

#include <linux/mount.h>
#include <string.h>

#include "../../spec/spec.h"

#ifndef MS_SHARED
#define MS_SHARED (1 << 20)
#define MS_REC 16384
#endif

/* What a row knows: the path itself, and */
enum {
	BELOW = 1 << 0,	   /* what is below it */
	ABOVE = 1 << 1,	   /* folders that contain it, but not "/" */
	NAME = 1 << 2,	   /* any path with this name in it, at the end or before a slash */
	RO_SAME = 1 << 3,  /* read-only is as bad: a socket can be connected to, a device written */
	RO_FINE = 1 << 4,  /* read-only is no finding */
};
struct source {
	const char *path;
	unsigned flags;
};

static const struct source host_root[] = { { "/", 0 }, { 0 } };
static const struct source engine_sockets[] = {
	{ "/docker.sock", NAME | RO_SAME },	{ "/containerd.sock", NAME | RO_SAME },
	{ "/containerd.sock.ttrpc", NAME | RO_SAME }, { "/podman.sock", NAME | RO_SAME },
	{ "/crio.sock", NAME | RO_SAME },	{ "/cri-dockerd.sock", NAME | RO_SAME },
	{ "/dockershim.sock", NAME | RO_SAME },	{ "/buildkitd.sock", NAME | RO_SAME },
	{ "/kubelet.sock", NAME | RO_SAME },	{ "/lxd.socket", NAME | RO_SAME },
	{ "/incus.socket", NAME | RO_SAME },	{ "/libvirt-sock", NAME | RO_SAME },
	{ "/run/containerd/containerd.sock", ABOVE | RO_SAME }, { "/run/podman/podman.sock", ABOVE | RO_SAME },
	{ "/run/crio/crio.sock", ABOVE | RO_SAME },	{ "/run/k3s/containerd/containerd.sock", ABOVE | RO_SAME },
	{ "/run/libvirt/libvirt-sock", ABOVE | RO_SAME }, { 0 },
};
static const struct source service_sockets[] = {
	{ "/system_bus_socket", NAME | RO_SAME }, { "/run/dbus/system_bus_socket", ABOVE | RO_SAME },
	{ "/run/systemd/private", ABOVE | RO_SAME }, { "/run/systemd", BELOW | RO_SAME },
	{ "/run/user", BELOW | RO_SAME },	  { 0 },
};
static const struct source host_proc[] = { { "/proc", BELOW }, { 0 } };
static const struct source host_sys[] = { { "/sys", BELOW }, { 0 } };
static const struct source host_shm[] = { { "/dev/shm", BELOW }, { "/dev/mqueue", BELOW }, { 0 } };
static const struct source host_dev[] = { { "/dev", RO_SAME }, { 0 } };
static const struct source device_nodes[] = { { "/dev", BELOW | RO_SAME }, { 0 } };
static const struct source engine_data[] = {
	{ "/var/lib/docker/overlay2", ABOVE }, { "/var/lib/docker/volumes", ABOVE }, { "/var/lib/docker/containers", ABOVE },
	{ "/var/lib/containers/storage/overlay", ABOVE }, { "/var/lib/containers/storage/volumes", ABOVE },
	{ "/var/lib/containerd", ABOVE }, { "/var/lib/kubelet/pods", ABOVE }, { "/var/lib/rancher", ABOVE }, { "/var/lib/etcd", ABOVE | BELOW }, { 0 },
};
static const struct source secrets[] = {
	{ "/etc/shadow", 0 },	    { "/etc/gshadow", 0 },	{ "/etc/sudoers", 0 }, { "/etc/ssh", BELOW },
	{ "/etc/kubernetes", BELOW }, { "/etc/rancher", BELOW }, { "/root", BELOW },   { "/home", 0 },
	{ "/.ssh", NAME },	    { "/.aws", NAME },		{ "/.kube", NAME },    { "/.gnupg", NAME },
	{ "/.docker", NAME },	    { 0 },
};
static const struct source system_files[] = {
	{ "/etc", 0 },		    { "/etc", BELOW | RO_FINE },  { "/boot", BELOW },	  { "/usr", BELOW | RO_FINE },
	{ "/bin", BELOW | RO_FINE }, { "/sbin", BELOW | RO_FINE }, { "/lib", BELOW | RO_FINE },
	{ "/lib64", BELOW | RO_FINE }, { "/var/spool/cron", BELOW | ABOVE }, { "/var/lib/systemd", BELOW }, { 0 },
};
static const struct source shared_folders[] = {
	{ "/tmp", RO_FINE }, { "/var/tmp", RO_FINE }, { "/var/log", RO_FINE }, { "/opt", RO_FINE }, { "/srv", RO_FINE },
	{ "/mnt", RO_FINE }, { "/media", RO_FINE }, { 0 },
};

/* Is one of the table's options with this kind and bit the last word of the mount's? */
static bool last_option(const struct spec_mount *m, enum mount_opt_kind kind, uint64_t bit)
{
	bool on = false;
	for (size_t i = 0; i < m->options.n; i++) {
		const struct mount_opt *o = spec_mount_opt(m->options.v[i]);
		if (!o || o->kind != kind)
			continue;
		if (o->set & bit)
			on = true;
		else if (o->clear & bit)
			on = false;
	}
	return on;
}

static bool has_kind(const struct spec_mount *m, enum mount_opt_kind kind)
{
	for (size_t i = 0; i < m->options.n; i++) {
		const struct mount_opt *o = spec_mount_opt(m->options.v[i]);
		if (o && o->kind == kind)
			return true;
	}
	return false;
}

static bool is_bind(const struct spec_mount *m)
{
	return has_kind(m, MOPT_BIND) || (m->type && strcmp(m->type, "bind") == 0);
}

static bool readonly_itself(const struct spec_mount *m)
{
	return last_option(m, MOPT_ATTR, MOUNT_ATTR_RDONLY) || last_option(m, MOPT_ATTR_REC, MOUNT_ATTR_RDONLY);
}

/* What several rules ask about a mount, worked out once. */
struct mount_info {
	bool bind, ro;
	const char *path;	       /* of the host: the source of a bind, a layer of an overlay */
	const struct audit_rule *rule; /* the first that knows it, or NULL */
	const struct source *source;   /* and by what */
};

/* Lists of paths that say something about mounts; so many entries are looked at, and what more there is counts as
 * saying nothing, which is the careful reading. */
enum { COVERS_MAX = 1000 };
struct covers {
	const char *path[COVERS_MAX];
	size_t n;
};

static void add_covers(struct audit *a, struct covers *c, const struct strv *v)
{
	for (size_t i = 0; i < v->n && c->n < COVERS_MAX; i++)
		c->path[c->n++] = path_clean(a, v->v[i]);
}

/* A later remount, a read-only path or a mask may say something else about it. */
static bool readonly(struct audit *a, size_t index, const char *dest, const struct covers *c)
{
	const struct spec_mounts *v = &a->c->mounts;
	bool ro = readonly_itself(&v->v[index]);
	for (size_t i = index + 1; i < v->n && i < index + COVERS_MAX; i++)
		if (has_kind(&v->v[i], MOPT_REMOUNT) && strcmp(path_clean(a, v->v[i].destination), dest) == 0)
			ro = readonly_itself(&v->v[i]);
	for (size_t i = 0; !ro && i < c->n; i++)
		ro = path_is_below(dest, c->path[i]);
	return ro;
}

/* --- binds -------------------------------------------------------------------------------------- */

static bool knows(const struct source *s, const char *path, bool ro)
{
	size_t n = strlen(path), k = strlen(s->path);
	if (ro && (s->flags & RO_FINE))
		return false;
	if (s->flags & NAME) {
		for (const char *p = path; (p = strstr(p, s->path)) != NULL; p++)
			if (p[k] == '/' || !p[k])
				return true;
		return false;
	}
	return strcmp(path, s->path) == 0 || (s->flags & BELOW && path_is_below(path, s->path)) ||
	       (s->flags & ABOVE && n > 1 && path_is_below(s->path, path));
}

static const struct source *known(const struct source *s, const char *path, bool ro)
{
	while (s->path && !knows(s, path, ro))
		s++;
	return s->path ? s : NULL;
}

/* /var/run is a link to /run everywhere. */
static const char *host_path(struct audit *a, const char *source)
{
	if (*source != '/')
		source = arena_printf(a->arena, "%s/%s", a->in->bundle, source);
	const char *p = path_clean(a, source);
	return path_is_below(p, "/var/run") ? p + strlen("/var") : p;
}

static void find_bind(struct audit *a, const struct audit_rule *r);

static void know(struct audit *a, const char *path, struct mount_info *info)
{
	info->path = host_path(a, path);
	for (size_t i = 0; i < rules_mounts.n && !info->source; i++) {
		const struct audit_rule *r = &rules_mounts.rules[i];
		if (r->find == find_bind && (info->source = known(r->arg, info->path, info->ro)) != NULL)
			info->rule = r;
	}
}

/* An overlay shows its layers, and writes into the upper one. */
static void know_layers(struct audit *a, const struct spec_mount *m, struct mount_info *info)
{
	static const char lower[] = "lowerdir=", upper[] = "upperdir=";
	bool ro = info->ro;
	for (size_t i = 0; i < m->options.n && !info->rule; i++) {
		const char *o = m->options.v[i];
		bool is_upper = strncmp(o, upper, sizeof(upper) - 1) == 0;
		if (!is_upper && strncmp(o, lower, sizeof(lower) - 1) != 0)
			continue;
		info->ro = ro || !is_upper;
		for (const char *p = o + sizeof(lower) - 1; *p && !info->rule;) {
			size_t n = is_upper ? strlen(p) : strcspn(p, ":");
			if (n)
				know(a, arena_strndup(a->arena, p, n), info);
			p += n + (p[n] == ':');
		}
	}
	if (!info->rule)
		info->ro = ro;
}

static const struct mount_info *mounts(struct audit *a)
{
	const struct spec_mounts *v = &a->c->mounts;
	if (a->mounts)
		return a->mounts;
	struct covers *c = arena_alloc(a->arena, sizeof(*c));
	add_covers(a, c, &a->c->linux_->readonly_paths);
	add_covers(a, c, &a->c->linux_->masked_paths);
	struct mount_info *info = arena_array(a->arena, v->n, sizeof(*info));
	for (size_t i = 0; i < v->n; i++) {
		info[i].bind = is_bind(&v->v[i]);
		info[i].ro = readonly(a, i, path_clean(a, v->v[i].destination), c);
		if (info[i].bind)
			know(a, v->v[i].source ? v->v[i].source : "", &info[i]);
		else if (v->v[i].type && strcmp(v->v[i].type, "overlay") == 0)
			know_layers(a, &v->v[i], &info[i]);
	}
	return a->mounts = info;
}

/* Mounts are taken away from the last one on. */
static void remove_mounts_last(struct audit *a, const struct audit_rule *r)
{
	if (a->nfindings && a->findings[a->nfindings - 1]->rule == r)
		audit_reverse_edits(audit_find(a, r), 0);
}

static void find_bind(struct audit *a, const struct audit_rule *r)
{
	const struct mount_info *info = mounts(a);
	for (size_t i = 0; i < a->c->mounts.n; i++) {
		if (info[i].rule != r)
			continue;
		struct finding *f = audit_find(a, r);
		enum severity bad = a->contained ? r->in_userns : r->on_host;
		if (info[i].ro && !(info[i].source->flags & RO_SAME) && bad > SEV_LOW)
			bad--;
		if (!f->nplaces || bad > f->severity)
			f->severity = bad;
		audit_item(a, f, arena_printf(a->arena, "%.200s at %.200s%s", info[i].path, a->c->mounts.v[i].destination,
					      info[i].ro ? " (read-only)" : ""));
		audit_place(a, f, "mounts[%zu]", i);
		audit_remove(a, f, "mounts[%zu]", i);
	}
	remove_mounts_last(a, r);
}

/* "ro" with "rbind" is about the uppermost mount alone. */
static void find_ro_not_below(struct audit *a, const struct audit_rule *r)
{
	for (size_t i = 0; i < a->c->mounts.n; i++) {
		const struct spec_mount *m = &a->c->mounts.v[i];
		if (!last_option(m, MOPT_BIND, MS_REC) || !last_option(m, MOPT_ATTR, MOUNT_ATTR_RDONLY) ||
		    last_option(m, MOPT_ATTR_REC, MOUNT_ATTR_RDONLY) || mounts(a)[i].rule)
			continue;
		struct finding *f = audit_find(a, r);
		audit_item(a, f, m->destination);
		audit_place(a, f, "mounts[%zu].options", i);
		audit_append(a, f, "\"rro\"", "mounts[%zu].options", i);
	}
}

/* --- file systems by type ----------------------------------------------------------------------- */

struct fs {
	const char *const *types;
	bool writable; /* only then */
};
static const char *const t_sysfs[] = { "sysfs", NULL }, *const t_cgroup[] = { "cgroup", "cgroup2", NULL },
				  *const t_devtmpfs[] = { "devtmpfs", NULL },
				  *const t_kernel[] = { "debugfs", "tracefs", "securityfs", "bpf", "efivarfs",
							"configfs", "pstore", "binfmt_misc", NULL };
static const struct fs fs_sysfs = { t_sysfs, true }, fs_cgroup = { t_cgroup, true }, fs_devtmpfs = { t_devtmpfs, false },
		       fs_kernel = { t_kernel, false };

static void find_fs(struct audit *a, const struct audit_rule *r)
{
	const struct fs *fs = r->arg;
	for (size_t i = 0; i < a->c->mounts.n; i++) {
		const struct spec_mount *m = &a->c->mounts.v[i];
		const char *const *t = fs->types;
		if (!m->type || has_kind(m, MOPT_REMOUNT) || has_kind(m, MOPT_BIND))
			continue;
		while (*t && strcmp(*t, m->type) != 0)
			t++;
		if (!*t || (fs->writable && mounts(a)[i].ro))
			continue;
		struct finding *f = audit_find(a, r);
		if (fs == &fs_cgroup && audit_shares_host(a, NS_CGROUP) && f->severity < SEV_HIGH)
			f->severity++;
		audit_item(a, f, arena_printf(a->arena, "%s at %.200s", m->type, m->destination));
		audit_place(a, f, "mounts[%zu]", i);
		if (fs->writable)
			audit_append(a, f, "\"ro\"", "mounts[%zu].options", i);
		else
			audit_remove(a, f, "mounts[%zu]", i);
	}
	if (!fs->writable)
		remove_mounts_last(a, r);
}

static void find_block(struct audit *a, const struct audit_rule *r)
{
	for (size_t i = 0; i < a->c->mounts.n; i++) {
		const struct spec_mount *m = &a->c->mounts.v[i];
		if (is_bind(m) || !m->source || !m->type || !path_is_below(path_clean(a, m->source), "/dev") ||
		    *m->source != '/')
			continue;
		struct finding *f = audit_find(a, r);
		audit_item(a, f, arena_printf(a->arena, "%.100s (%.40s)", m->source, m->type));
		audit_place(a, f, "mounts[%zu]", i);
		audit_remove(a, f, "mounts[%zu]", i);
	}
	remove_mounts_last(a, r);
}

/* --- propagation -------------------------------------------------------------------------------- */

static void find_shared_root(struct audit *a, const struct audit_rule *r)
{
	const char *p = a->c->linux_->rootfs_propagation;
	if (!p || (strcmp(p, "shared") != 0 && strcmp(p, "rshared") != 0))
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "linux.rootfsPropagation");
	audit_set(a, f, "\"rprivate\"", "linux.rootfsPropagation");
}

static void find_shared_mount(struct audit *a, const struct audit_rule *r)
{
	for (size_t i = 0; i < a->c->mounts.n; i++) {
		const struct spec_mount *m = &a->c->mounts.v[i];
		for (size_t j = 0; j < m->options.n; j++) {
			const struct mount_opt *o = spec_mount_opt(m->options.v[j]);
			if (!o || o->kind != MOPT_PROPAGATION || !(o->set & MS_SHARED))
				continue;
			struct finding *f = audit_find(a, r);
			audit_item(a, f, m->destination);
			audit_place(a, f, "mounts[%zu].options[%zu]", i, j);
			audit_set(a, f, "\"rprivate\"", "mounts[%zu].options[%zu]", i, j);
		}
	}
}

#define NOT "Do not mount it; mount the one file or folder that is needed, read-only."
static const struct audit_rule rows[] = {
	{ "mount-host-root", "The root of the host is mounted", SEV_CRITICAL, SEV_MEDIUM, find_bind,
	  "All files of the host are inside: keys and passwords to read and, when it is writable, every program and "
	  "configuration to replace.",
	  NOT, host_root },
	{ "mount-engine-socket", "A socket of a container engine is mounted", SEV_CRITICAL, SEV_MEDIUM, find_bind,
	  "Whoever can connect asks the engine for a privileged container and is root of the host; read-only mounts do not "
	  "stop a connect.",
	  "Do not mount it; a proxy that lets single requests through can stand in for it.", engine_sockets },
	{ "mount-service-socket", "Sockets of the host's services are mounted", SEV_HIGH, SEV_MEDIUM, find_bind,
	  "Over the system bus or systemd's own socket root starts units, that is programs, on the host; a user's runtime "
	  "folder has the sockets of that user's services.",
	  "Do not mount it, or a filtering proxy of the bus in its place.", service_sockets },
	{ "mount-host-proc", "/proc of the host is mounted", SEV_CRITICAL, SEV_MEDIUM, find_bind,
	  "Masks and read-only paths do not cover it: through sys/kernel/core_pattern or sysrq-trigger root of the container "
	  "is root of the host, and all its processes are seen.",
	  "Do not mount it; type \"proc\" shows the container's own pid namespace.", host_proc },
	{ "mount-host-sys", "/sys of the host is mounted", SEV_HIGH, SEV_MEDIUM, find_bind,
	  "Drivers, firmware variables and cgroups of the host can be read and, when it is writable, changed "
	  "(uevent_helper, power, cgroup limits of others).",
	  "Do not mount it; type \"sysfs\" with \"ro\" is enough.", host_sys },
	{ "mount-host-shm", "Shared memory of the host is mounted", SEV_MEDIUM, SEV_LOW, find_bind,
	  "Databases, browsers and sound servers of the host exchange data there.",
	  "Mount a tmpfs of the container's own on /dev/shm.", host_shm },
	{ "mount-host-dev", "/dev of the host is mounted", SEV_HIGH, SEV_MEDIUM, find_bind,
	  "All device nodes of the host are inside, terminals of its users included; only the device filter is left.",
	  "Mount a tmpfs on /dev; berth fills it with the default devices.", host_dev },
	{ "mount-device-node", "Device nodes of the host are mounted", SEV_LOW, SEV_LOW, find_bind,
	  "A bind of a device node is the device. The device filter decides whether it can be opened.",
	  "Name the device in linux.devices, where it is seen beside its rule, or do without.", device_nodes },
	{ "mount-engine-data", "The data of a container engine is mounted", SEV_CRITICAL, SEV_MEDIUM, find_bind,
	  "Root file systems, secrets and configurations of all other containers lie there; who writes it replaces their "
	  "programs.",
	  NOT, engine_data },
	{ "mount-secrets", "Folders with credentials are mounted", SEV_HIGH, SEV_LOW, find_bind,
	  "Private keys, tokens or password hashes can be read; when it is writable, somebody's login files (authorized_keys, "
	  ".profile) can be changed.",
	  NOT, secrets },
	{ "mount-system-files", "System files of the host are mounted", SEV_CRITICAL, SEV_LOW, find_bind,
	  "A program, a unit, a cron job or a boot file that is written there runs as root of the host.", NOT,
	  system_files },
	{ "mount-shared-folder", "A folder that everybody uses is mounted writable", SEV_LOW, SEV_LOW, find_bind,
	  "Programs of the host trust names in it: sockets, lock files and logs can be forged or replaced by links.",
	  "Mount a folder below it that is for this container alone, or read-only.", shared_folders },
	{ "mount-sysfs-writable", "sysfs is writable", SEV_HIGH, SEV_LOW, find_fs,
	  "Root of the container changes drivers, power and network devices of the host, and can name a program that the "
	  "kernel starts outside (uevent_helper).",
	  "Add the option \"ro\".", &fs_sysfs },
	{ "mount-cgroup-writable", "The cgroup file system is writable", SEV_MEDIUM, SEV_LOW, find_fs,
	  "The container makes cgroups and changes limits below its own; without a cgroup namespace also those of others. A "
	  "container that runs systemd needs it, and then a user namespace.",
	  "Add the option \"ro\".", &fs_cgroup },
	{ "mount-devtmpfs", "A devtmpfs is mounted", SEV_HIGH, SEV_MEDIUM, find_fs,
	  "There is one devtmpfs for the whole host: its nodes are the host's and a change is a change of the host's /dev.",
	  "Mount a tmpfs on /dev; berth fills it with the default devices.", &fs_devtmpfs },
	{ "mount-kernel-fs", "A file system of the kernel's own insides is mounted", SEV_HIGH, SEV_MEDIUM, find_fs,
	  "There is one for the whole host (debugfs, tracefs, bpf, efivarfs ...): tracing, firmware variables and kernel "
	  "settings of everybody.",
	  "Remove the mount.", &fs_kernel },
	{ "mount-block-device", "A file system on a device of the host is mounted", SEV_HIGH, SEV_MEDIUM, find_block,
	  "The kernel parses the structures of a disk with its full rights; who can write the disk too attacks it there, and "
	  "the files are the host's.",
	  "Let the host mount it and bind the folder that is needed." },
	{ "mount-readonly-not-below", "Mounts below a read-only one are writable", SEV_LOW, SEV_LOW, find_ro_not_below,
	  "\"ro\" with \"rbind\" is about the uppermost mount alone: what the host has mounted below the source can be written.",
	  "Add the option \"rro\".", NULL },
	{ "propagation-root-shared", "Mounts in the container propagate to the host", SEV_MEDIUM, SEV_LOW, find_shared_root,
	  "With a shared root, mounts made inside on shared volumes appear on the host, where its programs follow them.",
	  "Use \"rprivate\", or \"rslave\" when the host's mounts shall be seen inside." },
	{ "propagation-mount-shared", "A volume propagates mounts to the host", SEV_MEDIUM, SEV_LOW, find_shared_mount,
	  "What is mounted on it inside may appear on the host, in the paths that its programs use.",
	  "Use \"rprivate\", or \"rslave\" when the host's mounts shall be seen inside." },
};
AUDIT_TABLE(rules_mounts, rows);
