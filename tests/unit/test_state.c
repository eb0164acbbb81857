/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state folder: names, modes, links, locks, what is in it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/lib/fd.h"
#include "state_fixture.h"

T_TEST(ids)
{
	static const char *const good[] = { "a", "c1", "A_b+c.d-e", "0", "a..b", "_x", "+x" };
	static const char *const bad[] = { "", ".", "..", ".x", "-x", "a/b", "../x",
					 "a b", "a\n", "\xc3\xbc", "a\\", "*" };
	char id[300];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		err_clear(&e);
		T_INT(state_check_id(good[i], &e), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err_clear(&e);
		T_INT(state_check_id(bad[i], &e), -1);
		T_OK(e.set);
	}
	memset(id, 'a', sizeof(id));
	id[256] = '\0';
	err_clear(&e);
	T_INT(state_check_id(id, &e), -1);
	id[255] = '\0';
	err_clear(&e);
	T_INT(state_check_id(id, &e), 0);
}

T_TEST(root_folder)
{
	struct stat st;
	char other[128];

	setup();
	T_INT(state_root_open(root, false, &e), -1);
	T_INT(e.eno, ENOENT);
	err_clear(&e);
	int fd = state_root_open(root, true, &e);
	T_OK(fd >= 0);
	T_OK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	T_INT(stat(root, &st), 0);
	T_INT(st.st_mode & 07777, 0700);

	static const mode_t bad[] = { 0720, 0702, 0777, 01777 };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		chmod(root, bad[i]);
		err_clear(&e);
		T_INT(state_root_open(root, true, &e), -1);
		T_HAS(e.text, "writable by others");
	}
	chmod(root, 0711);
	err_clear(&e);
	snprintf(other, sizeof(other), "%s//", root);
	fd = state_root_open(other, false, &e);
	T_OK(fd >= 0);
	close(fd);

	/* a link, with and without slashes at its end */
	snprintf(other, sizeof(other), "%s/link", base);
	T_INT(symlink(root, other), 0);
	T_INT(state_root_open(other, true, &e), -1);
	T_HAS(e.text, "not a directory");
	strcat(other, "/");
	err_clear(&e);
	T_INT(state_root_open(other, true, &e), -1);
	/* a link above is fine: /var/run is one */
	snprintf(other, sizeof(other), "%s/up", base);
	T_INT(symlink("a", other), 0);
	strcat(other, "/root");
	err_clear(&e);
	fd = state_root_open(other, true, &e);
	T_OK(fd >= 0);
	close(fd);
	T_INT(state_root_open("", true, &e), -1);
	if (geteuid() == 0) {
		T_INT(chown(root, 12345, 0), 0);
		err_clear(&e);
		T_INT(state_root_open(root, true, &e), -1);
		T_HAS(e.text, "belongs to user 12345");
	}
	teardown();
}

/* Rootless: the default is in XDG_RUNTIME_DIR, which may be the one of the user before su(1). Before the next cases: who is rootless is
 * looked at once in a process. */
T_TEST(runtime_folder_of_another_user)
{
	char path[128];

	if (geteuid() != 0)
		return;
	setup();
	T_INT(chmod(base, 0755), 0);
	snprintf(path, sizeof(path), "%s/run", base);
	T_INT(mkdir(path, 0777) | chmod(path, 0777) | chown(path, 4321, 0), 0);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct arena a = { 0 };
		if (setresgid(12345, 12345, 12345) < 0 || setresuid(12345, 12345, 12345) < 0)
			_exit(2);
		setenv("XDG_RUNTIME_DIR", path, 1);
		const char *chosen = state_root_default(&a, &e);
		bool right = chosen && strncmp(chosen, path, strlen(path)) == 0 && strcmp(chosen + strlen(path), "/berth") == 0;
		bool refused = state_root_open(NULL, true, &e) < 0 && strstr(e.text, "belongs to user 4321");
		_exit(right && refused && rmdir(chosen) < 0 ? 0 : 1);
	}
	int status = -1;
	waitpid(child, &status, 0);
	T_INT(status, 0);
	teardown();
}

/* Who can replace a folder above the root can give us another one. Looked at when the root is made. */
T_TEST(folders_above_the_root)
{
	enum { US, OTHER = 12345 };
	static const struct {
		mode_t mode;
		uid_t owner;
		const char *why; /* NULL: accepted */
	} rows[] = {
		{ 0755, US, NULL },
		{ 0700, US, NULL },
		{ 01777, US, NULL },
		{ 0777, US, "is writable by others (mode 0777)" },
		{ 0775, US, "is writable by others (mode 0775)" },
		{ 0755, OTHER, "belongs to user 12345" },
		{ 01777, OTHER, "belongs to user 12345" },
	};
	char dir[128], path[192];

	if (geteuid() != 0) /* the owner cannot be changed, and a folder of ours is what the other cases have */
		return;
	setup();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(dir, sizeof(dir), "%s/p%zu", base, i);
		T_INT(mkdir(dir, 0700), 0);
		T_INT(chown(dir, rows[i].owner, 0) | chmod(dir, rows[i].mode), 0);
		/* right below it, and with folders between that are made */
		for (int deep = 0; deep < 2; deep++) {
			snprintf(path, sizeof(path), "%s/%sroot", dir, deep ? "x/y/" : "");
			err_clear(&e);
			int fd = state_root_open(path, true, &e);
			T_OK((fd < 0) == (rows[i].why != NULL) && e.set == (fd < 0));
			if (rows[i].why) {
				T_HAS(e.text, rows[i].why);
				T_INT(rmdir(path), -1); /* nothing was made */
			}
			close(fd);
		}
	}
	teardown();
}

/* In a folder like /tmp: what somebody else has put there before us. */
T_TEST(made_by_another_in_a_sticky_folder)
{
	char path[128];

	if (geteuid() != 0)
		return;
	setup();
	T_INT(chmod(base, 01777), 0);
	snprintf(path, sizeof(path), "%s/theirs", base);
	T_INT(mkdir(path, 0755) | chown(path, 12345, 0), 0);
	T_INT(state_root_open(path, true, &e), -1);
	T_HAS(e.text, "belongs to user 12345");
	strcat(path, "/state");
	err_clear(&e);
	T_INT(state_root_open(path, true, &e), -1);
	T_HAS(e.text, "belongs to user 12345");
	/* a link of theirs, to a folder that is fine */
	snprintf(path, sizeof(path), "%s/fine", base);
	T_INT(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/link", base);
	T_INT(symlink("fine", path) | lchown(path, 12345, 0), 0);
	strcat(path, "/state");
	err_clear(&e);
	T_INT(state_root_open(path, true, &e), -1);
	T_HAS(e.text, "belongs to user 12345");
	teardown();
}

T_TEST(create_open_remove)
{
	CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT, two = STATE_DIR_INIT;
	struct stat st;

	setup();
	T_INT(state_dir_open(&d, root, "c1", true, &e), -1);
	T_STR(e.text, "container \"c1\" does not exist");
	T_INT(e.eno, ENOENT);
	err_clear(&e);
	umask(0);
	T_INT(state_dir_create(&d, root, "c1", "{}", 2, &e), 0);
	umask(022);
	T_OK(d.locked);
	T_INT(fstat(d.fd, &st), 0);
	T_INT(st.st_mode & 07777, 0700);
	T_INT(state_dir_create(&two, root, "c1", "{}", 2, &e), -1);
	T_STR(e.text, "container with id \"c1\" already exists");
	T_INT(e.eno, EEXIST);
	T_INT(two.fd, -1);
	T_INT(two.root_fd, -1);
	err_clear(&e);
	T_INT(state_dir_open(&two, root, "c2", false, &e), -1);
	T_STR(e.text, "container \"c2\" does not exist");
	err_clear(&e);
	T_INT(state_dir_open(&two, root, "..", false, &e), -1);
	err_clear(&e);
	T_INT(state_dir_open(&two, root, "c1", false, &e), 0); /* does not wait */
	T_OK(!state_dir_gone(&two));

	struct record r = sample();
	T_INT(state_write(&d, &r, &e), 0);
	T_INT(fstatat(d.fd, "state.json", &st, 0), 0);
	T_INT(st.st_mode & 07777, 0600);
	/* leftovers of all kinds */
	close(openat(d.fd, "state.json.77.tmp", O_CREAT | O_WRONLY, 0600));
	T_INT(symlinkat("/etc/passwd", d.fd, "link"), 0);
	T_INT(mkdirat(d.fd, "empty", 0700), 0);
	T_INT(state_dir_remove(&d, &e), 0);
	T_OK(state_dir_gone(&two));
	T_INT(state_dir_remove(&d, &e), 0); /* missing is fine */
	T_INT(access("/etc/passwd", F_OK), 0);
	state_dir_close(&d);
	T_INT(state_dir_create(&d, root, "c1", "{}", 2, &e), 0); /* the id is free again */
	teardown();
}

T_TEST(a_link_is_no_container)
{
	CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT;
	setup();
	int fd = state_root_open(root, true, &e);
	T_INT(symlinkat(base, fd, "c1"), 0);
	close(fd);
	T_INT(state_dir_open(&d, root, "c1", false, &e), -1);
	T_INT(d.fd, -1);
	err_clear(&e);
	T_INT(state_dir_create(&d, root, "c1", "{}", 2, &e), -1);
	teardown();
}

/* A child waits for the lock while we remove the folder, and perhaps make it again. */
static void lock_race(bool again)
{
	CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT, fresh = STATE_DIR_INIT;
	int status, ready[2];

	setup();
	T_INT(state_dir_create(&d, root, "c1", "{}", 2, &e), 0);
	T_INT(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct state_dir mine = STATE_DIR_INIT;
		struct stat a, b;
		/* the copies of the parent's fds would hold its lock, too */
		close(d.fd);
		if (write(ready[1], "x", 1) != 1 || state_dir_open(&mine, root, "c1", true, &e) < 0)
			_exit(e.eno == ENOENT ? 2 : 3);
		char path[128];
		snprintf(path, sizeof(path), "%s/c1", root);
		_exit(stat(path, &a) == 0 && fstat(mine.fd, &b) == 0 && a.st_ino == b.st_ino ? 1 : 4);
	}
	char c;
	T_INT(read(ready[0], &c, 1), 1);
	usleep(50000); /* let it block; if it has not yet, the test is weaker, not wrong */
	T_INT(waitpid(pid, &status, WNOHANG), 0);
	T_INT(state_dir_remove(&d, &e), 0);
	if (again) {
		T_INT(state_dir_create(&fresh, root, "c1", "{}", 2, &e), 0);
		state_dir_close(&fresh);
	}
	state_dir_close(&d);
	T_INT(waitpid(pid, &status, 0), pid);
	T_INT(WEXITSTATUS(status), again ? 1 : 2);
	close(ready[0]);
	close(ready[1]);
	teardown();
}

T_TEST(lock_then_gone)
{
	lock_race(false);
}

T_TEST(lock_then_made_again)
{
	lock_race(true);
}

static void (*after_mkdir)(int dirfd, const char *name);

/* In place of that of the C library: what others do between two calls of ours. */
int mkdirat(int dirfd, const char *name, mode_t mode)
{
	int r = (int)syscall(SYS_mkdirat, dirfd, name, mode);
	void (*then)(int, const char *) = after_mkdir;
	after_mkdir = NULL;
	if (r == 0 && then)
		then(dirfd, name);
	return r;
}

static void removed(int dirfd, const char *name)
{
	T_INT(unlinkat(dirfd, name, AT_REMOVEDIR), 0);
}

static void made_by_another(int dirfd, const char *name)
{
	removed(dirfd, name);
	T_INT(mkdirat(dirfd, name, 0700), 0);
	CLEANUP_FD int dir = openat(dirfd, name, O_RDONLY | O_DIRECTORY);
	close(openat(dir, "config.json", O_CREAT | O_EXCL | O_WRONLY, 0600));
}

/* The folder that a create has made may be gone, or another one's, before it is locked. */
T_TEST(create_is_overtaken)
{
	CLEANUP_STATE_DIR struct state_dir first = STATE_DIR_INIT, second = STATE_DIR_INIT;
	struct stat st;
	char path[128];
	setup();
	close(state_root_open(root, true, &e));
	after_mkdir = removed;
	T_INT(state_dir_create(&first, root, "c1", "{}", 2, &e), 0);
	after_mkdir = made_by_another;
	T_INT(state_dir_create(&second, root, "c2", "{}", 2, &e), -1);
	T_STR(e.text, "container with id \"c2\" already exists");
	T_INT(e.eno, EEXIST);
	snprintf(path, sizeof(path), "%s/c2/config.json", root);
	T_INT(stat(path, &st), 0);
	teardown();
}

static char seen[256];
static int collect(const char *id, void *ctx)
{
	int *limit = ctx;
	strcat(strcat(seen, id), " ");
	return --*limit == 0;
}

T_TEST(each)
{
	int limit = 100;

	setup();
	seen[0] = '\0';
	T_INT(state_each(root, collect, &limit, &e), 0); /* no root yet */
	T_STR(seen, "");
	static const char *const ids[] = { "b", "a10", "a2", "Z" };
	for (size_t i = 0; i < 4; i++) {
		struct state_dir d = STATE_DIR_INIT;
		T_INT(state_dir_create(&d, root, ids[i], "{}", 2, &e), 0);
		state_dir_close(&d);
	}
	int fd = state_root_open(root, false, &e);
	T_INT(mkdirat(fd, ".seccomp", 0700), 0);
	T_INT(mkdirat(fd, "sp ace", 0700), 0);
	close(openat(fd, "file", O_CREAT | O_WRONLY, 0600));
	close(fd);
	T_INT(state_each(root, collect, &limit, &e), 0);
	T_STR(seen, "Z a10 a2 b ");
	seen[0] = '\0';
	limit = 2;
	T_INT(state_each(root, collect, &limit, &e), 0);
	T_STR(seen, "Z a10 ");
	teardown();
}

T_MAIN()
