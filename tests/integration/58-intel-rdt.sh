# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# linux.intelRdt, on a directory that stands for the resctrl file system (tests/probe/fake-resctrl.c).
# vm: any driver

# The runtime sees a resctrl with the groups that the test makes; $R is its root, $R.log what was written.
rdt_host()
{
	R=/mnt/test/resctrl
	mkdir -p "$R/info" "$R/mon_groups" "$R/mon_data"
	echo ok >"$R/info/last_cmd_status"
	printf '    L3:0=fff;1=fff\n    MB:0=100;1=100\n' >"$R/schemata"
	touch "$R/tasks" "$R.log"
	# a static program loads no library before itself
	[ "${BERTH##*/}" != berth ] || [ ! -x "$BUILD/berth-full" ] || BERTH=$BUILD/berth-full
	printf '#!/bin/sh\nexport FAKE_RESCTRL=%s LD_PRELOAD=%s ASAN_OPTIONS="verify_asan_link_order=0:$ASAN_OPTIONS"\nexec "%s" "$@"\n' \
		"$R" "$BUILD/tests/fake-resctrl.so" "$BERTH" >/mnt/test/berth-rdt
	chmod +x /mnt/test/berth-rdt
	BERTH=/mnt/test/berth-rdt
	bundle_new
	args /bin/sleep 100
}

# group_new NAME: a class of service that somebody else has made
group_new()
{
	mkdir -p "$R/$1/mon_groups" "$R/$1/mon_data"
	printf '    L3:0=0ff;1=fff\n    MB:0= 50;1=100\n' >"$R/$1/schemata"
	touch "$R/$1/tasks"
}

rdt()
{
	cfg --argjson r "$1" '.linux.intelRdt = $r'
}

groups()
{
	find "$R" -mindepth 1 -maxdepth 1 -type d ! -name info ! -name 'mon_*' -printf '%P\n' | sort | xargs
}

assert_task()
{
	grep -qx "$(pid_of)" "$R/$1/tasks" || die "the process is not in $1: $(cat "$R/$1/tasks")"
}

# shows: linux.intelRdt.no-resctrl
test_without_resctrl()
{
	! grep -q ' - resctrl ' /proc/self/mountinfo || skip "this machine has resctrl"
	bundle_new
	rdt '{}'
	create_fails 'linux\.intelRdt: no resctrl file system is mounted'
	rdt '{"closID": "x"}'
	create_fails 'linux\.intelRdt: no resctrl file system is mounted'
}

# shows: linux.intelRdt.unset
test_nothing_is_written_unasked()
{
	rdt_host
	group_new c1
	up
	delete_ok --force
	assert_eq "$(<"$R.log")" ""
	assert_eq "$(groups)" c1
}

# shows: linux.intelRdt.rule.default-closid linux.intelRdt.rule.remove-own linux.intelRdt.tasks
# shows: linux.intelRdt.optional linux.intelRdt.l3CacheSchema linux.intelRdt.rule.single-written
test_a_group_of_its_own()
{
	rdt_host
	rdt '{"l3CacheSchema": "L3:0=f;1=fff"}'
	create_ok
	assert_eq "$(groups)" c1
	assert_task c1
	assert_eq "$(<"$R/c1/schemata")" $'    L3:0=f;1=fff\n    MB:0=100;1=100'
	start_ok
	rt_ok exec "$ID" /bin/true
	assert_eq "$(wc -l <"$R/c1/tasks")" 2 "tasks after exec"
	delete_ok --force
	assert_eq "$(groups)" ""
	assert_clean
}

# shows: linux.intelRdt.rule.keep-foreign
test_a_group_of_that_name_is_used_and_kept()
{
	rdt_host
	group_new c1
	rdt '{"memBwSchema": "MB:0=70;1=70"}'
	create_ok
	assert_task c1
	assert_contains "$(<"$R/c1/schemata")" "MB:0=70;1=70"
	delete_ok --force
	assert_eq "$(groups)" c1
}

# shows: linux.intelRdt.closID linux.intelRdt.rule.closid-create linux.intelRdt.rule.both-written
# shows: linux.intelRdt.rule.write-order linux.intelRdt.rule.schemata-written linux.intelRdt.rule.schemata-last
# shows: linux.intelRdt.schemata linux.intelRdt.memBwSchema linux.intelRdt.rule.keep-foreign linux.intelRdt.rules
test_a_named_group_is_made_filled_and_kept()
{
	rdt_host
	rdt '{"closID": "gold", "schemata": ["L3:0=7;1=7", "MB:0=20;1=20"], "memBwSchema": "MB:0=50;1=50", "l3CacheSchema": "L3:0=f;1=f"}'
	create_ok
	assert_task gold
	assert_eq "$(grep schemata "$R.log")" "$(printf '/gold/schemata %s\n' 'L3:0=f;1=f' 'MB:0=50;1=50' 'L3:0=7;1=7' 'MB:0=20;1=20')"
	assert_eq "$(<"$R/gold/schemata")" $'    L3:0=7;1=7\n    MB:0=20;1=20'
	delete_ok --force
	assert_eq "$(groups)" gold
	assert_clean
}

# shows: linux.intelRdt.closID.root
test_the_default_group()
{
	rdt_host
	rdt '{"closID": "/"}'
	create_ok
	assert_task .
	assert_eq "$(groups)" ""
	assert_eq "$(grep schemata "$R.log")" ""
	delete_ok --force
}

# shows: linux.intelRdt.rule.closid-preconfigured linux.intelRdt.rule.closid-missing-error
# shows: linux.intelRdt.rule.no-schema-no-write
test_a_group_must_exist_when_there_is_no_schema()
{
	rdt_host
	group_new gold
	rdt '{"closID": "gold"}'
	create_ok
	assert_task gold
	assert_eq "$(grep schemata "$R.log")" ""
	delete_ok --force
	rdt '{"closID": "silver", "enableMonitoring": true}'
	create_fails 'linux\.intelRdt\.closID: there is no group "silver"'
	assert_eq "$(groups)" gold
}

# The kernel pads masks and numbers, and the config may be about some of the caches only.
# shows: linux.intelRdt.rule.closid-compare
test_a_group_that_exists_must_be_as_configured()
{
	local bad
	rdt_host
	group_new gold
	rdt '{"closID": "gold", "l3CacheSchema": "L3:1=FFF;0=ff", "memBwSchema": "MB:0=50;1=100"}'
	create_ok
	assert_task gold
	delete_ok --force
	group_new gold
	: >"$R.log"
	for bad in L3:0=f L3:0=1ff L3:0=ff0 'L3:0=ff;1=ff' 'L3:0=ff;2=fff' L3:0 foo L2:0=ff; do
		rdt '{"closID": "gold"}'
		cfg --arg s "$bad" '.linux.intelRdt.l3CacheSchema = $s'
		create_fails 'linux\.intelRdt\.l3CacheSchema: the group exists with another value than'
	done
	rdt '{"closID": "gold", "memBwSchema": "MB:0=60"}'
	create_fails 'linux\.intelRdt\.memBwSchema: the group exists with another value than'
	assert_eq "$(<"$R.log")" ""
	assert_eq "$(groups)" gold
}

# shows: linux.intelRdt.enableMonitoring linux.intelRdt.rule.mon-create linux.intelRdt.rule.mon-name
# shows: linux.intelRdt.rule.mon-delete
test_monitoring()
{
	local closid dir
	rdt_host
	group_new gold
	for closid in gold / ""; do
		rdt '{"enableMonitoring": true}'
		[ -z "$closid" ] || cfg --arg c "$closid" '.linux.intelRdt.closID = $c'
		dir=${closid:-c1}
		create_ok
		assert_task "$dir"
		assert_task "$dir/mon_groups/c1"
		[ -d "$R/$dir/mon_groups/c1/mon_data" ] || die "no monitoring group"
		delete_ok --force
		[ ! -e "$R/$dir/mon_groups/c1" ] || die "the monitoring group is left"
	done
	assert_eq "$(groups)" gold
}

# shows: linux.intelRdt.rule.mon-error
test_no_monitoring_group_left()
{
	rdt_host
	group_new gold
	touch "$R/full"
	rdt '{"closID": "gold", "enableMonitoring": true}'
	create_fails 'linux\.intelRdt\.enableMonitoring: make the monitoring group: no space left'
	rdt '{"enableMonitoring": true}'
	create_fails 'linux\.intelRdt\.enableMonitoring: make the monitoring group: no space left'
	rm "$R/full"
	mkdir "$R/gold/mon_groups/c1" # that of another container
	rdt '{"closID": "gold", "enableMonitoring": true}'
	create_fails 'linux\.intelRdt\.enableMonitoring: make the monitoring group: file exists'
	[ -d "$R/gold/mon_groups/c1" ] || die "the monitoring group of another container is gone"
	assert_eq "$(groups)" gold
}

# shows: linux.intelRdt.l3CacheSchema.prefix
test_a_failing_create_removes_what_it_made()
{
	rdt_host
	rdt '{"closID": "new", "l3CacheSchema": "foo"}'
	create_fails 'linux\.intelRdt\.l3CacheSchema: write the schema: invalid argument: unknown resource'
	assert_eq "$(groups)" ""
	rdt '{"closID": "new", "l3CacheSchema": "L3:0=f", "enableMonitoring": true}'
	args /bin/nosuch
	create_fails nosuch
	assert_eq "$(groups)" ""
	rdt '{"enableMonitoring": true}'
	create_fails nosuch
	assert_eq "$(groups)" ""
}

# shows: linux.intelRdt.memBwSchema.prefix linux.intelRdt.memBwSchema.newline linux.intelRdt.schemata.newline
# shows: linux.intelRdt.l3CacheSchema.newline
test_what_is_not_well_formed()
{
	local what
	rdt_host
	for what in 'memBwSchema: "L3:0=f"' 'memBwSchema: "MB:0=50\nMB:1=50"' 'l3CacheSchema: "L3:0=f\nMB:0=1"' 'closID: "a/b"' 'closID: ".."'; do
		cfg ".linux.intelRdt = {$what}"
		create_fails "linux\.intelRdt\.${what%%:*}: "
	done
	cfg '.linux.intelRdt = {schemata: ["L3:0=f", "L3:0=f\nMB:0=50"]}'
	create_fails 'linux\.intelRdt\.schemata\[1\]: '
	assert_eq "$(groups)" ""
}

test_update()
{
	rdt_host
	up
	rt_fails 'has no linux.intelRdt' update --l3-cache-schema L3:0=1 "$ID"
	delete_ok --force
	rdt '{}'
	up
	rt_ok update --l3-cache-schema 'L3:0=1;1=1' --mem-bw-schema 'MB:0=10;1=10' "$ID"
	assert_eq "$(<"$R/c1/schemata")" $'    L3:0=1;1=1\n    MB:0=10;1=10'
	rt_fails 'memBwSchema: must start with' update --mem-bw-schema L3:0=1 "$ID"
	rt_fails 'l3CacheSchema: write the schema: invalid argument: unknown resource' update --l3-cache-schema x "$ID"
	delete_ok --force
	assert_eq "$(groups)" ""
}

test_plan_shows_the_groups()
{
	bundle_new
	rdt '{"closID": "gold", "memBwSchema": "MB:0=50", "schemata": ["L3:0=f"], "enableMonitoring": true}'
	rt_ok plan "$B"
	assert_re '^host rdt +group gold: MB:0=50, L3:0=f; monitored  <- linux\.intelRdt$'
	assert_re '^host rdt-join '
}
