/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties of the unit: what every one gets, what stands for the limits, what annotations add. Pure.
 *
 * The manager writes the cgroup's files too: when the unit starts, when one of its properties changes
 * (then all files of that controller), after a daemon-reload. Limits that it does not know would be gone
 * then. So each limit that it has a property for is given as one, made from the same list of writes
 * that goes to the files afterwards; the files keep the exact values (the manager rounds quotas).
 */
#include "systemd.h"

#include <stdlib.h>
#include <string.h>

#include "../../spec/path.h"
#include "../../spec/spec.h"

enum { QUOTA_STEP = 10000, USEC_PER_SEC = 1000000, CPU_MASK_BYTES = 1024 };
static const uint64_t infinity = UINT64_MAX, default_period = 100000;

void cg_property_put(struct arena *a, struct cg_properties *p, const struct cg_property *one)
{
	const char *type = one->value.type;
	bool adds = type[0] == 'a' && strcmp(type, "ay") != 0; /* "ay" is a bit mask, not a list */
	for (size_t i = 0; !adds && i < p->n; i++) {
		if (strcmp(p->v[i].name, one->name) == 0) {
			p->v[i] = *one;
			return;
		}
	}
	p->v = arena_grow(a, p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n++] = *one;
}

void cg_property_bool(struct arena *a, struct cg_properties *p, const char *name, bool v)
{
	cg_property_put(a, p, &(struct cg_property){ name, { .type = "b", .b = v }, false });
}

void cg_property_u64(struct arena *a, struct cg_properties *p, const char *name, uint64_t v)
{
	cg_property_put(a, p, &(struct cg_property){ name, { .type = "t", .u = v }, false });
}

void cg_property_str(struct arena *a, struct cg_properties *p, const char *name, const char *v)
{
	cg_property_put(a, p, &(struct cg_property){ name, { .type = "s", .s = v }, false });
}

/* ---- every unit ---- */

void cg_properties_base(struct arena *a, struct cg_properties *p, const struct cg_unit *unit, const char *description)
{
	static const char *const on[] = { "CPUAccounting", "MemoryAccounting", "TasksAccounting", "IOAccounting" };
	cg_property_str(a, p, "Description", description);
	/* systemd-shutdown and slices' own dependencies are the engine's affair, not the container's */
	cg_property_bool(a, p, "DefaultDependencies", false);
	/* a failed unit does not stay: nobody would reset it after a crash of the engine */
	cg_property_str(a, p, "CollectMode", "inactive-or-failed");
	if (unit->is_slice) {
		struct cg_variant *one = arena_alloc(a, sizeof(*one));
		*one = (struct cg_variant){ .type = "s", .s = unit->slice };
		struct cg_property wants = { "Wants", { .type = "as" }, false };
		wants.value.list.v = one;
		wants.value.list.n = 1;
		cg_property_put(a, p, &wants);
	} else {
		cg_property_str(a, p, "Slice", unit->slice);
		/* all controllers enabled, and hands off what is below; a slice cannot have it */
		cg_property_bool(a, p, "Delegate", true);
	}
	for (size_t i = 0; i < sizeof(on) / sizeof(*on); i++)
		cg_property_bool(a, p, on[i], true);
}

/* ---- limits ---- */

struct limits {
	struct arena *a;
	struct cg_properties *p;
	uint64_t quota, period; /* cpu.max so far; quota infinity: none */
	bool cpu_max;
};
struct limit_row {
	const char *file, *property;
	void (*fn)(struct limits *l, const struct limit_row *row, const char *value);
	bool recent;
};

/* "max", or digits and perhaps K, M, G, T. False for anything else, which is left to the kernel to judge. */
static bool parse_amount(const char *s, uint64_t *ret)
{
	static const char units[] = "kmgt";
	if (strcmp(s, "max") == 0) {
		*ret = infinity;
		return true;
	}
	char digits[24];
	size_t n = strspn(s, "0123456789");
	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (parse_u64(digits, UINT64_MAX - 1, ret) < 0)
		return false;
	if (!s[n])
		return true;
	const char *unit = strchr(units, s[n] | 0x20);
	if (!unit || s[n + 1])
		return false;
	return !__builtin_mul_overflow(*ret, 1ULL << 10 * (unit - units + 1), ret);
}

static void put_u64(struct limits *l, const struct limit_row *row, uint64_t v)
{
	struct cg_property one = { row->property, { .type = "t", .u = v }, row->recent };
	cg_property_put(l->a, l->p, &one);
}

static void put_amount(struct limits *l, const struct limit_row *row, const char *value)
{
	uint64_t v;
	if (parse_amount(value, &v))
		put_u64(l, row, v);
}

/* TasksMax=0 is refused by systemd; 1 comes nearest, and the file has the exact value. */
static void put_tasks(struct limits *l, const struct limit_row *row, const char *value)
{
	uint64_t v;
	if (parse_amount(value, &v))
		put_u64(l, row, v ? v : 1);
}

/* io.weight: "N" or "default N". Weights of devices stay with the file: the manager touches only those
 * that it was told. */
static void put_weight(struct limits *l, const struct limit_row *row, const char *value)
{
	uint64_t v;
	if (strncmp(value, "default ", 8) == 0)
		value += 8;
	if (parse_u64(value, 10000, &v) == 0 && v > 0)
		put_u64(l, row, v);
}

/* Weight 0 is "idle" [systemd 252]. */
static void put_idle(struct limits *l, const struct limit_row *row, const char *value)
{
	struct limit_row weight = *row;
	weight.recent = strcmp(value, "1") == 0;
	put_u64(l, &weight, weight.recent ? 0 : infinity);
}

/* "QUOTA PERIOD", "QUOTA", or (cg_properties_limits() says so) a period alone. */
static void take_cpu_max(struct limits *l, const char *value, bool period_alone)
{
	char text[64];
	size_t n = strlen(value);
	uint64_t quota = l->quota, period = l->period;
	if (n >= sizeof(text))
		return;
	memcpy(text, value, n + 1);
	char *space = strchr(text, ' '), *second = period_alone ? text : space ? space + 1 : NULL;
	if (space)
		*space = '\0';
	if (!period_alone && !parse_amount(text, &quota))
		return;
	if (second && (parse_u64(second, USEC_PER_SEC, &period) < 0 || !period))
		return;
	l->quota = quota;
	l->period = period;
	l->cpu_max = true;
}

static void put_cpu_max(struct limits *l, const struct limit_row *row, const char *value)
{
	(void)row;
	take_cpu_max(l, value, false);
}

/* The manager keeps whole percents of a CPU and rounds down; up, so that nobody gets less than asked. */
static void finish_cpu_max(struct limits *l)
{
	uint64_t per_sec = infinity;
	if (!l->cpu_max)
		return;
	if (l->quota != infinity) {
		unsigned __int128 v = (unsigned __int128)l->quota * USEC_PER_SEC / l->period;
		v = (v + QUOTA_STEP - 1) / QUOTA_STEP * QUOTA_STEP;
		per_sec = v > INT64_MAX ? infinity : (uint64_t)v;
	}
	cg_property_u64(l->a, l->p, "CPUQuotaPerSecUSec", per_sec);
	cg_property_u64(l->a, l->p, "CPUQuotaPeriodUSec", l->period);
}

/* "0-3,7" -> a bit for each, lowest first. */
static void put_mask(struct limits *l, const struct limit_row *row, const char *value)
{
	unsigned char mask[CPU_MASK_BYTES];
	size_t used = 0;
	if (parse_cpulist(value, mask, sizeof(mask), &used) < 0)
		return;
	struct cg_property one = { row->property, { .type = "ay" }, row->recent };
	one.value.list.v = arena_array(l->a, used, sizeof(struct cg_variant));
	one.value.list.n = used;
	for (size_t i = 0; i < used; i++)
		one.value.list.v[i] = (struct cg_variant){ .type = "y", .u = mask[i] };
	cg_property_put(l->a, l->p, &one);
}

static const struct limit_row rows[] = {
	{ "memory.max", "MemoryMax", put_amount, false },
	{ "memory.high", "MemoryHigh", put_amount, false },
	{ "memory.low", "MemoryLow", put_amount, false },
	{ "memory.min", "MemoryMin", put_amount, false },
	{ "memory.swap.max", "MemorySwapMax", put_amount, false },
	{ "memory.zswap.max", "MemoryZSwapMax", put_amount, true }, /* [systemd 253] */
	{ "cpu.weight", "CPUWeight", put_weight, false },
	{ "cpu.idle", "CPUWeight", put_idle, false },
	{ "cpu.max", NULL, put_cpu_max, false },
	{ "cpuset.cpus", "AllowedCPUs", put_mask, false },
	{ "cpuset.mems", "AllowedMemoryNodes", put_mask, false },
	{ "pids.max", "TasksMax", put_tasks, false },
	{ "io.weight", "IOWeight", put_weight, false },
};

void cg_properties_limits(struct arena *a, struct cg_properties *p, const struct cg_writes *w, const char *cpu_max)
{
	struct limits l = { .a = a, .p = p, .quota = infinity, .period = default_period };
	take_cpu_max(&l, cpu_max, false);
	l.cpu_max = false;
	for (size_t i = 0; i < w->n; i++) {
		const struct cg_write *one = &w->v[i];
		if (one->flags & CGW_AT_LEAST)
			continue;
		if (one->flags & CGW_KEEP_QUOTA) {
			take_cpu_max(&l, one->value, true);
			continue;
		}
		for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++)
			if (strcmp(rows[k].file, one->file) == 0)
				rows[k].fn(&l, &rows[k], one->value);
	}
	finish_cpu_max(&l);
}

/* ---- annotations ---- */

static const char prefix[] = "org.systemd.property.";

/* What berth itself relies on, or what would bring processes into the unit that are not the
 * container's: everything that is done to the container is done to those, too. */
static const char *const reserved[] = {
	"Delegate", "DelegateControllers", "DelegateSubgroup", "DisableControllers", "PIDFDs", "PIDs", "Slice",
};

static const char *name_problem(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	if (!*name || name[strspn(name, letters)] || (*name >= '0' && *name <= '9'))
		return "is not the name of a unit property";
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			return "is managed by the runtime and cannot be set";
	return NULL;
}

/* "TimeoutStopSec" has no counterpart on the bus, where all times are microseconds; "…USec" is one. */
static bool in_seconds(const char *name)
{
	size_t n = strlen(name);
	return n > 3 && strcmp(name + n - 3, "Sec") == 0 && name[n - 4] >= 'a' && name[n - 4] <= 'z';
}

static const char *seconds_to_usec(struct arena *a, struct cg_property *one)
{
	struct cg_variant *v = &one->value;
	uint64_t usec;
	bool is_signed = strchr("nix", *v->type);
	if (*v->type == 'd') {
		if (!(v->d >= 0 && v->d < 1e12))
			return "is not a number of seconds";
		usec = (uint64_t)(v->d * USEC_PER_SEC + 0.5);
	} else if (!strchr("yqutnix", *v->type) || (is_signed && v->i < 0)) {
		return "is not a number of seconds";
	} else if (!is_signed && v->u == infinity) {
		usec = infinity;
	} else if (__builtin_mul_overflow(is_signed ? (uint64_t)v->i : v->u, (uint64_t)USEC_PER_SEC, &usec)) {
		return "is out of range";
	}
	one->name = arena_printf(a, "%.*sUSec", (int)strlen(one->name) - 3, one->name);
	*v = (struct cg_variant){ .type = "t", .u = usec };
	return NULL;
}

int cg_properties_annotations(struct arena *a, struct cg_properties *p, const struct kvv *annotations,
			      struct err *e)
{
	for (size_t i = 0; i < annotations->n; i++) {
		const struct kv *kv = &annotations->v[i];
		if (strncmp(kv->key, prefix, sizeof(prefix) - 1) != 0)
			continue;
		struct cg_property one = { .name = kv->key + sizeof(prefix) - 1 };
		const char *problem = name_problem(one.name);
		if (!problem)
			problem = cg_variant_parse(a, kv->value, &one.value);
		if (!problem && in_seconds(one.name))
			problem = seconds_to_usec(a, &one);
		if (problem)
			return err_config(e, path_of_key(a, "annotations", kv->key), "%s", problem);
		cg_property_put(a, p, &one);
	}
	return 0;
}
