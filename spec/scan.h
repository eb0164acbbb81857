/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must be refused in the raw bytes because the JSON parser would repair or accept it: bytes that
 * are not strict UTF-8 (yajl lets overlong forms and encoded surrogates pass), escaped lone
 * surrogates (yajl writes "?" for them), an escaped NUL (C strings end there) and the control
 * characters VT and FF (yajl takes them for white space).
 */
#ifndef BERTH_SPEC_SCAN_H
#define BERTH_SPEC_SCAN_H

#include <stddef.h>

/* Offset of the first such byte and what is wrong with it, or SIZE_MAX. */
size_t scan_document(const char *json, size_t len, const char **ret_why);

#endif
