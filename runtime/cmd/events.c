/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth events`: statistics of a container, and its out-of-memory kills, one JSON object per line.
 *
 *	--stats: one statistics line, then the end.
 *	else: a statistics line now and at every interval, {"type":"oom"} whenever the kernel killed a
 *	process of the container for want of memory, until the container stops.
 *
 * Nothing is locked while it runs. Everything is watched through file descriptors: the init's pidfd
 * becomes readable when it exits, memory.events when a counter in it changes.
 */
#include "cmd.h"
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/json.h"
#include "../lib/number.h"

struct events_opts {
	bool stats;
	const char *interval;
};

struct watch {
	const struct cgroup_ref *ref;
	const char *id;
	int pidfd, cgroup;  /* borrowed */
	int memory_events;  /* ours; -1: no memory controller, or the cgroup is gone */
	uint64_t oom_kills;
	int64_t interval_ns;
};

enum { NS_PER_S = 1000 * 1000 * 1000 };

/* "90", "1.5" or ".5" units of `ns` nanoseconds, added to *total; what is below a nanosecond is dropped. */
static int take_decimal(const char **p, uint64_t ns, uint64_t *total)
{
	uint64_t whole = 0;
	bool any = number_take(p, UINT64_MAX, &whole) == 0;
	if (__builtin_mul_overflow(whole, ns, &whole) || __builtin_add_overflow(*total, whole, total))
		return -1;
	if (**p == '.')
		for ((*p)++; **p >= '0' && **p <= '9'; (*p)++, any = true) {
			ns /= 10;
			if (__builtin_add_overflow(*total, (uint64_t)(**p - '0') * ns, total))
				return -1;
		}
	return any ? 0 : -1;
}

/* A duration as engines write it: "5s", "500ms", "1m30s", "1.5h". More than 0. 0 or -1. */
static int parse_duration(const char *s, int64_t *ret_ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 },		{ "us", 1000 },		{ "ms", 1000 * 1000 },
		{ "s", NS_PER_S },	{ "m", 60ULL * NS_PER_S }, { "h", 3600ULL * NS_PER_S },
	};
	uint64_t total = 0;
	while (*s) {
		const char *name = s + strspn(s, "0123456789.");
		size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyz"), i = 0;
		while (i < sizeof(units) / sizeof(*units) &&
		       (strlen(units[i].name) != letters || memcmp(units[i].name, name, letters) != 0))
			i++;
		if (i == sizeof(units) / sizeof(*units) || take_decimal(&s, units[i].ns, &total) < 0 || s != name)
			return -1;
		s = name + letters;
	}
	if (total < 1 || total > INT64_MAX)
		return -1;
	*ret_ns = (int64_t)total;
	return 0;
}

/* One line in one write, so that a reader of a pipe never sees half of one. */
static int print_line(struct json *j, struct err *e)
{
	size_t len;
	const char *text = json_text(j, &len);
	while (len && text[len - 1] == '\n')
		len--;
	char *line = malloc(len + 1);
	if (!line)
		return err_set(e, ENOMEM, "write to standard output");
	memcpy(line, text, len);
	line[len] = '\n';
	int r = cmd_print(line, len + 1, e);
	free(line);
	return r;
}

static int print_stats(const struct watch *w, struct err *e)
{
	struct json *j = json_new(false);
	json_map(j);
	json_kstr(j, "type", "stats");
	json_kstr(j, "id", w->id);
	json_key(j, "data");
	int r = cgroup_stats_json(j, w->ref, w->cgroup, e);
	if (r == 0) {
		json_end_map(j);
		r = print_line(j, e);
	}
	json_free(j);
	return r;
}

static int print_oom(const struct watch *w, struct err *e)
{
	struct json *j = json_new(false);
	json_map(j);
	json_kstr(j, "type", "oom");
	json_kstr(j, "id", w->id);
	json_end_map(j);
	int r = print_line(j, e);
	json_free(j);
	return r;
}

/* The counter oom_kill of memory.events. Reading also re-arms poll(2) on the file. One that cannot be
 * read belongs to a cgroup that was removed, and poll(2) would report it for ever: no longer watched. */
static uint64_t read_oom_kills(struct watch *w)
{
	char buf[1024];
	if (w->memory_events < 0)
		return w->oom_kills;
	ssize_t n = pread(w->memory_events, buf, sizeof(buf) - 1, 0);
	if (n <= 0) {
		fd_close(&w->memory_events);
		return w->oom_kills;
	}
	buf[n] = '\0';
	uint64_t v = 0;
	static const char name[] = "oom_kill ";
	for (const char *line = buf; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, sizeof(name) - 1) != 0)
			continue;
		line += sizeof(name) - 1;
		(void)number_take(&line, UINT64_MAX, &v);
		break;
	}
	return v;
}

/* The controller may come with the first limit, by an update. What was killed then was killed since. */
static void open_memory_events(struct watch *w)
{
	if (w->memory_events < 0)
		w->memory_events = openat(w->cgroup, "memory.events", O_RDONLY | O_CLOEXEC);
}

static int64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static bool has_stopped(const struct watch *w)
{
	struct pollfd p = { .fd = w->pidfd, .events = POLLIN };
	return poll(&p, 1, 0) > 0;
}

/* 1: the container stopped, 0: go on, -1 with *e. */
static int wait_and_report(struct watch *w, int64_t *next, struct err *e)
{
	int64_t wait = *next - now_ns();
	if (wait < 0)
		wait = 0;
	struct timespec ts = { .tv_sec = wait / NS_PER_S, .tv_nsec = wait % NS_PER_S };
	struct pollfd p[] = {
		{ .fd = w->pidfd, .events = POLLIN },
		{ .fd = w->memory_events, .events = POLLPRI }, /* a negative fd is skipped */
	};
	int n = ppoll(p, 2, &ts, NULL);
	if (n < 0 && errno != EINTR)
		return err_set(e, errno, "poll");
	/* before the end of the container is looked at: the kill may be what ended it */
	uint64_t kills = read_oom_kills(w);
	if (kills > w->oom_kills) {
		w->oom_kills = kills;
		if (print_oom(w, e) < 0)
			return -1;
	}
	if (has_stopped(w))
		return 1;
	if (now_ns() < *next)
		return 0;
	*next = now_ns() + w->interval_ns;
	open_memory_events(w);
	if (print_stats(w, e) < 0) {
		if (!has_stopped(w))
			return -1;
		err_clear(e); /* its cgroup went away meanwhile */
		return 1;
	}
	return 0;
}

static int watch_container(struct watch *w, struct err *e)
{
	open_memory_events(w);
	/* kills from before we were asked are history */
	w->oom_kills = read_oom_kills(w);
	int64_t next = now_ns();
	int r;
	do
		r = wait_and_report(w, &next, e);
	while (r == 0);
	return r < 0 ? -1 : 0;
}

static int events_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)argc;
	const struct events_opts *o = opts;
	struct watch w = { .id = argv[0], .memory_events = -1 };
	if (parse_duration(o->interval ? o->interval : "5s", &w.interval_ns) < 0)
		return err_set(e, 0, "--interval: invalid duration \"%s\"", o->interval);

	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	const unsigned allowed =
		STATUS_BIT(STATUS_CREATED) | STATUS_BIT(STATUS_RUNNING) | STATUS_BIT(STATUS_PAUSED);
	if (container_open(&c, g, argv[0], 0, e) < 0 || container_require(&c, allowed, "watch", e) < 0)
		return -1;
	CLEANUP_FD int cgroup = container_cgroup(&c, "watch", e);
	if (cgroup < 0)
		return -1;
	w.cgroup = cgroup;
	w.ref = &c.rec.cgroup;
	w.pidfd = c.pidfd;
	if (o->stats)
		return print_stats(&w, e);
	int r = watch_container(&w, e);
	fd_close(&w.memory_events);
	return r;
}

static const struct option_row events_options[] = {
	{ "stats", 0, OPT_FLAG, offsetof(struct events_opts, stats), NULL, "print statistics once and end" },
	{ "interval", 0, OPT_STRING, offsetof(struct events_opts, interval), "DURATION",
	  "time between statistics (default 5s)" },
	{ 0 },
};

const struct command cmd_events = {
	.name = "events",
	.args = "ID",
	.summary = "print statistics and out-of-memory kills of a container",
	.example = "berth events --stats web | jq -r .type",
	.options = events_options,
	.opts_size = sizeof(struct events_opts),
	.min_args = 1,
	.max_args = 1,
	.run = events_run,
};
