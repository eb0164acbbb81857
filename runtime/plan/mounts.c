/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mounts of the config, in its order.
 *
 * First all of them are read (plan_mounts_prepare), because what one means depends on others: which one
 * makes /dev, /proc and the devpts, and which read-only tmpfs has mounts below it. Then plan_mounts() makes
 * the steps: sysctls are written right after the procfs, before anything can lie over it, and /dev is
 * filled right after it was mounted, before what is mounted below it.
 *
 * A bind source is cloned on the host's side and is a peer of the host's mounts, those below it included,
 * until its propagation is set; see bind_propagation().
 */
#include "mount_options.h"

#include <string.h>
#include <linux/mount.h>

#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x00000001
#endif

static bool is_type(const struct mount_plan *mp, const char *type)
{
	return mp->how == HOW_FS && mp->type && strcmp(mp->type, type) == 0;
}

static bool is_cgroup(const struct mount_plan *mp)
{
	return is_type(mp, "cgroup") || is_type(mp, "cgroup2");
}

/* ---- reading ---- */

static int check_mount(struct build *b, size_t i, struct mount_plan *mp, struct err *e)
{
	const struct spec_mount *m = mp->m;
	if (mp->how == HOW_BIND && (!m->source || !*m->source))
		return err_config(e, at_member(b, "mounts", i, "source"), "a bind mount needs a source");
	if (mp->how == HOW_FS && (!m->type || !*m->type))
		return err_config(e, at_member(b, "mounts", i, "type"),
				  "is required for a mount that is no bind mount");
	return 0;
}

/* Without a cgroup namespace a mount of the hierarchy would show all of the host's: the container's own
 * cgroup is bound instead, and when it has none, the host's hierarchy to look at. */
static void read_cgroup(const struct build *b, struct mount_plan *mp)
{
	mp->type = "cgroup2";
	mp->cgroup_bind = !spec_find_namespace(b->c->linux_, NS_CGROUP);
	if (mp->cgroup_bind && b->r->cgroup_disabled)
		mp->attr.set |= MOUNT_ATTR_RDONLY;
}

static int read_mount(struct build *b, size_t i, struct err *e)
{
	struct mount_plan *mp = &b->mounts[i];
	mp->m = &b->c->mounts.v[i];
	const char *dest = mp->m->destination;
	if (!dest || !*dest)
		return err_config(e, at_member(b, "mounts", i, "destination"), "is required");
	mp->dest = dest[0] == '/' ? dest : arena_printf(b->p->arena, "/%s", dest);
	mp->clean = clean_path(b->p->arena, dest);
	if (mount_read_options(b, i, mp, e) < 0 || check_mount(b, i, mp, e) < 0)
		return -1;
	if (is_cgroup(mp))
		read_cgroup(b, mp);
	return 0;
}

/* The mounts that others depend on. */
static void find_roles(struct build *b)
{
	size_t any_pts = NO_INDEX;
	for (size_t i = 0; i < b->c->mounts.n; i++) {
		const struct mount_plan *mp = &b->mounts[i];
		if (mp->how == HOW_REMOUNT)
			continue;
		if (strcmp(mp->clean, "/dev") == 0)
			b->dev = i; /* the last one is what the container sees */
		if (is_type(mp, "devpts")) {
			any_pts = i;
			if (strcmp(mp->clean, "/dev/pts") == 0)
				b->pts = i;
		}
		if (b->proc_mount == NO_INDEX && is_type(mp, "proc") && strcmp(mp->clean, "/proc") == 0)
			b->proc_mount = i;
	}
	if (b->pts == NO_INDEX)
		b->pts = any_pts;
	if (b->dev == NO_INDEX)
		return;
	/* a directory of the host, or its only devtmpfs: nothing is made in it that was not asked for */
	b->dev_foreign = b->mounts[b->dev].how == HOW_BIND || is_type(&b->mounts[b->dev], "devtmpfs");
}

/* Is something mounted below a read-only tmpfs later, and before another mount hides it? Its mount point could
 * not be made. Looks only so far ahead that a config with very many mounts does not take quadratic time. */
static bool needs_writing(const struct build *b, size_t i)
{
	enum { LOOK_AHEAD = 2000 };
	const struct mount_plan *mp = &b->mounts[i];
	size_t end = b->c->mounts.n - i > LOOK_AHEAD ? i + LOOK_AHEAD : b->c->mounts.n;
	bool below = i == b->dev && !b->dev_foreign;
	for (size_t k = i + 1; k < end && !below; k++) {
		const char *other = b->mounts[k].clean;
		if (strcmp(other, mp->clean) == 0)
			break;
		below = path_below(other, mp->clean);
	}
	return below;
}

int plan_mounts_prepare(struct build *b, struct err *e)
{
	size_t n = b->c->mounts.n;
	b->mounts = arena_array(b->p->arena, n, sizeof(*b->mounts));
	for (size_t i = 0; i < n; i++)
		if (read_mount(b, i, e) < 0)
			return -1;
	find_roles(b);
	for (size_t i = 0; i < n; i++) {
		struct mount_plan *mp = &b->mounts[i];
		if ((mp->attr.set & MOUNT_ATTR_RDONLY) && (is_type(mp, "tmpfs") || i == b->dev) &&
		    mp->how == HOW_FS)
			mp->late_readonly = needs_writing(b, i);
	}
	const char *label = b->c->linux_->mount_label;
	if (label && *label && !b->f->selinux_enabled)
		return err_config(e, "linux.mountLabel", "SELinux is not enabled on this host");
	return 0;
}

/* ---- steps ---- */

static void set_attributes(struct plan_step *s, const struct mount_plan *mp)
{
	s->val[0] = mp->attr.set | mp->attr.clear << 32;
	s->val[1] = mp->rec.set | mp->rec.clear << 32;
	s->val[2] = mp->propagation;
}

static void mount_remount(struct build *b, const struct mount_plan *mp, const char *origin)
{
	uint32_t dest = plan_str(b->p, mp->dest);
	uint32_t data = mp->ndata ? plan_list(b->p, mp->data, mp->ndata) : 0;
	struct inside_step *s = plan_inside(b->p, STEP_REMOUNT, origin);
	s->s.str[1] = dest;
	s->s.str[2] = data;
	set_attributes(&s->s, mp);
}

/*
 * No mount of the tree may stay a peer of the host's: what is mounted below the bind, our masks and
 * read-only paths too, would appear on the host and stay there. So the whole tree is cut off first and then
 * gets the option, which may be meant for its top alone:
 *
 *   none, private, unbindable   private all the way down
 *   slave                       slaves all the way down
 *   shared                      a peer group of its own that still receives from the host
 *
 * With a shared root (engines set it for volumes whose mounts shall go both ways) a shared bind remains the
 * host's peer; not so in a user namespace, whose owner has no say over the host's mounts.
 */
static void bind_propagation(const struct build *b, const struct mount_plan *mp, struct plan_step *s)
{
	uint64_t asked = mp->propagation;
	bool receives = asked & (MS_SLAVE | MS_SHARED);
	if ((asked & MS_SHARED) && plan_root_is_shared(b) && !b->userns && !mp->slave_first) {
		s->val[2] = asked;
		return;
	}
	s->val[2] = (receives ? MS_SLAVE : MS_PRIVATE) | (mp->recursive ? MS_REC : 0);
	s->val[3] = asked & (MS_SHARED | MS_UNBINDABLE) ? asked : 0;
}

/* "ids 0+65536 as 100000; ...", the first few of them */
static const char *idmap_note(struct build *b, const struct plan_idmap *map)
{
	enum { SHOWN = 4 };
	const char *text = map->recursive ? "ids of the tree:" : "ids:";
	if (map->path)
		return arena_printf(b->p->arena, "%s as in the user namespace \"%s\"", text, map->path);
	for (int k = 0; k < 2; k++) {
		const struct id_mappings *m = k == 0 ? map->uid : map->gid;
		text = arena_printf(b->p->arena, "%s %s", text, k == 0 ? "uid" : "gid");
		for (size_t i = 0; i < m->n && i < SHOWN; i++)
			text = arena_printf(b->p->arena, "%s %u+%u as %u", text, m->v[i].container_id, m->v[i].size,
					    m->v[i].host_id);
		if (m->n > SHOWN)
			text = arena_printf(b->p->arena, "%s and %zu more", text, m->n - SHOWN);
	}
	return text;
}

static void mount_bind(struct build *b, const struct mount_plan *mp, const char *origin)
{
	const char *source = mp->m->source;
	enum plan_fd_kind kind = PFD_TREE;
	if (mp->cgroup_bind) {
		kind = PFD_CGROUP;
		source = b->r->cgroup_disabled ? b->f->cgroup_mount : NULL; /* to be printed */
	} else if (source[0] != '/') {
		source = arena_printf(b->p->arena, "%s/%s", b->f->bundle, source);
	}
	uint32_t dest = plan_str(b->p, mp->dest);
	int32_t fd = plan_add_fd(b->p, kind, source, mp->recursive, b->p->ninside, origin);
	b->p->fds[fd].idmap = mp->idmap;
	struct inside_step *s = plan_inside(b->p, STEP_MOUNT_BIND, origin);
	s->note = mp->idmap ? idmap_note(b, mp->idmap) : NULL;
	s->s.fd = fd;
	s->s.str[1] = dest;
	s->s.flags = mp->cgroup_bind ? STEP_F_DIR : 0; /* of others, act/ knows when it has opened them */
	set_attributes(&s->s, mp);
	bind_propagation(b, mp, &s->s);
}

static bool in_names(const char *const *names, size_t n, const char *type)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(type, names[i]) == 0)
			return true;
	return false;
}

/* File systems that take no SELinux context as an option. */
static bool takes_label(const char *type)
{
	static const char *const without[] = { "proc", "sysfs", "mqueue", "cgroup2" };
	return !in_names(without, ARRAY_SIZE(without), type);
}

static bool is_pseudo(const char *type)
{
	static const char *const types[] = { "proc",    "sysfs",      "mqueue", "cgroup2", "tmpfs",
					     "devpts",  "devtmpfs",   "ramfs",  "overlay", "debugfs",
					     "tracefs", "securityfs", "bpf" };
	return in_names(types, ARRAY_SIZE(types), type);
}

static enum mount_role role_of(const struct build *b, size_t i)
{
	if (i == b->dev && !b->dev_foreign)
		return MOUNT_DEV;
	if (i == b->proc_mount)
		return MOUNT_PROC;
	return i == b->pts ? MOUNT_PTS : MOUNT_PLAIN;
}

/* These show a namespace, and only who owns it gets a new one. What is new belongs to the container's user namespace;
 * what it shares with the runtime or joins may not. The runtime's own shows what is shared; for a network namespace
 * that is joined its sysfs, read-only, is better than none, as all but the names of interfaces is the same. */
static bool may_be_refused(const struct build *b, const char *type)
{
	static const struct {
		const char *type;
		enum ns_kind shows;
		bool joined;
	} rows[] = { { "sysfs", NS_NETWORK, true }, { "mqueue", NS_IPC, false }, { "proc", NS_PID, false } };
	if (!b->userns && !b->f->rootless)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(type, rows[i].type) == 0)
			return rows[i].joined ? !spec_new_namespace(b->c->linux_, rows[i].shows)
					      : !spec_find_namespace(b->c->linux_, rows[i].shows);
	return false;
}

static uint64_t mount_flags(uint64_t attr)
{
	static const struct {
		uint64_t attr, flag;
	} rows[] = {
		{ MOUNT_ATTR_RDONLY, MS_RDONLY },	  { MOUNT_ATTR_NOSUID, MS_NOSUID },
		{ MOUNT_ATTR_NODEV, MS_NODEV },		  { MOUNT_ATTR_NOEXEC, MS_NOEXEC },
		{ MOUNT_ATTR_NOATIME, MS_NOATIME },	  { MOUNT_ATTR_STRICTATIME, MS_STRICTATIME },
		{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME }, { MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW },
	};
	uint64_t flags = MS_SILENT; /* never 0 */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		flags |= attr & rows[i].attr ? rows[i].flag : 0;
	return flags;
}

/* The data of a mount(2). A label has commas, and the quotes that are for them. */
static uint32_t joined_data(struct build *b, const struct mount_plan *mp)
{
	const char *label = b->c->linux_->mount_label;
	const char *list[] = { "source", mp->m->source ? mp->m->source : mp->type, "options", "" };
	for (size_t i = 0; i < mp->ndata; i += 2) {
		const char *value = mp->data[i + 1];
		list[3] = arena_printf(b->p->arena, "%s%s%s%s%s", list[3], *list[3] ? "," : "", mp->data[i],
				       *value ? "=" : "", value);
	}
	if (label && *label && takes_label(mp->type))
		list[3] = arena_printf(b->p->arena, "%s,context=\"%s\"", list[3], label);
	return plan_list(b->p, list, ARRAY_SIZE(list));
}

static void mount_long(struct build *b, const struct mount_plan *mp, const char *origin)
{
	uint32_t type = plan_str(b->p, mp->type), dest = plan_str(b->p, mp->dest);
	uint32_t data = joined_data(b, mp);
	struct inside_step *s = plan_inside(b->p, STEP_MOUNT_FS, origin);
	s->note = "by mount(2), as an option is longer than fsconfig(2) takes";
	s->s.str[0] = type;
	s->s.str[1] = dest;
	s->s.str[2] = data;
	s->s.val[2] = mp->propagation;
	s->s.val[3] = mount_flags((mp->attr.set & ~mp->rec.clear) | mp->rec.set);
}

/* Nothing about it needs an fd of it (as a new root does), or a word that mount(2) does not take. Read-only is one of these: a new superblock would
 * be so for everybody who gets it later; that of the cgroup hierarchy, in which we have just made a cgroup, is not new. Hooks
 * of the container begin where berth-init is by then. */
static bool is_plain(const struct build *b, size_t i)
{
	static const char *const types[] = { "tmpfs", "devpts", "mqueue", "cgroup2" };
	enum { DATA_MAX = 1024, SEPARATORS = 2 };
	const struct mount_plan *mp = &b->mounts[i];
	const char *label = b->c->linux_->mount_label, *source = mp->m->source;
	bool role = role_of(b, i) == MOUNT_DEV || (role_of(b, i) == MOUNT_PTS && (!b->proc || b->proc->terminal));
	bool known = is_type(mp, "cgroup2") && !b->r->cgroup_disabled;
	size_t len = 0;
	if (!in_names(types, ARRAY_SIZE(types), mp->type) || role || strcmp(mp->clean, "/") == 0 || mp->idmap || mp->copyup || mp->late_readonly ||
	    mp->propagation || mp->rec.set || mp->rec.clear || ((mp->attr.set & MOUNT_ATTR_RDONLY) && !known) || (label && *label) ||
	    !source || !*source || may_be_refused(b, mp->type) || b->c->hooks.kind[HOOK_CREATE_CONTAINER].n ||
	    (is_type(mp, "tmpfs") && !mp->has_mode))
		return false;
	for (size_t k = 0; k < mp->ndata; k++) {
		if (mp->data[k][strcspn(mp->data[k], ",\"\\=")])
			return false;
		len += strlen(mp->data[k]) + SEPARATORS;
	}
	return len < DATA_MAX;
}

/* The list then ends with the source and, as one more, the options of a mount(2). */
static const char *plain_options(struct build *b, const struct mount_plan *mp)
{
	const char *text = "";
	for (size_t i = 0; i < mp->ndata; i += 2)
		text = arena_printf(b->p->arena, "%s%s%s%s%s", text, *text ? "," : "", mp->data[i],
				    *mp->data[i + 1] ? "=" : "", mp->data[i + 1]);
	return text;
}

static void mount_fs(struct build *b, size_t i, const char *origin)
{
	struct mount_plan *mp = &b->mounts[i];
	const char *label = b->c->linux_->mount_label;
	if (mp->long_option) {
		mount_long(b, mp, origin);
		return;
	}
	bool plain = is_plain(b, i);
	const char *options = plain ? plain_options(b, mp) : NULL;
	if (mp->m->source && *mp->m->source)
		mount_add_data(b, mp, "source", mp->m->source);
	if (label && *label && takes_label(mp->type))
		mount_add_data(b, mp, "context", label);
	/* a read-only block device must be opened as such; the superblocks of others may be shared, and the
	 * attribute of the mount is all that is meant */
	if ((mp->attr.set & MOUNT_ATTR_RDONLY) && mp->m->source && mp->m->source[0] == '/' &&
	    !is_pseudo(mp->type))
		mount_add_data(b, mp, "ro", "");
	uint32_t type = plan_str(b->p, mp->type), dest = plan_str(b->p, mp->dest);
	if (plain) { /* the last one of the list is not half of a pair */
		mount_add_data(b, mp, options, "");
		mp->ndata--;
	}
	uint32_t data = mp->ndata ? plan_list(b->p, mp->data, mp->ndata) : 0;
	int32_t fd = -1;
	if (mp->idmap) {
		fd = plan_add_fd(b->p, PFD_IDMAP, NULL, 0, b->p->ninside, mp->idmap->origin);
		b->p->fds[fd].idmap = mp->idmap;
	}
	struct inside_step *s = plan_inside(b->p, STEP_MOUNT_FS, origin);
	s->note = mp->idmap ? idmap_note(b, mp->idmap) : NULL;
	s->s.fd = fd;
	s->s.str[0] = type;
	s->s.str[1] = dest;
	s->s.str[2] = data;
	s->s.num = role_of(b, i);
	set_attributes(&s->s, mp);
	s->s.val[0] = mp->attr.set; /* a new mount has nothing to clear */
	s->s.val[4] = plain ? mount_flags(mp->attr.set) : 0;
	if (mp->late_readonly) {
		s->s.val[0] &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		s->s.flags |= STEP_F_KEEP;
		mp->step = b->p->ninside - 1;
	}
	if (mp->copyup)
		s->s.flags |= STEP_F_COPYUP;
	if (is_type(mp, "tmpfs") && !mp->has_mode)
		s->s.flags |= STEP_F_COPY_MODE;
	if (is_type(mp, "proc") || is_type(mp, "sysfs"))
		s->s.flags |= STEP_F_NO_LINKS;
	if (may_be_refused(b, mp->type))
		s->s.flags |= STEP_F_ELSE_BIND;
}

/* ---- sysctls ---- */

static int plan_sysctls(struct build *b, struct err *e)
{
	const struct kvv *sysctl = &b->c->linux_->sysctl;
	for (size_t i = 0; i < sysctl->n; i++) {
		const char *origin = sysctl_origin(b, i);
		char path[256];
		if (spec_sysctl_path(sysctl->v[i].key, path, sizeof(path)) < 0)
			return err_config(e, origin, "is not the name of a kernel parameter");
		uint32_t value = plan_str(b->p, sysctl->v[i].value);
		struct inside_step *s = add_step(b, STEP_SYSCTL, origin, path);
		s->s.str[1] = value;
	}
	return 0;
}

/* Can sysctls be written through the container's own procfs? */
static bool proc_is_usable(const struct build *b)
{
	if (b->proc_mount == NO_INDEX)
		return false;
	const struct mount_plan *mp = &b->mounts[b->proc_mount];
	return !((mp->attr.set | mp->rec.set) & MOUNT_ATTR_RDONLY) && !mp->proc_subset;
}

void plan_proc_private(struct build *b, const char *origin)
{
	plan_inside(b->p, STEP_PROC_PRIVATE, origin)->note =
		"a procfs that is mounted nowhere, to write through";
}

/* ---- all of them ---- */

static int add_mount(struct build *b, size_t i, struct err *e)
{
	const struct mount_plan *mp = &b->mounts[i];
	const char *origin = at_index(b, "mounts", i);
	if (mp->how == HOW_REMOUNT)
		mount_remount(b, mp, origin);
	else if (mp->how == HOW_BIND || mp->cgroup_bind)
		mount_bind(b, mp, origin);
	else
		mount_fs(b, i, origin);
	if (i == b->dev && !b->dev_foreign)
		return plan_dev(b, e);
	return 0;
}

static void finish_readonly(struct build *b)
{
	for (size_t i = 0; i < b->c->mounts.n; i++) {
		if (!b->mounts[i].late_readonly)
			continue;
		uint32_t dest = plan_str(b->p, b->mounts[i].dest);
		struct inside_step *s = plan_inside(b->p, STEP_REMOUNT, at_index(b, "mounts", i));
		s->note = "read-only now that it is filled";
		s->s.str[1] = dest;
		s->s.num = (uint32_t)b->mounts[i].step + 1;
		s->s.val[0] = MOUNT_ATTR_RDONLY;
	}
}

int plan_mounts(struct build *b, struct err *e)
{
	bool usable = proc_is_usable(b);
	const char *asks = b->c->linux_->sysctl.n ? "linux.sysctl" : b->label;
	if (!usable)
		b->proc_mount = NO_INDEX; /* later steps must not write through it either */
	if (!usable && asks) {
		plan_proc_private(b, asks);
		if (plan_sysctls(b, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < b->c->mounts.n; i++) {
		if (add_mount(b, i, e) < 0)
			return -1;
		if (usable && i == b->proc_mount && plan_sysctls(b, e) < 0)
			return -1;
	}
	if (plan_devices_elsewhere(b, e) < 0 || plan_console(b, e) < 0)
		return -1;
	finish_readonly(b);
	return 0;
}
