/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mount options that are not data for the file system: config.md "Linux mount options", and those
 * of mount(8) that only concern fstab.
 *
 * How each is carried out, and why:
 * - Flags of the mount (ro, nosuid, ...) are MOUNT_ATTR_*. ro and rw too: mount(2) would make a new file
 *   system read-only as a whole, which for the file systems that share their superblock with the
 *   host (cgroup2, sysfs) must not happen. `sb` is set for them for the one case that needs it: a
 *   block device that itself is read-only.
 * - Modes of atime are an enumeration within MOUNT_ATTR__ATIME; mount_setattr(2) refuses a change that
 *   does not clear all of it. "atime" and "nostrictatime" mean the kernel's default, which is relatime.
 *   "norelatime" only takes away a flag that the kernel then puts back as its default, so it changes
 *   nothing, as with mount(8).
 * - The flags that fsconfig(2) knows for every file system are sync, dirsync, lazytime, mand and their
 *   opposites (mand: accepted, without effect since 5.15).
 * - fsconfig(2) has no silent, loud and iversion: the first two only asked for fewer lines in the
 *   kernel's log, and file systems that have change counters keep them always.
 */
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000 /* Linux 5.14 */
#endif

#define SET(n, f) { .name = n, .kind = MOPT_ATTR, .set = (f) }
#define CLEAR(n, f) { .name = n, .kind = MOPT_ATTR, .clear = (f) }
#define ATIME(n, f) { .name = n, .kind = MOPT_ATTR, .set = (f), .clear = MOUNT_ATTR__ATIME }
#define RSET(n, f) { .name = n, .kind = MOPT_ATTR_REC, .set = (f) }
#define RCLEAR(n, f) { .name = n, .kind = MOPT_ATTR_REC, .clear = (f) }
#define RATIME(n, f) { .name = n, .kind = MOPT_ATTR_REC, .set = (f), .clear = MOUNT_ATTR__ATIME }
#define PROPAGATION(n, f) { .name = n, .kind = MOPT_PROPAGATION, .set = (f) }
#define SB(n) { .name = n, .kind = MOPT_SB, .sb = n }
#define NONE(n) { .name = n, .kind = MOPT_NONE }

/* Sorted by name for the search; tests/unit/test_spec_names.c checks that. */
static const struct mount_opt options[] = {
	NONE("_netdev"),
	SB("async"),
	ATIME("atime", MOUNT_ATTR_RELATIME),
	NONE("auto"),
	{ .name = "bind", .kind = MOPT_BIND },
	NONE("defaults"),
	CLEAR("dev", MOUNT_ATTR_NODEV),
	CLEAR("diratime", MOUNT_ATTR_NODIRATIME),
	SB("dirsync"),
	CLEAR("exec", MOUNT_ATTR_NOEXEC),
	{ .name = "idmap", .kind = MOPT_IDMAP },
	NONE("iversion"),
	SB("lazytime"),
	NONE("loud"),
	SB("mand"),
	ATIME("noatime", MOUNT_ATTR_NOATIME),
	NONE("noauto"),
	SET("nodev", MOUNT_ATTR_NODEV),
	SET("nodiratime", MOUNT_ATTR_NODIRATIME),
	SET("noexec", MOUNT_ATTR_NOEXEC),
	NONE("nofail"),
	NONE("noiversion"),
	SB("nolazytime"),
	SB("nomand"),
	NONE("norelatime"),
	ATIME("nostrictatime", MOUNT_ATTR_RELATIME),
	SET("nosuid", MOUNT_ATTR_NOSUID),
	SET("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW),
	NONE("nouser"),
	PROPAGATION("private", MS_PRIVATE),
	RATIME("ratime", MOUNT_ATTR_RELATIME),
	{ .name = "rbind", .kind = MOPT_BIND, .set = MS_REC },
	RCLEAR("rdev", MOUNT_ATTR_NODEV),
	RCLEAR("rdiratime", MOUNT_ATTR_NODIRATIME),
	ATIME("relatime", MOUNT_ATTR_RELATIME),
	{ .name = "remount", .kind = MOPT_REMOUNT },
	RCLEAR("rexec", MOUNT_ATTR_NOEXEC),
	{ .name = "ridmap", .kind = MOPT_IDMAP, .set = MS_REC },
	RATIME("rnoatime", MOUNT_ATTR_NOATIME),
	RSET("rnodev", MOUNT_ATTR_NODEV),
	RSET("rnodiratime", MOUNT_ATTR_NODIRATIME),
	RSET("rnoexec", MOUNT_ATTR_NOEXEC),
	NONE("rnorelatime"),
	RATIME("rnostrictatime", MOUNT_ATTR_RELATIME),
	RSET("rnosuid", MOUNT_ATTR_NOSUID),
	RSET("rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW),
	{ .name = "ro", .kind = MOPT_ATTR, .set = MOUNT_ATTR_RDONLY, .sb = "ro" },
	PROPAGATION("rprivate", MS_PRIVATE | MS_REC),
	RATIME("rrelatime", MOUNT_ATTR_RELATIME),
	RSET("rro", MOUNT_ATTR_RDONLY),
	RCLEAR("rrw", MOUNT_ATTR_RDONLY),
	PROPAGATION("rshared", MS_SHARED | MS_REC),
	PROPAGATION("rslave", MS_SLAVE | MS_REC),
	RATIME("rstrictatime", MOUNT_ATTR_STRICTATIME),
	RCLEAR("rsuid", MOUNT_ATTR_NOSUID),
	RCLEAR("rsymfollow", MOUNT_ATTR_NOSYMFOLLOW),
	PROPAGATION("runbindable", MS_UNBINDABLE | MS_REC),
	{ .name = "rw", .kind = MOPT_ATTR, .clear = MOUNT_ATTR_RDONLY, .sb = "rw" },
	PROPAGATION("shared", MS_SHARED),
	NONE("silent"),
	PROPAGATION("slave", MS_SLAVE),
	ATIME("strictatime", MOUNT_ATTR_STRICTATIME),
	CLEAR("suid", MOUNT_ATTR_NOSUID),
	CLEAR("symfollow", MOUNT_ATTR_NOSYMFOLLOW),
	SB("sync"),
	{ .name = "tmpcopyup", .kind = MOPT_TMPCOPYUP },
	PROPAGATION("unbindable", MS_UNBINDABLE),
};

/* Engines send empty strings; not a name, so not in the table. */
static const struct mount_opt empty = NONE("");

static int by_name(const void *name, const void *opt)
{
	return strcmp(name, ((const struct mount_opt *)opt)->name);
}

const struct mount_opt *spec_mount_opt(const char *name)
{
	if (!*name)
		return &empty;
	return bsearch(name, options, sizeof(options) / sizeof(options[0]), sizeof(options[0]), by_name);
}

const struct mount_opt *spec_mount_opts(size_t *n)
{
	*n = sizeof(options) / sizeof(options[0]);
	return options;
}
