# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.resources.devices as seen from inside, and the program that the kernel has for it.

. "$REPO/tests/integration/cgroups.inc"

# Numbers that belong to nobody (60 to 63 are for experiments): whoever is permitted finds no driver.
NODES=(c60.1 c60.2 c61.1 b60.1 b61.2)

node_bundle()
{
	local n
	bundle_new "$@"
	for n in "${NODES[@]}"; do
		mknod "$B/rootfs/data/$n" "${n:0:1}" "$(cut -c 2-3 <<<"$n")" "${n#*.}" || die mknod
	done
	cfg '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	probe open "${NODES[@]/#//data/}"
}

# verdicts: rows "RULES | what may be opened of c60.1 c60.2 c61.1 b60.1 b61.2"
verdicts()
{
	local rules want
	node_bundle
	TEMPLATE=$(config_with)
	while IFS='|' read -r rules want <&3; do
		[ -n "$want" ] || continue
		trim "$want"
		echo "${TEMPLATE/\"@@\"/{\"devices\": $rules\}}" >"$B/config.json"
		run_ok
		OUT=$(sed -E 's/[cb][0-9.]+=//g' <<<"$OUT")
		[ "$OUT" = "$TRIMMED" ] || differs "\"$OUT\" is not \"$TRIMMED\" with $rules"
	done 3<&0
	agreed
}

# shows: linux.resources.devices.type linux.resources.devices.major-minor linux.resources.devices.v2-bpf
test_wildcards()
{
	verdicts <<-'EOT'
	[{"allow": false, "access": "rwm"}]                                                                            | -- -- -- -- --
	[{"allow": false}, {"allow": true, "access": "rwm"}]                                                           | rw rw rw rw rw
	[{"allow": false}, {"allow": true, "type": "a"}]                                                               | rw rw rw rw rw
	[{"allow": false}, {"allow": true, "type": "c", "access": "rwm"}]                                              | rw rw rw -- --
	[{"allow": false}, {"allow": true, "type": "b", "access": "rwm"}]                                              | -- -- -- rw rw
	[{"allow": false}, {"allow": true, "type": "c", "major": 60, "access": "rw"}]                                  | rw rw -- -- --
	[{"allow": false}, {"allow": true, "type": "c", "minor": 1, "access": "rw"}]                                   | rw -- rw -- --
	[{"allow": false}, {"allow": true, "type": "c", "major": 60, "minor": 2, "access": "rw"}]                      | -- rw -- -- --
	[{"allow": false}, {"allow": true, "type": "b", "major": 60, "access": "rw"}]                                  | -- -- -- rw --
	[{"allow": false}, {"allow": true, "type": "b", "minor": 2, "access": "rw"}]                                   | -- -- -- -- rw
	[{"allow": true}, {"allow": false, "type": "b", "access": "rwm"}]                                              | rw rw rw -- --
	[{"allow": true}, {"allow": false, "type": "c", "major": 60, "access": "rwm"}]                                 | -- -- rw rw rw
	[{"allow": false}, {"allow": true, "type": "c", "major": -1, "minor": -1, "access": "rw"}]                     | rw rw rw -- --
	EOT
}

# shows: linux.resources.devices.order linux.resources.devices.access
test_order_and_access()
{
	verdicts <<-'EOT'
	[{"allow": false}, {"allow": true, "type": "c", "major": 60, "access": "r"}]                                   | r- r- -- -- --
	[{"allow": false}, {"allow": true, "type": "c", "major": 60, "access": "w"}]                                   | -w -w -- -- --
	[{"allow": false}, {"allow": true, "type": "c", "major": 60, "access": "m"}]                                   | -- -- -- -- --
	[{"allow": false}, {"allow": true, "type": "c", "major": 60, "access": "rw"}, {"allow": false, "type": "c", "major": 60, "minor": 1, "access": "w"}] | r- rw -- -- --
	[{"allow": false}, {"allow": false, "type": "c", "major": 60, "minor": 1, "access": "w"}, {"allow": true, "type": "c", "major": 60, "access": "rw"}] | rw rw -- -- --
	[{"allow": true, "type": "c", "major": 60, "access": "rwm"}, {"allow": false, "access": "rwm"}]                | -- -- -- -- --
	[{"allow": false}, {"allow": true, "access": "r"}, {"allow": true, "type": "b", "access": "w"}]                | r- r- r- rw rw
	[{"allow": true, "access": "rwm"}, {"allow": false, "access": "w"}, {"allow": true, "type": "b", "minor": 2, "access": "w"}] | r- r- r- r- rw
	EOT
}

# What the config lists as a device can be used, but is not given more than the rules say.
test_rules_for_listed_devices()
{
	is_berth || skip "berth's own rule"
	node_bundle
	cfg '.linux.devices = [{path: "/data/c60.1", type: "c", major: 60, minor: 1}] | .linux.resources.devices = [{allow: false}]'
	run_ok
	assert_contains "$OUT" 'c60.1=rw c60.2=--'
	cfg '.linux.resources.devices += [{allow: true, type: "c", major: 60, minor: 1, access: "r"}]'
	run_ok
	assert_contains "$OUT" 'c60.1=r- c60.2=--'
}

# The defaults: the devices of every container, terminals, and making nodes of any kind.
# shows: linux.resources.devices.default-allows
test_default_list()
{
	node_bundle
	cfg '.linux.resources.devices = [{allow: false, access: "rwm"}]'
	args /bin/sh -c '
		/bin/probe open /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/ptmx /data/c60.1
		/bin/busybox mknod /data/made c 61 7 && /bin/busybox mknod /data/block b 61 7 && echo made
		/bin/probe open /data/made /data/block
		/bin/busybox mknod /data/tty c 5 0; /bin/busybox mknod /data/console c 5 1; /bin/busybox mknod /data/tun c 10 200
		/bin/busybox mknod /data/mem c 1 1; /bin/busybox mknod /data/pts c 136 9999
		/bin/probe open /data/tty /data/pts /data/mem'
	run_ok
	assert_line 'null=rw zero=rw full=rw random=rw urandom=rw ptmx=rw c60.1=--'
	assert_line made
	assert_line 'made=-- block=--'
	assert_line 'tty=rw pts=rw mem=--'
	is_berth || return 0
	args /bin/probe open /data/console /data/tun
	run_ok
	assert_line 'console=-- tun=--'
	# the same without any list
	cfg 'del(.linux.resources)'
	probe open "${NODES[@]/#//data/}" /dev/null
	run_ok
	assert_line 'c60.1=-- c60.2=-- c61.1=-- b60.1=-- b61.2=-- null=rw'
	assert_clean
}

# shows: linux.resources.devices.allow.required linux.resources.devices.type linux.resources.devices.access
test_rules_that_are_wrong()
{
	refused <<-'EOT'
	{"devices": [{"access": "rwm"}]}                                   | linux\.resources\.devices\[0\].*allow
	{"devices": [{"allow": true, "type": "z", "access": "rwm"}]}       | linux\.resources\.devices\[0\]\.type
	{"devices": [{"allow": true, "type": "c", "access": "q"}]}         | linux\.resources\.devices\[0\]\.access
	EOT
	is_berth || return 0
	refused <<-'EOT'
	{"devices": [{"allow": true, "type": "c", "major": -2}]}           | linux\.resources\.devices\[0\]
	{"devices": [{"allow": true, "type": "c", "minor": 4294967296}]}   | linux\.resources\.devices\[0\]
	EOT
}

# filter ID: of the container's own cgroup; "" when there is none
filter()
{
	"$BUILD/tests/device-filters" list "$(limits_dir)" | cut -d ' ' -f 1
}

filter_is_gone()
{
	! "$BUILD/tests/device-filters" alive "$1"
}

# One program, which an update leaves alone, and which is gone with the container.
# shows: linux.resources.devices.v2-bpf
test_filter_lives_with_the_container()
{
	local id dir
	sleeper
	cfg '.linux.resources.devices = [{allow: false}, {allow: true, type: "c", major: 60, access: "rw"}]'
	up
	dir=$(limits_dir)
	id=$(filter)
	assert_match "$id" '^[0-9]+$'
	! is_berth || assert_contains "$("$BUILD/tests/device-filters" list "$dir")" berth_devices
	rt_ok update -r - "$ID" <<<'{"devices": [{"allow": false, "access": "rwm"}], "unified": {"cgroup.max.depth": "5"}}'
	has_limit cgroup.max.depth 5
	assert_eq "$(filter)" "$id"
	rt_ok exec "$ID" /bin/sh -c 'echo >/dev/null'
	rt_ok pause "$ID"
	rt_ok resume "$ID"
	assert_eq "$(filter)" "$id"
	delete_ok --force
	[ ! -e "$dir" ] || die "the cgroup is left"
	wait_for 5 filter_is_gone "$id" || die "the program is left"
	assert_clean
}

# What is refused after the filter was attached leaves none behind either.
test_filter_of_a_failed_create()
{
	local id
	[ "${DRIVER:-cgroupfs}" = cgroupfs ] || skip "a cgroup that was there before"
	mkdir /sys/fs/cgroup/shared
	sleeper
	cfg '.linux.cgroupsPath = "/shared" | .process.args = ["/no/such/program"]'
	rt_fails '' create --bundle "$B" "$ID"
	assert_eq "$("$BUILD/tests/device-filters" list /sys/fs/cgroup/shared)" ""
	args /bin/sleep 1000
	up
	id=$(filter)
	[ -n "$id" ] || die "no filter"
	delete_ok --force
	! is_berth || [ -d /sys/fs/cgroup/shared ] || die "a cgroup of somebody else was removed"
	[ ! -d /sys/fs/cgroup/shared ] || assert_eq "$("$BUILD/tests/device-filters" list /sys/fs/cgroup/shared)" ""
	wait_for 5 filter_is_gone "$id" || die "the program is left"
	rmdir /sys/fs/cgroup/shared 2>/dev/null
}

# A privileged container needs no filter, or one that permits everything.
test_all_devices()
{
	sleeper
	cfg '.linux.resources.devices = [{allow: true, access: "rwm"}]'
	up
	! is_berth || assert_eq "$(filter)" ""
	delete_ok --force
}

# outer_bundle: one with what a runtime needs to run in it; its folder /inner has the state and the inner bundle
outer_bundle()
{
	local d
	node_bundle outer
	for d in usr etc; do
		mkdir -p "$B/rootfs/$d"
		mount_add /$d none /$d rbind ro
	done
	for d in lib lib64; do
		[ ! -L /$d ] || ln -s "$(readlink /$d)" "$B/rootfs/$d"
		[ -L /$d ] || [ ! -d /$d ] || { mkdir "$B/rootfs/$d"; mount_add /$d none /$d rbind ro; }
	done
	mkdir -p "$B/rootfs/inner" "$B/rootfs/runtime"
	cp "$BERTH" "$B/rootfs/runtime/berth"
	mount_add /sys sysfs sysfs
	mount_add /sys/fs/cgroup cgroup cgroup
	mount_add /run tmpfs tmpfs
	cfg '.process.capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_MKNOD", "CAP_BPF", "CAP_NET_ADMIN", "CAP_SYS_CHROOT",
		"CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER",
		"CAP_SYS_RESOURCE", "CAP_SYS_PTRACE"])'
}

# A container in a container: its filter counts below the outer one's, and both must agree.
test_nested()
{
	is_berth && [ "${DRIVER:-cgroupfs}" = cgroupfs ] || skip "berth in berth, with cgroupfs"
	local outer inner
	node_bundle inner
	cfg '.linux.resources.devices = [{allow: false}, {allow: true, type: "c", major: 60, minor: 1, access: "rw"},
		{allow: true, type: "c", major: 61, access: "rw"}]'
	inner=$B
	outer_bundle
	for_the_inner_runtime
	outer=$B
	cp -a "$inner" "$outer/rootfs/inner/bundle"
	cfg '.linux.resources.devices = [{allow: false}, {allow: true, type: "c", major: 60, access: "rwm"}]'
	args /bin/sh -c '/bin/probe open /data/c60.1 /data/c60.2 /data/c61.1
		/runtime/berth --root /inner/state run --bundle /inner/bundle inner; echo "status $?"
		/bin/probe open /data/c60.1 /data/c60.2 /data/c61.1; ls /sys/fs/cgroup | grep inner'
	rt run --bundle "$B" "$ID"
	assert_eq "$ERR" ""
	assert_line 'status 0'
	assert_eq "$(grep -c '^c60.1=rw c60.2=rw c61.1=--$' <<<"$OUT")" 2
	assert_line 'c60.1=rw c60.2=-- c61.1=-- b60.1=-- b61.2=--'
	assert_no_re inner
	assert_clean
}
