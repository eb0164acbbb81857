# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Hooks. Tests with "each" are about one kind in $ROW. $L is a folder that hooks of both sides write to.
. "$REPO/conformance/lib.sh"
. "$REPO/conformance/schema.sh"

L=

# A bundle whose $L is the same path inside and outside; hooks are /bin/sh, which is there on both sides.
hook_bundle()
{
	bundle_new
	args /bin/sleep 100
	L=$B/log
	mkdir -p "$L" "$B/rootfs$L"
	mount_add "$L" none "$L" bind
}

# hook KIND SHELL: one more hook, which runs SHELL. It takes the state that comes on stdin, so that no runtime is stopped by
# the SIGPIPE of a hook that ends without.
hook()
{
	[[ $2 == *cat* ]] || set -- "$1" "cat >/dev/null; $2"
	cfg '.hooks[$k] += [{path: "/bin/sh", args: ["sh", "-c", $s], env: ["PATH=/bin:/usr/bin"]}]' --arg k "$1" --arg s "$2"
}

# phase KIND: the operation in which hooks of the kind run
phase()
{
	case $1 in
	prestart | createRuntime | createContainer) echo create ;;
	startContainer | poststart) echo start ;;
	poststop) echo delete ;;
	esac
}

# before_phase: everything up to the operation of $ROW's hooks; in_phase: that operation, status in $RC
before_phase()
{
	case $(phase "$ROW") in
	create) ;;
	start) create_ok ;;
	delete) up; stop ;;
	esac
}

in_phase()
{
	case $(phase "$ROW") in
	create) create; [ "$RC" != 0 ] || PID=$(pid_of) ;;
	*) rt "$(phase "$ROW")" "$ID" ;;
	esac
}

phase_ok()
{
	before_phase
	in_phase
	[ "$RC" = 0 ] || die "$(phase "$ROW") fails"
	# a start that returns before its hooks have run is found out by test_invoked, and not here
	[ "$ROW" != startContainer ] || sleep 0.8
}

# shows: runtime.lifecycle.{}.invoked config.hooks.{}.array config.hooks.{}.timing
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: config 'del(.hooks["{}"])'
# broken: config 'del(.hooks["{}"][1])'
test_invoked()
{
	hook_bundle
	hook "$ROW" "echo first >$L/first"
	hook "$ROW" "echo second >$L/second"
	before_phase
	[ ! -e "$L/first" ] || die "the hook ran before $(phase "$ROW")"
	in_phase
	[ "$RC" = 0 ] || die "$(phase "$ROW") fails"
	[ -e "$L/first" ] || die "the first hook did not run in $(phase "$ROW")"
	[ -e "$L/second" ] || die "the second hook did not run"
}

# shows: config.hooks.{}.listed-order
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: config '.hooks["{}"] |= reverse'
test_listed_order()
{
	hook_bundle
	hook "$ROW" "sleep 0.4; echo 1 >>$L/log"
	hook "$ROW" "sleep 0.1; echo 2 >>$L/log"
	hook "$ROW" "echo 3 >>$L/log"
	phase_ok
	assert_eq "$(tr '\n' ' ' <"$L/log")" "1 2 3 "
}

# shows: config.hooks.{}.args
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: config '.hooks["{}"][0].args[0] = "/bin/sh"'
# broken: config '.hooks["{}"][0].args[4] = "b"'
test_args()
{
	hook_bundle
	cfg '.hooks[$k] = [{path: "/bin/sh", args: ["/zero/sh", "-c", $s, "one", "a b", ""], env: ["PATH=/bin:/usr/bin"]}]' \
		--arg k "$ROW" --arg s 'tr "\0" "|" </proc/$$/cmdline >'"$L/args; printf '%s|' \"\$@\" >$L/rest"
	ln -sf busybox "$B/rootfs/bin/tr"
	cfg '.linux.namespaces |= map(select(.type != "pid"))' # so that /proc/$$ is right before the pivot as well
	phase_ok
	assert_match "$(<"$L/args")" '^/zero/sh\|-c\|'
	assert_eq "$(<"$L/rest")" "a b||"
}

# shows: config.hooks.{}.env config.hooks.same-schema
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: config 'del(.hooks["{}"][0].env[0])'
# broken: config '.hooks["{}"][0].env += ["FROM=process"]'
test_env()
{
	hook_bundle
	hook "$ROW" "env >$L/env"
	cfg '.hooks[$k][0].env += ["B=x y"] | .hooks[$k][0].env |= ["A=1"] + . | .process.env += ["FROM=process"]' --arg k "$ROW"
	CALLER=secret
	export CALLER
	phase_ok
	assert_match "$(<"$L/env")" '^A=1$'
	assert_match "$(<"$L/env")" '^B=x y$'
	! grep -qE '^(FROM|CALLER)=' "$L/env" || die "more than env: $(<"$L/env")"
}

# sleeps: a hook below is there
sleeps()
{
	local p
	for p in /proc/[0-9]*/cmdline; do
		[ "$(tr '\0' ' ' <"$p" 2>/dev/null)" != "sleep 15 " ] || return 0
	done
	return 1
}

# shows: config.hooks.{}.timeout
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: config 'del(.hooks["{}"][0].timeout)'
test_timeout()
{
	local begin
	hook_bundle
	hook "$ROW" "exec sleep 15"
	cfg '.hooks[$k][0].timeout = 1' --arg k "$ROW"
	before_phase
	begin=$SECONDS
	in_phase
	[ $((SECONDS - begin)) -le 12 ] || die "$(phase "$ROW") waits for the hook"
	[ "$ROW" = poststop ] || [ "$RC" != 0 ] || die "$(phase "$ROW") succeeds"
	remove
	! sleeps || die "the hook runs on"
}

# shows: config.hooks.{}.path.required
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: undo
test_path_required()
{
	hook_bundle
	edit '.hooks[$k] = [{args: ["sh"]}]' --arg k "$ROW"
	is_refused "a hook without path"
}

# shows: config.hooks.{}.path.absolute
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: undo
test_path_absolute()
{
	local path
	hook_bundle
	hook "$ROW" "touch $L/ran"
	cp "$B/config.json" "$B/.before.json"
	for path in sh bin/sh; do
		cfg '.hooks[$k][0].path = $p' --arg k "$ROW" --arg p "$path"
		rm -f "$L/ran"
		create
		[ "$RC" != 0 ] || rt start "$ID"
		remove
		[ ! -e "$L/ran" ] || die "the path $path was found"
	done
}

# shows: config.hooks.{}.timeout.positive
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: undo
test_timeout_positive()
{
	local t
	hook_bundle
	hook "$ROW" true
	cp "$B/config.json" "$B/.before.json"
	for t in 0 -1; do
		cfg '.hooks[$k][0].timeout = $t' --arg k "$ROW" --argjson t $t
		is_refused "a timeout of $t"
	done
}

# The status that a hook is told is not written down; one of the schema's it has to be.

# shows: config.hooks.{}.stdin-state
# each: prestart createRuntime createContainer startContainer poststart poststop
# broken: config '.hooks["{}"][0].args[2] |= "sed s/container/x/\\;s/c1/c2/ >" + (. | split(">")[1])'
# broken: config '.hooks["{}"][0].args[2] |= "true >" + (. | split(">")[1])'
# broken: config 'del(.annotations)'
test_stdin_state()
{
	local state
	hook_bundle
	hook "$ROW" "cat >$L/state"
	cfg '.annotations = {"com.example.a": "x"}'
	ln -sf busybox "$B/rootfs/bin/sed"
	phase_ok
	state=$(<"$L/state")
	jq -e . >/dev/null <<<"$state" || die "not JSON: $state"
	assert_state "$state"
	assert_eq "$(jq -r .id <<<"$state")" "$ID"
	assert_eq "$(jq -r .bundle <<<"$state")" "$B"
	assert_eq "$(jq -r '.annotations["com.example.a"]' <<<"$state")" x
}

# shows: runtime.state.pid.runtime-ns-hook
# each: prestart createRuntime poststart
# broken: config '.hooks["{}"][0].args[2] |= "sed s/pid[^,}]*/pid\\\":1/ >" + (. | split(">")[1])'
test_pid_outside()
{
	hook_bundle
	hook "$ROW" "cat >$L/state"
	phase_ok
	assert_eq "$(jq -r .pid "$L/state")" "$(st .pid)"
}

# shows: runtime.state.pid.container-ns-hook
# each: createContainer startContainer
# broken: config '.hooks["{}"][0].args[2] |= "sed s/pid[^,}]*/pid\\\":77/ >" + (. | split(">")[1])'
test_pid_inside()
{
	hook_bundle
	ln -sf busybox "$B/rootfs/bin/sed"
	hook "$ROW" "cat >$L/state"
	phase_ok
	assert_eq "$(jq -r .pid "$L/state")" 1
}

# A program only on the host, another one with the same name in the root.
two_programs()
{
	mkdir -p "$B/rootfs/opt" /mnt/opt
	ln -s ../../bin/busybox "$B/rootfs/opt/sh"
	mount -t tmpfs none /mnt/opt
	printf '#!/bin/sh\ncat >/dev/null\necho %s >%s/which\n' outside "$L" >/mnt/opt/which
	mkdir -p "$B/rootfs/mnt/opt"
	printf '#!/bin/sh\ncat >/dev/null\necho %s >%s/which\n' inside "$L" >"$B/rootfs/mnt/opt/which"
	chmod 0755 /mnt/opt/which "$B/rootfs/mnt/opt/which"
	cfg '.hooks[$k] = [{path: "/mnt/opt/which"}]' --arg k "$ROW"
}

# shows: config.hooks.{}.resolve-namespace
# each: prestart createRuntime createContainer poststart poststop
# broken: config '.hooks = {startContainer: .hooks["{}"]}'
test_resolved_outside()
{
	hook_bundle
	two_programs
	phase_ok
	assert_eq "$(<"$L/which")" outside
}

# shows: config.hooks.{}.resolve-namespace
# each: startContainer
# broken: config '.hooks = {prestart: .hooks["{}"]}'
test_resolved_inside()
{
	hook_bundle
	two_programs
	phase_ok
	assert_eq "$(<"$L/which")" inside
}

say_namespaces()
{
	hook "$ROW" "for n in mnt net uts ipc pid; do readlink /proc/self/ns/\$n; done >$L/ns"
	ns_add network
	mkdir -p "$B/rootfs/usr/bin"
	ln -s busybox "$B/rootfs/bin/readlink"
}

# shows: config.hooks.{}.execute-namespace
# each: prestart createRuntime poststart poststop
# broken: config '.hooks = {createContainer: .hooks["{}"]}'
test_executed_outside()
{
	hook_bundle
	say_namespaces
	phase_ok
	assert_eq "$(<"$L/ns")" "$(for n in mnt net uts ipc pid; do readlink /proc/self/ns/$n; done)"
}

# shows: config.hooks.{}.execute-namespace
# each: createContainer startContainer
# broken: config '.hooks = {prestart: .hooks["{}"]}'
test_executed_inside()
{
	hook_bundle
	say_namespaces
	phase_ok
	assert_eq "$(<"$L/ns")" "$(for n in mnt net uts ipc pid; do readlink "/proc/$PID/ns/$n"; done)"
}

# shows: config.hooks.{}.timing
# each: prestart createRuntime
# broken: config '.hooks = {poststart: .hooks["{}"]}'
# broken: config '.linux.namespaces |= map(select(.type != "network"))'
test_namespaces_exist()
{
	hook_bundle
	ns_add network
	hook "$ROW" "p=\$(sed 's/.*\"pid\" *: *\\([0-9]*\\).*/\\1/' | tr -dc 0-9); readlink /proc/\$p/ns/net >$L/net; readlink /proc/\$p/root >$L/root"
	cfg '.hooks[$k][0].args[2] |= "cat | tr -d \"\\n\" >" + $l + "/state; " + sub("sed"; "sed <" + $l + "/state")' --arg k "$ROW" --arg l "$L"
	phase_ok
	[ -e "$L/net" ] || die "the hook did not run during create"
	assert_match "$(<"$L/net")" '^net:'
	[ "$(<"$L/net")" != "$(readlink /proc/self/ns/net)" ] || die "no network namespace yet"
}

# shows: config.hooks.createRuntime.timing
# broken: config '.mounts |= map(select(.destination != "/data"))'
test_mounts_exist_for_create_runtime()
{
	hook_bundle
	mount_add /data tmpfs mysrc
	hook createRuntime "cat | tr -d '\\n' >$L/state; p=\$(sed 's/.*\"pid\" *: *\\([0-9]*\\).*/\\1/' <$L/state); cat /proc/\$p/mountinfo >$L/mounts"
	ROW=createRuntime
	phase_ok
	assert_match "$(<"$L/mounts")" '/data .* tmpfs mysrc'
}

# shows: config.hooks.createContainer.timing
# broken: config '.hooks = {startContainer: .hooks.createContainer}'
# broken: config '.mounts |= map(select(.destination != "/data"))'
test_mounts_exist_before_the_pivot()
{
	hook_bundle
	mount_add /data tmpfs mysrc
	hook createContainer "cat /proc/self/mountinfo >$L/mounts; ls /mnt/test >$L/ls"
	ROW=createContainer
	phase_ok
	assert_match "$(<"$L/mounts")" '/data .* tmpfs mysrc'
	assert_match "$(<"$L/ls")" "^$ID\$"
}

# shows: config.hooks.startContainer.timing
# broken: config '.hooks = {poststart: .hooks.startContainer}'
test_start_container_before_the_program()
{
	hook_bundle
	args /bin/sh -c "echo program >>$L/log"
	hook startContainer "sleep 0.3; echo hook >>$L/log"
	up
	wait_end
	assert_eq "$(tr '\n' ' ' <"$L/log")" "hook program "
}

# The process is the program by the time that the hook begins, however long the program then takes.

# shows: config.hooks.poststart.timing runtime.lifecycle.order
# broken: config '.hooks = {createRuntime: .hooks.poststart}'
test_poststart_sees_the_program()
{
	hook_bundle
	args /bin/sleep 100
	hook poststart "cat | tr -d '\\n' >$L/state; p=\$(sed 's/.*\"pid\" *: *\\([0-9]*\\).*/\\1/' <$L/state); tr '\\0' ' ' </proc/\$p/cmdline >$L/cmdline"
	ROW=poststart
	phase_ok
	assert_eq "$(<"$L/cmdline")" "/bin/sleep 100 "
}

# shows: config.hooks.poststart.timing
# broken: config '.hooks = {startContainer: .hooks.poststart}'
# broken: config '.hooks = {poststop: .hooks.poststart}'
test_poststart_after_the_program()
{
	hook_bundle
	args /bin/sh -c "echo program >>$L/log; exec /bin/sleep 100"
	hook poststart "sleep 1; echo hook >>$L/log"
	up
	assert_eq "$(tr '\n' ' ' <"$L/log")" "program hook "
}

# shows: config.hooks.poststop.timing
# broken: config '.hooks = {poststart: .hooks.poststop}'
test_poststop_after_the_deletion()
{
	hook_bundle
	cfg '.linux.cgroupsPath = "/t/c1"'
	hook poststop "ls -d /sys/fs/cgroup/t/c1 >$L/cgroup 2>&1; echo \$? >$L/rc; $BERTH --root $STATE state $ID >$L/state 2>&1; echo \$? >$L/state-rc"
	up
	stop
	rt_ok "${DELETE[@]}" "$ID"
	[ "$(<"$L/rc")" != 0 ] || [ "$(<"$L/state-rc")" != 0 ] || die "nothing is deleted when poststop runs"
	[ "$(<"$L/rc")" != 0 ] || die "the cgroup is there when poststop runs"
}

# shows: runtime.lifecycle.order config.hooks.members
# broken: config '.hooks |= (.prestart as $p | .prestart = .createRuntime | .createRuntime = $p)'
# broken: config '.hooks |= (.poststart as $p | .poststart = .startContainer | .startContainer = $p)'
# broken: config '.hooks.poststop = .hooks.poststart'
test_order()
{
	local k
	hook_bundle
	for k in prestart createRuntime createContainer startContainer poststart poststop; do
		hook $k "echo $k >>$L/log"
	done
	args /bin/sh -c "echo process >>$L/log; exec /bin/sleep 100"
	create_ok
	assert_eq "$(tr '\n' ' ' <"$L/log")" "prestart createRuntime createContainer "
	rt_ok start "$ID"
	wait_for 15 file_has "$L/log" process || die "the program does not run"
	assert_match "$(sed 1,3d "$L/log" | tr '\n' ' ')" '^startContainer (process poststart|poststart process) $'
	stop
	rt_ok "${DELETE[@]}" "$ID"
	assert_eq "$(tail -n 1 "$L/log")" poststop
	assert_eq "$(wc -l <"$L/log")" 7
}

# shows: config.hooks.prestart.before-createRuntime
# broken: config '.hooks |= (.prestart as $p | .prestart = .createRuntime | .createRuntime = $p)'
test_prestart_before_create_runtime()
{
	hook_bundle
	hook createRuntime "echo createRuntime >>$L/log"
	hook prestart "sleep 0.2; echo prestart >>$L/log"
	create_ok
	assert_eq "$(tr '\n' ' ' <"$L/log")" "prestart createRuntime "
}

# shows: config.hooks.createContainer.after-createRuntime
# broken: config '.hooks |= (.createContainer as $p | .createContainer = .createRuntime | .createRuntime = $p)'
test_create_container_after_create_runtime()
{
	hook_bundle
	hook createContainer "echo createContainer >>$L/log"
	hook createRuntime "sleep 0.2; echo createRuntime >>$L/log"
	create_ok
	assert_eq "$(tr '\n' ' ' <"$L/log")" "createRuntime createContainer "
}

# --- failures ------------------------------------------------------------------------------------------------------

# shows: runtime.lifecycle.{}.fail.error
# each: prestart createRuntime createContainer startContainer poststart
# broken: config 'del(.hooks["{}"])'
test_failure_is_an_error()
{
	local bad
	for bad in '{path: "/bin/false"}' '{path: "/bin/sh", args: ["sh", "-c", "kill -9 $$"]}' '{path: "/no/such/hook"}'; do
		hook_bundle
		cfg '.hooks[$k] = ['"$bad"']' --arg k "$ROW"
		before_phase
		in_phase
		[ "$RC" != 0 ] || die "$(phase "$ROW") succeeds with the hook $bad"
		remove
		rm -rf "$B"
	done
}

# shows: runtime.lifecycle.{}.fail.stop
# each: prestart createRuntime createContainer startContainer poststart
# broken: config 'del(.hooks["{}"])'
test_failure_stops()
{
	hook_bundle
	[ "$ROW" = poststart ] || args /bin/sh -c "echo ran >$L/ran; exec /bin/sleep 100"
	hook "$ROW" false
	before_phase
	in_phase
	if [ "$RC" = 0 ] && [ "$(phase "$ROW")" = create ]; then
		rt start "$ID"
	fi
	sleep 0.2
	[ ! -e "$L/ran" ] || die "the program ran"
	wait_for 15 no_leftover_processes || die "the program runs"
	[ -z "$PID" ] || ended || die "the container process lives"
}

# shows: runtime.lifecycle.{}.fail.destroy
# each: prestart createRuntime createContainer startContainer poststart
# broken: config 'del(.hooks["{}"])'
# broken: config 'del(.hooks.poststop)'
test_failure_destroys()
{
	hook_bundle
	hook "$ROW" false
	hook poststop "echo poststop >>$L/log"
	before_phase
	in_phase
	[ -e "$L/log" ] || die "poststop did not run"
	assert_eq "$(wc -l <"$L/log")" 1
	no_container
	assert_clean
}

# shows: runtime.lifecycle.poststop.fail.warn
# broken: quiet delete; arguments delete 's|/mnt/test/log|/dev/null|'
# broken: fail delete
test_failing_poststop_is_a_warning()
{
	hook_bundle
	hook poststop false
	up
	stop
	rt --debug --log /mnt/test/log delete "$ID"
	[ "$RC" = 0 ] || die "delete fails"
	[ -n "$ERR" ] || [ -s /mnt/test/log ] || die "no warning"
}

# shows: runtime.lifecycle.poststop.fail.continue
# broken: config '.hooks.poststop |= .[0:1]'
# broken: fail delete
test_failing_poststop_does_not_stop_the_rest()
{
	hook_bundle
	hook poststop false
	hook poststop "echo second >>$L/log"
	up
	stop
	rt "${DELETE[@]}" "$ID"
	[ "$RC" = 0 ] || die "delete fails"
	[ -e "$L/log" ] || die "the second hook did not run"
	no_container
}
