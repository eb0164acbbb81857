/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sync #1: the id maps of a new user namespace. Each map is one write(2), as the kernel demands
 * (user_namespaces(7)). The process is our unreaped child, so its pid cannot have been reused.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/fd.h"

enum { MAP_LINES_MAX = 340, MAP_LINE_MAX = 36 };

int id_map_write(pid_t pid, const char *file, const struct id_mappings *m, const char *at, struct err *e)
{
	char text[MAP_LINES_MAX * MAP_LINE_MAX], path[64];
	size_t len = 0;
	for (size_t i = 0; i < m->n && i < MAP_LINES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u %u %u\n", m->v[i].container_id,
					m->v[i].host_id, m->v[i].size);
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if (fd_write_small(AT_FDCWD, path, text, len) < 0) {
		int eno = errno;
		return err_config(e, at, "write the map: %s", err_text(eno));
	}
	return 0;
}

static int write_or_help(pid_t pid, bool uids, const struct id_mappings *m, bool helpers, struct err *e)
{
	const char *at = uids ? "linux.uidMappings" : "linux.gidMappings";
	if (helpers && !plan_maps_only(m, uids ? geteuid() : getegid()))
		return newidmap_run(pid, uids, m, at, e);
	return id_map_write(pid, uids ? "uid_map" : "gid_map", m, at, e);
}

int maps_write(pid_t pid, const struct spec_linux *l, bool deny_setgroups, bool helpers, struct err *e)
{
	if (deny_setgroups) {
		/* without privileges a gid map is only accepted after setgroups(2) was given up */
		char path[64];
		snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
		if (fd_write_small(AT_FDCWD, path, "deny", 4) < 0)
			return err_set(e, errno, "deny setgroups in the user namespace");
	}
	if (write_or_help(pid, true, &l->uid_mappings, helpers, e) < 0)
		return -1;
	return write_or_help(pid, false, &l->gid_mappings, helpers, e);
}
