/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the checks share: see check.h. First the path and the errors, then checks of single values. Values are
 * quoted in messages, cut to a length at which a message stays readable; the log escapes what is in them.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "check.h"

void check_start(struct check *c, const char *at)
{
	path_push_text(&c->at, at);
}

__attribute__((format(printf, 2, 0))) static int bad_v(struct check *c, const char *fmt, va_list ap)
{
	char text[512], where[PATH_TEXT];
	vsnprintf(text, sizeof(text), fmt, ap);
	path_text(&c->at, where, sizeof(where));
	return where[0] ? err_config(c->e, where, "%s", text) : err_set(c->e, 0, "%s", text);
}

int bad(struct check *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bad_v(c, fmt, ap);
	va_end(ap);
	return -1;
}

int bad_key(struct check *c, const char *key, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	into(c, key);
	bad_v(c, fmt, ap);
	va_end(ap);
	return -1;
}

int bad_index(struct check *c, size_t index, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	into_index(c, index);
	bad_v(c, fmt, ap);
	va_end(ap);
	return -1;
}

void warn_at(struct check *c, const char *fmt, ...)
{
	char text[512], where[PATH_TEXT], line[PATH_TEXT + sizeof(text) + 2];
	va_list ap;
	if (!c->warn)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	path_text(&c->at, where, sizeof(where));
	snprintf(line, sizeof(line), "%s: %s", where, text);
	c->warn(c->ctx, line);
}

/* DEL included; bytes above 127 are parts of characters, as all strings are valid UTF-8. */
bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

int check_no_control(struct check *c, const char *key, const char *text)
{
	if (text && has_control(text))
		return bad_key(c, key, "must not contain control characters");
	return 0;
}

/* Told here with the property's name rather than by a system call with ENAMETOOLONG. */
int check_path_length(struct check *c, const char *key, const char *path)
{
	if (strlen(path) >= PATH_MAX)
		return bad_key(c, key, "longer than a path can be (%d bytes)", PATH_MAX - 1);
	return 0;
}

int check_absolute(struct check *c, const char *key, const char *path)
{
	if (path[0] != '/')
		return bad_key(c, key, "\"%.100s\" is not an absolute path", path);
	return check_path_length(c, key, path);
}

int check_absolute_list(struct check *c, const char *key, const struct strv *paths)
{
	into(c, key);
	for (size_t i = 0; i < paths->n; i++) {
		if (paths->v[i][0] != '/')
			return bad_index(c, i, "\"%.100s\" is not an absolute path", paths->v[i]);
		if (strlen(paths->v[i]) >= PATH_MAX)
			return bad_index(c, i, "longer than a path can be (%d bytes)", PATH_MAX - 1);
	}
	out(c);
	return 0;
}

/* An entry without '=' is invisible to getenv(3) and one with an empty name cannot be unset. */
int check_env(struct check *c, const char *key, const struct strv *env)
{
	into(c, key);
	for (size_t i = 0; i < env->n; i++) {
		const char *eq = strchr(env->v[i], '=');
		if (!eq || eq == env->v[i])
			return bad_index(c, i, "\"%.100s\" is not of the form NAME=VALUE", env->v[i]);
	}
	out(c);
	return 0;
}

static bool is_known(const char *value, const char *const *known)
{
	for (; *known; known++)
		if (strcmp(*known, value) == 0)
			return true;
	return false;
}

int check_known(struct check *c, const char *key, const char *value, const char *const *known)
{
	if (!is_known(value, known))
		return bad_key(c, key, "unknown value \"%.100s\"", value);
	return 0;
}

int check_known_list(struct check *c, const char *key, const struct strv *values, const char *const *known)
{
	into(c, key);
	for (size_t i = 0; i < values->n; i++)
		if (!is_known(values->v[i], known))
			return bad_index(c, i, "unknown value \"%.100s\"", values->v[i]);
	out(c);
	return 0;
}

int check_cpulist(struct check *c, const char *key, const char *list)
{
	unsigned char mask[8192 / 8]; /* the kernel's largest NR_CPUS; nodes are fewer */
	size_t used;
	if (list && parse_cpulist(list, mask, sizeof(mask), &used) < 0)
		return bad_key(c, key, "\"%.100s\" is not a list such as \"0-3,7\"", list);
	return 0;
}

int check_id(struct check *c, const char *key, uint64_t id)
{
	if (id >= UINT32_MAX)
		return bad_key(c, key, "%llu is not an id (0 to 4294967294)", (unsigned long long)id);
	return 0;
}

/* In 64 bits: a range may end at 2^32 - 1. */
static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

/* The kernel's own rules for uid_map, where breaking one gives nothing but EINVAL. */
int check_mappings(struct check *c, const char *key, const struct id_mappings *m)
{
	enum { MAX_LINES = 340 };
	into(c, key);
	if (m->n > MAX_LINES)
		return bad(c, "%zu entries; the kernel takes %d at most", m->n, MAX_LINES);
	for (size_t i = 0; i < m->n; i++) {
		const struct id_mapping *x = &m->v[i];
		into_index(c, i);
		if (!x->size)
			return bad_key(c, "size", "must not be 0");
		if ((uint64_t)x->container_id + x->size > UINT32_MAX)
			return bad_key(c, "containerID", "the range ends beyond 4294967294");
		if ((uint64_t)x->host_id + x->size > UINT32_MAX)
			return bad_key(c, "hostID", "the range ends beyond 4294967294");
		for (size_t k = 0; k < i; k++) {
			const struct id_mapping *y = &m->v[k];
			if (overlap(x->container_id, x->size, y->container_id, y->size))
				return bad_key(c, "containerID", "overlaps with entry %zu", k);
			if (overlap(x->host_id, x->size, y->host_id, y->size))
				return bad_key(c, "hostID", "overlaps with entry %zu", k);
		}
		out(c);
	}
	out(c);
	return 0;
}
