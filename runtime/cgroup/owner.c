/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handing a container its own cgroup ("Cgroup ownership" of the runtime-spec): the directory and the files that
 * the kernel lists as safe to delegate are given to the user that will run in it. Limits stay ours.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/fd.h"

int cgroup_give(int cgfd, uid_t uid, struct err *e)
{
	char list[4096], *save;
	if (fd_read_small(AT_FDCWD, "/sys/kernel/cgroup/delegate", list, sizeof(list)) < 0)
		memcpy(list, "cgroup.procs\ncgroup.subtree_control\ncgroup.threads",
		       sizeof("cgroup.procs\ncgroup.subtree_control\ncgroup.threads"));
	if (fchown(cgfd, uid, (gid_t)-1) < 0)
		return err_set(e, errno, "change the owner of the cgroup");
	for (char *f = strtok_r(list, "\n", &save); f; f = strtok_r(NULL, "\n", &save)) {
		/* files of controllers that are not enabled are missing */
		if (strchr(f, '/') || fchownat(cgfd, f, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0 ||
		    errno == ENOENT)
			continue;
		return err_set(e, errno, "change the owner of %s", f);
	}
	return 0;
}
