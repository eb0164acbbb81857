/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state folder: names, modes, links, locks, the record and its hostile forms, the status. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/state/state.h"
#include "t.h"

static char base[64], root[96];
static struct err e;

static void setup(void)
{
	strcpy(base, "/tmp/berth-test-state-XXXXXX");
	T_OK(mkdtemp(base) != NULL);
	snprintf(root, sizeof(root), "%s/a/root", base);
	err_clear(&e);
}

static void teardown(void)
{
	char cmd[128];
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", base);
	T_INT(system(cmd), 0);
}

static struct record sample(void)
{
	static struct kv annotations[] = { { "com.example.a", "1\n\"2\"" }, { "empty", "" },
					  { "pid", "\"pid\":0" } };
	return (struct record){
		.id = "c1", .oci_version = "1.2.1", .bundle = "/b/gr\xc3\xbc\xc3\x9f", .rootfs = "/b/rootfs",
		.created = "2026-01-02T03:04:05.678901234Z", .owner = "root", .pid = 4242,
		.start_time = UINT64_MAX, .ns_flags = 0x7c020000, .no_new_keyring = true,
		.created_done = true,
		.cgroup = { .driver = CGROUP_SYSTEMD, .path = "/x.slice/y.scope", .inode = 1ULL << 63,
			    .made = 2, .scope = "y.scope" },
		.rdt = { "c1", RDT_GROUP | RDT_MONITOR },
		.annotations = { annotations, 3 },
	};
}

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
	T_INT(state_dir_create(&d, root, "c1", &e), 0);
	umask(022);
	T_OK(d.locked);
	T_INT(fstat(d.fd, &st), 0);
	T_INT(st.st_mode & 07777, 0700);
	T_INT(state_dir_create(&two, root, "c1", &e), -1);
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
	T_INT(state_dir_create(&d, root, "c1", &e), 0); /* the id is free again */
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
	T_INT(state_dir_create(&d, root, "c1", &e), -1);
	teardown();
}

/* A child waits for the lock while we remove the folder, and perhaps make it again. */
static void lock_race(bool again)
{
	CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT, fresh = STATE_DIR_INIT;
	int status, ready[2];

	setup();
	T_INT(state_dir_create(&d, root, "c1", &e), 0);
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
		T_INT(state_dir_create(&fresh, root, "c1", &e), 0);
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

T_TEST(record_round_trip)
{
	struct arena a = { 0 };
	struct record r = sample(), back;
	size_t len;
	const char *text = record_encode(&a, &r, &len);

	T_INT(record_decode(&a, text, len, "c1", &back, &e), 0);
	T_STR(back.id, r.id);
	T_STR(back.oci_version, r.oci_version);
	T_STR(back.bundle, r.bundle);
	T_STR(back.rootfs, r.rootfs);
	T_STR(back.created, r.created);
	T_STR(back.owner, r.owner);
	T_INT(back.pid, r.pid);
	T_OK(back.start_time == r.start_time);
	T_OK(back.ns_flags == r.ns_flags);
	T_OK(back.created_done);
	T_OK(back.no_new_keyring);
	T_INT(back.cgroup.driver, r.cgroup.driver);
	T_STR(back.cgroup.path, r.cgroup.path);
	T_OK(back.cgroup.inode == r.cgroup.inode);
	T_INT(back.cgroup.made, 2);
	T_STR(back.cgroup.scope, "y.scope");
	T_INT(back.annotations.n, 3);
	for (size_t i = 0; i < 3; i++) {
		T_STR(back.annotations.v[i].key, r.annotations.v[i].key);
		T_STR(back.annotations.v[i].value, r.annotations.v[i].value);
	}
	/* a record of the first moment: nothing is known but the id */
	struct record early = { .id = "c1", .cgroup.driver = CGROUP_DISABLED };
	text = record_encode(&a, &early, &len);
	T_INT(record_decode(&a, text, len, "c1", &back, &e), 0);
	T_OK(!back.created_done);
	T_STR(back.bundle, "");
	T_STR(back.cgroup.path, "");
	arena_free(&a);
}

T_TEST(record_cut_or_changed_anywhere)
{
	struct arena a = { 0 };
	struct record r = sample(), back;
	size_t len;
	char *text = record_encode(&a, &r, &len);

	for (size_t n = 0; n < len; n++) {
		err_clear(&e);
		/* a copy of its own, so that a read past the end is seen */
		char *cut = malloc(n ? n : 1);
		memcpy(cut, text, n);
		T_INT(record_decode(&a, cut, n, "c1", &back, &e), -1);
		T_INT(e.eno, EBADMSG);
		free(cut);
	}
	/* any one byte changed: refused or another valid record, never a crash */
	for (size_t n = 0; n < len; n++) {
		static const char with[] = { '\0', '"', '{', '}', '\\', '9', '-', (char)0xff };
		char was = text[n];
		for (size_t i = 0; i < sizeof(with); i++) {
			text[n] = with[i];
			err_clear(&e);
			T_INT(record_decode(&a, text, len, "c1", &back, &e) < 0, e.set);
		}
		text[n] = was;
	}
	err_clear(&e);
	T_INT(record_decode(&a, text, len, "c2", &back, &e), -1);
	T_HAS(e.text, "another container");
	arena_free(&a);
}

/* The sample with one piece of its text replaced. */
static int decode_with(const char *from, const char *to)
{
	struct arena a = { 0 };
	struct record r = sample(), back;
	size_t len;
	char *text = record_encode(&a, &r, &len);
	char *at = strstr(text, from);

	T_OK(at != NULL);
	if (!at)
		return -2;
	char *changed = arena_printf(&a, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	err_clear(&e);
	int rc = record_decode(&a, changed, strlen(changed), "c1", &back, &e);
	arena_free(&a);
	return rc;
}

T_TEST(record_hostile)
{
	static const char *const rows[][2] = {
		{ "\"pid\":4242", "\"pid\":1" },
		{ "\"pid\":4242", "\"pid\":-1" },
		{ "\"pid\":4242", "\"pid\":4194305" },
		{ "\"pid\":4242", "\"pid\":4294967297" },
		{ "\"pid\":4242", "\"pid\":\"4242\"" },
		{ "\"pid\":4242", "\"pid\":4.2e1" },
		{ "\"pid\":4242", "\"pid\":42,\"pid\":43" },
		{ "\"pid\":4242", "\"pid\":null" },
		{ "\"pid\":4242", "\"pid\":true" },
		{ "\"pid\":4242", "\"pid\":[4242]" },
		{ "\"pid\":4242", "\"pid\":{}" },
		{ "\"pid\":4242,", "" },
		{ "\"format\":1", "\"format\":2" },
		{ "\"format\":1", "\"format\":\"1\"" },
		{ "\"format\":1,", "" },
		{ "\"format\":1", "\"format\":1,\"other\":1" },
		{ "\"startTime\":18446744073709551615", "\"startTime\":18446744073709551616" },
		{ "/b/rootfs", "b/rootfs" },
		{ "/b/rootfs", "/b/\\u0000rootfs" },
		{ "\"systemd\"", "\"upstart\"" },
		{ "\"cgroupPath\":\"/x.slice/y.scope\"", "\"cgroupPath\":\"\"" },
		{ "\"cgroupPath\":\"/x.slice/y.scope\"", "\"cgroupPath\":\"/\"" },
		{ "\"cgroupPath\":\"/x.slice/y.scope\"", "\"cgroupPath\":\"x\"" },
		{ "\"cgroupPath\":\"/x.slice/y.scope\"", "\"cgroupPath\":\"/x\\ny\"" },
		{ "\"cgroupMade\":2", "\"cgroupMade\":5000" },
		{ "\"rdtGroup\":\"c1\"", "\"rdtGroup\":\"other\"" }, /* not ours to remove */
		{ "\"rdtGroup\":\"c1\",\"rdtMade\":3", "\"rdtGroup\":\"..\",\"rdtMade\":2" },
		{ "\"rdtGroup\":\"c1\",\"rdtMade\":3", "\"rdtGroup\":\"a/b\",\"rdtMade\":2" },
		{ "\"owner\":\"root\"", "\"owner\":\"a\\u001bb\"" },
		{ "\"createdDone\":true", "\"createdDone\":1" },
		{ "\"annotations\":{", "\"annotations\":{\"a\":{}," },
		{ "\"annotations\":{", "\"annotations\":{\"a\":1," },
		{ "\"annotations\":{", "\"annotations\":{\"a\":[]," },
		{ "\"empty\":\"\"", "\"empty\":true" },
		{ "\"empty\":\"\"", "\"em\\u0000pty\":\"\"" },
		{ "\"empty\":\"\"", "\"empty\":null" },
	};

	T_INT(decode_with("\"pid\":4242", "\"pid\":0"), 0);
	T_INT(decode_with("\"rdtGroup\":\"c1\",\"rdtMade\":3", "\"rdtGroup\":\"other\",\"rdtMade\":2"), 0);
	T_INT(decode_with("\"owner\":\"root\"", " \"owner\" : \"r\\u006fot\""), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (decode_with(rows[i][0], rows[i][1]) != -1)
			T_FAIL("accepted: %s", rows[i][1]);
		T_INT(e.eno, EBADMSG);
	}
	static const char *const whole[] = { "", "{}", "[]", "1", "true", "null", "\"x\"",
					   "{\"a\"", "{}{}", "\xff" };
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		struct arena a = { 0 };
		struct record back;
		err_clear(&e);
		T_INT(record_decode(&a, whole[i], strlen(whole[i]), "c1", &back, &e), -1);
		arena_free(&a);
	}
}

T_TEST(no_record)
{
	CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT;
	struct arena a = { 0 };
	struct record r;

	setup();
	T_INT(state_dir_create(&d, root, "c1", &e), 0);
	T_INT(state_read(&a, &d, &r, &e), -1);
	T_INT(e.eno, ENOENT);
	err_clear(&e);
	T_INT(mkfifoat(d.fd, "state.json", 0600), 0);
	T_INT(state_read(&a, &d, &r, &e), -1); /* and does not hang */
	arena_free(&a);
	teardown();
}

static pid_t sleeper(void)
{
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* What berth-init waits on. */
static int listen_in(struct state_dir *d)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/start.sock", d->fd);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	T_OK(fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 && listen(fd, 1) == 0);
	return fd;
}

T_TEST(status)
{
	CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT;
	struct record r = sample();
	int pidfd;

	setup();
	T_INT(state_dir_create(&d, root, "c1", &e), 0);
	r.cgroup.inode = 0;
	r.pid = sleeper();
	T_INT(proc_start_time(r.pid, &r.start_time), 0);
	T_OK(r.start_time > 0);

	T_INT(state_status(&d, &r, &pidfd, &e), STATUS_RUNNING);
	T_OK(pidfd >= 0);
	T_OK(fcntl(pidfd, F_GETFD) & FD_CLOEXEC);
	close(pidfd);
	T_INT(state_status(&d, &r, NULL, &e), STATUS_RUNNING);
	int listener = listen_in(&d);
	T_INT(state_status(&d, &r, &pidfd, &e), STATUS_CREATED);
	close(pidfd);
	r.created_done = false;
	T_INT(state_status(&d, &r, &pidfd, &e), STATUS_CREATING);
	T_OK(pidfd >= 0); /* so that delete --force can kill it */
	close(pidfd);
	r.created_done = true;
	close(listener); /* the socket of a start that was killed: nobody waits behind it */
	T_INT(state_status(&d, &r, NULL, &e), STATUS_RUNNING);

	r.start_time++; /* somebody else has the number now */
	T_INT(state_status(&d, &r, &pidfd, &e), STATUS_STOPPED);
	T_INT(pidfd, -1);
	r.start_time--;

	kill(r.pid, SIGKILL);
	siginfo_t si;
	T_INT(waitid(P_PID, (id_t)r.pid, &si, WEXITED | WNOWAIT), 0);
	T_INT(state_status(&d, &r, &pidfd, &e), STATUS_STOPPED); /* a zombie */
	T_INT(pidfd, -1);
	waitpid(r.pid, NULL, 0);
	T_INT(state_status(&d, &r, &pidfd, &e), STATUS_STOPPED);
	T_INT(pidfd, -1);
	T_INT(proc_start_time(r.pid, &r.start_time), -1);
	r.pid = 0;
	T_INT(state_status(&d, &r, &pidfd, &e), STATUS_STOPPED);
	teardown();
}

static int started[2], finish[2];

static void *thread(void *unused)
{
	pid_t tid = gettid();
	char c;
	if (write(started[1], &tid, sizeof(tid)) != (ssize_t)sizeof(tid) || read(finish[0], &c, 1) != 0)
		abort();
	return unused;
}

/* The number was given to a thread of another process: that is nobody's process. */
T_TEST(status_of_a_thread_id)
{
	CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT;
	struct record r = sample();
	pthread_t t;
	int pidfd;

	setup();
	T_INT(state_dir_create(&d, root, "c1", &e), 0);
	r.cgroup.inode = 0;
	T_OK(pipe(started) == 0 && pipe(finish) == 0);
	T_INT(pthread_create(&t, NULL, thread, NULL), 0);
	T_INT(read(started[0], &r.pid, sizeof(r.pid)), sizeof(r.pid));
	T_OK(r.pid != getpid());
	T_INT(state_status(&d, &r, &pidfd, &e), STATUS_STOPPED);
	T_INT(pidfd, -1);
	close(finish[1]);
	pthread_join(t, NULL);
	teardown();
}

T_TEST(start_time_of_a_hostile_name)
{
	uint64_t plain, odd;
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	T_INT(proc_start_time(pid, &plain), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	T_INT(proc_start_time(getpid(), &plain), 0);
	FILE *f = fopen("/proc/self/comm", "w");
	fputs("a) R 1 1 1 (b", f);
	fclose(f);
	T_INT(proc_start_time(getpid(), &odd), 0);
	T_OK(plain == odd);
}

T_TEST(json)
{
	struct arena a = { 0 };
	struct record r = sample();
	const char *before, *after;
	size_t len;

	r.bundle = "/b";
	r.annotations.n = 1;
	T_STR(state_json(&a, &r, STATUS_CREATED, 7, false, &len),
	      "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"created\",\"pid\":7,\"bundle\":\"/b\","
	      "\"annotations\":{\"com.example.a\":\"1\\n\\\"2\\\"\"}}");
	const char *ext = state_json(&a, &r, STATUS_STOPPED, 0, true, &len);
	T_HAS(ext, "\n  \"status\": \"stopped\",\n  \"pid\": 0,\n");
	T_HAS(ext, "\n  \"created\": \"2026-01-02T03:04:05.678901234Z\",\n  \"owner\": \"root\",\n");
	T_HAS(ext, "\n  \"rootfs\": \"/b/rootfs\",\n");
	T_INT(ext[len - 1], '\n');
	r.annotations.n = 0;
	T_OK(!strstr(state_json(&a, &r, STATUS_STOPPED, 0, false, &len), "annotations"));

	r = sample(); /* an annotation of it looks like a pid */
	state_json_split(&a, &r, STATUS_CREATING, &before, &after);
	const char *joined = arena_printf(&a, "%s%d%s", before, 4711, after);
	T_STR(joined, state_json(&a, &r, STATUS_CREATING, 4711, false, NULL));
	arena_free(&a);
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
		T_INT(state_dir_create(&d, root, ids[i], &e), 0);
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

T_TEST(names_of_status)
{
	T_STR(status_name(STATUS_CREATING), "creating");
	T_STR(status_name(STATUS_PAUSED), "paused");
	T_STR(status_name((enum status)99), "unknown");
}

T_MAIN()
