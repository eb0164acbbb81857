/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inject: runs a runtime under ptrace(2) and lets one system call of it fail, or kills it there.
 *
 *	inject [OPTION...] count -- COMMAND...
 *	inject [OPTION...] fail WHO N K -- COMMAND...	call N of WHO does not happen and fails with error K of errnos.c
 *	inject [OPTION...] kill WHO N VICTIM -- COMMAND...	before call N of WHO is made VICTIM gets SIGKILL
 *
 *	-o FILE	 count: a line "WHO N NAME ERRORS" for each call; else one line, what was done, or "missed"
 *	-p PID	 a process that already waits, as init: the berth-init that `start` wakes
 *	-t SEC	 after this time everything traced is killed and the exit status is 124
 *
 * N: a number, or NAME:K, the Kth call of this name.
 * WHO and VICTIM: `tool`, the command itself and what it forks; `init`, the program that it executes from a file without a
 * name (berth-init); VICTIM also `both`. Calls are counted for each of the two, so the numbers do not depend on how they
 * are scheduled. What executes anything else (the container's program, a hook) is no longer followed, and no call of it counts.
 *
 * Exit status: that of COMMAND, 128 + N when signal N ended it. With -p and without a command of its own use `true`.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "errnos.h"
#include "registers.h"

enum who { TOOL, INIT, WHO_COUNT };
static const char *const who_names[] = { "tool", "init" };
enum mode { COUNT, FAIL, KILL };

struct task {
	pid_t pid;
	enum who who;
	bool held;    /* its first stop came before that of the fork it is from: it may not run on, and be gone, unknown */
	bool in_call; /* between entry and exit of a system call */
	bool failing; /* the call it is in is the one that fails */
	long nr;      /* of the call it is in */
	long end;     /* what brk(2) last answered */
};

static struct {
	enum mode mode;
	enum who at;
	long n;
	const char *name; /* NULL: n counts all calls */
	int choice;
	unsigned victims; /* bit 1 << who */
	FILE *report;
	struct task *tasks;
	size_t ntasks, cap;
	long counted[WHO_COUNT];
	long named; /* calls of `at` with this name */
	pid_t first;
	bool started; /* the command has been executed */
	bool done;    /* what was asked for has happened: nobody has to be stopped any more */
	int error;    /* of FAIL */
	int status;   /* of the first process */
	bool ended;
} g = { .status = -1 };

static void die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* ---- tasks ---- */

static struct task *find(pid_t pid)
{
	for (size_t i = 0; i < g.ntasks; i++)
		if (g.tasks[i].pid == pid)
			return &g.tasks[i];
	return NULL;
}

static struct task *add(pid_t pid, enum who who)
{
	if (g.ntasks == g.cap) {
		g.cap = g.cap ? g.cap * 2 : 16;
		g.tasks = realloc(g.tasks, g.cap * sizeof(*g.tasks));
		if (!g.tasks)
			die("realloc");
	}
	g.tasks[g.ntasks] = (struct task){ .pid = pid, .who = who };
	return &g.tasks[g.ntasks++];
}

static void forget(struct task *t)
{
	*t = g.tasks[--g.ntasks];
}

static void kill_tasks(unsigned victims)
{
	for (size_t i = 0; i < g.ntasks; i++)
		if (victims >> g.tasks[i].who & 1)
			kill(g.tasks[i].pid, SIGKILL);
}

/* ---- what is done at a call ---- */

static const char *call_name(long nr)
{
	static char *cache[1024];
	if (nr < 0 || nr >= 1024)
		return "unknown";
	if (!cache[nr])
		cache[nr] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)nr);
	return cache[nr] ? cache[nr] : "unknown";
}

static void on_entry(struct task *t, const struct __ptrace_syscall_info *info)
{
	long nr = (long)info->entry.nr, n = ++g.counted[t->who];
	const char *name = call_name(nr);
	int errors[ERRNOS_MAX];
	if (g.mode == COUNT) {
		fprintf(g.report, "%s %ld %s %d\n", who_names[t->who], n, name, errnos_of(t->pid, info, name, errors));
		return;
	}
	if (g.done || t->who != g.at)
		return;
	if (g.name && strcmp(name, g.name) != 0)
		return;
	if ((g.name ? ++g.named : n) != g.n)
		return;
	g.done = true;
	if (g.mode == KILL) {
		fprintf(g.report, "killed %u at %s %ld %s\n", g.victims, who_names[t->who], n, name);
		kill_tasks(g.victims);
		return;
	}
	int count = errnos_of(t->pid, info, name, errors);
	if (count == 0 || (nr == SYS_brk && !t->end)) {
		fprintf(g.report, "cannot fail: %s %ld %s\n", who_names[t->who], n, name);
		return;
	}
	g.error = errors[g.choice % count];
	fprintf(g.report, "%s %ld %s %s\n", who_names[t->who], n, name, strerrorname_np(g.error));
	/* close(2) gives the descriptor back whatever it answers */
	if (nr != SYS_close && skip_call(t->pid) < 0 && errno != ESRCH)
		die("change the registers");
	t->failing = true;
}

static void on_call(struct task *t)
{
	struct __ptrace_syscall_info info;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) < 0)
		return; /* killed meanwhile */
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		t->in_call = true;
		t->nr = (long)info.entry.nr;
		if (g.started)
			on_entry(t, &info);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		t->in_call = false;
		if (t->failing)
			set_result(t->pid, t->nr == SYS_brk ? t->end : -g.error);
		else if (t->nr == SYS_brk)
			t->end = (long)info.exit.rval;
		t->failing = false;
	}
}

/* ---- following ---- */

static void go_on(struct task *t, int sig)
{
	bool stop_at_calls = !g.done || t->failing;
	ptrace(stop_at_calls ? PTRACE_SYSCALL : PTRACE_CONT, t->pid, 0, sig);
}

static void release(struct task *t, enum who who)
{
	t->who = who;
	if (t->held)
		go_on(t, 0);
	t->held = false;
}

static void on_fork(struct task *t)
{
	unsigned long child;
	enum who who = t->who;
	if (ptrace(PTRACE_GETEVENTMSG, t->pid, 0, &child) < 0)
		return;
	struct task *c = find((pid_t)child);
	if (!c)
		c = add((pid_t)child, who);
	release(c, who);
}

/* False: it is none of ours any more. */
static bool on_exec(struct task *t)
{
	char path[64], exe[4096];
	if (t->pid == g.first) { /* again: from a copy of itself */
		g.started = true;
		return true;
	}
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)t->pid);
	ssize_t n = readlink(path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	/* a memfd, or a file of a mount that is attached nowhere */
	if (strncmp(exe, "/memfd:", 7) != 0 && strcmp(exe, "/init") != 0)
		return false;
	t->who = INIT;
	return true;
}

static void on_stop(struct task *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	pid_t pid;
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		pid = t->pid;
		on_fork(t);
		t = find(pid); /* the list may have moved */
		break;
	case PTRACE_EVENT_EXEC:
		if (!on_exec(t)) {
			ptrace(PTRACE_DETACH, t->pid, 0, 0);
			forget(t);
			return;
		}
		break;
	case PTRACE_EVENT_STOP:
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			ptrace(PTRACE_LISTEN, t->pid, 0, 0);
			return;
		}
		break;
	case 0:
		if (sig == (SIGTRAP | 0x80)) {
			on_call(t);
			break;
		}
		/* the first process of a pid namespace would survive its own crash when it is traced */
		if (t->who == INIT && (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE))
			kill(t->pid, SIGKILL);
		go_on(t, sig);
		return;
	}
	go_on(t, 0);
}

/* The first process has ended: are the others where they wait for somebody, in a call that sleeps? */
static bool all_wait(void)
{
	for (size_t i = 0; i < g.ntasks; i++) {
		char path[64], text[512];
		if (!g.tasks[i].in_call && !g.done)
			return false;
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)g.tasks[i].pid);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		if (fd >= 0)
			close(fd);
		text[n > 0 ? n : 0] = '\0';
		const char *paren = strrchr(text, ')');
		if (paren && !strchr("SDZX", paren[2]))
			return false;
	}
	return true;
}

static void on_end(struct task *t, int status)
{
	/* killed within its fork, it has said nothing of the child */
	for (size_t i = 0; i < g.ntasks; i++)
		if (g.tasks[i].held)
			release(&g.tasks[i], t->who);
	if (t->pid == g.first) {
		g.ended = true;
		g.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	forget(t);
}

/* Until the command has ended and the rest waits. */
static void follow(void)
{
	int quiet = 0;
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL | (g.ended ? WNOHANG : 0));
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		if (pid == 0) {
			quiet = all_wait() ? quiet + 1 : 0;
			if (quiet >= 3 || g.ntasks == 0)
				return;
			nanosleep(&(struct timespec){ .tv_nsec = 300000 }, NULL);
			continue;
		}
		struct task *t = find(pid);
		if (!t && WIFSTOPPED(status)) {
			add(pid, TOOL)->held = true; /* until on_fork() says whose child it is */
			continue;
		}
		if (!t)
			continue;
		if (WIFSTOPPED(status))
			on_stop(t, status);
		else
			on_end(t, status);
	}
}

static void tell_file(pid_t pid, const char *name)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	dprintf(2, "inject:   %s %.*s\n", path, n > 0 ? (int)n : 0, text);
	if (fd >= 0)
		close(fd);
}

/* Where everything hangs. Nothing else runs here, so that it does not matter what is safe in a signal handler. */
static void on_alarm(int sig)
{
	(void)sig;
	dprintf(2, "inject: time is up; %s, %zu followed\n", g.done ? "it was done" : "it was not reached", g.ntasks);
	for (size_t i = 0; i < g.ntasks; i++) {
		const struct task *t = &g.tasks[i];
		dprintf(2, "inject: %s %d %s %s\n", who_names[t->who], (int)t->pid, t->in_call ? "in" : "after", call_name(t->nr));
		tell_file(t->pid, "stat");
		tell_file(t->pid, "syscall");
		tell_file(t->pid, "wchan");
	}
	kill_tasks(~0U);
	_exit(124);
}

/* ---- start ---- */

enum { OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC };

static void start_command(char **argv)
{
	int gate[2];
	char byte;
	if (pipe2(gate, O_CLOEXEC) < 0)
		die("pipe");
	g.first = fork();
	if (g.first < 0)
		die("fork");
	if (g.first == 0) {
		close(gate[1]);
		(void)!read(gate[0], &byte, 1);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	add(g.first, TOOL);
	if (ptrace(PTRACE_SEIZE, g.first, 0, OPTIONS) < 0)
		die("trace the command");
	close(gate[0]);
	close(gate[1]);
}

static void seize(const char *text)
{
	pid_t pid = (pid_t)atoi(text);
	if (pid <= 1 || ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
		die("trace the process that waits");
	add(pid, INIT);
}

static enum who parse_who(const char *s)
{
	for (int i = 0; i < WHO_COUNT; i++)
		if (strcmp(s, who_names[i]) == 0)
			return (enum who)i;
	errno = EINVAL;
	die(s);
	return TOOL;
}

static char **parse_mode(int argc, char **argv)
{
	static const struct { const char *name; int args; } modes[] = { { "count", 0 }, { "fail", 3 }, { "kill", 3 } };
	for (int i = 0; i < 3 && argc > 1; i++) {
		if (strcmp(argv[0], modes[i].name) != 0)
			continue;
		if (argc < modes[i].args + 3 || strcmp(argv[modes[i].args + 1], "--") != 0)
			break;
		g.mode = (enum mode)i;
		if (g.mode != COUNT) {
			g.at = parse_who(argv[1]);
			char *colon = strchr(argv[2], ':');
			g.n = atol(colon ? colon + 1 : argv[2]);
			if (colon) {
				*colon = '\0';
				g.name = argv[2];
			}
		}
		if (g.mode == FAIL)
			g.choice = atoi(argv[3]);
		if (g.mode == KILL)
			g.victims = strcmp(argv[3], "both") == 0 ? 3U : 1U << parse_who(argv[3]);
		return argv + modes[i].args + 2;
	}
	fputs("usage: inject [-o FILE] [-p PID] [-t SEC] count|fail WHO N K|kill WHO N VICTIM -- COMMAND...\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	const char *out = "/dev/stderr", *pid = NULL;
	int seconds = 0, opt;
	while ((opt = getopt(argc, argv, "+o:p:t:")) > 0) {
		if (opt == 'o')
			out = optarg;
		else if (opt == 'p')
			pid = optarg;
		else if (opt == 't')
			seconds = atoi(optarg);
		else
			return 2;
	}
	char **command = parse_mode(argc - optind, argv + optind);
	g.report = fopen(out, "we");
	if (!g.report)
		die(out);
	setvbuf(g.report, NULL, _IOLBF, 0);
	signal(SIGALRM, on_alarm);
	alarm((unsigned)seconds);
	start_command(command);
	if (pid)
		seize(pid);
	follow();
	if (g.mode != COUNT && !g.done)
		fputs("missed\n", g.report);
	fclose(g.report);
	return g.status < 0 ? 125 : g.status;
}
