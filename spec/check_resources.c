/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of linux.resources, for config.json and for the document of update: what is wrong whatever
 * controllers there are. What cgroup v2 cannot express is refused by the cgroup part, which knows it.
 */
#include "check.h"

enum { MAJOR_MAX = (1 << 12) - 1, MINOR_MAX = (1 << 20) - 1 };

/* -1 is how the spec writes "unlimited"; below that there is no meaning. */
static int check_limit(struct check *c, const char *key, struct opt_i64 v)
{
	if (v.set && v.v < -1)
		return bad_key(c, key, "%lld is neither a limit nor -1 (unlimited)", (long long)v.v);
	return 0;
}

static int check_memory(struct check *c, const struct spec_memory *m)
{
	if (!m)
		return 0;
	into(c, "memory");
	if (check_limit(c, "limit", m->limit) < 0 || check_limit(c, "reservation", m->reservation) < 0 ||
	    check_limit(c, "swap", m->swap) < 0 || check_limit(c, "kernel", m->kernel) < 0 ||
	    check_limit(c, "kernelTCP", m->kernel_tcp) < 0)
		return -1;
	/* swap counts memory and swap together */
	if (m->limit.set && m->swap.set && m->limit.v > 0 && m->swap.v > 0 && m->swap.v < m->limit.v)
		return bad_key(c, "swap", "%lld is less than the memory limit, which it includes (%lld)",
			       (long long)m->swap.v, (long long)m->limit.v);
	if (m->swappiness.set && m->swappiness.v > 100)
		return bad_key(c, "swappiness", "%llu is out of range (0 to 100)",
			       (unsigned long long)m->swappiness.v);
	out(c);
	return 0;
}

/* A quota of 0 and a period of 0 are how engines say "not set". */
static int check_cpu(struct check *c, const struct spec_cpu *u)
{
	if (!u)
		return 0;
	into(c, "cpu");
	if (check_limit(c, "quota", u->quota) < 0 ||
	    check_limit(c, "realtimeRuntime", u->realtime_runtime) < 0)
		return -1;
	if (u->burst.set && u->quota.set && u->quota.v > 0 && u->burst.v > (uint64_t)u->quota.v)
		return bad_key(c, "burst", "%llu is more than the quota, %lld",
			       (unsigned long long)u->burst.v, (long long)u->quota.v);
	if (u->idle.set && u->idle.v != 0 && u->idle.v != 1)
		return bad_key(c, "idle", "%lld is neither 0 nor 1", (long long)u->idle.v);
	if (check_cpulist(c, "cpus", u->cpus) < 0 || check_cpulist(c, "mems", u->mems) < 0)
		return -1;
	out(c);
	return 0;
}

static int check_device_number(struct check *c, int64_t major, int64_t minor, int64_t least)
{
	if (major < least || major > MAJOR_MAX)
		return bad_key(c, "major", "%lld is out of range", (long long)major);
	if (minor < least || minor > MINOR_MAX)
		return bad_key(c, "minor", "%lld is out of range", (long long)minor);
	return 0;
}

static int check_weight(struct check *c, const char *key, struct opt_u64 v)
{
	if (v.set && v.v > UINT16_MAX)
		return bad_key(c, key, "%llu is out of range (0 to %d)", (unsigned long long)v.v, UINT16_MAX);
	return 0;
}

static int check_weight_devices(struct check *c, const struct spec_weight_devices *l)
{
	into(c, "weightDevice");
	for (size_t i = 0; i < l->n; i++) {
		const struct spec_weight_device *d = &l->v[i];
		into_index(c, i);
		if (check_device_number(c, d->major, d->minor, 0) < 0)
			return -1;
		if (!d->weight.set && !d->leaf_weight.set)
			return bad(c, "at least one of weight and leafWeight is required");
		if (check_weight(c, "weight", d->weight) < 0 ||
		    check_weight(c, "leafWeight", d->leaf_weight) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}

static int check_throttle(struct check *c, const char *key, const struct spec_throttle_devices *l)
{
	into(c, key);
	for (size_t i = 0; i < l->n; i++) {
		into_index(c, i);
		if (check_device_number(c, l->v[i].major, l->v[i].minor, 0) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}

static int check_block_io(struct check *c, const struct spec_block_io *b)
{
	if (!b)
		return 0;
	into(c, "blockIO");
	if (check_weight(c, "weight", b->weight) < 0 || check_weight(c, "leafWeight", b->leaf_weight) < 0 ||
	    check_weight_devices(c, &b->weight_device) < 0)
		return -1;
	if (check_throttle(c, "throttleReadBpsDevice", &b->read_bps) < 0 ||
	    check_throttle(c, "throttleWriteBpsDevice", &b->write_bps) < 0 ||
	    check_throttle(c, "throttleReadIOPSDevice", &b->read_iops) < 0 ||
	    check_throttle(c, "throttleWriteIOPSDevice", &b->write_iops) < 0)
		return -1;
	out(c);
	return 0;
}

/* ^[1-9][0-9]*[KMG]B$: it becomes part of a file name */
static bool is_page_size(const char *s)
{
	size_t digits = strspn(s, "0123456789");
	return digits && s[0] != '0' && s[digits] && strchr("KMG", s[digits]) &&
	       strcmp(s + digits + 1, "B") == 0;
}

static int check_hugepages(struct check *c, const struct spec_hugepages *l)
{
	into(c, "hugepageLimits");
	for (size_t i = 0; i < l->n; i++) {
		const char *s = l->v[i].page_size ? l->v[i].page_size : "";
		into_index(c, i);
		if (!is_page_size(s))
			return bad_key(c, "pageSize", "\"%.100s\" is not a size such as 64KB, 2MB or 1GB", s);
		out(c);
	}
	out(c);
	return 0;
}

/* An empty string could mean "nothing" or "not set", which for a list of permissions is all the
 * difference. */
static int check_access(struct check *c, const char *access)
{
	if (!access)
		return 0;
	bool ok = access[0] && strspn(access, "rwm") == strlen(access);
	for (size_t i = 0; ok && access[i]; i++)
		ok = !strchr(access + i + 1, access[i]);
	return ok ? 0 : bad_key(c, "access", "\"%.100s\" is not made of r, w and m", access);
}

/* Here -1 and absence mean any number. */
static int check_device_rules(struct check *c, const struct spec_device_rules *l)
{
	into(c, "devices");
	for (size_t i = 0; i < l->n; i++) {
		const struct spec_device_rule *r = &l->v[i];
		into_index(c, i);
		if (r->type && r->type[0] && (strlen(r->type) != 1 || !strchr("abc", r->type[0])))
			return bad_key(c, "type", "\"%.100s\" is not a, b or c", r->type);
		if (check_device_number(c, r->major.set ? r->major.v : -1, r->minor.set ? r->minor.v : -1,
					-1) < 0 ||
		    check_access(c, r->access) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}

/* An entry that limits nothing is a mistake by the text of the spec. */
static int check_rdma(struct check *c, const struct spec_rdmas *l)
{
	into(c, "rdma");
	for (size_t i = 0; i < l->n; i++) {
		const struct spec_rdma *r = &l->v[i];
		into(c, r->device);
		/* the name begins a line "DEVICE hca_handle=N" of a control file */
		if (!r->device[0] || has_control(r->device) || strpbrk(r->device, " /"))
			return bad(c, "not the name of a device");
		if (!r->hca_handles.set && !r->hca_objects.set)
			return bad(c, "at least one of hcaHandles and hcaObjects is required");
		if ((r->hca_handles.set && r->hca_handles.v > UINT32_MAX) ||
		    (r->hca_objects.set && r->hca_objects.v > UINT32_MAX))
			return bad(c, "a limit is out of range (0 to 4294967295)");
		out(c);
	}
	out(c);
	return 0;
}

/* Of the cgroup itself only limits may be set; the rest says who is in it and whether they run, which is the
 * runtime's business. */
static bool is_reserved_file(const char *name)
{
	static const char *const reserved[] = {
	    "cgroup.procs", "cgroup.threads",         "cgroup.kill", "cgroup.freeze",
	    "cgroup.type",  "cgroup.subtree_control", NULL,
	};
	for (const char *const *r = reserved; *r; r++)
		if (strcmp(*r, name) == 0)
			return true;
	return false;
}

/* Several lines are several writes and allowed; other control characters are not. */
static bool is_unified_value(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\n' && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

/* A key is a file of the container's cgroup and nothing else: no slash leads out of it, and only controller
 * files (which have a dot) are meant. */
static int check_unified(struct check *c, const struct kvv *l)
{
	into(c, "unified");
	for (size_t i = 0; i < l->n; i++) {
		const char *key = l->v[i].key, *dot = strchr(key, '.');
		into(c, key);
		if (!dot || dot == key || !dot[1] || strchr(key, '/') || strchr(key, ' ') || has_control(key))
			return bad(c, "not a file of a cgroup, such as \"memory.max\"");
		if (is_reserved_file(key))
			return bad(c, "cannot be set by a config");
		if (!is_unified_value(l->v[i].value))
			return bad(c, "the value must not contain control characters");
		out(c);
	}
	out(c);
	return 0;
}

int check_resources(struct check *c, const struct spec_resources *r)
{
	if (check_device_rules(c, &r->devices) < 0 || check_memory(c, r->memory) < 0 ||
	    check_cpu(c, r->cpu) < 0 || check_block_io(c, r->block_io) < 0 ||
	    check_hugepages(c, &r->hugepage_limits) < 0)
		return -1;
	if (r->pids) {
		into(c, "pids");
		if (check_limit(c, "limit", r->pids->limit) < 0)
			return -1;
		out(c);
	}
	return check_rdma(c, &r->rdma) < 0 || check_unified(c, &r->unified) < 0 ? -1 : 0;
}
