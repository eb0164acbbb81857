/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The filter. From here on any system call of ours may be refused or may wait for an agent, so everything
 * that berth must hear is said before.
 *
 * With a listener, its fd exists only after the filter is in force. A second thread, started before and so
 * not under the filter, sends it; we make no system call at all until that is done. The thread ends
 * before we go on; the exec would end it anyway.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <time.h>

#include "init.h"
#include "sys.h"

enum { WAITING, LOADED, SENT, ABANDONED };

struct courier {
	struct init *in;
	int listener;
	int state; /* atomic */
};

/* When we run under a real-time policy on one cpu, the thread would wait behind our busy loop for ever: it
 * has to come first. Needs no error check, for without such a policy there is nothing to do. */
static void come_first(void)
{
	int policy = (int)syscall(SYS_sched_getscheduler, 0);
	if (policy == SCHED_FIFO || policy == SCHED_RR) {
		struct sched_param p = { .sched_priority = 99 };
		syscall(SYS_sched_setscheduler, 0, policy, &p);
	}
}

static int carry(void *arg)
{
	struct courier *c = arg;
	struct timespec pause = { 0, 20000 };
	int state;

	come_first();
	while ((state = __atomic_load_n(&c->state, __ATOMIC_ACQUIRE)) == WAITING)
		syscall(SYS_nanosleep, &pause, NULL);
	if (state == LOADED) {
		/* the container must not run with a listener that nobody holds */
		report(c->in, MSG_SECCOMP, getpid(), c->listener);
		wait_cmd(c->in, CMD_GO); /* the agent has it */
		close(c->listener);
		__atomic_store_n(&c->state, SENT, __ATOMIC_RELEASE);
	}
	return 0;
}

static int load_with_listener(struct init *in, uint64_t flags, struct sock_fprog *prog)
{
	static _Alignas(16) char stack[8192];
	static struct courier c;
	c.in = in;
	if (clone(carry, stack + sizeof(stack),
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, &c) < 0)
		return fail(in, DETAIL_FORK, errno, NULL);
	/* TSYNC would put the thread under the filter too; it has nobody else to reach */
	flags &= ~(uint64_t)(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_NEW_LISTENER, prog);
	if (fd < 0) {
		int err = errno;
		__atomic_store_n(&c.state, ABANDONED, __ATOMIC_RELEASE);
		return fail(in, DETAIL_NONE, err, NULL);
	}
	c.listener = (int)fd;
	__atomic_store_n(&c.state, LOADED, __ATOMIC_RELEASE);
	while (__atomic_load_n(&c.state, __ATOMIC_ACQUIRE) != SENT)
#ifdef __x86_64__
		__builtin_ia32_pause();
#else
		;
#endif
	return 0;
}

int step_seccomp(struct init *in, const struct plan_step *s)
{
	struct sock_fprog prog = { .len = (unsigned short)s->num,
				   .filter = (struct sock_filter *)(in->data + s->str[0]) };
	if (exec_prepare(in) < 0)
		return -1;
	if (s->flags & STEP_F_LISTENER)
		return load_with_listener(in, s->val[0], &prog);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, s->val[0], &prog) != 0 ? fail(in, DETAIL_NONE, errno, NULL) : 0;
}
