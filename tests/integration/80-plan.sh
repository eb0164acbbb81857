# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The plan is the truth: what `berth plan` prints is what `berth run` does. The system calls of a run that change
# namespaces, mounts, credentials, limits or files of the container are taken with strace(1); each must belong to a
# kind of step that the plan has, and each step of the plan must show up in system calls.
# vm: any driver

# system call (prctl with its option): kinds of steps that make it; "-" marks what berth does without a step, with why
declare -A steps_of=(
	[clone3]="clone fork hook hooks"
	[clone]="fork hook hooks" [fork]="fork hook hooks" [vfork]="fork hook hooks"
	[setns]="ns-join" [unshare]="unshare time-offsets"
	[setsid]="setsid hook hooks" [keyctl]="keyring"
	[sethostname]="hostname" [setdomainname]="domainname"
	[mount]="root-propagation root-propagation-end bind mount remount"
	[fsopen]="mount proc-private" [fsmount]="mount proc-private" [fsconfig]="mount proc-private remount"
	[fspick]="remount" [open_tree]="open-fds root readonly mask console device root-readonly bind"
	[open_tree_attr]="open-fds bind"
	[move_mount]="root mount bind mask readonly console device"
	[mount_setattr]="mount bind remount readonly mask root-readonly root root-propagation root-propagation-end open-fds console device"
	[pivot_root]="pivot" [umount2]="pivot proc-private" [chroot]="pivot"
	[mknodat]="device mask" [mknod]="device mask" [symlinkat]="symlink" [symlink]="symlink"
	[mkdirat]="mount bind cwd device dev-open state-dir cgroup mask" [mkdir]="state-dir cgroup cwd"
	[fchownat]="device cgroup-owner" [fchown]="device cgroup-owner console stdio-owner mount" [chown]="device"
	[chdir]="cwd pivot hook hooks" [fchdir]="cwd pivot hook hooks"
	[prlimit64]="rlimit" [setrlimit]="rlimit"
	[sched_setattr]="scheduler" [sched_setscheduler]="scheduler" [setpriority]="scheduler" [ioprio_set]="ioprio"
	[personality]="personality" [set_mempolicy]="memory-policy" [sched_setaffinity]="affinity"
	[capset]="capabilities user" [setgroups]="user map-wait"
	[setresuid]="user map-wait" [setresgid]="user map-wait" [setuid]="user map-wait" [setgid]="user map-wait"
	[seccomp]="seccomp" [bpf]="device-filter"
	[execve]="clone exec hook hooks"
	[prctl_PR_SET_NO_NEW_PRIVS]="no-new-privs" [prctl_PR_CAPBSET_DROP]="bounding-set"
	[prctl_PR_CAP_AMBIENT]="capabilities" [prctl_PR_SET_KEEPCAPS]="user" [prctl_PR_SET_SECUREBITS]="user"
	[prctl_PR_SET_SECCOMP]="seccomp"
)

# a process keeps a new scope of systemd alive until the container's own is in it
[ "$DRIVER" != systemd ] || for call in clone clone3 fork vfork; do steps_of[$call]="${steps_of[$call]:-} cgroup"; done

# What each kind must show at least once.
declare -A calls_of=(
	[clone]="clone3 clone" [ns-join]="setns" [unshare]="unshare" [setsid]="setsid" [keyring]="keyctl"
	[hostname]="sethostname" [domainname]="setdomainname" [root]="move_mount" [mount]="fsopen mount" [bind]="move_mount"
	[device]="mknodat mknod move_mount" [symlink]="symlinkat symlink" [pivot]="pivot_root chroot" [cwd]="chdir fchdir"
	[rlimit]="prlimit64 setrlimit" [umask]="umask" [scheduler]="sched_setattr" [ioprio]="ioprio_set"
	[personality]="personality" [memory-policy]="set_mempolicy" [bounding-set]="prctl_PR_CAPBSET_DROP"
	[user]="setresuid setuid getresuid" [capabilities]="capset" [no-new-privs]="prctl_PR_SET_NO_NEW_PRIVS" [seccomp]="seccomp"
	[exec]="execve" [mask]="move_mount" [readonly]="mount_setattr open_tree_attr syscall_0x1d3" [root-readonly]="mount_setattr" [hook]="execve"
	[device-filter]="bpf"
)

# traced: the calls of interest of one run, one a line, in order; what the container's program does is left out
traced()
{
	strace -f -qq -s 64 -o /mnt/test/strace -e signal=none "$BERTH" --root "$STATE" run --bundle "$B" "$ID" \
		>/dev/null 2>/mnt/test/.err || { ERR=$(</mnt/test/.err); die "run under strace failed"; }
	awk '
		{
			pid = $1; call = $0; sub(/^[0-9]+ +/, "", call)
			if (call ~ /^<\.\.\. /) next
			name = call; sub(/\(.*/, "", name)
			if (gone[pid] || name !~ /^[a-z]/) next
			if (name == "execve" && call ~ /"\/bin\/probe"/) gone[pid] = 1
			if (name == "prlimit64" && call ~ /, NULL,/) next # only asks
			if (name == "prctl") { sub(/^prctl\(/, "", call); sub(/[,)].*/, "", call); name = "prctl_" call }
			print name
		}' /mnt/test/strace >/mnt/test/calls
}

compare_plan_with_run()
{
	rt_ok plan --format json "$B"
	local kinds call kind ok
	kinds=$(jq -r '(.host + .inside)[].step' <<<"$OUT" | sort -u)
	traced
	local seen
	seen=$(sort -u /mnt/test/calls)
	while read -r call; do
		[ -n "${steps_of[$call]:-}" ] || continue
		# the sanitizers set limits of their own
		[ "$call" != prlimit64 ] || [ -z "${ASAN_OPTIONS:-}" ] || continue
		ok=
		for kind in ${steps_of[$call]}; do
			grep -qx -- "$kind" <<<"$kinds" && ok=1
		done
		[ -n "$ok" ] || die "$call was called, but the plan has none of: ${steps_of[$call]}; e.g. $(grep -m 1 -E "[0-9] ${call#prctl_}|${call#prctl_}" /mnt/test/strace)"
	done <<<"$seen"
	while read -r kind; do
		[ -n "${calls_of[$kind]:-}" ] || continue
		ok=
		for call in ${calls_of[$kind]}; do
			grep -qx "$call" <<<"$seen" && ok=1
		done
		[ -n "$ok" ] || die "the plan has a step \"$kind\", but none of these was called: ${calls_of[$kind]}"
	done <<<"$kinds"
}

test_plan_of_little()
{
	bundle_new
	probe exit 0
	cfg '.linux.namespaces = [{type: "mount"}] | .mounts = [] | del(.hostname)'
	compare_plan_with_run
	assert_clean
}

test_plan_of_the_base()
{
	bundle_new
	probe exit 0
	compare_plan_with_run
	assert_clean
}

test_plan_of_much()
{
	bundle_new
	probe exit 0
	mkdir "$B/src"
	mount_add /data none "$B/src" rbind ro nosuid
	mount_add /sys sysfs sysfs ro
	ns_add network
	cfg '.domainname = "example.org" | .root.readonly = true
		| .linux.maskedPaths = ["/etc/secret"] | .linux.readonlyPaths = ["/proc/sys"]
		| .linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229}]
		| .linux.resources.devices = [{allow: false, access: "rwm"}]
		| .linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.personality = {domain: "LINUX32"}
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sync"], action: "SCMP_ACT_ERRNO"}]}
		| .process.user = {uid: 1000, gid: 1000, umask: 18, additionalGids: [5]} | .process.noNewPrivileges = true
		| .process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}] | .process.oomScoreAdj = 100
		| .process.scheduler = {policy: "SCHED_BATCH"} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 5}
		| .hooks = {createRuntime: [{path: "/bin/true"}], createContainer: [{path: "/bin/true"}]}'
	compare_plan_with_run
	assert_clean
}

test_plan_of_a_user_namespace()
{
	bundle_new
	userns
	probe exit 0
	compare_plan_with_run
	assert_clean
}

test_plan_has_no_side_effects()
{
	bundle_new
	rt_ok plan "$B"
	local text=$OUT
	assert_clean
	# and needs no privileges
	chmod 0755 /mnt/test /mnt
	setpriv --reuid 65534 --regid 65534 --clear-groups "$BERTH" plan "$B" >"$B/plan" 2>"$B/err" || die "$(<"$B/err")"
	[ -s "$B/plan" ] || die "nothing printed"
	[ -n "$text" ] || die "nothing printed"
}

test_plan_names_what_asked_for_a_step()
{
	bundle_new
	mount_add /data tmpfs tmpfs
	cfg '.linux.sysctl = {"kernel.msgmax": "1"}'
	rt_ok plan --format json "$B"
	jq -e '.inside[] | select(.origin == "mounts[4]" and .step == "mount")' <<<"$OUT" >/dev/null || die "no mounts[4]"
	jq -e '.inside[] | select(.step == "sysctl") | .origin | test("linux.sysctl")' <<<"$OUT" >/dev/null || die "no sysctl"
	jq -e 'all(.inside[]; .origin != null and .origin != "")' <<<"$OUT" >/dev/null || die "a step without origin"
	rt_fails 'process\.cwd' plan "$(cfg '.process.cwd = "relative"'; echo "$B")"
}

# plan_cgroup MANAGER PATH: what the plan says of the cgroup
plan_cgroup()
{
	cfg --arg p "$2" '.linux.cgroupsPath = $p'
	rt_ok --cgroup-manager "$1" plan --format json "$B"
	jq -r '.host[] | select(.step == "cgroup").what' <<<"$OUT"
}

test_plan_of_the_cgroup()
{
	local path
	bundle_new
	assert_eq "$(plan_cgroup cgroupfs /a//b/)" /a/b
	assert_eq "$(plan_cgroup cgroupfs "")" /berth-ID
	assert_eq "$(plan_cgroup systemd a-b.slice:p:n)" /a.slice/a-b.slice/p-n.scope/container
	assert_eq "$(plan_cgroup systemd "")" /system.slice/berth-ID.scope/container
	for path in / /a/../b .; do
		cfg --arg p "$path" '.linux.cgroupsPath = $p'
		rt_fails 'config\.json:[0-9]+:[0-9]+: linux\.cgroupsPath: |linux\.cgroupsPath.*line' --cgroup-manager cgroupfs plan "$B"
	done
	for path in /docker/c1 a.slice:b:c:d a--b.slice:p:n; do
		cfg --arg p "$path" '.linux.cgroupsPath = $p'
		rt_fails 'linux\.cgroupsPath' --cgroup-manager systemd plan "$B"
	done
	assert_clean
}

# A writable cgroup mount in a cgroup namespace of its own: the cgroup becomes the user's, and the plan says so.
# shows: linux.cgroup-owner.may-change linux.cgroup-owner.rw-mount
test_plan_of_the_owner_of_the_cgroup()
{
	local dir f
	bundle_new
	userns
	ns_add cgroup
	mount_add /sys/fs/cgroup cgroup cgroup rw
	cfg '.process.user = {uid: 7, gid: 7}'
	args /bin/sleep 100
	rt_ok plan --format json "$B"
	assert_eq "$(jq -c '.host[] | select(.step == "cgroup-owner") | [.what, .origin]' <<<"$OUT")" \
		'["uid 100007 of the host","mounts[4]"]'
	create_ok
	dir=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")
	for f in . cgroup.procs cgroup.subtree_control cgroup.threads; do
		assert_eq "$(stat -c %u "$dir/$f")" 100007 "$f"
	done
	assert_eq "$(stat -c %u "$dir/cgroup.freeze")" 0
	delete_ok --force
	cfg '.mounts[4].options = ["ro"]'
	rt_ok plan --format json "$B"
	assert_eq "$(jq -c '.host[] | select(.step == "cgroup-owner")' <<<"$OUT")" ""
	assert_clean
}
