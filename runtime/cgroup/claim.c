/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose cgroup a directory is, among containers that have the same cgroupsPath one after the other: the second may
 * be created when the first has ended but was not deleted. The inode number is the same for both, so the
 * directory itself carries the mark of the last that was put into it. Killing, freezing and removing is for that one
 * alone; it also takes over the duty to remove what an earlier one had made.
 *
 * So a container without its mark must never be in a directory where another one was or comes to be: a create that cannot leave
 * it fails. Only in a directory that was made for it may it be missing, where marks are not permitted at all: then
 * the next container cannot leave one either, and is refused.
 *
 * The levels above that berth made carry a mark too: any container may be the last one below them.
 *
 * Kept as extended attributes that only root of the first user namespace can write, so that no container can
 * disown its cgroup. Others (rootless, within a user namespace) have those of the user [5.7], which a container that may write to its
 * cgroup can write as well: root takes nobody else's word.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "../lib/number.h"
#include "../lib/rootless.h"

static const struct names {
	const char *claim, *made;
} of_root = { "trusted.berth", "trusted.berth.made" }, of_user = { "user.berth", "user.berth.made" };

enum { CLAIM_MAX = 128, LEVELS_MAX = 4096, LIST_MAX = 4096, FD_PATH_MAX = 32 };

static const struct names *names(void)
{
	return is_rootless() ? &of_user : &of_root;
}

/* Here nobody of our kind may ever leave a mark. */
static bool is_not_permitted(int eno)
{
	return eno == EPERM || eno == EACCES || eno == EOPNOTSUPP;
}

/* Mostly there is one of root's, and it need not be asked who we are. Length, 0: none, -1: errno. */
static ssize_t attribute_read(int cgfd, char text[CLAIM_MAX])
{
	ssize_t n = fgetxattr(cgfd, of_root.claim, text, CLAIM_MAX - 1);
	if (n < 0 && errno == ENODATA) {
		if (!is_rootless())
			return 0;
		n = fgetxattr(cgfd, of_user.claim, text, CLAIM_MAX - 1);
	}
	return n < 0 && (errno == ENODATA || errno == EOPNOTSUPP || errno == ERANGE) ? 0 : n;
}

/* "LEVELS MARK". 1: *ret_mark is MARK, within text; 0: there is no claim; -1: errno. */
static int claim_read(int cgfd, char text[CLAIM_MAX], unsigned *ret_made, const char **ret_mark)
{
	ssize_t n = attribute_read(cgfd, text);
	if (n <= 0)
		return (int)n;
	text[n] = '\0';
	const char *p = text;
	uint64_t made;
	if (number_field(&p, ' ', LEVELS_MAX, &made) < 0)
		return 0;
	*ret_made = (unsigned)made;
	*ret_mark = p;
	return 1;
}

/* What an earlier container would have had to remove; or it is a level that berth made for one that was further below. */
static int inherit(int cgfd, unsigned *ret_made)
{
	char text[CLAIM_MAX];
	const char *earlier;
	int r = claim_read(cgfd, text, ret_made, &earlier);
	if (r != 0)
		return r;
	r = cg_level_is_ours(cgfd);
	*ret_made = r > 0;
	return r;
}

int cg_claim(int cgfd, struct cgroup_ref *ref, struct err *e)
{
	char text[CLAIM_MAX];
	if (!ref->mark || !*ref->mark)
		return 0;
	if (!ref->fresh && inherit(cgfd, &ref->made) < 0)
		return err_set(e, errno, "find out whose cgroup \"%s\" was", ref->path);
	int n = snprintf(text, sizeof(text), "%u %s", ref->made, ref->mark);
	if (fsetxattr(cgfd, names()->claim, text, (size_t)n, 0) == 0 || (ref->fresh && is_not_permitted(errno)))
		return 0;
	return err_set(e, errno, ref->fresh ? "mark cgroup \"%s\" as this container's" :
					      "cgroup \"%s\" exists and cannot be marked as this container's", ref->path);
}

int cg_claimed_by_another(int cgfd, const struct cgroup_ref *ref)
{
	char text[CLAIM_MAX];
	unsigned made;
	const char *mark;
	if (!ref->mark || ref->driver != CGROUP_CGROUPFS)
		return 0;
	int r = claim_read(cgfd, text, &made, &mark);
	return r > 0 ? strcmp(mark, ref->mark) != 0 : r;
}

void cg_claim_end(int cgfd)
{
	if (fremovexattr(cgfd, of_root.claim) < 0 && is_rootless())
		(void)fremovexattr(cgfd, of_user.claim);
}

/* By way of /proc, as the descriptor is only a path. */
static const char *fd_path(int fd, char buf[FD_PATH_MAX])
{
	snprintf(buf, FD_PATH_MAX, "/proc/self/fd/%d", fd);
	return buf;
}

int cg_level_mark(int dir)
{
	char path[FD_PATH_MAX];
	return setxattr(fd_path(dir, path), names()->made, "1", 1, 0) == 0 || is_not_permitted(errno) ? 0 : -1;
}

/* The list has no names of root's for others. */
int cg_level_is_ours(int dir)
{
	char path[FD_PATH_MAX], list[LIST_MAX];
	ssize_t n = listxattr(fd_path(dir, path), list, sizeof(list));
	if (n < 0)
		return errno == EOPNOTSUPP || errno == ERANGE ? 0 : -1;
	for (const char *p = list; p < list + n; p += strlen(p) + 1)
		if (strcmp(p, of_root.made) == 0 || (strcmp(p, of_user.made) == 0 && is_rootless()))
			return 1;
	return 0;
}
