/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroupfs driver: make, find and remove a container's cgroup by hand.
 *
 * create:  open the deepest parent that exists, make the missing levels below it, open the last one,
 *          remember its inode number and how many levels are ours; enable all controllers.
 * open:    walk to the path and compare the inode number. What has another number is somebody else's.
 * destroy: the same comparison; then remove. First just rmdir(2), which is all that is needed when
 *          the processes are gone; only when that fails wait and look for cgroups below. Then the levels above that
 *          are empty: those that were made for this container, and those that were made for another one, which
 *          found them in use when it was removed. These have a mark (claim.c). A create that meets that walks anew.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/fd.h"

enum { ATTEMPTS = 1000, DESTROY_TIMEOUT_MS = 10 * 1000 };

/* Where a walk stands: rel is the path without its first '/', `dir` is rel[0..len). Of the levels that
 * end there, `made` are ours. When a level in the middle exists already (somebody makes the same one at
 * this moment) the count starts anew, and those before it are `above`, for the clean-up alone. */
struct walk {
	int root, dir;
	const char *rel;
	size_t len, above_len;
	unsigned made, above;
};

/* The root is as good as a copy of it. */
static void leave_dir(struct walk *w)
{
	if (w->dir == w->root)
		w->dir = -1;
	fd_close(&w->dir);
}

static int walk_open(const struct walk *w, size_t len)
{
	return len ? cg_open_dir(w->root, w->rel, len) : w->root;
}
#define CLEANUP_WALK __attribute__((cleanup(leave_dir)))

int cg_open_dir(int root, const char *rel, size_t len)
{
	char buf[PATH_MAX];
	if (len == 0)
		return fd_dup(root);
	memcpy(buf, rel, len);
	buf[len] = '\0';
	return cg_open_below(root, buf, O_PATH);
}

size_t cg_parent_len(const char *rel, size_t len)
{
	while (len > 0 && rel[len - 1] != '/')
		len--;
	return len ? len - 1 : 0;
}

static const char *part_at(const char *rel, size_t len)
{
	size_t up = cg_parent_len(rel, len);
	return up ? rel + up + 1 : rel;
}

/* A level that somebody uses by now, or that was given to somebody. */
static bool is_of_others(int eno)
{
	return eno == EBUSY || eno == ENOTEMPTY || eno == EACCES || eno == EPERM;
}

/* 1: gone, by us or somebody else; 0: it stays; -1 with errno. */
static int remove_level(int root, const char *rel, size_t len)
{
	char name[NAME_MAX + 1];
	const char *part = part_at(rel, len);
	size_t n = len - (size_t)(part - rel);
	memcpy(name, part, n);
	name[n] = '\0';
	CLEANUP_FD int dir = cg_open_dir(root, rel, cg_parent_len(rel, len));
	if ((dir < 0 || unlinkat(dir, name, AT_REMOVEDIR) < 0) && errno != ENOENT)
		return is_of_others(errno) ? 0 : -1;
	return 1;
}

/* One that is gone is nobody's, and does not end the way up. */
static int has_mark(int root, const char *rel, size_t len)
{
	CLEANUP_FD int dir = cg_open_dir(root, rel, len);
	if (dir < 0)
		return errno == ENOENT ? 1 : is_of_others(errno) ? 0 : -1;
	return cg_level_is_ours(dir);
}

int cg_remove_levels(int root, const char *rel, size_t len, unsigned levels)
{
	int r = 1;
	for (; len > 0 && r > 0; len = cg_parent_len(rel, len)) {
		if (levels > 0)
			levels--;
		else
			r = has_mark(root, rel, len);
		if (r > 0)
			r = remove_level(root, rel, len);
	}
	return r < 0 ? -1 : 0;
}

static void undo_walk(struct walk *w)
{
	leave_dir(w); /* perhaps there is no other one to be had */
	if (w->made)
		cg_remove_levels(w->root, w->rel, w->len, w->made);
	if (w->above)
		cg_remove_levels(w->root, w->rel, w->above_len, w->above);
}

/* Make the next level below w->dir and open it with `flags`. *again: the directory vanished under us,
 * because the last container in it was just deleted; the walk starts anew. */
static int make_level(struct walk *w, int flags, int *ret_fd, bool *again, struct err *e)
{
	char name[NAME_MAX + 1];
	const char *part = w->rel + (w->len ? w->len + 1 : 0);
	size_t n = strcspn(part, "/");
	memcpy(name, part, n);
	name[n] = '\0';
	if (mkdirat(w->dir, name, 0755) == 0) {
		w->made++;
	} else if (errno == EEXIST) {
		w->above_len = w->len;
		w->above = w->made;
		w->made = 0;
	} else {
		*again = errno == ENOENT || errno == ENODEV;
		return err_set(e, errno, "create cgroup \"/%s\"", w->rel);
	}
	w->len = (size_t)(part - w->rel) + n;
	*ret_fd = cg_open_below(w->dir, name, flags);
	if (*ret_fd >= 0)
		return 0;
	*again = errno == ENOENT || errno == ENODEV;
	return err_set(e, errno, "open cgroup \"/%s\"", w->rel);
}

/* A process that is born in a frozen cgroup never runs, and we would wait for it. A new cgroup is frozen when one
 * above it is. */
int cg_check_frozen(int cgfd, const char *path, bool existed, struct err *e)
{
	int frozen = cg_event_read(cgfd, CG_FROZEN);
	if (frozen < 0)
		return err_set(e, errno, "read cgroup.events of \"%s\"", path);
	if (!frozen)
		return 0;
	return existed ? err_set(e, EBUSY, "cgroup \"%s\" exists and is frozen", path) :
			 err_set(e, EBUSY, "cgroup \"%s\" is below a cgroup that is frozen", path);
}

/* A cgroup that was there before must be fit for a container: nobody else in it (all that we do to the
 * container later would be done to them), not frozen, no controllers handed to children (then the kernel lets
 * no process in). */
static int check_existing(int cgfd, const char *rel, struct err *e)
{
	char buf[512];
	int populated = cg_event_read(cgfd, CG_POPULATED);
	if (populated < 0)
		return err_set(e, errno, "read cgroup.events of \"/%s\"", rel);
	if (populated)
		return err_set(e, EBUSY, "cgroup \"/%s\" exists and is not empty", rel);
	if (fd_read_small(cgfd, "cgroup.subtree_control", buf, sizeof(buf)) > 0)
		return err_set(e, EBUSY,
			       "cgroup \"/%s\" exists and enables controllers (%s) for cgroups below it", rel,
			       buf);
	return 0;
}

/* One attempt. *ret_fd: the cgroup. */
static int make_all(struct walk *w, int *ret_fd, bool *again, struct err *e)
{
	size_t end = cg_parent_len(w->rel, strlen(w->rel));
	w->made = w->above = 0;
	w->len = end;
	while ((w->dir = walk_open(w, w->len)) < 0 && errno == ENOENT && w->len > 0)
		w->len = cg_parent_len(w->rel, w->len);
	if (w->dir < 0)
		return err_set(e, errno, "open cgroup \"/%.*s\"", (int)w->len, w->rel);
	while (w->len < end) {
		int next = -1;
		if (make_level(w, O_PATH, &next, again, e) < 0)
			return -1;
		leave_dir(w);
		w->dir = next;
		if (w->made && cg_level_mark(next) < 0)
			return err_set(e, errno, "mark cgroup \"/%.*s\" as made by berth", (int)w->len, w->rel);
	}
	CLEANUP_FD int fd = -1;
	if (make_level(w, O_RDONLY, &fd, again, e) < 0)
		return -1;
	if ((w->made == 0 && check_existing(fd, w->rel, e) < 0) ||
	    cg_check_frozen(fd, w->rel - 1, w->made == 0, e) < 0)
		return -1;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* It is this container's from here on. */
static int take_over(struct arena *a, const char *path, int fd, unsigned made, struct cgroup_ref *ref, struct err *e)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat cgroup \"%s\"", path);
	struct cgroup_ref own = { .driver = CGROUP_CGROUPFS, .path = arena_strdup(a, path), .scope = "", .mark = ref->mark,
				  .inode = st.st_ino, .made = made, .fresh = made > 0 };
	if (cg_claim(fd, &own, e) < 0)
		return -1;
	*ref = own;
	return 0;
}

static int cgroupfs_create(struct arena *a, const char *path, const struct spec_config *c,
			   struct cgroup_ref *ref, int *ret_fd, struct err *e)
{
	(void)c;
	if (cg_path_check(path, e) < 0)
		return -1;
	CLEANUP_WALK struct walk w = { .root = -1, .dir = -1, .rel = path + 1 };
	w.root = cg_root(a, e);
	if (w.root < 0)
		return -1;
	CLEANUP_FD int fd = -1;
	for (int i = 0;; i++) {
		bool again = false;
		if (make_all(&w, &fd, &again, e) == 0)
			break;
		undo_walk(&w);
		if (!again || i == ATTEMPTS)
			return -1;
		err_clear(e);
	}
	if (take_over(a, path, fd, w.made, ref, e) < 0) {
		undo_walk(&w);
		return -1;
	}
	cg_controllers_offer(w.root, w.rel, fd);
	*ret_fd = take_fd(&fd);
	return 0;
}

int cgroup_clone_failed(const struct cgroup_ref *ref, int cgfd, struct err *e)
{
	char type[64];
	if (e->eno != EOPNOTSUPP || cgfd < 0 || fd_read_small(cgfd, "cgroup.type", type, sizeof(type)) < 0 ||
	    strcmp(type, "domain") == 0)
		return -1;
	err_clear(e);
	return err_set(e, EOPNOTSUPP, "cgroup \"%s\" is in a threaded part of the hierarchy (its cgroup.type is \"%s\")",
		       ref->path, type);
}

int cgroup_open(const struct cgroup_ref *ref, struct err *e)
{
	if (!ref->inode || !*ref->path) {
		e->eno = ENOENT;
		return -1;
	}
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	if (cg_path_check(ref->path, e) < 0)
		return -1;
	int root = cg_root(&a, e);
	if (root < 0)
		return -1;
	CLEANUP_FD int fd = cg_open_below(root, ref->path + 1, O_RDONLY);
	struct stat st;
	if (fd < 0 && errno != ENOENT)
		return err_set(e, errno, "open cgroup \"%s\"", ref->path);
	if (fd >= 0 && fstat(fd, &st) < 0)
		return err_set(e, errno, "stat cgroup \"%s\"", ref->path);
	int others = fd < 0 || st.st_ino != ref->inode ? 1 : cg_claimed_by_another(fd, ref);
	if (others < 0)
		return err_set(e, errno, "find out whose cgroup \"%s\" is", ref->path);
	if (others) {
		/* another inode: ours was removed and somebody made a new one of that name */
		e->eno = ENOENT;
		return -1;
	}
	return take_fd(&fd);
}

/* It is populated, or has cgroups below. What lives in it is killed, if the caller has not; that takes a moment. */
static int remove_busy(int dir, const char *leaf, const struct cgroup_ref *ref)
{
	int64_t deadline = monotonic_ms() + DESTROY_TIMEOUT_MS;
	struct stat st;
	CLEANUP_FD int fd = cg_open_below(dir, leaf, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	int others = st.st_ino != ref->inode ? 1 : cg_claimed_by_another(fd, ref);
	if (others)
		return others < 0 ? -1 : 0; /* for that one to remove */
	struct err ignored = { 0 };
	cgroup_kill(fd, SIGKILL, &ignored);
	CLEANUP_FD int events = openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events < 0)
		return -1;
	if (cg_event_wait(events, CG_POPULATED, 0, deadline) < 0) {
		errno = errno == ETIMEDOUT ? EBUSY : errno;
		return errno == ENODEV ? 0 : -1; /* ENODEV: removed by somebody else */
	}
	if (cg_tree_remove_below(fd, deadline) < 0)
		return -1;
	return unlinkat(dir, leaf, AT_REMOVEDIR) < 0 && errno != ENOENT ? -1 : 0;
}

/* The cgroup existed before: it stays. Our device filter must not stay in it. */
static int release_foreign(const struct cgroup_ref *ref, struct err *e)
{
	CLEANUP_FD int fd = cgroup_open(ref, e);
	if (fd < 0)
		return e->set ? -1 : 0;
	cg_claim_end(fd);
	return cg_device_attach(fd, false, NULL, e);
}

/* The container's own level; w->dir is the one above, or -1 with errno. 1: removed; 0: it was gone already; -1 with *e.
 * *others: another one has its name now, and uses what is above. */
static int remove_own(const struct walk *w, const struct cgroup_ref *ref, bool *others, struct err *e)
{
	const char *leaf = part_at(w->rel, strlen(w->rel));
	struct stat st;
	if (w->dir < 0 || fstatat(w->dir, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_set(e, errno, "find cgroup \"%s\"", ref->path);
	*others = st.st_ino != ref->inode;
	if (*others || unlinkat(w->dir, leaf, AT_REMOVEDIR) == 0 || errno == ENOENT || remove_busy(w->dir, leaf, ref) == 0)
		return 1;
	return err_set(e, errno, "remove cgroup \"%s\"", ref->path);
}

/* `levels` are ours by number. Without any, the next one is open, and mostly has no mark. */
static int remove_above(const struct walk *w, size_t up, unsigned levels)
{
	if (levels == 0 && up > 0 && w->dir >= 0) {
		int r = cg_level_is_ours(w->dir);
		if (r <= 0)
			return r;
		levels = 1;
	}
	return cg_remove_levels(w->root, w->rel, up, levels);
}

/* Of a unit what is ours is its own cgroup, by its name; above are the manager's. */
static int remove_unit(const struct walk *w, size_t len, unsigned levels)
{
	int r = 1;
	for (; levels > 0 && len > 0 && r > 0; levels--, len = cg_parent_len(w->rel, len))
		r = remove_level(w->root, w->rel, len);
	return r < 0 ? -1 : 0;
}

static int cgroupfs_destroy(const struct cgroup_ref *ref, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	if (cg_path_check(ref->path, e) < 0)
		return -1;
	if (!ref->made)
		return release_foreign(ref, e);
	CLEANUP_WALK struct walk w = { .root = -1, .dir = -1, .rel = ref->path + 1 };
	w.root = cg_root(&a, e);
	if (w.root < 0)
		return -1;
	size_t up = cg_parent_len(w.rel, strlen(w.rel));
	bool others = false;
	w.dir = walk_open(&w, up);
	int own = remove_own(&w, ref, &others, e);
	if (own < 0 || others)
		return own < 0 ? -1 : 0;
	/* when ours was gone, those above may be gone and made again by somebody else: only a mark counts */
	if ((ref->driver == CGROUP_SYSTEMD ? remove_unit(&w, up, ref->made - 1) :
					     remove_above(&w, up, own ? ref->made - 1 : 0)) < 0)
		return err_set(e, errno, "remove the cgroups above \"%s\"", ref->path);
	return 0;
}

const struct cgroup_driver_ops cgroupfs_ops = {
	.resolve = cg_path_resolve,
	.create = cgroupfs_create,
	.destroy = cgroupfs_destroy,
	.remove_leftover = cg_remove_leftover,
};
