# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# The systemd driver with the system manager.

. "$REPO/tests/integration/systemd.inc"

# prop UNIT NAME
prop()
{
	systemctl show --value --property="$2" "$1"
}

unit_gone()
{
	[ "$(prop "$1" LoadState)" = not-found ]
}

CG=/sys/fs/cgroup/system.slice/test-c1.scope
U=test-c1.scope

sd_created()
{
	assert_eq "$(prop $U ActiveState)" active
	assert_eq "$(prop $U Slice)" system.slice
	assert_eq "$(prop $U Delegate)" yes
	assert_eq "$(prop $U DefaultDependencies)" no
}

test_life_cycle()
{
	sd_life
	unit_gone $U || die "unit is left: $(prop $U ActiveState)"
	assert_clean
}

test_born_in_the_cgroup()
{
	sd_bundle
	ns_add cgroup
	sd_is_in /
	assert_clean
}

sd_stop_slices()
{
	systemctl stop a.slice ab.slice
}

# shows: linux.cgroupsPath.systemd linux.cgroupsPath.default
test_names()
{
	sd_names "a-b-c.slice:p:n|/a.slice/a-b.slice/a-b-c.slice/p-n.scope/container" ":crio:n|/system.slice/crio-n.scope/container" \
		"system.slice::n|/system.slice/n.scope/container" "|/system.slice/berth-c1.scope/container" "-.slice:p:n|/p-n.scope/container" \
		'|/system.slice/berth-c\x2b1.scope/container' "ab.slice:x:ab-c.slice|/ab.slice/ab-c.slice"
}

# Each limit is in the kernel's file, is known to the manager, and is still there after it has read everything anew.
check_limits()
{
	local row
	for row in "$@"; do
		assert_eq "$(cat "$CG/${row%%=*}")" "${row#*=}" "${row%%=*}"
		assert_eq "$(cat "$CG/container/${row%%=*}")" "${row#*=}" "${row%%=*} of the container's own cgroup"
	done
}

test_limits()
{
	local want
	sd_bundle
	cfg '.linux.resources = {pids: {limit: 50}, memory: {limit: 67108864, swap: 100663296, reservation: 33554432},
		cpu: {shares: 2048, quota: 50000, period: 100000}, unified: {"memory.high": "60000000"}}'
	sd_create
	want=(pids.max=50 memory.max=67108864 memory.low=33554432 memory.high=59998208 "cpu.max=50000 100000" cpu.weight=174)
	[ ! -e $CG/memory.swap.max ] || want+=(memory.swap.max=33554432)
	check_limits "${want[@]}"
	assert_eq "$(prop $U TasksMax)" 50
	assert_eq "$(prop $U MemoryMax)" 67108864
	assert_eq "$(prop $U MemorySwapMax)" 33554432
	assert_eq "$(prop $U MemoryLow)" 33554432
	assert_eq "$(prop $U CPUWeight)" 174
	assert_eq "$(prop $U CPUQuotaPerSecUSec)" 500ms
	systemctl daemon-reload
	check_limits "${want[@]}"
	rt_ok update --memory 33554432 --memory-swap 33554432 --pids-limit 60 --cpu-quota 12345 "$ID"
	want=(pids.max=60 memory.max=33554432 "cpu.max=12345 100000" cpu.weight=174 memory.high=59998208)
	check_limits "${want[@]}"
	assert_eq "$(prop $U TasksMax)" 60
	assert_eq "$(prop $U MemoryMax)" 33554432
	assert_eq "$(prop $U CPUQuotaPerSecUSec)" 130ms
	# what the manager makes of it when it starts anew is a whole percent, never less than asked
	systemctl daemon-reload
	check_limits pids.max=60 memory.max=33554432 cpu.weight=174
	assert_match "$(cat $CG/cpu.max)" '^1(2345|3000) 100000$'
	delete_ok --force
	assert_clean
}

test_cpuset_and_weights()
{
	sd_bundle
	grep -qw cpuset /sys/fs/cgroup/cgroup.controllers || skip "no cpuset controller"
	cfg '.linux.resources = {cpu: {cpus: "0", mems: "0", idle: 1}}'
	sd_create
	check_limits cpuset.cpus=0 cpuset.mems=0
	assert_eq "$(prop $U AllowedCPUs)" 0
	[ ! -e $CG/cpu.idle ] || check_limits cpu.idle=1
	systemctl daemon-reload
	check_limits cpuset.cpus=0 cpuset.mems=0
	delete_ok --force
	assert_clean
}

# A value that the kernel refuses changes nothing, in the files or in the manager.
test_update_is_atomic()
{
	sd_bundle
	cfg '.linux.resources = {pids: {limit: 50}, memory: {limit: 67108864}}'
	sd_create
	jq -n '{pids: {limit: 70}, unified: {"memory.high": "nonsense"}}' >"$B/update.json"
	rt_fails 'unified.*memory\.high' update --resources "$B/update.json" "$ID"
	check_limits pids.max=50 memory.max=67108864
	assert_eq "$(prop $U TasksMax)" 50
	delete_ok --force
	assert_clean
}

test_low_pids_limit()
{
	sd_low_pids
}

test_annotations()
{
	sd_bundle
	cfg '.annotations = {"org.systemd.property.KillSignal": "10", "org.systemd.property.TimeoutStopSec": "7",
		"org.systemd.property.After": "[\u0027dbus.service\u0027]"}'
	sd_create
	assert_eq "$(prop $U KillSignal)" 10
	assert_eq "$(prop $U TimeoutStopUSec)" 7s
	assert_match "$(prop $U After)" 'dbus\.service'
	delete_ok --force
	assert_clean
	cfg '.annotations = {"org.systemd.property.NoSuchThing": "1"}'
	sd_fails 'start unit "test-c1.scope": systemd answered org.freedesktop.DBus.Error.PropertyReadOnly: '
	cfg '.annotations = {"org.systemd.property.TimeoutStopUSec": "\u0027soon\u0027"}'
	sd_fails 'start unit "test-c1.scope": systemd answered '
}

test_unit_that_exists()
{
	sd_bundle
	systemd-run --quiet --scope --unit=$U sleep 100 &
	wait_for 10 test -d $CG || die "no scope"
	rt_fails 'a unit of this name is active' --systemd-cgroup create --bundle "$B" "$ID"
	assert_eq "$(wc -l <$CG/cgroup.procs)" 1 "the other one's process lives"
	systemctl stop $U
	# one that has failed and stays: reset and replaced
	cfg '.annotations = {"org.systemd.property.CollectMode": "\u0027inactive\u0027", "org.systemd.property.RuntimeMaxSec": "1",
		"org.systemd.property.TimeoutStopSec": "1"}'
	sd_create
	start_ok
	wait_status stopped
	wait_for 10 is_failed || die "unit is $(prop $U ActiveState)"
	rm -rf "$STATE/c1"
	cfg '.annotations = {}'
	sd_create
	delete_ok --force
	assert_clean
}

is_failed()
{
	[ "$(prop $U ActiveState)" = failed ]
}

# The scope of a container that has ended is systemd's to remove; delete and a new one of the same name work at any time.
test_again_and_again()
{
	local i
	sd_bundle
	args /bin/true
	for i in $(seq 10); do
		rt_ok --systemd-cgroup run --bundle "$B" "$ID"
	done
	for i in $(seq 5); do
		sd_create
		start_ok
		wait_status stopped
		delete_ok
	done
	unit_gone $U || die "unit is left"
	assert_clean
}

# A rootless caller outside of what his manager has: moved there, and the container is born in its cgroup.
test_user_from_outside()
{
	local run
	id tester >/dev/null 2>&1 || skip "no user tester"
	loginctl enable-linger tester
	wait_for 30 test -S /run/user/1000/bus || die "no user manager"
	sd_bundle user.slice:test:c1
	ns_add cgroup
	args /bin/cat /proc/self/cgroup
	chown -R tester: "$B"
	run=(runuser -u tester -- env XDG_RUNTIME_DIR=/run/user/1000 unshare --user --map-auto --map-root-user --mount
		"$BERTH" --root /run/user/1000/berth-t --systemd-cgroup run)
	"${run[@]}" --bundle "$B" "$ID" >/mnt/test/out 2>&1 </dev/null || die "run: $(</mnt/test/out)"
	assert_eq "$(</mnt/test/out)" 0::/
	rmdir /run/user/1000/berth-t
	assert_clean
}

# systemd ends a scope with its last process and removes the cgroup: later commands know what that means.
test_scope_ends_with_the_container()
{
	sd_bundle
	args /bin/true
	sd_create
	start_ok
	wait_status stopped
	wait_for 10 unit_gone $U || die "unit is left: $(prop $U ActiveState)"
	[ ! -e $CG ] || die "cgroup is left"
	assert_eq "$(status)" stopped
	rt_fails 'container not running' update --pids-limit 3 "$ID"
	rt_fails 'container not running' exec "$ID" /bin/true
	delete_ok
	assert_clean
}

# A unit of another that has the name of ours, which ended, is not stopped by delete.
test_unit_of_another()
{
	sd_bundle
	args /bin/true
	sd_create
	start_ok
	wait_status stopped
	wait_for 10 unit_gone $U || die "unit is left: $(prop $U ActiveState)"
	systemd-run --quiet --scope --unit=$U sleep 100 &
	wait_for 10 test -d $CG || die "no scope"
	delete_ok
	assert_eq "$(prop $U ActiveState)" active
	systemctl stop $U
	assert_clean
}

# without_a_manager ARG...: the runtime where neither the bus nor the manager's own socket is
without_a_manager()
{
	unshare --mount --propagation private sh -c 'mount -t tmpfs none /run/dbus && mount -t tmpfs none /run/systemd && exec "$@"' sh \
		"$BERTH" --root "$STATE" "$@"
}

# Nothing tells the manager to stop the unit: it has to see by itself that the scope is empty, before the cgroup is removed.
test_delete_when_the_manager_cannot_be_asked()
{
	local i
	for i in 1 2 3 4 5 6 7 8; do
		sd_bundle
		sd_create
		without_a_manager delete --force "$ID" || die "exit status $?"
		wait_for 5 unit_gone $U || die "the unit is $(prop $U ActiveState)"
		rm -rf "$B"
	done
	assert_clean
}

# Nor does anything end a slice, then: the record stays until it was stopped.
test_slice_when_the_manager_cannot_be_asked()
{
	sd_bundle ab.slice:x:ab-c.slice
	sd_create
	! without_a_manager delete --force "$ID" 2>"$B/err" || die "it worked"
	assert_match "$(<"$B/err")" 'unit "ab-c.slice" is left for another delete: connect to the system manager'
	assert_eq "$(prop ab-c.slice ActiveState)" active
	assert_eq "$(status)" stopped
	delete_ok
	assert_eq "$(prop ab-c.slice ActiveState)" inactive
	systemctl stop ab.slice
	assert_clean
}

# berth-init is killed early, and systemd removes its cgroup: that is missed first, but it is not what happened.
test_first_process_that_is_killed()
{
	local n
	for n in {1..10} {1..10}; do
		sd_bundle
		cfg '.linux.resources += {memory: {limit: 50000000}, pids: {limit: 50}, cpu: {shares: 100}}'
		"$BUILD/tests/inject" -t 60 -o "$B/report" kill init "$n" init -- \
			"$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" >/dev/null 2>"$B/err" </dev/null
		assert_eq "$(<"$B/err")" "berth create $ID: berth-init was killed by signal 9" "at call $n"
		rt_ok delete --force "$ID"
		rm -rf "$B"
	done
	assert_clean
}
