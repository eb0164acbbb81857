/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An interpreter for the classic BPF of seccomp(2): the instructions that the kernel takes in a filter
 * (kernel/seccomp.c, seccomp_check_filter()). Jumps only lead forward, so every way through a program ends.
 * What depends on an unknown argument is unknown itself. A state that was there before is not followed
 * again: with the accumulator unknown, each instruction needs to be looked at once.
 */
#include "bpf.h"

#include <linux/seccomp.h>
#include <string.h>

enum { STACK_MAX = BPF_MAXINSNS, STEPS_MAX = 1 << 20, EVERYTHING = BPF_CAN_PASS | BPF_CAN_NOTIFY | BPF_CAN_REFUSE };

struct word {
	uint32_t v;
	bool known;
};
struct state {
	uint32_t pc;
	struct word a, x, mem[BPF_MEMWORDS];
};

struct run {
	const struct sock_filter *prog;
	size_t n;
	struct seccomp_data data;
	unsigned known;
	size_t depth;
	bool seen[BPF_MAXINSNS]; /* in a plain state */
	unsigned outcomes;
	uint32_t last;
	size_t steps;
	bool broken;
	struct state stack[STACK_MAX]; /* last: it need not be cleared */
};

static struct word load(const struct run *r, uint32_t offset)
{
	struct word w = { 0, true };
	if (offset % 4 != 0 || offset > sizeof(r->data) - 4)
		return (struct word){ 0, false };
	memcpy(&w.v, (const char *)&r->data + offset, sizeof(w.v));
	if (offset >= offsetof(struct seccomp_data, args))
		w.known = r->known & 1U << (offset - offsetof(struct seccomp_data, args)) / 8;
	else if (offset >= offsetof(struct seccomp_data, instruction_pointer))
		w.known = false;
	return w;
}

static void outcome(struct run *r, uint32_t value)
{
	uint32_t action = value & SECCOMP_RET_ACTION_FULL;
	r->last = value;
	if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
		r->outcomes |= BPF_CAN_PASS;
	else if (action == SECCOMP_RET_USER_NOTIF)
		r->outcomes |= BPF_CAN_NOTIFY;
	else /* what the kernel does not know kills */
		r->outcomes |= BPF_CAN_REFUSE;
}

/* The accumulator is unknown and nothing else was ever touched: what libseccomp's programs are in whenever they have
 * looked at an argument. */
static bool plain(const struct state *s)
{
	bool touched = s->a.known || !s->x.known || s->x.v;
	for (size_t i = 0; i < BPF_MEMWORDS; i++)
		touched |= !s->mem[i].known || s->mem[i].v;
	return !touched;
}

static void push(struct run *r, const struct state *s, uint32_t pc)
{
	if (pc >= r->n || r->depth == STACK_MAX) {
		r->broken = true;
		return;
	}
	if (plain(s)) {
		if (r->seen[pc])
			return;
		r->seen[pc] = true;
	}
	r->stack[r->depth] = *s;
	r->stack[r->depth++].pc = pc;
}

static bool compute(uint16_t op, struct word *a, struct word b)
{
	a->known &= b.known;
	switch (op) {
	case BPF_ADD: a->v += b.v; return true;
	case BPF_SUB: a->v -= b.v; return true;
	case BPF_MUL: a->v *= b.v; return true;
	case BPF_AND: a->v &= b.v; return true;
	case BPF_OR: a->v |= b.v; return true;
	case BPF_XOR: a->v ^= b.v; return true;
	case BPF_LSH: a->v <<= b.v & 31; return true;
	case BPF_RSH: a->v >>= b.v & 31; return true;
	case BPF_NEG: a->v = -a->v; return true;
	case BPF_DIV:
		if (b.known && !b.v)
			return false;
		a->v = b.v ? a->v / b.v : 0;
		return true;
	default: return false;
	}
}

static void jump(struct run *r, struct state *s, const struct sock_filter *i)
{
	struct word b = BPF_SRC(i->code) == BPF_X ? s->x : (struct word){ i->k, true };
	uint32_t next = s->pc + 1;
	bool taken;

	if (BPF_OP(i->code) == BPF_JA) {
		push(r, s, i->k < r->n ? next + i->k : (uint32_t)r->n);
		return;
	}
	switch (BPF_OP(i->code)) {
	case BPF_JEQ: taken = s->a.v == b.v; break;
	case BPF_JGT: taken = s->a.v > b.v; break;
	case BPF_JGE: taken = s->a.v >= b.v; break;
	case BPF_JSET: taken = s->a.v & b.v; break;
	default: r->broken = true; return;
	}
	bool known = s->a.known && b.known;
	if (!known || taken)
		push(r, s, next + i->jt);
	if (!known || !taken)
		push(r, s, next + i->jf);
}

static struct word *memory(struct run *r, struct state *s, uint32_t k)
{
	if (k < BPF_MEMWORDS)
		return &s->mem[k];
	r->broken = true;
	return &s->mem[0];
}

/* One instruction. What goes on is pushed. */
static void step(struct run *r, struct state *s)
{
	const struct sock_filter *i = &r->prog[s->pc];
	switch (BPF_CLASS(i->code)) {
	case BPF_RET:
		if (BPF_RVAL(i->code) == BPF_A && !s->a.known)
			r->outcomes = EVERYTHING;
		else
			outcome(r, BPF_RVAL(i->code) == BPF_A ? s->a.v : i->k);
		return;
	case BPF_JMP:
		jump(r, s, i);
		return;
	case BPF_LD:
	case BPF_LDX: {
		struct word *to = BPF_CLASS(i->code) == BPF_LD ? &s->a : &s->x;
		if (BPF_MODE(i->code) == BPF_ABS)
			*to = load(r, i->k);
		else if (BPF_MODE(i->code) == BPF_MEM)
			*to = *memory(r, s, i->k);
		else /* BPF_IMM, and BPF_LEN, which the kernel makes an immediate of */
			*to = (struct word){ BPF_MODE(i->code) == BPF_LEN ? sizeof(r->data) : i->k, true };
		break;
	}
	case BPF_ST: *memory(r, s, i->k) = s->a; break;
	case BPF_STX: *memory(r, s, i->k) = s->x; break;
	case BPF_ALU:
		if (!compute(BPF_OP(i->code), &s->a, BPF_SRC(i->code) == BPF_X ? s->x : (struct word){ i->k, true }))
			r->broken = true;
		break;
	case BPF_MISC:
		if (BPF_MISCOP(i->code) == BPF_TAX)
			s->x = s->a;
		else
			s->a = s->x;
		break;
	}
	push(r, s, s->pc + 1);
}

unsigned bpf_outcomes(const struct sock_filter *prog, size_t n, const struct bpf_call *call, uint32_t *ret_last)
{
	static struct run r; /* large, and never entered twice */
	memset(&r, 0, offsetof(struct run, stack));
	r.prog = prog;
	r.n = n;
	r.data = (struct seccomp_data){ .nr = (int)call->nr, .arch = call->arch };
	memcpy(r.data.args, call->args, sizeof(call->args));
	r.known = call->known;
	if (n == 0 || n > BPF_MAXINSNS)
		return EVERYTHING;
	/* the registers begin as zeros */
	struct state s = { .a.known = true, .x.known = true };
	for (size_t i = 0; i < BPF_MEMWORDS; i++)
		s.mem[i].known = true;
	push(&r, &s, 0);
	while (r.depth > 0 && !r.broken && r.outcomes != EVERYTHING) {
		s = r.stack[--r.depth];
		step(&r, &s);
		if (++r.steps > STEPS_MAX)
			r.broken = true;
	}
	if (ret_last)
		*ret_last = r.last;
	return r.broken ? EVERYTHING : r.outcomes;
}
