#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/commands.md against the tables of the program: each command has a section, and each option of it is named there.
set -u
cd "$(dirname "$0")/../.." || exit 1
BERTH=${BERTH:-build/berth}
page=docs/commands.md
bad=0

# section NAME: the text of a command; pause and resume share one
section()
{
	awk -v name="$1" '/^## / { on = index(" " $0 " ", " " name " ") > 0 } on' "$page"
}

check()
{
	local text
	text=$(section "$1")
	if [ -z "$text" ]; then
		echo "$page has no section on $1"
		bad=1
	fi
	for option in $2; do
		grep -q -e "\`$option[\` ]" <<<"$text" && continue
		echo "$page, $1: no $option"
		bad=1
	done
}

options()
{
	sed -n -E 's/^  .*(--[a-z0-9-]+).*/\1/p' | sort -u
}

commands=$("$BERTH" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ] || { echo "berth help lists no commands"; exit 1; }
for c in $commands; do
	case $c in
	run) check run "$(comm -23 <("$BERTH" help run | options) <("$BERTH" help create | options))" ;;
	*) check "$c" "$("$BERTH" help "$c" | options)" ;;
	esac
done
for option in $("$BERTH" help | sed -n '/^Options:/,$p' | options); do
	grep -q -e "\`$option[\` ]" "$page" && continue
	echo "$page: no $option"
	bad=1
done
exit $bad
