# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The features structure. A runtime without it is skipped: it may be provided.
. "$REPO/conformance/lib.sh"

features()
{
	rt features
	[ "$RC" = 0 ] || skip "no features"
	FEATURES=$OUT
	jq -e 'type == "object"' <<<"$FEATURES" >/dev/null || die "not an object: $FEATURES"
}

# says EXPR: jq finds it true of the structure
says()
{
	jq -e "$1" <<<"$FEATURES" >/dev/null || die "not so: $1"
}

# listed EXPR: the words of a list of the structure, or a skip
listed()
{
	local words
	words=$(jq -r "$1 // [] | .[]" <<<"$FEATURES")
	[ -n "$words" ] || skip "nothing listed at $1" >&2 # as callers redirect this
	printf '%s\n' "$words"
}

# shows: features.provide
# broken: instead features 'echo "[]"'
test_provided()
{
	features
}

# what may be there, as of 1.3.0: paths and types
schema='
	def strings: type == "array" and all(.[]; type == "string");
	def optional(f): . == null or f;
	def flags: optional(type == "object" and all(.[]; . == null or type == "boolean"));
	(.ociVersionMin | type == "string") and (.ociVersionMax | type == "string")
	and (.hooks | optional(strings)) and (.mountOptions | optional(strings))
	and (.annotations | optional(type == "object" and all(.[]; type == "string")))
	and (.potentiallyUnsafeConfigAnnotations | optional(strings))
	and (.linux | optional(type == "object"
		and (.namespaces | optional(strings)) and (.capabilities | optional(strings)) and (.cgroup | flags)
		and (.seccomp | optional((.enabled | optional(type == "boolean")) and (.actions | optional(strings))
			and (.operators | optional(strings)) and (.archs | optional(strings)) and (.knownFlags | optional(strings))
			and (.supportedFlags | optional(strings))))
		and (.apparmor | flags) and (.selinux | flags) and (.intelRdt | flags) and (.netDevices | flags)
		and (.memoryPolicy | optional((.modes | optional(strings)) and (.flags | optional(strings))))
		and (.mountExtensions | optional(.idmap | flags))))'

# shows: features.schema features.linux features.linux.cgroup features.linux.seccomp
# broken: instead features 'real features | jq ".hooks = {}"'
# broken: instead features 'real features | jq ".linux.cgroup.v2 = \"yes\""'
# broken: instead features 'real features | jq "del(.ociVersionMin)"'
test_schema()
{
	features
	says "$schema"
}

# shows: features.no-undefined-properties
# broken: instead features 'real features | jq ".extra = 1"'
# broken: instead features 'real features | jq ".linux.seccomp.extra = 1"'
test_no_other_properties()
{
	features
	says '
		(keys - ["ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux", "annotations",
			"potentiallyUnsafeConfigAnnotations"] == [])
		and ((.linux // {} | keys) - ["namespaces", "capabilities", "cgroup", "seccomp", "apparmor", "selinux", "intelRdt",
			"memoryPolicy", "mountExtensions", "netDevices"] == [])
		and ((.linux.cgroup // {} | keys) - ["v1", "v2", "systemd", "systemdUser", "rdma"] == [])
		and ((.linux.seccomp // {} | keys) - ["enabled", "actions", "operators", "archs", "knownFlags", "supportedFlags"] == [])
		and ((.linux.intelRdt // {} | keys) - ["enabled", "schemata", "monitoring"] == [])
		and ((.linux.memoryPolicy // {} | keys) - ["modes", "flags"] == [])
		and ((.linux.mountExtensions // {} | keys) - ["idmap"] == [])
		and ((.linux.netDevices // {} | keys) - ["enabled"] == [])'
}

# shows: features.compile-time features.host-independent
# broken: instead features 'real features | jq --arg u "$(id -u)$(ls /sys/fs/cgroup | wc -l)" ".annotations.host = \$u"'
test_does_not_depend_on_the_host()
{
	local first
	features
	first=$FEATURES
	mkdir -p /mnt/test/empty
	# no cgroup, no LSM, and another user
	unshare --mount sh -c 'mount -t tmpfs none /sys/fs/cgroup; mount -t tmpfs none /sys/kernel; exec setpriv --reuid 12345 --clear-groups \
		--regid 12345 --inh-caps=-all "$@"' sh env -i PATH=/usr/bin:/bin ${REAL:+REAL="$REAL" BREAK="$BREAK"} "$BERTH" features >/mnt/test/other 2>/mnt/test/err ||
		die "features fails elsewhere: $(</mnt/test/err)"
	assert_eq "$(</mnt/test/other)" "$first"
}

# shows: features.null-not-empty features.absent-or-null
# broken: instead features 'real features | jq ".linux.seccomp.actions = false"'
# broken: instead features 'real features | jq ".ociVersionMax = null"'
test_null()
{
	features
	says "$schema"
	says '.ociVersionMin != null and .ociVersionMax != null'
}

# shows: features.ociVersion{}.required
# each: Min Max
# broken: instead features 'real features | jq "del(.ociVersion{})"'
test_version_is_there()
{
	features
	says ".ociVersion$ROW | test(\"^[0-9]+\\\\.[0-9]+\\\\.[0-9]+\")"
}

# shows: features.ociVersion{}.accepted
# each: Min Max
# broken: instead features 'real features | jq ".ociVersion{} = \"4.0.0\""'
test_version_is_accepted()
{
	features
	bundle_new
	probe show names
	cfg --arg v "$(jq -r ".ociVersion$ROW" <<<"$FEATURES")" '.ociVersion = $v'
	go
	assert_line hostname=probe
}

# shows: features.ociVersionMax.ge-min
# broken: instead features 'real features | jq ".ociVersionMin = \"1.9.0\""'
test_order_of_versions()
{
	features
	says '[.ociVersionMin, .ociVersionMax] | map(sub("[-+].*"; "") | split(".") | map(tonumber)) | .[0] <= .[1]'
}

# shows: features.hooks features.hooks.supported
# broken: instead features 'real features | jq ".hooks += [\"other\"]"'
# broken: config 'del(.hooks)'
test_hooks()
{
	local hook
	features
	says '(.hooks | unique | length) == (.hooks | length)'
	bundle_new
	args /bin/true
	mkdir -p "$B/log" "$B/rootfs$B/log"
	mount_add "$B/log" none "$B/log" bind
	for hook in $(listed .hooks); do
		cfg '.hooks[$k] = [{path: "/bin/sh", args: ["sh", "-c", ("echo >" + $l + "/" + $k)]}]' --arg k "$hook" --arg l "$B/log"
	done
	go
	for hook in $(listed .hooks); do
		[ -e "$B/log/$hook" ] || die "$hook is listed and does not run"
	done
}

# option_mount DESTINATION OPTION: a mount that the option fits
option_mount()
{
	case $2 in
	bind | rbind | idmap | ridmap | remount) ;; # these make mounts of another kind
	ro | rw | relatime) mount_add "$1" tmpfs tmpfs "$2" ;;
	r* | *private | *shared | *slave | *unbindable) mount_add "$1" none "$B/src" rbind "$2" ;;
	*) mount_add "$1" tmpfs tmpfs "$2" ;;
	esac
}

# shows: features.mountOptions features.mountOptions.recognized
# broken: instead features 'real features | jq ".mountOptions += [\"bogusoption\"]"'
test_mount_options()
{
	local option n=0
	features
	listed .mountOptions >/mnt/test/options
	bundle_new
	args /bin/sleep 100
	mkdir -p "$B/src"
	cp "$B/config.json" "$B/.base.json"
	while read -r option; do
		mkdir "$B/rootfs/data$((n += 1))"
		option_mount "/data$n" "$option"
	done </mnt/test/options
	create
	if [ "$RC" != 0 ]; then # which one is it?
		n=0
		while read -r option <&3; do
			cp "$B/.base.json" "$B/config.json"
			option_mount "/data$((n += 1))" "$option"
			create
			[ "$RC" = 0 ] || die "$option is listed: $ERR"
			remove
		done 3</mnt/test/options
		die "all that are listed at once, each for a mount of its own: $ERR"
	fi
	remove
}

# shows: features.mountOptions.no-fs-specific
# broken: instead features 'real features | jq ".mountOptions += [\"size\"]"'
test_no_options_of_file_systems()
{
	features
	says '(.mountOptions // []) - (.mountOptions // [] - ["size", "mode", "uid", "gid", "newinstance", "ptmxmode", "nr_inodes",
		"lowerdir", "upperdir", "workdir", "hidepid"]) == []'
	says '[.mountOptions // [] | .[] | select(IN("size", "mode", "uid", "gid", "newinstance", "ptmxmode", "nr_inodes", "lowerdir",
		"upperdir", "workdir", "hidepid"))] == []'
}

# shows: features.annotations features.annotations.map config.annotations.key.reverse-domain
# broken: instead features 'real features | jq ".annotations = {\"\": \"x\"}"'
# broken: instead features 'real features | jq ".annotations = {\"version\": \"x\"}"'
test_annotations()
{
	features
	says '.annotations // {} | to_entries | all(.[]; (.key | test("^[a-z0-9-]+(\\.[A-Za-z0-9_-]+)+$")) and (.value | type == "string"))'
}

# shows: config.annotations.reserved-namespace
# broken: instead features 'real features | jq ".annotations[\"org.opencontainers.x\"] = \"1\""'
test_no_reserved_annotations()
{
	features
	says '.annotations // {} | keys | all(.[]; startswith("org.opencontainers.") | not)'
}

# shows: features.linux.namespaces features.linux.namespaces.recognized
# broken: instead features 'real features | jq ".linux.namespaces += [\"other\"]"'
test_namespaces()
{
	local type
	features
	for type in $(listed .linux.namespaces); do
		bundle_new
		args /bin/sleep 100
		if [ "$type" = user ]; then userns; else ns_add "$type"; fi
		create
		[ "$RC" = 0 ] || die "$type is listed: $ERR"
		remove
		rm -rf "$B"
	done
}

# shows: features.linux.capabilities features.linux.capabilities.recognized
# broken: instead features 'real features | jq ".linux.capabilities += [\"CAP_BOGUS\"]"'
# broken: config '.process.capabilities.bounding |= .[0:3]'
test_capabilities()
{
	local n last
	features
	says '.linux.capabilities | all(.[]; test("^CAP_[A-Z_]+$"))'
	listed .linux.capabilities >/mnt/test/caps
	last=$(</proc/sys/kernel/cap_last_cap)
	bundle_new
	probe show caps
	cfg --argjson c "$(jq .linux.capabilities <<<"$FEATURES")" '.process.capabilities = {bounding: $c}'
	for ((n = 0; n <= last; n++)); do
		capable "$n" || break
	done
	go
	# as many as the caller may give
	local own inside
	own=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
	inside=$(value caps.bounding)
	assert_eq "$((16#$inside & 16#$own))" "$((16#$own))"
	assert_eq "$(grep -cvE '^CAP_(CHOWN|DAC_OVERRIDE|DAC_READ_SEARCH|FOWNER|FSETID|KILL|SETGID|SETUID|SETPCAP|LINUX_IMMUTABLE|NET_BIND_SERVICE|NET_BROADCAST|NET_ADMIN|NET_RAW|IPC_LOCK|IPC_OWNER|SYS_MODULE|SYS_RAWIO|SYS_CHROOT|SYS_PTRACE|SYS_PACCT|SYS_ADMIN|SYS_BOOT|SYS_NICE|SYS_RESOURCE|SYS_TIME|SYS_TTY_CONFIG|MKNOD|LEASE|AUDIT_WRITE|AUDIT_CONTROL|SETFCAP|MAC_OVERRIDE|MAC_ADMIN|SYSLOG|WAKE_ALARM|BLOCK_SUSPEND|AUDIT_READ|PERFMON|BPF|CHECKPOINT_RESTORE)$' /mnt/test/caps)" 0
}

# with_word JQ WORD: create with it ($w); the words on stderr, without WORD, in $SAID
with_word()
{
	cp "$B/.base.json" "$B/config.json"
	cfg --arg w "$2" "$1"
	create
	SAID=$(sed "s/$2/WORD/g" "$B/err" | sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[^" ]+//')
}

# recognized EXPR JQ: for each word listed, a config with it ($w) is accepted, or refused in other words than one that
# nobody knows (a host may lack what a word stands for, and the list does not depend on the host)
recognized()
{
	local word unknown
	listed "$1" >/mnt/test/words
	[ "$(sort -u /mnt/test/words | wc -l)" = "$(wc -l </mnt/test/words)" ] || die "listed twice: $(sort /mnt/test/words | uniq -d)"
	bundle_new
	args /bin/sleep 100
	cp "$B/config.json" "$B/.base.json"
	with_word "$2" UNKNOWN_TO_ALL
	[ "$RC" != 0 ] || skip "nothing is refused"
	unknown=$SAID
	while read -r word <&3; do
		with_word "$2" "$word"
		[ "$RC" = 0 ] || [ "$SAID" != "$unknown" ] || die "$word is listed: $ERR"
		remove
	done 3</mnt/test/words
}

# shows: features.linux.seccomp.actions features.linux.seccomp.actions.recognized
# broken: instead features 'real features | jq ".linux.seccomp.actions += [\"SCMP_ACT_BOGUS\"]"'
test_seccomp_actions()
{
	features
	FEATURES=$(jq '.linux.seccomp.actions |= (. // []) - ["SCMP_ACT_NOTIFY"]' <<<"$FEATURES") # wants an agent: see 40-seccomp
	recognized .linux.seccomp.actions '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sync"], action: $w}]}
		| if $w == "SCMP_ACT_ALLOW" then .linux.seccomp.defaultAction = "SCMP_ACT_LOG" else . end'
}

# shows: features.linux.seccomp.operators features.linux.seccomp.operators.recognized
# broken: instead features 'real features | jq ".linux.seccomp.operators += [\"SCMP_CMP_BOGUS\"]"'
test_seccomp_operators()
{
	features
	recognized .linux.seccomp.operators '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["dup"],
		action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 77, valueTwo: 77, op: $w}]}]}'
}

# shows: features.linux.seccomp.archs features.linux.seccomp.archs.recognized
# broken: instead features 'real features | jq ".linux.seccomp.archs += [\"SCMP_ARCH_BOGUS\"]"'
test_seccomp_archs()
{
	features
	recognized .linux.seccomp.archs '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: [$w],
		syscalls: [{names: ["dup"], action: "SCMP_ACT_ERRNO"}]}'
}

flags_of()
{
	features
	says '((.linux.seccomp.supportedFlags // []) - (.linux.seccomp.knownFlags // [])) == []'
	# needs a listener
	FEATURES=$(jq '.linux.seccomp[$r] |= (. // []) - ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]' --arg r "$1" <<<"$FEATURES")
	recognized ".linux.seccomp.$1" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: [$w],
		syscalls: [{names: ["dup"], action: "SCMP_ACT_ERRNO"}]}'
}

# shows: features.linux.seccomp.knownFlags features.linux.seccomp.knownFlags.recognized
# broken: instead features 'real features | jq ".linux.seccomp.knownFlags += [\"BOGUS\"]"'
test_known_flags()
{
	flags_of knownFlags
}

# shows: features.linux.seccomp.supportedFlags features.linux.seccomp.supportedFlags.supported
# broken: instead features 'real features | jq ".linux.seccomp.supportedFlags += [\"BOGUS\"]"'
test_supported_flags()
{
	flags_of supportedFlags
}

# shows: features.linux.memoryPolicy features.linux.memoryPolicy.modes features.linux.memoryPolicy.modes.recognized
# broken: instead features 'real features | jq ".linux.memoryPolicy.modes += [\"MPOL_BOGUS\"]"'
test_memory_policy_modes()
{
	needs file:/proc/self/numa_maps
	features
	recognized .linux.memoryPolicy.modes '.linux.memoryPolicy = {mode: $w} |
		if $w | IN("MPOL_DEFAULT", "MPOL_LOCAL") then . else .linux.memoryPolicy.nodes = "0" end'
}

# shows: features.linux.memoryPolicy.flags features.linux.memoryPolicy.flags.recognized
# broken: instead features 'real features | jq ".linux.memoryPolicy.flags += [\"MPOL_F_BOGUS\"]"'
test_memory_policy_flags()
{
	needs file:/proc/self/numa_maps
	features
	recognized .linux.memoryPolicy.flags '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$w]}'
}

# shows: features.linux.seccomp.enabled
# broken: instead features 'real features | jq ".linux.seccomp.enabled |= not"'
test_seccomp_enabled()
{
	features
	bundle_new
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["dup"], action: "SCMP_ACT_ERRNO"}]}'
	probe show seccomp
	if go_or_refuse && [ "$(value seccomp)" = 2 ]; then
		says '.linux.seccomp.enabled == true'
	else
		says '.linux.seccomp.enabled != true'
	fi
}

# shows: features.linux.mountExtensions features.linux.mountExtensions.idmap features.linux.mountExtensions.idmap.enabled features.linux.mountExtensions.idmap.partial
# broken: instead features 'real features | jq ".linux.mountExtensions.idmap.enabled |= not"'
test_idmap_enabled()
{
	features
	bundle_new
	mkdir "$B/src"
	mount -t tmpfs none "$B/src"
	touch "$B/src/file"
	mount_add /data none "$B/src" bind idmap
	cfg '.mounts[-1] += ({uidMappings: [{containerID: 0, hostID: 1000, size: 1}]} | . + {gidMappings: .uidMappings})'
	probe stat /data/file
	if go_or_refuse && grep -q '^/data/file=file [0-7]* 1000 1000' <<<"$OUT"; then
		says '.linux.mountExtensions.idmap.enabled == true'
	else
		says '.linux.mountExtensions.idmap.enabled != true'
	fi
}

# shows: features.potentiallyUnsafeConfigAnnotations
# broken: instead features 'real features | jq ".potentiallyUnsafeConfigAnnotations = [\"\"]"'
test_unsafe_annotations()
{
	features
	says '.potentiallyUnsafeConfigAnnotations // [] | all(.[]; type == "string" and length > 0)'
}

# shows: linux.default-fs.{}
# each: proc sys dev-pts dev-shm
# broken: instead spec 'real spec; jq ".mounts |= map(select(.destination != (\"/{}\" | sub(\"-\"; \"/\"))))" config.json >c && mv c config.json'
test_default_file_systems()
{
	local -A type=([proc]=proc [sys]=sysfs [dev-pts]=devpts [dev-shm]=tmpfs)
	bundle_new
	rm "$B/config.json"
	cd "$B" || die cd
	rt spec
	[ "$RC" = 0 ] || skip "no spec command"
	[ -e "$B/config.json" ] || die "spec wrote no config.json"
	cfg '.process.terminal = false | .ociVersion = $v' --arg v "$OCI_VERSION"
	probe show mounts
	go
	assert_re " /${ROW/-//} .* - ${type[$ROW]} "
}

# shows: config.root.path.conventional
# broken: instead spec 'real spec; jq ".root.path = \"root\"" config.json >c && mv c config.json'
test_conventional_root()
{
	bundle_new
	rm "$B/config.json"
	cd "$B" || die cd
	rt spec
	[ "$RC" = 0 ] || skip "no spec command"
	assert_eq "$(jq -r .root.path "$B/config.json")" rootfs
}
