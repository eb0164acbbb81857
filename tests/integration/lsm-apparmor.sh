# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
# AppArmor in force: a container runs under its profile or not at all. In the machine of `make check-lsm`.

# Two profiles: what a container gets, and one for a berth that is confined itself. Both hide /etc/secret.
profiles()
{
	[ "$(cat /sys/module/apparmor/parameters/enabled)" = Y ] || die "AppArmor is not in force"
	apparmor_parser --replace --skip-cache <<-'X' || die "the profiles cannot be loaded"
	profile berth-test flags=(attach_disconnected,mediate_deleted) {
	  file, capability, network, mount, umount, signal, ptrace, unix, dbus, pivot_root, userns, mqueue, change_profile,
	  deny /etc/secret rw,
	}
	profile berth-other flags=(attach_disconnected,mediate_deleted) {
	  file, capability, network, mount, umount, signal, ptrace, unix, dbus, pivot_root, userns, mqueue, change_profile,
	  deny /etc/passwd rw,
	}
	profile berth-outer flags=(attach_disconnected,mediate_deleted) {
	  file, capability, network, mount, umount, signal, ptrace, unix, dbus, pivot_root, userns, mqueue, change_profile,
	}
	X
}

# Engines look for the file in back-quotes, to say what the matter is in words of their own.
NO_PROFILE='.*`/proc/self/attr/apparmor/exec`.*berth-none.*: no such file or directory'

confined()
{
	profiles
	bundle_new
	cfg '.process.apparmorProfile = "berth-test"'
}

LOOK='cat /proc/self/attr/current; cat /etc/secret 2>/dev/null && echo readable; true'

test_run_create_and_exec_are_confined()
{
	confined
	args /bin/sh -c "$LOOK"
	run_ok
	assert_eq "$OUT" 'berth-test (enforce)'
	args /bin/sh -c "$LOOK; sleep 100"
	up
	wait_for 5 file_has "$B/out" berth
	assert_eq "$(<"$B/out")" 'berth-test (enforce)'
	assert_eq "$(tr -d '\0' <"/proc/$(pid_of)/attr/current")" 'berth-test (enforce)' 'seen from the host'
	rt_ok exec "$ID" /bin/sh -c "$LOOK"
	assert_eq "$OUT" 'berth-test (enforce)'
	rt_ok exec --user 1000:1000 "$ID" /bin/cat /proc/self/attr/current
	assert_eq "$OUT" 'berth-test (enforce)'
	delete_ok --force
	# the twin
	cfg 'del(.process.apparmorProfile)'
	args /bin/sh -c "$LOOK"
	run_ok
	assert_eq "$OUT" $'unconfined\nsecret\nreadable'
	assert_clean
}

test_exec_with_a_profile_of_its_own()
{
	confined
	args /bin/sleep 100
	up
	rt_ok exec --apparmor berth-other "$ID" /bin/cat /proc/self/attr/current /etc/secret
	assert_eq "$OUT" $'berth-other (enforce)\nsecret'
	echo '{"args": ["/bin/cat", "/proc/self/attr/current"], "cwd": "/", "apparmorProfile": "berth-other"}' >/mnt/test/p.json
	rt_ok exec --process /mnt/test/p.json "$ID"
	assert_eq "$OUT" 'berth-other (enforce)'
	rt_fails "apparmor.*$NO_PROFILE" exec --apparmor berth-none "$ID" /bin/true
	echo '{"args": ["/bin/true"], "cwd": "/", "apparmorProfile": "berth-none"}' >/mnt/test/p.json
	rt_fails "apparmorProfile$NO_PROFILE" exec --process /mnt/test/p.json "$ID"
	delete_ok --force
	assert_clean
}

test_no_new_privileges()
{
	confined
	cfg '.process.noNewPrivileges = true'
	args /bin/sh -c "grep NoNewPrivs /proc/self/status; $LOOK"
	run_ok
	assert_eq "$OUT" $'NoNewPrivs:\t1\nberth-test (enforce)'
	args /bin/sleep 100
	up
	rt_ok exec "$ID" /bin/sh -c "grep NoNewPrivs /proc/self/status; $LOOK"
	assert_eq "$OUT" $'NoNewPrivs:\t1\nberth-test (enforce)'
	delete_ok --force
	assert_clean
}

test_with_seccomp_and_a_user_namespace()
{
	confined
	userns
	cfg '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	args /bin/sh -c "grep Seccomp: /proc/self/status; $LOOK"
	run_ok
	assert_eq "$OUT" $'Seccomp:\t2\nberth-test (enforce)'
	cfg '.process.noNewPrivileges = false'
	run_ok
	assert_eq "$OUT" $'Seccomp:\t2\nberth-test (enforce)'
	assert_clean
}

test_a_profile_that_is_not_loaded()
{
	profiles
	bundle_new
	cfg '.process.apparmorProfile = "berth-none"'
	args /bin/sh -c 'echo ran >/ran'
	run_fails "process\.apparmorProfile$NO_PROFILE"
	[ ! -e "$B/rootfs/ran" ] || die "it ran"
	assert_clean
}

# A berth that is confined itself: what it starts is confined by the profile as well, or does not start.
test_a_confined_berth()
{
	local real=$BERTH nnp
	confined
	args /bin/sh -c "$LOOK"
	printf '#!/bin/sh\nexec aa-exec -p berth-outer -- "%s" "$@"\n' "$real" >/mnt/test/outer
	chmod 0755 /mnt/test/outer
	command -v aa-exec >/dev/null || printf '#!/bin/sh\necho "exec berth-outer" >/proc/$$/attr/exec && exec "%s" "$@"\n' "$real" >/mnt/test/outer
	for nnp in false true; do
		cfg --argjson n $nnp '.process.noNewPrivileges = $n'
		BERTH=/mnt/test/outer
		rt run --bundle "$B" "$ID"
		BERTH=$real
		echo "no_new_privs $nnp: $RC $OUT $ERR"
		[ "$RC" != 0 ] || assert_match "$(head -n 1 <<<"$OUT")" 'berth-test'
		assert_no_re '^readable'
	done
	assert_clean
}

# Files of the config on the places where the profile is written to: they stay empty, and the profile is in force.
test_fake_files_of_labels()
{
	local where
	confined
	for where in /proc/self/attr /proc/self /proc/thread-self /proc; do
		mkdir -p /mnt/test/fake/attr/apparmor /mnt/test/fake/self/attr/apparmor
		for f in attr/exec attr/current attr/apparmor/exec self/attr/exec self/attr/apparmor/exec exec apparmor; do
			[ -d /mnt/test/fake/$f ] || : >/mnt/test/fake/$f
		done
		cp "$B/config.json" /mnt/test/saved.json
		mount_add $where bind /mnt/test/fake bind
		args /bin/sh -c 'cat /etc/secret && echo readable; true'
		rt run --bundle "$B" "$ID"
		assert_no_re readable
		assert_eq "$(find /mnt/test/fake -type f -size +0)" '' "written to, with $where"
		cp /mnt/test/saved.json "$B/config.json"
		rm -rf /mnt/test/fake
	done
	# and on a running container's /proc, before an exec
	cfg '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	mkdir -p "$B/rootfs/fake/self/attr/apparmor" "$B/rootfs/fake/thread-self/attr/apparmor"
	for f in self/attr/exec self/attr/apparmor/exec thread-self/attr/exec thread-self/attr/apparmor/exec; do
		: >"$B/rootfs/fake/$f"
	done
	args /bin/sh -c 'mount -o bind /fake /proc && echo mounted; sleep 100'
	up
	wait_for 5 file_has "$B/out" mounted || die "$(<"$B/out")"
	rt exec "$ID" /bin/sh -c 'cat /etc/secret && echo readable; true'
	assert_no_re readable
	assert_eq "$(find "$B/rootfs/fake" -type f -size +0)" ''
	delete_ok --force
	assert_clean
}

# Hooks of the host are not the container.
test_hooks_are_not_confined()
{
	confined
	printf '#!/bin/sh\ncat /proc/self/attr/current >/mnt/test/hook.label\n' >/mnt/test/hook
	chmod 0755 /mnt/test/hook
	cfg '.hooks.createRuntime = [{path: "/mnt/test/hook", env: ["PATH=/usr/bin:/bin"]}]'
	args /bin/true
	run_ok
	assert_eq "$(</mnt/test/hook.label)" unconfined
	assert_clean
}
