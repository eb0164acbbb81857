# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# Descriptors, processes and the program of the runtime, seen from the container.

. "$REPO/tests/cve/lib.sh"

# with_inmate: the attacker's program in the image
with_inmate()
{
	cp "$TOOLS/inmate" "$B/rootfs/bin/inmate"
}

# scanned SECONDS EXECS [CAPABILITY...]: a container looks into every process of its pid namespace while the host runs EXECS
# times exec; what it saw is in $B/out
scanned()
{
	local seconds=$1 execs=$2 i
	shift 2
	with_inmate
	cfg '.process.capabilities |= map_values(. + $ARGS.positional)' --args -- "$@"
	args /bin/inmate scan "$PROGRAM" "$seconds"
	up_or_die
	for ((i = 0; i < execs; i++)); do
		timeout 10 "$BERTH" --root "$STATE" exec "$ID" /bin/true </dev/null >/dev/null 2>&1
	done
	wait_status stopped
	sort -u "$B/out" | head -n 30
	grep -q '^seen ' "$B/out" || die "the scan saw no process"
	remove
}

test_exec_proc_scan()
{
	variant "default capabilities"
	scanned 3 40 CAP_DAC_OVERRIDE CAP_SYS_ADMIN
	! grep -q '^reached' "$B/out" || found "$(grep -m 3 '^reached' "$B/out")"
	# "open" may name what the container's own programs have; nothing of it is a folder of the host
	variant "while it waits for its start"
	with_inmate
	args /bin/true
	attack create --bundle "$B" "$ID"
	[ "$RC" = 0 ] || die "create: $ERR"
	attack exec "$ID" /bin/inmate scan "$PROGRAM" 0.3 1
	echo "$OUT" | sort -u | head -n 20
	! grep -q '^reached' <<<"$OUT" || found "$(grep -m 3 '^reached' <<<"$OUT")"
	remove
}

# With CAP_SYS_PTRACE what a process of ours holds can be seen: then there must be nothing of the host.
test_exec_proc_scan_ptrace()
{
	variant "CAP_SYS_PTRACE"
	scanned 3 40 CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE
	! grep -q '^reached' "$B/out" || found "$(grep -m 3 '^reached' "$B/out")"
	variant "CAP_SYS_PTRACE, while it waits for its start"
	with_inmate
	cfg '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE"])'
	args /bin/true
	attack create --bundle "$B" "$ID"
	[ "$RC" = 0 ] || die "create: $ERR"
	attack exec "$ID" /bin/inmate scan "$PROGRAM" 0.3 1
	grep -q '^open ' <<<"$OUT" || die "the scan could open nothing: $OUT"
	! grep -q '^reached' <<<"$OUT" || found "$(grep -m 3 '^reached' <<<"$OUT")"
	remove
}

# A working directory or an executable by way of a descriptor that the runtime has left open, with other numbers as well.
test_cwd_descriptor()
{
	local n shift fds
	for shift in 0 3; do
		fds=
		for ((n = 0; n < shift; n++)); do
			exec {fd}</dev/null
			fds+=" $fd"
		done
		for n in 3 4 5 6 7 8 9 $([ $shift = 0 ] || echo 10 11); do
			variant "run, cwd /proc/self/fd/$n, $shift more descriptors"
			with_inmate
			cfg --arg c "/proc/self/fd/$n" '.process.cwd = $c'
			args /bin/inmate up "$PROGRAM"
			attack_run
			! grep -q '^reached' <<<"$OUT" || found "$OUT"
		done
		for fd in $fds; do
			exec {fd}<&-
		done
	done
	variant "exec"
	with_inmate
	for n in 3 5 7 8; do
		ln -s "/proc/self/fd/$n" "$B/rootfs/w$n"
	done
	script 'sleep 60'
	up_or_die
	for n in 3 5 7 8; do
		VARIANT="exec --cwd of descriptor $n"
		attack exec --cwd "/proc/self/fd/$n" "$ID" /bin/inmate up "$PROGRAM"
		! grep -q '^reached' <<<"$OUT" || found "$OUT"
		attack exec --cwd "/w$n" "$ID" /bin/inmate up "$PROGRAM"
		! grep -q '^reached' <<<"$OUT" || found "by a link: $OUT"
		attack exec "$ID" "/proc/self/fd/$n/../../../../../bin/cat" "$MARK"
		! grep -q "$MARK_TEXT" <<<"$OUT" || found "an executable of the host ran"
	done
	attack exec --cwd /tmp "$ID" /bin/inmate up "$PROGRAM"
	[ "$OUT" = nothing ] || die "the benign twin: $RC $OUT $ERR"
	remove
}

# What the caller has open stays out, however many there are and whatever their numbers; what it asks for comes in.
test_callers_descriptors()
{
	local want
	exec 5</mnt/test 9</etc 33</etc/passwd 200<>/dev/zero
	for want in run create; do
		variant "$want"
		args /bin/probe fds
		if [ $want = run ]; then
			attack_run
		else
			attack_up
			wait_status stopped
			OUT=$(<"$B/out")
			remove
		fi
		grep -qx 'fds=3' <<<"$OUT" || found "more than the three streams: $OUT"
	done
	variant "exec and hooks"
	script 'sleep 60'
	printf '#!/bin/sh\nls -l /proc/self/fd/ >/mnt/test/hook.fds\n' >/mnt/test/hook
	chmod 0755 /mnt/test/hook
	cfg '.hooks.poststart = [{path: "/mnt/test/hook", env: ["PATH=/usr/bin:/bin"]}]'
	up_or_die
	attack exec "$ID" /bin/probe fds
	grep -qx 'fds=3' <<<"$OUT" || found "exec: $OUT"
	! grep -qE ' (5|9|33|200) -> ' /mnt/test/hook.fds || found "a hook: $(</mnt/test/hook.fds)"
	remove
	exec 5<&- 9<&- 33<&- 200<&-
	variant "asked for"
	exec 3</etc/passwd
	args /bin/probe fds
	attack_run --preserve-fds 1
	grep -qx 'fds=4' <<<"$OUT" || die "the benign twin: $RC $OUT $ERR"
	exec 3<&-
}

# The number of a container's process goes to somebody else: kill, delete and exec must spare them.
test_pid_reuse()
{
	local pid bystander i
	variant "a number that is used again"
	script 'sleep 60'
	up_or_die
	pid=$(pid_of)
	kill -KILL "$pid"
	wait_status stopped
	for i in $(seq 30); do
		echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 60 &
		bystander=$!
		[ "$bystander" = "$pid" ] && break
		kill "$bystander"
		wait "$bystander" 2>/dev/null
	done
	[ "$bystander" = "$pid" ] || skip "the number could not be had again"
	attack kill "$ID" KILL
	attack exec "$ID" /bin/true
	attack kill --all "$ID" KILL
	[ "$(status)" = stopped ] || found "it counts as $(status)"
	attack delete --force "$ID"
	kill -0 "$bystander" 2>/dev/null && [ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep 60 " ] || found "the bystander was killed"
	kill "$bystander" 2>/dev/null
	remove
	variant "its own number"
	script 'sleep 60'
	up_or_die
	attack kill "$ID" KILL
	wait_status stopped
	remove
}

# An entry point that makes the runtime execute itself, and somebody who keeps a handle of what it executed.
test_own_program()
{
	local real=$BERTH copy=/mnt/test/runtime before i how
	cp "$real" "$copy"
	BERTH=$copy
	before=$(sha256sum <"$copy")
	for how in exec entry link; do
		variant "$how"
		with_inmate
		printf '#!/proc/self/exe\n' >"$B/rootfs/bin/evil"
		chmod 0755 "$B/rootfs/bin/evil"
		ln -s /proc/self/exe "$B/rootfs/bin/evillink"
		cfg '.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE"])'
		# a filter that has to be compiled: done by the part of berth that loads libraries, which is an embedded program too
		[ $how != link ] || cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
		args /bin/inmate exe 2
		up_or_die
		for ((i = 0; i < 20; i++)); do
			case $how in
			exec) timeout 5 "$BERTH" --root "$STATE" exec "$ID" /bin/evil </dev/null >/dev/null 2>&1 ;;
			link) timeout 5 "$BERTH" --root "$STATE" exec "$ID" /bin/evillink </dev/null >/dev/null 2>&1 ;;
			entry) timeout 5 "$BERTH" --root "$STATE" exec "$ID" /proc/self/exe init </dev/null >/dev/null 2>&1 ;;
			esac
		done
		wait_status stopped
		sort -u "$B/out"
		! grep -q '^wrote' "$B/out" || found "a handle could be written through: $(grep -m 1 '^wrote' "$B/out")"
		[ "$(sha256sum <"$copy")" = "$before" ] || { found "the runtime's program was changed"; cp "$real" "$copy"; }
		if on_berth && grep -q "^exe $(stat -c '%Hd:%Ld:%i' "$copy")\$" "$B/out"; then
			found "a handle of the runtime's own file"
		fi
		grep -q '^exe ' "$B/out" || echo "no program of others was seen"
		remove
	done
	variant "as first process"
	with_inmate
	printf '#!/proc/self/exe\n' >"$B/rootfs/bin/evil"
	chmod 0755 "$B/rootfs/bin/evil"
	args /bin/evil
	attack_run
	[ "$(sha256sum <"$copy")" = "$before" ] || found "the runtime's program was changed"
	variant "an ordinary program"
	args /bin/true
	twin "an ordinary entry point"
	BERTH=$real
}

# No library, name service or locale of the image is loaded by anything of ours.
test_libraries_of_the_image()
{
	local lib f
	variant "libraries in every place"
	printf 'void __attribute__((constructor)) in(void);\n#include <stdio.h>\nvoid in(void){FILE*f=fopen("/LOADED","w");if(f)fclose(f);f=fopen("/mnt/test/LOADED","w");if(f)fclose(f);}\n' >/mnt/test/evil.c
	gcc -shared -fPIC -o /mnt/test/evil.so /mnt/test/evil.c || skip "no compiler"
	for lib in lib lib64 lib/x86_64-linux-gnu usr/lib usr/lib/x86_64-linux-gnu; do
		mkdir -p "$B/rootfs/$lib"
		for f in libnss_evil.so.2 libnss_files.so.2 libc.so.6 libseccomp.so.2 libselinux.so.1 libyajl.so.2 libcap.so.2 libsystemd.so.0; do
			cp /mnt/test/evil.so "$B/rootfs/$lib/$f"
		done
	done
	printf 'passwd: evil files\ngroup: evil files\n' >"$B/rootfs/etc/nsswitch.conf"
	echo /lib/libnss_evil.so.2 >"$B/rootfs/etc/ld.so.preload"
	cfg '.process.env = ["PATH=/bin"] | .process.user = {uid: 1000, gid: 1000} | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	chmod 0777 "$B/rootfs"
	script 'echo ok >/result; sleep 60'
	up_or_die
	attack exec --user 1000 "$ID" /bin/true
	attack exec "$ID" /bin/true
	remove
	[ ! -e "$B/rootfs/LOADED" ] && [ ! -e /mnt/test/LOADED ] || found "code of the image ran outside of its program"
	[ "$(result)" = ok ] || die "it did not run"
}
