/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as /etc/subuid and as /etc/passwd of the host, which are read to say why newuidmap refused (runtime/act/newidmap.c and
 * runtime/lib/subid.c, compiled into this file with fopen(3) played).
 *
 * Holds: a range is given only by a line NAME:FIRST:COUNT with plain decimal numbers; the answer is true exactly for the
 * ids in such a range; a name fits into its buffer.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <stdio.h>
#include <unistd.h>

static FILE *played_fopen(const char *path, const char *mode);

#define fopen played_fopen
#include "../../runtime/lib/subid.c"
#include "../../runtime/act/newidmap.c"
#undef fopen

static struct {
	char *data;
	size_t size;
} file;

static FILE *played_fopen(const char *path, const char *mode)
{
	(void)path, (void)mode;
	return file.size ? fmemopen(file.data, file.size, "r") : NULL;
}

/* Digits alone, in 64 bits. */
static bool plain(const char *s, size_t n, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(*ret, 10, ret) ||
		    __builtin_add_overflow(*ret, (uint64_t)(s[i] - '0'), ret))
			return false;
	}
	return n;
}

/* Is there a line that gives exactly this range to the user? */
static bool has_line(const char *name, const struct subid_range *r)
{
	uint64_t first, count;
	for (size_t at = 0; at < file.size;) {
		const char *line = file.data + at, *nl = memchr(line, '\n', file.size - at);
		size_t n = nl ? (size_t)(nl - line) : file.size - at;
		const char *a = memchr(line, ':', n), *b = a ? memchr(a + 1, ':', n - (size_t)(a + 1 - line)) : NULL;
		if (b && ((size_t)(a - line) == strlen(name) && memcmp(line, name, strlen(name)) == 0) &&
		    plain(a + 1, (size_t)(b - a - 1), &first) && plain(b + 1, n - (size_t)(b + 1 - line), &count) &&
		    first == r->first && count == r->count)
			return true;
		at += n + 1;
	}
	return false;
}

void fuzz_idmap(const uint8_t *data, size_t size)
{
	struct subid_range given[SUBID_RANGES_MAX];
	char name[16], uid[24];
	file.data = fuzz_copy(data, size);
	file.size = size;
	snprintf(uid, sizeof(uid), "%u", (unsigned)getuid());
	size_t n = subid_ranges("subuid", "me", given, SUBID_RANGES_MAX);
	FUZZ_ASSERT(n <= SUBID_RANGES_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct subid_range *r = &given[i];
		struct id_mapping in = { 0, (uint32_t)r->first, (uint32_t)r->count }, out = in;
		FUZZ_ASSERT(has_line("me", r) || has_line(uid, r));
		if (r->first > UINT32_MAX || r->count > UINT32_MAX || !r->count)
			continue;
		FUZZ_ASSERT(is_given(r, 1, &in));
		out.size++;
		FUZZ_ASSERT(r->count == UINT32_MAX || !is_given(r, 1, &out));
	}
	subid_name(name, sizeof(name));
	FUZZ_ASSERT(memchr(name, '\0', sizeof(name)) && *name);
	free(file.data);
}
