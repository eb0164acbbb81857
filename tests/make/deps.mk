# SPDX-License-Identifier: LGPL-2.1-or-later
# What a build needs. `make demo`, `check`, `lint`, `asan` and `bench` install it when it is missing (tests/make/install-deps);
# plain `make` never installs anything: it says what is missing and stops.

DEPS_HEADERS := yajl/yajl_parse.h sys/capability.h seccomp.h selinux/selinux.h systemd/sd-bus.h linux/openat2.h

# Looked at once per build folder, and by what is there, not by package names: a compiler from elsewhere is as good.
$(BUILD)/.deps: tests/make/deps.mk
	@mkdir -p $(@D)
	@{ command -v $(firstword $(CC)) && command -v $(firstword $(INIT_CC)); } >/dev/null && \
	printf '#include <%s>\n' stdint.h $(DEPS_HEADERS) | $(CC) -E -o /dev/null - 2>/dev/null || { \
		echo "Something that the build needs is missing (compilers: $(CC), $(INIT_CC); headers: $(DEPS_HEADERS))." >&2; \
		tests/make/install-deps --check build || true; \
		echo "\`make demo\` and \`make check\` install it on Debian 12 or newer when run as root." >&2; \
		exit 1; }
	@touch $@

deps-%:
	@tests/make/install-deps $*
