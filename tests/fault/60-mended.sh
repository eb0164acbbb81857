# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Faults that once had a wrong answer, each by itself, as the others are only sampled.

. "$REPO/tests/fault/lib.sh"
. "$REPO/tests/integration/systemd.inc"
. "$REPO/tests/integration/systemd-mock.inc"

# failing "WHO CALL:K ERROR" ARG...: the runtime with this call failing; what inject says has to name the call
failing()
{
	try_failing "$@" || die "no such call: $1: $(cat /mnt/report)"
}

# The same where it is not known that there are so many calls; failure: there are not.
try_failing()
{
	local at=$1
	shift
	: >/mnt/test/.out
	# shellcheck disable=SC2086
	"$BUILD/tests/inject" -t 30 -o /mnt/report ${PID:+-p "$PID"} fail $at -- "$BERTH" --root "$STATE" "$@" \
		>>/mnt/test/.out 2>/mnt/test/.err </dev/null
	RC=$?
	OUT=$(</mnt/test/.out)
	ERR=$(</mnt/test/.err)
	set -- $at
	grep -qE "^$1 [0-9]+ ${2%:*} E" /mnt/report
}

fails_with()
{
	[ "$RC" != 0 ] || die "it worked"
	assert_match "$ERR" "$1"
}

# A process that cannot be looked at is neither running nor stopped.
test_status_that_cannot_be_found_out()
{
	local verb
	bundle_new
	probe sleep 60
	up
	for verb in state list "kill $ID TERM" "delete $ID" "pause $ID" "exec $ID /bin/true"; do
		set -- $verb
		[ "$1" != state ] || set -- state "$ID"
		failing "tool pidfd_open:1 1" "$@"
		fails_with 'find out whether container "c1" lives: open a pidfd: (cannot allocate|out of) memory'
	done
	has_status running || die "$(status)"
	failing "tool faccessat2:1 0" state "$ID"
	fails_with 'look for start.sock'
	delete_ok --force
	assert_clean
}

# Some of the processes could not be signalled: that is no success.
test_kill_all_without_a_pidfd()
{
	bundle_new
	probe sleep 60
	up
	failing "tool pidfd_open:2 1" kill --all "$ID" TERM
	fails_with 'signal the processes of a cgroup: (cannot allocate|out of) memory'
	delete_ok --force
	assert_clean
}

test_failed_pause_lets_it_go_on()
{
	local n found=
	bundle_new
	probe sleep 60
	up
	for n in 1 2 3 4; do # the first ones are the dynamic loader's
		failing "tool pread64:$n 0" pause "$ID"
		if [[ $ERR == *'freeze cgroup'* ]]; then
			found=1
			break
		fi
	done
	[ -n "$found" ] || die "no look at the freezer failed"
	has_status running || die "$(status)"
	delete_ok --force
	assert_clean
}

test_strange_error_of_stdin()
{
	bundle_new
	failing "tool poll:1 1" state none
	fails_with 'does not exist'
	"$BUILD/tests/inject" -o /mnt/report fail tool fcntl:1 1 -- "$BERTH" --root "$STATE" state none <&- >/mnt/out 2>&1
	assert_match "$(</mnt/out)" 'does not exist'
	grep -q 'fcntl ENOMEM' /mnt/report || die "$(cat /mnt/report)"
	"$BUILD/tests/inject" fail tool openat:3 0 -- "$BERTH" list <&- 2>/mnt/err
	[ -s /mnt/err ] || die "no word"
}

# Nobody's HOME is / because a file could not be read at this moment.
test_home_that_cannot_be_looked_up()
{
	local n found=
	bundle_new
	probe show
	"$BUILD/tests/inject" -t 30 -o /mnt/calls count -- "$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/mnt/out </dev/null
	delete_ok --force
	for ((n = 1; n <= $(grep -c 'init.*openat2' /mnt/calls); n++)); do
		failing "init openat2:$n 1" run --bundle "$B" "$ID"
		[ "$RC" != 0 ] || assert_line HOME=/root
		[[ $ERR != *'/etc/passwd'* ]] || found=1
		rt_ok delete --force "$ID"
	done
	[ -n "$found" ] || die "the look-up of HOME was not among the calls"
	assert_clean
}

# The process of a container in somebody else's pid namespace is not the first one that berth sees.
test_oom_score_in_a_joined_pid_namespace()
{
	local i
	bundle_new other
	probe sleep 60
	up
	i=$(pid_of)
	bundle_new
	probe sleep 60
	ns_add pid "/proc/$i/ns/pid"
	cfg '.process.oomScoreAdj = 321'
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		create_ok
		assert_eq "$(cat "/proc/$(pid_of)/oom_score_adj")" 321
		delete_ok
	done
	ID=other delete_ok --force
	assert_clean
}

# A signal while berth-init takes the word of `start` is no reason to forget who sent it; and a start that failed
# leaves no program that runs.
test_start_that_is_disturbed()
{
	local fault
	bundle_new
	probe sleep 60
	# a connection that is closed before the word was sent: there is another one
	for fault in "init recvfrom:1 1" "tool sendmsg:1 0"; do
		create_ok
		PID=$(pid_of) failing "$fault" start "$ID"
		[ "$RC" = 0 ] || die "$fault: exit status $RC"
		has_status running || die "$fault: $(status)"
		delete_ok --force
	done
	# nor is a signal while it waits for the next, after somebody who only asked for the status
	create_ok
	PID=$(pid_of) failing "init accept4:1 0" state "$ID"
	[ "$RC" = 0 ] || die "accept4: exit status $RC"
	rt_ok start "$ID"
	has_status running || die "accept4: $(status)"
	delete_ok --force
	for fault in "tool recvmsg:1 0" "tool recvmsg:2 0"; do
		create_ok
		PID=$(pid_of) failing "$fault" start "$ID"
		fails_with 'read from berth-init'
		has_status stopped || die "$fault: $(status)"
		delete_ok
	done
	# a word that berth-init could not read: it says so. Before the word was sent it is no error, as above.
	for fault in {1..50}; do
		create_ok
		PID=$(pid_of) failing "init recvfrom:1 0" start "$ID"
		[ "$RC" = 0 ] || break
		has_status running || die "recvfrom: $(status)"
		delete_ok --force
	done
	fails_with 'berth-init: speak with berth: cannot allocate memory$'
	has_status stopped || die "recvfrom: $(status)"
	delete_ok
	# and whoever only asked for the status leaves it as it was
	create_ok
	PID=$(pid_of) failing "init recvfrom:1 0" state "$ID"
	[ "$RC" = 0 ] || die "recvfrom: exit status $RC"
	rt_ok start "$ID"
	has_status running || die "recvfrom: $(status)"
	delete_ok --force
	assert_clean
}

# The filter is in force but its listener did not get out: the program never ran.
test_listener_that_is_lost()
{
	local n found=
	bundle_new
	probe sleep 60
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/mnt/agent",
		syscalls: [{names: ["swapoff"], action: "SCMP_ACT_NOTIFY"}]}'
	for n in 1 2 3; do
		"$BUILD/tests/seccomp-agent" /mnt/agent all >/mnt/agent.out 2>&1 &
		wait_for 5 file_has /mnt/agent.out listening || die "no agent"
		create_ok
		PID=$(pid_of) failing "init sendmsg:$n 0" start "$ID" || true
		kill $! 2>/dev/null
		wait $! 2>/dev/null
		rm -f /mnt/agent
		[ "$RC" != 0 ] || has_status running || die "sendmsg $n: success, and $(status)"
		[ "$RC" = 0 ] || found=1
		rt_ok delete --force "$ID"
		[ $n -lt 2 ] || break
	done
	[ -n "$found" ] || die "no message was lost"
	assert_clean
}

# killed_create N [ARG...]: create with a pid file is killed at this call
killed_create()
{
	"$BUILD/tests/inject" -t 30 -o /mnt/report kill tool "$1" tool -- "$BERTH" --root "$STATE" create --bundle "$B" \
		--pid-file "${2:-/mnt/test/pids/c1}" "$ID" >/dev/null 2>&1 </dev/null
}

# Killed while it writes the pid file: it is there as a whole or not at all, and nothing of it once the container is deleted.
test_pid_file_of_a_killed_create()
{
	local n calls before seen=0
	bundle_new
	probe sleep 60
	mkdir /mnt/test/pids
	for before in "" 4711; do
		[ -z "$before" ] || echo "$before" >/mnt/test/pids/c1
		"$BUILD/tests/inject" -o /mnt/calls count -- \
			"$BERTH" --root "$STATE" create --bundle "$B" --pid-file /mnt/test/pids/c1 "$ID" >/dev/null </dev/null
		rt_ok delete --force "$ID"
		rm /mnt/test/pids/c1
		calls=$(grep -c ^tool /mnt/calls)
		for ((n = calls - 40; n < calls; n++)); do # the file is the last but one thing that create does
			[ -z "$before" ] || echo "$before" >/mnt/test/pids/c1
			killed_create $n
			if [ -z "$before" ]; then
				[ -z "$(ls -A /mnt/test/pids)" ] || assert_eq "$(ls -A /mnt/test/pids)" c1
			fi
			[ ! -e /mnt/test/pids/c1 ] || grep -qxE '[0-9]+' /mnt/test/pids/c1 || die "$(head /mnt/test/pids/*)"
			if has_status creating; then
				seen=$((seen + $(ls -A /mnt/test/pids | wc -l)))
			elif has_status created || has_status stopped; then # on record: it is the caller's, as that of any other
				rm /mnt/test/pids/c1
			fi
			rt_ok delete --force "$ID"
			[ "$(cat /mnt/test/pids/c1 2>/dev/null)" != 4711 ] || rm /mnt/test/pids/c1
			[ -z "$(ls -A /mnt/test/pids)" ] || die "call $n: $(head /mnt/test/pids/*)"
		done
	done
	[ $seen -gt 40 ] || die "no pid file was there"
	# one that is there is replaced, whole
	echo 4711 >/mnt/test/pids/c1
	create_ok --pid-file /mnt/test/pids/c1
	assert_eq "$(cat /mnt/test/pids/c1)" "$(pid_of)"
	assert_eq "$(stat -c %a /mnt/test/pids/c1)" 644
	delete_ok
	rm -r /mnt/test/pids
	assert_clean
}

# Whoever owns the folder cannot have another file removed in its place: none that is reached by a link, is somebody
# else's, has another name or holds another number.
test_pid_file_that_is_another_by_now()
{
	local n trick pid
	bundle_new
	probe sleep 60
	"$BUILD/tests/inject" -o /mnt/calls count -- \
		"$BERTH" --root "$STATE" create --bundle "$B" --pid-file /mnt/test/c1.pid "$ID" >/dev/null </dev/null
	rt_ok delete --force "$ID"
	rm /mnt/test/c1.pid
	n=renameat:$(grep -c '^tool [0-9]* renameat ' /mnt/calls) # that puts the record in its place
	for trick in none folder link owner name number process; do
		[ $trick != process ] || [ -e /proc/sys/kernel/ns_last_pid ] || continue
		rm -rf /mnt/test/pids /mnt/test/other
		mkdir /mnt/test/pids /mnt/test/other
		killed_create "$n"
		pid=$(cat /mnt/test/pids/c1) && has_status creating || die "no pid file: $(cat /mnt/report)"
		printf %s "$pid" >/mnt/test/other/c1
		case $trick in
		folder) mv /mnt/test/pids /mnt/test/old && ln -s other /mnt/test/pids && rm -r /mnt/test/old ;;
		link) ln -sf ../other/c1 /mnt/test/pids/c1 ;;
		owner) chown 1 /mnt/test/pids/c1 ;;
		name) ln /mnt/test/pids/c1 /mnt/test/pids/c2 ;;
		number) printf %s "${pid}0" >/mnt/test/pids/c1 ;;
		process) # has the number by now, and perhaps it is for this one that it was written
			wait_for 5 test ! -e "/proc/$pid" || die "the process is there"
			echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
			sleep 60 &
			assert_eq $! "$pid"
			;;
		esac
		rt_ok delete --force "$ID"
		[ -e /mnt/test/other/c1 ] || die "$trick: the other file is gone"
		if [ $trick = none ]; then
			[ ! -e /mnt/test/pids/c1 ] || die "it is there"
		else
			[ -L /mnt/test/pids/c1 ] || [ -e /mnt/test/pids/c1 ] || die "$trick: it is gone"
		fi
	done
	rm -rf /mnt/test/pids /mnt/test/other
	assert_clean
}

# The cache of filters: a killed create leaves an entry or none, also where there was one that did not fit.
test_cache_of_a_killed_create()
{
	local n entry killed=0
	bundle_new
	probe sleep 60
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapoff"], action: "SCMP_ACT_ERRNO"}]}'
	create_ok # the folder is there from now on
	delete_ok
	entry=$(ls "$STATE/.seccomp")
	rm "$STATE/.seccomp/$entry"
	"$BUILD/tests/inject" -o /mnt/calls count -- "$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null </dev/null
	rt_ok delete --force "$ID"
	for n in $(grep -E '^tool [0-9]+ (linkat|renameat2?|unlinkat) ' /mnt/calls | cut -d' ' -f2); do
		for entry in "" "$entry"; do
			rm -f "$STATE"/.seccomp/*
			[ -z "$entry" ] || install -m 600 /dev/null "$STATE/.seccomp/$entry"
			"$BUILD/tests/inject" -t 30 -o /mnt/report kill tool "$n" tool -- \
				"$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null
			killed=$((killed + 1))
			rt_ok delete --force "$ID"
			[ -z "$(ls -A "$STATE/.seccomp" | grep -vxE '[0-9a-f]{16}')" ] || die "call $n: $(ls -A "$STATE/.seccomp")"
		done
	done
	[ $killed -gt 3 ] || die "no call to be killed at: $(cat /mnt/calls)"
	# an entry that did not fit was replaced
	rm "$STATE"/.seccomp/*
	create_ok
	delete_ok
	entry=$(ls "$STATE/.seccomp")
	: >"$STATE/.seccomp/$entry"
	create_ok
	delete_ok
	[ -s "$STATE/.seccomp/$entry" ] || die "the entry was not replaced"
	assert_eq "$(ls "$STATE/.seccomp")" "$entry"
	assert_clean
}

test_exec_takes_its_pid_file_back_late()
{
	bundle_new
	probe sleep 60
	up
	failing "tool signalfd4:1 0" exec --pid-file /mnt/test/exec.pid "$ID" /bin/sleep 60
	fails_with 'signalfd'
	[ ! -e /mnt/test/exec.pid ] || die "a pid file of a process that was ended"
	delete_ok --force
	failing "tool signalfd4:1 0" run --pid-file /mnt/test/run.pid --bundle "$B" "$ID"
	fails_with 'signalfd'
	[ ! -e /mnt/test/run.pid ] || die "a pid file of a container that was removed"
	assert_clean
}

# All levels of a cgroupsPath, whichever of them was made when berth was killed.
test_cgroup_levels_of_a_killed_create()
{
	local n
	needs_cgroupfs "its levels are slices"
	bundle_new
	probe sleep 60
	cfg --arg p "$(cgroups_path one)/two/three" '.linux.cgroupsPath = $p'
	mkdir "/sys/fs/cgroup$(cgroups_path one)" # not ours to remove
	BASELINE[cgroups]=$(list_cgroups)
	for n in 1 2 3 4; do
		"$BUILD/tests/inject" -t 30 -o /mnt/report kill tool mkdirat:$n tool -- \
			"$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null
		rt_ok delete --force "$ID"
		assert_clean
	done
	failing "tool mkdirat:3 0" create --bundle "$B" "$ID"
	fails_with 'create cgroup'
	assert_clean
	rmdir "/sys/fs/cgroup$(cgroups_path one)"
}

# The note of the cgroup that cannot be read is no missing one: who is in the cgroup would be left there without a record.
test_note_that_cannot_be_read()
{
	local dir left
	needs_cgroupfs "there the unit is looked for"
	dir=/sys/fs/cgroup$(cgroups_path one)
	bundle_new
	probe sleep 60
	cfg --arg p "$(cgroups_path one)" '.linux.cgroupsPath = $p'
	"$BUILD/tests/inject" -t 30 -o /mnt/report kill tool clone3:1 tool -- \
		"$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null
	has_status creating || die "$(status)"
	sleep 60 &
	left=$!
	echo $left >"$dir/cgroup.procs"
	failing "tool readlinkat:1 0" delete --force "$ID"
	fails_with 'read the note of its cgroup: (cannot allocate memory|input/output error)'
	rt_ok delete --force "$ID"
	wait $left
	assert_eq $? 137 "what was in its cgroup"
	assert_clean
}

# delete fails rather than forget a level that it could not remove, and does it when it is called again.
test_cgroup_levels_of_a_failed_delete()
{
	local n failed=0
	needs_cgroupfs "its levels are slices"
	bundle_new
	probe sleep 60
	cfg --arg p "$(cgroups_path one)/two/three" '.linux.cgroupsPath = $p'
	for n in 1 2 3; do
		create_ok
		failing "tool unlinkat:$n 0" delete "$ID"
		if [ "$RC" != 0 ]; then
			failed=$((failed + 1))
			fails_with 'remove (the cgroups above|cgroup)'
			rt_ok delete "$ID"
		fi
		assert_clean
	done
	assert_eq $failed 2 # the last level has a second way to go
}

# second PATH: $B is a container c2 in the cgroup in which c1 has ended and was not deleted
second()
{
	bundle_new c1
	cfg --arg p "$1" '.linux.cgroupsPath = $p'
	args /bin/true
	create_ok
	start_ok
	wait_status stopped
	bundle_new c2
	probe sleep 60
	cfg --arg p "$1" '.linux.cgroupsPath = $p'
}

# A container without a mark would be ended with an earlier one in its cgroup: it is not made.
test_cgroup_that_is_not_marked()
{
	local fault
	needs_cgroupfs "a unit is one container's"
	mkdir "/sys/fs/cgroup$(cgroups_path mine)"
	BASELINE[cgroups]=$(list_cgroups)
	for p in "$(cgroups_path mine)" "$(cgroups_path made)/below/c"; do
		second "$p"
		for fault in "tool fsetxattr:1 0" "tool fgetxattr:1 0"; do
			failing "$fault" create --bundle "$B" "$ID"
			fails_with 'cannot be marked|find out whose cgroup'
			rt_fails 'does not exist' state "$ID"
		done
		up
		# nor is it taken for the first one's because its mark cannot be read
		failing "tool fgetxattr:1 0" delete --force c1
		fails_with 'find out whose cgroup'
		rt_ok delete --force c1
		has_status running || die "$(status)"
		assert_eq "$(<"/sys/fs/cgroup$p/cgroup.procs")" "$(pid_of)"
		rt_ok pause "$ID"
		delete_ok --force
		assert_clean
		rm -rf /mnt/test/c1 /mnt/test/c2
	done
	bundle_new
	probe sleep 60
	cfg --arg p "$(cgroups_path made)/below/c" '.linux.cgroupsPath = $p'
	for fault in "tool setxattr:1 0" "tool setxattr:2 0" "tool fsetxattr:1 0"; do
		failing "$fault" create --bundle "$B" "$ID"
		fails_with 'mark cgroup'
		rt_fails 'does not exist' state "$ID"
		assert_clean
	done
	# a level whose mark cannot be read is for the next delete
	create_ok
	cfg --arg p "$(cgroups_path made)/below/d" '.linux.cgroupsPath = $p'
	rt_ok create --bundle "$B" c2 </dev/null >/dev/null
	rt_ok delete --force c1
	failing "tool listxattr:1 0" delete --force c2
	fails_with 'remove the cgroups above'
	rt_ok delete --force c2
	assert_clean
	rmdir "/sys/fs/cgroup$(cgroups_path mine)"
}

# JSON is parsed with an allocator that says so when there is nothing left.
test_no_memory_for_json()
{
	local n calls
	bundle_new
	"$BUILD/tests/inject" -o /mnt/calls count -- "$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null </dev/null
	rt_ok delete --force "$ID"
	calls=$(grep -c '^tool.* mmap ' /mnt/calls)
	# a dynamic loader, if there is one, has its own before the first call of main()
	for ((n = 1 + $(sed -E '/^tool.* (p?poll|fcntl) /q' /mnt/calls | grep -c ' mmap '); n <= calls; n++)); do
		failing "tool mmap:$n 0" create --bundle "$B" "$ID"
		[ "$RC" -lt 124 ] || die "$(cat /mnt/report): $RC"
		rt_ok delete --force "$ID"
	done
	assert_clean
}

# Where the mount at the root cannot be looked at nothing is unmounted.
test_root_that_cannot_be_verified()
{
	local n
	bundle_new
	probe show
	for n in 1 2; do
		failing "init statx:$n 0" run --bundle "$B" "$ID"
		fails_with 'pivot|root'
		assert_clean
	done
}

# The program has ended and the container cannot be removed: that is no success, and delete does it.
test_run_that_leaves_its_container()
{
	local n calls left=0
	bundle_new
	probe exit 0
	"$BUILD/tests/inject" -o /mnt/calls count -- "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >/dev/null </dev/null
	calls=$(grep -c '^tool.* unlinkat ' /mnt/calls)
	for ((n = 1; n <= calls; n++)); do
		failing "tool unlinkat:$n 0" run --bundle "$B" "$ID"
		if [ -e "$STATE/$ID" ]; then
			left=$((left + 1))
			fails_with 'ended with status 0, but its container is left: remove'
			rt_ok delete --force "$ID"
		fi
		assert_clean
	done
	[ $left -gt 0 ] || die "nothing was left"
}

# The process that berth-init forked has no pidfd: it is ended all the same, and nobody waits for it for ever.
test_child_without_a_pidfd()
{
	bundle_new
	probe sleep 60
	up
	failing "tool pidfd_open:2 1" exec "$ID" /bin/true
	fails_with 'open a pidfd of berth-init'
	wait_for 5 test "$(wc -l <"$(cgroup_dir)/cgroup.procs")" = 1 || die "a process is left"
	delete_ok --force
	assert_clean
}

# In the end the lock cannot be had: the container is removed all the same.
test_run_without_a_lock_at_the_end()
{
	bundle_new
	probe exit 7
	failing "tool flock:3 1" run --bundle "$B" "$ID"
	assert_eq "$RC" 7
	rt_fails 'does not exist' state "$ID"
	assert_clean
}

# limited KB ARG...: the runtime with a limit for the size of files; what it writes goes into a pipe, which has none
limited()
{
	OUT=$( (ulimit -f "$1" && exec "$BERTH" --root "$STATE" "${@:2}") 2>&1 </dev/null | cat; exit "${PIPESTATUS[0]}")
	RC=$?
}

# The caller's limit for the size of files is an error like a full disk, and not the end of berth by SIGXFSZ; the
# program gets that signal as ever.
test_limit_for_the_size_of_files()
{
	local n
	bundle_new
	args /bin/sh -c 'head -c 67108864 /dev/zero >/big; exit $?' # the first process of a pid namespace would not be reached
	for n in 0 1 16; do
		limited $n run --bundle "$B" "$ID"
		assert_eq "$RC" 1 "with $n KB"
		assert_match "$OUT" 'file too large'
		assert_clean
	done
	limited 200 run --bundle "$B" "$ID"
	assert_eq "$RC" $((128 + 25)) "the program"
	assert_eq "$(stat -c %s "$B/rootfs/big")" $((200 * 1024))
	assert_clean
}

# A folder that cannot be read is no empty one.
test_folder_that_cannot_be_read()
{
	bundle_new
	probe sleep 60
	up
	failing "tool getdents64:1 0" list
	fails_with 'list the state root: input/output error'
	assert_eq "$OUT" ""
	failing "tool getdents64:1 0" kill --all "$ID" TERM
	fails_with 'list a cgroup: input/output error'
	has_status running || die "$(status)"
	failing "tool getdents64:1 0" ps "$ID"
	fails_with 'list a cgroup: input/output error'
	delete_ok --force
	assert_clean
}

# The message that stops the unit is lost on our side: it is sent again, or nobody would stop the unit.
test_unit_whose_stop_was_not_sent()
{
	local n
	manager
	for n in {1,2,3,4,5,6}" "{0,1}; do
		sd_bundle
		sd_create
		: >"$SD/log"
		failing "tool sendmsg:$n" delete --force "$ID"
		[ "$RC" = 0 ] && [ -z "$ERR" ] || die "sendmsg:$n: $RC, $ERR"
		asked "StopUnit test-c1.scope replace"
		rm -rf "$B"
	done
	assert_clean
}

# The answer to the message that starts a unit is lost on our side: the unit is there, and systemd would not end a slice by itself.
test_unit_whose_start_was_not_heard_of()
{
	local path n failed
	manager
	for path in a.slice:x:a-b.slice system.slice:test:c1; do
		failed=0
		sd_bundle "$path"
		for n in {1..16}; do
			try_failing "tool recvmsg:$n 0" --systemd-cgroup create --bundle "$B" "$ID" || break
			[ "$RC" != 0 ] || rt_ok delete --force "$ID"
			[ "$RC" = 0 ] || failed=$((failed + 1))
			assert_clean
		done
		[ $failed -gt 0 ] || die "$path: no failure"
		rm -rf "$B"
	done
}

# The process that holds a scope cannot be killed: nobody waits for its end.
test_holder_that_is_not_killed()
{
	local n told=0
	manager
	sd_bundle
	for n in 1 2 3; do
		try_failing "tool kill:$n 0" --systemd-cgroup create --bundle "$B" "$ID" || break
		[ "$RC" != 124 ] || die "kill:$n: it hangs"
		[[ $ERR != *"end the process that held the scope: operation not permitted"* ]] || told=1
		[ "$RC" != 0 ] || rt_ok delete --force "$ID"
		assert_clean
	done
	[ $told = 1 ] || die "nobody said so"
}

# left_without_a_bus PATH UNIT: create is killed before it has noted the cgroup; what is left is not forgotten
left_without_a_bus()
{
	sd_bundle "$1"
	"$BUILD/tests/inject" kill tool symlinkat:1 tool -- \
		"$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null
	[ -n "$(find /sys/fs/cgroup -name "$2")" ] || die "no cgroup of $2"
	without_a_bus "unit \"$2\" is left for another delete: connect to the system manager" delete --force "$ID"
	has_status creating || die "no record of it: $(status)"
	not_asked StopUnit
	delete_ok --force
	asked "StopUnit $2 replace"
	assert_clean
	: >"$SD/log"
}

test_killed_create_is_deleted_without_a_bus()
{
	manager
	left_without_a_bus system.slice:test:c1 test-c1.scope
	left_without_a_bus a.slice:x:a-b.slice a-b.slice
	# a create that never came to ask for the unit, which was not there: nothing is left
	sd_bundle
	"$BUILD/tests/inject" kill tool socket:1 tool -- \
		"$BERTH" --root "$STATE" --systemd-cgroup create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null
	has_status creating || die "no record of it: $(status)"
	DBUS_SYSTEM_BUS_ADDRESS=unix:path=/mnt/test/none delete_ok --force
	not_asked .
	assert_clean
}

# calls_of WHO NAME ARG...: how often it makes this call, when it is not the first time
calls_of()
{
	"$BERTH" --root "$STATE" "${@:3}" >/dev/null 2>&1 </dev/null
	rt_ok delete --force "$ID"
	"$BUILD/tests/inject" -t 30 -o /mnt/calls count -- "$BERTH" --root "$STATE" "${@:3}" >/dev/null 2>&1 </dev/null
	rt_ok delete --force "$ID"
	grep -cE "^$1 [0-9]+ $2 " /mnt/calls
}

# A hook gets its whole state, or it has failed.
test_state_that_does_not_reach_its_hook()
{
	local at who kind n k calls lost
	for at in "tool createRuntime" "init createContainer"; do
		set -- $at
		who=$1 kind=$2
		bundle_new
		probe sleep 60
		cfg --arg b "$B" ".hooks.$kind"' = [{path: "/bin/sh", args: ["sh", "-c", "cat >\($b)/state"], env: ["PATH=/bin:/usr/bin"], timeout: 9}]'
		calls=$(calls_of "$who" write create --bundle "$B" "$ID")
		lost=0
		for ((n = 1; n <= calls; n++)); do
			# no error that lasts: a signal, a pipe that is full
			for k in 2 3; do
				: >"$B/state"
				failing "$who write:$n $k" create --bundle "$B" "$ID"
				[ "$RC" != 0 ] || jq -e .ociVersion "$B/state" >/dev/null || die "$kind: the state was '$(<"$B/state")'"
				[[ $ERR != *"hooks.$kind"* ]] || die "$kind: $ERR"
				rt_ok delete --force "$ID"
			done
			: >"$B/state"
			failing "$who write:$n 0" create --bundle "$B" "$ID"
			[ "$RC" != 0 ] || jq -e .ociVersion "$B/state" >/dev/null || die "$kind: the state was '$(<"$B/state")'"
			[[ $ERR != *"hooks.$kind[0] \"/bin/sh\": "*"input/output error"* ]] || lost=$((lost + 1))
			rt_ok delete --force "$ID"
		done
		[ $lost -gt 0 ] || die "$kind: no write of the state failed"
		# how many there are is a matter of who is the faster
		for ((n = 1, lost = 0; n <= 8; n++)); do
			try_failing "$who poll:$n 1" create --bundle "$B" "$ID" || true
			[[ $ERR != *"not finished"* && $ERR != *"timed out"* ]] || die "$kind: $ERR"
			[[ $ERR != *"hooks.$kind[0] \"/bin/sh\": "*"cannot allocate memory"* ]] || lost=$((lost + 1))
			rt_ok delete --force "$ID"
		done
		[ $lost -gt 0 ] || die "$kind: no poll failed"
		assert_clean
		rm -rf "$B"
	done
}

# What fails in berth-init is told with its own error, also where it speaks with berth, begins or lets go of all it holds.
test_error_of_berth_init_that_is_told()
{
	local fault n calls
	bundle_new
	probe show
	cfg '.linux.maskedPaths = ["/etc/secret"]'
	for fault in "recvmsg 0 cannot allocate memory" "recvfrom 0 cannot allocate memory" "prctl 0 operation not permitted" \
		"close_range 0 cannot allocate memory" "statx 0 input/output error" "statx 1 cannot allocate memory" \
		"openat 1 too many open files in system" "sendmsg 1 no buffer space available"; do
		set -- $fault
		calls=$(calls_of init "$1" run --bundle "$B" "$ID")
		[ "$calls" -gt 0 ] || die "no $1"
		for ((n = 1; n <= calls; n++)); do
			failing "init $1:$n $2" run --bundle "$B" "$ID"
			[ "$RC" = 0 ] || assert_match "$ERR" "${*:3}" "$1:$n"
			rt_ok delete --force "$ID"
		done
	done
	assert_clean
}

# A create that fails when the unit is there and cannot stop it says what it is about, and leaves the record for delete.
test_unit_of_a_failed_create()
{
	local n found=
	manager
	sd_bundle a.slice:x:a-b.slice
	for n in 1 2 3 4 5 6; do
		mode stop org.freedesktop.DBus.Error.Failed
		failing "tool openat2:$n 0" --systemd-cgroup create --bundle "$B" "$ID"
		[ "$RC" = 0 ] || found=$ERR
		mode ok
		[[ $ERR != *'of unit "a-b.slice"'* ]] || break
		rt_ok delete --force "$ID"
		: >"$SD/log"
	done
	assert_match "$found" 'open cgroup "/a.slice/a-b.slice" of unit "a-b.slice": '
	asked "StopUnit a-b.slice replace"
	has_status creating || die "no record of it: $(status)"
	: >"$SD/log"
	delete_ok --force
	asked "StopUnit a-b.slice replace"
	assert_clean
}
