/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* berth-init and the bytes it receives: the built file itself, malformed plans, a caller that goes away. */
#include "init_driver.h"

#include <elf.h>

static char jail[] = "/tmp/berth-init-plan-XXXXXX";

/* Namespaces and an empty root: what a broken plan does can do no harm. */
static struct outcome *try_plan(void) { return run_plan(ALL_NS, jail); }

static void clean_up(void) { rmdir(jail); }

static bool ready(void)
{
	static int made;
	if (geteuid() != 0) {
		printf("skipped: needs root\n");
		return false;
	}
	if (!made && (!mkdtemp(jail) || atexit(clean_up)))
		abort();
	made = 1;
	return true;
}

static void small_plan(void)
{
	b_start();
	b_step(STEP_UMASK)->num = 022;
	uint32_t argv = B_LIST("a", "b"), env = B_LIST("X=1");
	struct plan_step *s = b_step_str(STEP_HOOK, "/none", NULL);
	s->str[1] = argv;
	s->str[2] = env;
}

T_TEST(file_is_small_and_static)
{
	static char buf[80 * 1024];
	int fd = open(init_binary(), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, sizeof(buf));
	close(fd);
	T_OK(n > 0 && n <= 64 * 1024);
	Elf64_Ehdr *e = (Elf64_Ehdr *)buf;
	Elf64_Phdr *p = (Elf64_Phdr *)(buf + e->e_phoff);
	if (n <= 0)
		return;
	for (int i = 0; i < e->e_phnum; i++) {
		T_OK(p[i].p_type != PT_DYNAMIC && p[i].p_type != PT_INTERP);
		T_OK(p[i].p_type != PT_GNU_STACK || !(p[i].p_flags & PF_X));
		T_OK((p[i].p_flags & (PF_W | PF_X)) != (PF_W | PF_X));
	}
}

/* A plan that is well formed but has nothing to run: it fails by doing its last step. */
T_TEST(good_plan_is_accepted)
{
	if (!ready())
		return;
	small_plan();
	struct outcome *o = try_plan();
	T_INT(failure(o).step, 1);
	T_INT(failure(o).detail, DETAIL_EXEC);
	T_INT(failure(o).err, ENOENT);
	T_INT(WEXITSTATUS(o->status), 1);
}

static void expect_malformed(const char *what, struct outcome *o, int step)
{
	struct plan_report f = failure(o);
	if (f.detail != DETAIL_PLAN || f.step != step || !WIFEXITED(o->status) || WEXITSTATUS(o->status) != 1)
		T_FAIL("%s: detail %u, step %d, status %x", what, f.detail, f.step, (unsigned)o->status);
	t_checks++;
}

static void spoil_head(const char *what, size_t offset, uint32_t value)
{
	static struct outcome o;
	struct run r = { .o = &o };
	memset(&o, 0, sizeof(o));
	small_plan();
	struct plan_head h = b_head();
	memcpy((char *)&h + offset, &value, sizeof(value));
	run_start(&r, ALL_NS, jail);
	send_plan(&r, &h);
	run_finish(&r);
	expect_malformed(what, &o, -1);
}

T_TEST(heads)
{
	if (!ready())
		return;
	spoil_head("magic", offsetof(struct plan_head, magic), 1);
	spoil_head("version", offsetof(struct plan_head, version), 99);
	spoil_head("size", offsetof(struct plan_head, size), 70 * 1024 * 1024);
	spoil_head("size 0", offsetof(struct plan_head, size), 0);
	spoil_head("nsteps", offsetof(struct plan_head, nsteps), 3);
	spoil_head("many steps", offsetof(struct plan_head, nsteps), UINT32_MAX);
	spoil_head("data_off", offsetof(struct plan_head, data_off), 8);
	spoil_head("data_len", offsetof(struct plan_head, data_len), UINT32_MAX);
	spoil_head("data_len 0", offsetof(struct plan_head, data_len), 0);
	spoil_head("nfds", offsetof(struct plan_head, nfds), UINT32_MAX);
}

struct spoil {
	const char *what;
	void (*fn)(struct plan_step *s, uint64_t *argv);
	int step;
};

static void kind_none(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->kind = STEP_NONE;
}
static void kind_large(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->kind = STEP_KINDS;
}
static void kind_huge(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->kind = 65535;
}
static void fd_none(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->fd = 0;
}
static void fd_negative(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->fd = -2;
}
static void list_outside(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->str[1] = MAX_DATA;
}
static void list_unaligned(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->str[1]++;
}
static void list_at_end(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->str[1] = (plan.len & ~7U);
}
static void list_long(struct plan_step *s, uint64_t *l)
{
	(void)s;
	l[0] = UINT64_MAX;
}
static void list_longer(struct plan_step *s, uint64_t *l)
{
	(void)s;
	l[0] = 3;
}
static void slot_outside(struct plan_step *s, uint64_t *l)
{
	(void)s;
	l[1] = MAX_DATA;
}
static void no_terminator(struct plan_step *s, uint64_t *l)
{
	(void)s;
	l[3] = 8;
}
static void same_list(struct plan_step *s, uint64_t *l)
{
	(void)l;
	s->str[2] = s->str[1];
}

T_TEST(steps_and_lists)
{
	static const struct spoil cases[] = {
		{ "kind 0", kind_none, 1 },
		{ "kind above the last", kind_large, 1 },
		{ "kind", kind_huge, 1 },
		{ "fd that was not sent", fd_none, 1 },
		{ "fd -2", fd_negative, 1 },
		{ "list outside", list_outside, 1 },
		{ "list unaligned", list_unaligned, 1 },
		{ "list at the end", list_at_end, 1 },
		{ "list length", list_long, 1 },
		{ "list one longer", list_longer, 1 },
		{ "slot outside", slot_outside, 1 },
		{ "no terminator", no_terminator, 1 },
		{ "one list twice", same_list, 1 },
	};
	if (!ready())
		return;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		small_plan();
		cases[i].fn(&plan.steps[1], (uint64_t *)(plan.data + plan.steps[1].str[1]));
		expect_malformed(cases[i].what, try_plan(), cases[i].step);
	}
}

/* One list whose slots are the length and the end of another: alone each is well formed, and relocating the
 * one gives the other a pointer as its length. */
T_TEST(lists_over_each_other)
{
	if (!ready())
		return;
	b_start();
	uint64_t slots[] = { 2, 0, 0, 0, 0, 0 };
	uint32_t at = b_blob(slots, sizeof(slots));
	struct plan_step *s = b_step_str(STEP_HOOK, "/none", NULL);
	s->str[1] = at + 8;
	s->str[2] = at;
	expect_malformed("overlap", try_plan(), 0);
}

T_TEST(blobs_and_strings)
{
	if (!ready())
		return;
	b_start();
	b_step(STEP_HOSTNAME)->str[0] = MAX_DATA;
	expect_malformed("string outside", try_plan(), 0);
	b_start();
	b_step(STEP_HOOK)->val[1] = MAX_DATA;
	expect_malformed("hook's state outside", try_plan(), 0);
	b_start();
	struct plan_step *s = b_step(STEP_SECCOMP);
	s->num = 4096;
	s->str[0] = 8;
	expect_malformed("filter longer than the data", try_plan(), 0);
	b_start();
	s = b_step(STEP_USER);
	s->num = UINT32_MAX;
	s->str[0] = 8;
	expect_malformed("groups", try_plan(), 0);
	b_start();
	plan.data[0] = 'x';
	b_step(STEP_UMASK);
	expect_malformed("first byte", try_plan(), -1);
}

/* Each length but the right one: berth-init waits for more, gets the end of file, and ends. */
T_TEST(cut_off)
{
	if (!ready())
		return;
	small_plan();
	struct plan_head h = b_head();
	char *all = malloc(h.size);
	memcpy(all, &h, sizeof(h));
	memcpy(all + sizeof(h), plan.steps, h.data_off - sizeof(h));
	memcpy(all + h.data_off, plan.data, h.data_len);
	for (uint32_t n = 0; n < h.size; n += n < sizeof(h) ? 5 : 23) {
		static struct outcome o;
		struct run r = { .o = &o };
		memset(&o, 0, sizeof(o));
		run_start(&r, ALL_NS, jail);
		if (n)
			send_with_fds(r.sync, all, n, NULL, 0);
		shutdown(r.sync, SHUT_WR);
		run_finish(&r);
		T_INT(o.nreports, 0);
		T_OK(WIFEXITED(o.status) && WEXITSTATUS(o.status) == 1);
	}
	free(all);
}

/* Whatever bit is wrong: an end of its own, never a crash. */
T_TEST(flipped_bits)
{
	if (!ready())
		return;
	b_start();
	b_step_str(STEP_HOSTNAME, "name", NULL);
	b_step_str(STEP_MASK, "/none", NULL);
	b_step(STEP_UMASK)->num = 022;
	uint32_t argv = B_LIST("a", "b"), env = B_LIST("X=1");
	struct plan_step *s = b_step(STEP_EXEC);
	s->str[1] = argv;
	s->str[2] = env;
	b_head();
	size_t steps = plan.nsteps * sizeof(*s) * 8, bits = steps + plan.len * 8UL;
	for (size_t bit = 0; bit < bits; bit += 7) {
		char *p = bit < steps ? (char *)plan.steps + bit / 8 : plan.data + (bit - steps) / 8;
		*p ^= (char)(1 << bit % 8);
		struct outcome *o = try_plan();
		if (!WIFEXITED(o->status))
			T_FAIL("bit %zu: status %x", bit, (unsigned)o->status);
		t_checks++;
		*p ^= (char)(1 << bit % 8);
	}
}

/* Wrong words at a sync point count as none. */
T_TEST(wrong_command)
{
	if (!ready())
		return;
	static struct outcome o;
	struct run r = { .o = &o };
	memset(&o, 0, sizeof(o));
	b_start();
	b_step(STEP_SYNC_NS);
	struct plan_head h = b_head();
	run_start(&r, ALL_NS, jail);
	send_plan(&r, &h);
	answer(r.sync, CMD_START); /* CMD_GO is due */
	run_finish(&r);
	T_INT(o.nreports, 1);
	T_OK(WIFEXITED(o.status) && WEXITSTATUS(o.status) == 1);
}

T_MAIN()
