/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices of the host, as far as the device filter that berth would make lets them be read or written. Each is
 * judged by the first row of `numbers` that has its number [Documentation/admin-guide/devices.txt].
 */
#include "internal.h"

#include <linux/bpf.h>
#include <string.h>

#include "../cgroup/cgroup.h"

enum device_class {
	DEV_DEFAULT, /* what every container has */
	DEV_BLOCK, DEV_MEMORY, DEV_KERNEL_LOG, DEV_KVM, DEV_STORAGE_CONTROL, DEV_FUSE, DEV_TUN, DEV_CONSOLE, DEV_INPUT,
	DEV_USB, DEV_GPU, DEV_WATCHDOG, DEV_VFIO, DEV_TPM, DEV_OTHER,
};
static const struct {
	char type;
	int64_t major, minor; /* -1: any */
	enum device_class is;
} numbers[] = {
	{ 'c', 1, 3, DEV_DEFAULT },	/* null */
	{ 'c', 1, 5, DEV_DEFAULT },	/* zero */
	{ 'c', 1, 7, DEV_DEFAULT },	/* full */
	{ 'c', 1, 8, DEV_DEFAULT },	/* random */
	{ 'c', 1, 9, DEV_DEFAULT },	/* urandom */
	{ 'c', 5, 0, DEV_DEFAULT },	/* tty */
	{ 'c', 5, 1, DEV_DEFAULT },	/* console: in the container it is a pty, and engines name it */
	{ 'c', 5, 2, DEV_DEFAULT },	/* ptmx */
	{ 'c', 136, -1, DEV_DEFAULT },	/* ptys */
	{ 'b', -1, -1, DEV_BLOCK },
	{ 'c', 21, -1, DEV_BLOCK },	/* sg: raw SCSI */
	{ 'c', 1, 1, DEV_MEMORY },	/* mem */
	{ 'c', 1, 2, DEV_MEMORY },	/* kmem */
	{ 'c', 1, 4, DEV_MEMORY },	/* port */
	{ 'c', 202, -1, DEV_MEMORY },	/* msr */
	{ 'c', 10, 144, DEV_MEMORY },	/* nvram */
	{ 'c', 1, 11, DEV_KERNEL_LOG }, /* kmsg */
	{ 'c', 10, 232, DEV_KVM },	/* kvm */
	{ 'c', 10, 238, DEV_KVM },	/* vhost-net */
	{ 'c', 10, 241, DEV_KVM },	/* vhost-vsock */
	{ 'c', 10, 234, DEV_STORAGE_CONTROL }, /* btrfs-control */
	{ 'c', 10, 236, DEV_STORAGE_CONTROL }, /* mapper/control */
	{ 'c', 10, 237, DEV_STORAGE_CONTROL }, /* loop-control */
	{ 'c', 10, 229, DEV_FUSE },	/* fuse */
	{ 'c', 10, 203, DEV_FUSE },	/* cuse */
	{ 'c', 10, 200, DEV_TUN },	/* net/tun */
	{ 'c', 4, -1, DEV_CONSOLE },	/* virtual consoles, serial ports */
	{ 'c', 7, -1, DEV_CONSOLE },	/* vcs: their screens */
	{ 'c', 13, -1, DEV_INPUT },	/* input */
	{ 'c', 10, 223, DEV_INPUT },	/* uinput */
	{ 'c', 189, -1, DEV_USB },
	{ 'c', 226, -1, DEV_GPU },	/* dri */
	{ 'c', 195, -1, DEV_GPU },	/* nvidia */
	{ 'c', 29, -1, DEV_GPU },	/* fb */
	{ 'c', 10, 130, DEV_WATCHDOG },
	{ 'c', 10, 196, DEV_VFIO },
	{ 'c', 10, 224, DEV_TPM },
	{ 'c', -1, -1, DEV_OTHER },
};

static enum device_class classify(char type, int64_t major, int64_t minor)
{
	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (numbers[i].type == type && (numbers[i].major < 0 || numbers[i].major == major) &&
		    (numbers[i].minor < 0 || numbers[i].minor == minor))
			return numbers[i].is;
	return DEV_DEFAULT;
}

enum { USE = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE };

static const struct spec_device_rules *config_rules(const struct audit *a)
{
	static const struct spec_device_rules none;
	return a->c->linux_->resources ? &a->c->linux_->resources->devices : &none;
}

static int64_t number(struct opt_i64 n)
{
	return n.set && n.v >= 0 ? n.v : -1;
}

static bool for_use(const struct spec_device_rule *d)
{
	return d->allow && (!d->access || strpbrk(d->access, "rw"));
}

/* An allowing rule about one device whose number is in the class, or a node of it; when it can be used. */
static void find_class(struct audit *a, const struct audit_rule *r)
{
	enum device_class is = *(const enum device_class *)r->arg;
	const struct spec_device_rules *rules = config_rules(a);
	const struct spec_devices *nodes = &a->c->linux_->devices;
	const struct cg_dev_rules *f = a->device_rules;
	size_t before = 0;

	for (size_t i = 0; i < nodes->n; i++) {
		const struct spec_device *d = &nodes->v[i];
		char type = d->type && *d->type == 'b' ? 'b' : 'c';
		if (!d->major.set || !d->minor.set || !d->type || *d->type == 'p' ||
		    classify(type, d->major.v, d->minor.v) != is ||
		    !(cgroup_device_access(f, type, d->major.v, d->minor.v) & USE))
			continue;
		struct finding *x = audit_find(a, r);
		audit_item(a, x, d->path);
		audit_place(a, x, "linux.devices[%zu]", i);
		audit_remove(a, x, "linux.devices[%zu]", i);
		before = x->nedits;
	}
	if (before)
		audit_reverse_edits(audit_find(a, r), 0);
	for (size_t i = 0; i < rules->n; i++) {
		const struct spec_device_rule *d = &rules->v[i];
		int64_t major = number(d->major), minor = number(d->minor);
		if (!for_use(d) || !d->type || *d->type == 'a' || major < 0 || minor < 0 ||
		    classify(*d->type, major, minor) != is || !(cgroup_device_access(f, *d->type, major, minor) & USE))
			continue;
		struct finding *x = audit_find(a, r);
		audit_item(a, x, arena_printf(a->arena, "%c %lld:%lld", *d->type, (long long)major, (long long)minor));
		audit_place(a, x, "linux.resources.devices[%zu]", i);
		audit_remove(a, x, "linux.resources.devices[%zu]", i);
	}
	if (a->nfindings && a->findings[a->nfindings - 1]->rule == r)
		audit_reverse_edits(audit_find(a, r), before);
}

static void find_all(struct audit *a, const struct audit_rule *r)
{
	const struct spec_device_rules *rules = config_rules(a);
	const struct cg_dev_rules *all = a->device_rules;
	if (!cgroup_device_all(all))
		return;
	for (size_t i = rules->n; i-- > 0;) {
		const struct spec_device_rule *d = &rules->v[i];
		if (!for_use(d) || number(d->major) >= 0 || number(d->minor) >= 0 || (d->type && *d->type != 'a'))
			continue;
		struct finding *f = audit_find(a, r);
		audit_place(a, f, "linux.resources.devices[%zu]", i);
		audit_set(a, f, "false", "linux.resources.devices[%zu].allow", i);
	}
}

/* Allowed for reading or writing, about more than one device, not a default, and nothing later takes it back: asked
 * with numbers that nobody has. */
static void find_wildcard(struct audit *a, const struct audit_rule *r)
{
	enum { NOBODY = 65521 };
	const struct spec_device_rules *rules = config_rules(a);
	const struct cg_dev_rules *all = a->device_rules;
	if (cgroup_device_all(all))
		return;
	for (size_t i = 0; i < rules->n; i++) {
		const struct spec_device_rule *d = &rules->v[i];
		int64_t major = number(d->major), minor = number(d->minor);
		bool any = !d->type || *d->type == 'a';
		if (!for_use(d) || (major >= 0 && minor >= 0 && !any))
			continue;
		char type = any || *d->type == 'b' ? 'b' : 'c';
		if (type == 'c' && major >= 0 && classify('c', major, NOBODY) == DEV_DEFAULT)
			continue;
		int64_t ask_major = major < 0 ? NOBODY : major, ask_minor = minor < 0 ? NOBODY : minor;
		if (!(cgroup_device_access(all, type, ask_major, ask_minor) & USE) &&
		    !(any && cgroup_device_access(all, 'c', ask_major, ask_minor) & USE))
			continue;
		struct finding *f = audit_find(a, r);
		audit_place(a, f, "linux.resources.devices[%zu]", i);
		audit_set(a, f, "false", "linux.resources.devices[%zu].allow", i);
	}
}

#define REMOVE "Remove the device and the rule that allows it."
#define CLASS(id, title, class, host, userns, why) \
	{ id, title, host, userns, find_class, why, REMOVE, &(const enum device_class){ class } }
static const struct audit_rule rows[] = {
	{ "devices-all-allowed", "The device filter allows every device", SEV_CRITICAL, SEV_LOW, find_all,
	  "With CAP_MKNOD, or with a node that is there, the disks and the memory of the host can be read and written.",
	  "Deny all and allow the single devices that are needed." },
	{ "devices-wildcard", "The device filter allows whole classes of devices", SEV_HIGH, SEV_LOW, find_wildcard,
	  "All devices of a type or of a driver can be used, also those that the host gets later.",
	  "Name major and minor of each device that is needed." },
	CLASS("device-block", "A disk of the host can be used", DEV_BLOCK, SEV_CRITICAL, SEV_MEDIUM,
	      "Below its file system nothing is protected: any file of the host that lies on it can be read and changed."),
	CLASS("device-memory", "Memory or processor registers of the host can be used", DEV_MEMORY, SEV_CRITICAL, SEV_MEDIUM,
	      "The memory of the kernel and of all processes can be read or changed there."),
	CLASS("device-kernel-log", "The kernel's log can be used", DEV_KERNEL_LOG, SEV_MEDIUM, SEV_LOW,
	      "It is the host's: addresses for exploits and what other containers did can be read, lines can be forged."),
	CLASS("device-kvm", "Virtualization devices can be used", DEV_KVM, SEV_MEDIUM, SEV_LOW,
	      "KVM and vhost are large parts of the kernel that work on memory which the container fills."),
	CLASS("device-storage-control", "Storage of the host can be configured", DEV_STORAGE_CONTROL, SEV_HIGH, SEV_LOW,
	      "Loop, device mapper and btrfs control make block devices, on the host, out of what the container gives."),
	CLASS("device-fuse", "File systems in user space can be made", DEV_FUSE, SEV_LOW, SEV_LOW,
	      "A process of the container answers the kernel's questions about files, and can let whoever looks at them wait."),
	CLASS("device-tun", "Network devices can be made", DEV_TUN, SEV_LOW, SEV_LOW,
	      "With CAP_NET_ADMIN, packets of any form reach the kernel's network code."),
	CLASS("device-console", "Consoles of the host can be used", DEV_CONSOLE, SEV_HIGH, SEV_LOW,
	      "What is typed and shown there can be read, and input can be put into somebody's session."),
	CLASS("device-input", "Input devices of the host can be used", DEV_INPUT, SEV_HIGH, SEV_LOW,
	      "Every key that is pressed can be read, or pressed by the container."),
	CLASS("device-usb", "USB devices of the host can be used", DEV_USB, SEV_HIGH, SEV_LOW,
	      "Disks, keys and keyboards are used past their drivers."),
	CLASS("device-gpu", "Graphics devices of the host can be used", DEV_GPU, SEV_MEDIUM, SEV_LOW,
	      "Their drivers are large, and memory of other programs may be left in the device."),
	CLASS("device-watchdog", "A watchdog of the host can be used", DEV_WATCHDOG, SEV_MEDIUM, SEV_LOW,
	      "Who opens it and goes away reboots the host."),
	CLASS("device-vfio", "Hardware can be given to the container's processes", DEV_VFIO, SEV_HIGH, SEV_LOW,
	      "A device under VFIO does DMA; without an IOMMU that keeps it apart, to all memory."),
	CLASS("device-tpm", "The TPM of the host can be used", DEV_TPM, SEV_MEDIUM, SEV_LOW,
	      "It holds the host's keys and measurements."),
	CLASS("device-other", "Other devices of the host can be used", DEV_OTHER, SEV_LOW, SEV_LOW,
	      "Each driver is code of the kernel that the container can now call."),
};
AUDIT_TABLE(rules_devices, rows);
