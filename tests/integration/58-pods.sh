# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC1091,SC2016,SC2154
# vm: one driver
# A container joins the namespaces of another one, as the containers of a pod do those of its "pause" container: each
# combination, with a user namespace and without. rootless-pods.sh is a link to this file.

. "$REPO/tests/integration/rootless.inc"

KINDS=(network ipc uts pid cgroup)
declare -A theirs proc_name=([network]=net [ipc]=ipc [uts]=uts [pid]=pid [cgroup]=cgroup [user]=user)

# pause: start the container whose namespaces are joined; $PAUSE is its process
pause()
{
	local n
	for n in "${KINDS[@]}"; do
		ns_add "$n"
	done
	args /bin/sleep 200
	up
	PAUSE=$(pid_of)
	for n in "${!proc_name[@]}"; do
		theirs[$n]=$(readlink "/proc/$PAUSE/ns/${proc_name[$n]}")
	done
	cp "$B/config.json" /mnt/test/pod.json
	PAUSE_ID=$ID
	ID=joins
}

# The namespaces of $PAUSE and of what is $OUT differ or not as KIND... says.
compare()
{
	local t n is want
	for t in "${!proc_name[@]}"; do
		n=${proc_name[$t]}
		[[ $'\n'$OUT$'\n' == *$'\n'"ns.$n=${theirs[$t]}"$'\n'* ]] && is=same || is=other
		[[ " $* " == *" $t "* ]] && want=same || want=other
		assert_eq "$is" "$want" "$t when these are joined: $*"
	done
}

# joins KIND...: a container that shares these namespaces with the first one
joins()
{
	jq --arg p "/proc/$PAUSE/ns" '.process.args = ["/bin/probe", "show", "ns", "ids"] | .linux.namespaces |= map(.type as $t
		| if $ARGS.positional | index($t) then .path = "\($p)/\({network: "net"}[$t] // $t)" else . end)
		| if $ARGS.positional | index("user") then del(.linux.uidMappings, .linux.gidMappings) else . end
		| if $ARGS.positional | index("uts") then del(.hostname) else . end' --args "$@" \
		</mnt/test/pod.json >"$B/config.json"
	run_ok
	assert_line 'uid=0 0 0'
}

# all_combinations [user]: 32 of them
all_combinations()
{
	local i k set
	for ((i = 0; i < 32; i++)); do
		set=("$@")
		for k in 0 1 2 3 4; do
			((i >> k & 1)) && set+=("${KINDS[k]}")
		done
		joins "${set[@]}"
		compare "${set[@]}" ${SAME_USER:+user}
	done
	# and one that stays, to be entered later
	joins "$@" network ipc uts
	args /bin/sleep 200
	up
	rt_ok exec "$ID" /bin/probe show ns ids
	assert_line 'uid=0 0 0'
	compare "$@" network ipc uts ${SAME_USER:+user}
	delete_ok --force
	ID=$PAUSE_ID
	delete_ok --force
	assert_clean
}

# A mount of its kind for each namespace: who does not own it could not make it.
pod_mounts()
{
	cfg '.mounts |= map(select(.destination != "/sys"))'
	mount_add /sys sysfs sysfs nosuid noexec nodev ro
	mount_add /dev/mqueue mqueue mqueue nosuid noexec nodev
	mount_add /sys/fs/cgroup cgroup cgroup ro
}

as_root()
{
	[ "$(id -u)" = 0 ] || skip "root's are not for users"
	bundle_new
	pod_mounts
}

# shows: linux.namespaces.path.optional
test_pods_without_user_namespace()
{
	as_root
	pause
	SAME_USER=1 all_combinations
}

# shows: linux.namespaces.path.optional
test_pods_with_a_user_namespace()
{
	as_root
	userns
	cfg '.process.user.additionalGids = [7]'
	pause
	all_combinations user
}

# A new user namespace for each container: what is joined belongs to another one, which root may enter.
test_joining_with_a_user_namespace_of_its_own()
{
	local t
	as_root
	userns
	# they show a namespace that the container would have to own
	cfg '.mounts |= map(select(.type != "mqueue" and .type != "cgroup"))'
	pause
	for t in network ipc uts cgroup; do
		joins "$t"
		compare "$t"
	done
	joins network ipc uts
	compare network ipc uts
	ID=$PAUSE_ID
	delete_ok --force
	assert_clean
}

test_pods_of_a_user()
{
	user_bundle
	pod_mounts
	pause
	all_combinations user
}

# Of the namespaces of another user namespace its owner is not in charge from within a third one.
test_pods_of_a_user_need_the_user_namespace()
{
	user_bundle
	pause
	ns_add network "/proc/$PAUSE/ns/net"
	args /bin/true
	rt_fails 'linux\.namespaces\[[0-9]\]: join the namespace: operation not permitted' run --bundle "$B" "$ID"
	ID=$PAUSE_ID
	delete_ok --force
	assert_clean
}

# Engines that run rootless make one user namespace for all their containers.
test_pods_in_a_user_namespace_of_an_engine()
{
	user_bundle
	without_userns
	engine_namespace
	pod_mounts
	pause
	SAME_USER=1 all_combinations
	engine_stop
}
