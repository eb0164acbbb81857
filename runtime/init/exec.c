/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last part: home, working directory, executable; waiting for the start (sync point #3); the exec.
 *
 * While we wait we hold nothing of the host: the mounts, the root and what berth sent are closed before
 * MSG_READY. Then only the sockets and, for a label, a procfs are left.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "init.h"
#include "sys.h"

/* ---- HOME ---- */

enum { PASSWD_MAX = 1024 * 1024, LINE_MAX_ = 4096, ACCEPT_AGAIN_MS = 100 };

/* A field of a line of /etc/passwd; *p moves behind it. */
static char *field(char **p)
{
	char *f = *p;
	if (!f)
		return NULL;
	char *end = strchr(f, ':');
	*p = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return f;
}

static bool is_number(const char *p, uint64_t n)
{
	uint64_t v = 0;
	if (!*p)
		return false;
	for (; *p; p++) {
		if (*p < '0' || *p > '9' || v > UINT32_MAX)
			return false;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	return v == n;
}

static bool take_line(struct init *in, char *line, uint64_t uid)
{
	char *p = line, *dir;
	field(&p);
	field(&p);
	const char *number = field(&p);
	if (!number || !is_number(number, uid))
		return false;
	field(&p);
	field(&p);
	dir = field(&p);
	if (!dir || *dir != '/' || strlen(dir) >= PATH_MAX)
		return false;
	for (const char *c = dir; *c; c++) {
		if ((unsigned char)*c < ' ')
			return false;
	}
	memcpy(in->home + 5, dir, strlen(dir) + 1);
	return true;
}

/* One pass over at most PASSWD_MAX bytes; lines that do not fit are skipped. */
static int read_passwd(struct init *in, int fd, uint64_t uid)
{
	char buf[LINE_MAX_];
	size_t have = 0;
	bool skip = false;
	ssize_t n;
	for (size_t total = 0; total < PASSWD_MAX; total += (size_t)n) {
		n = read(fd, buf + have, sizeof(buf) - 1 - have);
		if (n <= 0) {
			buf[have] = '\0';
			if (n == 0 && have && !skip)
				take_line(in, buf, uid);
			return n < 0 ? errno : 0;
		}
		have += (size_t)n;
		char *start = buf, *nl;
		while ((nl = memchr(start, '\n', have - (size_t)(start - buf)))) {
			*nl = '\0';
			if (!skip && take_line(in, start, uid))
				return 0;
			skip = false;
			start = nl + 1;
		}
		have -= (size_t)(start - buf);
		memmove(buf, start, have);
		if (have == sizeof(buf) - 1) {
			skip = true;
			have = 0;
		}
	}
	return 0;
}

/* The image's file: looked at before it is opened, for opening a device can do things and a FIFO can block. */
static int open_passwd(struct init *in)
{
	struct stat a, b;
	int ok = path_open(path_root(in), "/etc/passwd", O_PATH, 0), fd = -1, err = ok < 0 || fstat(ok, &a) < 0 ? errno : 0;
	if (!err && S_ISREG(a.st_mode) &&
	    ((fd = path_open(path_root(in), "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0)) < 0 || fstat(fd, &b) < 0))
		err = errno;
	leave_fd(&ok);
	if (err || (fd >= 0 && (b.st_ino != a.st_ino || b.st_dev != a.st_dev)))
		leave_fd(&fd);
	errno = err;
	return fd;
}

int step_home(struct init *in, const struct plan_step *s)
{
	const struct plan_step *e = plan_next(in, STEP_EXEC);
	uint64_t n = 0;
	char **env = e ? plan_argv(in, e->str[2], &n) : NULL;
	if (n == 0)
		return fail(in, DETAIL_PLAN, EINVAL, NULL);
	memcpy(in->home, "HOME=/", sizeof("HOME=/"));
	int fd = open_passwd(in), err = fd >= 0 ? read_passwd(in, fd, s->val[0]) : errno;
	leave_fd(&fd);
	env[n - 1] = in->home;
	/* one that is not there or not for us has nothing to say; but nobody's HOME depends on a shortage */
	bool none = err == ENOENT || err == ENOTDIR || err == ELOOP || err == EACCES || err == EPERM || err == EISDIR;
	return err && !none ? fail(in, DETAIL_OPEN, err, "/etc/passwd") : 0;
}

/* ---- working directory ---- */

/* A directory that is not below our root would be a way out of it. The kernel says "(unreachable)". */
static bool cwd_inside(void)
{
	char buf[PATH_MAX];
	return syscall(SYS_getcwd, buf, sizeof(buf)) > 0 && buf[0] == '/';
}

int step_cwd(struct init *in, const struct plan_step *s)
{
	const char *path = plan_text(in, s->str[0]);
	/* the change of the root has led to "/" */
	if (s->flags & STEP_F_RETRY ? !in->cwd_denied : in->inside && strcmp(path, "/") == 0)
		return 0;
	int root = path_root(in), fd;
	if (root < 0)
		return fail(in, DETAIL_CHDIR, errno, path);
	if (s->flags & STEP_F_MAKE)
		fd = path_make(root, path, PATH_DIR, NULL);
	else
		fd = path_open(root, path, O_PATH | O_DIRECTORY, 0);
	int err = fd < 0 || fchdir(fd) < 0 ? errno : 0;
	leave_fd(&fd);
	in->cwd_denied = err == EACCES && !(s->flags & STEP_F_RETRY);
	if (in->cwd_denied)
		return 0;
	if (err)
		return fail(in, DETAIL_CHDIR, err, path);
	return cwd_inside() ? 0 : fail(in, DETAIL_OUTSIDE, ENOENT, path);
}

/* ---- the executable ---- */

/* Seen through the container's own root and cwd, without opening what it is. Magic links are refused: they
 * lead to our own fds. */
static int check_exe(const char *path, int *ret_detail)
{
	struct stat st;
	int fd = sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC, RESOLVE_NO_MAGICLINKS);
	int err = fd < 0 || fstat(fd, &st) < 0 ? errno : 0;
	leave_fd(&fd);
	*ret_detail = DETAIL_NONE;
	if (err)
		return err;
	if (S_ISDIR(st.st_mode)) {
		*ret_detail = DETAIL_IS_DIR;
		return EISDIR;
	}
	if (S_ISREG(st.st_mode) && (st.st_mode & 0111))
		return 0;
	*ret_detail = DETAIL_NOT_EXECUTABLE;
	return EACCES;
}

static bool join_exe(struct init *in, const char *dir, size_t n, const char *name)
{
	size_t len = strlen(name);
	if (n == 0) { /* an empty element is the working directory */
		dir = ".";
		n = 1;
	}
	if (n + 1 + len >= sizeof(in->exe))
		return false;
	memcpy(in->exe, dir, n);
	in->exe[n] = '/';
	memcpy(in->exe + n + 1, name, len + 1);
	return true;
}

static int search(struct init *in, const char *name, const char *path)
{
	int err, detail, found = DETAIL_NOT_FOUND;
	for (const char *p = path; p; p = *p ? p + 1 : NULL) {
		size_t n = strcspn(p, ":");
		if (join_exe(in, p, n, name)) {
			err = check_exe(in->exe, &detail);
			if (!err)
				return 0;
			if (detail == DETAIL_NOT_EXECUTABLE)
				found = detail;
		}
		p += n;
	}
	return fail(in, found, found == DETAIL_NOT_FOUND ? ENOENT : EACCES, name);
}

int step_lookup(struct init *in, const struct plan_step *s)
{
	const char *name = plan_text(in, s->str[0]);
	int detail, err;
	if (!*name)
		return fail(in, DETAIL_NOT_FOUND, ENOENT, name);
	if (!strchr(name, '/')) {
		const char *path = plan_text(in, s->str[1]);
		return *path ? search(in, name, path) : fail(in, DETAIL_NOT_FOUND, ENOENT, name);
	}
	if (strlen(name) >= sizeof(in->exe))
		return fail(in, DETAIL_NONE, ENAMETOOLONG, name);
	memcpy(in->exe, name, strlen(name) + 1);
	err = check_exe(name, &detail);
	return err ? fail(in, detail, err, name) : 0;
}

/* ---- #3 ---- */

/* All that we hold goes in one or two calls; what the container keeps is below SYNC. */
static int let_go(struct init *in, int listener)
{
	bool labels = plan_next(in, STEP_APPARMOR) || plan_next(in, STEP_SELINUX) || plan_next(in, STEP_SYSCTL);
	int keep[] = { listener, labels ? in->proc : -1 }, from = in->sync + 1, r = 0;
	bool swap = keep[0] > keep[1];
	for (int i = 0; i < 2; i++) {
		int fd = keep[i ^ swap];
		if (fd > from)
			r |= sys_close_range((unsigned)from, (unsigned)fd - 1, 0);
		from = fd < from ? from : fd + 1;
	}
	if ((r | sys_close_range((unsigned)from, ~0U, 0)) < 0)
		return fail(in, DETAIL_NONE, errno, "close_range");
	in->root = in->dev = in->pts = in->mask_file = in->mask_dir = -1;
	in->proc = labels ? in->proc : -1;
	memset(in->fds, -1, in->head->nfds * sizeof(int));
	if (in->files_raised && sys_prlimit(RLIMIT_NOFILE, &in->nofile, NULL) < 0)
		return fail(in, DETAIL_NONE, errno, "RLIMIT_NOFILE");
	in->files_raised = false;
	return 0;
}

/* The client may be gone, which must not be our end: no write(2), no SIGPIPE. */
static void say_unread(struct init *in, int err)
{
	struct plan_report r = { .magic = PLAN_MAGIC, .msg = MSG_FAILED, .step = (int32_t)in->step, .err = err, .detail = DETAIL_SYNC };
	send_fd(in->sync, &r, sizeof(r), -1);
}

/* A client that says nothing valid is forgotten. The one that starts us hears how it ends. */
static void serve(struct init *in, int listener)
{
	for (;; drop_fd(&in->sync)) {
		in->sync = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		/* even a look at our state connects: a shortage of the machine must not be our end */
		if (in->sync < 0 && errno != EINTR && errno != ECONNABORTED)
			poll(NULL, 0, ACCEPT_AGAIN_MS);
		if (in->sync >= 0 && take_cmd(in->sync, CMD_START))
			return;
		if (in->sync >= 0 && errno)
			say_unread(in, errno);
	}
}

int step_ready(struct init *in, const struct plan_step *s)
{
	int listener = s->fd >= 0 ? plan_take_fd(in, s) : -1;
	if (s->fd >= 0 && listener < 0)
		return fail(in, DETAIL_SYNC, errno, NULL);
	if (let_go(in, listener) < 0)
		return -1;
	if (listener >= 0)
		signals_wait(true);
	signals_fresh(in);
	if (listener >= 0 || plan_next(in, STEP_HOOK)) /* else STEP_UMASK is next */
		umask(in->umask);
	report(in, MSG_READY, 0, -1);
	if (listener < 0) {
		wait_cmd(in, CMD_START);
		return 0;
	}
	/* the second half of #3: the container is on record now, and whoever finds the record finds us */
	wait_cmd(in, CMD_GO);
	drop_fd(&in->sync);
	serve(in, listener);
	drop_fd(&listener);
	signals_wait(false);
	return 0;
}

/* ---- the exec ---- */

/* Everything that has to be done by system calls before the filter; once. */
int exec_prepare(struct init *in)
{
	const struct plan_step *e = &in->steps[in->step];
	if (in->exec_told)
		return 0;
	if (e->kind != STEP_EXEC)
		e = plan_next(in, STEP_EXEC);
	signals_default(in);
	signals_fresh(in);
	/* each fd of ours is close-on-exec already: this is for what we do not know of */
	if (!e || e->num > 1000000)
		return fail(in, DETAIL_PLAN, EINVAL, NULL);
	if (sys_close_range(3 + e->num, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return fail(in, DETAIL_NONE, errno, "close_range");
	report(in, MSG_EXEC, 0, -1);
	in->exec_told = true;
	return 0;
}

int step_exec(struct init *in, const struct plan_step *s)
{
	uint64_t n;
	char **argv = plan_argv(in, s->str[1], &n), **env = plan_argv(in, s->str[2], NULL);
	if (n == 0 || !in->exe[0])
		return fail(in, DETAIL_PLAN, EINVAL, NULL);
	if (exec_prepare(in) < 0)
		return -1;
	execve(in->exe, argv, env);
	return fail(in, DETAIL_EXEC, errno, in->exe);
}
