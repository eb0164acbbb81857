#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""In the virtual machine of `make bench-vm`: lives of containers in one mode, with each runtime a round, in rotating order.

  lives.py MODE ROUNDS WORK NAME=PATH...

MODE is one of vm_tables.MODES; who this runs as is the caller's (./guest). WORK: a folder to make.
Prints a line "## life MODE NAME JSON" for each life: milliseconds and KB of each operation, as bench.py has them, and
"manager", what systemd and the message bus took of the processor for it.
"""
import glob, json, os, subprocess, sys, time

sys.dont_write_bytecode = True
import bench  # noqa: E402

PAUSE = 0.05  # so that what systemd still has to do after an operation does not stand in the next one, and is counted
CG = "/sys/fs/cgroup"


def own_cgroup():
    """The unit that we are in a sub-group of, which was delegated to us."""
    return next(x.strip()[3:] for x in open("/proc/self/cgroup") if x.startswith("0::")).removesuffix("/runner")


def give_on(group):
    """Its controllers for the groups below it."""
    for name in open(f"{CG}{group}/cgroup.controllers").read().split():
        with open(f"{CG}{group}/cgroup.subtree_control", "w") as f:
            f.write("+" + name)


def busy(manager):
    """Microseconds of the processor that a service manager and its message bus have had."""
    groups = [f"{manager}/init.scope", *glob.glob(f"{manager}/*.slice/dbus*.service")]
    return sum(int(open(f"{g}/cpu.stat").readline().split()[1]) for g in groups)


class Runtime(bench.Runtime):
    def __init__(self, mode, name, path, work):
        super().__init__(name, path, work)
        self.who, self.driver = mode.split("-")
        self.options = ("--systemd-cgroup",) if self.driver == "systemd" else ()
        self.manager = CG if self.who == "root" else f"{CG}/user.slice/user-1000.slice/user@1000.service"
        self.delegated = own_cgroup()

    def cgroup(self, name):
        if self.driver == "systemd":
            return f"{'system' if self.who == 'root' else 'user'}.slice:bench:{name}"
        return f"{'' if self.who == 'root' else self.delegated}/berth-bench/{name}"

    def bundle(self, kind, args, edit=None):
        return super().bundle(kind, args, self.namespace if self.who == "user" else edit)

    def namespace(self, config):
        """The user's own id and the subordinate ones, which only newuidmap may map."""
        config["linux"]["namespaces"].append({"type": "user"})
        config["linux"]["uidMappings"] = config["linux"]["gidMappings"] = [
            {"containerID": 0, "hostID": 1000, "size": 1}, {"containerID": 1, "hostID": 100000, "size": 65536}]

    def measure(self, cwd, *args):
        time.sleep(PAUSE)
        before = busy(self.manager)
        sample = super().measure(cwd, *args)
        time.sleep(PAUSE)
        return {**sample, "manager": (busy(self.manager) - before) / 1e3}


def as_podman():
    """As podman runs itself again: as root of a user namespace that newuidmap fills, with a mount namespace."""
    if os.geteuid():
        os.execvp("unshare", ["unshare", "--user", "--map-auto", "--map-root-user", "--mount", sys.executable] + sys.argv)


def main():
    mode, rounds, work = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if mode.startswith("podman"):
        as_podman()
    os.umask(0o022)  # a state root that the group may write to is refused
    bench.make_rootfs(f"{work}/rootfs")
    rts = [Runtime(mode, *a.split("=", 1), work) for a in sys.argv[4:]]
    if mode == "user-cgroupfs":
        give_on(own_cgroup())
    try:
        for i in range(rounds + 2):
            for rt in rts[i % len(rts):] + rts[:i % len(rts)]:
                life = bench.round_of(rt, None)  # of a process that is not dumpable only root sees the memory
                if i >= 2:  # the first rounds warm caches
                    print(f"## life {mode} {rt.name} {json.dumps(life)}", flush=True)
    finally:
        for rt in rts:
            subprocess.run(rt.argv("delete", "--force", "life"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


main()
