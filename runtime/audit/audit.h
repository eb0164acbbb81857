/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The audit: what a config grants beyond a container that can do no more than it must, how bad that is, and
 * what to change. Pure, like the plan: it reads the checked config and nothing else, so anybody may audit
 * any bundle. The rules are rows of tables (internal.h); docs/audit.md lists them.
 */
#ifndef BERTH_AUDIT_AUDIT_H
#define BERTH_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "../../spec/config.h"
#include "../lib/arena.h"
#include "../lib/err.h"

enum severity { SEV_NONE, SEV_LOW, SEV_MEDIUM, SEV_HIGH, SEV_CRITICAL, SEVERITIES };
const char *severity_name(enum severity s);		     /* "none", "low", ... */
int severity_parse(const char *name, enum severity *ret); /* 0 or -1 */

struct audit_input {
	const struct spec_config *config; /* checked */
	const char *json; /* the document that it came from, for lines and columns */
	size_t len;
	const char *bundle;		  /* absolute path */
	bool no_pivot, no_new_keyring;	  /* as create would be called */
};

/* Where in the document. `path` may name something that is missing: then line and column are those of the
 * nearest object around it. */
struct audit_place {
	const char *path;
	size_t line, column;
};

/* A change of the document, as an operation of JSON Patch (RFC 6902). The edits of a finding are to be made in
 * their order. */
struct audit_edit {
	const char *op;	     /* "add", "replace", "remove" */
	const char *pointer; /* RFC 6901 */
	const char *path;    /* the same as a JSON path, for people */
	const char *value;   /* JSON text, NULL for "remove" */
	bool append;	     /* to the list at `path` */
};

struct finding {
	const struct audit_rule *rule;
	enum severity severity;
	const char *detail;	   /* what exactly, or NULL */
	struct audit_place *place; /* at least one; the first MAX_PLACES, in the order of the document */
	size_t nplaces, cap_places;
	size_t total_places;
	struct audit_edit *edit;   /* may be none: rule->change then says what to do */
	size_t nedits, cap_edits;
};
enum { MAX_PLACES = 200 };

struct audit {
	struct arena *arena;
	const struct audit_input *in;
	const struct spec_config *c;
	struct mount_info *mounts; /* mounts.c */
	const struct cg_dev_rules *device_rules; /* what the device filter is made of */
	struct filter *filter;	   /* filter.c; NULL: there is none */
	bool contained;		   /* a user namespace of its own that maps no root of the host */
	struct finding **findings; /* the worst first; those that are as bad in the order of the tables */
	size_t nfindings, cap_findings;
	size_t count[SEVERITIES];
	enum severity worst;
};

/* Every rule over a config. 0, or -1 with *e: libseccomp is missing, or a profile that cannot be compiled. */
int audit_run(struct audit *a, struct arena *arena, const struct audit_input *in, struct err *e);

/* Reports, in the audit's arena. `threshold`: what the caller counts as a failure (JSON, SARIF). */
char *audit_print_text(const struct audit *a, size_t *len);
char *audit_print_json(const struct audit *a, enum severity threshold, size_t *len);
char *audit_print_sarif(const struct audit *a, size_t *len);
/* The rules themselves: "ID<tab>SEVERITY<tab>SEVERITY IN A USER NAMESPACE<tab>TITLE", a line each. */
char *audit_print_rules(struct arena *arena, size_t *len);

#endif
