# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016,SC2046,SC2317 source-path=SCRIPTDIR
#
# docker: what a container is asked for by flags of `docker run`, looked at from inside or in its cgroup.

. ./docker.inc
export SHORT_OPS="volume read_only cap_add seccomp apparmor device pids_limit userns_remap"

# field NAME ARG...: a line of /proc/self/status in a container with these arguments
field()
{
	local name=$1
	shift
	once "$@" box sed -n "s/^$name:.//p" /proc/self/status
}

op_volume()
{
	docker volume create data
	once -v data:/data box sh -c 'echo kept >/data/kept'
	eq "$(once -v data:/data:ro box cat /data/kept)" kept
	fails 1 once -v data:/data:ro box touch /data/x
	has "$OUT" "Read-only"
	# what the image has there is copied to a volume that is empty
	eq "$(once -v data:/data box cat /data/file)" "a file of the image"
	docker volume rm data
}

op_bind()
{
	mkdir bound
	once -v "$PWD/bound:/data" box sh -c 'echo word >/data/word'
	eq "$(cat bound/word)" word
	fails 1 once --mount "type=bind,src=$PWD/bound,dst=/data,readonly" box touch /data/x
	has "$OUT" "Read-only"
	eq "$(once -v "$PWD/bound/word:/etc/word:ro" box cat /etc/word)" word
}

# what is mounted on the host later appears inside
op_bind_propagation()
{
	mkdir -p p/below
	mount --bind p p
	mount --make-shared p
	up -v "$PWD/p:/data:rslave" box sleep 1000
	mount -t tmpfs later p/below
	echo seen >p/below/word
	OUT=$(docker exec "$C" cat /data/below/word) || true
	docker rm -f "$C"
	umount -R p
	eq "$OUT" seen
}

# read-only with all that is mounted below
op_bind_recursive_readonly()
{
	mkdir -p deep/below
	mount -t tmpfs below deep/below
	local rc=0
	once --mount "type=bind,src=$PWD/deep,dst=/data,readonly,bind-recursive=readonly,bind-propagation=rprivate" \
		box touch /data/below/x >out 2>&1 || rc=$?
	umount deep/below
	eq "$rc" 1 "exit status ($(cat out))"
	file_has out 'Read-only'
}

op_tmpfs()
{
	OUT=$(once --tmpfs /scratch:size=1m,mode=1770,noexec box sh -c 'grep " /scratch " /proc/mounts; stat -c %a /scratch')
	match "$OUT" 'tmpfs.*noexec.*size=1024k'
	match "$OUT" '^1770$'
	has "$(once --mount type=tmpfs,dst=/scratch,tmpfs-size=2m box grep ' /scratch ' /proc/mounts)" size=2048k
}

op_read_only()
{
	fails 1 once --read-only box touch /x
	has "$OUT" "Read-only"
	eq "$(once --read-only --tmpfs /tmp box sh -c 'echo x >/tmp/x && echo x >/dev/shm/x && cat /tmp/x')" x
}

op_cap_drop()
{
	local usual
	usual=$(field CapBnd)
	eq "$(field CapBnd --cap-drop all)" 0000000000000000
	eq "$(field CapBnd --cap-drop chown)" "$(printf %016x $((0x$usual & ~1)))"
	fails 1 once --cap-drop chown box chown 1 /tmp
	has "$OUT" "not permitted"
}

op_cap_add()
{
	eq "$(field CapEff --cap-drop all --cap-add net_admin --cap-add sys_time)" "$(printf %016x $((1 << 12 | 1 << 25)))"
	same "$(field CapBnd --cap-add all)" "$(status_of $$ CapBnd)"
}

op_privileged()
{
	eq "$(once --privileged box sh -c 'mkdir -p /mnt && mount -t tmpfs x /mnt && grep -c " /mnt " /proc/mounts')" 1
	eq "$(field Seccomp --privileged)" 0
	once --privileged box sh -c 'test -w /sys/kernel && test -w /proc/sys/kernel/panic && test -b "$(ls /dev/ubda /dev/vda 2>/dev/null)"'
}

op_seccomp()
{
	eq "$(field Seccomp)" 2
	eq "$(field Seccomp --security-opt seccomp=unconfined)" 0
	cat >no-mkdir.json <<-END
	{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
	END
	fails 1 once --security-opt seccomp=no-mkdir.json box mkdir /x
	has "$OUT" "not supported"
}

op_no_new_privileges()
{
	eq "$(field NoNewPrivs)" 0
	eq "$(field NoNewPrivs --security-opt no-new-privileges)" 1
}

op_systempaths()
{
	fails 1 once box sh -c 'echo 1 >/proc/sys/kernel/panic'
	has "$OUT" "Read-only"
	eq "$(once box sh -c 'wc -c </proc/timer_list; wc -c </proc/keys; ls /proc/acpi /proc/scsi 2>/dev/null | grep -v :')" $'0\n0'
	eq "$(once --security-opt systempaths=unconfined box sh -c 'grep -cE " /proc/[a-z]" /proc/mounts || true')" 0
}

op_apparmor()
{
	if [ "$(cat /sys/module/apparmor/parameters/enabled)" != Y ]; then
		eq "$(once --security-opt apparmor=unconfined box echo x)" x
		skip "the kernel has no AppArmor"
	fi
	has "$(once box cat /proc/self/attr/current)" "docker-default (enforce)"
	has "$(once --security-opt apparmor=unconfined box cat /proc/self/attr/current)" unconfined
	up box sleep 1000
	has "$(docker exec "$C" cat /proc/self/attr/current)" "docker-default (enforce)"
}

op_label()
{
	local own file
	if [ ! -e /sys/fs/selinux/enforce ]; then
		eq "$(once --security-opt label=disable box echo x)" x
		eq "$(once --security-opt label=type:container_t box echo x)" x
		skip "no SELinux: nothing but that the options are not in the way"
	fi
	mkdir v
	up -v "$OPDIR/v:/v:Z" box sleep 1000
	own=$(label_of "$(pid_of)")
	match "$own" ':container_t:s0:c[0-9]+,c[0-9]+$'
	eq "$(docker exec "$C" cat /proc/self/attr/current | tr -d '\0')" "$own" "of exec"
	file=system_u:object_r:container_file_t:${own#*_t:}
	eq "$(stat -c %C "/proc/$(pid_of)/root/etc")" "$file" "of the root"
	eq "$(stat -c %C "/proc/$(pid_of)/root/dev/shm")" "$file" "of a tmpfs"
	eq "$(stat -c %C v)" "$file" "of a volume"
	lacks "$(once --security-opt label=disable box cat /proc/self/attr/current)" :container_t:
	has "$(once --security-opt label=type:container_init_t --security-opt label=level:s0:c7,c9 box cat /proc/self/attr/current)" \
		:container_init_t:s0:c7,c9
}

op_device()
{
	eq "$(once --device /dev/null:/dev/other:rw box sh -c 'stat -c "%F %t:%T" /dev/other; echo x >/dev/other')" \
		"character special file 1:3"
	once --device /dev/fuse:/dev/other:rw box sh -c 'exec 3<>/dev/other'
	fails 1 once --device /dev/fuse:/dev/other:w box sh -c 'exec 3</dev/other'
	has "$OUT" "not permitted"
}

op_device_cgroup_rule()
{
	local make='mknod /tmp/k c 1 11 && exec 3>>/tmp/k'
	fails 1 once --cap-add mknod box sh -c "$make"
	has "$OUT" "not permitted"
	once --cap-add mknod --device-cgroup-rule 'c 1:11 rwm' box sh -c "$make"
}

op_ulimit()
{
	eq "$(once --ulimit nofile=100:200 --ulimit core=0 box sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c')" $'100\n200\n0'
}

op_sysctl()
{
	eq "$(once --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=1234 box cat \
		/proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax)" $'1\n1234'
}

op_init()
{
	match "$(once --init box cat /proc/1/comm)" '^(docker-init|tini)$'
	fails 7 once --init box sh -c '[ $$ != 1 ] && exit 7'
}

op_pids_limit()
{
	up --pids-limit 5 box sleep 1000
	eq "$(cat "$(group)/pids.max")" 5
	docker exec "$C" sh -c 'for i in 1 2 3 4 5 6; do sleep 1 & done; wait' >out 2>&1 || true
	file_has out "fork"
}

op_memory()
{
	local group
	up --memory 64m --memory-swap 128m --memory-reservation 32m box sleep 1000
	group=$(group)
	eq "$(cat "$group/memory.max" "$group/memory.low")" $'67108864\n33554432'
	[ ! -e "$group/memory.swap.max" ] || eq "$(cat "$group/memory.swap.max")" 67108864 "swap"
}

op_cpus()
{
	up --cpus 1 --cpu-shares 2048 box sleep 1000
	eq "$(cat "$(group)/cpu.max")" "100000 100000"
	[ "$(cat "$(group)/cpu.weight")" -gt 100 ] || die "cpu.weight $(cat "$(group)/cpu.weight")"
}

op_cpuset()
{
	grep -qw cpuset /sys/fs/cgroup/cgroup.controllers || skip "the kernel has no cpuset"
	eq "$(field Cpus_allowed_list --cpuset-cpus 0)" 0
}

op_device_bps()
{
	local disk
	disk=$(lsblk -ndpo NAME | head -n 1)
	[ -e /sys/fs/cgroup/system.slice/io.max ] || skip "the kernel has no io.max"
	up --device-write-bps "$disk:1mb" box sleep 1000
	# docker 26 of trixie: not in what it says of the container, nor in config.json
	[ "$(docker inspect -f '{{json .HostConfig.BlkioDeviceWriteBps}}' "$C")" != "[]" ] || skip "docker takes the option and forgets it"
	# the limit of a scope holds for the cgroup below it
	has "$(cd "$(group)" && cat io.max "$([ "${PWD##*/}" = container ] && echo ../io.max || echo /dev/null)")" "wbps=1048576"
}

op_shm_size()
{
	has "$(once --shm-size 3m box grep ' /dev/shm ' /proc/mounts)" size=3072k
}

op_user_groups()
{
	match "$(once -u 7:8 --group-add 99 box id)" 'uid=7.* gid=8.* groups=.*99'
	eq "$(once -w /data/made/here box pwd)" /data/made/here
}

op_hostname()
{
	eq "$(once --hostname inside --domainname example.org box sh -c \
		'hostname; cat /proc/sys/kernel/domainname; cat /etc/hostname')" $'inside\nexample.org\ninside'
}

op_host_namespaces()
{
	local show='for n in net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done'
	same "$(docker run --rm $(via) --network host --pid host --ipc host --uts host --cgroupns host box sh -c "$show" | sort)" \
		"$(sh -c "$show" | sed "s|^cgroup:.*|$(readlink /proc/1/ns/cgroup)|" | sort)"
	OUT=$(once box readlink /proc/self/ns/uts)
	match "$OUT" '^uts:'
	[ "$OUT" != "$(readlink /proc/self/ns/uts)" ] || die "uts is shared"
}

op_cgroup_namespace()
{
	eq "$(once box cat /proc/self/cgroup)" "0::/"
	fails 1 once box mkdir /sys/fs/cgroup/x
	has "$OUT" "Read-only"
	case $(engine_version) in
	26.*) ;; # has no such option
	*) once --security-opt writable-cgroups=true box mkdir /sys/fs/cgroup/x ;;
	esac
}

op_cgroup_parent()
{
	local parent=berthtest.slice want=/berthtest.slice/docker-
	[ "$DRIVER" = systemd ] || { parent=/berthtest want=/berthtest/; }
	up --cgroup-parent "$parent" box sleep 1000
	has "$(group)" "/sys/fs/cgroup$want$(inspect '{{.Id}}')"
}

op_oom_score()
{
	eq "$(once --oom-score-adj 321 box cat /proc/self/oom_score_adj)" 321
}

op_environment()
{
	eq "$(once -e A=b --env HOME=/x box sh -c 'echo $A $HOME; umask; env | grep -cE "^(_OCI|BERTH|XDG|NOTIFY|TTRPC|LISTEN)"')" \
		$'b /x\n0022\n0'
}

op_bridge()
{
	OUT=$(docker run --rm $(via) box sh -c 'ip -o -4 addr show eth0; ip route; ip -o link show lo')
	match "$OUT" 'inet 172\.'
	match "$OUT" '^default via 172\.'
	match "$OUT" 'lo: <LOOPBACK,UP'
}

# pages: the web server of $C answers with one
pages()
{
	docker exec "$C" sh -c 'echo page >/tmp/index.html; httpd -h /tmp -p 8000'
}

op_publish()
{
	nat || skip "no NAT in this kernel"
	docker run -d --name "$C" $(via) -p 18080:8000 box sleep 1000
	pages
	eq "$(curl -sf --max-time 10 "http://127.0.0.1:18080/")" page
}

op_network_names()
{
	nat || skip "no NAT in this kernel"
	docker network create op-net
	docker run -d --name "$C" $(via) --network op-net box sleep 1000
	pages
	eq "$(docker run --rm $(via) --network op-net box wget -q -O - "http://$C:8000/")" page
}

# --- user namespaces: a daemon of its own, as the setting is one for all containers ----------------------------------

# remapped ARG...: docker of the other daemon
remapped()
{
	docker -H "unix:///run/engines/remap-$RT.sock" "$@"
}

remap_begin()
{
	local d=/run/engines/remap-$RT
	second_daemon "berth-remap-$RT" dockerd --config-file /dev/null \
		--data-root "$d/data" --exec-root "$d/exec" --pidfile "$d/pid" -H "unix://$d.sock" \
		--exec-opt "native.cgroupdriver=$DRIVER" --add-runtime "$RT=$BIN/$RT" --default-runtime "$RT" \
		--userns-remap default
	wait_for 40 remapped version
	remapped import /run/engines/box.tar box
}

remap_ops()
{
	remap_begin
	OUT=$(remapped run --rm --network none box sh -ec 'cat /proc/self/uid_map; id -u; touch /root/x; stat -c "uid %u" /root/x')
	match "$OUT" '^ +0 +[1-9][0-9]+ +65536$'
	has "$OUT" "uid 0"
	remapped run -d --network none --name one --memory 50m --read-only --tmpfs /tmp box sleep 1000
	OUT=$(remapped exec one sh -ec 'id -u; touch /tmp/x; cat /proc/self/gid_map')
	match "$OUT" '^ +0 +[1-9][0-9]+ +65536$'
	[ "$(stat -c %u "/proc/$(remapped inspect -f '{{.State.Pid}}' one)")" -ge 100000 ] || die "root of the host"
	match "$(remapped run --rm --network none --userns host box cat /proc/self/uid_map)" '^ +0 +0 +4294967295$'
	remapped rm -f one
}

op_userns_remap()
{
	strictly remap_ops
	second_daemon_end "berth-remap-$RT" remapped
}
