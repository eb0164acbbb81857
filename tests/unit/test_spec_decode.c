/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoder: what a document becomes, and what it refuses with which path and position. */
#include "../../spec/decode.h"
#include "../../spec/path.h"
#include "spec_util.h"

static unsigned depth_of(const struct table *t)
{
	unsigned deepest = 0;
	T_OK(t->n <= 64); /* one bit each in a frame */
	for (unsigned i = 0; i < t->n; i++) {
		const struct row *r = &t->rows[i];
		T_INT(strlen(r->key), r->key_len);
		T_OK(r->offset < t->size);
		T_OK((r->sub != NULL) == (r->type == ROW_OBJECT || r->type == ROW_OBJECT_PTR ||
					  r->type == ROW_LIST || r->type == ROW_OBJECT_MAP));
		for (unsigned k = 0; k < i; k++)
			T_OK(strcmp(t->rows[k].key, r->key) != 0);
		unsigned d = r->sub ? depth_of(r->sub) : 0;
		d += r->type == ROW_LIST || r->type == ROW_OBJECT_MAP || (!r->sub && r->type >= ROW_STRINGS);
		if (d > deepest)
			deepest = d;
		T_OK(r->set_offset < t->size);
	}
	return deepest + 1;
}

T_TEST(tables_are_sound)
{
	T_OK(depth_of(&table_config) <= PATH_PARTS);
	T_OK(depth_of(&table_config) > 5);
	depth_of(&table_process);
	depth_of(&table_resources);
}

static const char full[] =
	"{ \"ociVersion\": \"1.2.1\", \"hostname\": \"caf\\u00e9 \\ud83d\\ude00 \\\"q\\\" \\\\\", "
	"\"x-unknown\": {\"a\":[1,{\"a\":1,\"a\":2}],\"b\":null},"
	"\"root\": {\"path\": \"r\\/fs\", \"readonly\": true},"
	"\"process\": {\"terminal\": false, \"noNewPrivileges\": false, \"cwd\": \"/\", \"args\": [], "
	"\"oomScoreAdj\": -998,"
	" \"user\": {\"uid\": 7, \"gid\": 8, \"umask\": 18, \"additionalGids\": [1, 2, 3]},"
	" \"rlimits\": [{\"type\": \"RLIMIT_CORE\", \"hard\": 18446744073709551615, \"soft\": 0}],"
	" \"capabilities\": {\"ambient\": [\"CAP_KILL\"]}},"
	"\"mounts\": [{\"destination\": \"/a\", \"options\": [\"ro\", \"\"]}, {\"destination\": \"/b\"}],"
	"\"hooks\": {\"poststop\": [{\"path\": \"/h\", \"args\": [], \"timeout\": 3}]},"
	"\"annotations\": {\"k.1\": \"v\", \"\": \"e\"},"
	"\"linux\": {\"namespaces\": [{\"type\": \"time\"}, {\"type\": \"network\", \"path\": \"/n\"}],"
	" \"netDevices\": {\"eth0\": {\"name\": \"c0\"}, \"eth1\": {}},"
	" \"sysctl\": {\"net.x\": \"1\"},"
	" \"timeOffsets\": {\"monotonic\": {\"secs\": -9223372036854775808, \"nanosecs\": 5}},"
	" \"resources\": {\"rdma\": {\"mlx\": {\"hcaObjects\": 4}}, \"memory\": {\"limit\": -1, "
	"\"useHierarchy\": false},"
	" \"pids\": {\"limit\": -0}, \"unified\": {\"a.b\": \"c\"}, \"blockIO\": {\"weight\": 65535}},"
	" \"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [], "
	"\"syscalls\": [{\"names\": [\"a\", \"b\"], "
	"\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1, \"args\": [{\"index\": 1, \"value\": "
	"18446744073709551615, \"op\": "
	"\"SCMP_CMP_EQ\"}]}]}}}\n";

static void check_process_part(const struct spec_process *p)
{
	T_OK(!p->terminal && p->no_new_privileges_set && !p->no_new_privileges && !p->console_size);
	T_INT(p->args.n, 0);
	T_OK(p->args.v && !p->args.v[0]);
	T_OK(!p->env.v);
	T_OK(p->oom_score_adj.set);
	T_INT(p->oom_score_adj.v, -998);
	T_INT(p->user.uid, 7);
	T_INT(p->user.gid, 8);
	T_INT(p->user.umask.v, 18);
	T_INT(p->user.additional_gids.n, 3);
	T_INT(p->user.additional_gids.v[2], 3);
	T_INT(p->rlimits.n, 1);
	T_OK(p->rlimits.v[0].hard == UINT64_MAX && p->rlimits.v[0].soft == 0);
	T_STR(p->capabilities->set[CAPSET_AMBIENT].v[0], "CAP_KILL");
	T_OK(!p->capabilities->set[CAPSET_BOUNDING].v);
}

static void check_linux_part(const struct spec_linux *l)
{
	T_INT(l->namespaces.n, 2);
	T_OK(l->namespaces.v[0].type == NS_TIME && !l->namespaces.v[0].path);
	T_STR(l->namespaces.v[1].path, "/n");
	T_INT(l->net_devices.n, 2);
	T_STR(l->net_devices.v[0].host_name, "eth0");
	T_STR(l->net_devices.v[0].name, "c0");
	T_OK(!l->net_devices.v[1].name);
	T_STR(l->sysctl.v[0].key, "net.x");
	T_OK(l->time_offsets->monotonic->secs == INT64_MIN && !l->time_offsets->boottime);
	T_STR(l->resources->rdma.v[0].device, "mlx");
	T_OK(l->resources->rdma.v[0].hca_objects.set && !l->resources->rdma.v[0].hca_handles.set);
	T_OK(l->resources->memory->limit.set && l->resources->memory->limit.v == -1);
	T_OK(l->resources->memory->use_hierarchy.set && !l->resources->memory->use_hierarchy.v);
	T_OK(!l->resources->memory->swap.set);
	T_OK(l->resources->pids->limit.set && l->resources->pids->limit.v == 0);
	T_INT(l->resources->block_io->weight.v, 65535);
	T_OK(l->seccomp->flags_set);
	const struct spec_seccomp_rule *r = &l->seccomp->syscalls.v[0];
	T_STR(r->names.v[1], "b");
	T_OK(!r->names.v[2]);
	T_OK(r->args.v[0].value == UINT64_MAX && r->args.v[0].value_two == 0);
	T_OK(!l->uid_mappings.n && !l->cgroups_path);
}

T_TEST(every_kind_of_member)
{
	struct arena a = {NULL};
	struct err e = {.set = false};
	struct spec_config *c = spec_config_decode(&a, full, strlen(full), &e);
	T_STR(e.text, "");
	if (!c)
		return;
	T_STR(c->oci_version, "1.2.1");
	T_STR(c->hostname, "caf\xc3\xa9 \xf0\x9f\x98\x80 \"q\" \\");
	T_OK(!c->domainname);
	T_STR(c->root->path, "r/fs");
	T_OK(c->root->readonly);
	T_INT(c->mounts.n, 2);
	T_INT(c->mounts.v[0].options.n, 2);
	T_STR(c->mounts.v[0].options.v[1], "");
	T_OK(!c->mounts.v[1].options.v);
	const struct spec_hook *h = &c->hooks.kind[HOOK_POSTSTOP].v[0];
	T_OK(h->args_set && !h->env_set && h->timeout.v == 3);
	T_INT(c->annotations.n, 2);
	T_STR(c->annotations.v[0].key, "k.1");
	T_STR(c->annotations.v[1].value, "e");
	check_process_part(c->process);
	check_linux_part(c->linux_);
	arena_free(&a);
}

T_TEST(linux_is_never_null)
{
	struct arena a = {NULL};
	struct err e = {.set = false};
	const char *json = "{" VERSION_ROOT "}";
	struct spec_config *c = spec_config_decode(&a, json, strlen(json), &e);
	T_OK(c && c->linux_ && !c->process && !c->linux_->resources);
	arena_free(&a);
}

T_TEST(every_truncation_is_refused)
{
	for (size_t n = 0; n < strlen(full) - 1; n++) {
		struct err e = {.set = false};
		T_OK(try_document('c', full, n, &e) == -1);
		T_HAS(e.text, "(line 1, column ");
	}
}

/* Whatever byte is put wherever: no crash, and an error exactly when there is no result. */
T_TEST(every_byte_changed)
{
	static const char with[] = {'\0', '"', '\\',       '{',        '}', '[', ',',
				    '0',  '-', (char)0xff, (char)0xc3, 'u', '\n'};
	size_t len = strlen(full);
	char *json = malloc(len);
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < sizeof(with); k++) {
			struct err e = {.set = false};
			memcpy(json, full, len);
			json[i] = with[k];
			try_document('c', json, len, &e);
		}
	free(json);
}

static const struct refusal wrong_types[] = {
	{"\"hostname\":null", "hostname", "hostname: expected a string, found null"},
	{"\"hostname\":1", "hostname", "expected a string, found a number"},
	{"\"hostname\":[]", "hostname", "expected a string, found an array"},
	{"\"hostname\":{}", "hostname", "expected a string, found an object"},
	{"\"hostname\":true", "hostname", "expected a string, found true"},
	{"\"mounts\":{}", "mounts", "expected an array, found an object"},
	{"\"mounts\":[1]", "mounts[0]", "expected an object, found a number"},
	{"\"mounts\":[{\"destination\":\"/a\"},[]]", "mounts[1]", "expected an object, found an array"},
	{"\"mounts\":[{\"destination\":\"/\",\"options\":[\"a\",1]}]", "mounts[0].options[1]",
     "expected a string, found a number"},
	{"\"mounts\":[{\"destination\":\"/\",\"options\":\"ro\"}]", "mounts[0].options",
     "expected an array, found a string"},
	{"\"hooks\":[]", "hooks", "expected an object, found an array"},
	{"\"hooks\":{\"prestart\":[{\"path\":\"/a\"},null]}", "hooks.prestart[1]",
     "expected an object, found null"},
	{"\"annotations\":[]", "annotations", "expected an object, found an array"},
	{"\"annotations\":{\"a\":5}", "annotations.a", "expected a string, found a number"},
	{"\"annotations\":{\"a.b\":null}", "annotations[\"a.b\"]", "expected a string, found null"},
	{"\"annotations\":{\"a\\\"\\u0001\":{}}", "annotations[\"a\\\"\\u0001\"]", "expected a string"},
	{"\"linux\":{\"resources\":{\"memory\":{\"limit\":\"1\"}}}", "linux.resources.memory.limit",
     "linux.resources.memory.limit: expected an integer, found a string"},
	{"\"linux\":{\"resources\":{\"memory\":{\"useHierarchy\":0}}}", "linux.resources.memory.useHierarchy",
     "expected true or false, found a number"},
	{"\"linux\":{\"netDevices\":{\"e\":1}}", "linux.netDevices.e", "expected an object, found a number"},
	{"\"linux\":{\"namespaces\":[{\"type\":\"bogus\"}]}", "linux.namespaces[0].type",
     "unknown namespace type \"bogus\""},
	{"\"linux\":{\"namespaces\":[{\"type\":3}]}", "linux.namespaces[0].type", "expected a string"},
	{"\"linux\":{\"timeOffsets\":{\"realtime\":{\"secs\":1}}}", "linux.timeOffsets.realtime",
     "unknown clock"},
};

T_TEST(wrong_types_are_refused)
{
	REFUSALS('c', "{" VERSION_ROOT ",", "}", wrong_types);
}

static const struct refusal numbers[] = {
	{"\"uid\":\"0\",\"gid\":0", "user.uid", "expected an integer, found a string"},
	{"\"uid\":true,\"gid\":0", "user.uid", "found true"},
	{"\"uid\":null,\"gid\":0", "user.uid", "found null"},
	{"\"uid\":1e3,\"gid\":0", "user.uid", "expected an integer, found 1e3"},
	{"\"uid\":1.5,\"gid\":0", "user.uid", "found 1.5"},
	{"\"uid\":1.0,\"gid\":0", "user.uid", "found 1.0"},
	{"\"uid\":-1,\"gid\":0", "user.uid", "must not be negative"},
	{"\"uid\":-0,\"gid\":0", "user.uid", "must not be negative"},
	{"\"uid\":4294967295,\"gid\":0", "user.uid", "not an id"},
	{"\"uid\":4294967296,\"gid\":0", "user.uid", "out of range (0 to 4294967295)"},
	{"\"uid\":0,\"gid\":4294967295", "user.gid", "not an id"},
	{"\"uid\":0,\"gid\":18446744073709551616", "user.gid", "out of range"},
	{"\"uid\":0,\"gid\":99999999999999999999999999999999999999999999999999", "user.gid", "out of range"},
	{"\"uid\":0,\"gid\":0,\"additionalGids\":[0,-2]", "user.additionalGids[1]", "must not be negative"},
	{"\"uid\":0,\"gid\":0,\"additionalGids\":[0,4294967295]", "user.additionalGids[1]", "not an id"},
	{"\"uid\":0,\"gid\":0,\"additionalGids\":[\"a\"]", "user.additionalGids[0]", "expected an integer"},
	{"\"uid\":0,\"gid\":0,\"additionalGids\":[[]]", "user.additionalGids[0]",
     "expected an integer, found an array"},
	{"\"uid\":0,\"gid\":0,\"additionalGids\":[{}]", "user.additionalGids[0]",
     "expected an integer, found an object"},
	{"\"uid\":0,\"gid\":0,\"umask\":512", "user.umask", "not a umask"},
	{"\"uid\":0,\"gid\":0,\"umask\":511", NULL, NULL},
	{"\"uid\":0", "user.gid", "a required property is missing"},
	{"\"gid\":0", "user.uid", "a required property is missing"},
	{"\"uid\":4294967294,\"gid\":4294967294,\"username\":7", NULL, NULL},
};

T_TEST(numbers_are_strict)
{
	REFUSALS('p', "{\"cwd\":\"/\",\"args\":[\"a\"],\"user\":{", "}}", numbers);
}

static const struct refusal ranges[] = {
	{"\"memory\":{\"limit\":9223372036854775807}", NULL, NULL},
	{"\"memory\":{\"limit\":9223372036854775808}", "memory.limit", "out of range"},
	{"\"memory\":{\"limit\":-9223372036854775809}", "memory.limit", "out of range"},
	{"\"memory\":{\"limit\":-9223372036854775808}", "memory.limit", "neither a limit"},
	{"\"blockIO\":{\"weight\":65536}", "blockIO.weight", "out of range (0 to 65535)"},
	{"\"cpu\":{\"shares\":18446744073709551615}", NULL, NULL},
	{"\"cpu\":{\"shares\":18446744073709551616}", "cpu.shares", "out of range"},
};

T_TEST(ranges_are_those_of_the_schema)
{
	REFUSALS('r', "{", "}", ranges);
}

static const struct refusal duplicates[] = {
	{"\"hostname\":\"a\",\"hostname\":\"a\"", "hostname", "hostname: the property occurs twice"},
	{"\"zz\":1,\"yy\":1,\"zz\":{}", "zz", "occurs twice"},
	{"\"annotations\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"1\"}", "annotations.a", "occurs twice"},
	{"\"annotations\":{\"a\":\"1\",\"\\u0061\":\"1\"}", "annotations.a", "occurs twice"},
	{"\"linux\":{\"resources\":{\"rdma\":{\"m\":{\"hcaHandles\":1},\"m\":{\"hcaHandles\":1}}}}",
     "linux.resources.rdma.m", "occurs twice"},
	{"\"linux\":{\"q\":1,\"resources\":{\"q\":1,\"cpu\":{\"q\":1,\"q\":2}}}", "linux.resources.cpu.q",
     "occurs twice"},
	{"\"mounts\":[{\"destination\":\"/\",\"destination\":\"/x\"}]", "mounts[0].destination",
	 "occurs twice"},
	{"\"linux\":{},\"linux\":{}", "linux", "occurs twice"},
	{"\"linux\":{\"q\":1},\"q\":2", NULL, NULL},
};

T_TEST(duplicates_are_refused)
{
	REFUSALS('c', "{" VERSION_ROOT ",", "}", duplicates);
}

static const struct refusal bytes[] = {
	{"\"hostname\":\"a\\u0000b\"", "hostname", "NUL"},
	{"\"annotations\":{\"a\\u0000\":\"\"}", "annotations", "NUL"},
	{"\"unknown\":[\"\\u0000\"]", "unknown", "NUL"},
	{"\"hostname\":\"\\ud800\"", "hostname", "surrogate"},
	{"\"hostname\":\"\\udc00\"", "hostname", "surrogate"},
	{"\"hostname\":\"\\ud800\\u0041\"", "hostname", "surrogate"},
	{"\"hostname\":\"\\ud800\\ud801\"", "hostname", "surrogate"},
	{"\"hostname\":\"\\ud800x\\udc00\"", "hostname", "surrogate"},
	{"\"hostname\":\"\xff\"", "hostname", "invalid UTF-8"},
	{"\"hostname\":\"\xc0\x80\"", "hostname", "invalid UTF-8"},
	{"\"hostname\":\"\xe0\x80\x80\"", "hostname", "invalid UTF-8"},
	{"\"hostname\":\"\xed\xa0\x80\"", "hostname", "invalid UTF-8"},
	{"\"hostname\":\"\xf4\x90\x80\x80\"", "hostname", "invalid UTF-8"},
	{"\"hostname\":\"\xf0\x80\x80\x80\"", "hostname", "invalid UTF-8"},
	{"\"hostname\":\"\xc3\"", "hostname", "invalid UTF-8"},
	{"\"unknown\":\"\xff\"", "unknown", "invalid UTF-8"},
	{"\"annotations\":{\"a\":\"\xc3\xa9\xf4\x8f\xbf\xbf\xef\xbf\xbf\"}", NULL, NULL},
	{"\"annotations\":{\"a\":\"\\\\u0000\"}", NULL, NULL},
	{"\"annotations\":{\"a\":\"\\ud83d\\ude00\"}", NULL, NULL},
};

T_TEST(bad_bytes_are_refused)
{
	REFUSALS('c', "{" VERSION_ROOT ",", "}", bytes);
}

/* Refused without a path of a property. */
static void refuse(const char *json, const char *text)
{
	struct err e = {.set = false};
	int failed = t_failed;
	T_OK(try_document('c', json, strlen(json), &e) == -1);
	T_HAS(e.text, text);
	T_HAS(e.text, "(line ");
	if (failed != t_failed)
		printf("    in: %s\n    got: %s\n", json, e.text);
}

T_TEST(what_is_no_document)
{
	refuse("", "premature EOF");
	refuse(" \n", "premature EOF");
	refuse("[]", "expected an object as the document, found an array");
	refuse("null", "found null");
	refuse("\"a\"", "found a string");
	refuse("true", "found true");
	refuse("5", "found a number");
	refuse("{]", "invalid JSON");
	refuse("{" VERSION_ROOT "} x", "invalid JSON");
	refuse("{" VERSION_ROOT "}{}", "trailing garbage");
	refuse("{" VERSION_ROOT "}\n{" VERSION_ROOT "}", "trailing garbage");
	refuse("{" VERSION_ROOT ",}", "invalid JSON");
	refuse("{" VERSION_ROOT ",\"mounts\":[,]}", "invalid JSON");
	refuse("// c\n{" VERSION_ROOT "}", "invalid JSON");
	refuse("{/* c */" VERSION_ROOT "}", "invalid JSON");
	refuse("\xef\xbb\xbf{" VERSION_ROOT "}", "invalid JSON");
	refuse("{" VERSION_ROOT "}\f", "control character");
	refuse("{\v" VERSION_ROOT "}", "control character");
	refuse("{" VERSION_ROOT ",\"hostname\":\"a\nb\"}", "invalid JSON");
	refuse("{" VERSION_ROOT ",\"hostname\":\"\\x\"}", "invalid JSON");
	refuse("{" VERSION_ROOT ",\"hostname\":\"\\u12g4\"}", "invalid JSON");
	refuse("{" VERSION_ROOT ",\"a\":01}", "invalid JSON");
	refuse("{" VERSION_ROOT ",\"a\":+1}", "invalid JSON");
	refuse("{" VERSION_ROOT ",\"a\":NaN}", "invalid JSON");
	refuse("{" VERSION_ROOT ",a:1}", "invalid JSON");
	refuse("{" VERSION_ROOT ",1:1}", "invalid JSON");
	refuse("{}", "ociVersion: a required property is missing");
	refuse("{\"ociVersion\":\"1.0.0\"}", "root: a required property is missing");
	refuse("{\"ociVersion\":\"1.0.0\",\"root\":{}}", "root.path: a required property is missing");
}

T_TEST(embedded_nul_byte)
{
	static const char json[] = "{" VERSION_ROOT "}\0";
	struct err e = {.set = false};
	T_OK(try_document('c', json, sizeof(json), &e) == -1);
}

static void bomb(const char *open, size_t n, const char *text)
{
	size_t len = strlen(open);
	char *json = malloc(n * len + 64);
	size_t at = (size_t)sprintf(json, "{" VERSION_ROOT ",\"unknown\":");
	for (size_t i = 0; i < n; i++)
		memcpy(json + at + i * len, open, len);
	struct err e = {.set = false};
	T_OK(try_document('c', json, at + n * len, &e) == -1);
	T_HAS(e.text, text);
	free(json);
}

T_TEST(depth)
{
	bomb("[", 100000, "nested deeper than 64 levels");
	bomb("{\"a\":", 100000, "nested deeper than 64 levels");
	bomb("[", 63, "premature EOF");
	bomb("[", 64, "nested deeper than 64 levels");
}

/* A document of `n` times `part` between two texts. */
static int repeated(const char *before, const char *part, size_t n, const char *after, struct err *e)
{
	size_t len = strlen(part), at = strlen(before), end = strlen(after);
	char *json = malloc(at + n * len + end);
	memcpy(json, before, at);
	for (size_t i = 0; i < n; i++)
		memcpy(json + at + i * len, part, len);
	memcpy(json + at + n * len, after, end);
	int r = try_document('c', json, at + n * len + end, e);
	free(json);
	return r;
}

T_TEST(size)
{
	struct err e = {.set = false};
	T_OK(repeated("{" VERSION_ROOT ",\"a\":\"", "0123456789", 2000000, "\"}", &e) == -1);
	T_HAS(e.text, "larger than 16777216 bytes");
	err_clear(&e);
	T_OK(repeated("{" VERSION_ROOT ",\"hostname\":\"", "0123456789", 110000, "\"}", &e) == -1);
	T_HAS(e.text, "hostname: longer than 1048576 bytes");
	err_clear(&e);
	T_OK(repeated("{" VERSION_ROOT ",\"a\":\"", "0123456789", 110000, "\"}", &e) == 0);
	T_OK(repeated("{" VERSION_ROOT ",\"linux\":{\"maskedPaths\":[\"/\"", ",\"/\"", 100000, "]}}", &e) ==
	     -1);
	T_HAS(e.text, "linux.maskedPaths[100000]: more than 100000 entries");
	err_clear(&e);
	T_OK(repeated("{" VERSION_ROOT ",\"mounts\":[{}", ",{}", 3, "]}", &e) == -1);
	T_HAS(e.text, "mounts[0].destination: a required property is missing");
}

T_TEST(many_keys_are_not_quadratic)
{
	size_t size = 100000 * 16 + 100, at;
	char *json = malloc(size);
	at = (size_t)sprintf(json, "{" VERSION_ROOT ",\"annotations\":{\"k\":\"\"");
	for (int i = 0; i < 99999; i++)
		at += (size_t)sprintf(json + at, ",\"%d\":\"\"", i);
	at += (size_t)sprintf(json + at, "}}");
	struct err e = {.set = false};
	T_OK(try_document('c', json, at, &e) == 0);
	at -= 2;
	at += (size_t)sprintf(json + at, ",\"x\":\"\"}}");
	T_OK(try_document('c', json, at, &e) == -1);
	T_HAS(e.text, "more than 100000 entries");
	free(json);
}

static void position(const char *json, const char *text)
{
	struct err e = {.set = false};
	T_OK(try_document('c', json, strlen(json), &e) == -1);
	T_HAS(e.text, text);
}

T_TEST(line_and_column)
{
	position("{\n  \"ociVersion\" :\n\t 5 }",
		 "ociVersion: expected a string, found a number (line 3, column 3)");
	position("{\"ociVersion\":\"1.0.0\",\n\"root\": {\"path\":\"\xc3\xa9\xc3\xa9\", \"path\":1}}",
		 "root.path: the property occurs twice (line 2, column 23)");
	position("{" VERSION_ROOT ",\n\"linux\":\n{\"namespaces\":[\n{\"type\":\"user\"},\n {}]}}",
		 "linux.namespaces[1].type: a required property is missing (line 5, column 2)");
	position("{" VERSION_ROOT ",\n\"a\":1,\n\"b\":2,\n \"a\":3}",
		 "a: the property occurs twice (line 4, column 2)");
	position("{" VERSION_ROOT ",\n\"hostname\": \"ab\\u0000\"}", "(line 2, column 16)");
	position("{" VERSION_ROOT ",\n\n\"mounts\": [ }", "invalid JSON");
	/* errors of a check */
	position("{\"ociVersion\":\n\"2.0.0\",\"root\":{\"path\":\"r\"}}",
		 "is not supported, only 1.x.y (line 2, column 1)");
	position("{" VERSION_ROOT
		 ",\"process\":{\"cwd\":\"/\",\n\"args\":\n[\"sh\",\"\"],\"env\":[\"A=1\",\n\"B\"]}}",
		 "process.env[1]: \"B\" is not of the form NAME=VALUE (line 4, column 1)");
	position("{" VERSION_ROOT ",\n \"process\":{\"cwd\":\"/\"}}",
		 "process.args: at least one entry is required (line 2, column 12)");
	position("{" VERSION_ROOT ",\"linux\":{\"sysctl\":{\"net.a\":\"1\",\n\"vm.b\":\n  \"2\"},"
		 "\"namespaces\":[{\"type\":\"network\"}]}}",
		 "linux.sysctl[\"vm.b\"]: not a parameter of a namespace, so it would change the host (line "
		 "3, column 3)");
}

T_MAIN()
