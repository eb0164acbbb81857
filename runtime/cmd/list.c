/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth list`: the containers below the state root, as a table, as ids, or as JSON.
 *
 * One container that cannot be read does not fail the list, only a lack of descriptors or memory does. One whose record is not there yet is
 * "creating"; one whose record is damaged is "stopped", has no pid, and is told in the log. One that is
 * deleted while we look is left out.
 *
 * On a terminal the table has colours, seconds without their fraction, and bundles shortened so that the
 * lines fit.
 */
#include "cmd.h"
#include "container.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../lib/json.h"
#include "../lib/term.h"

struct list_options {
	bool quiet;
	const char *format;
};

enum { COL_ID, COL_PID, COL_STATUS, COL_BUNDLE, COL_CREATED, COL_OWNER, COLS };
struct row {
	const char *col[COLS];
};

struct listing {
	const struct globals *g;
	bool quiet;
	struct arena arena;
	struct json *json; /* NULL: a table */
	struct row *rows;
	size_t n, cap;
	struct err failed; /* for lack of something of ours, not because of one container */
};

/* For a column: a name that holds a newline or an escape sequence must not forge a line. */
static const char *cell(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s ? s : "");

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return copy;
}

static void add_row(struct listing *l, const struct record *r, enum status s, pid_t pid)
{
	struct arena *a = &l->arena;

	l->rows = arena_grow(a, l->rows, l->n, &l->cap, sizeof(*l->rows));
	l->rows[l->n++] = (struct row){ {
		[COL_ID] = cell(a, r->id),
		[COL_PID] = arena_printf(a, "%d", (int)pid),
		[COL_STATUS] = status_name(s),
		[COL_BUNDLE] = cell(a, r->bundle),
		[COL_CREATED] = cell(a, r->created),
		[COL_OWNER] = cell(a, r->owner),
	} };
}

/* Of the moment, and not of the container that we looked at. */
static bool is_shortage(const struct container *c, const struct err *e)
{
	/* with a record it is the status that could not be found out */
	return (c->rec.id && !e->eno) || e->eno == EMFILE || e->eno == ENFILE || e->eno == ENOMEM ||
	       e->eno == EINTR;
}

static int list_one(const char *id, void *ctx)
{
	struct listing *l = ctx;
	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	struct err e = { 0 };

	if (l->quiet) { /* the folder is enough */
		add_row(l, &(struct record){ .id = id }, STATUS_STOPPED, 0);
		return 0;
	}
	if (container_open(&c, l->g, id, CONTAINER_FREEZER, &e) < 0) {
		if (e.eno == ENOENT)
			return 0;
		if (is_shortage(&c, &e)) {
			l->failed = e;
			return 1;
		}
		c.status = e.eno == EAGAIN ? STATUS_CREATING : STATUS_STOPPED;
		if (c.status == STATUS_STOPPED)
			log_warn("container \"%s\": %s", id, e.text);
		c.rec = (struct record){ .id = id, .bundle = "", .rootfs = "", .created = "", .owner = "" };
	}
	pid_t pid = c.pidfd >= 0 ? c.rec.pid : 0;
	if (l->json)
		state_json_put(l->json, &c.rec, c.status, pid, true);
	else
		add_row(l, &c.rec, c.status, pid);
	return 0;
}

static const struct row header = { { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" } };

enum { MIN_WIDTH = 9, GAP = 3 };

/* Columns as wide as their longest cell, at least MIN_WIDTH, and GAP blanks between them. Returns their sum. */
static size_t measure(const struct listing *l, size_t width[COLS])
{
	size_t sum = 0;

	for (int i = 0; i < COLS; i++) {
		width[i] = MIN_WIDTH;
		for (size_t k = 0; k <= l->n; k++) {
			size_t len = strlen(k ? l->rows[k - 1].col[i] : header.col[i]);
			width[i] = len > width[i] ? len : width[i];
		}
		width[i] += GAP;
		sum += width[i];
	}
	return sum;
}

/* The end of a path tells more than its beginning. */
static const char *shorten(struct arena *a, const char *path, size_t max)
{
	size_t len = strlen(path);

	if (len <= max)
		return path;
	path += len - (max - 3);
	while ((*path & 0xc0) == 0x80) /* not into the middle of a character */
		path++;
	return arena_printf(a, "...%s", path);
}

static void fit_terminal(struct listing *l, unsigned columns)
{
	size_t width[COLS];

	for (size_t k = 0; k < l->n; k++) {
		const char **created = &l->rows[k].col[COL_CREATED];
		const char *dot = strchr(*created, '.');
		if (dot)
			*created = arena_printf(&l->arena, "%.*sZ", (int)(dot - *created), *created);
	}
	size_t sum = measure(l, width) - GAP; /* behind the last column there is none */
	if (sum <= columns)
		return;
	size_t bundle = width[COL_BUNDLE] - GAP, excess = sum - columns;
	bundle = bundle > excess + MIN_WIDTH ? bundle - excess : MIN_WIDTH;
	for (size_t k = 0; k < l->n; k++)
		l->rows[k].col[COL_BUNDLE] = shorten(&l->arena, l->rows[k].col[COL_BUNDLE], bundle);
}

static const char *colour_of(const struct row *r, int column)
{
	static const struct {
		const char *status, *colour;
	} colours[] = {
		{ "running", TERM_GREEN }, { "created", TERM_CYAN }, { "creating", TERM_CYAN },
		{ "paused", TERM_YELLOW }, { "stopped", TERM_DIM },
	};

	if (r == &header)
		return TERM_BOLD;
	for (size_t i = 0; column == COL_STATUS && i < sizeof(colours) / sizeof(*colours); i++)
		if (strcmp(colours[i].status, r->col[column]) == 0)
			return colours[i].colour;
	return "";
}

static int print_table(struct listing *l, struct err *e)
{
	enum { COLOURS = sizeof(TERM_GREEN TERM_RESET) };
	size_t width[COLS];
	unsigned columns = term_columns();
	bool colours = term_colours();

	if (columns)
		fit_terminal(l, columns);
	struct arena a = { 0 };
	size_t line = measure(l, width) + (size_t)COLS * COLOURS + 1, size = (l->n + 1) * line + 1;
	char *text = arena_array(&a, l->n + 2, line), *end = text;
	for (size_t k = 0; k <= l->n; k++) {
		const struct row *r = k ? &l->rows[k - 1] : &header;
		for (int i = 0; i < COLS; i++) { /* nothing behind the last column */
			const char *colour = colours ? colour_of(r, i) : "";
			end += snprintf(end, size - (size_t)(end - text), "%s%-*s%s", colour,
					i < COLS - 1 ? (int)width[i] : 0, r->col[i],
					*colour ? TERM_RESET : "");
		}
		*end++ = '\n';
	}
	int rc = cmd_print(text, (size_t)(end - text), e);
	arena_free(&a);
	return rc;
}

static int print_ids(struct listing *l, struct err *e)
{
	size_t size = 1;

	for (size_t i = 0; i < l->n; i++)
		size += strlen(l->rows[i].col[COL_ID]) + 1;
	char *text = arena_alloc(&l->arena, size), *end = text;
	for (size_t i = 0; i < l->n; i++)
		end += snprintf(end, size - (size_t)(end - text), "%s\n", l->rows[i].col[COL_ID]);
	return cmd_print(text, (size_t)(end - text), e);
}

static int print_json(struct listing *l, struct err *e)
{
	size_t len;

	json_end_array(l->json);
	const char *text = json_text(l->json, &len);
	return cmd_print(text, len, e) < 0 || cmd_print("\n", 1, e) < 0 ? -1 : 0;
}

static int list_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)argc;
	(void)argv;
	const struct list_options *o = opts;
	struct listing l = { .g = g, .quiet = o->quiet };
	bool json = o->format && strcmp(o->format, "json") == 0;

	if (o->format && !json && strcmp(o->format, "table") != 0)
		return err_set(e, 0, "option --format: unknown format \"%s\"", o->format);
	if (json && !o->quiet) {
		l.json = json_new(false);
		json_array(l.json);
	}
	int r = state_each(g->root, list_one, &l, e);
	if (r == 0 && l.failed.set) {
		*e = l.failed;
		r = -1;
	}
	if (r == 0)
		r = o->quiet ? print_ids(&l, e) : l.json ? print_json(&l, e) : print_table(&l, e);
	json_free(l.json);
	arena_free(&l.arena);
	return r;
}

static const struct option_row list_options[] = {
	{ "format", 'f', OPT_STRING, offsetof(struct list_options, format), "FORMAT",
	  "table (default) or json" },
	{ "quiet", 'q', OPT_FLAG, offsetof(struct list_options, quiet), NULL, "print the ids only" },
	{ 0 },
};

const struct command cmd_list = {
	.name = "list",
	.args = "",
	.summary = "list the containers",
	.example = "berth list --format json | jq -r '.[] | select(.status == \"running\") | .id'",
	.options = list_options,
	.opts_size = sizeof(struct list_options),
	.min_args = 0,
	.max_args = 0,
	.log_warnings = true,
	.run = list_run,
};
