/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one way to report a failure.
 *
 * A function that can fail returns 0 (or a fd / count >= 0) on success and -1 on failure, takes a
 * `struct err *` as its last parameter, and sets that error exactly when it returns -1. Low layers
 * create an error with err_set() or err_config(), each layer above may put what it was doing in
 * front with err_add(), and the command prints the result once (log.h: log_error()).
 *
 * No memory is owned: the text lives inside the struct and is cut, never overflowed. An error that
 * is already set is not overwritten by err_set(): the first cause wins.
 */
#ifndef BERTH_LIB_ERR_H
#define BERTH_LIB_ERR_H

#include <stdbool.h>
#include <stddef.h>

enum { ERR_TEXT_MAX = 4096 };

struct err {
	bool set;
	int eno;	   /* errno that caused it, or 0 */
	int exit_code;	   /* exit code the command should use; 0 means the default (1) */
	char text[ERR_TEXT_MAX];
	char path[256];	   /* JSON path for an error of the config, or "" */
};

#define ERR_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Create: "<text>" or, when eno != 0, "<text>: <errno text in lower case>". Returns -1. */
int err_set(struct err *e, int eno, const char *fmt, ...) ERR_PRINTF(3, 4);

/* Create an error of the configuration: "<path>: <text>"; path is a JSON path such as
 * "mounts[3].destination" and is kept in e->path so that line and column can be added. Returns -1. */
int err_config(struct err *e, const char *path, const char *fmt, ...) ERR_PRINTF(3, 4);

/* Put "<text>: " in front of an error that is set. Returns -1. */
int err_add(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

/* Same as err_set() but also chooses the exit code of the command. Returns -1. */
int err_exit(struct err *e, int exit_code, int eno, const char *fmt, ...) ERR_PRINTF(4, 5);

/* Back to "no error". */
void err_clear(struct err *e);

/* Text of an errno, first letter in lower case ("no such file or directory"), as engines search for
 * it. Points to static or libc-owned memory; never NULL. */
const char *err_text(int eno);

#endif
