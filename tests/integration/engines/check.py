#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
check.py DIR...: compares what the probe saw in a container with what its config asked for.
check.py --limits RESOURCES LIMITS: a document of `update` with the files of the cgroup.

A DIR holds expect.json (prepare.py), `out` (the probe's output, or what came out of the terminal), `pid` (the pid
file), `cgroup` (/proc/PID/cgroup of the process as the caller saw it), `limits` ("FILE VALUE" from its cgroup), `hooks`
(the log of the hook) if there are any, and for an exec `id` and `ns` (the container's id and namespaces). Every
difference is printed, one a line; the exit status is 1 if there is one.

One function for each kind of assertion, in CHECKS; a function gets the expectation, the output, and reports.
"""
import json
import os
import re
import sys

from prepare import PROC_NS as NS
from prepare import WRITABLE

AMBIENT, INHERITABLE, BOUNDING, PERMITTED, EFFECTIVE = "ambient", "inheritable", "bounding", "permitted", "effective"
CAPS = ("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
        "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT "
        "SYS_PTRACE SYS_PACCT "
        "SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP "
        "MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()
DEFAULT_NODES = {"null": "1:3", "zero": "1:5", "full": "1:7", "random": "1:8", "urandom": "1:9", "tty": "5:0"}
DEV_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1",
             "stderr": "/proc/self/fd/2", "ptmx": "pts/ptmx"}
FS_TYPES = {"cgroup": "cgroup2"}
# mount option -> (attribute, value); what mountinfo prints for a value is in attrs_of()
OPTIONS = {}
for _name, _no in (("ro", "rw"), ("nosuid", "suid"), ("nodev", "dev"), ("noexec", "exec"), ("nosymfollow", "symfollow"),
                   ("nodiratime", "diratime")):
    OPTIONS[_name], OPTIONS[_no] = (_name, True), (_name, False)
for _name in ("relatime", "noatime", "strictatime"):
    OPTIONS[_name] = ("atime", _name)
EROFS, EACCES, ENOENT = "?30", "?13", "?2"


class Output:
    """The sections of `probe each`, parsed."""

    def __init__(self, text):
        self.show, self.files, self.sections, self.mounts = {}, {}, {}, []
        body = []
        for line in text.replace("\r", "").split("\n"):
            if line.startswith("each="):
                body = self.sections.setdefault(line[5:], [])
            else:
                body.append(line)
        for line in self.sections.get("show", []):
            key, _, value = line.partition("=")
            self.show.setdefault(key, []).append(value)
        for name, lines in self.sections.items():
            if name.startswith(("stat ", "read ")):
                for line in lines:
                    path, _, value = line.partition("=")
                    self.files[(name[:4], path)] = value
        self.mounts = [Mount(line) for line in self.show.get("mount", [])]

    def one(self, key):
        return (self.show.get(key) or [None])[0]

    def stat(self, path):
        return self.files.get(("stat", path), "?")

    def read(self, path):
        return self.files.get(("read", path))

    def lines(self, name):
        return [line for line in self.sections.get(name, []) if line]

    def mount_at(self, path):
        """The uppermost mount at a path: no other one there has it as its parent"""
        here = [m for m in self.mounts if m.point == path]
        return next((m for m in here if not any(o.parent == m.id for o in here)), None)


class Mount:
    def __init__(self, line):
        w = line.split(" ")
        self.id, self.parent, self.root, self.point, self.attrs = w[0], w[1], w[3], w[4], w[5]
        dash = w.index("-")
        self.propagation = w[6:dash]
        self.type, self.sb = w[dash + 1], w[dash + 3]


# --- helpers ----------------------------------------------------------------------------------------------------------

def cap_mask(names):
    return sum(1 << CAPS.index(n[4:]) for n in set(names or []))


def attrs_of(words):
    """mountinfo's words as {attribute: value}"""
    words = words.split(",")
    attrs = {n: n in words for n in ("ro", "nosuid", "nodev", "noexec", "nosymfollow", "nodiratime")}
    attrs["atime"] = next((n for n in ("relatime", "noatime") if n in words), "strictatime")
    return attrs


def size_in_kib(text):
    m = re.fullmatch(r"(\d+)([kmgKMG]?)", text)
    return int(m.group(1)) * {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}[m.group(2).lower()] >> 10


def has_ns(e, kind):
    return any(n["type"] == kind for n in e["config"]["linux"].get("namespaces") or [])


def new_ns(e, kind):
    return has_ns(e, kind) and kind not in e["join"]


def host_id(e, number, which):
    """An id of the container as the first user namespace has it"""
    for m in e["config"]["linux"].get(which) or []:
        if m["containerID"] <= number < m["containerID"] + m["size"]:
            return m["hostID"] + number - m["containerID"]
    return number


def names_of_dev(e):
    """What a freshly filled /dev has"""
    names = set(DEFAULT_NODES) | set(DEV_LINKS)
    if e["config"]["process"].get("terminal"):
        names.add("console")
    paths = [d["path"] for d in e["config"]["linux"].get("devices") or []]
    paths += [m["destination"] for m in e["config"].get("mounts") or []]
    return names | {p.split("/")[2] for p in paths if p.startswith("/dev/")}


# --- the checks -------------------------------------------------------------------------------------------------------

def check_ids(e, out, say):
    user = e["process"]["user"]
    for key in ("uid", "gid"):
        say(key, out.one(key), " ".join([str(user[key])] * 3))
    say("groups", sorted((out.one("groups") or "").split()), sorted(map(str, user.get("additionalGids") or [])))
    say("umask", out.one("umask"), "%04o" % user.get("umask", 0o22))
    if new_ns(e, "pid") and not e.get("exec"):
        say("pid", out.one("pid"), "1")
    say("session leader", out.one("sid"), out.one("pid"))
    say("process group", out.one("pgid"), out.one("pid"))


def check_env(e, out, say):
    """Exactly what was given, the last of a name, and HOME from the image's /etc/passwd if it was not"""
    env = {}
    for entry in e["process"].get("env") or []:
        name, _, value = entry.partition("=")
        env[name] = value
    env.setdefault("HOME", "/root" if e["process"]["user"]["uid"] == 0 else "/")
    say("environment", sorted(out.show.get("env", [])), sorted(f"{k}={v}" for k, v in env.items()))


def check_cwd(e, out, say):
    say("cwd", out.one("cwd"), os.path.normpath(e["process"]["cwd"]))


def check_caps(e, out, say):
    """What is left of the sets after execve(2) of a program without file capabilities"""
    process, config = e["process"], e["config"]
    caps = process.get("capabilities")
    if caps is None and e.get("exec"):
        caps = config["process"].get("capabilities")
    possible = (2 << e["host"]["cap_last"]) - 1
    if not new_ns(e, "user"):
        possible &= e["host"]["caps"]
    s = {k: cap_mask((caps or {}).get(k)) & possible
         for k in (BOUNDING, PERMITTED, INHERITABLE, AMBIENT, EFFECTIVE)}
    permitted = s[AMBIENT]
    if process["user"]["uid"] == 0:
        permitted |= s[INHERITABLE] | s[BOUNDING]
        if no_new_privs(e):
            permitted &= s[PERMITTED]
    want = {BOUNDING: s[BOUNDING], INHERITABLE: s[INHERITABLE], AMBIENT: s[AMBIENT], PERMITTED: permitted,
            EFFECTIVE: permitted}
    for name, mask in want.items():
        say(f"capabilities {name}", out.one("caps." + name), "%016x" % mask)


def no_new_privs(e):
    return bool(e["process"].get("noNewPrivileges") or e.get("exec") and e["config"]["process"].get("noNewPrivileges"))


def check_flags(e, out, say):
    say("no_new_privs", out.one("no_new_privs"), str(int(no_new_privs(e))))
    say("seccomp mode", out.one("seccomp"), "2" if e["config"]["linux"].get("seccomp") else "0")
    say("blocked signals", out.one("sig.blocked"), "0" * 16)
    say("ignored signals", out.one("sig.ignored"), "0" * 16)
    say("securebits", out.one("securebits"), "0")
    for name, errno in e["calls"].items():
        lines = [x for n, ls in out.sections.items() if n.startswith(f"syscall {name} ") for x in ls if x]
        say(f"system call {name}", lines, [f"syscall.{name}=-1 errno={errno}"])


def check_rlimits(e, out, say):
    limits = {n: tuple(v) for n, v in e["host"]["rlimits"].items()}
    given = e["process"].get("rlimits")
    if given is None and e.get("exec"):
        given = e["config"]["process"].get("rlimits")
    limits.update({r["type"][7:]: (r["soft"], r["hard"]) for r in given or []})
    for name, pair in limits.items():
        say(f"rlimit {name}", out.one("rlimit." + name), "%d %d" % tuple(v % 2 ** 64 for v in pair))


def check_oom(e, out, say):
    value = e["process"].get("oomScoreAdj")
    if value is None and e.get("exec"):
        value = e["config"]["process"].get("oomScoreAdj")
    say("oom_score_adj", out.one("oom_score_adj"), str(e["host"]["oom_score_adj"] if value is None else value))


def check_names(e, out, say):
    if e["config"].get("hostname") is not None:
        say("hostname", out.one("hostname"), e["config"]["hostname"])
    elif "uts" not in e["join"]:
        say("hostname", out.one("hostname"), e["host"]["names"][0])
    if "uts" not in e["join"]:
        say("domainname", out.one("domainname"), e["config"].get("domainname", e["host"]["names"][1]))


def check_namespaces(e, out, say):
    container = dict(line.split(" ") for line in (e["files"].get("ns") or "").splitlines())
    for kind, short in NS.items():
        got, host = out.one("ns." + short), e["host"]["ns"][short]
        if e.get("exec"):
            say(f"the container's {kind} namespace", got, container.get(short))
        if kind in e["join"]:
            say(f"joined {kind} namespace", got, e["join"][kind])
        elif has_ns(e, kind):
            say(f"new {kind} namespace", got not in (host, None) and not got.startswith("?"), True)
        else:
            say(f"the caller's {kind} namespace", got, host)
    for which, key in (("uidMappings", "uid_map"), ("gidMappings", "gid_map")):
        want = [[m["containerID"], m["hostID"], m["size"]] for m in e["config"]["linux"].get(which) or []]
        say(key, [list(map(int, x.split())) for x in out.show.get(key, [])], want or [[0, 0, 2 ** 32 - 1]])


def check_mounts(e, out, say):
    """Each mount of the config is there as it was asked for, and no other is"""
    for m in e["config"].get("mounts") or []:
        got = out.mount_at(m["destination"])
        if got is None:
            say(f"mount {m['destination']}", "not there", "a mount")
        else:
            check_mount(e, m, got, out, say)
    check_root(e, out, say)
    wanted = {"/"} | {m["destination"] for m in e["config"].get("mounts") or []}
    wanted |= {d + b for d, s in e["sources"].items() for b in s["below"]}
    wanted |= set(e["masked"]) | set(e["readonly"])
    if e["config"]["process"].get("terminal") or e["process"].get("terminal"):
        wanted.add("/dev/console")
    if new_ns(e, "user"):  # device nodes cannot be made there and are bound
        wanted |= {"/dev/" + n for n in DEFAULT_NODES} | {d["path"] for d in e["config"]["linux"].get("devices") or []}
    say("other mounts", sorted({x.point for x in out.mounts} - wanted), [])


def check_mount(e, m, got, out, say):
    where = "mount " + m["destination"]
    source = e["sources"].get(m["destination"])
    if source:
        attrs = attrs_of(source["attrs"])
    else:
        say(where + " type", got.type, FS_TYPES.get(m["type"], m["type"]))
        attrs = attrs_of("relatime")
    for option in m.get("options") or []:
        if option in OPTIONS:
            name, value = OPTIONS[option]
            attrs[name] = value
        elif "=" in option and not source:
            check_fs_option(e, m, option, got, out, say)
    for name, value in attrs_of(got.attrs).items():
        say(f"{where} {name}", value, attrs[name])
    check_propagation(m, got, source, say, where)
    if m["destination"] in e["copied"]:
        say(where + " tmpcopyup", out.stat(m["destination"] + "/.copied").split(" ")[0], "file")


def check_propagation(m, got, source, say, where):
    """A mount of the container is never shared with the host unasked; "private" cuts it off, "slave" keeps the link"""
    options = set(m.get("options") or [])
    kinds = {p.split(":")[0] for p in got.propagation}
    if options & {"private", "rprivate"}:
        say(where + " propagation", sorted(kinds), [])
    elif options & {"slave", "rslave"} and source and any(p.startswith("shared") for p in source["propagation"]):
        say(where + " propagation", sorted(kinds), ["master"])
    elif not options & {"shared", "rshared"}:
        say(where + " propagation", "shared" in kinds, False)


def check_fs_option(e, m, option, got, out, say):
    name, _, value = option.partition("=")
    sb = dict(o.partition("=")[::2] for o in got.sb.split(","))
    where = f"mount {m['destination']} {name}"
    if name == "mode" and m["type"] == "tmpfs":  # not printed when it is the default
        say(where, int((out.stat(m["destination"]) + " 0").split(" ")[1], 8), int(value, 8))
    elif name == "size":
        say(where, size_in_kib(sb.get(name, "0")), size_in_kib(value))
    elif name in ("uid", "gid"):
        say(where, int(sb.get(name, "0")), host_id(e, int(value), name + "Mappings"))
    elif name in ("mode", "ptmxmode"):
        say(where, int(sb.get(name, "0"), 8), int(value, 8))
    else:
        say(where, sb.get(name), value)


def check_root(e, out, say):
    readonly = bool(e["config"]["root"].get("readonly"))
    root = out.mount_at("/")
    say("root read-only", root is not None and attrs_of(root.attrs)["ro"], readonly)
    say("root shared", root is not None and any(p.startswith("shared") for p in root.propagation), False)
    written = out.lines("write /.written ")
    if readonly:
        say("write to the root", written, ["write=" + EROFS])
    elif e["process"]["user"]["uid"] == 0:
        say("write to the root", written, ["write=ok"])


def check_paths(e, out, say):
    for path, kind in e["masked"].items():
        if not kind:
            say(f"masked path {path}", out.stat(path), ENOENT)
        elif kind == "dir":
            say(f"masked path {path}", out.lines("ls " + path) in ([path + ": 0"], [path + "=" + EACCES]), True)
        else:
            say(f"masked path {path}", out.read(path), "")
        if kind:
            say(f"masked path {path}", out.mount_at(path) is not None, True)
    for path, kind in e["readonly"].items():
        if not kind:
            continue
        mount = out.mount_at(path)
        say(f"read-only path {path}", mount is not None and attrs_of(mount.attrs)["ro"], True)
        if path not in WRITABLE:
            continue  # nothing there is sure to exist and to be writable otherwise
        got = out.lines(f"write {WRITABLE[path]} ")
        unprivileged = e["process"]["user"]["uid"] != 0 or new_ns(e, "user")
        say(f"write to {path}", got in ([["write=" + EROFS]] + ([["write=" + EACCES]] if unprivileged else [])), True)


def check_devices(e, out, say):
    nodes = {"/dev/" + n: ("char", 0o666, 0, 0, number) for n, number in DEFAULT_NODES.items()}
    for d in e["config"]["linux"].get("devices") or []:
        nodes[d["path"]] = ({"c": "char", "u": "char", "b": "block", "p": "fifo"}[d["type"]],
                            d.get("fileMode", 0o666) & 0o7777, d.get("uid", 0), d.get("gid", 0),
                            f"{d.get('major', 0)}:{d.get('minor', 0)}")
    # the multiplexer of the container's own devpts, whatever the list says
    nodes.pop("/dev/ptmx", None)
    bound = new_ns(e, "user")
    for path, (kind, mode, uid, gid, number) in nodes.items():
        got = out.stat(path).split(" ")
        say(f"device {path}", got[0::4], [kind, number])
        if not bound:  # a bound node is the host's own
            say(f"device {path} mode and owner", got[1:4], ["%04o" % mode, str(uid), str(gid)])
    for name, target in DEV_LINKS.items():
        say(f"link /dev/{name}", re.sub("^link .* -> ", "", out.stat("/dev/" + name)), target)
    listed = {line.partition("=")[0][5:] for line in out.lines("ls /dev") if line.startswith("/dev/")}
    say("what /dev holds besides", sorted(listed ^ names_of_dev(e)), [])


def check_sysctls(e, out, say):
    for key, value in (e["config"]["linux"].get("sysctl") or {}).items():
        got = out.read("/proc/sys/" + key.replace(".", "/"))
        say(f"sysctl {key}", (got or "").split(), value.split())


def check_stdio(e, out, say):
    say("open descriptors", [x.split("=")[0] for x in out.lines("fds")], ["fd.0", "fd.1", "fd.2", "fds"])
    if not e["process"].get("terminal"):
        return
    for fd in "012":
        got = next((x for x in out.lines("tty") if x.startswith(f"tty.{fd}=")), "")
        say(f"terminal of {fd}", bool(re.match(rf"tty\.{fd}=/dev/pts/\d+ ", got)), True)
        size = e["process"].get("consoleSize")
        if size:
            say(f"size of the terminal of {fd}", f" {size['height']}x{size['width']} " in got, True)
        say(f"owner of the terminal of {fd}", f" uid={e['process']['user']['uid']} " in got, True)
    say("controlling terminal", "controlling=yes" in out.lines("tty"), True)


def check_limits(e, out, say):
    """The files of the cgroup, for controllers that are here (others were dropped by prepare.py)"""
    if not e.get("exec"):
        compare_limits(e["config"]["linux"].get("resources") or {}, e["files"].get("limits"), say)


def compare_limits(res, text, say):
    got = dict(line.split(" ", 1) for line in (text or "").splitlines())
    memory, cpu = res.get("memory") or {}, res.get("cpu") or {}
    want = {"pids.max": as_limit((res.get("pids") or {}).get("limit")), "memory.max": as_limit(memory.get("limit")),
            "cpuset.cpus": cpu.get("cpus")}
    if memory.get("swap") is not None:  # of memory and swap together
        want["memory.swap.max"] = as_limit(memory["swap"] - memory["limit"] if memory["swap"] >= 0 else -1)
        if "memory.swap.max" not in got and "memory.max" in got:
            del want["memory.swap.max"]  # a kernel without swap accounting
    if cpu.get("quota"):
        want["cpu.max"] = f"{as_limit(cpu['quota'])} {cpu.get('period') or 100000}"
    for name, value in want.items():
        if value is not None:
            say(f"limit {name}", got.get(name), value)


def as_limit(number):
    return None if number is None else "max" if number < 0 else str(number)


def unified(lines):
    """The line of cgroup v2; a hybrid host has others too"""
    return next((x for x in lines if x.startswith("0::")), None)


def check_outside(e, out, say):
    """The caller's view: the cgroup, and what the hooks were told"""
    want = e["config"]["linux"].get("cgroupsPath") or "/berth-" + e["id"]
    want = "0::/" + want.lstrip("/")
    say("cgroup", unified((e["files"].get("cgroup") or "").split("\n")), want)
    say("cgroup seen inside", unified(out.show.get("cgroup", [])), "0::/" if new_ns(e, "cgroup") else want)
    if e.get("exec"):
        return
    calls = [json.loads(x) for x in (e["files"].get("hooks") or "").splitlines()]
    hooks = [h for kind in (e["config"].get("hooks") or {}).values() for h in kind]
    say("arguments of the hooks", [c["args"] for c in calls], [h.get("args", [""])[1:] for h in hooks])
    for call in calls:
        state = call["state"]
        say("state told to a hook", [state.get(k) for k in ("id", "status", "pid", "bundle")],
            [e["id"], "creating", int(e["files"].get("pid") or 0), e["dir"]])


CHECKS = (check_ids, check_env, check_cwd, check_caps, check_flags, check_rlimits, check_oom, check_names,
          check_namespaces, check_mounts, check_paths, check_devices, check_sysctls, check_stdio, check_outside, check_limits)


def differences(e, text):
    """[(subject, what was seen, what was expected)]"""
    found = []

    def say(subject, got, want):
        if got != want:
            found.append((subject, got, want))
    out = Output(text)
    for check in CHECKS:
        check(e, out, say)
    return found


def load(path):
    path = path.rstrip("/")
    with open(path + "/expect.json") as f:
        e = json.load(f)
    e["dir"], e["files"] = path, {}
    for name in ("pid", "cgroup", "hooks", "id", "ns", "limits", "out"):
        if os.path.exists(f"{path}/{name}"):
            with open(f"{path}/{name}", errors="replace") as f:
                e["files"][name] = f.read()
    e["id"] = (e["files"].get("id") or os.path.basename(path)).strip()
    return e


def main(argv):
    if argv[1] == "--limits":
        return main_limits(argv[2], argv[3])
    bad = 0
    for path in argv[1:]:
        e = load(path)
        for subject, got, want in differences(e, e["files"].get("out", "")):
            print(f"{'/'.join(path.split('/')[-2:])}: {subject}: is {got!r}, expected {want!r}")
            bad += 1
    return 1 if bad else 0


def main_limits(resources, limits):
    found = []
    with open(resources) as r, open(limits) as f:
        compare_limits(json.load(r), f.read(), lambda s, got, want: found.append((s, got, want)) if got != want else None)
    for subject, got, want in found:
        print(f"{subject}: is {got!r}, expected {want!r}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
