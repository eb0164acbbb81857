/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files that make a plan share. Each of them adds steps for one part of the config; create.c
 * and exec.c call them in order. Nothing here makes a system call.
 */
#ifndef BERTH_PLAN_BUILD_H
#define BERTH_PLAN_BUILD_H

#include "../../spec/spec.h"
#include "plan.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define NO_INDEX SIZE_MAX

/* What the process gets: process.env, the last entry of each name, and what berth adds. */
struct environment {
	const char **v;
	size_t n;
	const char *path; /* the value of PATH, or NULL */
	bool home;
};

/* Everything that is decided before the first step is made, and borrowed by all parts. */
struct build {
	struct plan *p;
	const struct spec_config *c;
	const struct spec_process *proc; /* NULL: the config has none */
	const struct plan_request *r;
	const struct plan_facts *f;
	bool exec;
	bool userns;	   /* the container has a user namespace of its own, new or joined */
	bool shares_mounts; /* it has no mount namespace of its own: one that is there until the root is done */
	bool setgroups;	   /* setgroups(2) is allowed there */
	bool keep_groups;  /* the caller's groups are to stay: an annotation, see plan_groups_flag() */
	uint32_t setup_uid, setup_gid; /* who berth-init is there until it becomes the user of the process */
	bool bind_devices; /* mknod(2) is not: device nodes of the host are bound instead */
	const char *label; /* the property that asks for a security label, written through procfs, or NULL */
	struct environment env;
	struct mount_plan *mounts; /* mounts.c: what each mount is, in the order of the config */
	size_t dev, proc_mount, pts; /* the mount that makes /dev, /proc, the devpts, or NO_INDEX */
	bool dev_foreign;  /* /dev is a directory or file system of the host: nothing is made in it unasked */
};

/* origin of a step that no property asked for: "runtime: why" */
#define RUNTIME "runtime: "

/* STEP_F_SETGROUPS, or 0 where groups cannot be changed or the caller's are kept. The latter is asked for by the annotation
 * run.oci.keep_original_groups, "1" or "true": podman's --group-add keep-groups, for a user whose supplementary groups
 * open files on the host and have no number in the user namespace. */
uint16_t plan_groups_flag(const struct build *b);

/* JSON paths of list members, in the plan's arena. */
const char *at_index(struct build *b, const char *list, size_t i);
const char *at_member(struct build *b, const char *list, size_t i, const char *member);
const char *sysctl_origin(struct build *b, size_t i);

/* plan_inside() with a string for str[0] and a note; both may be NULL. */
struct inside_step *add_step(struct build *b, enum plan_kind kind, const char *origin, const char *str0);

/* Which entries of a list come again later, comparing up to (not including) the character `end`, or whole
 * strings with '\0'. Returns n flags. Sorting, so that a hostile list costs no more than a long one. */
bool *list_shadowed(struct arena *a, const char *const *v, size_t n, char end);

/* A destination as the container's root sees it, without ".", ".." and doubled slashes; "/" for the root.
 * Only for comparing: links are not followed. */
const char *clean_path(struct arena *a, const char *path);
/* Is `path` equal to `dir` or below it? Both clean. */
bool path_below(const char *path, const char *dir);

int build_init(struct build *b, struct err *e);
int build_finish(struct build *b, struct err *e);

int plan_namespaces(struct build *b, struct err *e);
int plan_identity(struct build *b, struct err *e);	/* session, keyring, host name, clocks, "lo" */
int plan_mounts_prepare(struct build *b, struct err *e); /* looks at all mounts, adds no step */
int plan_rootfs(struct build *b, struct err *e);
bool plan_root_is_shared(const struct build *b);	/* linux.rootfsPropagation */
int plan_mounts(struct build *b, struct err *e);
int plan_dev(struct build *b, struct err *e);		/* right after the mount that makes /dev */
int plan_devices_elsewhere(struct build *b, struct err *e);
int plan_console(struct build *b, struct err *e);
void plan_container_hooks(struct build *b, enum hook_kind kind);
void plan_paths(struct build *b);
void plan_pivot(struct build *b);
void plan_root_keep(struct build *b); /* the root of a container that has no mount namespace of its own */
#define PROPAGATION_WANTS_NAMESPACE "propagation requires a mount namespace of the container's own"
int plan_process_find(struct build *b, struct err *e);	/* HOME, cwd, the executable */
int plan_process_run(struct build *b, struct err *e);	/* what start does: limits to exec */
void plan_proc_private(struct build *b, const char *origin);
int plan_scheduling(struct build *b, struct err *e);	/* attributes.c */
int plan_memory_policy(struct build *b, struct err *e);
int plan_personality(struct build *b, struct err *e);
int plan_affinity(struct build *b, const char *list, const char *origin, struct err *e);

void plan_host_create(struct build *b); /* host.c */
const char *plan_filter_origin(const struct build *b); /* why there is one of devices */
void plan_host_exec(struct build *b);

#endif
