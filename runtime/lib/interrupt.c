/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See interrupt.h. */
#include "interrupt.h"

#include <signal.h>

static volatile sig_atomic_t caught;

static void note(int sig)
{
	caught = sig;
}

void interrupt_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old, new = { .sa_handler = note }; /* no SA_RESTART: waits shall end */
		if (sigaction(signals[i], &new, &old) < 0 || old.sa_handler != SIG_IGN)
			continue;
		/* ignored, as under nohup: nothing has happened */
		sigaction(signals[i], &old, NULL);
		if (caught == signals[i])
			caught = 0;
	}
}

int interrupted(void)
{
	return caught;
}

int interrupt_check(struct err *e)
{
	return caught ? err_set(e, 0, "interrupted by signal %d", (int)caught) : 0;
}
