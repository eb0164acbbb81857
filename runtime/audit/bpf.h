/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel would do with a system call under a seccomp filter: the compiled filter is run, not the
 * profile read. Arguments may be unknown; then both sides of a comparison with one are followed, and the
 * answer is the set of all that can come out.
 */
#ifndef BERTH_AUDIT_BPF_H
#define BERTH_AUDIT_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_call {
	uint32_t nr, arch;
	uint64_t args[6];
	unsigned known; /* bit i: args[i] is known */
};

/* Actions that can come out, by their SECCOMP_RET_* without data. */
enum {
	BPF_CAN_PASS = 1 << 0,	 /* ALLOW, LOG */
	BPF_CAN_NOTIFY = 1 << 1, /* USER_NOTIF: an agent decides */
	BPF_CAN_REFUSE = 1 << 2, /* ERRNO, TRAP, KILL, and TRACE, which is ENOSYS without a tracer */
};

/* Returns a set of BPF_CAN_*. A program that no kernel would load (a jump out of it, no return), or one with too
 * many ways through it, gives all three. *ret_last: one of the values that came out; may be NULL. */
unsigned bpf_outcomes(const struct sock_filter *prog, size_t n, const struct bpf_call *call, uint32_t *ret_last);

#endif
