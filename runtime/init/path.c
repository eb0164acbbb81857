/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of the image. Its content is hostile, and a neighbour with access to it may rename things while we
 * work, so a name is resolved by the kernel inside the root (RESOLVE_IN_ROOT), once, to an fd.
 *
 * What is missing is made one component at a time: mkdirat(2) in a directory that we hold, then that very
 * name is opened without following links. A prefix is never resolved again. A dangling link (an image's
 * /etc/resolv.conf is often one) is read, its text takes the place of the name, and the whole starts
 * over: whatever the text says, it is again resolved inside the root.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "init.h"
#include "sys.h"

enum { TRIES = 128, LINKS = 32 };

int path_open(int base, const char *path, int flags, uint64_t resolve)
{
	int fd = -1;
	/* EAGAIN: a rename or mount somewhere raced with a ".." of the path. A base of -1 has its own errno */
	for (int i = 0; base != -1 && i < TRIES; i++) {
		fd = sys_openat2(base, *path ? path : ".", (uint64_t)flags | O_CLOEXEC,
				 resolve | RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

/* A name that the image may be asked for; text is that of a path being expanded. */
struct walk {
	char text[PATH_MAX];
	char link[PATH_MAX];
	unsigned opts;
	uint64_t resolve;
};

static bool is_part(const char *p, size_t n, const char *what)
{
	return n == strlen(what) && memcmp(p, what, n) == 0;
}

/* Replace the part that ends at `rest` by the text of the link, which starts at the root when it is absolute
 * and at `part` otherwise. */
static int expand(struct walk *w, size_t part, size_t rest, ssize_t len)
{
	size_t tail = strlen(w->text + rest), at = w->link[0] == '/' ? 0 : part;
	if (at + (size_t)len + tail >= sizeof(w->text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memmove(w->text + at + len, w->text + rest, tail + 1);
	memcpy(w->text + at, w->link, (size_t)len);
	return 0;
}

/* Make `name` in dir and open it. */
static int make_one(int dir, const char *name, bool is_dir)
{
	if (!is_dir)
		return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (mkdirat(dir, name, 0755) < 0)
		return -1;
	return openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

enum { EXPANDED = -2 };

/* Make the part of n bytes at `at` in dir and open it. EXPANDED: it was a link, start over. */
static int make_part(struct walk *w, int dir, size_t at, size_t n, bool last)
{
	char name[NAME_MAX + 1];
	if (n > NAME_MAX || is_part(w->text + at, n, "..")) {
		errno = n > NAME_MAX ? ENAMETOOLONG : ENOENT;
		return -1;
	}
	memcpy(name, w->text + at, n);
	name[n] = '\0';
	bool is_dir = !last || (w->opts & PATH_DIR);
	int fd = make_one(dir, name, is_dir);
	if (fd >= 0 || errno != EEXIST)
		return fd;
	ssize_t len = w->opts & PATH_NO_LINKS ? -1 : readlinkat(dir, name, w->link, sizeof(w->link) - 1);
	if (len > 0)
		return expand(w, at, at + n, len) < 0 ? -1 : EXPANDED;
	/* made by someone else meanwhile: another container on the same files */
	return openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | (is_dir ? O_DIRECTORY : 0));
}

/* Make the parts from `at` on, in dir (which is closed). */
static int make_rest(struct walk *w, int dir, size_t at)
{
	while (w->text[at]) {
		size_t n = strcspn(w->text + at, "/"), rest = at + n;
		size_t next = rest + strspn(w->text + rest, "/");
		if (n > 0 && !is_part(w->text + at, n, ".")) {
			int fd = make_part(w, dir, at, n, !w->text[next]);
			leave_fd(&dir);
			if (fd < 0)
				return fd;
			dir = fd;
		}
		at = next;
	}
	return dir;
}

/* The longest part of the path that exists, as an open directory; *ret_at: where the rest starts. `missing`: the
 * whole is known not to. */
static int open_prefix(struct walk *w, int base, size_t *ret_at, bool missing)
{
	size_t end = strlen(w->text);
	for (;; missing = false) {
		while (end > 0 && w->text[end - 1] == '/')
			end--;
		*ret_at = end + strspn(w->text + end, "/");
		char cut = w->text[end];
		w->text[end] = '\0';
		int fd = missing ? -1 : path_open(base, w->text, O_PATH | O_DIRECTORY, w->resolve);
		w->text[end] = cut;
		if (missing && end > 0)
			errno = ENOENT;
		if (fd >= 0 || errno != ENOENT || end == 0)
			return fd;
		while (end > 0 && w->text[end - 1] != '/')
			end--;
	}
}

static int make_missing(int base, const char *path, unsigned opts, uint64_t resolve)
{
	struct walk w = { .opts = opts, .resolve = resolve };
	size_t len = strlen(path), at;
	if (len >= sizeof(w.text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(w.text, path, len + 1);
	for (int i = 0; i < LINKS; i++) {
		int fd = open_prefix(&w, base, &at, i == 0);
		if (fd >= 0)
			fd = make_rest(&w, fd, at);
		if (fd != EXPANDED)
			return fd;
	}
	errno = ELOOP;
	return -1;
}

int path_make(int base, const char *path, unsigned opts, bool *ret_made)
{
	uint64_t resolve = opts & PATH_NO_LINKS ? RESOLVE_NO_SYMLINKS : 0;
	int fd = path_open(base, path, O_PATH, resolve);
	bool made = fd < 0 && errno == ENOENT;
	if (made)
		fd = make_missing(base, path, opts, resolve);
	if (ret_made)
		*ret_made = made;
	return fd;
}

int path_parent(int base, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char dir[PATH_MAX];
	size_t n = (size_t)(name - path), len = strlen(name);
	if (len == 0 || len > NAME_MAX || n >= sizeof(dir) || is_part(name, len, ".") || is_part(name, len, "..")) {
		errno = EINVAL;
		return -1;
	}
	memcpy(dir, path, n);
	dir[n] = '\0';
	*ret_name = name;
	if (n == 0)
		return base;
	return path_make(base, dir, PATH_DIR, NULL);
}

int path_root(struct init *in)
{
	if (in->root < 0)
		in->root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return in->root;
}
