/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See container.h. */
#include "container.h"

#include <errno.h>
#include <time.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/full.h"
#include "../lib/rootless.h"
#include "../lib/trace.h"

void container_close(struct container *c)
{
	fd_close(&c->conn);
	fd_close(&c->pidfd);
	state_dir_close(&c->dir);
	arena_free(&c->arena);
}

/*
 * Read the record. Without the lock, we may meet a folder that a create has only just made or that a
 * delete is about to remove; both last for an instant, so a missing record is looked for again before
 * it is believed.
 */
static int read_record(struct container *c, struct err *e)
{
	for (int tries = 0;; tries++) {
		if (state_read(&c->arena, &c->dir, &c->rec, e) == 0)
			return 0;
		if (e->eno != ENOENT)
			return -1;
		bool gone = state_dir_gone(&c->dir);
		if (!gone && !c->dir.locked && tries < 3) {
			err_clear(e);
			nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
			continue;
		}
		err_clear(e);
		err_set(e, 0, gone ? "container \"%s\" does not exist" :
				     "container \"%s\" was not made completely; delete --force removes it",
			c->dir.id);
		e->eno = gone ? ENOENT : EAGAIN;
		return -1;
	}
}

static bool needs_systemd(const struct record *r, unsigned flags)
{
	return flags & CONTAINER_UNIT || (flags & CONTAINER_ENTER && is_rootless()) ||
	       (flags & CONTAINER_HOOKED && (r->has_start_hook || r->has_poststart));
}

int container_open(struct container *c, const struct globals *g, const char *id, unsigned flags,
		   struct err *e)
{
	uint64_t from = trace_now();
	if (state_dir_open(&c->dir, g->root, id, flags & CONTAINER_LOCK, e) < 0 || read_record(c, e) < 0)
		return -1;
	if (c->rec.cgroup.driver == CGROUP_SYSTEMD && needs_systemd(&c->rec, flags) && full_need(e) < 0)
		return -1;
	TRACE("read-state", from);
	from = trace_now();
	int *conn = flags & CONTAINER_CONNECT ? &c->conn : NULL;
	int s = flags & CONTAINER_FREEZER ? state_status(&c->dir, &c->rec, &c->pidfd, conn, e) :
					    state_status_quick(&c->dir, &c->rec, &c->pidfd, conn, e);
	if (s < 0)
		return -1;
	c->status = (enum status)s;
	TRACE("look-at-process", from);
	return 0;
}

int container_require(const struct container *c, unsigned allowed, const char *verb, struct err *e)
{
	if (allowed & STATUS_BIT(c->status))
		return 0;
	if (c->status == STATUS_STOPPED)
		return err_set(e, 0, "container not running"); /* engines search for these words */
	return err_set(e, 0, "cannot %s container \"%s\" in state %s", verb, c->dir.id,
		       status_name(c->status));
}

struct spec_config *container_config(struct container *c, struct err *e)
{
	size_t len;
	const char *text = fd_read_file(&c->arena, c->dir.fd, "config.json", SPEC_MAX_BYTES, &len, e);
	struct spec_config *config = text ? spec_config_decode(&c->arena, text, len, e) : NULL;

	if (!config)
		err_add(e, "config of container \"%s\"", c->dir.id);
	return config;
}

int container_cgroup(const struct container *c, const char *verb, struct err *e)
{
	const struct cgroup_ref *ref = &c->rec.cgroup;

	if (ref->driver == CGROUP_DISABLED || !ref->inode)
		return err_set(e, 0, "cannot %s container \"%s\": it has no cgroup", verb, c->dir.id);
	int fd = cgroup_open(ref, e);
	if (fd < 0 && !e->set)
		return err_set(e, 0, "container not running: its cgroup is gone");
	return fd;
}
