# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the shutdown cases share.  Each goes through several boots and leaves each in another way.  How
# long the kernel takes to go down is judged by the runner, from the kernel's log, for every boot.

readonly KEPT=/var/tmp/shutdown	# lives as long as the case, over all boots
readonly WAYS=("" "reboot" "poweroff" "halt" "reboot -f")

# leave: go down in this boot's way.  Does not return.
leave() {
	note "boot $BOOT ends by ${WAYS[BOOT]}"
	${WAYS[BOOT]}
	wait_for 120 "down by ${WAYS[BOOT]}" false
}

# last_way: how the boot before this one was left.
last_way() {
	echo "${WAYS[BOOT - 1]}"
}

# keep NAME VALUE, kept NAME: remember over boots and power cuts.
keep() {
	mkdir -p "$KEPT"
	printf '%s\n' "$2" >"$KEPT/$1"
	sync -f "$KEPT"
}

kept() {
	cat "$KEPT/$1"
}

# super MEMBER FIELD: that line of its superblock, as mdadm prints it; empty when there is none.
super() {
	mdadm --examine "$1" | sed -n "s/^ *$2 : //p"
}

# sb_state MEMBER: clean or active.  mdadm calls active what is in the middle of a resync, too; such a
# one was clean otherwise when it has a checkpoint.
sb_state() {
	super "$1" State
}

# checkpoint_on MEMBER: sectors up to which its 1.2 superblock says that the array is synced, or, where
# it is in sync, that the member has been recovered; "none" when nothing is to be done.
checkpoint_on() {
	local at
	at=$(sb_number "$1" 208 8)
	if ((at == -1)); then
		# MD_FEATURE_RECOVERY_OFFSET
		at=none
		(($(sb_number "$1" 8 4) & 2)) && at=$(sb_number "$1" 152 8)
	fi
	echo "$at"
}

# sb_number MEMBER OFFSET BYTES: that number of its 1.2 superblock.
sb_number() {
	dd if="$1" bs=4k skip=1 count=1 iflag=direct status=none | od -An -t "d$3" -j "$2" -N "$3" | tr -d ' '
}

checkpoint_beyond() {
	local at
	at=$(checkpoint_on "$1")
	[[ $at != none ]] && ((at > $2))
}

# create ARRAY OPTION... MEMBER...: a mirror of the members, without bitmap.
create() {
	local md=$1
	shift
	check "create $md" mdadm --create "/dev/$md" --run --level=1 --metadata=1.2 --bitmap=none "$@"
}

# slowly KIB: all syncs from now on.
slowly() {
	echo 100 >/proc/sys/dev/raid/speed_limit_min
	echo "$1" >/proc/sys/dev/raid/speed_limit_max
}

# synced ARRAY: sectors its running sync has done, 0 when none runs.
synced() {
	local at
	at=$(md_attr "$1" sync_completed)
	at=${at%% /*}
	[[ $at =~ ^[0-9]+$ ]] || at=0
	echo "$at"
}

synced_beyond() {
	(($(synced "$1") > $2))
}

# scribe ARRAY DISK: in the background, write one 64 KiB block of the pattern after the other past
# every cache, and after each one that is acknowledged its number to DISK.  However slow that is, the
# array does not become clean in between.
scribe() {
	scribe_ready "$1"
	scribe_loop "$1" "$2" "$(scribe_blocks "$1")" "$CASE_TMP/pattern" &
	wait_for 60 "the scribe writes" acknowledged_more "$2" 4
}

scribe_ready() {
	md_set "$1" safe_mode_delay 60
	pattern 7 16 >"$CASE_TMP/pattern"
}

# scribe_blocks ARRAY: how many blocks the scribe writes before it begins again.
scribe_blocks() {
	local count=$(($(sectors "/dev/$1") / 128))
	echo $((count <= 256 ? count : 256))
}

# scribe_loop ARRAY DISK COUNT FILE: uses none of the others, so that it can be a program of its own.
scribe_loop() {
	local n=0
	while :; do
		dd if="$4" of="/dev/$1" bs=64k count=1 skip="$((n % $3))" \
			seek="$((n % $3))" oflag=direct conv=notrunc status=none || return
		n=$((n + 1))
		printf '%-511d\n' "$n" | dd of="$2" bs=512 count=1 iflag=fullblock oflag=direct,dsync \
			conv=notrunc status=none || return
	done
}

# acknowledged DISK: how many blocks the scribe knew to be written.
acknowledged() {
	dd if="$1" bs=512 count=1 iflag=direct status=none | tr -dc 0-9
}

acknowledged_more() {
	local n
	n=$(acknowledged "$1")
	((${n:-0} > $2))
}

# scribed ARRAY DISK: all that was acknowledged must be there.
scribed() {
	local count n
	count=$(scribe_blocks "$1")
	n=$(acknowledged "$2")
	((n <= count)) || n=$count
	note "$n blocks of 64 KiB were acknowledged"
	((n > 0)) || fail "nothing was acknowledged"
	dd if="/dev/$1" bs=64k count="$n" iflag=direct status=none |
		cmp - <(pattern 7 16 | head -c $((n * 65536))) || fail "$1 lacks what was acknowledged"
}

# bring ARRAY MEMBER...: assemble it of the members and let it do what it has to.
bring() {
	local md=$1
	shift
	check "assemble $md" mdadm --assemble "/dev/$md" "$@"
	check "read-write" mdadm --readwrite "/dev/$md"
}

# alike ARRAY: once it is in sync a check finds no difference between its members.
alike() {
	wait_for 120 "$1 is in sync" md_is "$1" resync_start none
	wait_idle "$1" 120
	md_set "$1" sync_action check
	wait_idle "$1" 120
	equal "mismatches on $1" 0 "$(md_attr "$1" mismatch_cnt)"
}

# goes_on ARRAY MEMBER WHAT SECTOR MEMBER...: assemble it of the members and see its resync or recovery
# (WHAT) of MEMBER go on from that sector, and not from before it.
goes_on() {
	local md=$1 member=$2 what=$3 from=$4 at
	shift 4
	check "assemble $md" mdadm --assemble --readonly "/dev/$md" "$@"
	case $what in
	resync) at=$(md_attr "$md" resync_start) ;;
	recover) at=$(md_attr "$md" "dev-${member#/dev/}/recovery_start") ;;
	esac
	note "$what of $md was at $from and is at $at"
	[[ $at =~ ^[0-9]+$ ]] || fail "$what of $md was at $from and is at $at"
	((at >= from)) || fail "$what of $md was at $from and is at $at"
	check "read-write" mdadm --readwrite "/dev/$md"
	wait_for 30 "the $what of $md runs" md_is "$md" sync_action "$what"
	wait_for 30 "the $what of $md moves" synced_beyond "$md" 0
	# It may begin at the start of a window.
	at=$(synced "$md")
	((at >= from - 2048)) || fail "$what of $md was at $from and has begun before $at"
}
