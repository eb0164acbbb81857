/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * swap A B [PAUSE_US|once]: a neighbour that exchanges two names again and again, until its parent ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	useconds_t pause = argc > 3 ? (useconds_t)atoi(argv[3]) : 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0) {
			perror("renameat2");
			return 1;
		}
		if (argc > 3 && strcmp(argv[3], "once") == 0)
			return 0;
		if (pause)
			usleep(pause);
	}
}
