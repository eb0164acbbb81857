# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash source-path=SCRIPTDIR
#
# containerd's CRI plugin, called as a kubelet calls it: each operation is a function of cri.py.

. ./containerd.inc
export SHORT_OPS="pod container_life namespaces security resources update exec_sync exec_stream exec_tty attach stats oom
	restart_of_containerd user_namespace stop_pod privileged_host"

after_op()
{
	do_cri clean
}

do_cri()
{
	RT=$RT DRIVER=$DRIVER IMAGE=$IMAGE "$ENGINES/cri.py" "$CRI_SOCKET" "${1:-$NAME}"
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

op_user_namespace()
{ do_cri; }

op_mounts()
{ do_cri; }

op_devices()
{ do_cri; }

op_sysctls()
{ do_cri; }

op_resources()
{ do_cri; }

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

op_stats()
{ do_cri; }

op_oom()
{
	oom_is_seen
	do_cri
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
{ do_cri; }
