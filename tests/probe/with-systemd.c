// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Stands in for the runtime when the tests run with DRIVER=systemd: executes the program that the link "FILE.real" beside
 * this one leads to, with --systemd-cgroup as the first argument. A script would be seen by the tests that count system
 * calls or start the runtime with descriptors missing.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char real[] = ".real";
	char file[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", file, sizeof(file) - sizeof(real));
	char **args = calloc((size_t)argc + 2, sizeof(*args));
	if (n < 0 || !args) {
		perror(argv[0]);
		return 127;
	}
	for (size_t i = 0; i < sizeof(real); i++)
		file[(size_t)n + i] = real[i];
	args[0] = argv[0];
	args[1] = "--systemd-cgroup";
	for (int i = 1; i < argc; i++)
		args[i + 1] = argv[i];
	execv(file, args);
	perror(file);
	return 127;
}
