# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Containers without a mount namespace of their own: they are in the caller's and have their root all the same.

in_ours()
{
	[ "$(readlink "/proc/$1/ns/mnt")" = "$(readlink /proc/self/ns/mnt)" ] || die "$1 is in another mount namespace"
}

# bundle_shared: with a file that the host does not have, and folders to mount on
bundle_shared()
{
	bundle_new
	ns_del mount
	mkdir -p "$B/rootfs/data" "$B/rootfs/bound" "$B/rootfs/kept" "$B/src"
	echo image >"$B/rootfs/image-only"
	echo source >"$B/src/file"
}

# shows: linux.namespaces.inherit.mount
test_root_and_mounts_are_those_of_the_config()
{
	bundle_shared
	echo secret >"$B/rootfs/kept/file"
	echo secret >"$B/rootfs/hidden"
	mount_add /data tmpfs tmpfs size=64k nosuid
	mount_add /bound none "$B/src" bind ro
	cfg '.linux.maskedPaths = ["/hidden"] | .linux.readonlyPaths = ["/kept"] | .root.readonly = true | .process.args = ["/bin/probe",
		"each", "read", "/image-only", "/bound/file", "/hidden", "/kept/file", "/proc/self/comm", ",", "write", "/data/new", ",",
		"write", "/bound/new", ",", "write", "/kept/new", ",", "write", "/new", ",", "show", "ns", "cwd", ",", "ls", "/.."]'
	run_ok
	assert_line "ns.mnt=$(readlink /proc/self/ns/mnt)"
	assert_line /image-only=image
	assert_line /bound/file=source
	assert_line /hidden=
	assert_line /kept/file=secret
	assert_line /proc/self/comm=probe
	assert_line cwd=/
	assert_eq "$(grep '^write=' <<<"$OUT" | tr '\n' ' ')" "write=ok write=?30 write=?30 write=?30 "
	assert_re '^/../image-only=file '
	assert_clean
}

# shows: linux.namespaces.inherit.mount
test_the_host_sees_nothing_of_it()
{
	local before
	bundle_shared
	before=$(list_mounts)
	mount_add /data tmpfs tmpfs
	args /bin/sleep 100
	create_ok
	assert_eq "$(list_mounts)" "$before"
	in_ours "$(pid_of)"
	start_ok
	assert_eq "$(list_mounts)" "$before"
	in_ours "$(pid_of)"
	[ "$(readlink "/proc/$(pid_of)/root")" = / ] || die "its root is $(readlink "/proc/$(pid_of)/root")"
	[ ! -e "$B/rootfs/proc/self" ] || die "its /proc is on the host"
	delete_ok --force
	assert_eq "$(list_mounts)" "$before"
	assert_clean
}

test_exec_finds_the_same_root()
{
	local how
	bundle_shared
	mount_add /data tmpfs tmpfs
	args /bin/sleep 100
	# also with no namespace to join at all
	for how in . '.linux.namespaces = [] | del(.hostname)'; do
		cfg "$how"
		up
		"$BERTH" --root "$STATE" exec "$ID" /bin/probe each read /image-only , write /data/by-exec , show ns cwd >"$B/out" || die "exec fails"
		OUT=$(<"$B/out")
		assert_line /image-only=image
		assert_line write=ok
		assert_line "ns.mnt=$(readlink /proc/self/ns/mnt)"
		assert_line cwd=/
		# also for who is in another one
		OUT=$(unshare --mount "$BERTH" --root "$STATE" exec "$ID" /bin/probe each show ns , read /image-only) || die "exec fails from another mount namespace"
		assert_line "ns.mnt=$(readlink /proc/self/ns/mnt)"
		assert_line /image-only=image
		rt_ok exec "$ID" /bin/probe ls /data
		assert_re '^/data/by-exec=file '
		rt_fails 'no-such' exec "$ID" /no-such
		delete_ok --force
		assert_clean
	done
}

# Up to createContainer hooks are in the namespace that goes away, startContainer hooks and the program are not.
test_hooks_and_a_terminal()
{
	bundle_shared
	cat >"$B/rootfs/hook" <<-'END'
		#!/bin/sh
		cat /image-only >/data/start
	END
	chmod 0755 "$B/rootfs/hook"
	mount_add /data tmpfs tmpfs mode=0777
	cfg '.hooks = {startContainer: [{path: "/hook"}]} | .process.terminal = true |
		.process.args = ["/bin/probe", "each", "read", "/data/start", ",", "tty"]'
	"$BERTH" --root "$STATE" run --bundle "$B" "$ID" >"$B/out" 2>"$B/err" </dev/null || die "$(<"$B/err")"
	OUT=$(tr -d '\r' <"$B/out")
	assert_line /data/start=image
	assert_line controlling=yes
	assert_clean
}

test_no_pivot_and_no_linux_section()
{
	bundle_shared
	probe read /image-only
	run_ok --no-pivot
	assert_line /image-only=image
	cfg 'del(.linux, .hostname, .mounts)'
	run_ok
	assert_line /image-only=image
	assert_clean
}

test_what_cannot_be_had()
{
	local how
	bundle_shared
	probe show cwd
	cp "$B/config.json" "$B/good"
	for how in rshared slave unbindable; do
		cp "$B/good" "$B/config.json"
		mount_add /data tmpfs tmpfs "$how"
		run_fails 'mounts\[[0-9]+\].options: "'"$how"'": propagation requires a mount namespace'
	done
	cp "$B/good" "$B/config.json"
	cfg '.linux.rootfsPropagation = "rslave"'
	run_fails 'linux.rootfsPropagation: propagation requires a mount namespace'
	cfg '.linux.rootfsPropagation = "rprivate"'
	run_ok
	userns
	run_fails 'linux.namespaces: a mount namespace is required, as the caller.s belongs to another user namespace'
}

# Setuid bits of its files do nothing, as on a mount with nosuid: the kernel heeds those of its namespace's mounts only.
test_no_setuid()
{
	bundle_shared
	cp "$B/rootfs/bin/probe" "$B/rootfs/bin/probe-suid"
	chmod 4755 "$B/rootfs/bin/probe-suid"
	cfg '.process.user = {uid: 1000, gid: 1000}'
	args /bin/probe-suid show ids
	run_ok
	assert_re '^uid=1000 1000 '
}

# Its mounts are in no namespace, so the kernel lets nobody change them or add to them, with CAP_SYS_ADMIN neither; and it
# makes no user namespace for who is in a chroot, where an ordinary user would have all capabilities. It is the two together
# with CAP_SYS_CHROOT that lead out.
test_mounts_are_out_of_reach()
{
	local before admin='["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]'
	bundle_shared
	echo secret >"$B/rootfs/hidden"
	mkdir -p "$B/rootfs/masked"
	echo secret >"$B/rootfs/masked/file"
	mount_add /data tmpfs tmpfs mode=0777
	mount_add /bound none "$B/src" bind ro
	cfg ".process.capabilities = {bounding: $admin, effective: $admin, permitted: $admin} | .linux.maskedPaths = [\"/hidden\", \"/masked\"]"
	args /bin/sh -c '
		for what in "mount -t tmpfs tmpfs /kept" "mount -t tmpfs tmpfs /" "mount -o bind /data /kept" "mount -o remount,rw,bind /bound" \
			"mount -o bind / /data" "mount --make-rshared /" "umount -l /bound" "umount -l /hidden" "umount -l /masked" "umount -l /" \
			"busybox pivot_root /data /data" "busybox nsenter --mount=/proc/self/ns/mnt true" "busybox unshare -U true"; do
			$what 2>/dev/null && echo "done: $what"
		done
		# a copy of the namespace helps neither
		busybox unshare -m sh -c "umount -l /bound || mount -t tmpfs tmpfs /kept || umount -l /hidden" 2>/dev/null && echo "done in a copy"
		cat /hidden; ls /masked; echo x >/bound/new
		echo end; exec sleep 100'
	before=$(list_mounts)
	"$BERTH" --root "$STATE" run --detach --bundle "$B" "$ID" >"$B/out" 2>"$B/err" </dev/null || die "$(<"$B/err")"
	wait_for 10 grep -qx end "$B/out"
	assert_eq "$(<"$B/out")" end
	assert_eq "$(list_mounts)" "$before"
	[ ! -e "$B/src/new" ] || die "it has written into a mount that is read-only"
	delete_ok --force
	cfg 'del(.process.capabilities) | .process.user = {uid: 1000, gid: 1000}'
	args /bin/sh -c 'busybox unshare -U -m true 2>/dev/null && echo made; echo end'
	run_ok
	assert_eq "$OUT" end
	assert_clean
}

test_plan_says_so()
{
	bundle_shared
	rt_ok plan "$B"
	assert_re 'root-keep .*CAP_SYS_ADMIN and CAP_SYS_CHROOT.*the container has no mount namespace of its own'
	bundle_new c2
	rt_ok plan "$B"
	assert_no_re root-keep
}
