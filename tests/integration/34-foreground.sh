# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The terminal in the foreground of run and exec: nothing that one side does not read or write may stop the other, nor
# keep signals and the end of the process from being served, and the caller's terminal gets its modes back.

# terminal SCRIPT: a container with a terminal whose process is a shell script
terminal()
{
	bundle_new
	cfg '.process.terminal = true'
	args /bin/sh -c "$1"
}

# At most N seconds, so that what hangs is told from what is slow.
within()
{
	timeout --foreground -s KILL "$(($1 * ${SLOW_FACTOR:-1}))" "${@:2}"
}

foreground()
{
	within 20 "$BERTH" --root "$STATE" run --bundle "$B" "$ID"
}

ended()
{
	[ ! -d "/proc/$1" ]
}

# CPU time of a process in ticks of 10 ms
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# rests PID: there is half a second in which it uses little of a processor. Several tries, as what a slow machine still
# has to do takes its time; a busy loop has no such half second.
rests()
{
	local before
	for _ in 1 2 3 4 5 6; do
		before=$(ticks "$1")
		sleep 0.5
		[ $(($(ticks "$1") - before)) -ge 20 ] || return 0
	done
	return 1
}

is_marked()
{
	[ -e "$B/rootfs/$1" ]
}

# python3 with a pseudo terminal of its own in place of a user's: `fd` is its master, `pid` the runtime's process, whose controlling
# terminal it is. With GROUP_ONLY that is in a process group of its own and the terminal is nobody's.
on_a_terminal()
{
	command -v python3 >/dev/null || skip "no python3"
	within 40 python3 - "$BERTH" "$STATE" "$B" "$ID" 2>&1 <<-PY
	import fcntl, os, pty, select, signal, struct, sys, termios, time
	berth, state, bundle, cid = sys.argv[1:]
	fd, slave = pty.openpty()
	def size(rows, cols):
	    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
	def mode():
	    return termios.tcgetattr(slave)
	def raw():
	    return not mode()[3] & termios.ICANON
	def until(what, seconds=10 * ${SLOW_FACTOR:-1}):
	    global seen
	    end = time.time() + seconds
	    while time.time() < end and not (what(seen) if callable(what) else what.encode() in seen):
	        if select.select([fd], [], [], 0.05)[0]:
	            seen += os.read(fd, 65536)
	    return what(seen) if callable(what) else what.encode() in seen
	def wait():
	    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
	seen = b""
	size(30, 90)
	before = mode()
	pid = os.fork()
	if pid == 0:
	    if "${GROUP_ONLY:-}":
	        os.setpgid(0, 0)
	    else:
	        os.setsid()
	        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
	    for i in range(3):
	        os.dup2(slave, i)
	    os.closerange(3, 100)
	    os.execv(berth, [berth, "--root", state, "run", "--bundle", bundle, cid])
	${1//$'\t'/}
	PY
}

test_input_that_nobody_reads()
{
	terminal 'i=0; while [ $i -lt 20000 ]; do echo line $i aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; i=$((i+1)); done; exit 7'
	yes aaaaaaaaaaaaaaaaaaa | head -c 2000000 >in
	foreground <in >"$B/tty" 2>"$B/err"
	assert_eq $? 7
	# among the echo of what was typed
	grep -q 'line 19999' "$B/tty" || die "the last line did not come"
	assert_eq "$(<"$B/err")" ""
	assert_clean
}

test_signal_while_nobody_reads_the_input()
{
	terminal '/bin/probe signal-wait >/got'
	yes aaaaaaaaaaaaaaaaaaa | head -c 2000000 >in
	"$BERTH" --root "$STATE" run --bundle "$B" "$ID" <in >/dev/null 2>"$B/err" &
	wait_for 5 file_has "$B/rootfs/got" ready || die "not ready"
	sleep 0.5
	rests $! || die "it waits in a busy loop"
	kill -USR1 $!
	wait_for 5 ended $! || { kill -KILL $!; die "the signal was not served"; }
	assert_match "$(<"$B/rootfs/got")" 10
	assert_clean
}

# A shell that ends on a signal while another of its processes fills the terminal
flood='trap "exit 7" TERM; while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done & >/ready; wait'

test_output_that_nobody_reads()
{
	local kind p
	command -v python3 >/dev/null || skip "no python3"
	for kind in pipe socket; do
		terminal "$flood"
		mkfifo fifo.$kind silence.$kind
		if [ $kind = pipe ]; then
			sleep 100 <>fifo.$kind &
			"$BERTH" --root "$STATE" run --bundle "$B" "$ID" 0<>silence.$kind >fifo.$kind 2>"$B/err" &
		else
			python3 -c 'import os, socket, subprocess, sys
a, b = socket.socketpair()
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=b)
open("pid", "w").write(str(p.pid))
sys.exit(p.wait())' "$BERTH" --root "$STATE" run --bundle "$B" "$ID" 2>"$B/err" &
		fi
		p=$!
		wait_for 5 is_marked ready || die "not ready"
		sleep 0.5
		[ $kind = pipe ] && echo $p >pid
		rests "$(<pid)" || die "it waits in a busy loop"
		kill -TERM "$(<pid)"
		# the process ends; what it wrote is kept for the reader until another signal says that there is none
		wait_status stopped
		sleep 0.2
		kill -0 "$(<pid)" || die "the output was thrown away"
		kill -TERM "$(<pid)"
		wait_for 5 ended "$(<pid)" || die "the second signal was not served"
		wait $p
		assert_eq $? 7
		[ $kind = socket ] || kill %1
		assert_clean
		rm -rf "$B"
	done
}

test_terminal_that_nobody_reads()
{
	terminal "$flood"
	on_a_terminal "
	while not os.path.exists(bundle + '/rootfs/ready'): time.sleep(0.05)
	time.sleep(0.5)
	os.kill(pid, signal.SIGTERM)
	time.sleep(0.5)
	os.kill(pid, signal.SIGTERM)
	end = time.time() + 5
	while time.time() < end and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
	    time.sleep(0.05)
	if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
	    os.kill(pid, signal.SIGKILL)
	print('status=%d' % wait())
	" >"$B/tty"
	assert_match "$(<"$B/tty")" '^status=7$'
	assert_clean
}

test_slow_reader_gets_all()
{
	terminal 'i=0; while [ $i -lt 20000 ]; do echo line $i aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; i=$((i+1)); done'
	foreground </dev/null 2>"$B/err" | { sleep 1; tr -d '\r' >"$B/tty"; }
	assert_eq "$(grep -c '^line [0-9]* a*$' "$B/tty")" 20000
	assert_eq "$(<"$B/err")" ""
	assert_clean
}

# The process is gone, and what it wrote last is in the terminal, for a reader that comes later.
test_output_of_the_dead()
{
	terminal 'sleep 0.5; cat /text; exit 4'
	seq 1700 >"$B/rootfs/text" # more than a pipe of one page holds, less than it, the relay and the terminal do
	mkfifo fifo
	exec 7<>fifo 8<fifo
	# F_SETPIPE_SZ, as long as it is empty
	python3 -c 'import fcntl; fcntl.fcntl(7, 1031, 4096)' || skip "no pipe of one page"
	foreground </dev/null 2>"$B/err" >&7 7>&- 8<&- &
	exec 7>&-
	wait_status stopped
	sleep 0.2
	tr -d '\r' <&8 >"$B/tty"
	exec 8<&-
	wait $!
	assert_eq $? 4
	cmp "$B/rootfs/text" "$B/tty" || die "something is lost"
	assert_clean
}

# The caller's file is shared with others; its flags are theirs.
test_flags_of_stdout_stay()
{
	terminal 'sleep 0.3; echo hello'
	mkfifo fifo
	cat fifo >"$B/tty" &
	exec 7>fifo
	foreground </dev/null >&7
	assert_eq "$(awk '/^flags/ { print substr($2, length($2) - 3, 1) }' /proc/$$/fdinfo/7)" 0 "O_NONBLOCK"
	exec 7>&-
	wait %1
	assert_contains "$(<"$B/tty")" hello
	assert_clean
}

test_output_without_reader_is_a_hangup()
{
	terminal 'trap "echo hup >/got; exit 3" HUP; while :; do echo a line; sleep 0.01; done'
	foreground </dev/zero 2>"$B/err" | head -n 1 >/dev/null
	assert_eq "${PIPESTATUS[0]}" 3
	assert_eq "$(<"$B/rootfs/got")" hup
	assert_clean
}

test_end_of_input()
{
	terminal 'cat; echo after; cat'
	printf 'one\ntwo' | foreground >"$B/tty" 2>&1 &
	wait_for 5 file_has "$B/tty" after || die "no end of file: $(<"$B/tty")"
	assert_match "$(<"$B/tty")" 'two'
	rt_ok delete --force "$ID"
	wait
	# nothing at all
	terminal 'cat; echo the end'
	foreground </dev/null >"$B/tty" 2>&1
	assert_match "$(tr -d '\r' <"$B/tty")" '^the end$'
	# more than a line of the terminal holds, in pieces
	terminal 'cat >/copy'
	seq 30000 >in
	foreground <in >/dev/null
	assert_eq $? 0 "the copy's status" # 137: it has not come to its end in this time
	cmp in "$B/rootfs/copy" || die "the copy differs"
	assert_clean
}

test_window_size()
{
	terminal 'trap "/bin/probe tty" WINCH; trap "exit 9" TERM; /bin/probe tty; while :; do sleep 0.05; done'
	on_a_terminal "
	print('first=%d' % until('tty.0=/dev/pts/0 30x90'))
	size(44, 111)
	print('second=%d' % until('tty.0=/dev/pts/0 44x111'))
	os.kill(pid, signal.SIGTERM)
	print('status=%d' % wait())
	" >"$B/tty"
	assert_eq "$(<"$B/tty")" $'first=1\nsecond=1\nstatus=9'
	assert_clean
}

# A builder starts the runtime in a process group of its own, with a terminal that nobody has as the controlling one: the kernel
# tells nobody there of a new size, so it sends the signal itself.
test_window_size_without_controlling_terminal()
{
	terminal 'trap "/bin/probe tty" WINCH; trap "exit 9" TERM; /bin/probe tty; while :; do sleep 0.05; done'
	GROUP_ONLY=1 on_a_terminal "
	print('first=%d' % until('tty.0=/dev/pts/0 30x90'))
	print('alone=%d' % (os.getpgid(pid) == pid != os.getsid(pid)))
	size(44, 111)
	print('untold=%d' % until('44x111', 1))
	os.kill(pid, signal.SIGWINCH)
	print('second=%d' % until('tty.0=/dev/pts/0 44x111'))
	print('stopped=%d' % (os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None))
	os.kill(pid, signal.SIGTERM)
	print('status=%d restored=%d' % (wait(), mode() == before))
	" >"$B/tty"
	assert_eq "$(<"$B/tty")" $'first=1\nalone=1\nuntold=0\nsecond=1\nstopped=0\nstatus=9 restored=1'
	assert_clean
}

# Keys come through, unchanged, and the terminal is as it was, whatever the end is.
test_terminal_is_restored()
{
	terminal 'echo ready; read x; exit 5'
	on_a_terminal "
	until('ready'); print('raw=%d' % raw())
	os.write(fd, b'x\r')
	print('status=%d restored=%d' % (wait(), mode() == before))
	" >"$B/tty"
	assert_eq "$(<"$B/tty")" $'raw=1\nstatus=5 restored=1'
	terminal 'trap "exit 6" INT; echo ready; while :; do sleep 0.05; done'
	on_a_terminal "
	until('ready')
	os.write(fd, b'\x03')
	print('status=%d restored=%d' % (wait(), mode() == before))
	" >"$B/tty"
	assert_eq "$(<"$B/tty")" 'status=6 restored=1'
	assert_clean
}

test_terminal_is_restored_by_fatal_signals()
{
	local s signals="SIGABRT SIGSYS"
	# a sanitizer serves the others itself
	grep -q __asan_init "$BERTH" || signals+=" SIGSEGV SIGBUS"
	for s in $signals; do
		terminal 'echo ready; sleep 100'
		on_a_terminal "
		until('ready')
		os.kill(pid, signal.$s)
		print('signal=%d restored=%d' % (-wait() == signal.$s, mode() == before))
		" >"$B/tty"
		rt_ok delete --force "$ID"
		assert_eq "$(<"$B/tty")" 'signal=1 restored=1' "$s"
		rm -rf "$B"
	done
	assert_clean
}

# A shell gives a stopped job's terminal its own modes; the job takes its own again when it goes on.
test_terminal_after_stop_and_continue()
{
	terminal 'echo ready; read x; exit 5'
	on_a_terminal "
	until('ready')
	os.kill(pid, signal.SIGSTOP)
	os.waitpid(pid, os.WUNTRACED)
	termios.tcsetattr(slave, termios.TCSANOW, before)
	os.kill(pid, signal.SIGCONT)
	end = time.time() + 5
	while time.time() < end and not raw(): time.sleep(0.02)
	print('raw=%d' % raw())
	os.write(fd, b'x\r')
	print('status=%d restored=%d' % (wait(), mode() == before))
	" >"$B/tty"
	assert_eq "$(<"$B/tty")" $'raw=1\nstatus=5 restored=1'
	assert_clean
}

test_exec_input_that_nobody_reads()
{
	bundle_new
	probe sleep 60
	up
	yes aaaaaaaaaaaaaaaaaaa | head -c 2000000 >in
	within 20 "$BERTH" --root "$STATE" exec --tty "$ID" /bin/sh -c 'sleep 0.5; exit 8' <in >/dev/null 2>"$B/err"
	assert_eq $? 8
	delete_ok --force
	assert_clean
}
test_the_size_is_there_at_once()
{
	terminal 'stty size'
	on_a_terminal "
	until(chr(10))
	print(seen.decode().split(), wait())
	" >"$B/tty"
	assert_eq "$(<"$B/tty")" "['30', '90'] 0"
	assert_clean
}

# A shell that edits its line changes the terminal's modes for each command, and what was typed in one of them is not read
# in the other as what it was: the end of the input is typed again.
test_end_of_input_for_a_shell_that_edits()
{
	local commands
	for commands in '' 'echo one' 'sleep 0.5' 'cat' 'sleep 0.2; cat' 'cat; echo; cat'; do
		bundle_new
		cfg '.process.terminal = true'
		args /bin/sh -i
		printf '%s\n' "$commands" >in
		within 10 "$BERTH" --root "$STATE" run --bundle "$B" "$ID" <in >"$B/tty" 2>"$B/err"
		assert_eq $? 0 "exit status after \"$commands\""
		rt_ok delete --force "$ID"
		rm -r "$B"
	done
	assert_clean
}
