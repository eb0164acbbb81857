/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.cgroupsPath as engines write it for the systemd driver, `slice:prefix:name`, -> the unit and the
 * slice it is in. Pure.
 *
 * The place of a unit's cgroup follows from names alone: a dash in the name of a slice is a level, so
 * a-b.slice is in a.slice and its cgroup is /a.slice/a-b.slice; and a scope is in its slice's cgroup.
 */
#include "systemd.h"

#include <string.h>

enum { UNIT_NAME_MAX = 255, PARTS = 3 };

static const char unit_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-\\@:";
static const char root_slice[] = "-.slice";

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n > m && strcmp(s + n - m, end) == 0;
}

bool cg_unit_is_slice(const char *name)
{
	return ends_with(name, ".slice");
}

/* What systemd itself would refuse later, in words of ours; NULL: fine. */
static const char *name_problem(const char *name)
{
	if (strlen(name) > UNIT_NAME_MAX)
		return "longer than 255 bytes";
	if (name[strspn(name, unit_chars)])
		return "with a character that unit names cannot have";
	return name[0] == '.' ? "that begins with a dot" : NULL;
}

static const char *slice_problem(const char *name)
{
	if (!cg_unit_is_slice(name))
		return "that does not end in \".slice\"";
	if (strcmp(name, root_slice) == 0)
		return NULL;
	/* each dash is a level, and none of them may be empty */
	if (name[0] == '-' || strstr(name, "--") || ends_with(name, "-.slice"))
		return "with an empty level (dashes separate levels)";
	return name_problem(name);
}

/* "a-b.slice" -> "/a.slice/a-b.slice"; the root slice is "". */
static const char *slice_path(struct arena *a, const char *name)
{
	const char *path = "";
	size_t stem = strlen(name) - strlen(".slice");
	if (strcmp(name, root_slice) == 0)
		return path;
	for (size_t i = 1; i <= stem; i++)
		if (i == stem || name[i] == '-')
			path = arena_printf(a, "%s/%.*s.slice", path, (int)i, name);
	return path;
}

/* The slice that a slice is in. */
static const char *slice_parent(struct arena *a, const char *name)
{
	const char *dash = strrchr(name, '-');
	return dash ? arena_printf(a, "%.*s.slice", (int)(dash - name), name) : root_slice;
}

/* An id may have a '+', which unit names cannot: escaped as systemd-escape(1) does. */
static const char *escape_id(struct arena *a, const char *id)
{
	char *out = arena_alloc(a, strlen(id) * 4 + 1), *p = out;
	for (; *id; id++) {
		if (*id != '+') {
			*p++ = *id;
			continue;
		}
		memcpy(p, "\\x2b", 4);
		p += 4;
	}
	*p = '\0';
	return out;
}

static int malformed(const char *what, const char *name, const char *problem, struct err *e)
{
	return err_config(e, "linux.cgroupsPath", "%s \"%s\" %s", what, name, problem);
}

/* The unit is a slice: its name says where it is. */
static int resolve_slice(struct arena *a, const char *slice, const char *name, struct cg_unit *ret, struct err *e)
{
	const char *problem = slice_problem(name);
	if (problem || strcmp(name, root_slice) == 0)
		return malformed("a slice", name, problem ? problem : "that is the root of all", e);
	const char *parent = slice_parent(a, name);
	if (*slice && strcmp(slice, parent) != 0)
		return err_config(e, "linux.cgroupsPath", "slice \"%s\" is in \"%s\", not in \"%s\"", name, parent,
				  slice);
	*ret = (struct cg_unit){ .name = name, .slice = parent, .path = slice_path(a, name), .is_slice = true };
	return 0;
}

static int resolve_scope(struct arena *a, const char *slice, const char *prefix, const char *name,
			 struct cg_unit *ret, struct err *e)
{
	const char *problem = slice_problem(slice);
	if (problem)
		return malformed("a slice", slice, problem, e);
	if (!*name)
		return err_config(e, "linux.cgroupsPath", "slice:prefix:name with an empty name");
	const char *unit = arena_printf(a, "%s%s%s.scope", prefix, *prefix ? "-" : "", name);
	problem = name_problem(unit);
	if (problem)
		return malformed("a unit", unit, problem, e);
	*ret = (struct cg_unit){ .name = unit, .slice = slice };
	ret->path = arena_printf(a, "%s/%s/" CG_INNER, slice_path(a, slice), unit);
	return 0;
}

/* Exactly two colons: a third one would make a part that nobody meant. */
static int split(struct arena *a, const char *s, const char *part[PARTS])
{
	for (int i = 0; i < PARTS; i++) {
		size_t n = strcspn(s, ":");
		if ((s[n] == ':') != (i < PARTS - 1))
			return -1;
		part[i] = arena_strndup(a, s, n);
		s += n + 1;
	}
	return 0;
}

int cg_unit_resolve(struct arena *a, const char *cgroups_path, const char *id, bool rootless,
		    struct cg_unit *ret, struct err *e)
{
	const char *part[PARTS] = { "", "berth", "" };
	bool absent = !cgroups_path || !*cgroups_path;
	if (absent)
		part[2] = escape_id(a, id);
	else if (split(a, cgroups_path, part) < 0)
		return err_config(e, "linux.cgroupsPath",
				  "with the systemd cgroup driver it must be slice:prefix:name, not \"%s\"",
				  cgroups_path);
	if (cg_unit_is_slice(part[2]))
		return absent ? err_set(e, 0, "container id \"%s\" cannot end in \".slice\" with the systemd driver", id) :
				resolve_slice(a, part[0], part[2], ret, e);
	if (!*part[0])
		part[0] = rootless ? "user.slice" : "system.slice";
	return resolve_scope(a, part[0], part[1], part[2], ret, e);
}

int cg_unit_from_path(struct arena *a, const char *path, struct cg_unit *ret, struct err *e)
{
	const char *of_unit = arena_strndup(a, path, cg_outer_len(path));
	const char *slash = strrchr(of_unit, '/'), *name = slash ? slash + 1 : "";
	*ret = (struct cg_unit){ .name = name, .path = path, .is_slice = cg_unit_is_slice(name) };
	if (!slash || (!ret->is_slice && !ends_with(name, ".scope")))
		return err_set(e, 0, "cgroup path \"%s\" names no scope or slice of systemd", path);
	const char *above = slash;
	while (above > of_unit && above[-1] != '/')
		above--;
	ret->slice = above < slash ? arena_strndup(a, above, (size_t)(slash - above)) : root_slice;
	return 0;
}
