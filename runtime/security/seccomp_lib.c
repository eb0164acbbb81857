/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libseccomp, opened when a filter has to be compiled; and which file it is. */
#include "seccomp.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../lib/dlopen.h"

#define ROW(function, member) { #function, offsetof(struct seccomp_lib, member), 0 }
static const struct dl_symbol symbols[] = {
	ROW(seccomp_version, version),
	ROW(seccomp_init, init),
	ROW(seccomp_release, release),
	ROW(seccomp_arch_native, arch_native),
	ROW(seccomp_arch_add, arch_add),
	ROW(seccomp_arch_remove, arch_remove),
	ROW(seccomp_arch_resolve_name, arch_resolve_name),
	ROW(seccomp_attr_set, attr_set),
	ROW(seccomp_syscall_resolve_name, resolve_name),
	ROW(seccomp_syscall_resolve_name_arch, resolve_name_arch),
	ROW(seccomp_rule_add_array, rule_add),
	ROW(seccomp_export_bpf, export_bpf),
	{ 0 },
};

static const struct dl_library library = {
	.soname = "libseccomp.so.2",
	.package = "libseccomp2",
	.purpose = "seccomp filters",
	.symbols = symbols,
};

static void *handle;
static struct seccomp_lib functions;

const struct seccomp_lib *seccomp_lib_get(struct err *e)
{
	if (!handle)
		handle = dl_open(&library, &functions, e);
	return handle ? &functions : NULL;
}

static bool stat_identity(const char *path, struct seccomp_lib_id *ret)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return false;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	ret->size = (uint64_t)st.st_size;
	ret->mtime_sec = (uint64_t)st.st_mtim.tv_sec;
	ret->mtime_nsec = (uint64_t)st.st_mtim.tv_nsec;
	return true;
}

/* The loader's name for the library is usually the soname's link; an upgrade turns the link to another
 * file, so the identity changes although the path does not. */
void seccomp_lib_identity(struct seccomp_lib_id *ret)
{
	memset(ret, 0, sizeof(*ret));
	struct link_map *map;
	if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map) < 0 || map->l_name[0] != '/')
		return;
	if (strlen(map->l_name) >= sizeof(ret->path) || !stat_identity(map->l_name, ret))
		return;
	snprintf(ret->path, sizeof(ret->path), "%s", map->l_name);
}

bool seccomp_lib_unchanged(const struct seccomp_lib_id *id)
{
	struct seccomp_lib_id now = { 0 };
	return stat_identity(id->path, &now) && now.dev == id->dev && now.ino == id->ino && now.size == id->size &&
	       now.mtime_sec == id->mtime_sec && now.mtime_nsec == id->mtime_nsec;
}
