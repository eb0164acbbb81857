/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Name tables, numbers, lists of CPUs, mount options, paths of sysctls, templates, places of errors. */
#include <linux/mount.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "../../runtime/lib/rootless.h"
#include "../../spec/path.h"
#include "spec_util.h"

T_TEST(namespaces)
{
	for (int k = 0; k < NS_KINDS; k++)
		T_INT(spec_namespace_kind(spec_namespace_name((enum ns_kind)k)), k);
	T_INT(spec_namespace_kind("mnt"), -1);
	T_INT(spec_namespace_kind(""), -1);
	T_STR(spec_namespace_proc(NS_MOUNT), "mnt");
	T_STR(spec_namespace_proc(NS_NETWORK), "net");
	T_INT(spec_namespace_flag(NS_USER), CLONE_NEWUSER);
	T_INT(spec_namespace_flag(NS_TIME), 0x80);
	T_OK(!spec_namespace_name(NS_KINDS) && !spec_namespace_proc((enum ns_kind)99));

	struct spec_namespace v[] = { { .type = NS_UTS, .path = "/p" }, { .type = NS_PID } };
	struct spec_linux l = { .namespaces = { v, 2 } };
	T_OK(spec_find_namespace(&l, NS_UTS) == &v[0] && spec_find_namespace(&l, NS_PID) == &v[1]);
	T_OK(!spec_find_namespace(&l, NS_MOUNT) && !spec_new_namespace(&l, NS_MOUNT));
	T_OK(!spec_new_namespace(&l, NS_UTS) && spec_new_namespace(&l, NS_PID));
}

T_TEST(rlimits)
{
	T_INT(spec_rlimit_number("RLIMIT_CORE"), RLIMIT_CORE);
	T_INT(spec_rlimit_number("RLIMIT_RTTIME"), RLIMIT_RTTIME);
	T_INT(spec_rlimit_number("RLIMIT_LOCKS"), RLIMIT_LOCKS);
	T_INT(spec_rlimit_number("CORE"), -1);
	T_INT(spec_rlimit_number("rlimit_core"), -1);
}

T_TEST(capabilities)
{
	T_INT(spec_capability_number("CAP_CHOWN"), 0);
	T_INT(spec_capability_number("CAP_SYS_ADMIN"), 21);
	T_INT(spec_capability_number("CAP_CHECKPOINT_RESTORE"), 40);
	T_INT(spec_capability_number("cap_chown"), -1);
	T_INT(spec_capability_number("CHOWN"), -1);
	T_INT(spec_capability_number("CAP_"), -1);
	T_INT(spec_capability_number("CAP_5"), -1);
	T_INT(spec_capability_number("5"), -1);
	T_INT(spec_capability_number("CAP_BOGUS"), -1);
	T_INT(spec_capability_number(""), -1);
}

T_TEST(signals)
{
	T_INT(spec_signal_number("TERM"), SIGTERM);
	T_INT(spec_signal_number("SIGTERM"), SIGTERM);
	T_INT(spec_signal_number("sigkill"), SIGKILL);
	T_INT(spec_signal_number("15"), 15);
	T_INT(spec_signal_number("0"), 0);
	T_INT(spec_signal_number("64"), 64);
	T_INT(spec_signal_number("65"), -1);
	T_INT(spec_signal_number("-1"), -1);
	T_INT(spec_signal_number("SIG"), -1);
	T_INT(spec_signal_number(""), -1);
	T_INT(spec_signal_number("RTMIN"), 34);
	T_INT(spec_signal_number("SIGRTMIN+3"), 37);
	T_INT(spec_signal_number("RTMAX"), 64);
	T_INT(spec_signal_number("RTMAX-30"), 34);
	T_INT(spec_signal_number("RTMAX-31"), -1);
	T_INT(spec_signal_number("RTMIN-1"), -1);
	T_INT(spec_signal_number("RTMIN+"), -1);
	T_INT(spec_signal_number("RTMIN+x"), -1);
	T_INT(spec_signal_number("SIGBOGUS"), -1);
}

T_TEST(hooks)
{
	T_STR(spec_hook_name(HOOK_PRESTART), "prestart");
	T_STR(spec_hook_name(HOOK_POSTSTOP), "poststop");
	T_OK(!spec_hook_name(HOOK_KINDS));
}

T_TEST(numbers)
{
	uint64_t u = 1;
	int64_t i = 1;
	T_OK(parse_u64("18446744073709551615", UINT64_MAX, &u) == 0 && u == UINT64_MAX);
	T_OK(parse_u64("18446744073709551616", UINT64_MAX, &u) == -1);
	char digits[64] = "1844674407370955161";
	for (size_t n = strlen(digits); n < 60; n++) { /* overflows at any digit stay overflows */
		digits[n] = '6';
		T_OK(parse_u64(digits, UINT64_MAX, &u) == -1);
		digits[n] = '0';
		T_INT(parse_u64(digits, UINT64_MAX, &u), n == 19 ? 0 : -1);
	}
	u = UINT64_MAX;
	T_OK(parse_u64("11", 10, &u) == -1);
	T_OK(parse_u64("", 10, &u) == -1);
	T_OK(parse_u64("-0", 10, &u) == -1);
	T_OK(parse_u64("+1", 10, &u) == -1);
	T_OK(parse_u64(" 1", 10, &u) == -1);
	T_OK(parse_u64("1 ", 10, &u) == -1);
	T_OK(parse_u64("0x1", 10, &u) == -1);
	T_OK(u == UINT64_MAX);
	T_OK(parse_i64("-9223372036854775808", &i) == 0 && i == INT64_MIN);
	T_OK(parse_i64("9223372036854775807", &i) == 0 && i == INT64_MAX);
	T_OK(parse_i64("9223372036854775808", &i) == -1);
	T_OK(parse_i64("-9223372036854775809", &i) == -1);
	T_OK(parse_i64("--1", &i) == -1);
	T_OK(parse_i64("-", &i) == -1);
	T_OK(parse_i64("-0", &i) == 0 && i == 0);
}

/* The digits that a text begins with, as files of the kernel have them. */
T_TEST(numbers_within_a_text)
{
	uint64_t u = 5, v[3];
	const char *p = "42 rest";
	T_OK(number_take(&p, 100, &u) == 0 && u == 42 && strcmp(p, " rest") == 0);
	static const char *const none[] = { "", " 1", "-1", "+1", "x1", "18446744073709551616", "101" };
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		p = none[i];
		T_OK(number_take(&p, 100, &u) == -1 && u == 42 && p == none[i]);
		T_OK(number_field(&p, ':', 100, &u) == -1 && u == 42 && p == none[i]);
	}
	p = "7:8";
	T_OK(number_field(&p, ':', 10, &u) == 0 && u == 7 && strcmp(p, "8") == 0);
	T_OK(number_field(&p, ':', 10, &u) == -1 && strcmp(p, "8") == 0);
	T_OK(number_field(&p, '\0', 10, &u) == 0 && u == 8 && *p == '\0');
	T_OK(uid_map_line("         0     100000      65536", v) == 0 && v[0] == 0 && v[1] == 100000 && v[2] == 65536);
	T_OK(uid_map_line("0 0 4294967295", v) == 0 && v[2] == 4294967295);
	T_OK(uid_map_line("0 0", v) == -1);
	T_OK(uid_map_line("0 0 1 x", v) == -1);
	T_OK(uid_map_line("0 0 4294967296", v) == -1);
	T_OK(uid_map_line("0 0 1\n1 1 1", v) == -1);
}

T_TEST(cpulists)
{
	unsigned char m[4];
	size_t used = 9;
	T_OK(parse_cpulist("0-3,7", m, sizeof(m), &used) == 0 && m[0] == 0x8f && m[1] == 0 && used == 1);
	T_OK(parse_cpulist("31", m, sizeof(m), &used) == 0 && m[0] == 0 && m[3] == 0x80 && used == 4);
	T_OK(parse_cpulist("9,1", m, sizeof(m), &used) == 0 && m[0] == 2 && m[1] == 2 && used == 2);
	T_OK(parse_cpulist(" 0 , 2 ", m, sizeof(m), &used) == 0 && m[0] == 5);
	T_OK(parse_cpulist("", m, sizeof(m), &used) == 0 && m[0] == 0 && used == 0);
	static const char *const wrong[] = {"32",
					    "0-32",
					    "3-0",
					    "1,,2",
					    ",1",
					    "1,",
					    "1-",
					    "-1",
					    "a",
					    "1a",
					    "0-3-4",
					    "1 2",
					    "99999999999999999999999",
					    "1\n",
					    "0x1"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		T_INT(parse_cpulist(wrong[i], m, sizeof(m), &used), -1);
}

T_TEST(sysctl_paths)
{
	char buf[32];
	T_OK(spec_sysctl_path("net.ipv4.ip_forward", buf, sizeof(buf)) == 0);
	T_STR(buf, "net/ipv4/ip_forward");
	T_OK(spec_sysctl_path("net/conf/eth0.1/x", buf, sizeof(buf)) == 0);
	T_STR(buf, "net/conf/eth0.1/x");
	T_OK(spec_sysctl_path("net.conf.eth0/1.x", buf, sizeof(buf)) == 0);
	T_STR(buf, "net/conf/eth0.1/x");
	T_OK(spec_sysctl_path("a.b...c", buf, sizeof(buf)) == -1);
	T_OK(spec_sysctl_path("a/b/...", buf, sizeof(buf)) == 0);
	T_OK(spec_sysctl_path("a.//.b", buf, sizeof(buf)) == -1);
	T_OK(spec_sysctl_path("0123456789012345678901234567890", buf, sizeof(buf)) == 0);
	T_OK(spec_sysctl_path("01234567890123456789012345678901", buf, sizeof(buf)) == -1);
}

/* config.md "Linux mount options"; the description of rexec there and a missing rnodev are slips of the text.
 */
static const char *const mount_options[] = {
	"async",          "atime",      "bind",         "defaults",    "dev",
	"diratime",       "dirsync",    "exec",         "iversion",    "lazytime",
	"loud",           "mand",       "noatime",      "nodev",       "nodiratime",
	"noexec",         "noiversion", "nolazytime",   "nomand",      "norelatime",
	"nostrictatime",  "nosuid",     "nosymfollow",  "private",     "ratime",
	"rbind",          "rdev",       "rdiratime",    "relatime",    "remount",
	"rexec",          "rnoatime",   "rnodiratime",  "rnoexec",     "rnorelatime",
	"rnostrictatime", "rnosuid",    "rnosymfollow", "ro",          "rprivate",
	"rrelatime",      "rro",        "rrw",          "rshared",     "rslave",
	"rstrictatime",   "rsuid",      "rsymfollow",   "runbindable", "rw",
	"shared",         "silent",     "slave",        "strictatime", "suid",
	"symfollow",      "sync",       "tmpcopyup",    "unbindable",  "idmap",
	"ridmap",         "rnodev",
};

T_TEST(mount_options_are_known)
{
	size_t n;
	const struct mount_opt *all = spec_mount_opts(&n);
	T_INT(sizeof(mount_options) / sizeof(mount_options[0]), 62);
	for (size_t i = 0; i < sizeof(mount_options) / sizeof(mount_options[0]); i++) {
		const struct mount_opt *o = spec_mount_opt(mount_options[i]);
		T_OK(o != NULL);
		if (o)
			T_STR(o->name, mount_options[i]);
	}
	for (size_t i = 0; i < n; i++) {
		T_OK(spec_mount_opt(all[i].name) == &all[i]);
		T_OK(i == 0 || strcmp(all[i - 1].name, all[i].name) < 0);
		T_OK((all[i].kind == MOPT_SB) <= (all[i].sb != NULL));
	}
	T_OK(!spec_mount_opt("size=64k"));
	T_OK(!spec_mount_opt("mode=755"));
	T_OK(!spec_mount_opt("RO"));
	T_OK(spec_mount_opt("") && spec_mount_opt("")->kind == MOPT_NONE);
}

static void attr(const char *name, enum mount_opt_kind kind, uint64_t set, uint64_t clear)
{
	const struct mount_opt *o = spec_mount_opt(name);
	T_OK(o && o->kind == kind && o->set == set && o->clear == clear);
	if (!o || o->kind != kind || o->set != set || o->clear != clear)
		printf("    %s\n", name);
}

/* Each option and its opposite, the plain and the recursive form. */
T_TEST(mount_attributes)
{
	static const struct {
		const char *on, *off;
		uint64_t flag;
	} flags[] = {
	    {"ro", "rw", MOUNT_ATTR_RDONLY},
	    {"nosuid", "suid", MOUNT_ATTR_NOSUID},
	    {"nodev", "dev", MOUNT_ATTR_NODEV},
	    {"noexec", "exec", MOUNT_ATTR_NOEXEC},
	    {"nodiratime", "diratime", MOUNT_ATTR_NODIRATIME},
	    {"nosymfollow", "symfollow", 0x00200000},
	};
	static const struct {
		const char *name;
		uint64_t mode;
	} atimes[] = {
	    {"atime", MOUNT_ATTR_RELATIME},         {"noatime", MOUNT_ATTR_NOATIME},
	    {"relatime", MOUNT_ATTR_RELATIME},      {"strictatime", MOUNT_ATTR_STRICTATIME},
	    {"nostrictatime", MOUNT_ATTR_RELATIME},
	};
	char name[32];
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		attr(flags[i].on, MOPT_ATTR, flags[i].flag, 0);
		attr(flags[i].off, MOPT_ATTR, 0, flags[i].flag);
		snprintf(name, sizeof(name), "r%s", flags[i].on);
		attr(name, MOPT_ATTR_REC, flags[i].flag, 0);
		snprintf(name, sizeof(name), "r%s", flags[i].off);
		attr(name, MOPT_ATTR_REC, 0, flags[i].flag);
	}
	for (size_t i = 0; i < sizeof(atimes) / sizeof(atimes[0]); i++) {
		attr(atimes[i].name, MOPT_ATTR, atimes[i].mode, MOUNT_ATTR__ATIME);
		snprintf(name, sizeof(name), "r%s", atimes[i].name);
		attr(name, MOPT_ATTR_REC, atimes[i].mode, MOUNT_ATTR__ATIME);
	}
	attr("bind", MOPT_BIND, 0, 0);
	attr("rbind", MOPT_BIND, MS_REC, 0);
	attr("ridmap", MOPT_IDMAP, MS_REC, 0);
	attr("rslave", MOPT_PROPAGATION, MS_SLAVE | MS_REC, 0);
	attr("unbindable", MOPT_PROPAGATION, MS_UNBINDABLE, 0);
	T_STR(spec_mount_opt("sync")->sb, "sync");
	T_STR(spec_mount_opt("async")->sb, "async");
	T_OK(spec_mount_opt("norelatime")->kind == MOPT_NONE);
}

T_TEST(templates)
{
	struct arena a = {NULL};
	struct err e = {.set = false};
	const char *text = spec_template();
	T_OK(try_document('c', text, strlen(text), &e) == 0);
	T_STR(e.text, "");
	T_INT(warnings, 0);
	T_OK(text[strlen(text) - 1] == '\n');
	struct spec_config *c = spec_config_decode(&a, text, strlen(text), &e);
	T_OK(c->process->terminal && c->root->readonly);
	T_INT(c->linux_->namespaces.n, 6);
	T_INT(c->mounts.n, 7);
	T_INT(c->linux_->resources->devices.n, 1);

	text = spec_template_rootless(&a, 1000, 4294967294u);
	T_OK(try_document('c', text, strlen(text), &e) == 0);
	T_STR(e.text, "");
	c = spec_config_decode(&a, text, strlen(text), &e);
	T_INT(c->linux_->uid_mappings.v[0].host_id, 1000);
	T_OK(c->linux_->gid_mappings.v[0].host_id == 4294967294u);
	T_OK(!c->linux_->resources);
	T_OK(!strstr(text, "network") && !strstr(text, "gid=5") && strstr(text, "rbind"));
	arena_free(&a);
}

static void locate(const char *json, const char *path, size_t line, size_t column)
{
	struct arena a = { NULL };
	struct spec_place p = { .path = path };
	spec_locate_all(&a, json, strlen(json), &p, 1);
	arena_free(&a);
	T_OK(line ? p.found == strlen(path) : p.found < strlen(path));
	if (line) {
		T_INT(p.line, line);
		T_INT(p.column, column);
	}
}

T_TEST(locating)
{
	const char *json =
	    "{\"a\": [1,\n {\"b\": \"x\\\"y\", \"c.d\": true}, [[7], null]],\n \"a2\": {}, \"q\\u0022\": 5}";
	locate(json, "", 1, 1);
	locate(json, "a", 1, 7);
	locate(json, "a[0]", 1, 8);
	locate(json, "a[1]", 2, 2);
	locate(json, "a[1].b", 2, 8);
	locate(json, "a[1][\"c.d\"]", 2, 23);
	locate(json, "a[2]", 2, 30);
	locate(json, "a[2][0][0]", 2, 32);
	locate(json, "a[2][1]", 2, 36);
	locate(json, "a2", 3, 8);
	locate(json, "[\"q\\\"\"]", 3, 23);
	locate(json, "a[3]", 0, 0);
	locate(json, "a.b", 0, 0);
	locate(json, "b", 0, 0);
	locate(json, "a2[0]", 0, 0);
	locate(json, "a[", 0, 0);
	locate(json, "a[1", 0, 0);
	locate(json, "a[\"", 0, 0);
	locate(json, "a[99999999999999999999999]", 0, 0);
	locate(json, "..", 0, 0);
	locate("", "a", 0, 0);
	locate("[[[[[[[[[[", "[0][0]", 1, 3);
}

/* Many at once are what each is by itself; of what is missing, the nearest object around it. */
T_TEST(locating_all)
{
	static const char *const json =
		"{\"a\": [1,\n {\"b\": \"x\\\"y\", \"c.d\": true}, [[7], null]],\n \"\303\244\": 1, \"a2\": {}, \"q\\u0022\": 5}";
	struct spec_place v[] = { { .path = "a[2][1]" }, { .path = "a" },	 { .path = "" },
				  { .path = "a[1].b" },	 { .path = "a[1][\"c.d\"]" }, { .path = "a2" },
				  { .path = "[\"q\\\"\"]" }, { .path = "a[1].b" },	 { .path = "a[2][0][0]" } };
	enum { FOUND = sizeof(v) / sizeof(*v) };
	struct arena a = { NULL };
	spec_locate_all(&a, json, strlen(json), v, FOUND);
	for (size_t i = 0; i < FOUND; i++) {
		T_INT(v[i].found, strlen(v[i].path));
		locate(json, v[i].path, v[i].line, v[i].column);
	}
	static const struct {
		const char *path;
		size_t line, column, found;
	} missing[] = { { "a[1].x", 2, 2, 4 },	    { "a[7]", 1, 7, 1 },	 { "z", 1, 1, 0 }, { "z.y[3][\"k.l\"].m", 1, 1, 0 },
			{ "a2.x.y", 3, 16, 2 }, { "a[1][\"e.f\"].g", 2, 2, 4 }, { "..", 1, 1, 0 } };
	enum { MISSING = sizeof(missing) / sizeof(*missing) };
	struct spec_place w[MISSING];
	for (size_t i = 0; i < MISSING; i++)
		w[i] = (struct spec_place){ .path = missing[i].path };
	spec_locate_all(&a, json, strlen(json), w, MISSING);
	for (size_t i = 0; i < MISSING; i++) {
		T_INT(w[i].line, missing[i].line);
		T_INT(w[i].column, missing[i].column);
		T_INT(w[i].found, missing[i].found);
	}
	/* what is too long for a path is passed over, and what comes after it found */
	char *text = arena_printf(&a, "{\"%0300d\": {\"x\": [[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]}, \"b\": 1}", 7);
	struct spec_place last = { .path = "b" };
	spec_locate_all(&a, text, strlen(text), &last, 1);
	T_INT(last.column, strlen(text) - 1);
	spec_locate_all(&a, "[[[", 3, &last, 1);
	T_INT(last.found, 0);
	arena_free(&a);
}

T_TEST(locating_an_error)
{
	const char *json = "{\n\"a\": {\n\"b\": 1}}";
	struct err e = {.set = false};
	spec_err_locate(&e, json, strlen(json));
	T_STR(e.text, "");
	err_config(&e, "a.missing[3]", "x");
	spec_err_locate(&e, json, strlen(json));
	T_STR(e.text, "a.missing[3]: x (line 2, column 6)");
	spec_err_locate(&e, json, strlen(json));
	T_STR(e.text, "a.missing[3]: x (line 2, column 6)");
	err_clear(&e);
	err_config(&e, "missing", "x");
	spec_err_locate(&e, json, strlen(json));
	T_STR(e.text, "missing: x");
}

/* Paths survive being written and read back, and never overflow. */
T_TEST(path_texts)
{
	char text[PATH_TEXT], buf[PATH_TEXT], small[12], long_key[300];
	struct path p = {.n = 0};
	path_push_key(&p, "a_1", 3);
	path_push_index(&p, 18446744073709551615u);
	path_push_key(&p, "x\"\\\n\x7f y", 7);
	path_push_key(&p, "1a", 2);
	path_text(&p, text, sizeof(text));
	T_STR(text, "a_1[18446744073709551615][\"x\\\"\\\\\\u000a\\u007f y\"][\"1a\"]");
	const char *s = strchr(text, 'x') - 2;
	struct path_part part;
	T_OK(path_parse_part(&s, &part, buf, sizeof(buf)) == 0);
	T_OK(part.len == 7 && memcmp(part.key, "x\"\\\n\x7f y", 7) == 0);
	path_text(&p, small, sizeof(small));
	T_STR(small, "a_1");
	memset(long_key, 'k', sizeof(long_key));
	memcpy(long_key + 79, "\xc3\xa9", 2);
	path_push_key(&p, long_key, sizeof(long_key));
	path_text(&p, text, sizeof(text));
	T_HAS(text, "\xc3\xa9...\"]");
	for (int i = 0; i < 100; i++)
		path_push_index(&p, 1);
	path_text(&p, text, sizeof(text));
	T_OK(strlen(text) < sizeof(text));
	for (int i = 0; i < 105; i++)
		path_pop(&p);
	path_text(&p, text, sizeof(text));
	T_STR(text, "");
}

T_MAIN()
