/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fuzz targets: whatever bytes come, nothing crashes and the invariants hold that each file states at its head.
 *
 * A target is a function fuzz_NAME() in fuzz_NAME.c and a line in FUZZ_TARGETS; `make fuzz T=NAME` runs it with
 * libFuzzer (driver.c), and tests/unit/test_fuzz.c runs it on the kept inputs in tests/fuzz/corpus/NAME, with any
 * compiler. The state of a target must not outlive the call.
 */
#ifndef BERTH_TESTS_FUZZ_FUZZ_H
#define BERTH_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../runtime/plan/plan.h"
#include "../../spec/decode.h"
#include "../../spec/spec.h"

/* NAME, and for a JSON document the table that describes it (json_mutate.c); else NULL. */
#define FUZZ_TARGETS(X)                                                                                      \
	X(config, &table_config)                                                                             \
	X(plan, &table_config)                                                                               \
	X(process, &table_process)                                                                           \
	X(resources, &table_resources)                                                                       \
	X(record, NULL)                                                                                      \
	X(block, NULL)                                                                                       \
	X(mount, NULL)                                                                                       \
	X(variant, NULL)                                                                                     \
	X(passwd, NULL)                                                                                      \
	X(idmap, NULL)                                                                                       \
	X(mountinfo, NULL)                                                                                   \
	X(words, NULL)

#define FUZZ_DECLARE(name, table) void fuzz_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS(FUZZ_DECLARE)

/* Ends the process, for the fuzzer to see, with the input's name when there is one; about: text to show, or "". */
_Noreturn void fuzz_failed(const char *file, int line, const char *what, const char *about);
extern const char *fuzz_input;
#define FUZZ_ASSERT(cond) ((cond) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #cond, ""))

/* A failure returns -1 exactly when the error is set. */
#define FUZZ_RESULT(failed, e) FUZZ_ASSERT(!!(failed) == (e)->set)

/* A copy of exactly that size, so that a sanitizer sees each access beyond it; free() it. */
char *fuzz_copy(const void *data, size_t size);
/* The same with a NUL; bytes after a NUL of the input are no part of the text. */
char *fuzz_text(const void *data, size_t size);

/* Does the JSON path lead to a property that the table knows, or to one of these? Parents count: "mounts[3]". */
bool fuzz_path_known(const struct table *t, const char *path);

#define FUZZ_PATH(table, path) \
	(fuzz_path_known(table, path) ? (void)0 : fuzz_failed(__FILE__, __LINE__, "no property of this name", path))

/* What every plan has; json and len: the document, or NULL. fuzz_check_plan() also hands the plan's block to berth-init's
 * reader, which must accept it. */
void fuzz_check_plan(struct plan *p);

/* The plan reader of berth-init on these bytes as they come over its socket: whole messages of `chunk` bytes (0: all
 * at once), `fds` of them with the first. True when it accepted them, after everything that the steps may touch was
 * touched. */
bool fuzz_read_block(const void *data, size_t size, size_t chunk, unsigned fds);

/* json_mutate.c */
size_t fuzz_json_mutate(uint8_t *data, size_t size, size_t max, unsigned seed, const struct table *root);
/* block.c: libFuzzer's mutation with the sums in the head put right again */
size_t fuzz_block_mutate(uint8_t *data, size_t size, size_t max, unsigned seed);

#endif
