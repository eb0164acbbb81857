# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Invariants of docs/SECURITY.md that no other test looks at by itself.
# vm: any driver

# What runs as ours in a container's namespaces is neither a file of the host nor can it be changed, also when nobody
# executes it any more.
test_the_executable_inside_is_sealed()
{
	local pid exe before
	bundle_new
	args /bin/sleep 100
	before=$(sha256sum <"$BERTH")
	create_ok
	pid=$(pid_of)
	exe=/proc/$pid/exe
	[ "$(stat -Lc %d:%i "$exe")" != "$(stat -Lc %d:%i "$BERTH")" ] || die "the container sees the runtime's file"
	if (echo x >>"$exe") 2>/dev/null; then
		die "it can be written while it runs"
	fi
	exec 9<"$exe"
	delete_ok --force
	# in place: growing it is another seal
	if dd if=/dev/zero of=/proc/self/fd/9 bs=1 count=1 conv=notrunc 2>/dev/null; then
		die "it can be written afterwards"
	fi
	exec 9<&-
	assert_eq "$(sha256sum <"$BERTH")" "$before"
	assert_clean
}

# The name of a pid file may lie where others can make links.
test_pid_file_does_not_follow_a_link()
{
	bundle_new
	args /bin/sleep 100
	echo keep >/mnt/test/victim
	ln -s /mnt/test/victim /mnt/test/pid
	create_ok --pid-file /mnt/test/pid
	assert_eq "$(cat /mnt/test/victim)" keep
	[ ! -L /mnt/test/pid ] || die "the link is still there"
	assert_eq "$(cat /mnt/test/pid)" "$(pid_of)"
	delete_ok --force
	assert_clean
}
