/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading and attaching the device filter, without libbpf: it takes two calls.
 *
 * Filters of a cgroup and of those above it (systemd attaches its own) all have to agree, so ours is
 * attached beside them (BPF_F_ALLOW_MULTI). One of ours that is there already is known by its program
 * name and replaced in one step (BPF_F_REPLACE [5.6]): at no time is the container without a filter.
 *
 * Every call passes the whole union, zeroed: the kernel writes back as much of it as it knows, which
 * has grown over time (BPF_PROG_QUERY [6.17]).
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

#include "../lib/fd.h"
#include "../lib/interrupt.h"
#include "../lib/sys.h"

static const char program_name[] = "berth_devices"; /* at most BPF_OBJ_NAME_LEN - 1 letters */
_Static_assert(sizeof(program_name) <= BPF_OBJ_NAME_LEN, "name of the program");

enum { PROGRAMS_MAX = 64, LOG_SIZE = 64 * 1024 };

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static uint64_t ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int load(const struct cg_dev_prog *p, char *log, size_t log_size)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = ptr(p->v);
	attr.insn_cnt = (uint32_t)p->n;
	attr.license = ptr("LGPL");
	memcpy(attr.prog_name, program_name, sizeof(program_name));
	if (log) {
		attr.log_buf = ptr(log);
		attr.log_size = (uint32_t)log_size;
		attr.log_level = 1;
	}
	/* the verifier gives up for a signal that is pending, also for one that ends nothing */
	enum { TRIES = 5 };
	int fd = -1;
	for (int i = 0; i < TRIES && fd < 0; i++) {
		fd = sys_bpf(BPF_PROG_LOAD, &attr); /* sets O_CLOEXEC */
		if (fd < 0 && (errno != EAGAIN || interrupted()))
			break;
	}
	return fd;
}

/* Try again with a log, which costs time and memory, only to say what is wrong. */
static int explain_load(const struct cg_dev_prog *p, int eno, struct err *e)
{
	if (eno == EPERM || eno == ENOSYS)
		return err_set(e, eno,
			       "load the device filter (needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN)");
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	char *log = arena_alloc(&a, LOG_SIZE);
	int fd = load(p, log, LOG_SIZE);
	fd_close(&fd);
	size_t n = strnlen(log, LOG_SIZE - 1);
	const char *tail = log + (n > 256 ? n - 256 : 0);
	return err_set(e, eno, "load the device filter of %zu instructions (kernel: \"%s\")", p->n, tail);
}

/* Is this program one of ours? Returns its fd, or -1. */
static int open_ours(uint32_t id)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	CLEANUP_FD int fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return -1;
	struct bpf_prog_info info;
	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = ptr(&info);
	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0 ||
	    strncmp(info.name, program_name, sizeof(info.name)) != 0)
		return -1;
	return take_fd(&fd);
}

/* A filter of ours on this very cgroup: its fd, or -1. */
static int find_ours(int cgfd)
{
	uint32_t ids[PROGRAMS_MAX] = { 0 };
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgfd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = ptr(ids);
	attr.query.prog_cnt = PROGRAMS_MAX;
	if (sys_bpf(BPF_PROG_QUERY, &attr) < 0)
		return -1;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < PROGRAMS_MAX; i++) {
		int fd = open_ours(ids[i]);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static int detach(int cgfd, int progfd, struct err *e)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgfd;
	attr.attach_bpf_fd = (uint32_t)progfd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return sys_bpf(BPF_PROG_DETACH, &attr) < 0 ? err_set(e, errno, "detach the device filter") : 0;
}

int cg_device_attach(int cgfd, bool fresh, const struct cg_dev_prog *p, struct err *e)
{
	CLEANUP_FD int old = fresh ? -1 : find_ours(cgfd);
	if (!p)
		return old < 0 ? 0 : detach(cgfd, old, e);
	CLEANUP_FD int fd = load(p, NULL, 0);
	if (fd < 0)
		return explain_load(p, errno, e);
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgfd;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI | (old < 0 ? 0 : BPF_F_REPLACE);
	attr.replace_bpf_fd = old < 0 ? 0 : (uint32_t)old;
	return sys_bpf(BPF_PROG_ATTACH, &attr) < 0 ? err_set(e, errno, "attach the device filter") : 0;
}
