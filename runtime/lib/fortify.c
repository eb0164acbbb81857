/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See fortify.h. __sprintf_chk() is for the archive of yajl, which was compiled for a C library that has these.
 */
#ifdef BERTH_CORE

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room);
void *__memmove_chk(void *to, const void *from, size_t n, size_t room);
void *__memset_chk(void *to, int c, size_t n, size_t room);
ssize_t __read_chk(int fd, void *to, size_t n, size_t room);
int __vsnprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, va_list ap)
	__attribute__((format(printf, 5, 0)));
int __snprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, ...) __attribute__((format(printf, 5, 6)));
int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...) __attribute__((format(printf, 4, 5)));

static void check(size_t n, size_t room)
{
	if (n > room)
		__builtin_trap();
}

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room)
{
	check(n, room);
	return memcpy(to, from, n);
}

void *__memmove_chk(void *to, const void *from, size_t n, size_t room)
{
	check(n, room);
	return memmove(to, from, n);
}

void *__memset_chk(void *to, int c, size_t n, size_t room)
{
	check(n, room);
	return memset(to, c, n);
}

ssize_t __read_chk(int fd, void *to, size_t n, size_t room)
{
	check(n, room);
	return read(fd, to, n);
}

int __vsnprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, va_list ap)
{
	(void)flag;
	check(n, room);
	return vsnprintf(to, n, format, ap);
}

int __snprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int r = __vsnprintf_chk(to, n, flag, room, format, ap);
	va_end(ap);
	return r;
}

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
{
	va_list ap;
	(void)flag;
	va_start(ap, format);
	int r = vsnprintf(to, room, format, ap);
	va_end(ap);
	check(r < 0 ? 0 : (size_t)r + 1, room);
	return r;
}

#endif
