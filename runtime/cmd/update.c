/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth update`: change the limits of a container's cgroup while it exists.
 *
 *	1. read the document of --resources (a LinuxResources object of the runtime-spec)
 *	2. put the values of the single options over it
 *	3. check the whole, then write it: all of it or, when the kernel refuses a value, nothing
 *
 * What is absent stays as it is. Device rules of the document are ignored: engines send a lone
 * "deny all" along with every update, which would take /dev/null away from a running container.
 */
#include "cmd.h"
#include "container.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../act/rdt.h"
#include "../lib/fd.h"
#include "../lib/full.h"

struct update_opts {
	const char *resources;
	const char *blkio_weight;
	const char *cpu_period, *cpu_quota, *cpu_burst, *cpu_share, *cpu_idle;
	const char *cpu_rt_period, *cpu_rt_runtime;
	const char *cpuset_cpus, *cpuset_mems;
	const char *kernel_memory, *kernel_memory_tcp;
	const char *memory, *memory_reservation, *memory_swap;
	const char *pids_limit;
	const char *l3_cache_schema, *mem_bw_schema;
};

/* Which object of the document a value belongs to. */
enum group { GROUP_BLOCK_IO, GROUP_CPU, GROUP_MEMORY, GROUP_PIDS };
enum value_kind { VALUE_U64, VALUE_I64, VALUE_BYTES, VALUE_TEXT };
struct limit_row {
	const char *name;
	size_t option;
	enum value_kind kind;
	enum group group;
	size_t member;
};

#define OPTION(m) offsetof(struct update_opts, m)
#define MEMBER(group, object, m) GROUP_##group, offsetof(struct spec_##object, m)
static const struct limit_row limits[] = {
	{ "blkio-weight", OPTION(blkio_weight), VALUE_U64, MEMBER(BLOCK_IO, block_io, weight) },
	{ "cpu-period", OPTION(cpu_period), VALUE_U64, MEMBER(CPU, cpu, period) },
	{ "cpu-quota", OPTION(cpu_quota), VALUE_I64, MEMBER(CPU, cpu, quota) },
	{ "cpu-burst", OPTION(cpu_burst), VALUE_U64, MEMBER(CPU, cpu, burst) },
	{ "cpu-rt-period", OPTION(cpu_rt_period), VALUE_U64, MEMBER(CPU, cpu, realtime_period) },
	{ "cpu-rt-runtime", OPTION(cpu_rt_runtime), VALUE_I64, MEMBER(CPU, cpu, realtime_runtime) },
	{ "cpu-share", OPTION(cpu_share), VALUE_U64, MEMBER(CPU, cpu, shares) },
	{ "cpu-idle", OPTION(cpu_idle), VALUE_I64, MEMBER(CPU, cpu, idle) },
	{ "cpuset-cpus", OPTION(cpuset_cpus), VALUE_TEXT, MEMBER(CPU, cpu, cpus) },
	{ "cpuset-mems", OPTION(cpuset_mems), VALUE_TEXT, MEMBER(CPU, cpu, mems) },
	{ "kernel-memory", OPTION(kernel_memory), VALUE_BYTES, MEMBER(MEMORY, memory, kernel) },
	{ "kernel-memory-tcp", OPTION(kernel_memory_tcp), VALUE_BYTES, MEMBER(MEMORY, memory, kernel_tcp) },
	{ "memory", OPTION(memory), VALUE_BYTES, MEMBER(MEMORY, memory, limit) },
	{ "memory-reservation", OPTION(memory_reservation), VALUE_BYTES,
	  MEMBER(MEMORY, memory, reservation) },
	{ "memory-swap", OPTION(memory_swap), VALUE_BYTES, MEMBER(MEMORY, memory, swap) },
	{ "pids-limit", OPTION(pids_limit), VALUE_I64, MEMBER(PIDS, pids, limit) },
};

#define GROUP(m, struct_name) { offsetof(struct spec_resources, m), sizeof(struct spec_##struct_name) }
static const struct {
	size_t member, size;
} groups[] = {
	[GROUP_BLOCK_IO] = GROUP(block_io, block_io),
	[GROUP_CPU] = GROUP(cpu, cpu),
	[GROUP_MEMORY] = GROUP(memory, memory),
	[GROUP_PIDS] = GROUP(pids, pids),
};

/* The object that a value goes into, made when the document had none. */
static char *group_object(struct arena *a, struct spec_resources *r, enum group group)
{
	char *member = (char *)r + groups[group].member;
	char *object;
	memcpy(&object, member, sizeof(object));
	if (!object) {
		object = arena_alloc(a, groups[group].size);
		memcpy(member, &object, sizeof(object));
	}
	return object;
}

/* "1048576", "-1" (no limit), or a number with k, m, g, t or p (powers of 1024), then perhaps "b" or
 * "ib", in any case: what people are used to write for --memory. 0 or -1. */
static int parse_bytes(const char *s, int64_t *ret)
{
	static const char units[] = "kmgtp";
	if (parse_i64(s, ret) == 0)
		return *ret < -1 ? -1 : 0;
	size_t digits = strspn(s, "0123456789");
	if (digits == 0 || digits > 19)
		return -1;
	char number[20];
	memcpy(number, s, digits);
	number[digits] = '\0';
	uint64_t v;
	if (parse_u64(number, INT64_MAX, &v) < 0)
		return -1;
	const char *unit = s + digits;
	const char *u = *unit ? strchr(units, tolower((unsigned char)*unit)) : NULL;
	if (u)
		unit++;
	if (u && tolower((unsigned char)*unit) == 'i' && unit[1])
		unit++;
	if (tolower((unsigned char)*unit) == 'b')
		unit++;
	if (*unit)
		return -1;
	for (long i = u ? u - units + 1 : 0; i > 0; i--)
		if (__builtin_mul_overflow(v, 1024, &v) || v > INT64_MAX)
			return -1;
	*ret = (int64_t)v;
	return 0;
}

static int set_value(const struct limit_row *row, const char *text, char *object, struct err *e)
{
	void *member = object + row->member;
	struct opt_i64 i = { .set = true };
	struct opt_u64 u = { .set = true };
	bool bad = false;
	switch (row->kind) {
	case VALUE_U64:
		bad = parse_u64(text, UINT64_MAX, &u.v) < 0;
		memcpy(member, &u, sizeof(u));
		break;
	case VALUE_I64:
		bad = parse_i64(text, &i.v) < 0;
		memcpy(member, &i, sizeof(i));
		break;
	case VALUE_BYTES:
		bad = parse_bytes(text, &i.v) < 0;
		memcpy(member, &i, sizeof(i));
		break;
	case VALUE_TEXT:
		memcpy(member, &text, sizeof(text));
		break;
	}
	return bad ? err_set(e, 0, "--%s: invalid value \"%s\"", row->name, text) : 0;
}

/* An option with an empty value counts as not given; scripts write --cpu-quota "$QUOTA". */
static int add_options(struct arena *a, const struct update_opts *o, struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		const char *text;
		memcpy(&text, (const char *)o + limits[i].option, sizeof(text));
		if (!text || !*text)
			continue;
		if (set_value(&limits[i], text, group_object(a, r, limits[i].group), e) < 0)
			return -1;
	}
	return 0;
}

/* All of standard input, which is usually a pipe. */
static const char *read_stdin(struct arena *a, size_t *ret_len, struct err *e)
{
	if (full_need(e) < 0) /* it could not be read a second time */
		return NULL;
	size_t cap = 64 * 1024, len = 0;
	char *buf = arena_alloc(a, cap);
	for (;;) {
		ssize_t n = fd_read_full(STDIN_FILENO, buf + len, cap - len);
		if (n < 0) {
			err_set(e, errno, "read from standard input");
			return NULL;
		}
		len += (size_t)n;
		if (len < cap)
			break;
		if (cap > SPEC_MAX_BYTES) {
			err_set(e, 0, "standard input is larger than %d bytes", SPEC_MAX_BYTES);
			return NULL;
		}
		char *more = arena_alloc(a, cap * 2);
		memcpy(more, buf, len);
		buf = more;
		cap *= 2;
	}
	if (len > SPEC_MAX_BYTES) {
		err_set(e, 0, "standard input is larger than %d bytes", SPEC_MAX_BYTES);
		return NULL;
	}
	*ret_len = len;
	return buf;
}

static int read_document(struct arena *a, const char *file, struct spec_resources **ret,
			 const char **ret_json, size_t *ret_len, struct err *e)
{
	bool from_stdin = strcmp(file, "-") == 0;
	const char *json = from_stdin ? read_stdin(a, ret_len, e) :
					fd_read_file(a, AT_FDCWD, file, SPEC_MAX_BYTES, ret_len, e);
	if (!json)
		return -1;
	*ret = spec_resources_decode(a, json, *ret_len, e);
	if (!*ret)
		return err_add(e, "%s", from_stdin ? "standard input" : file);
	(*ret)->devices.n = 0;
	*ret_json = json;
	return 0;
}

/* The spec's memory.swap is memory and swap together, the kernel's value is swap alone. A new sum
 * without a new memory limit therefore needs the limit that is in force. */
static int complete_swap(int cgroup, struct spec_resources *r, struct err *e)
{
	struct spec_memory *m = r->memory;
	if (!m || !m->swap.set || m->swap.v < 0 || m->limit.set)
		return 0;
	char buf[32];
	if (fd_read_small(cgroup, "memory.max", buf, sizeof(buf)) < 0) {
		if (errno == ENOENT)
			return 0; /* no memory controller: cgroup_update() says so */
		return err_set(e, errno, "read memory.max");
	}
	int64_t limit;
	if (parse_i64(buf, &limit) < 0)
		return err_config(e, "memory.swap", "needs a memory limit, and there is none");
	m->limit = (struct opt_i64){ .v = limit, .set = true };
	return 0;
}

static bool asks_for_rdt(const struct spec_intel_rdt *r)
{
	return r->l3_cache_schema || r->mem_bw_schema;
}

/* The two options that are no limits of the cgroup. Checked before a limit is written, done after all others.
 * Empty counts as not given here as well. */
static int check_rdt(const struct container *c, const struct update_opts *o, struct spec_intel_rdt *ret,
		     struct err *e)
{
	*ret = (struct spec_intel_rdt){
		.l3_cache_schema = o->l3_cache_schema && *o->l3_cache_schema ? o->l3_cache_schema : NULL,
		.mem_bw_schema = o->mem_bw_schema && *o->mem_bw_schema ? o->mem_bw_schema : NULL,
	};
	if (asks_for_rdt(ret) && !*c->rec.rdt.group)
		return err_set(e, 0, "container \"%s\" has no linux.intelRdt", c->dir.id);
	return asks_for_rdt(ret) ? spec_intel_rdt_check(ret, e) : 0;
}

static int update_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)argc;
	const struct update_opts *o = opts;
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	const char *json = NULL;
	size_t len = 0;
	struct spec_resources empty = { 0 }, *res = &empty;
	/* before the lock: whoever writes to our stdin may take its time */
	if (o->resources && *o->resources && read_document(&a, o->resources, &res, &json, &len, e) < 0)
		return -1;
	if (add_options(&a, o, res, e) < 0)
		return -1;

	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	const unsigned allowed =
		STATUS_BIT(STATUS_CREATED) | STATUS_BIT(STATUS_RUNNING) | STATUS_BIT(STATUS_PAUSED);
	if (container_open(&c, g, argv[0], CONTAINER_LOCK | CONTAINER_UNIT, e) < 0 ||
	    container_require(&c, allowed, "update", e) < 0)
		return -1;
	CLEANUP_FD int cgroup = container_cgroup(&c, "update", e);
	struct spec_intel_rdt rdt;
	if (cgroup < 0 || check_rdt(&c, o, &rdt, e) < 0)
		return -1;
	if (spec_resources_check(res, "", e) < 0 || complete_swap(cgroup, res, e) < 0 ||
	    cgroup_update(&c.rec.cgroup, cgroup, res, e) < 0) {
		if (json)
			spec_err_locate(e, json, len);
		return -1;
	}
	return asks_for_rdt(&rdt) ? rdt_update(&c.rec.rdt, rdt.l3_cache_schema, rdt.mem_bw_schema, e) : 0;
}

#define LIMIT(name, member, arg, help) { name, 0, OPT_STRING, OPTION(member), arg, help }
static const struct option_row update_options[] = {
	{ "resources", 'r', OPT_STRING, OPTION(resources), "FILE", "LinuxResources as JSON; - is stdin" },
	LIMIT("blkio-weight", blkio_weight, "N", "weight for block IO, 10 to 1000"),
	LIMIT("cpu-period", cpu_period, "USEC", "length of a period of CPU bandwidth"),
	LIMIT("cpu-quota", cpu_quota, "USEC", "CPU time in a period; -1: no limit"),
	LIMIT("cpu-burst", cpu_burst, "USEC", "unused CPU time that may be kept"),
	LIMIT("cpu-rt-period", cpu_rt_period, "USEC", "cannot be set on cgroup v2"),
	LIMIT("cpu-rt-runtime", cpu_rt_runtime, "USEC", "cannot be set on cgroup v2"),
	LIMIT("cpu-share", cpu_share, "N", "CPU weight in cgroup v1 shares, 2 to 262144"),
	LIMIT("cpu-idle", cpu_idle, "0|1", "1: run only when nothing else wants the CPU"),
	LIMIT("cpuset-cpus", cpuset_cpus, "LIST", "CPUs, as in 0-3,7"),
	LIMIT("cpuset-mems", cpuset_mems, "LIST", "memory nodes"),
	LIMIT("kernel-memory", kernel_memory, "BYTES", "cannot be set on cgroup v2"),
	LIMIT("kernel-memory-tcp", kernel_memory_tcp, "BYTES", "cannot be set on cgroup v2"),
	{ "memory", 'm', OPT_STRING, OPTION(memory), "BYTES", "memory limit; -1: no limit" },
	LIMIT("memory-reservation", memory_reservation, "BYTES", "memory to be protected from reclaim"),
	LIMIT("memory-swap", memory_swap, "BYTES", "memory and swap together; -1: no limit"),
	LIMIT("pids-limit", pids_limit, "N", "number of processes; -1: no limit"),
	LIMIT("l3-cache-schema", l3_cache_schema, "SCHEMA", "L3 cache of a container with intelRdt"),
	LIMIT("mem-bw-schema", mem_bw_schema, "SCHEMA", "memory bandwidth of a container with intelRdt"),
	{ 0 },
};

const struct command cmd_update = {
	.name = "update",
	.args = "ID",
	.summary = "change the resource limits of a container",
	.example = "berth update --memory 512m --cpu-quota 50000 web",
	.options = update_options,
	.opts_size = sizeof(struct update_opts),
	.min_args = 1,
	.max_args = 1,
	.run = update_run,
};
