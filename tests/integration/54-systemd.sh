# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# The systemd driver against a manager that is played (tests/probe/systemd-mock.c) on a message bus of the test's own:
# what is asked of it, in which words, and what its answers do. The real one: system-systemd.sh, rootless-systemd.sh.

. "$REPO/tests/integration/systemd.inc"
. "$REPO/tests/integration/systemd-mock.inc"

sd_created()
{
	local c
	asked "StartTransientUnit test-c1.scope fail"
	asked "Slice=s system.slice"
	asked "Delegate=b 1"
	asked "DefaultDependencies=b 0"
	asked "CollectMode=s inactive-or-failed"
	for c in CPU Memory Tasks IO; do
		asked "${c}Accounting=b 1"
	done
}

test_life_cycle()
{
	manager
	sd_life
	asked "StopUnit test-c1.scope replace"
	assert_clean
}

test_run_and_delete_force()
{
	manager
	sd_bundle
	sd_is_in /system.slice/test-c1.scope/container
	asked "StopUnit test-c1.scope replace"
	assert_clean
	args /bin/sleep 100
	rt_ok --cgroup-manager systemd run --detach --bundle "$B" "$ID" >/dev/null 2>&1
	delete_ok --force
	assert_clean
}

# The cgroup namespace's root is the container's cgroup: the process was in it when the namespace was made.
test_born_in_the_cgroup()
{
	manager
	sd_bundle
	ns_add cgroup
	sd_is_in /
	assert_clean
}

# shows: linux.cgroupsPath.systemd
test_names()
{
	manager
	sd_names "a-b-c.slice:p:n|/a.slice/a-b.slice/a-b-c.slice/p-n.scope/container" ":crio:n|/system.slice/crio-n.scope/container" \
		"system.slice::n|/system.slice/n.scope/container" "|/system.slice/berth-c1.scope/container" "-.slice:p:n|/p-n.scope/container" \
		"a.slice:x:a-b.slice|/a.slice/a-b.slice"
}

# A slice lives without processes, and cannot delegate.
test_slice_unit()
{
	manager
	sd_bundle kubepods.slice:x:kubepods-pod1.slice
	sd_create
	asked "StartTransientUnit kubepods-pod1.slice fail"
	asked "Wants=as kubepods.slice"
	not_asked '^(PIDs|Slice|Delegate)='
	assert_eq "$(cgroup_of "$(pid_of)")" /kubepods.slice/kubepods-pod1.slice
	delete_ok --force
	asked "StopUnit kubepods-pod1.slice replace"
	assert_clean
}

# shows: linux.cgroupsPath.invalid linux.cgroupsPath.invalid.error
test_refused_paths()
{
	manager
	local path
	for path in /docker/c1 system.slice a.slice:b:c:d "system:p:n" "a/../b.slice:p:n" "a--b.slice:p:n" "a.slice:p:../x" \
		"b.slice:x:a-b.slice"; do
		sd_bundle "$path"
		sd_fails 'linux\.cgroupsPath'
		rm -rf "$B"
	done
	not_asked .
}

# Without the driver the same text is the name of a cgroup.
test_literal_without_the_driver()
{
	sd_bundle system.slice:docker:abc
	args /bin/cat /proc/self/cgroup
	ns_del cgroup
	run_ok
	assert_line 0::/system.slice:docker:abc
	assert_clean
}

# pids_max: of the scope's cgroup and of the container's
pids_max()
{
	cat /sys/fs/cgroup/system.slice/test-c1.scope/pids.max /sys/fs/cgroup/system.slice/test-c1.scope/container/pids.max |
		tr '\n' ' ' | sed 's/ $//'
}

test_limits_are_properties()
{
	needs_controller pids
	manager
	sd_bundle
	cfg '.linux.resources.pids.limit = 20 | .linux.resources.unified = {}'
	sd_create
	asked "TasksMax=t 20"
	assert_eq "$(pids_max)" "20 20"
	: >"$SD/log"
	rt_ok update --pids-limit 30 "$ID"
	asked "SetUnitProperties test-c1.scope 1"
	asked "TasksMax=t 30"
	assert_eq "$(pids_max)" "30 30"
	# the manager refuses: the kernel's value is the old one again
	mode error org.freedesktop.DBus.Error.AccessDenied
	rt_fails "AccessDenied: the manager's own words" update --pids-limit 40 "$ID"
	assert_eq "$(pids_max)" "30 30"
	mode ok
	delete_ok --force
	assert_clean
}

test_low_pids_limit()
{
	needs_controller pids
	manager
	sd_low_pids
}

test_annotations()
{
	manager
	sd_bundle
	cfg '.annotations = {"org.systemd.property.KillSignal": "15", "org.systemd.property.TimeoutStopSec": "10",
		"org.systemd.property.DefaultDependencies": "true", "org.systemd.property.After": "[\u0027crio.service\u0027]",
		"org.systemd.property.DeviceAllow": "[(\u0027/dev/null\u0027, \u0027rw\u0027)]",
		"org.systemd.property.TimeoutStopUSec": "uint64 30000000"}'
	sd_create
	asked "KillSignal=i 15"
	asked "TimeoutStopUSec=t 30000000"
	asked "DefaultDependencies=b 1"
	asked "After=as crio.service"
	asked "DeviceAllow=a(ss) /dev/null,rw"
	not_asked 'TimeoutStopSec|TimeoutStopUSec=t 10000000|DefaultDependencies=b 0'
	delete_ok --force
	assert_clean
	: >"$SD/log"
	cfg '.annotations = {"org.systemd.property.PIDs": "[uint32 1]"}'
	sd_fails 'annotations..org.systemd.property.PIDs..: is managed by the runtime'
	cfg '.annotations = {"org.systemd.property.After": "crio.service"}'
	sd_fails 'annotations..org.systemd.property.After..: is not a value in GVariant text format'
	not_asked .
	# without the driver they are nobody's business
	run_status 0 --detach >/dev/null 2>&1
	delete_ok --force
	assert_clean
}

test_answers_of_the_manager()
{
	manager
	sd_bundle
	mode job failed
	sd_fails 'start unit "test-c1.scope": the job of systemd ended with "failed"'
	mode error org.freedesktop.DBus.Error.AccessDenied
	sd_fails "start unit \"test-c1.scope\": systemd answered org.freedesktop.DBus.Error.AccessDenied: the manager's own words"
	mode active
	sd_fails 'a unit of this name is active'
	: >"$SD/log"
	mode failed
	sd_create
	asked "ResetFailedUnit test-c1.scope"
	mode ok
	delete_ok --force
	assert_clean
	# the job's end may come before the answer that names the job
	mode early
	sd_create
	delete_ok --force
	assert_clean
}

# killed_while_starting PATH UNIT: create is killed when the manager has made the unit, and delete has the manager remove it
killed_while_starting()
{
	sd_bundle "$1"
	mode silent
	"$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null &
	wait_for 10 file_has "$SD/log" "^StartTransientUnit $2" || die "not asked for $2"
	wait_for 5 unit_has_cgroup "$2" || die "no cgroup of $2"
	kill -KILL $!
	wait $! 2>/dev/null
	wait_for 5 unit_is_empty "$2" || die "the process that holds $2 is there"
	mode ok
	delete_ok --force
	asked "StopUnit $2 replace"
	assert_clean
	: >"$SD/log"
}

unit_has_cgroup()
{
	[ -n "$(find /sys/fs/cgroup -name "$1" -type d)" ]
}

# The manager that is played waits for no process to end.
unit_is_empty()
{
	file_has "$(find /sys/fs/cgroup -name "$1" -type d)/cgroup.events" "populated 0"
}

# systemd ends no slice by itself, and no scope whose process died while it was put into it.
test_create_killed_while_the_unit_starts()
{
	manager
	killed_while_starting system.slice:test:c1 test-c1.scope
	killed_while_starting a.slice:x:a-b.slice a-b.slice
}

# Another one's unit, which has the name of ours, is not stopped.
test_unit_of_another()
{
	manager
	sd_bundle
	mode silent
	"$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null &
	wait_for 10 unit_has_cgroup test-c1.scope || die "not started"
	kill -KILL $!
	wait $! 2>/dev/null
	wait_for 5 unit_is_empty test-c1.scope || die "the process that holds it is there"
	mode description "of another"
	delete_ok --force
	asked "Description test-c1.scope"
	not_asked StopUnit
	unit_has_cgroup test-c1.scope || die "it is gone"
	rmdir /sys/fs/cgroup/system.slice/test-c1.scope /sys/fs/cgroup/system.slice
	assert_clean
}

# The job that create waits for never ends: an error after half a minute. A unit that cannot be stopped either is not forgotten.
test_job_that_never_ends()
{
	local begin=$SECONDS other pid
	manager
	mode silent a-b.slice
	sd_bundle a.slice:x:a-b.slice other
	cfg '.annotations["org.systemd.property.Description"] = "\u0027their own words\u0027"' # the mark is there all the same
	other=$B
	"$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" other >"$B/out" 2>&1 </dev/null &
	pid=$!
	sd_bundle
	rt_fails 'start unit "test-c1.scope": the job of systemd did not end in 30 seconds' \
		--systemd-cgroup create --bundle "$B" "$ID"
	[ $((SECONDS - begin)) -ge 29 ] || die "it did not wait"
	asked "StopUnit test-c1.scope replace"
	wait $pid && die "create of a slice worked"
	assert_match "$(<"$other/out")" 'start unit "a-b.slice": the job of systemd did not end in 30 seconds'
	ID=other has_status creating || die "no record of the slice: $(ID=other status)"
	mode ok
	: >"$SD/log"
	ID=other delete_ok --force
	asked "StopUnit a-b.slice replace"
	assert_clean
}

# A call that is not answered says nothing about a unit of this name: it is stopped if it is ours.
test_start_that_is_not_answered()
{
	manager
	sd_bundle
	args /bin/sleep 100
	sd_create
	mode deaf
	ID=second rt_fails 'start unit "test-c1.scope": systemd did not answer in 30 seconds' --systemd-cgroup create --bundle "$B" second
	asked "Description test-c1.scope"
	not_asked "^StopUnit test-c1.scope"
	mode ok
	has_status created || die "$(status)"
	[ ! -e "$STATE/second" ] || die "left: $(ls "$STATE/second")"
	delete_ok --force
	assert_clean
}

# What nobody can have made is not looked for: a user whose bus has no manager could never delete it.
test_no_manager_behind_the_bus()
{
	manager
	kill "$(pgrep -P $$ -x systemd-mock)"
	wait_for 5 eval '! pgrep -P $$ -x systemd-mock'
	sd_bundle
	export DBUS_SESSION_BUS_ADDRESS=$DBUS_SYSTEM_BUS_ADDRESS
	unshare --user --map-root-user --mount "$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" >/dev/null 2>"$B/err" </dev/null &&
		die "create worked"
	assert_match "$(<"$B/err")" 'start unit "test-c1.scope": systemd answered org.freedesktop.DBus.Error.ServiceUnknown'
	[ ! -e "$STATE/$ID" ] || die "left: $(ls "$STATE/$ID")"
	assert_clean
}

# A property that the manager is too old for is left out when the file does without it.
test_old_manager()
{
	manager
	sd_bundle
	grep -qw cpu /sys/fs/cgroup/cgroup.controllers || skip "no cpu controller here"
	cfg '.linux.resources.cpu.idle = 1'
	mode old CPUWeight
	sd_create
	assert_eq "$(cat /sys/fs/cgroup/system.slice/test-c1.scope/cpu.idle)" 1
	delete_ok --force
	mode old Delegate
	sd_fails 'PropertyReadOnly'
}

test_without_a_bus()
{
	bundle_new
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=/mnt/test/none rt_fails \
		'connect to the system manager of systemd at unix:path=/mnt/test/none .*: no such file or directory' \
		--systemd-cgroup create --bundle "$B" "$ID"
	rt_fails 'connect to the system manager of systemd at unix:path=/run/dbus/system_bus_socket' \
		--systemd-cgroup create --bundle "$B" "$ID"
	assert_clean
}

test_without_the_library()
{
	local lib
	bundle_new
	lib=$(ldconfig -p | sed -n 's/.*libsystemd\.so\.0 .*=> //p' | head -n 1)
	[ -n "$lib" ] || skip "no libsystemd here"
	mount --bind /dev/null "$lib"
	rt_fails 'libsystemd\.so\.0: install the package libsystemd0' --systemd-cgroup create --bundle "$B" "$ID"
	umount "$lib"
	assert_clean
}

# The bus is gone when a container is deleted: its cgroup goes all the same.
test_delete_without_a_manager()
{
	manager
	sd_bundle
	sd_create
	mode error org.freedesktop.DBus.Error.Failed
	delete_ok --force
	[ ! -d /sys/fs/cgroup/system.slice/test-c1.scope ] || die "the cgroup is there"
	rmdir /sys/fs/cgroup/system.slice
	mode ok
	sd_create
	kill %1
	wait %1 2>/dev/null
	delete_ok --force
	[ ! -d /sys/fs/cgroup/system.slice/test-c1.scope ] || die "the cgroup is there"
	rmdir /sys/fs/cgroup/system.slice
	assert_clean
}

# A record that is damaged does not say which unit it is, but what is noted of the cgroup does.
test_damaged_record()
{
	local path unit
	manager
	for path in system.slice:test:c1 a.slice:x:a-b.slice; do
		sd_bundle "$path"
		sd_create
		: >"$STATE/$ID/state.json"
		delete_ok --force
		unit=test-c1.scope
		[ "$path" = system.slice:test:c1 ] || unit=a-b.slice
		asked "StopUnit $unit replace"
		# the manager that is played waits for no process to end, and keeps the slice
		rmdir "/sys/fs/cgroup/${path%%:*}" 2>/dev/null
		assert_clean
	done
}

# No slice ends by itself: what it holds is ended, and the record stays until systemd was told.
test_slice_is_deleted_without_a_bus()
{
	local pid
	manager
	sd_bundle a.slice:x:a-b.slice
	sd_create
	start_ok
	pid=$(pid_of)
	without_a_bus 'unit "a-b.slice" is left for another delete: connect to the system manager' delete --force "$ID"
	[ ! -e "/proc/$pid" ] || ! file_has "/proc/$pid/status" '^State:.[^Z]' || die "the process lives"
	! unit_has_cgroup a-b.slice || die "the cgroup is there"
	has_status stopped || die "$(status)"
	without_a_bus 'unit "a-b.slice" is left' delete --force "$ID"
	not_asked StopUnit
	delete_ok
	asked "StopUnit a-b.slice replace"
	rmdir /sys/fs/cgroup/a.slice # the manager that is played looks no further than the cgroup that is gone
	assert_clean
}

# systemd ends a scope, and removes its cgroup, as soon as it is empty: before delete.
test_scope_ends_first()
{
	manager
	sd_bundle
	args /bin/true
	sd_create
	start_ok
	wait_status stopped
	rmdir /sys/fs/cgroup/system.slice/test-c1.scope/container /sys/fs/cgroup/system.slice/test-c1.scope
	mode error org.freedesktop.systemd1.NoSuchUnit
	rt_fails 'container not running' update --pids-limit 3 "$ID"
	delete_ok
	rmdir /sys/fs/cgroup/system.slice
	assert_clean
}

# Whoever uses another driver pays nothing: the library is not even opened.
test_library_is_not_opened()
{
	bundle_new
	args /bin/true
	strace -f -e trace=openat,connect -o "$B/trace" "$BERTH" --root "$STATE" run --bundle "$B" "$ID" || die "run failed"
	! grep -E 'libsystemd|AF_UNIX' "$B/trace" || die "systemd was looked for"
	assert_clean
}
