/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What berth tells its caller besides its output. Engines read errors from the log file or from
 * stderr, so an error goes to both, each in one write(2): stderr as plain text, the log (--log) as
 * text or as one JSON object per line {"level","msg","time"} (time in RFC 3339, UTC). Warnings and
 * debug lines go to the log only, and only at --log-level warning/debug, so that the log of a failed
 * call holds exactly one object. The default level is error, and warning for the commands whose row
 * says log_warnings. When a level was chosen without --log, such lines go to stderr. Control characters
 * are escaped.
 */
#ifndef BERTH_LIB_LOG_H
#define BERTH_LIB_LOG_H

#include <stdbool.h>
#include <time.h>

#include "err.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* path NULL: no log file. The file is opened now (O_APPEND|O_CREAT|O_CLOEXEC). 0 or -1 with *e. A FIFO that
 * nobody has open for reading is no error: it is tried again for each record, so `path` must stay, and what
 * is logged before a reader comes is lost. */
int log_open(const char *path, bool json, enum log_level level, struct err *e);
int log_level_parse(const char *s, enum log_level *ret); /* error, warn(ing), info, debug; 0 or -1 */

/* Print e->text once, as described above. */
void log_error(const struct err *e);
void log_message(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_warn(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)

/* Text for a terminal or a log line: control characters and bytes that are not UTF-8 become \n, \t or \xNN, so
 * that a name chosen by a container can neither forge a second line nor send escape sequences. Cuts what does
 * not fit; four bytes for each of `s` and 32 more are enough. Returns the length. */
size_t text_escape(char *out, size_t size, const char *s);

/* RFC 3339 in UTC with `digits` (1 to 9) of the second: "2026-01-02T03:04:05.678901Z". */
enum { TIME_TEXT_MAX = 48 };
void time_rfc3339(char buf[TIME_TEXT_MAX], const struct timespec *ts, int digits);

#endif
