/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root filesystem with a static busybox, and the steps that most plans of the tests share. */
#ifndef BERTH_TESTS_UNIT_INIT_ROOT_H
#define BERTH_TESTS_UNIT_INIT_ROOT_H

#include <sys/sysmacros.h>

#include "init_driver.h"

/* ls / in it */
#define ROOT_LIST "bin\ndev\netc\nfifo\nfixed\nfull\nhook\nprivate\nproc\nsecret\nsecrets\n"

static char root_dir[] = "/tmp/berth-init-root-XXXXXX";
static bool root_made;

static inline const char *root_path(const char *name)
{
	static char path[4][256];
	static int i;
	char *p = path[i++ % 4];
	snprintf(p, sizeof(path[0]), "%s/%s", root_dir, name);
	return p;
}

static inline void shell(const char *script)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (chdir(root_dir) == 0)
			execl("/bin/sh", "sh", "-ec", script, NULL);
		_exit(127);
	}
	int status;
	waitpid(pid, &status, 0);
	if (status)
		T_FAIL("%s: status %x", script, (unsigned)status);
}

/* What tests made in it beside that goes too. */
static inline void root_remove(void)
{
	char cmd[512];
	if (!root_made)
		return;
	snprintf(cmd, sizeof(cmd), "cd / && rm -rf --one-file-system %s", root_dir);
	shell(cmd);
}

static inline bool root_ready(void)
{
	if (geteuid() != 0 || access("/bin/busybox", X_OK) < 0) {
		printf("skipped: needs root and a static /bin/busybox\n");
		return false;
	}
	if (root_made)
		return true;
	if (!mkdtemp(root_dir) || chmod(root_dir, 0755) < 0 || atexit(root_remove))
		abort();
	root_made = true;
	umask(022);
	shell("mkdir bin dev etc fixed full full/sub private proc secrets\n"
	      "cp /bin/busybox bin/\n"
	      "for i in sh ls cat; do ln -s busybox bin/$i; done\n"
	      "printf '#!/no/interpreter\\n' >bin/script; chmod 755 bin/script\n"
	      "mkfifo fifo; touch fixed/kept hook; echo secret >secret; echo x >secrets/x\n"
	      "printf "
	      "'root:x:0:0::/root:/bin/sh\\nsomeone:x:1000:1000::/home/someone:\\nbad:x:2000:1::rel:\\n' "
	      ">etc/passwd\n"
	      "chmod 700 private\n"
	      "echo text >full/sub/file; chown 7:8 full/sub/file; chmod 4755 full/sub/file; ln -s "
	      "/etc/passwd full/link\n"
	      "mkfifo -m 640 full/pipe; chown 5:6 full/sub; chmod 1750 full/sub; chown 3:4 full; chmod 711 "
	      "full");
	return true;
}

/* ---- steps ---- */

static inline int tree_of(const char *path)
{
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
			      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (fd < 0)
		T_FAIL("open_tree %s: %m", path);
	return fd;
}

static inline void p_root(void)
{
	b_step(STEP_ROOT_PROPAGATION)->val[0] = MS_SLAVE;
	b_step(STEP_ROOT)->fd = b_fd(tree_of(root_dir));
}

/* At its own place, as for hooks. */
static inline void p_root_in_place(void)
{
	b_step(STEP_ROOT_PROPAGATION)->val[0] = MS_SLAVE;
	b_step_str(STEP_ROOT, root_dir, NULL)->fd = b_fd(tree_of(root_dir));
}

static inline struct plan_step *p_fs(const char *type, const char *at)
{
	return b_step_str(STEP_MOUNT_FS, type, at);
}

static inline void p_proc(void) { p_fs("proc", "/proc")->num = MOUNT_PROC; }

static inline struct plan_step *p_tmpfs(const char *at, unsigned flags)
{
	struct plan_step *s = p_fs("tmpfs", at);
	s->flags = (uint16_t)flags;
	return s;
}

static inline struct plan_step *p_bind(const char *from, const char *to, bool dir)
{
	struct plan_step *s = b_step_str(STEP_MOUNT_BIND, NULL, to);
	s->fd = b_fd(tree_of(from));
	s->flags = dir ? STEP_F_DIR : 0;
	return s;
}

static inline struct plan_step *p_node(const char *name, unsigned major, unsigned minor)
{
	struct plan_step *s = b_step_str(STEP_DEVICE, name, NULL);
	s->flags = STEP_F_IN_DEV;
	s->val[0] = S_IFCHR | 0666;
	s->val[1] = makedev(major, minor);
	return s;
}

static inline void p_dev(void)
{
	p_tmpfs("/dev", STEP_F_COPY_MODE)->num = MOUNT_DEV;
	p_node("null", 1, 3);
	p_node("tty", 5, 0);
	b_step_str(STEP_SYMLINK, "/proc/self/fd", "fd");
}

static inline void p_find(const char *exe) { b_step_str(STEP_LOOKUP, exe, NULL); }

#define p_args(...)                                                                                          \
	do {                                                                                                 \
		uint32_t argv_ = B_LIST(__VA_ARGS__), env_ = B_LIST("X=1", "HOME=");                         \
		struct plan_step *s_ = b_step(STEP_EXEC);                                                    \
		s_->str[1] = argv_;                                                                          \
		s_->str[2] = env_;                                                                           \
	} while (0)

#define p_exec(exe, ...)                                                                                     \
	do {                                                                                                 \
		p_find(exe);                                                                                 \
		b_step(STEP_READY);                                                                          \
		p_args(__VA_ARGS__);                                                                         \
	} while (0)

#define p_sh(script) p_exec("/bin/sh", "sh", "-c", script)

#endif
