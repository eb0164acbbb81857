#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# berth-init stays small enough to be read and trusted: a static program without heap, stdio or libraries.
set -u
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

size=$(stat -c %s "$init")
lines=$(cat runtime/init/*.[ch] | wc -l)
check "$size bytes, at most 65536" [ "$size" -le 65536 ]
check "$lines lines, at most 3500" [ "$lines" -le 3500 ]
check "no dynamic section" [ -z "$(readelf -d "$init" | grep '^ *0x')" ]
check "no interpreter" [ -z "$(readelf -l "$init" | grep INTERP)" ]
check "no executable stack" [ -z "$(readelf -lW "$init" | grep 'GNU_STACK.*RWE')" ]
# The program itself is stripped: what its objects ask of the C library is looked at.
used=$(nm -u "$BUILD"/runtime/init/*.o | awk '$1 == "U" { print $2 }' | sort -u)
banned=$(grep -xE '(malloc|calloc|realloc|free|[vfs]*n?printf|puts|fputs|fopen|fdopen|fwrite|fread|getline|setlocale|getpw.*|getgr.*|system|popen|dlopen|strerror|getaddrinfo|setuid|setgid|setgroups|initgroups|pthread_.*)' <<<"$used")
check "no heap, stdio, names or threads: ${banned//$'\n'/ }" [ -z "$banned" ]
headers=$(grep -hE '^#include "' runtime/init/*.[ch] | sort -u | grep -vE '"([a-z_]+\.h|\.\./plan/format\.h)"')
check "no header of ours but the plan's format: $headers" [ -z "$headers" ]
exit $fail
