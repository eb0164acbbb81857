/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What engines really write (tests/data/engines) and the examples of the schema (tests/data/schema/test). */
#include <dirent.h>

#include "spec_util.h"

static void accept_file(const char *path, char kind)
{
	struct err e = {.set = false};
	size_t len = 0;
	char *json = read_data(path, &len);
	if (!json)
		return;
	if (try_document(kind, json, len, &e) < 0)
		T_FAIL("%s: %s", path, e.text);
	T_INT(warnings, 0);
	free(json);
}

/* Returns how many files there were. */
static int accept_folder(const char *folder)
{
	int n = 0;
	DIR *d = opendir(folder);
	if (!d)
		return 0;
	for (struct dirent *f; (f = readdir(d));) {
		char path[512];
		snprintf(path, sizeof(path), "%s/%s", folder, f->d_name);
		char kind = strstr(f->d_name, "-config.json")    ? 'c'
			    : strstr(f->d_name, "-process.json") ? 'p'
			    : strstr(f->d_name, "-resources")    ? 'r'
								 : 0;
		if (!kind)
			continue;
		accept_file(path, kind);
		n++;
	}
	closedir(d);
	return n;
}

T_TEST(engines)
{
	T_OK(accept_folder("tests/data/engines/podman") >= 40);
	T_OK(accept_folder("tests/data/engines/docker") >= 40);
	T_OK(accept_folder("tests/data/engines/ctr") >= 10);
	T_OK(accept_folder("tests/data/engines/cri-containerd") >= 8);
	T_OK(accept_folder("tests/data/engines/cri-crio") >= 8);
}

T_TEST(every_truncation_of_a_real_config)
{
	size_t len = 0;
	char *json = read_data("tests/data/engines/docker/9058041-config.json", &len);
	if (!json)
		return;
	while (len && json[len - 1] != '}')
		len--;
	for (size_t n = 0; n < len; n++) {
		struct err e = {.set = false};
		T_OK(try_document('c', json, n, &e) == -1);
	}
	free(json);
}

static void example(const char *name, const char *error)
{
	char path[256];
	struct err e = {.set = false};
	size_t len = 0;
	snprintf(path, sizeof(path), "tests/data/schema/test/config/%s.json", name);
	char *json = read_data(path, &len);
	if (!json)
		return;
	int r = try_document('c', json, len, &e);
	T_INT(r, error ? -1 : 0);
	if (error)
		T_HAS(e.text, error);
	else if (r < 0)
		printf("    %s\n", e.text);
	free(json);
}

T_TEST(examples_of_the_schema)
{
	example("good/minimal", NULL);
	example("good/minimal-for-start", NULL);
	example("good/linux-rdma", NULL);
	/* fine for the schema, which cannot say what else these need */
	example("good/linux-netdevice",
		"linux.netDevices: needs a network namespace (linux.namespaces) (line ");
	example("good/spec-example", "ociVersion: version 0.5.0-dev is not supported");
	example("bad/invalid-json", "invalid JSON");
	example("bad/linux-hugepage", "linux.resources.hugepageLimits[0].pageSize: \"64kB\" is not a size");
	example("bad/linux-netdevice", "linux.netDevices.eth0.name: expected a string, found a number");
	example("bad/linux-rdma",
		"linux.resources.rdma.mlx5_1.hcaHandles: expected an integer, found a string");
}

/* The long example, which has nearly every property, with a version of today. */
T_TEST(long_example)
{
	struct err e = {.set = false};
	size_t len = 0;
	char *json = read_data("tests/data/schema/test/config/good/spec-example.json", &len);
	char *version = json ? memmem(json, len, "0.5.0-dev", 9) : NULL;
	if (!version)
		return;
	memcpy(version, "1.3.0-dev", 9);
	T_INT(try_document('c', json, len, &e), 0);
	T_STR(e.text, "");
	free(json);
}

T_MAIN()
