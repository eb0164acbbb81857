/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The block as berth-init reads it, and properties that every plan has: of what engines send, and under
 * facts and requests made up at random.
 */
#include <dirent.h>

#include "../../runtime/lib/fd.h"
#include "plan_util.h"

enum { NONE, STR, LIST, BYTES, GROUPS, FILTER, NODES };

/* What the three data offsets of a kind are: format.h. */
static const unsigned char kinds[STEP_KINDS][3] = {
	[STEP_TIME_OFFSETS] = { STR },
	[STEP_KEYRING] = { STR, STR },
	[STEP_HOSTNAME] = { STR },
	[STEP_DOMAINNAME] = { STR },
	[STEP_ROOT] = { STR },
	[STEP_MOUNT_FS] = { STR, STR, LIST },
	[STEP_MOUNT_BIND] = { NONE, STR },
	[STEP_REMOUNT] = { NONE, STR, LIST },
	[STEP_SYSCTL] = { STR, STR },
	[STEP_DEVICE] = { STR },
	[STEP_SYMLINK] = { STR, STR },
	[STEP_HOOK] = { STR, LIST, LIST },
	[STEP_MASK] = { STR },
	[STEP_READONLY] = { STR },
	[STEP_CWD] = { STR },
	[STEP_LOOKUP] = { STR, STR },
	[STEP_SCHED] = { BYTES },
	[STEP_MEMPOLICY] = { NODES },
	[STEP_AFFINITY] = { BYTES },
	[STEP_APPARMOR] = { STR },
	[STEP_SELINUX] = { STR },
	[STEP_USER] = { GROUPS },
	[STEP_SECCOMP] = { FILTER },
	[STEP_EXEC] = { NONE, LIST, LIST },
};

static bool blob_ok(const struct plan_head *h, uint32_t off, uint64_t len)
{
	return !len || (off && off % 8 == 0 && off + len <= h->data_len);
}

static bool list_ok(const struct plan_head *h, const char *data, uint32_t off)
{
	uint64_t n, at;
	if (!off)
		return true;
	if (off % 8 || off + 16 > h->data_len)
		return false;
	memcpy(&n, data + off, 8);
	if (n > (h->data_len - off) / 8 - 2)
		return false;
	for (uint64_t i = 0; i <= n; i++) {
		memcpy(&at, data + off + 8 * (i + 1), 8);
		if (i == n ? at != 0 : !at || at >= h->data_len)
			return false;
	}
	return true;
}

static bool step_ok(const struct plan_head *h, const char *data, const struct plan_step *s)
{
	if (s->kind == STEP_NONE || s->kind >= STEP_KINDS || s->fd < -1 ||
	    (s->fd >= 0 && (uint32_t)s->fd >= h->nfds))
		return false;
	for (int i = 0; i < 3; i++) {
		uint32_t off = s->str[i];
		bool ok = true;
		switch (kinds[s->kind][i]) {
		case NONE:
			ok = off == 0;
			break;
		case STR:
			ok = off < h->data_len;
			break;
		case LIST:
			ok = list_ok(h, data, off);
			break;
		case BYTES:
			ok = s->num && blob_ok(h, off, s->num);
			break;
		case GROUPS:
			ok = blob_ok(h, off, s->num * 4ULL);
			break;
		case FILTER:
			ok = blob_ok(h, off, s->num * 8ULL);
			break;
		case NODES:
			ok = !off || blob_ok(h, off, (s->val[0] + 63) / 64 * 8);
			break;
		}
		if (!ok)
			return false;
	}
	return s->kind != STEP_HOOK || (s->val[1] < h->data_len && s->val[2] < h->data_len);
}

/* One fd serves one step. */
static void check_fds(const struct plan *p)
{
	bool *used = calloc(p->nfds + 1, 1);
	for (size_t i = 0; i < p->ninside; i++) {
		int fd = p->inside[i].s.fd;
		if (fd < 0)
			continue;
		T_OK(!used[fd]);
		T_INT(p->fds[fd].step, i);
		used[fd] = true;
	}
	for (size_t i = 0; i < p->nfds; i++)
		T_OK(used[i]);
	free(used);
}

static void check_block(struct plan *p)
{
	size_t size;
	const char *block = plan_block(p, &size);
	const struct plan_head *h = (const struct plan_head *)block;
	const char *data = block + h->data_off;
	T_INT(h->magic, PLAN_MAGIC);
	T_INT(h->version, PLAN_VERSION);
	T_INT(h->size, size);
	T_INT(h->data_off, sizeof(*h) + h->nsteps * sizeof(struct plan_step));
	T_INT(h->data_off + h->data_len, size);
	T_INT(h->nsteps, p->ninside);
	T_INT(h->nfds, p->nfds);
	T_INT(h->data_off % 8, 0);
	T_OK(!data[0] && !data[h->data_len - 1]);
	const struct plan_step *steps = (const struct plan_step *)(block + sizeof(*h));
	for (size_t i = 0; i < h->nsteps; i++)
		if (!step_ok(h, data, &steps[i]))
			T_FAIL("step %zu (%s) is malformed", i, plan_step_name(steps[i].kind));
	check_fds(p);
}

static void check_plan(struct plan *p)
{
	check_block(p);
	for (size_t i = 0; i < p->ninside; i++)
		T_OK(p->inside[i].origin && *p->inside[i].origin && plan_step_name(p->inside[i].s.kind));
	for (size_t i = 0; i < p->nhost; i++)
		T_OK(p->host[i].origin && *p->host[i].origin && plan_host_step_name(p->host[i].kind));
	size_t len;
	char *text = plan_print_text(p, &len);
	T_INT(strlen(text), len);
	char *json = plan_print_json(p, &len);
	T_INT(strlen(json), len);
}

static char *read_whole(const char *path, size_t *len)
{
	struct err e = { 0 };
	char *s = fd_read_file(&u_arena, -100, path, SPEC_MAX_BYTES, len, &e);
	if (!s)
		T_FAIL("%s", e.text);
	return s;
}

typedef void config_fn(const char *path, const struct spec_config *c);

static void each_engine_config(config_fn *fn)
{
	static const char *const engines[] = { "podman", "docker", "ctr", "cri-containerd", "cri-crio" };
	int n = 0;
	for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++) {
		char dir[256], path[600];
		snprintf(dir, sizeof(dir), "tests/data/engines/%s", engines[i]);
		DIR *d = opendir(dir);
		for (struct dirent *f; d && (f = readdir(d));) {
			if (!strstr(f->d_name, "config.json"))
				continue;
			size_t len;
			struct err e = { 0 };
			snprintf(path, sizeof(path), "%s/%s", dir, f->d_name);
			char *json = read_whole(path, &len);
			struct spec_config *c = json ? spec_config_decode(&u_arena, json, len, &e) : NULL;
			if (!c)
				T_FAIL("%s: %s", path, e.text);
			else
				fn(path, c);
			n++;
		}
		if (d)
			closedir(d);
	}
	T_OK(n > 50);
}

static struct plan_facts engine_facts(void)
{
	struct plan_facts f = u_facts();
	f.apparmor_enabled = f.selinux_enabled = true;
	return f;
}

static void plan_twice(const char *path, const struct spec_config *c)
{
	struct plan_facts f = engine_facts();
	struct plan_request r = { .wait_for_start = true };
	struct plan a, b;
	struct err e = { 0 };
	if (plan_create(&a, &u_arena, c, &r, &f, &e) < 0 || plan_create(&b, &u_arena, c, &r, &f, &e) < 0) {
		T_FAIL("%s: %s", path, e.text);
		return;
	}
	check_plan(&a);
	size_t na, nb;
	void *ba = plan_block(&a, &na), *bb = plan_block(&b, &nb);
	T_OK(na == nb && memcmp(ba, bb, na) == 0);
	if (plan_exec(&b, &u_arena, c, c->process, 0x6c020000, &r, &f, &e) < 0)
		T_FAIL("%s: exec: %s", path, e.text);
	else
		check_plan(&b);
}

T_TEST(what_engines_send)
{
	each_engine_config(plan_twice);
}

static unsigned long long rng = 88172645463325252ULL;
static bool coin(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng >> 20 & 1;
}

/* Whatever the host is like: a whole plan, or an error that says where. */
static void plan_anyhow(const char *path, const struct spec_config *c)
{
	for (int i = 0; i < 20; i++) {
		struct plan_facts f = u_facts();
		struct plan_request r = { .no_pivot = coin(),
					  .no_new_keyring = coin(),
					  .wait_for_start = coin(),
					  .preserve_fds = coin() * 3,
					  .cgroup_disabled = coin(),
					  .listen_fds = coin() };
		struct plan p;
		struct err e = { 0 };
		f.rootless = coin();
		f.unprivileged = coin();
		f.setgroups_denied = coin();
		f.apparmor_enabled = coin();
		f.selinux_enabled = coin();
		f.kernel_minor = coin();
		f.last_cap = coin() ? 63 : 3;
		f.cgroup_mount = coin() ? "/cg" : NULL;
		if (plan_create(&p, &u_arena, c, &r, &f, &e) == 0) {
			T_OK(!e.set);
			check_plan(&p);
		} else if (!e.set || !*e.path) {
			T_FAIL("%s: an error without a path: %s", path, e.text);
		}
	}
}

T_TEST(any_host)
{
	each_engine_config(plan_anyhow);
}

T_TEST(large)
{
	/* 3000 of everything: no quadratic surprise, and a block that still adds up */
	char *mounts = malloc(1 << 20), *env = malloc(1 << 20), *masks = malloc(1 << 20);
	size_t m = 0, v = 0, k = 0;
	for (int i = 0; i < 3000; i++) {
		m += (size_t)sprintf(mounts + m,
				     "%s{\"destination\":\"/"
				     "m%d\",\"type\":\"tmpfs\",\"source\":\"t\",\"options\":[\"ro\"]}",
				     i ? "," : "", i);
		v += (size_t)sprintf(env + v, "%s\"V%d=%d\"", i ? "," : "", i % 1500, i);
		k += (size_t)sprintf(masks + k, "%s\"/k%d\"", i ? "," : "", i % 1000);
	}
	struct cfg c = { .mounts = mounts,
			 .process = arena_printf(&u_arena, ",\"env\":[%s]", env),
			 .linux_ = arena_printf(&u_arena, BASE_NS ",\"maskedPaths\":[%s]", masks) };
	struct plan p = u_ok(&c);
	check_plan(&p);
	T_INT(u_count(&p, STEP_MOUNT_FS), 3000);
	T_INT(u_count(&p, STEP_MASK), 1000);
	const struct plan_step *s = u_step(&p, STEP_EXEC, 0);
	uint64_t n;
	memcpy(&n, p.data + s->str[2], 8);
	T_INT(n, 1501);
	free(mounts);
	free(env);
	free(masks);
}

T_TEST(empty_plan)
{
	struct plan p = { .arena = &u_arena, .seccomp_step = SIZE_MAX };
	size_t size;
	const char *block = plan_block(&p, &size);
	const struct plan_head *h = (const struct plan_head *)block;
	T_INT(h->nsteps, 0);
	T_OK(h->data_len > 0 && !block[size - 1]);
	plan_blob(&p, "\xff\xff\xff\xff\xff\xff\xff\xff", 8); /* data that does not end with NUL itself */
	block = plan_block(&p, &size);
	T_INT(block[size - 1], 0);
	plan_set_seccomp(&p, "", 0, 0, false); /* nothing to put it into */
	plan_close_fds(&p);
}

T_MAIN()
