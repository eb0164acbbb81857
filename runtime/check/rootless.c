/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What containers of a user without privileges need (docs/rootless.md). As root only what is not about one user is
 * looked at, and nothing of it keeps root's own containers from being made.
 */
#include "check.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../lib/subid.h"

static const char section[] = "rootless";

/* Worse for the user whom it is about. */
static enum check_state without_privileges(const struct check *c)
{
	return c->rootless ? CHECK_MISSING : CHECK_LIMITED;
}

static void check_sysctls(struct check *c)
{
	static const struct {
		const char *path, *name, *bad, *without;
	} sysctls[] = {
		{ "/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", "0",
		  "no user namespace can be made: sysctl user.max_user_namespaces=10000" },
		{ "/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", "0",
		  "users make no user namespace: sysctl kernel.unprivileged_userns_clone=1" },
	};
	for (size_t i = 0; i < sizeof(sysctls) / sizeof(*sysctls); i++) {
		const char *value = check_read(c, sysctls[i].path);
		if (value)
			check_add(c, section, sysctls[i].name,
				  strcmp(value, sysctls[i].bad) == 0 ? without_privileges(c) : CHECK_OK, value,
				  sysctls[i].without);
	}
	const char *apparmor = check_read(c, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	if (apparmor)
		check_add(c, section, "kernel.apparmor_restrict_unprivileged_userns",
			  strcmp(apparmor, "0") == 0 ? CHECK_OK : CHECK_LIMITED, apparmor,
			  "user namespaces of users have no capabilities, unless an AppArmor profile lets berth make them");
}

/* Only trying tells: limits, LSMs and filters of an engine have a say. The child does nothing else. */
static void try_user_namespace(struct check *c)
{
	int status = 0;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	const char *why = pid < 0 ? err_text(errno) : NULL;
	if (pid > 0)
		waitpid(pid, &status, 0);
	check_add(c, section, "a user namespace", why ? CHECK_MISSING : CHECK_OK, why, "no container can be made");
}

/* newuidmap(1) works when it is set-user-ID or has file capabilities. */
static const char *find_helper(struct check *c, const char *name, bool *ret_privileged)
{
	const char *dirs = getenv("PATH");
	for (const char *p = dirs ? dirs : "/usr/bin:/bin"; *p;) {
		size_t n = strcspn(p, ":");
		const char *file = arena_printf(c->arena, "%.*s/%s", (int)n, p, name);
		struct stat st;
		if (n && stat(file, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111)) {
			*ret_privileged = (st.st_mode & S_ISUID) || getxattr(file, "security.capability", NULL, 0) > 0;
			return file;
		}
		p += n + (p[n] == ':');
	}
	return NULL;
}

static void check_helpers(struct check *c)
{
	static const char *const names[] = { "newuidmap", "newgidmap" };
	for (size_t i = 0; i < 2; i++) {
		bool privileged = false;
		const char *file = find_helper(c, names[i], &privileged);
		check_add(c, section, names[i], file && privileged ? CHECK_OK : CHECK_LIMITED, file,
			  file ? "it has neither the set-user-ID bit nor file capabilities: users map no id but their own"
			       : "users map no id but their own: install uidmap");
	}
}

static void check_ranges(struct check *c)
{
	static const char *const files[] = { "/etc/subuid", "/etc/subgid" };
	struct subid_range given[SUBID_RANGES_MAX];
	char name[64];
	subid_name(name, sizeof(name));
	for (size_t i = 0; i < 2; i++) {
		uint64_t ids = 0;
		size_t n = subid_ranges(files[i], name, given, SUBID_RANGES_MAX);
		for (size_t k = 0; k < n; k++)
			ids += given[k].count;
		const char *found = arena_printf(c->arena, "%llu ids of %s", (unsigned long long)ids, name);
		check_add(c, section, files[i], ids >= 65536 ? CHECK_OK : CHECK_LIMITED, found,
			  arena_printf(c->arena, "images with more users do not fit: a line \"%s:100000:65536\" in %s", name,
				       files[i]));
	}
}

static void check_session(struct check *c)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	bool good = dir && *dir == '/' && stat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
	check_add(c, section, "XDG_RUNTIME_DIR", good ? CHECK_OK : CHECK_LIMITED, dir,
		  dir ? "it is no folder of this user: every call needs --root" : "it is not set: every call needs --root (log in, "
		  "or loginctl enable-linger)");
	if (!good)
		return;
	const char *manager = arena_printf(c->arena, "%s/systemd/private", dir);
	bool runs = stat(manager, &st) == 0 && S_ISSOCK(st.st_mode);
	check_add(c, section, "systemd user manager", runs ? CHECK_OK : CHECK_LIMITED, NULL,
		  "--systemd-cgroup is refused, and no cgroup is delegated");
}

void check_rootless(struct check *c)
{
	check_sysctls(c);
	if (c->rootless)
		try_user_namespace(c);
	check_helpers(c);
	if (!c->rootless)
		return;
	check_ranges(c);
	check_session(c);
}
