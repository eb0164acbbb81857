/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decode tables: linux.resources, also the document that `update --resources` reads. See decode.h. */
#include "decode.h"

static const struct row rows_table_device_rule[] = {
	ROW("allow", ROW_BOOL, struct spec_device_rule, allow, REQUIRED),
	ROW("type", ROW_STRING, struct spec_device_rule, type),
	ROW("major", ROW_OPT_I64, struct spec_device_rule, major, RANGE_I64),
	ROW("minor", ROW_OPT_I64, struct spec_device_rule, minor, RANGE_I64),
	ROW("access", ROW_STRING, struct spec_device_rule, access),
};
static TABLE(table_device_rule, struct spec_device_rule);

static const struct row rows_table_memory[] = {
	ROW("limit", ROW_OPT_I64, struct spec_memory, limit, RANGE_I64),
	ROW("reservation", ROW_OPT_I64, struct spec_memory, reservation, RANGE_I64),
	ROW("swap", ROW_OPT_I64, struct spec_memory, swap, RANGE_I64),
	ROW("kernel", ROW_OPT_I64, struct spec_memory, kernel, RANGE_I64),
	ROW("kernelTCP", ROW_OPT_I64, struct spec_memory, kernel_tcp, RANGE_I64),
	ROW("swappiness", ROW_OPT_U64, struct spec_memory, swappiness, RANGE_U64),
	ROW("disableOOMKiller", ROW_OPT_BOOL, struct spec_memory, disable_oom_killer),
	ROW("useHierarchy", ROW_OPT_BOOL, struct spec_memory, use_hierarchy),
	ROW("checkBeforeUpdate", ROW_OPT_BOOL, struct spec_memory, check_before_update),
};
static TABLE(table_memory, struct spec_memory);

static const struct row rows_table_cpu[] = {
	ROW("shares", ROW_OPT_U64, struct spec_cpu, shares, RANGE_U64),
	ROW("quota", ROW_OPT_I64, struct spec_cpu, quota, RANGE_I64),
	ROW("burst", ROW_OPT_U64, struct spec_cpu, burst, RANGE_U64),
	ROW("period", ROW_OPT_U64, struct spec_cpu, period, RANGE_U64),
	ROW("realtimeRuntime", ROW_OPT_I64, struct spec_cpu, realtime_runtime, RANGE_I64),
	ROW("realtimePeriod", ROW_OPT_U64, struct spec_cpu, realtime_period, RANGE_U64),
	ROW("cpus", ROW_STRING, struct spec_cpu, cpus),
	ROW("mems", ROW_STRING, struct spec_cpu, mems),
	ROW("idle", ROW_OPT_I64, struct spec_cpu, idle, RANGE_I64),
};
static TABLE(table_cpu, struct spec_cpu);

static const struct row rows_table_weight_device[] = {
	ROW("major", ROW_I64, struct spec_weight_device, major, RANGE_I64, REQUIRED),
	ROW("minor", ROW_I64, struct spec_weight_device, minor, RANGE_I64, REQUIRED),
	ROW("weight", ROW_OPT_U64, struct spec_weight_device, weight, RANGE_U16),
	ROW("leafWeight", ROW_OPT_U64, struct spec_weight_device, leaf_weight, RANGE_U16),
};
static TABLE(table_weight_device, struct spec_weight_device);

/* rate is required by the text, not by the schema: 0 would be "no I/O at all". */
static const struct row rows_table_throttle_device[] = {
	ROW("major", ROW_I64, struct spec_throttle_device, major, RANGE_I64, REQUIRED),
	ROW("minor", ROW_I64, struct spec_throttle_device, minor, RANGE_I64, REQUIRED),
	ROW("rate", ROW_U64, struct spec_throttle_device, rate, RANGE_U64, REQUIRED),
};
static TABLE(table_throttle_device, struct spec_throttle_device);

#define THROTTLE(key, m) ROW(key, ROW_LIST, struct spec_block_io, m, .sub = &table_throttle_device)
static const struct row rows_table_block_io[] = {
	ROW("weight", ROW_OPT_U64, struct spec_block_io, weight, RANGE_U16),
	ROW("leafWeight", ROW_OPT_U64, struct spec_block_io, leaf_weight, RANGE_U16),
	ROW("weightDevice", ROW_LIST, struct spec_block_io, weight_device, .sub = &table_weight_device),
	THROTTLE("throttleReadBpsDevice", read_bps),
	THROTTLE("throttleWriteBpsDevice", write_bps),
	THROTTLE("throttleReadIOPSDevice", read_iops),
	THROTTLE("throttleWriteIOPSDevice", write_iops),
};
static TABLE(table_block_io, struct spec_block_io);

static const struct row rows_table_hugepage[] = {
	ROW("pageSize", ROW_STRING, struct spec_hugepage, page_size, REQUIRED),
	ROW("limit", ROW_U64, struct spec_hugepage, limit, RANGE_U64, REQUIRED),
};
static TABLE(table_hugepage, struct spec_hugepage);

static const struct row rows_table_net_priority[] = {
	ROW("name", ROW_STRING, struct spec_net_priority, name, REQUIRED),
	ROW("priority", ROW_U32, struct spec_net_priority, priority, RANGE_U32, REQUIRED),
};
static TABLE(table_net_priority, struct spec_net_priority);

static const struct row rows_table_network[] = {
	ROW("classID", ROW_OPT_U64, struct spec_network, class_id, RANGE_U32),
	ROW("priorities", ROW_LIST, struct spec_network, priorities, .sub = &table_net_priority),
};
static TABLE(table_network, struct spec_network);

/* limit is required by the schema, not by the text; update documents may leave it out. */
static const struct row rows_table_pids[] = {
	ROW("limit", ROW_OPT_I64, struct spec_pids, limit, RANGE_I64),
};
static TABLE(table_pids, struct spec_pids);

static const struct row rows_table_rdma[] = {
	ROW("hcaHandles", ROW_OPT_U64, struct spec_rdma, hca_handles, RANGE_U32),
	ROW("hcaObjects", ROW_OPT_U64, struct spec_rdma, hca_objects, RANGE_U32),
};
static TABLE(table_rdma, struct spec_rdma, .key_offset = offsetof(struct spec_rdma, device));

static const struct row rows_table_resources[] = {
	ROW("devices", ROW_LIST, struct spec_resources, devices, .sub = &table_device_rule),
	ROW("memory", ROW_OBJECT_PTR, struct spec_resources, memory, .sub = &table_memory),
	ROW("cpu", ROW_OBJECT_PTR, struct spec_resources, cpu, .sub = &table_cpu),
	ROW("pids", ROW_OBJECT_PTR, struct spec_resources, pids, .sub = &table_pids),
	ROW("blockIO", ROW_OBJECT_PTR, struct spec_resources, block_io, .sub = &table_block_io),
	ROW("hugepageLimits", ROW_LIST, struct spec_resources, hugepage_limits, .sub = &table_hugepage),
	ROW("network", ROW_OBJECT_PTR, struct spec_resources, network, .sub = &table_network),
	ROW("rdma", ROW_OBJECT_MAP, struct spec_resources, rdma, .sub = &table_rdma),
	ROW("unified", ROW_STRING_MAP, struct spec_resources, unified),
};
TABLE(table_resources, struct spec_resources);
