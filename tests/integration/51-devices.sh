# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.devices, the default devices and links, the device filter.

test_default_devices_and_links()
{
	bundle_new
	probe show dev
	run_ok
	assert_re '^/dev/null=char 0666 0 0 1:3 '
	assert_re '^/dev/zero=char 0666 0 0 1:5 '
	assert_re '^/dev/full=char 0666 0 0 1:7 '
	assert_re '^/dev/random=char 0666 0 0 1:8 '
	assert_re '^/dev/urandom=char 0666 0 0 1:9 '
	assert_re '^/dev/tty=char 0666 0 0 5:0 '
	assert_re '^/dev/ptmx=link .* -> (/dev/)?pts/ptmx$'
	assert_re '^/dev/fd=link .* -> /proc/self/fd$'
	assert_re '^/dev/stdin=link .* -> /proc/self/fd/0$'
	assert_re '^/dev/stdout=link .* -> /proc/self/fd/1$'
	assert_re '^/dev/stderr=link .* -> /proc/self/fd/2$'
	assert_no_re '^/dev/console='
	assert_clean
}

test_default_devices_work()
{
	bundle_new
	args /bin/sh -c 'echo out >/dev/stdout; echo x >/dev/null && head -c 2 /dev/zero | /bin/busybox wc -c && head -c 5 /dev/urandom | /bin/busybox wc -c; echo full 2>>/data/err >/dev/full; echo full=$?; : >/dev/ptmx && echo ptmx'
	rt run --bundle "$B" "$ID"
	assert_line 2
	assert_line 5
	assert_line out
	assert_line full=1
	assert_line ptmx
	assert_clean
}

test_devices_of_the_config()
{
	bundle_new
	cfg '.linux.devices = [
		{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 432, uid: 3, gid: 4},
		{path: "/dev/sub/dir/node", type: "b", major: 7, minor: 9},
		{path: "/dev/unbuffered", type: "u", major: 1, minor: 3, fileMode: 438},
		{path: "/data/pipe", type: "p", fileMode: 384}]'
	probe stat /dev/fuse /dev/sub/dir/node /dev/unbuffered /data/pipe
	run_ok
	assert_re '^/dev/fuse=char 0660 3 4 10:229 '
	assert_re '^/dev/sub/dir/node=block 0[0-7]+ 0 0 7:9 '
	assert_re '^/dev/unbuffered=char 0666 0 0 1:3 '
	assert_re '^/data/pipe=fifo 0600 0 0 '
	assert_clean
}

test_device_mode_ignores_umask()
{
	bundle_new
	cfg '.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, fileMode: 438}]'
	probe stat /dev/x
	umask 077
	run_ok
	umask 022
	assert_re '^/dev/x=char 0666 '
	assert_clean
}

test_device_that_exists_must_match()
{
	bundle_new
	mknod "$B/rootfs/data/dev" c 1 3
	cfg '.linux.devices = [{path: "/data/dev", type: "c", major: 1, minor: 3}]'
	args /bin/true
	run_ok
	cfg '.linux.devices[0].minor = 5'
	run_fails '/data/dev'
	touch "$B/rootfs/data/file"
	cfg '.linux.devices = [{path: "/data/file", type: "c", major: 1, minor: 3}]'
	run_fails '/data/file'
	assert_clean
}

test_device_path_does_not_leave_the_root()
{
	bundle_new
	mkdir /mnt/test/outside
	ln -s /mnt/test/outside "$B/rootfs/data/link"
	cfg '.linux.devices = [{path: "/data/link/node", type: "c", major: 1, minor: 3}]'
	args /bin/true
	rt run --bundle "$B" "$ID"
	[ -z "$(ls -A /mnt/test/outside)" ] || die "made outside of the root"
	assert_clean
}

test_devices_that_are_wrong()
{
	bundle_new
	cfg '.linux.devices = [{path: "/dev/x", type: "z", major: 1, minor: 3}]'
	run_fails 'linux\.devices\[0\]\.type'
	cfg '.linux.devices = [{path: "/dev/x", type: "c"}]'
	run_fails 'linux\.devices\[0\]'
	cfg '.linux.devices = [{type: "c", major: 1, minor: 3}]'
	run_fails 'linux\.devices\[0\]'
}

test_device_filter()
{
	bundle_new
	cfg '.linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "r"}]
		| .linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11, fileMode: 438}]
		| .process.capabilities |= map_values(. + ["CAP_MKNOD", "CAP_SYSLOG"])'
	args /bin/sh -c '/bin/probe read /dev/kmsg; /bin/probe write /dev/null; /bin/probe write /dev/zero'
	run_ok
	# without /dev/kmsg in the rules, its node is listed in linux.devices, and so allowed; memory is not
	assert_eq "$(grep -c '^write=ok' <<<"$OUT")" 2
	args /bin/sh -c '/bin/busybox mknod /data/mem c 1 1 && /bin/probe read /data/mem'
	run_ok
	assert_line '/data/mem=?1'
	assert_clean
}

test_existing_dev_is_not_a_link()
{
	bundle_new
	cfg '.mounts |= map(select(.destination | startswith("/dev") | not))'
	rmdir "$B/rootfs/dev"
	mkdir /mnt/test/outside
	ln -s /mnt/test/outside "$B/rootfs/dev"
	args /bin/true
	rt run --bundle "$B" "$ID"
	[ -z "$(ls -A /mnt/test/outside)" ] || die "made outside of the root"
	assert_clean
}

# What fails inside while berth is still at a long filter has its own words all the same.
test_failure_while_the_filter_is_made()
{
	bundle_new
	cfg '.linux.resources.devices = [range(3000) | {allow: true, type: "c", major: 60, minor: ., access: "r"}]
		| .linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: -4000000000}}'
	rt_fails 'linux\.timeOffsets.*numerical result out of range' run --bundle "$B" "$ID"
	# also for a caller that does not want to know of its children, and has none left to look at
	local runtime=$BERTH
	printf '#!/bin/sh\nexec env --ignore-signal=CHLD %s "$@"\n' "$runtime" >/mnt/test/childless
	chmod 0755 /mnt/test/childless
	BERTH=/mnt/test/childless
	rt_fails 'linux\.timeOffsets.*numerical result out of range' run --bundle "$B" "$ID"
	BERTH=$runtime
	assert_clean
}

# The word that the filter is in force is lost on its way: neither waits for the other.
test_filter_that_cannot_be_told_of()
{
	command -v strace >/dev/null || skip "no strace"
	needs_cgroupfs "there the calls of the bus come first"
	bundle_new
	timeout 20 strace -qq -o /dev/null -e trace=sendmsg -e inject=sendmsg:error=EPIPE:when=2 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" \
		</dev/null >"$B/out" 2>"$B/err"
	assert_eq $? 1
	assert_contains "$(<"$B/err")" "berth-init ended before its work was done"
	assert_clean
}

# The kernel's verifier gives up for a pending signal, also for one that is nothing to us: it is asked again, not for ever.
test_filter_whose_loading_is_interrupted()
{
	command -v strace >/dev/null || skip "no strace"
	bundle_new
	probe exit 0
	strace -qq -o "$B/calls" -e trace=bpf -e inject=bpf:error=EAGAIN:when=1 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" \
		</dev/null >"$B/out" 2>"$B/err" || die "$(<"$B/err")"
	assert_eq "$(grep -c 'EAGAIN.*INJECTED' "$B/calls")" 1
	timeout 20 strace -qq -o /dev/null -e trace=bpf -e inject=bpf:error=EAGAIN "$BERTH" --root "$STATE" run --bundle "$B" "$ID" \
		</dev/null >"$B/out" 2>"$B/err"
	assert_eq $? 1
	assert_contains "$(<"$B/err")" "load the device filter"
	assert_clean
}

# berth makes the filter while berth-init is at work already, which waits for it: here for a long one.
test_filter_is_in_force_before_a_hook_inside()
{
	bundle_new
	mknod "$B/refused" c 1 11 || die mknod
	cat >"$B/hook" <<-EOF
		#!/bin/sh
		exec 3<$B/refused
	EOF
	chmod 0755 "$B/hook"
	cfg --arg hook "$B/hook" '.hooks.createContainer = [{path: $hook}]
		| .linux.resources.devices = [range(3900) | {allow: (. % 2 == 0), type: "c", major: 60, minor: ., access: "r"}]'
	rt_fails 'hooks\.createContainer\[0\].*[Nn]ot permitted' run --bundle "$B" "$ID"
	assert_clean
}

# A number of rules that cannot be, and a wrong one: before anything is made.
test_wrong_rules_are_known_before_anything_is_made()
{
	command -v strace >/dev/null || skip "no strace"
	bundle_new
	cfg '.linux.resources.devices = [range(4001) | {allow: true, type: "c", major: 60, minor: ., access: "r"}]'
	strace -f -qq -e signal=none -o "$B/calls" -e trace=mkdir,mkdirat,clone3,fork,vfork "$BERTH" --root "$STATE" run --bundle "$B" "$ID" \
		</dev/null >"$B/out" 2>"$B/err"
	assert_eq $? 1
	[[ $(<"$B/err") =~ linux\.resources\.devices\[4000\].*more\ than\ 4000 ]] || die "$(<"$B/err")"
	assert_eq "$(grep -v "\"$STATE\"" "$B/calls")" ""
	assert_clean
}
