#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/audit.md lists the rules of the program, each with its severities and its title, and no other; and rules' ids are
# distinct.
set -u
cd "$(dirname "$0")/../.." || exit 1
BERTH=${BERTH:-build/berth}
rules=$("$BERTH" audit --rules) || exit 1
[ "$(wc -l <<<"$rules")" -gt 100 ] || { echo "few rules"; exit 1; }
dup=$(cut -f 1 <<<"$rules" | sort | uniq -d)
[ -z "$dup" ] || { echo "twice: $dup"; exit 1; }
diff <(awk -F '\t' '{ print "| `" $1 "` | " $2 " | " $3 " | " $4 " |" }' <<<"$rules") <(sed -n '/^## Rules/,$p' docs/audit.md | grep '^| `')
