/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup: the device filter. The program is run by a small interpreter over many requests and compared
 * with a plain reading of the rules; as root it is also attached to a cgroup of the test's own, where a
 * child tries to make and open nodes.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/cgroup/internal.h"
#include "../../runtime/lib/fd.h"
#include "device_program.h"

static struct arena arena;
static struct err err;

enum { M = 1, R = 2, W = 4, CHR = BPF_DEVCG_DEV_CHAR, BLK = BPF_DEVCG_DEV_BLOCK };

static struct spec_resources res;
static struct spec_linux lin;
static struct spec_config config = { .linux_ = &lin };

static struct cg_dev_prog compile(struct spec_device_rule *rules, size_t n, struct cg_dev_rules *ret)
{
	struct cg_dev_prog p = { 0 };
	*ret = (struct cg_dev_rules){ 0 };
	res.devices.v = rules;
	res.devices.n = n;
	lin.resources = &res;
	err_clear(&err);
	T_INT(cg_device_rules(&arena, &config, ret, &err), 0);
	T_INT(cg_device_program(&arena, ret, &p, &err), 0);
	return p;
}

#define N(x)                                                                                                 \
	{                                                                                                    \
		(x), true                                                                                    \
	}
#define ANY                                                                                                  \
	{                                                                                                    \
		0, false                                                                                     \
	}
#define DENY_ALL                                                                                             \
	{                                                                                                    \
		false, NULL, ANY, ANY, "rwm"                                                                 \
	}

T_TEST(defaults)
{
	struct cg_dev_rules r;
	struct spec_device_rule deny[] = { DENY_ALL };
	for (size_t n = 0; n < 2; n++) { /* absent and "deny all" are the same */
		struct cg_dev_prog p = compile(deny, n, &r);
		T_INT(device_program_ask(&p, CHR, 1, 3, R | W), 1);
		T_INT(device_program_ask(&p, CHR, 1, 5, R), 1);
		T_INT(device_program_ask(&p, CHR, 1, 7, R | W | M), 1);
		T_INT(device_program_ask(&p, CHR, 1, 8, R), 1);
		T_INT(device_program_ask(&p, CHR, 1, 9, R), 1);
		T_INT(device_program_ask(&p, CHR, 5, 0, R | W), 1);
		T_INT(device_program_ask(&p, CHR, 5, 2, R | W), 1);
		T_INT(device_program_ask(&p, CHR, 136, 17, R | W), 1);
		T_INT(device_program_ask(&p, CHR, 5, 1, R), 0);
		T_INT(device_program_ask(&p, CHR, 1, 1, R), 0);
		T_INT(device_program_ask(&p, CHR, 10, 200, R), 0);
		T_INT(device_program_ask(&p, BLK, 1, 3, R), 0);
		T_INT(device_program_ask(&p, BLK, 8, 0, R), 0);
		T_INT(device_program_ask(&p, BLK, 8, 0, M), 1);
		T_INT(device_program_ask(&p, BLK, 8, 0, R | M), 0);
		T_INT(device_program_ask(&p, CHR, 99, 99, M), 1);
		T_OK(!r.allow_all);
	}
}

T_TEST(order)
{
	struct cg_dev_rules r;
	struct spec_device_rule a[] = { DENY_ALL,
					{ true, "c", N(10), N(229), "rw" },
					{ false, "c", N(10), N(229), "w" } };
	struct cg_dev_prog p = compile(a, 3, &r);
	T_INT(device_program_ask(&p, CHR, 10, 229, R), 1);
	T_INT(device_program_ask(&p, CHR, 10, 229, W), 0);
	T_INT(device_program_ask(&p, CHR, 10, 229, R | W), 0); /* no way around the denied letter */
	struct spec_device_rule b[] = { a[0], a[2], a[1] };
	p = compile(b, 3, &r);
	T_INT(device_program_ask(&p, CHR, 10, 229, R | W), 1);
	/* two grants add up */
	struct spec_device_rule c[] = { DENY_ALL,
					{ true, "b", N(8), ANY, "r" },
					{ true, "b", N(8), N(1), "w" } };
	p = compile(c, 3, &r);
	T_INT(device_program_ask(&p, BLK, 8, 1, R | W), 1);
	T_INT(device_program_ask(&p, BLK, 8, 2, R | W), 0);
	T_INT(device_program_ask(&p, BLK, 8, 2, R), 1);
	T_INT(device_program_ask(&p, CHR, 8, 1, R), 0);
	/* a later "deny all" takes everything back */
	struct spec_device_rule d[] = { { true, "a", ANY, ANY, "rwm" }, DENY_ALL };
	p = compile(d, 2, &r);
	T_INT(device_program_ask(&p, BLK, 8, 1, R), 0);
	T_OK(!r.allow_all);
	/* large numbers must not be extended with their sign */
	struct spec_device_rule g[] = { DENY_ALL, { true, "c", N(0xfffffffe), N(0x80000000), "r" } };
	p = compile(g, 2, &r);
	T_INT(device_program_ask(&p, CHR, 0xfffffffe, 0x80000000, R), 1);
	T_INT(device_program_ask(&p, CHR, 0x7ffffffe, 0x80000000, R), 0);
}

T_TEST(allow_all)
{
	struct cg_dev_rules r;
	struct spec_device_rule a[] = { DENY_ALL, { true, NULL, ANY, ANY, "rwm" } };
	compile(a, 2, &r);
	T_OK(r.allow_all);
	struct spec_device_rule b[] = { { true, "a", N(-1), N(-1), "mwr" }, { true, "c", N(1), N(1), "r" } };
	compile(b, 2, &r);
	T_OK(r.allow_all);
	b[1].allow = false;
	compile(b, 2, &r);
	T_OK(!r.allow_all);
	b[1].allow = true;
	b[0].access = "rw";
	compile(b, 2, &r);
	T_OK(!r.allow_all);
	b[0] = (struct spec_device_rule){ true, "b", ANY, ANY, "rwm" };
	compile(b, 2, &r);
	T_OK(!r.allow_all);
}

/* Devices of linux.devices are usable, but never more than the rules grant. */
T_TEST(listed_devices)
{
	struct spec_device dev[] = { { .type = "c", .path = "/dev/fuse", .major = N(10), .minor = N(229) },
				     { .type = "b", .path = "/dev/xvda", .major = N(8), .minor = N(0) },
				     { .type = "p", .path = "/fifo" } };
	struct spec_device_rule rules[] = { DENY_ALL, { true, "b", N(8), N(0), "r" } };
	struct cg_dev_rules r;
	lin.devices.v = dev;
	lin.devices.n = 3;
	struct cg_dev_prog p = compile(rules, 2, &r);
	T_INT(device_program_ask(&p, CHR, 10, 229, R | W), 1);
	T_INT(device_program_ask(&p, BLK, 8, 0, R), 1);
	T_INT(device_program_ask(&p, BLK, 8, 0, W), 0);
	rules[1].allow = false;
	p = compile(rules, 2, &r);
	T_INT(device_program_ask(&p, BLK, 8, 0, R), 0);
	p = compile(rules, 0, &r);
	T_INT(device_program_ask(&p, BLK, 8, 0, R | W), 1);
	lin.devices.n = 0;
}

/* cgroup_device_access() is what the program decides, letter by letter. */
T_TEST(access_without_a_program)
{
	struct spec_device_rule rules[] = { DENY_ALL,
					    { true, "c", N(10), ANY, "rw" },
					    { false, "c", N(10), N(229), "w" },
					    { true, NULL, N(8), N(1), "r" },
					    { true, "b", ANY, N(1), "w" } };
	struct cg_dev_rules r;
	for (size_t n = 0; n <= 5; n++) {
		struct cg_dev_prog p = compile(rules, n, &r);
		const struct cg_dev_rules *same = cgroup_device_rules(&arena, &config, &err);
		T_OK(same && !cgroup_device_all(same));
		for (unsigned i = 0; same && i < 2 * 12 * 240; i++) {
			bool block = i % 2;
			int64_t major = i / 2 % 12, minor = i / 24;
			unsigned can = cgroup_device_access(same, block ? 'b' : 'c', major, minor), said = 0;
			for (unsigned bit = M; bit <= W; bit <<= 1)
				said |= device_program_ask(&p, block ? BLK : CHR, (uint32_t)major, (uint32_t)minor, bit) ? bit : 0;
			if (can != said)
				T_FAIL("%zu rules, %c %d:%d: %u, not %u", n, block ? 'b' : 'c', (int)major, (int)minor, can, said);
		}
	}
	struct spec_device_rule all[] = { DENY_ALL, { true, NULL, ANY, ANY, "rwm" } };
	compile(all, 2, &r);
	const struct cg_dev_rules *same = cgroup_device_rules(&arena, &config, &err);
	T_OK(same && cgroup_device_all(same));
	T_INT(cgroup_device_access(same, 'b', 8, 0), R | W | M);
}

T_TEST(invalid)
{
	struct spec_device_rule bad[] = {
		{ true, "z", ANY, ANY, "r" },          { true, "c", N(-2), ANY, "r" },
		{ true, "c", N(1LL << 32), ANY, "r" }, { true, "c", N(1), ANY, "q" },
		{ true, "c", N(1), ANY, "" },          { true, "", ANY, ANY, "r" }
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct cg_dev_rules r = { 0 };
		res.devices.v = &bad[i];
		res.devices.n = 1;
		lin.resources = &res;
		err_clear(&err);
		T_INT(cg_device_rules(&arena, &config, &r, &err), -1);
		T_HAS(err.text, "linux.resources.devices[0]: ");
	}
}

/* A cgroup of the test's own, or -1 with a message. */
static int make_cgroup(struct cgroup_ref *ref)
{
	char path[64];
	int fd = -1;
	snprintf(path, sizeof(path), "/berth-test-dev-%d", (int)getpid());
	err_clear(&err);
	if (geteuid() != 0 || cgroup_create(&arena, CGROUP_CGROUPFS, path, NULL, ref, &fd, &err) < 0) {
		printf("skipped: needs root and a writable cgroup v2 (%s)\n", err.text);
		return -1;
	}
	return fd;
}

/* Random rules over few numbers, so that they overlap, against the plain reading. */
T_TEST(random_rules)
{
	static const char *const types[] = { NULL, "a", "b", "c" };
	static const char *const access[] = { NULL, "r", "w", "m", "rw", "rm", "wm", "rwm" };
	unsigned seed = 1;
	int differ = 0, dead = 0, refused = 0;
	struct cgroup_ref ref = { 0 };
	CLEANUP_FD int fd = make_cgroup(&ref); /* as root the kernel has to accept some of them as well */
	for (int round = 0; round < 5000; round++) {
		struct spec_device_rule rules[8];
		size_t n = (size_t)rand_r(&seed) % 8;
		for (size_t i = 0; i < n; i++)
			rules[i] = (struct spec_device_rule){
				.allow = rand_r(&seed) & 1,
				.type = types[rand_r(&seed) % 4],
				.major = { rand_r(&seed) % 3, rand_r(&seed) & 1 },
				.minor = { rand_r(&seed) % 3 - 1, rand_r(&seed) & 1 },
				.access = access[rand_r(&seed) % 8],
			};
		struct cg_dev_rules r;
		struct cg_dev_prog p = compile(rules, n, &r);
		for (unsigned v = 0; v < 2 * 3 * 4 * 7; v++) {
			unsigned type = v % 2 ? CHR : BLK, want = v / 24 + 1;
			uint32_t major = v / 2 % 3, minor = v / 6 % 4;
			int got = device_program_ask(&p, type, major, minor, want);
			differ += got != device_rules_expect(&r, type, major, minor, want) || (r.allow_all && got != 1);
		}
		dead += !device_program_reachable(&p);
		if (fd >= 0 && round < 500)
			refused += cg_device_attach(fd, false, &p, &err) < 0;
	}
	T_INT(differ, 0);
	T_INT(dead, 0);
	T_INT(refused, 0);
	T_STR(err.text, "");
	if (fd >= 0)
		T_INT(cgroup_destroy(&ref, &err), 0);
}

/* ---- the kernel's view ---- */

/* In the cgroup: make a node and open it. Exit code: bit 0 mknod refused, bit 1 open refused. */
static int try_node(int cgfd, const char *dir, mode_t kind, unsigned major, unsigned minor, int flags)
{
	pid_t pid = fork();
	if (pid == 0) {
		char path[128];
		snprintf(path, sizeof(path), "%s/node", dir);
		if (fd_write_small(cgfd, "cgroup.procs", "0", 1) < 0)
			_exit(100);
		unlink(path);
		int bits = mknod(path, kind | 0600, makedev(major, minor)) < 0 ? 1 : 0;
		int fd = open(path, flags | O_NONBLOCK);
		bits |= fd < 0 && errno == EPERM ? 2 : 0; /* ENXIO and the like come after the filter */
		unlink(path);
		_exit(bits);
	}
	int status = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

T_TEST(attached)
{
	char dir[] = "/tmp/berth-test-dev-XXXXXX";
	struct cgroup_ref ref = { 0 };
	struct spec_device_rule rules[] = { DENY_ALL, { true, "c", N(1), N(11), "r" } };
	struct cg_dev_rules r;
	CLEANUP_FD int fd = make_cgroup(&ref);
	if (fd < 0 || !mkdtemp(dir))
		return;
	compile(rules, 2, &r);
	T_INT(cgroup_device_filter(fd, &(struct cgroup_ref){ 0 }, NULL, &err), 0); /* rootless: nothing happens */
	T_INT(try_node(fd, dir, S_IFCHR, 1, 1, O_RDONLY), 0);
	for (int again = 0; again < 2; again++) { /* the second one replaces the first */
		T_INT(cgroup_device_filter(fd, &(struct cgroup_ref){ 0 }, cgroup_device_rules(&arena, &config, &err), &err), 0);
		T_STR(err.text, "");
		T_INT(try_node(fd, dir, S_IFCHR, 1, 3, O_RDWR), 0);
		T_INT(try_node(fd, dir, S_IFCHR, 1, 11, O_RDONLY), 0);
		T_INT(try_node(fd, dir, S_IFCHR, 1, 11, O_RDWR), 2);
		T_INT(try_node(fd, dir, S_IFCHR, 1, 1, O_RDONLY), 2);
		T_INT(try_node(fd, dir, S_IFBLK, 8, 0, O_RDONLY), 2);
	}
	/* replaced by a wider one: had both been attached, the narrower one would still deny */
	rules[1] = (struct spec_device_rule){ true, "c", N(1), N(1), "rw" };
	T_INT(cgroup_device_filter(fd, &(struct cgroup_ref){ 0 }, cgroup_device_rules(&arena, &config, &err), &err), 0);
	T_INT(try_node(fd, dir, S_IFCHR, 1, 1, O_RDWR), 0);
	T_INT(try_node(fd, dir, S_IFCHR, 1, 11, O_RDONLY), 2);
	/* everything allowed: ours goes away */
	rules[1] = (struct spec_device_rule){ true, NULL, ANY, ANY, NULL };
	T_INT(cgroup_device_filter(fd, &(struct cgroup_ref){ 0 }, cgroup_device_rules(&arena, &config, &err), &err), 0);
	T_INT(try_node(fd, dir, S_IFCHR, 1, 11, O_RDWR), 0);
	T_INT(cgroup_destroy(&ref, &err), 0);
	rmdir(dir);
}

/* As many rules as are accepted must pass the kernel's verifier. */
T_TEST(many_rules)
{
	enum { MANY = 4000 };
	static struct spec_device_rule rules[MANY + 1];
	struct cgroup_ref ref = { 0 };
	struct cg_dev_rules r = { 0 };
	for (int i = 0; i < MANY + 1; i++)
		rules[i] = (struct spec_device_rule){ i % 3 > 0, i % 2 ? "c" : "b", N(i % 500), N(i),
						      i % 5 ? "rw" : "rwm" };
	res.devices.v = rules;
	res.devices.n = MANY + 1;
	lin.resources = &res;
	err_clear(&err);
	T_INT(cg_device_rules(&arena, &config, &r, &err), -1);
	CLEANUP_FD int fd = make_cgroup(&ref);
	if (fd < 0)
		return;
	compile(rules, MANY, &r);
	T_INT(cgroup_device_filter(fd, &(struct cgroup_ref){ 0 }, cgroup_device_rules(&arena, &config, &err), &err), 0);
	T_STR(err.text, "");
	T_INT(cgroup_destroy(&ref, &err), 0);
}

/* Rules of which none can be put together with its neighbours: a jump over so many does not fit into an instruction. */
T_TEST(longer_than_a_jump)
{
	enum { MANY = 4000 };
	static struct spec_device_rule rules[MANY];
	struct cg_dev_rules r = { 0 };
	struct cg_dev_prog p = { 0 };
	for (int i = 0; i < MANY; i++)
		rules[i] = (struct spec_device_rule){ i % 2 == 0, "c", N(i / 2), N(i / 2), i % 2 ? "w" : "r" };
	for (int n = 1000; n <= MANY; n += 1000) {
		res.devices.v = rules;
		res.devices.n = (size_t)n;
		lin.resources = &res;
		err_clear(&err);
		r = (struct cg_dev_rules){ 0 };
		p = (struct cg_dev_prog){ 0 };
		T_INT(cg_device_rules(&arena, &config, &r, &err), 0);
		if (cg_device_program(&arena, &r, &p, &err) == 0) {
			T_OK(p.n <= INT16_MAX && device_program_reachable(&p));
			/* the first rule is evaluated last, at the far end */
			T_INT(device_program_ask(&p, CHR, 0, 0, R), 1);
			T_INT(device_program_ask(&p, CHR, 0, 0, R | W), 0);
			T_INT(device_program_ask(&p, CHR, 0, 1, R), 0);
		} else {
			T_OK(p.n > INT16_MAX);
			T_STR(err.path, "linux.resources.devices");
			T_HAS(err.text, "the rules make a program of");
		}
	}
	T_OK(p.n > INT16_MAX);
	/* nor is a listed device left without access in silence */
	static struct spec_device listed[MANY + 1];
	for (int i = 0; i <= MANY; i++)
		listed[i] = (struct spec_device){ .type = "c", .path = "/dev/x", .major = N(1), .minor = N(i) };
	res.devices.n = 0;
	lin.devices.v = listed;
	lin.devices.n = MANY + 1;
	err_clear(&err);
	r = (struct cg_dev_rules){ 0 };
	T_INT(cg_device_rules(&arena, &config, &r, &err), -1);
	T_STR(err.path, "linux.devices");
	lin.devices.n = 0;
}

T_MAIN()
