/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * clone3(2) for a child that runs on a stack of its own, so that CLONE_VM|CLONE_VFORK is sound: the
 * child shares our memory and we sleep until it called execve(2) or ended, without copying a page table.
 */
#ifndef BERTH_ACT_CLONE_H
#define BERTH_ACT_CLONE_H

#include <linux/sched.h>
#include <stddef.h>

/* args->stack and stack_size must be set. The child calls fn(arg), which must not return. Returns the
 * child's pid, or a negative errno. */
long clone3_call(struct clone_args *args, size_t size, void (*fn)(void *), void *arg);

#endif
