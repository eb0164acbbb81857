/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules over a config, and what predicates record with. See internal.h. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../spec/path.h"
#include "../../spec/spec.h"
#include "../cgroup/cgroup.h"
#include "../lib/json.h"
#include "filter.h"

const struct audit_table *const audit_tables[] = {
	&rules_capabilities, &rules_namespaces, &rules_seccomp, &rules_mounts, &rules_paths,
	&rules_devices,	     &rules_process,	&rules_resources, &rules_host, NULL,
};

static const char *const severities[SEVERITIES] = {
	[SEV_NONE] = "none", [SEV_LOW] = "low", [SEV_MEDIUM] = "medium", [SEV_HIGH] = "high",
	[SEV_CRITICAL] = "critical",
};

const char *severity_name(enum severity s)
{
	return severities[s];
}

int severity_parse(const char *name, enum severity *ret)
{
	for (int i = 0; i < SEVERITIES; i++)
		if (strcmp(severities[i], name) == 0) {
			*ret = (enum severity)i;
			return 0;
		}
	return -1;
}

/* --- recording ---------------------------------------------------------------------------------- */

struct finding *audit_find(struct audit *a, const struct audit_rule *r)
{
	/* predicates run one after the other, so it can only be the last */
	if (a->nfindings && a->findings[a->nfindings - 1]->rule == r)
		return a->findings[a->nfindings - 1];
	struct finding *f = arena_alloc(a->arena, sizeof(*f));
	f->rule = r;
	f->severity = a->contained ? r->in_userns : r->on_host;
	/* an array of pointers, as others keep one while it grows: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	a->findings = arena_grow(a->arena, a->findings, a->nfindings, &a->cap_findings, sizeof(*a->findings));
	a->findings[a->nfindings++] = f;
	return f;
}

__attribute__((format(printf, 2, 0))) static const char *format(struct audit *a, const char *fmt, va_list ap)
{
	char text[1024];
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	return arena_strndup(a->arena, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void audit_place(struct audit *a, struct finding *f, const char *fmt, ...)
{
	va_list ap;
	f->total_places++;
	if (f->nplaces == MAX_PLACES)
		return;
	va_start(ap, fmt);
	const char *path = format(a, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < f->nplaces; i++)
		if (strcmp(f->place[i].path, path) == 0) {
			f->total_places--;
			return;
		}
	f->place = arena_grow(a->arena, f->place, f->nplaces, &f->cap_places, sizeof(*f->place));
	f->place[f->nplaces++] = (struct audit_place){ .path = path };
}

void audit_detail(struct audit *a, struct finding *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	f->detail = format(a, fmt, ap);
	va_end(ap);
}

void audit_item(struct audit *a, struct finding *f, const char *text)
{
	enum { ENOUGH = 400 };
	size_t n = f->detail ? strlen(f->detail) : 0;
	if (n > ENOUGH && strcmp(f->detail + n - 3, "...") == 0)
		return;
	if (n > ENOUGH)
		text = "...";
	f->detail = f->detail ? arena_printf(a->arena, "%s, %.200s", f->detail, text) : arena_printf(a->arena, "%.200s", text);
}

static void add_edit(struct audit *a, struct finding *f, const char *path, const char *value, bool append)
{
	if (f->nedits == MAX_PLACES)
		return;
	f->edit = arena_grow(a->arena, f->edit, f->nedits, &f->cap_edits, sizeof(*f->edit));
	f->edit[f->nedits++] = (struct audit_edit){ .op = value ? "add" : "remove", .path = path, .value = value, .append = append };
}

void audit_set(struct audit *a, struct finding *f, const char *value, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_edit(a, f, format(a, fmt, ap), value, false);
	va_end(ap);
}

void audit_append(struct audit *a, struct finding *f, const char *value, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_edit(a, f, format(a, fmt, ap), value, true);
	va_end(ap);
}

void audit_remove(struct audit *a, struct finding *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_edit(a, f, format(a, fmt, ap), NULL, false);
	va_end(ap);
}

void audit_member(struct audit *a, struct finding *f, const char *object, const char *key)
{
	char text[PATH_TEXT];
	struct path p = { .n = 0 };
	path_push_key(&p, key, strlen(key));
	path_text(&p, text, sizeof(text));
	const char *dot = *text == '[' ? "" : ".";
	audit_place(a, f, "%s%s%s", object, dot, text);
	if (strlen(key) <= PATH_KEY_MAX) /* of a longer one the text is cut */
		audit_remove(a, f, "%s%s%s", object, dot, text);
}

void audit_reverse_edits(struct finding *f, size_t from)
{
	for (size_t to = f->nedits; from + 1 < to; from++) {
		struct audit_edit swap = f->edit[from];
		f->edit[from] = f->edit[--to];
		f->edit[to] = swap;
	}
}

const char *audit_quote(struct audit *a, const char *s)
{
	size_t n;
	struct json *j = json_new(false);
	json_str(j, s);
	const char *text = json_text(j, &n), *copy = arena_strndup(a->arena, text, n);
	json_free(j);
	return copy;
}

/* --- what several predicates ask ---------------------------------------------------------------- */

const char *path_clean(struct audit *a, const char *path)
{
	char *out = arena_alloc(a->arena, strlen(path) + 2), *end = out;
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (end > out && *--end != '/')
				;
		} else if (n && !(n == 1 && *p == '.')) {
			*end++ = '/';
			memcpy(end, p, n);
			end += n;
		}
		p += n + (p[n] == '/');
	}
	if (end == out)
		*end++ = '/';
	*end = '\0';
	return out;
}

bool path_is_below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);
	if (n == 1) /* "/" */
		return true;
	return strncmp(path, prefix, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

bool audit_has_capability(const struct audit *a, const char *name)
{
	const struct spec_capabilities *caps = a->c->process ? a->c->process->capabilities : NULL;
	for (int set = 0; caps && set < CAPSET_KINDS; set++)
		for (size_t i = 0; i < caps->set[set].n; i++)
			if (strcmp(caps->set[set].v[i], name) == 0)
				return true;
	return false;
}

/* The namespaces of the first process and of the runtime itself, by their usual names. */
bool audit_shares_host(struct audit *a, enum ns_kind k)
{
	const struct spec_namespace *n = spec_find_namespace(a->c->linux_, k);
	if (!n || !n->path)
		return !n;
	const char *path = path_clean(a, n->path);
	return path_is_below(path, "/proc/1") || path_is_below(path, "/proc/self") || path_is_below(path, "/proc/thread-self");
}

/* --- the run ------------------------------------------------------------------------------------ */

static bool maps_host_root(const struct id_mappings *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].host_id == 0 && m->v[i].size > 0)
			return true;
	return false;
}

/* The maps of a namespace given by path are not known; who made it is taken to have made it for this. */
static bool is_contained(struct audit *a)
{
	const struct spec_linux *l = a->c->linux_;
	const struct spec_namespace *n = spec_find_namespace(l, NS_USER);
	if (audit_shares_host(a, NS_USER))
		return false;
	return n->path || !(maps_host_root(&l->uid_mappings) || maps_host_root(&l->gid_mappings));
}

/* Insertion keeps the order of the tables among equals. */
static void sort(struct audit *a)
{
	for (size_t i = 1; i < a->nfindings; i++) {
		struct finding *f = a->findings[i];
		size_t j = i;
		for (; j > 0 && a->findings[j - 1]->severity < f->severity; j--)
			a->findings[j] = a->findings[j - 1];
		a->findings[j] = f;
	}
}

int audit_run(struct audit *a, struct arena *arena, const struct audit_input *in, struct err *e)
{
	*a = (struct audit){ .arena = arena, .in = in, .c = in->config };
	a->contained = is_contained(a);
	a->device_rules = cgroup_device_rules(arena, a->c, e);
	if (!a->device_rules || filter_prepare(a, e) < 0)
		return -1;
	for (const struct audit_table *const *t = audit_tables; *t; t++)
		for (size_t i = 0; i < (*t)->n; i++) {
			const struct audit_rule *r = &(*t)->rules[i];
			if ((a->contained ? r->in_userns : r->on_host) != SEV_NONE)
				r->find(a, r);
		}
	sort(a);
	for (size_t i = 0; i < a->nfindings; i++)
		a->count[a->findings[i]->severity]++;
	if (a->nfindings)
		a->worst = a->findings[0]->severity;
	audit_locate(a);
	return 0;
}

char *audit_print_rules(struct arena *arena, size_t *len)
{
	char *text = arena_strdup(arena, "");
	for (const struct audit_table *const *t = audit_tables; *t; t++)
		for (size_t i = 0; i < (*t)->n; i++) {
			const struct audit_rule *r = &(*t)->rules[i];
			text = arena_printf(arena, "%s%s\t%s\t%s\t%s\n", text, r->id, severity_name(r->on_host),
					    severity_name(r->in_userns), r->title);
		}
	*len = strlen(text);
	return text;
}
