/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing limits: the list that resources.c made, one file after the other. For an update the content
 * of each file is read before, and written back, last first, when a later write fails.
 *
 * A container in a scope has two cgroups, the scope's and its own below it (systemd_inner.c), and each limit is
 * written to both: weights and protections count against the scope's neighbours, and the program reads its own
 * limits from the other one.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/fd.h"
#include "../lib/number.h"

enum { CONTENT_MAX = 64 * 1024 };

struct apply {
	struct arena *a;
	bool update; /* remember the old values; a cgroup made for a new container is removed instead */
	struct cg_writes writes;
	bool committed; /* the manager has the limits: what could be refused for good was */
};

/* The controller that a file belongs to, "" for the core's own and for names without one. */
static const char *controller_of(const char *file, char *buf, size_t size)
{
	size_t n = strcspn(file, ".");
	bool none = !file[n] || n >= size || (n == 6 && memcmp(file, "cgroup", 6) == 0);
	memcpy(buf, file, none ? 0 : n);
	buf[none ? 0 : n] = '\0';
	return buf;
}

static int write_lines(int cgfd, const char *file, const char *text)
{
	do {
		size_t n = strcspn(text, "\n");
		/* the kernel ignores a write of no bytes; an empty line is how a list is emptied */
		if (fd_write_small(cgfd, file, n ? text : "\n", n ? n : 1) < 0)
			return -1;
		text += n + (text[n] == '\n');
	} while (*text);
	return 0;
}

/* "QUOTA PERIOD" of which one is given and the other that of before the update: systemd may have changed
 * both since, as it writes the file too. */
static int write_cpu_max(const struct cg_write *w)
{
	char now[64], text[128];
	const char *old = w->old;
	if (!old && fd_read_small(w->dir, w->file, now, sizeof(now)) < 0)
		return -1;
	if (!old)
		old = now;
	const char *period = strchr(old, ' ');
	if (!period) {
		errno = EINVAL;
		return -1;
	}
	bool keep_quota = w->flags & CGW_KEEP_QUOTA;
	int n = keep_quota ? snprintf(text, sizeof(text), "%.*s %s", (int)(period - old), old, w->value) :
			     snprintf(text, sizeof(text), "%s%s", w->value, period);
	if (n < 0 || (size_t)n >= sizeof(text)) {
		errno = EINVAL;
		return -1;
	}
	return fd_write_small(w->dir, w->file, text, (size_t)n);
}

/* 0, or -1 with errno; ERANGE for a limit below the usage. */
static int check_at_least(const struct cg_write *w)
{
	char now[32];
	uint64_t usage, limit;
	if (fd_read_small(w->dir, w->file, now, sizeof(now)) < 0)
		return -1;
	if (parse_u64(now, UINT64_MAX, &usage) < 0 || parse_u64(w->value, UINT64_MAX, &limit) < 0) {
		errno = EBADMSG;
		return -1;
	}
	if (usage <= limit)
		return 0;
	errno = ERANGE;
	return -1;
}

static int put(const struct cg_write *w)
{
	if (w->flags & CGW_AT_LEAST)
		return check_at_least(w);
	if (w->flags & CGW_KEEP_QUOTA || (w->flags & CGW_KEEP_PERIOD && w->old))
		return write_cpu_max(w);
	if (w->flags & CGW_LINES)
		return write_lines(w->dir, w->file, w->value);
	return fd_write_small(w->dir, w->file, w->value, strlen(w->value));
}

/* Keep what the file holds now. A file that is missing may appear with its controller later. */
static void remember(struct apply *x, struct cg_write *w)
{
	char small[256];
	if (!x->update || w->old || w->flags & CGW_AT_LEAST)
		return;
	if (w->also && fd_read_small(w->dir, w->also, small, sizeof(small)) >= 0)
		w->also_old = arena_strdup(x->a, small);
	ssize_t n = fd_read_small(w->dir, w->file, small, sizeof(small));
	if (n < 0)
		return;
	if ((size_t)n < sizeof(small) - 2) {
		w->old = arena_strndup(x->a, small, (size_t)n);
		return;
	}
	char *buf = arena_alloc(x->a, CONTENT_MAX);
	if (fd_read_small(w->dir, w->file, buf, CONTENT_MAX) >= 0)
		w->old = buf;
}

/* put(), and once more after enabling the controller when the file is missing. 0; 1: the file does not
 * exist (w->flags says whether that matters); -1 with errno; -1 with *e for the controller. */
static int put_enabled(struct apply *x, struct cg_write *w, struct err *e)
{
	char controller[64];
	remember(x, w);
	if (put(w) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (!*controller_of(w->file, controller, sizeof(controller)))
		return 1;
	if (cg_controller_enable(w->dir, controller, w->prop, e) < 0)
		return -1;
	remember(x, w);
	if (put(w) == 0)
		return 0;
	return errno == ENOENT ? 1 : -1;
}

static int explain(const struct cg_write *w, int eno, struct err *e)
{
	if (w->flags & CGW_AT_LEAST && eno == ERANGE)
		err_config(e, w->prop, "%s is lower than the memory in use (memory.checkBeforeUpdate)",
			   w->value);
	else if (eno == ENOENT)
		err_config(e, w->prop, "this kernel has no cgroup file \"%s\"", w->file);
	else
		err_config(e, w->prop, "write \"%.128s\" to %s: %s", w->value, w->file, err_text(eno));
	e->eno = eno;
	return -1;
}

/* The old line for w->key, or what resets it. */
static const char *old_line(struct arena *a, const struct cg_write *w)
{
	size_t n = strlen(w->key);
	for (const char *p = w->old; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, w->key, n) == 0 && p[n] == ' ')
			return arena_strndup(a, p, strcspn(p, "\n"));
	}
	return w->reset;
}

/* Files that have a line for a device only when something is set for it, and what takes that back. Other files of lines
 * always have all of them. */
static const struct {
	const char *file, *reset;
} lines_by_device[] = {
	{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
	{ "io.weight", "default" },
	{ "io.bfq.weight", "default" },
	{ "io.latency", "target=0" },
};

static const char *reset_of(const char *file)
{
	for (size_t i = 0; i < sizeof(lines_by_device) / sizeof(*lines_by_device); i++)
		if (strcmp(lines_by_device[i].file, file) == 0)
			return lines_by_device[i].reset;
	return NULL;
}

static bool has_line(const char *text, const char *word, size_t n)
{
	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, word, n) == 0 && p[n] == ' ')
			return true;
	}
	return false;
}

/* `unified` may have added lines for devices that had none. */
static void reset_added(const struct apply *x, const struct cg_write *w)
{
	const char *reset = reset_of(w->file);
	char *now = reset ? arena_alloc(x->a, CONTENT_MAX) : NULL;
	if (!now || fd_read_small(w->dir, w->file, now, CONTENT_MAX) < 0)
		return;
	for (const char *p = now; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t n = strcspn(p, " \n");
		if (!has_line(w->old, p, n))
			write_lines(w->dir, w->file, arena_printf(x->a, "%.*s %s", (int)n, p, reset));
	}
}

/* Put back what was changed. Twice, because an order that was right on the way there (quota, then
 * burst) may be wrong on the way back. */
static void undo(struct apply *x)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = x->writes.n; i-- > 0;) {
			const struct cg_write *w = &x->writes.v[i];
			if (!w->old)
				continue;
			const char *text = w->key ? old_line(x->a, w) : w->old;
			if (text)
				write_lines(w->dir, w->file, text);
			if (!w->key)
				reset_added(x, w);
			if (w->also_old)
				write_lines(w->dir, w->also, w->also_old);
		}
	}
}

/* CGW_RETRY: the next write first, then this one again. */
static int retry_after_next(struct apply *x, struct cg_write *w, struct cg_write *next, struct err *e)
{
	int r = put_enabled(x, next, e);
	if (r != 0)
		return e->set ? -1 : explain(next, r > 0 ? ENOENT : errno, e);
	return put(w) < 0 ? explain(w, errno, e) : 0;
}

/* One write of the list. Returns how many writes are settled with it, or -1 with *e. */
static int step(struct apply *x, size_t i, struct err *e)
{
	struct cg_write *w = &x->writes.v[i];
	bool last = i + 1 == x->writes.n;
	if (x->committed && w->flags & CGW_AT_LEAST)
		return 1;
	int r = put_enabled(x, w, e);
	if (e->set)
		return -1;
	if (r == 0)
		return w->flags & CGW_OR_NEXT ? 2 : 1;
	if (r > 0)
		return w->flags & (CGW_OPTIONAL | CGW_OR_NEXT) ? 1 : explain(w, ENOENT, e);
	if (errno == EINVAL && w->flags & CGW_RETRY && !last)
		return retry_after_next(x, w, w + 1, e) < 0 ? -1 : 2;
	return explain(w, errno, e);
}

static int write_all(struct apply *x, struct err *e)
{
	for (size_t i = 0; i < x->writes.n;) {
		int n = step(x, i, e);
		if (n < 0)
			return -1;
		i += (size_t)n;
	}
	return 0;
}

/* The core's files are about the cgroups below, of which the container's own is none. */
static bool for_both(const struct cg_write *w)
{
	return strncmp(w->file, "cgroup.", 7) != 0;
}

/* The list for the outer cgroup, if there is one, then for the container's own. A pair that belongs together stays one. */
static void place(struct apply *x, const struct cg_writes *ws, int outer, int cgfd)
{
	x->writes.v = arena_array(x->a, 2 * ws->n, sizeof(*ws->v));
	for (size_t i = 0; outer >= 0 && i < ws->n; i++) {
		if (!for_both(&ws->v[i]))
			continue;
		x->writes.v[x->writes.n] = ws->v[i];
		x->writes.v[x->writes.n++].dir = outer;
	}
	for (size_t i = 0; i < ws->n; i++) {
		x->writes.v[x->writes.n] = ws->v[i];
		x->writes.v[x->writes.n++].dir = cgfd;
	}
}

int cg_apply(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res, const char *at,
	     cg_commit_fn *commit, void *ctx, struct err *e)
{
	if (!res)
		return 0;
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	struct apply x = { .a = &a, .update = !*at };
	struct cg_writes ws = { 0 };
	CLEANUP_FD int outer = -1;
	if (cg_writes_build(&a, res, at, &ws, e) < 0)
		return -1;
	if (ws.n && cgfd < 0)
		return err_config(e, ws.v[0].prop, "the container has no cgroup to limit");
	if (!ws.n && !commit)
		return 0;
	if (cg_outer(ref, cgfd, &outer, e) < 0)
		return -1;
	place(&x, &ws, outer, cgfd);
	int r = write_all(&x, e);
	if (r == 0 && commit) {
		r = commit(ctx, e);
		x.committed = true;
		if (r == 0)
			r = write_all(&x, e);
	}
	if (r < 0)
		undo(&x);
	return r;
}

int cgroup_apply(const struct cgroup_ref *ref, int cgfd, const struct spec_resources *res, const char *at,
		 struct err *e)
{
	return cg_apply(ref, cgfd, res, at, NULL, NULL, e);
}
