# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# hooks: which run when and where, what they are given, what a failure does.

all_kinds="prestart createRuntime createContainer startContainer poststart poststop"

# A script on the host (also there in the root, for startContainer) that appends a line to a log. The log is bind-mounted,
# so that hooks of both sides write the same one.
hook_bundle()
{
	bundle_new
	mkdir -p "$B/log"
	mkdir -p "$B/rootfs$B/log"
	mount_add "$B/log" none "$B/log" bind
	cat >/mnt/test/hook <<-EOF
	#!/bin/sh
	read -r state || true
	printf '%s %s\n' "\$1" "\$state" >>"$B/log/hooks"
	EOF
	chmod 0755 /mnt/test/hook
	mkdir -p "$B/rootfs/mnt/test"
	cp /mnt/test/hook "$B/rootfs/mnt/test/hook"
}

# hook_add KIND PATH [ARG...]
hook_add()
{
	cfg '.hooks[$k] += [{path: $p, args: $ARGS.positional, env: ["PATH=/bin:/usr/bin"]}]' \
		--arg k "$1" --arg p "$2" --args -- "${@:2}"
}

kinds_run()
{
	cut -d ' ' -f 1 "$B/log/hooks" 2>/dev/null | tr '\n' ' '
}

test_hooks_order_and_state()
{
	local k
	hook_bundle
	cfg '.annotations = {"key": "value"}'
	for k in $all_kinds; do
		hook_add "$k" /mnt/test/hook "$k-1"
		hook_add "$k" /mnt/test/hook "$k-2"
	done
	args /bin/sh -c 'echo program >>'"$B/log/hooks"'; sleep 60'
	create_ok
	local pid
	pid=$(pid_of)
	assert_eq "$(kinds_run)" "prestart-1 prestart-2 createRuntime-1 createRuntime-2 createContainer-1 createContainer-2 "
	start_ok
	wait_for 5 file_has "$B/log/hooks" '^poststart-2' || die "poststart hooks did not run: $(kinds_run)"
	wait_for 5 file_has "$B/log/hooks" '^program' || die "the program did not run"
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	local order
	order=$(grep -v ^program "$B/log/hooks" | cut -d ' ' -f 1 | tr '\n' ' ')
	assert_eq "$order" "prestart-1 prestart-2 createRuntime-1 createRuntime-2 createContainer-1 createContainer-2 startContainer-1 startContainer-2 poststart-1 poststart-2 poststop-1 poststop-2 "
	local line name state
	while read -r name state; do
		[ "$name" != program ] || continue
		assert_eq "$(jq -r .id <<<"$state")" "$ID" "$name"
		assert_eq "$(jq -r .bundle <<<"$state")" "$B" "$name"
		assert_eq "$(jq -r .annotations.key <<<"$state")" value "$name"
		assert_match "$(jq -r .ociVersion <<<"$state")" '^1\.'
		case $name in
		prestart* | createRuntime*)
			assert_eq "$(jq -r .pid <<<"$state")" "$pid" "$name"
			assert_eq "$(jq -r .status <<<"$state")" creating "$name" ;;
		createContainer*)
			assert_eq "$(jq -r .pid <<<"$state")" 1 "$name"
			assert_eq "$(jq -r .status <<<"$state")" creating "$name" ;;
		startContainer*)
			assert_eq "$(jq -r .pid <<<"$state")" 1 "$name"
			assert_eq "$(jq -r .status <<<"$state")" created "$name" ;;
		poststart*)
			assert_eq "$(jq -r .pid <<<"$state")" "$pid" "$name"
			assert_eq "$(jq -r .status <<<"$state")" running "$name" ;;
		poststop*) assert_eq "$(jq -r .status <<<"$state")" stopped "$name" ;;
		esac
	done <"$B/log/hooks"
	assert_clean
}

test_hooks_namespaces()
{
	local k
	hook_bundle
	for k in $all_kinds; do
		hook_add "$k" /bin/sh -c "printf '$k %s\n' \"\$(readlink /proc/self/ns/mnt)\" >>$B/log/hooks"
	done
	mkdir -p "$B/rootfs/usr/bin"
	ln -s ../../bin/busybox "$B/rootfs/bin/readlink"
	probe show ns
	run_ok
	local mine inside
	mine=$(readlink /proc/self/ns/mnt)
	inside=$(value ns.mnt)
	for k in prestart createRuntime poststart poststop; do
		assert_contains "$(<"$B/log/hooks")" "$k $mine"
	done
	assert_contains "$(<"$B/log/hooks")" "createContainer $inside"
	assert_contains "$(<"$B/log/hooks")" "startContainer $inside"
	assert_clean
}

test_hooks_args_env_cwd()
{
	hook_bundle
	cfg --arg b "$B" '.hooks.createRuntime = [
		{path: "/bin/sh", args: ["name", "-c", "echo \"$0|$A|$(/usr/bin/env | /usr/bin/grep -c ^A=)|$(pwd)\" >>\($b)/log/hooks"], env: ["A=b c"]}]'
	args /bin/true
	run_ok
	assert_eq "$(<"$B/log/hooks")" "name|b c|1|$B"
	assert_clean
}

test_hooks_env_is_empty_by_default()
{
	hook_bundle
	cfg '.hooks.createRuntime = [{path: "/mnt/test/env-hook"}]'
	printf '#!/bin/sh\n/usr/bin/tr "\\0" "\\n" </proc/self/environ >%s/log/env\necho "$#" >%s/log/args\n' "$B" "$B" >/mnt/test/env-hook
	chmod 0755 /mnt/test/env-hook
	args /bin/true
	SECRET=x run_ok
	! grep -q SECRET "$B/log/env" || die "the caller's environment reached a hook"
	assert_eq "$(<"$B/log/args")" 0
	assert_clean
}

test_hook_output_does_not_reach_the_callers_stdout()
{
	hook_bundle
	hook_add createRuntime /bin/echo noise
	hook_add poststop /bin/echo noise
	args /bin/echo program
	run_ok
	assert_eq "$OUT" program
	assert_clean
}

failing_hook() # KIND: the hook fails; another of the same kind follows; poststop is recorded
{
	hook_bundle
	hook_add "$1" /bin/sh -c 'echo because >&2; exit 3'
	hook_add "$1" /mnt/test/hook second
	hook_add poststop /mnt/test/hook poststop
	args /bin/sh -c 'echo program >>'"$B/log/hooks"'; sleep 60'
}

test_hook_failures_at_create()
{
	local k
	for k in prestart createRuntime createContainer; do
		failing_hook "$k"
		create_fails "$k"
		! file_has "$B/log/hooks" '^second' || die "$k: the next hook ran"
		! file_has "$B/log/hooks" '^program' || die "$k: the program ran"
		file_has "$B/log/hooks" '^poststop' || die "$k: poststop did not run"
		assert_eq "$(grep -c '^poststop' "$B/log/hooks")" 1
		rm -rf "$B"
	done
	assert_clean
}

test_hook_failure_at_start()
{
	failing_hook startContainer
	create_ok
	rt_fails startContainer start "$ID"
	! file_has "$B/log/hooks" '^second' || die "the next hook ran"
	! file_has "$B/log/hooks" '^program' || die "the program ran"
	file_has "$B/log/hooks" '^poststop' || die "poststop did not run"
	assert_clean
}

test_hook_failure_poststart()
{
	failing_hook poststart
	create_ok
	rt_fails poststart start "$ID"
	! file_has "$B/log/hooks" '^second' || die "the next hook ran"
	file_has "$B/log/hooks" '^poststop' || die "poststop did not run"
	assert_clean
}

test_hook_failure_poststop_is_a_warning()
{
	hook_bundle
	hook_add poststop /bin/sh -c 'exit 3'
	hook_add poststop /mnt/test/hook second
	args /bin/true
	create_ok
	start_ok
	wait_status stopped
	delete_ok
	file_has "$B/log/hooks" '^second' || die "the next hook did not run"
	assert_clean
}

test_hook_timeout()
{
	hook_bundle
	cfg '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "/usr/bin/sleep 50; true"], timeout: 1}]'
	local begin=$SECONDS
	create_fails 'createRuntime.*time|createRuntime.*timeout'
	[ $((SECONDS - begin)) -lt 10 ] || die "took $((SECONDS - begin)) s"
	assert_clean
}

test_hook_timeout_inside()
{
	hook_bundle
	cfg '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "/usr/bin/sleep 50; true"], timeout: 1}]'
	local begin=$SECONDS
	create_fails 'createContainer'
	[ $((SECONDS - begin)) -lt 10 ] || die "took $((SECONDS - begin)) s"
	assert_clean
}

test_hook_path_missing()
{
	hook_bundle
	cfg '.hooks.createRuntime = [{path: "/no/such/hook"}]'
	create_fails '/no/such/hook.*no such file'
	cfg '.hooks = {startContainer: [{path: "/no/such/hook"}]}'
	create_ok
	rt_fails 'startContainer' start "$ID"
	assert_clean
}

test_hook_that_is_wrong()
{
	hook_bundle
	cfg '.hooks.createRuntime = [{path: "relative/hook"}]'
	create_fails 'hooks\.createRuntime\[0\]\.path'
	cfg '.hooks.createRuntime = [{args: ["x"]}]'
	create_fails 'hooks\.createRuntime\[0\]'
	cfg '.hooks.createRuntime = [{path: "/bin/true", timeout: 0}]'
	create_fails 'hooks\.createRuntime\[0\]\.timeout'
}

test_hook_gets_no_descriptors()
{
	hook_bundle
	hook_add createRuntime /bin/sh -c "ls -l /proc/self/fd >$B/log/fds"
	exec 9</etc/passwd
	args /bin/true
	run_ok
	exec 9<&-
	assert_eq "$(grep -cE ' (3|[4-9]|[0-9]{2,}) -> ' <(grep -v '/proc/' "$B/log/fds"))" 0 "$(<"$B/log/fds")"
	assert_clean
}

test_hook_may_configure_the_network_namespace()
{
	command -v ip >/dev/null || skip "no ip"
	hook_bundle
	ns_add network
	cat >/mnt/test/net-hook <<-'EOF'
	#!/bin/sh
	pid=$(/usr/bin/sed 's/.*"pid": *\([0-9]*\).*/\1/')
	exec /usr/bin/nsenter -t "$pid" -n ip link add name made-by-hook type dummy
	EOF
	chmod 0755 /mnt/test/net-hook
	cfg '.hooks.createRuntime = [{path: "/mnt/test/net-hook", env: ["PATH=/usr/bin:/bin:/sbin:/usr/sbin"]}]'
	args /bin/cat /proc/net/dev
	rt run --bundle "$B" "$ID"
	[[ $ERR != *"not supported"* && $ERR != *Unknown* ]] || skip "no dummy devices"
	assert_re 'made-by-hook:'
	assert_re ' lo:'
	assert_clean
}

# A startContainer hook comes from the image: it must not be given more than the container's own process.
start_hook_status()
{
	bundle_new
	mkdir -m 0777 "$B/rootfs/out"
	cfg '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c",
		"cat /proc/self/status >/out/status; ulimit -n >/out/files; umask >/out/umask; pwd >/out/cwd; mount -t tmpfs x /tmp 2>/out/mount || true"],
		env: ["PATH=/bin"]}]'
	cfg '.process.user = {uid: 1000, gid: 1000, additionalGids: [7, 8], umask: 63} | .process.cwd = "/home/user" |
		.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88}]'
	args /bin/sh -c 'cat /proc/self/status; ulimit -n; umask; pwd'
}

# Lines of the status that say who a process is; the capabilities of a user other than root are those of the exec.
credentials()
{
	grep -E '^(Uid|Gid|Groups|Cap[A-Z][a-z]*|NoNewPrivs|Seccomp):' | sed 's/[ \t]*$//'
}

same_as_the_process()
{
	run_ok
	assert_eq "$(credentials <"$B/rootfs/out/status")" "$(credentials <<<"$OUT")"
	assert_match "$(<"$B/rootfs/out/status")" '^CapBnd:\s*0000000000000021$'
	assert_match "$(<"$B/rootfs/out/status")" '^Uid:\s*1000\s*1000\s*1000\s*1000$'
	assert_eq "$(<"$B/rootfs/out/files") $(<"$B/rootfs/out/umask") $(<"$B/rootfs/out/cwd")" "$(tail -n 3 <<<"$OUT" | tr '\n' ' ' | sed 's/ $//')"
	[ -s "$B/rootfs/out/mount" ] || die "the hook could mount"
	assert_clean
}

test_start_container_hook_has_the_limits_of_the_process()
{
	start_hook_status
	same_as_the_process
	rm "$B/rootfs/out/"*
	cfg '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
	same_as_the_process
	assert_match "$(<"$B/rootfs/out/status")" '^NoNewPrivs:\s*1$'
	assert_match "$(<"$B/rootfs/out/status")" '^Seccomp:\s*2$'
	rm "$B/rootfs/out/"*
	cfg '.process.noNewPrivileges = false'
	same_as_the_process
	assert_match "$(<"$B/rootfs/out/status")" '^Seccomp:\s*2$'
	rm "$B/rootfs/out/"*
	cfg '.process.user.uid = 0 | .process.user.gid = 0 | .process.capabilities.ambient = []'
	run_ok
	assert_eq "$(credentials <"$B/rootfs/out/status")" "$(credentials <<<"$OUT")"
	assert_match "$(<"$B/rootfs/out/status")" '^CapEff:\s*0000000000000021$'
	assert_clean
}

test_start_container_hook_in_a_user_namespace()
{
	start_hook_status
	userns
	chmod 0777 "$B/rootfs/out"
	same_as_the_process
}

# A filter that waits for an agent: nobody answers for a hook, which gets an error instead.
test_start_container_hook_under_a_listener()
{
	start_hook_status
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/mnt/test/agent.sock",
		syscalls: [{names: ["mkdirat", "mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
	cfg '.hooks.startContainer[0].args[2] = "mkdir /out/made; echo $? >/out/rc"'
	"$BUILD/tests/seccomp-agent" /mnt/test/agent.sock >"$B/agent" &
	wait_for 5 file_has "$B/agent" '^listening' || die "no agent"
	args /bin/true
	run_ok
	kill $! 2>/dev/null
	assert_eq "$(<"$B/rootfs/out/rc")" 1
	[ ! -d "$B/rootfs/out/made" ] || die "the hook was not under the filter"
}

# What fails for the process fails for its hook first, in the same words.
test_start_container_hook_that_cannot_have_the_limits()
{
	start_hook_status
	# more than fs.nr_open can ever be: refused with CAP_SYS_RESOURCE as well
	cfg '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 10, hard: 4294967295}]'
	create_ok
	rt_fails 'process\.rlimits\[0\].*operation not permitted' start "$ID"
	delete_ok
	cfg '.process.rlimits = [] | .hooks.startContainer[0].path = "/etc/secret"'
	create_ok
	rt_fails 'hooks\.startContainer\[0\].*permission denied' start "$ID"
	assert_clean
}

# Hooks of engines and vendors look for the container at the path of its rootfs, in its mount namespace.
test_hooks_find_the_mounts_at_the_rootfs()
{
	bundle_new
	mkdir -p "$B/log"
	cfg ".hooks = {createRuntime: [{path: \"/bin/sh\", args: [\"sh\", \"-c\",
		\"pid=\$(jq .pid); grep -c \\\" $B/rootfs/proc \\\" /proc/\$pid/mountinfo >$B/log/runtime\"],
		env: [\"PATH=/usr/bin:/bin\"]}],
	    createContainer: [{path: \"/bin/sh\", args: [\"sh\", \"-c\",
		\"test -e $B/rootfs/proc/self/status && echo yes >$B/log/container\"],
		env: [\"PATH=/usr/bin:/bin\"]}]}"
	probe exit 0
	run_ok
	assert_eq "$(cat "$B/log/runtime")" 1
	assert_eq "$(cat "$B/log/container")" yes
	assert_clean
}

hook_has_ended()
{
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null
}

# Nobody would end it after its time limit: a hook does not outlive a berth that is killed. One that runs to its end in a
# berth that lives is not touched, and neither is what it leaves behind, a daemon for one.
test_hook_ends_with_a_killed_berth()
{
	local kind pid daemon
	for kind in prestart createRuntime createContainer; do
		hook_bundle
		cfg --arg b "$B" ".hooks.$kind"' = [{path: "/bin/sh", args: ["sh", "-c", "echo $$ >\($b)/log/pid; exec sleep 777"],
			env: ["PATH=/bin:/usr/bin"], timeout: 600}]'
		# createContainer: its own pid, 5 or so, is one of the container's pid namespace
		[ $kind != createContainer ] || cfg '.linux.namespaces |= map(select(.type != "pid"))'
		"$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null &
		wait_for 10 file_has "$B/log/pid" . || die "$kind: no hook"
		pid=$(<"$B/log/pid")
		grep -q 777 "/proc/$pid/cmdline" || wait_for 5 grep -q 777 "/proc/$pid/cmdline" || die "$kind: it is not process $pid"
		kill -9 $!
		wait $! 2>/dev/null
		wait_for 5 hook_has_ended "$pid" || { kill -9 "$pid"; die "$kind: the hook goes on"; }
		rt_ok delete --force "$ID"
		assert_clean
		rm -rf "$B"
	done
	hook_bundle
	for kind in createRuntime poststart poststop; do
		hook_add $kind /bin/sh -c "sleep 100 >/dev/null 2>&1 & echo \$! >$B/log/$kind"
	done
	args /bin/true
	run_ok
	for kind in createRuntime poststart poststop; do
		daemon=$(<"$B/log/$kind")
		grep -q 100 "/proc/$daemon/cmdline" || die "$kind: its daemon has ended"
		kill -9 "$daemon"
	done
	assert_clean
}
