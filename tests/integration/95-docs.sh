# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# What the documents show is typed in, and what they say comes out.
#
# Man pages: in EXAMPLES, in code blocks, "# COMMAND" is typed by root and "$ COMMAND" by a user; the lines up to the next
# are its output, in which digits stand for any number and "..." for anything. README.md, CONTRIBUTING.md and packaging/README.md:
# blocks marked `sh` are run, in a copy of the tree, one shell a document; and each `make TARGET` that they name is a target.

# what a page's commands find: the container "web", running if nothing is said
declare -A web_is=([berth]=none [berth-create]=none [berth-run]=none [berth-start]=created [berth-resume]=paused
	[berth-spec]=none [berth-features]=none [berth-plan]=none)

# A machine on which somebody works: berth in the PATH, its state in /run/berth, two bundles in /srv.
machine()
{
	[ -e "$REPO/Makefile" ] || skip "no source tree here" # in the virtual machine it would lie below /srv
	mkdir -p bin user /run/berth
	chmod 0700 /run/berth
	cp "$BERTH" bin/berth
	chown 1000:1000 user
	export PATH=$PWD/bin:$PATH HOME=$PWD
	mount -t tmpfs -o mode=755 none /srv || die "no tmpfs on /srv"
	STATE=/run/berth
	bundle_new web
	printf '#!/bin/sh\ntrap "exit 0" TERM HUP\nwhile :; do sleep 1; done\n' >"$B/rootfs/bin/serve"
	chmod 0755 "$B/rootfs/bin/serve"
	args /bin/serve
	mv "$B" /srv/web
	bundle_new hello
	args /bin/echo hello
	mv "$B" /srv/hello
	chmod 0755 /mnt/test
	ID=web B=/srv/web
}

# page_lines FILE: "root COMMAND", "user COMMAND" and "says LINE" of the examples
page_lines()
{
	awk '
		/^```/ { code = !code; next }
		!code && /^# / { on = $0 == "# EXAMPLES"; next }
		!on || !code { next }
		/^# / { print "root " substr($0, 3); next }
		/^\$ / { print "user " substr($0, 3); next }
		{ print "says " $0 }' "$1"
}

# like TEXT PATTERN: numbers are any numbers, blanks any blanks, "..." anything
like()
{
	local text pattern
	plain()
	{
		sed -E 's/[0-9]+/0/g; s/ +/ /g; s/^ //; s/ $//'
	}
	text=$(plain <<<"$1")
	pattern=$(plain <<<"$2" | sed -E 's/[][\\.*^$+?(){}|]/\\&/g; s/\\\.\\\.\\\./.*/g')
	pattern=${pattern//$'\n'/$'\x01'} text=${text//$'\n'/$'\x01'}
	[[ $text =~ ^$pattern$ ]]
}

# typed WHO COMMAND EXPECTED
typed()
{
	local out=/mnt/test/.typed
	if [ "$1" = user ]; then
		(cd user && setpriv --reuid 1000 --regid 1000 --clear-groups bash -c "set -o pipefail; $2") >$out 2>&1 </dev/null
	else
		bash -c "set -o pipefail; $2" >$out 2>&1 </dev/null
	fi
	RC=$? OUT=$(<$out) ERR=
	# a limit on a machine that lacks the controller: the virtual machine has it
	if [ "$RC" != 0 ] && grep -qE 'cgroup controller "[a-z]+" is not available' <<<"$OUT" &&
		! grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
		COUNT=$((COUNT + 1))
		return
	fi
	# an audit that finds something says so with its exit status
	[[ $RC != 5 || $2 != "berth audit --threshold "* ]] || RC=0
	[ "$RC" = 0 ] || die "this example fails: $2"
	COUNT=$((COUNT + 1))
	# no output shown: a command that prints some is allowed for "..." only
	like "$OUT" "$3" || die "this example says something else: $2
shown: $3"
}

run_page()
{
	local kind rest who= command= says=
	while read -r kind rest; do
		if [ "$kind" = says ]; then
			says+=${says:+$'\n'}$rest
			continue
		fi
		[ -z "$command" ] || typed "$who" "$command" "$says"
		who=$kind command=$rest says=
	done < <(page_lines "$1" | sed 's/^says  */says /'; echo "end")
	[ -n "$command$who" ] || die "$1 has no example"
}

test_examples_of_the_man_pages()
{
	local page name COUNT=0
	machine
	for page in "$REPO"/docs/man/*.8.md; do
		name=${page##*/} name=${name%.8.md}
		case ${web_is[$name]-running} in
		created | running | paused) create_ok ;;
		esac
		case ${web_is[$name]-running} in
		running | paused) start_ok; wait_status running ;;
		esac
		[ "${web_is[$name]-}" != paused ] || rt_ok pause web
		run_page "$page"
		rt_ok delete --force web
		find user -mindepth 1 -delete
		assert_eq "$(berth list --quiet)" "" "containers after $name"
	done
	echo "$COUNT commands"
	[ "$COUNT" -ge 35 ] || die "only $COUNT commands were found"
}

# --- the other documents -------------------------------------------------------------------------------------------------

# The tree, and the build that is there, so that make has little to do.
copy_of_the_tree()
{
	[ -e "$REPO/Makefile" ] || skip "no source tree here"
	mkdir tree
	(cd "$REPO" && git ls-files -z 2>/dev/null | xargs -0 cp -a --parents -t /mnt/test/tree 2>/dev/null)
	[ -e tree/Makefile ] || (cd "$REPO" && tar -cf - --exclude=./build --exclude='./build-*' --exclude=./.git .) | tar -C tree -xf -
	cp -a "$BUILD" tree/build
	rm -rf tree/build/tests/rootfs tree/build/tests/logs
}

# blocks FILE [N]: the lines of the blocks marked sh, or of the Nth
blocks()
{
	awk -v n="${2:-0}" '/^```sh$/ { on = !n || ++at == n; next } /^```/ { on = 0 } on' "$1"
}

# run_document FILE [N]: `make check...` is looked up and not run: it is what runs this
run_document()
{
	local out=/mnt/test/.typed
	blocks "$REPO/$1" "${2:-0}" | sed -E 's/^(make) (check|conformance|asan|lint|bench|journey|deb|rpm)/\1 -n \2/' >script
	[ -s script ] || die "$1 has no block marked sh"
	# what it installs and makes stays here
	mount -t tmpfs none /usr/local && mount -t tmpfs -o mode=1777 none /tmp || die "no tmpfs"
	(cd tree && unset MAKEFLAGS MAKELEVEL && CI= bash -eux ../script) >$out 2>&1 </dev/null
	RC=$? OUT=$(tail -n 30 $out)
	[ "$RC" = 0 ] || die "$1: a command fails"
}

# names FILE: what `make check T=NAME` names is there
names()
{
	local name
	for name in $(grep -oE 'make (check|asan) T=[^ `]+' "$REPO/$1" | sed 's/.*T=//' | sort -u); do
		case $name in
		static/*) [ -e "$REPO/tests/$name.sh" ] ;;
		static) ;;
		unit/*) [ -e "$REPO/tests/unit/test_${name#unit/}.c" ] ;;
		*) (cd "$REPO" && tests/run list integration "$name") | grep -q . ;;
		esac || die "$1: no test $name"
	done
}

# targets FILE: each `make TARGET` is one
targets()
{
	local target
	for target in $(grep -oE '(^|[`	])make [a-z][a-z-]+' "$REPO/$1" | awk '{ print $2 }' | sort -u); do
		grep -qE "^$target( [a-z-]+)*:" "$REPO/Makefile" "$REPO"/tests/make/*.mk "$REPO"/packaging/*.mk ||
			die "$1: make $target is no target"
	done
}

test_readme_two_commands()
{
	copy_of_the_tree
	run_document README.md 1
	assert_re '^demo: ok$'
	[ -x /usr/local/sbin/berth ] || die "make install has installed nothing"
	targets README.md
}

test_readme_by_hand()
{
	copy_of_the_tree
	run_document README.md 2
	assert_re '^I am process 1'
}

test_contributing()
{
	copy_of_the_tree
	run_document CONTRIBUTING.md
	names CONTRIBUTING.md
	targets CONTRIBUTING.md
	targets docs/testing.md
	targets packaging/README.md
}

# Every link from a document to a file of the tree leads somewhere, and so do those to a heading of one.
test_links()
{
	local file link target heading bad=
	[ -e "$REPO/Makefile" ] || skip "no source tree here"
	cd "$REPO" || die "no tree"
	for file in *.md docs/*.md docs/man/*.md packaging/*.md conformance/*.md conformance/journey/*.md; do
		while read -r link; do
			target=${link%%#*} heading=
			[[ $link != *"#"* ]] || heading=${link#*#}
			case $target in http* | mailto:*) continue ;; esac
			target=${target:+$(dirname "$file")/$target}
			[ -z "$target" ] || [ -e "$target" ] || bad+=" $file:$link"
			[ -z "$heading" ] || [[ ${target:-$file} != *.md ]] || sed -n 's/^##* //p' "${target:-$file}" | tr 'A-Z ' 'a-z-' |
				tr -cd 'a-z0-9_\n-' | grep -qxF -- "$heading" || bad+=" $file:$link"
		done < <(sed 's/`[^`]*`//g' "$file" | grep -oE '\]\([^) ]+\)' | sed 's/^](//; s/)$//')
	done
	[ -z "$bad" ] || die "links to nothing:$bad"
}
