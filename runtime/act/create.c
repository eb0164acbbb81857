/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load, keep and undo; see create.h. perform.c carries out the plan.
 *
 * Undoing goes backwards through what was made: the process, network devices that were moved, the cgroup, the
 * state folder, the pid file; and when hooks of the create phase ran, the poststop hooks have their turn
 * (runtime.md, Lifecycle).
 */
#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../hooks/hooks.h"
#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/full.h"
#include "../lib/log.h"
#include "../lib/rootless.h"
#include "../lib/trace.h"
#include "../security/security.h"

static const char *now_rfc3339(struct arena *a)
{
	enum { NANOSECONDS = 9 };
	struct timespec ts;
	char *text = arena_alloc(a, TIME_TEXT_MAX);
	clock_gettime(CLOCK_REALTIME, &ts);
	time_rfc3339(text, &ts, NANOSECONDS);
	return text;
}

static uint64_t namespace_flags(const struct spec_linux *l)
{
	uint64_t flags = 0;
	for (size_t i = 0; i < l->namespaces.n; i++)
		flags |= spec_namespace_flag(l->namespaces.v[i].type);
	return flags;
}

static void fill_record(struct creation *x, const char *bundle)
{
	struct record *r = &x->rec;
	const char *root = x->config->root->path;
	uid_t uid = own_euid();
	r->id = x->args->id;
	r->oci_version = SPEC_VERSION;
	r->bundle = bundle;
	r->rootfs = root[0] == '/' ? root : arena_printf(&x->arena, "%s/%s", bundle, root);
	r->created = now_rfc3339(&x->arena);
	r->owner = uid == 0 ? "root" : arena_printf(&x->arena, "%u", (unsigned)uid);
	r->annotations = x->config->annotations;
	r->ns_flags = namespace_flags(x->config->linux_);
	r->cgroup.driver = x->args->driver;
	r->cgroup.mark = r->created;
	r->no_new_keyring = x->args->no_new_keyring;
	if (x->args->pid_file && x->args->pid_file[0] == '/')
		r->pid_file = x->args->pid_file;
	const struct spec_seccomp *seccomp = x->config->linux_->seccomp;
	r->has_process = x->config->process != NULL;
	r->has_listener = seccomp && seccomp->listener_path;
	r->has_start_hook = x->config->hooks.kind[HOOK_START_CONTAINER].n > 0;
	r->has_poststart = x->config->hooks.kind[HOOK_POSTSTART].n > 0;
	r->has_poststop = x->config->hooks.kind[HOOK_POSTSTOP].n > 0;
}

/* An engine that wants a terminal tells where it goes; in the foreground it is relayed by us. */
static int check_terminal(const struct creation *x, struct err *e)
{
	const struct spec_process *p = x->config->process;
	bool terminal = p && p->terminal;
	if (terminal && !x->args->console_socket && !x->args->foreground)
		return err_config(e, "process.terminal", "a detached container with a terminal requires --console-socket");
	if (!terminal && x->args->console_socket)
		return err_config(e, "process.terminal", "--console-socket was given but no terminal is asked for");
	return 0;
}

/* Is an LSM on? Asked only when the config names a label. */
static void gather_lsm(struct plan_facts *f, const struct spec_config *c)
{
	const struct spec_process *p = c->process;
	if (p && p->apparmor_profile && p->apparmor_profile[0])
		f->apparmor_enabled = apparmor_enabled();
	if ((p && p->selinux_label && p->selinux_label[0]) || (c->linux_->mount_label && c->linux_->mount_label[0]))
		f->selinux_enabled = selinux_enabled();
}

/* What the hooks inside get on stdin; their own pid is put between the halves. */
static void hook_states(struct creation *x)
{
	static const struct { enum hook_kind kind; enum status status; } inside[] = {
		{ HOOK_CREATE_CONTAINER, STATUS_CREATING },
		{ HOOK_START_CONTAINER, STATUS_CREATED },
	};
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		enum hook_kind k = inside[i].kind;
		if (x->config->hooks.kind[k].n)
			state_json_split(&x->arena, &x->rec, inside[i].status, &x->request.hook_state_before[k],
					 &x->request.hook_state_after[k]);
	}
}

/* A filter that has to be compiled needs libseccomp, which is known before anything is made. */
static int find_filter(struct creation *x, struct err *e)
{
	if (x->plan.seccomp_step == SIZE_MAX)
		return 0;
	CLEANUP_FD int root = state_root_open(x->args->root, false, e);
	err_clear(e); /* without one there is no cache yet; what else is wrong with it will come up */
	int r = plan_find_seccomp(&x->plan, x->config->linux_->seccomp, root, e);
	x->filter_found = r > 0;
	return r == 0 ? full_need(e) : r < 0 ? -1 : 0;
}

/* What is wrong with the rules is known before anything is made; the filter itself is made beside berth-init. */
static int find_device_rules(struct creation *x, struct err *e)
{
	if (!x->plan.device_filter)
		return 0;
	x->device_rules = cgroup_device_rules(&x->arena, x->config, e);
	if (!x->device_rules)
		spec_err_locate(e, x->json, x->json_len);
	return x->device_rules ? 0 : -1;
}

/* Where it will be. To be without one is settled here: nothing is made, and limits are refused. */
static int find_cgroup(struct creation *x, struct err *e)
{
	const struct creation_args *args = x->args;
	if (args->driver == CGROUP_DISABLED)
		return cgroup_create(&x->arena, args->driver, "", x->config, &x->rec.cgroup, &x->cgfd, e);
	if (cgroup_resolve_path(&x->arena, x->config, args->id, args->driver, x->facts.rootless, &x->rec.cgroup.path, e) < 0)
		return -1;
	x->request.cgroup_path = x->rec.cgroup.path;
	return 0;
}

int creation_load(struct creation *x, const struct creation_args *args, struct err *e)
{
	x->args = args;
	if (state_check_id(args->id, e) < 0 || (args->driver == CGROUP_SYSTEMD && full_need(e) < 0))
		return -1;
	unsigned preserve = args->preserve_fds, listen_fds;
	if (preserve_fds_check(&preserve, &listen_fds, e) < 0)
		return -1;
	const char *bundle;
	uint64_t from = trace_now();
	x->config = bundle_load(&x->arena, args->bundle, &bundle, &x->json, &x->json_len, e);
	if (!x->config || check_terminal(x, e) < 0 || facts_gather(&x->facts, &x->arena, e) < 0)
		return -1;
	TRACE("read-config", from);
	from = trace_now();
	gather_lsm(&x->facts, x->config);
	x->facts.resctrl_mounted = x->config->linux_->intel_rdt && rdt_mount_path(&x->arena);
	if (x->facts.selinux_enabled &&
	    lsm_check_process(x->config->process, x->config->linux_->mount_label, "process", e) < 0)
		return -1;
	x->facts.bundle = bundle;
	x->facts.id = args->id;
	fill_record(x, bundle);
	x->request = (struct plan_request){ .no_pivot = args->no_pivot,
					    .created = x->rec.created,
					    .no_new_keyring = args->no_new_keyring,
					    .wait_for_start = !args->run,
					    .preserve_fds = preserve,
					    .console_to_caller = args->foreground && !args->console_socket,
					    .cgroup_disabled = args->driver == CGROUP_DISABLED,
					    .listen_fds = listen_fds };
	hook_states(x);
	if (find_cgroup(x, e) < 0 ||
	    plan_create(&x->plan, &x->arena, x->config, &x->request, &x->facts, e) < 0) {
		spec_err_locate(e, x->json, x->json_len);
		return -1;
	}
	TRACE("plan", from);
	return find_device_rules(x, e) < 0 ? -1 : find_filter(x, e);
}

void creation_keep(struct creation *x)
{
	x->armed = false;
	x->init.pid = 0;
}

static void run_poststop(struct creation *x)
{
	struct err ignored = { 0 };
	const char *state = state_json(&x->arena, &x->rec, STATUS_STOPPED, 0, false, NULL);
	hooks_run(&x->config->hooks, HOOK_POSTSTOP, state, x->rec.bundle, true, &ignored);
}

/* False: another command deleted the container while we did not hold the lock, and nothing of it is ours. */
static bool still_ours(struct creation *x)
{
	struct err why = { 0 };
	if (!x->dir_made || x->dir.locked || state_dir_lock(&x->dir, &why) == 0)
		return true;
	/* no lock to be had: what would be left if we gave up is worse than what could meet us */
	return why.eno != ENOENT;
}

/* What could not be undone is told to who waits for it, or in the log. */
static void note(struct creation *x, struct err *e)
{
	if (e->set && x->undo_failed && !x->undo_failed->set)
		*x->undo_failed = *e;
	else if (e->set)
		log_warn("%s", e->text);
	err_clear(e);
}

static void undo(struct creation *x)
{
	struct err e = { 0 };
	if (!still_ours(x)) {
		init_proc_clear(&x->init);
		netdev_undo(&x->net);
		return;
	}
	/* the end of a pid namespace's first process was that of all in it; whatever else is there keeps the cgroup from being
	 * removed, and is killed then */
	bool all_ended = !x->init.pid && (x->plan.clone_flags & CLONE_NEWPID) && x->rec.cgroup.made &&
			 x->rec.cgroup.driver == CGROUP_CGROUPFS;
	if (x->cgfd >= 0 && !all_ended)
		cgroup_kill(x->cgfd, SIGKILL, &e);
	err_clear(&e); /* what still lives keeps the cgroup from being removed, and that is told */
	if (!all_ended)
		init_proc_clear(&x->init);
	netdev_undo(&x->net);
	if (x->pid_file_made)
		unlink(x->args->pid_file);
	/* perhaps it is for want of descriptors that we are here, and removing takes some */
	plan_close_fds(&x->plan);
	fd_close(&x->listen);
	if (!all_ended)
		fd_close(&x->cgfd);
	/* as long as there is something to remove, there is a record of it for `delete --force` */
	bool removed = rdt_remove(&x->rec.rdt, x->args->id, x->rdt_shared, &e) == 0;
	note(x, &e);
	removed = cgroup_destroy(&x->rec.cgroup, &e) == 0 && removed;
	note(x, &e);
	if (x->rec.cgroup.intended)
		removed = cgroup_remove_leftover(&x->rec.cgroup, &e) == 0 && removed;
	note(x, &e);
	if (x->dir_made && removed)
		state_dir_remove(&x->dir, &e);
	note(x, &e);
	if (x->hooks_ran)
		run_poststop(x);
}

void creation_clear(struct creation *x)
{
	if (x->armed)
		undo(x);
	x->armed = false;
	if (x->init.pid > 0)
		init_proc_clear(&x->init);
	/* the arena, the descriptors and the lock go with the process: giving them back one by one would cost more than exiting */
}
