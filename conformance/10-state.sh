# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The state of a container and its schema.
. "$REPO/conformance/lib.sh"
. "$REPO/conformance/schema.sh"

sleeper()
{
	bundle_new
	args /bin/sleep 100
}

# shows: runtime.state.ociVersion
# broken: state 'del(.ociVersion)'
# broken: state '.ociVersion = "2.0.0"'
test_oci_version()
{
	sleeper
	create_ok
	assert_match "$(st .ociVersion)" '^1\.[0-9]+\.[0-9]+'
}

# The version of the state and not that of the config, whose later minor version an older runtime may not know.

# shows: runtime.state.ociVersion
# broken: state '.ociVersion = "1.99.0"'
test_oci_version_is_the_states()
{
	sleeper
	cfg '.ociVersion = "1.99.0"'
	create
	[ "$RC" = 0 ] || skip "a later minor version is refused"
	[ "$(st .ociVersion)" != 1.99.0 ] || die "the version of the config"
}

# shows: runtime.state.id
# broken: state '.id = "c2"'
# broken: state 'del(.id)'
test_id()
{
	sleeper
	create_ok
	assert_eq "$(st .id)" "$ID"
}

# shows: runtime.state.status
# broken: state 'del(.status)'
test_status_always()
{
	sleeper
	create_ok
	assert_match "$(st '.status|strings')" .
	rt_ok start "$ID"
	assert_match "$(st '.status|strings')" .
	stop
	assert_match "$(st '.status|strings')" .
}

# shows: runtime.state.status.created
# broken: state '.status |= sub("created"; "running")'
# broken: after create 'real start "$id"'
test_status_created()
{
	sleeper
	create_ok
	assert_eq "$(st .status)" created
	sleep 0.3
	assert_eq "$(st .status)" created
}

# shows: runtime.state.status.running
# broken: state '.status |= sub("running"; "created")'
test_status_running()
{
	sleeper
	up
	assert_eq "$(st .status)" running
}

# shows: runtime.state.status.stopped
# broken: state '.status |= sub("stopped"; "running")'
test_status_stopped()
{
	bundle_new
	args /bin/true
	up
	wait_status stopped
}

# shows: runtime.state.status.creating
# broken: config '.hooks.createRuntime[0].args[2] |= sub("cat"; "sed s/creating/running/")'
test_status_creating()
{
	sleeper
	cfg --arg b "$B" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "/bin/cat >\($b)/seen"]}]'
	create_ok
	assert_eq "$(jq -r .status "$B/seen")" creating
}

# shows: runtime.state.status.extra runtime.state.status.extra-distinct
# broken: state '.status |= sub("paused"; "stopped")'
# broken: state '.status |= sub("running"; "paused")'
test_status_extra()
{
	sleeper
	up
	assert_eq "$(st .status)" running
	rt pause "$ID"
	[ "$RC" = 0 ] || skip "no pause here"
	assert_eq "$(st .status)" paused
	rt_ok resume "$ID"
	assert_eq "$(st .status)" running
}

# shows: runtime.state.pid.required
# broken: state 'del(.pid)'
# broken: state '.pid = 1'
test_pid()
{
	local first
	sleeper
	create_ok
	first=$(st .pid)
	assert_match "$first" '^[1-9][0-9]*$'
	[ "$(readlink "/proc/$first/ns/pid")" != "$(readlink /proc/self/ns/pid)" ] || die "pid $first is not the container's"
	rt_ok start "$ID"
	assert_eq "$(st .pid)" "$first"
	wait_for 15 file_has "/proc/$first/cmdline" sleep || die "pid $first is not the container process"
}

# shows: runtime.state.pid.other-states
# broken: state 'if .status == "stopped" then .pid = 1 else . end'
test_pid_when_stopped()
{
	bundle_new
	args /bin/true
	up
	wait_status stopped
	assert_match "$(st '.pid // 0')" '^0$'
}

# shows: runtime.state.bundle
# broken: state '.bundle = "c1"'
# broken: state '.bundle |= . + "/x"'
test_bundle()
{
	sleeper
	cd /mnt/test || die "cd"
	"$BERTH" --root "$STATE" create --bundle "./$ID" "$ID" >"$B/out" 2>"$B/err" </dev/null || die "create: $(<"$B/err")"
	assert_match "$(st .bundle)" '^/'
	assert_eq "$(realpath "$(st .bundle)")" "$B"
	cd / || die "cd"
	assert_eq "$(realpath "$(st .bundle)")" "$B"
}

# shows: runtime.state.annotations config.annotations.value.empty config.annotations.structured
# broken: state '.annotations |= del(."com.example.b")'
# broken: state '.annotations."com.example.c" |= rtrimstr("\n")'
# broken: state 'del(.annotations)'
test_annotations()
{
	sleeper
	cfg '.annotations = {"com.example.a": "1", "com.example.b": "", "com.example.c": "{\"x\": [1, null]}\n"}'
	create_ok
	assert_eq "$(st '.annotations | [."com.example.a", ."com.example.b"] | tojson')" '["1",""]'
	assert_eq "$(st '.annotations."com.example.c" | tojson')" '"{\"x\": [1, null]}\n"'
}

# shows: runtime.state.annotations.none config.annotations.optional
# broken: state '.annotations = null'
# broken: state '.annotations = "none"'
test_annotations_none()
{
	sleeper
	create_ok
	st 'if has("annotations") then .annotations | type else "object" end' >/mnt/test/type
	assert_eq "$(</mnt/test/type)" object
}

# shows: runtime.state.schema runtime.state.extra-properties runtime.state-op.returns-state
# broken: state '.pid |= tostring'
# broken: state 'del(.bundle)'
# broken: state '.annotations = {"a": 1}'
# broken: state 'if .status == "stopped" then .status = "exited" else . end'
test_schema()
{
	sleeper
	cfg '.annotations = {"com.example.a": "1"}'
	create_ok
	assert_state "$(st .)"
	rt_ok start "$ID"
	assert_state "$(st .)"
	stop
	assert_state "$(st .)"
}

# shows: runtime.state.id.unique-host runtime.create.unique-id runtime.create.unique-id.no-container
# broken: ok create
# broken: after create '[ "$rc" = 0 ] || real delete --force "$id"'
test_unique_id()
{
	local before
	sleeper
	create_ok
	before=$(st 'del(.created)')
	create
	[ "$RC" != 0 ] || die "a second container with the id"
	assert_eq "$(st 'del(.created)')" "$before"
	rt_ok start "$ID"
	before=$(st 'del(.created)')
	create
	[ "$RC" != 0 ] || die "a second container with the id of a running one"
	assert_eq "$(st 'del(.created)')" "$before"
	stop
	create
	[ "$RC" != 0 ] || die "a second container with the id of a stopped one"
	assert_eq "$(st .status)" stopped
}

# shows: runtime.state-op.no-id
# broken: ok state
test_state_without_id()
{
	rt_fails state
	rt_fails state ''
}

# shows: runtime.state-op.nonexistent
# broken: ok state
test_state_of_nothing()
{
	sleeper
	rt_fails state nosuch
	create_ok
	stop
	rt_ok "${DELETE[@]}" "$ID"
	rt_fails state "$ID"
}
