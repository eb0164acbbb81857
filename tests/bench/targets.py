# SPDX-License-Identifier: LGPL-2.1-or-later
"""What berth is to reach, and whether a record of bench.py says that it does."""
import statistics


def median(record, name, op, key):
    samples = record["results"].get(name, {}).get(op)
    return statistics.median(x[key] for x in samples) if samples else None


def rows(record):
    """(what, value, limit, unit): value is None where there was nothing to compare with."""
    ref, extra = record["ref"], record["extra"]

    def ratio(op, name, key):
        a, b = median(record, "berth", op, key), median(record, name, op, key)
        return a / b if a and b else None

    def of_extra(key):
        a, b = extra["berth"].get(key), extra.get(ref, {}).get(key)
        return a / b if a and b else None

    for op in ("run", "create", "start", "exec", "delete"):
        for key, word in (("wall", "wall"), ("cpu", "processor")):
            yield f"{op}: {word} time to that of {ref}", ratio(op, ref, key), 0.5, ""
            yield f"{op}: {word} time to that of the floor", ratio(op, "floor", key), 1.3, ""
    for op in ("state", "kill"):
        for key, word in (("wall", "wall"), ("cpu", "processor")):
            yield f"{op}: {word} time to that of {ref}", ratio(op, ref, key), 0.4, ""
    warm, plain = median(record, "berth", "run+seccomp", "wall"), median(record, "berth", "run", "wall")
    yield "what a seccomp profile adds, warm", warm - plain if warm and plain else None, 0.3, " ms"
    for key, word in (("wall", "wall"), ("cpu", "processor")):
        yield f"run with a new seccomp profile: {word} time to that of {ref}", ratio("run+seccomp-cold", ref, key), 1.0, ""
    yield "system calls of a run, the program's own included", extra["berth"].get("syscalls of a run"), 250, ""
    yield f"user instructions of a create to those of {ref}", of_extra("user instructions of a create"), 0.3, ""
    for op in ("run", "create", "start", "state", "exec", "kill", "delete"):
        yield f"{op}: peak memory to that of {ref}", ratio(op, ref, "rss"), 0.5, ""
    private = record["private"].get("berth")
    yield "private memory of a waiting init", statistics.median(private) if private else None, 128, " KB"
    most = [(int(n), v[0]) for n, v in record["many"].items()]
    if len(most) > 1:
        most.sort()
        yield f"create with {most[-1][0]} containers to one with none", most[-1][1] / most[0][1], 1.1, ""
    for jobs in (1, 2, 8):
        r = of_extra(f"runs a second, {jobs} at a time")
        yield f"time of a run, {jobs} at a time, to that of {ref}", 1 / r if r else None, 0.5, ""


def verdict(value, limit):
    return "not measured" if value is None else "met" if value <= limit else "missed"


def shown(value, unit):
    return "-" if value is None else f"{value:.2f}{unit}" if value < 10 else f"{value:,.0f}{unit}"


def lines(record):
    for what, value, limit, unit in rows(record):
        yield f"{verdict(value, limit):13} {what}: {shown(value, unit)}, at most {limit}{unit}"
