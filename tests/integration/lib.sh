# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What an integration test is written with. A test is a function test_NAME in a file NN-topic.sh; it runs in a jail
# (see ./jail) with its work folder as cwd. The first check that does not hold ends it.
#
#	bundle_new [NAME]	makes a small good bundle; $B is its folder, $ID the container's id
#	cfg [--arg ...] JQ	edits $B/config.json
#	args ARG...		sets process.args; probe ARG... sets them to the probe with these
#	run_ok, run_fails RE	`run` in the foreground; output in $OUT, $ERR, exit status in $RC
#	rt ARG...		the runtime with its --root; output in $OUT, $ERR, $RC; rt_ok, rt_fails check
#	assert_*		see below
#	assert_clean		nothing is left: no container, cgroup, mount, process

#	cgroups_path NAME	a linux.cgroupsPath for the driver of this run; cgroup_dir [ID]: the folder of a container's cgroup
#	needs_cgroupfs WHY	skips the test with DRIVER=systemd; needs_controller NAME: skips it where that is not there

STATE=/mnt/test/state
DRIVER=${DRIVER:-cgroupfs} # or systemd: each call of $BERTH then has --systemd-cgroup (see ./open)
CGROUPS_WAIT=0 # seconds that cgroups may take to go after the runtime has returned
ID=
B=
OUT= ERR= RC=
declare -A BASELINE

die()
{
	local i
	if [ -n "$RC" ]; then
		echo "last stdout: $(head -c 6000 <<<"$OUT")" >&2
		echo "last stderr: $(head -c 3000 <<<"$ERR")" >&2
		echo "last exit status: $RC" >&2
	fi
	for ((i = ${#FUNCNAME[@]} - 2; i > 0; i--)); do
		echo "   at ${BASH_SOURCE[i + 1]##*/}:${BASH_LINENO[i]} ${FUNCNAME[i]}" >&2
	done
	echo "FAILED: $*" >&2
	exit 1
}

skip()
{
	echo "$*"
	exit 77
}

# --- running -------------------------------------------------------------------------------------------------------

setup()
{
	mkdir -p "$STATE"
	chmod 0700 "$STATE"
	BASELINE[cgroups]=$(list_cgroups)
	BASELINE[mounts]=$(list_mounts)
	BASELINE[run]=$(list_run)
}

finish()
{
	exit 0
}

rt()
{
	# appended, so that what a container opens again as /dev/stdout is not overwritten
	: >/mnt/test/.out
	"$BERTH" --root "$STATE" "$@" >>/mnt/test/.out 2>/mnt/test/.err
	RC=$?
	OUT=$(tr -d '\0' </mnt/test/.out)
	ERR=$(</mnt/test/.err)
	[ "$RC" != 99 ] || die "sanitizer report"
}

# A command that worked says nothing on stderr: engines take anything there for an error.
rt_ok()
{
	rt "$@"
	[ "$RC" = 0 ] || die "exit status $RC of: $*"
	[ -z "$ERR" ] || die "stderr is not empty after: $*"
}

# rt_fails REGEX ARG...: fails, and says so on stderr in words that match
rt_fails()
{
	local re=$1
	shift
	rt "$@"
	[ "$RC" != 0 ] || die "no failure of: $*"
	# 255: exec itself failed
	[ "$RC" -lt 128 ] || [ "$RC" = 255 ] || die "killed by a signal: $*"
	[ -n "$ERR" ] || die "failed without a word: $*"
	grep -qE -- "$re" <<<"$ERR" || die "the error does not match \"$re\""
}

run_ok()
{
	rt_ok run --bundle "$B" "$@" "$ID"
}

# The program may end with any status; the runtime must not complain.
run_status()
{
	local want=$1
	shift
	rt run --bundle "$B" "$@" "$ID"
	[ "$RC" = "$want" ] || die "exit status $RC instead of $want"
}

# A bad config: run and create fail and nothing is left.
run_fails()
{
	rt_fails "$1" run --bundle "$B" "${@:2}" "$ID"
	assert_clean
}

create_fails()
{
	rt_fails "$1" create --bundle "$B" "${@:2}" "$ID"
	rt_fails 'does not exist|No such file' state "$ID"
	assert_clean
}

# The status of a container, "" when there is none.
status()
{
	"$BERTH" --root "$STATE" state "$ID" 2>/dev/null | jq -r .status
}

pid_of()
{
	"$BERTH" --root "$STATE" state "${1:-$ID}" | jq -r .pid
}

# wait_for SECONDS COMMAND...
wait_for()
{
	local tries=$(($1 * 50 * ${SLOW_FACTOR:-1}))
	shift
	while ! "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.02
	done
}

has_status()
{
	[ "$(status)" = "$1" ]
}

wait_status()
{
	wait_for 10 has_status "$1" || die "status is \"$(status)\", not \"$1\""
}

file_has()
{
	grep -qE -- "$2" "$1" 2>/dev/null
}

# create and start in the background way engines do; stdout of the container goes to $B/out
create_ok()
{
	"$BERTH" --root "$STATE" create --bundle "$B" "$@" "$ID" >"$B/out" 2>"$B/err" </dev/null
	RC=$? OUT=$(<"$B/out") ERR=$(<"$B/err")
	[ "$RC" = 0 ] || die "create failed"
	[ -z "$ERR" ] || die "stderr is not empty after create"
}

start_ok()
{
	rt_ok start "$ID"
}

up()
{
	create_ok "$@"
	start_ok
	wait_status running
}

delete_ok()
{
	rt_ok delete "$@" "$ID"
}

# --- bundles -------------------------------------------------------------------------------------------------------

bundle_new()
{
	ID=${1:-c1}
	B=/mnt/test/$ID
	mkdir -p "$B"
	cp -a /mnt/rootfs "$B/rootfs"
	cp "$REPO/tests/integration/base.json" "$B/config.json"
	chmod 0644 "$B/config.json"
	# for trying the tests with a runtime that knows only older versions
	[ -z "${OCI_VERSION:-}" ] || cfg --arg v "$OCI_VERSION" '.ociVersion = $v'
}

cfg()
{
	jq "$@" <"$B/config.json" >"$B/.new" || die "bad jq program: $*"
	mv "$B/.new" "$B/config.json"
}

args()
{
	cfg '.process.args = $ARGS.positional' --args -- "$@"
}

probe()
{
	args /bin/probe "$@"
}

# A container that berth runs in: its sanitizer is told the same as outside.
for_the_inner_runtime()
{
	[ -z "${ASAN_OPTIONS:-}" ] || cfg --arg o "ASAN_OPTIONS=$ASAN_OPTIONS" '.process.env += [$o]'
}

ns_add()
{
	cfg --arg t "$1" --arg p "${2:-}" \
		'.linux.namespaces |= map(select(.type != $t)) + [{type: $t} + if $p == "" then {} else {path: $p} end]'
}

ns_del()
{
	cfg --arg t "$1" '.linux.namespaces |= map(select(.type != $t))'
}

# mount_add DESTINATION TYPE SOURCE [OPTION...]
mount_add()
{
	cfg '.mounts += [{destination: $d, type: $t, source: $s} + if $o == [] then {} else {options: $o} end]' \
		--arg d "$1" --arg t "$2" --arg s "$3" \
		--argjson o "$(jq -cn '$ARGS.positional' --args -- "${@:4}")"
}

# A new user namespace with root mapped to 100000.
userns()
{
	ns_add user
	cfg '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chown -R -h 100000:100000 "$B/rootfs"
}

# --- cgroups -------------------------------------------------------------------------------------------------------

# Directly below what this test may use.
cgroups_path()
{
	local slice=system.slice
	if [ "$DRIVER" = systemd ]; then
		[ "$(id -u)" = 0 ] || slice=user.slice
		echo "$slice:test:$1"
	else
		local own=${TEST_CGROUP:-}
		echo "${own#/sys/fs/cgroup}/$1"
	fi
}

# The folder of a container's cgroup, as long as it has a process.
cgroup_dir()
{
	echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of "$@")/cgroup")"
}

needs_cgroupfs()
{
	[ "$DRIVER" = cgroupfs ] || skip "not with the systemd driver: $1"
}

needs_controller()
{
	grep -qw -- "$1" "${TEST_CGROUP:-/sys/fs/cgroup}/cgroup.controllers" || skip "no $1 controller here"
}

# --- checks --------------------------------------------------------------------------------------------------------

assert_eq()
{
	[ "$1" = "$2" ] || die "\"$1\" is not \"$2\"${3:+ ($3)}"
}

assert_contains()
{
	[[ $1 == *"$2"* ]] || die "\"$1\" does not contain \"$2\""
}

assert_match()
{
	grep -qE -- "$2" <<<"$1" || die "\"$1\" does not match \"$2\""
}

# A whole line of $OUT, or one that matches.
assert_line()
{
	grep -qxF -- "$1" <<<"$OUT" || die "no line \"$1\""
}

assert_re()
{
	grep -qE -- "$1" <<<"$OUT" || die "no line matches \"$1\""
}

assert_no_re()
{
	! grep -qE -- "$1" <<<"$OUT" || die "a line matches \"$1\": $(grep -E -- "$1" <<<"$OUT" | head -n 3)"
}

# value KEY: what a line "KEY=value" of $OUT says
value()
{
	sed -n "s|^$1=||p" <<<"$OUT" | head -n 1
}

# mount_line DESTINATION: the uppermost mount there, from the probe's mountinfo lines in $OUT
mount_line()
{
	grep -E "^mount=[0-9]+ [0-9]+ [0-9]+:[0-9]+ [^ ]+ $1 " <<<"$OUT" | tail -n 1
}

# mount_attrs DESTINATION: the attributes of the mount (not of the superblock)
mount_attrs()
{
	mount_line "$1" | cut -d ' ' -f 6
}

mount_sb()
{
	mount_line "$1" | sed 's/.* - [^ ]* [^ ]* //'
}

# The optional fields: shared:N master:N unbindable
mount_propagation()
{
	mount_line "$1" | cut -d ' ' -f 7- | sed 's/ *- .*//'
}

has_word()
{
	[[ ,$1, == *,$2,* ]]
}

list_cgroups()
{
	find /sys/fs/cgroup -mindepth 1 -type d | sort
}

list_run()
{
	find /run
}

list_mounts()
{
	cut -d ' ' -f 3-6 /proc/self/mountinfo | sort
}

# Processes outside the test's own cgroup, and orphans that no test job started. No fork here: a helper would be seen.
leftover_processes()
{
	local p pid cg line ppid state name known=" $(echo $(jobs -p)) " found=
	for p in /proc/[0-9]*; do
		pid=${p#/proc/}
		[ "$pid" != 1 ] && [ "$pid" != "$BASHPID" ] || continue
		ppid= state= name= cg=
		{ while read -r line; do
			case $line in
			Name:*) name=${line#*:} ;;
			State:*) state=${line#*:} ;;
			PPid:*) ppid=${line##*[!0-9]}; break ;;
			esac
		done <"$p/status"; } 2>/dev/null || continue
		[[ $state != *Z* && $state != *X* ]] || continue
		{ while read -r line; do
			[[ $line != 0::* ]] || cg=$line # beside it there may be v1 hierarchies
		done <"$p/cgroup"; } 2>/dev/null || continue
		if [ "$cg" != 0::/runner ]; then
			found+=" $pid:$name($cg)"
		elif [ "$ppid" = 1 ] && [[ $known != *" $pid "* ]]; then
			found+=" $pid:$name"
		fi
	done
	LEFTOVER=$found
	[ -n "$found" ]
}

no_leftover_processes()
{
	! leftover_processes
}

no_leftover_cgroups()
{
	LEFTOVER=$(diff <(echo "${BASELINE[cgroups]}") <(list_cgroups))
	[ -z "$LEFTOVER" ]
}

assert_clean()
{
	local left
	wait_for 3 no_leftover_processes || die "processes are left:$LEFTOVER"
	left=$(find "$STATE" -mindepth 1 -not -path "$STATE/.*" 2>/dev/null)
	[ -z "$left" ] || die "the state folder holds: $left"
	wait_for "$CGROUPS_WAIT" no_leftover_cgroups || die "cgroups differ: $LEFTOVER"
	left=$(diff <(echo "${BASELINE[mounts]}") <(list_mounts))
	[ -z "$left" ] || die "mounts differ: $left"
	left=$(diff <(echo "${BASELINE[run]}") <(list_run))
	[ -z "$left" ] || die "/run differs: $left"
}
