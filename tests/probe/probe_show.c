/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe show: what the process is. Each topic is one function that prints its lines; the order of the table is
 * the order of the output. System calls are preferred over /proc, so that most topics work without it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

#include "probe.h"

extern char **environ;
static char **show_argv;

static void show_ids(void)
{
	gid_t groups[256];
	uid_t r, e, s;
	int n = getgroups(256, groups);

	printf("pid=%d\nppid=%d\npgid=%d\nsid=%d\n", getpid(), getppid(), getpgrp(), getsid(0));
	getresuid(&r, &e, &s);
	printf("uid=%u %u %u\n", r, e, s);
	getresgid(&r, &e, &s);
	printf("gid=%u %u %u\n", r, e, s);
	printf("groups=");
	for (int i = 0; i < n; i++)
		printf(i ? " %u" : "%u", groups[i]);
	putchar('\n');
}

static void show_umask(void)
{
	mode_t m = umask(0);

	umask(m);
	printf("umask=%04o\n", m);
}

static void show_cwd(void)
{
	char buf[4096];

	if (getcwd(buf, sizeof(buf)))
		printf("cwd=%s\n", buf);
	else
		printf("cwd=?%d\n", errno);
}

static void show_env(void)
{
	for (char **p = environ; *p; p++)
		printf("env=%s\n", *p);
}

static void show_args(void)
{
	for (char **p = show_argv; *p; p++)
		printf("arg=%s\n", *p);
}

static void show_rlimits(void)
{
	static const char *const names[] = { "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE",
					     "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO",
					     "RTTIME" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t lim[2];

		if (syscall(SYS_prlimit64, 0, i, NULL, lim) == 0)
			printf("rlimit.%s=%llu %llu\n", names[i], (unsigned long long)lim[0],
			       (unsigned long long)lim[1]);
	}
}

static uint64_t prctl_cap_set(int option, int arg)
{
	uint64_t set = 0;

	for (int c = 0; c < 64; c++) {
		int has = option == PR_CAPBSET_READ ? prctl(option, c, 0, 0, 0) : prctl(option, arg, c, 0, 0);
		if (has == 1)
			set |= 1ULL << c;
	}
	return set;
}

static void show_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &head, d) != 0) {
		printf("caps=?%d\n", errno);
		return;
	}
	printf("caps.bounding=%016llx\n", (unsigned long long)prctl_cap_set(PR_CAPBSET_READ, 0));
	printf("caps.effective=%08x%08x\n", d[1].effective, d[0].effective);
	printf("caps.permitted=%08x%08x\n", d[1].permitted, d[0].permitted);
	printf("caps.inheritable=%08x%08x\n", d[1].inheritable, d[0].inheritable);
	printf("caps.ambient=%016llx\n",
	       (unsigned long long)prctl_cap_set(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET));
}

static void show_flags(void)
{
	printf("no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("dumpable=%d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	printf("securebits=%d\n", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	printf("personality=%lx\n", (unsigned long)personality(0xffffffff));
	printf("subreaper=");
	int sub = 0;
	prctl(PR_GET_CHILD_SUBREAPER, &sub, 0, 0, 0);
	printf("%d\n", sub);
}

/* The lines of a file, each after a prefix. */
static void show_file(const char *prefix, const char *path, const char *only)
{
	char line[4096];
	FILE *f = fopen(path, "re");

	if (!f) {
		printf("%s=?%d\n", prefix, errno);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (!only)
			printf("%s=%s", prefix, line);
		else if (strncmp(line, only, strlen(only)) == 0)
			printf("%s=%s", prefix, line + strlen(only) + strspn(line + strlen(only), ": \t"));
	}
	fclose(f);
}

static void show_seccomp(void)
{
	show_file("seccomp", "/proc/self/status", "Seccomp:");
	show_file("seccomp_filters", "/proc/self/status", "Seccomp_filters:");
}

static void show_signals(void)
{
	show_file("sig.blocked", "/proc/self/status", "SigBlk:");
	show_file("sig.ignored", "/proc/self/status", "SigIgn:");
	show_file("sig.caught", "/proc/self/status", "SigCgt:");
}

static void show_oom(void)
{
	show_file("oom_score_adj", "/proc/self/oom_score_adj", NULL);
}

static void show_sched(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
		uint32_t util_min, util_max;
	} a = { .size = sizeof(a) };
	unsigned long mask[16] = { 0 };
	int mode = -1;
	unsigned long nodes[16] = { 0 };
	long n;

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) == 0)
		printf("sched=%u nice=%d priority=%u flags=%llu runtime=%llu deadline=%llu period=%llu clamp=%u %u\n", a.policy,
		       a.nice, a.priority, (unsigned long long)a.flags, (unsigned long long)a.runtime,
		       (unsigned long long)a.deadline, (unsigned long long)a.period, a.util_min, a.util_max);
	n = syscall(SYS_ioprio_get, 1, 0);
	printf("ioprio=%ld %ld\n", n >> 13, n & 0x1fff);
	n = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	printf("affinity=");
	for (unsigned i = 0, first = 1; n > 0 && i < (unsigned)n * 8; i++) {
		if (!(mask[i / (8 * sizeof(long))] >> i % (8 * sizeof(long)) & 1))
			continue;
		printf(first ? "%u" : ",%u", i);
		first = 0;
	}
	putchar('\n');
	if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof(nodes) * 8, NULL, 0) == 0)
		printf("mempolicy=%x %lx\n", mode, nodes[0]);
	else
		printf("mempolicy=?%d\n", errno);
}

static void show_names(void)
{
	struct utsname u;

	uname(&u);
	printf("hostname=%s\n", u.nodename);
#ifdef _GNU_SOURCE
	printf("domainname=%s\n", u.domainname);
#endif
	printf("machine=%s\n", u.machine);
}

static void show_ns(void)
{
	static const char *const names[] = { "mnt", "pid", "net", "uts", "ipc", "user", "cgroup", "time" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64], buf[64];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		n = readlink(path, buf, sizeof(buf) - 1);
		if (n < 0) {
			printf("ns.%s=?%d\n", names[i], errno);
			continue;
		}
		buf[n] = 0;
		printf("ns.%s=%s\n", names[i], buf);
	}
}

static void show_cgroup(void)
{
	show_file("cgroup", "/proc/self/cgroup", NULL);
}

static void show_mounts(void)
{
	show_file("mount", "/proc/self/mountinfo", NULL);
}

static void show_maps(void)
{
	show_file("uid_map", "/proc/self/uid_map", NULL);
	show_file("gid_map", "/proc/self/gid_map", NULL);
	show_file("setgroups", "/proc/self/setgroups", NULL);
}

static void show_dev(void)
{
	char *path[] = { "/dev" };

	probe_ls(1, path);
}

static const struct {
	const char *topic;
	void (*show)(void);
} topics[] = {
	{ "ids", show_ids },	 { "umask", show_umask },     { "cwd", show_cwd },	 { "args", show_args },
	{ "env", show_env },	 { "rlimits", show_rlimits }, { "caps", show_caps },	 { "flags", show_flags },
	{ "oom", show_oom },	 { "sched", show_sched },     { "names", show_names },	 { "ns", show_ns },
	{ "maps", show_maps },	 { "cgroup", show_cgroup },   { "mounts", show_mounts }, { "dev", show_dev },
	{ "seccomp", show_seccomp }, { "signals", show_signals },
};

int probe_show(int argc, char **argv)
{
	int known = 0;

	show_argv = argv;
	for (unsigned i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		int wanted = argc == 0;

		for (int k = 0; k < argc; k++)
			wanted |= strcmp(argv[k], topics[i].topic) == 0;
		if (wanted) {
			topics[i].show();
			known++;
		}
	}
	fflush(stdout);
	return known ? 0 : 2;
}
