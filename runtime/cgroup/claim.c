/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose cgroup a directory is, among containers that have the same cgroupsPath one after the other: the second may
 * be created when the first has ended but was not deleted. The inode number is the same for both, so the
 * directory itself carries the mark of the last that was put into it. Killing, freezing and removing is for that one
 * alone; it also takes over the duty to remove what an earlier one had made.
 *
 * Kept as an extended attribute that only root of the first user namespace can write, so that no container can
 * disown its cgroup. Where berth may not write it (rootless, within a user namespace) there is none.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "../lib/number.h"

static const char attribute[] = "trusted.berth";

enum { CLAIM_MAX = 128, LEVELS_MAX = 4096 };

/* "LEVELS MARK". Where MARK begins, or NULL when there is no claim. */
static const char *claim_read(int cgfd, char text[CLAIM_MAX], unsigned *ret_made)
{
	ssize_t n = fgetxattr(cgfd, attribute, text, CLAIM_MAX - 1);
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	const char *p = text;
	uint64_t made;
	if (number_field(&p, ' ', LEVELS_MAX, &made) < 0)
		return NULL;
	*ret_made = (unsigned)made;
	return p;
}

void cg_claim(int cgfd, struct cgroup_ref *ref)
{
	char text[CLAIM_MAX];
	unsigned made;
	if (!ref->mark || !*ref->mark)
		return;
	if (!ref->made && claim_read(cgfd, text, &made))
		ref->made = made;
	int n = snprintf(text, sizeof(text), "%u %s", ref->made, ref->mark);
	if (n < CLAIM_MAX)
		(void)fsetxattr(cgfd, attribute, text, (size_t)n, 0);
}

bool cg_claimed_by_another(int cgfd, const struct cgroup_ref *ref)
{
	char text[CLAIM_MAX];
	unsigned made;
	const char *mark = claim_read(cgfd, text, &made);
	return mark && ref->mark && strcmp(mark, ref->mark) != 0;
}

void cg_claim_end(int cgfd)
{
	(void)fremovexattr(cgfd, attribute);
}
