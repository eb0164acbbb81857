/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as the block that berth sends to berth-init: the reader itself (runtime/init/read.c, compiled into this file with
 * the calls that reach outside played). The first byte says how the rest arrives: its lower half in what portions, bit 7
 * with which descriptors.
 *
 * Holds: reading ends with a plan, a refusal or the end of the process, whatever comes; and every string, list and blob of an
 * accepted plan lies in the block, which is a heap object here, so that AddressSanitizer sees the first byte beyond it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* Longer blocks get memory of their own, behind whose end the sanitizer watches. */
#define PLAN_FEW 256
#include "fuzz.h"

static ssize_t played_recvmsg(int fd, struct msghdr *msg, int flags);
static void *played_mmap(void *at, size_t len, int prot, int flags, int fd, off_t off);
struct init;
static _Noreturn void played_lost(struct init *in, int err);

/* what it calls; its own names take the place of the real file, which is not linked */
#define recvmsg played_recvmsg
#define mmap played_mmap
#define lost played_lost
#include "../../runtime/init/read.c"
#undef mmap
#undef recvmsg

static struct play {
	const char *data;
	size_t size, at, chunk;
	unsigned fds; /* still to come */
	char *block;
	jmp_buf end;
} play;

static _Noreturn void played_lost(struct init *in, int err)
{
	(void)in, (void)err;
	longjmp(play.end, 1);
}

/* As the kernel: no more than is asked for, at most one control message. */
static ssize_t played_recvmsg(int fd, struct msghdr *msg, int flags)
{
	(void)fd, (void)flags;
	size_t n = play.size - play.at;
	if (n > msg->msg_iov->iov_len)
		n = msg->msg_iov->iov_len;
	if (play.chunk && n > play.chunk)
		n = play.chunk;
	memcpy(msg->msg_iov->iov_base, play.data + play.at, n);
	play.at += n;
	size_t nfds = play.fds;
	if (msg->msg_controllen < CMSG_SPACE(sizeof(int)) || !nfds || !n) {
		msg->msg_controllen = 0;
		return (ssize_t)n;
	}
	if (CMSG_LEN(nfds * sizeof(int)) > msg->msg_controllen)
		nfds = (msg->msg_controllen - CMSG_LEN(0)) / sizeof(int);
	if (nfds > PLAN_FDS_PER_MSG)
		nfds = PLAN_FDS_PER_MSG;
	struct cmsghdr *c = msg->msg_control;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
	memset(CMSG_DATA(c), 0, nfds * sizeof(int));
	msg->msg_controllen = c->cmsg_len;
	play.fds -= (unsigned)nfds;
	return (ssize_t)n;
}

static void *played_mmap(void *at, size_t len, int prot, int flags, int fd, off_t off)
{
	(void)at, (void)prot, (void)flags, (void)fd, (void)off;
	play.block = calloc(1, len); /* anonymous memory is zeroed */
	return play.block ? play.block : MAP_FAILED;
}

/* ---- what the steps do with it ---- */

static volatile size_t sink;

static void touch_list(const struct init *in, uint32_t off)
{
	uint64_t n;
	char **v = plan_argv(in, off, &n);
	for (uint64_t i = 0; i < n; i++)
		sink += strlen(v[i]);
	FUZZ_ASSERT(!v[n]); /* execve(2) looks for it */
}

static void touch_bytes(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sink += (unsigned char)p[i];
}

static void touch(const struct init *in, const struct plan_step *s)
{
	const struct step_row *r = step_row(s->kind);
	for (int i = 0; i < 3; i++) {
		const char *p = plan_text(in, s->str[i]);
		switch (r->str[i]) {
		case D_STR:
			sink += strlen(p);
			break;
		case D_LIST:
			touch_list(in, s->str[i]);
			break;
		case D_BYTES:
			touch_bytes(p, s->num);
			break;
		case D_GROUPS:
			touch_bytes(p, s->num * sizeof(uint32_t));
			break;
		case D_FILTER:
			touch_bytes(p, s->num * sizeof(struct sock_filter));
			break;
		case D_NODES:
			touch_bytes(p, s->str[i] ? (s->val[0] + 63) / 64 * 8 : 0);
			break;
		default:
			break;
		}
	}
	if (s->kind == STEP_HOOK)
		sink += strlen(plan_text(in, s->val[1])) + strlen(plan_text(in, s->val[2]));
}

static void touch_all(struct init *in)
{
	FUZZ_ASSERT(in->why.step == -1);
	for (in->step = 0; in->step < in->head->nsteps; in->step++) {
		struct plan_step *s = &in->steps[in->step];
		touch(in, s);
		int fd = plan_take_fd(in, s);
		FUZZ_ASSERT(s->fd < 0 ? fd == -1 : in->fds[s->fd] == -1);
		const struct plan_step *next = plan_next(in, s->kind);
		FUZZ_ASSERT(!next || (next > s && next->kind == s->kind));
	}
}

/* A file-level object: what longjmp(3) passes over keeps its value. */
bool fuzz_read_block(const void *data, size_t size, size_t chunk, unsigned fds)
{
	static struct init in;
	bool good = false;
	in = (struct init){ .why = { .step = -1 } };
	play = (struct play){ .data = data, .size = size, .chunk = chunk, .fds = fds };
	if (setjmp(play.end) == 0) {
		int r = plan_receive(&in);
		FUZZ_ASSERT(r == 0 || (r == -1 && in.why.err && in.why.detail == DETAIL_PLAN));
		if (r == 0)
			touch_all(&in);
		good = r == 0;
	}
	free(play.block);
	return good;
}

void fuzz_block(const uint8_t *data, size_t size)
{
	if (!size)
		return;
	char *copy = fuzz_copy(data + 1, size - 1);
	struct plan_head h = { 0 };
	if (size - 1 >= sizeof(h))
		memcpy(&h, copy, sizeof(h));
	/* bit 7: as many descriptors as the head announces, else as many as bits 4 to 6 say */
	unsigned fds = data[0] & 0x80 ? (h.nfds < 2000 ? h.nfds : 2000) : data[0] >> 4 & 7;
	bool good = fuzz_read_block(copy, size - 1, data[0] & 15, fds);
	/* in one piece, what comes behind the block is seen, and refused */
	FUZZ_ASSERT(fuzz_read_block(copy, size - 1, 0, fds) == good || h.nfds || h.size < size - 1);
	free(copy);
}

/* ---- mutation ---- */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));

/* Seven of eight get a head that adds up, or hardly anything would come past it. */
size_t fuzz_block_mutate(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct plan_head h;
	size = LLVMFuzzerMutate(data, size, max);
	if (size < 1 + sizeof(h) + 1 || seed % 8 == 0)
		return size;
	memcpy(&h, data + 1, sizeof(h));
	size_t room = (size - 1 - sizeof(h) - 1) / sizeof(struct plan_step);
	h.magic = PLAN_MAGIC;
	h.version = PLAN_VERSION;
	h.size = (uint32_t)(size - 1);
	if (h.nsteps > room)
		h.nsteps = (uint32_t)(seed / 8 % (room + 1));
	if (h.nfds > 300)
		h.nfds %= 8;
	h.data_off = (uint32_t)(sizeof(h) + h.nsteps * sizeof(struct plan_step));
	h.data_len = h.size - h.data_off;
	memcpy(data + 1, &h, sizeof(h));
	data[1 + h.data_off] = data[size - 1] = 0;
	return size;
}
