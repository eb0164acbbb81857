/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that are newer than the profile do not exist for the container.
 *
 * C libraries try a new system call first and fall back to an old one when the kernel says ENOSYS. A
 * profile that was written before the system call existed would answer it with its default errno, usually
 * EPERM, which programs take for a real refusal: they break, or they do not reach the safer fallback.
 * So, when the default action is SCMP_ACT_ERRNO with EPERM (said or implied), a few instructions in front
 * of libseccomp's filter answer ENOSYS for every number above
 *
 *	- the highest number that the profile names for that architecture, whatever the action, and
 *	- FIRST_SHARED, so that a short profile still gives its own errno for everything that is old.
 *
 * Any other default is left alone: another errno was chosen on purpose, KILL and TRAP promise to end or
 * to signal a program that does something unforeseen, and ALLOW and LOG need no fallback.
 *
 * Nothing becomes possible by this that was refused: ENOSYS replaces the default action only, since
 * there is no rule for a number above the highest one named.
 *
 * Numbers that need care:
 *	x86_64	shares its audit architecture with x32, which sets bit 30: those numbers never take this
 *		way, so that libseccomp's filter kills them (or x32, if listed, has ranges of its own).
 *		-1, which a tracer sets to skip a call, goes there too.
 *	x32	its numbers 512..547 are old; new ones come below 512, as everywhere
 *	arm	private calls from 0xf0000 on are old
 *	mips	each ABI's numbers start at 4000, 5000 or 6000
 */
#include "seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

/* 403 and up have been given out since Linux 5.1 (2019), with the same number on all architectures. */
enum { FIRST_SHARED = 403 };

#define X32_BIT 0x40000000U

struct layout {
	uint32_t token;
	uint32_t base;	/* number of the first system call */
	uint32_t last;	/* new system calls come up to here; what is above it is private and old */
	uint32_t again; /* first number above the private ones that does not exist, 0: leave them all alone */
	uint32_t audit; /* AUDIT_ARCH_*, when it is not the token */
};

static const struct layout layouts[] = {
	{ SCMP_ARCH_X86_64, 0, X32_BIT - 1, 0, 0 },
	{ SCMP_ARCH_X32, X32_BIT, X32_BIT + 511, X32_BIT + 548, SCMP_ARCH_X86_64 },
	{ SCMP_ARCH_ARM, 0, 0xeffff, 0, 0 },
	{ SCMP_ARCH_MIPS, 4000, 4999, 0, 0 },
	{ SCMP_ARCH_MIPSEL, 4000, 4999, 0, 0 },
	{ SCMP_ARCH_MIPS64, 5000, 5999, 0, 0 },
	{ SCMP_ARCH_MIPSEL64, 5000, 5999, 0, 0 },
	{ SCMP_ARCH_MIPS64N32, 6000, 6999, 0, 0 },
	{ SCMP_ARCH_MIPSEL64N32, 6000, 6999, 0, 0 },
};
static const struct layout plain = { 0, 0, UINT32_MAX, 0, 0 }; /* every other architecture */

static const struct layout *layout_of(uint32_t token)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].token == token)
			return &layouts[i];
	return &plain;
}

void enosys_init(struct seccomp_arch *arch, uint32_t token)
{
	arch->token = token;
	arch->highest = layout_of(token)->base + FIRST_SHARED - 1;
}

void enosys_note(struct seccomp_arch *arch, int nr)
{
	const struct layout *l = layout_of(arch->token);
	if (nr < 0) /* a pseudo number of libseccomp: not a system call of this architecture */
		return;
	uint32_t n = (uint32_t)nr;
	if (n >= l->base && n <= l->last && n > arch->highest)
		arch->highest = n;
}

struct emitter {
	struct sock_filter *out;
	uint32_t n;
};

static void insn(struct emitter *m, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	m->out[m->n++] = (struct sock_filter){ .code = code, .jt = jt, .jf = jf, .k = k };
}

static void load(struct emitter *m, size_t offset)
{
	insn(m, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* above < nr <= last: ENOSYS */
static void emit_range(struct emitter *m, uint32_t above, uint32_t last)
{
	if (above >= last)
		return;
	bool open = last == UINT32_MAX;
	insn(m, BPF_JMP | BPF_JGT | BPF_K, above, 0, open ? 1 : 2);
	if (!open)
		insn(m, BPF_JMP | BPF_JGT | BPF_K, last, 1, 0);
	insn(m, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
}

static uint32_t audit_arch(uint32_t token)
{
	const struct layout *l = layout_of(token);
	return l->audit ? l->audit : token;
}

/* All ranges of one audit architecture: x86_64 and x32 stand together. */
static void emit_arch(struct emitter *m, uint32_t audit, const struct seccomp_arch *archs, size_t n)
{
	load(m, offsetof(struct seccomp_data, arch));
	uint32_t test = m->n;
	insn(m, BPF_JMP | BPF_JEQ | BPF_K, audit, 0, 0);
	load(m, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < n; i++) {
		if (audit_arch(archs[i].token) != audit)
			continue;
		const struct layout *l = layout_of(archs[i].token);
		emit_range(m, archs[i].highest, l->last);
		if (l->again)
			emit_range(m, l->again - 1, UINT32_MAX - 1); /* not -1 */
	}
	m->out[test].jf = (uint8_t)(m->n - test - 1); /* at most 1 + 3 * 3 */
}

uint32_t enosys_emit(struct sock_filter *out, const struct seccomp_arch *archs, size_t n)
{
	struct emitter m = { out, 0 };
	for (size_t i = 0; i < n; i++) {
		uint32_t audit = audit_arch(archs[i].token);
		bool done = false;
		for (size_t j = 0; j < i; j++)
			done |= audit_arch(archs[j].token) == audit;
		if (!done)
			emit_arch(&m, audit, archs, n);
	}
	return m.n;
}

uint32_t enosys_branch(struct sock_filter *out, const struct seccomp_arch *archs, size_t n, size_t i, uint32_t len)
{
	struct emitter m = { out, 0 };
	uint32_t audit = audit_arch(archs[i].token);
	bool shared = false;
	for (size_t j = 0; j < n; j++)
		shared |= j != i && audit_arch(archs[j].token) == audit;
	load(&m, offsetof(struct seccomp_data, arch));
	insn(&m, BPF_JMP | BPF_JEQ | BPF_K, audit, shared ? 0 : 1, shared ? 2 : 0);
	if (shared) { /* x86_64 and x32 */
		bool x32 = archs[i].token == SCMP_ARCH_X32;
		load(&m, offsetof(struct seccomp_data, nr));
		insn(&m, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, x32, !x32);
	}
	insn(&m, BPF_JMP | BPF_JA, len, 0, 0);
	return m.n;
}
