/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `berth features` lists is what the rest of berth knows: each name is given to the code that uses it. */
#include <stdlib.h>

#include "../../runtime/security/seccomp.h"
#include "../../spec/spec.h"
#include "t.h"

static size_t count(const char *const *names)
{
	size_t n = 0;
	for (; names[n]; n++)
		for (size_t i = 0; i < n; i++)
			if (strcmp(names[i], names[n]) == 0)
				T_FAIL("%s is listed twice", names[n]);
	return n;
}

T_TEST(seccomp_actions)
{
	T_INT(count(spec_seccomp_actions), 9);
	for (const char *const *s = spec_seccomp_actions; *s; s++) {
		struct err e = { 0 };
		uint32_t action;
		struct opt_u64 no_errno = { 0 };
		T_INT(seccomp_action(*s, &no_errno, "x", "action", "errnoRet", &action, &e), 0);
		T_STR(e.text, "");
	}
}

T_TEST(seccomp_operators)
{
	T_INT(count(spec_seccomp_operators), 7);
	for (const char *const *s = spec_seccomp_operators; *s; s++)
		T_OK(seccomp_operator(*s) >= 0);
}

T_TEST(seccomp_flags)
{
	T_INT(count(spec_seccomp_flags), 4);
	for (const char *const *s = spec_seccomp_flags; *s; s++)
		T_OK(seccomp_flag(*s) != 0);
}

/* A config with one value put in passes the checks of the document. */
static void accepted(const char *before, const char *value, const char *after)
{
	static const char head[] = "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},"
				   "\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"x\"]},\"linux\":{";
	struct arena a = { 0 };
	struct err e = { 0 };
	char *json = arena_printf(&a, "%s%s%s%s}}", head, before, value, after);
	struct spec_config *c = spec_config_decode(&a, json, strlen(json), &e);
	if (!c || spec_config_check(c, NULL, NULL, &e) < 0)
		T_FAIL("%s: %s", value, e.text);
	arena_free(&a);
}

T_TEST(architectures)
{
	T_INT(count(spec_seccomp_archs), 23);
	for (const char *const *s = spec_seccomp_archs; *s; s++)
		accepted("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"", *s, "\"]}");
}

T_TEST(memory_policies)
{
	T_INT(count(spec_memory_policy_modes), 7);
	for (const char *const *s = spec_memory_policy_modes; *s; s++) {
		/* these two go without nodes */
		bool none = strcmp(*s, "MPOL_DEFAULT") == 0 || strcmp(*s, "MPOL_LOCAL") == 0;
		accepted("\"memoryPolicy\":{\"mode\":\"", *s, none ? "\"}" : "\",\"nodes\":\"0\"}");
	}
	T_INT(count(spec_memory_policy_flags), 3);
	for (const char *const *s = spec_memory_policy_flags; *s; s++)
		accepted("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"", *s, "\"]}");
}

T_TEST(mount_options)
{
	size_t n;
	const struct mount_opt *opts = spec_mount_opts(&n);
	T_OK(n > 60);
	for (size_t i = 0; i < n; i++)
		T_OK(spec_mount_opt(opts[i].name) == &opts[i]);
}

T_TEST(namespaces)
{
	for (int k = 0; k < NS_KINDS; k++)
		T_INT(spec_namespace_kind(spec_namespace_name((enum ns_kind)k)), k);
}

T_MAIN()
