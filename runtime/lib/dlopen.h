/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared libraries that are opened when they are needed and not before: most containers need none of
 * them, and mapping and relocating a library costs more than all other work of a command's start.
 *
 * Libraries are opened only in berth, on the host side, before it enters any namespace of a container:
 * code that is found through a container's file system would run with the host's rights
 * (CVE-2019-14271).
 *
 * Who opens a library declares it with DLOPEN_NOTE(), so that packagers see a dependency which is in no
 * DT_NEEDED entry (ELF note "FDO", uapi-group.org "ELF dlopen metadata").
 */
#ifndef BERTH_LIB_DLOPEN_H
#define BERTH_LIB_DLOPEN_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* One function: where its address goes in the caller's struct of function pointers. */
struct dl_symbol {
	const char *name;
	size_t offset;
	int optional; /* absent in old versions of the library: the pointer stays NULL */
};

struct dl_library {
	const char *soname;  /* "libseccomp.so.2" */
	const char *package; /* what the user has to install, by Debian's name */
	const char *purpose; /* "seccomp filters": what cannot be done without it */
	const struct dl_symbol *symbols; /* ended by a row without name */
};

/* Open the library and fill `functions`. The library stays open until the process ends. Returns the
 * handle, or NULL with *e, which names the package. In the core: full_need(), see full.h. */
void *dl_open(const struct dl_library *lib, void *functions, struct err *e);

/* `json`: a string literal, [{"soname":[...],"feature":...,"description":...,"priority":...}]. */
#define DLOPEN_NOTE(id, json)                                                                                \
	__attribute__((used, aligned(4), section(".note.dlopen"))) static const struct {                     \
		uint32_t name_size, desc_size, type;                                                         \
		char name[4];                                                                                \
		char desc[(sizeof(json) + 3) / 4 * 4];                                                       \
	} dlopen_note_##id = { 4, sizeof(json), 0x407c0c0a, "FDO", json }

#endif
