/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Statistics of a cgroup as JSON, in the shape that readers of runtime events know from cgroup v1:
 * times in nanoseconds, one entry per device and operation, memory.swap with the memory in it. A
 * member is left out when its controller is not enabled. memory.events and the pressure are members that v1
 * had not.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/fd.h"
#include "../lib/json.h"
#include "../lib/number.h"

enum { TEXT_MAX = 256 * 1024 };

struct stats {
	struct json *j;
	int cgfd;
	int outer;  /* the scope's cgroup, or cgfd */
	char *text; /* TEXT_MAX bytes: the file in hand */
};

static bool read_text(struct stats *s, const char *file)
{
	return fd_read_small(s->cgfd, file, s->text, TEXT_MAX) >= 0;
}

/* What limits have done. One that is in force in the scope's cgroup too may be reached there first, as making ours was
 * charged to it; what is counted here is counted there as well. */
static bool read_events(struct stats *s, const char *file)
{
	return fd_read_small(s->outer, file, s->text, TEXT_MAX) >= 0;
}

/* A file with one number; "max" is the largest one. */
static bool read_number(struct stats *s, const char *file, uint64_t *ret)
{
	char buf[32];
	if (fd_read_small(s->cgfd, file, buf, sizeof(buf)) < 0)
		return false;
	*ret = UINT64_MAX;
	return strcmp(buf, "max") == 0 || parse_u64(buf, UINT64_MAX, ret) == 0;
}

/* Digits, or 0 where the kernel has something else ("max"). */
static uint64_t leading_number(const char *p)
{
	uint64_t v = 0;
	(void)number_take(&p, UINT64_MAX, &v);
	return v;
}

/* The number after "key " at the start of a line of s->text, or 0. */
static uint64_t value_of(const struct stats *s, const char *key)
{
	size_t n = strlen(key);
	for (const char *p = s->text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, n) == 0 && p[n] == ' ')
			return leading_number(p + n + 1);
	}
	return 0;
}

/* All "key number" lines of s->text as members. */
static void put_pairs(struct stats *s)
{
	char *save;
	for (char *line = strtok_r(s->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *space = strchr(line, ' ');
		if (!space)
			continue;
		*space = '\0';
		json_kuint(s->j, line, leading_number(space + 1));
	}
}

/* One line of PSI, "some avg10=0.00 avg60=0.00 avg300=0.00 total=N": averages in percent, the total in
 * microseconds. */
static void put_pressure_line(struct stats *s, const char *line)
{
	static const char *const words[] = { "avg10", "avg60", "avg300", "total" };
	json_map(s->j);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char key[16];
		size_t n = (size_t)snprintf(key, sizeof(key), "%s=", words[i]);
		const char *value = strstr(line, key);
		if (!value)
			continue;
		json_key(s->j, words[i]);
		json_number(s->j, value + n, strcspn(value + n, " \n"));
	}
	json_end_map(s->j);
}

static void put_pressure(struct stats *s, const char *file)
{
	static const char *const kinds[] = { "some", "full" };
	if (!read_text(s, file))
		return;
	json_key(s->j, "psi");
	json_map(s->j);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *line = strstr(s->text, kinds[i]);
		if (!line)
			continue;
		json_key(s->j, kinds[i]);
		put_pressure_line(s, line);
	}
	json_end_map(s->j);
}

static void put_cpu(struct stats *s)
{
	if (!read_text(s, "cpu.stat"))
		return;
	json_key(s->j, "cpu");
	json_map(s->j);
	json_key(s->j, "usage");
	json_map(s->j);
	json_kuint(s->j, "total", value_of(s, "usage_usec") * 1000);
	json_kuint(s->j, "kernel", value_of(s, "system_usec") * 1000);
	json_kuint(s->j, "user", value_of(s, "user_usec") * 1000);
	json_end_map(s->j);
	json_key(s->j, "throttling");
	json_map(s->j);
	json_kuint(s->j, "periods", value_of(s, "nr_periods"));
	json_kuint(s->j, "throttledPeriods", value_of(s, "nr_throttled"));
	json_kuint(s->j, "throttledTime", value_of(s, "throttled_usec") * 1000);
	json_end_map(s->j);
	put_pressure(s, "cpu.pressure");
	json_end_map(s->j);
}

struct memory {
	uint64_t usage, limit, peak, failcnt;
};

static void put_memory_entry(struct stats *s, const char *key, const struct memory *m)
{
	json_key(s->j, key);
	json_map(s->j);
	json_kuint(s->j, "limit", m->limit);
	json_kuint(s->j, "usage", m->usage);
	json_kuint(s->j, "max", m->peak);
	json_kuint(s->j, "failcnt", m->failcnt);
	json_end_map(s->j);
}

static uint64_t add_limits(uint64_t a, uint64_t b)
{
	return a == UINT64_MAX || b == UINT64_MAX || a + b < a ? UINT64_MAX : a + b;
}

static void put_memory(struct stats *s)
{
	struct memory m = { 0 }, swap = { 0 }, kernel = { .limit = UINT64_MAX },
		      tcp = { .limit = UINT64_MAX };
	if (!read_number(s, "memory.current", &m.usage))
		return;
	read_number(s, "memory.max", &m.limit);
	read_number(s, "memory.peak", &m.peak); /* [5.19] */
	bool events = read_events(s, "memory.events");
	m.failcnt = events ? value_of(s, "max") : 0;
	json_key(s->j, "memory");
	json_map(s->j);
	put_memory_entry(s, "usage", &m);
	if (events) {
		json_key(s->j, "events");
		json_map(s->j);
		put_pairs(s);
		json_end_map(s->j);
	}
	if (read_number(s, "memory.swap.current", &swap.usage)) {
		read_number(s, "memory.swap.max", &swap.limit);
		swap.usage = add_limits(swap.usage, m.usage);
		swap.limit = add_limits(swap.limit, m.limit);
		put_memory_entry(s, "swap", &swap);
	}
	if (read_text(s, "memory.stat")) {
		json_kuint(s->j, "cache", value_of(s, "file"));
		kernel.usage = value_of(s, "kernel"); /* [5.18] */
		tcp.usage = value_of(s, "sock");
		put_memory_entry(s, "kernel", &kernel);
		put_memory_entry(s, "kernelTCP", &tcp);
		read_text(s, "memory.stat");
		json_key(s->j, "raw");
		json_map(s->j);
		put_pairs(s);
		json_end_map(s->j);
	}
	put_pressure(s, "memory.pressure");
	json_end_map(s->j);
}

static void put_pids(struct stats *s)
{
	uint64_t current, limit = UINT64_MAX;
	if (!read_number(s, "pids.current", &current))
		return;
	read_number(s, "pids.max", &limit);
	json_key(s->j, "pids");
	json_map(s->j);
	json_kuint(s->j, "current", current);
	json_kuint(s->j, "limit", limit == UINT64_MAX ? 0 : limit); /* 0: none, as readers expect it */
	json_end_map(s->j);
}

/* io.stat: "MAJOR:MINOR rbytes=N wbytes=N rios=N wios=N dbytes=N dios=N" in each line. */
static void put_io_list(struct stats *s, const char *member, const char *const words[3])
{
	static const char *const ops[] = { "Read", "Write", "Discard" };
	json_key(s->j, member);
	json_array(s->j);
	for (const char *p = s->text; p && *p; p = strchr(p, '\n'), p += p ? 1 : 0) {
		uint64_t major, minor;
		char line[512];
		const char *rest = p;
		if (number_field(&rest, ':', UINT32_MAX, &major) < 0 || number_take(&rest, UINT32_MAX, &minor) < 0)
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(p, "\n"), p);
		for (size_t i = 0; i < 3; i++) {
			const char *v = strstr(line, words[i]);
			if (!v)
				continue;
			json_map(s->j);
			json_kuint(s->j, "major", major);
			json_kuint(s->j, "minor", minor);
			json_kstr(s->j, "op", ops[i]);
			json_kuint(s->j, "value", leading_number(v + strlen(words[i])));
			json_end_map(s->j);
		}
	}
	json_end_array(s->j);
}

static void put_blkio(struct stats *s)
{
	static const char *const bytes[] = { " rbytes=", " wbytes=", " dbytes=" };
	static const char *const operations[] = { " rios=", " wios=", " dios=" };
	if (!read_text(s, "io.stat"))
		return;
	json_key(s->j, "blkio");
	json_map(s->j);
	put_io_list(s, "ioServiceBytesRecursive", bytes);
	put_io_list(s, "ioServicedRecursive", operations);
	put_pressure(s, "io.pressure");
	json_end_map(s->j);
}

/* hugetlb.SIZE.current. Reservations (hugetlb.SIZE.rsvd.current) have a dot more. */
static bool hugetlb_size(const char *file, char *size, size_t n)
{
	static const char before[] = "hugetlb.", after[] = ".current";
	if (strncmp(file, before, sizeof(before) - 1) != 0)
		return false;
	file += sizeof(before) - 1;
	size_t len = strspn(file, "0123456789KMGB");
	if (!len || len >= n || strcmp(file + len, after) != 0)
		return false;
	memcpy(size, file, len);
	size[len] = '\0';
	return true;
}

static void put_hugetlb_size(struct stats *s, const char *size)
{
	char file[64];
	uint64_t usage = 0, failcnt = 0;
	snprintf(file, sizeof(file), "hugetlb.%s.current", size);
	if (!read_number(s, file, &usage))
		return;
	snprintf(file, sizeof(file), "hugetlb.%s.events", size);
	if (read_events(s, file))
		failcnt = value_of(s, "max");
	json_key(s->j, size);
	json_map(s->j);
	json_kuint(s->j, "usage", usage);
	json_kuint(s->j, "max", 0); /* v2 keeps no peak */
	json_kuint(s->j, "failcnt", failcnt);
	json_end_map(s->j);
}

static void put_hugetlb(struct stats *s)
{
	int fd = openat(s->cgfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool any = false;
	char size[16];
	if (!d) {
		fd_close(&fd);
		return;
	}
	for (struct dirent *de; (de = readdir(d));) {
		if (!hugetlb_size(de->d_name, size, sizeof(size)))
			continue;
		if (!any) {
			json_key(s->j, "hugetlb");
			json_map(s->j);
			any = true;
		}
		put_hugetlb_size(s, size);
	}
	closedir(d);
	if (any)
		json_end_map(s->j);
}

int cgroup_stats_json(struct json *j, const struct cgroup_ref *ref, int cgfd, struct err *e)
{
	/* every cgroup has it, whatever its controllers are; so it tells whether the cgroup still exists */
	char buf[256];
	if (fd_read_small(cgfd, "cgroup.events", buf, sizeof(buf)) < 0)
		return err_set(e, errno, "read cgroup.events");
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	CLEANUP_FD int outer = -1;
	if (cg_outer(ref, cgfd, &outer, e) < 0)
		return -1;
	struct stats s = { .j = j, .cgfd = cgfd, .outer = outer < 0 ? cgfd : outer, .text = arena_alloc(&a, TEXT_MAX) };
	json_map(j);
	put_cpu(&s);
	put_memory(&s);
	put_pids(&s);
	put_blkio(&s);
	put_hugetlb(&s);
	json_end_map(j);
	return 0;
}
