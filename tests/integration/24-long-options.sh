# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Mount options longer than fsconfig(2) takes (255 bytes), which overlayfs has with a few layers.
# vm: any driver

# layers N: folders whose names together are longer, in $LOWER; each has a file of its number
layers()
{
	local i d
	LOWER=
	for i in $(seq "$1"); do
		d=$B/layer-with-a-name-of-some-length-$i
		mkdir -p "$d"
		echo "$i" >"$d/file$i"
		LOWER+=${LOWER:+:}$d
	done
	((${#LOWER} > 300)) || die "only ${#LOWER} bytes"
}

test_overlay_with_many_layers()
{
	bundle_new
	layers 12
	mkdir "$B/upper" "$B/work"
	mount_add /data overlay overlay nosuid,nodev,noexec,noatime "lowerdir=$LOWER" "upperdir=$B/upper" "workdir=$B/work"
	jq '.mounts[-1].options |= (.[0] / "," + .[1:])' "$B/config.json" >"$B/new" && mv "$B/new" "$B/config.json"
	args /bin/sh -c 'cat /data/file*; pwd; echo up >/data/made; grep " /data " /proc/self/mountinfo'
	run_ok
	assert_eq "$(head -n 12 <<<"$OUT" | sort -n | tr '\n' ' ')" "1 2 3 4 5 6 7 8 9 10 11 12 "
	assert_eq "$(sed -n 13p <<<"$OUT")" /
	assert_match "$OUT" ' /data rw,nosuid,nodev,noexec,noatime .*- overlay overlay rw,.*lowerdir'
	assert_eq "$(<"$B/upper/made")" up
	assert_clean
}

test_read_only()
{
	bundle_new
	layers 8
	mount_add /data overlay layers ro "lowerdir=$LOWER"
	args /bin/sh -c 'touch /data/x 2>&1; grep " /data " /proc/self/mountinfo'
	run_ok
	assert_contains "$OUT" "Read-only file system"
	assert_match "$OUT" ' /data ro,.*- overlay layers ro,'
	assert_clean
}

test_propagation()
{
	bundle_new
	layers 8
	mount_add /data overlay overlay ro rshared "lowerdir=$LOWER"
	mount_add /tmp overlay overlay rprivate "lowerdir=$LOWER"
	probe show mounts
	run_ok
	assert_match "$(mount_propagation /data)" '^shared:[0-9]+'
	assert_eq "$(mount_propagation /tmp)" ""
	assert_clean
}

test_on_a_link_in_the_image()
{
	bundle_new
	layers 8
	mkdir "$B/outside"
	ln -s "../../../..$B/outside" "$B/rootfs/away"
	mount_add /away overlay overlay ro "lowerdir=$LOWER"
	args /bin/sh -c "ls /away/; ls $B/outside"
	run_ok
	assert_eq "$(head -n 1 <<<"$OUT")" file1
	assert_eq "$(ls "$B/outside")" ""
	assert_clean
}

test_the_directory_of_hooks_is_as_without()
{
	bundle_new
	layers 8
	jq '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "pwd >>/mnt/test/where"]}]' "$B/config.json" >"$B/new" &&
		mv "$B/new" "$B/config.json"
	args /bin/true
	run_ok
	mount_add /data overlay overlay ro "lowerdir=$LOWER"
	run_ok
	assert_eq "$(uniq /mnt/test/where | wc -l)" 1
	assert_clean
}

# refused WORDS OPTION...
refused()
{
	local words=$1
	shift
	bundle_new
	mount_add "${DEST:-/data}" overlay overlay "lowerdir=$LOWER" "$@"
	args /bin/true
	rt run --bundle "$B" c1
	[ "$RC" != 0 ] || die "accepted: $*"
	assert_contains "$ERR" "mounts["
	assert_contains "$ERR" "$words"
}

test_what_cannot_be_had_with_it()
{
	bundle_new
	layers 8
	refused "only for a plain new mount" remount
	refused "comma" "workdir=/a,b"
	DEST=/ refused "only for a plain new mount"
	refused "more than 4096" "upperdir=/$(head -c 4000 /dev/zero | tr '\0' x)"
	refused "longer than 255" "$(head -c 300 /dev/zero | tr '\0' x)=y"
	assert_clean
}
