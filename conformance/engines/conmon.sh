# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2153 source-path=SCRIPTDIR
#
# The way of CRI-O: conmon called with the arguments, pipes and folders that CRI-O gives it, the other commands of the
# runtime called directly, a state root of its own. No engine is needed: conmon is what runs the runtime.

export NO_RUNTIME_OPS="documented"
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

# as_engine COMMAND...: with the environment that the engine gives to conmon and to the runtime, and nothing else
as_engine()
{
	env -i CRI_O_EXTERNAL=1 "PATH=$PATH" "$@"
}

# setting NAME: of CRI-O's table for the runtime; op_documented has those of docs/engines.md as variables
setting()
{
	case $1 in
	runtime_path) echo "${RUNTIME_PATH:-$BIN/$RT}" ;;
	runtime_root) echo "${RUNTIME_ROOT:-$OPDIR/root}" ;;
	monitor_path) echo "${MONITOR_PATH:-conmon}" ;;
	esac
}

# call_for COMMAND: sets CALL, how the runtime is called for it; the driver's flag goes to all but update
call_for()
{
	CALL=("$(setting runtime_path)")
	[ "$DRIVER" != systemd ] || [ "$1" = update ] || CALL+=(--systemd-cgroup)
	CALL+=(--root "$(setting runtime_root)")
}

# direct COMMAND...: the runtime, called by the engine itself, which reads two pipes to their ends
direct()
{
	local CALL
	call_for "$1"
	(
		set -o pipefail
		{ as_engine "${CALL[@]}" "$@" 2>&1 >&3 3>&- | cat >&2; } 3>&1 | cat
	)
}

# monitor ARG...: what conmon gets for containers and for exec. It begins when something comes out of the start pipe, as the engine moves
# it to a cgroup first; what it says on the sync pipe goes to ./sync.
monitor()
{
	local driver=()
	[ "$DRIVER" != systemd ] || driver=(-s)
	rm -f sync.pipe start.pipe
	mkfifo sync.pipe start.pipe
	cat sync.pipe >sync &
	echo 0 >start.pipe &
	as_engine _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 "$(setting monitor_path)" "${driver[@]}" -c "$C" -n "k8s_${C}_pod" \
		-r "$(setting runtime_path)" --runtime-arg "--root=$(setting runtime_root)" --socket-dir-path "$OPDIR/attach" \
		--log-level info "$@" 3>sync.pipe 4<start.pipe
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

# process TERMINAL PROGRAM...: process.json, what is to be executed
process()
{
	local terminal=$1
	shift
	jq -n --argjson terminal "$terminal" --args '{user: {uid: 0, gid: 0}, cwd: "/", env: ["PATH=/bin", "FROM=exec"], terminal: $terminal,
		args: $ARGS.positional}' -- "$@" >process.json
}

# exec_sync [-T SECONDS] PROGRAM...: its output in exec.log, what conmon says in sync
exec_sync()
{
	local limit=()
	[ "$1" != -T ] || { limit=(-T "$2"); shift 2; }
	process false "$@"
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
	same "$(said '.[0] | (.data // .pid)')" "$(cat pid)" "process that conmon reports"
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

# The engine sends the image's signal, and KILL to what stays.
op_stop()
{
	up sh -c 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.1; done'
	wait_for 10 file_has log ' stdout F up$'
	direct kill "$C" 15
	ended 3
	file_has log ' stdout F bye$'
	wait_for 10 status_is stopped
}

op_stop_timeout()
{
	up sh -c 'trap "echo no" TERM; echo up; while :; do sleep 0.1; done'
	wait_for 10 file_has log ' stdout F up$'
	direct kill "$C" 15
	wait_for 10 file_has log ' stdout F no$'
	status_is running || die "not running"
	[ ! -e "exits/$C" ] || die "it has ended"
	direct kill "$C" KILL
	ended 137
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

op_terminal_resized()
{
	config -j '.process.terminal = true' sh -c 'until stty size | grep -x "41 97"; do sleep 0.1; done; exit 5'
	create -t
	direct start "$C"
	echo "1 41 97" >bundle/ctl
	ended 5
	match "$(tr -d '\r' <log)" ' stdout [FP] 41 97$'
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

# A client that looks on has no conmon: the engine calls the runtime in the foreground, with pipes or a terminal of its own, and passes
# on the exit status. That call has the environment of the engine itself.
op_exec_stream()
{
	local CALL rc=0
	up sleep 1000
	call_for exec
	process false sh -c 'read x; echo "got $x"; echo err >&2; exit 6'
	OUT=$(
		set -o pipefail
		{ echo word | "${CALL[@]}" exec --process "$PWD/process.json" "$C" 2>&1 >&3 3>&- | cat >err; } 3>&1
	) || rc=$?
	eq "$rc" 6 "exit status"
	eq "$OUT" "got word"
	eq "$(cat err)" err
}

op_exec_stream_tty()
{
	local CALL resize
	up sleep 1000
	call_for exec
	process true sh -c 'tty; until stty size | grep -x "30 100"; do sleep 0.1; done; : >/dev/up
		until stty size | grep -x "41 97"; do sleep 0.1; done; exit 6'
	resize="until test -e /proc/$(cat pid)/root/dev/up; do sleep 0.1; done; stty rows 41 cols 97 </dev/tty"
	OUT=$(in_terminal sh -c "($resize) & ${CALL[*]} exec --process $PWD/process.json $C; echo status \$?")
	match "$OUT" '^/dev/pts/[0-9]+$'
	match "$OUT" '^30 100$'
	match "$OUT" '^41 97$'
	match "$OUT" '^status 6$'
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
	# crun has it in the cgroup below the scope, the scope's stays at "max": it counts there as well
	match "$(cat "$group/cpu.max" "${group%/container}/cpu.max")" '^30000 '
	match "$(cat "$group/memory.max" "${group%/container}/memory.max")" '^39997440$' # whole pages
	exec_sync sh -c 'head -c 1 /dev/zero | wc -c'
	eq "$(said '.[-1].exit_code')" 0 "exit code"
	match "$(cat exec.log)" ' stdout F 1$'
}

op_pause()
{
	local count group
	up sh -c 'while :; do printf x >>/dev/count; sleep 0.05; done'
	count=/proc/$(cat pid)/root/dev/count group=$(cgroup_of "$(cat pid)")
	wait_for 10 test -s "$count"
	direct pause "$C"
	status_is paused || die "not paused"
	file_has "$group/cgroup.events" '^frozen 1$'
	cp "$count" before
	sleep 1
	cmp "$count" before || die "it runs while it is paused"
	direct resume "$C"
	status_is running || die "not running"
	file_has "$group/cgroup.events" '^frozen 0$'
	wait_for 10 eval '! cmp -s "$count" before'
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
	local pid group
	config sleep 1000
	create
	pid=$(cat pid) group=$(cgroup_of "$(cat pid)")
	[ -e "root/$C" ] && [ -e "$group" ] || die "no state or no cgroup"
	direct delete --force "$C"
	[ ! -e "root/$C" ] || die "its state is left"
	# gone as soon as conmon has taken its exit status, and systemd has removed the scope
	wait_for 5 test ! -e "/proc/$pid"
	wait_for 5 test ! -e "$group"
}

# documented_settings: NAME=VALUE of docs/engines.md's block, as CRI-O would read it
documented_settings()
{
	documented CRI-O toml | python3 -c '
import shlex, sys, tomllib
runtime = tomllib.load(sys.stdin.buffer)["crio"]["runtime"]
one = runtime["runtimes"][runtime["default_runtime"]]
assert one.pop("runtime_type") == "oci"
for name in "monitor_path", "runtime_path", "runtime_root":
    print("%s=%s" % (name.upper(), shlex.quote(one.pop(name))))
assert not one, "not tried: %s" % one'
}

documented_ops()
{
	# CRI-O looks at what the runtime can do, in all that it says
	as_engine "$RUNTIME_PATH" --version
	as_engine "$RUNTIME_PATH" features 2>&1 | jq -e '.ociVersionMin and .ociVersionMax and .linux.mountExtensions.idmap.enabled' >/dev/null
	recorded_in_place create
	direct start "$C"
	[ -e "$RUNTIME_ROOT/$C" ] || die "no state in $RUNTIME_ROOT"
	exec_sync sh -c 'echo $FROM'
	match "$(cat exec.log)" ' stdout F exec$'
	direct kill "$C" KILL
	ended 137
}

# docs/engines.md as it stands, as far as that can be without CRI-O: its settings are what conmon and the runtime are called with
op_documented()
{
	local settings
	only_tested
	settings=$(documented_settings)
	eval "$settings"
	config sleep 1000
	strictly documented_ops
	direct delete --force "$C" || RC=1
	return "$RC"
}
