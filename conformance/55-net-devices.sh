# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.netDevices, with the helpers of berth's own tests: the host is a network namespace of the test's own.
. "$REPO/conformance/lib.sh"
. "$REPO/tests/integration/57-net-devices.sh"

# shows: linux.netDevices.available
# broken: config 'del(.linux.netDevices)'
# broken: config '.linux.netDevices.d0.name = "other"'
test_available()
{
	net_host
	devices '{"d0": {}}'
	create_ok
	has_link inside d0 || die "d0 is not inside"
	! has_link on_host d0 || die "d0 is still on the host"
}

# shows: linux.netDevices.name
# broken: config 'del(.linux.netDevices.d0.name)'
test_name()
{
	net_host
	devices '{"d0": {"name": "ctr0"}}'
	create_ok
	has_link inside ctr0 || die "ctr0 is not inside"
	! has_link inside d0 || die "d0 has kept its name"
}

# shows: linux.netDevices.preserve-attributes
# broken: after create 'nsenter -t "$pid" --net ip link set d0 mtu 1400'
# broken: after create 'nsenter -t "$pid" --net ip link set d0 txqueuelen 1000'
test_attributes()
{
	net_host
	dress_d0
	devices '{"d0": {}}'
	create_ok
	assert_eq "$(link inside d0 mtu)" 1350
	assert_eq "$(link inside d0 address)" 02:00:00:00:00:07
	assert_eq "$(link inside d0 txqlen)" 500
}

# shows: linux.netDevices.preserve-addresses
# broken: after create 'nsenter -t "$pid" --net ip addr del 10.1.2.3/24 dev d0'
test_addresses()
{
	net_host
	dress_d0
	devices '{"d0": {}}'
	create_ok
	for a in 10.1.2.3/24 10.1.2.4/24 $V6; do
		assert_contains " $(addresses inside d0) " " $a "
	done
}

# shows: linux.netDevices.addresses-filter
# broken: after create 'nsenter -t "$pid" --net ip addr add 169.254.1.1/16 scope link dev d0'
# broken: after create 'nsenter -t "$pid" --net ip addr add 10.9.9.9/24 valid_lft 100 preferred_lft 100 dev d0'
test_addresses_that_stay()
{
	net_host
	dress_d0
	devices '{"d0": {}}'
	create_ok
	for a in 169.254.1.1/16 10.9.9.9/24; do
		[[ " $(addresses inside d0) " != *" $a "* ]] || die "$a was taken along"
	done
}

# shows: linux.netDevices.up
# broken: after create 'nsenter -t "$pid" --net ip link set d0 down'
test_up()
{
	net_host
	devices '{"d0": {}}'
	create_ok
	assert_match "$(link inside d0 'flags | join(",")')" '(^|,)UP'
}

# shows: linux.netDevices.multiple
# broken: config 'del(.linux.netDevices.d1)'
test_multiple()
{
	net_host
	devices '{"d0": {}, "d1": {"name": "x1"}}'
	create_ok
	has_link inside d0 && has_link inside x1 || die "not both are inside"
}

# shows: linux.netDevices.multiple
# broken: config 'del(.linux.netDevices.nosuch)'
test_one_that_is_missing()
{
	net_host
	devices '{"d0": {}, "nosuch": {}}'
	is_refused "a device that does not exist"
	has_link on_host d0 || die "d0 is gone"
}

# shows: linux.netDevices.name-template
# broken: config '.linux.netDevices.d0.name = "d0"'
test_template()
{
	net_host
	hold_net
	in_net "$HELD" ip link add eth0 type veth peer name other
	ns_add network "/proc/$HELD/ns/net"
	devices '{"d0": {"name": "eth%d"}}'
	create_ok
	has_link inside eth1 || die "no eth1 inside: $(inside ip -br link)"
}

# shows: linux.netDevices.name-conflict
# broken: undo
test_conflict()
{
	net_host
	hold_net
	in_net "$HELD" ip link add ctr0 type veth peer name other
	ns_add network "/proc/$HELD/ns/net"
	edit '.linux.netDevices = {d0: {name: "ctr0"}}'
	is_refused "a name that is taken"
	has_link on_host d0 || die "d0 is gone"
}

# shows: linux.netDevices.no-lifecycle-management linux.netDevices.no-move-back
# broken: after delete 'nsenter --net=$(ls -d /proc/[0-9]*/ns/net | while read -r n; do nsenter --net=$n ip link show ctr0 >/dev/null 2>&1 && echo $n && break; done) ip link del ctr0'
# broken: before kill 'nsenter -t "$pid" --net ip link set ctr0 up'
test_left_alone()
{
	net_host
	hold_net
	ns_add network "/proc/$HELD/ns/net"
	devices '{"d0": {"name": "ctr0"}}'
	up
	inside ip link set ctr0 down
	inside ip addr flush dev ctr0
	inside ip addr add 10.5.5.5/24 dev ctr0
	rt_ok state "$ID"
	stop
	rt_ok "${DELETE[@]}" "$ID"
	! has_link on_host d0 || die "the device came back"
	assert_eq "$(in_net "$HELD" ip -j addr show dev ctr0 | jq -r '.[0].addr_info[0].local')" 10.5.5.5
	assert_eq "$(in_net "$HELD" ip -j link show dev ctr0 | jq -r '.[0].flags | if index("UP") then "up" else "down" end')" down
}

# shows: linux.netDevices.requires-netns linux.netDevices.check-possible
# broken: undo
test_not_possible()
{
	net_host
	cp "$B/config.json" "$B/.base.json"
	edit '.linux.netDevices = {d0: {name: "abcdefghijklmnop"}}'
	is_refused "a name of 16 characters"
	cp "$B/.base.json" "$B/config.json"
	ns_del network
	cp "$B/config.json" "$B/.before.json"
	devices '{"d0": {}}'
	is_refused "no network namespace"
	has_link on_host d0 || die "d0 is gone"
}
