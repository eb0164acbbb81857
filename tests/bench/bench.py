#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compare berth with other runtimes and with the floor (floor.c), in pairs within one run.

Every round runs each operation once with each runtime, in rotating order, so that what else the machine does
hits all of them alike. Prints tables of medians with ratios to the reference runtime; writes JSON and a chart.

  bench.py [--rounds N] [--quick] [--json FILE] [--svg FILE] [--ref NAME] [--many N] [NAME=PATH ...]

Without NAME=PATH: berth, this machine's crun and runc, and those of Debian forky when a root directory with them is there
(tests/bench/peers makes it; else the disk of tests/vm/build-engines forky): they run with that, read-only, as their root.
--ref: what ratios are to (default crun-forky, else crun).
--many: with how many waiting containers, and then host mounts, a create is timed as well (default 1000; 0: none).

Runs as root, in a mount namespace of its own where only cgroup2 is on /sys/fs/cgroup.
"""
import json, os, shutil, signal, statistics, subprocess, sys, tempfile, time

sys.dont_write_bytecode = True
import shown  # noqa: E402
import targets  # noqa: E402

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
    for name in ("floor", "measure", "parallel", "program", "steps"):
        sh("musl-gcc", "-O2", "-static", "-Wall", *inc, "-o", f"{OUT}/{name}", f"{HERE}/{name}.c")
    sh("gcc", "-O2", "-shared", "-fPIC", "-o", f"{OUT}/memlock.so", f"{HERE}/memlock.c")


def make_rootfs(path):
    for d in ("bin", "proc", "dev", "sys", "tmp", "etc"):
        os.makedirs(f"{path}/{d}", exist_ok=True)
    shutil.copy(f"{OUT}/program", f"{path}/bin/true")
    os.symlink("true", f"{path}/bin/wait")


def config(args, root, cgroup):
    c = json.load(open(f"{HERE}/bundle.json"))
    c["process"]["args"] = args
    c["root"]["path"] = root
    c["linux"]["cgroupsPath"] = cgroup
    return c


class Runtime:
    options = ()

    def __init__(self, name, path, work, root=None):
        self.name, self.path, self.work, self.chroot = name, path, work, root
        self.root = f"{work}/state-{name}"
        self.env = dict(os.environ)
        if name.startswith("crun") and os.path.exists(f"{work}/memlock.so"):
            self.env["LD_PRELOAD"] = f"{work}/memlock.so"
        self.n = 0

    def bundle(self, kind, args, edit=None):
        d = f"{self.work}/{self.name}-{kind}"
        os.makedirs(d, exist_ok=True)
        c = config(args, f"{self.work}/rootfs", self.cgroup(f"{self.name}-{kind}"))
        if edit:
            edit(c)
        with open(f"{d}/config.json", "w") as f:
            json.dump(c, f)
        return d

    def cgroup(self, name):
        return f"/berth-bench/{name}"

    def argv(self, *args):
        return [self.path, "--root", self.root, *self.options, *args]

    def measure(self, cwd, *args):
        return measure(self.argv(*args), self.env, cwd, self.chroot)


def tool(name, argv, env, cwd, root=None, limit=None):
    """Run measure or steps, which report on fd 3. Returns the numbers; None when there was no time for it."""
    r, w = os.pipe()
    os.set_inheritable(w, True)
    # stderr goes to a file: a created container keeps the streams, and a pipe would never end
    with open("/dev/null", "r+") as null, tempfile.TemporaryFile() as errors:
        p = subprocess.Popen([f"{OUT}/{name}", *(["-r", root] if root else []), *argv], stdin=null, stdout=null,
                             stderr=errors, env=env, cwd=cwd, preexec_fn=lambda: os.dup2(w, 3), close_fds=False)
        os.close(w)
        try:
            p.wait(limit)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            return None
        line = os.read(r, 200).decode()
        os.close(r)
        errors.seek(0)
        errtext = errors.read().decode()
    numbers = [int(x) for x in line.split()]
    if not numbers or numbers[0] != 0:
        if limit:
            return None
        raise SystemExit(f"{' '.join(argv)}: {line} {errtext}")
    return numbers[1:]


def measure(argv, env, cwd, root=None):
    wall, user, system, rss = tool("measure", argv, env, cwd, root)
    return {"wall": wall / 1e6, "cpu": (user + system) / 1e3, "rss": rss}


def wait_dead(pid):
    while True:  # nobody reaps it but us or init
        try:
            if open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] in "ZX":
                return
        except FileNotFoundError:
            return
        time.sleep(0.0005)


def round_of(rt, private):
    """One life of a container; a sample for each operation. Without a list in `private` that memory is not looked at."""
    s = {}
    run = rt.bundle("run", ["/bin/true"])
    life = rt.bundle("life", ["/bin/wait"])
    m = rt.measure
    s["run"] = m(run, "run", "--bundle", run, "bench")
    s["create"] = m(life, "create", "--bundle", life, "--pid-file", f"{life}/pid", "life")
    pid = int(open(f"{life}/pid").read())
    if private is not None:
        private.append(private_kb(pid))
    s["state"] = m(life, "state", "life")
    s["start"] = m(life, "start", "life")
    s["exec"] = m(life, "exec", "life", "/bin/true")
    s["kill"] = m(life, "kill", "life", "KILL")
    wait_dead(pid)
    s["delete"] = m(life, "delete", "life")
    return s


def private_kb(pid):
    """Memory that only this process has."""
    return sum(int(x.split()[1]) for x in open(f"/proc/{pid}/smaps_rollup") if x.startswith("Private_"))


def round_of_floor(work):
    return {"run": measure([f"{OUT}/floor", "run", f"{work}/rootfs", f"{CG}/berth-bench/floor", "/bin/true"],
                           dict(os.environ), work), **life_of_floor(work)}


def life_of_floor(work):
    cg, name, root = f"{CG}/berth-bench/floor", f"{work}/floor", f"{work}/rootfs"
    m = lambda *a: measure([f"{OUT}/floor", *a], dict(os.environ), work)
    s = {"create": m("create", root, cg, "/bin/wait", name)}
    pid = int(open(f"{name}.pid").read())
    s["state"] = m("state", name)
    s["start"] = m("start", name)
    s["exec"] = m("exec", cg, name, "/bin/true")
    s["kill"] = m("kill", name)
    wait_dead(pid)
    s["delete"] = m("delete", cg, name)
    return s


SANDBOX = {"network": "net", "ipc": "ipc", "uts": "uts"}


def make_sandbox(work):
    """What a pod's containers share: a process that holds the namespaces, and files."""
    os.makedirs(f"{work}/pod/token")
    for f in ("hosts", "hostname", "resolv.conf", "token/token"):
        open(f"{work}/pod/{f}", "w").write("x\n")
    p = subprocess.Popen(["unshare", "--net", "--ipc", "--uts", "sh", "-c", "echo; exec sleep 100000"], stdout=subprocess.PIPE)
    p.stdout.readline()
    return p


def variants(rt, profile, cold, sandbox):
    """Other bundles, each one `run`."""
    s = {}

    def one(name, edit, before=None):
        d = rt.bundle(name, ["/bin/true"], edit)
        if before:
            before()
        s["run+" + name] = measure(rt.argv("run", "--bundle", d, name), rt.env, d, rt.chroot)

    def mounts(c):
        c["mounts"] += [{"destination": f"/tmp/{i}", "type": "tmpfs", "source": "t"} for i in range(100)]
        c["root"]["readonly"] = False

    def userns(c):
        c["linux"]["namespaces"].append({"type": "user"})
        c["linux"]["uidMappings"] = c["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]

    def pod(c):
        """As containerd asks for a container of a Kubernetes pod: namespaces of the sandbox, files bound over the image's."""
        for ns in c["linux"]["namespaces"]:
            if ns["type"] in SANDBOX:
                ns["path"] = f"/proc/{sandbox}/ns/{SANDBOX[ns['type']]}"
        c.pop("hostname")
        for f in ("hosts", "hostname", "resolv.conf"):
            c["mounts"].append({"destination": f"/etc/{f}", "type": "bind", "source": f"{rt.work}/pod/{f}",
                                "options": ["rbind", "rprivate", "rw"]})
        c["mounts"].append({"destination": "/var/run/secrets/kubernetes.io/serviceaccount", "type": "bind",
                            "source": f"{rt.work}/pod/token", "options": ["rbind", "rprivate", "ro"]})
        c["process"]["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [1000, 2000]}
        c["process"]["oomScoreAdj"] = 985
        c["root"]["readonly"] = False
        if profile:
            c["linux"]["seccomp"] = profile

    if not rt.chroot:  # who is in a chroot may make no user namespace
        one("userns", userns)
    one("pod", pod)
    if profile:
        one("seccomp", lambda c: c["linux"].__setitem__("seccomp", profile))
        if cold:
            one("seccomp-cold", lambda c: c["linux"].__setitem__("seccomp", profile),
                lambda: shutil.rmtree(f"{rt.root}/.{'seccomp' if rt.name == 'berth' else 'cache'}", ignore_errors=True))
    one("100-mounts", mounts)
    return s


def parallel(rt, jobs, each):
    """Runs a second with so many at a time; None when one failed. Each job has a bundle and a cgroup of its own."""
    for job in range(jobs):
        rt.bundle(f"par{job}", ["/bin/true"])
    argv = rt.argv("run", "--bundle", f"{rt.work}/{rt.name}-par%j", "par-%j-%n")
    return runs_a_second(argv, jobs, each, rt.env, rt.chroot)


def parallel_floor(work, jobs, each):
    argv = [f"{OUT}/floor", "run", f"{work}/rootfs", f"{CG}/berth-bench/floor-%j-%n", "/bin/true"]
    return runs_a_second(argv, jobs, each, dict(os.environ))


def runs_a_second(argv, jobs, each, env, root=None):
    ns = tool("parallel", [str(jobs), str(each), *argv], env, "/", root, limit=600)
    return jobs * each / ns[0] * 1e9 if ns else None


def create_time(rt, small, floor=False):
    """Median ms of a create, and with `floor` that of the floor, in turns."""
    times, floors = [], []
    for i in range(50):
        d = rt.bundle("probe", ["/bin/true"], small)
        times.append(measure(rt.argv("create", "--bundle", d, "probe"), rt.env, d, rt.chroot)["wall"])
        subprocess.run(rt.argv("delete", "--force", "probe"), env=rt.env, check=True)
        if floor:
            floors.append(life_of_floor(rt.work)["create"]["wall"])
    return statistics.median(times), statistics.median(floors) if floor else None


def with_mounts(rt, count):
    """The same with so many mounts on the host: a new mount namespace is a copy of them all."""
    base = f"{rt.work}/mounts"
    for i in range(count):
        os.makedirs(f"{base}/{i}")
        sh("mount", "-n", "-t", "tmpfs", "none", f"{base}/{i}")
    try:
        return create_time(rt, lambda c: None, floor=True)
    finally:
        for i in range(count):
            subprocess.run(["umount", "-n", f"{base}/{i}"])


def many(rt, count):
    """Median ms of a create with `count` other waiting containers; what each of them costs in KB; the same of the floor's create."""
    def small(c):
        c["linux"]["namespaces"] = [{"type": t} for t in ("pid", "mount", "ipc", "uts")]
        c["linux"]["resources"] = {}
        c["mounts"] = c["mounts"][:2]
        c["linux"].pop("maskedPaths"), c["linux"].pop("readonlyPaths")
    memory = lambda: next(int(x.split()[1]) for x in open("/proc/meminfo") if x.startswith("MemAvailable"))
    before = memory()
    names = []
    for i in range(count):
        d = rt.bundle("many", ["/bin/true"], lambda c: (small(c), c["linux"].__setitem__("cgroupsPath", f"/berth-bench/m{i}")))
        subprocess.run(rt.argv("create", "--bundle", d, f"m{i}"), env=rt.env, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
        names.append(f"m{i}")
    cost = (before - memory()) / count if count else 0
    median_ms, floor_ms = create_time(rt, small, floor=True)
    for n in names:
        subprocess.run(rt.argv("delete", "--force", n), env=rt.env, check=True)
    return median_ms, cost, floor_ms


def seccomp_profile():
    path = f"{TOP}/tests/data/engines/docker"
    for f in sorted(os.listdir(path)) if os.path.isdir(path) else []:
        c = json.load(open(f"{path}/{f}"))
        if c.get("linux", {}).get("seccomp"):
            return c["linux"]["seccomp"]
    return None


def none_ignored():
    """A runtime takes back what its caller ignores, a call each; nohup and a shell's background do."""
    for sig in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(sig, signal.SIG_DFL)


def syscalls(rt, args, cwd):
    """System calls of a whole command, its children and the program included."""
    cmd = ["chroot", rt.chroot] if rt.chroot else []
    trace = f"{rt.work}/strace"
    p = subprocess.run(["strace", "-f", "-qq", "-o", trace, *cmd, *rt.argv(*args)], env=rt.env, cwd=cwd,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=none_ignored)
    if p.returncode:
        return None
    lines = [x for x in open(trace) if "resumed>" not in x and "+++" not in x and " ---" not in x]
    # what chroot(1) itself did ends with its exec of the runtime
    first = next((i for i, x in enumerate(lines) if f'execve("{rt.path}"' in x), 0)
    return len(lines) - first


def newer_root(work):
    """A root directory of Debian forky: that of tests/bench/peers, or the disk of the engine tests. None: neither."""
    made = f"{os.environ.get('BENCH_CACHE', '/var/cache/berth-bench')}/forky"
    disk = f"{os.environ.get('VM_CACHE', '/var/cache/berth-vm')}/engines-forky/root.img"
    root = f"{work}/forky"
    if os.path.isdir(made):
        os.makedirs(root)
        sh("mount", "--bind", made, root)
        sh("mount", "-o", "remount,bind,ro", root)
    elif os.path.exists(disk):
        os.makedirs(root)
        sh("mount", "-o", "loop,ro,noload", disk, root)
    else:
        return None
    return root


def find_peers(work):
    peers = [("berth", f"{TOP}/berth", None)] + [(n, shutil.which(n), None) for n in ("crun", "runc") if shutil.which(n)]
    root = newer_root(work)
    if root:
        for d in ("proc", "dev", "sys", "run"):
            sh("mount", "--rbind", f"/{d}", f"{root}/{d}")
        sh("mount", "--rbind", "/mnt", f"{root}/mnt")
        for n in ("crun", "runc"):
            path = next((p for p in (f"/usr/bin/{n}", f"/usr/sbin/{n}") if os.path.exists(root + p)), None)
            if path:
                peers.append((f"{n}-forky", path, root))
    return peers


def options(argv):
    o = {"--rounds": "60", "--json": None, "--svg": None, "--ref": None, "--many": "1000"}
    quick = "--quick" in argv
    if quick:
        argv.remove("--quick")
        o["--rounds"], o["--many"] = "10", "100"
    else:
        o["--many"] = "1000"
    for k in o:
        if k in argv:
            i = argv.index(k)
            o[k] = argv[i + 1]
            del argv[i:i + 2]
    return o, quick


def once(rts, quick, extra):
    """What needs no median: counts that are the same each time."""
    for rt in rts:
        run, life = rt.bundle("run", ["/bin/true"]), rt.bundle("life", ["/bin/wait"])
        e = extra[rt.name]
        e["syscalls of a run"] = syscalls(rt, ["run", "--bundle", run, "count"], run)
        # a program in Go waits for itself and never gets there; crun takes two minutes
        steps = None if rt.name.startswith("runc") else tool("steps", rt.argv("create", "--bundle", life, "steps"), rt.env,
                                                             life, rt.chroot, limit=10 if quick else 240)
        e["user instructions of a create"] = steps[0] if steps else None
        subprocess.run((["chroot", rt.chroot] if rt.chroot else []) + rt.argv("delete", "--force", "steps"), env=rt.env,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        e["size of the program"] = os.path.getsize((rt.chroot or "") + rt.path)


def throughput(rts, work, runs, extra):
    """How many runs a second, so many at a time: each runtime five times in turns, the medians."""
    for jobs in (1, 2, 8):
        got = {name: [] for name in extra}
        for _ in range(5):
            for rt in rts:
                got[rt.name].append(parallel(rt, jobs, runs // (5 * jobs)))
            got["floor"].append(parallel_floor(work, jobs, runs // (5 * jobs)))
        for name, samples in got.items():
            extra[name][f"runs a second, {jobs} at a time"] = None if None in samples else statistics.median(samples)


def main():
    argv = sys.argv[1:]
    o, quick = options(argv)
    rounds = int(o["--rounds"])
    own_view()
    mount_cgroup2()
    build()
    sh("mount", "-t", "tmpfs", "none", "/mnt")  # where engines keep state and bundles: /run, a tmpfs
    work = "/mnt/bench"
    make_rootfs(f"{work}/rootfs")
    shutil.copy(f"{OUT}/memlock.so", f"{work}/memlock.so")
    peers = [(*a.split("=", 1), None) for a in argv] or find_peers(work)
    rts = [Runtime(n, p, work, root) for n, p, root in peers]
    os.makedirs(f"{CG}/berth-bench", exist_ok=True)
    names = [r.name for r in rts] + ["floor"]
    sandbox = make_sandbox(work)
    ops = ["run", "create", "state", "start", "exec", "kill", "delete", "run+seccomp", "run+seccomp-cold", "run+100-mounts",
           "run+userns", "run+pod"]
    results = {n: {op: [] for op in ops} for n in names}
    private = {rt.name: [] for rt in rts}
    profile = seccomp_profile()
    extra, with_many, host_mounts = {n: {} for n in names}, {}, {}
    try:
        for i in range(rounds + 2):
            for rt in rts[i % len(rts):] + rts[:i % len(rts)]:
                s = round_of(rt, private[rt.name])
                if i % 3 == 0 or quick:
                    s.update(variants(rt, profile, i % 6 == 0 or quick, sandbox.pid))
                if i >= 2:  # the first rounds warm caches
                    for op, v in s.items():
                        results[rt.name][op].append(v)
            f = round_of_floor(work)
            if i >= 2:
                for op, v in f.items():
                    results["floor"][op].append(v)
        once(rts, quick, extra)
        throughput(rts, work, 20 if quick else 400, extra)
        if rts[0].name == "berth":
            for n in sorted({0, int(o["--many"])}):
                with_many[n] = many(rts[0], n)
            for n in sorted({0, int(o["--many"])}):
                host_mounts[n] = with_mounts(rts[0], n)
    except KeyboardInterrupt:
        print("interrupted: what there is so far")
    finally:
        sandbox.kill()
        for rt in rts:
            for ident in ("userns", "pod", "bench", "life", "seccomp", "seccomp-cold", "100-mounts", "count", "steps"):
                subprocess.run((["chroot", rt.chroot] if rt.chroot else []) + rt.argv("delete", "--force", ident),
                               env=rt.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # a runtime that failed may have left its own below
        subprocess.run(["find", f"{CG}/berth-bench", "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"], stderr=subprocess.DEVNULL)
        versions = {rt.name: subprocess.run((["chroot", rt.chroot] if rt.chroot else []) + [rt.path, "--version"],
                                            capture_output=True, text=True).stdout.splitlines()[:1] for rt in rts}
    ref = o["--ref"] or ("crun-forky" if "crun-forky" in results else "crun" if "crun" in results else rts[-1].name)
    title = (f"Linux {os.uname().release}, {os.cpu_count()} processors, median of {rounds} rounds, "
             f"load {os.getloadavg()[1]:.0f}")
    print(title)
    for rt in rts:
        print(f"{rt.name}: {(versions[rt.name] or ['?'])[0]}; private memory of a waiting init "
              f"{statistics.median(private[rt.name]):.0f} KB; " +
              ", ".join(f"{k} {v:.0f}" if isinstance(v, float) else f"{k} {v}" for k, v in extra[rt.name].items()))
    for n, (ms, kb, floor) in with_many.items():
        print(f"berth: create with {n} containers present {ms:.2f} ms, floor {floor:.2f} ms" +
              (f", each of them {kb:.0f} KB" if n else ""))
    for n, (ms, floor) in host_mounts.items():
        print(f"berth: create with {n} more mounts on the host {ms:.2f} ms, floor {floor:.2f} ms")
    shown.table(results, names, ops, ref)
    record = {"title": title, "ref": ref, "versions": versions, "extra": extra, "private": private, "many": with_many,
              "mounts": host_mounts, "results": results}
    print()
    for line in targets.lines(record):
        print(line)
    if o["--svg"]:
        shown.chart(results, names, ops, title, o["--svg"])
    if o["--json"]:
        json.dump(record, open(o["--json"], "w"))


if __name__ == "__main__":
    main()
