/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See log.h. A record is put together in memory and written with one write(2): several processes may
 * append to the same file, and engines read the first piece of stderr as the whole message. A log
 * that cannot be written is ignored, because there is nobody left to tell.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "utf8.h"

static struct {
	int fd;
	const char *waiting; /* path of a FIFO that nobody had open for reading yet */
	bool json;
	enum log_level level;
} sink = { .fd = -1, .level = LOG_ERROR };

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

int log_level_parse(const char *s, enum log_level *ret)
{
	static const struct {
		const char *name;
		enum log_level level;
	} rows[] = {
		{ "error", LOG_ERROR }, { "fatal", LOG_ERROR }, { "panic", LOG_ERROR },
		{ "warning", LOG_WARNING }, { "warn", LOG_WARNING },
		{ "info", LOG_INFO },
		{ "debug", LOG_DEBUG }, { "trace", LOG_DEBUG },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].name, s) == 0) {
			*ret = rows[i].level;
			return 0;
		}
	return -1;
}

/* O_NONBLOCK: a FIFO that nobody reads must not stop us, neither now nor when it is full. */
static int open_sink(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
}

static bool is_fifo(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

int log_open(const char *path, bool json, enum log_level level, struct err *e)
{
	if (sink.fd >= 0)
		close(sink.fd);
	sink.fd = -1;
	sink.waiting = NULL;
	sink.json = json;
	sink.level = level;
	if (!path)
		return 0;
	sink.fd = open_sink(path);
	if (sink.fd >= 0)
		return 0;
	int eno = errno;
	if (eno == ENXIO && is_fifo(path)) {
		sink.waiting = path;
		return 0;
	}
	return err_set(e, eno, "open log file \"%s\"", path);
}

/* The log, or -1. A reader may have come since we looked last. */
static int log_fd(void)
{
	if (sink.fd < 0 && sink.waiting)
		sink.fd = open_sink(sink.waiting);
	return sink.fd;
}

/* Days since 1970-01-01 to a date of the Gregorian calendar. gmtime(3) would read /etc/localtime. */
static void civil_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	/* count from 0000-03-01, so that the leap day is the last of its year, in eras of 400 years */
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153; /* 0: March */

	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (int64_t)yoe + era * 400 + (*month <= 2);
}

void time_rfc3339(char buf[TIME_TEXT_MAX], const struct timespec *ts, int digits)
{
	int64_t days = ts->tv_sec / 86400, rest = ts->tv_sec % 86400, year;
	unsigned month, day;
	unsigned long fraction = (unsigned long)ts->tv_nsec;

	if (rest < 0) {
		days--;
		rest += 86400;
	}
	civil_date(days, &year, &month, &day);
	for (int i = digits; i < 9; i++)
		fraction /= 10;
	snprintf(buf, TIME_TEXT_MAX, "%04lld-%02u-%02uT%02u:%02u:%02u.%0*luZ", (long long)year, month, day,
		 (unsigned)(rest / 3600), (unsigned)(rest / 60 % 60), (unsigned)(rest % 60),
		 digits, fraction);
}

/* C1 controls (U+0080 to U+009F) are two bytes and just as active as the others. */
size_t text_escape(char *out, size_t size, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	size_t o = 0, len = strlen(s);

	for (size_t i = 0; i < len && o + 16 < size;) {
		unsigned char c = (unsigned char)s[i];
		size_t n = utf8_sequence(s + i, len - i);
		bool c1 = c == 0xc2 && n == 2 && (unsigned char)s[i + 1] < 0xa0;
		bool control = c < 0x20 || c == 0x7f || c1;

		if (n && !control) {
			memcpy(out + o, s + i, n);
			o += n;
			i += n;
			continue;
		}
		out[o++] = '\\';
		if (c == '\n' || c == '\t') {
			out[o++] = c == '\n' ? 'n' : 't';
		} else {
			out[o++] = 'x';
			out[o++] = hex[c >> 4];
			out[o++] = hex[c & 15];
			if (n == 2) { /* the rest of a C1 control would be a bad byte of its own */
				unsigned char d = (unsigned char)s[++i];
				out[o++] = '\\';
				out[o++] = 'x';
				out[o++] = hex[d >> 4];
				out[o++] = hex[d & 15];
			}
		}
		i++;
	}
	out[o] = '\0';
	return o;
}

static void write_once(int fd, const char *text, size_t len)
{
	ssize_t n;

	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
}

static void write_plain(int fd, const char *front, const char *text)
{
	char line[4 * ERR_TEXT_MAX + 128]; /* escaping makes four of one byte */
	size_t n = (size_t)snprintf(line, 128, "%s", front);

	n += text_escape(line + n, sizeof(line) - n - 1, text);
	line[n++] = '\n';
	write_once(fd, line, n);
}

static void write_record(int fd, enum log_level level, const char *text)
{
	char when[TIME_TEXT_MAX], front[128];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	time_rfc3339(when, &now, 6);
	if (!sink.json) {
		snprintf(front, sizeof(front), "%s %s: ", when, level_names[level]);
		write_plain(fd, front, text);
		return;
	}
	struct json *j = json_new(false);
	size_t len;
	json_map(j);
	json_kstr(j, "level", level_names[level]);
	json_kstr(j, "msg", text);
	json_kstr(j, "time", when);
	json_end_map(j);
	const char *doc = json_text(j, &len);
	char line[6 * ERR_TEXT_MAX + 256]; /* a control character becomes \u00XX */
	if (len < sizeof(line)) {
		memcpy(line, doc, len);
		line[len++] = '\n';
		write_once(fd, line, len);
	}
	json_free(j);
}

void log_error(const struct err *e)
{
	int fd = log_fd();
	if (fd >= 0)
		write_record(fd, LOG_ERROR, e->text);
	write_plain(STDERR_FILENO, "", e->text);
}

void log_message(enum log_level level, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (level > sink.level)
		return;
	int saved = errno, fd = log_fd();
	/* at the default level there is nothing but errors, and those are printed by log_error() */
	if (fd < 0 && !sink.waiting && sink.level > LOG_ERROR)
		fd = STDERR_FILENO;
	if (fd < 0) {
		errno = saved;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_record(fd, level, text);
	errno = saved;
}
