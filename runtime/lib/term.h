/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stdout is: engines read it through pipes and get plain text of full length; a person at a terminal
 * gets colours and lines that fit.
 */
#ifndef BERTH_LIB_TERM_H
#define BERTH_LIB_TERM_H

#include <stdbool.h>

#define TERM_BOLD   "\033[1m"
#define TERM_DIM    "\033[2m"
#define TERM_RED    "\033[31m"
#define TERM_GREEN  "\033[32m"
#define TERM_YELLOW "\033[33m"
#define TERM_CYAN   "\033[36m"
#define TERM_RESET  "\033[0m"

/* Columns of the terminal that stdout is, 80 when it does not know; 0 when stdout is no terminal. */
unsigned term_columns(void);

/* Whether stdout is a terminal that may be coloured: not with NO_COLOR set to something (no-color.org) or
 * TERM=dumb. */
bool term_colours(void);

#endif
