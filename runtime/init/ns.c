/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces, and what belongs to a fresh one: session, keyring, clock offsets, loopback, host name. Sync points #1
 * (maps) and #2 (berth's work on the namespaces) are here. */
#include <errno.h>
#include <linux/if.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "init.h"
#include "sys.h"

/* Permissions of keys (linux/key.h, not exported): all for who possesses the ring, which is the session it belongs
 * to; search for its user, because joining by name, as exec does, is a search; nothing for group and others. The root
 * of any container of the same user namespace is that user too. It is kept out by the name: without "view" no
 * /proc/keys lists it, and it holds the time of creation to the nanosecond. That keeps containers from meeting in one
 * ring; it is no secret from who may read berth's state folder. */
#define KEYRING_PERM 0x3f080000

int step_ns_join(struct init *in, const struct plan_step *s)
{
	int fd = plan_take_fd(in, s);
	/* Groups go before, while nobody but our own namespace could forbid it; without privileges after, and then
	 * a refusal means that they can never be given up in there (user_namespaces(7), setgroups). */
	bool drop = (s->flags & STEP_F_SETGROUPS) && syscall(SYS_setgroups, 0, NULL) < 0;
	if (fd < 0 || setns(fd, (int)s->val[0]) < 0)
		return fail(in, DETAIL_NONE, errno, NULL);
	if (drop && syscall(SYS_setgroups, 0, NULL) < 0) {
		if (errno != EPERM)
			return fail(in, DETAIL_GROUPS, errno, NULL);
		in->groups_denied = true;
	}
	leave_fd(&fd);
	/* gaining capabilities in the user namespace has set this to fs.suid_dumpable */
	if (not_dumpable(in) < 0)
		return -1;
	if (s->val[0] & CLONE_NEWNS) {
		in->inside = true;
		leave_fd(&in->root);
	}
	/* As the host's user we could own nothing there. A namespace that maps no such id keeps us as we are. */
	if ((s->val[0] & CLONE_NEWUSER) && become(in, s->val[1], s->val[2], false) < 0 && in->why.err != EINVAL)
		return -1;
	return 0;
}

int step_unshare(struct init *in, const struct plan_step *s)
{
	if (unshare((int)s->val[0]) < 0)
		return fail(in, DETAIL_NONE, errno, NULL);
	return not_dumpable(in);
}

/* The child must not speak before the old process has said who it is, or berth would take its words for those of a
 * process that is about to end. It waits for a byte on a pipe; without the byte it ends. */
int step_fork(struct init *in, const struct plan_step *s)
{
	int gate[2];
	char go = 0;
	(void)s;
	if (pipe2(gate, O_CLOEXEC) < 0)
		return fail(in, DETAIL_FORK, errno, NULL);
	pid_t pid = sys_fork(CLONE_PARENT | SIGCHLD, NULL);
	if (pid < 0)
		return fail(in, DETAIL_FORK, errno, NULL);
	if (pid > 0) {
		report(in, MSG_CHILD, pid, -1);
		if (write(gate[1], "G", 1) == 1)
			syscall(SYS_exit_group, 0);
		return fail(in, DETAIL_FORK, errno, NULL);
	}
	drop_fd(&gate[1]);
	ssize_t n = read(gate[0], &go, 1);
	if (n != 1) /* 0: the old process has ended, and said why before */
		return fail(in, DETAIL_FORK, n < 0 ? errno : EPIPE, NULL);
	drop_fd(&gate[0]);
	return 0;
}

/* #1: berth writes our maps. Until then we are nobody in our user namespace. A berth without privileges can open our
 * uid_map only while we are dumpable; we have the user namespace for ourselves yet, and a pid namespace that was
 * joined is entered with the fork that comes after. */
int step_map_wait(struct init *in, const struct plan_step *s)
{
	if (s->flags & STEP_F_DUMPABLE)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	report(in, MSG_MAP_ME, 0, -1);
	wait_cmd(in, CMD_GO);
	return become(in, s->val[0], s->val[1], s->flags & STEP_F_SETGROUPS);
}

/* #2: our namespaces exist; berth moves devices into them and runs hooks. The filter it makes without being told. */
int step_sync(struct init *in, const struct plan_step *s)
{
	if (s->kind != STEP_SYNC_FILTER)
		report(in, MSG_NS_READY, 0, -1);
	wait_cmd(in, CMD_GO);
	return 0;
}

/* The offsets can be set only while nobody is in the namespace; then we enter it ourselves, for unshare(2)
 * moves only children. */
int step_time_offsets(struct init *in, const struct plan_step *s)
{
	if (unshare(CLONE_NEWTIME) < 0)
		return fail(in, DETAIL_NONE, errno, NULL);
	int fd = -1;
	if (s->str[0]) {
		fd = proc_open_self(in, "timens_offsets", O_WRONLY);
		if (fd < 0)
			return fail(in, DETAIL_OPEN, errno, "timens_offsets");
		if (proc_write(fd, plan_text(in, s->str[0])) < 0)
			return fail(in, DETAIL_WRITE, errno, "timens_offsets");
	}
	/* a magic link, which proc_open() refuses: in a directory that is proven it is the one we mean */
	int dir = proc_open_self(in, "ns", O_PATH | O_DIRECTORY);
	fd = dir < 0 ? -1 : openat(dir, "time_for_children", O_RDONLY | O_CLOEXEC);
	leave_fd(&dir);
	if (fd < 0 || setns(fd, CLONE_NEWTIME) < 0)
		return fail(in, DETAIL_OPEN, errno, "time_for_children");
	leave_fd(&fd);
	return 0;
}

int step_setsid(struct init *in, const struct plan_step *s)
{
	(void)s;
	return setsid() < 0 && getsid(0) != getpid() ? fail(in, DETAIL_NONE, errno, NULL) : 0;
}

static int keycreate(struct init *in, const char *label)
{
	int fd = proc_open_self(in, "attr/keycreate", O_WRONLY);
	return fd < 0 || proc_write(fd, label) < 0 ? fail(in, DETAIL_WRITE, errno, "attr/keycreate") : 0;
}

/* Without a keyring of its own the container would possess the keys of whoever called berth. */
int step_keyring(struct init *in, const struct plan_step *s)
{
	const char *name = s->str[0] ? plan_text(in, s->str[0]) : NULL;
	const char *label = plan_text(in, s->str[1]);
	if (*label && keycreate(in, label) < 0)
		return -1;
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0, 0);
	if (ring < 0) /* a kernel without keys has none to share */
		return errno == ENOSYS ? 0 : fail(in, DETAIL_NONE, errno, NULL);
	/* EACCES: the ring was there (exec) and another user of the container made it */
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, ring, KEYRING_PERM, 0, 0) < 0 && errno != EACCES)
		return fail(in, DETAIL_NONE, errno, NULL);
	return *label ? keycreate(in, "\n") : 0;
}

int step_loopback(struct init *in, const struct plan_step *s)
{
	/* of a new namespace: it has no flag that we would take away */
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)s;
	int err = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) < 0 ? errno : 0;
	leave_fd(&fd);
	return err ? fail(in, DETAIL_NONE, err, NULL) : 0;
}

int step_hostname(struct init *in, const struct plan_step *s)
{
	const char *name = plan_text(in, s->str[0]);
	int r = s->kind == STEP_HOSTNAME ? sethostname(name, strlen(name)) : setdomainname(name, strlen(name));
	return r < 0 ? fail(in, DETAIL_NONE, errno, NULL) : 0;
}

