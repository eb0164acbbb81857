/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the container's program is: groups, gid, uid, capabilities. Each change is read back, for a call that
 * "succeeded" without the effect would run the program as somebody else. Raw calls: libc's set*id wrappers walk over
 * all threads. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "init.h"
#include "sys.h"

struct caps {
	uint64_t effective, permitted, inheritable;
};

/* The kernel resets it with each change of credentials that could give another process access to us. */
int not_dumpable(struct init *in)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? fail(in, DETAIL_NONE, errno, "PR_SET_DUMPABLE") : 0;
}

static int caps_get(struct caps *c)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	if (syscall(SYS_capget, &h, d) < 0)
		return -1;
	c->effective = d[0].effective | (uint64_t)d[1].effective << 32;
	c->permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	c->inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return 0;
}

static int caps_set(const struct caps *c)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ (uint32_t)c->effective, (uint32_t)c->permitted, (uint32_t)c->inheritable },
		{ (uint32_t)(c->effective >> 32), (uint32_t)(c->permitted >> 32), (uint32_t)(c->inheritable >> 32) } };
	return (int)syscall(SYS_capset, &h, d);
}

/* An id of our user namespace (0:0 where it has that), with all capabilities effective and none inheritable or
 * ambient: those berth made ambient so that the exec of berth-init in a namespace without maps kept them. */
int become(struct init *in, uint64_t uid, uint64_t gid, bool drop_groups)
{
	struct caps c;
	if (drop_groups && syscall(SYS_setgroups, 0, NULL) < 0)
		return fail(in, DETAIL_GROUPS, errno, NULL);
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return fail(in, DETAIL_GID, errno, NULL);
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		return fail(in, DETAIL_UID, errno, NULL);
	if (not_dumpable(in) < 0)
		return -1;
	if (caps_get(&c) < 0)
		return fail(in, DETAIL_CAPSET, errno, NULL);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	c.effective = c.permitted;
	c.inheritable = 0;
	return caps_set(&c) < 0 ? fail(in, DETAIL_CAPSET, errno, NULL) : 0;
}

int step_cap_bounding(struct init *in, const struct plan_step *s)
{
	for (int cap = 0; cap < 64 && (!s->val[1] || (uint64_t)cap < s->val[1]); cap++) {
		if (s->val[0] >> cap & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL) /* above the last one of this kernel */
			return 0;
		int err = errno;
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return fail(in, DETAIL_CAPSET, err, NULL);
	}
	return 0;
}

static void sort(uint32_t *v, size_t n)
{
	for (size_t gap = n / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11) {
		for (size_t i = gap; i < n; i++) {
			uint32_t x = v[i];
			size_t k = i;
			for (; k >= gap && v[k - gap] > x; k -= gap)
				v[k] = v[k - gap];
			v[k] = x;
		}
	}
}

/* The kernel keeps groups sorted, so ours are sorted in place and then both are compared. */
static bool groups_are(uint32_t *want, size_t n)
{
	size_t bytes = (n + 1) * sizeof(*want);
	uint32_t few[33], *have = few;
	if (bytes > sizeof(few))
		have = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (have == MAP_FAILED)
		return false;
	sort(want, n);
	long got = syscall(SYS_getgroups, (int)(n + 1), have);
	bool same = got == (long)n && memcmp(want, have, n * sizeof(*want)) == 0;
	if (have != few)
		munmap(have, bytes);
	return same;
}

static bool ids_are(uid_t uid, gid_t gid)
{
	uid_t u[3];
	gid_t g[3];
	return syscall(SYS_getresuid, &u[0], &u[1], &u[2]) == 0 && u[0] == uid && u[1] == uid &&
	       u[2] == uid && syscall(SYS_getresgid, &g[0], &g[1], &g[2]) == 0 && g[0] == gid &&
	       g[1] == gid && g[2] == gid;
}

/* Groups before gid before uid, as each needs what the next one gives away. PR_SET_KEEPCAPS keeps the permitted set
 * (the exec clears the flag); the effective one is raised again, for the steps after this. What is as it shall be is
 * only read. */
int step_user(struct init *in, const struct plan_step *s)
{
	uint32_t *groups = (uint32_t *)(in->data + s->str[0]);
	uid_t uid = (uid_t)s->val[0];
	gid_t gid = (gid_t)s->val[1];
	struct caps c;

	/* -1 would mean "as it is" */
	if (s->val[0] >= UINT32_MAX || s->val[1] >= UINT32_MAX)
		return fail(in, DETAIL_PLAN, EINVAL, NULL);
	bool as_is = uid == 0 && gid == 0 && ids_are(uid, gid); /* others may be what an id without a map looks like */
	if (!as_is && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail(in, DETAIL_CAPSET, errno, NULL);
	if ((s->flags & STEP_F_SETGROUPS) && (s->num || (!in->groups_denied && !groups_are(groups, 0)))) {
		if (syscall(SYS_setgroups, (int)s->num, groups) < 0)
			return fail(in, DETAIL_GROUPS, errno, NULL);
		if (!groups_are(groups, s->num))
			return fail(in, DETAIL_GROUPS, EPERM, NULL);
	}
	if (as_is) /* fsuid and fsgid as well, since our exec */
		return 0;
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return fail(in, DETAIL_GID, errno, NULL);
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		return fail(in, DETAIL_UID, errno, NULL);
	if (not_dumpable(in) < 0)
		return -1;
	if (!ids_are(uid, gid))
		return fail(in, DETAIL_UID, EPERM, NULL);
	if (caps_get(&c) < 0)
		return fail(in, DETAIL_CAPSET, errno, NULL);
	if (c.effective == c.permitted)
		return 0;
	c.effective = c.permitted;
	return caps_set(&c) < 0 ? fail(in, DETAIL_CAPSET, errno, NULL) : 0;
}

static void warn_caps(struct init *in, enum plan_detail detail, uint64_t lost)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = "capabilities 0x0000000000000000 cannot be granted";
	char *p = text + sizeof("capabilities 0x") - 1;
	for (int i = 0; i < 16; i++)
		p[i] = hex[lost >> (60 - 4 * i) & 15];
	if (lost)
		warn(in, detail, EPERM, text);
}

static uint64_t bounding(void)
{
	uint64_t set = 0;
	for (int cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			set |= 1ULL << cap;
	}
	return set;
}

/* Ambient ones must be permitted and inheritable: the kernel has taken the others away. The old ones go in any case. */
static int set_ambient(struct init *in, uint64_t want, uint64_t possible)
{
	uint64_t lost = want & ~possible;
	if (possible && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return fail(in, DETAIL_AMBIENT, errno, NULL);
	for (int cap = 0; cap < 64; cap++) {
		if (!(want & possible & 1ULL << cap))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) == 0)
			continue;
		if (errno != EPERM) /* EPERM: securebits forbid it */
			return fail(in, DETAIL_AMBIENT, errno, NULL);
		lost |= 1ULL << cap;
	}
	warn_caps(in, DETAIL_AMBIENT, lost);
	return 0;
}

/* A capability that this process does not have cannot be given: a warning (the specification wants no
 * failure). What can be given must then be there, and nothing else. */
int step_caps(struct init *in, const struct plan_step *s)
{
	struct caps have, want = { s->val[0], s->val[1], s->val[2] }, now;
	bool all = !((want.effective | want.inheritable) & ~want.permitted) && caps_set(&want) == 0;
	if (caps_get(&have) < 0)
		return fail(in, DETAIL_CAPSET, errno, NULL);
	if (all && memcmp(&have, &want, sizeof(have)) == 0) /* the usual case: each could be had, and is there */
		return set_ambient(in, s->val[3], want.permitted & want.inheritable);
	want.permitted &= have.permitted;
	want.effective &= want.permitted;
	want.inheritable &= have.permitted | have.inheritable;
	if (caps_set(&want) < 0) {
		if (errno != EPERM || !want.inheritable)
			return fail(in, DETAIL_CAPSET, errno, NULL);
		want.inheritable &= bounding() | have.inheritable;
		if (caps_set(&want) < 0)
			return fail(in, DETAIL_CAPSET, errno, NULL);
	}
	if (caps_get(&now) < 0 || memcmp(&now, &want, sizeof(now)) != 0)
		return fail(in, DETAIL_CAPSET, EPERM, NULL);
	warn_caps(in, DETAIL_CAPSET, (s->val[0] & ~want.effective) | (s->val[1] & ~want.permitted) |
			  (s->val[2] & ~want.inheritable));
	return set_ambient(in, s->val[3], want.permitted & want.inheritable);
}

int step_no_new_privs(struct init *in, const struct plan_step *s)
{
	(void)s;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(in, DETAIL_NONE, errno, NULL) : 0;
}
