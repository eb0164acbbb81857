# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016 source-path=SCRIPTDIR
#
# buildah: working containers and what runs in them.

. ./podman.inc
export SHORT_OPS="run"
[ "$MODE" = root ] || SHORT_OPS="build"

engine_version()
{
	buildah version 2>/dev/null | sed -n 's/^Version: *//p'
}

after_op()
{
	buildah rm -a >/dev/null 2>&1 || true
}

# b: buildah with this runtime and driver; isolation "oci", as rootless it would take a chroot otherwise. For the
# driver buildah has no option: it is what the configuration says.
b()
{
	printf '[engine]\ncgroup_manager = "%s"\n' "$DRIVER" >"$OPDIR/driver.conf"
	CONTAINERS_CONF_OVERRIDE=$OPDIR/driver.conf BUILDAH_RUNTIME=${RUNTIME:-$BIN/$RT} \
		BUILDAH_ISOLATION=$([ "$MODE" = root ] && echo oci || echo rootless) ${VIA:-} buildah "$@"
}

# a working container W
working()
{
	W=$(b from "$IMG")
}

op_run()
{
	working
	eq "$(b run "$W" echo hello)" hello
	eq "$(grep -c -e --systemd-cgroup <<<"$(last_create "$BIN/$RT.trace")")" "$([ "$DRIVER" = systemd ] && echo 1 || echo 0)" "driver"
	eq "$(b run "$W" sh -c 'id -u; cat /proc/1/comm')" $'0\ncat'
	b run "$W" touch /made
	eq "$(b run "$W" ls /made)" /made
}

# another PATH: a runtime of that name, which is the same one with a trace of its own
another()
{
	cp "$BIN/$RT" "$1"
	ln -s "$(readlink -f "$BIN/$RT.real")" "$1.real"
	: >"$1.trace"
}

# another_made N WORDS: containers by now
another_made()
{
	eq "$(made "$OPDIR/another.trace")" "$1" "containers made with $2"
}

# the ways to say which runtime: the option, the variable, at `run` and at `build`
op_runtime()
{
	local x=$OPDIR/another
	another "$x"
	working
	printf 'FROM %s\nRUN true\n' "$IMG" >Containerfile
	eq "$(b run "$W" echo usual)" usual
	another_made 0 neither
	eq "$(b run --runtime "$x" "$W" echo option)" option
	another_made 1 "run --runtime"
	eq "$(RUNTIME=$x b run "$W" echo variable)" variable
	another_made 2 "BUILDAH_RUNTIME and run"
	b build -q --no-cache --network none -t localhost/made . >/dev/null
	another_made 2 neither
	b build -q --no-cache --network none -t localhost/made --runtime "$x" . >/dev/null
	another_made 3 "build --runtime"
	RUNTIME=$x b build -q --no-cache --network none -t localhost/made . >/dev/null
	another_made 4 "BUILDAH_RUNTIME and build"
	eq "$(RUNTIME=$x b run --isolation chroot "$W" echo none)" none
	another_made 4 "--isolation chroot"
	RUNTIME=$x b build -q --no-cache --network host -t localhost/made --isolation chroot . >/dev/null
	another_made 4 "build --isolation chroot"
	podman rmi -f localhost/made >/dev/null
}

op_exit_status()
{
	working
	fails 5 b run "$W" sh -c 'exit 5'
	fails 3 b run "$W" sh -c 'kill -9 $$; exit 3' # from within its namespace the first process cannot be killed
	fails 1 b run --pid host "$W" sh -c 'kill -9 $$' # buildah has no status for that, only words
	has "$OUT" killed
	b run "$W" nothing-like-it && die "no failure"
	b run "$W" true
}

op_stdin()
{
	working
	eq "$(seq 20000 | b run "$W" wc -l)" 20000
}

op_terminal()
{
	working
	VIA=in_terminal fails 5 b run -t "$W" sh -c "tty; $SIZE; exit 5"
	has "$OUT" /dev/pts/ "30 100"
}

op_options()
{
	working
	mkdir v
	echo out >v/f
	eq "$(b run -v "$OPDIR/v:/v:ro" "$W" cat /v/f)" out
	eq "$(b run --user user "$W" id -u)" 1000
	eq "$(b run --workingdir /etc "$W" pwd)" /etc
	eq "$(b run --hostname h.test "$W" hostname)" h.test
	eq "$(b run --env A=b "$W" sh -c 'echo $A')" b
	eq "$(b run --network none "$W" ip -o link | grep -c .)" 1
	match "$(b run --cap-drop all "$W" grep CapEff /proc/self/status)" '0000000000000000$'
	has "$(b run --cap-add CAP_NET_ADMIN --no-pivot "$W" echo fine)" fine
}

op_namespaces()
{
	local ns
	working
	for ns in ipc uts pid; do
		same "$(b run --$ns host "$W" readlink /proc/self/ns/$ns)" "$(readlink /proc/self/ns/$ns)"
	done
	differ "$(b run "$W" readlink /proc/self/ns/pid)" "$(readlink /proc/self/ns/pid)" "host and container"
}

op_userns()
{
	only root
	W=$(b from --userns-uid-map 0:200000:5000 --userns-gid-map 0:200000:5000 "$IMG")
	eq "$(b run "$W" cat /proc/self/uid_map | tr -s ' ')" " 0 200000 5000"
	b run "$W" touch /data/x
}

op_commit()
{
	working
	b run "$W" sh -c 'echo more >/data/more'
	b config --cmd 'cat /data/more' "$W"
	b commit -q "$W" localhost/made >/dev/null
	eq "$(p run --rm localhost/made)" more
	podman rmi -f localhost/made >/dev/null
}

op_build()
{
	printf 'FROM %s\nRUN echo built >/built; grep NoNewPrivs /proc/self/status\nRUN --network=none ip -o link | wc -l >/links\n' \
		"$IMG" >Containerfile
	b build -q -t localhost/made . >/dev/null
	eq "$(p run --rm localhost/made cat /built /links)" $'built\n1'
	printf 'FROM %s\nRUN exit 6\n' "$IMG" >Containerfile
	fails 6 b build -q .
	podman rmi -f localhost/made >/dev/null
}

op_build_jobs()
{
	printf 'FROM %s AS a\nRUN sleep 1; echo a >/f\nFROM %s AS b\nRUN sleep 1; echo b >/f\nFROM %s\nCOPY --from=a /f /a\nCOPY --from=b /f /b\n' \
		"$IMG" "$IMG" "$IMG" >Containerfile
	b build -q --jobs 2 -t localhost/made . >/dev/null
	eq "$(p run --rm localhost/made cat /a /b)" $'a\nb'
	podman rmi -f localhost/made >/dev/null
}
