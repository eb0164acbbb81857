/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth ps`: the processes of a container, as host pids.
 *
 * The set is what the container's cgroup tree holds, so processes that exec or a fork put there are in
 * it, and a container that shares its pid namespace shows its own processes only. The JSON form is that
 * set. The table form runs ps(1) with the caller's options and keeps the header and the lines whose
 * PID is in the set; ps(1) sees the host's /proc and nothing of the container's files. It writes to a
 * pipe, so on a terminal it is told the width, and the header is made bold here.
 */
#include "cmd.h"
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../lib/fd.h"
#include "../lib/json.h"
#include "../lib/sys.h"
#include "../lib/term.h"

struct ps_opts {
	const char *format;
};

struct pid_set {
	pid_t *v;
	size_t n;
};

static int pid_compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
	return x < y ? -1 : x > y;
}

static int print_json(const struct pid_set *set, struct err *e)
{
	struct json *j = json_new(false);
	json_array(j);
	for (size_t i = 0; i < set->n; i++)
		json_int(j, set->v[i]);
	json_end_array(j);
	size_t len;
	const char *text = json_text(j, &len);
	int r = cmd_print(text, len, e);
	if (r == 0)
		r = cmd_print("\n", 1, e);
	json_free(j);
	return r;
}

/* The field with number `index` (0: the first) of a line of blank-separated fields, or NULL. */
static const char *line_field(const char *line, size_t index, size_t *ret_len)
{
	static const char blank[] = " \t\n";
	const char *s = line + strspn(line, blank);
	for (; index > 0; index--) {
		s += strcspn(s, blank);
		s += strspn(s, blank);
	}
	*ret_len = strcspn(s, blank);
	return *ret_len ? s : NULL;
}

/* Which column is called exactly PID: -1 when none is. */
static long header_pid_column(const char *line)
{
	size_t len;
	const char *s;
	for (size_t i = 0; (s = line_field(line, i, &len)); i++)
		if (len == 3 && memcmp(s, "PID", 3) == 0)
			return (long)i;
	return -1;
}

/* A "-" (a thread's line) or anything else that is no number is nobody's pid. */
static bool line_matches(const char *line, size_t column, const struct pid_set *set)
{
	size_t len;
	const char *s = line_field(line, column, &len);
	if (!s || len > 10)
		return false;
	pid_t pid = 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(pid, 10, &pid) ||
		    __builtin_add_overflow(pid, s[i] - '0', &pid))
			return false;
	}
	return set->n && bsearch(&pid, set->v, set->n, sizeof(pid), pid_compare);
}

static int filter_table(FILE *in, const struct pid_set *set, struct err *e)
{
	char *line = NULL;
	size_t cap = 0;
	long column = -1;
	int r = 0;
	bool colours = term_colours();
	/* a command line is the container's to choose, so a line may have any length and content */
	for (bool header = true; getline(&line, &cap, in) >= 0; header = false) {
		if (header) {
			column = header_pid_column(line);
			if (column < 0) {
				r = err_set(e, 0, "ps: the options give no column PID");
				break;
			}
		} else if (!line_matches(line, (size_t)column, set)) {
			continue;
		}
		if (header && colours) {
			line[strcspn(line, "\n")] = '\0';
			printf(TERM_BOLD "%s" TERM_RESET "\n", line);
		} else if (fputs(line, stdout) == EOF) {
			break;
		}
	}
	free(line);
	if (!r && (ferror(stdout) || fflush(stdout) == EOF))
		r = err_set(e, errno, "write to standard output");
	return r;
}

static _Noreturn void exec_ps(int out, char *const *argv)
{
	char columns[16];
	unsigned width = term_columns();

	snprintf(columns, sizeof(columns), "%u", width);
	if (width)
		setenv("COLUMNS", columns, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* an engine may kill us; ps has no one to write to then */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	sys_close_range(3, ~0U, 0); /* engines leave sockets open in their children */
	execvp("ps", argv);	    /* without PATH in the environment: /bin and /usr/bin */
	execv("/bin/ps", argv);
	int eno = errno;
	dprintf(STDERR_FILENO, "exec \"ps\": %s\n", err_text(eno));
	_exit(127);
}

/* What ps itself says about a failure goes first: options that it refuses also give no header. */
static int reap_ps(pid_t pid, int filter_result, struct err *e)
{
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_set(e, errno, "wait for ps");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status)) {
		err_clear(e);
		return err_set(e, 0, "ps: exit status %d", WEXITSTATUS(status));
	}
	if (WIFSIGNALED(status) && filter_result == 0) /* else it is the SIGPIPE that we caused */
		return err_set(e, 0, "ps: killed by signal %d", WTERMSIG(status));
	return filter_result;
}

static int print_table(const struct pid_set *set, char *const *argv, struct err *e)
{
	int p[2];
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_set(e, errno, "pipe");
	CLEANUP_FD int in = p[0];
	CLEANUP_FD int out = p[1];
	pid_t pid = fork();
	if (pid < 0)
		return err_set(e, errno, "fork");
	if (pid == 0)
		exec_ps(out, argv);
	fd_close(&out);

	FILE *f = fdopen(in, "re");
	int r;
	if (f) {
		take_fd(&in);
		r = filter_table(f, set, e);
		fclose(f); /* before the wait: ps ends by SIGPIPE if it was not read to its end */
	} else {
		r = err_set(e, errno, "fdopen");
		fd_close(&in);
	}
	return reap_ps(pid, r, e);
}

/* The processes of a stopped container are those that are left in its cgroup: none, unless it shared
 * the pid namespace of another. */
static int collect_pids(struct container *c, struct pid_set *ret, struct err *e)
{
	CLEANUP_FD int cgroup = container_cgroup(c, "list the processes of", e);
	if (cgroup < 0) {
		if (c->status != STATUS_STOPPED)
			return -1;
		err_clear(e);
		return 0;
	}
	if (cgroup_pids(&c->arena, cgroup, &ret->v, &ret->n, e) < 0)
		return -1;
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), pid_compare);
	return 0;
}

static int ps_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	const struct ps_opts *o = opts;
	bool json = o->format && strcmp(o->format, "json") == 0;
	if (o->format && !json && strcmp(o->format, "table") != 0)
		return err_set(e, 0, "invalid format \"%s\": must be table or json", o->format);

	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	const unsigned allowed = ~STATUS_BIT(STATUS_CREATING);
	if (container_open(&c, g, argv[0], 0, e) < 0 ||
	    container_require(&c, allowed, "list the processes of", e) < 0)
		return -1;
	struct pid_set set = { 0 };
	if (collect_pids(&c, &set, e) < 0)
		return -1;
	if (json)
		return print_json(&set, e);

	char **ps = arena_array(&c.arena, (size_t)argc + 2, sizeof(*ps));
	ps[0] = (char *)"ps";
	if (argc > 1)
		memcpy(&ps[1], &argv[1], ((size_t)argc - 1) * sizeof(*ps));
	else
		ps[1] = (char *)"-ef";
	return print_table(&set, ps, e);
}

static const struct option_row ps_options[] = {
	{ "format", 'f', OPT_STRING, offsetof(struct ps_opts, format), "FORMAT", "table (default) or json" },
	{ 0 },
};

const struct command cmd_ps = {
	.name = "ps",
	.args = "ID [PS-OPTION...]",
	.summary = "list the processes of a container",
	.example = "berth ps web -o pid,user,args",
	.options = ps_options,
	.opts_size = sizeof(struct ps_opts),
	.min_args = 1,
	.max_args = -1,
	.stop_at_positional = true,
	.run = ps_run,
};
