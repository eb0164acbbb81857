#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""usage: complete.py bash|zsh|fish FOLDER <LINES

Types each line into an interactive shell that has loaded the completions of FOLDER, asks for all completions of its last word, and
prints them, a line for a line.
"""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

# the line as it is, with the number of the answer: an echo or a late answer is not taken for it
SHOWN = r"@@%d:([^\r\n]*)@@"
BASH = r"""
. %(folder)s/berth.bash
show() { printf '@@%%d:%%s@@\n' $((++shown)) "$READLINE_LINE"; }
bind -x '"\C-xp": show'
bind '"\C-xa": insert-completions'
"""
ZSH = r"""
fpath=(%(folder)s $fpath)
autoload -U compinit && compinit -u -D
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches:*' insert yes
zstyle ':completion:all-matches::::' completer _all_matches _complete
bindkey '^Xa' all-matches
show() { zle -I; print -r -- "@@$((++shown)):$BUFFER@@" }
zle -N show
bindkey '^Xp' show
"""


def read_until(fd, pattern, seconds=20):
    text, end = "", time.monotonic() + seconds
    while not re.search(pattern, text, re.S):
        left = end - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            sys.exit(f"the shell does not say {pattern}: {text!r}")
        text += os.read(fd, 65536).decode(errors="replace")
    return text


class Typist:
    """An interactive shell."""

    def __init__(self, shell, argv, setup):
        self.shown = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", HISTFILE="/dev/null", PS1="ready> ", INPUTRC="/dev/null")
            os.execvp(shell, argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 2000, 0, 0))
        with open("complete.rc", "w", encoding="utf-8") as f:
            f.write(setup)
        read_until(self.fd, "ready> ")
        os.write(self.fd, b". ./complete.rc; echo set''up\n")
        read_until(self.fd, r"setup\r?\n.*ready> ")

    def keys(self, text):
        """Types, and tells what the line is then."""
        self.shown += 1
        os.write(self.fd, text.encode() + b"\x18p")
        return re.search(SHOWN % self.shown, read_until(self.fd, SHOWN % self.shown)).group(1)

    def complete(self, line):
        """The last word of the line with all completions in its place."""
        for _ in range(5):
            if self.keys("\x15") == "" and self.keys(line) == line:
                break
        else:
            sys.exit(f"the line cannot be typed: {line}")
        full = self.keys("\x18a")
        return full[line.rindex(" ") + 1:].split() if full.rstrip() != line.rstrip() else []

    def close(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


def fish(folder, lines):
    script = "source $argv[1]/berth.fish; for l in $argv[2..-1]; complete -C $l; echo @@; end"
    out = subprocess.run(["fish", "--no-config", "-c", script, folder, *lines], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [[w.split("\t")[0] for w in part.splitlines() if w] for part in out.split("@@\n")]


def main():
    shell, folder = sys.argv[1:]
    lines = sys.stdin.read().splitlines()
    if shell == "fish":
        results = fish(folder, lines)
    else:
        argv = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
        results = []
        for line in lines:  # a shell a line: what one has shown and inserted is not there for the next
            typist = Typist(shell, argv, {"bash": BASH, "zsh": ZSH}[shell] % {"folder": folder})
            results.append(typist.complete(line))
            typist.close()
    for result in results[:len(lines)]:
        print(" ".join(sorted({w.rstrip("/") for w in result})))


main()
