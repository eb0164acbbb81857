/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * berth-init [FD]: receive a plan on the SYNC socket FD, do its steps in order, become the container's
 * program with the last one.
 *
 * First of all we become non-dumpable: once we are in a pid namespace that others live in, they must not reach our memory
 * and fds through /proc (but for CAP_SYS_PTRACE in our user namespace). Then every fd from SYNC on becomes close-on-exec.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "init.h"
#include "sys.h"

static const struct step_row rows[STEP_KINDS] = {
	[STEP_NS_JOIN] = { step_ns_join }, [STEP_UNSHARE] = { step_unshare }, [STEP_FORK] = { step_fork },
	[STEP_MAP_WAIT] = { step_map_wait }, [STEP_SETSID] = { step_setsid }, [STEP_LOOPBACK] = { step_loopback },
	[STEP_SYNC_NS] = { step_sync }, [STEP_SYNC_DEVICES] = { step_sync }, [STEP_SYNC_FILTER] = { step_sync },
	[STEP_ROOT_PROPAGATION] = { step_root_propagation }, [STEP_PROC_PRIVATE] = { step_proc_private },
	[STEP_DEV_OPEN] = { step_dev_open }, [STEP_CONSOLE] = { step_console },
	[STEP_ROOT_READONLY] = { step_root_readonly }, [STEP_PIVOT] = { step_pivot },
	[STEP_ROOT_PROPAGATION_END] = { step_root_propagation }, [STEP_ROOT_KEEP] = { step_root_keep },
	[STEP_HOME] = { step_home }, [STEP_READY] = { step_ready }, [STEP_RLIMIT] = { step_rlimit },
	[STEP_UMASK] = { step_umask }, [STEP_IOPRIO] = { step_ioprio }, [STEP_PERSONALITY] = { step_personality },
	[STEP_STDIO_OWNER] = { step_stdio_owner }, [STEP_CAP_BOUNDING] = { step_cap_bounding }, [STEP_CAPS] = { step_caps },
	[STEP_NO_NEW_PRIVS] = { step_no_new_privs }, [STEP_TREES] = { step_trees, { D_LIST } },
	[STEP_TIME_OFFSETS] = { step_time_offsets, { D_STR } }, [STEP_KEYRING] = { step_keyring, { D_STR, D_STR } },
	[STEP_HOSTNAME] = { step_hostname, { D_STR } }, [STEP_DOMAINNAME] = { step_hostname, { D_STR } },
	[STEP_ROOT] = { step_root, { D_STR } }, [STEP_MOUNT_FS] = { step_mount_fs, { D_STR, D_STR, D_LIST } },
	[STEP_MOUNT_BIND] = { step_mount_bind, { D_NONE, D_STR } },
	[STEP_REMOUNT] = { step_remount, { D_NONE, D_STR, D_LIST } }, [STEP_SYSCTL] = { step_sysctl, { D_STR, D_STR } },
	[STEP_DEVICE] = { step_device, { D_STR } }, [STEP_SYMLINK] = { step_symlink, { D_STR, D_STR } },
	[STEP_HOOK] = { step_hook, { D_STR, D_LIST, D_LIST } }, [STEP_MASK] = { step_mask, { D_STR } },
	[STEP_READONLY] = { step_readonly, { D_STR } }, [STEP_CWD] = { step_cwd, { D_STR } },
	[STEP_LOOKUP] = { step_lookup, { D_STR, D_STR } }, [STEP_SCHED] = { step_sched, { D_BYTES } },
	[STEP_MEMPOLICY] = { step_mempolicy, { D_NODES } }, [STEP_AFFINITY] = { step_affinity, { D_BYTES } },
	[STEP_APPARMOR] = { step_apparmor, { D_STR } }, [STEP_SELINUX] = { step_selinux, { D_STR } },
	[STEP_USER] = { step_user, { D_GROUPS } }, [STEP_SECCOMP] = { step_seccomp, { D_FILTER } },
	[STEP_EXEC] = { step_exec, { D_NONE, D_LIST, D_LIST } },
};

const struct step_row *step_row(unsigned kind)
{
	return kind < STEP_KINDS && rows[kind].run ? &rows[kind] : NULL;
}

int fail(struct init *in, enum plan_detail detail, int err, const char *text)
{
	in->why.detail = detail;
	in->why.err = err;
	in->why.text[0] = '\0';
	if (text) {
		size_t n = strnlen(text, PLAN_REPORT_TEXT - 1);
		memcpy(in->why.text, text, n);
		in->why.text[n] = '\0';
	}
	return -1;
}

_Noreturn void die(void)
{
	/* after STEP_SECCOMP even this may be refused, and libc would then try for ever */
	syscall(SYS_exit_group, 1);
	__builtin_trap();
}

/* The time of day in microseconds, as far as it fits: it is the same in every time namespace. */
static void trace(struct init *in, int kind)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	int32_t now = (int32_t)(((uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000) & INT32_MAX);
	report_as(in, MSG_STEP, kind, now, -1);
}

static int sync_number(int argc, char **argv)
{
	int n = 0;
	if (argc < 2)
		return PLAN_SYNC_FD;
	for (const char *p = argv[1]; *p; p++) {
		if (*p < '0' || *p > '9' || n > 1000000)
			die();
		n = n * 10 + (*p - '0');
	}
	return n < PLAN_SYNC_FD ? PLAN_SYNC_FD : n;
}

int main(int argc, char **argv)
{
	static struct init init; /* static: 8 KB of paths, zeroed, touched only when used */
	struct init *in = &init;

	in->sync = sync_number(argc, argv);
	in->root = in->proc = in->dev = in->pts = in->mask_file = in->mask_dir = -1;
	in->why.step = -1;
	if (not_dumpable(in) < 0)
		give_up(in);
	if (sys_close_range((unsigned)in->sync, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		lost(in, errno);
	in->umask = umask(0);
	signals_note(in);

	if (plan_receive(in) < 0)
		give_up(in);
	for (in->step = 0; in->step < in->head->nsteps; in->step++) {
		const struct plan_step *s = &in->steps[in->step];
		in->why.value = 0;
		if (rows[s->kind].run(in, s) == 0 || (s->flags & STEP_F_OPTIONAL)) {
			if ((in->head->flags & PLAN_TRACED) && !in->exec_told)
				trace(in, s->kind);
			continue;
		}
		in->why.step = (int32_t)in->step;
		give_up(in);
	}
	/* a plan ends with STEP_EXEC, which does not return */
	in->why.step = (int32_t)in->step - 1;
	fail(in, DETAIL_PLAN, EINVAL, NULL);
	give_up(in);
}
