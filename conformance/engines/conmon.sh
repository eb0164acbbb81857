# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2153 source-path=SCRIPTDIR
#
# The way of CRI-O: conmon called with the arguments, pipes and folders that CRI-O gives it, the other commands of the
# runtime called directly, a state root of its own. No engine is needed: conmon is what runs the runtime.

export SHORT_OPS="life exit_file log_streams terminal attach exec_sync exec_timeout exec_fails create_fails update kill_all oom"
BOX=/run/engines/conmon-box

engine_version()
{
	conmon --version | sed -n 's/^conmon version //p'
}

engine_begin()
{
	[ -e $BOX/bin ] || make_box $BOX
}

after_op()
{
	direct delete --force "$C"
}

# direct COMMAND...: the runtime, called by the engine itself; it passes the driver's flag to all but update
direct()
{
	local driver=()
	[ "$DRIVER" != systemd ] || [ "$1" = update ] || driver=(--systemd-cgroup)
	"$BIN/$RT" "${driver[@]}" --root "$OPDIR/root" "$@"
}

# monitor ARG...: what conmon gets for containers and for exec; what it says on the pipe goes to ./sync
monitor()
{
	local driver=()
	[ "$DRIVER" != systemd ] || driver=(-s)
	_OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 conmon "${driver[@]}" -c "$C" -n "k8s_${C}_pod" -r "$BIN/$RT" --runtime-arg \
		"--root=$OPDIR/root" --socket-dir-path "$OPDIR/attach" --log-level info "$@" 3>sync 4</dev/zero
}

# config PROGRAM...: a bundle; the last argument may be preceded by jq programs with "-j PROGRAM"
config()
{
	local edit=. path="/conmon/$C"
	[ "$1" != -j ] || { edit=$2; shift 2; }
	[ "$DRIVER" != systemd ] || path="system.slice:crio:$C"
	mkdir -p bundle exits attach root
	jq -n --arg path "$path" --arg box "$BOX" --args '{ociVersion: "1.2.1", root: {path: $box, readonly: true}, hostname: "inside",
		process: {user: {uid: 0, gid: 0}, cwd: "/", env: ["PATH=/bin"], args: $ARGS.positional},
		mounts: [{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]},
			{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666"]}],
		annotations: {"org.systemd.property.TimeoutStopUSec": "uint64 30000000"},
		linux: {cgroupsPath: $path, resources: {}, namespaces: [{type: "pid"}, {type: "ipc"}, {type: "mount"}, {type: "uts"}]}} |
		'"$edit" -- "$@" >bundle/config.json
}

# create [ARG...]: conmon as for a new container
create()
{
	monitor -b "$PWD/bundle" -u "$C" -p "$PWD/pid" -P "$PWD/conmon.pid" --persist-dir "$PWD/bundle" --exit-dir "$PWD/exits" \
		-l "$PWD/log" "$@"
	wait_for 20 test -s sync
}

# up PROGRAM...: created and started
up()
{
	config "$@"
	create
	direct start "$C"
}

status_is()
{
	[ "$(direct state "$C" | jq -r .status)" = "$1" ]
}

# ended STATUS: what conmon says of the end
ended()
{
	wait_for 20 test -e "exits/$C"
	eq "$(cat "exits/$C")" "$1" "exit file"
}

# exec_sync [-T SECONDS] PROGRAM...: its output in exec.log, what conmon says in sync
exec_sync()
{
	local limit=()
	[ "$1" != -T ] || { limit=(-T "$2"); shift 2; }
	jq -n --args '{user: {uid: 0, gid: 0}, cwd: "/", env: ["PATH=/bin", "FROM=exec"], args: $ARGS.positional}' -- "$@" >process.json
	: >exec.pid
	monitor -e -p "$PWD/exec.pid" -l "$PWD/exec.log" --exec-process-spec "$PWD/process.json" "${limit[@]}"
	wait_for 20 file_has sync exit_code
}

# said PROGRAM: of the messages of conmon
said()
{
	jq -r -s "$1" sync
}

op_life()
{
	config sh -c 'echo up; exec sleep 1000'
	create
	eq "$(said '.[0] | (.data // .pid)')" "$(cat pid)" "process that conmon reports"
	status_is created || die "not created"
	[ ! -s log ] || die "it runs before start"
	direct start "$C"
	status_is running || die "not running"
	wait_for 10 file_has log ' stdout F up$'
	eq "$(direct state "$C" | jq -r .bundle)" "$PWD/bundle" "bundle"
	direct kill "$C" KILL
	ended 137
	wait_for 10 status_is stopped
	direct delete --force "$C"
	[ ! -e "root/$C" ] || die "its state is left"
}

op_exit_file()
{
	up sh -c 'exit 42'
	ended 42
}

op_log_streams()
{
	up sh -c 'echo out; echo err >&2; printf partial'
	ended 0
	file_has log ' stdout F out$'
	file_has log ' stderr F err$'
	file_has log ' stdout P partial$'
}

op_terminal()
{
	config -j '.process.terminal = true' sh -c 'tty; test -t 0 && test -t 2 && echo all'
	create -t
	direct start "$C"
	ended 0
	match "$(tr -d '\r' <log)" ' stdout [FP] /dev/(pts/0|console)$'
	has "$(cat log)" all
}

# attached TEXT: to the container's input; prints what comes until the line "end"
attached()
{
	python3 - "$PWD/attach/$C/attach" "$1" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	s.connect(sys.argv[1])
	s.settimeout(20)
	s.send(sys.argv[2].encode())
	got = b""
	while b"end" not in got:
	    packet = s.recv(9000)
	    if not packet:
	        break
	    got += packet[1:]  # the first byte says which stream
	sys.stdout.write(got.decode())
	END
}

op_attach()
{
	config sh -c 'while read x; do echo "got $x"; done'
	create -i --leave-stdin-open
	direct start "$C"
	has "$(attached $'word\nend\n')" "got word" "got end"
}

op_exec_sync()
{
	up sleep 1000
	exec_sync sh -c 'echo $FROM; hostname; echo err >&2; exit 7'
	eq "$(said '.[-1].exit_code')" 7 "exit code"
	match "$(cat exec.log)" ' stdout F exec$'
	match "$(cat exec.log)" ' stdout F inside$'
	match "$(cat exec.log)" ' stderr F err$'
}

op_exec_timeout()
{
	up sleep 1000
	exec_sync -T 1 sh -c 'sleep 3333 & sleep 3333'
	match "$(said '.[-1].message')" 'timed out'
	wait_for 5 eval '! pgrep -f "^sleep 3333"'
	status_is running || die "the container has ended too"
}

op_exec_fails()
{
	up sleep 1000
	exec_sync no-such-command || true
	match "$(said '.[-1].message')" 'executable file.*not found'
}

op_create_fails()
{
	config no-such-command
	create || true
	match "$(said '.[0].message')" 'executable file.*not found'
	fails 1 direct state "$C"
}

op_update()
{
	up sleep 1000
	local group
	group=$(cgroup_of "$(cat pid)")
	echo '{"cpu":{"quota":30000},"memory":{"limit":40000000},"devices":[{"allow":false,"access":"rwm"}]}' |
		direct update --resources - "$C"
	file_has "${group%/container}/cpu.max" '^30000 '
	exec_sync sh -c 'head -c 1 /dev/zero | wc -c'
	eq "$(said '.[-1].exit_code')" 0 "exit code"
	match "$(cat exec.log)" ' stdout F 1$'
}

op_pause()
{
	up sleep 1000
	direct pause "$C"
	status_is paused || die "not paused"
	direct resume "$C"
	status_is running || die "not running"
}

# a container in the host's pid namespace, whose first process ends and leaves others
op_kill_all()
{
	config -j '.linux.namespaces |= map(select(.type != "pid"))' sh -c 'sleep 4444 & sleep 4444 & exit 0'
	create
	direct start "$C"
	wait_for 10 pgrep -f '^sleep 4444'
	direct kill -a "$C" 9
	wait_for 10 eval '! pgrep -f "^sleep 4444"'
	ended 0
}

op_oom()
{
	up -j '.linux.resources.memory = {limit: 20000000, swap: 20000000}' sh -c "sleep 1; $(greedy)"
	ended 137
	wait_for 5 test -e bundle/oom
}

op_delete_created()
{
	local pid
	config sleep 1000
	create
	pid=$(cat pid)
	direct delete --force "$C"
	# gone as soon as conmon has taken its exit status
	wait_for 5 test ! -e "/proc/$pid"
}
