# SPDX-License-Identifier: LGPL-2.1-or-later
# `make lint`: rules of the tree (includes, sizes, banned functions), cppcheck, clang-tidy. Each file of clang-tidy
# is a target of its own, so that only what changed is looked at again.

LINT_C    := $(filter-out $(BUILD)/%,$(SRC))
TIDY      := $(LINT_C:%.c=$(BUILD)/lint/%.tidy)
INIT_TIDY := $(INIT_SRC:%.c=$(BUILD)/lint/%.tidy)
TIDY_FLAGS = $(CPPFLAGS) -std=gnu11

$(BUILD)/lint/spec/names.tidy: $(CAP_NAMES)
$(TIDY) $(INIT_TIDY): $(BUILD)/lint/%.tidy: %.c .clang-tidy $(shell find runtime spec hooks -name '*.h')
	@mkdir -p $(@D)
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(TIDY_FLAGS) 2>$@.err || { cat $@.err; exit 1; }
	@touch $@

lint-tidy: $(TIDY) $(INIT_TIDY)

lint-cppcheck:
	@cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability,performance \
		--suppressions-list=tests/lint/cppcheck.txt -D_GNU_SOURCE -D__$(shell uname -m)__=1 -j2 runtime spec hooks

lint-rules:
	@tests/lint/rules.sh

lint: deps-lint
	@$(MAKE) --no-print-directory lint-rules
	@$(MAKE) --no-print-directory lint-cppcheck
	@$(MAKE) --no-print-directory -j$(J) lint-tidy
	@echo "lint: ok"

.PHONY: lint lint-tidy lint-cppcheck lint-rules
