/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From JSON bytes to checked structs. No system call is made here: callers read the files.
 *
 * Decoding is streaming (yajl) and driven by tables; unknown properties are skipped, as the spec
 * demands ("Extensibility"). Errors carry the JSON path, and line and column.
 */
#ifndef BERTH_SPEC_SPEC_H
#define BERTH_SPEC_SPEC_H

#include "../runtime/lib/arena.h"
#include "../runtime/lib/err.h"
#include "../runtime/lib/number.h"
#include "config.h"

#define SPEC_VERSION "1.3.0"	 /* the newest version we know; features ociVersionMax */
#define SPEC_VERSION_MIN "1.0.0"

/* Limits on what we accept; stated in docs/limits.md. */
enum {
	SPEC_MAX_BYTES = 16 * 1024 * 1024,
	SPEC_MAX_DEPTH = 64,
	SPEC_MAX_LIST = 100000,
	SPEC_MAX_STRING = 1024 * 1024,
};

/* Decode only. Each returns NULL with *e set on failure. The bytes need not be NUL-terminated. */
struct spec_config *spec_config_decode(struct arena *a, const char *json, size_t len, struct err *e);
struct spec_process *spec_process_decode(struct arena *a, const char *json, size_t len, struct err *e);
struct spec_resources *spec_resources_decode(struct arena *a, const char *json, size_t len, struct err *e);

/* A warning of a check that is no error (an unknown capability); called with text without newline. */
typedef void spec_warn_fn(void *ctx, const char *text);

/* Everything that can be known to be wrong from the document alone. 0, or -1 with *e set and
 * e->path the JSON path. spec_process_check() takes the JSON path of the process object as
 * `at` ("process", or "" for the document of exec). */
int spec_config_check(const struct spec_config *c, spec_warn_fn *warn, void *ctx, struct err *e);
int spec_process_check(const struct spec_process *p, const char *at, spec_warn_fn *warn, void *ctx,
		       struct err *e);
/* `at` as above: "linux.resources" or "" */
int spec_resources_check(const struct spec_resources *r, const char *at, struct err *e);
int spec_intel_rdt_check(const struct spec_intel_rdt *r, struct err *e);

/* Lines and columns (1-based) of the values at JSON paths in a document; of what is missing, of the nearest value around
 * it. `found`: so many bytes of the path name what is there; 0 is the document itself, and line 0 that there is not even
 * that. */
struct spec_place {
	const char *path;
	size_t line, column, found;
};
void spec_locate_all(struct arena *a, const char *json, size_t len, struct spec_place *v, size_t n);

/* For error messages about a check that failed after decoding: if e->path is set and its place is not told yet, appends
 * " (line L, column C)" to the text, unless all that is there of the path is the document. */
void spec_err_locate(struct err *e, const char *json, size_t len);

/* The config that `berth spec` writes (JSON text, newline at the end). Static memory. */
const char *spec_template(void);
/* The same for a user without privileges: a user namespace in which `uid` and `gid` of the host are root,
 * and nothing that such a user cannot have. In the arena. */
char *spec_template_rootless(struct arena *a, uint32_t uid, uint32_t gid);

/* One mount option of the spec's table (config.md "Linux mount options"). */
enum mount_opt_kind {
	MOPT_ATTR,	  /* MOUNT_ATTR_* to set or clear on the mount */
	MOPT_ATTR_REC,	  /* the same, recursively (rro, rnosuid, ...) */
	MOPT_SB,	  /* superblock flag, given to fsconfig(2) as a flag by this name */
	MOPT_PROPAGATION, /* MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE, MS_REC for the r* forms */
	MOPT_BIND,	  /* bind (set 0) or rbind (set MS_REC) */
	MOPT_REMOUNT,
	MOPT_IDMAP,	  /* idmap (set 0) or ridmap (set MS_REC) */
	MOPT_TMPCOPYUP,
	MOPT_NONE,	  /* accepted, does nothing: "", defaults, silent, ...; see mount_opts.c */
};
struct mount_opt {
	const char *name;
	enum mount_opt_kind kind;
	uint64_t set, clear; /* per kind; an atime change clears all of MOUNT_ATTR__ATIME */
	const char *sb;	     /* MOPT_SB: the fsconfig flag ("sync", "async", ...). Of the others only ro and
			      * rw have it: a file system on a read-only block device must be told so too. */
};
/* NULL: not an option of the table, so it is data for the file system. */
const struct mount_opt *spec_mount_opt(const char *name);
/* All rows, sorted by name, for features; *n their count. */
const struct mount_opt *spec_mount_opts(size_t *n);

/* Name tables; each returns the value or -1. The reverse returns NULL for an unknown value. */
int spec_namespace_kind(const char *name);
const char *spec_namespace_name(enum ns_kind k);   /* "mount", "network", ... */
uint64_t spec_namespace_flag(enum ns_kind k);	   /* CLONE_NEW* */
const char *spec_namespace_proc(enum ns_kind k);   /* name in /proc/PID/ns: "mnt", "net", ... */
/* The entry of linux.namespaces, or NULL: the namespace is the runtime's. Without a path it is a new one. */
const struct spec_namespace *spec_find_namespace(const struct spec_linux *l, enum ns_kind kind);
bool spec_new_namespace(const struct spec_linux *l, enum ns_kind kind);
int spec_rlimit_number(const char *name);	   /* "RLIMIT_CORE" -> RLIMIT_CORE */
int spec_capability_number(const char *name);	   /* "CAP_CHOWN" -> 0, -1: unknown */
const char *spec_capability_name(unsigned number); /* NULL: beyond those that libcap knew when berth was built */
/* An annotation that says with which signal a container is to be stopped. */
#define STOP_SIGNAL_ANNOTATION "org.opencontainers.image.stopSignal"
/* "1" or "true": the process keeps the supplementary groups of the caller (podman's --group-add keep-groups). */
#define KEEP_GROUPS_ANNOTATION "run.oci.keep_original_groups"
bool spec_keeps_groups(const struct spec_config *c);
int spec_signal_number(const char *name);	   /* "TERM", "SIGTERM", "15", "RTMIN+1" */
const char *spec_hook_name(enum hook_kind k);	   /* "prestart", "createRuntime", ... */

/* Names that a config may use where nothing but the name is needed to know it; for features, and for checks
 * that have no table of their own. Each list is ended by NULL. */
extern const char *const spec_seccomp_actions[];
extern const char *const spec_seccomp_operators[];
extern const char *const spec_seccomp_archs[];
extern const char *const spec_seccomp_flags[];
extern const char *const spec_memory_policy_modes[];
extern const char *const spec_memory_policy_flags[];

/* The file below /proc/sys that a sysctl key names ("net.ipv4.ip_forward", "net/ipv4/ip_forward"), into buf.
 * As in sysctl(8) the separator that comes first is the one, and the other stands for the separator's
 * own character. 0, or -1: empty parts, ".", "..", control characters, blanks, too long. */
int spec_sysctl_path(const char *key, char *buf, size_t size);
/* The namespace (enum ns_kind) that such a file belongs to, or -1: it is the host's. */
int spec_sysctl_namespace(const char *path);

/* A CPU or node list such as "0-3,7" into a bitmask of `nbytes`; empty and blanks between the parts are
 * allowed. *ret_used: bytes up to the last one with a bit set. 0 or -1. */
int parse_cpulist(const char *s, unsigned char *mask, size_t nbytes, size_t *ret_used);

#endif
