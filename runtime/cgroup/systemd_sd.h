/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For systemd_bus.c and systemd_job.c: sd-bus through function pointers, and building and making calls. No
 * other file sees sd-bus.
 */
#ifndef BERTH_CGROUP_SYSTEMD_SD_H
#define BERTH_CGROUP_SYSTEMD_SD_H

#include <systemd/sd-bus.h>

#include "systemd.h"

#define CG_SD_FUNCTIONS(F)                                                                                         \
	F(sd_bus_new)                                                                                        \
	F(sd_bus_set_address)                                                                                \
	F(sd_bus_set_bus_client)                                                                             \
	F(sd_bus_start)                                                                                      \
	F(sd_bus_flush_close_unref)                                                                          \
	F(sd_bus_get_bus_id)                                                                                 \
	F(sd_bus_match_signal_async)                                                                         \
	F(sd_bus_slot_unref)                                                                                 \
	F(sd_bus_process)                                                                                    \
	F(sd_bus_wait)                                                                                       \
	F(sd_bus_call)                                                                                       \
	F(sd_bus_error_free)                                                                                 \
	F(sd_bus_get_property_string)                                                                        \
	F(sd_bus_path_encode)                                                                                \
	F(sd_bus_message_new_method_call)                                                                    \
	F(sd_bus_message_append)                                                                             \
	F(sd_bus_message_append_basic)                                                                       \
	F(sd_bus_message_open_container)                                                                     \
	F(sd_bus_message_close_container)                                                                    \
	F(sd_bus_message_read)                                                                               \
	F(sd_bus_message_unref)

#define CG_SD_MEMBER(name) __typeof__(name) *name;
struct cg_sd {
	CG_SD_FUNCTIONS(CG_SD_MEMBER)
};
/* Filled by cg_bus_open(). */
extern struct cg_sd cg_sd;

enum { CG_TIMEOUT_S = 30 };
#define CG_TIMEOUT_USEC ((uint64_t)CG_TIMEOUT_S * 1000000)
#define CG_DEST "org.freedesktop.systemd1"
#define CG_MANAGER_PATH "/org/freedesktop/systemd1"
#define CG_MANAGER_IFACE "org.freedesktop.systemd1.Manager"
#define CG_UNIT_IFACE "org.freedesktop.systemd1.Unit"

/* A call of a method of the manager, to be filled in. */
int cg_bus_new_call(struct cg_bus *b, const char *iface, const char *member, sd_bus_message **ret,
		    struct err *e);
/* Append a(sv), with PIDs when pid > 0; `recent`: also the properties that are marked so. Negative errno. */
int cg_bus_append(sd_bus_message *m, const struct cg_properties *p, pid_t pid, bool recent);
/* Send and wait for the answer. Takes the message; *ret_reply (may be NULL) is owned by the caller. An
 * error is told in the words of the answer, and its name kept in b->error. */
int cg_bus_call(struct cg_bus *b, const char *what, sd_bus_message *m, sd_bus_message **ret_reply,
		struct err *e);
int cg_bus_call_failed(struct cg_bus *b, const char *what, sd_bus_error *error, int r, struct err *e);
int cg_bus_build_failed(int r, struct err *e);

#endif
