/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BERTH_LIB_ROOTLESS_H
#define BERTH_LIB_ROOTLESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* True when we are not root of the first user namespace: another user, or root of a user namespace that an engine
 * made for its rootless containers. */
bool is_rootless(void);

/* Our effective user id, asked for once: berth never changes its own. */
uid_t own_euid(void);

/* One line of a uid_map or gid_map without its newline: id inside, id outside, how many. 0 or -1. */
int uid_map_line(const char *line, uint64_t ret[3]);

#endif
