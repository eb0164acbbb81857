# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.namespaces, id mappings, time offsets, sysctl, cgroups.

declare -A proc_name=([mount]=mnt [pid]=pid [network]=net [uts]=uts [ipc]=ipc [user]=user [cgroup]=cgroup [time]=time)

own_ns()
{
	readlink "/proc/self/ns/$1"
}

test_new_namespaces()
{
	local t n
	bundle_new
	probe show ns
	ns_add network
	ns_add time
	userns
	run_ok
	for t in "${!proc_name[@]}"; do
		n=${proc_name[$t]}
		assert_match "$(value ns.$n)" "^$n:\[[0-9]+\]$"
		[ "$(value ns.$n)" != "$(own_ns "$n")" ] || die "$t is not new"
	done
	assert_clean
}

test_namespaces_that_are_not_listed_are_shared()
{
	local n
	bundle_new
	cfg '.linux.namespaces = [{type: "mount"}] | del(.hostname)'
	probe show ns
	run_ok
	for n in net uts ipc user time pid; do
		assert_eq "$(value ns.$n)" "$(own_ns $n)" "$n"
	done
	[ "$(value ns.mnt)" != "$(own_ns mnt)" ] || die "mount is not new"
	assert_clean
}

# A holder process keeps namespaces that a container joins by path.
holder_start()
{
	unshare "$@" --fork --kill-child sleep 60 &
	HOLDER_JOB=$!
	wait_for 5 holder_ready || die "no holder"
}

holder_ready()
{
	HOLDER=$(cut -d ' ' -f 1 "/proc/$HOLDER_JOB/task/$HOLDER_JOB/children" 2>/dev/null)
	[ -n "$HOLDER" ] && [ "$(tr '\0' ' ' <"/proc/$HOLDER/cmdline")" = "sleep 60 " ]
}

holder_stop()
{
	kill -KILL "$HOLDER" "$HOLDER_JOB" 2>/dev/null
	wait "$HOLDER_JOB" 2>/dev/null
}

test_namespaces_by_path()
{
	local t n
	holder_start --net --uts --ipc --cgroup
	bundle_new
	for t in network uts ipc cgroup; do
		ns_add "$t" "/proc/$HOLDER/ns/${proc_name[$t]}"
	done
	cfg 'del(.hostname)'
	probe show ns
	run_ok
	for t in network uts ipc cgroup; do
		n=${proc_name[$t]}
		assert_eq "$(value "ns.$n")" "$(readlink "/proc/$HOLDER/ns/$n")" "$t"
	done
	holder_stop
	assert_clean
}

test_pid_namespace_by_path()
{
	holder_start --pid
	bundle_new
	ns_add pid "/proc/$HOLDER/ns/pid"
	probe show ns ids
	run_ok
	assert_eq "$(value ns.pid)" "$(readlink "/proc/$HOLDER/ns/pid")"
	[ "$(value pid)" != 1 ] || die "pid 1 in a joined pid namespace"
	probe sleep 60
	create_ok --pid-file "$B/pid"
	assert_eq "$(readlink "/proc/$(<"$B/pid")/ns/pid")" "$(readlink "/proc/$HOLDER/ns/pid")"
	assert_eq "$(pid_of)" "$(<"$B/pid")"
	start_ok
	wait_status running
	delete_ok --force
	holder_stop
	assert_clean
}

test_user_namespace_by_path()
{
	holder_start --user
	echo "0 100000 65536" >"/proc/$HOLDER/uid_map" && echo "0 100000 65536" >"/proc/$HOLDER/gid_map" || die "maps"
	bundle_new
	chown -R -h 100000:100000 "$B/rootfs"
	ns_add user "/proc/$HOLDER/ns/user"
	probe show ns ids
	run_ok
	assert_eq "$(value ns.user)" "$(readlink "/proc/$HOLDER/ns/user")"
	assert_line 'uid=0 0 0'
	holder_stop
	assert_clean
}

# An id that has no number there looks like 65534, which may be a number of its own: it is set all the same.
test_nobody_in_a_namespace_without_root()
{
	holder_start --user
	echo "65534 100000 1" >"/proc/$HOLDER/uid_map" && echo "0 100000 1" >"/proc/$HOLDER/gid_map" || die "maps"
	bundle_new
	ns_add user "/proc/$HOLDER/ns/user"
	cfg 'del(.mounts) | .process.user = {uid: 65534, gid: 0} | .root.readonly = true'
	probe sleep 60
	create_ok
	start_ok
	wait_status running
	assert_eq "$(sed -n 's/^Uid:[[:space:]]*//p' "/proc/$(pid_of)/status")" $'100000\t100000\t100000\t100000'
	delete_ok --force
	holder_stop
	assert_clean
}

test_mount_namespace_by_path_or_refused()
{
	holder_start --mount
	bundle_new
	ns_add mount "/proc/$HOLDER/ns/mnt"
	probe show ns
	rt run --bundle "$B" "$ID"
	[ "$RC" = 0 ] || [ -n "$ERR" ] || die "failed without a word"
	holder_stop
	assert_clean
}

test_namespace_paths_that_are_wrong()
{
	bundle_new
	ns_add network /no/such/ns
	run_fails '/no/such/ns'
	ns_add network /proc/self/ns/uts
	run_fails 'namespaces\[[0-9]\]|network'
	ns_add network /etc/passwd
	run_fails 'namespaces\[[0-9]\]|network'
	ns_add network relative/path
	run_fails 'linux\.namespaces\[[0-9]\]\.path'
	ns_add nosuch
	run_fails 'nosuch'
	ns_del nosuch
	ns_del network
	cfg '.linux.namespaces += [{type: "pid"}]'
	run_fails 'namespaces\[5\]|duplicate'
	assert_clean
}

test_network_namespace_has_loopback()
{
	bundle_new
	ns_add network
	args /bin/cat /proc/net/dev
	run_ok
	assert_re ' lo:'
	assert_eq "$(grep -c : <<<"$OUT")" 1 "only lo"
	args /bin/sh -c '/bin/busybox ifconfig lo'
	run_ok
	assert_re 'UP.*RUNNING|UP LOOPBACK'
	assert_clean
}

test_user_namespace_mappings()
{
	bundle_new
	userns
	cfg '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 5000, hostID: 300000, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 500}] | .process.user.additionalGids = [3]'
	args /bin/sh -c '/bin/probe show maps ids; echo x >/data/file; /bin/probe stat /dev/null /dev/pts /proc/1 /data/file'
	chown 100000:100000 "$B/rootfs/data"
	run_ok
	assert_re '^uid_map= *0 +100000 +1000$'
	assert_re '^uid_map= *5000 +300000 +1$'
	assert_re '^gid_map= *0 +100000 +500$'
	assert_line 'uid=0 0 0'
	assert_match "$(value groups)" '(^| )3( |$)'
	assert_re '^/data/file=file [0-7]+ 0 0 '
	assert_eq "$(stat -c %u:%g "$B/rootfs/data/file")" 100000:100000
	assert_clean
}

test_user_namespace_devices_work()
{
	bundle_new
	userns
	args /bin/sh -c 'echo x >/dev/null && echo null; head -c 3 /dev/zero | /bin/busybox wc -c; : </dev/urandom && echo random'
	run_ok
	assert_line null
	assert_line 3
	assert_line random
	assert_clean
}

test_user_namespace_ids_that_are_wrong()
{
	bundle_new
	userns
	cfg '.process.user = {uid: 70000, gid: 0}'
	run_fails '70000|user'
	cfg '.process.user = {uid: 0, gid: 0} | del(.linux.uidMappings)'
	run_fails '[mM]apping'
	cfg '.linux.uidMappings = [{containerID: 0, hostID: 1, size: 0}]'
	run_fails '[mM]apping'
	ns_del user
	cfg '.linux.uidMappings = [{containerID: 0, hostID: 1, size: 1}]'
	run_fails '[mM]apping|user'
}

test_time_offsets()
{
	bundle_new
	ns_add time
	cfg '.linux.timeOffsets = {monotonic: {secs: 172800, nanosecs: 100}, boottime: {secs: 604800}}'
	probe time
	run_ok
	local up
	up=$(cut -d . -f 1 /proc/uptime)
	[ $(($(value boottime) - up)) -ge 604799 ] && [ $(($(value boottime) - up)) -le 604810 ] || die "boottime $(value boottime)"
	[ $(($(value monotonic) - up)) -ge 172000 ] || die "monotonic $(value monotonic)"
	ns_del time
	run_fails 'timeOffsets|time'
	ns_add time
	cfg '.linux.timeOffsets = {realtime: {secs: 1}}'
	rt run --bundle "$B" "$ID"
	assert_clean
}

test_sysctl()
{
	bundle_new
	ns_add network
	cfg '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4096", "net/ipv4/ip_unprivileged_port_start": "80"}'
	probe read /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_unprivileged_port_start
	run_ok
	assert_line /proc/sys/net/ipv4/ip_forward=1
	assert_line /proc/sys/kernel/msgmax=4096
	assert_line /proc/sys/net/ipv4/ip_unprivileged_port_start=80
	assert_clean
}

test_sysctl_that_is_wrong()
{
	bundle_new
	cfg '.linux.sysctl = {"kernel.msgmax": "not a number"}'
	run_fails 'kernel\.msgmax'
	cfg '.linux.sysctl = {"kernel.no_such": "1"}'
	run_fails 'kernel\.no_such'
	cfg '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	run_fails 'net\.ipv4\.ip_forward'
	cfg '.linux.sysctl = {"kernel.../../../../mnt/test/file": "1"}'
	run_fails 'sysctl'
	local before
	before=$(</proc/sys/vm/swappiness)
	cfg '.linux.sysctl = {"vm.swappiness": "13"}'
	rt run --bundle "$B" "$ID"
	assert_eq "$(</proc/sys/vm/swappiness)" "$before" "a sysctl without a namespace must not change the host"
	[ "$RC" != 0 ] || die "not refused"
	assert_clean
}

test_cgroup_path()
{
	needs_cgroupfs "its paths are slice:prefix:name"
	bundle_new
	ns_del cgroup
	cfg '.linux.cgroupsPath = "/some/where/here"'
	probe show cgroup
	run_ok
	assert_line cgroup=0::/some/where/here
	ns_add cgroup
	run_ok
	assert_line cgroup=0::/
	assert_clean
}

test_cgroup_of_waiting_init_is_final()
{
	local dir
	bundle_new
	cfg --arg p "$(cgroups_path some)" '.linux.cgroupsPath = $p'
	probe sleep 60
	create_ok
	dir=$(cgroup_dir)
	assert_match "$dir" '[/-]some(\.scope/container)?$'
	start_ok
	wait_status running
	assert_eq "$(cgroup_dir)" "$dir"
	assert_eq "$(<"$dir/cgroup.procs")" "$(pid_of)"
	rt_ok kill "$ID" KILL
	wait_status stopped
	[ "$DRIVER" = systemd ] || [ -d "$dir" ] || die "the cgroup must live until delete"
	delete_ok
	[ ! -e "$dir" ] || die "the cgroup is left"
	assert_clean
}

test_cgroup_that_exists_is_not_removed()
{
	needs_cgroupfs "its cgroups are those of units"
	bundle_new
	mkdir /sys/fs/cgroup/parent
	BASELINE[cgroups]=$(list_cgroups)
	cfg '.linux.cgroupsPath = "/parent/child"'
	args /bin/true
	run_ok
	assert_clean
	rmdir /sys/fs/cgroup/parent
}

test_cgroup_paths_that_climb()
{
	local p
	bundle_new
	for p in /.. ../.. / /a/../../b . /./a /a/./b; do
		cfg --arg p "$p" '.linux.cgroupsPath = $p'
		run_fails 'cgroupsPath'
	done
}

test_cgroup_with_processes_is_refused()
{
	needs_cgroupfs "its cgroups are those of units"
	bundle_new
	mkdir /sys/fs/cgroup/busy
	sleep 60 &
	echo $! >/sys/fs/cgroup/busy/cgroup.procs
	cfg '.linux.cgroupsPath = "/busy"'
	rt_fails 'cgroup' run --bundle "$B" "$ID"
	kill -0 $! || die "a process that is not ours was killed"
	rt_ok delete --force "$ID"
	kill -0 $! || die "a process that is not ours was killed"
	kill $!
	wait $! 2>/dev/null
	rmdir /sys/fs/cgroup/busy
	assert_clean
}

test_cgroup_controller_that_is_missing()
{
	grep -qw memory /sys/fs/cgroup/cgroup.controllers && skip "the memory controller is there"
	bundle_new
	cfg '.linux.resources.memory.limit = 104857600'
	run_fails 'memory'
}

test_pids_limit()
{
	needs_controller pids
	bundle_new
	cfg --arg p "$(cgroups_path limited)" '.linux.resources.pids.limit = 17 | .linux.cgroupsPath = $p'
	probe sleep 60
	up
	assert_eq "$(<"$(cgroup_dir)/pids.max")" 17
	delete_ok --force
	assert_clean
}

# A hard limit is raised by a privilege of the first user namespace, which the process has left by then.
test_rlimits_above_ours_in_a_user_namespace()
{
	bundle_new
	userns
	probe show rlimits
	prlimit --nofile=2000:2000 --pid $$ 2>/dev/null || skip "cannot lower the limit"
	prlimit --nofile=2000:3000 --pid $$ 2>/dev/null || skip "limits cannot be raised here (CAP_SYS_RESOURCE)"
	prlimit --nofile=2000:2000 --pid $$
	cfg '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 2500, hard: 2600}]'
	run_ok
	assert_line 'rlimit.NOFILE=2500 2600'
	probe sleep 60
	up
	rt_ok exec "$ID" /bin/probe show rlimits
	assert_line 'rlimit.NOFILE=2500 2600'
	delete_ok --force
	assert_clean
}
