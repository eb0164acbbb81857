/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of a plan's steps and what they say: namespaces, identity, process, exec. */
#include <sched.h>
#include <sys/mount.h>

#include "plan_util.h"

#define NEW_ALL (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWIPC)

T_TEST(order_of_everything)
{
	struct cfg c = {
		.linux_ =
			BASE_NS ",\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\"],"
				"\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"},\"rootfsPropagation\":\"shared\","
				"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
		.process =
			",\"terminal\":true,\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}]",
		.top = ",\"hostname\":\"h\",\"hooks\":{\"createRuntime\":[{\"path\":\"/a\"}],"
		       "\"createContainer\":[{\"path\":\"/b\"}],\"startContainer\":[{\"path\":\"/c\"}]}",
	};
	struct plan p = u_ok(&c);
	T_STR(u_names(&p),
	      "setsid keyring loopback hostname root-propagation root sync-filter mount sysctl mount device "
	      "symlink mount console "
	      "sync-ns hook readonly mask pivot root-propagation-end home cwd lookup ready hook rlimit umask "
	      "bounding-set user cwd seccomp capabilities exec");
	T_INT(p.clone_flags, NEW_ALL);
	T_STR(u_str(&p, u_step(&p, STEP_ROOT, 0)->str[0]), "/bundle/rootfs");
	T_INT(u_step(&p, STEP_ROOT_PROPAGATION_END, 0)->val[0], MS_SHARED);
}

T_TEST(nothing_that_was_not_asked_for)
{
	struct cfg c = { .mounts = "",
			 .no_process = true,
			 .linux_ = "\"namespaces\":[{\"type\":\"mount\"}]" };
	struct plan p = u_ok(&c);
	T_STR(u_names(&p), "setsid keyring root-propagation root sync-filter dev-open device symlink pivot ready");
	T_INT(u_step(&p, STEP_ROOT, 0)->str[0], 0);
	T_INT(u_step(&p, STEP_ROOT, 0)->val[0], MS_PRIVATE | MS_REC);
}

/* Put together in a mount namespace all the same, and left for the one of the runtime. */
T_TEST(no_mount_namespace)
{
	struct cfg c = { .mounts = "", .no_process = true, .linux_ = "\"namespaces\":[{\"type\":\"ipc\"}]" };
	struct plan p = u_ok(&c);
	T_STR(u_names(&p), "setsid keyring root-propagation root sync-filter dev-open device symlink pivot root-keep ready");
	T_INT(p.clone_flags, CLONE_NEWNS | CLONE_NEWIPC);
	const struct plan_step *s = u_step(&p, STEP_ROOT_KEEP, 0);
	T_INT(s->val[0], CLONE_NEWNS);
	T_STR(p.fds[s->fd].path, "/proc/self/ns/mnt");
	c.linux_ = "\"namespaces\":[],\"rootfsPropagation\":\"shared\"";
	u_refused(&c, NULL, "linux.rootfsPropagation");
	c.linux_ = "\"namespaces\":[]";
	c.mounts = "{\"destination\":\"/d\",\"type\":\"tmpfs\",\"options\":[\"ro\",\"slave\"]}";
	u_refused(&c, NULL, "mounts[0].options");
}

T_TEST(seccomp_last_with_no_new_privs)
{
	struct cfg c = { .linux_ = BASE_NS ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
			 .process = ",\"noNewPrivileges\":true" };
	struct plan p = u_ok(&c);
	T_HAS(u_names(&p), "bounding-set no-new-privs user cwd capabilities seccomp exec");
	uint64_t prog[3] = { 1, 2, 3 };
	plan_set_seccomp(&p, prog, 3, 4, true);
	const struct plan_step *s = u_step(&p, STEP_SECCOMP, 0);
	T_INT(s->num, 3);
	T_INT(s->val[0], 4);
	T_INT(s->flags, STEP_F_LISTENER);
	T_OK(memcmp(p.data + s->str[0], prog, sizeof(prog)) == 0);
	T_INT(s->str[0] % 8, 0);
}

static const struct host_step *host_step(const struct plan *p, enum host_step_kind k)
{
	for (size_t i = 0; i < p->nhost; i++)
		if (p->host[i].kind == k)
			return &p->host[i];
	return NULL;
}

T_TEST(user_namespace)
{
	struct cfg c = { .linux_ = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}]," USER_MAPS };
	struct plan p = u_ok(&c);
	T_INT(u_find(&p, STEP_MAP_WAIT, 0), 0);
	T_INT(p.clone_flags, CLONE_NEWNS | CLONE_NEWUSER);
	T_INT(u_step(&p, STEP_MAP_WAIT, 0)->flags, STEP_F_SETGROUPS);
	T_INT(u_step(&p, STEP_USER, 0)->flags, STEP_F_SETGROUPS);
	T_OK(u_step(&p, STEP_DEVICE, 0)->fd >= 0);
	T_STR(p.fds[u_step(&p, STEP_DEVICE, 0)->fd].path, "/dev/null");

	struct plan_facts f = u_facts();
	struct err e = { 0 };
	f.rootless = f.unprivileged = f.trees_inside = true;
	f.euid = f.egid = 1000;
	/* more than the own id: by newuidmap and newgidmap, which leave setgroups alone */
	T_INT(u_plan(&p, &c, NULL, &f, &e), 0);
	T_HAS(u_names(&p), "trees map-wait setsid");
	T_INT(u_step(&p, STEP_MAP_WAIT, 0)->flags, STEP_F_SETGROUPS | STEP_F_DUMPABLE);
	T_INT(u_step(&p, STEP_USER, 0)->flags, STEP_F_SETGROUPS);
	T_STR(host_step(&p, HOST_MAPS)->text, "newuidmap");
	T_INT(host_step(&p, HOST_MAPS)->num, 0);
}

/* What a user may write without help. */
T_TEST(user_namespace_of_one_id)
{
	static const char linux_[] = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],"
				     "\"uidMappings\":[{\"containerID\":5,\"hostID\":1000,\"size\":1}],"
				     "\"gidMappings\":[{\"containerID\":6,\"hostID\":1000,\"size\":1}]";
	struct plan_facts f = u_facts();
	struct err e = { 0 };
	struct plan p;
	struct cfg c = { .no_process = true,
			 .linux_ = linux_,
			 .top = ",\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":{\"uid\":5,\"gid\":6}}" };
	f.rootless = f.unprivileged = f.trees_inside = true;
	f.euid = f.egid = 1000;
	T_INT(u_plan(&p, &c, NULL, &f, &e), 0);
	T_INT(u_step(&p, STEP_MAP_WAIT, 0)->flags, STEP_F_DUMPABLE);
	T_INT(u_step(&p, STEP_MAP_WAIT, 0)->val[0], 5);
	T_INT(u_step(&p, STEP_MAP_WAIT, 0)->val[1], 6);
	T_INT(u_step(&p, STEP_USER, 0)->flags, 0);
	T_OK(!host_step(&p, HOST_MAPS)->text);
	T_INT(host_step(&p, HOST_MAPS)->num, 1);
	c.top = ",\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":{\"uid\":5,\"gid\":6,\"additionalGids\":[6]}}";
	u_refused(&c, &f, "process.user.additionalGids");
	c.top = ",\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":{\"uid\":0,\"gid\":6}}";
	u_refused(&c, &f, "process.user.uid");
	c.top = ",\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":{\"uid\":5,\"gid\":0}}";
	u_refused(&c, &f, "process.user.gid");
	c.linux_ = "\"namespaces\":[{\"type\":\"mount\"}]";
	u_refused(&c, &f, "linux.namespaces");
}

T_TEST(joined_namespaces)
{
	struct cfg c = {
		.linux_ = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\",\"path\":\"/run/n\"},"
			  "{\"type\":\"pid\",\"path\":\"/run/p\"}]"
	};
	struct plan p = u_ok(&c);
	T_HAS(u_names(&p), "ns-join fork setsid keyring root-propagation");
	T_HAS(p.inside[u_find(&p, STEP_FORK, 0)].note, "see berth-init");
	T_INT(p.clone_flags, CLONE_NEWNS);
	T_INT(u_step(&p, STEP_NS_JOIN, 0)->val[0], CLONE_NEWPID);
	T_INT(u_step(&p, STEP_NS_JOIN, 1)->val[0], CLONE_NEWNET);
	T_STR(p.fds[u_step(&p, STEP_NS_JOIN, 1)->fd].path, "/run/n");
	T_INT(u_count(&p, STEP_LOOPBACK), 0);
}

/* What must not be set when the path turns out to be the runtime's own namespace. */
T_TEST(joined_namespaces_that_are_changed)
{
	struct cfg c = { .linux_ = "\"namespaces\":[{\"type\":\"mount\",\"path\":\"/m\"},"
				   "{\"type\":\"network\",\"path\":\"/n\"},{\"type\":\"uts\",\"path\":\"/u\"},"
				   "{\"type\":\"ipc\",\"path\":\"/i\"}],"
				   "\"sysctl\":{\"kernel.sem\":\"1\",\"net/core/somaxconn\":\"1\"}" };
	struct plan p = u_ok(&c);
	T_STR(p.fds[u_step(&p, STEP_NS_JOIN, 0)->fd].changed, "linux.sysctl[\"net/core/somaxconn\"]");
	T_OK(!p.fds[u_step(&p, STEP_NS_JOIN, 1)->fd].changed);
	T_STR(p.fds[u_step(&p, STEP_NS_JOIN, 2)->fd].changed, "linux.sysctl[\"kernel.sem\"]");
	T_STR(p.fds[u_step(&p, STEP_NS_JOIN, 3)->fd].changed, "linux.namespaces[0].path");
	c.top = ",\"domainname\":\"d\"";
	p = u_ok(&c);
	T_STR(p.fds[u_step(&p, STEP_NS_JOIN, 1)->fd].changed, "domainname");
}

T_TEST(joined_user_namespace)
{
	struct cfg c = {
		.linux_ = "\"namespaces\":[{\"type\":\"user\",\"path\":\"/run/u\"},{\"type\":\"mount\"},"
			  "{\"type\":\"pid\"},{\"type\":\"network\",\"path\":\"/run/n\"}]"
	};
	struct plan p = u_ok(&c);
	T_HAS(u_names(&p), "ns-join unshare fork setsid");
	T_INT(p.clone_flags, 0);
	T_INT(u_step(&p, STEP_NS_JOIN, 0)->val[0], CLONE_NEWNET);
	T_INT(u_step(&p, STEP_NS_JOIN, 1)->val[0], CLONE_NEWUSER);
	T_INT(u_step(&p, STEP_NS_JOIN, 1)->flags, STEP_F_SETGROUPS);
	T_INT(u_step(&p, STEP_UNSHARE, 0)->val[0], CLONE_NEWNS | CLONE_NEWPID);

	/* who has no privileges outside of it joins it first */
	struct plan_facts f = u_facts();
	struct err e = { 0 };
	f.rootless = f.unprivileged = true;
	T_INT(u_plan(&p, &c, NULL, &f, &e), 0);
	T_INT(u_step(&p, STEP_NS_JOIN, 0)->val[0], CLONE_NEWUSER);
}

T_TEST(new_user_namespace_with_joined_ones)
{
	struct cfg c = {
		.linux_ = "\"namespaces\":[{\"type\":\"user\"},{\"type\":\"mount\"},{\"type\":\"pid\"},"
			  "{\"type\":\"network\",\"path\":\"/run/n\"}]," USER_MAPS
	};
	struct plan p = u_ok(&c);
	T_HAS(u_names(&p), "ns-join unshare map-wait fork setsid");
	T_INT(p.clone_flags, 0);
	T_INT(u_step(&p, STEP_UNSHARE, 0)->val[0], CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID);
}

/* Kernel parameters and the host's hooks may be about a device, so it comes before them. */
T_TEST(network_devices)
{
	struct cfg c = { .linux_ = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"},{\"type\":\"pid\",\"path\":"
				   "\"/p\"}],\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"},\"netDevices\":{\"d0\":{}}",
			 .top = ",\"hooks\":{\"prestart\":[{\"path\":\"/h\"}]}" };
	struct plan p = u_ok(&c);
	T_HAS(u_names(&p), "fork sync-devices setsid");
	T_OK(u_find(&p, STEP_SYNC_DEVICES, 0) < u_find(&p, STEP_SYSCTL, 0));
	size_t i = 0;
	while (i < p.nhost && p.host[i].kind != HOST_NET_DEVICES)
		i++;
	T_OK(i + 2 < p.nhost);
	T_STR(p.host[i].text, "d0");
	T_INT(p.host[i + 1].kind, HOST_DEVICE_FILTER);
	T_INT(p.host[i + 2].kind, HOST_HOOKS);
	c.linux_ = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"}]";
	p = u_ok(&c);
	T_INT(u_count(&p, STEP_SYNC_DEVICES), 0);
}

T_TEST(time_namespace)
{
	struct cfg c = { .linux_ = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"time\"}],"
				   "\"timeOffsets\":{\"monotonic\":{\"secs\":-5,\"nanosecs\":7},\"boottime\":"
				   "{\"secs\":9}}" };
	struct plan p = u_ok(&c);
	T_INT(p.clone_flags, CLONE_NEWNS);
	T_STR(u_str(&p, u_step(&p, STEP_TIME_OFFSETS, 0)->str[0]), "monotonic -5 7\nboottime 9 0\n");
	c.linux_ = "\"namespaces\":[{\"type\":\"mount\"}],\"timeOffsets\":{\"monotonic\":{\"secs\":1}}";
	u_refused(&c, NULL, "linux.timeOffsets");
}

T_TEST(refusals)
{
	struct cfg c = { .linux_ = "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"user\",\"path\":\"/u\"}]" };
	u_refused(&c, NULL, "linux.namespaces");
	c = (struct cfg){ .linux_ = "\"namespaces\":[{\"type\":\"mount\"}]", .top = ",\"hostname\":\"h\"" };
	u_refused(&c, NULL, "hostname");
	c = (struct cfg){ .linux_ = BASE_NS ",\"intelRdt\":{\"closID\":\"a\"}" };
	u_refused(&c, NULL, "linux.intelRdt"); /* no resctrl on this host */
	c = (struct cfg){ .linux_ = BASE_NS ",\"rootfsPropagation\":\"bogus\"" };
	u_refused(&c, NULL, "linux.rootfsPropagation");
	c = (struct cfg){ .process = ",\"apparmorProfile\":\"x\"" };
	u_refused(&c, NULL, "process.apparmorProfile");
	c = (struct cfg){ .process = ",\"selinuxLabel\":\"x\"" };
	u_refused(&c, NULL, "process.selinuxLabel");
	c = (struct cfg){ .linux_ = BASE_NS ",\"mountLabel\":\"x\"" };
	u_refused(&c, NULL, "linux.mountLabel");
}

T_TEST(labels)
{
	struct plan_facts f = u_facts();
	struct err e = { 0 };
	struct plan p;
	struct cfg c = { .process = ",\"apparmorProfile\":\"unconfined\"" };
	p = u_ok(&c);
	T_INT(u_count(&p, STEP_APPARMOR), 0);
	f.apparmor_enabled = f.selinux_enabled = true;
	c.mounts = "";
	c.process = ",\"apparmorProfile\":\"prof\",\"selinuxLabel\":\"a:b:c\"";
	T_INT(u_plan(&p, &c, NULL, &f, &e), 0);
	T_STR(u_str(&p, u_step(&p, STEP_APPARMOR, 0)->str[0]), "prof");
	T_STR(u_str(&p, u_step(&p, STEP_SELINUX, 0)->str[0]), "a:b:c");
	T_STR(u_str(&p, u_step(&p, STEP_KEYRING, 0)->str[1]), "a:b:c");
	T_INT(u_count(&p, STEP_PROC_PRIVATE), 1);
	T_OK(u_find(&p, STEP_APPARMOR, 0) < u_find(&p, STEP_USER, 0));
}

T_TEST(environment)
{
	struct cfg c = { .process = ",\"env\":[\"A=1\",\"PATH=/x\",\"A=2\",\"E=\",\"PATH=/y\"]" };
	struct plan_request r = { .listen_fds = 2, .preserve_fds = 1 };
	struct plan p;
	struct err e = { 0 };
	T_INT(u_plan(&p, &c, &r, NULL, &e), 0);
	const struct plan_step *s = u_step(&p, STEP_EXEC, 0);
	T_STR(u_list(&p, s->str[2]), "A=2|E=|PATH=/y|LISTEN_FDS=2|LISTEN_PID=1|HOME=");
	T_STR(u_list(&p, s->str[1]), "sh");
	T_INT(s->num, 2);
	T_INT(u_count(&p, STEP_HOME), 1);
	T_STR(u_str(&p, u_step(&p, STEP_LOOKUP, 0)->str[1]), "/y");

	c.process = ",\"env\":[\"HOME=/h\",\"PATHS=/no\"]";
	p = u_ok(&c);
	T_STR(u_list(&p, u_step(&p, STEP_EXEC, 0)->str[2]), "HOME=/h|PATHS=/no");
	T_INT(u_count(&p, STEP_HOME), 0);
	T_INT(u_step(&p, STEP_LOOKUP, 0)->str[1], 0);
}

T_TEST(capabilities)
{
	struct cfg c = { .process = ",\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
				    "\"effective\":[\"CAP_KILL\"],"
				    "\"permitted\":[\"CAP_KILL\",\"CAP_CHECKPOINT_RESTORE\"],\"ambient\":["
				    "\"CAP_NO_SUCH\"]}" };
	struct plan_facts f = u_facts();
	struct plan p;
	struct err e = { 0 };
	f.last_cap = 39;
	T_INT(u_plan(&p, &c, NULL, &f, &e), 0);
	T_INT(u_step(&p, STEP_CAP_BOUNDING, 0)->val[0], 1 | 1 << 5);
	T_INT(u_step(&p, STEP_CAPS, 0)->val[0], 1 << 5);
	T_INT(u_step(&p, STEP_CAPS, 0)->val[1], 1 << 5);
	T_INT(u_step(&p, STEP_CAPS, 0)->val[2], 0);
	T_INT(u_step(&p, STEP_CAPS, 0)->val[3], 0);
	struct cfg none = { 0 };
	p = u_ok(&none);
	T_INT(u_step(&p, STEP_CAP_BOUNDING, 0)->val[0], 0);
}

T_TEST(process_attributes)
{
	struct cfg c = {
		.linux_ = BASE_NS ",\"personality\":{\"domain\":\"LINUX32\"},"
				  "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0,3\",\"flags\":["
				  "\"MPOL_F_STATIC_NODES\"]}",
		.process = ",\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":7,\"flags\":[\"SCHED_FLAG_"
			   "RESET_ON_FORK\"]},"
			   "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":6},"
			   "\"execCPUAffinity\":{\"initial\":\"0\",\"final\":\"1\"}",
	};
	struct plan p = u_ok(&c);
	T_HAS(u_names(&p), "scheduler ioprio personality memory-policy umask");
	T_INT(u_step(&p, STEP_IOPRIO, 0)->val[0], 2 << 13 | 6);
	T_INT(u_step(&p, STEP_PERSONALITY, 0)->val[0], 8);
	T_INT(u_step(&p, STEP_MEMPOLICY, 0)->num, 2 | 1 << 15);
	T_INT(u_step(&p, STEP_MEMPOLICY, 0)->val[0], 65);
	T_INT(p.data[u_step(&p, STEP_MEMPOLICY, 0)->str[0]], 9);
	T_INT(u_step(&p, STEP_SCHED, 0)->num, 48);
	T_INT(u_step(&p, STEP_UMASK, 0)->num, 022);
	T_INT(u_count(&p, STEP_AFFINITY), 0); /* only for exec */
	uint32_t attr[5];
	memcpy(attr, p.data + u_step(&p, STEP_SCHED, 0)->str[0], sizeof(attr));
	T_INT(attr[0], 48);
	T_INT(attr[1], 2);
	T_INT(attr[2], 1);
}

T_TEST(hooks_inside)
{
	struct cfg c = {
		.top = ",\"hooks\":{\"createContainer\":[{\"path\":\"/b\",\"timeout\":3}],\"startContainer\":"
		       "[{\"path\":\"/c\",\"args\":[\"zero\",\"\"],\"env\":[\"X=1\"]}]}"
	};
	struct plan_request r = { 0 };
	struct plan p;
	struct err e = { 0 };
	r.hook_state_before[HOOK_CREATE_CONTAINER] = "{\"pid\":";
	r.hook_state_after[HOOK_CREATE_CONTAINER] = "}";
	T_INT(u_plan(&p, &c, &r, NULL, &e), 0);
	const struct plan_step *s = u_step(&p, STEP_HOOK, 0);
	T_STR(u_list(&p, s->str[1]), "/b");
	T_STR(u_list(&p, s->str[2]), "");
	T_INT(s->val[0], 3);
	T_INT(s->flags, 0);
	T_STR(u_str(&p, (uint32_t)s->val[1]), "{\"pid\":");
	T_STR(u_str(&p, (uint32_t)s->val[2]), "}");
	s = u_step(&p, STEP_HOOK, 1);
	T_STR(u_list(&p, s->str[1]), "zero|");
	T_STR(u_list(&p, s->str[2]), "X=1");
	T_INT(s->val[1], 0);
	T_INT(s->flags, STEP_F_AS_PROCESS);
	T_STR(p.inside[u_find(&p, STEP_HOOK, 1)].origin, "hooks.startContainer[0]");
}

T_TEST(host_steps)
{
	struct cfg c = {
		.linux_ = BASE_NS
		",\"cgroupsPath\":\"/a/b\",\"resources\":{\"pids\":{\"limit\":3},\"memory\":{}}",
		.process = ",\"oomScoreAdj\":5,\"terminal\":true",
		.top = ",\"hooks\":{\"createRuntime\":[{\"path\":\"/a\"}],\"poststart\":[{\"path\":\"/p\"}]}"
	};
	struct plan_request r = { .cgroup_path = "/a/b" };
	struct plan p;
	struct err e = { 0 };
	const char *s = "";
	T_INT(u_plan(&p, &c, &r, NULL, &e), 0);
	for (size_t i = 0; i < p.nhost; i++)
		s = arena_printf(&u_arena, "%s %s", s, plan_host_step_name(p.host[i].kind));
	T_STR(s, " state-dir cgroup resources open-fds clone device-filter hooks inside oom-score console "
		 "pid-file state "
		 "start hooks");
	T_STR(p.host[1].text, "/a/b");
	T_STR(p.host[2].text, "memory, pids");
	/* nothing that may be a device's comes before the filter is in force */
	T_INT(u_count(&p, STEP_SYNC_FILTER), 1);
	T_OK(u_find(&p, STEP_SYNC_FILTER, 0) < u_find(&p, STEP_MOUNT_FS, 0));
	r = (struct plan_request){ .cgroup_disabled = true };
	T_INT(u_plan(&p, &c, &r, NULL, &e), 0);
	T_INT(p.host[1].kind, HOST_OPEN_FDS);
	T_INT(u_count(&p, STEP_SYNC_FILTER), 0);
}

T_TEST(ready_and_pivot)
{
	struct cfg c = { 0 };
	struct plan_request r = { .wait_for_start = true, .no_pivot = true, .no_new_keyring = true };
	struct plan p;
	struct err e = { 0 };
	T_INT(u_plan(&p, &c, &r, NULL, &e), 0);
	T_INT(p.fds[u_step(&p, STEP_READY, 0)->fd].kind, PFD_LISTEN);
	T_INT(u_step(&p, STEP_PIVOT, 0)->flags, STEP_F_NO_PIVOT);
	T_INT(u_count(&p, STEP_KEYRING), 0);
	p = u_ok(&c);
	T_INT(u_step(&p, STEP_READY, 0)->fd, -1);
}

T_TEST(exec)
{
	struct cfg c = {
		.linux_ = BASE_NS
		",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"},\"maskedPaths\":[\"/x\"]",
		.process = ",\"terminal\":true,\"execCPUAffinity\":{\"initial\":\"1\",\"final\":\"0-2\"}"
	};
	struct spec_config *config = u_config(&c);
	struct plan_facts f = u_facts();
	struct plan_request r = { .listen_fds = 1 };
	struct plan p;
	struct err e = { 0 };
	T_INT(plan_exec(&p, &u_arena, config, config->process, CLONE_NEWNS | CLONE_NEWPID, &r, &f, &e), 0);
	T_STR(u_names(&p), "affinity ns-join fork setsid keyring console home cwd lookup ready umask "
			   "affinity bounding-set "
			   "user cwd seccomp capabilities exec");
	T_INT(p.clone_flags, 0);
	T_INT(p.fds[u_step(&p, STEP_NS_JOIN, 0)->fd].kind, PFD_PIDFD);
	T_INT(u_step(&p, STEP_NS_JOIN, 0)->val[0], CLONE_NEWNS | CLONE_NEWPID);
	T_INT(u_step(&p, STEP_CONSOLE, 0)->flags, 0);
	T_INT(u_step(&p, STEP_CONSOLE, 0)->fd, -1);
	T_INT(p.data[u_step(&p, STEP_AFFINITY, 1)->str[0]], 7);
	T_STR(u_list(&p, u_step(&p, STEP_EXEC, 0)->str[2]), "HOME=");

	f.apparmor_enabled = true;
	config->process->apparmor_profile = "p";
	config->process->terminal = false;
	T_INT(plan_exec(&p, &u_arena, config, config->process, CLONE_NEWNS | CLONE_NEWUSER, &r, &f, &e), 0);
	T_STR(u_names(&p),
	      "affinity ns-join setsid keyring proc-private home cwd lookup ready umask stdio-owner affinity "
	      "apparmor bounding-set user cwd seccomp capabilities exec");
	T_INT(u_step(&p, STEP_NS_JOIN, 0)->flags, STEP_F_SETGROUPS);
}

/* "Cgroup ownership": a cgroup namespace, a writable mount and a user that is one of the host's. */
T_TEST(cgroup_owner)
{
	const char *opts[] = { "nosuid", "rw", NULL };
	struct spec_mount m = { .source = "cgroup", .destination = "/sys/fs/cgroup", .options = { opts, 2 } };
	struct spec_namespace ns[] = { { NS_CGROUP, NULL }, { NS_USER, NULL } };
	struct id_mapping map = { .container_id = 0, .host_id = 100000, .size = 10 };
	struct spec_linux l = { .namespaces = { ns, 2 }, .uid_mappings = { &map, 1 } };
	struct spec_process p = { .user.uid = 5 };
	struct spec_config c = { .linux_ = &l, .process = &p, .mounts = { &m, 1 } };
	uint32_t uid = 0;
	size_t mount;
	T_OK(plan_cgroup_owner(&c, &uid, &mount));
	T_INT(uid, 100005);
	p.user.uid = 10;
	T_OK(!plan_cgroup_owner(&c, &uid, &mount)); /* not mapped */
	p.user.uid = 5;
	opts[1] = "ro";
	T_OK(!plan_cgroup_owner(&c, &uid, &mount));
	opts[1] = "rw";
	m.source = "cgroup2";
	T_OK(!plan_cgroup_owner(&c, &uid, &mount));
	m.source = "cgroup";
	ns[0].path = "/proc/1/ns/cgroup";
	T_OK(!plan_cgroup_owner(&c, &uid, &mount));
	ns[0].path = NULL;
	l.namespaces.n = 1;
	T_OK(plan_cgroup_owner(&c, &uid, &mount));
	T_INT(uid, 5);
	p.user.uid = 0;
	T_OK(!plan_cgroup_owner(&c, &uid, &mount));
}

T_MAIN()
