/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of the top level, in this order: version, root, process, host names, mounts, hooks, annotations,
 * linux. Rules that the text of the spec leaves open are decided for refusing wherever no engine relies
 * on the opposite.
 */
#include "check.h"

/* A number without leading zeros. */
static bool semver_number(const char **s)
{
	const char *p = *s;
	if (*p == '0')
		p++;
	else
		while (*p >= '0' && *p <= '9')
			p++;
	bool any = p > *s;
	*s = p;
	return any;
}

static bool semver_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* Identifiers with dots between them; numeric ones of a pre-release have no leading zeros. */
static bool semver_identifiers(const char **s, bool prerelease)
{
	const char *p = *s;
	for (;;) {
		const char *start = p;
		bool numeric = true;
		for (; semver_char(*p); p++)
			numeric &= *p >= '0' && *p <= '9';
		if (p == start || (prerelease && numeric && *start == '0' && p > start + 1))
			return false;
		if (*p != '.')
			break;
		p++;
	}
	*s = p;
	return true;
}

static bool semver(const char *s)
{
	for (int i = 0; i < 3; i++) {
		if (!semver_number(&s) || (i < 2 && *s != '.'))
			return false;
		s += i < 2;
	}
	if (*s == '-' && (s++, !semver_identifiers(&s, true)))
		return false;
	if (*s == '+' && (s++, !semver_identifiers(&s, false)))
		return false;
	return !*s;
}

/* Within a major version documents stay readable, so a newer 1.x is fine: its new properties are unknown
 * ones and ignored. */
static int check_version(struct check *c, const char *v)
{
	if (!v)
		return bad_key(c, "ociVersion", "a required property is missing");
	if (!semver(v))
		return bad_key(c, "ociVersion", "\"%.100s\" is not a version such as " SPEC_VERSION, v);
	if (strncmp(v, "1.", 2) != 0)
		return bad_key(c, "ociVersion", "version %.100s is not supported, only 1.x.y", v);
	return 0;
}

static int check_root(struct check *c, const struct spec_root *root)
{
	if (!root)
		return bad_key(c, "root", "a required property is missing");
	into(c, "root");
	if (!root->path || !root->path[0])
		return bad_key(c, "path", "must not be empty");
	if (check_path_length(c, "path", root->path) < 0)
		return -1;
	out(c);
	return 0;
}

/* The value reaches sethostname(2) and logs. */
static int check_uts_name(struct check *c, const char *key, const char *name, const struct spec_linux *l)
{
	enum { UTS_MAX = 64 };
	if (!name || !name[0])
		return 0;
	if (check_no_control(c, key, name) < 0)
		return -1;
	if (strlen(name) > UTS_MAX)
		return bad_key(c, key, "longer than %d bytes", UTS_MAX);
	if (!spec_find_namespace(l, NS_UTS))
		return bad_key(c, key,
			       "needs a uts namespace (linux.namespaces), or it would change the host's");
	return 0;
}

/* What the options make of a mount, as far as checks depend on it. */
struct mount_traits {
	bool bind, remount, idmap;
};

static struct mount_traits mount_traits(const struct spec_mount *m)
{
	struct mount_traits t = { false, false, false };
	for (size_t i = 0; i < m->options.n; i++) {
		const struct mount_opt *o = spec_mount_opt(m->options.v[i]);
		t.bind |= o && o->kind == MOPT_BIND;
		t.remount |= o && o->kind == MOPT_REMOUNT;
		t.idmap |= o && o->kind == MOPT_IDMAP;
	}
	return t;
}

/* idmap without mappings falls back to those of the container's user namespace. */
static int check_mount_idmap(struct check *c, const struct spec_mount *m, bool idmap,
			     const struct spec_linux *l)
{
	if (m->uid_mappings.n && !m->gid_mappings.n)
		return bad_key(c, "gidMappings", "required together with uidMappings");
	if (m->gid_mappings.n && !m->uid_mappings.n)
		return bad_key(c, "uidMappings", "required together with gidMappings");
	if (check_mappings(c, "uidMappings", &m->uid_mappings) < 0 ||
	    check_mappings(c, "gidMappings", &m->gid_mappings) < 0)
		return -1;
	if (idmap && !m->uid_mappings.n && !spec_find_namespace(l, NS_USER))
		return bad_key(c, "options",
			       "an id-mapped mount needs uidMappings and gidMappings, or a user namespace");
	return 0;
}

/* Relative destinations are what the spec still allows, as below "/". */
static int check_mount(struct check *c, const struct spec_mount *m, const struct spec_linux *l)
{
	struct mount_traits t = mount_traits(m);
	if (!m->destination || !m->destination[0])
		return bad_key(c, "destination", "must not be empty");
	if (check_path_length(c, "destination", m->destination) < 0)
		return -1;
	if (m->destination[0] != '/')
		warn_at(c, "the destination \"%.100s\" is relative, which is deprecated; taken as below /",
			m->destination);
	if (t.bind && !t.remount && (!m->source || !m->source[0]))
		return bad_key(c, "source", "required for a bind mount");
	if (!t.bind && !t.remount && (!m->type || !m->type[0]))
		return bad_key(c, "type", "required unless the mount is a bind or a remount");
	if (t.bind && check_path_length(c, "source", m->source ? m->source : "") < 0)
		return -1;
	return check_mount_idmap(c, m, t.idmap, l);
}

static int check_mounts(struct check *c, const struct spec_config *config)
{
	into(c, "mounts");
	for (size_t i = 0; i < config->mounts.n; i++) {
		into_index(c, i);
		if (check_mount(c, &config->mounts.v[i], config->linux_) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}

/* A relative path would be looked up in some PATH, and a timeout of 0 means "at once" to one runtime and
 * "never" to another: both refused. The upper bound keeps sums of times far from overflow. */
static int check_hook(struct check *c, const struct spec_hook *h)
{
	if (!h->path)
		return bad_key(c, "path", "a required property is missing");
	if (check_absolute(c, "path", h->path) < 0 || check_env(c, "env", &h->env) < 0)
		return -1;
	if (h->timeout.set && h->timeout.v <= 0)
		return bad_key(c, "timeout", "must be greater than 0");
	if (h->timeout.set && h->timeout.v > INT32_MAX)
		return bad_key(c, "timeout", "must not be greater than %d", INT32_MAX);
	return 0;
}

int check_hooks(struct check *c, const struct spec_hooks *hooks)
{
	into(c, "hooks");
	for (int k = 0; k < HOOK_KINDS; k++) {
		into(c, spec_hook_name((enum hook_kind)k));
		for (size_t i = 0; i < hooks->kind[k].n; i++) {
			into_index(c, i);
			if (check_hook(c, &hooks->kind[k].v[i]) < 0)
				return -1;
			out(c);
		}
		out(c);
	}
	out(c);
	return 0;
}

/* Values are nobody's business here; who reads an annotation checks it. */
static int check_annotations(struct check *c, const struct kvv *l)
{
	into(c, "annotations");
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].key[0])
			return bad(c, "a key must not be empty");
	out(c);
	return 0;
}

int spec_config_check(const struct spec_config *config, spec_warn_fn *warn, void *ctx, struct err *e)
{
	struct check c = { .e = e, .warn = warn, .ctx = ctx };
	if (check_version(&c, config->oci_version) < 0 || check_root(&c, config->root) < 0)
		return -1;
	if (config->process) {
		into(&c, "process");
		if (check_process(&c, config->process) < 0)
			return -1;
		out(&c);
	}
	if (check_uts_name(&c, "hostname", config->hostname, config->linux_) < 0 ||
	    check_uts_name(&c, "domainname", config->domainname, config->linux_) < 0 ||
	    check_mounts(&c, config) < 0 || check_hooks(&c, &config->hooks) < 0 ||
	    check_annotations(&c, &config->annotations) < 0)
		return -1;
	return check_linux(&c, config);
}

int spec_process_check(const struct spec_process *p, const char *at, spec_warn_fn *warn, void *ctx,
		       struct err *e)
{
	struct check c = { .e = e, .warn = warn, .ctx = ctx };
	check_start(&c, at);
	return check_process(&c, p);
}

int spec_intel_rdt_check(const struct spec_intel_rdt *r, struct err *e)
{
	struct check c = { .e = e };
	return check_rdt(&c, r);
}

int spec_resources_check(const struct spec_resources *r, const char *at, struct err *e)
{
	struct check c = { .e = e };
	check_start(&c, at);
	return check_resources(&c, r);
}
