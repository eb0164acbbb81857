/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See scan.h. Eight bytes at a time while they are plain ASCII; one by one where they are not. */
#include "scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define EACH(b) (0x0101010101010101ULL * (b))

/* Nonzero when a byte of x is zero; no false positive below the first zero byte, which is enough here. */
static inline uint64_t has_zero(uint64_t x)
{
	return (x - EACH(1)) & ~x & EACH(0x80);
}

/* Eight bytes of ASCII without backslash, VT and FF: most of every config. */
static bool plain8(const unsigned char *s)
{
	uint64_t w;
	memcpy(&w, s, sizeof(w));
	return !((w & EACH(0x80)) | has_zero(w ^ EACH('\\')) | has_zero(w ^ EACH('\v')) |
		 has_zero(w ^ EACH('\f')));
}

/* Length of the UTF-8 sequence at s, or 0: overlong, a surrogate, above U+10FFFF, cut short. */
static size_t utf8_sequence(const unsigned char *s, size_t n)
{
	unsigned char c = s[0], low = 0x80, high = 0xbf;
	size_t len;
	if (c >= 0xc2 && c <= 0xdf) {
		len = 2;
	} else if (c >= 0xe0 && c <= 0xef) {
		len = 3;
		if (c == 0xe0)
			low = 0xa0;
		else if (c == 0xed)
			high = 0x9f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		len = 4;
		if (c == 0xf0)
			low = 0x90;
		else if (c == 0xf4)
			high = 0x8f;
	} else {
		return 0;
	}
	if (n < len || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* The four digits after \u, or -1 (the parser reports that itself). */
static int hex4(const unsigned char *s, size_t n)
{
	int v = 0;
	if (n < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		unsigned char c = s[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* Length of the escape at s (which is a backslash), or 0 with *why. */
static size_t escape(const unsigned char *s, size_t n, const char **why)
{
	if (n < 2 || s[1] != 'u')
		return n < 2 ? n : 2;
	int v = hex4(s + 2, n - 2);
	if (v < 0)
		return 2;
	if (v == 0) {
		*why = "a string must not contain the NUL character (\\u0000)";
		return 0;
	}
	if (v < 0xd800 || v > 0xdfff)
		return 6;
	int next = v <= 0xdbff && n >= 12 && s[6] == '\\' && s[7] == 'u' ? hex4(s + 8, n - 8) : -1;
	if (next >= 0xdc00 && next <= 0xdfff)
		return 12;
	*why = "a string must not contain half of a surrogate pair";
	return 0;
}

/* A backslash outside of a string is taken for an escape too; the parser refuses such a document at that very
 * place, before it could matter. */
size_t scan_document(const char *json, size_t len, const char **ret_why)
{
	const unsigned char *s = (const unsigned char *)json;
	size_t i = 0;
	while (i < len) {
		if (len - i >= 8 && plain8(s + i)) {
			i += 8;
			continue;
		}
		size_t n = 1;
		if (s[i] == '\\') {
			n = escape(s + i, len - i, ret_why);
		} else if (s[i] >= 0x80) {
			*ret_why = "invalid UTF-8";
			n = utf8_sequence(s + i, len - i);
		} else if (s[i] == '\v' || s[i] == '\f') {
			*ret_why = "unexpected control character";
			n = 0;
		}
		if (!n)
			return i;
		i += n;
	}
	return SIZE_MAX;
}
