/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of cgroups against the kernel share. Everything happens in cgroups below one of the test's own
 * ("/berth-test-PID"), with children of the test; without root or cgroup v2 the cases are skipped.
 */
#ifndef BERTH_TESTS_UNIT_CGROUP_FIXTURE_H
#define BERTH_TESTS_UNIT_CGROUP_FIXTURE_H

#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../runtime/cgroup/internal.h"
#include "../../runtime/lib/fd.h"

static struct arena arena;
static struct err err;
static const char *mount_path;
static char top[64]; /* "/berth-test-PID" */

static inline void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Path of a file in the file system: below the test's own cgroup. */
static inline char *at(const char *rel)
{
	return arena_printf(&arena, "%s%s%s", mount_path, top, rel);
}

static inline bool exists(const char *rel)
{
	return access(at(rel), F_OK) == 0;
}

static inline const char *content(const char *rel)
{
	char buf[4096];
	return fd_read_small(AT_FDCWD, at(rel), buf, sizeof(buf)) < 0 ? "(none)" : arena_strdup(&arena, buf);
}

/* A clean start for each case; false: skipped. */
static inline bool begin(void)
{
	static bool told;
	err_clear(&err);
	snprintf(top, sizeof(top), "/berth-test-%d", (int)getpid());
	mount_path = geteuid() == 0 ? cgroup_mount_path(&arena, &err) : NULL;
	if (mount_path && mkdir(at(""), 0755) == 0) {
		rmdir(at(""));
		return true;
	}
	if (!told)
		printf("skipped: needs root and a writable cgroup v2 (%s)\n", err.text);
	told = true;
	return false;
}

static inline int create(const char *rel, struct cgroup_ref *ref)
{
	int fd = -1;
	err_clear(&err);
	*ref = (struct cgroup_ref){ 0 };
	const char *path = arena_printf(&arena, "%s%s", top, rel);
	int r = cgroup_create(&arena, CGROUP_CGROUPFS, path, NULL, ref, &fd, &err);
	T_OK((r < 0) == err.set);
	T_OK((r < 0) == (fd < 0));
	return fd;
}

static inline void destroy(const struct cgroup_ref *ref)
{
	err_clear(&err);
	T_INT(cgroup_destroy(ref, &err), 0);
	T_STR(err.text, "");
}

static inline void on_term(int sig)
{
	(void)sig;
	_exit(7);
}

/* A child that is in the cgroup when this returns. busy: it uses the CPU. SIGTERM: exit code 7. */
static inline pid_t spawn(const char *rel, bool busy)
{
	int p[2];
	T_INT(pipe2(p, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGTERM, on_term);
		alarm(60); /* never outlives the test for long */
		CLEANUP_FD int fd = open(at(rel), O_RDONLY | O_DIRECTORY);
		char ok = fd >= 0 && fd_write_small(fd, "cgroup.procs", "0", 1) == 0;
		if (write(p[1], &ok, 1) != 1 || !ok)
			_exit(100);
		for (;;)
			if (!busy)
				pause();
	}
	char ok = 0;
	close(p[1]);
	T_INT(read(p[0], &ok, 1), 1);
	T_INT(ok, 1);
	close(p[0]);
	return pid;
}

/* Exit code, or 128 + signal; 1000: still running after two seconds. */
static inline int reap(pid_t pid)
{
	for (int i = 0; i < 200; i++) {
		int status;
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		sleep_ms(10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 1000;
}

static inline void clean(const char *const *rels, size_t n)
{
	while (n-- > 0)
		rmdir(at(rels[n]));
	rmdir(at(""));
	arena_free(&arena);
}
#define CLEAN(...)                                                                                           \
	do {                                                                                                 \
		static const char *const dirs[] = { "", __VA_ARGS__ };                                       \
		clean(dirs, sizeof(dirs) / sizeof(*dirs));                                                   \
	} while (0)

#endif
