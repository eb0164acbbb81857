# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# vm: one driver
# The Debian package (make check-deb): installed, upgraded while a container runs, removed.

# what has the name of the program, outside dpkg's own data
named_so()
{
	find /usr /etc /var/lib -xdev -path /var/lib/dpkg -prune -o -name '*berth*' -print | sort
}

test_install_upgrade_remove()
{
	local old new before
	old=$(echo "$REPO"/build/deb/berth_*.deb) new=$(echo "$REPO"/build/deb/next/berth_*.deb)
	[ -e "$old" ] && [ -e "$new" ] || skip "no packages: make check-deb"
	before=$(named_so) # the guest's own
	export DEBIAN_FRONTEND=noninteractive
	dpkg --install "$old" || die "it cannot be installed"
	BERTH=/usr/sbin/berth
	assert_contains "$("$BERTH" --version)" "berth version $(dpkg-query -W -f '${Version}' berth | sed 's/-.*//')"
	[ -s /usr/share/bash-completion/completions/berth ] || die "no completion"

	bundle_new
	args /bin/sleep 100
	up
	dpkg --install "$new" || die "it cannot be upgraded"
	assert_match "$(dpkg-query -W -f '${Version}' berth)" '-2$'
	# made by the one, looked after by the other
	assert_eq "$(status)" running
	rt_ok exec "$ID" /bin/true
	delete_ok --force
	assert_clean

	[ -z "$(dpkg --verify berth | grep -v /usr/share/doc/ | grep -v /usr/share/man/)" ] || die "files differ: $(dpkg --verify berth)"
	dpkg --purge berth || die "it cannot be removed"
	[ ! -e /usr/sbin/berth ] || die "the program is left"
	assert_eq "$(named_so)" "$before"
}
