// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A runtime that writes down how it was called and then is the real one. As PATH/NAME it adds a line to PATH/NAME.trace
// and executes PATH/NAME.real with everything as it was: arguments, environment, signals, open files.
//
// The line: arguments; "|"; what 0, 1 and 2 are and how many more descriptors are open; "|"; variables that a runtime
// could look at. Words are separated by spaces; spaces and what is not printable in them are written as \xNN.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char line[1 << 16];
static size_t used;

static void put(const char *s)
{
	while (*s && used < sizeof(line) - 1)
		line[used++] = *s++;
}

static void put_word(const char *s)
{
	char escape[8];

	put(used ? " " : "");
	for (; *s; s++) {
		snprintf(escape, sizeof(escape), *s > ' ' && *s < 127 && *s != '\\' ? "%c" : "\\x%02x",
		         (unsigned char)*s);
		put(escape);
	}
}

static const char *kind_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return "closed";
	if (isatty(fd))
		return "tty";
	if (S_ISFIFO(st.st_mode))
		return "pipe";
	if (S_ISSOCK(st.st_mode))
		return "socket";
	return S_ISCHR(st.st_mode) ? "device" : "file";
}

static void put_descriptors(void)
{
	char more[32];
	int others = 0;
	struct dirent *e;
	DIR *d = opendir("/proc/self/fd");

	while (d && (e = readdir(d)) != NULL)
		others += e->d_name[0] != '.' && atoi(e->d_name) > 2 && atoi(e->d_name) != dirfd(d);
	if (d)
		closedir(d);
	put_word("|");
	for (int fd = 0; fd < 3; fd++)
		put_word(kind_of(fd));
	snprintf(more, sizeof(more), "+%d", others);
	put_word(more);
}

static void put_environment(char **env)
{
	static const char *const wanted[] = {"XDG_RUNTIME_DIR=", "NOTIFY_SOCKET=", "LISTEN_FDS=", "LISTEN_PID=",
		"DBUS_SESSION_BUS_ADDRESS=", "PATH=", "HOME=", "LOGLEVEL=", NULL};

	put_word("|");
	for (; *env; env++)
		for (const char *const *w = wanted; *w; w++)
			if (strncmp(*env, *w, strlen(*w)) == 0)
				put_word(*env);
}

int main(int argc, char **argv, char **env)
{
	char self[PATH_MAX - 8] = "", path[PATH_MAX];
	int fd;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 125;
	for (int i = 1; i < argc; i++)
		put_word(argv[i]);
	put_descriptors();
	put_environment(env);
	put("\n");
	snprintf(path, sizeof(path), "%s.trace", self);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0 && write(fd, line, used) < 0)
		perror(path);
	snprintf(path, sizeof(path), "%s.real", self);
	execv(path, argv);
	perror(path);
	return 125;
}
