/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decode tables: the top level of config.json, root, mounts, hooks. See decode.h. */
#include "decode.h"

static const struct row rows_table_root[] = {
	ROW("path", ROW_STRING, struct spec_root, path, REQUIRED),
	ROW("readonly", ROW_BOOL, struct spec_root, readonly),
};
static TABLE(table_root, struct spec_root);

static const struct row rows_table_id_mapping[] = {
	ROW("containerID", ROW_U32, struct id_mapping, container_id, RANGE_U32, REQUIRED),
	ROW("hostID", ROW_U32, struct id_mapping, host_id, RANGE_U32, REQUIRED),
	ROW("size", ROW_U32, struct id_mapping, size, RANGE_U32, REQUIRED),
};
TABLE(table_id_mapping, struct id_mapping);

static const struct row rows_table_mount[] = {
	ROW("destination", ROW_STRING, struct spec_mount, destination, REQUIRED),
	ROW("type", ROW_STRING, struct spec_mount, type),
	ROW("source", ROW_STRING, struct spec_mount, source),
	ROW("options", ROW_STRINGS, struct spec_mount, options),
	ROW("uidMappings", ROW_LIST, struct spec_mount, uid_mappings, .sub = &table_id_mapping),
	ROW("gidMappings", ROW_LIST, struct spec_mount, gid_mappings, .sub = &table_id_mapping),
};
static TABLE(table_mount, struct spec_mount);

/* For a hook it makes a difference whether args and env are empty or absent. */
static const struct row rows_table_hook[] = {
	ROW("path", ROW_STRING, struct spec_hook, path, REQUIRED),
	ROW("args", ROW_STRINGS, struct spec_hook, args, ROW_SET(struct spec_hook, args_set)),
	ROW("env", ROW_STRINGS, struct spec_hook, env, ROW_SET(struct spec_hook, env_set)),
	ROW("timeout", ROW_OPT_I64, struct spec_hook, timeout, RANGE_I64),
};
static TABLE(table_hook, struct spec_hook);

#define HOOKS(key, k) ROW(key, ROW_LIST, struct spec_hooks, kind[k], .sub = &table_hook)
static const struct row rows_table_hooks[] = {
	HOOKS("prestart", HOOK_PRESTART),
	HOOKS("createRuntime", HOOK_CREATE_RUNTIME),
	HOOKS("createContainer", HOOK_CREATE_CONTAINER),
	HOOKS("startContainer", HOOK_START_CONTAINER),
	HOOKS("poststart", HOOK_POSTSTART),
	HOOKS("poststop", HOOK_POSTSTOP),
};
static TABLE(table_hooks, struct spec_hooks);

static const struct row rows_table_config[] = {
	ROW("ociVersion", ROW_STRING, struct spec_config, oci_version, REQUIRED),
	ROW("process", ROW_OBJECT_PTR, struct spec_config, process, .sub = &table_process),
	ROW("root", ROW_OBJECT_PTR, struct spec_config, root, .sub = &table_root, REQUIRED),
	ROW("hostname", ROW_STRING, struct spec_config, hostname),
	ROW("domainname", ROW_STRING, struct spec_config, domainname),
	ROW("mounts", ROW_LIST, struct spec_config, mounts, .sub = &table_mount),
	ROW("hooks", ROW_OBJECT, struct spec_config, hooks, .sub = &table_hooks),
	ROW("annotations", ROW_STRING_MAP, struct spec_config, annotations),
	ROW("linux", ROW_OBJECT_PTR, struct spec_config, linux_, .sub = &table_linux),
};
TABLE(table_config, struct spec_config);
