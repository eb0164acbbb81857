/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OCI hooks of the runtime namespace: prestart, createRuntime, poststart, poststop. (createContainer
 * and startContainer hooks run inside and are steps of berth-init; the latter with the credentials and
 * limits of the container's process.)
 *
 * A hook is executed with exactly config's args and env (args absent: the path alone; env absent:
 * empty), the state JSON on stdin, stdout and stderr: see hooks_run(). cwd is the bundle. A hook that
 * runs longer than its timeout has its whole process group killed and counts as failed. One whose state could
 * not be written whole fails, unless it closed its stdin. When berth is killed the hook's process is, too.
 */
#ifndef BERTH_HOOKS_HOOKS_H
#define BERTH_HOOKS_HOOKS_H

#include "../runtime/lib/err.h"
#include "../spec/config.h"

/* Run the hooks of one kind in order. Stops at the first failure and returns -1 with *e ("hook
 * createRuntime[1] \"/path\": exit status 3: <last line of its stderr>"). With keep_going (poststop)
 * failures are logged as warnings and the rest is run; the result is then 0.
 * Output of the hook: stdout and stderr go to a pipe of ours; never to the caller's stdout, which
 * engines read to the end of file. */
int hooks_run(const struct spec_hooks *hooks, enum hook_kind kind, const char *state_json, const char *bundle,
	      bool keep_going, struct err *e);

#endif
