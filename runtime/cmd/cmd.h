/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands. One file each, one row each in the table of main.c, options as rows of a table.
 *
 * To add a command: write cmd/NAME.c with a `const struct command cmd_NAME`, add it to the list in
 * main.c, add its man page docs/man/berth-NAME.8.md and a row to that of berth, run `make completions`, add
 * a test to tests/integration/. tests/static/docs-man.sh compares the page with the table.
 */
#ifndef BERTH_CMD_CMD_H
#define BERTH_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "../cgroup/cgroup.h"
#include "../lib/err.h"
#include "../lib/log.h"

/* Options before the command. */
struct globals {
	const char *root;
	const char *log;
	const char *log_format;
	const char *log_level;
	const char *trace;
	bool debug, systemd_cgroup;
	const char *cgroup_manager;
	const char *rootless; /* "true", "false", "auto" */
	enum cgroup_driver driver; /* from the two above */
};

enum opt_type {
	OPT_FLAG,   /* bool *; also --x=true|false */
	OPT_STRING, /* const char ** ; last wins */
	OPT_UINT,   /* unsigned * */
	OPT_LIST,   /* struct strv *; may be repeated */
	OPT_IGNORE_FLAG, OPT_IGNORE_VALUE, /* accepted for compatibility */
};
struct option_row {
	const char *name; /* without dashes; "--name", "-name", "--name=value" all work */
	char letter;	  /* or 0 */
	enum opt_type type;
	size_t offset;	  /* into the command's options struct */
	const char *arg;  /* name of the value in the help, or NULL */
	const char *help;
};

/* Parse argv[0..] (what follows the command's name) into `opts`. Options and positionals may be mixed
 * unless stop_at_positional. Returns the number of positionals, moved to the front of argv, or -1.
 * Unknown option: error; value missing: `option --x requires an argument`. "--" ends the options. */
int options_parse(const struct option_row *rows, void *opts, int argc, char **argv, bool stop_at_positional,
		  struct err *e);

struct command {
	const char *name;
	const char *args;	 /* "ID", "[--] ID COMMAND [ARG...]" for the usage line */
	const char *summary;	 /* one line */
	const char *example;	 /* one line for the help; it is among the EXAMPLES of the man page too */
	const struct option_row *options; /* ended by a row without name */
	size_t opts_size;	 /* of the struct the rows fill; zeroed before */
	int min_args, max_args;	 /* positionals; max -1: any */
	bool stop_at_positional; /* exec, ps: what follows the ID is not ours */
	bool log_warnings;	 /* warnings go to --log without --log-level too. Not for create, run and
				  * exec: the log of a failed one has to hold exactly one object */
	/* Returns the exit code of the process, or -1 with *e set. */
	int (*run)(const struct globals *g, void *opts, int argc, char **argv, struct err *e);
};

extern const struct command *const commands[]; /* ended by NULL; main.c */

/* Write a command's output to stdout. 0 or -1 with *e. */
int cmd_print(const char *text, size_t len, struct err *e);

/* The texts of --help; to stdout. main.c calls them. */
int help_overview(const struct command *const *list, const struct option_row *globals_rows, struct err *e);
int help_command(const struct command *cmd, struct err *e);

#endif
