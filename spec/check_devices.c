/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of linux.devices and linux.netDevices. */
#include <net/if.h>
#include <sys/stat.h>

#include "check.h"

/* dev_t of the kernel: 12 bits major, 20 bits minor. */
enum { MAJOR_MAX = (1 << 12) - 1, MINOR_MAX = (1 << 20) - 1 };

static int check_number(struct check *c, const char *key, struct opt_i64 v, int64_t max)
{
	if (!v.set)
		return bad_key(c, key, "a required property is missing");
	if (v.v < 0 || v.v > max)
		return bad_key(c, key, "%lld is out of range (0 to %lld)", (long long)v.v, (long long)max);
	return 0;
}

/* podman hands on st_mode of the host's node as it is, so the bits of the file type may be there; they must
 * not say something else than `type`. */
static int check_file_mode(struct check *c, const struct spec_device *d)
{
	uint64_t type = d->type[0] == 'b' ? S_IFBLK : d->type[0] == 'p' ? S_IFIFO : S_IFCHR;
	if (!d->file_mode.set || d->file_mode.v <= 07777 || (d->file_mode.v & ~UINT64_C(07777)) == type)
		return 0;
	return bad_key(c, "fileMode", "%llu is not a file mode (0 to 4095)",
		       (unsigned long long)d->file_mode.v);
}

/* mknod(1)'s "u" is an unbuffered character device, on Linux the same as "c". */
static int check_device(struct check *c, const struct spec_device *d)
{
	if (!d->type || strlen(d->type) != 1 || !strchr("cbup", d->type[0]))
		return bad_key(c, "type", "\"%.100s\" is not c, b, u or p", d->type ? d->type : "");
	/* relative paths would depend on where we stand when the node is made */
	if (check_absolute(c, "path", d->path ? d->path : "") < 0)
		return -1;
	if (d->type[0] != 'p' && (check_number(c, "major", d->major, MAJOR_MAX) < 0 ||
				  check_number(c, "minor", d->minor, MINOR_MAX) < 0))
		return -1;
	if (check_file_mode(c, d) < 0)
		return -1;
	if ((d->uid.set && check_id(c, "uid", d->uid.v) < 0) ||
	    (d->gid.set && check_id(c, "gid", d->gid.v) < 0))
		return -1;
	return 0;
}

int check_devices(struct check *c, const struct spec_devices *l)
{
	into(c, "devices");
	for (size_t i = 0; i < l->n; i++) {
		into_index(c, i);
		if (check_device(c, &l->v[i]) < 0)
			return -1;
		out(c);
	}
	out(c);
	return 0;
}

/* The kernel's dev_valid_name(), which is an isspace() of Latin-1. */
static bool valid_device_name(const char *s)
{
	size_t n = strlen(s);
	if (!n || n >= IFNAMSIZ || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	for (; *s; s++)
		if (*s == '/' || *s == ':' || *s == ' ' || (unsigned char)*s == 0xa0 ||
		    ((unsigned char)*s < 0x20) || *s == 0x7f)
			return false;
	return true;
}

/* One "%d" at the end is a template that the kernel fills in; it must leave room for a digit. */
static bool valid_target_name(const char *s)
{
	size_t n = strlen(s);
	const char *percent = strchr(s, '%');
	if (percent && (strcmp(percent, "%d") != 0 || n < 3 || n - 1 >= IFNAMSIZ))
		return false;
	return valid_device_name(s);
}

static const char *target_name(const struct spec_net_device *d)
{
	return d->name ? d->name : d->host_name;
}

/* No device that exists can have a '%' in its name, as the kernel takes it for a template. */
static int check_net_device(struct check *c, const struct spec_net_device *d)
{
	if (!valid_device_name(d->host_name) || strchr(d->host_name, '%'))
		return bad(c, "not the name of a network device");
	if (strcmp(d->host_name, "lo") == 0)
		return bad(c, "the loopback device cannot be moved");
	if (d->name && !valid_target_name(d->name))
		return bad_key(c, "name", "\"%.100s\" is not a name for a network device", d->name);
	return 0;
}

int check_net_devices(struct check *c, const struct spec_linux *l)
{
	const struct spec_net_devices *devs = &l->net_devices;
	enum { MAX_DEVICES = 4096 }; /* compared pairwise */
	if (!devs->n)
		return 0;
	into(c, "netDevices");
	if (!spec_find_namespace(l, NS_NETWORK))
		return bad(c, "needs a network namespace (linux.namespaces)");
	if (devs->n > MAX_DEVICES)
		return bad(c, "more than %d devices", MAX_DEVICES);
	for (size_t i = 0; i < devs->n; i++) {
		const char *target = target_name(&devs->v[i]);
		into(c, devs->v[i].host_name);
		if (check_net_device(c, &devs->v[i]) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (!strchr(target, '%') && strcmp(target_name(&devs->v[k]), target) == 0)
				return bad(c, "two devices would be called \"%s\"", target);
		out(c);
	}
	out(c);
	return 0;
}
