/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the JSON reports share. */
#ifndef BERTH_AUDIT_PRINT_H
#define BERTH_AUDIT_PRINT_H

#include "../lib/json.h"

/* A value that is JSON text already. */
void json_value(struct json *j, const char *text);

#endif
