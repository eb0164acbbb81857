/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * berth-init at the end of its steps: hooks, the wait for `start`, the terminal, the seccomp filter.
 */
#include "init_root.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>

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
