/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a container, for delete and for a start whose hooks failed. In this order:
 *   1. kill what is left of it, wait for the end of its process
 *   2. remove its resctrl groups and the cgroup, then the state folder with the record last: whenever this is interrupted,
 *      another delete finds what it needs to go on
 *   3. run the poststop hooks; they are told that the container is gone, and it is
 */
#include "destroy.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "../../hooks/hooks.h"
#include "../act/rdt.h"
#include "../lib/fd.h"
#include "../lib/sys.h"
#include "../lib/trace.h"

enum { EXIT_WAIT_MS = 10000 };

/* Wait until the process ended (and perhaps is a zombie of somebody else's). */
static int wait_exit(const struct container *c, struct err *e)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += EXIT_WAIT_MS / 1000;
	for (int left = EXIT_WAIT_MS; left > 0;) {
		int r = poll(&p, 1, left);
		if (r == 1)
			return 0;
		if (r < 0 && errno != EINTR)
			return err_set(e, errno, "wait for the end of container \"%s\"", c->dir.id);
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (int)((end.tv_sec - now.tv_sec) * 1000 + (end.tv_nsec - now.tv_nsec) / 1000000);
	}
	return err_set(e, 0, "container \"%s\" did not end within %d seconds of SIGKILL", c->dir.id,
		       EXIT_WAIT_MS / 1000);
}

/* Everything in the cgroup at once, frozen or not. */
static int kill_cgroup(const struct container *c, struct err *e)
{
	if (c->rec.cgroup.driver == CGROUP_DISABLED || !c->rec.cgroup.inode)
		return 0;
	CLEANUP_FD int cgroup = cgroup_open(&c->rec.cgroup, e);
	if (e->set || (cgroup >= 0 && cgroup_kill(cgroup, SIGKILL, e) < 0))
		return -1;
	err_clear(e);
	return 0;
}

/* The cgroup, then the process itself in case it was moved away; a failure of the one does not spare the other. */
static int kill_everything(const struct container *c, struct err *e)
{
	int r = kill_cgroup(c, e);
	if (c->pidfd < 0) {
		if (c->status == STATUS_STOPPED || c->status == STATUS_CREATING)
			return r;
		return err_set(e, 0, "container \"%s\": its process cannot be opened", c->dir.id);
	}
	if (sys_pidfd_send_signal(c->pidfd, SIGKILL) < 0 && errno != ESRCH)
		return err_set(e, errno, "kill container \"%s\"", c->dir.id);
	return r < 0 ? -1 : wait_exit(c, e);
}

int container_remove(struct container *c, const struct spec_hooks *hooks, struct err *e)
{
	uint64_t from = trace_now();
	/* what cannot be removed does not spare the rest, and the record stays with it */
	int left = cgroup_remove_leftover(&c->rec.cgroup, e);
	if (kill_everything(c, e) < 0)
		return -1;
	TRACE("kill", from);
	from = trace_now();
	if (rdt_remove(&c->rec.rdt, c->dir.id, false, e) < 0 || cgroup_destroy(&c->rec.cgroup, e) < 0 || left < 0)
		return -1;
	TRACE("remove-cgroup", from);
	from = trace_now();
	if (state_dir_remove(&c->dir, e) < 0)
		return -1;
	TRACE("remove-state", from);
	if (!hooks || !hooks->kind[HOOK_POSTSTOP].n)
		return 0;
	const char *state = state_json(&c->arena, &c->rec, STATUS_STOPPED, 0, false, NULL);
	return hooks_run(hooks, HOOK_POSTSTOP, state, c->rec.bundle, true, e);
}

void container_destroy(struct container *c, const struct spec_config *config)
{
	struct err e = { 0 };

	if (container_remove(c, config ? &config->hooks : NULL, &e) < 0)
		log_warn("%s", e.text);
}
