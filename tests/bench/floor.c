/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The physical limit: makes the kernel objects of the benchmark's bundle (bundle.json beside this file) with raw
 * system calls and nothing else: no config, no checks, no undo, no protection from what is in the image. What a
 * runtime takes longer than this is its own.
 *
 *	floor run ROOTFS CGROUP_DIR PROGRAM		CGROUP_DIR is made, used and removed
 *	floor create ROOTFS CGROUP_DIR PROGRAM NAME	the same up to the exec: NAME.pid has the pid, and the process
 *							waits on the socket NAME.sock
 *	floor state NAME	reads the pid, looks whether it lives, prints a line
 *	floor start NAME	tells the process to go on, and waits for its exec
 *	floor exec CGROUP_DIR NAME PROGRAM		one more process in it, and its end
 *	floor kill NAME		SIGKILL through a pidfd
 *	floor delete CGROUP_DIR NAME			removes the cgroup and the files
 *
 * Namespaces mount, pid, network, uts, ipc, cgroup; cgroup with a device filter; proc, tmpfs /dev with six
 * nodes and five links, devpts, shm, mqueue, sysfs, cgroup; masked and read-only paths; read-only root;
 * pivot_root; loopback; keyring; capabilities; no_new_privs; exec.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(x)                                                                                                 \
	do {                                                                                                     \
		if ((long)(x) < 0)                                                                               \
			err(1, "%s", #x);                                                                        \
	} while (0)

static int root_fd;

static int in_root(const char *path)
{
	struct open_how {
		uint64_t flags, mode, resolve;
	} how = { O_PATH | O_CLOEXEC, 0, 0x10 /* RESOLVE_IN_ROOT */ };
	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

static void attach(int mnt, const char *path)
{
	int target = in_root(path);
	CHECK(target);
	CHECK(syscall(SYS_move_mount, mnt, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
	close(target);
}

static int mount_fs(const char *type, const char *path, unsigned attr, const char *const *opts)
{
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	CHECK(fs);
	for (; opts && opts[0]; opts += 2)
		CHECK(syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, opts[0], opts[1], 0));
	CHECK(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	int mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attr);
	CHECK(mnt);
	close(fs);
	attach(mnt, path);
	return mnt;
}

static void make_dev(int dev)
{
	static const struct { const char *name; int major, minor; } nodes[] = {
		{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
	};
	static const char *const links[][2] = { { "/proc/self/fd", "fd" },	   { "/proc/self/fd/0", "stdin" },
						{ "/proc/self/fd/1", "stdout" }, { "/proc/self/fd/2", "stderr" },
						{ "pts/ptmx", "ptmx" } };
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		CHECK(mknodat(dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
	for (size_t i = 0; i < 5; i++)
		CHECK(symlinkat(links[i][0], dev, links[i][1]));
	CHECK(mkdirat(dev, "pts", 0755));
	CHECK(mkdirat(dev, "shm", 0755));
	CHECK(mkdirat(dev, "mqueue", 0755));
}

static void mask_paths(void)
{
	static const char *const files[] = { "proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list",
					     "proc/sched_debug" };
	static const char *const dirs[] = { "proc/acpi", "proc/asound", "proc/scsi", "sys/firmware" };
	static const char *const readonly[] = { "proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger" };
	int null = open("/dev/null", O_PATH | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int t = in_root(files[i]);
		if (t < 0)
			continue;
		int m = (int)syscall(SYS_open_tree, null, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		CHECK(syscall(SYS_move_mount, m, "", t, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
		close(m);
		close(t);
	}
	int empty = -1;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		int t = in_root(dirs[i]);
		if (t < 0)
			continue;
		close(t);
		if (empty < 0)
			empty = mount_fs("tmpfs", dirs[i], MOUNT_ATTR_RDONLY, NULL);
		else
			attach((int)syscall(SYS_open_tree, empty, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH),
			       dirs[i]);
	}
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	for (size_t i = 0; i < sizeof(readonly) / sizeof(readonly[0]); i++) {
		int t = in_root(readonly[i]);
		if (t < 0)
			continue;
		int m = (int)syscall(SYS_open_tree, t, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		CHECK(syscall(SYS_mount_setattr, m, "", AT_EMPTY_PATH, &ro, sizeof(ro)));
		CHECK(syscall(SYS_move_mount, m, "", t, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
		close(m);
		close(t);
	}
}

static void drop_privileges(void)
{
	uint64_t keep = 1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_AUDIT_WRITE;
	for (int c = 0; c <= CAP_LAST_CAP; c++)
		if (!(keep >> c & 1))
			CHECK(prctl(PR_CAPBSET_DROP, c, 0, 0, 0));
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { (uint32_t)keep, (uint32_t)keep, 0 }, { 0 } };
	CHECK(syscall(SYS_capset, &h, d));
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* Until `floor start` says so; its connection ends with our exec. */
static void wait_for_start(int ready, int listener)
{
	char go;
	if (listener < 0)
		return;
	CHECK(write(ready, "r", 1));
	close(ready);
	int c = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(c);
	if (read(c, &go, 1) != 1)
		_exit(1);
	close(listener);
}

static void child(int tree, char *program, int ready, int listener)
{
	struct mount_attr slave = { .propagation = MS_SLAVE };
	CHECK(setsid());
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor");
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	CHECK(ioctl(s, SIOCSIFFLAGS, &ifr));
	close(s);
	CHECK(sethostname("bench", 5));
	CHECK(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &slave, sizeof(slave)));
	int top = open("/", O_PATH | O_CLOEXEC);
	CHECK(syscall(SYS_move_mount, tree, "", top, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
	root_fd = tree;
	unsigned std = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV;
	mount_fs("proc", "proc", std, NULL);
	make_dev(mount_fs("tmpfs", "dev", MOUNT_ATTR_NOSUID, (const char *[]){ "mode", "755", "size", "65536k", NULL }));
	mount_fs("devpts", "dev/pts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
		 (const char *[]){ "ptmxmode", "0666", "mode", "0620", "gid", "5", NULL });
	mount_fs("tmpfs", "dev/shm", std, (const char *[]){ "mode", "1777", "size", "65536k", NULL });
	mount_fs("mqueue", "dev/mqueue", std, NULL);
	mount_fs("sysfs", "sys", std | MOUNT_ATTR_RDONLY, NULL);
	mount_fs("cgroup2", "sys/fs/cgroup", std | MOUNT_ATTR_RDONLY, NULL);
	mask_paths();
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	CHECK(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &ro, sizeof(ro)));
	CHECK(fchdir(tree));
	CHECK(syscall(SYS_pivot_root, ".", "."));
	CHECK(syscall(SYS_umount2, ".", 2 /* MNT_DETACH */));
	CHECK(chdir("/"));
	wait_for_start(ready, listener);
	struct rlimit nofile = { 1024, 1024 };
	CHECK(setrlimit(RLIMIT_NOFILE, &nofile));
	drop_privileges();
	execv(program, (char *[]){ program, "100000", NULL });
	err(127, "%s", program);
}

/* deny all but the usual devices: loaded and attached as a runtime would */
static void device_filter(int cg)
{
	struct bpf_insn prog[] = {
		{ .code = 0x61, .dst_reg = 2, .src_reg = 1, .off = 4 },	     /* r2 = ctx->major */
		{ .code = 0xb7, .dst_reg = 0, .imm = 1 },		     /* r0 = 1 */
		{ .code = 0x15, .dst_reg = 2, .off = 3, .imm = 1 },	     /* mem devices */
		{ .code = 0x15, .dst_reg = 2, .off = 2, .imm = 5 },	     /* tty */
		{ .code = 0x15, .dst_reg = 2, .off = 1, .imm = 136 },	     /* pts */
		{ .code = 0xb7, .dst_reg = 0, .imm = 0 },		     /* r0 = 0 */
		{ .code = 0x95 },					     /* exit */
	};
	union bpf_attr a;
	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	a.insns = (uintptr_t)prog;
	a.insn_cnt = sizeof(prog) / sizeof(prog[0]);
	a.license = (uintptr_t)"GPL";
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	CHECK(fd);
	memset(&a, 0, sizeof(a));
	a.target_fd = (uint32_t)cg;
	a.attach_bpf_fd = (uint32_t)fd;
	a.attach_type = BPF_CGROUP_DEVICE;
	a.attach_flags = BPF_F_ALLOW_MULTI;
	CHECK(syscall(SYS_bpf, BPF_PROG_ATTACH, &a, sizeof(a)));
	close(fd);
}

static struct sockaddr_un address(const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	snprintf(a.sun_path, sizeof(a.sun_path), "%s.sock", name);
	return a;
}

static const char *file(const char *name, const char *suffix)
{
	static char path[4096];
	snprintf(path, sizeof(path), "%s.%s", name, suffix);
	return path;
}

static pid_t pid_of(const char *name)
{
	char text[16] = "";
	int fd = open(file(name, "pid"), O_RDONLY | O_CLOEXEC);
	CHECK(fd);
	CHECK(read(fd, text, sizeof(text) - 1));
	close(fd);
	return atoi(text);
}

/* Returns the pid; with a name the child waits for `start`, and only then it is as far as a runtime's `create`. */
static pid_t make(const char *rootfs, const char *cgroup, char *program, const char *name)
{
	int ready[2] = { -1, -1 }, listener = -1;
	CHECK(mkdir(cgroup, 0755));
	int cg = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	device_filter(cg);
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	CHECK(tree);
	if (name) {
		struct sockaddr_un a = address(name);
		listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK(bind(listener, (struct sockaddr *)&a, sizeof(a)));
		CHECK(listen(listener, 1));
		CHECK(pipe2(ready, O_CLOEXEC));
	}
	struct clone_args args = { .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |
					    CLONE_NEWCGROUP | CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = (uint64_t)cg };
	long pid = syscall(SYS_clone3, &args, sizeof(args));
	CHECK(pid);
	if (pid == 0)
		child(tree, program, ready[1], listener);
	if (name) {
		char c, text[16];
		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			errx(1, "the child ended");
		int fd = open(file(name, "pid"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		CHECK(fd);
		CHECK(write(fd, text, (size_t)snprintf(text, sizeof(text), "%ld", pid)));
	}
	return (pid_t)pid;
}

static int wait_end(pid_t pid)
{
	int status;
	CHECK(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void start(const char *name)
{
	char c;
	struct sockaddr_un a = address(name);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(connect(s, (struct sockaddr *)&a, sizeof(a)));
	CHECK(write(s, "s", 1));
	if (read(s, &c, 1) != 0) /* end of file: the exec happened */
		errx(1, "unexpected answer");
	CHECK(unlink(a.sun_path));
}

/* The namespaces through a pidfd, then a process of the pid namespace, born in the cgroup. */
static int exec_in(const char *cgroup, const char *name, char *program)
{
	int cg = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int pidfd = (int)syscall(SYS_pidfd_open, pid_of(name), 0);
	CHECK(pidfd);
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cg };
	long outer = syscall(SYS_clone3, &args, sizeof(args));
	CHECK(outer);
	if (outer == 0) {
		CHECK(setns(pidfd, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP));
		pid_t pid = fork();
		CHECK(pid);
		if (pid)
			_exit(wait_end(pid));
		CHECK(setsid());
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor");
		struct rlimit nofile = { 1024, 1024 };
		CHECK(setrlimit(RLIMIT_NOFILE, &nofile));
		drop_privileges();
		execv(program, (char *[]){ program, NULL });
		err(127, "%s", program);
	}
	return wait_end((pid_t)outer);
}

static int state(const char *name)
{
	char stat[512], path[64];
	pid_t pid = pid_of(name);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool lives = fd >= 0 && read(fd, stat, sizeof(stat)) > 0;
	return dprintf(1, "{\"pid\":%d,\"status\":\"%s\"}\n", (int)pid, lives ? "running" : "stopped") < 0;
}

static void remove_all(const char *cgroup, const char *name)
{
	while (rmdir(cgroup) < 0 && errno == EBUSY)
		usleep(200);
	CHECK(unlink(file(name, "pid")));
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	umask(0);
	if (argc == 5 && !strcmp(what, "run")) {
		int status = wait_end(make(argv[2], argv[3], argv[4], NULL));
		CHECK(rmdir(argv[3]));
		return status;
	}
	if (argc == 6 && !strcmp(what, "create"))
		return make(argv[2], argv[3], argv[4], argv[5]) < 0;
	if (argc == 5 && !strcmp(what, "exec"))
		return exec_in(argv[2], argv[3], argv[4]);
	if (argc == 3 && !strcmp(what, "state"))
		return state(argv[2]);
	if (argc == 3 && !strcmp(what, "start"))
		start(argv[2]);
	else if (argc == 3 && !strcmp(what, "kill"))
		CHECK(syscall(SYS_pidfd_send_signal, (int)syscall(SYS_pidfd_open, pid_of(argv[2]), 0), SIGKILL, NULL, 0));
	else if (argc == 4 && !strcmp(what, "delete"))
		remove_all(argv[2], argv[3]);
	else
		errx(2, "see the head of floor.c");
	return 0;
}
