/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options that create and run share. */
#ifndef BERTH_CMD_LAUNCH_OPTS_H
#define BERTH_CMD_LAUNCH_OPTS_H

#include "../act/create.h"
#include "cmd.h"

struct launch_opts {
	const char *bundle, *console_socket, *pid_file, *pidfd_socket;
	bool no_pivot, no_new_keyring, detach, keep, no_subreaper;
	unsigned preserve_fds;
};

#define LAUNCH_OPTION_ROWS                                                                                       \
	{ "bundle", 'b', OPT_STRING, offsetof(struct launch_opts, bundle), "DIR", "the bundle (default: .)" },   \
	{ "console-socket", 0, OPT_STRING, offsetof(struct launch_opts, console_socket), "PATH",                 \
	  "unix socket that gets the master of the container's terminal" },                                      \
	{ "pid-file", 0, OPT_STRING, offsetof(struct launch_opts, pid_file), "PATH", "file for the process id" }, \
	{ "pidfd-socket", 0, OPT_STRING, offsetof(struct launch_opts, pidfd_socket), "PATH",                     \
	  "unix socket that gets a pidfd of the container's process" },                                          \
	{ "preserve-fds", 0, OPT_UINT, offsetof(struct launch_opts, preserve_fds), "N",                          \
	  "pass N more descriptors, from 3 on, to the container" },                                              \
	{ "no-pivot", 0, OPT_FLAG, offsetof(struct launch_opts, no_pivot), NULL,                                 \
	  "chroot instead of pivot_root (for a root on a ramdisk)" },                                            \
	{ "no-new-keyring", 0, OPT_FLAG, offsetof(struct launch_opts, no_new_keyring), NULL,                     \
	  "keep the caller's session keyring" }

static inline struct creation_args launch_args(const struct globals *g, const struct launch_opts *o, const char *id)
{
	return (struct creation_args){ .id = id,
				       .bundle = o->bundle ? o->bundle : ".",
				       .console_socket = o->console_socket,
				       .pid_file = o->pid_file,
				       .pidfd_socket = o->pidfd_socket,
				       .root = g->root,
				       .no_pivot = o->no_pivot,
				       .no_new_keyring = o->no_new_keyring,
				       .preserve_fds = o->preserve_fds,
				       .driver = g->driver };
}

#endif
