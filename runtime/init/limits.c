/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the process inherits from here on: each step is one system call. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>

#include "init.h"
#include "sys.h"

enum { IOPRIO_WHO_PGRP = 2 };

static int done(struct init *in, long r)
{
	return r < 0 ? fail(in, DETAIL_NONE, errno, NULL) : 0;
}

int step_rlimit(struct init *in, const struct plan_step *s)
{
	struct limit l = { s->val[0], s->val[1] };
	return done(in, sys_prlimit((int)s->num, &l, NULL));
}

int step_umask(struct init *in, const struct plan_step *s)
{
	return done(in, umask(s->num & 0777));
}

/* The kernel believes the size that the structure says: it must be inside the blob. */
int step_sched(struct init *in, const struct plan_step *s)
{
	uint32_t size;
	const char *attr = plan_text(in, s->str[0]);
	if (s->num < sizeof(size))
		return fail(in, DETAIL_PLAN, EINVAL, NULL);
	memcpy(&size, attr, sizeof(size));
	if (size > s->num)
		return fail(in, DETAIL_PLAN, EINVAL, NULL);
	return done(in, syscall(SYS_sched_setattr, 0, attr, 0));
}

int step_ioprio(struct init *in, const struct plan_step *s)
{
	return done(in, syscall(SYS_ioprio_set, IOPRIO_WHO_PGRP, 0, (int)s->val[0]));
}

int step_personality(struct init *in, const struct plan_step *s)
{
	return done(in, personality((unsigned long)s->val[0]));
}

int step_mempolicy(struct init *in, const struct plan_step *s)
{
	const char *mask = s->str[0] ? plan_text(in, s->str[0]) : NULL;
	return done(in, syscall(SYS_set_mempolicy, (int)s->num, mask, mask ? s->val[0] : 0));
}

int step_affinity(struct init *in, const struct plan_step *s)
{
	return done(in, syscall(SYS_sched_setaffinity, 0, (size_t)s->num, plan_text(in, s->str[0])));
}

/* So that the user can open /dev/stdout again. Only pipes, which are made for this: a file or a terminal that the
 * caller happens to have there belongs to somebody on the host, and a socket cannot be opened again at all.
 * A refusal (a foreign file system) leaves it as it was, and so do closed ones. */
int step_stdio_owner(struct init *in, const struct plan_step *s)
{
	struct stat st;
	(void)in;
	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
			continue;
		if (st.st_uid != (uid_t)s->val[0] && fchown(fd, (uid_t)s->val[0], (gid_t)-1) < 0)
			continue;
	}
	return 0;
}
