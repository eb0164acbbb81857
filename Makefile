# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   make            ./berth
#   make demo       build, run a container, look inside, remove it (installs what is missing)
#   make check      all tests that need no virtual machine; T=name runs one
#   make check-vm   the tests that want a whole system, in virtual machines
#   make lint       clang-tidy, cppcheck, include rules, sizes
#   make asan       the tests under AddressSanitizer and UBSan
#   make bench      compare with crun, runc and a bare C program
#   make install    PREFIX=/usr/local DESTDIR=; man pages and completions too (packaging/packaging.mk)
#
# Compilers: CC for berth (gcc or clang), INIT_CC for berth-init (musl's wrapper).

VERSION  := $(shell cat VERSION)
COMMIT   := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
PREFIX   ?= /usr/local
SBINDIR  ?= $(PREFIX)/sbin
ifeq ($(origin CC),default)
CC       := gcc
endif
INIT_CC  ?= musl-gcc
BUILD    ?= build

.DEFAULT_GOAL := all
include tests/make/deps.mk

WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wno-missing-field-initializers
ifeq ($(WERROR),1)
WARN     += -Werror
endif
OPT      ?= -O2
HARDEN   := -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DBERTH_VERSION='"$(VERSION)"' -DBERTH_COMMIT='"$(COMMIT)"'
CFLAGS   += -std=gnu11 $(OPT) -g $(WARN) $(HARDEN) $(EXTRA_CFLAGS)
LDFLAGS  += -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(EXTRA_LDFLAGS)

# yajl and libcap are small and always needed: linked in when their archives are there, so that a start
# loads nothing but libc. libseccomp, libselinux and libsystemd are opened on first use.
archive   = $(firstword $(wildcard $(addsuffix /$(1),$(LIBDIRS))) $(2))
LIBDIRS  := $(shell $(CC) -print-search-dirs 2>/dev/null | sed -n 's/^libraries: *=//p' | tr : ' ')
LIBS     := $(call archive,libyajl_s.a,-lyajl) $(call archive,libcap.a,-lcap) -ldl

SRC      := $(wildcard runtime/*.c runtime/lib/*.c runtime/plan/*.c runtime/state/*.c runtime/cgroup/*.c \
              runtime/security/*.c runtime/act/*.c runtime/cmd/*.c spec/*.c hooks/*.c)
OBJ      := $(SRC:%.c=$(BUILD)/%.o) $(BUILD)/runtime/init/embed.o
LIBOBJ   := $(filter-out $(BUILD)/runtime/main.o,$(OBJ))

INIT_SRC := $(wildcard runtime/init/*.c)
INIT_OBJ := $(INIT_SRC:%.c=$(BUILD)/%.o)
# -idirafter: the kernel's headers, which musl does not bring
INIT_CFLAGS := -std=gnu11 -Os -g -D_GNU_SOURCE $(WARN) -fno-pie -fstack-protector-strong -ffunction-sections \
              -fdata-sections -fno-asynchronous-unwind-tables -idirafter /usr/include \
              -idirafter /usr/include/$(shell $(CC) -print-multiarch 2>/dev/null || gcc -print-multiarch 2>/dev/null)
INIT_LDFLAGS := -static -no-pie -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,norelro -Wl,--build-id=none -s

# V=1 shows the commands.
Q        := $(if $(V),,@)
say       = $(if $(V),@:,@printf '  %-6s %s\n' $(1) '$(2)')

all: berth

berth: $(BUILD)/berth
	@cp $< $@.new && mv $@.new $@

$(BUILD)/berth: $(OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)

$(BUILD)/berth-init: $(INIT_OBJ)
	$(call say,LINK,$@)
	$(Q)$(INIT_CC) $(INIT_CFLAGS) $(INIT_LDFLAGS) -o $@ $(INIT_OBJ)

$(BUILD)/runtime/init/%.o: runtime/init/%.c $(wildcard runtime/init/*.h) runtime/plan/format.h Makefile | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(INIT_CC) $(INIT_CFLAGS) -c -o $@ $<

$(BUILD)/runtime/init/embed.o: runtime/init/embed.S $(BUILD)/berth-init
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) -c -DINIT_FILE='"$(BUILD)/berth-init"' -o $@ $<

$(BUILD)/%.o: %.c Makefile VERSION | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
-include $(OBJ:.o=.d)

clean:
	rm -rf build build-* berth

include packaging/packaging.mk tests/make/tests.mk tests/make/conformance.mk tests/make/vm.mk tests/make/lint.mk

.PHONY: all clean
.DELETE_ON_ERROR:
