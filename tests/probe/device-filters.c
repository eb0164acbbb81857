/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * device-filters: on the host's side of a test, the BPF programs that decide about devices.
 *
 *	device-filters list CGROUP	"ID NAME" of each that is attached to this very cgroup
 *	device-filters alive ID		exit status 0: the kernel still has this program, 1: it does not
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int by_id(uint32_t id)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

static void print_program(uint32_t id)
{
	struct bpf_prog_info info;
	union bpf_attr attr;
	int fd = by_id(id);
	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (fd < 0 || sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		printf("%u ?%d\n", id, errno);
	else
		printf("%u %s\n", id, info.name);
	if (fd >= 0)
		close(fd);
}

static int list(const char *cgroup)
{
	uint32_t ids[64] = { 0 };
	union bpf_attr attr;
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = 64;
	if (fd < 0 || sys_bpf(BPF_PROG_QUERY, &attr) < 0) {
		perror(cgroup);
		return 2;
	}
	for (uint32_t i = 0; i < attr.query.prog_cnt; i++)
		print_program(ids[i]);
	close(fd);
	return 0;
}

static int alive(const char *id)
{
	int fd = by_id((uint32_t)strtoul(id, NULL, 10));
	if (fd >= 0)
		close(fd);
	else if (errno != ENOENT)
		perror("bpf");
	return fd >= 0 ? 0 : errno == ENOENT ? 1 : 2;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "list") == 0)
		return list(argv[2]);
	if (argc == 3 && strcmp(argv[1], "alive") == 0)
		return alive(argv[2]);
	fprintf(stderr, "usage: device-filters list CGROUP | alive ID\n");
	return 2;
}
