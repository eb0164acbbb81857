#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
no_pids.py BUNDLE ID OTHER: fewer and fewer numbers for processes are free; create, and exec in OTHER, work or say EAGAIN, and leave
nothing.
"""
import os
import signal
import sys
import time

import world as w
from variants import cgroup_of

PID_MAX = 400
WORDS = "resource temporarily unavailable"
sleepers = []


def spawn():
    pid = os.fork()
    if pid == 0:
        signal.pause()
    return pid


def fill():
    try:
        while True:
            sleepers.append(spawn())
    except BlockingIOError:
        pass


def release(n):
    for _ in range(n):
        pid = sleepers.pop()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def attempt(free, *argv):
    """True: it worked."""
    release(free)
    r = w.rt(*argv)
    if r.rc != 0 and WORDS not in r.err:
        sys.exit(f"{argv[0]} with {free} free: {r}")
    return r.rc == 0


def create(free, bundle, name):
    good = attempt(free, "create", "--bundle", bundle, name)
    if not good and os.path.exists(f"{w.STATE}/{name}"):
        sys.exit(f"with {free} free: the state is left")
    release(8)
    if w.rt("delete", "--force", name).rc != 0:
        sys.exit("delete --force")
    return good


def execute(free, other):
    good = attempt(free, "exec", other, "/bin/true")
    release(8)
    procs = cgroup_of(w.state_of(other)["pid"]) + "/cgroup.procs"
    if not w.until(lambda: len(w.read(procs).split()) == 1):
        sys.exit(f"exec with {free} free: {w.read(procs)} are in the container")
    return good


def main():
    bundle, name, other = sys.argv[1:4]
    os.makedirs(w.WORK, exist_ok=True)
    with open("/proc/sys/kernel/pid_max", "w") as f:
        f.write(str(PID_MAX))
    fill()
    tried = worked = 0
    for what in lambda n: create(n, bundle, name), lambda n: execute(n, other):
        here = 0
        for free in range(1, 7):
            here += what(free)
            time.sleep(0.05)
            fill()
        if not 0 < here < 6:
            sys.exit(f"{here} of 6 worked")
        tried, worked = tried + 6, worked + here
    release(len(sleepers))
    print(f"counts injections={tried} complete={worked} failed={tried - worked}")


main()
