/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Receiving the plan. The block is treated as hostile: each number that becomes an address is checked
 * here, so that the step functions can use what they are given.
 *
 *   head, fds and, when it fits, all of the block -> else one anonymous mapping for block and fds -> the rest
 *   -> the sections add up -> every step: kind, fd, data -> lists become pointers -> lists once more
 *
 * Strings need no scan: the data ends with NUL, so a string that starts in it ends in it. Relocation
 * cannot break that, because a list ends with a slot that is not written, so the last byte stays. Lists
 * that lie over each other could spoil each other's end, which the second pass over them finds.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "init.h"
#include "sys.h"

enum { FILTER_MAX = 4096, FILTER_SIZE = 8 }; /* BPF_MAXINSNS, sizeof(struct sock_filter) */

static int bad(struct init *in)
{
	return fail(in, DETAIL_PLAN, EINVAL, NULL);
}

static ssize_t receive(struct init *in, void *buf, size_t len, struct msghdr *msg)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	ssize_t n;
	msg->msg_iov = &iov;
	msg->msg_iovlen = 1;
	do
		n = recvmsg(in->sync, msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		lost(in, n < 0 ? errno : 0);
	return n;
}

static void receive_all(struct init *in, char *p, size_t len)
{
	while (len > 0) {
		struct msghdr msg = { 0 };
		size_t n = (size_t)receive(in, p, len, &msg);
		p += n;
		len -= n;
	}
}

/* One message with its fds; *ret_n fds are put at `to`, which has room for `room`. */
static ssize_t receive_fds(struct init *in, void *buf, size_t len, int *to, size_t room, size_t *ret_n)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * PLAN_FDS_PER_MSG)];
	} control;
	struct msghdr msg = { .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
	ssize_t got = receive(in, buf, len, &msg);
	*ret_n = 0;
	/* cut off: more fds than announced, or our limit of open files */
	if (msg.msg_flags & MSG_CTRUNC)
		lost(in, EMFILE);
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg); /* the kernel puts all fds into one */
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		*ret_n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (*ret_n > room)
			lost(in, EPROTO);
		memcpy(to, CMSG_DATA(c), *ret_n * sizeof(int));
	}
	return got;
}

static bool head_ok(const struct plan_head *h)
{
	return h->magic == PLAN_MAGIC && h->version == PLAN_VERSION && h->size <= PLAN_MAX_SIZE &&
	       h->nsteps <= PLAN_MAX_STEPS && h->nfds <= PLAN_MAX_FDS && h->data_len >= 1 &&
	       h->data_off == sizeof(*h) + (uint64_t)h->nsteps * sizeof(struct plan_step) &&
	       h->size == (uint64_t)h->data_off + h->data_len;
}

int leave_below;

/* Many bind mounts bring many fds; the soft limit must not stop us. Given back by STEP_READY. */
static void raise_files(struct init *in, size_t nfds)
{
	struct limit l;
	if (sys_prlimit(RLIMIT_NOFILE, NULL, &in->nofile) < 0)
		return;
	leave_below = in->nofile.soft < 256 ? 0 : 128;
	l.soft = l.hard = in->nofile.hard;
	in->files_raised = nfds >= PLAN_FDS_PER_MSG && sys_prlimit(RLIMIT_NOFILE, &l, NULL) == 0;
}

static int receive_block(struct init *in)
{
	static _Alignas(struct plan_head) char few[PLAN_FEW];
	struct plan_head h;
	int first[PLAN_FDS_PER_MSG];
	size_t have, more, got = (size_t)receive_fds(in, few, sizeof(few), first, PLAN_FDS_PER_MSG, &have);

	if (got < sizeof(h)) {
		receive_all(in, few + got, sizeof(h) - got);
		got = sizeof(h);
	}
	memcpy(&h, few, sizeof(h));
	if (!head_ok(&h) || have > h.nfds || got > h.size || (have < h.nfds && got > sizeof(h)))
		return bad(in);
	raise_files(in, h.nfds);
	size_t fds_at = (h.size + 7UL) & ~7UL;
	size_t room = fds_at + h.nfds * sizeof(int);
	char *block = room <= sizeof(few) ? few : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (block == MAP_FAILED)
		return fail(in, DETAIL_PLAN, errno, NULL);
	if (block != few)
		memcpy(block, few, got);
	in->head = (struct plan_head *)block;
	in->steps = (struct plan_step *)(block + sizeof(h));
	in->data = block + h.data_off;
	in->fds = (int *)(block + fds_at);
	memcpy(in->fds, first, have * sizeof(int));
	for (; have < h.nfds; have += more) {
		char f;
		receive_fds(in, &f, 1, in->fds + have, h.nfds - have, &more);
		if (f != 'F' || more == 0)
			return bad(in);
	}
	receive_all(in, block + got, h.size - got);
	return 0;
}

/* ---- what the steps refer to ---- */

static bool blob_ok(const struct plan_head *h, uint32_t off, uint64_t len)
{
	return off % 8 == 0 && len <= h->data_len && off <= h->data_len - len && (off || !len);
}

static bool data_ok(const struct plan_head *h, const struct plan_step *s, unsigned kind, uint32_t off)
{
	switch (kind) {
	case D_STR:
		return off < h->data_len;
	case D_BYTES:
		return s->num && blob_ok(h, off, s->num);
	case D_GROUPS:
		return blob_ok(h, off, s->num * 4ULL);
	case D_FILTER:
		return s->num && s->num <= FILTER_MAX && blob_ok(h, off, s->num * (uint64_t)FILTER_SIZE);
	case D_NODES: /* set_mempolicy(2) reads whole words and one bit less than told */
		return !off || (s->val[0] <= 1 << 20 && blob_ok(h, off, (s->val[0] + 63) / 64 * 8));
	default: /* D_LIST: see list_relocate() */
		return true;
	}
}

/* Slots from the data at `off`, or NULL when there is no room for the list that it claims to be. */
static uint64_t *list_at(const struct init *in, uint32_t off, uint64_t *ret_n)
{
	uint32_t len = in->head->data_len;
	if (off % 8 || off > len || len - off < 16)
		return NULL;
	uint64_t *l = (uint64_t *)(in->data + off);
	if (l[0] > (len - off) / 8 - 2)
		return NULL;
	*ret_n = l[0];
	return l + 1;
}

static bool list_relocate(struct init *in, uint32_t off)
{
	uint64_t n, *slot = list_at(in, off, &n);
	if (!slot || slot[n])
		return false;
	for (uint64_t i = 0; i < n; i++) {
		if (slot[i] >= in->head->data_len)
			return false; /* also a list that was relocated before */
		slot[i] = (uintptr_t)(in->data + slot[i]);
	}
	return true;
}

static bool list_ok(struct init *in, uint32_t off)
{
	uint64_t n, *slot = list_at(in, off, &n);
	uintptr_t start = (uintptr_t)in->data;
	if (!slot || slot[n])
		return false;
	for (uint64_t i = 0; i < n; i++) {
		if (slot[i] < start || slot[i] - start >= in->head->data_len)
			return false;
	}
	return true;
}

static bool step_ok(const struct init *in, const struct plan_step *s)
{
	const struct plan_head *h = in->head;
	const struct step_row *r = step_row(s->kind);
	if (!r || s->fd < -1 || (s->fd >= 0 && (uint32_t)s->fd >= h->nfds))
		return false;
	for (int i = 0; i < 3; i++) {
		if (!data_ok(h, s, r->str[i], s->str[i]))
			return false;
	}
	/* the only strings that do not fit in str[] */
	return s->kind != STEP_HOOK || (s->val[1] < h->data_len && s->val[2] < h->data_len);
}

static bool each_list(struct init *in, bool (*fn)(struct init *, uint32_t))
{
	for (uint32_t i = 0; i < in->head->nsteps; i++) {
		const struct plan_step *s = &in->steps[i];
		for (int k = 0; k < 3; k++) {
			if (step_row(s->kind)->str[k] == D_LIST && s->str[k] && !fn(in, s->str[k])) {
				in->why.step = (int32_t)i;
				return false;
			}
		}
	}
	return true;
}

int plan_receive(struct init *in)
{
	if (receive_block(in) < 0)
		return -1;
	const struct plan_head *h = in->head;
	if (in->data[0] || in->data[h->data_len - 1])
		return bad(in);
	for (uint32_t i = 0; i < h->nsteps; i++) {
		if (!step_ok(in, &in->steps[i])) {
			in->why.step = (int32_t)i;
			return bad(in);
		}
	}
	if (!each_list(in, list_relocate) || !each_list(in, list_ok))
		return bad(in);
	in->why.step = -1;
	return 0;
}

/* ---- for the steps ---- */

char **plan_argv(const struct init *in, uint32_t off, uint64_t *n)
{
	static char *none[1];
	uint64_t *l = (uint64_t *)(in->data + off);
	if (n)
		*n = off ? l[0] : 0;
	return off ? (char **)(l + 1) : none;
}

const struct plan_step *plan_next(const struct init *in, enum plan_kind kind)
{
	for (uint32_t i = in->step + 1; i < in->head->nsteps; i++) {
		if (in->steps[i].kind == kind)
			return &in->steps[i];
	}
	return NULL;
}

int plan_take_fd(struct init *in, const struct plan_step *s)
{
	if (s->fd < 0) {
		errno = EBADF;
		return -1;
	}
	int fd = in->fds[s->fd];
	in->fds[s->fd] = -1;
	if (fd < 0)
		errno = EBADF;
	return fd;
}
