# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Where the cgroup is, whose it is, the device list, limits that a line of cgroup.tsv cannot say.
. "$REPO/conformance/lib.sh"

sleeper()
{
	bundle_new
	args /bin/sleep 100
}

# cgroup_of PID: its path in the hierarchy that the jail sees
cgroup_of()
{
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

# shows: linux.cgroupsPath.absolute linux.cgroupsPath.created
# broken: config '.linux.cgroupsPath |= . + "x"'
test_absolute_path()
{
	sleeper
	cfg '.linux.cgroupsPath = "/t/new/c1"'
	create_ok
	assert_eq "$(cgroup_of "$PID")" /t/new/c1
	[ -d /sys/fs/cgroup/t/new/c1 ] || die "no such cgroup"
	file_has /sys/fs/cgroup/t/new/c1/cgroup.procs "^$PID\$" || die "the process is not in it"
}

# shows: linux.cgroupsPath.consistent linux.cgroupsPath.relative
# each: /t/c1 t/c1
# broken: config '.linux.cgroupsPath |= . + "-" + (now | tostring)'
test_same_path_again()
{
	local first
	sleeper
	cfg --arg p "$ROW" '.linux.cgroupsPath = $p'
	create_ok
	first=$(cgroup_of "$PID")
	assert_match "$first" '/t/c1$'
	stop
	rt_ok "${DELETE[@]}" "$ID"
	cd / || die cd
	create_ok
	assert_eq "$(cgroup_of "$PID")" "$first"
}

# shows: linux.cgroupsPath.default
# broken: config '.linux.cgroupsPath = "/same"'
test_default_path()
{
	local first
	sleeper c1
	create_ok
	first=$(cgroup_of "$PID")
	bundle_new c2
	args /bin/sleep 100
	create_ok
	[ "$(cgroup_of "$PID")" != "$first" ] || die "both are in $first"
}

# shows: linux.cgroups.fit-check.error
# each: frozen populated
# broken: before create 'sleep 15'
# broken: ok create; fail start; config '.root.path = "nosuch"'
test_unfit_cgroup()
{
	local pid= begin=$SECONDS rc
	sleeper
	mkdir -p /sys/fs/cgroup/t/c1
	cfg '.linux.cgroupsPath = "/t/c1"'
	if [ "$ROW" = frozen ]; then
		echo 1 >/sys/fs/cgroup/t/c1/cgroup.freeze || skip "no freezer"
	else
		sleep 100 &
		pid=$!
		echo $pid >/sys/fs/cgroup/t/c1/cgroup.procs
	fi
	timeout -k 1 10 "$BERTH" --root "$STATE" create --bundle "$B" "$ID" >"$B/out" 2>"$B/err" </dev/null
	rc=$?
	[ $((SECONDS - begin)) -lt 9 ] || die "create hangs"
	if [ $rc = 0 ]; then
		PID=$(pid_of)
		[ -n "$PID" ] || die "no container after a create that worked"
		rt_ok start "$ID"
		remove
	else
		no_container
	fi
	[ -z "$pid" ] || kill -0 "$pid" 2>/dev/null || [ $rc = 0 ] || die "the process in the cgroup was killed"
}

# --- the owner of the cgroup -----------------------------------------------------------------------------------------

# A user namespace, a cgroup namespace, the cgroup file system; $1: options of its mount
owner_bundle()
{
	sleeper
	userns
	cfg '.linux.cgroupsPath = "/t/c1" | .process.user = {uid: 5, gid: 5}'
	mount_add /sys/fs/cgroup cgroup cgroup "$@"
}

owner()
{
	stat -c %u "/sys/fs/cgroup/t/c1${1:+/$1}"
}

# shows: linux.cgroup-owner.rw-mount linux.cgroup-owner.may-change
# broken: config '.mounts[-1].options = ["ro"]'
test_owner_changes()
{
	owner_bundle
	create_ok
	assert_eq "$(owner)" 100005
}

# shows: linux.cgroup-owner.rw-mount
# broken: config '.mounts[-1].options = []'
test_owner_stays_with_ro()
{
	owner_bundle ro
	create_ok
	assert_eq "$(owner)" 0
}

# shows: linux.cgroup-owner.no-mount
# broken: after create 'chown 100005 /sys/fs/cgroup/t/c1'
test_owner_stays_without_the_mount()
{
	owner_bundle
	cfg '.mounts |= .[0:-1]'
	create_ok
	assert_eq "$(owner)" 0
}

# shows: linux.cgroup-owner.needs-cgroupns
# broken: after create 'chown 100005 /sys/fs/cgroup/t/c1'
test_owner_stays_without_the_namespace()
{
	owner_bundle
	ns_del cgroup
	create
	[ "$RC" = 0 ] || return 0
	assert_eq "$(owner)" 0
}

# shows: linux.cgroup-owner.only-delegate-files linux.cgroup-owner.existing-files linux.cgroup-owner.other-files linux.cgroup-owner.missing-files.no-fail
# broken: after create 'chown 100005 /sys/fs/cgroup/t/c1/cgroup.max.depth'
# broken: after create 'chown 0 /sys/fs/cgroup/t/c1/cgroup.threads'
# broken: fail create
test_owner_of_the_files()
{
	local file missing=0
	needs file:/sys/kernel/cgroup/delegate
	owner_bundle
	create_ok
	while read -r file; do
		[ -e "/sys/fs/cgroup/t/c1/$file" ] || { missing=1; continue; }
		assert_eq "$(owner "$file")" 100005 "$file"
	done </sys/kernel/cgroup/delegate
	for file in /sys/fs/cgroup/t/c1/*; do
		file=${file##*/}
		grep -qxF -- "$file" /sys/kernel/cgroup/delegate || assert_eq "$(owner "$file")" 0 "$file"
	done
	[ $missing = 1 ] || echo "every file of the list is there"
}

# shows: linux.cgroup-owner.fallback-list
# broken: after create 'chown 0 /sys/fs/cgroup/t/c1/cgroup.procs'
test_owner_without_the_list()
{
	local file want
	owner_bundle
	mount -t tmpfs none /sys/kernel/cgroup || skip "no /sys/kernel/cgroup"
	create_ok
	for file in /sys/fs/cgroup/t/c1/*; do
		file=${file##*/}
		want=0
		case $file in cgroup.procs | cgroup.subtree_control | cgroup.threads) want=100005 ;; esac
		assert_eq "$(owner "$file")" $want "$file"
	done
}

# --- devices ---------------------------------------------------------------------------------------------------------

# A misc device that no runtime allows by itself and that opens without more, at /node of the root; its minor in $MINOR
other_device()
{
	local name
	for name in fuse loop-control autofs snapshot; do
		MINOR=$(awk -v n=$name '$2 == n { print $1 }' /proc/misc)
		[ -z "$MINOR" ] || break
	done
	[ -n "$MINOR" ] || skip "no misc device to open"
	bundle_new
	mknod "$B/rootfs/node" c 10 "$MINOR"
	args /bin/sh -c '(exec 3</node) 2>/dev/null && echo read; (exec 3>/node) 2>/dev/null && echo write; (exec 3</dev/null) && echo null; true'
}

# rules JQ: the list, with $m for the minor
rules()
{
	cfg --argjson m "$MINOR" ".linux.resources.devices = [{allow: false, access: \"rwm\"}, $1]"
}

# shows: linux.resources.devices.order
# broken: config '.linux.resources.devices |= [.[0], .[2], .[1]]'
test_device_order()
{
	other_device
	rules '{allow: true, type: "c", major: 10, minor: $m, access: "rw"}, {allow: false, type: "c", major: 10, minor: $m, access: "w"}'
	go
	assert_line read
	assert_no_re '^write$'
}

# shows: linux.resources.devices.order
# broken: config '.linux.resources.devices |= [.[0], .[2], .[1]]'
test_device_order_reversed()
{
	other_device
	rules '{allow: false, type: "c", major: 10, minor: $m, access: "w"}, {allow: true, type: "c", major: 10, minor: $m, access: "rw"}'
	go
	assert_line read
	assert_line write
}

# shows: linux.resources.devices.access linux.resources.devices.v2-bpf
# broken: config '.linux.resources.devices = [{allow: true, access: "rwm"}]'
# broken: config '.linux.resources.devices[-1].access = "w"'
test_device_access()
{
	other_device
	rules '{allow: true, type: "c", major: 10, minor: $m, access: "r"}'
	go
	assert_line read
	assert_no_re '^write$'
}

# shows: linux.resources.devices.major-minor
# broken: config '.linux.resources.devices |= .[0:1]'
test_device_all_minors()
{
	other_device
	rules '{allow: true, type: "c", major: 10, access: "rw"}'
	go
	assert_line read
	assert_line write
}

# shows: linux.resources.devices.type linux.resources.devices.default-allows
# broken: config '.linux.resources.devices = [{allow: true, access: "rwm"}]'
# broken: config '.process.args = ["/bin/true"]'
test_device_deny_all()
{
	other_device
	rules empty
	go
	assert_no_re '^(read|write)$'
	assert_line null
}

# shows: linux.devices.unlisted-access
# broken: config '.linux.resources.devices = [{allow: true, access: "rwm"}]'
test_device_not_listed()
{
	other_device
	cfg '.linux.resources.devices = [{allow: false, access: "rwm"}]'
	args /bin/sh -c '(exec 3</node) 2>/dev/null && echo read || echo refused'
	go
	assert_line refused
}

# --- limits ----------------------------------------------------------------------------------------------------------

# shows: linux.resources.pids.limit
# broken: config 'del(.linux.resources.pids)'
test_pids_limit_in_effect()
{
	needs controller:pids
	bundle_new
	cfg '.linux.resources.pids = {limit: 5}'
	args /bin/sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 3 & done; echo all'
	go
	assert_no_re '^all$'
}

# shows: linux.resources.memory.checkBeforeUpdate linux.resources.memory.checkBeforeUpdate.check linux.resources.memory.checkBeforeUpdate.reject
# broken: ok create; config 'del(.linux.resources.memory.checkBeforeUpdate)'
test_check_before_update()
{
	needs controller:memory
	sleeper
	mkdir -p /sys/fs/cgroup/t
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	echo +memory >/sys/fs/cgroup/t/cgroup.subtree_control
	mkdir /sys/fs/cgroup/t/c1
	# page cache stays charged to the group when its process is gone
	sh -c 'echo $$ >/sys/fs/cgroup/t/c1/cgroup.procs; head -c 64000000 /dev/zero >/mnt/test/big'
	cfg '.linux.cgroupsPath = "/t/c1" | .linux.resources.memory = {limit: 16777216, checkBeforeUpdate: true}'
	is_refused "a limit below what is used"
	assert_eq "$(cat /sys/fs/cgroup/t/c1/memory.max 2>/dev/null || echo max)" max
}

# A loop device to limit; its number in $LOOP
loop_device()
{
	needs controller:io command:losetup
	truncate -s 1M /mnt/test/disk
	LOOP=$(losetup --find --show /mnt/test/disk 2>/dev/null) || skip "no loop device"
	trap 'losetup -d "$LOOP"' EXIT
	LOOP_MINOR=$((16#$(stat -c %T "$LOOP")))
}

# shows: linux.resources.blockIO.throttle{}Device linux.resources.blockIO
# each: ReadBps WriteBps ReadIOPS WriteIOPS
# broken: config 'del(.linux.resources.blockIO)'
test_throttle()
{
	local -A key=([ReadBps]=rbps [WriteBps]=wbps [ReadIOPS]=riops [WriteIOPS]=wiops)
	loop_device
	sleeper
	cfg --arg k "throttle${ROW}Device" --argjson m "$LOOP_MINOR" \
		'.linux.cgroupsPath = "/t/c1" | .linux.resources.blockIO = {($k): [{major: 7, minor: $m, rate: 1048576}]}'
	create_ok
	assert_match "$(</sys/fs/cgroup/t/c1/io.max)" "^7:$LOOP_MINOR .*${key[$ROW]}=1048576"
	remove
}
