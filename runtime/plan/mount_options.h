/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One entry of "mounts" after its options were read: what plan/mounts.c works on. */
#ifndef BERTH_PLAN_MOUNT_OPTIONS_H
#define BERTH_PLAN_MOUNT_OPTIONS_H

#include "build.h"

enum mount_how { HOW_FS, HOW_BIND, HOW_REMOUNT };

struct attr_change { uint64_t set, clear; };

struct mount_plan {
	const struct spec_mount *m;
	const char *dest;  /* absolute */
	const char *clean; /* for comparing */
	const char *type;
	enum mount_how how;
	bool recursive;	   /* bind: the mounts below the source come along */
	bool copyup;
	bool has_mode;	   /* a mode= among the data */
	bool proc_subset;  /* a procfs that shows processes only */
	bool late_readonly; /* made writable, read-only when everything below it is there */
	size_t step;	   /* then: index of its step */
	bool slave_first;  /* "slave" and then "shared": no peer of the host's mount in any case */
	bool cgroup_bind;  /* a cgroup mount that is a bind of the host's */
	bool idmap_asked, idmap_recursive;
	const struct plan_idmap *idmap; /* NULL: ids are as they are */
	struct attr_change attr, rec;
	uint64_t propagation; /* MS_* | MS_REC, or 0 */
	bool long_option;     /* one is too long for fsconfig(2): mount(2) */
	const char **data;    /* key, value, key, value, ... for fsconfig(2) */
	size_t ndata, cap_data;
};

/* Read the options of mounts[i] into *mp, which is zeroed. */
int mount_read_options(struct build *b, size_t i, struct mount_plan *mp, struct err *e);
void mount_add_data(struct build *b, struct mount_plan *mp, const char *key, const char *value);

#endif
