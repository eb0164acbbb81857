# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The jail as the tests of this folder see it: bundles, calls of the runtime, and what is there.

This process is the subreaper of all that the runtime leaves behind, so a process that is left is a child of ours.
"""
import ctypes
import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections import Counter

TEST = "/mnt/test"          # bundles; the runtime may write here only what it is asked for
WORK = "/mnt/work"          # our own files
STATE = TEST + "/state"
BERTH = os.environ["BERTH"]
INJECT = os.environ["BUILD"] + "/tests/inject"
SLOW = int(os.environ.get("SLOW_FACTOR", "1"))
OURS = os.path.basename(BERTH).startswith("berth")
MANAGER = "--systemd-cgroup" in os.environ.get("BERTH_GLOBALS", "")  # the machine's own: no jail
GLOBALS = os.environ.get("BERTH_GLOBALS", "").split()
OTHER = "other"             # a container that nobody touches
PROBE_DUMP = ["/bin/probe", "each", "show", ",", "fds", ",", "keyring", ",", "ls", "/"]


class Problem(Exception):
    """What a check found."""


def subreaper():
    PR_SET_CHILD_SUBREAPER = 36
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("prctl")


class Result:
    def __init__(self, rc, out, err):
        self.rc, self.out, self.err = rc, out, err

    def __str__(self):
        return f"exit status {self.rc}, stderr {self.err.strip()!r}"


def read(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except OSError:
        return None


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


class TimeIsUp(Exception):
    pass


def on_alarm(*_):
    raise TimeIsUp


def wait_child(p, limit):
    """Collects orphans meanwhile: the init of a pid namespace does not end before its last zombie is collected."""
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        while p.returncode is None:
            pid, status = os.waitpid(-1, 0)
            if pid == p.pid:
                p.returncode = os.waitstatus_to_exitcode(status)
    except TimeIsUp:
        p.kill()
        p.wait()
        return 124
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return p.returncode


def run(argv, stdin="/dev/null", limit=30, out=WORK + "/stdout"):
    """argv to its end; stdout and stderr are files, as a container keeps them open."""
    err = WORK + "/stderr"
    with open(stdin) as i, open(out, "w") as o, open(err, "w") as e:
        p = subprocess.Popen(argv, stdin=i, stdout=o, stderr=e, cwd=TEST)
        rc = wait_child(p, limit * SLOW)
    return Result(rc if rc >= 0 else 128 - rc, read(out) or "", read(err) or "")


def command(*args):
    return [BERTH, "--root", STATE, *GLOBALS, *args]


def rt(*args, **kw):
    return run(command(*args), **kw)


def rt_ok(*args, **kw):
    r = rt(*args, **kw)
    if r.rc != 0 or r.err:
        raise Problem(f"{args[0]} without a fault: {r}")
    return r


ABSENT = re.compile(r"does not exist" if OURS else r"(?i)does not exist|no such file")


def state_of(name):
    """What `state` prints; None: there is no such container, and nothing else will do."""
    r = rt("state", name)
    if r.rc == 0:
        return json.loads(r.out)
    if not ABSENT.search(r.err):
        raise Problem(f"state: {r}")
    return None


def children():
    return {int(p) for p in read("/proc/self/task/%d/children" % os.getpid()).split()}


def reap():
    """Collect orphans that have ended. No child that somebody waits for may be alive meanwhile."""
    for pid in children():
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass


def wait_end(pid, seconds=10):
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return True
    try:
        return bool(select.select([fd], [], [], seconds * SLOW)[0])
    finally:
        os.close(fd)


def until(check, seconds=3, step=0.005):
    end = time.monotonic() + seconds * SLOW
    while not (v := check()):
        if time.monotonic() > end:
            return v
        time.sleep(step)
    return v


def own_network():
    """Then /proc/net/unix names nobody else's sockets."""
    CLONE_NEWNET = 0x40000000
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        raise OSError("unshare")


def sockets():
    """Those of AF_UNIX that can be connected to: abstract ones, and whatever listens."""
    SO_ACCEPTCON = 0x10000
    found = set()
    for line in read("/proc/self/net/unix").splitlines()[1:]:
        f = line.split(None, 7)
        name = f[7] if len(f) > 7 else "without a name"
        if int(f[3], 16) & SO_ACCEPTCON or name.startswith("@"):
            found.add(f"{name} {f[6]}")
    return found


def tree(top, skip=()):
    found = set()
    for d, dirs, files in os.walk(top):
        dirs[:] = [n for n in dirs if os.path.join(d, n) not in skip]
        found.update(os.path.join(d, n) for n in dirs + files)
    return found


def cgroups(top="/sys/fs/cgroup"):
    """All of them. os.walk() would look at each file as well; a cgroup with none below it has two links."""
    found = {top}
    try:
        if os.stat(top).st_nlink > 2:
            with os.scandir(top) as entries:
                for d in [e.path for e in entries if e.is_dir(follow_symlinks=False)]:
                    found |= cgroups(d)
    except FileNotFoundError:  # somebody else's, that has gone meanwhile
        pass
    return found


def units():
    """The manager's, by their names."""
    r = subprocess.run(["systemctl", "list-units", "--all", "--plain", "--no-legend", "fault-*", "berth-c1*"], capture_output=True, text=True)
    return {line.split()[0] for line in r.stdout.splitlines()}


def stop_units():
    if MANAGER and (left := units()):
        subprocess.run(["systemctl", "stop", *left])


class Snapshot:
    """What there is beside processes."""

    def __init__(self):
        self.cgroups = {d for d in cgroups() if not MANAGER or "fault" in d or "c1" in d}
        # services that are still starting mount their credentials
        self.mounts = [line.split(" ", 2)[2] for line in read("/proc/self/mountinfo").splitlines()
                       if not MANAGER or " /run/credentials/" not in line]
        self.files = tree(TEST, {STATE + "/.seccomp"})
        if MANAGER:
            self.files |= units()
        else:  # nobody else's in a jail
            self.files |= tree("/run") | tree("/tmp", {os.environ["REPO"]})
        self.sockets = set() if MANAGER else sockets()

    def difference(self, new):
        found = [f"cgroup {p}" for p in sorted(new.cgroups - self.cgroups)]
        found += [f"file {p}" for p in sorted(new.files - self.files)]
        found += [f"socket {p}" for p in sorted(new.sockets - self.sockets)]
        found += [f"missing {p}" for p in sorted((self.cgroups | self.files) - (new.cgroups | new.files))]
        found += [f"mount {m}" for m in (Counter(new.mounts) - Counter(self.mounts))]
        found += [f"missing mount {m}" for m in (Counter(self.mounts) - Counter(new.mounts))]
        return found


class World:
    def __init__(self):
        self.known = set()
        self.base = None
        os.makedirs(WORK, exist_ok=True)
        os.makedirs(STATE, mode=0o700, exist_ok=True)
        subreaper()
        if not MANAGER:
            own_network()

    def settle(self):
        """From now on this is how it has to look."""
        self.known = children()
        self.base = Snapshot()

    def strangers(self):
        reap()
        return children() - self.known

    def leaks(self, wait=3):
        """Everything that is there and was not when the world settled."""
        found = []
        if not until(lambda: not self.strangers(), wait):
            for p in self.strangers():
                found.append("process %d %s" % (p, (read(f"/proc/{p}/cmdline") or "").replace("\0", " ")))
        left = []

        def nothing_left():
            left[:] = self.base.difference(Snapshot())
            return not left
        # a manager takes note of the end of a unit in its own time
        until(nothing_left, wait if MANAGER else 0, 0.05)
        return found + left

    def end_strangers(self):
        """Only children of our own, by their numbers."""
        for p in self.strangers():
            os.kill(p, signal.SIGKILL)
        until(lambda: not self.strangers())


def base_config():
    with open(os.environ["REPO"] + "/tests/integration/base.json") as f:
        config = json.load(f)
    if not OURS:  # others may know only older ones
        config["ociVersion"] = "1.0.2"
    return config


def bundle(name, config):
    path = f"{TEST}/{name}"
    if not os.path.isdir(path):
        os.makedirs(path)
        shutil.copytree("/mnt/rootfs", path + "/rootfs", symlinks=True)
    with open(path + "/config.json", "w") as f:
        json.dump(config, f, indent=1)
    return path


def other_container():
    """The bystander: every `list` has to name it, and it has to live through everything."""
    config = base_config()
    config["process"]["args"] = ["/bin/probe", "sleep", "100000"]
    path = bundle(OTHER, config)
    rt_ok("delete", "--force", OTHER)  # of another run in this jail
    rt_ok("create", "--bundle", path, OTHER, out=WORK + "/other")
    rt_ok("start", OTHER)
    return state_of(OTHER)["pid"]


NAMESPACE = re.compile(r"^(ns\.\w+)=(\w+:\[\d+\])$")
# what differs between two containers of the same config
VOLATILE = re.compile(r"^(cgroup=|ppid=|pid=|pgid=|sid=|keyring)")


def normal(text, joined=()):
    """A dump of the probe without what differs between two containers of one config."""
    own = {}
    for n in os.listdir("/proc/self/ns"):
        own[os.readlink("/proc/self/ns/" + n)] = "host"
    for p in joined:
        for n in os.listdir(f"/proc/{p}/ns"):
            own.setdefault(os.readlink(f"/proc/{p}/ns/{n}"), "joined")
    lines = []
    for line in text.splitlines():
        if m := NAMESPACE.match(line):
            line = f"{m[1]}={own.get(m[2], 'new')}"
        elif line.startswith("mount="):
            f = line.split()
            line = " ".join(["mount=", *f[3:]])
        elif VOLATILE.match(line):
            continue
        line = re.sub(r"(socket|pipe|anon_inode|pts/|0:)\[?\d+\]?", r"\1N", line)
        lines.append(line)
    return lines
