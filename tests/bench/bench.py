#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compare berth with other runtimes and with the floor (floor.c), in pairs within one run.

Every round runs each operation once with each runtime, in rotating order, so that what else the machine does
hits all of them alike. Prints a table of medians with ratios to the reference runtime, and writes JSON.

  bench.py [--rounds N] [--json FILE] [--quick] [NAME=PATH ...]      default: berth, crun, runc

Runs as root, in a mount namespace of its own where only cgroup2 is on /sys/fs/cgroup.
"""
import json, os, re, shutil, signal, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(TOP, "build", "bench")
CG = "/sys/fs/cgroup"


def sh(*args, **kw):
    return subprocess.run(args, check=True, **kw)


def own_view():
    """A private mount namespace with nothing but cgroup2 on /sys/fs/cgroup."""
    if os.environ.get("BERTH_BENCH_NS"):
        return
    os.environ["BERTH_BENCH_NS"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable] + sys.argv)


def mount_cgroup2():
    fs = subprocess.run(["stat", "-fc", "%T", CG], capture_output=True, text=True).stdout.strip()
    if fs != "cgroup2fs":
        subprocess.run(["umount", "-R", CG], check=False)
        sh("mount", "-t", "cgroup2", "none", CG)


def build():
    os.makedirs(OUT, exist_ok=True)
    inc = ["-idirafter", "/usr/include", "-idirafter", "/usr/include/" + subprocess.run(
        ["gcc", "-print-multiarch"], capture_output=True, text=True).stdout.strip()]
    for name in ("floor", "measure"):
        sh("musl-gcc", "-O2", "-static", "-Wall", *inc, "-o", f"{OUT}/{name}", f"{HERE}/{name}.c")
    sh("gcc", "-O2", "-shared", "-fPIC", "-o", f"{OUT}/memlock.so", f"{HERE}/memlock.c")


def make_rootfs(path):
    for d in ("bin", "proc", "dev", "sys", "tmp", "etc"):
        os.makedirs(f"{path}/{d}", exist_ok=True)
    shutil.copy("/bin/busybox", f"{path}/bin/busybox")
    for applet in ("true", "sh", "sleep"):
        if not os.path.exists(f"{path}/bin/{applet}"):
            os.symlink("busybox", f"{path}/bin/{applet}")


CAPS = ["CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_AUDIT_WRITE"]
STD = ["nosuid", "noexec", "nodev"]


def config(args, root, cgroup):
    return {
        "ociVersion": "1.0.2",
        "process": {"terminal": False, "user": {"uid": 0, "gid": 0}, "args": args, "env": ["PATH=/bin", "HOME=/"],
                    "cwd": "/", "noNewPrivileges": True,
                    "capabilities": {k: CAPS for k in ("bounding", "effective", "permitted")},
                    "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}]},
        "root": {"path": root, "readonly": True},
        "hostname": "bench",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": STD},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": STD + ["mode=1777", "size=65536k"]},
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": STD},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": STD + ["ro"]},
            {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
             "options": STD + ["relatime", "ro"]}],
        "linux": {
            "cgroupsPath": cgroup,
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "namespaces": [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount", "cgroup")],
            "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                            "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]}}


class Runtime:
    def __init__(self, name, path, work):
        self.name, self.path, self.work = name, path, work
        self.root = f"{work}/state-{name}"
        self.env = dict(os.environ)
        if name.startswith("crun"):
            self.env["LD_PRELOAD"] = f"{OUT}/memlock.so"
        self.n = 0

    def bundle(self, kind, args, edit=None):
        d = f"{self.work}/{self.name}-{kind}"
        os.makedirs(d, exist_ok=True)
        c = config(args, f"{self.work}/rootfs", f"/berth-bench/{self.name}-{kind}")
        if edit:
            edit(c)
        with open(f"{d}/config.json", "w") as f:
            json.dump(c, f)
        return d

    def argv(self, *args):
        return [self.path, "--root", self.root, *args]


def measure(argv, env, cwd):
    r, w = os.pipe()
    os.set_inheritable(w, True)
    # stderr goes to a file: a created container keeps the streams, and a pipe would never end
    with open("/dev/null", "r+") as null, tempfile.TemporaryFile() as errors:
        p = subprocess.Popen([f"{OUT}/measure", *argv], stdin=null, stdout=null, stderr=errors, env=env,
                             cwd=cwd, preexec_fn=lambda: os.dup2(w, 3), close_fds=False)
        os.close(w)
        line = os.read(r, 200).decode()
        os.close(r)
        p.wait()
        errors.seek(0)
        errtext = errors.read().decode()
    code, wall, user, system, rss = (int(x) for x in line.split())
    if code != 0:
        raise SystemExit(f"{' '.join(argv)}: exit {code}: {errtext}")
    return {"wall": wall / 1e6, "cpu": (user + system) / 1e3, "rss": rss}


def round_of(rt):
    """One life of a container; a sample for each operation."""
    s = {}
    run = rt.bundle("run", ["/bin/true"])
    life = rt.bundle("life", ["/bin/sleep", "100000"])
    s["run"] = measure(rt.argv("run", "--bundle", run, "bench"), rt.env, run)
    s["create"] = measure(rt.argv("create", "--bundle", life, "--pid-file", f"{life}/pid", "life"), rt.env, life)
    s["state"] = measure(rt.argv("state", "life"), rt.env, life)
    s["start"] = measure(rt.argv("start", "life"), rt.env, life)
    s["exec"] = measure(rt.argv("exec", "life", "/bin/true"), rt.env, life)
    s["kill"] = measure(rt.argv("kill", "life", "KILL"), rt.env, life)
    pid = int(open(f"{life}/pid").read())
    while True:  # nobody reaps it but us or init; wait until it is dead
        try:
            if open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] in "ZX":
                break
        except FileNotFoundError:
            break
        time.sleep(0.0005)
    s["delete"] = measure(rt.argv("delete", "life"), rt.env, life)
    return s


def seccomp_profile():
    path = f"{TOP}/tests/data/engines/docker"
    for f in sorted(os.listdir(path)) if os.path.isdir(path) else []:
        c = json.load(open(f"{path}/{f}"))
        if c.get("linux", {}).get("seccomp"):
            return c["linux"]["seccomp"]
    return None


def syscalls(rt, args):
    """System calls of a whole command, its children included."""
    p = subprocess.run(["strace", "-f", "-c", "-o", f"{rt.work}/strace", *rt.argv(*args)], env=rt.env,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if p.returncode:
        return None
    m = re.search(r"^100\.00\s+\S+\s+\S+\s+(\d+)", open(f"{rt.work}/strace").read(), re.M)
    return int(m.group(1)) if m else None


def median(samples, key):
    return statistics.median(x[key] for x in samples)


def table(results, names, ops, ref):
    print(f"\n{'':10}" + "".join(f"{n:>22}" for n in names) + f"   (median wall ms, ratio to {ref}, peak KB)")
    for op in ops:
        row = f"{op:10}"
        base = median(results[ref][op], "wall") if results[ref].get(op) else None
        for n in names:
            if not results[n].get(op):
                row += f"{'-':>22}"
                continue
            m, k = median(results[n][op], "wall"), median(results[n][op], "rss")
            row += f"{m:8.2f} {m / base if base else 0:5.2f} {int(k):6d}"[:22].rjust(22)
        print(row)


def main():
    argv = sys.argv[1:]
    rounds, out = 100, None
    if "--quick" in argv:
        argv.remove("--quick")
        rounds = 10
    for opt in ("--rounds", "--json"):
        if opt in argv:
            i = argv.index(opt)
            v = argv[i + 1]
            del argv[i:i + 2]
            rounds, out = (int(v), out) if opt == "--rounds" else (rounds, v)
    own_view()
    mount_cgroup2()
    build()
    work = tempfile.mkdtemp(prefix="berth-bench.")
    sh("mount", "-t", "tmpfs", "none", work)  # where engines keep state and bundles: /run
    make_rootfs(f"{work}/rootfs")
    peers = dict(a.split("=", 1) for a in argv)
    if not peers:
        peers = {"berth": f"{TOP}/berth"}
        peers.update({n: shutil.which(n) for n in ("crun", "runc") if shutil.which(n)})
    rts = [Runtime(n, p, work) for n, p in peers.items()]
    os.makedirs(f"{CG}/berth-bench", exist_ok=True)
    names = [r.name for r in rts] + ["floor"]
    ops = ["run", "run+seccomp", "create", "state", "start", "exec", "kill", "delete"]
    results = {n: {op: [] for op in ops} for n in names}
    profile = seccomp_profile()
    try:
        for i in range(rounds + 2):
            keep = i >= 2  # the first rounds warm caches
            for rt in rts[i % len(rts):] + rts[:i % len(rts)]:
                s = round_of(rt)
                if profile:
                    d = rt.bundle("sec", ["/bin/true"], lambda c: c["linux"].__setitem__("seccomp", profile))
                    s["run+seccomp"] = measure(rt.argv("run", "--bundle", d, "sec"), rt.env, d)
                if keep:
                    for op, v in s.items():
                        results[rt.name][op].append(v)
            f = measure([f"{OUT}/floor", f"{work}/rootfs", f"{CG}/berth-bench/floor", "/bin/true"], dict(os.environ), work)
            if keep:
                results["floor"]["run"].append(f)
        counts = {rt.name: syscalls(rt, ["run", "--bundle", rt.bundle("run", ["/bin/true"]), "count"]) for rt in rts}
    finally:
        for rt in rts:
            for ident in ("bench", "life", "sec", "count"):
                subprocess.run(rt.argv("delete", "--force", ident), env=rt.env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        subprocess.run(["rmdir", f"{CG}/berth-bench"], stderr=subprocess.DEVNULL)
        versions = [subprocess.run([rt.path, "--version"], capture_output=True, text=True).stdout.splitlines() for rt in rts]
        subprocess.run(["umount", "-l", work])
        shutil.rmtree(work, ignore_errors=True)
    print("kernel", os.uname().release, " rounds", rounds)
    for rt, v in zip(rts, versions):
        print(f"{rt.name}: {v[0] if v else '?'}, {os.path.getsize(rt.path)} bytes, system calls of a run: {counts[rt.name]}")
    ref = "crun" if "crun" in results else rts[-1].name
    table(results, names, ops, ref)
    if out:
        json.dump({"kernel": os.uname().release, "rounds": rounds, "syscalls": counts, "results": results}, open(out, "w"))


main()
