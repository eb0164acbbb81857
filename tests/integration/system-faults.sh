# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# The faults of tests/fault with the systemd driver: a few of those that each command can meet.

. "$REPO/tests/integration/faults.inc"

test_fail_create()
{
	faults fail create plain
}

test_fail_start()
{
	faults fail start plain
}

test_fail_run()
{
	faults fail run userns
}

test_fail_exec()
{
	faults fail exec plain
}

test_fail_update()
{
	faults fail update plain
}

test_fail_delete()
{
	faults fail delete plain
}

test_fail_pause()
{
	faults fail pause plain
}

test_kill_create()
{
	faults kill create plain
}

test_kill_delete()
{
	faults kill delete_force plain
}

test_fail_kill()
{
	faults fail kill plain
	faults fail kill_all plain
}

test_fail_resume()
{
	faults fail resume plain
}

test_fail_create_slice()
{
	faults fail create slice
}

test_kill_create_slice()
{
	faults kill create slice
}
