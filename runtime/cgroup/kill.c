/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of a cgroup: list them, signal them.
 *
 * SIGKILL goes through cgroup.kill [5.14], which the kernel carries out for the whole tree at once, so
 * that not even a fork bomb escapes. Other signals go to each process, in rounds: processes that were
 * born meanwhile get it in the next one, none gets it twice.
 *
 * A number read from cgroup.procs may belong to another process by the time it is used. So a batch of
 * pidfds is opened first and the list read again: what is still listed then was the container's when
 * its pidfd was opened, or the pidfd's process is gone and the signal hits nothing.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/sys.h"

enum { PIDS_MAX = 1 << 22, BATCH = 128, ROUNDS = 64 };

struct pid_list {
	struct arena *a;
	pid_t *v;
	size_t n, cap;
};

static int add_pid(struct pid_list *l, long pid, struct err *e)
{
	/* 0: a process outside of our pid namespace */
	if (pid <= 0)
		return 0;
	if (l->n >= PIDS_MAX)
		return err_set(e, 0, "more than %d processes in one cgroup", PIDS_MAX);
	l->v = arena_grow(l->a, l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[l->n++] = (pid_t)pid;
	return 0;
}

/* cg_visit_fn: append the numbers of cgroup.procs. */
static int read_procs(int cgfd, void *ctx, struct err *e)
{
	char buf[16 * 1024];
	long pid = 0;
	bool digits = false;
	CLEANUP_FD int fd = openat(cgfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : err_set(e, errno, "open cgroup.procs");
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));
		/* EOPNOTSUPP: a threaded cgroup; its processes are listed by the cgroup above */
		if (n < 0 && errno != ENODEV && errno != EOPNOTSUPP)
			return err_set(e, errno, "read cgroup.procs");
		if (n <= 0)
			return 0;
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9') {
				pid = pid <= PIDS_MAX ? pid * 10 + (buf[i] - '0') : pid;
				digits = true;
			} else if (digits) {
				if (add_pid(ctx, pid, e) < 0)
					return -1;
				pid = 0;
				digits = false;
			}
		}
	}
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
	return (x > y) - (x < y);
}

static bool contains(const struct pid_list *l, pid_t pid)
{
	return l->n && bsearch(&pid, l->v, l->n, sizeof(*l->v), compare_pids);
}

/* Sorted. */
static int list_pids(struct pid_list *l, int cgfd, struct err *e)
{
	l->n = 0;
	if (cg_tree_walk(l->a, cgfd, read_procs, l, e) < 0)
		return -1;
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare_pids);
	return 0;
}

int cgroup_pids(struct arena *a, int cgfd, pid_t **ret, size_t *n, struct err *e)
{
	struct pid_list l = { .a = a };
	if (list_pids(&l, cgfd, e) < 0)
		return -1;
	*ret = l.v;
	*n = l.n;
	return 0;
}

/* Whoever has the number is no process any more (see find_process() of the state). */
static bool is_gone(int eno)
{
	return eno == ESRCH || eno == ENOENT || eno == EINVAL;
}

/* Send to at most BATCH processes. The first error counts, the rest is still signalled. */
static int signal_batch(struct pid_list *now, int cgfd, const pid_t *pids, size_t n, int sig, struct err *e)
{
	int fds[BATCH], eno = 0;
	for (size_t i = 0; i < n; i++) {
		fds[i] = sys_pidfd_open(pids[i], 0);
		if (fds[i] < 0 && !is_gone(errno) && !eno)
			eno = errno;
	}
	int r = list_pids(now, cgfd, e);
	for (size_t i = 0; i < n; i++) {
		if (r == 0 && fds[i] >= 0 && contains(now, pids[i]) &&
		    sys_pidfd_send_signal(fds[i], sig) < 0 && errno != ESRCH && !eno)
			eno = errno;
		fd_close(&fds[i]);
	}
	if (r < 0)
		return -1;
	return eno ? err_set(e, eno, "signal the processes of a cgroup") : 0;
}

/* One round: signal whoever is not in `done` yet. Returns how many that were, or -1. */
static int signal_round(struct pid_list *done, struct pid_list *now, int cgfd, int sig, struct err *e)
{
	if (list_pids(now, cgfd, e) < 0)
		return -1;
	struct pid_list fresh = { .a = now->a };
	pid_t self = getpid();
	for (size_t i = 0; i < now->n; i++) {
		pid_t pid = now->v[i];
		/* never init and never ourselves, wherever somebody put us */
		if (pid > 1 && pid != self && !contains(done, pid) && add_pid(&fresh, pid, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < fresh.n; i += BATCH) {
		size_t n = fresh.n - i < BATCH ? fresh.n - i : BATCH;
		if (signal_batch(now, cgfd, fresh.v + i, n, sig, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < fresh.n; i++)
		if (add_pid(done, fresh.v[i], e) < 0)
			return -1;
	if (done->n)
		qsort(done->v, done->n, sizeof(*done->v), compare_pids);
	return (int)fresh.n;
}

static int signal_all(int cgfd, int sig, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	struct pid_list done = { .a = &a }, now = { .a = &a };
	for (int round = 0; round < ROUNDS; round++) {
		int n = signal_round(&done, &now, cgfd, sig, e);
		if (n <= 0)
			return n;
	}
	return 0; /* it forks faster than we look; who asked for more than SIGKILL cannot get it */
}

int cgroup_kill(int cgfd, int sig, struct err *e)
{
	if (sig == SIGKILL) {
		if (fd_write_small(cgfd, "cgroup.kill", "1", 1) == 0)
			return 0;
		int eno = errno;
		/* removed meanwhile: by a manager, as soon as its last process ended */
		if (eno == ENODEV || (eno == ENOENT && faccessat(cgfd, "cgroup.procs", F_OK, 0) < 0 && errno == ENOENT))
			return 0;
		/* ENOENT: the root cgroup, which must never be killed, has no such file. EOPNOTSUPP: a
		 * threaded cgroup, whose processes only share it with others. */
		return err_set(e, eno, "write cgroup.kill");
	}
	return signal_all(cgfd, sig, e);
}
