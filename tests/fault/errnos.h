/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each system call can fail with; errnos.c has the table. */
#ifndef BERTH_TESTS_FAULT_ERRNOS_H
#define BERTH_TESTS_FAULT_ERRNOS_H

#include <sys/ptrace.h>
#include <sys/types.h>

enum { ERRNOS_MAX = 10 };

/* The errors of the call `name` that `pid` is about to make, into list: how many, none when it cannot fail. */
int errnos_of(pid_t pid, const struct __ptrace_syscall_info *info, const char *name, int list[ERRNOS_MAX]);

#endif
