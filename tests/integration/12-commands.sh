# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What every command says to bad input, the commands in each state a container can be in, and state, list, kill and
# delete.

. "$REPO/tests/integration/commands.inc"

# --- bad input, the same for all -----------------------------------------------------------------------------------

all_with_id="start kill delete state ps pause resume update events exec"

test_no_id()
{
	local c
	for c in create run $all_with_id; do
		rt_fails 'too few arguments' "$c"
	done
	assert_clean
}

test_unknown_id()
{
	local c
	for c in $all_with_id; do
		case $c in
		exec) rt_fails 'container "nobody" does not exist' exec nobody true ;;
		*) rt_fails 'container "nobody" does not exist' "$c" nobody ;;
		esac
		assert_eq "$OUT" ""
	done
	rt_fails 'does not exist' kill --all nobody 9
	assert_clean
}

test_unknown_option()
{
	local c
	for c in create run list spec features $all_with_id; do
		rt_fails 'unknown option "--no-such-option"' "$c" --no-such-option c1
		rt_fails 'unknown option' "$c" -Z c1
	done
	rt_fails 'unknown option' --no-such-option list
	rt_fails 'unknown command "no-such-command"' no-such-command c1
	rt_fails 'no command' --debug
	assert_clean
}

test_option_without_value()
{
	rt_fails 'option --bundle requires an argument' create --bundle
	rt_fails 'option --format requires an argument' ps --format
	rt_fails 'option --format requires an argument' list -f
	rt_fails 'option --resources requires an argument' update --resources
	rt_fails 'option --memory requires an argument' update c1 -m
	rt_fails 'option --interval requires an argument' events --interval
	rt_fails 'option --root requires an argument' --root
}

test_too_many_arguments()
{
	local c
	for c in start delete state pause resume update events; do
		rt_fails 'unexpected argument "more"' "$c" c1 more
	done
	rt_fails 'unexpected argument "more"' kill c1 KILL more
	rt_fails 'unexpected argument "more"' list more
	rt_fails 'unexpected argument "more"' features more
	rt_fails 'unexpected argument "more"' spec more
}

test_bad_ids()
{
	local c id
	bundle_new
	for id in '' . .. ../c1 a/b /abs '-' 'a b' $'a\nb' '*' 'a;b' ünï "$(printf 'x%.0s' $(seq 1025))"; do
		for c in state start kill delete pause resume ps update events; do
			rt_fails 'container|ID|id' "$c" -- "$id"
		done
		rt_fails 'container|ID|id' create --bundle "$B" -- "$id"
		rt_fails 'container|ID|id' run --bundle "$B" -- "$id"
	done
	rt_fails 'container|ID|id' delete --force ../c1
	assert_clean
}

test_help()
{
	local c
	rt_ok help
	assert_re '^  create '
	rt_ok --help
	for c in create run list spec features plan $all_with_id; do
		rt_ok "$c" --help
		assert_re "^Usage: berth $c"
		rt_ok help "$c"
		assert_re "^Usage: berth $c"
	done
	# engines ask this way whether checkpoints are supported
	rt_fails 'unknown command' checkpoint --help
}

test_version()
{
	rt_ok --version
	assert_eq "$(grep -c version <<<"$OUT")" 1
	assert_re '^berth version [0-9]'
	assert_re '^commit: [0-9a-f]+'
	assert_re '^spec: 1\.[0-9]+\.[0-9]+'
	rt_ok -v
}

# A log that nobody reads yet, or any more, is nothing that a command fails for.
test_log_fifo()
{
	mkfifo log
	sleeper
	rt_ok --log log --log-format json create --bundle "$B" "$ID" </dev/null >/dev/null
	rt_fails 'does not exist' --log log --log-format json state nobody
	local line
	exec 9<>log
	rt_fails 'does not exist' --log log --log-format json state nobody
	read -r -t 5 line <&9 || die "no record"
	exec 9>&-
	assert_eq "$(jq -r .level <<<"$line")" error
	rt_ok --log log delete --force "$ID"
	assert_clean
}

# --- the state machine ---------------------------------------------------------------------------------------------

test_created_container()
{
	local pid
	sleeper
	create_ok
	assert_eq "$(status)" created
	pid=$(pid_of)
	rt_fails 'id "c1" already exists' create --bundle "$B" "$ID"
	rt_fails 'id "c1" already exists' run --bundle "$B" "$ID"
	assert_eq "$(pid_of)" "$pid"
	rt_ok ps --format json "$ID"
	assert_eq "$OUT" "[$pid]"
	rt_ok update "$ID"
	rt_ok events --stats "$ID"
	rt_ok pause "$ID"
	assert_eq "$(status)" paused
	# also when those who asked for its status queue at its socket: it takes none of them while it is frozen
	for _ in {1..12}; do
		assert_eq "$(status)" paused
	done
	rt_fails 'cannot start container "c1" in state paused' start "$ID"
	rt_ok resume "$ID"
	assert_eq "$(status)" created
	start_ok
	wait_status running
	assert_eq "$(pid_of)" "$pid" "the process is the one that create made"
	delete_ok --force
	assert_clean
}

# The version is that of the state, which is no newer because of what a config says.
# shows: runtime.state.ociVersion
test_version_of_the_state()
{
	bundle_new
	args /bin/sleep 100
	cfg '.ociVersion = "1.99.0"'
	create_ok
	rt_ok state "$ID"
	assert_eq "$(jq -r .ociVersion <<<"$OUT")" "$("$BERTH" features | jq -r .ociVersionMax)"
	delete_ok
	assert_clean
}

# shows: runtime.delete.not-stopped.error runtime.delete.not-stopped.no-effect
test_delete_only_stopped()
{
	local pid
	bundle_new
	args /bin/sleep 100
	rt_fails 'contradict' delete --force --only-stopped "$ID"
	create_ok
	pid=$(pid_of)
	rt_fails 'cannot delete container "c1" that is not stopped: created' delete --only-stopped "$ID"
	assert_eq "$(status) $(pid_of)" "created $pid"
	start_ok
	rt_fails 'that is not stopped: running' delete --only-stopped "$ID"
	rt_ok kill "$ID" KILL
	rt_ok delete --only-stopped "$ID"
	assert_clean
	# killed before it was started, and not waited for
	create_ok
	rt_ok kill "$ID" KILL
	rt_ok delete --only-stopped "$ID"
	assert_clean
}

test_created_container_is_deleted_without_force()
{
	sleeper
	create_ok
	delete_ok
	assert_clean
}

test_created_container_is_killed()
{
	sleeper
	create_ok
	rt_ok kill "$ID" KILL
	wait_status stopped
	rt_fails 'container not running' start "$ID"
	delete_ok
	assert_clean
}

test_running_container()
{
	sleeper
	up
	rt_fails 'cannot start container "c1" in state running' start "$ID"
	rt_fails 'cannot delete container "c1" that is not stopped: running' delete "$ID"
	assert_eq "$(status)" running
	rt_fails 'already exists' create --bundle "$B" "$ID"
	rt_ok update "$ID"
	delete_ok --force
	assert_clean
}

test_paused_container()
{
	sleeper
	up
	rt_ok pause "$ID"
	rt_fails 'cannot start container "c1" in state paused' start "$ID"
	rt_fails 'cannot delete container "c1" that is not stopped: paused' delete "$ID"
	rt_fails 'paused' exec "$ID" /bin/true
	rt_ok update "$ID"
	rt_ok events --stats "$ID"
	rt_ok ps --format json "$ID"
	assert_eq "$OUT" "[$(pid_of)]"
	delete_ok --force
	assert_clean
}

test_stopped_container()
{
	local c
	stopped
	for c in start pause resume update events kill; do
		rt_fails 'container not running' "$c" "$ID"
	done
	rt_fails 'container not running' exec "$ID" /bin/true
	rt_fails 'container not running' kill "$ID" 0
	rt_ok kill --all "$ID" KILL
	rt_ok kill -a "$ID" 9
	rt_ok ps --format json "$ID"
	assert_eq "$OUT" "[]"
	rt_ok ps "$ID"
	assert_eq "$(wc -l <<<"$OUT")" 1 "the header alone"
	assert_eq "$(status)" stopped
	delete_ok
	rt_fails 'container "c1" does not exist' delete "$ID"
	assert_clean
}

# The number of a process that ended is a thread's of another process by now: nothing to wait for, and nobody to kill.
test_number_of_a_thread()
{
	command -v python3 >/dev/null || skip "no python3"
	stopped
	python3 -c 'import threading, time
def run():
    with open("tid", "w") as f: print(threading.get_native_id(), file=f)
    time.sleep(100)
threading.Thread(target=run).start()' &
	wait_for 5 file_has tid '^[0-9]+$' || die "no thread"
	jq -c --argjson tid "$(<tid)" '.pid = $tid' <"$STATE/$ID/state.json" >record
	cp record "$STATE/$ID/state.json"
	assert_eq "$(status)" stopped
	rt_fails 'container not running' kill "$ID" KILL
	delete_ok --force
	[ -d "/proc/$!" ] || die "the other process was killed"
	kill -KILL $!
	wait $! 2>/dev/null
	assert_clean
}

# --- state and list ------------------------------------------------------------------------------------------------

test_state_fields()
{
	sleeper
	cfg '.annotations = {"org.example.key": "a \"value\""}'
	create_ok
	rt_ok state "$ID"
	assert_eq "$(jq -r .id <<<"$OUT")" "$ID"
	assert_match "$(jq -r .ociVersion <<<"$OUT")" '^1\.[0-9]+\.[0-9]+$'
	assert_eq "$(jq -r .bundle <<<"$OUT")" "$B"
	assert_eq "$(jq -r .rootfs <<<"$OUT")" "$B/rootfs"
	assert_eq "$(jq -r '.annotations["org.example.key"]' <<<"$OUT")" 'a "value"'
	assert_match "$(jq -r .created <<<"$OUT")" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]+Z$'
	[ -d "/proc/$(jq -r .pid <<<"$OUT")" ] || die "no such process"
	# an engine decodes the object into a record of its own that has these
	assert_eq "$(jq -c '[keys[] | ascii_downcase] - (keys - ["started", "finished", "exitcode", "oomkilled",
		"seccompkilled", "error", "initpid", "initstarttime", "checkpointedtime",
		"containermonitorprocess"] | map(ascii_downcase))' <<<"$OUT")" '[]'
	rt_ok kill "$ID" KILL
	wait_status stopped
	rt_ok state "$ID"
	assert_eq "$(jq -r '.pid // 0' <<<"$OUT")" 0
	delete_ok
	assert_clean
}

test_state_of_relative_bundle_is_absolute()
{
	sleeper
	cd "$B/.." || die cd
	rt_ok create --bundle "${B##*/}" "$ID" </dev/null >/dev/null
	rt_ok state "$ID"
	assert_eq "$(jq -r .bundle <<<"$OUT")" "$B"
	delete_ok
}

test_list()
{
	rt_ok list
	assert_eq "$(wc -l <<<"$OUT")" 1 "the header alone"
	assert_match "$OUT" '^ID +PID +STATUS +BUNDLE +CREATED +OWNER'
	rt_ok list -q
	assert_eq "$OUT" ""
	rt_ok list --format=json
	assert_match "$OUT" '^(\[\]|null)$'
	sleeper c1
	create_ok
	sleeper c2
	up
	rt_ok list --format json
	assert_eq "$(jq -c 'map([.id, .status])' <<<"$OUT")" '[["c1","created"],["c2","running"]]'
	assert_eq "$(jq -r 'map(.pid > 1, .bundle, .created, .owner | . != null and . != false) | all' <<<"$OUT")" true
	rt_ok list
	assert_eq "$(wc -l <<<"$OUT")" 3
	assert_re '^c1 +[0-9]+ +created +/mnt/test/c1 +20[^ ]+ +root'
	rt_ok list -q
	assert_eq "$OUT" $'c1\nc2'
	rt_fails 'format' list --format yaml
	rt_ok delete --force c1
	rt_ok delete --force c2
	# made by the first, in use by the second when the first went, so neither removes it
	assert_clean
}

test_list_without_state_folder()
{
	rmdir "$STATE"
	rt_ok list -q
	assert_eq "$OUT" ""
	rt_ok list -f json
	assert_match "$OUT" '^(\[\]|null)$'
	rt_fails 'does not exist' state c1
	rt_ok delete --force c1
	mkdir -m 0700 "$STATE"
}

# --- kill and delete -----------------------------------------------------------------------------------------------

test_kill_signals()
{
	local s
	for s in 10 USR1 SIGUSR1; do
		bundle_new
		probe signal-wait
		create_ok
		start_ok
		wait_for 5 file_has "$B/out" ready || die "not ready"
		rt_ok kill "$ID" "$s"
		wait_status stopped
		assert_match "$(<"$B/out")" 10
		delete_ok
	done
	bundle_new
	probe signal-wait
	up
	wait_for 5 file_has "$B/out" ready || die "not ready"
	rt_ok kill "$ID"
	wait_status stopped
	assert_match "$(<"$B/out")" 15
	delete_ok
	assert_clean
}

# shows: config.annotations.image.stopSignal.kill config.annotations.image.stopSignal
test_kill_with_the_stop_signal_of_the_image()
{
	local s
	for s in 10/SIGUSR1 10/USR1 10/10 15/NOSUCH 15/; do
		bundle_new
		cfg --arg s "${s#*/}" '.annotations["org.opencontainers.image.stopSignal"] = $s'
		probe signal-wait
		up
		wait_for 5 file_has "$B/out" ready || die "not ready"
		rt kill "$ID"
		assert_eq "$RC" 0
		wait_status stopped
		assert_match "$(<"$B/out")" "(^|[^0-9])${s%/*}$"
		delete_ok
	done
	bundle_new
	cfg '.annotations["org.opencontainers.image.stopSignal"] = "USR1"'
	probe signal-wait
	up
	wait_for 5 file_has "$B/out" ready || die "not ready"
	rt_ok kill "$ID" HUP
	wait_status stopped
	assert_match "$(<"$B/out")" '(^|[^0-9])1$'
	delete_ok
	assert_clean
}

test_kill_bad_signals()
{
	local s
	sleeper
	up
	for s in NOSUCH SIG -1 65 999999999999 9x '' ' 9' 'TERM '; do
		rt_fails 'signal' kill -- "$ID" "$s"
		assert_eq "$(status)" running
	done
	delete_ok --force
}

# A process that shares our pid namespace leaves children behind when it ends; --all reaches them.
test_kill_all_without_pid_namespace()
{
	bundle_new
	ns_del pid
	args /bin/sh -c 'sleep 1000 & sleep 1000'
	up
	rt_ok ps --format json "$ID"
	wait_for 5 children_are 2 || die "not two processes"
	rt_ok kill "$ID" KILL
	wait_status stopped
	rt_ok ps --format json "$ID"
	assert_eq "$(jq length <<<"$OUT")" 1
	rt_ok kill --all "$ID" KILL
	wait_for 5 children_are 0 || die "processes are left"
	delete_ok
	assert_clean
}

test_kill_paused()
{
	sleeper
	up
	rt_ok pause "$ID"
	rt_ok kill "$ID" 9
	wait_status stopped
	rt_fails 'container not running' resume "$ID"
	delete_ok
	assert_clean
}

test_signal_to_paused_arrives_after_resume()
{
	bundle_new
	probe signal-wait
	up
	wait_for 5 file_has "$B/out" ready || die "not ready"
	rt_ok pause "$ID"
	rt_ok kill "$ID" TERM
	sleep 0.2
	assert_eq "$(status)" paused
	rt_ok resume "$ID"
	wait_status stopped
	delete_ok
}

test_delete_force_unknown_is_silent()
{
	rt_ok delete --force nobody
	assert_eq "$OUT" ""
	rt_ok delete -f nobody
	rt_fails 'container "nobody" does not exist' delete nobody
	assert_clean
}

test_delete_leaves_the_cgroups_of_others()
{
	needs_cgroupfs "systemd removes its empty slices by itself"
	mkdir -p /sys/fs/cgroup/mine/other
	sleeper
	cfg '.linux.cgroupsPath = "/mine/c1"'
	up
	[ -d /sys/fs/cgroup/mine/c1 ] || die "no cgroup"
	delete_ok --force
	[ ! -d /sys/fs/cgroup/mine/c1 ] || die "the cgroup is left"
	[ -d /sys/fs/cgroup/mine/other ] || die "a cgroup of another is gone"
	rmdir /sys/fs/cgroup/mine/other /sys/fs/cgroup/mine
	assert_clean
}
