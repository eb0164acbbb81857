# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# Strings that engines put into a config, and documents that two parsers read differently.

. "$REPO/tests/cve/lib.sh"

# Long and many: a clean error or a container, and nothing in it that the config did not ask for. "network" and "user" stand for
# what a length that wraps around would switch off.
test_long_values()
{
	local what big
	big=$(printf 'x%.0s' $(seq 70000))
	for what in source namespace cwd cgroup env hostname destination options annotations gids mappings arg; do
		variant "$what"
		case $what in
		source) mount_add /m bind "/$big" bind ;;
		namespace) ns_add ipc "/$big" ;;
		cwd) printf '"/%s"' "$big" >/mnt/test/big; cfg --slurpfile v /mnt/test/big '.process.cwd = $v[0]' ;;
		cgroup) printf '"/%s"' "$big" >/mnt/test/big; cfg --slurpfile v /mnt/test/big '.linux.cgroupsPath = $v[0]' ;;
		env) printf '"A=%s"' "$big" >/mnt/test/big; cfg --slurpfile v /mnt/test/big '.process.env += $v' ;;
		arg) printf '"%s"' "$big$big" >/mnt/test/big; cfg --slurpfile v /mnt/test/big '.process.args += $v' ;;
		hostname) printf '"%s"' "$big" >/mnt/test/big; cfg --slurpfile v /mnt/test/big '.hostname = $v[0]' ;;
		destination) printf '"/%s"' "$big" >/mnt/test/big; cfg --slurpfile v /mnt/test/big '.mounts += [{destination: $v[0], type: "tmpfs"}]' ;;
		options) cfg '.mounts += [{destination: "/m", type: "tmpfs", options: [range(20000) | "uid=\(.)"]}]' ;;
		annotations) cfg '.annotations = ([range(100000) | {("k\(.)"): "v"}] | add)' ;;
		gids) cfg '.process.user.additionalGids = [range(70000)]' ;;
		mappings) ns_add user; cfg '.linux.uidMappings = [range(10000) | {containerID: ., hostID: (100000 + .), size: 1}] | .linux.gidMappings = .linux.uidMappings' ;;
		esac
		[ $what = arg ] || script 'for n in mnt pid ipc; do busybox readlink /proc/self/ns/$n; done >/result'
		LIMIT=30 attack_run
		if [ -s "$B/rootfs/result" ]; then
			! grep -qxF "$(readlink /proc/self/ns/mnt)" "$B/rootfs/result" && ! grep -qxF "$(readlink /proc/self/ns/pid)" "$B/rootfs/result" &&
				! grep -qxF "$(readlink /proc/self/ns/ipc)" "$B/rootfs/result" || found "it is in a namespace of the host"
		fi
	done
	variant "500 binds with long names"
	mkdir -p "$B/$(printf 'y%.0s' $(seq 200))"
	cfg --arg s "$B/$(printf 'y%.0s' $(seq 200))" '.mounts += [range(500) | {destination: "/m/\(.)/\("z" * 200)", type: "bind", source: $s, options: ["bind"]}]'
	script 'grep -c " /m/" /proc/self/mountinfo >/result'
	LIMIT=30 twin "500 binds"
	[ "$(result)" = 500 ] || die "$(result) binds"
}

# edited SED: the config with a text that jq would not write
edited()
{
	sed -i "$1" "$B/config.json"
}

# Documents that are no JSON, or JSON that readers understand differently.
test_documents()
{
	local n
	for n in null-document trailing two duplicate nul-arg nul-host comment comma deep utf8 surrogate no-version version-9 version-junk empty array bom; do
		variant "$n"
		script 'echo ok >/result'
		case $n in
		null-document) echo null >"$B/config.json" ;;
		trailing) echo junk >>"$B/config.json" ;;
		two) cat "$B/config.json" "$B/config.json" >"$B/x" && mv "$B/x" "$B/config.json" ;;
		duplicate) edited '0,/"process"/s//"process": {"args": ["\/bin\/true"], "cwd": "\/"}, "process"/' ;;
		nul-arg) edited 's/echo ok/echo ok\\u0000/' ;;
		nul-host) edited 's/"hostname": *"probe"/"hostname": "pro\\u0000be"/' ;;
		comment) edited '1s/{/{ \/* comment *\//' ;;
		comma) edited 's/"hostname": *"probe",/"hostname": "probe",,/' ;;
		deep) printf '%s%s' "$(printf '{"a":%.0s' $(seq 100000))" 1 >"$B/config.json" ;;
		utf8) edited 's/"hostname": *"probe"/"hostname": "pr\xffbe"/' ;;
		surrogate) edited 's/"hostname": *"probe"/"hostname": "pr\\ud800be"/' ;;
		no-version) cfg 'del(.ociVersion)' ;;
		version-9) cfg '.ociVersion = "9.9.9"' ;;
		version-junk) cfg '.ociVersion = "junk"' ;;
		empty) : >"$B/config.json" ;;
		array) echo '[]' >"$B/config.json" ;;
		bom) edited '1s/^/\xef\xbb\xbf/' ;;
		esac
		attack_run
		[ "$(result)" != ok ] && [ "$RC" != 0 ] || found "it ran"
	done
	variant "a good document"
	script 'echo ok >/result'
	twin "as it was"
}

# Values that have a meaning to whoever reads them next.
test_values()
{
	local jq
	while read -r jq; do
		variant "$jq"
		script 'echo ok >/result'
		cfg "$jq"
		attack_run
		[ "$(result)" != ok ] || found "it ran"
	done <<-'END'
	.hostname = "a\nb"
	.domainname = "a\nb"
	.process.cwd = "tmp"
	.process.cwd = ""
	.mounts += [{destination: "", type: "tmpfs"}]
	.process.env += ["NOEQUAL"]
	.process.env += [""]
	.process.env += ["=x"]
	.process.user.umask = 1777777
	.process.rlimits = [{type: "RLIMIT_CORE", soft: 1, hard: 1}, {type: "RLIMIT_CORE", soft: 2, hard: 2}]
	.linux.namespaces += [{type: "nothing"}]
	.linux.namespaces += [{type: "mount"}]
	.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["read"], action: "SCMP_ACT_NO"}]}
	.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_NO"]}
	.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_NO"]}
	.root.path = "/"
	.root.path = ""
	.root.path = ".."
	.root.path = "config.json"
	.root.path = "/proc/self/root"
	.root.path = "/proc/1/root"
	.linux.cgroupsPath = "/a/../../b"
	.process.oomScoreAdj = 1001
	.process.args = []
	.process.args = [""]
	.linux.uidMappings = [{containerID: 0, hostID: 0, size: 0}] | .linux.namespaces += [{type: "user"}]
	.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 5, hostID: 200000, size: 10}] | .linux.gidMappings = .linux.uidMappings
	.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 4294967290, size: 100}] | .linux.gidMappings = .linux.uidMappings
	.linux.devices = [{path: "/dev/x", type: "c", major: -1, minor: 3}]
	.mounts += [{destination: "/m", type: "tmpfs", options: ["size=1k,mode=777"]}]
	END
	variant "good values"
	script 'echo ok >/result'
	twin "as it was"
}

# Neither annotations of other runtimes nor anything that lies in the image changes what is done. (The annotations that berth
# knows are in docs/; `features` tells engines which of them are unsafe in the hands of users.)
test_annotations_and_settings_of_the_image()
{
	local with without
	variant "without"
	script 'grep -E "^(Cap|Seccomp:|NoNewPrivs|Groups|Uid)" /proc/self/status >/result; cat /proc/self/mountinfo | cut -d " " -f 5- | sed "s/ - .*//" >>/result'
	twin "plain"
	without=$(result | sed -E 's/(master|shared):[0-9]+//g')
	variant "with"
	mkdir -p "$B/rootfs/etc/berth" "$B/rootfs/run/systemd/container"
	for f in config.json .berth.json etc/berth.json etc/berth/config.json etc/containers.conf run/.containerenv .dockerenv .krun_config.json etc/crun.json \
		root.nspawn etc/systemd-nspawn.conf; do
		mkdir -p "$B/rootfs/$(dirname $f)"
		printf '{"process": {"noNewPrivileges": true, "capabilities": {"bounding": ["CAP_SYS_ADMIN"]}}, "linux": {"seccomp": null}}\n' >"$B/rootfs/$f"
	done
	echo '[Exec]' >"$B/rootfs.nspawn"
	cfg '.annotations = {"run.oci.handler": "krun", "run.oci.hooks.stdout": "/mnt/test/outside/hook", "run.oci.mount_context_type": "x",
		"module.wasm.image/variant": "compat", "org.systemd.property.DevicePolicy": "'"'"'auto'"'"'", "io.kubernetes.cri.untrusted-workload": "true",
		"run.oci.seccomp.receiver": "/mnt/test/outside/socket", "run.oci.pidfd_receiver": "/x", "run.oci.delegate-cgroup": "x", "org.criu.config": "/etc/x"}'
	script 'grep -E "^(Cap|Seccomp:|NoNewPrivs|Groups|Uid)" /proc/self/status >/result; cat /proc/self/mountinfo | cut -d " " -f 5- | sed "s/ - .*//" >>/result'
	attack_run
	outside_kept
	[ "$RC" != 0 ] || [ "$(result | sed -E 's/(master|shared):[0-9]+//g')" = "$without" ] || found "the container differs: $(diff <(echo "$without") <(result))"
}

# Without privileges the maps are written by set-uid programs: they get numbers, and nothing that they could take for anything else.
test_id_helpers()
{
	command -v newuidmap >/dev/null || skip "no newuidmap"
	. "$REPO/tests/integration/rootless.inc"
	local real=$BERTH f
	variant "what they are called with"
	user_bundle
	mkdir -m 755 /mnt/test/bin
	for f in newuidmap newgidmap; do
		printf '#!/bin/sh\necho "$@" >>/run/user/4000/called\nexec /usr/bin/%s "$@"\n' $f >/mnt/test/bin/$f
		chmod 0755 /mnt/test/bin/$f
	done
	cfg '.linux.uidMappings += [{containerID: 1, hostID: 200000, size: 10}] | .linux.gidMappings = [{containerID: 0, hostID: 4000, size: 1}, {containerID: 1, hostID: 200000, size: 10}]'
	args /bin/busybox cat /proc/self/uid_map
	PATH=/mnt/test/bin:$PATH attack_run
	[ "$RC" = 0 ] && [ "$(wc -l </run/user/4000/called)" = 2 ] || die "$RC $ERR $(cat /run/user/4000/called)"
	! grep -E '[^0-9 ]' /run/user/4000/called || found "arguments that are no numbers: $(</run/user/4000/called)"
	for f in '{containerID: 1, hostID: 0, size: 10}' '{containerID: 1, hostID: 100000, size: 10}' '{containerID: 1, hostID: 200000, size: 70000}'; do
		VARIANT="ids of others: $f"
		cfg ".linux.uidMappings[1] = $f"
		attack_run
		[ "$RC" != 0 ] || found "it got them: $OUT"
	done
	BERTH=$real
}
