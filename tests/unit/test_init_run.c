/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * berth-init doing its steps: a root filesystem of one static busybox, plans by hand, and what the program
 * that is run at the end sees. Hostile images are in test_init_image.c.
 */
#include "init_root.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>

T_TEST(whole_container)
{
	if (!root_ready())
		return;
	b_start();
	b_step(STEP_SETSID);
	b_step_str(STEP_KEYRING, "_ses.test", NULL);
	b_step(STEP_LOOPBACK);
	b_step(STEP_SYNC_NS);
	b_step_str(STEP_HOSTNAME, "box", NULL);
	p_root();
	p_proc();
	p_dev();
	b_step_str(STEP_SYSCTL, "net/ipv4/ip_unprivileged_port_start", "77");
	b_step_str(STEP_MASK, "/secret", NULL);
	b_step_str(STEP_MASK, "/secrets", NULL);
	b_step_str(STEP_MASK, "/not/there", NULL);
	b_step_str(STEP_MASK, "/proc/version", NULL);
	b_step_str(STEP_READONLY, "/proc/sys", NULL);
	b_step_str(STEP_READONLY, "/fixed", NULL);
	b_step(STEP_ROOT_READONLY);
	b_step(STEP_PIVOT);
	p_sh("hostname; echo $PWD $X; cat /secret; ls -A /secrets; stat -c '%A %u' /dev/null; readlink "
	     "/dev/fd; "
	     "cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ls /; ls /proc/1/fd; "
	     "echo 1 >/proc/sys/net/ipv4/ip_forward; echo no >/fixed/x; echo no >/x; echo n >/dev/null && "
	     "echo null-ok; "
	     "chmod 666 /proc/version; ifconfig lo | grep -c UP; echo pid $$; mount | grep -c '/old'");
	struct outcome *o = run_plan(ALL_NS, NULL);
	T_INT(o->status, 256); /* grep -c found none */
	T_OK(find_report(o, MSG_NS_READY) && find_report(o, MSG_READY) && find_report(o, MSG_EXEC));
	T_STR(o->output, "box\n/ 1\ncrw-rw-rw- 0\n/proc/self/fd\n77\n" ROOT_LIST
			 "0\n1\n2\nsh: can't create /proc/sys/net/ipv4/ip_forward: Read-only file system\n"
			 "sh: can't create /fixed/x: Read-only file system\n"
			 "sh: can't create /x: Read-only file system\nnull-ok\n"
			 "chmod: /proc/version: Read-only file system\n1\npid 1\n0\n");
}

/* Who enters the mount namespace anew starts at its topmost root. It must be the container's, or a way out of the
 * chroot would end in the host's tree. */
static void enter_and_look(struct run *r)
{
	char path[64];
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)r->pid);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		_exit(setns(fd, CLONE_NEWNS) < 0 || access("/secrets/x", F_OK) < 0 || access("/usr", F_OK) == 0);
	}
	waitpid(pid, &status, 0);
	T_INT(status, 0);
	answer(r->sync, CMD_START);
}

static void check_root(bool in_place, uint16_t flags)
{
	static struct outcome o;
	struct run r = { .o = &o, .at_ready = enter_and_look };
	memset(&o, 0, sizeof(o));
	b_start();
	if (in_place)
		p_root_in_place();
	else
		p_root();
	p_proc();
	b_step(STEP_PIVOT)->flags = flags;
	p_sh("ls /..; cut -d' ' -f4,5 /proc/self/mountinfo | grep -v ' /proc'; ls /proc/1/root/");
	struct plan_head h = b_head();
	run_start(&r, ALL_NS, NULL);
	send_plan(&r, &h);
	run_finish(&r);
	char expected[512];
	snprintf(expected, sizeof(expected), ROOT_LIST "%s /\n" ROOT_LIST, root_dir);
	T_STR(o.output, expected);
}

T_TEST(roots)
{
	if (!root_ready())
		return;
	check_root(false, 0);
	check_root(true, 0);
	check_root(false, STEP_F_NO_PIVOT);
	check_root(true, STEP_F_NO_PIVOT);
}

static void expect_lookup(const char *name, const char *path, enum plan_detail detail, int err)
{
	b_start();
	p_root();
	b_step(STEP_PIVOT);
	b_step_str(STEP_LOOKUP, name, path);
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	if (f.detail != (uint32_t)detail || f.err != err)
		T_FAIL("%s: detail %u, %s", name, f.detail, strerror(f.err));
	t_checks++;
}

T_TEST(lookups)
{
	if (!root_ready())
		return;
	expect_lookup("none", "/bin:/usr/bin", DETAIL_NOT_FOUND, ENOENT);
	expect_lookup("none", NULL, DETAIL_NOT_FOUND, ENOENT);
	expect_lookup("", NULL, DETAIL_NOT_FOUND, ENOENT);
	expect_lookup("/bin/none", NULL, DETAIL_NONE, ENOENT);
	expect_lookup("/bin", NULL, DETAIL_IS_DIR, EISDIR);
	expect_lookup("/secret", NULL, DETAIL_NOT_EXECUTABLE, EACCES);
	expect_lookup("secret", "/bin:/", DETAIL_NOT_EXECUTABLE, EACCES);
	expect_lookup("/fifo", NULL, DETAIL_NOT_EXECUTABLE, EACCES);
	expect_lookup("/bin/sh", NULL, DETAIL_PLAN, EINVAL); /* found; the plan has no STEP_EXEC */
}

T_TEST(relative_to_cwd)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	b_step(STEP_PIVOT);
	b_step_str(STEP_CWD, "/bin", NULL);
	p_exec("./busybox", "busybox", "pwd");
	struct outcome *o = run_plan(ALL_NS, NULL);
	T_STR(o->output, "/bin\n");
}

T_TEST(missing_interpreter)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	b_step(STEP_PIVOT);
	p_exec("/bin/script", "script", NULL);
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_EXEC);
	T_INT(f.err, ENOENT);
	T_STR(f.text, "/bin/script");
}

T_TEST(home_and_cwd)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	b_step(STEP_PIVOT);
	b_step(STEP_HOME)->val[0] = 1000;
	b_step_str(STEP_CWD, "/new/dir", NULL)->flags = STEP_F_MAKE;
	p_sh("echo $HOME; pwd");
	T_STR(run_plan(ALL_NS, NULL)->output, "/home/someone\n/new/dir\n");
	b_start();
	p_root();
	b_step(STEP_PIVOT);
	b_step(STEP_HOME)->val[0] = 2000;
	p_sh("echo $HOME");
	T_STR(run_plan(ALL_NS, NULL)->output, "/\n");
}

/* Only the user may enter; root without capabilities over it is refused first. */
T_TEST(cwd_for_the_user_only)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	b_step(STEP_PIVOT);
	b_step(STEP_LOOKUP)->str[0] = b_str("/bin/sh");
	b_step(STEP_READY);
	struct plan_step *s = b_step(STEP_USER);
	s->val[0] = 1000;
	b_step(STEP_CAPS); /* none: the first attempt fails */
	b_step_str(STEP_CWD, "/private", NULL);
	b_step_str(STEP_CWD, "/private", NULL)->flags = STEP_F_RETRY;
	struct outcome *o = run_plan(ALL_NS, NULL);
	T_INT(failure(o).step, 8);
	T_INT(failure(o).detail, DETAIL_CHDIR);
	T_INT(failure(o).err, EACCES);
}

static const char *status_lines =
	"grep -E '^(Uid|Gid|Groups|Cap|NoNew|Seccomp:)' /proc/self/status | tr -s '\\t ' ' '; umask";

T_TEST(user_and_capabilities)
{
	uint32_t groups[] = { 50, 7, 7, 30 };
	if (!root_ready())
		return;
	b_start();
	p_root();
	p_proc();
	b_step(STEP_PIVOT);
	p_find("/bin/sh");
	b_step(STEP_READY);
	b_step(STEP_UMASK)->num = 027;
	struct plan_step *s = b_step(STEP_RLIMIT);
	s->num = 7;
	s->val[0] = s->val[1] = 99;
	b_step(STEP_CAP_BOUNDING)->val[0] = 1 << CAP_KILL | 1 << CAP_CHOWN | 1 << CAP_NET_RAW;
	uint32_t blob = b_blob(groups, sizeof(groups));
	s = b_step(STEP_USER);
	s->val[0] = 1000;
	s->val[1] = 100;
	s->num = 4;
	s->str[0] = blob;
	s->flags = STEP_F_SETGROUPS;
	s = b_step(STEP_CAPS);
	s->val[0] = s->val[1] = s->val[2] = 1 << CAP_KILL | 1 << CAP_CHOWN;
	s->val[3] = 1 << CAP_KILL;
	b_step(STEP_NO_NEW_PRIVS);
	p_args("sh", "-c", status_lines);
	struct outcome *o = run_plan(ALL_NS, NULL);
	T_STR(o->output,
	      "Uid: 1000 1000 1000 1000\nGid: 100 100 100 100\nGroups: 7 7 30 50 \n"
	      "CapInh: 0000000000000021\nCapPrm: 0000000000000020\nCapEff: 0000000000000020\n"
	      "CapBnd: 0000000000002021\nCapAmb: 0000000000000020\nNoNewPrivs: 1\nSeccomp: 0\n0027\n");
	T_OK(!find_report(o, MSG_WARN));
}

/* What cannot be granted is a warning, and the rest is granted. */
T_TEST(capability_that_is_not_there)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	p_proc();
	b_step(STEP_PIVOT);
	p_find("/bin/sh");
	b_step(STEP_READY);
	b_step(STEP_USER);
	b_step(STEP_CAPS)->val[1] = 1 << CAP_SETPCAP;
	struct plan_step *s = b_step(STEP_CAPS);
	s->val[0] = s->val[1] = 1 << CAP_KILL | 1 << CAP_SETPCAP;
	s->val[3] = 1 << CAP_KILL;
	p_args("sh", "-c", "echo ran");
	struct outcome *o = run_plan(ALL_NS, NULL);
	T_STR(o->output, "ran\n");
	const struct plan_report *w = find_report(o, MSG_WARN);
	T_OK(w != NULL);
	T_STR(w ? w->text : "", "capabilities 0x0000000000000020 cannot be granted");
}

T_TEST(new_child)
{
	if (!root_ready())
		return;
	b_start();
	b_step(STEP_FORK);
	b_step(STEP_SYNC_NS);
	p_root();
	b_step(STEP_PIVOT);
	p_exec("/bin/busybox", "echo", "child");
	struct outcome *o = run_plan(CLONE_NEWNS, NULL);
	T_INT(o->reports[0].msg, MSG_CHILD); /* before anything the child says */
	T_OK(o->nreports > 1 && o->reports[1].msg == MSG_NS_READY);
	T_INT(o->reports[0].value, o->pid);
	T_STR(o->output, "child\n");
	T_INT(o->status, 0);
}

T_TEST(user_namespace)
{
	static struct outcome o;
	struct run r = { .o = &o, .map = "100000 65536" };
	if (!root_ready())
		return;
	memset(&o, 0, sizeof(o));
	b_start();
	b_step(STEP_MAP_WAIT)->flags = STEP_F_SETGROUPS;
	p_root();
	p_proc();
	b_step_str(STEP_MASK, "/secret", NULL);
	b_step_str(STEP_MASK, "/secrets", NULL);
	struct plan_step *s = p_tmpfs("/dev", STEP_F_COPY_MODE);
	s->num = MOUNT_DEV;
	int null = (int)syscall(SYS_open_tree, AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	s = b_step_str(STEP_DEVICE, "null", NULL);
	s->flags = STEP_F_IN_DEV;
	s->fd = b_fd(null);
	s->val[0] = S_IFCHR | 0666;
	s->val[1] = makedev(1, 3);
	b_step(STEP_PIVOT);
	p_find("/bin/sh");
	b_step(STEP_READY);
	s = b_step(STEP_CAPS);
	s->val[0] = s->val[1] = 1 << CAP_KILL;
	p_args("sh", "-c",
	       "cat /proc/self/uid_map | tr -s ' '; id -u; cat /secret; ls -A /secrets; echo x >/dev/null && "
	       "echo null; grep CapInh /proc/self/status");
	struct plan_head h = b_head();
	run_start(&r, ALL_NS | CLONE_NEWUSER, NULL);
	send_plan(&r, &h);
	run_finish(&r);
	T_INT(o.status, 0);
	T_STR(o.output, " 0 100000 65536\n0\nnull\nCapInh:\t0000000000000000\n");
}

T_TEST(time_offsets)
{
	if (!root_ready())
		return;
	b_start();
	b_step_str(STEP_TIME_OFFSETS, "monotonic 86400000 0\nboottime 86400000 0\n", NULL);
	p_root();
	p_proc();
	b_step(STEP_PIVOT);
	p_sh("cut -d. -f1 /proc/uptime");
	struct outcome *o = run_plan(ALL_NS, NULL);
	T_OK(atol(o->output) > 86400000);
}

/* ---- mounts ---- */

T_TEST(copy_up_and_mode)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	p_proc();
	p_tmpfs("/full", STEP_F_COPYUP | STEP_F_COPY_MODE)->val[0] = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
	b_step(STEP_PIVOT);
	p_sh("cd /full; stat -c '%n %F %a %u:%g' . pipe sub sub/file; readlink link; "
	     "cat sub/file; touch x; grep -c '/full tmpfs ro,nosuid,relatime' /proc/mounts");
	T_STR(run_plan(ALL_NS, NULL)->output, ". directory 711 3:4\npipe fifo 640 0:0\nsub directory 1750 "
					      "5:6\nsub/file regular file 4755 7:8\n"
					      "/etc/passwd\ntext\ntouch: x: Read-only file system\n1\n");
}

T_TEST(kernel_words)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	uint32_t options = B_LIST("nonsense", "1");
	p_tmpfs("/mnt", 0)->str[2] = options;
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_FSCONFIG);
	T_HAS(f.text, "nonsense");
}

T_TEST(bind_and_remount)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	p_proc();
	struct plan_step *s = p_bind(root_path("fixed"), "/made/dir", true);
	s->val[0] = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV;
	p_bind(root_path("secret"), "/made/file", false)->val[2] = MS_PRIVATE;
	b_step_str(STEP_REMOUNT, NULL, "/made/file")->val[0] = MOUNT_ATTR_NOEXEC;
	b_step(STEP_PIVOT);
	b_step(STEP_ROOT_PROPAGATION_END)->val[0] = MS_SHARED;
	p_sh("ls /made/dir; cat /made/file; grep /made /proc/self/mountinfo | cut -d' ' -f5,6,7; "
	     "grep -c 'shared:' /proc/self/mountinfo");
	T_STR(run_plan(ALL_NS, NULL)->output, "kept\nsecret\n/made/dir ro,nodev,relatime -\n"
					      "/made/file rw,noexec,relatime -\n1\n");
}

T_TEST(remount_of_a_mount_that_was_kept)
{
	if (!root_ready())
		return;
	b_start();
	p_root();
	p_proc();
	p_tmpfs("/made", STEP_F_KEEP);
	uint32_t kept = plan.nsteps;
	p_tmpfs("/made", 0);
	struct plan_step *s = b_step_str(STEP_REMOUNT, NULL, "/made");
	s->num = kept;
	s->val[0] = MOUNT_ATTR_RDONLY;
	b_step(STEP_PIVOT);
	p_sh("grep /made /proc/self/mountinfo | cut -d' ' -f6; ls /proc/1/fd; :");
	T_STR(run_plan(ALL_NS, NULL)->output, "ro,relatime\nrw,relatime\n0\n1\n2\n");
}

/* A number that is not that of a kept mount, was taken before, or is still to come. */
T_TEST(remount_of_nothing)
{
	if (!root_ready())
		return;
	static const uint32_t bad[] = { 1, 2, 4, 5, 6, 77, UINT32_MAX };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		b_start();
		p_root();
		p_tmpfs("/made", STEP_F_KEEP); /* the third */
		p_tmpfs("/made", 0);
		b_step_str(STEP_REMOUNT, NULL, "/made")->num = bad[i];
		p_tmpfs("/made", STEP_F_KEEP);
		T_INT(failure(run_plan(ALL_NS, NULL)).detail, DETAIL_TARGET);
	}
	b_start();
	p_root();
	p_tmpfs("/made", STEP_F_KEEP);
	b_step_str(STEP_REMOUNT, NULL, "/made")->num = 3;
	b_step_str(STEP_REMOUNT, NULL, "/made")->num = 3;
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_TARGET);
	T_INT(f.step, 4);
}

/* ---- hooks ---- */

static struct plan_step *p_hook(const char *script)
{
	uint32_t before = b_str("{\"pid\":"), after = b_str(",\"status\":\"creating\"}");
	uint32_t path = b_str("/bin/sh"), argv = B_LIST("hook", "-c", script), env = B_LIST("H=1");
	struct plan_step *s = b_step(STEP_HOOK);
	s->str[0] = path;
	s->str[1] = argv;
	s->str[2] = env;
	s->val[1] = before;
	s->val[2] = after;
	return s;
}

T_TEST(hooks)
{
	char script[512];
	if (!root_ready())
		return;
	b_start();
	p_root();
	snprintf(script, sizeof(script),
		 "cat >%s; echo $0 $H $(umask) $(ls /proc/self/fd | wc -l) >>%s; echo quiet",
		 root_path("hook"), root_path("hook"));
	p_hook(script);
	b_step(STEP_PIVOT);
	p_exec("/bin/busybox", "cat", "/hook");
	host_writable = true; /* by the hook, which still sees the runtime's root */
	T_STR(run_plan(ALL_NS, NULL)->output, "{\"pid\":1,\"status\":\"creating\"}hook 1 0022 4\n");

	host_writable = false;

	b_start();
	p_hook("echo why >&2; exit 3");
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_STATUS);
	T_INT(f.value, 3);
	T_STR(f.text, "why");

	b_start();
	p_hook("kill -9 $$");
	f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_SIGNAL);
	T_INT(f.value, 9);

	b_start();
	p_hook("sleep 1000 & sleep 1000")->val[0] = 1;
	f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_TIMEOUT);
}

/* ---- sync point #3 ---- */

static struct sockaddr_un listen_address = { .sun_family = AF_UNIX, .sun_path = "\0berth-init-test" };
static char ready_facts[512];

static int connect_to(void)
{
	int c = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(c, (struct sockaddr *)&listen_address, sizeof(listen_address)) < 0)
		T_FAIL("connect: %m");
	return c;
}

static long private_kb(pid_t pid)
{
	char path[64], line[256];
	long sum = 0, n;
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Clean: %ld", &n) == 1 ||
		    sscanf(line, "Private_Dirty: %ld", &n) == 1)
			sum += n;
	if (f)
		fclose(f);
	return sum;
}

static void start_by_socket(struct run *r)
{
	char cmd[256], magic[4] = "none", byte;
	answer(r->sync, CMD_GO); /* it is on record */
	while (read(r->sync, &byte, 1) > 0) /* SYNC ends with the report */
		;
	int fds = 0;
	for (int i = 0; i < 100; i++) {
		snprintf(cmd, sizeof(cmd), "/proc/%d/fd/%d", (int)r->pid, i);
		fds += readlink(cmd, ready_facts, sizeof(ready_facts)) > 0;
	}
	snprintf(ready_facts, sizeof(ready_facts), "%d fds, %s", fds,
		 private_kb(r->pid) <= 128 ? "small" : "large");
	close(connect_to());  /* goes away at once */
	int c = connect_to(); /* talks nonsense */
	send(c, magic, 4, 0);
	close(c);
	c = connect_to();
	answer(c, CMD_GO); /* not the right word either */
	T_INT(recv(c, &byte, 1, 0), 0);
	close(c);
	close(r->sync);
	r->sync = connect_to();
	answer(r->sync, CMD_START);
}

T_TEST(start_by_socket_later)
{
	static struct outcome o;
	struct run r = { .o = &o, .at_ready = start_by_socket };
	if (!root_ready())
		return;
	memset(&o, 0, sizeof(o));
	int l = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(l, (struct sockaddr *)&listen_address, sizeof(listen_address)) < 0 || listen(l, 8) < 0)
		T_FAIL("bind: %m");
	b_start();
	p_root();
	p_proc();
	p_dev();
	b_step_str(STEP_MASK, "/secret", NULL);
	b_step_str(STEP_MASK, "/secrets", NULL);
	b_step(STEP_PIVOT);
	p_find("/bin/sh");
	b_step(STEP_READY)->fd = b_fd(l);
	p_args("sh", "-c", "echo started; ls /proc/self/fd | wc -l");
	struct plan_head h = b_head();
	run_start(&r, ALL_NS, NULL);
	send_plan(&r, &h);
	run_finish(&r);
	T_STR(ready_facts, "4 fds, small"); /* 0, 1, 2, the listener */
	T_STR(o.output, "started\n4\n");
	T_OK(find_report(&o, MSG_EXEC) != NULL);
}

/* ---- terminal ---- */

T_TEST(terminal)
{
	if (!root_ready())
		return;
	b_start();
	b_step(STEP_SETSID);
	p_root();
	p_proc();
	p_dev();
	uint32_t type = b_str("devpts"), at = b_str("/dev/pts"),
		 options = B_LIST("ptmxmode", "0666", "mode", "0620");
	struct plan_step *s = b_step(STEP_MOUNT_FS);
	s->str[0] = type;
	s->str[1] = at;
	s->str[2] = options;
	s->num = MOUNT_PTS;
	s = b_step(STEP_CONSOLE);
	s->val[0] = 33 | 99ULL << 32;
	s->val[1] = 1000;
	s->flags = STEP_F_BIND;
	b_step(STEP_PIVOT);
	p_sh("tty; stty size; stat -c '%t %u' /dev/pts/0; echo to-console >/dev/console; echo via-tty "
	     ">/dev/tty");
	struct outcome *o = run_plan(ALL_NS, NULL);
	const struct plan_report *r = find_report(o, MSG_CONSOLE);
	T_OK(r != NULL);
	if (!r)
		return;
	char buf[512] = "";
	ssize_t n = 0, k;
	int master = o->fd[r - o->reports];
	while ((k = read(master, buf + n, sizeof(buf) - 1 - (size_t)n)) > 0)
		n += k;
	close(master);
	T_STR(buf, "/dev/pts/0\r\n33 99\r\n88 1000\r\nto-console\r\nvia-tty\r\n");
}

/* ---- seccomp ---- */

static void p_filter(uint32_t nr, uint32_t action, bool listener)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	uint32_t at = b_blob(f, sizeof(f));
	struct plan_step *s = b_step(STEP_SECCOMP);
	s->str[0] = at;
	s->num = 4;
	s->flags = listener ? STEP_F_LISTENER : 0;
}

static void p_filtered(uint32_t nr, uint32_t action, bool listener)
{
	b_start();
	p_root();
	p_proc();
	b_step(STEP_PIVOT);
	p_find("/bin/busybox");
	b_step(STEP_READY);
	p_filter(nr, action, listener);
	p_args("grep", "^Seccomp:", "/proc/self/status");
}

T_TEST(seccomp)
{
	if (!root_ready())
		return;
	p_filtered(SYS_sendmsg, SECCOMP_RET_KILL_PROCESS, false); /* nothing can be reported after it */
	struct outcome *o = run_plan(ALL_NS, NULL);
	T_STR(o->output, "Seccomp:\t2\n");
	T_OK(find_report(o, MSG_EXEC) && o->status == 0);

	p_filtered(SYS_sendmsg, SECCOMP_RET_USER_NOTIF, true); /* it would wait for an agent for ever */
	o = run_plan(ALL_NS, NULL);
	const struct plan_report *r = find_report(o, MSG_SECCOMP);
	T_OK(r && r->value == 1 && o->fd[r - o->reports] >= 0);
	T_STR(o->output, "Seccomp:\t2\n");
	for (unsigned i = 0; i < o->nreports; i++)
		if (o->fd[i] >= 0)
			close(o->fd[i]);

	p_filtered(SYS_execve, SECCOMP_RET_ERRNO | EXDEV, false);
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_EXEC);
	T_INT(f.err, EXDEV);
}

T_MAIN()
