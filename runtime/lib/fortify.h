/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Included before everything else in the core, whose C library does not know _FORTIFY_SOURCE: a copy or a print that
 * would go beyond an object whose size the compiler knows ends the process. The same checks that the other
 * build has from its C library, for the functions that we use.
 */
#ifndef BERTH_LIB_FORTIFY_H
#define BERTH_LIB_FORTIFY_H

#pragma GCC system_header /* as if it were part of the C library: wrappers of printf have no literal format */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FORTIFY extern inline __attribute__((always_inline, gnu_inline, artificial))
#define FORTIFY_WHOLE(p) __builtin_object_size(p, 0)
#define FORTIFY_MEMBER(p) __builtin_object_size(p, 1)

ssize_t __read_chk(int fd, void *to, size_t n, size_t room);

/* the compiler turns the builtins into plain calls where it can prove that they fit */
FORTIFY void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	return __builtin___memcpy_chk(to, from, n, FORTIFY_WHOLE(to));
}

FORTIFY void *memmove(void *to, const void *from, size_t n)
{
	return __builtin___memmove_chk(to, from, n, FORTIFY_WHOLE(to));
}

FORTIFY void *memset(void *to, int c, size_t n)
{
	return __builtin___memset_chk(to, c, n, FORTIFY_WHOLE(to));
}

FORTIFY int snprintf(char *restrict to, size_t n, const char *restrict format, ...)
{
	return __builtin___snprintf_chk(to, n, 1, FORTIFY_MEMBER(to), format, __builtin_va_arg_pack());
}

FORTIFY int vsnprintf(char *restrict to, size_t n, const char *restrict format, va_list ap)
{
	return __builtin___vsnprintf_chk(to, n, 1, FORTIFY_MEMBER(to), format, ap);
}

FORTIFY ssize_t read(int fd, void *to, size_t n)
{
	return FORTIFY_WHOLE(to) == (size_t)-1 ? __read_chk(fd, to, n, n) : __read_chk(fd, to, n, FORTIFY_WHOLE(to));
}

#endif
