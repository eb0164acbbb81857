/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See filter.h. */
#include "filter.h"

#include <string.h>

#include "../../spec/spec.h"
#include "../security/seccomp.h"

/* What the kernel puts into seccomp_data.arch: x32 is x86_64 with a bit in the number. */
static uint32_t kernel_arch(uint32_t token)
{
	return token == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : token;
}

static void add_arch(struct filter *f, uint32_t token, const char *name)
{
	for (size_t i = 0; i < f->narchs; i++)
		if (f->arch[i] == token)
			return;
	if (!token || f->narchs == FILTER_ARCHS)
		return;
	f->arch[f->narchs] = token;
	f->arch_name[f->narchs++] = name;
}

int filter_prepare(struct audit *a, struct err *e)
{
	static const char prefix[] = "SCMP_ARCH_";
	const struct spec_seccomp *s = a->c->linux_->seccomp;
	struct seccomp_filter compiled = { 0 };
	if (!s)
		return 0;
	if (seccomp_compile(a->arena, s, -1, &compiled, e) < 0)
		return -1;
	const struct seccomp_lib *lib = seccomp_lib_get(e);
	if (!lib)
		return -1;
	struct filter *f = arena_alloc(a->arena, sizeof(*f));
	f->prog = compiled.prog;
	f->count = compiled.count;
	add_arch(f, lib->arch_native(), "native");
	for (size_t i = 0; i < s->architectures.n; i++)
		add_arch(f, seccomp_arch_token(lib, s->architectures.v[i]), s->architectures.v[i] + sizeof(prefix) - 1);
	a->filter = f;
	return 0;
}

/* The number of the call on an architecture, or -1: it has none. */
static int number_of(const struct seccomp_lib *lib, const struct filter_call *c, uint32_t token)
{
	int nr = lib->resolve_name_arch(token, c->name);
	if (nr == __NR_SCMP_ERROR && c->number)
		nr = (int)(token == SCMP_ARCH_X32 ? c->number | 0x40000000 : c->number);
	return nr < 0 ? -1 : nr;
}

/* clone(2) has its flags second there. */
static int swapped(uint32_t token, const char *name)
{
	return (token == SCMP_ARCH_S390X || token == SCMP_ARCH_S390) && strcmp(name, "clone") == 0;
}

unsigned filter_outcomes(const struct audit *a, const struct filter_call *c, uint32_t *ret_archs)
{
	struct err none = { 0 };
	const struct filter *f = a->filter;
	const struct seccomp_lib *lib = seccomp_lib_get(&none);
	unsigned all = 0;
	*ret_archs = 0;
	for (size_t i = 0; lib && i < f->narchs; i++) {
		int nr = number_of(lib, c, f->arch[i]);
		if (nr < 0)
			continue;
		struct bpf_call call = { .nr = (uint32_t)nr, .arch = kernel_arch(f->arch[i]) };
		if (c->arg >= 0) {
			int arg = c->arg + swapped(f->arch[i], c->name);
			call.args[arg] = c->value;
			call.known = 1U << arg;
		}
		unsigned can = bpf_outcomes(f->prog, f->count, &call, NULL);
		all |= can;
		if (can & BPF_CAN_PASS)
			*ret_archs |= UINT32_C(1) << i;
	}
	return all;
}

bool filter_is_arch(const struct audit *a, const char *name, uint32_t archs)
{
	struct err none = { 0 };
	const struct seccomp_lib *lib = seccomp_lib_get(&none);
	uint32_t token = lib ? seccomp_arch_token(lib, name) : 0;
	for (size_t i = 0; token && i < a->filter->narchs; i++)
		if (a->filter->arch[i] == token)
			return archs & UINT32_C(1) << i;
	return false;
}

unsigned filter_unknown(const struct audit *a)
{
	struct bpf_call call = { .nr = 3000, .arch = kernel_arch(a->filter->arch[0]) };
	return bpf_outcomes(a->filter->prog, a->filter->count, &call, NULL);
}
