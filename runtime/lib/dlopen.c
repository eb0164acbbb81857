/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See dlopen.h. The notes of the libraries that runtime/security opens stand here, in one place. */
#include "dlopen.h"

#include <string.h>

#include "full.h"

DLOPEN_NOTE(seccomp, "[{\"soname\":[\"libseccomp.so.2\"],\"feature\":\"seccomp\","
		     "\"description\":\"Compile linux.seccomp of a container\",\"priority\":\"recommended\"}]");
DLOPEN_NOTE(selinux, "[{\"soname\":[\"libselinux.so.1\"],\"feature\":\"selinux\","
		     "\"description\":\"Check SELinux labels of a container\",\"priority\":\"suggested\"}]");

#ifdef BERTH_CORE

void *dl_open(const struct dl_library *lib, void *functions, struct err *e)
{
	(void)lib;
	(void)functions;
	full_need(e);
	return NULL;
}

#else

#include <dlfcn.h>

static int missing(const struct dl_library *lib, struct err *e)
{
	const char *why = dlerror();
	return err_set(e, 0, "%s need the library %s: install the package %s (%s)", lib->purpose, lib->soname,
		       lib->package, why ? why : "unknown reason");
}

void *dl_open(const struct dl_library *lib, void *functions, struct err *e)
{
	/* RTLD_NOW: a broken library is an error here, not a crash half-way through the work */
	void *handle = dlopen(lib->soname, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		missing(lib, e);
		return NULL;
	}
	for (const struct dl_symbol *s = lib->symbols; s->name; s++) {
		void *address = dlsym(handle, s->name);
		if (!address && !s->optional) {
			missing(lib, e);
			return NULL;
		}
		/* memcpy: ISO C has no conversion from an object pointer to a function pointer */
		memcpy((char *)functions + s->offset, &address, sizeof(address));
	}
	return handle;
}

#endif
