/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the printers and the explanation of failures know about the kinds of steps. */
#ifndef BERTH_PLAN_PRINT_H
#define BERTH_PLAN_PRINT_H

#include "plan.h"

/* How a member of a step is to be read. */
enum field_type {
	F_END,
	F_STR,	    /* string at str[index] */
	F_LIST,	    /* list at str[index] */
	F_PAIRS,    /* list of keys and values at str[index] */
	F_NAMES,    /* list at str[index], only what is before '=': values of an environment may be secret */
	F_NUM,
	F_OCTAL,    /* num */
	F_VAL,	    /* val[index] */
	F_LOW, F_HIGH, /* halves of val[index] */
	F_NS,	    /* CLONE_NEW* in val[index] */
	F_PROPAGATION,
	F_ATTR_SET, F_ATTR_CLEAR, /* halves of val[index] as names of mount attributes */
	F_CAPS,
	F_LIMIT,
	F_MODE,	    /* type and permissions of a node in val[index] */
	F_DEV,
	F_FD,
	F_FLAGS,
	F_GROUPS,   /* num ids at str[index] */
	F_SCHED,
};
struct step_field {
	const char *key;
	uint8_t type, index;
};
struct step_info {
	const char *name; /* in the output of `berth plan`; stable */
	const char *what; /* "set the host name": what failed, in an error */
	int subject;	  /* 1 + index of the str[] that names the object, or 0 */
	struct step_field fields[9]; /* the last one is F_END */
};
const struct step_info *plan_step_info(unsigned kind); /* NULL when out of range */

/* The value of a field, ready to be written. */
enum value_kind { VALUE_NONE, VALUE_STR, VALUE_UINT, VALUE_LIST };
struct value {
	enum value_kind kind;
	const char *str;
	uint64_t u;
	struct strv list;
};
/* VALUE_NONE: the field says nothing for this step. */
struct value plan_field_value(const struct plan *p, const struct inside_step *s, const struct step_field *f);

/* After which inside step a host step comes; STEP_NONE: before all of them, STEP_KINDS: after all. */
enum plan_kind plan_host_anchor(const struct host_step *h);
/* What the host step is about, or NULL. */
const char *plan_host_text(const struct plan *p, const struct host_step *h);

#endif
