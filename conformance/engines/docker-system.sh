# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2046,SC2086,SC2317 source-path=SCRIPTDIR
#
# docker: its API, builds, several containers, the daemon's going and coming, docs/engines.md.

. ./docker.inc
export SHORT_OPS="build_buildkit live_restore network_of_another"
export NO_RUNTIME_OPS="documented"

op_api()
{
	local id exec
	id=$(api POST "/containers/create?name=$C" '{"Image": "box", "Cmd": ["sh", "-c", "echo by api; sleep 1000"],
		"HostConfig": {"Runtime": "'"$RT"'", "NetworkMode": "none", "Memory": 67108864, "PidsLimit": 30}}' | jq -r .Id)
	api POST "/containers/$id/start"
	eq "$(api GET "/containers/$id/json" | jq -r '.State.Status + " " + .HostConfig.Runtime')" "running $RT"
	eq "$(cat "$(group)/memory.max" "$(group)/pids.max")" $'67108864\n30'
	wait_for 10 eval "api GET '/containers/$id/logs?stdout=1' | tr -d '\\0' | grep -q 'by api'"
	exec=$(api POST "/containers/$id/exec" '{"Cmd": ["sh", "-c", "echo more; exit 4"], "AttachStdout": true}' | jq -r .Id)
	has "$(api POST "/exec/$exec/start" '{"Detach": false}' | tr -d '\0')" more
	eq "$(api GET "/exec/$exec/json" | jq .ExitCode)" 4
	eq "$(api GET "/containers/$id/stats?stream=false&one-shot=true" | jq .memory_stats.limit)" 67108864
	api POST "/containers/$id/kill?signal=KILL"
	eq "$(api POST "/containers/$id/wait" | jq .StatusCode)" 137
	api DELETE "/containers/$id"
	fails 1 docker inspect "$C"
}

# With options for the runtime docker writes a shell script that starts it and, by its version, waits for it: it is between shim and
# runtime, and the container is to be the shim's child all the same, or its exit status is lost.
op_runtime_args()
{
	local pid parent command
	eq "$(docker run --rm --runtime "$RT-args" --network none box echo hello)" hello
	fails 9 docker run --rm --runtime "$RT-args" --network none box sh -c 'exit 9'
	docker run -d --runtime "$RT-args" --network none --name "$C" box sh -c "$TRAP"
	eq "$(inspect '{{.HostConfig.Runtime}}')" "$RT-args"
	wait_for 10 logged up
	pid=$(pid_of)
	parent=$(status_of "$pid" PPid)
	has "$(tr '\0' ' ' <"/proc/$parent/cmdline")" containerd-shim "$(inspect '{{.Id}}')"
	fails 5 docker exec "$C" sh -c 'exit 5'
	eq "$(echo in | docker exec -i "$C" cat)" in
	docker stop "$C"
	ended 3
	for command in create start exec kill delete; do
		match "$(grep -w -- "$command" "$BIN/$RT.trace")" "^--debug .* $command( .*)? $(inspect '{{.Id}}')( |$)"
	done
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
	docker image rm -f made || true
	fails 1 docker image inspect made
	"$@" --no-cache --network none --build-arg WORD=built -t made .
	eq "$(once made)" $'built\n33'
	echo 'RUN exit 17' >>Dockerfile
	! "$@" --network none -t made . >out 2>&1 || die "no failure"
	file_has out 'code: 17'
}

# steps_run: by the runtime for BuildKit, so far
steps_run()
{
	grep -c ' run --bundle ' "$BIN/$RT.trace" || true
}

# Nothing in an image says what ran its steps: a BuildKit that does not know its variable would take the runc of the machine.
op_build_buildkit()
{
	local before after
	before=$(steps_run)
	echo "$RT" >"$BUILDER.runtime"
	build_with env DOCKER_BUILDKIT=1 docker build --progress plain
	after=$(steps_run)
	# two steps and one that fails; the two once more for another WORD, unless a build before this one has left them
	((after - before >= 3)) || die "steps that came to $RT: $((after - before))"
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
	strictly build_with env DOCKER_BUILDKIT=0 docker build
	daemon_config "${RUNTIMES%% *}" >/etc/docker/daemon.json
	systemctl kill -s HUP --kill-whom=main berth-docker
	wait_for 10 default_is "${RUNTIMES%% *}"
	return "$RC"
}

# --- several containers ----------------------------------------------------------------------------------------------

op_compose()
{
	echo "a secret" >word
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
	    secrets: [word]
	secrets: {word: {file: ./word}}
	networks: {net: {ipam: {config: [{subnet: 10.99.0.0/24}]}}}
	volumes: {shared: {}}
	END
	docker compose -p comp up -d --quiet-pull
	eq "$(docker compose -p comp exec -T client wget -q -O - http://10.99.0.5/index)" page "what the server says"
	eq "$(docker compose -p comp exec -T client cat /data/index)" page "what is in the volume"
	eq "$(docker compose -p comp exec -T client cat /run/secrets/word)" "a secret"
	docker compose -p comp up -d --scale client=2 --no-recreate
	eq "$(docker compose -p comp ps -q client | wc -l)" 2 "clients"
	docker compose -p comp down -v -t 1
}

op_network_of_another()
{
	local of net pid ipc
	up --ipc shareable box sleep 1000
	of=/proc/$(pid_of)/ns
	net=$(readlink "$of/net")
	pid=$(readlink "$of/pid")
	ipc=$(readlink "$of/ipc")
	OUT=$(docker run --rm $(via) --network "container:$C" --pid "container:$C" --ipc "container:$C" box sh -c \
		'for n in net pid ipc; do readlink /proc/self/ns/$n; done; tr "\0" " " </proc/1/cmdline')
	has "$OUT" "$net" "$pid" "$ipc" "sleep 1000"
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
	same "$(pid_of)" "$pid" "process"
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

# what ends while no daemon is there to see it is known to have ended (docker does not ask with what status)
op_ended_without_daemon()
{
	local pid
	up box sh -c "$TRAP"
	wait_for 10 logged up
	pid=$(pid_of)
	systemctl stop berth-docker
	kill -TERM "$pid"
	wait_for 10 eval "! kill -0 $pid"
	systemctl start berth-docker
	wait_for 40 docker version
	wait_for 20 is_stopped
	docker start "$C"
	is_running || die "it does not run again"
	wait_for 10 docker exec "$C" true
}

# a daemon that starts brings up what is to run always, and leaves what was stopped by hand
op_restart_policies_at_start()
{
	docker create $(via) --network none --name "$C-unless" --restart unless-stopped box sleep 1000
	docker create $(via) --network none --name "$C-stopped" --restart unless-stopped box sleep 1000
	docker create $(via) --network none --name "$C-always" --restart always box sleep 1000
	docker create $(via) --network none --name "$C-no" box sleep 1000
	docker start "$C-unless" "$C-stopped" "$C-always" "$C-no"
	docker stop -t 0 "$C-stopped" "$C-always"
	systemctl stop berth-docker
	any_left()
	{
		pgrep -f '^sleep 1000'
	}
	pgrep -f '^sleep 1000' | xargs kill -KILL
	wait_for 10 eval '! any_left'
	systemctl start berth-docker
	wait_for 40 docker version
	wait_for 20 eval '[ "$(docker inspect -f "{{.State.Running}}" '"$C-unless $C-always"' | sort -u)" = true ]'
	eq "$(docker inspect -f '{{.State.Running}}' "$C-stopped" "$C-no" | sort -u)" false "those that are to stay down"
}

op_daemon_killed()
{
	up box sh -c "$TRAP"
	wait_for 10 logged up
	same_after killed_daemon
	docker rm -f "$C"
}

# --- docs/engines.md as it stands: to use it, to see that it is used, and the way back --------------------------------

# documented_daemon ARG...: docker of a daemon that has nothing but what the documents say. No runc is in its PATH that
# works, so that a step which does not come to the runtime fails.
documented_daemon()
{
	docker -H unix://$OPDIR/sock "$@"
}

documented_begin()
{
	mkdir bin
	ln -s /bin/false bin/runc
	echo '{}' >daemon.json
	documented docker ini | sed -n '/^\[Service\]$/,$p' >unit
	second_daemon berth-documented -p "$(sed -n '/^Environment=/p' unit)" -E PATH="$OPDIR/bin:$PATH" \
		dockerd --config-file "$OPDIR/daemon.json" --data-root "$OPDIR/data" \
		--exec-root /run/engines/documented --pidfile "$OPDIR/pid" -H "unix://$OPDIR/sock"
	wait_for 40 documented_daemon version
	documented_daemon import /run/engines/box.tar box >/dev/null
}

# default_becomes NAME: after a reload
default_becomes()
{
	systemctl kill -s HUP --kill-whom=main berth-documented
	wait_for 10 eval '[ "$(documented_daemon info -f "{{.DefaultRuntime}}")" = '"$1 ]"
}

# line_removed: a reload that does take something over, a label, and not that there is no default any more
line_removed()
{
	documented_line docker "a reload after the line was removed changes nothing"
	eq "$(documented_daemon info -f '{{.Labels}}')" "[]"
	jq 'del(.["default-runtime"]) + {labels: ["reloaded=yes"]}' daemon.json >without && cat without >daemon.json
	systemctl kill -s HUP --kill-whom=main berth-documented
	wait_for 10 eval '[ "$(documented_daemon info -f "{{.Labels}}")" = "[reloaded=yes]" ]'
	eq "$(documented_daemon info -f '{{.DefaultRuntime}}')" berth "default after the line was removed"
	recorded_in_place documented_daemon run -d --name two --network none box sleep 1000
	eq "$(documented_daemon inspect -f '{{.HostConfig.Runtime}}' two)" berth
}

documented_ops()
{
	documented_begin
	documented docker json >daemon.json
	documented_line docker "docker info -f '{{.DefaultRuntime}}'"
	default_becomes berth
	recorded_in_place documented_daemon run -d --name one --network none box sleep 1000
	documented_line docker "docker inspect -f '{{.HostConfig.Runtime}}' NAME"
	eq "$(documented_daemon inspect -f '{{.HostConfig.Runtime}}' one)" berth
	documented_line docker "berth --root /var/run/docker/runtime-runc/moby list"
	match "$("$BIN/$RT.real" --root /run/engines/documented/runtime-runc/moby list -q)" '^[0-9a-f]{64}$'
	printf 'FROM box\nRUN echo made >/made\n' >Dockerfile
	DOCKER_BUILDKIT=1 recorded_in_place documented_daemon build --network none -t made .
	eq "$(documented_daemon run --rm --network none made cat /made)" made
	documented_swarm
	line_removed
	documented_line docker 'Back: set `"default-runtime": "runc"` and reload'
	jq '.["default-runtime"] = "runc"' daemon.json >back && cat back >daemon.json
	default_becomes runc
	eq "$(documented_daemon ps -aq | xargs docker -H "unix://$OPDIR/sock" inspect -f '{{.HostConfig.Runtime}}' | sort -u)" berth
	documented_daemon restart -t 0 one
	eq "$(documented_daemon exec one echo still)" still
}

documented_swarm()
{
	documented_line Swarm "docker node update --label-add runtime=berth NODE"
	documented_line Swarm "docker service create --constraint node.labels.runtime==berth"
	documented_daemon swarm init --advertise-addr 127.0.0.1
	documented_daemon node update --label-add runtime=berth "$(documented_daemon info -f '{{.Swarm.NodeID}}')"
	documented_daemon service create -q -d --no-resolve-image --name tasks --network host --constraint node.labels.runtime==berth \
		box sleep 1000
	wait_for 30 eval '[ -n "$(documented_daemon ps -q -f name=tasks)" ]'
	eq "$(documented_daemon inspect -f '{{.HostConfig.Runtime}}' "$(documented_daemon ps -q -f name=tasks)")" berth
	documented_daemon service rm tasks
	documented_daemon swarm leave --force
	wait_for 30 eval '[ -z "$(documented_daemon ps -aq -f name=tasks)" ]'
}

op_documented()
{
	only_tested
	strictly documented_ops
	second_daemon_end berth-documented documented_daemon
}
