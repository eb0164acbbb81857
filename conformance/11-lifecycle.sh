# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The operations, and what becomes of a container when they fail.
. "$REPO/conformance/lib.sh"

sleeper()
{
	bundle_new
	args /bin/sleep 100
}

# marks NAME: the program says so in a file of the root
marker()
{
	bundle_new
	args /bin/sh -c 'echo ran >>/ran; exec /bin/sleep 100'
}

# shows: runtime.scope.creator-can-operate
# each: create state start kill delete
# broken: fail {}
test_creator_can_operate()
{
	sleeper
	create_ok
	rt_ok state "$ID"
	rt_ok start "$ID"
	rt_ok kill "$ID" KILL
	wait_end
	wait_status stopped
	rt_ok "${DELETE[@]}" "$ID"
}

# shows: runtime.ops.{}.supported
# each: create state start kill delete
# broken: fail {}
test_supported()
{
	test_creator_can_operate
}

# shows: runtime.create.creates
# broken: noop create
test_create()
{
	sleeper
	create_ok
	assert_eq "$(st .status)" created
}

# shows: runtime.delete.id-reuse
# broken: after delete 'mkdir -p /mnt/test/state/c1; instead_id=1; cp -r /mnt/test/state/c1 /mnt/test/state/c2; touch /mnt/test/c1/config.json; echo "{}" >/mnt/test/c1/config.json'
test_id_reuse()
{
	bundle_new
	args /bin/true
	go
	go
}

# shows: runtime.start.runs-program
# broken: noop start
test_start_runs_the_program()
{
	marker
	up
	wait_for 15 file_has "$B/rootfs/ran" ran || die "the program did not run"
}

# shows: runtime.lifecycle.start.run-program
# broken: config '.process.env = []'
# broken: config '.process.cwd = "/"'
# broken: config '.process.args[3] = "y"'
test_start_runs_as_process_says()
{
	bundle_new
	args /bin/sh -c 'echo "$0 $FOO"; pwd' zero
	cfg '.process.env += ["FOO=b c"] | .process.cwd = "/tmp"'
	go
	assert_line 'zero b c'
	assert_line /tmp
}

# shows: runtime.lifecycle.create.no-user-program runtime.create.args-deferred
# broken: after create 'real start "$id"'
test_program_waits_for_start()
{
	marker
	create_ok
	sleep 1
	[ ! -e "$B/rootfs/ran" ] || die "the program ran before start"
	! file_has "/proc/$PID/cmdline" 'exec /bin/sleep' || die "the args are those of the program"
	rt_ok start "$ID"
	wait_for 15 file_has "$B/rootfs/ran" ran || die "the program did not run"
}

# shows: runtime.lifecycle.config-snapshot
# broken: instead start 'mv "/mnt/test/c1/rootfs" /mnt/test/c1/gone; real delete --force c1; mv /mnt/test/c1/gone /mnt/test/c1/rootfs; real create --bundle /mnt/test/c1 c1 >>/mnt/test/c1/out && real start c1'
test_config_is_read_once()
{
	bundle_new
	args /bin/sh -c 'echo first; exec /bin/sleep 100'
	cfg --arg b "$B" '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "echo first >\($b)/hook"]}]'
	create_ok
	args /bin/sh -c 'echo second; exec /bin/sleep 100'
	cfg --arg b "$B" '.hostname = "other" | .hooks.poststop[0].args[2] = "echo second >\($b)/hook"'
	rt_ok start "$ID"
	wait_for 15 file_has "$B/out" . || die "the program did not run"
	assert_eq "$(<"$B/out")" first
	stop
	rt_ok "${DELETE[@]}" "$ID"
	assert_eq "$(<"$B/hook")" first
}

full_config()
{
	ns_add network
	mount_add /data tmpfs mysrc size=64k
	cfg '.hostname = "full" | .domainname = "full.test" | .linux.cgroupsPath = "/t-full/c1" |
		.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.maskedPaths = ["/etc/secret"] | .linux.readonlyPaths = ["/var"] |
		.linux.devices = [{path: "/dev/t1", type: "c", major: 1, minor: 5, fileMode: 438, uid: 0, gid: 0}] | .root.readonly = true'
}

# shows: runtime.lifecycle.create-environment runtime.lifecycle.create.resources runtime.create.apply-all
# broken: config 'del(.hostname)'
# broken: config '.mounts |= map(select(.destination != "/data"))'
# broken: config 'del(.linux.devices)'
# broken: config '.linux.cgroupsPath = "/elsewhere/c1"'
# broken: config 'del(.linux.sysctl)'
# broken: config 'del(.linux.maskedPaths)'
# broken: config 'del(.linux.readonlyPaths)'
# broken: config '.root.readonly = false'
# broken: config '.linux.namespaces |= map(select(.type != "ipc"))'
# broken: config 'del(.domainname)'
test_environment_exists_after_create()
{
	local n mounts
	sleeper
	full_config
	create_ok
	for n in mnt pid net uts ipc cgroup; do
		[ "$(readlink "/proc/$PID/ns/$n")" != "$(readlink "/proc/self/ns/$n")" ] || die "$n namespace is not new"
	done
	mounts=$(<"/proc/$PID/mountinfo")
	assert_match "$mounts" ' /data .* tmpfs mysrc .*size=64k'
	assert_match "$mounts" ' / ro'
	assert_match "$mounts" ' /etc/secret '
	assert_match "$mounts" ' /var ro'
	assert_match "$(<"/proc/$PID/cgroup")" '^0::/t-full/c1$'
	assert_eq "$(stat -c '%F %t:%T %a' "/proc/$PID/root/dev/t1")" "character special file 1:5 666"
	assert_eq "$(nsenter -t "$PID" --uts hostname)" full
	assert_eq "$(nsenter -t "$PID" --uts cat /proc/sys/kernel/domainname)" full.test
	assert_eq "$(nsenter -t "$PID" --net cat /proc/sys/net/ipv4/ip_forward)" 1
}

# shows: runtime.lifecycle.create-environment.error runtime.create.cannot-apply.error
# broken: undo
test_what_cannot_be_applied_is_an_error()
{
	local e
	bundle_new
	args /bin/sleep 100
	cp "$B/config.json" "$B/good.json"
	for e in '.mounts += [{destination: "/data", type: "nosuchfs", source: "x"}]' \
		'.mounts += [{destination: "/data", type: "none", source: "/no/such/dir", options: ["bind"]}]' \
		'.linux.sysctl = {"kernel.nosuch": "1"}' \
		'.linux.resources.unified = {"nosuch.max": "1"}' \
		'.linux.namespaces |= map(if .type == "ipc" then .path = "/no/such/ns" else . end)'; do
		cp "$B/good.json" "$B/config.json"
		edit "$e"
		is_refused "$e"
	done
}

# What fails, from the first step to the last one of create.
failures()
{
	cat <<-'END'
	.root.path = "nosuch"
	.mounts += [{destination: "/data", type: "nosuchfs", source: "x"}]
	.process.args = ["/no/such/program"]
	.linux.seccomp = {defaultAction: "SCMP_ACT_NOSUCH"}
	.linux.sysctl = {"kernel.nosuch": "1"}
	.linux.resources.unified = {"nosuch.max": "1"}
	.hooks.createRuntime = [{path: "/bin/false"}]
	END
}

# shows: runtime.errors.rollback.create runtime.create.cannot-apply.no-container
# broken: after create 'mkdir -p /sys/fs/cgroup/left'
# broken: after create 'mount -t tmpfs left /tmp'
# broken: after create 'setsid sleep 100 </dev/null >/dev/null 2>&1 &'
# broken: after create 'mkdir -p /mnt/test/state/left'
test_create_leaves_nothing()
{
	local e
	bundle_new
	args /bin/sleep 100
	cp "$B/config.json" "$B/good.json"
	while read -r e <&3; do
		cp "$B/good.json" "$B/config.json"
		cfg "$e"
		create
		[ "$RC" != 0 ] || { rt start "$ID"; remove; continue; }
		no_container
		assert_clean
	done 3< <(failures)
}

# shows: runtime.lifecycle.destroy.undo runtime.delete.resources
# broken: after delete 'mkdir -p /sys/fs/cgroup/left'
# broken: after delete 'mount -t tmpfs left /tmp'
# broken: after delete 'mkdir -p /mnt/test/state/left'
test_delete_leaves_nothing()
{
	sleeper
	full_config
	up
	stop
	rt_ok "${DELETE[@]}" "$ID"
	no_container
	assert_clean
}

# shows: runtime.delete.resources.foreign
# broken: after delete 'echo 1 >/sys/fs/cgroup/before/cgroup.kill; rmdir /sys/fs/cgroup/before/c1; sleep 0.1'
# broken: after delete 'umount /mnt/test/netns; rm -rf /mnt/test/volume'
test_delete_keeps_what_was_there()
{
	local foreign
	sleeper
	mkdir -p /sys/fs/cgroup/before/c1 /mnt/test/volume
	: >/mnt/test/netns
	unshare --net sh -c 'mount --bind /proc/self/ns/net /mnt/test/netns' || skip "no network namespace"
	nsenter --mount=/proc/$$/ns/mnt true
	sleep 100 &
	foreign=$!
	echo $foreign >/sys/fs/cgroup/before/cgroup.procs || die "foreign process"
	cfg '.linux.cgroupsPath = "/before/c1"'
	mount_add /data none /mnt/test/volume bind
	ns_add network /mnt/test/netns
	up
	stop
	rt_ok "${DELETE[@]}" "$ID"
	kill -0 $foreign 2>/dev/null || die "the foreign process is gone"
	[ "$(cut -d ' ' -f 3 <"/proc/$foreign/stat")" != Z ] || die "the foreign process was killed"
	[ -d /sys/fs/cgroup/before/c1 ] || die "the cgroup that was there is gone"
	[ -d /mnt/test/volume ] || die "the volume is gone"
	grep -q ' /mnt/test/netns ' /proc/self/mountinfo || die "the namespace is gone"
}

# shows: runtime.lifecycle.process-exit
# each: exit-0 exit-3 crash kill
# broken: state '.status = "running"'
test_ways_to_end()
{
	bundle_new
	case $ROW in
	exit-0) args /bin/true ;;
	exit-3) probe exit 3 ;;
	crash) args /bin/sh -c 'kill -SEGV $$' ;;
	kill) args /bin/sleep 100 ;;
	esac
	[ "$ROW" != crash ] || ns_del pid # the first process of a pid namespace is not killed by its own signals
	up
	[ "$ROW" != kill ] || rt_ok kill "$ID" KILL
	wait_status stopped
	rt_ok "${DELETE[@]}" "$ID"
}

# --- start ---------------------------------------------------------------------------------------------------------

# shows: runtime.start.no-id
# broken: ok start
test_start_without_id()
{
	rt_fails start
	rt_fails start ''
}

# shows: runtime.start.not-created.error
# broken: ok start
test_start_in_the_wrong_state()
{
	rt_fails start nosuch
	marker
	up
	rt_fails start "$ID"
	stop
	rt_fails start "$ID"
}

# shows: runtime.start.not-created.no-effect runtime.errors.rollback.start
# broken: after start '[ "$rc" = 0 ] || echo ran >>/mnt/test/c1/rootfs/ran'
# broken: after start '[ "$rc" = 0 ] || kill -9 "$pid"'
# broken: after start '[ "$rc" = 0 ] || mkdir /sys/fs/cgroup/left'
test_start_in_the_wrong_state_does_nothing()
{
	local before cgroups
	marker
	up
	wait_for 15 file_has "$B/rootfs/ran" ran || die "the program did not run"
	before=$(st .)
	cgroups=$(list_cgroups)
	rt start "$ID"
	assert_eq "$(st .)" "$before"
	assert_eq "$(list_cgroups)" "$cgroups"
	stop
	before=$(st .)
	rt start "$ID"
	assert_eq "$(st .)" "$before"
	assert_eq "$(wc -l <"$B/rootfs/ran")" 1
}

# shows: runtime.start.exec-failure
# each: missing not-executable no-interpreter
# broken: ok start; config '.process.args[0] |= if . == "/bin/no-interpreter" then . else "/bin/true" end'
test_exec_failure()
{
	bundle_new
	case $ROW in
	missing) args /no/such/program ;;
	*) args "/bin/$ROW" ;;
	esac
	create
	[ "$RC" = 0 ] || return 0
	rt_fails start "$ID"
	rt state "$ID"
	! grep -q '"running"' <<<"$OUT" || die "running"
}

# shows: runtime.start.process-unset config.process.required-at-start
# broken: ok start; config '.process = {cwd: "/", args: ["/bin/true"]}'
test_start_without_process()
{
	bundle_new
	cfg 'del(.process)'
	create
	[ "$RC" = 0 ] || return 0
	rt_fails start "$ID"
}

# shows: config.process.optional
# broken: config '.process = {}'
test_create_without_process()
{
	bundle_new
	cfg 'del(.process)'
	create_ok
	assert_eq "$(st .status)" created
}

# --- kill ----------------------------------------------------------------------------------------------------------

# shows: runtime.kill.no-id
# broken: ok kill
test_kill_without_id()
{
	rt_fails kill
	rt_fails kill ''
}

# shows: runtime.kill.wrong-state.error
# broken: ok kill
test_kill_in_the_wrong_state()
{
	rt_fails kill nosuch KILL
	sleeper
	up
	stop
	rt_fails kill "$ID" KILL
}

# shows: runtime.kill.wrong-state.no-effect
# broken: after kill '[ "$rc" = 0 ] || real delete --force "$id"'
test_kill_in_the_wrong_state_does_nothing()
{
	local before
	sleeper
	up
	stop
	before=$(st .)
	rt kill "$ID" KILL
	assert_eq "$(st .)" "$before"
}

# shows: runtime.kill.sends-signal.running
# each: TERM SIGUSR1 USR2 HUP INT 12
# broken: noop kill
# broken: arguments kill 's/^(TERM|SIGUSR1|USR2|HUP|INT|12)$/QUIT/'
test_kill_sends()
{
	local want=$ROW
	bundle_new
	probe signal-wait
	up
	wait_for 15 file_has "$B/out" ready || die "the program does not run"
	rt_ok kill "$ID" "$ROW"
	wait_end
	case $want in
	TERM) want=15 ;; *USR1) want=10 ;; USR2) want=12 ;; HUP) want=1 ;; INT) want=2 ;;
	esac
	assert_match "$(<"$B/out")" "^signal=$want\$"
}

# shows: runtime.kill.sends-signal.created
# broken: noop kill
test_kill_of_a_created_container()
{
	sleeper
	create_ok
	rt_ok kill "$ID" KILL
	wait_end
	wait_status stopped
}

# shows: runtime.errors.rollback.kill
# broken: arguments kill 's/NOSUCHSIG/KILL/'
# broken: after kill 'kill -9 "$pid"'
test_failing_kill()
{
	sleeper
	up
	rt_fails kill "$ID" NOSUCHSIG
	sleep 0.2
	assert_eq "$(st .status)" running
	! ended || die "the process is gone"
}

# --- delete --------------------------------------------------------------------------------------------------------

# shows: runtime.delete.no-id
# broken: ok delete
test_delete_without_id()
{
	rt_fails delete
	rt_fails delete ''
}

# shows: runtime.delete.not-stopped.error
# each: running nonexistent created
# broken: ok delete
test_delete_in_the_wrong_state()
{
	case $ROW in
	running) sleeper; up ;;
	created) sleeper; create_ok ;;
	nonexistent) ID=nosuch ;;
	esac
	rt_fails "${DELETE[@]}" "$ID"
}

# shows: runtime.delete.not-stopped.no-effect
# each: running created
# broken: instead delete 'real delete --force "$id"'
test_delete_in_the_wrong_state_does_nothing()
{
	sleeper
	if [ "$ROW" = running ]; then up; else create_ok; fi
	rt "${DELETE[@]}" "$ID"
	assert_eq "$(st .status)" "$ROW"
	! ended || die "the process is gone"
}

# shows: runtime.errors.rollback.delete
# broken: before delete 'kill -9 "$pid"; rmdir /sys/fs/cgroup/t/c1'
# broken: after delete 'mkdir /sys/fs/cgroup/left'
test_failing_delete()
{
	local before cgroups
	sleeper
	cfg '.linux.cgroupsPath = "/t/c1"'
	up
	before=$(st .)
	cgroups=$(list_cgroups)
	rt_fails "${DELETE[@]}" "$ID"
	assert_eq "$(st .)" "$before"
	assert_eq "$(list_cgroups)" "$cgroups"
	! ended || die "the process is gone"
}

# --- create --------------------------------------------------------------------------------------------------------

# shows: runtime.create.no-bundle
# broken: ok create
test_create_without_bundle()
{
	bundle_new
	mkdir /mnt/test/empty
	cd /mnt/test/empty || die "cd"
	rt_fails create "$ID"
	rt_fails create --bundle /mnt/test/nosuch "$ID"
	rt_fails create --bundle '' "$ID"
	no_container
}

# shows: runtime.create.no-id
# broken: ok create
test_create_without_id()
{
	sleeper
	rt_fails create --bundle "$B"
	rt_fails create --bundle "$B" ''
	assert_clean
}

bad_ids=("" . .. a/b ../x /x "$(printf 'a%.0s' {1..300})" $'a\nb')

# shows: runtime.create.invalid-id
# broken: ok create
test_invalid_id()
{
	local id
	sleeper
	for id in "${bad_ids[@]}"; do
		rt_fails create --bundle "$B" "$id"
	done
}

# shows: runtime.create.invalid-id.no-container
# broken: after create 'mkdir -p /mnt/test/state/left'
# broken: after create 'mkdir -p /sys/fs/cgroup/left'
test_invalid_id_leaves_nothing()
{
	local id
	sleeper
	for id in "${bad_ids[@]}"; do
		rt create --bundle "$B" "$id"
	done
	assert_clean
}

# shows: runtime.warnings.continue
# broken: config '.process.args = ["/no/such"]'
# broken: config '.mounts += [{destination: "/x", type: "nosuch", source: "x"}]'
test_warnings_change_nothing()
{
	bundle_new
	probe show ids
	cfg '.process.capabilities |= map_values(. + ["CAP_TEST"])'
	go
	assert_line 'uid=0 0 0'
}
