/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * berth is built twice from the same sources:
 *
 *	core	static and position independent, on musl. A command starts in a third of the time, as there is no dynamic
 *		loader and no search through processors and locales; but it cannot open a shared library.
 *	full	dynamic, on the C library of the distribution. What needs libseccomp, libsystemd or libselinux is done by it.
 *
 * The core is `berth`, and the full build is inside it. When the core finds that a library will be needed, it
 * becomes the full build by execve(2), with the same arguments and environment, and that does the command from
 * the start. So this has to be known before anything was changed and before anything was read that can be
 * read only once.
 *
 * Where there is no musl, or with the sanitizers (CORE=0), the full build is all there is.
 */
#ifndef BERTH_LIB_FULL_H
#define BERTH_LIB_FULL_H

#include "err.h"

/* At the very start of main(): notes the arguments, and makes what was relocated read-only in the core. */
void full_begin(int argc, char **argv);

/* The core: becomes the full build; returns -1 with *e when that cannot be. The full build: 0. */
int full_need(struct err *e);

/* From here on a second start would stumble over what this one has done: full_need() is an error of ours. */
void full_too_late(void);

#endif
