/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks of linux.sysctl. Only parameters that belong to a namespace are let through, and only when the
 * config lists that namespace: all others are the host's. A path may still lead to the host's own namespace;
 * that is seen when it is opened (act/open_fds.c).
 */
#include <stdlib.h>

#include "check.h"

enum { KEY_MAX = 512 };

int spec_sysctl_path(const char *key, char *buf, size_t size)
{
	size_t n = strlen(key), part = 0;
	const char *first = key + strcspn(key, "./");
	bool dots = *first == '.';
	if (!n || n >= size)
		return -1;
	/* the NUL ends the last part, so it is looked at too */
	for (size_t i = 0; i <= n; i++) {
		char ch = key[i];
		if (ch && ((unsigned char)ch <= 0x20 || ch == 0x7f))
			return -1;
		if (dots && (ch == '.' || ch == '/'))
			ch = ch == '.' ? '/' : '.';
		buf[i] = ch;
		if (ch && ch != '/')
			continue;
		size_t len = i - part;
		if (!len || (len <= 2 && strncmp(buf + part, "..", len) == 0))
			return -1;
		part = i + 1;
	}
	return 0;
}

/* A name that ends in '/' stands for everything below it. */
static const struct {
	const char *path;
	enum ns_kind ns;
} namespaced[] = {
	{ "net/", NS_NETWORK },
	{ "fs/mqueue/", NS_IPC },
	{ "kernel/auto_msgmni", NS_IPC },
	{ "kernel/msg_next_id", NS_IPC },
	{ "kernel/msgmax", NS_IPC },
	{ "kernel/msgmnb", NS_IPC },
	{ "kernel/msgmni", NS_IPC },
	{ "kernel/sem", NS_IPC },
	{ "kernel/sem_next_id", NS_IPC },
	{ "kernel/shm_next_id", NS_IPC },
	{ "kernel/shm_rmid_forced", NS_IPC },
	{ "kernel/shmall", NS_IPC },
	{ "kernel/shmmax", NS_IPC },
	{ "kernel/shmmni", NS_IPC },
	{ "kernel/domainname", NS_UTS },
	{ "kernel/hostname", NS_UTS },
};

int spec_sysctl_namespace(const char *path)
{
	for (size_t i = 0; i < sizeof(namespaced) / sizeof(namespaced[0]); i++) {
		size_t n = strlen(namespaced[i].path);
		bool tree = namespaced[i].path[n - 1] == '/';
		if (tree ? strncmp(path, namespaced[i].path, n) == 0 : strcmp(path, namespaced[i].path) == 0)
			return (int)namespaced[i].ns;
	}
	return -1;
}

/* A namespace that is joined counts: engines set parameters for the network namespace of a pod this way. The
 * value ends up in one write(2), where a second line would be lost without a word. */
static int check_sysctl(struct check *c, const struct spec_config *config, const struct kv *s,
			const char *path)
{
	int ns = spec_sysctl_namespace(path);
	if (ns < 0)
		return bad(c, "not a parameter of a namespace, so it would change the host");
	if (!spec_find_namespace(config->linux_, (enum ns_kind)ns))
		return bad(c, "needs a %s namespace (linux.namespaces), or it would change the host",
			   spec_namespace_name((enum ns_kind)ns));
	if (has_control(s->value))
		return bad(c, "the value must not contain control characters");
	if (strcmp(path, "kernel/hostname") == 0 && config->hostname && config->hostname[0])
		return bad(c, "contradicts the property hostname");
	if (strcmp(path, "kernel/domainname") == 0 && config->domainname && config->domainname[0])
		return bad(c, "contradicts the property domainname");
	return 0;
}

struct normalized {
	char path[KEY_MAX];
	const char *key;
};

static int compare(const void *x, const void *y)
{
	return strcmp(((const struct normalized *)x)->path, ((const struct normalized *)y)->path);
}

/* "net.core.x" and "net/core/x" are one file, of which the last write would win. */
static int check_twice(struct check *c, struct normalized *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(v[i].path, v[i - 1].path) != 0)
			continue;
		into(c, v[i].key);
		return bad(c, "is the same parameter as \"%.100s\"", v[i - 1].key);
	}
	return 0;
}

int check_sysctls(struct check *c, const struct spec_config *config)
{
	const struct kvv *l = &config->linux_->sysctl;
	enum { MAX_SYSCTLS = 4096 };
	if (!l->n)
		return 0;
	into(c, "sysctl");
	if (l->n > MAX_SYSCTLS)
		return bad(c, "more than %d parameters", MAX_SYSCTLS);
	struct arena a = { NULL };
	struct normalized *v = arena_array(&a, l->n, sizeof(*v));
	int r = 0;
	for (size_t i = 0; i < l->n && r == 0; i++) {
		v[i].key = l->v[i].key;
		into(c, l->v[i].key);
		if (spec_sysctl_path(l->v[i].key, v[i].path, sizeof(v[i].path)) < 0)
			r = bad(c, "not the name of a parameter");
		else
			r = check_sysctl(c, config, &l->v[i], v[i].path);
		out(c);
	}
	if (r == 0)
		r = check_twice(c, v, l->n);
	arena_free(&a);
	out(c);
	return r;
}
