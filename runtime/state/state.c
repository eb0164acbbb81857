/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state root and the container folders in it: finding, making, locking, listing, removing.
 *
 * Everything below the root is reached through directory fds with O_NOFOLLOW and single names that
 * state_check_id() accepted, so no path is walked twice and no link is followed. The lock of a
 * container is flock(2) on its folder: it goes away with the process that holds it, however that ends.
 * A folder can be removed by the holder of the lock while others wait for it, so whoever gets the lock
 * looks whether the name still leads to the folder it locked.
 */
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/rootless.h"

/* /proc/sys/kernel/overflowuid, as it is everywhere */
enum { OVERFLOW_UID = 65534 };

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

void state_dir_close(struct state_dir *d)
{
	fd_close(&d->fd); /* gives the lock back */
	fd_close(&d->root_fd);
	d->locked = false;
}

const char *state_root_default(struct arena *a, struct err *e)
{
	/* root of a user namespace (rootless podman) has its own XDG_RUNTIME_DIR, real root often an empty
	 * or a foreign one: engines do not pass the same environment on each call */
	if (!is_rootless())
		return "/run/berth";
	const char *dir = getenv("XDG_RUNTIME_DIR");
	if (!dir || dir[0] != '/') {
		err_set(e, 0, "XDG_RUNTIME_DIR is not set to an absolute path, and there is no --root: "
			      "where should the state of containers be kept?");
		return NULL;
	}
	return arena_printf(a, "%s/berth", dir);
}

/* Root, or us. In a user namespace ids of the host that it does not map, root's among them, appear as one. */
static bool is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid() || (is_rootless() && uid == OVERFLOW_UID);
}

/* Only root and we can put another thing in the place of what lies in this folder; in one that all may write to, the
 * sticky bit sees to it that nobody takes away what belongs to us. */
static int check_parent(const char *path, struct err *e)
{
	struct stat link, st;

	if (lstat(path, &link) < 0 || stat(path, &st) < 0)
		return err_set(e, errno, "make state root: stat \"%s\"", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "make state root: \"%s\"", path);
	if (!is_trusted(link.st_uid) || !is_trusted(st.st_uid))
		return err_set(e, 0, "state root: the folder \"%s\" above it belongs to user %u, who could replace it", path,
			       (unsigned)(is_trusted(st.st_uid) ? link.st_uid : st.st_uid));
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
		return err_set(e, 0, "state root: the folder \"%s\" above it is writable by others (mode %04o), who could replace it",
			       path, (unsigned)(st.st_mode & 07777));
	return 0;
}

/* mkdir -p; the last folder is private, those above it may be passed through. Each is looked at before anything is made
 * in it, whether it was there or not: then nobody else has a hand in what comes below. */
static int make_path(char *path, struct err *e)
{
	if (check_parent(path[0] == '/' ? "/" : ".", e) < 0)
		return -1;
	for (char *s = path + 1; *s; s++) {
		if (*s != '/' || s[-1] == '/')
			continue;
		*s = '\0';
		int r = mkdir(path, 0711);
		int eno = errno;
		bool made = r == 0 || eno == EEXIST || eno == EROFS || eno == EACCES;
		int good = made ? check_parent(path, e) : err_set(e, eno, "make state root \"%s\"", path);
		*s = '/';
		if (good < 0)
			return -1;
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "make state root \"%s\"", path);
	return 0;
}

/* Whoever can write here can have us kill processes and run hooks of their choice. */
static int check_root(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat state root \"%s\"", path);
	if (st.st_uid != own_euid())
		return err_set(e, 0, "state root \"%s\" belongs to user %u, not to us", path,
			       (unsigned)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, 0, "state root \"%s\" is writable by others (mode %04o)", path,
			       (unsigned)(st.st_mode & 07777));
	return 0;
}

static int open_root(char *path, bool make, struct err *e)
{
	/* O_NOFOLLOW does not hold for the last part of a path that ends in a slash */
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	CLEANUP_FD int fd = openat(AT_FDCWD, path, DIR_FLAGS);
	if (fd < 0 && errno == ENOENT && make) {
		if (make_path(path, e) < 0)
			return -1;
		fd = openat(AT_FDCWD, path, DIR_FLAGS);
	}
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ?
			       err_set(e, 0, "state root \"%s\" is not a directory", path) :
			       err_set(e, errno, "open state root \"%s\"", path);
	return check_root(fd, path, e) < 0 ? -1 : take_fd(&fd);
}

int state_root_open(const char *root_option, bool make, struct err *e)
{
	struct arena a = { 0 };
	const char *root = root_option ? root_option : state_root_default(&a, e);
	int fd = -1;

	if (root && !*root)
		err_set(e, 0, "the state root is an empty string");
	else if (root)
		fd = open_root(arena_strdup(&a, root), make, e);
	arena_free(&a);
	return fd;
}

int state_check_id(const char *id, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-";
	size_t len = strlen(id);

	if (len == 0)
		return err_set(e, 0, "the container id is an empty string");
	if (len > NAME_MAX)
		return err_set(e, 0, "container id is longer than %d characters", NAME_MAX);
	if (id[0] == '.' || id[0] == '-')
		return err_set(e, 0, "container id \"%s\" starts with \"%c\"", id, id[0]);
	if (strspn(id, allowed) != len)
		return err_set(e, 0, "container id \"%s\" has characters other than letters, digits and _+.-",
			       id);
	return 0;
}

static int unknown_id(const char *id, struct err *e)
{
	err_set(e, 0, "container \"%s\" does not exist", id);
	e->eno = ENOENT;
	return -1;
}

/* Does the name still lead to the folder that is open? 1, 0, or -1 with errno. A folder in which something is has not been
 * removed, and nobody renames them. */
static int still_there(const struct state_dir *d)
{
	struct stat named, opened;

	if (faccessat(d->fd, "config.json", F_OK, 0) == 0)
		return 1;
	if (fstatat(d->root_fd, d->id, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(d->fd, &opened) < 0)
		return -1;
	return named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

static int lock(struct state_dir *d)
{
	int r;

	do
		r = flock(d->fd, LOCK_EX);
	while (r < 0 && errno == EINTR);
	return r;
}

/* Open the folder and, with want_lock, lock it: 0, or -1 with errno (ENOENT: there is none). */
static int enter(struct state_dir *d, bool want_lock)
{
	for (;;) {
		fd_close(&d->fd);
		d->fd = openat(d->root_fd, d->id, DIR_FLAGS);
		if (d->fd < 0)
			return -1;
		if (!want_lock)
			return 0;
		if (lock(d) < 0)
			return -1;
		int there = still_there(d);
		if (there < 0)
			return -1;
		if (there) {
			d->locked = true;
			return 0;
		}
		/* removed while we waited, and perhaps made again: look once more */
	}
}

int state_dir_open(struct state_dir *d, const char *root_option, const char *id, bool want_lock,
		   struct err *e)
{
	if (state_check_id(id, e) < 0)
		return -1;
	memcpy(d->id, id, strlen(id) + 1);
	d->root_fd = state_root_open(root_option, false, e);
	if (d->root_fd < 0) {
		if (e->eno != ENOENT)
			return -1;
		err_clear(e);
		return unknown_id(id, e);
	}
	if (enter(d, want_lock) == 0)
		return 0;
	int eno = errno;
	state_dir_close(d);
	return eno == ENOENT ? unknown_id(id, e) : err_set(e, eno, "open the state of container \"%s\"", id);
}

void state_dir_unlock(struct state_dir *d)
{
	flock(d->fd, LOCK_UN);
	d->locked = false;
}

int state_dir_lock(struct state_dir *d, struct err *e)
{
	if (lock(d) < 0)
		return err_set(e, errno, "lock the state of container \"%s\"", d->id);
	d->locked = true;
	if (!state_dir_gone(d))
		return 0;
	state_dir_unlock(d);
	return unknown_id(d->id, e);
}

int state_dir_gone(const struct state_dir *d)
{
	return still_there(d) == 0;
}

static int exists_already(const char *id, struct err *e)
{
	err_clear(e);
	err_set(e, 0, "container with id \"%s\" already exists", id);
	e->eno = EEXIST;
	return -1;
}

/* The first file is made as soon as the lock is held: a folder that a `delete --force` has taken before that takes none any
 * more, and one that another create has made in its place has one. 1: the id is free again; -1: *e. What is open then is
 * ours. */
static int fill(struct state_dir *d, const char *json, size_t len, struct err *e)
{
	d->fd = openat(d->root_fd, d->id, DIR_FLAGS);
	if (d->fd < 0 || lock(d) < 0) {
		int eno = errno;
		fd_close(&d->fd);
		return eno == ENOENT ? 1 : err_set(e, eno, "lock the state of container \"%s\"", d->id);
	}
	d->locked = true;
	if (fd_write_new(d->fd, "config.json", json, len, e) == 0)
		return 0;
	if (e->eno != ENOENT && e->eno != EEXIST)
		return -1;
	bool taken = e->eno == EEXIST;
	fd_close(&d->fd);
	d->locked = false;
	err_clear(e);
	return taken ? exists_already(d->id, e) : 1;
}

int state_dir_create(struct state_dir *d, const char *root_option, const char *id, const char *json, size_t len,
		     struct err *e)
{
	int r = 1;
	if (state_check_id(id, e) < 0)
		return -1;
	memcpy(d->id, id, strlen(id) + 1);
	d->root_fd = state_root_open(root_option, true, e);
	if (d->root_fd < 0)
		return -1;
	while (r > 0) {
		if (mkdirat(d->root_fd, id, 0700) < 0) {
			int eno = errno;
			state_dir_close(d);
			if (eno != EEXIST)
				return err_set(e, eno, "make the state of container \"%s\"", id);
			return exists_already(id, e);
		}
		r = fill(d, json, len, e);
	}
	if (r == 0)
		return 0;
	if (d->fd >= 0)
		unlinkat(d->fd, "config.json", 0);
	unlinkat(d->root_fd, d->id, AT_REMOVEDIR);
	state_dir_close(d);
	return -1;
}

/* Whatever a killed command left: temporary files, sockets. */
static int remove_others(int dirfd)
{
	int copy = openat(dirfd, ".", DIR_FLAGS);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (!dir) {
		fd_close(&copy);
		return -1;
	}
	int eno, kept = 0;
	for (struct dirent *ent; (ent = dir_next(dir, &eno));) {
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		/* no recursion: nothing of ours is a folder with content, so such a one is kept and told */
		if (unlinkat(dirfd, ent->d_name, 0) < 0 &&
		    (errno != EISDIR || unlinkat(dirfd, ent->d_name, AT_REMOVEDIR) < 0) && errno != ENOENT)
			kept = errno;
	}
	closedir(dir);
	errno = eno ? eno : kept;
	return errno ? -1 : 0;
}

int state_dir_remove(struct state_dir *d, struct err *e)
{
	/* the record last: as long as it is there, another delete knows what belongs to the container */
	static const char *const names[] = { "config.json", "cgroup", "state.json" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlinkat(d->fd, names[i], 0);
	if (unlinkat(d->root_fd, d->id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if ((errno == ENOTEMPTY || errno == EEXIST) && remove_others(d->fd) == 0 &&
	    unlinkat(d->root_fd, d->id, AT_REMOVEDIR) == 0)
		return 0;
	return err_set(e, errno, "remove the state of container \"%s\"", d->id);
}

struct names {
	struct arena arena;
	const char **v;
	size_t n, cap;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_names(struct names *names, int root_fd, struct err *e)
{
	int copy = openat(root_fd, ".", DIR_FLAGS);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);

	if (!dir) {
		int eno = errno;
		fd_close(&copy);
		return err_set(e, eno, "list the state root");
	}
	int eno;
	for (struct dirent *ent; (ent = dir_next(dir, &eno));) {
		struct err refused = { 0 };
		if ((ent->d_type != DT_DIR && ent->d_type != DT_UNKNOWN) ||
		    state_check_id(ent->d_name, &refused) < 0)
			continue;
		names->v = arena_grow(&names->arena, names->v, names->n, &names->cap, sizeof(*names->v));
		names->v[names->n++] = arena_strdup(&names->arena, ent->d_name);
	}
	closedir(dir);
	if (eno)
		return err_set(e, eno, "list the state root");
	if (names->n)
		qsort(names->v, names->n, sizeof(*names->v), compare_names);
	return 0;
}

int state_each(const char *root_option, int (*fn)(const char *id, void *ctx), void *ctx, struct err *e)
{
	CLEANUP_FD int root = state_root_open(root_option, false, e);
	if (root < 0) {
		if (e->eno != ENOENT)
			return -1;
		err_clear(e); /* nobody made a container yet */
		return 0;
	}
	struct names names = { 0 };
	int r = read_names(&names, root, e);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (fn(names.v[i], ctx) != 0)
			break;
	arena_free(&names.arena);
	return r;
}
