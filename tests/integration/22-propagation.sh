# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Propagation of binds: what the host has is shared, and what berth and the container mount must not get there.
# vm: any driver

# A shared mount of the host with a shared mount below it, bound with OPTION...; masks and read-only paths below both.
shared_source()
{
	mount --make-rshared /
	mkdir -p /mnt/test/src
	mount -t tmpfs source /mnt/test/src
	mkdir -p /mnt/test/src/{sub,top,late}
	mount -t tmpfs below /mnt/test/src/sub
	mkdir -p /mnt/test/src/sub/{masked,readonly,late}
	bundle_new
	cfg '.linux.maskedPaths = ["/data/sub/masked"] | .linux.readonlyPaths = ["/data/sub/readonly", "/data/top"]'
	cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	# what the container mounts stays there too
	args /bin/sh -c 'mount -t tmpfs inside /data/late && mount -t tmpfs inside /data/sub/late && cat /proc/self/mountinfo'
}

# bound OPTION...: run with these, and nothing new is on the host; $OUT has the container's mounts
bound()
{
	local before
	cfg --argjson o "$(jq -cn '$ARGS.positional' --args -- "$@")" '.mounts |=
		map(select(.destination != "/data")) + [{destination: "/data", type: "none", source: "/mnt/test/src", options: $o}]'
	before=$(list_mounts)
	run_ok
	[ "$(list_mounts)" = "$before" ] || die "$* changed the host: $(diff <(echo "$before") <(list_mounts))"
}

# fields DESTINATION: the optional fields of the mount that was bound there, not of what the test put over it
fields()
{
	grep -E "^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ $1 " <<<"$OUT" | head -n 1 | cut -d ' ' -f 7- | sed 's/ *- .*//'
}

test_binds_are_no_peers_of_the_host()
{
	local o
	shared_source
	for o in '' private slave rprivate rslave shared rshared; do
		bound rbind $o
	done
	# a read-only path is a bind
	cfg 'del(.linux.readonlyPaths)'
	bound rbind unbindable
	bound rbind runbindable
}

# The option of the top mount must not leave those below it as they are on the host.
test_binds_of_trees_with_an_option_for_the_top()
{
	shared_source
	bound rbind private
	assert_eq "$(fields /data)" ''
	assert_eq "$(fields /data/sub)" ''
	bound rbind slave
	assert_match "$(fields /data)" '^master:[0-9]+$'
	assert_match "$(fields /data/sub)" '^master:[0-9]+$'
	bound rbind shared
	assert_match "$(fields /data)" '^shared:[0-9]+ master:[0-9]+$'
	assert_match "$(fields /data/sub)" '^master:[0-9]+$'
	bound rbind rshared
	assert_match "$(fields /data)" '^shared:[0-9]+ master:[0-9]+$'
	assert_match "$(fields /data/sub)" '^shared:[0-9]+ master:[0-9]+$'
	cfg 'del(.linux.readonlyPaths)'
	bound rbind unbindable
	assert_eq "$(fields /data)" unbindable
	assert_eq "$(fields /data/sub)" ''
}

# A shared bind receives what the host mounts later, as a slave does.
test_shared_bind_receives_from_the_host()
{
	shared_source
	mount_add /data none /mnt/test/src rbind rshared
	args /bin/sh -c 'while ! [ -e /data/top/arrived ]; do sleep 0.02; done'
	cfg 'del(.linux.readonlyPaths)'
	create_ok
	start_ok
	mount -t tmpfs late /mnt/test/src/top
	touch /mnt/test/src/top/arrived
	wait_status stopped
	delete_ok
}

# With a shared root the config asks for mounts that go both ways.
test_shared_bind_below_a_shared_root_is_a_peer()
{
	shared_source
	cfg '.linux.rootfsPropagation = "shared" | del(.linux.maskedPaths, .linux.readonlyPaths)'
	mount_add /data none /mnt/test/src rbind rshared
	run_ok
	assert_match "$(fields /data)" '^shared:[0-9]+$'
	assert_match "$(fields /data/sub)" '^shared:[0-9]+$'
	mountpoint -q /mnt/test/src/late || die "a mount of the container did not reach the host"
	mountpoint -q /mnt/test/src/sub/late || die "a mount of the container did not reach the host"
	# both words: a group of its own in any case
	umount /mnt/test/src/late /mnt/test/src/sub/late
	bound rbind rslave rshared
	assert_match "$(fields /data)" '^shared:[0-9]+ master:[0-9]+$'
}
