/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as the image's /etc/passwd, in which berth-init looks for the home directory of a user (runtime/init/exec.c,
 * compiled into this file with read(2) played). The first two bytes: the uid, and the size of portions.
 *
 * Holds: the answer is that of a plain reading of the file: the first line with that uid and with a home that can be used.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "fuzz.h"

static ssize_t played_read(int fd, void *buf, size_t n);

#define read played_read
#include "../../runtime/init/exec.c"
#undef read

static struct {
	const char *data;
	size_t size, at, chunk;
} file;

static ssize_t played_read(int fd, void *buf, size_t n)
{
	(void)fd;
	size_t left = file.size - file.at;
	if (n > left)
		n = left;
	if (n > file.chunk)
		n = file.chunk;
	memcpy(buf, file.data + file.at, n);
	file.at += n;
	return (ssize_t)n;
}

/* ---- a plain reading ---- */

/* The n-th field of a line, or NULL. A NUL ends the line for every reader that uses strings. */
static const char *nth(char *line, int n, size_t *len)
{
	const char *p = line;
	for (; n > 0; n--) {
		p = strchr(p, ':');
		if (!p)
			return NULL;
		p++;
	}
	*len = strcspn(p, ":");
	return p;
}

static bool names_uid(const char *p, size_t len, unsigned uid)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(p[i] - '0');
		if (v > UINT32_MAX)
			return false;
	}
	return len && v == uid;
}

static bool can_be_used(const char *dir, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)dir[i] < ' ')
			return false;
	return len && *dir == '/' && len < PATH_MAX;
}

/* Writes "/" or the home of the first line that counts into `to`. */
static void expect_home(const char *data, size_t size, unsigned uid, char to[PATH_MAX])
{
	strcpy(to, "/");
	for (size_t at = 0; at < size && at < PASSWD_MAX;) {
		const char *nl = memchr(data + at, '\n', size - at);
		size_t n = nl ? (size_t)(nl - (data + at)) : size - at, len, dir_len;
		char *line = fuzz_text(data + at, n);
		const char *id = nth(line, 2, &len), *dir = nth(line, 5, &dir_len);
		bool found = n < LINE_MAX_ - 1 && id && dir && names_uid(id, len, uid) && can_be_used(dir, dir_len);
		if (found) {
			memcpy(to, dir, dir_len);
			to[dir_len] = '\0';
		}
		free(line);
		if (found)
			return;
		at += n + 1;
	}
}

void fuzz_passwd(const uint8_t *data, size_t size)
{
	static struct init in;
	static char expected[PATH_MAX];
	if (size < 2)
		return;
	unsigned uid = data[0] & 1 ? 0 : data[0] * 4U; /* 1000 is among them */
	char *copy = fuzz_copy(data + 2, size - 2);
	file.data = copy;
	file.size = size - 2;
	file.at = 0;
	file.chunk = data[1] ? (size_t)data[1] * 16 : 1;
	memcpy(in.home, "HOME=/", sizeof("HOME=/"));
	read_passwd(&in, -1, uid);
	expect_home(copy, size - 2, uid, expected);
	FUZZ_ASSERT(strncmp(in.home, "HOME=/", 6) == 0 && strlen(in.home) < sizeof(in.home));
	FUZZ_ASSERT(strcmp(in.home + 5, expected) == 0);
	free(copy);
}
