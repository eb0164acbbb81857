/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See image.h. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "sys.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* since 6.3; older kernels answer EINVAL and need no flag */
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020 /* since 6.3 */
#endif

static int image_memfd(const struct image *i)
{
	bool exec_flag = true;
	CLEANUP_FD int fd = memfd_create(i->name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) {
		exec_flag = false;
		fd = memfd_create(i->name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	}
	if (fd < 0 || fd_write_all(fd, i->start, (size_t)(i->end - i->start)) < 0)
		return -1;
	int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	if (fcntl(fd, F_ADD_SEALS, exec_flag ? seals | F_SEAL_EXEC : seals) < 0)
		return -1;
	return take_fd(&fd);
}

/* The mount is never attached anywhere and lives as long as the file is in use. */
static int image_detached(const struct image *i)
{
	CLEANUP_FD int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	CLEANUP_FD int mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (mnt < 0)
		return -1;
	{
		CLEANUP_FD int out = openat(mnt, i->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0555);
		if (out < 0 || fchmod(out, 0555) < 0 || fd_write_all(out, i->start, (size_t)(i->end - i->start)) < 0)
			return -1;
	}
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	if (sys_mount_setattr(mnt, "", AT_EMPTY_PATH, &ro) < 0)
		return -1;
	return openat(mnt, i->name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
}

int image_open(const struct image *i, struct err *e)
{
	int fd = image_memfd(i);
	if (fd < 0) {
		int eno = errno;
		fd = image_detached(i);
		if (fd < 0)
			return err_set(e, eno, "make an executable memfd for %s (see vm.memfd_noexec)", i->name);
	}
	return fd;
}
