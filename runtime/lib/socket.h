/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unix sockets (SOCK_STREAM): by paths of any length, with descriptors beside the bytes, and never for longer
 * than SOCKET_TIMEOUT: a listener that neither accepts nor reads must not hold a command, and with it a
 * container's lock, for ever.
 */
#ifndef BERTH_LIB_SOCKET_H
#define BERTH_LIB_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

enum {
	SOCKET_TIMEOUT = 10, /* seconds; for each connect(2) and send(2) */
	SOCKET_MAX_FDS = 253 /* of one message: the kernel's SCM_MAX_FD */
};

/* Connected, or -1 with errno; ETIMEDOUT when nobody accepted in time. */
int socket_connect(const char *path);

/* Bind and listen on `name` in a directory fd; connect likewise. A fd, or -1 with *e. */
int socket_listen_at(int dirfd, const char *name, struct err *e);
int socket_connect_at(int dirfd, const char *name, struct err *e);
/* Does a process listen on it? Never waits. 1, 0, or -1 with errno: it cannot be asked. *ret_conn (may be NULL): the
 * connection by which it was found out, or -1: others queue for it. */
int socket_has_listener(int dirfd, const char *name, int *ret_conn);

/* Send all of `data`; `n` descriptors go with its first bytes and only there. 0, or -1 with errno (ETIMEDOUT,
 * and EPIPE instead of a signal). */
int socket_send(int sock, const void *data, size_t len, const int *fds, size_t n);

/* One connection, one message, one descriptor (console socket, pidfd socket). */
int socket_send_fd(const char *path, int fd, const char *text, struct err *e);

#endif
