# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash source-path=SCRIPTDIR
#
# containerd's CRI plugin, called as a kubelet calls it: each operation is a function of cri.py.

. ./containerd.inc
export SHORT_OPS="pod container_life resources kubelet_parent update exec_sync exec_stream attach reopen_log stats oom user_namespace stop_pod"
export NO_RUNTIME_OPS="features documented"

after_op()
{
	do_cri clean
}

do_cri()
{
	GREEDY=${GREEDY:-} RT=$RT DRIVER=$DRIVER IMAGE=$IMAGE "$ENGINES/cri.py" "$CRI_SOCKET" "${1:-$NAME}"
}

op_pod()
{ do_cri; }

op_container_life()
{ do_cri; }

op_namespaces()
{ do_cri; }

op_security()
{ do_cri; }

op_masked_paths()
{ do_cri; }

op_privileged_host()
{ do_cri; }

# containerd 1.7 has no id-mapped volumes, but user namespaces
op_user_namespace()
{
	case $(engine_version) in
	1.*) do_cri user_namespace ;;
	*) do_cri user_namespace_volume ;;
	esac
}

op_mounts()
{ do_cri; }

op_devices()
{ do_cri; }

op_sysctls()
{ do_cri; }

op_resources()
{ do_cri; }

op_exec_oom_score()
{ do_cri; }

op_kubelet_parent()
{ do_cri; }

# containerd's own path has no slice, so that with systemd every runtime refuses it
op_no_parent()
{
	[ "$DRIVER" = cgroupfs ] || skip "a path of containerd's own"
	do_cri
}

op_update()
{ do_cri; }

op_exec_sync()
{ do_cri; }

op_exec_stream()
{ do_cri; }

op_exec_tty()
{ do_cri; }

op_attach()
{ do_cri; }

op_attach_tty()
{ do_cri; }

op_reopen_log()
{ do_cri; }

op_exec_after_end()
{ do_cri; }

op_stats()
{ do_cri; }

op_list_stats()
{ do_cri; }

op_pod_stats()
{ do_cri; }

op_oom()
{
	GREEDY=$(greedy) do_cri
}

op_start_fails()
{ do_cri; }

op_stop_timeout()
{ do_cri; }

op_stop_pod()
{ do_cri; }

op_restart_of_containerd()
{ do_cri; }

op_features()
{
	newer_than_1 "features of a runtime in its status"
	do_cri
}

# with_config FILE: another containerd.toml from now on
with_config()
{
	systemctl stop berth-containerd
	cp "$1" "$RUN/config.toml"
	systemctl start berth-containerd
	wait_for 40 c version
}

# docs/engines.md as it stands; beside it only where this containerd is and how its pods get a network
documented_config()
{
	local text plugin=io.containerd.cri.v1.runtime
	text=$(documented containerd toml)
	case $(engine_version) in
	1.*)
		documented_line containerd 'containerd 1.7: `version = 2` and the plugin `io.containerd.grpc.v1.cri` in its place'
		plugin=io.containerd.grpc.v1.cri
		text=$(sed "s/^version = 3/version = 2/; s/io\\.containerd\\.cri\\.v1\\.runtime/$plugin/" <<<"$text")
		documented_line containerd '`runtimes.runc` with `runtime_type = "io.containerd.runc.v2"`'
		text+=$'\n'"[plugins.'$plugin'.containerd.runtimes.runc]"$'\nruntime_type = "io.containerd.runc.v2"'
		;;
	esac
	printf "root = '%s'\nstate = '%s'\n%s\n[grpc]\naddress = '%s'\n" /var/lib/berth-containerd "$RUN/state" "$text" "$CRI_SOCKET"
	case $plugin in
	*grpc*) printf "[plugins.'%s']\nsandbox_image = 'localhost/pause:1'\n" $plugin ;;
	*) printf "[plugins.'io.containerd.cri.v1.images'.pinned_images]\nsandbox = 'localhost/pause:1'\n" ;;
	esac
	cni $plugin
}

documented_ops()
{
	local before
	documented_config >new.toml
	with_config new.toml
	grep -q 'BinaryName = "/usr/local/sbin/berth"' new.toml || die "another path"
	recorded_in_place do_cri documented
	documented_line containerd 'Back: set `default_runtime_name` to what it was, restart containerd, and keep the table `runtimes.berth`'
	sed 's/^ *default_runtime_name = .*//' new.toml >back.toml
	with_config back.toml
	before=$(made /usr/local/sbin/berth.trace)
	do_cri documented_back
	eq "$(made /usr/local/sbin/berth.trace)" "$before" "containers made by berth on the way back"
}

op_documented()
{
	only_tested
	[ "$DRIVER" = systemd ] || skip "the documents have the systemd driver"
	cp "$RUN/config.toml" kept.toml
	strictly documented_ops
	do_cri clean || RC=1
	[ "$RC" = 0 ] || journalctl -u berth-containerd --no-pager -o cat | grep -v level=info | tail -n 8
	with_config kept.toml
	return "$RC"
}
