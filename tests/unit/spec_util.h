/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the tests of spec/: documents from fragments, and tables of what must be refused and where. */
#ifndef BERTH_TESTS_UNIT_SPEC_UTIL_H
#define BERTH_TESTS_UNIT_SPEC_UTIL_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../spec/spec.h"
#include "t.h"

#define VERSION_ROOT "\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"}"
#define PROCESS_MIN "\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":{\"uid\":0,\"gid\":0}"

static char last_warning[1024];
static int warnings;

static inline void note_warning(void *ctx, const char *text)
{
	(void)ctx;
	warnings++;
	snprintf(last_warning, sizeof(last_warning), "%s", text);
}

/* Decode, check, locate: as a command does it. The document is passed in a buffer of exactly its length, so
 * that a sanitizer sees every read beyond it. */
static inline int try_document(char kind, const char *json, size_t len, struct err *e)
{
	struct arena a = {NULL};
	char *copy = malloc(len ? len : 1);
	int r = -1;
	memcpy(copy, json, len);
	warnings = 0;
	if (kind == 'p') {
		struct spec_process *p = spec_process_decode(&a, copy, len, e);
		r = p ? spec_process_check(p, "", note_warning, NULL, e) : -1;
	} else if (kind == 'r') {
		struct spec_resources *p = spec_resources_decode(&a, copy, len, e);
		r = p ? spec_resources_check(p, "", e) : -1;
	} else {
		struct spec_config *p = spec_config_decode(&a, copy, len, e);
		r = p ? spec_config_check(p, note_warning, NULL, e) : -1;
	}
	T_OK((r < 0) == e->set);
	if (r < 0)
		spec_err_locate(e, copy, len);
	free(copy);
	arena_free(&a);
	return r;
}

struct refusal {
	const char *fragment;
	const char *path; /* NULL: it is accepted */
	const char *text; /* part of the message, or NULL */
};

/* `format` has one %s for the fragment. */
static inline void check_refusals(char kind, const char *before, const char *after, const struct refusal *r,
				  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err e = {.set = false};
		size_t size = strlen(before) + strlen(r[i].fragment) + strlen(after) + 1;
		char *json = malloc(size);
		snprintf(json, size, "%s%s%s", before, r[i].fragment, after);
		int got = try_document(kind, json, size - 1, &e);
		int failed = t_failed;
		if (!r[i].path) {
			T_OK(got == 0);
		} else {
			T_OK(got == -1);
			T_STR(e.path, r[i].path);
			T_HAS(e.text, " (line 1, column ");
			if (r[i].text)
				T_HAS(e.text, r[i].text);
		}
		if (failed != t_failed)
			printf("    in: %s\n    got: %s\n", json, e.set ? e.text : "accepted");
		free(json);
	}
}
#define REFUSALS(kind, before, after, table)                                                                 \
	check_refusals(kind, before, after, table, sizeof(table) / sizeof((table)[0]))

/* A whole file of the test data; the tests run in the top folder of the tree. */
static inline char *read_data(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	if (!f) {
		T_FAIL("cannot open %s", path);
		return NULL;
	}
	char *buf = malloc(1 << 20);
	*len = fread(buf, 1, 1 << 20, f);
	fclose(f);
	return buf;
}

#endif
