# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What list and ps print on a terminal, for people, and anywhere else, for programs.
# vm: any driver

# on_terminal COLUMNS ARG...: the runtime's output on a terminal, in $OUT
on_terminal()
{
	local columns=$1
	shift
	# script(1) makes the terminal; it runs the command with sh
	OUT=$(script -qec "stty cols $columns; $(printf '%q ' "$BERTH" --root "$STATE" "$@")" /dev/null </dev/null | tr -d '\r')
}

escape=$'\033'

setup_two()
{
	command -v script >/dev/null || skip "no script"
	unset NO_COLOR
	export TERM=xterm
	bundle_new a-bundle-with-a-name-that-is-much-too-long-for-any-terminal-that-has-only-eighty-columns
	mv "$B" /mnt/test/long-name-of-a-folder-$ID
	B=/mnt/test/long-name-of-a-folder-$ID ID=one
	args /bin/sleep 60
	up
}

end_two()
{
	rt_ok delete --force one
}

test_list_has_colours_on_a_terminal_only()
{
	setup_two
	rt_ok list
	assert_no_re "$escape"
	assert_contains "$OUT" "$B"
	assert_re '[0-9]\.[0-9]{6,9}Z'
	on_terminal 400 list
	assert_contains "$OUT" "$escape[32mrunning"
	assert_contains "$OUT" "$escape[1mID"
	assert_contains "$OUT" "$B"
	on_terminal 400 pause one
	on_terminal 400 list
	assert_contains "$OUT" "$escape[33mpaused"
	rt_ok resume one
	export NO_COLOR=1
	on_terminal 400 list
	assert_no_re "$escape"
	NO_COLOR=
	on_terminal 400 list
	assert_re "$escape"
	unset NO_COLOR
	TERM=dumb
	on_terminal 400 list
	assert_no_re "$escape"
	TERM=xterm
	on_terminal 400 list --format json
	assert_no_re "$escape"
	on_terminal 400 list --quiet
	assert_eq "$OUT" one
	end_two
}

test_list_fits_the_terminal()
{
	local columns
	setup_two
	for columns in 110 90; do
		on_terminal $columns list
		OUT=$(sed "s/$escape\[[0-9]*m//g" <<<"$OUT")
		while IFS= read -r line; do
			[ ${#line} -le $columns ] || die "${#line} characters of $columns: $line"
		done <<<"$OUT"
		assert_re ' \.\.\.[^ ]*eighty-columns|\.\.\.[^ ]*columns'
		assert_re '[0-9]Z  '
		assert_no_re '[0-9]\.[0-9]+Z'
	done
	end_two
}

test_ps_fits_the_terminal()
{
	setup_two
	rt_ok exec --detach one /bin/sh -c 'sleep 60; : a command line that is longer than the terminal on which somebody looks at it is'
	rt_ok ps one
	assert_contains "$OUT" "looks at it is"
	assert_no_re "$escape"
	on_terminal 80 ps one
	assert_contains "$OUT" "$escape[1mUID"
	[[ $OUT != *"looks at it is"* ]] || die "a line is longer than the terminal"
	assert_contains "$OUT" "sleep 60"
	export NO_COLOR=1
	on_terminal 80 ps one
	assert_no_re "$escape"
	end_two
}
