# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the processes of a pid namespace see of a container that joins it later.

# A container "a" with CAPABILITY... that looks into every other process it sees; finds are in /mnt/test/a/out.
spy()
{
	bundle_new a
	cfg '.process.capabilities |= map_values(. + $ARGS.positional)' --args -- "$@"
	cat >"$B/rootfs/bin/spy" <<-'X'
	#!/bin/sh
	while :; do
		for p in /proc/[0-9]*; do
			[ "$p" != /proc/1 ] || continue
			read -r name <$p/comm && echo "seen $name"
			[ -e $p/root/mnt/test/state ] && echo "reached the root of the host: $p/root"
			for f in $p/fd/*; do
				# the numbers can be listed, what they are cannot be followed
				case $f in */[0-2]) ;; *) [ ! -e $f ] || echo "reached $f" ;; esac
			done
		done
	done
	X
	chmod 0755 "$B/rootfs/bin/spy"
	args /bin/spy
	up
}

# A container "b" joins. As long as a hook of the host takes, it has the root of the host.
join_spied()
{
	local pid
	pid=$(pid_of a)
	bundle_new b
	ns_add pid "/proc/$pid/ns/pid"
	cfg '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "1"]}]'
	args /bin/true
	run_ok
	ID=a
	delete_ok --force
	file_has /mnt/test/a/out '^seen .*berth-ini' || die "the spy did not see berth-init"
}

test_joining_a_pid_namespace_shows_nothing_without_ptrace()
{
	spy CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_ADMIN
	join_spied
	! grep '^reached' /mnt/test/a/out || die "berth-init was looked into"
	assert_clean
}
