/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options in every style that engines use. */
#include <stddef.h>
#include <string.h>

#include "../../runtime/cmd/cmd.h"
#include "../../spec/config.h"
#include "t.h"

struct opts {
	bool all, force;
	const char *root, *bundle;
	unsigned fds;
	struct strv env;
};
#define O(m) offsetof(struct opts, m)
static const struct option_row rows[] = {
	{ "all", 'a', OPT_FLAG, O(all), NULL, "" },
	{ "force", 'f', OPT_FLAG, O(force), NULL, "" },
	{ "root", 0, OPT_STRING, O(root), "DIR", "" },
	{ "bundle", 'b', OPT_STRING, O(bundle), "DIR", "" },
	{ "preserve-fds", 0, OPT_UINT, O(fds), "N", "" },
	{ "env", 'e', OPT_LIST, O(env), "K=V", "" },
	{ "criu", 0, OPT_IGNORE_VALUE, 0, NULL, NULL },
	{ "no-subreaper", 0, OPT_IGNORE_FLAG, 0, NULL, NULL },
	{ 0 },
};

static struct opts o;
static struct err e;
static char *args[16];
static int nargs;

/* Arguments are separated by blanks. */
static int parse(const char *line, bool stop)
{
	static char copy[512];

	snprintf(copy, sizeof(copy), "%s", line);
	nargs = 0;
	for (char *s = strtok(copy, " "); s; s = strtok(NULL, " "))
		args[nargs++] = s;
	memset(&o, 0, sizeof(o));
	err_clear(&e);
	int n = options_parse(rows, &o, nargs, args, stop, &e);
	T_INT(n < 0, e.set);
	return n;
}

T_TEST(styles)
{
	T_INT(parse("--root /a c1", false), 1);
	T_STR(o.root, "/a");
	T_STR(args[0], "c1");
	T_INT(parse("--root=/a=b c1", false), 1);
	T_STR(o.root, "/a=b");
	T_INT(parse("-root /c -bundle=/d", false), 0);
	T_STR(o.root, "/c");
	T_STR(o.bundle, "/d");
	T_INT(parse("-b /d -a", false), 0);
	T_STR(o.bundle, "/d");
	T_OK(o.all);
	T_INT(parse("-b/d", false), 0);
	T_STR(o.bundle, "/d");
	T_INT(parse("-b=/d", false), 0);
	T_STR(o.bundle, "/d");
	T_INT(parse("-af", false), 0);
	T_OK(o.all && o.force);
	T_INT(parse("-afb /d c1", false), 1);
	T_STR(o.bundle, "/d");
	T_INT(parse("--root= c1", false), 1);
	T_STR(o.root, "");
	T_INT(parse("--root --all", false), 0); /* a value may look like an option */
	T_STR(o.root, "--all");
}

T_TEST(last_wins)
{
	T_INT(parse("--root=/a --root /b --all --all=false", false), 0);
	T_STR(o.root, "/b");
	T_OK(!o.all);
}

T_TEST(booleans)
{
	T_INT(parse("--all=true", false), 0);
	T_OK(o.all);
	T_INT(parse("--all=0", false), 0);
	T_OK(!o.all);
	T_INT(parse("-a=false", false), 0);
	T_OK(!o.all);
	T_INT(parse("--all=maybe", false), -1);
	T_HAS(e.text, "neither true nor false");
	T_INT(parse("--all false", false), 1); /* a flag takes no value from the next argument */
	T_OK(o.all);
}

T_TEST(numbers)
{
	T_INT(parse("--preserve-fds 3", false), 0);
	T_INT(o.fds, 3);
	T_INT(parse("--preserve-fds=4294967295", false), 0);
	T_INT(parse("--preserve-fds=4294967296", false), -1);
	T_INT(parse("--preserve-fds=-1", false), -1);
	T_INT(parse("--preserve-fds=0x3", false), -1);
	T_INT(parse("--preserve-fds=", false), -1);
}

T_TEST(lists)
{
	T_INT(parse("-e A=1 --env=B=2 --env C", false), 0);
	T_INT(o.env.n, 3);
	T_STR(o.env.v[0], "A=1");
	T_STR(o.env.v[1], "B=2");
	T_STR(o.env.v[2], "C");
	T_OK(o.env.v[3] == NULL);
}

T_TEST(ignored)
{
	T_INT(parse("--criu /x -no-subreaper c1", false), 1);
	T_STR(args[0], "c1");
	T_INT(parse("--criu", false), -1);
}

T_TEST(errors)
{
	T_INT(parse("--bogus c1", false), -1);
	T_STR(e.text, "unknown option \"--bogus\"");
	T_INT(parse("-bogus", false), 0); /* -b ogus */
	T_STR(o.bundle, "ogus");
	T_INT(parse("-az", false), -1);
	T_STR(e.text, "unknown option \"-az\"");
	T_INT(parse("--rootx", false), -1);
	T_INT(parse("--roo", false), -1);
	T_INT(parse("--root", false), -1);
	T_STR(e.text, "option --root requires an argument");
	T_INT(parse("-b", false), -1);
	T_HAS(e.text, "requires an argument");
	T_INT(parse("--=x", false), -1);
	T_INT(parse("-=x", false), -1);
}

T_TEST(positionals)
{
	T_INT(parse("c1 --all KILL", false), 2);
	T_OK(o.all);
	T_STR(args[0], "c1");
	T_STR(args[1], "KILL");
	T_INT(parse("--all c1 --bogus -x", true), 3);
	T_STR(args[1], "--bogus");
	T_STR(args[2], "-x");
	T_INT(parse("c1 -- --all", false), 2);
	T_OK(!o.all);
	T_STR(args[1], "--all");
	T_INT(parse("-- c1 --all", true), 2);
	T_STR(args[0], "c1");
	T_INT(parse("c1 -- sh", true), 3); /* all that follows the ID belongs to the container */
	T_INT(parse("-", false), 1);
	T_STR(args[0], "-");
	T_INT(parse("", false), 0);
}

T_TEST(no_rows)
{
	char *argv[] = { (char *)"c1", NULL };
	err_clear(&e);
	T_INT(options_parse(NULL, NULL, 1, argv, false, &e), 1);
}

T_MAIN()
