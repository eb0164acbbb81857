# SPDX-License-Identifier: LGPL-2.1-or-later
"""The containers that the commands are tried with: what their configs ask for, and what the other side of them does."""
import array
import errno
import json
import os
import select
import socket
import subprocess

from world import MANAGER, OTHER, PROBE_DUMP, SLOW, TEST, WORK, Problem, base_config, bundle, read, rt_ok, state_of, until

HOOKS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]


def controllers():
    return (read("/sys/fs/cgroup/cgroup.controllers") or "").split()


class Listener:
    """A socket that the runtime sends one descriptor to."""

    def __init__(self, path):
        self.path, self.fd, self.text = path, -1, b""
        if os.path.exists(path):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(8)

    def take(self, seconds=0):
        """The last descriptor that came; -1: none."""
        while select.select([self.socket], [], [], seconds)[0]:
            conn, _ = self.socket.accept()
            with conn:
                conn.settimeout(5 * SLOW)
                fds = array.array("i")
                self.text, anc, _, _ = conn.recvmsg(65536, socket.CMSG_SPACE(16))
                for _, _, data in anc:
                    fds.frombytes(data[: len(data) - len(data) % 4])
                for fd in fds:
                    self.close()
                    self.fd = fd
            seconds = 0
        return self.fd

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


class Plain:
    """Something of everything that is done for a container without hooks, terminal or user namespace."""
    joined = ()
    console = None
    pid_file = None  # what the engine has in it beforehand
    cgroup = "system.slice:fault:c1" if MANAGER else "/fault/deep/c1"

    def begin(self):
        """Before each container."""

    def options(self):
        return []

    def created(self):
        """After a create that worked: raises Problem."""

    def started(self):
        """The program has run."""

    def executed(self):
        """Another program has run in it."""

    def deleted(self, log=""):
        """A container that was created was deleted; log: what was said meanwhile."""

    def output(self):
        return read(WORK + "/output") or ""

    def edit(self, c):
        p, l = c["process"], c["linux"]
        p["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 1000, "hard": 1000}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
        p["user"]["additionalGids"] = [7, 8]
        p["user"]["umask"] = 0o27
        p["noNewPrivileges"] = True
        p["oomScoreAdj"] = 100
        p["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 6}
        c["domainname"] = "fault"
        l["namespaces"].append({"type": "network"})
        l["sysctl"] = {"kernel.shm_rmid_forced": "1", "net.ipv4.ip_forward": "0"}
        l["maskedPaths"] = ["/proc/timer_list", "/proc/scsi"]
        l["readonlyPaths"] = ["/proc/sys"]
        l["devices"] = [{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11, "fileMode": 0o666}]
        l["resources"] = self.resources()
        if self.cgroup:
            l["cgroupsPath"] = self.cgroup
        c["mounts"] += [
            {"destination": "/data", "type": "bind", "source": "/mnt/rootfs/etc", "options": ["rbind", "ro", "nosuid"]},
            {"destination": "/new/point", "type": "tmpfs", "source": "tmpfs", "options": ["size=64k", "mode=700"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro", "nosuid", "noexec", "nodev"]},
            {"destination": "/etc", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"]},
        ]
        return c

    # what a limit is called in the config, its file, and two values
    LIMITS = {
        "pids": (lambda n: {"pids": {"limit": n}}, "pids.max", 100, 200),
        "hugetlb": (lambda n: {"hugepageLimits": [{"pageSize": "2MB", "limit": n}]}, "hugetlb.2MB.max", 4 << 20, 8 << 20),
        "memory": (lambda n: {"memory": {"limit": n}}, "memory.max", 64 << 20, 96 << 20),
        "cpu": (lambda n: {"cpu": {"quota": n, "period": 100000}}, "cpu.max", 50000, 60000),
    }

    def limits(self):
        return [v for k, v in self.LIMITS.items() if k in controllers()]

    def resources(self, which=2):
        r = {"unified": {"cgroup.max.depth": "9"}}
        for limit in self.limits():
            r.update(limit[0](limit[which]))
        return r

    def check_limits(self, pid, which=2):
        cg = cgroup_of(pid)
        for limit in self.limits():
            got = (read(f"{cg}/{limit[1]}") or "?").split()[0]
            if got != str(limit[which]):
                raise Problem(f"{limit[1]} is {got}, not {limit[which]}")
        if (read(f"{cg}/cgroup.max.depth") or "").strip() != "9":
            raise Problem("cgroup.max.depth is not as asked")

    def config(self, args):
        c = base_config()
        c["process"]["args"] = args
        return self.edit(c)


def cgroup_of(pid):
    for line in (read(f"/proc/{pid}/cgroup") or "").splitlines():
        if line.startswith("0::"):
            return "/sys/fs/cgroup" + line[3:]
    raise Problem(f"process {pid} has no cgroup")


class UserNamespace(Plain):
    cgroup = None

    def edit(self, c):
        c = super().edit(c)
        l = c["linux"]
        l["namespaces"].append({"type": "user"})
        l["uidMappings"] = l["gidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        return c


class ExistingCgroup(Plain):
    """Somebody made the cgroup, and has it afterwards."""
    cgroup = "/fault-there/c1"

    def begin(self):
        os.makedirs("/sys/fs/cgroup" + self.cgroup, exist_ok=True)


class Slice(Plain):
    """A unit that ends only when the manager is asked to stop it (with one alone)."""
    cgroup = "fault.slice:x:fault-c1.slice"

    def begin(self):
        # the one that it is in is not removed with it
        subprocess.run(["systemctl", "start", "fault.slice"], check=True)


class PidFile(Plain):
    """Some engines make an empty one."""
    pid_file = ""


class HostMounts(Plain):
    """No mount namespace, so no mounts."""
    def edit(self, c):
        c = super().edit(c)
        l = c["linux"]
        l["namespaces"] = [n for n in l["namespaces"] if n["type"] != "mount"]
        for what in "maskedPaths", "readonlyPaths", "devices", "sysctl":
            del l[what]
        del c["mounts"]
        return c


class Hooks(Plain):
    """All six kinds; each leaves a line with its name and the state that it has read."""
    log = TEST + "/hooks.log"

    def edit(self, c):
        c = super().edit(c)
        # startContainer runs inside, so what it writes is read there
        c["hooks"] = {k: [self.hook(k), self.hook(k)] for k in HOOKS}
        c["mounts"].append({"destination": "/data", "type": "bind", "source": TEST + "/inside", "options": ["bind", "rw"]})
        return c

    def hook(self, kind):
        log = "/data/log" if kind == "startContainer" else TEST + "/inside/log"
        script = f"read -r state; printf '{kind} %s\\n' \"$state\" >>{log}"
        return {"path": "/bin/sh", "args": ["sh", "-c", script], "env": ["PATH=/usr/bin:/bin"]}

    def begin(self):
        os.makedirs(TEST + "/inside", exist_ok=True)
        with open(TEST + "/inside/log", "w"):
            pass

    def ran(self):
        """The kinds, in their order. A hook that got less than its whole state, or nothing, must not have gone unnoticed."""
        kinds = []
        for line in (read(TEST + "/inside/log") or "").splitlines():
            kind, _, state = line.partition(" ")
            try:
                whole = {"ociVersion", "id", "status", "bundle"} <= json.loads(state).keys()
            except ValueError:
                whole = False
            if not whole:
                raise Problem(f"the {kind} hook got as its state {state!r}")
            kinds.append(kind)
        return kinds

    def expect(self, kinds):
        got = self.ran()
        want = [k for k in kinds for _ in range(2)]
        if got != want:
            raise Problem(f"hooks that ran: {' '.join(got)}")

    def created(self):
        self.expect(HOOKS[:3])

    def started(self):
        self.expect(HOOKS[:5])

    def deleted(self, log=""):
        # one that could not be run is a warning, and does not keep the other from being run
        lost = 2 if "poststop hooks are not run" in log else min(1, log.count("poststop"))
        ran = self.ran().count("poststop")
        # more, where a hook of a call that was killed had not come to its end
        if ran < 2 - lost:
            raise Problem(f"{ran} poststop hooks ran, and the log says: {log.strip()!r}")


class Terminal(Plain):
    cgroup = None

    def __init__(self):
        self.console = Listener(WORK + "/console")

    def edit(self, c):
        c = super().edit(c)
        c["process"]["terminal"] = True
        c["process"]["consoleSize"] = {"height": 33, "width": 99}
        return c

    def begin(self):
        self.console.take()
        self.console.close()

    def options(self):
        return ["--console-socket", self.console.path]

    def created(self):
        if self.console.take() < 0:
            raise Problem("no terminal came")

    def output(self):
        fd, text = self.console.take(), b""
        while fd >= 0:
            if not select.select([fd], [], [], 5 * SLOW)[0]:
                raise Problem("the terminal is not closed")
            try:
                more = os.read(fd, 65536)
            except OSError as e:
                if e.errno != errno.EIO:
                    raise
                more = b""
            if not more:
                break
            text += more
        return text.decode(errors="replace").replace("\r\n", "\n")


class Seccomp(Plain):
    def __init__(self):
        self.agent = Listener(WORK + "/agent")

    def edit(self, c):
        c = super().edit(c)
        c["linux"]["seccomp"] = {
            "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": self.agent.path, "listenerMetadata": "meta",
            "syscalls": [{"names": ["swapoff"], "action": "SCMP_ACT_NOTIFY"},
                         {"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}
        return c

    def begin(self):
        self.agent.take()
        self.agent.close()

    def started(self):
        if self.agent.take() < 0:
            raise Problem("no seccomp listener came")
        if json.loads(self.agent.text)["metadata"] != "meta":
            raise Problem("the listener came without its state")

    executed = started


class Joined(Plain):
    """In a pid namespace that is there already, and an ipc namespace."""
    @property
    def joined(self):
        return (state_of(OTHER)["pid"],)

    def edit(self, c):
        c = super().edit(c)
        pid = state_of(OTHER)["pid"]
        for ns in c["linux"]["namespaces"]:
            if ns["type"] in ("pid", "ipc"):
                ns["path"] = f"/proc/{pid}/ns/{ns['type']}"
        del c["linux"]["sysctl"]["kernel.shm_rmid_forced"]
        return c


class SamePath(Plain):
    """In a cgroup that has the mark of another container, which has ended and was not deleted."""
    cgroup, place = "/earlier", "/sys/fs/cgroup/earlier"

    def __init__(self):
        os.mkdir(self.place)
        first = bundle("first", self.config(["/bin/probe", "exit", "0"]))
        rt_ok("run", "--detach", "--bundle", first, "first")
        if not until(lambda: state_of("first")["status"] == "stopped"):
            raise Problem("the earlier container does not end")
        self.mark = os.getxattr(self.place, "trusted.berth")

    def begin(self):
        os.setxattr(self.place, "trusted.berth", self.mark)

    def created(self):
        if os.getxattr(self.place, "trusted.berth") == self.mark:
            raise Problem("its cgroup counts as the earlier container's")


VARIANTS = {"plain": Plain, "userns": UserNamespace, "hooks": Hooks, "terminal": Terminal, "seccomp": Seccomp,
            "joined": Joined, "same_path": SamePath, "existing_cgroup": ExistingCgroup, "slice": Slice, "pid_file": PidFile,
            "host_mounts": HostMounts}
DUMP = PROBE_DUMP + [",", "open", "/dev/null", "/dev/kmsg", ",", "ls", "/etc", ",", "read", "/data/hostname",
                     "/proc/sys/kernel/shm_rmid_forced"]
