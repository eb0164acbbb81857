/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON output: shapes, numbers at their limits, bytes that are not UTF-8. */
#include <stdint.h>

#include "../../runtime/lib/json.h"
#include "../../runtime/lib/utf8.h"
#include "t.h"

static void is_list_of(const char *value, const char *expected)
{
	struct json *j = json_new(false);

	json_array(j);
	json_str(j, value);
	json_end_array(j);
	T_STR(json_text(j, NULL), expected);
	json_free(j);
}

T_TEST(compact)
{
	struct json *j = json_new(false);
	size_t len;

	json_map(j);
	json_kstr(j, "a", "x");
	json_kint(j, "b", INT64_MIN);
	json_kuint(j, "c", UINT64_MAX);
	json_kbool(j, "d", true);
	json_key(j, "e");
	json_array(j);
	json_int(j, 1);
	json_bool(j, false);
	json_map(j);
	json_end_map(j);
	json_end_array(j);
	json_kstr(j, "f", NULL);
	json_end_map(j);
	T_STR(json_text(j, &len), "{\"a\":\"x\",\"b\":-9223372036854775808,\"c\":18446744073709551615,"
				  "\"d\":true,\"e\":[1,false,{}],\"f\":null}");
	T_INT(len, strlen(json_text(j, NULL)));
	json_free(j);
	json_free(NULL);
}

/* Only what is a number as it stands. */
T_TEST(numbers)
{
	static const char *const texts[] = { "0", "0.00", "12.50", "7", "", ".5", "5.", "-1", "01", "1e9", "1.2.3", "x" };
	struct json *j = json_new(false);

	json_array(j);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		json_number(j, texts[i], strlen(texts[i]));
	json_number(j, "25 more", 2);
	json_end_array(j);
	T_STR(json_text(j, NULL), "[0,0.00,12.50,7,0,0,0,0,0,0,0,0,25]");
	json_free(j);
}

T_TEST(beautified)
{
	struct json *j = json_new(true);

	json_map(j);
	json_kint(j, "a", 1);
	json_end_map(j);
	T_STR(json_text(j, NULL), "{\n  \"a\": 1\n}\n");
	json_free(j);
}

T_TEST(escapes)
{
	is_list_of("a\"b\\c/d\n\t\x01", "[\"a\\\"b\\\\c/d\\n\\t\\u0001\"]");
	is_list_of("", "[\"\"]");
}

T_TEST(bad_utf8_is_replaced)
{
	is_list_of("gr\xc3\xbc\xc3\x9f", "[\"gr\xc3\xbc\xc3\x9f\"]");
	is_list_of("a\xff" "b", "[\"a\xef\xbf\xbd" "b\"]");
	is_list_of("\xc3", "[\"\xef\xbf\xbd\"]");				  /* cut */
	is_list_of("\xc0\xaf", "[\"\xef\xbf\xbd\xef\xbf\xbd\"]");		  /* overlong */
	is_list_of("\xed\xa0\x80", "[\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"]"); /* surrogate */
}

T_TEST(utf8_limits)
{
	T_INT(utf8_sequence("", 0), 0);
	T_INT(utf8_sequence("\x7f", 1), 1);
	T_INT(utf8_sequence("\xc2\x80", 2), 2);
	T_INT(utf8_sequence("\xc1\xbf", 2), 0);
	T_INT(utf8_sequence("\xe0\xa0\x80", 3), 3);
	T_INT(utf8_sequence("\xe0\x9f\xbf", 3), 0);
	T_INT(utf8_sequence("\xed\x9f\xbf", 3), 3);
	T_INT(utf8_sequence("\xef\xbf\xbf", 3), 3);
	T_INT(utf8_sequence("\xf0\x90\x80\x80", 4), 4);
	T_INT(utf8_sequence("\xf0\x8f\xbf\xbf", 4), 0);
	T_INT(utf8_sequence("\xf4\x8f\xbf\xbf", 4), 4);
	T_INT(utf8_sequence("\xf4\x90\x80\x80", 4), 0);
	T_INT(utf8_sequence("\xf5\x80\x80\x80", 4), 0);
	T_INT(utf8_sequence("\xe2\x82\xac", 2), 0);
	T_OK(utf8_valid("", 0));
}

T_MAIN()
