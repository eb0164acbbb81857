/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pid files. Some engines poll the file while we run and parse whatever they see, and some made it
 * beforehand: so the number is complete before the file has its name. It is written into a file without a name, of
 * which nothing is left when we are killed, and that gets its name with a link. Where that cannot be (there is a file
 * already, no privileges, no such file system) it is another name in the same directory and a rename.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fd.h"

enum { MODE = 0644 };

static int write_unnamed(const char *path, const char *text, size_t len)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int n = slash ? (int)(slash - path) + 1 : 1;
	if ((size_t)snprintf(dir, sizeof(dir), "%.*s", n, slash ? path : ".") >= sizeof(dir))
		return -1;
	CLEANUP_FD int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, MODE);
	if (fd < 0 || fd_write_all(fd, text, len) < 0)
		return -1;
	return linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH);
}

int pid_file_write(const char *path, pid_t pid, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);
	if (write_unnamed(path, text, (size_t)n) == 0)
		return 0;
	if (fd_write_atomic(AT_FDCWD, path, text, (size_t)n, MODE, e) < 0)
		return err_add(e, "pid file");
	return 0;
}
