# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The tests that are lines of tables.
#
# reject.tsv: ID NEEDS GROUND EDIT [start]
#	The base config with GROUND is accepted; with EDIT on top, create fails (with "start": create or start) and there is no
#	container. All lines with the same ID are one test.
# observe.tsv: IDS NEEDS GROUND EDIT PROGRAM EXPECTED [BREAKAGE]
#	The base config with GROUND and EDIT runs PROGRAM (split at blanks; "probe ..." is /bin/probe); EXPECTED is
#	a list separated by " ;; ": "=line" is printed, "~regex" matches a line, "!regex" matches none, "refused": create or
#	start fails; "refused|=line ...": either. BREAKAGE (default undo: EDIT is left out) is what must make it fail.
# cgroup.tsv: IDS NEEDS EDIT FILES EXPECTED
#	After create with EDIT, what the FILES (split at blanks) of the container's cgroup hold, joined by blanks, matches EXPECTED;
#	without EDIT (the breakage "undo") it does not.
# GROUND and EDIT are jq programs on config.json ($b: the bundle) or @NAME: one of grounds below; "-" is none.
. "$REPO/conformance/lib.sh"

declare -A grounds=(
	[userns]='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	[netns]='.linux.namespaces += [{type: "network"}]'
	[timens]='.linux.namespaces += [{type: "time"}]'
	[seccomp]='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["dup"], action: "SCMP_ACT_ERRNO"}]}'
	[seccomp-args]='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["dup"],
		action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 77, op: "SCMP_CMP_EQ"}]}]}'
	[device]='.linux.devices = [{path: "/dev/t1", type: "c", major: 1, minor: 5, fileMode: 438, uid: 0, gid: 0}]'
	[hook]='.hooks = {prestart: [{path: "/bin/true"}]}'
	[rlimit]='.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 300}]'
	[tmpfs]='.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs"}]'
	[sched]='.process.scheduler = {policy: "SCHED_OTHER", nice: 5}'
	[ioprio]='.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	[mempolicy]='.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
	[unpriv]='.process.user = {uid: 1000, gid: 1000}'
	[anycaps]='.process.capabilities = ([.process.capabilities | keys[]] as $k | reduce
		("bounding", "effective", "permitted", "inheritable", "ambient") as $s ({};
		.[$s] = ["CAP_CHOWN", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_MKNOD", "CAP_DAC_OVERRIDE"]))'
)

# apply WORD: a jq program or the name of one; several names may be joined by blanks: "@userns @netns"
apply()
{
	local name
	case $1 in
	-) ;;
	@*) for name in $1; do
		[ -n "${grounds[${name#@}]:-}" ] || die "no ground $name"
		cfg --arg b "$B" "${grounds[${name#@}]}"
		[ "$name" != @userns ] || chown -R -h 100000:100000 "$B/rootfs"
	done ;;
	*) cfg --arg b "$B" "$1" ;;
	esac
}

reject_row()
{
	local id need ground edit when n=0
	bundle_new
	args /bin/sleep 100
	cp "$B/config.json" "$B/.base.json"
	while IFS=$'\t' read -r id need ground edit when <&3; do
		[ "$id" = "$ROW" ] || continue
		# shellcheck disable=SC2086
		needs $need
		cp "$B/.base.json" "$B/config.json"
		apply "$ground"
		if [ $n = 0 ]; then
			create
			[ "$RC" = 0 ] || die "the config is refused even without: $edit"
			remove
		fi
		edit "$edit"
		is_refused "$edit" "$when"
		n=$((n + 1))
	done 3<"$REPO/conformance/reject.tsv"
	[ $n -gt 0 ] || die "no line for $ROW"
}

# one EXPECTED word
check_expected()
{
	case $1 in
	=*) assert_line "${1#=}" ;;
	~*) assert_re "${1#\~}" ;;
	!*) assert_no_re "${1#!}" ;;
	ok) ;;
	*) die "bad expectation \"$1\"" ;;
	esac
}

observe_row()
{
	local ids need ground edit program expected rest word
	IFS=$'\t' read -r ids need ground edit program expected rest < <(sed -n "${ROW}p" "$REPO/conformance/observe.tsv")
	# shellcheck disable=SC2086
	needs $need
	bundle_new
	# shellcheck disable=SC2086
	case $program in
	"probe "*) probe ${program#probe } ;;
	"sh "*) args /bin/sh -c "${program#sh }" ;;
	*) args $program ;;
	esac
	apply "$ground"
	cp "$B/config.json" "$B/.before.json"
	apply "$edit"
	case $expected in
	refused) is_refused "$edit" start; return ;;
	"refused|"*) go_or_refuse || return 0
		expected=${expected#*|} ;;
	*) go ;;
	esac
	while [ -n "$expected" ]; do
		word=${expected%% ;; *}
		check_expected "$word"
		[ "$word" != "$expected" ] || break
		expected=${expected#* ;; }
	done
}

cgroup_row()
{
	local ids need edit files expected file text=
	IFS=$'\t' read -r ids need edit files expected < <(sed -n "${ROW}p" "$REPO/conformance/cgroup.tsv")
	# shellcheck disable=SC2086
	needs $need
	bundle_new
	args /bin/sleep 100
	cfg '.linux.cgroupsPath = "/t/c1"'
	edit "$edit"
	create_ok
	for file in $files; do
		text+="${text:+ }$(tr '\n' ' ' <"/sys/fs/cgroup/t/c1/$file" | sed 's/ $//')"
	done
	assert_match "$text" "$expected"
}
