/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device rules -> a BPF program that the kernel runs for each open and mknod of a device. Pure.
 *
 * The program looks at the rules from the last to the first. It keeps the letters that are not decided
 * yet in a register: an allow rule strikes its letters out and the request passes when none is left; a
 * deny rule that has one of them ends it.
 *
 * Nearly all of what a filter costs is the kernel's verifier at load time, which pays for every branch,
 * and it is paid for each container. So first everything without effect is dropped (engines repeat the
 * defaults, and "deny all"), and then neighbours with the same verdict become one decision tree:
 * kind, then major, then minor number, each compared once.
 */
#include "internal.h"

#include <stddef.h>
#include <stdlib.h>

enum { ALL = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD };

/* ---- dropping what has no effect ---- */

/* The rules in the order of evaluation, and the verdict when none of them decides. */
struct decision {
	struct cg_dev_rule *v;
	size_t n;
	bool base;
};

static bool any_device(const struct cg_dev_rule *r)
{
	return !r->type && r->major < 0 && r->minor < 0;
}

/* Does `a` match every device that `b` matches? */
static bool covers(const struct cg_dev_rule *a, const struct cg_dev_rule *b)
{
	return (!a->type || a->type == b->type) && (a->major < 0 || a->major == b->major) &&
	       (a->minor < 0 || a->minor == b->minor);
}

static bool overlap(const struct cg_dev_rule *a, const struct cg_dev_rule *b)
{
	return (!a->type || !b->type || a->type == b->type) &&
	       (a->major < 0 || b->major < 0 || a->major == b->major) &&
	       (a->minor < 0 || b->minor < 0 || a->minor == b->minor);
}

/* Letters of rule r that rules evaluated before it leave to it. */
static unsigned undecided(const struct decision *d, const struct cg_dev_rule *r)
{
	unsigned left = r->access;
	for (size_t i = 0; i < d->n && left; i++)
		if (covers(&d->v[i], r))
			left &= ~d->v[i].access;
	return left;
}

/* Without it the verdict would be the same: what comes after says nothing else about its devices. */
static bool same_as_rest(const struct cg_dev_rules *rules, size_t from, size_t i, bool base)
{
	const struct cg_dev_rule *r = &rules->v[i];
	if (r->allow != base)
		return false;
	for (size_t k = from; k < i; k++)
		if (rules->v[k].allow != base && overlap(&rules->v[k], r))
			return false;
	return true;
}

static struct decision simplify(struct arena *a, const struct cg_dev_rules *rules)
{
	struct decision d = { .v = arena_array(a, rules->n, sizeof(*d.v)) };
	size_t from = rules->n;
	while (from > 0 && !(any_device(&rules->v[from - 1]) && rules->v[from - 1].access == ALL))
		from--;
	d.base = from > 0 && rules->v[from - 1].allow;
	unsigned decided = 0; /* for every device */
	for (size_t i = rules->n; i-- > from;) {
		struct cg_dev_rule r = rules->v[i];
		if (!undecided(&d, &r) || same_as_rest(rules, from, i, d.base))
			continue;
		/* letters that are decided already may be added: "rw" after "m of anything" is all */
		r.access |= decided;
		if (any_device(&r))
			decided |= r.access;
		if (decided == ALL) { /* this one is the last that counts */
			d.base = r.allow;
			break;
		}
		d.v[d.n++] = r;
	}
	return d;
}

/* ---- code with labels ---- */

/* Registers. The kernel gives the context in r1; r0 is the answer: 1 allow, 0 deny. */
enum { R_ANSWER = BPF_REG_0, R_CTX = BPF_REG_1, R_TYPE, R_WANT, R_MAJOR, R_MINOR, R_SCRATCH };

/* A jump holds the number of its label in `off` until finish() knows where that is. All jumps go
 * forward. */
struct gen {
	struct arena *a;
	struct cg_dev_prog *p;
	size_t *label;
	size_t labels, cap;
};
enum { LABEL_ALLOW, LABEL_DENY };

static void emit(struct gen *g, unsigned code, unsigned dst, unsigned src, int off, uint32_t imm)
{
	struct cg_dev_prog *p = g->p;
	p->v = arena_grow(g->a, p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n++] = (struct bpf_insn){ .code = (uint8_t)code,
					  .dst_reg = dst & 15,
					  .src_reg = src & 15,
					  .off = (int16_t)off,
					  .imm = (int32_t)imm };
}

static int new_label(struct gen *g)
{
	g->label = arena_grow(g->a, g->label, g->labels, &g->cap, sizeof(*g->label));
	return (int)g->labels++;
}

static void bind(struct gen *g, int label)
{
	g->label[label] = g->p->n;
}

/* Comparisons are 32 bits wide: a 64-bit one would extend the sign of a large number. */
enum { JEQ = BPF_JMP32 | BPF_JEQ | BPF_K, JNE = BPF_JMP32 | BPF_JNE | BPF_K, JA = BPF_JMP | BPF_JA };

static void emit_load(struct gen *g, unsigned dst, size_t offset)
{
	emit(g, BPF_LDX | BPF_MEM | BPF_W, dst, R_CTX, (int)offset, 0);
}

/* No number is kept in a register from one tree to the next: the verifier would carry what each rule
 * learned about it into all that follow, and its work would grow as the square of the rules. */
static void emit_load_major(struct gen *g)
{
	emit_load(g, R_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
}

static void emit_load_minor(struct gen *g)
{
	emit_load(g, R_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

static void finish(struct gen *g)
{
	for (size_t i = 0; i < g->p->n; i++) {
		struct bpf_insn *in = &g->p->v[i];
		if (in->code == JEQ || in->code == JNE || in->code == JA)
			in->off = (int16_t)(g->label[in->off] - i - 1);
	}
}

/* ---- the tree of one run of rules: v[0..n), sorted; jumps to `hit` for a match ---- */

static int by_number(const void *a, const void *b)
{
	const struct cg_dev_rule *x = a, *y = b;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	return (x->minor > y->minor) - (x->minor < y->minor);
}

/* Rules of one kind and one major number (perhaps "any": -1, which sorts first). */
static void emit_minors(struct gen *g, const struct cg_dev_rule *v, size_t n, int hit, int done)
{
	bool any_major = v[0].major < 0;
	if (v[0].minor < 0) { /* "any" sorts first, and the others are in it */
		if (any_major)
			emit(g, JA, 0, 0, hit, 0);
		else
			emit(g, JEQ, R_MAJOR, 0, hit, (uint32_t)v[0].major);
		return;
	}
	int next = any_major ? -1 : new_label(g);
	if (!any_major)
		emit(g, JNE, R_MAJOR, 0, next, (uint32_t)v[0].major);
	emit_load_minor(g);
	for (size_t i = 0; i < n; i++)
		emit(g, JEQ, R_MINOR, 0, hit, (uint32_t)v[i].minor);
	if (!any_major) {
		emit(g, JA, 0, 0, done, 0); /* no other major number can match */
		bind(g, next);
	}
}

static void emit_majors(struct gen *g, const struct cg_dev_rule *v, size_t n, int hit, int done)
{
	bool loaded = false;
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i; k < n && v[k].major == v[i].major; k++)
			;
		if (v[i].major >= 0 && !loaded) {
			emit_load_major(g);
			loaded = true;
		}
		emit_minors(g, v + i, k - i, hit, done);
		if (v[i].major < 0 && v[i].minor < 0)
			return; /* that was a jump: nothing behind it can be reached */
	}
}

static void emit_tree(struct gen *g, const struct cg_dev_rule *v, size_t n, int hit)
{
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i; k < n && v[k].type == v[i].type; k++)
			;
		int done = new_label(g);
		if (v[i].type)
			emit(g, JNE, R_TYPE, 0, done, v[i].type);
		emit_majors(g, v + i, k - i, hit, done);
		bind(g, done);
	}
}

/* Rules of one verdict and one set of letters. */
static void emit_run(struct gen *g, struct cg_dev_rule *v, size_t n)
{
	bool allow = v[0].allow;
	unsigned access = v[0].access;
	qsort(v, n, sizeof(*v), by_number);
	if (access == ALL) {
		emit_tree(g, v, n, allow ? LABEL_ALLOW : LABEL_DENY);
		return;
	}
	/* a rule for any device sorts first, and the others are in it */
	bool always = any_device(&v[0]);
	int hit = new_label(g), next = new_label(g);
	if (!always) {
		emit_tree(g, v, n, hit);
		emit(g, JA, 0, 0, next, 0);
	}
	bind(g, hit);
	if (allow) {
		emit(g, BPF_ALU | BPF_AND | BPF_K, R_WANT, 0, 0, ALL & ~access);
		emit(g, JEQ, R_WANT, 0, LABEL_ALLOW, 0);
	} else {
		emit(g, BPF_ALU | BPF_MOV | BPF_X, R_SCRATCH, R_WANT, 0, 0);
		emit(g, BPF_ALU | BPF_AND | BPF_K, R_SCRATCH, 0, 0, access);
		emit(g, JNE, R_SCRATCH, 0, LABEL_DENY, 0);
	}
	bind(g, next);
}

int cg_device_program(struct arena *a, const struct cg_dev_rules *rules, struct cg_dev_prog *ret, struct err *e)
{
	struct gen g = { .a = a, .p = ret };
	struct decision d = simplify(a, rules);
	new_label(&g); /* LABEL_ALLOW */
	new_label(&g); /* LABEL_DENY */
	emit(&g, BPF_ALU64 | BPF_MOV | BPF_K, R_ANSWER, 0, 0, 1);
	/* access_type: what is wanted in the upper half, the kind of device in the lower one */
	emit_load(&g, R_TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(&g, BPF_ALU | BPF_MOV | BPF_X, R_WANT, R_TYPE, 0, 0);
	emit(&g, BPF_ALU | BPF_RSH | BPF_K, R_WANT, 0, 0, 16);
	emit(&g, BPF_ALU | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	bool denies = !d.base;
	for (size_t i = 0, k; i < d.n; i = k) {
		for (k = i; k < d.n && d.v[k].allow == d.v[i].allow && d.v[k].access == d.v[i].access; k++)
			;
		denies = denies || !d.v[i].allow;
		emit_run(&g, d.v + i, k - i);
	}
	if (d.base && denies)
		emit(&g, JA, 0, 0, LABEL_ALLOW, 0);
	bind(&g, LABEL_DENY);
	if (denies) /* the kernel refuses code that cannot be reached */
		emit(&g, BPF_ALU64 | BPF_MOV | BPF_K, R_ANSWER, 0, 0, 0);
	bind(&g, LABEL_ALLOW);
	emit(&g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	/* what a jump can hold, of a label and of a distance */
	if (g.labels > INT16_MAX || ret->n > INT16_MAX)
		return err_config(e, "linux.resources.devices", "the rules make a program of %zu instructions, more than %d", ret->n,
				  INT16_MAX);
	finish(&g);
	return 0;
}
