# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# What belongs to others is spared: cgroups, folders, files that names lead to; and what is left is nothing.

. "$REPO/tests/cve/lib.sh"

# canaries: processes in the root of the jail, in a cgroup that was there before, and below it
canaries()
{
	mkdir -p /sys/fs/cgroup/theirs/below
	local d
	CANARIES=()
	for d in /sys/fs/cgroup/runner /sys/fs/cgroup/theirs /sys/fs/cgroup/theirs/below; do
		sleep 100 &
		CANARIES+=($!)
		echo $! >"$d/cgroup.procs"
	done
}

canaries_live()
{
	local c
	for c in "${CANARIES[@]}"; do
		# the next could be ourselves
		kill -0 "$c" 2>/dev/null || { found "$1: a process of somebody else was killed"; finish; }
	done
	! grep -rlqx 1 /sys/fs/cgroup/theirs/cgroup.freeze /sys/fs/cgroup/runner/cgroup.freeze 2>/dev/null || found "$1: a foreign cgroup was frozen"
	[ -d /sys/fs/cgroup/theirs/below ] || found "$1: a foreign cgroup was removed"
}

# Only a cgroup that was made for the container, or found empty, is killed, frozen or removed.
test_foreign_cgroup()
{
	local path command
	canaries
	for path in /theirs /theirs/below / /.. .. . theirs/below/.. /theirs/../runner /runner "" /theirs// ../../../../../../../sys/fs/cgroup; do
		variant "cgroupsPath \"$path\""
		cfg --arg p "$path" '.linux.cgroupsPath = $p'
		script 'sleep 60'
		attack_up
		canaries_live "create and start"
		for command in "pause $ID" "kill --all $ID KILL" "delete --force $ID"; do
			# shellcheck disable=SC2086
			attack $command
			canaries_live "$command"
		done
		remove
	done
	variant "a failed start"
	cfg '.linux.cgroupsPath = "/theirs"'
	args /no/such/program
	attack_run
	canaries_live "a failed start"
	variant "the cgroup is replaced under a running container"
	cfg '.linux.cgroupsPath = "/mine"'
	script 'sleep 60'
	up_or_die
	kill -KILL "$(pid_of)"
	wait_status stopped
	wait_for 3 rmdir /sys/fs/cgroup/mine && mkdir /sys/fs/cgroup/mine || die "cannot replace the cgroup"
	echo "${CANARIES[0]}" >/sys/fs/cgroup/mine/cgroup.procs
	attack kill --all "$ID" KILL
	attack delete --force "$ID"
	canaries_live "delete"
	echo "${CANARIES[0]}" >/sys/fs/cgroup/runner/cgroup.procs
	rmdir /sys/fs/cgroup/mine 2>/dev/null
	remove
	variant "its own"
	cfg '.linux.cgroupsPath = "/own/deep"'
	script 'cat /proc/self/cgroup >/result'
	twin "a path of its own"
	kill "${CANARIES[@]}" 2>/dev/null
	wait "${CANARIES[@]}" 2>/dev/null
	rmdir /sys/fs/cgroup/theirs/below /sys/fs/cgroup/theirs /sys/fs/cgroup/own 2>/dev/null
}

# An id is a name in the state folder and nothing else.
test_id_traversal()
{
	local id command victim=/mnt/test/victim
	mkdir -p $victim/sub "$STATE/.hidden"
	echo kept >$victim/file
	for id in .. . ../victim ../../mnt/test/victim /mnt/test/victim "" a/b a/../../victim -x --force '*' '?' 'a;b' 'a b' $'a\nb' .hidden \
		"$(printf 'x%.0s' $(seq 1025))" "$STATE" $'\xff'; do
		variant "id \"${id:0:40}\""
		local before
		before=$(find $victim "$STATE" | sort)
		args /bin/true
		for command in "delete --force" delete state "kill --all" start pause; do
			# shellcheck disable=SC2086
			attack $command -- "$id"
			attack $command "$id"
		done
		attack run --bundle "$B" -- "$id"
		[ "$RC" != 0 ] || [[ $id =~ ^[a-zA-Z0-9_+.-]+$ && $id != .* ]] || found "a container of that name ran"
		[ "$(find $victim "$STATE" | sort)" = "$before" ] || found "files: $(diff <(echo "$before") <(find $victim "$STATE" | sort))"
	done
	variant "a good id"
	ID=good_+.-1
	STARTED=0
	args /bin/true
	twin "a good id"
}

# A pid file, a log or a socket's folder may be where somebody else can put a link.
test_pid_file_link()
{
	local kind
	for kind in file missing folder fifo; do
		variant "the pid file is a link to: $kind"
		case $kind in
		file) ln -s "$OUTSIDE/file" /mnt/test/pid ;;
		missing) ln -s "$OUTSIDE/new" /mnt/test/pid ;;
		folder) ln -s "$OUTSIDE/sub" /mnt/test/pid ;;
		fifo) mkfifo /mnt/test/pid ;;
		esac
		script 'sleep 60'
		LIMIT=20 attack_up --pid-file /mnt/test/pid
		outside_kept
		attack exec --detach --pid-file /mnt/test/pid "$ID" /bin/true
		outside_kept
		remove
		rm -rf /mnt/test/pid
	done
	variant "nothing there"
	script 'sleep 60'
	up_or_die --pid-file /mnt/test/pid
	[ "$(</mnt/test/pid)" = "$(pid_of)" ] || die "the twin: $(</mnt/test/pid)"
	remove
}

# What is opened by a name of the config may be a FIFO: nobody waits for it.
test_fifo_inputs()
{
	local what
	LIMIT=20
	mkfifo /mnt/test/fifo
	for what in config namespace process-file update netns; do
		variant "$what"
		script 'echo ok >/result'
		case $what in
		config)
			rm "$B/config.json"
			mkfifo "$B/config.json"
			attack_run
			;;
		namespace) ns_add ipc /mnt/test/fifo; attack_run ;;
		netns) ns_add network /mnt/test/fifo; attack_run ;;
		process-file | update)
			script 'sleep 60'
			up_or_die
			[ $what = update ] && attack update --resources /mnt/test/fifo "$ID" || attack exec --process /mnt/test/fifo "$ID"
			remove
			;;
		esac
		[ "$(result)" != ok ] || found "it ran"
	done
	for what in /dev/zero /dev/tty /mnt/test; do
		variant "a namespace is $what"
		ns_add ipc "$what"
		script 'echo ok >/result'
		attack_run
		[ "$(result)" != ok ] || found "it ran"
	done
	variant "a namespace"
	ns_add ipc /proc/self/ns/ipc
	script 'echo ok >/result'
	twin "a real namespace"
}

# Whoever the caller is and whatever his umask: the state is his alone; and a state folder of others is not used.
test_state_modes()
{
	local f own=/mnt/test/own bad
	umask 0
	variant "umask 0"
	script 'sleep 60'
	STATE=$own
	up_or_die
	while read -r f; do
		[[ $f == */start.sock || $f == *"$own" ]] || [ "$(stat -c %a "$f")" = 600 ] || [ "$(stat -c %a "$f")" = 700 ] ||
			[ -L "$f" ] || found "$(stat -c '%n %a %F' "$f")"
	done < <(find $own)
	bad=$(find $own -not -type l -perm /077 -not -type s)
	[ -z "$bad" ] || found "others may use $bad"
	[ "$(stat -c %a $own)" = 700 ] || found "the state folder has mode $(stat -c %a $own)"
	# a socket lies in a folder that only its owner can enter
	[ "$(stat -c %a "$own/$ID")" = 700 ] || found "the container's folder has mode $(stat -c %a "$own/$ID")"
	umask 022
	remove
	for bad in link mode owner; do
		variant "a state folder of somebody else: $bad"
		rm -rf /mnt/test/other /mnt/test/other.d
		mkdir -m 700 /mnt/test/other.d
		case $bad in
		link) ln -s other.d /mnt/test/other ;;
		mode) mkdir /mnt/test/other && chmod 0777 /mnt/test/other ;;
		owner) mkdir -m 700 /mnt/test/other && chown 1000 /mnt/test/other ;;
		esac
		STATE=/mnt/test/other
		script 'echo ok >/result'
		attack_run
		[ "$(result)" != ok ] || found "it was used"
	done
	STATE=/mnt/test/state
	variant "a folder of its own"
	args /bin/true
	twin "the usual one"
}

# A hook is a program by its full name with the environment that the config gives it, and nothing of the caller's or the runtime's.
test_hooks()
{
	local path
	mkdir /mnt/test/bin
	printf '#!/bin/sh\necho ran >/mnt/test/evil.ran\n' >/mnt/test/bin/evilhook
	chmod 0755 /mnt/test/bin/evilhook
	for path in evilhook ./evilhook bin/evilhook true "" ../mnt/test/bin/evilhook; do
		variant "path \"$path\""
		cfg --arg p "$path" '.hooks.createRuntime = [{path: $p}]'
		script 'echo ok >/result'
		PATH=/mnt/test/bin:$PATH attack_run
		[ "$(result)" != ok ] && [ ! -e /mnt/test/evil.ran ] || found "it ran"
	done
	for path in 0 -1; do
		variant "timeout $path"
		cfg --argjson t "$path" '.hooks.createRuntime = [{path: "/bin/true", timeout: $t}]'
		script 'echo ok >/result'
		attack_run
		[ "$(result)" != ok ] || found "it ran"
	done
	variant "what it gets"
	printf '#!/bin/sh\nexec >/mnt/test/hook.out\n/usr/bin/env\necho umask $(umask)\ncd /proc/$$/fd\necho fds *\n' >/mnt/test/hook
	chmod 0755 /mnt/test/hook
	cfg '.hooks.createRuntime = [{path: "/mnt/test/hook", env: ["ONLY=this"]}]'
	args /bin/true
	SECRET=leak LD_LIBRARY_PATH=/x attack_run
	! grep -qvE '^(ONLY=this|PWD=.*|SHLVL=.*|_=.*|OLDPWD=.*|fds .*|umask .*)$' /mnt/test/hook.out || found "the environment: $(</mnt/test/hook.out)"
	grep -qx 'umask 0022' /mnt/test/hook.out || found "$(grep umask /mnt/test/hook.out)"
	# 3 is the folder that the shell reads, 10 or 255 its script
	[ -z "$(sed -n 's/^fds //p' /mnt/test/hook.out | tr ' ' '\n' | grep -vxE '[0-3]|10|255')" ] || found "$(grep fds /mnt/test/hook.out)"
	variant "a hook inside: a name of the container"
	cp /mnt/test/bin/evilhook "$B/rootfs/bin/evilhook"
	cfg '.hooks.startContainer = [{path: "/mnt/test/bin/evilhook"}]'
	script 'echo ok >/result'
	attack_run
	[ ! -e /mnt/test/evil.ran ] || found "a program of the host ran for the container"
	variant "a good hook"
	cfg '.hooks.createRuntime = [{path: "/bin/true"}]'
	args /bin/true
	twin "a full path"
}

# Whatever fails, nothing is left.
test_nothing_left()
{
	local how
	for how in program mount hook cwd sysctl device namespace seccomp rlimit user; do
		variant "bad $how"
		case $how in
		program) args /no/such ;;
		mount) mount_add /bad no-such-type none ;;
		hook) cfg '.hooks.createContainer = [{path: "/bin/false"}]' ;;
		cwd) cfg '.process.cwd = "/bin/busybox"' ;;
		sysctl) cfg '.linux.sysctl = {"kernel.msgmax": "junk"}' ;;
		device) cfg '.linux.devices = [{path: "/bin", type: "c", major: 1, minor: 3}]' ;;
		namespace) ns_add ipc /etc/passwd ;;
		seccomp) cfg '.linux.seccomp = {defaultAction: "SCMP_ACT_NOTHING"}' ;;
		rlimit) cfg '.process.rlimits = [{type: "RLIMIT_NOTHING", soft: 1, hard: 1}]' ;;
		user) userns; cfg '.process.user.uid = 70000' ;;
		esac
		attack run --bundle "$B" "$ID"
		[ "$RC" != 0 ] || found "it ran"
		! leftover_processes || { sleep 0.3; ! leftover_processes; } || found "processes: $LEFTOVER"
		no_leftover_cgroups || found "cgroups: $LEFTOVER"
		[ -z "$(find "$STATE" -mindepth 1 -not -path "$STATE/.*")" ] || found "state: $(find "$STATE" -mindepth 1)"
		[ "$(list_mounts)" = "${BASELINE[mounts]}" ] || found "mounts"
		remove
		rm -rf "$B"
	done
	variant "nothing bad"
	args /bin/true
	twin "a good one"
}
