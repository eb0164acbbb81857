# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Containers of a user with a login session: the spec that `spec --rootless` writes, in cgroups of the user's own.

# spec_bundle: $B with the spec that the runtime makes for this user, over the tests' root
spec_bundle()
{
	bundle_new c1
	rm "$B/config.json"
	(cd "$B" && rt_ok spec --rootless) || exit 1
	cfg '.process.terminal = false'
	args "$@"
}

# Engines call a runtime as root of a user namespace that they made; a user calls it as the user.
as_namespace_root()
{
	unshare --user --map-auto --map-root-user --mount "$BERTH" --root "$STATE" "$@"
}

test_run_in_a_user_namespace()
{
	local out
	[ "$(id -u)" != 0 ] || die "this is root"
	spec_bundle /bin/id -u
	cfg '.linux.uidMappings = [] | .linux.gidMappings = []'
	ns_del user
	out=$(as_namespace_root run --bundle "$B" "$ID" 2>&1) || die "$out"
	assert_eq "$out" 0
	assert_clean
}

# called_by_the_user: whether this runtime makes the user namespace before it needs its rights
called_by_the_user()
{
	rt run --bundle "$B" "$ID"
	[[ $ERR != *"open rootfs"*"operation not permitted"* ]] ||
		skip "this runtime wants to be called in a user namespace: $ERR"
}

test_run()
{
	spec_bundle /bin/id -u
	called_by_the_user
	assert_eq "$RC" 0 "$ERR"
	assert_eq "$OUT" 0
	assert_clean
}

test_life_cycle()
{
	spec_bundle /bin/true
	called_by_the_user
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
	needs_controller pids
	spec_bundle /bin/true
	called_by_the_user
	cfg --arg p "$(cgroups_path limited)" '.linux.cgroupsPath = $p | .linux.resources.pids.limit = 7'
	args /bin/sleep 100
	up
	assert_eq "$(cat "$(cgroup_dir)/pids.max")" 7
	delete_ok --force
	assert_clean
}
