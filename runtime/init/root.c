/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root: cut our mount namespace off from the host's, lay the root filesystem over "/", and, when all is
 * mounted in it, make it our "/" and let go of the old one.
 *
 * The root is attached on the old "/" itself, which needs no directory anywhere and no name. Our own "/"
 * stays the old one below it until the pivot, so absolute paths are the runtime's, and those of the
 * container are reached through in->root.
 */
#include <errno.h>
#include <linux/stat.h>
#include <sched.h>
#include <sys/syscall.h>

#include "init.h"
#include "sys.h"

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U /* [5.8] */
#endif

/* First of all mounts: what we mount is not seen on the host, and pivot_root(2) wants it. In the end of the root. */
int step_root_propagation(struct init *in, const struct plan_step *s)
{
	bool first = s->kind == STEP_ROOT_PROPAGATION;
	if (sys_mount_setattr_at("/", first ? AT_RECURSIVE : 0, s->val[0]) < 0)
		return fail(in, DETAIL_PROPAGATION, errno, NULL);
	if (first)
		in->propagation = s->val[0] | MS_REC;
	return 0;
}

int step_root(struct init *in, const struct plan_step *s)
{
	const char *place = plan_text(in, s->str[0]);
	int tree = plan_take_fd(in, s);
	if (tree < 0)
		return fail(in, DETAIL_OPEN, errno, NULL);
	/* cloned by berth before our namespace was cut off: still a peer of the host's mount */
	uint64_t type = s->val[0] ? s->val[0] : in->propagation ? in->propagation : MS_PRIVATE | MS_REC;
	if (sys_mount_setattr(tree, type & MS_REC ? AT_RECURSIVE : 0, 0, 0, type & ~(uint64_t)MS_REC) < 0)
		return fail(in, DETAIL_PROPAGATION, errno, NULL);
	/* hooks look for the container at the path of its rootfs; where that cannot be reached any more (a
	 * namespace that was joined may not have it), "/" always can */
	in->root_elsewhere = *place && sys_attach_at(tree, place) == 0;
	if (!in->root_elsewhere && sys_attach_at(tree, "/") < 0)
		return fail(in, DETAIL_ATTACH, errno, NULL);
	in->root = tree;
	return 0;
}

int step_root_readonly(struct init *in, const struct plan_step *s)
{
	(void)s;
	return sys_mount_setattr(path_root(in), 0, MOUNT_ATTR_RDONLY, 0, 0) < 0 ? fail(in, DETAIL_ATTR, errno, NULL) : 0;
}

static uint64_t mount_id(int fd, const char *path)
{
	struct statx x;
	if (syscall(SYS_statx, fd, path, *path ? 0 : AT_EMPTY_PATH, STATX_MNT_ID, &x) < 0)
		return 0;
	errno = EXDEV; /* for who finds that it is another one */
	return x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : 0;
}

/* Without pivot_root the old tree stays below ours, which for that has to lie over "/". No path leads to it then:
 * ".." at our root, also after a way out of the chroot, ends on the topmost mount over "/", and so does setns(2).
 * What must go is the host's procfs and sysfs: a user namespace may mount fresh ones only where the kernel finds
 * complete ones in the mount namespace. Where they cannot be unmounted they are hidden, which has the same effect. */
static int hide_old(struct init *in)
{
	static const char *const old[] = { "/sys", "/proc" };
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		if (sys_umount_detach(old[i]) == 0 || errno == ENOENT)
			continue;
		int fd = openat(AT_FDCWD, old[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return fail(in, DETAIL_UMOUNT, errno, old[i]);
		int r = mask_over(in, fd, true);
		leave_fd(&fd);
		if (r < 0)
			return -1;
	}
	return 0;
}

static int stay(struct init *in)
{
	if (hide_old(in) < 0)
		return -1;
	if (in->root_elsewhere && sys_attach_at(path_root(in), "/") < 0)
		return fail(in, DETAIL_ATTACH, errno, NULL);
	if (fchdir(path_root(in)) < 0)
		return fail(in, DETAIL_CHDIR, errno, NULL);
	return chroot(".") < 0 ? fail(in, DETAIL_NONE, errno, NULL) : 0;
}

/* The old root lands on top of the new one, where "." finds it first. */
static int pivot(struct init *in)
{
	if (fchdir(path_root(in)) < 0)
		return fail(in, DETAIL_CHDIR, errno, NULL);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return fail(in, DETAIL_NONE, errno, NULL);
	if (sys_umount_detach(".") < 0)
		return fail(in, DETAIL_UMOUNT, errno, NULL);
	return 0;
}

int step_pivot(struct init *in, const struct plan_step *s)
{
	if ((s->flags & STEP_F_NO_PIVOT ? stay(in) : pivot(in)) < 0)
		return -1;
	if (chdir("/") < 0)
		return fail(in, DETAIL_CHDIR, errno, NULL);
	/* ".." at the root shows the topmost mount on it: nothing of the old tree may be there. When the config mounts
	 * on "/", the root below that lay over the old one and was what umount2(".") found */
	uint64_t id = mount_id(in->root, ""), top;
	while (!id || (top = mount_id(AT_FDCWD, "/..")) != id)
		if (!id || !top || (s->flags & STEP_F_NO_PIVOT) || sys_umount_detach(".") < 0)
			return fail(in, DETAIL_VERIFY, errno, NULL);
	in->inside = true;
	return 0;
}

/* The container has no mount namespace of its own: back to the runtime's. The root goes along as a clone, because the
 * mounts of a namespace come apart when it ends; this tree hangs on nothing and lasts as long as somebody's root is
 * in it. With exec there is nothing to go back from, and fd is that root. */
int step_root_keep(struct init *in, const struct plan_step *s)
{
	int fd = plan_take_fd(in, s), tree = s->val[0] ? sys_clone_at(AT_FDCWD, "/", AT_RECURSIVE) : fd;
	if (tree < 0 || (s->val[0] && setns(fd, (int)s->val[0]) < 0))
		return fail(in, DETAIL_OPEN, errno, NULL);
	if (fchdir(tree) < 0 || chroot(".") < 0)
		return fail(in, DETAIL_CHDIR, errno, NULL);
	leave_fd(&in->root);
	if (s->val[0])
		drop_fd(&fd); /* while we wait nobody finds the host's namespace here */
	leave_fd(&tree);
	in->inside = true;
	return 0;
}
