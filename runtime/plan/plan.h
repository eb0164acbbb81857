/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan: what berth will do for one command, as data. Made without side effects and without
 * privileges, printed by `berth plan`, and carried out by act/ (host steps) and berth-init (inside
 * steps). Every step names the config property it comes from.
 */
#ifndef BERTH_PLAN_PLAN_H
#define BERTH_PLAN_PLAN_H

#include "../../spec/config.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "format.h"

/* Facts about the host and the call that a plan depends on; gathered by act/facts.c, made up in
 * tests. */
struct plan_facts {
	unsigned kernel_major, kernel_minor;
	bool rootless;		  /* euid != 0, or root of a user namespace that is not the first one */
	int last_cap;		  /* highest capability number of this kernel */
	const char *cgroup_mount; /* where cgroup2 is mounted; for `berth plan` only, or NULL */
	const char *bundle;	  /* absolute path */
	const char *id;
	bool apparmor_enabled, selinux_enabled;
	bool resctrl_mounted;	  /* asked only for a config with intelRdt */
	bool unprivileged;	  /* no CAP_SYS_ADMIN in our user namespace; so we need a new one, and can map there
				   * nothing but ourselves without help */
	uint32_t euid, egid;	  /* set when rootless */
	bool trees_inside;	  /* mounts cannot be cloned in our mount namespace, it belongs to another user */
	bool setgroups_denied;	  /* /proc/self/setgroups says "deny" */
};

/* What the command line asks for beyond the config. */
struct plan_request {
	bool no_pivot, no_new_keyring;
	const char *created;	/* when the container was created: part of the name of its keyring; or NULL */
	bool wait_for_start;	/* create: READY waits on a listening socket; run: on SYNC */
	unsigned preserve_fds;
	bool console_to_caller; /* run in the foreground without a console socket (for the printer) */
	bool cgroup_disabled;	/* --cgroup-manager disabled */
	const char *cgroup_path; /* what cgroup_resolve_path() says; NULL when disabled */
	unsigned listen_fds;	/* LISTEN_FDS of the caller, 0: none; the container's env gets it too */
	/* State JSON for the hooks that run inside, cut around the pid (state_json_split()), by kind: their
	 * status differs (createContainer "creating", startContainer "created"). NULL: nothing. */
	const char *hook_state_before[HOOK_KINDS], *hook_state_after[HOOK_KINDS];
};

/* How act/ gets the fd number i of the plan, before the clone. */
enum plan_fd_kind {
	PFD_NS,		/* path: open the namespace file and check its type (num: enum ns_kind), and with
			 * `changed` that it is not the runtime's own */
	PFD_PIDFD,	/* the container's init (exec) */
	PFD_ROOT,	/* its root directory (exec) */
	/* These three are opened, and cloned by STEP_TREES, when the plan has such a step: */
	PFD_TREE,	/* path: open_tree(OPEN_TREE_CLONE), num: 1 recursive; the rootfs and bind sources.
			 * The planner does not know whether it is a directory: act/ sets STEP_F_DIR */
	PFD_DEVICE,	/* path: a device node of the host, cloned to bind it (user namespaces) */
	PFD_CGROUP,	/* the container's cgroup directory of the host, cloned (no cgroup namespace); the host's hierarchy
			 * for a container without a cgroup */
	PFD_LISTEN,	/* the listening socket in the state folder */
	PFD_PTY_SLAVE,	/* a pty of the host's /dev/ptmx; act/ keeps the master */
	PFD_IDMAP,	/* a user namespace with the maps of `idmap`, for a mount that berth-init makes */
};

/* The ids of an id-mapped mount: those of uid_map and gid_map, in which containerID is the id in the file system
 * and hostID the one that the mount shows; or those of the user namespace at `path`. */
struct plan_idmap {
	const struct id_mappings *uid, *gid;
	const char *path;   /* NULL: uid and gid count */
	bool recursive;	    /* the mounts below it too */
	const char *origin; /* JSON path of what asks for it */
};
struct plan_fd {
	enum plan_fd_kind kind;
	const char *path; /* bind sources: absolute, or made absolute from the bundle */
	unsigned num;
	size_t step;	   /* the inside step that uses it */
	const char *origin;
	const struct plan_idmap *idmap; /* PFD_IDMAP; of others, act/ maps the ids of the mount; or NULL */
	const char *changed; /* JSON path of what would change the namespace for all who are in it, or NULL */
	int fd;		   /* -1 until act/ opened it; owned by the plan: plan_close_fds() */
};

/* Does this config want its cgroup given to the container's user, to which uid of the host, and which of its mounts
 * says so? */
bool plan_cgroup_owner(const struct spec_config *c, uint32_t *ret_uid, size_t *ret_mount);

/* Host steps, in order; act/ performs them, the printer prints them. */
enum host_step_kind {
	HOST_STATE_DIR,	   /* the container's folder, state "creating" */
	HOST_CGROUP,	   /* text: cgroup path below the mount, with systemd below the manager's own cgroup */
	HOST_RESOURCES,	   /* limits, text: summary */
	HOST_DEVICE_FILTER,
	HOST_RDT,	   /* resctrl groups; text: group and what it gets */
	HOST_CGROUP_OWNER, /* num: uid on the host */
	HOST_OPEN_FDS,	   /* the fds of the plan */
	HOST_CLONE,	   /* num: CLONE_* flags of clone3(2) */
	HOST_MAPS,	   /* uid_map, gid_map at sync #1; num: 1: setgroups is denied first; text: "newuidmap" when
			    * that and newgidmap write what is more than our own ids */
	HOST_OOM_SCORE,	   /* num: value */
	HOST_NET_DEVICES,
	HOST_HOOKS,	   /* num: enum hook_kind */
	HOST_INSIDE,	   /* here the inside steps run */
	HOST_RDT_JOIN,	   /* the process into its resctrl groups */
	HOST_CONSOLE,	   /* hand over the pty master */
	HOST_PID_FILE,
	HOST_STATE,	   /* state "created" */
	HOST_START,	   /* tell berth-init to go on (start, run) */
	HOST_STEP_KINDS
};
struct host_step {
	enum host_step_kind kind;
	int64_t num;
	const char *text;
	const char *origin;
};

/* One inside step before it is laid out as a block. */
struct inside_step {
	struct plan_step s;  /* str[] are final data offsets */
	const char *origin;  /* JSON path, e.g. "mounts[3]" or "process.capabilities", or "runtime" */
	const char *note;    /* what a reader should see beside it ("/data", "tmpfs on /dev"); may be NULL */
};

struct plan {
	struct arena *arena;
	struct host_step *host;	    size_t nhost, cap_host;
	struct inside_step *inside; size_t ninside, cap_inside;
	struct plan_fd *fds;	    size_t nfds, cap_fds;
	char *data;		    size_t data_len, cap_data;
	const struct spec_config *config; /* what was planned; borrowed */
	const char *id;
	uint64_t clone_flags;	    /* namespaces for clone3(2) */
	bool device_filter;	    /* berth makes one, and STEP_SYNC_FILTER waits for it */
	size_t trees_step;	    /* index of STEP_TREES, or SIZE_MAX: its list is filled in by plan_set_trees() when
				     * the files were looked at */
	size_t seccomp_step;	    /* index of STEP_SECCOMP, or SIZE_MAX: its filter is filled in by
				     * plan_set_seccomp() when the filter was compiled */
};

/* Plan a create (or run) of a checked config. 0, or -1 with *e set: what the config asks for cannot
 * be done on this host (named by its JSON path). Strings are borrowed from the config. */
int plan_create(struct plan *p, struct arena *a, const struct spec_config *c, const struct plan_request *r,
		const struct plan_facts *f, struct err *e);

/* Plan an exec of `proc` in the container that `c` describes. `ns_flags`: the CLONE_NEW* namespaces
 * that the container does not share with us. proc members that exec inherits (capabilities, ...) are
 * already filled in by the caller. */
int plan_exec(struct plan *p, struct arena *a, const struct spec_config *c, const struct spec_process *proc,
	      uint64_t ns_flags, const struct plan_request *r, const struct plan_facts *f, struct err *e);

/* Put a compiled filter into the plan; `prog` is copied. flags: SECCOMP_FILTER_FLAG_*. */
void plan_set_seccomp(struct plan *p, const void *prog, uint32_t count, uint64_t flags, bool listener);

/* Put the list of STEP_TREES into the plan: nfds strings, see plan/format.h. */
void plan_set_trees(struct plan *p, const char *const *slots);

/* Can the map be written without privileges: is it about nobody but `own`? */
bool plan_maps_only(const struct id_mappings *m, uint32_t own);

/* The flat block for berth-init, in the plan's arena. */
void *plan_block(struct plan *p, size_t *ret_size);
void plan_close_fds(struct plan *p);

/* Words for a failure report of berth-init: sets *e from the step it names. exit_code 126/127 for an
 * executable that cannot be run. */
int plan_explain(const struct plan *p, const struct plan_report *r, struct err *e);
const char *plan_step_name(unsigned kind);	  /* "mount", "pivot", ... NULL when out of range */
const char *plan_host_step_name(enum host_step_kind k);

/* `berth plan`: text for people, or JSON. Returns text in the plan's arena. */
char *plan_print_text(const struct plan *p, size_t *len);
char *plan_print_json(const struct plan *p, size_t *len);

/* runtime/plan/build.c, for the files that build parts of a plan. Data is appended and its offset
 * returned; equal strings are not shared. */
uint32_t plan_str(struct plan *p, const char *s); /* NULL or "": 0 */
uint32_t plan_blob(struct plan *p, const void *data, size_t len);
uint32_t plan_list(struct plan *p, const char *const *v, size_t n);
struct inside_step *plan_inside(struct plan *p, enum plan_kind kind, const char *origin);
struct host_step *plan_host(struct plan *p, enum host_step_kind kind, const char *origin);
int32_t plan_add_fd(struct plan *p, enum plan_fd_kind kind, const char *path, unsigned num, size_t step,
		    const char *origin);

#endif
