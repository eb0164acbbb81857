/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts, devices and the terminal in a plan. */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plan_util.h"

enum { RDONLY = 1, NOSUID = 2, NODEV = 4, NOEXEC = 8, NOATIME = 0x10, ATIME = 0x70 };

#define MOUNT(dest, type, source, options)                                                                   \
	"{\"destination\":\"" dest "\",\"type\":\"" type "\",\"source\":\"" source                           \
	"\",\"options\":[" options "]}"

T_TEST(options_of_a_file_system)
{
	struct cfg c = { .mounts = MOUNT("/m", "tmpfs", "src",
					 "\"nosuid\",\"ro\",\"rw\",\"noexec\",\"exec\",\"noatime\",\"\","
					 "\"defaults\",\"size=64k\","
					 "\"x=a=b\",\"flag\",\"rslave\",\"tmpcopyup\",\"sync\"") };
	struct plan p = u_ok(&c);
	const struct plan_step *s = u_step(&p, STEP_MOUNT_FS, 0);
	T_STR(u_str(&p, s->str[0]), "tmpfs");
	T_STR(u_str(&p, s->str[1]), "/m");
	T_STR(u_list(&p, s->str[2]), "size|64k|x|a=b|flag||sync||source|src");
	T_INT(s->val[0], NOSUID | NOATIME);
	T_INT(s->val[2], MS_SLAVE | MS_REC);
	T_INT(s->flags, STEP_F_COPYUP | STEP_F_COPY_MODE);
}

T_TEST(options_of_a_bind)
{
	struct cfg c = { .mounts = MOUNT("/b", "none", "src",
					 "\"rbind\",\"ro\",\"rnosuid\",\"rdev\",\"atime\"") };
	struct plan p = u_ok(&c);
	const struct plan_step *s = u_step(&p, STEP_MOUNT_BIND, 0);
	T_INT(s->val[0] & 0xffffffff, RDONLY);
	T_OK(s->val[0] >> 32 & NOATIME);
	T_INT(s->val[1] & 0xffffffff, NOSUID);
	T_INT(s->val[1] >> 32, NODEV);
	T_INT(s->val[2], MS_PRIVATE | MS_REC); /* the default: no peer of the host's mount */
	T_STR(p.fds[s->fd].path, "/bundle/src");
	T_INT(p.fds[s->fd].kind, PFD_TREE);
	T_INT(p.fds[s->fd].num, 1);

	c.mounts = MOUNT("/b", "bind", "/src", "\"shared\"");
	p = u_ok(&c);
	s = u_step(&p, STEP_MOUNT_BIND, 0);
	T_INT(s->val[2], MS_SLAVE);
	T_INT(s->val[3], MS_SHARED);
	T_INT(p.fds[s->fd].num, 0);
	T_STR(p.fds[s->fd].path, "/src");
}

#define NS_PLAIN "\"namespaces\":[{\"type\":\"mount\"}]"
#define NS_USER_TOO "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}]," USER_MAPS
#define ROOT_SHARED ",\"rootfsPropagation\":\"rshared\""

T_TEST(propagation_of_binds)
{
	static const struct {
		const char *options, *linux_;
		uint64_t first, then;
	} rows[] = {
		{ "\"bind\"", NS_PLAIN, MS_PRIVATE, 0 },
		{ "\"rbind\",\"private\"", NS_PLAIN, MS_PRIVATE | MS_REC, 0 },
		{ "\"rbind\",\"rprivate\"", NS_PLAIN, MS_PRIVATE | MS_REC, 0 },
		{ "\"rbind\",\"slave\"", NS_PLAIN, MS_SLAVE | MS_REC, 0 },
		{ "\"rbind\",\"slave\"", NS_PLAIN ROOT_SHARED, MS_SLAVE | MS_REC, 0 },
		{ "\"rbind\",\"unbindable\"", NS_PLAIN, MS_PRIVATE | MS_REC, MS_UNBINDABLE },
		{ "\"rbind\",\"runbindable\"", NS_PLAIN, MS_PRIVATE | MS_REC, MS_UNBINDABLE | MS_REC },
		{ "\"rbind\",\"shared\"", NS_PLAIN, MS_SLAVE | MS_REC, MS_SHARED },
		{ "\"rbind\",\"rshared\"", NS_PLAIN, MS_SLAVE | MS_REC, MS_SHARED | MS_REC },
		{ "\"rbind\",\"rshared\"", NS_PLAIN ROOT_SHARED, MS_SHARED | MS_REC, 0 },
		{ "\"rbind\",\"rslave\",\"rshared\"", NS_PLAIN ROOT_SHARED, MS_SLAVE | MS_REC,
		  MS_SHARED | MS_REC },
		{ "\"rbind\",\"rshared\"", NS_USER_TOO ROOT_SHARED, MS_SLAVE | MS_REC, MS_SHARED | MS_REC },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char mount[256];
		snprintf(mount, sizeof(mount), MOUNT("/b", "none", "/s", "%s"), rows[i].options);
		struct cfg c = { .mounts = mount, .linux_ = rows[i].linux_ };
		struct plan p = u_ok(&c);
		const struct plan_step *s = u_step(&p, STEP_MOUNT_BIND, 0);
		T_INT(s->val[2], rows[i].first);
		T_INT(s->val[3], rows[i].then);
		T_INT(u_count(&p, STEP_REMOUNT), 0);
	}
}

T_TEST(remount)
{
	struct cfg c = { .mounts = MOUNT("/m", "tmpfs", "t", "") "," MOUNT(
				 "/m", "tmpfs", "t", "\"remount\",\"ro\",\"size=1m\"") };
	struct plan p = u_ok(&c);
	T_INT(u_count(&p, STEP_MOUNT_FS), 1);
	const struct plan_step *s = u_step(&p, STEP_REMOUNT, 0);
	T_INT(s->val[0] & 0xffffffff, RDONLY);
	T_STR(u_list(&p, s->str[2]), "size|1m");
}

T_TEST(refusals)
{
	static const struct {
		const char *mounts, *path;
	} rows[] = {
		{ MOUNT("/m", "none", "/s", "\"bind\",\"size=1\""), "mounts[0].options" },
		{ MOUNT("/m", "none", "/s", "\"bind\",\"sync\""), "mounts[0].options" },
		{ PROC "," MOUNT("/m", "bind", "/s", "\"tmpcopyup\""), "mounts[1].options" },
		{ MOUNT("/m", "proc", "p", "\"tmpcopyup\""), "mounts[0].options" },
		{ MOUNT("/m", "bind", "/s", "\"bind\",\"idmap\""), "mounts[0].options" },
		{ MOUNT("/m", "cgroup", "cgroup", "\"memory\""), "mounts[0].options" },
		{ "{\"destination\":\"/m\",\"source\":\"x\"}", "mounts[0].type" },
		{ "{\"destination\":\"/m\",\"options\":[\"bind\"]}", "mounts[0].source" },
		{ MOUNT("/m", "tmpfs", "t", "\"=x\""), "mounts[0].options" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cfg c = { .mounts = rows[i].mounts };
		u_refused(&c, NULL, rows[i].path);
	}
}

#define MAP(h) "[{\"containerID\":0,\"hostID\":" #h ",\"size\":1}]"
#define MAPPED(options, maps)                                                                               \
	"{\"destination\":\"/m\",\"source\":\"/s\",\"type\":\"tmpfs\",\"options\":[" options "]" maps "}"
#define MAPS ",\"uidMappings\":" MAP(1) ",\"gidMappings\":" MAP(2)

static const struct plan_idmap *idmap_of(const struct plan *p, enum plan_kind kind)
{
	const struct plan_step *s = u_step(p, kind, 0);
	return s->fd < 0 ? NULL : p->fds[s->fd].idmap;
}

T_TEST(mappings_of_mounts)
{
	static const char users[] = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],"
				    "\"uidMappings\":" MAP(7) ",\"gidMappings\":" MAP(8);
	static const struct {
		const char *mount, *linux_, *origin;
		enum plan_kind kind;
		bool recursive;
		unsigned uid, gid;
	} rows[] = {
		/* without an option they mean the mount itself */
		{ MAPPED("\"rbind\"", MAPS), NULL, "mounts[0].uidMappings", STEP_MOUNT_BIND, false, 1, 2 },
		{ MAPPED("\"rbind\",\"idmap\"", MAPS), NULL, "mounts[0].uidMappings", STEP_MOUNT_BIND, false, 1, 2 },
		{ MAPPED("\"rbind\",\"ridmap\"", MAPS), users, "mounts[0].uidMappings", STEP_MOUNT_BIND, true, 1, 2 },
		{ MAPPED("\"bind\",\"idmap\"", ""), users, "mounts[0].options", STEP_MOUNT_BIND, false, 7, 8 },
		{ MAPPED("\"ridmap\",\"rbind\"", ""), users, "mounts[0].options", STEP_MOUNT_BIND, true, 7, 8 },
		{ MAPPED("\"idmap\"", MAPS), NULL, "mounts[0].uidMappings", STEP_MOUNT_FS, false, 1, 2 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cfg c = { .mounts = rows[i].mount, .linux_ = rows[i].linux_ };
		struct plan p = u_ok(&c);
		const struct plan_idmap *m = idmap_of(&p, rows[i].kind);
		T_OK(m);
		T_STR(m->origin, rows[i].origin);
		T_INT(m->recursive, rows[i].recursive);
		T_INT(m->uid->v[0].host_id, rows[i].uid);
		T_INT(m->gid->v[0].host_id, rows[i].gid);
		T_OK(!m->path);
	}
	struct cfg c = { .mounts = MAPPED("\"bind\"", "") };
	struct plan p = u_ok(&c);
	T_OK(!idmap_of(&p, STEP_MOUNT_BIND));
	c = (struct cfg){ .mounts = MAPPED("\"bind\",\"idmap\"", ""),
			  .linux_ = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\",\"path\":\"/u\"}]" };
	p = u_ok(&c);
	T_STR(idmap_of(&p, STEP_MOUNT_BIND)->path, "/u");
	c = (struct cfg){ .mounts = MAPPED("\"idmap\"", MAPS), .linux_ = users };
	u_refused(&c, NULL, "mounts[0].uidMappings"); /* a new file system in a user namespace */
	c = (struct cfg){ .mounts = MAPPED("\"remount\",\"idmap\"", MAPS) };
	u_refused(&c, NULL, "mounts[0].uidMappings");
}

T_TEST(harmless_options_of_a_bind)
{
	struct cfg c = { .mounts = MOUNT("/m", "none", "/s", "\"bind\",\"async\",\"\",\"defaults\"") };
	struct plan p = u_ok(&c);
	T_INT(u_count(&p, STEP_MOUNT_BIND), 1);
}

T_TEST(cgroup_mounts)
{
	struct cfg c = { .mounts = MOUNT("/cg", "cgroup", "cgroup", "\"ro\",\"none\",\"name=systemd\""),
			 .linux_ = "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"cgroup\"}]" };
	struct plan p = u_ok(&c);
	const struct plan_step *s = u_step(&p, STEP_MOUNT_FS, 0);
	T_STR(u_str(&p, s->str[0]), "cgroup2");
	T_STR(u_list(&p, s->str[2]), "source|cgroup|");
	T_INT(s->val[0], RDONLY);

	c.linux_ = NULL; /* without a namespace of its own: never the host's hierarchy */
	p = u_ok(&c);
	s = u_step(&p, STEP_MOUNT_BIND, 0);
	T_INT(p.fds[s->fd].kind, PFD_CGROUP);
	T_INT(s->val[0] & 0xffffffff, RDONLY);
	T_INT(s->flags, STEP_F_DIR);

	c.mounts = MOUNT("/cg", "cgroup2", "cgroup", "\"rw\"");
	struct plan_request r = { .cgroup_disabled = true };
	struct err e = { 0 };
	T_INT(u_plan(&p, &c, &r, NULL, &e), 0);
	s = u_step(&p, STEP_MOUNT_BIND, 0);
	T_STR(p.fds[s->fd].path, "/sys/fs/cgroup");
	T_OK(s->val[0] & RDONLY);
}

T_TEST(dev_is_filled_right_after_its_mount)
{
	struct cfg c = {
		.mounts = PROC "," DEV "," PTS,
		.linux_ = BASE_NS
		",\"devices\":[{\"path\":\"/dev/null\",\"type\":\"c\",\"major\":1,\"minor\":3,"
		"\"fileMode\":384,\"uid\":5,\"gid\":6},{\"path\":\"/dev/ptmx\",\"type\":\"c\",\"major\":5,"
		"\"minor\":2},{\"path\":\"/dev/net/tun\",\"type\":\"u\",\"major\":10,\"minor\":200},"
		"{\"path\":\"/fifo\",\"type\":\"p\"}]"
	};
	struct plan p = u_ok(&c);
	T_HAS(u_names(&p), "root sync-filter mount device symlink mount device pivot");
	int dev = u_find(&p, STEP_MOUNT_FS, 1);
	T_INT(p.inside[dev].s.num, MOUNT_DEV);
	T_INT(u_step(&p, STEP_MOUNT_FS, 0)->num, MOUNT_PROC);
	T_INT(u_step(&p, STEP_MOUNT_FS, 2)->num, MOUNT_PTS);
	T_INT(u_find(&p, STEP_DEVICE, 0), dev + 1);
	T_INT(u_count(&p, STEP_DEVICE), 5 + 1 + 2); /* defaults but null, null, two elsewhere */
	const struct plan_step *null = u_step(&p, STEP_DEVICE, 5);
	T_STR(u_str(&p, null->str[0]), "null");
	T_INT(null->flags, STEP_F_IN_DEV);
	T_INT(null->val[0], S_IFCHR | 0600);
	T_INT(null->val[1], makedev(1, 3));
	T_INT(null->val[2], 5 | 6ULL << 32);
	T_INT(null->fd, -1);
	const struct plan_step *tun = u_step(&p, STEP_DEVICE, 6);
	T_STR(u_str(&p, tun->str[0]), "/dev/net/tun");
	T_INT(tun->flags, 0);
	T_INT(tun->val[0], S_IFCHR | 0666);
	T_INT(u_step(&p, STEP_DEVICE, 7)->val[0], S_IFIFO | 0666);
	T_INT(u_count(&p, STEP_SYMLINK), 5);
	T_STR(p.inside[u_find(&p, STEP_SYMLINK, 4)].origin, "linux.devices[1]");
}

T_TEST(dev_of_the_image_and_of_the_host)
{
	struct cfg c = { .mounts = PROC };
	struct plan p = u_ok(&c);
	T_HAS(u_names(&p), "mount dev-open device symlink pivot");
	c.mounts = PROC "," MOUNT("/dev", "bind", "/dev", "\"rbind\"");
	c.process = ",\"terminal\":true";
	c.linux_ = BASE_NS ",\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":1,\"minor\":3}]";
	p = u_ok(&c);
	T_INT(u_count(&p, STEP_DEVICE), 1);
	T_INT(u_step(&p, STEP_DEVICE, 0)->flags, 0);
	T_INT(u_count(&p, STEP_SYMLINK), 0);
	T_INT(u_count(&p, STEP_DEV_OPEN), 0);
	const struct plan_step *s = u_step(&p, STEP_CONSOLE, 0);
	T_INT(s->flags, 0);
	T_INT(p.fds[s->fd].kind, PFD_PTY_SLAVE);
}

T_TEST(terminal)
{
	struct cfg c = { .process = ",\"terminal\":true,\"consoleSize\":{\"height\":10,\"width\":110}" };
	struct plan p = u_ok(&c);
	const struct plan_step *s = u_step(&p, STEP_CONSOLE, 0);
	T_INT(s->fd, -1);
	T_INT(s->flags, STEP_F_BIND);
	T_INT(s->val[0], 10 | 110ULL << 32);
	T_INT(u_count(&p, STEP_STDIO_OWNER), 0);
}

T_TEST(read_only_file_systems_that_are_filled)
{
	struct cfg c = { .mounts = MOUNT("/dev", "tmpfs", "t", "\"ro\"") "," MOUNT(
				 "/a", "tmpfs", "t",
				 "\"ro\"") "," MOUNT("/a/b", "tmpfs", "t",
						     "") "," MOUNT("/c", "tmpfs", "t",
								   "\"ro\"") "," MOUNT("/cx", "tmpfs", "t",
										       "") };
	struct plan p = u_ok(&c);
	T_INT(u_step(&p, STEP_MOUNT_FS, 0)->val[0], 0);
	T_INT(u_step(&p, STEP_MOUNT_FS, 1)->val[0], 0);
	T_INT(u_step(&p, STEP_MOUNT_FS, 3)->val[0], RDONLY);
	T_INT(u_count(&p, STEP_REMOUNT), 2);
	T_STR(u_str(&p, u_step(&p, STEP_REMOUNT, 0)->str[1]), "/dev");
	T_INT(u_step(&p, STEP_REMOUNT, 0)->val[0], RDONLY);
	T_INT(u_step(&p, STEP_REMOUNT, 0)->num, u_find(&p, STEP_MOUNT_FS, 0) + 1);
	T_INT(u_step(&p, STEP_REMOUNT, 1)->num, u_find(&p, STEP_MOUNT_FS, 1) + 1);
	T_OK(u_step(&p, STEP_MOUNT_FS, 1)->flags & STEP_F_KEEP);
	T_OK(!(u_step(&p, STEP_MOUNT_FS, 3)->flags & STEP_F_KEEP));
	T_STR(u_str(&p, u_step(&p, STEP_REMOUNT, 1)->str[1]), "/a");
	T_OK(u_find(&p, STEP_REMOUNT, 0) > u_find(&p, STEP_MOUNT_FS, 4));
	/* what is below is mounted on the one that hides it */
	c.mounts = MOUNT("/a", "tmpfs", "t", "\"ro\"") "," MOUNT("/a//./", "tmpfs", "t",
								 "") "," MOUNT("/a/b", "tmpfs", "t", "");
	p = u_ok(&c);
	T_INT(u_count(&p, STEP_REMOUNT), 0);
}

T_TEST(sysctls_go_through_a_procfs_that_nothing_lies_over)
{
	const char *sysctl = BASE_NS
		",\"sysctl\":{\"net.ipv4.conf.eth0/1.forwarding\":\"1\",\"net/ipv4/ip_forward\":\"0\"}";
	struct cfg c = { .mounts = DEV "," PROC "," MOUNT("/proc/sys", "bind", "/fake", ""),
			 .linux_ = sysctl };
	struct plan p = u_ok(&c);
	T_INT(u_count(&p, STEP_PROC_PRIVATE), 0);
	T_INT(u_find(&p, STEP_SYSCTL, 0), u_find(&p, STEP_MOUNT_FS, 1) + 1);
	T_OK(u_find(&p, STEP_SYSCTL, 1) < u_find(&p, STEP_MOUNT_BIND, 0));
	T_STR(u_str(&p, u_step(&p, STEP_SYSCTL, 0)->str[0]), "net/ipv4/conf/eth0.1/forwarding");
	T_STR(u_str(&p, u_step(&p, STEP_SYSCTL, 0)->str[1]), "1");
	T_STR(u_str(&p, u_step(&p, STEP_SYSCTL, 1)->str[0]), "net/ipv4/ip_forward");
	T_STR(p.inside[u_find(&p, STEP_SYSCTL, 1)].origin, "linux.sysctl[\"net/ipv4/ip_forward\"]");

	static const char *const unusable[] = { DEV, MOUNT("/proc", "bind", "/x", ""),
						MOUNT("/proc", "proc", "proc", "\"ro\""),
						MOUNT("/proc", "proc", "proc", "\"subset=pid\"") };
	for (size_t i = 0; i < sizeof(unusable) / sizeof(*unusable); i++) {
		c.mounts = unusable[i];
		p = u_ok(&c);
		T_INT(u_find(&p, STEP_SYSCTL, 0), u_find(&p, STEP_PROC_PRIVATE, 0) + 1);
		if (u_count(&p, STEP_MOUNT_FS))
			T_OK(u_step(&p, STEP_MOUNT_FS, 0)->num != MOUNT_PROC);
	}
}

T_TEST(links_at_proc_and_sys_are_refused)
{
	struct cfg c = { .mounts = PROC "," MOUNT("/sys", "sysfs", "sysfs", "") "," MOUNT("/t", "tmpfs", "t",
											  "\"mode=1777\"") };
	struct plan p = u_ok(&c);
	T_INT(u_step(&p, STEP_MOUNT_FS, 0)->flags, STEP_F_NO_LINKS);
	T_INT(u_step(&p, STEP_MOUNT_FS, 1)->flags, STEP_F_NO_LINKS);
	T_INT(u_step(&p, STEP_MOUNT_FS, 2)->flags, 0);
}

T_TEST(paths)
{
	struct cfg c = { .linux_ = BASE_NS
			 ",\"maskedPaths\":[\"/a\",\"/b\",\"/a\"],\"readonlyPaths\":[\"/c\",\"/c\"]",
			 .top = NULL };
	struct plan p = u_ok(&c);
	T_INT(u_count(&p, STEP_MASK), 2);
	T_INT(u_count(&p, STEP_READONLY), 1);
	/* a read-only path is a bind and would uncover a mask below it */
	T_OK(u_find(&p, STEP_READONLY, 0) < u_find(&p, STEP_MASK, 0));
}

T_TEST(label)
{
	struct cfg c = { .mounts = PROC "," MOUNT("/t", "tmpfs", "t", ""),
			 .linux_ = BASE_NS ",\"mountLabel\":\"u:r:t:s0:c1,c2\"" };
	struct plan_facts f = u_facts();
	struct plan p;
	struct err e = { 0 };
	f.selinux_enabled = true;
	T_INT(u_plan(&p, &c, NULL, &f, &e), 0);
	T_STR(u_list(&p, u_step(&p, STEP_MOUNT_FS, 0)->str[2]), "source|proc");
	T_STR(u_list(&p, u_step(&p, STEP_MOUNT_FS, 1)->str[2]), "source|t|context|u:r:t:s0:c1,c2");
}

T_MAIN()
