/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables from the names of the spec to the kernel's numbers and back: namespaces, rlimits, capabilities,
 * signals, hooks. */
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "spec.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const struct {
	const char *name, *proc;
	uint64_t flag;
} namespaces[NS_KINDS] = {
	[NS_MOUNT] = { "mount", "mnt", CLONE_NEWNS },
	[NS_PID] = { "pid", "pid", CLONE_NEWPID },
	[NS_NETWORK] = { "network", "net", CLONE_NEWNET },
	[NS_UTS] = { "uts", "uts", CLONE_NEWUTS },
	[NS_IPC] = { "ipc", "ipc", CLONE_NEWIPC },
	[NS_USER] = { "user", "user", CLONE_NEWUSER },
	[NS_CGROUP] = { "cgroup", "cgroup", CLONE_NEWCGROUP },
	[NS_TIME] = { "time", "time", CLONE_NEWTIME },
};

/* Exact names: "mnt" and "net" are those of /proc, not of the spec. */
int spec_namespace_kind(const char *name)
{
	for (int k = 0; k < NS_KINDS; k++)
		if (strcmp(namespaces[k].name, name) == 0)
			return k;
	return -1;
}

const char *spec_namespace_name(enum ns_kind k)
{
	return (unsigned)k < NS_KINDS ? namespaces[k].name : NULL;
}

uint64_t spec_namespace_flag(enum ns_kind k)
{
	return (unsigned)k < NS_KINDS ? namespaces[k].flag : 0;
}

const char *spec_namespace_proc(enum ns_kind k)
{
	return (unsigned)k < NS_KINDS ? namespaces[k].proc : NULL;
}

const struct spec_namespace *spec_find_namespace(const struct spec_linux *l, enum ns_kind kind)
{
	for (size_t i = 0; i < l->namespaces.n; i++)
		if (l->namespaces.v[i].type == kind)
			return &l->namespaces.v[i];
	return NULL;
}

bool spec_new_namespace(const struct spec_linux *l, enum ns_kind kind)
{
	const struct spec_namespace *n = spec_find_namespace(l, kind);
	return n && !n->path;
}

bool spec_keeps_groups(const struct spec_config *c)
{
	for (size_t i = 0; i < c->annotations.n; i++) {
		const struct kv *kv = &c->annotations.v[i];
		if (strcmp(kv->key, KEEP_GROUPS_ANNOTATION) == 0)
			return strcmp(kv->value, "1") == 0 || strcmp(kv->value, "true") == 0;
	}
	return false;
}

struct number_name {
	const char *name;
	int number;
};

#define R(x) { #x, x }
static const struct number_name rlimits[] = {
	R(RLIMIT_AS),     R(RLIMIT_CORE),   R(RLIMIT_CPU),        R(RLIMIT_DATA),
	R(RLIMIT_FSIZE),  R(RLIMIT_LOCKS),  R(RLIMIT_MEMLOCK),    R(RLIMIT_MSGQUEUE),
	R(RLIMIT_NICE),   R(RLIMIT_NOFILE), R(RLIMIT_NPROC),      R(RLIMIT_RSS),
	R(RLIMIT_RTPRIO), R(RLIMIT_RTTIME), R(RLIMIT_SIGPENDING), R(RLIMIT_STACK),
};
#undef R

int spec_rlimit_number(const char *name)
{
	for (size_t i = 0; i < sizeof(rlimits) / sizeof(rlimits[0]); i++)
		if (strcmp(rlimits[i].name, name) == 0)
			return rlimits[i].number;
	return -1;
}

static const char *const capabilities[] = {
#include <cap_names.h> /* made by gen/cap_names.c */
};

const char *spec_capability_name(unsigned number)
{
	return number < sizeof(capabilities) / sizeof(capabilities[0]) ? capabilities[number] : NULL;
}

int spec_capability_number(const char *name)
{
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		if (strcmp(capabilities[i], name) == 0)
			return (int)i;
	return -1;
}

#define S(x) { #x, SIG##x }
static const struct number_name signals[] = {
	S(HUP),           S(INT),    S(QUIT), S(ILL),   S(TRAP), S(ABRT), S(IOT),  S(BUS),
	S(FPE),           S(KILL),   S(USR1), S(SEGV),  S(USR2), S(PIPE), S(ALRM), S(TERM),
	S(CHLD),          S(CONT),   S(STOP), S(TSTP),  S(TTIN), S(TTOU), S(URG),  S(XCPU),
	S(XFSZ),          S(VTALRM), S(PROF), S(WINCH), S(IO),   S(POLL), S(PWR),  S(SYS),
#ifdef SIGSTKFLT
	S(STKFLT),
#endif
	{ "CLD", SIGCHLD },
};
#undef S

/* What engines and shells call RTMIN and RTMAX: the C library keeps the first two of the kernel's. */
enum { RT_MIN = 34, RT_MAX = 64 };

/* RTMIN, RTMIN+n, RTMAX, RTMAX-n */
static int realtime_signal(const char *name)
{
	uint64_t n = 0;
	if (strncasecmp(name, "RTMIN", 5) == 0) {
		if (name[5] && (name[5] != '+' || parse_u64(name + 6, RT_MAX - RT_MIN, &n) < 0))
			return -1;
		return RT_MIN + (int)n;
	}
	if (strncasecmp(name, "RTMAX", 5) == 0) {
		if (name[5] && (name[5] != '-' || parse_u64(name + 6, RT_MAX - RT_MIN, &n) < 0))
			return -1;
		return RT_MAX - (int)n;
	}
	return -1;
}

/* People and engines write all of 15, TERM, SIGTERM and sigterm. 0 is the null signal of kill(2). */
int spec_signal_number(const char *name)
{
	uint64_t n;
	if (parse_u64(name, RT_MAX, &n) == 0)
		return (int)n;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (strcasecmp(signals[i].name, name) == 0)
			return signals[i].number;
	return realtime_signal(name);
}

const char *spec_hook_name(enum hook_kind k)
{
	static const char *const names[HOOK_KINDS] = {
	    [HOOK_PRESTART] = "prestart",
	    [HOOK_CREATE_RUNTIME] = "createRuntime",
	    [HOOK_CREATE_CONTAINER] = "createContainer",
	    [HOOK_START_CONTAINER] = "startContainer",
	    [HOOK_POSTSTART] = "poststart",
	    [HOOK_POSTSTOP] = "poststop",
	};
	return (unsigned)k < HOOK_KINDS ? names[k] : NULL;
}
