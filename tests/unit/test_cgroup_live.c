/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup: against the kernel: what is made and removed, signals, the freezer. */
#include "cgroup_fixture.h"

#include <sys/resource.h>

/* ---- life cycle ---- */

T_TEST(nested_levels)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/a/b", &ref);
	T_OK(fd >= 0);
	struct stat st;
	T_INT(ref.made, 3);
	T_OK(exists("/a/b"));
	T_INT(stat(at("/a/b"), &st), 0);
	T_OK(st.st_ino == ref.inode);
	T_INT(ref.driver, CGROUP_CGROUPFS);
	T_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	destroy(&ref);
	T_OK(!exists(""));
	destroy(&ref); /* missing is success */
	CLEAN();
}

T_TEST(foreign_parent_stays)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	T_INT(mkdir(at(""), 0755), 0);
	CLEANUP_FD int fd = create("/a/b", &ref);
	T_OK(fd >= 0);
	T_INT(ref.made, 2);
	destroy(&ref);
	T_OK(exists("") && !exists("/a"));
	CLEAN();
}

T_TEST(shared_parent_stays)
{
	struct cgroup_ref a, b;
	if (!begin())
		return;
	CLEANUP_FD int fa = create("/p/a", &a);
	CLEANUP_FD int fb = create("/p/b", &b);
	T_OK(fa >= 0 && fb >= 0);
	T_INT(a.made, 3);
	T_INT(b.made, 1);
	destroy(&a);
	T_OK(exists("/p/b") && !exists("/p/a"));
	destroy(&b);
	T_OK(!exists("/p/b"));
	CLEAN("/p");
}

T_TEST(existing_empty)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	mkdir(at(""), 0755);
	mkdir(at("/e"), 0755);
	CLEANUP_FD int fd = create("/e", &ref);
	T_OK(fd >= 0);
	T_INT(ref.made, 0);
	T_OK(ref.inode != 0);
	CLEANUP_FD int again = cgroup_open(&ref, &err);
	T_OK(again >= 0);
	pid_t pid = spawn("/e", false);
	T_INT(cgroup_kill(again, SIGKILL, &err), 0);
	T_INT(reap(pid), 128 + SIGKILL);
	destroy(&ref);
	T_OK(exists("/e"));
	CLEAN("/e");
}

T_TEST(existing_refused)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	mkdir(at(""), 0755);
	mkdir(at("/e"), 0755);
	mkdir(at("/e/child"), 0755);
	pid_t pid = spawn("/e/child", false);
	T_INT(create("/e", &ref), -1); /* processes below it */
	T_HAS(err.text, "not empty");
	T_INT(create("/e/child", &ref), -1);
	T_HAS(err.text, "not empty");
	T_INT(ref.inode, 0);
	kill(pid, SIGKILL);
	T_INT(reap(pid), 128 + SIGKILL);
	rmdir(at("/e/child"));

	CLEANUP_FD int fd = open(at("/e"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_INT(cgroup_freeze(fd, true, &err), 0);
	T_INT(create("/e", &ref), -1);
	T_HAS(err.text, "frozen");
	T_INT(cgroup_freeze(fd, false, &err), 0);
	T_OK(exists("/e"));
	CLEAN("/e");
}

/* What a failing create made before it failed is gone; what was there before is not. */
T_TEST(failure_leaves_nothing)
{
	static const char *const bad[] = { "/x/y/cgroup.procs", "/x/cgroup.procs/y/z", "/cgroup.kill" };
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		T_INT(create(bad[i], &ref), -1);
		T_OK(!exists(""));
		T_INT(ref.inode, 0);
	}
	T_INT(create(arena_printf(&arena, "/x/%0300d", 1), &ref), -1);
	T_OK(!exists(""));
	/* the kernel refuses more levels: the ones made on the way go */
	mkdir(at(""), 0755);
	T_INT(fd_write_small(AT_FDCWD, at("/cgroup.max.depth"), "2", 1), 0);
	T_INT(create("/x/y/z", &ref), -1);
	T_OK(exists("") && !exists("/x"));
	/* limits that cannot be expressed are refused before anything is made */
	struct spec_memory m = { .kernel = { 1, true } };
	struct spec_resources res = { .memory = &m };
	struct spec_linux l = { .resources = &res };
	struct spec_config c = { .linux_ = &l };
	int fd = -1;
	err_clear(&err);
	T_INT(cgroup_create(&arena, CGROUP_CGROUPFS, arena_printf(&arena, "%s/l", top), &c, &ref, &fd, &err), -1);
	T_OK(!exists("/l"));
	CLEAN("/x");
}

T_TEST(never_the_root)
{
	static const char *const bad[] = { "/", "//", "/..", "/berth/..", "relative", "/a/./b" };
	if (!begin())
		return;
	struct stat st;
	T_INT(stat(mount_path, &st), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		/* as if a state file had been tampered with */
		struct cgroup_ref ref = { .path = bad[i], .inode = st.st_ino, .made = 1, .scope = "" };
		int fd = -1;
		err_clear(&err);
		T_INT(cgroup_open(&ref, &err), -1);
		T_OK(err.set);
		err_clear(&err);
		T_INT(cgroup_destroy(&ref, &err), -1);
		err_clear(&err);
		T_INT(cgroup_create(&arena, CGROUP_CGROUPFS, bad[i], NULL, &ref, &fd, &err), -1);
		T_INT(fd, -1);
	}
	CLEAN();
}

T_TEST(other_inode)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	mkdir(at(""), 0755);
	CLEANUP_FD int fd = create("/a", &ref);
	T_OK(fd >= 0);
	rmdir(at("/a"));
	err_clear(&err);
	T_INT(cgroup_open(&ref, &err), -1);
	T_OK(!err.set);
	T_INT(err.eno, ENOENT);
	mkdir(at("/a"), 0755); /* somebody else's */
	err_clear(&err);
	T_INT(cgroup_open(&ref, &err), -1);
	T_OK(!err.set);
	T_INT(err.eno, ENOENT);
	destroy(&ref);
	T_OK(exists("/a"));
	CLEAN("/a");
}

T_TEST(disabled)
{
	struct spec_pids pids = { .limit = { 5, true } };
	struct spec_resources res = { .pids = &pids };
	struct spec_linux l = { .resources = &res };
	struct spec_config c = { .linux_ = &l };
	struct cgroup_ref ref = { 0 };
	int fd = 0;
	err_clear(&err);
	T_INT(cgroup_create(&arena, CGROUP_DISABLED, "", NULL, &ref, &fd, &err), 0);
	T_INT(fd, -1);
	T_INT(ref.inode, 0);
	T_INT(cgroup_destroy(&ref, &err), 0);
	T_INT(cgroup_open(&ref, &err), -1);
	T_OK(!err.set && err.eno == ENOENT);
	T_INT(cgroup_create(&arena, CGROUP_DISABLED, "", &c, &ref, &fd, &err), -1);
	T_HAS(err.text, "linux.resources.pids.limit: ");
	err_clear(&err);
	T_INT(cgroup_apply(NULL, -1, &res, "linux.resources", &err), -1);
}

/* Two processes share parents that vanish whenever they are empty. */
T_TEST(race_for_the_parent)
{
	if (!begin())
		return;
	mkdir(at(""), 0755);
	pid_t pids[2];
	fflush(stdout); /* else a child prints what its parent has not yet */
	for (int k = 0; k < 2; k++) {
		pids[k] = fork();
		if (pids[k] != 0)
			continue;
		int failed = 0;
		for (int i = 0; i < 300; i++) {
			struct cgroup_ref ref = { 0 };
			int fd = create(k ? "/p/q/a" : "/p/q/b", &ref);
			failed |= fd < 0;
			if (fd < 0)
				puts(err.text);
			else
				failed |= cgroup_destroy(&ref, &err) < 0;
			close(fd);
		}
		fflush(stdout);
		_exit(failed);
	}
	pid_t remover = fork();
	if (remover == 0) {
		alarm(60);
		for (;;) {
			rmdir(at("/p/q"));
			rmdir(at("/p"));
			arena_free(&arena);
			usleep(20); /* others have processors to share, too */
		}
	}
	for (int k = 0; k < 2; k++) {
		int status = -1;
		waitpid(pids[k], &status, 0);
		T_INT(status, 0);
	}
	kill(remover, SIGKILL);
	waitpid(remover, NULL, 0);
	CLEAN("/p", "/p/q");
}

/* ---- processes ---- */

T_TEST(kill_tree)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/k", &ref);
	mkdir(at("/k/sub"), 0755);
	mkdir(at("/k/sub/sub"), 0755);
	mkdir(at("/canary"), 0755);
	pid_t canary = spawn("/canary", false); /* beside it */
	pid_t a = spawn("/k", false), b = spawn("/k/sub/sub", false), *pids = NULL;
	size_t n = 0;
	T_INT(cgroup_pids(&arena, fd, &pids, &n, &err), 0);
	T_INT(n, 2);
	T_OK(n == 2 && pids[0] == (a < b ? a : b) && pids[1] == (a < b ? b : a));
	T_INT(cgroup_kill(fd, SIGTERM, &err), 0);
	T_INT(reap(a), 7);
	T_INT(reap(b), 7);
	a = spawn("/k", true);
	b = spawn("/k/sub", false);
	T_INT(cgroup_kill(fd, SIGKILL, &err), 0);
	destroy(&ref); /* waits for them */
	T_OK(!exists("/k"));
	T_INT(reap(a), 128 + SIGKILL);
	T_INT(reap(b), 128 + SIGKILL);
	T_INT(kill(canary, 0), 0);
	T_INT(waitpid(canary, NULL, WNOHANG), 0);
	kill(canary, SIGKILL);
	T_INT(reap(canary), 128 + SIGKILL);
	CLEAN("/canary");
}

/* Many processes that are told to end: each exactly once. */
T_TEST(signal_many)
{
	enum { MANY = 300 };
	pid_t pids[MANY];
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/m", &ref);
	for (int i = 0; i < MANY; i++)
		pids[i] = spawn("/m", false);
	T_INT(cgroup_kill(fd, SIGTERM, &err), 0);
	for (int i = 0; i < MANY; i++)
		T_INT(reap(pids[i]), 7);
	destroy(&ref);
	CLEAN();
}

/* Whoever sends is not signalled, even from inside. */
T_TEST(signal_spares_the_sender)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/s", &ref);
	pid_t other = spawn("/s", false), pid = fork();
	if (pid == 0) {
		fd_write_small(fd, "cgroup.procs", "0", 1);
		_exit(cgroup_kill(fd, SIGTERM, &err) < 0);
	}
	T_INT(reap(pid), 0);
	T_INT(reap(other), 7);
	destroy(&ref);
	CLEAN();
}

static uint64_t cpu_time(pid_t pid)
{
	char path[64], buf[1024];
	unsigned long long user = 0;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	if (fd_read_small(AT_FDCWD, path, buf, sizeof(buf)) > 0)
		user = strtoull(buf, NULL, 10);
	return user;
}

T_TEST(freezer)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/f", &ref);
	pid_t pid = spawn("/f", true);
	T_INT(cgroup_is_frozen(fd), 0);
	T_INT(cgroup_freeze(fd, true, &err), 0);
	T_INT(cgroup_is_frozen(fd), 1);
	uint64_t before = cpu_time(pid);
	sleep_ms(50);
	T_OK(cpu_time(pid) == before);
	T_INT(cgroup_freeze(fd, true, &err), 0); /* again */
	T_INT(cgroup_freeze(fd, false, &err), 0);
	T_INT(cgroup_is_frozen(fd), 0);
	for (int i = 0; i < 200 && cpu_time(pid) == before; i++) /* others may want the processor */
		sleep_ms(50);
	T_OK(cpu_time(pid) != before);
	/* a frozen container can be killed and removed */
	T_INT(cgroup_freeze(fd, true, &err), 0);
	T_INT(cgroup_kill(fd, SIGKILL, &err), 0);
	destroy(&ref);
	T_INT(reap(pid), 128 + SIGKILL);
	T_INT(cgroup_is_frozen(fd), -1);
	CLEAN();
}

/* Waits until somebody asks for a thaw; then the processes end and the cgroup goes, as systemd does it. Exit
 * status 0 when it went. */
static pid_t remove_when_thawing(int cgfd, const char *path)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	for (int i = 0; i < 1000 && cgroup_is_frozen(cgfd) != 0; i++)
		sleep_ms(5);
	cgroup_kill(cgfd, SIGKILL, &err);
	for (int i = 0; i < 1000; i++) {
		if (rmdir(at(path)) == 0)
			_exit(0);
		sleep_ms(5);
	}
	_exit(1);
}

/* What is thawed may end at once, and the cgroup with it: that is no failure of the thaw. The cgroup above is
 * frozen, so that the thaw surely still waits then. */
T_TEST(gone_while_thawing)
{
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/a/f", &ref);
	CLEANUP_FD int above = open(at("/a"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = spawn("/a/f", false);
	T_INT(cgroup_freeze(above, true, &err), 0);
	T_INT(cgroup_freeze(fd, true, &err), 0);
	pid_t remover = remove_when_thawing(fd, "/a/f");
	T_INT(cgroup_freeze(fd, false, &err), 0);
	T_INT(reap(pid), 128 + SIGKILL);
	T_INT(reap(remover), 0);
	T_OK(!exists("/a/f"));
	T_INT(cgroup_freeze(above, false, &err), 0);
	destroy(&ref);
	CLEAN("/a");
}

/* A container with a writable cgroup mount can nest as it likes. */
T_TEST(deep_and_wide)
{
	enum { DEPTH = 200, WIDTH = 300, FDS = 32 };
	struct cgroup_ref ref = { 0 };
	struct rlimit old, few;
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/d", &ref);
	T_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ FDS, old.rlim_max }; /* an fd for each level would be too many */
	T_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
	int cur = dup(fd), made = 0;
	for (int i = 0; i < DEPTH; i++) {
		made += mkdirat(cur, "n", 0755) == 0;
		int next = openat(cur, "n", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(cur);
		cur = next;
	}
	T_INT(made, DEPTH);
	pid_t deepest = fork(), *pids;
	if (deepest == 0) {
		signal(SIGTERM, on_term);
		fd_write_small(cur, "cgroup.procs", "0", 1);
		alarm(60);
		for (;;)
			pause();
	}
	close(cur);
	for (int i = 0; i < WIDTH; i++) {
		char name[32];
		snprintf(name, sizeof(name), "w%d", i);
		mkdirat(fd, name, 0755);
	}
	size_t n = 0;
	for (int i = 0; i < 100 && n == 0; i++) {
		sleep_ms(10);
		T_INT(cgroup_pids(&arena, fd, &pids, &n, &err), 0);
	}
	T_OK(n == 1 && pids[0] == deepest);
	T_INT(cgroup_kill(fd, SIGTERM, &err), 0);
	T_INT(reap(deepest), 7);
	destroy(&ref);
	T_OK(!exists("/d"));
	T_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
	CLEAN();
}

T_MAIN()
