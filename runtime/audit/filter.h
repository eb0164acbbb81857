/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seccomp filter of a config, compiled, and what it does with single system calls. */
#ifndef BERTH_AUDIT_FILTER_H
#define BERTH_AUDIT_FILTER_H

#include "bpf.h"
#include "internal.h"

enum { FILTER_ARCHS = 32 };
struct filter {
	const struct sock_filter *prog;
	uint32_t count;
	uint32_t arch[FILTER_ARCHS]; /* SCMP_ARCH_*, the native one first */
	const char *arch_name[FILTER_ARCHS];
	size_t narchs;
};

/* A system call, perhaps only with a certain argument. */
struct filter_call {
	const char *name;
	uint32_t number; /* on every architecture, for a libseccomp that does not know the name; or 0 */
	int arg;	 /* index of the argument that is looked at, -1: whatever the arguments are */
	uint64_t value;
};

/* Compiles linux.seccomp into a->filter, if there is one. Keeps no cache: nothing is written. */
int filter_prepare(struct audit *a, struct err *e);
/* BPF_CAN_* of the call over all architectures of the filter. *ret_archs: bit i when it can pass on arch[i]. */
unsigned filter_outcomes(const struct audit *a, const struct filter_call *c, uint32_t *ret_archs);
/* The same for a number that no kernel has yet. */
unsigned filter_unknown(const struct audit *a);
/* The element of linux.seccomp.architectures is one of these. */
bool filter_is_arch(const struct audit *a, const char *name, uint32_t archs);

#endif
