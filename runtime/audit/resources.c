/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits that are missing. A key of linux.resources.unified counts as well. */
#include "internal.h"

#include <string.h>

static const struct spec_resources *resources(const struct audit *a)
{
	static const struct spec_resources none;
	return a->c->linux_->resources ? a->c->linux_->resources : &none;
}

/* A value there that is a limit. */
static bool unified(const struct audit *a, const char *key)
{
	const struct kvv *u = &resources(a)->unified;
	for (size_t i = 0; i < u->n; i++)
		if (strcmp(u->v[i].key, key) == 0)
			return strncmp(u->v[i].value, "max", 3) != 0;
	return false;
}

static void find_memory(struct audit *a, const struct audit_rule *r)
{
	const struct spec_memory *m = resources(a)->memory;
	if ((m && m->limit.set && m->limit.v > 0) || unified(a, "memory.max"))
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "linux.resources.memory.limit");
	audit_set(a, f, "536870912", "linux.resources.memory.limit");
}

static void find_pids(struct audit *a, const struct audit_rule *r)
{
	const struct spec_pids *p = resources(a)->pids;
	if ((p && p->limit.set && p->limit.v >= 0) || unified(a, "pids.max"))
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "linux.resources.pids.limit");
	audit_set(a, f, "1024", "linux.resources.pids.limit");
}

static void find_cpu(struct audit *a, const struct audit_rule *r)
{
	const struct spec_cpu *c = resources(a)->cpu;
	if ((c && ((c->quota.set && c->quota.v > 0) || (c->cpus && *c->cpus))) || unified(a, "cpu.max") ||
	    unified(a, "cpuset.cpus"))
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "linux.resources.cpu.quota");
	/* a new object around both, if there is none: one edit */
	if (c) {
		audit_set(a, f, "100000", "linux.resources.cpu.quota");
		if (!c->period.set)
			audit_set(a, f, "100000", "linux.resources.cpu.period");
	} else {
		audit_set(a, f, "{\"quota\": 100000, \"period\": 100000}", "linux.resources.cpu");
	}
}

static const struct audit_rule rows[] = {
	{ "no-memory-limit", "Memory is not limited", SEV_MEDIUM, SEV_MEDIUM, find_memory,
	  "A leak or an attack takes all memory of the host, and the kernel kills what it finds, not only what is in here.",
	  "Set linux.resources.memory.limit to what the program needs at most." },
	{ "no-pids-limit", "The number of processes is not limited", SEV_MEDIUM, SEV_MEDIUM, find_pids,
	  "A fork bomb takes all process ids of the host: nobody can log in to stop it.",
	  "Set linux.resources.pids.limit." },
	{ "no-cpu-limit", "CPU time is not limited", SEV_LOW, SEV_LOW, find_cpu,
	  "Busy loops take every processor; weights only share what is asked for by others at the same time.",
	  "Set linux.resources.cpu.quota and period, or cpus." },
};
AUDIT_TABLE(rules_resources, rows);
