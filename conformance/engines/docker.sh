# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2046,SC2317 source-path=SCRIPTDIR
#
# docker: the life of containers. What they are asked for by flags is in docker-flags.sh, what is around them in
# docker-system.sh.

. ./docker.inc
export SHORT_OPS="run run_tty exec exec_tty exec_user stop pause update_memory stats health oom restart_policy_on_failure delete_running"

op_run()
{
	eq "$(once box echo hello)" hello
	eq "$(echo word | once -i box cat)" word "standard input"
	fails 42 once box sh -c 'echo out; echo err >&2; exit 42'
	has "$OUT" out err
}

op_default_runtime()
{
	[ "$RT" = "${RUNTIMES%% *}" ] || skip "another is the default"
	up box sleep 1000
	eq "$(inspect '{{.HostConfig.Runtime}}')" "$RT"
	eq "$(docker info -f '{{.DefaultRuntime}}')" "$RT"
	match "$(docker info -f "{{json .Runtimes.$RT}}")" '"org.opencontainers.runtime-spec.features":.*"ociVersionMax'
}

op_run_tty()
{
	OUT=$(in_terminal docker run -it --rm $(via) --network none box sh -c 'tty; stty size; test -t 2 && echo all')
	match "$OUT" '^/dev/(pts/0|console)$'
	has "$OUT" "30 100" all
}

# its exit status passes through a terminal, and what the terminal is told later reaches it. It is told again and again, as the
# client listens to that only some time after the program has begun.
op_run_tty_resized()
{
	local resize="until docker logs $C 2>&1 | grep -q ready; do sleep 0.1; done
		until docker logs $C 2>&1 | grep -q '^41 97'; do stty rows 40 cols 97; stty rows 41 cols 97; sleep 0.5; done </dev/tty"
	OUT=$(in_terminal sh -c "($resize) & docker run -it --name $C $(via) --network none box sh -c \
		'echo ready; until stty size | grep -x \"41 97\"; do sleep 0.1; done; exit 5'; echo status \$?")
	match "$OUT" '^41 97$'
	match "$OUT" '^status 5$'
}

# typed COMMAND... <SCRIPT: somebody at a terminal (typist.py); what it has shown is in `terminal`
typed()
{
	"$ENGINES/typist.py" "$@" >terminal || { RC=$?; cat terminal; return "$RC"; }
}

# what is typed reaches the program, the keys of signals and of the end too; and those that detach leave it as it is
op_terminal_typed()
{
	local pid
	fails 3 typed docker run -it --rm $(via) --network none box sh -c \
		'trap "echo caught; exit 3" INT; echo up; while :; do sleep 0.1; done' <<-'END'
	expect up
	send \x03
	expect caught
	END
	typed docker run -it --name "$C" $(via) --network none -e 'PS1=here>' box sh <<-'END'
	expect here>
	send echo $((6*7))\r
	expect 42
	expect here>
	send \x10\x11
	END
	is_running || die "it ended with its terminal"
	pid=$(pid_of)
	fails 5 typed docker attach "$C" <<-'END'
	send \r
	expect here>
	send echo $((6*8)) $$\r
	expect 48 1
	expect here>
	send sh -c 'exit 5'\r
	expect here>
	send \x04
	END
	[ ! -e "/proc/$pid" ] || die "the end of the input did not end it"
	ended 5
}

op_run_not_found()
{
	fails 127 once box /no/such
	fails 127 once box no-such-command
	fails 126 once box /etc/passwd
	fails 126 once box /etc
}

op_run_signal()
{
	fails 137 once --pid host box sh -c 'kill -KILL $$'
}

op_run_detached()
{
	up box sleep 1000
	eq "$(tr '\0' ' ' <"/proc/$(pid_of)/cmdline")" "sleep 1000 "
	match "$(docker ps --format '{{.Names}} {{.Status}}')" "^$C Up"
}

op_create_start_wait()
{
	docker create $(via) --name "$C" --network none box sh -c 'exit 5'
	docker start "$C"
	eq "$(docker wait "$C")" 5
	docker rm "$C"
	fails 1 docker inspect "$C"
}

op_attach()
{
	docker create $(via) -i --name "$C" --network none box sh -c 'read line; echo "got $line"'
	eq "$(echo word | docker start -a -i "$C")" "got word"
}

op_logs()
{
	up box sh -c 'echo one; echo two >&2; sleep 1000'
	wait_for 10 logged two
	wait_for 10 logged one
	eq "$(docker logs "$C" 2>/dev/null)" one "stdout"
	eq "$(docker logs "$C" 2>&1 >/dev/null)" two "stderr"
	eq "$(docker logs --tail 1 "$C" 2>&1 | wc -l)" 1 "lines of the tail"
}

# --- exec ----------------------------------------------------------------------------------------------------------

op_exec()
{
	up box sleep 1000
	same "$(docker exec "$C" sh -c 'for n in pid net mnt ipc uts cgroup; do readlink /proc/self/ns/$n; done')" \
		"$(for n in pid net mnt ipc uts cgroup; do readlink "/proc/$(pid_of)/ns/$n"; done)" "namespaces"
	fails 9 docker exec "$C" sh -c 'exit 9'
	eq "$(echo in | docker exec -i "$C" cat)" in
	eq "$(docker exec "$C" cat /proc/self/cgroup)" "0::/" "cgroup"
}

op_exec_tty()
{
	up box sleep 1000
	OUT=$(in_terminal docker exec -it "$C" sh -c 'tty; stty size')
	match "$OUT" '^/dev/pts/'
	has "$OUT" "30 100"
}

op_exec_user()
{
	up box sleep 1000
	match "$(docker exec -u 12:34 "$C" id)" 'uid=12.* gid=34'
	eq "$(docker exec -u 12 "$C" sed -n 's/^CapEff:.//p' /proc/self/status)" 0000000000000000
	match "$(docker exec -u user "$C" id)" 'uid=1000.*2000'
}

op_exec_env_workdir()
{
	up box sleep 1000
	eq "$(docker exec -e WORD=x -w /tmp "$C" sh -c 'echo $WORD $PWD')" "x /tmp"
	fails "$(exec_not_found)" docker exec -w /no/such "$C" true
}

op_exec_detached()
{
	up box sleep 1000
	docker exec -d "$C" sh -c 'echo done >/tmp/mark'
	wait_for 10 docker exec "$C" test -s /tmp/mark
}

op_exec_status()
{
	up box sleep 1000
	fails "$(exec_not_found)" docker exec "$C" no-such-command
	fails 126 docker exec "$C" /etc/passwd
	fails 137 docker exec "$C" sh -c 'kill -KILL $$'
}

op_exec_privileged()
{
	up box sleep 1000
	same "$(docker exec --privileged "$C" sed -n 's/^CapEff:.//p' /proc/self/status)" "$(status_of $$ CapBnd)"
}

# what exec leaves running ends with the container
op_exec_left_behind()
{
	local pid
	up box sleep 1000
	docker exec -d "$C" sleep 2000
	wait_for 10 pgrep -f '^sleep 2000'
	pid=$(pgrep -f '^sleep 2000')
	same "$(readlink "/proc/$pid/ns/pid")" "$(readlink "/proc/$(pid_of)/ns/pid")" "pid namespace of what exec left"
	docker rm -f "$C"
	[ ! -e "/proc/$pid" ] || die "it is left"
}

# --- stop, kill, restart, pause ------------------------------------------------------------------------------------

op_stop()
{
	up box sh -c "$TRAP"
	wait_for 10 logged up
	docker stop "$C"
	ended 3
	logged bye
}

op_stop_timeout()
{
	up box sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done'
	wait_for 10 logged up
	docker stop -t 1 "$C"
	ended 137
}

op_stop_signal()
{
	up --stop-signal USR1 box sh -c 'trap "exit 7" USR1; echo up; while :; do sleep 0.1; done'
	wait_for 10 logged up
	docker stop "$C"
	ended 7
}

op_kill()
{
	up box sh -c "$TRAP"
	wait_for 10 logged up
	docker kill -s USR1 "$C"
	wait_for 10 logged usr
	docker kill "$C"
	ended 137
	fails 1 docker kill "$C"
	has "$OUT" "is not running"
}

op_restart()
{
	local pid
	up box sh -c 'echo up; echo x >>/tmp/times; exec sleep 1000'
	wait_for 10 logged up
	pid=$(pid_of)
	docker restart -t 0 "$C"
	OUT=$(pid_of)
	[ "$OUT" != "$pid" ] || die "the same process"
	wait_for 10 docker exec "$C" sh -c '[ $(wc -l </tmp/times) = 2 ]'
}

op_stop_start()
{
	up box sh -c 'echo x >>/tmp/times; exec sleep 1000'
	docker stop -t 0 "$C"
	docker start "$C"
	wait_for 10 docker exec "$C" sh -c '[ $(wc -l </tmp/times) = 2 ]'
}

op_pause()
{
	local now first
	up box sh -c 'while :; do date +%s%N >/tmp/now; sleep 0.05; done'
	now=/proc/$(pid_of)/root/tmp/now
	wait_for 10 test -s "$now"
	docker pause "$C"
	file_has "$(group)/cgroup.events" 'frozen 1'
	first=$(cat "$now")
	sleep 0.3
	eq "$(cat "$now")" "$first" "clock of the paused one"
	fails 1 docker exec "$C" true
	docker unpause "$C"
	sleep 0.3
	OUT=$(cat "$now")
	[ "$OUT" != "$first" ] || die "it does not go on"
}

op_kill_paused()
{
	up box sleep 1000
	docker pause "$C"
	docker kill "$C"
	ended 137
}

# it is refused with words, and nothing happens to the container
op_checkpoint_refused()
{
	local pid
	up box sleep 1000
	pid=$(pid_of)
	fails 1 docker checkpoint create "$C" one
	[ "$RT" != berth ] || has "$OUT" 'unknown command "checkpoint"'
	same "$(pid_of)" "$pid" "process"
	eq "$(docker exec "$C" echo again)" again
	eq "$(docker checkpoint ls "$C" | tail -n +2)" "" "checkpoints"
	docker rm -f "$C"
	[ ! -e "/proc/$pid" ] || die "it is not gone"
}

op_delete_running()
{
	local pid group
	up box sleep 1000
	pid=$(pid_of) group=$(group)
	fails 1 docker rm "$C"
	docker rm -f "$C"
	[ ! -e "/proc/$pid" ] || die "its process is left"
	[ ! -e "$group" ] || die "its cgroup is left"
}

op_restart_policy_on_failure()
{
	up --restart on-failure:2 box sh -c 'echo x; exit 1'
	restarted()
	{
		[ "$(inspect '{{.RestartCount}} {{.State.Status}}')" = "2 exited" ]
	}
	wait_for 30 restarted
	# docker may tell of the end before it has written down the last words
	wait_for 10 eval '[ "$(docker logs "$C" | wc -l)" -ge 3 ]'
	eq "$(docker logs "$C" | wc -l)" 3 "runs"
}

op_restart_policy_always()
{
	local pid
	up --restart always box sleep 1000
	pid=$(pid_of)
	kill -KILL "$pid"
	replaced()
	{
		is_running && [ "$(pid_of)" != "$pid" ]
	}
	wait_for 30 replaced
}

# --- looking at it, changing it ------------------------------------------------------------------------------------

op_update_memory()
{
	local group
	up --memory 100m box sleep 1000
	group=$(group)
	eq "$(cat "$group/memory.max")" 104857600
	docker update --memory 64m --memory-swap 96m "$C"
	eq "$(cat "$group/memory.max")" 67108864
	[ ! -e "$group/memory.swap.max" ] || eq "$(cat "$group/memory.swap.max")" 33554432 "swap"
	# the rules of devices are as they were
	docker exec "$C" sh -c 'echo x >/dev/null'
}

op_update_cpu_pids()
{
	local group
	up box sleep 1000
	group=$(group)
	docker update --cpus 0.5 --cpu-shares 512 --pids-limit 20 "$C"
	eq "$(cat "$group/cpu.max")" "50000 100000"
	[ "$(cat "$group/cpu.weight")" -lt 100 ] || die "cpu.weight $(cat "$group/cpu.weight")"
	eq "$(cat "$group/pids.max")" 20
}

# stats FORMAT
stats()
{
	docker stats --no-stream --format "$1" "$C"
}

# memory_agrees GROUP: what docker tells is what the cgroup has without the cache that could be dropped, within a tenth
memory_agrees()
{
	local told has
	told=$(stats '{{.MemUsage}}' | sed 's/B .*//' | numfmt --from=iec-i)
	has=$(($(cat "$1/memory.current") - $(sed -n 's/^inactive_file //p' "$1/memory.stat")))
	[ "$has" -gt 8388608 ] && [ "$((told * 10))" -ge "$((has * 9))" ] && [ "$((told * 10))" -le "$((has * 11))" ]
}

# cpu_of GROUP: its time in nanoseconds
cpu_of()
{
	echo "$(sed -n 's/^usage_usec //p' "$1/cpu.stat")000"
}

op_stats()
{
	local group before told after
	up --memory 50m box sh -c 'head -c 8388608 /dev/zero >/dev/shm/held; echo held; while :; do :; done'
	wait_for 10 logged held
	group=$(group)
	match "$(stats '{{.Name}} {{.MemUsage}} {{.PIDs}}')" "^$C .*/ 50MiB 1$"
	wait_for 20 memory_agrees "$group"
	before=$(cpu_of "$group")
	told=$(api GET "/containers/$C/stats?stream=false&one-shot=true" | jq .cpu_stats.cpu_usage.total_usage)
	after=$(cpu_of "$group")
	((before > 0 && before <= told && told <= after)) || die "CPU time: not $before <= $told <= $after"
	wait_for 20 eval "stats '{{.CPUPerc}}' | grep '[1-9]'"
}

op_top()
{
	up box sleep 1000
	has "$(docker top "$C")" PID "sleep 1000"
	match "$(docker top "$C" -o pid,comm)" "^ *$(pid_of) +sleep"
}

op_health()
{
	up --health-cmd 'test -e /tmp/well' --health-interval 1s --health-retries 1 box sleep 1000
	health_is()
	{
		[ "$(inspect '{{.State.Health.Status}}')" = "$1" ]
	}
	wait_for 20 health_is unhealthy
	docker exec "$C" touch /tmp/well
	wait_for 20 health_is healthy
}

op_events()
{
	local begin
	begin=$(date +%s)
	once --name "$C" box true
	OUT=$(docker events --since "$begin" --until "$(($(date +%s) + 1))" --filter container="$C" --format '{{.Action}}' |
		tr '\n' ' ')
	match "$OUT" 'create .*start .*die .*destroy'
}

op_oom()
{
	up --memory 20m --memory-swap 20m box sh -c "$(greedy)"
	ended 137
	eq "$(inspect '{{.State.OOMKilled}}')" true "OOMKilled"
}

op_cp_diff_commit()
{
	up box sleep 1000
	echo content >file
	docker cp file "$C":/root/file
	eq "$(docker exec "$C" cat /root/file)" content
	match "$(docker diff "$C")" '^A /root/file$'
	docker commit "$C" committed
	eq "$(once committed cat /root/file)" content
}

op_image_config()
{
	docker import -c 'ENTRYPOINT ["echo", "from"]' -c 'CMD ["image"]' -c 'ENV X=y' -c 'WORKDIR /tmp' -c 'USER 9' \
		/run/engines/box.tar pointed
	eq "$(once pointed)" "from image"
	eq "$(once --entrypoint sh pointed -c 'echo $X $PWD $(id -u)')" "y /tmp 9"
}
