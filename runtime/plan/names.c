/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row for each kind of step: its name, the words for its failure, and what its members mean. */
#include "print.h"

#include <stddef.h>

#define MOUNT_ATTRS                                                                                          \
	{ "set", F_ATTR_SET, 0 }, { "clear", F_ATTR_CLEAR, 0 }, { "propagation", F_PROPAGATION, 2 }

static const struct step_info steps[STEP_KINDS] = {
	[STEP_NS_JOIN] = { "ns-join", "join the namespace", 0,
			{ { "namespaces", F_NS, 0 }, { "from", F_FD, 0 } } },
	[STEP_UNSHARE] = { "unshare", "make namespaces", 0, { { "namespaces", F_NS, 0 } } },
	[STEP_FORK] = { "fork", "fork into the pid namespace", 0, { { 0 } } },
	[STEP_TREES] = { "trees", "clone the mounts", 0, { { 0 } } },
	[STEP_MAP_WAIT] = { "map-wait", "become root of the user namespace", 0,
			{ { "flags", F_FLAGS, 0 }, { "uid", F_VAL, 0 }, { "gid", F_VAL, 1 } } },
	[STEP_TIME_OFFSETS] = { "time-offsets", "set up the time namespace", 0, { { "offsets", F_STR, 0 } } },
	[STEP_SETSID] = { "setsid", "start a session", 0, { { 0 } } },
	[STEP_KEYRING] = { "keyring", "make a session keyring", 0,
			{ { "name", F_STR, 0 }, { "label", F_STR, 1 } } },
	[STEP_LOOPBACK] = { "loopback", "bring \"lo\" up", 0, { { 0 } } },
	[STEP_SYNC_NS] = { "sync-ns", "wait for the hooks of the runtime namespace", 0, { { 0 } } },
	[STEP_SYNC_DEVICES] = { "sync-devices", "wait for network devices", 0, { { 0 } } },
	[STEP_SYNC_FILTER] = { "sync-filter", "wait for the device filter", 0, { { 0 } } },
	[STEP_HOSTNAME] = { "hostname", "set the host name", 0, { { "name", F_STR, 0 } } },
	[STEP_DOMAINNAME] = { "domainname", "set the domain name", 0, { { "name", F_STR, 0 } } },
	[STEP_ROOT_PROPAGATION] = { "root-propagation", "cut off the host's mounts", 0,
				    { { "propagation", F_PROPAGATION, 0 } } },
	[STEP_ROOT] = { "root", "attach the root file system", 0,
			{ { "from", F_FD, 0 }, { "at", F_STR, 0 }, { "propagation", F_PROPAGATION, 0 } } },
	[STEP_MOUNT_FS] = { "mount", "mount", 2,
			    { { "type", F_STR, 0 }, { "on", F_STR, 1 }, { "data", F_PAIRS, 2 }, { "ids", F_FD, 0 },
			      MOUNT_ATTRS, { "flags", F_FLAGS, 0 } } },
	[STEP_MOUNT_BIND] = { "bind", "bind mount", 2,
			      { { "from", F_FD, 0 }, { "on", F_STR, 1 }, MOUNT_ATTRS,
				{ "propagationThen", F_PROPAGATION, 3 }, { "setTree", F_ATTR_SET, 1 },
				{ "clearTree", F_ATTR_CLEAR, 1 } } },
	[STEP_REMOUNT] = { "remount", "remount", 2,
			   { { "on", F_STR, 1 }, { "data", F_PAIRS, 2 }, MOUNT_ATTRS,
			     { "setTree", F_ATTR_SET, 1 }, { "clearTree", F_ATTR_CLEAR, 1 } } },
	[STEP_PROC_PRIVATE] = { "proc-private", "make a private procfs", 0, { { 0 } } },
	[STEP_SYSCTL] = { "sysctl", "set the kernel parameter", 0,
			{ { "name", F_STR, 0 }, { "value", F_STR, 1 } } },
	[STEP_DEV_OPEN] = { "dev-open", "open /dev", 0, { { 0 } } },
	[STEP_DEVICE] = { "device", "make the device", 1,
			  { { "path", F_STR, 0 }, { "mode", F_MODE, 0 }, { "device", F_DEV, 1 },
			    { "uid", F_LOW, 2 }, { "gid", F_HIGH, 2 }, { "from", F_FD, 0 },
			    { "flags", F_FLAGS, 0 } } },
	[STEP_SYMLINK] = { "symlink", "make the link", 2,
			   { { "name", F_STR, 1 }, { "target", F_STR, 0 } } },
	[STEP_CONSOLE] = { "console", "set up the terminal", 0,
			   { { "from", F_FD, 0 }, { "rows", F_LOW, 0 }, { "columns", F_HIGH, 0 },
			     { "uid", F_VAL, 1 }, { "flags", F_FLAGS, 0 } } },
	[STEP_HOOK] = { "hook", "run", 1,
			{ { "path", F_STR, 0 }, { "args", F_LIST, 1 }, { "env", F_NAMES, 2 },
			  { "timeout", F_VAL, 0 }, { "flags", F_FLAGS, 0 } } },
	[STEP_MASK] = { "mask", "mask the path", 1, { { "path", F_STR, 0 } } },
	[STEP_READONLY] = { "readonly", "make the path read-only", 1, { { "path", F_STR, 0 } } },
	[STEP_ROOT_READONLY] = { "root-readonly", "make the root read-only", 0, { { 0 } } },
	[STEP_PIVOT] = { "pivot", "change the root", 0, { { "flags", F_FLAGS, 0 } } },
	[STEP_ROOT_PROPAGATION_END] = { "root-propagation-end", "set the propagation of the root", 0,
					{ { "propagation", F_PROPAGATION, 0 } } },
	[STEP_ROOT_KEEP] = { "root-keep", "keep the root without a mount namespace", 0,
			     { { "namespaces", F_NS, 0 }, { "from", F_FD, 0 } } },
	[STEP_HOME] = { "home", "find the home directory", 0, { { "uid", F_VAL, 0 } } },
	[STEP_CWD] = { "cwd", "chdir to cwd", 1, { { "path", F_STR, 0 }, { "flags", F_FLAGS, 0 } } },
	[STEP_LOOKUP] = { "lookup", "exec", 1, { { "file", F_STR, 0 }, { "PATH", F_STR, 1 } } },
	[STEP_READY] = { "ready", "wait to be started", 0, { { "on", F_FD, 0 } } },
	[STEP_RLIMIT] = { "rlimit", "set the limit", 0, { { "soft", F_LIMIT, 0 }, { "hard", F_LIMIT, 1 } } },
	[STEP_UMASK] = { "umask", "set the umask", 0, { { "mask", F_OCTAL, 0 } } },
	[STEP_SCHED] = { "scheduler", "set the scheduling policy", 0, { { "parameters", F_SCHED, 0 } } },
	[STEP_IOPRIO] = { "ioprio", "set the I/O priority", 0, { { "value", F_VAL, 0 } } },
	[STEP_PERSONALITY] = { "personality", "set the personality", 0, { { "value", F_VAL, 0 } } },
	[STEP_MEMPOLICY] = { "memory-policy", "set the memory policy", 0, { { "mode", F_NUM, 0 } } },
	[STEP_AFFINITY] = { "affinity", "set the CPU affinity", 0, { { 0 } } },
	[STEP_STDIO_OWNER] = { "stdio-owner", "change the owner of the standard streams", 0,
			{ { "uid", F_VAL, 0 } } },
	/* engines look for the name of the file in back-quotes */
	[STEP_APPARMOR] = { "apparmor", "write `/proc/self/attr/apparmor/exec`", 1,
			{ { "profile", F_STR, 0 } } },
	[STEP_SELINUX] = { "selinux", "write `/proc/self/attr/exec`", 1, { { "label", F_STR, 0 } } },
	[STEP_CAP_BOUNDING] = { "bounding-set", "drop capabilities from the bounding set", 0,
			{ { "keep", F_CAPS, 0 } } },
	[STEP_USER] = { "user", "become the user", 0,
			{ { "uid", F_VAL, 0 }, { "gid", F_VAL, 1 }, { "groups", F_GROUPS, 0 },
			  { "flags", F_FLAGS, 0 } } },
	[STEP_CAPS] = { "capabilities", "set the capabilities", 0,
			{ { "effective", F_CAPS, 0 }, { "permitted", F_CAPS, 1 },
			  { "inheritable", F_CAPS, 2 }, { "ambient", F_CAPS, 3 } } },
	[STEP_NO_NEW_PRIVS] = { "no-new-privs", "set no_new_privs", 0, { { 0 } } },
	[STEP_SECCOMP] = { "seccomp", "load the seccomp filter", 0,
			   { { "instructions", F_NUM, 0 }, { "flags", F_FLAGS, 0 } } },
	[STEP_EXEC] = { "exec", "exec", 0,
			{ { "args", F_LIST, 1 }, { "env", F_NAMES, 2 }, { "preservedFds", F_NUM, 0 } } },
};

const struct step_info *plan_step_info(unsigned kind)
{
	return kind < STEP_KINDS && steps[kind].name ? &steps[kind] : NULL;
}

const char *plan_step_name(unsigned kind)
{
	const struct step_info *i = plan_step_info(kind);
	return i ? i->name : NULL;
}

const char *plan_host_step_name(enum host_step_kind k)
{
	static const char *const names[HOST_STEP_KINDS] = {
		[HOST_STATE_DIR] = "state-dir",	 [HOST_CGROUP] = "cgroup",
		[HOST_RESOURCES] = "resources",	 [HOST_DEVICE_FILTER] = "device-filter",
		[HOST_RDT] = "rdt",		 [HOST_RDT_JOIN] = "rdt-join",
		[HOST_CGROUP_OWNER] = "cgroup-owner",
		[HOST_OPEN_FDS] = "open-fds",	 [HOST_CLONE] = "clone",
		[HOST_MAPS] = "id-maps",	 [HOST_OOM_SCORE] = "oom-score",
		[HOST_NET_DEVICES] = "net-devices", [HOST_HOOKS] = "hooks",
		[HOST_INSIDE] = "inside",	 [HOST_CONSOLE] = "console",
		[HOST_PID_FILE] = "pid-file",	 [HOST_STATE] = "state",
		[HOST_START] = "start",
	};
	return (unsigned)k < HOST_STEP_KINDS ? names[k] : NULL;
}
