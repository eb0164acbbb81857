# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2046,SC2317 source-path=SCRIPTDIR
#
# docker: the life of containers. What they are asked for by flags is in docker-flags.sh.

. ./docker.inc
export SHORT_OPS="run run_tty run_not_found exec exec_tty exec_user exec_detached exec_status stop kill restart pause update_memory
	update_cpu_pids stats top logs health oom build_buildkit build_legacy compose live_restore restart_policy_on_failure
	default_runtime network_of_another delete_running"
# a program that says that it is up, and ends with 3 when it is told to
TRAP='trap "echo bye; exit 3" TERM; trap "echo usr" USR1; echo up; while :; do sleep 0.1; done'

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
	OUT=$(terminal docker run -it --rm $(via) --network none box sh -c 'tty; stty size; test -t 2 && echo all')
	match "$OUT" '^/dev/(pts/0|console)$'
	has "$OUT" "30 100" all
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
	eq "$(docker exec "$C" sh -c 'for n in pid net mnt ipc uts cgroup; do readlink /proc/self/ns/$n; done')" \
		"$(for n in pid net mnt ipc uts cgroup; do readlink "/proc/$(pid_of)/ns/$n"; done)" "namespaces"
	fails 9 docker exec "$C" sh -c 'exit 9'
	eq "$(echo in | docker exec -i "$C" cat)" in
	eq "$(docker exec "$C" cat /proc/self/cgroup)" "0::/" "cgroup"
}

op_exec_tty()
{
	up box sleep 1000
	OUT=$(terminal docker exec -it "$C" sh -c 'tty; stty size')
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
	fails 127 docker exec -w /no/such "$C" true
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
	fails 127 docker exec "$C" no-such-command
	fails 126 docker exec "$C" /etc/passwd
	fails 137 docker exec "$C" sh -c 'kill -KILL $$'
}

op_exec_privileged()
{
	up box sleep 1000
	eq "$(docker exec --privileged "$C" sed -n 's/^CapEff:.//p' /proc/self/status)" "$(status_of $$ CapBnd)"
}

# what exec leaves running ends with the container
op_exec_left_behind()
{
	local pid
	up box sleep 1000
	docker exec -d "$C" sleep 2000
	wait_for 10 pgrep -f 'sleep 2000'
	pid=$(pgrep -f '^sleep 2000')
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
	[ "$(pid_of)" != "$pid" ] || die "the same process"
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
	[ "$(cat "$now")" != "$first" ] || die "it does not go on"
}

op_kill_paused()
{
	up box sleep 1000
	docker pause "$C"
	docker kill "$C"
	ended 137
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
		[ "$(inspect '{{.RestartCount}} {{.State.Running}}')" = "2 false" ]
	}
	wait_for 30 restarted
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
	[ "$(cat "$group/cpu.weight")" != 100 ] || die "cpu.weight as it was"
	eq "$(cat "$group/pids.max")" 20
}

op_stats()
{
	up --memory 50m box sh -c 'while :; do :; done'
	match "$(docker stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}} {{.CPUPerc}}' "$C")" \
		"^$C .*/ 50MiB 1 [1-9]"
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
	oom_is_seen
	up --memory 20m --memory-swap 20m box sh -c 'x=x; while :; do x=$x$x; done'
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

# --- builds --------------------------------------------------------------------------------------------------------

# build_with COMMAND...: an image with a step that runs as another user, its result copied to a second one
build_with()
{
	cat >Dockerfile <<-END
	FROM box AS first
	ARG WORD=none
	RUN mkdir /made && echo \$WORD >/made/word && chown -R 33:33 /made
	USER 33
	RUN id -u >/made/id && test ! -w /etc/passwd
	FROM box
	COPY --from=first /made /made
	CMD ["cat", "/made/word", "/made/id"]
	END
	"$@" --no-cache --network none --build-arg WORD=built -t made .
	eq "$(once made)" $'built\n33'
	echo 'RUN exit 17' >>Dockerfile
	! "$@" --network none -t made . >out 2>&1 || die "no failure"
	file_has out 'code: 17'
}

op_build_buildkit()
{
	echo "$RT" >"$BUILDER.runtime"
	build_with env DOCKER_BUILDKIT=1 docker build --progress plain
}

# steps of the old builder run with the default runtime, which can be changed while the daemon runs
op_build_legacy()
{
	default_is()
	{
		[ "$(docker info -f '{{.DefaultRuntime}}')" = "$1" ]
	}
	daemon_config "$RT" >/etc/docker/daemon.json
	systemctl kill -s HUP --kill-whom=main berth-docker
	wait_for 10 default_is "$RT"
	local rc=0
	(set -e; build_with env DOCKER_BUILDKIT=0 docker build) || rc=1
	daemon_config "${RUNTIMES%% *}" >/etc/docker/daemon.json
	systemctl kill -s HUP --kill-whom=main berth-docker
	wait_for 10 default_is "${RUNTIMES%% *}"
	return "$rc"
}

# --- several containers ----------------------------------------------------------------------------------------------

op_compose()
{
	cat >compose.yaml <<-END
	services:
	  server:
	    image: box
	    runtime: $RT
	    command: sh -c 'echo page >/data/index; exec httpd -f -p 80 -h /data'
	    volumes: [shared:/data]
	    mem_limit: 50m
	    healthcheck: {test: wget -q -O /dev/null http://127.0.0.1/index, interval: 1s}
	    networks: {net: {ipv4_address: 10.99.0.5}}
	  client:
	    image: box
	    runtime: $RT
	    command: sleep 1000
	    depends_on: {server: {condition: service_healthy}}
	    volumes: ["shared:/data:ro"]
	    networks: [net]
	networks: {net: {ipam: {config: [{subnet: 10.99.0.0/24}]}}}
	volumes: {shared: {}}
	END
	docker compose -p comp up -d --quiet-pull
	eq "$(docker compose -p comp exec -T client wget -q -O - http://10.99.0.5/index)" page "what the server says"
	eq "$(docker compose -p comp exec -T client cat /data/index)" page "what is in the volume"
	docker compose -p comp up -d --scale client=2 --no-recreate
	eq "$(docker compose -p comp ps -q client | wc -l)" 2 "clients"
	docker compose -p comp down -v -t 1
}

op_network_of_another()
{
	local of
	up --ipc shareable box sleep 1000
	of=/proc/$(pid_of)/ns
	OUT=$(docker run --rm $(via) --network "container:$C" --pid "container:$C" --ipc "container:$C" box sh -c \
		'for n in net pid ipc; do readlink /proc/self/ns/$n; done; tr "\0" " " </proc/1/cmdline')
	has "$OUT" "$(readlink "$of/net")" "$(readlink "$of/pid")" "$(readlink "$of/ipc")" "sleep 1000"
}

# --- the daemon goes and comes ---------------------------------------------------------------------------------------

# same_after COMMAND...: $C goes on under another daemon
same_after()
{
	local pid
	pid=$(pid_of)
	"$@"
	wait_for 40 docker version
	wait_for 20 is_running
	eq "$(pid_of)" "$pid" "process"
	eq "$(docker exec "$C" echo again)" again
}

op_live_restore()
{
	up box sh -c "$TRAP"
	wait_for 10 logged up
	same_after systemctl restart berth-docker
	docker stop "$C"
	ended 3
}

killed_daemon()
{
	systemctl kill -s KILL --kill-whom=main berth-docker
	wait_for 10 systemctl is-failed berth-docker
	systemctl start berth-docker
}

op_daemon_killed()
{
	up box sh -c "$TRAP"
	wait_for 10 logged up
	same_after killed_daemon
	docker rm -f "$C"
}
