/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the systemd driver (systemd*.c) share and nobody else includes (but their unit tests).
 *
 *	systemd_name.c	   slice:prefix:name -> unit, slice, path; pure
 *	systemd_variant.c  text of a GVariant -> a typed value; pure
 *	systemd_props.c	   linux.resources and annotations -> properties of the unit; pure
 *	systemd_bus.c	   the connection, building and making calls
 *	systemd_job.c	   starting, stopping and changing a unit, waiting for the job
 *	systemd_hold.c	   the process that keeps a new scope alive until the container's own is in it
 *	systemd_inner.c	   the container's cgroup below that of its scope
 *	systemd.c	   the driver
 */
#ifndef BERTH_CGROUP_SYSTEMD_H
#define BERTH_CGROUP_SYSTEMD_H

#include "internal.h"

/* ---- systemd_name.c ---- */
struct cg_unit {
	const char *name;  /* "docker-ID.scope" or "a-b.slice" */
	const char *slice; /* what it is in: "system.slice"; "-.slice" is the root */
	const char *path;  /* of the container's cgroup, below the manager's own: "/system.slice/docker-ID.scope/container" */
	bool is_slice;
};
/* From linux.cgroupsPath, or the default `system.slice:berth:ID` (rootless: user.slice). */
int cg_unit_resolve(struct arena *a, const char *cgroups_path, const char *id, bool rootless,
		    struct cg_unit *ret, struct err *e);
/* The same from `path`, which cg_unit_resolve() made. */
int cg_unit_from_path(struct arena *a, const char *path, struct cg_unit *ret, struct err *e);
bool cg_unit_is_slice(const char *name); /* or a path that ends with it */

/* ---- systemd_variant.c ---- */
struct cg_variant {
	const char *type; /* one complete D-Bus type: "t", "as", "(ss)" */
	union {
		bool b;
		int64_t i;  /* n, i, x */
		uint64_t u; /* y, q, u, t */
		double d;
		const char *s; /* s, o, g */
		struct {
			struct cg_variant *v;
			size_t n, cap;
		} list; /* a, ( */
	};
};
/* "uint64 5", "true", "'text'", "['a', 'b']", "@as []", "[('/dev/null', 'rw')]": the whole text is one
 * value. Returns NULL, or what is wrong with it (static text). */
const char *cg_variant_parse(struct arena *a, const char *text, struct cg_variant *ret);

/* ---- systemd_props.c ---- */
struct cg_property {
	const char *name;
	struct cg_variant value;
	bool recent; /* not known to every systemd that we work with: may be left out */
};
struct cg_properties {
	struct cg_property *v;
	size_t n, cap;
};
/* Put a property; one of the same name is replaced, but a list of the same name added to. */
void cg_property_put(struct arena *a, struct cg_properties *p, const struct cg_property *one);
void cg_property_bool(struct arena *a, struct cg_properties *p, const char *name, bool v);
void cg_property_u64(struct arena *a, struct cg_properties *p, const char *name, uint64_t v);
void cg_property_str(struct arena *a, struct cg_properties *p, const char *name, const char *v);
/* What a new unit gets whatever the config says. */
void cg_properties_base(struct arena *a, struct cg_properties *p, const struct cg_unit *unit, const char *description);
/* Limits that the manager has a property for, so that it knows them and does not write others over
 * them. cpu_max: what cpu.max holds now ("" for a new cgroup), as quota and period may come alone. */
void cg_properties_limits(struct arena *a, struct cg_properties *p, const struct cg_writes *w,
			  const char *cpu_max);
/* Annotations org.systemd.property.NAME = GVariant text. */
int cg_properties_annotations(struct arena *a, struct cg_properties *p, const struct kvv *annotations,
			      struct err *e);

/* ---- systemd_bus.c ---- */
struct sd_bus;
struct cg_bus {
	struct sd_bus *bus;
	bool direct;	 /* the manager's own socket, no message bus between */
	char error[128]; /* D-Bus name of the last call's error, or "" */
};
#define CG_BUS_INIT { .bus = NULL }
void cg_bus_close(struct cg_bus *b);
#define CLEANUP_BUS __attribute__((cleanup(cg_bus_close)))

/* The system manager, or (user) the manager of the user whom we belong to. */
int cg_bus_open(struct cg_bus *b, bool user, struct err *e);

/* ---- systemd_job.c ---- */
/* What a start that failed may have left: a unit when an answer was lost, or a job of ours that goes on. */
enum cg_left { CG_LEFT_NOTHING, CG_LEFT_UNKNOWN, CG_LEFT_JOB };
/* StartTransientUnit, and wait until the job is done. A scope needs a process. *ret_left: when it failed. */
int cg_bus_start(struct cg_bus *b, const char *unit, const struct cg_properties *p, pid_t pid,
		 enum cg_left *ret_left, struct err *e);
/* StopUnit, whose job is not waited for, after CG_LEFT_JOB. 0, or -1: that job may go on. */
int cg_bus_cancel(struct cg_bus *b, const char *unit);
/* StopUnit, wait, ResetFailedUnit. A unit that is not there is success. */
int cg_bus_stop(struct cg_bus *b, const char *unit, struct err *e);
/* SetUnitProperties (until the unit ends), and wait until the manager has written the cgroup's files. */
int cg_bus_set(struct cg_bus *b, const char *unit, const struct cg_properties *p, struct err *e);
/* 1: there is a unit of this name with this in its description; 0: there is none; -1 with *e. */
int cg_bus_has_description(struct cg_bus *b, const char *unit, const char *description, struct err *e);
/* Cgroup of the manager: "" for the root. NULL with *e. */
const char *cg_bus_manager_cgroup(struct arena *a, struct cg_bus *b, struct err *e);

/* ---- systemd_hold.c ---- */
/* Start it; > 0. It ends with us at the latest. */
pid_t cg_hold_start(struct err *e);
/* End it and reap it. -1 with errno: it could not be killed, and lives until we end. */
int cg_hold_end(pid_t pid);
/* Path of its cgroup, as our cgroup namespace shows it; NULL with *e. */
const char *cg_hold_path(struct arena *a, pid_t pid, struct err *e);

/* ---- systemd_inner.c ---- */
/* Make a container's cgroup in the new scope's, which `holder` is in; it is moved. The path, or NULL with *e. */
const char *cg_inner_make(struct arena *a, const char *scope, pid_t holder, struct err *e);

#endif
