# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2154
#
# A neighbour renames while the runtime works. Two ways of winning: `step` exchanges two names before exactly the kth system
# call with a path that the runtime's children make, for each k, which is the same each time; and `swap` exchanges freely
# while strace delays each such call, for a bounded number of rounds.

. "$REPO/tests/cve/lib.sh"

FULL=${FULL:-0} # 1: every moment, both kinds of exchange
ROUNDS=${ROUNDS:-$((FULL ? 30 : 5))} # of the second way
STEPS=${STEPS:-$((FULL ? 1000 : 24))} # of the first way at most; where there are more calls, this many of them, evenly spread
DELAYED=openat,openat2,mkdirat,mknodat,mount,move_mount,open_tree,newfstatat,symlinkat,readlinkat,statx,mkdir
REAL=$BERTH

# steppers A B NAME: $STEPPED and $DELAY, which are the runtime with somebody beside it; from the first call that names NAME
steppers()
{
	STEPPED=/mnt/test/stepped DELAY=/mnt/test/delayed
	printf '#!/bin/sh\nexec "%s/step" "$K" "$BACK" "%s" "%s" "%s" /mnt/test/calls "%s" "$@"\n' "$TOOLS" "$1" "$2" "$3" "$REAL" >$STEPPED
	printf '#!/bin/sh\nexec strace -f -qq -o /dev/null -e "trace=%s" -e "inject=%s:delay_enter=1500" "%s" "$@"\n' \
		"$DELAYED" "$DELAYED" "$REAL" >$DELAY
	chmod 0755 $STEPPED $DELAY
}

# race JUDGE A B: the bundle, with A and B exchanged at each moment; JUDGE looks after each round, and fails to stop
race()
{
	local judge=$1 a=$2 b=$3 calls k by back round swapper was
	was=$(stat -c %i "$a")
	steppers "$a" "$b" v/p
	export K BACK
	BERTH=$STEPPED
	K=0 BACK=0 attack_run
	calls=$(cat /mnt/test/calls 2>/dev/null || echo 0)
	echo "$calls calls with a path"
	[ "$calls" -gt 3 ] || die "the stepper saw $calls calls: $RC $ERR"
	by=$(((calls + STEPS - 1) / STEPS))
	for ((k = 1; k <= calls; k += by)); do
		for back in 0 $([ "$FULL" = 0 ] || echo 1 2 3); do
			K=$k BACK=$back attack_run >/dev/null
			"$judge" "call $k of $calls, $back" || break 2
			[ "$(stat -c %i "$a")" = "$was" ] || "$TOOLS/swap" "$a" "$b" once
		done
	done
	BERTH=$DELAY
	LIMIT=60
	"$TOOLS/swap" "$a" "$b" 300 &
	swapper=$!
	for ((round = 1; round <= ROUNDS; round++)); do
		attack_run >/dev/null
		"$judge" "round $round" || break
	done
	kill $swapper
	wait $swapper 2>/dev/null
	BERTH=$REAL LIMIT=40
}

# A destination is exchanged with a link to a folder of the host; what is mounted there must not be seen on the host's side.
test_mount_race()
{
	variant "bind"
	mkdir -p "$B/rootfs/v/p" "$B/source"
	ln -s "$OUTSIDE" "$B/rootfs/v/q"
	echo "$MARK_TEXT" >"$B/source/MARK"
	mount_add /v/p bind "$B/source" bind
	mount_add /check bind "$OUTSIDE" rbind
	# where the bind went is seen there, or in the container's mounts
	script 'ls /check >/result; grep "/source /" /proc/self/mountinfo >>/result; true'
	twin "nobody renames"
	grep -q ptmx "$B/rootfs/result" || die "the twin does not see the folder: $(result)"
	race judge_mount "$B/rootfs/v/p" "$B/rootfs/v/q"
}

judge_mount()
{
	outside_kept
	[ -s "$B/rootfs/result" ] || return 0 # it did not start
	if grep -q MARK "$B/rootfs/result" || ! grep -q '/source /' "$B/rootfs/result"; then
		found "$1: the bind was made outside: $(result | tr '\n' ' ')"
		return 1
	fi
	rm -f "$B/rootfs/result"
}

# Missing folders are made below a name that is exchanged with a link out.
test_mkdir_race()
{
	variant "folders and a file"
	mkdir -p "$B/rootfs/v/p"
	ln -s "$OUTSIDE" "$B/rootfs/v/q"
	echo bound >"$B/source"
	mount_add /v/p/a/b/c tmpfs tmpfs
	mount_add /v/p/f/file bind "$B/source" bind
	args /bin/true
	twin "nobody renames"
	rm -rf "$B/rootfs/v/p"
	mkdir "$B/rootfs/v/p"
	race judge_mkdir "$B/rootfs/v/p" "$B/rootfs/v/q"
}

judge_mkdir()
{
	local before=${#FOUND[@]}
	outside_kept
	# missing again for the next round
	find "$B/rootfs/v/" -mindepth 2 -delete 2>/dev/null
	rm -rf "$OUTSIDE"
	outside_new
	[ "${#FOUND[@]}" = "$before" ]
}

# What is masked or read-only must be so whatever was renamed meanwhile: of the two folders one file is hidden and one folder
# read-only, wherever these names led when they were looked up.
test_mask_race()
{
	local d
	variant "masked and read-only paths"
	for d in p q; do
		mkdir -p "$B/rootfs/v/$d/ro"
		echo secret >"$B/rootfs/v/$d/hidden"
		echo "$d" >"$B/rootfs/v/$d/name"
	done
	cfg '.linux.maskedPaths = ["/v/p/hidden"] | .linux.readonlyPaths = ["/v/p/ro"]'
	# each folder by its own name for itself, as they may still be exchanged
	script 'for d in p q p q; do (cd /v/$d && read -r n <name && { read -r l <hidden && echo open $n; touch ro/x 2>/dev/null && echo writable $n; }); done >/result; true'
	twin "nobody renames"
	[ "$(result | sort -u | tr '\n' ' ')" = "open q writable q " ] || die "the twin: $(result)"
	rm -f "$B"/rootfs/v/*/ro/x
	race judge_mask "$B/rootfs/v/p" "$B/rootfs/v/q"
}

judge_mask()
{
	local got
	got=$(result | sort -u)
	rm -f "$B/rootfs/result" "$B"/rootfs/v/*/ro/x
	[ "$(grep -c open <<<"$got")" -le 1 ] && [ "$(grep -c writable <<<"$got")" -le 1 ] && return
	found "$1: $got"
	return 1
}

# A sysctl is written while a mount goes over its folder: the attacker's file must stay empty.
test_proc_write_race()
{
	variant "sysctl"
	mkdir -p "$B/rootfs/v/p" "$B/attacker"
	ln -s ../proc/sys/net/ipv4 "$B/rootfs/v/q"
	: >"$B/attacker/ip_unprivileged_port_start"
	ns_add network
	mount_add /v/p bind "$B/attacker" bind
	cfg '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "77"}'
	script 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start >/result'
	twin "nobody renames"
	[ "$(result)" = 77 ] || die "the twin: $(result)"
	race judge_proc "$B/rootfs/v/p" "$B/rootfs/v/q"
}

judge_proc()
{
	[ ! -s "$B/attacker/ip_unprivileged_port_start" ] && return
	found "$1: the value went to the attacker's file: $(<"$B/attacker/ip_unprivileged_port_start")"
	: >"$B/attacker/ip_unprivileged_port_start"
	return 1
}

# The terminal's name in /dev/pts flips between the real one and a masked file of the image.
test_pty_race()
{
	variant "pts"
	no_dev
	mkdir -p "$B/rootfs/dev/realpts" "$B/rootfs/dev/pts"
	mount_add /dev/realpts devpts devpts newinstance ptmxmode=0666 mode=0620
	ln -s /dev/realpts/ptmx "$B/rootfs/dev/pts/ptmx"
	rm -f "$B/rootfs/dev/ptmx"
	ln -s /SECRET "$B/rootfs/dev/pts/0"
	ln -s /dev/realpts/0 "$B/rootfs/dev/pts/other"
	echo "$MARK_TEXT" >"$B/rootfs/SECRET"
	cfg '.linux.maskedPaths = ["/SECRET"] | .process.terminal = true'
	script 'head -n 1 /dev/console >/result </dev/null & sleep 0.1; grep " /dev/console " /proc/self/mountinfo >>/result'
	local k calls by
	steppers "$B/rootfs/dev/pts/0" "$B/rootfs/dev/pts/other" pts
	K=0 BACK=0 pty_round
	calls=$(cat /mnt/test/calls)
	by=$(((calls + STEPS - 1) / STEPS))
	for ((k = 1; k <= calls; k += by)); do
		K=$k BACK=0 pty_round >/dev/null
		if grep -qE "only the host|SECRET" "$B/rootfs/result" 2>/dev/null; then
			found "call $k of $calls: a file of the image is the terminal: $(result)"
			break
		fi
		[ -e "$B/rootfs/dev/pts/other" ] && [ "$(readlink "$B/rootfs/dev/pts/0")" = /SECRET ] ||
			"$TOOLS/swap" "$B/rootfs/dev/pts/0" "$B/rootfs/dev/pts/other" once
	done
	variant "an ordinary devpts"
	no_dev
	mount_add /dev/pts devpts devpts newinstance ptmxmode=0666 mode=0620
	cfg '.process.terminal = true'
	script 'grep " /dev/console " /proc/self/mountinfo >/result'
	local before=$STARTED
	steppers /none /none pts
	K=0 BACK=0 pty_round
	[ -s "$B/rootfs/result" ] || die "the benign twin has no console: $RC $ERR $(</mnt/test/tty)"
	STARTED=$before
}

# One create under the stepper, one start without; what the container says is in its /result.
pty_round()
{
	local receiver
	export K BACK
	rm -f /mnt/test/console "$B/rootfs/result"
	timeout 10 "$BUILD/tests/recvtty" /mnt/test/console >/mnt/test/tty 2>&1 &
	receiver=$!
	wait_for 5 test -S /mnt/test/console || die "no receiver"
	BERTH=$STEPPED
	attack create --bundle "$B" --console-socket /mnt/test/console "$ID"
	BERTH=$REAL
	if [ "$RC" = 0 ]; then
		attack start "$ID"
		wait_for 1 test -s "$B/rootfs/result"
		sleep 0.12
	fi
	kill "$receiver" 2>/dev/null
	wait "$receiver" 2>/dev/null
	remove
}
