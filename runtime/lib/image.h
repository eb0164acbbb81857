/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that berth carries with it, as files that nobody can change: berth-init, and the full build (full.h).
 *
 * A sealed memfd: what a container can reach as /proc/PID/exe of ours is never the binary of the host
 * (CVE-2019-5736). Where memfds may not be executed (vm.memfd_noexec=2), a read-only tmpfs that is mounted
 * nowhere.
 */
#ifndef BERTH_LIB_IMAGE_H
#define BERTH_LIB_IMAGE_H

#include "err.h"

struct image {
	const char *name; /* of the file, as `ps` shows it */
	const char *start, *end;
};

/* Declares the bytes that embed.S brought in under this name: NAME[], NAME_end[]. */
#define IMAGE_EMBEDDED(name) extern const char name[] __attribute__((visibility("hidden"))), \
	name##_end[] __attribute__((visibility("hidden")))

/* fd to execute, owned by the caller; -1 with *e. */
int image_open(const struct image *i, struct err *e);

#endif
