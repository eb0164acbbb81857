/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `berth spec`: a config to start from. The pieces that both kinds share are macros, so that they cannot
 * drift apart.
 */
#include "spec.h"

#define CAPS(set)                                                                                            \
	"\t\t\t\"" set "\": [\n"                                                                             \
	"\t\t\t\t\"CAP_AUDIT_WRITE\",\n"                                                                     \
	"\t\t\t\t\"CAP_KILL\",\n"                                                                            \
	"\t\t\t\t\"CAP_NET_BIND_SERVICE\"\n"                                                                 \
	"\t\t\t]"

#define HEAD                                                                                                 \
	"{\n"                                                                                                \
	"\t\"ociVersion\": \"" SPEC_VERSION "\",\n"                                                          \
	"\t\"process\": {\n"                                                                                 \
	"\t\t\"terminal\": true,\n"                                                                          \
	"\t\t\"user\": {\n"                                                                                  \
	"\t\t\t\"uid\": 0,\n"                                                                                \
	"\t\t\t\"gid\": 0\n"                                                                                 \
	"\t\t},\n"                                                                                           \
	"\t\t\"args\": [\n"                                                                                  \
	"\t\t\t\"sh\"\n"                                                                                     \
	"\t\t],\n"                                                                                           \
	"\t\t\"env\": [\n"                                                                                   \
	"\t\t\t\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"                     \
	"\t\t\t\"TERM=xterm\"\n"                                                                             \
	"\t\t],\n"                                                                                           \
	"\t\t\"cwd\": \"/\",\n"                                                                              \
	"\t\t\"capabilities\": {\n"                                                                          \
	CAPS("bounding") ",\n" CAPS("effective") ",\n" CAPS("permitted") "\n"                                \
	"\t\t},\n"                                                                                           \
	"\t\t\"rlimits\": [\n"                                                                               \
	"\t\t\t{\n"                                                                                          \
	"\t\t\t\t\"type\": \"RLIMIT_NOFILE\",\n"                                                             \
	"\t\t\t\t\"hard\": 1024,\n"                                                                          \
	"\t\t\t\t\"soft\": 1024\n"                                                                           \
	"\t\t\t}\n"                                                                                          \
	"\t\t],\n"                                                                                           \
	"\t\t\"noNewPrivileges\": true\n"                                                                    \
	"\t},\n"                                                                                             \
	"\t\"root\": {\n"                                                                                    \
	"\t\t\"path\": \"rootfs\",\n"                                                                        \
	"\t\t\"readonly\": true\n"                                                                           \
	"\t},\n"                                                                                             \
	"\t\"hostname\": \"berth\",\n"                                                                       \
	"\t\"mounts\": [\n"

#define MOUNT(destination, type, source)                                                                     \
	"\t\t{\n"                                                                                            \
	"\t\t\t\"destination\": \"" destination "\",\n"                                                      \
	"\t\t\t\"type\": \"" type "\",\n"                                                                    \
	"\t\t\t\"source\": \"" source "\""
#define OPTION(o) "\t\t\t\t\"" o "\""
#define OPTIONS(list) ",\n\t\t\t\"options\": [\n" list "\n\t\t\t]"
#define END "\n\t\t}"
#define AND ",\n"

#define DEVPTS_OPTIONS                                                                                       \
	OPTION("nosuid") AND OPTION("noexec") AND OPTION("newinstance") AND OPTION("ptmxmode=0666") AND      \
	OPTION("mode=0620")

#define MOUNTS(devpts_more)                                                                                  \
	MOUNT("/proc", "proc", "proc") END AND                                                               \
	MOUNT("/dev", "tmpfs", "tmpfs")                                                                      \
	OPTIONS(OPTION("nosuid") AND OPTION("strictatime") AND OPTION("mode=755") AND                        \
		OPTION("size=65536k")) END AND                                                               \
	MOUNT("/dev/pts", "devpts", "devpts") OPTIONS(DEVPTS_OPTIONS devpts_more) END AND                    \
	MOUNT("/dev/shm", "tmpfs", "shm")                                                                    \
	OPTIONS(OPTION("nosuid") AND OPTION("noexec") AND OPTION("nodev") AND OPTION("mode=1777") AND        \
		OPTION("size=65536k")) END AND                                                               \
	MOUNT("/dev/mqueue", "mqueue", "mqueue")                                                             \
	OPTIONS(OPTION("nosuid") AND OPTION("noexec") AND OPTION("nodev")) END AND

#define NAMESPACE(type) "\t\t\t{\n\t\t\t\t\"type\": \"" type "\"\n\t\t\t}"
#define PATHS                                                                                                \
	"\t\t\"maskedPaths\": [\n"                                                                           \
	"\t\t\t\"/proc/acpi\",\n"                                                                            \
	"\t\t\t\"/proc/asound\",\n"                                                                          \
	"\t\t\t\"/proc/interrupts\",\n"                                                                      \
	"\t\t\t\"/proc/kcore\",\n"                                                                           \
	"\t\t\t\"/proc/keys\",\n"                                                                            \
	"\t\t\t\"/proc/latency_stats\",\n"                                                                   \
	"\t\t\t\"/proc/timer_list\",\n"                                                                      \
	"\t\t\t\"/proc/timer_stats\",\n"                                                                     \
	"\t\t\t\"/proc/sched_debug\",\n"                                                                     \
	"\t\t\t\"/proc/scsi\",\n"                                                                            \
	"\t\t\t\"/sys/firmware\",\n"                                                                         \
	"\t\t\t\"/sys/devices/virtual/powercap\"\n"                                                          \
	"\t\t],\n"                                                                                           \
	"\t\t\"readonlyPaths\": [\n"                                                                         \
	"\t\t\t\"/proc/bus\",\n"                                                                             \
	"\t\t\t\"/proc/fs\",\n"                                                                              \
	"\t\t\t\"/proc/irq\",\n"                                                                             \
	"\t\t\t\"/proc/sys\",\n"                                                                             \
	"\t\t\t\"/proc/sysrq-trigger\"\n"                                                                    \
	"\t\t]\n"                                                                                            \
	"\t}\n"                                                                                              \
	"}\n"

const char *spec_template(void)
{
	return HEAD MOUNTS(AND OPTION("gid=5"))
		MOUNT("/sys", "sysfs", "sysfs")
		OPTIONS(OPTION("nosuid") AND OPTION("noexec") AND OPTION("nodev") AND OPTION("ro")) END AND
		MOUNT("/sys/fs/cgroup", "cgroup", "cgroup")
		OPTIONS(OPTION("nosuid") AND OPTION("noexec") AND OPTION("nodev") AND OPTION("relatime") AND
			OPTION("ro")) END "\n"
		"\t],\n"
		"\t\"linux\": {\n"
		"\t\t\"resources\": {\n"
		"\t\t\t\"devices\": [\n"
		"\t\t\t\t{\n"
		"\t\t\t\t\t\"allow\": false,\n"
		"\t\t\t\t\t\"access\": \"rwm\"\n"
		"\t\t\t\t}\n"
		"\t\t\t]\n"
		"\t\t},\n"
		"\t\t\"namespaces\": [\n"
		NAMESPACE("pid") AND NAMESPACE("network") AND NAMESPACE("ipc") AND NAMESPACE("uts") AND
		NAMESPACE("mount") AND NAMESPACE("cgroup") "\n"
		"\t\t],\n"
		PATHS;
}

#define MAPPING(name)                                                                                        \
	"\t\t\"" name "\": [\n"                                                                              \
	"\t\t\t{\n"                                                                                          \
	"\t\t\t\t\"containerID\": 0,\n"                                                                      \
	"\t\t\t\t\"hostID\": %u,\n"                                                                          \
	"\t\t\t\t\"size\": 1\n"                                                                              \
	"\t\t\t}\n"                                                                                          \
	"\t\t],\n"

/* No network namespace (nobody could connect it), hence the host's /sys: the kernel lets a new sysfs be
 * mounted only by who owns the network namespace. "rro" and not "ro": below it are the host's cgroups, and those of the
 * user's own session would be the container's to write to. No gid=5: only one group is mapped. No resources:
 * the user need not have a cgroup of its own. */
char *spec_template_rootless(struct arena *a, uint32_t uid, uint32_t gid)
{
	return arena_printf(a,
		HEAD MOUNTS("")
		MOUNT("/sys", "none", "/sys")
		OPTIONS(OPTION("rbind") AND OPTION("nosuid") AND OPTION("noexec") AND OPTION("nodev") AND
			OPTION("rro")) END "\n"
		"\t],\n"
		"\t\"linux\": {\n"
		MAPPING("uidMappings") MAPPING("gidMappings")
		"\t\t\"namespaces\": [\n"
		NAMESPACE("pid") AND NAMESPACE("ipc") AND NAMESPACE("uts") AND NAMESPACE("mount") AND
		NAMESPACE("cgroup") AND NAMESPACE("user") "\n"
		"\t\t],\n"
		PATHS, uid, gid);
}
