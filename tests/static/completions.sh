#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The completions that are kept in the repository are those that the tables of the program give (else: make completions).
set -u
cd "$(dirname "$0")/../.." || exit 1
export BERTH=${BERTH:-build/berth}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
packaging/completions/generate "$made" || exit 1
for f in "$made"/*; do
	diff -u "packaging/completions/${f##*/}" "$f" || { echo "packaging/completions/${f##*/} is out of date: make completions"; bad=1; }
done
exit "${bad:-0}"
