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
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/sys.h"

enum { MODE = 0644 };

int pid_file_write(const char *path, pid_t pid, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);
	if (fd_write_unnamed(AT_FDCWD, path, text, (size_t)n, MODE) == 0)
		return 0;
	if (fd_write_atomic(AT_FDCWD, path, text, (size_t)n, MODE, e) < 0)
		return err_add(e, "pid file");
	return 0;
}

/* A file of ours, with no other name, that holds the number; the temporary one perhaps only the beginning of it. */
static bool is_ours(int dir, const char *name, pid_t pid, bool whole)
{
	char text[16], held[16];
	CLEANUP_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
		return false;
	int n = snprintf(text, sizeof(text), "%d", (int)pid);
	ssize_t got = fd_read_full(fd, held, sizeof(held));
	return got >= (whole ? n : 0) && got <= n && memcmp(held, text, (size_t)got) == 0;
}

/*
 * We may be root, and the folder may be another user's, who could have put a link in the place of any part of the path since.
 * So none is followed: what is reached then is a folder of that user, or one that was meant, and the file in it has to be
 * ours and to hold the number. Who renames another in its place after that look can do it in a folder of his own only.
 */
void pid_file_remove(const char *path, pid_t pid, pid_t writer)
{
	char dir_path[4096], temporary[NAME_MAX + 1];
	const char *name = strrchr(path, '/') + 1;
	if ((size_t)snprintf(dir_path, sizeof(dir_path), "%.*s", (int)(name - path), path) >= sizeof(dir_path))
		return;
	CLEANUP_FD int dir = sys_openat2(AT_FDCWD, dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, RESOLVE_NO_SYMLINKS);
	if (dir < 0)
		return;
	if (is_ours(dir, name, pid, true))
		unlinkat(dir, name, 0);
	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.%d.tmp", name, (int)writer) < sizeof(temporary) &&
	    is_ours(dir, temporary, pid, false))
		unlinkat(dir, temporary, 0);
}
