/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A unit test is a program: `T_TEST(name) { ... T_OK(cond); T_STR(a, b); T_INT(a, b); }` for each case and
 * `T_MAIN()` at the end. A failed check is printed with its place and fails the program; the other cases
 * still run. With an argument only the cases whose name contains it run.
 */
#ifndef BERTH_TESTS_UNIT_T_H
#define BERTH_TESTS_UNIT_T_H

#include <stdio.h>
#include <string.h>

struct t_case {
	const char *name;
	void (*fn)(void);
	struct t_case *next;
};
static struct t_case *t_cases, **t_tail = &t_cases;
static int t_failed, t_checks;

#define T_TEST(n)                                                                                            \
	static void n(void);                                                                                 \
	__attribute__((constructor)) static void t_add_##n(void)                                            \
	{                                                                                                    \
		static struct t_case c = { #n, n, NULL };                                                    \
		*t_tail = &c;                                                                                \
		t_tail = &c.next;                                                                            \
	}                                                                                                    \
	static void n(void)

#define T_FAIL(...)                                                                                          \
	do {                                                                                                 \
		t_failed++;                                                                                  \
		printf("%s:%d: ", __FILE__, __LINE__);                                                       \
		printf(__VA_ARGS__);                                                                         \
		putchar('\n');                                                                               \
	} while (0)
#define T_OK(cond)                                                                                           \
	do {                                                                                                 \
		t_checks++;                                                                                  \
		if (!(cond))                                                                                 \
			T_FAIL("not true: %s", #cond);                                                       \
	} while (0)
#define T_INT(a, b)                                                                                          \
	do {                                                                                                 \
		long long t_a = (long long)(a), t_b = (long long)(b);                                        \
		t_checks++;                                                                                  \
		if (t_a != t_b)                                                                              \
			T_FAIL("%s is %lld, not %lld", #a, t_a, t_b);                                        \
	} while (0)
#define T_STR(a, b)                                                                                          \
	do {                                                                                                 \
		const char *t_a = (a), *t_b = (b);                                                           \
		t_checks++;                                                                                  \
		if (!t_a || !t_b || strcmp(t_a, t_b) != 0)                                                   \
			T_FAIL("%s is \"%s\", not \"%s\"", #a, t_a ? t_a : "(null)", t_b ? t_b : "(null)");   \
	} while (0)
/* haystack contains needle */
#define T_HAS(a, b)                                                                                          \
	do {                                                                                                 \
		const char *t_a = (a), *t_b = (b);                                                           \
		t_checks++;                                                                                  \
		if (!t_a || !strstr(t_a, t_b))                                                               \
			T_FAIL("%s is \"%s\", without \"%s\"", #a, t_a ? t_a : "(null)", t_b);                \
	} while (0)

#define T_MAIN()                                                                                             \
	int main(int argc, char **argv)                                                                      \
	{                                                                                                    \
		int ran = 0;                                                                                 \
		for (struct t_case *c = t_cases; c; c = c->next) {                                           \
			if (argc > 1 && !strstr(c->name, argv[1]))                                           \
				continue;                                                                    \
			int before = t_failed;                                                               \
			c->fn();                                                                             \
			ran++;                                                                               \
			printf("%s %s\n", t_failed == before ? "ok" : "not ok", c->name);                    \
		}                                                                                            \
		printf("%d cases, %d checks, %d failed\n", ran, t_checks, t_failed);                         \
		return t_failed || !ran ? 1 : 0;                                                             \
	}

#endif
