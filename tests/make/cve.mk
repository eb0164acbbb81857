# SPDX-License-Identifier: LGPL-2.1-or-later
# The gallery of attacks, tests/cve; T=part of a name, RUNTIME=/usr/sbin/runc another runtime (only what has a public advisory).

CVE_TOOLS := $(addprefix $(BUILD)/cve/,swap step inmate)
$(BUILD)/cve/inmate: tests/cve/inmate.c
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(INIT_CC) $(filter-out -fno-pie,$(INIT_CFLAGS)) -static -o $@ $<

$(BUILD)/cve/%: tests/cve/%.c
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O1 -g $(WARN) -o $@ $<

cve-programs: $(CVE_TOOLS) inside-programs

check-cve: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(if $(RUNTIME),,$(BUILD)/berth) cve-programs
	@BUILD=$(BUILD) BERTH=$(or $(RUNTIME),$(abspath $(BUILD)/berth)) JOBS=$(J) tests/cve/run "$(T)"

# Each test against a berth built with the defence switched off that it is about (tests/cve/broken.tsv): it must fail.
check-cve-broken: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(BUILD)/berth cve-programs
	@BUILD=$(BUILD) JOBS=$(J) tests/cve/broken "$(T)"

.PHONY: check-cve check-cve-broken cve-programs
