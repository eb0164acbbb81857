/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroups v2, one interface for all drivers (cgroupfs, systemd, disabled).
 *
 * A cgroup is named by its path below the cgroup2 mount ("/docker/ID"), and acted on only through a
 * directory fd. berth kills and freezes only a cgroup that it made itself or that was empty when the
 * container was put into it, and removes only what it made: the inode number of the directory is stored
 * with the container and compared before anything destructive, and the directory has the mark of the
 * container that was put into it last (claim.c): for an earlier one, that ended and was not deleted, it counts
 * as gone. Levels above that berth made are marked as well, and go with the last container below them. The root of the
 * hierarchy is never touched.
 */
#ifndef BERTH_CGROUP_CGROUP_H
#define BERTH_CGROUP_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../spec/config.h"
#include "../lib/arena.h"
#include "../lib/err.h"

enum cgroup_driver { CGROUP_CGROUPFS, CGROUP_SYSTEMD, CGROUP_DISABLED };
const char *cgroup_driver_name(enum cgroup_driver d);
int cgroup_driver_parse(const char *s, enum cgroup_driver *ret); /* 0 or -1 */

/* While a container is made with the systemd driver: see systemd_hold.c. Never stored. */
struct cgroup_holder {
	pid_t pid; /* 0: none */
};

/* What the state file keeps about a container's cgroup. */
struct cgroup_ref {
	enum cgroup_driver driver;
	const char *path;  /* below the mount, starts with '/'; "" when disabled */
	uint64_t inode;	   /* of the directory, which was made by us or empty when we took it; 0: none */
	unsigned made;	   /* how many levels of `path`, counted from its end, we made; 0: an empty cgroup
			    * that existed is used: killed and frozen like ours, never removed */
	const char *scope; /* systemd unit, or "" */
	bool fresh;	   /* this call made it, so nothing of an earlier container is in it; never stored */
	bool intended;	   /* there was no such cgroup yet and we were about to make it (inode is 0); systemd: only after a
			    * create that failed and may have left the unit */
	const char *mark;  /* given by the caller, the same for all calls of a container: part of the description
			    * of its unit; never stored here (it is when the container was created) */
	struct cgroup_holder holder;
};

/* Where cgroup2 is mounted: "/sys/fs/cgroup", "/sys/fs/cgroup/unified" or as mountinfo says. Returns
 * a path in the arena or NULL with *e set (no cgroup2 at all; says so for a pure v1 host). */
const char *cgroup_mount_path(struct arena *a, struct err *e);

/* The path a container gets: linux.cgroupsPath or, when absent or "", "/berth-ID". A relative path
 * counts from the mount as well ("system.slice:docker:ID" without the systemd driver is a name like any
 * other). Rootless, the default and relative paths are below our own cgroup, which is read from
 * /proc/self/cgroup; else nothing is read. Refuses "/", "." and ".." parts, control characters, and
 * (systemd) malformed slice:prefix:name and org.systemd.property annotations; the path is then below the
 * cgroup of the manager, and cgroup_create() finds out the whole. "" for CGROUP_DISABLED. */
int cgroup_resolve_path(struct arena *a, const struct spec_config *c, const char *id, enum cgroup_driver d,
			bool rootless, const char **ret_path, struct err *e);

/* For a create that may be killed at any instant: how many levels of this path there are not yet (cgroupfs driver; else
 * 0). When the record says `intended`, with that number in `made`, cgroup_remove_leftover() removes those that the
 * killed create made; one with a process or a child in it is somebody else's by now and stays. systemd driver: it stops
 * the unit that carries our mark. 0, or -1 with *e: there may be something left. */
unsigned cgroup_missing(enum cgroup_driver d, const char *path);
int cgroup_remove_leftover(const struct cgroup_ref *ref, struct err *e);

/* Make the cgroup (and parents); use one that exists only when it is empty: refused when it holds
 * processes (also further below), is frozen, or enables controllers for children. Refuses limits of the
 * config (may be NULL) that cannot be applied on v2 before anything is made. Controllers are enabled by
 * cgroup_apply(). e->eno tells a caller without rights (EACCES, EPERM, EROFS). On success *ref is
 * filled in (strings in the arena) and *ret_fd is an O_RDONLY|O_DIRECTORY|O_CLOEXEC fd of it (-1 when
 * disabled), owned by the caller; of what *ref held before, only the mark counts. On failure nothing that
 * was made is left, or ref->intended says that cgroup_remove_leftover() has to be called. cgroupfs, rootless: where we may make
 * no cgroup and the config asks for no place and no limits, the container does without: as disabled. */
int cgroup_create(struct arena *a, enum cgroup_driver d, const char *path, const struct spec_config *c,
		  struct cgroup_ref *ref, int *ret_fd, struct err *e);

/* Right before a process is cloned into the cgroup, and right after the first one was: a new systemd scope
 * is kept alive by a process of ours until then. cgroup_clone_begin() also sees to it that a rootless berth
 * is where it may clone into the cgroup. Nothing for other drivers. */
int cgroup_clone_begin(struct cgroup_ref *ref, int cgfd, struct err *e);
int cgroup_clone_end(struct cgroup_ref *ref, int cgfd, struct err *e);
/* The clone failed with the error *e, which gets the reason when that is a threaded cgroup. Returns -1. */
int cgroup_clone_failed(const struct cgroup_ref *ref, int cgfd, struct err *e);

/* A pids.max that is too low for what happens while a container is made is raised before the clone and put
 * back when the container is created; for any other this does nothing. */
struct cgroup_room {
	long limit, outer; /* what is put back, there and in the scope's cgroup above it; as they are after
			    * cgroup_room_make() only */
	bool made, outer_made;
};
int cgroup_room_make(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res,
		     struct cgroup_room *ret, struct err *e);
int cgroup_room_end(const struct cgroup_ref *ref, int cgfd, struct cgroup_room *room, struct err *e);

/* Write limits. Device rules are not part of it. Absent members are not touched. Refuses what v2
 * cannot express, naming the JSON path (`at`: "linux.resources" or "" for an update document). A
 * file that is missing gets its controller enabled in the cgroups above; a controller that is not
 * available is an error that names it. For an update (`at` is "") it is atomic in effect: when one value
 * is refused, those already written are put back. */
int cgroup_apply(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res, const char *at,
		 struct err *e);
/* The same for an update of a container: also the driver (systemd) learns the new limits, or nothing is
 * changed. */
int cgroup_update(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res, struct err *e);

/* What the device filter decides: the rules in order over "deny all", after them the devices of linux.devices that
 * the rules do not speak of, and the defaults that engines rely on (mknod of anything, the default devices, pts,
 * ptmx). Pure; in the arena; NULL with *e. */
struct cg_dev_rules;
const struct cg_dev_rules *cgroup_device_rules(struct arena *a, const struct spec_config *c, struct err *e);

/* Build the filter (BPF_PROG_TYPE_CGROUP_DEVICE) and attach it. Replaces a filter of ours atomically. Rules that allow
 * everything need no filter. Without rules nothing is done: rootless, as the kernel lets only the first user namespace attach
 * one. */
int cgroup_device_filter(int cgfd, const struct cgroup_ref *ref, const struct cg_dev_rules *rules, struct err *e);

/* `type`: 'c' or 'b'. Returns letters out of "rwm" as a set of BPF_DEVCG_ACC_* [linux/bpf.h]. */
unsigned cgroup_device_access(const struct cg_dev_rules *r, char type, int64_t major, int64_t minor);
bool cgroup_device_all(const struct cg_dev_rules *r); /* there is no filter: everything is allowed */

/* "Cgroup ownership" of the spec: changes the owner of the directory and of the files in
 * /sys/kernel/cgroup/delegate, before the process is started. Planned by plan_cgroup_owner(). */
int cgroup_give(int cgfd, uid_t uid, struct err *e);

/* Open the cgroup of a container again; checks the inode. Returns an fd; -1 with *e unset and
 * e->eno == ENOENT when it is gone, or with *e set for real errors. */
int cgroup_open(const struct cgroup_ref *ref, struct err *e);

/* Returns when the kernel confirms (10 s at most). A thaw that was asked for has succeeded too when the cgroup goes
 * before that. */
int cgroup_freeze(int cgfd, bool frozen, struct err *e);
int cgroup_is_frozen(int cgfd);			     /* 1, 0, or -1 with errno */
int cgroup_kill(int cgfd, int sig, struct err *e);    /* SIGKILL: cgroup.kill; else each process once */
/* All process ids of the cgroup and those below it, sorted, in our pid namespace (0 entries skipped). */
int cgroup_pids(struct arena *a, int cgfd, pid_t **ret, size_t *n, struct err *e);

/* Wait until it is empty (processes being killed take a moment), remove cgroups below it and itself and
 * the parents that berth made, for this container or another one, and that are empty. Missing is success. Never touches what
 * berth did not make. */
int cgroup_destroy(const struct cgroup_ref *ref, struct err *e);

/* `berth events`: the object that is the value of "data", written into j (json.h). */
struct json;
int cgroup_stats_json(struct json *j, const struct cgroup_ref *ref, int cgfd, struct err *e);

#endif
