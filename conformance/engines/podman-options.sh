# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016 source-path=SCRIPTDIR
#
# podman: what `podman run` can ask for of a container, seen from inside it; its mounts are in podman-mounts.sh.

. ./podman.inc
export SHORT_OPS="userns_auto seccomp_profile device memory out_of_memory"
[ "$MODE" = root ] || SHORT_OPS="userns_keep_id mask init cgroups_disabled"

op_user()
{
	eq "$(once --user user -- id)" "uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)"
	eq "$(once --user 5:6 --group-add 7 -- sh -c 'id -u; id -g; id -G')" $'5\n6\n6 7'
	eq "$(once --user 5:6 --umask 0077 -- sh -c umask)" 0077
	eq "$(once -w /data -- pwd)" /data
}

op_keep_groups()
{
	only rootless
	has "$(once --group-add keep-groups -- id -G)" 65534
}

op_userns_keep_id()
{
	only rootless
	eq "$(once --userns keep-id -- sh -c 'id -u; id -g')" $'1000\n1000'
	eq "$(once --userns keep-id:uid=200,gid=210 -- sh -c 'id -u; id -g')" $'200\n210'
	mkdir v
	once --userns keep-id -v "$OPDIR/v:/v" -- touch /v/mine
	eq "$(stat -c %u v/mine)" "$(id -u)"
	started --userns keep-id
	eq "$(inside id -u)" 1000
	eq "$(p exec -u 0 "$C" id -u)" 0
}

# maps_caller PID: the caller's own id is one of its user namespace, by the map as it is seen from here
maps_caller()
{
	awk -v own="$(id -u)" '$2 <= own && own < $2 + $3 { found = 1 } END { exit !found }' "/proc/$1/uid_map"
}

op_userns_nomap()
{
	local pid
	only rootless
	started
	maps_caller "$(pid_of "$C")" || die "not mapped without the option"
	p rm -f -t 0 "$C" >/dev/null
	started --userns nomap
	pid=$(pid_of "$C")
	match "$(<"/proc/$pid/uid_map")" '^ *0 +[1-9]'
	maps_caller "$pid" && die "mapped: $(<"/proc/$pid/uid_map")"
	eq "$(inside id -u)" 0
}

op_userns_auto()
{
	local one two
	one=$(once --userns auto:size=5000 -- cat /proc/self/uid_map | tr -s ' ')
	match "$one" '^ 0 [1-9][0-9]* 5000$'
	started --userns auto
	two=$(inside cat /proc/self/uid_map | tr -s ' ')
	match "$two" '^ 0 [1-9]'
	eq "$(inside stat -c %u /data/file)" 0
	inside touch /data/new
}

op_userns_maps()
{
	only root
	eq "$(once --uidmap 0:200000:5000 --gidmap 0:300000:6000 -- cat /proc/self/uid_map /proc/self/gid_map | tr -s ' ')" \
		$' 0 200000 5000\n 0 300000 6000'
	eq "$(once --uidmap 0:200000:5000 -- sh -c 'touch /data/x && stat -c %u /data/x /data/file')" $'0\n0'
}

op_userns_container()
{
	local one
	started --userns auto
	one=$(inside cat /proc/self/uid_map)
	same "$(once --userns "container:$C" -- cat /proc/self/uid_map)" "$one"
}

op_capabilities()
{
	local eff='grep CapEff /proc/self/status | sed "s/.*\t//"'
	eq "$(once --cap-drop all -- sh -c "$eff")" 0000000000000000
	eq "$(once --cap-drop all --cap-add net_admin --cap-add chown -- sh -c "$eff")" 0000000000001001
	eq "$(once --cap-add sys_ptrace -- sh -c "$eff")" "$(printf %016x $((0x$(once -- sh -c "$eff") | 1 << 19)))"
	eq "$(once --user 1000 --cap-add net_raw -- sh -c "$eff")" 0000000000002000
}

op_privileged()
{
	local out
	out=$(once --privileged -- sh -c 'grep -E "CapEff|Seccomp:" /proc/self/status; grep " /sys " /proc/self/mountinfo')
	match "$out" 'Seccomp:[[:space:]]*0'
	if [ "$MODE" = root ]; then
		match "$out" ' /sys rw'
		once --privileged -- sh -c 'mkdir /m && mount -t tmpfs x /m && umount /m'
		once --privileged -- test -b /dev/ubda || once --privileged -- test -b /dev/vda
	fi
}

op_seccomp_default()
{
	match "$(once -- grep Seccomp: /proc/self/status)" '2$'
	match "$(once --security-opt seccomp=unconfined -- grep Seccomp: /proc/self/status)" '0$'
	# vmsplice(2) with no file: nothing but the profile has a say before it looks at the descriptor
	has "$(vmsplice)" "errno=1"
	has "$(vmsplice --security-opt seccomp=unconfined)" "errno=9"
}

# vmsplice OPTIONS...: what comes of it in a container
vmsplice()
{
	once -v "$ENGINES/../../build/tests/probe:/probe:ro" "$@" -- /probe syscall 278 -1 0 0 0
}

op_seccomp_profile()
{
	cat >profile.json <<-END
	{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [{"names": ["mkdir", "mkdirat"],
	"action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
	END
	fails 1 once --security-opt seccomp="$OPDIR/profile.json" -- mkdir /tmp/d
	has "$OUT" "not supported"
	once --security-opt seccomp="$OPDIR/profile.json" -- touch /tmp/f
}

op_no_new_privileges()
{
	match "$(once --security-opt no-new-privileges -- grep NoNewPrivs /proc/self/status)" '1$'
	match "$(once -- grep NoNewPrivs /proc/self/status)" '0$'
}

op_mask()
{
	eq "$(once -- sh -c 'cat /proc/kcore /proc/timer_list 2>/dev/null | wc -c')" 0
	eq "$(once --security-opt mask=/proc/version -- sh -c 'cat /proc/version | wc -c')" 0
	# a file that is opened to be cut is refused for its mount first, whoever asks
	has "$(once -- sh -c 'echo 1 >/proc/sys/kernel/panic' 2>&1 || true)" Read-only
	has "$(once -- cat /proc/self/mountinfo)" " /proc/kcore "
	lacks "$(once --security-opt unmask=ALL -- cat /proc/self/mountinfo)" " /proc/kcore "
	lacks "$(once --security-opt unmask=/proc/kcore -- cat /proc/self/mountinfo)" " /proc/kcore "
}

op_label()
{
	local own file
	[ -e /sys/fs/selinux/enforce ] || skip "no SELinux"
	mkdir v
	started -v "$OPDIR/v:/v:Z" --tmpfs /t
	own=$(label_of "$(pid_of "$C")")
	match "$own" ':container_t:s0:c[0-9]+,c[0-9]+$'
	eq "$(inside cat /proc/self/attr/current | tr -d '\0')" "$own" "of exec"
	file=system_u:object_r:container_file_t:${own#*_t:}
	eq "$(stat -c %C "/proc/$(pid_of "$C")/root/etc")" "$file" "of the root"
	eq "$(stat -c %C "/proc/$(pid_of "$C")/root/t")" "$file" "of a tmpfs"
	eq "$(stat -c %C v)" "$file" "of a volume"
	lacks "$(once --security-opt label=disable -- cat /proc/self/attr/current)" :container_t:
	has "$(once --security-opt label=type:container_init_t --security-opt label=level:s0:c7,c9 -- cat /proc/self/attr/current)" \
		:container_init_t:s0:c7,c9
}

op_apparmor()
{
	only root
	once --security-opt apparmor=unconfined -- true
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "no AppArmor in this kernel"
	match "$(once -- cat /proc/self/attr/apparmor/current)" '^containers-default-.*\(enforce\)'
	eq "$(once --security-opt apparmor=unconfined -- cat /proc/self/attr/apparmor/current)" unconfined
	printf '#include <tunables/global>\nprofile op-test flags=(attach_disconnected) {\n file,\n capability,\n signal,\n%s\n}\n' \
		' deny /data/file r,' >profile
	apparmor_parser -r profile
	fails 1 once --security-opt apparmor=op-test -- cat /data/file
	has "$OUT" denied
	started --security-opt apparmor=op-test
	match "$(inside cat /proc/self/attr/apparmor/current)" '^op-test'
}

op_device()
{
	local out
	eq "$(once --device /dev/fuse -- sh -c 'test -c /dev/fuse && echo there')" there
	[ "$MODE" = root ] || return 0
	out=$(once --device /dev/fuse:/dev/mine:r -- sh -c '(: </dev/mine) && echo read; (: >/dev/mine) 2>&1 || echo no')
	has "$out" read "not permitted"
	has "$(once --cap-add mknod --device-cgroup-rule 'c 10:229 rwm' -- sh -c 'mknod /tmp/f c 10 229; (: </tmp/f) && echo opened')" opened
	has "$(once --cap-add mknod -- sh -c 'mknod /tmp/f c 10 229; (: </tmp/f) 2>&1 || true')" "not permitted"
}

op_ulimit()
{
	eq "$(once --ulimit nofile=100:200 -- sh -c 'ulimit -Sn; ulimit -Hn')" $'100\n200'
	eq "$(once --ulimit core=0 --ulimit nproc=300:400 -- sh -c 'ulimit -c; grep "Max processes" /proc/self/limits | tr -s " "')" \
		$'0\nMax processes 300 400 processes '
	[ "$MODE" = rootless ] || return 0 # as root podman raises its own limits first
	eq "$(ulimit -Su 900 && once --ulimit host -- grep 'Max processes' /proc/self/limits | tr -s ' ' | cut -d ' ' -f 3)" 900
}

op_sysctl()
{
	eq "$(once --sysctl net.ipv4.ip_unprivileged_port_start=77 -- cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 77
	eq "$(once --sysctl kernel.msgmax=4096 -- cat /proc/sys/kernel/msgmax)" 4096
	fails 125 once --sysctl kernel.panic=3 -- true
}

op_init()
{
	eq "$(once --init -- sh -c 'cat /proc/1/comm')" podman-init
	fails 9 once --init -- sh -c 'exit 9'
}

op_systemd_mode()
{
	match "$(once --systemd always -- cat /proc/self/mountinfo)" ' /run .* tmpfs'
	match "$(once --systemd always -- cat /proc/self/mountinfo)" ' /sys/fs/cgroup rw.* cgroup2'
}

# the limit NAME of a container with OPTIONS
limit()
{
	local name=$1
	shift
	once "$@" -- cat "/sys/fs/cgroup/$name"
}

need_cgroups()
{
	if no_cgroups; then
		skip "no cgroup"
	fi
}

op_memory()
{
	need_cgroups
	eq "$(limit memory.max --memory 50m)" 52428800
	eq "$(limit memory.swap.max --memory 50m --memory-swap 80m)" 31457280
	eq "$(limit memory.low --memory 50m --memory-reservation 40m)" 41943040
}

# a user's container without a cgroup has a limit that was asked for, or is refused with words that name it
op_limit_without_cgroup()
{
	local rc=0 out
	no_cgroups || skip "there are cgroups"
	out=$(once --memory 100m -- sh -c 'echo runs; cat /sys/fs/cgroup/memory.max' 2>&1) || rc=$?
	if [[ $out == *runs* ]]; then
		eq "$out" $'runs\n104857600' "limit of a container that runs"
	else
		differ "$rc" 0 "exit status"
		match "$out" 'linux\.resources\.memory'
	fi
	none_left
}

op_out_of_memory()
{
	need_cgroups
	fails 3 once --memory 16m --memory-swap 16m -- sh -c 'tail /dev/zero; [ $? = 137 ] && exit 3'
	p run --name "$C" --memory 16m --memory-swap 16m "$IMG" sh -c "$(greedy)" >/dev/null 2>&1 && die "not killed"
	eq "$(field "$C" .State.ExitCode)" 137
	eq "$(field "$C" .State.OOMKilled)" true
}

op_pids_limit()
{
	need_cgroups
	eq "$(limit pids.max --pids-limit 33)" 33
	has "$(once --pids-limit 5 -- sh -c 'for i in 1 2 3 4 5 6 7; do sleep 2 & done' 2>&1 || true)" fork
}

op_cpus()
{
	need_cgroups
	eq "$(limit cpu.max --cpus 0.25)" "25000 100000"
	eq "$(limit cpu.max --cpu-period 50000 --cpu-quota 10000)" "10000 50000"
	match "$(limit cpu.weight --cpu-shares 512)" '^(20|59)$'
}

op_cpuset()
{
	need_cgroups
	grep -qw cpuset "$(cgroup_of $$ | sed 's|/[^/]*$||')/cgroup.controllers" || skip "no cpuset"
	eq "$(limit cpuset.cpus --cpuset-cpus 0)" 0
}

op_io()
{
	only root
	eq "$(limit io.max --device-read-bps "$(lsblk -ndpo NAME | head -n 1):1mb" | tr ' ' '\n' | grep rbps)" rbps=1048576
}

op_unified()
{
	need_cgroups
	eq "$(limit memory.high --cgroup-conf memory.high=33554432)" 33554432
}

op_cgroup_namespace()
{
	eq "$(once -- cat /proc/self/cgroup)" 0::/
	differ "$(once --cgroupns host -- cat /proc/self/cgroup)" 0::/ "with the host's namespace"
}

op_cgroup_parent()
{
	need_cgroups
	if [ "$DRIVER" = systemd ]; then
		started --cgroup-parent optest.slice
		has "$(cgroup_of "$(pid_of "$C")")" /optest.slice/libpod-
	else
		started --cgroup-parent /optest
		has "$(cgroup_of "$(pid_of "$C")")" /optest/libpod-
	fi
}

op_cgroups_disabled()
{
	local own
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	started --cgroups disabled
	lacks "$(cgroup_of "$(pid_of "$C")")" libpod-
	has "$(cgroup_of "$(pid_of "$C")")" "$own"
	p stop -t 0 "$C" >/dev/null
	eq "$(field "$C" .State.Status)" exited
}

op_cgroups_split()
{
	local out whose=--system
	[ "$MODE" = root ] || whose=--user
	out=$(systemd-run $whose --wait --pipe --quiet --collect -p Delegate=yes \
		podman --runtime "$RT" --cgroup-manager "$DRIVER" run --rm --cgroups split --cgroupns host "$IMG" cat /proc/self/cgroup)
	has "$out" /libpod-payload-
}

op_namespaces_of_the_host()
{
	local ns
	for ns in pid ipc uts; do
		same "$(once --$ns host -- readlink /proc/self/ns/$ns)" "$(readlink /proc/self/ns/$ns)"
		differ "$(once -- readlink /proc/self/ns/$ns)" "$(readlink /proc/self/ns/$ns)" "host and container"
	done
	same "$(once --network host -- readlink /proc/self/ns/net)" "$(readlink /proc/self/ns/net)"
}

op_namespaces_of_another()
{
	local ns
	started --ipc shareable
	for ns in pid ipc uts; do
		same "$(once --$ns "container:$C" -- readlink /proc/self/ns/$ns)" "$(inside readlink /proc/self/ns/$ns)"
	done
	same "$(once --network "container:$C" -- readlink /proc/self/ns/net)" "$(inside readlink /proc/self/ns/net)"
	has "$(once --pid "container:$C" -- ps)" "sleep 1000"
}

op_names_and_hosts()
{
	eq "$(once --hostname box.test -- hostname)" box.test
	has "$(once --add-host other:10.9.8.7 -- cat /etc/hosts)" 10.9.8.7
	has "$(once --dns 10.1.1.1 --dns-search test.example -- cat /etc/resolv.conf)" 10.1.1.1 test.example
}

op_environment()
{
	local out
	eq "$(once -e A=1 --env B='two words' -- sh -c 'echo $A $B')" "1 two words"
	out=$(XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run} LOGNAME=me once -- env)
	has "$out" PATH=
	lacks "$out" XDG_RUNTIME_DIR
	lacks "$out" LOGNAME
	eq "$(once --entrypoint '["echo","first"]' -- second)" "first second"
	eq "$(once --tz Asia/Tokyo -- date +%z)" +0900
	eq "$(once --tz Etc/GMT+3 -- date +%z)" -0300
}

op_scores()
{
	eq "$(once --oom-score-adj 500 -- cat /proc/self/oom_score_adj)" 500
	eq "$(once --personality LINUX32 -- cat /proc/self/personality)" 00000008
}

op_network_none()
{
	eq "$(once --network none -- ip -o link | grep -c .)" 1
}

op_network_bridge()
{
	only root
	started
	inside sh -c 'echo page >/tmp/index.html; httpd -h /tmp -p 8000'
	eq "$(once -- wget -q -O - "http://$(field "$C" .NetworkSettings.IPAddress):8000/")" page
}

op_network_names()
{
	only root
	p network create op-net >/dev/null 2>&1 || true
	started --network op-net
	inside sh -c 'echo page >/tmp/index.html; httpd -h /tmp -p 8000'
	eq "$(once --network op-net -- wget -q -O - "http://$C:8000/")" page
	after_op
	p network rm -f op-net >/dev/null
}

op_publish()
{
	[ "$MODE" = rootless ] || ! grep -qs firewall_driver /etc/containers/containers.conf || skip "no NAT in this kernel"
	started -p 18080:8000
	inside sh -c 'echo page >/tmp/index.html; httpd -h /tmp -p 8000'
	wait_for 10 curl -sf http://127.0.0.1:18080/
	eq "$(curl -sf http://127.0.0.1:18080/)" page
}

op_slirp4netns()
{
	only rootless
	has "$(once --network slirp4netns -- ip -o addr)" tap0
}
