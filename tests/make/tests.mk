# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests. T=name: only those whose file or case name contains it. J=N: how many at a time.
# MUST_WORK=1 (set where CI=true): a test that cannot run for lack of privileges has failed.

T        ?=
J        ?= 2
ifeq ($(CI),true)
MUST_WORK ?= 1
endif
export MUST_WORK

# Unit tests: tests/unit/test_NAME.c, each a program linked with everything but main.c.
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/unit/%)

$(BUILD)/libberth.a: $(LIBOBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(LIBOBJ)

$(BUILD)/tests/unit/%: tests/unit/%.c $(wildcard tests/unit/*.h) $(BUILD)/libberth.a
	@mkdir -p $(@D)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-unused-function -Wno-format-nonliteral $(LDFLAGS) -o $@ $< $(BUILD)/libberth.a $(LIBS)

# this one has main.c in it
$(BUILD)/tests/unit/test_engine_calls: runtime/main.c
$(BUILD)/tests/unit/test_fuzz: $(BUILD)/libfuzz.a
$(BUILD)/tests/unit/test_fuzz: LIBS := $(BUILD)/libfuzz.a $(BUILD)/libberth.a $(LIBS) -lm

# The probe: what runs inside the containers of the integration tests. Static, so that any root will do.
PROBE_SRC := $(wildcard tests/probe/probe*.c)
$(BUILD)/tests/probe: $(PROBE_SRC) tests/probe/probe.h
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(INIT_CC) $(filter-out -fno-pie,$(INIT_CFLAGS)) -static -o $@ $(PROBE_SRC)

# Helpers on the host's side of a test.
HELPERS := $(addprefix $(BUILD)/tests/,recvtty seccomp-agent systemd-mock with-systemd recorder device-filters)
$(BUILD)/tests/systemd-mock: HELPER_LIBS := -lsystemd
# static: few system calls before the runtime begins
$(BUILD)/tests/with-systemd $(BUILD)/tests/recorder: HELPER_LIBS := -static
$(BUILD)/tests/%: tests/probe/%.c
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O1 -g $(WARN) -o $@ $< $(HELPER_LIBS)

$(BUILD)/tests/inject: tests/fault/inject.c tests/fault/registers.c tests/fault/registers.h tests/fault/errnos.c tests/fault/errnos.h
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O1 -g $(WARN) -o $@ $(filter %.c,$^) -lseccomp

# Preloaded into the runtime.
$(BUILD)/tests/fake-resctrl.so: tests/probe/fake-resctrl.c
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -std=gnu11 -O1 -g $(WARN) -shared -fPIC -o $@ $<

inside-programs: $(BUILD)/tests/probe $(HELPERS) $(BUILD)/tests/fake-resctrl.so
unit-programs: $(UNIT_BIN)
test-programs: $(BUILD)/berth $(UNIT_BIN) inside-programs

# The dependencies come first, then a make of its own that finds them.
check: deps-test
	@$(MAKE) --no-print-directory -j$(J) test-programs
	@BUILD=$(BUILD) BERTH=$(abspath $(BUILD)/berth) JOBS=$(J) tests/run all "$(T)"

check-unit: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(UNIT_BIN) $(BUILD)/berth
	@BUILD=$(BUILD) JOBS=$(J) tests/run unit "$(T)"

# Integration tests alone. RUNTIME=/path runs them against another runtime (the harness's own check).
check-integration: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(if $(RUNTIME),,$(BUILD)/berth) inside-programs
	@BUILD=$(BUILD) BERTH=$(or $(RUNTIME),$(abspath $(BUILD)/berth)) JOBS=$(J) tests/run integration "$(T)"

# The same tests with the sanitizers. Leaks are not looked for: memory lives in arenas that end with the process.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ASAN_MAKE = $(MAKE) --no-print-directory BUILD=build-asan OPT=-O1 HARDEN=-fPIE SLOW=1 \
		EXTRA_CFLAGS="$(SANITIZE)" EXTRA_LDFLAGS="$(SANITIZE)"
asan: deps-test
	@$(ASAN_MAKE) -j$(J) build-asan/berth
	@nm build-asan/berth | grep -q __asan_init || { echo "build-asan/berth has no sanitizer"; exit 1; }
	@ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1 \
	$(ASAN_MAKE) check T="$(T)"

# The same tests with valgrind's memcheck on each call of berth (tests/valgrind/run). VALGRIND=/path: this one.
VALGRIND_LDFLAGS := -Wl,--wrap=clone3_call,--wrap=_exit build-valgrind/valgrind/calls.o
$(BUILD)/valgrind/calls.o: tests/valgrind/calls.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O1 -g $(WARN) -fPIE -c -o $@ $<
ifneq ($(findstring valgrind/calls.o,$(EXTRA_LDFLAGS)),)
$(BUILD)/berth-full: $(BUILD)/valgrind/calls.o
endif
valgrind: deps-test
	@$(MAKE) --no-print-directory -j$(J) BUILD=build-valgrind CORE=0 OPT=-O1 EXTRA_LDFLAGS="$(VALGRIND_LDFLAGS)" \
		build-valgrind/berth inside-programs
	@BUILD=build-valgrind $(if $(VALGRIND),VALGRIND="$(VALGRIND)") JOBS=$(J) tests/valgrind/run "$(T)"

# Reliability: faults, kills, races, scarcity, load (tests/fault/run). FULL=1: not only a sample; AT="tool 41 0": one fault.
check-fault: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(if $(RUNTIME),,$(BUILD)/berth) inside-programs $(BUILD)/tests/inject
	@BUILD=$(BUILD) BERTH=$(or $(RUNTIME),$(abspath $(BUILD)/berth)) JOBS=$(J) \
		$(foreach v,FULL SAMPLE SEED AT,$(if $($v),$v="$($v)")) tests/fault/run "$(T)"

demo: deps-test
	@$(MAKE) --no-print-directory -j$(J) berth
	@BERTH=$(abspath berth) tests/demo/demo.sh

# docs/berth.svg, from a session that is typed in for it.
picture: deps-test
	@$(MAKE) --no-print-directory berth
	@BERTH=$(abspath berth) tests/demo/picture docs/berth.svg

# Compared within one run; BENCH_ARGS are those of tests/bench/bench.py (--quick, --rounds N, NAME=PATH).
bench: deps-bench
	@$(MAKE) --no-print-directory berth
	@tests/bench/peers
	@python3 tests/bench/bench.py $(BENCH_ARGS)

# The same, into docs/performance.md and its chart.
bench-doc: BENCH_JSON = $(BUILD)/bench.json
bench-doc:
	@$(MAKE) --no-print-directory bench BENCH_ARGS="--json $(BENCH_JSON) --svg docs/performance.svg $(BENCH_ARGS)"
	@python3 tests/bench/report $(BENCH_JSON) docs/performance.md

.PHONY: check check-unit check-integration check-fault asan valgrind demo picture bench bench-doc unit-programs test-programs inside-programs
