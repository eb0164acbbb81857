/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiled filters on disk: compiling an engine's default profile takes libseccomp milliseconds, and
 * the same profile comes with every container.
 *
 * The folder belongs to us and is closed to others (state.h); an entry is used only when it is a regular
 * file of ours with mode 0600. A file's name is a hash of the key, and the whole key stands in the file and
 * is compared, so a collision is a miss. What is damaged (a power cut may leave a renamed file empty) fails
 * its checksum and is a miss too: the profile is compiled again and the entry replaced.
 *
 *	key	the profile, every string with its length; our version; the kernel's release, build and
 *		machine, which stand for the actions that it knows
 *	entry	struct entry_head, key, path of libseccomp with NUL, padding to 8, filter
 *
 * libseccomp cannot be part of the key, since finding it is what a hit avoids: an entry names the file it
 * was made with, and one stat(2) tells whether that file is still the same.
 */
#include "seccomp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/log.h"

#ifndef BERTH_VERSION
#define BERTH_VERSION "unknown"
#endif
#ifndef BERTH_COMMIT
#define BERTH_COMMIT "unknown"
#endif

enum {
	CACHE_MAGIC = 0x53545242, /* "BRTS" */
	CACHE_FORMAT = 1,
	CACHE_MAX_ENTRIES = 64,
	CACHE_MAX_BYTES = 1024 * 1024, /* of one entry; a larger profile is compiled each time */
	CACHE_STALE_TEMP = 60,	       /* seconds after which a temporary file is nobody's */
	NAME_LEN = 16,
};

struct entry_head {
	uint64_t checksum; /* of all that follows */
	uint32_t magic, format;
	uint32_t key_len, path_len; /* path_len with the NUL */
	uint32_t count;		    /* instructions */
	uint32_t pad;
	uint64_t dev, ino, size, mtime_sec, mtime_nsec; /* of libseccomp */
};

/* A quick hash against accidents (murmur's mixing step, 8 bytes at a time); nothing trusts it. */
static uint64_t hash(const void *data, size_t len)
{
	const uint64_t m = UINT64_C(0xc6a4a7935bd1e995);
	const unsigned char *p = data;
	uint64_t h = len * m;
	while (len > 0) {
		uint64_t k = 0;
		size_t n = len < 8 ? len : 8;
		memcpy(&k, p, n);
		k *= m;
		k ^= k >> 47;
		h = (h ^ k * m) * m;
		p += n;
		len -= n;
	}
	h ^= h >> 47;
	h *= m;
	return h ^ h >> 47;
}

/* --- the key ------------------------------------------------------------------------------------ */

/* Written twice: with p NULL to learn the length, then for good. */
struct sink {
	unsigned char *p;
	size_t n;
};

static void put(struct sink *k, const void *data, size_t len)
{
	if (k->p)
		memcpy(k->p + k->n, data, len);
	k->n += len;
}

static void put_u64(struct sink *k, uint64_t v)
{
	put(k, &v, sizeof(v));
}

static void put_str(struct sink *k, const char *s)
{
	size_t len = strlen(s);
	put_u64(k, len);
	put(k, s, len);
}

static void put_strv(struct sink *k, const struct strv *v)
{
	put_u64(k, v->n);
	for (size_t i = 0; i < v->n; i++)
		put_str(k, v->v[i]);
}

static void put_opt(struct sink *k, const struct opt_u64 *o)
{
	put_u64(k, o->set);
	put_u64(k, o->set ? o->v : 0);
}

static void put_rule(struct sink *k, const struct spec_seccomp_rule *r)
{
	put_strv(k, &r->names);
	put_str(k, r->action);
	put_opt(k, &r->errno_ret);
	put_u64(k, r->args.n);
	for (size_t i = 0; i < r->args.n; i++) {
		put_u64(k, r->args.v[i].index);
		put_u64(k, r->args.v[i].value);
		put_u64(k, r->args.v[i].value_two);
		put_str(k, r->args.v[i].op);
	}
}

/* The flags and the listener are not part of the filter. */
static void put_key(struct sink *k, const struct spec_seccomp *s, const struct utsname *u)
{
	put_str(k, BERTH_VERSION " " BERTH_COMMIT);
	put_str(k, u->release);
	put_str(k, u->version);
	put_str(k, u->machine);
	put_str(k, s->default_action);
	put_opt(k, &s->default_errno_ret);
	put_strv(k, &s->architectures);
	put_u64(k, s->syscalls.n);
	for (size_t i = 0; i < s->syscalls.n; i++)
		put_rule(k, &s->syscalls.v[i]);
}

void seccomp_key_make(struct arena *a, const struct spec_seccomp *s, struct seccomp_key *ret)
{
	struct utsname u;
	struct sink k = { NULL, 0 };

	if (uname(&u) < 0)
		memset(&u, 0, sizeof(u));
	put_key(&k, s, &u);
	k.p = arena_alloc(a, k.n);
	k.n = 0;
	put_key(&k, s, &u);
	ret->data = k.p;
	ret->len = k.n;
	snprintf(ret->name, sizeof(ret->name), "%016llx", (unsigned long long)hash(k.p, k.n));
}

/* --- reading ------------------------------------------------------------------------------------ */

static size_t filter_offset(size_t key_len, size_t path_len)
{
	return (sizeof(struct entry_head) + key_len + path_len + 7) & ~(size_t)7;
}

/* The bytes of an entry file, or NULL. */
static char *read_entry(struct arena *a, int dirfd, const char *name, size_t *ret_len)
{
	CLEANUP_FD int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 07777) != 0600)
		return NULL;
	if (st.st_size < (off_t)sizeof(struct entry_head) || st.st_size > CACHE_MAX_BYTES)
		return NULL;
	char *p = arena_alloc(a, (size_t)st.st_size);
	*ret_len = (size_t)st.st_size;
	return read(fd, p, *ret_len) == (ssize_t)*ret_len ? p : NULL;
}

static bool head_fits(const struct entry_head *h, const struct seccomp_key *key, size_t len)
{
	return h->magic == CACHE_MAGIC && h->format == CACHE_FORMAT && h->key_len == key->len && h->path_len > 1 &&
	       h->path_len <= sizeof(((struct seccomp_lib_id *)NULL)->path) && h->count > 0 &&
	       h->count <= BPF_MAXINSNS &&
	       len == filter_offset(h->key_len, h->path_len) + h->count * sizeof(struct sock_filter);
}

static bool library_fits(const struct entry_head *h, const char *path)
{
	struct seccomp_lib_id id = { .dev = h->dev,
				     .ino = h->ino,
				     .size = h->size,
				     .mtime_sec = h->mtime_sec,
				     .mtime_nsec = h->mtime_nsec };
	if (path[0] != '/' || path[h->path_len - 1] != '\0')
		return false;
	memcpy(id.path, path, h->path_len);
	return seccomp_lib_unchanged(&id);
}

bool seccomp_cache_load(struct arena *a, int dirfd, const struct seccomp_key *key, struct seccomp_filter *ret)
{
	size_t len;
	const char *p = read_entry(a, dirfd, key->name, &len);
	if (!p)
		return false;
	const struct entry_head *h = (const void *)p;
	if (!head_fits(h, key, len) ||
	    h->checksum != hash(p + sizeof(h->checksum), len - sizeof(h->checksum)) ||
	    memcmp(p + sizeof(*h), key->data, key->len) != 0 ||
	    !library_fits(h, p + sizeof(*h) + h->key_len)) {
		log_debug("cached seccomp filter %s does not fit, it is made again", key->name);
		return false;
	}
	ret->prog = p + filter_offset(h->key_len, h->path_len);
	ret->count = h->count;
	return true;
}

/* --- writing ------------------------------------------------------------------------------------ */

static bool is_entry(const char *name)
{
	return strspn(name, "0123456789abcdef") == NAME_LEN && name[NAME_LEN] == '\0';
}

/* What fd_write_atomic() leaves when its process is killed: "<entry>.<pid>.tmp". */
static bool is_temp(const char *name)
{
	size_t n = strlen(name);
	return strspn(name, "0123456789abcdef") == NAME_LEN && name[NAME_LEN] == '.' && n > 4 &&
	       strcmp(name + n - 4, ".tmp") == 0;
}

/* One pass over the folder: count the entries, find the oldest, remove what a killed process left. */
static size_t survey(DIR *d, char oldest[NAME_LEN + 1])
{
	struct timespec when = { 0 };
	size_t n = 0;
	time_t now = time(NULL);

	rewinddir(d);
	oldest[0] = '\0';
	for (struct dirent *de; (de = readdir(d));) {
		struct stat st;
		bool temp = is_temp(de->d_name);
		if ((!temp && !is_entry(de->d_name)) || fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (temp) {
			if (st.st_mtime < now - CACHE_STALE_TEMP)
				unlinkat(dirfd(d), de->d_name, 0);
			continue;
		}
		n++;
		if (!oldest[0] || st.st_mtim.tv_sec < when.tv_sec ||
		    (st.st_mtim.tv_sec == when.tv_sec && st.st_mtim.tv_nsec < when.tv_nsec)) {
			memcpy(oldest, de->d_name, NAME_LEN + 1);
			when = st.st_mtim;
		}
	}
	return n;
}

static void prune(int dirfd_)
{
	int fd = openat(dirfd_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	char oldest[NAME_LEN + 1];
	if (!d) {
		fd_close(&fd);
		return;
	}
	while (survey(d, oldest) > CACHE_MAX_ENTRIES)
		if (unlinkat(dirfd_, oldest, 0) < 0 && errno != ENOENT)
			break;
	closedir(d);
}

/* What has the name did not fit, or somebody else is storing the same: there may be none for a moment, which is a miss.
 * Where no file can be without a name, it has another one until it is whole. */
static int write_entry(int dirfd_, const char *name, const void *data, size_t len, struct err *e)
{
	if (fd_write_unnamed(dirfd_, name, data, len, 0600) == 0)
		return 0;
	if (errno == EEXIST && unlinkat(dirfd_, name, 0) == 0 && fd_write_unnamed(dirfd_, name, data, len, 0600) == 0)
		return 0;
	return fd_write_atomic(dirfd_, name, data, len, 0600, e);
}

void seccomp_cache_store(struct arena *a, int dirfd, const struct seccomp_key *key,
			 const struct seccomp_lib_id *lib, const struct seccomp_filter *f)
{
	if (!lib->path[0])
		return;
	size_t path_len = strlen(lib->path) + 1, filter_len = f->count * sizeof(struct sock_filter);
	size_t at = filter_offset(key->len, path_len), len = at + filter_len;
	if (len > CACHE_MAX_BYTES)
		return;

	char *p = arena_alloc(a, len);
	struct entry_head *h = (void *)p;
	*h = (struct entry_head){ .magic = CACHE_MAGIC,
				  .format = CACHE_FORMAT,
				  .key_len = (uint32_t)key->len,
				  .path_len = (uint32_t)path_len,
				  .count = f->count,
				  .dev = lib->dev,
				  .ino = lib->ino,
				  .size = lib->size,
				  .mtime_sec = lib->mtime_sec,
				  .mtime_nsec = lib->mtime_nsec };
	memcpy(p + sizeof(*h), key->data, key->len);
	memcpy(p + sizeof(*h) + key->len, lib->path, path_len);
	memcpy(p + at, f->prog, filter_len);
	h->checksum = hash(p + sizeof(h->checksum), len - sizeof(h->checksum));

	struct err e = { 0 };
	if (write_entry(dirfd, key->name, p, len, &e) < 0)
		log_debug("seccomp filter is not cached: %s", e.text);
	else
		prune(dirfd);
}
