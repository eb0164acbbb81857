# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# berth, berth-init or both are killed at each system call of either (faults.py).

. "$REPO/tests/fault/lib.sh"

test_kill_create_plain()
{
	faults kill create plain
}

test_kill_create_userns()
{
	faults kill create userns
}

test_kill_create_hooks()
{
	faults kill create hooks
}

test_kill_start()
{
	faults kill start plain
}

test_kill_start_hooks()
{
	faults kill start hooks
}

test_kill_run_terminal()
{
	faults kill run terminal
}

test_kill_exec()
{
	faults kill exec plain
}

test_kill_exec_detached_joined()
{
	faults kill exec_detached joined
}

test_kill_delete()
{
	faults kill delete hooks
}

test_kill_delete_force()
{
	faults kill delete_force plain
}

test_kill_update()
{
	faults kill update plain
}

# deleted_without_a_record N: with only N bytes of it the container is ended and removed all the same
deleted_without_a_record()
{
	local pid dir
	up
	pid=$(pid_of)
	dir=$(cgroup_dir)
	truncate -s "$1" "$STATE/$ID/state.json"
	rt_fails 'damaged record' delete "$ID"
	delete_ok --force
	! file_has "/proc/$pid/status" '^State:.[^Z]' || die "with $1 bytes: process $pid lives"
	[ ! -e "$STATE/$ID" ] || die "its folder is there"
	[ ! -d "$dir" ] || die "its cgroup is there"
}

# state.json cut off anywhere, as if the machine had stopped while it was written: an error, and never a container.
test_half_a_state()
{
	local n size step=$((FULL ? 1 : 9)) tried=0
	bundle_new other
	probe sleep 60
	up
	bundle_new
	probe sleep 60
	create_ok
	cp "$STATE/$ID/state.json" /mnt/whole
	size=$(stat -c %s /mnt/whole)
	for ((n = 0; n < size; n += step)); do
		tried=$((tried + 1))
		head -c "$n" /mnt/whole >"$STATE/$ID/state.json"
		rt_fails 'damaged record' state "$ID"
		rt_fails 'damaged record' kill "$ID" KILL
		rt_ok list
		assert_re "^$ID +0 +stopped"
		assert_re '^other +[0-9]+ +running'
	done
	cp /mnt/whole "$STATE/$ID/state.json"
	has_status created || die "$(status)"
	start_ok
	delete_ok --force
	for n in 0 $((size / 2)) $((size - 1)); do
		deleted_without_a_record $n
	done
	ID=other delete_ok --force
	assert_clean
	count injections=$tried failed=$tried
}
