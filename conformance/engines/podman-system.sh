# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016 source-path=SCRIPTDIR
#
# podman: pods, builds, Kubernetes' files, units of systemd, its API.

. ./podman.inc
export SHORT_OPS="pod quadlet service documented"
[ "$MODE" = root ] || SHORT_OPS="pod_shares unshare"
export NO_RUNTIME_OPS="info documented documented_files unshare"

op_pod()
{
	local one two
	p pod create --name "$C" >/dev/null
	p run -d --pod "$C" --name "$C-1" "$IMG" sleep 1000 >/dev/null
	p run -d --pod "$C" --name "$C-2" "$IMG" sleep 1000 >/dev/null
	same "$(p exec "$C-1" readlink /proc/self/ns/net)" "$(p exec "$C-2" readlink /proc/self/ns/net)"
	one=$(pid_of "$C-1") two=$(pid_of "$C-2")
	has "$(p pod top "$C" args)" "sleep 1000" catatonit
	p pod stop -t 0 "$C" >/dev/null
	eq "$(field "$C-1" .State.Status)" exited
	gone "$one" "$two" || die "$one or $two is left after stop"
	p pod start "$C" >/dev/null
	eq "$(field "$C-1" .State.Status)" running
	one=$(pid_of "$C-1") two=$(pid_of "$C-2")
	p pod kill "$C" >/dev/null
	wait_for 10 gone "$one" "$two"
	p pod rm -f "$C" >/dev/null
	none_left
}

op_pod_shares()
{
	local ns
	p pod create --name "$C" --share pid,ipc,uts,net >/dev/null
	p run -d --pod "$C" --name "$C-1" "$IMG" sleep 1000 >/dev/null
	p run -d --pod "$C" --name "$C-2" "$IMG" sleep 2000 >/dev/null
	for ns in pid ipc uts net; do
		same "$(p exec "$C-1" readlink /proc/self/ns/$ns)" "$(p exec "$C-2" readlink /proc/self/ns/$ns)"
	done
	has "$(p exec "$C-1" ps)" "sleep 2000" catatonit
	p stop -t 0 "$C-1" >/dev/null
	eq "$(field "$C-2" .State.Status)" running
	lacks "$(p exec "$C-2" ps)" "sleep 1000"
	p rm -f -t 0 "$C-2" >/dev/null
}

op_pod_pause()
{
	local one two
	if no_cgroups; then
		skip "no cgroup to freeze"
	fi
	p pod create --name "$C" >/dev/null
	p run -d --pod "$C" --name "$C-1" "$IMG" sleep 1000 >/dev/null
	p run -d --pod "$C" --name "$C-2" "$IMG" sleep 1000 >/dev/null
	one=$(pid_of "$C-1") two=$(pid_of "$C-2")
	p pod pause "$C" >/dev/null
	frozen 1 "$one" "$two"
	p pod unpause "$C" >/dev/null
	frozen 0 "$one" "$two"
	eq "$(p exec "$C-1" echo awake)" awake
	p pod restart "$C" >/dev/null
	gone "$one" "$two" || die "$one or $two is left after restart"
	eq "$(p exec "$C-2" echo again)" again
}

op_pod_limits()
{
	if no_cgroups; then
		skip "no cgroup"
	fi
	p pod create --name "$C" --memory 200m --cpus 0.5 >/dev/null
	p run -d --pod "$C" --name "$C-1" --memory 100m "$IMG" sleep 1000 >/dev/null
	eq "$(p exec "$C-1" cat /sys/fs/cgroup/memory.max)" 104857600
	# the pod's is what the container's is in: a slice with systemd, a folder of its id with cgroupfs
	eq "$(cat "$(cgroup_of "$(pid_of "$C-1")" | sed 's|/libpod-.*||')/memory.max")" 209715200 "of the pod"
}

op_pod_volumes()
{
	mkdir v
	echo shared >v/f
	p pod create --name "$C" -v "$OPDIR/v:/v" --userns auto --hostname podhost >/dev/null
	eq "$(p run --rm --pod "$C" "$IMG" sh -c 'cat /v/f; hostname')" $'shared\npodhost'
}

op_init_containers()
{
	p pod create --name "$C" >/dev/null
	p create --pod "$C" --init-ctr always --name "$C-i" "$IMG" touch /tmp/x >/dev/null
	p create --pod "$C" --name "$C-1" "$IMG" sleep 1000 >/dev/null
	p pod start "$C" >/dev/null
	eq "$(field "$C-i" .State.ExitCode)" 0
	eq "$(field "$C-1" .State.Status)" running
}

op_build()
{
	echo secret >s
	cat >Containerfile <<-END
	FROM $IMG AS one
	RUN echo built >/built && id -u >/who
	RUN --mount=type=secret,id=s cat /run/secrets/s >/had
	RUN --mount=type=tmpfs,target=/t touch /t/x
	RUN --mount=type=cache,target=/cache echo x >>/cache/x
	USER user
	RUN id -u >/tmp/who
	FROM $IMG
	COPY --from=one /built /had /who /tmp/who /copied/
	WORKDIR /copied
	CMD ["cat", "built"]
	END
	p build -q --network none --secret id=s,src=s -t localhost/built . >/dev/null
	eq "$(p run --rm localhost/built)" built
	eq "$(p run --rm localhost/built cat had who)" $'secret\n1000'
	printf 'FROM %s\nRUN exit 7\n' "$IMG" >Containerfile
	fails 7 p build -q --network none .
	p rmi -f localhost/built >/dev/null
}

op_build_limits()
{
	if no_cgroups; then
		skip "no cgroup"
	fi
	printf 'FROM %s\nRUN cd /tmp; cat /sys/fs/cgroup/memory.max >limit; grep CapEff /proc/self/status >caps; ulimit -n >files\n' \
		"$IMG" >Containerfile
	p build -q --network none --memory 60m --cap-drop all --ulimit nofile=111:111 -t localhost/built . >/dev/null
	has "$(p run --rm localhost/built cat /tmp/limit /tmp/caps /tmp/files)" 62914560 0000000000000000 111
	p rmi -f localhost/built >/dev/null
}

op_kube()
{
	local inner limit=(--memory 100m)
	if no_cgroups; then
		limit=() # podman-options/limit_without_cgroup
	fi
	p pod create --name "$C" >/dev/null
	p run -d --pod "$C" --name "$C-1" -e A=kube "${limit[@]}" "$IMG" sleep 1000 >/dev/null
	p kube generate "$C" >pod.yaml
	p pod rm -f -t 0 "$C" >/dev/null
	p kube play pod.yaml >/dev/null
	inner=$C-$C-1
	podman container exists "$inner" || inner=$C-1
	eq "$(p exec "$inner" sh -c 'echo $A')" kube
	no_cgroups || eq "$(p exec "$inner" cat /sys/fs/cgroup/memory.max)" 104857600
	p kube down pod.yaml >/dev/null
	none_left
}

op_kube_play()
{
	cat >pod.yaml <<-END
	apiVersion: v1
	kind: Pod
	metadata: {name: web}
	spec:
	  securityContext: {runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000}
	  initContainers:
	  - {name: first, image: "$IMG", command: [sh, -c, "echo made >/e/f"], volumeMounts: [{name: e, mountPath: /e}]}
	  containers:
	  - name: main
	    image: "$IMG"
	    command: [sh, -c, "cat /e/f; sleep 1000"]
	    volumeMounts: [{name: e, mountPath: /e}]
	    securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
	    livenessProbe: {exec: {command: [test, -e, /e/f]}}
	    resources: {limits: {memory: 80Mi, cpu: 500m}}
	  volumes:
	  - {name: e, emptyDir: {}}
	END
	if no_cgroups; then
		sed -i '/resources:/d' pod.yaml
	fi
	p kube play pod.yaml >/dev/null
	wait_for 10 sh -c "podman logs web-main | grep -q made"
	eq "$(p exec web-main id -u)" 1000
	match "$(p exec web-main cat /proc/self/status)" 'NoNewPrivs:[[:space:]]*1'
	no_cgroups || eq "$(p exec web-main cat /sys/fs/cgroup/memory.max)" 83886080
	p kube down pod.yaml >/dev/null
}

# systemctl of the caller's manager
manager()
{
	if [ "$MODE" = root ]; then
		systemctl "$@"
	else
		systemctl --user "$@"
	fi
}

op_quadlet()
{
	local dir=/run/containers/systemd pid again
	[ "$MODE" = root ] || dir=$XDG_RUNTIME_DIR/containers/systemd
	mkdir -p "$dir"
	cat >"$dir/optest.container" <<-END
	[Container]
	Image=$IMG
	ContainerName=$C
	Exec=sh -c 'trap "exit 0" TERM; while :; do sleep 0.2; done'
	GlobalArgs=--runtime=$RT --cgroup-manager=$DRIVER
	Notify=false
	Volume=optest.volume:/v
	NoNewPrivileges=true
	[Quadlet]
	DefaultDependencies=false
	END
	printf '[Volume]\nGlobalArgs=--runtime=%s\n[Quadlet]\nDefaultDependencies=false\n' "$RT" >"$dir/optest.volume"
	manager daemon-reload
	manager start optest.service
	manager is-active -q optest.service || die "not active"
	pid=$(pid_of "$C")
	has "$(cgroup_of "$pid")" /optest.service/libpod-payload-
	match "$(status_of "$pid" NoNewPrivs)" 1
	manager restart optest.service
	manager is-active -q optest.service || die "not active again"
	again=$(pid_of "$C")
	gone "$pid" || die "$pid is left after restart"
	status_of "$again" State | grep -q . || die "no process after restart"
	manager stop optest.service
	gone "$again" || die "$again is left"
	rm "$dir"/optest.*
	manager daemon-reload
	p volume rm -f systemd-optest >/dev/null
}

# active NAME STATE: of a unit
active()
{
	[ "$(manager show -p ActiveState --value "$1")" = "$2" ]
}

# up_when_it_says_so: the unit is not up before the program in the container says so
up_when_it_says_so()
{
	manager start --no-block notes.service
	wait_for 30 test -s v/up
	sleep 1 # a unit that waits for nothing is up by then
	active notes.service activating || die "up before it says so"
	touch v/go
	wait_for 20 active notes.service active
	eq "$(<v/sent)" send=ok
	manager stop notes.service
	none_left
}

op_sdnotify()
{
	local dir=/run/containers/systemd
	[ "$MODE" = root ] || dir=$XDG_RUNTIME_DIR/containers/systemd
	mkdir v
	lend "$dir/notes.container" <<-END
	[Container]
	Image=$IMG
	ContainerName=$C
	Exec=sh -c 'echo up >/v/up; until test -e /v/go; do sleep 0.1; done; /probe send \$\${NOTIFY_SOCKET} READY=1 >/v/sent; sleep 1000'
	GlobalArgs=--runtime=$RT --cgroup-manager=$DRIVER
	PodmanArgs=--stop-timeout=0
	Notify=true
	Volume=$OPDIR/v:/v
	Volume=$ENGINES/../../build/tests/probe:/probe:ro
	[Quadlet]
	DefaultDependencies=false
	END
	manager daemon-reload
	strictly up_when_it_says_so
	manager stop notes.service || true # in whatever state a failure has left it
	manager reset-failed notes.service 2>/dev/null || true
	give_back
	manager daemon-reload
	return "$RC"
}

# a socket that systemd listens at is the container's descriptor 3
op_socket_activation()
{
	local port=4711 pid inode client
	[ "$MODE" = root ] || port=4712
	systemd-socket-activate -l $port podman --runtime "$RT" --cgroup-manager "$DRIVER" run --network none --name "$C" \
		-v "$ENGINES/../../build/tests/probe:/probe:ro" "$IMG" sh -c 'echo "$LISTEN_FDS $LISTEN_PID $$"; /probe syscall 43 3 0 0; sleep 1000' \
		>out 2>&1 &
	client=$!
	# shellcheck disable=SC2064 # a failure ends more than this function
	trap "kill $client 2>/dev/null || true" EXIT
	wait_for 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" # which has podman started; who called has gone by then
	wait_for 30 grep -q '^1 1 1$' out
	wait_for 10 grep -qE '^syscall.43=[1-9][0-9]* errno=0' out # accept(2) of that one
	pid=$(pid_of "$C")
	inode=$(awk -v port="$(printf ':%04X' $port)" '$4 == "0A" && index($2, port) { print $10 }' /proc/net/tcp /proc/net/tcp6)
	same "$(readlink "/proc/$pid/fd/3")" "socket:[$inode]"
	p rm -f -t 0 "$C" >/dev/null
}

# call METHOD PATH [BODY], of the service's API
call()
{
	curl -sS --fail-with-body --max-time 30 --unix-socket "$OPDIR/api" -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} "http://d$2"
}

with_service()
{
	local rc=0 server
	p system service -t 0 "unix://$OPDIR/api" >service.log 2>&1 &
	server=$!
	wait_for 20 test -S "$OPDIR/api"
	set +e # which would be without effect before a ||
	(set -e; "$@")
	rc=$?
	set -e
	kill "$server"
	wait "$server" || true
	[ "$rc" = 0 ] || { tail -n 5 service.log; exit "$rc"; }
}

service_libpod()
{
	local id exec pid
	id=$(call POST /v5.0.0/libpod/containers/create '{"image": "'"$IMG"'", "name": "'"$C"'", "command": ["sleep", "1000"]}' | jq -r .Id)
	call POST "/v5.0.0/libpod/containers/$id/start"
	eq "$(call GET "/v5.0.0/libpod/containers/$id/json" | jq -r .State.Status)" running
	exec=$(call POST "/v5.0.0/libpod/containers/$id/exec" '{"Cmd": ["echo", "by api"], "AttachStdout": true}' | jq -r .Id)
	has "$(call POST "/v5.0.0/libpod/exec/$exec/start" '{"Detach": false}' | tr -d '\0')" "by api"
	has "$(call GET "/v5.0.0/libpod/containers/$id/top?stream=false")" "sleep 1000"
	call POST "/v5.0.0/libpod/containers/$id/kill?signal=KILL"
	eq "$(call POST "/v5.0.0/libpod/containers/$id/wait")" 137
	call POST "/v5.0.0/libpod/containers/$id/start"
	pid=$(pid_of "$C")
	status_of "$pid" State | grep -q . || die "not started again"
	call DELETE "/v5.0.0/libpod/containers/$id?force=true&timeout=0" >/dev/null
	gone "$pid" || die "$pid is left"
	none_left
}

service_docker()
{
	local id pid host='{"Memory": 67108864}'
	if no_cgroups; then
		host={} # podman-options/limit_without_cgroup
	fi
	id=$(call POST "/v1.41/containers/create?name=$C-d" '{"Image": "'"$IMG"'", "Cmd": ["sh", "-c", "echo compat; exit 4"],
		"HostConfig": '"$host"'}' | jq -r .Id)
	call POST "/v1.41/containers/$id/start"
	eq "$(call POST "/v1.41/containers/$id/wait" | jq .StatusCode)" 4
	has "$(call GET "/v1.41/containers/$id/logs?stdout=1" | tr -d '\0')" compat
	call DELETE "/v1.41/containers/$id"
	id=$(call POST "/v1.41/containers/create?name=$C-d" '{"Image": "'"$IMG"'", "Cmd": ["sleep", "1000"]}' | jq -r .Id)
	call POST "/v1.41/containers/$id/start"
	pid=$(pid_of "$C-d")
	status_of "$pid" State | grep -q . || die "not started"
	call DELETE "/v1.41/containers/$id?force=true"
	gone "$pid" || die "$pid is left"
	none_left
}

op_service()
{
	with_service service_libpod
	with_service service_docker
}

op_auto_remove_after_death_of_conmon()
{
	local monitor pid
	started
	monitor=$(field "$C" .State.ConmonPid) pid=$(pid_of "$C")
	kill -KILL "$monitor"
	wait_for 10 gone "$monitor"
	p rm -f -t 0 "$C"
	none_left
	wait_for 10 gone "$pid"
}

op_info()
{
	eq "$(p info --format '{{.Host.OCIRuntime.Name}}')" "$RT"
	has "$(p info --format '{{.Host.OCIRuntime.Version}}')" "$RT version"
}

DOCUMENTED="podman and buildah"

# docs/engines.md as it stands: to use it, to see that it is used, and the way back
op_documented()
{
	only_tested
	export CONTAINERS_CONF=$OPDIR/containers.conf
	documented "$DOCUMENTED" toml >containers.conf
	documented_use
	documented_without
	in_place flag podman --runtime-flag debug run --rm --network none "$IMG" echo flag
	match "$CREATE" '(^| )--debug .*create --bundle'
	documented_builds
	documented_back
	podman rm -f -t 0 "$C" >/dev/null
}

# documented_use: berth is the default, and it is what either name of it means; $C goes on
documented_use()
{
	local of
	documented_line "$DOCUMENTED" "podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Version}}'"
	match "$(podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Version}}')" '^berth berth version'
	eq "$(podman info --format '{{.Host.OCIRuntime.Path}}')" /usr/local/sbin/berth
	recorded_in_place podman run -d --network none --name "$C" "$IMG" sleep 1000 >/dev/null
	documented_line "$DOCUMENTED" "podman inspect --format '{{.OCIRuntime}}' NAME"
	eq "$(podman inspect --format '{{.OCIRuntime}}' "$C")" berth
	for of in berth /usr/local/sbin/berth; do
		in_place "no cgroup" podman --runtime $of run --rm --network none --cgroups=disabled "$IMG" echo "no cgroup"
		recorded_in_place fails 127 podman --runtime $of run --rm --network none "$IMG" nothing-like-it
	done
}

# documented_back: another is the default, and what berth has made is still berth's
documented_back()
{
	local before
	documented_line "$DOCUMENTED" 'remove `runtime = "berth"`'
	sed -i '/^runtime = "berth"$/d' containers.conf
	lacks "$(podman info --format '{{.Host.OCIRuntime.Name}}')" berth
	before=$(made /usr/local/sbin/berth.trace)
	podman run --rm --network none "$IMG" true
	eq "$(made /usr/local/sbin/berth.trace)" "$before" "made after the way back"
	documented_line "$DOCUMENTED" "podman ps -a --format '{{.ID}}' | xargs podman inspect --format '{{.OCIRuntime}}'"
	eq "$(podman ps -a --format '{{.ID}}' | xargs podman inspect --format '{{.OCIRuntime}}')" berth
	recorded_in_place podman restart -t 0 "$C" >/dev/null
	eq "$(podman exec "$C" echo still)" still
}

# without the list of runtimes that need no cgroup, and with a name of it that podman does not know
documented_without()
{
	local of before
	before=$(made /usr/local/sbin/berth.trace)
	for of in '/^runtime_supports_nocgroup/d' 's/^runtime_supports_nocgroup/&s/'; do
		sed "$of" containers.conf >without.conf
		OUT=$(CONTAINERS_CONF=$PWD/without.conf podman run --rm --network none --cgroups=disabled "$IMG" true 2>&1) && die "$of: it runs"
		has "$OUT" "not compatible with NoCgroups"
	done
	eq "$(made /usr/local/sbin/berth.trace)" "$before" "made without the list"
}

# the same file is buildah's, and that of `podman build`
documented_builds()
{
	local box engine isolation=rootless
	[ "$MODE" = rootless ] || isolation=oci
	box=$(buildah from "$IMG")
	in_place built env BUILDAH_ISOLATION=$isolation buildah run --network none "$box" echo built
	buildah rm "$box" >/dev/null
	printf 'FROM %s\nRUN echo made\n' "$IMG" >Containerfile
	for engine in podman buildah; do
		recorded_in_place $engine build -q --isolation $isolation --network none --no-cache -t localhost/built . >/dev/null
		match "$(last_create /usr/local/sbin/berth.trace)" 'create --bundle [^ ]*/buildah'
		podman rmi -f localhost/built >/dev/null
	done
}

# documented_flags FILE: its block with the options for the runtime added, there
documented_flags()
{
	{
		cat block
		printf '[engine.runtimes_flags]\n'
		sed -n 's/.*`\[engine.runtimes_flags\]` with `\([^`]*\)`.*/\1/p' "$ENGINES/../../docs/engines.md" | grep .
	} >flags.conf
	cp flags.conf "$1"
	in_place flag podman run --rm --network none "$IMG" echo flag
	case $(engine_version) in
	5.4.*) lacks "$CREATE" --debug ;; # does not know that table
	*) match "$CREATE" '(^| )--debug .*create --bundle' ;;
	esac
}

# each file that docs/engines.md names, for all users and for one, without a variable that says where it is
op_documented_files()
{
	local dir=/etc/containers of path=/usr/local/sbin/berth
	only_tested
	[ "$MODE" = root ] || dir=~/.config/containers
	for of in "$dir/containers.conf.d/10-berth.conf" "$dir/containers.conf"; do
		eq "$(podman info --format '{{.Host.OCIRuntime.Path}}')" "$BIN/berth" "before $of"
		documented "$DOCUMENTED" toml >block
		lend "$of" <block
		eq "$(podman info --format '{{.Host.OCIRuntime.Path}}')" $path "$of"
		recorded_in_place podman run -d --network none --name "$C" "$IMG" sleep 1000 >/dev/null
		has "$(tr '\0' ' ' <"/proc/$(field "$C" .State.ConmonPid)/cmdline")" " -r $path "
		lacks "$(last_create $path.trace)" --debug
		podman rm -f -t 0 "$C" >/dev/null
		documented_flags "$of"
		give_back
	done
	eq "$(podman info --format '{{.Host.OCIRuntime.Path}}')" "$BIN/berth" "in the end"
}

# errors: statuses and words of what podman learns from the runtime; nothing is lost of long ones
errors()
{
	fails 127 once -- nothing-like-it
	has "$OUT" nothing-like-it
	fails 126 once -- /etc/passwd
	has "$OUT" /etc/passwd
	fails 127 once -- "$long"
	has "$OUT" "$long"
	started
	fails 127 p exec "$C" nothing-like-it
	fails 126 p exec "$C" /etc/passwd
	p rm -f -t 0 "$C" >/dev/null
}

# errors come from a log in JSON for the names of a list, from stderr for others
op_json_list()
{
	local long
	long=$(printf '/nothing%.0s' {1..450})
	errors
	has "$(last_create "$BIN/$RT.trace")" --log-format=json
	fails 127 p --log-level debug run --rm "$IMG" nothing-like-it
	printf '[engine]\nruntime_supports_json = ["another"]\n' >without.conf
	export CONTAINERS_CONF_OVERRIDE=$OPDIR/without.conf
	errors
	lacks "$(last_create "$BIN/$RT.trace")" --log
	fails 127 p --log-level debug run --rm "$IMG" nothing-like-it
}

# inside_unshare ARG...: the runtime by itself, called in the user namespace that podman makes for the user; not recorded, as no
# engine calls it so
inside_unshare()
{
	podman unshare "$BIN/$RT.real" --root "$PWD/state" "$@"
}

op_unshare()
{
	local out
	only rootless
	mkdir -p b/rootfs
	p create --name "$C" "$IMG" true >/dev/null
	p export "$C" | tar -x -C b/rootfs
	p rm "$C" >/dev/null
	podman unshare sh -c 'cd b && exec "$0" spec --rootless' "$BIN/$RT.real"
	jq '.process.terminal = false | .process.args = ["sh", "-c", "id -u; cat /proc/self/uid_map"]' b/config.json >b/edited
	mv b/edited b/config.json
	out=$(inside_unshare run --bundle b "$C")
	match "$out" '^0$'
	match "$out" '^ *0 +0 +1$'
	# without a user namespace of its own it has all ids of podman's
	jq '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)
		| .process.args = ["sh", "-c", "cat /proc/self/uid_map; sleep 100"]' b/config.json >b/edited
	mv b/edited b/config.json
	inside_unshare run --detach --bundle b "$C" >out 2>&1 </dev/null
	wait_for 10 grep -qE "^ *1 +[0-9]+ +65536" out
	grep -qE "^ *0 +$(id -u) +1" out || die "$(<out)"
	eq "$(inside_unshare exec "$C" id -u)" 0
	has "$(inside_unshare list)" "$C"
	inside_unshare kill "$C" KILL
	wait_for 10 sh -c "podman unshare '$BIN/$RT.real' --root '$PWD/state' state '$C' | grep -q stopped"
	inside_unshare delete "$C"
	eq "$(ls state | grep -v '^\.' || true)" ""
}

# asked_for_checkpoint: how often the runtime was called for one, so far
asked_for_checkpoint()
{
	grep -cE '^([^|]* )?checkpoint ' "$BIN/$RT.trace" || true
}

op_checkpoint_refused()
{
	local pid before
	only root
	only_tested
	started
	pid=$(pid_of "$C")
	before=$(asked_for_checkpoint)
	fails 125 p container checkpoint "$C"
	has "$OUT" "runtime does not support checkpoint/restore" # and not that there is no criu
	[ "$(asked_for_checkpoint)" -gt "$before" ] || die "$RT was not asked"
	eq "$(pid_of "$C")" "$pid"
	eq "$(inside echo goes on)" "goes on"
	p rm -f -t 0 "$C" >/dev/null
	gone "$pid" || die "$pid is left"
}
