#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What `make check-engines` must not take for a success, without a machine: an engine that calls no runtime, an operation that fails
# with every runtime, a call of an unknown shape, a command that says nothing, a status that is lost at a terminal.
set -u
cd "$(dirname "$0")/../.." || exit 1
here=conformance/engines
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
bad=0

complain()
{
	echo "$*"
	bad=1
}

# says NAME FAILS|WORKS COMMAND...: in a shell with lib.sh
says()
{
	local name=$1 want=$2 got=WORKS
	shift 2
	# shellcheck source=conformance/engines/lib.sh
	(. $here/lib.sh; set -e; "$@") >"$top/said" 2>&1 </dev/null || got=FAILS
	[ "$got" = "$want" ] || complain "$name: $got: $(<"$top/said")"
}

says "two that are equal" WORKS same a a
says "two that differ" FAILS same a b
says "two commands that failed" FAILS same "" ""
says "a part that is not there" WORKS lacks abc x
says "a part that is there" FAILS lacks abc b
says "no text" FAILS lacks "" x
says "a terminal" WORKS in_terminal true
says "a status at a terminal" WORKS fails 5 in_terminal sh -c 'exit 5'
says "no process" FAILS cgroup_of 0
# in a shell of their own: where the status is looked at, as here, bash ignores -e
for command in false true; do
	says "$command before the last command" "$([ $command = true ] && echo WORKS || echo FAILS)" \
		bash -c ". $here/lib.sh; set -e; f() { $command; true; }; strictly f; exit \$RC"
done

# a part whose engine is a shell: what it calls stands in the trace, as the recorder writes it
cp $here/run $here/lib.sh "$top/"
cat >"$top/part.sh" <<'END'
NO_RUNTIME_OPS="
	asks"
engine_version() { echo 1; }
called() { echo "$* | tty tty tty +0" >>"$BIN/$RT.trace"; }
op_creates()
{ called --root /run/x --log-format json create --bundle /b ID; }
op_runs()
{ called --systemd-cgroup run ID; }
op_asks()
{ :; }
op_looks_only()
{ called --root /run/x state create; }
op_calls_nothing()
{ :; }
op_cannot()
{ skip "not here"; }
op_breaks()
{ called create ID; false; }
op_hangs()
{ called create ID; echo made >"$BIN/left"; sleep 60; }
op_left_dirty()
{ called create ID; }
op_cannot_and_dirty()
{ skip "not here"; }
after_op()
{
	[[ $NAME != *_dirty ]] || die "cannot clean $C"
	[ ! -e "$BIN/left" ] || echo "$NAME $RT $C" >>"$BIN/removed"
	rm -f "$BIN/left"
}
END
: >"$top/berth.trace"
BIN=$top RUNTIMES=berth OP_LIMIT=2 "$top/run" part root systemd >"$top/out"
got=$(awk '$1 == "##" { printf "%s %s;", $7, $9 }' "$top/out")
[ "$got" = "creates ok;runs ok;asks ok;looks_only FAIL;calls_nothing FAIL;cannot -;breaks FAIL;hangs FAIL;left_dirty FAIL;cannot_and_dirty -;" ] || complain "run: $got"
grep -q "was not called" "$top/out" || complain "run does not say why"
grep -q "time limit" "$top/out" || complain "run does not say that the time is over"
[ "$(cat "$top/removed")" = "hangs berth hangs" ] || complain "run does not remove what is left at the time limit"
grep -q "cannot clean left_dirty" "$top/out" || complain "run does not say what after_op says"

# unknown FILE MODE: names in its lists that are no operations
unknown()
{
	cd $here || exit 1
	MODE=$2 BIN=$top RUNTIMES=berth
	# shellcheck disable=SC1090,SC1091
	. ./lib.sh && . "./$1.sh"
	for name in $SHORT_OPS ${NO_RUNTIME_OPS:-}; do
		declare -F "op_$name" >/dev/null || echo "$1: the lists have $name"
	done
}

for file in $(cut -f 5 $here/guests.tsv | grep -E '^[a-z-]+$' | grep -vx file | sort -u); do
	for mode in root rootless; do
		got=$(unknown "$file" "$mode" 2>&1)
		[ -z "$got" ] || complain "$got"
	done
done

# row NAME BERTH [CRUN]: a row for each
row()
{
	printf 'g\ttrixie\tpart\t1\troot\tsystemd\t%s\tberth\t%s\t1\n' "$1" "$2"
	[ -z "${3:-}" ] || printf 'g\ttrixie\tpart\t1\troot\tsystemd\t%s\tcrun\t%s\t1\n' "$1" "$3"
}

# counts LAST-LINE STATUS: of the table of rows on stdin
counts()
{
	local status=0
	cat >"$top/rows"
	# shellcheck disable=SC2086
	$here/table ${WHOLE:-} "$top/rows" "$top/known" >"$top/table" || status=$?
	[ "$(tail -n 1 "$top/table"), $status" = "$1" ] || complain "table: $(cat "$top/table"), status $status, expected $1"
}

printf '# a comment\npart\ttrixie\t*\t*\tlost\twhy\npart\tforky\t*\t*\tdead\twhy\n' >"$top/known"
counts "1 passed, 0 failed, 2 skipped, 0" < <(row good ok; row lost FAIL FAIL; row unfit -)
counts "1 passed, 1 failed, 0 skipped, 1" < <(row good ok; row dead FAIL FAIL)
counts "1 passed, 1 failed, 0 skipped, 1" < <(row good ok; row lost FAIL)
counts "1 passed, 1 failed, 0 skipped, 1" < <(row good ok; row lost FAIL ok)
counts "1 passed, 1 failed, 0 skipped, 1" < <(row good ok; row unfit - ok)
counts "1 passed, 0 failed, 0 skipped, 0" < <(row elsewhere ok; row elsewhere -)
counts "1 passed, 0 failed, 0 skipped, 0" < <(row elsewhere -; row elsewhere ok)
counts "0 passed, 1 failed, 0 skipped, 1" < <(row elsewhere FAIL; row elsewhere ok)
counts "1 passed, 0 failed, 1 skipped, 0" < <(row good ok; row unfit -)
WHOLE=--whole counts "1 passed, 1 failed, 1 skipped, 1" < <(row good ok; row unfit -)
counts "2 passed, 0 failed, 0 skipped, 0" < <(row good ok; row lost ok)
grep -q "^passed, and is in known-none.tsv: part/lost" "$top/table" || complain "table does not say that part/lost passed"
while IFS=$'\t' read -r file _ _ _ name _; do
	[[ $file != \#* ]] || continue
	[ "$file" = "*" ] || grep -q "^op_$name()" "$here/$file.sh" || complain "known-none.tsv: there is no $file/$name"
done <$here/known-none.tsv
$here/table "$top/rows" >"$top/table" || complain "the table with known-none.tsv: $(<"$top/table")"

echo "g berth state ID | tty" >"$top/calls"
$here/calls tests/data/engines/calls.tsv "$top/calls" >/dev/null 2>&1 || complain "calls: a shape that is known"
echo "g berth state --new ID | tty" >>"$top/calls"
[ "$($here/calls tests/data/engines/calls.tsv "$top/calls" 2>/dev/null)" = "state --new ID" ] || complain "calls: a shape that is new"
$here/calls tests/data/engines/calls.tsv "$top/calls" >/dev/null 2>&1 && complain "calls: no status for a shape that is new"
echo "g berth state ID | tty" >"$top/calls"
$here/calls --guests g tests/data/engines/calls.tsv "$top/calls" >/dev/null 2>&1 || complain "calls: a guest that has sent something"
$here/calls --guests "g silent" tests/data/engines/calls.tsv "$top/calls" >/dev/null 2>&1 && complain "calls: no status for a guest that sent nothing"
$here/calls --unsent tests/data/engines/calls.tsv "$top/calls" 2>&1 | grep -q 'start ID' || complain "calls: a shape that was not sent is not told"
exit $bad
