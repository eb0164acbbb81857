/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of runtime/cgroup share and nobody else includes (but their unit tests).
 */
#ifndef BERTH_CGROUP_INTERNAL_H
#define BERTH_CGROUP_INTERNAL_H

#include <linux/bpf.h>

#include "cgroup.h"

/* ---- driver.c: what a driver has to offer ---- */
struct cgroup_driver_ops {
	int (*resolve)(struct arena *a, const struct spec_config *c, const char *id, bool rootless,
		       const char **ret_path, struct err *e);
	int (*create)(struct arena *a, const char *path, const struct spec_config *c, struct cgroup_ref *ref,
		      int *ret_fd, struct err *e);
	int (*clone_begin)(struct cgroup_ref *ref, int cgfd, struct err *e); /* may be NULL, as the next two */
	int (*clone_end)(struct cgroup_ref *ref, int cgfd, struct err *e);
	int (*update)(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res, struct err *e);
	int (*destroy)(const struct cgroup_ref *ref, struct err *e);
	/* of a create that was killed: its path is known, the cgroup (inode) is not; may be NULL */
	int (*remove_leftover)(const struct cgroup_ref *ref, struct err *e);
};
extern const struct cgroup_driver_ops cgroupfs_ops; /* cgroupfs.c */
extern const struct cgroup_driver_ops systemd_ops;  /* systemd.c */

/* ---- path.c ---- */
/* A path below the mount that is safe to walk: starts with '/', has at least one part, no empty, "."
 * or ".." part, no control character, parts <= 255 bytes, the whole < PATH_MAX. 0 or -1 with *e. */
int cg_path_check(const char *path, struct err *e);
/* cgroup_resolve_path() of the cgroupfs driver. */
int cg_path_resolve(struct arena *a, const struct spec_config *c, const char *id, bool rootless,
		    const char **ret_path, struct err *e);
/* The cgroup v2 that a /proc/PID/cgroup names, "" for the root. NULL with *e; one that our cgroup
 * namespace does not show is an error. */
const char *cg_path_of(struct arena *a, const char *file, struct err *e);
/* O_PATH fd of the cgroup2 mount: looked for once, not the caller's to close. */
int cg_root(struct arena *a, struct err *e);
/* Open a directory below a cgroup directory: no links, no other mount, nothing above. */
int cg_open_below(int dirfd, const char *rel, int flags);

/* ---- systemd_inner.c: the cgroup below a scope's own in which a container is ---- */
#define CG_INNER "container"
/* Length of a container's path without that last part; of any other, all of it. */
size_t cg_outer_len(const char *path);
/* The scope's cgroup of a container that is below it; -1 in *ret for any other (ref NULL: none). 0 or -1 with *e. */
int cg_outer(const struct cgroup_ref *ref, int cgfd, int *ret, struct err *e);

/* ---- leftover.c: .remove_leftover of the cgroupfs driver ---- */
int cg_remove_leftover(const struct cgroup_ref *ref, struct err *e);

/* ---- cgroupfs.c: `rel` is a path without its first '/' ---- */
/* The directory of a name in rel, rel[0..len); "" is the mount itself. A fd (O_PATH) or -1 with errno. */
int cg_open_dir(int root, const char *rel, size_t len);
/* Length of rel[0..len) without its last part; 0 when that was the only one. */
size_t cg_parent_len(const char *rel, size_t len);
/* Remove so many levels of rel, from its end, and further up those that have berth's mark, as far as they are empty: one
 * that others use by now ends it. 0, or -1 with errno when it was for another reason. */
int cg_remove_levels(int root, const char *rel, size_t len, unsigned levels);

/* ---- cgroupfs.c ---- */
/* 0 when a process may be born in the cgroup as far as the freezer is concerned; existed: before berth came. */
int cg_check_frozen(int cgfd, const char *path, bool existed, struct err *e);

/* ---- claim.c: the mark of the container that was put into the cgroup last, and of levels that berth made ---- */
/* Leaves ref->mark there. Where an earlier container left one, ref->made becomes what that one had made. 0 or -1 with *e:
 * nothing was changed. */
int cg_claim(int cgfd, struct cgroup_ref *ref, struct err *e);
/* 1: another container's mark is there; 0: none, which is nobody's, or ours; -1 with errno. */
int cg_claimed_by_another(int cgfd, const struct cgroup_ref *ref);
void cg_claim_end(int cgfd);
/* A level that was just made, above the container's own; dir may be O_PATH. 0, or -1 with errno. */
int cg_level_mark(int dir);
int cg_level_is_ours(int dir); /* 1: it has that mark, 0, or -1 with errno */

/* ---- events.c: cgroup.events and the wait for a change of it ---- */
enum cg_event { CG_POPULATED, CG_FROZEN };
/* 1, 0, or -1 with errno. */
int cg_event_read(int cgfd, enum cg_event event);
/* Wait until the event has this value. 0, or -1 with errno (ETIMEDOUT; ENODEV: the cgroup is gone).
 * events_fd: cgroup.events, opened before the change was asked for, so that no notification is missed. */
int cg_event_wait(int events_fd, enum cg_event event, int value, int64_t deadline_ms);

/* ---- tree.c: cgroups below one, without links, with a bounded number of fds at any depth ---- */
typedef int cg_visit_fn(int cgfd, void *ctx, struct err *e);
int cg_tree_walk(struct arena *a, int cgfd, cg_visit_fn *fn, void *ctx, struct err *e);
/* Remove all cgroups below, deepest first. 0, or -1 with errno (EBUSY: one is still populated when the
 * deadline has passed). */
int cg_tree_remove_below(int cgfd, int64_t deadline_ms);

/* ---- convert.c: pure ---- */
/* cpu.shares (cgroup v1, 2..262144) -> cpu.weight (1..10000). */
uint64_t cg_weight_from_shares(uint64_t shares);
/* blkio.weight (10..1000) -> io.weight (1..10000). */
uint64_t cg_io_weight_from_blkio(uint64_t weight);
/* A limit in bytes as cgroup v2 writes it: -1 is "max". buf: at least 24 bytes. */
const char *cg_limit_text(int64_t v, char *buf);
/* memory.swap of the spec (memory and swap together) -> memory.swap.max. -1: unlimited. Returns NULL,
 * or why it cannot be converted. */
const char *cg_swap_from_v1(struct opt_i64 limit, int64_t swap, int64_t *ret);

/* ---- controllers.c ---- */
/* Make the files of a controller appear in a cgroup: enable it in the cgroups above. prop: for errors. */
int cg_controller_enable(int cgfd, const char *name, const char *prop, struct err *e);
/* All controllers that the hierarchy has, in all levels above the cgroup `rel` (a path below root without the
 * first slash), as far as that is possible. */
void cg_controllers_offer(int root, const char *rel, int cgfd);
/* Those that this cgroup has itself, to the cgroups below it. */
void cg_controllers_pass_on(int dir);

/* ---- apply.c ---- */
/* cgroup_apply(). commit (may be NULL) is called when all is written; when it fails, what was written is
 * put back, else it is written once more: committing may have touched the files. */
typedef int cg_commit_fn(void *ctx, struct err *e);
int cg_apply(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res, const char *at,
	     cg_commit_fn *commit, void *ctx, struct err *e);

/* ---- resources.c: linux.resources -> what to write, in order; pure ---- */
enum {
	CGW_OPTIONAL = 1 << 0,	 /* the file may be missing */
	CGW_OR_NEXT = 1 << 1,	 /* file present: skip the next write; missing: the next one is for it */
	CGW_RETRY = 1 << 2,	 /* EINVAL: try again after the next write */
	CGW_LINES = 1 << 3,	 /* one write(2) for each line */
	CGW_KEEP_QUOTA = 1 << 4, /* cpu.max: put the first word of the current content in front */
	CGW_KEEP_PERIOD = 1 << 6, /* cpu.max of an update: put the second word of the old content behind */
	CGW_AT_LEAST = 1 << 5,	 /* nothing is written: error when the file's number is above `value` */
};
struct cg_write {
	const char *prop;  /* JSON path, for errors */
	const char *file;
	const char *value;
	const char *key;   /* file of lines: the first word of ours (to put the old line back) */
	const char *reset; /* what undoes it when there was no such line */
	unsigned flags;
	int dir;	   /* the cgroup; set by apply.c */
	const char *also;  /* a file that this write changes as well */
	const char *old, *also_old; /* apply.c: content before */
};
struct cg_writes {
	struct cg_write *v;
	size_t n, cap;
};
int cg_writes_build(struct arena *a, const struct spec_resources *res, const char *at,
		    struct cg_writes *ret, struct err *e);

/* ---- devices.c, devprog.c: linux.resources.devices -> rules -> a BPF program; pure ---- */
struct cg_dev_rule {
	bool allow;
	unsigned type;	      /* BPF_DEVCG_DEV_CHAR, BPF_DEVCG_DEV_BLOCK, 0: both */
	int64_t major, minor; /* -1: any */
	unsigned access;      /* BPF_DEVCG_ACC_* */
};
struct cg_dev_rules {
	struct cg_dev_rule *v;
	size_t n, cap;
	bool allow_all; /* everything is allowed: no filter is needed */
};
struct cg_dev_prog {
	struct bpf_insn *v;
	size_t n, cap;
};
int cg_device_rules(struct arena *a, const struct spec_config *c, struct cg_dev_rules *ret, struct err *e);
int cg_device_program(struct arena *a, const struct cg_dev_rules *rules, struct cg_dev_prog *ret, struct err *e);

/* ---- bpf.c ---- */
/* Attach in place of a filter of ours, or take ours away (p NULL). */
int cg_device_attach(int cgfd, bool fresh, const struct cg_dev_prog *p, struct err *e); /* fresh: has none of ours */

#endif
