# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# mounts: types, sources, destinations, order.
# vm: any driver

test_default_filesystems()
{
	bundle_new
	mount_add /sys sysfs sysfs nosuid noexec nodev ro
	mount_add /dev/mqueue mqueue mqueue nosuid noexec nodev
	mount_add /sys/fs/cgroup cgroup cgroup nosuid noexec nodev relatime ro
	ns_add network
	probe show mounts
	run_ok
	assert_match "$(mount_line /proc)" ' - proc '
	assert_match "$(mount_line /sys)" ' - sysfs '
	assert_match "$(mount_line /dev/mqueue)" ' - mqueue '
	assert_match "$(mount_line /sys/fs/cgroup)" ' - cgroup2 '
	has_word "$(mount_attrs /sys)" ro || die "/sys is writable"
	assert_clean
}

# Engines give what the host's mount has; it changes nothing there.
test_cgroup_mount_with_options_of_the_host()
{
	local type before
	before=$(grep ' - cgroup2 ' /proc/self/mountinfo)
	for type in cgroup cgroup2; do
		bundle_new
		mount_add /sys/fs/cgroup "$type" cgroup nosuid nsdelegate memory_recursiveprot favordynmods
		args /bin/cat /sys/fs/cgroup/cgroup.controllers
		run_ok
		ns_del cgroup
		run_ok
		rm -rf "$B"
	done
	assert_eq "$(grep ' - cgroup2 ' /proc/self/mountinfo)" "$before" "mounts of the host"
	bundle_new
	mount_add /sys/fs/cgroup cgroup cgroup nosuid memory_nothing
	run_fails 'mounts\[[0-9]+\].options: "memory_nothing" is not an option of cgroup v2'
}

test_cgroup_mount_without_cgroup_namespace()
{
	bundle_new
	ns_del cgroup
	mount_add /sys/fs/cgroup cgroup cgroup nosuid noexec nodev ro
	args /bin/sh -c 'cat /sys/fs/cgroup/cgroup.procs; cat /proc/self/cgroup'
	run_ok
	assert_re '^1$'
	assert_clean
}

test_bind_directory_and_file()
{
	bundle_new
	mkdir "$B/src"
	echo content >"$B/src/file"
	mount_add /data none "$B/src" bind
	mount_add /etc/new-file none src/file bind ro
	probe read /data/file /etc/new-file
	run_ok
	assert_line /data/file=content
	assert_line /etc/new-file=content
	assert_clean
}

test_missing_destinations_are_made()
{
	bundle_new
	mkdir "$B/src"
	echo content >"$B/src/file"
	mount_add /new/deep/dir tmpfs tmpfs mode=750
	mount_add /new/other/file none "$B/src/file" bind
	probe stat /new/deep/dir /new/other/file
	run_ok
	assert_re '^/new/deep/dir=dir 0750 '
	assert_re '^/new/other/file=file '
	assert_clean
}

test_relative_destination()
{
	bundle_new
	mount_add data tmpfs tmpfs
	probe show mounts
	run_ok
	assert_match "$(mount_line /data)" ' - tmpfs '
	assert_clean
}

test_destination_links_stay_inside()
{
	bundle_new
	mkdir /mnt/test/outside
	ln -s /mnt/test/outside "$B/rootfs/absolute"
	ln -s ../../../../../mnt/test/outside "$B/rootfs/climbing"
	mount_add /absolute tmpfs tmpfs
	mount_add /climbing/x tmpfs tmpfs
	probe show mounts
	run_ok
	assert_match "$(mount_line /mnt/test/outside)" ' - tmpfs '
	assert_match "$(mount_line /mnt/test/outside/x)" ' - tmpfs '
	[ -d "$B/rootfs/mnt/test/outside" ] || die "the link was not followed inside the root"
	[ -z "$(ls -A /mnt/test/outside)" ] || die "something was made outside of the root"
	assert_clean
}

test_dotdot_in_destination_stays_inside()
{
	bundle_new
	mount_add /../../data tmpfs tmpfs
	probe show mounts
	rt run --bundle "$B" "$ID"
	# refused or resolved inside; never outside
	if [ "$RC" = 0 ]; then
		assert_match "$(mount_line /data)" ' - tmpfs '
	else
		[ -n "$ERR" ] || die "failed without a word"
	fi
	assert_clean
}

test_proc_may_not_be_redirected()
{
	bundle_new
	rmdir "$B/rootfs/proc"
	ln -s /data "$B/rootfs/proc"
	probe show mounts
	rt run --bundle "$B" "$ID"
	[ "$RC" != 0 ] || die "procfs was mounted through a link"
	assert_clean
}

test_missing_source()
{
	bundle_new
	mount_add /data none "$B/no-such" bind
	run_fails 'no-such.*no such file or directory'
	assert_clean
}

test_unknown_filesystem()
{
	bundle_new
	mount_add /data nosuchfs none
	run_fails 'mounts\[4\].*(nosuchfs|no such device)'
}

test_unknown_option_is_filesystem_data()
{
	bundle_new
	mount_add /data tmpfs tmpfs nosuchoption=1
	run_fails 'nosuchoption'
	cfg '.mounts |= map(select(.destination != "/data"))'
	mount_add /data tmpfs tmpfs size=4096k mode=700 ''
	probe show mounts
	run_ok
	assert_match "$(mount_sb /data)" 'size=4096k'
	assert_match "$(mount_sb /data)" 'mode=700'
	assert_clean
}

test_order_and_shadowing()
{
	bundle_new
	mkdir "$B/one" "$B/two"
	echo 1 >"$B/one/file"
	echo 2 >"$B/two/file"
	mount_add /data none "$B/one" bind
	mount_add /data none "$B/two" bind
	probe read /data/file
	run_ok
	assert_line /data/file=2
	assert_clean
}

test_rbind_takes_submounts_and_bind_does_not()
{
	bundle_new
	mkdir -p "$B/src/sub"
	mount -t tmpfs none "$B/src/sub"
	echo deep >"$B/src/sub/file"
	BASELINE[mounts]=$(list_mounts)
	mount_add /data none "$B/src" rbind
	probe read /data/sub/file
	run_ok
	assert_line /data/sub/file=deep
	cfg '.mounts[-1].options = ["bind"]'
	run_ok
	assert_line '/data/sub/file=?2'
	assert_clean
}

test_type_bind_without_option()
{
	bundle_new
	mkdir "$B/src"
	echo content >"$B/src/file"
	mount_add /data bind "$B/src" ro
	probe read /data/file
	rt run --bundle "$B" "$ID"
	if [ "$RC" = 0 ]; then
		assert_line /data/file=content
	else
		assert_match "$ERR" 'mounts\[4\]'
	fi
	assert_clean
}

test_remount()
{
	bundle_new
	mount_add /data tmpfs tmpfs size=1024k
	mount_add /data none none remount ro nosuid
	probe show mounts
	run_ok
	has_word "$(mount_attrs /data)" ro || has_word "$(mount_sb /data)" ro || die "not remounted: $(mount_line /data)"
	assert_eq "$(grep -cE '^mount=[^ ]+ [^ ]+ [^ ]+ [^ ]+ /data ' <<<"$OUT")" 1
	assert_clean
}

test_tmpcopyup()
{
	bundle_new
	mkdir "$B/rootfs/copy"
	echo text >"$B/rootfs/copy/file"
	chmod 0640 "$B/rootfs/copy/file"
	chown 5:6 "$B/rootfs/copy/file"
	mkdir -m 0711 "$B/rootfs/copy/dir"
	echo deep >"$B/rootfs/copy/dir/deep"
	ln -s file "$B/rootfs/copy/link"
	mount_add /copy tmpfs tmpfs tmpcopyup
	args /bin/sh -c '/bin/probe stat /copy/file /copy/dir /copy/link; /bin/probe read /copy/dir/deep; echo new >/copy/dir/deep'
	run_ok
	assert_re '^/copy/file=file 0640 5 6 '
	assert_re '^/copy/dir=dir 0711 0 0 '
	assert_re '^/copy/link=link .* -> file$'
	assert_line /copy/dir/deep=deep
	assert_eq "$(<"$B/rootfs/copy/dir/deep")" deep "the original must not change"
	assert_clean
}

test_mount_on_a_file()
{
	bundle_new
	mkdir "$B/src"
	mount_add /etc/passwd none "$B/src" bind
	run_fails 'not a directory'
	cfg '.mounts = .mounts[0:4]'
	touch "$B/file"
	mount_add /etc none "$B/file" bind
	run_fails 'is a directory|not a directory'
}

test_many_mounts()
{
	local i
	bundle_new
	mkdir "$B/src"
	cfg --arg s "$B/src" '.mounts += [range(300) | {destination: "/data/m\(.)", source: $s, type: "none", options: ["bind"]}]'
	probe show mounts
	run_ok
	i=$(grep -c ' /data/m[0-9]* ' <<<"$OUT")
	assert_eq "$i" 300
	assert_clean
}
