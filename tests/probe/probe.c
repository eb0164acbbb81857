/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe: the table of subcommands. Without one: everything that `show` knows. */
#include <stdio.h>
#include <string.h>

#include "probe.h"

static int probe_each(int argc, char **argv);

static const struct {
	const char *name, *args, *help;
	int min;
	int (*run)(int argc, char **argv);
} subcommands[] = {
	{ "show", "[TOPIC...]", "ids, limits, capabilities, namespaces, mounts, ...", 0, probe_show },
	{ "read", "PATH...", "first bytes of files: path=content, or path=?ERRNO", 1, probe_read },
	{ "write", "PATH [TEXT]", "create or overwrite; write=ok or write=?ERRNO", 1, probe_write },
	{ "open", "NODE...", "one line, NAME=rw for each: what may be opened; - for what is not permitted", 1, probe_open },
	{ "stat", "PATH...", "path=TYPE MODE UID GID RDEV SIZE [-> TARGET]", 1, probe_stat },
	{ "ls", "PATH", "one entry a line, with what stat prints", 1, probe_ls },
	{ "fds", "", "open descriptors and what they are", 0, probe_fds },
	{ "exec", "PATH", "execve(2) of a file; exec=?ERRNO", 1, probe_exec_file },
	{ "tty", "", "terminal of 0, 1, 2 and the controlling one", 0, probe_tty },
	{ "exit", "N", "exit with status N", 1, probe_exit },
	{ "sleep", "SECONDS", "prints ready, sleeps, exits 0", 1, probe_sleep },
	{ "signal-wait", "", "prints ready, then the first signal that arrives", 0, probe_signal_wait },
	{ "send", "SOCKET TEXT", "a datagram to a socket in the file system; send=ok or send=?ERRNO", 2, probe_send },
	{ "keyring", "[KEY]", "the session keyring; adds a key first", 0, probe_keyring },
	{ "time", "", "clocks in whole seconds", 0, probe_time },
	{ "syscall", "NUMBER|NAME [ARG...]", "result of a raw system call", 1, probe_syscall },
	{ "children", "N SECONDS", "leaves N children behind in sessions of their own, then sleeps", 2, probe_children },
	{ "bomb", "", "forks as fast as it can, deaf to SIGTERM, and so do its children; give it an RLIMIT_NPROC", 0, probe_bomb },
	{ "each", "SUBCOMMAND [ARG...] [, ...]", "several subcommands in one process, a line each=... before each", 1,
	  probe_each },
};

/* -1: not known, or arguments are missing */
static int run(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (strcmp(argv[0], subcommands[i].name) == 0 && argc - 1 >= subcommands[i].min)
			return subcommands[i].run(argc - 1, argv + 1);
	}
	return -1;
}

static int probe_each(int argc, char **argv)
{
	for (int from = 0, to; from < argc; from = to + 1) {
		printf("each=");
		for (to = from; to < argc && strcmp(argv[to], ",") != 0; to++)
			printf(to == from ? "%s" : " %s", argv[to]);
		putchar('\n');
		argv[to] = NULL;
		int rc = to > from ? run(to - from, argv + from) : -1;
		if (rc != 0)
			return rc < 0 ? 2 : rc;
	}
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 1024);
	if (argc < 2)
		return probe_show(0, argv + argc);
	int rc = run(argc - 1, argv + 1);
	if (rc >= 0)
		return rc;
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		fprintf(stderr, "probe %s %s\n\t%s\n", subcommands[i].name, subcommands[i].args, subcommands[i].help);
	return 2;
}
