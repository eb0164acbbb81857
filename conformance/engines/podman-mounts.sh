# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016 source-path=SCRIPTDIR
#
# podman: volumes, secrets and other mounts that `podman run` can ask for, seen from inside a container.

. ./podman.inc
export SHORT_OPS="idmapped_volume"
[ "$MODE" = root ] || SHORT_OPS="volume read_only"

op_volume()
{
	mkdir v
	echo outside >v/f
	eq "$(once -v "$OPDIR/v:/v" -- sh -c 'cat /v/f; echo inside >/v/g')" outside
	eq "$(<v/g)" inside
	fails 1 once -v "$OPDIR/v:/v:ro" -- touch /v/h
	eq "$(once -v named:/data -- cat /data/file)" "a file of the image"
	once -v named:/data -- sh -c 'echo kept >/data/file'
	eq "$(once -v named:/data -- cat /data/file)" kept
	p volume rm named >/dev/null
	eq "$(once -v /data -- cat /data/file)" "a file of the image"
}

op_volume_overlay()
{
	mkdir v
	echo outside >v/f
	eq "$(once -v "$OPDIR/v:/v:O" -- sh -c 'echo more >>/v/f; cat /v/f')" $'outside\nmore'
	eq "$(<v/f)" outside
}

op_volume_owner()
{
	mkdir v
	eq "$(once -v "$OPDIR/v:/v:U" --user 1000 -- stat -c %u /v)" 1000
}

op_volume_options()
{
	mkdir v
	has "$(once -v "$OPDIR/v:/v:rslave,noexec,nosuid,nodev" -- grep ' /v ' /proc/self/mountinfo)" noexec nosuid nodev
	p run --rm -v "$OPDIR/v:/v:ro,rslave" "$IMG" sh -c 'touch /v/x 2>&1; grep " /v " /proc/self/mountinfo' >out || true
	has "$(<out)" "Read-only file system" " ro"
}

# what is mounted in a volume later is seen by who asked for that, and the other way round
op_volume_propagation()
{
	local slave private=unseen back
	only root
	mkdir -p v/below v/back
	mount --bind v v
	mount --make-shared v
	started -v "$OPDIR/v:/v:rslave"
	p run -d --name "$C-private" -v "$OPDIR/v:/v:rprivate" "$IMG" sleep 1000 >/dev/null
	mount -t tmpfs later v/below
	echo seen >v/below/word
	slave=$(inside cat /v/below/word) || true
	p exec "$C-private" test ! -e /v/below/word || private=seen
	p run -d --privileged --name "$C-shared" -v "$OPDIR/v:/v:rshared" "$IMG" sh -c 'mount -t tmpfs inside /v/back && sleep 1000' >/dev/null
	(wait_for 10 mountpoint -q v/back) && back=seen
	after_op
	umount -R v
	eq "$slave" seen rslave
	eq "$private" unseen rprivate
	eq "$back" seen rshared
}

op_volume_subpath()
{
	p volume create sub >/dev/null
	once -v sub:/v -- sh -c 'mkdir /v/deep; echo found >/v/deep/f'
	eq "$(once --mount type=volume,src=sub,dst=/w,subpath=/deep -- cat /w/f)" found
	p volume rm sub >/dev/null
}

op_mount_image()
{
	eq "$(once --mount type=image,src="$IMG",dst=/image -- cat /image/data/file)" "a file of the image"
}

op_mount_types()
{
	mkdir v
	once --mount type=bind,src="$OPDIR/v",dst=/v,ro=true -- sh -c '! touch /v/x' 2>/dev/null
	match "$(once --mount type=devpts,dst=/pts -- grep ' /pts ' /proc/self/mountinfo)" 'devpts'
	match "$(once --mount type=ramfs,dst=/ram -- grep ' /ram ' /proc/self/mountinfo)" 'ramfs'
	match "$(once --mount type=glob,src="$OPDIR/*",dst=/globbed -- ls /globbed)" '^v$'
}

op_tmpfs()
{
	local out
	out=$(once --tmpfs /t:size=1m,mode=1770,noexec -- sh -c 'grep " /t " /proc/self/mountinfo; stat -c %a /t')
	has "$out" size=1024k noexec 1770
	eq "$(once --mount type=tmpfs,dst=/data -- ls /data)" file
	eq "$(once --mount type=tmpfs,dst=/data,notmpcopyup -- sh -c 'ls -A /data && echo listed')" listed
}

op_read_only()
{
	fails 1 once --read-only -- touch /file
	once --read-only -- touch /tmp/file /run/file /dev/shm/file
	fails 1 once --read-only --read-only-tmpfs=false -- touch /tmp/file
	match "$(once --read-only -- grep ' / ' /proc/self/mountinfo)" ' / ro'
}

op_shm_size()
{
	has "$(once --shm-size 2m -- grep ' /dev/shm ' /proc/self/mountinfo)" size=2048k
}

op_secret()
{
	echo hidden >s
	p secret create one s >/dev/null
	eq "$(once --secret one -- cat /run/secrets/one)" hidden
	eq "$(once --secret one,type=env,target=IT -- sh -c 'echo $IT')" hidden
	eq "$(once --secret one,uid=1000,mode=0400 -- stat -c '%u %a' /run/secrets/one)" "1000 400"
	p secret rm one >/dev/null
}

op_idmapped_volume()
{
	only root
	mkdir v
	chmod 0755 "$OPDIR"
	echo x >v/f
	eq "$(once --uidmap 0:200000:5000 --gidmap 0:200000:5000 -v "$OPDIR/v:/v:idmap" -- sh -c 'stat -c "%u %g" /v/f; touch /v/g')" "0 0"
	eq "$(stat -c '%u %g' v/g)" "0 0"
}
