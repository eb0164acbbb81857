/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members of steps as text for the printers: flags become names, numbers what they stand for. */
#include "print.h"

#include <linux/sched/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../../spec/spec.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

struct flag_name {
	uint64_t flag;
	const char *name;
};

/* As in <linux/mount.h>, which does not go together with <sys/mount.h>. */
static const struct flag_name attr_names[] = {
	{ 0x00000001, "ro" },         { 0x00000002, "nosuid" },      { 0x00000004, "nodev" },
	{ 0x00000008, "noexec" },     { 0x00000010, "noatime" },     { 0x00000020, "strictatime" },
	{ 0x00000080, "nodiratime" }, { 0x00200000, "nosymfollow" },
};
static const struct flag_name flag_names[] = {
	{ STEP_F_SETGROUPS, "setgroups" }, { STEP_F_COPYUP, "copy-up" },
	{ STEP_F_COPY_MODE, "copy-mode" }, { STEP_F_DIR, "directory" },
	{ STEP_F_IN_DEV, "in-dev" },       { STEP_F_BIND, "bind-on-dev-console" },
	{ STEP_F_NO_PIVOT, "chroot" },     { STEP_F_MAKE, "make" },
	{ STEP_F_RETRY, "retry-as-user" }, { STEP_F_LISTENER, "listener" },
	{ STEP_F_OPTIONAL, "optional" },   { STEP_F_NO_LINKS, "no-links" },
	{ STEP_F_AS_PROCESS, "as-process" }, { STEP_F_KEEP, "keep" },
	{ STEP_F_DUMPABLE, "dumpable" },   { STEP_F_ELSE_BIND, "else-bind-of-host" },
};

static void append(struct arena *a, struct strv *l, size_t *cap, const char *s)
{
	l->v = arena_grow(a, l->v, l->n, cap, sizeof(*l->v));
	l->v[l->n++] = s;
}

static struct value str_value(const char *s)
{
	return (struct value){ .kind = s && *s ? VALUE_STR : VALUE_NONE, .str = s };
}

static struct value uint_value(uint64_t u)
{
	return (struct value){ .kind = VALUE_UINT, .u = u };
}

static struct value list_value(struct strv l)
{
	return (struct value){ .kind = l.n ? VALUE_LIST : VALUE_NONE, .list = l };
}

static struct strv names_of(struct arena *a, const struct flag_name *t, size_t n, uint64_t flags)
{
	struct strv l = { 0 };
	size_t cap = 0;
	for (size_t i = 0; i < n; i++)
		if (flags & t[i].flag)
			append(a, &l, &cap, t[i].name);
	return l;
}

static struct strv namespace_names(struct arena *a, uint64_t flags)
{
	struct strv l = { 0 };
	size_t cap = 0;
	for (int k = 0; k < NS_KINDS; k++)
		if (flags & spec_namespace_flag((enum ns_kind)k))
			append(a, &l, &cap, spec_namespace_name((enum ns_kind)k));
	return l;
}

static const char *propagation_name(uint64_t v)
{
	static const struct flag_name names[] = {
		{ MS_SHARED, "rshared" },
		{ MS_SLAVE, "rslave" },
		{ MS_PRIVATE, "rprivate" },
		{ MS_UNBINDABLE, "runbindable" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (v & names[i].flag)
			return names[i].name + !(v & MS_REC);
	return NULL;
}

/* Strings of a list in the data; with `step` 2 pairs are joined by '='. */
static struct strv read_list(const struct plan *p, uint32_t off, bool pairs, bool names_only)
{
	struct strv l = { 0 };
	size_t cap = 0;
	uint64_t n, slot;
	if (!off)
		return l;
	memcpy(&n, p->data + off, sizeof(n));
	for (uint64_t i = 0; i < n; i++) {
		memcpy(&slot, p->data + off + (i + 1) * sizeof(slot), sizeof(slot));
		const char *s = p->data + slot;
		if (pairs && i + 1 == n) /* the same once more, for mount(2) */
			break;
		if (pairs) {
			memcpy(&slot, p->data + off + (++i + 1) * sizeof(slot), sizeof(slot));
			if (p->data[slot])
				s = arena_printf(p->arena, "%s=%s", s, p->data + slot);
		}
		if (names_only)
			s = arena_strndup(p->arena, s, strcspn(s, "="));
		append(p->arena, &l, &cap, s);
	}
	return l;
}

static struct value caps_value(const struct plan *p, uint64_t mask)
{
	struct strv l = { 0 };
	size_t cap = 0;
	for (unsigned i = 0; i < 64; i++) {
		const char *name = spec_capability_name(i);
		if (mask >> i & 1)
			append(p->arena, &l, &cap, name ? name : arena_printf(p->arena, "%u", i));
	}
	if (!l.n)
		return str_value("none");
	return list_value(l);
}

static struct value groups_value(const struct plan *p, const struct plan_step *s)
{
	struct strv l = { 0 };
	size_t cap = 0;
	for (uint32_t i = 0; i < s->num; i++) {
		uint32_t gid;
		memcpy(&gid, p->data + s->str[0] + i * sizeof(gid), sizeof(gid));
		append(p->arena, &l, &cap, arena_printf(p->arena, "%u", gid));
	}
	return list_value(l);
}

static struct value mode_value(const struct plan *p, uint64_t mode)
{
	char type = S_ISCHR(mode) ? 'c' : S_ISBLK(mode) ? 'b' : 'p';
	return str_value(arena_printf(p->arena, "%c %04o", type, (unsigned)mode & 07777));
}

static struct value sched_value(const struct plan *p, const struct plan_step *s)
{
	struct sched_attr a = { 0 };
	memcpy(&a, p->data + s->str[0], s->num < sizeof(a) ? s->num : sizeof(a));
	return str_value(arena_printf(
		p->arena, "nice %d, priority %u, runtime %llu, deadline %llu, period %llu, flags %#llx",
		a.sched_nice, a.sched_priority, (unsigned long long)a.sched_runtime,
		(unsigned long long)a.sched_deadline, (unsigned long long)a.sched_period,
		(unsigned long long)a.sched_flags));
}

static struct value fd_value(const struct plan *p, const struct plan_step *s)
{
	static const char *const words[] = {
		[PFD_NS] = "namespace",
		[PFD_PIDFD] = "the container's process",
		[PFD_ROOT] = "the root of the container's process",
		[PFD_TREE] = "copy of",
		[PFD_DEVICE] = "the host's",
		[PFD_CGROUP] = "the container's cgroup",
		[PFD_LISTEN] = "a socket in the state folder",
		[PFD_PTY_SLAVE] = "the host's /dev/ptmx",
		[PFD_IDMAP] = "a user namespace with that mapping",
	};
	if (s->fd < 0 || (size_t)s->fd >= p->nfds)
		return (struct value){ 0 };
	const struct plan_fd *f = &p->fds[s->fd];
	if (!f->path)
		return str_value(words[f->kind]);
	return str_value(arena_printf(p->arena, "%s %s%s", words[f->kind], f->path,
				      f->kind == PFD_TREE && f->num ? " with what is mounted below" : ""));
}

static struct value limit_value(uint64_t v)
{
	return v == UINT64_MAX ? str_value("unlimited") : uint_value(v);
}

static struct value text_value(const struct plan *p, const struct plan_step *s, const struct step_field *f)
{
	const char *text = p->data ? p->data + s->str[f->index] : "";
	switch ((enum field_type)f->type) {
	case F_STR:
		return str_value(text);
	case F_LIST:
	case F_PAIRS:
	case F_NAMES:
		return list_value(read_list(p, s->str[f->index], f->type == F_PAIRS, f->type == F_NAMES));
	case F_FD:
		return fd_value(p, s);
	case F_GROUPS:
		return groups_value(p, s);
	case F_SCHED:
		return sched_value(p, s);
	case F_OCTAL:
		return str_value(arena_printf(p->arena, "%04o", s->num));
	case F_FLAGS:
		return list_value(names_of(p->arena, flag_names, ARRAY_SIZE(flag_names), s->flags));
	default:
		return (struct value){ 0 };
	}
}

struct value plan_field_value(const struct plan *p, const struct inside_step *is, const struct step_field *f)
{
	const struct plan_step *s = &is->s;
	uint64_t v = s->val[f->index < ARRAY_SIZE(s->val) ? f->index : 0];
	switch ((enum field_type)f->type) {
	case F_NUM:
		return s->num ? uint_value(s->num) : (struct value){ 0 };
	case F_VAL:
		return uint_value(v);
	case F_LOW:
		return uint_value((uint32_t)v);
	case F_HIGH:
		return uint_value(v >> 32);
	case F_LIMIT:
		return limit_value(v);
	case F_NS:
		return list_value(namespace_names(p->arena, v));
	case F_PROPAGATION:
		return str_value(propagation_name(v));
	case F_ATTR_SET:
		return list_value(names_of(p->arena, attr_names, ARRAY_SIZE(attr_names), (uint32_t)v));
	case F_ATTR_CLEAR:
		return list_value(names_of(p->arena, attr_names, ARRAY_SIZE(attr_names), v >> 32));
	case F_CAPS:
		return caps_value(p, v);
	case F_MODE:
		return mode_value(p, v);
	case F_DEV:
		return v ? str_value(arena_printf(p->arena, "%u:%u", major(v), minor(v)))
			 : (struct value){ 0 };
	default:
		return text_value(p, s, f);
	}
}

const char *plan_host_text(const struct plan *p, const struct host_step *h)
{
	switch (h->kind) {
	case HOST_CLONE: {
		struct strv l = namespace_names(p->arena, (uint64_t)h->num);
		const char *text = l.n ? "new namespaces:" : "no new namespaces";
		for (size_t i = 0; i < l.n; i++)
			text = arena_printf(p->arena, "%s %s", text, l.v[i]);
		return text;
	}
	case HOST_CGROUP_OWNER:
		return arena_printf(p->arena, "uid %lld of the host", (long long)h->num);
	case HOST_OPEN_FDS:
	case HOST_OOM_SCORE:
		return arena_printf(p->arena, "%lld", (long long)h->num);
	case HOST_MAPS:
		if (h->num && h->text)
			return arena_printf(p->arena, "setgroups denied, by %s", h->text);
		return h->num ? "setgroups denied" : h->text;
	default:
		return h->text && *h->text ? h->text : NULL;
	}
}
