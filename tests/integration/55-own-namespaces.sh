# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A path in linux.namespaces may lead to a namespace that berth itself is in. Sharing it is fine; what the config sets
# there would be set on the host. Each run has namespaces of its own to lose.

# own_run: run from inside of fresh namespaces; $RC, $ERR, and $OUT: what they look like afterwards
own_run()
{
	unshare --uts --net --ipc --mount sh -c 'hostname before; "$@"; rc=$?
		hostname; cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni; [ -e /usr/bin/env ] && echo "root is there"; exit $rc' \
		own "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >/mnt/test/.out 2>/mnt/test/.err
	RC=$? OUT=$(</mnt/test/.out) ERR=$(</mnt/test/.err)
}

refused()
{
	own_run
	[ "$RC" != 0 ] || die "not refused"
	assert_match "$ERR" "$1"
	assert_eq "$OUT" $'before\n0\n4096\nroot is there'
	assert_clean
}

test_own_uts_namespace_keeps_its_names()
{
	bundle_new
	args /bin/true
	ns_add uts /proc/self/ns/uts
	cfg '.hostname = "renamed"'
	refused '^berth run c1: hostname: .*uts namespace'
	cfg 'del(.hostname) | .domainname = "renamed"'
	refused '^berth run c1: domainname: .*uts namespace'
	cfg 'del(.domainname) | .linux.sysctl = {"kernel.hostname": "renamed"}'
	refused 'linux\.sysctl\["kernel\.hostname"\]: .*uts namespace'
	cfg 'del(.linux.sysctl)'
	own_run
	assert_eq "$RC" 0 "sharing alone"
}

test_own_network_and_ipc_namespaces_keep_their_parameters()
{
	bundle_new
	args /bin/true
	ns_add network /proc/self/ns/net
	ns_add ipc /proc/thread-self/ns/ipc
	cfg '.linux.sysctl = {"net/ipv4/ip_forward": "1"}'
	refused 'linux\.sysctl\["net/ipv4/ip_forward"\]: .*network namespace'
	cfg '.linux.sysctl = {"kernel.shmmni": "77"}'
	refused 'linux\.sysctl\["kernel\.shmmni"\]: .*ipc namespace'
	cfg 'del(.hostname) | .linux.sysctl = {"kernel.hostname": "inside"}'
	own_run
	assert_eq "$RC" 0 "a parameter of another namespace"
}

# pivot_root(2) there would take the root away from everybody in it.
test_own_mount_namespace_is_refused()
{
	bundle_new
	args /bin/true
	ns_add mount /proc/self/ns/mnt
	refused 'linux\.namespaces\[[0-9]\]\.path: .*mount namespace'
	# nor that of the first process, should berth be in another one
	ns_add mount /proc/1/ns/mnt
	refused 'linux\.namespaces\[[0-9]\]\.path: .*mount namespace'
}

# A namespace of somebody else, also when it is reached in the same way, is what a pod is made of.
test_namespaces_of_others_are_set()
{
	unshare --uts --net --ipc --fork --kill-child sleep 60 &
	local job=$! pid
	wait_for 5 grep -qs . "/proc/$job/task/$job/children" || die "no holder"
	pid=$(tr -d ' ' <"/proc/$job/task/$job/children")
	wait_for 5 file_has "/proc/$pid/cmdline" '^sleep' || die "no holder"
	bundle_new
	ns_add uts "/proc/$pid/ns/uts"
	ns_add network "/proc/$pid/ns/net"
	ns_add ipc "/proc/$pid/ns/ipc"
	cfg '.hostname = "pod" | .linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmni": "77"}'
	args /bin/sh -c 'cat /proc/sys/kernel/hostname /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni'
	run_ok
	assert_eq "$OUT" $'pod\n1\n77'
	kill "$job" "$pid"
	wait "$job" 2>/dev/null
	assert_clean
}
