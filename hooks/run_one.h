/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One hook. See hooks.h for what it gets. */
#ifndef BERTH_HOOKS_RUN_ONE_H
#define BERTH_HOOKS_RUN_ONE_H

#include "../runtime/lib/err.h"
#include "../spec/config.h"

/* Run it and wait until it has ended. 0 when its exit status is 0; otherwise -1 with *e, which says what
 * happened and holds the end of its output, but does not name the hook. */
int hook_run_one(const struct spec_hook *h, const char *state_json, const char *bundle, struct err *e);

#endif
