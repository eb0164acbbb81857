/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mount options: the rows of the spec's table (spec_mount_opt()) change attributes, propagation or the kind
 * of mount; everything else is data for the file system, one key and value per fsconfig(2) call, so that
 * no option string is ever put together or taken apart at commas. As with mount(8), a later option wins.
 */
#include "mount_options.h"

#include <string.h>
#include <sys/mount.h>

enum { FSCONFIG_MAX = 255 }; /* the kernel takes strings shorter than 256 bytes */

typedef int option_fn(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
		      struct err *e);

void mount_add_data(struct build *b, struct mount_plan *mp, const char *key, const char *value)
{
	for (int i = 0; i < 2; i++) {
		mp->data = arena_grow(b->p->arena, mp->data, mp->ndata, &mp->cap_data, sizeof(*mp->data));
		mp->data[mp->ndata++] = i == 0 ? key : value;
	}
}

static void change_attr(struct attr_change *a, const struct mount_opt *o)
{
	a->set = (a->set & ~o->clear) | o->set;
	a->clear = (a->clear & ~o->set) | o->clear;
}

static int opt_attr(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
		    struct err *e)
{
	(void)b, (void)at, (void)e;
	change_attr(&mp->attr, o);
	return 0;
}

static int opt_attr_rec(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
			struct err *e)
{
	(void)b, (void)at, (void)e;
	change_attr(&mp->rec, o);
	return 0;
}

/* "slave" and then "shared" means both: a new peer group that still receives from the old one. */
static int opt_propagation(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
			   struct err *e)
{
	if (b->shares_mounts && !(o->set & MS_PRIVATE))
		return err_config(e, at, "\"%s\": " PROPAGATION_WANTS_NAMESPACE, o->name);
	mp->slave_first = (o->set & MS_SHARED) && (mp->propagation & MS_SLAVE);
	mp->propagation = o->set;
	return 0;
}

static int opt_bind(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
		    struct err *e)
{
	(void)b, (void)at, (void)e;
	if (mp->how != HOW_REMOUNT)
		mp->how = HOW_BIND;
	mp->recursive = o->set & MS_REC;
	return 0;
}

static int opt_remount(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
		       struct err *e)
{
	(void)b, (void)o, (void)at, (void)e;
	mp->how = HOW_REMOUNT;
	return 0;
}

static int opt_idmap(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
		     struct err *e)
{
	(void)b, (void)at, (void)e;
	mp->idmap_asked = true;
	mp->idmap_recursive = o->set & MS_REC;
	return 0;
}

static int opt_copyup(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
		      struct err *e)
{
	(void)b, (void)o, (void)at, (void)e;
	mp->copyup = true;
	return 0;
}

static int opt_sb(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
		  struct err *e)
{
	(void)at, (void)e;
	mount_add_data(b, mp, o->sb ? o->sb : o->name, "");
	return 0;
}

static int opt_none(struct build *b, struct mount_plan *mp, const struct mount_opt *o, const char *at,
		    struct err *e)
{
	(void)b, (void)mp, (void)o, (void)at, (void)e;
	return 0;
}

static option_fn *const option_kinds[] = {
	[MOPT_ATTR] = opt_attr,   [MOPT_ATTR_REC] = opt_attr_rec,
	[MOPT_SB] = opt_sb,       [MOPT_PROPAGATION] = opt_propagation,
	[MOPT_BIND] = opt_bind,   [MOPT_REMOUNT] = opt_remount,
	[MOPT_IDMAP] = opt_idmap, [MOPT_TMPCOPYUP] = opt_copyup,
	[MOPT_NONE] = opt_none,
};

/* Superblock states that are the default anyway: harmless where a superblock cannot be changed. With z and Z an engine
 * is told to relabel the source, which it has done; buildah 1.39 passes them on for the cache of a RUN. */
static bool is_default_sb(const char *name)
{
	static const char *const names[] = { "z", "Z", "async", "nolazytime", "nomand", "noiversion", "loud", "rw" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_cgroup1(const char *type)
{
	return type && strcmp(type, "cgroup") == 0;
}

/* What of a cgroup mount's data has nothing to act on: data of v1 that says nothing about v2, and flags of the whole
 * hierarchy. Engines copy the latter from the host's mount. They are the host's: the kernel takes them in the first
 * cgroup namespace only, and there the container's own cgroup is bound. */
static bool ignore_cgroup_data(const char *type, const char *opt)
{
	static const char *const names[] = { "nsdelegate",	     "favordynmods",		    "nofavordynmods",
					     "memory_recursiveprot", "memory_hugetlb_accounting",
					     "memory_localevents",   "pids_localevents" };
	static const char *const v1[] = { "xattr", "none", "name=systemd" };
	if (!type || (strcmp(type, "cgroup") != 0 && strcmp(type, "cgroup2") != 0))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(opt, names[i]) == 0)
			return true;
	for (size_t i = 0; is_cgroup1(type) && i < ARRAY_SIZE(v1); i++)
		if (strcmp(opt, v1[i]) == 0)
			return true;
	return false;
}

static int add_fs_data(struct build *b, struct mount_plan *mp, const char *opt, const char *at, struct err *e)
{
	if (ignore_cgroup_data(mp->m->type, opt))
		return 0;
	if (is_cgroup1(mp->m->type))
		return err_config(e, at, "\"%s\" is not an option of cgroup v2", opt);
	const char *eq = strchr(opt, '=');
	size_t klen = eq ? (size_t)(eq - opt) : strlen(opt);
	const char *value = eq ? eq + 1 : "";
	if (!klen || klen > FSCONFIG_MAX)
		return err_config(e, at, "option \"%.40s\" has no name or one longer than %d bytes", opt, FSCONFIG_MAX);
	mp->long_option |= strlen(value) > FSCONFIG_MAX;
	const char *key = arena_strndup(b->p->arena, opt, klen);
	mp->has_mode |= strcmp(key, "mode") == 0;
	mp->proc_subset |= strcmp(key, "subset") == 0;
	mount_add_data(b, mp, key, value);
	return 0;
}

/* One option too long for fsconfig(2), which overlayfs with a few layers has: all of them become the string of a
 * mount(2). That is done at once, so nothing may be asked for that comes before or after it. */
static int check_long(const struct mount_plan *mp, const char *at, struct err *e)
{
	enum { PAGE = 4096 }; /* what mount(2) reads, with the NUL */
	size_t len = 0;
	if (!mp->long_option)
		return 0;
	for (size_t i = 0; i < mp->ndata; i++) {
		len += strlen(mp->data[i]) + 1;
		if (strchr(mp->data[i], ','))
			return err_config(e, at, "an option longer than %d bytes beside one with a comma: \"%.40s\"",
					  FSCONFIG_MAX, mp->data[i]);
	}
	if (len > PAGE)
		return err_config(e, at, "the options have %zu bytes, more than %d", len, PAGE);
	if (mp->how != HOW_FS || mp->copyup || mp->idmap_asked || mp->m->uid_mappings.n ||
	    strcmp(mp->clean, "/") == 0)
		return err_config(e, at, "an option longer than %d bytes is only for a plain new mount", FSCONFIG_MAX);
	return 0;
}

/* What a bind or a procfs cannot take becomes known only after the last option. */
static int check_combination(struct mount_plan *mp, size_t first_data, const char *at, struct err *e)
{
	if (mp->copyup && (mp->how != HOW_FS || !mp->type || strcmp(mp->type, "tmpfs") != 0))
		return err_config(e, at, "tmpcopyup is only for tmpfs");
	if (mp->how != HOW_BIND)
		return 0;
	for (size_t i = first_data; i < mp->ndata; i += 2)
		if (!is_default_sb(mp->data[i]))
			return err_config(e, at, "a bind mount has no file system option \"%s\"",
					  mp->data[i]);
	mp->ndata = 0;
	return 0;
}

/* Mappings without an option mean the mount itself, and an option without mappings those of the container's user
 * namespace. */
static int read_idmap(struct build *b, size_t i, struct mount_plan *mp, struct err *e)
{
	const struct spec_mount *m = mp->m;
	const struct spec_linux *l = b->c->linux_;
	const struct spec_namespace *ns = spec_find_namespace(l, NS_USER);
	bool own = m->uid_mappings.n;
	if (!own && !mp->idmap_asked)
		return 0;
	const char *at = at_member(b, "mounts", i, own ? "uidMappings" : "options");
	if (mp->how == HOW_REMOUNT)
		return err_config(e, at, "the ids of a mount cannot be mapped by a remount");
	/* made inside, where nobody has privileges over another user namespace */
	if (mp->how == HOW_FS && ns)
		return err_config(e, at, "in a user namespace only bind mounts can be id-mapped: "
					 "a new file system has the ids of the namespace");
	if (b->f->unprivileged || b->f->trees_inside)
		return err_config(e, at, "mapping the ids of a mount takes privileges over its file system, "
					 "which this user does not have");
	if (!own && !ns)
		return err_config(e, at, "there are no mappings and no user namespace whose mappings could be used");
	struct plan_idmap *map = arena_alloc(b->p->arena, sizeof(*map));
	*map = (struct plan_idmap){ .uid = own ? &m->uid_mappings : &l->uid_mappings,
				    .gid = own ? &m->gid_mappings : &l->gid_mappings,
				    .path = own ? NULL : ns->path,
				    .recursive = mp->idmap_recursive,
				    .origin = at };
	mp->idmap = map;
	return 0;
}

int mount_read_options(struct build *b, size_t i, struct mount_plan *mp, struct err *e)
{
	const struct spec_mount *m = mp->m;
	const char *at = at_member(b, "mounts", i, "options");
	mp->type = m->type;
	if (m->type && strcmp(m->type, "bind") == 0)
		mp->how = HOW_BIND;
	for (size_t k = 0; k < m->options.n; k++) {
		const char *opt = m->options.v[k];
		if (!*opt)
			continue; /* engines send empty options */
		const struct mount_opt *o = spec_mount_opt(opt);
		int r = o ? option_kinds[o->kind](b, mp, o, at, e) : add_fs_data(b, mp, opt, at, e);
		if (r < 0)
			return -1;
	}
	if (check_combination(mp, 0, at, e) < 0 || check_long(mp, at, e) < 0)
		return -1;
	return read_idmap(b, i, mp, e);
}
