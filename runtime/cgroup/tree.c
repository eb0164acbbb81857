/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroups below a container's cgroup. A container that may write its cgroup file system decides how
 * many there are and how deep, so nothing here recurses or keeps a fd per level: one directory is open
 * at a time, and the way up is "..", which in cgroup2 (no links, no rename) is always the way back.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/fd.h"

enum { CGROUPS_MAX = 1 << 20 };

static int open_up(int *fd)
{
	int up = openat(*fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (up < 0)
		return -1;
	fd_close(fd);
	*fd = up;
	return 0;
}

static int open_down(int *fd, const char *name)
{
	int down = cg_open_below(*fd, name, O_RDONLY);
	if (down < 0)
		return -1;
	fd_close(fd);
	*fd = down;
	return 0;
}

static bool is_child(const struct dirent *d)
{
	return d->d_type == DT_DIR && strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* A directory stream of its own file description: fd keeps its position. */
static DIR *open_stream(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);
	if (!d)
		fd_close(&own);
	return d;
}

/* Cgroups still to be visited; `depth` is that of the directory that has the name. */
struct pending {
	const char *name;
	unsigned depth;
};
struct pending_list {
	struct pending *v;
	size_t n, cap, total;
};

static int push_children(struct arena *a, int fd, unsigned depth, struct pending_list *t, struct err *e)
{
	DIR *d = open_stream(fd);
	if (!d)
		return errno == ENOENT || errno == ENODEV ? 0 : err_set(e, errno, "list a cgroup");
	int eno;
	for (struct dirent *de; (de = dir_next(d, &eno));) {
		if (!is_child(de))
			continue;
		if (t->total++ >= CGROUPS_MAX) {
			closedir(d);
			return err_set(e, 0, "more than %d cgroups in one container", CGROUPS_MAX);
		}
		t->v = arena_grow(a, t->v, t->n, &t->cap, sizeof(*t->v));
		t->v[t->n++] = (struct pending){ arena_strdup(a, de->d_name), depth };
	}
	closedir(d);
	return eno && eno != ENODEV ? err_set(e, eno, "list a cgroup") : 0;
}

int cg_tree_walk(struct arena *a, int cgfd, cg_visit_fn *fn, void *ctx, struct err *e)
{
	struct pending_list t = { 0 };
	if (fn(cgfd, ctx, e) < 0 || push_children(a, cgfd, 0, &t, e) < 0)
		return -1;
	if (!t.n)
		return 0;
	CLEANUP_FD int cur = fd_dup(cgfd);
	if (cur < 0)
		return err_set(e, errno, "duplicate a cgroup fd");
	unsigned depth = 0;
	while (t.n > 0) {
		struct pending next = t.v[--t.n];
		for (; depth > next.depth; depth--)
			if (open_up(&cur) < 0)
				return err_set(e, errno, "open the cgroup above");
		if (open_down(&cur, next.name) < 0) {
			if (errno == ENOENT || errno == ENODEV)
				continue; /* removed meanwhile */
			return err_set(e, errno, "open cgroup \"%s\"", next.name);
		}
		depth++;
		if (fn(cur, ctx, e) < 0 || push_children(a, cur, depth, &t, e) < 0)
			return -1;
	}
	return 0;
}

/* Remove the empty children. Returns how many went, or -1 with errno; *busy gets the name of one that
 * did not go, or "". */
static int remove_children(int fd, char busy[NAME_MAX + 1])
{
	int removed = 0, eno = 0, unread;
	busy[0] = '\0';
	DIR *d = open_stream(fd);
	if (!d)
		return -1;
	for (struct dirent *de; !eno && (de = dir_next(d, &unread));) {
		if (!is_child(de))
			continue;
		if (unlinkat(fd, de->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			removed++;
		else if (errno == EBUSY || errno == ENOTEMPTY)
			memcpy(busy, de->d_name, strlen(de->d_name) + 1);
		else
			eno = errno;
	}
	closedir(d);
	errno = eno ? eno : unread;
	return errno ? -1 : removed;
}

/* Remove children; where one is busy, go into it; where none is left, go up and try again. */
int cg_tree_remove_below(int cgfd, int64_t deadline_ms)
{
	CLEANUP_FD int cur = fd_dup(cgfd);
	char busy[NAME_MAX + 1];
	unsigned depth = 0;
	bool progress = true;
	if (cur < 0)
		return -1;
	for (;;) {
		int n = remove_children(cur, busy);
		if (n < 0)
			return -1;
		progress = progress || n > 0;
		if (busy[0]) {
			if (open_down(&cur, busy) == 0)
				depth++;
			else if (errno != ENOENT)
				return -1;
			continue;
		}
		if (depth == 0)
			return 0;
		/* here nothing is left to remove; was something, since the last time we went up? */
		if (!progress) {
			if (monotonic_ms() >= deadline_ms) {
				errno = EBUSY;
				return -1;
			}
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		}
		progress = false;
		if (open_up(&cur) < 0)
			return -1;
		depth--;
	}
}
