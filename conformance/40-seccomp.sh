# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.seccomp: operators, architectures, the agent.
. "$REPO/conformance/lib.sh"
. "$REPO/conformance/schema.sh"

# arguments of dup(2) for which "ARGUMENT op 10" holds; the others of 9, 10, 11 and 2^62 + 77 are bad descriptors
declare -A holds=([NE]='9 11 4611686018427387981' [LT]=9 [LE]='9 10' [EQ]=10 [GE]='10 11 4611686018427387981'
	[GT]='11 4611686018427387981' [MASKED_EQ]='10 11')

# shows: linux.seccomp.syscalls.args.op.SCMP_CMP_{}
# each: NE LT LE EQ GE GT MASKED_EQ
# broken: config 'del(.linux.seccomp)'
# broken: config '.linux.seccomp.syscalls[0].args[0].value = 1000 | del(.linux.seccomp.syscalls[0].args[0].valueTwo) | .linux.seccomp.syscalls[0].args[0].op = "SCMP_CMP_EQ"'
test_operator()
{
	local n
	bundle_new
	cfg --arg o "SCMP_CMP_$ROW" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["dup"],
		action: "SCMP_ACT_ERRNO", errnoRet: 12, args: [{index: 0, value: 10, valueTwo: 10, op: $o}]}]}'
	probe each syscall dup 9 , syscall dup 10 , syscall dup 11 , syscall dup 4611686018427387981
	go
	for n in 9 10 11 4611686018427387981; do
		if [[ " ${holds[$ROW]} " == *" $n "* ]]; then
			assert_match "$(grep -A 1 "^each=syscall dup $n\$" <<<"$OUT")" 'errno=12'
		else
			assert_match "$(grep -A 1 "^each=syscall dup $n\$" <<<"$OUT")" 'errno=9'
		fi
	done
}

# shows: linux.seccomp.syscalls.args
# broken: config '.linux.seccomp.syscalls[0].args |= .[0:1]'
test_two_arguments()
{
	bundle_new
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["socket"], action: "SCMP_ACT_ERRNO", errnoRet: 12,
		args: [{index: 0, value: 1, op: "SCMP_CMP_EQ"}, {index: 1, value: 5, op: "SCMP_CMP_EQ"}]}]}'
	probe each syscall socket 1 5 0 , syscall socket 1 1 0 , syscall socket 77 5 0
	go
	assert_match "$(grep -A 1 "^each=syscall socket 1 5 0" <<<"$OUT")" 'errno=12'
	assert_match "$(grep -A 1 "^each=syscall socket 1 1 0" <<<"$OUT")" 'errno=0'
	assert_match "$(grep -A 1 "^each=syscall socket 77 5 0" <<<"$OUT")" 'errno=97'
}

with_architecture()
{
	bundle_new
	cfg --arg a "SCMP_ARCH_$ROW" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: [$a],
		syscalls: [{names: ["dup"], action: "SCMP_ACT_ERRNO", errnoRet: 12}]}'
	probe each show seccomp , syscall dup 77
}

filtered()
{
	assert_line seccomp=2
	assert_line 'syscall.dup=-1 errno=12'
}

# shows: linux.seccomp.architectures.SCMP_ARCH_{} linux.seccomp.architectures
# each: X86 X86_64 X32 ARM AARCH64 MIPSEL MIPSEL64 MIPSEL64N32 PPC64LE RISCV64
# broken: fail create
# broken: config 'del(.linux.seccomp)'
test_architecture()
{
	[ "$(uname -m)" = x86_64 ] || skip "the other byte order may be this machine's"
	with_architecture
	go
	filtered
}

# Filters for machines of both byte orders at once are beyond libseccomp, and an old one does not know the newest machines: these
# may be refused, but not ignored.

# shows: linux.seccomp.architectures.SCMP_ARCH_{}
# each: MIPS MIPS64 MIPS64N32 PPC PPC64 S390 S390X PARISC PARISC64 LOONGARCH64 M68K SH SHEB
# broken: config 'del(.linux.seccomp)'
test_other_architecture()
{
	with_architecture
	go_or_refuse || return 0
	filtered
}

# shows: linux.seccomp.flags
# broken: config '.linux.seccomp.flags = ["BOGUS"]'
test_no_flags()
{
	bundle_new
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", flags: [], syscalls: [{names: ["dup"], action: "SCMP_ACT_ERRNO"}]}'
	probe show seccomp
	go
	assert_line seccomp=2
}

# shows: linux.seccomp.syscalls.optional-kill
# broken: config 'del(.linux.seccomp)'
test_kill_everything()
{
	bundle_new
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_KILL"}'
	probe show names
	create
	if [ "$RC" = 0 ]; then
		PID=$(pid_of)
		rt start "$ID"
		wait_end
	fi
	! grep -q hostname "$B/out" || die "the program ran"
}

# --- the agent -----------------------------------------------------------------------------------------------------

notify_bundle()
{
	bundle_new
	cfg '.annotations = {"com.example.a": "x"} | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["sync"], action: "SCMP_ACT_NOTIFY"}],
		listenerPath: "/mnt/test/agent", listenerMetadata: "a=b \"q\""}'
	args /bin/sh -c '/bin/probe syscall sync; exec /bin/sleep 100'
}

agent()
{
	rm -f /mnt/test/agent
	"$BUILD/tests/seccomp-agent" /mnt/test/agent "$@" >"$B/agent" 2>&1 &
	wait_for 15 file_has "$B/agent" '^listening' || die "agent"
}

# The agent answers the one call that it is asked about with ENOSYS; no runtime makes that call itself.
# The container with its agent; $STATE_SENT is what came. The program lives on: so what is here shows an end of the connection.
notified()
{
	agent 1
	up
	wait_for 15 file_has "$B/agent" '^state=' || die "no end of the connection, or no state: $(<"$B/agent")"
	STATE_SENT=$(sed -n 's/^state=//p' "$B/agent")
	! ended || die "the program ended"
}

# shows: linux.seccomp.listenerPath linux.seccomp.listenerPath.socket-type linux.seccomp.syscalls.action.SCMP_ACT_NOTIFY
# broken: config 'del(.linux.seccomp)'
# broken: config '.linux.seccomp.syscalls[0].action = "SCMP_ACT_ERRNO" | del(.linux.seccomp.listenerPath, .linux.seccomp.listenerMetadata)'
test_notify()
{
	notify_bundle
	notified
	wait_for 15 file_has "$B/out" 'syscall.sync=-1 errno=38' || die "the agent's answer did not arrive: $(<"$B/out")"
}

# shows: linux.seccomp.listenerPath.one-state linux.containerProcessState.json-payload
# broken: config 'del(.linux.seccomp)'
# broken: after start 'sleep 0.5; sed -i "s/^state=.*/&{}/" /mnt/test/c1/agent'
test_one_state()
{
	notify_bundle
	notified
	assert_eq "$(jq -s length <<<"$STATE_SENT")" 1
	assert_eq "$(jq -c 'map_values(type)' <<<"$STATE_SENT" | jq -c '[.ociVersion, .fds, .pid, .metadata, .state]')" \
		'["string","array","number","string","object"]'
}

# shows: linux.seccomp.listenerPath.closed
# broken: config 'del(.linux.seccomp)'
test_connection_is_closed()
{
	notify_bundle
	notified
}

# shows: linux.seccomp.listenerPath.no-reuse
# broken: fail exec
test_connection_for_each_process()
{
	notify_bundle
	notified
	agent 1
	rt exec "$ID" /bin/probe syscall sync
	[ "$RC" = 0 ] || die "exec fails"
	assert_line 'syscall.sync=-1 errno=38'
	assert_match "$(<"$B/agent")" '^state='
}

# shows: linux.containerProcessState.ociVersion
# broken: after start 'sleep 0.5; sed -i "s/ociVersion/version/" /mnt/test/c1/agent'
test_state_version()
{
	notify_bundle
	notified
	assert_match "$(jq -r .ociVersion <<<"$STATE_SENT")" '^1\.[0-9]+\.[0-9]+'
}

# shows: linux.containerProcessState.pid
# broken: after start 'sleep 0.5; sed -i "s/\"pid\": *[0-9]*/\"pid\":1/g" /mnt/test/c1/agent'
test_state_pid()
{
	notify_bundle
	notified
	assert_eq "$(jq -r .pid <<<"$STATE_SENT")" "$PID"
}

# shows: linux.containerProcessState.metadata linux.seccomp.listenerMetadata
# broken: config '.linux.seccomp.listenerMetadata = "other"'
test_state_metadata()
{
	notify_bundle
	notified
	assert_eq "$(jq -r .metadata <<<"$STATE_SENT")" 'a=b "q"'
}

# shows: linux.containerProcessState.state
# broken: after start 'sleep 0.5; sed -i "s/\"bundle\"/\"path\"/" /mnt/test/c1/agent'
# broken: config 'del(.annotations)'
test_state_state()
{
	notify_bundle
	notified
	assert_state "$(jq .state <<<"$STATE_SENT")"
	assert_eq "$(jq -r .state.id <<<"$STATE_SENT")" "$ID"
	assert_eq "$(jq -r .state.bundle <<<"$STATE_SENT")" "$B"
	assert_eq "$(jq -r '.state.annotations["com.example.a"]' <<<"$STATE_SENT")" x
}

# shows: linux.containerProcessState.fds linux.containerProcessState.scm-rights linux.seccomp.seccompFd
# broken: after start 'sleep 0.5; sed -i "s/seccompFd/fd/" /mnt/test/c1/agent'
# broken: after start 'sleep 0.5; sed -i "s/^fds=1/fds=0/" /mnt/test/c1/agent'
test_state_descriptors()
{
	notify_bundle
	notified
	assert_eq "$(jq -c .fds <<<"$STATE_SENT")" '["seccompFd"]'
	assert_match "$(<"$B/agent")" '^fds=1$'
	wait_for 15 file_has "$B/agent" '^notification=' || die "the descriptor is not the listener"
}

# shows: linux.containerProcessState.fds-first
# broken: config '.linux.seccomp.listenerMetadata |= .[0:20]'
test_large_state()
{
	notify_bundle
	cfg '.linux.seccomp.listenerMetadata = ("0123456789" * 5000)'
	notified
	assert_eq "$(jq -r '.metadata | length' <<<"$STATE_SENT")" 50000
	assert_match "$(<"$B/agent")" '^fds=1$'
}

# shows: linux.seccomp.flags.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
# broken: config 'del(.linux.seccomp)'
test_wait_killable()
{
	needs kernel:5.19
	notify_bundle
	cfg '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	notified
	wait_for 15 file_has "$B/out" 'syscall.sync=-1 errno=38' || die "the agent's answer did not arrive: $(<"$B/out")"
}
