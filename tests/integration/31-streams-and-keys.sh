# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the process gets from its caller: the standard streams, and a session keyring instead of the caller's.
# vm: any driver

owner()
{
	stat -L -c '%u:%g %a' "$1"
}

test_pipes_belong_to_the_user()
{
	bundle_new
	cfg '.process.user = {uid: 1000, gid: 1000}'
	args /bin/sh -c 'echo to stdout >/dev/stdout; echo to stderr >/dev/stderr; read -r line </dev/stdin; echo "$line"'
	OUT=$(echo from the pipe | "$BERTH" --root "$STATE" run --bundle "$B" "$ID" 2>/mnt/test/.err | cat; exit "${PIPESTATUS[1]}")
	RC=$?
	assert_eq "$RC" 0
	assert_eq "$OUT" $'to stdout\nfrom the pipe'
	mkfifo -m 0600 /mnt/test/fifo
	cat /mnt/test/fifo >/mnt/test/through &
	"$BERTH" --root "$STATE" run --bundle "$B" "$ID" </etc/passwd >/mnt/test/fifo 2>/dev/null
	wait $!
	assert_eq "$(head -n 1 /mnt/test/through)" "to stdout"
}

# A file of the host stays its owner's: a log, or what was piped in by name.
test_files_keep_their_owner()
{
	bundle_new
	cfg '.process.user = {uid: 1000, gid: 1000}'
	args /bin/sh -c 'cat; echo written; echo also written >&2'
	echo secret >/mnt/test/input
	: >/mnt/test/output
	: >/mnt/test/errors
	chmod 0600 /mnt/test/{input,output,errors}
	"$BERTH" --root "$STATE" run --bundle "$B" "$ID" </mnt/test/input >>/mnt/test/output 2>>/mnt/test/errors || die "run"
	assert_eq "$(</mnt/test/output)" $'secret\nwritten'
	assert_eq "$(</mnt/test/errors)" 'also written'
	local f
	for f in input output errors; do
		assert_eq "$(owner /mnt/test/$f)" '0:0 600' "$f"
	done
	# an engine that keeps stdin open hands over the same file at each exec
	args /bin/sleep 60
	up
	"$BERTH" --root "$STATE" exec --user 1000:1000 "$ID" /bin/cat </mnt/test/input >>/mnt/test/output
	assert_eq "$(owner /mnt/test/input)" '0:0 600' exec
	delete_ok --force
	assert_clean
}

# Only who is in the session sees the ring and its name; for the others there is nothing to look up.
test_session_keyring_is_not_listed_for_others()
{
	[ -e /proc/keys ] || skip "no /proc/keys"
	bundle_new keys-other
	args /bin/sleep 60
	up
	bundle_new keys-own
	args /bin/sh -c 'cat /proc/keys; sleep 60'
	up
	wait_for 5 grep -q . "$B/out" || die "no keys inside"
	assert_match "$(<"$B/out")" " 3f080000 +0 +0 keyring +_ses\\.$ID\\."
	! grep -q '_ses\.keys-other' "$B/out" || die "the ring of another container is listed: $(<"$B/out")"
	! grep ' _ses\.keys-' /proc/keys || die "the ring is listed on the host"
	rt_ok exec "$ID" /bin/cat /proc/keys
	assert_re " 3f080000 +0 +0 keyring +_ses\\.$ID\\."
	delete_ok --force
	ID=keys-other
	delete_ok --force
	assert_clean
}
