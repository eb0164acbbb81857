# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzzing, tests/fuzz (docs/testing.md says how to use it).
#   make fuzz [T=target] [TIME=60]	each target with libFuzzer for TIME seconds, J at a time; new inputs: build-fuzz/corpus
#   make fuzz-merge [T=target]		what is worth keeping of these goes to tests/fuzz/corpus
#   make fuzz-coverage [T=target]	what the kept inputs reach: build-fuzz/coverage.txt, one line a file
# The kept inputs run with every `make check` as well: tests/unit/test_fuzz.c.

FUZZ_CC      ?= clang
FUZZ_SRC     := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_TARGETS := $(sort $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%))
FUZZ_OBJ     := $(patsubst %.c,$(BUILD)/%.o,$(FUZZ_SRC) tests/fuzz/common.c tests/fuzz/json_mutate.c)

# berth-init's files again, for this machine's libc: targets compile in the ones that they look at, and need the others.
FUZZ_INIT    := $(patsubst runtime/init/%.c,$(BUILD)/tests/fuzz/init/%.o,$(filter-out %/read.c %/exec.c,$(INIT_SRC)))
$(FUZZ_INIT): $(BUILD)/tests/fuzz/init/%.o: runtime/init/%.c $(wildcard runtime/init/*.h) runtime/plan/format.h | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(call say,CC,$< (for fuzzing))
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Dmain=init_main -w -c -o $@ $<
$(FUZZ_OBJ): $(wildcard tests/fuzz/*.h tests/unit/device_program.h) $(wildcard runtime/init/*.[ch]) runtime/act/newidmap.c runtime/lib/subid.c

$(BUILD)/libfuzz.a: $(FUZZ_OBJ) $(FUZZ_INIT)
	@rm -f $@
	$(Q)ar rcs $@ $^

# With libFuzzer: only in a build folder of its own, see `fuzz`.
$(BUILD)/fuzz-%: tests/fuzz/driver.c $(BUILD)/libfuzz.a $(BUILD)/libberth.a
	$(call say,FUZZ,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -DFUZZ_NAME=$* -o $@ $< $(BUILD)/libfuzz.a $(BUILD)/libberth.a $(LIBS) -lm
$(BUILD)/fuzz.dict: tests/fuzz/dict.c $(BUILD)/libberth.a
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@.bin $< $(BUILD)/libberth.a $(LIBS) && $@.bin >$@
fuzz-programs: $(addprefix $(BUILD)/fuzz-,$(FUZZ_TARGETS)) $(BUILD)/fuzz.dict

FUZZ_FLAGS   := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_MAKE     = $(MAKE) --no-print-directory -j$(J) BUILD=build-fuzz CC=$(FUZZ_CC) OPT=-O1 HARDEN=-fPIE EXTRA_CFLAGS="$(FUZZ_FLAGS)" \
	EXTRA_LDFLAGS="-fsanitize=address,undefined"
fuzz: deps-fuzz
	@$(FUZZ_MAKE) fuzz-programs
	@BUILD=build-fuzz JOBS=$(J) TIME=$(or $(TIME),60) tests/fuzz/run fuzz "$(T)"

fuzz-merge: deps-fuzz
	@$(FUZZ_MAKE) fuzz-programs
	@BUILD=build-fuzz JOBS=$(J) tests/fuzz/run merge "$(T)"

fuzz-coverage: deps-fuzz
	@$(MAKE) --no-print-directory -j$(J) BUILD=build-fuzz-coverage CC=$(FUZZ_CC) OPT=-O0 HARDEN=-fPIE \
		EXTRA_CFLAGS="-fprofile-instr-generate -fcoverage-mapping" EXTRA_LDFLAGS="-fprofile-instr-generate" \
		build-fuzz-coverage/tests/unit/test_fuzz
	@BUILD=build-fuzz-coverage tests/fuzz/run coverage "$(T)"

.PHONY: fuzz fuzz-merge fuzz-coverage fuzz-programs
