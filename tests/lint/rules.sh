#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The rules of the tree that no compiler knows:
#   includes    lib <- spec <- plan <- {cgroup, security, state, hooks} <- {act, audit, check} <- cmd <- main; berth-init includes of
#               ours only plan/format.h
#   sizes       a file has at most 800 lines, a function at most 100
#   banned      functions that cannot be used safely, the mount calls that take a path twice, and readers of numbers
#               that take blanks, signs, prefixes and what overflows (runtime/lib/number.h has ours)
#   descriptors every open says CLOEXEC
#   licence     every source file begins with its SPDX line
#   whole       no mark of a merge is left in a file, and Python can be read
# A line may carry `lint: allow NAME` in a comment, with the reason beside it, to be passed over by the last-but-one two.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0

complain()
{
	echo "$*" >&2
	bad=$((bad + 1))
}

sources=$(git ls-files 'runtime/*.[ch]' 'spec/*.[ch]' 'hooks/*.[ch]')
tests=$(git ls-files 'tests/*.[ch]' 'conformance/*.[ch]')

# --- includes -------------------------------------------------------------------------------------------------------

# area of a file, and which areas it may include
area()
{
	case $1 in
	runtime/lib/*) echo lib ;;
	spec/*) echo spec ;;
	runtime/plan/*) echo plan ;;
	runtime/cgroup/*) echo cgroup ;;
	runtime/security/*) echo security ;;
	runtime/state/*) echo state ;;
	hooks/*) echo hooks ;;
	runtime/act/*) echo act ;;
	runtime/audit/*) echo audit ;;
	runtime/check/*) echo check ;;
	runtime/cmd/*) echo cmd ;;
	runtime/init/*) echo init ;;
	runtime/*) echo main ;;
	esac
}

# spec.h and config.h use lib's arena and errors; state's header names a cgroup (both are written down in ARCHITECTURE).
allowed='
lib: lib
spec: lib spec
plan: lib spec plan
cgroup: lib spec plan cgroup
security: lib spec plan security
hooks: lib spec plan hooks
state: lib spec plan cgroup state
act: lib spec plan cgroup security state hooks act
audit: lib spec plan cgroup security audit
check: lib spec plan cgroup security check
cmd: lib spec plan cgroup security state hooks act audit check cmd
main: lib spec plan cgroup security state hooks act audit check cmd main
init: init
'

for file in $sources; do
	from=$(area "$file")
	while read -r include; do
		target=$(realpath -m --relative-to=. "$(dirname "$file")/$include")
		to=$(area "$target")
		if [ ! -e "$target" ]; then
			complain "$file: includes $include, which is not there"
		elif [ "$from" = init ] && [ "$target" = runtime/plan/format.h ]; then
			:
		elif ! grep -qE "^$from:.* $to( |\$)" <<<"$allowed"; then
			complain "$file: $from may not include $to ($include)"
		fi
	done < <(sed -n 's/^#include "\(.*\)".*/\1/p' "$file")
done

# --- sizes ----------------------------------------------------------------------------------------------------------

for file in $sources $tests; do
	lines=$(wc -l <"$file")
	[ "$lines" -le 800 ] || complain "$file: $lines lines (at most 800)"
	[[ $file == *.c ]] || continue
	# A function: from the line after the last blank line or "}" to the "}" in the first column.
	while read -r at len; do
		complain "$file:$at: a function of $len lines (at most 100)"
	done < <(awk '
		/^$/ || /^}/ && !infn || /^#/ || /^ \*\// { start = NR + 1 }
		/^{/ { infn = 1 }
		/^}/ && infn { if (NR - start + 1 > 100) print start, NR - start + 1; infn = 0; start = NR + 1 }
	' "$file")
done

# --- banned functions -----------------------------------------------------------------------------------------------

# code FILE: without comments and strings, so that prose may name what code may not use; "lint: allow X" is kept
code()
{
	awk '
	{
		allow = match($0, /lint: allow [a-z_]+/) ? substr($0, RSTART + 12, RLENGTH - 12) : ""
		line = $0; out = ""
		while (line != "") {
			if (comment) {
				i = index(line, "*/")
				if (!i) { line = ""; break }
				line = substr(line, i + 2); comment = 0
			} else if (match(line, /\/\*|\/\/|"/)) {
				what = substr(line, RSTART, RLENGTH)
				out = out substr(line, 1, RSTART - 1); line = substr(line, RSTART + RLENGTH)
				if (what == "/*") comment = 1
				else if (what == "//") line = ""
				else {
					match(line, /^([^"\\]|\\.)*"/)
					# modes of fopen(3) are looked at below
					out = out "\"" (RLENGTH <= 3 ? substr(line, 1, RLENGTH) : "\"")
					line = substr(line, RLENGTH + 1)
				}
			} else { out = out line; line = "" }
		}
		print FNR ":" out (allow ? " @allow " allow : "")
	}' "$1"
}

banned='strcpy strcat sprintf vsprintf gets strtok system popen alloca atoi atol atof setjmp longjmp mktemp
	strtol strtoul strtoll strtoull strtoimax strtoumax strtod strtof sscanf fscanf scanf vsscanf
	tmpnam strncpy strncat usleep mount umount chown chmod getpwnam getpwuid getgrnam getgrgid'
pattern="(^|[^A-Za-z0-9_.>])(${banned//[[:space:]]/|})[[:space:]]*\\("
pattern=$(tr -s '|' <<<"$pattern")
for file in $sources; do
	stripped=$(code "$file")
	while IFS= read -r line; do
		word=$(grep -oE "$pattern" <<<"$line" | head -n 1 | grep -oE '[a-z]+')
		[[ $line == *"@allow $word"* ]] || complain "$file:${line%%:*}: ${word}() is banned"
	done < <(grep -E "$pattern" <<<"$stripped")

	# An open may span lines: joined up to the semicolon.
	while IFS= read -r line; do
		# flags that have a name: its definition in the same file counts
		named=$(grep -oE '[A-Za-z_]*(FLAGS|flags)' <<<"$line" | head -n 1)
		[ -n "$named" ] && grep -qE "(^|[^A-Za-z_])$named( =)? .*CLOEXEC" <<<"$stripped" && continue
		[[ $line == *"@allow open"* ]] || complain "$file:${line%%:*}: a descriptor without CLOEXEC: ${line#*:}"
	done < <(awk '
		{ text = $0; sub(/^[0-9]+:/, "", text) }
		!held && text ~ /(^|[^A-Za-z0-9_])(open|openat|sys_openat|sys_openat2|sys_open_tree|open_tree|socket|socketpair|accept4|pipe2|epoll_create1|eventfd|signalfd|memfd_create|inotify_init1|fsopen|fsmount|fspick|fopen|timerfd_create|pipe|accept|dup|epoll_create|creat) *\(/ \
			&& text !~ /^(static |int |const |extern )/ { held = $0; hold = 1 }
		hold { if (joined) joined = joined " " text; else joined = $0; if (text ~ /;|\{ *$/) { if (joined !~ /CLOEXEC|"re"|"we"|"ae"/) print joined; joined = ""; held = ""; hold = 0 } }
	' <<<"$stripped")
done

# --- licence --------------------------------------------------------------------------------------------------------

for file in $sources $tests $(git ls-files '*.S' '*.sh' '*.mk' Makefile); do
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' || complain "$file: no SPDX line"
done

# --- whole ----------------------------------------------------------------------------------------------------------

while IFS= read -r line; do
	complain "$line: a mark of a merge"
done < <(git grep -nE '^(<{7}|>{7}) ' | cut -c 1-100)
while IFS= read -r line; do
	complain "$line"
done < <(git ls-files -z '*.py' | python3 -c '
import ast, sys
for path in filter(None, sys.stdin.read().split("\0")):
    try:
        ast.parse(open(path, encoding="utf-8").read(), path)
    except SyntaxError as error:
        print(f"{path}:{error.lineno}: {error.msg}")')

[ "$bad" = 0 ] || { echo "lint: $bad complaints" >&2; exit 1; }
