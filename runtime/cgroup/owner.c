/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handing a container its own cgroup ("Cgroup ownership" of the runtime-spec): when it gets a cgroup
 * namespace of its own and a writable cgroup mount, the directory and the files that the kernel lists
 * as safe to delegate are given to the user that will run in it. Limits stay ours.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"

static bool mounted_writable(const struct spec_config *c)
{
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct spec_mount *m = &c->mounts.v[i];
		bool ro = false;
		if (!m->source || strcmp(m->source, "cgroup") != 0 || !m->destination ||
		    strcmp(m->destination, "/sys/fs/cgroup") != 0)
			continue;
		for (size_t k = 0; k < m->options.n; k++)
			ro = ro || strcmp(m->options.v[k], "ro") == 0;
		if (!ro)
			return true;
	}
	return false;
}

bool cgroup_owner(const struct spec_config *c, uid_t *ret_uid)
{
	const struct spec_linux *l = c->linux_;
	if (!c->process || !spec_new_namespace(l, NS_CGROUP) || !mounted_writable(c))
		return false;
	uint32_t uid = c->process->user.uid;
	if (!spec_find_namespace(l, NS_USER)) {
		*ret_uid = uid;
		return uid != 0; /* root's already */
	}
	for (size_t i = 0; i < l->uid_mappings.n; i++) {
		const struct id_mapping *m = &l->uid_mappings.v[i];
		if (uid >= m->container_id && uid - m->container_id < m->size) {
			*ret_uid = m->host_id + (uid - m->container_id);
			return true;
		}
	}
	return false;
}

int cgroup_give(int cgfd, uid_t uid, struct err *e)
{
	char list[4096], *save;
	if (fd_read_small(AT_FDCWD, "/sys/kernel/cgroup/delegate", list, sizeof(list)) < 0)
		memcpy(list, "cgroup.procs\ncgroup.subtree_control\ncgroup.threads",
		       sizeof("cgroup.procs\ncgroup.subtree_control\ncgroup.threads"));
	if (fchown(cgfd, uid, (gid_t)-1) < 0)
		return err_set(e, errno, "change the owner of the cgroup");
	for (char *f = strtok_r(list, "\n", &save); f; f = strtok_r(NULL, "\n", &save)) {
		/* files of controllers that are not enabled are missing */
		if (strchr(f, '/') || fchownat(cgfd, f, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0 ||
		    errno == ENOENT)
			continue;
		return err_set(e, errno, "change the owner of %s", f);
	}
	return 0;
}
