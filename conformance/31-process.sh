# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# process: what is inherited or not from the caller of the runtime, limits, capabilities, descriptors, the terminal, exec.
. "$REPO/conformance/lib.sh"

# shows: linux.fds.default
# broken: config '.process.args = ["/bin/sh", "-c", "exec 7</; exec /bin/probe fds"]'
test_descriptors()
{
	bundle_new
	probe fds
	exec 3</etc/passwd 4</etc/passwd 7</etc/passwd 9</etc/passwd
	go
	exec 3<&- 4<&- 7<&- 9<&-
	assert_line fds=3
}

# shows: linux.fds.additional
# broken: arguments create 's/--preserve-fds/--no-pivot/;s/^2$/--no-new-keyring/'
test_more_descriptors()
{
	bundle_new
	probe fds
	exec 3</etc/passwd 4</etc/passwd
	go --preserve-fds 2
	exec 3<&- 4<&-
	assert_re '^fd\.3=file '
	assert_re '^fd\.4=file '
}

# shows: linux.fds.devnull
# broken: noop start
test_closed_stdin()
{
	bundle_new
	probe fds
	"$BERTH" --root "$STATE" create --bundle "$B" "$ID" >"$B/out" 2>"$B/err" <&- || die "create: $(<"$B/err")"
	PID=$(pid_of)
	rt_ok start "$ID"
	wait_end
	OUT=$(<"$B/out")
	assert_re '^fd\.1='
	assert_re '^fd\.2='
}

# shows: config.process.rlimits.type.valid
# each: AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK
# broken: config 'del(.process.rlimits)'
test_rlimit()
{
	local soft hard want=5000000000
	case $ROW in
	NICE) want=3 ;; RTPRIO) want=5 ;; NOFILE) want=200 ;; NPROC) want=300 ;; LOCKS | SIGPENDING) want=500 ;; CPU) want=1000 ;;
	MSGQUEUE) want=800000 ;; MEMLOCK) want=65536 ;;
	esac
	hard=$(prlimit --noheadings --output HARD --"${ROW,,}" | tr -d ' ')
	[ "$hard" = unlimited ] || [ "$hard" -ge "$want" ] || want=$hard
	bundle_new
	cfg --arg t "RLIMIT_$ROW" --argjson v "$want" '.process.rlimits = [{type: $t, soft: $v, hard: $v}]'
	probe show rlimits
	soft=$(prlimit --noheadings --output SOFT --"${ROW,,}" | tr -d ' ')
	[ "$soft" != "$want" ] || [ "$hard" != "$want" ] || skip "the limit is $want already"
	go
	assert_line "rlimit.$ROW=$want $want"
}

# shows: config.process.rlimits.soft.match config.process.rlimits.hard.match
# broken: config '.process.rlimits[0].soft = 100'
test_rlimit_infinity()
{
	[ "$(prlimit --noheadings --output HARD --data | tr -d ' ')" = unlimited ] || skip "a limit"
	bundle_new
	probe show rlimits
	cfg '.process.rlimits = [{type: "RLIMIT_DATA", soft: 17, hard: 19}]'
	sed -i 's/\b1[79]\b/18446744073709551615/' "$B/config.json"
	go
	assert_line "rlimit.DATA=18446744073709551615 18446744073709551615"
}

# shows: config.valid-values.uint64-precision
# broken: config '.process.rlimits[0] |= (.soft |= . * 1 | .hard |= . * 1)'
test_exact_integers()
{
	[ "$(prlimit --noheadings --output HARD --data | tr -d ' ')" = unlimited ] || skip "a limit"
	bundle_new
	probe show rlimits
	cfg '.process.rlimits = [{type: "RLIMIT_DATA", soft: 17, hard: 19}]'
	sed -i 's/\b17\b/9007199254740993/;s/\b19\b/9007199254740995/' "$B/config.json"
	go
	assert_line "rlimit.DATA=9007199254740993 9007199254740995"
}

# shows: config.process.rlimits.optional
# broken: config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 4096, hard: 4096}]'
test_no_rlimits()
{
	bundle_new
	probe show rlimits
	ulimit -S -c 8
	ulimit -H -c 16
	go
	assert_line 'rlimit.CORE=8192 16384'
}

# shows: config.process.rlimits.hard.raise
# broken: undo
test_hard_limit_is_raised_or_refused()
{
	bundle_new
	args /bin/sh -c '/bin/probe show rlimits'
	ulimit -H -c 16
	edit '.process.rlimits = [{type: "RLIMIT_CORE", soft: 65536, hard: 65536}]'
	go_or_refuse || { ! capable 24 || die "refused with CAP_SYS_RESOURCE"; return 0; }
	assert_line 'rlimit.CORE=65536 65536'
}

# shows: config.process.capabilities.valid
# broken: config '.process.capabilities.bounding = []'
test_every_capability()
{
	local last n bit mask list
	last=$(</proc/sys/kernel/cap_last_cap)
	local names=(CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
		NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
		SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
		MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE)
	bundle_new
	probe show caps
	# a few sets, in which no two capabilities are in the same ones
	for ((bit = 0; bit < 6; bit++)); do
		list=() mask=0
		for ((n = 0; n <= last && n < ${#names[@]}; n++)); do
			(((n + 1) >> bit & 1)) && capable "$n" || continue
			list+=("CAP_${names[n]}") mask=$((mask | 1 << n))
		done
		cfg '.process.capabilities = {bounding: $ARGS.positional}' --args -- "${list[@]}"
		go
		assert_line "$(printf 'caps.bounding=%016x' "$mask")"
	done
}

# shows: config.process.capabilities.unknown.warn
# broken: quiet create; arguments create 's|^/mnt/test/log$|/dev/null|'
test_unknown_capability_is_a_warning()
{
	bundle_new
	args /bin/true
	cfg '.process.capabilities |= map_values(. + ["CAP_TEST"])'
	rt --debug --log /mnt/test/log create --bundle "$B" "$ID"
	[ "$RC" = 0 ] || die "create fails"
	cat /mnt/test/log >>/mnt/test/.err 2>/dev/null
	assert_match "$(tr -d '\0' </mnt/test/.err)" CAP_TEST
}

# shows: config.process.oomScoreAdj.unset
# broken: config '.process.oomScoreAdj = 400'
test_oom_score_is_left_alone()
{
	bundle_new
	probe show oom
	echo 321 >/proc/self/oom_score_adj
	go
	assert_line oom_score_adj=321
}

# shows: config.process.oomScoreAdj.set
# broken: config 'del(.process.oomScoreAdj)'
test_oom_score_of_zero()
{
	bundle_new
	probe show oom
	cfg '.process.oomScoreAdj = 150'
	echo 100 >/proc/self/oom_score_adj
	go
	assert_line oom_score_adj=150
}

# shows: config.process.scheduler.nice.default
# broken: config 'del(.process.scheduler)'
test_nice_defaults_to_zero()
{
	capable 23 || skip "no CAP_SYS_NICE"
	bundle_new
	probe show sched
	cfg '.process.scheduler = {policy: "SCHED_OTHER"}'
	renice -n 7 -p $BASHPID >/dev/null
	go
	assert_re '^sched=0 nice=0 '
}

# shows: config.process.scheduler.optional
# broken: config '.process.scheduler = {policy: "SCHED_BATCH", nice: 3}'
test_no_scheduler()
{
	bundle_new
	probe show sched
	renice -n 7 -p $BASHPID >/dev/null
	go
	assert_re '^sched=0 nice=7 '
}

# shows: config.process.user.umask.unset
# broken: config '.process.user.umask = 18'
test_umask_is_left_alone()
{
	bundle_new
	probe show umask
	umask 0027
	go
	assert_re '^umask=0*27$'
}

# shows: config.process.noNewPrivileges.true
# broken: config 'del(.process.noNewPrivileges)'
test_no_new_privileges()
{
	bundle_new
	cp "$B/rootfs/bin/probe" "$B/rootfs/bin/suid"
	chmod 4755 "$B/rootfs/bin/suid"
	cfg '.process.noNewPrivileges = true | .process.user = {uid: 1000, gid: 1000}'
	args /bin/suid show ids
	go
	assert_line 'uid=1000 1000 1000'
}

# shows: config.process.cwd.applied
# broken: config '.process.cwd = "/"'
test_cwd_of_the_user_alone()
{
	bundle_new
	chmod 0700 "$B/rootfs/home/user"
	cfg '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/home/user"'
	probe show cwd
	go
	assert_line cwd=/home/user
}

# shows: config.process.user.no-name-lookup
# broken: before create 'echo' ; config '.process.user.uid = 0'
test_no_passwd()
{
	bundle_new
	rm "$B/rootfs/etc/passwd" "$B/rootfs/etc/group"
	cfg '.process.user = {uid: 12345, gid: 54321}'
	probe show ids
	go
	assert_line 'uid=12345 12345 12345'
	assert_line 'gid=54321 54321 54321'
}

# --- the terminal --------------------------------------------------------------------------------------------------

on_terminal()
{
	"$BUILD/tests/recvtty" /mnt/test/console >"$B/tty" 2>&1 &
	local tty=$!
	wait_for 15 file_has "$B/tty" '^listening' || die "recvtty"
	create_ok --console-socket /mnt/test/console
	rt_ok start "$ID"
	wait_end
	wait $tty
	OUT=$(tr -d '\r\0' <"$B/tty")
	rm -f /mnt/test/console
}

# shows: config.process.terminal.true
# broken: config '.process.terminal = false'
# broken: config '.process.args = ["/bin/sh", "-c", "/bin/probe tty </dev/null"]'
test_terminal()
{
	bundle_new
	cfg '.process.terminal = true'
	probe tty
	on_terminal
	assert_re '^tty.0=/dev/(pts/[0-9]+|console) '
	assert_re '^tty.1=/dev/(pts/[0-9]+|console) '
	assert_re '^tty.2=/dev/(pts/[0-9]+|console) '
	assert_line controlling=yes
}

# shows: config.process.consoleSize.optional
# broken: config 'del(.process.consoleSize)'
test_console_size()
{
	bundle_new
	cfg '.process.terminal = true | .process.consoleSize = {height: 10, width: 110}'
	probe tty
	on_terminal
	assert_re '^tty.0=[^ ]+ 10x110 '
}

# shows: linux.default-devices.console
# broken: after create 'nsenter -t "$pid" -m umount /dev/console'
test_console()
{
	bundle_new
	cfg '.process.terminal = true'
	args /bin/sh -c '/bin/probe stat /dev/console; echo to-console >/dev/console'
	on_terminal
	assert_re '^/dev/console=char .* 136:[0-9]+ '
	assert_line to-console
}

# shows: linux.default-devices.console
# broken: after create 'touch "/proc/$pid/root/dev/console"'
test_no_console()
{
	bundle_new
	probe stat /dev/console
	go
	assert_line '/dev/console=?2'
}

# --- exec ----------------------------------------------------------------------------------------------------------

# exec_ok JQ ARG...: an additional process with process.json edited
exec_process()
{
	jq --argjson a "$(jq -cn '$ARGS.positional' --args -- "${@:2}")" ".process | .args = \$a | $1" "$B/config.json" >"$B/process.json"
	rt exec --process "$B/process.json" "$ID"
}

# shows: config.process.execCPUAffinity.optional config.process.execCPUAffinity.final
# broken: instead exec 'jq "del(.execCPUAffinity)" /mnt/test/c1/process.json >/mnt/test/p; real exec --process /mnt/test/p c1'
test_affinity_of_exec()
{
	needs cpus:2
	bundle_new
	args /bin/sleep 100
	up
	exec_process '.execCPUAffinity = {final: "1"}' /bin/probe show sched
	[ "$RC" = 0 ] || die "exec fails"
	assert_line affinity=1
}

# shows: config.process.execCPUAffinity.initial config.process.execCPUAffinity.final-omitted
# broken: fail exec
# broken: instead exec 'jq ".execCPUAffinity.final = \"0\"" /mnt/test/c1/process.json >/mnt/test/p; real exec --process /mnt/test/p c1'
test_initial_affinity_of_exec()
{
	needs cpus:2
	bundle_new
	args /bin/sleep 100
	up
	exec_process '.execCPUAffinity = {initial: "1"}' /bin/probe show sched
	[ "$RC" = 0 ] || die "exec fails"
	# the kernel may leave it as it was or reset it to the cpuset's; nobody sets it to something else
	assert_re '^affinity=(1|0,1.*)$'
}

# shows: config.process.execCPUAffinity.format
# broken: ok exec
test_format_of_affinity()
{
	local list
	bundle_new
	args /bin/sleep 100
	up
	for list in 0-0 0 0,0; do
		exec_process ".execCPUAffinity = {final: \"$list\"}" /bin/true
		[ "$RC" = 0 ] || die "refused: $list"
	done
	for list in 1- a 5-2; do
		exec_process ".execCPUAffinity = {final: \"$list\"}" /bin/true
		[ "$RC" != 0 ] || die "accepted: $list"
	done
}

# shows: config.annotations.image.stopSignal.kill
# broken: config '.annotations |= map_values("SIGTERM")'
test_stop_signal()
{
	bundle_new
	probe signal-wait
	cfg '.annotations = {"org.opencontainers.image.stopSignal": "SIGINT"}'
	up
	wait_for 15 file_has "$B/out" ready || die "the program does not run"
	rt_ok kill "$ID"
	wait_end
	assert_match "$(<"$B/out")" '^signal=2$'
}

# shows: config.process.apparmorProfile
# broken: config 'del(.process.apparmorProfile)'
test_apparmor_profile()
{
	needs command:apparmor_parser file:/sys/kernel/security/apparmor/profiles
	printf 'profile conformance-test flags=(attach_disconnected) { file, capability, network, mount, signal, unix, }\n' |
		apparmor_parser --replace || skip "no profile can be loaded"
	bundle_new
	cfg '.process.apparmorProfile = "conformance-test"'
	probe read /proc/self/attr/current
	go
	assert_line '/proc/self/attr/current=conformance-test (enforce)'
}

# A label without SELinux is an error, or SELinux gives it.

# shows: config.process.selinuxLabel linux.mountLabel
# each: process mount
# broken: undo
test_selinux_label()
{
	[ ! -e /sys/fs/selinux/enforce ] || skip "there is SELinux: its policy says which labels there are"
	bundle_new
	args /bin/true
	case $ROW in
	process) edit '.process.selinuxLabel = "system_u:system_r:container_t:s0:c1,c2"' ;;
	mount) edit '.linux.mountLabel = "system_u:object_r:container_file_t:s0:c1,c2"' ;;
	esac
	is_refused "a label without SELinux" start
}
