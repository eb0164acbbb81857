# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Containers of a user with a login session: the spec that `spec --rootless` writes, in cgroups of the user's own.

# spec_bundle: $B with the spec that the runtime makes for this user, over the tests' root
spec_bundle()
{
	bundle_new c1
	rm "$B/config.json"
	(cd "$B" && rt_ok spec --rootless && printf '%s' "$OUT") >"$B/.spec" || exit 1
	cfg '.process.terminal = false'
}

test_run()
{
	[ "$(id -u)" != 0 ] || die "this is root"
	spec_bundle
	args /bin/id -u
	run_ok
	assert_eq "$OUT" 0
	assert_clean
}

test_life_cycle()
{
	spec_bundle
	args /bin/sleep 100
	up
	rt_ok exec "$ID" /bin/cat /proc/self/uid_map
	assert_match "$OUT" "^ *0 +$(id -u) +1$"
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	assert_clean
}

# What the user's manager has delegated can be limited without root.
test_pids_limit()
{
	grep -qw pids "$TEST_CGROUP/cgroup.controllers" || skip "no pids controller for users"
	spec_bundle
	cfg --arg p "${TEST_CGROUP#/sys/fs/cgroup}/limited" '.linux.cgroupsPath = $p | .linux.resources.pids.limit = 7'
	args /bin/sleep 100
	up
	assert_eq "$(cat "$TEST_CGROUP/limited/pids.max")" 7
	delete_ok --force
	assert_clean
}
