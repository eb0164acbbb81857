# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The commands that are tried, and for each of them what its result is when it is complete: everything that an engine could
ask for afterwards is looked at, and what the container's program sees is compared with what it sees without a fault.
"""
import difflib
import os

from variants import DUMP, VARIANTS, cgroup_of
from world import (BERTH, OURS, TEST, WORK, Problem, bundle, command, normal, read, rt, rt_ok, state_of, until, wait_end,
                   write)

ID = "c1"
PIDFILE = TEST + "/pid"
LOG = WORK + "/log"


class Command:
    persistent = False      # the container may serve for the next fault as well
    success = 0
    args = DUMP             # of the container's program

    def __init__(self, variant):
        self.v = VARIANTS[variant]()
        self.v.begin()
        self.bundle = bundle(ID, self.v.config(self.args))
        if variant == "userns":
            os.system(f"chown -hR 100000:100000 {self.bundle}/rootfs")
        self.want = None

    # --- what a command overrides ---
    def before(self):
        """Bring about what the command is called on."""

    def argv(self):
        raise NotImplementedError

    def out(self):
        return WORK + "/output"

    def waiting(self):
        """A process that has to be followed beside the command."""

    def complete(self, r):
        """It said that it worked: raises Problem when that is not so."""

    def failed(self, r):
        """It said that it did not work."""

    def leaves_nothing(self, r):
        """It failed: is everything as if it had not been called, before anybody cleans up?"""
        return False

    def cut_off(self):
        """It had worked, and its berth-init was killed then: is that what can be seen?"""
        return False

    def again(self):
        """Without a fault, on what is there now; default: from the beginning."""
        self.remove()
        self.whole()

    # --- helpers ---
    def log(self):
        return read(LOG) or ""

    def whole(self):
        self.before()
        r = rt(*self.argv(), out=self.out())
        if r.rc != self.success or r.err:
            raise Problem(f"without a fault: {r}")
        self.complete(r)

    def remove(self):
        rt_ok("delete", "--force", ID)
        if os.path.exists(PIDFILE):
            os.unlink(PIDFILE)

    def make_pid_file(self, path):
        if self.v.pid_file is not None:
            write(path, self.v.pid_file)

    def check_pid_file_of_failure(self, path):
        """Not there, or as the engine made it."""
        text = read(path)
        if text != self.v.pid_file and text is not None:
            raise Problem(f"it failed and left a pid file: {text!r}")
        if text is not None:
            os.unlink(path)

    def create_argv(self, verb="create"):
        self.make_pid_file(PIDFILE)
        return [verb, "--bundle", self.bundle, "--pid-file", PIDFILE, *self.v.options(), ID]

    def create(self):
        self.v.begin()
        rt_ok(*self.create_argv(), out=WORK + "/output")

    def up(self):
        self.create()
        rt_ok("start", ID)
        self.pid = state_of(ID)["pid"]

    def expect_state(self, *allowed):
        s = state_of(ID)
        status = s["status"] if s else "none"
        if status not in allowed:
            raise Problem(f"the container is {status}")
        return s

    def check_created(self):
        s = self.expect_state("created")
        if read(PIDFILE) != str(s["pid"]):
            raise Problem(f"the pid file has {read(PIDFILE)!r}, not {s['pid']}")
        self.v.check_limits(s["pid"])
        self.v.created()
        return s["pid"]

    def compare(self, text):
        got = normal(text, self.v.joined)
        if self.want is None:
            if not any(line.startswith("mount=") for line in got):
                raise Problem(f"no dump: {text[:200]!r}")
            self.want = got
        elif got != self.want:
            diff = [d for d in difflib.unified_diff(self.want, got, lineterm="", n=0)][2:10]
            raise Problem("the program does not see what it should: " + " | ".join(diff))

    def check_ran(self, pid):
        if not wait_end(pid):
            raise Problem("the program does not end")
        self.compare(self.v.output())
        self.v.started()


class Create(Command):
    def argv(self):
        self.v.begin()
        return self.create_argv()

    def complete(self, r):
        if self.ended():
            return
        try:
            pid = self.check_created()
            rt_ok("start", ID)
        except Problem:
            if self.by_init() and until(self.ended):
                return  # it was on its way to its end when we looked
            raise
        self.check_ran(pid)
        rt_ok("delete", ID) if until(lambda: state_of(ID)["status"] == "stopped") else None
        self.v.deleted()

    def ended(self):
        """berth-init failed after it had said that it is ready: the container is there, and known to have stopped."""
        s = state_of(ID)
        return self.by_init() and s and s["status"] == "stopped" and s["pid"] == 0

    def by_init(self):
        return (read(WORK + "/report") or "").startswith("init")

    def failed(self, r):
        # where berth itself has no memory left it ends on the spot
        self.expect_state("none", *(["creating"] if "out of memory" in r.err else []))
        self.check_pid_file_of_failure(PIDFILE)


    def leaves_nothing(self, r):
        return "out of memory" not in r.err and "its container is left" not in r.err

    def cut_off(self):
        s = state_of(ID)
        return bool(s) and s["status"] == "stopped"


def waits_for_start(pid):
    """It is in accept4(2): create does not wait for that."""
    return (read(f"/proc/{pid}/syscall") or "").split(" ")[0] in ("288", "242")  # x86-64; what has the numbers of asm-generic


class Start(Command):
    def before(self):
        self.create()
        self.pid = state_of(ID)["pid"]
        if OURS and not until(lambda: waits_for_start(self.pid), 10):
            raise Problem("berth-init does not wait for start")

    def waiting(self):
        return self.pid

    def argv(self):
        return ["start", ID]

    def out(self):
        return WORK + "/stdout"

    def complete(self, r):
        self.check_ran(self.pid)

    def cut_off(self):
        # in the first moment of the program the killer may still take it for berth-init
        return not self.v.output()

    def failed(self, r):
        s = state_of(ID)
        if s and s["status"] == "running" and "out of memory" not in r.err:
            raise Problem("start failed and the program runs")
        if s and s["status"] == "created":
            rt_ok("start", ID)
            self.check_ran(self.pid)


class Run(Create):
    success = 7
    args = DUMP + [",", "exit", "7"]

    def argv(self):
        self.v.begin()
        return self.create_argv("run")

    def complete(self, r):
        self.compare(self.v.output())
        self.v.started() if not self.v_deleted() else None
        self.expect_state("none")

    def failed(self, r):
        # the program has ended and its container could not be removed: that is what was said
        if "its container is left" not in r.err:
            super().failed(r)

    def v_deleted(self):
        # with hooks: those of the end have run too
        if type(self.v).__name__ != "Hooks":
            return False
        self.v.deleted(self.log())
        return True


class RunDetached(Run):
    success = 0

    def argv(self):
        self.v.begin()
        a = self.create_argv("run")
        return [a[0], "--detach", *a[1:]]

    def complete(self, r):
        if not until(lambda: (state_of(ID) or {}).get("status") == "stopped"):
            raise Problem("the program does not end")
        self.compare(self.v.output())
        self.v.started()


class OnRunning(Command):
    """A command on a container that runs and goes on to do so."""
    persistent = True
    args = ["/bin/probe", "sleep", "100000"]

    def before(self):
        s = state_of(ID)
        if not s or s["status"] != "running":
            self.remove()
            self.up()

    def out(self):
        return WORK + "/exec.out"

    def again(self):
        self.whole()

    def alone(self):
        """No process of a failed command is left in the container."""
        def only():
            return (read(cgroup_of(self.pid) + "/cgroup.procs") or "").split() == [str(self.pid)]
        if not until(only):
            raise Problem("processes are left in the container")

    def failed(self, r):
        self.expect_state("running")
        self.alone()


class Exec(OnRunning):
    success = 7
    PIDFILE = TEST + "/exec.pid"
    detach = []

    def argv(self):
        if os.path.exists(self.PIDFILE):
            os.unlink(self.PIDFILE)
        self.make_pid_file(self.PIDFILE)
        self.v.begin()
        return ["exec", *self.detach, *self.terminal(), "--pid-file", self.PIDFILE, ID, *DUMP, ",", "exit", "7"]

    def terminal(self):
        if not self.v.console:
            return []
        return ["-t", "--console-socket", self.v.console.path]

    def complete(self, r):
        pid = read(self.PIDFILE)
        if not pid or not pid.isdigit():
            raise Problem(f"the pid file has {pid!r}")
        if not wait_end(int(pid)):
            raise Problem("the program does not end")
        self.compare(self.v.output() if self.v.console else read(self.out()))
        self.v.executed()
        os.unlink(self.PIDFILE)

    def failed(self, r):
        super().failed(r)
        self.check_pid_file_of_failure(self.PIDFILE)


class ExecDetached(Exec):
    success = 0
    detach = ["--detach"]

    def cut_off(self):
        # between its word that it becomes the program and the first of the program
        pid = read(self.PIDFILE) or ""
        if read(self.out()) or not pid.isdigit() or not wait_end(int(pid)):
            return False
        os.unlink(self.PIDFILE)
        return True


class Kill(Command):
    args = ["/bin/probe", "signal-wait"]
    all = []

    def before(self):
        self.up()
        if not until(lambda: "ready" in self.v.output()):
            raise Problem("the program is not ready")

    def argv(self):
        return ["kill", *self.all, ID, "USR1"]

    def out(self):
        return WORK + "/stdout"

    def complete(self, r):
        if not wait_end(self.pid):
            raise Problem("the program does not end")
        if "signal=10" not in self.v.output():
            raise Problem("the signal was another one")

    def failed(self, r):
        self.expect_state("running")
        self.goes_on()
        if "signal=" in self.v.output():
            raise Problem("kill failed and the signal came")

    def goes_on(self):
        if "frozen 0" not in read(cgroup_of(self.pid) + "/cgroup.events"):
            raise Problem("it is frozen")

    def again(self):
        if state_of(ID)["status"] == "running" and "signal=" not in self.v.output():
            rt_ok(*self.argv())
            self.complete(None)


class KillAll(Kill):
    all = ["--all"]

    def failed(self, r):
        # it may have got the signal: then it ends of it, and else it goes on
        if self.expect_state("running", "stopped")["status"] == "stopped" or "signal=" in self.v.output():
            self.complete(r)
        else:
            self.goes_on()


class Delete(Command):
    args = ["/bin/probe", "sleep", "100000"]
    force = []

    def before(self):
        self.create()

    def argv(self):
        return ["delete", *self.force, ID]

    def out(self):
        return WORK + "/stdout"

    def complete(self, r):
        if state_of(ID):
            raise Problem("it is still there")
        self.v.deleted(self.log())

    def failed(self, r):
        rt_ok("list")

    def again(self):
        rt_ok("delete", "--force", ID)


class DeleteForce(Delete):
    force = ["--force"]

    def before(self):
        self.up()


class Update(OnRunning):
    def argv(self):
        return ["update", "--resources", WORK + "/resources.json", ID]

    def before(self):
        import json
        super().before()
        with open(WORK + "/resources.json", "w") as f:
            json.dump(self.v.resources(2), f)
        rt_ok(*self.argv())
        with open(WORK + "/resources.json", "w") as f:
            json.dump(self.v.resources(3), f)

    def complete(self, r):
        self.v.check_limits(self.pid, 3)

    def failed(self, r):
        super().failed(r)
        self.v.check_limits(self.pid, 2)


class Pause(OnRunning):
    def before(self):
        if (state_of(ID) or {}).get("status") == "paused":
            rt_ok("resume", ID)
        super().before()

    def argv(self):
        return ["pause", ID]

    def complete(self, r):
        self.expect_state("paused")
        if "frozen 1" not in read(cgroup_of(self.pid) + "/cgroup.events"):
            raise Problem("it is not frozen")


class Resume(OnRunning):
    def before(self):
        if (state_of(ID) or {}).get("status") not in ("running", "paused"):
            self.remove()
            self.up()
        rt_ok("pause", ID)

    def argv(self):
        return ["resume", ID]

    def complete(self, r):
        self.expect_state("running")
        if "frozen 0" not in read(cgroup_of(self.pid) + "/cgroup.events"):
            raise Problem("it is frozen")

    def failed(self, r):
        # what was let go is not stopped again because its look was not seen
        self.expect_state("paused", "running")


class Look(OnRunning):
    """Commands that change nothing: what they print is whole or they fail."""
    def __init__(self, variant):
        super().__init__(variant)
        self.text = None

    def before(self):
        if not (state_of(ID) or {}).get("pid"):
            self.text = None
        super().before()

    def complete(self, r):
        text = self.comparable(read(self.out()))
        if self.text is None:
            self.text = text
        if text != self.text:
            raise Problem(f"it printed {text!r} instead of {self.text!r}")

    def comparable(self, text):
        return text


class State(Look):
    def argv(self):
        return ["state", ID]


class List(Look):
    def argv(self):
        return ["list", "--format", "json"]

    def complete(self, r):
        # one that cannot be read is told in the log, and does not keep the others from being listed
        if 'container "' not in self.log():
            super().complete(r)


class Ps(Look):
    def argv(self):
        return ["ps", "--format", "json", ID]


COMMANDS = {"create": Create, "start": Start, "run": Run, "run_detached": RunDetached, "exec": Exec,
            "exec_detached": ExecDetached, "kill": Kill, "kill_all": KillAll, "delete": Delete,
            "delete_force": DeleteForce, "update": Update, "pause": Pause, "resume": Resume, "state": State,
            "list": List, "ps": Ps}


def call(c):
    if os.path.exists(LOG):
        os.unlink(LOG)
    # a hook of the end that could not be run is a warning, which most commands keep to themselves
    level = ["--log-level", "warning"] if os.path.basename(BERTH).startswith("berth") else []
    return command("--log", LOG, *level, *c.argv())
