# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: qemu
# (the kernel of User-mode Linux ends when a program that it executes runs out of a cgroup's memory)
# The smallest memory.max in which a container starts; below it there is an error and nothing is left.

. "$REPO/tests/integration/cgroups.inc"

# smallest RUNTIME: in KB, of the sizes below; empty: none of them. A smaller one that starts by luck does not count.
smallest()
{
	local k found= BERTH=$1
	for k in 65536 32768 16384 8192 4096 2048 1536 1024 896 768 640 512 448 384 320 256 192 128 64; do
		cfg --argjson n $((k * 1024)) '.linux.resources = {memory: {limit: $n}}'
		timeout -s KILL 30 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >"$B/out" 2>"$B/err" </dev/null
		RC=$? OUT= ERR=$(<"$B/err")
		timeout -s KILL 30 "$BERTH" --root "$STATE" delete --force "$ID" >/dev/null 2>&1
		[ "$RC" = 0 ] || break
		found=$k
	done
	SMALLEST=$found
	echo "smallest memory.max with $BERTH: ${found:-none} KB; below it status $RC, $(head -n 1 "$B/err" | cut -c 1-200)"
}

test_smallest_memory_limit()
{
	needs memory
	bundle_new
	probe exit 0
	smallest "$BERTH"
	is_berth || return 0 # what others do then is told by the line, and not what is tested
	# the program itself may have been the one that had not enough
	[ "$RC" = 137 ] || [ -n "$ERR" ] || die "exit status $RC without a word"
	assert_clean
	[ "${SMALLEST:-9999}" -le 512 ] || die "the smallest is $SMALLEST KB"
}
