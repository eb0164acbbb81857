# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# One container from begin to end: the commands and the state machine.

test_run_prints_and_cleans_up()
{
	bundle_new
	args /bin/echo hello
	run_ok
	assert_eq "$OUT" hello
	assert_clean
	run_ok
	assert_eq "$OUT" hello "the id can be used again"
	assert_clean
}

test_exit_status()
{
	bundle_new
	probe exit 7
	run_status 7
	assert_clean
	probe exit 0
	run_status 0
	assert_clean
}

test_exit_status_of_a_signal()
{
	bundle_new
	probe sleep 60
	"$BERTH" --root "$STATE" run --bundle "$B" "$ID" >"$B/out" &
	wait_status running
	rt_ok kill "$ID" KILL
	wait $!
	assert_eq $? 137
	assert_clean
}

test_lifecycle()
{
	bundle_new
	args /bin/sh -c 'echo started; exec sleep 60'
	create_ok --pid-file "$B/pid"
	assert_eq "$(status)" created
	assert_eq "$(<"$B/out")" "" "the program must not run before start"
	assert_eq "$(pid_of)" "$(<"$B/pid")"
	assert_eq "$(stat -c %s "$B/pid")" "$(printf %s "$(<"$B/pid")" | wc -c)" "no newline in the pid file"
	kill -0 "$(<"$B/pid")" || die "no process"

	start_ok
	wait_status running
	wait_for 5 file_has "$B/out" '^started$' || die "the program did not run"
	assert_eq "$(pid_of)" "$(<"$B/pid")" "the pid must not change at start"

	rt_fails 'not stopped|running' delete "$ID"
	assert_eq "$(status)" running
	rt_fails 'cannot start|running' start "$ID"
	assert_eq "$(status)" running

	rt_ok kill "$ID" KILL
	wait_status stopped
	assert_eq "$(pid_of)" 0
	rt_fails 'container not running' kill "$ID" TERM
	rt_ok kill --all "$ID" KILL
	rt_fails '.' start "$ID"
	rt_fails 'container not running' exec "$ID" /bin/true
	assert_eq "$(status)" stopped
	delete_ok
	rt_fails 'does not exist' state "$ID"
	assert_clean
}

test_state_json()
{
	bundle_new
	cfg '.annotations = {"org.example.key": "value \u00e9 \"quoted\"", "empty": ""}'
	probe sleep 60
	up
	rt_ok state "$ID"
	assert_eq "$(jq -r .id <<<"$OUT")" "$ID"
	assert_eq "$(jq -r .bundle <<<"$OUT")" "$B"
	assert_eq "$(jq -r .rootfs <<<"$OUT")" "$B/rootfs"
	assert_eq "$(jq -r '.annotations["org.example.key"]' <<<"$OUT")" 'value é "quoted"'
	assert_eq "$(jq -r '.annotations.empty' <<<"$OUT")" ""
	assert_match "$(jq -r .ociVersion <<<"$OUT")" '^1\.[0-9]+\.[0-9]+'
	assert_match "$(jq -r .created <<<"$OUT")" '^20[0-9-]+T[0-9:]+(\.[0-9]+)?Z$'
	delete_ok --force
	assert_clean
}

test_state_of_a_bundle_given_relative()
{
	bundle_new
	probe sleep 60
	cd "$B" || die cd
	rt_ok create "$ID" >/dev/null
	assert_eq "$("$BERTH" --root "$STATE" state "$ID" | jq -r .bundle)" "$B"
	delete_ok --force
	assert_clean
}

test_delete_of_a_created_container()
{
	bundle_new
	create_ok
	delete_ok
	assert_clean
	create_ok
	rt_ok kill "$ID" KILL
	wait_status stopped
	delete_ok
	assert_clean
}

test_delete_force()
{
	bundle_new
	probe children 3 60
	up
	delete_ok --force
	assert_clean
	rt_ok delete --force "$ID"
	rt_fails 'does not exist' delete "$ID"
}

test_config_changes_after_create_have_no_effect()
{
	bundle_new
	args /bin/echo first
	create_ok
	args /bin/echo second
	start_ok
	wait_status stopped
	assert_eq "$(<"$B/out")" first
	delete_ok
	assert_clean
}

test_bundle_vanishes_after_create()
{
	bundle_new
	args /bin/sleep 60
	create_ok
	mv "$B/config.json" /mnt/test/away.json
	start_ok
	wait_status running
	rt_ok exec "$ID" /bin/echo still here
	assert_eq "$OUT" "still here"
	delete_ok --force
	assert_clean
}

test_kill_signals()
{
	local sig
	bundle_new
	for sig in TERM:15 SIGHUP:1 10:10 SIGRTMIN+3:37; do
		probe signal-wait
		create_ok
		start_ok
		wait_for 5 file_has "$B/out" '^ready$' || die "not ready"
		rt_ok kill "$ID" "${sig%:*}"
		wait_status stopped
		assert_eq "$(tail -n 1 "$B/out")" "signal=${sig#*:}"
		delete_ok
	done
	# without a signal: TERM
	create_ok
	start_ok
	wait_for 5 file_has "$B/out" '^ready$' || die "not ready"
	rt_ok kill "$ID"
	wait_status stopped
	assert_eq "$(tail -n 1 "$B/out")" signal=15
	delete_ok
	assert_clean
}

test_kill_all_with_host_pid_namespace()
{
	bundle_new
	ns_del pid
	probe children 3 60
	create_ok
	start_ok
	wait_for 5 file_has "$B/out" '^ready$' || die "not ready"
	rt_ok kill --all "$ID" KILL
	wait_status stopped
	delete_ok
	assert_clean
}

test_ids_of_two_containers()
{
	bundle_new one
	probe sleep 60
	up
	bundle_new two
	probe sleep 60
	up
	rt_ok list --format json
	assert_eq "$(jq -c '[.[].id] | sort' <<<"$OUT")" '["one","two"]'
	rt_ok list -q
	assert_eq "$(sort <<<"$OUT" | tr '\n' ' ')" "one two "
	rt_ok delete --force one
	ID=two
	assert_eq "$(status)" running
	delete_ok --force
	# made by the first, in use by the second when the first went, so neither removes it
	assert_clean
}

test_id_in_use()
{
	bundle_new
	probe sleep 60
	up
	rt_fails 'already exists' create --bundle "$B" "$ID"
	rt_fails 'already exists' run --bundle "$B" "$ID"
	assert_eq "$(status)" running
	delete_ok --force
	assert_clean
}

test_keep()
{
	bundle_new
	probe exit 3
	run_status 3 --keep
	assert_eq "$(status)" stopped
	delete_ok
	assert_clean
}

test_detached_run()
{
	bundle_new
	probe sleep 60
	run_ok --detach --pid-file "$B/pid" >/dev/null
	wait_status running
	assert_eq "$(pid_of)" "$(<"$B/pid")"
	delete_ok --force
	assert_clean
}

test_process_exits_before_anyone_looks()
{
	bundle_new
	args /bin/true
	create_ok
	start_ok
	wait_status stopped
	delete_ok
	assert_clean
}

test_stdin_reaches_the_program()
{
	bundle_new
	args /bin/cat
	assert_eq "$(echo through | "$BERTH" --root "$STATE" run --bundle "$B" "$ID")" through
	assert_clean
}

test_process_missing_is_found_at_start()
{
	bundle_new
	cfg 'del(.process)'
	create_ok
	assert_eq "$(status)" created
	rt_fails 'process' start "$ID"
	rt_ok delete --force "$ID"
	assert_clean
}

test_pause_and_resume()
{
	bundle_new
	args /bin/sh -c 'while :; do echo x; sleep 0.05; done'
	up
	rt pause "$ID"
	[ "$RC" = 0 ] || skip "no freezer: $ERR"
	assert_eq "$(status)" paused
	rt_fails 'paused' exec "$ID" /bin/true
	local before after
	before=$(stat -c %s "$B/out")
	sleep 0.3
	after=$(stat -c %s "$B/out")
	assert_eq "$before" "$after" "a paused container writes nothing"
	rt_ok resume "$ID"
	wait_status running
	rt_ok pause "$ID"
	delete_ok --force
	assert_clean
}

test_log_file_holds_one_error_object()
{
	bundle_new
	args /no/such/program
	"$BERTH" --root "$STATE" --log "$B/log" --log-format json create --bundle "$B" "$ID" >/dev/null 2>"$B/err" &&
		die "no failure"
	assert_eq "$(wc -l <"$B/log")" 1
	assert_eq "$(jq -r .level "$B/log")" error
	assert_contains "$(jq -r .msg "$B/log")" 'no such file or directory'
	assert_match "$(jq -r .time "$B/log")" '^20[0-9-]+T[0-9:.]+Z$'
	assert_eq "$(wc -l <"$B/err")" 1
	assert_contains "$(<"$B/err")" 'no such file or directory'
	rm -f "$B/log"
	assert_clean
}

test_features()
{
	rt_ok features
	jq -e '.linux.namespaces | index("user")' <<<"$OUT" >/dev/null || die "no user namespace in features"
	jq -e '.mountOptions | index("rro")' <<<"$OUT" >/dev/null || die "no rro in features"
	assert_eq "$(jq -r .ociVersionMax <<<"$OUT")" 1.3.0
	rt_ok --version
	assert_match "$OUT" '^[a-z]+ version [0-9]'
	assert_re '^commit: '
	assert_re '^spec: 1\.3\.0$'
}

test_spec_template_runs()
{
	bundle_new
	rm "$B/config.json"
	cd "$B" || die cd
	rt_ok spec
	cfg '.process.terminal = false | .process.args = ["/bin/probe", "show", "ids"]'
	rt run "$ID"
	[ "$RC" = 0 ] || die "the template does not run"
	assert_line pid=1
	assert_clean
}
