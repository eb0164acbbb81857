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
	for k in 16384 8192 4096 2048 1536 1024 896 768 640 512 448 384 320 256 192 128 64; do
		cfg --argjson n $((k * 1024)) '.linux.resources = {memory: {limit: $n}}'
		timeout -s KILL 30 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >"$B/out" 2>"$B/err" </dev/null
		RC=$? OUT= ERR=$(<"$B/err")
		"$BERTH" --root "$STATE" delete --force "$ID" >/dev/null 2>&1
		[ "$RC" = 0 ] || break
		found=$k
	done
	SMALLEST=$found
}

test_smallest_memory_limit()
{
	needs memory
	bundle_new
	probe exit 0
	smallest "$BERTH"
	echo "$BERTH: $SMALLEST KB"
	# the program itself may have been the one that had not enough
	[ "$RC" = 137 ] || [ -n "$ERR" ] || die "exit status $RC without a word"
	assert_clean
	! is_berth || [ "${SMALLEST:-9999}" -le 512 ] || die "the smallest is $SMALLEST KB"
}
