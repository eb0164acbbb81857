/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The terminal of a foreground process: our stdin goes to the pty's master, what comes out of it to our
 * stdout. No call of the relay blocks, whichever side has stopped reading, so that who polls it can serve
 * signals at the same time. The caller's open files keep their flags.
 *
 *	relay_start()	our own terminal gets raw, the pty gets its size
 *	relay_poll()	fills in what to wait for; relay_ready() does what has become possible
 *	relay_last()	the process has ended: what it wrote still comes out, until relay_done()
 *	relay_stop()	our terminal is as it was; that also happens on exit(3) and when a fatal signal ends us
 *
 * Two ends that the two sides see as each other's:
 *   - our stdin ends: the process gets the terminal's end-of-file character, as if it had been typed, and again
 *     where it was lost
 *   - nobody reads our stdout any more: the terminal hangs up (SIGHUP, and EIO for what writes to it)
 */
#ifndef BERTH_ACT_RELAY_H
#define BERTH_ACT_RELAY_H

#include <poll.h>
#include <stdbool.h>

enum { RELAY_POLL = 2 };
struct relay;

/* The size of our terminal, if we have one, for a pty whose program has not started yet: it may look at once. */
void relay_first_size(int master);
/* There is one relay in a process. The master becomes non-blocking, and a hang-up closes *master. */
struct relay *relay_start(int *master);
void relay_poll(const struct relay *r, struct pollfd p[RELAY_POLL]);
void relay_ready(struct relay *r, const struct pollfd p[RELAY_POLL]);
void relay_last(struct relay *r);
bool relay_done(const struct relay *r);
/* Our terminal has another size (SIGWINCH), or we go on after a stop (SIGCONT). */
void relay_resized(const struct relay *r);
void relay_continued(const struct relay *r);
void relay_stop(void);

#endif
