# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# maskedPaths, readonlyPaths, descriptors.
# vm: any driver

test_masked_paths()
{
	bundle_new
	cfg '.linux.maskedPaths = ["/etc/secret", "/var/lib/some", "/no/such/path", "/proc/keys"]'
	args /bin/sh -c '/bin/probe read /etc/secret /proc/keys; /bin/probe write /etc/secret; /bin/probe ls /var/lib/some; /bin/probe write /var/lib/some/x; /bin/probe stat /no'
	run_ok
	assert_line /etc/secret=
	assert_line /proc/keys=
	assert_line '/var/lib/some: 0'
	assert_re '^write=\?30$'
	assert_line '/no=?2'
	assert_eq "$(<"$B/rootfs/etc/secret")" secret
	assert_clean
}

test_readonly_paths()
{
	bundle_new
	cfg '.linux.readonlyPaths = ["/etc/secret", "/var/lib", "/no/such/path", "/proc/sys"]'
	args /bin/sh -c '/bin/probe write /etc/secret; /bin/probe write /var/lib/some/file; /bin/probe write /proc/sys/kernel/msgmax; /bin/probe write /etc/other; /bin/probe read /etc/secret'
	run_ok
	assert_eq "$(grep '^write=' <<<"$OUT" | tr '\n' ' ')" "write=?30 write=?30 write=?30 write=ok "
	assert_line /etc/secret=secret
	assert_clean
}

test_readonly_path_keeps_mount_flags()
{
	bundle_new
	mount_add /data tmpfs tmpfs nosuid nodev noexec
	cfg '.linux.readonlyPaths = ["/data"]'
	probe show mounts
	run_ok
	local w
	for w in ro nosuid nodev noexec; do
		has_word "$(mount_attrs /data)" $w || die "no $w: $(mount_line /data)"
	done
	assert_clean
}

test_masked_and_readonly_paths_through_links_stay_inside()
{
	bundle_new
	mkdir /mnt/test/outside
	echo outside >/mnt/test/outside/file
	ln -s /mnt/test/outside "$B/rootfs/link"
	cfg '.linux.maskedPaths = ["/link/file", "/link"] | .linux.readonlyPaths = ["/link"]'
	args /bin/true
	rt run --bundle "$B" "$ID"
	assert_eq "$(</mnt/test/outside/file)" outside
	echo writable >/mnt/test/outside/file || die "the host's folder became read-only"
	assert_clean
}

test_paths_that_are_relative()
{
	bundle_new
	cfg '.linux.maskedPaths = ["proc/keys"]'
	run_fails 'linux\.maskedPaths\[0\]'
	cfg 'del(.linux.maskedPaths) | .linux.readonlyPaths = ["proc/keys"]'
	run_fails 'linux\.readonlyPaths\[0\]'
}

test_only_three_descriptors()
{
	bundle_new
	probe fds
	exec 7</etc/passwd 8</etc 9>/dev/null
	run_ok
	assert_line fds=3
	create_ok
	start_ok
	wait_status stopped
	exec 7<&- 8<&- 9>&-
	OUT=$(<"$B/out")
	assert_line fds=3
	delete_ok
	assert_clean
}

# Between create and start a container's process holds nothing of the host but its stdio and its own sockets.
test_descriptors_of_the_waiting_init()
{
	local fd target
	bundle_new
	exec 7</etc/passwd
	create_ok
	for fd in /proc/"$(pid_of)"/fd/*; do
		target=$(readlink "$fd")
		case ${fd##*/}:$target in
		[012]:*) ;;
		*:socket:*) ;;
		*:/memfd:* | *:anon_inode:*) ;;
		*) die "descriptor ${fd##*/} is $target" ;;
		esac
	done
	exec 7<&-
	delete_ok
	assert_clean
}

test_preserve_fds()
{
	bundle_new
	echo kept >/mnt/test/kept
	args /bin/sh -c 'cat <&4; /bin/probe fds'
	exec 3</etc/hostname 4</mnt/test/kept 5</etc/passwd
	run_ok --preserve-fds 2
	assert_line kept
	assert_line fds=5
	exec 3<&- 4<&- 5<&-
	assert_clean
}

test_closed_stdio()
{
	bundle_new
	args /bin/true
	"$BERTH" --root "$STATE" run --bundle "$B" "$ID" <&- >&- 2>&-
	assert_eq $? 0
	assert_clean
}

test_listen_fds()
{
	bundle_new
	probe show env
	exec 3</etc/hostname
	OUT=$(LISTEN_FDS=1 "$BERTH" --root "$STATE" run --bundle "$B" "$ID") || die run
	exec 3<&-
	assert_line env=LISTEN_FDS=1
	assert_line env=LISTEN_PID=1
	assert_clean
}
