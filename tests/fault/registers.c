/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "registers.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined(__x86_64__)
int skip_call(pid_t pid)
{
	struct user_regs_struct r;
	if (ptrace(PTRACE_GETREGS, pid, 0, &r) < 0)
		return -1;
	r.orig_rax = (unsigned long long)-1;
	return (int)ptrace(PTRACE_SETREGS, pid, 0, &r);
}

int set_result(pid_t pid, long result)
{
	struct user_regs_struct r;
	if (ptrace(PTRACE_GETREGS, pid, 0, &r) < 0)
		return -1;
	r.rax = (unsigned long long)result;
	return (int)ptrace(PTRACE_SETREGS, pid, 0, &r);
}
#elif defined(__aarch64__)
int skip_call(pid_t pid)
{
	int none = -1;
	struct iovec v = { &none, sizeof(none) };
	return (int)ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &v);
}

int set_result(pid_t pid, long result)
{
	struct user_regs_struct r;
	struct iovec v = { &r, sizeof(r) };
	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) < 0)
		return -1;
	r.regs[0] = (unsigned long long)result;
	return (int)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v);
}
#else
#error "inject is not written for this architecture"
#endif
