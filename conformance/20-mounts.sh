# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# mounts and their options; what cannot be seen from a line of observe.tsv.
. "$REPO/conformance/lib.sh"

# What an option does: words that are among the mount's attributes (+) or are not (-); "sb:" looks at the superblock.
declare -A effects=(
	[ro]=+ro [rw]=-ro [nosuid]=+nosuid [suid]=-nosuid [nodev]=+nodev [dev]=-nodev [noexec]=+noexec [exec]=-noexec
	[noatime]=+noatime [atime]=-noatime [relatime]=+relatime [strictatime]='-relatime -noatime'
	[nostrictatime]=+relatime [nodiratime]=+nodiratime [diratime]=-nodiratime [nosymfollow]=+nosymfollow
	[symfollow]=-nosymfollow [sync]=+sb:sync [dirsync]=+sb:dirsync [lazytime]=+sb:lazytime [async]=-sb:sync
	[nolazytime]=-sb:lazytime
)

# The opposite is given first, so that an option that clears something has something to clear.
declare -A opposites=(
	[rw]=ro [suid]=nosuid [dev]=nodev [exec]=noexec [atime]=noatime [diratime]=nodiratime [symfollow]=nosymfollow
	[async]=sync [nolazytime]=lazytime [strictatime]=noatime [relatime]=noatime [nostrictatime]=strictatime
	[ro]=rw [nosuid]=suid [nodev]=dev [noexec]=exec [noatime]=relatime [nodiratime]=diratime [nosymfollow]=symfollow
	[sync]=async [dirsync]=rw [lazytime]=nolazytime
)

# effect_is OPTION DESTINATION
effect_is()
{
	local effect word where
	for effect in ${effects[$1]}; do
		word=${effect:1} where=$(mount_attrs "$2")
		[[ $word != sb:* ]] || { where=$(mount_sb "$2") word=${word#sb:}; }
		if [ "${effect:0:1}" = + ]; then
			has_word "$where" "$word" || die "$1: no $word in \"$where\""
		else
			! has_word "$where" "$word" || die "$1: $word in \"$where\""
		fi
	done
}

# shows: config.mounts.option.{}
# each: ro rw nosuid suid nodev dev noexec exec noatime atime strictatime nostrictatime nodiratime diratime nosymfollow symfollow sync dirsync lazytime async nolazytime
# broken: config '.mounts[-1].options |= map(select(. != "{}"))'
test_option()
{
	local first=${opposites[$ROW]}
	bundle_new
	# the options that clear must not be seen to work because the opposite is not there
	case $ROW in
	ro | nosuid | nodev | noexec | noatime | nodiratime | nosymfollow | sync | dirsync | lazytime) first= ;;
	esac
	# shellcheck disable=SC2086
	mount_add /data tmpfs tmpfs $first "$ROW"
	probe show mounts
	go
	effect_is "$ROW" /data
}

# It is what the kernel does by itself.

# shows: config.mounts.option.relatime
# broken: config '.mounts[-1].options = ["noatime"]'
test_relatime()
{
	bundle_new
	mount_add /data tmpfs tmpfs relatime
	probe show mounts
	go
	effect_is relatime /data
}

# shows: config.mounts.option.last-wins config.mounts.option.mount8
# each: ro rw nosuid suid nodev dev noexec exec noatime atime
# broken: config '.mounts[-1].options |= .[0:-1]'
test_last_option_wins()
{
	bundle_new
	mount_add /data tmpfs tmpfs "$ROW" "${opposites[$ROW]}" "$ROW"
	cfg --arg o "${opposites[$ROW]}" '.mounts[-1].options |= [$o] + .[1:]'
	mount_add /data tmpfs tmpfs "${opposites[$ROW]}" "$ROW"
	probe show mounts
	go
	effect_is "$ROW" /data
}

# No effect that can be seen; at least they are known: they do not reach the file system, which would refuse them.

# shows: config.mounts.option.{}
# each: defaults iversion noiversion silent loud norelatime
# broken: config '.mounts[-1].options |= map(if . == "{}" then "x{}" else . end)'
test_option_is_not_data()
{
	bundle_new
	mount_add /data tmpfs tmpfs "$ROW" mode=0711
	probe show mounts
	go
	assert_match "$(mount_sb /data)" 'mode=711'
}

nested_source()
{
	bundle_new
	mkdir -p "$B/src/sub"
	mount -t tmpfs none "$B/src/sub"
	echo below >"$B/src/sub/file" 2>/dev/null
	echo top >"$B/src/file"
}

# shows: config.mounts.option.{}
# each: rro rrw rnosuid rsuid rnodev rdev rnoexec rexec rnoatime ratime rrelatime rstrictatime rnostrictatime rnodiratime rdiratime rnosymfollow rsymfollow
# broken: config '.mounts[-1].options |= map(if . == "{}" then ltrimstr("r") else . end)'
test_recursive_option()
{
	local plain=${ROW#r} below=
	# the mount below has the opposite, so that what reaches it is seen
	case $plain in
	strictatime) below=noatime ;;
	nostrictatime) below=strictatime ;;
	relatime) below=noatime ;;
	*) below=${opposites[$plain]} ;;
	esac
	nested_source
	mount -o "remount,bind,$below" "$B/src/sub" 2>/dev/null || mount -o "remount,$below" "$B/src/sub" || skip "no $below"
	mount_add /data none "$B/src" rbind "$ROW"
	probe show mounts
	go
	effect_is "$plain" /data
	effect_is "$plain" /data/sub
}

# shows: config.mounts.option.rnorelatime
# broken: config '.mounts[-1].options |= map(if . == "rnorelatime" then "bogusopt" else . end) | .mounts[-1] |= (.type = "tmpfs" | .options -= ["rbind"])'
test_rnorelatime()
{
	nested_source
	mount_add /data none "$B/src" rbind rnorelatime
	probe read /data/sub/file
	go
	assert_line /data/sub/file=below
}

# shows: config.mounts.option.bind
# broken: config '.mounts[-1].options = ["rbind"]'
test_bind_is_not_recursive()
{
	nested_source
	mount_add /data none "$B/src" bind
	probe read /data/file /data/sub/file
	go
	assert_line /data/file=top
	assert_line '/data/sub/file=?2'
}

# shows: config.mounts.option.rbind
# broken: config '.mounts[-1].options = ["bind"]'
test_rbind_is_recursive()
{
	nested_source
	mount_add /data none "$B/src" rbind
	probe read /data/file /data/sub/file
	go
	assert_line /data/sub/file=below
}

shared_source()
{
	nested_source
	mount --bind "$B/src" "$B/src"
	umount "$B/src/sub" 2>/dev/null
	mount --make-shared "$B/src"
	mkdir -p "$B/src/sub"
	mount -t tmpfs none "$B/src/sub"
}

# The uppermost mount at /data, or below it for the recursive forms.

# shows: config.mounts.option.{}
# each: shared rshared slave rslave unbindable runbindable
# broken: config '.mounts[-1].options = ["rbind"]'
test_propagation()
{
	local want where=/data
	shared_source
	mount_add /data none "$B/src" rbind "$ROW"
	[[ $ROW != r* ]] || where=/data/sub
	probe show mounts
	case $ROW in
	*shared) want='^shared:[0-9]+' ;;
	*slave) want='^master:[0-9]+' ;;
	*unbindable) want='^unbindable$' ;;
	esac
	# as the default may be slave, that is not asked for: the root is private
	[[ $ROW != *slave ]] || cfg '.linux.rootfsPropagation = "private"'
	go
	assert_match "$(mount_propagation $where)" "$want"
}

# shows: config.mounts.option.{}
# each: private rprivate
# broken: config '.mounts[-1].options = ["rbind", "rshared"]'
test_private()
{
	shared_source
	mount_add /data none "$B/src" rbind "$ROW"
	probe show mounts
	go
	assert_eq "$(mount_propagation /data)" ""
	[ "$ROW" = private ] || assert_eq "$(mount_propagation /data/sub)" ""
}

# shows: config.mounts.option.unbindable
# broken: config '.mounts[-1].options = []'
test_unbindable_cannot_be_bound()
{
	bundle_new
	mount_add /data tmpfs tmpfs unbindable
	cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	args /bin/sh -c 'mount -o bind /data /tmp && echo bound || echo refused'
	go
	assert_line refused
}

# shows: config.mounts.option.nosuid
# broken: config '.mounts[-1].options = ["bind"]'
test_nosuid_in_effect()
{
	bundle_new
	mkdir "$B/src"
	cp "$B/rootfs/bin/probe" "$B/src/probe"
	chmod 4755 "$B/src/probe"
	mount_add /data none "$B/src" bind nosuid
	args /data/probe show ids
	cfg '.process.user = {uid: 1000, gid: 1000}'
	go
	assert_line 'uid=1000 1000 1000'
}

# shows: config.mounts.option.noexec
# broken: config '.mounts[-1].options = ["bind"]'
test_noexec_in_effect()
{
	bundle_new
	mkdir "$B/src"
	cp "$B/rootfs/bin/probe" "$B/src/probe"
	mount_add /data none "$B/src" bind noexec
	probe exec /data/probe
	go
	assert_line 'exec=?13'
}

# shows: config.mounts.option.nodev
# broken: config '.mounts[-1].options = ["bind"]'
test_nodev_in_effect()
{
	bundle_new
	mkdir "$B/src"
	mknod "$B/src/null" c 1 3
	mount_add /data none "$B/src" bind nodev
	probe read /data/null
	go
	assert_line '/data/null=?13'
}

# shows: config.mounts.option.nosymfollow
# broken: config '.mounts[-1].options = ["bind"]'
test_nosymfollow_in_effect()
{
	bundle_new
	mkdir "$B/src"
	echo text >"$B/src/file"
	ln -s file "$B/src/link"
	mount_add /data none "$B/src" bind nosymfollow
	probe read /data/link /data/file
	go
	assert_line '/data/link=?40'
	assert_line /data/file=text
}

# shows: config.mounts.option.tmpcopyup
# broken: config '.mounts[-1].options = []'
test_tmpcopyup()
{
	bundle_new
	chmod 0700 "$B/rootfs/var/lib/some"
	mount_add /var/lib tmpfs tmpfs tmpcopyup
	probe each read /var/lib/some/file , stat /var/lib/some , write /var/lib/some/new
	cp "$B/config.json" "$B/.before.json"
	go_or_refuse || skip "no tmpcopyup, which is optional"
	assert_line /var/lib/some/file=inner
	assert_re '^/var/lib/some=dir 0700 0 0'
	assert_line write=ok
	[ ! -e "$B/rootfs/var/lib/some/new" ] || die "written to the root"
}

# shows: config.mounts.option.bind-flags
# broken: config '.mounts[-1].options |= .[0:1]'
test_flags_of_a_bind_are_its_own()
{
	bundle_new
	mkdir "$B/src"
	mount -t tmpfs none "$B/src"
	mount_add /data none "$B/src" bind ro nosuid nodev noexec noatime
	probe each show mounts , write /data/x
	go
	assert_line 'write=?30'
	assert_match "$(mount_attrs /data)" '^ro,nosuid,nodev,noexec,noatime'
	assert_match "$(grep " $B/src " /proc/self/mountinfo)" " $B/src rw,relatime"
}

# shows: config.mounts.source.bind-absolute
# broken: config '.mounts |= .[0:-1]'
# broken: config '.mounts[-1].source = "/etc/hostname"'
test_bind_of_a_folder_and_a_file()
{
	bundle_new
	mkdir "$B/src"
	echo of-folder >"$B/src/file"
	echo of-file >"$B/file"
	mount_add /new/folder none "$B/src" bind
	mount_add /new/file none "$B/file" bind
	probe read /new/folder/file /new/file
	go
	assert_line /new/folder/file=of-folder
	assert_line /new/file=of-file
}

# shows: config.mounts.source.bind-relative
# broken: config '.mounts[-1].source = "/mnt/test/src"'
test_bind_relative_to_the_bundle()
{
	bundle_new
	mkdir "$B/src" /mnt/test/src
	echo bundle >"$B/src/file"
	mount_add /data none src bind
	cd / || die cd
	probe read /data/file
	go
	assert_line /data/file=bundle
}

# shows: config.mounts.destination.in-container
# broken: config '.mounts[-1].destination = "/elsewhere"'
# broken: before create 'mount -t tmpfs esc /mnt/opt'
test_destination_in_the_container()
{
	local before
	bundle_new
	mkdir -p /mnt/opt "$B/rootfs/mnt/opt" "$B/rootfs/opt"
	ln -s /mnt/opt "$B/rootfs/absolute"
	ln -s ../../../../../../../../opt "$B/rootfs/up"
	mount_add /absolute tmpfs first
	mount_add /up tmpfs second
	before=$(list_mounts)
	probe show mounts
	create_ok
	assert_eq "$(list_mounts)" "$before"
	rt_ok start "$ID"
	wait_end
	OUT=$(<"$B/out")
	assert_re ' /mnt/opt .* tmpfs first'
	assert_re ' /opt .* tmpfs second'
	assert_eq "$(list_mounts)" "$before"
}

# --- id-mapped mounts ----------------------------------------------------------------------------------------------

# idmap_source: folders on tmpfs with a file of uid and gid 0, one of 1000, and a mount below with one of 0
idmap_source()
{
	bundle_new
	mkdir -p "$B/src"
	mount -t tmpfs none "$B/src"
	mkdir "$B/src/sub"
	mount -t tmpfs none "$B/src/sub"
	touch "$B/src/root" "$B/src/user" "$B/src/sub/root"
	chown 1000:1000 "$B/src/user"
	probe stat /data/root /data/user /data/sub/root
}

# idmap_add ID HOST OPTION...
idmap_add()
{
	mount_add /data none "$B/src" "${@:3}"
	cfg --argjson c "$1" --argjson h "$2" '.mounts[-1] += ({uidMappings: [{containerID: $c, hostID: $h, size: 1}]} |
		. + {gidMappings: .uidMappings})'
}

# shows: config.mounts.option.idmap config.mounts.option.idmap.must-map config.mounts.uidMappings.optional config.mounts.gidMappings.optional
# broken: config '.mounts[-1] |= (del(.uidMappings, .gidMappings) | .options -= ["idmap"])'
# broken: config '.mounts[-1].options |= map(if . == "idmap" then "ridmap" else . end)'
test_idmap()
{
	idmap_source
	idmap_add 0 1000 rbind idmap
	go
	assert_re '^/data/root=file [0-7]+ 1000 1000'
	assert_re '^/data/sub/root=file [0-7]+ 0 0'
}

# shows: config.mounts.option.ridmap config.mounts.option.ridmap.must-map
# broken: config '.mounts[-1].options |= map(if . == "ridmap" then "idmap" else . end)'
test_ridmap()
{
	idmap_source
	idmap_add 0 1000 rbind ridmap
	go
	assert_re '^/data/root=file [0-7]+ 1000 1000'
	assert_re '^/data/sub/root=file [0-7]+ 1000 1000'
}

# shows: config.mounts.option.{}.use-mount-mappings
# each: idmap ridmap
# broken: config '.mounts[-1] |= (del(.uidMappings, .gidMappings) | .options -= ["{}"])'
test_mappings_of_the_mount_with_a_user_namespace()
{
	idmap_source
	userns
	idmap_add 1000 100000 rbind "$ROW"
	go
	assert_re '^/data/user=file [0-7]+ 0 0'
	assert_re '^/data/root=file [0-7]+ 65534 65534'
}

# shows: config.mounts.option.{}.default-userns config.mounts.option.{}.no-mapping.error
# each: idmap ridmap
# broken: config '.mounts[-1].options -= ["{}"]'
test_mappings_of_the_user_namespace()
{
	idmap_source
	userns
	mount_add /data none "$B/src" rbind "$ROW"
	go_or_refuse || return 0
	assert_re '^/data/root=file [0-7]+ 0 0'
}

# shows: config.mounts.option.{}.not-passed
# each: idmap ridmap
# broken: config '.mounts[-1].options += ["x{}"]'
test_idmap_is_not_data()
{
	idmap_source
	idmap_add 0 1000 bind "$ROW"
	go
	assert_re '^/data/root=file [0-7]+ 1000 1000'
}

# shows: config.mounts.{}.mount_setattr config.mounts.{}.idmap-option
# each: uidMappings gidMappings
# broken: config '.mounts[-1] |= (del(.uidMappings, .gidMappings) | .options -= ["idmap"])'
# broken: after create 'chown 1000:1000 /mnt/test/c1/src/root'
test_mappings_change_no_owner()
{
	idmap_source
	idmap_add 0 1000 bind idmap
	go
	assert_re '^/data/root=file [0-7]+ 1000 1000'
	assert_eq "$(stat -c %u:%g "$B/src/root")" 0:0
}
