/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cgroups, security modules and libraries; and the list that all is added to. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../cgroup/cgroup.h"
#include "../lib/dlopen.h"
#include "../lib/fd.h"
#include "../lib/full.h"
#include "../lib/rootless.h"
#include "../security/security.h"

void check_add(struct check *c, const char *section, const char *name, enum check_state state, const char *found,
	       const char *without)
{
	c->item = arena_grow(c->arena, c->item, c->n, &c->cap, sizeof(*c->item));
	c->item[c->n++] = (struct check_item){ section, name, state, found, state == CHECK_OK ? NULL : without };
	c->count[state]++;
}

const char *check_read(struct check *c, const char *path)
{
	char text[1024];
	ssize_t n = fd_read_small(AT_FDCWD, path, text, sizeof(text));
	if (n < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return arena_strdup(c->arena, text);
}

/* --- cgroups ------------------------------------------------------------------------------------ */

static const struct {
	const char *name, *limits;
} controllers[] = {
	{ "cpu", "cpu.shares, quota, period, burst, idle" }, { "cpuset", "cpu.cpus and mems" },
	{ "io", "blockIO" },				     { "memory", "memory" },
	{ "pids", "pids" },				     { "hugetlb", "hugepageLimits" },
	{ "rdma", "rdma" },
};

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

/* A user has what the user's service manager was given. */
static const char *controllers_here(struct check *c, const char *mount)
{
	unsigned uid = (unsigned)geteuid();
	if (!c->rootless)
		return check_read(c, arena_printf(c->arena, "%s/cgroup.controllers", mount));
	return check_read(c, arena_printf(c->arena, "%s/user.slice/user-%u.slice/user@%u.service/cgroup.controllers", mount, uid, uid));
}

void check_cgroups(struct check *c)
{
	struct err e = { 0 };
	const char *mount = cgroup_mount_path(c->arena, &e);
	if (!mount) {
		check_add(c, "cgroups", "cgroup2", CHECK_MISSING, NULL, arena_strdup(c->arena, e.text));
		return;
	}
	bool hybrid = strcmp(mount, "/sys/fs/cgroup") != 0;
	check_add(c, "cgroups", "cgroup2", hybrid ? CHECK_LIMITED : CHECK_OK, mount,
		  "a hybrid hierarchy: controllers that v1 has are not there for containers (boot with "
		  "systemd.unified_cgroup_hierarchy=1)");
	const char *have = controllers_here(c, mount);
	if (!have && c->rootless) {
		check_add(c, "cgroups", "delegation", CHECK_LIMITED, NULL,
			  "no cgroup is delegated to this user: containers have none, and a config with limits is refused "
			  "(log in with a systemd user manager)");
		return;
	}
	for (size_t i = 0; i < sizeof(controllers) / sizeof(*controllers); i++) {
		bool there = have && has_word(have, controllers[i].name);
		check_add(c, "cgroups", arena_printf(c->arena, "controller %s", controllers[i].name),
			  there ? CHECK_OK : CHECK_LIMITED, NULL,
			  arena_printf(c->arena, "linux.resources: %s: refused%s", controllers[i].limits,
				       c->rootless ? " (Delegate= of user@.service)" : ""));
	}
}

/* --- security modules ----------------------------------------------------------------------------- */

void check_security(struct check *c)
{
	const char *list = check_read(c, "/sys/kernel/security/lsm");
	check_add(c, "security", "modules", CHECK_OK, list ? list : "not told (securityfs is not mounted)", NULL);
	check_add(c, "security", "AppArmor", apparmor_enabled() ? CHECK_OK : CHECK_LIMITED, NULL,
		  "a config with process.apparmorProfile is refused, unless it is \"unconfined\"");
	check_add(c, "security", "SELinux", selinux_enabled() ? CHECK_OK : CHECK_LIMITED, NULL,
		  "a config with process.selinuxLabel or linux.mountLabel is refused");
}

/* --- libraries ------------------------------------------------------------------------------------ */

static const struct dl_symbol no_symbols[] = { { 0 } };
static const struct {
	struct dl_library lib;
	const char *without;
} libraries[] = {
	{ { "libseccomp.so.2", "libseccomp2", "seccomp filters", no_symbols },
	  "a config with linux.seccomp is refused, unless its filter is in the cache: install libseccomp2" },
	{ { "libsystemd.so.0", "libsystemd0", "the systemd cgroup driver", no_symbols },
	  "--systemd-cgroup is refused: install libsystemd0" },
	{ { "libselinux.so.1", "libselinux1", "SELinux labels", no_symbols },
	  "a label on a host with SELinux is refused: install libselinux1" },
};

/* Looking takes the full build (full.h), whose start has failed when `unable` is set. */
static void check_libraries(struct check *c, const struct err *unable)
{
	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++) {
		struct err failed = { 0 };
		bool there = !unable->set && dl_open(&libraries[i].lib, NULL, &failed) != NULL;
		check_add(c, "libraries", libraries[i].lib.soname, there ? CHECK_OK : CHECK_LIMITED, libraries[i].lib.purpose,
			  unable->set ? arena_strdup(c->arena, unable->text) : libraries[i].without);
	}
}

void check_host(struct check *c, struct arena *arena)
{
	struct err unable = { 0 };
	(void)full_need(&unable); /* first: it begins the command again */
	*c = (struct check){ .arena = arena, .rootless = is_rootless() };
	check_kernel(c);
	check_cgroups(c);
	check_security(c);
	check_libraries(c, &unable);
	check_rootless(c);
}
