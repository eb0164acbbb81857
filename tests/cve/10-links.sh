# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2154
# Links in the image that lead out of it.

. "$REPO/tests/cve/lib.sh"

# The ways a name can say "a folder of the host".
escapes()
{
	printf '%s\n' "$OUTSIDE" "../../../../../../../../../../$OUTSIDE" "/proc/self/root$OUTSIDE" "/proc/1/root$OUTSIDE" \
		"/proc/self/cwd/../../..$OUTSIDE" "/oldroot$OUTSIDE" "/.pivot_root/$OUTSIDE" "//..//..$OUTSIDE"
}

test_mount_links()
{
	local to kind dest
	for dest in /m /m/sub/dir /m/new/dir; do
		while read -r to; do
			variant "tmpfs on $dest, m -> $to"
			ln -s "$to" "$B/rootfs/m"
			mount_add "$dest" tmpfs tmpfs
			script "echo inside >$dest/file; echo ok >/result"
			attack_run
			outside_kept
		done < <(escapes | if [ $dest = /m/new/dir ]; then cat; else head -n 2; fi)
	done
	for to in "$OUTSIDE" "../../../../../..$OUTSIDE"; do
		variant "bind on /m/file, m -> $to"
		ln -s "$to" "$B/rootfs/m"
		echo bound >"$B/source"
		mount_add /m/file bind "$B/source" bind
		mount_add /m/newfile bind "$B/source" bind
		script 'echo more >>/m/file; echo ok >/result'
		attack_run
		outside_kept
	done
	variant "a link that stays inside"
	mkdir "$B/rootfs/run.d"
	ln -s /run.d "$B/rootfs/m"
	mount_add /m tmpfs tmpfs
	twin "link to a folder of the image"
}

# Many links that lead to long texts, texts as long as a path may be, and more: with the kernel resolving there is
# nothing to overflow. (Run with the sanitizers as well.)
test_link_chains()
{
	local i part long
	variant "40 links that grow"
	part=$(printf 'd%.0s' $(seq 199))
	for i in $(seq 40); do
		ln -s "$part/../l$((i + 1))/$part" "$B/rootfs/l$i"
	done
	ln -s "$OUTSIDE" "$B/rootfs/l41"
	mount_add /l1/x tmpfs tmpfs
	args /bin/true
	attack_run
	outside_kept
	variant "a loop of links"
	ln -s b "$B/rootfs/a"
	ln -s a "$B/rootfs/b"
	mount_add /a/x tmpfs tmpfs
	args /bin/true
	attack_run
	outside_kept
	variant "a link of 4095 bytes"
	long=$(printf '/../a%.0s' $(seq 819))
	ln -s "$long" "$B/rootfs/long"
	mount_add /long/x tmpfs tmpfs
	args /bin/true
	attack_run
	outside_kept
	variant "more than a path can hold"
	part=$(printf '%.0sx/' $(seq 2000))
	ln -s "$part" "$B/rootfs/long"
	mount_add "/long/${part:0:1000}" tmpfs tmpfs
	args /bin/true
	attack_run
	outside_kept
	variant "a name that is too long, below one that is missing"
	ln -s "missing/$(printf 'x%.0s' $(seq 2000))" "$B/rootfs/long"
	mount_add /long tmpfs tmpfs
	args /bin/true
	attack_run
	outside_kept
	# a kernel that cannot resolve below a root: no other way is taken
	variant "openat2 is missing"
	local real=$BERTH
	if on_berth; then
		printf '#!/bin/sh\nexec strace -f -qq -o /dev/null -e trace=openat2 -e inject=openat2:error=ENOSYS "%s" "$@"\n' "$real" >/mnt/test/without
		chmod 0755 /mnt/test/without
		ln -s "$OUTSIDE" "$B/rootfs/m"
		mount_add /m/sub tmpfs tmpfs
		script 'echo ran >/result'
		BERTH=/mnt/test/without
		# (cgroups are opened with it as well)
		attack --cgroup-manager disabled run --bundle "$B" "$ID"
		BERTH=$real
		remove
		outside_kept
		[ ! -e "$B/rootfs/result" ] || found "it started without openat2(2)"
	fi
	variant "three links"
	mkdir "$B/rootfs/end"
	ln -s two "$B/rootfs/one"
	ln -s three "$B/rootfs/two"
	ln -s end "$B/rootfs/three"
	mount_add /one tmpfs tmpfs
	args /bin/true
	twin "a short chain"
}

# /dev of the image is a link to a folder of the host that has a file called ptmx.
test_dev_link()
{
	local to how
	for to in "$OUTSIDE" "../../../../../..$OUTSIDE" "/proc/self/root$OUTSIDE"; do
		for how in none tmpfs readonly; do
			variant "dev -> $to, $how"
			[ "$how" = tmpfs ] || no_dev
			[ "$how" != readonly ] || cfg '.root.readonly = true'
			rm -rf "$B/rootfs/dev"
			ln -s "$to" "$B/rootfs/dev"
			args /bin/true
			attack_run
			outside_kept
		done
	done
	variant "created, not started"
	no_dev
	rm -rf "$B/rootfs/dev"
	ln -s "$OUTSIDE" "$B/rootfs/dev"
	args /bin/true
	attack create --bundle "$B" "$ID"
	outside_kept
	remove
	outside_kept
	variant "a folder"
	no_dev
	args /bin/true
	twin "dev is a folder"
}

test_dev_link_in_a_user_namespace()
{
	local to
	for to in "$OUTSIDE" "../../../../../..$OUTSIDE"; do
		variant "dev -> $to"
		no_dev
		rm -rf "$B/rootfs/dev"
		ln -s "$to" "$B/rootfs/dev"
		chmod 0777 "$OUTSIDE"
		BEFORE=$(snapshot "$OUTSIDE")
		userns
		args /bin/true
		attack_run
		outside_kept
		variant "dev/null -> a file in $to"
		no_dev
		ln -s "$to/null" "$B/rootfs/dev/null"
		chmod 0777 "$OUTSIDE"
		BEFORE=$(snapshot "$OUTSIDE")
		userns
		args /bin/true
		attack_run
		outside_kept
	done
	variant "a folder"
	no_dev
	userns
	args /bin/true
	twin "dev is a folder"
}

# with_terminal ARG...: the attack with a receiver for the terminal
with_terminal()
{
	cfg '.process.terminal = true'
	rm -f /mnt/test/console
	timeout 10 "$BUILD/tests/recvtty" /mnt/test/console >/mnt/test/tty 2>&1 &
	local receiver=$!
	wait_for 5 test -S /mnt/test/console || die "no receiver for the terminal"
	attack create --bundle "$B" --console-socket /mnt/test/console "$ID"
	[ "$RC" != 0 ] || attack start "$ID"
	sleep 0.1
	kill "$receiver" 2>/dev/null
	wait "$receiver" 2>/dev/null
}

pts_only()
{
	no_dev
	mount_add /dev/pts devpts devpts newinstance ptmxmode=0666 mode=0620
	mkdir -p "$B/rootfs/dev/pts"
}

test_console_link_out()
{
	local readonly victim
	for readonly in false true; do
		for victim in "$OUTSIDE/file" "$OUTSIDE/new" "../../../../../../..$OUTSIDE/new"; do
			variant "dev/console -> $victim, readonly: $readonly"
			pts_only
			cfg --argjson r $readonly '.root.readonly = $r'
			ln -s "$victim" "$B/rootfs/dev/console"
			args /bin/true
			with_terminal
			outside_kept
			remove
			outside_kept
		done
	done
	variant "no link"
	pts_only
	args /bin/true
	with_terminal
	[ "$RC" = 0 ] || die "the benign twin did not start: $ERR"
	remove
	STARTED=0
}

# dev/console leads to a file of the image: nothing may be mounted there.
test_console_link_inside()
{
	local target
	for target in /etc/secret /etc/new; do
		variant "dev/console -> $target"
		pts_only
		ln -s "$target" "$B/rootfs/dev/console"
		script "grep ' $target ' /proc/self/mountinfo >/result"
		cfg '.linux.maskedPaths = ["/etc/secret"]'
		with_terminal
		wait_for 2 test -e "$B/rootfs/result"
		! grep -q devpts "$B/rootfs/result" 2>/dev/null || found "the terminal is mounted on $target: $(result)"
		remove
		[ ! -e "$B/rootfs/etc/new" ] || found "a file was made through the link"
		[ "$(<"$B/rootfs/etc/secret")" = secret ] || found "the file that the link leads to changed"
	done
	variant "no link"
	pts_only
	script "grep ' /dev/console ' /proc/self/mountinfo >/result"
	with_terminal
	wait_for 2 test -s "$B/rootfs/result" || die "the benign twin has no console: $ERR $(result)"
	remove
	STARTED=$((STARTED - 2))
}

# Standard streams that are files have device number 0; a /dev/null that is a file of the image as well.
test_null_link_and_streams()
{
	local kind out err
	for kind in link file; do
		variant "dev/null is a $kind"
		no_dev
		echo attacker >"$B/rootfs/ATT"
		chmod 0600 "$B/rootfs/ATT"
		if [ $kind = link ]; then
			ln -s /ATT "$B/rootfs/dev/null"
		else
			cp "$B/rootfs/ATT" "$B/rootfs/dev/null"
		fi
		cfg '.process.user = {uid: 1000, gid: 1000}'
		chmod 0777 "$B/rootfs"
		script 'echo to stdout; echo to stderr >&2; echo ok >/result'
		: >/mnt/test/sout
		: >/mnt/test/serr
		timeout -k 2 "$LIMIT" "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >/mnt/test/sout 2>/mnt/test/serr </dev/null
		RC=$?
		echo "run: $RC $(head -c 200 /mnt/test/serr)"
		[ "$RC" = 0 ] && STARTED=$((STARTED + 1)) || REFUSED=$((REFUSED + 1))
		remove
		if [ "$(result)" = ok ]; then
			grep -q 'to stdout' /mnt/test/sout || found "stdout went elsewhere: $(cat "$B/rootfs/ATT")"
			grep -q 'to stderr' /mnt/test/serr || found "stderr went elsewhere: $(cat "$B/rootfs/ATT")"
		fi
		[ "$(stat -c %u:%a "$B/rootfs/ATT")" = 0:600 ] || found "the image's file has another owner: $(stat -c %u:%a "$B/rootfs/ATT")"
		[ "$(<"$B/rootfs/ATT")" = attacker ] || found "the image's file was written: $(<"$B/rootfs/ATT")"
	done
	variant "none"
	no_dev
	cfg '.process.user = {uid: 1000, gid: 1000}'
	chmod 0777 "$B/rootfs"
	script 'echo ok >/result'
	twin "dev/null is not there"
	[ "$(result)" = ok ] || die "no result"
}

# What the runtime makes in the image: the working directory, mount points, what tmpcopyup copies.
test_files_made_in_the_image()
{
	local to
	while read -r to; do
		variant "cwd below a link to $to"
		ln -s "$to" "$B/rootfs/w"
		cfg '.process.cwd = "/w/made/here"'
		args /bin/true
		attack_run
		outside_kept
		variant "the cwd itself, -> $to"
		ln -s "$to/made" "$B/rootfs/w"
		cfg '.process.cwd = "/w"'
		args /bin/true
		attack_run
		outside_kept
		variant "tmpcopyup, t -> $to"
		ln -s "$to" "$B/rootfs/t"
		mount_add /t tmpfs tmpfs tmpcopyup
		script 'ls /t >/result'
		attack_run
		outside_kept
		! grep -qE '^(ptmx|sub|file)$' "$B/rootfs/result" 2>/dev/null || found "files of the host were copied in: $(result | tr '\n' ' ')"
		variant "a missing mount point below a dangling link, -> $to"
		ln -s "$to/dangling/deep" "$B/rootfs/d"
		echo bound >"$B/source"
		mount_add /d/file bind "$B/source" bind
		args /bin/true
		attack_run
		outside_kept
	done < <(escapes | head -n 3)
	variant "the same without links"
	mkdir "$B/rootfs/t"
	echo copied >"$B/rootfs/t/some"
	! on_berth || mount_add /t tmpfs tmpfs tmpcopyup
	on_berth || mount_add /t tmpfs tmpfs
	cfg '.process.cwd = "/w/made/here"'
	script 'ls /t >/result'
	twin "no links"
}

# A device's path is in the image too.
test_device_path()
{
	local path
	for path in /d/node d/node /dev/d/node /dev/../d/node /d/new/node; do
		variant "$path, d -> outside"
		no_dev
		ln -s "$OUTSIDE" "$B/rootfs/d"
		ln -s "$OUTSIDE" "$B/rootfs/dev/d"
		cfg --arg p "$path" '.linux.devices = [{path: $p, type: "c", major: 1, minor: 5}]'
		args /bin/true
		attack_run
		outside_kept
	done
	for path in link null fifo; do
		variant "another file is there: $path"
		no_dev
		case $path in
		link) ln -s "$OUTSIDE/file" "$B/rootfs/node" ;;
		null) mknod "$B/rootfs/node" c 1 3 ;;
		fifo) mkfifo "$B/rootfs/node" ;;
		esac
		cfg '.linux.devices = [{path: "/node", type: "c", major: 1, minor: 5, uid: 1000, fileMode: 511}]'
		script 'stat -c %t:%T /node >/result'
		attack_run
		outside_kept
		[ "$RC" != 0 ] || [ "$(result)" = 1:5 ] || found "started with another device in its place: $(result)"
	done
	variant "no link"
	cfg '.linux.devices = [{path: "/d/node", type: "c", major: 1, minor: 5}]'
	script 'stat -c %t:%T /d/node >/result'
	twin "a device in a folder of the image"
	[ "$(result)" = 1:5 ] || die "no device: $(result)"
}
