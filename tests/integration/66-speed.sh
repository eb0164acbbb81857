# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What makes berth quick, as numbers that do not depend on the machine: how many system calls each command makes with the
# benchmark's bundle, and which programs and libraries it opens. Time itself is measured by `make bench`.

# speed_bundle ARG...: the bundle of tests/bench, with a root that has what it mounts on
speed_bundle()
{
	command -v strace >/dev/null || skip "no strace"
	needs_cgroupfs "the calls of libsystemd are not ours to count"
	bundle_new
	jq --arg p "$(cgroups_path c1)" '.linux.cgroupsPath = $p' "$REPO/tests/bench/bundle.json" >"$B/config.json"
	mkdir -p "$B/rootfs/proc" "$B/rootfs/dev" "$B/rootfs/sys" "$B/rootfs/tmp"
	args "$@"
}

# traced FILE ARG...: berth under strace. Signals that the caller ignores would cost a call each to set right.
traced()
{
	local file=$1
	shift
	env --default-signal strace -f -qq -e signal=none -o "$file" "$BERTH" --root "$STATE" "$@" >"$B/out" 2>"$B/err" </dev/null
}

# calls ARG...: runs the command under strace; the calls of berth and berth-init, not those of the program, are $B/calls
calls()
{
	traced "$B/strace" "$@" ||
		die "$1 failed: $(<"$B/err")"
	awk '$1 in program || /resumed>/ || /\+\+\+/ { next }
		{ print }
		/ execve\("\/bin\// { program[$1] = 1 }' "$B/strace" >"$B/calls"
}

# budget MAX ARG...: so many calls at most; and not so few that strace cannot have seen them
budget()
{
	local max=$1 n
	shift
	calls "$@"
	n=$(wc -l <"$B/calls")
	echo "$1: $n of $max"
	[ "$n" -gt $((max / 3)) ] || die "$1: strace saw only $n calls"
	[ "$n" -le "$max" ] || die "$1: $n system calls, at most $max: $(awk '{ sub(/\(.*/, "", $2); n[$2]++ }
		END { for (c in n) printf "%d %s, ", n[c], c }' "$B/calls")"
}

# In the background, as strace follows berth-init, which goes on
created()
{
	traced "$B/strace.create" create --bundle "$B" "$ID" &
	TRACED=$!
	wait_status created
}

# Without a core, the libraries that are loaded would be counted.
need_core()
{
	[ "${CORE:-1}" = 1 ] && ! readelf -lW "$BERTH" | grep -q INTERP || skip "berth is built without a core"
}

test_system_calls_of_a_run()
{
	need_core
	speed_bundle /bin/true
	"$BERTH" --root "$STATE" run --bundle "$B" "$ID" </dev/null || die "run failed"
	# where there are controllers to give on, that takes five
	budget 272 run --bundle "$B" "$ID"
	assert_clean
}

test_system_calls_of_a_life()
{
	need_core
	speed_bundle /bin/sleep 100
	created
	local n
	n=$(grep -vc 'resumed>' "$B/strace.create")
	echo "create: $n"
	[ "$n" -gt 100 ] && [ "$n" -le 236 ] || die "create: $n system calls"
	budget 41 state "$ID"
	budget 51 start "$ID"
	budget 166 exec "$ID" /bin/true
	budget 40 state "$ID"
	budget 29 kill "$ID" KILL
	wait "$TRACED"
	wait_status stopped
	budget 45 delete "$ID"
	assert_clean
}

# None of it looks for a library, and nothing is executed but berth-init.
test_no_library_is_opened()
{
	need_core
	speed_bundle /bin/true
	calls run --bundle "$B" "$ID"
	! grep -E '\.so|ld\.so' "$B/calls" || die "a library was looked for"
	assert_eq "$(grep -c 'execve' "$B/calls")" 3 "berth, berth-init and the program are executed"
}

# A seccomp profile needs libseccomp once; from then on its filter is in the cache.
test_a_profile_is_compiled_once()
{
	speed_bundle /bin/true
	need_core
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	calls run --bundle "$B" "$ID"
	grep -q libseccomp "$B/calls" || die "libseccomp was not opened"
	assert_eq "$(grep -c 'execve' "$B/calls")" 4 "the full build is executed as well"
	calls run --bundle "$B" "$ID"
	! grep -E 'open.*\.so\.|ld\.so' "$B/calls" || die "a library was looked for again"
	assert_eq "$(grep -c 'libseccomp' "$B/calls")" 1 "whether it is still the same library is asked in one call"
	assert_clean
}

# What the full build says about itself and its errors is what the core would say.
test_the_full_build_is_told_everything()
{
	speed_bundle /bin/true
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_NONE"}]}'
	rt_fails 'SCMP_ACT_NONE' --log "$B/log" --log-format json run --bundle "$B" "$ID"
	grep -q '"level":"error".*SCMP_ACT_NONE' "$B/log" || die "nothing in the log: $(cat "$B/log")"
	assert_clean
}

# trace_of FILE: checks the form of a trace; the names of its spans with the program, "berth:create", one a line, in $OUT
trace_of()
{
	jq -e 'type == "array" and all(.[]; .pid > 0 and (.ph == "M" or (.ph == "X" and .ts > 0 and .dur >= 0)))' "$1" \
		>/dev/null || die "not a trace: $(head -c 500 "$1")"
	OUT=$(jq -r '.[] | select(.ph == "X") | "\(.cat):\(.name)"' "$1")
}

test_trace()
{
	local t=/mnt/test/trace.json name
	speed_bundle /bin/sleep 100
	rt_ok --trace "$t" create --bundle "$B" "$ID"
	trace_of "$t"
	for name in berth:read-config berth:plan berth:state-dir berth:cgroup berth:clone berth:inside berth:create \
		berth-init:root berth-init:mount berth-init:device berth-init:mask berth-init:pivot berth-init:lookup; do
		assert_contains "$OUT" "$name"
	done
	assert_eq "$(grep -c berth-init:mount <<<"$OUT")" 7 "a span for each mount"
	# the steps of berth-init lie within the command, whose times are of the same clock
	jq -e '[.[] | select(.ph == "X")] | (map(select(.name == "create"))[0]) as $c
		| map(select(.cat == "berth-init")) | all(.ts >= $c.ts and .ts + .dur <= $c.ts + $c.dur)' "$t" >/dev/null ||
		die "steps outside of the command: $(cat "$t")"
	# the next commands add to it, and the file stays whole
	BERTH_TRACE=$t rt_ok start "$ID"
	BERTH_TRACE=$t rt_ok exec "$ID" /bin/true
	BERTH_TRACE=$t rt_ok delete --force "$ID"
	trace_of "$t"
	for name in berth:start berth-init:ready berth-init:capabilities berth:exec berth-init:ns-join berth:delete berth:remove-state; do
		assert_contains "$OUT" "$name"
	done
	assert_re '^berth:kill$'
	assert_clean
}

# Also of a command that fails, of the full build, and never into what is no trace
test_trace_of_what_fails()
{
	local t=/mnt/test/trace.json
	speed_bundle /bin/nothing
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
	rt_fails 'nothing' --trace "$t" run --bundle "$B" "$ID"
	trace_of "$t"
	assert_contains "$OUT" berth-init:pivot
	assert_contains "$OUT" berth:run
	printf 'precious' >/mnt/test/file
	args /bin/true
	rt_ok --trace /mnt/test/file run --bundle "$B" "$ID"
	assert_eq "$(cat /mnt/test/file)" precious
	rt_fails 'trace file "/mnt/test/dir/t"' --trace /mnt/test/dir/t run --bundle "$B" "$ID"
	mkfifo /mnt/test/fifo
	rt_fails 'not a regular file' --trace /mnt/test/fifo run --bundle "$B" "$ID"
	assert_clean
}

# What berth-init and the start of a program need counts against the container's own limit.
test_memory_limit_of_512_kb()
{
	local k smallest=
	needs_controller memory
	for k in 128 192 256 384 512; do
		bundle_new "m$k"
		cfg --argjson b $((k * 1024)) --arg p "$(cgroups_path "m$k")" \
			'.linux.resources.memory = {limit: $b, swap: $b} | .linux.cgroupsPath = $p'
		probe exit 0
		rt run --bundle "$B" "$ID"
		[ "$RC" != 0 ] || smallest=${smallest:-$k}
		[ "$RC" = 0 ] || rt delete --force "$ID"
		rm -rf "$B"
	done
	echo "smallest memory.max that starts: ${smallest:-none of them} KB"
	[ "$RC" = 0 ] || die "does not start within 512 KB: $ERR"
	assert_clean
}
