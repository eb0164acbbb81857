/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * berth-init: carries out the steps of a plan from inside the container (../plan/format.h).
 *
 * Rules of this program: no heap, no stdio, no library beyond libc's system call wrappers; each fd is
 * close-on-exec; the umask is 0 until STEP_READY, so that modes are exact; a path of the image is resolved
 * in path.c and nowhere else, and what was resolved is used through its fd; an error ends the process.
 * A step is one function in the table of main.c: 0, or -1 after fail().
 */
#ifndef BERTH_INIT_INIT_H
#define BERTH_INIT_INIT_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../plan/format.h"

/* struct rlimit64 of the kernel */
struct limit {
	uint64_t soft, hard;
};

struct init {
	int sync;		 /* where reports go: SYNC, later the connection of `berth start` */
	struct plan_head *head;	 /* the block, validated, lists relocated */
	struct plan_step *steps;
	char *data;
	int *fds;		 /* the fds that came with it; -1: taken */
	uint32_t step;		 /* index of the step that runs */
	struct plan_report why;	 /* filled in by fail() */

	int root;		 /* the container's root, O_PATH; -1: not opened */
	int proc;		 /* root of a procfs that we made or proved, O_PATH; -1 */
	int dev, pts;		 /* the container's /dev and devpts, O_PATH; -1 */
	bool dev_is_ours;	 /* /dev is a fresh mount: nobody else can have changed it */
	bool dev_on_top;	 /* and nothing can have been mounted over it */
	int mask_file, mask_dir; /* mounts that later masks are clones of; -1 */
	uint64_t propagation;	 /* of every mount since STEP_ROOT_PROPAGATION; 0: none said */
	bool root_elsewhere;	 /* the root is attached at its own place, not over "/" */
	bool groups_denied;	 /* the user namespace that we joined allows no setgroups(2) */
	bool inside;		 /* our "/" is no longer the runtime's: names under it are the container's */

	mode_t umask;		 /* inherited */
	uint64_t ignored;	 /* signals that were ignored when we started, bit n-1 */
	struct limit nofile;	 /* to give back when files_raised */
	bool files_raised;
	bool cwd_denied;	 /* STEP_CWD met EACCES and is due again as the user */
	bool unblocked;		 /* the signal mask is empty */
	bool exec_told;		 /* everything before execve(2) was done */
	char exe[PATH_MAX];	 /* what STEP_LOOKUP found */
	char home[PATH_MAX + 8]; /* "HOME=..." */
};

typedef int step_fn(struct init *in, const struct plan_step *s);

/* What a data offset of a kind must be; the rows are in main.c, the checks in read.c. */
enum data_kind {
	D_NONE,
	D_STR,
	D_LIST,	  /* or 0 */
	D_BYTES,  /* num bytes */
	D_GROUPS, /* num u32 */
	D_FILTER, /* num struct sock_filter */
	D_NODES,  /* val0 bits, or 0 */
};
struct step_row {
	step_fn *run;
	uint8_t str[3]; /* enum data_kind */
};
const struct step_row *step_row(unsigned kind); /* NULL: no such kind */

/* main.c: note why the step fails; text may be NULL. Returns -1. */
int fail(struct init *in, enum plan_detail detail, int err, const char *text);
/* End the process, also when a filter refuses exit_group(2). */
_Noreturn void die(void);

/* read.c: receive and validate the block. 0, or -1 after fail(). */
int plan_receive(struct init *in);
static inline const char *plan_text(const struct init *in, uint64_t off)
{
	return in->data + off;
}
/* List at `off` as an argv; *n gets its length when not NULL. Offset 0: an empty list. */
char **plan_argv(const struct init *in, uint32_t off, uint64_t *n);
/* The next step of a kind after the current one, or NULL. */
const struct plan_step *plan_next(const struct init *in, enum plan_kind kind);
/* Take over the step's fd. -1: none, or taken before. */
int plan_take_fd(struct init *in, const struct plan_step *s);

/* sync.c */
void report_as(struct init *in, enum plan_msg msg, int step, int value, int fd);
static inline void report(struct init *in, enum plan_msg msg, int value, int fd)
{
	report_as(in, msg, (int)in->step, value, fd);
}
_Noreturn void give_up(struct init *in);		 /* report in->why and end */
_Noreturn void lost(struct init *in, int err);		 /* no word came or went; 0: berth is gone, none is to be said */
void warn(struct init *in, enum plan_detail detail, int err, const char *text);
bool take_cmd(int sock, enum plan_cmd_type type); /* the next command is this one; else errno or, at end of file, 0 */
void wait_cmd(struct init *in, enum plan_cmd_type type); /* ends the process on end of file */
int send_fd(int sock, const void *data, size_t len, int fd);

/* path.c: the only code that resolves names of the image. `base` is a directory that is as good as a root:
 * no "..", link or mount leads above it. fds are O_PATH unless flags say more. -1 with errno. */
enum {
	PATH_DIR = 1,	   /* what is missing becomes a directory, else a file */
	PATH_NO_LINKS = 2, /* no part may be a symbolic link */
};
int path_open(int base, const char *path, int flags, uint64_t resolve);
/* Open; make what is missing. *ret_made (may be NULL) tells. */
int path_make(int base, const char *path, unsigned opts, bool *ret_made);
/* Open the directory that `path` is in, made when missing; `base` itself (not to be closed) for a path without
 * a slash. *ret_name points at the last part, one real name, inside `path`. */
int path_parent(int base, const char *path, const char **ret_name);
/* The container's root; opened on first use when no STEP_ROOT was done (exec). */
int path_root(struct init *in);

/* proc.c: files of a procfs that is the real one. -1 with errno. */
int proc_root(struct init *in);
int proc_open(struct init *in, const char *path, int flags);
int proc_open_self(struct init *in, const char *name, int flags);
int proc_write(int fd, const char *text); /* one write(2); closes fd */
bool is_fs(int fd, long magic);

/* Others that are used across files. */
int become(struct init *in, uint64_t uid, uint64_t gid, bool drop_groups); /* cred.c */
int not_dumpable(struct init *in);			     /* cred.c */
int mask_over(struct init *in, int target, bool dir);	     /* mask.c */
int copy_up(int from, int to);				     /* copyup.c: errno on failure */
int exec_prepare(struct init *in);			     /* exec.c */
void to_decimal(char *p, unsigned n);			     /* hook.c: at most 11 bytes */
void signals_note(struct init *in);			     /* signals.c */
void signals_default(struct init *in);
void signals_fresh(struct init *in);
void signals_wait(bool on);

/* Leaves errno as it is. */
static inline void drop_fd(int *fd)
{
	extern int close(int);
	int err = errno;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = err;
}

/* For what nobody waits to see closed: the first numbers stay in use until #3, where all go at once. */
extern int leave_below;
static inline void leave_fd(int *fd)
{
	if (*fd >= leave_below)
		drop_fd(fd);
	*fd = -1;
}

/* One declaration for each step; main.c has the table. */
step_fn step_ns_join, step_unshare, step_fork, step_trees, step_map_wait, step_time_offsets, step_setsid, step_keyring,
	step_loopback, step_sync, step_hostname;
step_fn step_root_propagation, step_root, step_root_readonly, step_pivot, step_root_keep;
step_fn step_mount_fs, step_mount_bind, step_remount;
step_fn step_proc_private, step_sysctl, step_apparmor, step_selinux;
step_fn step_dev_open, step_device, step_symlink, step_console, step_hook, step_mask, step_readonly;
step_fn step_home, step_cwd, step_lookup, step_ready, step_exec;
step_fn step_rlimit, step_umask, step_sched, step_ioprio, step_personality, step_mempolicy, step_affinity,
	step_stdio_owner;
step_fn step_cap_bounding, step_user, step_caps, step_no_new_privs, step_seccomp;

#endif
