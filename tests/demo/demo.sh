#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# `make demo`: one container from its plan to its end. Makes a bundle with a busybox root in a temporary folder, shows
# what berth is about to do, does it, looks at it from inside and outside, and removes it. Needs root and a cgroup2 mount.
set -u
BERTH=${BERTH:-$PWD/berth}
ID=demo-$$
work=$(mktemp -d "${TMPDIR:-/tmp}/berth-demo.XXXXXX")
bundle=$work/bundle
bad=0

berth()
{
	"$BERTH" --root "$work/state" "$@"
}

cleanup()
{
	berth delete --force "$ID" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

say()
{
	printf '\n\033[1m# %s\033[0m\n' "$*"
}

show()
{
	printf '$ berth %s\n' "$*"
	berth "$@" || { echo "demo: that failed" >&2; exit 1; }
}

check() # TEXT CONDITION...
{
	local text=$1
	shift
	if "$@"; then
		echo "  ok: $text"
	else
		echo "  NOT ok: $text"
		bad=1
	fi
}

[ "$(id -u)" = 0 ] || { echo "demo: must be run as root" >&2; exit 1; }
busybox=$(command -v busybox) || { echo "demo: busybox is missing (package busybox-static)" >&2; exit 1; }

say "A bundle: a root with busybox, and the config that \`berth spec\` writes, edited with jq"
mkdir -p "$bundle"/rootfs/{bin,dev,etc,proc,sys,tmp,root}
cp "$busybox" "$bundle/rootfs/bin/busybox"
for applet in $("$busybox" --list); do
	[ "$applet" = busybox ] || ln -s busybox "$bundle/rootfs/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$bundle/rootfs/etc/passwd"
berth spec --bundle "$bundle" || exit 1
# shellcheck disable=SC2016
jq '.process.terminal = false
	| .process.args = ["/bin/sh", "-c", "echo hello from pid $$ on $(hostname); trap \"exit 0\" TERM; while :; do sleep 1; done"]
	| .process.env = ["PATH=/bin", "TERM=dumb"]
	| .hostname = "demo"
	| .root = {path: "rootfs", readonly: true}
	| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["reboot", "swapon", "kexec_load"], action: "SCMP_ACT_ERRNO"}]}' \
	"$bundle/config.json" >"$work/config" && mv "$work/config" "$bundle/config.json"
ls "$bundle" "$bundle/rootfs"

say "What berth would do (first and last lines of the plan; nothing has happened yet)"
show plan "$bundle" >"$work/plan"
head -n 24 "$work/plan"
echo "  ... $(wc -l <"$work/plan") lines in all"

say "Create it, and look at it before it starts"
mkfifo "$work/out"
cat "$work/out" >"$work/log" &
reader=$!
printf '$ berth create --bundle %s %s\n' "$bundle" "$ID"
berth create --bundle "$bundle" --pid-file "$work/pid" "$ID" >"$work/out" 2>&1 </dev/null || {
	wait $reader
	cat "$work/log"
	exit 1
}
pid=$(<"$work/pid")
show state "$ID"
echo "  memory of the waiting berth-init: $(awk '/^Private/ { n += $2 } END { print n " kB private" }' "/proc/$pid/smaps_rollup")"

say "Start it"
show start "$ID"
for _ in $(seq 50); do
	grep -q hello "$work/log" && break
	sleep 0.1
done
cat "$work/log"
show list

say "Look inside"
echo "$ berth exec $ID /bin/sh -c ..."
berth exec "$ID" /bin/sh -c 'echo "pid 1 is: $(tr "\0" " " </proc/1/cmdline | cut -c1-40)"
	echo "hostname:  $(hostname)"
	echo "processes:"; ps -o pid,comm | sed "s/^/  /"
	echo "root:      $(touch /file 2>&1 || true)"
	echo "mounts:"; cut -d " " -f 5,6 /proc/self/mountinfo | sed "s/^/  /"
	grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/1/status
	echo "cgroup:    $(cat /proc/self/cgroup | tail -n 1)"
	echo "devices:   $(ls /dev | tr "\n" " ")"'
cgroup=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
echo "cgroup as the host sees it: $cgroup"
check "its hostname is not the host's" test "$(berth exec "$ID" /bin/hostname)" != "$(uname -n)"
check "it has a pid namespace of its own" test "$(readlink "/proc/$pid/ns/pid")" != "$(readlink /proc/self/ns/pid)"
check "the seccomp filter is on" grep -q '^Seccomp:	2' "/proc/$pid/status"
check "it is in its own cgroup" test "$cgroup" != "$(sed -n 's/^0:://p' /proc/self/cgroup)"

say "Stop and remove it"
show kill "$ID" TERM
for _ in $(seq 50); do
	[ "$(berth state "$ID" | jq -r .status)" = stopped ] && break
	sleep 0.1
done
berth state "$ID" | jq -c '{id, status, pid}'
show delete "$ID"
wait $reader

say "Nothing is left"
mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
# what its new parent has not asked about yet is a zombie: a number, no process
check "no process" test "$(sed -n 's/^State:[[:space:]]*\([A-Z]\).*/\1/p' "/proc/$pid/status" 2>/dev/null | tr -d Z)" = ""
check "no container in the state folder" test -z "$(berth list -q)"
check "no cgroup" test ! -d "$mount$cgroup"
check "no mount" test -z "$(grep "$work" /proc/self/mountinfo)"
[ $bad = 0 ] || exit 1
echo
echo "demo: ok"
