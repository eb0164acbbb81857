# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.resources: what the kernel's files hold afterwards, what the limits do, and what is refused. "shows:" lines
# name the requirements that a test shows.

. "$REPO/tests/integration/cgroups.inc"

# --- memory --------------------------------------------------------------------------------------------------------

# shows: linux.resources.memory linux.resources.memory.limit linux.resources.memory.limit.unlimited
# shows: linux.resources.memory.limit.zero linux.resources.memory.reservation
# shows: linux.resources.memory.useHierarchy linux.resources.memory.disableOOMKiller
test_memory()
{
	needs memory
	limits_both_ways <<-'EOT'
	{"memory": {"limit": 67108864}}                             | memory.max | 67108864
	{"memory": {"limit": -1}}                                   | memory.max | max
	{"memory": {"limit": 0}}                                    | memory.max | max
	{"memory": {"reservation": 33554432}}                       | memory.low | 33554432
	{"memory": {"reservation": -1}}                             | memory.low | max
	{"memory": {"limit": 67108864, "reservation": 33554432}}    | memory.max | 67108864
	{"memory": {"limit": 67108864, "disableOOMKiller": false}}  | memory.max | 67108864
	{"memory": {}}                                              | memory.max | max
	EOT
	# what v2 does anyway may be asked for
	is_berth || return 0
	limits_both_ways <<-'EOT'
	{"memory": {"limit": 67108864, "useHierarchy": true}}               | memory.max | 67108864
	{"memory": {"limit": 67108864, "kernel": -1, "kernelTCP": 0}}       | memory.max | 67108864
	EOT
}

# shows: linux.resources.memory.swap linux.resources.memory.swap.equal-limit linux.resources.memory.swap.unlimited
# shows: linux.resources.memory.limit-unlimited-swap-unset linux.resources.v1-to-v2.convert
test_memory_swap()
{
	needs memory
	[ -e /proc/swaps ] || skip "no swap in this kernel"
	limits_both_ways <<-'EOT'
	{"memory": {"limit": 67108864, "swap": 100663296}} | memory.swap.max | 33554432
	{"memory": {"limit": 67108864, "swap": 100663296}} | memory.max      | 67108864
	{"memory": {"limit": 67108864, "swap": 67108864}}  | memory.swap.max | 0
	{"memory": {"limit": 67108864, "swap": -1}}        | memory.swap.max | max
	{"memory": {"limit": 67108864, "swap": 0}}         | memory.swap.max | max
	{"memory": {"swap": -1}}                           | memory.swap.max | max
	EOT
	# an unlimited memory takes the limit of swap away with it
	sleeper
	set_limits '{"memory": {"limit": 67108864, "swap": 67108864}}'
	create_ok
	has_limit memory.swap.max 0
	rt_ok update --resources - "$ID" <<<'{"memory": {"limit": -1}}'
	has_limit memory.max max
	has_limit memory.swap.max max
	delete_ok --force
}

# shows: linux.resources.memory.swap.below-limit linux.resources.memory.swap.without-limit
# shows: linux.resources.v1-to-v2.error
test_memory_swap_that_cannot_be_converted()
{
	needs memory
	refused update <<-'EOT'
	{"memory": {"limit": 67108864, "swap": 33554432}} | linux\.resources\.memory\.swap.* less than the memory limit
	{"memory": {"limit": -1, "swap": 33554432}}       | linux\.resources\.memory\.swap.* is -1
	EOT
	refused <<-'EOT'
	{"memory": {"swap": 67108864}}                    | linux\.resources\.memory\.swap.* without memory\.limit
	EOT
}

# shows: linux.resources.memory.kernel linux.resources.memory.kernelTCP linux.resources.memory.swappiness
# shows: linux.resources.memory.disableOOMKiller linux.resources.memory.useHierarchy linux.resources.v1-to-v2.error
# shows: linux.resources.memory.kernel.not-recommended linux.resources.memory.kernelTCP.not-recommended
test_memory_that_only_v1_has()
{
	refused update <<-'EOT'
	{"memory": {"kernel": 16777216}}       | linux\.resources\.memory\.kernel: cgroup v2 has no such limit
	{"memory": {"kernelTCP": 16777216}}    | linux\.resources\.memory\.kernelTCP: cgroup v2 has no such limit
	{"memory": {"swappiness": 10}}         | linux\.resources\.memory\.swappiness: .* cgroup v2
	{"memory": {"swappiness": 101}}        | linux\.resources\.memory\.swappiness
	{"memory": {"disableOOMKiller": true}} | linux\.resources\.memory\.disableOOMKiller: .* cgroup v2
	{"memory": {"useHierarchy": false}}    | linux\.resources\.memory\.useHierarchy: cgroup v2
	EOT
	rt_ok spec --bundle "$(mktemp -d -p /mnt/test)"
	! grep -q '"kernel' /mnt/test/tmp.*/config.json || die "the template has a limit of kernel memory"
}

# Fills 64 MiB of the container's memory (its tmpfs is charged to it) and stays.
filler()
{
	bundle_new
	mount_add /fill tmpfs tmpfs
	args /bin/sh -c 'head -c 64m /dev/zero >/fill/f; echo filled; exec sleep 1000'
}

# shows: linux.resources.memory.checkBeforeUpdate linux.resources.memory.checkBeforeUpdate.check
# shows: linux.resources.memory.checkBeforeUpdate.reject
test_memory_check_before_update()
{
	needs memory
	filler
	set_limits '{"memory": {"limit": 134217728}}'
	up
	wait_for 10 file_has "$B/out" filled || die "memory is not filled"
	rt_fails "$(is_berth && echo 'memory\.limit: 33554432 is lower than the memory in use')" \
		update -r - "$ID" <<<'{"memory": {"limit": 33554432, "checkBeforeUpdate": true}}'
	has_limit memory.max 134217728
	assert_eq "$(status)" running
	assert_match "$(<"$(limits_dir)/memory.events")" '^oom_kill 0'
	rt_ok update -r - "$ID" <<<'{"memory": {"limit": 100663296, "checkBeforeUpdate": true}}'
	has_limit memory.max 100663296
	# without it the kernel does what it does
	rt update -r - "$ID" <<<'{"memory": {"limit": 33554432, "swap": 33554432}}'
	wait_status stopped
	delete_ok
	assert_clean
}

# shows: linux.resources.memory.limit
test_memory_limit_kills()
{
	needs memory
	bundle_new
	set_limits '{"memory": {"limit": 33554432, "swap": 33554432}}'
	mount_add /fill tmpfs tmpfs
	args /bin/sh -c 'head -c 128m /dev/zero >/fill/f; echo survived $?'
	# the shell or what it started: whichever the kernel takes
	rt run --bundle "$B" "$ID"
	assert_no_re 'survived 0'
	args /bin/busybox dd if=/dev/zero of=/fill/f bs=1M count=128
	run_status 137
	assert_clean
}

# --- cpu -----------------------------------------------------------------------------------------------------------

# shows: linux.resources.cpu.shares linux.resources.cpu.shares.conversion linux.resources.cpu.shares.zero
test_cpu_shares()
{
	needs cpu
	limits_both_ways <<-'EOT'
	{"cpu": {"shares": 2}}       | cpu.weight | 1
	{"cpu": {"shares": 1}}       | cpu.weight | 1
	{"cpu": {"shares": 102}}     | cpu.weight | 17
	{"cpu": {"shares": 512}}     | cpu.weight | 59
	{"cpu": {"shares": 1024}}    | cpu.weight | 100
	{"cpu": {"shares": 2048}}    | cpu.weight | 174
	{"cpu": {"shares": 10240}}   | cpu.weight | 639
	{"cpu": {"shares": 262144}}  | cpu.weight | 10000
	{"cpu": {"shares": 9999999}} | cpu.weight | 10000
	{"cpu": {"shares": 0}}       | cpu.weight | 100
	EOT
}

# shows: linux.resources.cpu linux.resources.cpu.quota linux.resources.cpu.period
test_cpu_bandwidth()
{
	needs cpu
	limits_both_ways <<-'EOT'
	{"cpu": {"quota": 50000}}                    | cpu.max | 50000 100000
	{"cpu": {"quota": 50000, "period": 200000}}  | cpu.max | 50000 200000
	{"cpu": {"period": 50000}}                   | cpu.max | max 50000
	{"cpu": {"quota": -1, "period": 50000}}      | cpu.max | max 50000
	{"cpu": {"quota": -1}}                       | cpu.max | max 100000
	{"cpu": {"quota": 0}}                        | cpu.max | max 100000
	EOT
	refused update <<-'EOT'
	{"cpu": {"quota": 1}}                        | linux\.resources\.cpu\.quota: write "1" to cpu\.max
	{"cpu": {"quota": 50000, "period": 5}}       | linux\.resources\.cpu\.quota: write "50000 5" to cpu\.max
	EOT
	# one alone keeps the other
	sleeper
	set_limits '{"cpu": {"quota": 30000, "period": 60000}}'
	create_ok
	rt_ok update --resources - "$ID" <<<'{"cpu": {"quota": 20000}}'
	has_limit cpu.max '20000 60000'
	rt_ok update --resources - "$ID" <<<'{"cpu": {"period": 40000}}'
	is_berth && has_limit cpu.max '20000 40000'
	rt_ok update --resources - "$ID" <<<'{"cpu": {"quota": -1}}'
	has_limit cpu.max "$(is_berth && echo 'max 40000' || echo 'max 100000')"
	delete_ok --force
}

# shows: linux.resources.cpu.quota
test_cpu_quota_throttles()
{
	needs cpu
	bundle_new
	set_limits '{"cpu": {"quota": 2000, "period": 20000}}'
	args /bin/sh -c 'while :; do :; done'
	up
	wait_for 10 file_has "$(limits_dir)/cpu.stat" '^nr_throttled [1-9]' || die "not throttled"
	delete_ok --force
}

# shows: linux.resources.cpu.burst linux.resources.cpu.burst.le-quota
# shows: linux.resources.cpu.quota.ge-burst linux.resources.cpu.quota.ge-burst.error
test_cpu_burst()
{
	needs cpu
	limits_both_ways <<-'EOT'
	{"cpu": {"quota": 50000, "burst": 20000}}    | cpu.max.burst | 20000
	{"cpu": {"quota": 50000, "burst": 50000}}    | cpu.max.burst | 50000
	{"cpu": {"quota": 50000, "burst": 0}}        | cpu.max.burst | 0
	EOT
	refused update <<-'EOT'
	{"cpu": {"quota": 50000, "burst": 60000}}    | linux\.resources\.cpu\.burst.* more than the quota
	EOT
	# both grow and both shrink in one update, whatever the kernel demands in between
	sleeper
	set_limits '{"cpu": {"quota": 50000, "burst": 20000}}'
	create_ok
	rt_ok update --resources - "$ID" <<<'{"cpu": {"quota": 90000, "burst": 80000}}'
	has_limit cpu.max.burst 80000
	has_limit cpu.max '90000 100000'
	is_berth || return 0 # others lower the quota first, which the kernel refuses
	rt_ok update --resources - "$ID" <<<'{"cpu": {"quota": 30000, "burst": 10000}}'
	has_limit cpu.max.burst 10000
	has_limit cpu.max '30000 100000'
	delete_ok --force
}

# shows: linux.resources.cpu.idle
test_cpu_idle()
{
	needs cpu
	limits_both_ways <<-'EOT'
	{"cpu": {"idle": 1}}                  | cpu.idle   | 1
	{"cpu": {"idle": 0}}                  | cpu.idle   | 0
	{"cpu": {"idle": 0, "shares": 2048}}  | cpu.weight | 174
	EOT
	sleeper
	set_limits '{"cpu": {"idle": 1, "shares": 2048}}'
	create_ok
	has_limit cpu.idle 1
	# and back
	rt_ok update --resources - "$ID" <<<'{"cpu": {"idle": 0, "shares": 2048}}'
	has_limit cpu.idle 0
	has_limit cpu.weight 174
	delete_ok --force
	refused update <<<'{"cpu": {"idle": 2}} | linux\.resources\.cpu\.idle.* neither 0 nor 1'
}

# shows: linux.resources.cpu.realtimeRuntime linux.resources.cpu.realtimePeriod linux.resources.v1-to-v2.error
test_cpu_realtime()
{
	needs cpu
	refused update <<-'EOT'
	{"cpu": {"realtimeRuntime": 950000}}  | linux\.resources\.cpu\.realtimeRuntime: cannot be set on cgroup v2
	{"cpu": {"realtimePeriod": 1000000}}  | linux\.resources\.cpu\.realtimePeriod: cannot be set on cgroup v2
	EOT
	is_berth || return 0
	limits_both_ways <<<'{"cpu": {"realtimeRuntime": 0, "realtimePeriod": 0, "shares": 2}} | cpu.weight | 1'
}

# shows: linux.resources.cpu linux.resources.cpu.cpus linux.resources.cpu.mems
test_cpuset()
{
	needs cpuset
	limits_both_ways <<-'EOT'
	{"cpu": {"cpus": "0"}}                | cpuset.cpus | 0
	{"cpu": {"cpus": "0-1"}}              | cpuset.cpus | 0-1
	{"cpu": {"cpus": "1", "mems": "0"}}   | cpuset.mems | 0
	EOT
	refused update <<-'EOT'
	{"cpu": {"cpus": "99999"}}            | linux\.resources\.cpu\.cpus: "99999" is not a list
	{"cpu": {"cpus": "900"}}              | linux\.resources\.cpu\.cpus: write "900" to cpuset\.cpus
	{"cpu": {"cpus": "a"}}                | linux\.resources\.cpu\.cpus
	{"cpu": {"mems": "5"}}                | linux\.resources\.cpu\.mems: write "5" to cpuset\.mems
	{"cpu": {"mems": "x"}}                | linux\.resources\.cpu\.mems
	EOT
	bundle_new
	set_limits '{"cpu": {"cpus": "1", "mems": "0"}}'
	args /bin/sh -c 'grep _allowed_list: /proc/self/status'
	run_ok
	assert_re '^Cpus_allowed_list:[[:blank:]]1$'
	assert_re '^Mems_allowed_list:[[:blank:]]0$'
}

# --- pids ----------------------------------------------------------------------------------------------------------

# shows: linux.resources.pids linux.resources.pids.limit linux.resources.pids.limit.unlimited
# shows: linux.resources.pids.limit.zero
test_pids()
{
	needs pids
	limits_both_ways <<-'EOT'
	{"pids": {"limit": 20}} | pids.max | 20
	{"pids": {"limit": -1}} | pids.max | max
	EOT
	is_berth || return 0 # others take 0 for 1 or for none
	limits_both_ways <<<'{"pids": {"limit": 0}} | pids.max | 0'
}

# shows: linux.resources.pids.limit
test_pids_absent_member()
{
	local default
	needs pids
	sleeper
	create_ok
	default=$(<"$(limits_dir)/pids.max")
	delete_ok --force
	limits_both_ways <<<"{\"pids\": {}} | pids.max | $default"
}

# shows: linux.resources.pids.limit linux.resources.pids.limit.zero
test_pids_limit_stops_forks()
{
	needs pids
	bundle_new
	set_limits '{"pids": {"limit": 5}}'
	args /bin/sh -c 'for i in 1 2 3 4 5 6; do sleep 100 & echo started $i; done'
	rt run --bundle "$B" "$ID"
	assert_line 'started 4'
	assert_no_re 'started 6'
	assert_match "$ERR" "[Cc]an't fork|Resource temporarily unavailable"
	is_berth || return 0
	set_limits '{"pids": {"limit": 0}}'
	args /bin/sh -c 'echo alone; (true); echo forked'
	rt run --bundle "$B" "$ID"
	assert_line alone
	assert_no_re forked
	assert_clean
}

# --- network -------------------------------------------------------------------------------------------------------

# shows: linux.resources.network linux.resources.network.classID linux.resources.network.priorities
# shows: linux.resources.v1-to-v2.error
test_network()
{
	refused update <<-'EOT'
	{"network": {"classID": 1048577}}                             | linux\.resources\.network\.classID: cgroup v2 has no net_cls
	{"network": {"priorities": [{"name": "lo", "priority": 500}]}} | linux\.resources\.network\.priorities: cgroup v2 has no net_prio
	EOT
	is_berth || return 0
	sleeper
	set_limits '{"network": {}}'
	create_ok
	delete_ok --force
}

# shows: linux.resources.network.priorities.name linux.resources.network.priorities.priority
test_network_incomplete()
{
	refused <<-'EOT'
	{"network": {"priorities": [{"priority": 500}]}} | linux\.resources\.network\.priorities\[0\].*name
	{"network": {"priorities": [{"name": "lo"}]}}    | linux\.resources\.network\.priorities\[0\].*priority
	EOT
}

# --- unified -------------------------------------------------------------------------------------------------------

# shows: linux.resources.unified linux.resources.unified.unknown-file linux.resources.unified.precedence
test_unified()
{
	limits_both_ways <<-'EOT'
	{"unified": {"cgroup.max.depth": "5"}}                              | cgroup.max.depth       | 5
	{"unified": {"cgroup.max.descendants": "7"}}                        | cgroup.max.descendants | 7
	EOT
	needs pids memory cpu
	limits_both_ways <<-'EOT'
	{"unified": {"pids.max": "30", "memory.high": "50003968"}}          | pids.max               | 30
	{"unified": {"pids.max": "30", "memory.high": "50003968"}}          | memory.high            | 50003968
	{"unified": {"memory.min": "8192", "memory.oom.group": "1"}}        | memory.oom.group       | 1
	{"unified": {"memory.min": "8192"}}                                 | memory.min             | 8192
	{"unified": {"cpu.weight.nice": "-5"}}                              | cpu.weight.nice        | -5
	{"pids": {"limit": 20}, "unified": {"pids.max": "30"}}              | pids.max               | 30
	{"memory": {"limit": 1048576}, "unified": {"memory.max": "max"}}    | memory.max             | max
	EOT
}

# shows: linux.resources.unified.enable-controllers
test_unified_enables_controllers()
{
	local c
	for c in pids cpu memory; do
		has_controller $c || skip "no $c controller"
	done
	sleeper
	set_limits '{"unified": {"pids.max": "30", "cpu.weight": "7"}}'
	[ "${DRIVER:-cgroupfs}" != cgroupfs ] || assert_eq "$(</sys/fs/cgroup/cgroup.subtree_control)" ""
	create_ok
	has_limit pids.max 30
	has_limit cpu.weight 7
	assert_match "$(<"$(limits_dir)/../cgroup.subtree_control")" 'pids'
	delete_ok --force
}

# shows: linux.resources.unified.missing-controller linux.resources.unified.missing-file
# shows: linux.resources.unified.path-separator
test_unified_refused()
{
	local missing='cgroup controller "[a-z]+" is not available'
	refused update <<-EOT
	{"unified": {"bogus.x": "1"}}              | linux\\.resources\\.unified.*$missing
	{"unified": {"cgroup.nope": "1"}}          | linux\\.resources\\.unified.*no cgroup file "cgroup\\.nope"
	{"unified": {"../x": "1"}}                 | linux\\.resources\\.unified.*not a file of a cgroup
	{"unified": {"a/b": "1"}}                  | linux\\.resources\\.unified.*not a file of a cgroup
	{"unified": {"..": "1"}}                   | linux\\.resources\\.unified.*not a file of a cgroup
	EOT
	has_controller pids || return 0
	refused update <<<'{"unified": {"pids.nope": "1"}} | linux\.resources\.unified.*no cgroup file "pids\.nope"'
	has_controller rdma || refused update <<<'{"unified": {"rdma.max": "x hca_handle=1"}} | '"$missing"
	has_controller memory && refused <<<'{"unified": {"memory.max": "many"}} | linux\.resources\.unified.*write "many" to memory\.max'
}

# shows: linux.resources.unified.missing-controller
test_unified_acts_on_nothing()
{
	is_berth || skip "berth's own rule"
	refused update <<-'EOT'
	{"unified": {"cgroup.kill": "1"}}                | cannot be set by a config
	{"unified": {"cgroup.freeze": "1"}}              | cannot be set by a config
	{"unified": {"cgroup.procs": "1"}}               | cannot be set by a config
	{"unified": {"cgroup.threads": "1"}}             | cannot be set by a config
	{"unified": {"cgroup.type": "threaded"}}         | cannot be set by a config
	{"unified": {"cgroup.subtree_control": "+pids"}} | cannot be set by a config
	{"unified": {"cgroup.max.depth": "5\u0001"}}     | must not contain control characters
	EOT
}
