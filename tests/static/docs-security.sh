#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/SECURITY.md: each function that it names is defined in the file that it names, each test is there, and each row of the
# invariants has both.
set -u
cd "$(dirname "$0")/../.." || exit 1
page=docs/SECURITY.md
bad=0 n=0

complain()
{
	echo "$page: $*"
	bad=1
}

# A definition at the start of a line, not a declaration.
defined()
{
	awk -v name="$2" '$0 ~ "^[a-z].*[ *]" name "\\(" { open = 1 } open && /;$/ { open = 0 } open && /^\{/ { found = 1 } /^\{/ { open = 0 }
		END { exit !found }' "$1"
}

while read -r span; do
	n=$((n + 1))
	case $span in
	*:*'()')
		file=${span%%:*} function=${span##*:}
		[ -f "$file" ] || { complain "no file $file"; continue; }
		defined "$file" "${function%()}" || complain "no $function in $file"
		;;
	unit/*/*)
		IFS=/ read -r _ file case <<<"$span"
		grep -qx "T_TEST($case)" "tests/unit/test_$file.c" 2>/dev/null || complain "no test $span"
		;;
	[0-9][0-9]-*/*)
		grep -qx "test_${span#*/}()" "tests/integration/${span%%/*}.sh" 2>/dev/null || complain "no test $span"
		;;
	tests/*) [ -e "$span" ] || complain "no $span" ;;
	*) n=$((n - 1)) ;;
	esac
done < <(grep -o '`[^`]*`' "$page" | tr -d '`')
[ "$n" -gt 100 ] || complain "only $n functions and tests"

rows=0
while IFS='|' read -r _ what code tests _; do
	rows=$((rows + 1))
	[[ $code == *'()`'* ]] || complain "nothing enforces:$what"
	[[ $tests == *'/'* ]] || complain "nothing tests:$what"
done < <(sed -n '/^## Invariants/,$p' "$page" | grep '^| ' | grep -v '^| invariant')
[ "$rows" -gt 30 ] || complain "only $rows invariants"
exit $bad
