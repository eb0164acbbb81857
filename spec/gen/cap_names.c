/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Run by the build: prints the names of the capabilities that libcap knows, by number, as rows of an array
 * (spec/names.c). So that berth need not carry the library itself, which asks the kernel six questions each
 * time that a program with it starts.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

int main(void)
{
	for (cap_value_t c = 0; c < 64; c++) {
		char *name = cap_to_name(c);
		/* it gives a number as the name of one that it does not know */
		if (!name || strncmp(name, "cap_", 4) != 0)
			return c > CAP_LAST_CAP ? 0 : 1;
		for (char *p = name; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		printf("\"%s\",\n", name);
		cap_free(name);
	}
	return 0;
}
