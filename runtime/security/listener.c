/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seccomp agent gets the listener: one connection, one container process state (config-linux.md "The
 * Container Process State") with the fd beside its first bytes, and the connection is closed.
 */
#include "security.h"

#include <errno.h>
#include <string.h>

#include "../../spec/spec.h"
#include "../lib/fd.h"
#include "../lib/json.h"
#include "../lib/socket.h"

/* json.h writes values, not text that is JSON already: `state` is put in before the last brace. */
static char *process_state(struct arena *a, const struct spec_seccomp *s, pid_t pid, const char *state_json,
			   size_t *ret_len)
{
	struct json *j = json_new(false);
	size_t len;
	json_map(j);
	json_kstr(j, "ociVersion", SPEC_VERSION);
	json_key(j, "fds");
	json_array(j);
	json_str(j, "seccompFd");
	json_end_array(j);
	json_kint(j, "pid", pid);
	if (s->listener_metadata)
		json_kstr(j, "metadata", s->listener_metadata);
	json_end_map(j);
	const char *text = json_text(j, &len);
	while (len > 0 && text[len - 1] != '}')
		len--;

	size_t front = len - 1, state_len = strlen(state_json);
	static const char key[] = ",\"state\":";
	*ret_len = front + sizeof(key) - 1 + state_len + 1;
	char *p = arena_alloc(a, *ret_len + 1), *q = p;
	q = mempcpy(q, text, front);
	q = mempcpy(q, key, sizeof(key) - 1);
	q = mempcpy(q, state_json, state_len);
	*q = '}';
	json_free(j);
	return p;
}

int seccomp_send_listener(const struct spec_seccomp *s, int listener_fd, pid_t pid, const char *state_json,
			  struct err *e)
{
	if (!s) /* berth-init is not believed either */
		return err_set(e, EPROTO, "a seccomp listener came that nobody asked for");
	if (!s->listener_path)
		return err_config(e, "linux.seccomp.listenerPath", "SCMP_ACT_NOTIFY needs it");

	CLEANUP_FD int sock = socket_connect(s->listener_path);
	if (sock < 0) {
		err_set(e, errno, "connect to the seccomp agent at \"%.512s\"", s->listener_path);
		return err_add(e, "linux.seccomp.listenerPath");
	}
	struct arena a = { 0 };
	size_t len;
	const char *text = process_state(&a, s, pid, state_json, &len);
	int r = socket_send(sock, text, len, &listener_fd, 1);
	if (r < 0) {
		err_set(e, errno, "send the container process state to the seccomp agent at \"%.512s\"",
			s->listener_path);
		err_add(e, "linux.seccomp.listenerPath");
	}
	arena_free(&a);
	return r;
}
