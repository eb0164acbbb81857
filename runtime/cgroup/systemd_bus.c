/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to systemd over D-Bus, with sd-bus of libsystemd, which is opened on first use.
 *
 * Where the manager is found, the first that can be connected to:
 *	system	$DBUS_SYSTEM_BUS_ADDRESS or the system bus, which is the documented way; the manager's own
 *		socket on hosts without a message bus
 *	user	$XDG_RUNTIME_DIR/bus, $XDG_RUNTIME_DIR/systemd/private, then $DBUS_SESSION_BUS_ADDRESS: last,
 *		because engines give it to some calls only, and all calls must reach the same manager
 */
#include "systemd_sd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/dlopen.h"
#include "../lib/fd.h"
#include "../lib/rootless.h"

DLOPEN_NOTE(systemd, "[{\"soname\":[\"libsystemd.so.0\"],\"feature\":\"systemd\","
		     "\"description\":\"Make cgroups with systemd\",\"priority\":\"recommended\"}]");

/* ---- the library ---- */

struct cg_sd cg_sd; /* as long as the process lives, like the library itself; filled in order */

static int library_open(struct err *e)
{
#define SYMBOL(name) { #name, offsetof(struct cg_sd, name), 0 },
	static const struct dl_symbol symbols[] = { CG_SD_FUNCTIONS(SYMBOL){ 0 } };
	static const struct dl_library library = {
		.soname = "libsystemd.so.0",
		.package = "libsystemd0",
		.purpose = "cgroups made by systemd",
		.symbols = symbols,
	};
	return cg_sd.sd_bus_message_unref || dl_open(&library, &cg_sd, e) ? 0 : -1;
}

/* ---- connecting ---- */

/* "unix:path=..." with what has a meaning in addresses escaped. */
static const char *unix_address(struct arena *a, const char *dir, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.";
	static const char hex[] = "0123456789abcdef";
	const char *path = arena_printf(a, "%s%s", dir, name);
	char *out = arena_alloc(a, strlen(path) * 3 + 1), *p = out;
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;
		if (strchr(plain, c)) {
			*p++ = (char)c;
			continue;
		}
		*p++ = '%';
		*p++ = hex[c >> 4];
		*p++ = hex[c & 15];
	}
	return arena_printf(a, "unix:path=%s", out);
}

static const char *env(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

/* Our uid outside of the user namespace that an engine made: the first user who is mapped. */
static uid_t real_uid(void)
{
	char map[128];
	if (fd_read_small(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
		return geteuid();
	map[strcspn(map, "\n")] = '\0';
	uint64_t v[3];
	uid_t uid = geteuid();
	return uid_map_line(map, v) == 0 && uid >= v[0] && uid - v[0] < v[2] ? (uid_t)(v[1] + (uid - v[0])) : uid;
}

struct place {
	const char *address;
	bool direct;
};
enum { PLACES_MAX = 4 };

static size_t places_of_user(struct arena *a, struct place *v)
{
	size_t n = 0;
	const char *dir = env("XDG_RUNTIME_DIR"), *session = env("DBUS_SESSION_BUS_ADDRESS");
	if (!dir)
		dir = arena_printf(a, "/run/user/%u", (unsigned)real_uid());
	v[n++] = (struct place){ unix_address(a, dir, "/bus"), false };
	v[n++] = (struct place){ unix_address(a, dir, "/systemd/private"), true };
	if (session)
		v[n++] = (struct place){ session, false };
	return n;
}

static size_t places_of_system(struct place *v)
{
	size_t n = 0;
	const char *system = env("DBUS_SYSTEM_BUS_ADDRESS");
	v[n++] = (struct place){ system ? system : "unix:path=/run/dbus/system_bus_socket", false };
	if (!system)
		v[n++] = (struct place){ "unix:path=/run/systemd/private", true };
	return n;
}

/* 0, or a negative errno. */
static int try_place(struct cg_bus *b, const struct place *p)
{
	sd_bus *bus = NULL;
	int r = cg_sd.sd_bus_new(&bus);
	if (r >= 0)
		r = cg_sd.sd_bus_set_address(bus, p->address);
	if (r >= 0 && !p->direct)
		r = cg_sd.sd_bus_set_bus_client(bus, 1);
	if (r >= 0)
		r = cg_sd.sd_bus_start(bus);
	if (r < 0) {
		cg_sd.sd_bus_flush_close_unref(bus);
		return r;
	}
	b->bus = bus;
	b->direct = p->direct;
	return 0;
}

void cg_bus_close(struct cg_bus *b)
{
	int eno = errno;
	if (b->bus)
		cg_sd.sd_bus_flush_close_unref(b->bus);
	b->bus = NULL;
	errno = eno;
}

int cg_bus_open(struct cg_bus *b, bool user, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	struct place v[PLACES_MAX];
	if (library_open(e) < 0)
		return -1;
	size_t n = user ? places_of_user(&a, v) : places_of_system(v);
	int first = 0;
	for (size_t i = 0; i < n; i++) {
		int r = try_place(b, &v[i]);
		if (r >= 0)
			return 0;
		first = first ? first : -r;
	}
	return err_set(e, first, "connect to the %s manager of systemd at %s (--cgroup-manager cgroupfs needs none)",
		       user ? "user" : "system", v[0].address);
}

/* ---- calls ---- */

int cg_bus_build_failed(int r, struct err *e)
{
	return err_set(e, -r, "build a message to systemd");
}

int cg_bus_call_failed(struct cg_bus *b, const char *what, sd_bus_error *error, int r, struct err *e)
{
	size_t n = error->name ? strnlen(error->name, sizeof(b->error) - 1) : 0;
	memcpy(b->error, error->name ? error->name : "", n);
	b->error[n] = '\0';
	if (r == -ETIMEDOUT)
		err_set(e, ETIMEDOUT, "%s: systemd did not answer in %d seconds", what, CG_TIMEOUT_S);
	else if (error->name)
		err_set(e, 0, "%s: systemd answered %s: %s", what, error->name, error->message ? error->message : "");
	else
		err_set(e, -r, "%s", what);
	e->eno = -r;
	cg_sd.sd_bus_error_free(error);
	return -1;
}

int cg_bus_call(struct cg_bus *b, const char *what, sd_bus_message *m, sd_bus_message **ret_reply, struct err *e)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	b->error[0] = '\0';
	int r = cg_sd.sd_bus_call(b->bus, m, CG_TIMEOUT_USEC, &error, ret_reply);
	cg_sd.sd_bus_message_unref(m);
	return r < 0 ? cg_bus_call_failed(b, what, &error, r, e) : 0;
}

int cg_bus_new_call(struct cg_bus *b, const char *iface, const char *member, sd_bus_message **ret, struct err *e)
{
	int r = cg_sd.sd_bus_message_new_method_call(b->bus, ret, CG_DEST, CG_MANAGER_PATH, iface, member);
	return r < 0 ? cg_bus_build_failed(r, e) : 0;
}

static int append_basic(sd_bus_message *m, const struct cg_variant *v)
{
	/* sd-bus reads what the type is the size of */
	uint8_t y = (uint8_t)v->u;
	uint16_t q = (uint16_t)v->u;
	uint32_t u = (uint32_t)v->u;
	int16_t n = (int16_t)v->i;
	int32_t i = (int32_t)v->i;
	int flag = *v->type == 'b' && v->b;
	const struct {
		char type;
		const void *p;
	} from[] = {
		{ 'b', &flag }, { 'y', &y },	{ 'q', &q },	{ 'u', &u }, { 't', &v->u }, { 'n', &n },
		{ 'i', &i },	{ 'x', &v->i }, { 'd', &v->d }, { 's', v->s }, { 'o', v->s }, { 'g', v->s },
	};
	for (size_t k = 0; k < sizeof(from) / sizeof(*from); k++)
		if (from[k].type == *v->type)
			return cg_sd.sd_bus_message_append_basic(m, from[k].type, from[k].p);
	return -EINVAL;
}

/* As deep as the parser of annotations lets a value be. */
static int append_value(sd_bus_message *m, const struct cg_variant *v)
{
	char contents[64];
	bool array = *v->type == 'a';
	if (!array && *v->type != '(')
		return append_basic(m, v);
	size_t n = strlen(v->type + 1) - !array; /* a tuple's without its parentheses */
	if (n >= sizeof(contents))
		return -EINVAL;
	memcpy(contents, v->type + 1, n);
	contents[n] = '\0';
	int r = cg_sd.sd_bus_message_open_container(m, array ? 'a' : 'r', contents);
	for (size_t i = 0; r >= 0 && i < v->list.n; i++)
		r = append_value(m, &v->list.v[i]);
	return r < 0 ? r : cg_sd.sd_bus_message_close_container(m);
}

static int append_property(sd_bus_message *m, const struct cg_property *p)
{
	int r = cg_sd.sd_bus_message_open_container(m, 'r', "sv");
	if (r >= 0)
		r = cg_sd.sd_bus_message_append_basic(m, 's', p->name);
	if (r >= 0)
		r = cg_sd.sd_bus_message_open_container(m, 'v', p->value.type);
	if (r >= 0)
		r = append_value(m, &p->value);
	if (r >= 0)
		r = cg_sd.sd_bus_message_close_container(m);
	return r < 0 ? r : cg_sd.sd_bus_message_close_container(m);
}

int cg_bus_append(sd_bus_message *m, const struct cg_properties *p, pid_t pid, bool recent)
{
	int r = cg_sd.sd_bus_message_open_container(m, 'a', "(sv)");
	for (size_t i = 0; r >= 0 && i < p->n; i++)
		if (recent || !p->v[i].recent)
			r = append_property(m, &p->v[i]);
	if (r >= 0 && pid > 0)
		r = cg_sd.sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, (uint32_t)pid);
	return r < 0 ? r : cg_sd.sd_bus_message_close_container(m);
}
