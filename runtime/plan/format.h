/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan as it crosses from berth to berth-init, and the messages between the two. This is the
 * only header of ours that berth-init includes. Both sides are built from the same tree and berth
 * embeds berth-init, so there is no compatibility to keep: PLAN_VERSION only guards against a
 * broken build. berth-init nevertheless reads the block as if it were hostile.
 *
 * The block: struct plan_head, then `nsteps` struct plan_step, then `data_len` bytes of data whose
 * first byte and last byte are NUL. All offsets are relative to the start of the data. Offset 0 is
 * "none" (and reads as the empty string). Three kinds of data:
 *   string  NUL-terminated bytes
 *   list    8-aligned: u64 n, then n+1 u64 slots: n offsets of strings, then 0. berth-init turns the
 *           slots into pointers in place, which makes the slots a char *[] for execve(2).
 *   blob    8-aligned raw bytes; its length is in the step or follows from the kind
 *
 * Sockets. SYNC is a SOCK_STREAM pair. berth-init finds its end at the fd that argv[1] names in decimal:
 * PLAN_SYNC_FD, plus the number of fds that are preserved for the container (they lie between 2 and SYNC;
 * what is above SYNC the exec closes). The first thing on it from berth: struct plan_head, with up to
 * PLAN_FDS_PER_MSG fds as SCM_RIGHTS; while more fds are due, one byte 'F' with the next lot each; then
 * the rest of the block. What follows it (CMD_GO, when there is a device filter) is not read with it: a read ends after the
 * bytes that fds came with, and a plan with a root has at least that one. berth-init makes itself non-dumpable before it receives anything, so that a
 * process of a joined pid namespace cannot reach the fds through /proc, unless it has CAP_SYS_PTRACE in the user
 * namespace that berth-init is in (docs/ARCHITECTURE.md says what that means). From then on fixed records:
 * struct plan_cmd to berth-init, struct plan_report from it (a report may carry one fd). End of file on
 * either side is failure.
 * MSG_FAILED may come after MSG_EXEC, which is sent before a seccomp filter could forbid it: then it counts.
 * After MSG_READY a container that waits for `berth start` first waits for CMD_GO on SYNC (it is on record
 * then), and serves connections on its LISTEN fd with the same two records; a client that goes away before
 * CMD_START is forgotten and the wait goes on.
 */
#ifndef BERTH_PLAN_FORMAT_H
#define BERTH_PLAN_FORMAT_H

#include <stdint.h>

/* A block of at most so many bytes, descriptors included, is received in one piece; tests/fuzz has its own number. */
#ifndef PLAN_FEW
#define PLAN_FEW (16 * 1024)
#endif

enum {
	PLAN_MAGIC = 0x48545242, /* "BRTH" */
	PLAN_VERSION = 1,
	PLAN_SYNC_FD = 3,
	PLAN_MAX_SIZE = 64 * 1024 * 1024,
	PLAN_MAX_STEPS = 500000,
	PLAN_MAX_FDS = 60000,
	PLAN_FDS_PER_MSG = 250, /* below the kernel's SCM_MAX_FD (253) */
	PLAN_REPORT_TEXT = 216,
};

struct plan_head {
	uint32_t magic, version;
	uint32_t size;	   /* of the whole block, this head included */
	uint32_t nsteps;
	uint32_t data_off; /* from the start of the block; = sizeof(head) + nsteps * sizeof(step) */
	uint32_t data_len;
	uint32_t nfds;
	uint32_t flags; /* PLAN_TRACED: MSG_STEP after each step, up to MSG_EXEC */
};
#define PLAN_TRACED 1u

struct plan_step {
	uint16_t kind;	/* enum plan_kind */
	uint16_t flags; /* STEP_*, per kind */
	int32_t fd;	/* index into the fds that were passed, or -1 */
	uint32_t num;
	uint32_t str[3]; /* data offsets */
	uint64_t val[5];
};

/*
 * The steps, in the usual order. "str0: x" says what each member means; members not named are 0.
 * Paths "in root" are resolved with openat2(RESOLVE_IN_ROOT) below the container's root.
 */
enum plan_kind {
	STEP_NONE,
	/* namespaces */
	STEP_NS_JOIN,	 /* fd: namespace fd or pidfd; val0: CLONE_NEW* flags for setns(2). With CLONE_NEWUSER among
			  * them: then become val1:val2 in it, where it maps that; STEP_F_SETGROUPS: setgroups(0)
			  * too, unless the namespace denies it */
	STEP_UNSHARE,	 /* val0: CLONE_NEW* flags */
	STEP_FORK,	 /* continue as a child of our parent (CLONE_PARENT): enters a pid namespace that was
			  * joined or unshared. The old process sends MSG_CHILD with the child's pid as value
			  * (as its own pid namespace sees it) and exits 0. */
	STEP_TREES,	 /* str0: list with a slot for each fd: "" or, for one that is to be cloned in the mount
			  * namespace we are in by now, 'r' (with what is mounted below) or 's' and a path. The
			  * clone takes the place of the fd, which must be the same file */
	STEP_MAP_WAIT,	 /* #1: MSG_MAP_ME, wait CMD_GO; then become val0:val1; STEP_F_SETGROUPS: setgroups(0) too;
			  * STEP_F_DUMPABLE: until then the files of our /proc/PID belong to us */
	STEP_TIME_OFFSETS, /* str0: text for timens_offsets or none; unshares a time namespace first */
	STEP_SETSID,
	STEP_KEYRING,	 /* str0: name of the session keyring; str1: SELinux key label or none */
	STEP_LOOPBACK,	 /* bring "lo" up */
	STEP_SYNC_NS,	 /* #2: MSG_NS_READY, wait CMD_GO (prestart and createRuntime hooks, which may count on
			  * the mounts: comes after them) */
	STEP_SYNC_DEVICES, /* #2, only with network devices: the same, for berth to move them here; before anything of
			  * the namespace is configured, as kernel parameters may be those of a device */
	STEP_SYNC_FILTER, /* wait CMD_GO: the device filter is in force. berth makes it while the steps before this one go
			  * on, which touch no device */
	STEP_HOSTNAME,	 /* str0 */
	STEP_DOMAINNAME, /* str0 */
	/* the root and what is mounted in it */
	STEP_ROOT_PROPAGATION, /* val0: MS_SLAVE or MS_PRIVATE, for every mount of the namespace we are in */
	STEP_ROOT,	 /* fd: detached mount tree of the rootfs; becomes "the root". val0: propagation (MS_*|MS_REC)
			  * set on the tree before it is attached: the clone is a peer of the host's mounts. Attached
			  * over "/"; with str0 (only when hooks run before the pivot, which look for the container
			  * there) on this directory of the runtime namespace, and over "/" when that is refused */
	STEP_MOUNT_FS,	 /* str0: type; str1: destination; str2: list key,value,key,value,... for
			  * fsconfig(2) ("" value = flag); num: enum mount_role; val0: attr set | clear << 32;
			  * val1: recursive attr set | clear << 32; val2: propagation (MS_*|MS_REC) or 0;
			  * fd: a user namespace whose maps the mount gets, or -1; flags: STEP_F_COPYUP,
			  * STEP_F_COPY_MODE, STEP_F_KEEP, STEP_F_ELSE_BIND. val3: 0, or for options longer than
			  * fsconfig(2) takes the MS_* of a mount(2) that does all but val2; the list is then "source", x,
			  * "options", x. val4: 0, or the MS_* of a mount(2) that does all of it and is tried first; the
			  * list is then key,value,...,"source",x and one more, the options for it */
	STEP_MOUNT_BIND, /* fd: detached tree; str1: destination; val0, val1, val2 as above; val3: propagation
			  * that is set after val2, or 0; flags: STEP_F_DIR: a missing destination becomes a
			  * directory, else a file. val2 = 0: the propagation that STEP_ROOT_PROPAGATION gave to the
			  * others */
	STEP_REMOUNT,	 /* str1: destination; val0, val1, val2 as above; str2: fsconfig list for the
			  * superblock (fspick) or none; num: 1 + index of the STEP_MOUNT_FS with STEP_F_KEEP whose
			  * mount is meant, wherever the name leads by now, or 0 */
	STEP_PROC_PRIVATE, /* make a detached procfs for STEP_SYSCTL and STEP_LSM_*: nothing mounts /proc */
	STEP_SYSCTL,	 /* str0: path below sys/ with slashes; str1: value */
	STEP_DEV_OPEN,	 /* open directory "/dev" in root (made when missing); a link is refused */
	STEP_DEVICE,	 /* str0: path in root, or a name in the opened /dev with STEP_F_IN_DEV; val0: S_IFCHR,
			  * S_IFBLK or S_IFIFO | mode; val1: dev_t; val2: uid | gid << 32; fd: detached bind of the
			  * host's node to use instead of mknod, or -1. An existing node must match. */
	STEP_SYMLINK,	 /* str0: target; str1: name in the opened /dev; an existing entry is kept */
	STEP_CONSOLE,	 /* make the terminal. val0: rows | cols << 32 (0: default); fd: slave of a pty of the
			  * host, or -1: the container's devpts; flags: STEP_F_BIND: also mount it on /dev/console.
			  * Sends MSG_CONSOLE with the master (unless fd >= 0); then 0, 1, 2 are the slave and it is
			  * the controlling terminal. Needs STEP_SETSID before. val1: uid that owns the slave. */
	STEP_HOOK,	 /* str0: path; str1: argv list; str2: env list; val0: timeout in s or 0; val1, val2:
			  * offsets of the state JSON before and after the pid; num: enum hook_kind for messages;
			  * STEP_F_AS_PROCESS: the child first does the steps up to STEP_EXEC, so that a hook of the
			  * image has the limits, credentials and filter of the process. No agent answers for it:
			  * what the filter would hand to one fails */
	STEP_MASK,	 /* str0: path in root; nothing there: no error */
	STEP_READONLY,	 /* str0: path in root; nothing there: no error */
	STEP_ROOT_READONLY,
	STEP_PIVOT,	 /* flags: STEP_F_NO_PIVOT: chroot into the root that lies over "/" instead */
	STEP_ROOT_PROPAGATION_END, /* val0: MS_*, set on the new "/" */
	STEP_ROOT_KEEP,	 /* val0: CLONE_NEWNS: a clone of the tree at "/" becomes the root, in the mount namespace fd
			  * (one that berth is in, too); 0: fd is a directory that becomes the root */
	/* the process */
	STEP_HOME,	 /* val0: uid; HOME from /etc/passwd of the container fills the last slot of the env */
	STEP_CWD,	 /* str0; flags: STEP_F_MAKE: make it when missing; STEP_F_RETRY: only if the first one was
			  * refused with EACCES. Without STEP_F_RETRY, EACCES is forgiven until then. */
	STEP_LOOKUP,	 /* str0: args[0]; str1: value of PATH or none; finds the executable now */
	STEP_READY,	 /* #3: MSG_READY, then wait for CMD_START; fd: listening socket for `berth start`, or -1:
			  * on SYNC (run, exec) */
	STEP_RLIMIT,	 /* num: resource; val0: soft; val1: hard */
	STEP_UMASK,	 /* num */
	STEP_SCHED,	 /* str0: blob struct sched_attr, num: its size */
	STEP_IOPRIO,	 /* val0: for ioprio_set(2), whole process group */
	STEP_PERSONALITY, /* val0 */
	STEP_MEMPOLICY,	 /* num: mode | flags; str0: node mask blob or none; val0: maxnode */
	STEP_AFFINITY,	 /* str0: cpu mask blob; num: bytes */
	STEP_STDIO_OWNER, /* val0: uid; owner of those of 0, 1, 2 that are pipes; refusals are skipped */
	STEP_APPARMOR,	 /* str0: profile, for the next exec */
	STEP_SELINUX,	 /* str0: label, for the next exec */
	STEP_CAP_BOUNDING, /* val0: set to keep; val1: how many capabilities the kernel knows, or 0 */
	STEP_USER,	 /* val0: uid; val1: gid; str0: blob of u32 groups; num: how many; flags:
			  * STEP_F_SETGROUPS. Keeps permitted and effective capabilities across the switch and
			  * verifies it. Uid and gid are ids inside the user namespace. */
	STEP_CAPS,	 /* val0: effective, val1: permitted, val2: inheritable, val3: ambient; verified */
	STEP_NO_NEW_PRIVS,
	STEP_SECCOMP,	 /* str0: blob of struct sock_filter; num: how many; val0: flags; flags: STEP_F_LISTENER:
			  * sends MSG_SECCOMP with the listener fd, and goes on at CMD_GO. Sends MSG_EXEC itself, first,
			  * and does what STEP_EXEC has to do before execve(2) */
	STEP_EXEC,	 /* str1: argv list; str2: env list; num: fds to keep from 3 on; resets signals; the
			  * file is what STEP_LOOKUP found. MSG_EXEC, then execve(2). */
	STEP_KINDS
};

enum {
	STEP_F_SETGROUPS = 1 << 0,
	STEP_F_COPYUP = 1 << 1,
	STEP_F_COPY_MODE = 1 << 2, /* take the mode (and owner) of the directory that is mounted over */
	STEP_F_DIR = 1 << 3,
	STEP_F_IN_DEV = 1 << 4,
	STEP_F_BIND = 1 << 5,
	STEP_F_NO_PIVOT = 1 << 6,
	STEP_F_MAKE = 1 << 7,
	STEP_F_RETRY = 1 << 8,
	STEP_F_LISTENER = 1 << 9,
	STEP_F_OPTIONAL = 1 << 10, /* failure is not reported: the step is a courtesy */
	STEP_F_NO_LINKS = 1 << 11, /* STEP_MOUNT_FS of proc and sysfs: a symbolic link in the destination is
				    * refused, so that an image cannot choose where they go */
	STEP_F_AS_PROCESS = 1 << 12,
	STEP_F_KEEP = 1 << 13, /* STEP_MOUNT_FS: hold the mount for a STEP_REMOUNT */
	STEP_F_DUMPABLE = 1 << 14,
	STEP_F_ELSE_BIND = 1 << 15, /* STEP_MOUNT_FS: where the kernel refuses a new sysfs, mqueue or proc, the one
				     * of the runtime namespace is bound */
};

/* What later steps want from a mount. */
enum mount_role { MOUNT_PLAIN, MOUNT_PROC, MOUNT_DEV, MOUNT_PTS };

enum plan_cmd_type { CMD_GO = 1, CMD_START = 2 };
struct plan_cmd { uint32_t magic, type; };

enum plan_msg {
	MSG_FAILED = 1, /* step, err, text: a step failed; berth-init exits */
	MSG_CHILD,	/* value: pid */
	MSG_MAP_ME,	/* #1 */
	MSG_NS_READY,	/* #2 */
	MSG_CONSOLE,	/* one fd: the pty master */
	MSG_READY,	/* #3 */
	MSG_SECCOMP,	/* one fd: the listener; value: pid as berth-init sees itself */
	MSG_EXEC,	/* execve(2) comes next; end of file after it means that it happened */
	MSG_WARN,	/* step, err, text: something optional did not work */
	MSG_STEP,	/* step: the kind of a step that was done; value: microseconds of CLOCK_REALTIME, low 31 bits */
};
struct plan_report {
	uint32_t magic, msg;
	int32_t step;  /* index into the steps, or -1: before the first */
	int32_t err;   /* errno, or 0 */
	int32_t value;
	uint32_t detail; /* enum plan_detail: what of the step failed */
	char text[PLAN_REPORT_TEXT]; /* NUL-terminated: a path tried, the kernel's own message, ... */
};

/* What of a step failed; berth has the words (plan/explain.c). */
enum plan_detail {
	DETAIL_NONE,
	DETAIL_PLAN,	    /* the block is malformed */
	DETAIL_SYNC,	    /* the other side went away or said something else */
	DETAIL_FSOPEN, DETAIL_FSCONFIG, DETAIL_FSMOUNT, DETAIL_ATTR, DETAIL_PROPAGATION, DETAIL_ATTACH,
	DETAIL_TARGET,	    /* opening or making the destination */
	DETAIL_COPYUP,
	DETAIL_OPEN, DETAIL_WRITE, DETAIL_VERIFY, DETAIL_EXISTS_OTHER, DETAIL_PTMX, DETAIL_UNLOCK,
	DETAIL_CHOWN, DETAIL_FORK, DETAIL_EXEC, DETAIL_TIMEOUT, DETAIL_STATUS /* hook: value = exit status */,
	DETAIL_SIGNAL /* hook: value = signal */, DETAIL_NOT_FOUND /* not in $PATH */, DETAIL_IS_DIR,
	DETAIL_NOT_EXECUTABLE, DETAIL_UMOUNT, DETAIL_CHDIR, DETAIL_OUTSIDE /* cwd is outside the root */,
	DETAIL_GROUPS, DETAIL_GID, DETAIL_UID, DETAIL_CAPSET, DETAIL_AMBIENT, DETAIL_NOT_PROC, DETAIL_IDMAP,
	DETAIL_KINDS
};

#endif
