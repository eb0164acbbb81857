/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ids of mounts. A mapping is a user namespace to the kernel, so one is made for each that the plan has: by a
 * process that does nothing but be in it until its maps are written and a descriptor of it is open.
 */
#ifndef BERTH_ACT_IDMAP_H
#define BERTH_ACT_IDMAP_H

#include "../plan/plan.h"

/* Namespaces that were made, so that mounts with the same mapping share one. Zero-initialised. */
enum { IDMAPS_KEPT = 8 };
struct idmaps {
	struct {
		const struct plan_idmap *map;
		int fd;
	} v[IDMAPS_KEPT];
	size_t n, next; /* next: whose place the next one takes when all are taken */
};
void idmaps_clear(struct idmaps *m);

/* The user namespace of a mapping, owned by *m; valid until the next call. -1 with *e. */
int idmap_open(struct idmaps *m, const struct plan_idmap *map, struct err *e);

/* Map the ids of a detached mount, and with map->recursive of those below it. `what`: for the error. */
int idmap_apply(struct idmaps *m, const struct plan_idmap *map, int tree, const char *what, struct err *e);

#endif
