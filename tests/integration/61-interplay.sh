# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Commands that meet on one container: who waits for whom, and what a command that was killed leaves to the next.

test_other_commands_while_run_is_in_the_foreground()
{
	bundle_new
	probe sleep 60
	cfg '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "echo poststop >>/mnt/test/poststop"], env: ["PATH=/usr/bin:/bin"]}]'
	"$BERTH" --root "$STATE" run --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null &
	local run=$!
	wait_status running
	timeout 5 "$BERTH" --root "$STATE" pause "$ID" || die "pause"
	timeout 5 "$BERTH" --root "$STATE" resume "$ID" || die "resume"
	timeout 5 "$BERTH" --root "$STATE" delete --force "$ID" || die "delete"
	wait $run
	assert_eq "$?" 137
	assert_eq "$(wc -l </mnt/test/poststop)" 1 "poststop hooks run once"
	assert_clean
}

test_a_poststart_hook_may_call_us()
{
	local how
	bundle_new
	probe sleep 60
	cat >/mnt/test/hook <<-END
	#!/bin/sh
	timeout 5 "$BERTH" --root "$STATE" pause "$ID" && timeout 5 "$BERTH" --root "$STATE" resume "$ID" &&
		echo ok >>/mnt/test/ok
	END
	chmod 0755 /mnt/test/hook
	cfg '.hooks.poststart = [{path: "/mnt/test/hook", env: ["PATH=/usr/bin:/bin"]}]'
	up
	assert_eq "$(cat /mnt/test/ok)" ok
	delete_ok --force
	rt_ok run --detach --bundle "$B" "$ID"
	assert_eq "$(wc -l </mnt/test/ok)" 2
	delete_ok --force
	assert_clean
}

test_start_killed_before_it_is_done()
{
	bundle_new
	probe sleep 60
	create_ok
	strace -o /dev/null -e trace=unlinkat -e inject=unlinkat:signal=KILL:error=EIO \
		"$BERTH" --root "$STATE" start "$ID" >/dev/null 2>&1
	wait_for 5 file_has "/proc/$(pid_of)/cmdline" probe || die "was not started"
	has_status running || die "$(status)"
	rt_fails 'state running' start "$ID"
	rt_fails 'not stopped: running' delete "$ID"
	delete_ok --force
	assert_clean
}

test_start_without_an_agent()
{
	bundle_new
	probe sleep 60
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/mnt/test/no-agent",
		syscalls: [{names: ["getppid"], action: "SCMP_ACT_NOTIFY"}]}'
	create_ok
	rt_fails 'no-agent' start "$ID"
	wait_status stopped
	delete_ok
	assert_clean
}

# What answers on start.sock may have been taken over by somebody: it cannot name a victim.
test_start_believes_no_foreign_pid()
{
	bundle_new
	probe sleep 60
	create_ok
	sleep 60 &
	local canary=$!
	rm "$STATE/$ID/start.sock"
	python3 - "$STATE/$ID/start.sock" $canary <<-'END' &
	import socket, struct, sys
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1])
	s.listen(1)
	c, _ = s.accept()
	while len(c.recv(8)) < 8:  # who only looks whether somebody listens
	    c, _ = s.accept()
	c.send(struct.pack("<IIiiiI216s", 0x48545242, 2, 0, 0, int(sys.argv[2]), 0, b""))
	END
	wait_for 5 test -S "$STATE/$ID/start.sock" || die "no server"
	rt_fails 'not its own' start "$ID"
	kill -0 $canary || die "the canary is dead"
	kill $canary
	delete_ok --force
	assert_clean
}

# An init system inside moves itself below and enables controllers: nothing can be born beside it.
test_exec_into_a_cgroup_with_controllers()
{
	local controller cg
	read -r controller _ </sys/fs/cgroup/cgroup.controllers
	[ -n "$controller" ] || skip "no controller"
	bundle_new
	probe sleep 60
	up
	cg=/sys/fs/cgroup/berth-$ID
	echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || skip "cannot enable $controller"
	mkdir "$cg/init.scope"
	pid_of >"$cg/init.scope/cgroup.procs"
	echo "+$controller" >"$cg/cgroup.subtree_control"
	rt_ok exec "$ID" /bin/probe show cgroup
	delete_ok --force
	echo "-$controller" >/sys/fs/cgroup/cgroup.subtree_control
	assert_clean
}

# killed_at STEP [GLOBAL...]: create dies when it makes its STEPth system call
killed_at()
{
	local n=$1
	shift
	strace -o /dev/null -e inject=all:signal=KILL:when="$n" \
		"$BERTH" --root "$STATE" "$@" create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null
	rt_ok delete --force "$ID"
	assert_clean
}

test_create_killed_at_system_calls()
{
	local n calls how
	bundle_new
	probe sleep 60
	strace -o /mnt/test/calls "$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null
	calls=$(grep -c '^[a-z]' /mnt/test/calls)
	rt_ok delete --force "$ID"
	for how in "$DRIVER" disabled; do
		for ((n = 60; n < calls; n += 1 + RANDOM % 4)); do
			killed_at $n --cgroup-manager $how
		done
	done
}

# A hook that lasts: the signal ends it, and what was made is undone.
test_create_and_run_are_interrupted()
{
	local how pid
	bundle_new
	probe sleep 60
	cfg '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo >/mnt/test/started; sleep 30"], env: ["PATH=/usr/bin:/bin"]}]'
	for how in create run; do
		rm -f /mnt/test/started
		"$BERTH" --root "$STATE" $how --bundle "$B" "$ID" >/dev/null 2>/mnt/test/err </dev/null &
		pid=$!
		wait_for 5 test -e /mnt/test/started
		kill -TERM $pid
		wait $pid
		assert_eq "$?" 1
		assert_match "$(cat /mnt/test/err)" 'interrupted by signal 15'
		assert_clean
	done
}

test_a_failed_start_leaves_a_stopped_container()
{
	local i
	bundle_new
	printf '#!/no/such/interpreter\n' >"$B/rootfs/bin/script"
	chmod 0755 "$B/rootfs/bin/script"
	args /bin/script
	for i in 1 2 3 4 5 6 7 8; do
		create_ok
		rt_fails 'no such file' start "$ID"
		has_status stopped || die "$(status)"
		rt_ok delete "$ID"
	done
	assert_clean
}

test_exec_takes_its_pid_file_back()
{
	bundle_new
	printf '#!/no/such/interpreter\n' >"$B/rootfs/bin/script"
	chmod 0755 "$B/rootfs/bin/script"
	probe sleep 60
	up
	rt_fails 'no such file' exec --pid-file /mnt/test/pid --detach "$ID" /bin/script
	[ ! -e /mnt/test/pid ] || die "a pid file of a process that never ran"
	rt_fails 'no such file' exec --pid-file /mnt/test/none/pid "$ID" /bin/sh -c 'echo >/ran'
	[ ! -e "$B/rootfs/ran" ] || die "it ran"
	echo '{"args": ["/bin/true"], "cwd": "/"}' >/mnt/test/p.json
	rt_fails 'not both' exec --process /mnt/test/p.json "$ID" /bin/true
	delete_ok --force
	assert_clean
}

test_delete_right_after_kill()
{
	local i
	bundle_new
	probe sleep 60
	for i in 1 2 3 4 5 6 7 8 9 10; do
		up
		rt_ok kill "$ID" KILL
		rt_ok delete "$ID"
	done
	assert_clean
}
