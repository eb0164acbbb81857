/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * berth: options before the command, the table of commands, and the one place where an error is
 * printed. The order:
 *   1. make the process safe: stdio open, not dumpable, SIGPIPE and SIGXFSZ ignored, a known umask
 *   2. global options, then the log, so that everything that fails from here on is in it
 *   3. the command's options, from the rows of its table, and its count of arguments
 *   4. the command itself
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "../spec/spec.h"
#include "cmd/cmd.h"
#include "lib/fd.h"
#include "lib/full.h"
#include "lib/trace.h"

extern const struct command cmd_create, cmd_start, cmd_run, cmd_exec, cmd_state, cmd_list, cmd_kill,
	cmd_delete, cmd_ps, cmd_pause, cmd_resume, cmd_update, cmd_events, cmd_spec, cmd_features, cmd_plan,
	cmd_audit, cmd_check;

const struct command *const commands[] = {
	&cmd_create, &cmd_start,  &cmd_run,    &cmd_exec,   &cmd_kill, &cmd_delete,
	&cmd_state,  &cmd_list,	  &cmd_ps,     &cmd_pause,  &cmd_resume, &cmd_update,
	&cmd_events, &cmd_spec,	  &cmd_features, &cmd_plan,
	&cmd_audit,	 &cmd_check,  NULL,
};

struct main_options {
	struct globals g;
	bool help, version;
};

#define G(member) offsetof(struct main_options, g.member)
static const struct option_row global_rows[] = {
	{ "root", 0, OPT_STRING, G(root), "DIR", "where the state of containers is kept" },
	{ "log", 0, OPT_STRING, G(log), "FILE", "append errors to FILE" },
	{ "log-format", 0, OPT_STRING, G(log_format), "FORMAT", "text (default) or json" },
	{ "log-level", 0, OPT_STRING, G(log_level), "LEVEL", "error (default), warning, info or debug" },
	{ "debug", 0, OPT_FLAG, G(debug), NULL, "the same as --log-level debug" },
	{ "systemd-cgroup", 0, OPT_FLAG, G(systemd_cgroup), NULL, "let systemd make the cgroups" },
	{ "cgroup-manager", 0, OPT_STRING, G(cgroup_manager), "MANAGER",
	  "cgroupfs (default), systemd or disabled" },
	{ "trace", 0, OPT_STRING, G(trace), "FILE", "add the steps with their times to FILE, as trace events" },
	{ "rootless", 0, OPT_STRING, G(rootless), "BOOL", "true, false or auto (default)" },
	{ "criu", 0, OPT_IGNORE_VALUE, 0, "FILE", NULL },
	{ "version", 'v', OPT_FLAG, offsetof(struct main_options, version), NULL, "print the version" },
	{ "help", 'h', OPT_FLAG, offsetof(struct main_options, help), NULL, "print this help" },
	{ 0 },
};

/* The leak check of AddressSanitizer traces the process. */
#ifdef __has_feature
#define LEAK_CHECK __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define LEAK_CHECK 1
#else
#define LEAK_CHECK 0
#endif

/* docker takes the name and the version from the only line that has the word "version" in it */
static const char version_text[] = "berth version " BERTH_VERSION "\n"
				   "commit: " BERTH_COMMIT "\n"
				   "spec: " SPEC_VERSION "\n";

static const struct command *find_command(const char *name, struct err *e)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	err_set(e, 0, "unknown command \"%s\"; \"berth help\" lists the commands", name);
	return NULL;
}

/* Done even when the options themselves were wrong, with what was read of them: engines look for the
 * error in the log. */
static int open_log(const struct globals *g, bool warnings, struct err *e)
{
	enum log_level level = warnings && g->log ? LOG_WARNING : LOG_ERROR;
	const char *path = g->log;

	if (g->debug)
		level = LOG_DEBUG;
	if (g->log_level && log_level_parse(g->log_level, &level) < 0)
		err_set(e, 0, "option --log-level: unknown level \"%s\"", g->log_level);
	if (g->log_format && strcmp(g->log_format, "json") != 0 && strcmp(g->log_format, "text") != 0)
		err_set(e, 0, "option --log-format: unknown format \"%s\"", g->log_format);
	/* conmon-rs may ask for the journal; what matters reaches it on stderr */
	if (path && strncmp(path, "journald:", 9) == 0)
		path = NULL;
	struct err failed = { 0 };
	if (log_open(path, g->log_format && strcmp(g->log_format, "json") == 0, level, &failed) < 0)
		err_set(e, 0, "%s", failed.text);
	return e->set ? -1 : 0;
}

static int resolve_globals(struct globals *g, struct err *e)
{
	static const char *const words[] = { "true", "false", "auto", "1", "0", "" };

	g->driver = g->systemd_cgroup ? CGROUP_SYSTEMD : CGROUP_CGROUPFS;
	if (g->cgroup_manager && cgroup_driver_parse(g->cgroup_manager, &g->driver) < 0)
		return err_set(e, 0, "option --cgroup-manager: unknown manager \"%s\"", g->cgroup_manager);
	for (size_t i = 0; g->rootless && i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], g->rootless) == 0)
			return 0;
	return g->rootless ? err_set(e, 0, "option --rootless: \"%s\" is not a boolean", g->rootless) : 0;
}

/* The command's rows and --help, which fills the bool behind the command's own options. */
static int parse_command(const struct command *cmd, void *opts, bool *help, int argc, char **argv,
			 struct err *e)
{
	enum { MAX = 48 };
	struct option_row rows[MAX + 2] = { 0 };
	size_t n = 0;

	for (const struct option_row *r = cmd->options; r && r->name; r++)
		if (n < MAX)
			rows[n++] = *r;
	size_t offset = (size_t)((char *)help - (char *)opts);
	rows[n] = (struct option_row){ "help", 'h', OPT_FLAG, offset, NULL, NULL };
	int count = options_parse(rows, opts, argc, argv, cmd->stop_at_positional, e);
	if (count < 0 || *help)
		return count;
	if (count < cmd->min_args)
		return err_set(e, 0, "too few arguments, expected: %s", cmd->args ? cmd->args : "");
	if (cmd->max_args >= 0 && count > cmd->max_args)
		return err_set(e, 0, "unexpected argument \"%s\"", argv[cmd->max_args]);
	return count;
}

static int run_command(const struct command *cmd, const struct globals *g, int argc, char **argv,
		       struct err *e)
{
	size_t size = (cmd->opts_size + 15) & ~(size_t)15;
	_Alignas(16) char opts[1024] = { 0 };

	if (size >= sizeof(opts))
		return err_set(e, 0, "internal error: options of %s", cmd->name);
	bool *help = (bool *)(opts + size);
	int count = parse_command(cmd, opts, help, argc, argv, e), code = count;
	if (*help && count >= 0)
		code = help_command(cmd, e);
	else if (count >= 0)
		code = cmd->run(g, opts, count, argv, e);
	if (code >= 0)
		return code;
	/* "berth create c1: what went wrong" */
	const char *subject = count > 0 && cmd->args && strstr(cmd->args, "ID") ? argv[0] : NULL;
	return err_add(e, "berth %s%s%s", cmd->name, subject ? " " : "", subject ? subject : "");
}

static int help(int argc, char **argv, struct err *e)
{
	if (argc == 0)
		return help_overview(commands, global_rows, e);
	const struct command *cmd = find_command(argv[0], e);
	return cmd ? help_command(cmd, e) : -1;
}

/* What is no command: --version, help, mistakes. */
static int other(const struct main_options *o, int argc, char **argv, struct err *e)
{
	if (e->set)
		return -1;
	if (o->version)
		return cmd_print(version_text, sizeof(version_text) - 1, e);
	if (o->help)
		return help(argc, argv, e);
	if (argc == 0)
		return err_set(e, 0, "no command; \"berth help\" lists the commands");
	return help(argc - 1, argv + 1, e);
}

static int start_trace(const struct globals *g, const char *command, struct err *e)
{
	const char *path = g->trace ? g->trace : getenv("BERTH_TRACE");
	return path && *path ? trace_begin(path, command, e) : 0;
}

/* Global options, then the command. Returns the exit code, or -1 with *e. */
static int dispatch(int argc, char **argv, struct err *e)
{
	struct main_options o = { 0 };
	int n = options_parse(global_rows, &o, argc, argv, true, e);
	const struct command *cmd = n > 0 && strcmp(argv[0], "help") != 0 ? find_command(argv[0], e) : NULL;

	if (open_log(&o.g, cmd && cmd->log_warnings, e) == 0 && resolve_globals(&o.g, e) == 0 && cmd &&
	    !o.version && !o.help && start_trace(&o.g, cmd->name, e) == 0)
		return run_command(cmd, &o.g, n - 1, argv + 1, e);
	int code = other(&o, n, argv, e);
	return code < 0 ? err_add(e, "berth") : code;
}

int main(int argc, char **argv)
{
	static struct err e; /* large, and main is never re-entered */

	full_begin(argc, argv);
	if (fd_sanitize_stdio() < 0) {
		err_set(&e, errno, "berth: open /dev/null in the place of a closed stdin, stdout or stderr");
		log_error(&e);
		return 1;
	}
	/* no process of a container may look into this one while it works in the container's namespaces */
	if (!LEAK_CHECK)
		prctl(PR_SET_DUMPABLE, 0);
	/* a log or stdout whose reader is gone is a failed write, not our end, and so is the caller's limit for the
	 * size of files; children get both back */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	umask(022);

	int code = dispatch(argc > 0 ? argc - 1 : 0, argv + 1, &e);
	trace_end();
	if (code >= 0)
		return code;
	log_error(&e);
	return e.exit_code ? e.exit_code : 1;
}
