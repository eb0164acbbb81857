/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: systemd-mock DIR CGROUP
 *
 * Plays the part of systemd's manager on the bus of $DBUS_SYSTEM_BUS_ADDRESS, for hosts where systemd is not PID 1:
 * makes the cgroup of a transient unit below the directory CGROUP, moves the processes there, answers with a job and
 * tells of its end. Every call is noted in DIR/log with all properties. DIR/mode, looked at in each call, is one of
 *
 *	ok		what systemd does
 *	early		the same, but the job ends before the call is answered
 *	job RESULT	the job ends with this
 *	silent [UNIT]	the job never ends, and it is an error to stop UNIT
 *	deaf		StartTransientUnit is not answered, and nothing is made
 *	error NAME	every call is answered with this error
 *	stop NAME	only StopUnit is
 *	old NAME	as from a manager that does not know this property
 *	description TEXT	every unit has this description
 *	active		the unit exists and is active
 *	failed		the unit exists, failed, until it is reset
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

enum { UNITS = 64 };
static const char manager[] = "/org/freedesktop/systemd1";
static const char *dir, *base;
static char mode[256], argument[256];
static struct {
	char name[256], path[2048], description[256];
} units[UNITS];
static unsigned jobs;
static bool was_reset;

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/log", dir);
	FILE *f = fopen(path, "ae");
	va_list ap;
	va_start(ap, fmt);
	if (f) {
		vfprintf(f, fmt, ap);
		fclose(f);
	}
	va_end(ap);
}

static void read_mode(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/mode", dir);
	FILE *f = fopen(path, "re");
	mode[0] = argument[0] = '\0';
	if (f && fscanf(f, "%255s %255s", mode, argument) < 1)
		mode[0] = '\0';
	if (f)
		fclose(f);
}

static void write_file(const char *d, const char *name, const char *text)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", d, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		note("# %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* ---- messages as text ---- */

static void dump(sd_bus_message *m, char **p, char *end)
{
	char type;
	const char *contents;
	const char *separator = "";
	while (sd_bus_message_peek_type(m, &type, &contents) > 0) {
		*p += snprintf(*p, (size_t)(end - *p), "%s", separator);
		separator = ",";
		if (type == 'a' || type == 'r' || type == 'v') {
			sd_bus_message_enter_container(m, type, contents);
			if (type == 'v')
				*p += snprintf(*p, (size_t)(end - *p), "%s ", contents);
			dump(m, p, end);
			sd_bus_message_exit_container(m);
			continue;
		}
		uint64_t v = 0;
		if (strchr("sog", type)) {
			const char *s;
			sd_bus_message_read_basic(m, type, &s);
			*p += snprintf(*p, (size_t)(end - *p), "%s", s);
		} else {
			sd_bus_message_read_basic(m, type, &v);
			bool is_signed = strchr("i", type);
			*p += snprintf(*p, (size_t)(end - *p), is_signed ? "%lld" : "%llu",
				       is_signed ? (long long)(int32_t)v : (long long)v);
		}
	}
}

struct properties {
	char slice[256], pids[256], description[256];
	bool unknown; /* the one of mode "old" is among them */
};

static void take_properties(sd_bus_message *m, struct properties *r)
{
	sd_bus_message_enter_container(m, 'a', "(sv)");
	while (sd_bus_message_enter_container(m, 'r', "sv") > 0) {
		const char *name;
		static char text[64 * 1024];
		char *p = text;
		text[0] = '\0';
		sd_bus_message_read(m, "s", &name);
		dump(m, &p, text + sizeof(text));
		note("%s=%s\n", name, text);
		if (strcmp(name, "Slice") == 0)
			snprintf(r->slice, sizeof(r->slice), "%.255s", text + 2);
		if (strcmp(name, "Description") == 0)
			snprintf(r->description, sizeof(r->description), "%.255s", text + 2);
		if (strcmp(name, "PIDs") == 0)
			snprintf(r->pids, sizeof(r->pids), "%.255s", text + 3);
		if (strcmp(mode, "old") == 0 && strcmp(name, argument) == 0)
			r->unknown = true;
		sd_bus_message_exit_container(m);
	}
	sd_bus_message_exit_container(m);
}

/* ---- units ---- */

static int find_unit(const char *name)
{
	for (int i = 0; i < UNITS; i++)
		if (strcmp(units[i].name, name) == 0)
			return i;
	return -1;
}

/* mkdir -p of a slice: each dash is a level; controllers on the way. */
static void make_slice(char *path, const char *slice)
{
	size_t stem = strlen(slice) - strlen(".slice"), at = strlen(path);
	if (strcmp(slice, "-.slice") == 0)
		return;
	for (size_t i = 1; i <= stem; i++) {
		if (i != stem && slice[i] != '-')
			continue;
		write_file(path, "cgroup.subtree_control", "+pids +memory +cpu +io +cpuset");
		at += (size_t)sprintf(path + at, "/%.*s.slice", (int)i, slice);
		mkdir(path, 0755);
	}
}

static void make_unit(const char *name, const struct properties *r)
{
	int i = find_unit("");
	char *path = units[i].path;
	bool is_slice = strcmp(name + strlen(name) - 6, ".slice") == 0;
	snprintf(units[i].name, sizeof(units[i].name), "%s", name);
	snprintf(units[i].description, sizeof(units[i].description), "%s", r->description);
	snprintf(path, sizeof(units[i].path), "%s", base);
	make_slice(path, is_slice ? name : r->slice);
	if (!is_slice) {
		write_file(path, "cgroup.subtree_control", "+pids +memory +cpu +io +cpuset");
		strcat(strcat(path, "/"), name);
		mkdir(path, 0755);
	}
	char *save, list[256];
	snprintf(list, sizeof(list), "%s", r->pids);
	for (char *pid = strtok_r(list, ",", &save); pid; pid = strtok_r(NULL, ",", &save))
		write_file(path, "cgroup.procs", pid);
}

/* With the cgroup below it, and the slices above that are empty then. */
static void remove_unit(int i)
{
	char *path = units[i].path, below[sizeof(units[i].path) + 16];
	snprintf(below, sizeof(below), "%s/container", path);
	rmdir(below);
	while (strlen(path) > strlen(base) && rmdir(path) == 0)
		*strrchr(path, '/') = '\0';
	units[i].name[0] = '\0';
}

/* ---- methods ---- */

static int job_removed(sd_bus *bus, unsigned id, const char *unit, const char *result)
{
	char path[64];
	snprintf(path, sizeof(path), "%s/job/%u", manager, id);
	return sd_bus_emit_signal(bus, manager, "org.freedesktop.systemd1.Manager", "JobRemoved", "uoss", id, path, unit,
				  result);
}

static int answer_job(sd_bus_message *m, const char *unit)
{
	sd_bus *bus = sd_bus_message_get_bus(m);
	char path[64];
	unsigned id = ++jobs;
	snprintf(path, sizeof(path), "%s/job/%u", manager, id);
	/* somebody else's job, which berth must not take for its own */
	job_removed(bus, ++jobs, unit, "canceled");
	if (strcmp(mode, "early") == 0)
		job_removed(bus, id, unit, "done");
	int r = sd_bus_reply_method_return(m, "o", path);
	if (strcmp(mode, "early") != 0 && strcmp(mode, "silent") != 0)
		job_removed(bus, id, unit, strcmp(mode, "job") == 0 ? argument : "done");
	return r;
}

static int on_start(sd_bus_message *m, void *ctx, sd_bus_error *error)
{
	const char *name, *how;
	struct properties r = { 0 };
	(void)ctx;
	read_mode();
	sd_bus_message_read(m, "ss", &name, &how);
	note("StartTransientUnit %s %s\n", name, how);
	take_properties(m, &r);
	if (strcmp(mode, "deaf") == 0)
		return 1;
	if (strcmp(mode, "error") == 0)
		return sd_bus_error_set(error, argument, "the manager's own words");
	if (strcmp(mode, "active") == 0 || (strcmp(mode, "failed") == 0 && !was_reset))
		return sd_bus_error_setf(error, "org.freedesktop.systemd1.UnitExists", "Unit %s was already loaded", name);
	if (r.unknown)
		return sd_bus_error_setf(error, "org.freedesktop.DBus.Error.PropertyReadOnly",
					 "Cannot set property %s, or unknown property.", argument);
	if (strcmp(mode, "job") != 0)
		make_unit(name, &r);
	return answer_job(m, name);
}

static int on_stop(sd_bus_message *m, void *ctx, sd_bus_error *error)
{
	const char *name, *how;
	(void)ctx;
	read_mode();
	sd_bus_message_read(m, "ss", &name, &how);
	note("StopUnit %s %s\n", name, how);
	if (strcmp(mode, "error") == 0 || strcmp(mode, "stop") == 0)
		return sd_bus_error_set(error, argument, "the manager's own words");
	if (strcmp(mode, "silent") == 0 && strcmp(argument, name) == 0)
		return sd_bus_error_set(error, "org.freedesktop.DBus.Error.Failed", "the manager's own words");
	int i = find_unit(name);
	if (i < 0)
		return sd_bus_error_setf(error, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not loaded.", name);
	remove_unit(i);
	return answer_job(m, name);
}

static int on_reset(sd_bus_message *m, void *ctx, sd_bus_error *error)
{
	const char *name;
	(void)ctx;
	sd_bus_message_read(m, "s", &name);
	note("ResetFailedUnit %s\n", name);
	if (strcmp(mode, "failed") != 0 && find_unit(name) < 0)
		return sd_bus_error_setf(error, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not loaded.", name);
	was_reset = true;
	return sd_bus_reply_method_return(m, "");
}

static int on_set(sd_bus_message *m, void *ctx, sd_bus_error *error)
{
	const char *name;
	int runtime;
	struct properties r = { 0 };
	(void)ctx;
	read_mode();
	sd_bus_message_read(m, "sb", &name, &runtime);
	note("SetUnitProperties %s %d\n", name, runtime);
	take_properties(m, &r);
	if (strcmp(mode, "error") == 0)
		return sd_bus_error_set(error, argument, "the manager's own words");
	if (find_unit(name) < 0)
		return sd_bus_error_setf(error, "org.freedesktop.systemd1.NoSuchUnit", "Unit %s not loaded.", name);
	return sd_bus_reply_method_return(m, "");
}

/* ---- properties ---- */

static int get_control_group(sd_bus *bus, const char *path, const char *iface, const char *property,
			     sd_bus_message *reply, void *ctx, sd_bus_error *error)
{
	(void)bus, (void)path, (void)iface, (void)property, (void)ctx, (void)error;
	const char *own = base + strlen("/sys/fs/cgroup");
	char text[PATH_MAX];
	snprintf(text, sizeof(text), "%s/init.scope", own);
	return sd_bus_message_append(reply, "s", *own ? text : "");
}

static int get_active(sd_bus *bus, const char *path, const char *iface, const char *property, sd_bus_message *reply,
		      void *ctx, sd_bus_error *error)
{
	(void)bus, (void)iface, (void)property, (void)ctx, (void)error;
	note("ActiveState %s\n", path);
	return sd_bus_message_append(reply, "s", strcmp(mode, "failed") == 0 ? "failed" : "active");
}

/* That of a unit that is not there is its name. */
static int get_description(sd_bus *bus, const char *path, const char *iface, const char *property, sd_bus_message *reply,
			   void *ctx, sd_bus_error *error)
{
	(void)bus, (void)iface, (void)property, (void)ctx, (void)error;
	char *name = NULL;
	sd_bus_path_decode(path, "/org/freedesktop/systemd1/unit", &name);
	int i = name ? find_unit(name) : -1;
	read_mode();
	note("Description %s\n", name ? name : "?");
	int r = sd_bus_message_append(reply, "s", strcmp(mode, "description") == 0 ? argument :
						   i < 0				     ? name :
											       units[i].description);
	free(name);
	return r;
}

static const sd_bus_vtable manager_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("StartTransientUnit", "ssa(sv)a(sa(sv))", "o", on_start, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StopUnit", "ss", "o", on_stop, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("ResetFailedUnit", "s", "", on_reset, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SetUnitProperties", "sba(sv)", "", on_set, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("ControlGroup", "s", get_control_group, 0, 0),
	SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable unit_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("ActiveState", "s", get_active, 0, 0),
	SD_BUS_PROPERTY("Description", "s", get_description, 0, 0),
	SD_BUS_VTABLE_END,
};

static int any_unit(sd_bus *bus, const char *path, const char *iface, void *ctx, void **found, sd_bus_error *error)
{
	(void)bus, (void)path, (void)iface, (void)ctx, (void)error;
	*found = units;
	return 1;
}

int main(int argc, char **argv)
{
	sd_bus *bus = NULL;
	if (argc != 3) {
		fprintf(stderr, "usage: systemd-mock DIR CGROUP\n");
		return 2;
	}
	dir = argv[1];
	base = argv[2];
	int r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, manager, "org.freedesktop.systemd1.Manager", manager_table, NULL);
	if (r >= 0)
		r = sd_bus_add_fallback_vtable(bus, NULL, "/org/freedesktop/systemd1/unit", "org.freedesktop.systemd1.Unit",
					       unit_table, any_unit, NULL);
	if (r >= 0)
		r = sd_bus_request_name(bus, "org.freedesktop.systemd1", 0);
	if (r >= 0)
		note("# ready\n");
	while (r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
		if (r == -EINTR)
			r = 0;
	}
	fprintf(stderr, "systemd-mock: %s\n", strerror(-r));
	return 1;
}
