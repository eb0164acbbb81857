/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth audit --format json`:
 *
 *	{ "bundle", "userNamespace": bool, "threshold", "worst", "counts": { "critical", "high", "medium", "low" },
 *	  "findings": [ { "rule", "title", "severity", "what",
 *			  "places": [ { "path", "line", "column" } ], "totalPlaces", "why", "change",
 *			  "patch": [ { "op", "path", "value" } ] } ] }	RFC 6902
 *
 * Keys, rules' ids and severities are stable; members that say nothing are left out.
 */
#include "internal.h"

#include <string.h>

#include "../lib/json.h"
#include "print.h"

static void put_patch(struct json *j, const struct finding *f)
{
	json_key(j, "patch");
	json_array(j);
	for (size_t i = 0; i < f->nedits; i++) {
		json_map(j);
		json_kstr(j, "op", f->edit[i].op);
		json_kstr(j, "path", f->edit[i].pointer);
		if (f->edit[i].value) {
			json_key(j, "value");
			json_value(j, f->edit[i].value);
		}
		json_end_map(j);
	}
	json_end_array(j);
}

static void put_finding(struct json *j, const struct finding *f)
{
	json_map(j);
	json_kstr(j, "rule", f->rule->id);
	json_kstr(j, "title", f->rule->title);
	json_kstr(j, "severity", severity_name(f->severity));
	if (f->detail)
		json_kstr(j, "what", f->detail);
	json_key(j, "places");
	json_array(j);
	for (size_t i = 0; i < f->nplaces; i++) {
		json_map(j);
		json_kstr(j, "path", f->place[i].path);
		json_kuint(j, "line", f->place[i].line);
		json_kuint(j, "column", f->place[i].column);
		json_end_map(j);
	}
	json_end_array(j);
	if (f->total_places > f->nplaces)
		json_kuint(j, "totalPlaces", f->total_places);
	json_kstr(j, "why", f->rule->why);
	json_kstr(j, "change", f->rule->change);
	if (f->nedits)
		put_patch(j, f);
	json_end_map(j);
}

char *audit_print_json(const struct audit *a, enum severity threshold, size_t *len)
{
	struct json *j = json_new(true);
	json_map(j);
	json_kstr(j, "bundle", a->in->bundle);
	json_kbool(j, "userNamespace", a->contained);
	json_kstr(j, "threshold", severity_name(threshold));
	json_kstr(j, "worst", severity_name(a->worst));
	json_key(j, "counts");
	json_map(j);
	for (int i = SEVERITIES - 1; i > SEV_NONE; i--)
		json_kuint(j, severity_name((enum severity)i), a->count[i]);
	json_end_map(j);
	json_key(j, "findings");
	json_array(j);
	for (size_t i = 0; i < a->nfindings; i++)
		put_finding(j, a->findings[i]);
	json_end_array(j);
	json_end_map(j);
	const char *text = json_text(j, len);
	char *copy = arena_strndup(a->arena, text, *len);
	json_free(j);
	return copy;
}
