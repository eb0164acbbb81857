/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* runtime/security/: the seccomp agent, capabilities and which LSM is on. Filters: test_seccomp.c. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "../../runtime/lib/fd.h"
#include "seccomp_profile.h"

/* --- the listener ------------------------------------------------------------------------------- */

struct agent {
	char path[300];
	int fd;
};

static struct agent agent_start(const char *name, int type)
{
	struct agent a;
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	a.fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s", dir, name);
	snprintf(a.path, sizeof(a.path), "%s", sa.sun_path);
	T_INT(bind(a.fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	if (type == SOCK_STREAM)
		T_INT(listen(a.fd, 4), 0);
	return a;
}

/* Accept one connection and read it to its end. *ret_msgs: how many messages carried descriptors. */
static char *agent_read(const struct agent *a, int *ret_fd, int *ret_with_fds)
{
	CLEANUP_FD int c = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC);
	size_t len = 0, size = 1 << 21;
	char *text = arena_alloc(&arena, size);
	*ret_fd = -1;
	*ret_with_fds = 0;
	for (;;) {
		union {
			struct cmsghdr align;
			char buf[256];
		} control;
		struct iovec iov = { text + len, 4096 };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				    .msg_controllen = sizeof(control) };
		ssize_t n = recvmsg(c, &m, MSG_CMSG_CLOEXEC);
		if (n <= 0)
			break;
		struct cmsghdr *h = CMSG_FIRSTHDR(&m);
		if (h && h->cmsg_type == SCM_RIGHTS) {
			++*ret_with_fds;
			T_INT(h->cmsg_len, CMSG_LEN(sizeof(int)));
			memcpy(ret_fd, CMSG_DATA(h), sizeof(int));
		}
		len += (size_t)n;
	}
	text[len] = '\0';
	return text;
}

/* Send `fd` from a child. Returns the child's pid; its exit status is 0 or 1. */
static pid_t send_from_child(const struct spec_seccomp *s, int fd)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		struct err own = { 0 };
		_exit(seccomp_send_listener(s, fd, 4422, "{\"id\":\"c1\"}\n", &own) < 0);
	}
	return pid;
}

static int status_of(pid_t pid)
{
	int status;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

T_TEST(listener_is_sent)
{
	struct agent a = agent_start("agent", SOCK_STREAM);
	struct spec_seccomp s = { .listener_path = a.path, .listener_metadata = "a=b \"q\"" };
	int null = open("/dev/null", O_RDONLY), got, with_fds;
	pid_t pid = send_from_child(&s, null);
	const char *text = agent_read(&a, &got, &with_fds);
	T_STR(text, "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":4422,"
		    "\"metadata\":\"a=b \\\"q\\\"\",\"state\":{\"id\":\"c1\"}\n}");
	T_INT(with_fds, 1);
	T_INT(status_of(pid), 0);
	struct stat x, y;
	T_INT(fstat(null, &x), 0);
	T_INT(fstat(got, &y), 0);
	T_OK(x.st_rdev == y.st_rdev && S_ISCHR(y.st_mode));
	close(got);

	/* without metadata; with so much that one send does not take it */
	s.listener_metadata = NULL;
	pid = send_from_child(&s, null);
	text = agent_read(&a, &got, &with_fds);
	T_OK(!strstr(text, "metadata"));
	T_INT(status_of(pid), 0);
	close(got);
	char *big = memset(arena_alloc(&arena, 1000001), 'm', 1000000);
	s.listener_metadata = big;
	pid = send_from_child(&s, null);
	text = agent_read(&a, &got, &with_fds);
	T_HAS(text, big);
	T_HAS(text, ",\"state\":{\"id\":\"c1\"}\n}");
	T_INT(with_fds, 1);
	T_INT(status_of(pid), 0);
	close(got);
	close(null);
	close(a.fd);
}

T_TEST(long_listener_path)
{
	char sub[128], link_[400], deep[300];
	memset(sub, 'd', 100);
	sub[100] = '\0';
	snprintf(deep, sizeof(deep), "%s/%s", dir, sub);
	T_INT(mkdir(deep, 0700), 0);
	struct agent a = agent_start("short", SOCK_STREAM);
	snprintf(link_, sizeof(link_), "%s/socket", deep);
	T_INT(rename(a.path, link_), 0);
	struct spec_seccomp s = { .listener_path = link_ };
	T_OK(strlen(link_) > 107);
	pid_t pid = send_from_child(&s, 0);
	int got, with_fds;
	T_HAS(agent_read(&a, &got, &with_fds), "seccompFd");
	T_INT(status_of(pid), 0);
	close(got);
	close(a.fd);
}

T_TEST(listener_errors)
{
	struct spec_seccomp s = { .listener_path = "/does/not/exist" };
	err_clear(&e);
	T_INT(seccomp_send_listener(&s, 0, 1, "{}", &e), -1);
	T_STR(e.text, "linux.seccomp.listenerPath: connect to the seccomp agent at \"/does/not/exist\": no such "
		      "file or directory");
	struct agent a = agent_start("dgram", SOCK_DGRAM);
	s.listener_path = a.path;
	err_clear(&e);
	T_INT(seccomp_send_listener(&s, 0, 1, "{}", &e), -1);
	T_OK(e.set);
	close(a.fd);
	s.listener_path = NULL;
	err_clear(&e);
	T_INT(seccomp_send_listener(&s, 0, 1, "{}", &e), -1);
	T_STR(e.path, "linux.seccomp.listenerPath");
}

/* --- capabilities and LSMs ---------------------------------------------------------------------- */

T_TEST(capabilities)
{
	char text[16];
	T_OK(fd_read_small(AT_FDCWD, "/proc/sys/kernel/cap_last_cap", text, sizeof(text)) > 0);
	T_INT(capability_last(), atoi(text));
}

T_TEST(modules)
{
	T_INT(apparmor_enabled(), system("grep -q Y /sys/module/apparmor/parameters/enabled 2>/dev/null") == 0);
	T_INT(selinux_enabled(), access("/sys/fs/selinux/enforce", R_OK) == 0);
}

/* Something that looks like SELinux and has no policy at all. */
static bool pretend_selinux(void)
{
	int fd;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/sys/fs", "tmpfs", 0, NULL) < 0 || mkdir("/sys/fs/selinux", 0755) < 0)
		return false;
	fd = open("/sys/fs/selinux/enforce", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	bool ok = fd >= 0 && write(fd, "1", 1) == 1;
	fd_close(&fd);
	return ok;
}

static void check_labels(void)
{
	struct spec_process labelled = { .selinux_label = "system_u:system_r:bogus_t:s0" };
	struct spec_process plain = { .selinux_label = "" };

	err_clear(&e);
	T_INT(lsm_check_process(NULL, NULL, "process", &e), 0);
	T_INT(lsm_check_process(&plain, "", "process", &e), 0);
	/* the library is loaded and refuses it, or its package is named */
	T_INT(lsm_check_process(&labelled, NULL, "process", &e), -1);
	T_HAS(e.text, "process.selinuxLabel");
	err_clear(&e);
	T_INT(lsm_check_process(&plain, "system_u:object_r:bogus_t:s0", "process", &e), -1);
	T_HAS(e.text, "linux.mountLabel");
}

T_TEST(labels)
{
	struct spec_process labelled = { .selinux_label = "system_u:system_r:bogus_t:s0" };

	if (!selinux_enabled()) {
		err_clear(&e);
		T_INT(lsm_check_process(&labelled, "system_u:object_r:bogus_t:s0", "process", &e), 0);
	}
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		t_failed = 0;
		if (selinux_enabled() || pretend_selinux())
			check_labels();
		fflush(stdout);
		_exit(t_failed != 0);
	}
	T_INT(status_of(pid), 0);
}

T_MAIN()
