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
	becomes 10 "  and so do the events tell" "0 1 2 3 100 126 127 255" told_statuses
	d 1 run -d --name stopped --network none base sh -c 'trap "exit 7" TERM; echo ready; sleep 1000 & wait' >/dev/null
	wait_for 30 is_ready stopped
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

# is_ready CONTAINER: it has said so
is_ready()
{
	d 1 logs "$1" 2>&1 | grep -qx ready
}

# told_of NAME: a container's events
told_of()
{
	jq -r --arg name "$1" 'select(.Actor.Attributes.name == $name) | .Action' "$WORK/events1" | paste -sd ' '
}

# The shell outlives what is killed: of a container that goes with its only process, its cgroup and the kernel's count may be
# gone before the engine has looked.
out_of_memory()
{
	local state others
	d 1 run --name greedy --network none --memory 24m base sh -c 'tail /dev/zero; status=$?; sleep 2; exit $status' >/dev/null 2>&1
	state=$(api 1 /containers/greedy/json | jq -r '"OOMKilled \(.State.OOMKilled), exit status \(.State.ExitCode)"')
	verdict "one that takes more memory than it may have" "$state" same "$state" "OOMKilled true, exit status 137"
	becomes 10 "  its events" "create (attach )?start (.*oom.*die|.*die.*oom).*" told_of greedy
	others=$(oom_of_others)
	verdict "  other containers that ran out of memory" "$others" same "$others" 0
}

oom_of_others()
{
	cat "$WORK"/events[0-9] | jq -r 'select(.Action == "oom" and .Actor.Attributes.name != "greedy") | .Actor.ID' | sort -u | grep -c .
}

# Three processes and 8 MB: by docker, by berth, and in the cgroup.
measured()
{
	local id group stats engine runtime kernel
	id=$(d 1 run -d --network none --memory 64m base sh -c 'head -c 8000000 /dev/zero >/dev/shm/x; sleep 1000 & sleep 1000 & echo ready; wait' 2>/dev/null)
	wait_for 30 is_ready "$id"
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
		becomes 90 "node $n, when the services are removed" "0 containers of theirs" of_swarm "$n"
	done
	for n in $(printf '%s\n' $NODES | sort -rn); do
		must d "$n" swarm leave --force
	done
}

of_swarm()
{
	api "$1" '/containers/json?all=true' | jq -r '[.[] | select(.Labels["com.docker.swarm.service.name"])] | "\(length) containers of theirs"'
}

# Over the whole journey: each container that was created was destroyed, each that was started has died, with a status; and
# the events tell of all those that berth was called for.
adds_up()
{
	local n left id
	for n in $NODES; do
		left=$(api "$n" '/containers/json?all=true' | jq -r '.[].Id')
		# shellcheck disable=SC2086
		[ -z "$left" ] || d "$n" rm -f $left >/dev/null
	done
	id=$(d 1 run -d --network none base sleep 1000)
	# with systemd as the driver its cgroup is below that of the scope
	becomes 10 "node 1, one container left" "known to berth 1, shims 1, cgroups [12], scopes [01]" traces 1
	d 1 rm -f "$id" >/dev/null
	for n in $NODES; do
		becomes 10 "node $n, all containers of this journey" "$(sums_wanted "$n")" sums "$n"
		becomes 10 "  each died with a status, once for each start" "missing: 0" unpaired "$n"
		becomes 10 "  the same that berth was called for" "[0-9]+ calls, [0-9]+ starts told, 0 without the other" calls_and_starts "$n"
		becomes 1 "  and whoever looked on was there to the end" "docker events runs" watched "$n"
		becomes 30 "  nothing is left" "known to berth 0, shims 0, cgroups 0, scopes 0" traces "$n"
	done
}

watched()
{
	kill -0 "${WATCHER[$1]}" && echo "docker events runs" || echo "docker events has ended"
}

# sums N: the events of a node, counted
sums()
{
	jq -rs 'def count(a): map(select(.Action == a)) | length;
		"created \(count("create")), destroyed \(count("destroy")), started \(count("start")), died \(count("die"))"' "$WORK/events$1"
}

# sums_wanted N: what they have to be, an expression: as many destroyed as created, as many died as started. The second node has
# something to do in stages 2 and 3 only.
sums_wanted()
{
	local some='[1-9][0-9]*'
	[ "$1" = 1 ] || [[ $DONE == *[23]* ]] || some=0
	# shellcheck disable=SC2028 # for an expression
	echo "created ($some), destroyed \\2, started ($some), died \\3"
}

# unpaired N: containers whose events do not pair
unpaired()
{
	jq -rs 'group_by(.Actor.ID) | map(. as $all | def count(a): [$all[] | select(.Action == a)] | length;
		select(count("create") != 1 or count("destroy") != 1 or count("start") != count("die") or
		any($all[]; .Action == "die" and (.Actor.Attributes.exitCode == null)))) | "missing: \(length)"' "$WORK/events$1"
}

# calls_and_starts N: how often berth was called to create a container, how often the events tell that one was started, and how
# many of these have none of the other kind. One that starts again is created again, under the same name.
calls_and_starts()
{
	local calls starts
	calls=$(created "$1")
	starts=$(jq -r 'select(.Action == "start") | .Actor.ID' "$WORK/events$1" | sort)
	echo "$(grep -c . <<<"$calls") calls, $(grep -c . <<<"$starts") starts told," \
		"$(comm -3 <(echo "$calls") <(echo "$starts") | grep -c '[^[:space:]]') without the other"
}

# traces N: what there is, of all containers that ever were on a node
traces()
{
	local ids=$WORK/ids$1
	created "$1" >"$ids"
	echo "known to berth $(find "$RUN/node$1" -name state.json | wc -l)," \
		"shims $(pgrep -af containerd-shim | grep -Ff "$ids" | wc -l)," \
		"cgroups $(find /sys/fs/cgroup -type d | grep -Ff "$ids" | wc -l)," \
		"scopes $(systemctl list-units --all --full --plain --no-legend '*.scope' | grep -Ff "$ids" | wc -l)"
}
