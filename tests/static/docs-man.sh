#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The man pages docs/man against the tables of the program, as --help prints them: each command has a page and each page a
# command; the options of a page are those of the table, letter, name and value; the line in NAME is the summary, and the example of
# the help is among the EXAMPLES. Options that are accepted and ignored, which the help leaves out, are taken from the source.
set -u
cd "$(dirname "$0")/../.." || exit 1
BERTH=${BERTH:-build/berth}
bad=0

complain()
{
	echo "$*"
	bad=1
}

# section PAGE NAME
section()
{
	# "# " in a code block is a prompt
	awk -v name="$2" '/^```/ { code = !code } !code && /^# / { on = $0 == "# " name; next } on' "$1"
}

# written LETTER-AND-NAME lines: how a page writes the options of a help text on stdin
written()
{
	sed -n '/^Options:/,/^Example:/p' |
		sed -n -E 's/^  (-[a-zA-Z0-9],|   ) (--[a-z0-9-]+)( [^ ]+)?(  .*)?$/\1\2\3/p' |
		sed -E 's/^ +//; s/^(-.),/**\1**, /; s/--([a-z0-9-]+)/**--\1**/; s/ ([^* ]+)$/ *\1*/'
}

# ignored FILE...: the same of rows that are accepted and ignored
ignored()
{
	sed -n -E "s/^\t\{ \"([a-z0-9-]+)\", ('(.)'|0), OPT_IGNORE_(FLAG|VALUE), 0, (NULL|\"([^\"]*)\").*/\3 **--\1** *\6*/p" "$@" |
		sed -E 's/^ //; s/^(.) \*\*--/**-\1**, **--/; s/ \*\*$//'
}

# compare PAGE OPTIONS: the list of the tables with the page's
compare()
{
	local line
	while IFS= read -r line; do
		case $line in
		'<'*) complain "$1: no option ${line#??}" ;;
		'>'*) complain "$1: no such option: ${line#??}" ;;
		esac
	done < <(diff <(grep . <<<"$2" | sort -u) <(section "$1" OPTIONS | grep '^\*\*-' | sort -u))
}

commands=$("$BERTH" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ] || { echo "berth help lists no commands"; exit 1; }
for c in $commands; do
	page=docs/man/berth-$c.8.md
	[ -e "$page" ] || { complain "$page is missing: a man page as the others in docs/man"; continue; }
	help=$("$BERTH" help "$c")
	compare "$page" "$(written <<<"$help"; ignored "runtime/cmd/$c.c")"
	[ "$(section "$page" NAME | grep .)" = "berth-$c - $(sed -n 3p <<<"$help")" ] ||
		complain "$page: NAME is not \"berth-$c - $(sed -n 3p <<<"$help")\""
	example=$(sed -n '/^Example:/{n;s/^  //p;}' <<<"$help")
	[ -n "$example" ] || complain "berth $c --help has no example"
	section "$page" EXAMPLES | sed -n 's/^[#$] //p' | grep -qxF -- "$example" || complain "$page, EXAMPLES: no \"$example\""
	for heading in SYNOPSIS DESCRIPTION 'SEE ALSO'; do
		section "$page" "$heading" | grep -q . || complain "$page: no $heading"
	done
	grep -qF "[berth-$c(8)](berth-$c.8.md)" docs/man/berth.8.md || complain "docs/man/berth.8.md: no row for $c"
done
compare docs/man/berth.8.md "$("$BERTH" help | written; ignored runtime/main.c)"
for page in docs/man/berth-*.8.md; do
	c=${page#docs/man/berth-}
	grep -qx -- "${c%.8.md}" <<<"$commands" || complain "$page: no such command"
done
exit $bad
