/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a container, which the caller opened with CONTAINER_LOCK. */
#ifndef BERTH_CMD_DESTROY_H
#define BERTH_CMD_DESTROY_H

#include "container.h"

/* Kill it, remove its cgroup and its state, run the poststop hooks among `hooks` (NULL: there are none). */
int container_remove(struct container *c, const struct spec_hooks *hooks, struct err *e);
/* The same on the way out of another failure: what goes wrong is only logged. config: NULL, no hooks. */
void container_destroy(struct container *c, const struct spec_config *config);

#endif
