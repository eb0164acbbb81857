# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The commands that act on the cgroup of a container: update, pause, resume, ps, kill --all, delete.

. "$REPO/tests/integration/cgroups.inc"

# --- update --------------------------------------------------------------------------------------------------------

# options: rows "OPTIONS | FILE | LINE": one container that gets an update for each row
options()
{
	local opts file line
	sleeper
	up
	while IFS='|' read -r opts file line <&3; do
		[ -n "$line" ] || continue
		trim "$file"; file=$TRIMMED
		trim "$line"; line=$TRIMMED
		# shellcheck disable=SC2086
		rt_ok update $opts "$ID"
		has_limit "$file" "$line" "$opts"
	done 3<&0
	assert_eq "$(status)" running
	delete_ok --force
	assert_clean
}

test_update_options_memory()
{
	needs memory
	options <<-'EOT'
	--memory 67108864                              | memory.max      | 67108864
	--memory=134217728                             | memory.max      | 134217728
	--memory-reservation 33554432                  | memory.low      | 33554432
	--memory 67108864 --memory-swap 100663296      | memory.swap.max | 33554432
	--memory 67108864 --memory-swap 67108864       | memory.swap.max | 0
	--memory-swap -1                               | memory.swap.max | max
	--memory -1                                    | memory.max      | max
	EOT
	is_berth || return 0
	rm -rf "$B"
	options <<-'EOT'
	--memory 64m                                   | memory.max      | 67108864
	-m 1G                                          | memory.max      | 1073741824
	--memory 65536KiB                              | memory.max      | 67108864
	--memory-swap 96mb                             | memory.swap.max | 33554432
	--kernel-memory -1 --kernel-memory-tcp 0 -m 2m | memory.max      | 2097152
	EOT
}

test_update_options_cpu_and_pids()
{
	needs cpu pids
	options <<-'EOT'
	--cpu-share 2048                               | cpu.weight      | 174
	--cpu-quota 50000                              | cpu.max         | 50000 100000
	--cpu-period 20000 --cpu-quota 10000           | cpu.max         | 10000 20000
	--cpu-quota 10000 --cpu-period 20000 --cpu-burst 5000 | cpu.max.burst | 5000
	--pids-limit 20                                | pids.max        | 20
	--pids-limit=-1                                | pids.max        | max
	EOT
	is_berth || return 0
	rm -rf "$B"
	options <<-'EOT'
	--cpu-quota 30000 --cpu-period 50000           | cpu.max         | 30000 50000
	--cpu-period 60000                             | cpu.max         | 30000 60000
	--cpu-burst 7000                               | cpu.max.burst   | 7000
	--cpu-quota -1                                 | cpu.max         | max 60000
	--cpu-idle 1                                   | cpu.idle        | 1
	--cpu-idle 0 --cpu-share 2                     | cpu.weight      | 1
	--cpu-rt-runtime 0 --cpu-rt-period 0 --cpu-share 1024 | cpu.weight | 100
	--pids-limit 0                                 | pids.max        | 0
	EOT
}

test_update_options_cpuset()
{
	needs cpuset
	options <<-'EOT'
	--cpuset-cpus 0                                | cpuset.cpus     | 0
	--cpuset-cpus 0-1                              | cpuset.cpus     | 0-1
	--cpuset-mems 0                                | cpuset.mems     | 0
	EOT
}

test_update_option_blkio_weight()
{
	needs io
	sleeper
	create_ok
	[ -e "$(limits_dir)/io.bfq.weight" ] || { delete_ok --force; skip "no BFQ in this kernel"; }
	delete_ok --force
	rm -rf "$B"
	options <<<'--blkio-weight 300 | io.bfq.weight | default 300'
}

# An option wins over the document, which may come from a file, from stdin, or be absent.
test_update_documents_and_options()
{
	needs memory pids
	sleeper
	up
	echo '{"memory": {"limit": 67108864}, "pids": {"limit": 30}}' >r.json
	rt_ok update -r r.json "$ID"
	has_limit memory.max 67108864
	has_limit pids.max 30
	sed 's/30/40/' r.json | rt_ok update --resources - "$ID"
	has_limit pids.max 40
	is_berth || { delete_ok --force; return 0; }
	rt_ok update --resources r.json --pids-limit 50 "$ID"
	has_limit pids.max 50
	has_limit memory.max 67108864
	rt_ok update "$ID"
	has_limit pids.max 50
	delete_ok --force
	assert_clean
}

# rejected: rows "OPTIONS | WORDS": an update that fails leaves every limit as it was
rejected()
{
	local opts words before
	before=$(all_limits)
	while IFS='|' read -r opts words <&3; do
		[ -n "$words" ] || continue
		trim "$words"
		# shellcheck disable=SC2086
		fails "$TRIMMED" update $opts "$ID"
		assert_eq "$(all_limits)" "$before" "$opts"
	done 3<&0
}

test_update_is_all_or_nothing()
{
	needs memory cpu pids
	is_berth || skip "others write one file after the other"
	sleeper
	set_limits '{"memory": {"limit": 67108864, "swap": 100663296, "reservation": 4096}, "pids": {"limit": 30},
		"cpu": {"quota": 50000, "period": 100000, "burst": 20000, "shares": 512}}'
	up
	rejected <<-'EOT'
	--memory 33554432 --pids-limit 20 --cpu-quota 1                | cpu\.quota: write "1" to cpu\.max
	--memory 33554432 --memory-swap 33550000                       | memory\.swap
	--memory -1 --cpu-share 2 --cpu-period 5                       | cpu\.period
	--cpu-quota 10000 --cpu-burst 20000                            | cpu\.burst
	--memory 33554432 --kernel-memory 1000                         | memory\.kernel: cgroup v2 has no such limit
	--memory 33554432 --cpu-rt-period 1000                         | cpu\.realtimePeriod: cannot be set on cgroup v2
	--memory 33554432 --cpu-rt-runtime 1000                        | cpu\.realtimeRuntime: cannot be set on cgroup v2
	--pids-limit 20 --cpuset-cpus 99999                            | cpu\.cpus
	--pids-limit 20 --cpuset-mems x                                | cpu\.mems
	--pids-limit 20 --blkio-weight 5                               | blockIO\.weight
	--pids-limit many                                              | --pids-limit: invalid value "many"
	--pids-limit 20 --l3-cache-schema L3:0=f                       | [Rr][Dd][Tt]
	--pids-limit 20 --no-such-option 1                             | no-such-option
	EOT
	echo '{"pids": {"limit": 20}, "unified": {"memory.high": "1000000", "cpu.weight": "77", "cpu.max": "no"}}' >r.json
	rejected <<<'-r r.json | unified.*write "no" to cpu\.max'
	echo '{"cpu": {"idle": 1}, "unified": {"cpu.max": "no"}}' >r.json
	rejected <<<'-r r.json | unified.*write "no" to cpu\.max'
	delete_ok --force
	assert_clean
}

# The same for lines of files of lines.
test_update_puts_lines_back()
{
	local dev
	needs io pids
	is_berth || skip "others write one file after the other"
	dev=$(some_disk) || skip "no disk"
	sleeper
	set_limits "{\"unified\": {\"io.max\": \"$dev rbps=4096\"}}"
	up
	echo "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${dev%:*}, \"minor\": ${dev#*:}, \"rate\": 8192}]},
		\"unified\": {\"pids.max\": \"no\"}}" >r.json
	rejected <<<'-r r.json | write "no" to pids\.max'
	has_limit io.max "$dev rbps=4096 wbps=max riops=max wiops=max"
	delete_ok --force
	set_limits '{}'
	up
	rejected <<<'-r r.json | write "no" to pids\.max'
	echo "{\"unified\": {\"io.max\": \"$dev rbps=8192\", \"pids.max\": \"no\"}}" >r.json
	rejected <<<'-r r.json | write "no" to pids\.max'
	assert_eq "$(<"$(limits_dir)/io.max")" ""
	delete_ok --force
	assert_clean
}

test_update_of_created_and_paused()
{
	needs pids
	sleeper
	create_ok
	rt_ok update --pids-limit 20 "$ID"
	has_limit pids.max 20
	start_ok
	rt_ok pause "$ID"
	rt_ok update --pids-limit 30 "$ID"
	has_limit pids.max 30
	assert_eq "$(status)" paused
	rt_ok kill "$ID" KILL
	wait_status stopped
	! is_berth || rt_fails 'not running' update --pids-limit 40 "$ID"
	delete_ok
	assert_clean
}

# --- pause, resume -------------------------------------------------------------------------------------------------

# busy_loops: a container with eight of them, seen by the host as they are
busy_loops()
{
	bundle_new
	ns_del pid
	args /bin/sh -c 'for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait'
	up
	wait_for 5 children_are 9 || die "not nine processes"
}

# When the command returns, the kernel says that it has stopped all of them.
test_pause_waits_for_the_kernel()
{
	local dir i
	busy_loops
	dir=$(cgroup_dir)
	for i in 1 2 3 4 5; do
		rt_ok pause "$ID"
		grep -q '^frozen 1' "$dir/cgroup.events" || die "not frozen when pause returned"
		assert_eq "$(status)" paused
		rt_ok resume "$ID"
		grep -q '^frozen 0' "$dir/cgroup.events" || die "frozen when resume returned"
		assert_eq "$(status)" running
	done
	delete_ok --force
	assert_clean
}

# Those below are stopped as well. Of a cgroup with processes and cgroups the kernel says so a moment too early.
test_pause_of_cgroups_below()
{
	local dir
	busy_loops
	dir=$(cgroup_dir)
	mkdir "$dir/below"
	pgrep -P "$(pid_of)" | head -n 1 >"$dir/below/cgroup.procs"
	rt_ok pause "$ID"
	wait_for 5 grep -q '^frozen 1' "$dir/below/cgroup.events" || die "the cgroup below is not frozen"
	wait_for 5 grep -q '^frozen 1' "$dir/cgroup.events" || die "not frozen"
	assert_eq "$(status)" paused
	rt_ok resume "$ID"
	wait_for 5 grep -q '^frozen 0' "$dir/below/cgroup.events" || die "the cgroup below is still frozen"
	delete_ok --force
	assert_clean
}

test_pause_of_a_created_container()
{
	is_berth || skip "berth's own rule"
	sleeper
	create_ok
	rt_ok pause "$ID"
	assert_eq "$(status)" paused
	rt_ok resume "$ID"
	assert_eq "$(status)" created
	delete_ok
	assert_clean
}

test_pause_refused()
{
	rt_fails '' pause nobody
	rt_fails '' resume nobody
	stopped
	rt_fails '' pause "$ID"
	rt_fails '' resume "$ID"
	delete_ok
}

# --- ps ------------------------------------------------------------------------------------------------------------

test_ps_forms()
{
	local pid
	bundle_new
	args /bin/sh -c 'sleep 1000 & wait'
	up
	wait_for 5 children_are 2 || die "not two processes"
	pid=$(pid_of)
	rt_ok ps "$ID"
	assert_eq "$(wc -l <<<"$OUT")" 3
	assert_match "$(head -n 1 <<<"$OUT")" '^UID +PID +PPID .*CMD'
	assert_re "^root +$pid .* /bin/sh -c"
	rt_ok ps --format json "$ID"
	assert_eq "$(jq -c 'sort' <<<"$OUT")" "$({ echo "$pid"; pgrep -P "$pid"; } | jq -cs sort)"
	is_berth || { delete_ok --force; return 0; }
	rt_ok ps "$ID" -o pid,comm -e
	assert_eq "$(wc -l <<<"$OUT")" 3
	rt_ok ps --format table "$ID" aux
	assert_re "^root +$pid "
	rt_ok pause "$ID"
	rt_ok ps --format json "$ID"
	assert_eq "$(jq length <<<"$OUT")" 2
	delete_ok --force
	assert_clean
}

# A manager removes its cgroups when they are empty.
emptied()
{
	[ ! -e "$1" ] || grep -q '^populated 0' "$1/cgroup.events"
}

# --- kill --all, delete --------------------------------------------------------------------------------------------

# Processes that no signal to the first one reaches: no pid namespace, sessions of their own, cgroups below.
many()
{
	bundle_new
	ns_del pid
	probe children 5 1000
	up
	wait_for 5 children_are 6 || die "not six processes"
	mkdir -p "$(cgroup_dir)/a/b"
	pgrep -P "$(pid_of)" | head -n 1 >"$(cgroup_dir)/a/b/cgroup.procs"
}

test_kill_all()
{
	local dir
	many
	dir=$(cgroup_dir)
	rt_ok kill --all "$ID" KILL
	wait_for 5 emptied "$dir" || die "processes are left"
	wait_status stopped
	delete_ok
	[ ! -e "$dir" ] || die "the cgroup is left"
	assert_clean
}

# By one write to cgroup.kill, which no fork escapes, not by signals.
test_kill_all_is_one_write()
{
	is_berth || skip "how berth does it"
	command -v strace >/dev/null || skip "no strace"
	many
	strace -f -o trace -e trace=write,pidfd_send_signal,kill,openat "$BERTH" --root "$STATE" kill --all "$ID" KILL ||
		die "kill failed"
	assert_match "$(<trace)" 'openat\(.*"cgroup\.kill"'
	! grep -qE 'kill\([0-9]|pidfd_send_signal\(.*SIGKILL' trace || die "signals were sent: $(grep SIGKILL trace)"
	wait_status stopped
	delete_ok
	assert_clean
}

others_than()
{
	[ "$(sort "$1/cgroup.procs")" != "$2" ]
}

test_kill_all_of_a_fork_bomb()
{
	local dir
	bundle_new
	ns_del pid
	# each ends when it has started the next one, so a pid that was just read is gone when a signal is sent to it
	args /bin/sh -c 'echo "sh /tmp/bomb &" >/tmp/bomb; for i in 1 2 3 4 5 6; do sh /tmp/bomb & done; sleep 1000'
	if has_controller pids; then
		set_limits '{"pids": {"limit": 60}}'
	fi
	up
	dir=$(cgroup_dir)
	wait_for 5 others_than "$dir" "$(sort "$dir/cgroup.procs")" || die "it does not fork"
	rt_ok kill --all "$ID" KILL
	wait_for 10 emptied "$dir" || die "processes are left"
	delete_ok --force
	assert_clean
}

# Others than KILL go to each process, once.
test_kill_all_with_another_signal()
{
	bundle_new
	ns_del pid
	args /bin/sh -c 'trap "echo got >>/tmp/got" USR1; (trap "echo below >>/tmp/got" USR1; while :; do sleep 0.1; done) &
		while :; do sleep 0.1; done'
	up
	sleep 0.3
	rt_ok kill --all "$ID" USR1
	wait_for 5 file_has "$B/rootfs/tmp/got" got || die "no signal for the first process"
	wait_for 5 file_has "$B/rootfs/tmp/got" below || die "no signal for the other"
	assert_eq "$(sort "$B/rootfs/tmp/got")" $'below\ngot'
	delete_ok --force
	assert_clean
}

# What the first process has left behind is killed, waited for, and its cgroups removed.
test_delete_of_what_is_left()
{
	local dir pids
	many
	dir=$(cgroup_dir)
	pids=$(find "$dir" -name cgroup.procs -exec cat {} +)
	kill -KILL "$(pid_of)"
	wait_status stopped
	delete_ok
	[ ! -e "$dir" ] || die "the cgroup is left"
	for p in $pids; do
		grep -sq '^State:.[SR]' "/proc/$p/status" && die "process $p is left"
	done
	assert_clean
}

test_delete_force()
{
	local dir
	many
	dir=$(cgroup_dir)
	rt_fails '' delete "$ID"
	assert_eq "$(status)" running
	delete_ok --force
	[ ! -e "$dir" ] || die "the cgroup is left"
	assert_clean
}

# Cgroups that the container makes in its own cgroup file system, deep and wide, with processes.
test_delete_removes_what_the_container_made()
{
	local dir
	bundle_new
	mount_add /sys/fs/cgroup cgroup cgroup
	args /bin/sh -c 'cd /sys/fs/cgroup && for a in 1 2 3 4 5; do mkdir $a; for b in 1 2 3; do mkdir $a/$b $a/$b/deep; done; done
		sleep 1000 & echo $! >1/1/deep/cgroup.procs; sleep 1000 & echo $! >5/cgroup.procs; echo made; exec sleep 1000'
	up
	wait_for 5 file_has "$B/out" made || die "$(<"$B/out") $(<"$B/err")"
	dir=$(limits_dir)
	[ "$(find "$dir" -mindepth 1 -type d | wc -l)" = 35 ] || die "not 35 cgroups"
	rt_ok ps --format json "$ID"
	assert_eq "$(jq length <<<"$OUT")" 3
	delete_ok --force
	[ ! -e "$dir" ] || die "the cgroup is left"
	assert_clean
}

test_paused_with_cgroups_below_is_deleted()
{
	local dir
	many
	dir=$(cgroup_dir)
	rt_ok pause "$ID"
	echo 1 >"$dir/a/b/cgroup.freeze"
	delete_ok --force
	[ ! -e "$dir" ] || die "the cgroup is left"
	assert_clean
}
