/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.resources -> the list of what is written to which file of the cgroup, in the order of writing.
 * Pure: no file is looked at, so `berth plan` and the tests see exactly what will be done, and what
 * cgroup v2 cannot express is refused before anything was made.
 *
 * A member is one row: its JSON name, its file, and the function that converts it. The rows are in the
 * order of the writes. A number that is 0 counts as absent where the kernel has no use for 0 (limits of
 * memory, shares, quota, period, weights): engines send 0 for what their user did not ask for.
 * pids.limit 0 is a limit.
 *
 * Every value written is made from a parsed number or was checked character by character: a newline
 * inside a value would be a second command for the kernel.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#include "../../spec/path.h"

struct build {
	struct arena *a;
	const struct spec_resources *res;
	const char *prefix; /* "linux.resources." or "" */
	struct cg_writes *out;
	struct err *e;
};

struct row {
	const char *prop;
	const char *file;
	int (*fn)(struct build *b, const struct row *row);
	const void *(*member)(const struct spec_resources *r); /* NULL: the object is absent */
};

static const char *prop_path(struct build *b, const char *prop)
{
	return arena_printf(b->a, "%s%s", b->prefix, prop);
}

static struct cg_write *add(struct build *b, const char *prop, const char *file, const char *value)
{
	struct cg_writes *w = b->out;
	w->v = arena_grow(b->a, w->v, w->n, &w->cap, sizeof(*w->v));
	w->v[w->n] = (struct cg_write){ .prop = prop, .file = file, .value = value };
	return &w->v[w->n++];
}

static int refuse(struct build *b, const char *prop, const char *why)
{
	return err_config(b->e, prop_path(b, prop), "%s", why);
}

/* ---- members that are one number ---- */

#define MEMBER(name, object, field)                                                                          \
	static const void *name(const struct spec_resources *r)                                              \
	{                                                                                                    \
		return r->object ? &r->object->field : NULL;                                                 \
	}
MEMBER(mem_limit, memory, limit)
MEMBER(mem_reservation, memory, reservation)
MEMBER(mem_kernel, memory, kernel)
MEMBER(mem_kernel_tcp, memory, kernel_tcp)
MEMBER(mem_swappiness, memory, swappiness)
MEMBER(cpu_rt_period, cpu, realtime_period)
MEMBER(cpu_rt_runtime, cpu, realtime_runtime)
MEMBER(io_leaf_weight, block_io, leaf_weight)

/* Bytes, -1 is unlimited. */
static int put_bytes(struct build *b, const struct row *row)
{
	const struct opt_i64 *v = row->member(b->res);
	if (!v || !v->set || v->v == 0)
		return 0;
	if (v->v < -1)
		return refuse(b, row->prop, "must be a number of bytes or -1 (unlimited)");
	char buf[24];
	add(b, prop_path(b, row->prop), row->file, arena_strdup(b->a, cg_limit_text(v->v, buf)));
	return 0;
}

/* Limits that v2 has no file for. "No limit" and "not set" are what v2 does anyway. */
static int no_limit_only(struct build *b, const struct row *row)
{
	const struct opt_i64 *v = row->member(b->res);
	if (!v || !v->set || v->v == 0 || v->v == -1)
		return 0;
	return refuse(b, row->prop, "cgroup v2 has no such limit");
}

static int refuse_any(struct build *b, const struct row *row)
{
	const struct opt_u64 *v = row->member(b->res);
	return v && v->set ? refuse(b, row->prop, "cannot be set on cgroup v2") : 0;
}

static int refuse_nonzero(struct build *b, const struct row *row)
{
	const struct opt_u64 *v = row->member(b->res);
	return v && v->set && v->v ? refuse(b, row->prop, "cannot be set on cgroup v2") : 0;
}

static int refuse_realtime(struct build *b, const struct row *row)
{
	const struct opt_i64 *v = row->member(b->res);
	return v && v->set && v->v ? refuse(b, row->prop, "cannot be set on cgroup v2") : 0;
}

/* ---- memory ---- */

static int check_switches(struct build *b, const struct row *row)
{
	(void)row;
	const struct spec_memory *m = b->res->memory;
	if (!m)
		return 0;
	if (m->disable_oom_killer.set && m->disable_oom_killer.v)
		return refuse(b, "memory.disableOOMKiller", "the OOM killer cannot be disabled on cgroup v2");
	if (m->use_hierarchy.set && !m->use_hierarchy.v)
		return refuse(b, "memory.useHierarchy", "cgroup v2 always accounts memory hierarchically");
	return 0;
}

/* memory.checkBeforeUpdate: with v2 the kernel would answer a limit below the usage with the OOM
 * killer, so it is compared first. */
static int check_usage(struct build *b, const struct row *row)
{
	const struct spec_memory *m = b->res->memory;
	if (!m || !m->check_before_update.set || !m->check_before_update.v || !m->limit.set ||
	    m->limit.v <= 0)
		return 0;
	const char *value = arena_printf(b->a, "%lld", (long long)m->limit.v);
	add(b, prop_path(b, row->prop), row->file, value)->flags = CGW_AT_LEAST;
	return 0;
}

/* Swap goes before the memory limit: lowering memory.max makes the kernel reclaim at once, which
 * should find the new swap limit. Where the kernel has no swap accounting there is no swap to limit, so
 * for "no swap" and "any swap" the file may be missing. */
static int put_swap(struct build *b, const struct row *row)
{
	const struct spec_memory *m = b->res->memory;
	if (!m)
		return 0;
	int64_t swap = -1;
	if (m->swap.set && m->swap.v != 0) {
		if (m->swap.v < -1)
			return refuse(b, row->prop, "must be a number of bytes or -1 (unlimited)");
		const char *problem = cg_swap_from_v1(m->limit, m->swap.v, &swap);
		if (problem)
			return refuse(b, row->prop, problem);
	} else if (!m->limit.set || m->limit.v != -1) {
		return 0; /* an unlimited memory limit alone lifts the limit of swap with it */
	}
	char buf[24];
	const char *text = arena_strdup(b->a, cg_limit_text(swap, buf));
	add(b, prop_path(b, row->prop), row->file, text)->flags = swap <= 0 ? CGW_OPTIONAL : 0;
	return 0;
}

/* ---- cpu ---- */

/* The kernel gives an idle cgroup the lowest weight and refuses another one meanwhile. So idle is
 * written first, and shares beside "idle": 1 have nothing to act on. */
static int put_idle(struct build *b, const struct row *row)
{
	const struct spec_cpu *c = b->res->cpu;
	if (!c || !c->idle.set)
		return 0;
	if (c->idle.v != 0 && c->idle.v != 1)
		return refuse(b, row->prop, "must be 0 or 1");
	struct cg_write *w = add(b, prop_path(b, row->prop), row->file, c->idle.v ? "1" : "0");
	w->flags = c->idle.v ? 0 : CGW_OPTIONAL; /* [5.15]; 0 is what kernels without the file do */
	w->also = "cpu.weight";			 /* which has the default when the cgroup is idle no more */
	return 0;
}

static int put_shares(struct build *b, const struct row *row)
{
	const struct spec_cpu *c = b->res->cpu;
	if (!c || !c->shares.set || !c->shares.v || (c->idle.set && c->idle.v == 1))
		return 0;
	unsigned long long weight = cg_weight_from_shares(c->shares.v);
	add(b, prop_path(b, row->prop), row->file, arena_printf(b->a, "%llu", weight));
	return 0;
}

/* burst <= quota must hold after each of the two writes. Burst first is right when it shrinks or there
 * was no quota; the kernel refuses it (EINVAL) when it must come second. */
static int put_burst(struct build *b, const struct row *row)
{
	const struct spec_cpu *c = b->res->cpu;
	if (!c || !c->burst.set)
		return 0;
	if (c->quota.set && c->quota.v > 0 && c->burst.v > (uint64_t)c->quota.v)
		return refuse(b, row->prop, "must not be larger than cpu.quota");
	bool quota_follows = (c->quota.set && c->quota.v) || (c->period.set && c->period.v);
	const char *value = arena_printf(b->a, "%llu", (unsigned long long)c->burst.v);
	add(b, prop_path(b, row->prop), row->file, value)->flags =
		(quota_follows ? CGW_RETRY : 0) | (c->burst.v ? 0 : CGW_OPTIONAL);
	return 0;
}

static int put_cpu_max(struct build *b, const struct row *row)
{
	const struct spec_cpu *c = b->res->cpu;
	bool quota = c && c->quota.set && c->quota.v, period = c && c->period.set && c->period.v;
	if (!quota && !period)
		return 0;
	char buf[24];
	const char *q = quota ? cg_limit_text(c->quota.v, buf) : "";
	unsigned long long p = period ? c->period.v : 0;
	if (!quota) /* the kernel takes no period alone */
		add(b, prop_path(b, "cpu.period"), row->file, arena_printf(b->a, "%llu", p))->flags =
			CGW_KEEP_QUOTA;
	else if (!period)
		add(b, prop_path(b, row->prop), row->file, arena_strdup(b->a, q))->flags = CGW_KEEP_PERIOD;
	else
		add(b, prop_path(b, row->prop), row->file, arena_printf(b->a, "%s %llu", q, p));
	return 0;
}

static int put_cpuset(struct build *b, const struct row *row)
{
	const struct spec_cpu *c = b->res->cpu;
	const char *list = !c ? NULL : strcmp(row->file, "cpuset.cpus") == 0 ? c->cpus : c->mems;
	if (!list || !*list)
		return 0;
	if (list[strspn(list, "0123456789,- ")])
		return refuse(b, row->prop, "must be a list such as \"0-3,7\"");
	add(b, prop_path(b, row->prop), row->file, list);
	return 0;
}

/* ---- pids ---- */

static int put_pids(struct build *b, const struct row *row)
{
	const struct spec_pids *p = b->res->pids;
	if (!p || !p->limit.set)
		return 0;
	char buf[24];
	add(b, prop_path(b, row->prop), row->file, arena_strdup(b->a, cg_limit_text(p->limit.v, buf)));
	return 0;
}

/* ---- blockIO ---- */

enum { BLKIO_WEIGHT_MIN = 10, BLKIO_WEIGHT_MAX = 1000 };

/* BFQ takes the v1 weight as it is; without BFQ the weight of io.cost is what remains. */
static int put_weight(struct build *b, const char *prop, const char *device, uint64_t weight)
{
	if (weight < BLKIO_WEIGHT_MIN || weight > BLKIO_WEIGHT_MAX)
		return refuse(b, prop, "must be between 10 and 1000");
	const char *space = device ? " " : "";
	const char *path = prop_path(b, prop);
	unsigned long long bfq = weight, cost = cg_io_weight_from_blkio(weight);
	const char *numbers = device ? device : "";
	struct cg_write *w =
		add(b, path, "io.bfq.weight", arena_printf(b->a, "%s%s%llu", numbers, space, bfq));
	w->flags = CGW_OR_NEXT;
	w->key = device ? device : "default";
	w->reset = device ? arena_printf(b->a, "%s default", device) : NULL;
	struct cg_write copy = *w; /* add() may move the list */
	w = add(b, path, "io.weight", arena_printf(b->a, "%s%s%llu", numbers, space, cost));
	w->key = copy.key;
	w->reset = copy.reset;
	return 0;
}

/* "MAJOR:MINOR", or NULL with *e. */
static const char *device_text(struct build *b, const char *prop, int64_t major, int64_t minor)
{
	if (major < 0 || major > UINT32_MAX || minor < 0 || minor > UINT32_MAX) {
		refuse(b, prop, "invalid device number");
		return NULL;
	}
	return arena_printf(b->a, "%lld:%lld", (long long)major, (long long)minor);
}

static int put_io_weight(struct build *b, const struct row *row)
{
	const struct spec_block_io *io = b->res->block_io;
	if (!io || !io->weight.set || !io->weight.v)
		return 0;
	return put_weight(b, row->prop, NULL, io->weight.v);
}

static int put_weight_devices(struct build *b, const struct row *row)
{
	const struct spec_block_io *io = b->res->block_io;
	for (size_t i = 0; io && i < io->weight_device.n; i++) {
		const struct spec_weight_device *d = &io->weight_device.v[i];
		const char *prop = arena_printf(b->a, "%s[%zu]", row->prop, i);
		if (d->leaf_weight.set && d->leaf_weight.v)
			return refuse(b, arena_printf(b->a, "%s.leafWeight", prop),
				      "cannot be set on cgroup v2");
		const char *device = device_text(b, prop, d->major, d->minor);
		if (!device)
			return -1;
		if (d->weight.set && d->weight.v &&
		    put_weight(b, arena_printf(b->a, "%s.weight", prop), device, d->weight.v) < 0)
			return -1;
	}
	return 0;
}

static const struct spec_throttle_devices *throttle_list(const struct spec_block_io *io, const char *word)
{
	bool write = word[0] == 'w', bytes = word[1] == 'b';
	return bytes ? (write ? &io->write_bps : &io->read_bps) : (write ? &io->write_iops : &io->read_iops);
}

/* row->file is the word in io.max. A write changes only the words it names. Rate 0 takes the limit
 * away, as it did in v1. */
static int put_throttle(struct build *b, const struct row *row)
{
	const struct spec_block_io *io = b->res->block_io;
	const struct spec_throttle_devices *list = io ? throttle_list(io, row->file) : NULL;
	for (size_t i = 0; list && i < list->n; i++) {
		const struct spec_throttle_device *d = &list->v[i];
		const char *prop = arena_printf(b->a, "%s[%zu]", row->prop, i);
		const char *device = device_text(b, prop, d->major, d->minor);
		if (!device)
			return -1;
		const char *rate = d->rate ? arena_printf(b->a, "%llu", (unsigned long long)d->rate) : "max";
		struct cg_write *w = add(b, prop_path(b, prop), "io.max",
					 arena_printf(b->a, "%s %s=%s", device, row->file, rate));
		w->key = device;
		w->reset = arena_printf(b->a, "%s rbps=max wbps=max riops=max wiops=max", device);
	}
	return 0;
}

/* ---- hugepageLimits, rdma, network ---- */

/* "[1-9][0-9]*[KMG]B": it becomes part of a file name. */
static bool page_size_valid(const char *s)
{
	size_t n = strspn(s, "0123456789");
	return n > 0 && n < 10 && s[0] != '0' && strchr("KMG", s[n]) && s[n] && strcmp(s + n + 1, "B") == 0;
}

/* The limit goes to reservations where the kernel accounts them [5.7], and to usage. */
static int put_hugepages(struct build *b, const struct row *row)
{
	for (size_t i = 0; i < b->res->hugepage_limits.n; i++) {
		const struct spec_hugepage *h = &b->res->hugepage_limits.v[i];
		const char *prop = arena_printf(b->a, "%s[%zu]", row->prop, i);
		if (!h->page_size || !page_size_valid(h->page_size))
			return refuse(b, arena_printf(b->a, "%s.pageSize", prop),
				      "must be a size such as \"2MB\" (KB, MB or GB)");
		const char *path = prop_path(b, prop);
		const char *value = arena_printf(b->a, "%llu", (unsigned long long)h->limit);
		add(b, path, arena_printf(b->a, "hugetlb.%s.rsvd.max", h->page_size), value)->flags =
			CGW_OPTIONAL;
		add(b, path, arena_printf(b->a, "hugetlb.%s.max", h->page_size), value);
	}
	return 0;
}

static bool device_name_valid(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-:";
	return *s && s[strspn(s, allowed)] == '\0';
}

static int put_rdma(struct build *b, const struct row *row)
{
	for (size_t i = 0; i < b->res->rdma.n; i++) {
		const struct spec_rdma *d = &b->res->rdma.v[i];
		if (!device_name_valid(d->device))
			return refuse(b, row->prop, "invalid device name");
		const char *prop = path_of_key(b->a, row->prop, d->device);
		if (!d->hca_handles.set && !d->hca_objects.set)
			return refuse(b, prop, "needs hcaHandles or hcaObjects");
		char handles[48] = "", objects[48] = "";
		if (d->hca_handles.set)
			snprintf(handles, sizeof(handles), " hca_handle=%llu",
				 (unsigned long long)d->hca_handles.v);
		if (d->hca_objects.set)
			snprintf(objects, sizeof(objects), " hca_object=%llu",
				 (unsigned long long)d->hca_objects.v);
		struct cg_write *w = add(b, prop_path(b, prop), row->file,
					 arena_printf(b->a, "%s%s%s", d->device, handles, objects));
		w->key = d->device;
		w->reset = arena_printf(b->a, "%s hca_handle=max hca_object=max", d->device);
	}
	return 0;
}

static int refuse_network(struct build *b, const struct row *row)
{
	(void)row;
	const struct spec_network *n = b->res->network;
	if (n && n->class_id.set)
		return refuse(b, "network.classID", "cgroup v2 has no net_cls controller");
	if (n && n->priorities.n)
		return refuse(b, "network.priorities", "cgroup v2 has no net_prio controller");
	return 0;
}

/* ---- unified ---- */

/* Files of the cgroup core that act instead of limiting: they move, stop or kill processes or change
 * what the cgroup is, which is the runtime's work and not a resource. */
static const char *const reserved_files[] = {
	"cgroup.freeze", "cgroup.kill", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads",
	"cgroup.type",
};

static const char *unified_problem(const struct kv *kv)
{
	if (!device_name_valid(kv->key) || kv->key[0] == '.')
		return "is not the name of a cgroup file";
	for (size_t i = 0; i < sizeof(reserved_files) / sizeof(*reserved_files); i++)
		if (strcmp(kv->key, reserved_files[i]) == 0)
			return "is managed by the runtime and cannot be set";
	for (const char *p = kv->value; *p; p++)
		if (((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t') || (unsigned char)*p >= 0x7f)
			return "has a value with characters that no cgroup file takes";
	return NULL;
}

/* Last, so that a file named here wins over the member that stands for it. */
static int put_unified(struct build *b, const struct row *row)
{
	for (size_t i = 0; i < b->res->unified.n; i++) {
		const struct kv *kv = &b->res->unified.v[i];
		const char *problem = unified_problem(kv);
		if (problem)
			return err_config(b->e, prop_path(b, row->prop), "\"%s\" %s", kv->key, problem);
		const char *prop = path_of_key(b->a, row->prop, kv->key);
		add(b, prop_path(b, prop), kv->key, kv->value)->flags = CGW_LINES;
	}
	return 0;
}

static const struct row rows[] = {
	{ "memory.kernel", NULL, no_limit_only, mem_kernel },
	{ "memory.kernelTCP", NULL, no_limit_only, mem_kernel_tcp },
	{ "memory.swappiness", NULL, refuse_any, mem_swappiness },
	{ "memory", NULL, check_switches, NULL },
	{ "memory.limit", "memory.current", check_usage, NULL },
	{ "memory.swap", "memory.swap.max", put_swap, NULL },
	{ "memory.limit", "memory.max", put_bytes, mem_limit },
	{ "memory.reservation", "memory.low", put_bytes, mem_reservation },
	{ "cpu.realtimePeriod", NULL, refuse_nonzero, cpu_rt_period },
	{ "cpu.realtimeRuntime", NULL, refuse_realtime, cpu_rt_runtime },
	{ "cpu.idle", "cpu.idle", put_idle, NULL },
	{ "cpu.shares", "cpu.weight", put_shares, NULL },
	{ "cpu.burst", "cpu.max.burst", put_burst, NULL },
	{ "cpu.quota", "cpu.max", put_cpu_max, NULL },
	{ "cpu.cpus", "cpuset.cpus", put_cpuset, NULL },
	{ "cpu.mems", "cpuset.mems", put_cpuset, NULL },
	{ "pids.limit", "pids.max", put_pids, NULL },
	{ "blockIO.leafWeight", NULL, refuse_nonzero, io_leaf_weight },
	{ "blockIO.weight", NULL, put_io_weight, NULL },
	{ "blockIO.weightDevice", NULL, put_weight_devices, NULL },
	{ "blockIO.throttleReadBpsDevice", "rbps", put_throttle, NULL },
	{ "blockIO.throttleWriteBpsDevice", "wbps", put_throttle, NULL },
	{ "blockIO.throttleReadIOPSDevice", "riops", put_throttle, NULL },
	{ "blockIO.throttleWriteIOPSDevice", "wiops", put_throttle, NULL },
	{ "hugepageLimits", NULL, put_hugepages, NULL },
	{ "rdma", "rdma.max", put_rdma, NULL },
	{ "network", NULL, refuse_network, NULL },
	{ "unified", NULL, put_unified, NULL },
};

/* Most containers come with device rules and little else: no memory is taken for those. */
static bool asks_for_limits(const struct spec_resources *r)
{
	return r->memory || r->cpu || r->pids || r->block_io || r->network || r->hugepage_limits.n ||
	       r->rdma.n || r->unified.n;
}

int cg_writes_build(struct arena *a, const struct spec_resources *res, const char *at, struct cg_writes *ret,
		    struct err *e)
{
	struct build b = { .a = a, .res = res, .out = ret, .e = e };
	if (!asks_for_limits(res))
		return 0;
	b.prefix = *at ? arena_printf(a, "%s.", at) : "";
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].fn(&b, &rows[i]) < 0)
			return -1;
	return 0;
}
