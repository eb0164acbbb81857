/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decode tables: linux, without resources. See decode.h. */
#include "decode.h"

static const struct row rows_table_namespace[] = {
	ROW("type", ROW_NAMESPACE, struct spec_namespace, type, REQUIRED),
	ROW("path", ROW_STRING, struct spec_namespace, path),
};
static TABLE(table_namespace, struct spec_namespace);

static const struct row rows_table_time_offset[] = {
	ROW("secs", ROW_I64, struct spec_time_offset, secs, RANGE_I64),
	ROW("nanosecs", ROW_U32, struct spec_time_offset, nanosecs, RANGE_U32),
};
static TABLE(table_time_offset, struct spec_time_offset);

/* The keys are names of clocks, that is values, so an unknown one is not an unknown property. */
static const struct row rows_table_time_offsets[] = {
	ROW("boottime", ROW_OBJECT_PTR, struct spec_time_offsets, boottime, .sub = &table_time_offset),
	ROW("monotonic", ROW_OBJECT_PTR, struct spec_time_offsets, monotonic, .sub = &table_time_offset),
};
static TABLE(table_time_offsets, struct spec_time_offsets, .closed = "clock");

static const struct row rows_table_device[] = {
	ROW("path", ROW_STRING, struct spec_device, path, REQUIRED),
	ROW("type", ROW_STRING, struct spec_device, type, REQUIRED),
	ROW("major", ROW_OPT_I64, struct spec_device, major, RANGE_I64),
	ROW("minor", ROW_OPT_I64, struct spec_device, minor, RANGE_I64),
	ROW("fileMode", ROW_OPT_U64, struct spec_device, file_mode, RANGE_U32),
	ROW("uid", ROW_OPT_U64, struct spec_device, uid, RANGE_U32),
	ROW("gid", ROW_OPT_U64, struct spec_device, gid, RANGE_U32),
};
static TABLE(table_device, struct spec_device);

static const struct row rows_table_net_device[] = {
	ROW("name", ROW_STRING, struct spec_net_device, name),
};
static TABLE(table_net_device, struct spec_net_device,
	     .key_offset = offsetof(struct spec_net_device, host_name));

static const struct row rows_table_seccomp_arg[] = {
	ROW("index", ROW_U32, struct spec_seccomp_arg, index, RANGE_U32, REQUIRED),
	ROW("value", ROW_U64, struct spec_seccomp_arg, value, RANGE_U64, REQUIRED),
	ROW("valueTwo", ROW_U64, struct spec_seccomp_arg, value_two, RANGE_U64),
	ROW("op", ROW_STRING, struct spec_seccomp_arg, op, REQUIRED),
};
static TABLE(table_seccomp_arg, struct spec_seccomp_arg);

/* `name` of versions before 1.0 is unknown, so that such a rule lacks `names`. */
static const struct row rows_table_seccomp_rule[] = {
	ROW("names", ROW_STRINGS, struct spec_seccomp_rule, names, REQUIRED),
	ROW("action", ROW_STRING, struct spec_seccomp_rule, action, REQUIRED),
	ROW("errnoRet", ROW_OPT_U64, struct spec_seccomp_rule, errno_ret, RANGE_U32),
	ROW("args", ROW_LIST, struct spec_seccomp_rule, args, .sub = &table_seccomp_arg),
};
static TABLE(table_seccomp_rule, struct spec_seccomp_rule);

static const struct row rows_table_seccomp[] = {
	ROW("defaultAction", ROW_STRING, struct spec_seccomp, default_action, REQUIRED),
	ROW("defaultErrnoRet", ROW_OPT_U64, struct spec_seccomp, default_errno_ret, RANGE_U32),
	ROW("architectures", ROW_STRINGS, struct spec_seccomp, architectures),
	ROW("flags", ROW_STRINGS, struct spec_seccomp, flags, ROW_SET(struct spec_seccomp, flags_set)),
	ROW("listenerPath", ROW_STRING, struct spec_seccomp, listener_path),
	ROW("listenerMetadata", ROW_STRING, struct spec_seccomp, listener_metadata),
	ROW("syscalls", ROW_LIST, struct spec_seccomp, syscalls, .sub = &table_seccomp_rule),
};
static TABLE(table_seccomp, struct spec_seccomp);

static const struct row rows_table_intel_rdt[] = {
	ROW("closID", ROW_STRING, struct spec_intel_rdt, clos_id),
	ROW("schemata", ROW_STRINGS, struct spec_intel_rdt, schemata),
	ROW("l3CacheSchema", ROW_STRING, struct spec_intel_rdt, l3_cache_schema),
	ROW("memBwSchema", ROW_STRING, struct spec_intel_rdt, mem_bw_schema),
	ROW("enableMonitoring", ROW_BOOL, struct spec_intel_rdt, enable_monitoring),
};
static TABLE(table_intel_rdt, struct spec_intel_rdt);

static const struct row rows_table_memory_policy[] = {
	ROW("mode", ROW_STRING, struct spec_memory_policy, mode, REQUIRED),
	ROW("nodes", ROW_STRING, struct spec_memory_policy, nodes),
	ROW("flags", ROW_STRINGS, struct spec_memory_policy, flags),
};
static TABLE(table_memory_policy, struct spec_memory_policy);

static const struct row rows_table_personality[] = {
	ROW("domain", ROW_STRING, struct spec_personality, domain, REQUIRED),
	ROW("flags", ROW_STRINGS, struct spec_personality, flags),
};
static TABLE(table_personality, struct spec_personality);

static const struct row rows_table_linux[] = {
	ROW("uidMappings", ROW_LIST, struct spec_linux, uid_mappings, .sub = &table_id_mapping),
	ROW("gidMappings", ROW_LIST, struct spec_linux, gid_mappings, .sub = &table_id_mapping),
	ROW("sysctl", ROW_STRING_MAP, struct spec_linux, sysctl),
	ROW("resources", ROW_OBJECT_PTR, struct spec_linux, resources, .sub = &table_resources),
	ROW("cgroupsPath", ROW_STRING, struct spec_linux, cgroups_path),
	ROW("namespaces", ROW_LIST, struct spec_linux, namespaces, .sub = &table_namespace),
	ROW("devices", ROW_LIST, struct spec_linux, devices, .sub = &table_device),
	ROW("netDevices", ROW_OBJECT_MAP, struct spec_linux, net_devices, .sub = &table_net_device),
	ROW("seccomp", ROW_OBJECT_PTR, struct spec_linux, seccomp, .sub = &table_seccomp),
	ROW("rootfsPropagation", ROW_STRING, struct spec_linux, rootfs_propagation),
	ROW("maskedPaths", ROW_STRINGS, struct spec_linux, masked_paths),
	ROW("readonlyPaths", ROW_STRINGS, struct spec_linux, readonly_paths),
	ROW("mountLabel", ROW_STRING, struct spec_linux, mount_label),
	ROW("intelRdt", ROW_OBJECT_PTR, struct spec_linux, intel_rdt, .sub = &table_intel_rdt),
	ROW("memoryPolicy", ROW_OBJECT_PTR, struct spec_linux, memory_policy, .sub = &table_memory_policy),
	ROW("personality", ROW_OBJECT_PTR, struct spec_linux, personality, .sub = &table_personality),
	ROW("timeOffsets", ROW_OBJECT_PTR, struct spec_linux, time_offsets, .sub = &table_time_offsets),
};
TABLE(table_linux, struct spec_linux);
