#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: cri.py SOCKET OPERATION	one operation of a kubelet, with the runtime handler $RT and the cgroup driver $DRIVER

Functions without a leading underscore are operations; what goes wrong in one is an exception. "clean" removes all pods.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

import grpc

from cri_client import Client, Stream

RT, DRIVER, IMAGE = os.environ["RT"], os.environ["DRIVER"], os.environ["IMAGE"]
PARENT = "berthpod.slice" if DRIVER == "systemd" else "/berthpod"
POD, CONTAINER, NODE = 0, 1, 2
CREATED, RUNNING, EXITED = 0, 1, 2
LOGS = tempfile.mkdtemp(prefix="podlogs.", dir="/run/engines")  # new, as logs are appended to
cri = Client(sys.argv[1])


# ---- short ways ----------------------------------------------------------------------------------------------------

def _eq(got, want, what="value"):
    if got != want:
        raise AssertionError("%s: %r, expected %r" % (what, got, want))


def _match(text, regex):
    if not re.search(regex, text, re.M):
        raise AssertionError("not matched by %s: %s" % (regex, text))


def _wait(seconds, condition, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain: " + what)
        time.sleep(0.1)


def _read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def _cgroup_of(pid):
    return "/sys/fs/cgroup" + _read("/proc/%d/cgroup" % pid).strip().split("::")[1]


class _Pod:
    def __init__(self, name="pod", namespaces=None, sysctls=None, privileged=False, hostname="pod-host", handler=RT,
                 parent=PARENT):
        self.namespaces = namespaces or {}
        self.config = {
            "metadata": {"name": name, "uid": name + "-uid", "namespace": "default", "attempt": 0},
            "hostname": hostname, "log_directory": LOGS, "annotations": {"org.example.word": "told"},
            "linux": {"cgroup_parent": parent, "sysctls": sysctls or {},
                      "security": {"namespaces": self.namespaces, "privileged": privileged}}}
        self.id = cri.RunPodSandbox(config=self.config, handler=handler)["id"]

    def status(self):
        return cri.PodSandboxStatus(id=self.id, verbose=True)

    def cgroup(self):
        return _cgroup_of(json.loads(self.status()["info"]["info"])["pid"])

    def create(self, *args, name="box", linux=None, **more):
        linux = linux or {}
        linux.setdefault("security", {}).setdefault("namespaces", self.namespaces)
        config = {"metadata": {"name": name, "attempt": 0}, "image": {"image": IMAGE}, "command": list(args),
                  "log_path": name + ".log", "linux": linux, **more}
        return _Container(cri.CreateContainer(sandbox=self.id, config=config, sandbox_config=self.config)["id"], name)

    def run(self, *args, **more):
        container = self.create(*args, **more)
        cri.StartContainer(id=container.id)
        return container


class _Container:
    def __init__(self, ident, name):
        self.id, self.name = ident, name

    def status(self):
        return cri.ContainerStatus(id=self.id, verbose=True)["status"]

    def info(self):
        return json.loads(cri.ContainerStatus(id=self.id, verbose=True)["info"]["info"])

    def pid(self):
        return self.info()["pid"]

    def cgroup(self):
        return _cgroup_of(self.pid())

    def limit(self, name):
        """of the cgroup that has it: with some runtimes the container's is one below"""
        folder = self.cgroup()
        if folder.endswith("/container"):
            folder = os.path.dirname(folder)
        return _read(folder, name).strip()

    def out(self, *cmd, status=0):
        r = cri.ExecSync(id=self.id, cmd=list(cmd), timeout=20)
        if r["exit_code"] != status:
            raise AssertionError("%r: %r" % (cmd, r))
        return (r["stdout"] or r["stderr"]).decode().strip()

    def wait_exit(self):
        _wait(20, lambda: self.status()["state"] == EXITED, "end of the container")
        return self.status()["exit_code"]

    def log(self):
        return _read(LOGS, self.name + ".log")


def _security(**members):
    return {"security": members}


# ---- pods and containers -------------------------------------------------------------------------------------------

def pod():
    p = _Pod(hostname="its-name")
    status = p.status()
    _eq(status["status"]["state"], 0, "state of the pod")
    _match(status["status"]["network"]["ip"], r"^10\.88\.")
    _eq(status["status"]["handler"], RT, "handler")
    box = p.run("sleep", "1000")
    _eq(box.out("hostname"), "its-name")
    _match(box.out("ip", "-4", "addr", "show", "eth0"), r"10\.88\.")
    spec = json.loads(status["info"]["info"])["runtimeSpec"]
    _eq(spec["annotations"].get("org.example.word"), "told", "annotation")
    cri.StopPodSandbox(id=p.id)
    _eq(p.status()["status"]["state"], 1, "state of the stopped pod")
    cri.RemovePodSandbox(id=p.id)
    _eq(cri.ListPodSandbox()["items"], [], "pods left")


def container_life():
    box = _Pod().create("sh", "-c", 'trap "echo bye; exit 7" TERM; echo $WORD $PWD; while :; do sleep 0.1; done',
                        envs=[{"key": "WORD", "value": "env"}], working_dir="/tmp")
    _eq(box.status()["state"], CREATED, "state")
    _eq(box.info()["pid"], 0, "process of the created one")
    cri.StartContainer(id=box.id)
    _eq(box.status()["state"], RUNNING, "state")
    _wait(10, lambda: "env /tmp" in box.log(), "log")
    cri.StopContainer(id=box.id, timeout=10)
    _eq(box.wait_exit(), 7, "exit code")
    _match(box.log(), r"stdout F bye$")
    cri.StopContainer(id=box.id, timeout=10)
    cri.RemoveContainer(id=box.id)
    _eq(cri.ListContainers()["containers"], [], "containers left")


def start_fails():
    p = _Pod()
    try:
        p.run("/no/such", name="missing")
        raise RuntimeError("it starts")
    except grpc.RpcError as e:
        _match(e.details(), "(?i)no such file or directory")
    status = cri.ContainerStatus(id=cri.ListContainers()["containers"][0]["id"], verbose=False)["status"]
    _eq(status["state"], EXITED, "state")
    _eq(status["exit_code"], 128, "exit code")


def stop_timeout():
    box = _Pod().run("sh", "-c", 'trap "" TERM; echo up; while :; do sleep 0.1; done')
    _wait(10, lambda: "up" in box.log(), "log")
    cri.StopContainer(id=box.id, timeout=1)
    _eq(box.wait_exit(), 137, "exit code")


def stop_pod():
    p = _Pod()
    box = p.run("sleep", "1000")
    pid, cgroup = box.pid(), box.cgroup()
    cri.StopPodSandbox(id=p.id)
    _eq(box.wait_exit(), 137, "exit code")
    _eq(os.path.exists("/proc/%d" % pid), False, "process left")
    _wait(5, lambda: not os.path.exists(cgroup), "end of the cgroup")
    cri.RemovePodSandbox(id=p.id)
    _eq(cri.ListContainers()["containers"], [], "containers left")


def namespaces():
    def links(pid, names):
        return [os.readlink("/proc/%d/ns/%s" % (pid, n)) for n in names]

    p = _Pod(namespaces={"pid": POD})
    one, two = p.run("sleep", "1000", name="one"), p.run("sleep", "2000", name="two")
    _eq(links(one.pid(), ("net", "ipc", "uts", "pid")), links(two.pid(), ("net", "ipc", "uts", "pid")), "shared ones")
    _eq(links(one.pid(), ("mnt",)) == links(two.pid(), ("mnt",)), False, "one mount namespace")
    _match(one.out("ps"), "sleep 2000")
    own = _Pod(name="own", namespaces={"pid": CONTAINER}).run("sleep", "1000", name="own")
    _eq(own.out("sh", "-c", "tr '\\0' ' ' </proc/1/cmdline"), "sleep 1000")


def privileged_host():
    node = {"network": NODE, "pid": NODE, "ipc": NODE}
    p = _Pod(namespaces=node, privileged=True, hostname="")
    box = p.run("sh", "-c", "sleep 4000 & exec sleep 1000", linux=_security(namespaces=node, privileged=True))
    for n in ("net", "pid", "ipc"):
        _eq(box.out("readlink", "/proc/self/ns/" + n), os.readlink("/proc/self/ns/" + n), n)
    _eq(box.out("sed", "-n", "s/^CapEff:.//p", "/proc/self/status"), _own_status("CapBnd"))
    box.out("sh", "-c", "mkdir -p /mnt && mount -t tmpfs x /mnt && test -w /proc/sys/kernel/panic")
    cri.StopContainer(id=box.id, timeout=0)
    _wait(10, lambda: subprocess.run(["pgrep", "-f", "^sleep 4000"], check=False).returncode == 1, "end of its processes")


def _own_status(name):
    return re.search(r"^%s:\t(.*)" % name, _read("/proc/self/status"), re.M).group(1)


def security():
    box = _Pod().run("sleep", "1000", linux=_security(
        run_as_user={"value": 7}, run_as_group={"value": 8}, supplemental_groups=[9], readonly_rootfs=True, no_new_privs=True,
        capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}, seccomp={"type": 0}))
    _match(box.out("id"), "uid=7.* gid=8.* groups=.*9")
    _match(box.out("touch", "/tmp/x", status=1), "Read-only")
    status = box.out("cat", "/proc/self/status")
    _match(status, "^NoNewPrivs:\t1$")
    _match(status, "^Seccomp:\t2$")
    _match(status, "^CapBnd:\t%016x$" % (1 << 13))


def masked_paths():
    p = _Pod()
    box = p.run("sleep", "1000", linux=_security(masked_paths=["/data"], readonly_paths=["/etc", "/proc/sys"]))
    _eq(box.out("ls", "/data"), "", "masked folder")
    _match(box.out("touch", "/etc/x", status=1), "Read-only")
    _match(box.out("sh", "-c", "echo 1 >/proc/sys/kernel/panic", status=1), "Read-only")


def _user_namespace(mounts):
    mapping = [{"host": 300000, "container": 0, "length": 65536}]
    options = {"userns": {"mode": POD, "uids": mapping, "gids": mapping}}
    for mount in mounts:
        mount.update(uids=mapping, gids=mapping)
    box = _Pod(namespaces=options).run("sleep", "1000", mounts=mounts)
    _match(box.out("cat", "/proc/self/uid_map"), r"^0 +300000 +65536$")
    _eq(os.stat("/proc/%d" % box.pid()).st_uid, 300000, "uid on the host")
    return box


def user_namespace():
    _user_namespace([])


def user_namespace_volume():
    os.makedirs("/run/engines/volume", exist_ok=True)
    box = _user_namespace([{"container_path": "/vol", "host_path": "/run/engines/volume"}])
    # the volume is id-mapped: what root of the container makes belongs to root of the host
    box.out("touch", "/vol/made")
    _eq(os.stat("/run/engines/volume/made").st_uid, 0, "owner in the volume")


def mounts():
    os.makedirs("/run/engines/shared", exist_ok=True)
    with open("/run/engines/word", "w", encoding="ascii") as f:
        f.write("word\n")
    box = _Pod().run("sleep", "1000", mounts=[
        {"container_path": "/rw", "host_path": "/run/engines/shared", "propagation": 1},
        {"container_path": "/ro", "host_path": "/run/engines/shared", "readonly": True, "recursive_read_only": True},
        {"container_path": "/etc/word", "host_path": "/run/engines/word"}])
    box.out("touch", "/rw/made")
    _eq(os.path.exists("/run/engines/shared/made"), True, "file on the host")
    _match(box.out("touch", "/ro/x", status=1), "Read-only")
    _eq(box.out("cat", "/etc/word"), "word")


def devices():
    box = _Pod().run("sleep", "1000", devices=[{"container_path": "/dev/other", "host_path": "/dev/fuse", "permissions": "r"}])
    box.out("sh", "-c", "exec 3</dev/other")
    _match(box.out("sh", "-c", "exec 3>>/dev/other", status=1), "not permitted")


def sysctls():
    box = _Pod(sysctls={"net.ipv4.ip_forward": "1", "kernel.msgmax": "4321"}).run("sleep", "1000")
    _eq(box.out("cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/msgmax"), "1\n4321")


# ---- resources -----------------------------------------------------------------------------------------------------

def resources():
    box = _Pod().run("sleep", "1000", linux={"resources": {
        "cpu_period": 100000, "cpu_quota": 50000, "cpu_shares": 512, "memory": 50 << 20, "oom_score_adj": 123}})
    _eq(box.limit("memory.max"), str(50 << 20), "memory.max")
    _eq(box.limit("cpu.max"), "50000 100000", "cpu.max")
    _eq(_read("/proc/%d/oom_score_adj" % box.pid()).strip(), "123", "oom_score_adj")
    _eq(box.out("cat", "/proc/self/cgroup"), "0::/")
    want = r"/berthpod\.slice/cri-containerd-%s\.scope" if DRIVER == "systemd" else "/berthpod/%s"
    _match(box.cgroup(), want % box.id)


def exec_oom_score():
    """a program that joins is as dear as the container, not as its shim"""
    box = _Pod().run("sleep", "1000", linux={"resources": {"oom_score_adj": 123}})
    _eq(box.out("cat", "/proc/self/oom_score_adj"), "123", "oom_score_adj")


def _below(parent, one, name):
    """one is there, or with some runtimes in a cgroup below it"""
    _eq(one.cgroup().removesuffix("/container"), "/sys/fs/cgroup%s/%s" % (parent, name % one.id), "cgroup")


def kubelet_parent():
    """of the kinds that a kubelet has: it names the slice with all that is above it, and makes it or the folder before"""
    if DRIVER == "systemd":
        parent = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice" % os.getpid()
        name = "cri-containerd-%s.scope"
        subprocess.run(["systemctl", "start", os.path.basename(parent)], check=True)
    else:
        parent, name = "/kubepods/burstable/pod%s" % os.getpid(), "%s"
        os.makedirs("/sys/fs/cgroup" + parent)
    try:
        _in_parent(parent, name)
    finally:
        clean()
        if DRIVER == "systemd":
            subprocess.run(["systemctl", "stop", "kubepods.slice"], check=True)
        else:
            os.removedirs("/sys/fs/cgroup" + parent)


def _in_parent(parent, name):
    p = _Pod(parent=parent)
    box = p.run("sleep", "1000", linux={"resources": {"memory": 50 << 20}})
    _below(parent, p, name)
    _below(parent, box, name)
    _eq(box.limit("memory.max"), str(50 << 20), "memory.max")
    _eq(box.out("cat", "/proc/self/cgroup"), "0::/")
    cgroup = box.cgroup()
    cri.StopPodSandbox(id=p.id)
    _wait(5, lambda: not os.path.exists(cgroup), "end of the cgroup")
    _eq(os.path.isdir("/sys/fs/cgroup" + parent), True, "the kubelet's cgroup")


def no_parent():
    """as of clients that are no kubelet"""
    p = _Pod(parent="")
    box = p.run("sleep", "1000")
    _below("/k8s.io", p, "%s")
    _below("/k8s.io", box, "%s")


def update():
    box = _Pod().run("sleep", "1000", linux={"resources": {"memory": 50 << 20}})
    cri.UpdateContainerResources(id=box.id, linux={"memory": 80 << 20, "cpu_quota": 20000, "cpu_period": 100000})
    _eq(box.limit("memory.max"), str(80 << 20), "memory.max")
    _eq(box.limit("cpu.max"), "20000 100000", "cpu.max")
    box.out("sh", "-c", "echo x >/dev/null && head -c 1 /dev/zero >/dev/null")


def _of_cgroup(where, name, key=""):
    """the number after key, in a file of a container's cgroup or of a cgroup's folder"""
    text = _read(where, name) if isinstance(where, str) else where.limit(name)
    return int(re.search(r"^%s(\d+)$" % key, text, re.M).group(1))


def _cpu(where):
    """processor time in ns"""
    return _of_cgroup(where, "cpu.stat", "usage_usec ") * 1000


def _working_set(where):
    return _of_cgroup(where, "memory.current") - _of_cgroup(where, "memory.stat", "inactive_file ")


def _agrees(told, has):
    return has > 8 << 20 and abs(told - has) <= has / 10


def stats():
    """what is told is what the cgroup has: processor time exactly, memory without the cache that could be dropped within a tenth"""
    def told(kind, member):
        return cri.ContainerStats(id=box.id)["stats"][kind][member]["value"]

    box = _Pod().run("sh", "-c", "head -c 8388608 /dev/zero >/dev/shm/held; echo held; while :; do :; done")
    _wait(20, lambda: "held" in box.log(), "log")
    _wait(20, lambda: _agrees(told("memory", "working_set"), _working_set(box)), "memory as in the cgroup")
    before, got, after = _cpu(box), told("cpu", "usage"), _cpu(box)
    _eq(0 < before <= got <= after, True, "%d <= %d <= %d" % (before, got, after))


def list_stats():
    p = _Pod()
    busy = "i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done; echo done; exec sleep 1000"  # some ticks of the clock
    one, two = (p.run("sh", "-c", busy, name=name) for name in ("one", "two"))
    for box in (one, two):
        _wait(30, lambda b=box: "done" in b.log(), "log")
    other = _Pod(name="other").run("sleep", "1000", name="other")
    listed = cri.ListContainerStats()["stats"]
    _eq(sorted(s["attributes"]["id"] for s in listed), sorted([one.id, two.id, other.id]), "containers")
    listed = cri.ListContainerStats(filter={"sandbox": p.id})["stats"]
    _eq(sorted(s["attributes"]["id"] for s in listed), sorted([one.id, two.id]), "containers of the pod")
    for stat in listed:
        group = {one.id: one, two.id: two}[stat["attributes"]["id"]]
        told, has = stat["cpu"]["usage"]["value"], _cpu(group)
        _eq(0 < told <= has, True, "processor time: %d, has %d" % (told, has))
        _eq(stat["memory"]["working_set"]["value"] > 0, True, "memory: %r" % stat["memory"])


def pod_stats():
    """the pod's cgroup, and how many processes the runtime says there are in its containers"""
    p = _Pod(parent="/berthpod.slice/berthpod-stats.slice" if DRIVER == "systemd" else "/berthpod/stats")
    box = p.run("sh", "-c", "head -c 8388608 /dev/zero >/dev/shm/held; sleep 1000 & sleep 1000 & echo held; exec sleep 1000")
    folder = os.path.dirname(p.cgroup().removesuffix("/container"))

    def told():
        return cri.PodSandboxStats(id=p.id)["stats"]["linux"]

    _wait(20, lambda: "held" in box.log(), "log")
    _wait(20, lambda: _agrees(told()["memory"]["working_set"]["value"], _working_set(folder)), "memory as in the cgroup")
    before, got, after = _cpu(folder), told(), _cpu(folder)
    _eq(0 < before <= got["cpu"]["usage"]["value"] <= after, True, "%d <= %r <= %d" % (before, got["cpu"], after))
    _eq([c["attributes"]["id"] for c in got["containers"]], [box.id], "containers")
    _eq(got["processes"]["count"]["value"], 3, "processes")


def oom():
    box = _Pod().run("sh", "-c", "sleep 1; " + os.environ["GREEDY"], linux={"resources": {"memory": 20 << 20}})
    _eq(box.wait_exit(), 137, "exit code")
    _eq(box.status()["reason"], "OOMKilled", "reason")


# ---- programs in containers ----------------------------------------------------------------------------------------

def exec_sync():
    box = _Pod().run("sleep", "1000")
    r = cri.ExecSync(id=box.id, cmd=["sh", "-c", "echo out; echo err >&2; exit 3"], timeout=10)
    _eq((r["stdout"], r["stderr"], r["exit_code"]), (b"out\n", b"err\n", 3), "result")
    _eq(len(box.out("seq", "20000").split()), 20000, "lines")
    try:
        cri.ExecSync(id=box.id, cmd=["sleep", "500"], timeout=1)
        raise RuntimeError("no time limit")
    except grpc.RpcError as e:
        _match(str(e.code()), "DEADLINE_EXCEEDED")
    _wait(5, lambda: "sleep 500" not in box.out("ps"), "end of what took too long")
    try:
        box.out("no-such-command")
        raise RuntimeError("it runs")
    except grpc.RpcError as e:
        _match(e.details(), "executable file .*not found")


def exec_stream():
    box = _Pod().run("sleep", "1000")
    s = Stream(cri.Exec(id=box.id, cmd=["sh", "-c", "read x; echo got $x; echo err >&2; exit 4"],
                        stdin=True, stdout=True, stderr=True)["url"])
    s.send(Stream.STDIN, b"a line\n")
    got = s.rest()
    _eq((got[Stream.STDOUT], got[Stream.STDERR]), (b"got a line\n", b"err\n"), "output")
    _match(got[Stream.ERROR].decode(), '"ExitCode","message":"4"')


def exec_tty():
    box = _Pod().run("sleep", "1000")
    s = Stream(cri.Exec(id=box.id, cmd=["sh"], tty=True, stdin=True, stdout=True)["url"])
    s.send(Stream.RESIZE, b'{"Width":97,"Height":31}')
    s.send(Stream.STDIN, b"tty; while [ \"$(stty size)\" != '31 97' ]; do sleep 0.1; done; echo size $((30 + 1))\n")
    s.until(Stream.STDOUT, b"size 31\r\n")
    _match(s.got[Stream.STDOUT].decode(), r"^/dev/pts/\d+\r$")
    s.send(Stream.STDIN, b"exit 0\n")
    _match(s.rest()[Stream.ERROR].decode(), '"Success"')


def attach():
    box = _Pod().run("sh", "-c", "while read x; do echo got $x; done; echo end; exit 6", stdin=True, stdin_once=True)
    s = Stream(cri.Attach(id=box.id, stdin=True, stdout=True, stderr=True)["url"])
    s.send(Stream.STDIN, b"one\n")
    s.until(Stream.STDOUT, b"got one\n")
    s.socket.close()
    s.file.close()
    _eq(box.wait_exit(), 6, "exit code after the end of its input")
    _match(box.log(), "stdout F end$")


def attach_tty():
    """a terminal of the container itself, which gets its size from who looks at it"""
    size = "until [ \"$(stty size 2>/dev/null)\" = '31 97' ]; do sleep 0.1; done; tty; "
    box = _Pod().run("sh", "-c", size + "while read x; do echo got $x; done; exit 6", stdin=True, tty=True)
    s = Stream(cri.Attach(id=box.id, stdin=True, stdout=True, tty=True)["url"])
    s.send(Stream.RESIZE, b'{"Width":97,"Height":31}')
    s.until(Stream.STDOUT, b"\n")
    _match(s.got[Stream.STDOUT].decode(), r"^/dev/(pts/0|console)\r$")
    s.send(Stream.STDIN, b"one\n")
    s.until(Stream.STDOUT, b"got one\r\n")
    s.send(Stream.STDIN, b"\x04")
    _eq(box.wait_exit(), 6, "exit code after the end of its input")


def reopen_log():
    """as when a kubelet rotates it: what comes then is in the new file, all of it once"""
    box = _Pod().run("sh", "-c", "i=0; while i=$((i + 1)); do echo $i; sleep 0.05; done")
    path = os.path.join(LOGS, "box.log")
    _wait(10, lambda: "F 3\n" in box.log(), "log")
    os.rename(path, path + ".old")
    cri.ReopenContainerLog(id=box.id)
    _wait(10, lambda: box.log().count("\n") > 3, "lines in the new log")
    # only now, as a line that was on its way at the call may still go to the old one
    old, lines = _read(path + ".old"), box.log().count("\n")
    _wait(10, lambda: box.log().count("\n") > lines + 3, "further lines in the new log")
    _eq(_read(path + ".old"), old, "the old log")
    numbers = [int(n) for n in re.findall(r" stdout F (\d+)$", old + box.log(), re.M)]
    _eq(numbers, list(range(1, len(numbers) + 1)), "lines of both")


def exec_after_end():
    box = _Pod().run("true")
    _eq(box.wait_exit(), 0, "exit code")
    for call in (lambda: cri.ExecSync(id=box.id, cmd=["true"], timeout=10), lambda: cri.Exec(id=box.id, cmd=["true"], stdout=True)):
        try:
            r = call()
        except grpc.RpcError as e:
            _match(e.details(), "(?i)container.*(exited|not running)")
        else:
            raise RuntimeError("it runs: %r" % r)


# ---- the daemon ----------------------------------------------------------------------------------------------------

def restart_of_containerd():
    p = _Pod()
    box = p.run("sh", "-c", 'trap "exit 9" TERM; echo up; while :; do sleep 0.1; done')
    pid = box.pid()
    _wait(10, lambda: "up" in box.log(), "log")
    for how in (["restart"], ["kill", "-s", "KILL", "--kill-whom=main"]):
        subprocess.run(["systemctl", *how, "berth-containerd"], check=True)
        if how[0] == "kill":
            _wait(10, lambda: subprocess.run(["systemctl", "is-failed", "-q", "berth-containerd"],
                                             check=False).returncode == 0, "end of containerd")
            subprocess.run(["systemctl", "start", "berth-containerd"], check=True)
        _wait(40, _answers, "answer of the new containerd")
        _eq(box.status()["state"], RUNNING, "state")
        _eq(box.pid(), pid, "process")
        _eq(box.out("echo", "again"), "again")
    cri.StopContainer(id=box.id, timeout=10)
    _eq(box.wait_exit(), 9, "exit code")


def _answers():
    try:
        return all(c["status"] for c in cri.Status(verbose=False)["status"]["conditions"])
    except grpc.RpcError:
        return False


def features():
    _match(cri.Version(version="v1")["api"], "^v1")
    handler = [h for h in cri.Status(verbose=True)["handlers"] if h["name"] == RT][0]
    _eq(handler["features"], {"recursive_read_only_mounts": True, "user_namespaces": True}, "abilities")


def documented():
    """with the configuration of docs/engines.md: the default runtime, and what stays of it after the way back"""
    p = _Pod(name="documented", handler="")
    box = p.run("sleep", "1000")
    _match(box.cgroup(), r"/berthpod\.slice/cri-containerd-%s\.scope" % box.id)
    _eq(box.info()["runtimeOptions"]["binary_name"], "/usr/local/sbin/berth", "runtime")


def documented_back():
    old = cri.ListContainers()["containers"][0]["id"]
    box = _Container(old, "box")
    _eq(box.out("echo", "still"), "still")
    _eq(_Pod(name="back", handler="").run("sleep", "1000").out("echo", "new"), "new")
    cri.StopContainer(id=old, timeout=0)
    cri.RemoveContainer(id=old)


def clean():
    for one in cri.ListPodSandbox()["items"]:
        cri.StopPodSandbox(id=one["id"])
        cri.RemovePodSandbox(id=one["id"])


if __name__ == "__main__":
    globals()[sys.argv[2]]()
