/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth plan --format json`:
 *
 *	{ "ociVersion", "id", "namespaces": [...],
 *	  "host":   [ { "step", "origin", "what", "after" } ],	"after": the inside step it answers
 *	  "inside": [ { "index", "step", "origin", "note", and the members of the step } ] }
 *
 * Keys and step names are stable; members that say nothing are left out.
 */
#include "print.h"

#include "../../spec/spec.h"
#include "../lib/json.h"

static void put_value(struct json *j, const char *key, const struct value *v)
{
	if (v->kind == VALUE_NONE)
		return;
	json_key(j, key);
	if (v->kind == VALUE_STR) {
		json_str(j, v->str);
	} else if (v->kind == VALUE_UINT) {
		json_uint(j, v->u);
	} else {
		json_array(j);
		for (size_t i = 0; i < v->list.n; i++)
			json_str(j, v->list.v[i]);
		json_end_array(j);
	}
}

static void put_host(struct json *j, const struct plan *p, const struct host_step *h)
{
	enum plan_kind after = plan_host_anchor(h);
	const char *text = plan_host_text(p, h);
	json_map(j);
	json_kstr(j, "step", plan_host_step_name(h->kind));
	json_kstr(j, "origin", h->origin);
	if (text)
		json_kstr(j, "what", text);
	if (after != STEP_NONE)
		json_kstr(j, "after", after == STEP_KINDS ? "exec" : plan_step_name(after));
	json_end_map(j);
}

static void put_inside(struct json *j, const struct plan *p, size_t index)
{
	const struct inside_step *s = &p->inside[index];
	const struct step_info *info = plan_step_info(s->s.kind);
	json_map(j);
	json_kuint(j, "index", index);
	json_kstr(j, "step", info->name);
	json_kstr(j, "origin", s->origin);
	if (s->note)
		json_kstr(j, "note", s->note);
	for (const struct step_field *f = info->fields; f->type != F_END; f++) {
		struct value v = plan_field_value(p, s, f);
		put_value(j, f->key, &v);
	}
	json_end_map(j);
}

static void put_namespaces(struct json *j, const struct spec_namespaces *ns)
{
	json_key(j, "namespaces");
	json_array(j);
	for (size_t i = 0; i < ns->n; i++) {
		json_map(j);
		json_kstr(j, "type", spec_namespace_name(ns->v[i].type));
		if (ns->v[i].path)
			json_kstr(j, "path", ns->v[i].path);
		json_end_map(j);
	}
	json_end_array(j);
}

char *plan_print_json(const struct plan *p, size_t *len)
{
	struct json *j = json_new(true);
	json_map(j);
	json_kstr(j, "ociVersion", p->config->oci_version);
	json_kstr(j, "id", p->id);
	put_namespaces(j, &p->config->linux_->namespaces);
	json_key(j, "host");
	json_array(j);
	for (size_t i = 0; i < p->nhost; i++)
		put_host(j, p, &p->host[i]);
	json_end_array(j);
	json_key(j, "inside");
	json_array(j);
	for (size_t i = 0; i < p->ninside; i++)
		put_inside(j, p, i);
	json_end_array(j);
	json_end_map(j);
	const char *text = json_text(j, len);
	char *copy = arena_strndup(p->arena, text, *len);
	json_free(j);
	return copy;
}
