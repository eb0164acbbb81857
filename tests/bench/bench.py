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
    for name in ("floor", "measure", "steps"):
        sh("musl-gcc", "-O2", "-static", "-Wall", *inc, "-o", f"{OUT}/{name}", f"{HERE}/{name}.c")
    sh("gcc", "-O2", "-shared", "-fPIC", "-o", f"{OUT}/memlock.so", f"{HERE}/memlock.c")


def make_rootfs(path):
    for d in ("bin", "proc", "dev", "sys", "tmp", "etc"):
        os.makedirs(f"{path}/{d}", exist_ok=True)
    shutil.copy("/bin/busybox", f"{path}/bin/busybox")
    for applet in ("true", "sh", "sleep"):
        if not os.path.exists(f"{path}/bin/{applet}"):
            os.symlink("busybox", f"{path}/bin/{applet}")


def config(args, root, cgroup):
    c = json.load(open(f"{HERE}/bundle.json"))
    c["process"]["args"] = args
    c["root"]["path"] = root
    c["linux"]["cgroupsPath"] = cgroup
    return c


class Runtime:
    def __init__(self, name, path, work, root=None):
        self.name, self.path, self.work, self.chroot = name, path, work, root
        self.root = f"{work}/state-{name}"
        self.env = dict(os.environ)
        if name.startswith("crun"):
            self.env["LD_PRELOAD"] = f"{work}/memlock.so"
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
    """One life of a container; a sample for each operation."""
    s = {}
    run = rt.bundle("run", ["/bin/true"])
    life = rt.bundle("life", ["/bin/sleep", "100000"])
    m = lambda cwd, *a: measure(rt.argv(*a), rt.env, cwd, rt.chroot)
    s["run"] = m(run, "run", "--bundle", run, "bench")
    s["create"] = m(life, "create", "--bundle", life, "--pid-file", f"{life}/pid", "life")
    pid = int(open(f"{life}/pid").read())
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
    cg, name, root = f"{CG}/berth-bench/floor", f"{work}/floor", f"{work}/rootfs"
    m = lambda *a: measure([f"{OUT}/floor", *a], dict(os.environ), work)
    s = {"run": m("run", root, cg, "/bin/true"), "create": m("create", root, cg, "/bin/sleep", name)}
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
    """Runs a second with so many at a time."""
    dirs = [rt.bundle(f"par{i}", ["/bin/true"]) for i in range(jobs)]
    script = "for n in $(seq $1); do shift 0; \"$0\" --root \"$2\" run --bundle \"$3\" par-$4-$n </dev/null >/dev/null 2>&1 || exit 1; done"
    cmd = ["chroot", rt.chroot] if rt.chroot else []
    t = time.monotonic()
    ps = [subprocess.Popen([*cmd, "sh", "-c", script, rt.path, str(each), rt.root, d, str(i)], env=rt.env)
          for i, d in enumerate(dirs)]
    ok = [p.wait() for p in ps]
    return None if any(ok) else jobs * each / (time.monotonic() - t)


def create_time(rt, small):
    times = []
    for i in range(25):
        d = rt.bundle("probe", ["/bin/true"], small)
        times.append(measure(rt.argv("create", "--bundle", d, "probe"), rt.env, d, rt.chroot)["wall"])
        subprocess.run(rt.argv("delete", "--force", "probe"), env=rt.env, check=True)
    return statistics.median(times)


def with_mounts(rt, count):
    """The same with so many mounts on the host: a new mount namespace is a copy of them all."""
    base = f"{rt.work}/mounts"
    for i in range(count):
        os.makedirs(f"{base}/{i}")
        sh("mount", "-n", "-t", "tmpfs", "none", f"{base}/{i}")
    try:
        return create_time(rt, lambda c: None)
    finally:
        for i in range(count):
            subprocess.run(["umount", "-n", f"{base}/{i}"])


def many(rt, count):
    """Median ms of a create with `count` other waiting containers; and what each of them costs in KB."""
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
    median_ms = create_time(rt, small)
    for n in names:
        subprocess.run(rt.argv("delete", "--force", n), env=rt.env, check=True)
    return median_ms, cost


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


def median(samples, key):
    return statistics.median(x[key] for x in samples)


def table(results, names, ops, ref):
    print(f"\n{'':18}" + "".join(f"{n:>22}" for n in names) + f"   (median wall ms, ratio to {ref}, peak KB)")
    for op in ops:
        row = f"{op:18}"
        base = median(results[ref][op], "wall") if results[ref].get(op) else None
        for n in names:
            if not results[n].get(op):
                row += f"{'-':>22}"
                continue
            m, k = median(results[n][op], "wall"), median(results[n][op], "rss")
            row += f"{m:8.2f} {m / base if base else 0:5.2f} {int(k):6d}"[:22].rjust(22)
        print(row)


def chart(results, names, ops, title, path):
    """Bars of medians, a group for each operation; nothing in it comes from elsewhere."""
    colours = ["#1b6ca8", "#e07b39", "#8a8a8a", "#c9b458", "#7a4e9f", "#3a9d5d"]
    ops = [o for o in ops if results[names[0]].get(o)]
    width, left, row = 930, 160, 14
    most = max(median(results[n][o], "wall") for n in names for o in ops if results[n].get(o))
    y, out = 60, []
    for o in ops:
        out.append(f'<text x="{left - 8}" y="{y + row}" text-anchor="end" font-weight="bold">{o}</text>')
        for i, n in enumerate(names):
            if not results[n].get(o):
                continue
            m = median(results[n][o], "wall")
            w = max(1, m / most * (width - left - 90))
            out.append(f'<rect x="{left}" y="{y}" width="{w:.1f}" height="{row - 2}" fill="{colours[i % 6]}"/>'
                       f'<text x="{left + w + 5:.1f}" y="{y + row - 4}" font-size="11">{m:.2f} ms</text>')
            y += row
        y += 12
    legend = "".join(f'<rect x="{left + i * 130}" y="32" width="12" height="12" fill="{colours[i % 6]}"/>'
                     f'<text x="{left + i * 130 + 17}" y="42">{n}</text>' for i, n in enumerate(names))
    with open(path, "w") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" font-family="sans-serif" '
                f'font-size="12"><rect width="100%" height="100%" fill="white"/><text x="{left}" y="20" font-size="14">'
                f'{title}</text>{legend}{"".join(out)}</svg>\n')


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
        run, life = rt.bundle("run", ["/bin/true"]), rt.bundle("life", ["/bin/sleep", "100000"])
        e = extra[rt.name]
        e["syscalls of a run"] = syscalls(rt, ["run", "--bundle", run, "count"], run)
        # a program in Go waits for itself and never gets there; crun takes two minutes
        steps = None if rt.name.startswith("runc") else tool("steps", rt.argv("create", "--bundle", life, "steps"), rt.env,
                                                             life, rt.chroot, limit=10 if quick else 240)
        e["user instructions of a create"] = steps[0] if steps else None
        subprocess.run((["chroot", rt.chroot] if rt.chroot else []) + rt.argv("delete", "--force", "steps"), env=rt.env,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for jobs in (1, 2, 8):
            e[f"runs a second, {jobs} at a time"] = parallel(rt, jobs, 5 if quick else 25 if jobs < 8 else 10)
        e["size of the program"] = os.path.getsize((rt.chroot or "") + rt.path)


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
    extra, with_many, host_mounts = {rt.name: {} for rt in rts}, {}, {}
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
    for n, (ms, kb) in with_many.items():
        print(f"berth: create with {n} containers present {ms:.2f} ms" + (f", each of them {kb:.0f} KB" if n else ""))
    for n, ms in host_mounts.items():
        print(f"berth: create with {n} more mounts on the host {ms:.2f} ms")
    table(results, names, ops, ref)
    record = {"title": title, "ref": ref, "versions": versions, "extra": extra, "private": private, "many": with_many,
              "mounts": host_mounts, "results": results}
    print()
    for line in targets.lines(record):
        print(line)
    if o["--svg"]:
        chart(results, names, ops, title, o["--svg"])
    if o["--json"]:
        json.dump(record, open(o["--json"], "w"))


main()
