#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
faults.py fail|kill COMMAND VARIANT

fail: each system call of berth and of berth-init fails once, with each of the errors of errnos.c, while COMMAND runs.
kill: berth, berth-init or both are killed at each of these calls.

Afterwards: the command has failed and says why, or its result is complete; the container can be asked for, other
containers are listed and live; `delete --force` removes everything; the same id can be used again.

Without FULL=1 a sample: SAMPLE of them (SEED chooses them, and is printed). AT="tool 41 0" is one alone.
The last line: counts NAME=N ... for the sums of tests/fault/run.
"""
import contextlib
import errno
import json
import os
import random
import re
import shutil
import sys
import time
from collections import Counter

import world as w
from commands import COMMANDS, ID, PIDFILE, call
from world import OTHER, OURS, WORK, Problem

FULL = os.environ.get("FULL", "") not in ("", "0")
SAMPLE = int(os.environ.get("SAMPLE", "24"))
SEED = int(os.environ.get("SEED") or random.randrange(1000000))
AT = os.environ.get("AT", "")
REPORT = WORK + "/report"
LIMIT = 15
CRASHES = {128 + n for n in (4, 6, 7, 8, 11)}
SPEAKS = re.compile(r"^berth(: | [a-z]+( \S+)?: ).*[a-z].*")
TRIES = 4  # for a fault that was missed: where berth forks beside its work, its calls have other numbers now and then


def loaders(calls):
    """Where a program is loaded: from the beginning, or from an exec into another build of itself, to main(), whose first call
    is a look at stdin, stdout and stderr."""
    begin = 0
    for n, name in calls:
        if name.startswith(("clone", "fork", "vfork")):
            return
        if begin is None and name.startswith("exec"):
            begin = n + 1
        if begin is not None and name in ("poll", "ppoll", "fcntl"):
            yield begin, n
            begin = None


def words_of(name):
    """The text of an error as berth prints it: EIO, "input/output error". The dynamic loader begins it with a capital letter."""
    return os.strerror(getattr(errno, name)).lower()


# Where a failure says something else than the error of its call: who, calls, errors, words; and why that is right.
OTHER_WORDS = [
    # an allocation of our own, which has no errno
    ("tool|init", "mmap|mremap|brk", "ENOMEM", "out of memory"),
    # the dynamic loader, when berth has it load a library
    ("tool", "mmap", "ENOMEM", "failed to map segment from shared object"),
    # fdopendir(3) asks for the flags, and says this when it has got none
    ("tool", "fcntl", "EMFILE|ENOMEM", "bad file descriptor"),
    # these are answers: the other side has ended, so it is asked how; nobody listens, so the program runs; nobody's child
    ("tool", "recvmsg|recvfrom|sendmsg|sendto", "ECONNRESET|EPIPE", "berth-init (was killed by signal|ended)"),
    ("tool", "connect", "ECONNREFUSED", "in state running|not stopped: running"),
    # libsystemd has met the end of its connection
    ("tool", "sendmsg|recvmsg", "EPIPE|ECONNRESET", "ENOTCONN: transport endpoint is not connected|Disconnected: connection reset"),
    # a connection is given time, and this is how the kernel says that it is over
    ("tool", "connect", "EAGAIN", "connection timed out"),
    ("tool", "waitid", "ECHILD|EINTR", "named a process that is not its own"),
    # what berth-init has to say is lost itself
    ("init", "sendmsg|sendto", ".*", "berth-init (was killed by signal|ended)"),
]


def says(report, text):
    """Do the words name the error that was injected? In small letters: the dynamic loader's own words begin with a capital."""
    who, _, name, error = report.split()
    return words_of(error).lower() in text.lower() or any(
        re.fullmatch(rows[0], who) and re.fullmatch(rows[1], name) and re.fullmatch(rows[2], error) and re.search(rows[3], text, re.I)
        for rows in OTHER_WORDS)


class Faults:
    def __init__(self, kind, name, variant):
        self.kind, self.title = kind, f"{name} {variant}"
        self.world = w.World()
        self.other = w.other_container()
        self.c = COMMANDS[name](variant)
        self.counts = Counter()
        self.problems = []
        self.quiet = Counter()  # calls whose failure was survived, by name

    def prepare(self):
        """Once without a fault, so that what stays (mount points in the rootfs) is there, and it is known how it looks."""
        w.rt_ok("delete", "--force", ID)
        for _ in range(2):
            self.world.settle()
            self.c.whole()
            self.c.remove()
        left = self.world.leaks()
        if left:
            raise Problem(f"without a fault: {left}")
        if self.c.persistent:
            self.c.before()
            self.world.settle()

    def inject(self, *mode):
        argv = [w.INJECT, "-t", str(LIMIT * w.SLOW), "-o", REPORT]
        if pid := self.c.waiting():
            argv += ["-p", str(pid)]
        return w.run([*argv, *mode, "--", *call(self.c)], out=self.c.out(), limit=LIMIT + 10)

    def calls(self):
        self.c.before()
        r = self.inject("count")
        if r.rc != self.c.success:
            raise Problem(f"when its calls were counted: {r}")
        self.c.complete(r)
        self.remove_unless_persistent()
        calls = [line.split() for line in w.read(REPORT).splitlines()]
        self.loaders = list(loaders([(int(n), name) for who, n, name, _ in calls if who == "tool"]))
        return calls

    def plan(self):
        """All faults: the arguments for inject."""
        calls, all = self.calls(), []
        for who, n, _, errors in calls:
            if self.kind == "fail":
                all += [("fail", who, n, str(k)) for k in range(int(errors))]
            else:
                all += [("kill", who, n, victim) for victim in ("tool", "init", "both")]
        if AT:
            return [(self.kind, *AT.split())]
        if not FULL and len(all) > SAMPLE:
            # as many of each part of the life as there are
            step = len(all) / SAMPLE
            at = random.Random(SEED).random() * step
            all = [all[int(at + i * step)] for i in range(SAMPLE)]
        return all

    def remove_unless_persistent(self):
        if not self.c.persistent:
            self.c.remove()

    # --- after a fault ---

    def in_loader(self):
        """The dynamic loader's calls, which may say and do what it likes."""
        f = self.report.split()
        return len(f) > 2 and f[0] == "tool" and f[1].isdigit() and any(a <= int(f[1]) < b for a, b in self.loaders)

    def end(self, how):
        """How the command ended; without a fault that counts for nothing."""
        if not self.missed:
            self.counts[how] += 1

    def check_words(self, r):
        if self.in_loader():
            return
        first = r.err.strip().splitlines()
        if not OURS:  # others write into the log alone, and in their own words
            first += self.c.log().splitlines()
        if not first:
            raise Problem("it failed without a word")
        if OURS and not any(SPEAKS.match(line) for line in first):
            raise Problem(f"it does not say what failed: {r.err.strip()!r}")
        if OURS and not self.missed and not says(self.report, r.err):
            raise Problem(f"it does not say why it failed: {r.err.strip()!r}")

    def check_fail(self, r):
        if r.rc == 124:
            raise Problem(f"it hangs: {r.err}")
        if r.rc in CRASHES or r.rc == 99:
            if self.in_loader():
                self.end("failed")  # not ours
                return
            raise Problem(f"it crashed: {r}")
        if r.rc == self.c.success:
            self.end("complete")
            self.quiet["missed" if self.missed else self.report.split()[2]] += 1
            self.c.complete(r)
            return
        self.end("failed")
        self.check_words(r)
        self.c.failed(r)
        if self.c.leaves_nothing(r):
            self.no_leaks("the failed command left: ")

    def no_leaks(self, words="left: "):
        left = self.world.leaks()
        if left:
            self.leaked = True
            raise Problem(words + ", ".join(left))

    def check_kill(self, r):
        if r.rc == 124:
            raise Problem(f"it hangs: {r.err}")
        if r.rc in CRASHES or r.rc == 99:
            raise Problem(f"it crashed: {r}")
        self.end("complete" if r.rc == self.c.success else "failed")
        s = w.rt("state", ID)
        if s.rc == 0:
            json.loads(s.out)
        elif not re.search(r"does not exist|not made completely", s.err):
            raise Problem(f"state: {s}")
        # the command may be quicker than the signal
        if r.rc == self.c.success and not (re.search("killed [23]", self.report) and w.until(self.c.cut_off, 1)):
            self.c.complete(r)

    def check_world(self):
        r = w.rt("list", "--format", "json")
        if r.rc != 0:
            raise Problem(f"list: {r}")
        seen = [c["pid"] for c in json.loads(r.out) if c["id"] == OTHER]
        if seen != [self.other]:
            raise Problem("the other container is not listed as it was")

    def one(self, fault):
        """False: there was no such call this time; then everything was looked at all the same."""
        self.leaked = False
        self.c.before()
        r = self.inject(*fault)
        self.report = (w.read(REPORT) or "").strip()
        self.missed = self.report.startswith(("missed", "cannot")) or not self.report
        if not self.missed:
            self.counts["injections"] += 1
        (self.check_fail if self.kind == "fail" else self.check_kill)(r)
        self.check_world()
        if self.kind == "kill":
            self.c.remove()
            self.c.whole()
            self.c.remove()
        else:
            self.c.again()
            self.remove_unless_persistent()
        if self.c.persistent:
            self.c.before()
            self.world.known = {self.other, self.c.pid}
        self.no_leaks()
        return not self.missed

    def repair(self):
        """After a problem: as it was at the beginning, by force. What was left is told."""
        w.rt("delete", "--force", ID)
        for name in PIDFILE, PIDFILE.replace("pid", "exec.pid"):
            if os.path.exists(name):
                os.unlink(name)
        self.world.known = {self.other}
        left = self.world.leaks(1)
        left = [p for p in left if not p.startswith("missing")]
        if left:
            self.leaked = True
            print("   left after delete --force:", ", ".join(left)[:600])
        self.world.end_strangers()
        w.stop_units()
        for d in sorted(x for x in w.cgroups() if ID in x or "fault" in x)[::-1]:
            os.rmdir(d)
        shutil.rmtree(f"{w.STATE}/{ID}", ignore_errors=True)
        if not OURS:  # others leave levels of the cgroup's path each time, which is one problem and not one of each fault
            with contextlib.suppress(Problem):
                self.c.whole()
                self.c.remove()
        if self.c.persistent:
            self.c.before()
        self.world.settle()

    def run(self):
        faults = self.plan()
        print(f"{self.kind} {self.title}: {len(faults)} faults, SEED={SEED}")
        for fault in faults:
            try:
                if not any(self.one(fault) for _ in range(TRIES)):
                    self.counts["missed"] += 1
            except (Problem, OSError, ValueError, TypeError, KeyError) as e:
                self.counts["problems"] += 1
                if self.counts["problems"] <= 40:
                    what = str(e) if isinstance(e, Problem) else repr(e)
                    print(f"PROBLEM AT=\"{' '.join(fault[1:])}\" ({self.report}): {what[:3000]}", flush=True)
                self.repair()
                self.counts["leaks"] += self.leaked
        return self.counts["problems"] == 0


def main():
    kind, name, variant = sys.argv[1:4]
    begin = time.monotonic()
    f = Faults(kind, name, variant)
    f.prepare()
    good = f.run()
    n = max(1, f.counts["injections"])
    print("survived:", " ".join(f"{k}={v}" for k, v in sorted(f.quiet.items())))
    print(f"{(time.monotonic() - begin) / n * 1000:.0f} ms each")
    print("counts " + " ".join(f"{k}={f.counts[k]}" for k in ("injections", "failed", "complete", "missed", "leaks", "problems")))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
