# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the other tests of this kind build on: systemd as PID 1, the whole unified hierarchy, delegation.

test_what_the_machine_offers()
{
	local c
	assert_eq "$(cat /proc/1/comm)" systemd
	assert_eq "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs
	for c in cpu io memory pids; do
		grep -qw "$c" "$TEST_CGROUP/cgroup.controllers" || die "controller $c is not delegated"
	done
	systemctl show --property=Version >/dev/null || die "systemd does not answer"
}

# Limits reach the kernel's files in a cgroup that systemd gave us.
test_limits()
{
	bundle_new
	local dir
	cfg --arg p "$(cgroups_path limited)" '.linux.cgroupsPath = $p |
		.linux.resources = {pids: {limit: 9}, memory: {limit: 67108864}, cpu: {quota: 50000, period: 100000}}'
	args /bin/sleep 100
	up
	dir=$(cgroup_dir)
	[ "$DRIVER" = systemd ] || assert_eq "$dir" "$TEST_CGROUP/limited"
	assert_eq "$(cat "$dir/pids.max")" 9
	assert_eq "$(cat "$dir/memory.max")" 67108864
	assert_eq "$(cat "$dir/cpu.max")" "50000 100000"
	delete_ok --force
	assert_clean
}
