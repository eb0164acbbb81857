/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs device programs (runtime/cgroup/devprog.c) and says what they ought to answer; for unit tests and fuzzing. */
#ifndef BERTH_TESTS_UNIT_DEVICE_PROGRAM_H
#define BERTH_TESTS_UNIT_DEVICE_PROGRAM_H

#include <stdlib.h>

#include "../../runtime/cgroup/internal.h"

/* Exactly the instructions that the generator uses; anything else, a jump out of the program or a read
 * of an unset register is -1. */
static inline int device_program_run(const struct cg_dev_prog *p, const uint32_t ctx[3])
{
	uint64_t r[16] = { 0 };
	unsigned set = 1U << BPF_REG_1;
	for (size_t pc = 0; pc < p->n; pc++) {
		const struct bpf_insn *i = &p->v[pc];
		bool src = i->code == (BPF_ALU | BPF_MOV | BPF_X), always = i->code == (BPF_JMP | BPF_JA);
		bool mov = src || i->code == (BPF_ALU64 | BPF_MOV | BPF_K);
		bool load = i->code == (BPF_LDX | BPF_MEM | BPF_W), leave = i->code == (BPF_JMP | BPF_EXIT);
		if ((!mov && !load && !always && !(set & 1U << (leave ? 0 : i->dst_reg))) ||
		    ((src || load) && !(set & 1U << i->src_reg)))
			return -1;
		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			if (i->src_reg != BPF_REG_1 || i->off < 0 || i->off > 8 || i->off % 4)
				return -1;
			r[i->dst_reg] = ctx[i->off / 4];
			break;
		case BPF_ALU | BPF_MOV | BPF_X:
			r[i->dst_reg] = (uint32_t)r[i->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			r[i->dst_reg] = (uint64_t)(int64_t)i->imm;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			r[i->dst_reg] = (uint32_t)r[i->dst_reg] >> i->imm;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			r[i->dst_reg] = (uint32_t)r[i->dst_reg] & (uint32_t)i->imm;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			pc += (uint32_t)r[i->dst_reg] != (uint32_t)i->imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			pc += (uint32_t)r[i->dst_reg] == (uint32_t)i->imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JA:
			pc += (size_t)i->off;
			continue;
		case BPF_JMP | BPF_EXIT:
			return r[0] <= 1 ? (int)r[0] : -1;
		default:
			return -1;
		}
		set |= 1U << i->dst_reg;
	}
	return -1;
}

/* The kernel refuses a program with code that cannot be reached. */
static inline bool device_program_reachable(const struct cg_dev_prog *p)
{
	bool *seen = calloc(p->n + 1, 1);
	seen[0] = true; /* all jumps go forward, so one pass is enough */
	bool ok = true;
	for (size_t pc = 0; pc < p->n; pc++) {
		unsigned code = p->v[pc].code;
		bool always = code == (BPF_JMP | BPF_JA), jump = always || BPF_CLASS(code) == BPF_JMP32;
		ok = ok && seen[pc];
		if (jump)
			seen[pc + 1 + (size_t)p->v[pc].off] = true;
		if (!always && code != (BPF_JMP | BPF_EXIT))
			seen[pc + 1] = true;
	}
	ok = ok && !seen[p->n];
	free(seen);
	return ok;
}

static inline int device_program_ask(const struct cg_dev_prog *p, unsigned type, uint32_t major, uint32_t minor, unsigned access)
{
	return device_program_run(p, (uint32_t[]){ access << 16 | type, major, minor });
}

/* The meaning in its plainest form: each letter by the last rule that has it. */
static inline int device_rules_expect(const struct cg_dev_rules *r, unsigned type, int64_t major, int64_t minor, unsigned access)
{
	for (unsigned bit = 1; bit <= 4; bit <<= 1) {
		bool ok = false;
		for (size_t i = 0; i < r->n; i++) {
			const struct cg_dev_rule *d = &r->v[i];
			if ((!d->type || d->type == type) && (d->major < 0 || d->major == major) &&
			    (d->minor < 0 || d->minor == minor) && d->access & bit)
				ok = d->allow;
		}
		if (access & bit && !ok)
			return 0;
	}
	return 1;
}

#endif
