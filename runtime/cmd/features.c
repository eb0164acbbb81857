/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth features`: what this runtime recognizes, in the form of the runtime-spec's features.md.
 *
 * The lists come from the tables that the decoder, the checks and libcap work with, so that what is
 * printed is what is accepted. Engines run this at their start, once for each runtime they know, and
 * read stdout and stderr as one text: nothing is loaded or looked up, and nothing but the object is
 * printed. The one question to the kernel is which seccomp flags it has.
 */
#include "cmd.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../lib/json.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* [5.19] */
#endif

static void print_names(struct json *j, const char *key, const char *const *names)
{
	json_key(j, key);
	json_array(j);
	for (; *names; names++)
		json_str(j, *names);
	json_end_array(j);
}

static void print_enabled(struct json *j, const char *key, bool enabled)
{
	json_key(j, key);
	json_map(j);
	json_kbool(j, "enabled", enabled);
	json_end_map(j);
}

static void print_hooks(struct json *j)
{
	json_key(j, "hooks");
	json_array(j);
	for (int k = 0; k < HOOK_KINDS; k++)
		json_str(j, spec_hook_name((enum hook_kind)k));
	json_end_array(j);
}

static void print_mount_options(struct json *j)
{
	size_t n;
	const struct mount_opt *opts = spec_mount_opts(&n);
	json_key(j, "mountOptions");
	json_array(j);
	for (size_t i = 0; i < n; i++)
		if (*opts[i].name) /* engines write an empty option and mean none */
			json_str(j, opts[i].name);
	json_end_array(j);
}

static void print_namespaces(struct json *j)
{
	json_key(j, "namespaces");
	json_array(j);
	for (int k = 0; k < NS_KINDS; k++)
		json_str(j, spec_namespace_name((enum ns_kind)k));
	json_end_array(j);
}

static void print_capabilities(struct json *j)
{
	json_key(j, "capabilities");
	json_array(j);
	for (unsigned c = 0; spec_capability_name(c); c++)
		json_str(j, spec_capability_name(c));
	json_end_array(j);
}

static void print_cgroup(struct json *j)
{
	json_key(j, "cgroup");
	json_map(j);
	json_kbool(j, "v1", false);
	json_kbool(j, "v2", true);
	json_kbool(j, "systemd", true);
	json_kbool(j, "systemdUser", true);
	json_kbool(j, "rdma", true);
	json_end_map(j);
}

/* A filter that cannot be read gives EFAULT once the flags are accepted, EINVAL for a flag that the
 * kernel does not have. All but the last flag are older than the oldest kernel that we run on. */
static bool seccomp_flag_supported(const char *name)
{
	if (strcmp(name, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") != 0)
		return true;
	unsigned long flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT;
}

static void print_seccomp(struct json *j)
{
	json_key(j, "seccomp");
	json_map(j);
	json_kbool(j, "enabled", true);
	print_names(j, "actions", spec_seccomp_actions);
	print_names(j, "operators", spec_seccomp_operators);
	print_names(j, "archs", spec_seccomp_archs);
	print_names(j, "knownFlags", spec_seccomp_flags);
	json_key(j, "supportedFlags");
	json_array(j);
	for (const char *const *f = spec_seccomp_flags; *f; f++)
		if (seccomp_flag_supported(*f))
			json_str(j, *f);
	json_end_array(j);
	json_end_map(j);
}

static void print_intel_rdt(struct json *j)
{
	json_key(j, "intelRdt");
	json_map(j);
	json_kbool(j, "enabled", true);
	json_kbool(j, "schemata", true);
	json_kbool(j, "monitoring", true);
	json_end_map(j);
}

static void print_linux(struct json *j)
{
	json_key(j, "linux");
	json_map(j);
	print_namespaces(j);
	print_capabilities(j);
	print_cgroup(j);
	print_seccomp(j);
	print_enabled(j, "apparmor", true);
	print_enabled(j, "selinux", true);
	print_intel_rdt(j);
	json_key(j, "memoryPolicy");
	json_map(j);
	print_names(j, "modes", spec_memory_policy_modes);
	print_names(j, "flags", spec_memory_policy_flags);
	json_end_map(j);
	json_key(j, "mountExtensions");
	json_map(j);
	print_enabled(j, "idmap", true);
	json_end_map(j);
	print_enabled(j, "netDevices", true);
	json_end_map(j);
}

static int features_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)g;
	(void)opts;
	(void)argc;
	(void)argv;
	struct json *j = json_new(true);
	json_map(j);
	json_kstr(j, "ociVersionMin", SPEC_VERSION_MIN);
	json_kstr(j, "ociVersionMax", SPEC_VERSION);
	print_hooks(j);
	print_mount_options(j);
	print_linux(j);
	json_key(j, "annotations");
	json_map(j);
	json_kstr(j, "org.berth.version", BERTH_VERSION);
	json_kstr(j, "org.berth.commit", BERTH_COMMIT);
	json_end_map(j);
	json_key(j, "potentiallyUnsafeConfigAnnotations");
	json_array(j);
	json_str(j, "org.systemd.property."); /* with the systemd driver they reach the host's manager */
	json_str(j, STOP_SIGNAL_ANNOTATION); /* the signal of a `kill` without one */
	json_str(j, KEEP_GROUPS_ANNOTATION); /* groups of the host in the container */
	json_end_array(j);
	json_end_map(j);

	size_t len;
	const char *text = json_text(j, &len);
	int r = cmd_print(text, len, e);
	json_free(j);
	return r;
}

static const struct option_row features_options[] = { { 0 } };

const struct command cmd_features = {
	.name = "features",
	.args = "",
	.summary = "print what this runtime recognizes, as JSON",
	.example = "berth features | jq -c .linux.cgroup",
	.options = features_options,
	.min_args = 0,
	.max_args = 0,
	.run = features_run,
};
