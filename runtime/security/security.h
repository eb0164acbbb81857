/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security parts that berth prepares on the host and berth-init applies inside.
 */
#ifndef BERTH_SECURITY_SECURITY_H
#define BERTH_SECURITY_SECURITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../spec/config.h"
#include "../lib/arena.h"
#include "../lib/err.h"

/* A compiled filter: an array of struct sock_filter in the arena. */
struct seccomp_filter {
	const void *prog;
	uint32_t count;
	uint64_t flags;	  /* SECCOMP_FILTER_FLAG_* for seccomp(2), without NEW_LISTENER */
	bool listener;	  /* an action is SCMP_ACT_NOTIFY */
};

/* Compile linux.seccomp. What the spec leaves open:
 *   - flags absent: SPEC_ALLOW, which is what the kernel does by default since 5.16; []: no flag
 *   - default action ERRNO with EPERM, said or implied: a system call whose number is above all that the
 *     profile names (and above 402, so among those given out since Linux 5.1) gets ENOSYS
 *   - an architecture that is neither the native one nor listed: the process is killed
 *   - names that libseccomp does not know are skipped with a debug line; unknown actions, architectures,
 *     operators and flags are errors, and so is NOTIFY as the default or for sendmsg(2)
 *   - one argument named twice in a rule: any of the rule's conditions may hold; otherwise all must
 * libseccomp is opened on first use and only on a cache miss. `cache_dirfd`:
 * directory for compiled filters, or -1. A hit is verified by comparing the whole canonical profile
 * and what else determines the result, so no trust is put in the hash or (beyond the folder's 0700)
 * in the name. 0 or -1 with *e (JSON path below "linux.seccomp"). */
int seccomp_compile(struct arena *a, const struct spec_seccomp *s, int cache_dirfd, struct seccomp_filter *ret,
		    struct err *e);
/* The same from the cache alone: 1 found, 0 not found, -1 with *e (the flags are wrong). */
int seccomp_find(struct arena *a, const struct spec_seccomp *s, int cache_dirfd, struct seccomp_filter *ret, struct err *e);

/* Does a filter of it notify an agent, so that there is a listener to hand over? s: may be NULL. */
bool seccomp_has_notify(const struct spec_seccomp *s);

/* Hand a listener to the agent: connect to linux.seccomp.listenerPath and send the container process
 * state (config-linux.md "The Container Process State") with the fd. `state_json` is the OCI state. */
int seccomp_send_listener(const struct spec_seccomp *s, int listener_fd, pid_t pid, const char *state_json,
			  struct err *e);

/* Is the LSM on? Cheap: one file read; libselinux is opened only when a label is really asked for. */
bool apparmor_enabled(void);
bool selinux_enabled(void);
/* Refuse labels that the policy does not know (libselinux, security_check_context): process.selinuxLabel and
 * linux.mountLabel, each of which may be absent, as may the process. Nothing is asked where SELinux is off.
 * `at`: JSON path of the process. 0 or -1 with *e. */
int lsm_check_process(const struct spec_process *p, const char *mount_label, const char *at, struct err *e);

int capability_last(void); /* highest number of a capability of this kernel */

#endif
