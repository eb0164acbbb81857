# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Stage 4: containers come and go, and what is observed of them adds up.

stage4()
{
	stage "Stage 4: containers come and go; what is observed of them adds up"
	exit_reasons
	out_of_memory
	measured
	[ "$(api 1 /info | jq -r .Swarm.LocalNodeState)" != active ] || swarm_down
	adds_up
}

# Eight at once, each with an exit status of its own.
exit_reasons()
{
	local n told pids=()
	for n in 0 1 2 3 100 126 127 255; do
		d 1 run --name "exit$n" --network none base sh -c "exit $n" &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n"
		echo $?
	done >"$WORK/statuses"
	told=$(paste -sd ' ' "$WORK/statuses")
	verdict "eight containers end with 0 1 2 3 100 126 127 255" "docker run: $told" same "$told" "0 1 2 3 100 126 127 255"
	wait_for 5 same_statuses "$told"
	told=$(told_statuses)
	verdict "  and so do the events tell" "$told" same "$told" "0 1 2 3 100 126 127 255"
	d 1 run -d --name stopped --network none base sh -c 'trap "exit 7" TERM; sleep 1000 & wait' >/dev/null
	d 1 run -d --name killed --network none base sleep 1000 >/dev/null
	d 1 stop stopped >/dev/null
	d 1 kill killed >/dev/null
	told="$(d 1 wait stopped) $(d 1 wait killed)"
	verdict "one is stopped and says 7, one is killed" "exit status $told" same "$told" "7 137"
}

# what the events say of those eight
told_statuses()
{
	jq -r 'select(.Action == "die" and (.Actor.Attributes.name | test("^exit"))) | .Actor.Attributes.exitCode' "$WORK/events1" |
		sort -n | paste -sd ' '
}

same_statuses()
{
	[ "$(told_statuses)" = "$1" ]
}

# told_of NAME: a container's events
told_of()
{
	jq -r --arg name "$1" 'select(.Actor.Attributes.name == $name) | .Action' "$WORK/events1" | paste -sd ' '
}

has_died()
{
	[[ $(told_of "$1") == *die* ]]
}

# The shell outlives what is killed: of a container that goes with its only process, its cgroup and the kernel's count may be
# gone before the engine has looked.
out_of_memory()
{
	local state told
	d 1 run --name greedy --network none --memory 24m base sh -c 'tail /dev/zero; status=$?; sleep 2; exit $status' >/dev/null 2>&1
	state=$(api 1 /containers/greedy/json | jq -r '"OOMKilled \(.State.OOMKilled), exit status \(.State.ExitCode)"')
	verdict "one that takes more memory than it may have" "$state" same "$state" "OOMKilled true, exit status 137"
	wait_for 5 has_died greedy
	told=$(told_of greedy)
	verdict "  its events" "$told" grep -qE '^create (attach )?start .*oom.*' <<<"$told"
	verdict "  other containers that ran out of memory" "$(oom_of_others)" same "$(oom_of_others)" 0
}

oom_of_others()
{
	cat "$WORK"/events[0-9] | jq -r 'select(.Action == "oom" and .Actor.Attributes.name != "greedy") | .Actor.ID' | sort -u | grep -c .
}

# Three processes and 8 MB: by docker, by berth, and in the cgroup.
measured()
{
	local id group stats engine runtime kernel
	id=$(d 1 run -d --network none --memory 64m base sh -c 'head -c 8000000 /dev/zero >/dev/shm/x; sleep 1000 & sleep 1000 & wait' 2>/dev/null)
	sleep 3
	group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(api 1 "/containers/$id/json" | jq .State.Pid)/cgroup")
	stats=$(api 1 "/containers/$id/stats?stream=false&one-shot=true")
	engine=$(jq '.pids_stats.current' <<<"$stats")
	runtime=$("$BERTH" --root "$(root_of "$id")" events --stats "$id" | jq '.data.pids.current')
	kernel=$(cat "$group/pids.current")
	verdict "processes, as docker, berth and the kernel count them" "$engine, $runtime, $kernel" same "$engine $runtime $kernel" "3 3 3"
	engine=$(jq '.memory_stats.usage' <<<"$stats")
	runtime=$("$BERTH" --root "$(root_of "$id")" events --stats "$id" | jq '.data.memory.usage.usage')
	kernel=$(cat "$group/memory.current")
	verdict "memory, as docker, berth and the kernel count it" "$((engine / 1024)), $((runtime / 1024)), $((kernel / 1024)) KiB" \
		close "$engine" "$runtime" "$kernel"
	d 1 rm -f "$id" >/dev/null
}

# root_of CONTAINER: where its runtime keeps what it knows
root_of()
{
	local state
	state=$(find "$RUN/node1" -path "*/$1/state.json")
	echo "${state%/*/*}"
}

# no more than 5 % apart, and at least 8 MB
close()
{
	local n
	for n; do
		between "$n" 8000000 $(($1 * 105 / 100)) && between "$1" 8000000 $((n * 105 / 100)) || return 1
	done
}

# A node removes a container when the manager says so: the manager stays until the last one is gone.
swarm_down()
{
	local n
	# shellcheck disable=SC2046
	must d 1 service rm $(api 1 /services | jq -r '.[].Spec.Name')
	for n in $NODES; do
		wait_for 90 nothing_of_swarm "$n"
		verdict "node $n, when the services are removed" "$(of_swarm "$n") containers of theirs" nothing_of_swarm "$n"
	done
	for n in $(printf '%s\n' $NODES | sort -rn); do
		must d "$n" swarm leave --force
	done
}

of_swarm()
{
	api "$1" '/containers/json?all=true' | jq '[.[] | select(.Labels["com.docker.swarm.service.name"])] | length'
}

nothing_of_swarm()
{
	[ "$(of_swarm "$1")" = 0 ]
}

# Over the whole journey: each container that was created was destroyed, each that was started has died, with a status.
adds_up()
{
	local n left
	for n in $NODES; do
		left=$(api "$n" '/containers/json?all=true' | jq -r '.[].Id')
		# shellcheck disable=SC2086
		[ -z "$left" ] || d "$n" rm -f $left >/dev/null
	done
	for n in $NODES; do
		wait_for 5 all_paired "$n"
		jq -rs '[.[] | select(.Action | test("^(create|start|die|destroy)$"))] | group_by(.Action) |
			map({key: .[0].Action, value: length}) | from_entries | {create: 0, destroy: 0, start: 0, die: 0} + .' \
			"$WORK/events$n" >"$WORK/sum$n"
		verdict "node $n, all containers of this journey" \
			"$(jq -r '"created \(.create), destroyed \(.destroy), started \(.start), died \(.die)"' "$WORK/sum$n")" \
			same "$(jq --argjson n "$n" '.create == .destroy and .start == .die and (.start > 0 or $n > 1)' "$WORK/sum$n")" true
		verdict "  each died with a status, once for each start" "missing: $(unpaired "$n" | wc -l)" same "$(unpaired "$n")" ""
		left=$(find "$RUN/node$n" -name state.json | wc -l)
		verdict "  nothing is left: containers that berth knows" "$left" same "$left" 0
	done
}

all_paired()
{
	[ -z "$(unpaired "$1")" ]
}

# containers whose events do not pair
unpaired()
{
	jq -rs 'group_by(.Actor.ID)[] | . as $all | def count(a): [$all[] | select(.Action == a)] | length;
		select(count("create") != 1 or count("destroy") != 1 or count("start") != count("die") or
		any($all[]; .Action == "die" and (.Actor.Attributes.exitCode == null))) | .[0].Actor.ID' "$WORK/events$1"
}
