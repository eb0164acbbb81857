/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The program inside the containers of the benchmark: it ends at once, or by the name "wait" waits for its end. A program of a
 * distribution takes longer to start than some of the commands that are measured, as its C library asks the processor about
 * itself, which a virtual machine answers slowly; that would stand in each column.
 */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 0 && strstr(argv[0], "wait"))
		pause();
	return 0;
}
