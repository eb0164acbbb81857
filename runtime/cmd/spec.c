/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth spec`: write a config.json to start from. An existing one is never replaced.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"

struct spec_opts {
	const char *bundle;
	bool rootless;
};

static const char config_name[] = "config.json";

static int spec_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)g;
	(void)argc;
	(void)argv;
	const struct spec_opts *o = opts;
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	const char *bundle = o->bundle ? o->bundle : ".";
	CLEANUP_FD int dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "open bundle \"%s\"", bundle);
	/* O_EXCL and not a look beforehand: of two calls at once one fails, and a link is not followed */
	CLEANUP_FD int fd = openat(dir, config_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return err_set(e, 0, "%s exists: remove it first", config_name);
	if (fd < 0)
		return err_set(e, errno, "create \"%s/%s\"", bundle, config_name);

	const char *text = o->rootless ? spec_template_rootless(&a, geteuid(), getegid()) : spec_template();
	if (fd_write_all(fd, text, strlen(text)) < 0) {
		int eno = errno;
		unlinkat(dir, config_name, 0); /* half a config is of no use to anybody */
		return err_set(e, eno, "write \"%s/%s\"", bundle, config_name);
	}
	return 0;
}

static const struct option_row spec_options[] = {
	{ "bundle", 'b', OPT_STRING, offsetof(struct spec_opts, bundle), "DIR",
	  "where to write it (default: .)" },
	{ "rootless", 0, OPT_FLAG, offsetof(struct spec_opts, rootless), NULL,
	  "for a user without privileges: a user namespace, no limits" },
	{ 0 },
};

const struct command cmd_spec = {
	.name = "spec",
	.args = "",
	.summary = "write a config.json to start from",
	.example = "berth spec --rootless --bundle box",
	.options = spec_options,
	.opts_size = sizeof(struct spec_opts),
	.min_args = 0,
	.max_args = 0,
	.run = spec_run,
};
