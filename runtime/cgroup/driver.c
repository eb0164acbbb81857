/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroup drivers: their names, and the calls that differ between them. Everything else acts on the
 * directory fd and is the same for all.
 *
 * To add a driver: fill in a struct cgroup_driver_ops in a file of its own and put it into the table.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

#include "../lib/rootless.h"

static int disabled_resolve(struct arena *a, const struct spec_config *c, const char *id, bool rootless,
			    const char **ret_path, struct err *e)
{
	(void)a;
	(void)c;
	(void)id;
	(void)rootless;
	(void)e;
	*ret_path = "";
	return 0;
}

static int disabled_create(struct arena *a, const char *path, const struct spec_config *c,
			   struct cgroup_ref *ref, int *ret_fd, struct err *e)
{
	(void)c;
	(void)a;
	(void)path;
	(void)e;
	*ref = (struct cgroup_ref){ .driver = CGROUP_DISABLED, .path = "", .scope = "" };
	*ret_fd = -1;
	return 0;
}

static int disabled_destroy(const struct cgroup_ref *ref, struct err *e)
{
	(void)ref;
	(void)e;
	return 0;
}

static const struct cgroup_driver_ops disabled_ops = {
	.resolve = disabled_resolve,
	.create = disabled_create,
	.destroy = disabled_destroy,
};

static const struct {
	const char *name;
	const struct cgroup_driver_ops *ops;
} drivers[] = {
	[CGROUP_CGROUPFS] = { "cgroupfs", &cgroupfs_ops },
	[CGROUP_SYSTEMD] = { "systemd", &systemd_ops },
	[CGROUP_DISABLED] = { "disabled", &disabled_ops },
};
enum { DRIVERS = sizeof(drivers) / sizeof(*drivers) };

const char *cgroup_driver_name(enum cgroup_driver d)
{
	return (unsigned)d < DRIVERS ? drivers[d].name : "unknown";
}

int cgroup_driver_parse(const char *s, enum cgroup_driver *ret)
{
	for (unsigned i = 0; i < DRIVERS; i++) {
		if (strcmp(s, drivers[i].name) == 0) {
			*ret = (enum cgroup_driver)i;
			return 0;
		}
	}
	return -1;
}

static const struct cgroup_driver_ops *driver_ops(enum cgroup_driver d, struct err *e)
{
	if ((unsigned)d < DRIVERS)
		return drivers[d].ops;
	err_set(e, 0, "unknown cgroup driver");
	return NULL;
}

int cgroup_resolve_path(struct arena *a, const struct spec_config *c, const char *id, enum cgroup_driver d,
			bool rootless, const char **ret_path, struct err *e)
{
	const struct cgroup_driver_ops *ops = driver_ops(d, e);
	return ops ? ops->resolve(a, c, id, rootless, ret_path, e) : -1;
}

/* An unprivileged user need not have been given a place for cgroups. A container that asks for none does without;
 * what it does ask for is named. `limit`: a member of the config that needs one, or NULL. */
static int do_without(const struct spec_config *c, const char *limit, struct cgroup_ref *ref, int *ret_fd,
		      struct err *e)
{
	const char *asked = c->linux_->cgroups_path;
	if (e->eno != EACCES && e->eno != EPERM && e->eno != EROFS)
		return -1;
	if (asked && *asked) /* a place of the caller's choice must be had */
		return err_add(e, "linux.cgroupsPath");
	if (limit)
		return err_add(e, "%s: needs a cgroup, and none is delegated to this user", limit);
	err_clear(e);
	return disabled_create(NULL, "", c, ref, ret_fd, e);
}

int cgroup_create(struct arena *a, enum cgroup_driver d, const char *path, const struct spec_config *c,
		  struct cgroup_ref *ref, int *ret_fd, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena scratch = { 0 };
	const struct spec_resources *res = c ? c->linux_->resources : NULL;
	const struct cgroup_driver_ops *ops = driver_ops(d, e);
	struct cg_writes w = { 0 };
	if (!ops)
		return -1;
	/* limits that cannot be expressed are refused before anything is made */
	if (res && cg_writes_build(&scratch, res, "linux.resources", &w, e) < 0)
		return -1;
	if (d == CGROUP_DISABLED && w.n)
		return err_config(e, w.v[0].prop, "cannot be applied with --cgroup-manager disabled");
	if (ops->create(a, path, c, ref, ret_fd, e) == 0)
		return 0;
	if (d != CGROUP_CGROUPFS || !c || !is_rootless())
		return -1;
	return do_without(c, w.n ? w.v[0].prop : NULL, ref, ret_fd, e);
}

int cgroup_clone_begin(struct cgroup_ref *ref, int cgfd, struct err *e)
{
	const struct cgroup_driver_ops *ops = driver_ops(ref->driver, e);
	if (!ops)
		return -1;
	return ops->clone_begin ? ops->clone_begin(ref, cgfd, e) : 0;
}

int cgroup_clone_end(struct cgroup_ref *ref, int cgfd, struct err *e)
{
	const struct cgroup_driver_ops *ops = driver_ops(ref->driver, e);
	if (!ops)
		return -1;
	return ops->clone_end ? ops->clone_end(ref, cgfd, e) : 0;
}

int cgroup_update(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res, struct err *e)
{
	const struct cgroup_driver_ops *ops = driver_ops(ref->driver, e);
	if (!ops)
		return -1;
	return ops->update ? ops->update(ref, cgfd, res, e) : cgroup_apply(ref, cgfd, res, "", e);
}

int cgroup_remove_leftover(const struct cgroup_ref *ref, struct err *e)
{
	struct err ignored = { 0 };
	const struct cgroup_driver_ops *ops = driver_ops(ref->driver, &ignored);
	if (!ops || !ops->remove_leftover || ref->inode || !ref->path || !*ref->path)
		return 0;
	return ops->remove_leftover(ref, e);
}

int cgroup_destroy(const struct cgroup_ref *ref, struct err *e)
{
	if (!ref->inode || !*ref->path)
		return 0;
	const struct cgroup_driver_ops *ops = driver_ops(ref->driver, e);
	return ops ? ops->destroy(ref, e) : -1;
}
