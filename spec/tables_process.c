/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decode tables: process, which is also the document that `exec --process` reads. See decode.h. */
#include "decode.h"

static const struct row rows_table_console_size[] = {
	ROW("height", ROW_U64, struct spec_box, height, RANGE_U64, REQUIRED),
	ROW("width", ROW_U64, struct spec_box, width, RANGE_U64, REQUIRED),
};
static TABLE(table_console_size, struct spec_box);

/* A user without uid or gid would silently be root, so both are required as the text of the spec says
 * (its schema does not). */
static const struct row rows_table_user[] = {
	ROW("uid", ROW_U32, struct spec_user, uid, RANGE_U32, REQUIRED),
	ROW("gid", ROW_U32, struct spec_user, gid, RANGE_U32, REQUIRED),
	ROW("umask", ROW_OPT_U64, struct spec_user, umask, RANGE_U32),
	ROW("additionalGids", ROW_U32S, struct spec_user, additional_gids, RANGE_U32),
};
static TABLE(table_user, struct spec_user);

#define CAPS(key, k) ROW(key, ROW_STRINGS, struct spec_capabilities, set[k])
static const struct row rows_table_capabilities[] = {
	CAPS("bounding", CAPSET_BOUNDING),
	CAPS("effective", CAPSET_EFFECTIVE),
	CAPS("inheritable", CAPSET_INHERITABLE),
	CAPS("permitted", CAPSET_PERMITTED),
	CAPS("ambient", CAPSET_AMBIENT),
};
static TABLE(table_capabilities, struct spec_capabilities);

static const struct row rows_table_rlimit[] = {
	ROW("type", ROW_STRING, struct spec_rlimit, type, REQUIRED),
	ROW("hard", ROW_U64, struct spec_rlimit, hard, RANGE_U64, REQUIRED),
	ROW("soft", ROW_U64, struct spec_rlimit, soft, RANGE_U64, REQUIRED),
};
static TABLE(table_rlimit, struct spec_rlimit);

static const struct row rows_table_scheduler[] = {
	ROW("policy", ROW_STRING, struct spec_scheduler, policy, REQUIRED),
	ROW("nice", ROW_I64, struct spec_scheduler, nice, RANGE_I32),
	ROW("priority", ROW_I64, struct spec_scheduler, priority, RANGE_I32),
	ROW("flags", ROW_STRINGS, struct spec_scheduler, flags),
	ROW("runtime", ROW_U64, struct spec_scheduler, runtime, RANGE_U64),
	ROW("deadline", ROW_U64, struct spec_scheduler, deadline, RANGE_U64),
	ROW("period", ROW_U64, struct spec_scheduler, period, RANGE_U64),
};
static TABLE(table_scheduler, struct spec_scheduler);

static const struct row rows_table_io_priority[] = {
	ROW("class", ROW_STRING, struct spec_io_priority, class_, REQUIRED),
	ROW("priority", ROW_I64, struct spec_io_priority, priority, RANGE_I32, REQUIRED),
};
static TABLE(table_io_priority, struct spec_io_priority);

static const struct row rows_table_cpu_affinity[] = {
	ROW("initial", ROW_STRING, struct spec_cpu_affinity, initial),
	ROW("final", ROW_STRING, struct spec_cpu_affinity, final),
};
static TABLE(table_cpu_affinity, struct spec_cpu_affinity);

/* commandLine is for Windows. noNewPrivileges: exec inherits it when its document does not mention it. */
static const struct row rows_table_process[] = {
	ROW("terminal", ROW_BOOL, struct spec_process, terminal),
	ROW("consoleSize", ROW_OBJECT_PTR, struct spec_process, console_size, .sub = &table_console_size),
	ROW("user", ROW_OBJECT, struct spec_process, user, .sub = &table_user),
	ROW("args", ROW_STRINGS, struct spec_process, args),
	ROW("env", ROW_STRINGS, struct spec_process, env),
	ROW("cwd", ROW_STRING, struct spec_process, cwd, REQUIRED),
	ROW("capabilities", ROW_OBJECT_PTR, struct spec_process, capabilities, .sub = &table_capabilities),
	ROW("rlimits", ROW_LIST, struct spec_process, rlimits, .sub = &table_rlimit),
	ROW("noNewPrivileges", ROW_BOOL, struct spec_process, no_new_privileges,
	    ROW_SET(struct spec_process, no_new_privileges_set)),
	ROW("apparmorProfile", ROW_STRING, struct spec_process, apparmor_profile),
	ROW("oomScoreAdj", ROW_OPT_I64, struct spec_process, oom_score_adj, RANGE_I64),
	ROW("scheduler", ROW_OBJECT_PTR, struct spec_process, scheduler, .sub = &table_scheduler),
	ROW("selinuxLabel", ROW_STRING, struct spec_process, selinux_label),
	ROW("ioPriority", ROW_OBJECT_PTR, struct spec_process, io_priority, .sub = &table_io_priority),
	ROW("execCPUAffinity", ROW_OBJECT_PTR, struct spec_process, exec_cpu_affinity,
	    .sub = &table_cpu_affinity),
};
TABLE(table_process, struct spec_process);
