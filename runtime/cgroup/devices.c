/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.resources.devices -> the list of rules that the device filter decides by. Pure; devprog.c makes
 * a program of it and bpf.c attaches that.
 *
 * Meaning. Each of read, write and mknod is decided by itself: the last rule that matches the device
 * and has that letter wins, and without one it is denied. A request that needs several (open for
 * reading and writing) needs all of them. The list has three parts, later ones win:
 *
 *	1. the rules of the config, in their order;
 *	2. each device of linux.devices, which must be usable in the container, unless the rules of the
 *	   config say anything more about it than "deny all": a narrower grant is never widened;
 *	3. the defaults that engines rely on, see below.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

enum {
	READ_WRITE = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE,
	ALL = READ_WRITE | BPF_DEVCG_ACC_MKNOD,
	CHAR = BPF_DEVCG_DEV_CHAR,
	BLOCK = BPF_DEVCG_DEV_BLOCK,
	RULES_MAX = 4000, /* far below what the verifier accepts */
};

/* Making a node is harmless without the right to open it. The rest is what linux.md "Default Devices"
 * puts into /dev: null, zero, full, random, urandom, tty, ptmx, and the ptys. Not in it: the system
 * console 5:1 (a container's /dev/console is a pty) and tun. */
static const struct cg_dev_rule defaults[] = {
	{ true, CHAR, 136, -1, ALL }, /* pts */
	{ true, CHAR, 5, 2, ALL },    /* ptmx */
	{ true, CHAR, 5, 0, ALL },    /* tty */
	{ true, CHAR, 1, 9, ALL },    /* urandom */
	{ true, CHAR, 1, 8, ALL },    /* random */
	{ true, CHAR, 1, 7, ALL },    /* full */
	{ true, CHAR, 1, 5, ALL },    /* zero */
	{ true, CHAR, 1, 3, ALL },    /* null */
	{ true, 0, -1, -1, BPF_DEVCG_ACC_MKNOD },
};

static void add_rule(struct arena *a, struct cg_dev_rules *r, const struct cg_dev_rule *rule)
{
	r->v = arena_grow(a, r->v, r->n, &r->cap, sizeof(*r->v));
	r->v[r->n++] = *rule;
}

static int parse_type(const char *s, unsigned *ret)
{
	if (!s || strcmp(s, "a") == 0)
		*ret = 0;
	else if (strcmp(s, "c") == 0)
		*ret = CHAR;
	else if (strcmp(s, "b") == 0)
		*ret = BLOCK;
	else
		return -1;
	return 0;
}

static int parse_access(const char *s, unsigned *ret)
{
	static const char letters[] = "mrw"; /* in the order of the kernel's bits */
	_Static_assert(BPF_DEVCG_ACC_MKNOD == 1 && BPF_DEVCG_ACC_READ == 2 && BPF_DEVCG_ACC_WRITE == 4,
		       "bits");
	*ret = s ? 0 : ALL;
	for (; s && *s; s++) {
		const char *p = strchr(letters, *s);
		if (!p)
			return -1;
		*ret |= 1U << (p - letters);
	}
	return *ret ? 0 : -1;
}

static int parse_number(const struct opt_i64 *n, int64_t *ret)
{
	*ret = n->set ? n->v : -1;
	return *ret < -1 || *ret > UINT32_MAX ? -1 : 0;
}

static int parse_rule(const struct spec_device_rule *d, struct cg_dev_rule *ret)
{
	ret->allow = d->allow;
	if (parse_type(d->type, &ret->type) < 0 || parse_access(d->access, &ret->access) < 0)
		return -1;
	return parse_number(&d->major, &ret->major) < 0 ? -1 : parse_number(&d->minor, &ret->minor);
}

static bool matches(const struct cg_dev_rule *r, unsigned type, int64_t major, int64_t minor)
{
	return (!r->type || r->type == type) && (r->major < 0 || r->major == major) &&
	       (r->minor < 0 || r->minor == minor);
}

static bool is_any_device(const struct cg_dev_rule *r)
{
	return r->major < 0 && r->minor < 0;
}

/* Part 2: does the last rule about the device say no more than that all devices are denied? */
static bool only_denied_with_all(const struct cg_dev_rules *r, size_t n, const struct cg_dev_rule *d)
{
	while (n-- > 0)
		if (matches(&r->v[n], d->type, d->major, d->minor))
			return !r->v[n].allow && is_any_device(&r->v[n]) && r->v[n].access == ALL;
	return true;
}

static void add_listed_devices(struct arena *a, const struct spec_devices *list, struct cg_dev_rules *r)
{
	size_t config_rules = r->n;
	for (size_t i = 0; i < list->n; i++) {
		const struct spec_device *d = &list->v[i];
		struct cg_dev_rule rule = { .allow = true, .access = ALL };
		/* "u" is another word for "c"; a FIFO needs no rule */
		if (!d->type || parse_type(*d->type == 'u' ? "c" : d->type, &rule.type) < 0 || !rule.type)
			continue;
		if (!d->major.set || !d->minor.set || parse_number(&d->major, &rule.major) < 0 ||
		    parse_number(&d->minor, &rule.minor) < 0 || rule.major < 0 || rule.minor < 0)
			continue;
		if (only_denied_with_all(r, config_rules, &rule))
			add_rule(a, r, &rule);
	}
}

/* True when the last rules allow everything, as those of a privileged container do. */
static bool allows_everything(const struct cg_dev_rules *r)
{
	for (size_t i = r->n; i-- > 0 && r->v[i].allow;)
		if (!r->v[i].type && is_any_device(&r->v[i]) && r->v[i].access == ALL)
			return true;
	return false;
}

int cg_device_rules(struct arena *a, const struct spec_config *c, struct cg_dev_rules *ret, struct err *e)
{
	const struct spec_resources *res = c->linux_->resources;
	for (size_t i = 0; res && i < res->devices.n; i++) {
		struct cg_dev_rule rule;
		char path[64];
		snprintf(path, sizeof(path), "linux.resources.devices[%zu]", i);
		if (parse_rule(&res->devices.v[i], &rule) < 0)
			return err_config(e, path, "invalid type, device number or access");
		if (i >= RULES_MAX)
			return err_config(e, path, "more than %d device rules", RULES_MAX);
		add_rule(a, ret, &rule);
	}
	if (c->linux_->devices.n > RULES_MAX)
		return err_config(e, "linux.devices", "more than %d devices", RULES_MAX);
	ret->allow_all = allows_everything(ret);
	add_listed_devices(a, &c->linux_->devices, ret);
	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
		add_rule(a, ret, &defaults[i]);
	return 0;
}

const struct cg_dev_rules *cgroup_device_rules(struct arena *a, const struct spec_config *c, struct err *e)
{
	struct cg_dev_rules *r = arena_alloc(a, sizeof(*r));
	return cg_device_rules(a, c, r, e) < 0 ? NULL : r;
}

bool cgroup_device_all(const struct cg_dev_rules *r)
{
	return r->allow_all;
}

unsigned cgroup_device_access(const struct cg_dev_rules *r, char type, int64_t major, int64_t minor)
{
	unsigned undecided = ALL, allowed = r->allow_all ? ALL : 0;
	for (size_t i = r->n; !r->allow_all && undecided && i-- > 0;) {
		if (!matches(&r->v[i], type == 'b' ? BLOCK : CHAR, major, minor))
			continue;
		if (r->v[i].allow)
			allowed |= r->v[i].access & undecided;
		undecided &= ~r->v[i].access;
	}
	return allowed;
}

int cgroup_device_filter(int cgfd, const struct cgroup_ref *ref, const struct cg_dev_rules *rules, struct err *e)
{
	if (!rules || cgfd < 0)
		return 0;
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	struct cg_dev_prog prog = { 0 };
	if (rules->allow_all)
		return cg_device_attach(cgfd, ref->fresh, NULL, e);
	return cg_device_program(&a, rules, &prog, e) < 0 ? -1 : cg_device_attach(cgfd, ref->fresh, &prog, e);
}
