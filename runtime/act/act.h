/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carrying out a plan on the host's side: open its fds, start berth-init, serve its sync points.
 * create, run, exec and start are short programs over these.
 */
#ifndef BERTH_ACT_ACT_H
#define BERTH_ACT_ACT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/socket.h"
#include "../plan/plan.h"

/* Facts for the planner. 0 or -1 with *e: the kernel is older than 5.14. */
int facts_gather(struct plan_facts *f, struct arena *a, struct err *e);

/* A started berth-init. Zero-initialise with INIT_PROC_INIT; init_proc_clear() kills and reaps it
 * unless it was disarmed (pid set to 0), and closes the fds. */
struct init_proc {
	pid_t pid;
	int pidfd;
	int sync;	/* our end of SYNC */
	int console;	/* pty master, or -1 */
	int listener;	/* seccomp listener, or -1 */
	bool exec_seen; /* MSG_EXEC came */
	bool listener_due; /* MSG_SECCOMP has to come before the end of file is success */
	unsigned forks; /* how many MSG_CHILD came */
	struct opt_i64 own_oom; /* process.oomScoreAdj that the process writes itself, before the exec; see below */
	uint64_t nofile_soft; /* RLIMIT_NOFILE to put back, or 0 */
	pid_t traced;	     /* whose steps MSG_STEP are, when it is not our child: otherwise pid */
	uint64_t step_began; /* trace_clock() */
	struct plan_report failed; /* the MSG_FAILED that came, if failed.msg is set */
};
#define INIT_PROC_INIT { .pid = 0, .pidfd = -1, .sync = -1, .console = -1, .listener = -1 }
void init_proc_clear(struct init_proc *ip);
#define CLEANUP_INIT_PROC __attribute__((cleanup(init_proc_clear)))

/* Where the fds of a plan come from that only the caller knows. */
struct launch_fds {
	int pidfd;	/* PFD_PIDFD, and PFD_ROOT together with the number */
	pid_t pid;
	int listen;	/* PFD_LISTEN */
	int cgroup;	/* PFD_CGROUP: directory of the container's cgroup */
};
int launch_open_fds(struct plan *p, const struct launch_fds *lf, struct init_proc *ip, struct err *e);

/* clone3 with the plan's namespaces (born in cgroup `cgfd` unless it is -1), execve berth-init from a sealed memfd, send
 * it the plan. `preserve`: how many fds from 3 on stay open for the container. */
int launch_start(struct plan *p, struct init_proc *ip, int cgfd, unsigned preserve, struct err *e);

/* Serve reports until one of `until` (a bit mask, 1 << MSG_*) arrives; consoles and listeners are put into
 * *ip, MSG_CHILD replaces pid and pidfd, warnings are logged. MSG_FAILED and end of file are errors, told in
 * the words of the plan; end of file is success when MSG_EXEC came before it and `until` has 1 << 0.
 * Returns the message (0 for that end of file), or -1. `fd`: ip->sync, or the connection of start. Without a
 * plan (start) a MSG_FAILED is only kept in ip->failed and *e stays unset: the caller finds the words. */
int launch_wait(struct plan *p, struct init_proc *ip, int fd, unsigned until, struct err *e);
/* After MSG_SECCOMP: give ip->listener to the agent of the config, then tell berth-init on `fd` to go on. */
int listener_hand_over(struct init_proc *ip, int fd, const struct spec_config *c, pid_t pid, const char *state,
		       struct err *e);
/* Put back the limit on open files that launch_open_fds() had to raise; when berth-init is ready. */
void launch_restore_nofile(const struct init_proc *ip);
/* How many STEP_FORK are in it: with any, berth-init is another process in the end. */
size_t plan_forks(const struct plan *p);
int launch_send(int fd, enum plan_cmd_type type, struct err *e);
/* The same on ip->sync. One that cannot be written to has perhaps failed, and then *e is what it reports. */
int launch_tell(struct plan *p, struct init_proc *ip, enum plan_cmd_type type, struct err *e);
/* -1: something failed, as *e says, unless berth-init has failed or ended before and this comes of it: then *e tells that. */
int launch_why(struct plan *p, struct init_proc *ip, struct err *e);

/* Sync #1: write uid_map, setgroups (when it is to be denied) and gid_map of a process. `helpers`: newuidmap and
 * newgidmap write a map of more than our own id, as /etc/subuid and /etc/subgid allow. */
int maps_write(pid_t pid, const struct spec_linux *l, bool deny_setgroups, bool helpers, struct err *e);
/* One map; `file` is uid_map or gid_map. */
int id_map_write(pid_t pid, const char *file, const struct id_mappings *m, const char *at, struct err *e);
/* newidmap.c: the same for one map by way of its helper; uid_map or gid_map. */
int newidmap_run(pid_t pid, bool uids, const struct id_mappings *m, const char *at, struct err *e);

/* For a process in a user namespace of its own: raise its hard limits as far as it will want them. `pid` is that of
 * an unreaped child. */
void rlimits_raise(pid_t pid, const struct spec_rlimits *limits);

/* process.oomScoreAdj, from outside: needs no procfs inside. A rootless berth may not open the files of a process
 * that is not dumpable: there the process does it before it becomes berth-init (init_proc.own_oom), as far as it
 * may: to lower the value takes privileges over the first user namespace. */
int oom_score_write(const struct init_proc *ip, int64_t value, struct err *e);

/* The foreground of run and exec: forward signals to the process, proxy its terminal (console >= 0), wait.
 * Returns its exit status (128+n for a signal) or -1 with *e. Signals must have been blocked with
 * foreground_prepare() before the process was started, so that none is lost. */
int foreground_prepare(struct err *e);
int foreground_wait(struct init_proc *ip, bool terminal, struct err *e);

/* Write a pid file: the number, no newline, complete before it has its name. */
int pid_file_write(const char *path, pid_t pid, struct err *e);
/* Remove what a create that was killed left of it: the file when it holds this number, and the temporary one of the process
 * `writer`. path: absolute. Only files of ours, where no link is on the way. */
void pid_file_remove(const char *path, pid_t pid, pid_t writer);

#endif
