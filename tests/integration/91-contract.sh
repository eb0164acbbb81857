# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The command lines of engines, in exactly the shape in which they send them: order of options, "--x y" or "--x=y",
# options given twice, the environment, what stdin, stdout and stderr are; and the files and words they read back.

ROOT=/mnt/test/var/run/engine/moby # neither it nor its parents exist
LOG=/mnt/test/log.json

# call COMMAND...: as engines do, with one pipe for stdout and stderr that is read to its end
call()
{
	OUT=$(timeout 20 "$@" 2>&1 </dev/null)
	RC=$?
}

ok()
{
	call "$@"
	assert_eq "$RC" 0 "$*"
	assert_eq "$OUT" "" "$*"
}

# says WORDS COMMAND...: fails and says so
says()
{
	local words=$1
	shift
	call "$@"
	[ "$RC" != 0 ] || die "no failure of $*"
	[ "$RC" != 124 ] || die "hangs: $*"
	assert_contains "$OUT" "$words"
}

# A create whose container has stdout and stderr of its own: made COMMAND...
made()
{
	timeout 20 "$@" >"$B/out" 2>"$B/err" </dev/null
	RC=$? OUT=$(<"$B/out") ERR=$(<"$B/err")
	assert_eq "$RC" 0 "$*"
	assert_eq "$ERR" "" "$*"
}

assert_pid_file()
{
	assert_match "$(<"$1")" '^[0-9]+$'
	assert_eq "$(stat -c %s "$1")" "$(tr -d '\n' <"$1" | wc -c)" "a newline in the pid file"
	[ -d "/proc/$(<"$1")" ] || die "no such process"
}

# A receiver for a console or pidfd socket; what it gets goes to $B/tty
receiver()
{
	rm -f "$1"
	"$BUILD/tests/recvtty" "$1" >"$B/tty" 2>&1 &
	TTY=$!
	wait_for 5 file_has "$B/tty" '^listening' || die "no receiver"
}

# One message, one descriptor, 1 to 4095 bytes
assert_terminal()
{
	wait_for 5 file_has "$B/tty" '^fds=' || die "nothing came: $(<"$B/tty")"
	assert_match "$(<"$B/tty")" '^fds=1$'
	local message
	message=$(sed -n 's/^message=//p' "$B/tty")
	((${#message} >= 1 && ${#message} < 4096)) || die "${#message} bytes"
	assert_match "$(<"$B/tty")" '^winsize='
}

process_file()
{
	F=/mnt/test/process.json
	jq -n '{cwd: "/", user: {uid: 0, gid: 0}, env: ["PATH=/bin", "TERM=xterm"], args: $ARGS.positional}' --args -- "$@" >"$F"
}

bundle()
{
	bundle_new "${1:-c1}"
	probe sleep 100
	P=$B/pid
	S=$B/console.sock
}

gone()
{
	[ ! -e "/proc/$1" ]
}

away()
{
	rm -rf "$ROOT" "$LOG"
	assert_clean
}

# --- containerd, docker ---------------------------------------------------------------------------------------------

test_shim()
{
	local g=("$BERTH" --root "$ROOT" --log "$LOG" --log-format json) pid words expected
	bundle
	expected=/berth-$ID
	[ "$DRIVER" = cgroupfs ] || expected=/system.slice/berth-$ID.scope/container
	cd "$B" || die cd
	made "${g[@]}" create --bundle "$B" --pid-file "$P" "$ID"
	assert_pid_file "$P"
	pid=$(<"$P")
	assert_eq "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" "$expected" "in its final cgroup"
	ok "${g[@]}" start "$ID"
	assert_eq "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" "$expected"

	process_file /bin/sleep 100
	made "${g[@]}" exec --process "$F" --detach --pid-file "$B/exec.pid" "$ID"
	assert_pid_file "$B/exec.pid"
	call "${g[@]}" ps --format json "$ID"
	assert_eq "$(jq -cS 'sort' <<<"$OUT")" "$(jq -cn --argjson a "$pid" --argjson b "$(<"$B/exec.pid")" '[$a, $b] | sort')"
	# the options of ps come as one argument
	for words in -ef aux -eopid,comm; do
		call "${g[@]}" ps --format table "$ID" "$words"
		assert_match "$(head -n 1 <<<"$OUT")" '(^| )PID( |$)'
		assert_eq "$(wc -l <<<"$OUT")" 3 "$words"
		assert_match "$OUT" "(^| )$pid( |$)"
	done

	ok "${g[@]}" pause "$ID"
	ok "${g[@]}" pause "$ID"
	ok "${g[@]}" resume "$ID"
	OUT=$(echo '{"devices":[{"allow":false,"access":"rwm"}]}' | "${g[@]}" update --resources=- "$ID" 2>&1) || die update
	assert_eq "$OUT" ""
	OUT=$(echo '{}' | "${g[@]}" update --resources - "$ID" 2>&1) || die update
	assert_eq "$OUT" ""
	call "${g[@]}" exec --process "$F.none" --detach --pid-file "$P.2" "$ID"
	assert_contains "$OUT" 'no such file or directory'
	[ ! -e "$P.2" ] || die "a pid file of nothing"
	rm "$LOG"

	ok "${g[@]}" kill "$ID" 15
	ok "${g[@]}" kill "$ID" 9
	wait_for 5 gone "$pid" || die "not killed"
	says 'container not running' "${g[@]}" kill "$ID" 9
	ok "${g[@]}" kill --all "$ID" 9
	call "${g[@]}" ps --format json "$ID"
	assert_eq "$RC:$OUT" '0:[]'
	assert_eq "$(wc -l <"$LOG")" 1 "one object for each failure and none for success"
	ok "${g[@]}" delete "$ID"
	ok "${g[@]}" delete --force "$ID"
	says 'does not exist' "${g[@]}" delete "$ID"
	says 'does not exist' "${g[@]}" kill "$ID" 9
	away
}

test_shim_deletes_a_created_container()
{
	bundle
	made "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$P" --no-pivot --no-new-keyring "$ID"
	ok "$BERTH" --root "$ROOT" delete "$ID"
	wait_for 5 gone "$(<"$P")" || die "still there"
	away
}

test_shim_terminal()
{
	local g=("$BERTH" --root "$ROOT" --log "$LOG" --log-format json)
	bundle
	cfg '.process.terminal = true | .process.consoleSize = {height: 20, width: 60}'
	receiver "$S"
	ok "${g[@]}" create --bundle "$B" --pid-file "$P" --console-socket "$S" "$ID"
	assert_terminal
	assert_match "$(<"$B/tty")" '^winsize=20x60$'
	ok "${g[@]}" start "$ID"
	process_file /bin/probe tty
	cfg_process '.terminal = true'
	kill "$TTY"
	receiver "$S"
	ok "${g[@]}" exec --process "$F" --console-socket "$S" --detach --pid-file "$B/exec.pid" "$ID"
	assert_terminal
	wait_for 5 file_has "$B/tty" 'controlling=yes' || die "no terminal: $(<"$B/tty")"
	wait "$TTY"
	ok "${g[@]}" delete --force "$ID"
	[ ! -e "$LOG" ] || assert_eq "$(<"$LOG")" "" "success writes nothing"
	away
}

cfg_process()
{
	jq "$@" "$F" >"$F.new" && mv "$F.new" "$F"
}

test_pidfd_socket()
{
	bundle
	receiver "$B/pidfd.sock"
	made "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$P" --pidfd-socket "$B/pidfd.sock" --detach "$ID"
	wait "$TTY"
	assert_match "$(<"$B/tty")" '^fds=1$'
	ok "$BERTH" --root "$ROOT" start "$ID"
	receiver "$B/pidfd.sock"
	process_file /bin/true
	made "$BERTH" --root "$ROOT" exec --process "$F" --pidfd-socket "$B/pidfd.sock" --detach --pid-file "$P.2" "$ID"
	wait "$TTY"
	assert_match "$(<"$B/tty")" '^fds=1$'
	ok "$BERTH" --root "$ROOT" delete --force "$ID"
	away
}

# A path that does not fit into a socket address
test_long_console_socket()
{
	local dir
	bundle
	dir=$B/$(printf 'x%.0s' {1..90})/$(printf 'y%.0s' {1..90})
	mkdir -p "$dir"
	cfg '.process.terminal = true'
	(cd "$dir" && exec "$BUILD/tests/recvtty" sock) >"$B/tty" 2>&1 &
	TTY=$!
	wait_for 5 file_has "$B/tty" '^listening' || die "no receiver"
	ok "$BERTH" --root="$ROOT" create --bundle "$B" --pid-file "$P" --console-socket="$dir/sock" "$ID"
	assert_terminal
	ok "$BERTH" --root="$ROOT" delete --force "$ID"
	away
}

test_pid_file_that_exists()
{
	bundle
	install -m 0600 /dev/null "$P"
	made "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$P" "$ID"
	assert_pid_file "$P"
	ok "$BERTH" --root "$ROOT" delete --force "$ID"
	args /no/such
	rm "$P"
	says 'no such file or directory' "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$P" "$ID"
	[ ! -e "$P" ] || die "a pid file of nothing"
	assert_eq "$(find "$B" -newer "$B/config.json" -name '*pid*')" "" "nor a temporary one"
	away
}

# --- podman, conmon -------------------------------------------------------------------------------------------------

# create gets the user's environment, the other calls hardly any; --root is not passed
test_conmon()
{
	local no_path=(env -i XDG_RUNTIME_DIR= "$BERTH") some=(env -i XDG_RUNTIME_DIR= PATH=/usr/bin:/bin "$BERTH")
	bundle
	probe show env
	_OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 XDG_RUNTIME_DIR='' made "$BERTH" --log-format=json --log "$LOG" create --bundle "$B" \
		--pid-file "$P" --no-new-keyring "$ID"
	ok "${some[@]}" start "$ID"
	wait_for 5 gone "$(<"$P")" || die "does not end"
	assert_eq "$(sort "$B/out" | paste -sd ' ')" 'env=HOME=/root env=PATH=/bin env=TERM=dumb'
	call "${no_path[@]}" state "$ID"
	assert_eq "$(jq -r '.status, .pid' <<<"$OUT" | paste -sd ' ')" 'stopped 0'
	ok "${no_path[@]}" delete --force "$ID"

	probe sleep 100
	made "$BERTH" --cgroup-manager disabled create --bundle "$B" --pid-file "$P" "$ID"
	ok "${some[@]}" start "$ID"
	process_file /bin/sleep 50
	made "$BERTH" exec --pid-file "$P.2" --process "$F" --detach "$ID"
	assert_pid_file "$P.2"
	echo '{}' >"$B/resources.json"
	call "${some[@]}" update --resources="$B/resources.json" "$ID"
	ok "${no_path[@]}" kill --all "$ID" 9
	wait_for 5 gone "$(<"$P")" || die "not killed"
	ok "${no_path[@]}" delete --force "$ID"
	rmdir /run/berth
	away
}

# podman's own calls, and those that conmon makes for it; podman build with the systemd driver repeats that at each call
test_podman()
{
	local few=(env -i XDG_RUNTIME_DIR= "$BERTH")
	bundle
	made "$BERTH" --log-format=json --log "$LOG" create --bundle "$B" --pid-file "$P" "$ID"
	ok "${few[@]}" start "$ID"
	process_file /bin/sleep 50
	made "$BERTH" --log-format=json --log "$LOG" exec --pid-file "$P.2" --process "$F" --detach "$ID"
	assert_pid_file "$P.2"
	cfg_process '.terminal = true'
	receiver "$S"
	ok "$BERTH" --log-format=json --log "$LOG" exec --pid-file "$P.3" --process "$F" --detach --console-socket "$S" "$ID"
	assert_terminal
	kill "$TTY"
	ok "${few[@]}" kill "$ID" 0
	ok "${few[@]}" kill "$ID" 9
	wait_for 5 gone "$(<"$P")" || die "not killed"
	ok "${few[@]}" delete --force "$ID"

	made "$BERTH" --log-format=json --log "$LOG" --cgroup-manager disabled create --bundle "$B" --pid-file "$P" "$ID"
	ok "$BERTH" --systemd-cgroup start "$ID"
	call "$BERTH" --systemd-cgroup state "$ID"
	assert_eq "$(jq -r .status <<<"$OUT")" running
	ok "$BERTH" kill "$ID" 9
	wait_for 5 gone "$(<"$P")" || die "not killed"
	ok "$BERTH" --systemd-cgroup delete "$ID"
	rmdir /run/berth
	away
}

test_conmon_terminal()
{
	bundle
	cfg '.process.terminal = true'
	receiver "$S"
	ok "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$P" --no-pivot --preserve-fds 0 --console-socket "$S" "$ID"
	assert_terminal
	ok "$BERTH" --root "$ROOT" start "$ID"
	kill "$TTY"
	process_file /bin/probe tty
	cfg_process '.terminal = true'
	receiver "$S"
	ok "$BERTH" --root "$ROOT" exec --pid-file "$P.2" --process "$F" --detach --preserve-fds 0 --console-socket "$S" "$ID"
	wait "$TTY"
	assert_match "$(<"$B/tty")" '^controlling=yes'
	ok "$BERTH" --root "$ROOT" delete --force "$ID"
	away
}

# An error log that must be one JSON object, and the same words on stderr
test_error_log()
{
	local msg
	bundle
	args nosuchcmd
	# shellcheck disable=SC2016
	says 'exec: "nosuchcmd": executable file not found in $PATH' \
		"$BERTH" --root "$ROOT" --log-format=json --log "$LOG" create --bundle "$B" --pid-file "$P" "$ID"
	assert_eq "$(wc -l <"$LOG")" 1
	assert_eq "$(jq -cS 'keys' "$LOG")" '["level","msg","time"]'
	assert_eq "$(jq -r .level "$LOG")" error
	date -d "$(jq -r .time "$LOG")" >/dev/null || die "time"
	msg=$(jq -r .msg "$LOG")
	assert_contains "$OUT" "$msg"
	assert_eq "$(wc -l <<<"$OUT")" 1
	args /etc/passwd
	says 'permission denied' "$BERTH" --root "$ROOT" --log-format=json --log "$LOG" create --bundle "$B" --pid-file "$P" "$ID"
	assert_eq "$(jq -rs 'map(.level) | unique | join(" ")' "$LOG")" error "appended, and still a stream of objects"
	assert_eq "$(wc -l <"$LOG")" 2
	assert_contains "$(tail -n 1 "$LOG" | jq -r .msg)" 'permission denied'
	args /etc
	says 'is a directory' "$BERTH" --root "$ROOT" --log "$LOG.text" create --bundle "$B" "$ID"
	assert_match "$(<"$LOG.text")" 'is a directory'
	rm "$LOG.text"
	away
}

# What reaches the container of the state that an engine's monitor is in: ignored and blocked signals, descriptors
test_monitor_leaks_nothing()
{
	bundle
	args /bin/probe each show signals , fds
	python3 - "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$P" "$ID" >"$B/out" 2>"$B/err" <<-'EOF' || die create
	import os, signal, socket, sys
	signal.signal(signal.SIGPIPE, signal.SIG_IGN)
	signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
	listener = socket.socket(socket.AF_UNIX)
	listener.bind("/mnt/test/leaked.sock")
	listener.listen()
	for fd in (3, 7, 15, 200):
	    os.dup2(listener.fileno(), fd, inheritable=True)
	os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
	os.execv(sys.argv[1], sys.argv[1:])
	EOF
	assert_eq "$(find "/proc/$(<"$P")/fd" -lname '*leaked*')" "" "descriptors of the waiting process"
	ok "$BERTH" --root "$ROOT" start "$ID"
	wait_for 5 gone "$(<"$P")" || die "does not end"
	OUT=$(<"$B/out")
	assert_line 'sig.blocked=0000000000000000'
	assert_line 'sig.ignored=0000000000000000'
	assert_line fds=3
	ok "$BERTH" --root "$ROOT" delete "$ID"
	rm -f /mnt/test/leaked.sock
	away
}

# Socket activation: the monitor puts the runtime's own pid into LISTEN_PID; in the container it is number 1. The
# variables of another process mean another process.
test_listen_fds()
{
	bundle
	args /bin/probe each fds , show env
	# shellcheck disable=SC2016
	listening 'LISTEN_FDS=2 LISTEN_PID=$$ exec "$@"'
	assert_line env=LISTEN_FDS=2
	assert_line env=LISTEN_PID=1
	listening 'LISTEN_FDS=2 LISTEN_PID=1 exec "$@"'
	assert_no_re 'LISTEN_'
	away
}

listening()
{
	made sh -c "export LISTEN_FDS LISTEN_PID; $1" sh "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$P" \
		--preserve-fds 2 "$ID" 3</etc/hostname 4</etc/passwd 5</etc/group
	ok "$BERTH" --root "$ROOT" start "$ID"
	wait_for 5 gone "$(<"$P")" || die "does not end"
	ok "$BERTH" --root "$ROOT" delete "$ID"
	OUT=$(<"$B/out")
	assert_line fds=5
	assert_re '^fd.3=file .*/hostname'
	assert_re '^fd.4=file .*/passwd'
}

# A monitor is a child subreaper and takes the exit status of the pid in the pid file; of an exec as well.
test_monitor_gets_the_exit_status()
{
	bundle
	args /bin/sh -c 'sleep 0.5; exit 7'
	process_file /bin/sh -c 'exit 5'
	OUT=$(python3 - "$BERTH" "$ROOT" "$B" "$P" "$F" "$ID" <<-'EOF'
	import ctypes, os, subprocess, sys
	berth, root, bundle, pid_file, process, name = sys.argv[1:]
	ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
	def call(*args):
	    subprocess.run((berth, "--root", root) + args, check=True, stdin=subprocess.DEVNULL)
	def reaped(path):
	    with open(path) as f:
	        return os.waitstatus_to_exitcode(os.waitpid(int(f.read()), 0)[1])
	call("create", "--bundle", bundle, "--pid-file", pid_file, name)
	call("start", name)
	call("exec", "--process", process, "--detach", "--pid-file", pid_file + ".2", name)
	print("exec", reaped(pid_file + ".2"), "container", reaped(pid_file))
	EOF
	)
	assert_eq "$OUT" "exec 5 container 7"
	ok "$BERTH" --root "$ROOT" delete "$ID"
	away
}

# docker with runtimeArgs starts a shell script in place of the runtime, which need not exec it: the monitor's child is that shell,
# the runtime is its grandchild. What is started is to be the monitor's own child when the shell has ended.
test_wrapped_by_sh()
{
	bundle
	args /bin/sh -c 'until test -e /go; do sleep 0.1; done; exit 7' # it is there when the exec has ended
	process_file /bin/sh -c 'sleep 0.2; exit 5'
	printf '#!/bin/sh\n"%s" --debug "$@"\nexit $?\n' "$BERTH" >"$B/wrapper"
	chmod 0755 "$B/wrapper"
	OUT=$(python3 - "$B/wrapper" "$ROOT" "$LOG" "$B" "$P" "$F" "$ID" <<-'EOF'
	import ctypes, os, subprocess, sys
	wrapper, root, log, bundle, pid_file, process, name = sys.argv[1:]
	ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
	def call(*args):
	    return subprocess.run((wrapper, "--root", root, "--log", log, "--log-format", "json") + args, stdin=subprocess.DEVNULL).returncode
	def child(path):
	    with open(path) as f:
	        pid = int(f.read())
	    with open(f"/proc/{pid}/status") as f:
	        parent = [int(line.split()[1]) for line in f if line.startswith("PPid:")][0]
	    print("ours" if parent == os.getpid() else f"of {parent}", end=" ")
	    return pid
	def status(pid):
	    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
	print("create", call("create", "--bundle", bundle, "--pid-file", pid_file, name))
	first = child(pid_file)
	print("start", call("start", name))
	print("exec", call("exec", "--process", process, "--detach", "--pid-file", pid_file + ".2", name))
	print("exec ended", status(child(pid_file + ".2")))
	open(bundle + "/rootfs/go", "w").close()
	print("container ended", status(first))
	print("kill", call("kill", name, "9"), "delete", call("delete", name))
	EOF
	)
	assert_eq "$OUT" $'create 0\nours start 0\nexec 0\nours exec ended 5\ncontainer ended 7\nkill 1 delete 0'
	away
}

# --- the other monitor: everything with "=", global options twice, exec without a process file ------------------------

test_monitor_with_equal_signs()
{
	local g=("$BERTH" --root="$ROOT" --root="$ROOT")
	bundle
	cfg '.process.terminal = true'
	receiver "$S"
	ok "$BERTH" --root=/nowhere --root="$ROOT" create --bundle "$B" --pid-file "$P" --console-socket="$S" "$ID"
	assert_terminal
	ok "$BERTH" --root="$ROOT" start "$ID"
	kill "$TTY"
	made "${g[@]}" --systemd-cgroup --systemd-cgroup exec -d --pid-file="$P.2" "$ID" /bin/sh -c 'sleep 50' -d --help
	assert_pid_file "$P.2"
	receiver "$S"
	ok "${g[@]}" exec -d --console-socket="$S" --tty --pid-file="$P.3" "$ID" /bin/probe tty
	wait "$TTY"
	assert_match "$(<"$B/tty")" '^controlling=yes'
	ok "${g[@]}" kill "$ID" 9
	ok "${g[@]}" delete --force "$ID"
	away
}

# --- CRI-O ----------------------------------------------------------------------------------------------------------

test_crio()
{
	bundle
	made "$BERTH" --root="$ROOT" create --bundle "$B" --pid-file "$P" "$ID"
	ok "$BERTH" --root "$ROOT" start "$ID"
	call "$BERTH" --root "$ROOT" state "$ID"
	assert_eq "$(jq -r '.status, .id, .bundle, .pid' <<<"$OUT" | paste -sd ' ')" "running $ID $B $(<"$P")"
	assert_match "$(jq -r .created <<<"$OUT")" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$'
	# it decodes the answer into its own record, where these mean something else
	assert_eq "$(jq -r 'keys[] | ascii_downcase' <<<"$OUT" |
		grep -xE 'started|finished|exitcode|oomkilled|seccompkilled|error|initpid|initstarttime|checkpointedtime')" ""
	process_file /bin/sh -c 'cat; echo to stderr >&2; exit 3'
	OUT=$(echo through | "$BERTH" --root "$ROOT" exec --process "$F" "$ID" 2>"$B/err")
	assert_eq "$? $OUT $(<"$B/err")" "3 through to stderr"
	OUT=$(echo '{}' | "$BERTH" --root "$ROOT" update --resources - "$ID" 2>&1) || die update
	ok "$BERTH" --root "$ROOT" kill "$ID" 15
	ok "$BERTH" --root "$ROOT" kill "$ID" TERM
	ok "$BERTH" --root "$ROOT" kill "$ID" KILL
	wait_for 5 gone "$(<"$P")" || die "not killed"
	ok "$BERTH" --root "$ROOT" kill -a "$ID" 9
	says 'container not running' "$BERTH" --root "$ROOT" kill "$ID" KILL
	ok "$BERTH" --root "$ROOT" delete --force "$ID"
	says 'does not exist' "$BERTH" --root "$ROOT" state "$ID"
	away
}

# The foreground exec with a terminal: its stdio is the slave of the engine's own pty
test_streaming_exec_with_a_terminal()
{
	bundle
	made "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$P" "$ID"
	ok "$BERTH" --root "$ROOT" start "$ID"
	process_file /bin/sh -c '/bin/probe tty; exit 4'
	cfg_process '.terminal = true'
	OUT=$(python3 -c 'import os, pty, sys; print(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
		"$BERTH" --root "$ROOT" exec --process "$F" "$ID" </dev/null | tr -d '\r')
	assert_re '^tty.0=/dev/pts/[0-9]+ '
	assert_line controlling=yes
	assert_eq "$(tail -n 1 <<<"$OUT")" 4
	ok "$BERTH" --root "$ROOT" delete --force "$ID"
	away
}

# --- buildah, BuildKit ----------------------------------------------------------------------------------------------

test_buildah()
{
	local fd
	bundle buildah-buildah123456789
	cd "$B" || die cd
	for fd in 3 4 5 6 7 8 9; do
		eval "exec $fd</dev/zero"
	done
	probe fds
	made "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$B/pid" --no-new-keyring --no-pivot "$ID"
	ok "$BERTH" --root "$ROOT" start "$ID"
	for fd in 3 4 5 6 7 8 9; do
		eval "exec $fd<&-"
	done
	wait_for 5 gone "$(<"$B/pid")" || die "does not end"
	OUT=$(<"$B/out")
	assert_line fds=3
	ok "$BERTH" --root "$ROOT" delete "$ID"

	probe signal-wait
	made "$BERTH" --root "$ROOT" create --bundle "$B" --pid-file "$B/pid" "$ID"
	ok "$BERTH" --root "$ROOT" start "$ID"
	wait_for 5 file_has "$B/out" '^ready$' || die "not ready"
	ok "$BERTH" --root "$ROOT" kill "$ID"
	wait_for 5 gone "$(<"$B/pid")" || die "not ended"
	assert_eq "$(tail -n 1 "$B/out")" signal=15
	call "$BERTH" --root "$ROOT" kill "$ID" SIGKILL
	assert_contains "$OUT" 'container not running'
	call "$BERTH" --root "$ROOT" state "$ID"
	assert_eq "$(jq -r .status <<<"$OUT")" stopped
	ok "$BERTH" --root "$ROOT" delete "$ID"
	away
}

test_buildkit()
{
	bundle m5tkxiwyisyhfk75k35rm5fxu
	cfg '.linux.cgroupsPath = "system.slice:docker:" + $id' --arg id "$ID"
	args /bin/sh -c 'cat /proc/self/cgroup >/cgroup; echo out; exit 9'
	cfg '.linux.namespaces |= map(select(.type != "cgroup"))'
	call "$BERTH" --log "$LOG" --log-format json --root "$ROOT" run --bundle "$B" --no-pivot --keep "$ID"
	assert_eq "$RC $OUT" "9 out"
	if [ "$DRIVER" = cgroupfs ]; then
		assert_eq "$(sed -n 's/^0:://p' "$B/rootfs/cgroup")" "/system.slice:docker:$ID" "without the flag a name like any other"
	fi
	says 'container not running' "$BERTH" --root "$ROOT" kill "$ID" 9
	ok "$BERTH" --root "$ROOT" delete "$ID"

	probe sleep 100
	"$BERTH" --root "$ROOT" run --bundle "$B" --keep "$ID" >"$B/out" 2>"$B/err" </dev/null &
	wait_for 5 file_has "$B/out" '^ready$' || die "not ready"
	process_file /bin/sh -c 'exit 6'
	call "$BERTH" --root "$ROOT" exec --process "$F" --pid-file "$P.2" "$ID"
	assert_eq "$RC" 6
	ok "$BERTH" --root "$ROOT" kill "$ID" 9
	wait $!
	assert_eq "$?" 137
	ok "$BERTH" --root "$ROOT" delete "$ID"
	away
}

# --- what only libraries and people send ----------------------------------------------------------------------------

test_library()
{
	local id
	for id in 61c3c8ae29200eee7832d0dccd329bb011d03ecde0b8a1ab64be269e08f565ba free_Text+1.2-3; do
		bundle "$id"
		made "$BERTH" --root "$ROOT" --rootless=true --criu /usr/sbin/criu create -bundle "$B" -pid-file "$P" "$ID"
		ok "$BERTH" --debug=false --root "$ROOT" --rootless=false start "$ID"
	done
	call "$BERTH" --root "$ROOT" list --format=json
	assert_eq "$(jq length <<<"$OUT")" 2
	assert_eq "$(jq -r '.[] | [.id, .pid, .status, .bundle, .rootfs, .created, .owner] | all' <<<"$OUT" | sort -u)" true
	call "$BERTH" --root "$ROOT" list -q
	assert_eq "$(wc -l <<<"$OUT")" 2
	call "$BERTH" --root "$ROOT" list
	assert_match "$(head -n 1 <<<"$OUT")" '^ID +PID +STATUS +BUNDLE +CREATED +OWNER *$'
	call "$BERTH" --root "$ROOT" events --stats "$ID"
	assert_eq "$RC $(jq -r '.type, .id' <<<"$OUT" | paste -sd ' ')" "0 stats $ID"
	"$BERTH" --root "$ROOT" events --interval=1s "$ID" >"$B/events" 2>&1 &
	wait_for 5 file_has "$B/events" '"stats"' || die "no events"
	for id in 61c3c8ae29200eee7832d0dccd329bb011d03ecde0b8a1ab64be269e08f565ba free_Text+1.2-3; do
		ok "$BERTH" --root "$ROOT" delete -f "$id"
	done
	wait $!
	# made by the first, in use by the second when the first went, so neither removes it
	call "$BERTH" --root "$ROOT" list --format=json
	assert_match "$OUT" '^(\[\]|null)$'
	bundle
	args /bin/true
	ok "$BERTH" --root "$ROOT" run -b "$B" -no-subreaper "$ID"
	away
}

# --- what they read -------------------------------------------------------------------------------------------------

test_version_and_features()
{
	export NOTIFY_SOCKET=/mnt/test/notify
	call "$BERTH" --version
	assert_eq "$RC" 0
	assert_eq "$(grep -c version <<<"$OUT")" 1 "one line with the word"
	assert_match "$(head -n 1 <<<"$OUT")" '^[a-z]+ version [0-9]+\.[0-9]+'
	assert_match "$OUT" '^commit: .'
	assert_match "$OUT" '^spec: [0-9.]+$'
	call "$BERTH" -v
	assert_eq "$RC" 0
	call "$BERTH" features
	assert_eq "$RC" 0
	jq -e '.ociVersionMin != "" and .ociVersionMax != "" and (.linux.mountExtensions.idmap.enabled | type) == "boolean"
		and (.linux.namespaces | index("user")) != null and (.mountOptions | index("rro")) != null' <<<"$OUT" \
		>/dev/null || die "features"
	call "$BERTH" --log-level error features
	assert_eq "$RC" 0
	assert_clean
}

# Probed before a checkpoint; there is none, and it must be said with the exit status.
test_no_checkpoint()
{
	call "$BERTH" checkpoint --help
	[ "$RC" != 0 ] || die "checkpoint is not there"
	call "$BERTH" restore --lsm-mount-context
	[ "$RC" != 0 ] || die "restore is not there"
	assert_eq "$(grep -cE 'requires an argument|flag needs an argument' <<<"$OUT")" 0 "restore seems to be there"
	assert_clean
}

test_words()
{
	local g=("$BERTH" --root "$ROOT") c
	bundle
	process_file /bin/true
	echo '{}' >"$B/empty"
	for c in start kill delete state ps pause resume events "update --resources $B/empty" "exec --process $F"; do
		# shellcheck disable=SC2086
		says 'container "nobody" does not exist' "${g[@]}" $c nobody
	done
	says 'requires an argument' "${g[@]}" create --bundle
	made "${g[@]}" create --bundle "$B" "$ID"
	says "container with id \"$ID\" already exists" "${g[@]}" create --bundle "$B" "$ID"
	ok "${g[@]}" start "$ID"
	says "cannot start container \"$ID\" in state running" "${g[@]}" start "$ID"
	says "cannot delete container \"$ID\" that is not stopped: running" "${g[@]}" delete "$ID"
	ok "${g[@]}" pause "$ID"
	says paused "${g[@]}" exec "$ID" /bin/true
	ok "${g[@]}" kill "$ID" 9
	call "${g[@]}" resume "$ID" # sent after the kill; a frozen process may be gone by then
	[ "$RC" = 0 ] || assert_contains "$OUT" 'container not running'
	wait_status_at "$ROOT" stopped
	for c in kill pause resume "update --resources $B/empty" "exec --process $F --detach"; do
		# shellcheck disable=SC2086
		says 'container not running' "${g[@]}" $c "$ID"
	done
	ok "${g[@]}" delete "$ID"
	cfg '.process.cwd = "/etc/passwd"'
	says 'not a directory' "${g[@]}" create --bundle "$B" "$ID"
	cfg '.process.cwd = "/" | .mounts += [{destination: "/etc/passwd", type: "bind", source: "/etc", options: ["bind"]}]'
	says 'not a directory' "${g[@]}" create --bundle "$B" "$ID"
	away
}

wait_status_at()
{
	wait_for 5 is_at "$@" || die "not $2"
}

is_at()
{
	[ "$("$BERTH" --root "$1" state "$ID" | jq -r .status)" = "$2" ]
}
