/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/lib/utf8.h"
#include "../../spec/path.h"

#include <yajl/yajl_parse.h>

const char *fuzz_input;

void fuzz_failed(const char *file, int line, const char *what, const char *about)
{
	fprintf(stderr, "%s:%d: not true: %s%s%s%s%s\n", file, line, what, *about ? ": " : "", about, fuzz_input ? "\n  with " : "",
		fuzz_input ? fuzz_input : "");
	abort();
}

char *fuzz_copy(const void *data, size_t size)
{
	char *p = malloc(size ? size : 1);
	FUZZ_ASSERT(p);
	if (size)
		memcpy(p, data, size);
	return p;
}

char *fuzz_text(const void *data, size_t size)
{
	char *p = malloc(size + 1);
	FUZZ_ASSERT(p);
	if (size)
		memcpy(p, data, size);
	p[size] = '\0';
	/* the text ends at its first NUL: no room behind it either */
	return realloc(p, strlen(p) + 1);
}

static const struct row *find_row(const struct table *t, const struct path_part *part)
{
	for (unsigned i = 0; t && part->key && i < t->n; i++)
		if (t->rows[i].key_len == part->len && memcmp(t->rows[i].key, part->key, part->len) == 0)
			return &t->rows[i];
	return NULL;
}

static bool is_list(const struct row *r)
{
	return r->type == ROW_LIST || r->type == ROW_STRINGS || r->type == ROW_U32S;
}

/* Where a part leads from inside `r`: an element of a list, a member of a map. */
static bool enter(const struct row *r, const struct path_part *part)
{
	if (r->type == ROW_STRING_MAP || r->type == ROW_OBJECT_MAP)
		return part->key;
	return is_list(r) && !part->key;
}

bool fuzz_path_known(const struct table *t, const char *path)
{
	char buf[PATH_TEXT];
	struct path_part part;
	const struct row *r = NULL;
	bool inside = true; /* the next part is a property of t */
	while (*path) {
		if (path_parse_part(&path, &part, buf, sizeof(buf)) < 0)
			return false;
		if (!inside) {
			if (!enter(r, &part))
				return false;
			inside = true;
			t = r->sub;
			continue;
		}
		r = find_row(t, &part);
		if (!r)
			return false;
		inside = r->type == ROW_OBJECT || r->type == ROW_OBJECT_PTR;
		t = inside ? r->sub : NULL;
	}
	return true;
}

/* ---- plans ---- */

static void check_origin(const char *origin)
{
	static const char own[] = "runtime: ";
	FUZZ_ASSERT(origin && *origin);
	if (strncmp(origin, own, sizeof(own) - 1) != 0)
		FUZZ_PATH(&table_config, origin);
}

static void check_origins(const struct plan *p)
{
	for (size_t i = 0; i < p->ninside; i++) {
		check_origin(p->inside[i].origin);
		FUZZ_ASSERT(plan_step_name(p->inside[i].s.kind));
	}
	for (size_t i = 0; i < p->nhost; i++) {
		check_origin(p->host[i].origin);
		FUZZ_ASSERT(plan_host_step_name(p->host[i].kind));
	}
	for (size_t i = 0; i < p->nfds; i++) {
		check_origin(p->fds[i].origin);
		FUZZ_ASSERT(p->fds[i].step < p->ninside && p->inside[p->fds[i].step].s.fd == (int)i);
	}
}

static void check_print(struct plan *p)
{
	size_t len;
	const char *text = plan_print_text(p, &len);
	FUZZ_ASSERT(strlen(text) == len);
	text = plan_print_json(p, &len);
	FUZZ_ASSERT(strlen(text) == len && utf8_valid(text, len));
	yajl_handle h = yajl_alloc(NULL, NULL, NULL);
	FUZZ_ASSERT(yajl_parse(h, (const unsigned char *)text, len) == yajl_status_ok);
	FUZZ_ASSERT(yajl_complete_parse(h) == yajl_status_ok);
	yajl_free(h);
}

/* Whatever a container reports about its steps becomes words. */
static void check_explain(const struct plan *p)
{
	static const int32_t wild[] = { -1, INT32_MIN, INT32_MAX };
	size_t n = p->ninside < 40 ? p->ninside : 40;
	for (size_t i = 0; i < n + 3; i++) {
		struct err e = { 0 };
		struct plan_report r = { .magic = PLAN_MAGIC,
					 .msg = MSG_FAILED,
					 .step = i < n ? (int32_t)i : wild[i - n],
					 .detail = (uint32_t)(i % (DETAIL_KINDS + 2)),
					 .err = (int32_t)(i * 7 % 140) };
		memset(r.text, 'x', i & 1 ? sizeof(r.text) : 1); /* not ended, or nearly empty */
		FUZZ_ASSERT(plan_explain(p, &r, &e) == -1 && e.set && *e.text);
	}
}

/* act/ fills these two in when it has looked at the host. */
static void fill_in(struct plan *p)
{
	static const char filter[2 * 8] = { 0x06, 0, 0, 0, 0, 0, (char)0xff, 0x7f };
	plan_set_seccomp(p, filter, 2, 0, false);
	if (p->trees_step == SIZE_MAX)
		return;
	const char **slots = arena_array(p->arena, p->nfds + 1, sizeof(*slots));
	for (size_t i = 0; i < p->nfds; i++)
		slots[i] = i & 1 ? "r/some/where" : "";
	plan_set_trees(p, slots);
}

void fuzz_check_plan(struct plan *p)
{
	size_t size, again;
	check_origins(p);
	check_print(p);
	check_explain(p);
	fill_in(p);
	const void *block = plan_block(p, &size);
	const void *second = plan_block(p, &again);
	FUZZ_ASSERT(size == again && memcmp(block, second, size) == 0);
	FUZZ_ASSERT(fuzz_read_block(block, size, 0, (unsigned)p->nfds));
}
