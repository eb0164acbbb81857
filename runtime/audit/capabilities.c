/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capabilities beyond what every engine gives by default: chown, dac_override, fowner, fsetid, kill,
 * net_bind_service, setfcap, setgid, setpcap, setuid, sys_chroot. One rule for each of the others; docker's and
 * containerd's defaults have three of these too (audit_write, mknod, net_raw).
 */
#include "internal.h"

#include <string.h>

static const char *const sets[CAPSET_KINDS] = {
	[CAPSET_BOUNDING] = "bounding",	      [CAPSET_EFFECTIVE] = "effective",
	[CAPSET_INHERITABLE] = "inheritable", [CAPSET_PERMITTED] = "permitted",
	[CAPSET_AMBIENT] = "ambient",
};

static void find_capability(struct audit *a, const struct audit_rule *r)
{
	const struct spec_capabilities *caps = a->c->process ? a->c->process->capabilities : NULL;
	for (int set = 0; caps && set < CAPSET_KINDS; set++) {
		size_t before = SIZE_MAX;
		for (size_t i = 0; i < caps->set[set].n; i++) {
			if (strcmp(caps->set[set].v[i], r->arg) != 0)
				continue;
			struct finding *f = audit_find(a, r);
			if (before == SIZE_MAX) {
				before = f->nedits;
				audit_item(a, f, sets[set]);
			}
			audit_place(a, f, "process.capabilities.%s[%zu]", sets[set], i);
			audit_remove(a, f, "process.capabilities.%s[%zu]", sets[set], i);
		}
		if (before != SIZE_MAX)
			audit_reverse_edits(audit_find(a, r), before);
	}
}

/* What is inheritable and not ambient does nothing by itself; a file of the image that has it inheritable too
 * raises it at its exec. */
static void find_inheritable(struct audit *a, const struct audit_rule *r)
{
	const struct spec_capabilities *caps = a->c->process ? a->c->process->capabilities : NULL;
	if (!caps)
		return;
	const struct strv *inh = &caps->set[CAPSET_INHERITABLE], *amb = &caps->set[CAPSET_AMBIENT];
	bool all = true;
	for (size_t i = 0; i < inh->n && i < MAX_PLACES; i++) {
		bool ambient = false;
		for (size_t j = 0; j < amb->n && !ambient; j++)
			ambient = strcmp(inh->v[i], amb->v[j]) == 0;
		if (ambient) {
			all = false;
			continue;
		}
		struct finding *f = audit_find(a, r);
		audit_item(a, f, inh->v[i]);
		audit_place(a, f, "process.capabilities.inheritable[%zu]", i);
		audit_remove(a, f, "process.capabilities.inheritable[%zu]", i);
	}
	if (!a->nfindings || a->findings[a->nfindings - 1]->rule != r)
		return;
	struct finding *f = audit_find(a, r);
	audit_reverse_edits(f, 0);
	if (all) {
		f->nedits = 0;
		audit_remove(a, f, "process.capabilities.inheritable");
	}
}

#define REMOVE "Remove it from every set of process.capabilities; a program that needs one operation of it is often \
better served by a helper outside."
#define CAP(name, cap, host, userns, why) \
	{ "cap-" name, cap " is granted", host, userns, find_capability, why, REMOVE, cap }

static const struct audit_rule rows[] = {
	CAP("sys-admin", "CAP_SYS_ADMIN", SEV_CRITICAL, SEV_MEDIUM,
	    "It allows mounting, joining namespaces and some hundred other operations; on the host's user namespace a "
	    "process that has it can mount the host's disks or write its cgroups, and so become root of the host."),
	CAP("sys-module", "CAP_SYS_MODULE", SEV_CRITICAL, SEV_LOW,
	    "It loads kernel modules: code of the container's choice runs in the kernel."),
	CAP("sys-rawio", "CAP_SYS_RAWIO", SEV_CRITICAL, SEV_LOW,
	    "It opens /dev/mem, I/O ports, MSRs and raw SCSI commands: the memory and the disks of the host."),
	CAP("dac-read-search", "CAP_DAC_READ_SEARCH", SEV_CRITICAL, SEV_LOW,
	    "open_by_handle_at(2) opens any file of a file system that is visible inside by its number: with the root "
	    "file system or a volume on a disk of the host, every file of that disk."),
	CAP("sys-ptrace", "CAP_SYS_PTRACE", SEV_HIGH, SEV_LOW,
	    "It reads and controls every process that the pid namespace shows, whatever its user; with a pid namespace "
	    "of the host or of another container, processes that are not of this one."),
	CAP("bpf", "CAP_BPF", SEV_HIGH, SEV_LOW,
	    "It loads BPF programs: the largest part of the kernel that takes code from a process, and with CAP_PERFMON "
	    "able to read the kernel's memory."),
	CAP("perfmon", "CAP_PERFMON", SEV_HIGH, SEV_LOW,
	    "It samples the kernel and every process of the host, addresses and data included."),
	CAP("net-admin", "CAP_NET_ADMIN", SEV_HIGH, SEV_MEDIUM,
	    "It configures devices, routes and firewall of the network namespace (of the host, if that is not its own), and "
	    "reaches nftables, tc and other parts of the kernel that have had many exploitable bugs."),
	CAP("sys-boot", "CAP_SYS_BOOT", SEV_HIGH, SEV_LOW,
	    "kexec_load(2) starts another kernel; reboot(2) outside a pid namespace of its own ends the host."),
	CAP("mac-admin", "CAP_MAC_ADMIN", SEV_HIGH, SEV_LOW,
	    "It changes the policy of AppArmor or SELinux that is to confine the container."),
	CAP("mac-override", "CAP_MAC_OVERRIDE", SEV_HIGH, SEV_LOW,
	    "It passes over mandatory access control that is to confine the container."),
	CAP("audit-control", "CAP_AUDIT_CONTROL", SEV_HIGH, SEV_LOW,
	    "It changes the rules of the kernel's audit, which is not divided among containers, or switches it off."),
	CAP("checkpoint-restore", "CAP_CHECKPOINT_RESTORE", SEV_MEDIUM, SEV_LOW,
	    "It chooses process ids and opens files of other processes through /proc/PID/map_files."),
	CAP("audit-read", "CAP_AUDIT_READ", SEV_MEDIUM, SEV_LOW,
	    "It reads the audit log of the whole host."),
	CAP("syslog", "CAP_SYSLOG", SEV_MEDIUM, SEV_LOW,
	    "It reads and clears the kernel's log, which is the host's, and shows kernel addresses, which exploits need."),
	CAP("sys-time", "CAP_SYS_TIME", SEV_MEDIUM, SEV_LOW,
	    "It sets the clock of the host: certificates, logs and locks of everybody depend on it."),
	CAP("sys-resource", "CAP_SYS_RESOURCE", SEV_MEDIUM, SEV_LOW,
	    "It raises resource limits and passes over quotas and reserved space of file systems of the host."),
	CAP("sys-tty-config", "CAP_SYS_TTY_CONFIG", SEV_MEDIUM, SEV_LOW,
	    "It configures the host's consoles and can hang up a terminal that somebody else uses."),
	CAP("sys-pacct", "CAP_SYS_PACCT", SEV_MEDIUM, SEV_LOW,
	    "acct(2) writes a record of every process of the host into a file of the container's choice."),
	CAP("ipc-owner", "CAP_IPC_OWNER", SEV_MEDIUM, SEV_LOW,
	    "It passes over the permissions of System V IPC objects in the IPC namespace, of whoever shares it."),
	CAP("net-raw", "CAP_NET_RAW", SEV_MEDIUM, SEV_LOW,
	    "Raw and packet sockets forge addresses and listen on the container's network: ARP and DNS of the neighbours "
	    "on the same bridge can be spoofed. ping needs it no more (net.ipv4.ping_group_range)."),
	CAP("sys-nice", "CAP_SYS_NICE", SEV_LOW, SEV_LOW,
	    "It takes real-time priority and moves processes among CPUs and memory nodes: others of the host starve."),
	CAP("mknod", "CAP_MKNOD", SEV_LOW, SEV_NONE,
	    "It makes device nodes. Only the device filter is left between the container and the host's devices."),
	CAP("audit-write", "CAP_AUDIT_WRITE", SEV_LOW, SEV_LOW,
	    "It writes records into the host's audit log: they can be forged, or so many that others are lost."),
	CAP("linux-immutable", "CAP_LINUX_IMMUTABLE", SEV_LOW, SEV_LOW,
	    "It makes files of volumes immutable or append-only, so that their owner can neither change nor delete them."),
	CAP("ipc-lock", "CAP_IPC_LOCK", SEV_LOW, SEV_LOW,
	    "It locks memory without RLIMIT_MEMLOCK: memory that the host cannot reclaim."),
	CAP("lease", "CAP_LEASE", SEV_LOW, SEV_LOW,
	    "It takes leases on files of other users: their opens block until the lease is broken."),
	CAP("net-broadcast", "CAP_NET_BROADCAST", SEV_LOW, SEV_LOW,
	    "The kernel does not use it: who asks for it has copied a list."),
	CAP("wake-alarm", "CAP_WAKE_ALARM", SEV_LOW, SEV_LOW,
	    "It wakes the host from suspend."),
	CAP("block-suspend", "CAP_BLOCK_SUSPEND", SEV_LOW, SEV_LOW,
	    "It keeps the host from suspending."),
	{ "inheritable-capabilities", "Capabilities are inheritable", SEV_LOW, SEV_LOW, find_inheritable,
	  "A program of the image that has them as inheritable file capabilities gets them, whoever executes it; nothing "
	  "else needs them (CVE-2022-24769).",
	  "Remove process.capabilities.inheritable." },
};
AUDIT_TABLE(rules_capabilities, rows);
