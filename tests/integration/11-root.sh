# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# root, hostname, cwd of the world the program sees.
# vm: any driver

test_readonly_root()
{
	bundle_new
	probe write /file
	run_ok
	assert_line write=ok
	[ -f "$B/rootfs/file" ] || die "not written to the rootfs"
	rm "$B/rootfs/file"
	cfg '.root.readonly = true'
	run_ok
	assert_line 'write=?30'
	probe show mounts
	run_ok
	has_word "$(mount_attrs /)" ro || die "the root mount is not read-only"
	has_word "$(mount_attrs /dev)" rw || die "/dev must stay writable"
	assert_clean
}

# A mount on "/" is the root from then on, whatever the way it was made.
test_tmpfs_as_root()
{
	bundle_new
	cfg --arg b "$B" '.mounts = [{destination: "/", type: "tmpfs", source: "tmpfs", options: ["mode=755", "nosuid"]}] + .mounts
		+ [{destination: "/bin", type: "bind", source: "\($b)/rootfs/bin", options: ["rbind"]}]'
	probe each write /file , show mounts
	run_ok
	assert_line write=ok
	has_word "$(mount_attrs /)" nosuid || die "the root is not the mount"
	[ ! -e "$B/rootfs/file" ] || die "written to the covered root"
	assert_clean
}

test_root_absolute_path()
{
	bundle_new
	mv "$B/rootfs" /mnt/test/elsewhere
	cfg '.root.path = "/mnt/test/elsewhere"'
	probe write /here
	run_ok
	[ -f /mnt/test/elsewhere/here ] || die "not this root"
	assert_clean
}

test_root_is_a_mount_of_its_own()
{
	bundle_new
	probe show mounts
	run_ok
	# nothing of the host is below the new root
	assert_no_re '^mount=[^ ]+ [^ ]+ [^ ]+ [^ ]+ (/mnt|/run|/usr|/srv)( |/)'
	assert_eq "$(grep -c '^mount=' <<<"$OUT")" "$(grep -cE '^mount=[^ ]+ [^ ]+ [^ ]+ [^ ]+ (/|/proc|/dev|/dev/pts|/dev/shm) ' <<<"$OUT")"
	assert_clean
}

test_root_mounts_of_the_host_below_rootfs_are_seen_or_not()
{
	bundle_new
	mkdir "$B/rootfs/sub"
	mount -t tmpfs none "$B/rootfs/sub"
	echo below >"$B/rootfs/sub/file"
	probe read /sub/file
	run_ok
	assert_line /sub/file=below
	umount "$B/rootfs/sub"
	assert_clean
}

test_hostname_and_domainname()
{
	bundle_new
	cfg '.hostname = "a-name" | .domainname = "example.org"'
	probe show names
	local before
	before=$(hostname)
	run_ok
	assert_line hostname=a-name
	assert_line domainname=example.org
	assert_eq "$(hostname)" "$before"
	assert_clean
}

test_hostname_without_uts_namespace()
{
	bundle_new
	ns_del uts
	run_fails 'hostname'
	cfg 'del(.hostname)'
	run_ok
	assert_clean
}

test_rootfs_propagation()
{
	local p
	bundle_new
	probe show mounts
	for p in private slave shared unbindable; do
		cfg --arg p "$p" '.linux.rootfsPropagation = $p'
		run_ok
		case $p in
		shared) assert_match "$(mount_propagation /)" '^shared:[0-9]+$' ;;
		unbindable) assert_eq "$(mount_propagation /)" unbindable ;;
		private) assert_eq "$(mount_propagation /)" '' ;;
		slave) assert_match "$(mount_propagation /)" '^(master:[0-9]+)?$' ;;
		esac
	done
	assert_clean
}

test_rootfs_propagation_slave_receives()
{
	bundle_new
	mount --bind "$B/rootfs" "$B/rootfs"
	mount --make-shared "$B/rootfs"
	BASELINE[mounts]=$(list_mounts)
	cfg '.linux.rootfsPropagation = "slave"'
	args /bin/sh -c 'until [ -e /data/came ]; do sleep 0.05; done; echo yes'
	create_ok
	start_ok
	mount -t tmpfs none "$B/rootfs/data"
	touch "$B/rootfs/data/came"
	wait_status stopped
	umount "$B/rootfs/data"
	assert_eq "$(<"$B/out")" yes
	delete_ok
	assert_clean
}

test_mounts_of_a_container_do_not_reach_the_host()
{
	bundle_new
	cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	mount --make-rshared /mnt
	args /bin/sh -c 'mount -t tmpfs none /data && echo mounted; sleep 60'
	create_ok
	start_ok
	wait_for 5 file_has "$B/out" mounted || die "not mounted"
	! mountpoint -q "$B/rootfs/data" || die "the mount reached the host"
	delete_ok --force
	mount --make-rprivate /mnt
	assert_clean
}
