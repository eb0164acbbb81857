/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fds of a plan, opened on the host's side before anything of the container exists: namespaces to
 * join, detached copies of the rootfs and of bind sources. Paths here come from the config and mean what
 * they mean to berth; what is inside the container is resolved by berth-init.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../cgroup/cgroup.h"
#include "../lib/fd.h"
#include "../lib/sys.h"
#include "idmap.h"

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

struct open_ctx {
	struct plan *plan;
	const struct launch_fds *lf;
	struct init_proc *ip;
	struct idmaps idmaps;
};

static bool is_file(const struct stat *st, const char *path)
{
	struct stat own;
	return stat(path, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino;
}

/* What the config sets in a namespace must not be set in ours. Of mount namespaces the first process's counts
 * as well: no container is made by changing its root, and berth may run in one of its own. */
static int check_not_ours(const struct plan_fd *f, int fd, struct err *e)
{
	enum ns_kind kind = (enum ns_kind)f->num;
	char path[64];
	struct stat st;
	if (!f->changed)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", spec_namespace_proc(kind));
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "%s: \"%s\"", f->origin, f->path);
	if (is_file(&st, path) || (kind == NS_MOUNT && is_file(&st, "/proc/1/ns/mnt")))
		return err_config(e, f->changed,
				  "would change the host: \"%s\" is its %s namespace",
				  f->path, spec_namespace_name(kind));
	return 0;
}

/* O_NONBLOCK: a FIFO in place of a namespace file must not hold us up. */
static int open_ns(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	(void)c;
	CLEANUP_FD int fd = openat(AT_FDCWD, f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct statfs sf;
	if (fd < 0)
		return err_set(e, errno, "%s: open namespace \"%s\"", f->origin, f->path);
	if (fstatfs(fd, &sf) < 0)
		return err_set(e, errno, "%s: look at \"%s\"", f->origin, f->path);
	if (sf.f_type != NSFS_MAGIC)
		return err_config(e, f->origin, "\"%s\" is not a namespace", f->path);
	int type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return err_set(e, errno, "%s: ask \"%s\" for its type", f->origin, f->path);
	if ((unsigned)type != (unsigned)spec_namespace_flag((enum ns_kind)f->num))
		return err_config(e, f->origin, "\"%s\" is not a %s namespace", f->path,
				  spec_namespace_name((enum ns_kind)f->num));
	if (check_not_ours(f, fd, e) < 0)
		return -1;
	return take_fd(&fd);
}

static int open_pidfd(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	int fd = fd_dup(c->lf->pidfd);
	return fd < 0 ? err_set(e, errno, "%s: duplicate the pidfd", f->origin) : fd;
}

/* The process of that number is ours if it is still there after the file was opened. */
static int open_root(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/root", (int)c->lf->pid);
	CLEANUP_FD int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || sys_pidfd_send_signal(c->lf->pidfd, 0) < 0)
		return err_set(e, errno, "%s: open \"%s\"", f->origin, path);
	return take_fd(&fd);
}

/* Not cloned here: only opened, to be compared with. */
static unsigned tree_flags(const struct open_ctx *c, const struct plan_fd *f)
{
	if (c->plan->trees_step != SIZE_MAX)
		return 0;
	return OPEN_TREE_CLONE | (f->kind == PFD_TREE && f->num ? AT_RECURSIVE : 0);
}

static int open_mount_tree(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	struct plan_step *step = &c->plan->inside[f->step].s;
	bool root = step->kind == STEP_ROOT;
	CLEANUP_FD int fd = sys_open_tree(AT_FDCWD, f->path, tree_flags(c, f) | OPEN_TREE_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "%s: open %s \"%s\"", f->origin, root ? "rootfs" : "source", f->path);
	if (root && !S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "%s: rootfs \"%s\"", f->origin, f->path);
	if (root && is_file(&st, "/"))
		return err_config(e, f->origin, "\"%s\" is the root of the host", f->path);
	if (S_ISDIR(st.st_mode))
		step->flags |= STEP_F_DIR;
	return take_fd(&fd);
}

static int open_device(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	CLEANUP_FD int fd = sys_open_tree(AT_FDCWD, f->path, tree_flags(c, f) | OPEN_TREE_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "%s: open device \"%s\"", f->origin, f->path);
	const struct plan_step *s = &c->plan->inside[f->step].s;
	if ((st.st_mode & S_IFMT) != (s->val[0] & S_IFMT) || (!S_ISFIFO(st.st_mode) && st.st_rdev != s->val[1]))
		return err_config(e, f->origin, "\"%s\" of the host is another device", f->path);
	return take_fd(&fd);
}

/* A container without a cgroup of its own may look at the host's. */
static int open_hierarchy(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	f->path = cgroup_mount_path(c->plan->arena, e);
	if (!f->path)
		return -1;
	c->plan->inside[f->step].s.val[0] |= MOUNT_ATTR_RDONLY;
	return open_mount_tree(c, f, e);
}

static int open_cgroup(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	char link[64], path[PATH_MAX];
	if (c->lf->cgroup < 0)
		return open_hierarchy(c, f, e);
	int fd = sys_open_tree(c->lf->cgroup, "", tree_flags(c, f) | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (fd < 0)
		return err_set(e, errno, "%s: clone the cgroup's mount", f->origin);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = c->plan->trees_step != SIZE_MAX ? readlink(link, path, sizeof(path)) : 0;
	if (n > 0 && (size_t)n < sizeof(path))
		f->path = arena_strndup(c->plan->arena, path, (size_t)n);
	return fd;
}

static int open_listen(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	int fd = fd_dup(c->lf->listen);
	return fd < 0 ? err_set(e, errno, "%s: duplicate the socket", f->origin) : fd;
}

static int open_pty(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	CLEANUP_FD int master = openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || unlockpt(master) < 0)
		return err_set(e, errno, "%s: open a pseudo terminal", f->origin);
	int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_set(e, errno, "%s: open the peer of the pseudo terminal", f->origin);
	c->ip->console = take_fd(&master);
	return slave;
}

static int open_idmap(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	int fd = idmap_open(&c->idmaps, f->idmap, e);
	if (fd < 0)
		return -1;
	fd = fd_dup(fd);
	return fd < 0 ? err_set(e, errno, "%s: duplicate the user namespace", f->origin) : fd;
}

typedef int open_fn(struct open_ctx *c, struct plan_fd *f, struct err *e);
static open_fn *const openers[] = {
	[PFD_NS] = open_ns,	      [PFD_PIDFD] = open_pidfd,	  [PFD_TREE] = open_mount_tree,
	[PFD_DEVICE] = open_device,   [PFD_CGROUP] = open_cgroup, [PFD_LISTEN] = open_listen,
	[PFD_PTY_SLAVE] = open_pty,   [PFD_IDMAP] = open_idmap,
	[PFD_ROOT] = open_root,
};

/* A config with hundreds of binds needs as many fds, in us and in berth-init. The soft limit is put
 * back on the container's process when it is ready (launch_restore_nofile). */
static void raise_nofile(size_t nfds, struct init_proc *ip)
{
	enum { SPARE = 64 };
	struct rlimit r;
	if (nfds < 64 || getrlimit(RLIMIT_NOFILE, &r) < 0 || nfds + SPARE <= r.rlim_cur)
		return;
	ip->nofile_soft = r.rlim_cur;
	r.rlim_cur = nfds + SPARE < r.rlim_max ? nfds + SPARE : r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

void launch_restore_nofile(const struct init_proc *ip)
{
	struct rlimit r;
	if (!ip->nofile_soft || prlimit(ip->pid, RLIMIT_NOFILE, NULL, &r) < 0)
		return;
	r.rlim_cur = ip->nofile_soft;
	prlimit(ip->pid, RLIMIT_NOFILE, &r, NULL);
}

static int open_one(struct open_ctx *c, struct plan_fd *f, struct err *e)
{
	f->fd = openers[f->kind](c, f, e);
	if (f->fd < 0)
		return -1;
	if (!f->idmap || f->kind == PFD_IDMAP)
		return 0;
	return idmap_apply(&c->idmaps, f->idmap, f->fd, f->path ? f->path : "the cgroup", e);
}

/* What berth-init is to clone, and how. */
static void set_trees(struct plan *p)
{
	const char **slots = arena_array(p->arena, p->nfds, sizeof(*slots));
	for (size_t i = 0; i < p->nfds; i++) {
		const struct plan_fd *f = &p->fds[i];
		bool tree = f->kind == PFD_TREE || f->kind == PFD_DEVICE || f->kind == PFD_CGROUP;
		slots[i] = tree ? arena_printf(p->arena, "%c%s", f->kind == PFD_TREE && f->num ? 'r' : 's', f->path)
				: "";
	}
	plan_set_trees(p, slots);
}

int launch_open_fds(struct plan *p, const struct launch_fds *lf, struct init_proc *ip, struct err *e)
{
	struct open_ctx c = { .plan = p, .lf = lf, .ip = ip };
	int r = 0;
	raise_nofile(p->nfds, ip);
	for (size_t i = 0; i < p->nfds && r == 0; i++)
		r = open_one(&c, &p->fds[i], e);
	idmaps_clear(&c.idmaps);
	if (r == 0 && p->trees_step != SIZE_MAX)
		set_trees(p);
	return r;
}
