# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# Who the container's processes are.

. "$REPO/tests/cve/lib.sh"

# A number is a number, whatever the image's /etc/passwd has under that name.
test_user_number_as_name()
{
	variant "a user called 1000 that is root"
	printf '1000:x:0:0:root:/root:/bin/sh\n7:x:0:0::/:/bin/sh\nroot:x:0:0:root:/root:/bin/sh\n' >"$B/rootfs/etc/passwd"
	printf '1000:x:0:\n7:x:0:\n' >"$B/rootfs/etc/group"
	script 'sleep 60'
	up_or_die
	local who
	for who in 1000 1000:1000 7 7:7; do
		attack exec --user "$who" "$ID" /bin/probe show ids
		[ "$RC" != 0 ] || [ "$(value uid)" = "${who%:*} ${who%:*} ${who%:*}" ] || found "exec --user $who runs as $(value uid)"
	done
	remove
}

# A user without a group, with one, and by default: exactly that one.
test_exec_user()
{
	local who
	variant "the container's user is 1000"
	cfg '.process.user = {uid: 1000, gid: 1000}'
	script 'sleep 60'
	up_or_die
	for who in 7 7:8 0:0 1000:0; do
		attack exec --user "$who" "$ID" /bin/probe show ids
		[ "$RC" = 0 ] || continue
		[ "$(value uid)" = "${who%:*} ${who%:*} ${who%:*}" ] || found "exec --user $who runs as $(value uid)"
		[[ $who != *:* ]] || [ "$(value gid)" = "${who#*:} ${who#*:} ${who#*:}" ] || found "exec --user $who has group $(value gid)"
	done
	if on_berth; then
		attack exec "$ID" /bin/probe show ids
		[ "$(value uid)" = "1000 1000 1000" ] || found "exec runs as $(value uid), not as the container's user"
	fi
	remove
}

test_exec_user_junk()
{
	local who
	variant "numbers that are none"
	cfg '.process.user = {uid: 1000, gid: 1000}'
	script 'sleep 60'
	up_or_die
	for who in 4294967295 4294967296 4294968296 18446744073709551616 -1 -0 0x0 '+0' ' 0' '0 ' 00000000000000000000 1e0 :5 : '' 1000: \
		1000:-1 1000:4294967295 1000:4294967296 1000:0:0 nobody; do
		VARIANT="exec --user \"$who\""
		attack exec --user "$who" "$ID" /bin/probe show ids
		[ "$RC" != 0 ] || found "runs as $(value uid), $(value gid)"
	done
	attack exec --user 4294967294:4294967294 "$ID" /bin/probe show ids
	[ "$(value uid)" = "4294967294 4294967294 4294967294" ] || die "the benign twin, the largest number: $RC $OUT $ERR"
	remove
}

test_config_user_junk()
{
	local v
	for v in 4294967295 4294967296 -1 '"0"' true 1.5 1e3 18446744073709551616 '[]' '{}'; do
		variant "uid $v"
		sed -i "s/\"uid\": *0/\"uid\": $v/" "$B/config.json"
		grep -qF "\"uid\": $v" "$B/config.json" || die "the config has no uid"
		script_by_hand
		attack_run
		[ "$(result)" != ok ] || found "it ran"
		variant "gid $v"
		sed -i "s/\"gid\": *0/\"gid\": $v/" "$B/config.json"
		script_by_hand
		attack_run
		[ "$(result)" != ok ] || found "it ran"
	done
	for v in 4294967295 4294967296 -1 '"0"' null; do
		variant "additionalGids [$v]"
		sed -i "s/\"gid\": *0/\"gid\": 0, \"additionalGids\": [$v]/" "$B/config.json"
		script_by_hand
		attack_run
		[ "$(result)" != ok ] || found "it ran"
	done
	variant "4294967294"
	sed -i "s/\"gid\": *0/\"gid\": 4294967294, \"additionalGids\": [4294967294]/" "$B/config.json"
	script_by_hand
	twin "the largest group"
}

# jq would mend some of the numbers
script_by_hand()
{
	sed -i 's|"args": \["/bin/probe"\]|"args": ["/bin/sh", "-c", "echo ok >/result"]|' "$B/config.json"
	chmod 0777 "$B/rootfs"
}

# Exactly the groups of the config; never those of the caller.
test_groups()
{
	local real=$BERTH
	printf '#!/bin/sh\nexec setpriv --groups 0,4,20,27,44 "%s" "$@"\n' "$real" >/mnt/test/with-groups
	chmod 0755 /mnt/test/with-groups
	BERTH=/mnt/test/with-groups
	variant "none"
	probe show ids
	attack_run
	[ "$RC" != 0 ] || [ -z "$(value groups)" ] || [ "$(value groups)" = 0 ] || found "run: $(value groups)"
	variant "two, and exec"
	cfg '.process.user = {uid: 1000, gid: 1000, additionalGids: [50, 60]}'
	script 'sleep 60'
	up_or_die
	attack exec --user 0:0 "$ID" /bin/probe show ids
	! grep -qE '(^| )(4|20|27|44)( |$)' <<<"$(value groups)" || found "exec: $(value groups)"
	remove
	variant "a hundred"
	cfg '.process.user = {uid: 1000, gid: 1000, additionalGids: [range(2000; 2100)]}'
	probe show ids
	attack_run
	[ "$(value groups | tr ' ' '\n' | grep -cx '20[0-9][0-9]')" = 100 ] || found "of 100 groups there are: $(value groups) $ERR"
	variant "as asked"
	cfg '.process.user = {uid: 1000, gid: 1000, additionalGids: [50, 60]}'
	probe show ids
	attack_run
	[ "$(value groups | tr ' ' '\n' | grep -vx 1000 | tr '\n' ' ')" = "50 60 " ] || die "the benign twin: $(value groups)"
	STARTED=$((STARTED - 1))
	BERTH=$real
}

# A caller with inheritable and ambient capabilities, and exec with more capabilities: nothing becomes inheritable.
test_inheritable_capabilities()
{
	local real=$BERTH
	printf '#!/bin/sh\nexec setpriv --inh-caps +net_raw,+sys_admin --ambient-caps +net_raw,+sys_admin "%s" "$@"\n' "$real" >/mnt/test/with-caps
	chmod 0755 /mnt/test/with-caps
	BERTH=/mnt/test/with-caps
	variant "run"
	probe show caps
	attack_run
	[ "$RC" = 0 ] || die "run: $ERR"
	[[ $(value caps.inheritable) =~ ^0+$ ]] || found "run: inheritable $(value caps.inheritable)"
	[[ $(value caps.ambient) =~ ^0+$ ]] || found "run: ambient $(value caps.ambient)"
	variant "exec"
	script 'sleep 60'
	up_or_die
	attack exec "$ID" /bin/probe show caps
	[ "$RC" = 0 ] || die "exec: $ERR"
	[[ $(value caps.inheritable) =~ ^0+$ ]] || found "exec: inheritable $(value caps.inheritable)"
	attack exec --cap CAP_NET_RAW --cap CAP_SYS_ADMIN "$ID" /bin/probe show caps
	[ "$RC" = 0 ] || die "exec --cap: $ERR"
	[[ $(value caps.inheritable) =~ ^0+$ ]] || found "exec --cap: inheritable $(value caps.inheritable)"
	attack exec --user 1000:1000 --cap CAP_NET_RAW "$ID" /bin/probe show caps
	[[ $(value caps.inheritable) =~ ^0+$ ]] || found "exec --user --cap: inheritable $(value caps.inheritable)"
	remove
	BERTH=$real
}

# The sets are those of the config to the bit, for run, create and exec, also where the caller has others.
test_five_sets()
{
	local how
	variant "five different sets"
	cfg '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_RAW", "CAP_SETPCAP"], permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
		inheritable: ["CAP_CHOWN", "CAP_NET_RAW"], ambient: ["CAP_NET_RAW"], effective: ["CAP_KILL", "CAP_NET_RAW"]} | .process.user = {uid: 1000, gid: 1000}'
	cp "$B/config.json" "$B/sets.json"
	for how in run create exec; do
		VARIANT=$how
		case $how in
		run) probe show caps; attack_run ;;
		create)
			cp "$B/sets.json" "$B/config.json"
			probe show caps
			attack_up
			wait_status stopped
			OUT=$(<"$B/out")
			remove
			;;
		exec)
			cp "$B/sets.json" "$B/config.json"
			args /bin/sleep 60
			up_or_die
			attack exec "$ID" /bin/probe show caps
			remove
			;;
		esac
		# a program that is not root's gets by exec(2) what is ambient, and nothing else is permitted or effective
		[ "$(value caps.bounding)" = 00000000000021a1 ] || found "bounding $(value caps.bounding)"
		[ "$(value caps.inheritable)" = 0000000000002001 ] || found "inheritable $(value caps.inheritable)"
		[ "$(value caps.ambient)" = 0000000000002000 ] || found "ambient $(value caps.ambient)"
		[ "$(value caps.permitted)" = 0000000000002000 ] || found "permitted $(value caps.permitted)"
		[ "$(value caps.effective)" = 0000000000002000 ] || found "effective $(value caps.effective)"
	done
	for how in 'del(.process.capabilities)' '.process.capabilities = {}' '.process.capabilities = {bounding: [], permitted: [], effective: []}'; do
		variant "$how"
		cfg "$how"
		probe show caps
		attack_run
		[ "$RC" = 0 ] || die "run: $ERR"
		for set in caps.bounding caps.inheritable caps.ambient caps.permitted caps.effective; do
			[[ $(value $set) =~ ^0+$ ]] || found "$set is $(value $set)"
		done
	done
}

# A process of exec is as restricted as the container's.
test_no_new_privileges_of_exec()
{
	variant "set"
	cfg '.process.noNewPrivileges = true'
	script 'sleep 60'
	up_or_die
	attack exec "$ID" /bin/grep NoNewPrivs /proc/self/status
	[ "$RC" = 0 ] || die "exec: $ERR"
	[[ $OUT == *1 ]] || found "exec has $OUT"
	attack exec --user 1000 --cap CAP_CHOWN "$ID" /bin/grep NoNewPrivs /proc/self/status
	[[ $OUT == *1 ]] || found "exec --user has $OUT"
	remove
	variant "not set"
	script 'sleep 60'
	up_or_die
	attack exec "$ID" /bin/grep NoNewPrivs /proc/self/status
	[[ $OUT == *0 ]] || die "the benign twin: $OUT"
	remove
}

# A session keyring of its own: neither the caller's keys nor those of another container can be had.
test_keyring()
{
	local run exec other
	variant "keys of the caller"
	"$BUILD/tests/probe" keyring >/mnt/test/caller || skip "no keyrings here"
	script '/bin/probe keyring >/result; sleep 60'
	up_or_die
	wait_for 5 test -s "$B/rootfs/result" || die "no keyring inside"
	attack exec "$ID" /bin/probe keyring
	run=$(grep -o 'keyring=[-0-9a-fx]*' "$B/rootfs/result") exec=$(grep -o 'keyring=[-0-9a-fx]*' <<<"$OUT")
	other=$(grep -o 'keyring=[-0-9a-fx]*' /mnt/test/caller)
	echo "$run $exec $other"
	[ -n "$run" ] && [ -n "$exec" ] || die "no number of a keyring"
	[ "$run" != "$other" ] || found "run has the keyring of its caller"
	[ "$exec" != "$other" ] || found "exec has the keyring of its caller"
	[ "$exec" = "$run" ] || found "exec has another keyring than its container: $exec, $run"
	local first=$ID
	variant "another container"
	script '/bin/probe keyring >/result'
	attack_run
	! grep -qF "$run" "$B/rootfs/result" || found "two containers share a keyring"
	ID=$first
	remove
}

# /etc/passwd of the image may be anything when HOME is looked up. Never blocks, never reads a device, never much.
test_hostile_passwd()
{
	local kind
	for kind in fifo zero tty folder link loop large long socket; do
		variant "$kind"
		rm "$B/rootfs/etc/passwd"
		case $kind in
		fifo) mkfifo "$B/rootfs/etc/passwd" ;;
		zero) mknod "$B/rootfs/etc/passwd" c 1 5 ;;
		tty) mknod "$B/rootfs/etc/passwd" c 5 0 ;;
		folder) mkdir "$B/rootfs/etc/passwd" ;;
		link)
			echo "x:x:1000:1000::/stolen:/bin/sh" >"$OUTSIDE/passwd"
			BEFORE=$(snapshot "$OUTSIDE")
			ln -s "../../../../../..$OUTSIDE/passwd" "$B/rootfs/etc/passwd"
			;;
		loop) ln -s passwd "$B/rootfs/etc/passwd" ;;
		large) head -c 200000000 /dev/zero | tr '\0' '\n' >"$B/rootfs/etc/passwd" ;;
		long) { head -c 3000000 /dev/zero | tr '\0' x; echo; echo 'u:x:1000:1000::/far:/bin/sh'; } >"$B/rootfs/etc/passwd" ;;
		socket) python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$B/rootfs/etc/passwd" ;;
		esac
		cfg '.process.env = ["PATH=/bin"] | .process.user = {uid: 1000, gid: 1000}'
		args /bin/probe show env
		LIMIT=20 attack_run
		[ "$kind" != link ] || ! grep -q stolen <<<"$OUT" || found "a file of the host was read"
		if [ "$kind" = fifo ]; then
			script 'sleep 60'
			up_or_die
			LIMIT=20 attack exec --user 1001 "$ID" /bin/true
			remove
		fi
	done
	variant "newlines and escapes in a home"
	printf 'a:x:1000:1000::/ho\001me:/bin/sh\nb:x:1000:1000::relative:/bin/sh\nc:x:1000:1000::/good:/bin/sh\n' >"$B/rootfs/etc/passwd"
	cfg '.process.env = ["PATH=/bin"] | .process.user = {uid: 1000, gid: 1000}'
	args /bin/probe show env
	attack_run
	grep -qx 'env=HOME=/good' <<<"$OUT" || die "the benign twin: $OUT"
}

# The environment is that of the config (HOME beside it), the umask as well; nothing of the caller's.
test_environment_and_umask()
{
	local how
	umask 0077
	export EVIL=1 LD_PRELOAD= LISTEN_PID=1 _CONTAINERS=1 NOTIFY=x BASH_ENV=/x
	for how in run create exec; do
		variant "$how"
		cfg '.process.env = ["PATH=/bin", "A=b", "HOME=/h"] | .process.user.umask = 18'
		case $how in
		run) args /bin/sh -c '/bin/probe show env umask'; attack_run ;;
		create) args /bin/sh -c '/bin/probe show env umask'; attack_up && wait_status stopped; OUT=$(<"$B/out"); remove ;;
		exec) script 'sleep 60'; up_or_die; attack exec "$ID" /bin/probe show env umask; remove ;;
		esac
		[ "$(grep '^env=' <<<"$OUT" | grep -vE '^env=(PWD|SHLVL|_)=' | sort | tr '\n' ' ')" = "env=A=b env=HOME=/h env=PATH=/bin " ] ||
			found "the environment: $(grep '^env=' <<<"$OUT" | tr '\n' ' ')"
		[ "$(value umask)" = 0022 ] || found "the umask is $(value umask)"
	done
	variant "no umask in the config; modes of what is made"
	mount_add /made/dir tmpfs tmpfs
	cfg '.process.cwd = "/w/made"'
	script 'stat -c "%a %n" /made /w /w/made >/result'
	umask 0077
	attack_run
	umask 0000
	attack_run
	umask 0022
	[ "$(result | tr '\n' ' ')" = "755 /made 755 /w 755 /w/made " ] || found "modes: $(result)"
}
