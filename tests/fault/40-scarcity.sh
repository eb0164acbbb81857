# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Something has run out. A command then works or fails with a word about what it is, and leaves nothing.

. "$REPO/tests/fault/lib.sh"

# attempt REGEX: create, which works or says what the expression says; then everything is removed. Sets WORKED.
attempt()
{
	rt create --bundle "$B" --pid-file /mnt/test/pid "$ID"
	[ "$RC" -lt 124 ] || die "exit status $RC"
	tried=$((tried + 1))
	WORKED=$((RC == 0))
	if [ $WORKED = 1 ]; then
		[ -z "$ERR" ] || die "words after success"
		has_status created || die "$(status)"
	else
		grep -qE -- "$1" <<<"$ERR" || die "\"$ERR\" does not match \"$1\""
		[ ! -e "$STATE/$ID" ] || die "$(ls -A "$STATE/$ID") is left"
		[ ! -e /mnt/test/pid ] || die "a pid file is left"
	fi
	rt_ok delete --force "$ID"
	rm -f /mnt/test/pid
}

# exec_attempt REGEX: the same with exec, of a container that runs; nothing of it is left in the container
exec_attempt()
{
	rt exec --pid-file "${2:-/mnt/test/exec.pid}" "$ID" /bin/sh -c 'exit 7'
	tried=$((tried + 1))
	WORKED=$((RC == 7))
	if [ $WORKED = 0 ]; then
		grep -qE -- "$1" <<<"$ERR" || die "exit status $RC, \"$ERR\" does not match \"$1\""
		[ ! -e "${2:-/mnt/test/exec.pid}" ] || die "a pid file is left"
	fi
	wait_for 5 test "$(wc -l <"$(cgroup_dir)/cgroup.procs")" = 1 || die "a process is left"
	rm -f "${2:-/mnt/test/exec.pid}"
}

# both_ways: of the attempts some have failed and some have worked, so the edge was between them
both_ways()
{
	[ "$worked" -gt 0 ] && [ "$worked" -lt "$tried" ] || die "$worked of $tried worked"
	assert_clean
	count injections=$tried complete=$worked failed=$((tried - worked))
}

test_full_state_folder()
{
	local n tried=0 worked=0
	bundle_new
	probe sleep 60
	for n in 4 8 12 16 20 24; do # in pages: one is the folder's
		mount -t tmpfs -o size=$((n * 4096)),mode=700 state "$STATE"
		dd if=/dev/zero of="$STATE/.fill" bs=4096 count=3 status=none
		attempt 'no space left on device'
		worked=$((worked + WORKED))
		umount "$STATE"
	done
	both_ways
}

test_no_inodes_in_the_state_folder()
{
	local n tried=0 worked=0
	bundle_new
	probe sleep 60
	for n in 1 2 3 4 5 6 7 8 10; do
		mount -t tmpfs -o nr_inodes=$n,mode=700 state "$STATE"
		attempt 'no space left on device'
		worked=$((worked + WORKED))
		umount "$STATE"
	done
	both_ways
}

# exec writes into no disk but that of its pid file.
test_exec_with_a_full_disk()
{
	local size tried=0 worked=0
	bundle_new
	probe sleep 60
	mkdir /mnt/pids
	for size in size=4096 nr_inodes=1 nr_inodes=2; do
		mount -t tmpfs -o size=64k,mode=700 state "$STATE"
		up
		mount -t tmpfs -o $size pids /mnt/pids
		head -c 1M /dev/zero 2>/dev/null >/mnt/pids/fill
		head -c 1M /dev/zero 2>/dev/null >"$STATE/.fill"
		assert_eq "$(stat -f -c %a "$STATE")" 0 "free blocks"
		exec_attempt 'nothing'
		[ $WORKED = 1 ] || die "with a full state folder: $ERR"
		worked=$((worked + 1))
		[ $size = nr_inodes=2 ] && rm -f /mnt/pids/fill
		exec_attempt 'pid file.*no space left on device' /mnt/pids/exec
		worked=$((worked + WORKED))
		delete_ok --force
		umount /mnt/pids "$STATE"
	done
	rmdir /mnt/pids
	both_ways
}

test_no_inodes_in_the_rootfs()
{
	local n tried=0 worked=0
	bundle_new
	probe sleep 60
	mount_add /new/one tmpfs tmpfs
	mount_add /new/two tmpfs tmpfs
	mv "$B/rootfs" /mnt/full
	mkdir "$B/rootfs"
	for n in 0 1 2 3 4; do
		mount -t tmpfs -o nr_inodes=$(($(find /mnt/full | wc -l) + n)) rootfs "$B/rootfs"
		cp -a /mnt/full/. "$B/rootfs/"
		attempt 'mounts\[[0-9]\].*no space left on device'
		worked=$((worked + WORKED))
		umount "$B/rootfs"
	done
	both_ways
}

# A file system that keeps directories in blocks, with none left and with some.
test_no_blocks_in_the_rootfs()
{
	local n i tried=0 worked=0
	bundle_new
	probe sleep 60
	mount_add /new/one tmpfs tmpfs
	mount_add /new/two tmpfs tmpfs
	truncate -s 8M /mnt/disk
	mke2fs -q -t ext2 -b 1024 -m 0 -d "$B/rootfs" /mnt/disk || skip "no mke2fs"
	mount -o loop /mnt/disk "$B/rootfs" 2>/dev/null || skip "no loop device"
	for n in 0 1 2 3 4 5; do
		for ((i = 0; i < n; i++)); do
			head -c 1024 /dev/zero >"$B/rootfs/free.$i"
		done
		head -c 64M /dev/zero >"$B/rootfs/fill.0" 2>/dev/null
		for i in 1 2 3 4; do # what a large file could not use, a small one can
			sync -f "$B/rootfs"
			echo >"$B/rootfs/fill.$i"
		done 2>/dev/null
		assert_eq "$(stat -f -c %a "$B/rootfs")" 0 "free blocks"
		rm -f "$B"/rootfs/free.*
		attempt 'mounts\[[0-9]\].*no space left on device'
		worked=$((worked + WORKED))
		rm -rf "$B"/rootfs/fill.* "$B"/rootfs/new
	done
	umount "$B/rootfs"
	both_ways
}

# One that keeps them elsewhere: nothing of the container's own needs a block of its rootfs.
test_full_tmpfs_as_rootfs()
{
	bundle_new
	touch /mnt/file
	args /bin/probe show
	mount_add /new/one tmpfs tmpfs
	mount_add /new/file none /mnt/file bind
	mv "$B/rootfs" /mnt/full
	mkdir "$B/rootfs"
	mount -t tmpfs -o size=$(($(du -s -B 1024 /mnt/full | cut -f 1) + 256))k rootfs "$B/rootfs"
	cp -a /mnt/full/. "$B/rootfs/"
	head -c 64M /dev/zero >"$B/rootfs/fill" 2>/dev/null
	assert_eq "$(stat -f -c %a "$B/rootfs")" 0 "free blocks"
	rt_ok run --bundle "$B" "$ID"
	assert_match "$OUT" /new/one
	assert_match "$OUT" /new/file
	umount "$B/rootfs"
	assert_clean
}

# few_for VERB: the command on the container, with the $n descriptors of /mnt/few
few_for()
{
	case $1 in
	exec) rt exec "$ID" /bin/true ;;
	kill) rt kill "$ID" TERM ;;
	update) rt update --resources /mnt/limits.json "$ID" ;;
	list) rt list ;;
	run) rt run --bundle "${B%/*}/other" "$ID" ;;
	*) rt $1 "$ID" ;; # with options
	esac
	[ "$RC" = 0 ] || grep -qE 'too many open files|file descriptor' <<<"$ERR" || die "$1 with $n"
	[ $n -lt 16 ] || assert_eq "$RC" 0 "$1 with $n: $ERR"
}

# With a limit of 16 everything works, below it everything works or says why not.
test_few_descriptors()
{
	local n verb tried=0 worked=0
	bundle_new other
	args /bin/true
	bundle_new
	probe sleep 60
	cfg '.linux.resources = {unified: {"cgroup.max.depth": "9"}}'
	echo '{"unified": {"cgroup.max.depth": "8"}}' >/mnt/limits.json
	cp "$BERTH" /mnt/berth
	for n in 4 5 6 7 8 9 10 11 12 13 14 16 20 24 32; do
		printf '#!/bin/sh\nulimit -n %d\nexec /mnt/berth "$@"\n' $n >/mnt/few
		chmod +x /mnt/few
		BERTH=/mnt/few
		rt create --bundle "$B" "$ID"
		tried=$((tried + 1))
		if [ "$RC" = 0 ]; then
			worked=$((worked + 1))
			BERTH=/mnt/berth
			has_status created || die "$(status)"
			# each command of a container that is there: it works, or fails for this reason
			BERTH=/mnt/few
			for verb in state start exec pause resume update list ps kill "delete --force" run; do
				few_for "$verb"
			done
		else
			grep -qE 'too many open files|cannot open shared object|file descriptor' <<<"$ERR" || die "with $n"
			[ ! -e "$STATE/$ID" ] || die "$(ls -A "$STATE/$ID") is left"
		fi
		[ $n -lt 16 ] || assert_eq "$RC" 0 "with $n"
		BERTH=/mnt/berth
		rt_ok delete --force "$ID"
	done
	both_ways
}

# A caller that has used up its descriptors and hands them all on.
test_caller_without_free_descriptors()
{
	local n tried=0 worked=0
	bundle_new
	probe fds
	for n in 0 1 2 4 8 16 24 32; do
		cat >/mnt/caller <<-END
		#!/usr/bin/python3
		import os, resource, sys
		resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
		try:
		    while True:
		        os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
		except OSError:
		    pass
		for fd in range(64 - $n, 64):
		    os.close(fd)
		os.execv("$BERTH", ["berth"] + sys.argv[1:])
		END
		/usr/bin/python3 -B /mnt/caller --root "$STATE" run --bundle "$B" "$ID" >/mnt/out 2>/mnt/err </dev/null
		RC=$? ERR=$(</mnt/err)
		tried=$((tried + 1))
		if [ "$RC" = 0 ]; then
			worked=$((worked + 1))
			grep -qx 'fds=3' /mnt/out || die "$(cat /mnt/out)"
		else
			grep -qE 'too many open files|cannot open shared object|file descriptor' <<<"$ERR" || die "with $n: $ERR"
		fi
		rt_ok delete --force "$ID"
	done
	both_ways
}

test_no_free_pids()
{
	local tried=0 worked=0 old
	old=$(</proc/sys/kernel/pid_max)
	bundle_new
	probe sleep 60
	echo "$((old - 1))" >/proc/sys/kernel/pid_max 2>/dev/null || skip "pid_max cannot be changed here"
	[ "$(nsenter -t 1 -m -p true 2>/dev/null; cat /proc/sys/kernel/pid_max)" = $((old - 1)) ] || skip "pid_max is not of the pid namespace"
	ID=busy up
	python3 -B "$REPO/tests/fault/no_pids.py" "$B" "$ID" busy || die "see above"
	rt_ok delete --force "$ID"
	rt_ok delete --force busy
	assert_clean
}

test_no_more_cgroups()
{
	local n tried=0 worked=0 now
	bundle_new
	probe sleep 60
	now=$(find /sys/fs/cgroup -mindepth 1 -type d | wc -l)
	for n in 0 1 2; do
		echo $((now + n)) >/sys/fs/cgroup/cgroup.max.descendants || skip "no cgroup.max.descendants"
		attempt 'cgroup.*(resource temporarily unavailable|descendants)'
		worked=$((worked + WORKED))
	done
	echo max >/sys/fs/cgroup/cgroup.max.descendants
	both_ways
}

test_read_only_run()
{
	bundle_new
	probe sleep 60
	mount -o remount,ro /run
	"$BERTH" create --bundle "$B" "$ID" >/mnt/out 2>&1 && die "it worked"
	assert_match "$(cat /mnt/out)" 'state root "/run/berth".*read-only'
	"$BERTH" list >/mnt/out 2>&1 || die "list: $(cat /mnt/out)"
	run=$("$BERTH" state "$ID" 2>&1)
	assert_match "$run" 'does not exist'
	# elsewhere it works
	up
	mount --bind "$STATE" "$STATE"
	mount -o remount,ro,bind "$STATE"
	has_status running || die "$(status)"
	rt_ok list
	rt_ok kill "$ID" 0
	rt_ok exec "$ID" /bin/true
	rt_fails 'read-only' create --bundle "$B" c2
	rt_fails 'read-only' delete --force "$ID"
	umount "$STATE"
	mount -o remount,rw /run
	rt_ok delete --force "$ID"
	assert_clean
}

# No descriptor of berth's own may become the container's stdin, stdout or stderr.
test_closed_streams()
{
	local which
	bundle_new
	probe fds
	for which in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		args /bin/sh -c 'ls -l /proc/1/fd >/root/fds; :'
		eval "\"$BERTH\" --root \"$STATE\" run --bundle \"$B\" \"$ID\" $which" || die "run $which: $?"
		# 10 is what the shell keeps its own stdout in
		! grep -vE ' (0|1|2|10) -> |^total' "$B/rootfs/root/fds" || die "$which: $(cat "$B/rootfs/root/fds")"
		[ "$(grep -c ' -> /dev/null' "$B/rootfs/root/fds")" -ge "$(grep -o '&-' <<<"$which" | wc -l)" ] ||
			die "$which: $(cat "$B/rootfs/root/fds")"
		probe sleep 60
		eval "\"$BERTH\" --root \"$STATE\" create --bundle \"$B\" \"$ID\" $which" || die "create $which: $?"
		eval "\"$BERTH\" --root \"$STATE\" start \"$ID\" $which" || die "start $which: $?"
		eval "\"$BERTH\" --root \"$STATE\" exec \"$ID\" /bin/true $which" || die "exec $which: $?"
		eval "\"$BERTH\" --root \"$STATE\" delete --force \"$ID\" $which" || die "delete $which: $?"
	done
	assert_clean
	count injections=35 complete=35
}

# Where output cannot go is an error for a command whose result it is, and none for the others.
test_output_that_goes_nowhere()
{
	bundle_new
	probe sleep 60
	up
	for verb in "state $ID" list "ps $ID" "features" "events --stats $ID"; do
		"$BERTH" --root "$STATE" $verb >/dev/full 2>/mnt/err && die "$verb: a full stdout is no error"
		assert_match "$(cat /mnt/err)" 'no space left on device'
		{ "$BERTH" --root "$STATE" $verb 2>/mnt/err; echo $? >/mnt/rc; } | true
		[ "$(cat /mnt/rc)" -lt 124 ] || die "$verb: killed by a pipe without a reader: $(cat /mnt/rc)"
	done
	# the program's output is its own
	"$BERTH" --root "$STATE" exec "$ID" /bin/sh -c 'echo x; exit 7' >/dev/full 2>/dev/null
	[ $? != 255 ] || die "exec with a full stdout"
	delete_ok --force
	assert_clean
}

test_log_that_cannot_be_written()
{
	local log verb
	bundle_new
	probe sleep 60
	mkfifo /mnt/fifo
	mkdir /mnt/gone
	exec 9>/mnt/gone/log
	rm -r /mnt/gone
	for log in /dev/full /mnt/fifo /proc/self/fd/9 /mnt/gone/log; do
		rt --log "$log" create --bundle "$B" "$ID"
		if [ "$RC" != 0 ]; then
			# a log that cannot be opened is told, before anything is done
			assert_match "$ERR" 'log'
			[ "$log" = /mnt/gone/log ] || die "create with --log $log"
			assert_clean
			continue
		fi
		for verb in start "kill --all" "delete --force"; do
			set -- $verb
			rt --log "$log" "$1" ${2:+"$2"} "$ID" $([ "$1" != kill ] || echo KILL)
			[ "$RC" = 0 ] || die "$verb with --log $log"
		done
		# what fails says so on stderr all the same
		rt --log "$log" state none
		[ "$RC" = 1 ] || die "exit status $RC"
		assert_match "$ERR" 'does not exist'
	done
	exec 9>&-
	assert_clean
}

# Somebody reads the log and ends while berth is at work (a hook sees to that): what is written then has nobody to take it.
test_log_whose_reader_is_gone()
{
	local status
	mkfifo /mnt/fifo
	bundle_new
	probe sleep 60
	printf '#!/bin/sh\nkill "$(cat /mnt/reader)"\nwhile [ -e "/proc/$(cat /mnt/reader)" ]; do sleep 0.01; done\nexit "$1"\n' >/mnt/hook
	chmod +x /mnt/hook
	for status in 0 5; do
		cfg --arg s $status '.hooks = {createRuntime: [{path: "/mnt/hook", args: ["hook", $s], env: ["PATH=/usr/bin:/bin"]}]}'
		(trap '' CHLD; sleep 1000 <>/mnt/fifo & echo $! >/mnt/reader)
		rt --debug --log /mnt/fifo create --bundle "$B" "$ID"
		if [ $status = 0 ]; then
			[ "$RC" = 0 ] || die "exit status $RC"
			rt_ok delete --force "$ID"
		else
			[ "$RC" = 1 ] || die "exit status $RC"
			assert_match "$ERR" 'createRuntime'
		fi
		[ ! -e "/proc/$(cat /mnt/reader)" ] || die "the reader is there"
	done
	assert_clean
}

# The smallest memory.max in which a container starts: bounded, and below it an error and nothing left.
test_little_memory()
{
	local k tried=0 worked=0 smallest=
	needs_controller memory
	bundle_new
	probe exit 0
	for k in 256 320 384 448 512 576 640 768 1024 1536 2048 4096; do
		cfg --argjson n $((k * 1024)) '.linux.resources = {memory: {limit: $n, swap: $n}}'
		rt run --bundle "$B" "$ID"
		tried=$((tried + 1))
		if [ "$RC" = 0 ]; then
			worked=$((worked + 1))
			smallest=${smallest:-$k}
		else
			[ -n "$ERR" ] || [ "$RC" = 137 ] || die "with $k KB: $RC, no word"
		fi
		rt_ok delete --force "$ID"
	done
	echo "smallest memory.max: $smallest KB"
	[ "${smallest:-9999}" -le 1024 ] || die "the smallest is $smallest KB"
	assert_clean
	count injections=$tried complete=$worked failed=$((tried - worked))
}
