/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config.json of OCI runtime-spec 1.3.0 for Linux, as structs.
 *
 * Filled by spec_config_decode() and checked by spec_config_check(); nothing else writes it. Every
 * string is valid UTF-8 without NUL and lives in the arena that was given to the decoder. A member
 * that was absent in the JSON is: NULL (strings, objects), n == 0 (lists), set == false (opt_*).
 * A known member whose JSON value is null is an error. Names follow the JSON in snake_case.
 */
#ifndef BERTH_SPEC_CONFIG_H
#define BERTH_SPEC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opt_i64 { int64_t v; bool set; };
struct opt_u64 { uint64_t v; bool set; };
struct opt_bool { bool v; bool set; };

/* v[n] is NULL, so that it can be handed to execve(2). */
struct strv { const char **v; size_t n; };
struct u32v { uint32_t *v; size_t n; };

/* A JSON object used as a map with string values, in the order of the file. */
struct kv { const char *key, *value; };
struct kvv { struct kv *v; size_t n; };

struct id_mapping { uint32_t container_id, host_id, size; };
struct id_mappings { struct id_mapping *v; size_t n; };

struct spec_hook {
	const char *path;
	struct strv args;
	bool args_set;		/* absent args mean { path } */
	struct strv env;
	bool env_set;
	struct opt_i64 timeout; /* seconds, > 0 when set */
};
struct spec_hook_list { struct spec_hook *v; size_t n; };
enum hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS
};
struct spec_hooks { struct spec_hook_list kind[HOOK_KINDS]; };

struct spec_mount {
	const char *destination;
	const char *type;
	const char *source;
	struct strv options;
	struct id_mappings uid_mappings, gid_mappings;
};

struct spec_root { const char *path; bool readonly; };

struct spec_box { uint64_t height, width; };

struct spec_user {
	uint32_t uid, gid;
	struct opt_u64 umask; /* <= 0777 */
	struct u32v additional_gids;
};

enum cap_set {
	CAPSET_BOUNDING,
	CAPSET_EFFECTIVE,
	CAPSET_INHERITABLE,
	CAPSET_PERMITTED,
	CAPSET_AMBIENT,
	CAPSET_KINDS
};
struct spec_capabilities { struct strv set[CAPSET_KINDS]; };

struct spec_rlimit { const char *type; uint64_t soft, hard; };
struct spec_rlimits { struct spec_rlimit *v; size_t n; };

struct spec_scheduler {
	const char *policy; /* "SCHED_OTHER" ... */
	int64_t nice, priority;
	struct strv flags;
	uint64_t runtime, deadline, period;
};

struct spec_io_priority { const char *class_; int64_t priority; };

struct spec_cpu_affinity { const char *initial, *final; };

struct spec_process {
	bool terminal;
	struct spec_box *console_size;
	struct spec_user user;
	struct strv args, env;
	const char *cwd;
	struct spec_capabilities *capabilities;
	struct spec_rlimits rlimits;
	bool no_new_privileges;
	bool no_new_privileges_set;
	const char *apparmor_profile;
	struct opt_i64 oom_score_adj;
	struct spec_scheduler *scheduler;
	const char *selinux_label;
	struct spec_io_priority *io_priority;
	struct spec_cpu_affinity *exec_cpu_affinity;
};

enum ns_kind { NS_MOUNT, NS_PID, NS_NETWORK, NS_UTS, NS_IPC, NS_USER, NS_CGROUP, NS_TIME, NS_KINDS };
struct spec_namespace {
	enum ns_kind type;
	const char *path; /* NULL: a new namespace */
};
struct spec_namespaces { struct spec_namespace *v; size_t n; };

struct spec_device {
	const char *type, *path; /* type "c", "b", "u" or "p" */
	struct opt_i64 major, minor;
	struct opt_u64 file_mode; /* <= 07777, or with the S_IFMT bits of `type` (podman) */
	struct opt_u64 uid, gid;
};
struct spec_devices { struct spec_device *v; size_t n; };

struct spec_net_device { const char *host_name; const char *name; /* NULL: keeps its name */ };
struct spec_net_devices { struct spec_net_device *v; size_t n; };

struct spec_device_rule {
	bool allow;
	const char *type;   /* "a", "c", "b" or NULL (= "a") */
	struct opt_i64 major, minor; /* absent or -1: any */
	const char *access; /* made of r, w, m; NULL: rwm */
};
struct spec_device_rules { struct spec_device_rule *v; size_t n; };

struct spec_memory {
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp;
	struct opt_u64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};
struct spec_cpu {
	struct opt_u64 shares, period, burst, realtime_period;
	struct opt_i64 quota, realtime_runtime, idle;
	const char *cpus, *mems;
};
struct spec_weight_device { int64_t major, minor; struct opt_u64 weight, leaf_weight; };
struct spec_weight_devices { struct spec_weight_device *v; size_t n; };
struct spec_throttle_device { int64_t major, minor; uint64_t rate; };
struct spec_throttle_devices { struct spec_throttle_device *v; size_t n; };
struct spec_block_io {
	struct opt_u64 weight, leaf_weight;
	struct spec_weight_devices weight_device;
	struct spec_throttle_devices read_bps, write_bps, read_iops, write_iops;
};
struct spec_hugepage { const char *page_size; uint64_t limit; };
struct spec_hugepages { struct spec_hugepage *v; size_t n; };
struct spec_net_priority { const char *name; uint32_t priority; };
struct spec_net_priorities { struct spec_net_priority *v; size_t n; };
struct spec_network { struct opt_u64 class_id; struct spec_net_priorities priorities; };
struct spec_rdma { const char *device; struct opt_u64 hca_handles, hca_objects; };
struct spec_rdmas { struct spec_rdma *v; size_t n; };
struct spec_pids { struct opt_i64 limit; };

/* Also the document that `update --resources` reads. */
struct spec_resources {
	struct kvv unified;
	struct spec_device_rules devices;
	struct spec_pids *pids;
	struct spec_block_io *block_io;
	struct spec_cpu *cpu;
	struct spec_hugepages hugepage_limits;
	struct spec_memory *memory;
	struct spec_network *network;
	struct spec_rdmas rdma;
};

struct spec_seccomp_arg { uint32_t index; uint64_t value, value_two; const char *op; };
struct spec_seccomp_args { struct spec_seccomp_arg *v; size_t n; };
struct spec_seccomp_rule {
	struct strv names;
	const char *action;
	struct opt_u64 errno_ret;
	struct spec_seccomp_args args;
};
struct spec_seccomp_rules { struct spec_seccomp_rule *v; size_t n; };
struct spec_seccomp {
	const char *default_action;
	struct opt_u64 default_errno_ret;
	struct strv architectures, flags;
	bool flags_set;
	const char *listener_path, *listener_metadata;
	struct spec_seccomp_rules syscalls;
};

struct spec_intel_rdt {
	const char *clos_id;
	struct strv schemata;
	const char *l3_cache_schema, *mem_bw_schema;
	bool enable_monitoring;
};
struct spec_memory_policy { const char *mode, *nodes; struct strv flags; };
struct spec_personality { const char *domain; struct strv flags; };
struct spec_time_offset { int64_t secs; uint32_t nanosecs; };
struct spec_time_offsets { struct spec_time_offset *boottime, *monotonic; };

struct spec_linux {
	struct spec_namespaces namespaces;
	struct id_mappings uid_mappings, gid_mappings;
	struct spec_time_offsets *time_offsets;
	struct spec_devices devices;
	struct spec_net_devices net_devices;
	const char *cgroups_path;
	struct spec_resources *resources;
	const char *rootfs_propagation;
	struct spec_seccomp *seccomp;
	struct kvv sysctl;
	struct strv masked_paths, readonly_paths;
	const char *mount_label;
	struct spec_intel_rdt *intel_rdt;
	struct spec_memory_policy *memory_policy;
	struct spec_personality *personality;
};

struct spec_mounts { struct spec_mount *v; size_t n; };

struct spec_config {
	const char *oci_version;
	const char *hostname, *domainname;
	struct spec_root *root;
	struct spec_process *process; /* NULL when absent: `start` then fails */
	struct spec_hooks hooks;
	struct kvv annotations;
	struct spec_mounts mounts;
	struct spec_linux *linux_; /* never NULL after decoding: absent means all members absent */
};

#endif
