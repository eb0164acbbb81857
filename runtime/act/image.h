/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * berth-init as a file that can be executed and never changed: what a container sees as /proc/PID/exe
 * of our process is this file, so the binary on the host cannot be reached through it.
 */
#ifndef BERTH_ACT_IMAGE_H
#define BERTH_ACT_IMAGE_H

#include "../lib/err.h"

/* A fd for execveat(2), close-on-exec: a sealed memfd, or where memfds may not be executed
 * (vm.memfd_noexec=2 since Linux 6.3) a file on a detached read-only tmpfs. -1 with *e. */
int image_open(struct err *e);

#endif
