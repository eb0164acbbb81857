/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that `exec` runs, from its options, a process.json and the container's config. */
#ifndef BERTH_CMD_EXEC_PROCESS_H
#define BERTH_CMD_EXEC_PROCESS_H

#include "../../spec/config.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "container.h"

struct exec_opts {
	const char *process, *cwd, *user, *console_socket, *pid_file, *pidfd_socket, *apparmor, *label, *cgroup;
	struct strv env, gids, caps;
	bool tty, detach, no_new_privs, ignore_paused;
	unsigned preserve_fds;
};

/* What a process.json leaves out comes from the container's process: capabilities, LSM labels, limits. What
 * it can never lose is no_new_privs of the container. Without --process the container's process with another
 * command is taken. NULL with *e. */
struct spec_process *exec_process(struct arena *a, const struct spec_config *cfg, const struct exec_opts *o, int argc,
				  char **argv, struct err *e);

/* The cgroup for the process: the container's or, with --cgroup, one below it. -1 without *e: the
 * container has none. */
int exec_cgroup(struct container *c, const char *sub, struct err *e);
/* The one that the container's first process is in now, below the container's: a container that manages its own
 * cgroup (an init system) has moved there, and the kernel takes no process beside cgroups with controllers
 * (cgroups(7), "no internal processes"). -1 with *e. */
int exec_cgroup_of_init(struct container *c, struct err *e);

#endif
