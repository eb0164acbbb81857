/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading /proc/self/mountinfo. */
#ifndef BERTH_LIB_MOUNTINFO_H
#define BERTH_LIB_MOUNTINFO_H

/* The mount point in a line when it is a file system of that type and shown from its root on (a bind mount of a part
 * of it is not), else NULL. Cuts the line up, in which the result lies. */
char *mountinfo_point(char *line, const char *type);

#endif
