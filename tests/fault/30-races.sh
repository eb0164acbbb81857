# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Several at once on one container, and a world that changes while berth looks at it.

. "$REPO/tests/fault/lib.sh"

# Exactly one of those that create an id at once makes it; the others say that it is there.
test_created_twice_at_once()
{
	local round i won rounds=$((FULL ? 300 : 25))
	bundle_new
	probe sleep 60
	for ((round = 0; round < rounds; round++)); do
		won=0
		for i in 1 2 3 4 5 6; do
			"$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null 2>/mnt/err$i </dev/null && touch "/mnt/won$i" &
		done
		wait
		for i in 1 2 3 4 5 6; do
			[ ! -e /mnt/won$i ] || { won=$((won + 1)); rm /mnt/won$i; continue; }
			assert_match "$(cat /mnt/err$i)" 'container with id "c1" already exists'
		done
		assert_eq $won 1 "winners"
		has_status created || die "$(status)"
		start_ok
		delete_ok --force
	done
	assert_clean
	count races=$rounds
}

# lives ID ROUNDS: create and delete, again and again; none may fail
lives()
{
	local i
	for ((i = 0; i < $2; i++)); do
		"$BERTH" --root "$STATE" create --bundle "/mnt/test/$1" "$1" >/dev/null 2>/mnt/err."$1" </dev/null &&
			"$BERTH" --root "$STATE" delete --force "$1" 2>>/mnt/err."$1" && continue
		echo "$1, round $i: $(cat /mnt/err."$1")"
		return 1
	done
}

# One needs the levels of a path at the moment when another one, for which they were made, removes them as the last one.
test_levels_that_come_and_go()
{
	local id rounds=$((FULL ? 1000 : 40)) jobs=()
	needs_cgroupfs "its levels are slices"
	for id in c1 c2 c3 c4; do
		bundle_new $id
		probe sleep 60
		cfg --arg p "$(cgroups_path pod)/more/$id" '.linux.cgroupsPath = $p'
	done
	for id in c1 c2 c3 c4; do
		lives $id "$rounds" >/mnt/lives.$id &
		jobs+=($!)
	done
	for id in "${jobs[@]}"; do
		wait "$id" || die "$(cat /mnt/lives.*)"
	done
	count races=$((rounds * 4))
	assert_clean
}

# hammer SECONDS: commands on one id from several processes; each has to return, and to return 0 or say why not
hammer()
{
	local end=$((SECONDS + $1)) rc n=0 verb rest to out=/mnt/out.$BASHPID
	local -a what=(create start "kill KILL" "kill TERM" "delete" "delete --force" "exec /bin/true" state pause resume list ps
		"run --detach" "update --resources /mnt/limits.json")
	while ((SECONDS < end)); do
		read -r verb rest <<<"${what[RANDOM % ${#what[@]}]}"
		case $verb in
		create | run) set -- $verb $rest --bundle "$B" "$ID" ;;
		kill | exec) set -- $verb "$ID" $rest ;;
		list) set -- list ;;
		*) set -- $verb $rest "$ID" ;;
		esac
		to=$out
		[ "$verb" != create ] && [ "$verb" != run ] || to=/dev/null # the container would write there later
		rm -f "$out.rc"
		# timeout(1) kills the shell as well, so what hung has left no exit status
		timeout -s KILL 40 sh -c '"$@"; echo $? >"$0"' "$out.rc" "$BERTH" --root "$STATE" "$@" >"$to" 2>"$out.err" </dev/null
		rc=$(cat "$out.rc") || { echo "$*: it hangs"; return 1; }
		n=$((n + 1))
		# the program of exec ends with its container
		[ "$1$rc" != exec137 ] || continue
		[ $rc = 0 ] || [ -s "$out.err" ] || { echo "$*: $rc, no word"; return 1; }
		[ $rc -lt 124 ] || [ "$1$rc" = exec255 ] || { echo "$*: $rc: $(cat "$out.err")"; return 1; }
		[ $rc != 0 ] || [ "$1" != state ] || jq -e .status <"$out" >/dev/null || { echo "state: $(cat "$out")"; return 1; }
		[ "$1" != list ] || [ $rc = 0 ] || { echo "list: $(cat "$out.err")"; return 1; }
	done
	echo $n >>/mnt/calls
}

test_all_commands_at_once()
{
	local i n pid other jobs=() calls
	bundle_new other
	probe sleep 600
	up
	other=$(pid_of)
	bundle_new
	probe sleep 60
	cfg '.linux.resources = {unified: {"cgroup.max.depth": "9"}}'
	echo '{"unified": {"cgroup.max.depth": "8"}}' >/mnt/limits.json
	for i in 1 2 3 4 5 6 7 8; do
		hammer $((FULL ? 120 : 12)) >/mnt/hammer$i &
		jobs+=($!)
	done
	for pid in "${jobs[@]}"; do
		wait "$pid" || die "$(cat /mnt/hammer*)"
	done
	calls=$(awk '{ n += $1 } END { print n }' /mnt/calls)
	assert_eq "$(pid_of other)" "$other" "the other container"
	rt_ok delete --force "$ID"
	create_ok
	start_ok
	delete_ok --force
	ID=other delete_ok --force
	assert_clean
	count calls=$calls
}

# give PID: the next process gets this number (namespaces(7): ns_last_pid)
spawn_as()
{
	local tries
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid || return 1
		sleep 1000 &
		[ $! != "$1" ] || return 0
		kill $!
		wait $! 2>/dev/null
	done
	return 1
}

# The number of a container's process belongs to somebody else by now: no command touches that one.
test_recycled_pid()
{
	local verb pid victim
	bundle_new
	probe sleep 600
	for verb in "kill KILL" "kill --all KILL" "kill --all TERM" delete "delete --force" pause "exec /bin/true" start; do
		[ "$verb" = start ] && create_ok || up
		pid=$(pid_of)
		kill -KILL "$pid"
		wait_for 5 test ! -e "/proc/$pid" || die "$pid is not collected"
		spawn_as "$pid" || skip "the number of the next process cannot be chosen here"
		victim=$!
		has_status stopped || die "$verb: $(status) with a foreign process"
		assert_eq "$(pid_of)" 0
		set -- $verb
		case $1 in
		exec) rt exec "$ID" /bin/true ;;
		kill) rt kill $([ "$2" != --all ] || echo --all) "$ID" "${!#}" ;;
		*) rt "$@" "$ID" ;;
		esac
		sleep 0.05
		kill -0 "$victim" || die "$verb reached process $victim, which is not the container's"
		! grep -q '(frozen)' /proc/$victim/wchan 2>/dev/null || die "$verb froze it"
		kill "$victim"
		wait "$victim" 2>/dev/null
		rt_ok delete --force "$ID"
	done
	assert_clean
	count races=8
}

# recycle MODE ROUNDS: recycle.py, with what it counted in $OUT
recycle()
{
	bundle_new
	probe sleep 600
	OUT=$("$REPO/tests/fault/recycle.py" "$1" "$2" "$BERTH" "$STATE" "$B") && rc=0 || rc=$?
	[ $rc != 77 ] || skip "$OUT"
	[ $rc = 0 ] || die "$OUT"
	assert_clean
}

# The same at once: the clock of start times has not ticked between the two, and does not tell them apart.
test_pid_recycled_within_a_tick()
{
	recycle before $((FULL ? 400 : 40))
	[ "$OUT" -gt 0 ] || skip "never two processes in a tick"
	count races="$OUT"
}

# The same while berth is at work.
test_pids_recycled_during_kill()
{
	recycle during $((FULL ? 400 : 30))
	[ "$OUT" -gt 0 ] || die "no number was given again"
	count races="$OUT"
}

# changes COMMAND...: what somebody does to the bundle, over and over
swap_config()
{
	cp "$B/config.json" /mnt/good.json
	jq '.process.args = ["/bin/probe", "sleep", "61"]' <"$B/config.json" >/mnt/other.json
	while :; do
		cp /mnt/other.json "$B/config.json" # not at once: half files can be seen
		cp /mnt/good.json "$B/config.json"
		: >"$B/config.json"
		cp /mnt/good.json "$B/.x" && mv "$B/.x" "$B/config.json"
	done
}

swap_rootfs()
{
	while :; do
		mv "$B/rootfs" "$B/away"
		ln -s /mnt/rootfs-other "$B/rootfs" # a good root as well: whoever may write the bundle chooses it
		rm "$B/rootfs"
		mv "$B/away" "$B/rootfs"
	done
}

swap_mount_point()
{
	while :; do
		rm -rf "$B/rootfs/data/in"
		ln -s ../../../../../../mnt/outside "$B/rootfs/data/in"
		rm "$B/rootfs/data/in"
		ln -s /proc/self/cwd "$B/rootfs/data/in"
		rm "$B/rootfs/data/in"
		mkdir -p "$B/rootfs/data/in/deep"
	done
}

sleeps()
{
	[[ $(tr '\0' ' ' <"/proc/$(pid_of)/cmdline") == "/bin/probe sleep 6"[01]" " ]]
}

# A bundle that changes while create reads it: the one or the other container, or an error; never something outside.
test_bundle_changes_during_create()
{
	local how i made all=0 rounds=$((FULL ? 400 : 40)) changer
	mkdir /mnt/outside
	cp -a /mnt/rootfs /mnt/rootfs-other
	bundle_new
	probe sleep 60
	mount_add /data/in/deep/er tmpfs tmpfs
	mount_add /etc bind /mnt/rootfs/etc rbind ro
	for how in swap_config swap_rootfs swap_mount_point; do
		made=0
		$how 2>/dev/null &
		changer=$!
		for ((i = 0; i < rounds; i++)); do
			rt create --bundle "$B" "$ID"
			# 126, 127: a program that cannot be executed, or is not there at this moment
			[ "$RC" -lt 124 ] || [ "$RC" = 126 ] || [ "$RC" = 127 ] || die "exit status $RC"
			if [ "$RC" = 0 ]; then
				made=$((made + 1))
				rt_ok start "$ID"
				wait_for 5 sleeps || die "$(tr '\0' ' ' <"/proc/$(pid_of)/cmdline")"
			else
				[ -n "$ERR" ] || die "no word"
				[ ! -e "$STATE/$ID" ] || die "it left its state"
			fi
			rt_ok delete --force "$ID"
			[ -z "$(ls -A /mnt/outside)" ] || die "$(ls /mnt/outside) outside of the rootfs"
		done
		kill $changer
		wait $changer 2>/dev/null
		rm -rf "$B/rootfs/data/in" "$B/rootfs/new"
		[ ! -L "$B/rootfs" ] || rm "$B/rootfs"
		[ ! -d "$B/away" ] || mv "$B/away" "$B/rootfs"
		[ "$how" != swap_config ] || cp /mnt/good.json "$B/config.json"
		[ $made -gt 0 ] || die "$how: not one was made"
		all=$((all + made))
	done
	rm -rf /mnt/outside /mnt/rootfs-other
	assert_clean
	count races=$((3 * rounds)) made=$all
}

# A container that forks faster than one can look. Bounded by RLIMIT_NPROC, which counts for the user of its namespace.
bomb()
{
	bundle_new
	userns
	probe bomb
	cfg '.process.rlimits = [{type: "RLIMIT_NPROC", soft: 150, hard: 150}] | .process.capabilities = {}'
}

test_fork_bomb()
{
	local how n cg i rounds=$((FULL ? 20 : 2))
	bomb
	for ((i = 0; i < rounds; i++)); do
		for how in "kill KILL" "kill --all KILL" "delete --force" "kill --all TERM"; do
			[ $i = 0 ] && [ "$how" = "delete --force" ] && ns_del pid # nothing but the cgroup holds them together
			up >/dev/null 2>&1
			cg=$(cgroup_dir)
			nobody() { grep -qx 'populated 0' "$cg/cgroup.events"; }
			more_than() { [ "$(wc -l <"$cg/cgroup.procs" 2>/dev/null || echo 0)" -gt "$1" ]; }
			wait_for 10 more_than 25 || die "$how: it does not fork: $(wc -l <"$cg/cgroup.procs"), $(status) $(cat "$B/out" "$B/err")"
			set -- $how
			if [ "$1" = delete ]; then
				timeout 30 "$BERTH" --root "$STATE" delete --force "$ID" || die "$how: $?"
			else
				timeout 30 "$BERTH" --root "$STATE" kill $([ "$2" != --all ] || echo --all) "$ID" "${!#}" || die "$how: $?"
				[ "${!#}" = TERM ] || wait_for 10 nobody || die "$how left $(wc -l <"$cg/cgroup.procs")"
				rt_ok delete --force "$ID"
			fi
			[ ! -d "$cg" ] || die "$how: the cgroup is left"
		done
		ns_add pid
	done
	assert_clean
	count races=$((4 * rounds))
}

test_two_hundred_execs_at_once()
{
	local i n=200 pids=()
	bundle_new
	probe sleep 600
	up
	for ((i = 0; i < n; i++)); do
		"$BERTH" --root "$STATE" exec "$ID" /bin/sh -c "echo out$i; exit $((i % 100))" >/mnt/o$i 2>/mnt/e$i </dev/null &
		pids+=($!)
	done
	for ((i = 0; i < n; i++)); do
		wait "${pids[i]}"
		assert_eq $? $((i % 100)) "exec $i: $(cat /mnt/e$i)"
		assert_eq "$(cat /mnt/o$i)" "out$i"
	done
	assert_eq "$(wc -l <"$(cgroup_dir)/cgroup.procs")" 1
	delete_ok --force
	assert_clean
	count races=$n
}
