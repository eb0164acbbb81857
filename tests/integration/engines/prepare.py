#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Bundles from the documents that real engines wrote.

    prepare.py namespaces FILE...             the namespace files that the configs name, "TYPE PATH" each
    prepare.py bundle DIR HOLDER FILE...      one bundle for each config: DIR/ENGINE-NUMBER
    prepare.py process BUNDLE FILE...         BUNDLE/ENGINE-NUMBER/process.json, for `exec` into its container
    prepare.py resources FILE                 to stdout: what of an update document this host has controllers for

Only what cannot exist here is rewritten, by the functions of REWRITES; everything else reaches the runtime as the
engine wrote it. HOLDER is a process in namespaces of its own, for configs that join some.

Beside config.json a bundle gets expect.json: the rewritten document and what the checker (check.py) has to know about
the host, both taken down before the runtime is called.
"""
import json
import os
import re
import resource
import socket
import sys

SOURCES = "/mnt/sources"  # stand-ins for bind sources; a shared mount, so that propagation is put to the test
HOOK = "/mnt/test/hook"   # records how it was called
RUNTIME_CGROUP = "/sys/fs/cgroup"
PROC_NS = {"mount": "mnt", "pid": "pid", "network": "net", "uts": "uts", "ipc": "ipc", "user": "user",
           "cgroup": "cgroup", "time": "time"}
# A bind source of an engine that is not a regular file, by what it is bound to
SOURCE_DIRS = ("/dev/shm", "/run/notify")
# Of read-only paths: what root could open for writing there otherwise. No byte is written
WRITABLE = {"/proc/sys": "/proc/sys/kernel/hostname", "/proc/sysrq-trigger": "/proc/sysrq-trigger"}
NODES = ("null", "zero", "full", "random", "urandom", "tty")
# Calls that do nothing, with their numbers, arguments and errno when the filter lets them through
HARMLESS = {"keyctl": ("keyctl", 9999, 95), "setns": ("setns", -1, 9)}


# --- the host ---------------------------------------------------------------------------------------------------------

def status_field(name):
    with open("/proc/self/status") as f:
        return next(line.split()[1] for line in f if line.startswith(name + ":"))


def mountinfo():
    """[(mount point, attributes, propagation)] in the order of the kernel"""
    rows = []
    with open("/proc/self/mountinfo") as f:
        for line in f:
            w = line.split()
            rows.append((w[4].encode().decode("unicode_escape"), w[5], w[6:w.index("-")]))
    return rows


def mount_of(path):
    """The mount that holds a path: the last one with the longest mount point"""
    path = os.path.realpath(path)
    best = None
    for row in mountinfo():
        if path == row[0] or path.startswith(row[0].rstrip("/") + "/"):
            if best is None or len(row[0]) >= len(best[0]):
                best = row
    return best


def submounts(path):
    path = os.path.realpath(path)
    return sorted({row[0][len(path):] for row in mountinfo() if row[0].startswith(path + "/")})


def has_cap(number):
    return int(status_field("CapEff"), 16) >> number & 1


def controllers():
    with open(RUNTIME_CGROUP + "/cgroup.controllers") as f:
        return f.read().split()


def lsm_is_on(name):
    try:
        with open("/sys/kernel/security/lsm") as f:
            return name in f.read().strip().split(",")
    except FileNotFoundError:
        return False


CAP_SYS_RESOURCE = 24


# --- what is rewritten ------------------------------------------------------------------------------------------------

class Rewriter:
    def __init__(self, bundle, holder):
        self.bundle, self.holder = bundle, holder
        self.count = 0

    def root(self, c):
        """root.path: the image is not here; a small root file system with the probe is"""
        if c["root"]["path"] != "rootfs":
            c["root"]["path"] = self.bundle + "/rootfs"

    def sources(self, c):
        """sources of binds that this host lacks: stand-ins of the same kind and base name"""
        for m in c.get("mounts") or []:
            if m["type"] == "bind" and not os.path.exists(m["source"]):
                m["source"] = self.stand_in(m)

    def stand_in(self, m):
        self.count += 1
        path = f"{SOURCES}/{os.path.basename(self.bundle)}/{self.count}/{os.path.basename(m['source'])}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if m["destination"] not in SOURCE_DIRS:
            with open(path, "w") as f:
                f.write(f"stand-in for {m['destination']}\n")
        else:
            os.mkdir(path)
            if m["destination"] == "/run/notify":
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(path + "/notify.sock")
        return path

    def namespaces(self, c):
        """/proc/PID/ns/X of the engine's host: that of the holder. Files below /run are made where they are named"""
        for n in c["linux"].get("namespaces") or []:
            if is_of_a_process(n.get("path", "")):
                n["path"] = f"/proc/{self.holder}/ns/{PROC_NS[n['type']]}"

    def hooks(self, c):
        """programs of the hooks: a script that records its arguments and stdin"""
        for kind in (c.get("hooks") or {}).values():
            for h in kind:
                h["path"] = HOOK

    def cgroups_path(self, c):
        """slice:prefix:name needs systemd: the same as folders, SLICE/PREFIX-NAME.scope"""
        parts = (c["linux"].get("cgroupsPath") or "").split(":")
        if len(parts) == 3:
            c["linux"]["cgroupsPath"] = f"/{parts[0]}/{parts[1]}-{parts[2]}.scope"

    def resources(self, c):
        """limits of controllers that this cgroup2 lacks: dropped. Device rules stay"""
        if "resources" in c["linux"]:
            c["linux"]["resources"] = limits_possible(c["linux"]["resources"])

    def labels(self, c):
        """labels of LSMs that are not on: dropped"""
        drop_labels(c["process"])
        if not lsm_is_on("selinux"):
            c["linux"].pop("mountLabel", None)

    def oom_score_adj(self, c):
        """a negative oomScoreAdj needs CAP_SYS_RESOURCE: its absolute value"""
        raise_oom_score_adj(c["process"])

    def rlimits(self, c):
        """limits above the caller's own hard limit need CAP_SYS_RESOURCE: that hard limit"""
        lower_rlimits(c["process"])

    def listener(self, c):
        """seccomp.listenerPath: nobody listens"""
        (c["linux"].get("seccomp") or {}).pop("listenerPath", None)

    REWRITES = (root, sources, namespaces, hooks, cgroups_path, resources, labels, oom_score_adj, rlimits, listener)


def is_of_a_process(path):
    # process 1 of the engine's host, the one of "use the host's", exists here as well
    return path.startswith("/proc/") and not path.startswith("/proc/1/")


def limits_possible(res):
    have = controllers()
    r = dict(res)
    for key, controller in (("memory", "memory"), ("pids", "pids"), ("blockIO", "io"), ("hugepageLimits", "hugetlb"),
                            ("rdma", "rdma")):
        if controller not in have:
            r.pop(key, None)
    if "blockIO" in r and not any(os.path.exists(f"{RUNTIME_CGROUP}/{f}") for f in ("io.weight", "io.bfq.weight")):
        # a kernel with neither BFQ nor io.cost
        r["blockIO"] = {k: v for k, v in r["blockIO"].items() if not k.startswith("weight")}
    cpu = dict(r.pop("cpu", {}))
    for key in list(cpu):
        if ("cpuset" if key in ("cpus", "mems") else "cpu") not in have:
            del cpu[key]
    if cpu:
        r["cpu"] = cpu
    if "unified" in r:
        r["unified"] = {k: v for k, v in r["unified"].items() if k.split(".")[0] in have}
    return r


def drop_labels(process):
    if not lsm_is_on("apparmor"):
        process.pop("apparmorProfile", None)
    if not lsm_is_on("selinux"):
        process.pop("selinuxLabel", None)


def raise_oom_score_adj(process):
    if process.get("oomScoreAdj", 0) < 0 and not has_cap(CAP_SYS_RESOURCE):
        process["oomScoreAdj"] = -process["oomScoreAdj"]


def lower_rlimits(process):
    if has_cap(CAP_SYS_RESOURCE):
        return
    for r in process.get("rlimits") or []:
        hard = resource.getrlimit(getattr(resource, r["type"]))[1]
        if hard != resource.RLIM_INFINITY and r["hard"] > hard:
            r["soft"], r["hard"] = min(r["soft"], hard), hard


# --- what the probe is asked ------------------------------------------------------------------------------------------

def sysctl_path(key):
    return "/proc/sys/" + key.replace(".", "/")


def filtered_calls(config):
    """{name: errno} for the harmless calls that the profile decides about without looking at arguments"""
    profile = config["linux"].get("seccomp")
    calls = {}
    for name, (_, _, errno) in HARMLESS.items():
        rules = [s for s in (profile or {}).get("syscalls") or [] if name in s["names"]]
        if any(s.get("args") for s in rules):
            continue
        rule = rules[0] if rules else None
        action = rule["action"] if rule else (profile or {}).get("defaultAction", "SCMP_ACT_ALLOW")
        if action == "SCMP_ACT_ERRNO":
            calls[name] = rule.get("errnoRet", 1) if rule else profile.get("defaultErrnoRet", 1)
        elif action == "SCMP_ACT_ALLOW":
            calls[name] = errno
    return calls


def probe_args(config, process, expect):
    linux = config["linux"]
    groups = [["show"], ["fds"]]
    paths = ["/dev/" + n for n in NODES] + ["/dev/" + n for n in ("fd", "stdin", "stdout", "stderr", "ptmx")]
    paths += [d["path"] for d in linux.get("devices") or []]
    paths += [m["destination"] for m in config.get("mounts") or []]
    paths += list(expect["masked"]) + list(expect["readonly"]) + [p + "/.copied" for p in expect["copied"]]
    groups += [["stat"] + list(dict.fromkeys(paths)), ["ls", "/dev"]]
    for path, kind in expect["masked"].items():
        if kind:
            groups.append(["ls" if kind == "dir" else "read", path])
    groups += [["write", WRITABLE[p], ""] for p in expect["readonly"] if p in WRITABLE]
    groups.append(["write", "/.written", ""])
    sysctls = [sysctl_path(k) for k in linux.get("sysctl") or {}]
    groups += [["read"] + sysctls] if sysctls else []
    groups += [["syscall", HARMLESS[n][0], str(HARMLESS[n][1])] for n in expect["calls"]]
    groups += [["tty"]] if process.get("terminal") else []
    args = ["/bin/probe", "each"]
    for g in groups:
        args += g + [","]
    return args[:-1]


def kind_of(path):
    return "dir" if os.path.isdir(path) else "file" if os.path.exists(path) else None


def host_facts():
    return {
        "ns": {v: os.readlink("/proc/self/ns/" + v) for v in PROC_NS.values()},
        "caps": int(status_field("CapBnd"), 16),
        "cap_last": int(open("/proc/sys/kernel/cap_last_cap").read()),
        "names": [os.uname().nodename, open("/proc/sys/kernel/domainname").read().strip()],
        "oom_score_adj": int(open("/proc/self/oom_score_adj").read()),
        "rlimits": {n[7:]: resource.getrlimit(getattr(resource, n)) for n in dir(resource)
                    if n.startswith("RLIMIT_") and n != "RLIMIT_OFILE"},  # BSD's name of NOFILE
        "controllers": controllers(),
    }


def source_facts(config):
    """For each bind: what its source's mount looks like and which mounts are below it"""
    facts = {}
    for m in config.get("mounts") or []:
        if m["type"] == "bind":
            row = mount_of(m["source"])
            facts[m["destination"]] = {"attrs": row[1], "propagation": row[2], "dir": os.path.isdir(m["source"]),
                                       "below": submounts(m["source"])}
    return facts


def expectations(config, process):
    linux = config["linux"]
    return {
        "host": host_facts(),
        "join": {n["type"]: os.readlink(n["path"]) if n["path"].startswith("/proc/") else
                 f"{PROC_NS[n['type']]}:[{os.stat(n['path']).st_ino}]"
                 for n in linux.get("namespaces") or [] if n.get("path")},
        "sources": source_facts(config),
        "masked": {p: kind_of(p) for p in linux.get("maskedPaths") or []},
        "readonly": {p: kind_of(p) for p in linux.get("readonlyPaths") or []},
        "copied": [m["destination"] for m in config.get("mounts") or [] if "tmpcopyup" in m.get("options") or []],
        "calls": filtered_calls(config),
        "config": config,
        "process": process,
    }


def name_of(path):
    return os.path.basename(os.path.dirname(path)) + "-" + re.match(r"\d+", os.path.basename(path)).group()


def dump(obj, path):
    with open(path, "w") as f:
        json.dump(obj, f, indent=1)


def make_bundle(bundle, holder, path):
    with open(path) as f:
        c = json.load(f)
    os.makedirs(bundle, 0o755)
    original = list(c["process"]["args"])
    r = Rewriter(bundle, holder)
    for rewrite in Rewriter.REWRITES:
        rewrite(r, c)
    expect = expectations(c, c["process"])
    c["process"]["args"] = probe_args(c, c["process"], expect)
    expect["original_args"] = original
    dump(c, bundle + "/config.json")
    dump(expect, bundle + "/expect.json")
    with open(bundle + "/copied", "w") as f:
        f.writelines(d + "\n" for d in expect["copied"])


def make_process(bundle, path):
    """An exec into the running container of `bundle`, whose own process may be another one than its config's"""
    with open(path) as f:
        p = json.load(f)
    with open(bundle + "/expect.json") as f:
        c = json.load(f)["config"]
    original = list(p["args"])
    drop_labels(p)
    raise_oom_score_adj(p)
    lower_rlimits(p)
    expect = expectations(c, p)
    p["args"] = probe_args(c, p, expect)
    expect.update(original_args=original, exec=True)
    base = f"{bundle}/{name_of(path)}"
    os.makedirs(base)
    dump(p, base + "/process.json")
    dump(expect, base + "/expect.json")


def main(argv):
    what = argv[1]
    if what == "namespaces":
        for path in argv[2:]:
            with open(path) as f:
                for n in json.load(f)["linux"].get("namespaces") or []:
                    if n.get("path") and not n["path"].startswith("/proc/"):
                        print(PROC_NS[n["type"]], n["path"])
    elif what == "bundle":
        for path in argv[4:]:
            make_bundle(f"{argv[2]}/{name_of(path)}", argv[3], path)
    elif what == "process":
        for path in argv[3:]:
            make_process(argv[2], path)
    elif what == "resources":
        with open(argv[2]) as f:
            print(json.dumps(limits_possible(json.load(f))))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
