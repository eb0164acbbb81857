/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the commands that only look at a bundle share: read, check and plan as `create` would, with facts that do not
 * depend on who asks. Nothing is changed, no privileges are needed, and nothing that the config names is opened.
 */
#ifndef BERTH_CMD_READER_H
#define BERTH_CMD_READER_H

#include "../plan/plan.h"
#include "cmd.h"

struct reader_args {
	const char *bundle; /* NULL: the current directory */
	const char *id;	    /* NULL: "ID" */
	bool no_pivot, no_new_keyring;
};
struct reader {
	struct arena arena;
	const struct spec_config *config;
	const char *json;
	size_t len;
	struct plan_facts facts;
	struct plan plan;
};
int reader_load(struct reader *r, const struct globals *g, const struct reader_args *args, struct err *e);

#endif
