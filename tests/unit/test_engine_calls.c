/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every shape of a call that engines make (tests/data/engines/calls.tsv): its options are known and have the values that the shape
 * gives, the others have none, and the arguments are the rest, the ID first. With "! " before it there is no such command, which engines probe; what
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

struct given {
	const char *name, *value; /* value: NULL for a flag that stands alone */
	size_t len; /* of the name */
};
struct words {
	struct given options[MAX_WORDS];
	const char *args[MAX_WORDS];
	int n_options, n_args;
};

static bool is_command(const char *word)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, word) == 0)
			return true;
	return false;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && strcmp(word, "-the-program") != 0;
}

/* What the words of a shape are, seen without the tables of the program: what follows an option is its value
 * unless it is another option, the command or the ID. Up to the command with `global`; returns how many words
 * that are. */
static int read_words(int argc, char **argv, bool global, struct words *w)
{
	int i;
	memset(w, 0, sizeof(*w));
	for (i = 0; i < argc && !(global && is_command(argv[i])); i++) {
		if (!is_option(argv[i])) {
			w->args[w->n_args++] = argv[i];
			continue;
		}
		struct given *o = &w->options[w->n_options++];
		const char *next = i + 1 < argc ? argv[i + 1] : "c1";
		o->name = argv[i] + strspn(argv[i], "-");
		o->len = strcspn(o->name, "=");
		if (o->name[o->len])
			o->value = o->name + o->len + 1;
		else if (!is_option(next) && strcmp(next, "c1") != 0 && !(global && is_command(next)))
			o->value = argv[++i];
	}
	return i;
}

/* Options that may do nothing; a row of another one that is accepted and ignored is a mistake. */
static bool may_do_nothing(const struct option_row *r)
{
	return strcmp(r->name, "criu") == 0;
}

static void check_string(const char *shape, const struct option_row *r, const char *is, const char *want)
{
	t_checks++;
	if ((is || want) && (!is || !want || strcmp(is, want) != 0))
		T_FAIL("%s: --%s is %s, not %s", shape, r->name, is ? is : "(null)", want ? want : "(null)");
}

static void check_number(const char *shape, const struct option_row *r, unsigned long is, unsigned long want)
{
	t_checks++;
	if (is != want)
		T_FAIL("%s: --%s is %lu, not %lu", shape, r->name, is, want);
}

/* The last of the options that the row is for, or NULL. */
static const struct given *last_given(const struct option_row *r, const struct words *w)
{
	for (int i = w->n_options; i-- > 0;) {
		const struct given *o = &w->options[i];
		if ((strlen(r->name) == o->len && strncmp(r->name, o->name, o->len) == 0) ||
		    (o->len == 1 && r->letter == o->name[0]))
			return o;
	}
	return NULL;
}

static void check_options(const char *shape, const struct option_row *rows, const void *opts,
			  const struct words *w)
{
	for (const struct option_row *r = rows; r && r->name; r++) {
		const struct given *o = last_given(r, w);
		const char *value = o ? o->value : NULL, *at = (const char *)opts + r->offset;
		bool nothing = r->type == OPT_IGNORE_FLAG || r->type == OPT_IGNORE_VALUE;
		if (nothing && o && !may_do_nothing(r))
			T_FAIL("%s: --%s does nothing", shape, r->name);
		else if (o && (r->type == OPT_FLAG) == (value != NULL))
			T_FAIL("%s: --%s %s", shape, r->name, value ? "has a value" : "has none");
		else if (r->type == OPT_STRING)
			check_string(shape, r, *(const char *const *)(const void *)at, value);
		else if (r->type == OPT_UINT)
			check_number(shape, r, *(const unsigned *)(const void *)at,
				     value ? strtoul(value, NULL, 10) : 0);
		else if (r->type == OPT_FLAG)
			check_number(shape, r, *(const bool *)at, o != NULL);
		else if (r->type == OPT_LIST)
			check_number(shape, r, ((const struct strv *)(const void *)at)->n, 0);
	}
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
	else if (!strstr(e.text, "unknown command") || !strstr(e.text, argv[0]))
		T_FAIL("%s: not said what is not there: %s", shape, e.text);
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
	static struct words global, own;
	int all = split(line, argv), n = read_words(all, argv, true, &global);
	read_words(n < all ? all - n - 1 : 0, n < all ? argv + n + 1 : argv, false, &own);
	memset(&m, 0, sizeof(m));
	memset(opts, 0, sizeof(opts));
	n = options_parse(global_rows, &m, all, argv, true, &e);
	if (n < 0 || (n == 0 && !m.version)) {
		T_FAIL("%s: %s", shape, e.text);
		return;
	}
	check_options(shape, global_rows, &m, &global);
	const struct command *c = n ? find_command(argv[0], &e) : NULL;
	if (c && c->opts_size <= sizeof(opts)) {
		n = options_parse(c->options, opts, n - 1, argv + 1, c->stop_at_positional, &e);
		if (n < c->min_args || (c->max_args >= 0 && n > c->max_args))
			T_FAIL("%s: %d arguments: %s", shape, n, e.text);
		if (n > 0)
			T_STR(argv[1], "c1");
		check_options(shape, c->options, opts, &own);
		T_INT(n, own.n_args);
		for (int i = 0; i < n && i < own.n_args; i++)
			T_STR(argv[1 + i], own.args[i]);
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
