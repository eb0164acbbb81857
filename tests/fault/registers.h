/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registers of a traced process, of each architecture. */
#ifndef BERTH_TESTS_FAULT_REGISTERS_H
#define BERTH_TESTS_FAULT_REGISTERS_H

#include <sys/types.h>

/* At the entry of a system call: it does not happen. -1 with errno: ESRCH when the process was killed meanwhile. */
int skip_call(pid_t pid);

/* At its exit: what it answers. */
int set_result(pid_t pid, long result);

#endif
