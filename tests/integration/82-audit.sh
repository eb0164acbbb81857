# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# `berth audit`: each rule by a config that differs in one thing from one without a finding; thresholds; reports;
# what engines write.
# vm: asked

# An audit needs no root file system, no privileges and no container: the runtime is called as a user.
audit()
{
	rm -f /mnt/test/.out /mnt/test/.err
	setpriv --reuid 65534 --regid 65534 --clear-groups "$BERTH" audit "$@" >/mnt/test/.out 2>/mnt/test/.err
	RC=$?
	OUT=$(</mnt/test/.out) ERR=$(</mnt/test/.err)
	[ "$RC" != 99 ] || die "sanitizer report"
}

audit_json()
{
	audit --threshold none --format json "$B"
	[ "$RC" = 0 ] && [ -z "$ERR" ] || die "audit failed"
}

found()
{
	jq -r '.findings[].rule' <<<"$OUT" | sort | tr '\n' ' '
}

# The change of a finding is a JSON Patch (RFC 6902): jq has no function for it.
patch='
def tokens: split("/")[1:] | map(gsub("~1"; "/") | gsub("~0"; "~"));
def steps($doc): reduce tokens[] as $t ([]; . as $at | . + [($doc | getpath($at)) as $v
	| if ($v | type) == "array" then (if $t == "-" then ($v | length) else ($t | tonumber) end) else $t end]);
reduce $patch[] as $p (.; . as $doc | ($p.path | steps($doc)) as $at
	| if $p.op == "remove" or $p.op == "replace" then
		if ($at[:-1] as $o | $doc | getpath($o) | has($at[-1])) then . else error("nothing at " + $p.path) end
	  else . end
	| if $p.op == "remove" then delpaths([$at]) else setpath($at; $p.value) end)'

# change_made RULE: applies the patch of its finding
change_made()
{
	cfg --argjson patch "$(jq -c --arg r "$1" '.findings[] | select(.rule == $r).patch' <<<"$OUT")" "$patch"
}

# hardened VARIANT: a config without a finding, or the same without a user namespace, which is one
hardened()
{
	ID=c1
	B=/mnt/test/audit
	if [ ! -d "$B" ]; then
		mkdir -p "$B"
		chmod 0755 "$B"
		cp "$REPO/docs/examples/hardened.json" /mnt/test/own.json
		jq '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)' \
			/mnt/test/own.json >/mnt/test/host.json
	fi
	cp "/mnt/test/$1.json" "$B/config.json"
}

declare -A CLEAN=([own]="" [host]="user-namespace-host")

# What is said of a finding, and the config after its change, each in a line.
digest='
([.findings[] | .rule] | sort | join(" ")),
([.findings[] | select(.rule == $rule) | .severity] | join(" ")),
([.findings[].places[] | select(.line < 1 or .column < 1)] | length),
(first(.findings[] | select(.rule == $rule)).patch as $patch | if $patch then $config[0] | '$patch' | tojson else "" end)'

# row VARIANT SEVERITY RULE[,ALSO...] JQ: the change makes these findings and no other, the first as severe as that; its own
# change, if it has one, takes it away and brings nothing new
row()
{
	local variant=$1 severity=$2 rule=${3%%,*} all=${3//,/ } said what new want
	hardened "$variant"
	jq "$4" "/mnt/test/$variant.json" >"$B/config.json" || die "bad jq program: $4"
	"$BERTH" audit --threshold none --format json "$B" >/mnt/test/report 2>/mnt/test/.err || die "$4: $(</mnt/test/.err)"
	jq -r --arg rule "$rule" --slurpfile config "$B/config.json" "$digest" /mnt/test/report >/mnt/test/digest || die "bad report: $4"
	{ read -r said; read -r what; read -r want; } </mnt/test/digest
	assert_eq "$said" "$(printf '%s\n' $all ${CLEAN[$variant]} | sort -u | xargs)" "$4"
	assert_eq "$what" "$severity" "$4"
	assert_eq "$want" 0 "a place that is none: $4"
	tail -n +4 /mnt/test/digest >"$B/config.json"
	[ "$(stat -c %s "$B/config.json")" -gt 1 ] || return 0
	"$BERTH" audit --threshold none --format json "$B" >/mnt/test/report 2>/mnt/test/.err || die "after the change for $4: $(</mnt/test/.err)"
	for new in $(jq -r '.findings[].rule' /mnt/test/report); do
		[ "$new" != "$rule" ] || die "the change does not take it away: $4"
		[[ " $all ${CLEAN[$variant]} " == *" $new "* ]] || die "after the change for $4: $new"
	done
}

test_a_hardened_config_has_no_finding()
{
	hardened own
	audit "$B"
	assert_eq "$RC:$OUT:$ERR" "0:0 findings:"
	audit_json
	assert_eq "$(jq -c '[.findings, .worst, .userNamespace, .counts]' <<<"$OUT")" \
		'[[],"none",true,{"critical":0,"high":0,"medium":0,"low":0}]'
	hardened host
	audit_json
	assert_eq "$(found)" "${CLEAN[host]} "
	change_made user-namespace-host
	audit_json
	assert_eq "$(found)" ""
}

# It is no toy: a program runs with it, where the host has what it asks for.
test_a_hardened_config_runs()
{
	local here='del(.process.apparmorProfile)'
	bundle_new
	chown -R -h 100000:100000 "$B/rootfs"
	cp "$REPO/docs/examples/hardened.json" "$B/config.json"
	for c in memory pids cpu; do
		grep -qw "$c" /sys/fs/cgroup/cgroup.controllers || here+=" | del(.linux.resources.$c)"
	done
	cfg "$here"
	args /bin/probe
	run_ok
	assert_line "uid=1000 1000 1000"
	args /bin/probe touch /x
	rt run --bundle "$B" "$ID"
	[ "$RC" != 0 ] || die "the root is writable"
}

# rows: lines of "VARIANT SEVERITY RULE JQ" on standard input
rows()
{
	local variant severity rule edit n=0
	while read -r variant severity rule edit; do
		row "$variant" "$severity" "$rule" "$edit" </dev/null
		n=$((n + 1))
	done
	[ "$n" -gt 0 ] || die "no rows"
}

test_capabilities()
{
	local rule host own c n=0
	while IFS=$'\t' read -r rule host own _; do
		[[ $rule == cap-* ]] || continue
		c=${rule#cap-} c=${c^^} c=CAP_${c//-/_}
		row host "$host" "$rule" ".process.capabilities.bounding = [\"CAP_CHOWN\", \"$c\", \"CAP_KILL\"]"
		n=$((n + 1))
	done < <("$BERTH" audit --rules)
	[ "$n" = 30 ] || die "$n capabilities"
	# what every engine gives
	hardened host
	cfg '.process.capabilities.bounding = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP",
		"SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"] | .process.capabilities.bounding |= map("CAP_" + .)'
	audit_json
	assert_eq "$(found)" "${CLEAN[host]} "
}

test_capabilities_in_a_user_namespace()
{
	rows <<-'END'
	own medium cap-sys-admin .process.capabilities |= (.effective = ["CAP_SYS_ADMIN"] | .permitted = ["CAP_SYS_ADMIN"])
	own medium cap-net-admin .process.capabilities.permitted = ["CAP_NET_ADMIN"]
	own low cap-sys-module .process.capabilities.bounding = ["CAP_SYS_MODULE"]
	own low inheritable-capabilities .process.capabilities.inheritable = ["CAP_CHOWN"]
	own low inheritable-capabilities .process.capabilities |= (.permitted = ["CAP_CHOWN", "CAP_KILL"] | .ambient = ["CAP_KILL"] | .inheritable = ["CAP_CHOWN", "CAP_KILL"])
	END
	# ambient ones have to be inheritable
	hardened own
	cfg '.process.capabilities |= (.permitted = ["CAP_KILL"] | .ambient = ["CAP_KILL"] | .inheritable = ["CAP_KILL"])'
	audit_json
	assert_eq "$(found)" ""
}

test_namespaces()
{
	rows <<-'END'
	own medium pid-namespace-host del(.linux.namespaces[] | select(.type == "pid"))
	host high pid-namespace-host del(.linux.namespaces[] | select(.type == "pid"))
	host high pid-namespace-host (.linux.namespaces[] | select(.type == "pid")).path = "/proc/1/ns/pid"
	host high network-namespace-host del(.linux.namespaces[] | select(.type == "network"))
	host high network-namespace-host (.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"
	own medium network-namespace-host del(.linux.namespaces[] | select(.type == "network"))
	host high mount-namespace-host del(.linux.namespaces[] | select(.type == "mount"))
	own medium ipc-namespace-host del(.linux.namespaces[] | select(.type == "ipc"))
	own low uts-namespace-host del(.hostname) | del(.linux.namespaces[] | select(.type == "uts"))
	own low cgroup-namespace-host del(.linux.namespaces[] | select(.type == "cgroup"))
	host high pid-namespace-host (.linux.namespaces[] | select(.type == "pid")).path = "/x/..//proc/./self/ns/pid"
	own low namespace-joined (.linux.namespaces[] | select(.type == "network")).path = "/run/netns/a"
	own low namespace-joined (.linux.namespaces[] | select(.type == "network" or .type == "ipc")).path = "/run/ns/a"
	own high user-namespace-maps-root .linux.uidMappings[0].hostID = 0
	own high user-namespace-maps-root .linux.gidMappings = [{containerID: 0, hostID: 5000, size: 60000}, {containerID: 60000, hostID: 0, size: 1}]
	END
	row own medium user-namespace-host '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
}

# Which calls pass is what the compiled filter says, whatever the profile looks like.
test_seccomp()
{
	rows <<-'END'
	host high seccomp-none del(.linux.seccomp)
	own medium seccomp-none del(.linux.seccomp)
	own medium seccomp-user-namespaces .linux.seccomp.syscalls[0].names += ["unshare"]
	own medium seccomp-user-namespaces .linux.seccomp.syscalls[0].names += ["clone"] | del(.linux.seccomp.syscalls[1])
	own medium seccomp-user-namespaces .linux.seccomp.syscalls[2] = {names: ["clone3"], action: "SCMP_ACT_LOG"}
	own medium seccomp-user-namespaces .linux.seccomp.syscalls[1].args[0].value = 1
	own medium seccomp-io-uring .linux.seccomp.syscalls += [{names: ["io_uring_setup", "io_uring_enter"], action: "SCMP_ACT_ALLOW"}]
	own medium seccomp-bpf .linux.seccomp.syscalls[0].names += ["bpf"]
	own medium seccomp-bpf .linux.seccomp.syscalls += [{names: ["bpf"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 5, op: "SCMP_CMP_EQ"}]}]
	own medium seccomp-perf .linux.seccomp.syscalls[0].names = ["perf_event_open"] + .linux.seccomp.syscalls[0].names
	own medium seccomp-vsock .linux.seccomp.syscalls += [{names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 40, op: "SCMP_CMP_EQ"}]}]
	own low seccomp-crypto-sockets .linux.seccomp.syscalls += [{names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{index: 0, value: 38, op: "SCMP_CMP_EQ"}]}]
	own low seccomp-keyrings .linux.seccomp.syscalls[0].names += ["keyctl"]
	own low seccomp-userfaultfd .linux.seccomp.syscalls[0].names += ["userfaultfd"]
	own low seccomp-kernel-log .linux.seccomp.syscalls[0].names += ["syslog"]
	own low seccomp-personality .linux.seccomp.syscalls[0].names += ["personality"] | del(.linux.seccomp.syscalls[4])
	own low seccomp-obsolete .linux.seccomp.syscalls[0].names += ["uselib", "ustat"]
	own medium seccomp-default-allow,seccomp-bpf,seccomp-crypto-sockets,seccomp-io-uring,seccomp-kernel-log,seccomp-keyrings,seccomp-obsolete,seccomp-perf,seccomp-user-namespaces,seccomp-userfaultfd,seccomp-vsock .linux.seccomp |= (del(.defaultErrnoRet) | .defaultAction = "SCMP_ACT_ALLOW" | .syscalls |= map(select(.names[0] == "personality") | .action = "SCMP_ACT_ERRNO" | .args[0].op = "SCMP_CMP_NE"))
	host critical seccomp-modules,cap-sys-module .process.capabilities.bounding = ["CAP_SYS_MODULE"] | .linux.seccomp.syscalls[0].names += ["finit_module"]
	host high seccomp-boot,cap-sys-boot .process.capabilities.bounding = ["CAP_SYS_BOOT"] | .linux.seccomp.syscalls[0].names += ["kexec_load", "reboot"]
	host critical seccomp-open-by-handle,cap-dac-read-search .process.capabilities.bounding = ["CAP_DAC_READ_SEARCH"] | .linux.seccomp.syscalls[0].names += ["open_by_handle_at"]
	host high seccomp-mount,cap-sys-admin .process.capabilities.bounding = ["CAP_SYS_ADMIN"] | .linux.seccomp.syscalls[0].names += ["mount", "fsopen", "mount_setattr"]
	host high seccomp-io-ports,cap-sys-rawio .process.capabilities.bounding = ["CAP_SYS_RAWIO"] | .linux.seccomp.syscalls[0].names += ["iopl"]
	host medium seccomp-clock,cap-sys-time .process.capabilities.bounding = ["CAP_SYS_TIME"] | .linux.seccomp.syscalls[0].names += ["clock_settime"]
	host medium seccomp-administration,cap-sys-pacct .process.capabilities.bounding = ["CAP_SYS_PACCT"] | .linux.seccomp.syscalls[0].names += ["acct"]
	host medium seccomp-ptrace,cap-sys-ptrace .process.capabilities.bounding = ["CAP_SYS_PTRACE"] | .linux.seccomp.syscalls[0].names += ["ptrace"]
	host medium seccomp-ptrace,pid-namespace-host del(.linux.namespaces[] | select(.type == "pid")) | .linux.seccomp.syscalls[0].names += ["process_vm_readv"]
	END
	# without the capability the kernel refuses, without a shared pid namespace there is nobody to trace
	hardened host
	cfg '.linux.seccomp.syscalls[0].names += ["init_module", "reboot", "open_by_handle_at", "mount", "iopl", "settimeofday", "swapon", "ptrace"]'
	audit_json
	assert_eq "$(found)" "${CLEAN[host]} "
	# an agent that decides is no pass
	hardened own
	cfg '.linux.seccomp |= (.listenerPath = "/run/agent.sock" | .syscalls += [{names: ["bpf"], action: "SCMP_ACT_NOTIFY"}])'
	audit_json
	assert_eq "$(found)" "seccomp-agent "
}

# The other system call interfaces of the machine count as well.
test_seccomp_of_other_architectures()
{
	[ "$(uname -m)" = x86_64 ] || skip "not x86_64"
	hardened own
	cfg '.linux.seccomp |= (.architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"] | .syscalls[0].names += ["socketcall", "vm86"])'
	audit_json
	assert_eq "$(jq -r '.findings[] | .rule + ": " + .what' <<<"$OUT" | sort)" \
		"$(printf '%s\n' 'seccomp-crypto-sockets: socketcall (X86)' 'seccomp-obsolete: vm86 (X86)' 'seccomp-vsock: socketcall (X86)')"
	# libseccomp leaves the other calls of the same names apart
	cfg 'del(.linux.seccomp.architectures)'
	audit_json
	assert_eq "$(found)" ""
}

test_mounts()
{
	rows <<-'END'
	host critical mount-host-root .mounts += [{destination: "/host", type: "bind", source: "/", options: ["rbind", "rprivate"]}]
	host high mount-host-root .mounts += [{destination: "/host", source: "/x/..//", options: ["rbind", "rro"]}]
	own medium mount-host-root .mounts += [{destination: "/host", source: "/", options: ["rbind"]}]
	host critical mount-engine-socket .mounts += [{destination: "/s", source: "/var/run/docker.sock", options: ["bind"]}]
	host critical mount-engine-socket .mounts += [{destination: "/s", source: "/run/podman/podman.sock", options: ["bind", "ro"]}]
	host critical mount-engine-socket .mounts += [{destination: "/s", source: "/run", options: ["rbind"]}]
	host high mount-service-socket .mounts += [{destination: "/s", source: "/run/dbus/system_bus_socket", options: ["bind", "ro"]}]
	host high mount-service-socket .mounts += [{destination: "/s", source: "/run/user/1000", options: ["bind"]}]
	host critical mount-host-proc .mounts += [{destination: "/host/proc", source: "/proc", options: ["bind"]}]
	host high mount-host-proc .mounts += [{destination: "/host/proc", source: "/proc/1", options: ["bind", "ro"]}]
	host high mount-host-sys .mounts += [{destination: "/host/sys", source: "/sys/fs/cgroup", options: ["bind"]}]
	host medium mount-host-shm (.mounts[] | select(.destination == "/dev/shm")) |= {destination, source: "/dev/shm", options: ["bind"]}
	host high mount-host-dev .mounts += [{destination: "/host/dev", source: "/dev", options: ["bind", "ro"]}]
	host low mount-device-node .mounts += [{destination: "/dev/net/tun", source: "/dev/net/tun", options: ["bind"]}]
	host critical mount-engine-data .mounts += [{destination: "/d", source: "/var/lib/docker", options: ["bind"]}]
	host critical mount-engine-data .mounts += [{destination: "/d", source: "/var", options: ["bind"]}]
	host high mount-secrets .mounts += [{destination: "/d", source: "/home", options: ["bind"]}]
	host medium mount-secrets .mounts += [{destination: "/d", source: "/home/u/.ssh", options: ["bind", "ro"]}]
	host high mount-secrets .mounts += [{destination: "/d", source: "/home/u/.aws/credentials", options: ["bind"]}]
	host critical mount-engine-data .mounts += [{destination: "/d", source: "/var/lib/docker/volumes", options: ["bind"]}]
	host medium mount-secrets .mounts += [{destination: "/d", source: "/etc/shadow", options: ["bind", "ro"]}]
	host critical mount-system-files .mounts += [{destination: "/d", source: "/etc/cron.d", options: ["bind"]}]
	host high mount-system-files .mounts += [{destination: "/d", source: "/etc", options: ["bind", "ro"]}]
	host critical mount-system-files .mounts += [{destination: "/d", type: "overlay", source: "overlay", options: ["lowerdir=/data", "upperdir=/etc", "workdir=/w"]}]
	host high mount-host-root .mounts += [{destination: "/d", type: "overlay", source: "overlay", options: ["lowerdir=/data:/:/x", "upperdir=/u", "workdir=/w"]}]
	host low mount-shared-folder .mounts += [{destination: "/d", source: "/tmp", options: ["bind"]}]
	host high mount-sysfs-writable,sys-unmasked .linux.maskedPaths |= map(select(startswith("/proc"))) | .mounts += [{destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid"]}]
	host high mount-sysfs-writable .mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"}]
	host medium mount-cgroup-writable .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"]}]
	host high mount-cgroup-writable,cgroup-namespace-host del(.linux.namespaces[] | select(.type == "cgroup")) | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "rw"]}]
	host high mount-devtmpfs .mounts += [{destination: "/d", type: "devtmpfs", source: "dev"}]
	host high mount-kernel-fs .mounts += [{destination: "/d", type: "debugfs", source: "d", options: ["ro"]}]
	host high mount-block-device .mounts += [{destination: "/d", type: "ext4", source: "/dev/sda1", options: ["ro"]}]
	own low mount-readonly-not-below .mounts += [{destination: "/d", source: "/data", options: ["rbind", "ro"]}]
	host medium propagation-root-shared .linux.rootfsPropagation = "rshared"
	host medium propagation-mount-shared .mounts += [{destination: "/d", source: "/data", options: ["bind", "rshared"]}]
	END
	# no finding: a volume; parts of /etc to read; what a mask, a read-only path or a remount takes back
	hardened host
	cfg '.mounts += [{destination: "/d", source: "/data", options: ["rbind"]}, {destination: "/e", source: "/etc/hosts", options: ["bind", "ro"]},
		{destination: "/l", source: "/etc/localtime", options: ["bind", "rw", "ro"]}, {destination: "/u", source: "/usr/share", options: ["bind", "ro"]},
		{destination: "/r", source: "relative", options: ["bind"]}, {destination: "/run-not", source: "/running", options: ["bind"]},
		{destination: "/sys", type: "sysfs", source: "sysfs"}, {destination: "/c", source: "/srv", options: ["bind"]},
		{destination: "/sys", type: "none", options: ["remount", "ro", "bind"]}] | .linux.readonlyPaths += ["/c"]'
	audit_json
	assert_eq "$(found)" "${CLEAN[host]} "
}

test_paths()
{
	rows <<-'END'
	host critical proc-control-writable .linux.readonlyPaths -= ["/proc/sysrq-trigger"]
	own low proc-control-writable .linux.readonlyPaths -= ["/proc/sys"]
	host medium proc-hardware-writable .linux.readonlyPaths -= ["/proc/irq", "/proc/bus"]
	host medium proc-unmasked .linux.maskedPaths -= ["/proc/kcore"]
	host low sys-unmasked .linux.maskedPaths -= ["/sys/firmware"] | .mounts += [{destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"]}]
	host critical proc-control-writable,proc-hardware-writable del(.linux.readonlyPaths)
	END
	# no finding: covered from above, no procfs, a procfs that is read-only or has processes alone
	for edit in '.linux.readonlyPaths = ["/proc"]' 'del(.linux.readonlyPaths, .linux.maskedPaths) | .mounts |= map(select(.type != "proc"))' \
		'del(.linux.readonlyPaths) | .mounts[0].options += ["ro"]' \
		'del(.linux.readonlyPaths, .linux.maskedPaths) | .mounts[0].options += ["subset=pid"]'; do
		hardened host
		cfg "$edit"
		audit_json
		assert_eq "$(found)" "${CLEAN[host]} " "$edit"
	done
}

test_devices()
{
	local node='.linux.devices += [{path: "/dev/x", type: $t, major: $a, minor: $b}]' t a b rule severity
	rows <<-'END'
	host critical devices-all-allowed .linux.resources.devices = [{allow: true, access: "rwm"}]
	own low devices-all-allowed .linux.resources.devices += [{allow: true, type: "a", access: "rwm"}]
	host high devices-wildcard .linux.resources.devices += [{allow: true, type: "c", access: "rw"}]
	host high devices-wildcard .linux.resources.devices += [{allow: true, type: "c", major: 13, access: "r"}]
	host high devices-wildcard .linux.resources.devices += [{allow: true, type: "b", major: 8, access: "w"}]
	END
	# a node, and a rule without a node
	while read -r severity rule t a b; do
		row host "$severity" "$rule" "\"$t\" as \$t | $a as \$a | $b as \$b | $node"
		row host "$severity" "$rule" ".linux.resources.devices += [{allow: true, type: \"$t\", major: $a, minor: $b, access: \"r\"}]"
	done <<-'END'
	critical device-block b 8 0
	critical device-block c 21 0
	critical device-memory c 1 1
	medium device-kernel-log c 1 11
	medium device-kvm c 10 232
	high device-storage-control c 10 237
	low device-fuse c 10 229
	low device-tun c 10 200
	high device-console c 4 1
	high device-input c 13 64
	high device-usb c 189 0
	medium device-gpu c 226 0
	medium device-watchdog c 10 130
	high device-vfio c 10 196
	medium device-tpm c 10 224
	low device-other c 240 0
	END
	# no finding: defaults, what engines write about them, what is only made, what is taken back
	hardened host
	cfg '.linux.resources.devices += [{allow: true, type: "c", major: 1, minor: 3, access: "rwm"}, {allow: true, type: "c", major: 5, minor: 1, access: "rwm"},
		{allow: true, type: "c", major: 136, access: "rwm"}, {allow: true, type: "c", access: "m"}, {allow: true, type: "b", access: "m"},
		{allow: true, type: "b", major: 8, minor: 0, access: "rwm"}, {allow: false, type: "b", access: "rwm"},
		{allow: true, access: "rwm"}, {allow: false, access: "rwm"}]
		| .linux.devices = [{path: "/dev/null2", type: "c", major: 1, minor: 3}, {path: "/dev/fifo", type: "p"},
			{path: "/dev/sdx", type: "b", major: 8, minor: 5}] | .linux.resources.devices += [{allow: false, type: "b", major: 8, access: "rw"}]'
	audit_json
	assert_eq "$(found)" "${CLEAN[host]} "
}

test_process()
{
	rows <<-'END'
	host medium root-user .process.user.uid = 0
	host medium root-user .process.user = {uid: 0, gid: 0}
	host low root-group .process.user.gid = 0
	host low root-group .process.user.additionalGids = [0, 5, 0]
	host medium new-privileges del(.process.noNewPrivileges)
	own low new-privileges .process.noNewPrivileges = false
	own medium lsm-unconfined .process.apparmorProfile = "unconfined"
	own low secret-in-environment .process.env += ["DB_PASSWORD=x"]
	own low secret-in-environment .process.env += ["a=b", "GITHUB_TOKEN=x", "AWS_SECRET_ACCESS_KEY=y"]
	own low terminal .process.terminal = true
	host medium oom-protected .process.oomScoreAdj = -500
	host medium realtime .process.scheduler = {policy: "SCHED_FIFO", priority: 10}
	host medium realtime .process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 0}
	own low rlimit-high .process.rlimits[1] = {type: "RLIMIT_MEMLOCK", soft: 1, hard: 9007199254740992}
	own low rlimit-high .process.rlimits[1] = {type: "RLIMIT_CORE", soft: 5, hard: 5}
	own low rootfs-writable .root.readonly = false
	own low rootfs-writable del(.root.readonly)
	END
	# a label that is one
	row own low no-lsm 'del(.process.apparmorProfile)'
	row own medium lsm-unconfined 'del(.process.apparmorProfile) | .process.selinuxLabel = "system_u:system_r:spc_t:s0"'
	for edit in '.process.selinuxLabel = "system_u:system_r:container_t:s0:c1,c2" | del(.process.apparmorProfile)' \
		'.process.env += ["PASSWORD_FILE=/run/secrets/p", "MONKEY=1", "TOKENIZER=fast", "SECRET="]' \
		'.process.oomScoreAdj = 500 | .process.scheduler = {policy: "SCHED_BATCH"} | .process.user.additionalGids = [5]' \
		'.process.user.uid = 0'; do
		hardened own
		cfg "$edit"
		audit_json
		assert_eq "$(found)" "" "$edit"
	done
	# a value is never shown
	hardened own
	cfg '.process.env += ["API_TOKEN=hunter2"]'
	for format in text json sarif; do
		audit --threshold none --format "$format" "$B"
		assert_contains "$OUT" API_TOKEN
		[[ $OUT != *hunter2* ]] || die "the secret is in the report"
	done
}

test_limits()
{
	rows <<-'END'
	own medium no-memory-limit del(.linux.resources.memory)
	own medium no-memory-limit .linux.resources.memory = {limit: -1}
	own medium no-pids-limit .linux.resources.pids.limit = -1
	own medium no-pids-limit del(.linux.resources.pids)
	own low no-cpu-limit .linux.resources.cpu = {shares: 1024}
	own low no-cpu-limit del(.linux.resources.cpu)
	own medium no-memory-limit,no-pids-limit,no-cpu-limit del(.linux.resources)
	END
	for edit in '.linux.resources = {unified: {"memory.max": "1000000", "pids.max": "9", "cpu.max": "50000 100000"}}' \
		'.linux.resources.cpu = {cpus: "0"}' '.linux.resources.pids.limit = 0'; do
		hardened own
		cfg "$edit"
		audit_json
		assert_eq "$(found)" "" "$edit"
	done
}

test_host()
{
	rows <<-'END'
	own medium hook-on-host .hooks.createRuntime = [{path: "/usr/libexec/hook"}]
	own medium hook-on-host .hooks = {prestart: [{path: "/usr/bin/a"}, {path: "/usr/bin/b"}], poststop: [{path: "/usr/bin/c"}]}
	own critical hook-writable .hooks.poststart = [{path: "/tmp/hook"}]
	own critical hook-writable .hooks.createContainer = [{path: "/mnt/test/audit/rootfs/bin/hook"}]
	own low sysctl-unsafe .linux.sysctl = {"net.ipv4.ip_forward": "1", "net.ipv4.ping_group_range": "0 0"}
	own low sysctl-shared,namespace-joined .linux.sysctl = {"net/ipv4/ip_forward": "1"} | (.linux.namespaces[] | select(.type == "network")).path = "/run/netns/a"
	host medium net-device .linux.netDevices = {eth7: {}}
	own low seccomp-agent .linux.seccomp |= (.listenerPath = "/run/agent.sock" | .syscalls += [{names: ["mount"], action: "SCMP_ACT_NOTIFY"}])
	own low groups-kept .annotations = {"run.oci.keep_original_groups": "1"}
	own low systemd-property .annotations = {"org.systemd.property.Slice": "'x.slice'", "org.systemd.property.KillSignal": "9"}
	END
	hardened own
	cfg '.hooks.startContainer = [{path: "/tmp/inside"}] | .annotations = {"a.b": "c", "run.oci.keep_original_groups": "0"}'
	audit_json
	assert_eq "$(found)" ""
	# options of create
	hardened own
	audit --threshold none --format json --no-new-keyring "$B"
	assert_eq "$(found)" "keyring-shared "
	hardened host
	audit --threshold none --format json --no-pivot "$B"
	assert_eq "$(found)" "no-pivot user-namespace-host "
	assert_eq "$(jq -c '.findings[0].places' <<<"$OUT")" '[{"path":"","line":1,"column":1}]'
}

# Every rule of the program is in a row of this file, or shown by name.
test_every_rule_is_tested()
{
	local rule n=0
	while IFS=$'\t' read -r rule _; do
		n=$((n + 1))
		[[ $rule == cap-* ]] || grep -qE "[ ,'\"]$rule[ ,'\"]" "$REPO/tests/integration/82-audit.sh" || die "no test of $rule"
	done < <("$BERTH" audit --rules)
	[ "$n" -gt 100 ] || die "only $n rules"
}

# --- the command ---------------------------------------------------------------------------------------------------

test_thresholds()
{
	local worst t i=0 k code
	declare -A edits=([low]='.root.readonly = false' [medium]='del(.linux.resources.memory)' [high]='.linux.uidMappings[0].hostID = 0'
		[critical]='.hooks.poststart = [{path: "/tmp/hook"}]' [none]=.)
	for worst in none low medium high critical; do
		hardened own
		cfg "${edits[$worst]}"
		audit --threshold none "$B"
		assert_eq "$RC" 0 "worst $worst, no threshold"
		k=1
		for t in low medium high critical; do
			code=0
			[ "$i" -lt "$k" ] || code=$((i + 1))
			audit --threshold "$t" "$B"
			assert_eq "$RC:$ERR" "$code:" "worst $worst, threshold $t"
			k=$((k + 1))
		done
		i=$((i + 1))
	done
	hardened own
	audit "$B"
	assert_eq "$RC" 0
	hardened own
	cfg "${edits[high]}"
	audit "$B"
	assert_eq "$RC" 4 "the default is high"
	audit --threshold bad "$B"
	assert_eq "$RC" 1
	assert_contains "$ERR" 'unknown severity "bad"'
	audit --format yaml "$B"
	assert_eq "$RC" 1
	assert_contains "$ERR" 'unknown format "yaml"'
	# the same errors as create and plan
	cfg '.process.cwd = "relative"'
	audit "$B"
	assert_eq "$RC" 1
	assert_match "$ERR" 'process\.cwd.*line [0-9]+, column'
	[ -z "$OUT" ] || die "a report of a bad config"
	audit /mnt/test/nothing
	assert_eq "$RC" 1
	assert_contains "$ERR" 'no such file'
}

# Nothing is made, written or opened that the config names.
test_no_side_effects()
{
	hardened host
	cfg '.mounts += [{destination: "/s", source: "/mnt/test/fifo", options: ["bind"]}] | .linux.namespaces[2].path = "/mnt/test/fifo"
		| .hooks.prestart = [{path: "/mnt/test/fifo"}] | .root.path = "/mnt/test/fifo"'
	mkfifo /mnt/test/fifo
	strace -f -o /mnt/test/trace -e trace=file,network,process "$BERTH" --root /mnt/test/none audit --threshold none "$B" >/mnt/test/report ||
		die "audit failed"
	! grep -E 'fifo|O_WRONLY|O_RDWR|O_CREAT|mkdir|unlink|rename|mount\(|clone|fork|socket\(' /mnt/test/trace || die "it did something"
	[ ! -e /mnt/test/none ] || die "a state root was made"
	grep -q namespace-joined /mnt/test/report || die "no finding"
}

# What SARIF 2.1.0 demands of a log that readers take (schema: required members, enumerations, types).
sarif_ok='
def is(t): type == t;
def text: is("object") and (.text | is("string") and length > 0);
.version == "2.1.0" and (."$schema" | is("string")) and (.runs | is("array") and length == 1)
and (.runs[0] |
	(.tool.driver | (.name | is("string") and length > 0) and (.semanticVersion | test("^[0-9]+\\.[0-9]+\\.[0-9]+"))
		and (.rules | is("array") and (map(.id) | unique | length) == length)
		and (.rules | all(.[]; (.id | is("string")) and (.shortDescription | text) and (.fullDescription | text) and (.help | text)
			and (.defaultConfiguration.level | IN("none", "note", "warning", "error"))
			and (.properties."security-severity" | test("^[0-9]+\\.[0-9]$")))))
	and (.columnKind | IN("utf16CodeUnits", "unicodeCodePoints"))
	and (.originalUriBaseIds | all(.[]; .uri | test("^file:///([A-Za-z0-9/._~-]|%[0-9A-F]{2})*/$")))
	and (.tool.driver.rules as $rules | .originalUriBaseIds as $bases | .results | is("array") and all(.[];
		(.ruleIndex | is("number")) and $rules[.ruleIndex].id == .ruleId
		and (.level | IN("none", "note", "warning", "error")) and (.message | text)
		and (.locations | is("array") and length > 0 and all(.[];
			(.physicalLocation.artifactLocation | .uri == "config.json" and ($bases | has("BUNDLE")) and .uriBaseId == "BUNDLE")
			and (.physicalLocation.region | (.startLine | is("number") and . >= 1 and floor == .)
				and (.startColumn | is("number") and . >= 1 and floor == .))
			and (.logicalLocations | all(.[]; .fullyQualifiedName | is("string")))))))
)'

test_sarif()
{
	local f n=0
	hardened own
	audit --format sarif "$B"
	jq -e "$sarif_ok and .runs[0].results == []" <<<"$OUT" >/dev/null || die "no SARIF of a clean config"
	for f in "$REPO"/tests/data/engines/*/*-config.json; do
		n=$((n + 1))
		[ -n "${FULL:-}" ] || [ $((n % 10)) = 0 ] || continue
		cp "$f" "$B/config.json"
		chmod 0644 "$B/config.json"
		audit --threshold none --format sarif "$B"
		jq -e "$sarif_ok and (.runs[0].results | length > 0)" <<<"$OUT" >/dev/null || die "no SARIF: $f"
	done
	[ "$n" -ge 80 ] || die "only $n configs"
	# a name that has to be escaped
	mkdir -p "/mnt/test/a b%ü"
	cp "$REPO/docs/examples/hardened.json" "/mnt/test/a b%ü/config.json"
	audit --format sarif "/mnt/test/a b%ü"
	assert_eq "$(jq -r '.runs[0].originalUriBaseIds.BUNDLE.uri' <<<"$OUT")" "file:///mnt/test/a%20b%25%C3%BC/"
	jq -e "$sarif_ok" <<<"$OUT" >/dev/null || die "no SARIF"
	# levels
	hardened own
	cfg '.root.readonly = false | del(.linux.resources.memory) | .linux.uidMappings[0].hostID = 0 | .hooks.poststart = [{path: "/tmp/h"}]'
	audit --threshold none --format sarif "$B"
	assert_eq "$(jq -c '[.runs[0].results[] | [.ruleId, .level]]' <<<"$OUT")" \
		'[["hook-writable","error"],["user-namespace-maps-root","error"],["no-memory-limit","warning"],["rootfs-writable","note"]]'
}

# Line and column are those of the value, or of the object that it is missing in.
test_places()
{
	hardened host
	cat >"$B/config.json" <<-'END'
	{ "ociVersion": "1.3.0",
	  "process": { "cwd": "/", "args": ["x"], "user": { "uid": 0, "gid": 0 } },
	  "root": { "path": "rootfs",
	    "readonly": false },
	  "linux": { "namespaces": [ { "type": "mount" } ],
	    "sysctl": {  }, "resources": { "pids": { "limit": -1 } } }
	}
	END
	audit_json
	place()
	{
		jq -r --arg r "$1" '.findings[] | select(.rule == $r).places[] | "\(.path) \(.line):\(.column)"' <<<"$OUT"
	}
	assert_eq "$(place root-user)" "process.user.uid 2:60"
	assert_eq "$(place rootfs-writable)" "root.readonly 4:17"
	assert_eq "$(place new-privileges)" "process.noNewPrivileges 2:14"
	assert_eq "$(place no-pids-limit)" "linux.resources.pids.limit 6:55"
	assert_eq "$(place no-memory-limit)" "linux.resources.memory.limit 6:34"
	assert_eq "$(place seccomp-none)" "linux.seccomp 5:12"
	assert_eq "$(place pid-namespace-host)" "linux.namespaces 5:28"
	audit --threshold none "$B"
	assert_re '^medium +root-user: The process is root of the host$'
	assert_re '^  where +config\.json:2:60 process\.user\.uid$'
	assert_re '^          set process\.noNewPrivileges to true$'
}

# --- what engines write -------------------------------------------------------------------------------------------

# engine FILE: the report of a recorded config
engine()
{
	B=/mnt/test/audit
	mkdir -p "$B"
	cp "$REPO/tests/data/engines/$1-config.json" "$B/config.json"
	chmod -R a+rX "$B"
	audit_json
}

counts()
{
	jq -r '.counts | "\(.critical) \(.high) \(.medium) \(.low)"' <<<"$OUT"
}

has_rules()
{
	local rule
	for rule in "$@"; do
		[[ " $(found)" == *" $rule "* ]] || die "no finding $rule among $(found)"
	done
}

# Nothing critical and nothing high, and just what an engine leaves open for everybody.
test_engines_defaults()
{
	engine podman/8482922
	assert_eq "$(found)" "namespace-joined new-privileges no-cpu-limit no-memory-limit root-user rootfs-writable seccomp-crypto-sockets\
 seccomp-kernel-log seccomp-keyrings seccomp-user-namespaces seccomp-vsock user-namespace-host "
	assert_eq "$(counts)" "0 0 6 6"
	# the same in a user namespace (podman run --userns)
	engine podman/8577505
	assert_eq "$(found)" "new-privileges no-cpu-limit no-memory-limit rootfs-writable seccomp-crypto-sockets\
 seccomp-kernel-log seccomp-keyrings seccomp-user-namespaces seccomp-vsock "
	engine docker/9058041
	assert_eq "$(found)" "cap-audit-write cap-mknod cap-net-raw new-privileges no-cpu-limit no-memory-limit no-pids-limit root-user\
 rootfs-writable seccomp-crypto-sockets seccomp-vsock user-namespace-host "
	assert_eq "$(counts)" "0 0 7 5"
	# ctr run has no filter
	engine ctr/9922778
	assert_eq "$(counts)" "0 1 5 6"
	has_rules seccomp-none
}

test_engines_privileged()
{
	local f
	for f in podman/8585866 docker/9542014 cri-crio/10370409; do
		engine "$f"
		has_rules cap-sys-admin cap-sys-module devices-all-allowed device-block device-memory proc-control-writable mount-sysfs-writable \
			seccomp-none proc-unmasked
		[ "$(jq '.counts.critical' <<<"$OUT")" -ge 8 ] || die "$f: not critical enough"
		audit "$B"
		assert_eq "$RC" 5 "$f"
	done
	engine docker/9542014 # with --network host --ipc host --uts host
	has_rules network-namespace-host ipc-namespace-host uts-namespace-host mount-host-shm lsm-unconfined
}

# Every change that is offered can be made, takes its finding away for good, and leaves a config that is accepted:
# one after the other until there is none, from whatever an engine writes. FULL=1: more engines.
test_engines_configs_become_clean()
{
	local f rule seen config files="podman/8585866 docker/9058041"
	[ -z "${FULL:-}" ] || files+=" podman/8482922 docker/9542014 ctr/9922778 cri-containerd/10113904 cri-crio/10370409"
	for f in $files; do
		engine "$f"
		seen=" "
		while :; do
			"$BERTH" audit --threshold none --format json "$B" >/mnt/test/report || die "$f after $rule"
			{ read -r rule; read -r config; } < <(jq -r --slurpfile config "$B/config.json" \
				'first(.findings[] | select(.patch)) | .rule, (.patch as $patch | $config[0] | '"$patch"' | tojson)' /mnt/test/report)
			[ -n "$config" ] || break
			[[ $seen != *" $rule "* ]] || die "$f: $rule comes back"
			seen+="$rule "
			echo "$config" >"$B/config.json"
			config=
		done
		[ "$(wc -w <<<"$seen")" -ge 8 ] || die "$f: only $seen"
		# what only a person can choose
		rule=$(jq -r '.findings[].rule' /mnt/test/report | grep -vxE 'seccomp-none|no-lsm|lsm-unconfined')
		[ -z "$rule" ] || die "$f: left: $rule"
	done
}

# --- hostile input ------------------------------------------------------------------------------------------------

test_hostile_text()
{
	hardened own
	cfg '.hooks.prestart = [{path: "/tmp/\u001b[2J\nlow       forged: x"}] | .annotations = {"org.systemd.property.\u009b31m\"]/~": "x"}
		| .linux.sysctl = {"net.ipv4.conf.a~b/c.x": "1"}'
	audit --threshold none "$B"
	assert_eq "$RC" 0
	! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' <<<"$OUT" || die "a control character"
	! grep -q '^low       forged' <<<"$OUT" || die "a forged line"
	audit_json
	has_rules hook-writable systemd-property sysctl-unsafe
	for rule in hook-writable systemd-property sysctl-unsafe; do
		change_made "$rule"
		audit_json
	done
	assert_eq "$(found)" ""
	# keys and values that are long
	hardened own
	jq -c --arg long "$(head -c 60000 /dev/zero | tr '\0' a)" '.annotations = {("org.systemd.property." + $long): "1"} | .hooks.poststop = [{path: ("/tmp/" + $long[:4000])}]
		| .process.env += [("TOKEN_" + $long + "=1")]' "$B/config.json" >/mnt/test/long && cat /mnt/test/long >"$B/config.json"
	audit --threshold none --format json "$B"
	assert_eq "$RC" 0 "$ERR"
	has_rules hook-writable systemd-property secret-in-environment
	# a name that no path can hold has no patch, instead of a wrong one
	jq -e '.findings[] | select(.rule == "systemd-property") | has("patch") | not' <<<"$OUT" >/dev/null || die "a patch"
	hardened own
	cfg '.annotations = {"org.systemd.property.a\u0001\"\\b/~ü": "1", "org.systemd.property.b": "2"}'
	audit_json
	change_made systemd-property
	audit_json
	assert_eq "$(found)" ""
	# more device rules than a filter may have are an error, as for create
	hardened own
	cfg '.linux.resources.devices = [range(5000) | {allow: true, type: "c", major: 1, minor: ., access: "r"}]'
	audit "$B"
	assert_eq "$RC" 1
	assert_match "$ERR" 'linux\.resources\.devices\[4000\].*line'

}

# The largest lists that are accepted take seconds, not minutes, and the report stays short.
test_hostile_size()
{
	local edit
	for edit in '.linux.devices = [range(20000) | {path: "/dev/d\(.)", type: "b", major: 8, minor: .}]' \
		'.mounts += [range(5000) | {destination: "/m\(.)", source: "/etc/x\(.)", options: ["rbind"]}]' \
		'.process.env += [range(50000) | "TOKEN_\(.)_SECRET=1"]' \
		'.process.capabilities.bounding = [range(50000) | "CAP_SYS_ADMIN"]' \
		'.linux.maskedPaths = [range(20000) | "/x\(.)"] | .linux.readonlyPaths = .linux.maskedPaths' \
		'.linux.seccomp.syscalls[0].names += [range(500) | "bpf"]'; do
		hardened own
		jq -c "$edit" "$B/config.json" >/mnt/test/big && cat /mnt/test/big >"$B/config.json"
		timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups "$BERTH" audit --threshold none --format json "$B" >/mnt/test/.out 2>/mnt/test/.err
		RC=$? ERR=$(</mnt/test/.err)
		[ "$RC" = 0 ] || [ "$RC" = 1 ] || die "exit status $RC: $edit"
		[ "$RC" = 0 ] || [ -n "$ERR" ] || die "no word: $edit"
		[ "$(stat -c %s /mnt/test/.out)" -lt 1000000 ] || die "a long report: $edit"
		[ "$RC" = 1 ] || jq -e '.findings | length > 0' /mnt/test/.out >/dev/null || die "no finding: $edit"
	done
}
