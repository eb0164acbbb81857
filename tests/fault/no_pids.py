#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""no_pids.py BUNDLE ID: fewer and fewer numbers for processes are free; create works or says EAGAIN, and leaves nothing."""
import os
import signal
import sys
import time

import world as w

PID_MAX = 400
tried = worked = 0
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


def main():
    global tried, worked
    bundle, name = sys.argv[1:3]
    os.makedirs(w.WORK, exist_ok=True)
    with open("/proc/sys/kernel/pid_max", "w") as f:
        f.write(str(PID_MAX))
    fill()
    for free in range(1, 7):
        while True:
            release(free)
            r = w.rt("create", "--bundle", bundle, name)
            break
        tried += 1
        good = r.rc == 0
        worked += good
        if not good and "resource temporarily unavailable" not in r.err:
            sys.exit(f"with {free} free: {r}")
        if not good and os.path.exists(f"{w.STATE}/{name}"):
            sys.exit(f"with {free} free: the state is left")
        release(8)
        if w.rt("delete", "--force", name).rc != 0:
            sys.exit("delete --force")
        time.sleep(0.05)
        fill()
    release(len(sleepers))
    if not 0 < worked < tried:
        sys.exit(f"{worked} of {tried} worked")
    print(f"counts injections={tried} complete={worked} failed={tried - worked}")


main()
