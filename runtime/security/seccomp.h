/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of seccomp share with each other; the interface for the rest of berth is security.h.
 *
 *	seccomp.c	  seccomp_compile(): cache, or compile and fill the cache
 *	seccomp_names.c	  names of linux.seccomp to numbers
 *	seccomp_lib.c	  libseccomp, opened on first use
 *	seccomp_build.c	  profile -> filter, through libseccomp
 *	seccomp_enosys.c  the piece of filter in front of it: new system calls do not exist
 *	seccomp_cache.c	  compiled filters on disk
 */
#ifndef BERTH_SECURITY_SECCOMP_H
#define BERTH_SECURITY_SECCOMP_H

#include <linux/filter.h>
#include <seccomp.h>

#include "security.h"

/* --- names ------------------------------------------------------------------------------------- */

/* SCMP_ACT_* with its errno (or tracer message). `at` is the JSON path of the object that holds
 * `action`; `errno_member` the name of its errno member, for messages. 0 or -1 with *e. */
int seccomp_action(const char *action, const struct opt_u64 *errno_ret, const char *at,
		   const char *action_member, const char *errno_member, uint32_t *ret, struct err *e);
/* SCMP_CMP_*, or -1. */
int seccomp_operator(const char *op);
/* SCMP_ARCH_* of a name of the spec; 0: unknown to this libseccomp. */
struct seccomp_lib;
uint32_t seccomp_arch_token(const struct seccomp_lib *lib, const char *name);
/* SECCOMP_FILTER_FLAG_*, or 0. */
uint64_t seccomp_flag(const char *name);

/* --- libseccomp -------------------------------------------------------------------------------- */

struct seccomp_lib {
	__typeof__(seccomp_version) *version;
	__typeof__(seccomp_init) *init;
	__typeof__(seccomp_release) *release;
	__typeof__(seccomp_arch_native) *arch_native;
	__typeof__(seccomp_arch_add) *arch_add;
	__typeof__(seccomp_arch_remove) *arch_remove;
	__typeof__(seccomp_arch_resolve_name) *arch_resolve_name;
	__typeof__(seccomp_attr_set) *attr_set;
	__typeof__(seccomp_syscall_resolve_name) *resolve_name;
	__typeof__(seccomp_syscall_resolve_name_arch) *resolve_name_arch;
	__typeof__(seccomp_rule_add_array) *rule_add;
	__typeof__(seccomp_export_bpf) *export_bpf;
};

/* The file that libseccomp was loaded from. A cached filter is valid as long as it is the same file. */
struct seccomp_lib_id {
	char path[512]; /* absolute, or "" when it is not known: then nothing is cached */
	uint64_t dev, ino, size, mtime_sec, mtime_nsec;
};

const struct seccomp_lib *seccomp_lib_get(struct err *e);
/* Identity of the library that seccomp_lib_get() opened. */
void seccomp_lib_identity(struct seccomp_lib_id *ret);
/* Does the file at id->path still have this identity? One system call. */
bool seccomp_lib_unchanged(const struct seccomp_lib_id *id);

/* --- compiling --------------------------------------------------------------------------------- */

/* Compile without a cache. */
int seccomp_build(struct arena *a, const struct spec_seccomp *s, struct seccomp_filter *ret, struct err *e);

/* An architecture of the filter. */
struct seccomp_arch {
	uint32_t token;	  /* SCMP_ARCH_* */
	uint32_t highest; /* highest system call number that the profile names; see enosys_note() */
};
enum { SECCOMP_MAX_ARCHS = 32, ENOSYS_MAX_INSNS = 16 * SECCOMP_MAX_ARCHS, BRANCH_MAX_INSNS = 5 };

void enosys_init(struct seccomp_arch *arch, uint32_t token);
/* The profile names system call `nr` (as libseccomp gives it) of this architecture. */
void enosys_note(struct seccomp_arch *arch, int nr);
/* Write the instructions that answer ENOSYS; returns how many. `out` has room for ENOSYS_MAX_INSNS. */
uint32_t enosys_emit(struct sock_filter *out, const struct seccomp_arch *archs, size_t n);
/* Write what leads past the `len` instructions behind it, unless the call is one of archs[i]; at most BRANCH_MAX_INSNS. */
uint32_t enosys_branch(struct sock_filter *out, const struct seccomp_arch *archs, size_t n, size_t i, uint32_t len);

/* --- cache ------------------------------------------------------------------------------------- */

struct seccomp_key {
	const void *data;
	size_t len;
	char name[17]; /* of the file: its hash in hexadecimal */
};

/* Everything that determines a filter but the library's identity. */
void seccomp_key_make(struct arena *a, const struct spec_seccomp *s, struct seccomp_key *ret);
/* true: *ret has prog and count. Nothing found, or nothing usable: false. */
bool seccomp_cache_load(struct arena *a, int dirfd, const struct seccomp_key *key, struct seccomp_filter *ret);
/* Best effort: a cache that cannot be written costs time, and nothing else. */
void seccomp_cache_store(struct arena *a, int dirfd, const struct seccomp_key *key,
			 const struct seccomp_lib_id *lib, const struct seccomp_filter *f);

#endif
