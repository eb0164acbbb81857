/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe: behaviour: terminals, signals, clocks, keyrings, raw system calls. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <linux/keyctl.h>

#include "probe.h"

int probe_tty(int argc, char **argv)
{
	int fd;

	(void)argc;
	(void)argv;
	for (int i = 0; i < 3; i++) {
		struct winsize ws = { 0 };
		struct stat st = { 0 };
		char path[32], name[256];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		ssize_t n = readlink(path, name, sizeof(name) - 1);
		name[n < 0 ? 0 : n] = 0;
		fstat(i, &st);
		if (!isatty(i)) {
			printf("tty.%d=no\n", i);
			continue;
		}
		ioctl(i, TIOCGWINSZ, &ws);
		printf("tty.%d=%s %ux%u uid=%u mode=%04o\n", i, name, ws.ws_row, ws.ws_col, st.st_uid,
		       st.st_mode & 07777);
	}
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		printf("controlling=?%d\n", errno);
		return 0;
	}
	printf("controlling=yes\nforeground=%s\n", tcgetpgrp(fd) == getpgrp() ? "yes" : "no");
	return 0;
}

int probe_exit(int argc, char **argv)
{
	(void)argc;
	return atoi(argv[0]);
}

int probe_sleep(int argc, char **argv)
{
	(void)argc;
	puts("ready");
	sleep((unsigned)atoi(argv[0]));
	return 0;
}

int probe_signal_wait(int argc, char **argv)
{
	sigset_t all;
	int sig;

	(void)argc;
	(void)argv;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	puts("ready");
	sig = sigwaitinfo(&all, NULL);
	printf("signal=%d\n", sig);
	return 0;
}

int probe_send(int argc, char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)argc;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", argv[0]);
	if (fd < 0 || sendto(fd, argv[1], strlen(argv[1]), 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		printf("send=?%d\n", errno);
		return 1;
	}
	puts("send=ok");
	return 0;
}

int probe_keyring(int argc, char **argv)
{
	char text[512] = "";
	long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);

	if (argc)
		syscall(SYS_add_key, "user", argv[0], "x", 1, KEY_SPEC_SESSION_KEYRING);
	if (id < 0) {
		printf("keyring=?%d\n", errno);
		return 0;
	}
	syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, text, sizeof(text) - 1, 0);
	printf("keyring=%ld\nkeyring.description=%s\n", id, text);
	memset(text, 0, sizeof(text));
	if (syscall(SYS_keyctl, KEYCTL_GET_SECURITY, id, text, sizeof(text) - 1, 0) > 0 && *text)
		printf("keyring.label=%s\n", text);
	id = syscall(SYS_keyctl, KEYCTL_READ, id, NULL, 0, 0);
	printf("keyring.keys=%ld\n", id < 0 ? id : id / 4); /* what is read are 32-bit ids */
	return 0;
}

int probe_time(int argc, char **argv)
{
	struct timespec t;

	(void)argc;
	(void)argv;
	clock_gettime(CLOCK_MONOTONIC, &t);
	printf("monotonic=%lld\n", (long long)t.tv_sec);
	clock_gettime(CLOCK_BOOTTIME, &t);
	printf("boottime=%lld\n", (long long)t.tv_sec);
	return 0;
}

int probe_syscall(int argc, char **argv)
{
	static const struct {
		const char *name;
		long number;
	} names[] = { { "getpid", SYS_getpid },	  { "getppid", SYS_getppid },  { "uname", SYS_uname },
		      { "sync", SYS_sync },	  { "personality", SYS_personality }, { "unshare", SYS_unshare },
		      { "mount", SYS_mount },	  { "umount2", SYS_umount2 },  { "keyctl", SYS_keyctl },
		      { "reboot", SYS_reboot },   { "bpf", SYS_bpf },	       { "socket", SYS_socket },
		      { "getcpu", SYS_getcpu },	  { "setsid", SYS_setsid },    { "kill", SYS_kill },
		      { "sethostname", SYS_sethostname }, { "chroot", SYS_chroot }, { "dup", SYS_dup },
		      { "setns", SYS_setns },	  { "umask", SYS_umask } };
	long number = -1, arg[6] = { 0 }, ret;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, argv[0]) == 0)
			number = names[i].number;
	if (number < 0)
		number = strtol(argv[0], NULL, 0);
	for (int i = 1; i < argc && i < 7; i++)
		arg[i - 1] = strtol(argv[i], NULL, 0);
	errno = 0;
	ret = syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	printf("syscall.%s=%ld errno=%d\n", argv[0], ret, ret < 0 ? errno : 0);
	return 0;
}

int probe_children(int argc, char **argv)
{
	unsigned seconds = (unsigned)atoi(argv[1]);

	(void)argc;
	for (int i = 0; i < atoi(argv[0]); i++) {
		if (fork() == 0) {
			setsid();
			sleep(seconds);
			_exit(0);
		}
	}
	puts("ready");
	sleep(seconds);
	return 0;
}

int probe_bomb(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	signal(SIGTERM, SIG_IGN);
	for (;;) {
		/* children live for a moment only, so that there is always room for new ones */
		pid_t pid = fork();
		if (pid == 0 && (getpid() & 3) == 0) {
			usleep(20000);
			_exit(0);
		}
		if (pid < 0)
			usleep(1000);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}
