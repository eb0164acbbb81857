/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup: what needs no kernel. Conversions from cgroup v1, paths, linux.resources -> writes. */
#include "t.h"

#include <stdlib.h>

#include "../../runtime/cgroup/internal.h"

static struct arena arena;
static struct err err;

static struct opt_u64 u64(uint64_t v)
{
	return (struct opt_u64){ v, true };
}
static struct opt_i64 i64(int64_t v)
{
	return (struct opt_i64){ v, true };
}

T_TEST(weight_from_shares)
{
	T_INT(cg_weight_from_shares(0), 1);
	T_INT(cg_weight_from_shares(2), 1);
	T_INT(cg_weight_from_shares(3), 2);
	T_INT(cg_weight_from_shares(100), 17);
	T_INT(cg_weight_from_shares(512), 59);
	T_INT(cg_weight_from_shares(1023), 100);
	T_INT(cg_weight_from_shares(1024), 100);
	T_INT(cg_weight_from_shares(1025), 101);
	T_INT(cg_weight_from_shares(262143), 10000);
	T_INT(cg_weight_from_shares(262144), 10000);
	T_INT(cg_weight_from_shares(UINT64_MAX), 10000);
	/* the sum over all shares, from the formula in floating point */
	uint64_t sum = 0, last = 0;
	bool monotonic = true;
	for (uint64_t s = 0; s <= 262150; s++) {
		uint64_t w = cg_weight_from_shares(s);
		monotonic = monotonic && w >= last;
		last = w;
		sum += w;
	}
	T_INT(sum, 1405438462);
	T_OK(monotonic);
}

T_TEST(io_weight)
{
	T_INT(cg_io_weight_from_blkio(0), 1);
	T_INT(cg_io_weight_from_blkio(10), 1);
	T_INT(cg_io_weight_from_blkio(100), 910);
	T_INT(cg_io_weight_from_blkio(1000), 10000);
	T_INT(cg_io_weight_from_blkio(5000), 10000);
}

T_TEST(swap)
{
	int64_t v = 7;
	T_OK(!cg_swap_from_v1(i64(100), 150, &v));
	T_INT(v, 50);
	T_OK(!cg_swap_from_v1(i64(100), 100, &v));
	T_INT(v, 0);
	T_OK(!cg_swap_from_v1(i64(100), -1, &v));
	T_INT(v, -1);
	T_OK(cg_swap_from_v1(i64(100), 99, &v));
	T_OK(cg_swap_from_v1((struct opt_i64){ 0 }, 100, &v));
	T_OK(cg_swap_from_v1(i64(-1), 100, &v));
}

/* ---- paths ---- */

static const char *resolve(const char *path, bool rootless)
{
	struct spec_linux l = { .cgroups_path = path };
	struct spec_config c = { .linux_ = &l };
	const char *ret = NULL;
	err_clear(&err);
	if (cgroup_resolve_path(&arena, &c, "c1", CGROUP_CGROUPFS, rootless, &ret, &err) < 0) {
		T_OK(err.set);
		return "refused";
	}
	T_OK(!err.set);
	return ret;
}

T_TEST(path)
{
	T_STR(resolve(NULL, false), "/berth-c1");
	T_STR(resolve("", false), "/berth-c1");
	T_STR(resolve("/a/b", false), "/a/b");
	T_STR(resolve("a/b", false), "/a/b");
	T_STR(resolve("//a///b//", false), "/a/b");
	T_STR(resolve("system.slice:docker:x", false), "/system.slice:docker:x");
	T_STR(resolve("/a..b/...", false), "/a..b/...");
	T_STR(resolve("/a/b", true), "/a/b");
}

T_TEST(path_refused)
{
	static const char *const bad[] = { "/",     "//",       "/.",       "/..",    "..",
					   ".",     "/a/../..", "/a/..",    "/a/./b", "../../x",
					   "/a\nb", "\x7f",     "/a/b/../c" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		T_STR(resolve(bad[i], false), "refused");
		T_STR(err.path, "linux.cgroupsPath");
	}
	char *huge = malloc(70002);
	memset(huge, 'a', 70001);
	huge[0] = '/';
	huge[70001] = '\0';
	T_STR(resolve(huge, false), "refused"); /* one part that is too long */
	for (int i = 0; i < 70001; i += 2)
		huge[i] = '/';
	T_STR(resolve(huge, false), "refused"); /* short parts, too many */
	free(huge);
}

T_TEST(path_check)
{
	err_clear(&err);
	T_INT(cg_path_check("/a", &err), 0);
	static const char *const bad[] = { "", "/", "a", "/a//b", "/a/", "/a/..", "/..", "/.", "//" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err_clear(&err);
		T_INT(cg_path_check(bad[i], &err), -1);
	}
}

T_TEST(driver)
{
	enum cgroup_driver d = CGROUP_DISABLED;
	T_INT(cgroup_driver_parse("cgroupfs", &d), 0);
	T_INT(d, CGROUP_CGROUPFS);
	T_INT(cgroup_driver_parse("systemd", &d), 0);
	T_INT(d, CGROUP_SYSTEMD);
	T_INT(cgroup_driver_parse("", &d), -1);
	T_STR(cgroup_driver_name(CGROUP_DISABLED), "disabled");

	struct spec_linux l = { 0 };
	struct spec_config c = { .linux_ = &l };
	const char *path = NULL;
	err_clear(&err);
	T_INT(cgroup_resolve_path(&arena, &c, "c1", CGROUP_DISABLED, false, &path, &err), 0);
	T_STR(path, "");
}

/* ---- resources ---- */

static struct spec_memory memory;
static struct spec_cpu cpu;
static struct spec_block_io io;
static struct spec_pids pids;
static struct spec_network network;
static struct spec_resources res;

static void reset(void)
{
	memory = (struct spec_memory){ 0 };
	cpu = (struct spec_cpu){ 0 };
	io = (struct spec_block_io){ 0 };
	pids = (struct spec_pids){ 0 };
	network = (struct spec_network){ 0 };
	res = (struct spec_resources){ 0 };
	res.memory = &memory;
	res.cpu = &cpu;
	res.block_io = &io;
	res.pids = &pids;
	res.network = &network;
}

/* The writes as text, "file=value;" each; or the error. */
static const char *writes(void)
{
	struct cg_writes w = { 0 };
	err_clear(&err);
	if (cg_writes_build(&arena, &res, "linux.resources", &w, &err) < 0)
		return err.text;
	char *s = arena_strdup(&arena, "");
	for (size_t i = 0; i < w.n; i++)
		s = arena_printf(&arena, "%s%s=%s;", s, w.v[i].file, w.v[i].value);
	return s;
}

T_TEST(nothing)
{
	reset();
	T_STR(writes(), "");
	/* zeros that engines send for "not asked for" */
	memory.limit = memory.swap = memory.reservation = memory.kernel = i64(0);
	cpu.shares = cpu.period = u64(0);
	cpu.quota = i64(0);
	io.weight = io.leaf_weight = u64(0);
	T_STR(writes(), "");
	/* what v2 does anyway */
	memory.kernel = memory.kernel_tcp = i64(-1);
	memory.disable_oom_killer = (struct opt_bool){ false, true };
	memory.use_hierarchy = (struct opt_bool){ true, true };
	T_STR(writes(), "");
}

T_TEST(memory_limits)
{
	reset();
	memory.limit = i64(67108864);
	memory.swap = i64(100663296);
	memory.reservation = i64(33554432);
	T_STR(writes(), "memory.swap.max=33554432;memory.max=67108864;memory.low=33554432;");
	memory.swap = i64(67108864);
	T_HAS(writes(), "memory.swap.max=0;");
	memory.swap = i64(-1);
	T_HAS(writes(), "memory.swap.max=max;");
	memory.swap = i64(1000);
	T_HAS(writes(), "linux.resources.memory.swap: ");
	memory.swap = (struct opt_i64){ 0 };
	memory.limit = i64(-1);
	T_STR(writes(), "memory.swap.max=max;memory.max=max;memory.low=33554432;");
	memory.limit = (struct opt_i64){ 0 };
	memory.swap = i64(1000);
	T_HAS(writes(), "memory.limit");
	memory.swap = i64(-2);
	T_HAS(writes(), "memory.swap: ");
	reset();
	memory.limit = i64(1000);
	memory.check_before_update = (struct opt_bool){ true, true };
	T_STR(writes(), "memory.current=1000;memory.max=1000;");
}

T_TEST(cpu_limits)
{
	reset();
	cpu.shares = u64(1024);
	cpu.quota = i64(50000);
	cpu.period = u64(100000);
	cpu.burst = u64(20000);
	cpu.cpus = "0-1";
	cpu.mems = "0";
	T_STR(writes(),
	      "cpu.weight=100;cpu.max.burst=20000;cpu.max=50000 100000;cpuset.cpus=0-1;cpuset.mems=0;");
	cpu.burst = u64(50001);
	T_HAS(writes(), "linux.resources.cpu.burst: ");
	cpu.burst = (struct opt_u64){ 0 };
	cpu.period = (struct opt_u64){ 0 };
	T_HAS(writes(), "cpu.max=50000;");
	cpu.quota = i64(-1);
	T_HAS(writes(), "cpu.max=max;");
	cpu.idle = i64(0);
	T_HAS(writes(), "cpu.idle=0;cpu.weight=100;");
	cpu.idle = i64(1);
	T_OK(!strstr(writes(), "cpu.weight"));
	cpu.idle = i64(2);
	T_HAS(writes(), "cpu.idle: ");
	cpu.idle = i64(0);
	cpu.cpus = "0\n1";
	T_HAS(writes(), "cpu.cpus: ");
}

T_TEST(io_limits)
{
	struct spec_throttle_device t[] = { { 8, 0, 1048576 }, { 8, 16, 0 } };
	struct spec_weight_device w[] = { { 7, 1, u64(300), { 0 } } };
	reset();
	io.weight = u64(100);
	T_STR(writes(), "io.bfq.weight=100;io.weight=910;");
	io.weight = (struct opt_u64){ 0 };
	io.weight_device.v = w;
	io.weight_device.n = 1;
	T_STR(writes(), "io.bfq.weight=7:1 300;io.weight=7:1 2930;");
	io.weight_device.n = 0;
	io.read_bps.v = io.write_iops.v = t;
	io.read_bps.n = 2;
	io.write_iops.n = 1;
	T_STR(writes(), "io.max=8:0 rbps=1048576;io.max=8:16 rbps=max;io.max=8:0 wiops=1048576;");
	t[0].minor = -1;
	T_HAS(writes(), "blockIO.throttleReadBpsDevice[0]: ");
	reset();
	io.weight = u64(9);
	T_HAS(writes(), "blockIO.weight: ");
	io.weight = u64(1001);
	T_HAS(writes(), "blockIO.weight: ");
	io.weight_device.v = w;
	io.weight_device.n = 1;
	io.weight = (struct opt_u64){ 0 };
	w[0].leaf_weight = u64(10);
	T_HAS(writes(), "blockIO.weightDevice[0].leafWeight: ");
}

T_TEST(other_limits)
{
	struct spec_hugepage h[] = { { "2MB", 4194304 } };
	struct spec_rdma d[] = { { "mlx5_1", u64(3), u64(10) }, { "x", { 0 }, u64(1) } };
	reset();
	pids.limit = i64(0);
	T_STR(writes(), "pids.max=0;");
	pids.limit = i64(-1);
	T_STR(writes(), "pids.max=max;");
	pids.limit = (struct opt_i64){ 0 };
	res.hugepage_limits.v = h;
	res.hugepage_limits.n = 1;
	T_STR(writes(), "hugetlb.2MB.rsvd.max=4194304;hugetlb.2MB.max=4194304;");
	static const char *const bad[] = {
		"2mb", "2M", "MB", "02MB", "../MB", "2MBx", "2/MB", "", "2 MB", "B"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		h[0].page_size = bad[i];
		T_HAS(writes(), "hugepageLimits[0].pageSize: ");
	}
	res.hugepage_limits.n = 0;
	res.rdma.v = d;
	res.rdma.n = 2;
	T_STR(writes(), "rdma.max=mlx5_1 hca_handle=3 hca_object=10;rdma.max=x hca_object=1;");
	d[0].device = "a b";
	T_HAS(writes(), "rdma: ");
	d[0].device = "a\nb";
	T_HAS(writes(), "rdma: ");
}

T_TEST(refused)
{
	static const struct {
		const char *what;
		size_t offset;
	} rows[] = {
		{ "memory.kernel: ", offsetof(struct spec_memory, kernel) },
		{ "memory.kernelTCP: ", offsetof(struct spec_memory, kernel_tcp) },
		{ "memory.swappiness: ", offsetof(struct spec_memory, swappiness) },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		reset();
		*(struct opt_i64 *)((char *)&memory + rows[i].offset) = i64(10);
		T_HAS(writes(), rows[i].what);
	}
	reset();
	memory.disable_oom_killer = (struct opt_bool){ true, true };
	T_HAS(writes(), "linux.resources.memory.disableOOMKiller: ");
	reset();
	memory.use_hierarchy = (struct opt_bool){ false, true };
	T_HAS(writes(), "memory.useHierarchy: ");
	reset();
	cpu.realtime_period = u64(1);
	T_HAS(writes(), "cpu.realtimePeriod: ");
	reset();
	cpu.realtime_runtime = i64(1);
	T_HAS(writes(), "cpu.realtimeRuntime: ");
	reset();
	io.leaf_weight = u64(10);
	T_HAS(writes(), "blockIO.leafWeight: ");
	reset();
	network.class_id = u64(1);
	T_HAS(writes(), "network.classID: ");
	T_STR(err.path, "linux.resources.network.classID");
}

T_TEST(unified)
{
	struct kv kv = { "memory.high", "50000000" };
	reset();
	pids.limit = i64(20);
	res.unified.v = &kv;
	res.unified.n = 1;
	T_STR(writes(), "pids.max=20;memory.high=50000000;");
	kv.key = "cgroup.max.depth";
	T_HAS(writes(), "cgroup.max.depth=50000000;");
	static const char *const bad[] = { "../x",
					   "a/b",
					   "",
					   ".",
					   "..",
					   "a\nb",
					   "cgroup.procs",
					   "cgroup.kill",
					   "cgroup.freeze",
					   "cgroup.threads",
					   "cgroup.subtree_control",
					   "cgroup.type",
					   "/etc/passwd" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		kv.key = bad[i];
		T_HAS(writes(), "linux.resources.unified: ");
	}
	kv = (struct kv){ "io.max", "8:0 rbps=1\n8:16 rbps=2" };
	T_HAS(writes(), "io.max=8:0 rbps=1\n8:16 rbps=2;");
	kv.value = "a\rb";
	T_HAS(writes(), "linux.resources.unified: ");
	kv.value = "\xc3\xa9";
	T_HAS(writes(), "linux.resources.unified: ");
}

T_MAIN()
