# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# process.terminal: the console socket, its size, /dev/console.

console_start()
{
	"$BUILD/tests/recvtty" /mnt/test/console "$@" >"$B/tty" 2>&1 &
	TTY=$!
	wait_for 5 file_has "$B/tty" '^listening' || die "recvtty"
}

test_console_socket()
{
	bundle_new
	cfg '.process.terminal = true | .process.consoleSize = {height: 31, width: 97}'
	args /bin/sh -c '/bin/probe tty; /bin/probe stat /dev/console; /bin/probe fds'
	console_start
	create_ok --console-socket /mnt/test/console
	wait_for 5 file_has "$B/tty" '^fds=1' || die "no descriptor: $(<"$B/tty")"
	assert_match "$(<"$B/tty")" '^winsize=31x97'
	start_ok
	wait $TTY
	OUT=$(tr -d '\r' <"$B/tty")
	assert_re '^tty.0=/dev/pts/0 31x97 uid=0 mode=0[26]20$'
	assert_re '^tty.1=/dev/pts/0 '
	assert_re '^tty.2=/dev/pts/0 '
	assert_line controlling=yes
	assert_line foreground=yes
	assert_re '^/dev/console=char .* 136:0 '
	assert_line fds=3
	assert_eq "$(<"$B/out")" "" "nothing goes to the caller's stdout"
	wait_status stopped
	delete_ok
	rm -f /mnt/test/console
	assert_clean
}

test_console_of_a_user()
{
	bundle_new
	cfg '.process.terminal = true | .process.user = {uid: 1000, gid: 1000}'
	probe tty
	console_start
	create_ok --console-socket /mnt/test/console
	start_ok
	wait $TTY
	OUT=$(tr -d '\r' <"$B/tty")
	assert_re '^tty.0=/dev/pts/0 .* uid=1000 '
	wait_status stopped
	delete_ok
	assert_clean
}

test_console_input()
{
	bundle_new
	cfg '.process.terminal = true'
	args /bin/sh -c 'read line; echo "got <$line>"'
	console_start $'typed\n'
	create_ok --console-socket /mnt/test/console
	start_ok
	wait $TTY
	assert_contains "$(<"$B/tty")" 'got <typed>'
	wait_status stopped
	delete_ok
	assert_clean
}

test_terminal_without_console_socket()
{
	bundle_new
	cfg '.process.terminal = true'
	create_fails 'console'
}

test_console_socket_without_terminal()
{
	bundle_new
	probe tty
	console_start
	rt create --bundle "$B" --console-socket /mnt/test/console "$ID"
	kill $TTY
	wait $TTY 2>/dev/null
	if [ "$RC" = 0 ]; then
		rt_ok delete --force "$ID"
	fi
	assert_clean
}

test_console_socket_that_is_missing()
{
	bundle_new
	cfg '.process.terminal = true'
	create_fails 'console|no such file' --console-socket /mnt/test/no-such-socket
}

# listen_full PATH: a socket that somebody listens on, and whose queue nobody empties
listen_full()
{
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(0)
c = socket.socket(socket.AF_UNIX)
c.connect(sys.argv[1])
print("listening", flush=True)
time.sleep(100)' "$1" >"$1.log" &
	wait_for 5 file_has "$1.log" listening || die "no listener"
}

# An engine that hangs does not make the runtime hang as well, with the container's lock held.
test_sockets_that_nobody_accepts()
{
	local from=$SECONDS
	command -v python3 >/dev/null || skip "no python3"
	listen_full /mnt/test/full
	bundle_new
	cfg '.process.terminal = true'
	bundle_new c2
	timeout -s KILL 30 "$BERTH" --root "$STATE" create --bundle "$B" --pidfd-socket /mnt/test/full c2 2>err2 &
	B=/mnt/test/c1 ID=c1
	rt_fails 'connect to socket "/mnt/test/full": connection timed out' \
		create --bundle "$B" --console-socket /mnt/test/full "$ID"
	wait $!
	assert_eq $? 1
	assert_match "$(<err2)" 'connect to socket "/mnt/test/full": connection timed out'
	[ $((SECONDS - from)) -lt 25 ] || die "after $((SECONDS - from)) s"
	kill %1
	wait
	assert_clean
}

test_foreground_terminal()
{
	bundle_new
	cfg '.process.terminal = true'
	args /bin/sh -c '/bin/probe tty; exit 5'
	command -v python3 >/dev/null || skip "no python3"
	# a pseudo terminal of the test's own, as a user's shell would have it
	python3 - "$BERTH" --root "$STATE" run --bundle "$B" "$ID" >"$B/tty" <<-'PY'
	import os, pty, sys
	status = pty.spawn(sys.argv[1:])
	print("status=%d" % os.waitstatus_to_exitcode(status))
	PY
	OUT=$(tr -d '\r' <"$B/tty")
	assert_re '^tty.0=/dev/pts/0 '
	assert_line controlling=yes
	assert_line status=5
	assert_clean
}

test_exec_terminal()
{
	bundle_new
	probe sleep 60
	up
	console_start
	rt_ok exec --detach --tty --pid-file "$B/execpid" --console-socket /mnt/test/console "$ID" /bin/probe tty
	wait $TTY
	OUT=$(tr -d '\r' <"$B/tty")
	assert_re '^tty.0=/dev/pts/0 '
	assert_line controlling=yes
	delete_ok --force
	rm -f /mnt/test/console
	assert_clean
}
