/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which dangerous system calls the filter lets through. Judged by the compiled filter, on each of its architectures;
 * the profile is only searched for the line to change. Calls that the kernel refuses without a capability count
 * when the process has one of those.
 */
#include "filter.h"

#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include "../../spec/spec.h"

#define ANY(name) { name, 0, -1, 0 }
#define NEW(name, number) { name, number, -1, 0 } /* [5.1] numbers are the same everywhere */
#define WITH(name, arg, value) { name, 0, arg, value }

struct group {
	const struct filter_call *calls; /* ended by one without a name */
	const char *caps[4];		 /* it takes one of these; none: everybody may */
};

#define CALLS(name, ...) static const struct filter_call name[] = { __VA_ARGS__, { 0 } }
CALLS(c_modules, ANY("init_module"), ANY("finit_module"), ANY("delete_module"));
CALLS(c_boot, ANY("kexec_load"), ANY("kexec_file_load"), ANY("reboot"));
CALLS(c_bpf, ANY("bpf"));
CALLS(c_perf, ANY("perf_event_open"));
CALLS(c_mount, ANY("mount"), ANY("umount2"), ANY("pivot_root"), ANY("setns"), NEW("open_tree", 428), NEW("move_mount", 429),
      NEW("fsopen", 430), NEW("fsconfig", 431), NEW("fsmount", 432), NEW("fspick", 433), NEW("mount_setattr", 442));
CALLS(c_userns, WITH("clone", 0, CLONE_NEWUSER), WITH("unshare", 0, CLONE_NEWUSER), NEW("clone3", 435));
CALLS(c_keys, ANY("add_key"), ANY("keyctl"), ANY("request_key"));
CALLS(c_uring, NEW("io_uring_setup", 425), NEW("io_uring_enter", 426), NEW("io_uring_register", 427));
CALLS(c_fault, ANY("userfaultfd"));
CALLS(c_handle, ANY("open_by_handle_at"));
CALLS(c_clock, ANY("clock_settime"), ANY("clock_settime64"), ANY("settimeofday"), ANY("stime"));
CALLS(c_admin, ANY("swapon"), ANY("swapoff"), ANY("quotactl"), NEW("quotactl_fd", 443), ANY("acct"), ANY("vhangup"),
      ANY("sethostname"), ANY("setdomainname"), ANY("lookup_dcookie"));
CALLS(c_old, ANY("uselib"), ANY("ustat"), ANY("sysfs"), ANY("_sysctl"), ANY("vm86"), ANY("vm86old"), ANY("nfsservctl"),
      ANY("bdflush"), ANY("create_module"), ANY("query_module"), ANY("get_kernel_syms"));
CALLS(c_ports, ANY("iopl"), ANY("ioperm"));
CALLS(c_ptrace, ANY("ptrace"), ANY("process_vm_readv"), ANY("process_vm_writev"), ANY("kcmp"), NEW("pidfd_getfd", 438),
      NEW("process_madvise", 440));
CALLS(c_log, WITH("syslog", 0, 3 /* SYSLOG_ACTION_READ_ALL */));
CALLS(c_personality, WITH("personality", 0, ADDR_NO_RANDOMIZE), WITH("personality", 0, READ_IMPLIES_EXEC));
/* socketcall has the family in memory: who has it, has every family. On x86_64 it is there for 32-bit programs. */
CALLS(c_vsock, WITH("socket", 0, AF_VSOCK), WITH("socketcall", 0, 1 /* SYS_SOCKET */));
CALLS(c_alg, WITH("socket", 0, AF_ALG), WITH("socketcall", 0, 1));

static const struct group g_modules = { c_modules, { "CAP_SYS_MODULE" } },
			  g_boot = { c_boot, { "CAP_SYS_BOOT" } }, g_bpf = { c_bpf, { NULL } },
			  g_perf = { c_perf, { NULL } }, g_mount = { c_mount, { "CAP_SYS_ADMIN" } },
			  g_userns = { c_userns, { NULL } }, g_keys = { c_keys, { NULL } },
			  g_uring = { c_uring, { NULL } }, g_fault = { c_fault, { NULL } },
			  g_handle = { c_handle, { "CAP_DAC_READ_SEARCH" } },
			  g_clock = { c_clock, { "CAP_SYS_TIME" } },
			  g_admin = { c_admin, { "CAP_SYS_ADMIN", "CAP_SYS_PACCT", "CAP_SYS_TTY_CONFIG" } },
			  g_old = { c_old, { NULL } }, g_ports = { c_ports, { "CAP_SYS_RAWIO" } },
			  g_ptrace = { c_ptrace, { NULL } }, g_log = { c_log, { NULL } },
			  g_personality = { c_personality, { NULL } }, g_vsock = { c_vsock, { NULL } },
			  g_alg = { c_alg, { NULL } };

#define PERSONALITY(value) \
	{ "personality", "{\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, " \
			 "\"value\": " value ", \"op\": \"SCMP_CMP_EQ\"}]}" }
/* Calls that no program does without, in narrower rules. clone3 has its flags in memory, where no filter sees them:
 * with ENOSYS, libraries fall back to clone. */
static const struct {
	const char *name, *rule;
} narrower[] = {
	{ "clone", "{\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 2114060288, "
		   "\"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}]}" },
	{ "clone3", "{\"names\": [\"clone3\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38}" },
	{ "socket", "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": 38, "
		    "\"op\": \"SCMP_CMP_LT\"}]}" },
	PERSONALITY("0"), PERSONALITY("8"), PERSONALITY("4294967295"),
};

static bool lets_through(const char *action)
{
	return strcmp(action, "SCMP_ACT_ALLOW") == 0 || strcmp(action, "SCMP_ACT_LOG") == 0;
}

static bool in_list(const struct strv *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i], name) == 0)
			return true;
	return false;
}

/* --- the lines to change ------------------------------------------------------------------------ */

/* Takes the names out of rule `i`, or the rule away when nothing would be left of it. Returns how many there were. */
static size_t edit_rule(struct audit *a, struct finding *f, const struct spec_seccomp_rule *rule, size_t i,
			const struct strv *names)
{
	size_t n = 0;
	for (size_t j = 0; j < rule->names.n; j++)
		n += in_list(names, rule->names.v[j]);
	if (!n)
		return 0;
	if (n == rule->names.n)
		audit_remove(a, f, "linux.seccomp.syscalls[%zu]", i);
	for (size_t j = rule->names.n; j-- > 0;) {
		if (!in_list(names, rule->names.v[j]))
			continue;
		audit_place(a, f, "linux.seccomp.syscalls[%zu].names[%zu]", i, j);
		if (n < rule->names.n)
			audit_remove(a, f, "linux.seccomp.syscalls[%zu].names[%zu]", i, j);
	}
	return n;
}

/* Where the profile lets the calls of `names` through, and the change. */
static void edit_profile(struct audit *a, struct finding *f, const struct strv *names)
{
	const struct spec_seccomp *s = a->c->linux_->seccomp;
	size_t found = 0;
	for (size_t i = s->syscalls.n; i-- > 0;)
		if (lets_through(s->syscalls.v[i].action))
			found += edit_rule(a, f, &s->syscalls.v[i], i, names);
	for (size_t i = 0; found && i < LENGTH(narrower); i++)
		if (in_list(names, narrower[i].name))
			audit_append(a, f, narrower[i].rule, "linux.seccomp.syscalls");
	if (found)
		return;
	audit_place(a, f, "linux.seccomp.defaultAction");
	const char *list = "";
	for (size_t i = 0; i < names->n; i++)
		list = arena_printf(a->arena, "%s%s%s", list, *list ? ", " : "", audit_quote(a, names->v[i]));
	audit_append(a, f, arena_printf(a->arena, "{\"names\": [%s], \"action\": \"SCMP_ACT_ERRNO\"}", list),
		     "linux.seccomp.syscalls");
}

/* --- predicates --------------------------------------------------------------------------------- */

static bool may(const struct audit *a, const struct group *g)
{
	if (!g->caps[0])
		return true;
	for (size_t i = 0; i < LENGTH(g->caps) && g->caps[i]; i++)
		if (audit_has_capability(a, g->caps[i]))
			return true;
	return false;
}

enum { NATIVE = 1 };

/* "init_module", "clone (for some arguments)", "socketcall (X86)" */
static const char *describe(struct audit *a, const struct filter_call *c, unsigned can, uint32_t archs)
{
	const char *text = "";
	if ((archs & NATIVE) && c->arg < 0 && (can & ~(unsigned)BPF_CAN_PASS))
		text = "for some arguments";
	for (size_t i = 0; !(archs & NATIVE) && i < a->filter->narchs; i++)
		if (archs & UINT32_C(1) << i)
			text = arena_printf(a->arena, "%s%s%s", text, *text ? ", " : "", a->filter->arch_name[i]);
	return *text ? arena_printf(a->arena, "%s (%s)", c->name, text) : c->name;
}

/* What passes on other system call interfaces alone: these are taken away. */
static void edit_archs(struct audit *a, struct finding *f, uint32_t archs)
{
	const struct strv *v = &a->c->linux_->seccomp->architectures;
	for (size_t i = v->n; i-- > 0;) {
		if (!filter_is_arch(a, v->v[i], archs))
			continue;
		audit_place(a, f, "linux.seccomp.architectures[%zu]", i);
		audit_remove(a, f, "linux.seccomp.architectures[%zu]", i);
	}
}

static void find_calls(struct audit *a, const struct audit_rule *r)
{
	const struct group *g = r->arg;
	struct strv names = { arena_array(a->arena, 16, sizeof(char *)), 0 };
	struct finding *f = NULL;
	uint32_t foreign = 0;
	if (!a->filter || !may(a, g))
		return;
	for (const struct filter_call *c = g->calls; c->name; c++) {
		uint32_t archs;
		unsigned can = filter_outcomes(a, c, &archs);
		if (!(can & BPF_CAN_PASS) || in_list(&names, c->name))
			continue;
		f = audit_find(a, r);
		audit_item(a, f, describe(a, c, can, archs));
		if (archs & NATIVE)
			names.v[names.n++] = c->name;
		else
			foreign |= archs;
	}
	if (f && names.n)
		edit_profile(a, f, &names);
	if (foreign)
		edit_archs(a, f, foreign);
}

/* Other processes of the container may be traced in peace: they are the same program's. */
static void find_ptrace(struct audit *a, const struct audit_rule *r)
{
	const struct spec_namespace *n = spec_find_namespace(a->c->linux_, NS_PID);
	if (!n || n->path || audit_has_capability(a, "CAP_SYS_PTRACE"))
		find_calls(a, r);
}

static void find_none(struct audit *a, const struct audit_rule *r)
{
	if (!a->filter)
		audit_place(a, audit_find(a, r), "linux.seccomp");
}

static void find_default(struct audit *a, const struct audit_rule *r)
{
	if (!a->filter || !(filter_unknown(a) & BPF_CAN_PASS))
		return;
	struct finding *f = audit_find(a, r);
	audit_place(a, f, "linux.seccomp.defaultAction");
	audit_detail(a, f, "%s", a->c->linux_->seccomp->default_action);
	audit_set(a, f, "\"SCMP_ACT_ERRNO\"", "linux.seccomp.defaultAction");
}

#define TAKE "Take the names out of the rules that allow them, and architectures that no program has out of the list."
#define GROUP(id, title, group, host, userns, why, change) \
	{ "seccomp-" id, title, host, userns, find_calls, why, change, &(group) }
static const struct audit_rule rows[] = {
	{ "seccomp-none", "No seccomp filter", SEV_HIGH, SEV_MEDIUM, find_none,
	  "All system calls of the kernel, some 450, can be tried for bugs; containers use some 300 less.",
	  "Add linux.seccomp: the default profile of your engine (podman: /usr/share/containers/seccomp.json)." },
	{ "seccomp-default-allow", "The filter lets through what it does not name", SEV_MEDIUM, SEV_MEDIUM, find_default,
	  "A list of what is forbidden is out of date with the next kernel: new system calls, and old ones that nobody thought "
	  "of, pass.",
	  "List what is allowed, with defaultAction SCMP_ACT_ERRNO." },
	GROUP("modules", "The filter lets kernel modules be loaded", g_modules, SEV_CRITICAL, SEV_LOW,
	      "The process has the capability, so its code can run in the kernel.", TAKE),
	GROUP("boot", "The filter lets another kernel be booted", g_boot, SEV_HIGH, SEV_LOW,
	      "The process has the capability, so it ends or replaces the host's kernel.", TAKE),
	GROUP("open-by-handle", "The filter lets files be opened by handle", g_handle, SEV_CRITICAL, SEV_LOW,
	      "The process has the capability, so it opens every file of a disk that any mount of it shows (the \"shocker\" "
	      "attack).", TAKE),
	GROUP("mount", "The filter lets file systems be mounted", g_mount, SEV_HIGH, SEV_LOW,
	      "The process has the capability, so masks and read-only paths can be taken off and disks be mounted.", TAKE),
	GROUP("io-ports", "The filter lets I/O ports be used", g_ports, SEV_HIGH, SEV_LOW,
	      "The process has the capability, so it drives the hardware of the host directly.", TAKE),
	GROUP("user-namespaces", "The filter lets user namespaces be made", g_userns, SEV_MEDIUM, SEV_MEDIUM,
	      "Inside one of its own a process has all capabilities, and mount, nftables and other code that is for root only can be "
	      "attacked: most of the local privilege escalations of recent years begin so.",
	      TAKE " clone is needed: forbid its CLONE_NEW flags (mask 0x7e020000), and answer clone3 with ENOSYS."),
	GROUP("io-uring", "The filter lets io_uring be used", g_uring, SEV_MEDIUM, SEV_MEDIUM,
	      "Operations of a ring are no system calls, so the filter does not see them, and its code has had many "
	      "exploitable bugs.", TAKE),
	GROUP("bpf", "The filter lets bpf(2) through", g_bpf, SEV_MEDIUM, SEV_MEDIUM,
	      "Where unprivileged BPF is on, or with CAP_BPF, programs of the container run in the kernel; the verifier has been "
	      "passed many times.", TAKE),
	GROUP("perf", "The filter lets perf_event_open(2) through", g_perf, SEV_MEDIUM, SEV_MEDIUM,
	      "It measures other processes and the kernel as far as perf_event_paranoid allows, and has had exploitable bugs.",
	      TAKE),
	GROUP("vsock", "The filter lets AF_VSOCK sockets be made", g_vsock, SEV_MEDIUM, SEV_MEDIUM,
	      "They know no network namespace: the hypervisor and the virtual machines of the host are reached past every "
	      "firewall.",
	      "Allow socket only for the families that are used."),
	GROUP("clock", "The filter lets the clock be set", g_clock, SEV_MEDIUM, SEV_LOW,
	      "The process has the capability, so it sets the clock of the host.", TAKE),
	GROUP("administration", "The filter lets the host be administered", g_admin, SEV_MEDIUM, SEV_LOW,
	      "The process has the capability for swap, quota, accounting or the host name.", TAKE),
	{ "seccomp-ptrace", "The filter lets processes of others be traced", SEV_MEDIUM, SEV_LOW, find_ptrace,
	  "The pid namespace is shared, or the process has CAP_SYS_PTRACE: memory and descriptors of processes that are not the "
	  "container's can be taken.",
	  TAKE, &g_ptrace },
	GROUP("keyrings", "The filter lets keyrings be used", g_keys, SEV_LOW, SEV_LOW,
	      "Keys are kept by user, not by container: users with the same id share them, and their quota.", TAKE),
	GROUP("userfaultfd", "The filter lets userfaultfd(2) through", g_fault, SEV_LOW, SEV_LOW,
	      "It stops the kernel in the middle of a copy: the tool that makes races in the kernel easy to win.", TAKE),
	GROUP("kernel-log", "The filter lets the kernel's log be read", g_log, SEV_LOW, SEV_LOW,
	      "Where dmesg_restrict is off, it shows addresses and what happens to others.", TAKE),
	GROUP("personality", "The filter lets address randomization be switched off", g_personality, SEV_LOW, SEV_LOW,
	      "personality(2) with ADDR_NO_RANDOMIZE or READ_IMPLIES_EXEC makes set-user-ID programs easier to attack.",
	      "Allow personality only with the values 0, 8 and 0xffffffff."),
	GROUP("crypto-sockets", "The filter lets AF_ALG sockets be made", g_alg, SEV_LOW, SEV_LOW,
	      "The kernel's cryptography becomes a target; hardly any program uses it through sockets.",
	      "Allow socket only for the families that are used."),
	GROUP("obsolete", "The filter lets obsolete system calls through", g_old, SEV_LOW, SEV_LOW,
	      "Nothing needs them, and nobody looks after them.", TAKE),
};
AUDIT_TABLE(rules_seccomp, rows);
