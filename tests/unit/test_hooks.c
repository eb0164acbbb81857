/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hooks/: what a hook gets, what its end means, and that nothing of it can hold us up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../hooks/hooks.h"
#include "../../runtime/lib/fd.h"
#include "../../runtime/lib/log.h"
#include "t.h"

#define STATE "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"creating\",\"pid\":7,\"bundle\":\"/b\"}"

static char dir[64];
static struct err e;

__attribute__((constructor)) static void make_dir(void)
{
	strcpy(dir, "/tmp/test_hooks.XXXXXX");
	if (!mkdtemp(dir))
		abort();
}

__attribute__((destructor)) static void remove_dir(void)
{
	char cmd[128];
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd) != 0)
		puts("cannot clean up");
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A hook that runs a shell command; $0 is the test's folder. */
static struct spec_hook shell(const char *script)
{
	const char **v = calloc(5, sizeof(*v));
	v[0] = "sh";
	v[1] = "-c";
	v[2] = script;
	v[3] = dir;
	return (struct spec_hook){ .path = "/bin/sh", .args = { v, 4 }, .args_set = true };
}

static int run_list(struct spec_hook *h, size_t n, enum hook_kind kind, const char *state, bool keep_going)
{
	struct spec_hooks hooks = { 0 };
	hooks.kind[kind] = (struct spec_hook_list){ h, n };
	err_clear(&e);
	return hooks_run(&hooks, kind, state, dir, keep_going, &e);
}

static int run(struct spec_hook h)
{
	return run_list(&h, 1, HOOK_CREATE_RUNTIME, STATE, false);
}

static int run_shell(const char *script)
{
	return run(shell(script));
}

/* Content of a file that a hook wrote; "" when there is none. */
static const char *out(const char *name)
{
	static char text[1 << 20];
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (fd_read_small(AT_FDCWD, path, text, sizeof(text)) < 0)
		text[0] = '\0';
	unlink(path);
	return text;
}

T_TEST(no_hooks)
{
	struct spec_hooks none = { 0 };
	err_clear(&e);
	T_INT(hooks_run(&none, HOOK_PRESTART, STATE, "/", false, &e), 0);
	T_OK(!e.set);
}

T_TEST(state_on_stdin)
{
	T_INT(run_shell("cat > $0/state"), 0);
	T_STR(out("state"), STATE);
	T_INT(run_shell("test -p /dev/stdin"), 0);
}

T_TEST(hook_that_does_not_read)
{
	T_INT(run_shell("exec <&-"), 0);
	T_INT(run((struct spec_hook){ .path = "/bin/true" }), 0);
}

T_TEST(large_state)
{
	size_t n = 900000; /* far more than a pipe holds */
	char *big = malloc(n + 1);
	memset(big, 'x', n);
	big[n] = '\0';
	/* writes while it reads: neither side may wait for the other for ever */
	struct spec_hook h = shell("tee $0/big");
	T_INT(run_list(&h, 1, HOOK_PRESTART, big, false), 0);
	T_INT(strlen(out("big")), n);
	/* reads nothing and goes away */
	h = shell("exec <&-; sleep 0.1");
	T_INT(run_list(&h, 1, HOOK_PRESTART, big, false), 0);
	h = shell("head -c 10 >/dev/null");
	T_INT(run_list(&h, 1, HOOK_PRESTART, big, false), 0);
	free(big);
	/* the signal that came with it is gone, and so is our block */
	sigset_t set;
	sigpending(&set);
	T_OK(!sigismember(&set, SIGPIPE));
	sigprocmask(SIG_BLOCK, NULL, &set);
	T_OK(!sigismember(&set, SIGPIPE));
}

T_TEST(arguments)
{
	const char *args[] = { "zero", "-c", "cat /proc/$$/cmdline | tr '\\0' '|' > $0; exit 0", NULL, "a b", "", NULL };
	char file[80];
	snprintf(file, sizeof(file), "%s/args", dir);
	args[3] = file;
	T_INT(run((struct spec_hook){ .path = "/bin/sh", .args = { args, 6 }, .args_set = true }), 0);
	const char *got = out("args");
	T_OK(strncmp(got, "zero|-c|", 8) == 0);
	T_HAS(got, "|a b||");
}

T_TEST(default_arguments)
{
	char path[80], text[128];
	snprintf(path, sizeof(path), "%s/me", dir);
	int n = snprintf(text, sizeof(text), "#!/bin/sh\necho \"$0,$#\" > %s/argv\n", dir);
	int fd = open(path, O_CREAT | O_WRONLY, 0755);
	T_INT(write(fd, text, (size_t)n), n);
	close(fd);
	char want[96];
	snprintf(want, sizeof(want), "%s,0", path);
	T_INT(run((struct spec_hook){ .path = path }), 0);
	T_STR(out("argv"), want);
	T_INT(run((struct spec_hook){ .path = path, .args_set = true }), 0);
	T_STR(out("argv"), want);
	unlink(path);
}

T_TEST(environment)
{
	const char *env[] = { "A=1", "B=x y", NULL };
	setenv("OURS", "secret", 1);
	struct spec_hook h = shell("cat /proc/self/environ > $0/env");
	h.path = "/bin/sh";
	T_INT(run(h), 0); /* absent: empty, but for what the shell sets itself */
	const char *got = out("env");
	T_OK(!strstr(got, "OURS"));
	h = shell("tr '\\0' '|' < /proc/$$/environ > $0/env");
	h.env = (struct strv){ env, 2 };
	h.env_set = true;
	T_INT(run(h), 0);
	T_STR(out("env"), "A=1|B=x y|");
	h.env = (struct strv){ NULL, 0 };
	T_INT(run(h), 0);
	T_STR(out("env"), "");
}

T_TEST(surroundings)
{
	umask(0);
	T_INT(run_shell("umask > umask; pwd > $0/pwd"), 0);
	umask(022);
	T_STR(out("umask"), "0022");
	T_STR(out("pwd"), dir);
	/* own session */
	T_INT(run_shell("read pid name st ppid pgrp session rest < /proc/self/stat; test $session = $$"), 0);

	int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	/* not ls or a pattern: those open the folder, and a pipe is open in the shell for a moment too */
	T_INT(run_shell("for i in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$i ] || echo $i; done > $0/fds"), 0);
	close(leak);
	T_STR(out("fds"), "");
}

T_TEST(signals_are_reset)
{
	sigset_t set, old;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); /* the exit status must still arrive */
	struct spec_hook h = shell("grep -E 'Sig(Blk|Ign)' /proc/self/status | tr '\\t\\n' '  ' > $0/sig; exit 3");
	int r = run(h);
	struct sigaction now;
	sigaction(SIGCHLD, NULL, &now);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	T_INT(r, -1);
	T_HAS(e.text, "exit status 3");
	T_OK(now.sa_handler == SIG_IGN);
	T_STR(out("sig"), "SigBlk: 0000000000000000 SigIgn: 0000000000000000 ");
}

T_TEST(failures)
{
	T_INT(run_shell("echo out; echo 'went  wrong' >&2; exit 3"), -1);
	T_STR(e.text, "hooks.createRuntime[0] \"/bin/sh\": exit status 3: out; went  wrong");
	T_INT(run_shell("exit 1"), -1);
	T_STR(e.text, "hooks.createRuntime[0] \"/bin/sh\": exit status 1");
	T_INT(run_shell("kill -9 $$"), -1);
	T_STR(e.text, "hooks.createRuntime[0] \"/bin/sh\": killed by signal 9");
	T_INT(run((struct spec_hook){ .path = "/does/not/exist" }), -1);
	T_STR(e.text, "hooks.createRuntime[0] \"/does/not/exist\": no such file or directory");
	T_INT(e.eno, ENOENT);
	T_INT(run((struct spec_hook){ .path = "/etc/passwd" }), -1);
	T_STR(e.text, "hooks.createRuntime[0] \"/etc/passwd\": permission denied");
	T_INT(run((struct spec_hook){ .path = "true" }), -1);
	T_HAS(e.text, "hooks.createRuntime[0] \"true\": the path is not absolute");
}

T_TEST(output_is_bounded)
{
	T_INT(run_shell("i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i+1)); done; exit 4"), -1);
	T_HAS(e.text, "exit status 4: line ");
	T_HAS(e.text, "; line 8999");
	T_OK(strlen(e.text) < 1400);
	T_OK(!strchr(e.text, '\n'));
	T_INT(run_shell("printf 'a\\033[1mb\\001'; exit 4"), -1);
	T_HAS(e.text, "exit status 4: a [1mb");
	/* success: output of any amount is nobody's business */
	T_INT(run_shell("head -c 3000000 /dev/zero"), 0);
}

T_TEST(order_and_stop)
{
	struct spec_hook h[] = { shell("echo 1 >> $0/order"), shell("echo 2 >> $0/order; false"),
				 shell("echo 3 >> $0/order") };
	T_INT(run_list(h, 3, HOOK_PRESTART, STATE, false), -1);
	T_HAS(e.text, "hooks.prestart[1] ");
	T_STR(out("order"), "1\n2");
	T_INT(run_list(h, 3, HOOK_POSTSTOP, STATE, true), 0);
	T_OK(!e.set);
	T_STR(out("order"), "1\n2\n3");
}

T_TEST(timeout_kills_the_group)
{
	struct spec_hook h = shell("trap '' TERM INT; sleep 30 & echo $! > $0/pid; echo waiting; wait; sleep 30");
	h.timeout = (struct opt_i64){ 1, true };
	double t = seconds();
	T_INT(run(h), -1);
	t = seconds() - t;
	T_OK(t >= 0.95 && t < 3);
	T_STR(e.text, "hooks.createRuntime[0] \"/bin/sh\": timed out after 1 s: waiting");
	pid_t pid = atoi(out("pid"));
	T_OK(pid > 1);
	/* killed at once; its new parent may need a moment to reap it */
	char path[64], stat[256];
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 100; i++) {
		ssize_t n = fd_read_small(AT_FDCWD, path, stat, sizeof(stat));
		if (n < 0 || strstr(stat, ") Z "))
			return;
		usleep(10000);
	}
	T_FAIL("the hook's child is still there");
}

T_TEST(timeout_that_is_not_reached)
{
	struct spec_hook h = shell("sleep 0.1");
	h.timeout = (struct opt_i64){ INT64_MAX, true };
	T_INT(run(h), 0);
	/* a hook that writes without end is not forgotten */
	h = shell("yes");
	h.timeout = (struct opt_i64){ 1, true };
	double t = seconds();
	T_INT(run(h), -1);
	T_OK(seconds() - t < 3);
	T_HAS(e.text, "timed out after 1 s");
}

T_TEST(background_child_does_not_hold_us)
{
	double t = seconds();
	T_INT(run_shell("sleep 2 & echo started"), 0);
	T_INT(run_shell("(yes & sleep 0.2; kill $!) & exit 5"), -1);
	T_HAS(e.text, "exit status 5");
	T_OK(seconds() - t < 1.5);
}

T_TEST(bundle_that_is_gone)
{
	struct spec_hooks hooks = { 0 };
	struct spec_hook h = shell("test $PWD = /");
	hooks.kind[HOOK_POSTSTOP] = (struct spec_hook_list){ &h, 1 };
	err_clear(&e);
	T_INT(hooks_run(&hooks, HOOK_POSTSTOP, STATE, "/does/not/exist", false, &e), 0);
}

T_TEST(nothing_leaks)
{
	int before = open("/dev/null", O_RDONLY), after;
	close(before);
	for (int i = 0; i < 20; i++)
		run_shell("exit 1");
	run((struct spec_hook){ .path = "/does/not/exist" });
	after = open("/dev/null", O_RDONLY);
	close(after);
	T_INT(after, before);
}

T_MAIN()
