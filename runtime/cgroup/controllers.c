/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a controller's files appear in a cgroup: it must be enabled in cgroup.subtree_control of every
 * cgroup above. This is done only when a file that has to be written is missing, so where the host has
 * enabled its controllers (systemd, an engine) it costs nothing.
 *
 * From the cgroup upwards: ask the parent to enable it; where the parent does not have it itself
 * (ENOENT), first the same one level higher, at most up to the mount. ".." is safe here: the kernel
 * knows no rename and no links in cgroup2, and the device number tells when the mount is left.
 * What was enabled stays so: other cgroups may rely on it by now, and it limits nothing by itself.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../lib/fd.h"

enum { LEVELS_MAX = 2048 };

/* Is `name` one of the words of the cgroup's cgroup.controllers? Also gives the list. */
static bool has_controller(int cgfd, const char *name, char *buf, size_t size)
{
	if (fd_read_small(cgfd, "cgroup.controllers", buf, size) < 0) {
		buf[0] = '\0';
		return false;
	}
	size_t n = strlen(name);
	for (const char *p = buf; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strncmp(p, name, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* The cgroup above, or -1 with errno; ENOENT: this is the top of the mount. */
static int open_parent(int cgfd)
{
	struct stat here, up;
	CLEANUP_FD int fd = openat(cgfd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(cgfd, &here) < 0 || fstat(fd, &up) < 0)
		return -1;
	if (here.st_dev != up.st_dev || here.st_ino == up.st_ino) {
		errno = ENOENT;
		return -1;
	}
	return take_fd(&fd);
}

static int not_available(int topfd, const char *name, const char *prop, struct err *e)
{
	char list[512];
	has_controller(topfd, name, list, sizeof(list));
	err_config(e, prop,
		   "cgroup controller \"%s\" is not available in the cgroup v2 hierarchy (it has: %s)", name,
		   *list ? list : "none");
	e->eno = ENOENT;
	return -1;
}

static int refused(const char *name, const char *prop, int eno, struct err *e)
{
	if (eno == EBUSY)
		err_config(e, prop,
			   "cgroup controller \"%s\" cannot be enabled: a cgroup above holds processes "
			   "itself, and cgroup v2 limits only children of cgroups without processes",
			   name);
	else
		err_config(e, prop, "cgroup controller \"%s\" cannot be enabled in a cgroup above: %s", name,
			   err_text(eno));
	e->eno = eno;
	return -1;
}

/* Climb until a cgroup above can enable it, then descend again by repeating the climb one level
 * shorter. Two levels are the usual depth, so the repetition is cheaper than a list of fds. */
static int enable_once(int cgfd, const char *name, const char *prop, bool *ret_direct, struct err *e)
{
	char word[64];
	int len = snprintf(word, sizeof(word), "+%s", name);
	CLEANUP_FD int here = fcntl(cgfd, F_DUPFD_CLOEXEC, 3);
	if (here < 0)
		return err_set(e, errno, "duplicate a cgroup fd");
	for (unsigned level = 0; level < LEVELS_MAX; level++) {
		int up = open_parent(here);
		if (up < 0 && errno == ENOENT)
			return not_available(here, name, prop, e);
		if (up < 0)
			return err_set(e, errno, "open the cgroup above");
		fd_close(&here);
		here = up;
		if (fd_write_small(here, "cgroup.subtree_control", word, (size_t)len) == 0) {
			*ret_direct = level == 0;
			return 0;
		}
		/* EINVAL: no controller of this kernel has that name */
		if (errno == EINVAL)
			return not_available(here, name, prop, e);
		if (errno != ENOENT)
			return refused(name, prop, errno, e);
	}
	return not_available(here, name, prop, e);
}

int cg_controller_enable(int cgfd, const char *name, const char *prop, struct err *e)
{
	char list[512];
	if (has_controller(cgfd, name, list, sizeof(list)))
		return 0;
	for (unsigned i = 0; i < LEVELS_MAX; i++) {
		bool direct = false;
		if (enable_once(cgfd, name, prop, &direct, e) < 0)
			return -1;
		if (direct)
			return 0;
	}
	return not_available(cgfd, name, prop, e);
}
