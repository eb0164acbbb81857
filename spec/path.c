/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See path.h. First writing, then reading back, then line and column. Keys come from the document, so
 * they are hostile: control characters are escaped, and neither a long key nor a deep path can overflow
 * the text. /
 */
#include "path.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void path_push_key(struct path *p, const char *key, size_t len)
{
	if (p->n < PATH_PARTS)
		p->part[p->n] = (struct path_part){.key = key, .len = len};
	p->n++;
}

void path_push_index(struct path *p, size_t index)
{
	if (p->n < PATH_PARTS)
		p->part[p->n] = (struct path_part){.index = index};
	p->n++;
}

void path_pop(struct path *p)
{
	p->n--;
}

void path_push_text(struct path *p, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ".");
		path_push_key(p, text, n);
		text += n + (text[n] == '.');
	}
}

/* isalnum(3) depends on the locale and takes bytes above 127 in some */
static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_identifier(const char *key, size_t len)
{
	if (!len || len > PATH_KEY_MAX || (key[0] >= '0' && key[0] <= '9'))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_word(key[i]))
			return false;
	return true;
}

/* Text being written; `full` as soon as something did not fit, so that nothing after it is appended. */
struct out {
	char *buf;
	size_t len, size;
	bool full;
};

/* All or nothing, so that neither an escape nor a character is cut in two. */
static void put(struct out *o, const char *s, size_t n)
{
	if (o->full || o->len + n >= o->size) {
		o->full = true;
		return;
	}
	memcpy(o->buf + o->len, s, n);
	o->len += n;
}

static size_t utf8_length(unsigned char c)
{
	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* A key as a JSON string would show it, cut after PATH_KEY_MAX bytes; the dots then keep it from being found,
 * and spec_err_locate() falls back to the object around it. */
static void put_quoted(struct out *o, const char *key, size_t len)
{
	put(o, "[\"", 2);
	size_t i = 0, begin = o->len;
	/* escapes count as what they are written as, so that the closing bracket always has its place */
	while (i < len && i < PATH_KEY_MAX && o->len - begin < PATH_KEY_MAX) {
		unsigned char c = (unsigned char)key[i];
		size_t n = utf8_length(c);
		if (c < 0x20 || c == 0x7f) {
			char esc[8];
			int digits = snprintf(esc, sizeof(esc), "\\u%04x", (unsigned)c);
			put(o, esc, (size_t)digits);
		} else if (c == '"' || c == '\\') {
			put(o, (char[]){'\\', (char)c}, 2);
		} else if (n <= len - i) {
			put(o, key + i, n);
		}
		i += n;
	}
	if (i < len)
		put(o, "...", 3);
	put(o, "\"]", 2);
}

void path_text(const struct path *p, char *buf, size_t size)
{
	struct out o = {.buf = buf, .size = size};
	for (unsigned i = 0; i < p->n && i < PATH_PARTS; i++) {
		const struct path_part *part = &p->part[i];
		if (!part->key) {
			char num[32];
			int n = snprintf(num, sizeof(num), "[%zu]", part->index);
			put(&o, num, (size_t)n);
		} else if (is_identifier(part->key, part->len)) {
			if (i)
				put(&o, ".", 1);
			put(&o, part->key, part->len);
		} else {
			put_quoted(&o, part->key, part->len);
		}
	}
	buf[o.len] = '\0';
}

const char *path_of_key(struct arena *a, const char *map, const char *key)
{
	char text[PATH_TEXT];
	struct path p = {.n = 0};
	path_push_text(&p, map);
	path_push_key(&p, key, strlen(key));
	path_text(&p, text, sizeof(text));
	return arena_strdup(a, text);
}

/* Only what put_quoted() writes: four lower-case digits. */
static int hex4(const char *s)
{
	int v = 0;
	for (int i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef", *d = s[i] ? strchr(digits, s[i]) : NULL;
		if (!d)
			return -1;
		v = v * 16 + (int)(d - digits);
	}
	return v;
}

/* ["key"]; *text is at the bracket */
static int parse_quoted(const char **text, struct path_part *part, char *buf, size_t size)
{
	const char *s = *text + 2;
	size_t n = 0;
	for (; *s && *s != '"'; s++) {
		if (n + 1 >= size)
			return -1;
		if (*s != '\\') {
			buf[n++] = *s;
			continue;
		}
		s++;
		if (*s == 'u') {
			int c = hex4(s + 1);
			if (c < 0 || c > 0x7f)
				return -1;
			buf[n++] = (char)c;
			s += 4;
		} else if (*s == '"' || *s == '\\') {
			buf[n++] = *s;
		} else {
			return -1;
		}
	}
	if (s[0] != '"' || s[1] != ']')
		return -1;
	*part = (struct path_part){.key = buf, .len = n};
	*text = s + 2;
	return 0;
}

/* [123]; *text is at the bracket */
static int parse_index(const char **text, struct path_part *part)
{
	const char *s = *text + 1;
	size_t v = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > SIZE_MAX / 10 - 1)
			return -1;
		v = v * 10 + (size_t)(*s - '0');
	}
	if (s == *text + 1 || *s != ']')
		return -1;
	*part = (struct path_part){.index = v};
	*text = s + 1;
	return 0;
}

int path_parse_part(const char **text, struct path_part *part, char *buf, size_t size)
{
	const char *s = *text;
	if (*s == '.')
		s++;
	if (!*s)
		return -1;
	if (*s == '[') {
		*text = s;
		return s[1] == '"' ? parse_quoted(text, part, buf, size) : parse_index(text, part);
	}
	size_t n = 0;
	while (is_word(s[n]))
		n++;
	if (!n || n >= size)
		return -1;
	memcpy(buf, s, n);
	buf[n] = '\0';
	*part = (struct path_part){.key = buf, .len = n};
	*text = s + n;
	return 0;
}

/* Between two tokens there are only white space, commas and colons. */
size_t text_token_start(const char *text, size_t len, size_t end)
{
	while (end < len && text[end] && strchr(" \t\r\n:,", text[end]))
		end++;
	return end;
}

void text_position(const char *text, size_t len, size_t offset, size_t *line, size_t *column)
{
	size_t l = 1, c = 1;
	if (offset > len)
		offset = len;
	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			l++;
			c = 1;
		} else if (((unsigned char)text[i] & 0xc0) !=
			   0x80) { /* continuation bytes are no character */
			c++;
		}
	}
	*line = l;
	*column = c;
}
