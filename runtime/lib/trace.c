/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See trace.h. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "fd.h"
#include "log.h"

bool trace_on;

static struct {
	struct arena arena;
	char *text; /* events, each with ",\n" in front of it */
	size_t len, cap;
	const char *what;
	uint64_t begin;
	int fd;
	pid_t named; /* whose name was written last */
} t = { .fd = -1 };

uint64_t trace_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void add(const char *event)
{
	size_t n = strlen(event);
	if (t.cap - t.len < n) {
		size_t cap = (t.cap + n) * 2 + 4096;
		char *more = arena_alloc(&t.arena, cap);
		if (t.len)
			memcpy(more, t.text, t.len);
		t.text = more;
		t.cap = cap;
	}
	memcpy(t.text + t.len, event, n);
	t.len += n;
}

int trace_begin(const char *path, const char *what, struct err *e)
{
	t.begin = trace_clock();
	t.what = what;
	t.fd = openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0644);
	struct stat st;
	if (t.fd < 0 || fstat(t.fd, &st) < 0)
		return err_set(e, errno, "open trace file \"%s\"", path);
	if (!S_ISREG(st.st_mode)) {
		fd_close(&t.fd);
		return err_set(e, 0, "trace file \"%s\" is not a regular file", path);
	}
	trace_on = true;
	return 0;
}

/* The names are those of steps, commands and programs of ours: nothing in them has to be escaped. */
void trace_span_of(pid_t pid, const char *process, const char *name, uint64_t from, uint64_t to)
{
	char event[256];
	if (t.named != pid) {
		snprintf(event, sizeof(event), ",\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"tid\":%d,"
			 "\"args\":{\"name\":\"%s\"}}", (int)pid, (int)pid, process);
		add(event);
		t.named = pid;
	}
	snprintf(event, sizeof(event), ",\n{\"ph\":\"X\",\"name\":\"%s\",\"cat\":\"%s\",\"pid\":%d,\"tid\":%d,\"ts\":%llu,"
		 "\"dur\":%llu}", name, process, (int)pid, (int)pid, (unsigned long long)from,
		 (unsigned long long)(to > from ? to - from : 0));
	add(event);
}

void trace_span(const char *name, uint64_t from)
{
	trace_span_of(getpid(), "berth", name, from, trace_clock());
}

/* In an empty file the first event has no comma; in one that ends with our "\n]\n" it takes the place of that. */
static int append(void)
{
	static const char tail[] = "\n]\n";
	enum { TAIL = sizeof(tail) - 1 };
	char last[TAIL];
	struct stat st;
	if (flock(t.fd, LOCK_EX) < 0 || fstat(t.fd, &st) < 0)
		return -1;
	bool more = st.st_size >= TAIL && pread(t.fd, last, TAIL, st.st_size - TAIL) == TAIL && !memcmp(last, tail, TAIL);
	if (st.st_size && !more) {
		errno = EBADMSG; /* not a trace of ours: nothing of it is lost */
		return -1;
	}
	add(tail);
	if (!more)
		t.text[0] = '[';
	return lseek(t.fd, more ? st.st_size - TAIL : 0, SEEK_SET) < 0 ? -1 : fd_write_all(t.fd, t.text, t.len);
}

void trace_end(void)
{
	if (!trace_on)
		return;
	trace_span(t.what, t.begin);
	trace_on = false;
	if (append() < 0)
		log_warn("the trace is not written: %s", err_text(errno));
	fd_close(&t.fd);
}
