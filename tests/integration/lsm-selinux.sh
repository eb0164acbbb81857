# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# SELinux in force, with Debian's policy and the domain of tests/vm/lsm/berth.cil: a container has its labels, and the policy
# holds it. In the machine of `make check-lsm`.

LABEL=unconfined_u:unconfined_r:berth_test_t:s0
FILES=unconfined_u:object_r:berth_test_file_t:s0

labelled()
{
	[ "$(cat /sys/fs/selinux/enforce)" = 1 ] || die "SELinux does not enforce"
	bundle_new "$@"
	chcon -R "$FILES" "$B/rootfs" || die "the files cannot be labelled"
	cfg --arg l "$LABEL" --arg m "$FILES" '.process.selinuxLabel = $l | .linux.mountLabel = $m'
	# what a process may not use is taken from it at the exec: its output as well
	touch /mnt/test/.out /mnt/test/.err "$B/out" "$B/err"
	chcon "$FILES" /mnt/test/.out /mnt/test/.err "$B/out" "$B/err"
	mkdir -p /mnt/test/host
	echo "of the host" >/mnt/test/host/file
}

label_of()
{
	tr -d '\0\n' <"/proc/$1/attr/current"
}

CAPS='["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_CHOWN", "CAP_FOWNER", "CAP_KILL", "CAP_SYS_ADMIN"]'

test_run_create_and_exec_have_the_label()
{
	labelled
	args /bin/cat /proc/self/attr/current
	run_ok
	assert_eq "$OUT" "$LABEL"
	args /bin/sh -c 'cat /proc/self/attr/current; sleep 100'
	up
	wait_for 5 file_has "$B/out" berth_test_t
	assert_eq "$(label_of "$(pid_of)")" "$LABEL" 'seen from the host'
	rt_ok exec "$ID" /bin/cat /proc/self/attr/current
	assert_eq "$OUT" "$LABEL"
	rt_ok exec --user 1000:1000 "$ID" /bin/cat /proc/self/attr/current
	assert_eq "$OUT" "$LABEL"
	rt_ok exec --process-label "$LABEL:c1,c2" "$ID" /bin/cat /proc/self/attr/current
	assert_eq "$OUT" "$LABEL:c1,c2"
	delete_ok --force
	assert_clean
}

# The policy holds who would be root.
test_files_of_the_host_are_out_of_reach()
{
	labelled
	mount_add /host bind /mnt/test/host bind
	cfg --argjson c "$CAPS" '.process.capabilities |= map_values($c)'
	args /bin/sh -c 'cat /host/file; echo x >/host/new; echo mine >/data/own && cat /data/own'
	rt run --bundle "$B" "$ID"
	assert_eq "$OUT" mine
	assert_match "$ERR" '/host/file.*Permission denied'
	[ ! -e /mnt/test/host/new ] || die "a file was made"
	# the twin
	cfg 'del(.process.selinuxLabel)'
	args /bin/sh -c 'cat /host/file; cat /proc/self/attr/current'
	run_ok
	assert_line "of the host"
	assert_re ':unconfined_t:'
	assert_clean
}

# What is mounted fresh has the mount label; what shows the kernel or was there before has its own.
test_mount_labels()
{
	labelled
	mount_add /scratch tmpfs tmpfs
	args /bin/sh -c 'echo x >/scratch/file; echo x >/dev/shm/file; sleep 100'
	up
	local root
	root=/proc/$(pid_of)/root
	wait_for 5 test -e "$root/dev/shm/file"
	for f in dev dev/null dev/shm dev/shm/file scratch scratch/file dev/pts; do
		assert_eq "$(stat -c %C "$root/$f")" "$FILES" "/$f"
	done
	assert_match "$(stat -c %C "$root/proc/version")" ':proc_t:'
	delete_ok --force
	# without a label the file systems have those of the policy
	cfg 'del(.linux.mountLabel, .process.selinuxLabel)'
	args /bin/sleep 100
	up
	assert_match "$(stat -c %C "/proc/$(pid_of)/root/dev/shm")" 'tmpfs_t:'
	delete_ok --force
	assert_clean
}

test_keyring_has_the_label()
{
	labelled
	args /bin/sh -c '/bin/probe keyring; sleep 100'
	up
	wait_for 5 file_has "$B/out" keyring.keys
	OUT=$(<"$B/out")
	assert_eq "$(value keyring.label)" "$LABEL"
	local ring
	ring=$(value keyring)
	rt_ok exec "$ID" /bin/probe keyring
	assert_eq "$(value keyring)" "$ring"
	assert_eq "$(value keyring.label)" "$LABEL"
	delete_ok --force
	assert_clean
}

test_no_new_privileges()
{
	labelled
	cfg '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	args /bin/sh -c 'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status; cat /proc/self/attr/current'
	run_ok
	assert_eq "$OUT" $'NoNewPrivs:\t1\nSeccomp:\t2\n'"$LABEL"
	args /bin/sleep 100
	up
	rt_ok exec "$ID" /bin/sh -c 'grep NoNewPrivs: /proc/self/status; cat /proc/self/attr/current'
	assert_eq "$OUT" $'NoNewPrivs:\t1\n'"$LABEL"
	delete_ok --force
	assert_clean
}

test_in_a_user_namespace()
{
	labelled
	userns
	chcon -R "$FILES" "$B/rootfs"
	args /bin/sh -c 'cat /proc/self/attr/current'
	run_ok
	assert_eq "$OUT" "$LABEL"
	assert_clean
}

# cannot_be_had LABEL: how it is said. A label that the policy knows is taken, and refused when the program is executed.
cannot_be_had()
{
	case $1 in
	*:kernel_t:*) echo ': exec: "/bin/sh": permission denied$' ;;
	*) echo "selinuxLabel: the SELinux policy does not know the label \"$1\"" ;;
	esac
}

# A label that the policy does not know, or does not let us go to: no container.
test_labels_that_cannot_be_had()
{
	local label
	labelled
	args /bin/sleep 100
	up
	rt_fails "$(cannot_be_had junk)" exec --process-label junk "$ID" /bin/true
	for label in junk system_u:system_r:kernel_t:s0; do
		jq -n --arg l "$label" '{args: ["/bin/sh", "-c", "echo ran >/ran"], cwd: "/", selinuxLabel: $l}' >/mnt/test/p.json
		rt_fails "$(cannot_be_had "$label")" exec --process /mnt/test/p.json "$ID"
		[ ! -e "$B/rootfs/ran" ] || die "it ran with $label"
	done
	delete_ok --force
	rm -rf "$B"
	for label in unconfined_u:unconfined_r:berth_no_such_t:s0 junk system_u:system_r:kernel_t:s0 "$LABEL:c9999"; do
		labelled
		cfg --arg l "$label" '.process.selinuxLabel = $l'
		args /bin/sh -c 'echo ran >/ran'
		run_fails "$(cannot_be_had "$label")"
		[ ! -e "$B/rootfs/ran" ] || die "it ran with $label"
		rm -rf "$B"
	done
	labelled
	cfg '.linux.mountLabel = "junk"'
	run_fails 'linux\.mountLabel|mounts'
}

# Files of the config on the places where the label is written to.
test_fake_files_of_labels()
{
	local where
	labelled
	args /bin/sh -c 'echo ran >/ran; cat /host/file'
	mount_add /host bind /mnt/test/host bind
	for where in /proc/self/attr /proc/self /proc; do
		mkdir -p /mnt/test/fake/self/attr /mnt/test/fake/attr
		: >/mnt/test/fake/self/attr/exec
		: >/mnt/test/fake/attr/exec
		: >/mnt/test/fake/exec
		cp "$B/config.json" /mnt/test/saved.json
		mount_add $where bind /mnt/test/fake bind
		rt run --bundle "$B" "$ID"
		assert_no_re 'of the host'
		assert_eq "$(find /mnt/test/fake -type f -size +0)" '' "written to, with $where"
		cp /mnt/test/saved.json "$B/config.json"
		rm -rf /mnt/test/fake
	done
	assert_clean
}

test_hooks_have_the_label_of_their_caller()
{
	labelled
	printf '#!/bin/sh\ntr -d "\\0" </proc/self/attr/current >/mnt/test/hook.label\n' >/mnt/test/hook
	chmod 0755 /mnt/test/hook
	cfg '.hooks.createRuntime = [{path: "/mnt/test/hook", env: ["PATH=/usr/bin:/bin"]}]'
	args /bin/true
	run_ok
	assert_eq "$(</mnt/test/hook.label)" "$(label_of self)"
	assert_clean
}
