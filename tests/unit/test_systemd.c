/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd driver: what needs no systemd. Values in GVariant text, names of units, properties. */
#include "t.h"

#include <stdlib.h>

#include "../../runtime/cgroup/systemd.h"

static struct arena arena;
static struct err err;

/* A value as text: "type value". */
static void print(const struct cg_variant *v, char **p, char *end)
{
	char t = *v->type;
	if (t == 'a' || t == '(') {
		*p += snprintf(*p, (size_t)(end - *p), "%c", t == 'a' ? '[' : '(');
		for (size_t i = 0; i < v->list.n; i++) {
			*p += snprintf(*p, (size_t)(end - *p), "%s", i ? "," : "");
			print(&v->list.v[i], p, end);
		}
		*p += snprintf(*p, (size_t)(end - *p), "%c", t == 'a' ? ']' : ')');
	} else if (strchr("sog", t)) {
		*p += snprintf(*p, (size_t)(end - *p), "'%s'", v->s);
	} else if (strchr("nix", t)) {
		*p += snprintf(*p, (size_t)(end - *p), "%lld", (long long)v->i);
	} else if (t == 'd') {
		*p += snprintf(*p, (size_t)(end - *p), "%g", v->d);
	} else if (t == 'b') {
		*p += snprintf(*p, (size_t)(end - *p), "%s", v->b ? "true" : "false");
	} else {
		*p += snprintf(*p, (size_t)(end - *p), "%llu", (unsigned long long)v->u);
	}
}

static const char *show(const struct cg_variant *v)
{
	static char buf[8192];
	char *p = buf, *end = buf + sizeof(buf);
	p += snprintf(p, (size_t)(end - p), "%s ", v->type);
	print(v, &p, end);
	return buf;
}

static const char *parsed(const char *text)
{
	struct cg_variant v;
	const char *problem = cg_variant_parse(&arena, text, &v);
	return problem ? problem : show(&v);
}

T_TEST(variant_numbers)
{
	T_STR(parsed("15"), "i 15");
	T_STR(parsed(" -15 "), "i -15");
	T_STR(parsed("uint64 10000000"), "t 10000000");
	T_STR(parsed("uint64 18446744073709551615"), "t 18446744073709551615");
	T_STR(parsed("@t 5"), "t 5");
	T_STR(parsed("uint32 0xffffffff"), "u 4294967295");
	T_STR(parsed("int64 -9223372036854775808"), "x -9223372036854775808");
	T_STR(parsed("int16 -32768"), "n -32768");
	T_STR(parsed("uint16 65535"), "q 65535");
	T_STR(parsed("byte 255"), "y 255");
	T_STR(parsed("010"), "i 8");
	T_STR(parsed("1.5"), "d 1.5");
	T_STR(parsed("1e3"), "d 1000");
	T_STR(parsed("double 2"), "d 2");
	T_STR(parsed("2147483647"), "i 2147483647");
	T_STR(parsed("2147483648"), "number out of range");
	T_STR(parsed("-2147483649"), "number out of range");
	T_STR(parsed("uint32 4294967296"), "number out of range");
	T_STR(parsed("uint64 18446744073709551616"), "number out of range");
	T_STR(parsed("uint64 -1"), "number out of range");
	T_STR(parsed("byte 256"), "number out of range");
	T_STR(parsed("int64 9223372036854775808"), "number out of range");
	T_STR(parsed("uint64 1.5"), "malformed number");
	T_STR(parsed("--1"), "malformed number");
	T_STR(parsed("+1"), "malformed number");
	T_STR(parsed("-"), "malformed number");
	T_STR(parsed("0x"), "malformed number");
	T_STR(parsed("08"), "malformed number");
	T_STR(parsed("1a"), "malformed number");
	T_STR(parsed("1 2"), "text after the value");
	T_STR(parsed("string 1"), "number where the type says otherwise");
}

T_TEST(variant_strings)
{
	T_STR(parsed("'a'"), "s 'a'");
	T_STR(parsed("\"it's\""), "s 'it's'");
	T_STR(parsed("'it\\'s'"), "s 'it's'");
	T_STR(parsed("'a\\\\b'"), "s 'a\\b'");
	T_STR(parsed("''"), "s ''");
	T_STR(parsed("'\\u00e4\\u20ac\\U0001f600'"), "s '\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80'");
	T_STR(parsed("objectpath '/a'"), "o '/a'");
	T_STR(parsed("@s 'a'"), "s 'a'");
	T_STR(parsed("'a"), "string without an end");
	T_STR(parsed("'a\\'"), "string without an end");
	T_STR(parsed("'\\"), "unknown escape sequence in a string");
	T_STR(parsed("'a\nExecStart=/bin/x'"), "control character in a string");
	T_STR(parsed("'\\n'"), "unknown escape sequence in a string");
	T_STR(parsed("'\\u000a'"), "control character in a string");
	T_STR(parsed("'\\u0000'"), "control character in a string");
	T_STR(parsed("'\\u007f'"), "control character in a string");
	T_STR(parsed("'\\u12'"), "malformed \\u in a string");
	T_STR(parsed("'\\UFFFFFFFF'"), "malformed \\u in a string");
	T_STR(parsed("'\\U00110000'"), "control character in a string");
	T_STR(parsed("'\\ud800'"), "string that is not UTF-8");
	T_STR(parsed("'\xff'"), "string that is not UTF-8");
	T_STR(parsed("uint32 'a'"), "string where the type says otherwise");
}

T_TEST(variant_other)
{
	T_STR(parsed("true"), "b true");
	T_STR(parsed("boolean false"), "b false");
	T_STR(parsed("['crio.service']"), "as ['crio.service']");
	T_STR(parsed("[ 'a' , \"b\", ]"), "as ['a','b']");
	T_STR(parsed("@as []"), "as []");
	T_STR(parsed("[uint64 1, 2, uint64 3]"), "at [1,2,3]");
	T_STR(parsed("@ay [1, 255]"), "ay [1,255]");
	T_STR(parsed("[('/dev/null', 'rw'), ('/dev/zero', 'r')]"), "a(ss) [('/dev/null','rw'),('/dev/zero','r')]");
	T_STR(parsed("@a(st) [('/dev/sda', 100)]"), "a(st) [('/dev/sda',100)]");
	T_STR(parsed("(1, true)"), "(ib) (1,true)");
	T_STR(parsed("[[1], [2]]"), "aai [[1],[2]]");
	T_STR(parsed("[]"), "empty array without a type (as in \"@as []\")");
	T_STR(parsed("[1, 'a']"), "string where the type says otherwise");
	T_STR(parsed("[uint32 1, uint64 2]"), "elements of different types");
	T_STR(parsed("[1"), "array without an end");
	T_STR(parsed("[1 2]"), "array without an end");
	T_STR(parsed("()"), "tuple with too few members");
	T_STR(parsed("@(st) ('a')"), "tuple with too few members");
	T_STR(parsed("@(st) ('a', 1, 2)"), "tuple with too many members");
	T_STR(parsed("[[[[[[1]]]]]]"), "nested too deeply");
	T_STR(parsed("@q true"), "boolean where the type says otherwise");
	T_STR(parsed("@v 1"), "malformed type after \"@\"");
	T_STR(parsed("@a 1"), "malformed type after \"@\"");
	T_STR(parsed("@() ()"), "malformed type after \"@\"");
	T_HAS(parsed("crio.service"), "is not a value");
	T_HAS(parsed("truely"), "is not a value");
	T_HAS(parsed(""), "is not a value");
	T_HAS(parsed("uint64"), "is not a value");
	T_HAS(parsed("uint64 "), "is not a value");
	T_HAS(parsed("<1>"), "is not a value");
}

T_TEST(variant_bounds)
{
	char big[6000];
	memset(big, '[', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	T_STR(parsed(big), "longer than 4096 bytes");
	big[4000] = '\0';
	T_STR(parsed(big), "nested too deeply");
	for (size_t i = 0; i + 2 < 4000; i += 2)
		memcpy(big + i, "1,", 3);
	big[0] = '(';
	T_STR(parsed(big), "is not a value in GVariant text format (a string needs quotes)");
	memcpy(big, "(1", 2);
	T_HAS(parsed(big), "tuple with");
}

/* Broken texts of all kinds end in an answer, not in a read beyond them (for the sanitizers). */
T_TEST(variant_random)
{
	static const char *const words[] = { "uint64 ", "@as ", "[", "]", "(", ")", ",", "'", "\"", "\\", "\\u00e4",
					    "1", "-", "0x", "e", ".", "true", " ", "@a(st)", "\xc3", "\x01" };
	unsigned seed = 7;
	for (int round = 0; round < 20000; round++) {
		char text[128] = "";
		for (int i = 0; i < 12; i++) {
			seed = seed * 1103515245 + 12345;
			strcat(text, words[(seed >> 16) % (sizeof(words) / sizeof(*words))]);
		}
		struct cg_variant v;
		char *exact = strdup(text);
		cg_variant_parse(&arena, exact, &v);
		free(exact);
	}
	arena_free(&arena);
}

/* ---- names ---- */

static const char *resolve(const char *path, bool rootless)
{
	struct cg_unit u, again;
	err_clear(&err);
	if (cg_unit_resolve(&arena, path, "c+1", rootless, &u, &err) < 0)
		return err.text;
	T_INT(cg_unit_from_path(&arena, u.path, &again, &err), 0);
	T_STR(again.name, u.name);
	T_STR(again.slice, u.slice);
	T_OK(again.is_slice == u.is_slice);
	return arena_printf(&arena, "%s in %s at %s", u.name, u.slice, u.path);
}

T_TEST(names)
{
	T_STR(resolve("system.slice:docker:abc", false),
	      "docker-abc.scope in system.slice at /system.slice/docker-abc.scope/container");
	T_STR(resolve(NULL, false), "berth-c\\x2b1.scope in system.slice at /system.slice/berth-c\\x2b1.scope/container");
	T_STR(resolve("", true), "berth-c\\x2b1.scope in user.slice at /user.slice/berth-c\\x2b1.scope/container");
	T_STR(resolve(":crio:abc", false), "crio-abc.scope in system.slice at /system.slice/crio-abc.scope/container");
	T_STR(resolve(":libpod:abc", true), "libpod-abc.scope in user.slice at /user.slice/libpod-abc.scope/container");
	T_STR(resolve("a-b-c.slice:p:n", false), "p-n.scope in a-b-c.slice at /a.slice/a-b.slice/a-b-c.slice/p-n.scope/container");
	T_STR(resolve("machine-libpod_pod_12ab.slice:libpod:n", false),
	      "libpod-n.scope in machine-libpod_pod_12ab.slice at "
	      "/machine.slice/machine-libpod_pod_12ab.slice/libpod-n.scope/container");
	T_STR(resolve("system.slice::n", false), "n.scope in system.slice at /system.slice/n.scope/container");
	T_STR(resolve("-.slice:p:n", false), "p-n.scope in -.slice at /p-n.scope/container");
	T_STR(resolve("kubepods.slice:x:kubepods-pod1.slice", false),
	      "kubepods-pod1.slice in kubepods.slice at /kubepods.slice/kubepods-pod1.slice");
	T_STR(resolve("::top.slice", false), "top.slice in -.slice at /top.slice");
}

T_TEST(names_refused)
{
	static const struct {
		const char *path, *why;
	} bad[] = {
		{ "/docker/abc", "slice:prefix:name" },	    { "system.slice", "slice:prefix:name" },
		{ "a.slice:b", "slice:prefix:name" },	    { "a.slice:b:c:d", "slice:prefix:name" },
		{ "system:p:n", "does not end in" },	    { "a/b.slice:p:n", "character" },
		{ "-a.slice:p:n", "empty level" },	    { "a--b.slice:p:n", "empty level" },
		{ "a-.slice:p:n", "empty level" },	    { ".slice:p:n", "does not end in" },
		{ "a.slice:p:", "empty name" },		    { "a.slice:p:../x", "character" },
		{ "a.slice:p:x y", "character" },	    { "a.slice::.x", "begins with a dot" },
		{ "a.slice:p:x\n", "character" },	    { "b.slice:x:a-b.slice", "is in \"a.slice\"" },
		{ "::-.slice", "root" },		    { "..slice:p:n", "begins with a dot" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		T_HAS(resolve(bad[i].path, false), bad[i].why);
		T_STR(err.path, "linux.cgroupsPath");
	}
	char *name = arena_printf(&arena, "a.slice:p:%0260d", 1);
	T_HAS(resolve(name, false), "longer than 255");
	struct cg_unit u;
	static const char *const paths[] = { "/x", "", "x.scope", "/a.slice/x.service", "/x.service/container" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		err_clear(&err);
		T_INT(cg_unit_from_path(&arena, paths[i], &u, &err), -1);
	}
}

/* The cgroup of a scope is above the container's; what has another name has none above it. */
T_TEST(outer_cgroup)
{
	static const struct {
		const char *path, *outer;
	} rows[] = {
		{ "/a.slice/p-n.scope/container", "/a.slice/p-n.scope" }, { "/p-n.scope/container", "/p-n.scope" },
		{ "/a.slice/p-n.scope", "/a.slice/p-n.scope" },		  { "/a.slice/container", "/a.slice/container" },
		{ "/a.slice/p-n.scope/x", "/a.slice/p-n.scope/x" },	  { "container", "container" },
		{ ".scope/container", ".scope/container" },		  { "", "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		T_INT(cg_outer_len(rows[i].path), strlen(rows[i].outer));
}

/* ---- properties ---- */

static const char *list(const struct cg_properties *p)
{
	const char *text = "";
	for (size_t i = 0; i < p->n; i++)
		text = arena_printf(&arena, "%s%s%s=%s%s", text, i ? "; " : "", p->v[i].name, show(&p->v[i].value),
				    p->v[i].recent ? " (recent)" : "");
	return text;
}

static const char *limits(const struct spec_resources *r, const char *cpu_max)
{
	struct cg_writes w = { 0 };
	struct cg_properties p = { 0 };
	err_clear(&err);
	T_INT(cg_writes_build(&arena, r, "", &w, &err), 0);
	cg_properties_limits(&arena, &p, &w, cpu_max);
	return list(&p);
}

T_TEST(limits_memory_and_pids)
{
	struct spec_memory m = { .limit = { 67108864, true }, .swap = { 100000000, true }, .reservation = { 4096, true } };
	struct spec_pids pids = { .limit = { 100, true } };
	T_STR(limits(&(struct spec_resources){ .memory = &m }, ""),
	      "MemorySwapMax=t 32891136; MemoryMax=t 67108864; MemoryLow=t 4096");
	m = (struct spec_memory){ .limit = { -1, true }, .check_before_update = { true, true } };
	T_STR(limits(&(struct spec_resources){ .memory = &m }, ""),
	      "MemorySwapMax=t 18446744073709551615; MemoryMax=t 18446744073709551615");
	T_STR(limits(&(struct spec_resources){ .pids = &pids }, ""), "TasksMax=t 100");
	pids.limit.v = -1;
	T_STR(limits(&(struct spec_resources){ .pids = &pids }, ""), "TasksMax=t 18446744073709551615");
	pids.limit.v = 0;
	T_STR(limits(&(struct spec_resources){ .pids = &pids }, ""), "TasksMax=t 1");
}

T_TEST(limits_cpu)
{
	struct spec_cpu c = { .shares = { 1024, true }, .quota = { 50000, true }, .period = { 100000, true },
			      .cpus = "0-2,9", .mems = "0" };
	struct spec_resources r = { .cpu = &c };
	T_STR(limits(&r, ""), "CPUWeight=t 100; AllowedCPUs=ay [7,2]; AllowedMemoryNodes=ay [1]; "
			      "CPUQuotaPerSecUSec=t 500000; CPUQuotaPeriodUSec=t 100000");
	/* whole percents, never less than asked */
	c = (struct spec_cpu){ .quota = { 12345, true }, .period = { 100000, true } };
	T_STR(limits(&r, ""), "CPUQuotaPerSecUSec=t 130000; CPUQuotaPeriodUSec=t 100000");
	/* quota or period alone: the other one is what is in force */
	c = (struct spec_cpu){ .quota = { 20000, true } };
	T_STR(limits(&r, "max 50000"), "CPUQuotaPerSecUSec=t 400000; CPUQuotaPeriodUSec=t 50000");
	c = (struct spec_cpu){ .period = { 50000, true } };
	T_STR(limits(&r, "25000 100000"), "CPUQuotaPerSecUSec=t 500000; CPUQuotaPeriodUSec=t 50000");
	T_STR(limits(&r, "max 100000"), "CPUQuotaPerSecUSec=t 18446744073709551615; CPUQuotaPeriodUSec=t 50000");
	T_STR(limits(&r, ""), "CPUQuotaPerSecUSec=t 18446744073709551615; CPUQuotaPeriodUSec=t 50000");
	c = (struct spec_cpu){ .quota = { -1, true } };
	T_STR(limits(&r, "25000 100000"), "CPUQuotaPerSecUSec=t 18446744073709551615; CPUQuotaPeriodUSec=t 100000");
	c = (struct spec_cpu){ .quota = { INT64_MAX, true } };
	T_HAS(limits(&r, ""), "CPUQuotaPerSecUSec=t 18446744073709551615");
	c = (struct spec_cpu){ .idle = { 1, true } };
	T_STR(limits(&r, ""), "CPUWeight=t 0 (recent)");
	c = (struct spec_cpu){ .idle = { 0, true }, .shares = { 1024, true } };
	T_STR(limits(&r, ""), "CPUWeight=t 100");
}

T_TEST(limits_unified)
{
	static struct kv kv[] = {
		{ "memory.max", "1G" },	       { "memory.high", "max" },   { "memory.min", "nonsense" },
		{ "cpu.max", "max 20000" },    { "io.weight", "default 50" }, { "pids.max", "5" },
		{ "cpuset.cpus", "x" },	       { "io.max", "8:0 rbps=1" }, { "cpu.weight", "10001" },
		{ "memory.zswap.max", "0" },
	};
	kv[6].value = "0-";
	struct spec_memory m = { .limit = { 4096, true } };
	struct spec_resources r = { .memory = &m, .unified = { kv, sizeof(kv) / sizeof(*kv) } };
	/* the later one wins; what has no property or makes no sense is left to the kernel */
	T_STR(limits(&r, ""), "MemoryMax=t 1073741824; MemoryHigh=t 18446744073709551615; IOWeight=t 50; TasksMax=t 5; "
			      "MemoryZSwapMax=t 0 (recent); "
			      "CPUQuotaPerSecUSec=t 18446744073709551615; CPUQuotaPeriodUSec=t 20000");
	struct spec_block_io io = { .weight = { 10, true } };
	T_STR(limits(&(struct spec_resources){ .block_io = &io }, ""), "IOWeight=t 1");
}

T_TEST(base_properties)
{
	struct cg_unit scope = { .name = "x.scope", .slice = "system.slice" };
	struct cg_unit slice = { .name = "a-b.slice", .slice = "a.slice", .is_slice = true };
	struct cg_properties p = { 0 };
	cg_properties_base(&arena, &p, &scope, "berth container x");
	T_STR(list(&p), "Description=s 'berth container x'; DefaultDependencies=b false; "
			"CollectMode=s 'inactive-or-failed'; Slice=s 'system.slice'; Delegate=b true; "
			"CPUAccounting=b true; MemoryAccounting=b true; TasksAccounting=b true; IOAccounting=b true");
	p = (struct cg_properties){ 0 };
	cg_properties_base(&arena, &p, &slice, "x");
	T_HAS(list(&p), "Wants=as ['a.slice']");
	T_OK(!strstr(list(&p), "Slice="));
	T_OK(!strstr(list(&p), "Delegate="));
}

static const char *annotate(const char *name, const char *value)
{
	struct kv kv[] = { { "com.example", "x" },
			   { arena_printf(&arena, "org.systemd.property.%s", name), value } };
	struct cg_properties p = { 0 };
	err_clear(&err);
	cg_property_bool(&arena, &p, "DefaultDependencies", false);
	if (cg_properties_annotations(&arena, &p, &(struct kvv){ kv, 2 }, &err) < 0)
		return err.text;
	return list(&p) + strlen("DefaultDependencies=b ");
}

T_TEST(annotations)
{
	/* what engines write */
	T_STR(annotate("KillSignal", "15"), "false; KillSignal=i 15");
	T_STR(annotate("TimeoutStopUSec", "uint64 10000000"), "false; TimeoutStopUSec=t 10000000");
	T_STR(annotate("DefaultDependencies", "true"), "true");
	T_STR(annotate("After", "['crio.service']"), "false; After=as ['crio.service']");
	/* seconds */
	T_STR(annotate("TimeoutStopSec", "10"), "false; TimeoutStopUSec=t 10000000");
	T_STR(annotate("RuntimeMaxSec", "1.5"), "false; RuntimeMaxUSec=t 1500000");
	T_STR(annotate("TimeoutStopSec", "uint64 18446744073709551615"), "false; TimeoutStopUSec=t 18446744073709551615");
	T_HAS(annotate("TimeoutStopSec", "-1"), "is not a number of seconds");
	T_HAS(annotate("TimeoutStopSec", "-0.5"), "is not a number of seconds");
	T_HAS(annotate("TimeoutStopSec", "'10'"), "is not a number of seconds");
	T_HAS(annotate("TimeoutStopSec", "uint64 18446744073710"), "is out of range");
	/* refused */
	T_STR(annotate("PIDs", "[uint32 1]"),
	      "annotations[\"org.systemd.property.PIDs\"]: is managed by the runtime and cannot be set");
	T_HAS(annotate("Slice", "'a.slice'"), "managed by the runtime");
	T_HAS(annotate("Delegate", "false"), "managed by the runtime");
	T_HAS(annotate("", "1"), "is not the name");
	T_HAS(annotate("A-B", "1"), "is not the name");
	T_HAS(annotate("1A", "1"), "is not the name");
	T_HAS(annotate("After", "crio.service"), "annotations[\"org.systemd.property.After\"]: is not a value");
}

T_MAIN()
