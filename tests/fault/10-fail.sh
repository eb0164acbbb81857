# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Each system call of berth and of berth-init fails once, with each error that it may have (faults.py).

. "$REPO/tests/fault/lib.sh"

test_fail_create_plain()
{
	faults fail create plain
}

test_fail_create_userns()
{
	faults fail create userns
}

test_fail_create_hooks()
{
	faults fail create hooks
}

test_fail_create_terminal()
{
	faults fail create terminal
}

test_fail_create_seccomp()
{
	faults fail create seccomp
}

test_fail_create_joined()
{
	faults fail create joined
}

test_fail_create_existing_cgroup()
{
	some_faults fail create existing_cgroup
}

test_fail_create_pid_file()
{
	some_faults fail create pid_file
}

test_fail_create_host_mounts()
{
	some_faults fail create host_mounts
}

test_fail_create_same_path()
{
	faults fail create same_path
}

test_fail_start_plain()
{
	faults fail start plain
}

test_fail_start_hooks()
{
	faults fail start hooks
}

test_fail_start_seccomp()
{
	faults fail start seccomp
}

test_fail_start_userns()
{
	faults fail start userns
}

test_fail_run_plain()
{
	faults fail run plain
}

test_fail_run_hooks()
{
	faults fail run hooks
}

test_fail_run_terminal()
{
	faults fail run terminal
}

test_fail_run_userns()
{
	some_faults fail run userns
}

test_fail_run_detached_seccomp()
{
	faults fail run_detached seccomp
}

test_fail_exec_plain()
{
	faults fail exec plain
}

test_fail_exec_userns()
{
	faults fail exec userns
}

test_fail_exec_terminal()
{
	faults fail exec terminal
}

test_fail_exec_detached_joined()
{
	faults fail exec_detached joined
}

test_fail_exec_seccomp()
{
	some_faults fail exec seccomp
}

test_fail_exec_pid_file()
{
	some_faults fail exec pid_file
}

test_fail_kill()
{
	faults fail kill plain
	faults fail kill_all plain
}

test_fail_delete_plain()
{
	faults fail delete plain
}

test_fail_delete_hooks()
{
	faults fail delete hooks
}

test_fail_delete_force()
{
	faults fail delete_force userns
}

test_fail_update()
{
	faults fail update plain
}

test_fail_pause()
{
	faults fail pause plain
}

test_fail_resume()
{
	faults fail resume plain
}

test_fail_others_userns()
{
	some_faults fail kill userns
	some_faults fail kill_all userns
	some_faults fail update userns
	some_faults fail pause userns
	some_faults fail resume userns
	some_faults fail delete userns
}

test_fail_looking()
{
	faults fail state plain
	faults fail list plain
	faults fail ps plain
}
