/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's features that berth uses: since when, how that is found out, and what is done without. A system call is
 * there when calling it in a way that cannot work gives anything but ENOSYS.
 */
#include "check.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "../lib/fd.h"
#include "../lib/number.h"
#include "../lib/sys.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum how { BY_CALL, BY_FILE, BY_FS, BY_VERSION, BY_FLAG };
struct feature {
	const char *name;
	unsigned major, minor; /* since */
	enum how how;
	enum check_state otherwise;
	const char *without;
	const char *path; /* BY_FILE, or the file system of BY_FS */
	long nr, arg[4];  /* BY_CALL; BY_FLAG: the errno that says yes is EFAULT, or success closes the descriptor */
};

#define NONE_CAN "no container can be made"
#define NAMESPACE(type, file, major, minor) \
	{ "namespaces: " type, major, minor, BY_FILE, CHECK_LIMITED, "a config with this namespace is refused", \
	  "/proc/self/ns/" file }
static const struct feature features[] = {
	{ "clone3(2) into a cgroup", 5, 7, BY_CALL, CHECK_MISSING, NONE_CAN, NULL, SYS_clone3, { 0, 0 } },
	{ "openat2(2)", 5, 6, BY_CALL, CHECK_MISSING, NONE_CAN ": paths inside could not be resolved safely", NULL, SYS_openat2,
	  { -1, 0, 0, 0 } },
	{ "fsopen(2), fsmount(2)", 5, 2, BY_CALL, CHECK_MISSING, NONE_CAN, NULL, SYS_fsopen, { 0, -1 } },
	{ "open_tree(2)", 5, 2, BY_CALL, CHECK_MISSING, NONE_CAN, NULL, SYS_open_tree, { -1, 0, -1 } },
	{ "move_mount(2)", 5, 2, BY_CALL, CHECK_MISSING, NONE_CAN, NULL, SYS_move_mount, { -1, 0, -1, 0 } },
	{ "mount_setattr(2), id-mapped mounts", 5, 12, BY_CALL, CHECK_MISSING, NONE_CAN, NULL, SYS_mount_setattr, { -1, 0, 0, 0 } },
	{ "pidfd_open(2)", 5, 3, BY_CALL, CHECK_MISSING, NONE_CAN, NULL, SYS_pidfd_open, { -1, 0 } },
	{ "close_range(2)", 5, 9, BY_CALL, CHECK_MISSING, NONE_CAN, NULL, SYS_close_range, { 1, 0, 0 } },
	{ "cgroup.kill", 5, 14, BY_VERSION, CHECK_MISSING, NONE_CAN ": the kernel is older than Linux 5.14", NULL, 0, { 0 } },
	{ "namespaces: mount", 2, 4, BY_FILE, CHECK_MISSING, NONE_CAN, "/proc/self/ns/mnt", 0, { 0 } },
	NAMESPACE("pid", "pid", 3, 8),
	NAMESPACE("network", "net", 3, 0),
	NAMESPACE("ipc", "ipc", 3, 0),
	NAMESPACE("uts", "uts", 3, 0),
	NAMESPACE("user", "user", 3, 8),
	NAMESPACE("cgroup", "cgroup", 4, 6),
	NAMESPACE("time", "time", 5, 6),
	{ "time namespace entered by exec", 6, 1, BY_VERSION, CHECK_LIMITED, "a config with a time namespace is refused", NULL, 0,
	  { 0 } },
	{ "seccomp filters", 3, 17, BY_FILE, CHECK_LIMITED, "a config with linux.seccomp is refused",
	  "/proc/sys/kernel/seccomp/actions_avail", 0, { 0 } },
	{ "seccomp agents that wait killably", 5, 19, BY_FLAG, CHECK_LIMITED,
	  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is refused", NULL, SYS_seccomp,
	  { SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_NEW_LISTENER, 0 } },
	{ "id-mapped overlayfs", 5, 19, BY_VERSION, CHECK_LIMITED, "idmap on an overlay is refused by the kernel", NULL, 0, { 0 } },
	{ "id-mapped tmpfs", 6, 3, BY_VERSION, CHECK_LIMITED, "idmap on a tmpfs is refused by the kernel", NULL, 0, { 0 } },
	{ "overlayfs", 3, 18, BY_FS, CHECK_LIMITED,
	  "a mount of type overlay is refused; engines need another storage driver (or the module: modprobe overlay)", "overlay", 0,
	  { 0 } },
	{ "resctrl", 4, 10, BY_FS, CHECK_LIMITED, "a config with linux.intelRdt is refused", "resctrl", 0, { 0 } },
	{ "pressure stall information", 4, 20, BY_FILE, CHECK_LIMITED, "events has no pressure (boot with psi=1)",
	  "/proc/pressure/cpu", 0, { 0 } },
};

static bool by_call(const struct feature *f)
{
	errno = 0;
	return syscall(f->nr, f->arg[0], f->arg[1], f->arg[2], f->arg[3], 0L, 0L) >= 0 || errno != ENOSYS;
}

static bool by_file(const struct feature *f)
{
	return access(f->path, F_OK) == 0;
}

/* "nodev	overlay" */
static bool by_fs(const struct feature *f)
{
	char *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *file = fopen("/proc/filesystems", "re");
	while (file && !found && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		const char *name = strchr(line, '\t');
		found = name && strcmp(name + 1, f->path) == 0;
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool is_there(const struct feature *f, unsigned major, unsigned minor)
{
	switch (f->how) {
	case BY_CALL: return by_call(f);
	case BY_FILE: return by_file(f);
	case BY_FS: return by_fs(f);
	case BY_FLAG: return syscall(f->nr, f->arg[0], f->arg[1], NULL) < 0 && errno == EFAULT;
	case BY_VERSION: break;
	}
	return major > f->major || (major == f->major && minor >= f->minor);
}

/* What names the actions of a profile that this kernel does not know. */
static void check_actions(struct check *c)
{
	const char *have = check_read(c, "/proc/sys/kernel/seccomp/actions_avail"), *missing = "";
	static const struct {
		const char *spec, *kernel;
	} actions[] = { { "SCMP_ACT_KILL_PROCESS", "kill_process" }, { "SCMP_ACT_KILL_THREAD", "kill_thread" },
			{ "SCMP_ACT_TRAP", "trap" },		     { "SCMP_ACT_ERRNO", "errno" },
			{ "SCMP_ACT_NOTIFY", "user_notif" },	     { "SCMP_ACT_TRACE", "trace" },
			{ "SCMP_ACT_LOG", "log" },		     { "SCMP_ACT_ALLOW", "allow" } };
	for (size_t i = 0; have && i < sizeof(actions) / sizeof(*actions); i++)
		if (!strstr(have, actions[i].kernel))
			missing = arena_printf(c->arena, "%s%s%s", missing, *missing ? ", " : "", actions[i].spec);
	if (have)
		check_add(c, "kernel", "seccomp actions", *missing ? CHECK_LIMITED : CHECK_OK, have,
			  *missing ? arena_printf(c->arena, "a profile with %s is refused", missing) : NULL);
}

/* berth-init is a sealed memfd, or a file on a detached mount, which needs privileges. */
static void check_memfd(struct check *c)
{
	const char *noexec = check_read(c, "/proc/sys/vm/memfd_noexec");
	CLEANUP_FD int fd = memfd_create("check", MFD_CLOEXEC | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* before 6.3 all are executable */
		fd = memfd_create("check", MFD_CLOEXEC);
	const char *found = noexec ? arena_printf(c->arena, "vm.memfd_noexec = %s", noexec) : NULL;
	if (fd >= 0)
		check_add(c, "kernel", "executable memfds", CHECK_OK, found, NULL);
	else if (!c->rootless)
		check_add(c, "kernel", "executable memfds", CHECK_LIMITED, found,
			  "berth-init is executed from a detached read-only mount instead");
	else
		check_add(c, "kernel", "executable memfds", CHECK_MISSING, found,
			  NONE_CAN " without privileges: sysctl vm.memfd_noexec=1");
}

void check_kernel(struct check *c)
{
	struct utsname u;
	unsigned major = 0, minor = 0;
	if (uname(&u) < 0 || number_version(u.release, &major, &minor) < 0)
		return;
	bool old = major < 5 || (major == 5 && minor < 14);
	check_add(c, "kernel", "Linux 5.14 or newer", old ? CHECK_MISSING : CHECK_OK, arena_strdup(c->arena, u.release), NONE_CAN);
	for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++) {
		const struct feature *f = &features[i];
		bool there = is_there(f, major, minor);
		check_add(c, "kernel", f->name, there ? CHECK_OK : f->otherwise,
			  arena_printf(c->arena, "since %u.%u", f->major, f->minor), f->without);
	}
	check_actions(c);
	check_memfd(c);
}
