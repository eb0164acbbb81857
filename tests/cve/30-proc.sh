# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# What the runtime writes below /proc goes to the kernel, and to nothing that an image or a volume put there.

. "$REPO/tests/cve/lib.sh"

PORT=net.ipv4.ip_unprivileged_port_start

fake_proc()
{
	mkdir -p "$1/self/attr/apparmor" "$1/thread-self/attr/apparmor" "$1/1/attr" "$1/sys/net/ipv4" "$1/self/fd"
	: >"$1/sys/net/ipv4/ip_unprivileged_port_start"
	for f in self/attr/exec self/attr/apparmor/exec self/attr/current self/attr/keycreate thread-self/attr/exec \
		thread-self/attr/apparmor/exec 1/attr/exec self/oom_score_adj self/setgroups self/uid_map; do
		: >"$1/$f"
	done
}

fake_kept()
{
	local got
	got=$(find "$1" -type f -size +0)
	[ -z "$got" ] || found "written to files of the attacker: $got"
}

# A volume over /proc, or over a part of it, by any name that leads there; a sysctl stands for all that is written.
test_fake_proc()
{
	local dest
	for dest in /proc /proc/sys /proc/sys/net/ipv4 /a /a/sys/net/ipv4 /x/../proc/sys //proc//sys/; do
		variant "a volume on $dest"
		fake_proc "$B/fake"
		ln -s /proc "$B/rootfs/a"
		mkdir "$B/rootfs/x"
		ns_add network
		cfg --arg k $PORT '.linux.sysctl = {($k): "77"}'
		case $dest in
		*ipv4) mount_add "$dest" bind "$B/fake/sys/net/ipv4" bind ;;
		*sys | *sys/) mount_add "$dest" bind "$B/fake/sys" bind ;;
		*) mount_add "$dest" bind "$B/fake" bind ;;
		esac
		script 'echo ok >/result'
		attack_run
		fake_kept "$B/fake"
	done
	for dest in /proc/self /proc/self/attr /proc/thread-self; do
		variant "a label, a volume on $dest"
		fake_proc "$B/fake"
		cfg '.process.apparmorProfile = "nothing-of-that-name" | .process.oomScoreAdj = 100'
		case $dest in
		*attr) mount_add "$dest" bind "$B/fake/self/attr" bind ;;
		*) mount_add "$dest" bind "$B/fake/self" bind ;;
		esac
		script 'echo ok >/result'
		attack_run
		fake_kept "$B/fake"
		# this kernel has no such profile: a container that ran is not confined
		[ "$(result)" != ok ] || ! on_berth || found "it ran without its profile"
	done
	variant "no volume"
	ns_add network
	cfg --arg k $PORT '.linux.sysctl = {($k): "77"}'
	script 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start >/result'
	twin "an ordinary /proc"
	[ "$(result)" = 77 ] || die "no sysctl: $(result)"
}

# /proc of the image is a link: procfs must not land elsewhere while another mount, or nothing, is on /proc.
test_proc_link()
{
	local to dir
	for dir in proc sys; do
		for to in /evil evil evil/l1/l2 ../evil; do
			variant "$dir -> $to"
			rm -rf "$B/rootfs/$dir"
			fake_proc "$B/rootfs/evil"
			mkdir -p "$B/rootfs/evil/l1"
			ln -s ../../evil "$B/rootfs/evil/l1/l2"
			ln -s "$to" "$B/rootfs/$dir"
			ns_add network
			[ $dir = proc ] || mount_add /sys sysfs sysfs
			cfg --arg k $PORT '.linux.sysctl = {($k): "77"} | .linux.maskedPaths = ["/proc/keys", "/sys/firmware"]'
			script 'echo ok >/result'
			attack_run
			fake_kept "$B/rootfs/evil"
			[ "$(result)" != ok ] || found "it started with /$dir somewhere else"
		done
	done
	variant "a folder"
	mount_add /sys sysfs sysfs
	ns_add network
	cfg --arg k $PORT '.linux.sysctl = {($k): "77"}'
	twin "no link"
}

# The same, with a volume that lies where the link leads to.
test_proc_link_and_volume()
{
	local to
	for to in /evil evil; do
		variant "proc -> $to, a volume there"
		rm -rf "$B/rootfs/proc"
		mkdir "$B/rootfs/evil"
		fake_proc "$B/fake"
		ln -s "$to" "$B/rootfs/proc"
		ns_add network
		mount_add /evil bind "$B/fake" bind
		cfg --arg k $PORT '.linux.sysctl = {($k): "77"}'
		script 'echo ok >/result'
		attack_run
		fake_kept "$B/fake"
	done
	variant "a volume beside it"
	fake_proc "$B/fake"
	ns_add network
	mount_add /evil bind "$B/fake" bind
	cfg --arg k $PORT '.linux.sysctl = {($k): "77"}'
	twin "no link"
}

# A sysctl belongs to a namespace that the container owns, and its name and value are one name and one value. What is
# written is what stands there already.
test_sysctl_names()
{
	local name value
	value=$(</proc/sys/vm/swappiness)
	for name in vm.swappiness vm/swappiness net/../vm/swappiness kernel.shm_rmid_forced/../../vm/swappiness \
		net.ipv4/../../vm/swappiness .vm.swappiness net..ipv4 /net/ipv4/ip_forward kernel.core_pattern kernel.printk \
		fs.mqueue/../protected_hardlinks 'net.ipv4.ip_forward
' ; do
		variant "$name"
		ns_add network
		cfg --arg n "$name" --arg v "$value" '.linux.sysctl = {($n): $v}'
		script 'echo ok >/result'
		attack_run
		[ "$(result)" != ok ] || found "it started"
	done
	for name in net.ipv4.ip_forward kernel.msgmax kernel.hostname; do
		variant "$name without a namespace"
		ns_del network
		ns_del ipc
		ns_del uts
		cfg 'del(.hostname)'
		value=$(cat "/proc/sys/${name//.//}")
		cfg --arg n "$name" --arg v "$value" '.linux.sysctl = {($n): $v}'
		script 'echo ok >/result'
		attack_run
		[ "$(result)" != ok ] || found "it started"
	done
	variant "a value of two lines"
	ns_add network
	cfg --arg k $PORT '.linux.sysctl = {($k): "77\nnet.ipv4.ip_forward=1"}'
	script 'echo ok >/result'
	attack_run
	[ "$(result)" != ok ] || ! on_berth || found "it started"
	variant "sysctls of namespaces of its own"
	ns_add network
	cfg --arg k $PORT '.linux.sysctl = {($k): "77", "kernel.msgmax": "8000", "fs.mqueue.msg_max": "11"}'
	script 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max >/result'
	twin "good names"
	[ "$(result | tr '\n' ' ')" = "77 8000 11 " ] || die "the values are $(result)"
}

# By the time of an exec the container's /proc may be anything; it is not looked at.
test_exec_with_fake_proc()
{
	local caps='["CAP_SYS_ADMIN"]'
	variant "files and FIFOs on /proc"
	fake_proc "$B/rootfs/fake"
	mkfifo "$B/rootfs/fake/self/status" "$B/rootfs/fake/mounts" "$B/rootfs/fake/self/cgroup"
	cfg --argjson c "$caps" '.process.capabilities |= map_values(. + $c) | .process.oomScoreAdj = 50'
	script 'mount -o bind /fake /proc && echo mounted >/mounted; sleep 60'
	up_or_die
	wait_for 5 test -e "$B/rootfs/mounted" || die "nothing was mounted on /proc: $(cat "$B/out")"
	attack exec "$ID" /bin/sh -c 'echo ok >/result'
	[ "$(result)" = ok ] || ! on_berth || found "exec did not run: $ERR"
	fake_kept "$B/rootfs/fake"
	attack exec --user 1000:1000 --env HOME= "$ID" /bin/true
	fake_kept "$B/rootfs/fake"
	remove
	variant "an ordinary /proc"
	script 'sleep 60'
	up_or_die
	attack exec "$ID" /bin/true
	[ "$RC" = 0 ] || die "exec: $ERR"
	remove
}

# The kernel refuses a new procfs in a user namespace whose own view of it has things mounted over; nobody gives the host's
# instead.
test_overmounted_proc()
{
	variant "something is mounted on the host's /proc"
	mount -t tmpfs none /proc/acpi 2>/dev/null || mount -t tmpfs none /proc/fs || skip "nothing to mount over"
	sleep 54321 &
	local neighbour=$!
	userns
	script 'cat /proc/[0-9]*/cmdline >/result; true'
	attack_run
	! grep -q 54321 "$B/rootfs/result" 2>/dev/null || found "the host's processes are shown"
	kill $neighbour
	umount /proc/acpi 2>/dev/null || umount /proc/fs
	variant "nothing is"
	userns
	script 'ls -d /proc/[0-9]* >/result'
	twin "an ordinary /proc of the host"
}
