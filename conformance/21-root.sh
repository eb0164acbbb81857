# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The bundle, the root, what lies in it: devices, links, masked and read-only paths, propagation.
. "$REPO/conformance/lib.sh"

# shows: bundle.config.present bundle.config.location bundle.config.name
# each: absent sub Config.json config.JSON
# broken: before create 'cp "$bundle/.base.json" "$bundle/config.json"'
test_config_elsewhere()
{
	bundle_new
	args /bin/sleep 100
	cp "$B/config.json" "$B/.base.json"
	case $ROW in
	absent) rm "$B/config.json" ;;
	sub) mkdir "$B/sub"; mv "$B/config.json" "$B/sub" ;;
	*) mv "$B/config.json" "$B/$ROW" ;;
	esac
	is_refused "no config.json"
}

# shows: bundle.rootfs.root-path
# broken: config '.root.path = "rootfs"'
test_root_path()
{
	bundle_new
	cp -a "$B/rootfs" "$B/other"
	echo other >"$B/other/marker"
	echo rootfs >"$B/rootfs/marker"
	cfg '.root.path = "other"'
	probe read /marker
	go
	assert_line /marker=other
}

# shows: config.root.path.absolute
# broken: config '.root.path = "rootfs"'
test_root_absolute()
{
	bundle_new
	cp -a "$B/rootfs" /mnt/test/elsewhere
	touch /mnt/test/elsewhere/marker
	cfg '.root.path = "/mnt/test/elsewhere"'
	probe stat /marker
	go
	assert_re '^/marker=file'
}

# shows: config.root.path.relative
# broken: config '.root.path = "/mnt/test/rootfs"'
test_root_relative()
{
	bundle_new
	cp -a "$B/rootfs" /mnt/test/rootfs
	touch "$B/rootfs/marker"
	cd /mnt/test || die cd
	probe stat /marker
	go
	assert_re '^/marker=file'
}

# shows: bundle.artifacts.single-directory
# broken: state '.bundle = "/mnt/test/c1"'
test_bundle_moves()
{
	bundle_new
	args /bin/sleep 100
	cp -a "$B" /mnt/test/moved
	rm -rf "$B"
	B=/mnt/test/moved
	create_ok
	assert_eq "$(realpath "$(st .bundle)")" /mnt/test/moved
}

# shows: json.utf8
# broken: before create 'iconv -c -f utf8 -t ascii "$bundle/config.json" >"$bundle/c" || true; mv "$bundle/c" "$bundle/config.json"'
test_utf8()
{
	bundle_new
	args /bin/sleep 100
	sed -i $'s/"probe"/"pro\xff"/' "$B/config.json"
	is_refused "a byte that is not UTF-8"
}

# shows: json.no-duplicate-names
# broken: before create 'jq . "$bundle/config.json" >"$bundle/c"; mv "$bundle/c" "$bundle/config.json"'
test_duplicate_names()
{
	bundle_new
	args /bin/sleep 100
	sed -i '0,/"hostname"/s//"hostname": "first", "hostname"/' "$B/config.json"
	is_refused "two members of one name"
}

# shows: json.order-insignificant
# broken: config '.hostname = (keys_unsorted | first)'
test_order_of_members()
{
	local first
	bundle_new
	probe show ids caps names cwd env rlimits
	jq -S . <"$B/config.json" >"$B/sorted"
	cp "$B/sorted" "$B/config.json"
	go
	first=$OUT
	jq 'def down: if type == "object" then to_entries | reverse | map(.value |= down) | from_entries
		elif type == "array" then map(down) else . end; down' <"$B/sorted" >"$B/config.json"
	go
	assert_eq "$OUT" "$first"
}

# shows: linux.dev-symlink.{}
# each: fd stdin stdout stderr
# broken: after create 'rm -f "/proc/$pid/root/dev/{}"'
# broken: after create 'ln -sfn /elsewhere "/proc/$pid/root/dev/{}"'
test_links_in_dev()
{
	local -A target=([fd]=/proc/self/fd [stdin]=/proc/self/fd/0 [stdout]=/proc/self/fd/1 [stderr]=/proc/self/fd/2)
	bundle_new
	probe stat "/dev/$ROW"
	go
	assert_re "^/dev/$ROW=link .* -> ${target[$ROW]}\$"
}

# shows: linux.dev-symlink.source-missing
# broken: fail create
test_links_without_proc()
{
	bundle_new
	cfg '.mounts |= map(select(.destination != "/proc"))'
	probe show ids
	create
	if [ "$RC" != 0 ]; then
		! grep -q /proc "$B/err" || skip "without /proc a container is refused"
		die "create fails"
	fi
	remove
	go
	assert_line 'uid=0 0 0'
}

# shows: linux.default-devices.{}
# each: null zero full random urandom tty
# broken: after create 'umount "/proc/$pid/root/dev/{}" 2>/dev/null; rm -f "/proc/$pid/root/dev/{}"; nsenter -t "$pid" -m sh -c "umount /dev/{}; rm -f /dev/{}" 2>/dev/null; true'
# broken: after create 'chmod 0600 "/proc/$pid/root/dev/{}"'
test_default_device()
{
	local -A number=([null]=1:3 [zero]=1:5 [full]=1:7 [random]=1:8 [urandom]=1:9 [tty]=5:0)
	bundle_new
	cfg '.process.user = {uid: 1000, gid: 1000}'
	case $ROW in
	null) probe each stat /dev/null , write /dev/null text , read /dev/null ;;
	zero) probe each stat /dev/zero , write /dev/zero text ;;
	full) probe each stat /dev/full , write /dev/full text ;;
	*) probe stat "/dev/$ROW" ;;
	esac
	go
	assert_re "^/dev/$ROW=char 0666 [0-9]+ [0-9]+ ${number[$ROW]} "
	case $ROW in
	null) assert_line write=ok; assert_line /dev/null= ;;
	zero) assert_line write=ok ;;
	full) assert_line 'write=?28' ;;
	esac
}

# shows: linux.default-devices.{}
# each: null zero full random urandom tty
# broken: after create 'nsenter -t "$pid" -m umount /dev/{}; true'
test_default_device_with_a_user_namespace()
{
	local -A number=([null]=1:3 [zero]=1:5 [full]=1:7 [random]=1:8 [urandom]=1:9 [tty]=5:0)
	bundle_new
	userns
	probe stat "/dev/$ROW"
	go
	assert_re "^/dev/$ROW=char 0?666 [0-9]+ [0-9]+ ${number[$ROW]} "
}

# shows: linux.default-devices.ptmx
# broken: after create 'rm -f "/proc/$pid/root/dev/ptmx"'
test_ptmx()
{
	bundle_new
	probe each stat /dev/ptmx , read /dev/pts/ptmx
	args /bin/sh -c '/bin/probe stat /dev/ptmx; exec 5<>/dev/ptmx && /bin/probe ls /dev/pts'
	go
	assert_re '^/dev/ptmx=(link .* -> (/dev/)?pts/ptmx$|char .* 5:2 )'
	assert_re '^/dev/pts/0=char'
}

# shows: linux.devices.path.conflict
# broken: config 'del(.linux.devices)'
test_other_device_in_the_way()
{
	bundle_new
	args /bin/sleep 100
	mknod "$B/rootfs/node" c 1 3
	cfg '.linux.devices = [{path: "/node", type: "c", major: 1, minor: 5}]'
	is_refused "another device at the path"
}

# shows: linux.devices.path.existing-match
# broken: fail create
test_same_device_in_the_way()
{
	bundle_new
	mknod "$B/rootfs/node" c 1 5
	cfg '.linux.devices = [{path: "/node", type: "c", major: 1, minor: 5, fileMode: 438}]'
	probe stat /node
	go
	assert_re '^/node=char .* 1:5 '
}

# shows: linux.devices.fileMode
# broken: config '.linux.devices[0].fileMode = 384'
test_mode_of_devices_and_umask()
{
	bundle_new
	cfg '.linux.devices = [{path: "/dev/t1", type: "c", major: 1, minor: 5, fileMode: 438}]'
	probe stat /dev/t1
	umask 0077
	go
	assert_re '^/dev/t1=char 0666'
}

# shows: linux.maskedPaths.in-container
# broken: config 'del(.linux.maskedPaths)'
# broken: config '.linux.maskedPaths = ["/mnt/opt"]'; before create 'echo >/mnt/opt/secret'
test_masked_inside()
{
	bundle_new
	mkdir -p /mnt/opt "$B/rootfs/mnt/opt"
	echo outside >/mnt/opt/secret
	echo inside >"$B/rootfs/mnt/opt/secret"
	ln -s /mnt/opt/secret "$B/rootfs/link"
	cfg '.linux.maskedPaths = ["/link"]'
	probe read /mnt/opt/secret
	go
	assert_re '^/mnt/opt/secret=(|\?[0-9]+)$'
	assert_eq "$(</mnt/opt/secret)" outside
	assert_eq "$(<"$B/rootfs/mnt/opt/secret")" inside
}

# shows: linux.maskedPaths
# broken: config 'del(.linux.maskedPaths)'
test_masked_from_a_mighty_root()
{
	bundle_new
	cfg '.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"]) |
		.linux.maskedPaths = ["/etc/secret", "/var/lib", "/proc/kcore"]'
	probe each read /etc/secret /proc/kcore , ls /var/lib
	go
	assert_no_re secret$
	assert_line '/var/lib: 0'
	assert_re '^/proc/kcore=(|\?[0-9]+)$'
}

# shows: linux.readonlyPaths
# broken: config 'del(.linux.readonlyPaths)'
test_readonly_keeps_flags()
{
	bundle_new
	mount_add /data tmpfs tmpfs nosuid nodev noexec
	cfg '.linux.readonlyPaths = ["/data"]'
	probe each show mounts , write /data/x
	go
	assert_line 'write=?30'
	assert_match "$(mount_attrs /data)" '^ro,nosuid,nodev,noexec'
}

# rootfs on a mount that the host shares
shared_root()
{
	bundle_new
	mount --bind "$B/rootfs" "$B/rootfs"
	mount --make-shared "$B/rootfs"
	cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	cfg --arg p "$1" '.linux.rootfsPropagation = $p'
}

# shows: linux.rootfsPropagation.shared linux.rootfsPropagation.optional
# broken: config '.linux.rootfsPropagation = "private"'
test_propagation_shared()
{
	shared_root shared
	probe show mounts
	go
	assert_match "$(mount_propagation /)" 'shared:[0-9]+'
}

# shows: linux.rootfsPropagation.slave
# broken: config '.linux.rootfsPropagation = "private"'
test_propagation_slave()
{
	shared_root slave
	args /bin/sh -c 'grep " / " /proc/self/mountinfo; sleep 100'
	up
	wait_for 15 file_has "$B/out" ' / ' || die "the program does not run"
	assert_match "$(<"$B/out")" ' / [^-]*master:[0-9]+'
	assert_no_shared "$(<"$B/out")"
	mount -t tmpfs late "$B/rootfs/data"
	assert_match "$(<"/proc/$PID/mountinfo")" ' /data .* tmpfs late'
	nsenter -t "$PID" -m -p mount -t tmpfs inside /tmp 2>/dev/null || nsenter -t "$PID" -m --root --wd /bin/mount -t tmpfs inside /tmp
	! grep -q ' tmpfs inside ' /proc/self/mountinfo || die "a mount of the container is on the host"
	umount "$B/rootfs/data"
}

assert_no_shared()
{
	[[ $1 != *shared:* ]] || die "shared: $1"
}

# shows: linux.rootfsPropagation.private
# broken: config '.linux.rootfsPropagation = "slave"'
test_propagation_private()
{
	shared_root private
	args /bin/sh -c 'grep " / " /proc/self/mountinfo; sleep 100'
	up
	wait_for 15 file_has "$B/out" ' / ' || die "the program does not run"
	! grep -qE ' / .*(shared|master):' "$B/out" || die "not private: $(<"$B/out")"
	mount -t tmpfs late "$B/rootfs/data"
	! grep -q ' tmpfs late ' "/proc/$PID/mountinfo" || die "a mount of the host is in the container"
	umount "$B/rootfs/data"
}

# shows: linux.rootfsPropagation.unbindable
# broken: config '.linux.rootfsPropagation = "private"'
test_propagation_unbindable()
{
	shared_root unbindable
	args /bin/sh -c 'grep " / " /proc/self/mountinfo; mount -o bind / /tmp && echo bound'
	go
	assert_re ' / .*unbindable'
	assert_no_re '^bound'
}
