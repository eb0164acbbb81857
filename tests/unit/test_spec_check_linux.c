/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of linux and linux.resources: a row for each refusal, with its exact path. */
#include "spec_util.h"

#define NS(type) "\"namespaces\":[{\"type\":\"" type "\"}]"
#define NS_AT(type, path) "\"namespaces\":[{\"type\":\"" type "\",\"path\":\"" path "\"}]"
#define MAP(c, h, n) "{\"containerID\":" c ",\"hostID\":" h ",\"size\":" n "}"
#define ONE "[" MAP("0", "0", "1") "]"

static const struct refusal namespaces[] = {
	{NS("mount"), NULL, NULL},
	{NS_AT("network", "/run/netns/a"), NULL, NULL},
	{NS_AT("network", "proc/self/ns/net"), "linux.namespaces[0].path", "not an absolute path"},
	{NS_AT("network", ""), "linux.namespaces[0].path", "not an absolute path"},
	{"\"namespaces\":[{\"path\":\"/x\"}]", "linux.namespaces[0].type", "missing"},
	{"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"pid\"}]",
	 "linux.namespaces[2].type",
     "pid occurs twice"},
	{"\"namespaces\":[{\"type\":\"network\",\"path\":\"/a\"},{\"type\":\"network\"}]",
     "linux.namespaces[1].type", "network occurs twice"},
	{"\"namespaces\":[{\"type\":\"Pid\"}]", "linux.namespaces[0].type", "unknown namespace type"},
};

#define UIDS(m) NS("user") ",\"gidMappings\":" ONE ",\"uidMappings\":[" m "]"
static const struct refusal mappings[] = {
	{NS("user") ",\"uidMappings\":" ONE ",\"gidMappings\":" ONE, NULL, NULL},
	{NS("user") ",\"uidMappings\":[" MAP("0", "0", "4294967295") "],\"gidMappings\":" ONE, NULL, NULL},
	{NS("pid") ",\"uidMappings\":" ONE, "linux.uidMappings", "needs a user namespace"},
	{NS("pid") ",\"gidMappings\":" ONE, "linux.gidMappings", "needs a user namespace"},
	{NS("user"), "linux.uidMappings", "required for a new user namespace"},
	{NS("user") ",\"uidMappings\":" ONE, "linux.gidMappings", "required for a new user namespace"},
	{NS("user") ",\"uidMappings\":[],\"gidMappings\":" ONE, "linux.uidMappings", "required"},
	{NS_AT("user", "/proc/1/ns/user"), NULL, NULL},
	{UIDS(MAP("0", "0", "0")),
     "linux.uidMappings[0].size", "must not be 0"},
	{UIDS(MAP("1", "0", "4294967295")),
     "linux.uidMappings[0].containerID", "ends beyond 4294967294"},
	{UIDS(MAP("0", "4294967295", "1")),
     "linux.uidMappings[0].hostID", "ends beyond 4294967294"},
	{UIDS(MAP("0", "0", "10") "," MAP("9", "100", "5")),
     "linux.uidMappings[1].containerID", "overlaps with entry 0"},
	{UIDS(MAP("0", "0", "10") "," MAP("10", "9", "5")),
     "linux.uidMappings[1].hostID", "overlaps with entry 0"},
	{UIDS(MAP("0", "0", "10") "," MAP("10", "10", "5")),
     NULL, NULL},
	{UIDS(MAP("0", "-1", "1")),
     "linux.uidMappings[0].hostID", "must not be negative"},
};

static const struct refusal clocks[] = {
	{NS("time") ",\"timeOffsets\":{\"boottime\":{\"secs\":-5,\"nanosecs\":999999999}}", NULL, NULL},
	{NS("time") ",\"timeOffsets\":{\"boottime\":{\"nanosecs\":1000000000}}",
     "linux.timeOffsets.boottime.nanosecs", "out of range"},
	{NS("time") ",\"timeOffsets\":{\"monotonic\":{\"nanosecs\":1000000000}}",
     "linux.timeOffsets.monotonic.nanosecs", "out of range"},
	{NS("pid") ",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}", "linux.timeOffsets",
     "needs a new time namespace"},
	{NS_AT("time", "/x") ",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}", "linux.timeOffsets",
     "needs a new time namespace"},
	{"\"timeOffsets\":{}", NULL, NULL},
};

#define DEV(x) "\"devices\":[{" x "}]"
static const struct refusal devices[] = {
	{DEV("\"type\":\"c\",\"path\":\"/a\",\"major\":4095,\"minor\":1048575,\"fileMode\":4095,\"uid\":0"),
     NULL, NULL},
	{DEV("\"type\":\"c\",\"path\":\"/dev/a\",\"major\":1,\"minor\":3,\"fileMode\":8630"), NULL, NULL},
	{DEV("\"type\":\"p\",\"path\":\"/p\""), NULL, NULL},
	{DEV("\"type\":\"u\",\"path\":\"/u\",\"major\":1,\"minor\":1"), NULL, NULL},
	{DEV("\"type\":\"z\",\"path\":\"/dev/a\",\"major\":1,\"minor\":1"), "linux.devices[0].type",
     "is not c, b, u or p"},
	{DEV("\"type\":\"cb\",\"path\":\"/dev/a\",\"major\":1,\"minor\":1"), "linux.devices[0].type",
	 "is not"},
	{DEV("\"type\":\"\",\"path\":\"/dev/a\",\"major\":1,\"minor\":1"), "linux.devices[0].type", "is not"},
	{DEV("\"path\":\"/dev/a\",\"major\":1,\"minor\":1"), "linux.devices[0].type", "missing"},
	{DEV("\"type\":\"c\",\"major\":1,\"minor\":1"), "linux.devices[0].path", "missing"},
	{DEV("\"type\":\"c\",\"path\":\"dev/a\",\"major\":1,\"minor\":1"), "linux.devices[0].path",
     "not an absolute path"},
	{DEV("\"type\":\"c\",\"path\":\"/dev/a\",\"minor\":1"), "linux.devices[0].major", "missing"},
	{DEV("\"type\":\"b\",\"path\":\"/dev/a\",\"major\":1"), "linux.devices[0].minor", "missing"},
	{DEV("\"type\":\"b\",\"path\":\"/dev/a\",\"major\":4096,\"minor\":1"), "linux.devices[0].major",
     "out of range"},
	{DEV("\"type\":\"b\",\"path\":\"/dev/a\",\"major\":-1,\"minor\":1"), "linux.devices[0].major",
     "out of range"},
	{DEV("\"type\":\"b\",\"path\":\"/dev/a\",\"major\":1,\"minor\":1048576"), "linux.devices[0].minor",
     "out of range"},
	{DEV("\"type\":\"c\",\"path\":\"/dev/a\",\"major\":1,\"minor\":3,\"fileMode\":4096"),
     "linux.devices[0].fileMode", "not a file mode"},
	{DEV("\"type\":\"b\",\"path\":\"/dev/a\",\"major\":1,\"minor\":3,\"fileMode\":8630"),
     "linux.devices[0].fileMode", "not a file mode"},
	{DEV("\"type\":\"p\",\"path\":\"/a\",\"uid\":4294967295"), "linux.devices[0].uid", "not an id"},
	{DEV("\"type\":\"p\",\"path\":\"/a\",\"gid\":4294967295"), "linux.devices[0].gid", "not an id"},
};

static const struct refusal net_devices[] = {
	{"\"netDevices\":{}", NULL, NULL},
	{"\"netDevices\":{\"eth0\":{}}", "linux.netDevices", "needs a network namespace"},
	{NS("network") ",\"netDevices\":{\"eth0\":{},\"a234567890123-5\":{\"name\":\"eth%d\"}}", NULL, NULL},
	{NS("network") ",\"netDevices\":{\"a23456789012345\":{}}", NULL, NULL},
	{NS("network") ",\"netDevices\":{\"a234567890123456\":{}}", "linux.netDevices.a234567890123456",
     "not the name"},
	{NS("network") ",\"netDevices\":{\"\":{}}", "linux.netDevices[\"\"]", "not the name"},
	{NS("network") ",\"netDevices\":{\"a/b\":{}}", "linux.netDevices[\"a/b\"]", "not the name"},
	{NS("network") ",\"netDevices\":{\"..\":{}}", "linux.netDevices[\"..\"]", "not the name"},
	{NS("network") ",\"netDevices\":{\"a b\":{}}", "linux.netDevices[\"a b\"]", "not the name"},
	{NS("network") ",\"netDevices\":{\"a:1\":{}}", "linux.netDevices[\"a:1\"]", "not the name"},
	{NS("network") ",\"netDevices\":{\"a%d\":{}}", "linux.netDevices[\"a%d\"]", "not the name"},
	{NS("network") ",\"netDevices\":{\"lo\":{}}", "linux.netDevices.lo", "loopback"},
	{NS("network") ",\"netDevices\":{\"a\":{\"name\":\"\"}}", "linux.netDevices.a.name", "is not a name"},
	{NS("network") ",\"netDevices\":{\"a\":{\"name\":\"%d\"}}", "linux.netDevices.a.name",
	 "is not a name"},
	{NS("network") ",\"netDevices\":{\"a\":{\"name\":\"e%dx\"}}", "linux.netDevices.a.name",
	 "is not a name"},
	{NS("network") ",\"netDevices\":{\"a\":{\"name\":\"e%s\"}}", "linux.netDevices.a.name",
	 "is not a name"},
	{NS("network") ",\"netDevices\":{\"a\":{\"name\":\"e%d%d\"}}", "linux.netDevices.a.name",
     "is not a name"},
	{NS("network") ",\"netDevices\":{\"a\":{\"name\":\"a23456789012345%d\"}}", "linux.netDevices.a.name",
     "is not a name"},
	{NS("network") ",\"netDevices\":{\"a\":{\"name\":\"x\"},\"x\":{}}", "linux.netDevices.x",
     "two devices would be called \"x\""},
	{NS("network") ",\"netDevices\":{\"a\":{\"name\":\"e%d\"},\"x\":{\"name\":\"e%d\"}}", NULL, NULL},
};

#define SYSCTL(k, v) "\"sysctl\":{\"" k "\":\"" v "\"}"
static const struct refusal sysctls[] = {
	{NS_AT("network", "/n") "," SYSCTL("net.ipv4.ip_forward", "1"), NULL, NULL},
	{NS("network") "," SYSCTL("net/ipv4/conf/eth0.100/forwarding", "1"), NULL, NULL},
	{NS("network") "," SYSCTL("net.ipv4.conf.eth0/100.forwarding", "0\\t1"),
     "linux.sysctl[\"net.ipv4.conf.eth0/100."
     "forwarding\"]",
     "control characters"},
	{NS("ipc") "," SYSCTL("kernel.shm_rmid_forced", "1"), NULL, NULL},
	{NS("ipc") "," SYSCTL("kernel/msgmax", "1"), NULL, NULL},
	{NS("ipc") "," SYSCTL("kernel.sem", "1 2 3 4"), NULL, NULL},
	{NS("ipc") "," SYSCTL("fs.mqueue.msg_max", "1"), NULL, NULL},
	{NS("uts") "," SYSCTL("kernel.domainname", "a"), NULL, NULL},
	{SYSCTL("net.ipv4.ip_forward", "1"), "linux.sysctl[\"net.ipv4.ip_forward\"]",
     "needs a network namespace"},
	{NS("network") "," SYSCTL("kernel.shmmax", "1"), "linux.sysctl[\"kernel.shmmax\"]",
     "needs a ipc namespace"},
	{NS("ipc") "," SYSCTL("kernel.hostname", "1"), "linux.sysctl[\"kernel.hostname\"]",
     "needs a uts namespace"},
	{NS("ipc") "," SYSCTL("kernel.semx", "1"), "linux.sysctl[\"kernel.semx\"]", "change the host"},
	{NS("ipc") "," SYSCTL("vm.swappiness", "1"), "linux.sysctl[\"vm.swappiness\"]", "change the host"},
	{NS("network") "," SYSCTL("net", "1"), "linux.sysctl.net", "change the host"},
	{NS("network") "," SYSCTL("netx.a", "1"), "linux.sysctl[\"netx.a\"]", "change the host"},
	{NS("network") "," SYSCTL("net..a", "1"), "linux.sysctl[\"net..a\"]", "not the name"},
	{NS("network") "," SYSCTL("net/../kernel/core_pattern", "1"),
     "linux.sysctl[\"net/../kernel/core_pattern\"]", "not the name"},
	{NS("network") "," SYSCTL("net.//.kernel.core_pattern", "1"),
     "linux.sysctl[\"net.//.kernel.core_pattern\"]", "not the name"},
	{NS("network") "," SYSCTL("net.a.", "1"), "linux.sysctl[\"net.a.\"]", "not the name"},
	{NS("network") "," SYSCTL("/net/a", "1"), "linux.sysctl[\"/net/a\"]", "not the name"},
	{NS("network") "," SYSCTL(".net.a", "1"), "linux.sysctl[\".net.a\"]", "not the name"},
	{NS("network") "," SYSCTL("net/./a", "1"), "linux.sysctl[\"net/./a\"]", "not the name"},
	{NS("network") "," SYSCTL("net.a\\nb", "1"), "linux.sysctl[\"net.a\\u000ab\"]", "not the name"},
	{NS("network") "," SYSCTL("", "1"), "linux.sysctl[\"\"]", "not the name"},
	{NS("network") "," SYSCTL("net.a", "1\\n2"), "linux.sysctl[\"net.a\"]", "control characters"},
	{NS("network") ",\"sysctl\":{\"net.a\":\"1\",\"net/a\":\"2\"}", "linux.sysctl[\"net/a\"]",
     "is the same parameter as \"net.a\""},
	{NS("network") ",\"sysctl\":{\"net.a\":1}", "linux.sysctl[\"net.a\"]", "expected a string"},
};

static const struct refusal others[] = {
	{"\"cgroupsPath\":\"\"", NULL, NULL},
	{"\"cgroupsPath\":\"system.slice:a:b\"", NULL, NULL},
	{"\"cgroupsPath\":\"/a\\nb\"", "linux.cgroupsPath", "control characters"},
	{"\"rootfsPropagation\":\"\"", NULL, NULL},
	{"\"rootfsPropagation\":\"shared\"", NULL, NULL},
	{"\"rootfsPropagation\":\"rslave\"", NULL, NULL},
	{"\"rootfsPropagation\":\"bogus\"", "linux.rootfsPropagation", "unknown value"},
	{"\"maskedPaths\":[\"/a\",\"etc\"]", "linux.maskedPaths[1]", "not an absolute path"},
	{"\"readonlyPaths\":[\"\"]", "linux.readonlyPaths[0]", "not an absolute path"},
	{"\"mountLabel\":\"a\\nb\"", "linux.mountLabel", "control characters"},
	{"\"mountLabel\":\"system_u:object_r:svirt_sandbox_file_t:s0:c1,c2\"", NULL, NULL},
	{"\"intelRdt\":{\"closID\":\"/\",\"schemata\":[\"L3:0=f\",\"MB:0=20\"],\"memBwSchema\":\"MB:0=5\"}",
	 NULL,
     NULL},
	{"\"intelRdt\":{\"closID\":\"\"}", "linux.intelRdt.closID", "not a directory name"},
	{"\"intelRdt\":{\"closID\":\"..\"}", "linux.intelRdt.closID", "not a directory name"},
	{"\"intelRdt\":{\"closID\":\"a/b\"}", "linux.intelRdt.closID", "not a directory name"},
	{"\"intelRdt\":{\"closID\":\"a\\n\"}", "linux.intelRdt.closID", "control characters"},
	{"\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}", "linux.intelRdt.memBwSchema", "must start with"},
	{"\"intelRdt\":{\"memBwSchema\":\"MB:0=5\\nMB:1=5\"}", "linux.intelRdt.memBwSchema",
     "control characters"},
	{"\"intelRdt\":{\"l3CacheSchema\":\"L3:0=f\\n\"}", "linux.intelRdt.l3CacheSchema",
	 "control characters"},
	{"\"intelRdt\":{\"schemata\":[\"L3:0=f\\nMB:0=5\"]}", "linux.intelRdt.schemata[0]",
	 "control characters"},
	{"\"intelRdt\":{\"schemata\":[\"\"]}", "linux.intelRdt.schemata[0]", "must not be empty"},
	{"\"intelRdt\":{\"enableCMT\":true}", NULL, NULL},
	{"\"personality\":{\"domain\":\"LINUX32\",\"flags\":[]}", NULL, NULL},
	{"\"personality\":{}", "linux.personality.domain", "missing"},
	{"\"personality\":{\"domain\":\"linux\"}", "linux.personality.domain", "unknown value"},
	{"\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}", "linux.personality.flags[0]",
     "unknown value"},
};

#define POLICY(mode, more) "\"memoryPolicy\":{\"mode\":\"MPOL_" mode "\"" more "}"
#define NODES(n) ",\"nodes\":\"" n "\""
#define FLAG(f) ",\"flags\":[\"MPOL_F_" f "\"]"
static const struct refusal policies[] = {
	{POLICY("DEFAULT", ""), NULL, NULL},
	{POLICY("LOCAL", ",\"nodes\":\"\",\"flags\":[]"), NULL, NULL},
	{POLICY("BIND", NODES("0-3,7") FLAG("NUMA_BALANCING")), NULL, NULL},
	{POLICY("PREFERRED_MANY", NODES("0") FLAG("NUMA_BALANCING")), NULL, NULL},
	{POLICY("INTERLEAVE", NODES("2-3") FLAG("STATIC_NODES")), NULL, NULL},
	{POLICY("WEIGHTED_INTERLEAVE", NODES("0")), NULL, NULL},
	{POLICY("PREFERRED", ""), NULL, NULL},
	{POLICY("PREFERRED", NODES("0") FLAG("RELATIVE_NODES")), NULL, NULL},
	{"\"memoryPolicy\":{\"nodes\":\"0\"}", "linux.memoryPolicy.mode", "missing"},
	{POLICY("BOGUS", ""), "linux.memoryPolicy.mode", "unknown value"},
	{POLICY("DEFAULT", NODES("0")), "linux.memoryPolicy.nodes", "takes no nodes"},
	{POLICY("LOCAL", NODES("0")), "linux.memoryPolicy.nodes", "takes no nodes"},
	{POLICY("BIND", ""), "linux.memoryPolicy.nodes", "at least one node"},
	{POLICY("BIND", NODES(" ")), "linux.memoryPolicy.nodes", "at least one node"},
	{POLICY("INTERLEAVE", ""), "linux.memoryPolicy.nodes", "at least one node"},
	{POLICY("BIND", NODES("x")), "linux.memoryPolicy.nodes", "is not a list"},
	{POLICY("BIND", NODES("0-")), "linux.memoryPolicy.nodes", "is not a list"},
	{POLICY("BIND", NODES("0") FLAG("BOGUS")), "linux.memoryPolicy.flags[0]", "unknown value"},
	{POLICY("BIND", NODES("0") ",\"flags\":[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"]"),
     "linux.memoryPolicy.flags", "exclude each other"},
	{POLICY("INTERLEAVE", NODES("0") FLAG("NUMA_BALANCING")), "linux.memoryPolicy.flags[0]",
     "cannot be used with"},
	{POLICY("DEFAULT", FLAG("STATIC_NODES")), "linux.memoryPolicy.flags[0]", "cannot be used with"},
	{POLICY("PREFERRED", FLAG("STATIC_NODES")), "linux.memoryPolicy.flags[0]", "without nodes"},
};

#define SECCOMP(x) "\"seccomp\":{" x "}"
#define ALLOW "\"defaultAction\":\"SCMP_ACT_ALLOW\""
#define RULE(x) SECCOMP(ALLOW ",\"syscalls\":[{" x "}]")
#define ERRNO_RULE(x) RULE("\"names\":[\"getcwd\"],\"action\":\"SCMP_ACT_ERRNO\"" x)
#define NOTIFY_RULE(name) "\"syscalls\":[{\"names\":[\"mkdir\",\"" name "\"],\"action\":\"SCMP_ACT_NOTIFY\"}]"
#define ARG(x) ERRNO_RULE(",\"args\":[{" x "}]")
static const struct refusal seccomp[] = {
	{SECCOMP(ALLOW), NULL, NULL},
	{SECCOMP("\"syscalls\":[]"), "linux.seccomp.defaultAction", "missing"},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_BOGUS\""), "linux.seccomp.defaultAction", "unknown value"},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/a\""), NULL, NULL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_NOTIFY\""), "linux.seccomp.listenerPath", "required by"},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38"), NULL, NULL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":65535"), NULL, NULL},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":65536"),
     "linux.seccomp.defaultErrnoRet", "out of range"},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096"),
     "linux.seccomp.defaultErrnoRet", "out of range"},
	{SECCOMP(ALLOW ",\"defaultErrnoRet\":5"), "linux.seccomp.defaultErrnoRet", "takes no errno"},
	{SECCOMP("\"defaultAction\":\"SCMP_ACT_KILL\",\"defaultErrnoRet\":5"),
	 "linux.seccomp.defaultErrnoRet",
     "takes no errno"},
	{SECCOMP(ALLOW ",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_BOGUS\"]"),
     "linux.seccomp.architectures[1]", "unknown value"},
	{SECCOMP(ALLOW ",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"BOGUS\"]"), "linux.seccomp.flags[1]",
     "unknown value"},
	{SECCOMP(ALLOW ",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]"), "linux.seccomp.flags[0]",
     "needs a rule with SCMP_ACT_NOTIFY"},
	{SECCOMP(ALLOW
	     ",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"],\"listenerPath\":\"/l\"," NOTIFY_RULE(
		 "rmdir")),
     NULL, NULL},
	{SECCOMP(ALLOW ",\"listenerPath\":\"/a\",\"listenerMetadata\":\"x\""), NULL, NULL},
	{SECCOMP(ALLOW ",\"listenerMetadata\":\"x\""), "linux.seccomp.listenerMetadata",
	 "needs listenerPath"},
	{SECCOMP(ALLOW "," NOTIFY_RULE("rmdir")), "linux.seccomp.listenerPath",
	 "required by SCMP_ACT_NOTIFY"},
	{SECCOMP(ALLOW ",\"listenerPath\":\"\"," NOTIFY_RULE("rmdir")), "linux.seccomp.listenerPath",
     "required by"},
	{SECCOMP(ALLOW ",\"listenerPath\":\"/l\"," NOTIFY_RULE("sendmsg")), NULL, NULL},
	{ERRNO_RULE(",\"errnoRet\":22"), NULL, NULL},
	{ERRNO_RULE(",\"errnoRet\":4096"), "linux.seccomp.syscalls[0].errnoRet", "out of range"},
	{RULE("\"names\":[\"no_such_call\"],\"action\":\"SCMP_ACT_LOG\""), NULL, NULL},
	{RULE("\"names\":[\"a\"],\"action\":\"SCMP_ACT_ALLOW\",\"errnoRet\":5"),
     "linux.seccomp.syscalls[0].errnoRet", "takes no errno"},
	{RULE("\"names\":[],\"action\":\"SCMP_ACT_ERRNO\""), "linux.seccomp.syscalls[0].names",
     "at least one entry"},
	{RULE("\"names\":[\"\"],\"action\":\"SCMP_ACT_ERRNO\""), "linux.seccomp.syscalls[0].names[0]",
     "must not be empty"},
	{RULE("\"name\":\"getcwd\",\"action\":\"SCMP_ACT_ERRNO\""), "linux.seccomp.syscalls[0].names",
	 "missing"},
	{RULE("\"names\":[\"getcwd\"]"), "linux.seccomp.syscalls[0].action", "missing"},
	{RULE("\"names\":[\"getcwd\"],\"action\":\"BOGUS\""), "linux.seccomp.syscalls[0].action",
     "unknown value"},
	{ARG("\"index\":5,\"value\":1,\"op\":\"SCMP_CMP_MASKED_EQ\",\"valueTwo\":2"), NULL, NULL},
	{ARG("\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\""), "linux.seccomp.syscalls[0].args[0].index",
     "out of range"},
	{ARG("\"index\":0,\"value\":1,\"op\":\"BOGUS\""), "linux.seccomp.syscalls[0].args[0].op",
     "unknown value"},
	{ARG("\"value\":1,\"op\":\"SCMP_CMP_EQ\""), "linux.seccomp.syscalls[0].args[0].index", "missing"},
	{ARG("\"index\":0,\"op\":\"SCMP_CMP_EQ\""), "linux.seccomp.syscalls[0].args[0].value", "missing"},
	{ARG("\"index\":0,\"value\":1"), "linux.seccomp.syscalls[0].args[0].op", "missing"},
};

static void linux_table(const struct refusal *r, size_t n)
{
	check_refusals('c', "{" VERSION_ROOT ",\"linux\":{", "}}", r, n);
}
#define LINUX_TEST(table)                                                                                    \
	T_TEST(linux_##table)                                                                                \
	{                                                                                                    \
		linux_table(table, sizeof(table) / sizeof(table[0]));                                        \
	}

LINUX_TEST(namespaces)
LINUX_TEST(mappings)
LINUX_TEST(clocks)
LINUX_TEST(devices)
LINUX_TEST(net_devices)
LINUX_TEST(sysctls)
LINUX_TEST(others)
LINUX_TEST(policies)
LINUX_TEST(seccomp)

static const struct refusal uts_conflicts[] = {
	{"\"kernel.hostname\":\"b\"", "linux.sysctl[\"kernel.hostname\"]",
	 "contradicts the property hostname"},
	{"\"kernel/domainname\":\"b\"", "linux.sysctl[\"kernel/domainname\"]",
     "contradicts the property domainname"},
};

T_TEST(sysctl_against_hostname)
{
	REFUSALS('c',
		 "{" VERSION_ROOT
		 ",\"hostname\":\"a\",\"domainname\":\"a\",\"linux\":{" NS("uts") ",\"sysctl\":{",
		 "}}}", uts_conflicts);
}

T_TEST(too_many_mappings)
{
	char *json = malloc(1 << 20);
	for (int n = 340; n <= 341; n++) {
		struct err e = {.set = false};
		size_t at = (size_t)sprintf(json, "{" VERSION_ROOT ",\"linux\":{" NS(
						      "user") ",\"gidMappings\":" ONE ",\"uidMappings\":[");
		for (int i = 0; i < n; i++)
			at += (size_t)sprintf(json + at, "%s{\"containerID\":%d,\"hostID\":%d,\"size\":1}",
					      i ? "," : "", i, i);
		at += (size_t)sprintf(json + at, "]}}");
		T_INT(try_document('c', json, at, &e), n == 340 ? 0 : -1);
		if (n == 341)
			T_HAS(e.text, "linux.uidMappings: 341 entries; the kernel takes 340 at most");
	}
	free(json);
}

/* podman adds a dummy mapping when a container joins a user namespace. */
T_TEST(mappings_beside_a_path_are_a_warning)
{
	const char *json = "{" VERSION_ROOT ",\"linux\":{" NS_AT("user", "/x") ",\"uidMappings\":" ONE "}}";
	struct err e = {.set = false};
	T_OK(try_document('c', json, strlen(json), &e) == 0);
	T_INT(warnings, 1);
	T_HAS(last_warning, "linux.uidMappings: ignored");
}

static const struct refusal resources[] = {
	{"\"devices\":[{\"allow\":false}]", NULL, NULL},
	{"\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":-1,\"minor\":-1,\"access\":\"mrw\"}]", NULL,
     NULL},
	{"\"devices\":[{\"allow\":true,\"type\":\"a\"},{\"type\":\"c\"}]", "devices[1].allow", "missing"},
	{"\"devices\":[{\"allow\":true,\"type\":\"z\"}]", "devices[0].type", "is not a, b or c"},
	{"\"devices\":[{\"allow\":true,\"access\":\"q\"}]", "devices[0].access", "not made of"},
	{"\"devices\":[{\"allow\":true,\"access\":\"rr\"}]", "devices[0].access", "not made of"},
	{"\"devices\":[{\"allow\":true,\"access\":\"\"}]", "devices[0].access", "not made of"},
	{"\"devices\":[{\"allow\":true,\"major\":-2}]", "devices[0].major", "out of range"},
	{"\"devices\":[{\"allow\":true,\"minor\":1048576}]", "devices[0].minor", "out of range"},
	{"\"memory\":{\"limit\":-1,\"swap\":-1,\"reservation\":0,\"swappiness\":100}", NULL, NULL},
	{"\"memory\":{\"limit\":-2}", "memory.limit", "neither a limit nor -1"},
	{"\"memory\":{\"reservation\":-2}", "memory.reservation", "neither"},
	{"\"memory\":{\"swap\":-2}", "memory.swap", "neither"},
	{"\"memory\":{\"kernel\":-2}", "memory.kernel", "neither"},
	{"\"memory\":{\"kernelTCP\":-2}", "memory.kernelTCP", "neither"},
	{"\"memory\":{\"limit\":64,\"swap\":32}", "memory.swap", "less than the memory limit"},
	{"\"memory\":{\"swappiness\":101}", "memory.swappiness", "out of range"},
	{"\"cpu\":{\"quota\":-1,\"burst\":5,\"idle\":1,\"cpus\":\"0-3,7\",\"mems\":\"\"}", NULL, NULL},
	{"\"cpu\":{\"quota\":-2}", "cpu.quota", "neither"},
	{"\"cpu\":{\"quota\":1000,\"burst\":1001}", "cpu.burst", "more than the quota"},
	{"\"cpu\":{\"idle\":2}", "cpu.idle", "neither 0 nor 1"},
	{"\"cpu\":{\"cpus\":\"a\"}", "cpu.cpus", "is not a list"},
	{"\"cpu\":{\"cpus\":\"99999\"}", "cpu.cpus", "is not a list"},
	{"\"cpu\":{\"mems\":\"0\\n1\"}", "cpu.mems", "is not a list"},
	{"\"pids\":{\"limit\":-1}", NULL, NULL},
	{"\"pids\":{}", NULL, NULL},
	{"\"pids\":{\"limit\":-2}", "pids.limit", "neither"},
	{"\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":5}]}", NULL, NULL},
	{"\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}", "blockIO.weightDevice[0]",
     "at least one of"},
	{"\"blockIO\":{\"weightDevice\":[{\"major\":8,\"weight\":5}]}", "blockIO.weightDevice[0].minor",
     "missing"},
	{"\"blockIO\":{\"weightDevice\":[{\"major\":-1,\"minor\":0,\"weight\":5}]}",
     "blockIO.weightDevice[0].major", "out of range"},
	{"\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0}]}",
     "blockIO.throttleReadBpsDevice[0].rate", "missing"},
	{"\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":4096,\"minor\":0,\"rate\":1}]}",
     "blockIO.throttleWriteBpsDevice[0].major", "out of range"},
	{"\"blockIO\":{\"throttleReadIOPSDevice\":[{\"minor\":0,\"rate\":1}]}",
     "blockIO.throttleReadIOPSDevice[0].major", "missing"},
	{"\"blockIO\":{\"throttleWriteIOPSDevice\":[{\"major\":1,\"minor\":-1,\"rate\":1}]}",
     "blockIO.throttleWriteIOPSDevice[0].minor", "out of range"},
	{"\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":18446744073709551615}]", NULL, NULL},
	{"\"hugepageLimits\":[{\"pageSize\":\"64kB\",\"limit\":1}]", "hugepageLimits[0].pageSize",
     "is not a size"},
	{"\"hugepageLimits\":[{\"pageSize\":\"2M\",\"limit\":1}]", "hugepageLimits[0].pageSize",
	 "is not a size"},
	{"\"hugepageLimits\":[{\"pageSize\":\"02MB\",\"limit\":1}]", "hugepageLimits[0].pageSize",
     "is not a size"},
	{"\"hugepageLimits\":[{\"pageSize\":\"2MB/\",\"limit\":1}]", "hugepageLimits[0].pageSize",
     "is not a size"},
	{"\"hugepageLimits\":[{\"pageSize\":\"2MB\"}]", "hugepageLimits[0].limit", "missing"},
	{"\"network\":{\"classID\":4294967296}", "network.classID", "out of range"},
	{"\"network\":{\"priorities\":[{\"name\":\"e\"}]}", "network.priorities[0].priority", "missing"},
	{"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3}}", NULL, NULL},
	{"\"rdma\":{\"rxe0\":{}}", "rdma.rxe0", "at least one of"},
	{"\"rdma\":{\"a b\":{\"hcaHandles\":3}}", "rdma[\"a b\"]", "not the name"},
	{"\"rdma\":{\"a\\nb\":{\"hcaHandles\":3}}", "rdma[\"a\\u000ab\"]", "not the name"},
	{"\"unified\":{\"io.max\":\"259:0 rbps=1\\n253:0 rbps=2\",\"cgroup.max.depth\":\"3\"}", NULL, NULL},
	{"\"unified\":{\"../x\":\"1\"}", "unified[\"../x\"]", "not a file"},
	{"\"unified\":{\"a/b.c\":\"1\"}", "unified[\"a/b.c\"]", "not a file"},
	{"\"unified\":{\"nodot\":\"1\"}", "unified.nodot", "not a file"},
	{"\"unified\":{\".x\":\"1\"}", "unified[\".x\"]", "not a file"},
	{"\"unified\":{\"..\":\"1\"}", "unified[\"..\"]", "not a file"},
	{"\"unified\":{\"\":\"1\"}", "unified[\"\"]", "not a file"},
	{"\"unified\":{\"cgroup.procs\":\"1\"}", "unified[\"cgroup.procs\"]", "cannot be set"},
	{"\"unified\":{\"cgroup.kill\":\"1\"}", "unified[\"cgroup.kill\"]", "cannot be set"},
	{"\"unified\":{\"pids.max\":\"1\\u0007\"}", "unified[\"pids.max\"]", "control characters"},
};

T_TEST(resources_document)
{
	REFUSALS('r', "{", "}", resources);
}

T_MAIN()
