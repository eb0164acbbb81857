/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.intelRdt: groups of the resctrl file system (the kernel's Documentation/filesystems/resctrl.rst).
 *
 * A directory is a class of service: closID, or the container's id. Its schemata file says what cache and bandwidth
 * the class has, its tasks file who belongs to it; mon_groups/ID below it counts what one container uses. Processes
 * inherit their groups.
 *
 * A class that has a name in the config may be shared: it is made if need be, never changed behind the back of those who
 * are in it, and left when the container goes. Without a name it is the container's own and goes with it.
 */
#ifndef BERTH_ACT_RDT_H
#define BERTH_ACT_RDT_H

#include "../../spec/config.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "../state/state.h"

/* Where resctrl is mounted, or NULL. */
const char *rdt_mount_path(struct arena *a);

/* What rdt_create() is going to make for the container alone, for the record: `delete` of a create that was killed
 * removes it. */
void rdt_intend(struct rdt_ref *ref, struct arena *a, const struct spec_intel_rdt *r, const char *id);

/* Make or check the groups. *ref says what was made for the container; *ret_shared, that the class with a name from the
 * config was made, which only a failing create removes again. Both are set after a failure too. */
int rdt_create(struct rdt_ref *ref, bool *ret_shared, const struct spec_intel_rdt *r, const char *id, struct err *e);
/* Put a process into the groups. */
int rdt_join(const struct spec_intel_rdt *r, const char *id, pid_t pid, struct err *e);
/* Change the schemata of the container's group; NULL: as it is. */
int rdt_update(const struct rdt_ref *ref, const char *l3, const char *mb, struct err *e);
/* Remove what was made; shared: the class with a name as well. What is gone is no error. */
int rdt_remove(const struct rdt_ref *ref, const char *id, bool shared, struct err *e);

#endif
