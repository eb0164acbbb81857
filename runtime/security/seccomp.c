/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux.seccomp to a filter that berth-init loads: from the cache, or compiled and put into the cache.
 * The flags are worked out each time: they cost nothing and need no library.
 */
#include "seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/log.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* Any system call may be notified, those that send the listener too: a thread that is not under the filter
 * sends it (init/seccomp.c). */
bool seccomp_has_notify(const struct spec_seccomp *s)
{
	if (!s)
		return false;
	if (strcmp(s->default_action, "SCMP_ACT_NOTIFY") == 0)
		return true;
	for (size_t i = 0; i < s->syscalls.n; i++)
		if (strcmp(s->syscalls.v[i].action, "SCMP_ACT_NOTIFY") == 0)
			return true;
	return false;
}

/* The kernel looks at the flags before it looks for the program: EFAULT means that it knows them. */
static bool kernel_takes(uint64_t flags)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) < 0 && errno == EFAULT;
}

static int read_flags(const struct spec_seccomp *s, bool listener, uint64_t *ret, struct err *e)
{
	*ret = 0;
	/* Absent flags: as the kernel itself does by default since 5.16, loading a filter does not switch
	 * the mitigation of speculative store bypass on. An empty list means no flag at all. */
	if (!s->flags_set)
		*ret = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < s->flags.n; i++) {
		uint64_t flag = seccomp_flag(s->flags.v[i]);
		char at[64];
		snprintf(at, sizeof(at), "linux.seccomp.flags[%zu]", i);
		if (!flag)
			return err_config(e, at, "unknown seccomp flag \"%.64s\"", s->flags.v[i]);
		if (flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
			/* it says how a notified call waits; the kernel refuses it when there is none */
			if (!listener) {
				log_debug("%s: no rule has SCMP_ACT_NOTIFY, nothing to do", at);
				continue;
			}
			if (!kernel_takes(flag | SECCOMP_FILTER_FLAG_NEW_LISTENER))
				return err_config(e, at, "this kernel does not support %s (needs Linux 5.19)",
						  s->flags.v[i]);
		}
		*ret |= flag;
	}
	/* a listener and TSYNC both want the return value; this flag settles it [5.7] */
	if (listener && (*ret & SECCOMP_FILTER_FLAG_TSYNC))
		*ret |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	return 0;
}

static int find(struct arena *a, const struct spec_seccomp *s, int cache_dirfd, struct seccomp_key *key,
		struct seccomp_filter *ret, struct err *e)
{
	*ret = (struct seccomp_filter){ .listener = seccomp_has_notify(s) };
	if (read_flags(s, ret->listener, &ret->flags, e) < 0)
		return -1;
	if (cache_dirfd < 0)
		return 0;
	seccomp_key_make(a, s, key);
	return seccomp_cache_load(a, cache_dirfd, key, ret);
}

int seccomp_find(struct arena *a, const struct spec_seccomp *s, int cache_dirfd, struct seccomp_filter *ret, struct err *e)
{
	struct seccomp_key key;
	return find(a, s, cache_dirfd, &key, ret, e);
}

int seccomp_compile(struct arena *a, const struct spec_seccomp *s, int cache_dirfd, struct seccomp_filter *ret,
		    struct err *e)
{
	struct seccomp_filter f;
	struct seccomp_key key;
	int found = find(a, s, cache_dirfd, &key, &f, e);

	if (found < 0)
		return -1;
	if (found) {
		*ret = f;
		return 0;
	}
	if (seccomp_build(a, s, &f, e) < 0)
		return -1;
	if (cache_dirfd >= 0) {
		struct seccomp_lib_id lib;
		seccomp_lib_identity(&lib);
		seccomp_cache_store(a, cache_dirfd, &key, &lib, &f);
	}
	*ret = f;
	return 0;
}
