# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests that want a whole system, in virtual machines (tests/vm/run says what the variables do).
#   make check-vm [T=name] [VM=uml|qemu] [KERNEL=6.12|6.1] [DRIVER=systemd] [KEEP=1] [ALL=1] [PASSED=file] \
#		[RUNTIME=/usr/bin/crun] [RELEASE=trixie|forky]
#   make check-engines [T=file/operation] [GUEST=name] [ALL=1]	podman, docker, containerd ... with berth
#   make journey [T="0 1"]		conformance/journey: a shop from the first container to a swarm; journey-doc: with docs/journey.md
#   make bench-vm [ROUNDS=30] [MODES=...]	times of berth and crun with systemd and rootless
#   make check-lsm [LSM=selinux] [T=name]	with AppArmor and with SELinux in force
#   make vm-shell [VM=uml|qemu] [KERNEL=...]	boot one and log in
# The first run builds the root disk under VM_CACHE (/var/cache/berth-vm): some minutes.

VM_ENV = BUILD=$(BUILD) $(foreach v,VM KERNEL DRIVER KEEP DISKS RUNTIME ALSO ALL PARTS LIMIT LSM VM_CACHE RELEASE PASSED SAMPLE SEED AT FULL,$(if $($v),$v="$($v)"))

check-vm: deps-vm
	@$(MAKE) --no-print-directory -j$(J) vm-programs
	@$(VM_ENV) tests/vm/run "$(T)"

# AppArmor and SELinux in force: User-mode Linux twice, from a disk of its own (tests/vm/build-lsm). LSM=selinux: only that.
check-lsm: deps-vm
	@$(MAKE) --no-print-directory -j$(J) vm-programs
	@$(VM_ENV) tests/vm/lsm-all "$(T)"

vm-shell: deps-vm
	@$(MAKE) --no-print-directory -j$(J) vm-programs
	@$(VM_ENV) tests/vm/run shell

# Container engines with berth and, as the control, crun (tests/vm/engines says what the variables do).
check-engines: deps-vm
	@$(MAKE) --no-print-directory -j$(J) vm-programs
	@$(VM_ENV) $(foreach v,GUEST GUESTS CONTROL CONTROLS REPEAT OP_LIMIT,$(if $($v),$v="$($v)")) tests/vm/engines "$(T)"

# The journey, conformance/journey: T="0 1" for some of its stages; RELEASE=forky
journey: deps-vm
	@$(MAKE) --no-print-directory -j$(J) $(BUILD)/berth
	@$(VM_ENV) conformance/journey/run $(T)

# the same, and its report into docs/journey.md
journey-doc: journey
	@conformance/journey/report $(BUILD)/journey.txt docs/journey.md

# berth and crun with the systemd driver and as a user, compared in a machine (tests/bench/vm says what the variables do);
# bench-vm-doc: into docs/performance.md as well.
bench-vm: deps-vm
	@$(MAKE) --no-print-directory -j$(J) $(BUILD)/berth
	@$(VM_ENV) $(foreach v,ROUNDS MODES,$(if $($v),$v="$($v)")) tests/bench/vm $(BUILD)/bench-vm.json

bench-vm-doc: bench-vm
	@tests/bench/report $(BUILD)/bench-vm.json docs/performance.md

vm-programs: $(BUILD)/berth inside-programs $(BUILD)/tests/inject

.PHONY: bench-vm bench-vm-doc check-lsm check-vm check-engines journey journey-doc vm-shell vm-programs
