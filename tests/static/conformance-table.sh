#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every binding requirement of the runtime-spec on the runtime has a test or the reason why there is none; and every test of the
# suite names the breakage that it was seen to fail with.
set -u
cd "$(dirname "$0")/../../conformance" || exit 1
./check-table || bad=1
./list | awk -F '\t' '$6 == "" { print $1 ": no breakage is written down"; n++ } $5 == "" { print $1 ": shows nothing"; n++ }
	END { exit n > 0 }' || bad=1
exit "${bad:-0}"
