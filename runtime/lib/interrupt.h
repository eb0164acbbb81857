/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SIGINT, SIGTERM, SIGHUP and SIGQUIT while something is being made: instead of ending us at once, they make
 * the work fail at its next step, so that it is undone. Waits that can last (for berth-init, for a hook) return
 * early with EINTR and ask interrupted().
 */
#ifndef BERTH_LIB_INTERRUPT_H
#define BERTH_LIB_INTERRUPT_H

#include "err.h"

/* From now on until the process ends or blocks these signals. Those that the caller ignores stay ignored. */
void interrupt_catch(void);
/* The number of the signal that came, or 0. */
int interrupted(void);
/* 0, or -1 with *e "interrupted by signal N" when one came. */
int interrupt_check(struct err *e);

#endif
