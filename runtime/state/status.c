/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container is doing now. Nothing about that is stored: the process, the socket it waits on and
 * the freezer of its cgroup are asked each time, so a crash of anything leaves no wrong answer behind.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/socket.h"
#include "../lib/sys.h"

const char *status_name(enum status s)
{
	static const char *const names[] = {
		[STATUS_CREATING] = "creating", [STATUS_CREATED] = "created", [STATUS_RUNNING] = "running",
		[STATUS_PAUSED] = "paused",	[STATUS_STOPPED] = "stopped",
	};

	return (size_t)s < sizeof(names) / sizeof(*names) ? names[s] : "unknown";
}

int proc_start_time(pid_t pid, uint64_t *ret)
{
	enum { AFTER_NAME = 20 }; /* field 22; the name is field 2, and the blank after it starts field 3 */
	char path[32], buf[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fd_read_small(AT_FDCWD, path, buf, sizeof(buf)) < 0)
		return -1;
	/* the name is the process's own choice and may hold blanks and brackets: skip to the last bracket */
	char *s = strrchr(buf, ')');
	for (int i = 0; s && i < AFTER_NAME; i++)
		s = strchr(s + 1, ' ');
	if (s) {
		s++;
		s[strcspn(s, " ")] = '\0';
		if (parse_u64(s, UINT64_MAX, ret) == 0)
			return 0;
	}
	errno = EBADMSG;
	return -1;
}

int pidfd_inode(int pidfd, uint64_t *ret)
{
	struct stat st;
	if (fstat(pidfd, &st) < 0)
		return -1;
	*ret = st.st_ino;
	return 0;
}

/* Without an errno: what callers look for in it is about the folder and the record. */
static int unknown(const struct record *r, const char *what, int eno, struct err *e)
{
	return err_set(e, 0, "find out whether container \"%s\" lives: %s: %s", r->id, what, err_text(eno));
}

/*
 * 1: the recorded process lives, *ret_pidfd is it. 0: it is gone. -1: cannot be known (no fds left).
 *
 * The pidfd comes first, then the start time: if the process that has the number now is the recorded
 * one, it had the number when the pidfd was made too, since it is older than both looks. The clock of the start time
 * ticks every 10 ms, in which a number can be given twice: a kernel that can tell processes apart for ever is asked too.
 */
static int find_process(const struct record *r, int *ret_pidfd, struct err *e)
{
	uint64_t start, inode;

	if (r->pid <= 0)
		return 0;
	CLEANUP_FD int pidfd = sys_pidfd_open(r->pid, 0);
	/* EINVAL, on newer kernels ENOENT: by now the number is that of a thread of another process */
	if (pidfd < 0)
		return errno == ESRCH || errno == ENOENT || errno == EINVAL ? 0 : unknown(r, "open a pidfd", errno, e);
	if (proc_start_time(r->pid, &start) < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : unknown(r, "read /proc/PID/stat", errno, e);
	if (start != r->start_time)
		return 0;
	if (r->pid_inode && pidfd_inode(pidfd, &inode) < 0)
		return unknown(r, "look at its pidfd", errno, e);
	if (r->pid_inode && inode != r->pid_inode)
		return 0;
	/* a zombie, waiting for its parent to collect it, has stopped; the state letter in /proc would
	 * also call a process so whose first thread alone has ended */
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int ended;
	do
		ended = poll(&p, 1, 0);
	while (ended < 0 && errno == EINTR);
	if (ended)
		return ended < 0 ? unknown(r, "poll its pidfd", errno, e) : 0;
	*ret_pidfd = take_fd(&pidfd);
	return 1;
}

/*
 * Does berth-init wait for `berth start`? The socket is there until a start is done with it; that of a start that
 * was killed before it could remove it refuses. berth-init forgets a client that goes away without a word.
 */
static int somebody_waits(const struct state_dir *d, const struct record *r, int *ret_conn, struct err *e)
{
	if (faccessat(d->fd, "start.sock", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : unknown(r, "look for start.sock", errno, e);
	int waits = socket_has_listener(d->fd, "start.sock", ret_conn);
	return waits < 0 ? unknown(r, "make a socket", errno, e) : waits;
}

int state_status_quick(struct state_dir *d, const struct record *r, int *ret_pidfd, int *ret_conn, struct err *e)
{
	CLEANUP_FD int pidfd = -1;
	int alive = find_process(r, &pidfd, e);

	*ret_pidfd = take_fd(&pidfd);
	if (alive < 0)
		return -1;
	if (!r->created_done)
		return STATUS_CREATING;
	if (!alive)
		return STATUS_STOPPED;
	int waits = somebody_waits(d, r, ret_conn, e);
	return waits < 0 ? -1 : waits ? STATUS_CREATED : STATUS_RUNNING;
}

/* What another moment would answer otherwise, and not, say, that no cgroup hierarchy can be seen from here. */
static bool is_shortage(int eno)
{
	static const int list[] = { EMFILE, ENFILE, ENOMEM, EIO, EINTR, EAGAIN };

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (list[i] == eno)
			return true;
	return false;
}

int state_status(struct state_dir *d, const struct record *r, int *ret_pidfd, int *ret_conn, struct err *e)
{
	int s = state_status_quick(d, r, ret_pidfd, ret_conn, e);

	if ((s != STATUS_RUNNING && s != STATUS_CREATED) || r->cgroup.inode == 0)
		return s;
	struct err why = { 0 };
	CLEANUP_FD int cgroup = cgroup_open(&r->cgroup, &why);
	int frozen = cgroup >= 0 ? cgroup_is_frozen(cgroup) : 0;
	int eno = cgroup < 0 ? why.eno : frozen < 0 ? errno : 0;
	if (is_shortage(eno))
		return unknown(r, "ask the freezer of its cgroup", eno, e);
	return frozen == 1 ? STATUS_PAUSED : s;
}
