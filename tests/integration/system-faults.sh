# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# The faults of tests/fault with what a jail has not: the machine's own manager, which makes the cgroups.

# faults fail|kill COMMAND VARIANT
faults()
{
	BERTH_GLOBALS=--systemd-cgroup SAMPLE=${SAMPLE:-3} python3 -B "$REPO/tests/fault/faults.py" "$@" || die "see above"
}

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
