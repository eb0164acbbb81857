/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as config.json: decoded, checked, and a mistake located.
 *
 * Holds: a failure sets the error and nothing else does; twice the same bytes give the same words; what a check names is
 * a property of a config, and its place can be found in the document or in what is around it.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void note(void *ctx, const char *text)
{
	FUZZ_ASSERT(text && *text);
	++*(unsigned *)ctx;
}

static bool try_once(const char *json, size_t size, struct err *e, unsigned *warnings)
{
	struct arena a = { 0 };
	struct spec_config *c = spec_config_decode(&a, json, size, e);
	FUZZ_RESULT(!c, e);
	bool good = c;
	if (c) {
		good = spec_config_check(c, note, warnings, e) == 0;
		FUZZ_RESULT(!good, e);
		if (!good)
			FUZZ_PATH(&table_config, e->path);
	}
	arena_free(&a);
	return good;
}

void fuzz_config(const uint8_t *data, size_t size)
{
	struct err first = { 0 }, second = { 0 };
	unsigned warnings = 0, again = 0;
	char *json = fuzz_copy(data, size);
	bool good = try_once(json, size, &first, &warnings);
	FUZZ_ASSERT(try_once(json, size, &second, &again) == good && warnings == again);
	FUZZ_ASSERT(strcmp(first.text, second.text) == 0 && strcmp(first.path, second.path) == 0);
	if (!good) {
		spec_err_locate(&first, json, size);
		FUZZ_ASSERT(*first.text && strlen(first.text) < sizeof(first.text));
	}
	free(json);
}
