/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mutation of JSON documents that knows the decode tables, so that a fuzzer gets past the syntax: it scans the document
 * into values, each with the row of the table that it belongs to, and then takes one out, doubles it, puts another one in
 * its place, or adds a property that the object may have. One of ten goes to libFuzzer's own mutation of bytes, which
 * also has the string or number in hand in the other cases.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));

enum { NODES = 4096, DEPTH = 40, TEXT = 4096 };

struct node {
	size_t from, to;	   /* the value */
	size_t first, last;	   /* with its name, if it has one: what to take out */
	char kind;		   /* { [ " or 0 for a number or a word */
	bool empty;		   /* nothing in it */
	bool element;		   /* of the list or map that `row` is */
	const struct table *table; /* of the object, or of the list's elements */
	const struct row *row;	   /* of the property, or of the list that it is an element of */
};

static struct doc {
	const uint8_t *s;
	size_t len, at;
	struct node v[NODES];
	size_t n;
} doc;

static uint64_t rng;

static unsigned below(size_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned)((rng >> 11) % (n ? n : 1));
}

/* ---- scanning ---- */

static void blanks(void)
{
	while (doc.at < doc.len && strchr(" \t\r\n", doc.s[doc.at]) && doc.s[doc.at])
		doc.at++;
}

static bool take(char c)
{
	blanks();
	bool yes = doc.at < doc.len && doc.s[doc.at] == (uint8_t)c;
	doc.at += yes;
	return yes;
}

static bool string(void)
{
	if (!take('"'))
		return false;
	for (; doc.at < doc.len; doc.at++) {
		if (doc.s[doc.at] == '\\')
			doc.at++;
		else if (doc.s[doc.at] == '"')
			return ++doc.at, true;
	}
	return false;
}

static const struct row *find_row(const struct table *t, const uint8_t *key, size_t len)
{
	for (unsigned i = 0; t && i < t->n; i++)
		if (t->rows[i].key_len == len && memcmp(t->rows[i].key, key, len) == 0)
			return &t->rows[i];
	return NULL;
}

static bool value(const struct table *t, const struct row *r, bool element, size_t first, int depth);

static bool is_map(const struct node *n)
{
	return !n->element && n->row && (n->row->type == ROW_STRING_MAP || n->row->type == ROW_OBJECT_MAP);
}

static bool members(const struct node *n, int depth)
{
	const struct table *t = n->table;
	const struct row *map = is_map(n) ? n->row : NULL;
	do {
		blanks();
		size_t first = doc.at;
		if (!string())
			return false;
		const uint8_t *key = doc.s + first + 1;
		const struct row *r = map ? map : find_row(t, key, doc.at - first - 2);
		if (!take(':') || !value(r ? r->sub : NULL, r, map, first, depth))
			return false;
	} while (take(','));
	return take('}');
}

static bool elements(const struct node *n, int depth)
{
	do
		if (!value(n->table, n->row, true, SIZE_MAX, depth))
			return false;
	while (take(','));
	return take(']');
}

static bool value(const struct table *t, const struct row *r, bool element, size_t first, int depth)
{
	blanks();
	if (doc.n == NODES || depth == DEPTH || doc.at >= doc.len)
		return false;
	size_t i = doc.n++;
	struct node *n = &doc.v[i];
	/* a list of strings within a list of strings is no list that anybody knows */
	bool scalar_element = element && r && (r->type == ROW_STRINGS || r->type == ROW_U32S || r->type == ROW_STRING_MAP);
	*n = (struct node){ .from = doc.at, .first = first == SIZE_MAX ? doc.at : first, .element = element, .table = t, .row = r };
	char c = (char)doc.s[doc.at];
	bool good;
	n->kind = strchr("{[\"", c) && c ? c : 0;
	if (c == '{' || c == '[') {
		struct node inner = { .table = scalar_element ? NULL : t, .row = element ? NULL : r };
		doc.at++;
		n->empty = take(c == '{' ? '}' : ']');
		good = n->empty || (c == '{' ? members(&inner, depth + 1) : elements(&inner, depth + 1));
	} else if (c == '"') {
		good = string();
	} else {
		while (doc.at < doc.len && doc.s[doc.at] && !strchr(",]} \t\r\n\":", doc.s[doc.at]))
			doc.at++;
		good = doc.at > n->from;
	}
	n->to = n->last = doc.at;
	return good;
}

static bool scan(const uint8_t *data, size_t size, const struct table *root)
{
	doc.s = data;
	doc.len = size;
	doc.at = doc.n = 0;
	if (!value(root, NULL, false, SIZE_MAX, 0))
		return false;
	blanks();
	return doc.at == size;
}

/* ---- making values ---- */

struct out {
	char v[TEXT];
	size_t n;
};

static void put(struct out *o, const char *s)
{
	size_t n = strlen(s);
	if (o->n + n < sizeof(o->v)) {
		memcpy(o->v + o->n, s, n);
		o->n += n;
	}
}

static void put_number(struct out *o)
{
	static const char *const numbers[] = {
		"0", "1", "-1", "2", "10", "100", "1000", "1024", "65536", "1048576", "100000", "-0", "00", "1.5", "1e3", "255", "256", "511", "512",
		"4095", "4096", "2147483647", "2147483648", "4294967294", "4294967295", "4294967296", "9223372036854775807",
		"9223372036854775808", "18446744073709551615", "18446744073709551616", "-2147483648", "-9223372036854775808",
		"-9223372036854775809", "99999999999999999999999999",
	};
	put(o, numbers[below(sizeof(numbers) / sizeof(*numbers))]);
}

/* Words that mean something somewhere, and paths. */
static void put_word(struct out *o)
{
	static const char *const words[] = {
		"", "/", "/proc", "/dev", "/dev/pts", "/dev/console", "/dev/null", "/sys", "/sys/fs/cgroup", "/etc/../etc", "/a//b/./c", "..", "/..", "rootfs",
		"bind", "tmpfs", "proc", "sysfs", "devpts", "mqueue", "overlay", "cgroup", "cgroup2", "none", "rbind", "ro", "rro", "nosuid", "idmap", "ridmap",
		"remount", "size=65536k", "mode=1777", "subset=pid", "newinstance", "ptmxmode=0666", "tmpcopyup", "shared", "rslave", "unbindable",
		"lowerdir=/l:/m,upperdir=/u", "private", "mount", "pid", "network", "uts", "ipc", "user", "cgroup", "time", "1.3.0", "1.0.2-dev", "2.0.0", "sh",
		"HOME=/root", "PATH=/bin:/usr/bin", "A=b", "=", "RLIMIT_NOFILE", "RLIMIT_CORE", "CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_NONSENSE", "SCHED_OTHER",
		"SCHED_FIFO", "SCHED_DEADLINE", "SCHED_FLAG_RESET_ON_FORK", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE", "0-3,7", "0", "3-1", "c", "b", "p", "u", "a",
		"rwm", "rw", "m", "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_NOTIFY", "SCMP_ACT_KILL_PROCESS", "SCMP_ARCH_X86_64", "SCMP_ARCH_X86",
		"SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ", "SECCOMP_FILTER_FLAG_LOG", "getpid", "clone3", "nonsense", "2MB", "1GB", "64KB", "hugetlb", "mlx5_0", "eth0",
		"PER_LINUX", "PER_LINUX32", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_F_STATIC_NODES", "net.ipv4.ip_forward", "kernel.shmmax",
		"kernel/msgmax", "fs.mqueue.msg_max", "vm.swappiness", "memory.high", "cpu.weight", "pids.max", "L3:0=ff", "MB:0=50", "/machine/c1",
		"system.slice:berth:c1", "org.systemd.property.CollectMode", "'inactive'", "uint64 5", "/run/agent.sock", "\\u0041\\u00e9", "\xc3\xa9", "\\n",
		"guid-1", "l3", "host.example.org", "root:sysadm_r:t:s0", "docker-default", "private", "rshared", "slave",
	};
	put(o, words[below(sizeof(words) / sizeof(*words))]);
}

static void put_string(struct out *o)
{
	put(o, "\"");
	unsigned kind = below(20);
	if (kind == 0)
		for (unsigned n = below(700); n; n--)
			put(o, "x");
	else
		for (unsigned n = kind == 1 ? 2 : 1; n; n--)
			put_word(o);
	put(o, "\"");
}

static void put_value(struct out *o, const struct row *r, unsigned depth);

/* What is required, and a few others. */
static void put_object(struct out *o, const struct table *t, unsigned depth)
{
	bool any = false;
	put(o, "{");
	for (unsigned i = 0; t && i < t->n && depth < 6; i++) {
		const struct row *r = &t->rows[i];
		if (!(r->flags & ROW_REQUIRED) && below(t->n < 4 ? 2 : t->n / 3))
			continue;
		put(o, any ? ",\"" : "\"");
		put(o, r->key);
		put(o, "\":");
		put_value(o, r, depth + 1);
		any = true;
	}
	put(o, "}");
}

static void put_list(struct out *o, const struct row *r, unsigned depth)
{
	put(o, "[");
	for (unsigned i = 0, n = below(4); i < n; i++) {
		put(o, i ? "," : "");
		if (r->type == ROW_LIST)
			put_object(o, r->sub, depth + 1);
		else if (r->type == ROW_U32S)
			put_number(o);
		else
			put_string(o);
	}
	put(o, "]");
}

static void put_map(struct out *o, const struct row *r, unsigned depth)
{
	put(o, "{");
	for (unsigned i = 0, n = below(3); i < n; i++) {
		put(o, i ? "," : "");
		put_string(o);
		put(o, ":");
		if (r->type == ROW_OBJECT_MAP)
			put_object(o, r->sub, depth + 1);
		else
			put_string(o);
	}
	put(o, "}");
}

static void put_any(struct out *o)
{
	static const char *const values[] = { "null", "true", "false", "{}", "[]", "[[]]", "{\"a\":[1]}", "\"\"" };
	if (below(2))
		put(o, values[below(sizeof(values) / sizeof(*values))]);
	else if (below(2))
		put_number(o);
	else
		put_string(o);
}

/* One member of a list or map. */
static void put_element(struct out *o, const struct row *r)
{
	if (r->type == ROW_LIST || r->type == ROW_OBJECT_MAP)
		put_object(o, r->sub, 0);
	else if (r->type == ROW_U32S)
		put_number(o);
	else
		put_string(o);
}

static void put_value(struct out *o, const struct row *r, unsigned depth)
{
	if (!r || below(16) == 0) {
		put_any(o);
		return;
	}
	switch ((enum row_type)r->type) {
	case ROW_BOOL:
	case ROW_OPT_BOOL:
		put(o, below(2) ? "true" : "false");
		break;
	case ROW_OBJECT:
	case ROW_OBJECT_PTR:
		put_object(o, r->sub, depth);
		break;
	case ROW_LIST:
	case ROW_STRINGS:
	case ROW_U32S:
		put_list(o, r, depth);
		break;
	case ROW_STRING_MAP:
	case ROW_OBJECT_MAP:
		put_map(o, r, depth);
		break;
	case ROW_STRING:
	case ROW_NAMESPACE:
		put_string(o);
		break;
	default:
		put_number(o);
	}
}

/* ---- changing ---- */

/* Put `n` bytes in the place of [from, to). Returns the new size, or 0 when it does not fit. */
static size_t splice(uint8_t *data, size_t size, size_t max, size_t from, size_t to, const char *with, size_t n)
{
	if (size - (to - from) + n > max)
		return 0;
	memmove(data + from + n, data + to, size - to);
	memcpy(data + from, with, n);
	return size - (to - from) + n;
}

/* Take a value out, with the comma that goes with it. */
static size_t remove_node(uint8_t *data, size_t size, size_t max, const struct node *n)
{
	size_t from = n->first, to = n->last;
	while (to < size && strchr(" \t\r\n", data[to]) && data[to])
		to++;
	if (to < size && data[to] == ',') {
		to++;
	} else {
		to = n->last;
		while (from > 0 && strchr(" \t\r\n", data[from - 1]) && data[from - 1])
			from--;
		from = from > 0 && data[from - 1] == ',' ? from - 1 : n->first;
	}
	return splice(data, size, max, from, to, "", 0);
}

static size_t add_inside(uint8_t *data, size_t size, size_t max, const struct node *n)
{
	struct out o = { .n = 0 };
	const struct row *r = NULL;
	if (n->kind == '{') {
		bool map = is_map(n);
		r = map ? NULL : n->table && n->table->n ? &n->table->rows[below(n->table->n)] : NULL;
		if (r) {
			put(&o, "\"");
			put(&o, r->key);
			put(&o, "\":");
			put_value(&o, r, 0);
		} else {
			put_string(&o);
			put(&o, ":");
			if (map && n->row->sub)
				put_object(&o, n->row->sub, 0);
			else
				put_string(&o);
		}
	} else if (n->table) {
		put_object(&o, n->table, 0);
	} else if (n->row && n->row->type == ROW_U32S) {
		put_number(&o);
	} else {
		put_string(&o);
	}
	if (!n->empty)
		put(&o, ",");
	return splice(data, size, max, n->from + 1, n->from + 1, o.v, o.n);
}

static size_t copy_other(uint8_t *data, size_t size, size_t max, const struct node *n)
{
	const struct node *other = &doc.v[below(doc.n)];
	static char copy[TEXT];
	for (int tries = 0; tries < 8 && other->kind != n->kind; tries++)
		other = &doc.v[below(doc.n)];
	size_t len = other->to - other->from;
	if (len > sizeof(copy))
		return 0;
	memcpy(copy, data + other->from, len);
	return splice(data, size, max, n->from, n->to, copy, len);
}

static size_t double_it(uint8_t *data, size_t size, size_t max, const struct node *n)
{
	static char copy[TEXT + 1];
	size_t len = n->last - n->first;
	if (len > TEXT || n->first == 0)
		return 0;
	memcpy(copy, data + n->first, len);
	copy[len] = ',';
	return splice(data, size, max, n->first, n->first, copy, len + 1);
}

static size_t change_bytes(uint8_t *data, size_t size, size_t max, const struct node *n)
{
	static uint8_t text[TEXT];
	size_t from = n->from + (n->kind == '"'), to = n->to - (n->kind == '"');
	if (n->kind == '{' || n->kind == '[' || to - from > sizeof(text) || !LLVMFuzzerMutate)
		return 0;
	memcpy(text, data + from, to - from);
	size_t len = LLVMFuzzerMutate(text, to - from, sizeof(text) < to - from + 32 ? sizeof(text) : to - from + 32);
	return splice(data, size, max, from, to, (char *)text, len);
}

static size_t change_once(uint8_t *data, size_t size, size_t max, const struct table *root)
{
	if (below(10) == 0 || !scan(data, size, root))
		return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, max) : size;
	const struct node *n = &doc.v[below(doc.n)];
	struct out o = { .n = 0 };
	size_t r = 0;
	switch (below(8)) {
	case 0:
		r = n->first ? remove_node(data, size, max, n) : 0;
		break;
	case 1:
		r = double_it(data, size, max, n);
		break;
	case 2:
		r = copy_other(data, size, max, n);
		break;
	case 3:
	case 4:
		r = change_bytes(data, size, max, n);
		break;
	case 5:
		if (n->element && n->row)
			put_element(&o, n->row);
		else
			put_value(&o, n->row, 0);
		r = splice(data, size, max, n->from, n->to, o.v, o.n);
		break;
	default:
		for (int tries = 0; tries < 20 && n->kind != '{' && n->kind != '['; tries++)
			n = &doc.v[below(doc.n)];
		r = n->kind == '{' || n->kind == '[' ? add_inside(data, size, max, n) : 0;
	}
	return r ? r : size;
}

size_t fuzz_json_mutate(uint8_t *data, size_t size, size_t max, unsigned seed, const struct table *root)
{
	rng = seed * 0x9e3779b97f4a7c15ULL + 88172645463325252ULL;
	if (size == 0)
		size = splice(data, size, max, 0, 0, "{}", max < 2 ? 0 : 2);
	for (unsigned n = 1 + below(3); n; n--)
		size = change_once(data, size, max, root);
	return size;
}
