#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What makes a bug in berth or berth-init harder to use is in the programs that were built, not only in the Makefile. Holds for a
# berth that is linked dynamically and for a static one; $BUILD/berth-full is looked at as well where it exists.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
init=$BUILD/berth-init
fail=0

check()
{
	local text=$1
	shift
	if "$@"; then
		echo "ok: $text"
	else
		echo "NOT ok: $text"
		fail=1
	fi
}

nm "$BUILD/berth" | grep -q __asan_init && { echo "built with a sanitizer"; exit 77; }
[[ $(readelf -p .comment "$BUILD/berth") == *clang* ]] && CC=clang || CC=gcc
x86=false
[[ $(readelf -h "$BUILD/berth") == *X86-64* ]] && x86=true

# takes CC FLAG: has the compiler that flag, without a warning?
takes()
{
	$1 -O2 -Werror $2 -include stdio.h -x c -c -o /dev/null /dev/null 2>/dev/null
}

# program CODE...: a pattern that occurs often enough in the machine code
at_least()
{
	local want=$1 pattern=$2 file=$3 n
	n=$(grep -cE -- "$pattern" "$file")
	[ "$n" -ge "$want" ] || { echo "  $n of $want: $pattern"; return 1; }
}

# In a process: what the linker set aside for it is read-only by now. A command is looked at whose output nobody reads.
relro_in_force()
{
	local program=$1 pid begin size page=$((16#1000)) from to tries line writable=unknown
	read -r begin size < <(readelf -lW "$program" | awk '$1 == "GNU_RELRO" { print $3, $6 }')
	[ -n "$begin" ] || return 1
	exec 9<>"$tmp/pipe"
	"$program" plan "$tmp" >&9 2>&9 &
	pid=$!
	for tries in {1..100}; do
		sleep 0.1
		line=$(grep -m 1 -F "$(realpath "$program")" "/proc/$pid/maps" 2>/dev/null) || continue
		from=$(((16#${line%%-*} + begin) / page * page)) to=$(((16#${line%%-*} + begin + size) / page * page))
		writable=$(while read -r range mode _; do
			local a=$((16#${range%-*})) b=$((16#${range#*-}))
			[ "$a" -lt "$to" ] && [ "$b" -gt "$from" ] && [[ $mode == *w* ]] && echo "$range $mode"
		done <"/proc/$pid/maps")
		[ -n "$writable" ] || break
	done
	[ -z "$writable" ] || echo "  pid $pid: writable: $writable"
	kill "$pid"
	wait "$pid"
	exec 9>&-
	[ -z "$writable" ]
}

programs=("$BUILD/berth")
[ -e "$BUILD/berth-full" ] && programs+=("$BUILD/berth-full")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
code=$tmp/code segments=$tmp/segments
mkfifo "$tmp/pipe"
"$BUILD/berth" spec --bundle "$tmp" && jq '.process.env = [range(20000) | "V\(.)=x"]' "$tmp/config.json" >"$tmp/c" && mv "$tmp/c" "$tmp/config.json" || exit 1
for program in "${programs[@]}"; do
	echo "$program"
	objdump -d "$program" >"$code"
	readelf -lW "$program" >"$segments"
	dynamic=$(readelf -dW "$program")
	check "position independent" grep -q 'Elf file type is DYN' "$segments"
	check "no relocation of code" [ -z "$(grep TEXTREL <<<"$dynamic")" ]
	check "a stack that is not executable" grep -qE 'GNU_STACK .* RW ' "$segments"
	check "no segment that is writable and executable" [ -z "$(grep RWE "$segments")" ]
	check "RELRO" grep -q GNU_RELRO "$segments"
	if grep -q NEEDED <<<"$dynamic"; then
		check "all functions bound at start" grep -qE 'BIND_NOW|FLAGS.* NOW' <<<"$dynamic"
	else
		check "no function bound late" [ -z "$(readelf -rW "$program" | grep JUMP_SLO)" ]
	fi
	check "RELRO in force while it runs" relro_in_force "$program"
	check "stack protector" at_least 150 '(call|bl|jalr?|brasl)q? .*__stack_chk_fail' "$code"
	check "checked copies and prints" at_least 60 '(call|bl|jalr?|brasl|jmp)q? .*__(mem|str|v?sn?|f|v|read)[a-z]*_chk' "$code"
	$x86 || continue
	takes $CC -fcf-protection=full &&
		check "targets of indirect calls are marked (CET)" at_least 300 endbr64 "$code" &&
		check "main begins with such a mark" at_least 1 endbr64 <(objdump -d --disassemble=main "$program")
	takes $CC -fstack-clash-protection &&
		check "large frames touch each page" at_least 10 'sub +\$0x1000,%rsp' "$code"
done

# What the preprocessor makes of the flags: 3 where the compiler and the library have it.
level=$(printf '#include <stdio.h>\n__USE_FORTIFY_LEVEL\n' | $CC -O2 $(make -s print-HARDEN CC=$CC) -E - | tail -n 1)
best=$(takes $CC "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3" && echo 3 || echo 2)
check "FORTIFY at level $best: $level" [ "$level" = "$best" ]

# berth-init has a fixed address: position independent, it would need relocations, which musl's start-up leaves writable, and so its
# table of functions. As it is, the table is in read-only memory, and there is nothing that RELRO could protect.
echo "$init"
objdump -d "$init" >"$code"
readelf -lW "$init" >"$segments"
objects=("$BUILD"/runtime/init/[!e]*.o)
[ -e "$BUILD/runtime/init/exec.o" ] && objects+=("$BUILD/runtime/init/exec.o")
check "no interpreter, nothing to relocate" [ -z "$(grep -E 'INTERP|DYNAMIC' "$segments")$(readelf -rW "$init" | grep -E 'R_[A-Z0-9_]+')" ]
check "a stack that is not executable" grep -qE 'GNU_STACK .* RW ' "$segments"
check "no segment that is writable and executable" [ -z "$(grep RWE "$segments")" ]
check "the table of steps is read-only" [ "$(nm "$BUILD/runtime/init/main.o" | awk '$3 == "rows" { print $2 }')" = r ]
check "no data of ours is relocated" [ -z "$(readelf -SW "${objects[@]}" | grep -F .data.rel)" ]
check "stack protector" [ "$(nm -u "${objects[@]}" | grep -c __stack_chk_fail)" -ge 12 ]
$x86 && takes "${INIT_CC:-musl-gcc}" -fcf-protection=full &&
	check "targets of indirect calls are marked (CET)" at_least 50 endbr64 "$code"
exit $fail
