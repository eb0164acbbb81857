#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `make bench-vm` measured, as tables.

  vm_tables.py modes			the names of the modes
  vm_tables.py record VM OUT JSON	what the guest said, as JSON; fails when a mode is not complete
"""
import json, os, statistics, sys

MODES = {
    "root-cgroupfs": "root, cgroupfs",
    "root-systemd": "root, systemd",
    "user-cgroupfs": "user, cgroupfs",
    "user-systemd": "user, systemd",
    "podman-systemd": "as podman, systemd",
}
MACHINES = {"uml": "User-mode Linux", "qemu": "QEMU without KVM"}
EARLY = "as the guest ended early"


def record(machine, lines):
    """{"title", "versions", "failed": {mode: words}, "results": {mode: {runtime: {operation: [sample]}}}}"""
    d = {"title": "", "versions": {}, "failed": {}, "results": {}}
    up = ["?"] * 5
    for line in lines:
        words = line.rstrip("\n").split(" ", 4)
        if words[0] != "##":
            continue
        if words[1] == "up":
            up = words
        elif words[1] == "version":
            d["versions"][words[2]] = " ".join(words[3:])
        elif words[1] == "begin":
            d["failed"][words[2]] = EARLY
        elif words[1] == "end" and d["failed"][words[2]] == EARLY:
            del d["failed"][words[2]]
        elif words[1] == "failed":
            d["failed"][words[2]] = " ".join(words[3:])
        elif words[1] == "life":
            of = d["results"].setdefault(words[2], {}).setdefault(words[3], {})
            for op, sample in json.loads(words[4]).items():
                of.setdefault(op, []).append(sample)
    rounds = max((len(s["run"]) for m in d["results"].values() for s in m.values()), default=0)
    d["title"] = (f"{MACHINES[machine]}, Linux {up[2]}, systemd {up[4]}, on a machine with load {os.getloadavg()[1]:.0f}, "
                  f"{rounds} rounds")
    return d


# (head, key of a sample, of the samples, as text, only of modes with systemd). User-mode Linux counts processor time in ticks of
# 10 ms: a median of those says nothing, a mean does.
TABLES = (
    ("wall ms, median: berth / crun", "wall", statistics.median, ".1f", False),
    ("processor ms, mean: berth / crun", "cpu", statistics.mean, ".1f", False),
    ("processor ms of systemd and its bus, mean: with berth / with crun", "manager", statistics.mean, ".1f", True),
    ("peak KB, median: berth / crun", "rss", statistics.median, ".0f", False),
)


def tables(d):
    """Lines of Markdown."""
    yield d["title"] + ". " + "; ".join(f"{n}: {v}" for n, v in d["versions"].items()) + "."
    yield ""
    done = [m for m in MODES if m in d["results"] and m not in d["failed"]]
    for head, key, of, form, systemd in TABLES:
        modes = [m for m in done if m.endswith("systemd") or not systemd]
        if not modes:
            continue
        yield f"| {head} | " + " | ".join(MODES[m] for m in modes) + " |"
        yield "|---|" + "---:|" * len(modes)
        for op in d["results"][modes[0]]["berth"]:
            cells = []
            for m in modes:
                a, b = (of([s[key] for s in d["results"][m][name][op]]) for name in ("berth", "crun"))
                cells.append(f"{a:{form}} / {b:{form}}" + (f" = {a / b:.2f}" if b and not systemd else ""))
            yield f"| {op} | " + " | ".join(cells) + " |"
        yield ""
    for mode, words in d["failed"].items():
        yield f"* {MODES[mode]}: not measured, {words}"


def main():
    if sys.argv[1:] == ["modes"]:
        print(*MODES)
        return
    _, _, machine, out, target = sys.argv
    d = record(machine, open(out))
    json.dump(d, open(target, "w"))
    sys.exit(1 if d["failed"] or not d["results"] else 0)


if __name__ == "__main__":
    main()
