# SPDX-License-Identifier: LGPL-2.1-or-later
# The conformance suite (conformance/README.md), against berth or RUNTIME=/usr/bin/runc; T=part of a test's name.

CONF_RUNTIME = $(or $(RUNTIME),$(abspath $(BUILD)/berth))

conformance: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(if $(RUNTIME),,$(BUILD)/berth) inside-programs
	@BUILD=$(BUILD) JOBS=$(J) conformance/run $(CONF_RUNTIME) "$(T)"

# The same in a virtual machine, which has the controllers that this machine may lack; what `make check-vm` knows holds here too.
# conformance-report finds the results.
conformance-vm:
	@mkdir -p $(BUILD)/conformance
	@bash -o pipefail -c '$(MAKE) --no-print-directory check-vm PARTS=conformance ALSO=10-state | tee $(BUILD)/conformance/vm-$(or $(notdir $(RUNTIME)),berth).tap'

# Each test fails against a runtime that breaks its rule.
conformance-broken: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(if $(RUNTIME),,$(BUILD)/berth) inside-programs
	@BUILD=$(BUILD) JOBS=$(J) conformance/run --broken $(CONF_RUNTIME) "$(T)"

# docs/conformance.md: berth and the runtimes of PEERS side by side: those that are installed, and what conformance/peers took
# from other releases.
PEERS ?= crun=$(or $(shell command -v crun),/usr/bin/crun) runc=$(or $(shell command -v runc),/usr/sbin/runc) \
	$(foreach p,$(wildcard $(BUILD)/peers/*/crun $(BUILD)/peers/*/runc),$(notdir $p)-$(notdir $(patsubst %/,%,$(dir $p)))=$(abspath $p))
conformance-report: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(BUILD)/berth inside-programs
	@BUILD=$(BUILD) JOBS=$(J) conformance/compare berth=$(abspath $(BUILD)/berth) $(PEERS) >$(BUILD)/conformance.md
	@mv $(BUILD)/conformance.md docs/conformance.md

# What another machine needs to run the suite.
CONF_FILES := conformance tests/integration/jail tests/integration/lib.sh tests/integration/make-root \
	tests/integration/base.json tests/integration/57-net-devices.sh
conformance-dist: inside-programs
	@tar -czf $(BUILD)/conformance.tar.gz $(CONF_FILES) $(BUILD)/tests/probe $(BUILD)/tests/recvtty $(BUILD)/tests/seccomp-agent
	@echo $(BUILD)/conformance.tar.gz

.PHONY: conformance conformance-vm conformance-broken conformance-report conformance-dist
