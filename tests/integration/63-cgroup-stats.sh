# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# events: statistics in the shape that readers of runtime events know, out-of-memory kills while it runs.

. "$REPO/tests/integration/cgroups.inc"

needs_events()
{
	"$BERTH" events --help >/dev/null 2>&1 || skip "this runtime has no events"
}

# A container that has used some CPU time, memory and IO, with all controllers that there are here.
busy()
{
	local c
	needs_events
	for c in memory cpu pids io hugetlb; do
		! has_controller $c || needs $c
	done
	bundle_new
	mount_add /fill tmpfs tmpfs
	args /bin/sh -c 'head -c 8m /dev/zero >/fill/f; i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo busy >/tmp/done
		exec sleep 1000'
	up
	wait_for 20 file_has "$B/rootfs/tmp/done" busy || die "not busy"
}

# stat JQ: of the data of the last statistics, in $OUT
stat_of()
{
	jq -c "$1" <<<"$OUT"
}

# in_file FILE KEY: what a file of key and value lines says
in_file()
{
	sed -n "s/^$2 //p" "$(limits_dir)/$1"
}

test_stats_have_the_shape()
{
	busy
	rt_ok events --stats "$ID"
	assert_eq "$(wc -l <<<"$OUT")" 1
	assert_eq "$(stat_of 'keys')" '["data","id","type"]'
	assert_eq "$(stat_of '[.type, .id]')" "[\"stats\",\"$ID\"]"
	# nothing but objects of integers, and averages of pressure: what readers decode into their structs
	assert_eq "$(stat_of '[.data | .. | scalars | select(type != "number" and type != "string")]')" '[]'
	assert_eq "$(stat_of '.data.cpu.usage | keys')" '["kernel","total","user"]'
	! has_controller cpu ||
		assert_eq "$(stat_of '.data.cpu.throttling | keys')" '["periods","throttledPeriods","throttledTime"]'
	if has_controller memory; then
		assert_eq "$(stat_of '.data.memory | [.usage, .kernel, .kernelTCP] | map(keys) | unique')" \
			'[["failcnt","limit","max","usage"]]'
		assert_eq "$(stat_of '.data.memory.raw | [.anon, .file, .pgfault] | map(type) | unique')" '["number"]'
		assert_eq "$(stat_of '.data.memory.cache | type')" '"number"'
	fi
	if has_controller io; then
		assert_eq "$(stat_of '.data.blkio.ioServiceBytesRecursive | type')" '"array"'
		assert_eq "$(stat_of '[.data.blkio.ioServiceBytesRecursive[] | keys] | unique - [["major","minor","op","value"]]')" '[]'
	fi
	delete_ok --force
	assert_clean
}

# The numbers are those of the kernel's files, times in nanoseconds.
test_stats_are_the_kernels()
{
	local before after total
	busy
	before=$(in_file cpu.stat usage_usec)
	rt_ok events --stats "$ID"
	after=$(in_file cpu.stat usage_usec)
	total=$(stat_of '.data.cpu.usage.total')
	[ "$before" -gt 0 ] && [ "$total" -ge "${before}000" ] && [ "$total" -le "${after}000" ] ||
		die "cpu: $before us, $total ns, $after us"
	assert_eq "$(stat_of '.data.cpu.usage | .kernel + .user - .total | fabs < 2000')" true
	delete_ok --force
}

test_stats_of_memory()
{
	needs memory
	busy
	rt_ok pause "$ID"
	rt_ok events --stats "$ID"
	# counters of the processors are not added up at once
	assert_eq "$(stat_of ".data.memory.usage.usage - $(<"$(limits_dir)/memory.current") | fabs < 2097152")" true
	assert_eq "$(stat_of '.data.memory.usage.usage >= 8388608')" true
	assert_eq "$(stat_of '.data.memory.usage.max >= .data.memory.usage.usage')" true
	assert_eq "$(stat_of '.data.memory.raw.shmem >= 8388608')" true
	assert_eq "$(stat_of '.data.memory.raw.file == .data.memory.cache')" true
	assert_contains "$OUT" '"memory":{"usage":{"limit":18446744073709551615,' # no limit; jq would round it
	assert_eq "$(stat_of '.data.memory.events | keys')" "$(cut -d ' ' -f 1 "$(limits_dir)/memory.events" | jq -cRn '[inputs] | sort')"
	rt_ok resume "$ID"
	rt_ok update --memory 67108864 "$ID"
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '.data.memory.usage.limit')" 67108864
	delete_ok --force
}

# Swap is told as v1 counted it: with the memory.
test_stats_of_swap()
{
	needs memory
	[ -e /proc/swaps ] || skip "no swap in this kernel"
	needs_events
	sleeper
	set_limits '{"memory": {"limit": 67108864, "swap": 100663296}}'
	up
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '.data.memory.swap.limit')" 100663296
	assert_eq "$(stat_of '.data.memory.swap.usage >= .data.memory.usage.usage')" true
	delete_ok --force
}

test_stats_of_pids()
{
	needs pids
	busy
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '.data.pids.current')" 1
	rt_ok update --pids-limit 33 "$ID"
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '.data.pids')" '{"current":1,"limit":33}'
	delete_ok --force
}

test_stats_of_throttling()
{
	needs cpu
	needs_events
	bundle_new
	set_limits '{"cpu": {"quota": 2000, "period": 20000}}'
	args /bin/sh -c 'while :; do :; done'
	up
	wait_for 10 file_has "$(limits_dir)/cpu.stat" '^nr_throttled [1-9]' || die "not throttled"
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '.data.cpu.throttling | .periods >= .throttledPeriods and .throttledPeriods > 0 and .throttledTime > 0')" true
	delete_ok --force
}

test_stats_of_io()
{
	local dev
	needs io
	needs_events
	some_disk >/dev/null || skip "no disk"
	# on a disk: the root file system of this machine
	mkdir -p /var/tmp/berth-test-io
	bundle_new
	mount_add /disk none /var/tmp/berth-test-io bind
	args /bin/sh -c 'busybox dd if=/dev/zero of=/disk/f bs=64k count=32 conv=fsync 2>/dev/null; echo done >/tmp/done; exec sleep 1000'
	cfg '.process.env = ["PATH=/bin"]'
	up
	wait_for 20 file_has "$B/rootfs/tmp/done" 'done' || die "nothing written: $(<"$B/err")"
	if ! grep -q 'wbytes=[1-9]' "$(limits_dir)/io.stat"; then
		delete_ok --force
		rm -r /var/tmp/berth-test-io
		skip "the kernel accounts no IO here"
	fi
	rt_ok events --stats "$ID"
	dev=$(grep 'wbytes=[1-9]' "$(limits_dir)/io.stat" | head -n 1)
	assert_eq "$(stat_of ".data.blkio.ioServiceBytesRecursive[] | select(.op == \"Write\" and
		\"\\(.major):\\(.minor)\" == \"${dev%% *}\").value")" "$(sed 's/.*wbytes=\([0-9]*\).*/\1/' <<<"$dev")"
	delete_ok --force
	rm -r /var/tmp/berth-test-io
}

test_stats_of_huge_pages()
{
	needs hugetlb
	needs_events
	sleeper
	set_limits '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	up
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '.data.hugetlb["2MB"]')" '{"usage":0,"max":0,"failcnt":0}'
	assert_eq "$(stat_of '.data.hugetlb | keys | map(test("^[0-9]+[KMG]B$")) | unique')" '[true]'
	delete_ok --force
}

# Pressure: averages as the kernel gives them, totals in microseconds.
test_stats_of_pressure()
{
	local dir
	needs memory cpu io
	needs_events
	bundle_new
	set_limits '{"cpu": {"quota": 2000, "period": 20000}}'
	args /bin/sh -c 'while :; do :; done'
	up
	dir=$(limits_dir)
	if ! cat "$dir/cpu.pressure" >/dev/null 2>&1; then
		delete_ok --force
		skip "this kernel has no pressure information"
	fi
	wait_for 20 file_has "$dir/cpu.pressure" '^some.* total=[1-9]' || die "no pressure: $(<"$dir/cpu.pressure")"
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '[.data.cpu, .data.memory, .data.blkio] | map(.psi | keys) | unique')" '[["full","some"]]'
	assert_eq "$(stat_of '[.data.cpu.psi[] | keys] | unique')" '[["avg10","avg300","avg60","total"]]'
	assert_eq "$(stat_of '.data.cpu.psi.some.total > 0')" true
	wait_for 20 file_has "$dir/cpu.pressure" '^some avg10=[1-9]' || die "no average: $(<"$dir/cpu.pressure")"
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '.data.cpu.psi.some.avg10 > 0')" true
	delete_ok --force
}

# --- out of memory -------------------------------------------------------------------------------------------------

# eater [COMMAND]: a container of 32 MiB whose program eats more, as often as a file /tmp/go appears
eater()
{
	needs memory
	needs_events
	bundle_new
	set_limits '{"memory": {"limit": 33554432, "swap": 33554432}}'
	args /bin/sh -c 'while :; do if [ -e /tmp/go ]; then rm /tmp/go; (exec /bin/busybox tail -c 200m /dev/zero); echo eaten $?; fi
		sleep 0.1; done'
	chmod 1777 "$B/rootfs/tmp"
}

ooms()
{
	grep -c '"type":"oom"' ev.out
}

has_ooms()
{
	[ "$(ooms)" = "$1" ]
}

# Each kill is told when it happens, and only then.
test_oom_is_told_while_events_runs()
{
	eater
	up
	"$BERTH" --root "$STATE" events --interval 1h "$ID" >ev.out 2>ev.err &
	wait_for 10 file_has ev.out stats || die "no statistics"
	assert_eq "$(ooms)" 0
	touch "$B/rootfs/tmp/go"
	wait_for 20 has_ooms 1 || die "not told: $(<ev.out) $(<"$B/out")"
	assert_eq "$(grep '"type":"oom"' ev.out)" "{\"type\":\"oom\",\"id\":\"$ID\"}"
	assert_match "$(<"$(limits_dir)/memory.events")" '^oom_kill 1'
	touch "$B/rootfs/tmp/go"
	wait_for 20 has_ooms 2 || die "the second one is not told"
	assert_eq "$(status)" running
	rt_ok events --stats "$ID"
	assert_eq "$(stat_of '.data.memory.events.oom_kill')" 2
	assert_eq "$(stat_of '.data.memory.usage.failcnt > 0')" true
	rt_ok kill "$ID" KILL
	wait $! || die "events failed: $(<ev.err)"
	assert_eq "$(<ev.err)" ""
	delete_ok
	assert_clean
}

# The limit, and with it the controller, comes while events runs.
test_oom_after_an_update()
{
	eater
	cfg 'del(.linux.resources)'
	up
	"$BERTH" --root "$STATE" events --interval 200ms "$ID" >ev.out 2>ev.err &
	wait_for 10 file_has ev.out stats || die "no statistics"
	rt_ok update --memory 33554432 --memory-swap 33554432 "$ID"
	sleep 1
	touch "$B/rootfs/tmp/go"
	wait_for 20 has_ooms 1 || die "not told: $(tail -n 2 ev.out)"
	rt_ok delete --force "$ID"
	wait $! || die "events failed: $(<ev.err)"
}

# The first process itself: killed by the kernel, exit status 137, and the event is told before the end.
test_oom_of_the_first_process()
{
	eater
	args /bin/busybox tail -c 200m /dev/zero
	run_status 137
	needs_cgroupfs "the scope and its counters go with the last process"
	args /bin/sh -c 'sleep 1; exec /bin/busybox tail -c 200m /dev/zero'
	up
	"$BERTH" --root "$STATE" events --interval 1h "$ID" >ev.out 2>ev.err ||
		die "events failed: $(<ev.err)"
	assert_eq "$(ooms)" 1
	wait_status stopped
	assert_match "$(cat /sys/fs/cgroup/berth-c1/memory.events)" '^oom_kill 1'
	delete_ok
	assert_clean
}

# With memory.oom.group the kernel takes the whole container.
test_oom_of_the_group()
{
	eater
	set_limits '{"memory": {"limit": 33554432, "swap": 33554432}, "unified": {"memory.oom.group": "1"}}'
	args /bin/sh -c 'sleep 1000 & sleep 1; (exec /bin/busybox tail -c 200m /dev/zero); echo survived'
	run_status 137
	assert_no_re survived
	assert_clean
}

test_events_of_nobody()
{
	needs_events
	rt_fails 'does not exist' events --stats nobody
	stopped
	rt_fails 'stopped|not running' events --stats "$ID"
	delete_ok
}
