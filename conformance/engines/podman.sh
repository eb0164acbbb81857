# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016 source-path=SCRIPTDIR
#
# podman: the life of a container, and what is done to one that runs.

. ./podman.inc
export SHORT_OPS="run exit_status terminal exec stop pause update stats remove_running"
[ "$MODE" = root ] || SHORT_OPS="run detach exec exec_terminal stop restart update logs"

op_run()
{
	eq "$(once -- echo hello there)" "hello there"
	none_left
}

op_exit_status()
{
	fails 3 once -- sh -c 'exit 3'
	fails 137 once --pid host -- sh -c 'kill -9 $$'
	p run --name "$C" "$IMG" sh -c 'exit 7' && die "no status"
	eq "$(field "$C" .State.ExitCode)" 7
	eq "$(field "$C" .State.Status)" exited
}

op_command_not_found()
{
	fails 127 once -- nothing-like-it
	fails 127 once -- /bin/nothing-like-it
	fails 126 once -- /etc/passwd
	fails 126 once -- /etc
	none_left
}

op_stdin()
{
	eq "$(seq 20000 | once -i -- wc -l)" 20000
}

op_stdout_and_stderr()
{
	once -- sh -c 'echo out; echo err >&2' >o 2>e
	eq "$(<o)" out
	eq "$(<e)" err
}

op_terminal()
{
	fails 5 in_terminal podman --runtime "$RT" --cgroup-manager "$DRIVER" run -it --rm "$IMG" \
		sh -c "tty; $SIZE; test -t 0 && test -t 1 && test -t 2 && echo all; exit 5"
	has "$OUT" /dev/pts/0 "30 100" all
}

# at the terminal of a container somebody types: a command, an interrupt, another size, the keys that detach, an end of file
op_terminal_typed()
{
	local pid
	cat >script <<'END'
expect #\x20
send echo $((6*7))\r
expect 42
size 40 120
send until stty size | grep "40 120"; do sleep 0.1; done\r
expect \n40 120
send sh -c 'trap "echo interrupted; exit 7" INT; echo up$((1)); while :; do sleep 0.1; done'\r
expect up1
send \x03
expect interrupted
expect #\x20
send \x10
pause 1
send \x11
END
	"$ENGINES/typist.py" podman --runtime "$RT" --cgroup-manager "$DRIVER" run -it --name "$C" "$IMG" sh <script
	pid=$(pid_of "$C")
	status_of "$pid" State | grep -q . || die "not there after it was detached"
	eq "$(field "$C" .State.Status)" running
	cat >script <<'END'
send \r
expect #\x20
send echo pid=$$ $((7*7))\r
expect pid=1 49
expect #\x20
send (exit 9)\r
expect #\x20
send \x04
END
	"$ENGINES/typist.py" podman --runtime "$RT" --cgroup-manager "$DRIVER" attach "$C" <script # it has no status of the container's
	eq "$(p wait "$C")" 9
	gone "$pid" || die "$pid is left"
}

op_detach()
{
	local pid group
	started
	eq "$(field "$C" .State.Status)" running
	pid=$(pid_of "$C")
	eq "$(status_of "$pid" NSpid | wc -w)" 2
	no_cgroups && return
	group=$(cgroup_of "$pid")
	case $DRIVER in
	systemd) match "$group" '/libpod-[0-9a-f]{64}\.scope(/container)?$' ;;
	*) match "$group" '/libpod_parent/libpod-[0-9a-f]{64}(/container)?$' ;;
	esac
}

op_create_init_start_attach()
{
	p create --name "$C" "$IMG" sh -c 'sleep 1; echo late; exit 4' >/dev/null
	eq "$(field "$C" .State.Status)" created
	p init "$C" >/dev/null
	eq "$(field "$C" .State.Status)" initialized
	fails 4 p start -a "$C"
	has "$OUT" late
}

op_attach()
{
	p run -d -i --name "$C" "$IMG" sh -c 'read line; echo "got $line"' >/dev/null
	has "$(echo word | p attach "$C")" "got word"
	p wait "$C" >/dev/null
}

op_exec()
{
	started -e A=container
	eq "$(inside sh -c 'echo $A; pwd; id -u')" $'container\n/\n0'
	fails 9 p exec "$C" sh -c 'exit 9'
	eq "$(seq 5000 | p exec -i "$C" wc -l)" 5000
	eq "$(p exec -w /etc -e B=more "$C" sh -c 'echo $A $B $PWD')" "container more /etc"
	fails 127 p exec "$C" nothing-like-it
	fails 126 p exec "$C" /etc/passwd
}

op_exec_user()
{
	started
	eq "$(p exec -u 1000:2000 "$C" sh -c 'id -u; id -g')" $'1000\n2000'
	match "$(p exec -u user "$C" id)" '^uid=1000\(user\) gid=1000\(user\) groups=(1000\(user\),)?2000\(extra\)$'
	eq "$(p exec -u user "$C" sh -c 'grep CapEff /proc/self/status | tr -d "[:space:]"')" CapEff:0000000000000000
}

op_exec_terminal()
{
	started
	fails 5 in_terminal podman --runtime "$RT" --cgroup-manager "$DRIVER" exec -it "$C" \
		sh -c "tty; $SIZE; exit 5"
	has "$OUT" /dev/pts/ "30 100"
}

op_exec_detach()
{
	started
	p exec -d "$C" sh -c 'echo ready >/tmp/mark; sleep 1000' >/dev/null
	wait_for 10 p exec "$C" grep -q ready /tmp/mark
	has "$(p top "$C" args)" "sleep 1000"
}

op_exec_privileged()
{
	started
	eq "$(p exec --privileged "$C" sh -c 'grep CapEff /proc/self/status' | tr -d '[:space:]')" \
		"CapEff:$(once --privileged -- sh -c 'grep CapEff /proc/self/status' | sed 's/.*:[[:space:]]*//')"
}

op_stop()
{
	p run -d --name "$C" "$IMG" sh -c 'trap "echo bye; exit 6" TERM; echo up; while :; do sleep 0.1; done' >/dev/null
	wait_for 10 sh -c "podman logs $C | grep -q up"
	p stop -t 20 "$C" >/dev/null
	eq "$(field "$C" .State.ExitCode)" 6
	has "$(p logs "$C")" bye
}

op_stop_by_kill()
{
	p run -d --name "$C" "$IMG" sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done' >/dev/null
	wait_for 10 sh -c "podman logs $C | grep -q up"
	p stop -t 1 "$C" >/dev/null 2>&1
	eq "$(field "$C" .State.ExitCode)" 137
	eq "$(field "$C" .State.Status)" exited
}

op_stop_signal()
{
	p run -d --stop-signal USR1 --name "$C" "$IMG" sh -c 'trap "exit 8" USR1; echo up; while :; do sleep 0.1; done' >/dev/null
	wait_for 10 sh -c "podman logs $C | grep -q up"
	p stop -t 20 "$C" >/dev/null
	eq "$(field "$C" .State.ExitCode)" 8
}

op_kill()
{
	p run -d --name "$C" "$IMG" sh -c 'trap "echo usr" USR1; echo up; while :; do sleep 0.1; done' >/dev/null
	wait_for 10 sh -c "podman logs $C | grep -q up"
	p kill -s USR1 "$C" >/dev/null
	wait_for 10 sh -c "podman logs $C | grep -q usr"
	p kill "$C" >/dev/null
	eq "$(p wait "$C")" 137
	fails 125 p kill "$C"
}

op_restart()
{
	local before
	started
	before=$(pid_of "$C")
	inside touch /tmp/kept
	p restart -t 0 "$C" >/dev/null
	eq "$(field "$C" .State.Status)" running
	gone "$before" || die "$before is left"
	differ "$(pid_of "$C")" "$before" "the process"
	inside test -e /tmp/kept
	p stop -t 0 "$C" >/dev/null
	p start "$C" >/dev/null
	inside test -e /tmp/kept
}

op_restart_policy()
{
	p run -d --restart on-failure:2 --name "$C" "$IMG" sh -c 'echo again; exit 1' >/dev/null
	wait_for 20 sh -c "[ \$(podman logs $C | grep -c again) = 3 ]"
	wait_for 10 sh -c "podman inspect $C --format '{{.State.Status}}' | grep -q exited"
	eq "$(field "$C" .RestartCount)" 2
}

op_pause()
{
	local pid
	if no_cgroups; then
		skip "no cgroup to freeze"
	fi
	started
	pid=$(pid_of "$C")
	p pause "$C" >/dev/null
	eq "$(field "$C" .State.Status)" paused
	frozen 1 "$pid"
	p exec "$C" true 2>/dev/null && die "exec in a paused container"
	p unpause "$C" >/dev/null
	frozen 0 "$pid"
	eq "$(inside echo awake)" awake
	p pause "$C" >/dev/null
	p rm -f -t 0 "$C" >/dev/null
	gone "$pid" || die "$pid is left"
}

# limits of a cgroup, wherever the runtime has put the processes in it
limit_of()
{
	inside cat "/sys/fs/cgroup/$1"
}

op_update()
{
	if no_cgroups; then
		skip "no cgroup"
	fi
	started --memory 100m --pids-limit 70
	eq "$(limit_of memory.max)" 104857600
	p update --memory 64m --memory-swap 64m --cpus 0.5 --pids-limit 50 "$C" >/dev/null
	eq "$(limit_of memory.max)" 67108864
	eq "$(limit_of cpu.max)" "50000 100000"
	eq "$(limit_of pids.max)" 50
	inside sh -c 'echo x >/dev/null'
}

# stats TEMPLATE: numbers as podman has them, before they are made short
stats()
{
	p stats --no-stream --format "$1" "$C"
}

# memory_agrees GROUP: what podman tells is what the cgroup has, within a tenth. podman 5.4 counts no files and no shared memory.
memory_agrees()
{
	local told has
	told=$(stats '{{.ContainerStats.MemUsage}}')
	has=$(<"$1/memory.current")
	[ "$has" -gt 8388608 ] && [ "$((told * 10))" -ge "$((has * 9))" ] && [ "$((told * 10))" -le "$((has * 11))" ]
}

# cpu_of GROUP: nanoseconds
cpu_of()
{
	echo "$(sed -n 's/^usage_usec //p' "$1/cpu.stat")000"
}

op_stats()
{
	local group before told after
	if no_cgroups; then
		skip "no cgroup"
	fi
	p run -d --memory 100m --name "$C" "$IMG" sh -c 'held=$(head -c 8388608 /dev/zero | tr "\\0" x); echo held; while :; do :; done' >/dev/null
	wait_for 20 sh -c "podman logs $C | grep -q held"
	group=$(cgroup_of "$(pid_of "$C")")
	match "$(stats '{{.Name}} {{.MemUsage}} {{.PIDs}}')" "^$C [1-9].*B / 104\.9MB [1-9]"
	eq "$(stats '{{.ContainerStats.MemLimit}}')" 104857600
	wait_for 20 memory_agrees "$group"
	before=$(cpu_of "$group")
	told=$(stats '{{.CPUNano}}')
	after=$(cpu_of "${group%/container}") # with the runtime's own, where there is a cgroup for that
	((before > 0 && before <= told && told <= after)) || die "CPU time: not $before <= $told <= $after"
}

op_top()
{
	started
	has "$(p top "$C" pid,comm,args)" "sleep 1000"
	has "$(p top "$C" hpid user)" "$(pid_of "$C")"
}

op_logs()
{
	p run --name "$C" "$IMG" sh -c 'for i in 1 2 3 4; do echo line $i; done; echo error >&2' >/dev/null 2>&1
	eq "$(p logs --tail 2 "$C" 2>/dev/null | wc -l | tr -d ' ')" 1
	eq "$(p logs "$C" 2>/dev/null)" $'line 1\nline 2\nline 3\nline 4'
	eq "$(p logs "$C" 2>&1 >/dev/null)" error
	match "$(p logs -t "$C" 2>/dev/null | head -n 1)" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T.* line 1$'
}

op_logs_follow()
{
	p run -d --name "$C" "$IMG" sh -c 'for i in 1 2 3; do echo line $i; sleep 0.3; done' >/dev/null
	eq "$(timeout 20 podman logs -f "$C")" $'line 1\nline 2\nline 3'
}

op_log_journald()
{
	[ "$MODE" = root ] || skip "the user's journal"
	p run --name "$C" --log-driver journald "$IMG" echo to the journal >/dev/null
	wait_for 10 sh -c "journalctl -q -o cat CONTAINER_NAME=$C | grep -q 'to the journal'"
}

op_log_passthrough()
{
	eq "$(p run --rm --log-driver passthrough "$IMG" sh -c 'echo direct' </dev/null)" direct
}

op_health()
{
	started --health-cmd 'test -e /tmp/well' --health-interval disable --health-retries 1
	fails 1 p healthcheck run "$C"
	inside touch /tmp/well
	p healthcheck run "$C"
	eq "$(field "$C" .State.Health.Status)" healthy
}

# nobody but the timer of systemd runs it
op_health_timer()
{
	started --health-cmd 'echo looked >>/tmp/looked' --health-interval 1s
	wait_for 30 p exec "$C" grep -q looked /tmp/looked
	wait_for 10 sh -c "podman inspect $C --format '{{.State.Health.Status}}' | grep -qx healthy"
}

op_health_on_failure()
{
	started --health-cmd 'false' --health-interval disable --health-retries 1 --health-on-failure kill
	fails 1 p healthcheck run "$C"
	eq "$(p wait "$C")" 137
}

op_wait()
{
	p run -d --name "$C" "$IMG" sh -c 'sleep 0.5; exit 12' >/dev/null
	eq "$(p wait "$C")" 12
}

op_timeout()
{
	local begin=$SECONDS
	p run --timeout 1 --name "$C" "$IMG" sleep 1000 && die "no failure"
	[ $((SECONDS - begin)) -lt 30 ] || die "too late"
	wait_for 10 sh -c "podman inspect $C --format '{{.State.Status}}' | grep -q exited"
}

op_remove_running()
{
	local pid
	started
	pid=$(pid_of "$C")
	fails 2 p rm "$C"
	p rm -f -t 0 "$C" >/dev/null
	gone "$pid" || die "process $pid is left"
	none_left
}

op_copy()
{
	started
	echo content >from
	p cp from "$C:/tmp/there"
	eq "$(inside cat /tmp/there)" content
	p cp "$C:/data/file" back
	eq "$(<back)" "a file of the image"
}

op_commit_diff_export()
{
	started
	inside sh -c 'echo new >/data/new'
	has "$(p diff "$C")" "A /data/new"
	p commit -q "$C" localhost/committed >/dev/null
	eq "$(p run --rm localhost/committed cat /data/new)" new
	p rmi -f localhost/committed >/dev/null
	p export "$C" | tar -t | grep -q '^data/new$' || die "not exported"
}

op_rootfs()
{
	make_box "$OPDIR/root"
	chmod 0755 "$OPDIR"
	eq "$(p run --rm --rootfs "$OPDIR/root" cat /data/file)" "a file of the image"
	eq "$(p run --rm --rootfs "$OPDIR/root:O" sh -c 'echo x >/data/new; cat /data/new')" x
	[ ! -e "$OPDIR/root/data/new" ] || die "written through the overlay"
}

op_hooks()
{
	mkdir hooks
	cat >hooks/one.json <<END
{"version": "1.0.0", "when": {"always": true}, "stages": ["createContainer", "poststop", "poststart"],
"hook": {"path": "/bin/sh", "args": ["sh", "-c", "cat >>$OPDIR/states; echo >>$OPDIR/states"]}}
END
	p --hooks-dir "$OPDIR/hooks" run --rm "$IMG" true
	eq "$(grep -c '"status"' states)" 3
	has "$(<states)" '"ociVersion"' '"pid"'
}

op_many_at_once()
{
	local i
	for i in 1 2 3 4 5 6; do
		p run -d --name "$C-$i" "$IMG" sh -c "echo $i; exit $i" >/dev/null &
	done
	wait
	for i in 1 2 3 4 5 6; do
		eq "$(p wait "$C-$i")" "$i"
	done
}

op_preserve_fds()
{
	echo through >f
	OUT=$(p run --rm --preserve-fds 1 "$IMG" sh -c 'cat <&3' 3<f) || die "exit status $?"
	eq "$OUT" through
	eq "$(p run --rm "$IMG" sh -c 'ls /proc/self/fd | wc -l' 7<f 9<f)" 4
}
