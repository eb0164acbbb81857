/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the driver asks of systemd: start, stop and change a unit.
 *
 * Starting and stopping is a job. Ask for JobRemoved signals first, then make the call that answers with
 * the job's path, then wait for the signal of that path; signals that arrive before the answer are queued by
 * the library. No Subscribe is needed: the manager tells who asked for a job of its end.
 */
#include "systemd_sd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/clock.h"

/* ---- jobs ---- */

struct job {
	sd_bus_slot *watch;
	const char *path; /* NULL: not known yet */
	char result[32];  /* "" while it is going on */
	bool asked, begun; /* a call was made for it; that was answered with a job */
};

static void job_clear(struct job *j)
{
	if (j->watch)
		cg_sd.sd_bus_slot_unref(j->watch);
}
#define CLEANUP_JOB __attribute__((cleanup(job_clear)))

static int on_job_removed(sd_bus_message *m, void *ctx, sd_bus_error *ret_error)
{
	struct job *j = ctx;
	uint32_t id;
	const char *path, *unit, *result;
	(void)ret_error;
	if (cg_sd.sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0 || !j->path ||
	    strcmp(path, j->path) != 0)
		return 0;
	size_t n = strnlen(result, sizeof(j->result) - 1);
	memcpy(j->result, result, n);
	j->result[n] = '\0';
	return 0;
}

/* Connecting ends before the other side has let us in. What fails from here on may have been sent. */
static int log_in(struct cg_bus *b, struct err *e)
{
	sd_id128_t ignored;
	int r = cg_sd.sd_bus_get_bus_id(b->bus, &ignored);
	return r < 0 ? err_set(e, -r, "log in to the bus of systemd") : 0;
}

/* On a direct connection messages have no sender. Not narrowed down to the unit: sd-bus cannot compare an
 * argument that comes after a number. The answer is not waited for, the bus keeps the order. */
static int job_watch(struct cg_bus *b, struct job *j, struct err *e)
{
	int r = cg_sd.sd_bus_match_signal_async(b->bus, &j->watch, b->direct ? NULL : CG_DEST, CG_MANAGER_PATH,
						CG_MANAGER_IFACE, "JobRemoved", on_job_removed, NULL, j);
	return r < 0 ? err_set(e, -r, "watch the jobs of systemd") : 0;
}

static int job_wait(struct cg_bus *b, const char *what, struct job *j, struct err *e)
{
	int64_t deadline = monotonic_ms() + CG_TIMEOUT_S * 1000;
	while (!j->result[0]) {
		int r = cg_sd.sd_bus_process(b->bus, NULL);
		if (r < 0)
			return err_set(e, -r, "%s: wait for the job of systemd", what);
		if (r > 0)
			continue;
		int64_t left = deadline - monotonic_ms();
		if (left <= 0)
			return err_set(e, ETIMEDOUT, "%s: the job of systemd did not end in %d seconds", what, CG_TIMEOUT_S);
		r = cg_sd.sd_bus_wait(b->bus, (uint64_t)left * 1000);
		if (r < 0 && r != -EINTR)
			return err_set(e, -r, "%s: wait for the job of systemd", what);
	}
	if (strcmp(j->result, "done") == 0)
		return 0;
	return err_set(e, 0, "%s: the job of systemd ended with \"%s\"", what, j->result);
}

/* A call whose answer is the path of a job. Takes the message. */
static int call_job(struct cg_bus *b, const char *what, sd_bus_message *m, struct job *j, struct err *e)
{
	sd_bus_message *reply = NULL;
	j->asked = true;
	if (cg_bus_call(b, what, m, &reply, e) < 0)
		return -1;
	j->begun = true;
	int r = cg_sd.sd_bus_message_read(reply, "o", &j->path);
	if (r < 0)
		err_set(e, -r, "%s: answer of systemd", what);
	else
		r = job_wait(b, what, j, e);
	j->path = NULL; /* it is part of the reply */
	cg_sd.sd_bus_message_unref(reply);
	return r < 0 ? -1 : 0;
}

/* ---- start ---- */

static int start_once(struct cg_bus *b, const char *unit, const struct cg_properties *p, pid_t pid, bool recent,
		      struct job *j, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	sd_bus_message *m = NULL;
	if (cg_bus_new_call(b, CG_MANAGER_IFACE, "StartTransientUnit", &m, e) < 0)
		return -1;
	int r = cg_sd.sd_bus_message_append(m, "ss", unit, "fail");
	if (r >= 0)
		r = cg_bus_append(m, p, pid, recent);
	if (r >= 0)
		r = cg_sd.sd_bus_message_append(m, "a(sa(sv))", 0); /* no units beside it */
	if (r < 0) {
		cg_sd.sd_bus_message_unref(m);
		return cg_bus_build_failed(r, e);
	}
	return call_job(b, arena_printf(&a, "start unit \"%s\"", unit), m, j, e);
}

/* A method that takes the name of a unit and answers nothing of interest. */
static int unit_call(struct cg_bus *b, const char *member, const char *unit, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	sd_bus_message *m = NULL;
	if (cg_bus_new_call(b, CG_MANAGER_IFACE, member, &m, e) < 0)
		return -1;
	int r = cg_sd.sd_bus_message_append(m, "s", unit);
	if (r < 0) {
		cg_sd.sd_bus_message_unref(m);
		return cg_bus_build_failed(r, e);
	}
	return cg_bus_call(b, arena_printf(&a, "%s \"%s\"", member, unit), m, NULL, e);
}

static bool unit_is_active(struct cg_bus *b, const char *unit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *path = NULL, *state = NULL;
	bool active = true;
	if (cg_sd.sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0 &&
	    cg_sd.sd_bus_get_property_string(b->bus, CG_DEST, path, CG_UNIT_IFACE, "ActiveState", &error, &state) >= 0)
		active = strcmp(state, "inactive") != 0 && strcmp(state, "failed") != 0;
	cg_sd.sd_bus_error_free(&error);
	free(path);
	free(state);
	return active;
}

static bool is_error(const struct cg_bus *b, const char *name)
{
	return strcmp(b->error, name) == 0;
}

static bool has_recent(const struct cg_properties *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].recent)
			return true;
	return false;
}

/* How a manager that is older than a property answers. */
static bool unknown_property(const struct cg_bus *b)
{
	return is_error(b, "org.freedesktop.DBus.Error.PropertyReadOnly") ||
	       is_error(b, "org.freedesktop.DBus.Error.UnknownProperty") ||
	       is_error(b, "org.freedesktop.DBus.Error.InvalidArgs");
}

static bool unit_is_gone(const struct cg_bus *b)
{
	return is_error(b, "org.freedesktop.systemd1.NoSuchUnit");
}

static sd_bus_message *stop_message(struct cg_bus *b, const char *unit, struct err *e)
{
	sd_bus_message *m = NULL;
	if (cg_bus_new_call(b, CG_MANAGER_IFACE, "StopUnit", &m, e) < 0)
		return NULL;
	int r = cg_sd.sd_bus_message_append(m, "ss", unit, "replace");
	if (r >= 0)
		return m;
	cg_sd.sd_bus_message_unref(m);
	cg_bus_build_failed(r, e);
	return NULL;
}

int cg_bus_cancel(struct cg_bus *b, const char *unit)
{
	struct err ignored = { 0 };
	sd_bus_message *m = stop_message(b, unit, &ignored);
	return !m || (cg_bus_call(b, "cancel", m, NULL, &ignored) < 0 && !unit_is_gone(b)) ? -1 : 0;
}

/* Errors that sd-bus itself, or a message bus, gives when there is no answer: the call may have been carried out. */
static bool was_answered(const struct cg_bus *b)
{
	static const char local[] = "System.Error.";
	static const char *const none[] = {
		"",
		"org.freedesktop.DBus.Error.Disconnected",
		"org.freedesktop.DBus.Error.IOError",
		"org.freedesktop.DBus.Error.InconsistentMessage",
		"org.freedesktop.DBus.Error.LimitsExceeded",
		"org.freedesktop.DBus.Error.NoMemory",
		"org.freedesktop.DBus.Error.NoReply",
		"org.freedesktop.DBus.Error.TimedOut",
		"org.freedesktop.DBus.Error.Timeout",
	};
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		if (is_error(b, none[i]))
			return false;
	return strncmp(b->error, local, sizeof(local) - 1) != 0;
}

static enum cg_left left_by_start(const struct cg_bus *b, const struct job *j, const struct err *e)
{
	if (j->begun && e->eno == ETIMEDOUT)
		return CG_LEFT_JOB;
	return j->begun || (j->asked && !was_answered(b)) ? CG_LEFT_UNKNOWN : CG_LEFT_NOTHING;
}

/* Two answers that can be helped: a unit that failed or ended is still loaded (reset it; unloading it takes
 * the manager a moment), or a property is newer than the manager (the file is written anyway). */
int cg_bus_start(struct cg_bus *b, const char *unit, const struct cg_properties *p, pid_t pid, enum cg_left *ret_left,
		 struct err *e)
{
	enum { ATTEMPTS = 20, PAUSE_MS = 10 };
	CLEANUP_JOB struct job j = { 0 };
	bool recent = true;
	*ret_left = CG_LEFT_NOTHING;
	if (log_in(b, e) < 0 || job_watch(b, &j, e) < 0)
		return -1;
	for (int i = 0;; i++) {
		if (start_once(b, unit, p, pid, recent, &j, e) == 0)
			return 0;
		if (recent && has_recent(p) && unknown_property(b)) {
			recent = false;
		} else if (i < ATTEMPTS && is_error(b, "org.freedesktop.systemd1.UnitExists")) {
			bool active = unit_is_active(b, unit);
			err_clear(e);
			if (active)
				return err_set(e, EBUSY, "start unit \"%s\": a unit of this name is active", unit);
			unit_call(b, "ResetFailedUnit", unit, e);
			nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000 }, NULL);
		} else {
			*ret_left = left_by_start(b, &j, e);
			return -1;
		}
		err_clear(e);
	}
}

/* ---- stop, set, get ---- */

int cg_bus_stop(struct cg_bus *b, const char *unit, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	CLEANUP_JOB struct job j = { 0 };
	if (job_watch(b, &j, e) < 0)
		return -1;
	sd_bus_message *m = stop_message(b, unit, e);
	if (!m)
		return -1;
	if (call_job(b, arena_printf(&a, "stop unit \"%s\"", unit), m, &j, e) < 0) {
		if (!unit_is_gone(b))
			return -1;
		err_clear(e);
		return 0;
	}
	/* one that ended badly stays as "failed" otherwise; mostly it is gone by now */
	if (unit_call(b, "ResetFailedUnit", unit, e) < 0)
		err_clear(e);
	return 0;
}

static int set_once(struct cg_bus *b, const char *unit, const struct cg_properties *p, bool recent, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	sd_bus_message *m = NULL;
	if (cg_bus_new_call(b, CG_MANAGER_IFACE, "SetUnitProperties", &m, e) < 0)
		return -1;
	int r = cg_sd.sd_bus_message_append(m, "sb", unit, 1);
	if (r >= 0)
		r = cg_bus_append(m, p, 0, recent);
	if (r < 0) {
		cg_sd.sd_bus_message_unref(m);
		return cg_bus_build_failed(r, e);
	}
	return cg_bus_call(b, arena_printf(&a, "set properties of unit \"%s\"", unit), m, NULL, e);
}

/* The manager answers first and writes the files when it comes round to it, which it does before it looks at
 * the next message. So a second message that is answered means that they are written. */
int cg_bus_set(struct cg_bus *b, const char *unit, const struct cg_properties *p, struct err *e)
{
	sd_bus_message *m = NULL;
	if (set_once(b, unit, p, true, e) < 0) {
		if (!has_recent(p) || !unknown_property(b))
			return -1;
		err_clear(e);
		if (set_once(b, unit, p, false, e) < 0)
			return -1;
	}
	if (cg_bus_new_call(b, "org.freedesktop.DBus.Peer", "Ping", &m, e) < 0)
		return -1;
	return cg_bus_call(b, "ping", m, NULL, e);
}

/* A unit that is not loaded has its name for a description. */
int cg_bus_has_description(struct cg_bus *b, const char *unit, const char *description, struct err *e)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *path = NULL, *text = NULL;
	int r = cg_sd.sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path);
	if (r >= 0)
		r = cg_sd.sd_bus_get_property_string(b->bus, CG_DEST, path, CG_UNIT_IFACE, "Description", &error, &text);
	free(path);
	if (r < 0)
		return cg_bus_call_failed(b, "find out whose unit it is", &error, r, e);
	r = strstr(text, description) != NULL; /* an annotation may have put words before it */
	free(text);
	cg_sd.sd_bus_error_free(&error);
	return r;
}

const char *cg_bus_manager_cgroup(struct arena *a, struct cg_bus *b, struct err *e)
{
	static const char init_scope[] = "/init.scope";
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *v = NULL;
	int r = cg_sd.sd_bus_get_property_string(b->bus, CG_DEST, CG_MANAGER_PATH, CG_MANAGER_IFACE, "ControlGroup", &error, &v);
	if (r < 0) {
		cg_bus_call_failed(b, "find the cgroup of systemd", &error, r, e);
		return NULL;
	}
	size_t n = strlen(v), m = sizeof(init_scope) - 1;
	if (n >= m && strcmp(v + n - m, init_scope) == 0)
		n -= m;
	if (n == 1)
		n = 0; /* "/" */
	const char *path = arena_strndup(a, v, n);
	free(v);
	return path;
}
