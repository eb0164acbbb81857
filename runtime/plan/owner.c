/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Cgroup ownership" of the runtime-spec: a container gets its own cgroup when it has a cgroup namespace of its own and
 * a writable cgroup mount, and the user of its process is one of the host's.
 */
#include <string.h>

#include "../../spec/spec.h"
#include "build.h"

/* The mount that would show the container its cgroup, writable; NO_INDEX: there is none. */
static size_t writable_mount(const struct spec_config *c)
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
			return i;
	}
	return NO_INDEX;
}

bool plan_cgroup_owner(const struct spec_config *c, uint32_t *ret_uid, size_t *ret_mount)
{
	const struct spec_linux *l = c->linux_;
	if (!c->process || !spec_new_namespace(l, NS_CGROUP))
		return false;
	*ret_mount = writable_mount(c);
	if (*ret_mount == NO_INDEX)
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
