# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
#
# For the operations of all engines. Where an operation runs: FILE MODE DRIVER NAME of its row, RT the runtime's name,
# BIN/$RT its path, C a name for its container, the current folder is its own and empty. set -e is on.

engine_begin() { :; }
engine_end() { :; }
after_op() { :; }

die()
{
	echo "$*"
	exit 1
}

# skip WORDS: this machine, mode or engine has nothing to do this with
skip()
{
	echo "$*"
	exit 77
}

only()
{
	[ "$MODE" = "$1" ] || skip "only $1"
}

# strictly COMMAND...: in a process of its own that the first failure ends; RC is its status. To be called as a command of its own: in
# `strictly f || ...`, as in `(set -e; f) || ...`, bash ignores -e, in all that f calls as well.
strictly()
{
	set +e
	(set -e; "$@")
	# shellcheck disable=SC2034 # for the caller
	RC=$?
	set -e
}

# greedy: a shell's program that takes more memory than it may have, with exit status 137. With systemd a scope's cgroup goes
# with its last process, and the engine that is to read memory.events races with that (docs/cgroups.md). On one processor
# it loses often, with every runtime; there the shell outlives what is killed.
greedy()
{
	if [ "$DRIVER" = systemd ] && [ "$(nproc)" = 1 ]; then
		echo 'tail /dev/zero; status=$?; sleep 3; exit $status'
	else
		echo 'exec tail /dev/zero'
	fi
}

# eq ACTUAL WANTED [WHAT]: WANTED is what the caller wrote; for two observations there is same()
eq()
{
	[ "$1" = "$2" ] || die "${3:-value}: \"$1\", expected \"$2\""
}

# same ACTUAL OTHER [WHAT]: two observations. Both are empty when the commands that make them have failed.
same()
{
	[ -n "$1" ] || die "${3:-value}: there is none to compare"
	eq "$@"
}

# has TEXT PART...: a part that is empty is in every text: the command that makes it may have failed
has()
{
	local text=$1 part
	shift
	for part; do
		[ -n "$part" ] || die "an empty part to look for in: $text"
		[[ $text == *"$part"* ]] || die "no \"$part\" in: $text"
	done
}

# lacks TEXT PART: a text that is empty says nothing: the command that makes it may have failed
lacks()
{
	[ -n "$1" ] || die "no text that could have \"$2\" in it"
	[[ $1 != *"$2"* ]] || die "\"$2\" in: $1"
}

# match TEXT REGEX
match()
{
	grep -qE -- "$2" <<<"$1" || die "not matched by $2: $1"
}

# fails STATUS COMMAND...: it exits with that status; output in OUT
fails()
{
	local want=$1 rc=0
	shift
	OUT=$("$@" 2>&1) || rc=$?
	eq "$rc" "$want" "exit status of $* ($OUT)"
}

# wait_for SECONDS COMMAND...
wait_for()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -le "$end" ] || die "waited in vain for: $*"
		sleep 0.1
	done
}

file_has()
{
	grep -qE -- "$2" "$1"
}

# cgroup_of PID: its folder; nothing when there is no such process
cgroup_of()
{
	sed -n 's|^0::|/sys/fs/cgroup|p' "/proc/$1/cgroup"
}

# status_of PID FIELD, of /proc/PID/status
status_of()
{
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

# make_box FOLDER: a root file system: busybox with all its names, users, our probe
make_box()
{
	local d=$1 tool
	mkdir -p "$d"/{bin,sbin,dev,proc,sys,etc,tmp,root,run,var,home/user,data}
	cp /bin/busybox "$d/bin/busybox"
	for tool in $(/bin/busybox --list); do
		[ "$tool" = busybox ] || ln -sf busybox "$d/bin/$tool"
	done
	chmod 1777 "$d/tmp"
	chmod 0755 "$d"
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' \
		>"$d/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\nnobody:x:65534:\n' >"$d/etc/group"
	echo "a file of the image" >"$d/data/file"
}

# section HEADING: of docs/engines.md, without those below it
section()
{
	awk -v heading="$1" '
		/^```/ { code = !code }
		/^#+ / && !code { here = $0 ~ "^#+ " heading "$"; next }
		here' "$ENGINES/../../docs/engines.md"
}

# documented HEADING LANGUAGE: the first block of that language in a section, as a reader copies it
documented()
{
	local text
	text=$(section "$1" | awk -v start='```'"$2" '$0 == start && !done { inside = 1; next } inside && $0 == "```" { inside = 0; done = 1 } inside')
	[ -n "$text" ] || die "docs/engines.md has no $2 under $1"
	printf '%s\n' "$text"
}

# documented_line HEADING TEXT: the section has these words; they are what the caller runs
documented_line()
{
	has "$(section "$1")" "$2"
}

# made TRACE: how often the runtime was told to make a container, by what a recorder has written. The first word that is a command
# is the command.
made()
{
	awk '{ for (i = 1; i <= NF && $i != "|"; i++)
			if ($i ~ /^(create|run|start|exec|state|kill|delete|update|pause|resume|ps|list|events|features)$/) {
				n += $i == "create" || $i == "run"
				break
			} }
		END { print n + 0 }' "$1"
}

# recorded_in_place COMMAND...: it must have the berth at the path of the documents make a container. They do not go by way of
# BIN/berth, and an engine that has taken another runtime can do the same; so a recorder stands in that place (guest).
recorded_in_place()
{
	local trace=/usr/local/sbin/berth.trace before
	before=$(made "$trace")
	"$@"
	[ "$(made "$trace")" -gt "$before" ] || die "not made by ${trace%.trace}: $*" >&2
}

# label_of PID: its SELinux label, seen from outside
label_of()
{
	tr -d '\0\n' <"/proc/$1/attr/current"
}

# only_tested: what the documents say is about the runtime that is tested
only_tested()
{
	[ "$RT" = "${RUNTIMES%% *}" ] || skip "the documents are about another"
}

# in_terminal COMMAND...: its output and its exit status on a terminal of 30 lines and 100 columns, at which nobody types. It stays
# open: script(1) would type an end of file, which podman passes on as a byte; and of a monitor that ends before it has read that
# byte nothing arrives (docs/testing.md). script(1) runs it with bash, which is whom printf quotes for: $'\t' is not for every sh.
in_terminal()
{
	local command typing status
	typing=$(mktemp -u "${TMPDIR:-/tmp}/typing.XXXXXX")
	mkfifo "$typing"
	printf -v command '%q ' "$@"
	SHELL=$BASH timeout 30 script -qec "stty rows 30 cols 100; $command" /dev/null <>"$typing" | tr -d '\r'
	status=${PIPESTATUS[0]}
	rm -f "$typing"
	return "$status"
}
