# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Real input: each document in tests/data/engines, written by an engine in a real run. engines/prepare.py rewrites what
# cannot exist here (and says what and why), the probe runs with it, engines/check.py compares what the probe saw with
# what the document asked for.
# vm: asked

DATA=$REPO/tests/data/engines
TOOLS=$REPO/tests/integration/engines
WORLD=/mnt/test/b

command -v python3 >/dev/null || skip "no python3"

# The namespaces and files that the configs of an engine expect to find: world_new CONFIG...
world_new()
{
	local kind path
	export PYTHONDONTWRITEBYTECODE=1
	mkdir -p "$WORLD" /mnt/sources
	mount -t tmpfs -o mode=755 none /mnt/sources || die mount
	mount --make-shared /mnt/sources
	unshare --net --ipc --uts --pid --fork --kill-child sleep 1000 &
	wait_for 5 holder_is_there $! || die "no process in namespaces"
	while read -r kind path; do
		mkdir -p "${path%/*}"
		touch "$path"
		mount --bind "/proc/$HOLDER/ns/$kind" "$path" || die "$path"
	done < <("$TOOLS/prepare.py" namespaces "$@" | sort -u)
	cat >/mnt/test/hook <<-'EOF'
	#!/bin/bash
	jq -c '{args: $ARGS.positional, state: .}' --args -- "$@" >>/mnt/test/hooks
	EOF
	chmod 755 /mnt/test/hook
	setup
}

holder_is_there()
{
	HOLDER=$(cat "/proc/$1/task/$1/children" 2>/dev/null)
	HOLDER=${HOLDER// /}
	[ -n "$HOLDER" ] && [ "$(cat "/proc/$HOLDER/comm" 2>/dev/null)" = sleep ]
}

# A root file system for bundle $B. What lies below a tmpfs with tmpcopyup must turn up in it.
root_new()
{
	local d
	cp -a /mnt/rootfs "$B/rootfs"
	while read -r d; do
		mkdir -p "$B/rootfs$d"
		echo copied >"$B/rootfs$d/.copied"
	done <"$B/copied"
	if jq -e '.linux.uidMappings' "$B/config.json" >/dev/null; then
		chown -R -h "$(jq '.linux.uidMappings[0].hostID' "$B/config.json")" "$B/rootfs"
		chgrp -R -h "$(jq '.linux.gidMappings[0].hostID' "$B/config.json")" "$B/rootfs"
	fi
	rm -f /mnt/test/hooks /mnt/test/console
}

root_away()
{
	rm -rf --one-file-system "$B/rootfs"
}

is_gone()
{
	[ ! -e "/proc/$1" ]
}

# A receiver for the console socket; what comes out of the terminal goes to a file: console_start FILE
console_start()
{
	rm -f /mnt/test/console
	"$BUILD/tests/recvtty" /mnt/test/console >"$1" 2>&1 &
	TTY=$!
	wait_for 5 file_has "$1" '^listening' || die "recvtty"
}

# create, start, wait for the end, delete
lifecycle()
{
	local pid tty=() out=$B/out
	if jq -e '.process.terminal' "$B/config.json" >/dev/null; then
		console_start "$B/out"
		tty=(--console-socket /mnt/test/console)
		out=$B/stdout
	fi
	"$BERTH" --root "$STATE" create --bundle "$B" --pid-file "$B/pid" "${tty[@]}" "$ID" >"$out" 2>"$B/err" </dev/null
	RC=$? OUT=$(<"$out") ERR=$(<"$B/err")
	[ "$RC" = 0 ] || die "$ID: create failed"
	assert_eq "$ERR" "" "$ID: stderr of create"
	pid=$(<"$B/pid")
	cp "/proc/$pid/cgroup" "$B/cgroup"
	limits_of "$pid" >"$B/limits"
	rt_ok start "$ID"
	wait_for 10 is_gone "$pid" || die "$ID: does not end"
	[ ${#tty[@]} = 0 ] || wait "$TTY"
	[ ! -e /mnt/test/hooks ] || mv /mnt/test/hooks "$B/hooks"
	rt_ok state "$ID"
	assert_eq "$(jq -r '.status, .pid, .bundle' <<<"$OUT" | paste -sd ' ')" "stopped 0 $B"
	rt_ok delete "$ID"
	assert_eq "$(<"$B/err")" "" "$ID: stderr of the container"
	assert_clean
}

# The limits of a process's cgroup, "FILE VALUE" each; those of controllers that are not here are not there
limits_of()
{
	local dir file
	dir=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")
	for file in memory.max memory.swap.max pids.max cpu.max cpuset.cpus; do
		[ ! -e "$dir/$file" ] || echo "$file $(<"$dir/$file")"
	done
}

compare()
{
	local found
	found=$("$TOOLS/check.py" "$@" 2>&1) || die "differences:"$'\n'"$found"
}

# What the caller without privileges gets, and leaves behind (nothing)
plans()
{
	local before after b
	before=$(find "$WORLD" /run -printf '%p %s %T@ %m\n' | sort)
	for b in "$WORLD"/*/; do
		rt_plan "$b" text
		assert_match "$OUT" 'process.args'
		rt_plan "$b" json
		jq -e '.inside | length > 10' <<<"$OUT" >/dev/null || die "$b: no steps"
	done
	after=$(find "$WORLD" /run -printf '%p %s %T@ %m\n' | sort)
	assert_eq "$after" "$before" "plan leaves something behind"
	assert_clean
}

rt_plan()
{
	OUT=$(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$BERTH" plan --format "$2" "$1" \
		2>/mnt/test/.err)
	RC=$? ERR=$(</mnt/test/.err)
	[ "$RC" = 0 ] || die "plan of $1 as $2"
	[ -z "$ERR" ] || die "stderr of plan $1"
}

# What must fail: a file bound over a directory
must_fail()
{
	case $ID in
	docker-9128481) rt_fails 'mount.*"/etc".*: not a directory' create --bundle "$B" "$ID" ;;
	*) return 1 ;;
	esac
	assert_clean
}

configs()
{
	local dirs=()
	world_new "$@"
	"$TOOLS/prepare.py" bundle "$WORLD" "$HOLDER" "$@" || die prepare
	plans
	for B in "$WORLD"/*; do
		ID=${B##*/}
		root_new
		if ! must_fail; then
			lifecycle
			dirs+=("$B")
		fi
		root_away
	done
	compare "${dirs[@]}"
}

# half N FILE...: every second one, from number N on; the tests of the two halves run side by side
half()
{
	local all=("${@:2}") i some=()
	for ((i = $1; i < ${#all[@]}; i += 2)); do
		some+=("${all[i]}")
	done
	configs "${some[@]}"
}

test_podman_configs_1()
{
	half 0 "$DATA"/podman/*-config.json
}

test_podman_configs_2()
{
	half 1 "$DATA"/podman/*-config.json
}

test_docker_configs_1()
{
	half 0 "$DATA"/docker/*-config.json
}

test_docker_configs_2()
{
	half 1 "$DATA"/docker/*-config.json
}

test_containerd_and_crio_configs()
{
	configs "$DATA"/{ctr,cri-containerd,cri-crio}/*-config.json
}

# What the engines' users asked for, as they asked it: exit statuses and the words that engines look for.
test_original_arguments()
{
	local all=("$DATA"/{podman,docker,ctr,cri-containerd,cri-crio}/*-config.json) tried=0
	world_new "${all[@]}"
	"$TOOLS/prepare.py" bundle "$WORLD" "$HOLDER" "${all[@]}" || die prepare
	for B in "$WORLD"/*; do
		ID=${B##*/}
		outcome_of "$(jq -c .original_args "$B/expect.json")" || continue
		[ "$ID" != docker-9128481 ] || continue # see must_fail
		root_new
		cp "$B/config.json" "$B/config.probe.json"
		cfg --slurpfile e "$B/expect.json" '.process.args = $e[0].original_args'
		rt run --bundle "$B" "$ID"
		assert_eq "$RC" "$WANT_RC" "$ID"
		assert_match "$ERR" "^$WANT_ERR\$"
		assert_eq "$OUT" "$WANT_OUT" "$ID"
		root_away
		assert_clean
		tried=$((tried + 1))
	done
	[ "$tried" -ge 25 ] || die "only $tried"
}

# outcome_of ARGS: what these arguments must lead to, in WANT_*; fails for others
outcome_of()
{
	WANT_OUT='' WANT_ERR='' WANT_RC=0
	case $1 in
	'["/nonexistent"]') WANT_RC=127 WANT_ERR='.*: exec: "/nonexistent": no such file or directory' ;;
	'["nosuchcmd"]') WANT_RC=127 WANT_ERR='.*: exec: "nosuchcmd": executable file not found in \$PATH' ;;
	'["/etc/passwd"]') WANT_RC=126 WANT_ERR='.*: exec: "/etc/passwd": permission denied' ;;
	'["/etc"]') WANT_RC=126 WANT_ERR='.*: exec: "/etc": is a directory' ;;
	*'exit 7"]') WANT_RC=7 WANT_OUT=out WANT_ERR=err ;;
	*'exit 5"]') WANT_RC=5 ;;
	'["/bin/sh","-c","exit 9"]') WANT_RC=9 ;;
	'["false"]') WANT_RC=1 ;;
	'["true"]' | '["/bin/sh","-c","true"]') ;;
	'["echo","hi"]') WANT_OUT=hi ;;
	'["echo","in-exec"]') WANT_OUT=in-exec ;;
	'["echo","sync"]') WANT_OUT=sync ;;
	'["echo","stream"]') WANT_OUT=stream ;;
	'["/bin/echo","buildah-run"]') WANT_OUT=buildah-run ;;
	*) return 1 ;;
	esac
}

# A running container of a config: container_of ENGINE/NUMBER
container_of()
{
	local config=$DATA/$1-config.json
	[ -n "${HOLDER:-}" ] || world_new "$config"
	"$TOOLS/prepare.py" bundle "$WORLD" "$HOLDER" "$config" || die prepare
	ID=${1/\//-} B=$WORLD/${1/\//-}
	root_new
	args /bin/probe sleep 100
	up
}

container_away()
{
	rt_ok delete --force "$ID"
	root_away
	assert_clean
}

# What exec takes from the container it finds there: facts_of DIR
facts_of()
{
	local n pid
	pid=$(pid_of)
	echo "$ID" >"$1/id"
	cp "/proc/$pid/cgroup" "$1/cgroup"
	for n in mnt pid net uts ipc user cgroup time; do
		echo "$n $(readlink "/proc/$pid/ns/$n")"
	done >"$1/ns"
}

has_terminal()
{
	grep -q '"terminal": true' "$1"
}

# exec_detached PROCESS DIR, exec_foreground PROCESS DIR: what the probe says goes to DIR/out
exec_detached()
{
	local tty=() out=$2/out
	if has_terminal "$1"; then
		console_start "$2/out"
		tty=(--console-socket /mnt/test/console)
		out=/mnt/test/.out
	fi
	"$BERTH" --root "$STATE" exec --process "$1" "${tty[@]}" --detach --pid-file "$2/pid" "$ID" >"$out" 2>"$2/err"
	RC=$? ERR=$(<"$2/err")
	[ "$RC" = 0 ] || die "exec --detach of $1"
	assert_eq "$ERR" ""
	wait_for 10 is_gone "$(<"$2/pid")" || die "$1: does not end"
	[ ${#tty[@]} = 0 ] || wait "$TTY"
}

exec_foreground()
{
	if has_terminal "$1"; then
		python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))' \
			"$BERTH" --root "$STATE" exec --process "$1" "$ID" >"$2/out" 2>"$2/err" </dev/null
		RC=$? ERR=$(<"$2/err")
		assert_eq "$RC" 0 "exec of $1"
	else
		rt_ok exec --process "$1" "$ID"
		echo "$OUT" >"$2/out"
	fi
}

# The program that the engine's user asked for
exec_original()
{
	outcome_of "$(jq -c .original_args "$1/expect.json")" || return 0
	jq --slurpfile e "$1/expect.json" '.args = $e[0].original_args' "$1/process.json" >"$1/original.json"
	rt exec --process "$1/original.json" "$ID"
	assert_eq "$RC" "$WANT_RC"
	assert_match "$ERR" "^$WANT_ERR\$"
	assert_eq "$OUT" "$WANT_OUT"
	[ "$WANT_RC" -ge 126 ] || return 0
	rm -f "$1/pid"
	rt_fails "$WANT_ERR" exec --process "$1/original.json" --detach --pid-file "$1/pid" "$ID"
	[ ! -e "$1/pid" ] || die "a pid file of a process that is not"
}

# processes CONFIG ENGINE...: each process document of the engines, in a container of that config
processes()
{
	local d how dirs=() engine=${1%/*}
	container_of "$1"
	"$TOOLS/prepare.py" process "$B" "$DATA/$engine"/*-process.json || die prepare
	facts_of /mnt/test
	for d in "$B/$engine"-*/; do
		for how in detached foreground; do
			mkdir "$d$how"
			cp /mnt/test/{id,cgroup,ns} "$d/expect.json" "$d$how"
			"exec_$how" "$d/process.json" "$d$how"
			dirs+=("$d$how")
		done
		exec_original "$d"
	done
	compare "${dirs[@]}"
	set -- "$DATA/$engine"/*-process.json
	assert_eq "${#dirs[@]}" "$((2 * $#))"
	assert_eq "$(status)" running
	container_away
}

test_podman_processes()
{
	processes podman/8502297
}

test_docker_processes()
{
	processes docker/9144180
}

test_ctr_processes()
{
	processes ctr/9950030
}

test_containerd_processes()
{
	processes cri-containerd/10113904
}

test_crio_processes()
{
	processes cri-crio/10318682
}

test_updates()
{
	local pair file
	for pair in podman/8502297:8527254-resources docker/9144180:9183889-resources-stdin \
		docker/9144180:9187081-resources-stdin cri-containerd/10113904:10133185-resources-stdin \
		cri-crio/10318682:10354357-resources-stdin; do
		file=$DATA/${pair%%/*}/${pair#*:}.json
		umount /mnt/sources 2>/dev/null
		HOLDER=''
		rm -rf --one-file-system "$WORLD"
		container_of "${pair%:*}"
		"$TOOLS/prepare.py" resources "$file" >/mnt/test/some.json
		update_of "$file"
		# device rules of an update are not for us: engines send "nothing at all"
		rt_ok exec "$ID" /bin/sh -c 'echo >/dev/null && head -c 1 /dev/zero | wc -c >/dev/null && echo fine'
		assert_eq "$OUT" fine
		container_away
	done
}

update_of()
{
	rt_ok update --resources - "$ID" </mnt/test/some.json
	rt_ok update --resources=- "$ID" </mnt/test/some.json
	rt_ok update --resources=/mnt/test/some.json "$ID"
	limits_of "$(pid_of)" >/mnt/test/limits
	OUT=$("$TOOLS/check.py" --limits /mnt/test/some.json /mnt/test/limits) || die "limits: $OUT"
	# as it was written: either all of it or, where a controller is not there, an error that names it
	rt update --resources - "$ID" <"$1"
	if [ "$(jq -cS . "$1")" = "$(jq -cS . /mnt/test/some.json)" ]; then
		assert_eq "$RC" 0
	else
		assert_eq "$RC" 1
		assert_match "$ERR" '(memory|pids|cpu|cpuset|blockIO|io)\b.*controller'
	fi
}

# The checker itself: each kind of damage done to what some containers said must be noticed.
test_checker_can_fail()
{
	local some=(podman/8577505 podman/8592162 podman/8604413 podman/8613450 podman/8635365 podman/8758609 docker/9557507
		docker/9080442 docker/9542014 docker/10530789 cri-containerd/10108814 cri-containerd/10113904 ctr/9922778 ctr/9930169)
	some=("${some[@]/#/$DATA/}")
	configs "${some[@]/%/-config.json}"
	OUT=$("$TOOLS/selftest.py" "$WORLD"/*) || die "the checker is blind"
}
