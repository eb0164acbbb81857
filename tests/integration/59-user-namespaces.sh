# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2154
# User namespaces that root makes: nested, beside namespaces that exist, with maps of every shape, and what berth has to
# bring into them from a host that they cannot reach.

script()
{
	args /bin/sh -c "$1"
}

# ids_of_root JSON: both maps
maps()
{
	cfg --argjson m "$1" '.linux.uidMappings = $m | .linux.gidMappings = $m'
}

# shows: linux.uidMappings linux.gidMappings
test_map_without_root()
{
	bundle_new
	userns
	maps '[{"containerID": 1000, "hostID": 100000, "size": 10}]'
	cfg '.process.user = {uid: 1003, gid: 1004, additionalGids: [1005]}'
	script 'id; stat -c %u:%g /dev/shm /dev/null; cat /proc/self/uid_map; echo x >/tmp/f && stat -c %u:%g /tmp/f'
	run_ok
	assert_re '^uid=1003 gid=1004 groups=.*1005'
	assert_line 1003:1004
	args /bin/sleep 100
	up
	rt_ok exec "$ID" /bin/id -u
	assert_eq "$OUT" 1003
	delete_ok --force
	assert_clean
}

# shows: config.process.user.uid.applied config.process.user.gid.applied config.process.user.additionalGids
test_ids_without_a_place()
{
	bundle_new
	userns
	maps '[{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 20, "hostID": 200000, "size": 1}]'
	cfg '.process.user = {uid: 20, gid: 9}'
	args /bin/true
	run_ok
	cfg '.process.user.uid = 10'
	run_fails 'process\.user\.uid: 10 has no place in linux\.uidMappings'
	cfg '.process.user = {uid: 0, gid: 21}'
	run_fails 'process\.user\.gid: 21 has no place in linux\.gidMappings'
	cfg '.process.user = {uid: 0, gid: 0, additionalGids: [9, 19]}'
	run_fails 'process\.user\.additionalGids\[1\]: 19 has no place in linux\.gidMappings'
	assert_clean
}

# shows: config.mounts.source.bind-absolute
test_sources_that_only_the_host_reaches()
{
	bundle_new
	userns
	mkdir -p "$B/private/dir" && echo inner >"$B/private/dir/f" && echo file >"$B/private/file" && chmod 0700 "$B/private"
	mount_add /m bind "$B/private/dir" rbind ro
	mount_add /f bind "$B/private/file" bind
	script 'cat /m/f /f; stat -c %u /m'
	run_ok
	assert_eq "$OUT" $'inner\nfile\n65534'
	assert_clean
}

# shows: config.root.path.absolute
test_root_that_only_the_host_reaches()
{
	bundle_new
	userns
	mkdir "$B/private" && mv "$B/rootfs" "$B/private/rootfs" && chmod 0700 "$B/private"
	cfg '.root.path = "private/rootfs"'
	args /bin/cat /etc/passwd
	run_ok
	assert_re '^root:'
	assert_clean
}

test_overlay_and_tmpfs_as_root()
{
	bundle_new
	userns
	mkdir "$B/up" "$B/work" "$B/low"
	chown 100000:100000 "$B/up" "$B/work" "$B/low"
	cfg --arg b "$B" '.root = {path: "low"} | .mounts = [{destination: "/", type: "overlay", source: "overlay",
		options: ["lowerdir=\($b)/rootfs", "upperdir=\($b)/up", "workdir=\($b)/work", "userxattr"]}] + .mounts'
	script 'echo x >/made; stat -c %u:%g /made'
	run_ok
	assert_eq "$OUT" 0:0
	assert_eq "$(stat -c %u "$B/up/made")" 100000
	cfg --arg b "$B" '.mounts[0] = {destination: "/", type: "tmpfs", source: "tmpfs"}
		| .mounts += [{destination: "/bin", type: "bind", source: "\($b)/rootfs/bin", options: ["rbind"]}]'
	run_ok
	ns_del user
	cfg 'del(.linux.uidMappings, .linux.gidMappings)'
	chown 0:0 "$B/low"
	run_ok
	assert_eq "$(ls "$B/low")" ""
	assert_clean
}

# The host's sysfs for who shares its network, its own for who does not.
test_sysfs_and_proc_of_shared_namespaces()
{
	bundle_new
	userns
	mount_add /sys sysfs sysfs ro nosuid nodev noexec
	script 'grep " /sys" /proc/self/mountinfo; ls /sys/kernel >/dev/null && echo there; read -r n </proc/1/comm; echo "pid 1: $n"'
	run_ok
	assert_line there
	assert_line 'pid 1: sh'
	assert_no_re '^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ /sys[^ ]* rw,'
	ns_del pid
	run_ok
	assert_line "pid 1: $(</proc/1/comm)"
	ns_add network
	ns_add pid
	run_ok
	assert_re ' / /sys ro,nosuid,nodev,noexec,relatime - sysfs '
	assert_eq "$(grep -c ' /sys' <<<"$OUT")" 1 "only a sysfs of its own"
	assert_clean
}

# A berth in a user namespace of an engine makes the next one; and the one after that.
test_nested()
{
	needs_cgroupfs "there is no manager within the namespace"
	bundle_new
	chown -R -h 100000:100000 "$B" "$STATE"
	cfg '.process.user = {uid: 7, gid: 7}'
	ns_add user
	maps '[{"containerID": 0, "hostID": 0, "size": 100}]'
	probe show ids maps
	holder "unshare --user --mount sleep 100"
	echo '0 100000 65536' >"/proc/$HOLDER/uid_map" && echo '0 100000 65536' >"/proc/$HOLDER/gid_map" || die maps
	in_holder
	assert_line 'uid=7 7 7'
	assert_re '^uid_map= *0 +0 +100$'
	maps '[{"containerID": 0, "hostID": 65536, "size": 1}]'
	cfg '.process.user = {uid: 0, gid: 0}'
	in_holder fails
	assert_contains "$ERR" 'linux.uidMappings: write the map: operation not permitted'
	kill "$HOLDER"
}

holder()
{
	$1 &
	HOLDER=$!
	wait_for 5 holder_sleeps || die "no holder"
}

holder_sleeps()
{
	[ "$(cat "/proc/$HOLDER/comm")" = sleep ]
}

in_holder()
{
	nsenter --target "$HOLDER" --user --mount --setuid 0 --setgid 0 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" \
		>/mnt/test/.out 2>/mnt/test/.err
	RC=$? OUT=$(</mnt/test/.out) ERR=$(</mnt/test/.err)
	[ "${1:-}" = fails ] || [ "$RC" = 0 ] || die "exit status $RC"
}

# shows: linux.devices.available
test_devices_where_mknod_is_not_allowed()
{
	bundle_new
	cfg '.linux.devices = [{path: "/dev/some/full", type: "c", major: 1, minor: 7}, {path: "/dev/full", type: "c", major: 1, minor: 7}]'
	script 'echo x >/dev/null && head -c 3 /dev/zero | busybox wc -c; stat -c %t:%T /dev/full; grep " /dev/null " /proc/self/mountinfo'
	BERTH_REAL=$BERTH
	printf '#!/bin/sh\nexec setpriv --bounding-set=-mknod --inh-caps=-all %s "$@"\n' "$BERTH_REAL" >/mnt/test/no-mknod
	chmod 0755 /mnt/test/no-mknod
	BERTH=/mnt/test/no-mknod
	# the host has no such file
	run_fails 'linux\.devices\[0\] "some/full": open: operation not permitted|linux\.devices\[0\].*operation not permitted'
	cfg 'del(.linux.devices[0])'
	run_ok
	assert_line 3
	assert_line 1:7
	assert_re ' /null /dev/null '
	cfg '.linux.devices = [{path: "/dev/full", type: "c", major: 1, minor: 3}]'
	run_fails 'linux\.devices\[0\].*the result is not what was asked for'
	assert_clean
}
