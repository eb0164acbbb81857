# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.seccomp
# vm: any driver

arches()
{
	case $(uname -m) in
	x86_64) echo '["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]' ;;
	aarch64) echo '["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]' ;;
	*) echo '[]' ;;
	esac
}

seccomp() # RULES JQ-JSON
{
	cfg --argjson a "$(arches)" --argjson r "$1" \
		'.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: $a, syscalls: $r}'
}

test_seccomp_errno()
{
	bundle_new
	seccomp '[{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"},
		{"names": ["sync"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
		{"names": ["no_such_syscall_at_all"], "action": "SCMP_ACT_ERRNO"}]'
	args /bin/sh -c '/bin/probe syscall getppid; /bin/probe syscall sync; /bin/probe syscall getpid; /bin/probe show seccomp'
	run_ok
	assert_line 'syscall.getppid=-1 errno=1'
	assert_line 'syscall.sync=-1 errno=38'
	assert_re '^syscall.getpid=[0-9]+ errno=0$'
	assert_line seccomp=2
	assert_line seccomp_filters=1
	assert_clean
}

test_seccomp_absent()
{
	bundle_new
	probe show seccomp
	run_ok
	assert_line seccomp=0
	assert_clean
}

test_seccomp_kill()
{
	bundle_new
	seccomp '[{"names": ["getppid"], "action": "SCMP_ACT_KILL_PROCESS"}]'
	probe syscall getppid
	run_status 159
	assert_clean
}

test_seccomp_arguments()
{
	bundle_new
	seccomp '[{"names": ["dup"], "action": "SCMP_ACT_ERRNO", "errnoRet": 11, "args": [{"index": 0, "value": 77, "op": "SCMP_CMP_EQ"}]},
		{"names": ["umask"], "action": "SCMP_ACT_ERRNO", "errnoRet": 12, "args": [{"index": 0, "value": 7, "valueTwo": 5, "op": "SCMP_CMP_MASKED_EQ"}]}]'
	args /bin/sh -c '/bin/probe syscall dup 77; /bin/probe syscall dup 78; /bin/probe syscall umask 13; /bin/probe syscall umask 2'
	run_ok
	assert_line 'syscall.dup=-1 errno=11'
	assert_line 'syscall.dup=-1 errno=9'
	assert_line 'syscall.umask=-1 errno=12'
	assert_re '^syscall.umask=[0-9]+ errno=0$'
	assert_clean
}

# The filter is the last thing before the exec: it need not allow anything that only berth-init does.
test_seccomp_default_deny()
{
	bundle_new
	cfg --argjson a "$(arches)" '.linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 95, architectures: $a,
		syscalls: [{names: ["execve", "exit", "exit_group", "write", "writev", "brk", "mmap", "munmap", "arch_prctl",
			"set_tid_address", "rt_sigprocmask", "ioctl", "close", "read", "readlink", "mprotect", "getpid"], action: "SCMP_ACT_ALLOW"}]}
		| .process.noNewPrivileges = true'
	probe syscall getppid
	run_ok
	assert_line 'syscall.getppid=-1 errno=95'
	assert_clean
}

# A program that may not change its user all the same starts as the user it should be.
test_seccomp_with_and_without_no_new_privileges()
{
	bundle_new
	seccomp '[{"names": ["setuid", "setgid", "setgroups", "setresuid", "setresgid", "capset"], "action": "SCMP_ACT_ERRNO"}]'
	cfg '.process.noNewPrivileges = true | .process.user = {uid: 1000, gid: 1000}'
	probe show ids flags seccomp
	run_ok
	assert_line 'uid=1000 1000 1000'
	assert_line no_new_privs=1
	assert_line seccomp=2
	assert_clean
}

test_seccomp_notify()
{
	bundle_new
	seccomp '[{"names": ["getppid"], "action": "SCMP_ACT_NOTIFY"}]'
	cfg '.linux.seccomp.listenerPath = "/mnt/test/agent" | .linux.seccomp.listenerMetadata = "some text"'
	probe syscall getppid
	"$BUILD/tests/seccomp-agent" /mnt/test/agent >"$B/agent" &
	local agent=$!
	wait_for 5 file_has "$B/agent" '^listening' || die "agent"
	run_ok
	wait $agent
	assert_line 'syscall.getppid=4242 errno=0'
	local state
	state=$(sed -n 's/^state=//p' "$B/agent")
	assert_match "$(<"$B/agent")" '^fds=1$'
	assert_eq "$(jq -r .metadata <<<"$state")" "some text"
	assert_eq "$(jq -r .state.id <<<"$state")" "$ID"
	assert_eq "$(jq -rc .fds <<<"$state")" '["seccompFd"]'
	assert_match "$(jq -r .pid <<<"$state")" '^[0-9]+$'
	rm -f /mnt/test/agent
	assert_clean
}

# Everything after the filter is asked for, what hands the listener over included.
test_seccomp_notify_everything()
{
	local agent rule
	for rule in '"SCMP_ACT_NOTIFY", []' '"SCMP_ACT_ALLOW", [{"names": ["sendmsg", "write", "writev", "getppid", "execve", "capset"], "action": "SCMP_ACT_NOTIFY"}]'; do
		bundle_new
		cfg ".linux.seccomp = ([$rule] | {defaultAction: .[0], syscalls: .[1], listenerPath: \"/mnt/test/agent\"})"
		probe syscall getppid
		"$BUILD/tests/seccomp-agent" /mnt/test/agent all >"$B/agent" &
		agent=$!
		wait_for 5 file_has "$B/agent" '^listening' || die "agent"
		run_ok
		kill $agent 2>/dev/null || true
		wait $agent || true
		assert_line 'syscall.getppid=4242 errno=0'
		assert_match "$(<"$B/agent")" '^notification='
		rm -f /mnt/test/agent
		assert_clean
	done
}

test_seccomp_notify_without_agent()
{
	bundle_new
	seccomp '[{"names": ["getppid"], "action": "SCMP_ACT_NOTIFY"}]'
	run_fails 'listenerPath|seccomp'
	cfg '.linux.seccomp.listenerPath = "/mnt/test/no-agent"'
	run_fails 'no-agent'
}

test_seccomp_cache_gives_the_same()
{
	local i
	bundle_new
	probe syscall getppid
	for i in 1 2 3; do
		seccomp '[{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": '$i'}]'
		run_ok
		assert_line "syscall.getppid=-1 errno=$i"
		run_ok
		assert_line "syscall.getppid=-1 errno=$i"
	done
	assert_clean
}

test_seccomp_that_is_wrong()
{
	bundle_new
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_NOSUCH"}'
	run_fails 'linux\.seccomp\.defaultAction'
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_NOSUCH"]}'
	run_fails 'linux\.seccomp\.architectures'
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getpid"], action: "SCMP_ACT_ERRNO", args: [{index: 9, value: 1, op: "SCMP_CMP_EQ"}]}]}'
	run_fails 'linux\.seccomp\.syscalls\[0\]\.args'
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getpid"], action: "SCMP_ACT_ERRNO", args: [{index: 0, value: 1, op: "SCMP_CMP_NOSUCH"}]}]}'
	run_fails 'linux\.seccomp\.syscalls\[0\]\.args'
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_NOSUCH"]}'
	run_fails 'linux\.seccomp\.flags'
}
