/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes, the links in /dev and the terminal.
 *
 * A /dev that the config mounts is filled right after that mount, so that what is mounted below it later
 * (pts, shm, mqueue) finds it. When nothing is mounted there, the image's own directory is filled after
 * all mounts. When /dev is bound from the host nothing is made in it but what linux.devices lists: the
 * defaults would be made in the host's directory.
 *
 * A device of linux.devices replaces the default one of the same path. Where mknod(2) is not allowed (user
 * namespaces) the host's node is bound instead.
 */
#include "build.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "mount_options.h"

enum { DEFAULT_MODE = 0666 };

static const struct default_device {
	const char *name, *path;
	unsigned major, minor;
} default_devices[] = {
	{ "null", "/dev/null", 1, 3 },     { "zero", "/dev/zero", 1, 5 },       { "full", "/dev/full", 1, 7 },
	{ "random", "/dev/random", 1, 8 }, { "urandom", "/dev/urandom", 1, 9 }, { "tty", "/dev/tty", 5, 0 },
};

static const struct dev_link {
	const char *target, *name;
} dev_links[] = {
	{ "/proc/self/fd", "fd" },       { "/proc/self/fd/0", "stdin" }, { "/proc/self/fd/1", "stdout" },
	{ "/proc/self/fd/2", "stderr" }, { "pts/ptmx", "ptmx" },
};

/* "NAME" of "/dev/NAME" without a further slash, or NULL. */
static const char *name_in_dev(const char *clean)
{
	if (strncmp(clean, "/dev/", 5) != 0 || strchr(clean + 5, '/'))
		return NULL;
	return clean + 5;
}

struct node {
	const char *origin, *path; /* path: of the host's node, should it be bound */
	const char *name;          /* in /dev, or NULL: `path` in the root */
	mode_t mode;
	dev_t dev;
	uint32_t uid, gid;
};

static void add_node(struct build *b, const struct node *n)
{
	uint32_t name = plan_str(b->p, n->name ? n->name : n->path);
	int32_t fd = -1;
	if (b->bind_devices && !S_ISFIFO(n->mode)) /* a FIFO needs no privilege */
		fd = plan_add_fd(b->p, PFD_DEVICE, n->path, 0, b->p->ninside, n->origin);
	struct inside_step *s = plan_inside(b->p, STEP_DEVICE, n->origin);
	s->s.fd = fd;
	s->s.str[0] = name;
	s->s.flags = n->name ? STEP_F_IN_DEV : 0;
	s->s.val[0] = n->mode;
	s->s.val[1] = n->dev;
	s->s.val[2] = n->uid | (uint64_t)n->gid << 32;
}

static mode_t type_bits(const char *type)
{
	static const struct {
		const char *name;
		mode_t bits;
	} types[] = { { "c", S_IFCHR }, { "u", S_IFCHR }, { "b", S_IFBLK }, { "p", S_IFIFO } };
	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i].name) == 0)
			return types[i].bits;
	return 0;
}

static int read_device(struct build *b, size_t i, struct node *n, struct err *e)
{
	/* what mknod(2) can encode: 12 bits and 20 bits */
	enum { MAJOR_MAX = (1 << 12) - 1, MINOR_MAX = (1 << 20) - 1 };
	const struct spec_device *d = &b->c->linux_->devices.v[i];
	mode_t type = type_bits(d->type);
	if (!type)
		return err_config(e, at_member(b, "linux.devices", i, "type"), "unknown type");
	if (type != S_IFIFO) {
		if (!d->major.set || d->major.v < 0 || d->major.v > MAJOR_MAX)
			return err_config(e, at_member(b, "linux.devices", i, "major"), "is not from 0 to %d",
					  MAJOR_MAX);
		if (!d->minor.set || d->minor.v < 0 || d->minor.v > MINOR_MAX)
			return err_config(e, at_member(b, "linux.devices", i, "minor"), "is not from 0 to %d",
					  MINOR_MAX);
	}
	*n = (struct node){
		.origin = at_index(b, "linux.devices", i),
		.path = d->path,
		.mode = type | ((d->file_mode.set ? (mode_t)d->file_mode.v : DEFAULT_MODE) & 07777),
		.dev = type == S_IFIFO ? 0 : makedev((unsigned)d->major.v, (unsigned)d->minor.v),
		.uid = d->uid.set ? (uint32_t)d->uid.v : 0,
		.gid = d->gid.set ? (uint32_t)d->gid.v : 0,
	};
	return 0;
}

/* The last entry of linux.devices for this path, or NO_INDEX. */
static size_t listed_device(struct build *b, const char *path)
{
	const struct spec_devices *d = &b->c->linux_->devices;
	for (size_t i = d->n; i-- > 0;)
		if (strcmp(d->v[i].path, path) == 0)
			return i;
	return NO_INDEX;
}

static void add_default_devices(struct build *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_devices); i++) {
		const struct default_device *d = &default_devices[i];
		if (listed_device(b, d->path) != NO_INDEX)
			continue;
		add_node(b, &(struct node){ .origin = RUNTIME "default device",
					    .path = d->path,
					    .name = d->name,
					    .mode = S_IFCHR | DEFAULT_MODE,
					    .dev = makedev(d->major, d->minor) });
	}
}

/* /dev/ptmx in linux.devices: the kernel looks for "pts" beside the node, so the link to the container's
 * own devpts is the same thing. */
static bool is_ptmx(const char *clean)
{
	return strcmp(clean, "/dev/ptmx") == 0;
}

static void add_links(struct build *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(dev_links); i++) {
		const char *path = arena_printf(b->p->arena, "/dev/%s", dev_links[i].name);
		size_t listed = listed_device(b, path);
		if (listed != NO_INDEX && !is_ptmx(path))
			continue; /* a device of the config has this name */
		const char *origin = listed == NO_INDEX ? RUNTIME "default link in /dev"
							: at_index(b, "linux.devices", listed);
		uint32_t name = plan_str(b->p, dev_links[i].name);
		add_step(b, STEP_SYMLINK, origin, dev_links[i].target)->s.str[1] = name;
	}
}

/* Is this entry made with the rest of /dev? */
static bool belongs_in_dev(const struct build *b, const char *clean)
{
	return !b->dev_foreign && name_in_dev(clean);
}

static int add_listed(struct build *b, bool in_dev, struct err *e)
{
	const struct spec_devices *d = &b->c->linux_->devices;
	for (size_t i = 0; i < d->n; i++) {
		struct node n;
		const char *path = d->v[i].path;
		if (!path || path[0] != '/')
			return err_config(e, at_member(b, "linux.devices", i, "path"),
					  "is not an absolute path");
		const char *clean = clean_path(b->p->arena, path);
		if (belongs_in_dev(b, clean) != in_dev || (in_dev && is_ptmx(clean)))
			continue;
		if (read_device(b, i, &n, e) < 0)
			return -1;
		n.name = in_dev ? name_in_dev(clean) : NULL;
		add_node(b, &n);
	}
	return 0;
}

int plan_dev(struct build *b, struct err *e)
{
	add_default_devices(b);
	if (add_listed(b, true, e) < 0)
		return -1;
	add_links(b);
	return 0;
}

int plan_devices_elsewhere(struct build *b, struct err *e)
{
	if (b->dev == NO_INDEX) {
		plan_inside(b->p, STEP_DEV_OPEN, RUNTIME "nothing is mounted on /dev");
		if (plan_dev(b, e) < 0)
			return -1;
	}
	return add_listed(b, false, e);
}

/* ---- the terminal ---- */

static bool mounted_on(const struct build *b, const char *clean)
{
	for (size_t i = 0; i < b->c->mounts.n; i++)
		if (strcmp(b->mounts[i].clean, clean) == 0)
			return true;
	return false;
}

static int console_size(struct build *b, uint64_t *ret, struct err *e)
{
	const struct spec_box *box = b->proc->console_size;
	*ret = 0;
	if (!box)
		return 0;
	if (box->height > UINT16_MAX || box->width > UINT16_MAX)
		return err_config(e,
				  box->height > UINT16_MAX ? "process.consoleSize.height"
							   : "process.consoleSize.width",
				  "is larger than %d", UINT16_MAX);
	*ret = box->height | box->width << 32;
	return 0;
}

/* exec finds the devpts at its usual place only */
static bool has_own_devpts(const struct build *b)
{
	return b->pts != NO_INDEX && (!b->exec || strcmp(b->mounts[b->pts].clean, "/dev/pts") == 0);
}

int plan_console(struct build *b, struct err *e)
{
	const char *origin = "process.terminal";
	uint64_t size;
	if (!b->proc || !b->proc->terminal)
		return 0;
	if (console_size(b, &size, e) < 0)
		return -1;
	bool own = has_own_devpts(b);
	int32_t fd = own ? -1 : plan_add_fd(b->p, PFD_PTY_SLAVE, NULL, 0, b->p->ninside, origin);
	struct inside_step *s = plan_inside(b->p, STEP_CONSOLE, origin);
	s->note = own ? "in the container's devpts" : "a terminal of the host: the container has no devpts";
	s->s.fd = fd;
	s->s.val[0] = size;
	s->s.val[1] = b->proc->user.uid;
	if (!b->exec && !b->dev_foreign && !mounted_on(b, "/dev/console"))
		s->s.flags = STEP_F_BIND;
	return 0;
}
