# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The table of who made an array and who takes it over, for one kind of superblock.  Sourced by the
# interop cases inside test().
#
# A set is one array on disk: CREATOR-LEVEL, CREATOR being TOOL+DRIVER.  Each has two members, a file
# with what the array must hold, and what --examine said of its members when it was new.

TOOLS="mdctl mdadm"
LEVELS="linear raid0 raid1"
MEMBER_MIB=6
MD=/dev/md0

# interop METADATA: the whole table for it.
interop() {
	METADATA=$1
	local set
	SETS=() PIECE=100 LIVE=mdx
	other_words
	md_has_linear || LEVELS="raid0 raid1"
	make_brd 24 "$MEMBER_MIB"
	without_udev
	create_sets
	note "${#SETS[@]} sets after mdx"
	assemble_sets "${SETS[@]}"

	switch_to md
	create_sets
	note "${#SETS[@]} sets after md"
	assemble_sets "${SETS[@]}"

	switch_to mdx
	# shellcheck disable=SC2046 # names without spaces
	assemble_sets $(printf '%s\n' "${SETS[@]}" | grep '+md-')
	for set in "${SETS[@]}"; do
		check_creators_agree "$set"
	done
}

switch_to() {
	make_live "$1"
	LIVE=$1
}

# members SET: its two members.
members() {
	local number
	number=$(<"$CASE_TMP/$1.number")
	echo "/dev/ram$((number * 2)) /dev/ram$((number * 2 + 1))"
}

# create_sets: one for each tool and level with the driver that is live.
create_sets() {
	local tool level
	for tool in $TOOLS; do
		for level in $LEVELS; do
			create_set "$tool" "$level"
		done
	done
}

create_set() {
	local tool=$1 level=$2 set=$1+$LIVE-$2 devices options=(--metadata="$METADATA" --level="$2")
	echo "${#SETS[@]}" >"$CASE_TMP/$set.number"
	read -ra devices <<<"$(members "$set")"
	[[ $METADATA == 0.90 ]] || options+=(--name=interop)
	[[ $level != raid0 ]] || options+=(--chunk=64)
	[[ $tool-$level != mdctl-raid0 || $METADATA == 0.90 ]] || ! mdadm_tells_layout || options+=(--layout=original)
	[[ $level != raid1 ]] || options+=(--bitmap=none)
	if [[ $tool-$level-$METADATA == mdadm-raid0-0.90 ]]; then
		refuse "mdadm makes no RAID0 with 0.90" '0\.90 metadata does not support layouts for RAID0' \
			mdadm --create $MD --run "${options[@]}" --raid-devices=2 "${devices[@]}"
		rm "$CASE_TMP/$set.number"
		return 0
	fi
	check "create $set" "$tool" --quiet --create $MD --run "${options[@]}" --raid-devices=2 "${devices[@]}"
	[[ $level != raid1 ]] || wait_for 60 "$set is in sync" md_is md0 resync_start none
	pattern "$((${#SETS[@]} + 1))" "$(($(sectors $MD) / 2048 + 1))" |
		{ head -c "$(blockdev --getsize64 $MD)" && cat >/dev/null; } >"$CASE_TMP/$set.data"
	dd if="$CASE_TMP/$set.data" of=$MD bs=64k oflag=direct conv=fsync status=none
	check "stop $set" "$tool" --quiet --stop $MD
	SETS+=("$set")
	examine "$set" >"$CASE_TMP/$set.examine"
	same_events "$set"
}

# mdadm_tells_layout: does it record a layout for RAID0 even where no chunk's place depends on it?  mdctl
# does when it is told.
mdadm_tells_layout() {
	mdadm_at_least 4.4
}

# assemble_sets SET...: each by both tools.
assemble_sets() {
	local set tool
	for set in "$@"; do
		for tool in $TOOLS; do
			assemble_set "$set" "$tool"
		done
	done
}

# assemble_set SET TOOL: it must hold what was last written to it, takes another piece, and its
# superblocks say what they said before.
assemble_set() {
	local set=$1 tool=$2 data=$CASE_TMP/$1.data who="$1 by $2+$LIVE" devices at
	read -ra devices <<<"$(members "$set")"
	check "assemble $who" "$tool" --quiet --assemble $MD "${devices[@]}"
	equal "$who: size" "$(stat -c %s "$data")" "$(blockdev --getsize64 $MD)"
	[[ $set != *raid1 ]] || check "$who: no resync" md_is md0 resync_start none
	check "$who: data" cmp <(dd if=$MD bs=1M iflag=direct status=none) "$data"
	# The piece goes over the middle, where a linear array's second member begins.
	at=$(($(stat -c %s "$data") / 2 / 4096 - 100))
	for to in "$data" $MD; do
		pattern "$PIECE" 1 | dd of="$to" bs=4k seek="$at" iflag=fullblock conv=notrunc,fsync status=none
	done
	PIECE=$((PIECE + 1))
	check "stop $who" "$tool" --quiet --stop $MD
	check "$who: the superblocks" diff "$CASE_TMP/$set.examine" <(examine "$set")
	same_events "$set"
}

# examine SET: what both tools say of its members, without what changes with each update.  They must
# say the same.
examine() {
	local devices mdctl mdadm
	read -ra devices <<<"$(members "$1")"
	mdctl=$(mdctl --examine "${devices[@]}" | sed -E "${OTHER_WORDS[@]}")
	mdadm=$(mdadm --examine "${devices[@]}" | sed -E "${OTHER_WORDS[@]}")
	diff /dev/fd/3 /dev/fd/4 3<<<"$mdadm" 4<<<"$mdctl" >&2 || fail "$1: mdctl examines it otherwise than mdadm"
	grep -vE '^ *(Update Time|Checksum|Events) : ' <<<"$mdadm"
}

# same_events SET: its members do not contradict each other.
same_events() {
	local devices
	read -ra devices <<<"$(members "$1")"
	equal "$1: members with other events than the first" 1 \
		"$(mdadm --examine "${devices[@]}" | grep 'Events : ' | sort -u | wc -l)"
}

# check_creators_agree SET: whoever creates it, it has the same superblock, but for what is unique.
check_creators_agree() {
	local set=$1 level=${1##*-} other=mdadm+md-${1##*-}
	[[ -e $CASE_TMP/$other.examine ]] || other=mdctl+md-$level
	check "$set is like $other" diff <(unique "$other") <(unique "$set")
}

unique() {
	# 0.90 has a row "number major minor slot" for each member, and one for the member itself.
	sed -E '/(UUID|Creation Time) : /d; s,/dev/ram[0-9]+,MEMBER,
		s/^(this| +[01]) +([01]) +[0-9]+ +[0-9]+/\1 \2 MAJOR MINOR/' "$CASE_TMP/$1.examine"
}
