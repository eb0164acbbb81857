/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside spec/: the checks of a decoded document. A check walks a part of the config, keeping the JSON path
 * of where it is, and stops at the first thing that is wrong. Structs may also come from the command
 * line (exec, update), so nothing here relies on the decoder's ranges.
 */
#ifndef BERTH_SPEC_CHECK_H
#define BERTH_SPEC_CHECK_H

#include <string.h>

#include "path.h"
#include "spec.h"

struct check {
	struct err *e;
	spec_warn_fn *warn;
	void *ctx;
	struct path at;
};

/* Go into a property or an element and back out. */
static inline void into(struct check *c, const char *key)
{
	path_push_key(&c->at, key, strlen(key));
}

static inline void into_index(struct check *c, size_t index)
{
	path_push_index(&c->at, index);
}

static inline void out(struct check *c)
{
	path_pop(&c->at);
}

/* "linux.resources" as the place to start from, or "". */
void check_start(struct check *c, const char *at);

/* The error, at the current place or at the property or element of it. Returns -1. */
int bad(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int bad_key(struct check *c, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int bad_index(struct check *c, size_t index, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A warning with the path in front. */
void warn_at(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Checks that several properties share; they go into `key` themselves. 0 or -1. */
int check_absolute(struct check *c, const char *key, const char *path); /* also shorter than PATH_MAX */
int check_path_length(struct check *c, const char *key, const char *path);
int check_no_control(struct check *c, const char *key, const char *text); /* NULL is fine */
int check_absolute_list(struct check *c, const char *key, const struct strv *paths);
int check_env(struct check *c, const char *key, const struct strv *env);
/* Each entry is in `known` (ended by NULL). */
int check_known(struct check *c, const char *key, const char *value, const char *const *known);
int check_known_list(struct check *c, const char *key, const struct strv *values, const char *const *known);
int check_cpulist(struct check *c, const char *key, const char *list);
/* An id of a process, file or mapping: 4294967295 is the kernel's "no id". */
int check_id(struct check *c, const char *key, uint64_t id);
int check_mappings(struct check *c, const char *key, const struct id_mappings *m);
bool has_control(const char *text);

/* The parts; each goes into its own property. */
int check_process(struct check *c, const struct spec_process *p); /* is in it already */
int check_scheduler(struct check *c, const struct spec_scheduler *s);
int check_linux(struct check *c, const struct spec_config *config);
int check_devices(struct check *c, const struct spec_devices *l);
int check_rdt(struct check *c, const struct spec_intel_rdt *r);
int check_net_devices(struct check *c, const struct spec_linux *l);
int check_sysctls(struct check *c, const struct spec_config *config);
int check_seccomp(struct check *c, const struct spec_seccomp *s);
int check_resources(struct check *c, const struct spec_resources *r); /* is in it already */
int check_hooks(struct check *c, const struct spec_hooks *hooks);

#endif
