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

T_MAIN()
