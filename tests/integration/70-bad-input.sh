# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Input that is wrong: each is refused in words, and nothing is left.
# vm: any driver

test_config_files()
{
	bundle_new
	cp "$B/config.json" /mnt/test/good.json
	local size i
	size=$(stat -c %s "$B/config.json")
	for i in 0 1 2 50 $((size / 2)) $((size - 3)); do
		head -c "$i" /mnt/test/good.json >"$B/config.json"
		run_fails 'config\.json|parse|JSON|json'
	done
	echo '[]' >"$B/config.json"
	run_fails '.'
	echo 'null' >"$B/config.json"
	run_fails '.'
	echo '{}' >"$B/config.json"
	run_fails 'ociVersion'
	{ cat /mnt/test/good.json; echo '{}'; } >"$B/config.json"
	run_fails '.'
	rm "$B/config.json"
	run_fails 'config\.json.*no such file'
	mkdir "$B/config.json"
	run_fails 'config\.json'
	rmdir "$B/config.json"
	mkfifo "$B/config.json"
	run_fails 'config\.json'
	rm "$B/config.json"
	ln -s /dev/zero "$B/config.json"
	run_fails 'config\.json'
}

# The limits of docs/limits.md, by each way in. Files of zeros: a reader that does not look at the size first reads them all.
test_documents_too_large()
{
	bundle_new
	truncate -s 17M /mnt/test/large
	cp /mnt/test/large "$B/config.json"
	run_fails 'larger than 16777216 bytes'
	rt_fails 'larger than 16777216 bytes' plan "$B"
	rt_fails 'larger than 16777216 bytes' update --resources /mnt/test/large nobody
	"$BERTH" --root "$STATE" update --resources - nobody </mnt/test/large >out 2>&1 && die "update takes 17 MB"
	assert_contains "$(<out)" 'larger than 16777216 bytes'
	bundle_new
	probe sleep 60
	up
	rt_fails 'larger than 16777216 bytes' exec --process /mnt/test/large "$ID"
	printf '{"a":%s' "$(printf '%.0s[' {1..100})" >/mnt/test/deep
	rt_fails 'nested deeper than 64 levels' exec --process /mnt/test/deep "$ID"
	rt_fails 'nested deeper than 64 levels' update --resources /mnt/test/deep "$ID"
	delete_ok --force
	assert_clean
}

# What is no plain number is none: not its first digits, and not what is left of it in 32 or 64 bits.
no_numbers=('+1' ' 1' '1 ' '1x' '0x1' '1e3' '1.0' '1_000' '--1' '- 1' '18446744073709551617' '99999999999999999999999' $'1\n' '٣')

test_numbers_of_options()
{
	local v
	for v in "${no_numbers[@]}"; do
		rt_fails 'invalid value' update --pids-limit="$v" nobody
		rt_fails 'invalid value' update --cpu-share="$v" nobody
		rt_fails 'invalid value' update --memory="$v" nobody
		rt_fails 'is not a number' run --preserve-fds="$v" nobody
	done
	rt_fails 'is not a number' run --preserve-fds=4294967297 nobody
	bundle_new
	probe sleep 60
	up
	for v in "${no_numbers[@]}" 4294967295 4294967296; do
		rt_fails 'is not a number' exec --user="$v" "$ID" /probe show ids
		rt_fails 'is not a number' exec --user="0:$v" "$ID" /probe show ids
		rt_fails 'is not a number' exec --additional-gids="$v" "$ID" /probe show ids
	done
	delete_ok --force
	assert_clean
}

# Descriptors are passed on for a LISTEN_FDS that is a number and a LISTEN_PID that is ours, and for no other.
test_numbers_of_the_environment()
{
	local v
	bundle_new
	probe show fds env
	for v in "${no_numbers[@]}"; do
		env LISTEN_FDS="$v" "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >out 2>err 3</dev/null || die "LISTEN_FDS=\"$v\": $(<err)"
		! grep -q LISTEN_ out || die "LISTEN_FDS=\"$v\" was taken: $(<out)"
		env LISTEN_FDS=1 LISTEN_PID="$v" "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >out 2>err 3</dev/null || die "LISTEN_PID=\"$v\": $(<err)"
		! grep -q LISTEN_ out || die "LISTEN_PID=\"$v\" was taken: $(<out)"
	done
	env LISTEN_FDS=1 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >out 2>err 3</dev/null || die "$(<err)"
	grep -q LISTEN_FDS=1 out || die "LISTEN_FDS=1 was not taken: $(<out)"
	assert_clean
}

# PATH and a value of the wrong type or out of range; the error names the path.
wrong_values='
.ociVersion 1
.ociVersion "9.0.0"
.ociVersion "one"
.process "text"
.process.args "text"
.process.args []
.process.args [1]
.process.cwd 5
.process.cwd "relative"
.process.cwd ""
.process.env [null]
.process.terminal "yes"
.process.user.uid -1
.process.user.uid 4294967296
.process.user.uid 1.5
.process.user.gid "0"
.process.user.umask 4096
.process.user.additionalGids ["x"]
.process.rlimits [{}]
.process.rlimits {}
.process.noNewPrivileges 1
.process.oomScoreAdj "1"
.process.oomScoreAdj -1001
.process.capabilities []
.root.path 1
.root.readonly "true"
.hostname 7
.hostname "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
.mounts {}
.mounts[0].destination 1
.mounts[0].options "ro"
.mounts[0].options [1]
.hooks []
.hooks.prestart {}
.annotations {"a":1}
.linux.namespaces {}
.linux.namespaces[0].type 1
.linux.devices [{}]
.linux.sysctl {"kernel.msgmax":1}
.linux.rootfsPropagation "sideways"
.linux.maskedPaths "x"
.linux.cgroupsPath 1
.linux.resources.pids.limit "1"
.linux.resources.memory.limit 1e3
.linux.resources.unified {"memory.max":1}
.linux.resources.unified {"../cgroup.procs":"1"}
.linux.resources.unified {"a/b":"1"}
.linux.uidMappings [{}]
'

test_config_values()
{
	local path value name n=0
	bundle_new
	cp "$B/config.json" /mnt/test/good.json
	while read -r path value; do
		[ -n "$path" ] || continue
		cp /mnt/test/good.json "$B/config.json"
		cfg --argjson v "$value" "$path = \$v"
		name=${path##*.}
		echo "$path = $value"
		run_fails "${name%%[*}"
		n=$((n + 1))
	done <<<"$wrong_values"
	[ $n -gt 40 ] || die "only $n"
}

test_config_nulls()
{
	local path
	bundle_new
	cp "$B/config.json" /mnt/test/good.json
	for path in .process .root .mounts .hostname .linux .process.args .linux.namespaces; do
		cp /mnt/test/good.json "$B/config.json"
		cfg "$path = null"
		run_fails '.'
	done
}

test_config_duplicate_keys()
{
	bundle_new
	args /bin/true
	sed -i '0,/{/s//{ "ociVersion": "1.0.2",/' "$B/config.json"
	grep -c ociVersion "$B/config.json"
	rt run --bundle "$B" "$ID"
	[ "$RC" = 0 ] || [ -n "$ERR" ] || die "failed without a word"
	assert_clean
}

test_config_missing_members()
{
	local path
	bundle_new
	cp "$B/config.json" /mnt/test/good.json
	for path in .ociVersion .root .root.path .process.cwd .process.args .mounts[0].destination .linux.namespaces[0].type; do
		cp /mnt/test/good.json "$B/config.json"
		cfg "del($path)"
		run_fails '.'
	done
}

test_unknown_properties_are_ignored()
{
	bundle_new
	cfg '.unknown = {a: [1, {b: null}]} | .process.unknown = 1 | .linux.unknown = [] | .mounts[0].unknown = "x"'
	args /bin/true
	run_ok
	assert_clean
}

test_control_characters_do_not_reach_the_terminal()
{
	bundle_new
	cfg '.process.args = ["\u001b[31m\u0007"]'
	rt run --bundle "$B" "$ID"
	[ "$RC" != 0 ] || die "no failure"
	[[ $ERR != *$'\e'* ]] || die "an escape character was printed"
	assert_clean
}

test_ids()
{
	local id
	bundle_new
	for id in .. . ../x a/b /abs '' '-x' ' ' 'a b' $'a\nb' 'ü' '.hidden'; do
		rt_fails '.' run --bundle "$B" -- "$id"
		rt_fails '.' delete --force -- "$id"
		rt_fails '.' state -- "$id"
		assert_clean
	done
	rt_fails '.' run --bundle "$B" "$(printf 'a%.0s' {1..1025})"
	assert_clean
	for id in a A-b_c.d+e 0 "$(printf 'a%.0s' {1..200})"; do
		args /bin/true
		rt_ok run --bundle "$B" "$id"
	done
	assert_clean
}

test_bundles()
{
	ID=c1
	B=/mnt/test/none
	run_fails '/mnt/test/none.*no such file'
	mkdir /mnt/test/file-bundle
	B=/mnt/test/file-bundle/x
	touch $B
	run_fails 'not a directory'
	bundle_new
	rm -rf "$B/rootfs"
	run_fails 'rootfs.*no such file or directory'
	touch "$B/rootfs"
	run_fails 'rootfs.*(not a directory)'
}

test_command_lines()
{
	rt_fails '.' no-such-command
	rt_fails '.'
	rt_fails 'no-such-option' run --no-such-option x
	rt_fails '.' --no-such-global list
	rt_fails 'requires an argument|needs an argument' run --bundle
	rt_fails '.' create
	rt_fails '.' start
	rt_fails '.' start a b
	rt_fails '.' state
	rt_fails '.' kill
	rt_fails '.' exec
	rt_ok --help
	rt_ok run --help
	assert_clean
}

test_commands_on_unknown_ids()
{
	local c
	for c in start state pause resume ps delete; do
		rt_fails 'container "nobody" does not exist' $c nobody
	done
	rt_fails 'container "nobody" does not exist' kill nobody KILL
	rt_fails 'container "nobody" does not exist' exec nobody true
	rt_ok delete --force nobody
	[ -z "$OUT" ] || die "delete --force must be silent"
	assert_clean
}

test_signals_that_do_not_exist()
{
	bundle_new
	probe sleep 60
	up
	local s
	for s in NOSUCH 0x9 -1 999 99999999999999999999 '' '9 '; do
		rt_fails '.' kill "$ID" -- "$s"
		assert_eq "$(status)" running
	done
	delete_ok --force
	assert_clean
}

test_state_folders_of_others()
{
	bundle_new
	args /bin/true
	mkdir -m 0777 /mnt/test/open-state
	rt_fails '.' --root /mnt/test/open-state run --bundle "$B" "$ID"
	ln -s /mnt/test/state /mnt/test/link-state
	rt_fails '.' --root /mnt/test/link-state run --bundle "$B" "$ID"
	mkdir -m 0700 /mnt/test/other-state
	chown 1000 /mnt/test/other-state
	rt_fails '.' --root /mnt/test/other-state run --bundle "$B" "$ID"
	assert_clean
}

test_no_state_root()
{
	rm -rf "$STATE"
	rt_fails 'does not exist' state nobody
	rt_ok list
	rt_ok delete --force nobody
	[ ! -e "$STATE" ] || die "reading made the state folder"
	bundle_new
	args /bin/true
	run_ok
	assert_eq "$(stat -c %a "$STATE")" 700
	assert_clean
}

test_broken_state_is_an_error_and_can_be_deleted()
{
	local pid break
	bundle_new
	for break in "truncate -s 0" rm; do
		probe sleep 60
		up
		pid=$(pid_of)
		$break "$STATE/$ID/state.json"
		rt_fails '.' state "$ID"
		rt_ok delete --force "$ID"
		! file_has "/proc/$pid/status" '^State:.[^Z]' || die "the process lives"
		[ ! -e "$STATE/$ID" ] || die "not deleted"
		assert_clean
		probe exit 0
		run_ok # the id can be used again
	done
}

# Neither the record nor the note beside it say which cgroup is the container's: nobody is ended, and nothing forgotten.
test_broken_state_and_note()
{
	local pid note text
	needs_cgroupfs "the texts are about its paths"
	bundle_new
	probe sleep 60
	up
	pid=$(pid_of)
	note=$(readlink "$STATE/$ID/cgroup")
	cp "$STATE/$ID/state.json" /mnt/whole
	: >"$STATE/$ID/state.json"
	for text in x : 1:1 "${note%% *}" "${note%/*}" "${note/cgroupfs/ }" "0:${note#*:}" "$note"$'\n' "${note/:1/:5000}"; do
		ln -sfn "$text" "$STATE/$ID/cgroup"
		rt_fails 'damaged record: .*: nothing else says which cgroup is its own; end its processes' delete --force "$ID"
		file_has "/proc/$pid/status" '^State:.[^Z]' || die "$text: the process has ended"
		[ -e "$STATE/$ID/config.json" ] || die "$text: the folder is gone"
	done
	cp /mnt/whole "$STATE/$ID/state.json"
	delete_ok --force
	assert_clean
}

# Another one in the cgroup by now, or another cgroup of that name: not the container with the damaged record.
test_broken_state_of_a_cgroup_of_others()
{
	local pid
	needs_cgroupfs "a unit has one container"
	bundle_new other
	cfg --arg p "$(cgroups_path shared)" '.linux.cgroupsPath = $p'
	probe exit 0
	create_ok
	start_ok
	wait_status stopped
	: >"$STATE/$ID/state.json"
	bundle_new
	cfg --arg p "$(cgroups_path shared)" '.linux.cgroupsPath = $p'
	probe sleep 60
	up
	pid=$(pid_of)
	ID=other delete_ok --force
	assert_eq "$(status)" running
	file_has "/proc/$pid/status" '^State:.[^Z]' || die "the process has ended"
	delete_ok --force
	assert_clean
}

test_create_killed_at_any_moment()
{
	local i
	bundle_new
	probe sleep 60
	for i in 0 1 2 3 5 8 12 20; do
		"$BERTH" --root "$STATE" create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null &
		sleep "0.0$(printf %02d $i)"
		kill -KILL $! 2>/dev/null
		wait $! 2>/dev/null
		rt_ok delete --force "$ID"
		assert_clean
	done
}
