/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * runtime/audit/bpf.c against the kernel: a filter is loaded and every system call is made under it. What the filter
 * would allow answers with an errno of its own instead, so that none of the calls is carried out.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#include "../../runtime/audit/bpf.h"
#include "../../runtime/lib/fd.h"
#include "../../spec/spec.h"
#include "seccomp_profile.h"

enum { CALLS = 480, PASSED = 1000, LOGGED = 1001, INSNS = 24 };

struct shared {
	int done;
	int answer[CALLS]; /* errno */
};

static uint32_t native(void)
{
	return seccomp_lib_get(&e)->arch_native();
}

/* uretprobe(2) and uprobe(2) of x86_64 [6.11]: the kernel's own trampolines make them and pass the filter by, and
 * whoever else makes them gets SIGILL. */
static bool unfiltered(long nr)
{
	return nr == 335 || nr == 336;
}

/* Under the filter not even exit(2) works: the child says that it is done and is killed. */
static void kernel_answers(const struct sock_filter *prog, uint32_t n, const uint64_t *a, struct shared *s)
{
	s->done = 0;
	pid_t pid = fork();
	if (pid == 0) {
		struct seccomp_filter f = { .prog = prog, .count = n };
		if (load(&f, 0) < 0)
			_exit(1);
		for (long nr = 0; nr < CALLS; nr++) {
			if (unfiltered(nr))
				continue;
			errno = 0;
			long r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
			s->answer[nr] = r == -1 ? errno : 0;
		}
		__atomic_store_n(&s->done, 1, __ATOMIC_RELEASE);
		for (;;)
			;
	}
	int status;
	while (!__atomic_load_n(&s->done, __ATOMIC_ACQUIRE) && waitpid(pid, &status, WNOHANG) == 0)
		sched_yield();
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static struct sock_filter *harmless(const struct sock_filter *prog, uint32_t n)
{
	struct sock_filter *copy = arena_array(&arena, n, sizeof(*copy));
	memcpy(copy, prog, n * sizeof(*copy));
	for (uint32_t i = 0; i < n; i++) {
		if (copy[i].code != (BPF_RET | BPF_K))
			continue;
		if (copy[i].k == SECCOMP_RET_ALLOW)
			copy[i].k = SECCOMP_RET_ERRNO | PASSED;
		else if (copy[i].k == SECCOMP_RET_LOG)
			copy[i].k = SECCOMP_RET_ERRNO | LOGGED;
	}
	return copy;
}

static struct shared *shared(void)
{
	static struct shared *s;
	if (!s)
		s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return s;
}

static int disagreements(const struct sock_filter *prog, uint32_t n, const uint64_t *args)
{
	struct shared *s = shared();
	int bad = 0;
	kernel_answers(harmless(prog, n), n, args, s);
	T_INT(s->done, 1);
	for (uint32_t nr = 0; nr < CALLS; nr++) {
		struct bpf_call call = { .nr = nr, .arch = native(), .known = 0x3f };
		uint32_t last;
		if (unfiltered(nr))
			continue;
		memcpy(call.args, args, sizeof(call.args));
		unsigned can = bpf_outcomes(prog, n, &call, &last);
		bool passed = s->answer[nr] == PASSED || s->answer[nr] == LOGGED;
		if (can == (passed ? BPF_CAN_PASS : BPF_CAN_REFUSE) &&
		    (passed || (int)(last & SECCOMP_RET_DATA) == s->answer[nr]))
			continue;
		printf("nr %u: kernel %d, we %#x (%#x)\n", nr, s->answer[nr], can, last);
		bad++;
	}
	return bad;
}

static const struct spec_seccomp *engine_profile(const char *path)
{
	size_t len = 0;
	const char *json = fd_read_file(&arena, AT_FDCWD, path, SPEC_MAX_BYTES, &len, &e);
	const struct spec_config *c = json ? spec_config_decode(&arena, json, len, &e) : NULL;
	return c ? c->linux_->seccomp : NULL;
}

static const char *const engines[] = { "tests/data/engines/podman/8482922-config.json",
				       "tests/data/engines/docker/9058041-config.json",
				       "tests/data/engines/cri-crio/10311549-config.json" };

T_TEST(the_kernel_answers_as_we_say)
{
	static const uint64_t args[][6] = { { 0 },
					    { 0x10000000 },
					    { 40 },
					    { 38 },
					    { 16, 0, 9 },
					    { 0xffffffff },
					    { 0x40000, 1, 2, 3, 4, 5 },
					    { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };
	for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++) {
		struct seccomp_filter f = { 0 };
		const struct spec_seccomp *s = engine_profile(engines[i]);
		T_OK(s && seccomp_compile(&arena, s, -1, &f, &e) == 0);
		for (size_t k = 0; f.prog && k < sizeof(args) / sizeof(*args); k++)
			T_INT(disagreements(f.prog, f.count, args[k]), 0);
	}
}

/* Any program that the kernel takes, not only libseccomp's: made at random from what it allows in a filter. */
static struct sock_filter random_insn(unsigned left)
{
	static const uint16_t alu[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH };
	static const uint16_t jumps[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint32_t k = (uint32_t)rand();
	switch (rand() % 9) {
	case 0: return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4 * (k % 16));
	case 1: return (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, k % 64);
	case 2: return (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, k % 64);
	case 3: return (struct sock_filter)BPF_STMT(BPF_MISC | (k & 1 ? BPF_TAX : BPF_TXA), 0);
	case 4: return (struct sock_filter)BPF_STMT(k & 1 ? BPF_ST : BPF_STX, 3);
	case 5: return (struct sock_filter)BPF_STMT((k & 1 ? BPF_LD : BPF_LDX) | BPF_W | BPF_MEM, 3);
	case 6: return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0);
	case 7: return (struct sock_filter)BPF_STMT(BPF_ALU | alu[k % 8] | (k & 64 ? BPF_X : BPF_K), 1 + k % 31);
	default:
		if (left < 3)
			return (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, 1);
		return (struct sock_filter)BPF_JUMP(BPF_JMP | jumps[k % 4] | (k & 64 ? BPF_X : BPF_K), k % 64,
						    (uint8_t)((unsigned)rand() % (left - 1)),
						    (uint8_t)((unsigned)rand() % (left - 1)));
	}
}

static void random_program(struct sock_filter *p)
{
	p[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, 7);
	p[1] = (struct sock_filter)BPF_STMT(BPF_ST, 3); /* memory has to be written before it is read */
	for (unsigned i = 2; i < INSNS - 2; i++) {
		p[i] = random_insn(INSNS - i);
		if (rand() % 8 == 0)
			p[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | i);
	}
	p[INSNS - 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	p[INSNS - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 99);
}

T_TEST(random_programs_as_the_kernel)
{
	struct sock_filter p[INSNS];
	int bad = 0;
	srand(1);
	for (int i = 0; i < 60; i++) {
		uint64_t args[6];
		random_program(p);
		for (int k = 0; k < 6; k++)
			args[k] = (uint64_t)rand() % 3 ? (uint64_t)rand() % 64 : ((uint64_t)rand() << 32) ^ (uint64_t)rand();
		/* the instruction pointer is the one thing that we do not know */
		for (int k = 0; k < INSNS; k++)
			if (p[k].code == (BPF_LD | BPF_W | BPF_ABS) && (p[k].k == 8 || p[k].k == 12))
				p[k].k = 16;
		bad += disagreements(p, INSNS, args);
	}
	T_INT(bad, 0);
}

/* With unknown arguments: whatever comes out with some is among what we say. */
T_TEST(unknown_arguments)
{
	struct seccomp_filter f = { 0 };
	const struct seccomp_lib *lib = seccomp_lib_get(&e);
	const struct spec_seccomp *s = engine_profile(engines[1]);
	T_OK(s && seccomp_compile(&arena, s, -1, &f, &e) == 0);
	for (uint32_t nr = 0; nr < CALLS; nr++) {
		struct bpf_call call = { .nr = nr, .arch = native() };
		unsigned any = bpf_outcomes(f.prog, f.count, &call, NULL), seen = 0;
		call.known = 0x3f;
		for (uint64_t v = 0; v < 64; v++) {
			call.args[0] = v < 48 ? v : UINT64_C(1) << (v - 32);
			seen |= bpf_outcomes(f.prog, f.count, &call, NULL);
		}
		T_OK((seen & ~any) == 0);
	}
	struct {
		const char *name;
		unsigned can;
	} exact[] = { { "read", BPF_CAN_PASS },
		      { "init_module", BPF_CAN_REFUSE },
		      { "clone3", BPF_CAN_REFUSE },
		      { "personality", BPF_CAN_PASS | BPF_CAN_REFUSE },
		      { "socket", BPF_CAN_PASS | BPF_CAN_REFUSE },
		      { "clone", BPF_CAN_PASS | BPF_CAN_REFUSE } };
	for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++) {
		struct bpf_call call = { .nr = (uint32_t)lib->resolve_name(exact[i].name), .arch = native() };
		T_INT(bpf_outcomes(f.prog, f.count, &call, NULL), exact[i].can);
	}
	struct bpf_call flags = { .nr = (uint32_t)SYS_clone, .arch = native(), .args = { 0x10000000 }, .known = 1 };
	T_INT(bpf_outcomes(f.prog, f.count, &flags, NULL), BPF_CAN_REFUSE);
	/* an architecture that the filter does not know */
	struct bpf_call foreign = { .nr = 0, .arch = 0x12345 };
	T_INT(bpf_outcomes(f.prog, f.count, &foreign, NULL), BPF_CAN_REFUSE);
}

T_TEST(actions)
{
	static const struct {
		uint32_t ret;
		unsigned can;
	} rows[] = { { SECCOMP_RET_ALLOW, BPF_CAN_PASS },
		     { SECCOMP_RET_LOG, BPF_CAN_PASS },
		     { SECCOMP_RET_USER_NOTIF, BPF_CAN_NOTIFY },
		     { SECCOMP_RET_ERRNO | 1, BPF_CAN_REFUSE },
		     { SECCOMP_RET_TRACE, BPF_CAN_REFUSE },
		     { SECCOMP_RET_TRAP, BPF_CAN_REFUSE },
		     { SECCOMP_RET_KILL_PROCESS, BPF_CAN_REFUSE },
		     { SECCOMP_RET_KILL_THREAD, BPF_CAN_REFUSE } };
	struct bpf_call call = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sock_filter p = BPF_STMT(BPF_RET | BPF_K, rows[i].ret);
		T_INT(bpf_outcomes(&p, 1, &call, NULL), rows[i].can);
	}
}

/* No answer is better than a wrong one: what is no program gives everything. */
T_TEST(broken_programs)
{
	enum { EVERYTHING = BPF_CAN_PASS | BPF_CAN_NOTIFY | BPF_CAN_REFUSE };
	struct sock_filter out[] = { BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS) };
	struct sock_filter far[] = { BPF_JUMP(BPF_JMP | BPF_JA, UINT32_MAX, 0, 0),
				     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS) };
	struct sock_filter no_end = BPF_STMT(BPF_LD | BPF_IMM, 1), div = BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
			   mem = BPF_STMT(BPF_ST, 99);
	struct bpf_call call = { 0 };
	T_INT(bpf_outcomes(out, 2, &call, NULL), EVERYTHING);
	T_INT(bpf_outcomes(far, 2, &call, NULL), EVERYTHING);
	T_INT(bpf_outcomes(&no_end, 1, &call, NULL), EVERYTHING);
	T_INT(bpf_outcomes(&div, 1, &call, NULL), EVERYTHING);
	T_INT(bpf_outcomes(&mem, 1, &call, NULL), EVERYTHING);
	T_INT(bpf_outcomes(&mem, 0, &call, NULL), EVERYTHING);
	/* a chain of comparisons with one unknown argument, as long as a filter may be */
	struct sock_filter *chain = arena_array(&arena, BPF_MAXINSNS, sizeof(*chain));
	for (size_t i = 0; i < BPF_MAXINSNS; i++)
		chain[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1);
	for (size_t i = 0; i + 3 < BPF_MAXINSNS; i += 2) {
		chain[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16);
		chain[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)i, 1, 0);
	}
	T_INT(bpf_outcomes(chain, BPF_MAXINSNS, &call, NULL), BPF_CAN_REFUSE);
}

T_MAIN()
