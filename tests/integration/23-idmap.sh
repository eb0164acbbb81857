# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Id-mapped mounts: idmap, ridmap, mappings of a mount and of the container, and what refuses to be mapped.
# vm: any driver

# source_new: $SRC, a file system of its own with files of 0:0, 5:6 and 1000:1000 and another file system in sub
source_new()
{
	SRC=/mnt/test/source
	mkdir -p "$SRC"
	mount -t tmpfs none "$SRC"
	chmod 0755 "$SRC"
	mkdir "$SRC/sub"
	mount -t tmpfs none "$SRC/sub"
	touch "$SRC/root" "$SRC/five" "$SRC/thousand" "$SRC/sub/root"
	chown 5:6 "$SRC/five"
	chown 1000:1000 "$SRC/thousand"
	BASELINE[mounts]=$(list_mounts)
	can_map || skip "this kernel cannot map the ids of a tmpfs"
}

can_map()
{
	local major minor
	IFS=.- read -r major minor _ < <(uname -r)
	((major > 6 || (major == 6 && minor >= 3)))
}

# mount_map UID GID [SIZE]: the last mount of the config shows the ids from 0 on as these
mount_map()
{
	cfg --argjson u "$1" --argjson g "$2" --argjson n "${3:-1}" '.mounts[-1] |= . + {
		uidMappings: [{containerID: 0, hostID: $u, size: $n}], gidMappings: [{containerID: 0, hostID: $g, size: $n}]}'
}

# owner PATH: "UID GID" as the probe's line in $OUT has it
owner()
{
	value "$1" | cut -d ' ' -f 3-4
}

assert_owner()
{
	assert_eq "$(owner "$1")" "$2" "owner of $1"
}

# shows: config.mounts.option.idmap config.mounts.option.idmap.must-map config.mounts.uidMappings.optional
# shows: config.mounts.gidMappings.optional config.mounts.uidMappings.mount_setattr config.mounts.gidMappings.mount_setattr
# shows: config.mounts.option.idmap.mount_setattr
test_idmap_is_for_the_mount_itself()
{
	bundle_new
	source_new
	mount_add /m bind "$SRC" rbind idmap
	mount_map 1000 2000
	probe each stat /m/root /m/five /m/sub/root , show mounts
	run_ok
	assert_owner /m/root "1000 2000"
	assert_owner /m/five "65534 65534"
	assert_owner /m/sub/root "0 0"
	has_word "$(mount_attrs /m)" idmapped || die "the mount is not id-mapped"
	! has_word "$(mount_attrs /m/sub)" idmapped || die "the mount below it is id-mapped"
	assert_eq "$(stat -c %u:%g "$SRC/root")" 0:0 "on the host"
	assert_clean
}

# shows: config.mounts.option.ridmap config.mounts.option.ridmap.must-map config.mounts.option.ridmap.mount_setattr
test_ridmap_is_for_the_tree()
{
	bundle_new
	source_new
	mount_add /m bind "$SRC" rbind ridmap
	mount_map 1000 2000
	probe each stat /m/root /m/sub/root , show mounts
	run_ok
	assert_owner /m/root "1000 2000"
	assert_owner /m/sub/root "1000 2000"
	has_word "$(mount_attrs /m/sub)" idmapped || die "the mount below it is not id-mapped"
	assert_clean
}

# shows: config.mounts.uidMappings.idmap-option config.mounts.gidMappings.idmap-option
test_mappings_without_an_option_are_not_ignored()
{
	bundle_new
	source_new
	mount_add /m bind "$SRC" rbind
	mount_map 1000 2000
	probe stat /m/root /m/sub/root
	run_ok
	assert_owner /m/root "1000 2000"
	assert_owner /m/sub/root "0 0"
	assert_clean
}

# shows: config.mounts.option.idmap.default-userns config.mounts.option.ridmap.default-userns
# shows: config.mounts.option.idmap.no-mapping.error config.mounts.option.ridmap.no-mapping.error
test_without_mappings_those_of_the_container_count()
{
	local option
	for option in idmap ridmap; do
		bundle_new $option
		[ -n "${SRC:-}" ] || source_new
		userns
		mount_add /m bind "$SRC" rbind $option
		mount_add /plain bind "$SRC" rbind
		probe stat /m/root /m/five /m/sub/root /plain/root
		run_ok
		assert_owner /m/root "0 0"
		assert_owner /m/five "5 6"
		assert_owner /m/sub/root "$([ $option = ridmap ] && echo 0 0 || echo 65534 65534)"
		assert_owner /plain/root "65534 65534"
	done
	assert_clean
}

# shows: config.mounts.option.idmap.use-mount-mappings config.mounts.option.ridmap.use-mount-mappings
test_mappings_of_the_mount_win_over_those_of_the_container()
{
	local option
	for option in idmap ridmap; do
		bundle_new $option
		[ -n "${SRC:-}" ] || source_new
		userns
		mount_add /m bind "$SRC" rbind $option
		cfg '.mounts[-1] |= . + {uidMappings: [{containerID: 1000, hostID: 100000, size: 1}]} | .mounts[-1].gidMappings = .mounts[-1].uidMappings'
		probe stat /m/root /m/thousand
		run_ok
		assert_owner /m/thousand "0 0"
		assert_owner /m/root "65534 65534"
	done
	assert_clean
}

test_what_the_container_writes_has_mapped_ids_on_disk()
{
	bundle_new
	source_new
	userns
	mount_add /m bind "$SRC" bind idmap
	probe write /m/new text
	run_ok
	assert_line "write=ok"
	assert_eq "$(stat -c %u:%g "$SRC/new")" 0:0 "on disk"
	assert_clean
}

test_the_user_namespace_may_be_joined_by_path()
{
	local job
	bundle_new
	source_new
	unshare --user sleep 60 &
	job=$!
	wait_for 5 file_has "/proc/$job/comm" '^sleep$' || die "no holder"
	echo "0 100000 65536" >"/proc/$job/uid_map"
	echo "0 100000 65536" >"/proc/$job/gid_map"
	chown -R -h 100000:100000 "$B/rootfs"
	ns_add user "/proc/$job/ns/user"
	mount_add /m bind "$SRC" bind idmap
	probe stat /m/five
	run_ok
	assert_owner /m/five "5 6"
	kill "$job"
	wait "$job" 2>/dev/null
	assert_clean
}

# shows: config.mounts.option.idmap.not-passed config.mounts.option.ridmap.not-passed
test_a_new_file_system_can_be_mapped()
{
	bundle_new
	source_new
	mkdir "$B/rootfs/m"
	touch "$B/rootfs/m/copied"
	mount_add /m tmpfs tmpfs idmap mode=0755 tmpcopyup
	mount_map 1000 1000
	mount_add /n tmpfs tmpfs ridmap ro
	mount_map 0 0 10
	probe each stat /m /m/copied , show mounts
	run_ok
	assert_owner /m "1000 1000"
	assert_owner /m/copied "1000 1000"
	has_word "$(mount_attrs /m)" idmapped || die "the tmpfs is not id-mapped"
	has_word "$(mount_attrs /n)" idmapped || die "the other tmpfs is not id-mapped"
	has_word "$(mount_attrs /n)" ro || die "the other tmpfs is not read-only"
	assert_clean
}

# Mounts with the same mapping share a user namespace, and there is no limit to the number of different ones.
test_many_mappings()
{
	local i list=()
	bundle_new
	source_new
	for i in {1..20}; do
		mount_add "/m$i" bind "$SRC" bind idmap
		mount_map $((i + 100)) $((i % 3 + 200))
		list+=("/m$i/root")
	done
	probe stat "${list[@]}"
	run_ok
	for i in {1..20}; do
		assert_owner "/m$i/root" "$((i + 100)) $((i % 3 + 200))"
	done
	assert_clean
}

# shows: config.mounts.option.idmap.no-userns.error config.mounts.option.ridmap.no-userns.error
# shows: config.mounts.uidMappings.with-gidMappings config.mounts.gidMappings.with-uidMappings
test_missing_mappings_are_refused()
{
	local option
	for option in idmap ridmap; do
		bundle_new
		mount_add /m bind /mnt/rootfs bind $option
		create_fails 'mounts\[4\]\.options: .*(uidMappings and gidMappings|no mappings)'
		rm -r "$B"
	done
	bundle_new
	mount_add /m bind /mnt/rootfs bind idmap
	mount_map 0 0
	cfg 'del(.mounts[-1].gidMappings)'
	create_fails 'mounts\[4\]\.gidMappings: required together'
	cfg '.mounts[-1] |= (.gidMappings = .uidMappings | del(.uidMappings))'
	create_fails 'mounts\[4\]\.uidMappings: required together'
}

# shows: config.mounts.option.idmap.must-map config.mounts.option.ridmap.must-map runtime.create.cannot-apply.error
test_what_cannot_be_mapped_is_refused()
{
	bundle_new
	source_new
	mount_add /m bind /proc/sys bind idmap
	mount_map 1000 1000
	create_fails 'mounts\[4\]\.uidMappings: map the ids of "/proc/sys": invalid argument .*does not support'
	# the top could be mapped, what lies below it not
	mount -t proc none "$SRC/sub"
	BASELINE[mounts]=$(list_mounts)
	cfg --arg s "$SRC" '.mounts[-1] |= (.source = $s | .options = ["rbind", "ridmap"])'
	create_fails 'mounts\[4\]\.uidMappings: map the ids of "/mnt/test/source" and of what is mounted below it: invalid'
	cfg '.mounts[-1] |= (.type = "proc" | .source = "proc" | .options = ["idmap"])'
	create_fails 'mounts\[4\] "/m": map the ids, which this file system does not support: invalid'
	cfg --arg s "$SRC" '.mounts[-1] |= (.type = "bind" | .source = $s | .options = ["bind", "remount", "idmap"])'
	create_fails 'mounts\[4\]\.uidMappings: .*remount'
	userns
	cfg '.mounts[-1] |= (.type = "tmpfs" | .source = "tmpfs" | .options = ["idmap"])'
	create_fails 'mounts\[4\]\.uidMappings: in a user namespace only bind mounts'
}

test_plan_shows_the_mapping()
{
	bundle_new
	mount_add /m bind /mnt/rootfs rbind ridmap
	mount_map 1000 2000 10
	rt_ok plan "$B"
	assert_re 'bind .*on=/m .*\(ids of the tree: uid 0\+10 as 1000 gid 0\+10 as 2000\)'
}
