/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pieces a plan is put together from: the data area, the lists of steps and of fds, and small helpers
 * for the files that fill them. Everything lives in the plan's arena and grows by doubling.
 */
#include "build.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../spec/path.h"

enum { DATA_ALIGN = 8, DATA_FIRST = 4096 };

/* Room for `len` bytes at the end of the data; returns its offset. The bytes are zero. Offset 0 means
 * "none", so the first 8 bytes stay unused. */
static size_t data_reserve(struct plan *p, size_t len, size_t align)
{
	size_t at = p->data_len ? p->data_len : DATA_ALIGN;
	at = (at + align - 1) & ~(align - 1);
	if (!p->data || at + len > p->cap_data) {
		size_t cap = p->cap_data ? p->cap_data : DATA_FIRST;
		while (cap < at + len)
			cap *= 2;
		char *data = arena_alloc(p->arena, cap);
		if (p->data)
			memcpy(data, p->data, p->data_len);
		p->data = data;
		p->cap_data = cap;
	}
	p->data_len = at + len;
	return at;
}

uint32_t plan_str(struct plan *p, const char *s)
{
	if (!s || !*s)
		return 0;
	size_t len = strlen(s) + 1, at = data_reserve(p, len, 1);
	memcpy(p->data + at, s, len);
	return (uint32_t)at;
}

uint32_t plan_blob(struct plan *p, const void *data, size_t len)
{
	if (!len)
		return 0;
	size_t at = data_reserve(p, len, DATA_ALIGN);
	memcpy(p->data + at, data, len);
	return (uint32_t)at;
}

/* u64 n, n offsets, 0. The strings follow; the slots are written by offset because the area may move. */
uint32_t plan_list(struct plan *p, const char *const *v, size_t n)
{
	size_t at = data_reserve(p, (n + 2) * sizeof(uint64_t), DATA_ALIGN);
	uint64_t word = n;
	memcpy(p->data + at, &word, sizeof(word));
	for (size_t i = 0; i < n; i++) {
		/* an empty string is a real member of a list: offset 0 would end it for execve(2) */
		size_t len = strlen(v[i]) + 1, s = data_reserve(p, len, 1);
		memcpy(p->data + s, v[i], len);
		word = s;
		memcpy(p->data + at + (i + 1) * sizeof(word), &word, sizeof(word));
	}
	return (uint32_t)at;
}

struct inside_step *plan_inside(struct plan *p, enum plan_kind kind, const char *origin)
{
	p->inside = arena_grow(p->arena, p->inside, p->ninside, &p->cap_inside, sizeof(*p->inside));
	struct inside_step *s = &p->inside[p->ninside++];
	memset(s, 0, sizeof(*s));
	s->s.kind = (uint16_t)kind;
	s->s.fd = -1;
	s->origin = origin;
	return s;
}

struct host_step *plan_host(struct plan *p, enum host_step_kind kind, const char *origin)
{
	p->host = arena_grow(p->arena, p->host, p->nhost, &p->cap_host, sizeof(*p->host));
	struct host_step *s = &p->host[p->nhost++];
	*s = (struct host_step){ .kind = kind, .origin = origin };
	return s;
}

int32_t plan_add_fd(struct plan *p, enum plan_fd_kind kind, const char *path, unsigned num, size_t step,
		    const char *origin)
{
	p->fds = arena_grow(p->arena, p->fds, p->nfds, &p->cap_fds, sizeof(*p->fds));
	p->fds[p->nfds] = (struct plan_fd){
		.kind = kind, .path = path, .num = num, .step = step, .origin = origin, .fd = -1
	};
	return (int32_t)p->nfds++;
}

void plan_close_fds(struct plan *p)
{
	for (size_t i = 0; i < p->nfds; i++) {
		if (p->fds[i].fd >= 0)
			close(p->fds[i].fd);
		p->fds[i].fd = -1;
	}
}

/* ---- helpers of the builders ---- */

const char *at_index(struct build *b, const char *list, size_t i)
{
	return arena_printf(b->p->arena, "%s[%zu]", list, i);
}

const char *at_member(struct build *b, const char *list, size_t i, const char *member)
{
	return arena_printf(b->p->arena, "%s[%zu].%s", list, i, member);
}

const char *sysctl_origin(struct build *b, size_t i)
{
	return path_of_key(b->p->arena, "linux.sysctl", b->c->linux_->sysctl.v[i].key);
}

struct inside_step *add_step(struct build *b, enum plan_kind kind, const char *origin, const char *str0)
{
	uint32_t at = plan_str(b->p, str0);
	struct inside_step *s = plan_inside(b->p, kind, origin);
	s->s.str[0] = at;
	return s;
}

struct sort_key {
	const char *s;
	size_t len, index;
};

static int compare_keys(const void *va, const void *vb)
{
	const struct sort_key *a = va, *b = vb;
	size_t n = a->len < b->len ? a->len : b->len;
	int r = memcmp(a->s, b->s, n);
	if (r == 0 && a->len != b->len)
		r = a->len < b->len ? -1 : 1;
	if (r == 0)
		r = a->index < b->index ? -1 : 1;
	return r;
}

bool *list_shadowed(struct arena *a, const char *const *v, size_t n, char end)
{
	bool *shadowed = arena_array(a, n, sizeof(*shadowed));
	struct sort_key *keys = arena_array(a, n, sizeof(*keys));
	for (size_t i = 0; i < n; i++) {
		const char *stop = strchr(v[i], end);
		keys[i] = (struct sort_key){ v[i], stop ? (size_t)(stop - v[i]) : strlen(v[i]), i };
	}
	if (n)
		qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 0; i + 1 < n; i++)
		if (keys[i].len == keys[i + 1].len && memcmp(keys[i].s, keys[i + 1].s, keys[i].len) == 0)
			shadowed[keys[i].index] = true;
	return shadowed;
}

const char *clean_path(struct arena *a, const char *path)
{
	char *out = arena_alloc(a, strlen(path) + 2);
	size_t len = 0;
	while (*path) {
		size_t n = strcspn(path, "/");
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len > 0 && out[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && path[0] == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n;
		path += *path == '/';
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

bool path_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	if (n == 1)
		return true; /* "/" */
	return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}
