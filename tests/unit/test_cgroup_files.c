/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup: against the kernel: limits and updates, statistics, the owner of the files. */
#include "cgroup_fixture.h"

#include "../../runtime/lib/json.h"

static int apply(int fd, const struct spec_resources *res, const char *path)
{
	err_clear(&err);
	return cgroup_apply(NULL, fd, res, path, &err);
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
	T_INT(cgroup_stats_json(j, NULL, fd, &err), 0);
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
	T_INT(cgroup_stats_json(j, NULL, fd, &err), -1);
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

/* A cgroup that its manager removed while we had it open is gone; the root cgroup, without cgroup.kill, is an error. */
T_TEST(kill_of_a_removed_cgroup)
{
	char dir[] = "/tmp/berth-kill-XXXXXX";
	struct err e = { 0 };
	T_OK(mkdtemp(dir));
	CLEANUP_FD int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int procs = openat(fd, "cgroup.procs", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(procs);
	T_INT(cgroup_kill(fd, SIGKILL, &e), -1);
	T_INT(e.eno, ENOENT);
	err_clear(&e);
	unlinkat(fd, "cgroup.procs", 0);
	rmdir(dir);
	T_INT(cgroup_kill(fd, SIGKILL, &e), 0);
	T_OK(!e.set);
}

T_MAIN()
