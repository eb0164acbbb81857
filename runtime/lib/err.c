/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See err.h. */
#include "err.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifdef BERTH_CORE
/* People and engines look for the words of the usual C library, where musl has others. */
static const char *usual_words(int eno)
{
	static const struct {
		int eno;
		const char *words;
	} rows[] = {
		{ EBUSY, "device or resource busy" },	   { ECHILD, "no child processes" },
		{ EDQUOT, "disk quota exceeded" },	   { EIO, "input/output error" },
		{ ELOOP, "too many levels of symbolic links" }, { EMFILE, "too many open files" },
		{ ENAMETOOLONG, "file name too long" },	   { ENOMEM, "cannot allocate memory" },
		{ EOPNOTSUPP, "operation not supported" }, { EOVERFLOW, "value too large for defined data type" },
		{ ERANGE, "numerical result out of range" }, { ETIMEDOUT, "connection timed out" },
		{ EXDEV, "invalid cross-device link" },	   { ENOTTY, "inappropriate ioctl for device" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].eno == eno)
			return rows[i].words;
	return strerror(eno);
}
#else
#define usual_words strerror
#endif

const char *err_text(int eno)
{
	static char buf[128];
	const char *s = usual_words(eno);
	snprintf(buf, sizeof(buf), "%s", s ? s : "unknown error");
	buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

static void append_errno(struct err *e)
{
	size_t n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", err_text(e->eno));
}

ERR_PRINTF(4, 0)
static int err_vset(struct err *e, int exit_code, int eno, const char *fmt, va_list ap)
{
	if (e->set)
		return -1;
	e->set = true;
	e->eno = eno;
	e->exit_code = exit_code;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	if (eno)
		append_errno(e);
	return -1;
}

int err_set(struct err *e, int eno, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	err_vset(e, 0, eno, fmt, ap);
	va_end(ap);
	return -1;
}

int err_exit(struct err *e, int exit_code, int eno, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	err_vset(e, exit_code, eno, fmt, ap);
	va_end(ap);
	return -1;
}

int err_config(struct err *e, const char *path, const char *fmt, ...)
{
	if (e->set)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	err_vset(e, 0, 0, fmt, ap);
	va_end(ap);
	snprintf(e->path, sizeof(e->path), "%s", path);
	return err_add(e, "%s", path);
}

int err_add(struct err *e, const char *fmt, ...)
{
	char front[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(front, sizeof(front), fmt, ap);
	va_end(ap);

	size_t f = strlen(front), t = strlen(e->text);
	if (f + 2 + t >= sizeof(e->text))
		t = sizeof(e->text) - f - 3;
	memmove(e->text + f + 2, e->text, t);
	e->text[f + 2 + t] = '\0';
	memcpy(e->text, front, f);
	memcpy(e->text + f, ": ", 2);
	return -1;
}

void err_clear(struct err *e)
{
	e->set = false;
	e->eno = 0;
	e->exit_code = 0;
	e->text[0] = '\0';
	e->path[0] = '\0';
}
