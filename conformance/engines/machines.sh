# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2086,SC2317 source-path=SCRIPTDIR
#
# Docker Swarm over two machines, each with a kernel, a systemd and a disk of its own, and a wire between them: the first
# manages and runs the operations, the second works. It does what it is told on a port (./second), and when it is off it is
# booted again. On both the runtime on trial is the default one.

. ./swarm.inc
export SHORT_OPS="both" OP_LIMIT=${OP_LIMIT:-180} # twice as long: kernels of two machines, and a boot
NODES="1 2"
SOCKET=/run/engines/docker.sock
STATE=/run/docker/runtime-runc/moby	# of the runtime, on each machine

socket_of()
{
	case $1 in
	1) echo unix://$SOCKET ;;
	2) echo tcp://10.78.0.2:2375 ;;
	esac
}

# second COMMANDS: a shell's, on the second machine, with the functions of this file; its output and its status
second()
{
	local out
	out=$(socat -t 100 - TCP:10.78.0.2:7000 <<-END
	cd /srv/berth/conformance/engines; RT=${RT:-} C=${C:-} DRIVER=$DRIVER; . ./lib.sh; . ./machines.sh
	(set -e; $*
	) 2>&1; printf '\n%d' \$?
	END
	)
	[ "${out##*$'\n'}" = 0 ] || { echo "on the second machine: $*: $out"; return 1; }
	echo "${out%$'\n'*}"
}

# machine_begin NUMBER: on that machine: its address, its daemon with an image
machine_begin()
{
	mkdir -p /etc/docker /run/engines
	ip addr add "10.78.0.$1/24" dev vec0
	ip link set vec0 up
	modprobe -q vxlan
	modprobe -q ip_vs
	[ -s /etc/docker/daemon.json ] || configuration "${RUNTIMES%% *}" >/etc/docker/daemon.json
	cat >/run/systemd/system/berth-docker.service <<-END
	[Service]
	ExecStart=dockerd -H unix://$SOCKET --bridge none --exec-opt native.cgroupdriver=$DRIVER $(no_filter)
	Environment=PATH=$PATH
	Delegate=yes
	KillMode=process
	TasksMax=infinity
	END
	systemctl daemon-reload
	systemctl start berth-docker
	wait_for 60 docker -H unix://$SOCKET version
	docker -H unix://$SOCKET image inspect box >/dev/null 2>&1 && return
	make_box /run/engines/box
	tar -C /run/engines/box -c . | docker -H unix://$SOCKET import - box
	sync
}

engine_begin()
{
	machine_begin 1
	wait_for 90 d 2 version
	m swarm init --advertise-addr 10.78.0.1
	m swarm update --dispatcher-heartbeat 1s --task-history-limit 2
	d 2 swarm join --advertise-addr 10.78.0.2 --token "$(m swarm join-token -q worker)" 10.78.0.1:2377
	wait_for 20 nodes_ready 2
	second sync
}

engine_end()
{
	local rt calls
	for rt in $RUNTIMES; do
		calls=$(second cat "$BIN/$rt.trace") && printf '%s\n' "$calls" >>"$BIN/$rt.trace"
	done
	systemctl stop berth-docker
	journalctl -u berth-docker --no-pager -o cat >/run/engines/docker.log
}

configure()
{
	configuration "$1" >/etc/docker/daemon.json
	systemctl kill -s HUP --kill-whom=main berth-docker
	sync
}

set_runtime()
{
	case $1 in
	1) configure "$2" ;;
	2) second configure "$2" ;;
	esac
}

# known: what this machine's runtime knows of containers (a hidden folder is a cache)
known()
{
	find $STATE -mindepth 1 -maxdepth 1 ! -name '.*' -printf '%f\n' 2>/dev/null | sort
}

# sleepers: the programs of all tasks that run on this machine, seen from outside
sleepers()
{
	pgrep -fc "^sleep 1000" || true
}

# here NUMBER: so many tasks run on the first machine, and it is they that the runtime knows
here()
{
	[ "$(sleepers)" = "$1" ] && [ "$(known)" = "$(d 1 ps -q --no-trunc | sort)" ] && runs_on 1 "$1"
}

# Tasks run on both, each with the kernel of its machine, and each runtime knows those of its machine.
op_both()
{
	local one two
	service --replicas 4 box sleep 1000
	wait_for 30 running 4
	wait_for 10 here 2
	eq "$(second 'sleepers; known | wc -l')" $'2\n2'
	eq "$(second known)" "$(d 2 ps -q --no-trunc | sort)"
	one=$(inside 1 cat /proc/sys/kernel/random/boot_id) two=$(inside 2 cat /proc/sys/kernel/random/boot_id)
	eq "$one" "$(cat /proc/sys/kernel/random/boot_id)"
	eq "$two" "$(second cat /proc/sys/kernel/random/boot_id)"
	[ "$one" != "$two" ] || die "one kernel"
	eq "$(d 2 inspect -f '{{.HostConfig.Runtime}}' $(containers_of 2) | sort -u)" "$RT"
	m service scale -d "$C=1"
	wait_for 60 running 1
	m service rm "$C"
	wait_for 30 here 0
	wait_for 30 second '[ "$(sleepers)" = 0 ] && [ -z "$(known)" ]'
}

# Each fetches from the other. By address: for names the kernel has to translate addresses.
op_overlay_network()
{
	local address node
	m network create -d overlay --attachable --subnet 10.66.0.0/24 "$C"
	service --mode global --endpoint-mode dnsrr --network "$C" box sh -c 'hostname >/tmp/name; exec httpd -f -p 80 -h /tmp'
	wait_for 30 running 2
	for node in 1 2; do
		address=$(inside $((3 - node)) sh -c 'ip -o -4 addr' | grep -o '10\.66\.0\.[0-9]*' | head -n 1)
		wait_for 20 inside $node wget -qO got "http://$address/name"
		same "$(inside $node cat got)" "$(inside $((3 - node)) hostname)"
	done
	m service rm "$C"
	wait_for 30 m network rm "$C"
}

# on_disk TEXT: files of docker that have it, in file systems on this machine's disk
on_disk()
{
	sync
	find /var/lib/docker -xdev -type f -print0 | xargs -0 grep -ls -- "$1" || true
}

# A secret goes over the wire and is in memory only.
op_secret()
{
	echo "a secret" | m secret create "$C" -
	service --mode global --secret "source=$C,target=word,mode=0400" box sleep 1000
	wait_for 30 runs_on 2 1
	eq "$(inside 2 cat /run/secrets/word)" "a secret"
	match "$(inside 2 grep secrets /proc/mounts)" 'tmpfs.* ro[, ]'
	eq "$(second 'on_disk "a secret"')" "" "files on the disk with the secret"
	has "$(second 'on_disk "a file of the image"')" /data/file
	m service rm "$C"
	wait_for 20 m secret rm "$C"
}

# The power of the second machine goes. What ran there runs on the first; and after its next boot it has nothing left of
# what it had, and gets new tasks.
op_machine_lost()
{
	local boot again
	service --replicas 4 --restart-delay 0s box sleep 1000
	wait_for 30 running 4
	boot=$(second cat /proc/sys/kernel/random/boot_id)
	[ "$(second sleepers)" -gt 0 ] || die "nothing runs on the second machine"
	echo 'echo o >/proc/sysrq-trigger' | socat -t 2 - TCP:10.78.0.2:7000 || true
	wait_for 60 here 4
	wait_for 90 nodes_ready 2
	wait_for 30 second true # its daemon may be there before its port
	again=$(second cat /proc/sys/kernel/random/boot_id)
	[ "$again" != "$boot" ] || die "the second machine was not off"
	wait_for 30 second '[ "$(sleepers)" = 0 ] && [ -z "$(known)" ]'
	m service scale -d "$C=8"
	wait_for 60 runs_on 2 4
	eq "$(second 'sleepers; known | wc -l')" $'4\n4'
	wait_for 10 here 4
}

# The wire is cut for a while. The second machine goes on with its tasks, which run twice then; when the wire is whole again the
# ones there have to end.
op_wire_cut()
{
	local rc=0
	service --replicas 4 --restart-delay 0s box sleep 1000
	wait_for 30 running 4
	[ "$(second sleepers)" -gt 0 ] || die "nothing runs on the second machine"
	ip link set vec0 down
	(wait_for 60 here 4) || rc=1
	ip link set vec0 up
	[ $rc = 0 ] || die "the tasks did not come to the first machine"
	wait_for 60 nodes_ready 2
	wait_for 60 second '[ "$(sleepers)" = 0 ] && [ -z "$(known)" ]'
	here 4 || die "not four here: $(sleepers)"
}

op_drain()
{
	local node rc=0
	node=$(d 2 info -f '{{.Swarm.NodeID}}')
	service --replicas 4 --restart-delay 0s box sleep 1000
	wait_for 30 running 4
	m node update --availability drain "$node"
	(wait_for 60 here 4 && wait_for 30 second '[ "$(sleepers)" = 0 ] && [ -z "$(known)" ]') || rc=1
	m node update --availability active "$node"
	return $rc
}
