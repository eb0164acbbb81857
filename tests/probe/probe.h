/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe: the program that integration tests run inside a container. It says what it sees, one fact a
 * line as key=value, so that a test can compare whole lines. It is static and needs nothing from the
 * root it runs in but /proc for some topics; a fact that cannot be read is "key=?ERRNO".
 *
 * To add a subcommand: a function here, a row in probe.c.
 */
#ifndef BERTH_TESTS_PROBE_H
#define BERTH_TESTS_PROBE_H

/* probe_show.c: what the process is */
int probe_show(int argc, char **argv);

/* probe_file.c: files and descriptors */
int probe_read(int argc, char **argv);
int probe_write(int argc, char **argv);
int probe_stat(int argc, char **argv);
int probe_open(int argc, char **argv);
int probe_ls(int argc, char **argv);
int probe_fds(int argc, char **argv);
int probe_exec_file(int argc, char **argv);

/* probe_live.c: behaviour */
int probe_tty(int argc, char **argv);
int probe_exit(int argc, char **argv);
int probe_sleep(int argc, char **argv);
int probe_signal_wait(int argc, char **argv);
int probe_send(int argc, char **argv);
int probe_keyring(int argc, char **argv);
int probe_time(int argc, char **argv);
int probe_syscall(int argc, char **argv);
int probe_children(int argc, char **argv);
int probe_bomb(int argc, char **argv);

#endif
