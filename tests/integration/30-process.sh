# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# process: args, env, cwd, user, limits, scheduling, flags.
# vm: any driver

test_args_and_env_are_exact()
{
	bundle_new
	cfg '.process.env = ["PATH=/bin", "A=1", "EMPTY=", "SPACE=a b", "DOLLAR=$A"]'
	probe show args env 'two words' '' '*' $'line\nbreak'
	run_ok
	assert_line arg=args
	assert_line 'arg=two words'
	assert_line 'arg=*'
	assert_line arg=
	assert_line arg=line
	assert_line env=A=1
	assert_line env=EMPTY=
	assert_line 'env=SPACE=a b'
	assert_line 'env=DOLLAR=$A'
	assert_no_re '^env=(BERTH|LISTEN|_OCI)'
	assert_eq "$(grep -c '^env=' <<<"$OUT")" "$((5 + $(grep -c '^env=HOME=' <<<"$OUT")))"
	assert_clean
}

test_home()
{
	bundle_new
	probe show env
	run_ok
	assert_line env=HOME=/root
	cfg '.process.user = {uid: 1000, gid: 1000}'
	run_ok
	assert_line env=HOME=/home/user
	cfg '.process.env += ["HOME=/given"]'
	run_ok
	assert_line env=HOME=/given
	cfg '.process.user.uid = 4444 | .process.env |= map(select(startswith("HOME") | not))'
	run_ok
	assert_line env=HOME=/
	assert_clean
}

test_program_from_path()
{
	bundle_new
	args echo found
	run_ok
	assert_eq "$OUT" found
	cfg '.process.env = ["PATH=/no:/bin:/sbin"]'
	run_ok
	assert_eq "$OUT" found
	mkdir "$B/rootfs/opt" "$B/rootfs/opt/echo"
	cp "$B/rootfs/bin/not-executable" "$B/rootfs/opt/cat"
	cfg '.process.env = ["PATH=/opt:/bin"]'
	run_ok
	assert_eq "$OUT" found "a directory in PATH is passed over"
	cfg '.process.env = ["PATH=/opt"]'
	run_fails 'executable file not found in \$PATH|permission denied'
	assert_clean
}

test_program_errors_at_create()
{
	bundle_new
	args no-such-program
	run_fails 'exec: "no-such-program": executable file not found in \$PATH'
	assert_eq "$RC" 127
	create_fails 'executable file not found in \$PATH'
	args /no/such/program
	run_fails 'exec: "/no/such/program": no such file or directory'
	assert_eq "$RC" 127
	create_fails 'no such file or directory'
	args /bin/not-executable
	run_fails 'exec: "/bin/not-executable": permission denied'
	assert_eq "$RC" 126
	create_fails 'permission denied'
	args /bin
	run_fails 'exec: "/bin": (is a directory|permission denied)'
	assert_eq "$RC" 126
	assert_clean
}

test_interpreter_missing_is_reported_by_start()
{
	bundle_new
	args /bin/no-interpreter
	create_ok
	rt_fails 'no such file or directory' start "$ID"
	wait_status stopped
	delete_ok
	run_fails 'no such file or directory'
	assert_clean
}

test_script()
{
	bundle_new
	args /bin/script one two
	run_ok
	assert_eq "$OUT" "from script one two"
	assert_clean
}

test_cwd()
{
	bundle_new
	cfg '.process.cwd = "/var/lib/some"'
	probe show cwd
	run_ok
	assert_line cwd=/var/lib/some
	args ./../../../bin/probe show cwd
	run_ok
	assert_line cwd=/var/lib/some
	assert_clean
}

test_cwd_missing_is_made()
{
	bundle_new
	cfg '.process.cwd = "/new/made/dir"'
	probe show cwd
	run_ok
	assert_line cwd=/new/made/dir
	assert_clean
}

test_cwd_is_a_file()
{
	bundle_new
	cfg '.process.cwd = "/etc/passwd"'
	run_fails 'cwd.*/etc/passwd.*not a directory'
}

test_cwd_only_the_user_may_enter()
{
	bundle_new
	chmod 0700 "$B/rootfs/home/user"
	cfg '.process.cwd = "/home/user" | .process.user = {uid: 1000, gid: 1000} | del(.process.capabilities)'
	probe show cwd ids
	run_ok
	assert_line cwd=/home/user
	assert_clean
}

test_user_and_groups()
{
	bundle_new
	cfg '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6, 4000000000], umask: 63}'
	probe show ids umask
	run_ok
	assert_line 'uid=1000 1000 1000'
	assert_line 'gid=1001 1001 1001'
	assert_line umask=0077
	local g
	for g in 5 6 4000000000; do
		assert_match "$(value groups)" "(^| )$g( |$)"
	done
	assert_clean
}

# More than the 32 that some C libraries know of.
test_many_groups()
{
	bundle_new
	cfg '.process.user = {uid: 1000, gid: 1001, additionalGids: [range(2000; 2200)]}'
	probe show ids
	run_ok
	assert_eq "$(value groups | tr ' ' '\n' | grep -cE '^2[01][0-9][0-9]$')" 200
	assert_clean
}

test_groups_of_the_caller_are_not_inherited()
{
	bundle_new
	probe show ids
	rt_ok --version
	setpriv --groups 0,27,44 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >"$B/out" || die run
	OUT=$(<"$B/out")
	assert_match "$(value groups)" '^0?$'
	assert_clean
}

# podman's --group-add keep-groups: for create, run and exec, with a user namespace and without; the lists of the config do
# not count then
test_groups_of_the_caller_are_kept()
{
	local v
	bundle_new
	cfg '.annotations["run.oci.keep_original_groups"] = "1" | .process.user.additionalGids = [5]'
	probe show ids
	setpriv --groups 0,27,44 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >"$B/out" || die run
	OUT=$(<"$B/out")
	assert_eq "$(value groups | tr ' ' '\n' | sort -n | paste -sd ' ')" "0 27 44"
	rt_ok plan "$B"
	assert_re 'groups of the caller stay'
	probe sleep 100
	create_ok
	start_ok
	OUT=$(setpriv --groups 0,27,44 "$BERTH" --root "$STATE" exec "$ID" /bin/sh -c 'id -G') || die exec
	assert_eq "$(tr ' ' '\n' <<<"$OUT" | sort -n | paste -sd ' ')" "0 27 44"
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	# what has no number in the namespace is seen as the overflow group, and still opens files
	userns
	echo "by group" >"$B/rootfs/of44"
	chown 0:44 "$B/rootfs/of44"
	chmod 0640 "$B/rootfs/of44"
	args /bin/sh -c 'id -G; cat /of44'
	OUT=$(setpriv --groups 0,44 "$BERTH" --root "$STATE" run --bundle "$B" "$ID") || die "run with a user namespace"
	assert_re '(^| )65534( |$)'
	assert_line "by group"
	probe show ids
	for v in 0 false no; do
		cfg --arg v "$v" '.annotations["run.oci.keep_original_groups"] = $v | del(.process.user.additionalGids)'
		setpriv --groups 0,44 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >"$B/out" || die "run with $v"
		OUT=$(<"$B/out")
		assert_match "$(value groups)" '^0?$'
	done
	assert_clean
}

# The caller's umask says nothing about the container: mount points and files are the same for every caller.
test_umask()
{
	bundle_new
	probe show umask
	umask 0027
	run_ok
	assert_line umask=0022
	umask 0022
	cfg '.process.user.umask = 0'
	run_ok
	assert_line umask=0000
	assert_clean
}

test_process_ids()
{
	bundle_new
	probe show ids
	run_ok
	assert_line pid=1
	assert_line ppid=0
	assert_line sid=1
	assert_line pgid=1
	assert_clean
}

test_rlimits()
{
	bundle_new
	cfg '.process.rlimits = [
		{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_CPU", soft: 1000, hard: 9007199254740991}, {type: "RLIMIT_MSGQUEUE", soft: 10, hard: 11},
		{type: "RLIMIT_NPROC", soft: 50, hard: 60}, {type: "RLIMIT_STACK", soft: 1048576, hard: 2097152},
		{type: "RLIMIT_FSIZE", soft: 1048576, hard: 1048576}, {type: "RLIMIT_SIGPENDING", soft: 5, hard: 6}]'
	probe show rlimits
	run_ok
	assert_line 'rlimit.NOFILE=100 200'
	assert_line 'rlimit.CORE=0 0'
	assert_line 'rlimit.CPU=1000 9007199254740991'
	assert_line 'rlimit.MSGQUEUE=10 11'
	assert_line 'rlimit.NPROC=50 60'
	assert_line 'rlimit.STACK=1048576 2097152'
	assert_line 'rlimit.FSIZE=1048576 1048576'
	assert_line 'rlimit.SIGPENDING=5 6'
	assert_clean
}

test_rlimit_infinity()
{
	bundle_new
	cfg '.process.rlimits = [{type: "RLIMIT_CPU", soft: 1, hard: 2}]'
	probe show rlimits
	# not with jq: its numbers are doubles
	sed -i 's/"hard": 2/"hard": 18446744073709551615/; s/"soft": 1/"soft": 18446744073709551615/' "$B/config.json"
	run_ok
	assert_line 'rlimit.CPU=18446744073709551615 18446744073709551615'
	sed -i 's/"hard": 18446744073709551615/"hard": 18446744073709551616/' "$B/config.json"
	run_fails 'process\.rlimits\[0\]'
}

test_rlimits_that_are_wrong()
{
	bundle_new
	cfg '.process.rlimits = [{type: "RLIMIT_NOSUCH", soft: 1, hard: 1}]'
	run_fails 'process\.rlimits\[0\].*RLIMIT_NOSUCH'
	cfg '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_CORE", soft: 0, hard: 1}]'
	run_fails 'process\.rlimits\[1\]'
	cfg '.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]'
	run_fails 'process\.rlimits\[0\]|rlimit'
}

test_capabilities()
{
	bundle_new
	cfg '.process.capabilities = {
		bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW", "CAP_SYS_ADMIN"],
		permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
		effective: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
		inheritable: ["CAP_KILL", "CAP_NET_RAW"],
		ambient: ["CAP_NET_RAW"]} | .process.user = {uid: 1000, gid: 1000}'
	probe show caps
	run_ok
	# what execve(2) leaves a non-root user: its ambient set
	assert_line caps.bounding=0000000000202021
	assert_line caps.permitted=0000000000002000
	assert_line caps.effective=0000000000002000
	assert_line caps.inheritable=0000000000002020
	assert_line caps.ambient=0000000000002000
	# root gets inheritable and bounding through execve(2)
	cfg '.process.user = {uid: 0, gid: 0}'
	run_ok
	assert_line caps.bounding=0000000000202021
	assert_line caps.inheritable=0000000000002020
	assert_clean
}

test_capabilities_absent_or_empty()
{
	bundle_new
	probe show caps
	cfg '.process.capabilities = {}'
	run_ok
	assert_line caps.bounding=0000000000000000
	assert_line caps.effective=0000000000000000
	assert_line caps.permitted=0000000000000000
	assert_line caps.inheritable=0000000000000000
	assert_line caps.ambient=0000000000000000
	cfg 'del(.process.capabilities)'
	run_ok
	assert_line caps.effective=0000000000000000
	assert_line caps.bounding=0000000000000000
	assert_clean
}

test_unknown_capability_is_a_warning()
{
	bundle_new
	cfg '.process.capabilities |= map_values(. + ["CAP_NO_SUCH", "CAP_SYS_RESOURCE"])'
	probe show caps
	"$BERTH" --root "$STATE" --log "$B/log" --log-level debug run --bundle "$B" "$ID" >"$B/out" || die "run failed"
	OUT=$(<"$B/out")
	assert_match "$(value caps.effective)" '^0000000000000021$|^0000000001000021$'
	assert_contains "$(<"$B/log")" CAP_NO_SUCH
	run_ok
	assert_clean
}

test_no_new_privileges()
{
	bundle_new
	probe show flags
	run_ok
	assert_line no_new_privs=0
	cfg '.process.noNewPrivileges = true'
	run_ok
	assert_line no_new_privs=1
	assert_clean
}

test_flags_of_a_fresh_process()
{
	bundle_new
	probe show flags signals
	(
		trap '' PIPE HUP
		"$BERTH" --root "$STATE" run --bundle "$B" "$ID"
	) >"$B/out" || die run
	OUT=$(<"$B/out")
	assert_line dumpable=1
	assert_line securebits=0
	assert_line subreaper=0
	assert_line personality=0
	assert_line sig.blocked=0000000000000000
	assert_line sig.ignored=0000000000000000
	assert_clean
}

test_oom_score_adj()
{
	bundle_new
	probe show oom
	run_ok
	assert_eq "$(value oom_score_adj)" "$(</proc/self/oom_score_adj)"
	cfg '.process.oomScoreAdj = 345'
	run_ok
	assert_line oom_score_adj=345
	cfg '.process.oomScoreAdj = 1001'
	run_fails 'process\.oomScoreAdj'
	assert_clean
}

test_scheduler()
{
	bundle_new
	probe show sched
	cfg '.process.scheduler = {policy: "SCHED_BATCH", nice: 5}'
	run_ok
	assert_re '^sched=3 nice=5 priority=0 '
	cfg '.process.scheduler = {policy: "SCHED_IDLE"}'
	run_ok
	assert_re "^sched=5 nice=$(nice) " # the caller's
	cfg '.process.scheduler = {policy: "SCHED_OTHER", nice: -3}'
	run_ok
	assert_re '^sched=0 nice=-3 '
	# A kernel with CONFIG_RT_GROUP_SCHED gives cgroups no real-time share
	chrt -f 1 true 2>/dev/null || skip "no real-time scheduling in a cgroup of this kernel"
	cfg '.process.scheduler = {policy: "SCHED_FIFO", priority: 7, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	run_ok
	assert_re '^sched=1 nice=0 priority=7 flags=1 '
	cfg '.process.scheduler = {policy: "SCHED_RR", priority: 1}'
	run_ok
	assert_re '^sched=2 nice=0 priority=1 '
	assert_clean
}

test_scheduler_deadline()
{
	bundle_new
	probe show sched
	cfg '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 100000000, period: 100000000}'
	rt run --bundle "$B" "$ID"
	# the kernel may have no bandwidth to give; then it must be an error
	if [ "$RC" = 0 ]; then
		assert_re '^sched=6 .*runtime=10000000 deadline=100000000 period=100000000'
	else
		assert_match "$ERR" 'scheduler'
	fi
	assert_clean
}

test_scheduler_that_is_wrong()
{
	bundle_new
	cfg '.process.scheduler = {policy: "SCHED_NOSUCH"}'
	run_fails 'process\.scheduler\.policy'
	cfg '.process.scheduler = {policy: "SCHED_FIFO", priority: 1000}'
	run_fails 'scheduler'
	cfg '.process.scheduler = {policy: "SCHED_OTHER", flags: ["SCHED_FLAG_NOSUCH"]}'
	run_fails 'process\.scheduler\.flags'
}

test_io_priority()
{
	bundle_new
	probe show sched
	cfg '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	run_ok
	assert_line 'ioprio=2 6'
	cfg '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
	run_ok
	assert_re '^ioprio=3 '
	cfg '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 1}'
	run_ok
	assert_line 'ioprio=1 1'
	cfg '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}'
	run_fails 'ioPriority'
	cfg '.process.ioPriority = {class: "IOPRIO_CLASS_NOSUCH", priority: 1}'
	run_fails 'process\.ioPriority\.class'
	assert_clean
}

test_personality()
{
	bundle_new
	probe show names flags
	cfg '.linux.personality = {domain: "LINUX32"}'
	run_ok
	assert_line personality=8
	# (User-mode Linux knows the personality and shows the name of the machine as before)
	assert_line "machine=$(setarch linux32 uname -m)"
	cfg '.linux.personality = {domain: "LINUX"}'
	run_ok
	assert_line personality=0
	cfg '.linux.personality = {domain: "NOSUCH"}'
	run_fails 'linux\.personality'
	assert_clean
}

test_memory_policy()
{
	[ -e /sys/devices/system/node/node0 ] || [ -e /proc/self/numa_maps ] || skip "no NUMA in this kernel"
	bundle_new
	probe show sched
	cfg '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}'
	run_ok
	assert_line 'mempolicy=2 1'
	cfg '.linux.memoryPolicy = {mode: "MPOL_PREFERRED", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	run_ok
	assert_line 'mempolicy=8001 1'
	cfg '.linux.memoryPolicy = {mode: "MPOL_LOCAL"}'
	run_ok
	assert_re '^mempolicy=4 '
	cfg '.linux.memoryPolicy = {mode: "MPOL_DEFAULT"}'
	run_ok
	assert_re '^mempolicy=0 '
	cfg '.linux.memoryPolicy = {mode: "MPOL_NOSUCH"}'
	run_fails 'linux\.memoryPolicy\.mode'
	cfg '.linux.memoryPolicy = {mode: "MPOL_BIND"}'
	run_fails 'linux\.memoryPolicy'
	cfg '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1000"}'
	run_fails 'memoryPolicy'
	assert_clean
}

# What the kernel made of it, and where the memory is.
# shows: linux.memoryPolicy.nodes
test_memory_policy_of_hardware_with_two_nodes()
{
	local want policy
	[ -e /sys/devices/system/node/node1 ] || skip "one memory node"
	bundle_new
	args /bin/cat /proc/self/numa_maps
	while IFS='|' read -r want policy <&3; do
		cfg ".linux.memoryPolicy = $policy"
		run_ok
		assert_re "^[0-9a-f]+ $want .*anon=[0-9]+"
	done 3<<-'END'
	bind:1|{mode: "MPOL_BIND", nodes: "1"}
	bind:0-1|{mode: "MPOL_BIND", nodes: "0,1"}
	prefer:1|{mode: "MPOL_PREFERRED", nodes: "1"}
	prefer [(]many[)]:0-1|{mode: "MPOL_PREFERRED_MANY", nodes: "0-1"}
	interleave:0-1|{mode: "MPOL_INTERLEAVE", nodes: "0-1"}
	local|{mode: "MPOL_LOCAL"}
	default|{mode: "MPOL_DEFAULT"}
	bind=static:1|{mode: "MPOL_BIND", nodes: "1", flags: ["MPOL_F_STATIC_NODES"]}
	bind=relative:1|{mode: "MPOL_BIND", nodes: "1", flags: ["MPOL_F_RELATIVE_NODES"]}
	bind.*:1|{mode: "MPOL_BIND", nodes: "1", flags: ["MPOL_F_NUMA_BALANCING"]}
	END
	if [ "$(printf '%s\n' 6.9 "$(uname -r)" | sort -V | head -n 1)" = 6.9 ]; then
		cfg '.linux.memoryPolicy = {mode: "MPOL_WEIGHTED_INTERLEAVE", nodes: "0-1"}'
		run_ok
		assert_re '^[0-9a-f]+ weighted interleave:0-1 '
	fi
	for want in 0 1; do
		cfg ".linux.memoryPolicy = {mode: \"MPOL_BIND\", nodes: \"$want\"}"
		run_ok
		assert_re "heap.* N$want=[0-9]+"
		assert_no_re "heap.* N$((1 - want))=[0-9]+"
	done
	cfg '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "2"}'
	run_fails 'linux\.memoryPolicy'
}

test_affinity_of_init_is_untouched()
{
	bundle_new
	cfg '.process.execCPUAffinity = {initial: "0", final: "0"}'
	probe show sched
	run_ok
	local before
	before=$(value affinity)
	cfg 'del(.process.execCPUAffinity)'
	run_ok
	assert_eq "$(value affinity)" "$before"
	assert_clean
}

test_session_keyring()
{
	bundle_new
	probe keyring
	run_ok
	assert_re "^keyring.description=keyring;0;0;[0-9a-f]+;.*$ID"
	assert_line keyring.keys=0
	probe keyring secret
	run_ok
	assert_line keyring.keys=1
	# the ring lives on for a moment: the next container with this id must not find the key
	probe keyring
	run_ok
	assert_line keyring.keys=0
	probe sleep 60
	up
	rt_ok exec "$ID" /bin/probe keyring of-the-container
	assert_line keyring.keys=1
	rt_ok exec "$ID" /bin/probe keyring
	assert_line keyring.keys=1
	delete_ok --force
	probe keyring
	run_ok --no-new-keyring
	assert_no_re "^keyring.description=.*$ID"
	assert_clean
}
