# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# exec

exec_bundle()
{
	bundle_new
	probe sleep 60
	"$@"
	up
}

test_exec_is_inside()
{
	exec_bundle
	rt_ok exec "$ID" /bin/probe show ns cgroup names ids
	local n
	for n in mnt pid uts ipc cgroup net user; do
		assert_eq "$(value ns.$n)" "$(readlink "/proc/$(pid_of)/ns/$n")" "$n"
	done
	assert_line hostname=probe
	[ "$(value pid)" != 1 ] || die "pid 1"
	assert_eq "$(value pgid)" "$(value pid)" "a process group of its own"
	delete_ok --force
	assert_clean
}

test_exec_takes_the_rest_from_the_config()
{
	bundle_new
	probe sleep 60
	cfg '.process.env += ["FROM=config"] | .process.user = {uid: 1000, gid: 1000, additionalGids: [7], umask: 18} | .process.cwd = "/var"
		| .process.noNewPrivileges = true | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 99, hard: 99}] | .process.oomScoreAdj = 222'
	up
	rt_ok exec "$ID" /bin/probe show
	assert_line env=FROM=config
	assert_line 'uid=1000 1000 1000'
	assert_match "$(value groups)" '(^| )7( |$)'
	assert_line umask=0022
	assert_line cwd=/var
	assert_line no_new_privs=1
	assert_line 'rlimit.NOFILE=99 99'
	assert_line caps.bounding=0000000000000021
	delete_ok --force
	assert_clean
}

test_exec_options()
{
	exec_bundle
	rt_ok exec --env A=1 --env B=2 --cwd /var --user 1000:1001 "$ID" /bin/probe show env cwd ids
	assert_line env=A=1
	assert_line env=B=2
	assert_line cwd=/var
	assert_line 'uid=1000 1000 1000'
	assert_line 'gid=1001 1001 1001'
	rt_ok exec -e C=3 "$ID" /bin/probe show env
	assert_line env=C=3
	# unlike that of the container's first process, a folder that is missing is not made
	rt_fails 'chdir to cwd "/var/none": no such file or directory' exec --cwd /var/none "$ID" /bin/probe show cwd
	[ ! -e "$B/rootfs/var/none" ] || die "the folder was made"
	delete_ok --force
	assert_clean
}

test_exec_process_file()
{
	exec_bundle
	cat >"$B/process.json" <<-'EOF'
	{ "cwd": "/etc", "args": ["probe", "show", "cwd", "caps", "ids", "env"], "env": ["PATH=/bin", "X=y"],
	  "user": { "uid": 5, "gid": 6 }, "noNewPrivileges": true,
	  "capabilities": { "bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"] } }
	EOF
	rt_ok exec --process "$B/process.json" "$ID"
	assert_line cwd=/etc
	assert_line caps.effective=0000000000000020
	assert_line 'uid=5 5 5'
	assert_line env=X=y
	rm "$B/process.json"
	delete_ok --force
	assert_clean
}

test_exec_exit_status()
{
	exec_bundle
	rt exec "$ID" /bin/probe exit 9
	assert_eq "$RC" 9
	rt_fails 'exec: "no-such": executable file not found in \$PATH' exec "$ID" no-such
	assert_eq "$RC" 127
	rt_fails 'exec: "/no/such": no such file or directory' exec "$ID" /no/such
	assert_eq "$RC" 127
	rt_fails 'exec: "/bin/not-executable": permission denied' exec "$ID" /bin/not-executable
	assert_eq "$RC" 126
	rt exec "$ID" /bin/sh -c 'kill -TERM $$'
	assert_eq "$RC" 143
	delete_ok --force
	assert_clean
}

test_exec_arguments_that_look_like_options()
{
	exec_bundle
	rt_ok exec "$ID" /bin/echo -n --help -- --env
	assert_eq "$OUT" "--help -- --env"
	delete_ok --force
	assert_clean
}

test_exec_detached()
{
	exec_bundle
	rt_ok exec --detach --pid-file "$B/execpid" "$ID" /bin/sleep 50
	local pid
	pid=$(<"$B/execpid")
	assert_eq "$(readlink "/proc/$pid/ns/pid")" "$(readlink "/proc/$(pid_of)/ns/pid")"
	assert_eq "$(<"/proc/$pid/cgroup")" "$(<"/proc/$(pid_of)/cgroup")"
	rt_ok ps --format json "$ID"
	assert_eq "$(jq -c 'sort' <<<"$OUT")" "$(jq -cn --argjson a "$pid" --argjson b "$(pid_of)" '[$a, $b] | sort')"
	delete_ok --force
	assert_clean
}

test_exec_failure_writes_no_pid_file()
{
	exec_bundle
	rt_fails 'not found' exec --detach --pid-file "$B/execpid" "$ID" no-such
	[ ! -e "$B/execpid" ] || die "a pid file of a process that is not"
	delete_ok --force
	assert_clean
}

test_exec_in_a_created_container()
{
	bundle_new
	create_ok
	rt_ok exec "$ID" /bin/echo early
	assert_eq "$OUT" early
	assert_eq "$(status)" created
	delete_ok
	assert_clean
}

test_exec_with_user_namespace()
{
	exec_bundle userns
	rt_ok exec "$ID" /bin/probe show ids maps
	assert_line 'uid=0 0 0'
	assert_re '^uid_map= *0 +100000 '
	delete_ok --force
	assert_clean
}

test_exec_only_three_descriptors()
{
	exec_bundle
	exec 7</etc/passwd
	rt_ok exec "$ID" /bin/probe fds
	exec 7<&-
	assert_line fds=3
	delete_ok --force
	assert_clean
}

test_exec_preserve_fds()
{
	exec_bundle
	echo kept >/mnt/test/kept
	exec 3</mnt/test/kept
	rt_ok exec --preserve-fds 1 "$ID" /bin/sh -c 'cat <&3'
	exec 3<&-
	assert_eq "$OUT" kept
	delete_ok --force
	assert_clean
}

test_exec_cpu_affinity()
{
	[ "$(nproc)" -gt 1 ] || skip "one processor"
	exec_bundle
	cat >"$B/process.json" <<-'EOF'
	{ "cwd": "/", "args": ["/bin/probe", "show", "sched"], "user": {"uid": 0, "gid": 0}, "execCPUAffinity": { "initial": "0", "final": "1" } }
	EOF
	rt_ok exec --process "$B/process.json" "$ID"
	assert_line affinity=1
	delete_ok --force
	assert_clean
}

test_exec_stdin_and_stdout()
{
	exec_bundle
	OUT=$(echo through | "$BERTH" --root "$STATE" exec "$ID" /bin/cat)
	assert_eq "$OUT" through
	delete_ok --force
	assert_clean
}

test_exec_in_joined_namespaces()
{
	bundle_new
	ns_del pid
	ns_del ipc
	probe sleep 60
	up
	rt_ok exec "$ID" /bin/probe show ns
	assert_eq "$(value ns.pid)" "$(readlink /proc/self/ns/pid)"
	delete_ok --force
	assert_clean
}

test_exec_seccomp()
{
	bundle_new
	cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 5}]}'
	probe sleep 60
	up
	rt_ok exec "$ID" /bin/probe syscall getppid
	assert_line 'syscall.getppid=-1 errno=5'
	delete_ok --force
	assert_clean
}
