/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * state.json: the record as text. One flat JSON object with one map in it (annotations); a table says
 * which member holds which property, for writing and for reading.
 *
 * The file lies in a folder that only we can write to, but berth kills processes and removes cgroups
 * because of what it says, so it is read with the same distrust as a config: exact types, each property
 * once and none missing, numbers in range, absolute paths, no control characters where names are meant.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_parse.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/json.h"
#include "../lib/yajl_mem.h"

enum {
	FORMAT = 1,	     /* a later format is refused, not guessed at */
	PID_LIMIT = 1 << 22, /* PID_MAX_LIMIT of the kernel */
	/* a config of the largest size, all annotations, each byte escaped to six */
	RECORD_MAX = 6 * SPEC_MAX_BYTES + 65536,
};

enum member_type { M_STRING, M_NAME, M_PATH, M_DRIVER, M_PID, M_U64, M_UINT, M_BOOL, M_MAP };
struct member {
	const char *key;
	enum member_type type;
	size_t offset;
	bool optional; /* records of an earlier berth have not got it: 0 then */
};

#define R(m) offsetof(struct record, m)
static const struct member members[] = {
	{ "id", M_NAME, R(id) },
	{ "ociVersion", M_NAME, R(oci_version) },
	{ "bundle", M_PATH, R(bundle) },
	{ "rootfs", M_PATH, R(rootfs) },
	{ "created", M_NAME, R(created) },
	{ "owner", M_NAME, R(owner) },
	{ "pid", M_PID, R(pid) },
	{ "startTime", M_U64, R(start_time) },
	{ "pidInode", M_U64, R(pid_inode), .optional = true },
	{ "nsFlags", M_U64, R(ns_flags) },
	{ "noNewKeyring", M_BOOL, R(no_new_keyring) },
	{ "pidFile", M_PATH, R(pid_file), .optional = true },
	{ "hasProcess", M_BOOL, R(has_process) },
	{ "hasListener", M_BOOL, R(has_listener) },
	{ "hasStartContainer", M_BOOL, R(has_start_hook) },
	{ "hasPoststart", M_BOOL, R(has_poststart) },
	{ "hasPoststop", M_BOOL, R(has_poststop) },
	{ "createdDone", M_BOOL, R(created_done) },
	{ "cgroupDriver", M_DRIVER, R(cgroup.driver) },
	{ "cgroupPath", M_STRING, R(cgroup.path) },
	{ "cgroupInode", M_U64, R(cgroup.inode) },
	{ "cgroupMade", M_UINT, R(cgroup.made) },
	{ "cgroupIntended", M_BOOL, R(cgroup.intended) },
	{ "cgroupScope", M_NAME, R(cgroup.scope) },
	{ "rdtGroup", M_NAME, R(rdt.group) },
	{ "rdtMade", M_UINT, R(rdt.made) },
	{ "annotations", M_MAP, R(annotations) },
};
enum { MEMBERS = sizeof(members) / sizeof(*members) };

/* ---- writing ---- */

static void put_map(struct json *j, const struct kvv *map)
{
	json_map(j);
	for (size_t i = 0; i < map->n; i++)
		json_kstr(j, map->v[i].key, map->v[i].value);
	json_end_map(j);
}

static void put_member(struct json *j, const struct member *m, const struct record *r)
{
	const void *from = (const char *)r + m->offset;
	const char *s;

	json_key(j, m->key);
	switch (m->type) {
	case M_STRING:
	case M_NAME:
	case M_PATH:
		s = *(const char *const *)from;
		json_str(j, s ? s : "");
		break;
	case M_DRIVER:
		json_str(j, cgroup_driver_name(*(const enum cgroup_driver *)from));
		break;
	case M_PID:
		json_int(j, *(const pid_t *)from);
		break;
	case M_U64:
		json_uint(j, *(const uint64_t *)from);
		break;
	case M_UINT:
		json_uint(j, *(const unsigned *)from);
		break;
	case M_BOOL:
		json_bool(j, *(const bool *)from);
		break;
	case M_MAP:
		put_map(j, from);
		break;
	}
}

char *record_encode(struct arena *a, const struct record *r, size_t *ret_len)
{
	struct json *j = json_new(false);
	size_t len;

	json_map(j);
	json_kuint(j, "format", FORMAT);
	for (size_t i = 0; i < MEMBERS; i++)
		put_member(j, &members[i], r);
	json_end_map(j);
	const char *text = json_text(j, &len);
	char *copy = arena_strndup(a, text, len);
	json_free(j);
	if (ret_len)
		*ret_len = len;
	return copy;
}

int state_prepare(struct state_dir *d, const struct record *r, struct err *e)
{
	struct arena a = { 0 };
	size_t len;
	const char *text = record_encode(&a, r, &len);
	int rc = fd_prepare(d->fd, "state.json", text, len, 0600, e);

	arena_free(&a);
	return rc < 0 ? err_add(e, "state of container \"%s\"", d->id) : 0;
}

int state_commit(struct state_dir *d, struct err *e)
{
	return fd_commit(d->fd, "state.json", e) < 0 ? err_add(e, "state of container \"%s\"", d->id) : 0;
}

int state_write(struct state_dir *d, const struct record *r, struct err *e)
{
	return state_prepare(d, r, e) < 0 ? -1 : state_commit(d, e);
}

/* ---- reading ---- */

struct reader {
	struct arena *arena;
	struct record *r;
	const struct member *member; /* whose value comes next; NULL: `format`, or one we do not know */
	const char *what;	     /* why it was refused */
	int depth;		     /* 1: in the object, 2: in annotations */
	unsigned seen;		     /* bit i: members[i]; bit MEMBERS: format */
	bool format_next;
	const char *annotation; /* key whose value comes next */
	size_t annotations_cap;
};
_Static_assert(MEMBERS < 32, "seen has a bit for each member");

static int refuse(struct reader *rd, const char *what)
{
	if (!rd->what)
		rd->what = what;
	return 0;
}

bool record_is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

/* yajl has checked the UTF-8 and resolved the escapes; \u0000 is what is left to refuse */
static const char *copy_string(struct reader *rd, const unsigned char *s, size_t len)
{
	if (memchr(s, '\0', len)) {
		refuse(rd, "NUL in a string");
		return NULL;
	}
	return arena_strndup(rd->arena, (const char *)s, len);
}

static int add_annotation(struct reader *rd, const char *value)
{
	struct kvv *map = &rd->r->annotations;

	if (!rd->annotation)
		return refuse(rd, "value without a key");
	if (map->n >= SPEC_MAX_LIST)
		return refuse(rd, "too many annotations");
	map->v = arena_grow(rd->arena, map->v, map->n, &rd->annotations_cap, sizeof(*map->v));
	map->v[map->n++] = (struct kv){ rd->annotation, value };
	rd->annotation = NULL;
	return 1;
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
	struct reader *rd = ctx;
	const char *s = copy_string(rd, text, len);

	if (!s)
		return 0;
	if (rd->depth == 2)
		return add_annotation(rd, s);
	const struct member *m = rd->member;
	if (!m)
		return refuse(rd, "string where none belongs");
	void *to = (char *)rd->r + m->offset;
	switch (m->type) {
	case M_DRIVER:
		return cgroup_driver_parse(s, to) == 0 ? 1 : refuse(rd, "unknown cgroup driver");
	case M_PATH:
		if (s[0] != '/' && s[0] != '\0') /* empty: not known yet while creating */
			return refuse(rd, "path that is not absolute");
		break;
	case M_NAME:
		if (!record_is_plain(s))
			return refuse(rd, "control character in a name");
		break;
	case M_STRING:
		break;
	default:
		return refuse(rd, "string where none belongs");
	}
	*(const char **)to = s;
	return 1;
}

/* as text: yajl's integers are signed, inode numbers are not */
static int on_number(void *ctx, const char *text, size_t len)
{
	struct reader *rd = ctx;
	const struct member *m = rd->member;
	char digits[24];
	uint64_t v;

	if (rd->depth != 1 || len >= sizeof(digits))
		return refuse(rd, "number where none belongs");
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (parse_u64(digits, UINT64_MAX, &v) < 0)
		return refuse(rd, "bad number");
	if (rd->format_next)
		return v == FORMAT ? 1 : refuse(rd, "format of another version of berth");
	if (!m)
		return refuse(rd, "number where none belongs");
	void *to = (char *)rd->r + m->offset;
	switch (m->type) {
	case M_U64:
		*(uint64_t *)to = v;
		return 1;
	case M_PID: /* 1 is the host's init, and the init of the user's own pid namespace: never ours */
		if (v == 1 || v > PID_LIMIT)
			return refuse(rd, "impossible pid");
		*(pid_t *)to = (pid_t)v;
		return 1;
	case M_UINT:
		if (v > RECORD_LEVELS_MAX)
			return refuse(rd, "number out of range");
		*(unsigned *)to = (unsigned)v;
		return 1;
	default:
		return refuse(rd, "number where none belongs");
	}
}

static int on_bool(void *ctx, int v)
{
	struct reader *rd = ctx;

	if (rd->depth != 1 || !rd->member || rd->member->type != M_BOOL)
		return refuse(rd, "boolean where none belongs");
	*(bool *)((char *)rd->r + rd->member->offset) = v;
	return 1;
}

static int on_null(void *ctx)
{
	return refuse(ctx, "null");
}

static int on_array(void *ctx)
{
	return refuse(ctx, "list");
}

static int on_map(void *ctx)
{
	struct reader *rd = ctx;

	if (rd->depth == 1 && (!rd->member || rd->member->type != M_MAP))
		return refuse(rd, "object where none belongs");
	if (rd->depth == 2)
		return refuse(rd, "object where none belongs");
	rd->depth++;
	return 1;
}

static int on_end_map(void *ctx)
{
	struct reader *rd = ctx;

	rd->depth--;
	return 1;
}

static int on_key(void *ctx, const unsigned char *key, size_t len)
{
	struct reader *rd = ctx;

	if (rd->depth == 2) {
		rd->annotation = copy_string(rd, key, len);
		return rd->annotation != NULL;
	}
	unsigned bit = MEMBERS;
	rd->member = NULL;
	rd->format_next = len == 6 && memcmp(key, "format", 6) == 0;
	for (unsigned i = 0; i < MEMBERS; i++)
		if (strlen(members[i].key) == len && memcmp(members[i].key, key, len) == 0) {
			rd->member = &members[i];
			bit = i;
		}
	if (!rd->member && !rd->format_next)
		return refuse(rd, "unknown property");
	if (rd->seen & (1u << bit))
		return refuse(rd, "property that is there twice");
	rd->seen |= 1u << bit;
	return 1;
}

/* It names a directory, and one that is removed has the container's name. */
static bool rdt_ok(const struct rdt_ref *ref, const char *id)
{
	const char *g = ref->group;
	if ((ref->made & RDT_GROUP) && strcmp(g, id) != 0)
		return false;
	return strcmp(g, "/") == 0 || (!strchr(g, '/') && strcmp(g, ".") != 0 && strcmp(g, "..") != 0);
}

/* what no single value shows */
static int check_record(struct reader *rd, const char *id)
{
	const struct record *r = rd->r;
	const struct cgroup_ref *c = &r->cgroup;

	for (size_t i = 0; i < MEMBERS; i++)
		if (members[i].optional)
			rd->seen |= 1u << i;
	if (rd->seen != (1u << (MEMBERS + 1)) - 1)
		return refuse(rd, "missing property");
	if (strcmp(r->id, id) != 0)
		return refuse(rd, "id of another container");
	if (!record_is_plain(c->path) || (c->path[0] != '/' && c->path[0] != '\0'))
		return refuse(rd, "bad cgroup path");
	if (!rdt_ok(&r->rdt, id))
		return refuse(rd, "bad resctrl group");
	if (c->inode && (!c->path[0] || !c->path[1]))
		return refuse(rd, "cgroup without a path");
	return 1;
}

int record_decode(struct arena *a, const char *text, size_t len, const char *id, struct record *ret,
		  struct err *e)
{
	static const yajl_callbacks callbacks = {
		.yajl_null = on_null,	      .yajl_boolean = on_bool,	   .yajl_number = on_number,
		.yajl_string = on_string,     .yajl_start_map = on_map,	   .yajl_map_key = on_key,
		.yajl_end_map = on_end_map,   .yajl_start_array = on_array,
	};
	struct reader rd = { .arena = a, .r = ret };

	*ret = (struct record){ 0 };
	yajl_alloc_funcs funcs = yajl_mem(a);
	yajl_handle h = yajl_alloc(&callbacks, &funcs, &rd);
	if (!h)
		return err_set(e, ENOMEM, "read the record");
	yajl_status s = yajl_parse(h, (const unsigned char *)text, len);
	if (s == yajl_status_ok)
		s = yajl_complete_parse(h);
	yajl_free(h);
	if (s == yajl_status_ok && rd.depth == 0 && check_record(&rd, id))
		return 0;
	err_set(e, 0, "damaged record: %s", rd.what ? rd.what : "no complete JSON object");
	e->eno = STATE_DAMAGED;
	return -1;
}

int state_read(struct arena *a, struct state_dir *d, struct record *ret, struct err *e)
{
	size_t len;
	const char *text = fd_read_file(a, d->fd, "state.json", RECORD_MAX, &len, e);

	if (!text || record_decode(a, text, len, d->id, ret, e) < 0)
		return err_add(e, "state of container \"%s\"", d->id);
	ret->cgroup.mark = ret->created;
	if (!ret->created_done && state_complete(a, d, &ret->cgroup, e) < 0)
		return err_add(e, "state of container \"%s\"", d->id);
	return 0;
}

/* "state.json.<pid>.tmp", as fd_prepare() calls it. */
static bool is_prepared(const char *name, pid_t *ret_writer)
{
	static const char front[] = "state.json.", end[] = ".tmp";
	char digits[24];
	size_t n = strlen(name), f = sizeof(front) - 1, m = sizeof(end) - 1;
	uint64_t v;

	if (n <= f + m || n - f - m >= sizeof(digits) || strncmp(name, front, f) != 0 || strcmp(name + n - m, end) != 0)
		return false;
	memcpy(digits, name + f, n - f - m);
	digits[n - f - m] = '\0';
	if (parse_u64(digits, PID_LIMIT, &v) < 0)
		return false;
	*ret_writer = (pid_t)v;
	return true;
}

bool state_read_prepared(struct arena *a, struct state_dir *d, struct record *ret, pid_t *ret_writer)
{
	int copy = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), eno;
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	bool found = false;

	if (!dir)
		fd_close(&copy);
	for (struct dirent *de; dir && !found && (de = dir_next(dir, &eno));) {
		struct err ignored = { 0 };
		size_t len;
		const char *text = is_prepared(de->d_name, ret_writer) ?
					   fd_read_file(a, d->fd, de->d_name, RECORD_MAX, &len, &ignored) : NULL;
		found = text && record_decode(a, text, len, d->id, ret, &ignored) == 0;
	}
	if (dir)
		closedir(dir);
	return found;
}
