# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# Masks and terminals are made of things that the container cannot have put there.

. "$REPO/tests/cve/lib.sh"

# What stands for /dev/null in the image.
test_masked_by_the_images_null()
{
	local kind how
	for how in none bind; do
		for kind in link file dir fifo zero missing; do
			variant "dev/null: $kind; /dev: $how"
			echo attacker >"$B/rootfs/ATT"
			case $kind in
			link) ln -s /ATT "$B/rootfs/dev/null" ;;
			file) echo attacker >"$B/rootfs/dev/null" ;;
			dir) mkdir "$B/rootfs/dev/null" ;;
			fifo) mkfifo "$B/rootfs/dev/null" ;;
			zero) mknod -m 666 "$B/rootfs/dev/null" c 1 5 ;;
			esac
			no_dev
			if [ $how = bind ]; then
				mv "$B/rootfs/dev" "$B/volume"
				mkdir "$B/rootfs/dev"
				mount_add /dev bind "$B/volume" bind ro
			fi
			mkdir "$B/rootfs/hidden"
			echo secret >"$B/rootfs/hidden/file"
			cfg '.linux.maskedPaths = ["/etc/secret", "/hidden", "/proc/timer_list"]'
			# timer_list is empty where it is masked
			script 'echo begin >/result; stat -c "%F %t:%T" /etc/secret >>/result; head -c 20 /etc/secret >>/result; ls /hidden >>/result; head -c 5 /proc/timer_list >>/result; true'
			attack_run
			[ -s "$B/rootfs/result" ] || continue
			! grep -qE 'secret|attacker|^file$|Timer' "$B/rootfs/result" || found "a masked path can be read: $(result)"
			grep -q 'character special file 1:3' "$B/rootfs/result" || found "the mask is not the null device: $(result)"
		done
	done
	variant "an ordinary /dev"
	cfg '.linux.maskedPaths = ["/etc/secret"]'
	script 'stat -c "%F %t:%T" /etc/secret >/result'
	twin "a fresh /dev"
	[ "$(result)" = "character special file 1:3" ] || die "no mask: $(result)"
}

# Nobody can use what masks a folder to hold memory.
test_mask_size()
{
	variant "a masked folder"
	cfg '.linux.maskedPaths = ["/var/lib/some"]'
	cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
	script 'cd /var/lib/some; echo x 2>/dev/null >a && echo written >/result; mount -o remount,rw /var/lib/some; for i in 1 2 3 4 5; do head -c 100000 /dev/zero >f$i && echo more >>/result; done 2>/dev/null; true'
	attack_run
	! grep -q written "$B/rootfs/result" 2>/dev/null || found "the mask is writable"
	! grep -q more "$B/rootfs/result" 2>/dev/null || ! on_berth || found "the mask holds files"
	variant "not masked"
	script 'echo x >/var/lib/some/a && echo written >/result'
	twin "no mask"
	[ "$(result)" = written ] || die "$(result)"
}

# The container replaced its /dev/pts/ptmx, or all of /dev/pts, before somebody asks for a terminal.
test_ptmx_replaced()
{
	local how receiver
	for how in fifo zero null folder; do
		variant "$how"
		case $how in
		fifo) script 'mkfifo() { busybox mkfifo "$@"; }; busybox mkfifo /f; mount -o bind /f /dev/pts/ptmx && echo done >/done; sleep 60' ;;
		zero | null) script "mount -o bind /dev/$how /dev/pts/ptmx && echo done >/done; sleep 60" ;;
		folder) script 'busybox mkdir /d; busybox mkfifo /d/ptmx; : >/d/0; mount -o bind /d /dev/pts && echo done >/done; sleep 60' ;;
		esac
		cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
		up_or_die
		wait_for 5 test -e "$B/rootfs/done" || die "nothing was replaced: $(cat "$B/out" "$B/err")"
		rm -f /mnt/test/console
		timeout 10 "$BUILD/tests/recvtty" /mnt/test/console >/mnt/test/tty 2>&1 &
		receiver=$!
		wait_for 5 test -S /mnt/test/console || die "no receiver"
		attack exec --tty --detach --console-socket /mnt/test/console "$ID" /bin/sh -c 'test -t 0 && echo tty >/result; sleep 0.2'
		sleep 0.2
		if [ "$RC" = 0 ] && [ "$(result)" != tty ]; then
			found "something that is no terminal was handed out"
		fi
		# no terminal, no message
		! grep -q 'fds=1' /mnt/test/tty || grep -q 'winsize=[0-9]' /mnt/test/tty || found "what was handed out is no terminal: $(</mnt/test/tty)"
		kill "$receiver" 2>/dev/null
		wait "$receiver" 2>/dev/null
		remove
	done
	variant "as it was"
	script 'sleep 60'
	up_or_die
	rm -f /mnt/test/console
	timeout 10 "$BUILD/tests/recvtty" /mnt/test/console >/mnt/test/tty 2>&1 &
	receiver=$!
	wait_for 5 test -S /mnt/test/console || die "no receiver"
	attack exec --tty --detach --console-socket /mnt/test/console "$ID" /bin/sh -c 'test -t 0 && echo tty >/result'
	wait_for 5 test -s "$B/rootfs/result" || die "the benign twin got no terminal: $RC $ERR"
	kill "$receiver" 2>/dev/null
	remove
	STARTED=1
}

# The disk of the host cannot be opened by who may make nodes: not by the first process, not by one of exec.
test_devices_denied()
{
	variant "no rules at all"
	cfg '.process.capabilities |= map_values(. + ["CAP_MKNOD", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
	# 1:11 is kmsg, which every kernel has, and which everybody may open for writing; 1:1 is mem
	script 'for d in "b 7 0" "c 1 11" "c 10 237" "c 1 1"; do set -- $d; busybox mknod /n$2.$3 $d && (: >>/n$2.$3) && echo "opened $d" >>/result; done 2>/dev/null; echo end >>/result; sleep 60'
	up_or_die
	wait_for 5 grep -q end "$B/rootfs/result" || die "$(cat "$B/out")"
	! grep -q opened "$B/rootfs/result" || found "the first process: $(result)"
	attack exec --cap CAP_MKNOD --cap CAP_SYS_ADMIN "$ID" /bin/sh -c '(: >>/n1.11) && echo "opened in exec" >>/result; true'
	! grep -q 'opened in exec' "$B/rootfs/result" || found "a process of exec"
	remove
	variant "allowed"
	cfg '.process.capabilities |= map_values(. + ["CAP_MKNOD", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]) | .linux.resources.devices = [{allow: true, type: "c", major: 1, minor: 11, access: "rwm"}]'
	script 'busybox mknod /k c 1 11 && : >>/k && echo opened >/result'
	twin "a rule allows it"
	[ "$(result)" = opened ] || die "the rule has no effect: $(result) $ERR $OUT"
}
