/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fuzz targets (tests/fuzz) on the inputs that are kept in tests/fuzz/corpus: what fuzzing found worth keeping, and
 * every input that once failed. One that fails ends the program, with its name as the last words.
 */
#include <dirent.h>
#include <stdlib.h>

#include "../fuzz/fuzz.h"
#include "t.h"

typedef void target_fn(const uint8_t *data, size_t size);

static void replay_file(target_fn *run, const char *path)
{
	enum { MAX = 1 << 20 };
	static uint8_t buf[MAX];
	FILE *f = fopen(path, "re");
	if (!f) {
		T_FAIL("cannot open %s", path);
		return;
	}
	size_t n = fread(buf, 1, MAX, f);
	fclose(f);
	uint8_t *exact = (uint8_t *)fuzz_copy(buf, n);
	fuzz_input = path;
	run(exact, n);
	fuzz_input = NULL;
	free(exact);
}

static void replay(const char *name, target_fn *run)
{
	char dir[64], path[512];
	unsigned files = 0;
	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name);
	DIR *d = opendir(dir);
	for (struct dirent *f; d && (f = readdir(d));) {
		if (f->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, f->d_name);
		replay_file(run, path);
		files++;
	}
	if (d)
		closedir(d);
	T_OK(files > 0);
	run((const uint8_t *)"", 0);
}

#define CASE(name, table)                                                                                    \
	T_TEST(name)                                                                                         \
	{                                                                                                    \
		replay(#name, fuzz_##name);                                                                  \
	}
FUZZ_TARGETS(CASE)

T_MAIN()
