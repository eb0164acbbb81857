# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the tests of this folder share, beside tests/integration/lib.sh. FULL=1: everything, else a sample.

FULL=${FULL:-0}
[ "$FULL" = 1 ] || FULL=0

# Of the jail's own, so that nobody else's files come and go there; a tree that lies below it stays visible.
exec 9<"$REPO"
mount -t tmpfs -o mode=1777 none /tmp || exit 1
if [[ $REPO == /tmp/* ]]; then
	mkdir -p "$REPO" && mount --bind /proc/self/fd/9 "$REPO" && cd "$REPO" || exit 1
fi
exec 9<&-

# faults fail|kill COMMAND VARIANT: see faults.py
faults()
{
	python3 -B "$REPO/tests/fault/faults.py" "$@" || die "see above"
}

# some_faults ...: a third of the sample, where another test has most of the same calls
some_faults()
{
	SAMPLE=$(((${SAMPLE:-24} + 2) / 3)) faults "$@"
}

# count NAME=N...: for the sums that tests/fault/run prints
count()
{
	echo "counts $*"
}
