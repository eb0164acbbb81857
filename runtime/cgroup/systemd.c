/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The systemd driver: the container's cgroup is that of a transient scope (or slice), made by the system
 * manager, rootless by the user's.
 *
 * create:  connect; start a process that stands in for the container's; start the scope around it, with the
 *          limits as properties; ask the kernel in which cgroup it is now; open that.
 *          Of a scope: make the container's own below it (systemd_inner.c).
 * clone:   the container's first process is cloned into the cgroup like with any driver, then the stand-in
 *          goes. At no time is the scope empty, which would end it.
 * update:  write the files; when the kernel took all of them, tell the manager, and write them once more
 *          over what the manager rounded.
 * destroy: stop the unit; or wait for a manager that cannot be reached to see that the scope is empty. Then remove
 *          the cgroup by hand if it is still there, so that one that is gone does not keep a container from being deleted.
 *          A slice that could not be stopped stays active, and is left for another call.
 *
 * A scope ends with its last process, and systemd then removes its cgroup, perhaps before `delete`.
 * Everything here takes a unit or a cgroup that is gone for what it is: the end of the container.
 */
#include "systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/fd.h"
#include "../lib/log.h"
#include "../lib/rootless.h"

/* ---- resolve ---- */

/* What is wrong with the annotations is found now, before anything is made. */
static int systemd_resolve(struct arena *a, const struct spec_config *c, const char *id, bool rootless,
			   const char **ret_path, struct err *e)
{
	struct cg_unit unit;
	struct cg_properties ignored = { 0 };
	if (cg_unit_resolve(a, c->linux_->cgroups_path, id, rootless, &unit, e) < 0 ||
	    cg_properties_annotations(a, &ignored, &c->annotations, e) < 0)
		return -1;
	*ret_path = unit.path;
	return 0;
}

/* ---- create ---- */

/* Of "docker-ID.scope" without ".scope". The mark tells a unit of ours from another one that has its name. */
static const char *unit_description(struct arena *a, const char *unit, const char *mark)
{
	return arena_printf(a, "berth container %.*s, created %s", (int)(strlen(unit) - strlen(".scope")), unit,
			    mark ? mark : "");
}

/* An annotation may give another one: then the mark follows it. */
static void keep_description(struct arena *a, struct cg_properties *p, const char *ours)
{
	for (size_t i = 0; i < p->n; i++) {
		struct cg_property *one = &p->v[i];
		if (strcmp(one->name, "Description") == 0 && strcmp(one->value.type, "s") == 0 && strcmp(one->value.s, ours) != 0)
			one->value.s = arena_printf(a, "%s (%s)", one->value.s, ours);
	}
}

static int unit_properties(struct arena *a, const struct cg_unit *unit, const char *mark,
			   const struct spec_config *c, struct cg_properties *p, struct err *e)
{
	const char *ours = unit_description(a, unit->name, mark);
	cg_properties_base(a, p, unit, ours);
	if (!c)
		return 0;
	if (c->linux_->resources) {
		struct cg_writes w = { 0 };
		if (cg_writes_build(a, c->linux_->resources, "linux.resources", &w, e) < 0)
			return -1;
		cg_properties_limits(a, p, &w, "");
	}
	/* last: what was asked for by name wins */
	if (cg_properties_annotations(a, p, &c->annotations, e) < 0)
		return -1;
	keep_description(a, p, ours);
	return 0;
}

/* Where the unit's cgroup is. The kernel knows, when there is a process in it. */
static const char *unit_cgroup(struct arena *a, struct cg_bus *b, const struct cg_unit *unit, pid_t holder,
			       struct err *e)
{
	if (holder <= 0) {
		const char *base = cg_bus_manager_cgroup(a, b, e);
		return base ? arena_printf(a, "%s%s", base, unit->path) : NULL;
	}
	const char *path = cg_hold_path(a, holder, e);
	const char *slash = path ? strrchr(path, '/') : NULL;
	if (!path || (slash && strcmp(slash + 1, unit->name) == 0))
		return path;
	err_set(e, 0, "systemd put a process of unit \"%s\" into cgroup \"%s\"", unit->name, path);
	return NULL;
}

static int open_cgroup(struct arena *a, const char *path, struct cgroup_ref *ref, int *ret_fd, struct err *e)
{
	if (cg_path_check(path, e) < 0)
		return -1;
	int root = cg_root(a, e);
	if (root < 0)
		return -1;
	CLEANUP_FD int fd = cg_open_below(root, path + 1, O_RDONLY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "open cgroup \"%s\" of unit \"%s\"", path, ref->scope);
	if (cg_check_frozen(fd, path, false, e) < 0)
		return -1;
	ref->path = path;
	ref->inode = st.st_ino;
	ref->made = path[cg_outer_len(path)] ? 2 : 1; /* the slices above are the manager's */
	*ret_fd = take_fd(&fd);
	return 0;
}

static int systemd_create(struct arena *a, const char *path, const struct spec_config *c, struct cgroup_ref *ref,
			  int *ret_fd, struct err *e)
{
	struct cg_unit unit;
	struct cg_properties p = { 0 };
	CLEANUP_BUS struct cg_bus b = CG_BUS_INIT;
	if (cg_unit_from_path(a, path, &unit, e) < 0 || unit_properties(a, &unit, ref->mark, c, &p, e) < 0 ||
	    cg_bus_open(&b, is_rootless(), e) < 0)
		return -1;
	/* a slice lives without processes */
	pid_t holder = unit.is_slice ? 0 : cg_hold_start(e);
	if (holder < 0)
		return -1;
	struct cgroup_ref r = { .driver = CGROUP_SYSTEMD, .path = "", .scope = unit.name, .mark = ref->mark };
	r.holder = (struct cgroup_holder){ .pid = holder };
	enum cg_left left;
	if (cg_bus_start(&b, unit.name, &p, holder, &left, e) < 0) {
		cg_hold_end(holder);
		/* then undo asks whether there is a unit of ours; by its name one is stopped only when its job was ours */
		ref->intended = left == CG_LEFT_UNKNOWN || (left == CG_LEFT_JOB && cg_bus_cancel(&b, unit.name) < 0);
		return -1;
	}
	const char *made = unit_cgroup(a, &b, &unit, holder, e);
	if (made && !unit.is_slice)
		made = cg_inner_make(a, made, holder, e);
	if (!made || open_cgroup(a, made, &r, ret_fd, e) < 0) {
		struct err ignored = { 0 };
		cg_hold_end(holder);
		/* then it is to be stopped as that of a create that was killed */
		ref->intended = cg_bus_stop(&b, unit.name, &ignored) < 0;
		return -1;
	}
	*ref = r;
	return 0;
}

/* ---- clone ---- */

/* May we clone into a cgroup there? The kernel asks for the right to write to cgroup.procs of the deepest
 * cgroup that it has in common with ours. */
static bool may_clone_into(int root, const char *own, const char *path)
{
	char file[PATH_MAX];
	size_t common = 0;
	for (size_t i = 0;; i++) {
		bool end_own = !own[i] || own[i] == '/', end_path = !path[i] || path[i] == '/';
		if (end_own && end_path)
			common = i;
		if (own[i] != path[i] || !own[i])
			break;
	}
	int n = snprintf(file, sizeof(file), ".%.*s/cgroup.procs", (int)common, path);
	return n > 0 && n < (int)sizeof(file) && faccessat(root, file, W_OK, AT_EACCESS) == 0;
}

/* A login session's cgroup is not in the part that is delegated to the user's manager. So we have ourselves
 * moved there, into a scope of our own that ends with us. */
static int enter_user_part(const struct cgroup_ref *ref, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	const char *own = cg_path_of(&a, "/proc/self/cgroup", e);
	int root = own ? cg_root(&a, e) : -1;
	if (root < 0)
		return -1;
	if (may_clone_into(root, own, ref->path))
		return 0;
	CLEANUP_BUS struct cg_bus b = CG_BUS_INIT;
	struct cg_properties p = { 0 };
	const char *unit = arena_printf(&a, "berth-%d.scope", (int)getpid());
	cg_property_str(&a, &p, "Description", "berth, starting a container");
	cg_property_str(&a, &p, "Slice", "user.slice");
	cg_property_str(&a, &p, "CollectMode", "inactive-or-failed");
	enum cg_left ignored; /* it ends with us */
	if (cg_bus_open(&b, true, e) < 0 || cg_bus_start(&b, unit, &p, getpid(), &ignored, e) < 0)
		return err_add(e, "move berth from cgroup \"%s\" to the part of the user manager", own);
	return 0;
}

static int systemd_clone_begin(struct cgroup_ref *ref, int cgfd, struct err *e)
{
	(void)cgfd;
	return is_rootless() ? enter_user_part(ref, e) : 0;
}

static int systemd_clone_end(struct cgroup_ref *ref, int cgfd, struct err *e)
{
	(void)cgfd;
	if (cg_hold_end(ref->holder.pid) < 0)
		return err_set(e, errno, "end the process that held the scope");
	ref->holder = (struct cgroup_holder){ 0 };
	return 0;
}

/* ---- update ---- */

struct update {
	const char *unit;
	struct cg_properties p;
};

static int tell_manager(void *ctx, struct err *e)
{
	struct update *u = ctx;
	CLEANUP_BUS struct cg_bus b = CG_BUS_INIT;
	if (!u->p.n)
		return 0;
	return cg_bus_open(&b, is_rootless(), e) < 0 ? -1 : cg_bus_set(&b, u->unit, &u->p, e);
}

static int systemd_update(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	struct update u = { .unit = ref->scope };
	struct cg_writes w = { 0 };
	char cpu_max[64];
	if (cg_writes_build(&a, res, "", &w, e) < 0)
		return -1;
	if (fd_read_small(cgfd, "cpu.max", cpu_max, sizeof(cpu_max)) < 0)
		cpu_max[0] = '\0';
	cg_properties_limits(&a, &u.p, &w, cpu_max);
	return cg_apply(ref, cgfd, res, "", tell_manager, &u, e);
}

/* ---- destroy ---- */

/* Our cgroup is there. Without it the unit of that name may be another one, made after ours had ended. */
static bool cgroup_is_there(const struct cgroup_ref *ref)
{
	struct err ignored = { 0 };
	CLEANUP_FD int fd = cgroup_open(ref, &ignored);
	return fd >= 0;
}

/* The record of a create that was killed has the path but not the unit, which is in it. */
static const char *unit_of(struct arena *a, const struct cgroup_ref *ref)
{
	if (ref->scope && *ref->scope)
		return ref->scope;
	const char *path = arena_strndup(a, ref->path, cg_outer_len(ref->path)), *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static int stop_once(const struct cgroup_ref *ref, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	CLEANUP_BUS struct cg_bus b = CG_BUS_INIT;
	const char *unit = unit_of(&a, ref);
	if (cg_bus_open(&b, is_rootless(), e) < 0)
		return -1;
	if (!cgroup_is_there(ref)) {
		int ours = cg_bus_has_description(&b, unit, unit_description(&a, unit, ref->mark), e);
		if (ours <= 0)
			return ours;
	}
	return cg_bus_stop(&b, unit, e);
}

/* Nobody else would stop the unit. So a call that was not answered in time is one thing; after any other failure, such as a
 * message that was not sent for want of memory, the same is asked once more, on another connection. */
static int stop_unit(const struct cgroup_ref *ref, struct err *e)
{
	if (stop_once(ref, e) == 0)
		return 0;
	if (e->eno == ETIMEDOUT)
		return -1;
	err_clear(e);
	return stop_once(ref, e);
}

/* Only systemd can end it: it lives without processes. A path of a slice ends with the name of the unit. */
static bool is_slice(const struct cgroup_ref *ref)
{
	return cg_unit_is_slice(ref->path);
}

static int left_for_another(const struct cgroup_ref *ref, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	return err_add(e, "unit \"%s\" is left for another delete", unit_of(&a, ref));
}

/* Of a create that was killed only the path that the system manager gives the unit is known; where a user's manager has its
 * units it alone can tell. What cannot be looked at may be there. */
static bool leftover_is_there(const struct cgroup_ref *ref)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	struct err ignored = { 0 };
	int root = is_rootless() || cg_path_check(ref->path, &ignored) < 0 ? -1 : cg_root(&a, &ignored);
	if (root < 0)
		return true;
	CLEANUP_FD int fd = cg_open_dir(root, ref->path + 1, cg_outer_len(ref->path) - 1);
	return fd >= 0 || errno != ENOENT;
}

/* The manager could not be asked, but it may live, and then it ends a scope that it finds empty and removes the cgroup. */
static bool wait_until_gone(bool (*is_there)(const struct cgroup_ref *ref), const struct cgroup_ref *ref)
{
	for (int64_t end = monotonic_ms() + 1000; is_there(ref); nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000000 }, NULL))
		if (monotonic_ms() >= end)
			return false;
	return true;
}

/* A create was killed after it had asked for the unit. The process that held a scope died with it, but systemd
 * may have seen it alive no more and wait for the end of a process that never was in the scope; a slice
 * lives without processes. Nothing is removed by hand: whose the cgroup is only the unit's description tells. */
static int systemd_remove_leftover(const struct cgroup_ref *ref, struct err *e)
{
	if (stop_unit(ref, e) == 0)
		return 0;
	if (is_slice(ref) || is_rootless() ? leftover_is_there(ref) : !wait_until_gone(leftover_is_there, ref))
		return left_for_another(ref, e);
	log_warn("%s", e->text);
	err_clear(e);
	return 0;
}

/* A scope whose cgroup the manager does not find stays active for ever, and its name taken. So it gets the time to be first. */
static void let_scope_end(const struct cgroup_ref *ref)
{
	struct err ignored = { 0 };
	CLEANUP_FD int fd = ref->path[cg_outer_len(ref->path)] ? cgroup_open(ref, &ignored) : -1;
	if (fd >= 0 && cgroup_kill(fd, SIGKILL, &ignored) == 0)
		wait_until_gone(cgroup_is_there, ref);
}

static int systemd_destroy(const struct cgroup_ref *ref, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	struct err *failed = arena_alloc(&a, sizeof(*failed)); /* too large for a stack frame of its own */
	cg_hold_end(ref->holder.pid);
	int r = stop_unit(ref, failed);
	if (r < 0)
		let_scope_end(ref);
	if (cgroupfs_ops.destroy(ref, e) < 0)
		return r < 0 ? err_add(e, "%s", failed->text) : -1;
	if (r < 0 && is_slice(ref)) {
		*e = *failed;
		return left_for_another(ref, e);
	}
	/* the unit is empty and its cgroup gone, which the manager will notice */
	if (r < 0)
		log_warn("%s", failed->text);
	return 0;
}

const struct cgroup_driver_ops systemd_ops = {
	.resolve = systemd_resolve,
	.create = systemd_create,
	.clone_begin = systemd_clone_begin,
	.clone_end = systemd_clone_end,
	.update = systemd_update,
	.destroy = systemd_destroy,
	.remove_leftover = systemd_remove_leftover,
};
