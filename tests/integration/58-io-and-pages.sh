# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.resources, the part that needs devices: blockIO, huge pages, rdma, and the device filter.

. "$REPO/tests/integration/cgroups.inc"

# --- blockIO -------------------------------------------------------------------------------------------------------

# shows: linux.resources.blockIO linux.resources.blockIO.throttleReadBpsDevice
# shows: linux.resources.blockIO.throttleWriteBpsDevice linux.resources.blockIO.throttleReadIOPSDevice
# shows: linux.resources.blockIO.throttleWriteIOPSDevice linux.resources.v1-to-v2.convert
test_io_throttles()
{
	local dev of
	needs io
	dev=$(some_disk) || skip "no disk"
	of="\"major\": ${dev%:*}, \"minor\": ${dev#*:}"
	limits_both_ways <<-EOT
	{"blockIO": {"throttleReadBpsDevice": [{$of, "rate": 1048576}]}}  | io.max | $dev rbps=1048576 wbps=max riops=max wiops=max
	{"blockIO": {"throttleWriteBpsDevice": [{$of, "rate": 2097152}]}} | io.max | $dev rbps=max wbps=2097152 riops=max wiops=max
	{"blockIO": {"throttleReadIOPSDevice": [{$of, "rate": 300}]}}     | io.max | $dev rbps=max wbps=max riops=300 wiops=max
	{"blockIO": {"throttleWriteIOPSDevice": [{$of, "rate": 400}]}}    | io.max | $dev rbps=max wbps=max riops=max wiops=400
	EOT
	sleeper
	set_limits "{\"blockIO\": {\"throttleReadBpsDevice\": [{$of, \"rate\": 1048576}],
		\"throttleWriteIOPSDevice\": [{$of, \"rate\": 400}]}}"
	create_ok
	has_limit io.max "$dev rbps=1048576 wbps=max riops=max wiops=400"
	# an update changes the word it names
	rt_ok update -r - "$ID" <<<"{\"blockIO\": {\"throttleReadBpsDevice\": [{$of, \"rate\": 2048}]}}"
	has_limit io.max "$dev rbps=2048 wbps=max riops=max wiops=400"
	delete_ok --force
	is_berth || return 0 # 0 is no rate for others
	set_limits "{\"blockIO\": {\"throttleReadBpsDevice\": [{$of, \"rate\": 1048576}, {$of, \"rate\": 0}]}}"
	create_ok
	assert_eq "$(<"$(limits_dir)/io.max")" ""
	delete_ok --force
	assert_clean
}

# shows: linux.resources.unified
test_io_max_by_unified()
{
	local dev
	needs io
	dev=$(some_disk) || skip "no disk"
	limits_both_ways <<<"{\"unified\": {\"io.max\": \"$dev rbps=4096\\n$dev wiops=9\"}} | io.max | $dev rbps=4096 wbps=max riops=max wiops=9"
}

# shows: linux.resources.blockIO.throttleReadBpsDevice.major-minor linux.resources.blockIO.throttleReadBpsDevice.rate
# shows: linux.resources.blockIO.throttleWriteBpsDevice.major-minor linux.resources.blockIO.throttleWriteBpsDevice.rate
# shows: linux.resources.blockIO.throttleReadIOPSDevice.major-minor linux.resources.blockIO.throttleReadIOPSDevice.rate
# shows: linux.resources.blockIO.throttleWriteIOPSDevice.major-minor linux.resources.blockIO.throttleWriteIOPSDevice.rate
test_io_throttles_that_are_incomplete()
{
	local kind
	for kind in ReadBps WriteBps ReadIOPS WriteIOPS; do
		refused <<-EOT
		{"blockIO": {"throttle${kind}Device": [{"minor": 0, "rate": 1}]}}    | throttle${kind}Device\\[0\\].*major
		{"blockIO": {"throttle${kind}Device": [{"major": 7, "rate": 1}]}}    | throttle${kind}Device\\[0\\].*minor
		{"blockIO": {"throttle${kind}Device": [{"major": 7, "minor": 0}]}}   | throttle${kind}Device\\[0\\].*rate
		EOT
	done
	has_controller io || return 0
	refused update <<<'{"blockIO": {"throttleReadBpsDevice": [{"major": 4000, "minor": 9, "rate": 1}]}} | throttleReadBpsDevice\[0\]: write "4000:9 rbps=1" to io\.max'
}

# shows: linux.resources.blockIO.leafWeight linux.resources.blockIO.weightDevice.leafWeight
# shows: linux.resources.blockIO.weightDevice.both linux.resources.blockIO.weightDevice.one-of
# shows: linux.resources.blockIO.weightDevice.major-minor linux.resources.v1-to-v2.error
test_io_weights_that_are_wrong()
{
	local device='"major": 7, "minor": 0'
	refused update <<-EOT
	{"blockIO": {"leafWeight": 100}}                                              | blockIO\\.leafWeight: cannot be set on cgroup v2
	{"blockIO": {"weightDevice": [{"major": 7, "weight": 100}]}}                  | weightDevice\\[0\\].*minor
	{"blockIO": {"weightDevice": [{"minor": 7, "weight": 100}]}}                  | weightDevice\\[0\\].*major
	EOT
	is_berth || skip "others take the rest"
	refused update <<-EOT
	{"blockIO": {"weightDevice": [{$device}]}}                                    | weightDevice\\[0\\].* at least one of weight and leafWeight
	{"blockIO": {"weightDevice": [{$device, "leafWeight": 100}]}}                 | weightDevice\\[0\\]\\.leafWeight: cannot be set on cgroup v2
	{"blockIO": {"weightDevice": [{$device, "weight": 100, "leafWeight": 100}]}}  | weightDevice\\[0\\]\\.leafWeight: cannot be set on cgroup v2
	{"blockIO": {"weight": 9}}                                                    | blockIO\\.weight.* 10 .*1000
	{"blockIO": {"weight": 1001}}                                                 | blockIO\\.weight.* 10 .*1000
	EOT
}

# BFQ and what remains without it, in one test, as the module is the whole machine's.
# shows: linux.resources.blockIO.weight linux.resources.blockIO.weightDevice linux.resources.blockIO.weightDevice.weight
test_io_weights()
{
	local dev disk of old
	needs io
	sleeper
	create_ok
	[ -e "$(limits_dir)/io.bfq.weight" ] || { delete_ok --force; skip "no BFQ in this kernel"; }
	delete_ok --force
	dev=$(some_disk)
	disk=$(basename "$(readlink -f "/sys/dev/block/$dev")")
	of="\"major\": ${dev%:*}, \"minor\": ${dev#*:}"
	old=$(sed 's/.*\[\(.*\)\].*/\1/' "/sys/block/$disk/queue/scheduler")
	limits_both_ways <<-EOT
	{"blockIO": {"weight": 300}}                                   | io.bfq.weight | default 300
	{"blockIO": {"weight": 10}}                                    | io.bfq.weight | default 10
	{"blockIO": {"weight": 1000}}                                  | io.bfq.weight | default 1000
	{"blockIO": {"weight": 0}}                                     | io.bfq.weight | default 100
	EOT
	echo bfq >"/sys/block/$disk/queue/scheduler" || die "no scheduler bfq for $disk"
	limits_both_ways <<<"{\"blockIO\": {\"weight\": 200, \"weightDevice\": [{$of, \"weight\": 500}]}} | io.bfq.weight | $dev 500"
	echo "$old" >"/sys/block/$disk/queue/scheduler"
	modprobe -r bfq || die "bfq cannot be removed"
	sleeper
	create_ok
	[ ! -e "$(limits_dir)/io.bfq.weight" ] || die "there is still a BFQ weight"
	[ -e "$(limits_dir)/io.weight" ] || skip "no weight of IO without BFQ"
	delete_ok --force
	limits_both_ways <<-EOT
	{"blockIO": {"weight": 10}}                                    | io.weight | default 1
	{"blockIO": {"weight": 100}}                                   | io.weight | default 910
	{"blockIO": {"weight": 1000}}                                  | io.weight | default 10000
	EOT
	# for a device it wants more than a weight, and says so
	refused update <<<"{\"blockIO\": {\"weightDevice\": [{$of, \"weight\": 100}]}} | weightDevice\[0\]\.weight: write \"$dev 910\" to io\.weight"
	modprobe bfq
}

# --- huge pages ----------------------------------------------------------------------------------------------------

# shows: linux.resources.hugepageLimits linux.resources.hugepageLimits.rsvd
test_hugepages()
{
	needs hugetlb
	limits_both_ways <<-'EOT'
	{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}                                        | hugetlb.2MB.max | 4194304
	{"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}                                              | hugetlb.2MB.max | 0
	EOT
	is_berth || return 0
	sleeper
	create_ok
	[ -e "$(limits_dir)/hugetlb.2MB.rsvd.max" ] || skip "this kernel does not account reservations"
	delete_ok --force
	limits_both_ways <<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]} | hugetlb.2MB.rsvd.max | 4194304'
}

# shows: linux.resources.hugepageLimits linux.resources.hugepageLimits.rsvd
test_hugepages_are_limited()
{
	local free
	has_controller hugetlb || skip "no hugetlb controller"
	free=$(sed -n 's/^HugePages_Free: *//p' /proc/meminfo)
	[ "${free:-0}" -ge 3 ] || skip "no three huge pages"
	bundle_new
	set_limits '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	# mmap(0, N, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB): 4 MB and 6 MB. A reservation
	# over the limit is refused at once; without that only using it would end the process.
	probe each syscall 9 0 6291456 3 0x40022 -1 , syscall 9 0 4194304 3 0x40022 -1
	run_ok
	assert_re '^syscall\.9=[0-9]+ errno=0$'
	is_berth && assert_line 'syscall.9=-1 errno=12'
	assert_clean
}

# shows: linux.resources.hugepageLimits.pageSize.required linux.resources.hugepageLimits.pageSize.format
# shows: linux.resources.hugepageLimits.limit.required
test_hugepages_that_are_wrong()
{
	refused update <<-'EOT'
	{"hugepageLimits": [{"limit": 4194304}]}                          | hugepageLimits\[0\].*pageSize
	{"hugepageLimits": [{"pageSize": "2MB"}]}                         | hugepageLimits\[0\].*limit
	{"hugepageLimits": [{"pageSize": "3MB", "limit": 4194304}]}       | hugepageLimits\[0\]
	{"hugepageLimits": [{"pageSize": "2mb", "limit": 4194304}]}       | hugepageLimits\[0\].*pageSize
	{"hugepageLimits": [{"pageSize": "2M", "limit": 4194304}]}        | hugepageLimits\[0\].*pageSize
	{"hugepageLimits": [{"pageSize": "2048KB", "limit": 4194304}]}    | hugepageLimits\[0\]
	{"hugepageLimits": [{"pageSize": "../2MB", "limit": 4194304}]}    | hugepageLimits\[0\].*pageSize
	EOT
}

# --- rdma ----------------------------------------------------------------------------------------------------------

# A device of software over a network device of software. It stays: kernels (seen: 6.12) crash when a device goes that
# a cgroup had a limit of which is gone.
rdma_device()
{
	[ ! -d /sys/class/infiniband/rxe0 ] || return 0
	[ "$(hostname)" = berth-vm ] || skip "the device could not be removed: only in the virtual machine"
	modprobe -q rdma_rxe && modprobe -q dummy || skip "no rdma_rxe in this kernel"
	ip link add berthd0 type dummy && ip link set berthd0 up && rdma link add rxe0 type rxe netdev berthd0 ||
		skip "no rdma device can be made"
}

# shows: linux.resources.rdma linux.resources.rdma.hcaHandles linux.resources.rdma.hcaObjects linux.resources.rdma.both
test_rdma()
{
	needs rdma
	is_berth || skip "others ignore it"
	rdma_device
	limits_both_ways <<-'EOT'
	{"rdma": {"rxe0": {"hcaHandles": 3, "hcaObjects": 10}}}   | rdma.max | rxe0 hca_handle=3 hca_object=10
	{"rdma": {"rxe0": {"hcaHandles": 3}}}                     | rdma.max | rxe0 hca_handle=3 hca_object=max
	{"rdma": {"rxe0": {"hcaObjects": 10}}}                    | rdma.max | rxe0 hca_handle=max hca_object=10
	EOT
	# all or nothing: the line of another update stays
	sleeper
	set_limits '{"rdma": {"rxe0": {"hcaHandles": 3}}}'
	create_ok
	rt_fails 'rdma\.nobody' update -r - "$ID" <<<'{"rdma": {"rxe0": {"hcaHandles": 4}, "nobody": {"hcaHandles": 1}}}'
	has_limit rdma.max 'rxe0 hca_handle=3 hca_object=max'
	delete_ok --force
	assert_clean
}

# shows: linux.resources.rdma.one-of linux.resources.rdma.unavailable
test_rdma_that_is_wrong()
{
	is_berth || skip "others ignore it"
	refused update <<-'EOT'
	{"rdma": {"rxe0": {}}}                        | rdma\.rxe0.*at least one of hcaHandles and hcaObjects
	{"rdma": {"no such": {"hcaHandles": 3}}}      | rdma
	{"rdma": {"nobody": {"hcaHandles": 3}}}       | rdma\.nobody
	EOT
	has_controller rdma && return 0
	refused update <<<'{"rdma": {"rxe0": {"hcaHandles": 3}}} | linux\.resources\.rdma\.rxe0: cgroup controller "rdma" is not available'
}
