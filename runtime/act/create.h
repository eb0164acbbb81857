/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a bundle to a container whose process waits to be started: what `create` and `run` share.
 *
 *	CLEANUP_CREATION struct creation x = CREATION_INIT;   undoes whatever was made
 *	creation_load(&x, ...)      read, check, plan: nothing is touched
 *	creation_perform(&x, ...)   the plan's host steps, up to "created"
 *	creation_start(&x, ...)     run only: let it go, poststart hooks
 *	creation_keep(&x)           disarm the undo
 */
#ifndef BERTH_ACT_CREATE_H
#define BERTH_ACT_CREATE_H

#include "../state/state.h"
#include "act.h"
#include "netdev.h"
#include "rdt.h"

/* What the command line says. */
struct creation_args {
	const char *id, *bundle, *console_socket, *pid_file, *pidfd_socket, *root;
	bool no_pivot, no_new_keyring;
	bool run;	  /* the process is started by us, not by `berth start` */
	bool foreground;  /* run without --detach: the terminal is relayed by us */
	unsigned preserve_fds;
	enum cgroup_driver driver;
};

struct creation {
	struct arena arena;
	const struct creation_args *args;
	const char *json;
	size_t json_len;
	struct spec_config *config;
	struct plan_request request;
	struct plan_facts facts;
	struct plan plan;
	struct record rec;
	struct state_dir dir;
	struct init_proc init;
	struct net_devices net;
	int cgfd, listen;
	struct cgroup_room room;
	const struct cg_dev_rules *device_rules; /* NULL: there is no filter to make */
	bool rdt_shared; /* the class of service with a name was made by us */
	struct err *undo_failed; /* gets the first thing that creation_clear() could not undo; NULL: into the log */
	bool filter_found, dir_made, pid_file_made, ns_waiting, hooks_ran, prepared, armed;
};
#define CREATION_INIT { .dir = STATE_DIR_INIT, .init = INIT_PROC_INIT, .net = NET_DEVICES_INIT, .cgfd = -1, .listen = -1, .armed = true }
void creation_clear(struct creation *x);
#define CLEANUP_CREATION __attribute__((cleanup(creation_clear)))

int creation_load(struct creation *x, const struct creation_args *args, struct err *e);
int creation_perform(struct creation *x, struct err *e);
int creation_start(struct creation *x, struct err *e);
void creation_keep(struct creation *x);

/* Read and check the config of a bundle; in the arena. Also for `plan` and `exec`. The path of the bundle is
 * made absolute as *ret_bundle. */
struct spec_config *bundle_load(struct arena *a, const char *bundle, const char **ret_bundle, const char **ret_json,
				size_t *ret_len, struct err *e);

/* The seccomp filter of a config goes into a plan; compiled filters are kept in ROOT/.seccomp. The first one looks
 * there only: 1 found, 0 not, -1 with *e; root_fd may be -1. */
int plan_find_seccomp(struct plan *p, const struct spec_seccomp *s, int root_fd, struct err *e);
int plan_compile_seccomp(struct plan *p, const struct spec_seccomp *s, int root_fd, struct err *e);

/* fds that the caller passes on: --preserve-fds and LISTEN_FDS; checks that they are open. */
int preserve_fds_check(unsigned *preserve, unsigned *listen_fds, struct err *e);

#endif
