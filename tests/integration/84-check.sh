# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# `berth check`: what it says of hosts that lack something, made here by mounts over the files that it reads, by sysctls of
# the jail's own namespaces, and by system calls that are not there; and errors with a hint.
# vm: any driver

check()
{
	"$BERTH" check --format json "$@" >/mnt/test/.out 2>/mnt/test/.err
	RC=$?
	OUT=$(</mnt/test/.out) ERR=$(</mnt/test/.err)
	[ "$RC" != 99 ] || die "sanitizer report"
	[ -z "$ERR" ] || die "stderr is not empty"
}

as_user()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_RUNTIME_DIR "$@"
}

check_as_user()
{
	as_user "$BERTH" check --format json >/mnt/test/.out 2>/mnt/test/.err
	RC=$?
	OUT=$(</mnt/test/.out) ERR=$(</mnt/test/.err)
	[ -z "$ERR" ] || die "stderr is not empty"
}

# item NAME: "STATUS without..." of it
item()
{
	jq -r --arg n "$1" '.items[] | select(.name == $n) | .status + " " + (.without // "")' <<<"$OUT"
}

# instead FILE TEXT: the file has this content
instead()
{
	local fake
	fake=/mnt/test/fake-$(basename "$1")
	printf '%s\n' "$2" >"$fake"
	mount --bind "$fake" "$1"
}

test_report()
{
	local colour=$'\033'
	check
	assert_eq "$RC:$(jq -c '[.rootless, .works]' <<<"$OUT")" "0:[false,true]"
	jq -e '(.items | length) > 35 and (.items | map(.section + .name) | unique | length) == (.items | length)
		and (.items | all(.status | IN("ok", "limited", "missing")))
		and (.items | all((.status == "ok") == (has("without") | not)))
		and ([.items[].status] | group_by(.) | map({key: .[0], value: length}) | from_entries) as $n
			| .counts | .ok == ($n.ok // 0) and .limited == ($n.limited // 0) and .missing == 0' <<<"$OUT" >/dev/null || die "bad JSON"
	"$BERTH" check >/mnt/test/text || die "text"
	[ "$(grep -cE '^  (ok|limited|missing) ' /mnt/test/text)" = "$(jq '.items | length' <<<"$OUT")" ] || die "not the same questions"
	tail -n 1 /mnt/test/text | grep -qE '^Containers can be made here as root; [0-9]+ limited\.$' || die "no verdict"
	! grep -q "$colour" /mnt/test/text || die "colours in a file"
	script -qec "TERM=xterm $BERTH check" /dev/null </dev/null | grep -q "$colour" || die "no colours on a terminal"
	! script -qec "NO_COLOR=1 TERM=xterm $BERTH check" /dev/null </dev/null | grep -q "$colour" || die "colours with NO_COLOR"
	rt_fails 'unknown format "x"' check --format x
}

test_cgroups()
{
	instead /sys/fs/cgroup/cgroup.controllers "cpu memory pids io_not"
	check
	assert_eq "$(item 'controller memory')$(item 'controller pids')" "ok ok "
	assert_match "$(item 'controller io')" '^limited .*blockIO'
	assert_match "$(item 'controller cpuset')" '^limited '
	umount /sys/fs/cgroup/cgroup.controllers
	umount /sys/fs/cgroup
	check
	assert_eq "$RC" 2
	assert_match "$(item cgroup2)" '^missing .*berth needs cgroup v2'
	"$BERTH" check >/mnt/test/text && die "exit status"
	tail -n 1 /mnt/test/text | grep -qx 'No container can be made here as root: 1 missing.' || die "no verdict"
}

test_kernels()
{
	instead /proc/filesystems "$(printf 'nodev\ttmpfs\nnodev\toverlayfs\n\text4')"
	instead /proc/sys/kernel/seccomp/actions_avail "kill_process trap errno allow"
	check
	assert_eq "$RC" 0
	assert_match "$(item overlayfs)" '^limited .*modprobe overlay'
	assert_match "$(item 'seccomp actions')" 'SCMP_ACT_KILL_THREAD, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_LOG is refused'
	# system calls that are not there
	strace -f -o /dev/null -e inject=openat2,close_range:error=ENOSYS "$BERTH" check --format json >/mnt/test/.out
	RC=$? OUT=$(</mnt/test/.out)
	assert_eq "$RC" 2
	assert_match "$(item 'openat2(2)')" '^missing no container'
	assert_match "$(item 'close_range(2)')" '^missing no container'
	assert_eq "$(item 'open_tree(2)')" "ok "
	# a version that is too old
	if setarch --uname-2.6 uname -r | grep -q '^2\.6'; then
		setarch --uname-2.6 "$BERTH" check --format json >/mnt/test/.out
		RC=$? OUT=$(</mnt/test/.out)
		assert_eq "$RC" 2
		assert_match "$(item 'Linux 5.14 or newer')" '^missing'
		assert_match "$(item 'time namespace entered by exec')" '^limited a config with a time namespace is refused'
		bundle_new
		setarch --uname-2.6 "$BERTH" --root "$STATE" run --bundle "$B" c1 2>/mnt/test/.err && die "it ran"
		grep -q 'Linux 5.14 or newer is needed, this is 2\.6' /mnt/test/.err || die "no hint at the kernel"
	fi
}

# vm.memfd_noexec is a pid namespace's own, and cannot be asked for without one.
test_memfd_noexec()
{
	needs_cgroupfs "the pid namespace is that of all tests"
	[ -e /proc/sys/vm/memfd_noexec ] || skip "Linux before 6.3"
	echo 2 >/proc/sys/vm/memfd_noexec
	check
	assert_eq "$RC" 0
	assert_match "$(item 'executable memfds')" '^limited .*detached'
	bundle_new
	args /bin/true
	run_ok
	check_as_user
	assert_eq "$RC" 2
	assert_match "$(item 'executable memfds')" '^missing .*sysctl vm\.memfd_noexec=1'
	assert_match "$(item libseccomp.so.2)" '^(ok|limited .*memfd_noexec)'
	# and the error of who tries
	mkdir -p /mnt/test/user/rootfs /mnt/test/user/state
	chmod 0700 /mnt/test/user/state
	chown -R 65534:65534 /mnt/test/user
	(cd /mnt/test/user && as_user "$BERTH" spec --rootless) || die "spec"
	as_user "$BERTH" --root /mnt/test/user/state run --bundle /mnt/test/user c1 2>/mnt/test/.err && die "it ran"
	grep -q 'vm\.memfd_noexec' /mnt/test/.err || die "no hint: $(</mnt/test/.err)"
}

test_rootless()
{
	check_as_user
	assert_eq "$(jq -r .rootless <<<"$OUT")" true
	assert_match "$(item /etc/subuid)" '^limited .*"nobody:100000:65536" in /etc/subuid'
	assert_match "$(item XDG_RUNTIME_DIR)" '^limited it is not set: every call needs --root'
	assert_match "$(item delegation)" '^limited no cgroup is delegated'
	# what is needed is there
	instead /etc/subuid "$(printf 'root:1:1\nnobody:100000:60000\nnobody2:1:99999\n65534:200000:5536')"
	mkdir /mnt/test/run
	chown 65534 /mnt/test/run
	setpriv --reuid 65534 --regid 65534 --clear-groups env XDG_RUNTIME_DIR=/mnt/test/run "$BERTH" check --format json >/mnt/test/.out
	OUT=$(</mnt/test/.out)
	assert_eq "$(item /etc/subuid)" "ok "
	assert_eq "$(item XDG_RUNTIME_DIR)" "ok "
	assert_match "$(item 'systemd user manager')" '^limited --systemd-cgroup is refused'
	# no helpers
	as_user env PATH=/mnt/test "$BERTH" check --format json >/mnt/test/.out
	OUT=$(</mnt/test/.out)
	assert_match "$(item newuidmap)" '^limited .*install uidmap'
	mkdir /mnt/test/bin
	printf '#!/bin/sh\n' >/mnt/test/bin/newuidmap
	chmod 0755 /mnt/test/bin/newuidmap
	as_user env PATH=/mnt/test/bin "$BERTH" check --format json >/mnt/test/.out
	OUT=$(</mnt/test/.out)
	assert_match "$(item newuidmap)" '^limited .*set-user-ID'
	# no user namespaces
	instead /proc/sys/user/max_user_namespaces 0
	check_as_user
	assert_eq "$RC" 2
	assert_match "$(item user.max_user_namespaces)" '^missing .*sysctl user\.max_user_namespaces'
	check
	assert_eq "$RC" 0 "it is not for root"
	assert_match "$(item user.max_user_namespaces)" '^limited '
}

test_hostile_values()
{
	instead /proc/sys/kernel/seccomp/actions_avail "$(printf 'allow \033[31m\001')"
	XDG_RUNTIME_DIR=$(printf '/\033[2J') "$BERTH" check >/mnt/test/text
	! grep -qP '[\x00-\x08\x0b-\x1f\x7f]' /mnt/test/text || die "a control character"
	check
	jq -e . <<<"$OUT" >/dev/null || die "no JSON"
}
