# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The completions of the shells, as somebody who types gets them: in an interactive shell, with real containers.
# vm: asked

# A line, and all that a shell offers for its last word; "+": at least these. run-one is running, made-one was created.
typed='
berth feat => features
berth re => resume
berth  => + create run help
berth - => + --root --log-format
berth --log-format j => json
berth --log-format json --cgroup-manager  => cgroupfs disabled systemd
berth --debug li => list
berth create --no-n => --no-new-keyring
berth list --format  => json table
berth delete  => made-one run-one
berth delete --force run => run-one
berth start  => made-one
berth resume  =>
berth --root /run/berth --debug state m => made-one
berth --root /run/nothing state m =>
berth kill run-one HU => HUP
berth exec --user 0 --env A=b ru => run-one
berth exec -c CAP_SYS_P => CAP_SYS_PACCT CAP_SYS_PTRACE
berth exec run-one ls --no-new =>
berth update --cpu-idle 1  => made-one run-one
berth create --bundle fold => folder
berth plan fold => folder
berth help featu => features
'

try_shell()
{
	local shell=$1 name line want got word
	command -v "$shell" >/dev/null || skip "no $shell"
	[ -d "$REPO/packaging" ] || skip "no source tree here"
	mkdir -p bin folder/inner
	ln -s "$BERTH" bin/berth
	export PATH=$PWD/bin:$PATH HOME=$PWD
	STATE=/run/berth
	for name in run-one made-one; do
		bundle_new $name
		args /bin/sleep 60
		create_ok
	done
	ID=run-one
	start_ok
	wait_status running

	sed -n 's/ =>.*//p' <<<"$typed" >lines
	sed -n 's/.*=> *//p' <<<"$typed" >wanted
	"$REPO/tests/integration/complete.py" "$shell" "$REPO/packaging/completions" <lines >offered || die "$shell"
	assert_eq "$(wc -l <offered)" "$(wc -l <lines)" "lines"
	while IFS=$'\t' read -r line want got; do
		if [[ $want = +* ]]; then
			for word in ${want#+}; do
				[[ " $got " == *" $word "* ]] || die "$shell, \"$line\": no $word in: $got"
			done
		else
			assert_eq "${got:--}" "${want:--}" "$shell, \"$line\""
		fi
	done < <(paste lines <(sed 's/^$/-/' wanted) <(sed 's/^$/-/' offered))
	rt_ok delete --force run-one
	rt_ok delete --force made-one
}

test_bash()
{
	try_shell bash
}

test_zsh()
{
	try_shell zsh
}

test_fish()
{
	try_shell fish
}
