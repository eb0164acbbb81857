# SPDX-License-Identifier: LGPL-2.1-or-later
# Made by packaging/completions/generate: do not edit.
# fish completion for berth

# prints the words after the global options: the command and its arguments
function __berth_words
	set -l tokens (commandline -opc)
	set -l skip 0
	set -l found 0
	for token in $tokens[2..-1]
		if test $found = 1
			echo -- $token
		else if test $skip = 1
			set skip 0
		else if contains -- $token --root --log --log-format --log-level --cgroup-manager --trace --rootless
			set skip 1
		else if not string match -q -- '-*' $token
			set found 1
			echo -- $token
		end
	end
end

function __berth_no_command
	test (count (__berth_words)) = 0
end

# __berth_command NAME: the command of the line
function __berth_command
	set -l line (__berth_words)
	test (count $line) -gt 0; and test $line[1] = $argv[1]
end

# __berth_count OPTIONS...: how many arguments of the command stand before the word, or -1 when it is the value of an option;
# OPTIONS are those that take a value
function __berth_count
	set -l line (__berth_words)
	set -l n 0
	set -l skip 0
	for token in $line[2..-1]
		if test $skip = 1
			set skip 0
		else if contains -- $token $argv
			set skip 1
		else if not string match -q -- '-*' $token
			set n (math $n + 1)
		end
	end
	test $skip = 0; and echo $n; or echo -1
end

# __berth_argument NAME N OPTIONS...: the word is argument N of that command
function __berth_argument
	__berth_command $argv[1]; and test (__berth_count $argv[3..-1]) = (math $argv[2] - 1)
end

# __berth_before NAME OPTIONS...: the word stands before the first argument of that command
function __berth_before
	__berth_command $argv[1]; and test (__berth_count $argv[2..-1]) -le 0
end

# the containers of the state root that the line names, in the states given (none: all)
function __berth_ids
	set -l tokens (commandline -opc)
	set -l root
	for i in (seq (count $tokens))
		switch $tokens[$i]
			case --root
				set root --root $tokens[(math $i + 1)]
			case '--root=*'
				set root $tokens[$i]
		end
	end
	if test (count $argv) = 0
		berth $root list --quiet 2>/dev/null
	else
		berth $root list 2>/dev/null | awk -v states=" $argv " 'NR > 1 && index(states, " " $3 " ") { print $1 "\t" $3 }'
	end
end

complete -c berth -f
complete -c berth -n '__berth_no_command' -l root -x -a '(__fish_complete_directories)' -d 'where the state of containers is kept'
complete -c berth -n '__berth_no_command' -l log -r -F -d 'append errors to FILE'
complete -c berth -n '__berth_no_command' -l log-format -x -a 'text json' -d 'text (default) or json'
complete -c berth -n '__berth_no_command' -l log-level -x -a 'error warning info debug' -d 'error (default), warning, info or debug'
complete -c berth -n '__berth_no_command' -l debug -d 'the same as --log-level debug'
complete -c berth -n '__berth_no_command' -l systemd-cgroup -d 'let systemd make the cgroups'
complete -c berth -n '__berth_no_command' -l cgroup-manager -x -a 'cgroupfs systemd disabled' -d 'cgroupfs (default), systemd or disabled'
complete -c berth -n '__berth_no_command' -l trace -r -F -d 'add the steps with their times to FILE, as trace events'
complete -c berth -n '__berth_no_command' -l rootless -x -a 'true false auto' -d 'true, false or auto (default)'
complete -c berth -n '__berth_no_command' -s v -l version -d 'print the version'
complete -c berth -n '__berth_no_command' -s h -l help -d 'print this help'
complete -c berth -n __berth_no_command -a create -d 'create a container whose process waits for `start`'
complete -c berth -n __berth_no_command -a start -d 'start the process of a created container'
complete -c berth -n __berth_no_command -a run -d 'create and start a container'
complete -c berth -n __berth_no_command -a exec -d 'run one more process in a container'
complete -c berth -n __berth_no_command -a kill -d 'send a signal (TERM, a name or a number) to a container'
complete -c berth -n __berth_no_command -a delete -d 'remove a container that has stopped'
complete -c berth -n __berth_no_command -a state -d 'print the state of a container as JSON'
complete -c berth -n __berth_no_command -a list -d 'list the containers'
complete -c berth -n __berth_no_command -a ps -d 'list the processes of a container'
complete -c berth -n __berth_no_command -a pause -d 'stop all processes of a container'
complete -c berth -n __berth_no_command -a resume -d 'let the processes of a paused container go on'
complete -c berth -n __berth_no_command -a update -d 'change the resource limits of a container'
complete -c berth -n __berth_no_command -a events -d 'print statistics and out-of-memory kills of a container'
complete -c berth -n __berth_no_command -a spec -d 'write a config.json to start from'
complete -c berth -n __berth_no_command -a features -d 'print what this runtime recognizes, as JSON'
complete -c berth -n __berth_no_command -a plan -d 'show what create would do, and which property asks for it'
complete -c berth -n __berth_no_command -a audit -d 'say what a config grants, how bad that is, and the line to change'
complete -c berth -n __berth_no_command -a check -d 'say what this host offers, and what would not work'
complete -c berth -n __berth_no_command -a help -d 'explain a command'
complete -c berth -n '__berth_argument help 1' -a 'create start run exec kill delete state list ps pause resume update events spec features plan audit check'
complete -c berth -n '__berth_command create -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'the bundle (default: .)'
complete -c berth -n '__berth_command create -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l console-socket -r -F -d 'unix socket that gets the master of the container\'s terminal'
complete -c berth -n '__berth_command create -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l pid-file -r -F -d 'file for the process id'
complete -c berth -n '__berth_command create -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l pidfd-socket -r -F -d 'unix socket that gets a pidfd of the container\'s process'
complete -c berth -n '__berth_command create -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l preserve-fds -x -d 'pass N more descriptors, from 3 on, to the container'
complete -c berth -n '__berth_command create -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l no-pivot -d 'chroot instead of pivot_root (for a root on a ramdisk)'
complete -c berth -n '__berth_command create -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c berth -n '__berth_command create -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_command start' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument start 1' -a '(__berth_ids created)'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'the bundle (default: .)'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l console-socket -r -F -d 'unix socket that gets the master of the container\'s terminal'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l pid-file -r -F -d 'file for the process id'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l pidfd-socket -r -F -d 'unix socket that gets a pidfd of the container\'s process'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l preserve-fds -x -d 'pass N more descriptors, from 3 on, to the container'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l no-pivot -d 'chroot instead of pivot_root (for a root on a ramdisk)'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -s d -l detach -d 'return when the container runs'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l keep -d 'do not delete the container when it ends'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -l no-subreaper -d 'do not reap what the container\'s processes leave behind'
complete -c berth -n '__berth_command run -b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -s p -l process -r -F -d 'process.json; the command line then has no command'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l cwd -x -d 'working directory'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -s e -l env -x -d 'one more environment variable'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -s u -l user -x -d 'user and group ids'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -s g -l additional-gids -x -d 'one more group'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -s t -l tty -d 'with a terminal'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l console-socket -r -F -d 'unix socket that gets the terminal\'s master'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l pid-file -r -F -d 'file for the process id'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l pidfd-socket -r -F -d 'unix socket that gets a pidfd of the process'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -s d -l detach -d 'return when the program was executed'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -s c -l cap -x -a 'CAP_AUDIT_CONTROL CAP_AUDIT_READ CAP_AUDIT_WRITE CAP_BLOCK_SUSPEND CAP_BPF CAP_CHECKPOINT_RESTORE CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_IPC_LOCK CAP_IPC_OWNER CAP_KILL CAP_LEASE CAP_LINUX_IMMUTABLE CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_MKNOD CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW CAP_PERFMON CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYSLOG CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_CHROOT CAP_SYS_MODULE CAP_SYS_NICE CAP_SYS_PACCT CAP_SYS_PTRACE CAP_SYS_RAWIO CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_WAKE_ALARM' -d 'one more capability'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l no-new-privs -d 'set no_new_privs'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l apparmor -x -d 'AppArmor profile'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l process-label -x -d 'SELinux label'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l cgroup -x -d 'cgroup below the container\'s'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l preserve-fds -x -d 'pass N more descriptors, from 3 on'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -l ignore-paused -d 'also when the container is paused'
complete -c berth -n '__berth_before exec -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument exec 1 -p --process --cwd -e --env -u --user -g --additional-gids --console-socket --pid-file --pidfd-socket -c --cap --apparmor --process-label --cgroup --preserve-fds' -a '(__berth_ids created running paused)'
complete -c berth -n '__berth_command kill' -s a -l all -d 'signal all processes of the container'
complete -c berth -n '__berth_command kill' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument kill 1' -a '(__berth_ids created running paused)'
complete -c berth -n '__berth_argument kill 2' -a 'TERM KILL INT HUP QUIT USR1 USR2 STOP CONT WINCH'
complete -c berth -n '__berth_command delete' -s f -l force -d 'kill a running container; an unknown ID is no error'
complete -c berth -n '__berth_command delete' -l only-stopped -d 'refuse a created container too, as the runtime-spec asks'
complete -c berth -n '__berth_command delete' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument delete 1' -a '(__berth_ids)'
complete -c berth -n '__berth_command state' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument state 1' -a '(__berth_ids)'
complete -c berth -n '__berth_command list -f --format' -s f -l format -x -a 'table json' -d 'table (default) or json'
complete -c berth -n '__berth_command list -f --format' -s q -l quiet -d 'print the ids only'
complete -c berth -n '__berth_command list -f --format' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_before ps -f --format' -s f -l format -x -a 'table json' -d 'table (default) or json'
complete -c berth -n '__berth_before ps -f --format' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument ps 1 -f --format' -a '(__berth_ids)'
complete -c berth -n '__berth_command pause' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument pause 1' -a '(__berth_ids created running)'
complete -c berth -n '__berth_command resume' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument resume 1' -a '(__berth_ids paused)'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -s r -l resources -r -F -d 'LinuxResources as JSON; - is stdin'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l blkio-weight -x -d 'weight for block IO, 10 to 1000'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpu-period -x -d 'length of a period of CPU bandwidth'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpu-quota -x -d 'CPU time in a period; -1: no limit'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpu-burst -x -d 'unused CPU time that may be kept'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpu-rt-period -x -d 'cannot be set on cgroup v2'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpu-rt-runtime -x -d 'cannot be set on cgroup v2'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpu-share -x -d 'CPU weight in cgroup v1 shares, 2 to 262144'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpu-idle -x -a '0 1' -d '1: run only when nothing else wants the CPU'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpuset-cpus -x -d 'CPUs, as in 0-3,7'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l cpuset-mems -x -d 'memory nodes'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l kernel-memory -x -d 'cannot be set on cgroup v2'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l kernel-memory-tcp -x -d 'cannot be set on cgroup v2'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -s m -l memory -x -d 'memory limit; -1: no limit'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l memory-reservation -x -d 'memory to be protected from reclaim'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l memory-swap -x -d 'memory and swap together; -1: no limit'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l pids-limit -x -d 'number of processes; -1: no limit'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l l3-cache-schema -x -d 'L3 cache of a container with intelRdt'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -l mem-bw-schema -x -d 'memory bandwidth of a container with intelRdt'
complete -c berth -n '__berth_command update -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument update 1 -r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema' -a '(__berth_ids created running paused)'
complete -c berth -n '__berth_command events --interval' -l stats -d 'print statistics once and end'
complete -c berth -n '__berth_command events --interval' -l interval -x -d 'time between statistics (default 5s)'
complete -c berth -n '__berth_command events --interval' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument events 1 --interval' -a '(__berth_ids created running paused)'
complete -c berth -n '__berth_command spec -b --bundle' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'where to write it (default: .)'
complete -c berth -n '__berth_command spec -b --bundle' -l rootless -d 'for a user without privileges: a user namespace, no limits'
complete -c berth -n '__berth_command spec -b --bundle' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_command features' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_command plan -b --bundle --id -f --format' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'the bundle (default: .)'
complete -c berth -n '__berth_command plan -b --bundle --id -f --format' -l id -x -d 'plan for this id (default: ID)'
complete -c berth -n '__berth_command plan -b --bundle --id -f --format' -s f -l format -x -a 'text json' -d 'text (default) or json'
complete -c berth -n '__berth_command plan -b --bundle --id -f --format' -l no-pivot -d 'as for create'
complete -c berth -n '__berth_command plan -b --bundle --id -f --format' -l no-new-keyring -d 'as for create'
complete -c berth -n '__berth_command plan -b --bundle --id -f --format' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument plan 1 -b --bundle --id -f --format' -a '(__fish_complete_directories)'
complete -c berth -n '__berth_command audit -b --bundle -f --format -t --threshold' -s b -l bundle -x -a '(__fish_complete_directories)' -d 'the bundle (default: .)'
complete -c berth -n '__berth_command audit -b --bundle -f --format -t --threshold' -s f -l format -x -a 'text json sarif' -d 'text (default), json or sarif'
complete -c berth -n '__berth_command audit -b --bundle -f --format -t --threshold' -s t -l threshold -x -d 'fail from there on: low, medium, high (default), critical or none'
complete -c berth -n '__berth_command audit -b --bundle -f --format -t --threshold' -l no-pivot -d 'as for create'
complete -c berth -n '__berth_command audit -b --bundle -f --format -t --threshold' -l no-new-keyring -d 'as for create'
complete -c berth -n '__berth_command audit -b --bundle -f --format -t --threshold' -l rules -d 'list what is looked for'
complete -c berth -n '__berth_command audit -b --bundle -f --format -t --threshold' -s h -l help -d 'print the help of the command'
complete -c berth -n '__berth_argument audit 1 -b --bundle -f --format -t --threshold' -a '(__fish_complete_directories)'
complete -c berth -n '__berth_command check -f --format' -s f -l format -x -a 'text json' -d 'text (default) or json'
complete -c berth -n '__berth_command check -f --format' -s h -l help -d 'print the help of the command'
