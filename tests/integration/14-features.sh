# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# `features`: its form, and that what it lists is what is accepted.
# vm: any driver

# shows: features.provide features.ociVersionMin.required features.ociVersionMax.required features.hooks
# shows: features.linux features.linux.namespaces features.linux.capabilities features.linux.cgroup
# shows: features.linux.cgroup.v1 features.linux.cgroup.v2 features.linux.seccomp features.linux.seccomp.supportedFlags
# shows: features.annotations features.annotations.map
test_features()
{
	rt_ok features
	assert_eq "$(jq -r '.ociVersionMin, .ociVersionMax' <<<"$OUT")" $'1.0.0\n1.3.0'
	assert_eq "$(jq -c '.hooks' <<<"$OUT")" \
		'["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]'
	assert_eq "$(jq -c '.linux.namespaces | sort' <<<"$OUT")" \
		'["cgroup","ipc","mount","network","pid","time","user","uts"]'
	assert_eq "$(jq -c '["ro", "rro", "rbind", "tmpcopyup", "defaults", "ratime"] - .mountOptions' \
		<<<"$OUT")" '[]'
	assert_eq "$(jq -c '[.mountOptions | (length, (unique | length))] | .[0] == .[1]' <<<"$OUT")" true
	assert_eq "$(jq -c '["CAP_CHOWN", "CAP_CHECKPOINT_RESTORE"] - .linux.capabilities' <<<"$OUT")" '[]'
	assert_eq "$(jq -c '.linux.cgroup | [.v1, .v2]' <<<"$OUT")" '[false,true]'
	assert_eq "$(jq -r '.linux.mountExtensions.idmap.enabled | type' <<<"$OUT")" boolean
	assert_eq "$(jq -c '.linux.seccomp | .supportedFlags - .knownFlags' <<<"$OUT")" '[]'
	assert_eq "$(jq -c '.annotations | [.[] | type] | unique' <<<"$OUT")" '["string"]'
	assert_eq "$(jq -c '[.annotations | keys[] | select(startswith("org.opencontainers."))]' <<<"$OUT")" '[]'
}

# shows: features.schema
test_features_match_the_schema()
{
	python3 -c 'import jsonschema' 2>/dev/null || skip "no python3-jsonschema"
	rt_ok features
	echo "$OUT" >features.json
	python3 - "$REPO/tests/data/schema" <<-'PY' || die "not valid"
		import json, sys, jsonschema
		base = sys.argv[1] + '/'
		schema = json.load(open(base + 'features-schema.json'))
		resolver = jsonschema.RefResolver('file://' + base + 'features-schema.json', schema)
		jsonschema.Draft4Validator(schema, resolver=resolver).validate(json.load(open('features.json')))
	PY
}

# Engines run it with whatever they have; nothing of the environment may matter or show.
# shows: features.compile-time features.host-independent
test_features_in_any_environment()
{
	local first
	rt_ok features
	first=$OUT
	OUT=$(cd / && env -i NOTIFY_SOCKET=/run/systemd/notify "$BERTH" features 2>&1) || die "exit status $?"
	assert_eq "$OUT" "$first"
	OUT=$(setpriv --reuid=4000 --regid=4000 --clear-groups "/proc/self/fd/3" features 2>&1 3<"$BERTH") || die "exit status $?"
	assert_eq "$OUT" "$first" "of a user without privileges"
	mount -t tmpfs none /sys
	OUT=$("$BERTH" features 2>&1) || die "exit status $?"
	umount /sys
	assert_eq "$OUT" "$first" "without cgroups and security modules"
	OUT=$("$BERTH" --root /proc/no/such --systemd-cgroup features 2>&1 </dev/null) || die "exit status $?"
	assert_eq "$OUT" "$first"
	"$BERTH" features >/dev/full 2>err.txt && die "a failed write was not seen"
	assert_contains "$(<err.txt)" "no space left on device"
}

# Unknown properties would be taken for those of another version. What the schema lacks is in the text of the spec.
# shows: features.no-undefined-properties features.null-not-empty features.absent-or-null
test_features_has_the_properties_of_the_spec()
{
	local known='annotations hooks linux linux.apparmor linux.apparmor.enabled linux.capabilities linux.cgroup linux.cgroup.rdma
		linux.cgroup.systemd linux.cgroup.systemdUser linux.cgroup.v1 linux.cgroup.v2 linux.intelRdt linux.intelRdt.enabled
		linux.intelRdt.monitoring linux.intelRdt.schemata linux.memoryPolicy linux.memoryPolicy.flags
		linux.memoryPolicy.modes linux.mountExtensions linux.mountExtensions.idmap linux.mountExtensions.idmap.enabled
		linux.namespaces linux.netDevices linux.netDevices.enabled linux.seccomp linux.seccomp.actions
		linux.seccomp.archs linux.seccomp.enabled linux.seccomp.knownFlags linux.seccomp.operators
		linux.seccomp.supportedFlags linux.selinux linux.selinux.enabled mountOptions ociVersionMax ociVersionMin
		potentiallyUnsafeConfigAnnotations'
	rt_ok features
	assert_eq "$(jq -r '[paths | select(all(type == "string"))] | map(join(".")) | map(select(startswith("annotations.") | not)) | sort | .[]' <<<"$OUT" | xargs)" \
		"$(xargs <<<"$known")"
	assert_eq "$(jq '[.. | select(. == null)] | length' <<<"$OUT")" 0 "nulls"
}

# shows: features.linux.seccomp.enabled features.linux.apparmor.enabled features.linux.selinux.enabled
# shows: features.linux.intelRdt features.linux.intelRdt.enabled features.linux.intelRdt.schemata features.linux.intelRdt.monitoring
# shows: features.linux.mountExtensions features.linux.mountExtensions.idmap features.linux.mountExtensions.idmap.enabled
# shows: features.linux.mountExtensions.idmap.partial features.linux.netDevices.enabled features.linux.cgroup.systemd
# shows: features.linux.cgroup.systemdUser features.linux.cgroup.rdma features.linux.memoryPolicy
test_features_says_what_is_done()
{
	rt_ok features
	assert_eq "$(jq -c '.linux | [.seccomp.enabled, .apparmor.enabled, .selinux.enabled, .mountExtensions.idmap.enabled,
		.netDevices.enabled, .cgroup.systemd, .cgroup.systemdUser, .cgroup.rdma] | all(. == true)' <<<"$OUT")" true
	assert_eq "$(jq -c '.linux.intelRdt' <<<"$OUT")" '{"enabled":true,"schemata":true,"monitoring":true}'
	assert_eq "$(jq -c '.linux.memoryPolicy | [.modes, .flags] | map(length)' <<<"$OUT")" '[7,3]'
}

# shows: features.ociVersionMin.accepted features.ociVersionMax.accepted features.ociVersionMax.ge-min
test_features_versions_are_accepted()
{
	local v
	bundle_new
	args /bin/true
	rt_ok features
	for v in $(jq -r '.ociVersionMin, .ociVersionMax' <<<"$OUT"); do
		cfg --arg v "$v" '.ociVersion = $v'
		run_ok
	done
	rt_ok features
	assert_eq "$(jq -c '[.ociVersionMin, .ociVersionMax | split(".") | map(tonumber)] | .[0] <= .[1]' <<<"$OUT")" true
}

# shows: features.mountOptions features.mountOptions.no-fs-specific
test_features_has_no_options_of_file_systems()
{
	rt_ok features
	assert_eq "$(jq -c '[.mountOptions[] | select(test("=") or IN("size", "mode", "uid", "gid", "newinstance", "ptmxmode",
		"nr_inodes", "subset", "hidepid", "lowerdir", "upperdir", "workdir", "context"))]' <<<"$OUT")" '[]'
}

# each LIST JQ [--arg ...]: run the bundle once for each element of a list of features, which is $v in JQ
each()
{
	local v list
	rt_ok features
	list=$(jq -r "$1[]" <<<"$OUT")
	[ -n "$list" ] || die "$1 is empty"
	cp "$B/config.json" "$B/plain.json"
	for v in $list; do
		cp "$B/plain.json" "$B/config.json"
		cfg --arg v "$v" "$2"
		"${3:-run_ok}"
	done
	cp "$B/plain.json" "$B/config.json"
}

# shows: features.linux.namespaces.recognized
test_each_namespace_of_features()
{
	bundle_new
	args /bin/true
	cfg 'del(.hostname)'
	each .linux.namespaces '.linux.namespaces = ([{type: "mount"}, {type: $v}] | unique) |
		if $v == "user" then .linux |= . + {uidMappings: [{containerID: 0, hostID: 0, size: 65536}], gidMappings: [{containerID: 0, hostID: 0, size: 65536}]} else . end'
	assert_clean
}

# shows: features.linux.capabilities.recognized
test_each_capability_of_features()
{
	local last
	bundle_new
	rt_ok features
	cfg --argjson f "$OUT" '.process.capabilities = {bounding: $f.linux.capabilities}'
	args /bin/grep CapBnd /proc/self/status
	run_ok
	last=$(</proc/sys/kernel/cap_last_cap)
	# those that this machine may give
	assert_eq "$(cut -f 2 <<<"$OUT")" "$(sed -n 's/^CapBnd:\t//p' /proc/self/status)"
	[ "$last" -lt 64 ] || die "more capabilities than can be told"
}

# shows: features.hooks.supported
test_each_hook_of_features()
{
	local hook
	bundle_new
	args /bin/true
	touch "$B/rootfs/ran"
	printf '#!/bin/sh\n' >"$B/hook"
	rt_ok features
	for hook in $(jq -r '.hooks[]' <<<"$OUT"); do
		case $hook in
		startContainer) cfg '.hooks.startContainer = [{path: "/bin/busybox", args: ["sh", "-c", "echo startContainer >>/ran"]}]' ;;
		*) cfg --arg h "$hook" --arg f "$B/rootfs/ran" '.hooks[$h] = [{path: "/bin/sh", args: ["sh", "-c", "echo \($h) >>\($f)"]}]' ;;
		esac
	done
	run_ok
	assert_eq "$(sort "$B/rootfs/ran" | xargs)" "createContainer createRuntime poststart poststop prestart startContainer"
}

# shows: features.linux.seccomp.actions features.linux.seccomp.actions.recognized features.linux.seccomp.operators
# shows: features.linux.seccomp.operators.recognized features.linux.seccomp.archs features.linux.seccomp.archs.recognized
test_each_name_of_a_filter()
{
	bundle_new
	args /bin/true
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
	each .linux.seccomp.actions '.linux.seccomp.syscalls = [{names: ["acct"], action: $v}] |
		if $v == "SCMP_ACT_NOTIFY" then .linux.seccomp.listenerPath = "/mnt/test/agent" else . end' plan_ok
	each .linux.seccomp.operators '.linux.seccomp.syscalls = [{names: ["acct"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 1, op: $v}]}]'
	each .linux.seccomp.archs '.linux.seccomp.architectures = [$v]' plan_ok
	assert_clean
}

# An architecture may be unknown to the library that makes the filter, and an agent need not be there.
plan_ok()
{
	rt_ok plan "$B"
}

# shows: features.linux.seccomp.knownFlags features.linux.seccomp.knownFlags.recognized
# shows: features.linux.seccomp.supportedFlags.supported
test_each_flag_of_a_filter()
{
	bundle_new
	args /bin/true
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
	# one of them is about agents
	local flags='.linux.seccomp |= (.flags = [$v] | if $v == "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" then
		.syscalls[0].action = "SCMP_ACT_NOTIFY" | .listenerPath = "/mnt/test/agent" else . end)'
	each .linux.seccomp.knownFlags "$flags" plan_ok
	"$BUILD/tests/seccomp-agent" /mnt/test/agent >/dev/null &
	wait_for 5 test -S /mnt/test/agent || die "no agent"
	each .linux.seccomp.supportedFlags "$flags"
	assert_clean
}

# shows: features.linux.memoryPolicy.modes features.linux.memoryPolicy.modes.recognized
# shows: features.linux.memoryPolicy.flags features.linux.memoryPolicy.flags.recognized
test_each_memory_policy_of_features()
{
	bundle_new
	each .linux.memoryPolicy.modes '.linux.memoryPolicy = {mode: $v} + if $v | IN("MPOL_DEFAULT", "MPOL_LOCAL") then {} else {nodes: "0"} end' plan_ok
	each .linux.memoryPolicy.flags '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$v]}' plan_ok
}

# shows: features.potentiallyUnsafeConfigAnnotations config.annotations.reserved-namespace config.annotations.key.reverse-domain
test_annotations_that_change_something_are_told()
{
	local acted program=$BERTH
	[ ! -e "$BERTH.real" ] || program=$BERTH.real
	rt_ok features
	assert_eq "$(jq -c '.potentiallyUnsafeConfigAnnotations | sort' <<<"$OUT")" \
		'["org.opencontainers.image.stopSignal","org.systemd.property.","run.oci.keep_original_groups"]'
	# what the program can tell apart from others
	acted=$(grep -aoE '\b(org|com|run)\.[a-z]+\.[A-Za-z_.]+' "$program" | grep -vE '^org\.(berth|freedesktop)\.' | sort -u | xargs)
	assert_eq "$acted" "org.opencontainers.image.stopSignal org.systemd.property. run.oci.keep_original_groups"
}
