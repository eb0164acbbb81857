#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: typist COMMAND [ARG...] <SCRIPT	somebody at a terminal of 30 lines and 100 columns, who runs COMMAND and does what SCRIPT says

A line of SCRIPT is one of

    expect TEXT     until the terminal shows TEXT, after what was expected before
    send TEXT       types it, without a line end
    pause SECONDS   between keys that podman wants to read one at a time (Ctrl-P Ctrl-Q); while a command gets ready for what comes
    size ROWS COLS  makes the terminal another size

TEXT goes to the end of the line and may have \\r, \\t, \\\\ and \\xNN in it. A terminal shows what is typed as well: expect what is not in
that. First expect a prompt: before that COMMAND may not have made the terminal its own, which then takes \\x03 for itself.

At the script's end it waits for COMMAND and exits with its status (128 + N for signal N). What the terminal has shown is on stdout, without
\\r. What does not come within 30 s is said on stderr; COMMAND is killed then, and the status is 124.
"""
import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 30


class Late(Exception):
    pass


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def start(argv):
    """The process and our end of its terminal, which has its size before the command begins."""
    go, ready = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        os.close(ready)
        os.read(go, 1)
        os.close(go)
        try:
            os.execvp(argv[0], argv)
        except OSError as e:
            os.write(2, ("%s: %s\n" % (argv[0], e.strerror)).encode())
        os._exit(127)
    os.close(go)
    resize(fd, 30, 100)
    os.close(ready)
    return pid, fd


class Terminal:
    def __init__(self, fd):
        self.fd, self.shown, self.seen = fd, b"", 0

    def read(self, end, what):
        """Adds what the terminal shows; False when nobody has it open any more."""
        if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            raise Late(what)
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO
            data = b""
        self.shown += data
        return data != b""

    def expect(self, text):
        end = time.monotonic() + LIMIT
        while text not in self.shown[self.seen:]:
            if not self.read(end, "not shown: %r" % text):
                raise Late("ended, and not shown: %r" % text)
        self.seen = self.shown.index(text, self.seen) + len(text)

    def send(self, text):
        while text:
            text = text[os.write(self.fd, text):]

    def drain(self):
        end = time.monotonic() + LIMIT
        while self.read(end, "the command does not end"):
            pass


def perform(terminal, line):
    word, _, rest = line.partition(" ")
    if word == "size":
        resize(terminal.fd, *map(int, rest.split()))
        return
    if word == "pause":
        time.sleep(float(rest))
        return
    text = codecs.escape_decode(rest.encode())[0]
    if word not in ("expect", "send") or not text:
        raise SystemExit("typist: bad line: " + line)
    getattr(terminal, word)(text)


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    script = [line for line in sys.stdin.read().split("\n") if line]
    pid, fd = start(sys.argv[1:])
    terminal = Terminal(fd)
    late = None
    try:
        for line in script:
            perform(terminal, line)
        terminal.drain()
    except Late as e:
        late = e
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.stdout.buffer.write(terminal.shown.replace(b"\r", b""))
    sys.stdout.buffer.flush()
    if late:
        print("\ntypist: %s" % late, file=sys.stderr)
        return 124
    return status if status >= 0 else 128 - status


sys.exit(main())
