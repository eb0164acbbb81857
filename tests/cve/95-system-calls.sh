# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# The order and the form of the system calls that everything else rests on, as strace sees them.

. "$REPO/tests/cve/lib.sh"

# trace COMMAND ARG...: $B/trace.PID, one file a process
trace()
{
	rm -f "$B"/trace.*
	timeout 30 strace -ff -qq -s 300 -o "$B/trace" "$BERTH" --root "$STATE" "$@" >"$B/traced" 2>&1 </dev/null
	echo "traced $1: $?"
}

# inside_of: the calls of what works in the container: from the exec of berth-init to that of the program. With exec it forks
# on the way, and the child goes on.
inside_of()
{
	local f
	for f in "$B"/trace.*; do
		grep -q '^execve("[^"]*/berth' "$f" && continue
		awk -v on="$(grep -q '^execveat(.*"berth-init"' "$f"; echo $?)" '/^execveat\(/ && /"berth-init"/ { on = 1; next } on { print } on && /^execve\(/ && / = 0$/ { exit }' "$f"
	done
}

test_system_calls()
{
	local how calls bad
	for how in run create start exec; do
		variant "$how"
		cfg '.process.noNewPrivileges = true | .process.user = {uid: 1000, gid: 1000}
			| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}
			| .linux.maskedPaths = ["/etc/secret", "/var/lib/some"] | .linux.readonlyPaths = ["/proc/sys"]
			| .mounts += [{destination: "/b", type: "bind", source: "/mnt/test/outside", options: ["bind"]}]'
		case $how in
		run) args /bin/true; trace run --bundle "$B" "$ID" ;;
		create) args /bin/true; trace create --bundle "$B" "$ID" & sleep 1; timeout 5 "$BERTH" --root "$STATE" start "$ID"; wait $! ;;
		start) args /bin/true; "$BERTH" --root "$STATE" create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1; trace start "$ID" ;;
		exec) args /bin/sleep 30; up_or_die; trace exec "$ID" /bin/true ;;
		esac
		cat "$B"/trace.* >"$B/all" 2>/dev/null
		[ -s "$B/all" ] || die "nothing was traced: $(<"$B/traced")"
		calls=$(inside_of)
		# every descriptor closes with the exec; what musl and strace see of the program itself comes after it
		bad=$(grep -hE '^(open|openat|openat2|open_tree|fsopen|fsmount|socket|socketpair|accept4|pipe2|memfd_create|recvmsg|epoll_create1|signalfd4)\(' "$B/all" | grep -vE 'CLOEXEC|OPEN_TREE_CLOEXEC|= -1 |O_PATH\|O_DIRECTORY\) = -1|"/etc/ld|\.so' |
			grep -vE '^recvmsg\(.*msg_controllen=0' | grep -v 'unfinished\|resumed')
		[ $how = start ] || [ -z "$bad" ] || found "without CLOEXEC: $(head -n 3 <<<"$bad")"
		# on ".", or on a name that was made a moment ago in the directory that it lies in
		bad=$(awk '/^mount\(/ {
				split($0, part, "\""); name = part[4]
				made = before ~ "^mkdirat\\([0-9]+, \"" name "\", 0755\\) += 0" && earlier ~ /^fchdir\([0-9]+\) += 0/
				if (name != "." && (name ~ /[.\/]/ || !made)) print
			} { earlier = before; before = $0 }' "$B"/trace.*)
		[ -z "$bad" ] || found "mount(2) by a path: $bad"
		[ $how != start ] || continue # berth-init is not its child
		[ -n "$calls" ] || die "no calls of berth-init: $(grep -h exec "$B/all" | head -n 5)"
		# not dumpable before it has the plan or a descriptor, and again after each change of who it is
		bad=$(awk '/^prctl\(PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)/ { exit } /^(recvmsg|recvfrom|read|setns)\(/ { print; exit }' <<<"$calls")
		[ -z "$bad" ] || found "dumpable when it did: $bad"
		bad=$(awk '/^(setns|unshare|setresuid|setresgid|setuid|setgid)\(/ { last = $0 } /^prctl\(PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)/ { last = "" }
			/^(recvmsg|openat2|open_tree|openat|sendmsg|execve)\(/ && last { print last " then " $0; exit }' <<<"$calls")
		[ -z "$bad" ] || found "dumpable again: $bad"
		# no_new_privs, then the filter, then nothing but the exec
		bad=$(grep -oE '^(prctl\(PR_SET_NO_NEW_PRIVS|seccomp\(SECCOMP_SET_MODE_FILTER|execve\(|close_range\()' <<<"$calls" | tail -n 4 | tr '\n' ' ')
		echo "last: $bad"
		[[ $bad == *"prctl(PR_SET_NO_NEW_PRIVS close_range( seccomp(SECCOMP_SET_MODE_FILTER execve( " ]] || found "the order at the end: $bad"
		bad=$(sed -n '/^seccomp(SECCOMP_SET_MODE_FILTER/,$p' <<<"$calls" | sed 1d | grep -v '^execve(')
		[ -z "$bad" ] || found "between the filter and the program: $bad"
		# names of the image go through openat2 with RESOLVE_IN_ROOT
		[ $how = exec ] || grep -q 'openat2(.*RESOLVE_IN_ROOT' <<<"$calls" || found "no name was resolved in the root"
		bad=$(grep -F "$B/rootfs/" <<<"$calls")
		[ -z "$bad" ] || found "a name of the image by a path of the host: $bad"
		remove
	done
}
