/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cache of compiled filters: what is a hit, and all that must not be one. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "../../runtime/lib/fd.h"
#include "seccomp_profile.h"

/* --- cache -------------------------------------------------------------------------------------- */

static int open_cache(const char *name)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	mkdir(path, 0700);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static struct spec_seccomp *sample(long eno)
{
	struct spec_seccomp *s = profile("SCMP_ACT_ERRNO", -1);
	rule(s, "SCMP_ACT_ALLOW", "exit_group getpid read write", -1);
	rule(s, "SCMP_ACT_ERRNO", "getppid", eno);
	return s;
}

/* How many files there are; the name of one of them. */
static int entries(int fd, char *name, size_t size)
{
	DIR *d = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int n = 0;
	for (struct dirent *de; (de = readdir(d));) {
		if (de->d_name[0] == '.')
			continue;
		n++;
		if (name)
			T_OK((size_t)snprintf(name, size, "%s", de->d_name) < size);
	}
	closedir(d);
	return n;
}

static bool same(const struct seccomp_filter *a, const struct seccomp_filter *b)
{
	return a->count == b->count && a->flags == b->flags && a->listener == b->listener &&
	       memcmp(a->prog, b->prog, a->count * sizeof(struct sock_filter)) == 0;
}

/* Would this be a hit? */
static bool hit(int fd, const struct spec_seccomp *s)
{
	struct seccomp_key key;
	struct seccomp_filter f;
	seccomp_key_make(&arena, s, &key);
	return seccomp_cache_load(&arena, fd, &key, &f);
}

T_TEST(cache_hit)
{
	CLEANUP_FD int fd = open_cache("hit");
	struct seccomp_filter none, miss, found;
	char name[64];
	T_INT(compile(sample(EXDEV), -1, &none), 0);
	T_INT(entries(fd, NULL, 0), 0);
	T_OK(!hit(fd, sample(EXDEV)));
	T_INT(compile(sample(EXDEV), fd, &miss), 0);
	T_INT(entries(fd, name, sizeof(name)), 1);
	T_INT(strlen(name), 16);
	T_OK(hit(fd, sample(EXDEV)));
	T_INT(compile(sample(EXDEV), fd, &found), 0);
	T_INT(entries(fd, NULL, 0), 1);
	T_OK(same(&none, &miss));
	T_OK(same(&none, &found));
	T_INT(errno_of(&found, SYS_getppid, 0, 0, 0), EXDEV);

	struct stat st;
	T_INT(fstatat(fd, name, &st, 0), 0);
	T_INT(st.st_mode, S_IFREG | 0600);
}

T_TEST(cache_tells_profiles_apart)
{
	CLEANUP_FD int fd = open_cache("apart");
	struct seccomp_filter f;
	T_INT(compile(sample(EXDEV), fd, &f), 0);
	T_OK(!hit(fd, sample(EACCES)));
	T_INT(compile(sample(EACCES), fd, &f), 0);
	T_INT(entries(fd, NULL, 0), 2);
	T_INT(errno_of(&f, SYS_getppid, 0, 0, 0), EACCES);

	/* each member counts, and no two members can be mistaken for one another */
	struct spec_seccomp *s = sample(EXDEV);
	T_OK(hit(fd, s));
	s->syscalls.v[0].names = words("exit_group getpid readwrite");
	T_OK(!hit(fd, s));
	s = sample(EXDEV);
	s->syscalls.v[0].names = words("exit_group getpid write read");
	T_OK(!hit(fd, s));
	s = sample(EXDEV);
	s->architectures = words("SCMP_ARCH_X86");
	T_OK(!hit(fd, s));
	s = sample(EXDEV);
	s->default_errno_ret = opt(EPERM);
	T_OK(!hit(fd, s));
	s = sample(EXDEV);
	arg(&s->syscalls.v[1], 0, "SCMP_CMP_EQ", 0, 0);
	T_OK(!hit(fd, s));
	/* these do not change the program */
	s = sample(EXDEV);
	s->flags = words("SECCOMP_FILTER_FLAG_LOG");
	s->flags_set = true;
	s->listener_path = "/x";
	T_OK(hit(fd, s));
	T_INT(compile(s, fd, &f), 0);
	T_INT(f.flags, SECCOMP_FILTER_FLAG_LOG);
}

/* The name is only a hash: an entry of another profile under it, intact and of the same length, is none. */
T_TEST(cache_compares_the_whole_key)
{
	CLEANUP_FD int fd = open_cache("collision");
	struct seccomp_filter f;
	struct seccomp_key one, other;
	seccomp_key_make(&arena, sample(EXDEV), &one);
	seccomp_key_make(&arena, sample(EACCES), &other);
	T_INT(one.len, other.len);
	T_INT(compile(sample(EACCES), fd, &f), 0);
	T_INT(renameat(fd, other.name, fd, one.name), 0);
	T_OK(!hit(fd, sample(EXDEV)));
	T_INT(compile(sample(EXDEV), fd, &f), 0);
	T_INT(errno_of(&f, SYS_getppid, 0, 0, 0), EXDEV);
	T_OK(hit(fd, sample(EXDEV)));
}

static void flip(int fd, const char *name, off_t at)
{
	CLEANUP_FD int f = openat(fd, name, O_RDWR | O_CLOEXEC);
	unsigned char c;
	T_INT(pread(f, &c, 1, at), 1);
	c ^= 1;
	T_INT(pwrite(f, &c, 1, at), 1);
}

T_TEST(cache_ignores_damage)
{
	CLEANUP_FD int fd = open_cache("damage");
	struct seccomp_filter good, f;
	struct stat st;
	char name[64];
	T_INT(compile(sample(EXDEV), fd, &good), 0);
	T_INT(entries(fd, name, sizeof(name)), 1);
	T_INT(fstatat(fd, name, &st, 0), 0);
	/* every byte of it, one after the other */
	for (off_t at = 0; at < st.st_size; at++) {
		flip(fd, name, at);
		T_OK(!hit(fd, sample(EXDEV)));
		flip(fd, name, at);
	}
	T_OK(hit(fd, sample(EXDEV)));
	/* every length */
	for (off_t len = st.st_size - 1; len >= 0; len -= 7) {
		int w = openat(fd, name, O_WRONLY);
		T_INT(ftruncate(w, len), 0);
		close(w);
		T_OK(!hit(fd, sample(EXDEV)));
	}
	/* it is made again */
	T_INT(compile(sample(EXDEV), fd, &f), 0);
	T_OK(same(&good, &f));
	T_OK(hit(fd, sample(EXDEV)));
}

T_TEST(cache_ignores_foreign_files)
{
	CLEANUP_FD int fd = open_cache("foreign");
	struct seccomp_filter f;
	char name[64];
	T_INT(compile(sample(EXDEV), fd, &f), 0);
	T_INT(entries(fd, name, sizeof(name)), 1);

	T_INT(fchmodat(fd, name, 0640, 0), 0);
	T_OK(!hit(fd, sample(EXDEV)));
	T_INT(fchmodat(fd, name, 0600, 0), 0);
	T_OK(hit(fd, sample(EXDEV)));
	if (geteuid() == 0) {
		T_INT(fchownat(fd, name, 12345, 0, 0), 0);
		T_OK(!hit(fd, sample(EXDEV)));
		T_INT(fchownat(fd, name, 0, 0, 0), 0);
	}
	/* a link to a good entry, a FIFO, a directory: no hit, no hang; then replaced */
	T_INT(renameat(fd, name, fd, "elsewhere"), 0);
	T_INT(symlinkat("elsewhere", fd, name), 0);
	T_OK(!hit(fd, sample(EXDEV)));
	T_INT(unlinkat(fd, name, 0), 0);
	T_INT(mkfifoat(fd, name, 0600), 0);
	T_OK(!hit(fd, sample(EXDEV)));
	T_INT(compile(sample(EXDEV), fd, &f), 0);
	T_OK(hit(fd, sample(EXDEV)));
	T_INT(unlinkat(fd, name, 0), 0);
	T_INT(mkdirat(fd, name, 0700), 0);
	T_INT(compile(sample(EXDEV), fd, &f), 0); /* cannot be written: not an error */
	T_INT(errno_of(&f, SYS_getppid, 0, 0, 0), EXDEV);
}

T_TEST(cache_follows_the_library)
{
	CLEANUP_FD int fd = open_cache("library");
	struct seccomp_filter f;
	struct seccomp_lib_id id;
	struct seccomp_key key;
	T_INT(compile(sample(EXDEV), -1, &f), 0);
	seccomp_lib_identity(&id);
	T_HAS(id.path, "libseccomp.so.2");
	T_OK(seccomp_lib_unchanged(&id));
	seccomp_key_make(&arena, sample(EXDEV), &key);
	id.mtime_nsec ^= 1;
	seccomp_cache_store(&arena, fd, &key, &id, &f);
	T_OK(!hit(fd, sample(EXDEV)));
	id.mtime_nsec ^= 1;
	snprintf(id.path, sizeof(id.path), "/does/not/exist");
	seccomp_cache_store(&arena, fd, &key, &id, &f);
	T_OK(!hit(fd, sample(EXDEV)));
	id.path[0] = '\0'; /* unknown: nothing is written */
	T_INT(unlinkat(fd, key.name, 0), 0);
	seccomp_cache_store(&arena, fd, &key, &id, &f);
	T_INT(entries(fd, NULL, 0), 0);
}

T_TEST(cache_is_bounded)
{
	CLEANUP_FD int fd = open_cache("bounded");
	struct seccomp_filter f;
	int w = openat(fd, "0123456789abcdef.77.tmp", O_CREAT | O_WRONLY, 0600);
	struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	futimens(w, old);
	close(w);
	close(openat(fd, "not-ours", O_CREAT | O_WRONLY, 0600));
	T_INT(compile(sample(1000), fd, &f), 0);
	struct seccomp_key key;
	seccomp_key_make(&arena, sample(1000), &key);
	T_INT(utimensat(fd, key.name, old, 0), 0);
	for (int i = 1; i < 70; i++)
		T_INT(compile(sample(1000 + i), fd, &f), 0);
	T_INT(entries(fd, NULL, 0), 64 + 1); /* "not-ours" stays, the temporary file does not */
	T_OK(!hit(fd, sample(1000)));
	T_OK(hit(fd, sample(1069)));
}

T_MAIN()
