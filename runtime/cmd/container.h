/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An existing container, as every command but create, run and list meets it:
 *
 *	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
 *	if (container_open(&c, g, argv[0], CONTAINER_LOCK, e) < 0 ||
 *	    container_require(&c, STATUS_BIT(STATUS_RUNNING), "pause", e) < 0)
 *		return -1;
 *
 * Signals go through c.pidfd only: it was checked against the recorded start time, so it can never
 * name another process that got the same number.
 */
#ifndef BERTH_CMD_CONTAINER_H
#define BERTH_CMD_CONTAINER_H

#include "../lib/arena.h"
#include "../lib/err.h"
#include "../state/state.h"
#include "cmd.h"

struct container {
	struct arena arena;   /* owns the strings of rec; free for the command's own use */
	struct state_dir dir;
	struct record rec;
	enum status status;
	int pidfd;	      /* the live init (created, running, paused; perhaps creating), or -1 */
	int conn;	      /* to the berth-init that waits for its start, with CONTAINER_CONNECT, or -1 */
};
#define CONTAINER_INIT { .dir = STATE_DIR_INIT, .status = STATUS_STOPPED, .pidfd = -1, .conn = -1 }
void container_close(struct container *c);
#define CLEANUP_CONTAINER __attribute__((cleanup(container_close)))

enum {
	CONTAINER_LOCK = 1 << 0,   /* take the exclusive lock: waits for a command that holds it */
	CONTAINER_FREEZER = 1 << 1, /* tell paused from running (costs a few system calls more) */
	/* the command may have to talk to systemd when the container has that driver: always, for users without
	 * privileges only, with hooks of the start only */
	CONTAINER_UNIT = 1 << 2,
	CONTAINER_ENTER = 1 << 3,
	CONTAINER_HOOKED = 1 << 4,
	CONTAINER_CONNECT = 1 << 5, /* keep the connection by which a created one was known */
};

/* Open the folder, read the record, look at the process. The status is never `paused` without
 * CONTAINER_FREEZER. Unknown id: `container "ID" does not exist`, e->eno == ENOENT. A folder without a
 * record (its create was killed, or is at its very beginning) is an error with e->eno == EAGAIN; c->dir
 * is open then. */
int container_open(struct container *c, const struct globals *g, const char *id, unsigned flags,
		   struct err *e);

/* Refuse a status that is not in `allowed`. Stopped gives `container not running`, any other one
 * `cannot VERB container "ID" in state STATUS`. */
#define STATUS_BIT(s) (1u << (s))
int container_require(const struct container *c, unsigned allowed, const char *verb, struct err *e);

/* The config that create read, decoded (it was checked then). In c->arena; NULL with *e. */
struct spec_config *container_config(struct container *c, struct err *e);

/* A directory fd of the container's cgroup, owned by the caller. -1 with *e: it has none (driver
 * disabled; `cannot VERB container "ID": it has no cgroup`) or it is gone (`container not running`). */
int container_cgroup(const struct container *c, const char *verb, struct err *e);

#endif
