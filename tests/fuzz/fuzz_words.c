/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A byte that chooses one of the small readers, and the text for it: numbers, lists of CPUs, signals, kernel parameters,
 * ids, cgroup paths, unit names, JSON paths, and text that leaves berth as JSON.
 *
 * Holds: see each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "../../runtime/cgroup/systemd.h"
#include "../../runtime/lib/json.h"
#include "../../runtime/lib/utf8.h"
#include "../../runtime/state/state.h"
#include "../../spec/path.h"
#include "fuzz.h"

/* What is read is what is written, but for zeros in front. */
static void same_digits(const char *s, const char *written)
{
	FUZZ_ASSERT((*s == '-') == (*written == '-') || strcmp(written, "0") == 0);
	s += *s == '-';
	written += *written == '-';
	while (*s == '0' && s[1])
		s++;
	FUZZ_ASSERT(strcmp(s, written) == 0);
}

static void numbers(const char *s)
{
	char text[32];
	uint64_t u;
	int64_t i;
	if (parse_u64(s, UINT64_MAX, &u) == 0) {
		snprintf(text, sizeof(text), "%" PRIu64, u);
		same_digits(s, text);
		FUZZ_ASSERT(u == 0 || parse_u64(s, u - 1, &u) < 0);
	}
	if (parse_i64(s, &i) == 0) {
		snprintf(text, sizeof(text), "%" PRId64, i);
		same_digits(s, text);
	}
}

/* Ranges that are read are in the text as numbers; nothing beyond the mask is written. */
static void cpulist(const char *s)
{
	unsigned char mask[16 + 1];
	size_t used = 99;
	mask[16] = 0x5a;
	if (parse_cpulist(s, mask, 16, &used) == 0) {
		FUZZ_ASSERT(used <= 16 && (!used || mask[used - 1]));
		for (size_t i = used; i < 16; i++)
			FUZZ_ASSERT(!mask[i]);
	}
	FUZZ_ASSERT(mask[16] == 0x5a);
}

static void names(const char *s)
{
	int sig = spec_signal_number(s), cap = spec_capability_number(s), kind = spec_namespace_kind(s);
	FUZZ_ASSERT(sig == -1 || (sig >= 0 && sig <= 64));
	FUZZ_ASSERT(cap == -1 || (cap >= 0 && cap < 64));
	FUZZ_ASSERT(spec_rlimit_number(s) >= -1 && kind >= -1 && kind < NS_KINDS);
	FUZZ_ASSERT(kind < 0 || strcmp(spec_namespace_name((enum ns_kind)kind), s) == 0);
	const struct mount_opt *o = spec_mount_opt(s);
	FUZZ_ASSERT(!o || strcmp(o->name, s) == 0);
}

static bool walks_up(const char *path)
{
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return true;
		p += n + (p[n] == '/');
	}
	return false;
}

/* A kernel parameter is a file below /proc/sys, wherever the name would like to lead. */
static void sysctl(const char *s)
{
	char path[256];
	if (spec_sysctl_path(s, path, sizeof(path)) < 0)
		return;
	FUZZ_ASSERT(*path && *path != '/' && !walks_up(path) && strlen(path) < sizeof(path));
	FUZZ_ASSERT(spec_sysctl_namespace(path) < NS_KINDS);
}

static void id(const char *s)
{
	struct err e = { 0 };
	int r = state_check_id(s, &e);
	FUZZ_RESULT(r < 0, &e);
	FUZZ_ASSERT(r < 0 || (*s && *s != '.' && !strchr(s, '/') && strlen(s) <= 255));
}

/* What is accepted is below the mount: killing and removing walk there. */
static void cgroup(const char *s)
{
	struct arena a = { 0 };
	struct spec_linux l = { .cgroups_path = s };
	struct spec_config c = { .linux_ = &l };
	struct err e = { 0 };
	const char *path;
	int r = cg_path_resolve(&a, &c, "c1", false, &path, &e);
	FUZZ_RESULT(r < 0, &e);
	FUZZ_ASSERT(r < 0 || (path[0] == '/' && path[1] && !walks_up(path + 1)));
	arena_free(&a);
}

static void unit(const char *s)
{
	struct arena a = { 0 };
	struct cg_unit u, again;
	struct err e = { 0 };
	int r = cg_unit_resolve(&a, s, "c1", false, &u, &e);
	FUZZ_RESULT(r < 0, &e);
	if (r == 0) {
		FUZZ_ASSERT(u.path[0] == '/' && u.path[1] && !walks_up(u.path + 1) && !strchr(u.name, '/'));
		FUZZ_ASSERT(cg_unit_from_path(&a, u.path, &again, &e) == 0);
		FUZZ_ASSERT(strcmp(u.name, again.name) == 0 && u.is_slice == again.is_slice);
		FUZZ_ASSERT(strcmp(u.slice, again.slice) == 0);
	}
	arena_free(&a);
}

/* A path that can be read is written as it was read, as far as it was not cut. */
static void json_path(const char *s)
{
	char buf[8][PATH_TEXT], text[PATH_TEXT];
	struct path p = { .n = 0 };
	const char *rest = s;
	while (p.n < 8 && path_parse_part(&rest, &p.part[p.n], buf[p.n], sizeof(buf[p.n])) == 0)
		p.n++;
	path_text(&p, text, sizeof(text));
	FUZZ_ASSERT(strlen(text) < sizeof(text));
	rest = text;
	struct path_part part;
	char back[PATH_TEXT];
	for (unsigned i = 0; i < p.n && path_parse_part(&rest, &part, back, sizeof(back)) == 0; i++) {
		FUZZ_ASSERT(!part.key == !p.part[i].key);
		FUZZ_ASSERT(part.key || part.index == p.part[i].index);
	}
	struct spec_place place = { .path = text };
	struct arena a = { NULL };
	spec_locate_all(&a, s, strlen(s), &place, 1);
	arena_free(&a);
	FUZZ_ASSERT(place.found <= strlen(text));
}

static int on_string(void *ctx, const unsigned char *s, size_t n)
{
	*(char **)ctx = strndup((const char *)s, n);
	return 1;
}

/* Any bytes become JSON, and valid text comes back unchanged. */
static void to_json(const char *s)
{
	static const yajl_callbacks callbacks = { .yajl_string = on_string };
	struct json *j = json_new(false);
	char *back = NULL;
	size_t n;
	json_array(j);
	json_str(j, s);
	json_number(j, s, strlen(s));
	json_end_array(j);
	const char *text = json_text(j, &n);
	yajl_handle h = yajl_alloc(&callbacks, NULL, &back);
	FUZZ_ASSERT(yajl_parse(h, (const unsigned char *)text, n) == yajl_status_ok &&
		    yajl_complete_parse(h) == yajl_status_ok && back);
	FUZZ_ASSERT(!utf8_valid(s, strlen(s)) || strcmp(back, s) == 0);
	yajl_free(h);
	free(back);
	json_free(j);
}

void fuzz_words(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const char *) = { numbers, cpulist, names, sysctl, id, cgroup, unit, json_path, to_json };
	if (!size)
		return;
	char *text = fuzz_text(data + 1, size - 1);
	readers[data[0] % (sizeof(readers) / sizeof(*readers))](text);
	free(text);
}
