# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Before the story: the machine's nodes, and images made here from Debian packages.

stage0()
{
	stage "Before: the nodes, and images from Debian packages"
	local n other told
	# Nothing else can run a container: what the machine has of other runtimes, and docker's builder calls, is berth too.
	for other in /usr/sbin/runc /usr/bin/runc /usr/bin/crun; do
		[ ! -e "$other" ] || mount --bind "$BERTH" "$other"
	done
	wire
	for n in $NODES; do
		node_up "$n"
	done
	[ -e "$IMAGES/manifest.json" ] || must "$HERE/images" "$IMAGES"
	for n in $NODES; do
		must wait_for 60 node_ready "$n"
		watch_events "$n"
	done
	told=$(default_runtimes)
	verdict "default runtime on every node" "$told" same "$told" "${NODES//[0-9]/berth}"
	tar -c -C "$IMAGES" . | must d 1 load || exit 1
	told=$(loaded)
	verdict "images made here from packages of Debian" "$told" same "$told" \
		"app:1 app:2 app:3 base:latest chat:latest registry:latest somedatabase:latest web:latest"
}

default_runtimes()
{
	local n
	for n in $NODES; do
		d "$n" info --format '{{.DefaultRuntime}}'
	done | paste -sd ' '
}

loaded()
{
	d 1 images --format '{{.Repository}}:{{.Tag}}' | sort | paste -sd ' '
}
