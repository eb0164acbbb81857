/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup: against the kernel. Everything happens in cgroups below one of the test's own
 * ("/berth-test-PID"), with children of the test; without root or cgroup v2 the cases are skipped.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../runtime/cgroup/internal.h"
#include "../../runtime/lib/fd.h"
#include "../../runtime/lib/json.h"

static struct arena arena;
static struct err err;
static const char *mount_path;
static char top[64]; /* "/berth-test-PID" */

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Path of a file in the file system: below the test's own cgroup. */
static char *at(const char *rel)
{
	return arena_printf(&arena, "%s%s%s", mount_path, top, rel);
}

static bool exists(const char *rel)
{
	return access(at(rel), F_OK) == 0;
}

static const char *content(const char *rel)
{
	char buf[4096];
	return fd_read_small(AT_FDCWD, at(rel), buf, sizeof(buf)) < 0 ? "(none)" : arena_strdup(&arena, buf);
}

/* A clean start for each case; false: skipped. */
static bool begin(void)
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

static int create(const char *rel, struct cgroup_ref *ref)
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

static void destroy(const struct cgroup_ref *ref)
{
	err_clear(&err);
	T_INT(cgroup_destroy(ref, &err), 0);
	T_STR(err.text, "");
}

static void on_term(int sig)
{
	(void)sig;
	_exit(7);
}

/* A child that is in the cgroup when this returns. busy: it uses the CPU. SIGTERM: exit code 7. */
static pid_t spawn(const char *rel, bool busy)
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
static int reap(pid_t pid)
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

static void clean(const char *const *rels, size_t n)
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
	T_INT(cgroup_apply(-1, &res, "linux.resources", &err), -1);
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

/* ---- limits ---- */

static int apply(int fd, const struct spec_resources *res, const char *path)
{
	err_clear(&err);
	return cgroup_apply(fd, res, path, &err);
}

T_TEST(core_files)
{
	struct kv kv[] = { { "cgroup.max.depth", "5" }, { "cgroup.max.descendants", "7" } };
	struct spec_resources res = { .unified = { kv, 2 } };
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/u", &ref);
	T_INT(apply(fd, &res, "linux.resources"), 0);
	T_STR(err.text, "");
	T_STR(content("/u/cgroup.max.depth"), "5");
	T_STR(content("/u/cgroup.max.descendants"), "7");
	/* an update is all or nothing */
	kv[0].value = "6";
	kv[1].value = "nonsense";
	T_INT(apply(fd, &res, ""), -1);
	T_HAS(err.text, "unified[\"cgroup.max.descendants\"]: ");
	T_STR(content("/u/cgroup.max.depth"), "5");
	kv[1] = (struct kv){ "bogus.x", "1" };
	T_INT(apply(fd, &res, ""), -1);
	T_HAS(err.text, "\"bogus\" is not available");
	T_STR(content("/u/cgroup.max.depth"), "5");
	kv[1].key = "nodot";
	T_INT(apply(fd, &res, ""), -1);
	T_HAS(err.text, "no cgroup file \"nodot\"");
	destroy(&ref);
	CLEAN();
}

static bool has_word(const char *list, const char *word)
{
	const char *p = strstr(list, word);
	return p && (p == list || p[-1] == ' ') && (p[strlen(word)] == ' ' || !p[strlen(word)]);
}

/* One member of a controller, one of its files, and what is there after. */
static const struct {
	const char *controller, *key, *value, *shown;
} limits[] = {
	{ "pids", "pids.max", "20", "20" },
	{ "memory", "memory.max", "67108864", "67108864" },
	{ "cpu", "cpu.max", "50000 100000", "50000 100000" },
	{ "hugetlb", "hugetlb.2MB.max", "4194304", "4194304" },
};

T_TEST(controllers)
{
	if (!begin())
		return;
	char buf[512] = "";
	fd_read_small(AT_FDCWD, arena_printf(&arena, "%s/cgroup.controllers", mount_path), buf, sizeof(buf));
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct kv kv = { limits[i].key, limits[i].value };
		struct spec_resources res = { .unified = { &kv, 1 } };
		struct cgroup_ref ref = { 0 };
		CLEANUP_FD int fd = create("/a/b/c", &ref);
		int r = apply(fd, &res, "linux.resources");
		const char *file = arena_printf(&arena, "/a/b/c/%s", limits[i].key);
		if (has_word(buf, limits[i].controller)) {
			T_INT(r, 0);
			T_STR(err.text, "");
			T_STR(content(file), limits[i].shown);
			T_OK(has_word(content("/a/b/cgroup.subtree_control"), limits[i].controller));
		} else {
			T_INT(r, -1);
			T_HAS(err.text, "is not available in the cgroup v2 hierarchy (it has: ");
			T_HAS(err.text, limits[i].controller);
			T_OK(!has_word(content("/a/b/cgroup.subtree_control"), limits[i].controller));
		}
		destroy(&ref);
		T_OK(!exists(""));
	}
	CLEAN();
}

/* Cgroups with processes of their own cannot hand controllers to children: the error says so. */
T_TEST(internal_processes)
{
	struct kv kv = { "hugetlb.2MB.max", "0" };
	struct spec_resources res = { .unified = { &kv, 1 } };
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	char buf[512] = "";
	fd_read_small(AT_FDCWD, arena_printf(&arena, "%s/cgroup.controllers", mount_path), buf, sizeof(buf));
	mkdir(at(""), 0755);
	pid_t pid = spawn("", false);
	CLEANUP_FD int fd = create("/a", &ref);
	if (has_word(buf, "hugetlb")) { /* a "domain" controller takes part in the rule, whichever it is */
		T_INT(apply(fd, &res, "linux.resources"), -1);
		T_HAS(err.text, "holds processes itself");
	}
	kill(pid, SIGKILL);
	T_INT(reap(pid), 128 + SIGKILL);
	destroy(&ref);
	CLEAN();
}

T_TEST(hugepages)
{
	struct spec_hugepage h[] = { { "2MB", 4194304 } };
	struct spec_resources res = { .hugepage_limits = { h, 1 } };
	struct cgroup_ref ref = { 0 };
	if (!begin())
		return;
	char buf[512] = "";
	fd_read_small(AT_FDCWD, arena_printf(&arena, "%s/cgroup.controllers", mount_path), buf, sizeof(buf));
	CLEANUP_FD int fd = create("/h", &ref);
	if (has_word(buf, "hugetlb")) {
		T_INT(apply(fd, &res, "linux.resources"), 0);
		T_STR(content("/h/hugetlb.2MB.max"), "4194304");
		if (exists("/h/hugetlb.2MB.rsvd.max"))
			T_STR(content("/h/hugetlb.2MB.rsvd.max"), "4194304");
		h[0].page_size = "3MB";
		T_INT(apply(fd, &res, "linux.resources"), -1);
		T_HAS(err.text, "no cgroup file \"hugetlb.3MB.max\"");
	}
	destroy(&ref);
	CLEAN();
}

/* The logic of update on a plain directory: the values have equal lengths because a plain file, unlike
 * the kernel's, keeps the rest of what it held. */
T_TEST(update_puts_back)
{
	char dir[] = "/tmp/berth-test-XXXXXX";
	static const char *const files[][2] = { { "memory.max", "1000" },
						{ "pids.max", "10" },
						{ "memory.swap.max", "2000" },
						{ "cpu.max", "111 100000" } };
	struct spec_memory m = { .limit = { 3000, true }, .swap = { 7000, true } };
	struct spec_pids p = { .limit = { 20, true } };
	struct spec_cpu c = { .period = { 500000, true }, .cpus = "0" };
	struct spec_resources res = { .memory = &m, .pids = &p, .cpu = &c };
	char buf[64];
	T_OK(mkdtemp(dir) != NULL);
	CLEANUP_FD int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < 4; i++)
		T_INT(fd_write_atomic(fd, files[i][0], files[i][1], strlen(files[i][1]), 0600, &err), 0);
	T_INT(mkdirat(fd, "cpuset.cpus", 0700), 0); /* cannot be written: comes after memory and cpu */
	T_INT(apply(fd, &res, ""), -1);
	T_HAS(err.text, "cpu.cpus: ");
	for (size_t i = 0; i < 4; i++) {
		fd_read_small(fd, files[i][0], buf, sizeof(buf));
		T_STR(buf, files[i][1]);
	}
	c.cpus = NULL;
	T_INT(apply(fd, &res, ""), 0);
	T_STR(err.text, "");
	fd_read_small(fd, "memory.max", buf, sizeof(buf));
	T_STR(buf, "3000");
	fd_read_small(fd, "memory.swap.max", buf, sizeof(buf));
	T_STR(buf, "4000");
	fd_read_small(fd, "cpu.max", buf, sizeof(buf));
	T_STR(buf, "111 500000"); /* the quota that was in force */
	/* memory.checkBeforeUpdate */
	T_INT(fd_write_atomic(fd, "memory.current", "3500\n", 5, 0600, &err), 0);
	m = (struct spec_memory){ .limit = { 3400, true }, .check_before_update = { true, true } };
	T_INT(apply(fd, &res, ""), -1);
	T_HAS(err.text, "memory.limit: 3400 is lower than the memory in use");
	fd_read_small(fd, "memory.max", buf, sizeof(buf));
	T_STR(buf, "3000");
	m.limit.v = 3500;
	T_INT(apply(fd, &res, ""), 0);
	for (size_t i = 0; i < 4; i++)
		unlinkat(fd, files[i][0], 0);
	unlinkat(fd, "memory.current", 0);
	unlinkat(fd, "cpuset.cpus", AT_REMOVEDIR);
	T_INT(rmdir(dir), 0);
}

T_TEST(stats)
{
	struct cgroup_ref ref = { 0 };
	size_t len;
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/t", &ref);
	struct json *j = json_new(false);
	T_INT(cgroup_stats_json(j, fd, &err), 0);
	const char *text = json_text(j, &len);
	T_HAS(text, "\"cpu\":{\"usage\":{\"total\":");
	if (exists("/t/hugetlb.2MB.current")) {
		T_HAS(text, "\"2MB\":{\"usage\":0,");
		T_OK(!strstr(text, "rsvd"));
	}
	if (exists("/t/memory.current"))
		T_HAS(text, "\"memory\":{\"usage\":{\"limit\":18446744073709551615,");
	json_free(j);
	destroy(&ref);
	j = json_new(false);
	T_INT(cgroup_stats_json(j, fd, &err), -1);
	json_free(j);
	CLEAN();
}

T_TEST(ownership)
{
	struct cgroup_ref ref = { 0 };
	struct stat st;
	if (!begin())
		return;
	CLEANUP_FD int fd = create("/o", &ref);
	T_INT(cgroup_give(fd, 12345, &err), 0);
	T_INT(fstat(fd, &st), 0);
	T_INT(st.st_uid, 12345);
	T_INT(stat(at("/o/cgroup.procs"), &st), 0);
	T_INT(st.st_uid, 12345);
	T_INT(stat(at("/o/cgroup.max.depth"), &st), 0);
	T_INT(st.st_uid, 0);
	destroy(&ref);
	CLEAN();
}

T_MAIN()
