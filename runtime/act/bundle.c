/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a bundle, and what the command line adds to it. See create.h. */
#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/log.h"
#include "../security/security.h"

static const char *absolute_bundle(struct arena *a, const char *bundle, struct err *e)
{
	if (bundle && bundle[0] == '/')
		return bundle; /* as given: engines look containers up by it */
	char *cwd = getcwd(NULL, 0);
	if (!cwd) {
		err_set(e, errno, "find the current directory");
		return NULL;
	}
	const char *r = !bundle || !strcmp(bundle, ".") ? arena_strdup(a, cwd)
							 : arena_printf(a, "%s/%s", cwd, bundle);
	free(cwd);
	return r;
}

static void warn(void *ctx, const char *text)
{
	(void)ctx;
	log_warn("%s", text);
}

struct spec_config *bundle_load(struct arena *a, const char *bundle, const char **ret_bundle, const char **ret_json,
				size_t *ret_len, struct err *e)
{
	size_t len;
	const char *dir = absolute_bundle(a, bundle, e);
	if (!dir)
		return NULL;
	const char *json = fd_read_file(a, AT_FDCWD, arena_printf(a, "%s/config.json", dir), SPEC_MAX_BYTES, &len, e);
	if (!json)
		return NULL;
	struct spec_config *c = spec_config_decode(a, json, len, e);
	if (!c || spec_config_check(c, warn, NULL, e) < 0) {
		spec_err_locate(e, json, len);
		err_add(e, "config.json");
		return NULL;
	}
	*ret_bundle = dir;
	if (ret_json) {
		*ret_json = json;
		*ret_len = len;
	}
	return c;
}

int plan_find_seccomp(struct plan *p, const struct spec_seccomp *s, int root_fd, struct err *e)
{
	CLEANUP_FD int cache = root_fd < 0 ? -1 : openat(root_fd, ".seccomp", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct seccomp_filter f = { 0 };
	int r = cache < 0 ? 0 : seccomp_find(p->arena, s, cache, &f, e);
	if (r > 0)
		plan_set_seccomp(p, f.prog, f.count, f.flags, f.listener);
	return r;
}

int plan_compile_seccomp(struct plan *p, const struct spec_seccomp *s, int root_fd, struct err *e)
{
	if (p->seccomp_step == SIZE_MAX)
		return 0;
	CLEANUP_FD int cache = -1;
	if (root_fd >= 0) {
		cache = openat(root_fd, ".seccomp", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (cache < 0 && errno == ENOENT && mkdirat(root_fd, ".seccomp", 0700) == 0)
			cache = openat(root_fd, ".seccomp", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	}
	struct seccomp_filter f = { 0 };
	if (seccomp_compile(p->arena, s, cache, &f, e) < 0)
		return -1;
	plan_set_seccomp(p, f.prog, f.count, f.flags, f.listener);
	return 0;
}

int preserve_fds_check(unsigned *preserve, unsigned *listen_fds, struct err *e)
{
	enum { PRESERVE_MAX = 65536 };
	const char *n = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint64_t count = 0, owner = 0;
	*listen_fds = 0;
	/* sd_listen_fds(3): the variables of somebody else are not for us */
	if (n && parse_u64(n, PRESERVE_MAX, &count) == 0 &&
	    (!pid || (parse_u64(pid, INT32_MAX, &owner) == 0 && (pid_t)owner == getpid())))
		*listen_fds = (unsigned)count;
	if (*preserve < *listen_fds)
		*preserve = *listen_fds;
	if (*preserve > PRESERVE_MAX)
		return err_set(e, 0, "--preserve-fds %u is too large", *preserve);
	for (unsigned i = 0; i < *preserve; i++) {
		int flags = fcntl((int)(3 + i), F_GETFD);
		if (flags < 0)
			return err_set(e, 0, "--preserve-fds: descriptor %u is not open", 3 + i);
		if (flags & FD_CLOEXEC)
			return err_set(e, 0, "--preserve-fds: descriptor %u is not open for us", 3 + i);
	}
	return 0;
}
