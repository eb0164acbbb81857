/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile to a filter. In this order, because libseccomp applies a rule to the architectures that the
 * filter has when the rule is added:
 *
 *	1. the architectures: the native one and those that the profile lists
 *	2. for each of them by itself, as what libseccomp takes to export several together grows faster than their number:
 *	   an empty filter with the default action, for that architecture; what a foreign ABI gets, a binary tree for the
 *	   system call numbers; the rules, in the profile's order: of two rules for the same call the first one counts;
 *	   the exported program
 *	3. the programs behind the ENOSYS prologue (seccomp_enosys.c), each but the last behind a look whether it is meant
 *
 * What the spec leaves open and we decide:
 *	- a system call that libseccomp does not know is skipped with a debug line: engines' profiles list
 *	  the calls of all kernels, and a number that is not in the filter gets the default action.
 *	- a rule whose action is the default one is skipped, since it says nothing (libseccomp refuses it).
 *	- conditions on different arguments must all hold. If one argument is named twice, each condition of
 *	  that rule is a rule of its own (any may hold): libseccomp cannot express it otherwise, and this is
 *	  how existing profiles are read by other runtimes.
 */
#include "seccomp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/log.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* [6.3] */
#endif

enum { MAX_ARGS = 6 };

struct builder {
	const struct seccomp_lib *lib;
	const struct spec_seccomp *s;
	scmp_filter_ctx ctx;
	uint32_t default_action;
	struct seccomp_arch archs[SECCOMP_MAX_ARCHS];
	size_t listed[SECCOMP_MAX_ARCHS]; /* index in the profile; the first one is the native one */
	struct seccomp_filter parts[SECCOMP_MAX_ARCHS];
	size_t narchs, now; /* now: the one that is being compiled */
	struct err *e;
};

/* --- the empty filter and its attributes -------------------------------------------------------- */

/* The binary tree makes the kernel's work at loading (it tries every number, to cache which are always
 * allowed) and at run time logarithmic. Before 2.5.4 libseccomp built wrong trees for few rules. */
static bool has_binary_tree(const struct seccomp_lib *lib)
{
	const struct scmp_version *v = lib->version();
	return v->major > 2 || (v->major == 2 && (v->minor > 5 || (v->minor == 5 && v->micro >= 4)));
}

static int start(struct builder *b)
{
	if (seccomp_action(b->s->default_action, &b->s->default_errno_ret, "linux.seccomp", "defaultAction",
			   "defaultErrnoRet", &b->default_action, b->e) < 0)
		return -1;
	b->ctx = b->lib->init(b->default_action);
	if (!b->ctx)
		return err_config(b->e, "linux.seccomp.defaultAction", "%s is not supported by this kernel",
				  b->s->default_action);
	/* a foreign ABI ends the whole process: a program that lost one thread of many would hang */
	int r = b->lib->attr_set(b->ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r < 0)
		return err_set(b->e, -r, "seccomp: set the action for foreign architectures");
	if (has_binary_tree(b->lib))
		(void)b->lib->attr_set(b->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* only speed */
	return 0;
}

/* --- architectures ------------------------------------------------------------------------------ */

static void note_arch(struct builder *b, uint32_t token, size_t listed)
{
	b->listed[b->narchs] = listed;
	enosys_init(&b->archs[b->narchs++], token);
}

/* "SCMP_ARCH_X86_64" -> the token of "x86_64" */
uint32_t seccomp_arch_token(const struct seccomp_lib *lib, const char *name)
{
	static const char prefix[] = "SCMP_ARCH_";
	char lower[24];
	size_t n = sizeof(prefix) - 1, i = 0;
	if (strncmp(name, prefix, n) != 0 || strlen(name + n) >= sizeof(lower))
		return 0;
	for (name += n; *name; name++)
		lower[i++] = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
	lower[i] = '\0';
	return lib->arch_resolve_name(lower);
}

static int find_arch(struct builder *b, size_t i)
{
	const char *name = b->s->architectures.v[i];
	char at[64];
	snprintf(at, sizeof(at), "linux.seccomp.architectures[%zu]", i);

	uint32_t token = seccomp_arch_token(b->lib, name);
	if (!token) {
		const struct scmp_version *v = b->lib->version();
		return err_config(b->e, at, "libseccomp %u.%u.%u does not know the architecture \"%.64s\"",
				  v->major, v->minor, v->micro, name);
	}
	for (size_t k = 0; k < b->narchs; k++)
		if (b->archs[k].token == token) /* listed twice, or the native one */
			return 0;
	if (b->narchs == SECCOMP_MAX_ARCHS)
		return err_config(b->e, at, "more than %d architectures", SECCOMP_MAX_ARCHS);
	note_arch(b, token, i);
	return 0;
}

static int find_archs(struct builder *b)
{
	note_arch(b, b->lib->arch_native(), 0);
	for (size_t i = 0; i < b->s->architectures.n; i++)
		if (find_arch(b, i) < 0)
			return -1;
	return 0;
}

/* The empty filter is for the native architecture; make it one for that of now. */
static int set_arch(struct builder *b)
{
	const char *name = b->now ? b->s->architectures.v[b->listed[b->now]] : "";
	char at[64];
	if (!b->now)
		return 0;
	snprintf(at, sizeof(at), "linux.seccomp.architectures[%zu]", b->listed[b->now]);
	int r = b->lib->arch_add(b->ctx, b->archs[b->now].token);
	if (r == -EDOM)
		return err_config(b->e, at, "%s has another byte order than this machine", name);
	if (r == 0)
		r = b->lib->arch_remove(b->ctx, b->archs[0].token);
	if (r < 0) {
		err_set(b->e, -r, "seccomp: add the architecture %s", name);
		return err_add(b->e, "%s", at);
	}
	return 0;
}

/* --- rules -------------------------------------------------------------------------------------- */

struct conditions {
	struct scmp_arg_cmp *v;
	unsigned n;
	bool any; /* each is a rule of its own */
};

static int read_conditions(struct arena *a, const struct spec_seccomp_rule *rule, const char *at,
			   struct conditions *ret, struct err *e)
{
	unsigned seen = 0;
	ret->v = arena_array(a, rule->args.n, sizeof(*ret->v));
	ret->n = (unsigned)rule->args.n;
	ret->any = false;
	for (size_t i = 0; i < rule->args.n; i++) {
		const struct spec_seccomp_arg *arg = &rule->args.v[i];
		char path[128];
		if (arg->index >= MAX_ARGS) {
			snprintf(path, sizeof(path), "%s.args[%zu].index", at, i);
			return err_config(e, path, "%u is not between 0 and 5", arg->index);
		}
		int op = seccomp_operator(arg->op);
		if (op < 0) {
			snprintf(path, sizeof(path), "%s.args[%zu].op", at, i);
			return err_config(e, path, "unknown seccomp operator \"%.64s\"", arg->op);
		}
		ret->v[i] = (struct scmp_arg_cmp){ .arg = arg->index,
						   .op = (enum scmp_compare)op,
						   .datum_a = arg->value,
						   .datum_b = arg->value_two };
		ret->any |= seen & (1U << arg->index);
		seen |= 1U << arg->index;
	}
	return 0;
}

static int add_call(struct builder *b, uint32_t action, int nr, const struct conditions *c)
{
	if (!c->any)
		return b->lib->rule_add(b->ctx, action, nr, c->n, c->v);
	for (unsigned i = 0; i < c->n; i++) {
		int r = b->lib->rule_add(b->ctx, action, nr, 1, &c->v[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_name(struct builder *b, uint32_t action, const char *name, const struct conditions *c,
		    const char *at, size_t index)
{
	char path[128];
	snprintf(path, sizeof(path), "%s.names[%zu]", at, index);

	int nr = b->lib->resolve_name(name);
	if (nr == __NR_SCMP_ERROR) {
		if (b->now == 0)
			log_debug("%s: libseccomp does not know the system call \"%.64s\", skipped", path, name);
		return 0;
	}
	struct seccomp_arch *arch = &b->archs[b->now];
	enosys_note(arch, b->lib->resolve_name_arch(arch->token, name));
	if (action == b->default_action)
		return 0;
	int r = add_call(b, action, nr, c);
	if (r == -EEXIST)
		return err_config(b->e, path, "the rule for \"%s\" contradicts an earlier one", name);
	if (r < 0) {
		err_set(b->e, -r, "seccomp rule for \"%s\"", name);
		return err_add(b->e, "%s", path);
	}
	return 0;
}

static int add_rule(struct builder *b, struct arena *a, size_t index)
{
	const struct spec_seccomp_rule *rule = &b->s->syscalls.v[index];
	uint32_t action;
	struct conditions c;
	char at[64];

	snprintf(at, sizeof(at), "linux.seccomp.syscalls[%zu]", index);
	if (seccomp_action(rule->action, &rule->errno_ret, at, "action", "errnoRet", &action, b->e) < 0 ||
	    read_conditions(a, rule, at, &c, b->e) < 0)
		return -1;
	for (size_t i = 0; i < rule->names.n; i++)
		if (add_name(b, action, rule->names.v[i], &c, at, i) < 0)
			return -1;
	return 0;
}

/* --- export ------------------------------------------------------------------------------------- */

static int open_memfd(void)
{
	/* vm.memfd_noexec=2 refuses a memfd that might be executed */
	int fd = memfd_create("seccomp", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	return fd < 0 && errno == EINVAL ? memfd_create("seccomp", MFD_CLOEXEC) : fd;
}

/* libseccomp's program into the arena. */
static int export(struct builder *b, struct arena *a, struct seccomp_filter *ret)
{
	CLEANUP_FD int fd = open_memfd();
	if (fd < 0)
		return err_set(b->e, errno, "memfd for a seccomp filter");
	int r = b->lib->export_bpf(b->ctx, fd);
	struct stat st;
	if (r < 0 || fstat(fd, &st) < 0)
		return err_set(b->e, r < 0 ? -r : errno, "export the seccomp filter");
	size_t size = (size_t)st.st_size;
	if (size == 0 || size % sizeof(struct sock_filter) != 0)
		return err_set(b->e, 0, "libseccomp exported a seccomp filter of %zu bytes", size);
	struct sock_filter *prog = arena_alloc(a, size);
	if (pread(fd, prog, size, 0) != (ssize_t)size)
		return err_set(b->e, EIO, "read the seccomp filter back");
	ret->prog = prog;
	ret->count = (uint32_t)(size / sizeof(*prog));
	return 0;
}

static int compile(struct builder *b, struct arena *a)
{
	int r = start(b) < 0 ? -1 : set_arch(b);
	for (size_t i = 0; r == 0 && i < b->s->syscalls.n; i++)
		r = add_rule(b, a, i);
	if (r == 0)
		r = export(b, a, &b->parts[b->now]);
	if (b->ctx)
		b->lib->release(b->ctx);
	b->ctx = NULL;
	return r;
}

/* The last program has no look in front: it ends what is for none of them, too. */
static int finish(struct builder *b, struct arena *a, struct seccomp_filter *ret)
{
	size_t most = ENOSYS_MAX_INSNS;
	for (size_t i = 0; i < b->narchs; i++)
		most += BRANCH_MAX_INSNS + b->parts[i].count;
	struct sock_filter *prog = arena_array(a, most, sizeof(*prog));
	uint32_t n = b->default_action == SCMP_ACT_ERRNO(EPERM) ? enosys_emit(prog, b->archs, b->narchs) : 0;
	for (size_t i = 0; i < b->narchs; i++) {
		const struct seccomp_filter *part = &b->parts[i];
		if (i + 1 < b->narchs)
			n += enosys_branch(prog + n, b->archs, b->narchs, i, part->count);
		memcpy(prog + n, part->prog, part->count * sizeof(*prog));
		n += part->count;
	}
	if (n > BPF_MAXINSNS)
		return err_config(b->e, "linux.seccomp", "the filter has %u instructions, the kernel takes %d", n, BPF_MAXINSNS);
	ret->prog = prog;
	ret->count = n;
	return 0;
}

int seccomp_build(struct arena *a, const struct spec_seccomp *s, struct seccomp_filter *ret, struct err *e)
{
	struct builder b = { .s = s, .e = e };

	b.lib = seccomp_lib_get(e);
	if (!b.lib)
		return err_add(e, "linux.seccomp");
	if (find_archs(&b) < 0)
		return -1;
	for (b.now = 0; b.now < b.narchs; b.now++)
		if (compile(&b, a) < 0)
			return -1;
	return finish(&b, a, ret);
}
