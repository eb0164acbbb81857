# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.netDevices. The host is a network namespace of the test's own, with pairs of virtual devices.
# vm: any driver

# hold_net: makes a network namespace; $HELD is a process in it
hold_net()
{
	unshare --net sleep 300 &
	HELD=$!
	wait_for 5 file_has "/proc/$HELD/comm" '^sleep$' || die "no holder of a network namespace"
	[ "$(readlink "/proc/$HELD/ns/net")" != "$(readlink /proc/self/ns/net)" ] || die "it is in our own namespace"
}

# The runtime runs in the namespace of $HOST.
net_host()
{
	command -v ip >/dev/null || skip "no ip(8)"
	hold_net
	HOST=$HELD
	printf '#!/bin/sh\nexec nsenter --net=/proc/%s/ns/net "%s" "$@"\n' "$HOST" "$BERTH" >/mnt/test/berth-net
	chmod +x /mnt/test/berth-net
	BERTH=/mnt/test/berth-net
	on_host ip link set lo up
	on_host ip link add d0 type veth peer name p0 || skip "no virtual network devices"
	on_host ip link add d1 type veth peer name p1
	bundle_new
	ns_add network
	args /bin/sleep 100
}

# in_net PID COMMAND...
in_net()
{
	nsenter --net="/proc/$1/ns/net" "${@:2}"
}

on_host()
{
	in_net "$HOST" "$@"
}

inside()
{
	in_net "$(pid_of)" "$@"
}

# link COMMAND NAME MEMBER: a property of a device, as `ip -j` tells it; "" when there is no such device
link()
{
	"$1" ip -j -d link show dev "$2" 2>/dev/null | jq -r ".[0].$3"
}

has_link()
{
	[ -n "$(link "$1" "$2" ifname)" ]
}

# addresses COMMAND NAME: "ADDRESS/LENGTH", sorted, without what the kernel makes by itself
addresses()
{
	"$1" ip -j addr show dev "$2" | jq -r '.[0].addr_info[] | select(.protocol != "kernel_ll") | "\(.local)/\(.prefixlen)"' | sort | xargs
}

devices()
{
	cfg --argjson d "$1" '.linux.netDevices = $d'
}

# d0 with attributes and addresses of all kinds
dress_d0()
{
	on_host ip link set d0 mtu 1350 address 02:00:00:00:00:07 txqueuelen 500
	on_host ip addr add 10.1.2.3/24 broadcast 10.1.2.255 dev d0
	on_host ip addr add 10.1.2.4/24 dev d0
	on_host ip addr add 169.254.1.1/16 scope link dev d0
	on_host ip addr add 10.9.9.9/24 valid_lft 100 preferred_lft 100 dev d0
	V6=
	on_host ip addr add fd00::1/64 nodad dev d0 2>/dev/null && V6="fd00::1/64"
	on_host ip link set d0 up
}

assert_d0_as_it_was()
{
	assert_eq "$(link on_host d0 mtu)" 1350
	assert_eq "$(link on_host d0 address)" 02:00:00:00:00:07
	assert_eq "$(addresses on_host d0)" "$(echo 10.1.2.3/24 10.1.2.4/24 169.254.1.1/16 $V6)"
	assert_match "$(link on_host d0 'flags | join(",")')" '(^|,)UP'
	[ -z "${INDEX:-}" ] || assert_eq "$(link on_host d0 ifindex)" "$INDEX"
}

# shows: linux.netDevices.optional
test_no_device_without_the_property()
{
	net_host
	up
	assert_eq "$(inside ip -j link | jq -r '[.[].ifname] | map(select(. != "lo" and (test("^(tunl|sit|gre|erspan|ip6|ip_vti|gretap)") | not))) | join(" ")')" ""
	has_link on_host d0 || die "d0 is gone"
	delete_ok --force
}

# shows: linux.netDevices.available linux.netDevices.up linux.netDevices.preserve-attributes
# shows: linux.netDevices.preserve-addresses linux.netDevices.addresses-filter
test_a_device_moves_with_attributes_and_addresses()
{
	net_host
	dress_d0
	devices '{"d0": {}, "d1": {}}'
	create_ok
	! has_link on_host d0 || die "d0 is still on the host"
	assert_eq "$(link inside d0 mtu)" 1350
	assert_eq "$(link inside d0 address)" 02:00:00:00:00:07
	assert_eq "$(link inside d0 txqlen)" 500
	assert_match "$(link inside d0 'flags | join(",")')" '(^|,)UP'
	assert_match "$(link inside d1 'flags | join(",")')" '(^|,)UP' # it was down
	assert_eq "$(addresses inside d0)" "$(echo 10.1.2.3/24 10.1.2.4/24 $V6)"
	assert_eq "$(inside ip -j addr show dev d0 | jq -r '.[0].addr_info[] | select(.local == "10.1.2.3").broadcast')" 10.1.2.255
	assert_eq "$(inside ip -j addr show dev d0 tentative | jq -r '[.[].addr_info[]? | select(.local == "fd00::1")] | length')" 0
	delete_ok --force
	assert_clean
}

# shows: linux.netDevices.name linux.netDevices.multiple
test_names_inside()
{
	net_host
	devices '{"d0": {"name": "ctr0"}, "d1": {}, "p1": {"name": "x.1"}}'
	create_ok
	has_link inside ctr0 && has_link inside d1 && has_link inside x.1 || die "not all are there"
	! has_link inside d0 || die "d0 has kept its name"
	! has_link on_host d1 && ! has_link on_host p1 || die "not all are gone from the host"
	delete_ok --force
}

# shows: linux.netDevices.name-template
test_name_templates()
{
	net_host
	hold_net
	in_net "$HELD" ip link add eth0 type veth peer name other
	ns_add network "/proc/$HELD/ns/net"
	devices '{"d0": {"name": "eth%d"}, "d1": {"name": "eth%d"}}'
	create_ok
	has_link inside eth1 && has_link inside eth2 || die "the kernel has chosen other names: $(inside ip -br link)"
	assert_match "$(link inside eth1 'flags | join(",")')" '(^|,)UP'
	delete_ok --force
}

# shows: linux.netDevices.no-move-back linux.netDevices.no-lifecycle-management
test_a_device_is_left_alone_afterwards()
{
	net_host
	hold_net
	dress_d0
	ns_add network "/proc/$HELD/ns/net"
	devices '{"d0": {"name": "ctr0"}}'
	up
	inside ip link set ctr0 down
	inside ip addr flush dev ctr0
	inside ip addr add 10.5.5.5/24 dev ctr0
	rt_ok state "$ID"
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	! has_link on_host d0 || die "the device came back"
	assert_eq "$(in_net "$HELD" ip -j addr show dev ctr0 | jq -r '.[0].addr_info[0].local')" 10.5.5.5
	assert_match "$(in_net "$HELD" ip -j link show dev ctr0 | jq -r '.[0].flags | if index("UP") then "up" else "down" end')" down
}

# shows: linux.netDevices.name-conflict
test_a_name_that_is_taken()
{
	net_host
	hold_net
	dress_d0
	INDEX=$(link on_host d0 ifindex)
	in_net "$HELD" ip link add ctr0 type veth peer name other
	ns_add network "/proc/$HELD/ns/net"
	devices '{"d1": {}, "d0": {"name": "ctr0"}}'
	create_fails 'linux\.netDevices\.d0: the network namespace has a device "ctr0" already'
	on_host ip addr del 10.9.9.9/24 dev d0
	assert_d0_as_it_was
	has_link on_host d1 || die "d1 is gone"
}

# shows: linux.netDevices.check-possible linux.netDevices.requires-netns
test_what_cannot_be_moved()
{
	net_host
	devices '{"d0": {}, "nosuch": {}}'
	create_fails 'linux\.netDevices\.nosuch: find the network device: no such device'
	has_link on_host d0 || die "d0 is gone"
	devices '{"lo": {}}'
	create_fails 'linux\.netDevices\.lo: .*loopback'
	devices '{"d0": {"name": "abcdefghijklmnop"}}'
	create_fails 'linux\.netDevices\.d0\.name: '
	devices '{"d0": {}, "d1": {"name": "d0"}}'
	create_fails 'linux\.netDevices\.d1: two devices'
	devices '{"d0": {}}'
	ns_add network "/proc/$HOST/ns/net"
	create_fails 'linux\.netDevices: would change the host'
	ns_del network
	create_fails 'linux\.netDevices: needs a network namespace'
	has_link on_host d0 || die "d0 is gone"
}

# A bridge belongs to its namespace; the kernel says so only when it is asked to move it.
# shows: linux.netDevices.check-possible linux.netDevices.multiple
test_a_failure_brings_back_what_was_moved()
{
	net_host
	dress_d0
	INDEX=$(link on_host d0 ifindex)
	on_host ip link add br0 type bridge || skip "no bridge"
	devices '{"d0": {"name": "ctr0"}, "br0": {}}'
	create_fails 'linux\.netDevices\.br0: move the network device: invalid argument'
	assert_d0_as_it_was
}

# A number that is taken on the other side, and a failure long after the move.
test_a_failing_hook_brings_it_back()
{
	net_host
	hold_net
	dress_d0
	INDEX=$(link on_host d0 ifindex)
	in_net "$HELD" ip link add name taken index "$INDEX" type veth peer name other
	ns_add network "/proc/$HELD/ns/net"
	printf '#!/bin/sh\nip -j link show dev ctr0 >/mnt/test/seen\nexit 3\n' >/mnt/test/hook
	chmod +x /mnt/test/hook
	cfg --arg n "/proc/$HELD/ns/net" '.linux.netDevices = {d0: {name: "ctr0"}} | .hooks.createRuntime = [
		{path: "/usr/bin/nsenter", args: ["nsenter", "--net=\($n)", "/mnt/test/hook"], env: ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"]}]'
	create_fails 'hooks\.createRuntime'
	assert_eq "$(jq -r '.[0].ifname' /mnt/test/seen)" ctr0 "what the hook has seen"
	assert_d0_as_it_was
	devices '{"d0": {}}'
	cfg 'del(.hooks)'
	args /bin/nosuch
	create_fails 'nosuch'
	assert_d0_as_it_was
}

test_kernel_parameters_of_a_device()
{
	net_host
	devices '{"d0": {"name": "ctr0"}}'
	cfg '.linux.sysctl = {"net.ipv4.conf.ctr0.arp_filter": "1"}'
	probe read /proc/sys/net/ipv4/conf/ctr0/arp_filter
	run_ok
	assert_contains "$OUT" "arp_filter=1"
	assert_clean
}

test_with_a_user_namespace()
{
	net_host
	dress_d0
	userns
	devices '{"d0": {}}'
	create_ok
	assert_eq "$(addresses inside d0)" "$(echo 10.1.2.3/24 10.1.2.4/24 $V6)"
	delete_ok --force
	on_host ip link add d0 type veth peer name p2
	# namespaces that berth-init makes itself, as it joins another
	unshare --uts sleep 300 &
	wait_for 5 file_has "/proc/$!/comm" '^sleep$' || die "no holder"
	ns_add uts "/proc/$!/ns/uts"
	cfg 'del(.hostname)'
	create_ok
	has_link inside d0 || die "d0 is not there"
	delete_ok --force
	assert_clean
}

test_plan_shows_the_devices()
{
	bundle_new
	ns_add network
	devices '{"d0": {"name": "ctr0"}, "d1": {}}'
	rt_ok plan "$B"
	assert_re '^host net-devices +d0 as ctr0, d1  <- linux\.netDevices$'
}

# hardware: a device of the virtual machine's own, in the first network namespace and used by nobody
hardware()
{
	local at
	[ "$(cat /proc/sys/kernel/hostname)" = berth-vm ] || skip "the network devices of this machine are not for tests"
	modprobe -q virtio_net
	for at in /sys/class/net/*; do
		if [ "$(<"$at/address")" = 02:00:00:be:47:01 ]; then
			DEVICE=${at##*/}
			return
		fi
	done
	skip "no network device of hardware"
}

has_hardware()
{
	[ -e "/sys/class/net/$DEVICE" ]
}

# It is not destroyed with the namespace: the kernel gives it back to the first one.
test_hardware_comes_back()
{
	local how
	hardware
	ip link set "$DEVICE" mtu 1400
	bundle_new
	ns_add network
	args /bin/sleep 100
	devices "{\"$DEVICE\": {\"name\": \"uplink\"}}"
	for how in delete create; do
		create_ok
		! has_hardware || die "it is still on the host"
		assert_eq "$(nsenter --net="/proc/$(pid_of)/ns/net" cat /sys/class/net/uplink/mtu 2>/dev/null || link inside uplink mtu)" 1400
		delete_ok --force
		# under the name that it had inside, as the kernel has it
		DEVICE=uplink
		wait_for 10 has_hardware || die "it did not come back"
		devices '{"uplink": {}}'
	done
	# and a create that fails brings it back by itself
	cfg '.hooks.createRuntime = [{path: "/bin/false"}]'
	create_fails createRuntime
	has_hardware || die "it is gone after a failing create"
	assert_clean
}
