/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth audit --format sarif`: SARIF 2.1.0 (OASIS), one run. The rules that found something are in the driver; each
 * place of a finding is a location with a region, as all of them have to be changed. Viewers sort by level and, GitHub's,
 * by the property "security-severity".
 */
#include "internal.h"

#include <stdint.h>
#include <string.h>

#include "../lib/json.h"

static const struct {
	const char *level, *score;
} levels[SEVERITIES] = {
	[SEV_NONE] = { "none", "0.0" },	     [SEV_LOW] = { "note", "3.0" },	   [SEV_MEDIUM] = { "warning", "5.5" },
	[SEV_HIGH] = { "error", "8.0" }, [SEV_CRITICAL] = { "error", "9.5" },
};

static void put_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_map(j);
	json_kstr(j, "text", text);
	json_end_map(j);
}

static void put_rule(struct json *j, const struct finding *f)
{
	json_map(j);
	json_kstr(j, "id", f->rule->id);
	put_text(j, "shortDescription", f->rule->title);
	put_text(j, "fullDescription", f->rule->why);
	put_text(j, "help", f->rule->change);
	json_key(j, "defaultConfiguration");
	json_map(j);
	json_kstr(j, "level", levels[f->severity].level);
	json_end_map(j);
	json_key(j, "properties");
	json_map(j);
	json_kstr(j, "security-severity", levels[f->severity].score);
	json_key(j, "tags");
	json_array(j);
	json_str(j, "security");
	json_end_array(j);
	json_end_map(j);
	json_end_map(j);
}

static void put_location(struct json *j, const struct audit_place *p)
{
	json_map(j);
	json_key(j, "physicalLocation");
	json_map(j);
	json_key(j, "artifactLocation");
	json_map(j);
	json_kstr(j, "uri", "config.json");
	json_kstr(j, "uriBaseId", "BUNDLE");
	json_end_map(j);
	json_key(j, "region");
	json_map(j);
	json_kuint(j, "startLine", p->line);
	json_kuint(j, "startColumn", p->column);
	json_end_map(j);
	json_end_map(j);
	json_key(j, "logicalLocations");
	json_array(j);
	json_map(j);
	json_kstr(j, "fullyQualifiedName", p->path);
	json_kstr(j, "kind", "member");
	json_end_map(j);
	json_end_array(j);
	json_end_map(j);
}

static void put_result(struct json *j, struct arena *arena, const struct finding *f, size_t index)
{
	json_map(j);
	json_kstr(j, "ruleId", f->rule->id);
	json_kuint(j, "ruleIndex", index);
	json_kstr(j, "level", levels[f->severity].level);
	put_text(j, "message", arena_printf(arena, "%s%s%s. %s %s", f->rule->title, f->detail ? ": " : "",
					    f->detail ? f->detail : "", f->rule->why, f->rule->change));
	json_key(j, "locations");
	json_array(j);
	for (size_t i = 0; i < f->nplaces; i++)
		put_location(j, &f->place[i]);
	json_end_array(j);
	json_end_map(j);
}

/* file:// with what a URI cannot hold as %XX [RFC 3986]; a base ends in a slash. */
static const char *base_uri(struct arena *arena, const char *path)
{
	static const char hex[] = "0123456789ABCDEF", plain[] = "/-._~";
	char *out = arena_alloc(arena, 3 * strlen(path) + 16), *o = out;
	memcpy(o, "file://", 7);
	o += 7;
	for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
		if ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || strchr(plain, *p)) {
			*o++ = (char)*p;
			continue;
		}
		*o++ = '%';
		*o++ = hex[*p >> 4];
		*o++ = hex[*p & 15];
	}
	if (o[-1] != '/')
		*o++ = '/';
	*o = '\0';
	return out;
}

char *audit_print_sarif(const struct audit *a, size_t *len)
{
	struct json *j = json_new(true);
	json_map(j);
	json_kstr(j, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_kstr(j, "version", "2.1.0");
	json_key(j, "runs");
	json_array(j);
	json_map(j);
	json_key(j, "tool");
	json_map(j);
	json_key(j, "driver");
	json_map(j);
	json_kstr(j, "name", "berth audit");
	json_kstr(j, "semanticVersion", BERTH_VERSION);
	json_key(j, "rules");
	json_array(j);
	for (size_t i = 0; i < a->nfindings; i++)
		put_rule(j, a->findings[i]);
	json_end_array(j);
	json_end_map(j);
	json_end_map(j);
	json_key(j, "originalUriBaseIds");
	json_map(j);
	json_key(j, "BUNDLE");
	json_map(j);
	json_kstr(j, "uri", base_uri(a->arena, a->in->bundle));
	json_end_map(j);
	json_end_map(j);
	json_kstr(j, "columnKind", "unicodeCodePoints");
	json_key(j, "results");
	json_array(j);
	for (size_t i = 0; i < a->nfindings; i++)
		put_result(j, a->arena, a->findings[i], i);
	json_end_array(j);
	json_end_map(j);
	json_end_array(j);
	json_end_map(j);
	const char *text = json_text(j, len);
	char *copy = arena_strndup(a->arena, text, *len);
	json_free(j);
	return copy;
}
