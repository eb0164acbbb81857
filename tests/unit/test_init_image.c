/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * berth-init and images that want out: links, pipes and devices where it has work to do, and a neighbour who
 * renames things meanwhile. What is outside of the root must be the same afterwards, and nothing may hang.
 */
#include "init_root.h"

#include <dirent.h>
#include <linux/fs.h>

static char outside[] = "/tmp/berth-init-out-XXXXXX";
static bool outside_made;

static void remove_outside(void)
{
	rmdir(outside); /* empty, or a case has failed and what is there is of interest */
}

static bool ready(void)
{
	if (!root_ready())
		return false;
	if (!outside_made && (!mkdtemp(outside) || chmod(outside, 0755) < 0 || atexit(remove_outside)))
		abort();
	outside_made = true;
	return true;
}

/* Link `name` of the root to the directory outside, or to something in it. */
static void link_out(const char *name, const char *before, const char *tail)
{
	char target[512];
	snprintf(target, sizeof(target), "%s%s%s", before, outside, tail);
	unlink(root_path(name));
	if (symlink(target, root_path(name)) < 0)
		T_FAIL("symlink %s: %m", name);
}

static int entries_outside(void)
{
	int n = -2; /* . and .. */
	DIR *d = opendir(outside);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static const char *const links[] = { "", "../../../../../../../..", "/proc/self/root", "/proc/1/root",
				     "/.." };
enum { NLINKS = sizeof(links) / sizeof(links[0]) };

/* Each destination goes through the link: into the image, or it is refused. */
T_TEST(mounts_through_links)
{
	static const char *const dests[] = { "/m", "/m/sub/dir", "/m/" };
	if (!ready())
		return;
	for (int i = 0; i < NLINKS * 3; i++) {
		link_out("m", links[i / 3], "");
		b_start();
		p_root();
		p_tmpfs(dests[i % 3], 0);
		p_bind(root_path("fixed"), dests[i % 3], true);
		p_bind(root_path("secret"), "/m/file", false);
		b_step(STEP_PIVOT);
		p_exec("/bin/busybox", "true");
		struct outcome *o = run_plan(ALL_NS, NULL);
		T_OK(find_report(o, MSG_EXEC) || failure(o).detail == DETAIL_TARGET);
		T_INT(entries_outside(), 0);
	}
	unlink(root_path("m"));
}

/* What many images have: a link to a file that only a running system makes. */
T_TEST(dangling_links_lead_inside)
{
	if (!ready())
		return;
	unlink(root_path("etc/resolv.conf"));
	if (symlink("../run/stub/resolv.conf", root_path("etc/resolv.conf")) < 0 ||
	    symlink("/a", root_path("loop")) < 0 || symlink("loop", root_path("a")) < 0)
		T_FAIL("symlink: %m");
	b_start();
	p_root();
	p_bind(root_path("secret"), "/etc/resolv.conf", false);
	b_step(STEP_PIVOT);
	p_exec("/bin/busybox", "cat", "/run/stub/resolv.conf");
	T_STR(run_plan(ALL_NS, NULL)->output, "secret\n");
	b_start();
	p_root();
	p_bind(root_path("secret"), "/loop/x", false);
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_TARGET);
	T_INT(f.err, ELOOP);
	shell("rm -r run loop a etc/resolv.conf");
}

T_TEST(missing_parents_cannot_be_named_with_dots)
{
	if (!ready())
		return;
	b_start();
	p_root();
	p_tmpfs("/no/such/../../../x", 0);
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_TARGET);
	T_INT(f.err, ENOENT);
}

static void expect_target_refused(const char *type, const char *dest, unsigned role)
{
	b_start();
	p_root();
	p_fs(type, dest)->num = role;
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_TARGET);
	T_INT(f.err, ELOOP);
}

T_TEST(proc_and_sys_are_no_links)
{
	if (!ready())
		return;
	shell("rm -r proc; mkdir evil; ln -s /evil proc; ln -s evil/l1 sys; ln -s ../proc evil/l1");
	expect_target_refused("proc", "/proc", MOUNT_PROC);
	expect_target_refused("sysfs", "/sys", MOUNT_PLAIN);
	shell("rm proc sys; rm -r evil; mkdir proc");
}

/* No mount on /dev: everything would be made in the image's. */
T_TEST(dev_is_a_link)
{
	if (!ready())
		return;
	shell("rmdir dev");
	for (int i = 0; i < NLINKS; i++) {
		link_out("dev", links[i], "");
		b_start();
		p_root();
		b_step(STEP_DEV_OPEN);
		p_node("null", 1, 3);
		b_step_str(STEP_SYMLINK, "pts/ptmx", "ptmx");
		struct plan_report f = failure(run_plan(ALL_NS, NULL));
		T_INT(f.detail, DETAIL_TARGET);
		T_INT(entries_outside(), 0);
	}
	shell("rm dev; echo file >dev");
	b_start();
	p_root();
	b_step(STEP_DEV_OPEN);
	T_INT(failure(run_plan(ALL_NS, NULL)).err, ENOTDIR);
	shell("rm dev; mkdir dev");
}

static struct plan_report make_null(void)
{
	b_start();
	p_root();
	b_step(STEP_DEV_OPEN);
	p_node("null", 1, 3)->val[2] = 5 | 6ULL << 32;
	b_step(STEP_PIVOT);
	p_exec("/bin/busybox", "stat", "-c", "%a %t:%T %u:%g", "/dev/null");
	struct outcome *o = run_plan(ALL_NS, NULL);
	struct plan_report f = failure(o);
	if (f.step == -99)
		memcpy(f.text, o->output, sizeof(f.text));
	return f;
}

T_TEST(existing_devices)
{
	static const char *const others[] = { "mknod dev/null c 1 5", "mknod dev/null b 1 3",
					      "mkfifo dev/null",      "touch dev/null",
					      "mkdir dev/null",       "ln -s /secret dev/null" };
	if (!ready())
		return;
	T_STR(make_null().text, "666 1:3 5:6\n");
	T_STR(make_null().text, "666 1:3 5:6\n"); /* there from before */
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		shell("rm -rf dev/null");
		shell(others[i]);
		T_INT(make_null().detail, DETAIL_EXISTS_OTHER);
	}
	shell("rm -rf dev/null");
}

T_TEST(device_paths_stay_inside)
{
	if (!ready())
		return;
	for (int i = 0; i < NLINKS; i++) {
		link_out("dev/l", links[i], "");
		b_start();
		p_root();
		b_step(STEP_DEV_OPEN);
		p_node("l/null", 1, 3);
		struct plan_step *s = b_step_str(STEP_DEVICE, "/dev/l/x/null", NULL);
		s->val[0] = S_IFIFO | 0600;
		run_plan(ALL_NS, NULL);
		T_INT(entries_outside(), 0);
		shell("rm -rf dev/* tmp");
	}
	b_start();
	p_root();
	b_step(STEP_DEV_OPEN);
	p_node("..", 1, 3);
	T_INT(failure(run_plan(ALL_NS, NULL)).detail, DETAIL_TARGET);
}

/* Masks: the device is the host's, whatever the image's /dev/null is; links are followed in the root. */
T_TEST(masks_of_a_hostile_image)
{
	static const char *const nulls[] = { "ln -s /secret dev/null", "echo bad >dev/null",
					     "mkfifo dev/null", "mknod dev/null c 1 5", "true" };
	if (!ready())
		return;
	shell("ln -s /secrets hidden; ln -s secret shh");
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		shell(nulls[i]);
		b_start();
		p_root();
		b_step_str(STEP_MASK, "/shh", NULL);
		b_step_str(STEP_MASK, "/hidden", NULL);
		b_step_str(STEP_MASK, "/secret/below", NULL); /* nothing can be there */
		b_step(STEP_PIVOT);
		p_sh("stat -c '%F %t:%T' /secret; ls -A /secrets; touch /secrets/x");
		T_STR(run_plan(ALL_NS, NULL)->output,
		      "character special file 1:3\ntouch: /secrets/x: Read-only file system\n");
		shell("rm -rf dev/null");
	}
	shell("rm hidden shh");
}

static struct plan_report make_console(const char *outer)
{
	b_start();
	b_step(STEP_SETSID);
	p_root();
	p_fs("devpts", "/dev/pts")->num = MOUNT_PTS;
	b_step(STEP_CONSOLE)->flags = STEP_F_BIND;
	struct outcome *o = run_plan(ALL_NS, NULL);
	T_OK(!find_report(o, MSG_CONSOLE));
	T_OK(access(outer, F_OK) < 0);
	return failure(o);
}

T_TEST(console_is_a_link)
{
	char victim[512];
	if (!ready())
		return;
	snprintf(victim, sizeof(victim), "%s/victim", outside);
	link_out("dev/console", "", "/victim");
	T_INT(make_console(victim).detail, DETAIL_EXISTS_OTHER);
	shell("rm dev/console; mkfifo dev/console");
	T_INT(make_console(victim).detail, DETAIL_EXISTS_OTHER);
	shell("rm -r dev/console dev/pts");
}

/* exec --tty finds what the container made of /dev/pts. */
T_TEST(pts_is_something_else)
{
	static const char *const tricks[] = { "mkfifo dev/pts/ptmx", "mknod dev/pts/ptmx c 5 2",
					      "ln -s /fifo dev/pts/ptmx", "ln -s /dev/pts/x dev/pts/ptmx" };
	if (!ready())
		return;
	for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		shell("mkdir dev/pts");
		shell(tricks[i]);
		b_start();
		b_step(STEP_SETSID);
		p_root();
		b_step(STEP_PIVOT);
		b_step(STEP_CONSOLE);
		T_INT(failure(run_plan(ALL_NS, NULL)).detail, DETAIL_PTMX);
		shell("rm -r dev/pts");
	}
}

/* A pipe mounted on the ptmx of a true devpts. */
T_TEST(pipe_over_ptmx)
{
	if (!ready())
		return;
	b_start();
	b_step(STEP_SETSID);
	p_root();
	p_fs("devpts", "/dev/pts");
	p_bind(root_path("fifo"), "/dev/pts/ptmx", false);
	b_step(STEP_CONSOLE);
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_PTMX);
	T_INT(f.err, EXDEV);
	shell("rmdir dev/pts");
}

T_TEST(working_directories)
{
	static const char *const dirs[] = { "/proc/self/fd/3", "/proc/self/cwd", "/w", "/proc/1/root" };
	if (!ready())
		return;
	shell("ln -s /proc/self/fd/3 w");
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		b_start();
		p_root();
		p_proc();
		b_step(STEP_PIVOT);
		b_step_str(STEP_CWD, dirs[i], NULL)->flags = STEP_F_MAKE;
		struct plan_report f = failure(run_plan(ALL_NS, NULL));
		T_INT(f.detail, DETAIL_CHDIR);
	}
	shell("rm w");
	b_start();
	p_root();
	p_proc();
	b_step(STEP_PIVOT);
	b_step_str(STEP_LOOKUP, "/proc/self/exe", NULL);
	T_INT(failure(run_plan(ALL_NS, NULL)).err, ELOOP);
}

T_TEST(passwd_is_no_file)
{
	static const char *const tricks[] = { "mkfifo etc/passwd",
					      "mknod etc/passwd c 1 5",
					      "ln -s /dev/zero etc/passwd",
					      "mkdir etc/passwd",
					      "head -c 3000000 /dev/zero | tr '\\0' x >etc/passwd",
					      "printf 'a:x:0:0::/root\\001:' >etc/passwd",
					      "true" };
	if (!ready())
		return;
	shell("mv etc/passwd etc/kept; mknod dev/zero c 1 5");
	for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		shell(tricks[i]);
		b_start();
		p_root();
		b_step(STEP_PIVOT);
		b_step(STEP_HOME);
		p_sh("echo $HOME");
		T_STR(run_plan(ALL_NS, NULL)->output, "/\n");
		shell("rm -rf etc/passwd");
	}
	shell("mv etc/kept etc/passwd; rm dev/zero");
}

/* Settings go to the true procfs, not to what lies over it. */
T_TEST(fake_proc)
{
	if (!ready())
		return;
	shell("mkdir -p fake/sys/net/ipv4; touch fake/sys/net/ipv4/ip_forward");
	b_start();
	p_root();
	p_proc();
	p_bind(root_path("fake"), "/proc", true);
	b_step_str(STEP_SYSCTL, "net/ipv4/ip_forward", "1");
	b_step(STEP_PIVOT);
	p_sh("cat /proc/sys/net/ipv4/ip_forward; umount /proc; cat /proc/sys/net/ipv4/ip_forward");
	T_STR(run_plan(ALL_NS, NULL)->output, "1\n");
	b_start();
	p_root();
	p_proc();
	p_bind(root_path("fake/sys/net/ipv4"), "/proc/sys/net/ipv4", true);
	b_step_str(STEP_SYSCTL, "net/ipv4/ip_forward", "1");
	b_step(STEP_PIVOT);
	p_sh("cat /proc/sys/net/ipv4/ip_forward; umount /proc/sys/net/ipv4; cat "
	     "/proc/sys/net/ipv4/ip_forward");
	T_STR(run_plan(ALL_NS, NULL)->output, "1\n");
	b_start();
	p_root();
	b_step_str(STEP_SYSCTL, "net/../../self/comm", "x");
	struct plan_report f = failure(run_plan(ALL_NS, NULL));
	T_INT(f.detail, DETAIL_OPEN);
	shell("rm -r fake");
}

/* A neighbour exchanges a directory with a link to the outside, all the time. */
static pid_t start_exchange(void)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int dir = open(root_path("v"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (;;)
		syscall(SYS_renameat2, dir, "p", dir, "q", RENAME_EXCHANGE);
}

T_TEST(races)
{
	int done = 0;
	if (!ready())
		return;
	shell("mkdir -p v/p");
	link_out("v/q", "../../../../../../..", "");
	pid_t pid = start_exchange();
	for (int i = 0; i < 300; i++) {
		b_start();
		p_root();
		p_bind(root_path("secrets"), "/v/p/../p/a/b/c", true);
		p_bind(root_path("secret"), "/v/p/file", false);
		p_bind(root_path("secrets"), "/v/p", true);
		b_step_str(STEP_MASK, "/v/p", NULL);
		b_step_str(STEP_READONLY, "/v/p", NULL);
		struct plan_step *s = b_step_str(STEP_DEVICE, "/v/p/pipe", NULL);
		s->val[0] = S_IFIFO | 0600;
		b_step(STEP_PIVOT);
		p_exec("/bin/busybox", "true");
		struct outcome *o = run_plan(ALL_NS, NULL);
		done += find_report(o, MSG_EXEC) != NULL;
		if (entries_outside())
			T_FAIL("round %d: something is outside", i);
		t_checks++;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("%d of 300 got through\n", done);
	shell("rm -rf v tmp");
}

T_MAIN()
