/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state that the specification defines (runtime.md "State"), as JSON. */
#include "state.h"

#include <string.h>

#include "../../spec/spec.h"
#include "../lib/json.h"

/* Up to and with the pid: state_json_split() needs to know where its number lies. */
static void put_head(struct json *j, const struct record *r, enum status s, pid_t pid)
{
	json_map(j);
	json_kstr(j, "ociVersion", SPEC_VERSION);
	json_kstr(j, "id", r->id);
	json_kstr(j, "status", status_name(s));
	json_kint(j, "pid", pid);
}

static void put_tail(struct json *j, const struct record *r, bool extended)
{
	json_kstr(j, "bundle", r->bundle);
	if (extended) {
		json_kstr(j, "rootfs", r->rootfs);
		json_kstr(j, "created", r->created);
		json_kstr(j, "owner", r->owner);
	}
	if (r->annotations.n) {
		json_key(j, "annotations");
		json_map(j);
		for (size_t i = 0; i < r->annotations.n; i++)
			json_kstr(j, r->annotations.v[i].key, r->annotations.v[i].value);
		json_end_map(j);
	}
	json_end_map(j);
}

void state_json_put(struct json *j, const struct record *r, enum status s, pid_t pid, bool extended)
{
	put_head(j, r, s, pid);
	put_tail(j, r, extended);
}

char *state_json(struct arena *a, const struct record *r, enum status s, pid_t pid, bool extended,
		 size_t *len)
{
	struct json *j = json_new(extended);
	size_t n;

	state_json_put(j, r, s, pid, extended);
	const char *text = json_text(j, &n);
	char *copy = arena_strndup(a, text, n);
	json_free(j);
	if (len)
		*len = n;
	return copy;
}

void state_json_split(struct arena *a, const struct record *r, enum status s, const char **before,
		      const char **after)
{
	struct json *j = json_new(false);
	size_t end, len;

	put_head(j, r, s, 0);
	json_text(j, &end); /* ends with the one digit of the pid */
	put_tail(j, r, false);
	const char *text = json_text(j, &len);
	*before = arena_strndup(a, text, end - 1);
	*after = arena_strndup(a, text + end, len - end);
	json_free(j);
}
