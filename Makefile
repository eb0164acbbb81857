# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   make            ./berth
#   make demo       build, run a container, look inside, remove it (installs what is missing)
#   make check      all tests that need no virtual machine; T=name runs one
#   make check-vm   the tests that want a whole system, in virtual machines
#   make lint       clang-tidy, cppcheck, include rules, sizes
#   make asan       the tests under AddressSanitizer and UBSan
#   make fuzz       hostile bytes with libFuzzer (clang); T=target TIME=seconds
#   make bench      compare with crun, runc and a bare C program
#   make install    PREFIX=/usr/local DESTDIR=; man pages and completions too (packaging/packaging.mk)
#
# Compilers: CC for berth (gcc or clang), INIT_CC for berth-init (musl's wrapper). For another machine: the same two, AR,
# STRIP, SYSROOT (where its headers are), and BUILD_CC for what runs while building (tests/make/cross.mk).

VERSION  := $(shell cat VERSION)
# Of a clone, or written into packaging/commit by `make dist`.
COMMIT   := $(or $(shell { [ -e .git ] && git rev-parse --short=12 HEAD || sed -n 's/^\([0-9a-f]\{12\}\).*/\1/p' packaging/commit; } 2>/dev/null),unknown)
PREFIX   ?= /usr/local
SBINDIR  ?= $(PREFIX)/sbin
ifeq ($(origin CC),default)
CC       := gcc
endif
INIT_CC  ?= musl-gcc
BUILD_CC ?= $(CC)
STRIP    ?= strip
BUILD    ?= build

.DEFAULT_GOAL := all
include tests/make/deps.mk

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wno-missing-field-initializers
ifeq ($(WERROR),1)
WARN     += -Werror
endif
OPT      ?= -O2
# No path of the build machine in the program: the same bytes from any folder (packaging/check-reproducible).
SAME     := -ffile-prefix-map=$(CURDIR)=.
# What the compiler and its C library have; tests/static/hardening.sh looks for it in what was built. A level of FORTIFY that
# the library does not know is a warning. Asked for all at once, and one by one only when that fails.
takes     = $(shell $(1) -O2 -Werror $(2) -include stdio.h -x c -c -o /dev/null /dev/null 2>/dev/null && echo '$(2)')
take_each = $(or $(call takes,$(1),$(2)),$(foreach f,$(2),$(call takes,$(1),$(f))))
GUARD    := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
FORTIFY  := $(or $(call takes,$(CC),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN   := -fPIE $(call take_each,$(CC),$(GUARD)) $(FORTIFY)
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DBERTH_VERSION='"$(VERSION)"' -DBERTH_COMMIT='"$(COMMIT)"'
CFLAGS   += -std=gnu11 $(OPT) -g $(SAME) $(WARN) $(HARDEN) $(EXTRA_CFLAGS)
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(EXTRA_LDFLAGS)

# yajl is small and always needed: linked in when its archive is there, so that a start loads nothing but libc. libcap
# gives names at build time (spec/gen). libseccomp, libselinux and libsystemd are opened on first use.
archive   = $(firstword $(wildcard $(addsuffix /$(1),$(LIBDIRS))) $(2))
LIBDIRS  := $(shell $(CC) -print-search-dirs 2>/dev/null | sed -n 's/^libraries: *=//p' | tr : ' ')
LIBS     := $(call archive,libyajl_s.a,-lyajl) -ldl

# The kernel's headers, which musl does not bring; below SYSROOT in a cross build.
IDIRAFTER := -idirafter $(SYSROOT)/usr/include \
              -idirafter $(SYSROOT)/usr/include/$(shell $(CC) -print-multiarch 2>/dev/null || gcc -print-multiarch 2>/dev/null)

# The core: what `berth` is where it can be built (runtime/lib/full.h). Static and position independent, which the wrapper
# of musl has no option for: its start-up file is asked for by name. The archive of yajl is the one made for the other
# libc; it calls nothing that differs (runtime/lib/fortify.c).
RCRT1    := $(shell $(INIT_CC) -\#\#\# -x c /dev/null 2>&1 | tr ' "' '\n\n' | sed -n 's/Scrt1\.o$$/rcrt1.o/p' | head -n 1)
YAJL_A   := $(call archive,libyajl_s.a,)
CORE     ?= $(if $(and $(wildcard $(RCRT1)),$(YAJL_A)),1,0)
ifneq ($(EXTRA_CFLAGS),) # which the core has not; also where a make around this one has exported its answer
CORE     := 0
endif
export CORE

SRC      := $(sort $(wildcard runtime/*.c runtime/lib/*.c runtime/plan/*.c runtime/state/*.c runtime/cgroup/*.c \
              runtime/security/*.c runtime/audit/*.c runtime/check/*.c runtime/act/*.c runtime/cmd/*.c spec/*.c hooks/*.c))
OBJ      := $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/runtime/lib/embed-init.o
LIBOBJ   := $(filter-out $(BUILD)/runtime/main.o,$(OBJ))
CORE_OBJ := $(SRC:%.c=$(BUILD)/core/%.o) $(BUILD)/runtime/lib/embed-init.o $(BUILD)/runtime/lib/embed-full.o
CORE_CFLAGS := -std=gnu11 $(OPT) -g $(SAME) $(WARN) $(HARDEN) -DBERTH_CORE -include runtime/lib/fortify.h $(IDIRAFTER)
CORE_LDFLAGS := -static -nostartfiles -Wl,--build-id=sha1 -Wl,-pie,--no-dynamic-linker -Wl,-z,text,-z,relro,-z,now,-z,noexecstack

INIT_SRC := $(sort $(wildcard runtime/init/*.c))
INIT_OBJ := $(INIT_SRC:%.c=$(BUILD)/%.o)
INIT_CFLAGS := -std=gnu11 -Os -g $(SAME) -D_GNU_SOURCE $(WARN) -fno-pie $(call take_each,$(INIT_CC),$(GUARD)) -ffunction-sections \
              -fdata-sections -fno-asynchronous-unwind-tables $(IDIRAFTER)
INIT_LDFLAGS := -static -no-pie -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,norelro -Wl,--build-id=none -s

# V=1 shows the commands.
Q        := $(if $(V),,@)
say       = $(if $(V),@:,@printf '  %-6s %s\n' $(1) '$(2)')

all: berth

berth: $(BUILD)/berth
	@cp $< $@.new && mv $@.new $@

$(BUILD)/berth-full: $(OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)

ifeq ($(CORE),1)
$(BUILD)/berth: $(CORE_OBJ)
	$(call say,LINK,$@)
	$(Q)$(INIT_CC) $(CORE_CFLAGS) $(CORE_LDFLAGS) -o $@ $(RCRT1) $(dir $(RCRT1))crti.o $(CORE_OBJ) $(YAJL_A) $(dir $(RCRT1))crtn.o
else
$(BUILD)/berth: $(BUILD)/berth-full
	@cp $< $@
endif

$(BUILD)/berth-full.stripped: $(BUILD)/berth-full
	$(Q)$(STRIP) -o $@ $<

$(BUILD)/core/%.o: %.c runtime/lib/fortify.h Makefile VERSION | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(call say,CORE,$<)
	$(Q)$(INIT_CC) $(CPPFLAGS) $(CORE_CFLAGS) -MMD -MP -c -o $@ $<
-include $(SRC:%.c=$(BUILD)/core/%.d)
# the checks themselves
$(BUILD)/core/runtime/lib/fortify.o: CORE_CFLAGS := $(filter-out -include runtime/lib/fortify.h,$(CORE_CFLAGS))

$(BUILD)/berth-init: $(INIT_OBJ)
	$(call say,LINK,$@)
	$(Q)$(INIT_CC) $(INIT_CFLAGS) $(INIT_LDFLAGS) -o $@ $(INIT_OBJ)

$(BUILD)/runtime/init/%.o: runtime/init/%.c $(wildcard runtime/init/*.h) runtime/plan/format.h Makefile | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(INIT_CC) $(INIT_CFLAGS) -c -o $@ $<

$(BUILD)/runtime/lib/embed-init.o: EMBED := -DNAME=berth_init_image -DFILE='"$(BUILD)/berth-init"'
$(BUILD)/runtime/lib/embed-init.o: $(BUILD)/berth-init
$(BUILD)/runtime/lib/embed-full.o: EMBED := -DNAME=berth_full_image -DFILE='"$(BUILD)/berth-full.stripped"'
$(BUILD)/runtime/lib/embed-full.o: $(BUILD)/berth-full.stripped
$(BUILD)/runtime/lib/embed-%.o: runtime/lib/embed.S Makefile
	@mkdir -p $(@D)
	$(call say,AS,$@)
	$(Q)$(CC) $(filter -fcf-%,$(HARDEN)) -c $(EMBED) -o $@ $<

$(BUILD)/%.o: %.c Makefile VERSION | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
-include $(SRC:%.c=$(BUILD)/%.d)

CAP_NAMES := $(BUILD)/gen/cap_names.h
CPPFLAGS  += -I$(BUILD)/gen
$(CAP_NAMES): spec/gen/cap_names.c Makefile | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(Q)$(BUILD_CC) -o $(@:.h=) $< -lcap && $(@:.h=) >$@
$(BUILD)/spec/names.o $(BUILD)/core/spec/names.o: $(CAP_NAMES)

# For tests: the value of a variable.
print-%:
	@echo '$($*)'

clean:
	rm -rf build build-* berth

include packaging/packaging.mk tests/make/tests.mk tests/make/fuzz.mk tests/make/cve.mk tests/make/conformance.mk tests/make/vm.mk tests/make/cross.mk tests/make/lint.mk

.PHONY: all clean
.DELETE_ON_ERROR:
