# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2086,SC2317 source-path=SCRIPTDIR
#
# Docker Swarm: a manager and two workers, each a daemon in a network namespace of its own, joined by a bridge; the
# runtime on trial is the default one of all three. Services are called as the operation.

. ./swarm.inc
export SHORT_OPS="replicas node_killed rolling_update secrets overlay_network"
NODES="n1 n2 n3"	# n1 manages
TOP=/run/engines/swarm

socket_of()
{
	echo "unix://$TOP/$1.sock"
}

# node_unit NODE: a service that has the daemon, containerd and the shims of the node, not its containers: those are in cgroups of their own
node_unit()
{
	local d=$TOP/$1
	cat >/run/systemd/system/berth-node-$1.service <<-END
	[Service]
	ExecStart=nsenter --net=/run/netns/$1 dockerd --config-file $d.json --data-root /var/lib/berth-swarm/$1 --exec-root $d \\
		--pidfile $d.pid -H unix://$d.sock --bridge none --exec-opt native.cgroupdriver=$DRIVER $(no_filter)
	Environment=PATH=$PATH
	Delegate=yes
	TasksMax=infinity
	TimeoutStopSec=10
	END
}

node_begin()
{
	local number=${1#n}
	ip netns add "$1"
	ip link add "v-$1" type veth peer name eth0 netns "$1"
	ip link set "v-$1" master swarm0 up
	ip -n "$1" addr add "10.77.0.$number/24" dev eth0
	ip -n "$1" link set eth0 up
	ip -n "$1" link set lo up
	configuration "${RUNTIMES%% *}" >"$TOP/$1.json"
	node_unit "$1"
}

start_node()
{
	systemctl start "berth-node-$1"
}

give_image()
{
	wait_for 60 d "$1" version
	d "$1" image inspect box >/dev/null 2>&1 || d "$1" import $TOP/box.tar box
}

join()
{
	[ "$1" = n1 ] || d "$1" swarm join --advertise-addr "10.77.0.${1#n}" --token "$token" 10.77.0.1:2377
}

engine_begin()
{
	local token
	mkdir -p $TOP
	modprobe -q vxlan
	modprobe -q ip_vs
	ip link add swarm0 type bridge
	ip link set swarm0 up
	all_nodes node_begin
	systemctl daemon-reload
	all_nodes start_node
	make_box $TOP/box
	tar -C $TOP/box -cf $TOP/box.tar .
	all_nodes give_image
	m swarm init --advertise-addr 10.77.0.1
	m swarm update --dispatcher-heartbeat 1s --task-history-limit 2
	token=$(m swarm join-token -q worker)
	all_nodes join
	wait_for 20 nodes_ready 3
}

set_runtime()
{
	configuration "$2" >"$TOP/$1.json"
	systemctl kill -s HUP --kill-whom=main "berth-node-$1"
}

stop_node()
{
	systemctl stop "berth-node-$1"
}

engine_end()
{
	journalctl -u 'berth-node-*' --no-pager -o cat >/run/engines/swarm.log
	all_nodes stop_node
}

# in_each COMMAND...: in every container of $C
in_each()
{
	local node id
	for node in $NODES; do
		for id in $(containers_of "$node"); do
			d "$node" exec "$id" "$@"
		done
	done
}

# pids_on NODE: of the containers of $C there
pids_on()
{
	containers_of "$1" | xargs -r docker -H "$(socket_of "$1")" inspect -f '{{.State.Pid}}'
}

# programs: what runs in the containers of $C, each kind once with their number
programs()
{
	local pid
	for pid in $(all_nodes pids_on); do
		tr '\0' ' ' <"/proc/$pid/cmdline"
		echo
	done | sort | uniq -c | sed 's/^ *//'
}

# pid_on NODE: of a container of $C there
pid_on()
{
	d "$1" inspect -f '{{.State.Pid}}' "$(containers_of "$1" | head -n 1)"
}

op_replicas()
{
	local node
	service --replicas 3 box sleep 1000
	wait_for 30 running 3
	for node in $NODES; do
		[ -n "$(containers_of "$node")" ] || continue
		eq "$(d "$node" inspect -f '{{.HostConfig.Runtime}}' $(containers_of "$node") | sort -u)" "$RT" "runtime on $node"
		eq "$(tr '\0' ' ' <"/proc/$(pid_on "$node")/cmdline")" "sleep 1000 "
	done
}

op_scale()
{
	service --replicas 1 box sleep 1000
	wait_for 30 running 1
	m service scale -d "$C=6"
	wait_for 60 running 6
	m service scale -d "$C=2"
	wait_for 60 running 2
}

op_global()
{
	local node
	service --mode global box sleep 1000
	wait_for 30 running 3
	for node in $NODES; do
		eq "$(containers_of "$node" | grep -c .)" 1 "containers on $node"
	done
}

# kernel_pids: of the service's processes, whichever node they are on, as the kernel has them
kernel_pids()
{
	pgrep -fx 'sleep 1000' | sort
}

# alive: the versions of all the service's processes, by what the kernel says of them; one look
alive()
{
	grep -zhx 'VERSION=[12]' $(kernel_pids | sed 's|.*|/proc/&/environ|') /dev/null 2>/dev/null | tr '\0' ' '
	echo
}

# update_seen ORDER: 3 replicas become those of another version, one at a time; meanwhile what is alive is written to `looks`, a
# line a look. An old one takes its time to go, so that whoever looks can see it beside the new one.
update_seen()
{
	local looker
	service --replicas 3 --update-parallelism 1 --update-order "$1" --update-delay 1s --update-monitor 1s --stop-grace-period 2s \
		--env VERSION=1 box sleep 1000
	wait_for 30 running 3
	wait_for 10 eval '[ "$(alive)" = "VERSION=1 VERSION=1 VERSION=1 " ]'
	while alive; do
		sleep 0.1 # of the processor that the update needs
	done >looks &
	looker=$!
	trap "kill $looker 2>/dev/null || true" EXIT
	updated()
	{
		[ "$(m service inspect -f '{{.UpdateStatus.State}}' "$C")" = completed ]
	}
	m service update -q -d --env-add VERSION=2 "$C"
	strictly wait_for 70 updated
	kill $looker
	wait $looker || true
	[ "$RC" = 0 ] || die "not updated; seen were $(sort looks | uniq -c)"
	wait_for 20 eval '[ "$(alive)" = "VERSION=2 VERSION=2 VERSION=2 " ]'
	wait_for 20 running 3
	# of the first process: what exec gets is the daemon's
	eq "$(in_each sh -c 'tr "\0" "\n" </proc/1/environ | grep VERSION')" $'VERSION=2\nVERSION=2\nVERSION=2'
	file_has looks 'VERSION=1.*VERSION=2|VERSION=2.*VERSION=1' || die "the versions never ran side by side: $(sort looks | uniq -c)"
}

# numbers_alive: the smallest and the largest number of processes in `looks`
numbers_alive()
{
	awk 'NR == 1 || NF < min { min = NF } NF > max { max = NF } END { print min, max }' looks
}

# the old one goes first: one less is there, as many as are replaced at a time, and never one more
op_rolling_update()
{
	update_seen stop-first
	eq "$(numbers_alive)" "2 3" "smallest and largest number of processes meanwhile"
}

# the new one comes first: it is never less than all, and more at some time; how many more is a matter of how long old ones take to go
op_rolling_update_start_first()
{
	update_seen start-first
	match "$(numbers_alive)" '^3 [456]$'
}

# ended_with NODE STATUS: the containers of $C there that have
ended_with()
{
	d "$1" ps -aq --filter "label=com.docker.swarm.service.name=$C" --filter status=exited --filter "exited=$2"
}

op_rollback()
{
	service --replicas 2 --update-parallelism 1 --update-monitor 3s --update-failure-action rollback --rollback-monitor 0s \
		--restart-condition none box sleep 1000
	wait_for 30 running 2
	m service update -q -d --args 'sh -c "exit 23"' "$C"
	bad_ended()
	{
		ended_with "$1" 23
	}
	wait_for 60 eval '[ -n "$(all_nodes bad_ended)" ]'
	rolled_back()
	{
		# Swarm may write that it is complete a second time, and then forgets that it was a way back
		m service inspect -f '{{.UpdateStatus.State}} {{.Spec.TaskTemplate.ContainerSpec.Args}}' "$C" |
			grep -qxE '(rollback_)?completed \[sleep 1000\]'
	}
	wait_for 60 rolled_back
	wait_for 30 running 2
	eq "$(programs)" "2 sleep 1000 "
}

# A release that is never healthy: it is tried beside what works, which goes on; Swarm goes back. Without the long delay Swarm begins
# containers in place of the failed ones, by then of the version before, and may choose these and stop what works.
op_rollback_unhealthy()
{
	local before
	service --replicas 2 --update-order start-first --rollback-order start-first --update-monitor 3s --rollback-monitor 3s \
		--update-failure-action rollback --restart-delay 1s --health-cmd true --health-interval 1s --health-retries 1 box sleep 1000
	wait_for 30 running 2
	before=$(kernel_pids)
	went_back()
	{
		m service inspect -f '{{.UpdateStatus.State}} {{.Spec.TaskTemplate.ContainerSpec.Healthcheck.Test}}' "$C" |
			grep -qxE '(rollback_)?completed \[CMD-SHELL true\]'
	}
	m service update -q -d --restart-delay 10m --health-cmd "false" "$C"
	wait_for 30 eval '[ "$(kernel_pids | wc -l)" = 3 ]'
	wait_for 60 went_back
	wait_for 30 eval '[ "$(kernel_pids)" = "$before" ]'
	sleep 10 # Swarm looks at a service again after it has gone back
	eq "$(kernel_pids)" "$before" "the processes from before"
}

op_task_killed()
{
	local pid
	service --replicas 1 --constraint node.hostname!=nobody --restart-delay 0s box sleep 1000
	wait_for 30 running 1
	pid=$(pgrep -f '^sleep 1000')
	kill -KILL "$pid"
	wait_for 30 eval '[ -n "$(pgrep -f "^sleep 1000" | grep -vx '"$pid"')" ]'
}

# known_on NODE: what its runtime still knows of containers (a hidden folder is a cache)
known_on()
{
	find "$TOP/$1" -path '*/runtime-*/moby/*' -mindepth 3 -maxdepth 3 ! -name '.*'
}

# The node is gone at once, with all that it runs: the service, then the containers. When it is there again it clears up what
# the runtime knows of them, and their cgroups.
op_node_killed()
{
	local pids pid groups=()
	service --replicas 4 --constraint node.role==worker --restart-delay 0s box sleep 1000
	wait_for 30 running 4
	pids=$(pids_on n3)
	[ -n "$pids" ] || die "nothing runs on n3"
	for pid in $pids; do
		groups+=("$(cgroup_of "$pid")")
	done
	# and perhaps of some that are being removed
	[ "$(known_on n3 | wc -l)" -ge "$(wc -w <<<"$pids")" ] || die "the runtime knows of: $(known_on n3)"
	systemctl kill -s KILL --kill-whom=all berth-node-n3
	# shellcheck disable=SC2086
	kill -KILL $pids
	all_on_n2()
	{
		[ "$(containers_of n2 | grep -c .)" = 4 ]
	}
	local rc=0
	(wait_for 60 all_on_n2) || rc=1
	wait_for 10 eval '! systemctl is-active -q berth-node-n3'
	systemctl reset-failed berth-node-n3
	systemctl start berth-node-n3
	wait_for 60 nodes_ready 3
	wait_for 30 eval '[ -z "$(known_on n3)" ]'
	for pid in $pids; do
		[ ! -e "/proc/$pid" ] || die "process $pid is left"
	done
	wait_for 10 eval '[ -z "$(ls -d "${groups[@]}")" ]'
	return "$rc"
}

op_drain()
{
	local node
	node=$(d n2 info -f '{{.Swarm.NodeID}}')
	service --replicas 4 --constraint node.role==worker --restart-delay 0s box sleep 1000
	wait_for 30 running 4
	m node update --availability drain "$node"
	moved()
	{
		[ "$(containers_of n2 | grep -c .) $(containers_of n3 | grep -c .)" = "0 4" ]
	}
	local rc=0
	(wait_for 60 moved) || rc=1
	m node update --availability active "$node"
	return "$rc"
}

op_secrets()
{
	echo "a secret" | m secret create "$C" -
	echo "a setting" | m config create "$C" -
	service --replicas 1 --constraint node.role==manager --secret "source=$C,target=word,mode=0400,uid=7" \
		--config "source=$C,target=/etc/setting" box sleep 1000
	wait_for 30 running 1
	eq "$(inside n1 cat /run/secrets/word /etc/setting)" $'a secret\na setting'
	eq "$(inside n1 stat -c '%a %u' /run/secrets/word)" "400 7"
	match "$(inside n1 grep secrets /proc/mounts)" 'tmpfs.* ro[, ]'
	m service rm "$C"
	wait_for 20 m secret rm "$C"
	m config rm "$C"
}

op_placement()
{
	m node update --label-add "place=$C" "$(d n2 info -f '{{.Swarm.NodeID}}')"
	service --replicas 3 --constraint "node.labels.place==$C" box sleep 1000
	wait_for 30 running 3
	eq "$(containers_of n2 | grep -c .)" 3 "on the node with the label"
}

# pages: a service with a task on each node that says which container it is, in a network of its own
pages()
{
	m network create -d overlay --attachable --subnet 10.66.0.0/24 "$C"
	service --mode global --network "$C" "$@" box sh -c 'hostname >/data/index; exec httpd -f -p 80 -h /data'
	wait_for 30 running 3
}

pages_end()
{
	m service rm "$C"
	wait_for 30 m network rm "$C"
}

# address_on NODE: of the container there, in that network
address_on()
{
	d "$1" inspect -f "{{(index .NetworkSettings.Networks \"$C\").IPAddress}}" "$(containers_of "$1")"
}

# page_is FROM WHERE TEXT: what a container gets
page_is()
{
	[ "$(inside "$1" wget -q -T 5 -O - "http://$2/index")" = "$3" ]
}

# containers of two machines reach each other by their addresses, each way
op_overlay_network()
{
	local from to address
	pages --endpoint-mode dnsrr
	for to in $NODES; do
		address=$(address_on "$to")
		match "$address" '^10\.66\.0\.[0-9]+$'
		match "$(inside "$to" ip -o -4 addr)" "inet $address/"
		for from in $NODES; do
			wait_for 20 inside "$from" ping -c 1 -W 2 "$address"
			wait_for 20 page_is "$from" "$address" "$(inside "$to" hostname)"
		done
	done
	pages_end
}

op_limits()
{
	local group
	service --replicas 1 --constraint node.role==manager --limit-memory 50M --limit-cpu 0.5 --limit-pids 20 --read-only --user 7 \
		--cap-drop ALL --mount type=tmpfs,dst=/tmp box sleep 1000
	wait_for 30 running 1
	group=$(cgroup_of "$(pid_on n1)")
	group=${group%/container}
	eq "$(cat "$group/memory.max" "$group/cpu.max" "$group/pids.max")" $'52428800\n50000 100000\n20'
	eq "$(inside n1 id -u)" 7
	fails 1 inside n1 touch /x
	has "$OUT" "Read-only"
}

op_unhealthy_replaced()
{
	service --replicas 1 --constraint node.role==manager --restart-delay 0s --health-cmd 'test ! -e /tmp/ill' --health-interval 1s \
		--health-retries 1 box sleep 1000
	wait_for 30 running 1
	local first
	first=$(containers_of n1)
	inside n1 touch /tmp/ill
	wait_for 30 eval '[ -n "$(containers_of n1 | grep -v "^'"$first"'$")" ]'
}

# --- nodes with other runtimes -----------------------------------------------------------------------------------------

# tasks_have RUNTIME NODE: all containers of $C there are said to be its, and it was called to make them
tasks_have()
{
	local id
	wait_for 30 eval '[ -n "$(containers_of '"$2"')" ]'
	eq "$(d "$2" inspect -f '{{.HostConfig.Runtime}}' $(containers_of "$2") | sort -u)" "$1" "runtime on $2"
	for id in $(d "$2" ps -q --no-trunc --filter "label=com.docker.swarm.service.name=$C"); do
		file_has "$BIN/$1.trace" " create .* $id( |\$)" || die "$1 was not called to create $id on $2"
	done
}

id_of()
{
	d "$1" info -f '{{.Swarm.NodeID}}'
}

# none_on NODE
none_on()
{
	local ids
	ids=$(d "$1" ps -q --filter "label=com.docker.swarm.service.name=$C" --filter status=running) && [ -z "$ids" ]
}

# moves_to RUNTIME NODE: as docs/engines.md says
moves_to()
{
	m node update --availability drain "$(id_of "$2")"
	wait_for 30 none_on "$2"
	node_uses "$1" "$2"
	m node update --availability active "$(id_of "$2")"
	tasks_have "$1" "$2"
}

moved_and_back()
{
	documented_line Swarm "docker node update --availability drain NODE"
	use_runtime
	node_uses "$1" n3
	m service create -q --detach=false --no-resolve-image --name "$C" --stop-grace-period 1s --mode global box sleep 1000
	wait_for 30 running 3
	tasks_have "$RT" n1
	tasks_have "$RT" n2
	tasks_have "$1" n3
	moves_to "$RT" n3
	moves_to "$1" n3
	tasks_have "$RT" n2
}

labelled()
{
	use_runtime
	node_uses "$1" n3
	m node update --label-add "runtime=$RT" "$(id_of n1)"
	m node update --label-add "runtime=$RT" "$(id_of n2)"
	m service create -q --detach=false --no-resolve-image --name "$C" --stop-grace-period 1s --replicas 5 \
		--constraint "node.labels.runtime==$RT" box sleep 1000
	wait_for 30 running 5
	none_on n3 || die "a task is on n3"
	tasks_have "$RT" n1
	tasks_have "$RT" n2
}

label_removed()
{
	m node update --label-rm runtime "$(id_of "$1")" || true
}

# with_another COMMAND: with another runtime, which n3 has; all nodes are as before afterwards
with_another()
{
	local other
	other=$(tr ' ' '\n' <<<"$RUNTIMES" | grep -vx "$RT" | head -n 1)
	[ -n "$other" ] || skip "no other runtime"
	strictly "$1" "$other"
	m node update --availability active "$(id_of n3)"
	node_uses "$RT" n3
	all_nodes label_removed
	return "$RC"
}

# nodes with and without the runtime in one swarm: only the former get what asks for them
op_mixed_nodes_labelled()
{
	with_another labelled
}

# a node goes over to the runtime, and back
op_mixed_nodes_moved()
{
	with_another moved_and_back
}
