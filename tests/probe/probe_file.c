/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe: files and descriptors. Errors are part of the answer, so the exit status is 0 all the same. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

int probe_read(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		char buf[4096];
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

		if (n < 0) {
			printf("%s=?%d\n", argv[i], errno);
		} else {
			buf[n] = 0;
			if (n && buf[n - 1] == '\n')
				buf[n - 1] = 0;
			printf("%s=%s\n", argv[i], buf);
		}
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

int probe_write(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "written\n";
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("write=?%d\n", errno);
	else
		printf("write=ok\n");
	if (fd >= 0)
		close(fd);
	return 0;
}

/* A driver that is missing says so after the permission was found. */
static int permitted(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int ok = fd >= 0 || (errno != EPERM && errno != EACCES && errno != ENOENT);

	if (fd >= 0)
		close(fd);
	return ok;
}

int probe_open(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');

		printf("%s%s=%c%c", i ? " " : "", slash ? slash + 1 : argv[i],
		       permitted(argv[i], O_RDONLY) ? 'r' : '-', permitted(argv[i], O_WRONLY) ? 'w' : '-');
	}
	putchar('\n');
	return 0;
}

static const char *type_name(mode_t m)
{
	static const struct {
		mode_t type;
		const char *name;
	} types[] = { { S_IFREG, "file" },   { S_IFDIR, "dir" },  { S_IFLNK, "link" },	{ S_IFCHR, "char" },
		      { S_IFBLK, "block" }, { S_IFIFO, "fifo" }, { S_IFSOCK, "socket" } };

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((m & S_IFMT) == types[i].type)
			return types[i].name;
	return "other";
}

static void print_stat(const char *label, const char *path, const struct stat *st)
{
	printf("%s=%s %04o %u %u %u:%u %lld", label, type_name(st->st_mode), st->st_mode & 07777, st->st_uid,
	       st->st_gid, major(st->st_rdev), minor(st->st_rdev), (long long)st->st_size);
	if (S_ISLNK(st->st_mode)) {
		char buf[4096];
		ssize_t n = readlink(path, buf, sizeof(buf) - 1);

		buf[n < 0 ? 0 : n] = 0;
		printf(" -> %s", buf);
	}
	putchar('\n');
}

int probe_stat(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		struct stat st;

		if (lstat(argv[i], &st) != 0)
			printf("%s=?%d\n", argv[i], errno);
		else
			print_stat(argv[i], argv[i], &st);
	}
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int probe_ls(int argc, char **argv)
{
	struct dirent **list;
	int n = scandir(argv[0], &list, NULL, by_name);

	(void)argc;
	if (n < 0) {
		printf("%s=?%d\n", argv[0], errno);
		return 0;
	}
	for (int i = 0; i < n; i++) {
		char path[4096];
		struct stat st;

		if (strcmp(list[i]->d_name, ".") == 0 || strcmp(list[i]->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[0], list[i]->d_name);
		if (lstat(path, &st) == 0)
			print_stat(path, path, &st);
	}
	printf("%s: %d\n", argv[0], n - 2);
	return 0;
}

/* Numbers are found with fcntl(2), not /proc: a hidden or missing /proc must not hide a leak. */
/* One line, if it is open; what comes back is how many. */
static int show_fd(int fd)
{
	char path[64], buf[512];
	struct stat st;
	ssize_t n;

	if (fcntl(fd, F_GETFD) < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	if (fstat(fd, &st) != 0)
		st.st_mode = 0;
	printf("fd.%d=%s %s\n", fd, type_name(st.st_mode), buf);
	return 1;
}

int probe_fds(int argc, char **argv)
{
	DIR *d = opendir("/proc/self/fd");
	int count = 0;

	(void)argc;
	(void)argv;
	/* so many calls take two seconds where a kernel is a process itself */
	for (int fd = 0; !d && fd < 65536; fd++)
		count += show_fd(fd);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
			count += show_fd(atoi(e->d_name));
	}
	if (d)
		closedir(d);
	printf("fds=%d\n", count);
	return 0;
}

int probe_exec_file(int argc, char **argv)
{
	(void)argc;
	fflush(stdout);
	execv(argv[0], argv);
	printf("exec=?%d\n", errno);
	return 0;
}
