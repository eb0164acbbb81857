/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Failure reports in words, and the two printers. */
#include <errno.h>

#include "plan_util.h"

static struct plan some_plan(void)
{
	struct cfg c = {
		.mounts = PROC "," DEV ",{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"/s\"}",
		.linux_ = BASE_NS ",\"sysctl\":{\"net.a\":\"1\"},\"maskedPaths\":[\"/proc/kcore\"]",
		.process = ",\"env\":[\"SECRET=hunter2\"]",
		.top = ",\"hostname\":\"h\",\"hooks\":{\"createContainer\":[{\"path\":\"/h\",\"timeout\":2}]}"
	};
	return u_ok(&c);
}

static struct err told(const struct plan *p, int step, unsigned detail, int eno, int value, const char *text)
{
	struct plan_report r = { .magic = PLAN_MAGIC,
				 .msg = MSG_FAILED,
				 .step = step,
				 .err = eno,
				 .value = value,
				 .detail = detail };
	struct err e = { 0 };
	snprintf(r.text, sizeof(r.text), "%s", text);
	T_INT(plan_explain(p, &r, &e), -1);
	T_OK(e.set);
	return e;
}

T_TEST(what_failed)
{
	struct plan p = some_plan();
	int bind = u_find(&p, STEP_MOUNT_BIND, 0);
	T_STR(told(&p, bind, DETAIL_TARGET, ENOENT, 0, "").text,
	      "mounts[2] \"/data\": open destination: no such file or directory");
	T_STR(told(&p, u_find(&p, STEP_MOUNT_FS, 0), DETAIL_FSCONFIG, EINVAL, 0,
		   "proc: Unknown parameter 'x'\n")
		      .text,
	      "mounts[0] \"/proc\": configure the file system: proc: Unknown parameter 'x': invalid "
	      "argument");
	T_STR(told(&p, u_find(&p, STEP_HOSTNAME, 0), DETAIL_NONE, EPERM, 0, "").text,
	      "hostname: set the host name: operation not permitted");
	T_STR(told(&p, u_find(&p, STEP_DEVICE, 0), DETAIL_NONE, EPERM, 0, "").text,
	      "device \"null\": make the device: operation not permitted");
	T_STR(told(&p, u_find(&p, STEP_SYSCTL, 0), DETAIL_WRITE, EINVAL, 0, "").text,
	      "linux.sysctl[\"net.a\"]: write: invalid argument");
	T_STR(told(&p, -1, DETAIL_PLAN, EINVAL, 0, "").text,
	      "berth-init: the plan is malformed: invalid argument");
	T_HAS(told(&p, 100000, 100000, 0, 0, "x").text, "berth-init: failed: x");
}

T_TEST(the_executable)
{
	struct plan p = some_plan();
	int lookup = u_find(&p, STEP_LOOKUP, 0), exec = u_find(&p, STEP_EXEC, 0);
	struct err e = told(&p, lookup, DETAIL_NOT_FOUND, ENOENT, 0, "sh");
	T_STR(e.text, "exec: \"sh\": executable file not found in $PATH");
	T_INT(e.exit_code, 127);
	e = told(&p, lookup, DETAIL_NONE, ENOENT, 0, "sh");
	T_STR(e.text, "exec: \"sh\": no such file or directory");
	T_INT(e.exit_code, 127);
	e = told(&p, lookup, DETAIL_NOT_EXECUTABLE, EACCES, 0, "sh");
	T_STR(e.text, "exec: \"sh\": permission denied");
	T_INT(e.exit_code, 126);
	e = told(&p, lookup, DETAIL_IS_DIR, 0, 0, "sh");
	T_STR(e.text, "exec: \"sh\": is a directory");
	T_INT(e.exit_code, 126);
	e = told(&p, exec, DETAIL_EXEC, ENOEXEC, 0, "/bin/sh");
	T_STR(e.text, "exec: \"sh\": exec format error");
	T_INT(e.exit_code, 126);
	e = told(&p, u_find(&p, STEP_CWD, 0), DETAIL_CHDIR, ENOENT, 0, "/");
	T_STR(e.text, "chdir to cwd \"/\": no such file or directory");
	e = told(&p, u_find(&p, STEP_CWD, 1), DETAIL_CHDIR, EACCES, 0, "/");
	T_STR(e.text, "chdir to cwd \"/\": permission denied");
	T_INT(e.exit_code, 126);
}

T_TEST(hooks)
{
	struct plan p = some_plan();
	int hook = u_find(&p, STEP_HOOK, 0);
	T_STR(told(&p, hook, DETAIL_STATUS, 0, 3, "last words\n").text,
	      "hooks.createContainer[0] \"/h\": exit status 3: last words");
	T_STR(told(&p, hook, DETAIL_SIGNAL, 0, 9, "").text,
	      "hooks.createContainer[0] \"/h\": killed by signal 9");
	T_STR(told(&p, hook, DETAIL_TIMEOUT, 0, 0, "").text,
	      "hooks.createContainer[0] \"/h\": not finished after 2 s");
	T_STR(told(&p, hook, DETAIL_EXEC, ENOENT, 0, "").text,
	      "hooks.createContainer[0] \"/h\": execute: no such file or directory");
}

T_TEST(text_that_is_not_ended)
{
	struct plan p = some_plan();
	struct plan_report r = { .msg = MSG_FAILED,
				 .step = u_find(&p, STEP_MASK, 0),
				 .detail = DETAIL_ATTACH };
	struct err e = { 0 };
	memset(r.text, 'A', sizeof(r.text));
	plan_explain(&p, &r, &e);
	T_HAS(e.text, "linux.maskedPaths[0] \"/proc/kcore\": attach the mount: AAAA");
	T_INT(strlen(strchr(e.text, 'A')), PLAN_REPORT_TEXT - 1);
}

T_TEST(all_steps_have_words)
{
	for (unsigned k = STEP_NONE + 1; k < STEP_KINDS; k++)
		T_OK(plan_step_name(k));
	T_OK(!plan_step_name(STEP_NONE));
	T_OK(!plan_step_name(STEP_KINDS));
	for (unsigned k = 0; k < HOST_STEP_KINDS; k++)
		T_OK(plan_host_step_name(k));
	T_OK(!plan_host_step_name(HOST_STEP_KINDS));
}

T_TEST(printed)
{
	struct cfg c = {
		.top = ",\"hostname\":\"a\",\"hooks\":{\"createRuntime\":[{\"path\":\"/r\"}]}",
		.process = ",\"env\":[\"SECRET=hunter2\"],\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]}"
	};
	struct plan p = u_ok(&c);
	size_t len;
	char *text = plan_print_text(&p, &len);
	T_HAS(text, "mount            type=proc on=/proc data=source=proc flags=no-links  <- mounts[0]\n");
	T_HAS(text, "keep=CAP_CHOWN  <- process.capabilities\n");
	T_HAS(text, "<- runtime: default device\n");
	T_HAS(text, "env=SECRET,HOME");
	T_OK(!strstr(text, "hunter2"));
	/* in the order of execution: the hooks of the host answer sync-ns */
	T_OK(strstr(text, "sync-ns") < strstr(text, "host hooks") &&
	     strstr(text, "host hooks") < strstr(text, " pivot "));
	char *json = plan_print_json(&p, &len);
	T_HAS(json, "\"ociVersion\": \"1.3.0\"");
	T_HAS(json, "\"after\": \"sync-ns\"");
	T_OK(!strstr(json, "hunter2"));
}

T_TEST(printed_text_is_one_line_a_step)
{
	struct cfg c = { .process = ",\"args\":[\"a\\n  9 mask <- linux\\u001b[2J\"]",
			 .no_process = true,
			 .top = ",\"process\":{\"cwd\":\"/"
				"\",\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"a\\nb\\u001b[2J\"]}" };
	struct plan p = u_ok(&c);
	size_t len, lines = 0, host = 0;
	char *text = plan_print_text(&p, &len);
	for (char *s = text; *s; s++) {
		lines += *s == '\n';
		T_OK(*s == '\n' || (unsigned char)*s >= 0x20);
	}
	for (size_t i = 0; i < p.nhost; i++)
		host += p.host[i].kind != HOST_INSIDE;
	T_INT(lines, p.ninside + host);
	T_HAS(text, "a\\x0ab\\x1b[2J");
}

T_MAIN()
