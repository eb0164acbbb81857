# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What a conformance test is written with, on top of ../tests/integration/lib.sh (bundles, cfg, probe, assert_*). The
# runtime is $BERTH, whichever that is; only the operations of the specification are used, with runc's command line. Unlike
# berth's own tests these do not look at what is written on stderr: the specification does not say.
#
# Above each test function stand
#	# shows: ID [ID ...]		the rows of requirements.tsv that it shows; {} is the word of "each"
#	# each: WORD [WORD ...]		the function is a test for each of these, in $ROW
#	# broken: SNIPPET		what ./break has to do to the runtime so that the test fails (one or more such lines)
#
#	go [CREATE-OPTION...]		create, start, wait for the end, delete; what the program printed is in $OUT
#	edit JQ				an edit of config.json that the breakage "undo" takes back; $b is the bundle
#	create, create_ok, is_refused	create; status in $RC. is_refused: it fails and there is no such container
#	up				create and start; $PID is the container process
#	st EXPR				what jq says of the output of `state`
#	DELETE				the words of the operation "delete"
#	needs WORD			skips the test unless the machine has it; see the function

ROW=${ROW:-}
PID=
# The specification names operations and no command line. What a runtime calls one of them, where it is not runc's word:
# operations.tsv, which ../conformance/run reads.
read -ra DELETE <<<"${OPERATION_delete:-delete}"

edit()
{
	cp "$B/config.json" "$B/.before.json"
	cfg --arg b "$B" "$@"
}

rt_ok()
{
	rt "$@"
	[ "$RC" = 0 ] || die "exit status $RC of: $*"
}

# rt_fails ARG...
rt_fails()
{
	rt "$@"
	[ "$RC" != 0 ] || die "no failure of: $*"
}

create()
{
	"$BERTH" --root "$STATE" create --bundle "$B" "$@" "$ID" >>"$B/out" 2>"$B/err" </dev/null
	RC=$? ERR=$(head -c 3000 "$B/err" | tr -d '\0') OUT=
}

create_ok()
{
	create "$@"
	[ "$RC" = 0 ] || die "create failed"
	PID=$(pid_of)
}

no_container()
{
	rt_fails state "$ID"
}

# is_refused [WHAT] [start]: create fails; with "start", start may be the one that fails
is_refused()
{
	create
	if [ "$RC" = 0 ] && [ "${2:-}" = start ]; then
		rt start "$ID"
		[ "$RC" != 0 ] || die "accepted: ${1:-}"
		remove
		return
	fi
	[ "$RC" != 0 ] || { remove; die "accepted: ${1:-}"; }
	no_container
}

remove()
{
	"$BERTH" --root "$STATE" delete --force "$ID" >/dev/null 2>&1
}

ended()
{
	local s
	s=$(sed 's/.*) //' "/proc/$PID/stat" 2>/dev/null)
	[ -z "$s" ] || [[ $s == [ZX]* ]]
}

wait_end()
{
	wait_for 15 ended || die "the program does not end"
}

deleted()
{
	"$BERTH" --root "$STATE" "${DELETE[@]}" "$ID" >/dev/null 2>"$B/err"
}

stop()
{
	rt_ok kill "$ID" KILL
	wait_end
	wait_status stopped
}

up()
{
	create_ok "$@"
	rt_ok start "$ID"
}

go()
{
	: >"$B/out"
	create_ok "$@"
	rt_ok start "$ID"
	wait_end
	OUT=$(tr -d '\0' <"$B/out") RC=0 ERR=
	wait_for 15 deleted || die "delete fails: $(<"$B/err")"
}

# go_or_refuse: as go, or the runtime refuses at create or start; true if the program ran
go_or_refuse()
{
	: >"$B/out"
	create
	[ "$RC" = 0 ] || return 1
	PID=$(pid_of)
	rt start "$ID"
	[ "$RC" = 0 ] || { remove; return 1; }
	wait_end
	OUT=$(tr -d '\0' <"$B/out") RC=0 ERR=
	remove
}

st()
{
	"$BERTH" --root "$STATE" state "$ID" | jq -r "$1"
}

# What there may be too little of: controller:NAME command:NAME file:PATH absent:PATH
# no-filesystem:NAME cap:NUMBER cpus:N kernel:X.Y realtime
needs()
{
	local what
	for what in "$@"; do
		case $what in
		- | "") ;;
		controller:*) grep -qw -- "${what#*:}" /sys/fs/cgroup/cgroup.controllers || skip "no $what" ;;
		command:*) command -v "${what#*:}" >/dev/null || skip "no $what" ;;
		file:*) [ -e "${what#*:}" ] || skip "no $what" ;;
		absent:*) [ ! -e "${what#*:}" ] || skip "there is ${what#*:}" ;;
		no-filesystem:*) ! grep -qw -- "${what#*:}" /proc/filesystems || skip "there is ${what#*:}" ;;
		cap:*) capable "${what#*:}" || skip "no $what" ;;
		cpus:*) [ "$(nproc)" -ge "${what#*:}" ] || skip "no $what" ;;
		realtime) realtime_allowed || skip "no real-time scheduling in a cgroup" ;;
		kernel:*) kernel_is "${what#*:}" || skip "no $what" ;;
		*) die "unknown need $what" ;;
		esac
	done
}

# capable NUMBER: in the caller's effective set
capable()
{
	local set
	set=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
	(((16#$set >> $1) & 1))
}

# Kernels that divide real-time among cgroups give none to a new one.
realtime_allowed()
{
	mkdir -p /sys/fs/cgroup/realtime
	(echo $BASHPID >/sys/fs/cgroup/realtime/cgroup.procs && chrt -f 1 true) 2>/dev/null
}

kernel_is()
{
	[ "$(printf '%s\n' "$1" "$(uname -r | grep -oE '^[0-9]+\.[0-9]+')" | sort -V | head -n 1)" = "$1" ]
}
