# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Where the container's cgroup is, what it must be like, and whose it is.

. "$REPO/tests/integration/cgroups.inc"

[ "${DRIVER:-cgroupfs}" = cgroupfs ] && cgroupfs=true || cgroupfs=false

# place PATH: creates a container there and prints what /proc says of its process
place()
{
	cfg --arg p "$1" '.linux.cgroupsPath = $p'
	create_ok
	sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup"
	delete_ok --force
}

needs_paths()
{
	$cgroupfs || skip "paths are the cgroupfs driver's"
}

# --- linux.cgroupsPath ---------------------------------------------------------------------------------------------

# shows: linux.cgroupsPath.optional linux.cgroupsPath.default linux.cgroups.resources-optional
test_no_path()
{
	local one two
	sleeper
	cfg 'del(.linux.resources)'
	create_ok
	one=$(limits_dir)
	! $cgroupfs || ! is_berth || assert_eq "$one" /sys/fs/cgroup/berth-c1
	[ ! -e "$one/pids.max" ] || assert_match "$(<"$one/pids.max")" '^(max|[0-9]{3,})$'
	[ ! -e "$one/memory.max" ] || assert_eq "$(<"$one/memory.max")" max
	# one hierarchy, so every controller's
	assert_eq "$(grep -c '^0::' "/proc/$(pid_of)/cgroup")" 1
	sleeper c2
	cfg '.linux.cgroupsPath = ""'
	create_ok
	two=$(limits_dir)
	[ "$one" != "$two" ] || die "both are in $one"
	delete_ok --force
	rt_ok delete --force c1
	assert_clean
}

# shows: linux.cgroupsPath.abs-or-rel linux.cgroupsPath.absolute linux.cgroupsPath.relative
# shows: linux.cgroupsPath.consistent linux.cgroupsPath.created
test_paths()
{
	local p first
	needs_paths
	sleeper
	assert_eq "$(place /t6/new/c1)" /t6/new/c1
	[ ! -e /sys/fs/cgroup/t6 ] || ! is_berth || die "/t6 is left"
	rm -rf /mnt/test/state/*; find /sys/fs/cgroup/t6 -depth -type d -exec rmdir {} + 2>/dev/null
	is_berth && assert_eq "$(place t6/c1)" /t6/c1
	for p in /t6/same t6/same; do
		first=$(place $p)
		(cd / && assert_eq "$(place $p)" "$first") || exit 1
		# the caller's own cgroup does not matter for an absolute path
		mkdir /sys/fs/cgroup/elsewhere
		[ "$p" = t6/same ] || (
			echo $BASHPID >/sys/fs/cgroup/elsewhere/cgroup.procs
			assert_eq "$(place $p)" "$first"
			echo $BASHPID >/sys/fs/cgroup/runner/cgroup.procs
		) || exit 1
		rmdir /sys/fs/cgroup/elsewhere
	done
	find /sys/fs/cgroup/t6 -depth -type d -exec rmdir {} + 2>/dev/null
	assert_clean
}

# shows: linux.cgroupsPath.invalid linux.cgroupsPath.invalid.error
test_paths_that_are_refused()
{
	local p
	is_berth && $cgroupfs || skip "berth's own rule"
	sleeper
	for p in / // /.. ../x /a/../../x a/./b /a/.. $'/a\nb'; do
		cfg --arg p "$p" '.linux.cgroupsPath = $p'
		create_fails 'linux\.cgroupsPath'
	done
	cfg '.linux.cgroupsPath = "a:b"'
	rt_fails 'linux\.cgroupsPath' --systemd-cgroup create --bundle "$B" "$ID"
	rt_fails 'linux\.cgroupsPath' --systemd-cgroup run --bundle "$B" "$ID"
	assert_clean
}

# The form slice:prefix:name is a name like any other without the systemd driver (54-systemd has it with it).
# shows: linux.cgroupsPath.systemd
test_path_of_the_other_driver()
{
	needs_paths
	is_berth || skip "berth's own rule"
	sleeper
	assert_eq "$(place user.slice:t6:c1)" /user.slice:t6:c1
	assert_clean
}

# A container ended but was not deleted, and another one was created in its cgroup: it is that one's now.
# shows: linux.cgroupsPath.consistent
test_cgroup_of_two_containers()
{
	local p
	needs_paths
	is_berth || skip "berth's own rule"
	mkdir /sys/fs/cgroup/mine
	for p in mine made/below/c; do
		bundle_new c1
		cfg --arg p "/$p" '.linux.cgroupsPath = $p'
		args /bin/true
		create_ok
		start_ok
		wait_status stopped
		sleeper c2
		cfg --arg p "/$p" '.linux.cgroupsPath = $p'
		create_ok
		start_ok
		rt kill --all c1 KILL
		rt_ok delete --force c1
		assert_eq "$(status)" running "$p"
		assert_eq "$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")" "/$p"
		delete_ok --force
		rm -rf /mnt/test/c1 /mnt/test/c2
	done
	[ ! -e /sys/fs/cgroup/made ] || die "what the first one made is left"
	python3 -c "import os; os.getxattr('/sys/fs/cgroup/mine', 'trusted.berth')" 2>/dev/null && die "a mark is left"
	rmdir /sys/fs/cgroup/mine || die "/mine is gone"
	assert_clean
}

# A container that may write to its cgroup leaves a mark of the kind that users have: root does not go by it.
test_mark_of_a_container()
{
	needs_paths
	is_berth || skip "berth's own rule"
	mkdir -p /sys/fs/cgroup/others/mine
	sleeper c1
	cfg '.linux.cgroupsPath = "/others/mine"'
	up
	python3 -c "import os; os.setxattr('/sys/fs/cgroup/others/mine', 'user.berth', b'50 x')" || skip "no attributes of users here"
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	sleeper c2
	cfg '.linux.cgroupsPath = "/others/mine"'
	up
	delete_ok --force
	rmdir /sys/fs/cgroup/others/mine /sys/fs/cgroup/others || die "what others made is gone"
	assert_clean
}

# without_marks COMMAND...: no extended attribute can be set, as for a user where the kernel knows none
without_marks()
{
	command -v strace >/dev/null || skip "no strace"
	printf '#!/bin/sh\nexec strace -qq -o /dev/null -e trace=setxattr,fsetxattr -e inject=setxattr,fsetxattr:error=EPERM %s "$@"\n' \
		"$BERTH" >/mnt/test/unmarked
	chmod 0755 /mnt/test/unmarked
	local BERTH=/mnt/test/unmarked
	"$@"
}

# Where nobody can say whose a cgroup is there is no second container in it, as the end of the first would be its own.
test_cgroup_that_cannot_be_marked()
{
	needs_paths
	is_berth || skip "berth's own rule"
	mkdir /sys/fs/cgroup/mine
	BASELINE[cgroups]=$(list_cgroups)
	sleeper
	cfg '.linux.cgroupsPath = "/made/same"'
	without_marks create_ok
	rt_ok kill "$ID" KILL
	wait_status stopped
	sleeper c2
	cfg '.linux.cgroupsPath = "/made/same"'
	without_marks rt_fails 'cgroup "/made/same" exists and cannot be marked as this container.s: operation not permitted' \
		create --bundle "$B" "$ID"
	rt_fails 'does not exist' state "$ID"
	# one that may leave a mark is safe from the first
	up
	rt_ok delete --force c1
	assert_eq "$(status)" running
	assert_eq "$(</sys/fs/cgroup/made/same/cgroup.procs)" "$(pid_of)"
	delete_ok --force
	# what it did not make stays, and so what the first had made
	[ ! -d /sys/fs/cgroup/made/same ] || rmdir /sys/fs/cgroup/made/same /sys/fs/cgroup/made
	cfg '.linux.cgroupsPath = "/mine"'
	without_marks rt_fails 'cgroup "/mine" exists and cannot be marked' create --bundle "$B" "$ID"
	rm /mnt/test/unmarked
	assert_clean
	rmdir /sys/fs/cgroup/mine
}

# What the first may not open is nothing to the second.
test_device_filter_of_an_earlier_container()
{
	local p
	needs_paths
	is_berth || skip "berth's own rule"
	mkdir /sys/fs/cgroup/mine
	BASELINE[cgroups]=$(list_cgroups)
	for p in /mine /made; do
		bundle_new c1
		cfg --arg p $p '.linux.cgroupsPath = $p | .linux.resources.devices = [{allow: false, access: "rwm"}]'
		args /bin/true
		create_ok
		start_ok
		wait_status stopped
		bundle_new c2
		cfg --arg p $p '.linux.cgroupsPath = $p | .linux.resources.devices = [{allow: true, access: "rwm"}]'
		mknod "$B/rootfs/data/node" c 60 1
		probe open /data/node
		run_ok
		assert_eq "$OUT" node=rw "in $p"
		rt_ok delete c1
		rm -rf /mnt/test/c1 /mnt/test/c2
		assert_clean
	done
	rmdir /sys/fs/cgroup/mine
}

# --- what it must be like ------------------------------------------------------------------------------------------

# shows: linux.cgroups.fit-check.error
test_unfit_cgroups_are_refused()
{
	needs_paths
	is_berth || skip "others run in them or hang"
	sleeper
	cfg '.linux.cgroupsPath = "/used"'
	mkdir -p /sys/fs/cgroup/used
	echo 1 >/sys/fs/cgroup/used/cgroup.freeze
	rt_fails 'exists and is frozen' create --bundle "$B" "$ID"
	assert_eq "$(<"/sys/fs/cgroup/used/cgroup.freeze")" 1
	echo 0 >/sys/fs/cgroup/used/cgroup.freeze
	mkdir /sys/fs/cgroup/used/below
	sleep 1000 &
	for p in used used/below; do
		echo $! >/sys/fs/cgroup/$p/cgroup.procs
		rt_fails 'exists and is not empty' create --bundle "$B" "$ID"
		kill -0 $! || die "somebody else's process was killed"
		rt_fails 'does not exist' kill --all "$ID" KILL
		rt_ok delete --force "$ID"
		kill -0 $! || die "somebody else's process was killed"
	done
	kill $!
	wait $! 2>/dev/null
	rmdir /sys/fs/cgroup/used/below /sys/fs/cgroup/used
	assert_clean
}

# An empty one is used, again and again, though everything in it was killed by cgroup.kill before, and stays.
test_a_cgroup_that_exists()
{
	local i
	needs_paths
	is_berth || skip "others remove it"
	mkdir /sys/fs/cgroup/mine
	bundle_new
	cfg '.linux.cgroupsPath = "/mine"'
	args /bin/grep 0:: /proc/self/cgroup
	for i in 1 2 3; do
		run_ok
		assert_eq "$OUT" 0::/
		echo 1 >/sys/fs/cgroup/mine/cgroup.kill
	done
	args /bin/sleep 1000
	up
	rt_ok exec "$ID" /bin/grep 0:: /proc/self/cgroup
	assert_eq "$OUT" 0::/
	assert_eq "$(wc -l </sys/fs/cgroup/mine/cgroup.procs)" 1
	delete_ok --force
	[ -d /sys/fs/cgroup/mine ] || die "it was removed"
	rmdir /sys/fs/cgroup/mine
	assert_clean
}

# The same for a caller that is in one.
test_caller_in_a_cgroup_that_was_killed()
{
	local out
	needs_paths
	mkdir /sys/fs/cgroup/caller
	echo 1 >/sys/fs/cgroup/caller/cgroup.kill
	bundle_new
	args /bin/grep 0:: /proc/self/cgroup
	out=$(sh -c 'echo $$ >/sys/fs/cgroup/caller/cgroup.procs && exec "$@"' sh "$BERTH" --root "$STATE" run --bundle "$B" "$ID") ||
		die "run failed"
	assert_eq "$out" 0::/
	sleeper c2
	up
	out=$(sh -c 'echo $$ >/sys/fs/cgroup/caller/cgroup.procs && exec "$@"' sh "$BERTH" --root "$STATE" exec c2 \
		/bin/grep 0:: /proc/self/cgroup) || die "exec failed"
	assert_eq "$out" 0::/
	delete_ok --force
	rmdir /sys/fs/cgroup/caller
	assert_clean
}

# Only v1: refused as a whole, so there is neither a limit nor an owner that would be set in it.
# shows: linux.cgroup-owner.not-v1 linux.resources.unified.v1-host linux.resources.v1-to-v2.error
test_host_with_v1_only()
{
	is_berth || skip "berth's own rule"
	sleeper
	cfg '.linux.resources.unified = {"pids.max": "30"}'
	echo "25 20 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory" >mountinfo
	# shellcheck disable=SC2016
	unshare --mount --propagation private sh -c 'umount -l /sys/fs/cgroup; mount --bind mountinfo /proc/$$/mountinfo; exec "$@"' sh \
		"$BERTH" --root "$STATE" create --bundle "$B" "$ID" >out 2>&1 </dev/null && die "no failure"
	assert_contains "$(<out)" "only cgroup v1 is mounted on this host: berth needs cgroup v2"
	assert_clean
}

# --- ownership -----------------------------------------------------------------------------------------------------

# A container of root in a user namespace, whose process is user 5 there, 100005 outside.
owned_bundle()
{
	bundle_new
	userns
	mount_add /sys/fs/cgroup cgroup cgroup
	cfg '.process.user.uid = 5'
	args /bin/sleep 1000
}

# owner: create, and what belongs to 100005 in the container's cgroup; DIR
owner()
{
	create_ok
	DIR=$(cgroup_dir)
	OWNED=$(cd "$DIR" && find . -maxdepth 1 -user 100005 | sed 's|^\./||' | sort)
	[ -z "$(find "$DIR" ! -user 0 ! -user 100005)" ] || die "somebody else owns $(find "$DIR" ! -user 0 ! -user 100005)"
}

expected()
{
	local f
	echo .
	for f; do
		[ ! -e "$DIR/$f" ] || echo "$f"
	done
}

# shows: linux.cgroup-owner.may-change linux.cgroup-owner.rw-mount linux.cgroup-owner.only-delegate-files
# shows: linux.cgroup-owner.existing-files linux.cgroup-owner.missing-files.no-fail linux.cgroup-owner.other-files
test_owner()
{
	local f
	[ -e /sys/kernel/cgroup/delegate ] || skip "the kernel has no list"
	owned_bundle
	owner
	# shellcheck disable=SC2046
	assert_eq "$OWNED" "$(expected $(cat /sys/kernel/cgroup/delegate) | sort)"
	grep -qx cgroup.procs <<<"$OWNED" || die "cgroup.procs is not in it"
	# files of the list that are missing here are those of controllers that are not enabled
	for f in cgroup.freeze cgroup.kill cgroup.max.depth memory.max pids.max cpu.max; do
		[ ! -e "$DIR/$f" ] || assert_eq "$(stat -c %u "$DIR/$f")" 0 "$f"
	done
	delete_ok --force
	assert_clean
}

# It can use what it was given, and nothing else.
# shows: linux.cgroup-owner.may-change linux.cgroup-owner.other-files
test_owner_from_inside()
{
	owned_bundle
	! has_controller pids || set_limits '{"pids": {"limit": 30}}'
	args /bin/sh -c 'cd /sys/fs/cgroup && mkdir below && echo 0 >below/cgroup.procs && echo moved
		cat /proc/self/cgroup; for f in cgroup.max.depth cgroup.freeze pids.max; do
		{ [ ! -e $f ] || echo 1 >$f; } 2>/dev/null && [ -e $f ] && echo "wrote $f"; done; true'
	run_ok
	assert_line moved
	assert_line 0::/below
	assert_no_re wrote
	assert_clean
}

# shows: linux.cgroup-owner.missing-files.no-fail linux.cgroup-owner.fallback-list
test_owner_without_the_kernels_list()
{
	[ -d /sys/kernel/cgroup ] || skip "no /sys/kernel/cgroup"
	is_berth || skip "the list of berth"
	owned_bundle
	mount -t tmpfs none /sys/kernel/cgroup
	owner
	umount /sys/kernel/cgroup
	assert_eq "$OWNED" "$(printf '%s\n' . cgroup.procs cgroup.subtree_control cgroup.threads)"
	delete_ok --force
	assert_clean
}

# Each of these alone is why it is not changed.
# shows: linux.cgroup-owner.needs-cgroupns linux.cgroup-owner.rw-mount linux.cgroup-owner.no-mount
test_owner_is_not_changed()
{
	local why
	for why in ns path ro source place; do
		owned_bundle
		case $why in
		ns) ns_del cgroup; cfg '.mounts[-1].type = "tmpfs"' ;;
		path) cfg '.mounts[-1].type = "tmpfs"' ;; # the namespace is not the container's, nor may it mount it
		ro) cfg '.mounts[-1].options = ["nosuid", "ro"]' ;;
		source) cfg '.mounts[-1].source = "cgroup2"' ;;
		place) cfg '.mounts[-1].destination = "/data"' ;;
		esac
		[ $why != path ] || { unshare --cgroup sleep 1000 & ns_add cgroup "/proc/$!/ns/cgroup"; sleep 0.2; }
		owner
		assert_eq "$OWNED" "" "$why"
		delete_ok --force
		[ $why != path ] || { kill $!; wait $! 2>/dev/null; }
		rm -rf "$B"
	done
	assert_clean
}

# Without a user namespace a user owns its cgroup in the same way.
# shows: linux.cgroup-owner.may-change
test_owner_without_user_namespace()
{
	is_berth || skip "others ask for a user namespace"
	bundle_new
	mount_add /sys/fs/cgroup cgroup cgroup
	cfg '.process.user.uid = 100005'
	args /bin/sleep 1000
	owner
	grep -qx cgroup.procs <<<"$OWNED" || die "not given"
	cfg '.process.user.uid = 0'
	delete_ok --force
	owner
	assert_eq "$OWNED" ""
	delete_ok --force
	assert_clean
}
