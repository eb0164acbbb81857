/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of a container, its hostile forms, and the JSON that is made of it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_fixture.h"

T_TEST(record_round_trip)
{
	struct arena a = { 0 };
	struct record r = sample(), back;
	size_t len;
	const char *text = record_encode(&a, &r, &len);

	T_INT(record_decode(&a, text, len, "c1", &back, &e), 0);
	T_STR(back.id, r.id);
	T_STR(back.oci_version, r.oci_version);
	T_STR(back.bundle, r.bundle);
	T_STR(back.pid_file, r.pid_file);
	T_STR(back.rootfs, r.rootfs);
	T_STR(back.created, r.created);
	T_STR(back.owner, r.owner);
	T_INT(back.pid, r.pid);
	T_OK(back.start_time == r.start_time);
	T_OK(back.pid_inode == r.pid_inode);
	T_OK(back.ns_flags == r.ns_flags);
	T_OK(back.created_done);
	T_OK(back.no_new_keyring);
	T_INT(back.cgroup.driver, r.cgroup.driver);
	T_STR(back.cgroup.path, r.cgroup.path);
	T_OK(back.cgroup.inode == r.cgroup.inode);
	T_INT(back.cgroup.made, 2);
	T_STR(back.cgroup.scope, "y.scope");
	T_INT(back.annotations.n, 3);
	for (size_t i = 0; i < 3; i++) {
		T_STR(back.annotations.v[i].key, r.annotations.v[i].key);
		T_STR(back.annotations.v[i].value, r.annotations.v[i].value);
	}
	/* a record of the first moment: nothing is known but the id */
	struct record early = { .id = "c1", .cgroup.driver = CGROUP_DISABLED };
	text = record_encode(&a, &early, &len);
	T_INT(record_decode(&a, text, len, "c1", &back, &e), 0);
	T_OK(!back.created_done);
	T_STR(back.bundle, "");
	T_STR(back.cgroup.path, "");
	arena_free(&a);
}

T_TEST(record_cut_or_changed_anywhere)
{
	struct arena a = { 0 };
	struct record r = sample(), back;
	size_t len;
	char *text = record_encode(&a, &r, &len);

	for (size_t n = 0; n < len; n++) {
		err_clear(&e);
		/* a copy of its own, so that a read past the end is seen */
		char *cut = malloc(n ? n : 1);
		memcpy(cut, text, n);
		T_INT(record_decode(&a, cut, n, "c1", &back, &e), -1);
		T_INT(e.eno, STATE_DAMAGED);
		free(cut);
	}
	/* any one byte changed: refused or another valid record, never a crash */
	for (size_t n = 0; n < len; n++) {
		static const char with[] = { '\0', '"', '{', '}', '\\', '9', '-', (char)0xff };
		char was = text[n];
		for (size_t i = 0; i < sizeof(with); i++) {
			text[n] = with[i];
			err_clear(&e);
			T_INT(record_decode(&a, text, len, "c1", &back, &e) < 0, e.set);
		}
		text[n] = was;
	}
	err_clear(&e);
	T_INT(record_decode(&a, text, len, "c2", &back, &e), -1);
	T_HAS(e.text, "another container");
	arena_free(&a);
}

/* The sample with one piece of its text replaced. */
static int decode_with(const char *from, const char *to)
{
	struct arena a = { 0 };
	struct record r = sample(), back;
	size_t len;
	char *text = record_encode(&a, &r, &len);
	char *at = strstr(text, from);

	T_OK(at != NULL);
	if (!at)
		return -2;
	char *changed = arena_printf(&a, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	err_clear(&e);
	int rc = record_decode(&a, changed, strlen(changed), "c1", &back, &e);
	arena_free(&a);
	return rc;
}

T_TEST(record_hostile)
{
	static const char *const rows[][2] = {
		{ "\"pid\":4242", "\"pid\":1" },
		{ "\"pid\":4242", "\"pid\":-1" },
		{ "\"pid\":4242", "\"pid\":4194305" },
		{ "\"pid\":4242", "\"pid\":4294967297" },
		{ "\"pid\":4242", "\"pid\":\"4242\"" },
		{ "\"pid\":4242", "\"pid\":4.2e1" },
		{ "\"pid\":4242", "\"pid\":42,\"pid\":43" },
		{ "\"pid\":4242", "\"pid\":null" },
		{ "\"pid\":4242", "\"pid\":true" },
		{ "\"pid\":4242", "\"pid\":[4242]" },
		{ "\"pid\":4242", "\"pid\\u0000\":4242" },
		{ "\"pid\":4242", "\"pid\":{}" },
		{ "\"pid\":4242,", "" },
		{ "\"format\":1", "\"format\":2" },
		{ "\"format\":1", "\"format\":\"1\"" },
		{ "\"format\":1,", "" },
		{ "\"format\":1", "\"format\":1,\"other\":1" },
		{ "\"startTime\":18446744073709551615", "\"startTime\":18446744073709551616" },
		{ "/b/rootfs", "b/rootfs" },
		{ "/b/rootfs", "/b/\\u0000rootfs" },
		{ "\"systemd\"", "\"upstart\"" },
		{ "\"cgroupPath\":\"/x.slice/y.scope\"", "\"cgroupPath\":\"\"" },
		{ "\"cgroupPath\":\"/x.slice/y.scope\"", "\"cgroupPath\":\"/\"" },
		{ "\"cgroupPath\":\"/x.slice/y.scope\"", "\"cgroupPath\":\"x\"" },
		{ "\"cgroupPath\":\"/x.slice/y.scope\"", "\"cgroupPath\":\"/x\\ny\"" },
		{ "\"cgroupMade\":2", "\"cgroupMade\":5000" },
		{ "\"rdtGroup\":\"c1\"", "\"rdtGroup\":\"other\"" }, /* not ours to remove */
		{ "\"rdtGroup\":\"c1\",\"rdtMade\":3", "\"rdtGroup\":\"..\",\"rdtMade\":2" },
		{ "\"rdtGroup\":\"c1\",\"rdtMade\":3", "\"rdtGroup\":\"a/b\",\"rdtMade\":2" },
		{ "\"owner\":\"root\"", "\"owner\":\"a\\u001bb\"" },
		{ "\"createdDone\":true", "\"createdDone\":1" },
		{ "\"annotations\":{", "\"annotations\":{\"a\":{}," },
		{ "\"annotations\":{", "\"annotations\":{\"a\":1," },
		{ "\"annotations\":{", "\"annotations\":{\"a\":[]," },
		{ "\"empty\":\"\"", "\"empty\":true" },
		{ "\"empty\":\"\"", "\"em\\u0000pty\":\"\"" },
		{ "\"empty\":\"\"", "\"empty\":null" },
		{ "\"pidFile\":\"/run/c1 pid\"", "\"pidFile\":\"c1.pid\"" },
	};

	T_INT(decode_with("\"pid\":4242", "\"pid\":0"), 0);
	T_INT(decode_with("\"pidInode\":9223372036854775809,", ""), 0); /* as an earlier berth wrote it */
	T_INT(decode_with("\"pidFile\":\"/run/c1 pid\",", ""), 0);
	T_INT(decode_with("\"rdtGroup\":\"c1\",\"rdtMade\":3", "\"rdtGroup\":\"other\",\"rdtMade\":2"), 0);
	T_INT(decode_with("\"owner\":\"root\"", " \"owner\" : \"r\\u006fot\""), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (decode_with(rows[i][0], rows[i][1]) != -1)
			T_FAIL("accepted: %s", rows[i][1]);
		T_INT(e.eno, STATE_DAMAGED);
	}
	static const char *const whole[] = { "", "{}", "[]", "1", "true", "null", "\"x\"",
					   "{\"a\"", "{}{}", "\xff" };
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		struct arena a = { 0 };
		struct record back;
		err_clear(&e);
		T_INT(record_decode(&a, whole[i], strlen(whole[i]), "c1", &back, &e), -1);
		arena_free(&a);
	}
}

T_TEST(no_record)
{
	CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT;
	struct arena a = { 0 };
	struct record r;

	setup();
	T_INT(state_dir_create(&d, root, "c1", "{}", 2, &e), 0);
	T_INT(state_read(&a, &d, &r, &e), -1);
	T_INT(e.eno, ENOENT);
	err_clear(&e);
	T_INT(mkfifoat(d.fd, "state.json", 0600), 0);
	T_INT(state_read(&a, &d, &r, &e), -1); /* and does not hang */
	arena_free(&a);
	teardown();
}

/* A path that is too long for the text of a link leaves the rest. */
T_TEST(note_of_the_cgroup)
{
	char tall[PATH_MAX];
	memset(tall, 'x', sizeof(tall) - 1);
	tall[0] = '/';
	tall[sizeof(tall) - 1] = '\0';
	const char *const paths[] = { "/a b/c", "/system.slice/docker-1.scope/container", tall };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		CLEANUP_STATE_DIR struct state_dir d = STATE_DIR_INIT;
		struct arena a = { 0 };
		struct record r = sample(), back;
		struct cgroup_ref ref = { .driver = i == 1 ? CGROUP_SYSTEMD : CGROUP_CGROUPFS, .path = paths[i], .inode = 77, .made = 3,
					  .mark = r.created };
		setup();
		T_INT(state_dir_create(&d, root, "c1", "{}", 2, &e), 0);
		T_INT(state_read_note(&a, &d, &back, &e), 0);
		T_INT(state_note_cgroup(&d, &ref, &e), 0);
		T_INT(state_read_note(&a, &d, &back, &e), paths[i] == tall ? -1 : 1);
		err_clear(&e);
		T_INT(back.cgroup.inode, 77);
		T_INT(back.cgroup.made, 3);
		T_STR(back.cgroup.path, paths[i] == tall ? "" : paths[i]);
		if (paths[i] != tall) {
			T_INT(back.cgroup.driver, ref.driver);
			T_STR(back.cgroup.mark, r.created);
		}
		/* a create that came no further */
		r.created_done = false;
		r.cgroup = (struct cgroup_ref){ .path = "/intended", .scope = "", .intended = true };
		T_INT(state_write(&d, &r, &e), 0);
		T_INT(state_read(&a, &d, &back, &e), 0);
		T_INT(back.cgroup.inode, 77);
		T_STR(back.cgroup.path, paths[i] == tall ? "/intended" : paths[i]);
		T_STR(back.cgroup.mark, r.created);
		arena_free(&a);
		teardown();
	}
}

T_TEST(json)
{
	struct arena a = { 0 };
	struct record r = sample();
	const char *before, *after;
	size_t len;

	r.bundle = "/b";
	r.annotations.n = 1;
	T_STR(state_json(&a, &r, STATUS_CREATED, 7, false, &len),
	      "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"created\",\"pid\":7,\"bundle\":\"/b\","
	      "\"annotations\":{\"com.example.a\":\"1\\n\\\"2\\\"\"}}");
	const char *ext = state_json(&a, &r, STATUS_STOPPED, 0, true, &len);
	T_HAS(ext, "\n  \"status\": \"stopped\",\n  \"pid\": 0,\n");
	T_HAS(ext, "\n  \"created\": \"2026-01-02T03:04:05.678901234Z\",\n  \"owner\": \"root\",\n");
	T_HAS(ext, "\n  \"rootfs\": \"/b/rootfs\",\n");
	T_INT(ext[len - 1], '\n');
	r.annotations.n = 0;
	T_OK(!strstr(state_json(&a, &r, STATUS_STOPPED, 0, false, &len), "annotations"));

	r = sample(); /* an annotation of it looks like a pid */
	state_json_split(&a, &r, STATUS_CREATING, &before, &after);
	const char *joined = arena_printf(&a, "%s%d%s", before, 4711, after);
	T_STR(joined, state_json(&a, &r, STATUS_CREATING, 4711, false, NULL));
	arena_free(&a);
}

T_MAIN()
