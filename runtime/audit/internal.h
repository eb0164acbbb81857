/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the audit is made of rules, shared by the files of this folder.
 *
 * A rule is a row: what it is called, how bad it is, the predicate that looks for it, why it matters, what to
 * change. A predicate reads the config and, for what it finds, calls
 *
 *	struct finding *f = audit_find(a, rule);	one per rule and run, made on the first call
 *	audit_place(a, f, "process.cwd");		where, as often as there are places
 *	audit_detail(a, f, "...");			what exactly
 *	audit_set(), audit_remove()			the change; removals from a list from its end on
 *
 * To add a rule: a row in a table, with a predicate if none fits; a line in docs/audit.md; a line in the table of
 * tests/integration/82-audit.sh, which shows that it is found alone and that its change takes it away.
 */
#ifndef BERTH_AUDIT_INTERNAL_H
#define BERTH_AUDIT_INTERNAL_H

#include "audit.h"

struct audit_rule {
	const char *id, *title;
	/* SEV_NONE: not looked for. The second counts where audit.contained is true. */
	enum severity on_host, in_userns;
	void (*find)(struct audit *a, const struct audit_rule *r);
	const char *why, *change;
	const void *arg; /* what the predicate looks for, when several rules share it */
};
struct audit_table {
	const struct audit_rule *rules;
	size_t n;
};
#define AUDIT_TABLE(name, rows) const struct audit_table name = { rows, sizeof(rows) / sizeof((rows)[0]) }
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

extern const struct audit_table rules_capabilities, rules_namespaces, rules_mounts, rules_paths, rules_devices,
	rules_process, rules_resources, rules_host, rules_seccomp;
extern const struct audit_table *const audit_tables[]; /* audit.c; ended by NULL */

struct finding *audit_find(struct audit *a, const struct audit_rule *r);
void audit_place(struct audit *a, struct finding *f, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void audit_detail(struct audit *a, struct finding *f, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* One more item of a list in the detail: "a, b, c, ..." */
void audit_item(struct audit *a, struct finding *f, const char *text);
/* `value` is JSON text. What is missing around the member is made as well. */
void audit_set(struct audit *a, struct finding *f, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* `value` becomes the last element of a list, which may be missing. Of a missing list only one. */
void audit_append(struct audit *a, struct finding *f, const char *value, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void audit_remove(struct audit *a, struct finding *f, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A place, and its removal, of a member with a name of its own: of linux.sysctl, annotations ... */
void audit_member(struct audit *a, struct finding *f, const char *object, const char *key);
/* The last edits were made for elements of lists in their order: turn them round, so that an index is
 * still right when its turn comes. */
void audit_reverse_edits(struct finding *f, size_t from);
/* A JSON string. */
const char *audit_quote(struct audit *a, const char *s);

/* locate.c: lines and columns of all places and what the edits have to make. */
void audit_locate(struct audit *a);

/* Is the path the prefix or below it, by whole components? Both absolute; "//", "." and ".." are read as the
 * kernel would without links. */
bool path_is_below(const char *path, const char *prefix);
/* `path` without "//", "." and ".."; in the arena. */
const char *path_clean(struct audit *a, const char *path);

/* Can a process of the container have the capability? By its name. */
bool audit_has_capability(const struct audit *a, const char *name);
/* No entry, or one that leads to a namespace of the host. */
bool audit_shares_host(struct audit *a, enum ns_kind k);

#endif
