/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The help texts, made from the same tables that the arguments are parsed with, so they cannot differ. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/arena.h"
#include "../lib/fd.h"

int cmd_print(const char *text, size_t len, struct err *e)
{
	if (fd_write_all(STDOUT_FILENO, text, len) < 0)
		return err_set(e, errno, "write to standard output");
	return 0;
}

enum { COLUMN = 30 }; /* where the explanations start */

/* "  -b, --bundle DIR        text"; options that are accepted and ignored are not worth a reader's time */
static char *option_lines(struct arena *a, const struct option_row *rows)
{
	char *text = arena_strdup(a, "");

	for (const struct option_row *r = rows; r && r->name; r++) {
		if (r->type == OPT_IGNORE_FLAG || r->type == OPT_IGNORE_VALUE || !r->help)
			continue;
		const char *value = r->type == OPT_FLAG ? NULL : r->arg ? r->arg : "VALUE";
		char letter[8] = "    ";
		if (r->letter)
			snprintf(letter, sizeof(letter), "-%c, ", r->letter);
		char *left = arena_printf(a, "  %s--%s%s%s", letter, r->name, value ? " " : "",
					  value ? value : "");
		/* a long left side gets a line of its own */
		const char *gap = strlen(left) < COLUMN ? "" : "\n";
		text = arena_printf(a, "%s%-*s%s%*s%s\n", text, COLUMN, left, gap, *gap ? COLUMN : 0, "",
				    r->help);
	}
	return text;
}

int help_overview(const struct command *const *list, const struct option_row *rows, struct err *e)
{
	struct arena a = { 0 };
	char *text = arena_strdup(&a, "Usage: berth [OPTION...] COMMAND [ARGUMENT...]\n\n"
				      "Runs containers as the OCI runtime specification describes them.\n\n"
				      "Commands:\n");

	for (; *list; list++)
		text = arena_printf(&a, "%s  %-*s%s\n", text, COLUMN - 2, (*list)->name, (*list)->summary);
	text = arena_printf(&a, "%s\nOptions:\n%s\n\"berth help COMMAND\" explains a command.\n", text,
			    option_lines(&a, rows));
	int r = cmd_print(text, strlen(text), e);
	arena_free(&a);
	return r;
}

int help_command(const struct command *cmd, struct err *e)
{
	struct arena a = { 0 };
	char *options = option_lines(&a, cmd->options);
	char *text = arena_printf(&a, "Usage: berth %s%s%s%s\n\n%s\n%s%s", cmd->name,
				  *options ? " [OPTION...]" : "", cmd->args && *cmd->args ? " " : "",
				  cmd->args ? cmd->args : "", cmd->summary, *options ? "\nOptions:\n" : "", options);
	if (cmd->example)
		text = arena_printf(&a, "%s\nExample:\n  %s\n\n\"man berth-%s\" has more.\n", text, cmd->example,
				    cmd->name);

	int r = cmd_print(text, strlen(text), e);
	arena_free(&a);
	return r;
}
