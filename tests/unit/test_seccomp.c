/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters: what a program gets under them. */
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "seccomp_profile.h"

#define REFUSED(s, at, part)                                                                                 \
	do {                                                                                                 \
		struct seccomp_filter t_f;                                                                   \
		T_INT(compile((s), -1, &t_f), -1);                                                           \
		T_STR(e.path, at);                                                                           \
		T_HAS(e.text, part);                                                                         \
	} while (0)

/* --- the kernel's view of a program, for architectures that this machine does not have ------------ */

/* Run a filter on made-up data. Only the instructions that libseccomp and we use. */
static uint32_t simulate(const struct seccomp_filter *f, uint32_t arch, uint32_t nr)
{
	const struct sock_filter *p = f->prog;
	struct seccomp_data d = { .nr = (int)nr, .arch = arch };
	uint32_t acc = 0;
	for (uint32_t i = 0; i < f->count; i++) {
		switch (p[i].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&acc, (char *)&d + p[i].k, 4);
			break;
		case BPF_JMP | BPF_JA:
			i += p[i].k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += acc == p[i].k ? p[i].jt : p[i].jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			i += acc > p[i].k ? p[i].jt : p[i].jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			i += acc >= p[i].k ? p[i].jt : p[i].jf;
			break;
		case BPF_RET | BPF_K:
			return p[i].k;
		default:
			T_FAIL("instruction %u: code %x", i, p[i].code);
			return 1;
		}
	}
	T_FAIL("ran off the end");
	return 1;
}

#define RET_ENOSYS (SECCOMP_RET_ERRNO | ENOSYS)
#define RET_EPERM (SECCOMP_RET_ERRNO | EPERM)

/* --- actions ------------------------------------------------------------------------------------ */

T_TEST(default_allow_one_errno)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ALLOW", -1);
	rule(s, "SCMP_ACT_ERRNO", "fchmod getppid", -1);
	rule(s, "SCMP_ACT_ERRNO", "fchown", EACCES);
	rule(s, "SCMP_ACT_ERRNO", "getuid", 0);
	T_INT(errno_under(s, SYS_fchmod, (unsigned long)-1, 0, 0), EPERM);
	T_INT(errno_under(s, SYS_getppid, 0, 0, 0), EPERM);
	T_INT(errno_under(s, SYS_fchown, (unsigned long)-1, 0, 0), EACCES);
	T_INT(errno_under(s, SYS_getuid, 0, 0, 0), 0);
	T_INT(errno_under(s, SYS_getpid, 0, 0, 0), 0);
	T_INT(errno_under(s, 9999, 0, 0, 0), ENOSYS); /* the kernel's own */
}

T_TEST(default_errno)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ERRNO", -1);
	rule(s, "SCMP_ACT_ALLOW", "getpid exit_group", -1);
	T_INT(errno_under(s, SYS_getpid, 0, 0, 0), 0);
	T_INT(errno_under(s, SYS_unshare, 0, 0, 0), EPERM);
	s->default_errno_ret = opt(ENOSYS);
	T_INT(errno_under(s, SYS_unshare, 0, 0, 0), ENOSYS);
}

T_TEST(killing_actions)
{
	static const struct { const char *action; int result; } rows[] = {
		{ "SCMP_ACT_KILL", KILLED + SIGSYS },
		{ "SCMP_ACT_KILL_THREAD", KILLED + SIGSYS },
		{ "SCMP_ACT_KILL_PROCESS", KILLED + SIGSYS },
		{ "SCMP_ACT_TRAP", KILLED + SIGSYS },
		{ "SCMP_ACT_LOG", 0 },
		{ "SCMP_ACT_TRACE", ENOSYS }, /* nobody traces */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct spec_seccomp *s = profile("SCMP_ACT_ALLOW", -1);
		rule(s, rows[i].action, "getppid", -1);
		T_INT(errno_under(s, SYS_getppid, 0, 0, 0), rows[i].result);
	}
}

static int last_return(const struct spec_seccomp *s, int nr)
{
	struct seccomp_filter f;
	if (compile(s, -1, &f) < 0)
		return -1;
	return (int)simulate(&f, AUDIT_ARCH_X86_64, (uint32_t)nr);
}

T_TEST(values_of_actions)
{
#if defined(__x86_64__)
	struct spec_seccomp *s = profile("SCMP_ACT_LOG", -1);
	rule(s, "SCMP_ACT_KILL", "getppid", -1);
	rule(s, "SCMP_ACT_KILL_PROCESS", "getuid", -1);
	rule(s, "SCMP_ACT_TRACE", "getgid", 77);
	rule(s, "SCMP_ACT_TRACE", "geteuid", -1);
	rule(s, "SCMP_ACT_TRAP", "getegid", -1);
	rule(s, "SCMP_ACT_NOTIFY", "mkdir", -1);
	T_INT(last_return(s, SYS_getppid), (int)SECCOMP_RET_KILL_THREAD);
	T_INT(last_return(s, SYS_getuid), (int)SECCOMP_RET_KILL_PROCESS);
	T_INT(last_return(s, SYS_getgid), (int)(SECCOMP_RET_TRACE | 77));
	T_INT(last_return(s, SYS_geteuid), (int)(SECCOMP_RET_TRACE | EPERM));
	T_INT(last_return(s, SYS_getegid), (int)SECCOMP_RET_TRAP);
	T_INT(last_return(s, SYS_mkdir), (int)SECCOMP_RET_USER_NOTIF);
	T_INT(last_return(s, SYS_getpid), (int)SECCOMP_RET_LOG);
#endif
}

T_TEST(rules_that_say_nothing)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ERRNO", -1);
	rule(s, "SCMP_ACT_ERRNO", "fchmod", EPERM); /* the default */
	rule(s, "SCMP_ACT_ALLOW", "no_such_call getpid exit_group getpid", -1);
	rule(s, "SCMP_ACT_ALLOW", "getpid", -1); /* again */
	T_INT(errno_under(s, SYS_fchmod, (unsigned long)-1, 0, 0), EPERM);
	T_INT(errno_under(s, SYS_getpid, 0, 0, 0), 0);
}

T_TEST(default_kill_without_rules)
{
	T_INT(errno_under(profile("SCMP_ACT_KILL", -1), SYS_getpid, 0, 0, 0), KILLED + SIGSYS);
	T_INT(errno_under(profile("SCMP_ACT_ALLOW", -1), SYS_getpid, 0, 0, 0), 0);
}

/* --- arguments ---------------------------------------------------------------------------------- */

T_TEST(operators)
{
	static const struct { const char *op; uint64_t value, two; char want[5]; } rows[] = {
		/* does the rule match 9, 10, 11, 2^63? */
		{ "SCMP_CMP_NE", 10, 0, "1011" },	{ "SCMP_CMP_LT", 10, 0, "1000" },
		{ "SCMP_CMP_LE", 10, 0, "1100" },	{ "SCMP_CMP_EQ", 10, 0, "0100" },
		{ "SCMP_CMP_GE", 10, 0, "0111" },	{ "SCMP_CMP_GT", 10, 0, "0011" },
		{ "SCMP_CMP_MASKED_EQ", 3, 2, "0100" }, { "SCMP_CMP_MASKED_EQ", 1ULL << 63, 1ULL << 63, "0001" },
		{ "SCMP_CMP_EQ", (1ULL << 32) + 10, 0, "0000" },
	};
	static const uint64_t values[] = { 9, 10, 11, 1ULL << 63 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct spec_seccomp *s = profile("SCMP_ACT_ALLOW", -1);
		struct seccomp_filter f;
		char got[5] = "????";
		arg(rule(s, "SCMP_ACT_ERRNO", "getppid", EXDEV), 1, rows[i].op, rows[i].value, rows[i].two);
		T_INT(compile(s, -1, &f), 0);
		for (int v = 0; v < 4; v++)
			got[v] = errno_of(&f, SYS_getppid, 10, values[v], 10) == EXDEV ? '1' : '0';
		T_STR(got, rows[i].want);
	}
}

T_TEST(different_arguments_must_all_match)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ALLOW", -1);
	struct seccomp_filter f;
	struct spec_seccomp_rule *r = rule(s, "SCMP_ACT_ERRNO", "getppid", EXDEV);
	arg(r, 0, "SCMP_CMP_EQ", 1, 0);
	arg(r, 2, "SCMP_CMP_EQ", 2, 0);
	T_INT(compile(s, -1, &f), 0);
	T_INT(errno_of(&f, SYS_getppid, 1, 0, 2), EXDEV);
	T_INT(errno_of(&f, SYS_getppid, 1, 0, 3), 0);
	T_INT(errno_of(&f, SYS_getppid, 0, 0, 2), 0);
}

T_TEST(the_same_argument_twice)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ALLOW", -1);
	struct seccomp_filter f;
	struct spec_seccomp_rule *r = rule(s, "SCMP_ACT_ERRNO", "getppid", EXDEV);
	arg(r, 0, "SCMP_CMP_EQ", 1, 0);
	arg(r, 0, "SCMP_CMP_EQ", 2, 0);
	T_INT(compile(s, -1, &f), 0);
	T_INT(errno_of(&f, SYS_getppid, 1, 0, 0), EXDEV);
	T_INT(errno_of(&f, SYS_getppid, 2, 0, 0), EXDEV);
	T_INT(errno_of(&f, SYS_getppid, 3, 0, 0), 0);
}

/* --- what is refused ---------------------------------------------------------------------------- */

T_TEST(refusals)
{
	struct spec_seccomp *s;

	REFUSED(profile("SCMP_ACT_BOGUS", -1), "linux.seccomp.defaultAction", "SCMP_ACT_BOGUS");
	REFUSED(profile("SCMP_ACT_ALLOW", 5), "linux.seccomp.defaultErrnoRet", "takes no errno");
	REFUSED(profile("SCMP_ACT_KILL", 5), "linux.seccomp.defaultErrnoRet", "takes no errno");
	REFUSED(profile("SCMP_ACT_ERRNO", 65537), "linux.seccomp.defaultErrnoRet", "65537");

	s = profile("SCMP_ACT_ALLOW", -1);
	rule(s, "SCMP_ACT_KILL", "chmod", -1);
	rule(s, "SCMP_ACT_LOG", "chmod", 5);
	REFUSED(s, "linux.seccomp.syscalls[1].errnoRet", "SCMP_ACT_LOG takes no errno");

	s = profile("SCMP_ACT_ALLOW", -1);
	rule(s, "SCMP_ACT_Errno", "chmod", -1);
	REFUSED(s, "linux.seccomp.syscalls[0].action", "unknown seccomp action");

	s = profile("SCMP_ACT_ALLOW", -1);
	arg(rule(s, "SCMP_ACT_ERRNO", "chmod", -1), 6, "SCMP_CMP_EQ", 0, 0);
	REFUSED(s, "linux.seccomp.syscalls[0].args[0].index", "6");

	s = profile("SCMP_ACT_ALLOW", -1);
	arg(rule(s, "SCMP_ACT_ERRNO", "chmod", -1), 5, "BOGUS", 0, 0);
	REFUSED(s, "linux.seccomp.syscalls[0].args[0].op", "BOGUS");

	s = profile("SCMP_ACT_ALLOW", -1);
	s->architectures = words("SCMP_ARCH_BOGUS");
	REFUSED(s, "linux.seccomp.architectures[0]", "SCMP_ARCH_BOGUS");
	s->architectures = words("BOGUS");
	REFUSED(s, "linux.seccomp.architectures[0]", "BOGUS");
	s->architectures = words("SCMP_ARCH_THIS_NAME_IS_MUCH_TOO_LONG_TO_BE_ONE");
	REFUSED(s, "linux.seccomp.architectures[0]", "TOO_LONG");

	s = profile("SCMP_ACT_ALLOW", -1);
	s->flags = words("SECCOMP_FILTER_FLAG_LOG BOGUS");
	s->flags_set = true;
	REFUSED(s, "linux.seccomp.flags[1]", "BOGUS");

	s = profile("SCMP_ACT_ERRNO", -1);
	arg(rule(s, "SCMP_ACT_ALLOW", "personality", -1), 0, "SCMP_CMP_EQ", 1, 0);
	arg(rule(s, "SCMP_ACT_KILL", "personality", -1), 0, "SCMP_CMP_EQ", 1, 0);
	REFUSED(s, "linux.seccomp.syscalls[1].names[0]", "contradicts");
}

/* --- flags -------------------------------------------------------------------------------------- */

static uint64_t flags_of(const char *list, bool set, const char *rule_action)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ALLOW", -1);
	struct seccomp_filter f = { 0 };
	rule(s, rule_action, "mkdir", -1);
	s->flags = words(list);
	s->flags_set = set;
	T_INT(compile(s, -1, &f), 0);
	T_INT(f.listener, strcmp(rule_action, "SCMP_ACT_NOTIFY") == 0);
	/* the kernel takes them together */
	struct call c = { SYS_getpid, { 0 } };
	if (!f.listener)
		T_INT(try(&f, probe_call, &c), 0);
	return f.flags;
}

T_TEST(flags)
{
	T_INT(flags_of("", false, "SCMP_ACT_ERRNO"), SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	T_INT(flags_of("", true, "SCMP_ACT_ERRNO"), 0);
	T_INT(flags_of("SECCOMP_FILTER_FLAG_TSYNC", true, "SCMP_ACT_ERRNO"), 1);
	T_INT(flags_of("SECCOMP_FILTER_FLAG_LOG", true, "SCMP_ACT_ERRNO"), 2);
	T_INT(flags_of("SECCOMP_FILTER_FLAG_SPEC_ALLOW", true, "SCMP_ACT_ERRNO"), 4);
	T_INT(flags_of("SECCOMP_FILTER_FLAG_LOG SECCOMP_FILTER_FLAG_SPEC_ALLOW", true, "SCMP_ACT_ERRNO"), 6);
	/* without a listener the kernel would refuse it */
	T_INT(flags_of("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", true, "SCMP_ACT_ERRNO"), 0);
	/* a listener with TSYNC needs TSYNC_ESRCH */
	T_INT(flags_of("SECCOMP_FILTER_FLAG_TSYNC", true, "SCMP_ACT_NOTIFY"), 1 | 16);
}

/* --- ENOSYS, and other ABIs --------------------------------------------------------------------- */

T_TEST(newer_calls_do_not_exist)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ERRNO", -1);
	rule(s, "SCMP_ACT_ALLOW", "getpid exit_group openat2", -1); /* openat2 is 437 */
	T_INT(errno_under(s, 437, (unsigned long)-1, 0, 0), EINVAL); /* the kernel's answer: it is allowed */
	T_INT(errno_under(s, 436, 0, 0, 0), EPERM);
	T_INT(errno_under(s, 438, 0, 0, 0), ENOSYS);
	T_INT(errno_under(s, 5000, 0, 0, 0), ENOSYS);
	T_INT(errno_under(s, SYS_unshare, 0, 0, 0), EPERM);
	s->default_errno_ret = opt(EPERM); /* said instead of implied: as engines write it */
	T_INT(errno_under(s, 438, 0, 0, 0), ENOSYS);
	s->default_errno_ret = opt(EACCES); /* chosen: kept */
	T_INT(errno_under(s, 438, 0, 0, 0), EACCES);

	s = profile("SCMP_ACT_KILL_PROCESS", -1);
	rule(s, "SCMP_ACT_ALLOW", "exit_group getpid", -1);
	T_INT(errno_under(s, 5000, 0, 0, 0), KILLED + SIGSYS);

	/* a short profile gives its errno for all old calls; rules of any action count as named */
	s = profile("SCMP_ACT_ERRNO", -1);
	rule(s, "SCMP_ACT_ALLOW", "exit_group getpid", -1);
	T_INT(errno_under(s, 334, 0, 0, 0), EPERM);
	T_INT(errno_under(s, 424, 0, 0, 0), ENOSYS);
	rule(s, "SCMP_ACT_ERRNO", "openat2", -1);
	T_INT(errno_under(s, 437, 0, 0, 0), EPERM);
}

#if defined(__x86_64__)
T_TEST(foreign_abis_die)
{
	static const char *const defaults[] = { "SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW" };
	for (int i = 0; i < 2; i++) {
		struct spec_seccomp *s = profile(defaults[i], -1);
		struct seccomp_filter f;
		rule(s, "SCMP_ACT_LOG", "exit_group getpid", -1);
		T_INT(compile(s, -1, &f), 0);
		T_INT(simulate(&f, AUDIT_ARCH_X86_64, SYS_getpid), SECCOMP_RET_LOG);
		T_INT(simulate(&f, AUDIT_ARCH_I386, 20), SECCOMP_RET_KILL_PROCESS);
		T_INT(simulate(&f, AUDIT_ARCH_AARCH64, 20), SECCOMP_RET_KILL_PROCESS);
		for (uint32_t nr = 0; nr < 600; nr++) /* no number of x32 gets anything else */
			T_INT(simulate(&f, AUDIT_ARCH_X86_64, 0x40000000 | nr), SECCOMP_RET_KILL_PROCESS);
		T_INT(simulate(&f, AUDIT_ARCH_X86_64, 0x7fffffff), SECCOMP_RET_KILL_PROCESS);
		T_INT(simulate(&f, AUDIT_ARCH_X86_64, 0x80000000), SECCOMP_RET_KILL_PROCESS);
		/* for real: the x32 bit through syscall(2) */
		T_INT(errno_of(&f, 0x40000000 + SYS_getpid, 0, 0, 0), KILLED + SIGSYS);
	}
}

static int probe_i386(void *unused)
{
	int r;
	(void)unused;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory", "r8", "r9", "r10", "r11"); /* getpid */
	return r < 0 ? -r : 0;
}

T_TEST(i386_for_real)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ALLOW", -1);
	struct seccomp_filter f;
	rule(s, "SCMP_ACT_ERRNO", "getpid", EXDEV);
	T_INT(compile(s, -1, &f), 0);
	T_INT(try(&f, probe_i386, NULL), KILLED + SIGSYS);
	s->architectures = words("SCMP_ARCH_X86_64 SCMP_ARCH_X86 SCMP_ARCH_X86");
	T_INT(compile(s, -1, &f), 0);
	int r = try(&f, probe_i386, NULL);
	T_OK(r == EXDEV || r == KILLED + SIGSEGV); /* a kernel without IA32 emulation faults */
	T_INT(errno_of(&f, SYS_getpid, 0, 0, 0), EXDEV);
}

T_TEST(listed_abis)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ERRNO", -1);
	struct seccomp_filter f;
	rule(s, "SCMP_ACT_ALLOW", "exit_group getpid execve openat2 cacheflush", -1);
	s->architectures = words("SCMP_ARCH_X86_64 SCMP_ARCH_X86 SCMP_ARCH_X32 SCMP_ARCH_AARCH64 SCMP_ARCH_ARM "
				 "SCMP_ARCH_MIPSEL SCMP_ARCH_MIPSEL64N32");
	T_INT(compile(s, -1, &f), 0);
	static const struct { uint32_t arch, nr, want; } rows[] = {
		{ AUDIT_ARCH_X86_64, 39, SECCOMP_RET_ALLOW },
		{ AUDIT_ARCH_X86_64, 438, RET_ENOSYS },
		{ AUDIT_ARCH_X86_64, 0x3fffffff, RET_ENOSYS },
		{ AUDIT_ARCH_X86_64, 0xffffffff, RET_EPERM },
		{ AUDIT_ARCH_X86_64, 0x40000000 | 39, SECCOMP_RET_ALLOW },  /* x32 */
		{ AUDIT_ARCH_X86_64, 0x40000000 | 520, SECCOMP_RET_ALLOW }, /* execve of x32 */
		{ AUDIT_ARCH_X86_64, 0x40000000 | 59, RET_EPERM },	    /* not x32's execve */
		{ AUDIT_ARCH_X86_64, 0x40000000 | 547, RET_EPERM },	    /* old */
		{ AUDIT_ARCH_X86_64, 0x40000000 | 438, RET_ENOSYS },
		{ AUDIT_ARCH_X86_64, 0x40000000 | 511, RET_ENOSYS },
		{ AUDIT_ARCH_X86_64, 0x40000000 | 548, RET_ENOSYS },
		{ AUDIT_ARCH_I386, 20, SECCOMP_RET_ALLOW },
		{ AUDIT_ARCH_I386, 310, RET_EPERM }, /* unshare */
		{ AUDIT_ARCH_I386, 438, RET_ENOSYS },
		{ AUDIT_ARCH_I386, 0x40000000, RET_ENOSYS },
		{ AUDIT_ARCH_AARCH64, 172, SECCOMP_RET_ALLOW },
		{ AUDIT_ARCH_AARCH64, 438, RET_ENOSYS },
		{ AUDIT_ARCH_ARM, 0xf0002, SECCOMP_RET_ALLOW }, /* cacheflush, private */
		{ AUDIT_ARCH_ARM, 0xf0005, RET_EPERM },
		{ AUDIT_ARCH_ARM, 438, RET_ENOSYS },
		{ AUDIT_ARCH_ARM, 20, SECCOMP_RET_ALLOW },
		{ AUDIT_ARCH_MIPSEL, 4020, SECCOMP_RET_ALLOW },
		{ AUDIT_ARCH_MIPSEL, 4436, RET_EPERM },
		{ AUDIT_ARCH_MIPSEL, 4438, RET_ENOSYS },
		{ AUDIT_ARCH_MIPSEL64N32, 6038, SECCOMP_RET_ALLOW },
		{ AUDIT_ARCH_MIPSEL64N32, 6438, RET_ENOSYS },
		{ AUDIT_ARCH_RISCV64, 172, SECCOMP_RET_KILL_PROCESS },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t got = simulate(&f, rows[i].arch, rows[i].nr);
		t_checks++;
		if (got != rows[i].want)
			T_FAIL("arch %x nr %u: %x, not %x", rows[i].arch, rows[i].nr, got, rows[i].want);
	}
	T_INT(errno_of(&f, SYS_getpid, 0, 0, 0), 0); /* the kernel takes the program */

	s->architectures = words("SCMP_ARCH_S390X");
	REFUSED(s, "linux.seccomp.architectures[0]", "byte order");
}
#endif

static int child_status(pid_t pid)
{
	int status;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

T_TEST(notification_for_real)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ALLOW", -1);
	struct seccomp_filter f;
	rule(s, "SCMP_ACT_NOTIFY", "mkdirat", -1);
	s->flags = words("SECCOMP_FILTER_FLAG_TSYNC SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
	s->flags_set = true;
	if (compile(s, -1, &f) < 0) {
		T_HAS(e.text, "5.19");
		return;
	}
	T_OK(f.listener);
	int pair[2];
	T_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		int l = load(&f, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (l < 0)
			_exit(NOT_LOADED);
		T_INT(write(pair[1], &l, sizeof(l)), sizeof(l));
		_exit(mkdirat(AT_FDCWD, "/does/not/matter", 0) < 0 ? errno : 0);
	}
	int theirs = -1;
	T_INT(read(pair[0], &theirs, sizeof(theirs)), sizeof(theirs));
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int l = (int)syscall(SYS_pidfd_getfd, pidfd, theirs, 0);
	struct seccomp_notif n = { 0 };
	T_INT(ioctl(l, SECCOMP_IOCTL_NOTIF_RECV, &n), 0);
	T_INT(n.data.nr, SYS_mkdirat);
	struct seccomp_notif_resp answer = { .id = n.id, .error = -EXDEV };
	T_INT(ioctl(l, SECCOMP_IOCTL_NOTIF_SEND, &answer), 0);
	T_INT(child_status(pid), EXDEV);
	close(l);
	close(pidfd);
	close(pair[0]);
	close(pair[1]);
}

T_MAIN()
