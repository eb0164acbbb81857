# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016 source-path=SCRIPTDIR
#
# containerd by its own client, ctr.

. ./containerd.inc
export SHORT_OPS="run run_status run_tty task_life exec exec_tty pause kill checkpoint_refused metrics cgroup_path
	namespaces shim_left_alone info documented"
export NO_RUNTIME_OPS="info documented"

# ctr gives a terminal its size when the program runs already
SIZE='tty; until stty size | grep "30 100"; do sleep 0.1; done'

after_op()
{
	c tasks ls -q | xargs -r -n 1 ctr -a "$CRI_SOCKET" tasks rm -f
	c containers ls -q | xargs -r ctr -a "$CRI_SOCKET" containers rm
}

# ctr_run ARG... [-- CMD]: `ctr run` of a root file system with the runtime on trial
ctr_run()
{
	local driver=()
	[ "$DRIVER" != systemd ] || driver=(--runc-systemd-cgroup --cgroup "system.slice:ctr:$C")
	c run --runc-binary "$BIN/$RT" "${driver[@]}" --env "PATH=/bin:/sbin" "$@"
}

# once CMD...
once()
{
	ctr_run --rm --rootfs "$RUN/box" "$C" "$@"
}

# up_with OPTION... -- CMD...: in the background
up_with()
{
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	ctr_run -d --null-io "${options[@]}" --rootfs "$RUN/box" "$C" "$@"
}

up()
{
	up_with -- "$@"
}

pid_of()
{
	c tasks ls | awk -v id="$C" '$1 == id { print $2 }'
}

task_is()
{
	[ "$(c tasks ls | awk -v id="$C" '$1 == id { print $3 }')" = "$1" ]
}

op_run()
{
	eq "$(once echo hello)" hello
	eq "$(c containers ls -q)" "" "containers left"
}

op_run_status()
{
	fails 42 once sh -c 'exit 42'
	fails 1 once no-such-command
	match "$OUT" "executable file .*not found"
	eq "$(find "/run/containerd/runc" -mindepth 2 -maxdepth 2 -name "$C")" "" "state left"
}

op_run_tty()
{
	OUT=$(in_terminal ctr -a "$CRI_SOCKET" run --runc-binary "$BIN/$RT" --env PATH=/bin --rm -t --rootfs "$RUN/box" "$C" sh -c "$SIZE")
	match "$OUT" '^/dev/(pts/0|console)$'
	has "$OUT" "30 100"
}

# somebody at the terminal: an interrupt is a signal inside; what is typed arrives, the terminal gets another size, an end of file ends.
# In two lives, and without the prompt: read of busybox 1.38 hangs after an interrupt, and its prompt when a size changes. ctr tells of
# the first size when the program runs, and only then begins to look for another one: hence the pause.
op_terminal_typed()
{
	local command=("$ENGINES/typist.py" ctr -a "$CRI_SOCKET" run --runc-binary "$BIN/$RT" --env PATH=/bin --rm -t
		--rootfs "$RUN/box" "$C" sh -c)
	fails 3 "${command[@]}" 'trap "echo int\$((1 + 1)); exit 3" INT; echo ready; while :; do sleep 0.1; done' <<-'END'
	expect ready
	send \x03
	expect int2
	END
	fails 5 "${command[@]}" 'echo ready; while read -r line; do eval "$line"; done; exit 5' <<-'END'
	expect ready
	send echo $((6*7))\r
	expect 42
	send until [ "$(stty size)" = "30 100" ]; do sleep 0.1; done; echo first $((30+1))\r
	expect first 31
	pause 1
	size 41 97
	send until [ "$(stty size)" = "41 97" ]; do sleep 0.1; done; echo now $((40+1))\r
	expect now 41
	send \x04
	END
}

# With --no-pivot ctr of containerd 1.7 forgets --runc-binary and takes runc.
op_run_flags()
{
	local pivot=--no-pivot
	case $(engine_version) in
	1.*) pivot= ;;
	esac
	OUT=$(ctr_run --rm --env A=b --cwd /tmp --user 7:8 $pivot --read-only --seccomp \
		--mount type=tmpfs,src=t,dst=/scratch,options=size=1m \
		--rootfs "$RUN/box" "$C" sh -c 'echo $A $PWD $(id -u):$(id -g); grep Seccomp: /proc/self/status; touch /data/x 2>&1
			df -k /scratch | tail -n 1')
	match "$OUT" '^b /tmp 7:8$'
	match "$OUT" '^t +1024 '
	match "$OUT" '^Seccomp:.2$'
	match "$OUT" '^touch: /data/x: Read-only file system$'
}

# created, started, ended, deleted one by one
op_task_life()
{
	newer_than_1 "\`ctr containers create --runc-binary\`"
	c containers create --runc-binary "$BIN/$RT" --env PATH=/bin --rootfs "$RUN/box" "$C" sh -c 'trap "exit 5" TERM; while :; do sleep 0.1; done'
	c tasks start -d --null-io "$C"
	task_is RUNNING
	has "$(c tasks ps "$C")" "$(pid_of)"
	sleep 0.3
	c tasks kill -s TERM "$C"
	wait_for 10 task_is STOPPED
	has "$(c tasks rm "$C" 2>&1)" "exit code 5"
	c containers rm "$C"
}

op_exec()
{
	up sleep 1000
	same "$(c tasks exec --exec-id e1 "$C" sh -c 'readlink /proc/self/ns/net')" "$(readlink "/proc/$(pid_of)/ns/net")"
	fails 9 c tasks exec --exec-id e2 "$C" sh -c 'exit 9'
	eq "$(c tasks exec --exec-id e3 --user 3 --cwd /tmp "$C" sh -c 'id -u; pwd')" $'3\n/tmp'
}

op_exec_tty()
{
	up sleep 1000
	OUT=$(in_terminal ctr -a "$CRI_SOCKET" tasks exec -t --exec-id e1 "$C" sh -c "$SIZE")
	match "$OUT" '^/dev/pts/'
	has "$OUT" "30 100"
}

op_exec_detached()
{
	up sleep 1000
	c tasks exec -d --exec-id e1 "$C" sleep 2000
	wait_for 10 pgrep -f '^sleep 2000'
	c tasks kill --exec-id e1 -s KILL "$C"
	wait_for 10 eval '! pgrep -f "^sleep 2000"'
	task_is RUNNING
}

op_pause()
{
	up sleep 1000
	c tasks pause "$C"
	task_is PAUSED
	file_has "$(cgroup_of "$(pid_of)")/cgroup.events" 'frozen 1'
	c tasks resume "$C"
	task_is RUNNING
	file_has "$(cgroup_of "$(pid_of)")/cgroup.events" 'frozen 0'
}

op_kill()
{
	local pid
	up sleep 1000
	pid=$(pid_of)
	c tasks kill -s KILL "$C"
	wait_for 10 task_is STOPPED
	[ ! -e "/proc/$pid" ] || die "it is left"
	fails 1 c tasks kill -s KILL "$C"
	has "$OUT" "process already finished"
	# containerd knows of the end here; where it does not yet, it looks for these words in the runtime's answer. Not recorded, as
	# this is no call of containerd's.
	fails 1 "$BIN/$RT.real" --root /run/containerd/runc/default kill "$C" 9
	match "$OUT" 'container not running|[Nn]o such process|already finished'
}

# checkpoints_asked: how often the runtime was, so far
checkpoints_asked()
{
	grep -cE " checkpoint .* $C \\|" "$BIN/$RT.trace" || true
}

# CRIU is in the machine, but berth has nothing that calls it: the task goes on, and it is said why not.
op_checkpoint_refused()
{
	local pid before
	up sleep 1000
	pid=$(pid_of)
	before=$(checkpoints_asked)
	OUT=$(c tasks checkpoint "$C" 2>&1) && die "there is a checkpoint: $OUT"
	[ "$(checkpoints_asked)" -gt "$before" ] || die "the runtime was not asked: $OUT"
	[ "$RT" != berth ] || has "$OUT" 'unknown command "checkpoint"'
	task_is RUNNING
	same "$(pid_of)" "$pid"
	eq "$(c tasks exec --exec-id e1 "$C" echo again)" again
}

# processes that share the host's pid namespace end with the container
op_kill_all_host_pid()
{
	local group
	up_with --with-ns pid:/proc/1/ns/pid -- sh -c 'sleep 3000 & exec sleep 1000'
	wait_for 10 pgrep -f '^sleep 3000'
	group=$(cgroup_of "$(pid_of)")
	c tasks kill -a -s KILL "$C"
	wait_for 10 task_is STOPPED
	c tasks rm "$C" || true
	! pgrep -f '^sleep 3000' || die "a process is left"
	[ ! -e "$group" ] || die "its cgroup is left"
}

op_metrics()
{
	up_with --memory-limit 50000000 -- sh -c 'while :; do :; done'
	OUT=$(c tasks metrics "$C")
	match "$OUT" 'memory\.usage_limit +4999[0-9]+'
	match "$OUT" 'pids\.current +1 *$'
	match "$OUT" 'cpu\.usage_usec +[1-9]'
}

op_cgroup_path()
{
	up sleep 1000
	if [ "$DRIVER" = systemd ]; then
		match "$(cgroup_of "$(pid_of)")" "^/sys/fs/cgroup/system.slice/ctr-$C.scope(/container)?$"
	else
		match "$(cgroup_of "$(pid_of)")" "^/sys/fs/cgroup/default/$C(/container)?$"
	fi
}

op_namespaces()
{
	once true
	up_with --net-host -- sleep 1000
	same "$(readlink "/proc/$(pid_of)/ns/net")" "$(readlink /proc/self/ns/net)"
}

# containerd can be killed: shim, container and what is known of it stay
op_shim_left_alone()
{
	local pid
	up sleep 1000
	pid=$(pid_of)
	systemctl kill -s KILL --kill-whom=main berth-containerd
	wait_for 10 systemctl is-failed berth-containerd
	systemctl start berth-containerd
	wait_for 40 c version
	task_is RUNNING
	same "$(pid_of)" "$pid"
	eq "$(c tasks exec --exec-id e1 "$C" echo again)" again
	c tasks kill -s KILL "$C"
	wait_for 10 task_is STOPPED
}

# what containerd learns of the runtime
op_info()
{
	newer_than_1 "\`ctr plugins inspect-runtime\`"
	OUT=$(c plugins inspect-runtime --runc-binary "$BIN/$RT" io.containerd.runc.v2)
	has "$OUT" ociVersionMax mountExtensions '"user"' rro
}

# docs/engines.md as it stands: its command lines, with names filled in
op_documented()
{
	local line n=0
	only_tested
	documented_line containerd "ctr plugins inspect-runtime --runc-binary /usr/local/sbin/berth io.containerd.runc.v2"
	case $(engine_version) in
	1.*) documented_line containerd "containerd 1.7 has no \`inspect-runtime\`" ;;
	*) has "$(c plugins inspect-runtime --runc-binary /usr/local/sbin/berth io.containerd.runc.v2)" ociVersionMax ;;
	esac
	while read -r line; do
		n=$((n + 1))
		line=${line#ctr }
		# shellcheck disable=SC2086
		recorded_in_place c -n k8s.io ${line//NAME/"$C"} echo ran </dev/null >out
		eq "$(tail -n 1 out)" ran "$line"
		c -n k8s.io containers rm "$C" 2>/dev/null || true
	done < <(sed -n "s|^    \(ctr run --runc-binary .*\) IMAGE NAME$|\1 --env PATH=/bin --rm $IMAGE NAME|p" "$ENGINES/../../docs/engines.md")
	eq "$n" 2 "command lines"
	recorded_in_place c -n k8s.io run -d --null-io --runc-binary /usr/local/sbin/berth "$IMAGE" "$C" /bin/sleep 1000
	documented_line containerd "berth --root /run/containerd/runc/k8s.io list"
	eq "$("$BIN/$RT.real" --root /run/containerd/runc/k8s.io list -q)" "$C"
	c -n k8s.io tasks rm -f "$C" || true
	c -n k8s.io containers rm "$C"
}
