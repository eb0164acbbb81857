/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log: what goes where, in how many writes, and that no text can forge a record. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../runtime/lib/log.h"
#include "t.h"

static char out[65536];

/* Run fn with stderr on a packet socket: returns the number of writes, and the first one in `out`. */
static int capture(void (*fn)(void))
{
	int sv[2], keep = dup(2), n = 0;
	char more[65536];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) < 0 || dup2(sv[1], 2) < 0)
		return -1;
	fn();
	dup2(keep, 2);
	close(keep);
	close(sv[1]);
	out[0] = '\0';
	for (ssize_t len; (len = recv(sv[0], n ? more : out, sizeof(out) - 1, 0)) > 0; n++)
		if (n == 0)
			out[len] = '\0';
	close(sv[0]);
	return n;
}

static char dir[64], path[96];

static void with_dir(void)
{
	strcpy(dir, "/tmp/berth-test-log-XXXXXX");
	T_OK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/log", dir);
}

static void without_dir(void)
{
	struct err e = { 0 };
	log_open(NULL, false, LOG_ERROR, &e);
	unlink(path);
	rmdir(dir);
}

static const char *file_text(void)
{
	static char text[65536];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static const char *message;

static void print_error(void)
{
	struct err e = { 0 };
	err_set(&e, 0, "%s", message);
	log_error(&e);
}

static void print_levels(void)
{
	log_warn("warned %d", 1);
	log_debug("debugged");
}

T_TEST(error_is_one_write)
{
	message = "container \"x\" does not exist";
	T_INT(capture(print_error), 1);
	T_STR(out, "container \"x\" does not exist\n");
}

T_TEST(control_characters_are_escaped)
{
	message = "a\nb\tc\x1b[31m\x7f" "d\xff\xc2\x9b" "e\xc3\xbc";
	T_INT(capture(print_error), 1);
	T_STR(out, "a\\nb\\tc\\x1b[31m\\x7fd\\xff\\xc2\\x9be\xc3\xbc\n");
}

T_TEST(longest_error)
{
	static char text[ERR_TEXT_MAX];
	memset(text, '\x01', sizeof(text) - 1);
	message = text;
	T_INT(capture(print_error), 1);
	T_INT(strlen(out), 4 * (ERR_TEXT_MAX - 1) + 1);
}

T_TEST(json_record)
{
	struct err e = { 0 };
	with_dir();
	T_INT(log_open(path, true, LOG_ERROR, &e), 0);
	message = "bad \"thing\"\n\xff";
	T_INT(capture(print_error), 1);
	T_INT(capture(print_levels), 0);
	const char *start = "{\"level\":\"error\",\"msg\":\"bad \\\"thing\\\"\\n\xef\xbf\xbd\",\"time\":\"20";
	T_INT(strncmp(file_text(), start, strlen(start)), 0);
	T_INT(strlen(file_text()), strlen(start) + strlen("26-01-02T03:04:05.678901Z\"}\n"));
	T_INT(capture(print_error), 1); /* appended */
	T_INT(strlen(file_text()), 2 * (strlen(start) + strlen("26-01-02T03:04:05.678901Z\"}\n")));
	without_dir();
}

T_TEST(levels)
{
	struct err e = { 0 };
	with_dir();
	T_INT(log_open(path, false, LOG_WARNING, &e), 0);
	T_INT(capture(print_levels), 0);
	T_HAS(file_text(), "Z warning: warned 1\n");
	T_OK(!strstr(file_text(), "debugged"));
	T_INT(log_open(path, false, LOG_DEBUG, &e), 0);
	T_INT(capture(print_levels), 0);
	T_HAS(file_text(), "Z debug: debugged\n");
	/* no file, but a level: stderr */
	T_INT(log_open(NULL, false, LOG_DEBUG, &e), 0);
	T_INT(capture(print_levels), 2);
	T_INT(log_open(NULL, false, LOG_ERROR, &e), 0);
	T_INT(capture(print_levels), 0);
	without_dir();

	enum log_level l;
	T_INT(log_level_parse("warn", &l), 0);
	T_INT(l, LOG_WARNING);
	T_INT(log_level_parse("debug", &l), 0);
	T_INT(l, LOG_DEBUG);
	T_INT(log_level_parse("loud", &l), -1);
	T_INT(log_level_parse("", &l), -1);
}

T_TEST(fifo_does_not_block)
{
	struct err e = { 0 };
	with_dir();
	signal(SIGPIPE, SIG_IGN);
	T_INT(mkfifo(path, 0600), 0);
	/* nobody reads it yet: no error, and nothing comes to stderr instead */
	T_INT(log_open(path, false, LOG_DEBUG, &e), 0);
	T_INT(capture(print_levels), 0);
	message = "before";
	T_INT(capture(print_error), 1);
	T_STR(out, "before\n");
	/* a reader comes */
	int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	message = "after";
	T_INT(capture(print_error), 1);
	T_INT(capture(print_levels), 0);
	char text[1024] = "";
	T_OK(read(reader, text, sizeof(text) - 1) > 0);
	T_HAS(text, "Z error: after\n");
	T_HAS(text, "Z debug: debugged\n");
	T_OK(!strstr(text, "before"));
	/* one that does not read: what does not fit is lost */
	for (int i = 0; i < 3000; i++)
		log_warn("%0100d", i);
	/* and goes away */
	close(reader);
	message = "nobody reads the log";
	T_INT(capture(print_error), 1);
	T_STR(out, "nobody reads the log\n");
	without_dir();
}

T_TEST(cannot_open)
{
	struct err e = { 0 };
	T_INT(log_open("/nonexistent/log", true, LOG_ERROR, &e), -1);
	T_STR(e.text, "open log file \"/nonexistent/log\": no such file or directory");

	/* a socket has no reader either, but it will never be a log */
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	with_dir();
	memcpy(sa.sun_path, path, strlen(path) + 1);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	T_INT(bind(s, (struct sockaddr *)&sa, sizeof(sa)), 0);
	err_clear(&e);
	T_INT(log_open(path, true, LOG_ERROR, &e), -1);
	T_HAS(e.text, path);
	close(s);
	without_dir();
}

T_TEST(times)
{
	char buf[TIME_TEXT_MAX];
	static const struct {
		long long sec;
		long nsec;
		int digits;
		const char *text;
	} rows[] = {
		{ 0, 0, 6, "1970-01-01T00:00:00.000000Z" },
		{ 951782399, 999999999, 9, "2000-02-28T23:59:59.999999999Z" },
		{ 951782400, 1000, 6, "2000-02-29T00:00:00.000001Z" },
		{ 1767322984, 500000000, 1, "2026-01-02T03:03:04.5Z" },
		{ 4107542400, 0, 3, "2100-03-01T00:00:00.000Z" },
		{ -1, 0, 1, "1969-12-31T23:59:59.0Z" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct timespec ts = { .tv_sec = rows[i].sec, .tv_nsec = rows[i].nsec };
		time_rfc3339(buf, &ts, rows[i].digits);
		T_STR(buf, rows[i].text);
	}
}

T_MAIN()
