# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Namespaces, one test for each type in $ROW; id mappings.
. "$REPO/conformance/lib.sh"

declare -A proc_name=([mount]=mnt [pid]=pid [network]=net [uts]=uts [ipc]=ipc [user]=user [cgroup]=cgroup [time]=time)
declare -A unshare_option=([pid]=--pid [network]=--net [uts]=--uts [ipc]=--ipc [user]=--user [cgroup]=--cgroup
	[time]=--time [mount]=--mount)

own_ns()
{
	readlink "/proc/self/ns/$1"
}

# The bundle with a namespace of the type, at PATH or new.
with_ns()
{
	bundle_new
	case $1 in
	user) if [ -n "${2:-}" ]; then
			chown -R -h 100000:100000 "$B/rootfs"
			ns_add user "$2"
		else
			userns
		fi ;;
	*) ns_add "$1" "${2:-}" ;;
	esac
	[ "$1" != uts ] || [ -z "${2:-}" ] || cfg 'del(.hostname)'
}

# A process that keeps a namespace of the type; its id in $HOLDER.
hold()
{
	unshare "${unshare_option[$1]}" --fork --kill-child sleep 100 &
	HOLDER_JOB=$!
	wait_for 15 held || die "no namespace to join"
	[ "$1" != user ] || { echo "0 100000 65536" >"/proc/$HOLDER/uid_map" && echo "0 100000 65536" >"/proc/$HOLDER/gid_map"; } ||
		die "no mappings"
}

held()
{
	HOLDER=$(cut -d ' ' -f 1 "/proc/$HOLDER_JOB/task/$HOLDER_JOB/children" 2>/dev/null)
	[ -n "$HOLDER" ] && [ "$(tr '\0' ' ' <"/proc/$HOLDER/cmdline")" = "sleep 100 " ]
}

let_go()
{
	kill -KILL "$HOLDER" "$HOLDER_JOB" 2>/dev/null
	wait "$HOLDER_JOB" 2>/dev/null
}

# shows: linux.namespaces.new.{} linux.namespaces.type.{}
# each: pid network mount ipc uts user cgroup time
# broken: config '.hostname = null | del(.hostname) | .linux.namespaces |= map(select(.type != "{}" or .type == "mount")) | if "{}" == "user" then del(.linux.uidMappings, .linux.gidMappings) else . end'; [ {} != mount ] || fail create
test_new()
{
	local n=${proc_name[$ROW]}
	[ "$ROW" != time ] || needs file:/proc/self/ns/time
	with_ns "$ROW"
	probe show ns
	go
	assert_match "$(value "ns.$n")" "^$n:"
	[ "$(value "ns.$n")" != "$(own_ns "$n")" ] || die "the $ROW namespace is not new"
}

# shows: linux.namespaces.path.{} linux.namespaces.path.optional
# each: pid network ipc uts user cgroup time mount
# broken: config '.linux.namespaces |= map(if .type == "{}" then del(.path) else . end) | if "{}" == "user" then .linux += {uidMappings: [{containerID: 0, hostID: 100000, size: 65536}], gidMappings: [{containerID: 0, hostID: 100000, size: 65536}]} else . end'
test_by_path()
{
	local n=${proc_name[$ROW]}
	[ "$ROW" != time ] || needs file:/proc/self/ns/time
	hold "$ROW"
	with_ns "$ROW" "/proc/$HOLDER/ns/$n"
	args /bin/sleep 100
	up
	assert_eq "$(readlink "/proc/$PID/ns/$n")" "$(readlink "/proc/$HOLDER/ns/$n")"
	stop
	let_go
}

# shows: linux.namespaces.inherit.{}
# each: pid network ipc uts user cgroup time mount
# broken: config '.linux.namespaces += [{type: "{}"}] | if "{}" == "user" then .linux += {uidMappings: [{containerID: 0, hostID: 100000, size: 65536}], gidMappings: [{containerID: 0, hostID: 100000, size: 65536}]} else . end'
test_inherited()
{
	local n=${proc_name[$ROW]}
	bundle_new
	ns_del "$ROW"
	[ "$ROW" != uts ] || cfg 'del(.hostname)'
	args /bin/sleep 100
	# without a mount namespace the runtime's mounts are the container's: only what is there already
	[ "$ROW" != mount ] || cfg 'del(.mounts)'
	up
	assert_eq "$(readlink "/proc/$PID/ns/$n")" "$(own_ns "$n")"
	stop
}

# shows: linux.namespaces.path.pid-semantics
# broken: config '.linux.namespaces |= map(if .type == "pid" then del(.path) else . end)'
# broken: state '.pid = 1'
test_joined_pid_namespace()
{
	hold pid
	with_ns pid "/proc/$HOLDER/ns/pid"
	args /bin/sleep 100
	up
	assert_eq "$(readlink "/proc/$(st .pid)/ns/pid")" "$(readlink "/proc/$HOLDER/ns/pid")"
	assert_match "$(tr '\0' ' ' <"/proc/$(st .pid)/cmdline")" '/bin/sleep 100'
	stop
	let_go
}

# shows: linux.namespaces.path.wrong-type
# each: pid network ipc uts user cgroup time mount
# broken: config '.linux.namespaces |= map(del(.path))'
test_wrong_type()
{
	local path other=net
	[ "$ROW" != network ] || other=ipc
	bundle_new
	args /bin/sleep 100
	[ "$ROW" != uts ] || cfg 'del(.hostname)'
	[ "$ROW" != user ] || cfg '.linux += {uidMappings: [{containerID: 0, hostID: 100000, size: 65536}]}
		| .linux.gidMappings = .linux.uidMappings'
	for path in "/proc/self/ns/$other" /etc/passwd /no/such/file; do
		ns_add "$ROW" "$path"
		is_refused "$path as $ROW namespace"
	done
}

# shows: linux.namespaces.type.pid
# broken: config '.linux.namespaces |= map(select(.type != "pid"))'
test_pid_isolates()
{
	bundle_new
	args /bin/sh -c 'echo pid=$$; ls -d /proc/[0-9]* | wc -l'
	ln -sf busybox "$B/rootfs/bin/wc"
	go
	assert_line pid=1
	[ "$(tail -n 1 <<<"$OUT")" -le 3 ] || die "processes of others are seen"
}

# shows: linux.namespaces.type.network linux.netDevices.optional
# broken: config '.linux.namespaces |= map(select(.type != "network")) | del(.linux.sysctl)'; before create 'ip link add seen type dummy'
test_network_isolates()
{
	needs command:ip
	with_ns network
	args /bin/cat /proc/net/dev
	unshare_network
	go
	assert_eq "$(grep -c : <<<"$OUT")" 1
	assert_re '^ *lo:'
}

# The jail shares the network namespace of the machine; nothing is to be made there.
unshare_network()
{
	ip link show lo >/dev/null
}

# shows: linux.namespaces.type.mount
# broken: fail create
test_mount_isolates()
{
	bundle_new
	cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	args /bin/sh -c 'mount -t tmpfs inside /tmp && echo mounted; sleep 100'
	up
	wait_for 15 file_has "$B/out" mounted || die "no mount"
	! grep -q ' tmpfs inside ' /proc/self/mountinfo || die "the mount is on the host"
}

# shows: linux.namespaces.type.ipc
# broken: config '.linux.namespaces |= map(select(.type != "ipc"))'
test_ipc_isolates()
{
	bundle_new
	args /bin/cat /proc/sysvipc/shm
	ipcmk -M 4096 >/mnt/test/ipc || skip "no shared memory"
	go
	ipcrm -m "$(grep -oE '[0-9]+$' /mnt/test/ipc)"
	assert_eq "$(wc -l <<<"$OUT")" 1
}

# shows: linux.namespaces.type.uts
# broken: config '.linux.namespaces |= map(select(.type != "uts")) | del(.hostname)'
# broken: after start 'hostname inside'
test_uts_isolates()
{
	local before
	before=$(hostname)
	bundle_new
	cfg '.hostname = "inside"'
	probe show names
	go
	if [ "$(hostname)" != "$before" ]; then
		hostname "$before"
		die "the host's name changed"
	fi
	assert_line hostname=inside
}

# shows: linux.namespaces.type.user
# broken: config '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
test_user_maps()
{
	with_ns user
	args /bin/sleep 100
	up
	assert_match "$(grep ^Uid: "/proc/$PID/status")" '100000\s+100000\s+100000\s+100000'
	assert_match "$(grep ^Gid: "/proc/$PID/status")" '100000\s+100000\s+100000\s+100000'
}

# shows: linux.namespaces.type.cgroup
# broken: config '.linux.namespaces |= map(select(.type != "cgroup"))'
test_cgroup_isolates()
{
	bundle_new
	cfg '.linux.cgroupsPath = "/t/c1"'
	args /bin/sh -c 'cat /proc/self/cgroup; sleep 100'
	up
	wait_for 15 file_has "$B/out" '^0::' || die "the program does not run"
	assert_eq "$(grep ^0:: "$B/out")" 0::/
	assert_match "$(<"/proc/$PID/cgroup")" '^0::/t/c1'
}

# shows: config.hostname.joined-uts
# broken: config 'del(.hostname)'
# broken: config '.linux.namespaces |= map(del(.path))'
test_hostname_of_a_joined_namespace()
{
	hold uts
	bundle_new
	ns_add uts "/proc/$HOLDER/ns/uts"
	cfg '.hostname = "joined" | .domainname = "joined.test"'
	args /bin/sleep 100
	create_ok
	assert_eq "$(nsenter -t "$HOLDER" --uts hostname)" joined
	assert_eq "$(nsenter -t "$HOLDER" --uts cat /proc/sys/kernel/domainname)" joined.test
	let_go
}

# shows: linux.idMapping.no-chown
# broken: after create 'chown -h 100001 /mnt/test/c1/rootfs/etc'
# broken: after create 'chown 100001 /mnt/test/c1/src/file'
test_no_chown()
{
	local before
	with_ns user
	mkdir "$B/src"
	touch "$B/src/file"
	mount_add /data none "$B/src" bind
	args /bin/true
	before=$(find "$B/rootfs" "$B/src" -mindepth 1 -not -path "$B/rootfs/dev*" -printf '%p %U %G\n' | sort)
	go
	assert_eq "$(comm -23 <(echo "$before") <(find "$B/rootfs" "$B/src" -mindepth 1 -printf '%p %U %G\n' | sort))" ""
}

# shows: linux.idMapping.kernel-limit
# broken: ok create
test_number_of_mappings()
{
	with_ns user
	args /bin/sleep 100
	cfg '.linux.uidMappings = [range(340) | {containerID: ., hostID: (1000 + . * 2), size: 1}]'
	create_ok
	assert_eq "$(wc -l <"/proc/$PID/uid_map")" 340
	remove
	cfg '.linux.uidMappings = [range(341) | {containerID: ., hostID: (1000 + . * 2), size: 1}]'
	is_refused "341 mappings"
}

# shows: config.process.user.uid.applied config.process.user.gid.applied
# broken: config '.process.user = {uid: 0, gid: 0}'
test_user_in_a_user_namespace()
{
	with_ns user
	cfg '.process.user = {uid: 5, gid: 6}'
	args /bin/sleep 100
	up
	wait_for 15 file_has "/proc/$PID/status" '^Uid:\s+100005' || die "$(grep ^Uid: "/proc/$PID/status")"
	assert_match "$(grep ^Gid: "/proc/$PID/status")" '100006\s+100006\s+100006\s+100006'
}

# shows: config.process.user.{}.applied
# each: uid gid
# broken: config '.process.user["{}"] = 0'
test_unmapped_user()
{
	with_ns user
	args /bin/sleep 100
	cfg '.process.user[$r] = 70000' --arg r "$ROW"
	is_refused "an id that is not mapped" start
}
