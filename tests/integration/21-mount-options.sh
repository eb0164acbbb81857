# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Each option of the table, as `features` lists it, by what mountinfo says inside.
# vm: any driver

# option, what must be among the attributes (+) or must not (-); "sb:" looks at the superblock
effects='
ro +ro
rw -ro
nosuid +nosuid
suid -nosuid
nodev +nodev
dev -nodev
noexec +noexec
exec -noexec
noatime +noatime
atime -noatime
relatime +relatime
strictatime -relatime -noatime
nostrictatime +relatime
nodiratime +nodiratime
diratime -nodiratime
nosymfollow +nosymfollow
symfollow -nosymfollow
sync +sb:sync
dirsync +sb:dirsync
lazytime +sb:lazytime
async -sb:sync
nolazytime -sb:lazytime
defaults -ro -nosuid
'

check_effect() # ATTRS SB EFFECT OPTION
{
	local want=${3:0:1} word=${3:1} where=$1
	[[ $word != sb:* ]] || { where=$2 word=${word#sb:}; }
	if [ "$want" = + ]; then
		has_word "$where" "$word" || die "$4: no $word in \"$where\""
	else
		! has_word "$where" "$word" || die "$4: $word in \"$where\""
	fi
}

# The opposite is given first, so that an option that clears something has something to clear.
opposite()
{
	case $1 in
	rw) echo ro ;;
	suid) echo nosuid ;;
	dev) echo nodev ;;
	exec) echo noexec ;;
	atime) echo noatime ;;
	diratime) echo nodiratime ;;
	symfollow) echo nosymfollow ;;
	async) echo sync ;;
	nolazytime) echo lazytime ;;
	strictatime | relatime | nostrictatime) echo noatime ;;
	*) echo rw ;;
	esac
}

test_options_on_tmpfs()
{
	local option words word n=0
	bundle_new
	while read -r option words; do
		[ -n "$option" ] || continue
		mount_add "/data/$option" tmpfs tmpfs "$(opposite "$option")" "$option"
	done <<<"$effects"
	probe show mounts
	run_ok
	while read -r option words; do
		[ -n "$option" ] || continue
		for word in $words; do
			check_effect "$(mount_attrs "/data/$option")" "$(mount_sb "/data/$option")" "$word" "$option"
			n=$((n + 1))
		done
	done <<<"$effects"
	[ $n -gt 20 ] || die "only $n checks"
	assert_clean
}

test_options_on_bind()
{
	local option words word
	bundle_new
	mkdir "$B/src"
	while read -r option words; do
		[ -n "$option" ] && [[ $words != *sb:* ]] || continue
		mount_add "/data/$option" none "$B/src" bind "$(opposite "$option")" "$option"
	done <<<"$effects"
	probe show mounts
	run_ok
	while read -r option words; do
		[ -n "$option" ] && [[ $words != *sb:* ]] || continue
		for word in $words; do
			check_effect "$(mount_attrs "/data/$option")" "" "$word" "bind,$option"
		done
	done <<<"$effects"
	assert_clean
}

# The recursive forms reach a mount below; on the destination itself they act too.
test_recursive_options()
{
	local option words word
	bundle_new
	mkdir -p "$B/src/sub"
	mount -t tmpfs none "$B/src/sub"
	BASELINE[mounts]=$(list_mounts)
	while read -r option words; do
		[ -n "$option" ] && [[ $words != *sb:* && $option != defaults ]] || continue
		mount_add "/data/$option" none "$B/src" rbind "r$(opposite "$option")" "r$option"
	done <<<"$effects"
	probe show mounts
	run_ok
	while read -r option words; do
		[ -n "$option" ] && [[ $words != *sb:* && $option != defaults ]] || continue
		for word in $words; do
			check_effect "$(mount_attrs "/data/$option")" "" "$word" "r$option"
			check_effect "$(mount_attrs "/data/$option/sub")" "" "$word" "r$option of the mount below"
		done
	done <<<"$effects"
	assert_clean
}

test_plain_options_do_not_reach_below()
{
	bundle_new
	mkdir -p "$B/src/sub"
	mount -t tmpfs none "$B/src/sub"
	BASELINE[mounts]=$(list_mounts)
	mount_add /data none "$B/src" rbind ro
	probe show mounts
	run_ok
	has_word "$(mount_attrs /data)" ro || die "not read-only"
	has_word "$(mount_attrs /data/sub)" rw || die "ro reached the mount below"
	assert_clean
}

test_last_option_wins()
{
	bundle_new
	mount_add /data/a tmpfs tmpfs ro rw
	mount_add /data/b tmpfs tmpfs rw ro
	mount_add /data/c tmpfs tmpfs nosuid suid nosuid
	mount_add /data/d tmpfs tmpfs noatime relatime strictatime
	mkdir "$B/src"
	mount_add /data/e none "$B/src" bind rw ro
	probe show mounts
	run_ok
	has_word "$(mount_attrs /data/a)" rw || die "ro,rw"
	has_word "$(mount_attrs /data/b)" ro || die "rw,ro"
	has_word "$(mount_attrs /data/c)" nosuid || die "nosuid,suid,nosuid"
	! has_word "$(mount_attrs /data/d)" noatime || die "noatime,...,strictatime"
	! has_word "$(mount_attrs /data/d)" relatime || die "relatime,strictatime"
	has_word "$(mount_attrs /data/e)" ro || die "bind,rw,ro"
	assert_clean
}

test_relabelling_is_the_business_of_engines()
{
	bundle_new
	mkdir "$B/src"
	mount_add /data bind "$B/src" rbind z
	mount_add /tmp bind "$B/src" bind Z
	args /bin/true
	run_ok
	mount_add /var tmpfs tmpfs z
	rt run --bundle "$B" c1
	[ "$RC" != 0 ] || die "tmpfs took z"
	assert_clean
}

test_propagation_options()
{
	local p
	bundle_new
	mkdir -p "$B/src/sub"
	mount --bind "$B/src" "$B/src"
	mount --make-shared "$B/src"
	mount -t tmpfs none "$B/src/sub"
	BASELINE[mounts]=$(list_mounts)
	for p in private slave shared unbindable rprivate rslave rshared runbindable; do
		mount_add "/data/$p" none "$B/src" rbind "$p"
	done
	mount_add /data/none none "$B/src" rbind
	probe show mounts
	run_ok
	assert_eq "$(mount_propagation /data/private)" ""
	assert_eq "$(mount_propagation /data/unbindable)" unbindable
	assert_match "$(mount_propagation /data/shared)" '^shared:[0-9]+'
	assert_match "$(mount_propagation /data/slave)" '^master:[0-9]+'
	assert_eq "$(mount_propagation /data/rprivate/sub)" ""
	assert_eq "$(mount_propagation /data/runbindable/sub)" unbindable
	assert_match "$(mount_propagation /data/rshared/sub)" '^shared:[0-9]+'
	assert_match "$(mount_propagation /data/rslave/sub)" '^master:[0-9]+'
	assert_clean
}

# What is accepted and has no effect that can be seen.
# shows: features.mountOptions.recognized
test_every_option_of_features_is_accepted()
{
	local option
	rt_ok features
	local options
	options=$(jq -r '.mountOptions[]' <<<"$OUT")
	[ "$(wc -l <<<"$options")" -gt 50 ] || die "only $(wc -l <<<"$options") options"
	bundle_new
	mkdir "$B/src"
	while read -r option; do
		case $option in
		bind | rbind | remount | idmap | ridmap) continue ;; # tested by themselves
		tmpcopyup) mount_add /var/lib/some tmpfs tmpfs "$option" ;;
		mand | nomand | sync | async | dirsync | lazytime | nolazytime | iversion | noiversion | silent | loud | defaults | acl | noacl)
			mount_add "/data/$option" tmpfs tmpfs "$option" ;;
		r*) mount_add "/data/$option" none "$B/src" rbind "$option" ;;
		*) mount_add "/data/$option" none "$B/src" bind "$option" ;;
		esac
	done <<<"$options"
	args /bin/true
	run_ok
	assert_clean
}

test_spec_table_is_in_features()
{
	local option missing=
	rt_ok features
	for option in async atime bind defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime \
		noexec noiversion nolazytime norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev \
		rdiratime relatime remount rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid \
		rnosymfollow ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable \
		rw shared silent slave strictatime suid symfollow sync tmpcopyup unbindable; do
		jq -e --arg o "$option" '.mountOptions | index($o)' <<<"$OUT" >/dev/null || missing+=" $option"
	done
	[ -z "$missing" ] || die "not in features:$missing"
	# these two are there when id-mapped mounts are
	assert_eq "$(jq -c '.linux.mountExtensions.idmap.enabled as $on | .mountOptions | [index("idmap", "ridmap") != null] | all(. == $on)' <<<"$OUT")" true
}

# A read-only tmpfs with mounts below it is made read-only last. By then its name may lead to another mount.
test_late_read_only_stays_with_its_mount()
{
	bundle_new
	ln -s /data "$B/rootfs/alias"
	mount_add /data tmpfs first ro
	mount_add /data/below tmpfs tmpfs
	mount_add /alias tmpfs second
	probe show mounts
	run_ok
	assert_match "$(grep -E ' /data .* - tmpfs first ' <<<"$OUT")" ' /data ro,'
	assert_match "$(grep -E ' /data .* - tmpfs second ' <<<"$OUT")" ' /data rw,'
	assert_clean
}

test_read_only_with_a_mount_below_that_is_hidden_later()
{
	bundle_new
	mount_add /data tmpfs first ro
	mount_add /data/below tmpfs tmpfs
	mount_add /data tmpfs second
	probe show mounts
	run_ok
	assert_match "$(grep -E ' /data .* - tmpfs first ' <<<"$OUT")" ' /data ro,'
	assert_match "$(grep -E ' /data .* - tmpfs second ' <<<"$OUT")" ' /data rw,'
	assert_clean
}
