/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A resctrl file system for machines without one, as a library to be preloaded into the runtime: the directory
 * $FAKE_RESCTRL stands for /sys/fs/resctrl and does what the kernel's does, as far as a runtime can tell:
 *
 *	mkdir	fills a new group with its files; a monitoring group is refused when $FAKE_RESCTRL/full exists
 *	rmdir	removes a group with what is in it
 *	write	to schemata replaces the line of that resource (L3 or MB, ended by a newline; else EINVAL and the words in
 *		info/last_cmd_status), to tasks adds a line
 *
 * Every write is a line "FILE TEXT" in $FAKE_RESCTRL.log.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define RDTGROUP_SUPER_MAGIC 0x7655821

int open64(const char *path, int flags, ...);
int fstatfs64(int fd, struct statfs64 *st);

static const char *fake(void)
{
	return getenv("FAKE_RESCTRL");
}

/* The path of a descriptor below the fake root, "" for the root; NULL: elsewhere. */
static const char *inside(int fd, char buf[PATH_MAX])
{
	char link[64];
	size_t n = fake() ? strlen(fake()) : 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, buf, PATH_MAX - 1);
	if (!n || len < 0)
		return NULL;
	buf[len] = '\0';
	return strncmp(buf, fake(), n) == 0 && (!buf[n] || buf[n] == '/') ? buf + n : NULL;
}

static int raw_open(int dir, const char *path, int flags)
{
	return (int)syscall(SYS_openat, dir, path, flags | O_CLOEXEC, 0644);
}

static void put(int dir, const char *path, const char *text)
{
	int fd = raw_open(dir, path, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0 || syscall(SYS_write, fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (fake() && strcmp(path, "/sys/fs/resctrl") == 0)
		path = fake();
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int fstatfs64(int fd, struct statfs64 *st)
{
	char buf[PATH_MAX];
	int r = (int)syscall(SYS_fstatfs, fd, st);
	if (r == 0 && inside(fd, buf))
		st->f_type = RDTGROUP_SUPER_MAGIC;
	return r;
}

static void fill(int dir, const char *path, bool monitor)
{
	int fd = raw_open(dir, path, O_RDONLY | O_DIRECTORY);
	syscall(SYS_mkdirat, fd, "mon_data", 0755);
	put(fd, "tasks", "");
	if (!monitor) {
		syscall(SYS_mkdirat, fd, "mon_groups", 0755);
		put(fd, "schemata", "    L3:0=fff;1=fff\n    MB:0=100;1=100\n");
	}
	close(fd);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	char buf[PATH_MAX];
	const char *at = inside(dir, buf);
	bool monitor = strncmp(path, "mon_groups/", 11) == 0;
	if (at && monitor && faccessat(AT_FDCWD, fake(), F_OK, 0) == 0) {
		char full[PATH_MAX];
		snprintf(full, sizeof(full), "%s/full", fake());
		if (access(full, F_OK) == 0) {
			errno = ENOSPC;
			return -1;
		}
	}
	int r = (int)syscall(SYS_mkdirat, dir, path, mode);
	if (r == 0 && at)
		fill(dir, path, monitor);
	return r;
}

static void empty(int dir, const char *path)
{
	int fd = raw_open(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (e->d_type == DT_DIR)
			empty(fd, e->d_name);
		syscall(SYS_unlinkat, fd, e->d_name, e->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	}
	if (d)
		closedir(d);
}

int unlinkat(int dir, const char *path, int flags)
{
	char buf[PATH_MAX];
	if ((flags & AT_REMOVEDIR) && inside(dir, buf))
		empty(dir, path);
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}

static void note(const char *file, const char *text, size_t len)
{
	char path[PATH_MAX], line[PATH_MAX];
	snprintf(path, sizeof(path), "%s.log", fake());
	int fd = raw_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND);
	int n = snprintf(line, sizeof(line), "%s %.*s", file, (int)len, text);
	if (line[n - 1] != '\n')
		line[n++] = '\n';
	if (syscall(SYS_write, fd, line, (size_t)n) < 0)
		abort();
	close(fd);
}

static ssize_t refuse(const char *words)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/info/last_cmd_status", fake());
	put(AT_FDCWD, path, words);
	errno = EINVAL;
	return -1;
}

static ssize_t write_schema(const char *path, const char *text, size_t len)
{
	char old[4096], now[8192] = "";
	size_t n = 0;
	if (len < 4 || text[len - 1] != '\n' || (strncmp(text, "L3:", 3) != 0 && strncmp(text, "MB:", 3) != 0))
		return refuse("unknown resource\n");
	int fd = raw_open(AT_FDCWD, path, O_RDONLY);
	ssize_t got = syscall(SYS_read, fd, old, sizeof(old) - 1);
	close(fd);
	old[got < 0 ? 0 : got] = '\0';
	for (char *save, *line = strtok_r(old, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		bool same = strncmp(line + strspn(line, " "), text, 3) == 0;
		n += (size_t)snprintf(now + n, sizeof(now) - n, same ? "    %.*s" : "%.*s\n", same ? (int)len : (int)strlen(line),
				      same ? text : line);
	}
	put(AT_FDCWD, path, now);
	return (ssize_t)len;
}

ssize_t write(int fd, const void *data, size_t len)
{
	char buf[PATH_MAX];
	const char *at = inside(fd, buf), *name = at ? strrchr(at, '/') : NULL;
	if (!name)
		return syscall(SYS_write, fd, data, len);
	note(at, data, len);
	if (strcmp(name, "/schemata") == 0)
		return write_schema(buf, data, len);
	int to = raw_open(AT_FDCWD, buf, O_WRONLY | O_APPEND);
	dprintf(to, "%.*s\n", (int)len, (const char *)data);
	close(to);
	return (ssize_t)len;
}
