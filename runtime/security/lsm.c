/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which Linux Security Module is on, and whether SELinux knows a label. Applying a profile or a label
 * is berth-init's work (STEP_APPARMOR, STEP_SELINUX); by then a container has been made for it, so what the
 * policy does not know is refused before.
 */
#include "security.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "../lib/dlopen.h"
#include "../lib/fd.h"

struct selinux_functions {
	int (*security_check_context)(const char *context);
};

static const struct dl_symbol selinux_symbols[] = {
	{ "security_check_context", offsetof(struct selinux_functions, security_check_context), 0 },
	{ 0 },
};

static const struct dl_library selinux_library = {
	.soname = "libselinux.so.1",
	.package = "libselinux1",
	.purpose = "SELinux labels",
	.symbols = selinux_symbols,
};

bool apparmor_enabled(void)
{
	char text[8];
	return fd_read_small(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", text, sizeof(text)) > 0 &&
	       text[0] == 'Y';
}

/* selinuxfs is there only when SELinux is on; `enforce` can be read in permissive mode too, where
 * labels are still set. */
bool selinux_enabled(void)
{
	char text[8];
	return fd_read_small(AT_FDCWD, "/sys/fs/selinux/enforce", text, sizeof(text)) > 0;
}

static int check_label(const char *label, const char *at, struct err *e)
{
	struct selinux_functions f = { 0 };
	if (!dl_open(&selinux_library, &f, e))
		return err_add(e, "%s", at);
	errno = 0;
	if (f.security_check_context(label) == 0)
		return 0;
	if (errno == EINVAL || errno == 0)
		return err_config(e, at, "the SELinux policy does not know the label \"%.256s\"", label);
	err_set(e, errno, "check the SELinux label \"%.256s\"", label);
	return err_add(e, "%s", at);
}

int lsm_check_process(const struct spec_process *p, const char *mount_label, const char *at, struct err *e)
{
	const char *label = p ? p->selinux_label : NULL;
	bool has_label = label && label[0], has_mount_label = mount_label && mount_label[0];
	char path[256];

	if ((!has_label && !has_mount_label) || !selinux_enabled())
		return 0;
	snprintf(path, sizeof(path), "%s.selinuxLabel", at);
	if (has_label && check_label(label, path, e) < 0)
		return -1;
	return has_mount_label ? check_label(mount_label, "linux.mountLabel", e) : 0;
}
