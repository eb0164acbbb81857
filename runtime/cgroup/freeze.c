/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The freezer. Writing cgroup.freeze only asks for it; the cgroup is frozen when every process of it
 * has stopped, which a process in the middle of a long system call delays. So: open cgroup.events,
 * ask, wait for "frozen".
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>

#include "../lib/clock.h"
#include "../lib/fd.h"

enum { FREEZE_TIMEOUT_MS = 10 * 1000 };

int cgroup_freeze(int cgfd, bool frozen, struct err *e)
{
	const char *verb = frozen ? "freeze" : "thaw";
	CLEANUP_FD int events = openat(cgfd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events < 0)
		return err_set(e, errno, "%s cgroup: open cgroup.events", verb);
	if (fd_write_small(cgfd, "cgroup.freeze", frozen ? "1" : "0", 1) < 0)
		return err_set(e, errno, "%s cgroup: write cgroup.freeze", verb);
	if (cg_event_wait(events, CG_FROZEN, frozen, monotonic_ms() + FREEZE_TIMEOUT_MS) == 0)
		return 0;
	int eno = errno;
	/* removed by somebody else (systemd does it with an empty scope): what was frozen ran into its end, by a
	 * signal that had waited for it, say */
	if (!frozen && eno == ENODEV)
		return 0;
	/* half frozen, or frozen after a failure, is of no use to anybody; what was running goes on */
	if (frozen)
		fd_write_small(cgfd, "cgroup.freeze", "0", 1);
	if (eno != ETIMEDOUT)
		return err_set(e, eno, "%s cgroup: read cgroup.events", verb);
	if (!frozen) /* our own switch is off, so it must be that of a cgroup above */
		return err_set(e, eno, "thaw cgroup: still frozen, a cgroup above it seems to be frozen");
	return err_set(e, eno, "freeze cgroup: a process did not stop in %d seconds",
		       FREEZE_TIMEOUT_MS / 1000);
}

/* The switch of this cgroup, not the effective state: a container that somebody froze from above is
 * not one that we paused. */
int cgroup_is_frozen(int cgfd)
{
	char buf[8];
	ssize_t n = fd_read_small(cgfd, "cgroup.freeze", buf, sizeof(buf));
	return n < 0 ? -1 : buf[0] == '1';
}
