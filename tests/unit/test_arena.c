/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts in an arena are what printf(3) makes, whether they take the short way or not. */
#include "t.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../runtime/lib/arena.h"

#define SAME(...)                                                                                                \
	do {                                                                                                     \
		char want[2000];                                                                                 \
		snprintf(want, sizeof(want), __VA_ARGS__);                                                       \
		T_STR(arena_printf(&a, __VA_ARGS__), want);                                                      \
	} while (0)

T_TEST(printf_is_that_of_the_library)
{
	struct arena a = { 0 };
	char text[1024];
	SAME("%s", "");
	SAME("plain");
	SAME("%s[%zu].%s", "mounts", (size_t)7, "options");
	SAME("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
	SAME("%u %u", 0U, UINT_MAX);
	SAME("%zu", SIZE_MAX);
	SAME("100%% of %s", "it");
	SAME("%s %lld %5d %.2s|%04o|%x|%c", "long", LLONG_MIN, 3, "abc", 0644, 255, 'c');
	SAME("%d %lu", 5, ULONG_MAX); /* the long way begins after the short one */
	for (size_t n = 250; n < 260; n++) { /* around the room of the short one */
		memset(text, 'x', n);
		text[n] = '\0';
		SAME("%s", text);
		SAME("%s%d", text, 12);
	}
	arena_free(&a);
}

T_MAIN()
