/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state folder: what must survive between two calls.
 *
 *	ROOT/            0700, ours, no link; default /run/berth, rootless $XDG_RUNTIME_DIR/berth
 *	ROOT/ID/         0700; its existence reserves the id; flock(2) on it orders the commands
 *	ROOT/ID/state.json   the record below; written under another name and renamed
 *	ROOT/ID/config.json  the bundle's config as it was read by create
 *	ROOT/ID/cgroup       link whose text says which cgroup was made: until the record says so too, and should
 *	                     the record be damaged
 *	ROOT/ID/start.sock   berth-init waits here between create and start; removed by start
 *	ROOT/.seccomp/   compiled filters (security.h)
 *
 * A container's process is the pair (pid, start time); a bare pid is never trusted.
 */
#ifndef BERTH_STATE_STATE_H
#define BERTH_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../spec/config.h"
#include "../cgroup/cgroup.h"
#include "../lib/arena.h"
#include "../lib/err.h"

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };
const char *status_name(enum status s);

/* The resctrl groups of a container (linux.intelRdt). */
enum { RDT_GROUP = 1, RDT_MONITOR = 2 };
struct rdt_ref {
	const char *group; /* name of its group, "/": the default one, NULL or "": none */
	unsigned made;	   /* RDT_*: what berth made for this container alone, and removes with it */
};

/* state.json. Strings live in the arena it was read into or belong to the caller. */
struct record {
	const char *id;
	const char *oci_version; /* that the state complies with */
	const char *bundle;	 /* absolute */
	const char *rootfs;	 /* absolute */
	const char *created;	 /* RFC 3339, UTC, nanoseconds */
	const char *owner;	 /* user name or number of who made it */
	pid_t pid;		 /* 0: none yet */
	uint64_t start_time;	 /* of pid, field 22 of /proc/PID/stat */
	uint64_t pid_inode;	 /* of a pidfd of it, no other process's while the machine is up (Linux 6.9, pidfs); before, that
				  * of all pidfds. 0: not known */
	struct cgroup_ref cgroup;
	struct rdt_ref rdt;
	struct kvv annotations;
	uint64_t ns_flags;	 /* CLONE_NEW*: namespaces the container does not share with berth */
	bool no_new_keyring;	 /* create had --no-new-keyring */
	const char *pid_file;	 /* absolute, that create writes; "": none that could be found again */
	/* What of the config later commands have to look at, so that they do not read it otherwise. */
	bool has_process, has_listener, has_start_hook, has_poststart, has_poststop;
	bool created_done;	 /* false: create did not finish ("creating") */
};

/* A container's folder, open and perhaps locked. Zero-initialise with STATE_DIR_INIT. */
struct state_dir {
	int fd;		 /* O_DIRECTORY of ROOT/ID */
	int root_fd;	 /* of ROOT */
	bool locked;
	char id[256];
};
#define STATE_DIR_INIT { .fd = -1, .root_fd = -1 }
void state_dir_close(struct state_dir *d);
#define CLEANUP_STATE_DIR __attribute__((cleanup(state_dir_close)))

/* The state root from --root or the default; refused when it is a link, not ours or open to others.
 * make: create it with its parents. Returns an fd or -1 with *e (ENOENT in e->eno: it does not exist). */
int state_root_open(const char *root_option, bool make, struct err *e);
/* The default: depends on nothing but euid/user namespace and XDG_RUNTIME_DIR. In the arena. */
const char *state_root_default(struct arena *a, struct err *e);

/* [A-Za-z0-9_+.-]{1,255} (NAME_MAX: it names a folder), not starting with '.' or '-'. 0 or -1 with *e. */
int state_check_id(const char *id, struct err *e);

/* Reserve an id: makes ROOT/ID, locks it, and keeps the config in it. EEXIST: `container with id "ID" already exists`. */
int state_dir_create(struct state_dir *d, const char *root_option, const char *id, const char *json, size_t len,
		     struct err *e);
/* Open an existing one; lock: take the exclusive lock, and check that it was not deleted meanwhile.
 * Missing: `container "ID" does not exist`, e->eno == ENOENT. */
int state_dir_open(struct state_dir *d, const char *root_option, const char *id, bool lock, struct err *e);
/* Let other commands at the container, and take the lock again. state_dir_lock(): 0, or -1 with *e; e->eno is
 * ENOENT when it was deleted meanwhile: then nothing of it is ours any more. */
void state_dir_unlock(struct state_dir *d);
int state_dir_lock(struct state_dir *d, struct err *e);
/* Keep what cgroup_create() made, in one system call; for state_read() of a container whose create was killed
 * before it wrote the whole record, and for state_read_note(). */
int state_note_cgroup(struct state_dir *d, const struct cgroup_ref *ref, struct err *e);
/* For a container whose record cannot be read: 1 with the id and the cgroup in *ret and nothing else; 0: no cgroup was
 * noted, so there is none, or its create was killed before; -1 with *e: the note does not say which it is. */
int state_read_note(struct arena *a, struct state_dir *d, struct record *ret, struct err *e);
/* Put what was noted, if anything was, into a record that was written before. 0, or -1 with *e: it cannot be read. */
int state_complete(struct arena *a, struct state_dir *d, struct cgroup_ref *ref, struct err *e);
/* True when another command removed the folder since it was opened. */
int state_dir_gone(const struct state_dir *d);
/* Remove everything in it and itself. Missing parts are no error. */
int state_dir_remove(struct state_dir *d, struct err *e);

/* The record and its text (one JSON object); for state_write() and state_read(). Decoding refuses what is
 * not complete and plausible (e->eno STATE_DAMAGED): the text may have been tampered with. `id`: must be this. */
enum { STATE_DAMAGED = 4096 }; /* no errno: those that fit are what a file system says of its own damage */
char *record_encode(struct arena *a, const struct record *r, size_t *ret_len);
int record_decode(struct arena *a, const char *text, size_t len, const char *id, struct record *ret,
		  struct err *e);
int state_write(struct state_dir *d, const struct record *r, struct err *e);
/* The two halves of it: the text on disk, where no reader sees it, and in its place. */
int state_prepare(struct state_dir *d, const struct record *r, struct err *e);
int state_commit(struct state_dir *d, struct err *e);
/* e->eno == ENOENT: no record (create was killed early). */
int state_read(struct arena *a, struct state_dir *d, struct record *ret, struct err *e);
/* For what is read of record and note: no control characters, and at most so many levels of a cgroup path. */
bool record_is_plain(const char *s);
enum { RECORD_LEVELS_MAX = 4096 };
/* The record of a create that was killed between the two halves of state_write(), and who wrote it. */
bool state_read_prepared(struct arena *a, struct state_dir *d, struct record *ret, pid_t *ret_writer);

/* The status now: looks at the process, start.sock and the cgroup's freezer. *ret_pidfd receives a pidfd of
 * the live init that was checked against start_time, or -1; *ret_conn (may be NULL) a connection to the berth-init
 * that waits for its start, if one does. An enum status, or -1 with *e (e->eno 0) when that cannot be found out, for
 * lack of descriptors or memory: nobody may act on a guess. */
int state_status(struct state_dir *d, const struct record *r, int *ret_pidfd, int *ret_conn, struct err *e);
/* The same without asking the freezer: paused is told as running (or created). */
int state_status_quick(struct state_dir *d, const struct record *r, int *ret_pidfd, int *ret_conn, struct err *e);
/* Start time of a process (field 22 of /proc/PID/stat). 0 or -1 with errno. */
int proc_start_time(pid_t pid, uint64_t *ret);
int pidfd_inode(int pidfd, uint64_t *ret); /* 0, or -1 with errno */

/* The OCI state JSON (runtime.md "State") for hooks and `berth state`. extended adds rootfs, created,
 * owner, and is indented. pid: as the reader sees it; 0 is written as 0. ociVersion is the version that
 * the state complies with, not the one of the config. In the arena. */
char *state_json(struct arena *a, const struct record *r, enum status s, pid_t pid, bool extended,
		 size_t *len);
struct json;
void state_json_put(struct json *j, const struct record *r, enum status s, pid_t pid, bool extended);
/* The same, cut around the pid for STEP_HOOK: text before and after the number. */
void state_json_split(struct arena *a, const struct record *r, enum status s, const char **before,
		      const char **after);

/* Calls fn for each container folder, in name order; fn returns 0 to go on. */
int state_each(const char *root_option, int (*fn)(const char *id, void *ctx), void *ctx, struct err *e);

#endif
