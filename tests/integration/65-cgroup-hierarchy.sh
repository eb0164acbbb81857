# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Where a container's cgroup is and what it has: controllers, neighbours, cgroups that are not fit for it, containers in
# containers. The limits themselves: 57-resources.sh; paths and owners: 64-cgroup-place.sh.

. "$REPO/tests/integration/commands.inc"

TOP=/sys/fs/cgroup

# in_place PATH: $B with this linux.cgroupsPath, whose process sleeps
in_place()
{
	sleeper
	cfg --arg p "$1" '.linux.cgroupsPath = $p'
}

# bystander CGROUP: a process in it; its pid is $BYSTANDER
bystander()
{
	sleep 300 &
	BYSTANDER=$!
	echo $BYSTANDER >"$1/cgroup.procs" || die "cannot move a process to $1"
}

bystander_end()
{
	kill $BYSTANDER
	wait $BYSTANDER 2>/dev/null
}

# The controllers of the machine's own manager, or all of the jail's hierarchy.
offered()
{
	if [ "$DRIVER" = systemd ]; then
		grep -woE 'cpu|io|memory|pids' "$TOP/cgroup.controllers"
	else
		tr ' ' '\n' <"$TOP/cgroup.controllers"
	fi
}

# Engines read memory.events, pids.current and the like of containers without limits.
# shows: linux.cgroups.additional-controllers linux.cgroups.resources-optional
test_all_controllers_without_limits()
{
	local c dir
	in_place "$(cgroups_path all)"
	[ "$DRIVER" = systemd ] || cfg '.linux.cgroupsPath = "/some/where/all"'
	create_ok
	dir=$(cgroup_dir)
	for c in $(offered); do
		grep -qw "$c" "$dir/cgroup.controllers" || die "no $c in $dir: $(<"$dir/cgroup.controllers")"
		compgen -G "$dir/$c.*" >/dev/null || die "no file of $c in $dir"
	done
	delete_ok --force
	assert_clean
}

# Nothing is written where all is enabled.
test_controllers_are_enabled_once()
{
	needs_cgroupfs "systemd enables them"
	in_place /where/c1
	mkdir -p $TOP/where/other
	BASELINE[cgroups]=$(list_cgroups)
	create_ok
	delete_ok --force
	strace -e trace=openat,write -o trace "$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null
	grep -q 'cgroup.controllers' trace || die "strace saw nothing"
	! grep -q 'subtree_control' trace || die "$(grep subtree_control trace)"
	delete_ok --force
	assert_clean
	rmdir $TOP/where/other $TOP/where
}

test_neighbours_are_not_disturbed()
{
	local c
	needs_cgroupfs "systemd enables controllers"
	mkdir -p $TOP/where/other
	bystander $TOP/where/other
	c=$(offered | head -n 1)
	[ -n "$c" ] || skip "no controllers here"
	in_place /where/c1
	create_ok
	assert_eq "$(<$TOP/where/other/cgroup.procs)" $BYSTANDER
	assert_eq "$(<$TOP/where/other/cgroup.subtree_control)" ""
	if grep -qw pids $TOP/where/other/cgroup.controllers; then
		echo 7 >$TOP/where/other/pids.max
	fi
	delete_ok --force
	run_ok --detach >/dev/null 2>&1
	[ ! -e $TOP/where/other/pids.max ] || assert_eq "$(<$TOP/where/other/pids.max)" 7
	delete_ok --force
	[ -d $TOP/where/other ] || die "another's cgroup is gone"
	kill -0 $BYSTANDER || die "another's process is gone"
	bystander_end
	rmdir $TOP/where/other $TOP/where
	assert_clean
}

# A cgroup with processes of its own gives no controller on. No loss, unless a limit needs one.
test_parent_that_holds_processes()
{
	needs_cgroupfs "slices hold no processes"
	mkdir $TOP/busy
	bystander $TOP/busy
	in_place /busy/c1
	up
	assert_eq "$(cgroup_dir)" $TOP/busy/c1
	assert_eq "$(<$TOP/busy/c1/cgroup.controllers)" ""
	assert_eq "$(<$TOP/busy/cgroup.type)" domain
	delete_ok --force
	if has_controller pids; then
		cfg '.linux.resources.pids.limit = 9'
		rt_fails 'linux\.resources\.pids\.limit: cgroup controller "pids" cannot be enabled: a cgroup above holds processes' \
			create --bundle "$B" "$ID"
	fi
	kill -0 $BYSTANDER || die "another's process is gone"
	bystander_end
	rmdir $TOP/busy
	assert_clean
}

# Below a threaded cgroup there is no place for a process with its own memory.
test_parent_that_is_threaded()
{
	needs_cgroupfs "slices are not threaded"
	mkdir -p $TOP/dom/thr
	echo threaded >$TOP/dom/thr/cgroup.type || skip "no threaded cgroups here"
	BASELINE[cgroups]=$(list_cgroups)
	in_place /dom/thr/c1
	create_fails 'cgroup "/dom/thr/c1".*threaded'
	in_place /dom/c1
	create_fails 'cgroup "/dom/c1".*threaded'
	rmdir $TOP/dom/thr $TOP/dom
}

# A process that is born below a frozen cgroup never runs: an error, and no waiting.
# shows: linux.cgroups.fit-check linux.cgroups.fit-check.error
test_below_a_frozen_cgroup()
{
	needs_cgroupfs "the manager refuses it"
	mkdir -p $TOP/ice
	BASELINE[cgroups]=$(list_cgroups)
	echo 1 >$TOP/ice/cgroup.freeze
	in_place /ice/a/c1
	create_fails 'cgroup "/ice/a/c1" is below a cgroup that is frozen'
	mkdir $TOP/ice/c1
	in_place /ice/c1
	rt_fails 'cgroup "/ice/c1" exists and is frozen' create --bundle "$B" "$ID"
	rmdir $TOP/ice/c1
	echo 0 >$TOP/ice/cgroup.freeze
	up
	delete_ok --force
	rmdir $TOP/ice
	BASELINE[cgroups]=$(list_cgroups)
	assert_clean
}

# shows: runtime.delete.resources.foreign
test_existing_cgroup_is_used_when_empty()
{
	needs_cgroupfs "its cgroups are those of units"
	mkdir $TOP/mine
	BASELINE[cgroups]=$(list_cgroups)
	in_place /mine
	up
	assert_eq "$(<$TOP/mine/cgroup.procs)" "$(pid_of)"
	delete_ok --force
	[ -d $TOP/mine ] || die "a cgroup that berth did not make is gone"
	# controllers given on: the kernel lets no process in
	echo "+$(offered | head -n 1)" >$TOP/cgroup.subtree_control
	echo "+$(offered | head -n 1)" >$TOP/mine/cgroup.subtree_control || skip "no controller to give on"
	rt_fails 'exists and enables controllers' create --bundle "$B" "$ID"
	assert_clean
	rmdir $TOP/mine
}

# On a hybrid host the controllers that v1 has are not there for v2.
# shows: runtime.create.cannot-apply.error
test_controller_that_v1_has()
{
	local c limit
	needs_cgroupfs "a host of its own manager is never hybrid here"
	for c in memory pids cpu; do
		has_controller $c && continue
		case $c in
		memory) limit='.memory.limit = 104857600' path=memory.limit ;;
		pids) limit='.pids.limit = 10' path=pids.limit ;;
		cpu) limit='.cpu.quota = 10000' path=cpu.quota ;;
		esac
		bundle_new
		cfg ".linux.resources$limit"
		run_fails "linux\\.resources\\.$path: cgroup controller \"$c\" is not available in the cgroup v2 hierarchy \\(it has: "
	done
	[ -n "${path:-}" ] || skip "v2 has them all"
}

# --- levels above the container's own ----------------------------------------------------------------------------------

# ended ID PATH: a container that has been created there, and is not in it any more
ended()
{
	sleeper "$1"
	cfg --arg p "$2" '.linux.cgroupsPath = $p'
	create_ok
	rt_ok kill "$ID" KILL
	wait_status stopped
}

# Those that berth made go with the last container below them, whichever needed them first.
test_levels_go_with_the_last_container()
{
	local order id
	needs_cgroupfs "its levels are slices"
	mkdir $TOP/there
	BASELINE[cgroups]=$(list_cgroups)
	for order in "a b c" "c b a" "b a c" "a c b"; do
		in_place /there/pod/more/x
		ID=a; create_from c1
		cfg '.linux.cgroupsPath = "/there/pod/more/y"'
		ID=b; create_from c1
		cfg '.linux.cgroupsPath = "/there/pod/z/z"'
		ID=c; create_from c1
		for id in $order; do
			[ -d $TOP/there/pod ] || die "/there/pod is gone before $id"
			rt_ok delete --force "$id"
		done
		[ ! -e $TOP/there/pod ] || die "left after $order: $(find $TOP/there)"
		[ -d $TOP/there ] || die "a cgroup that berth did not make is gone"
		rm -rf /mnt/test/c1
	done
	rmdir $TOP/there
	BASELINE[cgroups]=$(list_cgroups)
	assert_clean
}

create_from()
{
	rt_ok create --bundle "/mnt/test/$1" "$ID" >/dev/null </dev/null
}

# Also one that a create needed which failed, and one whose own cgroup somebody else has removed.
test_levels_of_what_is_gone()
{
	needs_cgroupfs "its levels are slices"
	in_place /pod/a
	create_ok
	in_place /pod/b
	BASELINE[cgroups]=$(list_cgroups)
	cfg '.process.args = ["/none"] | .linux.resources.unified = {"cgroup.max.depth": "none"}'
	rt_fails 'cgroup.max.depth' create --bundle "$B" b
	assert_eq "$(list_cgroups)" "${BASELINE[cgroups]}" "after a create that failed"
	ended c /pod/c
	rt_ok delete --force c1
	rmdir $TOP/pod/c
	[ -d $TOP/pod ] || die "/pod is gone"
	rt_ok delete c
	[ ! -e $TOP/pod ] || die "/pod is left"
	# and where they were made anew by somebody else
	ended c /pod/c
	rmdir $TOP/pod/c $TOP/pod
	mkdir $TOP/pod
	rt_ok delete c
	rmdir $TOP/pod || die "somebody else's /pod is gone"
}

# Others may use the levels meanwhile; a level may become a container's own cgroup.
test_levels_that_others_use()
{
	needs_cgroupfs "its levels are slices"
	BASELINE[cgroups]=$(list_cgroups)
	in_place /pod/a
	create_ok
	mkdir $TOP/pod/other
	delete_ok --force
	[ -d $TOP/pod/other ] || die "another's cgroup is gone"
	ID=b
	in_place /pod/b
	create_ok
	bystander $TOP/pod/other
	delete_ok --force
	kill -0 $BYSTANDER || die "another's process is gone"
	bystander_end
	rmdir $TOP/pod/other
	ended c /pod/c
	echo >$TOP/pod/cgroup.subtree_control "$(sed 's/[a-z]*/-&/g' $TOP/pod/cgroup.subtree_control)"
	in_place /pod
	ID=d
	create_from c1
	rt_ok delete --force c
	[ "$(<$TOP/pod/cgroup.procs)" = "$(pid_of)" ] || die "no container in /pod"
	delete_ok --force
	assert_clean
}

# --- a container in a container --------------------------------------------------------------------------------------

# engine: $B becomes a container that can run this runtime on the bundle /inner, as engines in containers do: with a
# cgroup namespace, a writable cgroup mount and all capabilities
engine()
{
	local root=$B/rootfs caps
	mount_add /usr none /usr rbind ro
	mount_add /runtime none "$(readlink -f "$BERTH")" bind ro
	mount_add /sys/fs/cgroup cgroup cgroup rw nosuid noexec nodev
	mkdir -p "$root/inner" "$root/usr" "$root/sys/fs/cgroup"
	ln -s usr/lib "$root/lib"
	ln -s usr/lib64 "$root/lib64"
	cp -a /mnt/rootfs "$root/inner/rootfs"
	jq '.process.args = ["/bin/sleep", "1000"] | .linux.cgroupsPath = "/in/ner"' \
		"$REPO/tests/integration/base.json" >"$root/inner/config.json"
	caps=$(printf '"CAP_%s"\n' CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP SYS_CHROOT SYS_ADMIN \
		SYS_PTRACE MKNOD NET_ADMIN | jq -sc .)
	cfg --argjson c "$caps" '.process.capabilities = {bounding: $c, effective: $c, permitted: $c, inheritable: $c} |
		.process.noNewPrivileges = false'
	for_the_inner_runtime
	# its own processes go below, so that limits can be given on
	args /bin/sh -c 'mkdir /sys/fs/cgroup/own && echo 1 >/sys/fs/cgroup/own/cgroup.procs &&
		/runtime --root /tmp/state run --detach --bundle /inner inner >/tmp/out 2>&1 </dev/null; echo $? >/tmp/rc; sleep 1000'
}

# nested: a container in a container; the outer delete takes all with it
nested()
{
	local dir inner
	engine
	if has_controller pids; then
		jq '.linux.resources.pids.limit = 7' "$B/rootfs/inner/config.json" >new && cat new >"$B/rootfs/inner/config.json"
	fi
	[ "$1" = userns ] && userns
	up
	dir=$(cgroup_dir)
	dir=${dir%/own}
	wait_for 20 test -s "$B/rootfs/tmp/rc" || die "the inner runtime does not end"
	[ "$(<"$B/rootfs/tmp/rc")" = 0 ] || die "the inner runtime: $(<"$B/rootfs/tmp/out")"
	inner=$dir/in/ner
	[ "$(wc -l <"$inner/cgroup.procs")" = 1 ] || die "no process in $inner"
	# the same place as the process inside sees it
	assert_eq "$(sed -n 's/^0:://p' "/proc/$(<"$inner/cgroup.procs")/cgroup")" "${inner#"$TOP"}"
	if has_controller pids; then
		assert_eq "$(<"$inner/pids.max")" 7
	fi
	if [ "$1" = userns ]; then
		assert_eq "$(stat -c %u "$dir")" 100000
		assert_eq "$(stat -c %u "$inner")" 100000
	fi
	rt_ok exec "$ID" /runtime --root /tmp/state state inner
	assert_eq "$(jq -r .status <<<"$OUT")" running
	delete_ok --force
	[ ! -e "$dir" ] || die "cgroups are left: $(find "$dir" -type d)"
	assert_clean
}

test_container_in_a_container()
{
	needs_cgroupfs "the manager is outside"
	bundle_new
	nested plain
}

test_container_in_a_container_with_a_user_namespace()
{
	needs_cgroupfs "the manager is outside"
	bundle_new
	nested userns
}
