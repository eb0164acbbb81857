/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth check`: what this host offers, and what would not work here. Looked at as the caller sees it; nothing is
 * changed. Each question is a row of a table, with what is done without the answer.
 */
#ifndef BERTH_CHECK_CHECK_H
#define BERTH_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "../lib/arena.h"
#include "../lib/err.h"

enum check_state {
	CHECK_OK,
	CHECK_LIMITED, /* berth does without, or refuses what asks for it */
	CHECK_MISSING, /* no container can be made */
	CHECK_STATES
};
struct check_item {
	const char *section, *name;
	enum check_state state;
	const char *found;   /* a value, a version, a list; or NULL */
	const char *without; /* when it is not CHECK_OK: what does not work, and what to do */
};
struct check {
	struct arena *arena;
	bool rootless;
	struct check_item *item;
	size_t n, cap;
	size_t count[CHECK_STATES];
};

void check_host(struct check *c, struct arena *arena);

char *check_print_text(const struct check *c, bool colours, size_t *len);
char *check_print_json(const struct check *c, size_t *len);

/* --- for the files of this folder --------------------------------------------------------------- */

void check_add(struct check *c, const char *section, const char *name, enum check_state state, const char *found,
	       const char *without);
void check_kernel(struct check *c);
void check_cgroups(struct check *c);
void check_security(struct check *c);
void check_rootless(struct check *c);
/* The first line of a small file, or NULL. */
const char *check_read(struct check *c, const char *path);

#endif
