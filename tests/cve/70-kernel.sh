# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# Interfaces of the kernel that have to be closed.

. "$REPO/tests/cve/lib.sh"

FILTER='{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1, architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: $names, action: "SCMP_ACT_ALLOW"}]}'
# what busybox and the probe need
CALLS='["execve", "exit", "exit_group", "read", "write", "open", "openat", "close", "stat", "fstat", "lstat", "newfstatat", "mmap", "munmap", "mprotect",
	"brk", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "ioctl", "access", "getpid", "getppid", "getuid", "getgid", "geteuid", "getegid", "fork",
	"vfork", "clone", "wait4", "arch_prctl", "set_tid_address", "set_robust_list", "prlimit64", "getrandom", "rseq", "dup2", "fcntl", "pipe", "pipe2", "writev",
	"readlink", "getcwd", "chdir", "getdents64", "uname", "lseek", "futex", "nanosleep", "clock_nanosleep", "prctl", "capget", "capset", "poll", "sendmsg", "dup"]'

# A filter of names that are allowed: what it cannot know of is "no such system call", foreign ABIs do not pass, and a process
# of exec is under the same filter.
test_seccomp_filter()
{
	[ "$(uname -m)" = x86_64 ] || skip "numbers of x86-64"
	variant "run"
	cfg --argjson names "$CALLS" ".process.noNewPrivileges = true | .linux.seccomp = $FILTER"
	# 9999: newer than any filter. 0x40000000 | 39: getpid of x32. 1: as the profile says
	args /bin/sh -c '/bin/probe syscall 9999; /bin/probe syscall $((0x40000000 | 39)); /bin/probe syscall unshare 0; true'
	attack_run
	[ "$RC" = 0 ] || die "run: $ERR"
	echo "$OUT"
	grep -qx 'syscall.9999=-1 errno=38' <<<"$OUT" || found "an unknown system call: $(sed -n 1p <<<"$OUT")"
	! grep -qE '^syscall.1073741863=[0-9]' <<<"$OUT" || found "x32 passes the filter: $OUT"
	grep -qx 'syscall.unshare=-1 errno=1' <<<"$OUT" || found "what the profile does not list passes: $OUT"
	variant "exec"
	cfg --argjson names "$CALLS" ".process.noNewPrivileges = true | .linux.seccomp = $FILTER"
	args /bin/sh -c 'while :; do /bin/sleep 1; done'
	up_or_die
	attack exec "$ID" /bin/probe syscall unshare 0
	[ "$OUT" = "syscall.unshare=-1 errno=1" ] || found "exec is not under the filter: $OUT $ERR"
	attack exec --user 1000 --cap CAP_SYS_ADMIN "$ID" /bin/probe syscall unshare 0
	[ "$OUT" = "syscall.unshare=-1 errno=1" ] || found "exec as a user is not under the filter: $OUT $ERR"
	remove
	# without no_new_privs the filter comes first, and refuses what the runtime has to do after it: closed, not open
	local names
	for names in '["exit"]' '["execve", "write", "exit", "exit_group"]' "$(jq -c '. - ["capset", "prctl"]' <<<"$CALLS")"; do
		variant "a filter that refuses what comes after it: ${names:0:40}"
		cfg --argjson names "$names" ".linux.seccomp = $FILTER"
		script 'grep -E "^(Seccomp|CapBnd):" /proc/self/status >/result'
		attack_run
		! grep -q 'Seccomp:.0' "$B/rootfs/result" 2>/dev/null || found "it started without its filter"
		! grep -q 'CapBnd:.*f' "$B/rootfs/result" 2>/dev/null || found "it started with all capabilities"
	done
	variant "no filter"
	probe syscall unshare 0
	twin "no filter"
	[ "$OUT" = "syscall.unshare=0 errno=0" ] || die "the twin: $OUT"
}

# Nobody types into the terminal of the caller.
test_push_into_the_callers_terminal()
{
	local how
	for how in run exec; do
		variant "$how"
		cp "$TOOLS/inmate" "$B/rootfs/bin/inmate"
		if [ $how = run ]; then
			args /bin/inmate push x
			set -- run --bundle "$B" "$ID"
		else
			script 'sleep 60'
			up_or_die
			set -- exec "$ID" /bin/inmate push x
		fi
		python3 - "$BERTH" --root "$STATE" "$@" >/mnt/test/typed <<-'END'
		import os, pty, sys, time, fcntl, termios, struct
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], sys.argv[1:])
		out = b""
		while True:
		    try:
		        b = os.read(fd, 1024)
		    except OSError:
		        break
		    if not b:
		        break
		    out += b
		os.waitpid(pid, 0)
		sys.stdout.write(out.decode(errors="replace"))
		END
		cat /mnt/test/typed
		STARTED=$((STARTED + 1))
		! grep -q pushed /mnt/test/typed || found "the container typed into the terminal of its caller"
		grep -qE 'pushed|refused' /mnt/test/typed || die "the program did not run"
		remove
	done
	variant "the terminal of a session of one's own can be typed into, here"
	python3 - "$TOOLS/inmate" push x >/mnt/test/typed <<-'END'
	import pty, sys
	pty.spawn(sys.argv[1:])
	END
	grep -q pushed /mnt/test/typed || echo "this kernel refuses it to everybody"
}

# The host's cgroups: read-only where the config says so, also without a cgroup namespace and in a user namespace.
test_cgroup_readonly()
{
	local how REAL_BERTH=$BERTH
	for how in namespace none user user-none; do
		variant "$how"
		mount_add /sys sysfs sysfs ro nosuid noexec nodev
		mount_add /sys/fs/cgroup cgroup cgroup ro nosuid noexec nodev
		[[ $how != *none ]] || ns_del cgroup
		[[ $how != user* ]] || { userns; ns_add network; }
		cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
		script 'cd /sys/fs/cgroup && for d in . */; do mkdir $d/evil && echo "made $d" >>/result; (echo 0 >$d/cgroup.procs) && echo "wrote $d" >>/result; done 2>/dev/null; grep cgroup /proc/self/mountinfo >>/result; true'
		attack_run
		! grep -qE '^(made|wrote)' "$B/rootfs/result" 2>/dev/null || found "$(grep -E '^(made|wrote)' "$B/rootfs/result" | tr '\n' ' ')"
		[ "$RC" != 0 ] || grep -q cgroup "$B/rootfs/result" || die "no cgroup mount: $(result)"
		! grep ' /sys/fs/cgroup' "$B/rootfs/result" 2>/dev/null | grep -v ' /sys/fs/cgroup[^ ]* ro' || found "a mount is not read-only: $(result)"
	done
	if on_berth && command -v newuidmap >/dev/null; then
		variant "without privileges"
		. "$REPO/tests/integration/rootless.inc"
		STATE=/mnt/test/user-state
		mkdir -m 700 $STATE
		user_bundle
		cfg '.linux.namespaces |= map(select(.type != "cgroup"))'
		args /bin/busybox sh -c 'grep cgroup /proc/self/mountinfo; for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do mkdir $d/evil && echo "made $d"; echo 0 >$d/cgroup.procs && echo "wrote $d"; done 2>/dev/null; true'
		attack_run
		[ "$RC" = 0 ] && grep -q ' /sys/fs/cgroup' <<<"$OUT" || die "rootless: $RC $OUT $ERR"
		! grep -E '^(made|wrote)' <<<"$OUT" || found "without privileges: $OUT"
		! grep ' /sys/fs/cgroup' <<<"$OUT" | grep -v ' /sys/fs/cgroup[^ ]* ro' || found "a mount is not read-only: $OUT"
		BERTH=$REAL_BERTH STATE=/mnt/test/state
	fi
	variant "writable"
	mount_add /sys sysfs sysfs
	mount_add /sys/fs/cgroup cgroup cgroup rw
	script 'mkdir /sys/fs/cgroup/own && echo made >/result'
	twin "a cgroup namespace of its own, writable"
	[ "$(result)" = made ] || die "the twin: $(result)"
}

# What the container mounts, and a container that fails half way, are not seen on the host.
test_propagation()
{
	local before how
	mount --make-rshared / 2>/dev/null
	before=$(cut -d ' ' -f 3-6 /proc/self/mountinfo | sort)
	for how in run bad-mount bad-program shared; do
		variant "$how"
		mkdir "$B/source"
		mount_add /bound bind "$B/source" rbind rw
		mount_add /etc tmpfs tmpfs
		cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
		case $how in
		bad-mount) mount_add /bad no-such-type none ;;
		bad-program) args /no/such/program ;;
		shared) cfg '.linux.rootfsPropagation = "slave"' ;;
		esac
		[ $how = bad-program ] || script 'mount -t tmpfs none /tmp; mount -t tmpfs none /bound; echo x >/bound/seen; true'
		attack_run
		[ "$(cut -d ' ' -f 3-6 /proc/self/mountinfo | sort)" = "$before" ] || found "mounts of the host: $(diff <(echo "$before") <(cut -d ' ' -f 3-6 /proc/self/mountinfo | sort))"
		[ ! -e "$B/source/seen" ] || found "the container's mount is on the host"
	done
	mount --make-rprivate /
}
