/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of the top level, process, mounts and hooks: a row for each refusal, with its exact path. */
#include "spec_util.h"

static const struct refusal versions[] = {
	{"1.0.0", NULL, NULL},
	{"1.0.2", NULL, NULL},
	{"1.3.0", NULL, NULL},
	{"1.99.0", NULL, NULL},
	{"1.1.0-rc.2", NULL, NULL},
	{"1.2.0+dev", NULL, NULL},
	{"1.2.1-0a.b-c+001.x", NULL, NULL},
	{"", "ociVersion", "is not a version"},
	{"1", "ociVersion", "is not a version"},
	{"1.0", "ociVersion", "is not a version"},
	{"1.0.0.0", "ociVersion", "is not a version"},
	{"v1.0.0", "ociVersion", "is not a version"},
	{"1.0.01", "ociVersion", "is not a version"},
	{"01.0.0", "ociVersion", "is not a version"},
	{"1.0.0-", "ociVersion", "is not a version"},
	{"1.0.0-01", "ociVersion", "is not a version"},
	{"1.0.0-a..b", "ociVersion", "is not a version"},
	{"1.0.0+", "ociVersion", "is not a version"},
	{"1.0.0 ", "ociVersion", "is not a version"},
	{"invalid", "ociVersion", "is not a version"},
	{"2.0.0", "ociVersion", "only 1.x.y"},
	{"0.9.0", "ociVersion", "only 1.x.y"},
	{"10.0.0", "ociVersion", "only 1.x.y"},
};

T_TEST(version)
{
	REFUSALS('c', "{\"root\":{\"path\":\"r\"},\"ociVersion\":\"", "\"}", versions);
}

static const struct refusal top_level[] = {
	{"\"root\":{\"path\":\"\"}", "root.path", "must not be empty"},
	{"\"root\":{\"path\":\"/\"}", NULL, NULL},
	{"\"root\":{\"path\":\"r\"},\"hostname\":\"h\"", "hostname", "needs a uts namespace"},
	{"\"root\":{\"path\":\"r\"},\"domainname\":\"h\"", "domainname", "needs a uts namespace"},
	{"\"root\":{\"path\":\"r\"},\"hostname\":\"\"", NULL, NULL},
	{"\"root\":{\"path\":\"r\"},\"annotations\":{\"\":\"x\"}", "annotations", "must not be empty"},
	{"\"root\":{\"path\":\"r\"},\"annotations\":{\"x\":\"\"}", NULL, NULL},
	{"\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\"}", "process.args", "at least one"},
	{"\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"a\"]}", "process.cwd", "missing"},
	{"\"root\":{\"path\":\"r\"},\"windows\":5,\"solaris\":[],\"vm\":null,\"zos\":1,\"freebsd\":2", NULL,
     NULL},
};

T_TEST(top_level_properties)
{
	REFUSALS('c', "{\"ociVersion\":\"1.3.0\",", "}", top_level);
}

#define HOST64 "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
static const struct refusal uts_names[] = {
	{"\"hostname\":\"" HOST64 "\"", NULL, NULL},
	{"\"hostname\":\"" HOST64 "e\"", "hostname", "longer than 64 bytes"},
	{"\"hostname\":\"a\\nb\"", "hostname", "control characters"},
	{"\"hostname\":\"a\\u007f\"", "hostname", "control characters"},
	{"\"domainname\":\"a\\tb\"", "domainname", "control characters"},
	{"\"domainname\":\"" HOST64 "e\"", "domainname", "longer than 64 bytes"},
	{"\"domainname\":\"example.org\"", NULL, NULL},
};

T_TEST(host_names)
{
	REFUSALS('c', "{" VERSION_ROOT ",\"linux\":{\"namespaces\":[{\"type\":\"uts\",\"path\":\"/x\"}]},",
		 "}", uts_names);
}

#define MAP "[{\"containerID\":0,\"hostID\":0,\"size\":1}]"
static const struct refusal mounts[] = {
	{"{\"destination\":\"/a\",\"type\":\"tmpfs\"}", NULL, NULL},
	{"{\"destination\":\"\",\"type\":\"tmpfs\"}", "mounts[0].destination", "must not be empty"},
	{"{\"type\":\"tmpfs\"}", "mounts[0].destination", "missing"},
	{"{\"destination\":\"/a\"}", "mounts[0].type", "required unless"},
	{"{\"destination\":\"/a\",\"type\":\"\"}", "mounts[0].type", "required unless"},
	{"{\"destination\":\"/a\",\"options\":[\"bind\"]}", "mounts[0].source", "required for a bind mount"},
	{"{\"destination\":\"/a\",\"options\":[\"rbind\",\"\"],\"source\":\"/b\"}", NULL, NULL},
	{"{\"destination\":\"/a\",\"options\":[\"remount\",\"ro\"]}", NULL, NULL},
	{"{\"destination\":\"/a\",\"options\":[\"bind\",\"remount\",\"ro\"]}", NULL, NULL},
	{"{\"destination\":\"/a\",\"type\":\"tmpfs\"},{\"destination\":\"/"
     "a\",\"type\":\"tmpfs\",\"uidMappings\":" MAP "}",
     "mounts[1].gidMappings", "required together"},
	{"{\"destination\":\"/a\",\"type\":\"tmpfs\",\"gidMappings\":" MAP "}", "mounts[0].uidMappings",
     "required together"},
	{"{\"destination\":\"/a\",\"type\":\"tmpfs\",\"gidMappings\":" MAP ",\"uidMappings\":" MAP "}", NULL,
     NULL},
	{"{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\",\"idmap\"]}", "mounts[0].options",
     "id-mapped mount needs"},
	{"{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"rbind\",\"ridmap\"]}", "mounts[0].options",
     "id-mapped mount needs"},
	{"{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"rbind\",\"ridmap\"],\"gidMappings\":" MAP
     ",\"uidMappings\":" MAP "}",
     NULL, NULL},
	{"{\"destination\":\"/a\",\"type\":\"tmpfs\",\"gidMappings\":" MAP
     ",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}]}",
     "mounts[0].uidMappings[0].size", "must not be 0"},
	{"{\"destination\":\"/a\",\"type\":\"tmpfs\",\"uidMappings\":" MAP
     ",\"gidMappings\":[{\"containerID\":0,\"hostID\":0}]}",
     "mounts[0].gidMappings[0].size", "missing"},
};

T_TEST(mount_entries)
{
	REFUSALS('c', "{" VERSION_ROOT ",\"mounts\":[", "]}", mounts);
}

T_TEST(idmap_falls_back_to_the_user_namespace)
{
	const char *json =
	    "{" VERSION_ROOT ",\"mounts\":[{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\","
	    "\"idmap\"]}],\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":" MAP
	    ",\"gidMappings\":" MAP "}}";
	struct err e = {.set = false};
	T_OK(try_document('c', json, strlen(json), &e) == 0);
}

T_TEST(relative_destination_is_a_warning)
{
	const char *json = "{" VERSION_ROOT ",\"mounts\":[{\"destination\":\"a\",\"type\":\"tmpfs\"}]}";
	struct err e = {.set = false};
	T_OK(try_document('c', json, strlen(json), &e) == 0);
	T_INT(warnings, 1);
	T_HAS(last_warning, "mounts[0]: the destination \"a\" is relative");
}

T_TEST(long_paths)
{
	char json[6000], name[5001];
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	struct err e = {.set = false};
	snprintf(json, sizeof(json),
		 "{" VERSION_ROOT ",\"mounts\":[{\"destination\":\"/%s\",\"type\":\"tmpfs\"}]}", name);
	T_OK(try_document('c', json, strlen(json), &e) == -1);
	T_HAS(e.text, "mounts[0].destination: longer than a path can be (4095 bytes)");
}

static const struct refusal process[] = {
	{"\"args\":[\"\"]", "process.args[0]", "must not be empty"},
	{"\"args\":[\"a\",\"\"]", NULL, NULL},
	{"\"args\":[]", "process.args", "at least one entry"},
	{"\"args\":[\"a\"],\"env\":[\"A=1\",\"B=\",\"C=x=y\"]", NULL, NULL},
	{"\"args\":[\"a\"],\"env\":[\"A=1\",\"\"]", "process.env[1]", "NAME=VALUE"},
	{"\"args\":[\"a\"],\"env\":[\"=x\"]", "process.env[0]", "NAME=VALUE"},
	{"\"args\":[\"a\"],\"env\":[\"x\"]", "process.env[0]", "NAME=VALUE"},
	{"\"args\":[\"a\"],\"consoleSize\":{\"height\":65536,\"width\":1}", NULL, NULL},
	{"\"args\":[\"a\"],\"terminal\":true,\"consoleSize\":{\"height\":0,\"width\":65535}", NULL, NULL},
	{"\"args\":[\"a\"],\"terminal\":true,\"consoleSize\":{\"height\":65536,\"width\":1}",
     "process.consoleSize.height", "greater than 65535"},
	{"\"args\":[\"a\"],\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":65536}",
     "process.consoleSize.width", "greater than 65535"},
	{"\"args\":[\"a\"],\"consoleSize\":{\"width\":1}", "process.consoleSize.height", "missing"},
	{"\"args\":[\"a\"],\"oomScoreAdj\":1000", NULL, NULL},
	{"\"args\":[\"a\"],\"oomScoreAdj\":1001", "process.oomScoreAdj", "out of range"},
	{"\"args\":[\"a\"],\"oomScoreAdj\":-1001", "process.oomScoreAdj", "out of range"},
	{"\"args\":[\"a\"],\"apparmorProfile\":\"\",\"selinuxLabel\":\"\"", NULL, NULL},
	{"\"args\":[\"a\"],\"apparmorProfile\":\"a\\nb\"", "process.apparmorProfile", "control characters"},
	{"\"args\":[\"a\"],\"selinuxLabel\":\"a\\nb\"", "process.selinuxLabel", "control characters"},
	{"\"args\":[\"a\"],\"rlimits\":[{\"type\":\"RLIMIT_RTTIME\",\"soft\":1,\"hard\":1}]", NULL, NULL},
	{"\"args\":[\"a\"],\"rlimits\":[{\"type\":\"RLIMIT_TEST\",\"soft\":1,\"hard\":1}]",
     "process.rlimits[0].type", "unknown value \"RLIMIT_TEST\""},
	{"\"args\":[\"a\"],\"rlimits\":[{\"type\":\"NOFILE\",\"soft\":1,\"hard\":1}]",
	 "process.rlimits[0].type",
     "unknown value"},
	{"\"args\":[\"a\"],\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]",
     "process.rlimits[0].soft", "above the hard limit"},
	{"\"args\":[\"a\"],\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},"
     "{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}]",
     "process.rlimits[1].type", "RLIMIT_CPU occurs twice"},
	{"\"args\":[\"a\"],\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]", "process.rlimits[0].hard",
     "missing"},
	{"\"args\":[\"a\"],\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":7}", NULL, NULL},
	{"\"args\":[\"a\"],\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}",
     "process.ioPriority.priority", "out of range (0 to 7)"},
	{"\"args\":[\"a\"],\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":-1}",
     "process.ioPriority.priority", "out of range"},
	{"\"args\":[\"a\"],\"ioPriority\":{\"class\":\"BOGUS\",\"priority\":0}", "process.ioPriority.class",
     "unknown value"},
	{"\"args\":[\"a\"],\"ioPriority\":{\"priority\":0}", "process.ioPriority.class", "missing"},
	{"\"args\":[\"a\"],\"execCPUAffinity\":{\"initial\":\"0-3, 7\",\"final\":\"\"}", NULL, NULL},
	{"\"args\":[\"a\"],\"execCPUAffinity\":{\"initial\":\"3-0\"}", "process.execCPUAffinity.initial",
     "is not a list"},
	{"\"args\":[\"a\"],\"execCPUAffinity\":{\"final\":\"1,\"}", "process.execCPUAffinity.final",
     "is not a list"},
	{"\"args\":[\"a\"],\"commandLine\":{\"x\":[]}", NULL, NULL},
};

T_TEST(process_properties)
{
	REFUSALS('c', "{" VERSION_ROOT ",\"process\":{\"cwd\":\"/\",", "}}", process);
}

static const struct refusal cwds[] = {
	{"/tmp", NULL, NULL},
	{"", "cwd", "not an absolute path"},
	{"tmp", "cwd", "\"tmp\" is not an absolute path"},
	{"./", "cwd", "not an absolute path"},
};

T_TEST(cwd_of_an_exec_document)
{
	REFUSALS('p', "{\"args\":[\"a\"],\"cwd\":\"", "\"}", cwds);
}

#define SCHED(policy, more) "\"policy\":\"SCHED_" policy "\"" more
static const struct refusal schedulers[] = {
	{SCHED("OTHER", ""), NULL, NULL},
	{SCHED("OTHER", ",\"nice\":-20"), NULL, NULL},
	{SCHED("BATCH", ",\"nice\":19,\"flags\":[\"SCHED_FLAG_RESET_ON_FORK\"]"), NULL, NULL},
	{SCHED("IDLE", ""), NULL, NULL},
	{SCHED("FIFO", ",\"priority\":1"), NULL, NULL},
	{SCHED("RR", ",\"priority\":99"), NULL, NULL},
	{SCHED("DEADLINE", ",\"runtime\":10000000,\"deadline\":20000000,\"period\":30000000,\"flags\":["
		       "\"SCHED_FLAG_RECLAIM\",\"SCHED_FLAG_DL_OVERRUN\"]"),
     NULL, NULL},
	{SCHED("DEADLINE", ",\"runtime\":10000000,\"deadline\":20000000"), NULL, NULL},
	{"\"nice\":5", "scheduler.policy", "missing"},
	{SCHED("BOGUS", ""), "scheduler.policy", "not a scheduling policy"},
	{SCHED("ISO", ""), "scheduler.policy", "not a scheduling policy"},
	{SCHED("OTHER", ",\"nice\":20"), "scheduler.nice", "out of range"},
	{SCHED("OTHER", ",\"nice\":-21"), "scheduler.nice", "out of range"},
	{SCHED("FIFO", ",\"priority\":1,\"nice\":1"), "scheduler.nice", "no effect"},
	{SCHED("OTHER", ",\"priority\":5"), "scheduler.priority", "must be 0"},
	{SCHED("FIFO", ""), "scheduler.priority", "from 1 to 99"},
	{SCHED("RR", ",\"priority\":100"), "scheduler.priority", "from 1 to 99"},
	{SCHED("OTHER", ",\"runtime\":5"), "scheduler.runtime", "SCHED_DEADLINE only"},
	{SCHED("OTHER", ",\"period\":5"), "scheduler.period", "SCHED_DEADLINE only"},
	{SCHED("DEADLINE", ""), "scheduler.runtime", "at least"},
	{SCHED("DEADLINE", ",\"runtime\":10000"), "scheduler.deadline", "less than runtime"},
	{SCHED("DEADLINE", ",\"runtime\":10000,\"deadline\":10000,\"period\":9999"), "scheduler.period",
     "less than deadline"},
	{SCHED("DEADLINE", ",\"runtime\":10000,\"deadline\":9223372036854775808"), "scheduler.deadline",
     "2^63-1"},
	{SCHED("OTHER", ",\"flags\":[\"SCHED_FLAG_KEEP_PARAMS\",\"BOGUS\"]"), "scheduler.flags[1]",
     "unknown value"},
	{SCHED("OTHER", ",\"flags\":[\"SCHED_FLAG_UTIL_CLAMP_MIN\"]"), "scheduler.flags[0]", "not supported"},
	{SCHED("OTHER", ",\"flags\":[\"SCHED_FLAG_KEEP_POLICY\",\"SCHED_FLAG_UTIL_CLAMP_MAX\"]"),
     "scheduler.flags[1]", "not supported"},
};

T_TEST(scheduler)
{
	REFUSALS('p', "{" PROCESS_MIN ",\"scheduler\":{", "}}", schedulers);
}

T_TEST(unknown_capabilities_are_warnings)
{
	const char *json = "{" PROCESS_MIN ",\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_BOGUS\"],"
			   "\"ambient\":[\"cap_kill\",\"KILL\"]}}";
	struct err e = {.set = false};
	T_OK(try_document('p', json, strlen(json), &e) == 0);
	T_INT(warnings, 3);
	T_STR(last_warning, "capabilities.ambient[1]: unknown capability \"KILL\" is ignored");
}

T_TEST(too_much_for_execve)
{
	size_t size = 8 << 20, at;
	char *json = malloc(size);
	struct err e = {.set = false};
	at = (size_t)sprintf(json, "{\"cwd\":\"/\",\"args\":[\"a\",\"");
	memset(json + at, 'x', 131072);
	at += 131072;
	at += (size_t)sprintf(json + at, "\"]}");
	T_OK(try_document('p', json, at, &e) == -1);
	T_HAS(e.text, "args[1]: longer than the kernel takes (131071 bytes)");

	err_clear(&e);
	at = (size_t)sprintf(json, "{\"cwd\":\"/\",\"args\":[\"a\"],\"env\":[\"A=\"");
	for (int i = 0; i < 70; i++) {
		at += (size_t)sprintf(json + at, ",\"A=");
		memset(json + at, 'x', 100000);
		at += 100000;
		at += (size_t)sprintf(json + at, "\"");
	}
	at += (size_t)sprintf(json + at, "]}");
	T_OK(try_document('p', json, at, &e) == -1);
	T_HAS(e.text, "env: arguments and environment are larger than the kernel takes");
	free(json);
}

T_TEST(too_many_groups)
{
	size_t at;
	char *json = malloc(1 << 20);
	struct err e = {.set = false};
	at = (size_t)sprintf(json, "{" PROCESS_MIN);
	at -= 1; /* the brace of user */
	at += (size_t)sprintf(json + at, ",\"additionalGids\":[0");
	for (int i = 0; i < 65536; i++)
		at += (size_t)sprintf(json + at, ",1");
	at += (size_t)sprintf(json + at, "]}}");
	T_OK(try_document('p', json, at, &e) == -1);
	T_HAS(e.text, "user.additionalGids: more groups than the kernel takes (65536)");
	free(json);
}

static const struct refusal hooks[] = {
	{"{\"path\":\"/bin/true\"}", NULL, NULL},
	{"{\"path\":\"/bin/true\",\"args\":[],\"env\":[],\"timeout\":1}", NULL, NULL},
	{"{\"path\":\"true\"}", "hooks.startContainer[0].path", "not an absolute path"},
	{"{\"path\":\"\"}", "hooks.startContainer[0].path", "not an absolute path"},
	{"{\"args\":[\"true\"]}", "hooks.startContainer[0].path", "missing"},
	{"{\"path\":\"/a\"},{\"path\":\"/a\",\"timeout\":0}", "hooks.startContainer[1].timeout",
     "greater than 0"},
	{"{\"path\":\"/a\",\"timeout\":-1}", "hooks.startContainer[0].timeout", "greater than 0"},
	{"{\"path\":\"/a\",\"timeout\":2147483648}", "hooks.startContainer[0].timeout",
	 "must not be greater"},
	{"{\"path\":\"/a\",\"timeout\":1.5}", "hooks.startContainer[0].timeout", "expected an integer"},
	{"{\"path\":\"/a\",\"env\":[\"x\"]}", "hooks.startContainer[0].env[0]", "NAME=VALUE"},
};

T_TEST(hook_entries)
{
	REFUSALS('c', "{" VERSION_ROOT ",\"hooks\":{\"startContainer\":[", "]}}", hooks);
}

T_TEST(process_is_optional)
{
	const char *json = "{" VERSION_ROOT "}";
	struct err e = {.set = false};
	T_OK(try_document('c', json, strlen(json), &e) == 0);
}

T_TEST(path_prefix)
{
	struct arena a = {NULL};
	struct err e = {.set = false};
	const char *doc = "{\"cwd\":\"x\",\"args\":[\"a\"]}";
	struct spec_process *p = spec_process_decode(&a, doc, strlen(doc), &e);
	T_OK(p && spec_process_check(p, "process", NULL, NULL, &e) == -1);
	T_STR(e.path, "process.cwd");
	err_clear(&e);
	const char *json = "{\"pids\":{\"limit\":-2}}";
	struct spec_resources *r = spec_resources_decode(&a, json, strlen(json), &e);
	T_OK(r && spec_resources_check(r, "linux.resources", &e) == -1);
	T_STR(e.path, "linux.resources.pids.limit");
	arena_free(&a);
}

T_MAIN()
