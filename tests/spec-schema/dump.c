/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the decode tables as lines "path, type, minimum, maximum, required" with tabs between, for the
 * comparison with the JSON schema in tests/spec-schema/run.
 */
#include <inttypes.h>
#include <stdio.h>

#include "../../spec/decode.h"

enum { PATH = 256 };

static void line(const char *path, const char *type, bool required)
{
	printf("%s\t%s\t\t\t%d\n", path, type, required);
}

static void integer(const char *path, const struct row *r, bool required)
{
	printf("%s\tinteger\t%" PRId64 "\t%" PRIu64 "\t%d\n", path, r->min, r->max, required);
}

static void dump(const struct table *t, const char *at)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct row *r = &t->rows[i];
		bool required = r->flags & ROW_REQUIRED;
		char path[PATH], inner[PATH + 8];
		snprintf(path, sizeof(path), "%s%s%s", at, *at ? "." : "", r->key);
		switch ((enum row_type)r->type) {
		case ROW_STRING:
		case ROW_NAMESPACE:
			line(path, "string", required);
			break;
		case ROW_BOOL:
		case ROW_OPT_BOOL:
			line(path, "boolean", required);
			break;
		case ROW_U32:
		case ROW_U64:
		case ROW_I64:
		case ROW_OPT_U64:
		case ROW_OPT_I64:
			integer(path, r, required);
			break;
		case ROW_STRINGS:
		case ROW_U32S:
			line(path, "array", required);
			snprintf(inner, sizeof(inner), "%s[]", path);
			if (r->type == ROW_STRINGS)
				line(inner, "string", false);
			else
				integer(inner, r, false);
			break;
		case ROW_OBJECT:
		case ROW_OBJECT_PTR:
			line(path, "object", required);
			dump(r->sub, path);
			break;
		case ROW_LIST:
			line(path, "array", required);
			snprintf(inner, sizeof(inner), "%s[]", path);
			line(inner, "object", false);
			dump(r->sub, inner);
			break;
		case ROW_STRING_MAP:
		case ROW_OBJECT_MAP:
			line(path, "object", required);
			snprintf(inner, sizeof(inner), "%s.<key>", path);
			line(inner, r->sub ? "object" : "string", false);
			if (r->sub)
				dump(r->sub, inner);
			break;
		case ROW_TYPES:
			break;
		}
	}
}

int main(void)
{
	dump(&table_config, "");
	return 0;
}
