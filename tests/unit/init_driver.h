/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drives the built berth-init without berth: a plan is laid out by hand, sent over a socket pair to a process
 * in new namespaces, its sync points are answered and all it reports is kept.
 */
#ifndef BERTH_TESTS_UNIT_INIT_DRIVER_H
#define BERTH_TESTS_UNIT_INIT_DRIVER_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

#include "../../runtime/lib/sys.h"
#include "../../runtime/plan/format.h"
#include "t.h"

#define ALL_NS (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET)
enum { MAX_STEPS = 64, MAX_DATA = 256 * 1024, MAX_REPORTS = 32, MAX_OUTPUT = 32 * 1024, PATIENCE_MS = 20000 };

/* ---- a plan ---- */

struct block {
	struct plan_step steps[MAX_STEPS];
	unsigned nsteps;
	_Alignas(8) char data[MAX_DATA];
	uint32_t len;
	int fds[16];
	unsigned nfds;
};

static struct block plan;

static inline void b_start(void)
{
	memset(&plan, 0, sizeof(plan));
	plan.len = 8;
}

static inline struct plan_step *b_step(enum plan_kind kind)
{
	struct plan_step *s = &plan.steps[plan.nsteps++];
	s->kind = (uint16_t)kind;
	s->fd = -1;
	return s;
}

static inline uint32_t b_blob(const void *p, size_t n)
{
	plan.len = (plan.len + 7) & ~7U;
	uint32_t at = plan.len;
	memcpy(plan.data + at, p, n);
	plan.len += (uint32_t)n;
	return at;
}

static inline uint32_t b_str(const char *s) { return s && *s ? b_blob(s, strlen(s) + 1) : 0; }

static inline uint32_t b_list(const char *const *v)
{
	uint64_t slots[64] = { 0 };
	for (; v[slots[0]]; slots[0]++)
		slots[slots[0] + 1] = b_str(v[slots[0]]);
	return b_blob(slots, (slots[0] + 2) * sizeof(slots[0]));
}
#define B_LIST(...) b_list((const char *const[]){ __VA_ARGS__, NULL })

static inline struct plan_step *b_step_str(enum plan_kind kind, const char *a, const char *b)
{
	uint32_t x = b_str(a), y = b_str(b);
	struct plan_step *s = b_step(kind);
	s->str[0] = x;
	s->str[1] = y;
	return s;
}

static inline int32_t b_fd(int fd)
{
	plan.fds[plan.nfds] = fd;
	return (int32_t)plan.nfds++;
}

static inline struct plan_head b_head(void)
{
	plan.len = (plan.len + 8) & ~7U; /* at least one NUL behind the last */
	struct plan_head h = { PLAN_MAGIC, PLAN_VERSION, 0, plan.nsteps, 0, plan.len, plan.nfds, 0 };
	h.data_off = (uint32_t)(sizeof(h) + plan.nsteps * sizeof(struct plan_step));
	h.size = h.data_off + h.data_len;
	return h;
}

/* ---- the process ---- */

struct outcome {
	struct plan_report reports[MAX_REPORTS];
	unsigned nreports;
	int fd[MAX_REPORTS]; /* that came with a report */
	int status;          /* of the last process, for waitpid */
	pid_t pid;
	char output[MAX_OUTPUT]; /* its stdout and stderr */
	size_t noutput;
};

struct run {
	int sync;   /* our end */
	int output; /* of a pipe */
	pid_t pid;
	struct outcome *o;
	const char *map;                 /* "OUTSIDE COUNT": written at MSG_MAP_ME */
	void (*at_ready)(struct run *r); /* called at MSG_READY; it answers itself */
	const char *listen_name;         /* unused without at_ready */
};

static inline const char *init_binary(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	if (getenv("BERTH_INIT"))
		return getenv("BERTH_INIT");
	if (n < 0)
		return "berth-init";
	path[n] = '\0';
	for (int i = 0; i < 3; i++) /* BUILD/tests/unit/test_init */
		*strrchr(path, '/') = '\0';
	return strcat(path, "/berth-init");
}

/* Like berth: what the exec would take from a user namespace without maps is made ambient. */
static inline void keep_caps(void)
{
	struct {
		uint32_t version;
		int pid;
	} h = { 0x20080522, 0 };
	struct {
		uint32_t e, p, i;
	} d[2];
	syscall(SYS_capget, &h, d);
	d[0].i = d[0].p;
	d[1].i = d[1].p;
	syscall(SYS_capset, &h, d);
	for (int cap = 0; cap < 64; cap++)
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

/*
 * Whatever a plan or a broken berth-init does: its mounts do not spread, and what it takes for the image's is
 * not written to the host's files. Trees that a plan brings as fds were cloned outside and stay writable.
 * /dev stays so too, as masks are made of its null device.
 */
static bool host_writable;

static inline int protect_host(void)
{
	struct mount_attr all = { .propagation = MS_PRIVATE,
				  .attr_set = host_writable ? 0 : MOUNT_ATTR_RDONLY };
	struct mount_attr dev = { .attr_clr = MOUNT_ATTR_RDONLY };
	if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &all) < 0)
		return -1;
	return host_writable ? 0 : sys_mount_setattr(AT_FDCWD, "/dev", 0, &dev);
}

static inline void child(int sync, int output, const char *root, uint64_t ns)
{
	int exe = open(init_binary(), O_PATH | O_CLOEXEC);
	char *argv[] = { "berth-init", "3", NULL }, *env[] = { NULL };
	if (ns & CLONE_NEWUSER)
		keep_caps();
	exe = fcntl(exe, F_DUPFD_CLOEXEC, 10);
	if (dup2(open("/dev/null", O_RDONLY), 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(120);
	if (sync == 3 ? fcntl(3, F_SETFD, 0) : dup2(sync, 3) < 0)
		_exit(121);
	sys_close_range(4, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
	if ((ns & CLONE_NEWNS) && protect_host() < 0)
		_exit(124);
	if (root && (chroot(root) < 0 || chdir("/") < 0))
		_exit(122);
	syscall(SYS_execveat, exe, "", argv, env, AT_EMPTY_PATH);
	_exit(123);
}

/* Start berth-init in new namespaces; `root`: chroot into it, for tests of broken plans. */
static inline void run_start(struct run *r, uint64_t ns, const char *root)
{
	int pair[2], out[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || pipe2(out, O_CLOEXEC) < 0)
		abort();
	fflush(stdout);
	r->pid = (pid_t)syscall(SYS_clone, ns | SIGCHLD, NULL, NULL, NULL, 0UL);
	if (r->pid == 0)
		child(pair[1], out[1], root, ns);
	close(pair[1]);
	close(out[1]);
	r->sync = pair[0];
	r->output = out[0];
}

static inline int send_with_fds(int sock, const void *p, size_t len, const int *fds, unsigned n)
{
	char control[CMSG_SPACE(sizeof(int) * 16)] = { 0 };
	struct iovec iov = { (void *)p, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	if (n) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
		c->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

static inline void send_plan(struct run *r, const struct plan_head *h)
{
	send_with_fds(r->sync, h, sizeof(*h), plan.fds, plan.nfds);
	send_with_fds(r->sync, plan.steps, plan.nsteps * sizeof(struct plan_step), NULL, 0);
	for (uint32_t at = 0; at < plan.len;) {
		ssize_t n = send(r->sync, plan.data + at, plan.len - at, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		at += (uint32_t)n;
	}
	for (unsigned i = 0; i < plan.nfds; i++)
		close(plan.fds[i]);
}

static inline void answer(int sock, enum plan_cmd_type type)
{
	struct plan_cmd cmd = { PLAN_MAGIC, type };
	send_with_fds(sock, &cmd, sizeof(cmd), NULL, 0);
}

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		T_FAIL("write %s: %m", path);
	close(fd);
}

static inline void write_map(const struct run *r)
{
	char path[64], text[64];
	if (!r->map) /* a step that a damaged plan has instead of another */
		return;
	for (const char *const *f = (const char *const[]){ "uid_map", "gid_map", NULL }; *f; f++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)r->pid, *f);
		snprintf(text, sizeof(text), "0 %s\n", r->map);
		write_file(path, text);
	}
}

/* One report, kept. false: end of file. */
static inline bool take_report(struct run *r)
{
	struct outcome *o = r->o;
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct plan_report *rep = &o->reports[o->nreports];
	struct iovec iov = { rep, sizeof(*rep) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	ssize_t n = recvmsg(r->sync, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC);
	if (n != sizeof(*rep) || rep->magic != PLAN_MAGIC || o->nreports == MAX_REPORTS - 1)
		return false;
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	o->fd[o->nreports] = -1;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&o->fd[o->nreports], CMSG_DATA(c), sizeof(int));
	o->nreports++;
	switch (rep->msg) {
	case MSG_MAP_ME:
		write_map(r);
		answer(r->sync, CMD_GO);
		break;
	case MSG_NS_READY:
	case MSG_SECCOMP:
		answer(r->sync, CMD_GO);
		break;
	case MSG_READY:
		if (r->at_ready)
			r->at_ready(r);
		else
			answer(r->sync, CMD_START);
		break;
	case MSG_CHILD:
		waitpid(r->pid, &o->status, 0);
		r->pid = rep->value;
		break;
	}
	return true;
}

/* Until both the socket and the output end, then the exit. A process that hangs is killed and fails. */
static inline void run_finish(struct run *r)
{
	struct outcome *o = r->o;
	bool sync_open = true, output_open = true;
	while (sync_open || output_open) {
		struct pollfd p[] = { { sync_open ? r->sync : -1, POLLIN, 0 },
				      { output_open ? r->output : -1, POLLIN, 0 } };
		if (poll(p, 2, PATIENCE_MS) <= 0) {
			T_FAIL("berth-init hangs");
			kill(r->pid, SIGKILL);
			break;
		}
		if (p[0].revents)
			sync_open = take_report(r);
		if (p[1].revents) {
			ssize_t n = read(r->output, o->output + o->noutput, MAX_OUTPUT - 1 - o->noutput);
			output_open = n > 0;
			o->noutput += n > 0 ? (size_t)n : 0;
		}
	}
	close(r->sync);
	close(r->output);
	o->pid = r->pid;
	waitpid(r->pid, &o->status, 0);
}

/* The whole of it. */
static inline struct outcome *run_plan(uint64_t ns, const char *root)
{
	static struct outcome o;
	struct run r = { .o = &o };
	memset(&o, 0, sizeof(o));
	struct plan_head h = b_head();
	run_start(&r, ns, root);
	send_plan(&r, &h);
	for (unsigned i = 0; i < plan.nsteps; i++)
		if (plan.steps[i].kind == STEP_SYNC_FILTER) /* berth needs no word to make it */
			answer(r.sync, CMD_GO);
	run_finish(&r);
	return &o;
}

static inline const struct plan_report *find_report(const struct outcome *o, enum plan_msg msg)
{
	for (unsigned i = 0; i < o->nreports; i++)
		if (o->reports[i].msg == msg)
			return &o->reports[i];
	return NULL;
}

/* The failure that was reported, or one that says that there was none. */
static inline struct plan_report failure(const struct outcome *o)
{
	const struct plan_report *r = find_report(o, MSG_FAILED);
	struct plan_report none = { .step = -99, .err = -1, .detail = DETAIL_KINDS };
	return r ? *r : none;
}

#endif
