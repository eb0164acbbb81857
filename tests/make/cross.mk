# SPDX-License-Identifier: LGPL-2.1-or-later
# `make check-cross`: berth and its unit tests are built for aarch64 by Debian's cross compiler, and the tests run under qemu-user.
# The libraries of arm64 lie in a folder of their own (tests/cross/sysroot): the first run fetches them.

CROSS_ROOT ?= /var/cache/berth-cross/arm64
CROSS      := BUILD=build-arm64 SYSROOT=$(CROSS_ROOT) CC=$(CROSS_ROOT)/bin/gcc INIT_CC=$(CROSS_ROOT)/bin/musl-gcc \
	AR=aarch64-linux-gnu-ar STRIP=aarch64-linux-gnu-strip BUILD_CC=gcc WERROR=1

cross: deps-cross
	@tests/cross/sysroot $(CROSS_ROOT)
	@$(MAKE) --no-print-directory -j$(J) $(CROSS) build-arm64/berth

check-cross: cross
	@$(MAKE) --no-print-directory -j$(J) $(CROSS) unit-programs
	@RUN=$(CROSS_ROOT)/bin/run tests/cross/check build-arm64 "$(T)"

.PHONY: cross check-cross
