/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a controller's files appear in a cgroup: it must be enabled in cgroup.subtree_control of every
 * cgroup above.
 *
 * A new cgroup gets all that the hierarchy has, because engines read the statistics and events of containers
 * that have no limits. Those that cannot be had are nobody's loss until a limit asks for one. Where the host
 * has enabled its controllers (systemd, an engine, the container before) it costs two reads.
 *
 * When a file that has to be written is missing, its controller is enabled or the reason told. From the
 * cgroup upwards: ask the parent to enable it; where the parent does not have it itself
 * (ENOENT), first the same one level higher, at most up to the mount. ".." is safe here: the kernel
 * knows no rename and no links in cgroup2, and the device number tells when the mount is left.
 * What was enabled stays so: other cgroups may rely on it by now, and it limits nothing by itself.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/fd.h"

enum { LEVELS_MAX = 2048, LIST_MAX = 512 };

/* "cpu io memory": a list of the kernel's. */
static void read_controllers(int cgfd, char list[LIST_MAX])
{
	if (fd_read_small(cgfd, "cgroup.controllers", list, LIST_MAX) < 0)
		list[0] = '\0';
}

static const char *next_word(const char *p)
{
	p += strcspn(p, " ");
	return p + (*p == ' ');
}

static bool has_word(const char *list, const char *word, size_t n)
{
	for (const char *p = list; *p; p = next_word(p))
		if (strncmp(p, word, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* Is `name` one of the cgroup's controllers? Also gives the list. */
static bool has_controller(int cgfd, const char *name, char list[LIST_MAX])
{
	read_controllers(cgfd, list);
	return has_word(list, name, strlen(name));
}

/* The cgroup above, or -1 with errno; ENOENT: this is the top of the mount. */
static int open_parent(int cgfd)
{
	struct stat here, up;
	CLEANUP_FD int fd = openat(cgfd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(cgfd, &here) < 0 || fstat(fd, &up) < 0)
		return -1;
	if (here.st_dev != up.st_dev || here.st_ino == up.st_ino) {
		errno = ENOENT;
		return -1;
	}
	return take_fd(&fd);
}

static int not_available(int topfd, const char *name, const char *prop, struct err *e)
{
	char list[LIST_MAX];
	has_controller(topfd, name, list);
	err_config(e, prop,
		   "cgroup controller \"%s\" is not available in the cgroup v2 hierarchy (it has: %s)", name,
		   *list ? list : "none");
	e->eno = ENOENT;
	return -1;
}

static int refused(const char *name, const char *prop, int eno, struct err *e)
{
	if (eno == EBUSY)
		err_config(e, prop,
			   "cgroup controller \"%s\" cannot be enabled: a cgroup above holds processes "
			   "itself, and cgroup v2 limits only children of cgroups without processes",
			   name);
	else
		err_config(e, prop, "cgroup controller \"%s\" cannot be enabled in a cgroup above: %s", name,
			   err_text(eno));
	e->eno = eno;
	return -1;
}

/* One write to cgroup.subtree_control. The kernel refuses most controllers where there are processes, and takes cpu,
 * cpuset and pids, but makes the cgroup a threaded one by that, below which no process can be born. Only the root of the
 * hierarchy, which has no type, may have both. 0, or -1 with errno. */
static int enable_words(int dir, const char *words)
{
	char procs[16];
	if (fd_read_small(dir, "cgroup.procs", procs, sizeof(procs)) > 0 && faccessat(dir, "cgroup.type", F_OK, 0) == 0) {
		errno = EBUSY;
		return -1;
	}
	return fd_write_small(dir, "cgroup.subtree_control", words, strlen(words));
}

/* Climb until a cgroup above can enable it, then descend again by repeating the climb one level
 * shorter. Two levels are the usual depth, so the repetition is cheaper than a list of fds. */
static int enable_once(int cgfd, const char *name, const char *prop, bool *ret_direct, struct err *e)
{
	char word[64];
	snprintf(word, sizeof(word), "+%s", name);
	CLEANUP_FD int here = fd_dup(cgfd);
	if (here < 0)
		return err_set(e, errno, "duplicate a cgroup fd");
	for (unsigned level = 0; level < LEVELS_MAX; level++) {
		int up = open_parent(here);
		if (up < 0 && errno == ENOENT)
			return not_available(here, name, prop, e);
		if (up < 0)
			return err_set(e, errno, "open the cgroup above");
		fd_close(&here);
		here = up;
		if (enable_words(here, word) == 0) {
			*ret_direct = level == 0;
			return 0;
		}
		/* EINVAL: no controller of this kernel has that name */
		if (errno == EINVAL)
			return not_available(here, name, prop, e);
		if (errno != ENOENT)
			return refused(name, prop, errno, e);
	}
	return not_available(here, name, prop, e);
}

int cg_controller_enable(int cgfd, const char *name, const char *prop, struct err *e)
{
	char list[LIST_MAX];
	if (has_controller(cgfd, name, list))
		return 0;
	for (unsigned i = 0; i < LEVELS_MAX; i++) {
		bool direct = false;
		if (enable_once(cgfd, name, prop, &direct, e) < 0)
			return -1;
		if (direct)
			return 0;
	}
	return not_available(cgfd, name, prop, e);
}

/* ---- all of them ---- */

/* The words of `all` that `have` lacks, as a write to cgroup.subtree_control: "+cpu +memory". */
static const char *words_to_add(const char *all, const char *have, char words[2 * LIST_MAX])
{
	char *to = words;
	for (const char *p = all; *p; p = next_word(p)) {
		size_t n = strcspn(p, " ");
		if (has_word(have, p, n))
			continue;
		if (to > words)
			*to++ = ' ';
		*to++ = '+';
		memcpy(to, p, n);
		to += n;
	}
	*to = '\0';
	return words;
}

/* One write takes effect for all or for none. When it fails, each controller that this level has is tried alone:
 * a level above may keep one to itself, or the kernel have a reason (real-time processes and cpu). */
static void add_at(int dir, const char *words)
{
	static const char file[] = "cgroup.subtree_control";
	char list[LIST_MAX];
	if (enable_words(dir, words) == 0 || errno == EACCES || errno == EPERM || errno == EROFS || errno == EBUSY)
		return;
	read_controllers(dir, list);
	for (const char *p = words; *p; p = next_word(p)) {
		size_t n = strcspn(p, " ");
		if (has_word(list, p + 1, n - 1))
			fd_write_small(dir, file, p, n);
	}
}

void cg_controllers_offer(int root, const char *rel, int cgfd)
{
	char all[LIST_MAX], have[LIST_MAX], words[2 * LIST_MAX];
	read_controllers(root, all);
	read_controllers(cgfd, have);
	if (!*words_to_add(all, have, words))
		return;
	add_at(root, words);
	for (size_t len = strcspn(rel, "/"); rel[len]; len += 1 + strcspn(rel + len + 1, "/")) {
		char part[PATH_MAX];
		memcpy(part, rel, len);
		part[len] = '\0';
		CLEANUP_FD int dir = cg_open_below(root, part, O_PATH);
		if (dir < 0)
			return;
		add_at(dir, words);
	}
}

void cg_controllers_pass_on(int dir)
{
	char all[LIST_MAX], have[LIST_MAX], words[2 * LIST_MAX];
	read_controllers(dir, all);
	if (fd_read_small(dir, "cgroup.subtree_control", have, sizeof(have)) >= 0 && *words_to_add(all, have, words))
		add_at(dir, words);
}
