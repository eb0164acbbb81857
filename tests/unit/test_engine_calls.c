/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every shape of a call that engines make (tests/data/engines/calls.tsv): its options are known, take their values, and leave as
 * many arguments as the command wants, the ID first. With "! " before it there is no such command, which engines probe; what
 * says so must not sound as if an argument was missing, as that means to them that there is one. With the tables of the program
 * itself. */
int berth_main(int argc, char **argv);
#define main berth_main
#include "../../runtime/main.c"
#undef main

#include "t.h"

enum { MAX_WORDS = 48 };

/* "--x=PATH" and "PATH" get a path that ends in the option's name; the other placeholders get what stands for them. */
static char *fill(const char *word, const char *option)
{
	char text[256];
	const char *eq = strchr(word, '=');
	if (eq && strcmp(eq + 1, "PATH") == 0)
		snprintf(text, sizeof(text), "%.*s=/some%.*s", (int)(eq - word), word, (int)(eq - word), word);
	else if (strcmp(word, "PATH") == 0)
		snprintf(text, sizeof(text), "/some%s", option);
	else
		snprintf(text, sizeof(text), "%s",
			 strcmp(word, "ID") == 0       ? "c1"
			 : strcmp(word, "NUMBER") == 0 ? "9"
			 : strcmp(word, "...") == 0    ? "-the-program"
						       : word);
	return strdup(text);
}

static int split(char *line, char **argv)
{
	int n = 0;
	const char *before = "";
	for (char *w = strtok(line, " "); w && n < MAX_WORDS; w = strtok(NULL, " ")) {
		argv[n++] = fill(w, before);
		before = w;
	}
	return n;
}

static void check_globals(const char *shape, const struct main_options *m)
{
	/* before the command; what comes later has no such names */
	bool root = strstr(shape, "--root") != NULL, log = strstr(shape, "--log ") != NULL;
	T_STR(m->g.root ? m->g.root : "", root ? "/some--root" : "");
	T_STR(m->g.log ? m->g.log : "", log ? "/some--log" : "");
	T_INT(m->g.systemd_cgroup, strstr(shape, "--systemd-cgroup") != NULL);
}

static void check_refused(const char *shape)
{
	static struct main_options m;
	static struct err e;
	char line[1024], *argv[MAX_WORDS];
	snprintf(line, sizeof(line), "%s", shape);
	memset(&m, 0, sizeof(m));
	err_clear(&e);
	int n = options_parse(global_rows, &m, split(line, argv), argv, true, &e);
	if (n < 1 || find_command(argv[0], &e))
		T_FAIL("%s: is not refused", shape);
	if (strstr(e.text, "requires an argument") || strstr(e.text, "needs an argument"))
		T_FAIL("%s: %s", shape, e.text);
}

static void check_shape(const char *shape)
{
	static struct main_options m;
	static struct err e;
	static char opts[4096] __attribute__((aligned(16)));
	char line[1024], *argv[MAX_WORDS];
	snprintf(line, sizeof(line), "%s", shape);
	int all = split(line, argv), n;
	memset(&m, 0, sizeof(m));
	memset(opts, 0, sizeof(opts));
	n = options_parse(global_rows, &m, all, argv, true, &e);
	if (n < 0 || (n == 0 && !m.version)) {
		T_FAIL("%s: %s", shape, e.text);
		return;
	}
	check_globals(shape, &m);
	const struct command *c = n ? find_command(argv[0], &e) : NULL;
	if (c && c->opts_size <= sizeof(opts)) {
		n = options_parse(c->options, opts, n - 1, argv + 1, c->stop_at_positional, &e);
		if (n < c->min_args || (c->max_args >= 0 && n > c->max_args))
			T_FAIL("%s: %d arguments: %s", shape, n, e.text);
		if (n > 0)
			T_STR(argv[1], "c1");
	} else if (!m.version) {
		T_FAIL("%s: no such command", shape);
	}
}

T_TEST(shapes)
{
	FILE *f = fopen("tests/data/engines/calls.tsv", "re");
	char line[1024];
	int n = 0;
	T_OK(f != NULL);
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		if (strncmp(line, "! ", 2) == 0)
			check_refused(line + 2);
		else
			check_shape(line);
		n++;
	}
	if (f)
		fclose(f);
	T_OK(n >= 100);
}

T_MAIN()
