# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# The systemd driver with the manager of a user who has a login session. Called the way rootless engines do: as root of a
# user namespace that they made, where the user is found by its map; later calls get XDG_RUNTIME_DIR and nothing else.

MINE=/user.slice/user-$(id -u).slice/user@$(id -u).service
U=test-sd1.scope
CG=/sys/fs/cgroup$MINE/user.slice/$U

# One user namespace for all calls of a test, made before the first one.
inside=()
enter()
{
	unshare --user --map-auto --map-root-user --mount sleep 1000 &
	wait_for 10 is_mapped $! || die "no user namespace"
	inside=(nsenter --target $! --user --mount --preserve-credentials)
}

is_mapped()
{
	[ "$(cat "/proc/$1/comm")" = sleep ]
}

berth()
{
	env -i XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" "${inside[@]}" "$BERTH" --root "$STATE" "$@"
}

sd_bundle()
{
	[ ${#inside[@]} != 0 ] || enter
	bundle_new sd1
	cfg --arg p "${1-user.slice:test:$ID}" '.linux.cgroupsPath = $p'
	ns_del cgroup
	args /bin/sleep 100
}

sd_create()
{
	"${inside[@]}" "$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" \
		>"$B/out" 2>"$B/err" </dev/null || die "create: $(<"$B/err")"
	[ ! -s "$B/err" ] || die "stderr is not empty: $(<"$B/err")"
}

prop()
{
	systemctl --user show --value --property="$2" "$1"
}

test_life_cycle()
{
	sd_bundle
	sd_create
	assert_eq "$(cat "$CG/container/cgroup.procs")" "$(berth state "$ID" | jq .pid)" "when create returns"
	assert_eq "$(prop $U Delegate)" yes
	assert_eq "$(prop $U Slice)" user.slice
	berth start "$ID" || die "start failed"
	assert_match "$(berth exec "$ID" /bin/cat /proc/self/cgroup 2>&1)" "^0::$MINE/user.slice/$U/container\$"
	berth delete --force "$ID" || die "delete failed"
	assert_eq "$(prop $U LoadState)" not-found
	assert_clean
}

test_default_name()
{
	sd_bundle ""
	sd_create
	assert_eq "$(prop berth-sd1.scope Slice)" user.slice
	berth delete --force "$ID" || die "delete failed"
	assert_clean
}

# systemd keeps the slices that it made on the way.
forget_slices()
{
	systemctl --user stop a.slice
}

test_nested_slices()
{
	sd_bundle a-b.slice:p:n
	sd_create
	[ -d "/sys/fs/cgroup$MINE/a.slice/a-b.slice/p-n.scope" ] || die "no cgroup"
	berth delete --force "$ID" || die "delete failed"
	forget_slices
	assert_clean
}

test_slice_unit()
{
	sd_bundle a.slice:x:a-b.slice
	sd_create
	assert_eq "$(cat "/sys/fs/cgroup$MINE/a.slice/a-b.slice/cgroup.procs")" "$(berth state "$ID" | jq .pid)"
	berth delete --force "$ID" || die "delete failed"
	forget_slices
	assert_clean
}

test_limits_and_update()
{
	sd_bundle
	cfg '.linux.resources = {pids: {limit: 40}, memory: {limit: 67108864}}'
	sd_create
	assert_eq "$(cat "$CG/pids.max")" 40
	assert_eq "$(cat "$CG/memory.max")" 67108864
	berth update --pids-limit 50 "$ID" || die "update failed"
	assert_eq "$(cat "$CG/pids.max")" 50
	assert_eq "$(prop $U TasksMax)" 50
	systemctl --user daemon-reload
	assert_eq "$(cat "$CG/pids.max")" 50
	assert_eq "$(cat "$CG/memory.max")" 67108864
	berth delete --force "$ID" || die "delete failed"
	assert_clean
}

# XDG_RUNTIME_DIR may be missing: the user's folder is known from the map. Without a message bus, the manager's own socket.
test_ways_to_the_manager()
{
	local dir=/mnt/test/runtime
	sd_bundle
	env -i "${inside[@]}" "$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1 ||
		die "create without XDG_RUNTIME_DIR failed"
	env -i "${inside[@]}" "$BERTH" --root "$STATE" delete --force "$ID" || die "delete failed"
	assert_clean
	mkdir -p "$dir"
	ln -s "$XDG_RUNTIME_DIR/systemd" "$dir/systemd"
	env -i XDG_RUNTIME_DIR="$dir" "${inside[@]}" "$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" \
		</dev/null >/dev/null 2>"$B/err" || die "create over the private socket: $(<"$B/err")"
	assert_eq "$(prop $U ActiveState)" active
	env -i XDG_RUNTIME_DIR="$dir" "${inside[@]}" "$BERTH" --root "$STATE" delete --force "$ID" || die "delete failed"
	assert_clean
	mkdir "$dir/none"
	env -i XDG_RUNTIME_DIR="$dir/none" "${inside[@]}" "$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" \
		</dev/null >/dev/null 2>"$B/err" && die "no failure"
	assert_match "$(<"$B/err")" "connect to the user manager of systemd at unix:path=$dir/none/bus .*: no such file"
	assert_clean
}

# No engine: the user's own process asks the manager, and the container has a user namespace of its own.
test_called_by_the_user()
{
	. "$REPO/tests/integration/rootless.inc"
	USER_ID=sd1 user_bundle /bin/sleep 100
	cfg --arg p "user.slice:test:$ID" '.linux.cgroupsPath = $p | .linux.resources = {pids: {limit: 40}}'
	"$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" >"$B/out" 2>"$B/err" </dev/null || die "$(<"$B/err")"
	assert_eq "$(cat "$CG/container/cgroup.procs")" "$(pid_of)"
	assert_eq "$(cat "$CG/pids.max")" 40
	start_ok
	rt_ok exec "$ID" /bin/cat /proc/self/uid_map
	assert_match "$OUT" "^ *0 +$(id -u) +1$"
	rt_ok pause "$ID"
	rt_ok resume "$ID"
	delete_ok --force
	assert_clean
}
