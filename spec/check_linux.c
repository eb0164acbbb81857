/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of linux, except devices, sysctl, seccomp and resources, which have files of their own. */
#include "check.h"

/* An unknown type was refused while decoding. */
static int check_namespaces(struct check *c, const struct spec_linux *l)
{
	unsigned seen = 0;
	into(c, "namespaces");
	for (size_t i = 0; i < l->namespaces.n; i++) {
		const struct spec_namespace *ns = &l->namespaces.v[i];
		into_index(c, i);
		if (seen >> ns->type & 1)
			return bad_key(c, "type", "%s occurs twice", spec_namespace_name(ns->type));
		seen |= 1u << ns->type;
		/* "" is refused as well: it is not known whether a new namespace was meant */
		if (ns->path && check_absolute(c, "path", ns->path) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}

/* A user namespace that is joined has its mappings already. podman sends a dummy mapping along with a path,
 * so that is no error. */
static int check_id_mappings(struct check *c, const struct spec_linux *l)
{
	const struct spec_namespace *user = spec_find_namespace(l, NS_USER);
	const struct {
		const char *key;
		const struct id_mappings *m;
	} maps[] = { { "uidMappings", &l->uid_mappings }, { "gidMappings", &l->gid_mappings } };

	for (size_t i = 0; i < 2; i++) {
		if (maps[i].m->n && !user)
			return bad_key(c, maps[i].key, "needs a user namespace (linux.namespaces)");
		if (!maps[i].m->n && user && !user->path)
			return bad_key(c, maps[i].key, "required for a new user namespace");
		if (check_mappings(c, maps[i].key, maps[i].m) < 0)
			return -1;
		if (maps[i].m->n && user && user->path) {
			into(c, maps[i].key);
			warn_at(c, "ignored: the user namespace that is joined has its own");
			out(c);
		}
	}
	return 0;
}

static int check_clock(struct check *c, const char *key, const struct spec_time_offset *o)
{
	if (!o || o->nanosecs < 1000000000)
		return 0;
	into(c, key);
	return bad_key(c, "nanosecs", "%u is out of range (0 to 999999999)", o->nanosecs);
}

/* Offsets can be set only while a time namespace has no process yet, so not in one that is joined. */
static int check_time_offsets(struct check *c, const struct spec_linux *l)
{
	const struct spec_time_offsets *t = l->time_offsets;
	const struct spec_namespace *ns = spec_find_namespace(l, NS_TIME);
	if (!t || (!t->boottime && !t->monotonic))
		return 0;
	into(c, "timeOffsets");
	if (!ns || ns->path)
		return bad(c, "needs a new time namespace (linux.namespaces)");
	if (check_clock(c, "boottime", t->boottime) < 0 || check_clock(c, "monotonic", t->monotonic) < 0)
		return -1;
	out(c);
	return 0;
}

/* The recursive forms are not in the spec but engines send them. */
static int check_propagation(struct check *c, const char *value)
{
	static const char *const known[] = { "private", "shared", "slave",       "unbindable", "rprivate",
					    "rshared", "rslave", "runbindable", NULL };
	if (!value || !value[0])
		return 0;
	return check_known(c, "rootfsPropagation", value, known);
}

/* closID becomes a directory name, the schemata become lines of a control file. */
int check_rdt(struct check *c, const struct spec_intel_rdt *r)
{
	const char *id = r->clos_id;
	if (id && (!id[0] || strcmp(id, ".") == 0 || strcmp(id, "..") == 0 ||
		   (strchr(id, '/') && strcmp(id, "/") != 0)))
		return bad_key(c, "closID", "\"%.100s\" is not a directory name", id);
	if (check_no_control(c, "closID", id) < 0 ||
	    check_no_control(c, "l3CacheSchema", r->l3_cache_schema) < 0 ||
	    check_no_control(c, "memBwSchema", r->mem_bw_schema) < 0)
		return -1;
	if (r->mem_bw_schema && strncmp(r->mem_bw_schema, "MB:", 3) != 0)
		return bad_key(c, "memBwSchema", "must start with \"MB:\"");
	into(c, "schemata");
	for (size_t i = 0; i < r->schemata.n; i++) {
		if (has_control(r->schemata.v[i]))
			return bad_index(c, i, "must not contain control characters");
		if (!r->schemata.v[i][0])
			return bad_index(c, i, "must not be empty");
	}
	out(c);
	return 0;
}

/* The rules of set_mempolicy(2), so that the error has a name and not just EINVAL. */
enum { NODES_NONE, NODES_SOME, NODES_ANY };

static const struct {
	const char *mode;
	int nodes;
	bool balancing; /* takes MPOL_F_NUMA_BALANCING */
} policy_modes[] = {
	{ "MPOL_DEFAULT", NODES_NONE, false },    { "MPOL_BIND", NODES_SOME, true },
	{ "MPOL_INTERLEAVE", NODES_SOME, false }, { "MPOL_WEIGHTED_INTERLEAVE", NODES_SOME, false },
	{ "MPOL_PREFERRED", NODES_ANY, false },   { "MPOL_PREFERRED_MANY", NODES_SOME, true },
	{ "MPOL_LOCAL", NODES_NONE, false },
};

/* The two node flags say how the node list moves with the cpuset, so they mean nothing without a list;
 * balancing is for the modes that bind. */
static int check_policy_flags(struct check *c, const struct strv *flags, size_t mode, bool has_nodes)
{
	bool fixed = false, relative = false;
	if (check_known_list(c, "flags", flags, spec_memory_policy_flags) < 0)
		return -1;
	into(c, "flags");
	for (size_t i = 0; i < flags->n; i++) {
		bool balancing = strcmp(flags->v[i], "MPOL_F_NUMA_BALANCING") == 0;
		fixed |= strcmp(flags->v[i], "MPOL_F_STATIC_NODES") == 0;
		relative |= strcmp(flags->v[i], "MPOL_F_RELATIVE_NODES") == 0;
		if (balancing ? !policy_modes[mode].balancing : !has_nodes)
			return bad_index(c, i, "%s cannot be used with %s%s", flags->v[i],
					 policy_modes[mode].mode,
					 policy_modes[mode].nodes == NODES_ANY ? " without nodes" : "");
	}
	if (fixed && relative)
		return bad(c, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
	out(c);
	return 0;
}

static int check_memory_policy(struct check *c, const struct spec_memory_policy *p)
{
	if (!p)
		return 0;
	into(c, "memoryPolicy");
	if (check_known(c, "mode", p->mode, spec_memory_policy_modes) < 0 ||
	    check_cpulist(c, "nodes", p->nodes) < 0)
		return -1;
	size_t mode = 0;
	while (strcmp(policy_modes[mode].mode, p->mode) != 0)
		mode++;
	bool has_nodes = p->nodes && p->nodes[strspn(p->nodes, " ")];
	if (has_nodes && policy_modes[mode].nodes == NODES_NONE)
		return bad_key(c, "nodes", "%s takes no nodes", p->mode);
	if (!has_nodes && policy_modes[mode].nodes == NODES_SOME)
		return bad_key(c, "nodes", "%s needs at least one node", p->mode);
	if (check_policy_flags(c, &p->flags, mode, has_nodes) < 0)
		return -1;
	out(c);
	return 0;
}

/* The spec lists no flag so far, so that any is an unsupported value. */
static int check_personality(struct check *c, const struct spec_personality *p)
{
	static const char *const domains[] = { "LINUX", "LINUX32", NULL };
	if (!p)
		return 0;
	into(c, "personality");
	if (check_known(c, "domain", p->domain, domains) < 0)
		return -1;
	if (p->flags.n) {
		into(c, "flags");
		return bad_index(c, 0, "unknown value \"%.100s\"", p->flags.v[0]);
	}
	out(c);
	return 0;
}

/* Namespaces first: most of the other parts ask which ones there are. */
int check_linux(struct check *c, const struct spec_config *config)
{
	const struct spec_linux *l = config->linux_;
	into(c, "linux");
	if (check_namespaces(c, l) < 0 || check_id_mappings(c, l) < 0 || check_time_offsets(c, l) < 0 ||
	    check_devices(c, &l->devices) < 0 || check_net_devices(c, l) < 0 || check_sysctls(c, config) < 0)
		return -1;
	if (check_no_control(c, "cgroupsPath", l->cgroups_path) < 0 ||
	    check_propagation(c, l->rootfs_propagation) < 0 || check_seccomp(c, l->seccomp) < 0 ||
	    check_absolute_list(c, "maskedPaths", &l->masked_paths) < 0 ||
	    check_absolute_list(c, "readonlyPaths", &l->readonly_paths) < 0 ||
	    check_no_control(c, "mountLabel", l->mount_label) < 0)
		return -1;
	if (l->intel_rdt) {
		into(c, "intelRdt");
		if (check_rdt(c, l->intel_rdt) < 0)
			return -1;
		out(c);
	}
	if (check_memory_policy(c, l->memory_policy) < 0 ||
	    check_personality(c, l->personality) < 0)
		return -1;
	if (l->resources) {
		into(c, "resources");
		if (check_resources(c, l->resources) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}
