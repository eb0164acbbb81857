#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""recycle.py before|during ROUNDS BERTH STATE BUNDLE: a container's process ends and another one gets its number, a bystander.

before: then `kill` is called. The bystander begins as soon after the container's process as can be, often within the same tick of the
clock of start times (10 ms); only those rounds count.
during: `kill` and `kill --all` are at work meanwhile.

Prints how many rounds counted. The exit status is 1 when a bystander was signalled, 77 when it cannot be tried here, and why.
Needs a pid namespace of its own (namespaces(7): ns_last_pid).
"""
import ctypes
import os
import signal
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36
LAST_PID = "/proc/sys/kernel/ns_last_pid"


def start_time(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rpartition(")")[2].split()[19]


def inode(pid):
    fd = os.pidfd_open(pid)
    try:
        return os.fstat(fd).st_ino
    finally:
        os.close(fd)


def bystander(pid):
    """A process with this number, or None: somebody else was quicker."""
    with open(LAST_PID, "w") as f:
        f.write(str(pid - 1))
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    if child == pid:
        return child
    end(child)
    return None


def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


class Rounds:
    def __init__(self, berth, state, bundle):
        self.berth = [berth, "--root", state]
        self.bundle = bundle
        self.counted = 0

    def call(self, *args):
        return subprocess.Popen([*self.berth, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def create(self):
        pid_file = os.path.join(self.bundle, "pid")
        assert self.call("create", "--bundle", self.bundle, "--pid-file", pid_file, "c1").wait() == 0
        with open(pid_file) as f:
            return int(f.read())

    def spared(self, pid):
        """Nobody has signalled the bystander."""
        if os.waitpid(pid, os.WNOHANG)[0]:
            print(f"a bystander with the number {pid} was signalled")
            return False
        end(pid)
        return True

    def before(self):
        pid = self.create()
        began = start_time(pid)
        end(pid)
        other = bystander(pid)
        if other is None:
            return True
        self.counted += start_time(other) == began
        self.call("kill", "c1", "TERM").wait()
        return self.spared(other)

    def during(self):
        pid = self.create()
        calls = [self.call("kill", "--all", "c1", "USR1"), self.call("kill", "c1", "TERM")]
        end(pid)
        other = bystander(pid)
        for call in calls:
            call.wait()
        if other is None:
            return True
        self.counted += 1
        return self.spared(other)


def main():
    mode, rounds, berth, state, bundle = sys.argv[1:]
    if not os.access(LAST_PID, os.W_OK):
        print("the number of the next process cannot be chosen")
        return 77
    if mode == "before" and inode(os.getpid()) == inode(os.getppid()):
        print("pidfds cannot be told apart before Linux 6.9")
        return 77
    # what berth leaves behind becomes our child, so that its number is free as soon as it has ended
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    r = Rounds(berth, state, bundle)
    for _ in range(int(rounds)):
        good = getattr(r, mode)()
        r.call("delete", "--force", "c1").wait()
        if not good:
            return 1
    print(r.counted)
    return 0


sys.exit(main())
