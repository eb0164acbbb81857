/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * File descriptors: who owns them, and whole-file reads and writes.
 *
 * A fd that is owned by a scope is declared `CLEANUP_FD int fd = -1;` and closed when the scope
 * ends, errno kept; take_fd() hands it on. Every open in berth carries O_CLOEXEC.
 */
#ifndef BERTH_LIB_FD_H
#define BERTH_LIB_FD_H

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

#include "arena.h"
#include "err.h"

void fd_close(int *fd); /* closes *fd when it is >= 0, sets it to -1, keeps errno */
#define CLEANUP_FD __attribute__((cleanup(fd_close)))

static inline int take_fd(int *fd)
{
	int v = *fd;
	*fd = -1;
	return v;
}

/* Make sure that 0, 1 and 2 are open (on /dev/null when they were closed), so that no file that we
 * open later takes their number. Returns 0, or -1 with errno. */
int fd_sanitize_stdio(void);
/* A close-on-exec copy above the streams, in one call: that of musl asks a second time. */
int fd_dup(int fd);

/* Read a whole regular file (or a procfs/cgroupfs file when `pseudo`) of at most `max` bytes into
 * the arena, NUL-terminated; *ret_len gets its length when not NULL. The path is opened relative to
 * dirfd with O_NOCTTY|O_NONBLOCK|O_CLOEXEC, so a FIFO never blocks us; anything but a regular file
 * is refused with an error. */
char *fd_read_file(struct arena *a, int dirfd, const char *path, size_t max, size_t *ret_len,
		   struct err *e);

/* Read up to size-1 bytes of a small pseudo file into buf, NUL-terminated, trailing newline cut.
 * Returns the length or -1 with errno (no struct err: callers often treat absence as an answer). */
ssize_t fd_read_small(int dirfd, const char *path, char *buf, size_t size);

/* One open, one write(2), close: for kernel files. Returns 0, or -1 with errno. */
int fd_write_small(int dirfd, const char *path, const char *text, size_t len);

/* Write a new file completely under a temporary name beside `path` and rename it over it, so that a
 * reader sees the old or the new content and never a part. Mode is exact, whatever the umask is. */
int fd_write_atomic(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		    struct err *e);
/* The two halves of it: under the temporary name, and to its own; a failure leaves nothing of the new one. */
int fd_prepare(int dirfd, const char *path, const void *data, size_t len, mode_t mode, struct err *e);
int fd_commit(int dirfd, const char *path, struct err *e);

/* Write a new file completely before it gets its name, which must be free: nothing is left of it when we are killed. Needs
 * O_TMPFILE of the file system, and /proc. Mode is subject to the umask. 0, or -1 with errno. */
int fd_write_unnamed(int dirfd, const char *path, const void *data, size_t len, mode_t mode);

/* For a file that nobody looks for yet: written under its own name, which must be free. Mode 0600. */
int fd_write_new(int dirfd, const char *path, const void *data, size_t len, struct err *e);

/* write(2) until everything is out; EINTR is retried. Returns 0, or -1 with errno. */
int fd_write_all(int fd, const void *data, size_t len);
/* read(2) until `len` bytes or end of file. Returns the count, or -1 with errno. */
ssize_t fd_read_full(int fd, void *data, size_t len);

/* The next entry, or NULL: then *ret_eno is 0 at the end, or why there is no more to be seen. */
struct dirent *dir_next(DIR *d, int *ret_eno);

#endif
