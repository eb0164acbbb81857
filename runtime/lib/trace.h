/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --trace FILE, BERTH_TRACE: what berth and berth-init did when, in the JSON trace event format that chrome://tracing
 * and Perfetto read. Nothing is done, and no time is asked for, when it is off.
 *
 * Events are collected and written by trace_end(), in one go and under a lock of the file: it stays one valid
 * document, however many commands add to it.
 */
#ifndef BERTH_LIB_TRACE_H
#define BERTH_LIB_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

extern bool trace_on;

/* Trace to this file from now on; `what`: the name of the whole, the command. 0, or -1 with *e. */
int trace_begin(const char *path, const char *what, struct err *e);
/* Write it. Before every end of the process, and before it becomes another program. */
void trace_end(void);

uint64_t trace_clock(void); /* microseconds of CLOCK_REALTIME */

/* A span of this process that began at `from` (trace_now()) and ends now. */
void trace_span(const char *name, uint64_t from);
/* A span of another process, `pid` as we see it, in absolute microseconds. */
void trace_span_of(pid_t pid, const char *process, const char *name, uint64_t from, uint64_t to);

/* Now, or 0 when nothing is traced. */
static inline uint64_t trace_now(void)
{
	return trace_on ? trace_clock() : 0;
}
#define TRACE(name, from)                        \
	do {                                     \
		if (trace_on)                    \
			trace_span(name, (from)); \
	} while (0)

#endif
