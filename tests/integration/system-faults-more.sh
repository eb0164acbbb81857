# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# vm: asked
# The faults of tests/fault with the systemd driver: the other commands and containers, as in 10-fail.sh and 20-kill.sh there.

. "$REPO/tests/integration/faults.inc"

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

test_fail_start_slice()
{
	faults fail start slice
}

test_fail_run()
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

test_fail_run_seccomp()
{
	faults fail run seccomp
}

test_fail_exec_terminal()
{
	faults fail exec terminal
}

test_fail_exec_userns()
{
	faults fail exec userns
}

test_fail_delete_hooks()
{
	faults fail delete hooks
}

test_fail_delete_slice()
{
	faults fail delete slice
}

test_fail_delete_force_userns()
{
	faults fail delete_force userns
}

test_fail_delete_force_slice()
{
	faults fail delete_force slice
}

test_fail_update_userns()
{
	faults fail update userns
}

test_fail_pause_userns()
{
	faults fail pause userns
}

test_fail_resume_userns()
{
	faults fail resume userns
}

test_kill_create_userns()
{
	faults kill create userns
}

test_kill_create_hooks()
{
	faults kill create hooks
}

test_kill_start()
{
	faults kill start plain
}

test_kill_start_slice()
{
	faults kill start slice
}

test_kill_run_terminal()
{
	faults kill run terminal
}

test_kill_exec()
{
	faults kill exec plain
}

test_kill_update()
{
	faults kill update plain
}

test_kill_delete_hooks()
{
	faults kill delete hooks
}

test_kill_delete_force_slice()
{
	faults kill delete_force slice
}
