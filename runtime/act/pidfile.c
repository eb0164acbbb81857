/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pid files. Some engines poll the file while we run and parse whatever they see, and some made it
 * beforehand: so the number is written under another name in the same directory and renamed over it.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "../lib/fd.h"

int pid_file_write(const char *path, pid_t pid, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);
	if (fd_write_atomic(AT_FDCWD, path, text, (size_t)n, 0644, e) < 0)
		return err_add(e, "pid file");
	return 0;
}
