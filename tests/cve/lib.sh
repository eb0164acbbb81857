# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034
#
# What a test of the gallery is written with, on top of ../integration/lib.sh. A test is a function test_NAME in a file
# NN-topic.sh here; entries.tsv says what it stands for. It tries an attack in one or more variants, each with a bundle of
# its own, and looks at what came of it on the host:
#
#	variant NAME		the next variant: a fresh bundle, a fresh outside
#	$OUTSIDE		a folder of the host that no container was given; outside_kept: it is as it was
#	$MARK			a file of the host outside of everything; what it says is $MARK_TEXT
#	$PROGRAM		a file on the root file system of the host, which no image of ours has: also what was unmounted leads to it
#	attack ARG...		the runtime with its --root; $OUT, $ERR, $RC. It must come back within $LIMIT seconds. Exit status 0
#				counts as started, any other as refused
#	attack_run [ARG...]	attack run --bundle $B $ID; then the container is removed. attack_up: create and start; it stays
#	found WORDS		the attack succeeded: evidence. The test goes on
#	twin WORDS [ARG...]	the benign bundle that differs from the attack in nothing else must run, or the test proves nothing
#	result			what the container wrote to /result: a hijacked stdout cannot lie there
#	on_berth		true where the runtime is ours: for what is asked of berth alone
#
# The last line of a test is its verdict: "VERDICT VULNERABLE|SAFE|REFUSED ...". REFUSED: no variant started. A test that
# ends without one is broken, and proves nothing.

LIMIT=${LIMIT:-40}
SLOW_FACTOR=1 # for what is waited for
OUTSIDE=/mnt/test/outside
MARK=/mnt/test/mark
MARK_TEXT="only the host has this"
PROGRAM=/usr/bin/env
FOUND=()
STARTED=0
REFUSED=0
VARIANT= VARIANTS=0
TOOLS=$BUILD/cve

on_berth()
{
	[ "${OTHER:-0}" = 0 ]
}

outside_new()
{
	rm -rf "$OUTSIDE"
	mkdir -p "$OUTSIDE/sub/dir" "$OUTSIDE/pts"
	echo "a file of the host" >"$OUTSIDE/file"
	echo "a terminal of the host" >"$OUTSIDE/ptmx"
	echo "a file of the host below" >"$OUTSIDE/sub/file"
	chmod 0600 "$OUTSIDE/file"
	BEFORE=$(snapshot "$OUTSIDE")
}

# What a file is, for each file: kind, mode, owner, size, inode, where a link leads, what a regular file says.
snapshot()
{
	find "$1" -printf '%p %y %m %U:%G %s %i %l\n' | sort
	find "$1" -type f -exec cksum {} + | sort -k 3
}

outside_kept()
{
	local now
	now=$(snapshot "$OUTSIDE")
	[ "$now" = "$BEFORE" ] && return
	found "the host's files changed: $(diff <(echo "$BEFORE") <(echo "$now") | grep '^[<>]' | head -n 4 | tr '\n' ' ')"
	outside_new
}

variant()
{
	VARIANT=$1
	rm -rf "/mnt/test/${ID:-none}"
	outside_new
	echo "$MARK_TEXT" >"$MARK"
	bundle_new "v$((++VARIANTS))"
	echo "--- $VARIANT"
}

found()
{
	local words
	words=$(tr '\n\0' '  ' <<<"$*")
	FOUND+=("${VARIANT:+$VARIANT: }$words")
	echo "found: $words"
}

attack()
{
	: >/mnt/test/.out
	timeout -k 2 "$LIMIT" "$BERTH" --root "$STATE" "$@" >>/mnt/test/.out 2>/mnt/test/.err </dev/null
	RC=$?
	OUT=$(tr -d '\0' </mnt/test/.out)
	ERR=$(tr -d '\0' </mnt/test/.err)
	echo "$1: $RC ${ERR:0:200}"
	case $RC in
	0) STARTED=$((STARTED + 1)) ;;
	99) die "sanitizer report: $ERR" ;;
	124 | 137) found "$1 did not come back within $LIMIT s" ;;
	134 | 135 | 136 | 139) found "$1 crashed with signal $((RC - 128))" ;;
	*) REFUSED=$((REFUSED + 1)) ;;
	esac
	! grep -qE 'init was killed by signal|ended before its work' <<<"$ERR" || found "what works inside the container crashed: $ERR"
}

remove()
{
	timeout -k 2 10 "${REAL:-$BERTH}" --root "$STATE" delete --force "$ID" >/dev/null 2>&1
	rm -rf "${STATE:?}/$ID"
}

attack_run()
{
	attack run --bundle "$B" "$@" "$ID"
	remove
}

# In the background, as engines do; its output goes to $B/out
attack_up()
{
	timeout -k 2 "$LIMIT" "$BERTH" --root "$STATE" create --bundle "$B" "$@" "$ID" >"$B/out" 2>"$B/err" </dev/null
	RC=$? ERR=$(<"$B/err")
	if [ "$RC" = 0 ]; then
		timeout -k 2 "$LIMIT" "$BERTH" --root "$STATE" start "$ID" >"$B/start" 2>&1 </dev/null
		RC=$?
		ERR+=$(<"$B/start")
	fi
	[ "$RC" != 124 ] || found "create or start did not come back within $LIMIT s"
	[ "$RC" = 0 ] && STARTED=$((STARTED + 1)) || REFUSED=$((REFUSED + 1))
	echo "create, start: $RC ${ERR:0:200}"
	return "$RC"
}

up_or_die()
{
	attack_up "$@" || die "the container of this test did not start: $ERR"
}

result()
{
	cat "$B/rootfs/result" 2>/dev/null
}

twin()
{
	local why=$1 before=$STARTED
	shift
	attack_run "$@"
	[ "$RC" = 0 ] || die "the benign twin did not run ($why): $RC $ERR"
	STARTED=$before
}

# What was found stands, also where a test cannot go on after it.
die()
{
	echo "last: $RC $OUT $ERR" | head -c 2000
	echo "FAILED: $*"
	[ ${#FOUND[@]} = 0 ] || finish
	exit 1
}

script()
{
	args /bin/sh -c "$1"
}

# mounts_of JQ: for what concerns the mounts of the small good bundle
no_dev()
{
	cfg '.mounts |= map(select(.destination != "/dev" and .destination != "/dev/pts" and .destination != "/dev/shm"))'
}

finish()
{
	VARIANT=
	if [ ${#FOUND[@]} != 0 ]; then
		printf '%s\n' "${FOUND[@]}"
		echo "VERDICT VULNERABLE ${FOUND[0]:0:200}"
	elif [ "$STARTED" = 0 ] && [ "$REFUSED" != 0 ]; then
		echo "VERDICT REFUSED $REFUSED"
	else
		echo "VERDICT SAFE $STARTED started, $REFUSED refused"
	fi
	exit 0
}
