/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libFuzzer's entry points for the target that -DFUZZ_NAME=... names. */
#include <string.h>

#include "fuzz.h"

#define STRING_(x) #x
#define STRING(x) STRING_(x)

static const struct target {
	const char *name;
	void (*run)(const uint8_t *data, size_t size);
	const struct table *table;
} targets[] = {
#define ROW_OF(name, table) { #name, fuzz_##name, table },
	FUZZ_TARGETS(ROW_OF)
};
static const struct target *chosen;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++)
		if (strcmp(targets[i].name, STRING(FUZZ_NAME)) == 0)
			chosen = &targets[i];
	return chosen ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	chosen->run(data, size);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	if (chosen->table || strcmp(chosen->name, "record") == 0)
		return fuzz_json_mutate(data, size, max, seed, chosen->table);
	if (strcmp(chosen->name, "block") == 0)
		return fuzz_block_mutate(data, size, max, seed);
	return LLVMFuzzerMutate(data, size, max);
}
