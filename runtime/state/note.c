/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The note of a container's cgroup, beside the record. A create that is killed before it has written the whole record has
 * noted what it made; and a record that is damaged says nothing, but the container is in its cgroup all the same.
 *
 *	INODE:MADE DRIVER MARK PATH	as in struct cgroup_ref; a path that the file system has no room for is left out
 *
 * A link because it is made in one call, whole or not at all; its text is no path. It is as good as the record: the inode and
 * the mark are compared before anything is done to the cgroup.
 */
#include "state.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/number.h"

int state_note_cgroup(struct state_dir *d, const struct cgroup_ref *ref, struct err *e)
{
	char text[PATH_MAX];
	int head = snprintf(text, sizeof(text), "%llu:%u", (unsigned long long)ref->inode, ref->made);
	int n = snprintf(text + head, sizeof(text) - (size_t)head, " %s %s %s", cgroup_driver_name(ref->driver),
			 ref->mark ? ref->mark : "", ref->path);

	if (n >= (int)sizeof(text) - head)
		text[head] = '\0';
	if (symlinkat(text, d->fd, "cgroup") == 0)
		return 0;
	text[head] = '\0';
	return errno == ENAMETOOLONG && symlinkat(text, d->fd, "cgroup") == 0 ? 0 : err_set(e, errno, "note the cgroup");
}

/* The part before the next blank, which becomes its end; *p goes on behind it. */
static char *cut(char **p)
{
	char *word = *p, *blank = word ? strchr(word, ' ') : NULL;

	if (blank)
		*blank = '\0';
	*p = blank ? blank + 1 : NULL;
	return word;
}

/* What can be read of it, into *ref: 2 all, 1 without the path, 0 nothing. */
static int parse(char *text, struct cgroup_ref *ref)
{
	char *rest = text, *made = strchr(cut(&rest), ':');
	uint64_t inode, levels;

	if (!made)
		return 0;
	*made++ = '\0';
	if (parse_u64(text, UINT64_MAX, &inode) < 0 || !inode || parse_u64(made, RECORD_LEVELS_MAX, &levels) < 0)
		return 0;
	ref->inode = inode;
	ref->made = (unsigned)levels;
	ref->intended = false;
	const char *driver = cut(&rest), *mark = cut(&rest), *path = rest;
	if (!path || path[0] != '/' || !path[1] || !*mark || !record_is_plain(mark) || !record_is_plain(path) ||
	    cgroup_driver_parse(driver, &ref->driver) < 0)
		return 1;
	ref->mark = mark;
	ref->path = path;
	return 2;
}

/* As parse(); -1 with errno. */
static int read_note(struct arena *a, struct state_dir *d, struct cgroup_ref *ref)
{
	char *text = arena_alloc(a, PATH_MAX);
	ssize_t n = readlinkat(d->fd, "cgroup", text, PATH_MAX - 1);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return parse(text, ref);
}

static int unreadable(struct err *e)
{
	return err_set(e, errno, "read the note of its cgroup");
}

int state_complete(struct arena *a, struct state_dir *d, struct cgroup_ref *ref, struct err *e)
{
	return read_note(a, d, ref) < 0 && errno != ENOENT ? unreadable(e) : 0;
}

int state_read_note(struct arena *a, struct state_dir *d, struct record *ret, struct err *e)
{
	*ret = (struct record){ .id = d->id, .cgroup = { .path = "", .scope = "" }, .rdt = { .group = "" } };
	int r = read_note(a, d, &ret->cgroup);
	if (r == 2)
		return 1;
	if (r < 0)
		return errno == ENOENT ? 0 : unreadable(e);
	return err_set(e, 0, "nothing else says which cgroup is its own; end its processes and remove its folder by hand");
}
