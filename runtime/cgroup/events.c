/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup.events: "populated" (a process lives here or below) and "frozen". The kernel wakes a poll(2)
 * for POLLPRI when one changes after it was last read. Of the cgroup's removal it tells nobody (6.18), so
 * now and then one has to look: a read fails with ENODEV then.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/fd.h"

enum { LOOK_AGAIN_MS = 100 };

static const char *const event_names[] = { [CG_POPULATED] = "populated ", [CG_FROZEN] = "frozen " };

static int event_value(int fd, enum cg_event event)
{
	char buf[256];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
	if (n < 0)
		return -1;
	buf[n] = '\0';
	const char *name = event_names[event];
	for (const char *p = buf; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, name, strlen(name)) == 0)
			return p[strlen(name)] == '1';
	}
	errno = ENODATA;
	return -1;
}

int cg_event_read(int cgfd, enum cg_event event)
{
	CLEANUP_FD int fd = openat(cgfd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : event_value(fd, event);
}

int cg_event_wait(int events_fd, enum cg_event event, int value, int64_t deadline_ms)
{
	for (;;) {
		/* reading arms the notification for what comes after it */
		int v = event_value(events_fd, event);
		if (v < 0)
			return -1;
		if (v == value)
			return 0;
		int64_t left = deadline_ms - monotonic_ms();
		if (left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		struct pollfd p = { .fd = events_fd, .events = POLLPRI };
		if (poll(&p, 1, (int)(left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS)) < 0 && errno != EINTR)
			return -1;
	}
}
