/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of /proc and /sys that linux.maskedPaths and linux.readonlyPaths are to cover. */
#include "internal.h"

#include <string.h>

#include "../../spec/spec.h"

struct cover {
	const char *type;	  /* counts when such a file system is mounted */
	bool mask;		  /* masked; else masked or read-only */
	const char *const *paths; /* ended by NULL */
};

static const char *const control[] = { "/proc/sys", "/proc/sysrq-trigger", NULL },
			 *const hardware[] = { "/proc/bus", "/proc/fs", "/proc/irq", NULL },
			 *const kernel[] = { "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
					     "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
					     NULL },
			 *const firmware[] = { "/sys/devices/virtual/powercap", "/sys/firmware", NULL };
static const struct cover proc_control = { "proc", false, control }, proc_hardware = { "proc", false, hardware },
			  proc_kernel = { "proc", true, kernel }, sys_firmware = { "sysfs", true, firmware };

static bool covered(struct audit *a, const struct strv *by, const char *path)
{
	for (size_t i = 0; i < by->n; i++)
		if (path_is_below(path, path_clean(a, by->v[i])))
			return true;
	return false;
}

static bool has_option(const struct spec_mount *m, const char *name)
{
	for (size_t i = 0; i < m->options.n; i++)
		if (strcmp(m->options.v[i], name) == 0)
			return true;
	return false;
}

/* Mounted where the paths say, and for what is about writing, not read-only as a whole. */
static bool mounted(struct audit *a, const struct cover *c)
{
	const char *at = strcmp(c->type, "proc") == 0 ? "/proc" : "/sys";
	for (size_t i = 0; i < a->c->mounts.n; i++) {
		const struct spec_mount *m = &a->c->mounts.v[i];
		if (strcmp(path_clean(a, m->destination), at) != 0 || has_option(m, "subset=pid"))
			continue;
		if (c->mask || !has_option(m, "ro"))
			return true;
	}
	return false;
}

static void find_uncovered(struct audit *a, const struct audit_rule *r)
{
	const struct cover *c = r->arg;
	const struct spec_linux *l = a->c->linux_;
	const char *name = c->mask ? "linux.maskedPaths" : "linux.readonlyPaths", *values = "";
	const struct strv *list = c->mask ? &l->masked_paths : &l->readonly_paths;
	struct finding *f = NULL;
	if (!mounted(a, c))
		return;
	for (const char *const *p = c->paths; *p; p++) {
		if (covered(a, &l->masked_paths, *p) || (!c->mask && covered(a, &l->readonly_paths, *p)))
			continue;
		f = audit_find(a, r);
		audit_item(a, f, *p);
		values = arena_printf(a->arena, "%s%s\"%s\"", values, *values ? ", " : "", *p);
		if (list->n)
			audit_append(a, f, audit_quote(a, *p), "%s", name);
	}
	if (!f)
		return;
	audit_place(a, f, "%s", name);
	if (!list->n)
		audit_set(a, f, arena_printf(a->arena, "[%s]", values), "%s", name);
}

static const struct audit_rule rows[] = {
	{ "proc-control-writable", "Kernel settings in /proc are writable", SEV_CRITICAL, SEV_LOW, find_uncovered,
	  "Root of the container writes /proc/sys/kernel/core_pattern, and the kernel starts the program named there as root "
	  "of the host; sysrq-trigger reboots the host.",
	  "Add the paths to linux.readonlyPaths.", &proc_control },
	{ "proc-hardware-writable", "Hardware in /proc is writable", SEV_MEDIUM, SEV_LOW, find_uncovered,
	  "Interrupts and buses of the host can be set there.", "Add the paths to linux.readonlyPaths.", &proc_hardware },
	{ "proc-unmasked", "Parts of /proc that tell about the host are not masked", SEV_MEDIUM, SEV_LOW, find_uncovered,
	  "They hold the kernel's memory (kcore), keyrings of others (keys), timers and processes of the host, and "
	  "controls of its hardware (acpi, scsi).",
	  "Add the paths to linux.maskedPaths.", &proc_kernel },
	{ "sys-unmasked", "Parts of /sys that tell about the host are not masked", SEV_LOW, SEV_LOW, find_uncovered,
	  "Firmware tables hold addresses and licence keys; the power counters give away what other programs compute "
	  "(CVE-2020-8694).",
	  "Add the paths to linux.maskedPaths.", &sys_firmware },
};
AUDIT_TABLE(rules_paths, rows);
