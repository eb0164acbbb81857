# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# ps, pause, resume, update, events, spec and features.

. "$REPO/tests/integration/commands.inc"

# --- ps ------------------------------------------------------------------------------------------------------------

test_ps_json()
{
	bundle_new
	args /bin/sh -c 'sleep 1000 & sleep 1000 & wait'
	up
	wait_for 5 children_are 3 || die "not three processes"
	assert_eq "$(jq -c 'sort' <<<"$OUT")" "$(sort -n "$(cgroup_dir)/cgroup.procs" | jq -cs .)"
	rt_ok ps -f json "$ID"
	rt_ok ps --format=json "$ID"
	assert_eq "$(jq length <<<"$OUT")" 3
	delete_ok --force
}

test_ps_sees_cgroups_below()
{
	local dir
	sleeper
	ns_del cgroup
	up
	dir=$(cgroup_dir)
	mkdir "$dir/below"
	sleep 1000 &
	echo $! >"$dir/below/cgroup.procs"
	rt_ok ps --format json "$ID"
	assert_eq "$(jq -c 'sort' <<<"$OUT")" "$(jq -cn --argjson a "$(pid_of)" --argjson b $! '[$a, $b] | sort')"
	delete_ok --force
	wait $! 2>/dev/null
	assert_clean
}

test_ps_table()
{
	local pid
	sleeper
	up
	pid=$(pid_of)
	rt_ok ps "$ID"
	assert_eq "$(wc -l <<<"$OUT")" 2
	assert_match "$(head -n 1 <<<"$OUT")" '^UID +PID +PPID .*CMD'
	assert_match "$(tail -n 1 <<<"$OUT")" "^root +$pid .*sleep 1000"
	rt_ok ps --format table "$ID" -o pid,comm -e
	assert_eq "$(wc -l <<<"$OUT")" 2
	assert_re "^ *$pid +sleep"
	# one argument with all of it, as engines send it
	rt_ok ps --format table "$ID" -eopid,args
	assert_re "^ *$pid +/bin/sleep 1000"
	rt_ok ps "$ID" aux
	assert_re "^root +$pid "
	(
		unset PATH
		rt_ok ps "$ID"
	) || exit 1
	delete_ok --force
}

test_ps_table_bad_options()
{
	sleeper
	up
	rt_fails 'no column PID' ps "$ID" -o comm
	rt_fails 'ps: exit status 1' ps "$ID" --no-such-option
	rt_fails 'invalid format "yaml"' ps --format yaml "$ID"
	delete_ok --force
}

# The command line is the container's to choose; it must not pass for a line of somebody else.
test_ps_table_hostile_name()
{
	bundle_new
	args /bin/sh -c 'sleep 1000' $'x\nroot 1 0 0 10:00 ? 00:00:00 init'
	up
	rt_ok ps "$ID"
	assert_re 'sleep 1000'
	assert_no_re '^root +1 '
	delete_ok --force
}

# --- pause and resume ----------------------------------------------------------------------------------------------

test_pause_and_resume()
{
	local dir
	bundle_new
	args /bin/sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/tmp/n; done'
	up
	dir=$(cgroup_dir)
	rt_ok pause "$ID"
	assert_eq "$(status)" paused
	assert_match "$(<"$dir/cgroup.events")" 'frozen 1'
	local n
	n=$(<"$B/rootfs/tmp/n")
	sleep 0.1
	assert_eq "$(<"$B/rootfs/tmp/n")" "$n"
	rt_ok pause "$ID"
	assert_eq "$(status)" paused
	rt_ok resume "$ID"
	assert_eq "$(status)" running
	assert_match "$(<"$dir/cgroup.events")" 'frozen 0'
	rt_ok resume "$ID"
	assert_eq "$(status)" running
	delete_ok --force
	assert_clean
}

# --- update --------------------------------------------------------------------------------------------------------

test_update_bad_input()
{
	local v
	sleeper
	up
	for v in 1x -2 k 99999999999999999999 ' 1' 1.5g 0x10; do
		rt_fails "^berth update c1: --memory: invalid value \"$v\"" update --memory="$v" "$ID"
	done
	rt_fails 'pids-limit: invalid value "many"' update --pids-limit many "$ID"
	rt_fails 'cpu-period: invalid value "-1"' update --cpu-period -1 "$ID"
	rt_fails 'has no linux.intelRdt' update --l3-cache-schema L3:0=f "$ID"
	rt_fails 'no such file or directory' update --resources /no/such/file "$ID"
	rt_fails 'is not a regular file' update --resources /dev/zero "$ID"
	echo '{' >r.json
	rt_fails 'r.json' update -r r.json "$ID"
	echo '{"memory": {"limit": "many"}}' >r.json
	rt_fails 'memory.limit' update -r r.json "$ID"
	echo '{"pids": {"limit": 1.5}}' >r.json
	rt_fails 'pids.limit' update -r r.json "$ID"
	echo '[]' >r.json
	rt_fails 'r.json' update -r r.json "$ID"
	rt_fails 'memory.kernel' update --kernel-memory 100m "$ID"
	rt_fails 'realtime' update --cpu-rt-runtime 100 "$ID"
	delete_ok --force
	assert_clean
}

test_update_document()
{
	sleeper
	up
	echo '{}' >r.json
	rt_ok update --resources r.json "$ID"
	"$BERTH" --root "$STATE" update --resources - "$ID" <r.json || die "from stdin"
	echo '{}' | "$BERTH" --root "$STATE" update --resources=- "$ID" || die "from a pipe"
	# device rules of an update are ignored: engines send this along with everything
	echo '{"devices": [{"allow": false, "access": "rwm"}], "unknown": 1}' >r.json
	rt_ok update -r r.json "$ID"
	rt_ok exec "$ID" /bin/sh -c 'echo >/dev/null && head -c 1 /dev/zero' || die "devices are gone"
	delete_ok --force
}

test_update_hugetlb()
{
	has_controller hugetlb || skip "no hugetlb controller"
	sleeper
	cfg '.linux.resources = {hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	up
	local f
	f=$(cgroup_dir)/hugetlb.2MB.max
	assert_eq "$(<"$f")" 4194304
	echo '{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}' >r.json
	rt_ok update -r r.json "$ID"
	assert_eq "$(<"$f")" 2097152
	# all or nothing
	echo '{"hugepageLimits": [{"pageSize": "2MB", "limit": 8388608}], "unified": {"no.such": "1"}}' >r.json
	rt_fails 'unified' update -r r.json "$ID"
	assert_eq "$(<"$f")" 2097152
	delete_ok --force
	assert_clean
}

# An update of a container that was made without any limit.
test_update_of_unlimited_container()
{
	has_controller hugetlb || skip "no hugetlb controller"
	sleeper
	up
	echo '{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}' >r.json
	rt_ok update -r r.json "$ID"
	assert_eq "$(<"$(cgroup_dir)/hugetlb.2MB.max")" 2097152
	delete_ok --force
}

test_update_limits()
{
	local dir c
	for c in memory cpu pids; do
		has_controller $c || skip "no $c controller"
	done
	sleeper
	up
	dir=$(cgroup_dir)
	rt_ok update --memory 100m --memory-reservation 50m --pids-limit 20 --cpu-quota 50000 --cpu-period 100000 "$ID"
	assert_eq "$(<"$dir/memory.max")" 104857600
	assert_eq "$(<"$dir/memory.low")" 52428800
	assert_eq "$(<"$dir/pids.max")" 20
	assert_eq "$(<"$dir/cpu.max")" "50000 100000"
	echo '{"cpu": {"quota": 30000}}' >r.json
	rt_ok update -r r.json "$ID"
	assert_eq "$(<"$dir/cpu.max")" "30000 100000"
	rt_ok update --memory-swap 150m "$ID"
	assert_eq "$(<"$dir/memory.swap.max")" 52428800
	rt_ok update --memory -1 --pids-limit -1 --cpu-quota -1 "$ID"
	assert_eq "$(<"$dir/memory.max")" max
	assert_eq "$(<"$dir/pids.max")" max
	assert_match "$(<"$dir/cpu.max")" '^max '
	delete_ok --force
}

test_update_without_controller()
{
	has_controller memory && skip "there is a memory controller"
	sleeper
	up
	rt_fails 'memory' update --memory 100m "$ID"
	rt_fails 'memory' update --memory-swap 100m "$ID"
	has_controller pids || rt_fails 'pids' update --pids-limit 10 "$ID"
	assert_eq "$(status)" running
	delete_ok --force
}

# --- events --------------------------------------------------------------------------------------------------------

test_events_stats()
{
	sleeper
	# a controller that nobody needs is not switched on
	has_controller memory && cfg '.linux.resources.memory.limit = 104857600'
	has_controller pids && cfg '.linux.resources.pids.limit = 100'
	up
	rt_ok events --stats "$ID"
	assert_eq "$(wc -l <<<"$OUT")" 1
	assert_eq "$(jq -c '[.type, .id, (.data | type)]' <<<"$OUT")" '["stats","c1","object"]'
	assert_eq "$(jq -r '.data.cpu.usage.total | type' <<<"$OUT")" number
	has_controller memory && assert_eq "$(jq -r '.data.memory.usage.usage | type' <<<"$OUT")" number
	has_controller pids && assert_eq "$(jq -r '.data.pids.current' <<<"$OUT")" 1
	delete_ok --force
}

test_events_end_with_the_container()
{
	local n begin
	sleeper
	up
	begin=$(date +%s%N)
	"$BERTH" --root "$STATE" events --interval 100ms "$ID" >ev.out 2>ev.err &
	wait_for 5 file_has ev.out stats || die "no statistics"
	sleep 0.5
	rt_ok kill "$ID" KILL
	wait $! || die "events failed: $(<ev.err)"
	assert_eq "$(<ev.err)" ""
	n=$(wc -l <ev.out)
	# one each 100 ms of the time that it took, and no more
	[ "$n" -ge 3 ] && [ "$n" -le $((($(date +%s%N) - begin) / 100000000 + 3)) ] || die "$n lines"
	assert_eq "$(jq -r .type <ev.out | sort -u)" stats
	delete_ok
	assert_clean
}

test_events_do_not_lock()
{
	sleeper
	up
	"$BERTH" --root "$STATE" events "$ID" >ev.out 2>ev.err &
	wait_for 5 file_has ev.out stats || die "no statistics"
	delete_ok --force
	wait $! || die "events failed: $(<ev.err)"
	assert_clean
}

test_events_bad_interval()
{
	local d
	sleeper
	up
	for d in 0 0s 5 s -1s +1s 1x 1e3s inf nan 1s1 1.2.3s .s ' 1s' '1 s' 0.0s 0x1s 999999999h 99999999999999999999s ''; do
		rt_fails 'invalid duration' events --stats --interval="$d" "$ID"
	done
	for d in 1s 500ms 1m30s 1.5h .5s 2us 1.000000000000000000000000000001s; do
		rt_ok events --stats --interval "$d" "$ID"
	done
	delete_ok --force
}

test_events_oom()
{
	has_controller memory || skip "no memory controller"
	bundle_new
	cfg '.linux.resources = {memory: {limit: 16777216, swap: 16777216}}'
	args /bin/sh -c 'sleep 0.5; (head -c 200m /dev/zero | tail -c 200m >/dev/null); sleep 2'
	up
	"$BERTH" --root "$STATE" events --interval 1h "$ID" >ev.out 2>ev.err
	assert_eq "$(jq -cs 'map(select(.type == "oom"))[0]' <ev.out)" '{"type":"oom","id":"c1"}'
	delete_ok --force
}

# --- spec ----------------------------------------------------------------------------------------------------------

test_spec_makes_a_config_that_runs()
{
	bundle_new
	rm "$B/config.json"
	rt_ok spec --bundle "$B"
	assert_eq "$OUT" ""
	assert_eq "$(stat -c %a "$B/config.json")" 644
	assert_eq "$(jq -r .ociVersion "$B/config.json")" 1.3.0
	cfg '.process.terminal = false'
	args /bin/echo hello
	run_ok
	assert_eq "$OUT" hello
	assert_clean
}

test_spec_rootless()
{
	bundle_new
	rm "$B/config.json"
	cd "$B" || die cd
	rt_ok spec --rootless
	assert_eq "$(jq -r '[.linux.namespaces[].type] | index("user") != null' config.json)" true
	assert_eq "$(jq -c '.linux.uidMappings | length' config.json)" 1
	cfg '.process.terminal = false'
	args /bin/echo hello
	run_ok
	assert_eq "$OUT" hello
	assert_clean
}

test_spec_replaces_nothing()
{
	mkdir d
	echo mine >d/config.json
	rt_fails 'config.json exists: remove it first' spec -b d
	assert_eq "$(<d/config.json)" mine
	rm d/config.json
	ln -s /mnt/test/elsewhere d/config.json
	rt_fails 'exists' spec -b d
	[ ! -e elsewhere ] || die "a link was followed"
	rt_fails 'no such file or directory' spec -b nowhere
	rt_fails 'not a directory' spec -b /dev/null
}
