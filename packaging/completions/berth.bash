# SPDX-License-Identifier: LGPL-2.1-or-later
# Made by packaging/completions/generate: do not edit.
# bash completion for berth

# the containers of the state root that the line names, in the states $1 (none: all)
_berth_ids()
{
	local i root=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root) root=(--root "${COMP_WORDS[i + 1]}"); [ "${root[1]}" != = ] || root[1]=${COMP_WORDS[i + 2]} ;;
		esac
	done
	if [ -z "$1" ]; then
		berth "${root[@]}" list --quiet 2>/dev/null
	else
		berth "${root[@]}" list 2>/dev/null | awk -v states=" $1 " 'NR > 1 && index(states, " " $3 " ") { print $1 }'
	fi
}

# _berth_value COMMAND OPTION: completes the value of an option; fails when it takes none
_berth_value()
{
	case $1:$2 in
	:--root) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
	:--log) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	:--log-format) COMPREPLY=($(compgen -W 'text json' -- "$cur")) ;;
	:--log-level) COMPREPLY=($(compgen -W 'error warning info debug' -- "$cur")) ;;
	:--cgroup-manager) COMPREPLY=($(compgen -W 'cgroupfs systemd disabled' -- "$cur")) ;;
	:--trace) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	:--rootless) COMPREPLY=($(compgen -W 'true false auto' -- "$cur")) ;;
	create:-b | create:--bundle) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
	create:--console-socket) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	create:--pid-file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	create:--pidfd-socket) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	create:--preserve-fds) COMPREPLY=() ;;
	run:-b | run:--bundle) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
	run:--console-socket) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	run:--pid-file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	run:--pidfd-socket) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	run:--preserve-fds) COMPREPLY=() ;;
	exec:-p | exec:--process) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	exec:--cwd) COMPREPLY=() ;;
	exec:-e | exec:--env) COMPREPLY=() ;;
	exec:-u | exec:--user) COMPREPLY=() ;;
	exec:-g | exec:--additional-gids) COMPREPLY=() ;;
	exec:--console-socket) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	exec:--pid-file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	exec:--pidfd-socket) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	exec:-c | exec:--cap) COMPREPLY=($(compgen -W 'CAP_AUDIT_CONTROL CAP_AUDIT_READ CAP_AUDIT_WRITE CAP_BLOCK_SUSPEND CAP_BPF CAP_CHECKPOINT_RESTORE CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_IPC_LOCK CAP_IPC_OWNER CAP_KILL CAP_LEASE CAP_LINUX_IMMUTABLE CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_MKNOD CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW CAP_PERFMON CAP_SETFCAP CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYSLOG CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_CHROOT CAP_SYS_MODULE CAP_SYS_NICE CAP_SYS_PACCT CAP_SYS_PTRACE CAP_SYS_RAWIO CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_WAKE_ALARM' -- "$cur")) ;;
	exec:--apparmor) COMPREPLY=() ;;
	exec:--process-label) COMPREPLY=() ;;
	exec:--cgroup) COMPREPLY=() ;;
	exec:--preserve-fds) COMPREPLY=() ;;
	list:-f | list:--format) COMPREPLY=($(compgen -W 'table json' -- "$cur")) ;;
	ps:-f | ps:--format) COMPREPLY=($(compgen -W 'table json' -- "$cur")) ;;
	update:-r | update:--resources) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	update:--blkio-weight) COMPREPLY=() ;;
	update:--cpu-period) COMPREPLY=() ;;
	update:--cpu-quota) COMPREPLY=() ;;
	update:--cpu-burst) COMPREPLY=() ;;
	update:--cpu-rt-period) COMPREPLY=() ;;
	update:--cpu-rt-runtime) COMPREPLY=() ;;
	update:--cpu-share) COMPREPLY=() ;;
	update:--cpu-idle) COMPREPLY=($(compgen -W '0 1' -- "$cur")) ;;
	update:--cpuset-cpus) COMPREPLY=() ;;
	update:--cpuset-mems) COMPREPLY=() ;;
	update:--kernel-memory) COMPREPLY=() ;;
	update:--kernel-memory-tcp) COMPREPLY=() ;;
	update:-m | update:--memory) COMPREPLY=() ;;
	update:--memory-reservation) COMPREPLY=() ;;
	update:--memory-swap) COMPREPLY=() ;;
	update:--pids-limit) COMPREPLY=() ;;
	update:--l3-cache-schema) COMPREPLY=() ;;
	update:--mem-bw-schema) COMPREPLY=() ;;
	events:--interval) COMPREPLY=() ;;
	spec:-b | spec:--bundle) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
	plan:-b | plan:--bundle) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
	plan:--id) COMPREPLY=() ;;
	plan:-f | plan:--format) COMPREPLY=($(compgen -W 'text json' -- "$cur")) ;;
	audit:-b | audit:--bundle) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
	audit:-f | audit:--format) COMPREPLY=($(compgen -W 'text json sarif' -- "$cur")) ;;
	audit:-t | audit:--threshold) COMPREPLY=() ;;
	check:-f | check:--format) COMPREPLY=($(compgen -W 'text json' -- "$cur")) ;;
	*) return 1 ;;
	esac
}

_berth()
{
	local cur prev command= i n=0 words
	cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	# "--option=value" arrives as three words
	if [ "$cur" = = ]; then
		cur=
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	COMPREPLY=()
	# the command, and how many arguments stand before the word
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		=) ((i++)) ;;
		-*)
			[ "${COMP_WORDS[i + 1]-}" = = ] || ! _berth_value "$command" "${COMP_WORDS[i]}" || ((i++))
			COMPREPLY=()
			;;
		*)
			if [ -z "$command" ]; then
				command=${COMP_WORDS[i]}
			else
				((++n))
			fi
			;;
		esac
	done
	[[ $prev != -* ]] || ! _berth_value "$command" "$prev" || return 0
	case $command in
	'')
		words='--root --log --log-format --log-level --debug --systemd-cgroup --cgroup-manager --trace --rootless -v --version -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif true; then
			COMPREPLY=($(compgen -W 'create start run exec kill delete state list ps pause resume update events spec features plan audit check help' -- "$cur"))
		fi
		;;
	help)
		words=''
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W 'create start run exec kill delete state list ps pause resume update events spec features plan audit check' -- "$cur"))
		fi
		;;
	create)
		words='-b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds --no-pivot --no-new-keyring -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		fi
		;;
	start)
		words='-h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids 'created')" -- "$cur"))
		fi
		;;
	run)
		words='-b --bundle --console-socket --pid-file --pidfd-socket --preserve-fds --no-pivot --no-new-keyring -d --detach --keep --no-subreaper -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		fi
		;;
	exec)
		words='-p --process --cwd -e --env -u --user -g --additional-gids -t --tty --console-socket --pid-file --pidfd-socket -d --detach -c --cap --no-new-privs --apparmor --process-label --cgroup --preserve-fds --ignore-paused -h --help'
		[ $n = 0 ] || return 0
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids 'created running paused')" -- "$cur"))
		fi
		;;
	kill)
		words='-a --all -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids 'created running paused')" -- "$cur"))
		elif [ $n = 1 ]; then
			COMPREPLY=($(compgen -W 'TERM KILL INT HUP QUIT USR1 USR2 STOP CONT WINCH' -- "$cur"))
		fi
		;;
	delete)
		words='-f --force --only-stopped -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids '')" -- "$cur"))
		fi
		;;
	state)
		words='-h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids '')" -- "$cur"))
		fi
		;;
	list)
		words='-f --format -q --quiet -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		fi
		;;
	ps)
		words='-f --format -h --help'
		[ $n = 0 ] || return 0
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids '')" -- "$cur"))
		fi
		;;
	pause)
		words='-h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids 'created running')" -- "$cur"))
		fi
		;;
	resume)
		words='-h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids 'paused')" -- "$cur"))
		fi
		;;
	update)
		words='-r --resources --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-rt-period --cpu-rt-runtime --cpu-share --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp -m --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids 'created running paused')" -- "$cur"))
		fi
		;;
	events)
		words='--stats --interval -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			COMPREPLY=($(compgen -W "$(_berth_ids 'created running paused')" -- "$cur"))
		fi
		;;
	spec)
		words='-b --bundle --rootless -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		fi
		;;
	features)
		words='-h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		fi
		;;
	plan)
		words='-b --bundle --id -f --format --no-pivot --no-new-keyring -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur"))
		fi
		;;
	audit)
		words='-b --bundle -f --format -t --threshold --no-pivot --no-new-keyring --rules -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		elif [ $n = 0 ]; then
			compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur"))
		fi
		;;
	check)
		words='-f --format -h --help'
		if [[ $cur = -* ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		fi
		;;
	esac
}

complete -F _berth berth
