/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a container runs: its pid, the start time of that, and who waits behind the socket. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/lib/sys.h"
#include "state_fixture.h"

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
	int pidfd, conn = -1;

	setup();
	T_INT(state_dir_create(&d, root, "c1", "{}", 2, &e), 0);
	r.cgroup.inode = 0;
	r.pid = sleeper();
	T_INT(proc_start_time(r.pid, &r.start_time), 0);
	T_OK(r.start_time > 0);
	int whose = sys_pidfd_open(r.pid, 0);
	T_INT(pidfd_inode(whose, &r.pid_inode), 0);
	close(whose);

	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_RUNNING);
	T_OK(pidfd >= 0);
	T_OK(fcntl(pidfd, F_GETFD) & FD_CLOEXEC);
	close(pidfd);
	T_INT(state_status(&d, &r, &pidfd, &conn, &e), STATUS_RUNNING);
	T_INT(conn, -1);
	close(pidfd);
	int listener = listen_in(&d);
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_CREATED);
	close(pidfd);
	int gone = accept(listener, NULL, NULL);
	T_INT(read(gone, &(char){ 0 }, 1), 0);
	close(gone);
	T_INT(state_status(&d, &r, &pidfd, &conn, &e), STATUS_CREATED);
	close(pidfd);
	/* the connection that told is the one to go on with */
	int served = accept(listener, NULL, NULL);
	T_INT(write(conn, "x", 1), 1);
	T_INT(read(served, &(char){ 0 }, 1), 1);
	close(conn);
	close(served);
	r.created_done = false;
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_CREATING);
	T_OK(pidfd >= 0); /* so that delete --force can kill it */
	close(pidfd);
	r.created_done = true;
	close(listener); /* the socket of a start that was killed: nobody waits behind it */
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_RUNNING);
	close(pidfd);
	T_INT(state_status(&d, &r, &pidfd, &conn, &e), STATUS_RUNNING);
	T_INT(conn, -1);
	T_OK(!e.set);
	close(pidfd);

	r.start_time++; /* somebody else has the number now */
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_STOPPED);
	T_INT(pidfd, -1);
	r.start_time--;
	r.pid_inode++; /* and began in the same moment */
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_STOPPED);
	T_INT(pidfd, -1);
	r.pid_inode = 0; /* the record of an earlier berth */
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_RUNNING);
	close(pidfd);

	kill(r.pid, SIGKILL);
	siginfo_t si;
	T_INT(waitid(P_PID, (id_t)r.pid, &si, WEXITED | WNOWAIT), 0);
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_STOPPED); /* a zombie */
	T_INT(pidfd, -1);
	waitpid(r.pid, NULL, 0);
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_STOPPED);
	T_INT(pidfd, -1);
	T_INT(proc_start_time(r.pid, &r.start_time), -1);
	r.pid = 0;
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_STOPPED);
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
	T_INT(state_dir_create(&d, root, "c1", "{}", 2, &e), 0);
	r.cgroup.inode = 0;
	T_OK(pipe(started) == 0 && pipe(finish) == 0);
	T_INT(pthread_create(&t, NULL, thread, NULL), 0);
	T_INT(read(started[0], &r.pid, sizeof(r.pid)), sizeof(r.pid));
	T_OK(r.pid != getpid());
	T_INT(state_status(&d, &r, &pidfd, NULL, &e), STATUS_STOPPED);
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

T_TEST(names_of_status)
{
	T_STR(status_name(STATUS_CREATING), "creating");
	T_STR(status_name(STATUS_PAUSED), "paused");
	T_STR(status_name((enum status)99), "unknown");
}

T_MAIN()
