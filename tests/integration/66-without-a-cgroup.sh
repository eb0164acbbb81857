# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# --cgroup-manager disabled: the container stays in the cgroup of whoever called.

without()
{
	local args=(--cgroup-manager disabled)
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$BERTH" "${args[*]}" >/mnt/test/without
	chmod 0755 /mnt/test/without
	BERTH=/mnt/test/without
}

# cgroup_of PID
cgroup_of()
{
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

test_life_without_a_cgroup()
{
	bundle_new
	without
	args /bin/sleep 100
	up
	assert_eq "$(cgroup_of "$(pid_of)")" "$(cgroup_of self)"
	rt_ok exec "$ID" /bin/true
	rt_ok exec --detach "$ID" /bin/sleep 200
	rt_ok list
	assert_re "^$ID "
	rt_fails 'cannot list the processes of container "c1": it has no cgroup' ps "$ID"
	rt_fails 'cannot pause container "c1": it has no cgroup' pause "$ID"
	assert_eq "$(status)" running
	rt_fails 'no cgroup' events --stats "$ID"
	rt_fails 'cannot update container "c1": it has no cgroup' update --pids-limit 5 "$ID"
	# the first process of a pid namespace takes the others with it
	rt_ok kill --all "$ID" KILL
	wait_status stopped
	rt_ok kill --all "$ID" KILL
	delete_ok
	assert_clean
}

# Later commands know it without being told.
test_it_is_remembered()
{
	local plain=$BERTH
	bundle_new
	without
	args /bin/sleep 100
	up
	BERTH=$plain
	rt_fails 'cannot list the processes of container "c1": it has no cgroup' ps "$ID"
	rt_ok exec "$ID" /bin/cat /proc/self/cgroup
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	assert_clean
}

test_limits_need_one()
{
	bundle_new
	without
	args /bin/true
	cfg '.linux.resources = {pids: {limit: 5}}'
	run_fails 'linux\.resources\.pids\.limit: cannot be applied with --cgroup-manager disabled'
	# what every engine sends, and without a cgroup there is nothing to do for it
	cfg '.linux.resources = {devices: [{allow: false, access: "rwm"}]} | .linux.cgroupsPath = "/t/c1"'
	run_ok
	[ ! -e /sys/fs/cgroup/t ] || die "a cgroup was made"
	assert_clean
}

# A mount of type cgroup: with a cgroup namespace the part below the caller's cgroup, without one the host's; read-only, as
# nothing of it is the container's.
test_cgroup_mounts()
{
	local own
	bundle_new
	without
	own=$(stat -c %i "/sys/fs/cgroup$(cgroup_of self)")
	mount_add /sys/fs/cgroup cgroup cgroup nosuid noexec nodev
	args /bin/sh -c 'stat -c "%i" /sys/fs/cgroup; mkdir /sys/fs/cgroup/new 2>&1; grep " /sys/fs/cgroup " /proc/self/mountinfo'
	run_ok
	assert_line "$own"
	assert_re ' - cgroup2 '
	[ ! -e "/sys/fs/cgroup$(cgroup_of self)/new" ] || rmdir "/sys/fs/cgroup$(cgroup_of self)/new"
	ns_del cgroup
	run_ok
	assert_line "$(stat -c %i /sys/fs/cgroup)"
	assert_re ' /sys/fs/cgroup ro,nosuid,nodev,noexec.* - cgroup2 '
	assert_re 'Read-only file system'
	assert_clean
}

# `start` has the words for a step that failed inside, and knows a hook, as with a cgroup.
test_failures_of_a_start()
{
	bundle_new
	without
	cfg --arg mark "$B/mark" '.hooks = {startContainer: [{path: "/no/such/hook"}], poststop: [{path: "/bin/touch", args: ["touch", $mark]}]}'
	rt_ok create --bundle "$B" "$ID"
	rt_fails 'hooks\.startContainer\[0\].*/no/such/hook' start "$ID"
	[ -e "$B/mark" ] || die "the poststop hook did not run"
	rt_fails 'does not exist' state "$ID"
	assert_clean
}
