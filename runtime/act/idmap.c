/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mappings of mounts; see idmap.h. */
#include "idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/sys.h"
#include "act.h"
#include "clone.h"

/* The process of a user namespace, which ends when `hold` is closed, and so also when we are killed. */
struct holder {
	pid_t pid;
	int hold;
};

static void holder_end(struct holder *h)
{
	fd_close(&h->hold);
	while (h->pid > 0 && waitid(P_PID, (id_t)h->pid, NULL, WEXITED) < 0 && errno == EINTR)
		;
}
#define CLEANUP_HOLDER __attribute__((cleanup(holder_end)))

/* In our memory, on a stack of its own, while we go on: raw system calls that can neither fail nor be interrupted,
 * as it has no signal handler, and so do not touch our errno. */
static void holder_main(void *arg)
{
	const int *ends = arg;
	char c;
	syscall(SYS_close, ends[1]);
	syscall(SYS_read, ends[0], &c, 1);
	syscall(SYS_exit_group, 0);
}

static int holder_start(struct holder *h, const char *origin, struct err *e)
{
	static _Alignas(64) char stack[8 * 1024];
	static int ends[2]; /* read by the child after we have returned */
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_VM | CLONE_CLEAR_SIGHAND,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(e, errno, "%s: make a pipe", origin);
	long pid = clone3_call(&args, sizeof(args), holder_main, ends);
	close(ends[0]);
	h->hold = ends[1];
	if (pid < 0)
		return err_set(e, (int)-pid, "%s: make a user namespace for the mapping", origin);
	h->pid = (pid_t)pid;
	return 0;
}

static int make_namespace(const struct plan_idmap *map, struct err *e)
{
	CLEANUP_HOLDER struct holder h = { .hold = -1 };
	char path[64];
	if (holder_start(&h, map->origin, e) < 0 || id_map_write(h.pid, "uid_map", map->uid, map->origin, e) < 0 ||
	    id_map_write(h.pid, "gid_map", map->gid, map->origin, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)h.pid);
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_set(e, errno, "%s: open the user namespace of the mapping", map->origin) : fd;
}

static bool same_ids(const struct id_mappings *a, const struct id_mappings *b)
{
	return a == b || (a->n == b->n && memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

static bool same_map(const struct plan_idmap *a, const struct plan_idmap *b)
{
	if (a->path || b->path)
		return a->path == b->path; /* there is but one path: the container's user namespace */
	return same_ids(a->uid, b->uid) && same_ids(a->gid, b->gid);
}

int idmap_open(struct idmaps *m, const struct plan_idmap *map, struct err *e)
{
	for (size_t i = 0; i < m->n; i++)
		if (same_map(m->v[i].map, map))
			return m->v[i].fd;
	int fd = map->path ? openat(AT_FDCWD, map->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : make_namespace(map, e);
	if (fd < 0)
		return e->set ? -1 : err_set(e, errno, "%s: open namespace \"%s\"", map->origin, map->path);
	size_t at = m->n < IDMAPS_KEPT ? m->n++ : m->next++ % IDMAPS_KEPT;
	if (at < m->n - 1)
		fd_close(&m->v[at].fd);
	m->v[at].map = map;
	m->v[at].fd = fd;
	return fd;
}

void idmaps_clear(struct idmaps *m)
{
	for (size_t i = 0; i < m->n; i++)
		fd_close(&m->v[i].fd);
	m->n = 0;
}

/* The kernel has one number for several reasons. */
static const char *reason(int eno)
{
	if (eno == EINVAL)
		return " (the file system does not support id-mapped mounts, or has that mapping itself)";
	if (eno == EPERM)
		return " (it is id-mapped already, or this user has no privileges over the file system)";
	return "";
}

int idmap_apply(struct idmaps *m, const struct plan_idmap *map, int tree, const char *what, struct err *e)
{
	int userns = idmap_open(m, map, e);
	if (userns < 0)
		return -1;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns };
	unsigned flags = AT_EMPTY_PATH | (map->recursive ? AT_RECURSIVE : 0);
	if (sys_mount_setattr(tree, "", flags, &attr) < 0) {
		int eno = errno;
		return err_config(e, map->origin, "map the ids of \"%s\"%s: %s%s", what,
				  map->recursive ? " and of what is mounted below it" : "", err_text(eno), reason(eno));
	}
	return 0;
}
