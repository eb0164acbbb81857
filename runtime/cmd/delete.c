/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth delete`: remove what create made. In this order:
 *   1. take the lock: a create or start that is at work is waited for; that of a killed one is free
 *   2. refuse a container that runs, unless --force
 *   3. read the poststop hooks, since the config goes away with the folder
 *   4. container_remove(): kill, remove, run the hooks
 *
 * A created container (which waits for start) is deleted without --force, as engines expect; --only-stopped is the
 * operation "delete" of the runtime-spec, which refuses that as well. With --force an unknown id is success, and
 * whatever a killed create left behind is removed, its pid file too.
 */
#include "cmd.h"
#include "container.h"
#include "destroy.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "../act/act.h"
#include "../lib/full.h"

struct delete_options {
	bool force, only_stopped;
};

/* The poststop hooks, or NULL: most containers have none. */
static const struct spec_hooks *load_hooks(struct container *c)
{
	struct err e = { 0 };

	if (!c->rec.has_poststop)
		return NULL;
	const struct spec_config *config = container_config(c, &e);
	if (!config)
		log_warn("poststop hooks are not run: %s", e.text);
	return config ? &config->hooks : NULL;
}

/* `kill ID KILL` has returned, but the process takes a moment to die: not every caller waits for it. */
static bool stops_now(struct container *c)
{
	enum { MOMENT_MS = 100 };
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	if ((c->status != STATUS_RUNNING && c->status != STATUS_CREATED) || poll(&p, 1, MOMENT_MS) != 1)
		return false;
	c->status = STATUS_STOPPED;
	return true;
}

/* A create was killed after it had written the pid file and before the container was on record, which lies ready then. A
 * process that has its number by now may be another one, in whose pid file that is right. */
static void remove_pid_file(struct container *c)
{
	struct record r;
	pid_t writer;
	uint64_t start;

	if (!state_read_prepared(&c->arena, &c->dir, &r, &writer) || !r.pid_file || !*r.pid_file)
		return;
	if (proc_start_time(r.pid, &start) < 0 || start == r.start_time)
		pid_file_remove(r.pid_file, r.pid, writer);
}

static int delete_container(struct container *c, const struct delete_options *o, struct err *e)
{
	bool free_to_go = c->status == STATUS_STOPPED || (c->status == STATUS_CREATED && !o->only_stopped);

	if (!o->force && !free_to_go && !stops_now(c))
		return err_set(e, 0, "cannot delete container \"%s\" that is not stopped: %s", c->dir.id,
			       status_name(c->status));

	if (c->status == STATUS_CREATING)
		remove_pid_file(c);
	return container_remove(c, load_hooks(c), e);
}

/* The record is no record, or its file system says that what it kept is damaged. */
static bool is_damaged(const struct container *c, const struct err *e)
{
	return c->dir.fd >= 0 && (e->eno == STATE_DAMAGED || e->eno == EBADMSG || e->eno == EUCLEAN);
}

/*
 * No record that says what there is: what was noted of the cgroup does, and whoever is in it is the container. Without such a
 * note, or with one that says nothing, nobody is touched. *e is the error of the record.
 */
static int delete_by_note(struct container *c, struct err *e)
{
	bool damaged = e->eno != EAGAIN;
	struct err why = { 0 };
	int noted = state_read_note(&c->arena, &c->dir, &c->rec, &why);
	if (noted < 0)
		err_add(&why, "%s", e->text);
	if (noted < 0 || (noted && c->rec.cgroup.driver == CGROUP_SYSTEMD && full_need(&why) < 0)) {
		*e = why;
		return -1;
	}
	if (damaged && noted)
		log_warn("%s; its cgroup is removed, and no poststop hook is run", e->text);
	else if (damaged)
		log_warn("%s; only the folder is removed", e->text);
	err_clear(e);
	return noted ? container_remove(c, NULL, e) : state_dir_remove(&c->dir, e);
}

/* container_open() failed. With --force some of that is success. */
static int delete_unreadable(struct container *c, bool force, struct err *e)
{
	if (force && (e->eno == EAGAIN || is_damaged(c, e)))
		return delete_by_note(c, e);
	if (!force || e->eno != ENOENT)
		return -1;
	err_clear(e);
	return 0;
}

static int delete_run(const struct globals *g, void *opts, int argc, char **argv, struct err *e)
{
	(void)argc;
	const struct delete_options *o = opts;
	CLEANUP_CONTAINER struct container c = CONTAINER_INIT;
	if (o->force && o->only_stopped)
		return err_set(e, 0, "--force and --only-stopped contradict each other");
	/* the freezer matters for the words of a refusal only */
	unsigned flags = CONTAINER_LOCK | CONTAINER_UNIT | (o->force ? 0 : CONTAINER_FREEZER);

	if (container_open(&c, g, argv[0], flags, e) < 0)
		return delete_unreadable(&c, o->force, e);
	return delete_container(&c, o, e);
}

static const struct option_row delete_options[] = {
	{ "force", 'f', OPT_FLAG, offsetof(struct delete_options, force), NULL,
	  "kill a running container; an unknown ID is no error" },
	{ "only-stopped", 0, OPT_FLAG, offsetof(struct delete_options, only_stopped), NULL,
	  "refuse a created container too, as the runtime-spec asks" },
	{ 0 },
};

const struct command cmd_delete = {
	.name = "delete",
	.args = "ID",
	.summary = "remove a container that has stopped",
	.example = "berth delete --force web",
	.options = delete_options,
	.opts_size = sizeof(struct delete_options),
	.min_args = 1,
	.max_args = 1,
	.log_warnings = true,
	.run = delete_run,
};
