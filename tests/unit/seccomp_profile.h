/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For the tests of seccomp: profiles made by hand, and a child that loads a filter, as berth-init would,
 * and tries something under it.
 */
#ifndef BERTH_TESTS_UNIT_SECCOMP_PROFILE_H
#define BERTH_TESTS_UNIT_SECCOMP_PROFILE_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/security/seccomp.h"
#include "t.h"

static struct arena arena;
static struct err e;
static char dir[64];

__attribute__((constructor)) static void make_dir(void)
{
	strcpy(dir, "/tmp/test_security.XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

__attribute__((destructor)) static void remove_dir(void)
{
	char cmd[128];
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd) != 0)
		puts("cannot clean up");
	arena_free(&arena);
}

/* --- profiles by hand --------------------------------------------------------------------------- */

/* A list of words separated by blanks. */
static inline struct strv words(const char *text)
{
	struct strv v = { arena_array(&arena, strlen(text) + 2, sizeof(char *)), 0 };
	char *copy = arena_strdup(&arena, text), *save;
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		v.v[v.n++] = w;
	return v;
}

static inline struct opt_u64 opt(long v)
{
	return (struct opt_u64){ v < 0 ? 0 : (uint64_t)v, v >= 0 };
}

static inline struct spec_seccomp *profile(const char *action, long eno)
{
	struct spec_seccomp *s = arena_alloc(&arena, sizeof(*s));
	s->default_action = action;
	s->default_errno_ret = opt(eno);
	s->syscalls.v = arena_array(&arena, 16, sizeof(*s->syscalls.v));
	return s;
}

static inline struct spec_seccomp_rule *rule(struct spec_seccomp *s, const char *action, const char *names, long eno)
{
	struct spec_seccomp_rule *r = &s->syscalls.v[s->syscalls.n++];
	*r = (struct spec_seccomp_rule){ .names = words(names), .action = action, .errno_ret = opt(eno) };
	r->args.v = arena_array(&arena, 8, sizeof(*r->args.v));
	return r;
}

static inline void arg(struct spec_seccomp_rule *r, uint32_t index, const char *op, uint64_t value, uint64_t two)
{
	r->args.v[r->args.n++] = (struct spec_seccomp_arg){ index, value, two, op };
}

static inline int compile(const struct spec_seccomp *s, int dirfd, struct seccomp_filter *f)
{
	err_clear(&e);
	int r = seccomp_compile(&arena, s, dirfd, f, &e);
	if (r < 0 && !e.set)
		T_FAIL("failed without an error");
	return r;
}

/* --- trying a filter ---------------------------------------------------------------------------- */

static inline int load(const struct seccomp_filter *f, uint64_t more_flags)
{
	struct sock_fprog prog = { (unsigned short)f->count, (struct sock_filter *)f->prog };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, f->flags | more_flags, &prog);
}

enum { KILLED = 1000, NOT_LOADED = 250 };

/* Exit status of the probe, or KILLED + signal. */
static inline int try(const struct seccomp_filter *f, int (*probe)(void *), void *arg_)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		int r = load(f, 0) < 0 ? NOT_LOADED : probe(arg_);
		syscall(SYS_exit_group, r);
	}
	int status;
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : WEXITSTATUS(status);
}

struct call {
	long nr;
	unsigned long a[6];
};

static inline int probe_call(void *p)
{
	const struct call *c = p;
	errno = 0;
	long r = syscall(c->nr, c->a[0], c->a[1], c->a[2], c->a[3], c->a[4], c->a[5]);
	return r < 0 ? errno : 0;
}

/* The errno that a child under the filter gets from a call (0: it worked). */
static inline int errno_of(const struct seccomp_filter *f, long nr, unsigned long a0, unsigned long a1, unsigned long a2)
{
	struct call c = { nr, { a0, a1, a2 } };
	return try(f, probe_call, &c);
}

/* compile and then errno_of */
static inline int errno_under(const struct spec_seccomp *s, long nr, unsigned long a0, unsigned long a1, unsigned long a2)
{
	struct seccomp_filter f;
	if (compile(s, -1, &f) < 0) {
		T_FAIL("%s", e.text);
		return -1;
	}
	return errno_of(&f, nr, a0, a1, a2);
}

#endif
