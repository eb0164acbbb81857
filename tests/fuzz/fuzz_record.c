/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as state.json.
 *
 * Holds: a failure sets the error; a record that was read is what is read again after it was written, with the same
 * text, and its state is JSON.
 */
#include <string.h>
#include <yajl/yajl_parse.h>

#include "../../runtime/lib/utf8.h"
#include "../../runtime/state/state.h"
#include "fuzz.h"

/* All members, in the text that both give. */
static void check_equal(struct arena *a, const struct record *r)
{
	struct record again;
	struct err e = { 0 };
	size_t n, m;
	const char *text = record_encode(a, r, &n);
	int rc = record_decode(a, text, n, "c1", &again, &e);
	FUZZ_ASSERT(rc == 0 && !e.set);
	const char *second = record_encode(a, &again, &m);
	FUZZ_ASSERT(n == m && memcmp(text, second, n) == 0);
	FUZZ_ASSERT(again.pid == r->pid && again.start_time == r->start_time && again.ns_flags == r->ns_flags &&
		    again.pid_inode == r->pid_inode &&
		    again.cgroup.inode == r->cgroup.inode && again.cgroup.made == r->cgroup.made &&
		    again.cgroup.driver == r->cgroup.driver && again.annotations.n == r->annotations.n &&
		    strcmp(again.cgroup.path, r->cgroup.path) == 0 && strcmp(again.bundle, r->bundle) == 0 &&
		    (!r->pid_file || strcmp(again.pid_file, r->pid_file) == 0));
}

static void check_state(struct arena *a, const struct record *r)
{
	for (int s = STATUS_CREATING; s <= STATUS_STOPPED; s++) {
		size_t n;
		const char *before, *after, *text = state_json(a, r, (enum status)s, r->pid, s & 1, &n);
		FUZZ_ASSERT(utf8_valid(text, n));
		yajl_handle h = yajl_alloc(NULL, NULL, NULL);
		FUZZ_ASSERT(yajl_parse(h, (const unsigned char *)text, n) == yajl_status_ok &&
			    yajl_complete_parse(h) == yajl_status_ok);
		yajl_free(h);
		state_json_split(a, r, (enum status)s, &before, &after);
		FUZZ_ASSERT(before[strlen(before) - 1] == ':' && *after == ',');
	}
}

void fuzz_record(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct record r;
	int rc = record_decode(&a, (const char *)data, size, "c1", &r, &e);
	FUZZ_RESULT(rc < 0, &e);
	if (rc == 0) {
		FUZZ_ASSERT(strcmp(r.id, "c1") == 0 && r.pid >= 0 && r.cgroup.path && r.rdt.group && r.created && r.owner);
		check_equal(&a, &r);
		check_state(&a, &r);
	}
	arena_free(&a);
}
