/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory for yajl from an arena: it never runs out (arena.h), which yajl does not look at, and costs no system call. */
#ifndef BERTH_LIB_YAJL_MEM_H
#define BERTH_LIB_YAJL_MEM_H

#include <yajl/yajl_common.h>

#include "arena.h"

/* For yajl_alloc() and yajl_gen_alloc(), which copy it. */
yajl_alloc_funcs yajl_mem(struct arena *a);

#endif
