/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps of more than our own id, written by the set-uid programs newuidmap(1) and newgidmap(1), which look into
 * /etc/subuid and /etc/subgid. When one refuses we look there too, to say what is missing: the files need not be
 * where it gets its answers from, so we never decide by them.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/fd.h"
#include "../lib/subid.h"

extern char **environ;

enum { SAID_MAX = 512 };

static const struct helper {
	const char *program, *file;
} helpers[] = { { "newgidmap", "/etc/subgid" }, { "newuidmap", "/etc/subuid" } };

/* ---- what the file says ---- */

static bool is_given(const struct subid_range *r, size_t n, const struct id_mapping *m)
{
	for (size_t i = 0; i < n; i++)
		if (m->host_id >= r[i].first && m->host_id - r[i].first < r[i].count &&
		    m->size <= r[i].count - (m->host_id - r[i].first))
			return true;
	return false;
}

/* Sets *e when a range is not the user's by what the file says. */
static int explain_ranges(bool uids, const struct id_mappings *m, const char *at, struct err *e)
{
	struct subid_range given[SUBID_RANGES_MAX];
	char name[64];
	const char *file = helpers[uids].file;
	subid_name(name, sizeof(name));
	size_t n = subid_ranges(file, name, given, SUBID_RANGES_MAX);
	for (size_t i = 0; i < m->n; i++) {
		const struct id_mapping *v = &m->v[i];
		if ((v->size == 1 && v->host_id == (uids ? getuid() : getgid())) || is_given(given, n, v))
			continue;
		char path[64];
		snprintf(path, sizeof(path), "%s[%zu]", at, i);
		return err_config(e, path, "the ids from %u to %llu are not %s's: %s has no line \"%s:%u:%u\"", v->host_id,
				  (unsigned long long)v->host_id + v->size - 1, name, file, name, v->host_id, v->size);
	}
	return 0;
}

/* ---- the program ---- */

static char **make_argv(struct arena *a, pid_t pid, const char *program, const struct id_mappings *m)
{
	char **argv = arena_array(a, 3 + m->n * 3, sizeof(*argv));
	size_t n = 0;
	argv[n++] = arena_strdup(a, program);
	argv[n++] = arena_printf(a, "%d", (int)pid);
	for (size_t i = 0; i < m->n; i++) {
		argv[n++] = arena_printf(a, "%u", m->v[i].container_id);
		argv[n++] = arena_printf(a, "%u", m->v[i].host_id);
		argv[n++] = arena_printf(a, "%u", m->v[i].size);
	}
	argv[n] = NULL;
	return argv;
}

/* 0, or the errno of the spawn. What it says on stderr can be read from *ret_said. */
static int spawn_helper(char **argv, pid_t *ret_pid, int *ret_said)
{
	int pipe_fds[2];
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return errno;
	CLEANUP_FD int in = pipe_fds[1];
	CLEANUP_FD int out = pipe_fds[0];
	posix_spawn_file_actions_t fa;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, in, 1);
	posix_spawn_file_actions_adddup2(&fa, in, 2);
	int eno = posix_spawnp(ret_pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	*ret_said = eno ? -1 : take_fd(&out);
	return eno;
}

/* True when it ended well. `said`: the last words, without the newline. */
static bool helper_ended(pid_t pid, int fd, char *said)
{
	int status = 0;
	ssize_t n = fd_read_full(fd, said, SAID_MAX - 1);
	said[n > 0 ? n : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int newidmap_run(pid_t pid, bool uids, const struct id_mappings *m, const char *at, struct err *e)
{
	__attribute__((cleanup(arena_free))) struct arena a = { 0 };
	const struct helper *h = &helpers[uids];
	char said[SAID_MAX];
	pid_t child = 0;
	CLEANUP_FD int out = -1;
	int eno = spawn_helper(make_argv(&a, pid, h->program, m), &child, &out);
	if (eno == ENOENT)
		return err_config(e, at, "a map of more than the own id takes the program %s, which is not in PATH "
				  "(packages uidmap, shadow-utils)", h->program);
	if (eno)
		return err_config(e, at, "run %s: %s", h->program, err_text(eno));
	if (helper_ended(child, out, said))
		return 0;
	if (explain_ranges(uids, m, at, e) < 0)
		return -1;
	return err_config(e, at, "%s failed%s%s", h->program, *said ? ": " : "", said);
}
