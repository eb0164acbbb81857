# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# vm: one driver
# A user without privileges and without an engine. rootless-user.sh is a link to this file: the same tests by a user who
# has logged in.

. "$REPO/tests/integration/rootless.inc"

# shows: runtime.scope.creator-can-operate
test_spec_runs_as_it_is()
{
	user_bundle
	cfg '.process.terminal = true'
	python3 - "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >/mnt/test/out <<-'X'
	import os, pty, sys
	told = []
	def feed(fd):
	    data = os.read(fd, 1024)
	    if b"# " in data and not told:
	        told.append(os.write(fd, b"busybox tty; exit 7\n"))
	    return data
	sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], feed)))
	X
	assert_eq $? 7 "$(</mnt/test/out)"
	assert_contains "$(tr -d '\r' </mnt/test/out)" $'\n/dev/pts/0'
	# and where the caller has none
	rt run --bundle "$B" "$ID" <<<'exit 3'
	assert_eq "$RC" 3
	assert_clean
}

test_life_cycle()
{
	user_bundle /bin/sleep 100
	create_ok --pid-file "$B/pid"
	assert_eq "$(status)" created
	assert_eq "$(stat -c %u "/proc/$(pid_of)")" "$ME" "owner of the process"
	assert_eq "$(<"$B/pid")" "$(pid_of)"
	start_ok
	wait_status running
	rt_ok list
	assert_re "^$ID +$(pid_of) +running .* $ME *$"
	rt_ok exec "$ID" /bin/cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
	assert_match "$OUT" "^ *0 +$ME +1"
	assert_line deny
	rt_ok exec --cwd /tmp "$ID" /bin/pwd
	assert_eq "$OUT" /tmp
	rt_ok exec --tty "$ID" /bin/sh -c 'stat -c %t /dev/console; ls /dev/pts'
	assert_re '^0 *ptmx|^0'
	rt_fails 'process\.user\.uid: 5 has no place in linux\.uidMappings' exec --user 5 "$ID" /bin/true
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	assert_clean
}

test_state_is_below_the_runtime_dir()
{
	user_bundle /bin/sleep 100
	"$BERTH" create --bundle "$B" "$ID" </dev/null >/dev/null 2>"$B/err" || die "$(<"$B/err")"
	[ -d "$XDG_RUNTIME_DIR/berth/$ID" ] || die "no state in $XDG_RUNTIME_DIR"
	"$BERTH" delete --force "$ID" || die "delete"
	env -u XDG_RUNTIME_DIR "$BERTH" create --bundle "$B" "$ID" </dev/null >/dev/null 2>"$B/err" && die "no failure"
	assert_contains "$(<"$B/err")" 'XDG_RUNTIME_DIR is not set'
	rm -rf "$XDG_RUNTIME_DIR/berth"
	assert_clean
}

# ---- ids ----

# without_helpers COMMAND...: newuidmap and newgidmap are not in the PATH of $BERTH
without_helpers()
{
	local berth=$BERTH
	printf '#!/bin/sh\nPRE="env PATH=/none" PATH=%s exec %s "$@"\n' \
		"$([ "$(id -u)" = 0 ] && echo "$PATH" || echo /none)" "$BERTH" >/mnt/test/without
	chmod 0755 /mnt/test/without
	BERTH=/mnt/test/without
	"$@"
	BERTH=$berth
}

# shows: linux.uidMappings linux.gidMappings
test_one_id_without_helpers()
{
	user_bundle
	probe show ids maps
	without_helpers run_ok
	assert_line 'uid=0 0 0'
	assert_line 'gid=0 0 0'
	assert_re "^uid_map= *0 +$ME +1$"
	assert_re "^gid_map= *0 +[0-9]+ +1$"
	# setgroups(2) can never be allowed there
	cfg '.process.user.additionalGids = [0]'
	run_fails 'process\.user\.additionalGids: setgroups\(2\) is denied'
}

# A map that has no 0: the container is set up by the user of the process.
test_map_without_root()
{
	user_bundle
	cfg '.linux.uidMappings[0].containerID = 1000 | .linux.gidMappings[0].containerID = 1001 | .process.user = {uid: 1000, gid: 1001}'
	script 'id; echo x >/dev/shm/f; stat -c %u:%g /dev/shm/f /dev/pts/ptmx; cat /proc/self/uid_map'
	run_ok
	assert_re '^uid=1000.* gid=1001'
	assert_re '^1000:1001$'
	args /bin/sleep 100
	up
	rt_ok exec "$ID" /bin/id -u
	assert_eq "$OUT" 1000
	delete_ok --force
	cfg '.process.user.uid = 0'
	run_fails 'process\.user\.uid: 0 has no place in linux\.uidMappings'
	cfg '.process.user = {uid: 1000, gid: 0}'
	run_fails 'process\.user\.gid: 0 has no place in linux\.gidMappings'
	assert_clean
}

# many_ids: the own id as root, and what /etc/subuid and /etc/subgid give
many_ids()
{
	SUB=$(sed -n "s/^$(id -un "$ME"):\([0-9]*\):.*/\1/p" /etc/subuid | head -n 1)
	cfg --argjson me "$ME" --argjson sub "${SUB:-0}" '.linux.uidMappings = [{containerID: 0, hostID: $me, size: 1},
		{containerID: 1, hostID: $sub, size: 60000}] | .linux.gidMappings = (.linux.uidMappings | .[0].hostID = $gid)' \
		--argjson gid "$(id -g "$ME")"
}

test_many_ids_through_the_helpers()
{
	user_bundle
	many_ids
	cfg '.process.user.additionalGids = [3, 500] | .root.readonly = false
		| .process.capabilities |= map_values(. + ["CAP_CHOWN", "CAP_DAC_OVERRIDE"])'
	script 'id -G; cat /proc/self/uid_map /proc/self/setgroups; echo x >/data/f; busybox chown 5:6 /data/f; stat -c %u:%g /data/f'
	run_ok
	assert_line '0 3 500'
	assert_re "^ *1 +$SUB +60000$"
	assert_line allow
	assert_line 5:6
	assert_eq "$(stat -c %u:%g "$B/rootfs/data/f")" "$((SUB + 4)):$((SUB + 5))"
	cfg '.process.user = {uid: 5, gid: 6} | .root.readonly = true'
	args /bin/sleep 100
	up
	assert_eq "$(stat -c %u "/proc/$(pid_of)")" $((SUB + 4))
	rt_ok exec "$ID" /bin/id
	assert_re '^uid=5 gid=6'
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	assert_clean
}

test_maps_that_are_not_ours()
{
	user_bundle /bin/true
	many_ids
	cfg '.linux.uidMappings[1].hostID = 700000'
	run_fails 'linux\.uidMappings\[1\]: the ids from 700000 to 759999 are not [a-z]+.s: /etc/subuid has no line "[a-z]+:700000:60000"'
	many_ids
	cfg '.linux.gidMappings[1].size = 1000000'
	run_fails 'linux\.gidMappings\[1\]: the ids from [0-9]+ to [0-9]+ are not [a-z]+.s: /etc/subgid has no line "[a-z]+:[0-9]+:1000000"'
	many_ids
	without_helpers run_fails 'linux\.uidMappings: .* the program newuidmap, which is not in PATH'
	# one id that is somebody else's
	cfg '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]'
	run_fails 'linux\.uidMappings\[0\]: the ids from 0 to 0 are not'
	assert_clean
}

test_user_namespace_is_required()
{
	user_bundle /bin/true
	ns_del user
	cfg 'del(.linux.uidMappings, .linux.gidMappings)'
	run_fails "linux\.namespaces: user $ME has no privileges: a user namespace is required"
	assert_clean
}

# ---- mounts ----

# shows: config.mounts.type.optional config.mounts.source.bind-absolute
test_binds()
{
	user_bundle
	mkdir -p "$B/src/sub"
	echo one >"$B/src/sub/f" && echo two >"$B/file" && chmod 0700 "$B/src"
	give
	mount_add /m bind "$B/src" rbind ro
	mount_add /f bind file bind nosuid nodev
	cfg '.root.readonly = false'
	script 'cat /m/sub/f /f; (echo x >/m/new) 2>&1; echo more >>/f; cat /f'
	run_ok
	assert_line one
	assert_line two
	assert_line more
	assert_re 'Read-only file system'
	assert_eq "$(tail -n 1 "$B/file")" more
	assert_clean
}

test_binds_that_fail()
{
	user_bundle /bin/true
	mount_add /m bind /root/secret bind
	run_fails 'mounts\[[0-9]\]: open source "/root/secret": permission denied'
	cfg '.mounts[-1].source = "/no/such/file"'
	run_fails 'mounts\[[0-9]\]: open source "/no/such/file": no such file or directory'
	# what is mounted below it would come to light
	cfg '.mounts[-1].source = "/"'
	run_fails 'mounts\[[0-9]\]: open source "/" without the mounts below it .*rbind'
	cfg '.mounts[-1].options = ["rbind"]'
	run_ok
	cfg 'del(.mounts[-1]) | .root.path = "/no/such/root"'
	run_fails 'root\.path: open rootfs "/no/such/root": no such file or directory'
	cfg '.root.path = "/"'
	run_fails 'root\.path: "/" is the root of the host'
	assert_clean
}

test_devices_are_those_of_the_host()
{
	user_bundle
	script 'echo x >/dev/null; head -c 3 /dev/zero | busybox wc -c; : </dev/urandom; stat -c %t:%T /dev/full /dev/tty; ls -l /dev/fd'
	run_ok
	assert_line 3
	assert_line 1:7
	assert_line 5:0
	cfg '.linux.devices = [{path: "/dev/full", type: "c", major: 1, minor: 3}]'
	run_fails 'linux\.devices\[0\]: "/dev/full" of the host is another device'
	cfg '.linux.devices = [{path: "/dev/none-such", type: "c", major: 1, minor: 3}]'
	run_fails 'linux\.devices\[0\]: open device "/dev/none-such": no such file'
	cfg '.linux.devices = [{path: "/dev/pipe", type: "p", fileMode: 384}]'
	args /bin/stat -c %F:%a /dev/pipe
	run_ok
	assert_eq "$OUT" fifo:600
	assert_clean
}

# sys_mount OPTION...: a sysfs of the container's own instead of the host's
sys_mount()
{
	cfg '.mounts |= map(select(.destination != "/sys"))'
	mount_add /sys sysfs sysfs "$@"
}

# A new sysfs belongs to who owns the network namespace; else the host's is seen, read-only as a whole.
test_sysfs()
{
	user_bundle
	sys_mount nosuid noexec nodev ro
	script 'ls /sys/kernel >/dev/null && grep " /sys" /proc/self/mountinfo; for d in /sys/class/net/*; do echo "if ${d##*/}"; done'
	run_ok
	assert_re '^[0-9 ]+:[0-9]+ / /sys ro,nosuid,nodev,noexec,relatime.* - sysfs '
	assert_no_re '^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ /sys[^ ]* rw,'
	ns_add network
	run_ok
	assert_re '^[0-9 ]+:[0-9]+ / /sys ro,nosuid,nodev,noexec,relatime - sysfs '
	assert_line 'if lo'
	assert_no_re ' /sys/fs/cgroup '
	assert_clean
}

test_namespaces_of_the_host_are_shown()
{
	user_bundle
	ns_del pid
	script 'grep -c . /proc/1/stat; echo "self $$"; grep " /proc " /proc/self/mountinfo'
	run_ok
	assert_re ' - proc proc'
	[ "$(sed -n 's/^self //p' <<<"$OUT")" -gt 2 ] || die "a pid namespace of its own"
	ns_del ipc
	[ -d /dev/mqueue ] && grep -q ' /dev/mqueue ' /proc/self/mountinfo || cfg '.mounts |= map(select(.type != "mqueue"))'
	args /bin/cat /proc/self/mountinfo
	run_ok
	assert_clean
}

test_cgroup_mounts()
{
	user_bundle
	mount_add /sys/fs/cgroup cgroup cgroup ro nosuid nodev noexec relatime
	args /bin/grep ' /sys/fs/cgroup ' /proc/self/mountinfo
	run_ok
	assert_re ' / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 '
	ns_del cgroup
	run_ok
	assert_re ' /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime.* - cgroup2 '
	assert_clean
}

# The root itself can be a mount of the config.
# shows: config.mounts.order
test_mount_over_the_root()
{
	user_bundle
	mkdir "$B/up" "$B/work" "$B/low"
	give
	cfg --arg b "$B" '.root = {path: "low"} | .mounts = [{destination: "/", type: "overlay", source: "overlay",
		options: ["lowerdir=\($b)/rootfs", "upperdir=\($b)/up", "workdir=\($b)/work", "userxattr"]}] + .mounts'
	script 'echo x >/made; cat /etc/passwd'
	run_ok
	assert_re '^root:'
	[ -e "$B/up/made" ] || die "nothing in the upper directory"
	[ ! -e "$B/low/made" ] || die "written below the overlay"
	cfg --arg b "$B" '.mounts[0] = {destination: "/", type: "tmpfs", source: "tmpfs"}
		| .mounts += [{destination: "/bin", type: "bind", source: "\($b)/rootfs/bin", options: ["rbind"]}]'
	script 'echo x >/made; ls -a /'
	run_ok
	assert_line made
	[ ! -e "$B/low/made" ] || die "written below the tmpfs"
	assert_clean
}

# ---- the rest of the process's world ----

test_namespaces_and_parameters_of_its_own()
{
	user_bundle
	ns_add network
	cfg '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmni": "77"} | .hostname = "mine" | .domainname = "dom"'
	script 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni /proc/sys/kernel/hostname; busybox ifconfig lo'
	run_ok
	assert_line 1
	assert_line 77
	assert_line mine
	assert_re 'UP LOOPBACK'
	assert_clean
}

test_oom_score()
{
	local now
	user_bundle /bin/cat /proc/self/oom_score_adj
	now=$(</proc/self/oom_score_adj)
	cfg --argjson n $((now + 100)) '.process.oomScoreAdj = $n'
	run_ok
	assert_eq "$OUT" $((now + 100))
	args /bin/sleep 100
	up
	rt_ok exec "$ID" /bin/cat /proc/self/oom_score_adj
	assert_eq "$OUT" $((now + 100))
	delete_ok --force
	cfg '.process.oomScoreAdj = -900'
	run_fails 'process\.oomScoreAdj: write -900: permission denied'
}

test_hooks_are_the_users()
{
	user_bundle /bin/true
	cfg --arg d "$B" '.hooks = {createRuntime: [{path: "/bin/sh", args: ["sh", "-c", "id -u >\($d)/hooks"]}],
		createContainer: [{path: "/bin/sh", args: ["sh", "-c", "id -u >>\($d)/hooks"]}],
		poststop: [{path: "/bin/sh", args: ["sh", "-c", "id -u >>\($d)/hooks"]}]}'
	run_ok
	assert_eq "$(tr '\n' ' ' <"$B/hooks")" "$ME 0 $ME "
	assert_clean
}

test_limits_of_the_user()
{
	user_bundle
	cfg '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 300}]'
	probe show rlimits
	run_ok
	assert_line 'rlimit.NOFILE=200 300'
	cfg '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 99999999}]'
	run_fails 'process\.rlimits\[0\]: set the limit: operation not permitted'
}

# ---- cgroups ----

no_cgroup_for_us()
{
	[ "$(id -u)" = 0 ] || skip "a logged-in user has a cgroup"
	user_bundle "$@"
}

test_no_cgroup_where_none_is_delegated()
{
	no_cgroup_for_us /bin/sleep 100
	up
	assert_eq "$(grep ^0: "/proc/$(pid_of)/cgroup")" 0::/runner
	rt_fails 'it has no cgroup' pause "$ID"
	rt_fails 'it has no cgroup' ps "$ID"
	rt_ok exec "$ID" /bin/true
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	cfg '.linux.resources = {devices: [{allow: false, access: "rwm"}]}'
	args /bin/true
	run_ok
	assert_clean
}

test_limits_want_a_cgroup()
{
	no_cgroup_for_us /bin/true
	cfg '.linux.resources = {pids: {limit: 5}}'
	run_fails 'linux\.resources\.pids\.limit: needs a cgroup, and none is delegated to this user: create cgroup .*: permission denied'
	cfg '.linux.resources = {} | .linux.cgroupsPath = "/some/where"'
	run_fails 'linux\.cgroupsPath: create cgroup "/some/where": permission denied'
	assert_clean
}

# delegate: the user's calls come from a cgroup that is the user's
delegate()
{
	OWN=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
	[ "$(id -u)" = 0 ] || return 0
	become_user
	OWN=/sys/fs/cgroup/mine
	mkdir -p $OWN/caller
	chown $ME $OWN $OWN/cgroup.procs $OWN/cgroup.subtree_control $OWN/caller $OWN/caller/cgroup.procs
	OWN=$OWN/caller
	user_wrapper "echo \$\$ >$OWN/cgroup.procs"
	BASELINE[cgroups]=$(list_cgroups)
}

# shows: linux.cgroupsPath.relative
test_delegated_cgroup()
{
	delegate
	user_bundle /bin/sleep 100
	up
	assert_eq "$(<"$OWN/berth-$ID/cgroup.procs")" "$(pid_of)"
	rt_ok pause "$ID"
	assert_eq "$(status)" paused
	assert_eq "$(<"$OWN/berth-$ID/cgroup.freeze")" 1
	rt_ok resume "$ID"
	rt_ok ps "$ID"
	assert_re 'sleep 100'
	rt_ok exec --detach "$ID" /bin/sleep 200
	assert_eq "$(wc -l <"$OWN/berth-$ID/cgroup.procs")" 2
	rt_ok kill --all "$ID" KILL
	wait_status stopped
	delete_ok
	assert_clean
	[ "$(id -u)" != 0 ] || rmdir "$OWN" "${OWN%/*}"
}

# As for root: a container that ended does nothing to the one that is in its cgroup now, and levels go with the last.
test_two_containers_in_a_delegated_cgroup()
{
	local p
	delegate
	for p in pod/same pod/other; do
		USER_ID=c1 user_bundle /bin/sleep 100
		cfg --arg p pod/same '.linux.cgroupsPath = $p'
		up
		rt_ok kill "$ID" KILL
		wait_status stopped
		USER_ID=c2 user_bundle /bin/sleep 100
		cfg --arg p "$p" '.linux.cgroupsPath = $p'
		up
		rt kill --all c1 KILL
		rt_ok delete --force c1
		assert_eq "$(status)" running "$p"
		assert_eq "$(<"$OWN/$p/cgroup.procs")" "$(pid_of)"
		delete_ok --force
		[ ! -e "$OWN/pod" ] || die "left: $(find "$OWN/pod" -type d)"
		rm -rf /mnt/test/c1 /mnt/test/c2
	done
	assert_clean
	[ "$(id -u)" != 0 ] || rmdir "$OWN" "${OWN%/*}"
}

# ---- namespaces that engines make first ----

# run_in_namespace: each kind of container that an engine has there
run_in_namespace()
{
	without_userns
	probe show ids maps
	run_ok
	assert_line 'uid=0 0 0'
	assert_re "^uid_map= *0 +$ME +1$"
	ns_add user
	cfg '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] | .linux.gidMappings = .linux.uidMappings | .process.oomScoreAdj = 1000'
	run_ok
	assert_line 'uid=0 0 0'
	assert_re '^uid_map= *0 +0 +1$'
	assert_clean
}

test_in_a_user_namespace_of_an_engine()
{
	in_namespace --user --map-auto --map-root-user --mount
	run_in_namespace
	# its mount namespace can be shared by a container that shares the user namespace
	without_userns
	ns_del mount
	cfg '.process.oomScoreAdj = 1000'
	probe read /proc/self/uid_map /etc/passwd
	run_ok
	assert_re '^/etc/passwd=root:'
}

test_in_a_user_namespace_without_mount_namespace()
{
	in_namespace --user --map-auto --map-root-user
	run_in_namespace
	ns_del mount
	run_fails 'linux.namespaces: a mount namespace is required, as the caller.s belongs to another user namespace'
}

test_in_a_user_namespace_of_one_id()
{
	in_namespace --user --map-root-user --mount
	run_in_namespace
	in_namespace --user --map-root-user
	run_in_namespace
}

test_nested_map_of_many_ids()
{
	in_namespace --user --map-auto --map-root-user --mount
	cfg '.linux.uidMappings = [{containerID: 0, hostID: 1, size: 1000}, {containerID: 1000, hostID: 0, size: 1}]
		| .linux.gidMappings = .linux.uidMappings | .process.user = {uid: 1000, gid: 1000, additionalGids: [7]}'
	probe show ids maps
	run_ok
	assert_line 'uid=1000 1000 1000'
	assert_re '^uid_map= *1000 +0 +1$'
	assert_match "$(value groups)" '(^| )7( |$)'
	assert_clean
}

# The file systems and devices of the host are not the user's.
test_what_takes_privileges_over_the_host()
{
	user_bundle /bin/true
	mkdir "$B/src"
	give
	cfg --arg s "$B/src" '.mounts += [{destination: "/m", type: "bind", source: $s, options: ["bind", "idmap"]}]'
	run_fails 'mounts\[[0-9]+\]\.options: mapping the ids of a mount takes privileges'
	cfg '.mounts |= .[:-1] | .linux.netDevices = {eth0: {}}'
	run_fails 'linux\.netDevices: .*(takes privileges|needs a network namespace)'
	ns_add network
	run_fails 'linux\.netDevices: .*takes privileges'
}
