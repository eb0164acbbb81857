#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
selftest.py DIR...: is check.py able to fail?

DIRs are those of containers that check.py finds nothing wrong with. Each row of DOCTORED changes one thing in what was
seen: (a pattern for the subject that must be complained about, which file, pattern, replacement). A row that fits none
of the DIRs is an error, and so is a change that goes unnoticed.
"""
import re
import sys

from check import CHECKS, Output, differences, load

DOCTORED = [
    ("uid", "out", r"^uid=\d+ ", "uid=7 "),
    ("uid", "out", r"^(uid=\d+ \d+) \d+", r"\1 7"),
    ("gid", "out", r"^gid=\d+ ", "gid=7 "),
    ("groups", "out", r"^groups=", "groups=77 "),
    ("umask", "out", r"^umask=....", "umask=0777"),
    ("pid", "out", r"^pid=\d+", "pid=2"),
    ("session leader", "out", r"^sid=\d+", "sid=77"),
    ("process group", "out", r"^pgid=\d+", "pgid=77"),
    ("environment", "out", r"^env=PATH=", "env=PATH=/x:"),
    ("environment", "out", r"^env=PATH=", "env=ADDED=1\nenv=PATH="),
    ("environment", "out", r"^env=HOME=.*\n", ""),
    ("cwd", "out", r"^cwd=/", "cwd=/x"),
    ("capabilities bounding", "out", r"^(caps.bounding=.*).$", r"\g<1>4"),
    ("capabilities permitted", "out", r"^(caps.permitted=).{4}", r"\g<1>ffff"),
    ("capabilities effective", "out", r"^(caps.effective=).{4}", r"\g<1>ffff"),
    ("capabilities inheritable", "out", r"^(caps.inheritable=).{4}", r"\g<1>ffff"),
    ("capabilities ambient", "out", r"^(caps.ambient=).{4}", r"\g<1>ffff"),
    ("no_new_privs", "out", r"^no_new_privs=0", "no_new_privs=1"),
    ("no_new_privs", "out", r"^no_new_privs=1", "no_new_privs=0"),
    ("seccomp mode", "out", r"^seccomp=2", "seccomp=0"),
    ("seccomp mode", "out", r"^seccomp=0", "seccomp=2"),
    ("system call keyctl", "out", r"^syscall.keyctl=-1 errno=\d+", "syscall.keyctl=-1 errno=77"),
    ("system call setns", "out", r"^syscall.setns=-1 errno=\d+", "syscall.setns=-1 errno=77"),
    ("blocked signals", "out", r"^sig.blocked=0", "sig.blocked=1"),
    ("ignored signals", "out", r"^sig.ignored=0", "sig.ignored=1"),
    ("securebits", "out", r"^securebits=0", "securebits=1"),
    ("rlimit NOFILE", "out", r"^rlimit.NOFILE=", "rlimit.NOFILE=1"),
    ("rlimit NPROC", "out", r"^(rlimit.NPROC=\d+) ", r"\1 1"),
    ("rlimit CORE", "out", r"^rlimit.CORE=", "rlimit.CORE=1"),
    ("oom_score_adj", "out", r"^oom_score_adj=", "oom_score_adj=1"),
    ("hostname", "out", r"^hostname=", "hostname=x"),
    ("domainname", "out", r"^domainname=", "domainname=x"),
    ("new mount namespace", "out", r"^ns.mnt=.*", "ns.mnt=?2"),
    ("new pid namespace", "out", r"^ns.pid=.*", "ns.pid=HOST"),
    ("new uts namespace", "out", r"^ns.uts=.*", "ns.uts=HOST"),
    ("new ipc namespace", "out", r"^ns.ipc=.*", "ns.ipc=HOST"),
    ("new network namespace", "out", r"^ns.net=.*", "ns.net=HOST"),
    ("new cgroup namespace", "out", r"^ns.cgroup=.*", "ns.cgroup=HOST"),
    ("new user namespace", "out", r"^ns.user=.*", "ns.user=HOST"),
    ("joined network namespace", "out", r"^ns.net=.*", "ns.net=net:[77]"),
    ("joined pid namespace", "out", r"^ns.pid=.*", "ns.pid=pid:[77]"),
    ("the caller's user namespace", "out", r"^ns.user=.*", "ns.user=user:[77]"),
    ("the caller's time namespace", "out", r"^ns.time=.*", "ns.time=time:[77]"),
    ("uid_map", "out", r"^uid_map= *0 ", "uid_map=1 "),
    ("gid_map", "out", r"^gid_map= *0 ", "gid_map=1 "),
    ("mount /etc/hosts", "out", r"^mount=.* /etc/hosts .*\n", ""),
    ("mount /proc type", "out", r" - proc proc ", " - tmpfs proc "),
    ("mount /sys/fs/cgroup type", "out", r" - cgroup2 ", " - tmpfs "),
    ("mount /proc nosuid", "out", r"^(mount=.* /proc rw),nosuid", r"\1"),
    ("mount /proc nodev", "out", r"^(mount=.* /proc rw,.*),nodev", r"\1"),
    ("mount /proc noexec", "out", r"^(mount=.* /proc rw,.*),noexec", r"\1"),
    ("mount /proc nosymfollow", "out", r"^(mount=.* /proc rw),", r"\1,nosymfollow,"),
    ("mount /proc atime", "out", r"^(mount=.* /proc rw.*),relatime", r"\1,noatime"),
    ("mount /dev atime", "out", r"^(mount=.* /dev rw,nosuid)", r"\1,relatime"),
    ("mount /sys ro", "out", r"^(mount=.* /sys )ro,", r"\1rw,"),
    ("mount /dev/shm ro", "out", r"^(mount=.* /dev/shm )rw,", r"\1ro,"),
    ("mount /sys/fs/cgroup ro", "out", r"^(mount=.* /sys/fs/cgroup )ro,", r"\1rw,"),
    ("mount /sys/fs/cgroup ro", "out", r"^(mount=.* /sys/fs/cgroup )rw,", r"\1ro,"),
    ("mount /etc/hosts noexec", "out", r"^(mount=.* /etc/hosts rw)", r"\1,noexec"),
    ("mount /etc/hosts propagation", "out", r"^(mount=.* /etc/hosts \S+) - ", r"\1 master:9 - "),
    ("mount /dev/shm propagation", "out", r"^(mount=.* /dev/shm \S+) - ", r"\1 shared:9 - "),
    ("mount /dev size", "out", r"^(mount=.* /dev .*size=)\d+k", r"\g<1>1k"),
    ("mount /dev mode", "out", r"^/dev=dir 0755 ", "/dev=dir 0777 "),
    ("mount /run mode", "out", r"^/run=dir 0755 ", "/run=dir 1777 "),
    ("mount /dev/pts gid", "out", r"^(mount=.* /dev/pts .*gid=)\d+", r"\g<1>77"),
    ("mount /dev/pts mode", "out", r"^(mount=.* /dev/pts .*,mode=)\d+", r"\g<1>777"),
    ("mount /dev/pts ptmxmode", "out", r"^(mount=.* /dev/pts .*,ptmxmode=)\d+", r"\g<1>777"),
    ("mount /run tmpcopyup", "out", r"^/run/.copied=file", "/run/.copied=?2"),
    ("other mounts", "out", r"^(mount=\d+ )(.* )/proc (rw.*)$", r"\g<1>\2/proc \3\nmount=99999 \2/surplus \3"),
    ("root read-only", "out", r"^(mount=\d+ \d+ \S+ \S+ / )ro", r"\1rw"),
    ("root read-only", "out", r"^(mount=\d+ \d+ \S+ \S+ / )rw", r"\1ro"),
    ("root shared", "out", r"^(mount=\d+ \d+ \S+ \S+ / \S+) (.*)- ", r"\1 shared:1 - "),
    ("write to the root", "out", r"^(each=write /.written .*\n)write=\S+", r"\1write=?5"),
    ("masked path /proc/(kcore|keys|timer_list)", "out", r"^(/proc/(kcore|keys|timer_list)=)$", r"\1content"),
    ("masked path /proc/(kcore|keys|timer_list)", "out", r"^mount=.* /proc/(kcore|keys|timer_list) .*\n", ""),
    ("masked path /sys/firmware", "out", r"^/sys/firmware: 0", "/sys/firmware/x=dir\n/sys/firmware: 1"),
    ("masked path /proc/latency_stats", "out", r"^/proc/latency_stats=.*", "/proc/latency_stats=file 0644"),
    ("read-only path /proc/irq", "out", r"^(mount=.* /proc/irq )ro", r"\1rw"),
    ("read-only path /proc/bus", "out", r"^mount=.* /proc/bus .*\n", ""),
    ("write to /proc/sys", "out", r"^(each=write /proc/sys/kernel/hostname .*\n)write=\S+", r"\1write=ok"),
    ("device /dev/zero", "out", r"^/dev/zero=char (.*) 1:5", r"/dev/zero=char \1 1:3"),
    ("device /dev/null mode and owner", "out", r"^/dev/null=char 0666", "/dev/null=char 0644"),
    ("device /dev/null mode and owner", "out", r"^/dev/null=char 0666 0", "/dev/null=char 0666 7"),
    ("device /dev/fuse", "out", r"^/dev/fuse=char", "/dev/fuse=block"),
    ("device /dev/fuse mode and owner", "out", r"^/dev/fuse=char \d+", "/dev/fuse=char 0000"),
    ("link /dev/fd", "out", r"^(/dev/fd=link .* -> ).*", r"\1/x"),
    ("what /dev holds besides", "out", r"^(each=ls /dev\n)", r"\1/dev/surplus=char 0666 0 0 1:1 0\n"),
    ("sysctl net.ipv4.ping_group_range", "out", r"^(/proc/sys/net/ipv4/ping_group_range=).*", r"\g<1>1 0"),
    ("open descriptors", "out", r"^fds=3", "fd.7=file /x\nfds=4"),
    ("terminal of 0", "out", r"^tty.0=.*", "tty.0=no"),
    ("owner of the terminal of 1", "out", r"^(tty.1=.*) uid=\d+", r"\1 uid=77"),
    ("controlling terminal", "out", r"^controlling=yes", "controlling=?6"),
    ("cgroup", "cgroup", r"^0::/", "0::/x"),
    ("cgroup seen inside", "out", r"^cgroup=0::/", "cgroup=0::/x"),
    ("limit memory.max", "limits", r"^memory.max \d+", "memory.max 77"),
    ("limit memory.swap.max", "limits", r"^memory.swap.max \S+", "memory.swap.max 77"),
    ("limit pids.max", "limits", r"^pids.max \S+", "pids.max 77"),
    ("limit cpu.max", "limits", r"^cpu.max \S+", "cpu.max 77"),
    ("arguments of the hooks", "hooks", r"libnetwork-setkey|-exec-root", "x"),
    ("arguments of the hooks", "hooks", r"^.*\n", ""),
    ("state told to a hook", "hooks", r'"status":"creating"', '"status":"created"'),
    ("state told to a hook", "hooks", r'"pid":\d+', '"pid":1'),
]


def main(argv):
    containers = [load(path) for path in argv[1:]]
    bad = 0
    for subject, name, pattern, replacement in DOCTORED:
        noticed = applied = 0
        for e in containers:
            text = e["files"].get(name)
            if text is None or not could_apply(e, subject, replacement):
                continue
            text = text.replace("\r", "")
            # files are judged by what `stat` and `read` say, not by the listing that comes before them
            head = text.find("each=stat ") if re.match(r"\^\(?/", pattern) else 0
            doctored, n = re.subn(pattern, replacement.replace("HOST", host_value(e, pattern)), text[head:], count=1,
                                  flags=re.M)
            doctored = text[:head] + doctored
            if not n or doctored == text:
                continue
            applied += 1
            changed = dict(e, files=dict(e["files"], **{name: doctored}))
            if any(re.fullmatch(subject, d[0]) for d in differences(changed, changed["files"]["out"])):
                noticed += 1
            else:
                print(f"{e['id']}: nobody notices: {subject}: {pattern} -> {replacement}")
                bad += 1
        if not applied and not impossible(subject, containers):
            print(f"fits no container: {subject}: {pattern}")
            bad += 1
    print(f"{len(DOCTORED)} kinds of damage")
    return 1 if bad else 0


def impossible(subject, containers):
    """A limit of a controller that this host does not have"""
    return subject.startswith("limit ") and not any(
        subject[6:] in e["files"].get("limits", "") for e in containers)


def host_value(e, pattern):
    m = re.match(r"\^ns\.(\w+)", pattern)
    return e["host"]["ns"][m.group(1)] if m else ""


def could_apply(e, subject, replacement):
    """Is this subject one that the config of the container speaks of?"""
    words = subject.split(" ")
    mounts = [m for m in e["config"]["mounts"] if [m["destination"]] == words[1:2]]
    options = [o for m in mounts for o in m.get("options") or []]
    if words[0] == "mount" and words[-1] in ("mode", "size", "gid", "ptmxmode"):
        return any(o.startswith(words[-1] + "=") for o in options)
    if "master" in replacement:  # not wrong where nothing is said about propagation
        return "rprivate" in options
    said = []
    silent = dict(e, files={"out": ""})
    for check in CHECKS:
        check(silent, Output(""), lambda s, got, want: said.append(s))
    # of a mount nothing more is said when it is not there, and nothing of a hook that was not called
    return any(re.fullmatch(subject, x) for x in said) or subject.startswith(("mount ", "state told to a hook"))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
