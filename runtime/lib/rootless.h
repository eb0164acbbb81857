/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BERTH_LIB_ROOTLESS_H
#define BERTH_LIB_ROOTLESS_H

#include <stdbool.h>

/* True when we are not root of the first user namespace: another user, or root of a user namespace that an engine
 * made for its rootless containers. */
bool is_rootless(void);

#endif
