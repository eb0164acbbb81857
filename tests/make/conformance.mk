# SPDX-License-Identifier: LGPL-2.1-or-later
# The conformance suite (conformance/README.md), against berth or RUNTIME=/usr/bin/runc; T=part of a test's name.

CONF_RUNTIME = $(or $(RUNTIME),$(abspath $(BUILD)/berth))

conformance: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(if $(RUNTIME),,$(BUILD)/berth) inside-programs
	@BUILD=$(BUILD) JOBS=$(J) conformance/run $(CONF_RUNTIME) "$(T)"

# Each test fails against a runtime that breaks its rule.
conformance-broken: deps-test
	@$(MAKE) --no-print-directory -j$(J) $(if $(RUNTIME),,$(BUILD)/berth) inside-programs
	@BUILD=$(BUILD) JOBS=$(J) conformance/run --broken $(CONF_RUNTIME) "$(T)"

.PHONY: conformance conformance-broken
