# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Many containers at once and many one after another: none fails, nothing is left, nothing grows.

. "$REPO/tests/fault/lib.sh"

# what_is_used: what would grow if something leaked, "NAME NUMBER" a line
what_is_used()
{
	sed -n 's/^\(nr_[a-z]*descendants\) /\1 /p' /sys/fs/cgroup/cgroup.stat
	echo "mounts $(wc -l </proc/self/mountinfo)"
	echo "state $(find "$STATE" -mindepth 1 | wc -l)"
	echo "processes $(ls -d /proc/[0-9]* | wc -l)"
}

settle()
{
	[ "$(sed -n 's/^nr_dying_descendants //p' /sys/fs/cgroup/cgroup.stat)" -le "${1:-0}" ]
}

# life NAME: a whole one; the first line of what goes wrong is left in /mnt/failed
life()
{
	"$BERTH" --root "$STATE" create --bundle "$B" "$1" </dev/null >/dev/null 2>/mnt/err."$1" &&
		"$BERTH" --root "$STATE" start "$1" 2>>/mnt/err."$1" &&
		"$BERTH" --root "$STATE" delete --force "$1" 2>>/mnt/err."$1" && [ ! -s /mnt/err."$1" ] ||
		echo "$1: $(cat /mnt/err."$1")" >>/mnt/failed
}

# cycles FROM TO: lives with these numbers, 8 at a time
cycles()
{
	local lane from=$1 to=$2 i pids=()
	for lane in 1 2 3 4 5 6 7 8; do
		(
			for ((i = from + lane - 1; i <= to; i += 8)); do
				life "life-$lane"
			done
		) &
		pids+=($!)
	done
	wait "${pids[@]}"
}

# What the machine as a whole has in use: open files, and KiB of the kernel's own memory (programs of BPF are in VmallocUsed).
open_files()
{
	cut -f 1 /proc/sys/fs/file-nr
}

kernel_memory()
{
	awk '/^(SUnreclaim|KernelStack|PageTables|Percpu|VmallocUsed):/ { sum += $2 } END { print sum }' /proc/meminfo
}

# Keys of root on the whole machine: a container's keyring may be viewed by its owner alone, so /proc/keys has none of them.
keys()
{
	awk '$1 == "0:" { sub("/.*", "", $3); print $3 }' /proc/key-users
}

# few_keys LIVES: since $keys were counted. One that each life left would be four times as many; others have theirs.
few_keys()
{
	[ $(($(keys) - keys)) -lt $(($1 / 4)) ]
}

# grown_little LIVES: since $files and $memory were taken. Whatever a life left would be more than these 256 bytes: a program of BPF is
# a page, a cgroup several. Others use the machine too, and the kernel gives back late.
grown_little()
{
	[ $(($(open_files) - files)) -lt $(($1 / 10)) ] && [ $(($(kernel_memory) - memory)) -lt $(($1 / 4 + 8192)) ]
}

milliseconds()
{
	echo $(($(date +%s%N) / 1000000))
}

test_many_lives()
{
	local all=$((FULL ? 20000 : 240)) part=$((FULL ? 1000 : 80)) i t first= last before after files memory keys
	bundle_new
	probe sleep 60
	cycles 1 16
	wait_for 10 settle 8
	before=$(what_is_used) keys=$(keys)
	for ((i = 0; i < all; i += part)); do
		t=$(milliseconds)
		cycles 1 $part
		last=$(($(milliseconds) - t))
		first=${first:-$last}
		[ ! -e /mnt/failed ] || die "$(head -n 3 /mnt/failed)"
		[ $i != 0 ] || { wait_for 20 settle 64; files=$(open_files) memory=$(kernel_memory); }
	done
	echo "lives: $all, the first $part in $first ms, the last in $last ms"
	assert_clean
	# the kernel takes its time with dead cgroups and keyrings
	wait_for 30 few_keys $all || die "keys of root: $keys -> $(keys)"
	same() { after=$(what_is_used); [ "$(grep -v dying <<<"$after")" = "$(grep -v dying <<<"$before")" ]; }
	wait_for 10 same || die "$(diff <(echo "$before") <(echo "$after"))"
	wait_for 20 settle 64 || die "dead cgroups: $(cat /sys/fs/cgroup/cgroup.stat)"
	if [ $FULL = 1 ]; then # in a sample they would drown in what other tests do
		wait_for 60 grown_little $((all - part)) ||
			die "open files $files -> $(open_files), memory of the kernel $memory -> $(kernel_memory) KiB"
		echo "since the first $part: open files $files -> $(open_files), memory of the kernel $memory -> $(kernel_memory) KiB"
	fi
	count cycles=$all
}

test_many_alive()
{
	local n=$((FULL ? 1000 : 60)) i t first last
	bundle_new
	probe sleep 600
	for ((i = 0; i < n; i++)); do
		[ $i != 0 ] && [ $i != $((n - 10)) ] || t=$(milliseconds)
		rt_ok create --bundle "$B" "n$i" >/dev/null </dev/null
		[ $i != 9 ] || first=$(($(milliseconds) - t))
	done
	last=$(($(milliseconds) - t))
	echo "create: the first ten in $first ms, the last ten of $n in $last ms"
	for ((i = 0; i < n; i++)); do
		rt_ok start "n$i"
	done
	rt_ok list
	assert_eq "$(grep -c ' running ' <<<"$OUT")" $n "running"
	rt_ok exec n$((n - 1)) /bin/true
	for ((i = 0; i < n; i++)); do
		rt_ok delete --force "n$i"
	done
	assert_clean
	count alive=$n
}
